//! This process, its children, its limits, and the system it runs on.

use crate::{Fd, HostError, HostResult, SignalSet, denied};

/// `getrusage` and the third result of `wait4`; times in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceUsage {
    pub user_us: i64,
    pub system_us: i64,
    pub maxrss: i64,
    pub ixrss: i64,
    pub idrss: i64,
    pub isrss: i64,
    pub minflt: i64,
    pub majflt: i64,
    pub nswap: i64,
    pub inblock: i64,
    pub oublock: i64,
    pub msgsnd: i64,
    pub msgrcv: i64,
    pub nsignals: i64,
    pub nvcsw: i64,
    pub nivcsw: i64,
}

/// `times`, in clock ticks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    pub user: i64,
    pub system: i64,
    pub children_user: i64,
    pub children_system: i64,
    pub elapsed: i64,
    pub ticks_per_second: i64,
}

/// `uname`, as bytes.
#[derive(Clone, Debug, Default)]
pub struct Uname {
    pub sysname: Vec<u8>,
    pub nodename: Vec<u8>,
    pub release: Vec<u8>,
    pub version: Vec<u8>,
    pub machine: Vec<u8>,
}

/// What `waitid` tells of a child.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChildInfo {
    pub pid: i32,
    pub uid: u32,
    pub signo: i32,
    pub status: i32,
    pub code: i32,
}

/// A start as `_posixsubprocess.fork_exec` wants it. Descriptors of -1 are absent.
#[derive(Clone, Debug)]
pub struct ForkExec {
    pub argv: Vec<Vec<u8>>,
    /// Tried in order until one can be executed.
    pub executables: Vec<Vec<u8>>,
    pub close_fds: bool,
    pub keep: Vec<Fd>,
    pub cwd: Option<Vec<u8>>,
    /// `NAME=value`; `None` inherits.
    pub env: Option<Vec<Vec<u8>>>,
    pub p2cread: Fd,
    pub p2cwrite: Fd,
    pub c2pread: Fd,
    pub c2pwrite: Fd,
    pub errread: Fd,
    pub errwrite: Fd,
    pub errpipe_read: Fd,
    pub errpipe_write: Fd,
    pub restore_signals: bool,
    pub setsid: bool,
    /// Below zero: leave alone.
    pub pgid: i32,
    pub gid: Option<u32>,
    pub groups: Option<Vec<u32>>,
    pub uid: Option<u32>,
    /// Below zero: leave alone.
    pub umask: i32,
}

/// One row of `posix_spawn`'s `file_actions`.
#[derive(Clone, Debug)]
pub enum FileAction {
    Open { fd: Fd, path: Vec<u8>, flags: i32, mode: u32 },
    Close(Fd),
    Dup2 { from: Fd, to: Fd },
    CloseFrom(Fd),
}

/// `posix_spawn`'s keyword arguments.
#[derive(Clone, Debug, Default)]
pub struct SpawnAttributes {
    pub setpgroup: Option<i32>,
    pub resetids: bool,
    pub setsid: bool,
    pub setsigmask: Option<SignalSet>,
    pub setsigdef: Option<SignalSet>,
    /// Policy (or none) and priority.
    pub scheduler: Option<(Option<i32>, i32)>,
    /// Look the file up on `PATH`.
    pub search: bool,
}

/// Scheduler queries that take a process.
#[derive(Clone, Copy, Debug)]
pub enum Sched {
    MinPriority(i32),
    MaxPriority(i32),
    Policy(i32),
    Priority(i32),
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Process {
    fn getpid(&self) -> i32 {
        1
    }
    fn getppid(&self) -> i32 {
        0
    }
    /// The kernel's number of the calling thread.
    fn gettid(&self) -> i32 {
        1
    }
    /// What `pthread_self` gives: the number that `pthread_kill` takes.
    fn thread_ident(&self) -> u64 {
        1
    }
    /// What `thread_ident` gives in that thread.
    fn ident_of_thread(&self, thread: &std::thread::JoinHandle<()>) -> u64 {
        _ = thread;
        1
    }
    fn getuid(&self) -> u32 {
        65534
    }
    fn geteuid(&self) -> u32 {
        65534
    }
    fn getgid(&self) -> u32 {
        65534
    }
    fn getegid(&self) -> u32 {
        65534
    }
    fn getresuid(&self) -> HostResult<(u32, u32, u32)> {
        denied()
    }
    fn getresgid(&self) -> HostResult<(u32, u32, u32)> {
        denied()
    }
    fn setuid(&self, uid: u32) -> HostResult<()> {
        denied()
    }
    fn seteuid(&self, uid: u32) -> HostResult<()> {
        denied()
    }
    fn setreuid(&self, real: u32, effective: u32) -> HostResult<()> {
        denied()
    }
    fn setresuid(&self, real: u32, effective: u32, saved: u32) -> HostResult<()> {
        denied()
    }
    fn setgid(&self, gid: u32) -> HostResult<()> {
        denied()
    }
    fn setegid(&self, gid: u32) -> HostResult<()> {
        denied()
    }
    fn setregid(&self, real: u32, effective: u32) -> HostResult<()> {
        denied()
    }
    fn setresgid(&self, real: u32, effective: u32, saved: u32) -> HostResult<()> {
        denied()
    }
    fn getgroups(&self) -> HostResult<Vec<u32>> {
        denied()
    }
    fn setgroups(&self, groups: &[u32]) -> HostResult<()> {
        denied()
    }
    fn initgroups(&self, user: &[u8], gid: u32) -> HostResult<()> {
        denied()
    }
    fn getgrouplist(&self, user: &[u8], gid: u32) -> HostResult<Vec<u32>> {
        denied()
    }
    fn getlogin(&self) -> HostResult<Vec<u8>> {
        denied()
    }
    fn getpgid(&self, pid: i32) -> HostResult<i32> {
        denied()
    }
    fn setpgid(&self, pid: i32, group: i32) -> HostResult<()> {
        denied()
    }
    fn getsid(&self, pid: i32) -> HostResult<i32> {
        denied()
    }
    fn setsid(&self) -> HostResult<i32> {
        denied()
    }
    /// Sets the mask and gives the former one.
    fn umask(&self, mask: u32) -> HostResult<u32> {
        denied()
    }
    fn kill(&self, pid: i32, signal: i32) -> HostResult<()> {
        denied()
    }
    fn killpg(&self, group: i32, signal: i32) -> HostResult<()> {
        denied()
    }
    /// 0 in the child. Only the calling thread exists there.
    fn fork(&self) -> HostResult<i32> {
        denied()
    }
    /// `forkpty`: pid and the terminal's master side.
    fn forkpty(&self) -> HostResult<(i32, Fd)> {
        denied()
    }
    /// Returns only with the reason why it could not. `env` of `None` keeps the environment.
    fn execve(&self, path: &[u8], argv: &[Vec<u8>], env: Option<&[Vec<u8>]>) -> HostError {
        HostError::EPERM
    }
    fn fexecve(&self, fd: Fd, argv: &[Vec<u8>], env: &[Vec<u8>]) -> HostError {
        HostError::EPERM
    }
    /// Starts a child; what fails in it is written to `errpipe_write` in `subprocess`'s own notation.
    fn fork_exec(&self, request: &ForkExec) -> HostResult<i32> {
        denied()
    }
    /// Becomes the program, in a child that was forked already. `before` runs when the descriptors are in place and none
    /// is closed yet; `false` ends the child. What fails is written as in `fork_exec`.
    fn become_program(&self, request: &ForkExec, before: &mut dyn FnMut() -> bool) -> HostError {
        HostError::EPERM
    }
    fn posix_spawn(
        &self,
        path: &[u8],
        argv: &[Vec<u8>],
        env: Option<&[Vec<u8>]>,
        actions: &[FileAction],
        attributes: &SpawnAttributes,
    ) -> HostResult<i32> {
        denied()
    }
    /// `system()`: the wait status.
    fn system(&self, command: &[u8]) -> HostResult<i32> {
        denied()
    }
    fn waitpid(&self, pid: i32, options: i32) -> HostResult<(i32, i32)> {
        denied()
    }
    fn wait4(&self, pid: i32, options: i32) -> HostResult<(i32, i32, ResourceUsage)> {
        denied()
    }
    fn waitid(&self, id_type: u32, id: u32, options: i32) -> HostResult<Option<ChildInfo>> {
        denied()
    }
    fn pidfd_open(&self, pid: i32, flags: u32) -> HostResult<Fd> {
        denied()
    }
    /// Ends the process without clean-up. A host that may not do that panics with a message to its embedder.
    fn exit_now(&self, status: i32) -> !;
    fn abort(&self) -> !;
    fn nice(&self, increment: i32) -> HostResult<i32> {
        denied()
    }
    fn getpriority(&self, which: u32, who: u32) -> HostResult<i32> {
        denied()
    }
    fn setpriority(&self, which: u32, who: u32, priority: i32) -> HostResult<()> {
        denied()
    }
    fn sched(&self, query: Sched) -> HostResult<i32> {
        denied()
    }
    fn sched_setscheduler(&self, pid: i32, policy: i32, priority: i32) -> HostResult<()> {
        denied()
    }
    fn sched_yield(&self) {}
    fn sched_getaffinity(&self, pid: i32) -> HostResult<Vec<usize>> {
        denied()
    }
    fn sched_setaffinity(&self, pid: i32, cpus: &[usize]) -> HostResult<()> {
        denied()
    }
    fn cpu_count(&self) -> Option<usize> {
        None
    }
    fn sysconf(&self, name: i32) -> HostResult<i64> {
        denied()
    }
    fn confstr(&self, name: i32) -> HostResult<Option<Vec<u8>>> {
        denied()
    }
    fn getloadavg(&self) -> HostResult<[f64; 3]> {
        denied()
    }
    fn times(&self) -> HostResult<Times> {
        denied()
    }
    /// Soft and hard limit; `u64::MAX` is no limit.
    fn getrlimit(&self, resource: u32) -> HostResult<(u64, u64)> {
        denied()
    }
    fn setrlimit(&self, resource: u32, soft: u64, hard: u64) -> HostResult<()> {
        denied()
    }
    /// Like both above, for another process (0: this one).
    fn prlimit(&self, pid: i32, resource: u32, new: Option<(u64, u64)>) -> HostResult<(u64, u64)> {
        denied()
    }
    fn getrusage(&self, who: i32) -> HostResult<ResourceUsage> {
        denied()
    }
    fn uname(&self) -> HostResult<Uname> {
        denied()
    }
}
