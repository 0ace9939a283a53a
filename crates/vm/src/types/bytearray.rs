//! `bytearray`: mutable bytes. Its methods that `bytes` has as well are in `types/bytes_methods/`.
//!
//! I1  While `exports` is not zero the vector neither moves nor changes its length: whoever changes the length asks
//!     `resizable` first, and holds no buffer of the same object then.

use crate::errors::exc;
use crate::native::shell::object;
use crate::prelude::*;
use crate::types::buffer::{Buffer, Hold, Request};
use crate::types::bytes_methods::shared::*;
use crate::types::bytes_methods::{
    self, ByteString, byte, bytes_from, compare, get_byte, iter_bytearray, no_concat,
};
use crate::types::slice::{Indices, Slice};
use std::cell::Cell;

const RANGE: &str = "byte must be in range(0, 256)";

/// The payload of `bytearray`.
#[derive(Default)]
pub struct ByteArray {
    data: Guarded<Vec<u8>>,
    exports: Cell<usize>,
}

crate::fixed_layout!(ByteArray);

impl Trace for ByteArray {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

impl ByteString for ByteArray {
    const NAME: &'static str = "bytearray";
    fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        self.data.with(|d| f(d))
    }
    fn make(vm: &Vm, bytes: &[u8]) -> PyResult<Value> {
        let mut data = Vec::new();
        if data.try_reserve_exact(bytes.len()).is_err() {
            return Err(vm.memory_error());
        }
        data.extend_from_slice(bytes);
        Ok(vm.new_bytearray(data).into_value())
    }
    fn hold(&self) -> Hold<'_> {
        Hold::of(&self.exports)
    }
    fn unchanged(vm: &Vm, zelf: &Gc<Self>) -> PyResult<Value> {
        let copy = zelf.copy(vm)?;
        Ok(vm.new_bytearray(copy).into_value())
    }
}

impl Vm {
    pub fn new_bytearray(&self, data: Vec<u8>) -> Gc<ByteArray> {
        self.alloc(ByteArray { data: Guarded::new(data), exports: Cell::new(0) })
    }

    pub fn is_bytearray(&self, v: &Value) -> bool {
        v.is_instance_of::<ByteArray>()
    }
}

impl ByteArray {
    pub fn len(&self) -> usize {
        self.data.with(Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn copy(&self, vm: &Vm) -> PyResult<Vec<u8>> {
        let mut out = Vec::new();
        if out.try_reserve_exact(self.len()).is_err() {
            return Err(vm.memory_error());
        }
        self.data.with(|d| out.extend_from_slice(d));
        Ok(out)
    }

    fn resizable(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() != 0 {
            return Err(
                vm.raise_new(&exc::BufferError, "Existing exports of data: object cannot be re-sized")
            );
        }
        Ok(())
    }

    /// Puts bytes in the place of a range.
    fn splice(&self, vm: &Vm, range: std::ops::Range<usize>, new: &[u8]) -> PyResult<()> {
        if range.len() != new.len() {
            self.resizable(vm)?;
        }
        let room = self.data.with_mut(|d| d.try_reserve(new.len().saturating_sub(range.len())).is_ok());
        if !room {
            return Err(vm.memory_error());
        }
        self.data.with_mut(|d| {
            if range.end > d.len() {
                return;
            }
            if range.len() == new.len() {
                if let Some(place) = d.get_mut(range) {
                    place.copy_from_slice(new);
                }
            } else if range.start == d.len() {
                d.extend_from_slice(new);
            } else {
                drop(d.splice(range, new.iter().copied()));
            }
        });
        Ok(())
    }

    /// Appends bytes.
    pub fn extend(&self, vm: &Vm, new: &[u8]) -> PyResult<()> {
        let end = self.len();
        self.splice(vm, end..end, new)
    }

    fn resize(&self, vm: &Vm, len: usize) -> PyResult<()> {
        if len == self.len() {
            return Ok(());
        }
        self.resizable(vm)?;
        let done = self.data.with_mut(|d| {
            if d.try_reserve(len.saturating_sub(d.len())).is_err() {
                return false;
            }
            d.resize(len, 0);
            true
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    fn fill_from(&self, vm: &Vm, data: Vec<u8>) -> PyResult<()> {
        if data.len() != self.len() {
            self.resizable(vm)?;
        }
        if self.exports.get() != 0 {
            return self.splice(vm, 0..self.len(), &data);
        }
        drop(self.data.replace(data));
        Ok(())
    }
}

/// A copy of the bytes of something bytes-like, so that `self` may be the same object.
fn copied(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    own(vm, &vm.all_bytes(v)?)
}

fn own(vm: &Vm, bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(bytes.len()).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(bytes);
    Ok(out)
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let b = object::<ByteArray>(vm, v, "__repr__")?;
    let data = b.copy(vm)?;
    // Unlike `bytes`, single quotes are escaped even between double ones.
    let quote = if data.contains(&b'\'') && !data.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = vm.type_of(v).name().into_bytes();
    if out.try_reserve(data.len().saturating_add(8)).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(b"(b");
    out.push(quote);
    for byte in data {
        match byte {
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.push(quote);
    out.push(b')');
    Ok(vm.new_text_bytes(&out)?.into_value())
}

fn str(vm: &Vm, v: &Value) -> PyResult<Value> {
    if vm.config.flags.bytes_warning != 0 {
        vm.warn(&exc::BytesWarning, "str() on a bytearray instance", 1)?;
    }
    repr(vm, v)
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(object::<ByteArray>(vm, v, "__len__")?.len())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    for v in [a, b] {
        if !v.is_instance_of::<Bytes>() && !vm.has_buffer(v) {
            if vm.config.flags.bytes_warning != 0 {
                bytes_methods::operators::warn_mixed(vm, "bytearray", a, b, op)?;
            }
            return Ok(Value::NOT_IMPLEMENTED);
        }
    }
    let (Ok(x), Ok(y)) = (vm.bytes_like(a), vm.bytes_like(b)) else {
        drop(vm.take_raised());
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(compare(&x, &y, op))
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    for v in [a, b] {
        if !v.is_instance_of::<Bytes>() && !vm.has_buffer(v) {
            return Err(no_concat(vm, b, &vm.type_of(a).name()));
        }
    }
    let wrong = || no_concat(vm, b, &vm.type_of(a).name());
    let (mut out, more) = (copied(vm, a)?, vm.bytes_like_or(b, wrong)?);
    if out.try_reserve_exact(more.len()).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(&more);
    Ok(vm.new_bytearray(out).into_value())
}

fn inplace_concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = object::<ByteArray>(vm, a, "__iadd__")?;
    if !b.is_instance_of::<Bytes>() && !vm.has_buffer(b) {
        return Err(no_concat(vm, b, &vm.type_of(a).name()));
    }
    if let Some(b) = b.downcast::<Bytes>() {
        x.extend(vm, b.as_bytes())?;
    } else {
        let wrong = || no_concat(vm, b, &vm.type_of(a).name());
        let more = own(vm, &vm.bytes_like_or(b, wrong)?)?;
        x.extend(vm, &more)?;
    }
    Ok(a.clone())
}

fn times(vm: &Vm, b: &Gc<ByteArray>, n: isize) -> PyResult<Vec<u8>> {
    match b.with(|d| ts::repeat(d, usize::try_from(n).unwrap_or(0))) {
        Ok(out) => Ok(out),
        Err(TooLarge) => Err(vm.memory_error()),
    }
}

fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let b = object::<ByteArray>(vm, v, "__mul__")?;
    Ok(vm.new_bytearray(times(vm, b, n)?).into_value())
}

fn inplace_repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let b = object::<ByteArray>(vm, v, "__imul__")?;
    if n != 1 {
        b.fill_from(vm, times(vm, b, n)?)?;
    }
    Ok(v.clone())
}

fn item(vm: &Vm, v: &Value, index: isize) -> PyResult {
    let b = object::<ByteArray>(vm, v, "__getitem__")?;
    b.with(|d| usize::try_from(index).ok().and_then(|i| d.get(i).copied()))
        .map(|b| Value::int32(b as i32))
        .ok_or_else(|| vm.index_error("bytearray index out of range"))
}

fn check_index(vm: &Vm, key: &Value) -> PyResult<()> {
    if key.is_int() || vm.type_of(key).slots.index.get().is_some() {
        return Ok(());
    }
    Err(vm.type_error(format_args!(
        "bytearray indices must be integers or slices, not {}",
        vm.type_of(key).name()
    )))
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let b = object::<ByteArray>(vm, v, "__getitem__")?;
    if let Some(slice) = key.downcast::<Slice>() {
        let bounds = slice.unpack(vm)?;
        let picked = b.with(|d| {
            let at = Indices::new(bounds, d.len());
            match at.step {
                1 => d.get(at.range()).unwrap_or_default().to_vec(),
                _ => at.iter().filter_map(|i| d.get(i).copied()).collect(),
            }
        });
        return Ok(vm.new_bytearray(picked).into_value());
    }
    check_index(vm, key)?;
    let i = vm.index_isize(key)?;
    b.with(|d| get_byte(vm, d, i, "bytearray index out of range"))
}

fn quick_item(_: &Vm, v: &Value, n: i64) -> Option<Value> {
    let b = v.downcast_exact::<ByteArray>()?;
    let n = usize::try_from(n).ok()?;
    b.with(|d| d.get(n).map(|&b| Value::int32(b as i32)))
}

fn quick_set_item(_: &Vm, v: &Value, n: i64, new: &Value) -> bool {
    let (Some(b), Ok(n)) = (v.downcast_exact::<ByteArray>(), usize::try_from(n)) else { return false };
    let Some(Ok(byte)) = new.as_int().map(u8::try_from) else { return false };
    b.data.with_mut(|d| d.get_mut(n).map(|place| *place = byte).is_some())
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let b = object::<ByteArray>(vm, v, "__setitem__")?;
    if let Some(slice) = key.downcast::<Slice>() {
        let bounds = slice.unpack(vm)?;
        let new = match value {
            None => Vec::new(),
            Some(value) => assigned(vm, value)?,
        };
        return set_slice(vm, b, Indices::new(bounds, b.len()), &new);
    }
    check_index(vm, key)?;
    let i = vm.index_isize(key)?;
    let new = match value {
        Some(value) => Some(byte(vm, value, RANGE)?),
        None => None,
    };
    let len = b.len();
    let at = if i < 0 { i.checked_add(len as isize) } else { Some(i) };
    let Some(at) = at.and_then(|i| usize::try_from(i).ok()).filter(|i| *i < len) else {
        return Err(vm.index_error("bytearray index out of range"));
    };
    match new {
        Some(new) => b.splice(vm, at..at + 1, &[new]),
        None => b.splice(vm, at..at + 1, &[]),
    }
}

/// The bytes that are assigned to a slice.
fn assigned(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    if v.is_instance_of::<Bytes>() || vm.has_buffer(v) {
        return copied(vm, v);
    }
    let slots = &vm.type_of(v).slots;
    if slots.index.get().is_some()
        || slots.int.get().is_some()
        || slots.float.get().is_some()
        || v.is_instance_of::<Str>()
    {
        return Err(vm.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
    }
    Ok(bytes_from(vm, "bytearray", RANGE, Some(v), None, None)?.to_vec())
}

fn set_slice(vm: &Vm, b: &Gc<ByteArray>, at: Indices, new: &[u8]) -> PyResult<()> {
    if at.step == 1 {
        return b.splice(vm, at.range(), new);
    }
    if new.is_empty() {
        if at.len == 0 {
            return Ok(());
        }
        b.resizable(vm)?;
        let mut gone: Vec<usize> = at.iter().collect();
        gone.sort_unstable();
        b.data.with_mut(|d| {
            let mut gone = gone.into_iter().peekable();
            let mut i = 0;
            d.retain(|_| {
                let keep = gone.next_if_eq(&i).is_none();
                i += 1;
                keep
            });
        });
        return Ok(());
    }
    if new.len() != at.len {
        return Err(vm.value_error(format_args!(
            "attempt to assign bytes of size {} to extended slice of size {}",
            new.len(),
            at.len
        )));
    }
    b.data.with_mut(|d| {
        for (i, n) in at.iter().zip(new) {
            if let Some(place) = d.get_mut(i) {
                *place = *n;
            }
        }
    });
    Ok(())
}

fn contains(vm: &Vm, v: &Value, needle: &Value) -> PyResult<bool> {
    bytes_methods::contains(vm, object::<ByteArray>(vm, v, "__contains__")?, needle)
}

fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some(format) = a.downcast::<ByteArray>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let text = format.copy(vm)?;
    let out = bytes_methods::held(format, || bytes_methods::percent_format(vm, &text, b))?;
    Ok(vm.new_bytearray(out).into_value())
}

fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let b = object::<ByteArray>(vm, v, "__buffer__")?;
    b.exports.set(b.exports.get() + 1);
    b.with(|d| Buffer::plain(v, d, false, Some(release))).filled(vm, request)
}

fn release(_: &Vm, v: &Value) {
    if let Some(b) = v.downcast::<ByteArray>() {
        b.exports.set(b.exports.get().saturating_sub(1));
    }
}

/// bytearray(iterable_of_ints) -> bytearray
/// bytearray(string, encoding[, errors]) -> bytearray
/// bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer
/// bytearray(int) -> bytes array of size given by the parameter, all zero
/// bytearray() -> empty bytes array
///
/// Make a mutable string of bytes of numbers in range(256), of encoded text, or
/// of the bytes that an object shows.
#[pytype(name = "bytearray", flags(BASETYPE, MATCH_SELF))]
impl Slots for ByteArray {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        str: Some(str),
        richcompare: Some(richcompare),
        iter: Some(iter_bytearray),
        len: Some(len),
        concat: Some(concat),
        repeat: Some(repeat),
        inplace_concat: Some(inplace_concat),
        inplace_repeat: Some(inplace_repeat),
        item: Some(item),
        subscript: Some(subscript),
        quick_item: Some(quick_item),
        quick_set_item: Some(quick_set_item),
        ass_subscript: Some(ass_subscript),
        contains: Some(contains),
        remainder: Some(remainder),
        buffer: Some(buffer),
        ..SlotDefs::NONE
    };
}

/// What pickling needs; `text`: for protocols that know no bytes.
fn reduced(vm: &Vm, zelf: &Gc<ByteArray>, text: bool) -> PyResult<Value> {
    let state = vm.call_method(zelf.as_value(), "__getstate__", &[])?;
    let data = zelf.copy(vm)?;
    let args = if data.is_empty() {
        Vec::new()
    } else if text {
        let text: taipan_text::wtf8::Wtf8Buf = data.iter().map(|b| u32::from(*b)).collect();
        vec![vm.try_new_wtf8(&text)?.into_value(), vm.new_str("latin-1").into_value()]
    } else {
        vec![vm.try_new_bytes(&data)?.into_value()]
    };
    let cls = vm.type_of(zelf.as_value()).to_value();
    Ok(vm.new_tuple(vec![cls, vm.new_tuple(args).into_value(), state]).into_value())
}

crate::byte_string_methods!(ByteArray {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        Ok(vm.alloc_in(cls, ByteArray::default())?.into_value())
    }

    #[pyinit("bytearray(source=<unrepresentable>, encoding=<unrepresentable>, errors=<unrepresentable>)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<ByteArray>,
        source: Option<&Value>,
        encoding: Option<&str>,
        errors: Option<&str>,
    ) -> PyResult<()> {
        let data = bytes_from(vm, "bytearray", RANGE, source, encoding, errors)?.to_vec();
        zelf.fill_from(vm, data)
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// B.__alloc__() -> int
    ///
    /// Return the number of bytes actually allocated.
    #[pymethod("__alloc__($self, /)")]
    fn py_alloc(vm: &Vm, zelf: &Gc<ByteArray>) -> usize {
        let _ = vm;
        let n = zelf.data.with(Vec::capacity);
        if n == 0 { 0 } else { n + 1 }
    }

    /// Return state information for pickling.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<ByteArray>) -> PyResult<Value> {
        reduced(vm, zelf, true)
    }

    /// Return state information for pickling.
    #[pymethod("__reduce_ex__($self, proto=0, /)")]
    fn reduce_ex(vm: &Vm, zelf: &Gc<ByteArray>, proto: i32) -> PyResult<Value> {
        reduced(vm, zelf, proto < 3)
    }

    /// Returns the size of the bytearray object in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<ByteArray>) -> usize {
        let _ = vm;
        let n = zelf.data.with(Vec::capacity);
        56 + if n == 0 { 0 } else { n + 1 }
    }

    /// Append a single item to the end of the bytearray.
    #[pymethod("append($self, item, /)")]
    fn append(vm: &Vm, zelf: &Gc<ByteArray>, item: &Value) -> PyResult<()> {
        let b = byte(vm, item, RANGE)?;
        zelf.extend(vm, &[b])
    }

    /// Remove all items from the bytearray.
    #[pymethod("clear($self, /)")]
    fn clear(vm: &Vm, zelf: &Gc<ByteArray>) -> PyResult<()> {
        zelf.resizable(vm)?;
        drop(zelf.data.take());
        Ok(())
    }

    /// Return a copy of B.
    #[pymethod("copy($self, /)")]
    fn py_copy(vm: &Vm, zelf: &Gc<ByteArray>) -> PyResult<Value> {
        ByteArray::unchanged(vm, zelf)
    }

    /// Append all the items of an iterable of numbers, or the bytes of an object, to the bytearray.
    #[pymethod("extend($self, iterable_of_ints, /)")]
    fn py_extend(vm: &Vm, zelf: &Gc<ByteArray>, iterable_of_ints: &Value) -> PyResult<()> {
        let v = iterable_of_ints;
        if v.is_instance_of::<Bytes>() || vm.has_buffer(v) {
            let wrong = || {
                vm.type_error(format_args!("can't set bytearray slice from {}", vm.type_of(v).name()))
            };
            // A copy, since it may be a view of the bytearray itself.
            let more = own(vm, &vm.bytes_like_or(v, wrong)?)?;
            return zelf.extend(vm, &more);
        }
        if v.is_instance_of::<Str>() {
            return Err(vm.type_error("expected iterable of integers; got: 'str'"));
        }
        let it = match vm.get_iter(v) {
            Ok(it) => it,
            Err(raised) => {
                if vm.raised_is(&exc::TypeError) {
                    drop(vm.take_raised());
                    return Err(
                        vm.type_error(format_args!("can't extend bytearray with {}", vm.type_of(v).name()))
                    );
                }
                return Err(raised);
            }
        };
        let hint = vm.length_hint(v, 32)?;
        let mut more = Vec::new();
        if more.try_reserve(hint.min(1 << 20)).is_err() {
            return Err(vm.memory_error());
        }
        while let Some(x) = vm.iter_next(&it)? {
            if more.try_reserve(1).is_err() {
                return Err(vm.memory_error());
            }
            more.push(byte(vm, &x, RANGE)?);
        }
        zelf.extend(vm, &more)
    }

    /// Insert a single item into the bytearray before the given index.
    #[pymethod("insert($self, index, item, /)")]
    fn insert(vm: &Vm, zelf: &Gc<ByteArray>, index: isize, item: &Value) -> PyResult<()> {
        let b = byte(vm, item, RANGE)?;
        let len = zelf.len();
        let at = if index < 0 { len.saturating_sub(index.unsigned_abs()) } else { (index as usize).min(len) };
        zelf.splice(vm, at..at, &[b])
    }

    /// Remove and return a single item, the last one unless an index is given.
    #[pymethod("pop($self, index=-1, /)")]
    fn pop(vm: &Vm, zelf: &Gc<ByteArray>, index: isize) -> PyResult<Value> {
        let len = zelf.len();
        if len == 0 {
            return Err(vm.index_error("pop from empty bytearray"));
        }
        let at = if index < 0 { index.checked_add(len as isize) } else { Some(index) };
        let Some(at) = at.and_then(|i| usize::try_from(i).ok()).filter(|i| *i < len) else {
            return Err(vm.index_error("pop index out of range"));
        };
        zelf.resizable(vm)?;
        let b = zelf.data.with_mut(|d| if at < d.len() { d.remove(at) } else { 0 });
        Ok(Value::int32(b as i32))
    }

    /// Remove the first occurrence of a value in the bytearray.
    #[pymethod("remove($self, value, /)")]
    fn remove(vm: &Vm, zelf: &Gc<ByteArray>, value: &Value) -> PyResult<()> {
        let b = byte(vm, value, RANGE)?;
        match zelf.with(|d| ts::find(d, &[b])) {
            Some(at) => zelf.splice(vm, at..at + 1, &[]),
            None => Err(vm.value_error("value not found in bytearray")),
        }
    }

    /// Resize the bytearray; new bytes are zero.
    #[pymethod("resize($self, size, /)")]
    fn py_resize(vm: &Vm, zelf: &Gc<ByteArray>, size: isize) -> PyResult<()> {
        match usize::try_from(size) {
            Ok(n) => zelf.resize(vm, n),
            Err(_) => Err(vm.value_error(format_args!("Can only resize to positive sizes, got {size}"))),
        }
    }

    /// Reverse the order of the values in B in place.
    #[pymethod("reverse($self, /)")]
    fn reverse(vm: &Vm, zelf: &Gc<ByteArray>) {
        let _ = vm;
        zelf.data.with_mut(|d| d.reverse());
    }
});
