//! Open files: everything that is done through a descriptor.

use std::io::{IoSlice, IoSliceMut};

use crate::{HostResult, Stat, StatVfs, denied};

/// A file descriptor.
pub type Fd = i32;

/// A path, seen from a directory (`dir_fd=` in Python) or from the current one.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    pub dir: Fd,
    pub path: &'a [u8],
}

impl<'a> At<'a> {
    /// Seen from the current directory.
    #[must_use]
    pub fn cwd(path: &'a [u8]) -> Self {
        Self { dir: libc::AT_FDCWD, path }
    }

    /// Seen from `dir`, or from the current directory.
    #[must_use]
    pub fn dir(dir: Option<Fd>, path: &'a [u8]) -> Self {
        Self { dir: dir.unwrap_or(libc::AT_FDCWD), path }
    }

    /// Whether the current directory is meant.
    #[must_use]
    pub fn is_cwd(&self) -> bool {
        self.dir == libc::AT_FDCWD
    }
}

impl<'a> From<&'a [u8]> for At<'a> {
    fn from(path: &'a [u8]) -> Self {
        Self::cwd(path)
    }
}

/// Lets `read` fill `n` zeroed bytes at the end of `out`, and keeps as many as it answers.
pub(crate) fn onto(
    out: &mut Vec<u8>,
    n: usize,
    read: impl FnOnce(&mut [u8]) -> HostResult<usize>,
) -> HostResult<usize> {
    let start = out.len();
    out.resize(start + n, 0);
    let got = out.get_mut(start..).map_or(Ok(0), read);
    out.truncate(start + got.unwrap_or(0));
    got
}

/// Descriptors. Flags and commands are the platform's own numbers.
#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Files {
    /// `O_CLOEXEC` is added unless `inheritable`.
    fn open(&self, at: At<'_>, flags: i32, mode: u32, inheritable: bool) -> HostResult<Fd> {
        denied()
    }
    fn close(&self, fd: Fd) -> HostResult<()> {
        denied()
    }
    /// Closes `from <= fd < to`; errors are ignored.
    fn close_range(&self, from: Fd, to: Fd) {}
    fn read(&self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        denied()
    }
    /// Reads `n` bytes at most onto the end of `out`, which has room for them; answers how many. After an error it is as before.
    fn read_onto(&self, fd: Fd, out: &mut Vec<u8>, n: usize) -> HostResult<usize> {
        onto(out, n, |room| self.read(fd, room))
    }
    fn write(&self, fd: Fd, data: &[u8]) -> HostResult<usize> {
        denied()
    }
    fn pread(&self, fd: Fd, buffer: &mut [u8], offset: i64) -> HostResult<usize> {
        denied()
    }
    fn pwrite(&self, fd: Fd, data: &[u8], offset: i64) -> HostResult<usize> {
        denied()
    }
    fn readv(&self, fd: Fd, buffers: &mut [IoSliceMut<'_>]) -> HostResult<usize> {
        denied()
    }
    fn writev(&self, fd: Fd, data: &[IoSlice<'_>]) -> HostResult<usize> {
        denied()
    }
    /// `flags` are `RWF_*`.
    fn preadv(&self, fd: Fd, buffers: &mut [IoSliceMut<'_>], offset: i64, flags: i32) -> HostResult<usize> {
        denied()
    }
    fn pwritev(&self, fd: Fd, data: &[IoSlice<'_>], offset: i64, flags: i32) -> HostResult<usize> {
        denied()
    }
    fn lseek(&self, fd: Fd, offset: i64, whence: i32) -> HostResult<i64> {
        denied()
    }
    fn ftruncate(&self, fd: Fd, length: i64) -> HostResult<()> {
        denied()
    }
    fn fsync(&self, fd: Fd) -> HostResult<()> {
        denied()
    }
    fn fdatasync(&self, fd: Fd) -> HostResult<()> {
        denied()
    }
    fn fstat(&self, fd: Fd) -> HostResult<Stat> {
        denied()
    }
    fn fstatvfs(&self, fd: Fd) -> HostResult<StatVfs> {
        denied()
    }
    fn fpathconf(&self, fd: Fd, name: i32) -> HostResult<i64> {
        denied()
    }
    /// The copy is not inheritable.
    fn dup(&self, fd: Fd) -> HostResult<Fd> {
        denied()
    }
    fn dup2(&self, fd: Fd, onto: Fd, inheritable: bool) -> HostResult<Fd> {
        denied()
    }
    /// `flags` as in `pipe2`; `O_CLOEXEC` is the caller's to give.
    fn pipe2(&self, flags: i32) -> HostResult<(Fd, Fd)> {
        denied()
    }
    fn fcntl(&self, fd: Fd, command: i32, argument: i64) -> HostResult<i32> {
        denied()
    }
    /// `fcntl` with a structure, which the call may overwrite.
    fn fcntl_buffer(&self, fd: Fd, command: i32, argument: &mut [u8]) -> HostResult<i32> {
        denied()
    }
    fn ioctl(&self, fd: Fd, request: u64, argument: i64) -> HostResult<i32> {
        denied()
    }
    /// `ioctl` with a structure, which the call may overwrite. The buffer must be as large as the request writes; a
    /// buffer below 1024 bytes is copied through one of that size, as CPython does.
    fn ioctl_buffer(&self, fd: Fd, request: u64, argument: &mut [u8]) -> HostResult<i32> {
        denied()
    }
    fn flock(&self, fd: Fd, operation: i32) -> HostResult<()> {
        denied()
    }
    /// A record lock: `operation` is a bit set of `LOCK_SH`, `LOCK_EX`, `LOCK_UN`, `LOCK_NB`.
    fn lockf(&self, fd: Fd, operation: i32, length: i64, start: i64, whence: i32) -> HostResult<()> {
        denied()
    }
    /// `os.lockf`: `command` is `F_LOCK`, `F_TLOCK`, `F_ULOCK` or `F_TEST`.
    fn posix_lockf(&self, fd: Fd, command: i32, length: i64) -> HostResult<()> {
        denied()
    }
    fn isatty(&self, fd: Fd) -> bool {
        false
    }
    fn get_inheritable(&self, fd: Fd) -> HostResult<bool> {
        denied()
    }
    fn set_inheritable(&self, fd: Fd, inheritable: bool) -> HostResult<()> {
        denied()
    }
    fn get_blocking(&self, fd: Fd) -> HostResult<bool> {
        denied()
    }
    fn set_blocking(&self, fd: Fd, blocking: bool) -> HostResult<()> {
        denied()
    }
    fn posix_fallocate(&self, fd: Fd, offset: i64, length: i64) -> HostResult<()> {
        denied()
    }
    fn posix_fadvise(&self, fd: Fd, offset: i64, length: i64, advice: i32) -> HostResult<()> {
        denied()
    }
    /// `offset` of `None` reads from the input's own position.
    fn sendfile(&self, out: Fd, input: Fd, offset: Option<i64>, count: usize) -> HostResult<usize> {
        denied()
    }
    fn copy_file_range(
        &self,
        source: Fd,
        target: Fd,
        count: usize,
        source_offset: Option<i64>,
        target_offset: Option<i64>,
    ) -> HostResult<usize> {
        denied()
    }
    fn splice(
        &self,
        source: Fd,
        target: Fd,
        count: usize,
        source_offset: Option<i64>,
        target_offset: Option<i64>,
        flags: u32,
    ) -> HostResult<usize> {
        denied()
    }
    fn memfd_create(&self, name: &[u8], flags: u32) -> HostResult<Fd> {
        denied()
    }
    fn eventfd(&self, initial: u32, flags: i32) -> HostResult<Fd> {
        denied()
    }
}
