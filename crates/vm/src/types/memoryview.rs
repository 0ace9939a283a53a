//! `memoryview`: a window on the bytes of another object, with a shape.
//!
//! Views of the same memory share one [`ManagedBuffer`], an object of its own so that the collector sees the exporter once.
//! The exporter is let go when the last view is released.
//!
//! I1  All items that shape and strides reach lie within the managed buffer: the first view has them from the exporter,
//!     slicing and casting only narrow or re-divide them.

use crate::errors::exc;
use crate::native::shell::object;
use crate::prelude::*;
use crate::types::buffer::{Buffer, Hold, gather};
use crate::types::numbers::{IntValue, float_value, int_value};
use crate::types::python_buffer::{self, exporter};
use crate::types::slice::{Indices, Slice};
use std::cell::Cell;
use taipan_text::strings as ts;

/// The buffer that views share.
#[pytype(name = "managedbuffer", flags(GC, NO_NEW), no_methods, no_slots)]
pub struct ManagedBuffer {
    buffer: Guarded<Option<Buffer>>,
}

impl Trace for ManagedBuffer {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.buffer.with(|b| {
            if let Some(b) = b {
                visit(&b.owner)
            }
        })
    }
    fn unlink(&self) {
        drop(self.buffer.take())
    }
}

/// How a view divides its memory.
#[derive(Clone)]
struct Layout {
    /// Bytes from the managed buffer's first byte to the first item.
    start: isize,
    itemsize: usize,
    format: String,
    shape: Vec<usize>,
    strides: Vec<isize>,
    readonly: bool,
}

impl Layout {
    fn items(&self) -> usize {
        self.shape.iter().product()
    }

    fn nbytes(&self) -> usize {
        self.items() * self.itemsize
    }

    fn is_contiguous(&self, fortran: bool) -> bool {
        if self.items() == 0 {
            return true;
        }
        let mut expected = self.itemsize as isize;
        let mut fits = |(n, stride): (&usize, &isize)| {
            let good = *n <= 1 || *stride == expected;
            expected = expected.saturating_mul(*n as isize);
            good
        };
        let dims = self.shape.iter().zip(&self.strides);
        if fortran { dims.into_iter().all(&mut fits) } else { dims.rev().all(&mut fits) }
    }
}

/// The payload of `memoryview`.
pub struct MemoryView {
    /// Nothing once it is released.
    managed: GcCell<ManagedBuffer>,
    layout: Layout,
    /// Buffers that others have of this view.
    exports: Cell<usize>,
    /// No further views can be made of it (`__release_buffer__` gets such a view).
    restricted: Cell<bool>,
    hash: Cell<Option<i64>>,
}

crate::fixed_layout!(MemoryView);

impl Trace for MemoryView {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.managed.trace(visit)
    }
    fn unlink(&self) {
        self.managed.set(None)
    }
}

/// A view in use: the managed buffer, kept alive.
struct Live<'a> {
    view: &'a MemoryView,
    managed: Gc<ManagedBuffer>,
}

impl MemoryView {
    fn live(&self, vm: &Vm) -> PyResult<Live<'_>> {
        if let Some(managed) = self.managed.get()
            && managed.buffer.with(Option::is_some)
        {
            return Ok(Live { view: self, managed });
        }
        Err(vm.value_error("operation forbidden on released memoryview object"))
    }

    /// As `live`, for making another view.
    fn shareable(&self, vm: &Vm) -> PyResult<Live<'_>> {
        let live = self.live(vm)?;
        if self.restricted.get() {
            return Err(vm.value_error("cannot create new view on restricted memoryview"));
        }
        Ok(live)
    }

    /// Forbids releasing the view while other code runs.
    fn hold(&self) -> Hold<'_> {
        Hold::of(&self.exports)
    }

    fn ndim(&self) -> usize {
        self.layout.shape.len()
    }
}

impl Live<'_> {
    /// The view as a buffer without a hold on anything, for reading and writing at once.
    fn with<R>(&self, f: impl FnOnce(&Buffer) -> R) -> Option<R> {
        self.managed.buffer.with(|b| b.as_ref().map(f))
    }

    fn owner(&self) -> Value {
        self.with(|b| exporter(&b.owner)).unwrap_or(Value::NONE)
    }

    fn bytes(&self) -> Vec<u8> {
        let l = &self.view.layout;
        self.with(|b| {
            if l.is_contiguous(false) && l.start >= 0 {
                let start = l.start as usize;
                if let Some(bytes) = whole(b).get(start..start + l.nbytes()) {
                    return bytes.iter().map(Cell::get).collect();
                }
            }
            gather(&window(b, l))
        })
        .unwrap_or_default()
    }

    /// The item at a byte offset.
    fn get(&self, vm: &Vm, format: u8, offset: isize) -> Value {
        let l = &self.view.layout;
        let mut raw = [0; 8];
        self.with(|b| {
            for (to, from) in raw.iter_mut().zip(item(b, l, offset)) {
                *to = from.get();
            }
        });
        unpack(vm, format, &raw)
    }

    fn put(&self, offset: isize, raw: &[u8]) {
        let l = &self.view.layout;
        self.with(|b| {
            for (to, from) in item(b, l, offset).iter().zip(raw) {
                to.set(*from);
            }
        });
    }

    fn format(&self, vm: &Vm) -> PyResult<u8> {
        let f = &self.view.layout.format;
        match native_format(f) {
            Some(c) => Ok(c),
            None => Err(
                vm.raise_new(&exc::NotImplementedError, format_args!("memoryview: format {f} not supported"))
            ),
        }
    }
}

/// All cells of a managed buffer whose memory is one piece.
fn whole(b: &Buffer) -> &[Cell<u8>] {
    if b.is_contiguous() { b.cells() } else { &[] }
}

/// The managed buffer seen through a view's layout.
fn window(b: &Buffer, l: &Layout) -> Buffer {
    Buffer {
        owner: Value::NONE,
        ptr: b.ptr.wrapping_offset(l.start),
        len: l.nbytes(),
        readonly: l.readonly,
        itemsize: l.itemsize,
        format: l.format.clone(),
        shape: l.shape.clone(),
        strides: l.strides.clone(),
        release: None,
    }
}

fn item<'b>(b: &'b Buffer, l: &Layout, offset: isize) -> &'b [Cell<u8>] {
    b.item_of(l.start + offset, l.itemsize)
}

/// A view on a buffer.
pub fn of_buffer(vm: &Vm, b: Buffer) -> Value {
    let (itemsize, readonly, format) = (b.itemsize.max(1), b.readonly, b.format.clone());
    let (shape, strides) = if b.shape.is_empty() {
        (vec![b.len / itemsize], vec![itemsize as isize])
    } else if b.strides.is_empty() {
        let strides = c_strides(&b.shape, itemsize);
        (b.shape.clone(), strides)
    } else {
        (b.shape.clone(), b.strides.clone())
    };
    let managed = vm.alloc(ManagedBuffer { buffer: Guarded::new(Some(b)) });
    make(vm, managed, Layout { start: 0, itemsize, format, shape, strides, readonly })
}

fn make(vm: &Vm, managed: Gc<ManagedBuffer>, layout: Layout) -> Value {
    let view = MemoryView {
        managed: GcCell::new(Some(managed)),
        layout,
        exports: Cell::new(0),
        restricted: Cell::new(false),
        hash: Cell::new(None),
    };
    vm.alloc(view).into_value()
}

fn c_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (s, n) in strides.iter_mut().zip(shape).rev() {
        *s = step;
        step = step.saturating_mul(*n as isize);
    }
    strides
}

impl Vm {
    /// `memoryview(v)`.
    pub fn new_memoryview(&self, v: &Value) -> PyResult<Value> {
        if let Some(m) = v.downcast::<MemoryView>() {
            let live = m.shareable(self)?;
            return Ok(make(self, live.managed.clone(), m.layout.clone()));
        }
        if !self.has_buffer(v) {
            return Err(self.type_error(format_args!(
                "memoryview: a bytes-like object is required, not '{}'",
                self.type_of(v).name()
            )));
        }
        let b = self.buffer(v, false)?;
        Ok(of_buffer(self, b))
    }
}

/// The letter of a native format of one item.
fn native_format(format: &str) -> Option<u8> {
    match format.strip_prefix('@').unwrap_or(format).as_bytes() {
        [c] if format_size(*c).is_some() => Some(*c),
        _ => None,
    }
}

fn format_size(c: u8) -> Option<usize> {
    Some(match c {
        b'c' | b'b' | b'B' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'P' | b'd' => 8,
        _ => return None,
    })
}

/// The range of an integer format: its size and whether it has a sign.
fn integer_format(c: u8) -> Option<(usize, bool)> {
    match c {
        b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => Some((format_size(c)?, true)),
        b'B' | b'H' | b'I' | b'L' | b'Q' | b'N' | b'P' => Some((format_size(c)?, false)),
        _ => None,
    }
}

fn unpack(vm: &Vm, c: u8, raw: &[u8; 8]) -> Value {
    let [a, b, d, e, ..] = *raw;
    match c {
        b'c' => vm.new_bytes(&[a]).into_value(),
        b'?' => Value::bool(a != 0),
        b'e' => vm.new_float(half_to_f64(u16::from_ne_bytes([a, b]))),
        b'f' => vm.new_float(f64::from(f32::from_ne_bytes([a, b, d, e]))),
        b'd' => vm.new_float(f64::from_ne_bytes(*raw)),
        b'b' => vm.new_int(i64::from(a as i8)),
        b'h' => vm.new_int(i64::from(i16::from_ne_bytes([a, b]))),
        b'i' => vm.new_int(i64::from(i32::from_ne_bytes([a, b, d, e]))),
        b'l' | b'q' | b'n' => vm.new_int(i64::from_ne_bytes(*raw)),
        b'H' => vm.new_int(i64::from(u16::from_ne_bytes([a, b]))),
        b'I' => vm.new_int(i64::from(u32::from_ne_bytes([a, b, d, e]))),
        b'L' | b'Q' | b'N' | b'P' => vm.new_uint(u64::from_ne_bytes(*raw)),
        _ => vm.new_int(i64::from(a)),
    }
}

fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1.0 + fraction / 1024.0) * 2f64.powi(e - 15),
    }
}

/// Rounds to the nearest half, ties to even; `None` when it is too large.
fn f64_to_half(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let a = x.abs();
    if a.is_nan() {
        return Some(sign | 0x7E00);
    }
    if a.is_infinite() {
        return Some(sign | 0x7C00);
    }
    if a < 2f64.powi(-14) {
        return Some(sign | (a * 2f64.powi(24)).round_ties_even() as u16);
    }
    let exponent = ((a.to_bits() >> 52) as i32) - 1023;
    let fraction = (a / 2f64.powi(exponent) * 1024.0).round_ties_even() as u32;
    let bits = ((exponent + 15) as u32) * 1024 + fraction - 1024;
    if bits >= 0x7C00 { None } else { Some(sign | bits as u16) }
}

/// The bytes of an item, from an object.
fn pack(vm: &Vm, format: &str, c: u8, v: &Value) -> PyResult<[u8; 8]> {
    let bad_type = || vm.type_error(format_args!("memoryview: invalid type for format '{format}'"));
    let bad_value = || vm.value_error(format_args!("memoryview: invalid value for format '{format}'"));
    let mut raw = [0; 8];
    if let Some((size, signed)) = integer_format(c) {
        if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
            return Err(bad_type());
        }
        let n = vm.index(v)?;
        let n: i128 = match int_value(&n) {
            Some(IntValue::Small(n)) => n.into(),
            Some(IntValue::Big(b)) => i128::try_from(b).map_err(|_| bad_value())?,
            None => return Err(bad_type()),
        };
        let bits = 8 * size as u32;
        let (low, high) = if signed {
            (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        };
        if n < low || n > high {
            return Err(bad_value());
        }
        let le = (n as u64).to_le_bytes();
        for (to, from) in raw.iter_mut().zip(le.iter().take(size)) {
            *to = *from;
        }
        if cfg!(target_endian = "big")
            && let Some(used) = raw.get_mut(..size)
        {
            used.reverse();
        }
        return Ok(raw);
    }
    let mut fill = |bytes: &[u8]| {
        for (to, from) in raw.iter_mut().zip(bytes) {
            *to = *from;
        }
    };
    match c {
        b'?' => fill(&[vm.is_true(v)? as u8]),
        b'c' => match v.downcast::<Bytes>().map(|b| b.as_bytes()) {
            Some([b]) => fill(&[*b]),
            Some(_) => return Err(bad_value()),
            None => return Err(bad_type()),
        },
        _ => {
            let x = match float_value(v) {
                Some(x) => x,
                None => {
                    let r = vm.to_f64(v);
                    match vm.suppress(r, &exc::TypeError)? {
                        Some(x) => x,
                        None => return Err(bad_type()),
                    }
                }
            };
            match c {
                b'f' => fill(&(x as f32).to_ne_bytes()),
                b'e' => fill(&f64_to_half(x).ok_or_else(bad_value)?.to_ne_bytes()),
                _ => fill(&x.to_ne_bytes()),
            }
        }
    }
    Ok(raw)
}

/// The byte offset of an index in a dimension.
fn step(vm: &Vm, l: &Layout, dim: usize, index: isize) -> PyResult<isize> {
    let (n, stride) = match (l.shape.get(dim), l.strides.get(dim)) {
        (Some(n), Some(s)) => (*n as isize, *s),
        _ => (0, 0),
    };
    let at = if index < 0 { index.saturating_add(n) } else { index };
    if at < 0 || at >= n {
        return Err(vm.index_error(format_args!("index out of bounds on dimension {}", dim + 1)));
    }
    Ok(at * stride)
}

/// What a subscript means.
enum Place {
    /// An item, by its byte offset.
    Item(isize),
    Slice(Layout),
    Whole,
}

fn place(vm: &Vm, live: &Live<'_>, key: &Value, assign: bool) -> PyResult<Place> {
    let l = &live.view.layout;
    let unsupported = |what: &str| vm.raise_new(&exc::NotImplementedError, what);
    let tuple = key.downcast::<Tuple>();
    if l.shape.is_empty() {
        return match tuple {
            Some(t) if t.is_empty() => Ok(Place::Item(0)),
            _ if key.is_ellipsis() => Ok(if assign { Place::Item(0) } else { Place::Whole }),
            _ => Err(vm.type_error("invalid indexing of 0-dim memory")),
        };
    }
    let is_index = |v: &Value| v.is_int() || vm.type_of(v).slots.index.get().is_some();
    if is_index(key) {
        if l.shape.len() > 1 {
            return Err(unsupported(if assign {
                "sub-views are not implemented"
            } else {
                "multi-dimensional sub-views are not implemented"
            }));
        }
        return Ok(Place::Item(step(vm, l, 0, vm.index_isize(key)?)?));
    }
    if let Some(slice) = key.downcast::<Slice>() {
        if assign && l.shape.len() != 1 {
            return Err(unsupported("memoryview slice assignments are currently restricted to ndim = 1"));
        }
        let bounds = slice.unpack(vm)?;
        let mut new = l.clone();
        if let (Some(n), Some(stride)) = (new.shape.first_mut(), new.strides.first_mut()) {
            let at = Indices::new(bounds, *n);
            if at.len > 0 {
                new.start += at.start * *stride;
            }
            *n = at.len;
            *stride = stride.saturating_mul(at.step);
        }
        return Ok(Place::Slice(new));
    }
    if let Some(t) = tuple {
        if t.items().iter().all(is_index) {
            if t.len() > l.shape.len() {
                return Err(vm.type_error(format_args!(
                    "cannot index {}-dimension view with {}-element tuple",
                    l.shape.len(),
                    t.len()
                )));
            }
            if t.len() < l.shape.len() {
                return Err(unsupported("sub-views are not implemented"));
            }
            let mut offset = 0;
            for (dim, i) in t.items().iter().enumerate() {
                offset += step(vm, l, dim, vm.index_isize(i)?)?;
            }
            return Ok(Place::Item(offset));
        }
        if t.items().iter().all(|v| v.is_instance_of::<Slice>()) {
            return Err(unsupported(if assign {
                "memoryview slice assignments are currently restricted to ndim = 1"
            } else {
                "multi-dimensional slicing is not implemented"
            }));
        }
    }
    Err(vm.type_error("memoryview: invalid slice key"))
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let m = object::<MemoryView>(vm, v, "__getitem__")?;
    let live = m.live(vm)?;
    match place(vm, &live, key, false)? {
        Place::Whole => Ok(v.clone()),
        // The slice was asked for before its bounds ran any code that may have released the view.
        Place::Slice(_) if m.restricted.get() => {
            Err(vm.value_error("cannot create new view on restricted memoryview"))
        }
        Place::Slice(layout) => Ok(make(vm, live.managed.clone(), layout)),
        Place::Item(offset) => {
            let format = live.format(vm)?;
            Ok(m.live(vm)?.get(vm, format, offset))
        }
    }
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let m = object::<MemoryView>(vm, v, "__setitem__")?;
    let live = m.live(vm)?;
    if m.layout.readonly {
        return Err(vm.type_error("cannot modify read-only memory"));
    }
    let Some(value) = value else { return Err(vm.type_error("cannot delete memory")) };
    let format = live.format(vm)?;
    match place(vm, &live, key, true)? {
        Place::Item(offset) => {
            let raw = pack(vm, &m.layout.format, format, value)?;
            m.live(vm)?.put(offset, &raw);
            Ok(())
        }
        Place::Slice(to) => {
            let from = vm.buffer(value, false)?;
            let items = from.len / from.itemsize.max(1);
            let bare = |f: &str| f.strip_prefix('@').unwrap_or(f).to_string();
            let same = bare(&from.format) == bare(&to.format)
                && from.itemsize == to.itemsize
                && from.shape.len() <= 1
                && to.shape.first() == Some(from.shape.first().unwrap_or(&items));
            if !same {
                return Err(
                    vm.value_error("memoryview assignment: lvalue and rvalue have different structures")
                );
            }
            // A copy, since both may be the same memory.
            let bytes = if from.is_contiguous() { from.bytes().to_vec() } else { gather(&from) };
            let live = m.live(vm)?;
            let stride = to.strides.first().copied().unwrap_or(0);
            for (i, raw) in bytes.chunks_exact(to.itemsize).enumerate() {
                live.put(to.start - m.layout.start + i as isize * stride, raw);
            }
            Ok(())
        }
        Place::Whole => Ok(()),
    }
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    let m = object::<MemoryView>(vm, v, "__len__")?;
    m.live(vm)?;
    match m.layout.shape.first() {
        Some(n) => Ok(*n),
        None => Err(vm.type_error("0-dim memory has no length")),
    }
}

fn item_slot(vm: &Vm, v: &Value, index: isize) -> PyResult {
    subscript(vm, v, &vm.new_int(index as i64))
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let m = object::<MemoryView>(vm, v, "__repr__")?;
    let what = if m.live(vm).is_ok() {
        "memory"
    } else {
        drop(vm.take_raised());
        "released memory"
    };
    Ok(vm.new_str(&format!("<{what} at {:#x}>", v.bits())).into_value())
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let m = object::<MemoryView>(vm, v, "__hash__")?;
    if let Some(h) = m.hash.get() {
        return Ok(h);
    }
    let live = m.live(vm)?;
    if !m.layout.readonly {
        return Err(vm.value_error("cannot hash writable memoryview object"));
    }
    if !matches!(native_format(&m.layout.format), Some(b'B' | b'b' | b'c')) {
        return Err(vm.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
    }
    let hold = m.hold();
    vm.hash(&live.owner())?;
    drop(hold);
    let h = vm.hash_bytes(&m.live(vm)?.bytes());
    m.hash.set(Some(h));
    Ok(h)
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let answer = |same: bool| Ok(Value::bool(same == (op == CompareOp::Eq)));
    let m = object::<MemoryView>(vm, a, "__eq__")?;
    let released = |v: &Value| v.downcast::<MemoryView>().is_some_and(|m| !m.managed.is_some());
    if released(a) || released(b) {
        return answer(a.is(b));
    }
    if !vm.has_buffer(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let Ok(other) = vm.new_memoryview(b) else {
        drop(vm.take_raised());
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let Some(w) = other.downcast::<MemoryView>() else { return Ok(Value::NOT_IMPLEMENTED) };
    if m.layout.shape != w.layout.shape {
        return answer(false);
    }
    let (x, y) = (m.live(vm)?.bytes(), w.live(vm)?.bytes());
    let (f, g) = (native_format(&m.layout.format), native_format(&w.layout.format));
    let same = match (f, g) {
        (Some(f), Some(g)) if f == g && (integer_format(f).is_some() || f == b'c') => x == y,
        (Some(f), Some(g)) => {
            let items = x.chunks_exact(m.layout.itemsize).zip(y.chunks_exact(w.layout.itemsize));
            let mut same = true;
            for (p, q) in items {
                let (p, q) = (unpack(vm, f, &padded(p)), unpack(vm, g, &padded(q)));
                // NaN is not equal to itself here.
                let r = vm.rich_compare(&p, &q, CompareOp::Eq)?;
                if !vm.is_true(&r)? {
                    same = false;
                    break;
                }
            }
            same
        }
        _ => struct_equal(vm, m, &x, w, &y)?,
    };
    answer(same)
}

fn padded(raw: &[u8]) -> [u8; 8] {
    let mut out = [0; 8];
    for (to, from) in out.iter_mut().zip(raw) {
        *to = *from;
    }
    out
}

/// Compares items whose formats only module `struct` knows; unequal where even it does not.
fn struct_equal(vm: &Vm, v: &MemoryView, x: &[u8], w: &MemoryView, y: &[u8]) -> PyResult<bool> {
    let module = crate::modules::import_module(vm, "_struct")?;
    let unpack = vm.get_attr_str(&module, "unpack")?;
    let items = |format: &str, raw: &[u8]| {
        vm.call(&unpack, &[vm.new_str(format).into_value(), vm.new_bytes(raw).into_value()])
    };
    for (p, q) in x.chunks_exact(v.layout.itemsize).zip(y.chunks_exact(w.layout.itemsize)) {
        let (Ok(p), Ok(q)) = (items(&v.layout.format, p), items(&w.layout.format, q)) else {
            drop(vm.take_raised());
            return Ok(false);
        };
        let r = vm.rich_compare(&p, &q, CompareOp::Eq)?;
        if !vm.is_true(&r)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn buffer(vm: &Vm, v: &Value, writable: bool) -> PyResult<Buffer> {
    let m = object::<MemoryView>(vm, v, "__buffer__")?;
    let live = m.shareable(vm)?;
    if writable && m.layout.readonly {
        return Err(vm.raise_new(&exc::BufferError, "memoryview: underlying buffer is not writable"));
    }
    let Some(mut b) = live.with(|b| window(b, &m.layout)) else {
        return Err(vm.system_error("a view without memory"));
    };
    b.owner = v.clone();
    b.release = Some(release_export);
    m.exports.set(m.exports.get() + 1);
    Ok(b)
}

/// A view of a buffer from which no further views can be made.
pub fn restricted(vm: &Vm, b: Buffer) -> Value {
    let view = of_buffer(vm, b);
    if let Some(m) = view.downcast::<MemoryView>() {
        m.restricted.set(true);
    }
    view
}

/// The object whose memory a view shows; nothing when it was released.
pub fn owner(view: &Value) -> Option<Value> {
    let managed = view.downcast::<MemoryView>()?.managed.get()?;
    managed.buffer.with(|b| b.as_ref().map(|b| exporter(&b.owner)))
}

/// The end of a buffer that a view exported.
pub fn release_export(_: &Vm, v: &Value) {
    if let Some(m) = v.downcast::<MemoryView>() {
        m.exports.set(m.exports.get().saturating_sub(1));
    }
}

pub fn release(vm: &Vm, m: &MemoryView) -> PyResult<()> {
    let n = m.exports.get();
    if n > 0 {
        return Err(vm.raise_new(
            &exc::BufferError,
            format_args!("memoryview has {n} exported buffer{}", if n == 1 { "" } else { "s" }),
        ));
    }
    let Some(managed) = m.managed.take() else { return Ok(()) };
    drop(managed);
    Ok(())
}

fn list_of(vm: &Vm, live: &Live<'_>, format: u8, dim: usize, offset: isize) -> Value {
    let l = &live.view.layout;
    match (l.shape.get(dim), l.strides.get(dim)) {
        (Some(n), Some(stride)) => {
            let items = (0..*n as isize).map(|i| list_of(vm, live, format, dim + 1, offset + i * stride));
            vm.new_list(items.collect()).into_value()
        }
        _ => live.get(vm, format, offset),
    }
}

/// The items with the first index varying fastest.
fn fortran_bytes(live: &Live<'_>) -> Vec<u8> {
    let mut l = live.view.layout.clone();
    l.shape.reverse();
    l.strides.reverse();
    live.with(|b| gather(&window(b, &l))).unwrap_or_default()
}

fn iter(vm: &Vm, v: &Value) -> PyResult {
    let m = object::<MemoryView>(vm, v, "__iter__")?;
    let live = m.live(vm)?;
    live.format(vm)?;
    match m.layout.shape.as_slice() {
        [n] => Ok(vm
            .alloc(MemoryIterator { view: GcCell::new(Some(m.clone())), index: Cell::new(0), len: *n })
            .into_value()),
        [] => Err(vm.type_error("invalid indexing of 0-dim memory")),
        _ => Err(vm.raise_new(&exc::NotImplementedError, "multi-dimensional sub-views are not implemented")),
    }
}

/// The iterator over a view.
#[pytype(name = "memory_iterator", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct MemoryIterator {
    view: GcCell<MemoryView>,
    index: Cell<usize>,
    #[notrace]
    len: usize,
}

impl Slots for MemoryIterator {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(|_, v| Ok(v.clone())),
        iternext: Some(|vm, v| {
            let it = object::<MemoryIterator>(vm, v, "__next__")?;
            let Some(m) = it.view.get() else { return Ok(None) };
            let at = it.index.get();
            if at >= it.len {
                it.view.set(None);
                return Ok(None);
            }
            it.index.set(at + 1);
            let live = m.live(vm)?;
            let format = live.format(vm)?;
            let stride = m.layout.strides.first().copied().unwrap_or(0);
            Ok(Some(live.get(vm, format, at as isize * stride)))
        }),
        ..SlotDefs::NONE
    };
}

/// Create a new memoryview object which references the given object.
#[pytype(name = "memoryview", signature = "(object)", flags(GC, SEQUENCE, WEAKREF))]
impl Slots for MemoryView {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        item: Some(item_slot),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        buffer: Some(buffer),
        ..SlotDefs::NONE
    };
}

fn size_tuple(vm: &Vm, sizes: impl Iterator<Item = i64>) -> Gc<Tuple> {
    vm.new_tuple(sizes.map(|n| vm.new_int(n)).collect())
}

/// The layout that a cast asks for.
fn cast_layout(vm: &Vm, l: &Layout, format: &str, shape: Option<&Value>) -> PyResult<Layout> {
    if !l.is_contiguous(false) {
        return Err(vm.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    if (shape.is_some() || l.shape.len() != 1) && l.shape.contains(&0) {
        return Err(vm.type_error("memoryview: cannot cast view with zeros in shape or strides"));
    }
    let sizes = match shape {
        None => None,
        Some(v) => {
            let items = if let Some(t) = v.downcast::<Tuple>() {
                t.items().to_vec()
            } else if let Some(list) = v.downcast::<List>() {
                list.to_vec()
            } else {
                return Err(vm.type_error("shape must be a list or a tuple"));
            };
            if items.len() > 64 {
                return Err(vm.value_error("memoryview: number of dimensions must not exceed 64"));
            }
            if l.shape.len() != 1 && items.len() != 1 {
                return Err(vm.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
            }
            Some(items)
        }
    };
    let prefixed = "must be a native single character format prefixed with an optional '@'";
    let Some(source) = native_format(&l.format) else {
        return Err(vm.value_error(format_args!("memoryview: source format {prefixed}")));
    };
    let Some(c) = native_format(format) else {
        return Err(vm.value_error(format_args!("memoryview: destination format {prefixed}")));
    };
    let is_byte = |c: u8| matches!(c, b'b' | b'B' | b'c');
    if !is_byte(source) && !is_byte(c) {
        return Err(vm.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let (itemsize, len) = (format_size(c).unwrap_or(1), l.nbytes());
    if len % itemsize != 0 {
        return Err(vm.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let shape = match sizes {
        None => vec![len / itemsize],
        Some(items) => {
            let mut shape = Vec::new();
            let mut product = itemsize;
            for v in &items {
                if int_value(v).is_none() {
                    return Err(vm.type_error("memoryview.cast(): elements of shape must be integers"));
                }
                let n = isize::from_arg(vm, v)?;
                let Some(n) = usize::try_from(n).ok().filter(|n| *n > 0) else {
                    return Err(vm.value_error("memoryview.cast(): elements of shape must be integers > 0"));
                };
                product = match product.checked_mul(n).filter(|p| *p <= isize::MAX as usize) {
                    Some(p) => p,
                    None => {
                        return Err(vm.value_error("memoryview.cast(): product(shape) > SSIZE_MAX"));
                    }
                };
                shape.push(n);
            }
            if product != len {
                return Err(vm.type_error("memoryview: product(shape) * itemsize != buffer size"));
            }
            shape
        }
    };
    let strides = c_strides(&shape, itemsize);
    Ok(Layout { start: l.start, itemsize, format: format.to_string(), shape, strides, readonly: l.readonly })
}

#[pymethods]
impl MemoryView {
    #[pynew("memoryview(object)")]
    fn new(vm: &Vm, cls: &Gc<Type>, object: &Value) -> PyResult<Value> {
        let _ = cls;
        vm.new_memoryview(object)
    }

    /// Create a new memoryview object which references the given object.
    #[pyclassmethod("_from_flags($type, /, object, flags)")]
    fn from_flags(vm: &Vm, cls: &Value, object: &Value, flags: i32) -> PyResult<Value> {
        let _ = cls;
        let python = vm
            .type_of(object)
            .slots
            .buffer
            .get()
            .is_some_and(|f| std::ptr::fn_addr_eq(f, python_buffer::EXPORT));
        if python {
            return Ok(of_buffer(vm, python_buffer::export_with(vm, object, flags.into())?));
        }
        if flags & 1 == 0 || object.is_instance_of::<MemoryView>() || !vm.has_buffer(object) {
            return vm.new_memoryview(object);
        }
        Ok(of_buffer(vm, vm.buffer(object, true)?))
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> PyResult<Value> {
        Ok(crate::types::generic_alias::make(vm, cls, object))
    }

    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Value> {
        zelf.live(vm)?;
        Ok(zelf.to_value())
    }

    /// Release the underlying buffer exposed by the memoryview object.
    #[pymethod("__exit__($self, /, *exc_info)")]
    fn exit(vm: &Vm, zelf: &Gc<MemoryView>, exc_info: &[Value]) -> PyResult<()> {
        let _ = exc_info;
        release(vm, zelf)
    }

    /// Release the underlying buffer exposed by the memoryview object.
    #[pymethod("release($self, /)")]
    fn py_release(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<()> {
        release(vm, zelf)
    }

    /// A bool indicating whether the memory is C contiguous.
    #[pygetter("c_contiguous")]
    fn c_contiguous(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<bool> {
        zelf.live(vm)?;
        Ok(zelf.layout.is_contiguous(false))
    }

    /// A bool indicating whether the memory is contiguous.
    #[pygetter("contiguous")]
    fn contiguous(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<bool> {
        zelf.live(vm)?;
        Ok(zelf.layout.is_contiguous(false) || zelf.layout.is_contiguous(true))
    }

    /// A bool indicating whether the memory is Fortran contiguous.
    #[pygetter("f_contiguous")]
    fn f_contiguous(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<bool> {
        zelf.live(vm)?;
        Ok(zelf.layout.is_contiguous(true))
    }

    /// A string containing the format (in struct module style)
    ///  for each element in the view.
    #[pygetter("format")]
    fn format(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<String> {
        zelf.live(vm)?;
        Ok(zelf.layout.format.clone())
    }

    /// The size in bytes of each element of the memoryview.
    #[pygetter("itemsize")]
    fn itemsize(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<usize> {
        zelf.live(vm)?;
        Ok(zelf.layout.itemsize)
    }

    /// The amount of space in bytes that the array would use in
    ///  a contiguous representation.
    #[pygetter("nbytes")]
    fn nbytes(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<usize> {
        zelf.live(vm)?;
        Ok(zelf.layout.nbytes())
    }

    /// An integer indicating how many dimensions of a multi-dimensional
    ///  array the memory represents.
    #[pygetter("ndim")]
    fn py_ndim(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<usize> {
        zelf.live(vm)?;
        Ok(zelf.ndim())
    }

    /// The underlying object of the memoryview.
    #[pygetter("obj")]
    fn obj(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Value> {
        Ok(zelf.live(vm)?.owner())
    }

    /// A bool indicating whether the memory is read only.
    #[pygetter("readonly")]
    fn readonly(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<bool> {
        zelf.live(vm)?;
        Ok(zelf.layout.readonly)
    }

    /// A tuple of ndim integers giving the shape of the memory
    ///  as an N-dimensional array.
    #[pygetter("shape")]
    fn shape(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Gc<Tuple>> {
        zelf.live(vm)?;
        Ok(size_tuple(vm, zelf.layout.shape.iter().map(|n| *n as i64)))
    }

    /// A tuple of ndim integers giving the size in bytes to access
    ///  each element for each dimension of the array.
    #[pygetter("strides")]
    fn strides(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Gc<Tuple>> {
        zelf.live(vm)?;
        Ok(size_tuple(vm, zelf.layout.strides.iter().map(|n| *n as i64)))
    }

    /// A tuple of integers used internally for PIL-style arrays.
    #[pygetter("suboffsets")]
    fn suboffsets(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Gc<Tuple>> {
        zelf.live(vm)?;
        Ok(vm.new_tuple(Vec::new()))
    }

    /// Cast a memoryview to a new format or shape.
    #[pymethod("cast($self, /, format, shape=<unrepresentable>)")]
    fn cast(vm: &Vm, zelf: &Gc<MemoryView>, format: &str, shape: Option<&Value>) -> PyResult<Value> {
        zelf.shareable(vm)?;
        let layout = cast_layout(vm, &zelf.layout, format, shape)?;
        Ok(make(vm, zelf.live(vm)?.managed.clone(), layout))
    }

    /// Count the number of occurrences of a value.
    #[pymethod("count($self, value, /)")]
    fn count(vm: &Vm, zelf: &Gc<MemoryView>, value: &Value) -> PyResult<usize> {
        let mut n = 0;
        vm.for_each(zelf.as_value(), |x| {
            n += vm.eq(&x, value)? as usize;
            Ok(())
        })?;
        Ok(n)
    }

    /// Return the data in the buffer as a str of hexadecimal numbers.
    ///
    ///   sep
    ///     What stands between groups of bytes: one ASCII character.
    ///   bytes_per_sep
    ///     The size of the groups, counted from the right, or from the left if
    ///     it is negative.
    #[pymethod("hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hex(vm: &Vm, zelf: &Gc<MemoryView>, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Gc<Str>> {
        zelf.live(vm)?;
        let hold = zelf.hold();
        let sep = crate::types::bytes_methods::hex_separator(vm, sep, bytes_per_sep)?;
        drop(hold);
        match ts::bytes_hex(&zelf.live(vm)?.bytes(), sep) {
            Ok(text) => vm.new_text_bytes(text.as_bytes()),
            Err(ts::TooLarge) => Err(vm.memory_error()),
        }
    }

    /// Return the index of the first occurrence of a value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &Vm,
        zelf: &Gc<MemoryView>,
        value: &Value,
        start: &Value,
        #[raw] stop: Option<&Value>,
    ) -> PyResult<usize> {
        let live = zelf.live(vm)?;
        let n = match zelf.layout.shape.as_slice() {
            [n] => *n,
            [] => return Err(vm.type_error("invalid lookup on 0-dim memory")),
            _ => {
                return Err(
                    vm.raise_new(&exc::NotImplementedError, "multi-dimensional lookup is not implemented")
                );
            }
        };
        let format = live.format(vm)?;
        drop(live);
        let bound = |v: &Value| crate::types::str_methods::search_bound(vm, v, 0);
        let start = if start.is_none() { 0 } else { bound(start)? };
        let stop = match stop {
            Some(v) => bound(v)?,
            None => isize::MAX,
        };
        let range = ts::clip(start, stop, n).unwrap_or_default();
        let stride = zelf.layout.strides.first().copied().unwrap_or(0);
        for i in range {
            let x = zelf.live(vm)?.get(vm, format, i as isize * stride);
            if vm.eq(&x, value)? {
                return Ok(i);
            }
        }
        Err(vm.value_error("memoryview.index(x): x not found"))
    }

    /// Return the data in the buffer as a byte string.
    ///
    /// order is 'C' (last index fastest; also None), 'F' (first index fastest) or
    /// 'A': the memory as it lies if it is contiguous, else as 'C'.
    #[pymethod("tobytes($self, /, order='C')")]
    fn tobytes(vm: &Vm, zelf: &Gc<MemoryView>, #[raw] order: Option<&Value>) -> PyResult<Gc<Bytes>> {
        let live = zelf.live(vm)?;
        let order = match order {
            None => "C",
            Some(v) if v.is_none() => "C",
            Some(v) => match v.downcast::<Str>() {
                Some(s) => s.as_str().unwrap_or(""),
                None => {
                    return Err(vm.type_error(format_args!(
                        "tobytes() argument 'order' must be str or None, not {}",
                        vm.type_of(v).name()
                    )));
                }
            },
        };
        let l = &zelf.layout;
        let bytes = match order {
            "C" => live.bytes(),
            "F" => fortran_bytes(&live),
            "A" if l.is_contiguous(true) && !l.is_contiguous(false) => fortran_bytes(&live),
            "A" => live.bytes(),
            _ => return Err(vm.value_error("order must be 'C', 'F' or 'A'")),
        };
        vm.try_new_bytes(&bytes)
    }

    /// Return the data in the buffer as a list of elements.
    #[pymethod("tolist($self, /)")]
    fn tolist(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Value> {
        let live = zelf.live(vm)?;
        let format = live.format(vm)?;
        Ok(list_of(vm, &live, format, 0, 0))
    }

    /// Return a readonly version of the memoryview.
    #[pymethod("toreadonly($self, /)")]
    fn toreadonly(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Value> {
        let live = zelf.shareable(vm)?;
        Ok(make(vm, live.managed.clone(), Layout { readonly: true, ..zelf.layout.clone() }))
    }
}
