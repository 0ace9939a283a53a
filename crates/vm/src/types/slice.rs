//! `slice`: three values, and what they mean for a sequence of a given length.

use crate::object::ValueExt;
use crate::prelude::*;
use crate::types::numbers::{IntValue, int_value};
use dashu_int::{IBig, Sign};
use std::cmp::Ordering;

/// The payload of `slice`.
pub struct Slice {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

crate::fixed_layout!(Slice);

impl Trace for Slice {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.start);
        visit(&self.stop);
        visit(&self.step);
    }
}

/// A slice of a sequence of known length: `len` items from `start` on, `step` apart. All indexes are in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    pub start: isize,
    /// One past the end in the direction of `step`; for `step == 1` never below `start`.
    pub stop: isize,
    pub step: isize,
    pub len: usize,
}

impl Indices {
    /// Clips bounds, as [`Slice::unpack`] gives them, to a length.
    pub fn new((start, stop, step): (isize, isize, isize), length: usize) -> Indices {
        let length = isize::try_from(length).unwrap_or(isize::MAX);
        let clip = |i: isize| {
            if i < 0 {
                let i = i.saturating_add(length);
                if i < 0 { if step < 0 { -1 } else { 0 } } else { i }
            } else if i >= length {
                if step < 0 { length - 1 } else { length }
            } else {
                i
            }
        };
        let (start, stop) = (clip(start), clip(stop));
        let len = if step == 1 {
            (stop - start).max(0)
        } else if step < 0 {
            if stop < start { (start - stop - 1) / step.saturating_neg() + 1 } else { 0 }
        } else if start < stop {
            (stop - start - 1) / step + 1
        } else {
            0
        };
        Indices { start, stop, step, len: len as usize }
    }

    /// The indexes, in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = usize> {
        let Indices { start, step, len, .. } = self;
        (0..len).map(move |i| (start + step * i as isize) as usize)
    }

    /// As a range of items for `step == 1`, empty ranges beginning at `start`.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len
    }
}

const NOT_INDEX: &str = "slice indices must be integers or None or have an __index__ method";

/// A bound clipped to `isize`; `None` when it is Python's `None`.
fn bound(vm: &Vm, v: &Value) -> PyResult<Option<isize>> {
    if let Some(n) = v.as_int() {
        return Ok(Some(n as isize));
    }
    if v.is_none() {
        return Ok(None);
    }
    if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error(NOT_INDEX));
    }
    vm.index_clipped(v).map(Some)
}

impl Slice {
    /// Start, stop and step with defaults filled in, clipped to `isize` (`PySlice_Unpack`). May run `__index__`.
    pub fn unpack(&self, vm: &Vm) -> PyResult<(isize, isize, isize)> {
        let step = match bound(vm, &self.step)? {
            None => 1,
            Some(0) => return Err(vm.value_error("slice step cannot be zero")),
            Some(n) => n.max(-isize::MAX),
        };
        let back = step < 0;
        let start = bound(vm, &self.start)?.unwrap_or(if back { isize::MAX } else { 0 });
        let stop = bound(vm, &self.stop)?.unwrap_or(if back { isize::MIN } else { isize::MAX });
        Ok((start, stop, step))
    }

    /// What the slice selects of a sequence of this length. Callers whose length `__index__` could change use `unpack`
    /// and then [`Indices::new`].
    pub fn indices(&self, vm: &Vm, length: usize) -> PyResult<Indices> {
        Ok(Indices::new(self.unpack(vm)?, length))
    }

    /// `slice.indices` for numbers of any size: (start, stop, step).
    pub fn big_indices(&self, vm: &Vm, length: &IBig) -> PyResult<(IBig, IBig, IBig)> {
        let int = |v: &Value| -> PyResult<Option<IBig>> {
            if v.is_none() {
                return Ok(None);
            }
            if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
                return Err(vm.type_error(NOT_INDEX));
            }
            let i = vm.index(v)?;
            Ok(int_value(&i).map(|i| i.to_ibig()))
        };
        let step = int(&self.step)?.unwrap_or(IBig::ONE);
        if step == IBig::ZERO {
            return Err(vm.value_error("slice step cannot be zero"));
        }
        let back = step.sign() == Sign::Negative;
        let (lower, upper) =
            if back { (-IBig::ONE, length - IBig::ONE) } else { (IBig::ZERO, length.clone()) };
        let clip = |i: IBig| {
            if i.sign() == Sign::Negative { (i + length).max(lower.clone()) } else { i.min(upper.clone()) }
        };
        let start = match int(&self.start)? {
            Some(i) => clip(i),
            None if back => upper.clone(),
            None => lower.clone(),
        };
        let stop = match int(&self.stop)? {
            Some(i) => clip(i),
            None if back => lower.clone(),
            None => upper.clone(),
        };
        Ok((start, stop, step))
    }
}

impl Vm {
    #[inline]
    pub fn new_slice(&self, start: Value, stop: Value, step: Value) -> Gc<Slice> {
        self.alloc(Slice { start, stop, step })
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let s = crate::native::shell::object::<Slice>(vm, v, "__repr__")?;
    let mut out = taipan_text::wtf8::Wtf8Buf::from("slice(");
    out.push_wtf8(vm.repr(&s.start)?.as_wtf8());
    out.push_str(", ");
    out.push_wtf8(vm.repr(&s.stop)?.as_wtf8());
    out.push_str(", ");
    out.push_wtf8(vm.repr(&s.step)?.as_wtf8());
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<Slice>(), b.downcast::<Slice>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x.is(y) {
        return Ok(Value::bool(op.holds(Ordering::Equal)));
    }
    let parts = |s: &Slice| vm.new_tuple(vec![s.start.clone(), s.stop.clone(), s.step.clone()]).into_value();
    vm.rich_compare(&parts(x), &parts(y), op)
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let s = crate::native::shell::object::<Slice>(vm, v, "__hash__")?;
    let mut acc = crate::types::tuple_methods::Lanes::new();
    for part in [&s.start, &s.stop, &s.step] {
        acc.add(vm.hash(part)?);
    }
    Ok(acc.plain())
}

/// slice(stop)
/// slice(start, stop[, step])
///
/// Create a slice object.  This is used for extended slicing (e.g. a[0:10:2]).
#[pytype(name = "slice", flags(GC))]
impl Slots for Slice {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(repr), hash: Some(hash), richcompare: Some(richcompare), ..SlotDefs::NONE };
}

#[pymethods]
impl Slice {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = cls;
        if args.has_keywords() {
            return Err(vm.type_error("slice() takes no keyword arguments"));
        }
        let none = Value::NONE;
        let (start, stop, step) = match args.pos() {
            [stop] => (&none, stop, &none),
            [start, stop] => (start, stop, &none),
            [start, stop, step] => (start, stop, step),
            [] => return Err(vm.type_error("slice expected at least 1 argument, got 0")),
            more => {
                return Err(
                    vm.type_error(format_args!("slice expected at most 3 arguments, got {}", more.len()))
                );
            }
        };
        Ok(vm.new_slice(start.clone(), stop.clone(), step.clone()).into_value())
    }

    /// The start of the slice, or None.
    #[pymember("start")]
    fn start(vm: &Vm, zelf: &Gc<Slice>) -> Value {
        let _ = vm;
        zelf.start.clone()
    }

    /// The end of the slice, or None.
    #[pymember("stop")]
    fn stop(vm: &Vm, zelf: &Gc<Slice>) -> Value {
        let _ = vm;
        zelf.stop.clone()
    }

    /// The step of the slice, or None.
    #[pymember("step")]
    fn step(vm: &Vm, zelf: &Gc<Slice>) -> Value {
        let _ = vm;
        zelf.step.clone()
    }

    /// S.indices(len) -> (start, stop, stride)
    ///
    /// Assuming a sequence of length len, calculate the start and stop
    /// indices, and the stride length of the extended slice described by
    /// S. Out of bounds indices are clipped in a manner consistent with the
    /// handling of normal slices.
    #[pymethod(no_text, "indices($self, length, /)")]
    fn py_indices(vm: &Vm, zelf: &Gc<Slice>, length: &Value) -> PyResult<Value> {
        let length = vm.index(length)?;
        let length = match int_value(&length) {
            Some(n @ (IntValue::Small(_) | IntValue::Big(_))) => n.to_ibig(),
            None => return Err(vm.type_error("an integer is required")),
        };
        if length.sign() == Sign::Negative {
            return Err(vm.value_error("length should not be negative"));
        }
        let (start, stop, step) = zelf.big_indices(vm, &length)?;
        let parts = vec![vm.new_bigint(start), vm.new_bigint(stop), vm.new_bigint(step)];
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Slice>) -> (Gc<Type>, Gc<Tuple>) {
        let parts = vec![zelf.start.clone(), zelf.stop.clone(), zelf.step.clone()];
        (vm.native_type::<Slice>(), vm.new_tuple(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::Indices;

    #[test]
    fn clipping_follows_the_direction() {
        let of = |a, b, c, n| Indices::new((a, b, c), n).iter().collect::<Vec<_>>();
        assert_eq!(of(0, isize::MAX, 2, 5), [0, 2, 4]);
        assert_eq!(of(isize::MAX, isize::MIN, -1, 3), [2, 1, 0]);
        assert_eq!(of(isize::MAX, isize::MIN, -isize::MAX, 3), [2]);
        assert_eq!(of(-2, isize::MAX, 1, 3), [1, 2]);
        assert_eq!(of(2, 1, 1, 3), [] as [usize; 0]);
        assert_eq!(of(0, isize::MAX, isize::MAX, 3), [0]);
    }
}
