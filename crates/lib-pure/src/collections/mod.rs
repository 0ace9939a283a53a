//! `_collections`: `deque`, `defaultdict`, `OrderedDict` and helpers of `collections`.

mod defaultdict;
pub mod deque;
mod odict;
mod tuplegetter;

pub use defaultdict::DefaultDict;
pub use deque::{Deque, DequeIter, DequeReverseIter};
pub use odict::OrderedDict;
pub use tuplegetter::TupleGetter;

use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;
use taipan_vm::types::dict_methods::key_hash;

/// High performance data structures.
/// - deque:        ordered collection accessible from endpoints only
/// - defaultdict:  dict subclass with a default value factory
#[pymodule(name = "_collections")]
pub mod collections {
    use super::*;

    pytypes!(Deque, DefaultDict, OrderedDict, DequeIter, DequeReverseIter, TupleGetter);

    /// Count elements in the iterable, updating the mapping
    #[pyfn("_count_elements(mapping, iterable, /)")]
    fn count_elements(vm: &Vm, mapping: &Value, iterable: &Value) -> PyResult<()> {
        let it = vm.get_iter(iterable)?;
        match plain_counts(vm, mapping) {
            Some(d) => count_in_dict(vm, d, &it),
            None => count_in_mapping(vm, mapping, &it),
        }
    }
}

/// The mapping as a dict, if its `get` and `__setitem__` are dict's own.
fn plain_counts<'a>(vm: &Vm, mapping: &'a Value) -> Option<&'a Gc<Dict>> {
    let d = mapping.downcast::<Dict>()?;
    let ty = vm.type_of(mapping);
    let store = |t: &Gc<Type>| t.slots.ass_subscript.get().map(|f| f as usize);
    let get = |t: &Gc<Type>| t.lookup(vm, &vm.names.get).map(|v| v.bits());
    (store(ty) == store(&vm.types.dict) && get(ty) == get(&vm.types.dict)).then_some(d)
}

fn count_in_dict(vm: &Vm, d: &Gc<Dict>, it: &Value) -> PyResult<()> {
    let one = vm.new_int(1);
    while let Some(key) = vm.iter_next(it)? {
        vm.poll()?;
        let hash = key_hash(vm, &key)?;
        let (old, found) = d.table.get_or_insert(vm, &key, hash, &one)?;
        if !found {
            continue;
        }
        let new = match old.as_int() {
            Some(n) => vm.new_int(n.wrapping_add(1)),
            None => vm.binary_op(BinaryOp::Add, &old, &one)?,
        };
        drop(d.table.insert(vm, &key, hash, Some(new))?);
    }
    Ok(())
}

fn count_in_mapping(vm: &Vm, mapping: &Value, it: &Value) -> PyResult<()> {
    let get = vm.get_attr(mapping, &vm.names.get)?;
    let (zero, one) = (vm.new_int(0), vm.new_int(1));
    while let Some(key) = vm.iter_next(it)? {
        let old = vm.call(&get, &[key.clone(), zero.clone()])?;
        let new = vm.binary_op(BinaryOp::Add, &old, &one)?;
        vm.set_item(mapping, &key, &new)?;
    }
    Ok(())
}
