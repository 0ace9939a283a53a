//! Processes: `fork` with its hooks, `exec`, results of `wait`.

use super::args::{self, May};
use super::stat::{WAITID_RESULT, rusage};
use crate::util;
use taipan_host::{FileAction, SpawnAttributes};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::structseq::make;

/// What `register_at_fork` collected.
#[derive(Default)]
pub struct AtFork {
    pub before: Guarded<Vec<Value>>,
    pub child: Guarded<Vec<Value>>,
    pub parent: Guarded<Vec<Value>>,
}

fn run_all(vm: &Vm, hooks: Vec<Value>) {
    for f in hooks {
        if vm.call0(&f).is_err() {
            vm.unraisable("Exception ignored in", Some(&f));
        }
    }
}

/// `fork` with the hooks around it.
pub fn fork(vm: &Vm, f: impl FnOnce() -> taipan_host::HostResult<i32>) -> PyResult<i32> {
    if taipan_vm::modules::sys::is_finalizing(vm) {
        return Err(vm.raise_new(&exc::PythonFinalizationError, "can't fork at interpreter shutdown"));
    }
    let hooks = vm.state::<AtFork>();
    let mut before = hooks.before.get();
    before.reverse();
    run_all(vm, before);
    let r = f();
    if matches!(r, Ok(0)) {
        crate::thread::after_fork_child(vm);
        run_all(vm, hooks.child.get());
    } else {
        run_all(vm, hooks.parent.get());
    }
    util::os(vm, r)
}

fn argv(vm: &Vm, func: &str, v: &Value) -> PyResult<Vec<Vec<u8>>> {
    if !v.is_instance_of::<Tuple>() && !v.is_instance_of::<List>() {
        return Err(vm.type_error(format_args!("{func}() arg 2 must be a tuple or list")));
    }
    let list = args::strings(vm, v)?;
    match list.first() {
        None => Err(vm.value_error(format_args!("{func}() arg 2 must not be empty"))),
        Some(first) if first.is_empty() => {
            Err(vm.value_error(format_args!("{func}() arg 2 first element cannot be empty")))
        }
        Some(_) => Ok(list),
    }
}

pub fn execv(vm: &Vm, path: &Value, list: &Value) -> PyResult<Value> {
    let p = args::path(vm, "execv", "path", path, May::Path)?;
    let list = argv(vm, "execv", list)?;
    Err(util::os::<()>(vm, Err(vm.host().execve(&p.bytes, &list, None))).err().unwrap_or(Raised))
}

pub fn execve(vm: &Vm, path: &Value, list: &Value, env: &Value) -> PyResult<Value> {
    let p = args::path(vm, "execve", "path", path, May::Fd)?;
    let list = argv(vm, "execve", list)?;
    let env = args::environment(vm, "execve", env)?;
    let e = match p.fd {
        Some(fd) => vm.host().fexecve(fd, &list, &env),
        None => vm.host().execve(&p.bytes, &list, Some(&env)),
    };
    Err(p.error(vm, e))
}

pub fn wait4(vm: &Vm, pid: i32, options: i32) -> PyResult<Value> {
    let (pid, status, usage) = util::retry_os(vm, || vm.host().wait4(pid, options))?;
    let items = vec![vm.new_int(i64::from(pid)), vm.new_int(i64::from(status)), rusage(vm, &usage)?];
    Ok(vm.new_tuple(items).into_value())
}

pub fn waitid(vm: &Vm, id_type: u32, id: u32, options: i32) -> PyResult<Value> {
    match util::retry_os(vm, || vm.host().waitid(id_type, id, options))? {
        None => Ok(Value::NONE),
        Some(i) => {
            let values = [
                i64::from(i.pid),
                i64::from(i.uid),
                i64::from(i.signo),
                i64::from(i.status),
                i64::from(i.code),
            ];
            make(vm, &WAITID_RESULT, values.iter().map(|n| vm.new_int(*n)).collect())
        }
    }
}

/// `waitstatus_to_exitcode`.
pub fn exit_code(vm: &Vm, status: i32) -> PyResult<i32> {
    if libc::WIFEXITED(status) {
        return Ok(libc::WEXITSTATUS(status));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(-libc::WTERMSIG(status));
    }
    if libc::WIFSTOPPED(status) {
        let n = libc::WSTOPSIG(status);
        return Err(vm.value_error(format_args!("process stopped by delivery of signal {n}")));
    }
    Err(vm.value_error(format_args!("invalid wait status: {status}")))
}

/// The keyword arguments of `posix_spawn`.
pub struct Spawn<'a> {
    pub file_actions: Option<&'a Value>,
    pub setpgroup: Option<&'a Value>,
    pub resetids: bool,
    pub setsid: bool,
    pub setsigmask: Option<&'a Value>,
    pub setsigdef: Option<&'a Value>,
    pub scheduler: Option<&'a Value>,
}

fn signal_set(vm: &Vm, v: Option<&Value>) -> PyResult<Option<u64>> {
    match v {
        None => Ok(None),
        Some(v) => crate::signal::signal_set(vm, v).map(Some),
    }
}

pub fn spawn(
    vm: &Vm,
    func: &str,
    path: &Value,
    list: &Value,
    env: &Value,
    s: &Spawn<'_>,
    search: bool,
) -> PyResult<i32> {
    let p = args::path(vm, func, "path", path, May::Path)?;
    let list = argv(vm, func, list)?;
    let env = if env.is_none() { None } else { Some(args::environment(vm, func, env)?) };
    let mut actions = Vec::new();
    if let Some(v) = s.file_actions.filter(|v| !v.is_none()) {
        for action in vm.collect(v)? {
            let bad = || vm.type_error("Each file_actions element must be a non-empty tuple");
            let parts = action.downcast::<Tuple>().map(|t| t.items().to_vec()).ok_or_else(bad)?;
            let number = |v: &Value| args::i32_of(vm, v, "fd");
            let kind = parts.first().ok_or_else(bad)?;
            match (number(kind)?, parts.get(1..).unwrap_or(&[])) {
                (0, [fd, path, flags, mode]) => actions.push(FileAction::Open {
                    fd: number(fd)?,
                    path: util::fs_convert(vm, path)?,
                    flags: number(flags)?,
                    mode: u32::from_arg(vm, mode)?,
                }),
                (1, [fd]) => actions.push(FileAction::Close(number(fd)?)),
                (2, [from, to]) => {
                    actions.push(FileAction::Dup2 { from: number(from)?, to: number(to)? });
                }
                (3, [fd]) => actions.push(FileAction::CloseFrom(number(fd)?)),
                (0..=3, _) => {
                    return Err(vm.type_error("A file_actions element has the wrong number of items"));
                }
                _ => return Err(vm.type_error("Unknown file_actions identifier")),
            }
        }
    }
    let scheduler = match s.scheduler.filter(|v| !v.is_none()) {
        None => None,
        Some(v) if v.downcast::<Tuple>().is_none() => {
            return Err(vm.type_error(format_args!("{func}: scheduler must be a tuple or None")));
        }
        Some(v) => match v.downcast::<Tuple>().map(|t| t.items().to_vec()).as_deref() {
            Some([policy, param]) => {
                let policy = if policy.is_none() { None } else { Some(args::i32_of(vm, policy, "policy")?) };
                Some((policy, sched_priority(vm, param)?))
            }
            _ => return Err(vm.type_error("A scheduler tuple must have two elements")),
        },
    };
    let attributes = SpawnAttributes {
        setpgroup: s.setpgroup.filter(|v| !v.is_none()).map(|v| i32::from_arg(vm, v)).transpose()?,
        resetids: s.resetids,
        setsid: s.setsid,
        setsigmask: signal_set(vm, s.setsigmask)?,
        setsigdef: signal_set(vm, s.setsigdef)?,
        scheduler,
        search,
    };
    let r = vm.host().posix_spawn(&p.bytes, &list, env.as_deref(), &actions, &attributes);
    p.check(vm, r)
}

/// The priority in a `sched_param`.
pub fn sched_priority(vm: &Vm, v: &Value) -> PyResult<i32> {
    match v.downcast::<Tuple>().and_then(|t| t.get(0).cloned()) {
        Some(n) => args::i32_of(vm, &n, "sched_priority"),
        None => Err(vm.type_error("must have a sched_param object")),
    }
}

const _: Option<&taipan_vm::types::typedef::TypeDef> = Some(&exc::OSError);
