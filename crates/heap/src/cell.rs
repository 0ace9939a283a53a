//! Interior mutability for payloads.
//!
//! Payloads are shared (`&T` behind a `Gc<T>`), and whatever may run Python code may change them under our feet. So a
//! cell hands out *owned* values, never references: [`ValueCell`] and [`GcCell`] hold one reference, [`Guarded`] holds
//! anything and lends it to a closure that must run no Python code (checked in debug builds).
//!
//! I5  Old contents are dropped after the cell holds its new contents, since a drop may run Python code.

use crate::object::Gc;
use crate::trace::Trace;
use crate::value::Value;
use std::cell::{Cell, UnsafeCell};

/// A mutable place for one value, or none.
#[repr(transparent)]
pub struct ValueCell(Cell<Option<Value>>);

impl ValueCell {
    pub const fn new(v: Option<Value>) -> ValueCell {
        ValueCell(Cell::new(v))
    }

    #[inline]
    pub const fn empty() -> ValueCell {
        ValueCell(Cell::new(None))
    }

    #[inline]
    pub fn get(&self) -> Option<Value> {
        // SAFETY: one thread (I2), and `clone` of a value only counts up: nothing can change the cell meanwhile.
        unsafe { (*self.0.as_ptr()).clone() }
    }

    /// The word itself, 0 when empty, to look at its tag.
    #[inline(always)]
    pub fn bits(&self) -> u64 {
        // SAFETY: as for `get`; a `Value` is a `NonZeroU64`, and no value is the zero word.
        unsafe { *(self.0.as_ptr() as *const u64) }
    }

    /// Lends the value to a closure, which must not change the cell: it runs no Python code and drops no values.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(Option<&Value>) -> R) -> R {
        // SAFETY: one thread (I2), and the closure leaves the cell alone, as `Guarded::with` asks of its closures.
        f(unsafe { (*self.0.as_ptr()).as_ref() })
    }

    #[inline]
    pub fn set(&self, v: Option<Value>) {
        drop(self.0.replace(v))
    }

    #[inline]
    pub fn replace(&self, v: Option<Value>) -> Option<Value> {
        self.0.replace(v)
    }

    #[inline]
    pub fn take(&self) -> Option<Value> {
        self.0.take()
    }

    #[inline]
    pub fn is_some(&self) -> bool {
        // SAFETY: as in `get`; only the discriminant is read.
        unsafe { (*self.0.as_ptr()).is_some() }
    }
}

impl Default for ValueCell {
    fn default() -> Self {
        ValueCell::empty()
    }
}

impl<T> Default for GcCell<T> {
    fn default() -> Self {
        GcCell::new(None)
    }
}

impl ValueCell {
    /// Puts a word in and answers the one that was there: 0 for nothing.
    ///
    /// # Safety
    /// The word is 0 or that of a value, whose reference the cell takes over; the old one's is the caller's.
    #[inline(always)]
    pub unsafe fn swap_bits(&self, word: u64) -> u64 {
        const { assert!(size_of::<ValueCell>() == 8) };
        // SAFETY: an optional value is its word, or 0; one thread (I2).
        unsafe { std::ptr::replace(self.0.as_ptr() as *mut u64, word) }
    }
}

impl Trace for ValueCell {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: as in `get`; visitors of the collector change no cell.
        if let Some(v) = unsafe { &*self.0.as_ptr() } {
            visit(v)
        }
    }
    fn unlink(&self) {
        self.set(None)
    }
}

/// A mutable place for one typed reference, or none.
pub struct GcCell<T>(Cell<Option<Gc<T>>>);

impl<T> GcCell<T> {
    pub const fn new(v: Option<Gc<T>>) -> GcCell<T> {
        GcCell(Cell::new(v))
    }

    #[inline]
    pub fn get(&self) -> Option<Gc<T>> {
        // SAFETY: as in `ValueCell::get`.
        unsafe { (*self.0.as_ptr()).clone() }
    }

    #[inline]
    pub fn set(&self, v: Option<Gc<T>>) {
        drop(self.0.replace(v))
    }

    #[inline]
    pub fn replace(&self, v: Option<Gc<T>>) -> Option<Gc<T>> {
        self.0.replace(v)
    }

    #[inline]
    pub fn take(&self) -> Option<Gc<T>> {
        self.0.take()
    }

    #[inline]
    pub fn is_some(&self) -> bool {
        // SAFETY: as in `ValueCell::get`.
        unsafe { (*self.0.as_ptr()).is_some() }
    }
}

impl<T> GcCell<T> {
    /// Lends the reference to a closure, which must not change the cell: it runs no Python code and drops no values.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(Option<&Gc<T>>) -> R) -> R {
        // SAFETY: one thread (I2), and the closure leaves the cell alone, as `Guarded::with` asks of its closures.
        f(unsafe { (*self.0.as_ptr()).as_ref() })
    }

    /// The place of the reference, for those who know that it is filled and how long it stays.
    ///
    /// # Safety
    /// The cell is filled. The pointer is good until the cell is changed.
    #[inline(always)]
    pub unsafe fn as_ptr_unchecked(&self) -> *const Gc<T> {
        self.0.as_ptr() as *const Gc<T>
    }
}

impl<T> Trace for GcCell<T> {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: as in `ValueCell::trace`.
        if let Some(v) = unsafe { &*self.0.as_ptr() } {
            visit(v.as_value())
        }
    }
    fn unlink(&self) {
        self.set(None)
    }
}

/// Anything mutable, lent to closures.
///
/// The closure must not run Python code: no protocol call, no drop of a value that could be the last reference to an
/// object (move such values out as the closure's result and drop them outside). Debug builds panic on a violation.
pub struct Guarded<T> {
    #[cfg(debug_assertions)]
    state: Cell<i32>,
    inner: UnsafeCell<T>,
}

impl<T> Guarded<T> {
    pub const fn new(inner: T) -> Guarded<T> {
        Guarded {
            #[cfg(debug_assertions)]
            state: Cell::new(0),
            inner: UnsafeCell::new(inner),
        }
    }

    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        #[cfg(debug_assertions)]
        {
            assert!(self.state.get() >= 0, "Guarded::with inside with_mut");
            self.state.set(self.state.get() + 1);
        }
        // SAFETY: one thread (I2), and no `with_mut` runs meanwhile, since `f` runs no Python code.
        let r = f(unsafe { &*self.inner.get() });
        #[cfg(debug_assertions)]
        self.state.set(self.state.get() - 1);
        r
    }

    #[inline(always)]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(debug_assertions)]
        {
            assert!(self.state.get() == 0, "Guarded::with_mut while lent");
            self.state.set(-1);
        }
        // SAFETY: one thread (I2), and nothing else is lent meanwhile, since `f` runs no Python code.
        let r = f(unsafe { &mut *self.inner.get() });
        #[cfg(debug_assertions)]
        self.state.set(0);
        r
    }

    pub fn replace(&self, v: T) -> T {
        self.with_mut(|t| std::mem::replace(t, v))
    }

    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Stores, then drops what was there.
    pub fn set(&self, v: T) {
        drop(self.replace(v))
    }
}

impl<T: Default> Default for Guarded<T> {
    fn default() -> Self {
        Guarded::new(T::default())
    }
}

impl<T: Trace> Trace for Guarded<T> {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.with(|t| t.trace(visit))
    }
    fn unlink(&self) {
        let mut out = Vec::new();
        self.with_mut(|t| t.take(&mut out));
        drop(out);
    }
}
