//! `object`: the payload without contents. Its methods are in `types/object_methods.rs`.

use taipan_heap::Trace;

/// The payload of `object` and of plain instances of Python classes.
pub struct Object;

crate::fixed_layout!(Object);

impl Trace for Object {
    fn trace(&self, _: &mut dyn FnMut(&crate::Value)) {}
}
