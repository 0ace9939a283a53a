//! Module `faulthandler`: tracebacks of the threads on demand, after a time and on a signal. A runtime without memory
//! errors has no faults of its own to handle: `enable` only says that it is on.
//!
//! Tracebacks are written where threads may be looked at: by the thread that has the turn. A signal's is written at the
//! main thread's next poll, that of a timer by a thread of its own, which waits for its turn like any other.

use std::cell::Cell;
use std::fmt::Write;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use taipan_host::Disposition;
use taipan_vm::prelude::*;

/// How many frames of a thread are shown.
const MOST_FRAMES: usize = 100;

#[derive(Default)]
struct FaultState {
    enabled: Cell<bool>,
    /// The file of `enable`, which stays open as long as it is in use.
    file: ValueCell,
    registered: Guarded<Vec<Registered>>,
    timer: Guarded<Option<Arc<Timer>>>,
}

/// A signal that writes tracebacks.
#[derive(Clone)]
struct Registered {
    signal: i32,
    fd: i32,
    all_threads: bool,
    chain: bool,
    before: Disposition,
}

/// Whether a timer was stopped.
#[derive(Default)]
struct Timer {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Timer {
    fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits; false when it was stopped meanwhile.
    fn sleep(&self, time: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(stopped, time, |stopped| !*stopped);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The descriptor to write to.
fn descriptor(vm: &Vm, file: Option<&Value>) -> PyResult<i32> {
    let file = match file.filter(|f| !f.is_none()) {
        Some(f) => f.clone(),
        None => match vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.stderr)) {
            Some(f) if !f.is_none() => f,
            Some(_) => return Err(vm.runtime_error("sys.stderr is None")),
            None => return Err(vm.runtime_error("unable to get sys.stderr")),
        },
    };
    if let Some(n) = file.as_int() {
        return i32::try_from(n)
            .ok()
            .filter(|n| *n >= 0)
            .ok_or_else(|| vm.value_error("file is not a valid file descriptor"));
    }
    let fd = vm.call_method_name(&file, &vm.names.fileno, &[])?;
    let fd = vm.index_i64(&fd, "file.fileno() is not a valid file descriptor")?;
    let Some(fd) = i32::try_from(fd).ok().filter(|n| *n >= 0) else {
        return Err(vm.runtime_error("file.fileno() is not a valid file descriptor"));
    };
    if vm.call_method_name(&file, &vm.names.flush, &[]).is_err() {
        drop(vm.take_raised());
    }
    Ok(fd)
}

/// Frames of a thread, the innermost first.
fn frames(thread: &Vm, out: &mut String) {
    let mut at = thread.top_frame();
    if at.is_none() {
        out.push_str("  <no Python frame>\n");
    }
    let mut n = 0;
    while let Some(f) = at {
        if n == MOST_FRAMES {
            out.push_str("  ...\n");
            break;
        }
        let (file, name) = (f.code().filename(thread), f.code().name(thread));
        _ = writeln!(out, "  File {}, line {} in {}", quoted(file), f.line(), plain(name));
        n += 1;
        at = thread.thread.below(f);
    }
}

fn quoted(name: &Gc<Str>) -> String {
    format!("\"{}\"", plain(name))
}

/// ASCII, with escapes for the rest, and cut where it is very long.
fn plain(name: &Gc<Str>) -> String {
    const MOST: usize = 500;
    let text = name.to_string_lossy();
    let mut out = String::new();
    for c in text.chars().take(MOST) {
        match c {
            ' '..='~' => out.push(c),
            _ if (c as u32) < 0x100 => _ = write!(out, "\\x{:02x}", c as u32),
            _ if (c as u32) < 0x10000 => _ = write!(out, "\\u{:04x}", c as u32),
            _ => _ = write!(out, "\\U{:08x}", c as u32),
        }
    }
    if text.chars().nth(MOST).is_some() {
        out.push_str("...");
    }
    out
}

/// All threads, the newest first; `timer`: the calling thread is not one of the program's.
fn all_frames(vm: &Vm, timer: bool) -> String {
    let mut texts = Vec::new();
    vm.each_thread(|thread| {
        let current = std::ptr::eq(thread, vm);
        if current && timer {
            return;
        }
        let what = if current { "Current thread" } else { "Thread" };
        let mut text = format!("{what} {:#018x} (most recent call first):\n", thread.ident.get());
        frames(thread, &mut text);
        texts.push(text);
    });
    texts.reverse();
    texts.join("\n")
}

fn text(vm: &Vm, all_threads: bool) -> String {
    if all_threads {
        return all_frames(vm, false);
    }
    let mut out = "Stack (most recent call first):\n".to_string();
    frames(vm, &mut out);
    out
}

fn write(vm: &Vm, fd: i32, text: &str) -> PyResult<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match vm.host().write(fd, rest) {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(e) => return Err(vm.os_error(e, None)),
        }
    }
    Ok(())
}

/// Called for every signal that arrived, before Python's handler; answers whether that may run as well.
pub fn signalled(vm: &Vm, signal: i32) -> bool {
    let found =
        vm.state::<FaultState>().registered.with(|all| all.iter().find(|r| r.signal == signal).cloned());
    let Some(found) = found else { return true };
    if write(vm, found.fd, &text(vm, found.all_threads)).is_err() {
        drop(vm.take_raised());
    }
    if found.chain && found.before != Disposition::Catch {
        // What stood there before gets the signal too, and then this again.
        _ = vm.host().set_action(signal, found.before);
        _ = vm.host().raise_signal(signal);
        _ = vm.host().set_action(signal, Disposition::Catch);
    }
    found.chain
}

fn unregister_signal(vm: &Vm, signal: i32) -> bool {
    let found = vm.state::<FaultState>().registered.with_mut(|all| {
        let at = all.iter().position(|r| r.signal == signal)?;
        Some(all.remove(at))
    });
    let Some(found) = found else { return false };
    _ = vm.host().set_action(signal, found.before);
    true
}

/// `H:MM:SS`, with microseconds where there are some.
fn shown_time(time: Duration) -> String {
    let (s, us) = (time.as_secs(), time.subsec_micros());
    let whole = format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if us == 0 { whole } else { format!("{whole}.{us:06}") }
}

/// The timer's thread.
fn watch(vm: &Vm, timer: &Timer, time: Duration, repeat: bool, fd: i32, exit: bool) {
    // It is none of the program's threads.
    vm.turn.threads.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    while vm.allow_threads(|| timer.sleep(time)) {
        let text = format!("Timeout ({})!\n{}", shown_time(time), all_frames(vm, true));
        if write(vm, fd, &text).is_err() {
            drop(vm.take_raised());
        }
        if exit {
            vm.host().exit_now(1);
        }
        if !repeat {
            break;
        }
    }
    vm.turn.threads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
}

fn stop_timer(vm: &Vm) {
    if let Some(timer) = vm.state::<FaultState>().timer.take() {
        timer.stop();
    }
}

/// faulthandler module.
#[pymodule(name = "faulthandler")]
pub mod faulthandler {
    use super::*;

    /// Enable the fault handler.
    #[pyfn("enable(file=sys.stderr, all_threads=True, c_stack=True)")]
    fn enable(vm: &Vm, #[raw] file: Option<&Value>, _all_threads: bool, _c_stack: bool) -> PyResult<()> {
        descriptor(vm, file)?;
        let state = vm.state::<FaultState>();
        state.file.set(file.cloned());
        state.enabled.set(true);
        Ok(())
    }

    /// Disable the fault handler.
    #[pyfn("disable()")]
    fn disable(vm: &Vm) -> bool {
        let state = vm.state::<FaultState>();
        state.file.set(None);
        state.enabled.replace(false)
    }

    /// Check if the handler is enabled.
    #[pyfn("is_enabled()")]
    fn is_enabled(vm: &Vm) -> bool {
        vm.state::<FaultState>().enabled.get()
    }

    /// Dump the traceback of the current thread into file.
    ///
    /// Dump the traceback of all threads if all_threads is true.
    #[pyfn("dump_traceback(file=sys.stderr, all_threads=True)")]
    fn dump_traceback(vm: &Vm, #[raw] file: Option<&Value>, all_threads: bool) -> PyResult<()> {
        let fd = descriptor(vm, file)?;
        write(vm, fd, &text(vm, all_threads))
    }

    /// Dump the traceback of all threads in timeout seconds.
    ///
    /// If repeat is true, the tracebacks of all threads are dumped every timeout
    /// seconds. If exit is true, call _exit(1) which is not safe.
    #[pyfn("dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False)")]
    fn dump_traceback_later(
        vm: &Vm,
        timeout: &Value,
        repeat: bool,
        #[raw] file: Option<&Value>,
        exit: bool,
    ) -> PyResult<()> {
        let time = crate::thread::nanoseconds(vm, timeout)?;
        if time <= 0 {
            return Err(vm.value_error("timeout must be greater than 0"));
        }
        let fd = descriptor(vm, file)?;
        stop_timer(vm);
        let timer = Arc::new(Timer::default());
        vm.state::<FaultState>().timer.with_mut(|t| *t = Some(Arc::clone(&timer)));
        let time = Duration::from_nanos(time as u64);
        let body = Box::new(move |vm: &Vm| watch(vm, &timer, time, repeat, fd, exit));
        if vm.spawn_thread(256 << 10, body).is_err() {
            stop_timer(vm);
            return Err(vm.runtime_error("unable to start watchdog thread"));
        }
        Ok(())
    }

    /// Cancel the previous call to dump_traceback_later().
    #[pyfn("cancel_dump_traceback_later()")]
    fn cancel_dump_traceback_later(vm: &Vm) {
        stop_timer(vm);
    }

    /// Register a handler for the signal 'signum'.
    ///
    /// Dump the traceback of the current thread, or of all threads if
    /// all_threads is True, into file.
    #[pyfn("register(signum, file=sys.stderr, all_threads=True, chain=False)")]
    fn register(
        vm: &Vm,
        signum: i32,
        #[raw] file: Option<&Value>,
        all_threads: bool,
        chain: bool,
    ) -> PyResult<()> {
        checked(vm, signum)?;
        let fd = descriptor(vm, file)?;
        let before = match vm.host().set_action(signum, Disposition::Catch) {
            Ok(before) => before,
            Err(e) => return Err(vm.os_error(e, None)),
        };
        vm.state::<FaultState>().registered.with_mut(|all| {
            let known = all.iter().position(|r| r.signal == signum).map(|at| all.remove(at).before);
            let before = known.unwrap_or(before);
            all.push(Registered { signal: signum, fd, all_threads, chain, before });
        });
        Ok(())
    }

    /// Unregister the handler of the signal 'signum' registered by register().
    #[pyfn("unregister(signum, /)")]
    fn unregister(vm: &Vm, signum: i32) -> PyResult<bool> {
        checked(vm, signum)?;
        Ok(unregister_signal(vm, signum))
    }

    #[pyinit]
    fn init(vm: &Vm, _module: &Value) -> PyResult<()> {
        let asked = vm.config.x_options.iter().any(|(name, _)| name == "faulthandler");
        let named = vm.config.flags.ignore_environment == 0
            && vm.host().getenv(b"PYTHONFAULTHANDLER").is_some_and(|v| !v.is_empty());
        if asked || named || vm.config.flags.dev_mode {
            vm.state::<FaultState>().enabled.set(true);
        }
        Ok(())
    }
}

fn checked(vm: &Vm, signal: i32) -> PyResult<()> {
    if matches!(signal, libc::SIGSEGV | libc::SIGFPE | libc::SIGABRT | libc::SIGBUS | libc::SIGILL) {
        return Err(
            vm.runtime_error(format_args!("signal {signal} cannot be registered, use enable() instead"))
        );
    }
    if !(1..65).contains(&signal) {
        return Err(vm.value_error("signal number out of range"));
    }
    Ok(())
}
