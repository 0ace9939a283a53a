//! `__import__`: what is loaded already is answered here, the rest is done by `importlib`.

use crate::errors::exc;
use crate::prelude::*;

/// Whether a module is still being imported (by any thread).
fn initializing(vm: &Vm, module: &Value) -> PyResult<bool> {
    let Some(spec) = vm.lookup_attr(module, &vm.names.__spec__)? else { return Ok(false) };
    if spec.is_none() {
        return Ok(false);
    }
    match vm.lookup_attr(&spec, &vm.names._initializing)? {
        Some(v) => vm.is_true(&v),
        None => Ok(false),
    }
}

/// A module that is loaded completely.
fn loaded(vm: &Vm, name: &Gc<Str>) -> PyResult<Option<Value>> {
    let Some(m) = vm.modules.get().and_then(|m| m.get_str(vm, name)) else { return Ok(None) };
    if m.is_none() || initializing(vm, &m)? {
        return Ok(None);
    }
    Ok(Some(m))
}

pub fn import(
    vm: &Vm,
    name: &Value,
    globals: &Value,
    locals: &Value,
    fromlist: &Value,
    level: i32,
) -> PyResult<Value> {
    let Some(text) = name.downcast::<Str>() else {
        return Err(vm.type_error("module name must be a string"));
    };
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    if text.is_empty() && level == 0 {
        return Err(vm.value_error("Empty module name"));
    }
    if level == 0
        && let Some(module) = loaded(vm, text)?
    {
        if vm.is_true(fromlist)? {
            // Names of a plain module are its attributes; a package may have to import submodules.
            if vm.lookup_attr(&module, &vm.names.__path__)?.is_none() {
                return Ok(module);
            }
        } else {
            let bytes = text.as_bytes();
            match bytes.iter().position(|&b| b == b'.') {
                None => return Ok(module),
                Some(dot) => {
                    let top = vm.new_wtf8(text.as_wtf8().slice_to(dot));
                    if let Some(top) = loaded(vm, &top)? {
                        return Ok(top);
                    }
                }
            }
        }
    }
    let key = vm.intern("_frozen_importlib");
    let Some(importlib) = vm.modules.get().and_then(|m| m.get_str(vm, &key)) else {
        return Err(vm.raise_new(
            &exc::ImportError,
            format_args!("import of {} before importlib is there", vm.repr_text(name)?),
        ));
    };
    let level = vm.new_int(level as i64);
    let args = [name.clone(), globals.clone(), locals.clone(), fromlist.clone(), level];
    vm.call_method_name(&importlib, &vm.names.__import__, &args)
}
