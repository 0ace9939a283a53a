//! The methods of `tuple`, and `tuple_iterator`.

use crate::native::shell::object;
use crate::object::ValueExt;
use crate::prelude::*;
use crate::protocol::plain_equal;
use crate::types::generic_alias;
use crate::types::iterators::builtin;
use crate::types::slice::Slice;
use crate::types::typedef::CompareFn;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

const P1: u64 = 11_400_714_785_074_694_791;
const P2: u64 = 14_029_467_366_897_019_727;
const P5: u64 = 2_870_177_450_012_600_261;

/// The hash of a sequence from those of its items: xxHash's lanes without its final mixing.
pub struct Lanes(u64);

impl Default for Lanes {
    fn default() -> Self {
        Lanes::new()
    }
}

impl Lanes {
    pub const fn new() -> Lanes {
        Lanes(P5)
    }

    #[inline]
    pub fn add(&mut self, hash: i64) {
        self.0 = self.0.wrapping_add((hash as u64).wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1);
    }

    /// The hash of a tuple of `len` items.
    pub fn tuple(self, len: usize) -> i64 {
        Lanes(self.0.wrapping_add(len as u64 ^ (P5 ^ 3_527_539))).plain()
    }

    /// The hash of a structure whose length is fixed.
    pub fn plain(self) -> i64 {
        if self.0 == u64::MAX { 1_546_275_796 } else { self.0 as i64 }
    }
}

/// Which items of two sequences to compare last: the first pair that differs, if any. `at` may look at containers that
/// change meanwhile.
pub fn first_difference(
    vm: &Vm,
    mut at: impl FnMut(usize) -> Option<(Value, Value)>,
) -> PyResult<Option<(Value, Value)>> {
    let mut i = 0;
    while let Some((a, b)) = at(i) {
        if !vm.eq(&a, &b)? {
            return Ok(Some((a, b)));
        }
        i += 1;
    }
    Ok(None)
}

/// The answer of a comparison of sequences once the first difference is known.
pub fn compare_at(
    vm: &Vm,
    difference: Option<(Value, Value)>,
    lens: (usize, usize),
    op: CompareOp,
) -> PyResult<Value> {
    match (difference, op) {
        (None, _) => Ok(Value::bool(op.holds(lens.0.cmp(&lens.1)))),
        (Some(_), CompareOp::Eq) => Ok(Value::FALSE),
        (Some(_), CompareOp::Ne) => Ok(Value::TRUE),
        (Some((a, b)), _) => vm.rich_compare(&a, &b, op),
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let t = object::<Tuple>(vm, v, "__repr__")?;
    if t.is_empty() {
        return Ok(vm.new_ascii(b"()").into_value());
    }
    crate::types::repr_guard::guarded(vm, v, "(...)", || {
        let mut out = Wtf8Buf::from("(");
        for (i, item) in t.items().iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_wtf8(vm.repr(item)?.as_wtf8());
        }
        out.push_str(if t.len() == 1 { ",)" } else { ")" });
        Ok(out)
    })
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let t = object::<Tuple>(vm, v, "__hash__")?;
    if let Some(h) = t.cached_hash() {
        return Ok(h);
    }
    let h = vm.recurse(" while hashing a tuple", || {
        let mut lanes = Lanes::new();
        for item in t.items() {
            lanes.add(vm.hash(item)?);
        }
        Ok(lanes.tuple(t.len()))
    })?;
    t.remember_hash(h);
    Ok(h)
}

/// The comparison of tuples, by which classes are known that have no other.
pub const RICHCOMPARE: CompareFn = richcompare;

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<Tuple>(), b.downcast::<Tuple>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if matches!(op, CompareOp::Eq | CompareOp::Ne)
        && let Some(equal) = plain_equal(a, b)
    {
        return Ok(Value::bool(equal == (op == CompareOp::Eq)));
    }
    match op {
        CompareOp::Eq => return Ok(Value::bool(vm.eq_items(x, y)?)),
        CompareOp::Ne => return Ok(Value::bool(!vm.eq_items(x, y)?)),
        _ => {}
    }
    for (p, q) in x.items().iter().zip(y.items()) {
        if !vm.eq(p, q)? {
            return compare_at(vm, Some((p.clone(), q.clone())), (x.len(), y.len()), op);
        }
    }
    Ok(Value::bool(op.holds(x.len().cmp(&y.len()))))
}

fn iter(vm: &Vm, v: &Value) -> PyResult {
    let t = object::<Tuple>(vm, v, "__iter__")?;
    Ok(vm.alloc(TupleIter { tuple: GcCell::new(Some(t.clone())), index: Cell::new(0) }).into_value())
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(object::<Tuple>(vm, v, "__len__")?.len())
}

fn contains(vm: &Vm, v: &Value, x: &Value) -> PyResult<bool> {
    for item in object::<Tuple>(vm, v, "__contains__")?.items() {
        if vm.eq(item, x)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn item(vm: &Vm, v: &Value, i: isize) -> PyResult {
    let t = object::<Tuple>(vm, v, "__getitem__")?;
    match usize::try_from(i).ok().and_then(|i| t.get(i)) {
        Some(x) => Ok(x.clone()),
        None => Err(vm.index_error("tuple index out of range")),
    }
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let t = object::<Tuple>(vm, v, "__getitem__")?;
    if let Some(s) = key.downcast_exact::<Slice>() {
        let at = s.indices(vm, t.len())?;
        if at.len == t.len() && at.step == 1 && v.downcast_exact::<Tuple>().is_some() {
            return Ok(v.clone());
        }
        if at.step == 1 {
            return Ok(vm
                .try_tuple(t.items().get(at.range()).unwrap_or_default().iter().cloned())?
                .into_value());
        }
        let mut out = Vec::new();
        if out.try_reserve_exact(at.len).is_err() {
            return Err(vm.memory_error());
        }
        out.extend(at.iter().filter_map(|i| t.get(i).cloned()));
        return Ok(vm.try_tuple(out.into_iter())?.into_value());
    }
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "tuple indices must be integers or slices, not {}",
            vm.type_of(key).name()
        )));
    }
    let i = vm.index_isize(key)?;
    item(vm, v, if i < 0 { i.saturating_add(t.len() as isize) } else { i })
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = object::<Tuple>(vm, a, "__add__")?;
    let Some(y) = b.downcast::<Tuple>() else {
        return Err(vm.type_error(format_args!(
            "can only concatenate tuple (not \"{}\") to tuple",
            vm.type_of(b).tp_name()
        )));
    };
    if x.is_empty() && b.downcast_exact::<Tuple>().is_some() {
        return Ok(b.clone());
    }
    if y.is_empty() && a.downcast_exact::<Tuple>().is_some() {
        return Ok(a.clone());
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(x.len() + y.len()).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(x.items());
    out.extend_from_slice(y.items());
    Ok(vm.try_tuple(out.into_iter())?.into_value())
}

fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let t = object::<Tuple>(vm, v, "__mul__")?;
    let n = n.max(0) as usize;
    if (n == 1 || t.is_empty()) && v.downcast_exact::<Tuple>().is_some() {
        return Ok(v.clone());
    }
    vm.repeated_tuple(t.items(), n).map(Gc::into_value)
}

/// `items * n`, or a `MemoryError`.
pub fn repeated(vm: &Vm, items: &[Value], n: usize) -> PyResult<Vec<Value>> {
    let mut out = Vec::new();
    let total = match items.len().checked_mul(n) {
        Some(total) if total <= isize::MAX as usize / 8 => total,
        _ => return Err(vm.memory_error()),
    };
    if out.try_reserve_exact(total).is_err() {
        return Err(vm.memory_error());
    }
    if let [one] = items {
        out.resize(total, one.clone());
        return Ok(out);
    }
    for _ in 0..n {
        out.extend_from_slice(items);
        if items.is_empty() {
            break;
        }
    }
    Ok(out)
}

/// Built-in immutable sequence.
///
/// If no argument is given, the constructor returns an empty tuple.
/// If iterable is specified the tuple is initialized from iterable's items.
///
/// If the argument is a tuple, the return value is the same object.
#[pytype(
    name = "tuple",
    signature = "(iterable=(), /)",
    flags(BASETYPE, GC, TUPLE_SUBCLASS, MATCH_SELF, SEQUENCE)
)]
impl Slots for Tuple {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        concat: Some(concat),
        repeat: Some(repeat),
        item: Some(item),
        contains: Some(contains),
        subscript: Some(subscript),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Tuple {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        // A subclass with an `__init__` of its own may take keywords.
        let own = vm.types.tuple.slots.init.get().map(|f| f as usize);
        if args.has_keywords() && cls.slots.init.get().map(|f| f as usize) == own {
            return Err(vm.type_error("tuple() takes no keyword arguments"));
        }
        match args.pos() {
            [] => Ok(vm.new_tuple_in(cls, Vec::new())?.into_value()),
            [v] => {
                if cls.is(&vm.types.tuple) && v.downcast_exact::<Tuple>().is_some() {
                    return Ok(v.clone());
                }
                if cls.is(&vm.types.tuple)
                    && let Some(l) = v.downcast_exact::<List>()
                {
                    return Ok(l.items.with(|items| vm.try_tuple(items.iter().cloned()))?.into_value());
                }
                Ok(vm.new_tuple_in(cls, vm.collect(v)?)?.into_value())
            }
            more => Err(vm.type_error(format_args!("tuple expected at most 1 argument, got {}", more.len()))),
        }
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &Vm,
        zelf: &Gc<Tuple>,
        value: &Value,
        #[raw] start: Option<&Value>,
        #[raw] stop: Option<&Value>,
    ) -> PyResult<usize> {
        let (start, stop) = search_bounds(vm, zelf.len(), start, stop)?;
        for (i, item) in zelf.items().iter().enumerate().take(stop).skip(start) {
            if vm.eq(item, value)? {
                return Ok(i);
            }
        }
        Err(vm.value_error("tuple.index(x): x not in tuple"))
    }

    /// Return number of occurrences of value.
    #[pymethod("count($self, value, /)")]
    fn count(vm: &Vm, zelf: &Gc<Tuple>, value: &Value) -> PyResult<usize> {
        let mut n = 0;
        for item in zelf.items() {
            n += vm.eq(item, value)? as usize;
        }
        Ok(n)
    }

    #[pymethod("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, zelf: &Gc<Tuple>) -> Value {
        let plain = vm.tuple_from(zelf.items());
        vm.new_tuple(vec![plain.into_value()]).into_value()
    }

    /// See PEP 585
    #[pyclassmethod(no_text, "__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// The bounds of `index` methods: clipped, negative ones counted from the end.
pub fn search_bounds(
    vm: &Vm,
    len: usize,
    start: Option<&Value>,
    stop: Option<&Value>,
) -> PyResult<(usize, usize)> {
    let one = |v: Option<&Value>, default: usize| -> PyResult<usize> {
        let Some(v) = v else { return Ok(default) };
        if !v.is_int() && vm.type_of(v).slots.index.get().is_none() {
            return Err(vm.type_error("slice indices must be integers or have an __index__ method"));
        }
        let i = vm.index_clipped(v)?;
        Ok(if i < 0 { i.saturating_add(len as isize).max(0) as usize } else { i as usize })
    };
    Ok((one(start, 0)?, one(stop, usize::MAX)?))
}

/// `iter(tuple)`.
#[pytype(name = "tuple_iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct TupleIter {
    pub tuple: GcCell<Tuple>,
    pub index: Cell<usize>,
}

impl TupleIter {
    /// The next item; `None` at the end, which the general path then marks.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        self.tuple.with(|t| {
            let i = self.index.get();
            let v = t?.items().get(i)?.clone();
            self.index.set(i + 1);
            Some(v)
        })
    }
}

fn iter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<TupleIter>(vm, v, "__next__")?;
    let Some(t) = it.tuple.get() else { return Ok(None) };
    let i = it.index.get();
    match t.get(i) {
        Some(x) => {
            it.index.set(i + 1);
            Ok(Some(x.clone()))
        }
        None => {
            it.tuple.set(None);
            Ok(None)
        }
    }
}

impl Slots for TupleIter {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(crate::types::iterators::itself), iternext: Some(iter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl TupleIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<TupleIter>) -> usize {
        let _ = vm;
        zelf.tuple.get().map_or(0, |t| t.len().saturating_sub(zelf.index.get()))
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<TupleIter>) -> PyResult<Value> {
        let iter = builtin(vm, "iter")?;
        let parts = match zelf.tuple.get() {
            Some(t) => {
                vec![
                    iter,
                    vm.new_tuple(vec![t.into_value()]).into_value(),
                    vm.new_uint(zelf.index.get() as u64),
                ]
            }
            None => vec![iter, vm.new_tuple(vec![vm.new_tuple(Vec::new()).into_value()]).into_value()],
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<TupleIter>, state: &Value) -> PyResult<()> {
        let i = isize::from_arg(vm, state)?;
        if let Some(t) = zelf.tuple.get() {
            zelf.index.set((i.max(0) as usize).min(t.len()));
        }
        Ok(())
    }
}
