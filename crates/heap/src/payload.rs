//! `payload!`-style newtypes over variable-size payloads, and the generic type functions the heap calls.

use crate::object::{Header, Obj, VarObj};
use crate::trace::Trace;
use crate::value::Value;
use std::ptr::NonNull;

/// How to destroy, trace and clear a payload: the three functions of a [`TypeHead`](crate::TypeHead).
#[derive(Clone, Copy)]
pub struct PayloadFns {
    pub drop: unsafe fn(NonNull<Header>),
    pub trace: unsafe fn(NonNull<Header>, &mut dyn FnMut(&Value)),
    pub clear: unsafe fn(NonNull<Header>),
    /// Bytes of the payload, rounded up to 8: where a subclass's own parts begin.
    pub size: unsafe fn(NonNull<Header>) -> usize,
}

/// A payload type with a fixed layout (`T: Sized`) or a newtype over a [`VarObj`].
///
/// # Safety
/// `FNS` must be right for `Self`.
pub unsafe trait Layout: 'static {
    const FNS: PayloadFns;
}

unsafe fn drop_fixed<T>(p: NonNull<Header>) {
    // SAFETY: the heap calls it for objects whose payload is a `T`.
    unsafe { std::ptr::drop_in_place(&raw mut (*(p.as_ptr() as *mut Obj<T>)).body) }
}
unsafe fn trace_fixed<T: Trace>(p: NonNull<Header>, visit: &mut dyn FnMut(&Value)) {
    // SAFETY: as above.
    unsafe { (*(p.as_ptr() as *const Obj<T>)).body.trace(visit) }
}
unsafe fn clear_fixed<T: Trace>(p: NonNull<Header>) {
    // SAFETY: as above.
    unsafe { (*(p.as_ptr() as *const Obj<T>)).body.unlink() }
}
unsafe fn size_fixed<T>(_: NonNull<Header>) -> usize {
    size_of::<T>().next_multiple_of(8)
}

/// The functions of a fixed-size payload.
pub const fn fixed<T: Trace>() -> PayloadFns {
    PayloadFns {
        drop: drop_fixed::<T>,
        trace: trace_fixed::<T>,
        clear: clear_fixed::<T>,
        size: size_fixed::<T>,
    }
}

unsafe fn drop_var<H, T>(p: NonNull<Header>) {
    // SAFETY: the heap calls it for objects whose payload is a `VarObj<H, T>`.
    unsafe { VarObj::<H, T>::drop_in_place(p.add(1).cast()) }
}
unsafe fn trace_var<H: Trace, T: Trace>(p: NonNull<Header>, visit: &mut dyn FnMut(&Value)) {
    // SAFETY: as above.
    unsafe {
        let body = p.add(1).cast::<VarObj<H, T>>();
        body.as_ref().head.trace(visit);
        T::trace_all(body.as_ref().items(), visit)
    }
}
unsafe fn clear_var<H: Trace, T>(p: NonNull<Header>) {
    // SAFETY: as above. Items of a variable-size payload cannot change; something else on the cycle can.
    unsafe { p.add(1).cast::<VarObj<H, T>>().as_ref().head.unlink() }
}
unsafe fn size_var<H, T>(p: NonNull<Header>) -> usize {
    // SAFETY: as above; the size was computed without overflow when the object was made.
    unsafe {
        let len = p.add(1).cast::<VarObj<H, T>>().as_ref().len();
        (size_of::<VarObj<H, T>>() + len * size_of::<T>()).next_multiple_of(8)
    }
}

/// The functions of a variable-size payload.
pub const fn var<H: Trace, T: Trace>() -> PayloadFns {
    PayloadFns {
        drop: drop_var::<H, T>,
        trace: trace_var::<H, T>,
        clear: clear_var::<H, T>,
        size: size_var::<H, T>,
    }
}
