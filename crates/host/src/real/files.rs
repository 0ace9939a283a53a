//! Descriptors.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, c_ulong, c_void};

use super::{RealHost, c_string, check, count, direct, done, zeroed};
use crate::{At, Fd, Files, HostError, HostResult, Mount, Stat, StatVfs};

/// The largest transfer that Linux does in one call; more is cut, as the kernel would.
const MAX_TRANSFER: usize = 0x7fff_f000;

/// Lets `read` fill up to `n` bytes behind the end of `out`, which need not be zero before.
pub fn onto(
    out: &mut Vec<u8>,
    n: usize,
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> isize,
) -> HostResult<usize> {
    out.reserve(n);
    let room = out.spare_capacity_mut();
    let room = room.get_mut(..n).unwrap_or_default();
    let got = count(read(room))?;
    // SAFETY: the system has written so many bytes, `n` at most (MSG_TRUNC may answer more), for which there was room.
    unsafe { out.set_len(out.len() + got.min(n)) };
    Ok(got)
}

fn pieces(length: usize) -> c_int {
    // The kernel's own limit on the number of pieces.
    c_int::try_from(length.min(1024)).unwrap_or(1024)
}

fn optional(offset: &mut Option<i64>) -> *mut i64 {
    offset.as_mut().map_or(ptr::null_mut(), ptr::from_mut)
}

/// A descriptor of a file that lies in the program: an unnamed file in memory with its contents.
fn open_mounted(mount: &Mount, path: &str, flags: i32, inheritable: bool) -> HostResult<Fd> {
    if flags & (libc::O_WRONLY | libc::O_RDWR | libc::O_TRUNC) != 0 {
        return Err(HostError(libc::EROFS));
    }
    if flags & (libc::O_CREAT | libc::O_EXCL) == libc::O_CREAT | libc::O_EXCL {
        return Err(HostError(libc::EEXIST));
    }
    let Some(contents) = mount.tree.read(path) else { return Err(HostError::EISDIR) };
    if flags & libc::O_DIRECTORY != 0 {
        return Err(HostError::ENOTDIR);
    }
    let name = c_string(path.rsplit('/').next().unwrap_or_default().as_bytes())?;
    let close = if inheritable { 0 } else { libc::MFD_CLOEXEC };
    // SAFETY: I1.
    let fd = check(unsafe { libc::memfd_create(name.as_ptr(), close) })?;
    let mut rest = &*contents;
    while !rest.is_empty() {
        // SAFETY: I1.
        match count(unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len().min(MAX_TRANSFER)) }) {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(error) => {
                // SAFETY: ours, and handed to nobody.
                unsafe { libc::close(fd) };
                return Err(error);
            }
        }
    }
    // SAFETY: no pointers.
    unsafe { libc::lseek(fd, 0, libc::SEEK_SET) };
    Ok(fd)
}

impl Files for RealHost {
    fn open(&self, at: At<'_>, flags: i32, mode: u32, inheritable: bool) -> HostResult<Fd> {
        if let Some((mount, path)) = self.mounted(at) {
            return open_mounted(mount, &path, flags, inheritable);
        }
        let path = c_string(at.path)?;
        let flags = if inheritable { flags } else { flags | libc::O_CLOEXEC };
        // SAFETY: I1.
        check(unsafe { libc::openat(at.dir, path.as_ptr(), flags, mode) })
    }

    fn close(&self, fd: Fd) -> HostResult<()> {
        // SAFETY: closing is the caller's decision; a wrong number is EBADF.
        done(unsafe { libc::close(fd) })
    }

    fn close_range(&self, from: Fd, to: Fd) {
        let from = from.max(0);
        if to > from {
            // SAFETY: as `close`; the last argument is inclusive.
            let answer = unsafe {
                libc::syscall(libc::SYS_close_range, from.cast_unsigned(), (to - 1).cast_unsigned(), 0_u32)
            };
            if answer != 0 {
                for fd in from..to {
                    // SAFETY: as `close`.
                    unsafe { libc::close(fd) };
                }
            }
        }
    }

    fn read(&self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        // SAFETY: I1, writable for its length.
        count(unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len().min(MAX_TRANSFER)) })
    }

    fn read_onto(&self, fd: Fd, out: &mut Vec<u8>, n: usize) -> HostResult<usize> {
        // SAFETY: I1, writable for its length.
        onto(out, n.min(MAX_TRANSFER), |room| unsafe { libc::read(fd, room.as_mut_ptr().cast(), room.len()) })
    }

    fn write(&self, fd: Fd, data: &[u8]) -> HostResult<usize> {
        // SAFETY: I1.
        count(unsafe { libc::write(fd, data.as_ptr().cast(), data.len().min(MAX_TRANSFER)) })
    }

    fn pread(&self, fd: Fd, buffer: &mut [u8], offset: i64) -> HostResult<usize> {
        // SAFETY: I1, writable for its length.
        count(unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), buffer.len().min(MAX_TRANSFER), offset) })
    }

    fn pwrite(&self, fd: Fd, data: &[u8], offset: i64) -> HostResult<usize> {
        // SAFETY: I1.
        count(unsafe { libc::pwrite(fd, data.as_ptr().cast(), data.len().min(MAX_TRANSFER), offset) })
    }

    fn readv(&self, fd: Fd, buffers: &mut [IoSliceMut<'_>]) -> HostResult<usize> {
        // SAFETY: `IoSliceMut` is laid out as `iovec` by its documentation.
        count(unsafe { libc::readv(fd, buffers.as_mut_ptr().cast(), pieces(buffers.len())) })
    }

    fn writev(&self, fd: Fd, data: &[IoSlice<'_>]) -> HostResult<usize> {
        // SAFETY: `IoSlice` is laid out as `iovec` by its documentation.
        count(unsafe { libc::writev(fd, data.as_ptr().cast(), pieces(data.len())) })
    }

    fn preadv(&self, fd: Fd, buffers: &mut [IoSliceMut<'_>], offset: i64, flags: i32) -> HostResult<usize> {
        // SAFETY: as `readv`.
        count(unsafe { libc::preadv2(fd, buffers.as_mut_ptr().cast(), pieces(buffers.len()), offset, flags) })
    }

    fn pwritev(&self, fd: Fd, data: &[IoSlice<'_>], offset: i64, flags: i32) -> HostResult<usize> {
        // SAFETY: as `writev`.
        count(unsafe { libc::pwritev2(fd, data.as_ptr().cast(), pieces(data.len()), offset, flags) })
    }

    fn lseek(&self, fd: Fd, offset: i64, whence: i32) -> HostResult<i64> {
        // SAFETY: no pointers.
        check(unsafe { libc::lseek(fd, offset, whence) })
    }

    fn ftruncate(&self, fd: Fd, length: i64) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::ftruncate(fd, length) })
    }

    fn fsync(&self, fd: Fd) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::fsync(fd) })
    }

    fn fdatasync(&self, fd: Fd) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::fdatasync(fd) })
    }

    fn fstat(&self, fd: Fd) -> HostResult<Stat> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::stat>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::fstat(fd, &raw mut raw) })?;
        Ok(super::filesystem::stat_of(&raw))
    }

    fn fstatvfs(&self, fd: Fd) -> HostResult<StatVfs> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::statvfs>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::fstatvfs(fd, &raw mut raw) })?;
        Ok(super::filesystem::statvfs_of(&raw))
    }

    fn fpathconf(&self, fd: Fd, name: i32) -> HostResult<i64> {
        super::clear_errno();
        // SAFETY: no pointers.
        super::maybe_minus_one(unsafe { libc::fpathconf(fd, name) })
    }

    fn dup(&self, fd: Fd) -> HostResult<Fd> {
        // SAFETY: no pointers.
        check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
    }

    fn dup2(&self, fd: Fd, onto: Fd, inheritable: bool) -> HostResult<Fd> {
        if inheritable || fd == onto {
            // SAFETY: no pointers. Equal numbers check `fd` and change nothing.
            check(unsafe { libc::dup2(fd, onto) })
        } else {
            // SAFETY: no pointers.
            check(unsafe { libc::dup3(fd, onto, libc::O_CLOEXEC) })
        }
    }

    fn pipe2(&self, flags: i32) -> HostResult<(Fd, Fd)> {
        let mut ends = [-1; 2];
        // SAFETY: two ints, as asked for.
        done(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
        Ok((ends[0], ends[1]))
    }

    fn fcntl(&self, fd: Fd, command: i32, argument: i64) -> HostResult<i32> {
        // SAFETY: the argument is a number for every command that Python passes a number to; commands that want a
        // pointer fail with EFAULT on one that is not mapped.
        check(unsafe { libc::fcntl(fd, command, argument) })
    }

    fn fcntl_buffer(&self, fd: Fd, command: i32, argument: &mut [u8]) -> HostResult<i32> {
        let mut room = vec![0_u8; argument.len().max(1024)];
        room[..argument.len()].copy_from_slice(argument);
        // SAFETY: no command writes more than the 1024 bytes.
        let answer = check(unsafe { libc::fcntl(fd, command, room.as_mut_ptr()) })?;
        argument.copy_from_slice(&room[..argument.len()]);
        Ok(answer)
    }

    fn ioctl(&self, fd: Fd, request: u64, argument: i64) -> HostResult<i32> {
        // SAFETY: as `fcntl`.
        check(unsafe { libc::ioctl(fd, request as c_ulong, argument) })
    }

    fn ioctl_buffer(&self, fd: Fd, request: u64, argument: &mut [u8]) -> HostResult<i32> {
        let mut room = vec![0_u8; argument.len().max(1024)];
        room[..argument.len()].copy_from_slice(argument);
        // SAFETY: the trait asks for a buffer that fits; the room makes up for small ones.
        let answer = check(unsafe { libc::ioctl(fd, request as c_ulong, room.as_mut_ptr()) })?;
        argument.copy_from_slice(&room[..argument.len()]);
        Ok(answer)
    }

    fn flock(&self, fd: Fd, operation: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::flock(fd, operation) })
    }

    fn lockf(&self, fd: Fd, operation: i32, length: i64, start: i64, whence: i32) -> HostResult<()> {
        // SAFETY: I2.
        let mut lock = unsafe { zeroed::<libc::flock>() };
        let kind = if operation & libc::LOCK_UN != 0 {
            libc::F_UNLCK
        } else if operation & libc::LOCK_SH != 0 {
            libc::F_RDLCK
        } else if operation & libc::LOCK_EX != 0 {
            libc::F_WRLCK
        } else {
            return Err(HostError::EINVAL);
        };
        lock.l_type = i16::try_from(kind).map_err(|_| HostError::EINVAL)?;
        lock.l_whence = i16::try_from(whence).map_err(|_| HostError::EINVAL)?;
        lock.l_start = start;
        lock.l_len = length;
        let command = if operation & libc::LOCK_NB != 0 { libc::F_SETLK } else { libc::F_SETLKW };
        // SAFETY: I1.
        done(unsafe { libc::fcntl(fd, command, &raw mut lock) })
    }

    fn posix_lockf(&self, fd: Fd, command: i32, length: i64) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::lockf(fd, command, length) })
    }

    fn isatty(&self, fd: Fd) -> bool {
        // SAFETY: no pointers.
        unsafe { libc::isatty(fd) == 1 }
    }

    fn get_inheritable(&self, fd: Fd) -> HostResult<bool> {
        // SAFETY: no pointers.
        Ok(check(unsafe { libc::fcntl(fd, libc::F_GETFD) })? & libc::FD_CLOEXEC == 0)
    }

    fn set_inheritable(&self, fd: Fd, inheritable: bool) -> HostResult<()> {
        // SAFETY: no pointers.
        let old = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
        let new = if inheritable { old & !libc::FD_CLOEXEC } else { old | libc::FD_CLOEXEC };
        // SAFETY: no pointers.
        if new == old { Ok(()) } else { done(unsafe { libc::fcntl(fd, libc::F_SETFD, new) }) }
    }

    fn get_blocking(&self, fd: Fd) -> HostResult<bool> {
        // SAFETY: no pointers.
        Ok(check(unsafe { libc::fcntl(fd, libc::F_GETFL) })? & libc::O_NONBLOCK == 0)
    }

    fn set_blocking(&self, fd: Fd, blocking: bool) -> HostResult<()> {
        // SAFETY: no pointers.
        let old = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
        let new = if blocking { old & !libc::O_NONBLOCK } else { old | libc::O_NONBLOCK };
        // SAFETY: no pointers.
        if new == old { Ok(()) } else { done(unsafe { libc::fcntl(fd, libc::F_SETFL, new) }) }
    }

    fn posix_fallocate(&self, fd: Fd, offset: i64, length: i64) -> HostResult<()> {
        // SAFETY: no pointers.
        direct(unsafe { libc::posix_fallocate(fd, offset, length) })
    }

    fn posix_fadvise(&self, fd: Fd, offset: i64, length: i64, advice: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        direct(unsafe { libc::posix_fadvise(fd, offset, length, advice) })
    }

    fn sendfile(&self, out: Fd, input: Fd, offset: Option<i64>, length: usize) -> HostResult<usize> {
        let mut offset = offset;
        // SAFETY: I1; a null offset is allowed.
        count(unsafe { libc::sendfile(out, input, optional(&mut offset), length) })
    }

    fn copy_file_range(
        &self,
        source: Fd,
        target: Fd,
        length: usize,
        source_offset: Option<i64>,
        target_offset: Option<i64>,
    ) -> HostResult<usize> {
        let (mut from, mut to) = (source_offset, target_offset);
        // SAFETY: I1; null offsets are allowed.
        count(unsafe {
            libc::copy_file_range(source, optional(&mut from), target, optional(&mut to), length, 0)
        })
    }

    fn splice(
        &self,
        source: Fd,
        target: Fd,
        length: usize,
        source_offset: Option<i64>,
        target_offset: Option<i64>,
        flags: u32,
    ) -> HostResult<usize> {
        let (mut from, mut to) = (source_offset, target_offset);
        // SAFETY: I1; null offsets are allowed.
        count(unsafe { libc::splice(source, optional(&mut from), target, optional(&mut to), length, flags) })
    }

    fn memfd_create(&self, name: &[u8], flags: u32) -> HostResult<Fd> {
        let name = c_string(name)?;
        // SAFETY: I1.
        check(unsafe { libc::memfd_create(name.as_ptr(), flags) })
    }

    fn eventfd(&self, initial: u32, flags: i32) -> HostResult<Fd> {
        // SAFETY: no pointers.
        check(unsafe { libc::eventfd(initial, flags) })
    }
}

const _: () = assert!(size_of::<IoSlice<'_>>() == size_of::<libc::iovec>());
const _: () = assert!(size_of::<*mut c_void>() == size_of::<usize>());
