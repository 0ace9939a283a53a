//! The storage of `list`. Methods: `types/list_methods.rs`.

use crate::{Value, Vm};
use taipan_heap::cell::Guarded;
use taipan_heap::{Gc, Trace, emergency};

/// The payload of `list`.
#[derive(Default)]
pub struct List {
    pub items: Guarded<Vec<Value>>,
}

crate::fixed_layout!(List);

impl Trace for List {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.items.trace(visit)
    }
    fn unlink(&self) {
        drop_items(self.items.take())
    }
}

impl Drop for List {
    #[inline]
    fn drop(&mut self) {
        drop_items(self.items.take())
    }
}

/// Drops what a list held: the last item goes first, as in CPython.
#[inline]
pub fn drop_items(mut items: Vec<Value>) {
    while let Some(v) = items.pop() {
        drop(v);
    }
}

/// Room for more: twice as much, or a little where so much cannot be had.
#[cold]
fn grow(items: &mut Vec<Value>) {
    let n = items.len();
    if n == 0 {
        // What `push` would do, by a shorter way.
        *items = Vec::with_capacity(4);
        return;
    }
    if !emergency::can_grow(n * size_of::<Value>()) {
        items.reserve_exact(emergency::STEP);
    }
}

impl List {
    #[inline]
    pub fn len(&self) -> usize {
        self.items.with(Vec::len)
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn get(&self, i: usize) -> Option<Value> {
        self.items.with(|v| v.get(i).cloned())
    }

    #[inline]
    pub fn push(&self, v: Value) {
        self.items.with_mut(|items| {
            if items.len() == items.capacity() {
                grow(items);
            }
            items.push(v)
        })
    }

    /// Whether an item can be added without taking memory.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.items.with(|items| items.len() < items.capacity())
    }

    /// `push` to a list that has just been seen to have room.
    #[inline(always)]
    pub fn push_in_room(&self, v: Value) {
        self.items.with_mut(|items| {
            if items.len() < items.capacity() {
                items.push(v)
            } else {
                // Never: it was just seen. (A `push` that may grow would be a call.)
                std::mem::forget(v)
            }
        })
    }

    /// Replaces an item; gives the new value back if the index is out of range.
    pub fn set(&self, i: usize, v: Value) -> Result<(), Value> {
        let old = self.items.with_mut(|items| match items.get_mut(i) {
            Some(place) => Ok(std::mem::replace(place, v)),
            None => Err(v),
        })?;
        drop(old);
        Ok(())
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        self.items.with(Vec::clone)
    }
}

/// A copy of as many items as there are; `None` without memory for it.
pub fn copy_of(items: &[Value]) -> Option<Vec<Value>> {
    let mut out = Vec::new();
    out.try_reserve_exact(items.len()).ok()?;
    out.extend_from_slice(items);
    Some(out)
}

impl Vm {
    #[inline]
    pub fn new_list(&self, items: Vec<Value>) -> Gc<List> {
        self.alloc_with(|| List { items: Guarded::new(items) })
    }
}
