//! The environment block and the kernel's entropy.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{RealHost, count};
use crate::{Entropy, Environment, HostError, HostResult};

impl Environment for RealHost {
    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect()
    }

    fn getenv(&self, name: &[u8]) -> Option<Vec<u8>> {
        std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn setenv(&self, name: &[u8], value: &[u8]) -> HostResult<()> {
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) || value.contains(&0) {
            return Err(HostError::EINVAL);
        }
        // SAFETY: std's lock serialises every access through std; the C library's own readers (`tzset`, locale)
        // take part in the same race that `os.environ` has in CPython.
        unsafe { std::env::set_var(OsStr::from_bytes(name), OsStr::from_bytes(value)) };
        Ok(())
    }

    fn unsetenv(&self, name: &[u8]) -> HostResult<()> {
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
            return Err(HostError::EINVAL);
        }
        // SAFETY: as `setenv`.
        unsafe { std::env::remove_var(OsStr::from_bytes(name)) };
        Ok(())
    }

    fn started_closed(&self, fd: i32) -> bool {
        super::standard::was_closed(fd)
    }

    fn current_exe(&self) -> HostResult<Vec<u8>> {
        Ok(std::env::current_exe()?.into_os_string().into_vec())
    }
}

impl Entropy for RealHost {
    fn random_bytes(&self, buffer: &mut [u8]) -> HostResult<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.getrandom(&mut buffer[filled..], 0) {
                Ok(length) => filled += length,
                Err(HostError::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn getrandom(&self, buffer: &mut [u8], flags: u32) -> HostResult<usize> {
        // SAFETY: writable for its length.
        count(unsafe { libc::getrandom(buffer.as_mut_ptr().cast(), buffer.len(), flags) })
    }
}
