//! `pickle.PickleBuffer`: a buffer that may travel beside a pickle.

use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};
use taipan_vm::types::memoryview;

/// Wrapper for potentially out-of-band buffers
#[pytype(name = "PickleBuffer", module = "pickle", flags(GC, WEAKREF))]
#[derive(Trace)]
pub struct PickleBuffer {
    object: ValueCell,
    /// A view of the object, which keeps its bytes in place; none once released.
    view: ValueCell,
}

impl PickleBuffer {
    /// The object, unless it was released.
    pub fn object(&self, vm: &Vm) -> PyResult<Value> {
        match self.object.get() {
            Some(v) => Ok(v),
            None => Err(vm.value_error("operation forbidden on released PickleBuffer object")),
        }
    }
}

fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let b = taipan_vm::native::shell::object::<PickleBuffer>(vm, v, "__buffer__")?;
    vm.buffer(&b.object(vm)?, request)
}

/// The object's bytes in the order of memory, as one row.
pub fn raw_buffer(vm: &Vm, b: &PickleBuffer) -> PyResult<Buffer> {
    let mut buffer = vm.buffer(&b.object(vm)?, Request::FULL_RO)?;
    if !buffer.is_one_piece() {
        return Err(vm.raise_new(&exc::BufferError, "cannot extract raw buffer from non-contiguous buffer"));
    }
    buffer.itemsize = 1;
    buffer.format = "B".into();
    buffer.ndim = 1;
    buffer.shape = Vec::new();
    buffer.strides = Vec::new();
    Ok(buffer)
}

impl Slots for PickleBuffer {
    const SLOTS: SlotDefs = SlotDefs { buffer: Some(buffer), ..SlotDefs::NONE };
}

#[pymethods]
impl PickleBuffer {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() {
            return Err(vm.type_error("PickleBuffer() takes no keyword arguments"));
        }
        let [object] = args.pos() else {
            return Err(vm.type_error(format_args!(
                "PickleBuffer() takes exactly 1 positional argument ({} given)",
                args.pos().len()
            )));
        };
        // For the error's text.
        drop(vm.buffer(object, Request::FULL_RO)?);
        let view = ValueCell::new(Some(vm.new_memoryview(object)?));
        let object = ValueCell::new(Some(object.clone()));
        Ok(vm.alloc_in(cls, PickleBuffer { object, view })?.into_value())
    }

    /// Return a memoryview of the raw memory underlying this buffer.
    ///
    /// Will raise BufferError is the buffer isn't contiguous.
    #[pymethod("raw($self, /)")]
    fn raw(vm: &Vm, zelf: &Gc<PickleBuffer>) -> PyResult<Value> {
        Ok(memoryview::of_buffer(vm, raw_buffer(vm, zelf)?))
    }

    /// Release the underlying buffer controlled by the PickleBuffer object.
    #[pymethod("release($self, /)")]
    fn release(vm: &Vm, zelf: &Gc<PickleBuffer>) {
        let _ = vm;
        zelf.view.set(None);
        zelf.object.set(None);
    }
}
