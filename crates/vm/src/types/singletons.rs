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
