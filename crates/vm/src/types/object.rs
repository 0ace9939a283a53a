//! `object`: the payload without contents. Its methods are in `types/object_methods.rs`.

use taipan_heap::Trace;

/// The payload of `object` and of plain instances of Python classes.
pub struct Object;

crate::fixed_layout!(Object);

impl Trace for Object {
    fn trace(&self, _: &mut dyn FnMut(&crate::Value)) {}
}

/// The base class of the class hierarchy.
#[taipan_macros::pytype(name = "object", flags(BASETYPE), no_methods)]
impl crate::types::typedef::Slots for Object {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}
