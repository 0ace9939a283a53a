//! Weak references: the side table from objects to their references, and the types `weakref.ref`, proxies.

use std::ptr::NonNull;
use taipan_heap::Header;

/// Which weak references exist to which object; the object's header says whether there are any.
#[derive(Default)]
pub struct WeakTable {}

impl WeakTable {
    /// An object dies: its references are cleared and their callbacks called.
    pub fn object_dies(&self, vm: &crate::Vm, ptr: NonNull<Header>) {
        let _ = (vm, ptr);
    }
}

/// The first weak reference to an object (`__weakref__`).
pub fn first_of(vm: &crate::Vm, obj: &crate::Value) -> Option<crate::Value> {
    let _ = (vm, obj);
    None
}
