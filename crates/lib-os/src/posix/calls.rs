//! The functions of the module, one system call each.

use super::args::{self, May, Path, dir_fd, fileno};
use super::process::{self, Spawn};
use super::stat::{self, stat_result, statvfs_result};
use super::{files, numbers, scandir as dirs};
use crate::util;
use taipan_host::{At, HostError, Sched, Which};
use taipan_vm::errors::exc;
use taipan_vm::modules::sys::audit;
use taipan_vm::prelude::*;
use taipan_vm::types::structseq::{class, make};

/// The name or number of a `sysconf` and the like.
fn conf_name(vm: &Vm, v: &Value, names: &[(&str, i32)]) -> PyResult<i32> {
    if let Some(s) = v.downcast::<Str>() {
        let found = names.iter().find(|(n, _)| n.as_bytes() == s.as_bytes());
        return match found {
            Some((_, n)) => Ok(*n),
            None => Err(vm.value_error("unrecognized configuration name")),
        };
    }
    if v.as_int().is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error("configuration names must be strings or integers"));
    }
    i32::from_arg(vm, v)
}

/// `dir_fd` as auditing hooks see it.
fn told_dir(vm: &Vm, dir_fd: Option<&Value>) -> Value {
    dir_fd.filter(|v| !v.is_none()).cloned().unwrap_or_else(|| vm.new_int(-1))
}

/// The device number of nothing.
const NODEV: u64 = u64::MAX;

fn device_number(vm: &Vm, v: &Value) -> PyResult<u64> {
    if v.as_int() == Some(-1) { Ok(NODEV) } else { u64::from_arg(vm, v) }
}

fn names_dict(vm: &Vm, names: &[(&str, i32)]) -> Value {
    let d = vm.new_dict();
    d.table.reserve(names.len());
    for (k, n) in names {
        d.set_str(vm, &vm.intern(k), vm.new_int(i64::from(*n)));
    }
    d.into_value()
}

/// Copies of the buffers of a sequence, for `writev` and its kin.
fn buffers(vm: &Vm, v: &Value) -> PyResult<Vec<Vec<u8>>> {
    vm.sequence_fast(v, "writev() arg 2 must be a sequence")?.iter().map(|b| util::to_bytes(vm, b)).collect()
}

fn gather(data: &[Vec<u8>]) -> Vec<std::io::IoSlice<'_>> {
    data.iter().map(|d| std::io::IoSlice::new(d)).collect()
}

/// Reads into the writable buffers of a sequence through copies.
fn scatter(
    vm: &Vm,
    v: &Value,
    read: impl Fn(&mut [std::io::IoSliceMut<'_>]) -> taipan_host::HostResult<usize>,
) -> PyResult<usize> {
    let items = vm.sequence_fast(v, "readv() arg 2 must be a sequence")?;
    let targets = items.iter().map(|b| util::writable(vm, b, "argument")).collect::<PyResult<Vec<_>>>()?;
    let mut store: Vec<Vec<u8>> = targets.iter().map(|t| vec![0; t.len]).collect();
    let n = util::retry_os(vm, || {
        let mut slices: Vec<_> = store.iter_mut().map(|s| std::io::IoSliceMut::new(s)).collect();
        read(&mut slices)
    })?;
    let mut left = n;
    for (t, s) in targets.iter().zip(&store) {
        let k = left.min(s.len());
        util::fill(t, 0, s.get(..k).unwrap_or(s));
        left -= k;
    }
    Ok(n)
}

fn no_fd_with_dir(vm: &Vm, func: &str, p: &Path, dir: Option<i32>, follow: bool) -> PyResult<()> {
    if p.fd.is_some() && dir.is_some() {
        return Err(vm.value_error(format_args!("{func}: can't specify dir_fd without matching path")));
    }
    if p.fd.is_some() && !follow {
        return Err(vm.value_error(format_args!("{func}: cannot use fd and follow_symlinks together")));
    }
    Ok(())
}

fn do_stat(vm: &Vm, func: &str, path: &Value, dir: Option<&Value>, follow: bool) -> PyResult<Value> {
    let may = if func == "lstat" { May::Path } else { May::Fd };
    let p = args::path(vm, func, "path", path, may)?;
    let dir = dir_fd(vm, dir)?;
    if func != "lstat" {
        no_fd_with_dir(vm, func, &p, dir, follow)?;
    }
    let r = vm.allow_threads(|| match p.fd {
        Some(fd) => vm.host().fstat(fd),
        None => vm.host().stat(At::dir(dir, &p.bytes), follow),
    });
    let s = p.check(vm, r)?;
    stat_result(vm, &s)
}

/// A call on one path.
fn on_path<T>(
    vm: &Vm,
    func: &str,
    path: &Value,
    dir: Option<&Value>,
    f: impl FnOnce(At<'_>) -> taipan_host::HostResult<T>,
) -> PyResult<T> {
    let p = args::path(vm, func, "path", path, May::Path)?;
    let dir = dir_fd(vm, dir)?;
    let r = vm.allow_threads(|| f(At::dir(dir, &p.bytes)));
    p.check(vm, r)
}

fn do_rename(
    vm: &Vm,
    func: &str,
    src: &Value,
    dst: &Value,
    src_dir: Option<&Value>,
    dst_dir: Option<&Value>,
) -> PyResult<()> {
    let a = args::path(vm, func, "src", src, May::Path)?;
    let b = args::path(vm, func, "dst", dst, May::Path)?;
    let (da, db) = (dir_fd(vm, src_dir)?, dir_fd(vm, dst_dir)?);
    let r = vm.allow_threads(|| vm.host().rename(At::dir(da, &a.bytes), At::dir(db, &b.bytes)));
    r.map_err(|e| args::error2(vm, e, &a, &b))
}

fn environ(vm: &Vm) -> PyResult<Value> {
    let d = vm.new_dict();
    for (k, v) in vm.host().environment() {
        let k = vm.new_bytes(&k).into_value();
        if d.get(vm, &k)?.is_none() {
            d.set(vm, &k, vm.new_bytes(&v).into_value())?;
        }
    }
    Ok(d.into_value())
}

fn which<'a>(p: &'a Path, follow: bool) -> Which<'a> {
    match p.fd {
        Some(fd) => Which::Fd(fd),
        None if follow => Which::Path(&p.bytes),
        None => Which::Link(&p.bytes),
    }
}

/// This module provides access to operating system functionality that is
/// standardized by the C Standard and the POSIX standard (a thinly
/// disguised Unix interface).  Refer to the library manual and
/// corresponding Unix manual entries for more information on calls.
#[pymodule(name = "posix")]
pub mod posix {
    use super::*;

    #[pyfn("stat(path, *, dir_fd=None, follow_symlinks=True)")]
    fn stat(vm: &Vm, path: &Value, dir_fd: Option<&Value>, follow_symlinks: bool) -> PyResult<Value> {
        do_stat(vm, "stat", path, dir_fd, follow_symlinks)
    }

    #[pyfn("lstat(path, *, dir_fd=None)")]
    fn lstat(vm: &Vm, path: &Value, dir_fd: Option<&Value>) -> PyResult<Value> {
        do_stat(vm, "lstat", path, dir_fd, false)
    }

    #[pyfn("fstat(fd)")]
    fn fstat(vm: &Vm, fd: i32) -> PyResult<Value> {
        let s = util::retry_os(vm, || vm.host().fstat(fd))?;
        stat_result(vm, &s)
    }

    #[pyfn("statvfs(path)")]
    fn statvfs(vm: &Vm, path: &Value) -> PyResult<Value> {
        let p = args::path(vm, "statvfs", "path", path, May::Fd)?;
        let r = vm.allow_threads(|| match p.fd {
            Some(fd) => vm.host().fstatvfs(fd),
            None => vm.host().statvfs(&p.bytes),
        });
        statvfs_result(vm, &p.check(vm, r)?)
    }

    #[pyfn("fstatvfs(fd, /)")]
    fn fstatvfs(vm: &Vm, fd: i32) -> PyResult<Value> {
        let s = util::retry_os(vm, || vm.host().fstatvfs(fd))?;
        statvfs_result(vm, &s)
    }

    #[pyfn("access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
    fn access(
        vm: &Vm,
        path: &Value,
        mode: i32,
        dir_fd: Option<&Value>,
        effective_ids: bool,
        follow_symlinks: bool,
    ) -> PyResult<bool> {
        let p = args::path(vm, "access", "path", path, May::Path)?;
        let dir = args::dir_fd(vm, dir_fd)?;
        let at = At::dir(dir, &p.bytes);
        Ok(vm.allow_threads(|| vm.host().access(at, mode, effective_ids, follow_symlinks)).is_ok())
    }

    #[pyfn("listdir(path=None)")]
    fn listdir(vm: &Vm, #[raw] path: Option<&Value>) -> PyResult<Vec<Value>> {
        let p = dirs::directory(vm, "listdir", path)?;
        audit(vm, "os.listdir", &[path.cloned().unwrap_or(Value::NONE)])?;
        Ok(dirs::read(vm, &p)?.iter().map(|e| p.name(vm, &e.name)).collect())
    }

    #[pyfn("scandir(path=None)")]
    fn scandir(vm: &Vm, #[raw] path: Option<&Value>) -> PyResult<Value> {
        let p = dirs::directory(vm, "scandir", path)?;
        audit(vm, "os.scandir", &[path.cloned().unwrap_or(Value::NONE)])?;
        dirs::scandir(vm, &p)
    }

    #[pyfn("mkdir(path, mode=511, *, dir_fd=None)")]
    fn mkdir(vm: &Vm, path: &Value, mode: i32, dir_fd: Option<&Value>) -> PyResult<()> {
        audit(vm, "os.mkdir", &[path.clone(), vm.new_int(mode.into()), told_dir(vm, dir_fd)])?;
        on_path(vm, "mkdir", path, dir_fd, |at| vm.host().mkdir(at, mode as u32))
    }

    #[pyfn("rmdir(path, *, dir_fd=None)")]
    fn rmdir(vm: &Vm, path: &Value, dir_fd: Option<&Value>) -> PyResult<()> {
        audit(vm, "os.rmdir", &[path.clone(), told_dir(vm, dir_fd)])?;
        on_path(vm, "rmdir", path, dir_fd, |at| vm.host().rmdir(at))
    }

    #[pyfn("unlink(path, *, dir_fd=None)")]
    fn unlink(vm: &Vm, path: &Value, dir_fd: Option<&Value>) -> PyResult<()> {
        audit(vm, "os.remove", &[path.clone(), told_dir(vm, dir_fd)])?;
        on_path(vm, "unlink", path, dir_fd, |at| vm.host().unlink(at))
    }

    #[pyfn("remove(path, *, dir_fd=None)")]
    fn remove(vm: &Vm, path: &Value, dir_fd: Option<&Value>) -> PyResult<()> {
        audit(vm, "os.remove", &[path.clone(), told_dir(vm, dir_fd)])?;
        on_path(vm, "remove", path, dir_fd, |at| vm.host().unlink(at))
    }

    #[pyfn("rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn rename(
        vm: &Vm,
        src: &Value,
        dst: &Value,
        src_dir_fd: Option<&Value>,
        dst_dir_fd: Option<&Value>,
    ) -> PyResult<()> {
        let dirs = (told_dir(vm, src_dir_fd), told_dir(vm, dst_dir_fd));
        audit(vm, "os.rename", &[src.clone(), dst.clone(), dirs.0, dirs.1])?;
        do_rename(vm, "rename", src, dst, src_dir_fd, dst_dir_fd)
    }

    #[pyfn("replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn replace(
        vm: &Vm,
        src: &Value,
        dst: &Value,
        src_dir_fd: Option<&Value>,
        dst_dir_fd: Option<&Value>,
    ) -> PyResult<()> {
        let dirs = (told_dir(vm, src_dir_fd), told_dir(vm, dst_dir_fd));
        audit(vm, "os.rename", &[src.clone(), dst.clone(), dirs.0, dirs.1])?;
        do_rename(vm, "replace", src, dst, src_dir_fd, dst_dir_fd)
    }

    #[pyfn("link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)")]
    fn link(
        vm: &Vm,
        src: &Value,
        dst: &Value,
        src_dir_fd: Option<&Value>,
        dst_dir_fd: Option<&Value>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let a = args::path(vm, "link", "src", src, May::Path)?;
        let b = args::path(vm, "link", "dst", dst, May::Path)?;
        let (da, db) = (dir_fd(vm, src_dir_fd)?, dir_fd(vm, dst_dir_fd)?);
        let r = vm
            .allow_threads(|| vm.host().link(At::dir(da, &a.bytes), At::dir(db, &b.bytes), follow_symlinks));
        r.map_err(|e| args::error2(vm, e, &a, &b))
    }

    #[pyfn("symlink(src, dst, target_is_directory=False, *, dir_fd=None)")]
    fn symlink(
        vm: &Vm,
        src: &Value,
        dst: &Value,
        _target_is_directory: bool,
        dir_fd: Option<&Value>,
    ) -> PyResult<()> {
        let a = args::path(vm, "symlink", "src", src, May::Path)?;
        let b = args::path(vm, "symlink", "dst", dst, May::Path)?;
        let dir = args::dir_fd(vm, dir_fd)?;
        audit(vm, "os.symlink", &[src.clone(), dst.clone(), told_dir(vm, dir_fd)])?;
        let r = vm.allow_threads(|| vm.host().symlink(&a.bytes, At::dir(dir, &b.bytes)));
        r.map_err(|e| args::error2(vm, e, &a, &b))
    }

    #[pyfn("readlink(path, *, dir_fd=None)")]
    fn readlink(vm: &Vm, path: &Value, dir_fd: Option<&Value>) -> PyResult<Value> {
        let p = args::path(vm, "readlink", "path", path, May::Path)?;
        let dir = args::dir_fd(vm, dir_fd)?;
        let r = vm.allow_threads(|| vm.host().readlink(At::dir(dir, &p.bytes)));
        let target = p.check(vm, r)?;
        Ok(p.name(vm, &target))
    }

    #[pyfn("chmod(path, mode, *, dir_fd=None, follow_symlinks=True)")]
    fn chmod(
        vm: &Vm,
        path: &Value,
        mode: i32,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let p = args::path(vm, "chmod", "path", path, May::Fd)?;
        let dir = args::dir_fd(vm, dir_fd)?;
        no_fd_with_dir(vm, "chmod", &p, dir, follow_symlinks)?;
        audit(vm, "os.chmod", &[path.clone(), vm.new_int(mode.into()), told_dir(vm, dir_fd)])?;
        let r = vm.allow_threads(|| match p.fd {
            Some(fd) => vm.host().fchmod(fd, mode as u32),
            None => vm.host().chmod(At::dir(dir, &p.bytes), mode as u32, follow_symlinks),
        });
        p.check(vm, r)
    }

    #[pyfn("fchmod(fd, mode)")]
    fn fchmod(vm: &Vm, fd: i32, mode: i32) -> PyResult<()> {
        util::retry_os(vm, || vm.host().fchmod(fd, mode as u32))
    }

    #[pyfn("chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
    fn chown(
        vm: &Vm,
        path: &Value,
        uid: &Value,
        gid: &Value,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let p = args::path(vm, "chown", "path", path, May::Fd)?;
        let (uid, gid) = (args::id(vm, "uid", uid)?, args::id(vm, "gid", gid)?);
        let dir = args::dir_fd(vm, dir_fd)?;
        no_fd_with_dir(vm, "chown", &p, dir, follow_symlinks)?;
        let r = vm.allow_threads(|| match p.fd {
            Some(fd) => vm.host().fchown(fd, uid, gid),
            None => vm.host().chown(At::dir(dir, &p.bytes), uid, gid, follow_symlinks),
        });
        p.check(vm, r)
    }

    #[pyfn("lchown(path, uid, gid)")]
    fn lchown(vm: &Vm, path: &Value, uid: &Value, gid: &Value) -> PyResult<()> {
        let (uid, gid) = (args::id(vm, "uid", uid)?, args::id(vm, "gid", gid)?);
        on_path(vm, "lchown", path, None, |at| vm.host().chown(at, uid, gid, false))
    }

    #[pyfn("fchown(fd, uid, gid)")]
    fn fchown(vm: &Vm, fd: i32, uid: &Value, gid: &Value) -> PyResult<()> {
        let (uid, gid) = (args::id(vm, "uid", uid)?, args::id(vm, "gid", gid)?);
        util::retry_os(vm, || vm.host().fchown(fd, uid, gid))
    }

    #[pyfn("utime(path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)")]
    fn utime(
        vm: &Vm,
        path: &Value,
        times: Option<&Value>,
        ns: Option<&Value>,
        dir_fd: Option<&Value>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let p = args::path(vm, "utime", "path", path, May::Fd)?;
        let times = files::utimes(vm, times, ns)?;
        let dir = args::dir_fd(vm, dir_fd)?;
        no_fd_with_dir(vm, "utime", &p, dir, follow_symlinks)?;
        let r = vm.allow_threads(|| match p.fd {
            Some(fd) => vm.host().futime(fd, times),
            None => vm.host().utime(At::dir(dir, &p.bytes), times, follow_symlinks),
        });
        p.check(vm, r)
    }

    #[pyfn("truncate(path, length)")]
    fn truncate(vm: &Vm, path: &Value, length: i64) -> PyResult<()> {
        let p = args::path(vm, "truncate", "path", path, May::Fd)?;
        audit(vm, "os.truncate", &[path.clone(), vm.new_int(length)])?;
        let r = vm.allow_threads(|| match p.fd {
            Some(fd) => vm.host().ftruncate(fd, length),
            None => vm.host().truncate(&p.bytes, length),
        });
        p.check(vm, r)
    }

    #[pyfn("mkfifo(path, mode=438, *, dir_fd=None)")]
    fn mkfifo(vm: &Vm, path: &Value, mode: i32, dir_fd: Option<&Value>) -> PyResult<()> {
        on_path(vm, "mkfifo", path, dir_fd, |at| vm.host().mkfifo(at, mode as u32))
    }

    #[pyfn("mknod(path, mode=384, device=0, *, dir_fd=None)")]
    fn mknod(vm: &Vm, path: &Value, mode: i32, device: u64, dir_fd: Option<&Value>) -> PyResult<()> {
        on_path(vm, "mknod", path, dir_fd, |at| vm.host().mknod(at, mode as u32, device))
    }

    #[pyfn("major(device, /)")]
    fn major(vm: &Vm, device: &Value) -> PyResult<i64> {
        let device = device_number(vm, device)?;
        Ok(if device == NODEV { -1 } else { libc::major(device).into() })
    }

    #[pyfn("minor(device, /)")]
    fn minor(vm: &Vm, device: &Value) -> PyResult<i64> {
        let device = device_number(vm, device)?;
        Ok(if device == NODEV { -1 } else { libc::minor(device).into() })
    }

    #[pyfn("makedev(major, minor, /)")]
    fn makedev(vm: &Vm, major: &Value, minor: &Value) -> PyResult<Value> {
        let (major, minor) = (device_number(vm, major)?, device_number(vm, minor)?);
        if major == NODEV && minor == NODEV {
            return Ok(vm.new_int(-1));
        }
        let part = |n: u64| {
            u32::try_from(n)
                .map_err(|_| vm.overflow_error("Python int too large to convert to C unsigned int"))
        };
        Ok(vm.new_uint(libc::makedev(part(major)?, part(minor)?)))
    }

    #[pyfn("chdir(path)")]
    fn chdir(vm: &Vm, path: &Value) -> PyResult<()> {
        let p = args::path(vm, "chdir", "path", path, May::Fd)?;
        audit(vm, "os.chdir", std::slice::from_ref(path))?;
        let r = match p.fd {
            Some(fd) => vm.host().fchdir(fd),
            None => vm.host().chdir(&p.bytes),
        };
        p.check(vm, r)
    }

    #[pyfn("fchdir(fd)")]
    fn fchdir(vm: &Vm, fd: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        util::os(vm, vm.host().fchdir(fd))
    }

    #[pyfn("chroot(path)")]
    fn chroot(vm: &Vm, path: &Value) -> PyResult<()> {
        on_path(vm, "chroot", path, None, |at| vm.host().chroot(at.path))
    }

    #[pyfn("getcwd()")]
    fn getcwd(vm: &Vm) -> PyResult<Value> {
        Ok(util::fs_decode(vm, &util::os(vm, vm.host().getcwd())?))
    }

    #[pyfn("getcwdb()")]
    fn getcwdb(vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_bytes(&util::os(vm, vm.host().getcwd())?).into_value())
    }

    #[pyfn("fspath(path)")]
    fn fspath(vm: &Vm, path: &Value) -> PyResult<Value> {
        util::fspath(vm, path)
    }

    #[pyfn("_path_normpath(path)")]
    fn path_normpath(vm: &Vm, path: &Value) -> PyResult<Value> {
        let p = plain_path(vm, "_path_normpath", "path", path)?;
        Ok(plain_name(vm, &p, &files::normpath(&p.bytes)))
    }

    #[pyfn("_path_splitroot_ex(p)")]
    fn path_splitroot_ex(vm: &Vm, p: &Value) -> PyResult<(Value, Value, Value)> {
        let p = plain_path(vm, "_path_splitroot_ex", "path", p)?;
        let (root, tail) = files::splitroot(&p.bytes);
        Ok((plain_name(vm, &p, b""), plain_name(vm, &p, root), plain_name(vm, &p, tail)))
    }

    #[pyfn("open(path, flags, mode=511, *, dir_fd=None)")]
    fn open(vm: &Vm, path: &Value, flags: i32, mode: i32, dir_fd: Option<&Value>) -> PyResult<i32> {
        let p = args::path(vm, "open", "path", path, May::Path)?;
        let dir = args::dir_fd(vm, dir_fd)?;
        audit(vm, "open", &[path.clone(), Value::NONE, vm.new_int((flags | libc::O_CLOEXEC).into())])?;
        let at = At::dir(dir, &p.bytes);
        let r = util::retry(vm, || vm.host().open(at, flags, mode as u32, false))?;
        p.check(vm, r)
    }

    #[pyfn("close(fd)")]
    fn close(vm: &Vm, fd: i32) -> PyResult<()> {
        match vm.allow_threads(|| vm.host().close(fd)) {
            Err(HostError::EINTR) => Ok(()),
            r => util::os(vm, r),
        }
    }

    #[pyfn("closerange(fd_low, fd_high, /)")]
    fn closerange(vm: &Vm, fd_low: i32, fd_high: i32) {
        vm.allow_threads(|| vm.host().close_range(fd_low.max(0), fd_high));
    }

    #[pyfn("read(fd, length, /)")]
    fn read(vm: &Vm, fd: i32, length: isize) -> PyResult<Value> {
        let Ok(n) = usize::try_from(length) else { return Err(vm.os_error(HostError::EINVAL, None)) };
        let n = n.min(0x7fff_f000);
        let mut buf = util::room(vm, n)?;
        util::retry_os(vm, || vm.host().read_onto(fd, &mut buf, n))?;
        Ok(vm.new_bytes(&buf).into_value())
    }

    #[pyfn("readinto(fd, buffer, /)")]
    fn readinto(vm: &Vm, fd: i32, buffer: &Value) -> PyResult<usize> {
        let b = util::writable(vm, buffer, "readinto() argument 2")?;
        let mut buf = util::room(vm, b.len)?;
        util::retry_os(vm, || vm.host().read_onto(fd, &mut buf, b.len))?;
        Ok(util::fill(&b, 0, &buf))
    }

    #[pyfn("write(fd, data, /)")]
    fn write(vm: &Vm, fd: i32, data: &Value) -> PyResult<usize> {
        let write = |bytes: &[u8]| {
            let n = util::retry_os(vm, || vm.host().write(fd, bytes))?;
            // A signal may be why less was written: its handler runs here.
            if n < bytes.len() {
                vm.poll()?;
            }
            Ok(n)
        };
        if let Some(b) = data.downcast::<Bytes>() {
            return write(b.as_bytes());
        }
        let b = util::buffer(vm, data, taipan_vm::types::buffer::Request::SIMPLE)?;
        write(b.bytes())
    }

    #[pyfn("pread(fd, length, offset, /)")]
    fn pread(vm: &Vm, fd: i32, length: i32, offset: i64) -> PyResult<Value> {
        let Ok(n) = usize::try_from(length) else { return Err(vm.os_error(HostError::EINVAL, None)) };
        let mut buf = util::zeroed(vm, n)?;
        let n = util::retry_os(vm, || vm.host().pread(fd, &mut buf, offset))?;
        Ok(vm.new_bytes(buf.get(..n).unwrap_or(&buf)).into_value())
    }

    #[pyfn("pwrite(fd, buffer, offset, /)")]
    fn pwrite(vm: &Vm, fd: i32, buffer: &Value, offset: i64) -> PyResult<usize> {
        let data = util::to_bytes(vm, buffer)?;
        util::retry_os(vm, || vm.host().pwrite(fd, &data, offset))
    }

    #[pyfn("readv(fd, buffers, /)")]
    fn readv(vm: &Vm, fd: i32, buffers: &Value) -> PyResult<usize> {
        scatter(vm, buffers, |s| vm.host().readv(fd, s))
    }

    #[pyfn("writev(fd, buffers, /)")]
    fn writev(vm: &Vm, fd: i32, buffers: &Value) -> PyResult<usize> {
        let data = super::buffers(vm, buffers)?;
        util::retry_os(vm, || vm.host().writev(fd, &gather(&data)))
    }

    #[pyfn("preadv(fd, buffers, offset, flags=0, /)")]
    fn preadv(vm: &Vm, fd: i32, buffers: &Value, offset: i64, flags: i32) -> PyResult<usize> {
        scatter(vm, buffers, |s| vm.host().preadv(fd, s, offset, flags))
    }

    #[pyfn("pwritev(fd, buffers, offset, flags=0, /)")]
    fn pwritev(vm: &Vm, fd: i32, buffers: &Value, offset: i64, flags: i32) -> PyResult<usize> {
        let data = super::buffers(vm, buffers)?;
        util::retry_os(vm, || vm.host().pwritev(fd, &gather(&data), offset, flags))
    }

    #[pyfn("lseek(fd, position, whence, /)")]
    fn lseek(vm: &Vm, fd: i32, position: i64, whence: i32) -> PyResult<i64> {
        let r = vm.allow_threads(|| vm.host().lseek(fd, position, whence));
        util::os(vm, r)
    }

    #[pyfn("ftruncate(fd, length, /)")]
    fn ftruncate(vm: &Vm, fd: i32, length: i64) -> PyResult<()> {
        util::retry_os(vm, || vm.host().ftruncate(fd, length))
    }

    #[pyfn("fsync(fd)")]
    fn fsync(vm: &Vm, fd: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        util::retry_os(vm, || vm.host().fsync(fd))
    }

    #[pyfn("fdatasync(fd)")]
    fn fdatasync(vm: &Vm, fd: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        util::retry_os(vm, || vm.host().fdatasync(fd))
    }

    #[pyfn("sync()")]
    fn sync(vm: &Vm) {
        vm.allow_threads(|| vm.host().sync());
    }

    #[pyfn("dup(fd, /)")]
    fn dup(vm: &Vm, fd: i32) -> PyResult<i32> {
        util::os(vm, vm.host().dup(fd))
    }

    #[pyfn("dup2(fd, fd2, inheritable=True)")]
    fn dup2(vm: &Vm, fd: i32, fd2: i32, inheritable: bool) -> PyResult<i32> {
        util::retry_os(vm, || vm.host().dup2(fd, fd2, inheritable))
    }

    #[pyfn("pipe()")]
    fn pipe(vm: &Vm) -> PyResult<(i32, i32)> {
        util::os(vm, vm.host().pipe2(libc::O_CLOEXEC))
    }

    #[pyfn("pipe2(flags, /)")]
    fn pipe2(vm: &Vm, flags: i32) -> PyResult<(i32, i32)> {
        util::os(vm, vm.host().pipe2(flags))
    }

    #[pyfn("isatty(fd, /)")]
    fn isatty(vm: &Vm, fd: i32) -> bool {
        vm.host().isatty(fd)
    }

    #[pyfn("ttyname(fd, /)")]
    fn ttyname(vm: &Vm, fd: i32) -> PyResult<Value> {
        Ok(util::fs_decode(vm, &util::os(vm, vm.host().ttyname(fd))?))
    }

    #[pyfn("ctermid()")]
    fn ctermid(vm: &Vm) -> PyResult<Value> {
        Ok(util::fs_decode(vm, &util::os(vm, vm.host().ctermid())?))
    }

    #[pyfn("openpty()")]
    fn openpty(vm: &Vm) -> PyResult<(i32, i32)> {
        util::os(vm, vm.host().openpty())
    }

    #[pyfn("login_tty(fd, /)")]
    fn login_tty(vm: &Vm, fd: i32) -> PyResult<()> {
        util::os(vm, vm.host().login_tty(fd))
    }

    #[pyfn("tcgetpgrp(fd, /)")]
    fn tcgetpgrp(vm: &Vm, fd: i32) -> PyResult<i32> {
        util::os(vm, vm.host().tcgetpgrp(fd))
    }

    #[pyfn("tcsetpgrp(fd, pgid, /)")]
    fn tcsetpgrp(vm: &Vm, fd: i32, pgid: i32) -> PyResult<()> {
        util::os(vm, vm.host().tcsetpgrp(fd, pgid))
    }

    #[pyfn("get_terminal_size(fd=<unrepresentable>, /)")]
    fn get_terminal_size(vm: &Vm, fd: Option<i32>) -> PyResult<Value> {
        let (columns, lines) = util::os(vm, vm.host().terminal_size(fd.unwrap_or(1)))?;
        make(vm, &stat::TERMINAL_SIZE, vec![vm.new_int(i64::from(columns)), vm.new_int(i64::from(lines))])
    }

    #[pyfn("device_encoding(fd)")]
    fn device_encoding(vm: &Vm, fd: i32) -> Option<&'static str> {
        vm.host().isatty(fd).then_some("utf-8")
    }

    #[pyfn("get_inheritable(fd, /)")]
    fn get_inheritable(vm: &Vm, fd: i32) -> PyResult<bool> {
        util::os(vm, vm.host().get_inheritable(fd))
    }

    #[pyfn("set_inheritable(fd, inheritable, /)")]
    fn set_inheritable(vm: &Vm, fd: i32, inheritable: i32) -> PyResult<()> {
        util::os(vm, vm.host().set_inheritable(fd, inheritable != 0))
    }

    #[pyfn("get_blocking(fd, /)")]
    fn get_blocking(vm: &Vm, fd: i32) -> PyResult<bool> {
        util::os(vm, vm.host().get_blocking(fd))
    }

    #[pyfn("set_blocking(fd, blocking, /)")]
    fn set_blocking(vm: &Vm, fd: i32, blocking: bool) -> PyResult<()> {
        util::os(vm, vm.host().set_blocking(fd, blocking))
    }

    #[pyfn("lockf(fd, command, length, /)")]
    fn lockf(vm: &Vm, fd: i32, command: i32, length: i64) -> PyResult<()> {
        util::retry_os(vm, || vm.host().posix_lockf(fd, command, length))
    }

    #[pyfn("posix_fallocate(fd, offset, length, /)")]
    fn posix_fallocate(vm: &Vm, fd: i32, offset: i64, length: i64) -> PyResult<()> {
        util::retry_os(vm, || vm.host().posix_fallocate(fd, offset, length))
    }

    #[pyfn("posix_fadvise(fd, offset, length, advice, /)")]
    fn posix_fadvise(vm: &Vm, fd: i32, offset: i64, length: i64, advice: i32) -> PyResult<()> {
        util::retry_os(vm, || vm.host().posix_fadvise(fd, offset, length, advice))
    }

    #[pyfn("sendfile(out_fd, in_fd, offset, count)")]
    fn sendfile(vm: &Vm, out_fd: i32, in_fd: i32, offset: &Value, count: isize) -> PyResult<usize> {
        let offset = if offset.is_none() { None } else { Some(i64::from_arg(vm, offset)?) };
        let count = usize::try_from(count).unwrap_or(0);
        util::retry_os(vm, || vm.host().sendfile(out_fd, in_fd, offset, count))
    }

    #[pyfn("copy_file_range(src, dst, count, offset_src=None, offset_dst=None)")]
    fn copy_file_range(
        vm: &Vm,
        src: i32,
        dst: i32,
        count: isize,
        offset_src: Option<i64>,
        offset_dst: Option<i64>,
    ) -> PyResult<usize> {
        let Ok(count) = usize::try_from(count) else {
            return Err(vm.value_error("negative value for 'count' not allowed"));
        };
        util::retry_os(vm, || vm.host().copy_file_range(src, dst, count, offset_src, offset_dst))
    }

    #[pyfn("splice(src, dst, count, offset_src=None, offset_dst=None, flags=0)")]
    fn splice(
        vm: &Vm,
        src: i32,
        dst: i32,
        count: isize,
        offset_src: Option<i64>,
        offset_dst: Option<i64>,
        flags: u32,
    ) -> PyResult<usize> {
        let Ok(count) = usize::try_from(count) else {
            return Err(vm.value_error("negative value for 'count' not allowed"));
        };
        util::retry_os(vm, || vm.host().splice(src, dst, count, offset_src, offset_dst, flags))
    }

    #[pyfn("memfd_create(name, flags=1)")]
    fn memfd_create(vm: &Vm, name: &Value, flags: u32) -> PyResult<i32> {
        let name = util::fs_convert(vm, name)?;
        util::os(vm, vm.host().memfd_create(&name, flags))
    }

    #[pyfn("eventfd(initval, flags=524288)")]
    fn eventfd(vm: &Vm, initval: u32, flags: i32) -> PyResult<i32> {
        util::os(vm, vm.host().eventfd(initval, flags))
    }

    #[pyfn("eventfd_read(fd)")]
    fn eventfd_read(vm: &Vm, fd: i32) -> PyResult<u64> {
        let mut b = [0; 8];
        util::retry_os(vm, || vm.host().read(fd, &mut b))?;
        Ok(u64::from_ne_bytes(b))
    }

    #[pyfn("eventfd_write(fd, value)")]
    fn eventfd_write(vm: &Vm, fd: i32, value: u64) -> PyResult<()> {
        util::retry_os(vm, || vm.host().write(fd, &value.to_ne_bytes())).map(drop)
    }

    #[pyfn("getxattr(path, attribute, *, follow_symlinks=True)")]
    fn getxattr(vm: &Vm, path: &Value, attribute: &Value, follow_symlinks: bool) -> PyResult<Gc<Bytes>> {
        let p = args::path(vm, "getxattr", "path", path, May::Fd)?;
        let name = args::path(vm, "getxattr", "attribute", attribute, May::Path)?;
        let r = vm.allow_threads(|| vm.host().getxattr(which(&p, follow_symlinks), &name.bytes));
        Ok(vm.new_bytes(&p.check(vm, r)?))
    }

    #[pyfn("setxattr(path, attribute, value, flags=0, *, follow_symlinks=True)")]
    fn setxattr(
        vm: &Vm,
        path: &Value,
        attribute: &Value,
        value: &Value,
        flags: i32,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let p = args::path(vm, "setxattr", "path", path, May::Fd)?;
        let name = args::path(vm, "setxattr", "attribute", attribute, May::Path)?;
        let data = util::to_bytes(vm, value)?;
        let r =
            vm.allow_threads(|| vm.host().setxattr(which(&p, follow_symlinks), &name.bytes, &data, flags));
        p.check(vm, r)
    }

    #[pyfn("removexattr(path, attribute, *, follow_symlinks=True)")]
    fn removexattr(vm: &Vm, path: &Value, attribute: &Value, follow_symlinks: bool) -> PyResult<()> {
        let p = args::path(vm, "removexattr", "path", path, May::Fd)?;
        let name = args::path(vm, "removexattr", "attribute", attribute, May::Path)?;
        let r = vm.allow_threads(|| vm.host().removexattr(which(&p, follow_symlinks), &name.bytes));
        p.check(vm, r)
    }

    #[pyfn("listxattr(path=None, *, follow_symlinks=True)")]
    fn listxattr(vm: &Vm, #[raw] path: Option<&Value>, follow_symlinks: bool) -> PyResult<Vec<Value>> {
        let p = dirs::directory(vm, "listxattr", path)?;
        let r = vm.allow_threads(|| vm.host().listxattr(which(&p, follow_symlinks)));
        Ok(p.check(vm, r)?.iter().map(|n| util::fs_decode(vm, n)).collect())
    }

    #[pyfn("pathconf(path, name)")]
    fn pathconf(vm: &Vm, path: &Value, name: &Value) -> PyResult<i64> {
        let p = args::path(vm, "pathconf", "path", path, May::Fd)?;
        let name = conf_name(vm, name, numbers::PATHCONF_NAMES)?;
        let r = match p.fd {
            Some(fd) => vm.host().fpathconf(fd, name),
            None => vm.host().pathconf(&p.bytes, name),
        };
        p.check(vm, r)
    }

    #[pyfn("fpathconf(fd, name, /)")]
    fn fpathconf(vm: &Vm, fd: &Value, name: &Value) -> PyResult<i64> {
        let fd = args::fileno(vm, fd)?;
        let name = conf_name(vm, name, numbers::PATHCONF_NAMES)?;
        util::os(vm, vm.host().fpathconf(fd, name))
    }

    #[pyfn("sysconf(name, /)")]
    fn sysconf(vm: &Vm, name: &Value) -> PyResult<i64> {
        let name = conf_name(vm, name, numbers::SYSCONF_NAMES)?;
        util::os(vm, vm.host().sysconf(name))
    }

    #[pyfn("confstr(name, /)")]
    fn confstr(vm: &Vm, name: &Value) -> PyResult<Value> {
        let name = conf_name(vm, name, numbers::CONFSTR_NAMES)?;
        Ok(util::os(vm, vm.host().confstr(name))?.map_or(Value::NONE, |b| util::fs_decode(vm, &b)))
    }

    #[pyfn("_create_environ()")]
    fn create_environ(vm: &Vm) -> PyResult<Value> {
        environ(vm)
    }

    #[pyfn("putenv(name, value, /)")]
    fn putenv(vm: &Vm, name: &Value, value: &Value) -> PyResult<()> {
        let (name, value) = (util::fs_convert(vm, name)?, util::fs_convert(vm, value)?);
        if name.contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        audit(vm, "os.putenv", &[vm.new_bytes(&name).into_value(), vm.new_bytes(&value).into_value()])?;
        util::os(vm, vm.host().setenv(&name, &value))
    }

    #[pyfn("unsetenv(name, /)")]
    fn unsetenv(vm: &Vm, name: &Value) -> PyResult<()> {
        let name = util::fs_convert(vm, name)?;
        audit(vm, "os.unsetenv", &[vm.new_bytes(&name).into_value()])?;
        util::os(vm, vm.host().unsetenv(&name))
    }

    #[pyfn("strerror(code, /)")]
    fn strerror(_vm: &Vm, code: i32) -> String {
        HostError(code).message()
    }

    #[pyfn("urandom(size, /)")]
    fn urandom(vm: &Vm, size: isize) -> PyResult<Gc<Bytes>> {
        let Ok(n) = usize::try_from(size) else {
            return Err(vm.value_error("negative argument not allowed"));
        };
        let mut b = util::zeroed(vm, n)?;
        util::retry_os(vm, || vm.host().random_bytes(&mut b))?;
        Ok(vm.new_bytes(&b))
    }

    #[pyfn("getrandom(size, flags=0)")]
    fn getrandom(vm: &Vm, size: isize, flags: u32) -> PyResult<Gc<Bytes>> {
        let Ok(n) = usize::try_from(size) else { return Err(vm.os_error(HostError::EINVAL, None)) };
        let mut b = util::zeroed(vm, n)?;
        let n = util::retry_os(vm, || vm.host().getrandom(&mut b, flags))?;
        Ok(vm.new_bytes(b.get(..n).unwrap_or(&b)))
    }

    #[pyfn("_is_inputhook_installed()")]
    fn _is_inputhook_installed(_vm: &Vm) -> bool {
        false
    }

    /// Return the number of logical CPUs in the system.
    ///
    /// Return None if indeterminable.
    #[pyfn("cpu_count()")]
    fn cpu_count(vm: &Vm) -> Option<usize> {
        vm.config.cpu_count.or_else(|| vm.host().cpu_count())
    }

    #[pyfn("getloadavg()")]
    fn getloadavg(vm: &Vm) -> PyResult<(f64, f64, f64)> {
        match vm.host().getloadavg() {
            Ok([a, b, c]) => Ok((a, b, c)),
            Err(_) => Err(vm.raise_new(&exc::OSError, "Load averages are unobtainable")),
        }
    }

    #[pyfn("uname()")]
    fn uname(vm: &Vm) -> PyResult<Value> {
        let u = util::os(vm, vm.host().uname())?;
        let values = [u.sysname, u.nodename, u.release, u.version, u.machine];
        make(vm, &stat::UNAME_RESULT, values.iter().map(|b| util::fs_decode(vm, b)).collect())
    }

    #[pyfn("times()")]
    fn times(vm: &Vm) -> PyResult<Value> {
        let t = util::os(vm, vm.host().times())?;
        let per = t.ticks_per_second.max(1) as f64;
        let values = [t.user, t.system, t.children_user, t.children_system, t.elapsed];
        make(vm, &stat::TIMES_RESULT, values.iter().map(|n| vm.new_float(*n as f64 / per)).collect())
    }

    #[pyfn("umask(mask, /)")]
    fn umask(vm: &Vm, mask: i32) -> PyResult<u32> {
        util::os(vm, vm.host().umask(mask as u32))
    }

    #[pyfn("getpid()")]
    fn getpid(vm: &Vm) -> i32 {
        vm.host().getpid()
    }
    #[pyfn("getppid()")]
    fn getppid(vm: &Vm) -> i32 {
        vm.host().getppid()
    }
    #[pyfn("getuid()")]
    fn getuid(vm: &Vm) -> u32 {
        vm.host().getuid()
    }
    #[pyfn("geteuid()")]
    fn geteuid(vm: &Vm) -> u32 {
        vm.host().geteuid()
    }
    #[pyfn("getgid()")]
    fn getgid(vm: &Vm) -> u32 {
        vm.host().getgid()
    }
    #[pyfn("getegid()")]
    fn getegid(vm: &Vm) -> u32 {
        vm.host().getegid()
    }
    #[pyfn("getresuid()")]
    fn getresuid(vm: &Vm) -> PyResult<(u32, u32, u32)> {
        util::os(vm, vm.host().getresuid())
    }
    #[pyfn("getresgid()")]
    fn getresgid(vm: &Vm) -> PyResult<(u32, u32, u32)> {
        util::os(vm, vm.host().getresgid())
    }
    #[pyfn("setuid(uid, /)")]
    fn setuid(vm: &Vm, uid: &Value) -> PyResult<()> {
        let n = args::id(vm, "uid", uid)?;
        util::os(vm, vm.host().setuid(n))
    }
    #[pyfn("seteuid(euid, /)")]
    fn seteuid(vm: &Vm, euid: &Value) -> PyResult<()> {
        let n = args::id(vm, "uid", euid)?;
        util::os(vm, vm.host().seteuid(n))
    }
    #[pyfn("setgid(gid, /)")]
    fn setgid(vm: &Vm, gid: &Value) -> PyResult<()> {
        let n = args::id(vm, "gid", gid)?;
        util::os(vm, vm.host().setgid(n))
    }
    #[pyfn("setegid(egid, /)")]
    fn setegid(vm: &Vm, egid: &Value) -> PyResult<()> {
        let n = args::id(vm, "gid", egid)?;
        util::os(vm, vm.host().setegid(n))
    }
    #[pyfn("setreuid(ruid, euid, /)")]
    fn setreuid(vm: &Vm, ruid: &Value, euid: &Value) -> PyResult<()> {
        let (a, b) = (args::id(vm, "uid", ruid)?, args::id(vm, "uid", euid)?);
        util::os(vm, vm.host().setreuid(a, b))
    }
    #[pyfn("setregid(rgid, egid, /)")]
    fn setregid(vm: &Vm, rgid: &Value, egid: &Value) -> PyResult<()> {
        let (a, b) = (args::id(vm, "gid", rgid)?, args::id(vm, "gid", egid)?);
        util::os(vm, vm.host().setregid(a, b))
    }
    #[pyfn("setresuid(ruid, euid, suid, /)")]
    fn setresuid(vm: &Vm, ruid: &Value, euid: &Value, suid: &Value) -> PyResult<()> {
        let id = |v| args::id(vm, "uid", v);
        let (a, b, c) = (id(ruid)?, id(euid)?, id(suid)?);
        util::os(vm, vm.host().setresuid(a, b, c))
    }
    #[pyfn("setresgid(rgid, egid, sgid, /)")]
    fn setresgid(vm: &Vm, rgid: &Value, egid: &Value, sgid: &Value) -> PyResult<()> {
        let id = |v| args::id(vm, "gid", v);
        let (a, b, c) = (id(rgid)?, id(egid)?, id(sgid)?);
        util::os(vm, vm.host().setresgid(a, b, c))
    }
    #[pyfn("getgroups()")]
    fn getgroups(vm: &Vm) -> PyResult<Vec<Value>> {
        Ok(util::os(vm, vm.host().getgroups())?.iter().map(|n| vm.new_int(i64::from(*n))).collect())
    }
    #[pyfn("setgroups(groups, /)")]
    fn setgroups(vm: &Vm, groups: &Value) -> PyResult<()> {
        let list = vm.sequence_fast(groups, "setgroups argument must be a sequence")?;
        let ids = list.iter().map(|v| args::id(vm, "gid", v)).collect::<PyResult<Vec<_>>>()?;
        util::os(vm, vm.host().setgroups(&ids))
    }
    #[pyfn("initgroups(username, gid, /)")]
    fn initgroups(vm: &Vm, username: &Value, gid: &Value) -> PyResult<()> {
        let name = util::fs_convert(vm, username)?;
        let gid = args::id(vm, "gid", gid)?;
        util::os(vm, vm.host().initgroups(&name, gid))
    }
    #[pyfn("getgrouplist(user, group, /)")]
    fn getgrouplist(vm: &Vm, user: &Value, group: &Value) -> PyResult<Vec<Value>> {
        let name = util::fs_convert(vm, user)?;
        let gid = args::id(vm, "gid", group)?;
        let list = util::os(vm, vm.host().getgrouplist(&name, gid))?;
        Ok(list.iter().map(|n| vm.new_int(i64::from(*n))).collect())
    }
    #[pyfn("getlogin()")]
    fn getlogin(vm: &Vm) -> PyResult<Value> {
        Ok(util::fs_decode(vm, &util::os(vm, vm.host().getlogin())?))
    }
    #[pyfn("getpgid(pid)")]
    fn getpgid(vm: &Vm, pid: i32) -> PyResult<i32> {
        util::os(vm, vm.host().getpgid(pid))
    }
    #[pyfn("getpgrp()")]
    fn getpgrp(vm: &Vm) -> PyResult<i32> {
        util::os(vm, vm.host().getpgid(0))
    }
    #[pyfn("setpgid(pid, pgrp, /)")]
    fn setpgid(vm: &Vm, pid: i32, pgrp: i32) -> PyResult<()> {
        util::os(vm, vm.host().setpgid(pid, pgrp))
    }
    #[pyfn("setpgrp()")]
    fn setpgrp(vm: &Vm) -> PyResult<()> {
        util::os(vm, vm.host().setpgid(0, 0))
    }
    #[pyfn("getsid(pid, /)")]
    fn getsid(vm: &Vm, pid: i32) -> PyResult<i32> {
        util::os(vm, vm.host().getsid(pid))
    }
    #[pyfn("setsid()")]
    fn setsid(vm: &Vm) -> PyResult<()> {
        util::os(vm, vm.host().setsid()).map(drop)
    }
    #[pyfn("kill(pid, signal, /)")]
    fn kill(vm: &Vm, pid: i32, signal: i32) -> PyResult<()> {
        audit(vm, "os.kill", &[vm.new_int(pid.into()), vm.new_int(signal.into())])?;
        util::os(vm, vm.host().kill(pid, signal))?;
        util::poll(vm)
    }
    #[pyfn("killpg(pgid, signal, /)")]
    fn killpg(vm: &Vm, pgid: i32, signal: i32) -> PyResult<()> {
        util::os(vm, vm.host().killpg(pgid, signal))?;
        util::poll(vm)
    }
    #[pyfn("nice(increment, /)")]
    fn nice(vm: &Vm, increment: i32) -> PyResult<i32> {
        util::os(vm, vm.host().nice(increment))
    }
    #[pyfn("getpriority(which, who)")]
    fn getpriority(vm: &Vm, which: i32, who: i32) -> PyResult<i32> {
        util::os(vm, vm.host().getpriority(which as u32, who as u32))
    }
    #[pyfn("setpriority(which, who, priority)")]
    fn setpriority(vm: &Vm, which: i32, who: i32, priority: i32) -> PyResult<()> {
        util::os(vm, vm.host().setpriority(which as u32, who as u32, priority))
    }
    #[pyfn("sched_get_priority_max(policy)")]
    fn sched_get_priority_max(vm: &Vm, policy: i32) -> PyResult<i32> {
        util::os(vm, vm.host().sched(Sched::MaxPriority(policy)))
    }
    #[pyfn("sched_get_priority_min(policy)")]
    fn sched_get_priority_min(vm: &Vm, policy: i32) -> PyResult<i32> {
        util::os(vm, vm.host().sched(Sched::MinPriority(policy)))
    }
    #[pyfn("sched_getscheduler(pid, /)")]
    fn sched_getscheduler(vm: &Vm, pid: i32) -> PyResult<i32> {
        util::os(vm, vm.host().sched(Sched::Policy(pid)))
    }
    #[pyfn("sched_getparam(pid, /)")]
    fn sched_getparam(vm: &Vm, pid: i32) -> PyResult<Value> {
        let n = util::os(vm, vm.host().sched(Sched::Priority(pid)))?;
        make(vm, &stat::SCHED_PARAM, vec![vm.new_int(i64::from(n))])
    }
    #[pyfn("sched_setscheduler(pid, policy, param, /)")]
    fn sched_setscheduler(vm: &Vm, pid: i32, policy: i32, param: &Value) -> PyResult<()> {
        let n = process::sched_priority(vm, param)?;
        util::os(vm, vm.host().sched_setscheduler(pid, policy, n))
    }
    #[pyfn("sched_setparam(pid, param, /)")]
    fn sched_setparam(vm: &Vm, pid: i32, param: &Value) -> PyResult<()> {
        let n = process::sched_priority(vm, param)?;
        let policy = util::os(vm, vm.host().sched(Sched::Policy(pid)))?;
        util::os(vm, vm.host().sched_setscheduler(pid, policy, n))
    }
    #[pyfn("sched_yield()")]
    fn sched_yield(vm: &Vm) {
        vm.allow_threads(|| vm.host().sched_yield());
    }
    #[pyfn("sched_getaffinity(pid, /)")]
    fn sched_getaffinity(vm: &Vm, pid: i32) -> PyResult<Value> {
        let cpus = util::os(vm, vm.host().sched_getaffinity(pid))?;
        let list = vm.new_list(cpus.iter().map(|n| vm.new_uint(*n as u64)).collect());
        vm.call1(&util::builtin(vm, "set")?, list.as_value())
    }
    #[pyfn("sched_setaffinity(pid, mask, /)")]
    fn sched_setaffinity(vm: &Vm, pid: i32, mask: &Value) -> PyResult<()> {
        let cpus = vm
            .collect(mask)?
            .iter()
            .map(|v| match i32::from_arg(vm, v)? {
                n if n < 0 => Err(vm.value_error("negative CPU number")),
                n => Ok(n as usize),
            })
            .collect::<PyResult<Vec<_>>>()?;
        util::os(vm, vm.host().sched_setaffinity(pid, &cpus))
    }

    #[pyfn("fork()")]
    fn fork(vm: &Vm) -> PyResult<i32> {
        audit(vm, "os.fork", &[])?;
        process::fork(vm, || vm.host().fork())
    }
    #[pyfn("forkpty()")]
    fn forkpty(vm: &Vm) -> PyResult<(i32, i32)> {
        let mut fd = -1;
        let pid = process::fork(vm, || {
            vm.host().forkpty().map(|(pid, master)| {
                fd = master;
                pid
            })
        })?;
        Ok((pid, fd))
    }
    #[pyfn(
        "register_at_fork(*, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)"
    )]
    fn register_at_fork(
        vm: &Vm,
        before: Option<&Value>,
        after_in_child: Option<&Value>,
        after_in_parent: Option<&Value>,
    ) -> PyResult<()> {
        if before.is_none() && after_in_child.is_none() && after_in_parent.is_none() {
            return Err(vm.type_error("At least one argument is required."));
        }
        let hooks = vm.state::<process::AtFork>();
        for (name, f, list) in [
            ("before", before, &hooks.before),
            ("after_in_child", after_in_child, &hooks.child),
            ("after_in_parent", after_in_parent, &hooks.parent),
        ] {
            if let Some(f) = f {
                if !vm.is_callable(f) {
                    return Err(vm.type_error(format_args!(
                        "'{name}' must be callable, not {}",
                        vm.type_of(f).name()
                    )));
                }
                list.with_mut(|l| l.push(f.clone()));
            }
        }
        Ok(())
    }
    #[pyfn("execv(path, argv, /)")]
    fn execv(vm: &Vm, path: &Value, argv: &Value) -> PyResult<Value> {
        audit(vm, "os.exec", &[path.clone(), argv.clone(), Value::NONE])?;
        process::execv(vm, path, argv)
    }
    #[pyfn("execve(path, argv, env)")]
    fn execve(vm: &Vm, path: &Value, argv: &Value, env: &Value) -> PyResult<Value> {
        audit(vm, "os.exec", &[path.clone(), argv.clone(), env.clone()])?;
        process::execve(vm, path, argv, env)
    }
    #[pyfn(
        "posix_spawn(path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=<unrepresentable>, setsigdef=<unrepresentable>, scheduler=<unrepresentable>)"
    )]
    fn posix_spawn(
        vm: &Vm,
        path: &Value,
        argv: &Value,
        env: &Value,
        #[raw] file_actions: Option<&Value>,
        setpgroup: Option<&Value>,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<&Value>,
        setsigdef: Option<&Value>,
        scheduler: Option<&Value>,
    ) -> PyResult<i32> {
        let s = Spawn { file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler };
        audit(vm, "os.posix_spawn", &[path.clone(), argv.clone(), env.clone()])?;
        process::spawn(vm, "posix_spawn", path, argv, env, &s, false)
    }
    #[pyfn(
        "posix_spawnp(path, argv, env, /, *, file_actions=(), setpgroup=<unrepresentable>, resetids=False, setsid=False, setsigmask=<unrepresentable>, setsigdef=<unrepresentable>, scheduler=<unrepresentable>)"
    )]
    fn posix_spawnp(
        vm: &Vm,
        path: &Value,
        argv: &Value,
        env: &Value,
        #[raw] file_actions: Option<&Value>,
        setpgroup: Option<&Value>,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<&Value>,
        setsigdef: Option<&Value>,
        scheduler: Option<&Value>,
    ) -> PyResult<i32> {
        let s = Spawn { file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler };
        audit(vm, "os.posix_spawn", &[path.clone(), argv.clone(), env.clone()])?;
        process::spawn(vm, "posix_spawnp", path, argv, env, &s, true)
    }
    #[pyfn("system(command)")]
    fn system(vm: &Vm, command: &Value) -> PyResult<i32> {
        let command = util::fs_convert(vm, command)?;
        audit(vm, "os.system", &[vm.new_bytes(&command).into_value()])?;
        let r = vm.allow_threads(|| vm.host().system(&command));
        util::os(vm, r)
    }
    #[pyfn("_exit(status)")]
    fn exit_now(vm: &Vm, status: i32) {
        vm.host().exit_now(status)
    }
    #[pyfn("abort()")]
    fn abort(vm: &Vm) {
        vm.host().abort()
    }
    #[pyfn("wait()")]
    fn wait(vm: &Vm) -> PyResult<(i32, i32)> {
        util::retry_os(vm, || vm.host().waitpid(-1, 0))
    }
    #[pyfn("waitpid(pid, options, /)")]
    fn waitpid(vm: &Vm, pid: i32, options: i32) -> PyResult<(i32, i32)> {
        util::retry_os(vm, || vm.host().waitpid(pid, options))
    }
    #[pyfn("wait3(options)")]
    fn wait3(vm: &Vm, options: i32) -> PyResult<Value> {
        process::wait4(vm, -1, options)
    }
    #[pyfn("wait4(pid, options)")]
    fn wait4(vm: &Vm, pid: i32, options: i32) -> PyResult<Value> {
        process::wait4(vm, pid, options)
    }
    #[pyfn("waitid(idtype, id, options, /)")]
    fn waitid(vm: &Vm, idtype: i32, id: i32, options: i32) -> PyResult<Value> {
        process::waitid(vm, idtype as u32, id as u32, options)
    }
    #[pyfn("pidfd_open(pid, flags=0)")]
    fn pidfd_open(vm: &Vm, pid: i32, flags: u32) -> PyResult<i32> {
        util::os(vm, vm.host().pidfd_open(pid, flags))
    }
    #[pyfn("waitstatus_to_exitcode(status)")]
    fn waitstatus_to_exitcode(vm: &Vm, status: i32) -> PyResult<i32> {
        process::exit_code(vm, status)
    }
    #[pyfn("WCOREDUMP(status, /)")]
    fn wcoredump(_vm: &Vm, status: i32) -> bool {
        libc::WCOREDUMP(status)
    }
    #[pyfn("WIFCONTINUED(status)")]
    fn wifcontinued(_vm: &Vm, status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }
    #[pyfn("WIFSTOPPED(status)")]
    fn wifstopped(_vm: &Vm, status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }
    #[pyfn("WIFSIGNALED(status)")]
    fn wifsignaled(_vm: &Vm, status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }
    #[pyfn("WIFEXITED(status)")]
    fn wifexited(_vm: &Vm, status: i32) -> bool {
        libc::WIFEXITED(status)
    }
    #[pyfn("WEXITSTATUS(status)")]
    fn wexitstatus(_vm: &Vm, status: i32) -> i32 {
        libc::WEXITSTATUS(status)
    }
    #[pyfn("WTERMSIG(status)")]
    fn wtermsig(_vm: &Vm, status: i32) -> i32 {
        libc::WTERMSIG(status)
    }
    #[pyfn("WSTOPSIG(status)")]
    fn wstopsig(_vm: &Vm, status: i32) -> i32 {
        libc::WSTOPSIG(status)
    }

    #[pyconst("environ")]
    fn environ_const(vm: &Vm) -> PyResult<Value> {
        environ(vm)
    }
    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&exc::OSError).into_value()
    }

    pytypes!(dirs::DirEntry);

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in numbers::INTS {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        for (name, list) in [
            ("sysconf_names", numbers::SYSCONF_NAMES),
            ("pathconf_names", numbers::PATHCONF_NAMES),
            ("confstr_names", numbers::CONFSTR_NAMES),
        ] {
            vm.set_attr_str(module, name, &names_dict(vm, list))?;
        }
        let have = numbers::HAVE_FUNCTIONS.iter().map(|s| vm.new_str(s).into_value()).collect();
        vm.set_attr_str(module, "_have_functions", vm.new_list(have).as_value())?;
        for (name, seq) in [
            ("stat_result", &stat::STAT_RESULT),
            ("statvfs_result", &stat::STATVFS_RESULT),
            ("terminal_size", &stat::TERMINAL_SIZE),
            ("times_result", &stat::TIMES_RESULT),
            ("uname_result", &stat::UNAME_RESULT),
            ("waitid_result", &stat::WAITID_RESULT),
            ("sched_param", &stat::SCHED_PARAM),
        ] {
            vm.set_attr_str(module, name, class(vm, seq).as_value())?;
        }
        Ok(())
    }
}

/// A path that is only text: NULs are allowed.
fn plain_path(vm: &Vm, func: &str, arg: &str, v: &Value) -> PyResult<Path> {
    if let Some(s) = v.downcast::<Str>() {
        return Ok(Path { value: v.clone(), bytes: s.as_bytes().to_vec(), fd: None, is_bytes: false });
    }
    if let Some(b) = v.downcast::<Bytes>() {
        return Ok(Path { value: v.clone(), bytes: b.as_bytes().to_vec(), fd: None, is_bytes: true });
    }
    args::path(vm, func, arg, v, May::Path)
}

/// A part of such a path.
fn plain_name(vm: &Vm, p: &Path, part: &[u8]) -> Value {
    match taipan_text::Wtf8::from_bytes(part) {
        Some(text) if p.value.is_instance_of::<Str>() => vm.new_wtf8(text).into_value(),
        _ => p.name(vm, part),
    }
}
