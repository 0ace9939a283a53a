//! Module `_posixsubprocess`: one function that starts a child.

use crate::posix::args;
use crate::util;
use taipan_host::ForkExec;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// A POSIX helper for the subprocess module.
#[pymodule(name = "_posixsubprocess")]
pub mod _posixsubprocess {
    use super::*;

    /// Spawn a fresh new child process.
    ///
    /// Fork a child process, close parent file descriptors as appropriate in the
    /// child and duplicate the few that are needed before calling exec() in the
    /// child process.
    ///
    /// If close_fds is True, close file descriptors 3 and higher, except those listed
    /// in the sorted tuple pass_fds.
    ///
    /// The preexec_fn, if supplied, will be called immediately before closing file
    /// descriptors and exec.
    #[pyfn(
        "fork_exec(args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)"
    )]
    fn fork_exec(
        vm: &Vm,
        args: &Value,
        executable_list: &Value,
        close_fds: bool,
        pass_fds: &Value,
        cwd: &Value,
        env: &Value,
        p2cread: i32,
        p2cwrite: i32,
        c2pread: i32,
        c2pwrite: i32,
        errread: i32,
        errwrite: i32,
        errpipe_read: i32,
        errpipe_write: i32,
        restore_signals: bool,
        call_setsid: bool,
        pgid_to_set: i32,
        gid: &Value,
        extra_groups: &Value,
        uid: &Value,
        child_umask: i32,
        preexec_fn: &Value,
    ) -> PyResult<i32> {
        if !preexec_fn.is_none() && taipan_vm::modules::sys::is_finalizing(vm) {
            let text = "preexec_fn not supported at interpreter shutdown";
            return Err(vm.raise_new(&exc::PythonFinalizationError, text));
        }
        let mut keep = Vec::new();
        let mut last = -1;
        for fd in vm.collect(pass_fds)? {
            let fd = i32::from_arg(vm, &fd)?;
            if fd < 0 || fd <= last {
                return Err(vm.value_error("bad value(s) in fds_to_keep"));
            }
            last = fd;
            keep.push(fd);
        }
        if close_fds && errpipe_write < 3 {
            return Err(vm.value_error("errpipe_write must be >= 3"));
        }
        let told = [executable_list.clone(), args.clone(), env.clone()];
        taipan_vm::modules::sys::audit(vm, "_posixsubprocess.fork_exec", &told)?;
        let argv = if args.is_none() { Vec::new() } else { super::args::strings(vm, args)? };
        let text = |v: &Value| -> PyResult<Option<Vec<u8>>> {
            if v.is_none() { Ok(None) } else { util::fs_convert(vm, v).map(Some) }
        };
        let id = |what: &str, v: &Value| -> PyResult<Option<u32>> {
            if v.is_none() { Ok(None) } else { super::args::id(vm, what, v).map(Some) }
        };
        let groups = if extra_groups.is_none() {
            None
        } else {
            let list = vm.sequence_fast(extra_groups, "setgroups argument must be a sequence")?;
            let group = |g: &Value| {
                super::args::id(vm, "gid", g).map_err(|Raised| {
                    drop(vm.take_raised());
                    vm.value_error("invalid group id")
                })
            };
            Some(list.iter().map(group).collect::<PyResult<Vec<_>>>()?)
        };
        let bytes_list = |v: &Value| -> PyResult<Vec<Vec<u8>>> {
            vm.collect(v)?.iter().map(|b| util::to_bytes(vm, b)).collect()
        };
        let request = ForkExec {
            argv,
            executables: bytes_list(executable_list)?,
            close_fds,
            keep,
            cwd: text(cwd)?,
            env: if env.is_none() { None } else { Some(bytes_list(env)?) },
            p2cread,
            p2cwrite,
            c2pread,
            c2pwrite,
            errread,
            errwrite,
            errpipe_read,
            errpipe_write,
            restore_signals,
            setsid: call_setsid,
            pgid: pgid_to_set,
            gid: id("gid", gid)?,
            groups,
            uid: id("uid", uid)?,
            umask: child_umask,
        };
        if preexec_fn.is_none() {
            return util::os(vm, vm.host().fork_exec(&request));
        }
        // With a function to be called in the child, the child is a fork that then becomes the program.
        if !vm.is_callable(preexec_fn) {
            return Err(vm.type_error("preexec_fn must be callable"));
        }
        let pid = crate::posix::process::fork(vm, || vm.host().fork())?;
        if pid != 0 {
            return Ok(pid);
        }
        let mut before = || {
            let fine = vm.call0(preexec_fn).is_ok();
            if !fine {
                drop(vm.take_raised());
            }
            fine
        };
        let e = vm.host().become_program(&request, &mut before);
        let _ = vm.host().write(errpipe_write, format!("OSError:{:X}:", e.errno()).as_bytes());
        vm.host().exit_now(255)
    }
}

const _: Option<&taipan_vm::types::typedef::TypeDef> = Some(&exc::OSError);
