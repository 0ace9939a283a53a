//! Paths.

use std::ffi::CStr;
use std::ptr;

use super::{RealHost, c_string, check, count, done, zeroed};
use crate::{
    At, DirEntry, Entry, Fd, FileKind, FileSystem, HostError, HostResult, Stat, StatVfs, TimeSpec, Which,
};

pub(super) fn stat_of(raw: &libc::stat) -> Stat {
    let time = |seconds, nanoseconds| TimeSpec { seconds, nanoseconds };
    Stat {
        mode: raw.st_mode,
        ino: raw.st_ino,
        dev: raw.st_dev,
        #[allow(clippy::useless_conversion, reason = "narrower on some targets")]
        nlink: raw.st_nlink.into(),
        uid: raw.st_uid,
        gid: raw.st_gid,
        size: raw.st_size,
        atime: time(raw.st_atime, raw.st_atime_nsec),
        mtime: time(raw.st_mtime, raw.st_mtime_nsec),
        ctime: time(raw.st_ctime, raw.st_ctime_nsec),
        #[allow(clippy::useless_conversion, reason = "narrower on some targets")]
        blksize: raw.st_blksize.into(),
        blocks: raw.st_blocks,
        rdev: raw.st_rdev,
    }
}

pub(super) fn statvfs_of(raw: &libc::statvfs) -> StatVfs {
    StatVfs {
        bsize: raw.f_bsize,
        frsize: raw.f_frsize,
        blocks: raw.f_blocks,
        bfree: raw.f_bfree,
        bavail: raw.f_bavail,
        files: raw.f_files,
        ffree: raw.f_ffree,
        favail: raw.f_favail,
        flag: raw.f_flag,
        namemax: raw.f_namemax,
        fsid: raw.f_fsid,
    }
}

fn nofollow(follow: bool) -> i32 {
    if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW }
}

/// Reads an open directory to its end and closes it.
fn drain(dir: *mut libc::DIR) -> HostResult<Vec<DirEntry>> {
    let mut entries = Vec::new();
    let result = loop {
        super::clear_errno();
        // SAFETY: `dir` is open until the end of this function.
        let raw = unsafe { libc::readdir(dir) };
        if raw.is_null() {
            let error = HostError::last();
            break if error.0 == 0 { Ok(()) } else { Err(error) };
        }
        // SAFETY: the entry is valid until the next `readdir`; its name ends with a NUL.
        let (name, ino, kind) =
            unsafe { (CStr::from_ptr((&raw const (*raw).d_name).cast()), (*raw).d_ino, (*raw).d_type) };
        let name = name.to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let kind = match kind {
            libc::DT_REG => FileKind::File,
            libc::DT_DIR => FileKind::Directory,
            libc::DT_LNK => FileKind::Symlink,
            libc::DT_UNKNOWN => FileKind::Unknown,
            _ => FileKind::Other,
        };
        entries.push(DirEntry { name: name.to_vec(), ino, kind });
    };
    // SAFETY: opened by the caller, closed once.
    unsafe { libc::closedir(dir) };
    result.map(|()| entries)
}

/// Calls `get(buffer, size)` with growing buffers until its answer fits.
fn grow(mut get: impl FnMut(*mut u8, usize) -> isize) -> HostResult<Vec<u8>> {
    for size in [256, 65536] {
        let mut buffer = vec![0_u8; size];
        match count(get(buffer.as_mut_ptr(), size)) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(HostError::ERANGE) => {}
            Err(error) => return Err(error),
        }
    }
    Err(HostError::ERANGE)
}

impl FileSystem for RealHost {
    fn stat(&self, at: At<'_>, follow: bool) -> HostResult<Stat> {
        if let Some((mount, path)) = self.mounted(at)
            && let Some(stat) = mount.stat(&path)
        {
            return Ok(stat);
        }
        let path = c_string(at.path)?;
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::stat>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::fstatat(at.dir, path.as_ptr(), &raw mut raw, nofollow(follow)) })?;
        Ok(stat_of(&raw))
    }

    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<DirEntry>> {
        if let Some((mount, path)) = self.mounted(At::cwd(path)) {
            return match mount.tree.entry(&path) {
                Some(Entry::Folder) => Ok(mount.read_dir(&path)),
                _ => Err(HostError::ENOTDIR),
            };
        }
        let path = c_string(path)?;
        // SAFETY: I1.
        let dir = unsafe { libc::opendir(path.as_ptr()) };
        if dir.is_null() { Err(HostError::last()) } else { drain(dir) }
    }

    fn read_dir_fd(&self, fd: Fd) -> HostResult<Vec<DirEntry>> {
        // SAFETY: no pointers.
        let copy = check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })?;
        // SAFETY: `copy` is ours; `closedir` closes it.
        let dir = unsafe { libc::fdopendir(copy) };
        if dir.is_null() {
            let error = HostError::last();
            // SAFETY: `fdopendir` did not take it.
            unsafe { libc::close(copy) };
            return Err(error);
        }
        // The copy shares its position with `fd`.
        // SAFETY: `dir` is open.
        unsafe { libc::rewinddir(dir) };
        let entries = drain(dir);
        // SAFETY: no pointers. A failure leaves the position, which only costs a later reader.
        unsafe { libc::lseek(fd, 0, libc::SEEK_SET) };
        entries
    }

    fn mkdir(&self, at: At<'_>, mode: u32) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::mkdirat(at.dir, path.as_ptr(), mode) })
    }

    fn rmdir(&self, at: At<'_>) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::unlinkat(at.dir, path.as_ptr(), libc::AT_REMOVEDIR) })
    }

    fn unlink(&self, at: At<'_>) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::unlinkat(at.dir, path.as_ptr(), 0) })
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> HostResult<()> {
        let (source, target) = (c_string(from.path)?, c_string(to.path)?);
        // SAFETY: I1.
        done(unsafe { libc::renameat(from.dir, source.as_ptr(), to.dir, target.as_ptr()) })
    }

    fn link(&self, from: At<'_>, to: At<'_>, follow: bool) -> HostResult<()> {
        let (source, target) = (c_string(from.path)?, c_string(to.path)?);
        let flags = if follow { libc::AT_SYMLINK_FOLLOW } else { 0 };
        // SAFETY: I1.
        done(unsafe { libc::linkat(from.dir, source.as_ptr(), to.dir, target.as_ptr(), flags) })
    }

    fn symlink(&self, target: &[u8], at: At<'_>) -> HostResult<()> {
        let (target, path) = (c_string(target)?, c_string(at.path)?);
        // SAFETY: I1.
        done(unsafe { libc::symlinkat(target.as_ptr(), at.dir, path.as_ptr()) })
    }

    fn readlink(&self, at: At<'_>) -> HostResult<Vec<u8>> {
        let path = c_string(at.path)?;
        let mut buffer = vec![0_u8; 4096];
        // SAFETY: I1, writable for its length.
        let length = count(unsafe {
            libc::readlinkat(at.dir, path.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len())
        })?;
        buffer.truncate(length);
        Ok(buffer)
    }

    fn chmod(&self, at: At<'_>, mode: u32, follow: bool) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::fchmodat(at.dir, path.as_ptr(), mode, nofollow(follow)) })
    }

    fn fchmod(&self, fd: Fd, mode: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::fchmod(fd, mode) })
    }

    fn chown(&self, at: At<'_>, uid: u32, gid: u32, follow: bool) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::fchownat(at.dir, path.as_ptr(), uid, gid, nofollow(follow)) })
    }

    fn fchown(&self, fd: Fd, uid: u32, gid: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::fchown(fd, uid, gid) })
    }

    fn utime(&self, at: At<'_>, times: Option<(TimeSpec, TimeSpec)>, follow: bool) -> HostResult<()> {
        let path = c_string(at.path)?;
        let times = times.map(pair);
        let pointer = times.as_ref().map_or(ptr::null(), |pair| pair.as_ptr());
        // SAFETY: I1; null is now.
        done(unsafe { libc::utimensat(at.dir, path.as_ptr(), pointer, nofollow(follow)) })
    }

    fn futime(&self, fd: Fd, times: Option<(TimeSpec, TimeSpec)>) -> HostResult<()> {
        let times = times.map(pair);
        let pointer = times.as_ref().map_or(ptr::null(), |pair| pair.as_ptr());
        // SAFETY: I1; null is now.
        done(unsafe { libc::futimens(fd, pointer) })
    }

    fn access(&self, at: At<'_>, mode: i32, effective_ids: bool, follow: bool) -> HostResult<()> {
        if let Some((mount, path)) = self.mounted(at) {
            let folder = mount.tree.entry(&path) == Some(Entry::Folder);
            return match mode {
                _ if mode & libc::W_OK != 0 => Err(HostError(libc::EROFS)),
                _ if mode & libc::X_OK != 0 && !folder => Err(HostError(libc::EACCES)),
                _ => Ok(()),
            };
        }
        let path = c_string(at.path)?;
        let flags = nofollow(follow) | if effective_ids { libc::AT_EACCESS } else { 0 };
        // SAFETY: I1.
        done(unsafe { libc::faccessat(at.dir, path.as_ptr(), mode, flags) })
    }

    fn getcwd(&self) -> HostResult<Vec<u8>> {
        for size in [4096, 65536, 1 << 20] {
            let mut buffer = vec![0_u8; size];
            // SAFETY: writable for its length; success ends it with a NUL.
            let answer = unsafe { libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len()) };
            if answer.is_null() {
                match HostError::last() {
                    HostError::ERANGE => continue,
                    error => return Err(error),
                }
            }
            let length = buffer.iter().position(|&byte| byte == 0).unwrap_or(size);
            buffer.truncate(length);
            return Ok(buffer);
        }
        Err(HostError::ERANGE)
    }

    fn chdir(&self, path: &[u8]) -> HostResult<()> {
        let path = c_string(path)?;
        // SAFETY: I1.
        done(unsafe { libc::chdir(path.as_ptr()) })
    }

    fn fchdir(&self, fd: Fd) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::fchdir(fd) })
    }

    fn chroot(&self, path: &[u8]) -> HostResult<()> {
        let path = c_string(path)?;
        // SAFETY: I1.
        done(unsafe { libc::chroot(path.as_ptr()) })
    }

    fn truncate(&self, path: &[u8], length: i64) -> HostResult<()> {
        let path = c_string(path)?;
        // SAFETY: I1.
        done(unsafe { libc::truncate(path.as_ptr(), length) })
    }

    fn statvfs(&self, path: &[u8]) -> HostResult<StatVfs> {
        let path = c_string(path)?;
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::statvfs>() };
        // SAFETY: I1, I2.
        done(unsafe { libc::statvfs(path.as_ptr(), &raw mut raw) })?;
        Ok(statvfs_of(&raw))
    }

    fn pathconf(&self, path: &[u8], name: i32) -> HostResult<i64> {
        let path = c_string(path)?;
        super::clear_errno();
        // SAFETY: I1.
        super::maybe_minus_one(unsafe { libc::pathconf(path.as_ptr(), name) })
    }

    fn getxattr(&self, file: Which<'_>, name: &[u8]) -> HostResult<Vec<u8>> {
        let name = c_string(name)?;
        let name = name.as_ptr();
        match file {
            Which::Path(path) => {
                let path = c_string(path)?;
                // SAFETY: I1, writable for `size`.
                grow(|to, size| unsafe { libc::getxattr(path.as_ptr(), name, to.cast(), size) })
            }
            Which::Link(path) => {
                let path = c_string(path)?;
                // SAFETY: I1, writable for `size`.
                grow(|to, size| unsafe { libc::lgetxattr(path.as_ptr(), name, to.cast(), size) })
            }
            // SAFETY: I1, writable for `size`.
            Which::Fd(fd) => grow(|to, size| unsafe { libc::fgetxattr(fd, name, to.cast(), size) }),
        }
    }

    fn setxattr(&self, file: Which<'_>, name: &[u8], value: &[u8], flags: i32) -> HostResult<()> {
        let name = c_string(name)?;
        let (name, data, size) = (name.as_ptr(), value.as_ptr().cast(), value.len());
        match file {
            Which::Path(path) => {
                let path = c_string(path)?;
                // SAFETY: I1.
                done(unsafe { libc::setxattr(path.as_ptr(), name, data, size, flags) })
            }
            Which::Link(path) => {
                let path = c_string(path)?;
                // SAFETY: I1.
                done(unsafe { libc::lsetxattr(path.as_ptr(), name, data, size, flags) })
            }
            // SAFETY: I1.
            Which::Fd(fd) => done(unsafe { libc::fsetxattr(fd, name, data, size, flags) }),
        }
    }

    fn removexattr(&self, file: Which<'_>, name: &[u8]) -> HostResult<()> {
        let name = c_string(name)?;
        match file {
            Which::Path(path) => {
                let path = c_string(path)?;
                // SAFETY: I1.
                done(unsafe { libc::removexattr(path.as_ptr(), name.as_ptr()) })
            }
            Which::Link(path) => {
                let path = c_string(path)?;
                // SAFETY: I1.
                done(unsafe { libc::lremovexattr(path.as_ptr(), name.as_ptr()) })
            }
            // SAFETY: I1.
            Which::Fd(fd) => done(unsafe { libc::fremovexattr(fd, name.as_ptr()) }),
        }
    }

    fn listxattr(&self, file: Which<'_>) -> HostResult<Vec<Vec<u8>>> {
        let names = match file {
            Which::Path(path) => {
                let path = c_string(path)?;
                // SAFETY: I1, writable for `size`.
                grow(|to, size| unsafe { libc::listxattr(path.as_ptr(), to.cast(), size) })?
            }
            Which::Link(path) => {
                let path = c_string(path)?;
                // SAFETY: I1, writable for `size`.
                grow(|to, size| unsafe { libc::llistxattr(path.as_ptr(), to.cast(), size) })?
            }
            // SAFETY: I1, writable for `size`.
            Which::Fd(fd) => grow(|to, size| unsafe { libc::flistxattr(fd, to.cast(), size) })?,
        };
        Ok(names.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
    }

    fn mkfifo(&self, at: At<'_>, mode: u32) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::mkfifoat(at.dir, path.as_ptr(), mode) })
    }

    fn mknod(&self, at: At<'_>, mode: u32, device: u64) -> HostResult<()> {
        let path = c_string(at.path)?;
        // SAFETY: I1.
        done(unsafe { libc::mknodat(at.dir, path.as_ptr(), mode, device) })
    }

    fn sync(&self) {
        // SAFETY: no arguments.
        unsafe { libc::sync() };
    }
}

fn pair((access, modification): (TimeSpec, TimeSpec)) -> [libc::timespec; 2] {
    [access, modification].map(|time| libc::timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds })
}
