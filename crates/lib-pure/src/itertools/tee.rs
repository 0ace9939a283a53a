//! `tee`: independent iterators over one, which keep what some have read and others have not in a chain of blocks.

use std::cell::Cell;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::iterators::{exactly, itself};

/// Values in a block.
const BLOCK: usize = 57;

/// Teedata container for multiple values from the same iterable.
#[pytype(name = "_tee_dataobject", module = "itertools", flags(GC))]
#[derive(Trace)]
pub struct TeeData {
    iter: ValueCell,
    values: Guarded<Vec<Value>>,
    next: GcCell<TeeData>,
    running: Cell<bool>,
}

impl TeeData {
    fn new(iter: Value) -> TeeData {
        TeeData {
            iter: ValueCell::new(Some(iter)),
            values: Guarded::new(Vec::new()),
            next: GcCell::new(None),
            running: Cell::new(false),
        }
    }

    fn get(&self, vm: &Vm, i: usize) -> PyResult<Option<Value>> {
        if let Some(x) = self.values.with(|v| v.get(i).cloned()) {
            return Ok(Some(x));
        }
        let Some(it) = self.iter.get() else { return Ok(None) };
        if self.running.replace(true) {
            return Err(vm.runtime_error("cannot re-enter the tee iterator"));
        }
        let r = vm.iter_next(&it);
        self.running.set(false);
        let x = r?;
        if let Some(x) = &x {
            self.values.with_mut(|v| v.push(x.clone()));
        }
        Ok(x)
    }

    /// The block behind this one.
    fn link(&self, vm: &Vm) -> Option<Gc<TeeData>> {
        if let Some(next) = self.next.get() {
            return Some(next);
        }
        let next = vm.alloc(TeeData::new(self.iter.get()?));
        self.next.set(Some(next.clone()));
        Some(next)
    }
}

#[pymethods]
impl TeeData {
    #[pynew(raw)]
    fn new_py(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [it, values, next] = exactly(vm, "_tee_dataobject", true, args)?;
        let invalid = || vm.value_error("Invalid arguments");
        let Some(values) = values.downcast::<List>() else { return Err(invalid()) };
        let body = TeeData::new(it.clone());
        let values = values.to_vec();
        match next.downcast::<TeeData>() {
            Some(n) if values.len() == BLOCK => body.next.set(Some(n.clone())),
            None if next.is_none() && values.len() <= BLOCK => {}
            _ => return Err(invalid()),
        }
        body.values.set(values);
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

impl Slots for TeeData {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

/// Iterator wrapped to make it copyable.
#[pytype(name = "_tee", module = "itertools", signature = "(iterable, /)", flags(GC, WEAKREF))]
#[derive(Trace)]
pub struct Tee {
    data: GcCell<TeeData>,
    index: Cell<usize>,
}

fn tee_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let t = object::<Tee>(vm, v, "__next__")?;
    let Some(mut data) = t.data.get() else { return Ok(None) };
    if t.index.get() >= BLOCK {
        let Some(next) = data.link(vm) else { return Ok(None) };
        t.data.set(Some(next.clone()));
        t.index.set(0);
        data = next;
    }
    let i = t.index.get();
    let x = data.get(vm, i)?;
    if x.is_some() {
        t.index.set(i + 1);
    }
    Ok(x)
}

fn copy(t: &Tee) -> Tee {
    Tee { data: GcCell::new(t.data.get()), index: t.index.clone() }
}

/// A tee of an iterable; a tee's twin if it is one.
fn of(vm: &Vm, iterable: &Value) -> PyResult<Tee> {
    let it = vm.get_iter(iterable)?;
    if let Some(t) = it.downcast_exact::<Tee>() {
        return Ok(copy(t));
    }
    Ok(Tee { data: GcCell::new(Some(vm.alloc(TeeData::new(it)))), index: Cell::new(0) })
}

/// `itertools.tee`.
pub fn tee(vm: &Vm, iterable: &Value, n: isize) -> PyResult<Value> {
    let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("n must be >= 0")) };
    let mut out = Vec::new();
    if out.try_reserve_exact(n).is_err() {
        return Err(vm.memory_error());
    }
    if n == 0 {
        return Ok(vm.new_tuple(out).into_value());
    }
    let it = vm.get_iter(iterable)?;
    if it.downcast_exact::<Tee>().is_none()
        && let Some(copy) = vm.lookup_attr(&it, &vm.names.__copy__)?
    {
        // Another iterator that can be copied.
        out.push(it);
        for _ in 1..n {
            out.push(vm.call0(&copy)?);
        }
        return Ok(vm.new_tuple(out).into_value());
    }
    let first = of(vm, &it)?;
    for _ in 1..n {
        out.push(vm.alloc(copy(&first)).into_value());
    }
    out.insert(0, vm.alloc(first).into_value());
    Ok(vm.new_tuple(out).into_value())
}

impl Slots for Tee {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(tee_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Tee {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [iterable] = exactly(vm, "_tee", true, args)?;
        let body = of(vm, iterable)?;
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Returns an independent iterator.
    #[pymethod(no_text, "__copy__($self, /)")]
    fn py_copy(vm: &Vm, zelf: &Gc<Tee>) -> Gc<Tee> {
        vm.alloc(copy(zelf))
    }
}
