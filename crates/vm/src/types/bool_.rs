//! `bool`: the two truth values, which are ints of a class that cannot be derived from.

use super::int::arith;
use super::numbers::Bool;
use crate::errors::exc;
use crate::native::CallArgs;
use crate::object::Type;
use crate::types::numbers::Int;
use crate::types::typedef::{SlotDefs, Slots};
use crate::{PyResult, Value, Vm};
use taipan_heap::Gc;
use taipan_macros::{pymethods, pytype};

/// Returns True when the argument is true, False otherwise.
/// The builtins True and False are the only two instances of the class bool.
/// The class bool is a subclass of the class int, and cannot be subclassed.
#[pytype(name = "bool", base = Int, signature = "(object=False, /)", flags(LONG_SUBCLASS, MATCH_SELF))]
impl Slots for Bool {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        invert: Some(invert),
        and: Some(and),
        or: Some(or),
        xor: Some(xor),
        ..SlotDefs::NONE
    };
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(vm.intern(if v.is_true() { "True" } else { "False" }).into_value())
}

fn invert(vm: &Vm, v: &Value) -> PyResult<Value> {
    vm.warn(
        &exc::DeprecationWarning,
        "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
        1,
    )?;
    arith::invert(vm, v)
}

fn and(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.as_bool(), b.as_bool()) {
        (Some(x), Some(y)) => Ok(Value::bool(x & y)),
        _ => arith::and(vm, a, b),
    }
}

fn or(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.as_bool(), b.as_bool()) {
        (Some(x), Some(y)) => Ok(Value::bool(x | y)),
        _ => arith::or(vm, a, b),
    }
}

fn xor(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.as_bool(), b.as_bool()) {
        (Some(x), Some(y)) => Ok(Value::bool(x ^ y)),
        _ => arith::xor(vm, a, b),
    }
}

#[pymethods]
impl Bool {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() {
            return Err(vm.type_error("bool() takes no keyword arguments"));
        }
        match args.all {
            [] => Ok(Value::bool(false)),
            [x] => Ok(Value::bool(vm.is_true(x)?)),
            more => Err(vm.type_error(format_args!("bool expected at most 1 argument, got {}", more.len()))),
        }
    }
}
