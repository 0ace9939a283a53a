//! `traceback`: where an exception has been.

use crate::errors::BaseException;
use crate::interp::Frame;
use crate::prelude::*;
use crate::types::frame_object::{self, FrameObject};
use std::cell::Cell;

/// The payload of `traceback`: one entry, linked to the next one inwards.
pub struct Traceback {
    pub next: ValueCell,
    pub frame: Gc<FrameObject>,
    /// As Python sees it.
    pub lasti: Cell<i64>,
    /// -1: computed from `lasti` when asked for.
    pub lineno: Cell<i64>,
}

crate::fixed_layout!(Traceback);

impl Trace for Traceback {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.next.trace(visit);
        visit(self.frame.as_value());
    }
    fn unlink(&self) {
        self.next.unlink()
    }
}

/// Puts an entry for this frame in front of the traceback of the exception on its way.
pub fn add_here(vm: &Vm, f: &Frame, lasti: usize) {
    let Some(e) = vm.raised_get() else { return };
    let Some(b) = e.downcast::<BaseException>() else { return };
    b.traceback.set(Some(entry(vm, f, lasti, b.traceback.get())));
}

/// An entry for the frame, in front of others.
pub fn entry(vm: &Vm, f: &Frame, lasti: usize, next: Option<Value>) -> Value {
    let frame = frame_object::object_of(vm, f);
    let (lasti, lineno) = (Cell::new(frame_object::shown_index(lasti)), Cell::new(-1));
    vm.alloc(Traceback { next: ValueCell::new(next), frame, lasti, lineno }).into_value()
}

impl Traceback {
    pub fn line(&self) -> Option<i64> {
        let n = self.lineno.get();
        if n != -1 {
            return Some(n);
        }
        match self.frame.code.line_at((self.lasti.get() / 2 - 1).max(0) as usize) {
            0 => None,
            n => Some(n as i64),
        }
    }
}

/// Create a new traceback object.
#[pytype(name = "traceback", signature = "(tb_next, tb_frame, tb_lasti, tb_lineno)", flags(GC))]
impl Slots for Traceback {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

fn check_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    if v.is_none() {
        return Ok(None);
    }
    if v.downcast::<Traceback>().is_none() {
        return Err(
            vm.type_error(format_args!("expected traceback object or None, got '{}'", vm.type_of(v).name()))
        );
    }
    Ok(Some(v.clone()))
}

#[pymethods]
impl Traceback {
    #[pynew("traceback(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn new(
        vm: &Vm,
        _cls: &Gc<Type>,
        tb_next: &Value,
        tb_frame: &Gc<FrameObject>,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Value> {
        let next = check_next(vm, tb_next)?;
        Ok(vm
            .alloc(Traceback {
                next: ValueCell::new(next),
                frame: tb_frame.clone(),
                lasti: Cell::new(tb_lasti as i64),
                lineno: Cell::new(tb_lineno as i64),
            })
            .into_value())
    }

    #[pygetter("tb_next")]
    fn tb_next(_vm: &Vm, zelf: &Gc<Traceback>) -> Option<Value> {
        zelf.next.get()
    }

    #[pysetter("tb_next")]
    fn set_tb_next(vm: &Vm, zelf: &Gc<Traceback>, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("can't delete tb_next attribute")) };
        let next = check_next(vm, value)?;
        let mut at = next.clone();
        while let Some(t) = at.as_ref().and_then(|t| t.downcast::<Traceback>()).cloned() {
            if t.is(zelf) {
                return Err(vm.value_error("traceback loop detected"));
            }
            at = t.next.get();
        }
        zelf.next.set(next);
        Ok(())
    }

    #[pygetter("tb_frame")]
    fn tb_frame(_vm: &Vm, zelf: &Gc<Traceback>) -> Value {
        zelf.frame.to_value()
    }

    /// In CPython's units: two bytes an instruction.
    #[pygetter("tb_lasti")]
    fn tb_lasti(_vm: &Vm, zelf: &Gc<Traceback>) -> i64 {
        zelf.lasti.get()
    }

    #[pygetter("tb_lineno")]
    fn tb_lineno(_vm: &Vm, zelf: &Gc<Traceback>) -> Option<i64> {
        zelf.line()
    }

    #[pymethod("__dir__($self, /)")]
    fn dir(vm: &Vm, _zelf: &Value) -> Vec<Value> {
        ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"].iter().map(|n| vm.new_str(n).into_value()).collect()
    }
}
