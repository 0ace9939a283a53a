//! `types.MappingProxyType`: a read-only view of a mapping.

use crate::prelude::*;
use crate::protocol::BinaryOp;

/// Read-only proxy of a mapping.
#[pytype(name = "mappingproxy", signature = "(mapping)", flags(GC, MAPPING))]
#[derive(Trace)]
pub struct MappingProxy {
    pub mapping: Value,
}

impl MappingProxy {
    pub fn make(vm: &Vm, mapping: &Value) -> Gc<MappingProxy> {
        vm.alloc(MappingProxy { mapping: mapping.clone() })
    }
}

fn inner(v: &Value) -> Value {
    match v.downcast::<MappingProxy>() {
        Some(p) => p.mapping.clone(),
        None => v.clone(),
    }
}

impl Slots for MappingProxy {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(|vm, v| {
            let text = vm.repr_text(&inner(v))?;
            Ok(vm.new_str(&format!("mappingproxy({text})")).into_value())
        }),
        str: Some(|vm, v| Ok(vm.str(&inner(v))?.into_value())),
        hash: Some(|vm, v| vm.hash(&inner(v))),
        richcompare: Some(|vm, a, b, op| vm.rich_compare(&inner(a), &inner(b), op)),
        iter: Some(|vm, v| vm.get_iter(&inner(v))),
        len: Some(|vm, v| vm.len(&inner(v))),
        contains: Some(|vm, v, x| vm.contains(&inner(v), x)),
        subscript: Some(|vm, v, k| vm.get_item(&inner(v), k)),
        or: Some(|vm, a, b| vm.binary_op(BinaryOp::Or, &inner(a), &inner(b))),
        inplace_or: Some(|vm, a, _| {
            Err(vm.type_error(format_args!(
                "'|=' is not supported by {}; use '|' instead",
                vm.type_of(a).name()
            )))
        }),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl MappingProxy {
    #[pynew("mappingproxy(mapping)")]
    fn new(vm: &Vm, _cls: &Gc<Type>, mapping: &Value) -> PyResult<Value> {
        let sequence = mapping.is_instance_of::<List>() || mapping.is_instance_of::<Tuple>();
        if vm.type_of(mapping).slots.subscript.get().is_none() || sequence {
            return Err(vm.type_error(format_args!(
                "mappingproxy() argument must be a mapping, not {}",
                vm.type_of(mapping).name()
            )));
        }
        Ok(MappingProxy::make(vm, mapping).into_value())
    }

    /// Return the value for key if key is in the mapping, else default.
    #[pymethod("get($self, key, default=None, /)")]
    fn get(vm: &Vm, zelf: &Gc<MappingProxy>, key: &Value, default: &Value) -> PyResult<Value> {
        if let Some(d) = zelf.mapping.downcast_exact::<Dict>() {
            return Ok(d.get(vm, key)?.unwrap_or_else(|| default.clone()));
        }
        vm.call_method_name(&zelf.mapping, &vm.names.get, &[key.clone(), default.clone()])
    }

    /// a set-like object providing a view on D's keys
    #[pymethod("keys($self, /)")]
    fn keys(vm: &Vm, zelf: &Gc<MappingProxy>) -> PyResult<Value> {
        vm.call_method_name(&zelf.mapping, &vm.names.keys, &[])
    }

    /// an object providing a view on D's values
    #[pymethod("values($self, /)")]
    fn values(vm: &Vm, zelf: &Gc<MappingProxy>) -> PyResult<Value> {
        vm.call_method_name(&zelf.mapping, &vm.names.values, &[])
    }

    /// a set-like object providing a view on D's items
    #[pymethod("items($self, /)")]
    fn items(vm: &Vm, zelf: &Gc<MappingProxy>) -> PyResult<Value> {
        vm.call_method_name(&zelf.mapping, &vm.names.items, &[])
    }

    /// a shallow copy of D
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<MappingProxy>) -> PyResult<Value> {
        vm.call_method_name(&zelf.mapping, &vm.names.copy, &[])
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($cls, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }

    #[pymethod("__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<MappingProxy>) -> PyResult<Value> {
        vm.call_method_name(&zelf.mapping, &vm.names.__reversed__, &[])
    }
}
