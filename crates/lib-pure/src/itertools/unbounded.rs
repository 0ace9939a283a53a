//! `count`, `cycle`, `repeat`. They do not end, so each looks whether it should (`poll`): what consumes them need not.

use super::next_or_drop;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;
use taipan_vm::types::iterators::{exactly, itself, refuses_keywords};
use taipan_vm::types::numbers::Complex;

/// Return a count object whose .__next__() method returns consecutive values.
///
/// Equivalent to:
///     def count(firstval=0, step=1):
///         x = firstval
///         while 1:
///             yield x
///             x += step
#[pytype(name = "count", module = "itertools", signature = "(start=0, step=1)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Count {
    /// The next number while it is a word and the step is 1.
    next: Cell<Option<i64>>,
    /// The next number otherwise.
    value: ValueCell,
    step: Value,
}

fn is_number(vm: &Vm, v: &Value) -> bool {
    let s = &vm.type_of(v).slots;
    s.index.get().is_some()
        || s.int.get().is_some()
        || s.float.get().is_some()
        || v.downcast::<Complex>().is_some()
}

fn count_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    vm.poll()?;
    let c = object::<Count>(vm, v, "__next__")?;
    if let Some(n) = c.next.get() {
        match n.checked_add(1) {
            Some(next) => c.next.set(Some(next)),
            None => {
                let next = vm.binary_op(BinaryOp::Add, &vm.new_int(n), &c.step)?;
                c.next.set(None);
                c.value.set(Some(next));
            }
        }
        return Ok(Some(vm.new_int(n)));
    }
    let Some(n) = c.value.get() else { return Ok(None) };
    let next = vm.binary_op(BinaryOp::Add, &n, &c.step)?;
    c.value.set(Some(next));
    Ok(Some(n))
}

fn count_repr(vm: &Vm, v: &Value) -> PyResult {
    let c = object::<Count>(vm, v, "__repr__")?;
    let n = match c.next.get() {
        Some(n) => vm.new_int(n),
        None => c.value.get().unwrap_or(Value::NONE),
    };
    let mut out = Wtf8Buf::from(format!("{}(", vm.type_of(v).name()));
    out.push_wtf8(vm.repr(&n)?.as_wtf8());
    if c.step.as_int() != Some(1) {
        out.push_str(", ");
        out.push_wtf8(vm.repr(&c.step)?.as_wtf8());
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

impl Slots for Count {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(itself), iternext: Some(count_next), repr: Some(count_repr), ..SlotDefs::NONE };
}

#[pymethods]
impl Count {
    #[pynew("count(start=0, step=1)")]
    fn new(vm: &Vm, cls: &Gc<Type>, start: &Value, step: &Value) -> PyResult<Value> {
        if !is_number(vm, start) || !is_number(vm, step) {
            return Err(vm.type_error("a number is required"));
        }
        let fast = if step.as_int() == Some(1) { start.as_int() } else { None };
        let value = if fast.is_some() { None } else { Some(start.clone()) };
        let body = Count { next: Cell::new(fast), value: ValueCell::new(value), step: step.clone() };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

/// Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.
#[pytype(name = "cycle", module = "itertools", signature = "(iterable, /)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Cycle {
    iter: ValueCell,
    saved: Guarded<Vec<Value>>,
    index: Cell<usize>,
}

fn cycle_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    vm.poll()?;
    let c = object::<Cycle>(vm, v, "__next__")?;
    if let Some(x) = next_or_drop(vm, &c.iter)? {
        c.saved.with_mut(|s| s.push(x.clone()));
        return Ok(Some(x));
    }
    let i = c.index.get();
    let (x, n) = c.saved.with(|s| (s.get(i).cloned(), s.len()));
    c.index.set(if i + 1 >= n { 0 } else { i + 1 });
    Ok(x)
}

impl Slots for Cycle {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(cycle_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Cycle {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [iterable] = exactly(vm, "cycle", refuses_keywords::<Cycle>(vm, cls), args)?;
        let iter = ValueCell::new(Some(vm.get_iter(iterable)?));
        let body = Cycle { iter, saved: Guarded::new(Vec::new()), index: Cell::new(0) };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

/// repeat(object [,times]) -> create an iterator which returns the object
/// for the specified number of times.  If not specified, returns the object
/// endlessly.
#[pytype(name = "repeat", module = "itertools", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Repeat {
    element: Value,
    /// `None`: endlessly.
    left: Cell<Option<usize>>,
}

fn repeat_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    vm.poll()?;
    let r = object::<Repeat>(vm, v, "__next__")?;
    match r.left.get() {
        None => {}
        Some(0) => return Ok(None),
        Some(n) => r.left.set(Some(n - 1)),
    }
    Ok(Some(r.element.clone()))
}

fn repeat_repr(vm: &Vm, v: &Value) -> PyResult {
    let r = object::<Repeat>(vm, v, "__repr__")?;
    let mut out = Wtf8Buf::from(format!("{}(", vm.type_of(v).name()));
    out.push_wtf8(vm.repr(&r.element)?.as_wtf8());
    if let Some(n) = r.left.get() {
        out.push_str(&format!(", {n}"));
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

impl Slots for Repeat {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(itself),
        iternext: Some(repeat_next),
        repr: Some(repeat_repr),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Repeat {
    #[pynew("repeat(object, times=<unrepresentable>)")]
    fn new(vm: &Vm, cls: &Gc<Type>, object: &Value, times: Option<&Value>) -> PyResult<Value> {
        let left = match times {
            Some(n) => Some(isize::from_arg(vm, n)?.max(0) as usize),
            None => None,
        };
        Ok(vm.alloc_in(cls, Repeat { element: object.clone(), left: Cell::new(left) })?.into_value())
    }

    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<Repeat>) -> PyResult<usize> {
        match zelf.left.get() {
            Some(n) => Ok(n),
            None => Err(vm.type_error("len() of unsized object")),
        }
    }
}
