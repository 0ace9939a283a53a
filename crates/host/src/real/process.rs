//! This process, its children, its limits.

use std::os::unix::thread::JoinHandleExt;
use std::ptr;

use super::{
    RealHost, bytes_at, c_array, c_string, c_strings, check, clear_errno, direct, done, maybe_minus_one,
    zeroed,
};
use crate::{
    ChildInfo, Fd, FileAction, ForkExec, HostError, HostResult, Process, ResourceUsage, Sched,
    SpawnAttributes, Times, Uname,
};

unsafe extern "C" {
    fn confstr(name: i32, to: *mut libc::c_char, size: usize) -> usize;
    fn getlogin_r(to: *mut libc::c_char, size: usize) -> i32;
}

fn usage_of(raw: &libc::rusage) -> ResourceUsage {
    let us = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    ResourceUsage {
        user_us: us(raw.ru_utime),
        system_us: us(raw.ru_stime),
        maxrss: raw.ru_maxrss,
        ixrss: raw.ru_ixrss,
        idrss: raw.ru_idrss,
        isrss: raw.ru_isrss,
        minflt: raw.ru_minflt,
        majflt: raw.ru_majflt,
        nswap: raw.ru_nswap,
        inblock: raw.ru_inblock,
        oublock: raw.ru_oublock,
        msgsnd: raw.ru_msgsnd,
        msgrcv: raw.ru_msgrcv,
        nsignals: raw.ru_nsignals,
        nvcsw: raw.ru_nvcsw,
        nivcsw: raw.ru_nivcsw,
    }
}

fn param(priority: i32) -> libc::sched_param {
    // SAFETY: I2.
    let mut param = unsafe { zeroed::<libc::sched_param>() };
    param.sched_priority = priority;
    param
}

impl Process for RealHost {
    fn getpid(&self) -> i32 {
        // SAFETY: no arguments.
        unsafe { libc::getpid() }
    }

    fn getppid(&self) -> i32 {
        // SAFETY: no arguments.
        unsafe { libc::getppid() }
    }

    fn gettid(&self) -> i32 {
        // SAFETY: no arguments.
        unsafe { libc::gettid() }
    }

    fn thread_ident(&self) -> u64 {
        // SAFETY: no arguments.
        unsafe { libc::pthread_self() }
    }

    fn ident_of_thread(&self, thread: &std::thread::JoinHandle<()>) -> u64 {
        thread.as_pthread_t()
    }

    fn getuid(&self) -> u32 {
        // SAFETY: no arguments.
        unsafe { libc::getuid() }
    }

    fn geteuid(&self) -> u32 {
        // SAFETY: no arguments.
        unsafe { libc::geteuid() }
    }

    fn getgid(&self) -> u32 {
        // SAFETY: no arguments.
        unsafe { libc::getgid() }
    }

    fn getegid(&self) -> u32 {
        // SAFETY: no arguments.
        unsafe { libc::getegid() }
    }

    fn getresuid(&self) -> HostResult<(u32, u32, u32)> {
        let (mut real, mut effective, mut saved) = (0, 0, 0);
        // SAFETY: I1.
        done(unsafe { libc::getresuid(&raw mut real, &raw mut effective, &raw mut saved) })?;
        Ok((real, effective, saved))
    }

    fn getresgid(&self) -> HostResult<(u32, u32, u32)> {
        let (mut real, mut effective, mut saved) = (0, 0, 0);
        // SAFETY: I1.
        done(unsafe { libc::getresgid(&raw mut real, &raw mut effective, &raw mut saved) })?;
        Ok((real, effective, saved))
    }

    fn setuid(&self, uid: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setuid(uid) })
    }

    fn seteuid(&self, uid: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::seteuid(uid) })
    }

    fn setreuid(&self, real: u32, effective: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setreuid(real, effective) })
    }

    fn setresuid(&self, real: u32, effective: u32, saved: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setresuid(real, effective, saved) })
    }

    fn setgid(&self, gid: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setgid(gid) })
    }

    fn setegid(&self, gid: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setegid(gid) })
    }

    fn setregid(&self, real: u32, effective: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setregid(real, effective) })
    }

    fn setresgid(&self, real: u32, effective: u32, saved: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setresgid(real, effective, saved) })
    }

    fn getgroups(&self) -> HostResult<Vec<u32>> {
        // SAFETY: zero asks for the number.
        let number = check(unsafe { libc::getgroups(0, ptr::null_mut()) })?;
        let mut groups = vec![0; usize::try_from(number).unwrap_or(0)];
        // SAFETY: writable for `number` entries.
        let number = check(unsafe { libc::getgroups(number, groups.as_mut_ptr()) })?;
        groups.truncate(usize::try_from(number).unwrap_or(0));
        Ok(groups)
    }

    fn setgroups(&self, groups: &[u32]) -> HostResult<()> {
        // SAFETY: I1.
        done(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) })
    }

    fn initgroups(&self, user: &[u8], gid: u32) -> HostResult<()> {
        let user = c_string(user)?;
        // SAFETY: I1.
        done(unsafe { libc::initgroups(user.as_ptr(), gid) })
    }

    fn getgrouplist(&self, user: &[u8], gid: u32) -> HostResult<Vec<u32>> {
        let user = c_string(user)?;
        let mut room = 64_i32;
        loop {
            let mut number = room;
            let mut groups = vec![0; usize::try_from(room).unwrap_or(0)];
            // SAFETY: I1; writes at most `number` entries.
            let answer =
                unsafe { libc::getgrouplist(user.as_ptr(), gid, groups.as_mut_ptr(), &raw mut number) };
            if answer >= 0 {
                groups.truncate(usize::try_from(number).unwrap_or(0));
                return Ok(groups);
            }
            if room > 1 << 20 {
                return Err(HostError::ERANGE);
            }
            room = number.max(room * 2);
        }
    }

    fn getlogin(&self) -> HostResult<Vec<u8>> {
        let mut buffer = [0_u8; 257];
        // SAFETY: writable for its length; success ends it with a NUL.
        direct(unsafe { getlogin_r(buffer.as_mut_ptr().cast(), buffer.len()) })?;
        // SAFETY: as above.
        Ok(unsafe { bytes_at(buffer.as_ptr().cast()) })
    }

    fn getpgid(&self, pid: i32) -> HostResult<i32> {
        // SAFETY: no pointers.
        check(unsafe { libc::getpgid(pid) })
    }

    fn setpgid(&self, pid: i32, group: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setpgid(pid, group) })
    }

    fn getsid(&self, pid: i32) -> HostResult<i32> {
        // SAFETY: no pointers.
        check(unsafe { libc::getsid(pid) })
    }

    fn setsid(&self) -> HostResult<i32> {
        // SAFETY: no arguments.
        check(unsafe { libc::setsid() })
    }

    fn umask(&self, mask: u32) -> HostResult<u32> {
        // SAFETY: no pointers.
        Ok(unsafe { libc::umask(mask) })
    }

    fn kill(&self, pid: i32, signal: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::kill(pid, signal) })
    }

    fn killpg(&self, group: i32, signal: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::killpg(group, signal) })
    }

    fn fork(&self) -> HostResult<i32> {
        // SAFETY: the child has this thread only. Locks held by others stay held there: the runtime forks while it
        // holds its own, and reinitialises them, as CPython does.
        check(unsafe { libc::fork() })
    }

    fn forkpty(&self) -> HostResult<(i32, Fd)> {
        let mut master = -1;
        // SAFETY: I1; as `fork`.
        let pid = check(unsafe {
            libc::forkpty(&raw mut master, ptr::null_mut(), ptr::null_mut(), ptr::null_mut())
        })?;
        if pid != 0 {
            // SAFETY: no pointers; the descriptor is ours.
            unsafe { libc::fcntl(master, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        Ok((pid, master))
    }

    fn execve(&self, path: &[u8], argv: &[Vec<u8>], env: Option<&[Vec<u8>]>) -> HostError {
        let prepared =
            || -> HostResult<_> { Ok((c_string(path)?, c_strings(argv)?, env.map(c_strings).transpose()?)) };
        let (path, argv, env) = match prepared() {
            Ok(all) => all,
            Err(error) => return error,
        };
        let arguments = c_array(&argv);
        // SAFETY: I1; returns only on failure.
        unsafe {
            match &env {
                Some(env) => libc::execve(path.as_ptr(), arguments.as_ptr(), c_array(env).as_ptr()),
                None => libc::execv(path.as_ptr(), arguments.as_ptr()),
            }
        };
        HostError::last()
    }

    fn fexecve(&self, fd: Fd, argv: &[Vec<u8>], env: &[Vec<u8>]) -> HostError {
        let (argv, env) = match (c_strings(argv), c_strings(env)) {
            (Ok(argv), Ok(env)) => (argv, env),
            (Err(error), _) | (_, Err(error)) => return error,
        };
        // SAFETY: I1; returns only on failure.
        unsafe { libc::fexecve(fd, c_array(&argv).as_ptr(), c_array(&env).as_ptr()) };
        HostError::last()
    }

    fn fork_exec(&self, request: &ForkExec) -> HostResult<i32> {
        super::spawn::fork_exec(request)
    }

    fn become_program(&self, request: &ForkExec, before: &mut dyn FnMut() -> bool) -> HostError {
        super::spawn::become_program(request, before)
    }

    fn posix_spawn(
        &self,
        path: &[u8],
        argv: &[Vec<u8>],
        env: Option<&[Vec<u8>]>,
        actions: &[FileAction],
        attributes: &SpawnAttributes,
    ) -> HostResult<i32> {
        super::spawn::posix_spawn(path, argv, env, actions, attributes)
    }

    fn system(&self, command: &[u8]) -> HostResult<i32> {
        let command = c_string(command)?;
        // SAFETY: I1.
        check(unsafe { libc::system(command.as_ptr()) })
    }

    fn waitpid(&self, pid: i32, options: i32) -> HostResult<(i32, i32)> {
        let mut status = 0;
        // SAFETY: I1.
        let pid = check(unsafe { libc::waitpid(pid, &raw mut status, options) })?;
        Ok((pid, status))
    }

    fn wait4(&self, pid: i32, options: i32) -> HostResult<(i32, i32, ResourceUsage)> {
        let mut status = 0;
        // SAFETY: I2.
        let mut usage = unsafe { zeroed::<libc::rusage>() };
        // SAFETY: I1.
        let pid = check(unsafe { libc::wait4(pid, &raw mut status, options, &raw mut usage) })?;
        Ok((pid, status, usage_of(&usage)))
    }

    fn waitid(&self, id_type: u32, id: u32, options: i32) -> HostResult<Option<ChildInfo>> {
        // SAFETY: I2.
        let mut info = unsafe { zeroed::<libc::siginfo_t>() };
        // SAFETY: I1.
        done(unsafe { libc::waitid(id_type, id, &raw mut info, options) })?;
        // SAFETY: `waitid` fills the child's members, or leaves the zeroes.
        let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
        Ok((pid != 0).then_some(ChildInfo { pid, uid, signo: info.si_signo, status, code: info.si_code }))
    }

    fn pidfd_open(&self, pid: i32, flags: u32) -> HostResult<Fd> {
        // SAFETY: no pointers.
        let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) })?;
        Fd::try_from(fd).map_err(|_| HostError::EBADF)
    }

    fn exit_now(&self, status: i32) -> ! {
        // SAFETY: no pointers.
        unsafe { libc::_exit(status) }
    }

    fn abort(&self) -> ! {
        std::process::abort()
    }

    fn nice(&self, increment: i32) -> HostResult<i32> {
        clear_errno();
        // SAFETY: no pointers.
        maybe_minus_one(unsafe { libc::nice(increment) })
    }

    fn getpriority(&self, which: u32, who: u32) -> HostResult<i32> {
        clear_errno();
        // SAFETY: no pointers.
        maybe_minus_one(unsafe { libc::getpriority(which as _, who) })
    }

    fn setpriority(&self, which: u32, who: u32, priority: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::setpriority(which as _, who, priority) })
    }

    fn sched(&self, query: Sched) -> HostResult<i32> {
        match query {
            // SAFETY: no pointers.
            Sched::MinPriority(policy) => check(unsafe { libc::sched_get_priority_min(policy) }),
            // SAFETY: no pointers.
            Sched::MaxPriority(policy) => check(unsafe { libc::sched_get_priority_max(policy) }),
            // SAFETY: no pointers.
            Sched::Policy(pid) => check(unsafe { libc::sched_getscheduler(pid) }),
            Sched::Priority(pid) => {
                let mut param = param(0);
                // SAFETY: I1.
                done(unsafe { libc::sched_getparam(pid, &raw mut param) })?;
                Ok(param.sched_priority)
            }
        }
    }

    fn sched_setscheduler(&self, pid: i32, policy: i32, priority: i32) -> HostResult<()> {
        let param = param(priority);
        // SAFETY: I1.
        done(unsafe { libc::sched_setscheduler(pid, policy, &raw const param) })
    }

    fn sched_yield(&self) {
        // SAFETY: no arguments.
        unsafe { libc::sched_yield() };
    }

    fn sched_getaffinity(&self, pid: i32) -> HostResult<Vec<usize>> {
        // SAFETY: all zeroes is the empty set.
        let mut set = unsafe { zeroed::<libc::cpu_set_t>() };
        // SAFETY: I1.
        done(unsafe { libc::sched_getaffinity(pid, size_of_val(&set), &raw mut set) })?;
        // SAFETY: within the set's range.
        Ok((0..libc::CPU_SETSIZE as usize).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).collect())
    }

    fn sched_setaffinity(&self, pid: i32, cpus: &[usize]) -> HostResult<()> {
        // SAFETY: all zeroes is the empty set.
        let mut set = unsafe { zeroed::<libc::cpu_set_t>() };
        for &cpu in cpus {
            if cpu >= libc::CPU_SETSIZE as usize {
                return Err(HostError::EINVAL);
            }
            // SAFETY: within the set's range.
            unsafe { libc::CPU_SET(cpu, &mut set) };
        }
        // SAFETY: I1.
        done(unsafe { libc::sched_setaffinity(pid, size_of_val(&set), &raw const set) })
    }

    fn cpu_count(&self) -> Option<usize> {
        // SAFETY: no pointers.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) })
            .ok()
            .filter(|&number| number > 0)
    }

    fn sysconf(&self, name: i32) -> HostResult<i64> {
        clear_errno();
        // SAFETY: no pointers.
        maybe_minus_one(unsafe { libc::sysconf(name) })
    }

    fn confstr(&self, name: i32) -> HostResult<Option<Vec<u8>>> {
        clear_errno();
        // SAFETY: a null buffer asks for the length, its NUL included.
        let length = unsafe { confstr(name, ptr::null_mut(), 0) };
        if length == 0 {
            let error = HostError::last();
            return if error.0 == 0 { Ok(None) } else { Err(error) };
        }
        let mut buffer = vec![0_u8; length];
        // SAFETY: writable for its length.
        unsafe { confstr(name, buffer.as_mut_ptr().cast(), length) };
        buffer.truncate(length - 1);
        Ok(Some(buffer))
    }

    fn getloadavg(&self) -> HostResult<[f64; 3]> {
        let mut load = [0.0; 3];
        // SAFETY: three numbers, as asked for.
        if unsafe { libc::getloadavg(load.as_mut_ptr(), 3) } == 3 {
            Ok(load)
        } else {
            Err(HostError(libc::EIO))
        }
    }

    fn times(&self) -> HostResult<Times> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::tms>() };
        // SAFETY: I1.
        let elapsed = check(unsafe { libc::times(&raw mut raw) })?;
        Ok(Times {
            user: raw.tms_utime,
            system: raw.tms_stime,
            children_user: raw.tms_cutime,
            children_system: raw.tms_cstime,
            elapsed,
            // SAFETY: no pointers.
            ticks_per_second: unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1),
        })
    }

    fn getrlimit(&self, resource: u32) -> HostResult<(u64, u64)> {
        // SAFETY: I2.
        let mut limit = unsafe { zeroed::<libc::rlimit>() };
        // SAFETY: I1.
        done(unsafe { libc::getrlimit(resource as _, &raw mut limit) })?;
        Ok((limit.rlim_cur, limit.rlim_max))
    }

    fn setrlimit(&self, resource: u32, soft: u64, hard: u64) -> HostResult<()> {
        let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
        // SAFETY: I1.
        done(unsafe { libc::setrlimit(resource as _, &raw const limit) })
    }

    fn prlimit(&self, pid: i32, resource: u32, new: Option<(u64, u64)>) -> HostResult<(u64, u64)> {
        let new = new.map(|(soft, hard)| libc::rlimit { rlim_cur: soft, rlim_max: hard });
        // SAFETY: I2.
        let mut old = unsafe { zeroed::<libc::rlimit>() };
        let pointer = new.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: I1; null changes nothing.
        done(unsafe { libc::prlimit(pid, resource as _, pointer, &raw mut old) })?;
        Ok((old.rlim_cur, old.rlim_max))
    }

    fn getrusage(&self, who: i32) -> HostResult<ResourceUsage> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::rusage>() };
        // SAFETY: I1.
        done(unsafe { libc::getrusage(who, &raw mut raw) })?;
        Ok(usage_of(&raw))
    }

    fn uname(&self) -> HostResult<Uname> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::utsname>() };
        // SAFETY: I1.
        done(unsafe { libc::uname(&raw mut raw) })?;
        // SAFETY: success ends every member with a NUL.
        Ok(unsafe {
            Uname {
                sysname: bytes_at(raw.sysname.as_ptr()),
                nodename: bytes_at(raw.nodename.as_ptr()),
                release: bytes_at(raw.release.as_ptr()),
                version: bytes_at(raw.version.as_ptr()),
                machine: bytes_at(raw.machine.as_ptr()),
            }
        })
    }
}
