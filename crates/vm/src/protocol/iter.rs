//! Iteration.

use crate::errors::exc;
use crate::object::ValueExt;
use crate::types::list::copy_of;
use crate::types::list_methods::ListIter;
use crate::types::range::RangeIter;
use crate::types::tuple_methods::TupleIter;
use crate::types::{Dict, List, Tuple};
use crate::{PyResult, Raised, Value, Vm};

/// The next item of the commonest iterators; `None`: it is another one, or at its end.
#[inline]
pub fn plain_next(it: &Value) -> Option<Value> {
    if let Some(l) = it.downcast_exact::<ListIter>() {
        l.advance()
    } else if let Some(r) = it.downcast_exact::<RangeIter>() {
        r.advance()
    } else if let Some(t) = it.downcast_exact::<TupleIter>() {
        t.advance()
    } else {
        None
    }
}

/// Whether `plain_next` answers an item.
#[inline]
pub fn has_plain_next(it: &Value) -> bool {
    if let Some(l) = it.downcast_exact::<ListIter>() {
        l.list.with(|list| list.is_some_and(|list| l.index.get() < list.len()))
    } else if let Some(r) = it.downcast_exact::<RangeIter>() {
        r.left.get() != 0 && Value::small_int(r.next.get()).is_some()
    } else if let Some(t) = it.downcast_exact::<TupleIter>() {
        t.tuple.with(|tuple| tuple.is_some_and(|tuple| t.index.get() < tuple.len()))
    } else {
        false
    }
}

impl Vm {
    /// `iter(v)`.
    pub fn get_iter(&self, v: &Value) -> PyResult<Value> {
        self.check_stack()?;
        let ty = self.type_of(v);
        if let Some(f) = ty.slots.iter.get() {
            let it = f(self, v)?;
            if self.type_of(&it).slots.iternext.get().is_none() {
                return Err(self.type_error(format_args!(
                    "iter() returned non-iterator of type '{}'",
                    self.type_of(&it).tp_name()
                )));
            }
            return Ok(it);
        }
        if self.has_sequence_items(v) {
            return Ok(crate::types::iterators::sequence_iterator(self, v));
        }
        Err(self.type_error(format_args!("'{}' object is not iterable", ty.tp_name())))
    }

    /// Whether items can be had by index (`PySequence_Check`).
    pub fn has_sequence_items(&self, v: &Value) -> bool {
        let ty = self.type_of(v);
        ty.slots.item.get().is_some() && !ty.is_subtype(&self.types.dict)
    }

    /// `next(it)`; `None` (Rust) at the end. An explicit `StopIteration` counts as the end.
    #[inline]
    pub fn iter_next(&self, it: &Value) -> PyResult<Option<Value>> {
        if let Some(v) = plain_next(it) {
            return Ok(Some(v));
        }
        self.check_stack()?;
        self.step(it)
    }

    /// `iter_next` by one who has looked at the stack.
    #[inline]
    fn step(&self, it: &Value) -> PyResult<Option<Value>> {
        match self.type_of(it).slots.iternext.get() {
            Some(f) => match f(self, it) {
                Err(Raised) if self.raised_is(&exc::StopIteration) => {
                    drop(self.take_raised());
                    Ok(None)
                }
                r => r,
            },
            None => {
                Err(self
                    .type_error(format_args!("'{}' object is not an iterator", self.type_of(it).tp_name())))
            }
        }
    }

    /// Calls `f` with each item.
    pub fn for_each(&self, v: &Value, mut f: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
        self.each_until(v, |item| f(item).map(|()| false)).map(drop)
    }

    /// Calls `f` with each item until it answers that it has seen enough; answers whether it did.
    pub fn each_until(&self, v: &Value, mut f: impl FnMut(Value) -> PyResult<bool>) -> PyResult<bool> {
        // As their iterators go through them: a list may change meanwhile.
        if let Some(l) = v.downcast_exact::<List>() {
            let mut i = 0;
            while let Some(item) = l.items.with(|items| items.get(i).cloned()) {
                if f(item)? {
                    return Ok(true);
                }
                self.poll()?;
                i += 1;
            }
            return Ok(false);
        }
        if let Some(t) = v.downcast_exact::<Tuple>() {
            for item in t.items() {
                if f(item.clone())? {
                    return Ok(true);
                }
                self.poll()?;
            }
            return Ok(false);
        }
        let it = self.get_iter(v)?;
        self.check_stack()?;
        loop {
            let Some(item) = (match plain_next(&it) {
                None => self.step(&it)?,
                next => next,
            }) else {
                return Ok(false);
            };
            if f(item)? {
                return Ok(true);
            }
            self.poll()?;
        }
    }

    /// The items of an iterable as a vector (`list(v)`).
    pub fn collect(&self, v: &Value) -> PyResult<Vec<Value>> {
        if let Some(l) = v.downcast_exact::<List>() {
            return l.items.with(|items| copy_of(items)).ok_or_else(|| self.memory_error());
        }
        if let Some(t) = v.downcast_exact::<Tuple>() {
            return copy_of(t.items()).ok_or_else(|| self.memory_error());
        }
        if let Some(d) = v.downcast_exact::<Dict>() {
            return Ok(d.table.keys());
        }
        let hint = self.length_hint(v, 0)?;
        let mut out = Vec::new();
        if out.try_reserve(hint.min(1 << 16)).is_err() {
            return Err(self.memory_error());
        }
        self.for_each(v, |item| {
            if out.try_reserve(1).is_err() {
                return Err(self.memory_error());
            }
            out.push(item);
            Ok(())
        })?;
        Ok(out)
    }

    /// `operator.length_hint`.
    pub fn length_hint(&self, v: &Value, default: usize) -> PyResult<usize> {
        self.check_stack()?;
        if let Some(f) = self.type_of(v).slots.len.get() {
            let r = f(self, v);
            if let Some(n) = self.suppress(r, &exc::TypeError)? {
                return Ok(n);
            }
        }
        let r = self.call_special(v, &self.names.__length_hint__, &[]);
        let Some(Some(r)) = self.suppress(r, &exc::TypeError)? else { return Ok(default) };
        if r.is_not_implemented() {
            return Ok(default);
        }
        if crate::types::numbers::int_value(&r).is_none() {
            return Err(self.type_error(format_args!(
                "__length_hint__ must be an integer, not {}",
                self.type_of(&r).tp_name()
            )));
        }
        let n = self.index_i64(&r, "Python int too large to convert to C ssize_t")?;
        usize::try_from(n).map_err(|_| self.value_error("__length_hint__() should return >= 0"))
    }
}
