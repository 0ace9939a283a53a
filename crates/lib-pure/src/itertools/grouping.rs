//! `batched`, `groupby`, `pairwise`, `zip_longest`.

use super::next_or_drop;
use std::cell::Cell;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::iterators::{exactly, itself, refuses_keywords};

/// Batch data into tuples of length n. The last batch may be shorter than n.
///
/// Loops over the input iterable and accumulates data into tuples
/// up to size n.  The input is consumed lazily, just enough to
/// fill a batch.  The result is yielded as soon as a batch is full
/// or when the input iterable is exhausted.
///
///     >>> for batch in batched('ABCDEFG', 3):
///     ...     print(batch)
///     ...
///     ('A', 'B', 'C')
///     ('D', 'E', 'F')
///     ('G',)
///
/// If "strict" is True, raises a ValueError if the final batch is shorter
/// than n.
#[pytype(
    name = "batched",
    module = "itertools",
    signature = "(iterable, n, *, strict=False)",
    flags(BASETYPE, GC)
)]
#[derive(Trace)]
pub struct Batched {
    iter: ValueCell,
    size: usize,
    strict: bool,
}

fn batched_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let b = object::<Batched>(vm, v, "__next__")?;
    let mut items = Vec::new();
    while items.len() < b.size {
        match next_or_drop(vm, &b.iter)? {
            Some(x) if items.try_reserve(1).is_ok() => items.push(x),
            Some(_) => return Err(vm.memory_error()),
            None => break,
        }
    }
    if items.is_empty() {
        return Ok(None);
    }
    if b.strict && items.len() < b.size {
        return Err(vm.value_error("batched(): incomplete batch"));
    }
    Ok(Some(vm.new_tuple(items).into_value()))
}

impl Slots for Batched {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(batched_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Batched {
    #[pynew("batched(iterable, n, *, strict=False)")]
    fn new(vm: &Vm, cls: &Gc<Type>, iterable: &Value, n: isize, strict: bool) -> PyResult<Value> {
        if n < 1 {
            return Err(vm.value_error("n must be at least one"));
        }
        let iter = ValueCell::new(Some(vm.get_iter(iterable)?));
        Ok(vm.alloc_in(cls, Batched { iter, size: n as usize, strict })?.into_value())
    }
}

/// make an iterator that returns consecutive keys and groups from the iterable
///
///   iterable
///     Elements to divide into groups according to the key function.
///   key
///     A function for computing the group category for each element.
///     If the key function is not specified or is None, the element itself
///     is used for grouping.
#[pytype(name = "groupby", module = "itertools", signature = "(iterable, key=None)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct GroupBy {
    iter: Value,
    key: Option<Value>,
    /// The key of the group that was handed out last.
    target: ValueCell,
    current_key: ValueCell,
    current: ValueCell,
    /// The number of the group that may still read.
    serial: Cell<u64>,
}

/// Reads an item; answers whether there was one.
fn step(vm: &Vm, g: &GroupBy) -> PyResult<bool> {
    let Some(x) = vm.iter_next(&g.iter)? else { return Ok(false) };
    let key = match &g.key {
        Some(f) => vm.call1(f, &x)?,
        None => x.clone(),
    };
    g.current.set(Some(x));
    g.current_key.set(Some(key));
    Ok(true)
}

fn groupby_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let g = object::<GroupBy>(vm, v, "__next__")?;
    let serial = g.serial.get() + 1;
    g.serial.set(serial);
    // Passes over the rest of the group before.
    loop {
        if let Some(current) = g.current_key.get() {
            let Some(target) = g.target.get() else { break };
            if !vm.eq(&target, &current)? {
                break;
            }
        }
        if !step(vm, g)? {
            return Ok(None);
        }
        vm.poll()?;
    }
    let key = g.current_key.get().unwrap_or(Value::NONE);
    g.target.set(Some(key.clone()));
    g.serial.set(serial);
    let group = vm.alloc(Grouper { parent: g.clone(), key: key.clone(), serial });
    Ok(Some(vm.new_tuple(vec![key, group.into_value()]).into_value()))
}

impl Slots for GroupBy {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(groupby_next), ..SlotDefs::NONE };
}

#[pymethods]
impl GroupBy {
    #[pynew("groupby(iterable, key=None)")]
    fn new(vm: &Vm, cls: &Gc<Type>, iterable: &Value, key: Option<&Value>) -> PyResult<Value> {
        let body = GroupBy {
            iter: vm.get_iter(iterable)?,
            key: key.cloned(),
            target: ValueCell::empty(),
            current_key: ValueCell::empty(),
            current: ValueCell::empty(),
            serial: Cell::new(0),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

/// The items of one group.
#[pytype(name = "_grouper", module = "itertools", flags(GC))]
#[derive(Trace)]
pub struct Grouper {
    parent: Gc<GroupBy>,
    key: Value,
    serial: u64,
}

fn grouper_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let group = object::<Grouper>(vm, v, "__next__")?;
    let g = &group.parent;
    if g.serial.get() != group.serial {
        return Ok(None);
    }
    if !g.current.is_some() && !step(vm, g)? {
        return Ok(None);
    }
    let current = g.current_key.get().unwrap_or(Value::NONE);
    if !vm.eq(&group.key, &current)? {
        return Ok(None);
    }
    Ok(g.current.take())
}

impl Slots for Grouper {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(grouper_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Grouper {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [parent, key] = exactly(vm, "_grouper", true, args)?;
        let Some(parent) = parent.downcast::<GroupBy>() else {
            return Err(vm.type_error(format_args!(
                "_grouper() argument 1 must be itertools.groupby, not {}",
                vm.type_of(parent).name()
            )));
        };
        let serial = parent.serial.get() + 1;
        parent.serial.set(serial);
        let body = Grouper { parent: parent.clone(), key: key.clone(), serial };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

/// Return an iterator of overlapping pairs taken from the input iterator.
///
///     s -> (s0,s1), (s1,s2), (s2, s3), ...
#[pytype(name = "pairwise", module = "itertools", signature = "(iterable, /)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Pairwise {
    iter: ValueCell,
    old: ValueCell,
}

fn pairwise_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let p = object::<Pairwise>(vm, v, "__next__")?;
    let old = match p.old.get() {
        Some(x) => x,
        None => {
            let Some(x) = next_or_drop(vm, &p.iter)? else { return Ok(None) };
            p.old.set(Some(x.clone()));
            // Reading it may have ended this iterator.
            if !p.iter.is_some() {
                p.old.set(None);
                return Ok(None);
            }
            x
        }
    };
    let Some(new) = next_or_drop(vm, &p.iter)? else {
        p.old.set(None);
        return Ok(None);
    };
    p.old.set(Some(new.clone()));
    Ok(Some(vm.new_tuple(vec![old, new]).into_value()))
}

impl Slots for Pairwise {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(pairwise_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Pairwise {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [iterable] = exactly(vm, "pairwise", refuses_keywords::<Pairwise>(vm, cls), args)?;
        let iter = ValueCell::new(Some(vm.get_iter(iterable)?));
        Ok(vm.alloc_in(cls, Pairwise { iter, old: ValueCell::empty() })?.into_value())
    }
}

/// Return a zip_longest object whose .__next__() method returns a tuple where
/// the i-th element comes from the i-th iterable argument.  The .__next__()
/// method continues until the longest iterable in the argument sequence
/// is exhausted and then it raises StopIteration.  When the shorter iterables
/// are exhausted, the fillvalue is substituted in their place.  The fillvalue
/// defaults to None or can be specified by a keyword argument.
#[pytype(
    name = "zip_longest",
    module = "itertools",
    signature = "(*iterables, fillvalue=None)",
    flags(BASETYPE, GC)
)]
#[derive(Trace)]
pub struct ZipLongest {
    iters: Vec<ValueCell>,
    fill: Value,
    active: Cell<usize>,
}

fn zip_longest_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let z = object::<ZipLongest>(vm, v, "__next__")?;
    if z.active.get() == 0 {
        return Ok(None);
    }
    let mut items = Vec::with_capacity(z.iters.len());
    for cell in &z.iters {
        let before = cell.is_some();
        match next_or_drop(vm, cell) {
            Ok(Some(x)) => items.push(x),
            Ok(None) => {
                if before {
                    z.active.set(z.active.get().saturating_sub(1));
                    if z.active.get() == 0 {
                        return Ok(None);
                    }
                }
                items.push(z.fill.clone());
            }
            Err(Raised) => {
                z.active.set(0);
                return Err(Raised);
            }
        }
    }
    Ok(Some(vm.new_tuple(items).into_value()))
}

impl Slots for ZipLongest {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(itself), iternext: Some(zip_longest_next), ..SlotDefs::NONE };
}

#[pymethods]
impl ZipLongest {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let mut fill = Value::NONE;
        for (name, value) in args.keywords() {
            if name.downcast::<Str>().is_none_or(|s| s.as_bytes() != b"fillvalue") {
                return Err(vm.type_error("zip_longest() got an unexpected keyword argument"));
            }
            fill = value.clone();
        }
        let iters = args
            .pos()
            .iter()
            .map(|v| Ok(ValueCell::new(Some(vm.get_iter(v)?))))
            .collect::<PyResult<Vec<_>>>()?;
        let active = Cell::new(iters.len());
        Ok(vm.alloc_in(cls, ZipLongest { iters, fill, active })?.into_value())
    }
}
