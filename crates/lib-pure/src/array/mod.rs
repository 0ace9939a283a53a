//! `array`: sequences of numbers in machine format.
//!
//! I1  While buffers of an array are out, its bytes neither move nor change in number.

mod kind;

use kind::Kind;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::errors::exc;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};
use taipan_vm::types::generic_alias;
use taipan_vm::types::iterators::{builtin, itself};
use taipan_vm::types::slice::{Indices, Slice};
use taipan_vm::types::tuple_methods::search_bounds;

/// array(typecode [, initializer]) -> array
///
/// Return a new array whose items are restricted by typecode, and
/// initialized from the optional initializer value, which must be a list,
/// string or iterable over elements of the appropriate type.
///
/// Arrays represent basic values and behave very much like lists, except
/// the type of objects stored in them is constrained. The type is specified
/// at object creation time by using a type code, which is a single character.
#[pytype(name = "array", module = "array", flags(BASETYPE, WEAKREF, SEQUENCE))]
pub struct Array {
    bytes: Guarded<Vec<u8>>,
    kind: Kind,
    exports: Cell<usize>,
}

impl Trace for Array {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

const SAME_KIND: &str = "bad argument type for built-in operation";

impl Array {
    fn of(kind: Kind, bytes: Vec<u8>) -> Array {
        Array { bytes: Guarded::new(bytes), kind, exports: Cell::new(0) }
    }

    fn len(&self) -> usize {
        self.bytes.with(Vec::len) / self.kind.size()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn get(&self, vm: &Vm, i: usize) -> PyResult<Option<Value>> {
        let size = self.kind.size();
        // Making a value of the bytes runs no Python code.
        self.bytes.with(|b| match i.checked_mul(size).and_then(|at| b.get(at..)?.get(..size)) {
            Some(bytes) => self.kind.load(vm, bytes).map(Some),
            None => Ok(None),
        })
    }

    fn check_resize(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(vm.raise_new(&exc::BufferError, "cannot resize an array that is exporting buffers"));
        }
        Ok(())
    }

    /// Replaces a range of items by others.
    fn splice(&self, vm: &Vm, range: std::ops::Range<usize>, new: &[u8]) -> PyResult<()> {
        let size = self.kind.size();
        if range.len() * size != new.len() {
            self.check_resize(vm)?;
        }
        let done = self.bytes.with_mut(|b| {
            let n = b.len();
            let (from, to) = ((range.start * size).min(n), (range.end * size).min(n));
            if to - from == new.len() {
                if let Some(place) = b.get_mut(from..to) {
                    place.copy_from_slice(new);
                }
            } else {
                // Buffers may be out only in the case above, which moves nothing (I1).
                if b.try_reserve(new.len()).is_err() {
                    return false;
                }
                drop(b.splice(from..to.max(from), new.iter().copied()));
            }
            true
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    fn push(&self, vm: &Vm, v: &Value) -> PyResult<()> {
        let x = self.kind.store(vm, v)?;
        let n = self.len();
        self.splice(vm, n..n, &x[..self.kind.size()])
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.bytes.get()
    }

    fn to_vec(&self, vm: &Vm) -> PyResult<Vec<Value>> {
        let mut out = Vec::new();
        while let Some(x) = self.get(vm, out.len())? {
            out.push(x);
        }
        Ok(out)
    }

    fn text(&self, vm: &Vm) -> PyResult<Value> {
        let mut out = Wtf8Buf::default();
        for v in self.to_vec(vm)? {
            if let Some(s) = v.downcast::<Str>() {
                out.push_wtf8(s.as_wtf8());
            }
        }
        Ok(vm.new_wtf8_buf(out).into_value())
    }

    fn position(&self, i: isize) -> Option<usize> {
        let n = self.len();
        let i = if i < 0 { i.checked_add(n as isize)? } else { i };
        usize::try_from(i).ok().filter(|i| *i < n)
    }

    /// The bytes of a slice's items.
    fn selected(&self, at: Indices) -> Vec<u8> {
        let size = self.kind.size();
        self.bytes
            .with(|b| at.iter().filter_map(|i| b.get(i * size..(i + 1) * size)).flatten().copied().collect())
    }

    fn append_bytes(&self, vm: &Vm, bytes: &[u8]) -> PyResult<()> {
        if !bytes.len().is_multiple_of(self.kind.size()) {
            return Err(vm.value_error("bytes length not a multiple of item size"));
        }
        let n = self.len();
        self.splice(vm, n..n, bytes)
    }

    fn append_text(&self, vm: &Vm, s: &Str) -> PyResult<()> {
        let bytes: Vec<u8> = s.as_wtf8().code_points().flat_map(u32::to_le_bytes).collect();
        self.append_bytes(vm, &bytes)
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Array>> {
    object::<Array>(vm, v, "array")
}

fn extend(vm: &Vm, a: &Gc<Array>, other: &Value) -> PyResult<()> {
    if let Some(b) = other.downcast::<Array>() {
        if b.kind != a.kind {
            return Err(vm.type_error("can only extend with array of same kind"));
        }
        return a.append_bytes(vm, &b.to_bytes());
    }
    vm.for_each(other, |v| a.push(vm, &v))
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let a = me(vm, v)?;
    let mut out = Wtf8Buf::from(format!("{}('{}'", vm.type_of(v).name(), a.kind.code()));
    if !a.is_empty() {
        let items = if a.kind.is_text() { a.text(vm)? } else { vm.new_list(a.to_vec(vm)?).into_value() };
        out.push_str(", ");
        out.push_wtf8(vm.repr(&items)?.as_wtf8());
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<Array>(), b.downcast::<Array>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x.len() != y.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    let mut i = 0;
    while let (Some(p), Some(q)) = (x.get(vm, i)?, y.get(vm, i)?) {
        // Identity does not imply equality here: NaN.
        let same = vm.rich_compare(&p, &q, CompareOp::Eq)?;
        if !vm.is_true(&same)? {
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                _ => vm.rich_compare(&p, &q, op),
            };
        }
        i += 1;
    }
    Ok(Value::bool(op.holds(x.len().cmp(&y.len()))))
}

fn item(vm: &Vm, v: &Value, i: isize) -> PyResult {
    let a = me(vm, v)?;
    let found = match usize::try_from(i) {
        Ok(i) => a.get(vm, i)?,
        Err(_) => None,
    };
    match found {
        Some(x) => Ok(x),
        None => Err(vm.index_error("array index out of range")),
    }
}

fn index_of(vm: &Vm, key: &Value) -> PyResult<isize> {
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(vm.type_error("array indices must be integers"));
    }
    vm.index_isize(key)
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let a = me(vm, v)?;
    if let Some(n) = key.as_int()
        && let Ok(i) = usize::try_from(n)
        && let Some(x) = a.get(vm, i)?
    {
        return Ok(x);
    }
    if let Some(s) = key.downcast_exact::<Slice>() {
        let at = Indices::new(s.unpack(vm)?, a.len());
        return Ok(vm.alloc(Array::of(a.kind, a.selected(at))).into_value());
    }
    let i = index_of(vm, key)?;
    match a.position(i) {
        Some(i) => item(vm, v, i as isize),
        None => Err(vm.index_error("array index out of range")),
    }
}

fn quick_item(vm: &Vm, v: &Value, n: i64) -> Option<Value> {
    let a = v.downcast_exact::<Array>()?;
    let n = usize::try_from(n).ok()?;
    if a.kind == Kind::F64 {
        let word = a.bytes.with(|b| b.as_chunks::<8>().0.get(n).copied())?;
        return Some(vm.new_float(f64::from_le_bytes(word)));
    }
    if matches!(a.kind, Kind::Wide | Kind::Char) {
        return None;
    }
    a.get(vm, n).ok()?
}

fn quick_set_item(_: &Vm, v: &Value, n: i64, new: &Value) -> bool {
    let (Some(a), Ok(n)) = (v.downcast_exact::<Array>(), usize::try_from(n)) else { return false };
    let Some(item) = a.kind.store_plain(new) else { return false };
    let size = a.kind.size();
    a.bytes.with_mut(|b| match n.checked_mul(size).and_then(|at| b.get_mut(at..)?.get_mut(..size)) {
        Some(place) => {
            place.copy_from_slice(&item[..size]);
            true
        }
        None => false,
    })
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let a = me(vm, v)?;
    if let Some(s) = key.downcast_exact::<Slice>() {
        let bounds = s.unpack(vm)?;
        return assign_slice(vm, a, Indices::new(bounds, a.len()), value);
    }
    let i = index_of(vm, key)?;
    let out_of_range = || vm.index_error("array assignment index out of range");
    if a.position(i).is_none() {
        return Err(out_of_range());
    }
    let new = match value {
        Some(x) => Some(a.kind.store(vm, x)?),
        None => None,
    };
    // Converting the value may have changed the array.
    let Some(at) = a.position(i) else { return Err(out_of_range()) };
    match new {
        Some(x) => {
            let size = a.kind.size();
            a.bytes.with_mut(|b| {
                if let Some(place) = b.get_mut(at * size..(at + 1) * size) {
                    match <&mut [u8; 8]>::try_from(&mut *place) {
                        Ok(place) => *place = x,
                        Err(_) => place.copy_from_slice(&x[..size]),
                    }
                }
            });
            Ok(())
        }
        None => a.splice(vm, at..at + 1, &[]),
    }
}

fn assign_slice(vm: &Vm, a: &Gc<Array>, at: Indices, value: Option<&Value>) -> PyResult<()> {
    let size = a.kind.size();
    let new = match value {
        None => None,
        Some(v) => match v.downcast::<Array>() {
            Some(b) if b.kind == a.kind => Some(b.to_bytes()),
            Some(_) => return Err(vm.type_error(SAME_KIND)),
            None => {
                return Err(vm.type_error(format_args!(
                    "can only assign array (not \"{}\") to array slice",
                    vm.type_of(v).name()
                )));
            }
        },
    };
    if at.step == 1 {
        return a.splice(vm, at.range(), &new.unwrap_or_default());
    }
    let Some(new) = new else {
        if at.len == 0 {
            return Ok(());
        }
        a.check_resize(vm)?;
        let mut gone = vec![false; a.len()];
        at.iter().for_each(|i| {
            if let Some(g) = gone.get_mut(i) {
                *g = true
            }
        });
        let kept: Vec<u8> = a.bytes.with(|b| {
            b.chunks(size).zip(&gone).filter(|(_, g)| !**g).flat_map(|(c, _)| c).copied().collect()
        });
        a.bytes.set(kept);
        return Ok(());
    };
    if new.len() / size != at.len {
        return Err(vm.value_error(format_args!(
            "attempt to assign array of size {} to extended slice of size {}",
            new.len() / size,
            at.len
        )));
    }
    a.bytes.with_mut(|b| {
        for (i, x) in at.iter().zip(new.chunks(size)) {
            if let Some(place) = b.get_mut(i * size..(i + 1) * size) {
                place.copy_from_slice(x);
            }
        }
    });
    Ok(())
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = me(vm, a)?;
    let Some(y) = b.downcast::<Array>() else {
        return Err(
            vm.type_error(format_args!("can only append array (not \"{}\") to array", vm.type_of(b).name()))
        );
    };
    if x.kind != y.kind {
        return Err(vm.type_error(SAME_KIND));
    }
    let bytes = [x.to_bytes(), y.to_bytes()].concat();
    Ok(vm.alloc(Array::of(x.kind, bytes)).into_value())
}

fn inplace_concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    if b.downcast::<Array>().is_none() {
        return Err(
            vm.type_error(format_args!("can only extend with array (not \"{}\")", vm.type_of(b).name()))
        );
    }
    extend(vm, me(vm, a)?, b)?;
    Ok(a.clone())
}

fn repeated(vm: &Vm, a: &Array, n: isize) -> PyResult<Vec<u8>> {
    let bytes = a.to_bytes();
    let n = n.max(0) as usize;
    let total = bytes.len().checked_mul(n).filter(|t| *t <= isize::MAX as usize / 2);
    let mut out = Vec::new();
    match total {
        Some(total) if out.try_reserve_exact(total).is_ok() => {}
        _ => return Err(vm.memory_error()),
    }
    if !bytes.is_empty() {
        (0..n).for_each(|_| out.extend_from_slice(&bytes));
    }
    Ok(out)
}

fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let a = me(vm, v)?;
    Ok(vm.alloc(Array::of(a.kind, repeated(vm, a, n)?)).into_value())
}

fn inplace_repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let a = me(vm, v)?;
    if n != 1 && !a.is_empty() {
        a.check_resize(vm)?;
        a.bytes.set(repeated(vm, a, n)?);
    }
    Ok(v.clone())
}

fn contains(vm: &Vm, v: &Value, x: &Value) -> PyResult<bool> {
    let a = me(vm, v)?;
    let mut i = 0;
    while let Some(item) = a.get(vm, i)? {
        if vm.eq(&item, x)? {
            return Ok(true);
        }
        i += 1;
    }
    Ok(false)
}

fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let a = me(vm, v)?;
    let release: fn(&Vm, &Value) = |_, v| {
        if let Some(a) = v.downcast::<Array>() {
            a.exports.set(a.exports.get().saturating_sub(1));
        }
    };
    a.exports.set(a.exports.get() + 1);
    let mut b = a.bytes.with(|bytes| Buffer::plain(v, bytes, false, Some(release)));
    b.itemsize = a.kind.size();
    if request.has(Request::FORMAT) {
        b.format = a.kind.code().to_string().into();
    }
    b.in_one_row(request);
    Ok(b)
}

impl Slots for Array {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(|vm, v| {
            let array = GcCell::new(Some(me(vm, v)?.clone()));
            Ok(vm.alloc(ArrayIter { array, index: Cell::new(0) }).into_value())
        }),
        len: Some(|vm, v| Ok(me(vm, v)?.len())),
        concat: Some(concat),
        repeat: Some(repeat),
        inplace_concat: Some(inplace_concat),
        inplace_repeat: Some(inplace_repeat),
        item: Some(item),
        contains: Some(contains),
        subscript: Some(subscript),
        quick_item: Some(quick_item),
        quick_set_item: Some(quick_set_item),
        ass_subscript: Some(ass_subscript),
        buffer: Some(buffer),
        ..SlotDefs::NONE
    };
}

fn bad_code(vm: &Vm) -> Raised {
    vm.value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)")
}

/// Fills a new array from the initialiser.
fn initialise(vm: &Vm, a: &Gc<Array>, initial: &Value) -> PyResult<()> {
    let code = a.kind.code();
    if let Some(s) = initial.downcast::<Str>() {
        if !a.kind.is_text() {
            return Err(
                vm.type_error(format_args!("cannot use a str to initialize an array with typecode '{code}'"))
            );
        }
        return a.append_text(vm, s);
    }
    if let Some(b) = initial.downcast::<Array>() {
        if b.kind.is_text() && !a.kind.is_text() {
            return Err(vm.type_error(format_args!(
                "cannot use a unicode array to initialize an array with typecode '{code}'"
            )));
        }
        if b.kind == a.kind {
            return a.append_bytes(vm, &b.to_bytes());
        }
    }
    if initial.downcast::<Bytes>().is_some()
        || initial.downcast::<taipan_vm::types::bytearray::ByteArray>().is_some()
    {
        return a.append_bytes(vm, &vm.bytes_like(initial)?);
    }
    vm.for_each(initial, |v| a.push(vm, &v))
}

#[pymethods]
impl Array {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() && taipan_vm::types::iterators::refuses_keywords::<Array>(vm, cls) {
            return Err(vm.type_error("array.array() takes no keyword arguments"));
        }
        let (code, initial) = match args.pos() {
            [code] => (code, None),
            [code, initial] => (code, Some(initial)),
            [] => return Err(vm.type_error("array() takes at least 1 argument (0 given)")),
            more => {
                return Err(
                    vm.type_error(format_args!("array() takes at most 2 arguments ({} given)", more.len()))
                );
            }
        };
        let Some(s) = code.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "array() argument 1 must be a unicode character, not {}",
                vm.shown_type_name(code)
            )));
        };
        if s.char_len() != 1 {
            return Err(vm.type_error(format_args!(
                "array() argument 1 must be a unicode character, not a string of length {}",
                s.char_len()
            )));
        }
        let c = s.as_wtf8().code_points().next().and_then(char::from_u32);
        let Some(kind) = c.and_then(Kind::from_code) else { return Err(bad_code(vm)) };
        if kind == Kind::Wide {
            vm.warn(
                &exc::DeprecationWarning,
                "The 'u' type code is deprecated and will be removed in Python 3.16",
                1,
            )?;
        }
        let a = vm.alloc_in(cls, Array::of(kind, Vec::new()))?;
        if let Some(v) = initial {
            initialise(vm, &a, v)?;
        }
        Ok(a.into_value())
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// the typecode character used to create the array
    #[pygetter("typecode")]
    fn typecode(vm: &Vm, zelf: &Gc<Array>) -> String {
        let _ = vm;
        zelf.kind.code().to_string()
    }

    /// the size, in bytes, of one array item
    #[pygetter("itemsize")]
    fn itemsize(vm: &Vm, zelf: &Gc<Array>) -> usize {
        let _ = vm;
        zelf.kind.size()
    }

    /// Append new value v to the end of the array.
    #[pymethod("append($self, v, /)")]
    fn append(vm: &Vm, zelf: &Gc<Array>, v: &Value) -> PyResult<()> {
        zelf.push(vm, v)
    }

    /// Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.
    ///
    /// The length should be multiplied by the itemsize attribute to calculate
    /// the buffer length in bytes.
    #[pymethod("buffer_info($self, /)")]
    fn buffer_info(vm: &Vm, zelf: &Gc<Array>) -> (usize, usize) {
        let _ = vm;
        let n = zelf.len();
        (if n == 0 { 0 } else { zelf.bytes.with(|b| b.as_ptr() as usize) }, n)
    }

    /// Byteswap all items of the array.
    ///
    /// If the items in the array are not 1, 2, 4, or 8 bytes in size, RuntimeError is
    /// raised.
    #[pymethod("byteswap($self, /)")]
    fn byteswap(vm: &Vm, zelf: &Gc<Array>) {
        let _ = vm;
        zelf.bytes.with_mut(|b| b.chunks_mut(zelf.kind.size()).for_each(<[u8]>::reverse))
    }

    /// Remove all items from the array.
    #[pymethod("clear($self, /)")]
    fn py_clear(vm: &Vm, zelf: &Gc<Array>) -> PyResult<()> {
        let n = zelf.len();
        zelf.splice(vm, 0..n, &[])
    }

    /// Return a copy of the array.
    #[pymethod("__copy__($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Array>) -> Gc<Array> {
        vm.alloc(Array::of(zelf.kind, zelf.to_bytes()))
    }

    /// Return a copy of the array.
    #[pymethod("__deepcopy__($self, unused, /)")]
    fn deepcopy(vm: &Vm, zelf: &Gc<Array>, unused: &Value) -> Gc<Array> {
        let _ = unused;
        vm.alloc(Array::of(zelf.kind, zelf.to_bytes()))
    }

    /// Return number of occurrences of v in the array.
    #[pymethod("count($self, v, /)")]
    fn count(vm: &Vm, zelf: &Gc<Array>, v: &Value) -> PyResult<usize> {
        let (mut i, mut n) = (0, 0);
        while let Some(item) = zelf.get(vm, i)? {
            n += vm.eq(&item, v)? as usize;
            i += 1;
        }
        Ok(n)
    }

    /// Append items to the end of the array.
    #[pymethod("extend($self, bb, /)")]
    fn py_extend(vm: &Vm, zelf: &Gc<Array>, bb: &Value) -> PyResult<()> {
        extend(vm, zelf, bb)
    }

    /// Read n objects from the file object f and append them to the end of the array.
    #[pymethod("fromfile($self, f, n, /)")]
    fn fromfile(vm: &Vm, zelf: &Gc<Array>, f: &Value, n: isize) -> PyResult<()> {
        let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("negative count")) };
        let Some(bytes) = n.checked_mul(zelf.kind.size()) else { return Err(vm.memory_error()) };
        let got = vm.call_method_name(f, &vm.names.read, &[vm.new_uint(bytes as u64)])?;
        let Some(b) = got.downcast::<Bytes>() else {
            return Err(vm.type_error("read() didn't return bytes"));
        };
        zelf.append_bytes(vm, b.as_bytes())?;
        if b.len() != bytes {
            return Err(vm.raise_new(&exc::EOFError, "read() didn't return enough bytes"));
        }
        Ok(())
    }

    /// Append items to array from list.
    #[pymethod("fromlist($self, list, /)")]
    fn fromlist(vm: &Vm, zelf: &Gc<Array>, list: &Value) -> PyResult<()> {
        let Some(l) = list.downcast::<List>() else { return Err(vm.type_error("arg must be list")) };
        let size = zelf.kind.size();
        let n = l.len();
        let mut bytes = Vec::new();
        for i in 0..n {
            let Some(v) = l.get(i) else { break };
            let x = zelf.kind.store(vm, &v)?;
            bytes.extend_from_slice(&x[..size]);
            if l.len() != n {
                return Err(vm.runtime_error("list changed size during iteration"));
            }
        }
        zelf.append_bytes(vm, &bytes)
    }

    /// Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method.
    #[pymethod("frombytes($self, buffer, /)")]
    fn frombytes(vm: &Vm, zelf: &Gc<Array>, buffer: &Value) -> PyResult<()> {
        let bytes = vm.bytes_like(buffer)?.to_vec();
        zelf.append_bytes(vm, &bytes)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is raised.
    /// Use array.frombytes(ustr.encode(...)) to append Unicode data to an array of
    /// some other type.
    #[pymethod("fromunicode($self, ustr, /)")]
    fn fromunicode(vm: &Vm, zelf: &Gc<Array>, ustr: &Value) -> PyResult<()> {
        let Some(s) = ustr.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "fromunicode() argument must be str, not {}",
                vm.shown_type_name(ustr)
            )));
        };
        if !zelf.kind.is_text() {
            return Err(
                vm.value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')")
            );
        }
        zelf.append_text(vm, s)
    }

    /// Return index of first occurrence of v in the array.
    ///
    /// Raise ValueError if the value is not present.
    #[pymethod("index($self, v, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &Vm,
        zelf: &Gc<Array>,
        v: &Value,
        #[raw] start: Option<&Value>,
        #[raw] stop: Option<&Value>,
    ) -> PyResult<usize> {
        let (mut i, stop) = search_bounds(vm, zelf.len(), start, stop)?;
        while i < stop
            && let Some(item) = zelf.get(vm, i)?
        {
            if vm.eq(&item, v)? {
                return Ok(i);
            }
            i += 1;
        }
        Err(vm.value_error("array.index(x): x not in array"))
    }

    /// Insert a new item v into the array before position i.
    #[pymethod("insert($self, i, v, /)")]
    fn insert(vm: &Vm, zelf: &Gc<Array>, i: isize, v: &Value) -> PyResult<()> {
        let x = zelf.kind.store(vm, v)?;
        let n = zelf.len() as isize;
        let at = if i < 0 { i.saturating_add(n).max(0) } else { i.min(n) } as usize;
        zelf.splice(vm, at..at, &x[..zelf.kind.size()])
    }

    /// Return the i-th element and delete it from the array.
    ///
    /// i defaults to -1.
    #[pymethod("pop($self, i=-1, /)")]
    fn pop(vm: &Vm, zelf: &Gc<Array>, i: isize) -> PyResult<Value> {
        if zelf.is_empty() {
            return Err(vm.index_error("pop from empty array"));
        }
        let out_of_range = || vm.index_error("pop index out of range");
        let Some(at) = zelf.position(i) else { return Err(out_of_range()) };
        let Some(x) = zelf.get(vm, at)? else { return Err(out_of_range()) };
        zelf.splice(vm, at..at + 1, &[])?;
        Ok(x)
    }

    /// Remove the first occurrence of v in the array.
    #[pymethod("remove($self, v, /)")]
    fn remove(vm: &Vm, zelf: &Gc<Array>, v: &Value) -> PyResult<()> {
        let mut i = 0;
        while let Some(item) = zelf.get(vm, i)? {
            if vm.eq(&item, v)? {
                return zelf.splice(vm, i..i + 1, &[]);
            }
            i += 1;
        }
        Err(vm.value_error("array.remove(x): x not in array"))
    }

    /// Reverse the order of the items in the array.
    #[pymethod("reverse($self, /)")]
    fn reverse(vm: &Vm, zelf: &Gc<Array>) {
        let _ = vm;
        zelf.bytes.with_mut(|b| {
            // All bytes, then each item's own back.
            b.reverse();
            b.chunks_mut(zelf.kind.size()).for_each(<[u8]>::reverse);
        })
    }

    /// Convert the array to an array of machine values and return the bytes representation.
    #[pymethod("tobytes($self, /)")]
    fn tobytes(vm: &Vm, zelf: &Gc<Array>) -> PyResult<Gc<Bytes>> {
        vm.try_new_bytes(&zelf.to_bytes())
    }

    /// Write all items (as machine values) to the file object f.
    #[pymethod("tofile($self, f, /)")]
    fn tofile(vm: &Vm, zelf: &Gc<Array>, f: &Value) -> PyResult<()> {
        for block in zelf.to_bytes().chunks(64 * 1024) {
            vm.call_method_name(f, &vm.names.write, &[vm.new_bytes(block).into_value()])?;
        }
        Ok(())
    }

    /// Convert array to an ordinary list with the same items.
    #[pymethod("tolist($self, /)")]
    fn tolist(vm: &Vm, zelf: &Gc<Array>) -> PyResult<Vec<Value>> {
        zelf.to_vec(vm)
    }

    /// Convert the array to a unicode string.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is raised.
    /// Use array.tobytes().decode() to obtain a unicode string from an array of
    /// some other type.
    #[pymethod("tounicode($self, /)")]
    fn tounicode(vm: &Vm, zelf: &Gc<Array>) -> PyResult<Value> {
        if !zelf.kind.is_text() {
            return Err(vm.value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        zelf.text(vm)
    }

    /// Return state information for pickling.
    #[pymethod("__reduce_ex__($self, value, /)")]
    fn reduce_ex(vm: &Vm, zelf: &Gc<Array>, value: &Value) -> PyResult<Value> {
        let protocol = isize::from_arg(vm, value)?;
        let v = zelf.as_value();
        let cls = vm.type_of(v).to_value();
        let attrs = match taipan_vm::types::instance::dict(vm, v) {
            Some(d) => d.into_value(),
            None => Value::NONE,
        };
        let code = vm.new_str(&zelf.kind.code().to_string()).into_value();
        if protocol < 3 {
            let items = vm.new_list(zelf.to_vec(vm)?).into_value();
            let args = vm.new_tuple(vec![code, items]).into_value();
            return Ok(vm.new_tuple(vec![cls, args, attrs]).into_value());
        }
        let module = vm.import_named("array")?;
        let make = vm.get_attr_str(&module, "_array_reconstructor")?;
        let bytes = vm.try_new_bytes(&zelf.to_bytes())?.into_value();
        let args = vm.new_tuple(vec![cls, code, vm.new_int(zelf.kind.machine_format()), bytes]).into_value();
        Ok(vm.new_tuple(vec![make, args, attrs]).into_value())
    }

    /// Size of the array in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Array>) -> usize {
        let _ = vm;
        64 + zelf.bytes.with(Vec::capacity)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// `iter(array)`.
#[pytype(name = "arrayiterator", module = "array", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct ArrayIter {
    array: GcCell<Array>,
    index: Cell<usize>,
}

fn iter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<ArrayIter>(vm, v, "__next__")?;
    let Some(a) = it.array.get() else { return Ok(None) };
    let x = a.get(vm, it.index.get())?;
    match x {
        Some(_) => it.index.set(it.index.get() + 1),
        None => it.array.set(None),
    }
    Ok(x)
}

impl Slots for ArrayIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(iter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl ArrayIter {
    /// Return state information for pickling.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<ArrayIter>) -> PyResult<Value> {
        let iter = builtin(vm, "iter")?;
        let parts = match zelf.array.get() {
            Some(a) => {
                let args = vm.new_tuple(vec![a.into_value()]).into_value();
                vec![iter, args, vm.new_uint(zelf.index.get() as u64)]
            }
            None => vec![iter, vm.new_tuple(vec![vm.new_tuple(Vec::new()).into_value()]).into_value()],
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Set state information for unpickling.
    #[pymethod("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<ArrayIter>, state: &Value) -> PyResult<()> {
        let i = isize::from_arg(vm, state)?.max(0) as usize;
        if let Some(a) = zelf.array.get() {
            zelf.index.set(i.min(a.len()));
        }
        Ok(())
    }
}

/// An array from its pickled form.
fn reconstruct(vm: &Vm, cls: &Value, code: &Value, format: i64, items: &Value) -> PyResult<Value> {
    let Some(ty) = cls.downcast::<Type>() else {
        return Err(vm.type_error(format_args!(
            "first argument must be a type object, not {}",
            vm.type_of(cls).name()
        )));
    };
    if !ty.is_subtype(&vm.native_type::<Array>()) {
        return Err(vm.type_error(format_args!("{} is not a subtype of array.array", ty.name())));
    }
    let c = code.downcast::<Str>().filter(|s| s.char_len() == 1);
    let c = c.and_then(|s| char::from_u32(s.as_wtf8().code_points().next()?));
    let Some(kind) = c.and_then(Kind::from_code) else {
        return Err(vm.value_error("second argument must be a valid type code"));
    };
    if !(0..=21).contains(&format) {
        return Err(vm.value_error("third argument must be a valid machine format code."));
    }
    let Some(b) = items.downcast::<Bytes>() else {
        return Err(
            vm.type_error(format_args!("fourth argument should be bytes, not {}", vm.type_of(items).name()))
        );
    };
    let made = vm.call1(cls, code)?;
    let a = me(vm, &made)?;
    if format == kind.machine_format() {
        a.append_bytes(vm, b.as_bytes())?;
        return Ok(made);
    }
    let Some((from, big)) = kind::of_machine_format(format) else {
        let names = if format == 18 { "utf-16-le" } else { "utf-16-be" };
        let text = vm.call_method_name(items, &vm.names.decode, &[vm.new_str(names).into_value()])?;
        initialise(vm, a, &text)?;
        return Ok(made);
    };
    if b.len() % from.size() != 0 {
        return Err(vm.value_error("bytes length not a multiple of item size"));
    }
    for chunk in b.as_bytes().chunks(from.size()) {
        let mut chunk = chunk.to_vec();
        if big {
            chunk.reverse();
        }
        a.push(vm, &from.load(vm, &chunk)?)?;
    }
    Ok(made)
}

/// This module defines an object type which can efficiently represent
/// an array of basic values: characters, integers, floating-point
/// numbers.  Arrays are sequence types and behave very much like lists,
/// except that the type of objects stored in them is constrained.
#[pymodule(name = "array")]
pub mod array {
    use super::*;

    pytypes!(Array);

    #[pyconst("ArrayType")]
    fn array_type(vm: &Vm) -> Gc<Type> {
        vm.native_type::<Array>()
    }

    #[pyconst("typecodes")]
    fn typecodes(vm: &Vm) -> Value {
        let codes: String = kind::ALL.iter().map(|(_, c, _)| *c).collect();
        vm.new_str(&codes).into_value()
    }

    /// Internal. Used for pickling support.
    #[pyfn("_array_reconstructor(arraytype, typecode, mformat_code, items, /)")]
    fn array_reconstructor(
        vm: &Vm,
        arraytype: &Value,
        typecode: &Value,
        mformat_code: i64,
        items: &Value,
    ) -> PyResult<Value> {
        reconstruct(vm, arraytype, typecode, mformat_code, items)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        let _ = module;
        let abc = vm.import_named("collections.abc")?;
        let sequence = vm.get_attr_str(&abc, "MutableSequence")?;
        let cls = vm.native_type::<Array>().into_value();
        vm.call_method(&sequence, "register", &[cls])?;
        Ok(())
    }
}
