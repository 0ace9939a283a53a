//! The sandbox's host: refuses everything but what a policy grants.
//!
//! I1  Only descriptors that this host handed out (and the standard three, when granted) reach the inner host.
//! I2  A path is granted when it lies under a granted root, names no `..`, and no part of it below the root is a
//!     symbolic link: so nothing inside a root can lead out of it.
//! I3  Without a grant the clock stands still and there is no entropy: a run can be repeated.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    Accounts, At, Clock, DirEntry, Entropy, Environment, Fd, FileSystem, Files, Host, HostError, HostResult,
    Locale, Maps, Polling, Process, Signals, Sockets, Stat, Terminal, Tm, denied,
};

/// What time it is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockGrant {
    /// Always this moment (nanoseconds since the epoch); sleeping is refused.
    Frozen(i64),
    Real,
}

/// Where randomness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntropyGrant {
    /// None at all.
    Denied,
    /// A reproducible stream.
    Seeded(u64),
    Real,
}

/// What a sandbox may do. The default grants nothing.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Descriptors 0, 1 and 2.
    pub stdio: bool,
    /// Absolute directories or files that may be read.
    pub read: Vec<Vec<u8>>,
    /// Absolute directories or files that may be written (and read).
    pub write: Vec<Vec<u8>>,
    /// The environment it sees.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    pub clock: ClockGrant,
    pub entropy: EntropyGrant,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            stdio: false,
            read: Vec::new(),
            write: Vec::new(),
            environment: Vec::new(),
            clock: ClockGrant::Frozen(0),
            entropy: EntropyGrant::Denied,
        }
    }
}

/// See the module.
pub struct DenyHost {
    inner: Arc<dyn Host>,
    policy: Policy,
    open: Mutex<HashSet<Fd>>,
    stream: AtomicU64,
}

impl DenyHost {
    #[must_use]
    pub fn new(inner: Arc<dyn Host>, policy: Policy) -> Self {
        let seed = if let EntropyGrant::Seeded(seed) = policy.entropy { seed } else { 0 };
        Self { inner, policy, open: Mutex::new(HashSet::new()), stream: AtomicU64::new(seed) }
    }

    fn open_set(&self) -> MutexGuard<'_, HashSet<Fd>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// I1.
    fn owned(&self, fd: Fd) -> HostResult<()> {
        if (self.policy.stdio && (0..3).contains(&fd)) || self.open_set().contains(&fd) {
            Ok(())
        } else {
            Err(HostError::EBADF)
        }
    }

    /// I2.
    fn granted(&self, at: At<'_>, write: bool) -> HostResult<()> {
        if !at.is_cwd() || at.path.first() != Some(&b'/') {
            return Err(HostError::EACCES);
        }
        let roots = self.policy.write.iter().chain(self.policy.read.iter().filter(|_| !write));
        for root in roots {
            if self.beneath(root, at.path) {
                return Ok(());
            }
        }
        Err(HostError::EACCES)
    }

    fn beneath(&self, root: &[u8], path: &[u8]) -> bool {
        let Some(rest) = path.strip_prefix(root) else { return false };
        if !(rest.is_empty() || rest[0] == b'/' || root.ends_with(b"/")) {
            return false;
        }
        let mut so_far = root.to_vec();
        for part in rest.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".") {
            if part == b".." {
                return false;
            }
            so_far.push(b'/');
            so_far.extend_from_slice(part);
            if self.inner.stat(At::cwd(&so_far), false).is_ok_and(|stat| stat.is_symlink()) {
                return false;
            }
        }
        true
    }
}

impl Host for DenyHost {}
impl Signals for DenyHost {}
impl Sockets for DenyHost {}
impl Polling for DenyHost {}
impl Terminal for DenyHost {}
impl Accounts for DenyHost {}
impl Maps for DenyHost {}
impl Locale for DenyHost {}
impl crate::Semaphores for DenyHost {}
impl crate::SystemLog for DenyHost {}

impl Process for DenyHost {
    fn exit_now(&self, status: i32) -> ! {
        panic!("a sandboxed program asked to end the process with status {status}")
    }

    fn abort(&self) -> ! {
        panic!("a sandboxed program asked to abort the process")
    }
}

impl Files for DenyHost {
    fn open(&self, at: At<'_>, flags: i32, mode: u32, inheritable: bool) -> HostResult<Fd> {
        let changes = libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND;
        let write = flags & libc::O_ACCMODE != libc::O_RDONLY || flags & changes != 0;
        self.granted(at, write)?;
        let fd = self.inner.open(at, flags | libc::O_NOFOLLOW, mode, inheritable)?;
        self.open_set().insert(fd);
        Ok(fd)
    }

    fn close(&self, fd: Fd) -> HostResult<()> {
        if !self.open_set().remove(&fd) {
            return Err(HostError::EBADF);
        }
        self.inner.close(fd)
    }

    fn read(&self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        self.owned(fd)?;
        self.inner.read(fd, buffer)
    }

    fn write(&self, fd: Fd, data: &[u8]) -> HostResult<usize> {
        self.owned(fd)?;
        self.inner.write(fd, data)
    }

    fn pread(&self, fd: Fd, buffer: &mut [u8], offset: i64) -> HostResult<usize> {
        self.owned(fd)?;
        self.inner.pread(fd, buffer, offset)
    }

    fn pwrite(&self, fd: Fd, data: &[u8], offset: i64) -> HostResult<usize> {
        self.owned(fd)?;
        self.inner.pwrite(fd, data, offset)
    }

    fn lseek(&self, fd: Fd, offset: i64, whence: i32) -> HostResult<i64> {
        self.owned(fd)?;
        self.inner.lseek(fd, offset, whence)
    }

    fn ftruncate(&self, fd: Fd, length: i64) -> HostResult<()> {
        self.owned(fd)?;
        self.inner.ftruncate(fd, length)
    }

    fn fsync(&self, fd: Fd) -> HostResult<()> {
        self.owned(fd)?;
        self.inner.fsync(fd)
    }

    fn fstat(&self, fd: Fd) -> HostResult<Stat> {
        self.owned(fd)?;
        self.inner.fstat(fd)
    }

    fn dup(&self, fd: Fd) -> HostResult<Fd> {
        self.owned(fd)?;
        let copy = self.inner.dup(fd)?;
        self.open_set().insert(copy);
        Ok(copy)
    }

    fn isatty(&self, fd: Fd) -> bool {
        self.owned(fd).is_ok() && self.inner.isatty(fd)
    }

    fn get_inheritable(&self, fd: Fd) -> HostResult<bool> {
        self.owned(fd)?;
        self.inner.get_inheritable(fd)
    }

    fn set_inheritable(&self, fd: Fd, inheritable: bool) -> HostResult<()> {
        self.owned(fd)?;
        self.inner.set_inheritable(fd, inheritable)
    }
}

impl FileSystem for DenyHost {
    fn stat(&self, at: At<'_>, follow: bool) -> HostResult<Stat> {
        self.granted(at, false)?;
        self.inner.stat(at, follow)
    }

    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<DirEntry>> {
        self.granted(At::cwd(path), false)?;
        self.inner.read_dir(path)
    }

    fn mkdir(&self, at: At<'_>, mode: u32) -> HostResult<()> {
        self.granted(at, true)?;
        self.inner.mkdir(at, mode)
    }

    fn rmdir(&self, at: At<'_>) -> HostResult<()> {
        self.granted(at, true)?;
        self.inner.rmdir(at)
    }

    fn unlink(&self, at: At<'_>) -> HostResult<()> {
        self.granted(at, true)?;
        self.inner.unlink(at)
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> HostResult<()> {
        self.granted(from, true)?;
        self.granted(to, true)?;
        self.inner.rename(from, to)
    }

    fn access(&self, at: At<'_>, mode: i32, effective_ids: bool, follow: bool) -> HostResult<()> {
        self.granted(at, mode & libc::W_OK != 0)?;
        self.inner.access(at, mode, effective_ids, follow)
    }

    fn truncate(&self, path: &[u8], length: i64) -> HostResult<()> {
        self.granted(At::cwd(path), true)?;
        self.inner.truncate(path, length)
    }

    /// The inside has no current directory of its own; the root stands for it.
    fn getcwd(&self) -> HostResult<Vec<u8>> {
        Ok(b"/".to_vec())
    }
}

impl Environment for DenyHost {
    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.policy.environment.clone()
    }
}

impl Entropy for DenyHost {
    fn random_bytes(&self, buffer: &mut [u8]) -> HostResult<()> {
        match self.policy.entropy {
            EntropyGrant::Denied => denied(),
            EntropyGrant::Real => self.inner.random_bytes(buffer),
            EntropyGrant::Seeded(_) => {
                for chunk in buffer.chunks_mut(8) {
                    // SplitMix64: a counter through a mixing function.
                    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
                    let mut word = self.stream.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
                    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    word ^= word >> 31;
                    chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
                }
                Ok(())
            }
        }
    }

    fn getrandom(&self, buffer: &mut [u8], _flags: u32) -> HostResult<usize> {
        self.random_bytes(buffer).map(|()| buffer.len())
    }
}

impl Clock for DenyHost {
    fn clock_gettime(&self, clock: i32) -> HostResult<i64> {
        match self.policy.clock {
            ClockGrant::Real => self.inner.clock_gettime(clock),
            ClockGrant::Frozen(now) if clock == libc::CLOCK_REALTIME => Ok(now),
            ClockGrant::Frozen(_) => Ok(0),
        }
    }

    fn clock_getres(&self, clock: i32) -> HostResult<i64> {
        match self.policy.clock {
            ClockGrant::Real => self.inner.clock_getres(clock),
            ClockGrant::Frozen(_) => Ok(1),
        }
    }

    fn sleep_until(&self, deadline: i64) -> HostResult<()> {
        match self.policy.clock {
            ClockGrant::Real => self.inner.sleep_until(deadline),
            ClockGrant::Frozen(_) => denied(),
        }
    }

    fn gmtime(&self, seconds: i64) -> HostResult<Tm> {
        self.inner.gmtime(seconds)
    }

    /// The zone of the machine is not told: local time is UTC.
    fn localtime(&self, seconds: i64) -> HostResult<Tm> {
        let mut tm = self.inner.gmtime(seconds)?;
        tm.zone = b"UTC".to_vec();
        Ok(tm)
    }

    fn strftime(&self, format: &[u8], tm: &Tm) -> HostResult<Vec<u8>> {
        self.inner.strftime(format, tm)
    }
}
