//! Memory maps.

use std::ptr;

use super::{RealHost, c_string, check, done};
use crate::{Fd, HostError, HostResult, Mapping, Maps};

struct RealMapping {
    start: *mut u8,
    length: usize,
    protection: i32,
}

// SAFETY: the range belongs to this value alone; concurrent writes through `&self` are races on bytes of memory that
// other processes may write as well, and are made with raw copies, never through references.
unsafe impl Send for RealMapping {}
// SAFETY: as above.
unsafe impl Sync for RealMapping {}

impl RealMapping {
    fn within(&self, offset: usize, length: usize) -> HostResult<()> {
        match offset.checked_add(length) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(HostError::EINVAL),
        }
    }
}

impl Mapping for RealMapping {
    fn len(&self) -> usize {
        self.length
    }

    fn as_ptr(&self) -> *mut u8 {
        self.start
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> HostResult<()> {
        self.within(offset, buffer.len())?;
        if self.protection & libc::PROT_READ == 0 {
            return Err(HostError::EACCES);
        }
        // SAFETY: checked to lie inside the map, which is readable.
        unsafe { ptr::copy(self.start.add(offset), buffer.as_mut_ptr(), buffer.len()) };
        Ok(())
    }

    fn write(&self, offset: usize, data: &[u8]) -> HostResult<()> {
        self.within(offset, data.len())?;
        if self.protection & libc::PROT_WRITE == 0 {
            return Err(HostError::EACCES);
        }
        // SAFETY: checked to lie inside the map, which is writable.
        unsafe { ptr::copy(data.as_ptr(), self.start.add(offset), data.len()) };
        Ok(())
    }

    fn resize(&mut self, length: usize) -> HostResult<()> {
        if length == 0 {
            return Err(HostError::EINVAL);
        }
        // SAFETY: the old range is ours; the old pointer is forgotten.
        let start = unsafe { libc::mremap(self.start.cast(), self.length, length, libc::MREMAP_MAYMOVE) };
        if start == libc::MAP_FAILED {
            return Err(HostError::last());
        }
        self.start = start.cast();
        self.length = length;
        Ok(())
    }

    fn flush(&self, offset: usize, length: usize, flags: i32) -> HostResult<()> {
        self.within(offset, length)?;
        // SAFETY: inside the map.
        done(unsafe { libc::msync(self.start.add(offset).cast(), length, flags) })
    }

    fn advise(&self, offset: usize, length: usize, advice: i32) -> HostResult<()> {
        self.within(offset, length)?;
        // SAFETY: inside the map.
        done(unsafe { libc::madvise(self.start.add(offset).cast(), length, advice) })
    }
}

impl Drop for RealMapping {
    fn drop(&mut self) {
        // SAFETY: mapped by us, unmapped once.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}

impl Maps for RealHost {
    fn mmap(
        &self,
        length: usize,
        protection: i32,
        flags: i32,
        fd: Fd,
        offset: i64,
    ) -> HostResult<Box<dyn Mapping>> {
        if flags & libc::MAP_FIXED != 0 {
            return Err(HostError::EINVAL);
        }
        // SAFETY: without MAP_FIXED the kernel picks a range that nobody uses.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(HostError::last());
        }
        Ok(Box::new(RealMapping { start: start.cast(), length, protection }))
    }

    fn page_size(&self) -> usize {
        // SAFETY: no pointers.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
    }

    fn shm_open(&self, name: &[u8], flags: i32, mode: u32) -> HostResult<Fd> {
        let name = c_string(name)?;
        // SAFETY: I1.
        check(unsafe { libc::shm_open(name.as_ptr(), flags | libc::O_CLOEXEC, mode) })
    }

    fn shm_unlink(&self, name: &[u8]) -> HostResult<()> {
        let name = c_string(name)?;
        // SAFETY: I1.
        done(unsafe { libc::shm_unlink(name.as_ptr()) })
    }
}
