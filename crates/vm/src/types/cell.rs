//! `cell`: a variable that closures share.

use crate::prelude::*;

/// The payload of `cell`.
#[derive(Default)]
pub struct Cell {
    pub contents: ValueCell,
}

crate::fixed_layout!(Cell);

impl Trace for Cell {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.contents.trace(visit)
    }
    fn unlink(&self) {
        self.contents.unlink()
    }
}

impl Vm {
    pub fn new_cell(&self, v: Option<Value>) -> Gc<Cell> {
        self.alloc(Cell { contents: ValueCell::new(v) })
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let addr = v.bits();
    let text = match v.downcast::<Cell>().and_then(|c| c.contents.get()) {
        None => format!("<cell at {addr:#x}: empty>"),
        Some(x) => format!("<cell at {addr:#x}: {} object at {:#x}>", vm.type_of(&x).name(), x.bits()),
    };
    Ok(vm.new_str(&text).into_value())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(a), Some(b)) = (a.downcast::<Cell>(), b.downcast::<Cell>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    match (a.contents.get(), b.contents.get()) {
        (Some(x), Some(y)) => vm.rich_compare(&x, &y, op),
        (x, y) => Ok(Value::bool(op.holds(x.is_some().cmp(&y.is_some())))),
    }
}

/// Create a new cell object.
///
///   contents
///     the contents of the cell. If not specified, the cell will be empty,
///     and
///  further attempts to access its cell_contents attribute will
///     raise a ValueError.
#[pytype(name = "cell", signature = "([contents])", flags(GC))]
impl Slots for Cell {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), richcompare: Some(richcompare), ..SlotDefs::NONE };
}

#[pymethods]
impl Cell {
    #[pynew("cell(contents=<unrepresentable>, /)")]
    fn new(vm: &Vm, _cls: &Gc<Type>, contents: Option<Value>) -> PyResult<Value> {
        Ok(vm.new_cell(contents).into_value())
    }

    #[pygetter("cell_contents")]
    fn cell_contents(vm: &Vm, zelf: &Gc<Cell>) -> PyResult<Value> {
        zelf.contents.get().ok_or_else(|| vm.value_error("cell is empty"))
    }

    #[pysetter("cell_contents")]
    fn set_cell_contents(_vm: &Vm, zelf: &Gc<Cell>, value: Option<&Value>) -> PyResult<()> {
        zelf.contents.set(value.cloned());
        Ok(())
    }
}
