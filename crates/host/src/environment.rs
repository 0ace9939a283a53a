//! The environment block, and randomness.

use crate::{HostResult, denied};

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Environment {
    /// Every variable, in the block's order.
    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        Vec::new()
    }
    fn getenv(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.environment().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
    fn setenv(&self, name: &[u8], value: &[u8]) -> HostResult<()> {
        denied()
    }
    fn unsetenv(&self, name: &[u8]) -> HostResult<()> {
        denied()
    }
    /// The running program's own file, where the system tells.
    fn current_exe(&self) -> HostResult<Vec<u8>> {
        denied()
    }
    /// Whether a standard descriptor was closed when the program started.
    fn started_closed(&self, fd: i32) -> bool {
        false
    }
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Entropy {
    /// Fills the whole buffer.
    fn random_bytes(&self, buffer: &mut [u8]) -> HostResult<()> {
        denied()
    }
    /// One `getrandom` call: may give less.
    fn getrandom(&self, buffer: &mut [u8], flags: u32) -> HostResult<usize> {
        denied()
    }
}
