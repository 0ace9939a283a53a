//! `None`, `Ellipsis` and `NotImplemented`: value words, so their payloads are never made.

use crate::Value;
use taipan_heap::Trace;

pub struct NoneType;
pub struct EllipsisType;
pub struct NotImplementedType;

crate::fixed_layout!(NoneType);
crate::fixed_layout!(EllipsisType);
crate::fixed_layout!(NotImplementedType);

macro_rules! owns_nothing {
    ($($t:ty),*) => { $(impl Trace for $t { fn trace(&self, _: &mut dyn FnMut(&Value)) {} })* };
}
owns_nothing!(NoneType, EllipsisType, NotImplementedType);

/// The type of the None singleton.
#[taipan_macros::pytype(name = "NoneType", flags(NO_NEW), no_methods)]
impl crate::types::typedef::Slots for NoneType {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}

/// The type of the Ellipsis singleton.
#[taipan_macros::pytype(name = "ellipsis", flags(NO_NEW), no_methods)]
impl crate::types::typedef::Slots for EllipsisType {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}

/// The type of the NotImplemented singleton.
#[taipan_macros::pytype(name = "NotImplementedType", flags(NO_NEW), no_methods)]
impl crate::types::typedef::Slots for NotImplementedType {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}
