//! Signal delivery. The handler notes the signal in `PENDING`, writes to the wake-up descriptor and calls the notifier;
//! everything else happens later, at a breaker poll.
//!
//! The statics are the process-wide state that the operating system forces: a handler has no argument of ours.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};
use std::{mem, ptr};

use super::{RealHost, check, direct, done, timespec, zeroed};
use crate::{Disposition, Fd, HostError, HostResult, Notify, SignalInfo, SignalSet, Signals, TimerValue};

/// Signals caught and not yet taken; bit `n - 1` is signal `n`.
static PENDING: AtomicU64 = AtomicU64::new(0);
static WAKEUP: AtomicI32 = AtomicI32::new(-1);
static NOTIFY: AtomicPtr<Notify> = AtomicPtr::new(ptr::null_mut());
/// Keeps every notifier ever set alive: a handler on another thread may be inside one that was just replaced. Boxed, since
/// `NOTIFY` holds the address.
#[allow(clippy::vec_box)]
static KEPT: Mutex<Vec<Box<Notify>>> = Mutex::new(Vec::new());

unsafe extern "C" {
    fn sigwait(set: *const libc::sigset_t, signal: *mut i32) -> i32;
    fn getitimer(which: i32, value: *mut libc::itimerval) -> i32;
    fn setitimer(which: i32, new: *const libc::itimerval, old: *mut libc::itimerval) -> i32;
}

fn bit(signal: i32) -> SignalSet {
    if (1..=64).contains(&signal) { 1 << (signal - 1) } else { 0 }
}

fn note(signal: i32) {
    PENDING.fetch_or(bit(signal), Ordering::SeqCst);
    let notify = NOTIFY.load(Ordering::SeqCst);
    // SAFETY: `KEPT` never frees a notifier.
    if let Some(notify) = unsafe { notify.as_ref() } {
        notify();
    }
    let fd = WAKEUP.load(Ordering::SeqCst);
    if fd >= 0 {
        let byte = signal as u8;
        // SAFETY: one byte from the stack. A full pipe loses nothing: whoever reads it is awake.
        unsafe { libc::write(fd, (&raw const byte).cast(), 1) };
    }
}

/// Runs inside the handler: only atomics and `write`, and `errno` is put back.
extern "C" fn on_signal(signal: i32) {
    let saved = HostError::last();
    note(signal);
    // SAFETY: this thread's own errno.
    unsafe { *libc::__errno_location() = saved.0 };
}

fn handler_address() -> libc::sighandler_t {
    on_signal as extern "C" fn(i32) as usize
}

fn disposition(handler: libc::sighandler_t) -> Disposition {
    match handler {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignore,
        address if address == handler_address() => Disposition::Catch,
        _ => Disposition::Foreign,
    }
}

fn raw_set(set: SignalSet) -> libc::sigset_t {
    // SAFETY: I2; `sigemptyset` completes it.
    let mut raw = unsafe { zeroed::<libc::sigset_t>() };
    // SAFETY: I1.
    unsafe { libc::sigemptyset(&raw mut raw) };
    for signal in 1..=64 {
        if set & bit(signal) != 0 {
            // SAFETY: I1; a number that the system does not know is refused by it.
            unsafe { libc::sigaddset(&raw mut raw, signal) };
        }
    }
    raw
}

fn set_of(raw: &libc::sigset_t) -> SignalSet {
    // SAFETY: I1.
    (1..=64).filter(|&signal| unsafe { libc::sigismember(raw, signal) } == 1).map(bit).sum()
}

fn timer_of(raw: &libc::itimerval) -> TimerValue {
    let us = |time: libc::timeval| time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_usec);
    TimerValue { value_us: us(raw.it_value), interval_us: us(raw.it_interval) }
}

fn raw_timer(value: TimerValue) -> libc::itimerval {
    let time =
        |us: i64| libc::timeval { tv_sec: us.div_euclid(1_000_000), tv_usec: us.rem_euclid(1_000_000) };
    libc::itimerval { it_value: time(value.value_us), it_interval: time(value.interval_us) }
}

fn current(signal: i32) -> HostResult<libc::sigaction> {
    // SAFETY: I2.
    let mut old = unsafe { zeroed::<libc::sigaction>() };
    // SAFETY: I1; null changes nothing.
    done(unsafe { libc::sigaction(signal, ptr::null(), &raw mut old) })?;
    Ok(old)
}

impl Signals for RealHost {
    fn get_action(&self, signal: i32) -> HostResult<Disposition> {
        Ok(disposition(current(signal)?.sa_sigaction))
    }

    fn set_action(&self, signal: i32, action: Disposition) -> HostResult<Disposition> {
        // SAFETY: I2.
        let mut new = unsafe { zeroed::<libc::sigaction>() };
        new.sa_sigaction = match action {
            Disposition::Default => libc::SIG_DFL,
            Disposition::Ignore => libc::SIG_IGN,
            Disposition::Catch => handler_address(),
            Disposition::Foreign => return Err(HostError::EINVAL),
        };
        // No SA_RESTART: a system call ends with EINTR so that the Python handler can run (PEP 475).
        new.sa_flags = libc::SA_ONSTACK;
        // SAFETY: I1.
        unsafe { libc::sigemptyset(&raw mut new.sa_mask) };
        // SAFETY: I2.
        let mut old = unsafe { zeroed::<libc::sigaction>() };
        // SAFETY: I1; the handler is async-signal-safe.
        done(unsafe { libc::sigaction(signal, &raw const new, &raw mut old) })?;
        Ok(disposition(old.sa_sigaction))
    }

    fn take_pending(&self) -> SignalSet {
        if PENDING.load(Ordering::Relaxed) == 0 { 0 } else { PENDING.swap(0, Ordering::SeqCst) }
    }

    fn trip(&self, signal: i32) {
        note(signal);
    }

    fn set_notify(&self, notify: Option<Notify>) {
        let pointer = match notify {
            None => ptr::null_mut(),
            Some(notify) => {
                let mut kept = KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                kept.push(Box::new(notify));
                kept.last_mut().map_or(ptr::null_mut(), |last| ptr::from_mut(&mut **last))
            }
        };
        NOTIFY.store(pointer, Ordering::SeqCst);
    }

    fn set_wakeup_fd(&self, fd: Fd) -> Fd {
        WAKEUP.swap(fd, Ordering::SeqCst)
    }

    fn siginterrupt(&self, signal: i32, interrupt: bool) -> HostResult<()> {
        let mut action = current(signal)?;
        if interrupt {
            action.sa_flags &= !libc::SA_RESTART;
        } else {
            action.sa_flags |= libc::SA_RESTART;
        }
        // SAFETY: I1; only the flag changed.
        done(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) })
    }

    fn raise_signal(&self, signal: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        if unsafe { libc::raise(signal) } == 0 { Ok(()) } else { Err(HostError::last()) }
    }

    fn pthread_kill(&self, thread: u64, signal: i32) -> HostResult<()> {
        // SAFETY: as with CPython, the caller answers for the thread being alive.
        direct(unsafe { libc::pthread_kill(thread, signal) })
    }

    fn pidfd_send_signal(&self, pidfd: Fd, signal: i32, flags: u32) -> HostResult<()> {
        // SAFETY: a null siginfo is allowed.
        done(unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signal, ptr::null::<libc::siginfo_t>(), flags)
        })
    }

    fn sigmask(&self, how: i32, set: SignalSet) -> HostResult<SignalSet> {
        let new = raw_set(set);
        // SAFETY: I2.
        let mut old = unsafe { zeroed::<libc::sigset_t>() };
        // SAFETY: I1.
        direct(unsafe { libc::pthread_sigmask(how, &raw const new, &raw mut old) })?;
        Ok(set_of(&old))
    }

    fn sigpending(&self) -> HostResult<SignalSet> {
        // SAFETY: I2.
        let mut set = unsafe { zeroed::<libc::sigset_t>() };
        // SAFETY: I1.
        done(unsafe { libc::sigpending(&raw mut set) })?;
        Ok(set_of(&set))
    }

    fn sigwait(&self, set: SignalSet) -> HostResult<i32> {
        let set = raw_set(set);
        let mut signal = 0;
        // SAFETY: I1.
        direct(unsafe { sigwait(&raw const set, &raw mut signal) })?;
        Ok(signal)
    }

    fn sigtimedwait(&self, set: SignalSet, timeout: Option<i64>) -> HostResult<SignalInfo> {
        let set = raw_set(set);
        // SAFETY: I2.
        let mut info = unsafe { zeroed::<libc::siginfo_t>() };
        let time = timespec(timeout.unwrap_or(0).max(0));
        let time = if timeout.is_some() { &raw const time } else { ptr::null() };
        // SAFETY: I1; a null time waits for ever.
        let signo = check(unsafe { libc::sigtimedwait(&raw const set, &raw mut info, time) })?;
        // SAFETY: the members are read as the plain numbers that the union holds for every kind of signal.
        let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
        Ok(SignalInfo { signo, code: info.si_code, errno: info.si_errno, pid, uid, status, band: 0 })
    }

    fn pause(&self) {
        // SAFETY: no arguments.
        unsafe { libc::pause() };
    }

    fn alarm(&self, seconds: u32) -> u32 {
        // SAFETY: no pointers.
        unsafe { libc::alarm(seconds) }
    }

    fn getitimer(&self, which: i32) -> HostResult<TimerValue> {
        let mut value = raw_timer(TimerValue::default());
        // SAFETY: I1.
        done(unsafe { getitimer(which, &raw mut value) })?;
        Ok(timer_of(&value))
    }

    fn setitimer(&self, which: i32, value: TimerValue) -> HostResult<TimerValue> {
        let new = raw_timer(value);
        let mut old = raw_timer(TimerValue::default());
        // SAFETY: I1.
        done(unsafe { setitimer(which, &raw const new, &raw mut old) })?;
        Ok(timer_of(&old))
    }

    fn strsignal(&self, signal: i32) -> Option<String> {
        if bit(signal) == 0 {
            return None;
        }
        let _guard = super::static_storage();
        // SAFETY: I3.
        let text = unsafe { super::bytes_at(libc::strsignal(signal)) };
        let text = String::from_utf8_lossy(&text).into_owned();
        (!text.is_empty() && !text.starts_with("Unknown signal")).then_some(text)
    }

    fn valid_signals(&self) -> SignalSet {
        // SAFETY: I2.
        let mut all = unsafe { mem::zeroed::<libc::sigset_t>() };
        // SAFETY: I1. The C library leaves out the two that it keeps for itself.
        unsafe { libc::sigfillset(&raw mut all) };
        set_of(&all)
    }
}
