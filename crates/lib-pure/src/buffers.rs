//! Arguments that are bytes: `bytes` itself or whatever exports a buffer.

use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};

/// Bytes held for reading while it lives.
pub enum Data {
    Bytes(Gc<Bytes>),
    Buffer(Buffer),
    Text(Gc<Str>),
}

impl Data {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Data::Bytes(b) => b.as_bytes(),
            Data::Buffer(b) => b.bytes(),
            Data::Text(s) => s.as_bytes(),
        }
    }
}

/// The bytes of an exporter; `None` for what is none.
pub fn try_data(vm: &Vm, v: &Value) -> PyResult<Option<Data>> {
    if let Some(b) = v.downcast::<Bytes>() {
        return Ok(Some(Data::Bytes(b.clone())));
    }
    match vm.type_of(v).slots.buffer.get() {
        Some(f) => Ok(Some(Data::Buffer(f(vm, v, Request::SIMPLE)?))),
        None => Ok(None),
    }
}

/// The bytes of a bytes-like argument.
pub fn data(vm: &Vm, v: &Value) -> PyResult<Data> {
    match try_data(vm, v)? {
        Some(data) => Ok(data),
        None => {
            Err(vm
                .type_error(format_args!("a bytes-like object is required, not '{}'", vm.type_of(v).name())))
        }
    }
}

/// The bytes of a bytes-like argument or of ASCII text.
pub fn data_or_ascii(vm: &Vm, v: &Value) -> PyResult<Data> {
    if let Some(s) = v.downcast::<Str>() {
        return match s.is_ascii() {
            true => Ok(Data::Text(s.clone())),
            false => Err(vm.value_error("string argument should contain only ASCII characters")),
        };
    }
    match try_data(vm, v)? {
        Some(data) => Ok(data),
        None => Err(vm.type_error(format_args!(
            "argument should be bytes, buffer or ASCII string, not '{}'",
            vm.type_of(v).name()
        ))),
    }
}

/// A buffer to write into.
pub fn writable(vm: &Vm, v: &Value) -> PyResult<Buffer> {
    let refused = || {
        vm.type_error(format_args!(
            "argument must be read-write bytes-like object, not {}",
            vm.shown_type_name(v)
        ))
    };
    let Some(f) = vm.type_of(v).slots.buffer.get() else { return Err(refused()) };
    let made = f(vm, v, Request::WRITABLE);
    match vm.suppress(made, &taipan_vm::errors::exc::BufferError)? {
        Some(b) if !b.readonly => Ok(b),
        _ => Err(refused()),
    }
}
