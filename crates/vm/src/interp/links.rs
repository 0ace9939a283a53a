//! Links from the interpreter to types that are being made in other files. Each entry becomes a direct call when its type
//! is there.

use crate::native::FnDef;
use crate::prelude::*;

fn missing<T>(vm: &Vm, what: &str) -> PyResult<T> {
    Err(vm.system_error(format_args!("{what} is not linked")))
}

pub fn set_from(vm: &Vm, _items: &[Value]) -> PyResult<Value> {
    missing(vm, "set")
}
pub fn frozenset_from(vm: &Vm, _items: &[Value]) -> PyResult<Value> {
    missing(vm, "frozenset")
}
pub fn set_add(vm: &Vm, _set: &Value, _item: &Value) -> PyResult<()> {
    missing(vm, "set")
}
pub fn make_interpolation(
    vm: &Vm,
    v: &Value,
    text: &Value,
    conversion: &Value,
    spec: &Value,
) -> PyResult<Value> {
    crate::types::template::make_interpolation(vm, v, text, conversion, spec)
}
pub fn make_template(vm: &Vm, strings: &Value, interpolations: &Value) -> PyResult<Value> {
    crate::types::template::make_template(vm, strings, interpolations)
}
pub fn definition(_v: &Value) -> Option<(&'static FnDef, bool)> {
    None
}
pub fn cannot_import_name(
    vm: &Vm,
    _module: &Value,
    _modname: Option<&Value>,
    name: &Gc<Str>,
) -> PyResult<Value> {
    Err(vm.raise_new(
        &crate::errors::exc::ImportError,
        format_args!("cannot import name '{}'", name.to_string_lossy()),
    ))
}
pub fn is_builtin_super(_vm: &Vm, _v: &Value) -> bool {
    false
}
pub fn super_lookup(
    _vm: &Vm,
    _cls: &Gc<Type>,
    _zelf: &Value,
    _name: &Gc<Str>,
    _method: bool,
) -> PyResult<Option<(Value, bool)>> {
    Ok(None)
}
pub use crate::modules::typing::make_paramspec as paramspec;
pub use crate::modules::typing::make_typealias as typealias;
pub use crate::modules::typing::make_typevar as typevar;
pub use crate::modules::typing::make_typevartuple as typevartuple;
pub use crate::modules::typing::{set_typeparam_default, subscript_generic};
