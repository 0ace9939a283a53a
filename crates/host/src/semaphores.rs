//! Semaphores with names, for several processes.

use crate::{HostResult, denied};

/// An open semaphore; closed when dropped.
pub trait Semaphore: Send + Sync {
    /// Takes one. Waits so many nanoseconds at most (`ETIMEDOUT`); 0 does not wait (`EAGAIN`), `None` waits for ever.
    fn wait(&self, timeout: Option<i64>) -> HostResult<()>;
    fn post(&self) -> HostResult<()>;
    fn value(&self) -> HostResult<i32>;
    /// A number that tells open semaphores apart.
    fn handle(&self) -> usize;
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Semaphores {
    /// With a start value a new one is made (`EEXIST` when there is one), without an existing one is opened.
    fn sem_open(&self, name: &[u8], create: Option<u32>) -> HostResult<Box<dyn Semaphore>> {
        denied()
    }
    fn sem_unlink(&self, name: &[u8]) -> HostResult<()> {
        denied()
    }
}
