//! `Trace`: how the collector sees what a payload owns.

use crate::object::Gc;
use crate::value::Value;

/// Shows every value that the implementor owns to the visitor, and lets go of those that can close a cycle.
pub trait Trace {
    fn trace(&self, visit: &mut dyn FnMut(&Value));
    /// Lets go of owned values, through interior mutability (not named `clear`: that would shadow `Vec::clear`). The default keeps them, which is right for parts that
    /// cannot change; some other object on each cycle must then be clearable.
    fn unlink(&self) {}
    /// Shows the values of many at once.
    #[inline]
    fn trace_all(items: &[Self], visit: &mut dyn FnMut(&Value))
    where
        Self: Sized,
    {
        for item in items {
            item.trace(visit)
        }
    }
    /// Moves owned values out (for contents of a [`Guarded`](crate::cell::Guarded) cell); what must stay may stay.
    fn take(&mut self, _out: &mut Vec<Value>) {}
}

impl Trace for Value {
    #[inline]
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self)
    }
    #[inline]
    fn trace_all(items: &[Value], visit: &mut dyn FnMut(&Value)) {
        crate::collect::show_all(items, visit)
    }
}

impl<T> Trace for Gc<T> {
    #[inline]
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.as_value())
    }
}

impl<T: Trace> Trace for Option<T> {
    #[inline]
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Some(v) = self {
            v.trace(visit)
        }
    }
    fn unlink(&self) {
        if let Some(v) = self {
            v.unlink()
        }
    }
    fn take(&mut self, out: &mut Vec<Value>) {
        if let Some(v) = self {
            v.take(out)
        }
    }
}

impl<T: Trace> Trace for [T] {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        T::trace_all(self, visit)
    }
    fn unlink(&self) {
        for v in self {
            v.unlink()
        }
    }
}

impl<T: Trace> Trace for Vec<T> {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.as_slice().trace(visit)
    }
    fn unlink(&self) {
        for v in self {
            v.unlink()
        }
    }
    fn take(&mut self, out: &mut Vec<Value>) {
        for v in self.iter_mut() {
            v.take(out)
        }
        // Plain values cannot be emptied one by one, so they go with their vector.
        if std::mem::size_of::<T>() == std::mem::size_of::<Value>() {
            for v in self.iter() {
                v.trace(&mut |x| out.push(x.clone()))
            }
            Vec::clear(self);
        }
    }
}

impl<T: Trace + ?Sized> Trace for Box<T> {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        (**self).trace(visit)
    }
    fn unlink(&self) {
        (**self).unlink()
    }
}

impl<A: Trace, B: Trace> Trace for (A, B) {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.trace(visit);
        self.1.trace(visit);
    }
    fn unlink(&self) {
        self.0.unlink();
        self.1.unlink();
    }
}

macro_rules! owns_nothing {
    ($($t:ty),*) => { $(impl Trace for $t { #[inline] fn trace(&self, _: &mut dyn FnMut(&Value)) {} })* };
}
owns_nothing!(
    (),
    bool,
    char,
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    u64,
    i64,
    u128,
    i128,
    usize,
    isize,
    f32,
    f64,
    str,
    String
);

impl<T: Copy> Trace for std::cell::Cell<T> {
    #[inline]
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}
