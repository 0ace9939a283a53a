//! `sys`.

use crate::errors::BaseException;
use crate::prelude::*;
use crate::structseq;
use crate::types::structseq as seq;
use taipan_text::wtf8::Wtf8Buf;

structseq! {
    /// UnraisableHookArgs
    ///
    /// Type used to pass arguments to sys.unraisablehook.
    pub UNRAISABLE_ARGS = "UnraisableHookArgs" in "builtins", 5, [
        ("exc_type", "Exception type"), ("exc_value", "Exception value"), ("exc_traceback", "Exception traceback"),
        ("err_msg", "Error message"), ("object", "Object causing the exception")
    ];
}

/// Calls `sys.unraisablehook` for an exception that nobody can catch. `msg`: the text in front of the object's `repr`, by
/// default `Exception ignored in`.
pub fn call_unraisable_hook(vm: &Vm, e: Value, obj: &Value, msg: &str) {
    let tb = e.downcast::<BaseException>().and_then(|b| b.traceback.get()).unwrap_or(Value::NONE);
    let text = if msg.is_empty() { Value::NONE } else { vm.new_str(msg).into_value() };
    let values = vec![vm.type_of(&e).to_value(), e.clone(), tb, text, obj.clone()];
    let hook = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.unraisablehook));
    if let Some(hook) = hook.filter(|h| !h.is_none())
        && let Ok(args) = seq::make(vm, &UNRAISABLE_ARGS, values)
    {
        if vm.call1(&hook, &args).is_ok() {
            return;
        }
        let second = vm.take_raised();
        write_unraisable_text(vm, &second, "Exception ignored in sys.unraisablehook", &hook);
        return;
    }
    write_unraisable_text(vm, &e, msg, obj);
}

/// Writes to `sys.stderr`, or to descriptor 2 when there is none.
pub fn write_stderr(vm: &Vm, text: &taipan_text::wtf8::Wtf8) {
    let file = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.stderr));
    if let Some(f) = file
        && !f.is_none()
    {
        let s = vm.new_wtf8(text).into_value();
        match vm.call_method_name(&f, &vm.names.write, &[s]) {
            Ok(_) => return,
            Err(Raised) => drop(vm.take_raised()),
        }
    }
    let _ = vm.host().write(2, text.to_string_lossy().as_bytes());
}

/// `module.Class` of an exception, without `builtins` and `__main__`.
fn shown_class(vm: &Vm, ty: &Value) -> String {
    let part = |name: &Gc<Str>| -> Option<String> {
        match vm.lookup_attr(ty, name) {
            Ok(v) => v?.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()),
            Err(Raised) => {
                drop(vm.take_raised());
                None
            }
        }
    };
    let name = part(&vm.names.__qualname__).unwrap_or_else(|| "<unknown>".to_string());
    match part(&vm.names.__module__) {
        Some(m) if m == "builtins" || m == "__main__" => name,
        Some(m) => format!("{m}.{name}"),
        None => format!("<unknown>.{name}"),
    }
}

/// What the built-in `sys.unraisablehook` prints.
pub fn write_unraisable_text(vm: &Vm, e: &Value, msg: &str, obj: &Value) {
    let mut out = Wtf8Buf::new();
    if obj.is_none() {
        if !msg.is_empty() {
            out.push_str(msg);
            out.push_str(":\n");
        }
    } else {
        out.push_str(if msg.is_empty() { "Exception ignored in" } else { msg });
        out.push_str(": ");
        match vm.repr(obj) {
            Ok(r) => out.push_wtf8(r.as_wtf8()),
            Err(Raised) => {
                drop(vm.take_raised());
                out.push_str("<object repr() failed>");
            }
        }
        out.push_str("\n");
    }
    out.push_wtf8(print_exception_text(vm, e).as_wtf8());
    write_stderr(vm, out.as_wtf8());
}

/// Class and text of an exception, without traceback.
fn print_exception_text(vm: &Vm, e: &Value) -> Wtf8Buf {
    let mut out = Wtf8Buf::new();
    out.push_str(&shown_class(vm, vm.type_of(e).as_value()));
    match vm.str(e) {
        Ok(s) if s.is_empty() => {}
        Ok(s) => {
            out.push_str(": ");
            out.push_wtf8(s.as_wtf8());
        }
        Err(Raised) => {
            drop(vm.take_raised());
            out.push_str(": <exception str() failed>");
        }
    }
    out.push_str("\n");
    out
}

/// Raises an auditing event.
pub fn audit(vm: &Vm, event: &str, args: &[Value]) -> PyResult<()> {
    let _ = (vm, event, args);
    Ok(())
}
