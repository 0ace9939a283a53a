//! `ndarray`: an exporter of every structure that the buffer protocol allows.
//!
//! An array is a pile of structures, of which the topmost counts. A structure either has memory of its own or shows the
//! buffer of another exporter. Structures are objects: what is exported keeps its structure, whatever becomes of the pile.

use super::build::{self, Plan, item_format, pack_item, read_item, refused};
use std::cell::Cell;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request, gather};
use taipan_vm::types::memoryview;
use taipan_vm::types::numbers::int_value;
use taipan_vm::types::slice::{Indices, Slice};

/// The numbers of `ND_*`.
pub mod flag {
    pub const VAREXPORT: i32 = 1;
    pub const WRITABLE: i32 = 2;
    pub const FORTRAN: i32 = 4;
    pub const SCALAR: i32 = 8;
    pub const PIL: i32 = 0x10;
    pub const REDIRECT: i32 = 0x20;
    pub const GETBUF_FAIL: i32 = 0x40;
    pub const GETBUF_UNDEFINED: i32 = 0x80;
    pub const FAIL: i32 = GETBUF_FAIL | GETBUF_UNDEFINED;
    pub const C: i32 = 0x100;
}

/// A structure.
#[pytype(name = "ndbuf", flags(GC, NO_NEW), no_methods, no_slots)]
pub struct NdBuf {
    /// Without an owner if the memory is this structure's.
    view: Guarded<Option<Buffer>>,
    memory: Option<Vec<Cell<u8>>>,
    offset: isize,
    flags: Cell<i32>,
    exports: Cell<usize>,
    /// Was exported and let go: it leaves the pile unless it is the topmost.
    spent: Cell<bool>,
}

impl Trace for NdBuf {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.view.with(|b| {
            if let Some(b) = b {
                visit(&b.owner);
                visit(&b.obj);
            }
        })
    }
    fn unlink(&self) {
        drop(self.view.take())
    }
}

impl NdBuf {
    pub fn make(vm: &Vm, b: Buffer, memory: Option<Vec<Cell<u8>>>, offset: isize, flags: i32) -> Gc<NdBuf> {
        let mut flags = flags;
        let mut add = |given: bool, flag: i32| flags |= if given { flag } else { 0 };
        add(!b.readonly, flag::WRITABLE);
        add(b.ndim == 0, flag::SCALAR);
        add(!b.suboffsets.is_empty(), flag::PIL);
        add(b.is_contiguous(), flag::C);
        add(b.is_fortran(), flag::FORTRAN);
        vm.alloc(NdBuf {
            view: Guarded::new(Some(b)),
            memory,
            offset,
            flags: Cell::new(flags),
            exports: Cell::new(0),
            spent: Cell::new(false),
        })
    }

    /// A copy of the description; the structure keeps the memory alive.
    fn view(&self, vm: &Vm) -> PyResult<Buffer> {
        match self.view.with(|b| b.as_ref().map(Buffer::unowned)) {
            Some(b) => Ok(b),
            None => Err(vm.value_error("ndarray without memory")),
        }
    }

    fn is_consumer(&self) -> bool {
        self.memory.is_none()
    }
}

/// The end of a buffer that a structure exported.
fn release(_: &Vm, v: &Value) {
    if let Some(b) = v.downcast::<NdBuf>() {
        let n = b.exports.get().saturating_sub(1);
        b.exports.set(n);
        b.spent.set(n == 0);
    }
}

/// The payload of `ndarray`.
#[pytype(name = "ndarray", flags(GC))]
#[derive(Trace)]
pub struct NdArray {
    pile: Guarded<Vec<Gc<NdBuf>>>,
    #[notrace]
    varexport: bool,
}

impl NdArray {
    fn head(&self, vm: &Vm) -> PyResult<Gc<NdBuf>> {
        match self.pile.with(|p| p.last().cloned()) {
            Some(head) => Ok(head),
            None => Err(vm.value_error("ndarray without memory")),
        }
    }

    /// The topmost structure's description, and the structure to keep it alive.
    pub fn view(&self, vm: &Vm) -> PyResult<(Buffer, Gc<NdBuf>)> {
        let head = self.head(vm)?;
        Ok((head.view(vm)?, head))
    }

    /// Structures below the topmost that were exported and let go leave the pile.
    fn prune(&self) {
        let gone = self.pile.with_mut(|p| {
            let top = p.len().saturating_sub(1);
            let mut at = 0..;
            p.extract_if(.., |b| at.next().is_some_and(|i| i < top) && b.spent.get()).collect::<Vec<_>>()
        });
        drop(gone);
    }
}

fn me<'a>(vm: &Vm, v: &'a Value, name: &str) -> PyResult<&'a Gc<NdArray>> {
    object::<NdArray>(vm, v, name)
}

fn array_of(vm: &Vm, head: Gc<NdBuf>, varexport: bool) -> Value {
    vm.alloc(NdArray { pile: Guarded::new(vec![head]), varexport }).into_value()
}

fn export(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let head = me(vm, v, "__buffer__")?.head(vm)?;
    let mut b = head.view(vm)?;
    if head.flags.get() & flag::REDIRECT != 0 && !b.obj.is_none() {
        return vm.buffer(&b.obj.clone(), request);
    }
    if head.flags.get() & flag::GETBUF_FAIL != 0 {
        return Err(refused(vm, "ND_GETBUF_FAIL: forced test exception"));
    }
    let lacks = |known: usize, flag: Request| known < b.ndim && request.has(flag);
    if lacks(b.shape.len(), Request::ND)
        || lacks(b.strides.len(), Request::STRIDES)
        || b.format.is_empty() && request.has(Request::ND) && request.has(Request::FORMAT)
    {
        return Err(refused(vm, "re-exporter does not provide format, shape or strides"));
    }
    b.obj = v.clone();
    b.owner = head.to_value();
    b.release = Some(release);
    head.exports.set(head.exports.get() + 1);
    b.answering(vm, request, "ndarray")
}

/// A structure of the array's full buffer, for parts of it.
fn full(vm: &Vm, v: &Value) -> PyResult<Buffer> {
    export(vm, v, Request::FULL_RO)
}

/// An array that shows a part of another one.
fn part(vm: &Vm, b: Buffer) -> Value {
    array_of(vm, NdBuf::make(vm, b, None, -1, 0), false)
}

/// Moves the first item.
fn moved(mut b: Buffer, by: isize) -> Buffer {
    b.ptr = b.ptr.wrapping_offset(by);
    b.rows -= by;
    b
}

/// The byte offset of an index of the first dimension.
fn locate(vm: &Vm, b: &Buffer, index: isize) -> PyResult<isize> {
    let n = b.shape.first().map_or(0, |n| *n as isize);
    let at = if index < 0 { index.saturating_add(n) } else { index };
    if at < 0 || at >= n {
        return Err(vm.index_error("index out of bounds"));
    }
    Ok(b.step(0, 0, at))
}

fn item(vm: &Vm, v: &Value, index: isize) -> PyResult<Value> {
    let (mut b, head) = me(vm, v, "__getitem__")?.view(vm)?;
    if b.ndim == 0 {
        return Err(vm.type_error("invalid indexing of scalar"));
    }
    let known = !b.format.is_empty();
    if b.ndim > 1 {
        return sub_array(vm, full(vm, v)?, index);
    }
    b.complete();
    let f = item_format(vm, &b)?;
    if f.size > b.itemsize {
        return Err(vm.value_error("ndarray: format and itemsize do not match"));
    }
    if !known {
        b.itemsize = f.size;
    }
    let offset = locate(vm, &b, index)?;
    let value = read_item(vm, &f, &b, offset);
    drop(head);
    Ok(value)
}

/// The part that an index of the first of several dimensions selects.
fn sub_array(vm: &Vm, mut b: Buffer, index: isize) -> PyResult<Value> {
    let offset = locate(vm, &b, index)?;
    let n = b.shape.remove(0);
    b.strides.remove(0);
    if !b.suboffsets.is_empty() {
        b.suboffsets.remove(0);
    }
    b.ndim -= 1;
    b.len /= n.max(1);
    Ok(part(vm, moved(b, offset)))
}

/// The part that slices select, one for each dimension from the first on.
fn sliced(mut b: Buffer, bounds: &[(isize, isize, isize)]) -> Buffer {
    let mut by = 0;
    for (dim, bounds) in bounds.iter().enumerate() {
        let (Some(n), Some(stride)) = (b.shape.get_mut(dim), b.strides.get_mut(dim)) else { break };
        let at = Indices::new(*bounds, *n);
        let start = if at.len > 0 { at.start * *stride } else { 0 };
        *n = at.len;
        *stride = stride.saturating_mul(at.step);
        // What comes behind a dimension with rows elsewhere moves within those rows.
        match b.suboffsets.get_mut(..dim).and_then(|before| before.iter_mut().rev().find(|s| **s >= 0)) {
            Some(row) => *row += start,
            None => by += start,
        }
    }
    b.len = b.shape.iter().product::<usize>() * b.itemsize;
    moved(b, by)
}

/// The slices of a key.
fn slices(vm: &Vm, key: &Value) -> PyResult<Vec<(isize, isize, isize)>> {
    let keys = match key.downcast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![key.clone()],
    };
    let mut out = Vec::new();
    for key in &keys {
        match key.downcast::<Slice>() {
            Some(slice) => out.push(slice.unpack(vm)?),
            None => {
                return Err(
                    vm.type_error(format_args!("cannot index memory using \"{}\"", vm.type_of(key).name()))
                );
            }
        }
    }
    Ok(out)
}

fn is_index(vm: &Vm, v: &Value) -> bool {
    int_value(v).is_some() || vm.type_of(v).slots.index.get().is_some()
}

fn is_unit(key: &Value) -> bool {
    key.downcast::<Tuple>().is_some_and(|t| t.is_empty())
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    let (b, head) = me(vm, v, "__getitem__")?.view(vm)?;
    if b.ndim == 0 {
        if is_unit(key) {
            let f = item_format(vm, &b)?;
            let value = read_item(vm, &f, &b, 0);
            drop(head);
            return Ok(value);
        }
        if key.is_ellipsis() {
            return Ok(v.clone());
        }
        return Err(vm.type_error("invalid indexing of scalar"));
    }
    if is_index(vm, key) {
        return item(vm, v, build::size(vm, &vm.index(key)?)?);
    }
    let whole = full(vm, v)?;
    let bounds = slices(vm, key)?;
    Ok(part(vm, sliced(whole, &bounds)))
}

/// Writes one item.
fn put(b: &Buffer, offset: isize, value: &[u8]) {
    for (to, from) in b.item(offset).iter().zip(value) {
        to.set(*from);
    }
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let (mut b, _head) = me(vm, v, "__setitem__")?.view(vm)?;
    if b.readonly {
        return Err(vm.type_error("ndarray is not writable"));
    }
    let Some(value) = value else { return Err(vm.type_error("ndarray data cannot be deleted")) };
    if b.ndim == 0 {
        if !is_unit(key) && !key.is_ellipsis() {
            return Err(vm.type_error("invalid indexing of scalar"));
        }
        let f = item_format(vm, &b)?;
        let bytes = pack_item(vm, &f, value)?;
        put(&b, 0, &bytes);
        return Ok(());
    }
    if b.ndim == 1 && is_index(vm, key) {
        b.complete();
        let index = build::size(vm, &vm.index(key)?)?;
        let offset = locate(vm, &b, index)?;
        let f = item_format(vm, &b)?;
        let bytes = pack_item(vm, &f, value)?;
        put(&b, offset, &bytes);
        return Ok(());
    }
    let from = vm.buffer(value, Request::FULL_RO)?;
    let place = subscript(vm, v, key)?;
    let (to, _keep) = me(vm, &place, "__setitem__")?.view(vm)?;
    if from.format != to.format || from.itemsize != to.itemsize || !same_shape(&from.shape, &to.shape) {
        return Err(vm.value_error("ndarray assignment: lvalue and rvalue have different structures"));
    }
    copy_rows(&to, &from, 0, (0, 0));
    Ok(())
}

/// Copies items row by row; a row is read before it is written, since both may be the same memory.
fn copy_rows(to: &Buffer, from: &Buffer, dim: usize, (put_at, get_at): (isize, isize)) {
    let Some(n) = to.shape.get(dim) else { return };
    let places = (0..*n as isize).map(|i| (to.step(put_at, dim, i), from.step(get_at, dim, i)));
    if dim + 1 < to.shape.len() {
        places.for_each(|places| copy_rows(to, from, dim + 1, places));
        return;
    }
    let row: Vec<_> = places.map(|(at, get_at)| (at, bytes_at(from, get_at))).collect();
    for (at, bytes) in row {
        put(to, at, &bytes);
    }
}

fn bytes_at(b: &Buffer, offset: isize) -> Vec<u8> {
    b.item(offset).iter().map(Cell::get).collect()
}

/// Lengths behind one that is zero do not matter.
fn same_shape(a: &[usize], b: &[usize]) -> bool {
    let until_zero = |shape: &[usize]| shape.iter().position(|n| *n == 0).map_or(shape.len(), |at| at + 1);
    a.len() == b.len() && a.get(..until_zero(a)) == b.get(..until_zero(b))
}

fn list_of(
    vm: &Vm,
    f: &crate::struct_::format::Format,
    b: &Buffer,
    dim: usize,
    offset: isize,
) -> PyResult<Value> {
    let Some(n) = b.shape.get(dim) else { return Ok(read_item(vm, f, b, offset)) };
    let mut out = Vec::new();
    if out.try_reserve_exact(*n).is_err() {
        return Err(vm.memory_error());
    }
    for i in 0..*n as isize {
        if i % 1024 == 1023 {
            vm.poll()?;
        }
        out.push(list_of(vm, f, b, dim + 1, b.step(offset, dim, i))?);
    }
    Ok(vm.new_list(out).into_value())
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let (b, _head) = me(vm, v, "__hash__")?.view(vm)?;
    if !b.readonly {
        return Err(vm.value_error("cannot hash writable ndarray object"));
    }
    Ok(vm.hash_bytes(&gather(vm, &b)?))
}

impl Slots for NdArray {
    const SLOTS: SlotDefs = SlotDefs {
        hash: Some(hash),
        item: Some(item),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        buffer: Some(export),
        ..SlotDefs::NONE
    };
}

/// The topmost structure with what `f` wants of it.
fn shown<R>(vm: &Vm, zelf: &NdArray, f: impl FnOnce(&Buffer) -> R) -> PyResult<R> {
    let (b, _head) = zelf.view(vm)?;
    Ok(f(&b))
}

fn tuple(vm: &Vm, sizes: impl Iterator<Item = i64>) -> Gc<Tuple> {
    vm.new_tuple(sizes.map(|n| vm.new_int(n)).collect())
}

/// A structure cannot change while others look at it.
fn check_changeable(vm: &Vm, head: &NdBuf, even_if_exported: bool) -> PyResult<()> {
    if head.is_consumer() {
        return Err(refused(vm, "structure of re-exporting object is immutable"));
    }
    let n = head.exports.get();
    if n > 0 && !even_if_exported {
        let s = if n == 1 { "" } else { "s" };
        return Err(refused(vm, format_args!("cannot change structure: {n} exported buffer{s}")));
    }
    Ok(())
}

#[pymethods]
impl NdArray {
    #[pynew(
        "ndarray(obj, shape=<unrepresentable>, strides=<unrepresentable>, offset=0, format=<unrepresentable>, flags=0, getbuf=<unrepresentable>)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the constructor's")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        obj: &Value,
        #[raw] shape: Option<&Value>,
        #[raw] strides: Option<&Value>,
        offset: isize,
        #[raw] format: Option<&Value>,
        flags: i32,
        getbuf: Option<i32>,
    ) -> PyResult<Value> {
        let _ = cls;
        let head = match shape {
            None if build::is_exporter(vm, obj) => {
                if strides.is_some() || offset != 0 || format.is_some() || flags & !flag::REDIRECT != 0 {
                    return Err(vm.type_error(
                        "construction from exporter object only takes 'obj', 'getbuf' and 'flags' arguments",
                    ));
                }
                build::foreign(vm, obj, Request(getbuf.unwrap_or(Request::FULL_RO.0)), flags)?
            }
            _ if getbuf.is_some() => {
                return Err(vm.type_error("getbuf argument only valid for construction from exporter object"));
            }
            None => {
                return Err(vm.type_error(
                    "shape is a required argument when constructing from list, tuple or scalar",
                ));
            }
            Some(shape) => build::own(vm, &Plan { items: obj, shape, strides, offset, format, flags })?,
        };
        Ok(array_of(vm, head, flags & flag::VAREXPORT != 0))
    }

    #[pymethod(
        "push($self, /, items, shape, strides=<unrepresentable>, offset=0, format=<unrepresentable>, flags=0)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the constructor's")]
    fn push(
        vm: &Vm,
        zelf: &Gc<NdArray>,
        items: &Value,
        shape: &Value,
        #[raw] strides: Option<&Value>,
        offset: isize,
        #[raw] format: Option<&Value>,
        flags: i32,
    ) -> PyResult<()> {
        let head = zelf.head(vm)?;
        check_changeable(vm, &head, zelf.varexport)?;
        if flags & flag::VAREXPORT != 0 {
            return Err(vm.value_error("ND_VAREXPORT flag can only be used during object creation"));
        }
        let new = build::own(vm, &Plan { items, shape, strides, offset, format, flags })?;
        zelf.prune();
        head.spent.set(false);
        zelf.pile.with_mut(|p| p.push(new));
        Ok(())
    }

    #[pymethod("pop($self, /)")]
    fn pop(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<()> {
        let head = zelf.head(vm)?;
        check_changeable(vm, &head, false)?;
        zelf.prune();
        if zelf.pile.with(Vec::len) < 2 {
            return Err(refused(vm, "list only has a single base"));
        }
        drop(zelf.pile.with_mut(Vec::pop));
        Ok(())
    }

    #[pymethod("add_suboffsets($self, /)")]
    fn add_suboffsets(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<()> {
        let head = zelf.head(vm)?;
        let (strides, rows) = shown(vm, zelf, |b| (b.strides.len(), b.suboffsets.len()))?;
        if strides == 0 {
            return Err(vm.type_error("cannot add suboffsets to array without strides"));
        }
        if rows > 0 {
            return Err(vm.type_error("cannot add suboffsets to PIL-style array"));
        }
        head.view.with_mut(|b| {
            if let Some(b) = b {
                b.suboffsets = vec![-1; b.ndim];
            }
        });
        head.flags.set(head.flags.get() & !(flag::C | flag::FORTRAN));
        Ok(())
    }

    #[pymethod("tolist($self, /)")]
    fn tolist(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Value> {
        let (mut b, _head) = zelf.view(vm)?;
        if b.format.is_empty() {
            return Err(vm.value_error("ndarray: tolist() does not support format=NULL, use tobytes()"));
        }
        b.complete();
        let f = item_format(vm, &b)?;
        if f.size != b.itemsize {
            return Err(vm.value_error("ndarray: format and itemsize do not match"));
        }
        list_of(vm, &f, &b, 0, 0)
    }

    #[pymethod("tobytes($self, /)")]
    fn tobytes(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Gc<Bytes>> {
        let (b, _head) = zelf.view(vm)?;
        vm.try_new_bytes(&gather(vm, &b)?)
    }

    /// A view of the structure that knows no exporter.
    #[pymethod("memoryview_from_buffer($self, /)")]
    fn memoryview_from_buffer(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Value> {
        let (mut b, head) = zelf.view(vm)?;
        let original = match b.obj.downcast::<NdArray>() {
            Some(base) => !base.head(vm)?.is_consumer(),
            None => b.obj.is_none(),
        };
        if !original {
            return Err(vm.type_error(
                "memoryview_from_buffer(): ndarray must be original exporter or consumer from ndarray/original exporter",
            ));
        }
        if b.format.len() > 128 {
            return Err(vm.type_error("memoryview_from_buffer: format is limited to 128 characters"));
        }
        b.obj = Value::NONE;
        b.owner = head.into_value();
        memoryview::try_of_buffer(vm, b)
    }

    #[pygetter("flags")]
    fn flags(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<i32> {
        Ok(zelf.head(vm)?.flags.get())
    }

    #[pygetter("offset")]
    fn offset(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<isize> {
        Ok(zelf.head(vm)?.offset)
    }

    #[pygetter("obj")]
    fn obj(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Value> {
        shown(vm, zelf, |b| b.obj.clone())
    }

    #[pygetter("nbytes")]
    fn nbytes(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<usize> {
        shown(vm, zelf, |b| b.len)
    }

    #[pygetter("readonly")]
    fn readonly(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<bool> {
        shown(vm, zelf, |b| b.readonly)
    }

    #[pygetter("itemsize")]
    fn itemsize(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<usize> {
        shown(vm, zelf, |b| b.itemsize)
    }

    #[pygetter("format")]
    fn format(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<String> {
        shown(vm, zelf, |b| b.format.to_string())
    }

    #[pygetter("ndim")]
    fn ndim(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<usize> {
        shown(vm, zelf, |b| b.ndim)
    }

    #[pygetter("shape")]
    fn shape(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Gc<Tuple>> {
        let (b, _head) = zelf.view(vm)?;
        Ok(tuple(vm, b.shape.iter().map(|n| *n as i64)))
    }

    #[pygetter("strides")]
    fn strides(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Gc<Tuple>> {
        let (b, _head) = zelf.view(vm)?;
        Ok(tuple(vm, b.strides.iter().map(|n| *n as i64)))
    }

    #[pygetter("suboffsets")]
    fn suboffsets(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<Gc<Tuple>> {
        let (b, _head) = zelf.view(vm)?;
        Ok(tuple(vm, b.suboffsets.iter().map(|n| *n as i64)))
    }

    #[pygetter("c_contiguous")]
    fn c_contiguous(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<bool> {
        shown(vm, zelf, Buffer::is_contiguous)
    }

    #[pygetter("f_contiguous")]
    fn f_contiguous(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<bool> {
        shown(vm, zelf, Buffer::is_fortran)
    }

    #[pygetter("contiguous")]
    fn contiguous(vm: &Vm, zelf: &Gc<NdArray>) -> PyResult<bool> {
        shown(vm, zelf, Buffer::is_one_piece)
    }
}
