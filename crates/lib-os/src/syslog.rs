//! Module `syslog`.

use crate::util;
use std::cell::{Cell, RefCell};
use taipan_vm::modules::sys::audit;
use taipan_vm::prelude::*;

/// Whether the log is open, and as whom.
#[derive(Default)]
struct State {
    open: Cell<bool>,
    ident: RefCell<Option<Vec<u8>>>,
}

/// The program's name without its folders.
fn own_name(vm: &Vm) -> Option<Vec<u8>> {
    let argv = vm.sys_dict.get()?.get_str(vm, &vm.intern("argv"))?;
    let first = argv.downcast::<List>()?.get(0)?;
    let text = util::path_bytes(vm, &first).ok()?;
    let name = text.rsplit(|b| *b == b'/').next()?.to_vec();
    Some(name).filter(|n| !n.is_empty())
}

fn open(vm: &Vm, ident: Option<Vec<u8>>, option: i32, facility: i32) -> PyResult<()> {
    let ident = ident.or_else(|| own_name(vm));
    let shown = match &ident {
        Some(i) => util::fs_decode(vm, i),
        None => Value::NONE,
    };
    audit(vm, "syslog.openlog", &[shown, option.into_py(vm)?, facility.into_py(vm)?])?;
    vm.host().openlog(ident.as_deref(), option, facility);
    let s = vm.state::<State>();
    *s.ident.borrow_mut() = ident;
    s.open.set(true);
    Ok(())
}

const CONSTANTS: &[(&str, i64)] = &[
    ("LOG_EMERG", 0),
    ("LOG_ALERT", 1),
    ("LOG_CRIT", 2),
    ("LOG_ERR", 3),
    ("LOG_WARNING", 4),
    ("LOG_NOTICE", 5),
    ("LOG_INFO", 6),
    ("LOG_DEBUG", 7),
    ("LOG_PID", 1),
    ("LOG_CONS", 2),
    ("LOG_ODELAY", 4),
    ("LOG_NDELAY", 8),
    ("LOG_NOWAIT", 16),
    ("LOG_PERROR", 32),
    ("LOG_KERN", 0),
    ("LOG_USER", 8),
    ("LOG_MAIL", 16),
    ("LOG_DAEMON", 24),
    ("LOG_AUTH", 32),
    ("LOG_SYSLOG", 40),
    ("LOG_LPR", 48),
    ("LOG_NEWS", 56),
    ("LOG_UUCP", 64),
    ("LOG_CRON", 72),
    ("LOG_AUTHPRIV", 80),
    ("LOG_FTP", 88),
    ("LOG_LOCAL0", 128),
    ("LOG_LOCAL1", 136),
    ("LOG_LOCAL2", 144),
    ("LOG_LOCAL3", 152),
    ("LOG_LOCAL4", 160),
    ("LOG_LOCAL5", 168),
    ("LOG_LOCAL6", 176),
    ("LOG_LOCAL7", 184),
];

#[pymodule(name = "syslog")]
pub mod syslog {
    use super::*;

    /// Set logging options of subsequent syslog() calls.
    #[pyfn(no_text, "openlog(ident=<unrepresentable>, logoption=0, facility=8)")]
    fn openlog(vm: &Vm, ident: Option<&str>, logoption: i32, facility: i32) -> PyResult<()> {
        open(vm, ident.map(|i| i.as_bytes().to_vec()), logoption, facility)
    }

    /// syslog([priority=LOG_INFO,] message)
    ///
    /// Send the string message to the system logger.
    #[pyfn(raw, "syslog")]
    fn syslog(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let (priority, message) = match args.pos() {
            [message] => (6, message),
            [priority, message] => (i32::from_arg(vm, priority)?, message),
            _ => return Err(vm.type_error("syslog.syslog requires 1 to 2 arguments")),
        };
        let text = <&str>::from_arg(vm, message)?.as_bytes().to_vec();
        audit(vm, "syslog.syslog", &[priority.into_py(vm)?, message.clone()])?;
        if !vm.state::<State>().open.get() {
            open(vm, None, 0, 8)?;
        }
        vm.allow_threads(|| vm.host().syslog(priority, &text));
        Ok(Value::NONE)
    }

    /// Reset the syslog module values and call the system library closelog().
    #[pyfn("closelog()")]
    fn closelog(vm: &Vm) -> PyResult<()> {
        audit(vm, "syslog.closelog", &[])?;
        let s = vm.state::<State>();
        if s.open.replace(false) {
            vm.host().closelog();
            *s.ident.borrow_mut() = None;
        }
        Ok(())
    }

    /// Set the priority mask to maskpri and return the previous mask value.
    #[pyfn("setlogmask(maskpri, /)")]
    fn setlogmask(vm: &Vm, maskpri: i32) -> PyResult<i32> {
        audit(vm, "syslog.setlogmask", &[maskpri.into_py(vm)?])?;
        Ok(vm.host().setlogmask(maskpri))
    }

    /// Calculates and returns the mask for the individual priority pri.
    #[pyfn("LOG_MASK(pri, /)")]
    fn log_mask(_vm: &Vm, pri: i32) -> i32 {
        1_i32.checked_shl(pri as u32).unwrap_or(0)
    }

    /// Calculates and returns the mask for all priorities up to and including pri.
    #[pyfn("LOG_UPTO(pri, /)")]
    fn log_upto(_vm: &Vm, pri: i32) -> i32 {
        1_i32.checked_shl((pri as u32).wrapping_add(1)).unwrap_or(0).wrapping_sub(1)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in CONSTANTS {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }
}
