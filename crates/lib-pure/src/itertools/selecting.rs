//! `accumulate`, `chain`, `compress`, `dropwhile`, `filterfalse`, `islice`, `starmap`, `takewhile`.

use super::next_or_drop;
use std::cell::Cell;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;
use taipan_vm::types::generic_alias;
use taipan_vm::types::iterators::{exactly, itself, refuses_keywords};

/// Return series of accumulated sums (or other binary function results).
#[pytype(
    name = "accumulate",
    module = "itertools",
    signature = "(iterable, func=None, *, initial=None)",
    flags(BASETYPE, GC)
)]
#[derive(Trace)]
pub struct Accumulate {
    iter: Value,
    func: Option<Value>,
    total: ValueCell,
    /// Not yet handed out.
    initial: ValueCell,
}

fn accumulate_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let a = object::<Accumulate>(vm, v, "__next__")?;
    if let Some(x) = a.initial.take() {
        a.total.set(Some(x.clone()));
        return Ok(Some(x));
    }
    let Some(x) = vm.iter_next(&a.iter)? else { return Ok(None) };
    let total = match (a.total.get(), &a.func) {
        (None, _) => x,
        (Some(t), Some(f)) => vm.call(f, &[t, x])?,
        (Some(t), None) => vm.binary_op(BinaryOp::Add, &t, &x)?,
    };
    a.total.set(Some(total.clone()));
    Ok(Some(total))
}

impl Slots for Accumulate {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(itself), iternext: Some(accumulate_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Accumulate {
    #[pynew("accumulate(iterable, func=None, *, initial=None)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        iterable: &Value,
        func: Option<&Value>,
        initial: Option<&Value>,
    ) -> PyResult<Value> {
        let body = Accumulate {
            iter: vm.get_iter(iterable)?,
            func: func.cloned(),
            total: ValueCell::empty(),
            initial: ValueCell::new(initial.cloned()),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

/// Return a chain object whose .__next__() method returns elements from the
/// first iterable until it is exhausted, then elements from the next
/// iterable, until all of the iterables are exhausted.
#[pytype(name = "chain", module = "itertools", signature = "(*iterables)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Chain {
    source: ValueCell,
    active: ValueCell,
}

fn chain_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let c = object::<Chain>(vm, v, "__next__")?;
    loop {
        if let Some(x) = next_or_drop(vm, &c.active)? {
            return Ok(Some(x));
        }
        let Some(source) = c.source.get() else { return Ok(None) };
        let r = vm.iter_next(&source);
        let next = match r {
            Ok(Some(iterable)) => vm.get_iter(&iterable),
            Ok(None) => {
                c.source.set(None);
                return Ok(None);
            }
            Err(Raised) => Err(Raised),
        };
        match next {
            Ok(it) => c.active.set(Some(it)),
            Err(Raised) => {
                c.source.set(None);
                return Err(Raised);
            }
        }
        vm.poll()?;
    }
}

impl Slots for Chain {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(chain_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Chain {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() && refuses_keywords::<Chain>(vm, cls) {
            return Err(vm.type_error("chain() takes no keyword arguments"));
        }
        let source = vm.get_iter(vm.tuple_from(args.pos()).as_value())?;
        let body = Chain { source: ValueCell::new(Some(source)), active: ValueCell::empty() };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    #[pyclassmethod("from_iterable($type, iterable, /)")]
    fn from_iterable(vm: &Vm, cls: &Gc<Type>, iterable: &Value) -> PyResult<Value> {
        let source = vm.get_iter(iterable)?;
        let body = Chain { source: ValueCell::new(Some(source)), active: ValueCell::empty() };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// Return data elements corresponding to true selector elements.
///
/// Forms a shorter iterator from selected data elements using the selectors to
/// choose the data elements.
#[pytype(name = "compress", module = "itertools", signature = "(data, selectors)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Compress {
    data: Value,
    selectors: Value,
}

fn compress_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let c = object::<Compress>(vm, v, "__next__")?;
    loop {
        let Some(x) = vm.iter_next(&c.data)? else { return Ok(None) };
        let Some(s) = vm.iter_next(&c.selectors)? else { return Ok(None) };
        if vm.is_true(&s)? {
            return Ok(Some(x));
        }
        vm.poll()?;
    }
}

impl Slots for Compress {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(compress_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Compress {
    #[pynew("compress(data, selectors)")]
    fn new(vm: &Vm, cls: &Gc<Type>, data: &Value, selectors: &Value) -> PyResult<Value> {
        let body = Compress { data: vm.get_iter(data)?, selectors: vm.get_iter(selectors)? };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

/// `predicate(x)` as a truth value.
fn holds(vm: &Vm, predicate: &Value, x: &Value) -> PyResult<bool> {
    let r = vm.call1(predicate, x)?;
    vm.is_true(&r)
}

macro_rules! with_predicate {
    ($($(#[$doc:meta])* $ty:ident $name:literal $signature:literal $next:ident;)*) => { $(
        $(#[$doc])*
        #[pytype(name = $name, module = "itertools", signature = $signature, flags(BASETYPE, GC))]
        #[derive(Trace)]
        pub struct $ty {
            func: Value,
            iter: Value,
            /// The part of the sequence where the predicate matters is over.
            over: Cell<bool>,
        }

        impl Slots for $ty {
            const SLOTS: SlotDefs = SlotDefs {
                iter: Some(itself),
                iternext: Some(|vm, v| $next(vm, object::<$ty>(vm, v, "__next__")?)),
                ..SlotDefs::NONE
            };
        }

        #[pymethods]
        impl $ty {
            #[pynew(raw)]
            fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
                let [func, iterable] = exactly(vm, $name, refuses_keywords::<$ty>(vm, cls), args)?;
                let iter = vm.get_iter(iterable)?;
                Ok(vm.alloc_in(cls, $ty { func: func.clone(), iter, over: Cell::new(false) })?.into_value())
            }
        }
    )* };
}

with_predicate! {
    /// Drop items from the iterable while predicate(item) is true.
    ///
    /// Afterwards, return every element until the iterable is exhausted.
    DropWhile "dropwhile" "(predicate, iterable, /)" dropwhile_next;
    /// Return successive entries from an iterable as long as the predicate evaluates to true for each entry.
    TakeWhile "takewhile" "(predicate, iterable, /)" takewhile_next;
    /// Return those items of iterable for which function(item) is false.
    ///
    /// If function is None, return the items that are false.
    FilterFalse "filterfalse" "(function, iterable, /)" filterfalse_next;
    /// Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.
    StarMap "starmap" "(function, iterable, /)" starmap_next;
}

fn dropwhile_next(vm: &Vm, d: &DropWhile) -> PyResult<Option<Value>> {
    loop {
        let Some(x) = vm.iter_next(&d.iter)? else { return Ok(None) };
        if d.over.get() {
            return Ok(Some(x));
        }
        if !holds(vm, &d.func, &x)? {
            d.over.set(true);
            return Ok(Some(x));
        }
        vm.poll()?;
    }
}

fn takewhile_next(vm: &Vm, t: &TakeWhile) -> PyResult<Option<Value>> {
    if t.over.get() {
        return Ok(None);
    }
    let Some(x) = vm.iter_next(&t.iter)? else { return Ok(None) };
    if holds(vm, &t.func, &x)? {
        return Ok(Some(x));
    }
    t.over.set(true);
    Ok(None)
}

fn filterfalse_next(vm: &Vm, f: &FilterFalse) -> PyResult<Option<Value>> {
    let plain = f.func.is_none() || f.func.is(vm.types.bool.as_value());
    loop {
        let Some(x) = vm.iter_next(&f.iter)? else { return Ok(None) };
        let truth = if plain { vm.is_true(&x)? } else { holds(vm, &f.func, &x)? };
        if !truth {
            return Ok(Some(x));
        }
        vm.poll()?;
    }
}

fn starmap_next(vm: &Vm, s: &StarMap) -> PyResult<Option<Value>> {
    let Some(args) = vm.iter_next(&s.iter)? else { return Ok(None) };
    if let Some(t) = args.downcast_exact::<Tuple>() {
        return vm.call(&s.func, t.items()).map(Some);
    }
    let args = vm.collect(&args)?;
    vm.call(&s.func, &args).map(Some)
}

/// islice(iterable, stop) --> islice object
/// islice(iterable, start, stop[, step]) --> islice object
///
/// Return an iterator whose next() method returns selected values from an
/// iterable.  If start is specified, will skip all preceding elements;
/// otherwise, start defaults to zero.  Step defaults to one.  If
/// specified as another value, step determines how many values are
/// skipped between successive calls.  Works like a slice() on a list
/// but returns an iterator.
#[pytype(name = "islice", module = "itertools", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct ISlice {
    iter: ValueCell,
    /// How many items of the iterator are behind us.
    seen: Cell<usize>,
    next: Cell<usize>,
    stop: Option<usize>,
    step: usize,
}

fn islice_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let s = object::<ISlice>(vm, v, "__next__")?;
    while s.seen.get() < s.next.get() {
        let Some(skipped) = next_or_drop(vm, &s.iter)? else { return Ok(None) };
        drop(skipped);
        s.seen.set(s.seen.get() + 1);
        vm.poll()?;
    }
    if s.stop.is_some_and(|stop| s.seen.get() >= stop) {
        s.iter.set(None);
        return Ok(None);
    }
    let Some(x) = next_or_drop(vm, &s.iter)? else { return Ok(None) };
    s.seen.set(s.seen.get() + 1);
    let next = s.next.get().saturating_add(s.step);
    s.next.set(next.min(s.stop.unwrap_or(usize::MAX)));
    Ok(Some(x))
}

impl Slots for ISlice {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(islice_next), ..SlotDefs::NONE };
}

/// A number of `islice`; what is no index counts as -1, as do indexes that do not fit.
fn number(vm: &Vm, v: &Value) -> Option<isize> {
    match isize::from_arg(vm, v) {
        Ok(n) => Some(n),
        Err(Raised) => {
            drop(vm.take_raised());
            None
        }
    }
}

#[pymethods]
impl ISlice {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() && refuses_keywords::<ISlice>(vm, cls) {
            return Err(vm.type_error("islice() takes no keyword arguments"));
        }
        let pos = args.pos();
        let none = Value::NONE;
        let (iterable, start, stop, step) = match pos {
            [it, stop] => (it, &none, stop, &none),
            [it, start, stop] => (it, start, stop, &none),
            [it, start, stop, step] => (it, start, stop, step),
            [] | [_] => {
                return Err(
                    vm.type_error(format_args!("islice expected at least 2 arguments, got {}", pos.len()))
                );
            }
            _ => {
                return Err(
                    vm.type_error(format_args!("islice expected at most 4 arguments, got {}", pos.len()))
                );
            }
        };
        let first = if start.is_none() { 0 } else { number(vm, start).unwrap_or(-1) };
        let last = if stop.is_none() {
            None
        } else {
            match number(vm, stop) {
                None | Some(-1) => {
                    return Err(vm.value_error(
                        "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
                    ));
                }
                n => n,
            }
        };
        if first < 0 || last.is_some_and(|n| n < 0) {
            return Err(
                vm.value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
            );
        }
        let by = if step.is_none() { 1 } else { number(vm, step).unwrap_or(-1) };
        if by < 1 {
            return Err(vm.value_error("Step for islice() must be a positive integer or None."));
        }
        let body = ISlice {
            iter: ValueCell::new(Some(vm.get_iter(iterable)?)),
            seen: Cell::new(0),
            next: Cell::new(first as usize),
            stop: last.map(|n| n as usize),
            step: by as usize,
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}
