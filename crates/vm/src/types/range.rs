//! `range` and its iterators: one for numbers that fit a machine word, one for the others.

use crate::native::shell::object;
use crate::object::ValueExt;
use crate::prelude::*;
use crate::types::iterators::{builtin, itself, refuses_keywords};
use crate::types::numbers::{Int, IntValue, int_value};
use crate::types::slice::Slice;
use crate::types::tuple_methods::Lanes;
use dashu_int::{IBig, Sign};
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

/// The payload of `range`. All parts are of class `int` itself (or `bool`).
pub struct Range {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
    pub length: Value,
    /// The same in machine words, when everything fits, also the number behind the last one.
    pub small: Option<SmallRange>,
}

#[derive(Clone, Copy)]
pub struct SmallRange {
    pub start: i64,
    pub step: i64,
    pub len: u64,
}

crate::fixed_layout!(Range);

impl Trace for Range {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

fn big(v: &Value) -> IBig {
    int_value(v).map_or(IBig::ZERO, |i| i.to_ibig())
}

/// How many numbers there are; `step` is not zero.
fn small_len(start: i64, stop: i64, step: i64) -> u64 {
    if step == 1 {
        if start < stop { stop.wrapping_sub(start) as u64 } else { 0 }
    } else if step > 0 {
        if start < stop { (stop.wrapping_sub(start) as u64 - 1) / step as u64 + 1 } else { 0 }
    } else if start > stop {
        (start.wrapping_sub(stop) as u64 - 1) / step.unsigned_abs() + 1
    } else {
        0
    }
}

/// An iterator over `range(start, stop, step)` of small ints, without the range; `None` if the step is zero or a number on the
/// way too large.
#[inline]
pub fn iterator_over(vm: &Vm, start: i64, stop: i64, step: i64) -> Option<Value> {
    if step == 0 {
        return None;
    }
    let len = small_len(start, stop, step);
    i64::try_from(len).ok()?.checked_mul(step)?.checked_add(start)?;
    Some(vm.alloc_with(|| RangeIter { next: Cell::new(start), step, left: Cell::new(len) }).into_value())
}

fn big_len(start: &IBig, stop: &IBig, step: &IBig) -> IBig {
    let (low, high, step) =
        if step.sign() == Sign::Negative { (stop, start, -step) } else { (start, stop, step.clone()) };
    if low >= high { IBig::ZERO } else { (high - low - IBig::ONE) / step + IBig::ONE }
}

impl Vm {
    /// `range(start, stop, step)` of ints; the step is not zero.
    pub fn new_range(&self, start: Value, stop: Value, step: Value) -> Gc<Range> {
        let parts = (int_value(&start), int_value(&stop), int_value(&step));
        if let (Some(IntValue::Small(a)), Some(IntValue::Small(b)), Some(IntValue::Small(c))) = parts {
            let len = small_len(a, b, c);
            let end = i64::try_from(len).ok().and_then(|n| n.checked_mul(c)?.checked_add(a));
            let small = end.map(|_| SmallRange { start: a, step: c, len });
            let length = self.new_uint(len);
            return self.alloc(Range { start, stop, step, length, small });
        }
        let length = self.new_bigint(big_len(&big(&start), &big(&stop), &big(&step)));
        self.alloc(Range { start, stop, step, length, small: None })
    }
}

impl Range {
    /// The number at a position in range.
    fn at(&self, vm: &Vm, i: &IBig) -> Value {
        vm.new_bigint(big(&self.start) + i * big(&self.step))
    }

    fn len_big(&self) -> IBig {
        big(&self.length)
    }

    fn is_empty(&self) -> bool {
        self.length.as_int() == Some(0)
    }

    /// Where an int is in the range.
    fn position(&self, n: &Value) -> Option<IBig> {
        if let (Some(s), Some(IntValue::Small(n))) = (&self.small, int_value(n)) {
            let d = n.checked_sub(s.start)?;
            let (q, r) = (d.checked_div(s.step)?, d.checked_rem(s.step)?);
            return (r == 0 && q >= 0 && (q as u64) < s.len).then(|| IBig::from(q));
        }
        let (d, step) = (big(n) - big(&self.start), big(&self.step));
        if &d % &step != IBig::ZERO {
            return None;
        }
        let q = d / step;
        (q.sign() == Sign::Positive && q < self.len_big()).then_some(q)
    }

    /// As the parts that equality and hash look at.
    fn essence(&self) -> [Value; 3] {
        let length = self.length.clone();
        match length.as_int() {
            Some(0) => [length, Value::NONE, Value::NONE],
            Some(1) => [length, self.start.clone(), Value::NONE],
            _ => [length, self.start.clone(), self.step.clone()],
        }
    }

    /// An iterator over the range.
    pub fn iterate(&self, vm: &Vm) -> Value {
        match self.small {
            Some(s) => vm
                .alloc(RangeIter { next: Cell::new(s.start), step: s.step, left: Cell::new(s.len) })
                .into_value(),
            None => vm
                .alloc(LongRangeIter {
                    start: Guarded::new(big(&self.start)),
                    step: big(&self.step),
                    left: Guarded::new(self.len_big()),
                })
                .into_value(),
        }
    }

    pub fn iterate_back(&self, vm: &Vm) -> Value {
        if let Some(s) = self.small
            && let Some(step) = s.step.checked_neg()
        {
            let last = s.start.wrapping_add(s.step.wrapping_mul(s.len as i64)).wrapping_sub(s.step);
            // The number behind the end must fit as well.
            if s.start.checked_sub(s.step).is_some() {
                return vm
                    .alloc(RangeIter { next: Cell::new(last), step, left: Cell::new(s.len) })
                    .into_value();
            }
        }
        let (start, step, len) = (big(&self.start), big(&self.step), self.len_big());
        let last = start + (&len - IBig::ONE) * &step;
        vm.alloc(LongRangeIter { start: Guarded::new(last), step: -step, left: Guarded::new(len) })
            .into_value()
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Range>> {
    object::<Range>(vm, v, "range")
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let r = me(vm, v)?;
    let mut out = Wtf8Buf::from("range(");
    out.push_wtf8(vm.repr(&r.start)?.as_wtf8());
    out.push_str(", ");
    out.push_wtf8(vm.repr(&r.stop)?.as_wtf8());
    if r.step.as_int() != Some(1) {
        out.push_str(", ");
        out.push_wtf8(vm.repr(&r.step)?.as_wtf8());
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let mut lanes = Lanes::new();
    for part in me(vm, v)?.essence() {
        lanes.add(vm.hash(&part)?);
    }
    Ok(lanes.tuple(3))
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<Range>(), b.downcast::<Range>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let mut same = true;
    for (p, q) in x.essence().iter().zip(&y.essence()) {
        same = same && vm.eq(p, q)?;
    }
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

fn iter(vm: &Vm, v: &Value) -> PyResult {
    Ok(me(vm, v)?.iterate(vm))
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    match int_value(&me(vm, v)?.length) {
        Some(IntValue::Small(n)) => Ok(n as usize),
        _ => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

fn truth(vm: &Vm, v: &Value) -> PyResult<bool> {
    Ok(!me(vm, v)?.is_empty())
}

fn is_plain_int(v: &Value) -> bool {
    v.is_int() || v.as_bool().is_some() || v.downcast_exact::<Int>().is_some()
}

fn contains(vm: &Vm, v: &Value, x: &Value) -> PyResult<bool> {
    let r = me(vm, v)?;
    if is_plain_int(x) {
        return Ok(r.position(x).is_some());
    }
    let it = r.iterate(vm);
    while let Some(n) = vm.iter_next(&it)? {
        if vm.eq(&n, x)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn item(vm: &Vm, v: &Value, i: isize) -> PyResult {
    number_at(vm, me(vm, v)?, &IBig::from(i))
}

fn number_at(vm: &Vm, r: &Range, i: &IBig) -> PyResult {
    if i.sign() == Sign::Negative || *i >= r.len_big() {
        return Err(vm.index_error("range object index out of range"));
    }
    Ok(r.at(vm, i))
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let r = me(vm, v)?;
    if let (Some(s), Some(i)) = (&r.small, key.as_int()) {
        let i = if i < 0 { i.saturating_add(s.len as i64) } else { i };
        if i >= 0 && (i as u64) < s.len {
            return Ok(vm.new_int(s.start + i * s.step));
        }
    }
    if let Some(s) = key.downcast_exact::<Slice>() {
        if let Some(small) = &r.small
            && small.len < 1 << 32
            && small.start.unsigned_abs() < 1 << 60
        {
            // The parts of a range are words, so what it selects is found with words too, unless the step overflows.
            let at = crate::types::slice::Indices::new(s.unpack(vm)?, small.len as usize);
            let bound = |i: isize| (i as i64).checked_mul(small.step)?.checked_add(small.start);
            let step = (at.step as i64).checked_mul(small.step);
            if let (Some(a), Some(b), Some(c)) = (bound(at.start), bound(at.stop), step) {
                return Ok(vm.new_range(vm.new_int(a), vm.new_int(b), vm.new_int(c)).into_value());
            }
        }
        let (start, stop, step) = s.big_indices(vm, &r.len_big())?;
        let own = (big(&r.start), big(&r.step));
        let (a, b, c) = (&own.0 + start * &own.1, &own.0 + stop * &own.1, step * &own.1);
        return Ok(vm.new_range(vm.new_bigint(a), vm.new_bigint(b), vm.new_bigint(c)).into_value());
    }
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "range indices must be integers or slices, not {}",
            vm.type_of(key).name()
        )));
    }
    let i = big(&vm.index(key)?);
    let i = if i.sign() == Sign::Negative { i + r.len_big() } else { i };
    number_at(vm, r, &i)
}

/// range(stop) -> range object
/// range(start, stop[, step]) -> range object
///
/// Return an object that produces a sequence of integers from start (inclusive)
/// to stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.
/// start defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.
/// These are exactly the valid indices for a list of 4 elements.
/// When step is given, it specifies the increment (or decrement).
#[pytype(name = "range", flags(SEQUENCE))]
impl Slots for Range {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        bool: Some(truth),
        item: Some(item),
        contains: Some(contains),
        subscript: Some(subscript),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Range {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() && refuses_keywords::<Range>(vm, cls) {
            return Err(vm.type_error("range() takes no keyword arguments"));
        }
        // Subclasses of int lose their class.
        let int = |v: &Value| -> PyResult<Value> {
            if v.is_int() {
                return Ok(v.clone());
            }
            Ok(vm.new_bigint(big(&vm.index(v)?)))
        };
        let zero = Value::int32(0);
        let one = Value::int32(1);
        let (start, stop, step) = match args.pos() {
            [stop] => (zero, int(stop)?, one),
            [start, stop] => (int(start)?, int(stop)?, one),
            [start, stop, step] => {
                let parts = (int(start)?, int(stop)?, int(step)?);
                if parts.2.as_int() == Some(0) {
                    return Err(vm.value_error("range() arg 3 must not be zero"));
                }
                parts
            }
            [] => return Err(vm.type_error("range expected at least 1 argument, got 0")),
            more => {
                return Err(
                    vm.type_error(format_args!("range expected at most 3 arguments, got {}", more.len()))
                );
            }
        };
        Ok(vm.new_range(start, stop, step).into_value())
    }

    #[pymember("start")]
    fn start(vm: &Vm, zelf: &Gc<Range>) -> Value {
        let _ = vm;
        zelf.start.clone()
    }

    #[pymember("stop")]
    fn stop(vm: &Vm, zelf: &Gc<Range>) -> Value {
        let _ = vm;
        zelf.stop.clone()
    }

    #[pymember("step")]
    fn step(vm: &Vm, zelf: &Gc<Range>) -> Value {
        let _ = vm;
        zelf.step.clone()
    }

    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    #[pymethod(no_text, "count($self, value, /)")]
    fn count(vm: &Vm, zelf: &Gc<Range>, value: &Value) -> PyResult<i64> {
        if is_plain_int(value) {
            return Ok(zelf.position(value).is_some() as i64);
        }
        let it = zelf.iterate(vm);
        let mut n = 0;
        while let Some(x) = vm.iter_next(&it)? {
            n += vm.eq(&x, value)? as i64;
        }
        Ok(n)
    }

    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    #[pymethod(no_text, "index($self, value, /)")]
    fn index(vm: &Vm, zelf: &Gc<Range>, value: &Value) -> PyResult<Value> {
        if is_plain_int(value) {
            return match zelf.position(value) {
                Some(i) => Ok(vm.new_bigint(i)),
                None => Err(vm.value_error("range.index(x): x not in range")),
            };
        }
        let it = zelf.iterate(vm);
        let mut i = 0;
        while let Some(x) = vm.iter_next(&it)? {
            if vm.eq(&x, value)? {
                return Ok(vm.new_int(i));
            }
            i += 1;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    /// Return a reverse iterator.
    #[pymethod(no_text, "__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<Range>) -> Value {
        zelf.iterate_back(vm)
    }

    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Range>) -> Value {
        let cls = vm.type_of(zelf.as_value()).to_value();
        let args = vec![zelf.start.clone(), zelf.stop.clone(), zelf.step.clone()];
        vm.new_tuple(vec![cls, vm.new_tuple(args).into_value()]).into_value()
    }
}

/// `iter(range)` in machine words.
#[pytype(name = "range_iterator", flags(NO_NEW))]
#[derive(Trace)]
pub struct RangeIter {
    pub next: Cell<i64>,
    pub step: i64,
    pub left: Cell<u64>,
}

impl RangeIter {
    /// The next number, if it is a small one.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        let left = self.left.get().checked_sub(1)?;
        let n = self.next.get();
        let v = Value::small_int(n)?;
        self.left.set(left);
        self.next.set(n.wrapping_add(self.step));
        Some(v)
    }
}

fn range_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<RangeIter>(vm, v, "__next__")?;
    let left = it.left.get();
    if left == 0 {
        return Ok(None);
    }
    let n = it.next.get();
    it.left.set(left - 1);
    it.next.set(n.wrapping_add(it.step));
    Ok(Some(vm.new_int(n)))
}

impl Slots for RangeIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(range_next), ..SlotDefs::NONE };
}

/// `(iter, (range,), None)`.
fn reduce_iter(vm: &Vm, start: IBig, stop: IBig, step: IBig) -> PyResult<Value> {
    let range = vm.new_range(vm.new_bigint(start), vm.new_bigint(stop), vm.new_bigint(step));
    let args = vm.new_tuple(vec![range.into_value()]).into_value();
    Ok(vm.new_tuple(vec![builtin(vm, "iter")?, args, Value::NONE]).into_value())
}

#[pymethods]
impl RangeIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<RangeIter>) -> u64 {
        let _ = vm;
        zelf.left.get()
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<RangeIter>) -> PyResult<Value> {
        let (start, step) = (IBig::from(zelf.next.get()), IBig::from(zelf.step));
        let stop = &start + IBig::from(zelf.left.get()) * &step;
        reduce_iter(vm, start, stop, step)
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<RangeIter>, state: &Value) -> PyResult<()> {
        let skip = i64::from_arg(vm, state)?.max(0) as u64;
        let skip = skip.min(zelf.left.get());
        zelf.next.set(zelf.next.get().wrapping_add(zelf.step.wrapping_mul(skip as i64)));
        zelf.left.set(zelf.left.get() - skip);
        Ok(())
    }
}

/// `iter(range)` beyond machine words.
#[pytype(name = "longrange_iterator", flags(NO_NEW))]
pub struct LongRangeIter {
    start: Guarded<IBig>,
    step: IBig,
    left: Guarded<IBig>,
}

impl Trace for LongRangeIter {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

fn long_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<LongRangeIter>(vm, v, "__next__")?;
    let left = it.left.get();
    if left == IBig::ZERO {
        return Ok(None);
    }
    it.left.set(left - IBig::ONE);
    let n = it.start.get();
    it.start.set(&n + &it.step);
    Ok(Some(vm.new_bigint(n)))
}

impl Slots for LongRangeIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(long_next), ..SlotDefs::NONE };
}

#[pymethods]
impl LongRangeIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<LongRangeIter>) -> Value {
        vm.new_bigint(zelf.left.get())
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<LongRangeIter>) -> PyResult<Value> {
        let start = zelf.start.get();
        let stop = &start + zelf.left.get() * &zelf.step;
        reduce_iter(vm, start, stop, zelf.step.clone())
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<LongRangeIter>, state: &Value) -> PyResult<()> {
        let skip = big(&vm.index(state)?).max(IBig::ZERO).min(zelf.left.get());
        zelf.start.set(zelf.start.get() + &skip * &zelf.step);
        zelf.left.set(zelf.left.get() - skip);
        Ok(())
    }
}
