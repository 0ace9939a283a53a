//! The half of importing that knows paths (`_frozen_importlib_external`, the library's finder, `zipimport`) is half the work
//! of making an interpreter. It waits until somebody imports what is not in `sys.modules`, or looks at `sys.meta_path`,
//! `sys.path_hooks` or the modules themselves.
//!
//! I1  While it waits, nobody has seen the two lists: attributes of `sys` go through `deferred::before_get`, its dict as a
//!     whole is given away by `deferred::complete` only.

use super::deferred::{self, Missing};
use crate::prelude::*;
use crate::types::module::Module;
use std::cell::Cell;

/// What waits.
#[derive(Default)]
pub struct PathState {
    /// What makes it all.
    run: Cell<Option<fn(&Vm) -> PyResult<()>>>,
    /// The modules that lack it, `sys` first.
    modules: Guarded<Vec<Gc<Module>>>,
    /// What `sys.modules` had at the start, whatever the program may have done to it since.
    known: Guarded<Vec<(Value, Value)>>,
}

/// Attributes of `sys` that show it.
const LISTS: [&str; 2] = ["meta_path", "path_hooks"];

/// Python modules that it makes.
const MODULES: [&str; 3] = ["_frozen_importlib_external", "_library_importer", "zipimport"];

/// Whether it is still to be made, or being made.
pub fn waits(vm: &Vm) -> bool {
    vm.state::<PathState>().run.get().is_some()
}

/// While it waits, or is being made: a module that was in `sys.modules` at the start.
pub fn module(vm: &Vm, name: &[u8]) -> Option<Value> {
    let named = |k: &Value| k.downcast::<Str>().is_some_and(|k| k.as_bytes() == name);
    let state = vm.state::<PathState>();
    state.known.with(|known| known.iter().find(|(k, _)| named(k)).map(|(_, m)| m.clone()))
}

/// An import by what is being made: the start's modules, whatever the program has put in their places.
pub fn import(vm: &Vm, name: &Gc<Str>) -> PyResult<Option<Value>> {
    if !waits(vm) {
        return Ok(None);
    }
    if let Some(m) = module(vm, name.as_bytes()) {
        return Ok(Some(m));
    }
    let blocked = vm.modules.get().and_then(|all| all.get_str(vm, name)).is_some_and(|m| m.is_none());
    match name.as_str() {
        Some(name) if blocked => super::imp::make_builtin(vm, name),
        _ => Ok(None),
    }
}

/// Whether an attribute of a module that lacks it shows that.
pub fn shows(vm: &Vm, m: &Gc<Module>, name: &Gc<Str>) -> bool {
    let is_sys = vm.sys_dict.get().is_some_and(|d| d.is(&m.dict));
    !is_sys || LISTS.iter().any(|known| known.as_bytes() == name.as_bytes())
}

/// Puts it off: `run` will make it. `sys.modules` has what it brings at once.
pub fn put_off(vm: &Vm, sys: &Value, run: fn(&Vm) -> PyResult<()>) {
    let mut modules: Vec<Gc<Module>> = sys.downcast::<Module>().cloned().into_iter().collect();
    for name in ["_io", "marshal", "posix"] {
        deferred::defer_native(vm, name);
    }
    for name in MODULES {
        modules.extend(deferred::enter(vm, name, Missing::Paths));
        if name == "_library_importer" {
            deferred::defer_native(vm, "_frozen_library");
        }
    }
    for m in &modules {
        m.missing.set(Missing::Paths);
    }
    if let Some(lib) = vm.state::<super::import::ImportState>().importlib.get()
        && let Some(lib) = lib.downcast::<Module>()
        && let Some(external) = modules.get(1)
    {
        lib.dict.set_str(vm, &vm.intern("_bootstrap_external"), external.to_value());
    }
    let state = vm.state::<PathState>();
    drop(state.modules.replace(modules));
    drop(state.known.replace(vm.modules.get().map_or(Vec::new(), |all| all.pairs())));
    state.run.set(Some(run));
}

/// Makes it now, if it waits. Another thread that is making it is waited for.
pub fn make(vm: &Vm) -> PyResult<()> {
    let state = vm.state::<PathState>();
    let Some(run) = state.run.get() else { return Ok(()) };
    let modules = state.modules.with(Vec::clone);
    let Some(sys) = modules.first() else { return Ok(()) };
    while !deferred::settled(vm, sys)? {
        deferred::fill_with(vm, &modules, || {
            reset(vm)?;
            run(vm)
        })?;
        state.run.set(None);
        drop(state.modules.take());
        drop(state.known.take());
    }
    Ok(())
}

/// The lists as they were at first: an attempt before this one may have failed.
fn reset(vm: &Vm) -> PyResult<()> {
    for (name, keep) in LISTS.into_iter().zip([2, 0]) {
        let list = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern(name)));
        if let Some(list) = list.as_ref().and_then(|l| l.downcast::<List>())
            && list.len() > keep
        {
            let rest = vm.new_slice(vm.new_int(keep as i64), Value::NONE, Value::NONE);
            vm.del_item(list.as_value(), rest.as_value())?;
        }
    }
    Ok(())
}

/// Nobody will want it any more: the interpreter ends.
pub fn give_up(vm: &Vm) {
    let state = vm.state::<PathState>();
    state.run.set(None);
    drop(state.known.take());
    for m in state.modules.take() {
        if matches!(m.missing.get(), Missing::Paths) {
            m.missing.set(Missing::Nothing);
        }
    }
}
