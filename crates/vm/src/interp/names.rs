//! Names: globals, builtins, namespaces, closures, imports.

use super::cache::{Kind, SiteCache};
use super::frame::Frame;
use crate::errors::{Raised, exc};
use crate::object::ValueExt;
use crate::types::cell::Cell;
use crate::types::{Dict, Str};
use crate::{PyResult, Value, Vm};
use taipan_heap::Gc;

/// The cell in a register.
#[inline(always)]
pub fn cell_at(slot: &Option<Value>) -> Option<&Gc<Cell>> {
    slot.as_ref()?.downcast_exact::<Cell>()
}

/// Cell `i` of the running function's closure.
#[inline(always)]
pub fn free(frame: &Frame, i: u16) -> Option<&Gc<Cell>> {
    let cell = frame.func.as_ref()?.closure.get()?.items().get(i as usize)?;
    // SAFETY: functions are given closures of cells only (`only_cells`).
    Some(unsafe { cell.as_gc_unchecked() })
}

#[cold]
pub fn unbound_local(vm: &Vm, frame: &Frame, slot: u16) -> Raised {
    let name = frame.code().slot_name(slot as usize).unwrap_or_default();
    let name = vm.intern_bytes_lossless(name);
    let e = vm.new_exc(
        &exc::UnboundLocalError,
        format_args!(
            "cannot access local variable '{}' where it is not associated with a value",
            name.to_string_lossy()
        ),
    );
    vm.raise(e)
}

#[cold]
pub fn unbound_free(vm: &Vm, frame: &Frame, i: u16) -> Raised {
    let name = frame.code().data.freevars.get(i as usize).unwrap_or_default();
    let name = vm.intern_bytes_lossless(name);
    vm.name_error(
        &name,
        format_args!(
            "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
            name.to_string_lossy()
        ),
    )
}

/// What code raises that was put together wrongly.
#[cold]
pub fn illegal(vm: &Vm, frame: &Frame) -> Raised {
    let code = frame.code();
    let file = code.filename(vm).to_string_lossy();
    vm.system_error(format_args!("{file}:{}: {}", code.data.firstlineno, code.broken()))
}

#[cold]
fn not_defined(vm: &Vm, name: &Gc<Str>) -> Raised {
    vm.name_error(name, format_args!("name '{}' is not defined", name.to_string_lossy()))
}

/// A dict look-up that honours subclasses with `__missing__` or their own `__getitem__`.
pub fn get_from(vm: &Vm, d: &Gc<Dict>, name: &Gc<Str>) -> PyResult<Option<Value>> {
    if vm.type_of(d.as_value()).is(&vm.types.dict) {
        if d.table.has_only_str_keys() {
            return Ok(d.get_str(vm, name));
        }
        return d.get(vm, name.as_value());
    }
    let r = vm.get_item(crate::types::builtins_mapping::shown(d), name.as_value());
    vm.suppress_key_error(r)
}

#[cold]
#[inline(never)]
pub fn load_global(vm: &Vm, frame: &Frame, name: &Gc<Str>, site: Option<&SiteCache>) -> PyResult<Value> {
    let (g, b) = (frame.globals(), frame.builtins());
    if let Some(s) = site
        && vm.type_of(g.as_value()).is(&vm.types.dict)
        && vm.type_of(b.as_value()).is(&vm.types.dict)
    {
        let (own, table) = match g.table.find_str(vm, name) {
            Some(i) => (Some(i), &g.table),
            None => (None, &b.table),
        };
        if let Some(i) = own.or_else(|| table.find_str(vm, name)) {
            s.offset.set(i as u32);
            if table.version_of_values() != 0
                && let Some(v) = table.value_at(i)
            {
                s.shape.set(v.bits() as *const _);
                s.kind.set(Kind::Known);
            } else {
                s.kind.set(if own.is_some() { Kind::Global } else { Kind::Builtin });
            }
            s.version.set(g.table.version());
            s.value.set(b.table.version());
        }
    }
    if let Some(v) = get_from(vm, g, name)? {
        return Ok(v);
    }
    match get_from(vm, b, name)? {
        Some(v) => Ok(v),
        None => Err(not_defined(vm, name)),
    }
}

pub fn store_global(vm: &Vm, frame: &Frame, name: &Gc<Str>, v: Value) -> PyResult<()> {
    frame.globals().set_str(vm, name, v);
    Ok(())
}

pub fn delete_global(vm: &Vm, frame: &Frame, name: &Gc<Str>) -> PyResult<()> {
    match frame.globals().remove_str(vm, name) {
        Some(_) => Ok(()),
        None => Err(not_defined(vm, name)),
    }
}

/// Looks a name up in a namespace: a dict or any mapping.
fn lookup_in(vm: &Vm, ns: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
    match ns.downcast_exact::<Dict>() {
        Some(d) => Ok(d.get_str(vm, name)),
        None => {
            let r = vm.get_item(ns, name.as_value());
            vm.suppress_key_error(r)
        }
    }
}

pub fn load_name(vm: &Vm, frame: &Frame, name: &Gc<Str>) -> PyResult<Value> {
    if let Some(ns) = &frame.locals
        && let Some(v) = lookup_in(vm, &ns.clone(), name)?
    {
        return Ok(v);
    }
    load_global(vm, frame, name, None)
}

fn namespace(vm: &Vm, frame: &Frame, what: &str, name: &Gc<Str>) -> PyResult<Value> {
    match &frame.locals {
        Some(ns) => Ok(ns.clone()),
        // A module's code that runs as a function has its globals for a namespace.
        None if !frame.code().is_optimized() => Ok(frame.globals().to_value()),
        None => Err(vm.system_error(format_args!("no locals {what} '{}'", name.to_string_lossy()))),
    }
}

pub fn store_name(vm: &Vm, frame: &Frame, name: &Gc<Str>, v: Value) -> PyResult<()> {
    let ns = namespace(vm, frame, "found when storing", name)?;
    match ns.downcast_exact::<Dict>() {
        Some(d) => {
            d.set_str(vm, name, v);
            Ok(())
        }
        None => vm.set_item(&ns, name.as_value(), &v),
    }
}

pub fn delete_name(vm: &Vm, frame: &Frame, name: &Gc<Str>) -> PyResult<()> {
    let ns = namespace(vm, frame, "when deleting", name)?;
    let r = vm.del_item(&ns, name.as_value());
    match vm.suppress(r, &exc::KeyError)? {
        Some(()) => Ok(()),
        None => Err(not_defined(vm, name)),
    }
}

pub fn load_locals(vm: &Vm, frame: &Frame) -> PyResult<Value> {
    match &frame.locals {
        Some(ns) => Ok(ns.clone()),
        None if !frame.code().is_optimized() => Ok(frame.globals().to_value()),
        None => Err(vm.system_error("no locals")),
    }
}

pub fn load_from_dict_or_global(vm: &Vm, frame: &Frame, ns: &Value, name: &Gc<Str>) -> PyResult<Value> {
    match lookup_in(vm, ns, name)? {
        Some(v) => Ok(v),
        None => load_global(vm, frame, name, None),
    }
}

pub fn load_from_dict_or_free(vm: &Vm, frame: &Frame, ns: &Value, i: u16) -> PyResult<Value> {
    let name = vm.intern_bytes_lossless(frame.code().data.freevars.get(i as usize).unwrap_or_default());
    if let Some(v) = lookup_in(vm, ns, &name)? {
        return Ok(v);
    }
    match free(frame, i).and_then(|c| c.contents.get()) {
        Some(v) => Ok(v),
        None => Err(unbound_free(vm, frame, i)),
    }
}

pub fn load_from_dict_or_cell(
    vm: &Vm,
    frame: &Frame,
    ns: &Value,
    slot: &Option<Value>,
    i: u16,
) -> PyResult<Value> {
    let name = vm.intern_bytes_lossless(frame.code().slot_name(i as usize).unwrap_or_default());
    if let Some(v) = lookup_in(vm, ns, &name)? {
        return Ok(v);
    }
    match cell_at(slot).and_then(|c| c.contents.get()) {
        Some(v) => Ok(v),
        None => Err(unbound_local(vm, frame, i)),
    }
}

pub fn setup_annotations(vm: &Vm, frame: &Frame) -> PyResult<()> {
    let name = &vm.names.__annotations__;
    let ns = namespace(vm, frame, "found when setting up annotations", name)?;
    if lookup_in(vm, &ns, name)?.is_none() {
        let d = vm.new_dict().into_value();
        vm.set_item(&ns, name.as_value(), &d)?;
    }
    Ok(())
}

pub fn build_class(vm: &Vm, frame: &Frame) -> PyResult<Value> {
    match get_from(vm, frame.builtins(), &vm.names.__build_class__)? {
        Some(f) => Ok(f),
        None => Err(vm.name_error(&vm.names.__build_class__, "__build_class__ not found")),
    }
}

pub fn import_name(
    vm: &Vm,
    frame: &Frame,
    name: &Gc<Str>,
    level: &Value,
    fromlist: &Value,
) -> PyResult<Value> {
    // A body that has waited is not the program's, whose `__import__` need not hear of it.
    if crate::modules::deferred::runs_body(vm)
        && let Some(level) = level.as_int()
    {
        let globals = frame.globals().to_value();
        if let Some(m) = crate::modules::paths::import(vm, name)? {
            return Ok(m);
        }
        return crate::modules::import::import(
            vm,
            name.as_value(),
            &globals,
            &Value::NONE,
            fromlist,
            level as i32,
        );
    }
    let import = match get_from(vm, frame.builtins(), &vm.names.__import__)? {
        Some(f) => f,
        None => return Err(vm.raise_new(&exc::ImportError, "__import__ not found")),
    };
    let locals = frame.locals.clone().unwrap_or(Value::NONE);
    vm.call(&import, &[name.to_value(), frame.globals().to_value(), locals, fromlist.clone(), level.clone()])
}

/// `from module import name`, with the submodule fallback for circular imports.
pub fn import_from(vm: &Vm, module: &Value, name: &Gc<Str>) -> PyResult<Value> {
    if let Some(v) = vm.lookup_attr(module, name)? {
        return Ok(v);
    }
    let modname = vm.lookup_attr(module, &vm.names.__name__)?;
    if let Some(m) = modname.as_ref().and_then(|m| m.downcast::<Str>()) {
        let full = format!("{}.{}", m.to_string_lossy(), name.to_string_lossy());
        if let Some(mods) = vm.modules.get()
            && let Some(v) = mods.get_str(vm, &vm.new_str(&full))
        {
            return Ok(v);
        }
    }
    super::links::cannot_import_name(vm, module, modname.as_ref(), name)
}

pub fn import_star(vm: &Vm, frame: &Frame, module: &Value) -> PyResult<()> {
    let Some(ns) = frame.locals.clone() else {
        return Err(vm.system_error("no locals found during 'import *'"));
    };
    let all = vm.lookup_attr(module, &vm.names.__all__)?;
    let skip_private = all.is_none();
    let names = match all {
        Some(a) => vm.collect(&a)?,
        None => match vm.lookup_attr(module, &vm.names.__dict__)? {
            Some(d) => {
                let keys = vm.call_method_name(&d, &vm.names.keys, &[])?;
                vm.collect(&keys)?
            }
            None => {
                return Err(
                    vm.raise_new(&exc::ImportError, "from-import-* object has no __dict__ and no __all__")
                );
            }
        },
    };
    for n in names {
        let Some(s) = n.downcast::<Str>() else {
            let modname = vm.get_attr(module, &vm.names.__name__)?;
            let (place, what) = if skip_private { ("Key in", "__dict__") } else { ("Item in", "__all__") };
            return Err(vm.type_error(format_args!(
                "{place} {}.{what} must be str, not {}",
                vm.str(&modname)?.to_string_lossy(),
                vm.type_of(&n).name()
            )));
        };
        if skip_private && s.as_bytes().first() == Some(&b'_') {
            continue;
        }
        let v = vm.get_attr(module, s)?;
        match ns.downcast_exact::<Dict>() {
            Some(d) => d.set(vm, &n, v)?,
            None => vm.set_item(&ns, &n, &v)?,
        }
    }
    Ok(())
}
