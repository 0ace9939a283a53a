//! Signals: what to do with each, which are pending, which are masked, timers.

use std::sync::Arc;

use crate::{Fd, HostResult, denied};

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    Default,
    Ignore,
    /// Noted as pending; the program asks with [`Signals::take_pending`].
    Catch,
    /// A handler that somebody else installed.
    Foreign,
}

/// Bit `n - 1` is signal `n`.
pub type SignalSet = u64;

/// Called from inside the signal handler. It may only store into atomics.
pub type Notify = Arc<dyn Fn() + Send + Sync>;

/// What `sigwaitinfo` tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignalInfo {
    pub signo: i32,
    pub code: i32,
    pub errno: i32,
    pub pid: i32,
    pub uid: u32,
    pub status: i32,
    pub band: i64,
}

/// Microseconds until the next and between the following ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimerValue {
    pub value_us: i64,
    pub interval_us: i64,
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Signals {
    fn get_action(&self, signal: i32) -> HostResult<Disposition> {
        denied()
    }
    /// Sets what the signal does and gives what it did.
    fn set_action(&self, signal: i32, action: Disposition) -> HostResult<Disposition> {
        denied()
    }
    /// Signals caught since the last call.
    fn take_pending(&self) -> SignalSet {
        0
    }
    /// Adds to the pending ones without any system call (`_thread.interrupt_main`).
    fn trip(&self, signal: i32) {}
    /// Called when a signal has been caught, on whatever thread it hit.
    fn set_notify(&self, notify: Option<Notify>) {}
    /// Writes the number of each caught signal into `fd` (-1: no more); gives the former one.
    fn set_wakeup_fd(&self, fd: Fd) -> Fd {
        -1
    }
    /// `signal.siginterrupt`: whether system calls end with `EINTR`.
    fn siginterrupt(&self, signal: i32, interrupt: bool) -> HostResult<()> {
        denied()
    }
    fn raise_signal(&self, signal: i32) -> HostResult<()> {
        denied()
    }
    fn pthread_kill(&self, thread: u64, signal: i32) -> HostResult<()> {
        denied()
    }
    fn pidfd_send_signal(&self, pidfd: Fd, signal: i32, flags: u32) -> HostResult<()> {
        denied()
    }
    /// `how` is `SIG_BLOCK`, `SIG_UNBLOCK` or `SIG_SETMASK`.
    fn sigmask(&self, how: i32, set: SignalSet) -> HostResult<SignalSet> {
        denied()
    }
    fn sigpending(&self) -> HostResult<SignalSet> {
        denied()
    }
    fn sigwait(&self, set: SignalSet) -> HostResult<i32> {
        denied()
    }
    /// `timeout` in nanoseconds; `EAGAIN` when it passes.
    fn sigtimedwait(&self, set: SignalSet, timeout: Option<i64>) -> HostResult<SignalInfo> {
        denied()
    }
    /// Returns when a signal has been handled.
    fn pause(&self) {}
    /// Seconds that were left of the former alarm.
    fn alarm(&self, seconds: u32) -> u32 {
        0
    }
    fn getitimer(&self, which: i32) -> HostResult<TimerValue> {
        denied()
    }
    fn setitimer(&self, which: i32, value: TimerValue) -> HostResult<TimerValue> {
        denied()
    }
    fn strsignal(&self, signal: i32) -> Option<String> {
        None
    }
    /// All that the system knows; `SIGRTMIN..=SIGRTMAX` included.
    fn valid_signals(&self) -> SignalSet {
        0
    }
}
