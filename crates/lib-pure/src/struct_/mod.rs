//! `_struct`: Python values to C structs and back. Formats are parsed in `format.rs`, values converted in `values.rs`.

pub(crate) mod format;
mod values;

use crate::buffers::{data, writable};
use format::Format;
use std::cell::Cell;
use std::rc::Rc;
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub ERROR = "struct", "error"(&exc::Exception) "");

#[cold]
fn error(vm: &Vm, text: impl std::fmt::Display) -> Raised {
    vm.raise_new(&ERROR, text)
}

/// Formats parsed lately, by their text.
#[derive(Default)]
struct Parsed {
    formats: Guarded<Vec<(Box<[u8]>, Rc<Format>)>>,
    /// Which one goes next.
    oldest: Cell<usize>,
}

const PARSED: usize = 32;

fn parse(vm: &Vm, text: &[u8]) -> PyResult<Rc<Format>> {
    let parsed = vm.state::<Parsed>();
    let found = parsed.formats.with(|all| all.iter().find(|(t, _)| **t == *text).map(|(_, f)| Rc::clone(f)));
    if let Some(f) = found {
        return Ok(f);
    }
    let made = Rc::new(Format::parse(vm, text)?);
    let entry = (Box::from(text), Rc::clone(&made));
    parsed.formats.with_mut(|all| {
        if all.len() < PARSED {
            return all.push(entry);
        }
        let at = parsed.oldest.get() % PARSED;
        parsed.oldest.set(at + 1);
        if let Some(place) = all.get_mut(at) {
            *place = entry;
        }
    });
    Ok(made)
}

/// The format of a `str` or `bytes` argument.
pub(crate) fn format_of(vm: &Vm, v: &Value) -> PyResult<Rc<Format>> {
    if let Some(s) = v.downcast::<Str>() {
        if !s.is_ascii() {
            return Err(not_ascii(vm, s));
        }
        return parse(vm, s.as_bytes());
    }
    if let Some(b) = v.downcast::<Bytes>() {
        return parse(vm, b.as_bytes());
    }
    Err(vm.type_error(format_args!(
        "Struct() argument 1 must be a str or bytes object, not {}",
        vm.shown_type_name(v)
    )))
}

#[cold]
pub(crate) fn not_ascii(vm: &Vm, s: &Gc<Str>) -> Raised {
    let at = s.as_wtf8().code_points().position(|cp| cp > 127).unwrap_or(0) as i64;
    let args = vec![
        vm.new_str("ascii").into_value(),
        s.to_value(),
        vm.new_int(at),
        vm.new_int(at + 1),
        vm.new_str("ordinal not in range(128)").into_value(),
    ];
    vm.raise_args(&exc::UnicodeEncodeError, args)
}

/// The values as bytes; `name` is the function in the message.
pub(crate) fn packed(vm: &Vm, f: &Format, values: &[Value], name: &str) -> PyResult<Vec<u8>> {
    check_count(vm, f, values, name)?;
    let mut out = Vec::new();
    if out.try_reserve_exact(f.size).is_err() {
        return Err(vm.memory_error());
    }
    out.resize(f.size, 0);
    pack_zeros(vm, f, values, &mut out)?;
    Ok(out)
}

/// The same as `bytes`; short ones take no memory on the way.
fn packed_bytes(vm: &Vm, f: &Format, values: &[Value], name: &str) -> PyResult<Value> {
    check_count(vm, f, values, name)?;
    let mut room = [0; 64];
    let Some(out) = room.get_mut(..f.size) else {
        return Ok(vm.new_bytes(&packed(vm, f, values, name)?).into_value());
    };
    pack_zeros(vm, f, values, out)?;
    Ok(vm.new_bytes(out).into_value())
}

fn check_count(vm: &Vm, f: &Format, values: &[Value], name: &str) -> PyResult<()> {
    if values.len() != f.count {
        return Err(error(
            vm,
            format_args!("{name} expected {} items for packing (got {})", f.count, values.len()),
        ));
    }
    Ok(())
}

/// Writes values, as many as the format wants, over zeros.
fn pack_zeros(vm: &Vm, f: &Format, values: &[Value], out: &mut [u8]) -> PyResult<()> {
    let mut values = values.iter();
    for item in &f.items {
        for place in item.places() {
            let Some(v) = values.next() else { break };
            let Some(bytes) = out.get_mut(place) else { break };
            values::pack(vm, f, item.code, v, bytes)?;
        }
    }
    Ok(())
}

/// The values of bytes that are as many as the format wants.
fn unpacked(vm: &Vm, f: &Format, bytes: &[u8]) -> PyResult<Value> {
    let mut items = f.items.iter();
    let (mut item, mut i) = (items.next(), 0);
    let values = std::iter::from_fn(|| {
        let mut now = item?;
        if i == now.repeat {
            (item, i) = (items.next(), 0);
            now = item?;
        }
        let place = now.offset + i * now.size;
        i += 1;
        Some(values::unpack(vm, f, now.code, bytes.get(place..place + now.size)?))
    });
    Ok(vm.tuple_from_iter(Counted(values, f.count)).into_value())
}

/// An iterator whose length is known otherwise.
struct Counted<I>(I, usize);

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;
    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        let item = self.0.next()?;
        self.1 -= 1;
        Some(item)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, Some(self.1))
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}

pub(crate) fn values_of(vm: &Vm, f: &Format, bytes: &[u8]) -> Vec<Value> {
    let mut out = Vec::with_capacity(f.count.min(1 << 20));
    for item in &f.items {
        for place in item.places() {
            let Some(bytes) = bytes.get(place) else { break };
            out.push(values::unpack(vm, f, item.code, bytes));
        }
    }
    out
}

fn unpack_all(vm: &Vm, f: &Format, buffer: &Value) -> PyResult<Value> {
    if let Some(b) = buffer.downcast_exact::<Bytes>()
        && b.as_bytes().len() == f.size
    {
        return unpacked(vm, f, b.as_bytes());
    }
    let held = data(vm, buffer)?;
    if held.bytes().len() != f.size {
        return Err(error(vm, format_args!("unpack requires a buffer of {} bytes", f.size)));
    }
    unpacked(vm, f, held.bytes())
}

/// Where an offset points in a buffer of `len` bytes: the error's text otherwise.
fn place(f: &Format, offset: isize, len: usize, packing: bool) -> Result<usize, String> {
    let size = f.size;
    if offset < 0 {
        if offset.unsigned_abs() > len {
            return Err(format!("offset {offset} out of range for {len}-byte buffer"));
        }
        if size > offset.unsigned_abs() {
            return Err(if packing {
                format!("no space to pack {size} bytes at offset {offset}")
            } else {
                format!("not enough data to unpack {size} bytes at offset {offset}")
            });
        }
        return Ok(len - offset.unsigned_abs());
    }
    let offset = offset.unsigned_abs();
    if offset > len || len - offset < size {
        let (name, verb) = if packing { ("pack_into", "packing") } else { ("unpack_from", "unpacking") };
        return Err(format!(
            "{name} requires a buffer of at least {} bytes for {verb} {size} bytes at offset {offset} (actual buffer size is {len})",
            size.saturating_add(offset)
        ));
    }
    Ok(offset)
}

fn unpack_at(vm: &Vm, f: &Format, buffer: &Value, offset: isize) -> PyResult<Value> {
    let held = data(vm, buffer)?;
    let bytes = held.bytes();
    match place(f, offset, bytes.len(), false) {
        Ok(at) => unpacked(vm, f, &bytes[at..]),
        Err(text) => Err(error(vm, text)),
    }
}

/// `pack_into(buffer, offset, *values)`.
fn pack_at(vm: &Vm, f: &Format, args: &[Value]) -> PyResult<Value> {
    let [buffer, rest @ ..] = args else {
        return Err(error(vm, "pack_into expected buffer argument"));
    };
    let [offset, values @ ..] = rest else {
        return Err(error(vm, "pack_into expected offset argument"));
    };
    if values.len() != f.count {
        return Err(error(
            vm,
            format_args!("pack_into expected {} items for packing (got {})", f.count, values.len()),
        ));
    }
    let target = writable(vm, buffer)?;
    let offset = vm.index_isize(offset)?;
    let at = match place(f, offset, target.len, true) {
        Ok(at) => at,
        Err(text) => return Err(error(vm, text)),
    };
    let bytes = packed(vm, f, values, "pack_into")?;
    for (cell, byte) in target.cells().iter().skip(at).zip(&bytes) {
        cell.set(*byte);
    }
    Ok(Value::NONE)
}

fn iterate(vm: &Vm, f: Rc<Format>, buffer: &Value) -> PyResult<Value> {
    if f.size == 0 {
        return Err(error(vm, "cannot iteratively unpack with a struct of length 0"));
    }
    let len = data(vm, buffer)?.bytes().len();
    if !len.is_multiple_of(f.size) {
        return Err(error(
            vm,
            format_args!("iterative unpacking requires a buffer of a multiple of {} bytes", f.size),
        ));
    }
    Ok(vm.alloc(UnpackIterator { format: f, buffer: buffer.clone(), at: Cell::new(0) }).into_value())
}

/// Struct(fmt) --> compiled struct object
#[pytype(name = "Struct", module = "_struct", flags(BASETYPE, WEAKREF))]
#[derive(Trace)]
pub struct Struct {
    #[notrace]
    format: Guarded<Option<(Rc<Format>, String)>>,
}

impl Slots for Struct {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

fn this(vm: &Vm, zelf: &Struct) -> PyResult<Rc<Format>> {
    match zelf.format.with(|f| f.as_ref().map(|(f, _)| f.clone())) {
        Some(f) => Ok(f),
        None => Err(vm.runtime_error("Struct object is not initialized")),
    }
}

fn text(vm: &Vm, zelf: &Struct) -> PyResult<String> {
    this(vm, zelf)?;
    Ok(zelf.format.with(|f| f.as_ref().map(|(_, t)| t.clone())).unwrap_or_default())
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(zelf) = v.downcast::<Struct>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let shown = vm.repr_text(vm.new_str(&text(vm, zelf)?).as_value())?;
    Ok(vm.new_str(&format!("{}({shown})", vm.type_of(v).name())).into_value())
}

#[pymethods]
impl Struct {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Struct { format: Guarded::new(None) })?.into_value())
    }

    #[pyinit("Struct(format)")]
    fn init(vm: &Vm, zelf: &Gc<Struct>, format: &Value) -> PyResult<()> {
        let f = format_of(vm, format)?;
        let text = match format.downcast::<Str>() {
            Some(s) => s.to_string_lossy().into_owned(),
            None => format
                .downcast::<Bytes>()
                .map(|b| b.as_bytes().iter().map(|b| char::from(*b)).collect())
                .unwrap_or_default(),
        };
        drop(zelf.format.replace(Some((f, text))));
        Ok(())
    }

    /// S.pack(v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing values v1, v2, ... packed according
    /// to the format string S.format.  See help(struct) for more on format
    /// strings.
    #[pymethod(raw, "pack")]
    fn pack(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let (zelf, rest) = method_args(vm, args, "pack")?;
        let f = this(vm, zelf)?;
        packed_bytes(vm, &f, rest, "pack")
    }

    /// S.pack_into(buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string S.format
    /// and write the packed bytes into the writable buffer buf starting at
    /// offset.  Note that the offset is a required argument.  See
    /// help(struct) for more on format strings.
    #[pymethod(raw, "pack_into")]
    fn pack_into(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let (zelf, rest) = method_args(vm, args, "pack_into")?;
        let f = this(vm, zelf)?;
        pack_at(vm, &f, rest)
    }

    /// Return a tuple containing unpacked values.
    ///
    /// Unpack according to the format string Struct.format. The buffer's size
    /// in bytes must be Struct.size.
    ///
    /// See help(struct) for more on format strings.
    #[pymethod("unpack($self, buffer, /)")]
    fn unpack(vm: &Vm, zelf: &Gc<Struct>, buffer: &Value) -> PyResult<Value> {
        let f = this(vm, zelf)?;
        unpack_all(vm, &f, buffer)
    }

    /// Return a tuple containing unpacked values.
    ///
    /// Values are unpacked according to the format string Struct.format.
    ///
    /// The buffer's size in bytes, starting at position offset, must be
    /// at least Struct.size.
    ///
    /// See help(struct) for more on format strings.
    #[pymethod("unpack_from($self, /, buffer, offset=0)")]
    fn unpack_from(vm: &Vm, zelf: &Gc<Struct>, buffer: &Value, offset: isize) -> PyResult<Value> {
        let f = this(vm, zelf)?;
        unpack_at(vm, &f, buffer, offset)
    }

    /// Return an iterator yielding tuples.
    ///
    /// Tuples are unpacked from the given bytes source, like a repeated
    /// invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    #[pymethod("iter_unpack($self, buffer, /)")]
    fn iter_unpack(vm: &Vm, zelf: &Gc<Struct>, buffer: &Value) -> PyResult<Value> {
        let f = this(vm, zelf)?;
        iterate(vm, f, buffer)
    }

    /// S.__sizeof__() -> size of S in memory, in bytes
    #[pymethod("__sizeof__($self, /)")]
    fn __sizeof__(vm: &Vm, zelf: &Gc<Struct>) -> PyResult<usize> {
        Ok(48 + 32 * this(vm, zelf)?.items.len())
    }

    /// struct format string
    #[pygetter("format")]
    fn format(vm: &Vm, zelf: &Gc<Struct>) -> PyResult<String> {
        text(vm, zelf)
    }

    /// struct size in bytes
    #[pygetter("size")]
    fn size(vm: &Vm, zelf: &Gc<Struct>) -> isize {
        let _ = vm;
        zelf.format.with(|f| f.as_ref().map_or(-1, |(f, _)| f.size as isize))
    }
}

/// The object and the arguments of a method that takes any number of values.
fn method_args<'a>(vm: &Vm, args: CallArgs<'a>, name: &str) -> PyResult<(&'a Gc<Struct>, &'a [Value])> {
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("Struct.{name}() takes no keyword arguments")));
    }
    match args.all {
        [zelf, rest @ ..] => match zelf.downcast::<Struct>() {
            Some(s) => Ok((s, rest)),
            None => Err(vm.descriptor_type_error(name, "_struct.Struct", zelf)),
        },
        [] => Err(vm.type_error(format_args!("unbound method Struct.{name}() needs an argument"))),
    }
}

/// The iterator of `iter_unpack`.
#[pytype(name = "unpack_iterator", module = "_struct", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct UnpackIterator {
    #[notrace]
    format: Rc<Format>,
    buffer: Value,
    #[notrace]
    at: Cell<usize>,
}

impl Slots for UnpackIterator {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(same), iternext: Some(next), ..SlotDefs::NONE };
}

fn same(_: &Vm, v: &Value) -> PyResult<Value> {
    Ok(v.clone())
}

fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(zelf) = v.downcast::<UnpackIterator>() else { return Ok(None) };
    let (at, size) = (zelf.at.get(), zelf.format.size);
    let held = data(vm, &zelf.buffer)?;
    let Some(bytes) = held.bytes().get(at..at.saturating_add(size)) else { return Ok(None) };
    zelf.at.set(at + size);
    unpacked(vm, &zelf.format, bytes).map(Some)
}

#[pymethods]
impl UnpackIterator {
    #[pymethod("__length_hint__($self, /)")]
    fn __length_hint__(vm: &Vm, zelf: &Gc<UnpackIterator>) -> PyResult<usize> {
        let len = data(vm, &zelf.buffer)?.bytes().len();
        Ok(len.saturating_sub(zelf.at.get()) / zelf.format.size.max(1))
    }
}

/// Functions to convert between Python values and C structs.
/// Python bytes objects are used to hold the data representing the C struct
/// and also as format strings (explained below) to describe the layout of data
/// in the C struct.
///
/// The optional first format char indicates byte order, size and alignment:
///   @: native order, size & alignment (default)
///   =: native order, std. size & alignment
///   <: little-endian, std. size & alignment
///   >: big-endian, std. size & alignment
///   !: same as >
///
/// The remaining chars indicate types of args and must match exactly;
/// these can be preceded by a decimal repeat count:
///   x: pad byte (no data); c:char; b:signed byte; B:unsigned byte;
///   ?: _Bool (requires C99; if not available, char is used instead)
///   h:short; H:unsigned short; i:int; I:unsigned int;
///   l:long; L:unsigned long; f:float; d:double; e:half-float.
/// Special cases (preceding decimal count indicates length):
///   s:string (array of char); p: pascal string (with count byte).
/// Special cases (only available in native format):
///   n:ssize_t; N:size_t;
///   P:an integer type that is wide enough to hold a pointer.
/// Special case (not in native mode unless 'long long' in platform C):
///   q:long long; Q:unsigned long long
/// Whitespace between formats is ignored.
///
/// The variable struct.error is an exception raised on errors.
#[pymodule(name = "_struct")]
pub mod module {
    use super::*;

    pytypes!(Struct);

    #[pyconst("error")]
    fn error_class(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    /// Return size in bytes of the struct described by the format string.
    #[pyfn("calcsize(format, /)")]
    fn calcsize(vm: &Vm, format: &Value) -> PyResult<usize> {
        Ok(format_of(vm, format)?.size)
    }

    /// pack(format, v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing the values v1, v2, ... packed according
    /// to the format string.  See help(struct) for more on format strings.
    #[pyfn(raw, "pack")]
    fn pack(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let (f, rest) = function_args(vm, args)?;
        packed_bytes(vm, &f, rest, "pack")
    }

    /// pack_into(format, buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string and write
    /// the packed bytes into the writable buffer buf starting at offset.  Note
    /// that the offset is a required argument.  See help(struct) for more
    /// on format strings.
    #[pyfn(raw, "pack_into")]
    fn pack_into(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let (f, rest) = function_args(vm, args)?;
        pack_at(vm, &f, rest)
    }

    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size in bytes must be calcsize(format).
    ///
    /// See help(struct) for more on format strings.
    #[pyfn("unpack(format, buffer, /)")]
    fn unpack(vm: &Vm, format: &Value, buffer: &Value) -> PyResult<Value> {
        let f = format_of(vm, format)?;
        unpack_all(vm, &f, buffer)
    }

    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size, minus offset, must be at least calcsize(format).
    ///
    /// See help(struct) for more on format strings.
    #[pyfn("unpack_from(format, /, buffer, offset=0)")]
    fn unpack_from(vm: &Vm, format: &Value, buffer: &Value, offset: isize) -> PyResult<Value> {
        let f = format_of(vm, format)?;
        unpack_at(vm, &f, buffer, offset)
    }

    /// Return an iterator yielding tuples unpacked from the given bytes.
    ///
    /// The bytes are unpacked according to the format string, like
    /// a repeated invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the format struct size.
    #[pyfn("iter_unpack(format, buffer, /)")]
    fn iter_unpack(vm: &Vm, format: &Value, buffer: &Value) -> PyResult<Value> {
        let f = format_of(vm, format)?;
        iterate(vm, f, buffer)
    }

    /// Clear the internal cache.
    #[pyfn("_clearcache()")]
    fn _clearcache(vm: &Vm) {
        drop(vm.state::<Parsed>().formats.take());
    }
}

/// The format and the rest of the arguments.
fn function_args<'a>(vm: &Vm, args: CallArgs<'a>) -> PyResult<(Rc<Format>, &'a [Value])> {
    if args.has_keywords() {
        return Err(vm.type_error("pack() takes no keyword arguments"));
    }
    match args.all {
        [format, rest @ ..] => Ok((format_of(vm, format)?, rest)),
        [] => Err(vm.type_error("missing format argument")),
    }
}
