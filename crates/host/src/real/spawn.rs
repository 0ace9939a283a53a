//! Starting other programs: the child's half of `_posixsubprocess.fork_exec`, and `posix_spawn`.
//!
//! I1  Between `fork` and `exec` the child calls async-signal-safe functions only: everything it needs is allocated
//!     before.

use std::ffi::{CString, c_char};
use std::ptr;

use super::{c_array, c_string, c_strings, check, direct, zeroed};
use crate::{Fd, FileAction, ForkExec, HostError, HostResult, SpawnAttributes};

/// All that the child touches, allocated before the fork.
struct Prepared<'a> {
    request: &'a ForkExec,
    argv: Vec<*const c_char>,
    env: Option<Vec<*const c_char>>,
    executables: Vec<*const c_char>,
    cwd: Option<CString>,
    keep: Vec<Fd>,
}

/// Hands what the child needs to `f`.
fn prepared<R>(request: &ForkExec, f: impl FnOnce(&Prepared<'_>) -> R) -> HostResult<R> {
    let argv = c_strings(&request.argv)?;
    let env = request.env.as_deref().map(c_strings).transpose()?;
    let executables = c_strings(&request.executables)?;
    let mut keep = request.keep.clone();
    keep.push(request.errpipe_write);
    keep.sort_unstable();
    keep.dedup();
    let prepared = Prepared {
        request,
        argv: c_array(&argv),
        env: env.as_deref().map(c_array),
        executables: executables.iter().map(|path| path.as_ptr()).collect(),
        cwd: request.cwd.as_deref().map(c_string).transpose()?,
        keep,
    };
    Ok(f(&prepared))
}

pub(super) fn become_program(request: &ForkExec, before: &mut dyn FnMut() -> bool) -> HostError {
    // SAFETY: the set is initialised by the call.
    let mask = unsafe {
        let mut mask = zeroed::<libc::sigset_t>();
        libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), &raw mut mask);
        mask
    };
    match prepared(request, |p| -> HostError { child(p, &mask, Some(before)) }) {
        Ok(e) | Err(e) => e,
    }
}

pub(super) fn fork_exec(request: &ForkExec) -> HostResult<i32> {
    prepared(request, start)?
}

fn start(prepared: &Prepared<'_>) -> HostResult<i32> {
    // No signal may run a handler in the child before `exec` resets it.
    // SAFETY: both sets are initialised by the calls.
    let mut old = unsafe { zeroed::<libc::sigset_t>() };
    // SAFETY: as above.
    unsafe {
        let mut all = zeroed::<libc::sigset_t>();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, &raw mut old);
    }
    // SAFETY: the child obeys I1 and never returns.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        child(prepared, &old, None);
    }
    let result = check(pid);
    // SAFETY: restores what was read above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut()) };
    result
}

/// Which step failed, in `subprocess`'s notation.
struct Failure {
    error: HostError,
    /// Before the attempt to execute: `subprocess` names the directory, or the call itself.
    note: &'static [u8],
}

fn child(prepared: &Prepared<'_>, mask: &libc::sigset_t, before: Option<&mut dyn FnMut() -> bool>) -> ! {
    let pipe = prepared.request.errpipe_write;
    let failure = match prepare_child(prepared, mask) {
        Ok(()) => {
            if before.is_some_and(|f| !f()) {
                let text = b"SubprocessError:0:Exception occurred in preexec_fn.";
                // SAFETY: as at the end.
                unsafe {
                    libc::write(pipe, text.as_ptr().cast(), text.len());
                    libc::_exit(255)
                }
            }
            settle_descriptors(prepared);
            execute(prepared)
        }
        Err(failure) => failure,
    };
    let mut text = [0_u8; 64];
    let mut length = 0;
    let mut put = |bytes: &[u8]| {
        for &byte in bytes {
            if length < text.len() {
                text[length] = byte;
                length += 1;
            }
        }
    };
    // "OSError:<errno in hexadecimal>:<note>"
    put(b"OSError:");
    let mut digits = [0_u8; 8];
    let mut at = digits.len();
    let mut errno = failure.error.0.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b"0123456789ABCDEF"[(errno & 15) as usize];
        errno >>= 4;
        if errno == 0 || at == 0 {
            break;
        }
    }
    put(&digits[at..]);
    put(b":");
    put(failure.note);
    // SAFETY: from the stack; `_exit` ends the child without running anything of the parent's.
    unsafe {
        libc::write(pipe, text.as_ptr().cast(), length);
        libc::_exit(255)
    }
}

fn step<T: Copy + PartialEq + From<i8>>(answer: T) -> Result<T, Failure> {
    if answer == T::from(-1) {
        Err(Failure { error: HostError::last(), note: b"noexec" })
    } else {
        Ok(answer)
    }
}

fn prepare_child(prepared: &Prepared<'_>, mask: &libc::sigset_t) -> Result<(), Failure> {
    let request = prepared.request;
    // SAFETY: all of this function: plain system calls on numbers and on memory allocated before the fork (I1).
    unsafe {
        // Our ends of the child's pipes must survive the dup2 calls below, so they move above 2.
        for fd in [request.p2cwrite, request.c2pread, request.errread] {
            if fd >= 0 {
                step(libc::close(fd))?;
            }
        }
        if request.errpipe_read >= 0 {
            step(libc::close(request.errpipe_read))?;
        }
        let mut c2pwrite = request.c2pwrite;
        let mut errwrite = request.errwrite;
        if c2pwrite == 0 {
            c2pwrite = step(libc::dup(c2pwrite))?;
        }
        while errwrite == 0 || errwrite == 1 {
            errwrite = step(libc::dup(errwrite))?;
        }
        for (from, to) in [(request.p2cread, 0), (c2pwrite, 1), (errwrite, 2)] {
            if from == to {
                let flags = step(libc::fcntl(from, libc::F_GETFD))?;
                step(libc::fcntl(from, libc::F_SETFD, flags & !libc::FD_CLOEXEC))?;
            } else if from >= 0 {
                step(libc::dup2(from, to))?;
            }
        }
        if let Some(cwd) = &prepared.cwd
            && libc::chdir(cwd.as_ptr()) == -1
        {
            return Err(Failure { error: HostError::last(), note: b"noexec:chdir" });
        }
        if request.umask >= 0 {
            libc::umask(request.umask.cast_unsigned());
        }
        if request.restore_signals {
            for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        // Handlers are reset by `exec`; the mask is not.
        libc::sigprocmask(libc::SIG_SETMASK, mask, ptr::null_mut());
        if request.setsid {
            step(libc::setsid())?;
        }
        if request.pgid >= 0 {
            step(libc::setpgid(0, request.pgid))?;
        }
        if let Some(groups) = &request.groups {
            step(libc::setgroups(groups.len(), groups.as_ptr()))?;
        }
        if let Some(gid) = request.gid {
            step(libc::setregid(gid, gid))?;
        }
        if let Some(uid) = request.uid {
            step(libc::setreuid(uid, uid))?;
        }
    }
    Ok(())
}

/// Makes those to keep inheritable, closes the others.
fn settle_descriptors(prepared: &Prepared<'_>) {
    let request = prepared.request;
    // SAFETY: as in `prepare_child`.
    unsafe {
        for &fd in &request.keep {
            if fd != request.errpipe_write && fd >= 0 {
                let flags = libc::fcntl(fd, libc::F_GETFD);
                if flags >= 0 {
                    libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC);
                }
            }
        }
        if request.close_fds {
            let mut from = 3;
            for &fd in &prepared.keep {
                if fd >= from {
                    close_between(from, fd);
                    from = fd + 1;
                }
            }
            close_between(from, Fd::MAX);
        }
    }
}

/// Closes `from <= fd < to`.
fn close_between(from: Fd, to: Fd) {
    if from >= to {
        return;
    }
    // SAFETY: no pointers.
    let answer = unsafe {
        libc::syscall(libc::SYS_close_range, from.cast_unsigned(), (to - 1).cast_unsigned(), 0_u32)
    };
    if answer != 0 {
        // SAFETY: no pointers; kernels before 5.9.
        let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) }.clamp(256, 1 << 20) as Fd;
        for fd in from..to.min(limit) {
            // SAFETY: no pointers.
            unsafe { libc::close(fd) };
        }
    }
}

fn execute(prepared: &Prepared<'_>) -> Failure {
    let mut error = HostError::ENOENT;
    for &path in &prepared.executables {
        // SAFETY: arrays ended by null, allocated before the fork.
        unsafe {
            match &prepared.env {
                Some(env) => libc::execve(path, prepared.argv.as_ptr(), env.as_ptr()),
                None => libc::execv(path, prepared.argv.as_ptr()),
            }
        };
        let last = HostError::last();
        // A missing file on the search path does not hide an earlier, better reason.
        if last != HostError::ENOENT && last != HostError::ENOTDIR {
            error = last;
        }
    }
    Failure { error, note: b"" }
}

unsafe extern "C" {
    fn posix_spawn_file_actions_addclosefrom_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        from: i32,
    ) -> i32;
}

/// `posix_spawn_file_actions_t`, destroyed on drop.
struct Actions(libc::posix_spawn_file_actions_t);

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised when made.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// `posix_spawnattr_t`, destroyed on drop.
struct Attributes(libc::posix_spawnattr_t);

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised when made.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

fn raw_set(set: u64) -> libc::sigset_t {
    // SAFETY: completed by `sigemptyset`.
    let mut raw = unsafe { zeroed::<libc::sigset_t>() };
    // SAFETY: a set of ours.
    unsafe { libc::sigemptyset(&raw mut raw) };
    for signal in 1..=64 {
        if set & (1 << (signal - 1)) != 0 {
            // SAFETY: a set of ours.
            unsafe { libc::sigaddset(&raw mut raw, signal) };
        }
    }
    raw
}

pub(super) fn posix_spawn(
    path: &[u8],
    argv: &[Vec<u8>],
    env: Option<&[Vec<u8>]>,
    actions: &[FileAction],
    attributes: &SpawnAttributes,
) -> HostResult<i32> {
    let path = c_string(path)?;
    let argv = c_strings(argv)?;
    let inherited: Vec<Vec<u8>>;
    let env = match env {
        Some(env) => env,
        None => {
            use crate::Environment as _;
            let join = |(name, value): (Vec<u8>, Vec<u8>)| [name.as_slice(), b"=", &value].concat();
            inherited = super::RealHost::new().environment().into_iter().map(join).collect();
            &inherited
        }
    };
    let env = c_strings(env)?;

    // SAFETY: completed by `init`.
    let mut file_actions = Actions(unsafe { zeroed() });
    // SAFETY: ours, initialised once.
    direct(unsafe { libc::posix_spawn_file_actions_init(&raw mut file_actions.0) })?;
    let mut paths = Vec::new();
    for action in actions {
        let list = &raw mut file_actions.0;
        // SAFETY: an initialised list; a path is kept alive in `paths` until the call is over.
        direct(unsafe {
            match action {
                FileAction::Open { fd, path, flags, mode } => {
                    let path = c_string(path)?;
                    let answer =
                        libc::posix_spawn_file_actions_addopen(list, *fd, path.as_ptr(), *flags, *mode);
                    paths.push(path);
                    answer
                }
                FileAction::Close(fd) => libc::posix_spawn_file_actions_addclose(list, *fd),
                FileAction::Dup2 { from, to } => libc::posix_spawn_file_actions_adddup2(list, *from, *to),
                FileAction::CloseFrom(from) => posix_spawn_file_actions_addclosefrom_np(list, *from),
            }
        })?;
    }

    // SAFETY: completed by `init`.
    let mut attr = Attributes(unsafe { zeroed() });
    // SAFETY: ours, initialised once.
    direct(unsafe { libc::posix_spawnattr_init(&raw mut attr.0) })?;
    let list = &raw mut attr.0;
    let mut flags = 0;
    // SAFETY: an initialised attribute object; sets and parameters are read by the calls at once.
    unsafe {
        if let Some(group) = attributes.setpgroup {
            direct(libc::posix_spawnattr_setpgroup(list, group))?;
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        if attributes.resetids {
            flags |= libc::POSIX_SPAWN_RESETIDS;
        }
        if attributes.setsid {
            flags |= libc::POSIX_SPAWN_SETSID as i32;
        }
        if let Some(set) = attributes.setsigmask {
            direct(libc::posix_spawnattr_setsigmask(list, &raw_set(set)))?;
            flags |= libc::POSIX_SPAWN_SETSIGMASK;
        }
        if let Some(set) = attributes.setsigdef {
            direct(libc::posix_spawnattr_setsigdefault(list, &raw_set(set)))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        if let Some((policy, priority)) = attributes.scheduler {
            if let Some(policy) = policy {
                direct(libc::posix_spawnattr_setschedpolicy(list, policy))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDULER;
            }
            let mut param = zeroed::<libc::sched_param>();
            param.sched_priority = priority;
            direct(libc::posix_spawnattr_setschedparam(list, &raw const param))?;
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        }
        direct(libc::posix_spawnattr_setflags(list, flags as _))?;
    }

    let mut pid = 0;
    let arguments = c_array(&argv);
    let environment = c_array(&env);
    let spawn = if attributes.search { libc::posix_spawnp } else { libc::posix_spawn };
    // SAFETY: strings and arrays outlive the call.
    direct(unsafe {
        spawn(
            &raw mut pid,
            path.as_ptr(),
            &raw const file_actions.0,
            &raw const attr.0,
            arguments.as_ptr().cast(),
            environment.as_ptr().cast(),
        )
    })?;
    drop(paths);
    Ok(pid)
}
