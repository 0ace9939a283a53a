//! Structures of an `ndarray`: memory of its own with any shape, or the buffer of another exporter.

use super::ndarray::{NdBuf, flag};
use crate::struct_::format::Format;
use crate::struct_::{format_of, packed, values_of};
use std::cell::Cell;
use std::rc::Rc;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request, c_strides, fortran_strides};
use taipan_vm::types::bytearray::ByteArray;
use taipan_vm::types::numbers::{float_value, int_value};

/// More dimensions an array cannot have.
pub const MAX_NDIM: usize = 128;

const WORD: usize = size_of::<usize>();

/// What describes a new structure.
pub struct Plan<'a> {
    pub items: &'a Value,
    pub shape: &'a Value,
    pub strides: Option<&'a Value>,
    pub offset: isize,
    pub format: Option<&'a Value>,
    pub flags: i32,
}

/// Where the items lie in the memory.
struct Places {
    itemsize: usize,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
    /// Bytes of all items, each counted as often as it is reached.
    len: usize,
}

/// The sizes in a list or tuple.
fn sizes(vm: &Vm, v: &Value, name: &str) -> PyResult<Vec<isize>> {
    let items = match (v.downcast::<List>(), v.downcast::<Tuple>()) {
        (Some(list), _) => list.to_vec(),
        (_, Some(tuple)) => tuple.items().to_vec(),
        _ => return Err(vm.type_error(format_args!("{name} must be a list or a tuple"))),
    };
    if items.len() > MAX_NDIM {
        return Err(vm.value_error(format_args!("ndim must not exceed {MAX_NDIM}")));
    }
    let mut out = Vec::new();
    for v in &items {
        if int_value(v).is_none() {
            return Err(vm.value_error(format_args!("elements of {name} must be integers")));
        }
        out.push(size(vm, v)?);
    }
    Ok(out)
}

/// An int as a size.
pub fn size(vm: &Vm, v: &Value) -> PyResult<isize> {
    Ok(vm.index_i64(v, "Python int too large to convert to C ssize_t")? as isize)
}

/// The values of an item, as many as its format has.
fn members(v: &Value, f: &Format) -> Option<Vec<Value>> {
    let values = match (v.downcast::<List>(), v.downcast::<Tuple>()) {
        (Some(list), _) => list.to_vec(),
        (_, Some(tuple)) => tuple.items().to_vec(),
        _ if int_value(v).is_some() || float_value(v).is_some() || v.is_instance_of::<Bytes>() => {
            vec![v.clone()]
        }
        _ => return None,
    };
    (values.len() == f.count).then_some(values)
}

/// The bytes of an item.
pub fn pack_item(vm: &Vm, f: &Format, v: &Value) -> PyResult<Vec<u8>> {
    match members(v, f) {
        Some(values) => packed(vm, f, &values, "pack_into"),
        None => Err(vm.value_error("mismatch between initializer element and format string")),
    }
}

/// The value of an item: a tuple unless its format has one member.
pub fn unpack_item(vm: &Vm, f: &Format, bytes: &[u8]) -> Value {
    let mut values = values_of(vm, f, bytes);
    match (values.len(), values.pop()) {
        (1, Some(one)) => one,
        (_, Some(last)) => {
            values.push(last);
            vm.new_tuple(values).into_value()
        }
        (_, None) => vm.new_tuple(values).into_value(),
    }
}

/// The format of a buffer's items; bytes where it is not known.
pub fn item_format(vm: &Vm, b: &Buffer) -> PyResult<Rc<Format>> {
    let text: &str = if b.format.is_empty() { "B" } else { &b.format };
    format_of(vm, vm.new_str(text).as_value())
}

/// The item at a byte offset from the first one.
pub fn read_item(vm: &Vm, f: &Format, b: &Buffer, offset: isize) -> Value {
    let bytes: Vec<u8> = b.item(offset).iter().map(Cell::get).collect();
    unpack_item(vm, f, &bytes)
}

/// The bytes of all items, one after the other.
fn pack_all(vm: &Vm, f: &Format, items: &Value, scalar: bool) -> PyResult<Vec<u8>> {
    if scalar {
        return pack_item(vm, f, items);
    }
    let items = match (items.downcast::<List>(), items.downcast::<Tuple>()) {
        (Some(list), _) => list.to_vec(),
        (_, Some(tuple)) => tuple.items().to_vec(),
        _ => return Err(vm.type_error("items must be a list or a tuple")),
    };
    if items.is_empty() {
        return Err(vm.value_error("initializer list or tuple must not be empty"));
    }
    let mut out = Vec::new();
    for v in &items {
        let bytes = pack_item(vm, f, v)?;
        if out.try_reserve(bytes.len()).is_err() {
            return Err(vm.memory_error());
        }
        out.extend(bytes);
    }
    Ok(out)
}

/// Checks that all items that shape and strides reach lie within `size` bytes.
fn places(vm: &Vm, plan: &Plan<'_>, itemsize: usize, size: usize) -> PyResult<Places> {
    let mut shape = Vec::new();
    for n in sizes(vm, plan.shape, "shape")? {
        match usize::try_from(n) {
            Ok(n) => shape.push(n),
            Err(_) => return Err(vm.value_error("elements of shape must be integers >= 0")),
        }
    }
    let given = match plan.strides {
        Some(v) => sizes(vm, v, "strides")?,
        None => Vec::new(),
    };
    if !given.is_empty() && given.len() != shape.len() {
        return Err(vm.value_error("len(shape) != len(strides)"));
    }
    let strides = match given.is_empty() {
        false => given,
        true if plan.flags & flag::FORTRAN != 0 => fortran_strides(&shape, itemsize),
        true => c_strides(&shape, itemsize),
    };
    let too_large = || vm.value_error("ndarray: product(shape) * itemsize > SSIZE_MAX");
    let mut len = itemsize;
    for n in &shape {
        len = len.checked_mul(*n).filter(|n| *n <= isize::MAX as usize).ok_or_else(too_large)?;
    }
    if plan.offset % itemsize as isize != 0 {
        return Err(vm.value_error("offset must be a multiple of itemsize"));
    }
    let out = || vm.value_error("offset out of bounds");
    let offset = usize::try_from(plan.offset).map_err(|_| out())?;
    if offset.saturating_add(itemsize) > size {
        return Err(out());
    }
    if strides.iter().any(|s| s % itemsize as isize != 0) {
        return Err(vm.value_error("strides must be a multiple of itemsize"));
    }
    if len > 0 {
        let (mut low, mut high) = (0i128, 0i128);
        for (n, stride) in shape.iter().zip(&strides) {
            let reach = (*n as i128 - 1).saturating_mul(*stride as i128);
            if reach < 0 { low = low.saturating_add(reach) } else { high = high.saturating_add(reach) }
        }
        let first = offset as i128;
        if first.saturating_add(low) < 0 || (first + itemsize as i128).saturating_add(high) > size as i128 {
            return Err(vm.value_error("invalid combination of buffer, shape and strides"));
        }
    }
    Ok(Places { itemsize, offset, shape, strides, len })
}

/// How the first dimension of a picture's rows is found: a table of the rows' places, before the data.
struct Rows {
    table: Vec<u8>,
    /// What is added to a place: the distance of the row's first item from its lowest one.
    add: isize,
}

/// Makes rows of the first dimension. The places count from the table's start.
fn rows(vm: &Vm, p: &Places) -> PyResult<Rows> {
    let (n, stride) = match (p.shape.first(), p.strides.first()) {
        (Some(n), Some(s)) => (*n, *s),
        _ => (0, 0),
    };
    let mut add = 0isize;
    for (n, stride) in p.shape.iter().zip(&p.strides).skip(1) {
        if *n == 0 {
            break;
        }
        if *stride <= 0 {
            add = add.saturating_add(stride.saturating_neg().saturating_mul(*n as isize - 1));
        }
    }
    let mut table = Vec::new();
    let size = n.checked_mul(WORD).filter(|n| *n <= isize::MAX as usize / 2);
    if size.is_none_or(|size| table.try_reserve_exact(size).is_err()) {
        return Err(vm.memory_error());
    }
    let first = (n * WORD + p.offset) as isize;
    for i in 0..n {
        let row = if stride < 0 { n - 1 - i } else { i } as isize;
        let place = first.wrapping_add(stride.wrapping_mul(row)).wrapping_sub(add);
        table.extend(place.to_ne_bytes());
    }
    Ok(Rows { table, add })
}

/// A structure with memory of its own.
pub fn own(vm: &Vm, plan: &Plan<'_>) -> PyResult<Gc<NdBuf>> {
    let default = vm.new_str("B").into_value();
    let format = plan.format.unwrap_or(&default);
    let f = format_of(vm, format)?;
    if f.size == 0 {
        return Err(vm.value_error("itemsize must not be zero"));
    }
    let Some(format) = format.downcast::<Str>().and_then(|s| s.as_str()) else {
        return Err(
            vm.type_error(format_args!("argument 'format' must be str, not {}", vm.shown_type_name(format)))
        );
    };
    let ndim = sizes(vm, plan.shape, "shape")?.len();
    let items = pack_all(vm, &f, plan.items, ndim == 0)?;
    if plan.flags & flag::FORTRAN != 0 && plan.strides.is_some_and(|v| !is_empty(v)) {
        return Err(vm.type_error("ND_FORTRAN cannot be used together with strides"));
    }
    let picture = plan.flags & flag::PIL != 0;
    if ndim == 0 && picture {
        return Err(vm.type_error("ndim = 0 cannot be used in conjunction with ND_PIL"));
    }
    let p = places(vm, plan, f.size, items.len())?;
    let rows = if picture { Some(rows(vm, &p)?) } else { None };
    let table = rows.as_ref().map_or(&[][..], |r| &r.table);
    let mut memory = Vec::new();
    if memory.try_reserve_exact(table.len() + items.len()).is_err() {
        return Err(vm.memory_error());
    }
    memory.extend(table.iter().chain(&items).map(|b| Cell::new(*b)));
    let mut b = Buffer::plain(&Value::NONE, &[], plan.flags & flag::WRITABLE == 0, None);
    let mut start = p.offset;
    b.itemsize = p.itemsize;
    b.format = format.to_string().into();
    b.ndim = ndim;
    b.len = p.len;
    b.shape = p.shape;
    b.strides = p.strides;
    if let Some(rows) = rows {
        b.suboffsets = vec![-1; ndim];
        start = 0;
        if let (Some(add), Some(stride)) = (b.suboffsets.first_mut(), b.strides.first_mut()) {
            *add = rows.add;
            if *stride < 0 {
                start = rows.table.len().saturating_sub(WORD);
                *stride = -(WORD as isize);
            } else {
                *stride = WORD as isize;
            }
        }
        b.rows = -(start as isize);
    }
    // All of it is owned by the structure, and the items were found to lie within.
    b.ptr = memory.get(start..).unwrap_or(&[]).as_ptr() as *mut u8;
    Ok(NdBuf::make(vm, b, Some(memory), p.offset as isize, plan.flags & flag::FAIL))
}

fn is_empty(v: &Value) -> bool {
    match (v.downcast::<List>(), v.downcast::<Tuple>()) {
        (Some(list), _) => list.is_empty(),
        (_, Some(tuple)) => tuple.is_empty(),
        _ => false,
    }
}

/// The structure of another exporter.
pub fn foreign(vm: &Vm, exporter: &Value, request: Request, flags: i32) -> PyResult<Gc<NdBuf>> {
    let b = vm.buffer(exporter, request)?;
    Ok(NdBuf::make(vm, b, None, -1, flags & flag::REDIRECT))
}

/// Whether an object is copied item by item or shown as it is.
pub fn is_exporter(vm: &Vm, v: &Value) -> bool {
    v.is_instance_of::<Bytes>() || v.is_instance_of::<ByteArray>() || vm.has_buffer(v)
}

/// `BufferError` with a text.
#[cold]
pub fn refused(vm: &Vm, text: impl std::fmt::Display) -> Raised {
    vm.raise_new(&exc::BufferError, text)
}
