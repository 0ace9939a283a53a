//! `_testbuffer`: an exporter of every structure that the buffer protocol allows, and questions about buffers. The
//! protocol's tests lean on it.

mod build;
mod ndarray;

use crate::struct_::not_ascii;
use build::{MAX_NDIM, item_format, read_item, refused};
use ndarray::{NdArray, flag};
use taipan_vm::native::CallArgs;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request, fortran_strides, gather, gather_fortran};
use taipan_vm::types::memoryview;
use taipan_vm::types::numbers::int_value;
use taipan_vm::types::slice::{Indices, Slice};

/// Which order of items is asked for: `C`, `F` or `A`.
fn order_of(vm: &Vm, v: &Value) -> PyResult<u8> {
    let Some(s) = v.downcast::<Str>() else { return Err(vm.type_error("order must be a string")) };
    if !s.is_ascii() {
        return Err(not_ascii(vm, s));
    }
    match s.as_bytes().first() {
        Some(c @ (b'C' | b'F' | b'A')) => Ok(*c),
        _ => Err(vm.value_error("invalid order, must be C, F or A")),
    }
}

fn lies_in(b: &Buffer, order: u8) -> bool {
    match order {
        b'C' => b.is_contiguous(),
        b'F' => b.is_fortran(),
        _ => b.is_one_piece(),
    }
}

/// The items in an order; `A`: as they lie, if it is one piece.
fn items_in(vm: &Vm, b: &Buffer, order: u8) -> PyResult<Vec<u8>> {
    match order {
        b'F' => gather_fortran(vm, b),
        b'A' if b.is_fortran() && !b.is_contiguous() => gather_fortran(vm, b),
        _ => gather(vm, b),
    }
}

/// The bytes of every `staticarray`.
static TWELVE: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// An exporter that answers the same whatever is asked.
#[pytype(name = "staticarray")]
#[derive(Trace)]
pub struct StaticArray {
    /// It does not say who it is.
    #[notrace]
    legacy: bool,
}

fn static_export(vm: &Vm, v: &Value, _: Request) -> PyResult<Buffer> {
    let zelf = taipan_vm::native::shell::object::<StaticArray>(vm, v, "__buffer__")?;
    let mut b = Buffer::plain(v, &TWELVE, true, None);
    b.format = "B".into();
    b.in_one_row(Request::FULL_RO);
    if zelf.legacy {
        b.obj = Value::NONE;
    }
    Ok(b)
}

impl Slots for StaticArray {
    const SLOTS: SlotDefs = SlotDefs { buffer: Some(static_export), ..SlotDefs::NONE };
}

#[pymethods]
impl StaticArray {
    #[pynew("staticarray(legacy_mode=False)")]
    fn new(vm: &Vm, cls: &Gc<Type>, legacy_mode: bool) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, StaticArray { legacy: legacy_mode })?.into_value())
    }
}

/// The view of an object's items in one piece: the object's own memory if it can be, else a copy.
fn contiguous_view(vm: &Vm, obj: &Value, writing: bool, order: u8) -> PyResult<Value> {
    let view = vm.new_memoryview(obj)?;
    let b = vm.buffer(&view, Request::FULL_RO)?;
    if writing && b.readonly {
        return Err(refused(vm, "underlying buffer is not writable"));
    }
    if lies_in(&b, order) {
        drop(b);
        return Ok(view);
    }
    if writing {
        return Err(refused(vm, "writable contiguous buffer requested for a non-contiguous object."));
    }
    let bytes = vm.try_new_bytes(&items_in(vm, &b, order)?)?.into_value();
    let mut copy = vm.buffer(&bytes, Request::FULL_RO)?;
    copy.itemsize = b.itemsize;
    copy.format = b.format.clone();
    copy.ndim = b.ndim;
    copy.shape = b.shape.clone();
    copy.strides = Vec::new();
    if order == b'F' {
        copy.strides = fortran_strides(&b.shape, b.itemsize);
    }
    memoryview::try_of_buffer(vm, copy)
}

/// `get_contiguous(obj, buffertype, order)`.
fn get_contiguous(vm: &Vm, args: CallArgs) -> PyResult<Value> {
    let [obj, kind, order] = args.pos() else {
        return Err(
            vm.type_error(format_args!("function takes exactly 3 arguments ({} given)", args.pos().len()))
        );
    };
    if int_value(kind).is_none() {
        return Err(vm.type_error("buffertype must be PyBUF_READ or PyBUF_WRITE"));
    }
    let kind = vm.index_i64(kind, "Python int too large to convert to C long")?;
    let order = order_of(vm, order)?;
    match kind {
        0x100 => contiguous_view(vm, obj, false, order),
        0x200 => contiguous_view(vm, obj, true, order),
        _ => Err(vm.value_error("invalid buffer type")),
    }
}

/// The item of a full buffer at one index for each dimension.
fn get_pointer(vm: &Vm, obj: &Value, seq: &Value) -> PyResult<Value> {
    let b = vm.buffer(obj, Request::FULL_RO)?;
    let indices = match (seq.downcast::<List>(), seq.downcast::<Tuple>()) {
        (Some(list), _) => list.to_vec(),
        (_, Some(tuple)) => tuple.items().to_vec(),
        _ => return Err(vm.type_error("seq must be a list or a tuple")),
    };
    if b.ndim > MAX_NDIM {
        return Err(vm.value_error("get_pointer(): too many dimensions"));
    }
    let mut at = 0;
    for (dim, v) in indices.iter().enumerate() {
        let n = build::size(vm, v)?;
        let Some(len) = b.shape.get(dim) else { break };
        if n < 0 || n as usize >= *len {
            return Err(vm.value_error(format_args!("get_pointer(): invalid index {n} at position {dim}")));
        }
        at = b.step(at, dim, n);
    }
    if indices.len() != b.ndim {
        return Err(vm.value_error("get_pointer(): len(indices) != ndim"));
    }
    let f = item_format(vm, &b)?;
    if f.size != b.itemsize {
        return Err(vm.value_error("get_pointer(): format and itemsize do not match"));
    }
    Ok(read_item(vm, &f, &b, at))
}

fn is_contiguous(vm: &Vm, obj: &Value, order: &Value) -> PyResult<bool> {
    if let Some(nd) = obj.downcast::<NdArray>() {
        let order = order_of(vm, order)?;
        let (b, _keep) = nd.view(vm)?;
        return Ok(lies_in(&b, order));
    }
    if !build::is_exporter(vm, obj) {
        return Err(vm.type_error("is_contiguous: object does not implement the buffer protocol"));
    }
    let order = order_of(vm, order)?;
    let b = vm.buffer(obj, Request::FULL_RO)?;
    Ok(lies_in(&b, order))
}

/// Whether two buffers in one piece have the same structure and the same bytes in the same order.
fn cmp_contig(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
    for (v, which) in [(a, "first"), (b, "second")] {
        if !build::is_exporter(vm, v) {
            return Err(vm.type_error(format_args!(
                "cmp_contig: {which} argument does not implement the buffer protocol"
            )));
        }
    }
    let (a, b) = (vm.buffer(a, Request::FULL_RO)?, vm.buffer(b, Request::FULL_RO)?);
    let alike = |order: u8| lies_in(&a, order) && lies_in(&b, order);
    Ok((alike(b'C') || alike(b'F'))
        && a.len == b.len
        && a.itemsize == b.itemsize
        && a.shape == b.shape
        && a.bytes() == b.bytes())
}

#[pymodule(name = "_testbuffer")]
pub mod module {
    use super::*;

    #[pyconst]
    const ND_MAX_NDIM: usize = MAX_NDIM;
    #[pyconst]
    const ND_VAREXPORT: i32 = flag::VAREXPORT;
    #[pyconst]
    const ND_WRITABLE: i32 = flag::WRITABLE;
    #[pyconst]
    const ND_FORTRAN: i32 = flag::FORTRAN;
    #[pyconst]
    const ND_SCALAR: i32 = flag::SCALAR;
    #[pyconst]
    const ND_PIL: i32 = flag::PIL;
    #[pyconst]
    const ND_REDIRECT: i32 = flag::REDIRECT;
    #[pyconst]
    const ND_GETBUF_FAIL: i32 = flag::GETBUF_FAIL;
    #[pyconst]
    const ND_GETBUF_UNDEFINED: i32 = flag::GETBUF_UNDEFINED;

    #[pyconst("PyBUF_SIMPLE")]
    const SIMPLE: i32 = Request::SIMPLE.0;
    #[pyconst("PyBUF_WRITABLE")]
    const WRITABLE: i32 = Request::WRITABLE.0;
    #[pyconst("PyBUF_FORMAT")]
    const FORMAT: i32 = Request::FORMAT.0;
    #[pyconst("PyBUF_ND")]
    const ND: i32 = Request::ND.0;
    #[pyconst("PyBUF_STRIDES")]
    const STRIDES: i32 = Request::STRIDES.0;
    #[pyconst("PyBUF_C_CONTIGUOUS")]
    const C_CONTIGUOUS: i32 = Request::C_CONTIGUOUS.0;
    #[pyconst("PyBUF_F_CONTIGUOUS")]
    const F_CONTIGUOUS: i32 = Request::F_CONTIGUOUS.0;
    #[pyconst("PyBUF_ANY_CONTIGUOUS")]
    const ANY_CONTIGUOUS: i32 = Request::ANY_CONTIGUOUS.0;
    #[pyconst("PyBUF_INDIRECT")]
    const INDIRECT: i32 = Request::INDIRECT.0;
    #[pyconst("PyBUF_FULL")]
    const FULL: i32 = Request::FULL.0;
    #[pyconst("PyBUF_FULL_RO")]
    const FULL_RO: i32 = Request::FULL_RO.0;
    #[pyconst("PyBUF_RECORDS")]
    const RECORDS: i32 = 0x1D;
    #[pyconst("PyBUF_RECORDS_RO")]
    const RECORDS_RO: i32 = 0x1C;
    #[pyconst("PyBUF_STRIDED")]
    const STRIDED: i32 = 0x19;
    #[pyconst("PyBUF_STRIDED_RO")]
    const STRIDED_RO: i32 = 0x18;
    #[pyconst("PyBUF_CONTIG")]
    const CONTIG: i32 = 9;
    #[pyconst("PyBUF_CONTIG_RO")]
    const CONTIG_RO: i32 = 8;
    #[pyconst("PyBUF_READ")]
    const READ: i32 = 0x100;
    #[pyconst("PyBUF_WRITE")]
    const WRITE: i32 = 0x200;

    pytypes!(NdArray, StaticArray);

    #[pyfn("get_sizeof_void_p()")]
    fn get_sizeof_void_p(_vm: &Vm) -> usize {
        size_of::<usize>()
    }

    #[pyfn("slice_indices(slice, length, /)")]
    fn slice_indices(vm: &Vm, slice: &Value, length: isize) -> PyResult<Gc<Tuple>> {
        let Some(s) = slice.downcast::<Slice>() else {
            return Err(vm.type_error("first argument must be a slice object"));
        };
        let at = Indices::new(s.unpack(vm)?, usize::try_from(length).unwrap_or(0));
        let all = [at.start, at.stop, at.step, at.len as isize];
        Ok(vm.new_tuple(all.map(|n| vm.new_int(n as i64)).to_vec()))
    }

    #[pyfn("get_pointer(obj, seq, /)")]
    fn get_pointer(vm: &Vm, obj: &Value, seq: &Value) -> PyResult<Value> {
        super::get_pointer(vm, obj, seq)
    }

    #[pyfn(raw, "get_contiguous")]
    fn get_contiguous(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        super::get_contiguous(vm, args)
    }

    #[pyfn("py_buffer_to_contiguous(obj, order, flags, /)")]
    fn py_buffer_to_contiguous(vm: &Vm, obj: &Value, order: &Value, flags: i32) -> PyResult<Gc<Bytes>> {
        let mut b = vm.buffer(obj, Request(flags))?;
        let order = order_of(vm, order)?;
        b.complete();
        vm.try_new_bytes(&items_in(vm, &b, order)?)
    }

    #[pyfn("is_contiguous(obj, order, /)")]
    fn is_contiguous(vm: &Vm, obj: &Value, order: &Value) -> PyResult<bool> {
        super::is_contiguous(vm, obj, order)
    }

    #[pyfn("cmp_contig(a, b, /)")]
    fn cmp_contig(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
        super::cmp_contig(vm, a, b)
    }
}
