//! The real machine: each method is the system call of its name.
//!
//! I1  A pointer handed to the C library points into a slice or a `CString` that outlives the call.
//! I2  A structure that the C library fills is zeroed first, and read only after the call succeeded.
//! I3  Calls that answer from static storage (`getpwent`, `setlocale`, `localeconv` …) hold `STATIC_STORAGE`.

mod accounts;
mod clock;
mod environment;
mod files;
mod filesystem;
mod locale;
mod mapping;
mod polling;
mod process;
mod semaphores;
mod signals;
mod sockets;
mod spawn;
mod standard;
mod syslog;
mod terminal;

use std::ffi::{CStr, CString, c_char};
use std::sync::{Mutex, MutexGuard, OnceLock};

use crate::{At, Host, HostError, HostResult, Mount};

/// Everything that the process itself may do.
#[derive(Clone, Debug, Default)]
pub struct RealHost {
    mounted: OnceLock<Mount>,
}

impl RealHost {
    #[must_use]
    pub const fn new() -> Self {
        Self { mounted: OnceLock::new() }
    }

    /// The mounted folder and the path in it that a call means.
    fn mounted(&self, at: At<'_>) -> Option<(&Mount, String)> {
        let mount = self.mounted.get()?;
        let path = mount.inside(at.path)?;
        mount.tree.entry(&path)?;
        Some((mount, path))
    }
}

impl Host for RealHost {
    fn mount(&self, folder: Mount) {
        _ = self.mounted.set(folder);
    }
}

/// Guards the C library's static results (I3).
static STATIC_STORAGE: Mutex<()> = Mutex::new(());

fn static_storage() -> MutexGuard<'static, ()> {
    STATIC_STORAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A result type whose -1 means "see `errno`".
trait Answer: Copy {
    fn failed(self) -> bool;
}

macro_rules! answer {
    ($($type:ty),*) => { $(impl Answer for $type { fn failed(self) -> bool { self == -1 } })* };
}
answer!(i32, i64, isize);

fn check<T: Answer>(answer: T) -> HostResult<T> {
    if answer.failed() { Err(HostError::last()) } else { Ok(answer) }
}

/// The same for calls whose only answer is success.
fn done<T: Answer>(answer: T) -> HostResult<()> {
    check(answer).map(|_| ())
}

fn count(answer: isize) -> HostResult<usize> {
    check(answer).map(isize::cast_unsigned)
}

/// For calls that return the error instead of setting `errno`.
fn direct(error: i32) -> HostResult<()> {
    if error == 0 { Ok(()) } else { Err(HostError(error)) }
}

fn c_string(bytes: &[u8]) -> HostResult<CString> {
    CString::new(bytes).map_err(|_| HostError::EINVAL)
}

fn c_strings(all: &[Vec<u8>]) -> HostResult<Vec<CString>> {
    all.iter().map(|one| c_string(one)).collect()
}

/// The null-ended array that `exec` wants; borrows from `all`.
fn c_array(all: &[CString]) -> Vec<*const c_char> {
    all.iter().map(|one| one.as_ptr()).chain(std::iter::once(std::ptr::null())).collect()
}

/// Copies a C string; null is empty.
///
/// # Safety
/// `text` is null or ends with a NUL and stays as it is during the call.
unsafe fn bytes_at(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}

/// A zeroed structure of the C library.
///
/// # Safety
/// All zeroes is a value of `T`: true of the plain C structures that this module asks for.
unsafe fn zeroed<T>() -> T {
    // SAFETY: the caller's promise.
    unsafe { std::mem::zeroed() }
}

/// Clears `errno`, for the calls whose -1 may be an answer.
fn clear_errno() {
    // SAFETY: the location is this thread's own and always valid.
    unsafe { *libc::__errno_location() = 0 };
}

/// An answer of -1 that is an error only if `errno` was set since `clear_errno`.
fn maybe_minus_one<T: Answer>(answer: T) -> HostResult<T> {
    let error = HostError::last();
    if answer.failed() && error.0 != 0 { Err(error) } else { Ok(answer) }
}

fn timespec(nanoseconds: i64) -> libc::timespec {
    libc::timespec {
        tv_sec: nanoseconds.div_euclid(1_000_000_000),
        tv_nsec: nanoseconds.rem_euclid(1_000_000_000),
    }
}
