//! Memory maps and POSIX shared memory.

use crate::{Fd, HostResult, denied};

/// A mapped range; unmapped when dropped. Offsets are checked (`EINVAL`).
pub trait Mapping: Send + Sync {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Valid for `len` bytes until the next `resize` or the drop.
    fn as_ptr(&self) -> *mut u8;
    fn read(&self, offset: usize, buffer: &mut [u8]) -> HostResult<()>;
    fn write(&self, offset: usize, data: &[u8]) -> HostResult<()>;
    fn resize(&mut self, length: usize) -> HostResult<()>;
    fn flush(&self, offset: usize, length: usize, flags: i32) -> HostResult<()>;
    fn advise(&self, offset: usize, length: usize, advice: i32) -> HostResult<()>;
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Maps {
    /// `fd` of -1 maps anonymous memory when `flags` say so.
    fn mmap(
        &self,
        length: usize,
        protection: i32,
        flags: i32,
        fd: Fd,
        offset: i64,
    ) -> HostResult<Box<dyn Mapping>> {
        denied()
    }
    fn page_size(&self) -> usize {
        4096
    }
    fn shm_open(&self, name: &[u8], flags: i32, mode: u32) -> HostResult<Fd> {
        denied()
    }
    fn shm_unlink(&self, name: &[u8]) -> HostResult<()> {
        denied()
    }
}
