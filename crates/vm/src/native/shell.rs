//! What the shells that `taipan-macros` writes call: slots, receivers and typed arguments, with errors out of line.

use super::{CallArgs, FnDef, bind};
use crate::object::{Payload, ValueExt};
use crate::types::typedef::TypeDef;
use crate::{PyResult, Raised, Value, Vm};
use taipan_heap::Gc;

/// The value in slot `i`, if the call gave one.
#[inline]
pub fn given(slots: &[Option<Value>], i: usize) -> Option<&Value> {
    slots.get(i)?.as_ref()
}

/// The value of a required parameter; the binder has made sure of it.
#[inline]
pub fn slot<'a>(vm: &Vm, slots: &'a [Option<Value>], i: usize) -> PyResult<&'a Value> {
    match given(slots, i) {
        Some(v) => Ok(v),
        None => Err(missing(vm, i)),
    }
}

/// `self` or the class, in slot 0, as a `T`.
#[inline]
pub fn receiver<'a, T: Payload>(vm: &Vm, slots: &'a [Option<Value>], name: &str) -> PyResult<&'a Gc<T>> {
    object(vm, slot(vm, slots, 0)?, name)
}

/// The object of the descriptor `name` as a `T`.
#[inline]
pub fn object<'a, T: Payload>(vm: &Vm, v: &'a Value, name: &str) -> PyResult<&'a Gc<T>> {
    match v.downcast::<T>() {
        Some(obj) => Ok(obj),
        None => Err(wrong_object(vm, v, name, T::def())),
    }
}

/// An argument as a `T`; `described` is how messages name it, e.g. `f() argument 'x'`.
#[inline]
pub fn argument<'a, T: Payload>(
    vm: &Vm,
    v: &'a Value,
    described: &str,
    or_none: &str,
) -> PyResult<&'a Gc<T>> {
    match v.downcast::<T>() {
        Some(obj) => Ok(obj),
        None => Err(wrong_argument(vm, v, described, or_none, T::def())),
    }
}

/// Calls a constructor or initialiser: binds `first` and the arguments to its parameters.
pub fn call_bound(vm: &Vm, def: &'static FnDef, first: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    if let [one] = args.all {
        return bind::call(vm, def, CallArgs { all: &[first.clone(), one.clone()], kwnames: args.kwnames });
    }
    let mut all = Vec::with_capacity(args.all.len() + 1);
    all.push(first.clone());
    all.extend_from_slice(args.all);
    bind::call(vm, def, CallArgs { all: &all, kwnames: args.kwnames })
}

#[cold]
#[inline(never)]
fn missing(vm: &Vm, i: usize) -> Raised {
    vm.type_error(format!("missing required argument (pos {i})"))
}

#[cold]
#[inline(never)]
fn wrong_object(vm: &Vm, v: &Value, name: &str, def: &'static TypeDef) -> Raised {
    let dot = if def.module == "builtins" { "" } else { "." };
    let module = if dot.is_empty() { "" } else { def.module };
    vm.type_error(format!(
        "descriptor '{name}' for '{module}{dot}{}' objects doesn't apply to a '{}' object",
        def.name,
        vm.type_of(v).name()
    ))
}

#[cold]
#[inline(never)]
fn wrong_argument(vm: &Vm, v: &Value, described: &str, or_none: &str, def: &'static TypeDef) -> Raised {
    let got = if v.is_none() { "None".to_string() } else { vm.type_of(v).name().to_string() };
    vm.type_error(format!("{described} must be {}{or_none}, not {got}", def.name))
}
