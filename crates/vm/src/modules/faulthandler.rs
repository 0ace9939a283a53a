//! `faulthandler`: the traceback of the running thread on demand. A runtime without memory errors has no faults to
//! handle: `enable` only says so. Timers and signal handlers are not there.

use crate::prelude::*;
use std::cell::Cell;

#[derive(Default)]
struct FaultState {
    enabled: Cell<bool>,
}

/// The descriptor to write to.
fn descriptor(vm: &Vm, file: Option<&Value>) -> PyResult<i32> {
    let file = match file.filter(|f| !f.is_none()) {
        Some(f) => f.clone(),
        None => match vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.stderr)) {
            Some(f) if !f.is_none() => f,
            Some(_) => return Err(vm.runtime_error("sys.stderr is None")),
            None => return Err(vm.runtime_error("unable to get sys.stderr")),
        },
    };
    if let Some(n) = file.as_int() {
        return i32::try_from(n)
            .ok()
            .filter(|n| *n >= 0)
            .ok_or_else(|| vm.value_error("file is not a valid file descriptor"));
    }
    let fd = vm.call_method_name(&file, &vm.names.fileno, &[])?;
    let fd = vm.index_i64(&fd, "file.fileno() is not a valid file descriptor")?;
    let Some(fd) = i32::try_from(fd).ok().filter(|n| *n >= 0) else {
        return Err(vm.runtime_error("file.fileno() is not a valid file descriptor"));
    };
    if vm.call_method_name(&file, &vm.names.flush, &[]).is_err() {
        drop(vm.take_raised());
    }
    Ok(fd)
}

/// Frames of the running thread, the innermost first.
fn frames_text(vm: &Vm) -> String {
    let mut out = format!("Current thread {:#018x} (most recent call first):\n", vm as *const Vm as usize);
    let mut at = vm.top_frame();
    let mut n = 0;
    while let Some(f) = at {
        if n == 100 {
            out.push_str("  ...\n");
            break;
        }
        out.push_str(&format!(
            "  File \"{}\", line {} in {}\n",
            f.code().filename(vm).to_string_lossy(),
            f.line(),
            f.code().name(vm).to_string_lossy()
        ));
        n += 1;
        at = vm.thread.below(f);
    }
    out
}

/// faulthandler module.
#[pymodule(name = "faulthandler")]
pub mod faulthandler {
    use super::*;

    /// Enable the fault handler.
    #[pyfn("enable(file=sys.stderr, all_threads=True)")]
    fn enable(vm: &Vm, #[raw] file: Option<&Value>, _all_threads: bool) -> PyResult<()> {
        descriptor(vm, file)?;
        vm.state::<FaultState>().enabled.set(true);
        Ok(())
    }

    /// Disable the fault handler.
    #[pyfn("disable()")]
    fn disable(vm: &Vm) -> bool {
        vm.state::<FaultState>().enabled.replace(false)
    }

    /// Check if the handler is enabled.
    #[pyfn("is_enabled()")]
    fn is_enabled(vm: &Vm) -> bool {
        vm.state::<FaultState>().enabled.get()
    }

    /// Dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    #[pyfn("dump_traceback(file=sys.stderr, all_threads=True)")]
    fn dump_traceback(vm: &Vm, #[raw] file: Option<&Value>, _all_threads: bool) -> PyResult<()> {
        let fd = descriptor(vm, file)?;
        let text = frames_text(vm);
        match vm.host().write(fd, text.as_bytes()) {
            Ok(_) => Ok(()),
            Err(e) => Err(vm.os_error(e, None)),
        }
    }
}
