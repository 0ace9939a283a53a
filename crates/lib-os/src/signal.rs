//! Module `_signal`: what Python code does when a signal arrives. Handlers run in the main thread, from `Vm::poll`.

use crate::{thread, util};
use std::cell::Cell;
use std::sync::Arc;
use taipan_host::{Disposition, HostError, SignalSet, TimerValue};
use taipan_vm::breaker::bit;
use taipan_vm::errors::exc;
use taipan_vm::modules::sys;
use taipan_vm::prelude::*;
use taipan_vm::structseq;
use taipan_vm::types::structseq::{class, make};

const NSIG: i32 = 65;

/// What the module keeps per interpreter.
#[derive(Default)]
pub struct SignalState {
    started: Cell<bool>,
    /// Handlers by number; `None`: not known to Python.
    handlers: Guarded<Vec<Option<Value>>>,
    itimer_error: ValueCell,
}

/// Connects the host's signals with the interpreter and installs the handlers that Python has from the start.
pub fn start(vm: &Vm) {
    let state = vm.state::<SignalState>();
    if state.started.replace(true) {
        return;
    }
    thread::main_ident(vm);
    let breaker = Arc::clone(&vm.breaker);
    vm.host().set_notify(Some(Arc::new(move || breaker.set(bit::SIGNAL))));
    vm.hooks.poll.set(Some(poll_hook));
    for n in [libc::SIGPIPE, libc::SIGXFSZ] {
        let _ = vm.host().set_action(n, Disposition::Ignore);
    }
    // What catches these to report an overflow of the stack lets one pass that somebody sent.
    for n in [libc::SIGSEGV, libc::SIGBUS] {
        if vm.host().get_action(n) != Ok(Disposition::Ignore) {
            let _ = vm.host().set_action(n, Disposition::Default);
        }
    }
    if vm.host().get_action(libc::SIGINT) == Ok(Disposition::Default) {
        let _ = vm.host().set_action(libc::SIGINT, Disposition::Catch);
    }
}

/// What `Vm::poll` calls when the breaker is tripped.
fn poll_hook(vm: &Vm, bits: u32) -> PyResult<()> {
    if bits & bit::TURN != 0 {
        vm.turn.give(vm);
    }
    if bits & bit::PENDING != 0 {
        vm.breaker.clear(bit::PENDING);
    }
    if bits & bit::SIGNAL != 0 && thread::is_main(vm) {
        run_pending(vm)?;
    }
    Ok(())
}

/// Marks a signal as arrived.
pub fn trip(vm: &Vm, signal: i32) {
    if vm.host().get_action(signal) == Ok(Disposition::Catch) {
        vm.host().trip(signal);
        vm.breaker.set(bit::SIGNAL);
    }
}

/// Runs the handlers of the signals that have arrived.
pub fn run_pending(vm: &Vm) -> PyResult<()> {
    vm.breaker.clear(bit::SIGNAL);
    let set = vm.host().take_pending();
    for n in 1..NSIG {
        if set & (1 << (n - 1)) == 0 {
            continue;
        }
        if !crate::faulthandler::signalled(vm, n) {
            continue;
        }
        if sys::is_finalizing(vm) {
            // Handlers are no more.
            let _ = vm.raise_new(&exc::OSError, format_args!("Signal {n} ignored due to race condition"));
            vm.unraisable("Exception ignored in", Some(&Value::NONE));
            continue;
        }
        let handler = vm.state::<SignalState>().handlers.with(|h| h.get(n as usize).cloned().flatten());
        let r = match handler {
            Some(h) if vm.is_callable(&h) => {
                let frame = vm.current_frame(0).map_or(Value::NONE, |f| f.into_value());
                vm.call(&h, &[vm.new_int(i64::from(n)), frame]).map(drop)
            }
            None if n == libc::SIGINT => Err(vm.raise_args(&exc::KeyboardInterrupt, Vec::new())),
            _ => Ok(()),
        };
        if let Err(raised) = r {
            // The rest waits for the next poll.
            let rest = set & !((1_u64 << n) - 1);
            for m in n + 1..NSIG {
                if rest & (1 << (m - 1)) != 0 {
                    vm.host().trip(m);
                    vm.breaker.set(bit::SIGNAL);
                }
            }
            return Err(raised);
        }
    }
    Ok(())
}

fn number(vm: &Vm, n: i32) -> PyResult<i32> {
    if (1..NSIG).contains(&n) { Ok(n) } else { Err(vm.value_error("signal number out of range")) }
}

/// An iterable of signal numbers.
pub fn signal_set(vm: &Vm, v: &Value) -> PyResult<SignalSet> {
    let mut set = 0;
    for n in vm.collect(v)? {
        let n = match vm.index_i64(&n, "") {
            Err(_) if vm.raised_is(&exc::OverflowError) => {
                drop(vm.take_raised());
                -1
            }
            n => n?,
        };
        if !(1..i64::from(NSIG)).contains(&n) {
            return Err(vm.value_error(format_args!("signal number {n} out of range [1; {}]", NSIG - 1)));
        }
        set |= 1 << (n - 1);
    }
    Ok(set)
}

fn set_value(vm: &Vm, set: SignalSet) -> PyResult<Value> {
    let items = (1..NSIG).filter(|n| set & (1 << (n - 1)) != 0).map(|n| vm.new_int(i64::from(n))).collect();
    vm.call1(&util::builtin(vm, "set")?, vm.new_list(items).as_value())
}

fn itimer_error(vm: &Vm) -> PyResult<Value> {
    let place = &vm.state::<SignalState>().itimer_error;
    if let Some(c) = place.get() {
        return Ok(c);
    }
    let bases = vm.new_tuple(vec![vm.type_for(&exc::OSError).into_value()]).into_value();
    let dict = vm.dict_of(&[("__module__", vm.new_str("signal").into_value())]).into_value();
    let c = vm.call(vm.types.type_.as_value(), &[vm.new_str("itimer_error").into_value(), bases, dict])?;
    place.set(Some(c.clone()));
    Ok(c)
}

fn timer_result(vm: &Vm, r: Result<TimerValue, HostError>) -> PyResult<(f64, f64)> {
    match r {
        Ok(t) => Ok((t.value_us as f64 / 1e6, t.interval_us as f64 / 1e6)),
        Err(e) => {
            let c = itimer_error(vm)?;
            let args = [vm.new_int(i64::from(e.errno())), vm.new_str(&e.message()).into_value()];
            let e = vm.call(&c, &args)?;
            Err(vm.raise(e))
        }
    }
}

fn microseconds(vm: &Vm, v: &Value) -> PyResult<i64> {
    Ok(thread::nanoseconds(vm, v)?.div_euclid(1000)
        + i64::from(thread::nanoseconds(vm, v)?.rem_euclid(1000) != 0))
}

structseq! {
    /// struct_siginfo: Result from sigwaitinfo or sigtimedwait.
    ///
    /// This object may be accessed either as a tuple of
    /// (si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),
    /// or via the attributes si_signo, si_code, and so on.
    pub SIGINFO = "struct_siginfo" in "signal", 7, [
        ("si_signo", "signal number"), ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"), ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"), ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL")];
}

fn wait_info(vm: &Vm, set: SignalSet, timeout: Option<i64>) -> PyResult<Value> {
    let deadline = timeout.map(|t| vm.host().monotonic_ns().saturating_add(t));
    loop {
        let left = deadline.map(|d| (d - vm.host().monotonic_ns()).max(0));
        match vm.allow_threads(|| vm.host().sigtimedwait(set, left)) {
            Ok(i) => {
                let n = |n: i32| vm.new_int(i64::from(n));
                let values = vec![
                    n(i.signo),
                    n(i.code),
                    n(i.errno),
                    n(i.pid),
                    vm.new_int(i64::from(i.uid)),
                    n(i.status),
                    vm.new_int(i.band),
                ];
                return make(vm, &SIGINFO, values);
            }
            Err(HostError::EINTR) => util::poll(vm)?,
            Err(HostError::EAGAIN) if timeout.is_some() => return Ok(Value::NONE),
            Err(e) => return Err(vm.os_error(e, None)),
        }
    }
}

/// This module provides mechanisms to use signal handlers in Python.
#[pymodule(name = "_signal")]
pub mod _signal {
    use super::*;

    /// The default handler for SIGINT installed by Python.
    ///
    /// It raises KeyboardInterrupt.
    #[pyfn("default_int_handler(signalnum, frame, /)")]
    fn default_int_handler(vm: &Vm, _signalnum: i32, _frame: &Value) -> PyResult<Value> {
        Err(vm.raise_args(&exc::KeyboardInterrupt, Vec::new()))
    }

    /// Set the action for the given signal.
    ///
    /// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
    /// The previous action is returned.  See getsignal() for possible return values.
    ///
    /// *** IMPORTANT NOTICE ***
    /// A signal handler function is called with two arguments:
    /// the first is the signal number, the second is the interrupted stack frame.
    #[pyfn("signal(signalnum, handler, /)")]
    fn signal(vm: &Vm, signalnum: i32, handler: &Value) -> PyResult<Value> {
        if !thread::is_main(vm) {
            return Err(vm.value_error("signal only works in main thread of the main interpreter"));
        }
        let n = number(vm, signalnum)?;
        let action = match handler.as_int() {
            _ if vm.is_callable(handler) => Disposition::Catch,
            Some(0) => Disposition::Default,
            Some(1) => Disposition::Ignore,
            _ => match taipan_vm::types::numbers::int_value(handler) {
                Some(taipan_vm::types::numbers::IntValue::Small(0)) => Disposition::Default,
                Some(taipan_vm::types::numbers::IntValue::Small(1)) => Disposition::Ignore,
                _ => {
                    return Err(vm.type_error(
                        "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object",
                    ));
                }
            },
        };
        util::poll(vm)?;
        util::os(vm, vm.host().set_action(n, action))?;
        let old = vm.state::<SignalState>().handlers.with_mut(|h| {
            if h.len() < NSIG as usize {
                h.resize_with(NSIG as usize, || None);
            }
            h.get_mut(n as usize).and_then(|p| p.replace(handler.clone()))
        });
        Ok(old.unwrap_or(Value::NONE))
    }

    /// Return the current action for the given signal.
    ///
    /// The return value can be:
    ///   SIG_IGN -- if the signal is being ignored
    ///   SIG_DFL -- if the default action for the signal is in effect
    ///   None    -- if an unknown handler is in effect
    ///   anything else -- the callable Python object used as a handler
    #[pyfn("getsignal(signalnum, /)")]
    fn getsignal(vm: &Vm, signalnum: i32) -> PyResult<Option<Value>> {
        let n = number(vm, signalnum)?;
        Ok(vm.state::<SignalState>().handlers.with(|h| h.get(n as usize).cloned().flatten()))
    }

    /// Send a signal to the executing process.
    #[pyfn("raise_signal(signalnum, /)")]
    fn raise_signal(vm: &Vm, signalnum: i32) -> PyResult<()> {
        let r = vm.allow_threads(|| vm.host().raise_signal(signalnum));
        util::os(vm, r)?;
        util::poll(vm)
    }

    /// Arrange for SIGALRM to arrive after the given number of seconds.
    #[pyfn("alarm(seconds, /)")]
    fn alarm(vm: &Vm, seconds: i32) -> u32 {
        vm.host().alarm(seconds as u32)
    }

    /// Wait until a signal arrives.
    #[pyfn("pause()")]
    fn pause(vm: &Vm) -> PyResult<()> {
        vm.allow_threads(|| vm.host().pause());
        util::poll(vm)
    }

    /// Change system call restart behaviour.
    #[pyfn("siginterrupt(signalnum, flag, /)")]
    fn siginterrupt(vm: &Vm, signalnum: i32, flag: i32) -> PyResult<()> {
        let n = number(vm, signalnum)?;
        util::os(vm, vm.host().siginterrupt(n, flag != 0))
    }

    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    #[pyfn("set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)")]
    fn set_wakeup_fd(vm: &Vm, fd: i32, _warn_on_full_buffer: bool) -> PyResult<i32> {
        if !thread::is_main(vm) {
            return Err(vm.value_error("set_wakeup_fd only works in main thread of the main interpreter"));
        }
        if fd >= 0 {
            util::os(vm, vm.host().fstat(fd))?;
            if util::os(vm, vm.host().get_blocking(fd))? {
                return Err(vm.value_error(format_args!("the fd {fd} must be in non-blocking mode")));
            }
        }
        Ok(vm.host().set_wakeup_fd(fd.max(-1)))
    }

    /// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
    #[pyfn("setitimer(which, seconds, interval=0.0, /)")]
    fn setitimer(
        vm: &Vm,
        which: i32,
        seconds: &Value,
        #[raw] interval: Option<&Value>,
    ) -> PyResult<(f64, f64)> {
        let value_us = microseconds(vm, seconds)?;
        let interval_us = interval.map_or(Ok(0), |v| microseconds(vm, v))?;
        timer_result(vm, vm.host().setitimer(which, TimerValue { value_us, interval_us }))
    }

    /// Returns current value of given itimer.
    #[pyfn("getitimer(which, /)")]
    fn getitimer(vm: &Vm, which: i32) -> PyResult<(f64, f64)> {
        timer_result(vm, vm.host().getitimer(which))
    }

    /// Fetch and/or change the signal mask of the calling thread.
    #[pyfn("pthread_sigmask(how, mask, /)")]
    fn pthread_sigmask(vm: &Vm, how: i32, mask: &Value) -> PyResult<Value> {
        let set = signal_set(vm, mask)?;
        let old = util::os(vm, vm.host().sigmask(how, set))?;
        util::poll(vm)?;
        set_value(vm, old)
    }

    /// Examine pending signals.
    #[pyfn("sigpending()")]
    fn sigpending(vm: &Vm) -> PyResult<Value> {
        let set = util::os(vm, vm.host().sigpending())?;
        set_value(vm, set)
    }

    /// Wait for a signal.
    #[pyfn("sigwait(sigset, /)")]
    fn sigwait(vm: &Vm, sigset: &Value) -> PyResult<i32> {
        let set = signal_set(vm, sigset)?;
        let r = vm.allow_threads(|| vm.host().sigwait(set));
        util::os(vm, r)
    }

    /// Wait synchronously until one of the signals in *sigset* is delivered.
    #[pyfn("sigwaitinfo(sigset, /)")]
    fn sigwaitinfo(vm: &Vm, sigset: &Value) -> PyResult<Value> {
        let set = signal_set(vm, sigset)?;
        wait_info(vm, set, None)
    }

    /// Like sigwaitinfo(), but with a timeout.
    #[pyfn("sigtimedwait(sigset, timeout, /)")]
    fn sigtimedwait(vm: &Vm, sigset: &Value, timeout: &Value) -> PyResult<Value> {
        let set = signal_set(vm, sigset)?;
        let t = thread::nanoseconds(vm, timeout)?;
        if t < 0 {
            return Err(vm.value_error("timeout must be non-negative"));
        }
        wait_info(vm, set, Some(t))
    }

    /// Send a signal to a thread.
    #[pyfn("pthread_kill(thread_id, signalnum, /)")]
    fn pthread_kill(vm: &Vm, thread_id: u64, signalnum: i32) -> PyResult<()> {
        util::os(vm, vm.host().pthread_kill(thread_id, signalnum))?;
        util::poll(vm)
    }

    /// Send a signal to a process referred to by a pid file descriptor.
    #[pyfn("pidfd_send_signal(pidfd, signalnum, siginfo=None, flags=0, /)")]
    fn pidfd_send_signal(
        vm: &Vm,
        pidfd: i32,
        signalnum: i32,
        siginfo: Option<&Value>,
        flags: i32,
    ) -> PyResult<()> {
        if siginfo.is_some() {
            return Err(vm.type_error("siginfo must be None"));
        }
        util::os(vm, vm.host().pidfd_send_signal(pidfd, signalnum, flags as u32))?;
        util::poll(vm)
    }

    /// Return the system description of the given signal.
    #[pyfn("strsignal(signalnum, /)")]
    fn strsignal(vm: &Vm, signalnum: i32) -> PyResult<Option<String>> {
        let n = number(vm, signalnum)?;
        Ok(vm.host().strsignal(n))
    }

    /// Return a set of valid signal numbers on this platform.
    #[pyfn("valid_signals()")]
    fn valid_signals(vm: &Vm) -> PyResult<Value> {
        set_value(vm, vm.host().valid_signals())
    }

    #[pyconst("ItimerError")]
    fn itimer_error_const(vm: &Vm) -> PyResult<Value> {
        itimer_error(vm)
    }

    #[pyconst("struct_siginfo")]
    fn struct_siginfo(vm: &Vm) -> Value {
        class(vm, &SIGINFO).into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        start(vm);
        for (name, n) in NUMBERS {
            vm.set_attr_str(module, name, &vm.new_int(i64::from(*n)))?;
        }
        let int_handler = vm.get_attr_str(module, "default_int_handler")?;
        let mut handlers = vec![None];
        for n in 1..NSIG {
            handlers.push(match vm.host().get_action(n) {
                Ok(Disposition::Default) => Some(vm.new_int(0)),
                Ok(Disposition::Ignore) => Some(vm.new_int(1)),
                Ok(Disposition::Catch) if n == libc::SIGINT => Some(int_handler.clone()),
                Ok(_) => None,
                Err(_) => None,
            });
        }
        vm.state::<SignalState>().handlers.set(handlers);
        Ok(())
    }
}

const NUMBERS: &[(&str, i32)] = &[
    ("NSIG", NSIG),
    ("SIG_DFL", 0),
    ("SIG_IGN", 1),
    ("SIG_BLOCK", libc::SIG_BLOCK),
    ("SIG_UNBLOCK", libc::SIG_UNBLOCK),
    ("SIG_SETMASK", libc::SIG_SETMASK),
    ("ITIMER_REAL", 0),
    ("ITIMER_VIRTUAL", 1),
    ("ITIMER_PROF", 2),
    ("SIGHUP", 1),
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGILL", 4),
    ("SIGTRAP", 5),
    ("SIGABRT", 6),
    ("SIGIOT", 6),
    ("SIGBUS", 7),
    ("SIGFPE", 8),
    ("SIGKILL", 9),
    ("SIGUSR1", 10),
    ("SIGSEGV", 11),
    ("SIGUSR2", 12),
    ("SIGPIPE", 13),
    ("SIGALRM", 14),
    ("SIGTERM", 15),
    ("SIGSTKFLT", 16),
    ("SIGCHLD", 17),
    ("SIGCLD", 17),
    ("SIGCONT", 18),
    ("SIGSTOP", 19),
    ("SIGTSTP", 20),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGURG", 23),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIGVTALRM", 26),
    ("SIGPROF", 27),
    ("SIGWINCH", 28),
    ("SIGIO", 29),
    ("SIGPOLL", 29),
    ("SIGPWR", 30),
    ("SIGSYS", 31),
    ("SIGRTMIN", 34),
    ("SIGRTMAX", 64),
];
