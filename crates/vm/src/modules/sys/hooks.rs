//! The hooks of `sys` as they are at the start: `displayhook`, `excepthook`, `unraisablehook`, `breakpointhook`.

use super::{UNRAISABLE_ARGS, print_exception_text, write_stderr};
use crate::errors::{BaseException, exc};
use crate::modules::import_module;
use crate::prelude::*;
use crate::types::structseq;
use crate::types::traceback::Traceback;
use taipan_text::wtf8::Wtf8Buf;

fn sys_attr(vm: &Vm, name: &str) -> Option<Value> {
    vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern(name)))
}

pub fn display(vm: &Vm, v: &Value) -> PyResult<()> {
    let Some(builtins) = vm.modules.get().and_then(|m| m.get_str(vm, &vm.names.builtins)) else {
        return Err(vm.runtime_error("lost builtins module"));
    };
    if v.is_none() {
        return Ok(());
    }
    let underscore = vm.intern("_");
    vm.set_attr(&builtins, &underscore, &Value::NONE)?;
    let Some(out) = sys_attr(vm, "stdout").filter(|o| !o.is_none()) else {
        return Err(vm.runtime_error("lost sys.stdout"));
    };
    let text = vm.repr(v)?;
    let written = vm.call_method_name(&out, &vm.names.write, &[text.to_value()]);
    if written.is_err() {
        if !vm.raised_is(&exc::UnicodeEncodeError) {
            return Err(Raised);
        }
        drop(vm.take_raised());
        write_escaped(vm, &out, &text)?;
    }
    vm.call_method_name(&out, &vm.names.write, &[vm.new_str("\n").into_value()])?;
    vm.set_attr(&builtins, &underscore, v)
}

/// Writes text that the stream's encoding does not have, with backslashes.
fn write_escaped(vm: &Vm, out: &Value, text: &Gc<Str>) -> PyResult<()> {
    let encoding = vm.get_attr(out, &vm.names.encoding)?;
    let handler = vm.new_str("backslashreplace").into_value();
    let bytes = vm.call_method_name(text.as_value(), &vm.names.encode, &[encoding.clone(), handler])?;
    if let Some(buffer) = vm.lookup_attr_str(out, "buffer")? {
        vm.call_method_name(&buffer, &vm.names.write, &[bytes])?;
        return Ok(());
    }
    let strict = vm.names.strict.to_value();
    let text = vm.call_method_name(&bytes, &vm.names.decode, &[encoding, strict])?;
    vm.call_method_name(out, &vm.names.write, &[text]).map(drop)
}

/// Prints an exception with its traceback, as `traceback` does, or simpler if that cannot be.
pub fn except(vm: &Vm, value: &Value, tb: &Value) -> PyResult<()> {
    if let Some(b) = value.downcast::<BaseException>()
        && !b.traceback.is_some()
        && tb.is_instance_of::<Traceback>()
    {
        b.traceback.set(Some(tb.clone()));
    }
    print_exception(vm, value);
    Ok(())
}

/// Prints an exception on `sys.stderr`.
pub fn print_exception(vm: &Vm, value: &Value) {
    let Some(file) = sys_attr(vm, "stderr") else {
        write_simple(vm, value);
        return;
    };
    if file.is_none() {
        return;
    }
    let printed = import_module(vm, "traceback")
        .and_then(|m| vm.call_method(&m, "_print_exception_bltin", std::slice::from_ref(value)));
    if printed.is_err() {
        drop(vm.take_raised());
        write_simple(vm, value);
    }
    if vm.call_method_name(&file, &vm.names.flush, &[]).is_err() {
        drop(vm.take_raised());
    }
}

/// Traceback, class and text without `traceback`'s help: no source lines, no chain.
fn write_simple(vm: &Vm, value: &Value) {
    let mut out = Wtf8Buf::new();
    if !vm.is_exception(value) {
        out.push_str(&format!(
            "TypeError: print_exception(): Exception expected for value, {} found\n",
            vm.type_of(value).name()
        ));
        write_stderr(vm, out.as_wtf8());
        return;
    }
    let tb = value.downcast::<BaseException>().and_then(|b| b.traceback.get());
    push_traceback(vm, &mut out, tb);
    out.push_wtf8(print_exception_text(vm, value).as_wtf8());
    write_stderr(vm, out.as_wtf8());
}

/// The entries of a traceback, without source lines.
pub fn push_traceback(vm: &Vm, out: &mut Wtf8Buf, tb: Option<Value>) {
    let mut at = tb.and_then(|t| t.downcast::<Traceback>().cloned());
    if at.is_some() {
        out.push_str("Traceback (most recent call last):\n");
    }
    while let Some(t) = at {
        let code = &t.frame.code;
        out.push_str("  File \"");
        out.push_wtf8(code.filename(vm).as_wtf8());
        out.push_str(&format!("\", line {}, in ", t.line().unwrap_or(0)));
        out.push_wtf8(code.qualname(vm).as_wtf8());
        out.push_str("\n");
        at = t.next.get().and_then(|t| t.downcast::<Traceback>().cloned());
    }
}

pub fn unraisable(vm: &Vm, args: &Value) -> PyResult<()> {
    if !vm.type_of(args).is(&structseq::class(vm, &UNRAISABLE_ARGS)) {
        return Err(vm.type_error("sys.unraisablehook argument type must be UnraisableHookArgs"));
    }
    let Some(t) = args.downcast::<Tuple>() else { return Ok(()) };
    if let [_, value, tb, msg, obj] = t.items() {
        let msg = msg.downcast::<Str>().map(|m| m.to_string_lossy().into_owned()).unwrap_or_default();
        let _ = tb;
        super::write_unraisable_text(vm, value, &msg, obj);
    }
    Ok(())
}

/// The traceback with source lines, as `traceback.print_tb` writes it.
pub fn traceback_text(vm: &Vm, out: &mut Wtf8Buf, e: &Value) {
    let Some(tb) = e.downcast::<BaseException>().and_then(|b| b.traceback.get()) else { return };
    let lines = import_module(vm, "traceback")
        .and_then(|m| vm.call_method(&m, "format_tb", std::slice::from_ref(&tb)));
    match lines.and_then(|l| vm.collect(&l)) {
        Ok(lines) => {
            out.push_str("Traceback (most recent call last):\n");
            for l in lines {
                if let Some(l) = l.downcast::<Str>() {
                    out.push_wtf8(l.as_wtf8());
                }
            }
        }
        Err(Raised) => {
            drop(vm.take_raised());
            push_traceback(vm, out, Some(tb));
        }
    }
}

pub fn breakpoint(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
    let wanted =
        if vm.config.flags.ignore_environment != 0 { None } else { vm.host().getenv(b"PYTHONBREAKPOINT") };
    let wanted = wanted.map(|w| String::from_utf8_lossy(&w).into_owned()).unwrap_or_default();
    let wanted = if wanted.is_empty() { "pdb.set_trace" } else { wanted.as_str() };
    if wanted == "0" {
        return Ok(Value::NONE);
    }
    let (module, name) = match wanted.rsplit_once('.') {
        Some(("", name)) => ("", name),
        Some((m, name)) => (m, name),
        None => ("builtins", wanted),
    };
    let found = if module.is_empty() {
        Err(vm.raise_new(&exc::ImportError, ""))
    } else {
        import_module(vm, module).and_then(|m| vm.get_attr_str(&m, name))
    };
    match found {
        Ok(f) => vm.call_args(&f, args),
        Err(Raised) => {
            if vm.raised_is(&exc::ImportError)
                || vm.raised_is(&exc::AttributeError)
                || vm.raised_is(&exc::ValueError)
            {
                drop(vm.take_raised());
                vm.warn(
                    &exc::RuntimeWarning,
                    format_args!("Ignoring unimportable $PYTHONBREAKPOINT: \"{wanted}\""),
                    1,
                )?;
                return Ok(Value::NONE);
            }
            Err(Raised)
        }
    }
}
