//! Iterator types that belong to no single container: over `__getitem__`, `callable_iterator`, `enumerate`, `zip`, `map`,
//! `filter`, `reversed`.

use crate::errors::exc;
use crate::native::shell::object;
use crate::object::{Payload, ValueExt};
use crate::prelude::*;
use crate::protocol::iter::{has_plain_next, plain_next};
use crate::types::dict_views::DictItemIter;
use crate::types::generic_alias;
use crate::types::range::Range;
use crate::types::tuple::PairCache;
use dashu_int::IBig;
use std::cell::Cell;

/// `__iter__` of iterators.
pub fn itself(_: &Vm, v: &Value) -> PyResult {
    Ok(v.clone())
}

/// The built-in function or class of this name as it is now, for pickling.
pub fn builtin(vm: &Vm, name: &str) -> PyResult<Value> {
    match crate::interp::names::get_from(vm, &vm.current_builtins(), &vm.intern(name))? {
        Some(v) => Ok(v),
        None => {
            let key = vm.new_str(name).into_value();
            Err(vm.raise_args(&exc::AttributeError, vec![key]))
        }
    }
}

/// Whether a constructor of the native type `T` must refuse keywords: the class has no `__init__` of its own.
pub fn refuses_keywords<T: Payload>(vm: &Vm, cls: &Gc<Type>) -> bool {
    let init = |t: &Gc<Type>| t.slots.init.get().map(|f| f as usize);
    init(cls) == init(vm.type_for_ref(T::def()))
}

/// `iter(v)` for an object with `__getitem__` only.
pub fn sequence_iterator(vm: &Vm, v: &Value) -> Value {
    vm.alloc_with(|| SeqIter { sequence: ValueCell::new(Some(v.clone())), index: Cell::new(0) }).into_value()
}

/// `iter(callable, sentinel)`.
pub fn callable_iterator(vm: &Vm, callable: &Value, sentinel: &Value) -> Value {
    vm.alloc(CallIter {
        callable: ValueCell::new(Some(callable.clone())),
        sentinel: ValueCell::new(Some(sentinel.clone())),
    })
    .into_value()
}

/// The item of a sequence at an index that is not negative (`PySequence_GetItem`).
pub fn sequence_item(vm: &Vm, v: &Value, i: isize) -> PyResult<Value> {
    match vm.type_of(v).slots.item.get() {
        Some(f) => f(vm, v, i),
        None => vm.get_item(v, &vm.new_int(i as i64)),
    }
}

/// The iterator over `__getitem__`.
#[pytype(name = "iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct SeqIter {
    pub sequence: ValueCell,
    pub index: Cell<isize>,
}

fn seq_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<SeqIter>(vm, v, "__next__")?;
    let Some(seq) = it.sequence.get() else { return Ok(None) };
    let i = it.index.get();
    if i == isize::MAX {
        return Err(vm.overflow_error("iter index too large"));
    }
    // A native sequence says how long it is: no error that has to be made and caught.
    let ty = vm.type_of(&seq);
    if ty.native.is_some()
        && let (Some(len), Some(_)) = (ty.slots.len.get(), ty.slots.item.get())
        && i.unsigned_abs() >= len(vm, &seq)?
    {
        it.sequence.set(None);
        return Ok(None);
    }
    match sequence_item(vm, &seq, i) {
        Ok(x) => {
            it.index.set(i + 1);
            Ok(Some(x))
        }
        Err(Raised) if vm.raised_is(&exc::IndexError) || vm.raised_is(&exc::StopIteration) => {
            drop(vm.take_raised());
            it.sequence.set(None);
            Ok(None)
        }
        Err(Raised) => Err(Raised),
    }
}

impl Slots for SeqIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(seq_next), ..SlotDefs::NONE };
}

#[pymethods]
impl SeqIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<SeqIter>) -> PyResult<Value> {
        let Some(seq) = zelf.sequence.get() else { return Ok(Value::int32(0)) };
        if vm.type_of(&seq).slots.len.get().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let n = vm.len(&seq)? as i64 - zelf.index.get() as i64;
        Ok(vm.new_int(n.max(0)))
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<SeqIter>) -> PyResult<Value> {
        let iter = builtin(vm, "iter")?;
        let parts = match zelf.sequence.get() {
            Some(s) => vec![iter, vm.new_tuple(vec![s]).into_value(), vm.new_int(zelf.index.get() as i64)],
            None => vec![iter, vm.new_tuple(vec![vm.new_tuple(Vec::new()).into_value()]).into_value()],
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<SeqIter>, state: &Value) -> PyResult<()> {
        let i = isize::from_arg(vm, state)?;
        if zelf.sequence.is_some() {
            zelf.index.set(i.max(0));
        }
        Ok(())
    }
}

/// `iter(callable, sentinel)`.
#[pytype(name = "callable_iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct CallIter {
    pub callable: ValueCell,
    pub sentinel: ValueCell,
}

fn call_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    vm.poll()?;
    let it = object::<CallIter>(vm, v, "__next__")?;
    let Some(callable) = it.callable.get() else { return Ok(None) };
    match vm.call0(&callable) {
        Ok(x) => {
            // The call may have ended the iterator.
            let Some(sentinel) = it.sentinel.get() else { return Ok(None) };
            if !vm.eq(&sentinel, &x)? {
                return Ok(Some(x));
            }
        }
        Err(Raised) if vm.raised_is(&exc::StopIteration) => drop(vm.take_raised()),
        Err(Raised) => return Err(Raised),
    }
    it.callable.set(None);
    it.sentinel.set(None);
    Ok(None)
}

impl Slots for CallIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(call_next), ..SlotDefs::NONE };
}

#[pymethods]
impl CallIter {
    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<CallIter>) -> PyResult<Value> {
        let iter = builtin(vm, "iter")?;
        let args = match (zelf.callable.get(), zelf.sentinel.get()) {
            (Some(c), Some(s)) => vec![c, s],
            _ => vec![vm.new_tuple(Vec::new()).into_value()],
        };
        Ok(vm.new_tuple(vec![iter, vm.new_tuple(args).into_value()]).into_value())
    }
}

/// Return an enumerate object.
///
///   iterable
///     an object supporting iteration
///
/// The enumerate object yields pairs containing a count (from start, which
/// defaults to zero) and a value yielded by the iterable argument.
///
/// enumerate is useful for obtaining an indexed list:
///     (0, seq[0]), (1, seq[1]), (2, seq[2]), ...
#[pytype(name = "enumerate", signature = "(iterable, start=0)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Enumerate {
    pub iter: Value,
    pub count: Cell<i64>,
    /// The count, once it has outgrown `count`.
    big: ValueCell,
    pairs: PairCache,
}

impl Enumerate {
    fn next_count(&self, vm: &Vm) -> Value {
        if let Some(n) = self.big.get() {
            let next = match crate::types::numbers::int_value(&n) {
                Some(i) => vm.new_bigint(i.to_ibig() + IBig::ONE),
                None => n.clone(),
            };
            self.big.set(Some(next));
            return n;
        }
        let n = self.count.get();
        match n.checked_add(1) {
            Some(next) => self.count.set(next),
            None => self.big.set(Some(vm.new_bigint(IBig::from(n) + IBig::ONE))),
        }
        vm.new_int(n)
    }
}

/// The next pair of the commonest iterators over pairs, for who wants its items only. `None`: it is another one, at its end, or
/// something is unusual, and nothing has happened.
#[inline(never)]
pub fn next_pair(it: &Value) -> Option<(Value, Value)> {
    if let Some(e) = it.downcast_exact::<Enumerate>() {
        let n = e.count.get();
        if e.big.is_some() || n == i64::MAX {
            return None;
        }
        let count = Value::small_int(n)?;
        let v = plain_next(&e.iter)?;
        e.count.set(n + 1);
        e.pairs.forget();
        return Some((count, v));
    }
    if let Some(z) = it.downcast_exact::<Zip>() {
        let [a, b] = &*z.iters else { return None };
        if z.strict.get() || a.is(b) || !has_plain_next(a) || !has_plain_next(b) {
            return None;
        }
        let pair = (plain_next(a)?, plain_next(b)?);
        z.pairs.forget();
        return Some(pair);
    }
    it.downcast_exact::<DictItemIter>()?.cursor.next_plain()
}

/// Whether `next_pair` knows iterators of this class.
pub fn knows_pairs(it: &Value) -> bool {
    it.downcast_exact::<Enumerate>().is_some()
        || it.downcast_exact::<Zip>().is_some()
        || it.downcast_exact::<DictItemIter>().is_some()
}

fn enumerate_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<Enumerate>(vm, v, "__next__")?;
    let Some(x) = vm.iter_next(&it.iter)? else { return Ok(None) };
    let n = it.next_count(vm);
    Ok(Some(it.pairs.pair(vm, n, x)))
}

impl Slots for Enumerate {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(enumerate_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Enumerate {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let total = args.all.len();
        if total > 2 {
            return Err(vm.type_error(format_args!("enumerate() takes at most 2 arguments ({total} given)")));
        }
        let mut slots = [args.pos().first(), args.pos().get(1)];
        for (name, value) in args.keywords() {
            let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let i = match &*text {
                "iterable" => 0,
                "start" => 1,
                _ => {
                    return Err(vm.type_error(format_args!(
                        "'{text}' is an invalid keyword argument for enumerate()"
                    )));
                }
            };
            if slots[i].is_some() {
                return Err(vm.type_error(format_args!(
                    "argument for enumerate() given by name ('{text}') and position ({})",
                    i + 1
                )));
            }
            slots[i] = Some(value);
        }
        let Some(iterable) = slots[0] else {
            return Err(vm.type_error("enumerate() missing required argument 'iterable'"));
        };
        let (mut count, mut big) = (0, None);
        if let Some(start) = slots[1] {
            let start = vm.index(start)?;
            match crate::types::numbers::int_value(&start) {
                Some(crate::types::numbers::IntValue::Small(n)) => count = n,
                Some(n) => big = Some(vm.new_bigint(n.to_ibig())),
                None => {}
            }
        }
        let iter = vm.get_iter(iterable)?;
        let body = Enumerate {
            iter,
            count: Cell::new(count),
            big: ValueCell::new(big),
            pairs: PairCache::default(),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Enumerate>) -> Value {
        let count = zelf.big.get().unwrap_or_else(|| vm.new_int(zelf.count.get()));
        let cls = vm.type_of(zelf.as_value()).to_value();
        let args = vm.new_tuple(vec![zelf.iter.clone(), count]).into_value();
        vm.new_tuple(vec![cls, args]).into_value()
    }

    /// See PEP 585
    #[pyclassmethod(no_text, "__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// The `strict` keyword of `zip` and `map`; any other is an error.
fn strict_keyword(vm: &Vm, func: &str, args: CallArgs) -> PyResult<bool> {
    let mut strict = false;
    for (name, value) in args.keywords() {
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if text != "strict" {
            return Err(vm.type_error(format_args!("{func}() got an unexpected keyword argument '{text}'")));
        }
        strict = vm.is_true(value)?;
    }
    Ok(strict)
}

/// The next item of each iterator; `None` at the end of the shortest. With `strict` all must end together.
fn next_of_all(vm: &Vm, iters: &[Value], strict: bool, func: &str) -> PyResult<Option<Vec<Value>>> {
    let mut items = Vec::with_capacity(iters.len());
    for it in iters {
        match vm.iter_next(it)? {
            Some(x) => items.push(x),
            None if strict => return strict_end(vm, iters, items.len(), func),
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

/// One iterator has ended, the first that could: all must have.
#[cold]
fn strict_end(vm: &Vm, iters: &[Value], ended: usize, func: &str) -> PyResult<Option<Vec<Value>>> {
    let complain = |i: usize, how: &str| {
        let plural = if i == 1 { " ".to_string() } else { "s 1-".to_string() };
        Err(vm.value_error(format_args!("{func}() argument {} is {how} than argument{plural}{i}", i + 1)))
    };
    if ended > 0 {
        return complain(ended, "shorter");
    }
    for (i, it) in iters.iter().enumerate().skip(1) {
        if vm.iter_next(it)?.is_some() {
            return complain(i, "longer");
        }
    }
    Ok(None)
}

fn iters_of(vm: &Vm, iterables: &[Value]) -> PyResult<Box<[Value]>> {
    let mut iters = Vec::with_capacity(iterables.len());
    for v in iterables {
        iters.push(vm.get_iter(v)?);
    }
    Ok(iters.into_boxed_slice())
}

/// The zip object yields n-length tuples, where n is the number of iterables
/// passed as positional arguments to zip().  The i-th element in every tuple
/// comes from the i-th iterable argument to zip().  This continues until the
/// shortest argument is exhausted.
///
/// If strict is true and one of the arguments is exhausted before the others,
/// raise a ValueError.
///
///    >>> list(zip('abcdefg', range(3), range(4)))
///    [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]
#[pytype(name = "zip", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Zip {
    pub iters: Box<[Value]>,
    pub strict: Cell<bool>,
    pairs: PairCache,
}

fn zip_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let z = object::<Zip>(vm, v, "__next__")?;
    if z.iters.is_empty() {
        return Ok(None);
    }
    if let [a, b] = &*z.iters
        && !z.strict.get()
    {
        let Some(x) = vm.iter_next(a)? else { return Ok(None) };
        let Some(y) = vm.iter_next(b)? else { return Ok(None) };
        return Ok(Some(z.pairs.pair(vm, x, y)));
    }
    let items = next_of_all(vm, &z.iters, z.strict.get(), "zip")?;
    Ok(items.map(|items| vm.new_tuple(items).into_value()))
}

impl Slots for Zip {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(zip_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Zip {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let strict = strict_keyword(vm, "zip", args)?;
        let iters = iters_of(vm, args.pos())?;
        Ok(vm
            .alloc_in(cls, Zip { iters, strict: Cell::new(strict), pairs: PairCache::default() })?
            .into_value())
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Zip>) -> Value {
        let cls = vm.type_of(zelf.as_value()).to_value();
        let mut parts = vec![cls, vm.tuple_from(&zelf.iters).into_value()];
        if zelf.strict.get() {
            parts.push(Value::TRUE);
        }
        vm.new_tuple(parts).into_value()
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<Zip>, state: &Value) -> PyResult<()> {
        zelf.strict.set(vm.is_true(state)?);
        Ok(())
    }
}

/// Make an iterator that computes the function using arguments from
/// each of the iterables.  Stops when the shortest iterable is exhausted.
///
/// If strict is true and one of the arguments is exhausted before the others,
/// raise a ValueError.
#[pytype(name = "map", signature = "(function, iterable, /, *iterables, strict=False)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Map {
    pub func: Value,
    pub iters: Box<[Value]>,
    pub strict: Cell<bool>,
}

fn map_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let m = object::<Map>(vm, v, "__next__")?;
    if let [it] = &*m.iters {
        return match vm.iter_next(it)? {
            Some(x) => vm.call1(&m.func, &x).map(Some),
            None => Ok(None),
        };
    }
    match next_of_all(vm, &m.iters, m.strict.get(), "map")? {
        Some(args) => vm.call(&m.func, &args).map(Some),
        None => Ok(None),
    }
}

impl Slots for Map {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(map_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Map {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let strict = strict_keyword(vm, "map", args)?;
        let [func, iterables @ ..] = args.pos() else {
            return Err(vm.type_error("map() must have at least two arguments."));
        };
        if iterables.is_empty() {
            return Err(vm.type_error("map() must have at least two arguments."));
        }
        let iters = iters_of(vm, iterables)?;
        let body = Map { func: func.clone(), iters, strict: Cell::new(strict) };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Map>) -> Value {
        let cls = vm.type_of(zelf.as_value()).to_value();
        let mut args = vec![zelf.func.clone()];
        args.extend_from_slice(&zelf.iters);
        let mut parts = vec![cls, vm.new_tuple(args).into_value()];
        if zelf.strict.get() {
            parts.push(Value::TRUE);
        }
        vm.new_tuple(parts).into_value()
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<Map>, state: &Value) -> PyResult<()> {
        zelf.strict.set(vm.is_true(state)?);
        Ok(())
    }
}

/// Positional arguments of a constructor that takes exactly `N` and no keywords.
pub fn exactly<'a, const N: usize>(
    vm: &Vm,
    name: &str,
    refuse_keywords: bool,
    args: CallArgs<'a>,
) -> PyResult<&'a [Value; N]> {
    if refuse_keywords && args.has_keywords() {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    match args.pos().try_into() {
        Ok(found) => Ok(found),
        Err(_) => Err(vm.type_error(format_args!(
            "{name} expected {N} argument{}, got {}",
            if N == 1 { "" } else { "s" },
            args.pos().len()
        ))),
    }
}

/// Return an iterator yielding those items of iterable for which function(item)
/// is true. If function is None, return the items that are true.
#[pytype(name = "filter", signature = "(function, iterable, /)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Filter {
    pub func: Value,
    pub iter: Value,
}

fn filter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let f = object::<Filter>(vm, v, "__next__")?;
    let plain = f.func.is_none() || f.func.is(vm.types.bool.as_value());
    while let Some(x) = vm.iter_next(&f.iter)? {
        let keep = if plain {
            vm.is_true(&x)?
        } else {
            let r = vm.call1(&f.func, &x)?;
            vm.is_true(&r)?
        };
        if keep {
            return Ok(Some(x));
        }
        vm.poll()?;
    }
    Ok(None)
}

impl Slots for Filter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(filter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Filter {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [func, iterable] = exactly(vm, "filter", refuses_keywords::<Filter>(vm, cls), args)?;
        let iter = vm.get_iter(iterable)?;
        Ok(vm.alloc_in(cls, Filter { func: func.clone(), iter })?.into_value())
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Filter>) -> Value {
        let cls = vm.type_of(zelf.as_value()).to_value();
        let args = vm.new_tuple(vec![zelf.func.clone(), zelf.iter.clone()]).into_value();
        vm.new_tuple(vec![cls, args]).into_value()
    }
}

/// Return a reverse iterator over the values of the given sequence.
#[pytype(name = "reversed", signature = "(object, /)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Reversed {
    pub sequence: ValueCell,
    /// The next position; -1 at the end.
    pub index: Cell<isize>,
}

fn reversed_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<Reversed>(vm, v, "__next__")?;
    let i = it.index.get();
    if i >= 0
        && let Some(seq) = it.sequence.get()
    {
        match sequence_item(vm, &seq, i) {
            Ok(x) => {
                it.index.set(i - 1);
                return Ok(Some(x));
            }
            Err(Raised) if vm.raised_is(&exc::IndexError) || vm.raised_is(&exc::StopIteration) => {
                drop(vm.take_raised())
            }
            Err(Raised) => return Err(Raised),
        }
    }
    it.index.set(-1);
    it.sequence.set(None);
    Ok(None)
}

impl Slots for Reversed {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(reversed_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Reversed {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [seq] = exactly(vm, "reversed", refuses_keywords::<Reversed>(vm, cls), args)?;
        let refused =
            || Err(vm.type_error(format_args!("'{}' object is not reversible", vm.type_of(seq).name())));
        if let Some(r) = seq.downcast_exact::<Range>() {
            return Ok(r.iterate_back(vm));
        }
        match vm.lookup_special(seq, &vm.names.__reversed__)? {
            Some(f) if f.is_none() => return refused(),
            Some(f) => return vm.call0(&f),
            None => {}
        }
        if !vm.has_sequence_items(seq) {
            return refused();
        }
        let n = vm.len(seq)? as isize;
        let body = Reversed { sequence: ValueCell::new(Some(seq.clone())), index: Cell::new(n - 1) };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<Reversed>) -> PyResult<isize> {
        let Some(seq) = zelf.sequence.get() else { return Ok(0) };
        let left = zelf.index.get() + 1;
        Ok(if (vm.len(&seq)? as isize) < left { 0 } else { left })
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Reversed>) -> Value {
        let cls = vm.type_of(zelf.as_value()).to_value();
        let parts = match zelf.sequence.get() {
            Some(s) => vec![cls, vm.new_tuple(vec![s]).into_value(), vm.new_int(zelf.index.get() as i64)],
            None => vec![cls, vm.new_tuple(vec![vm.new_tuple(Vec::new()).into_value()]).into_value()],
        };
        vm.new_tuple(parts).into_value()
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<Reversed>, state: &Value) -> PyResult<()> {
        let i = isize::from_arg(vm, state)?;
        if let Some(seq) = zelf.sequence.get() {
            let n = vm.len(&seq)? as isize;
            zelf.index.set(i.clamp(-1, n - 1));
        }
        Ok(())
    }
}
