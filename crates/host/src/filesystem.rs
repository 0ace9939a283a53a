//! Names in the file system: what is done through a path.

use crate::{At, Fd, HostResult, denied};

/// Seconds and nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpec {
    pub seconds: i64,
    pub nanoseconds: i64,
}

impl TimeSpec {
    #[must_use]
    pub fn total_ns(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanoseconds)
    }
}

/// What `stat` tells, all fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stat {
    pub mode: u32,
    pub ino: u64,
    pub dev: u64,
    pub nlink: u64,
    pub uid: u32,
    pub gid: u32,
    pub size: i64,
    pub atime: TimeSpec,
    pub mtime: TimeSpec,
    pub ctime: TimeSpec,
    pub blksize: i64,
    pub blocks: i64,
    pub rdev: u64,
}

impl Stat {
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFDIR
    }
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFREG
    }
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFLNK
    }
}

/// What `statvfs` tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatVfs {
    pub bsize: u64,
    pub frsize: u64,
    pub blocks: u64,
    pub bfree: u64,
    pub bavail: u64,
    pub files: u64,
    pub ffree: u64,
    pub favail: u64,
    pub flag: u64,
    pub namemax: u64,
    pub fsid: u64,
}

/// The type that a directory gives for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File,
    Directory,
    Symlink,
    Other,
    /// The file system does not tell; `stat` will.
    Unknown,
}

/// One name of a directory; `.` and `..` are left out.
#[derive(Clone, Debug)]
pub struct DirEntry {
    pub name: Vec<u8>,
    pub ino: u64,
    pub kind: FileKind,
}

/// A file by name or by descriptor, for the calls that take both.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    Path(&'a [u8]),
    /// A symbolic link itself, not what it names.
    Link(&'a [u8]),
    Fd(Fd),
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait FileSystem {
    fn stat(&self, at: At<'_>, follow: bool) -> HostResult<Stat> {
        denied()
    }
    /// All entries at once, in the directory's order.
    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<DirEntry>> {
        denied()
    }
    /// The same through a descriptor, which stays open and is rewound.
    fn read_dir_fd(&self, fd: Fd) -> HostResult<Vec<DirEntry>> {
        denied()
    }
    fn mkdir(&self, at: At<'_>, mode: u32) -> HostResult<()> {
        denied()
    }
    fn rmdir(&self, at: At<'_>) -> HostResult<()> {
        denied()
    }
    fn unlink(&self, at: At<'_>) -> HostResult<()> {
        denied()
    }
    /// Replaces an existing target, as POSIX does.
    fn rename(&self, from: At<'_>, to: At<'_>) -> HostResult<()> {
        denied()
    }
    fn link(&self, from: At<'_>, to: At<'_>, follow: bool) -> HostResult<()> {
        denied()
    }
    fn symlink(&self, target: &[u8], at: At<'_>) -> HostResult<()> {
        denied()
    }
    fn readlink(&self, at: At<'_>) -> HostResult<Vec<u8>> {
        denied()
    }
    fn chmod(&self, at: At<'_>, mode: u32, follow: bool) -> HostResult<()> {
        denied()
    }
    fn fchmod(&self, fd: Fd, mode: u32) -> HostResult<()> {
        denied()
    }
    /// `u32::MAX` leaves an id as it is.
    fn chown(&self, at: At<'_>, uid: u32, gid: u32, follow: bool) -> HostResult<()> {
        denied()
    }
    fn fchown(&self, fd: Fd, uid: u32, gid: u32) -> HostResult<()> {
        denied()
    }
    /// Access and modification time; `None` is now.
    fn utime(&self, at: At<'_>, times: Option<(TimeSpec, TimeSpec)>, follow: bool) -> HostResult<()> {
        denied()
    }
    fn futime(&self, fd: Fd, times: Option<(TimeSpec, TimeSpec)>) -> HostResult<()> {
        denied()
    }
    fn access(&self, at: At<'_>, mode: i32, effective_ids: bool, follow: bool) -> HostResult<()> {
        denied()
    }
    fn getcwd(&self) -> HostResult<Vec<u8>> {
        denied()
    }
    fn chdir(&self, path: &[u8]) -> HostResult<()> {
        denied()
    }
    fn fchdir(&self, fd: Fd) -> HostResult<()> {
        denied()
    }
    fn chroot(&self, path: &[u8]) -> HostResult<()> {
        denied()
    }
    fn truncate(&self, path: &[u8], length: i64) -> HostResult<()> {
        denied()
    }
    fn statvfs(&self, path: &[u8]) -> HostResult<StatVfs> {
        denied()
    }
    fn pathconf(&self, path: &[u8], name: i32) -> HostResult<i64> {
        denied()
    }
    fn getxattr(&self, file: Which<'_>, name: &[u8]) -> HostResult<Vec<u8>> {
        denied()
    }
    fn setxattr(&self, file: Which<'_>, name: &[u8], value: &[u8], flags: i32) -> HostResult<()> {
        denied()
    }
    fn removexattr(&self, file: Which<'_>, name: &[u8]) -> HostResult<()> {
        denied()
    }
    fn listxattr(&self, file: Which<'_>) -> HostResult<Vec<Vec<u8>>> {
        denied()
    }
    fn mkfifo(&self, at: At<'_>, mode: u32) -> HostResult<()> {
        denied()
    }
    fn mknod(&self, at: At<'_>, mode: u32, device: u64) -> HostResult<()> {
        denied()
    }
    fn sync(&self) {}
}
