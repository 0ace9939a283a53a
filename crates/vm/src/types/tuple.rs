//! The storage of `tuple`: items in line. Methods: `types/tuple_methods.rs`.

use crate::object::{Payload, Type};
use crate::types::typedef::F;
use crate::{PyResult, Value, Vm};
use std::cell::Cell;
use taipan_heap::cell::GcCell;
use taipan_heap::{Gc, Layout, PayloadFns, Trace, VarObj, flags, payload};

pub struct TupleHead {
    /// -1: not computed yet.
    hash: Cell<i64>,
}

impl TupleHead {
    fn new() -> TupleHead {
        TupleHead { hash: Cell::new(-1) }
    }
}

impl Trace for TupleHead {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

/// The payload of `tuple`.
#[repr(transparent)]
pub struct Tuple(VarObj<TupleHead, Value>);

// SAFETY: transparent over the `VarObj` that the functions are for.
#[allow(unsafe_code)]
unsafe impl Layout for Tuple {
    const FNS: PayloadFns = payload::var::<TupleHead, Value>();
}

impl Tuple {
    #[inline]
    pub fn items(&self) -> &[Value] {
        self.0.items()
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, i: usize) -> Option<&Value> {
        self.0.items().get(i)
    }

    /// Moves the items out, leaving None in their places.
    ///
    /// # Safety
    /// The caller has the only reference to the tuple, borrows nothing of it and lets it die.
    #[allow(unsafe_code)]
    #[inline(always)]
    pub unsafe fn take_words(t: &Gc<Tuple>, out: &mut [u64]) {
        // SAFETY: by contract; as in `PairCache`.
        let places = t.items().as_ptr() as *mut u64;
        for (k, word) in out.iter_mut().enumerate().take(t.len()) {
            // SAFETY: as above; within the items.
            *word = unsafe { std::ptr::replace(places.add(k), Value::NONE.into_bits()) };
        }
    }

    /// Takes item `k` out, leaving `None`.
    ///
    /// # Safety
    /// As for `take_words`; there are more than `k` items.
    #[allow(unsafe_code)]
    #[inline(always)]
    pub unsafe fn take_item(t: &Gc<Tuple>, k: usize) -> Value {
        // SAFETY: by contract; as in `PairCache`.
        unsafe {
            let place = (t.items().as_ptr() as *mut u64).add(k);
            Value::from_bits(std::ptr::replace(place, Value::NONE.into_bits()))
        }
    }

    #[inline]
    pub fn cached_hash(&self) -> Option<i64> {
        let h = self.0.head.hash.get();
        (h != -1).then_some(h)
    }

    /// Remembers the hash that the items have.
    #[inline]
    pub fn remember_hash(&self, hash: i64) {
        self.0.head.hash.set(hash)
    }
}

impl Vm {
    /// A tuple of owned items.
    pub fn new_tuple(&self, items: Vec<Value>) -> Gc<Tuple> {
        if items.is_empty() {
            return self.names.empty_tuple.clone();
        }
        let n = items.len();
        self.raw_tuple(&self.types.tuple, items.into_iter()).unwrap_or_else(|| no_memory(n))
    }

    /// A tuple of as many items as a program asks for.
    pub fn try_tuple(&self, items: impl ExactSizeIterator<Item = Value>) -> PyResult<Gc<Tuple>> {
        if items.len() == 0 {
            return Ok(self.names.empty_tuple.clone());
        }
        self.raw_tuple(&self.types.tuple, items).ok_or_else(|| self.memory_error())
    }

    /// A tuple of borrowed items.
    pub fn tuple_from(&self, items: &[Value]) -> Gc<Tuple> {
        if items.is_empty() {
            return self.names.empty_tuple.clone();
        }
        self.raw_tuple(&self.types.tuple, items.iter().cloned()).unwrap_or_else(|| no_memory(items.len()))
    }

    /// A tuple from an iterator of known length.
    pub fn tuple_from_iter(&self, items: impl ExactSizeIterator<Item = Value>) -> Gc<Tuple> {
        if items.len() == 0 {
            return self.names.empty_tuple.clone();
        }
        let n = items.len();
        self.raw_tuple(&self.types.tuple, items).unwrap_or_else(|| no_memory(n))
    }

    /// A tuple of some items, at least one.
    #[inline(always)]
    pub fn tuple_of<const N: usize>(&self, items: [Value; N]) -> Gc<Tuple> {
        const { assert!(N > 0) };
        // SAFETY: a `tuple`, which adds nothing to the payload that its functions expect.
        #[allow(unsafe_code)]
        unsafe {
            let ty = self.types.tuple.as_ptr();
            // A `Value` is its word.
            let words = items.map(Value::into_bits);
            let made = self.heap.alloc_var_with::<TupleHead, u64>(ty, TupleHead::new(), N, 0, |to| {
                for (to, word) in to.iter_mut().zip(words) {
                    to.write(word);
                }
            });
            made.expect("a small tuple").cast()
        }
    }

    /// A tuple of a subclass.
    pub fn new_tuple_in(&self, cls: &Gc<Type>, items: Vec<Value>) -> PyResult<Gc<Tuple>> {
        if cls.is(&self.types.tuple) {
            return self.try_tuple(items.into_iter());
        }
        debug_assert!(
            cls.def.flags & F::BASE_PAYLOAD != 0 || std::ptr::eq(cls.def, <Tuple as Payload>::def())
        );
        let t = self.raw_tuple(cls, items.into_iter()).ok_or_else(|| self.memory_error())?;
        cls.start_instance(t.as_value());
        Ok(t)
    }

    /// `items * n`.
    pub(crate) fn repeated_tuple(&self, items: &[Value], n: usize) -> PyResult<Gc<Tuple>> {
        let total = match items.len().checked_mul(n) {
            Some(0) => return Ok(self.names.empty_tuple.clone()),
            Some(total) if total <= isize::MAX as usize / 16 => total,
            _ => return Err(self.memory_error()),
        };
        let mut k = 0;
        let next = |_| {
            let v = items.get(k).cloned().unwrap_or(Value::NONE);
            k = if k + 1 == items.len() { 0 } else { k + 1 };
            v
        };
        let made = self.raw_tuple(&self.types.tuple, (0..total).map(next));
        made.ok_or_else(|| self.memory_error())
    }

    /// A tuple of `tuple` or a class with its layout; `None` without memory for it.
    pub(crate) fn raw_tuple(
        &self,
        ty: &Gc<Type>,
        items: impl ExactSizeIterator<Item = Value>,
    ) -> Option<Gc<Tuple>> {
        // SAFETY: `ty` is `tuple` or a class with its layout; the heap writes the payload that its functions expect.
        #[allow(unsafe_code)]
        unsafe {
            let extra = ty.extra_size();
            let made = self.heap.alloc_var::<TupleHead, Value>(ty.as_ptr(), TupleHead::new(), items, extra);
            made.map(|t| t.cast())
        }
    }
}

/// For tuples whose size no program chooses.
#[cold]
pub(crate) fn no_memory(items: usize) -> ! {
    let layout = std::alloc::Layout::array::<Value>(items).unwrap_or(std::alloc::Layout::new::<Value>());
    std::alloc::handle_alloc_error(layout)
}

/// Makes pairs for an iterator: the same tuple again as long as nobody else keeps it, as in `for k, v in d.items()`.
#[derive(Default)]
pub struct PairCache(GcCell<Tuple>);

impl Trace for PairCache {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.trace(visit)
    }
    fn unlink(&self) {
        self.0.unlink()
    }
}

impl PairCache {
    /// The next pair goes another way: the last one is kept no longer.
    #[inline]
    pub fn forget(&self) {
        if self.0.is_some() {
            self.0.set(None);
        }
    }

    #[inline]
    pub fn pair(&self, vm: &Vm, a: Value, b: Value) -> Value {
        let mut items = [a, b];
        let reused = self.0.with(|t| {
            let t = t?;
            if t.header().count() != 1 || t.header().has_flag(flags::WEAKREFS) || t.len() != 2 {
                return None;
            }
            // SAFETY: the cache has the only reference, so nobody borrows the items; they are swapped, not dropped.
            #[allow(unsafe_code)]
            unsafe {
                let place = t.items().as_ptr() as *mut [Value; 2];
                std::ptr::swap(place, &mut items);
            }
            t.remember_hash(-1);
            Some(t.to_value())
        });
        match reused {
            Some(t) => {
                drop(items);
                t
            }
            None => self.fresh(vm, items),
        }
    }

    #[inline(never)]
    fn fresh(&self, vm: &Vm, items: [Value; 2]) -> Value {
        let t = vm.tuple_of(items);
        if !self.0.is_some() {
            self.0.set(Some(t.clone()));
        }
        t.into_value()
    }
}
