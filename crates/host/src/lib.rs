//! The door between Python and the machine outside: files, processes, sockets, clock, entropy, terminal.
//!
//! Everything that touches the world goes through [`Host`]. The command line hands the runtime a [`RealHost`], a
//! sandbox a [`DenyHost`], tests a [`MemoryHost`]. The trait is a bundle of small traits, one file each; every method
//! of them has a body that refuses (`EPERM`), so a new host grants by overriding and denies by silence.
//!
//! I1  A path, name or variable is bytes without a NUL; a NUL is `EINVAL`, never a truncated name.
//! I2  Nothing retries on `EINTR`: the caller must look at its signals first.
//! I3  Descriptors made here are not inherited by children unless asked for, as PEP 446 wants.
//! I4  There is no global state but what the operating system's own signal delivery forces (`real/signals.rs`).
//!
//! Not here: Python's objects, text decoding, buffering.

#![expect(unsafe_code, reason = "system calls are foreign functions")]
#![allow(clippy::disallowed_methods, reason = "this is where the machine is touched")]

mod error;

mod accounts;
mod clock;
mod environment;
mod files;
mod filesystem;
mod locale;
mod mapping;
mod mount;
mod polling;
mod process;
mod semaphores;
mod signals;
mod sockets;
mod syslog;
mod terminal;

mod deny;
mod memory;
mod real;

pub use accounts::{Accounts, Group, User};
pub use clock::{Clock, TimeZone, Tm};
pub use deny::{ClockGrant, DenyHost, EntropyGrant, Policy};
pub use environment::{Entropy, Environment};
pub use error::{HostError, HostResult};
pub use files::{At, Fd, Files};
pub use filesystem::{DirEntry, FileKind, FileSystem, Stat, StatVfs, TimeSpec, Which};
pub use locale::{Locale, LocaleConv};
pub use mapping::{Mapping, Maps};
pub use memory::MemoryHost;
pub use mount::{Entry, Mount, Tree};
pub use polling::{EpollEvent, PollFd, Polling, Ready};
pub use process::{
    ChildInfo, FileAction, ForkExec, Process, ResourceUsage, Sched, SpawnAttributes, Times, Uname,
};
pub use real::RealHost;
pub use semaphores::{Semaphore, Semaphores};
pub use signals::{Disposition, Notify, SignalInfo, SignalSet, Signals, TimerValue};
pub use sockets::{
    AddrInfo, AddrInfoHints, Ancillary, HostEntry, Interface, Received, SocketAddress, Sockets,
};
pub use syslog::SystemLog;
pub use terminal::{Terminal, Termios};

/// All that a Python program can ask of the machine. Object-safe: the runtime holds an `Arc<dyn Host>`.
pub trait Host:
    Files
    + FileSystem
    + Process
    + Environment
    + Entropy
    + Clock
    + Signals
    + Sockets
    + Polling
    + Terminal
    + Accounts
    + Maps
    + Locale
    + Semaphores
    + SystemLog
    + Send
    + Sync
{
    /// Lets a read-only folder of the program's own be seen at a path, if nothing else is there. A host whose programs see no
    /// files leaves it out.
    fn mount(&self, _folder: Mount) {}
}

/// What a group's method answers unless a host overrides it.
pub(crate) fn denied<T>() -> HostResult<T> {
    Err(HostError(libc::EPERM))
}

#[cfg(test)]
mod tests;
