//! Semaphores with names.

use super::{RealHost, c_string, done, timespec};
use crate::{HostError, HostResult, Semaphore, Semaphores};

struct RealSemaphore(*mut libc::sem_t);

// SAFETY: a semaphore is made to be used by several threads at once.
unsafe impl Send for RealSemaphore {}
// SAFETY: as above.
unsafe impl Sync for RealSemaphore {}

impl Semaphore for RealSemaphore {
    fn wait(&self, timeout: Option<i64>) -> HostResult<()> {
        match timeout {
            // SAFETY: open until dropped.
            None => done(unsafe { libc::sem_wait(self.0) }),
            // SAFETY: as above.
            Some(0) => done(unsafe { libc::sem_trywait(self.0) }),
            Some(left) => {
                let mut now = timespec(0);
                // SAFETY: writable.
                done(unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut now) })?;
                let ns = now.tv_sec.saturating_mul(1_000_000_000).saturating_add(now.tv_nsec);
                let until = timespec(ns.saturating_add(left));
                // SAFETY: open until dropped; the time is readable.
                done(unsafe { libc::sem_timedwait(self.0, &raw const until) })
            }
        }
    }

    fn post(&self) -> HostResult<()> {
        // SAFETY: open until dropped.
        done(unsafe { libc::sem_post(self.0) })
    }

    fn value(&self) -> HostResult<i32> {
        let mut value = 0;
        // SAFETY: open until dropped; writable.
        done(unsafe { libc::sem_getvalue(self.0, &raw mut value) })?;
        Ok(value)
    }

    fn handle(&self) -> usize {
        self.0 as usize
    }
}

impl Drop for RealSemaphore {
    fn drop(&mut self) {
        // SAFETY: open, closed once.
        unsafe { libc::sem_close(self.0) };
    }
}

impl Semaphores for RealHost {
    fn sem_open(&self, name: &[u8], create: Option<u32>) -> HostResult<Box<dyn Semaphore>> {
        let name = c_string(name)?;
        // SAFETY: I1.
        let sem = unsafe {
            match create {
                Some(value) => {
                    libc::sem_open(name.as_ptr(), libc::O_CREAT | libc::O_EXCL, 0o600 as libc::c_uint, value)
                }
                None => libc::sem_open(name.as_ptr(), 0),
            }
        };
        if sem == libc::SEM_FAILED { Err(HostError::last()) } else { Ok(Box::new(RealSemaphore(sem))) }
    }

    fn sem_unlink(&self, name: &[u8]) -> HostResult<()> {
        let name = c_string(name)?;
        // SAFETY: I1.
        done(unsafe { libc::sem_unlink(name.as_ptr()) })
    }
}
