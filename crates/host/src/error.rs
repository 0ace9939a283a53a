//! The one error of this crate: an `errno`.

use std::ffi::CStr;
use std::fmt;

/// The operating system's error number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HostError(pub i32);

pub type HostResult<T> = Result<T, HostError>;

impl HostError {
    pub const EPERM: Self = Self(libc::EPERM);
    pub const ENOENT: Self = Self(libc::ENOENT);
    pub const EINTR: Self = Self(libc::EINTR);
    pub const EBADF: Self = Self(libc::EBADF);
    pub const EAGAIN: Self = Self(libc::EAGAIN);
    pub const EACCES: Self = Self(libc::EACCES);
    pub const EEXIST: Self = Self(libc::EEXIST);
    pub const ENOTDIR: Self = Self(libc::ENOTDIR);
    pub const EISDIR: Self = Self(libc::EISDIR);
    pub const EINVAL: Self = Self(libc::EINVAL);
    pub const ESPIPE: Self = Self(libc::ESPIPE);
    pub const EPIPE: Self = Self(libc::EPIPE);
    pub const ENOTEMPTY: Self = Self(libc::ENOTEMPTY);
    pub const ENOSYS: Self = Self(libc::ENOSYS);
    pub const ERANGE: Self = Self(libc::ERANGE);

    /// What the last failed system call of this thread left in `errno`.
    pub(crate) fn last() -> Self {
        // SAFETY: the location is this thread's own and always valid.
        Self(unsafe { *libc::__errno_location() })
    }

    #[must_use]
    pub fn errno(self) -> i32 {
        self.0
    }

    /// The system's text for the number, as `os.strerror` gives it.
    #[must_use]
    pub fn message(self) -> String {
        let mut buffer = [0_u8; 256];
        // SAFETY: the buffer is writable for the length given; the call ends its text with a NUL.
        let failed = unsafe { libc::strerror_r(self.0, buffer.as_mut_ptr().cast(), buffer.len()) };
        match CStr::from_bytes_until_nul(&buffer) {
            Ok(text) if failed == 0 || !text.is_empty() => text.to_string_lossy().into_owned(),
            _ => format!("Unknown error {}", self.0),
        }
    }
}

impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostError({}: {})", self.0, self.message())
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[Errno {}] {}", self.0, self.message())
    }
}

impl std::error::Error for HostError {}

impl From<std::io::Error> for HostError {
    fn from(error: std::io::Error) -> Self {
        Self(error.raw_os_error().unwrap_or(libc::EIO))
    }
}
