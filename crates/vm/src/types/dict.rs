//! The storage of `dict`. Methods and views: `types/dict_methods.rs`.

use crate::types::str_::Str;
use crate::types::table::Table;
use crate::{PyResult, Value, Vm};
use taipan_heap::{Gc, Trace};

/// The payload of `dict`.
#[derive(Default)]
pub struct Dict {
    pub table: Table,
}

crate::fixed_layout!(Dict);

impl Trace for Dict {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.table.trace(visit)
    }
    fn unlink(&self) {
        self.table.unlink()
    }
}

impl Dict {
    #[inline]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// `d.get(key)` for a name.
    #[inline]
    pub fn get_str(&self, vm: &Vm, key: &Gc<Str>) -> Option<Value> {
        self.table.get_str(vm, key)
    }

    #[inline]
    pub fn set_str(&self, vm: &Vm, key: &Gc<Str>, value: Value) {
        self.table.set_str(vm, key, value)
    }

    pub fn remove_str(&self, vm: &Vm, key: &Gc<Str>) -> Option<Value> {
        self.table.remove_str(vm, key)
    }

    /// `d.get(key)`; may run `__hash__` and `__eq__`.
    pub fn get(&self, vm: &Vm, key: &Value) -> PyResult<Option<Value>> {
        let hash = crate::types::dict_methods::key_hash(vm, key)?;
        self.table.get(vm, key, hash)
    }

    pub fn set(&self, vm: &Vm, key: &Value, value: Value) -> PyResult<()> {
        let hash = match key.as_int() {
            Some(n) => taipan_text::hash::int(n),
            None => crate::types::dict_methods::key_hash(vm, key)?,
        };
        self.table.put(vm, key, hash, value)
    }

    /// `d.pop(key, None)`.
    pub fn remove(&self, vm: &Vm, key: &Value) -> PyResult<Option<Value>> {
        let hash = crate::types::dict_methods::key_hash(vm, key)?;
        Ok(self.table.remove(vm, key, hash)?.and_then(|(_, v)| v))
    }

    /// A snapshot of the entries.
    pub fn pairs(&self) -> Vec<(Value, Value)> {
        let mut out = Vec::with_capacity(self.len());
        self.table.each(|k, v| out.push((k.clone(), v.clone())));
        out
    }
}

impl Vm {
    pub fn new_dict(&self) -> Gc<Dict> {
        self.alloc_with(|| Dict { table: Table::new() })
    }

    /// A dict with room for so many entries.
    pub fn new_dict_for(&self, n: usize) -> Gc<Dict> {
        let d = self.new_dict();
        d.table.make_room(n);
        d
    }

    /// A dict with names as keys.
    pub fn dict_of(&self, pairs: &[(&str, Value)]) -> Gc<Dict> {
        let d = self.new_dict();
        for (k, v) in pairs {
            d.set_str(self, &self.intern(k), v.clone());
        }
        d
    }
}
