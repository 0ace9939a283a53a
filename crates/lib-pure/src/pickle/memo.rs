//! The memos of picklers (object to number) and unpicklers (number to object), and what Python sees of them.

use super::pickler::Pickler;
use super::unpickler::Unpickler;
use std::collections::HashMap;
use taipan_vm::prelude::*;

/// Which objects a pickler has written, under which number. Holds them, so that an address means one object.
#[derive(Default)]
pub struct Memo {
    entries: Vec<(Value, usize)>,
    /// Open addressing: 0 is empty, else the number of an entry plus one. Its length is a power of two.
    places: Vec<u32>,
}

impl Trace for Memo {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.entries.iter().for_each(|(v, _)| visit(v));
    }
    fn take(&mut self, out: &mut Vec<Value>) {
        Vec::clear(&mut self.places);
        out.extend(self.entries.drain(..).map(|(v, _)| v));
    }
}

fn start(bits: u64) -> usize {
    ((bits >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) as usize
}

impl Memo {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The place of an object, or the empty one for it.
    fn probe(&self, bits: u64) -> Result<usize, usize> {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = start(bits) & mask;
        loop {
            match self.places.get(at) {
                None | Some(0) => return Err(at),
                Some(n) => {
                    let n = *n as usize - 1;
                    if self.entries.get(n).is_some_and(|(v, _)| v.bits() == bits) {
                        return Ok(n);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    pub fn get(&self, v: &Value) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let n = self.probe(v.bits()).ok()?;
        self.entries.get(n).map(|(_, index)| *index)
    }

    /// The number of an object, which gets the next one if it has none: (number, is it new). `None`: no memory.
    #[inline]
    pub fn get_or_put(&mut self, v: &Value) -> Option<(usize, bool)> {
        if (self.entries.len() + 1) * 2 > self.places.len() {
            self.grow()?;
        }
        let at = match self.probe(v.bits()) {
            Ok(n) => return Some((self.entries.get(n)?.1, false)),
            Err(at) => at,
        };
        let index = self.entries.len();
        self.entries.try_reserve(1).ok()?;
        self.entries.push((v.clone(), index));
        *self.places.get_mut(at)? = u32::try_from(index + 1).ok()?;
        Some((index, true))
    }

    /// Remembers an object. `None`: no memory.
    pub fn put(&mut self, v: &Value, index: usize) -> Option<()> {
        if (self.entries.len() + 1) * 2 > self.places.len() {
            self.grow()?;
        }
        match self.probe(v.bits()) {
            Ok(n) => self.entries.get_mut(n)?.1 = index,
            Err(at) => {
                let n = u32::try_from(self.entries.len() + 1).ok()?;
                self.entries.try_reserve(1).ok()?;
                self.entries.push((v.clone(), index));
                *self.places.get_mut(at)? = n;
            }
        }
        Some(())
    }

    fn grow(&mut self) -> Option<()> {
        let len = (self.places.len() * 2).max(128);
        self.entries.try_reserve(len / 2).ok()?;
        let mut places = Vec::new();
        places.try_reserve_exact(len).ok()?;
        places.resize(len, 0);
        self.places = places;
        for n in 0..self.entries.len() {
            if let Err(at) = self.probe(self.entries.get(n)?.0.bits()) {
                *self.places.get_mut(at)? = n as u32 + 1;
            }
        }
        Some(())
    }

    pub fn entries(&self) -> Vec<(Value, usize)> {
        self.entries.clone()
    }
}

/// The objects that an unpickler was told to remember. Numbers are mostly dense; far ones need no room between.
#[derive(Default)]
pub struct LoadMemo {
    dense: Vec<Option<Value>>,
    far: HashMap<usize, Value>,
    used: usize,
}

impl Trace for LoadMemo {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.dense.iter().flatten().for_each(&mut *visit);
        self.far.values().for_each(visit);
    }
    fn take(&mut self, out: &mut Vec<Value>) {
        self.used = 0;
        out.extend(self.dense.drain(..).flatten());
        out.extend(self.far.drain().map(|(_, v)| v));
    }
}

impl LoadMemo {
    /// How many objects there are: the number of the next one.
    pub fn used(&self) -> usize {
        self.used
    }

    #[inline]
    pub fn get(&self, index: usize) -> Option<Value> {
        match self.dense.get(index) {
            Some(v) => v.clone(),
            None => self.far.get(&index).cloned(),
        }
    }

    /// Stores an object as the next one; answers what to drop.
    #[inline]
    pub fn add(&mut self, v: Value) -> Option<Value> {
        if self.used == self.dense.len() && self.far.is_empty() {
            self.dense.push(Some(v));
            self.used += 1;
            return None;
        }
        self.put(self.used, v)
    }

    /// Stores an object; answers what to drop.
    #[inline]
    pub fn put(&mut self, index: usize, v: Value) -> Option<Value> {
        if index >= self.dense.len() {
            if index > self.dense.len() * 2 + 1000 {
                let old = self.far.insert(index, v);
                self.used += usize::from(old.is_none());
                return old;
            }
            if index == self.dense.len() && self.far.is_empty() {
                self.dense.push(Some(v));
                self.used += 1;
                return None;
            }
            self.dense.resize(index + 1, None);
            if !self.far.is_empty() {
                let near: Vec<usize> = self.far.keys().copied().filter(|i| *i <= index).collect();
                for i in near {
                    let moved = self.far.remove(&i);
                    if let Some(place) = self.dense.get_mut(i) {
                        *place = moved;
                    }
                }
            }
        }
        let old = self.dense.get_mut(index).and_then(|place| place.replace(v));
        self.used += usize::from(old.is_none());
        old
    }

    pub fn entries(&self) -> Vec<(usize, Value)> {
        let dense = self.dense.iter().enumerate().filter_map(|(i, v)| Some((i, v.clone()?)));
        let mut all: Vec<_> = dense.chain(self.far.iter().map(|(i, v)| (*i, v.clone()))).collect();
        all.sort_by_key(|(i, _)| *i);
        all
    }
}

fn plain_dict_reduce(vm: &Vm, copy: Value) -> PyResult<Value> {
    let args = vm.new_tuple(vec![copy]).into_value();
    Ok(vm.new_tuple(vec![vm.types.dict.to_value(), args]).into_value())
}

#[pytype(name = "PicklerMemoProxy", module = "_pickle", flags(GC, NO_NEW), no_slots)]
#[derive(Trace)]
pub struct PicklerMemoProxy {
    pub pickler: Gc<Pickler>,
}

#[pymethods]
impl PicklerMemoProxy {
    /// Remove all items from memo.
    #[pymethod("clear($self, /)")]
    fn clear(vm: &Vm, zelf: &Gc<PicklerMemoProxy>) {
        let _ = vm;
        zelf.pickler.forget();
    }

    /// Copy the memo to a new object.
    #[pymethod("copy($self, /)")]
    pub fn copy(vm: &Vm, zelf: &Gc<PicklerMemoProxy>) -> PyResult<Value> {
        let copy = vm.new_dict();
        for (v, index) in zelf.pickler.memo.with(Memo::entries) {
            let entry = vm.new_tuple(vec![vm.new_uint(index as u64), v.clone()]);
            copy.set(vm, &vm.new_uint(v.bits()), entry.into_value())?;
        }
        Ok(copy.into_value())
    }

    /// Implement pickle support.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<PicklerMemoProxy>) -> PyResult<Value> {
        plain_dict_reduce(vm, PicklerMemoProxy::copy(vm, zelf)?)
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }
}

#[pytype(name = "UnpicklerMemoProxy", module = "_pickle", flags(GC, NO_NEW), no_slots)]
#[derive(Trace)]
pub struct UnpicklerMemoProxy {
    pub unpickler: Gc<Unpickler>,
}

#[pymethods]
impl UnpicklerMemoProxy {
    /// Remove all items from memo.
    #[pymethod("clear($self, /)")]
    fn clear(vm: &Vm, zelf: &Gc<UnpicklerMemoProxy>) {
        let _ = vm;
        drop(zelf.unpickler.memo.take());
    }

    /// Copy the memo to a new object.
    #[pymethod("copy($self, /)")]
    pub fn copy(vm: &Vm, zelf: &Gc<UnpicklerMemoProxy>) -> PyResult<Value> {
        let copy = vm.new_dict();
        for (index, v) in zelf.unpickler.memo.with(LoadMemo::entries) {
            copy.set(vm, &vm.new_uint(index as u64), v)?;
        }
        Ok(copy.into_value())
    }

    /// Implement pickling support.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<UnpicklerMemoProxy>) -> PyResult<Value> {
        plain_dict_reduce(vm, UnpicklerMemoProxy::copy(vm, zelf)?)
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_again() {
        let mut memo = Memo::default();
        for n in 0..500 {
            assert_eq!(memo.get(&Value::int32(n)), None);
            assert!(memo.put(&Value::int32(n), n as usize * 2).is_some());
        }
        for n in 0..500 {
            assert_eq!(memo.get(&Value::int32(n)), Some(n as usize * 2));
        }
    }

    #[test]
    fn far_numbers_take_no_room() {
        let mut memo = LoadMemo::default();
        memo.put(usize::MAX, Value::int32(1));
        memo.put(5000, Value::int32(2));
        for n in 0..4000 {
            memo.put(n, Value::int32(3));
        }
        assert_eq!(memo.used(), 4002);
        memo.put(6000, Value::int32(4));
        assert_eq!(memo.get(5000).and_then(|v| v.as_int()), Some(2));
        assert_eq!(memo.get(usize::MAX).and_then(|v| v.as_int()), Some(1));
        assert!(memo.get(5001).is_none());
    }
}
