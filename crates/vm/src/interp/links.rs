//! What the interpreter's instructions need of single types and modules.

use crate::object::Payload;
use crate::prelude::*;
use crate::protocol::attr::Method;
use crate::types::descriptors::MemberDescriptor;
use crate::types::set::{self, Set};
use crate::types::set_table::SetTable;
use crate::types::super_::{self, Super};

pub use crate::modules::typing::make_paramspec as paramspec;
pub use crate::modules::typing::make_typealias as typealias;
pub use crate::modules::typing::make_typevar as typevar;
pub use crate::modules::typing::make_typevartuple as typevartuple;
pub use crate::modules::typing::{set_typeparam_default, subscript_generic};
pub use crate::types::template::{make_interpolation, make_template};

fn table_of(vm: &Vm, items: &[Value]) -> PyResult<SetTable> {
    let t = SetTable::new();
    for v in items {
        let hash = set::element_hash(vm, v)?;
        t.add(vm, v, hash)?;
    }
    Ok(t)
}

pub fn set_from(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    let set = vm.new_set(SetTable::new());
    for v in items {
        vm.set_add(&set, v)?;
    }
    Ok(set.into_value())
}

pub fn frozenset_from(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    Ok(vm.new_frozenset(table_of(vm, items)?).into_value())
}

pub fn set_add(vm: &Vm, set: &Value, item: &Value) -> PyResult<()> {
    match set.downcast::<Set>() {
        Some(s) => vm.set_add(s, item),
        None => Ok(()),
    }
}

/// Which `__slots__` word a descriptor is.
pub fn member_slot(descr: &Value) -> Option<usize> {
    descr.downcast_exact::<MemberDescriptor>()?.slot_index()
}

pub fn is_builtin_super(v: &Value) -> bool {
    v.downcast::<Type>().is_some_and(|t| std::ptr::eq(t.def, Super::def()) && !t.is_heap_type())
}

/// `super(cls, zelf).name`: for a call the function and whether it is bound already.
pub fn super_lookup(
    vm: &Vm,
    cls: &Gc<Type>,
    zelf: &Value,
    name: &Gc<Str>,
    method: bool,
) -> PyResult<Option<(Value, bool)>> {
    if method {
        return Ok(super_::lookup_method(vm, cls, zelf, name)?.map(|m| match m {
            Method::Unbound(f) => (f, false),
            Method::Bound(f) => (f, true),
        }));
    }
    let start = super_::check(vm, cls, zelf)?;
    Ok(super_::lookup(vm, cls, zelf, &start, name)?.map(|v| (v, true)))
}

pub use crate::modules::import::cannot_import_name;
