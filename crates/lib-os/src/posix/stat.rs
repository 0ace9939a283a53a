//! `stat_result` and the other structure sequences of `posix`.

use taipan_host::{Stat, StatVfs, TimeSpec};
use taipan_vm::prelude::*;
use taipan_vm::structseq;
use taipan_vm::types::structseq::{UNNAMED, make};

structseq! {
    /// stat_result: Result from stat, fstat, or lstat.
    ///
    /// This object may be accessed either as a tuple of
    ///   (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)
    /// or via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.
    ///
    /// Posix/windows: If your platform supports st_blksize, st_blocks, st_rdev,
    /// or st_flags, they are available as attributes only.
    ///
    /// See os.stat for more information.
    pub STAT_RESULT = "stat_result" in "os", 10, [
        ("st_mode", "protection bits"), ("st_ino", "inode"), ("st_dev", "device"),
        ("st_nlink", "number of hard links"), ("st_uid", "user ID of owner"), ("st_gid", "group ID of owner"),
        ("st_size", "total size, in bytes"), (UNNAMED, "integer time of last access"),
        (UNNAMED, "integer time of last modification"), (UNNAMED, "integer time of last change"),
        ("st_atime", "time of last access"), ("st_mtime", "time of last modification"),
        ("st_ctime", "time of last change"), ("st_atime_ns", "time of last access in nanoseconds"),
        ("st_mtime_ns", "time of last modification in nanoseconds"),
        ("st_ctime_ns", "time of last change in nanoseconds"),
        ("st_blksize", "blocksize for filesystem I/O"), ("st_blocks", "number of blocks allocated"),
        ("st_rdev", "device type (if inode device)")];
    /// statvfs_result: Result from statvfs or fstatvfs.
    ///
    /// This object may be accessed either as a tuple of
    ///   (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),
    /// or via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.
    ///
    /// See os.statvfs for more information.
    pub STATVFS_RESULT = "statvfs_result" in "os", 10, [
        ("f_bsize", ""), ("f_frsize", ""), ("f_blocks", ""), ("f_bfree", ""), ("f_bavail", ""), ("f_files", ""),
        ("f_ffree", ""), ("f_favail", ""), ("f_flag", ""), ("f_namemax", ""), ("f_fsid", "")];
    /// A tuple of (columns, lines) for holding terminal window size
    pub TERMINAL_SIZE = "terminal_size" in "os", 2, [
        ("columns", "width of the terminal window in characters"),
        ("lines", "height of the terminal window in characters")];
    /// times_result: Result from os.times().
    ///
    /// This object may be accessed either as a tuple of
    ///   (user, system, children_user, children_system, elapsed),
    /// or via the attributes user, system, children_user, children_system,
    /// and elapsed.
    ///
    /// See os.times for more information.
    pub TIMES_RESULT = "times_result" in "posix", 5, [
        ("user", "user time"), ("system", "system time"), ("children_user", "user time of children"),
        ("children_system", "system time of children"), ("elapsed", "elapsed time since an arbitrary point in the past")];
    /// uname_result: Result from os.uname().
    ///
    /// This object may be accessed either as a tuple of
    ///   (sysname, nodename, release, version, machine),
    /// or via the attributes sysname, nodename, release, version, and machine.
    ///
    /// See os.uname for more information.
    pub UNAME_RESULT = "uname_result" in "posix", 5, [
        ("sysname", "operating system name"), ("nodename", "name of machine on network (implementation-defined)"),
        ("release", "operating system release"), ("version", "operating system version"),
        ("machine", "hardware identifier")];
    /// waitid_result: Result from waitid.
    ///
    /// This object may be accessed either as a tuple of
    ///   (si_pid, si_uid, si_signo, si_status, si_code),
    /// or via the attributes si_pid, si_uid, and so on.
    ///
    /// See os.waitid for more information.
    pub WAITID_RESULT = "waitid_result" in "posix", 5, [
        ("si_pid", ""), ("si_uid", ""), ("si_signo", ""), ("si_status", ""), ("si_code", "")];
    /// Currently has only one field: sched_priority
    pub SCHED_PARAM = "sched_param" in "posix", 1, [("sched_priority", "the scheduling priority")];
    /// A struct_rusage: the resources that a process used.
    pub RUSAGE = "struct_rusage" in "resource", 16, [
        ("ru_utime", "user time used"), ("ru_stime", "system time used"), ("ru_maxrss", "max. resident set size"),
        ("ru_ixrss", "shared memory size"), ("ru_idrss", "unshared data size"), ("ru_isrss", "unshared stack size"),
        ("ru_minflt", "page faults not requiring I/O"), ("ru_majflt", "page faults requiring I/O"),
        ("ru_nswap", "number of swap outs"), ("ru_inblock", "block input operations"),
        ("ru_oublock", "block output operations"), ("ru_msgsnd", "IPC messages sent"),
        ("ru_msgrcv", "IPC messages received"), ("ru_nsignals", "signals received"),
        ("ru_nvcsw", "voluntary context switches"), ("ru_nivcsw", "involuntary context switches")];
}

fn seconds(vm: &Vm, t: TimeSpec) -> Value {
    vm.new_float(t.seconds as f64 + 1e-9 * t.nanoseconds as f64)
}

/// Nanoseconds since the epoch, which may not fit a machine word.
fn nanoseconds(vm: &Vm, t: TimeSpec) -> Value {
    match t.seconds.checked_mul(1_000_000_000).and_then(|n| n.checked_add(t.nanoseconds)) {
        Some(n) => vm.new_int(n),
        None => {
            let r = vm.call_method(&vm.new_int(t.seconds), "__mul__", &[vm.new_int(1_000_000_000)]);
            let r = r.and_then(|p| vm.call_method(&p, "__add__", &[vm.new_int(t.nanoseconds)]));
            r.unwrap_or(Value::NONE)
        }
    }
}

pub fn stat_result(vm: &Vm, s: &Stat) -> PyResult<Value> {
    let values = vec![
        vm.new_int(i64::from(s.mode)),
        vm.new_uint(s.ino),
        vm.new_uint(s.dev),
        vm.new_uint(s.nlink),
        vm.new_int(i64::from(s.uid)),
        vm.new_int(i64::from(s.gid)),
        vm.new_int(s.size),
        vm.new_int(s.atime.seconds),
        vm.new_int(s.mtime.seconds),
        vm.new_int(s.ctime.seconds),
        seconds(vm, s.atime),
        seconds(vm, s.mtime),
        seconds(vm, s.ctime),
        nanoseconds(vm, s.atime),
        nanoseconds(vm, s.mtime),
        nanoseconds(vm, s.ctime),
        vm.new_int(s.blksize),
        vm.new_int(s.blocks),
        vm.new_uint(s.rdev),
    ];
    make(vm, &STAT_RESULT, values)
}

pub fn statvfs_result(vm: &Vm, s: &StatVfs) -> PyResult<Value> {
    let n = |n: u64| vm.new_uint(n);
    let values = vec![
        n(s.bsize),
        n(s.frsize),
        n(s.blocks),
        n(s.bfree),
        n(s.bavail),
        n(s.files),
        n(s.ffree),
        n(s.favail),
        n(s.flag),
        n(s.namemax),
        n(s.fsid),
    ];
    make(vm, &STATVFS_RESULT, values)
}

pub fn rusage(vm: &Vm, u: &taipan_host::ResourceUsage) -> PyResult<Value> {
    let mut values = vec![vm.new_float(u.user_us as f64 * 1e-6), vm.new_float(u.system_us as f64 * 1e-6)];
    values.extend(
        [
            u.maxrss, u.ixrss, u.idrss, u.isrss, u.minflt, u.majflt, u.nswap, u.inblock, u.oublock, u.msgsnd,
            u.msgrcv, u.nsignals, u.nvcsw, u.nivcsw,
        ]
        .map(|n| vm.new_int(n)),
    );
    make(vm, &RUSAGE, values)
}
