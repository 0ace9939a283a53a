//! What stands in `sys.stderr` until there are streams: text goes straight to the descriptor.

use crate::prelude::*;

#[pytype(name = "stderrprinter", module = "builtins", flags(NO_NEW))]
#[derive(Trace)]
pub struct Printer {
    #[notrace]
    pub fd: i32,
}

impl Slots for Printer {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

fn repr(vm: &Vm, zelf: &Value) -> PyResult<Value> {
    let fd = zelf.downcast::<Printer>().map_or(-1, |p| p.fd);
    Ok(vm.new_str(&format!("<stdprinter(fd={fd})>")).into_value())
}

#[pymethods]
impl Printer {
    #[pymethod("write($self, text, /)")]
    fn write(vm: &Vm, zelf: &Gc<Printer>, text: &Gc<Str>) -> usize {
        // What cannot be written here can be told nobody.
        let shown = text.to_string_lossy();
        _ = vm.host().write(zelf.fd, shown.as_bytes());
        shown.len()
    }

    #[pymethod("flush($self, /)")]
    fn flush(_vm: &Vm, _zelf: &Gc<Printer>) {}

    #[pymethod("close($self, /)")]
    fn close(_vm: &Vm, _zelf: &Gc<Printer>) {}

    #[pymethod("fileno($self, /)")]
    fn fileno(_vm: &Vm, zelf: &Gc<Printer>) -> i32 {
        zelf.fd
    }

    #[pymethod("isatty($self, /)")]
    fn isatty(vm: &Vm, zelf: &Gc<Printer>) -> bool {
        vm.host().isatty(zelf.fd)
    }

    #[pygetter("closed")]
    fn closed(_vm: &Vm, _zelf: &Gc<Printer>) -> bool {
        false
    }

    #[pygetter("encoding")]
    fn encoding(_vm: &Vm, _zelf: &Gc<Printer>) -> Value {
        Value::NONE
    }

    #[pygetter("mode")]
    fn mode(vm: &Vm, _zelf: &Gc<Printer>) -> Value {
        vm.new_str("w").into_value()
    }
}
