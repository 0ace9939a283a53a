//! Native modules that show the machine itself.

pub mod abc;
pub mod builtins;
pub mod codecs;
pub mod gc;
pub mod scope;
pub mod string;
pub mod sys;
pub mod typing;
pub mod weakref;

use crate::native::ModuleDef;
use crate::prelude::*;

/// The modules of this crate.
#[rustfmt::skip]
pub static ALL: &[&ModuleDef] = &[
    &abc::abc::MODULE,
    &builtins::builtins::MODULE,
    &codecs::module::MODULE,
    &gc::gc::MODULE,
    &string::string::MODULE,
    &sys::sys::MODULE,
    &typing::typing::MODULE,
    &weakref::weakref::MODULE,
];

/// A module by its full name: from `sys.modules`, else imported by `builtins.__import__`.
pub fn import_module(vm: &Vm, name: &str) -> PyResult<Value> {
    let key = vm.intern(name);
    let loaded = || vm.modules.get().and_then(|m| m.get_str(vm, &key)).filter(|m| !m.is_none());
    if let Some(m) = loaded() {
        return Ok(m);
    }
    let Some(import) = vm.builtins.get().and_then(|b| b.get_str(vm, &vm.names.__import__)) else {
        return Err(vm.raise_new(&crate::errors::exc::ImportError, "__import__ not found"));
    };
    let top = vm.call1(&import, key.as_value())?;
    Ok(loaded().unwrap_or(top))
}
