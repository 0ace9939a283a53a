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
pub fn make_interpolation(vm: &Vm, _v: &Value, _t: &Value, _c: &Value, _s: &Value) -> PyResult<Value> {
    missing(vm, "Interpolation")
}
pub fn make_template(vm: &Vm, _s: &Value, _i: &Value) -> PyResult<Value> {
    missing(vm, "Template")
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
pub fn unraisable(vm: &Vm, e: Value, _obj: &Value, _msg: &str) {
    let _ = (vm, e);
}
pub fn typevar(
    vm: &Vm,
    _name: &Value,
    _bound: Option<&Value>,
    _constraints: Option<&Value>,
) -> PyResult<Value> {
    missing(vm, "TypeVar")
}
pub fn paramspec(vm: &Vm, _name: &Value) -> PyResult<Value> {
    missing(vm, "ParamSpec")
}
pub fn typevartuple(vm: &Vm, _name: &Value) -> PyResult<Value> {
    missing(vm, "TypeVarTuple")
}
pub fn subscript_generic(vm: &Vm, _v: &Value) -> PyResult<Value> {
    missing(vm, "Generic")
}
pub fn typealias(vm: &Vm, _v: &Value) -> PyResult<Value> {
    missing(vm, "TypeAliasType")
}
pub fn set_typeparam_default(vm: &Vm, _p: &Value, _f: &Value) -> PyResult<Value> {
    missing(vm, "TypeVar")
}
