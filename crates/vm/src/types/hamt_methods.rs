//! `hamt`, the persistent map as Python sees it, and its iterators.

use crate::native::shell::object;
use crate::object::ValueExt;
use crate::prelude::*;
use crate::types::hamt::{Keys, Leaf, Node, Walk};
use crate::types::iterators::itself;

/// A persistent map.
#[pytype(name = "hamt", flags(GC, WEAKREF))]
#[derive(Trace)]
pub struct Map {
    pub root: Option<Gc<Node>>,
    #[notrace]
    pub len: usize,
}

impl Slots for Map {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(|vm, v| Ok(keys(vm, object::<Map>(vm, v, "__iter__")?))),
        len: Some(|vm, v| Ok(object::<Map>(vm, v, "__len__")?.len)),
        subscript: Some(subscript),
        contains: Some(|vm, v, key| {
            Ok(object::<Map>(vm, v, "__contains__")?.find(vm, Keys::Equal, key)?.is_some())
        }),
        richcompare: Some(compare),
        ..SlotDefs::NONE
    };
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    match object::<Map>(vm, v, "__getitem__")?.find(vm, Keys::Equal, key)? {
        Some(v) => Ok(v),
        None => Err(vm.key_error(key)),
    }
}

fn compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Map>(), b.downcast::<Map>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let same = x.is(y) || vm.recurse(" in comparison", || x.same(vm, Keys::Equal, y))?;
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

#[pymethods]
impl Map {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(Map::empty(vm).into_value())
    }

    #[pymethod("set($self, key, value, /)")]
    fn set(vm: &Vm, zelf: &Gc<Map>, key: &Value, value: &Value) -> PyResult<Gc<Map>> {
        Ok(zelf.inserted(vm, Keys::Equal, key, value)?.unwrap_or_else(|| zelf.clone()))
    }

    #[pymethod("get($self, key, default=None, /)")]
    fn get(vm: &Vm, zelf: &Gc<Map>, key: &Value, default: &Value) -> PyResult<Value> {
        Ok(zelf.find(vm, Keys::Equal, key)?.unwrap_or_else(|| default.clone()))
    }

    #[pymethod("delete($self, key, /)")]
    fn delete(vm: &Vm, zelf: &Gc<Map>, key: &Value) -> PyResult<Gc<Map>> {
        Ok(zelf.removed(vm, Keys::Equal, key)?.unwrap_or_else(|| zelf.clone()))
    }

    #[pymethod("items($self, /)")]
    fn py_items(vm: &Vm, zelf: &Gc<Map>) -> Value {
        items(vm, zelf)
    }

    #[pymethod("keys($self, /)")]
    fn py_keys(vm: &Vm, zelf: &Gc<Map>) -> Value {
        keys(vm, zelf)
    }

    #[pymethod("values($self, /)")]
    fn py_values(vm: &Vm, zelf: &Gc<Map>) -> Value {
        values(vm, zelf)
    }

    #[pyconst("__hash__")]
    fn hash(_vm: &Vm) -> Value {
        Value::NONE
    }
}

/// What the iterators have in common. The map keeps every node alive, so that taking nodes off the path drops none.
#[derive(Trace)]
struct Place {
    map: Gc<Map>,
    walk: Guarded<Walk>,
}

impl Place {
    fn of(map: &Gc<Map>) -> Place {
        Place { map: map.clone(), walk: Guarded::new(Walk::of(map)) }
    }

    fn next(&self) -> Option<Leaf> {
        self.walk.with_mut(Walk::next)
    }
}

#[pytype(name = "keys", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct KeyIter {
    place: Place,
}

#[pytype(name = "values", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct ValueIter {
    place: Place,
}

#[pytype(name = "items", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct ItemIter {
    place: Place,
}

/// The iterator over the keys.
pub fn keys(vm: &Vm, map: &Gc<Map>) -> Value {
    vm.alloc(KeyIter { place: Place::of(map) }).into_value()
}

/// The iterator over the values.
pub fn values(vm: &Vm, map: &Gc<Map>) -> Value {
    vm.alloc(ValueIter { place: Place::of(map) }).into_value()
}

/// The iterator over pairs of key and value.
pub fn items(vm: &Vm, map: &Gc<Map>) -> Value {
    vm.alloc(ItemIter { place: Place::of(map) }).into_value()
}

impl Slots for KeyIter {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(itself),
        len: Some(|vm, v| Ok(object::<KeyIter>(vm, v, "__len__")?.place.map.len)),
        iternext: Some(|vm, v| Ok(object::<KeyIter>(vm, v, "__next__")?.place.next().map(|l| l.key))),
        ..SlotDefs::NONE
    };
}

impl Slots for ValueIter {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(itself),
        len: Some(|vm, v| Ok(object::<ValueIter>(vm, v, "__len__")?.place.map.len)),
        iternext: Some(|vm, v| Ok(object::<ValueIter>(vm, v, "__next__")?.place.next().map(|l| l.value))),
        ..SlotDefs::NONE
    };
}

impl Slots for ItemIter {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(itself),
        len: Some(|vm, v| Ok(object::<ItemIter>(vm, v, "__len__")?.place.map.len)),
        iternext: Some(|vm, v| {
            let leaf = object::<ItemIter>(vm, v, "__next__")?.place.next();
            Ok(leaf.map(|l| vm.new_tuple(vec![l.key, l.value]).into_value()))
        }),
        ..SlotDefs::NONE
    };
}
