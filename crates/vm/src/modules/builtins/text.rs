//! `print` and `input`.

use crate::errors::exc;
use crate::prelude::*;

/// An attribute of `sys` that may be gone or `None`.
fn sys_attr(vm: &Vm, name: &Gc<Str>) -> Option<Value> {
    vm.sys_dict.get().and_then(|d| d.get_str(vm, name)).filter(|v| !v.is_none())
}

fn separator(vm: &Vm, v: Option<&Value>, default: &str, name: &str) -> PyResult<Value> {
    match v {
        Some(v) if v.is_instance_of::<Str>() => Ok(v.clone()),
        Some(v) if !v.is_none() => {
            Err(vm.type_error(format_args!("{name} must be None or a string, not {}", vm.type_of(v).name())))
        }
        _ => Ok(vm.new_str(default).into_value()),
    }
}

pub fn print(
    vm: &Vm,
    args: &[Value],
    sep: Option<&Value>,
    end: Option<&Value>,
    file: Option<&Value>,
    flush: bool,
) -> PyResult<()> {
    let file = match file.filter(|f| !f.is_none()) {
        Some(f) => f.clone(),
        None => {
            let Some(d) = vm.sys_dict.get() else { return Err(vm.runtime_error("lost sys.stdout")) };
            match d.get_str(vm, &vm.names.stdout) {
                None => return Err(vm.runtime_error("lost sys.stdout")),
                Some(f) if f.is_none() => return Ok(()),
                Some(f) => f,
            }
        }
    };
    let sep = separator(vm, sep, " ", "sep")?;
    let end = separator(vm, end, "\n", "end")?;
    let write = |v: &Value| -> PyResult<()> {
        let s = vm.str(v)?.into_value();
        vm.call_method_name(&file, &vm.names.write, std::slice::from_ref(&s)).map(drop)
    };
    for (i, v) in args.iter().enumerate() {
        if i > 0 {
            write(&sep)?;
        }
        write(v)?;
    }
    write(&end)?;
    if flush {
        vm.call_method_name(&file, &vm.names.flush, &[])?;
    }
    Ok(())
}

/// Flushes a stream; what it raises is of no interest here.
fn flush_quietly(vm: &Vm, file: &Value) {
    if vm.call_method_name(file, &vm.names.flush, &[]).is_err() {
        drop(vm.take_raised());
    }
}

pub fn input(vm: &Vm, prompt: Option<&Value>) -> PyResult<Value> {
    let lost = |name: &str| vm.runtime_error(format_args!("input(): lost sys.{name}"));
    let Some(stdin) = sys_attr(vm, &vm.names.stdin) else { return Err(lost("stdin")) };
    let Some(stdout) = sys_attr(vm, &vm.names.stdout) else { return Err(lost("stdout")) };
    let Some(stderr) = sys_attr(vm, &vm.names.stderr) else { return Err(lost("stderr")) };
    let shown = prompt.cloned().unwrap_or(Value::NONE);
    crate::modules::sys::audit(vm, "builtins.input", &[shown])?;
    flush_quietly(vm, &stderr);
    if let Some(prompt) = prompt {
        let s = vm.str(prompt)?.into_value();
        vm.call_method_name(&stdout, &vm.names.write, &[s])?;
    }
    flush_quietly(vm, &stdout);
    let line = vm.call_method_name(&stdin, &vm.names.readline, &[])?;
    let Some(text) = line.downcast::<Str>() else {
        return Err(vm.type_error("object.readline() returned non-string"));
    };
    if text.is_empty() {
        return Err(vm.raise_new(&exc::EOFError, "EOF when reading a line"));
    }
    crate::modules::sys::audit(vm, "builtins.input/result", std::slice::from_ref(&line))?;
    let w = text.as_wtf8();
    if w.as_bytes().ends_with(b"\n") {
        return Ok(vm.new_wtf8(w.slice_to(w.len() - 1)).into_value());
    }
    Ok(line)
}
