//! Module `_io`: streams. One file per class family; `newline.rs` holds what text streams share.

pub mod base;
pub mod buffered;
pub mod bytes_io;
pub mod file;
pub mod module;
pub mod newline;
pub mod open;
pub mod stdio;
pub mod string_io;
pub mod text;

use crate::util;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The size of buffers unless the file's block is larger.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

/// What the module keeps per interpreter.
#[derive(Default)]
pub struct IoState {
    unsupported: ValueCell,
}

/// `io.UnsupportedOperation`, which has two bases and is thus made at run time.
pub fn unsupported_class(vm: &Vm) -> PyResult<Value> {
    let state = vm.state::<IoState>();
    if let Some(c) = state.unsupported.get() {
        return Ok(c);
    }
    let bases = vec![vm.type_for(&exc::OSError).into_value(), vm.type_for(&exc::ValueError).into_value()];
    let dict = vm.dict_of(&[("__module__", vm.new_str("io").into_value())]);
    let args = [
        vm.new_str("UnsupportedOperation").into_value(),
        vm.new_tuple(bases).into_value(),
        dict.into_value(),
    ];
    let c = vm.call(vm.types.type_.as_value(), &args)?;
    state.unsupported.set(Some(c.clone()));
    Ok(c)
}

/// Raises `io.UnsupportedOperation`.
#[cold]
pub fn unsupported(vm: &Vm, msg: &str) -> Raised {
    let made = unsupported_class(vm).and_then(|c| vm.call1(&c, vm.new_str(msg).as_value()));
    match made {
        Ok(e) => vm.raise(e),
        Err(raised) => raised,
    }
}

#[cold]
pub fn closed_error(vm: &Vm) -> Raised {
    vm.value_error("I/O operation on closed file.")
}

/// `obj.closed` as a truth value.
pub fn is_closed(vm: &Vm, obj: &Value) -> PyResult<bool> {
    // A descriptor of the class comes before what the object may have of its own.
    if let Some(b) = obj.downcast_exact::<bytes_io::BytesIo>() {
        return Ok(b.closed.get());
    }
    if let Some(b) = obj.downcast_exact::<base::BufferedIoBase>() {
        return Ok(b.base.base_closed.get());
    }
    let v = vm.get_attr_str(obj, "closed")?;
    vm.is_true(&v)
}

/// `_checkClosed`.
pub fn check_closed(vm: &Vm, obj: &Value) -> PyResult<()> {
    if is_closed(vm, obj)? { Err(closed_error(vm)) } else { Ok(()) }
}

/// `_checkReadable` and its kin: asks the object's own method.
pub fn check_able(vm: &Vm, obj: &Value, method: &str, msg: &str) -> PyResult<()> {
    let r = vm.call_method(obj, method, &[])?;
    if r.as_bool() == Some(true) { Ok(()) } else { Err(unsupported(vm, msg)) }
}

/// Runs `first`, then `second` whatever came of it; the second one's exception has the first one as context.
pub fn both(vm: &Vm, first: PyResult<()>, second: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    let Err(Raised) = first else { return second() };
    let e = vm.take_raised();
    match second() {
        Ok(()) => Err(vm.reraise(e)),
        Err(Raised) => {
            let e2 = vm.take_raised();
            if let Some(b) = e2.downcast::<taipan_vm::errors::BaseException>()
                && !e2.is(&e)
            {
                b.set_context_avoiding_cycles(e);
            }
            Err(vm.reraise(e2))
        }
    }
}

/// A `memoryview` of a fresh `bytes` object.
pub fn view_of(vm: &Vm, data: &[u8]) -> PyResult<Value> {
    let bytes = vm.new_bytes(data);
    vm.call1(&util::builtin(vm, "memoryview")?, bytes.as_value())
}

/// Calls `readinto` of a foreign raw stream for at most `n` bytes; `None` when it would block.
pub fn call_readinto(vm: &Vm, raw: &Value, n: usize) -> PyResult<Option<Vec<u8>>> {
    let store = vm.call1(&util::builtin(vm, "bytearray")?, &vm.new_uint(n as u64))?;
    let view = vm.call1(&util::builtin(vm, "memoryview")?, &store)?;
    let r = vm.call_method(raw, "readinto", &[view])?;
    if r.is_none() {
        return Ok(None);
    }
    let got = match vm.index_i64(&r, "cannot fit 'int' into an index-sized integer") {
        Ok(k) => k,
        Err(Raised) => {
            let cause = vm.take_raised();
            let raised = vm.raise_new(&exc::OSError, "raw readinto() failed");
            if let Some(e) = vm.raised_get()
                && let Some(b) = e.downcast::<taipan_vm::errors::BaseException>()
            {
                b.cause.set(Some(cause));
                b.suppress_context.set(true);
            }
            return Err(raised);
        }
    };
    match usize::try_from(got) {
        Ok(k) if k <= n => {
            let mut data = util::to_bytes(vm, &store)?;
            data.truncate(k);
            Ok(Some(data))
        }
        _ => Err(vm.raise_new(
            &exc::OSError,
            format_args!("raw readinto() returned invalid length {got} (should have been between 0 and {n})"),
        )),
    }
}
