//! `None`, `Ellipsis` and `NotImplemented`: value words, so their payloads are never made.

use crate::prelude::*;

pub struct NoneType;
pub struct EllipsisType;
pub struct NotImplementedType;

crate::fixed_layout!(NoneType);
crate::fixed_layout!(EllipsisType);
crate::fixed_layout!(NotImplementedType);

macro_rules! owns_nothing {
    ($($t:ty),*) => { $(impl Trace for $t { fn trace(&self, _: &mut dyn FnMut(&Value)) {} })* };
}
owns_nothing!(NoneType, EllipsisType, NotImplementedType);

fn no_arguments(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<()> {
    if args.all.is_empty() {
        return Ok(());
    }
    // CPython spells the class's own name here, which for `...` is not its `__name__`.
    let name = if cls.def.name == "ellipsis" { "EllipsisType".to_string() } else { cls.name() };
    Err(vm.type_error(format_args!("{name} takes no arguments")))
}

/// The type of the None singleton.
#[pytype(name = "NoneType")]
impl Slots for NoneType {
    const SLOTS: SlotDefs = SlotDefs {
        new: Some(|vm, cls, args| no_arguments(vm, cls, args).map(|()| Value::NONE)),
        repr: Some(|vm, _| Ok(vm.intern("None").into_value())),
        bool: Some(|_, _| Ok(false)),
        hash: Some(|_, _| Ok(0xfca8_6420)),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl NoneType {}

/// The type of the Ellipsis singleton.
#[pytype(name = "ellipsis")]
impl Slots for EllipsisType {
    const SLOTS: SlotDefs = SlotDefs {
        new: Some(|vm, cls, args| no_arguments(vm, cls, args).map(|()| Value::ELLIPSIS)),
        repr: Some(|vm, _| Ok(vm.intern("Ellipsis").into_value())),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl EllipsisType {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, _zelf: &Value) -> Value {
        vm.intern("Ellipsis").into_value()
    }
}

/// The type of the NotImplemented singleton.
#[pytype(name = "NotImplementedType")]
impl Slots for NotImplementedType {
    const SLOTS: SlotDefs = SlotDefs {
        new: Some(|vm, cls, args| no_arguments(vm, cls, args).map(|()| Value::NOT_IMPLEMENTED)),
        repr: Some(|vm, _| Ok(vm.intern("NotImplemented").into_value())),
        bool: Some(|vm, _| Err(vm.type_error("NotImplemented should not be used in a boolean context"))),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl NotImplementedType {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, _zelf: &Value) -> Value {
        vm.intern("NotImplemented").into_value()
    }
}
