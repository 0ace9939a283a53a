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
use crate::types::buffer::{Buffer, Hold, Request, c_strides, gather, gather_fortran, scatter};
use crate::types::memory_items::{format_size, integer_format, native_format, pack, unpack};
use crate::types::numbers::int_value;
use crate::types::slice::{Indices, Slice};
use std::borrow::Cow;
use std::cell::Cell;
use taipan_text::strings as ts;

/// More dimensions a view cannot have.
pub const MAX_NDIM: usize = 64;

/// The buffer that views share.
#[pytype(name = "managedbuffer", flags(GC, NO_NEW), no_methods, no_slots)]
pub struct ManagedBuffer {
    buffer: Guarded<Option<Buffer>>,
}

impl Trace for ManagedBuffer {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.buffer.with(|b| {
            if let Some(b) = b {
                visit(&b.owner);
                visit(&b.obj);
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
    format: Cow<'static, str>,
    shape: Vec<usize>,
    strides: Vec<isize>,
    suboffsets: Vec<isize>,
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
        if !self.suboffsets.is_empty() {
            return false;
        }
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
        self.with(|b| b.obj.clone()).unwrap_or(Value::NONE)
    }

    fn bytes(&self, vm: &Vm) -> PyResult<Vec<u8>> {
        self.with(|b| gather(vm, &window(b, &self.view.layout))).unwrap_or(Ok(Vec::new()))
    }

    /// The byte offset of an index in a dimension, from where the dimensions before lead to.
    fn step(&self, offset: isize, dim: usize, index: isize) -> isize {
        let l = &self.view.layout;
        if l.suboffsets.is_empty() {
            return offset + l.strides.get(dim).copied().unwrap_or(0) * index;
        }
        self.with(|b| window(b, l).step(offset, dim, index)).unwrap_or(0)
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

/// The managed buffer seen through a view's layout.
fn window(b: &Buffer, l: &Layout) -> Buffer {
    Buffer {
        owner: Value::NONE,
        obj: Value::NONE,
        ptr: b.ptr.wrapping_offset(l.start),
        len: l.nbytes(),
        readonly: l.readonly,
        itemsize: l.itemsize,
        format: l.format.clone(),
        ndim: l.shape.len(),
        shape: l.shape.clone(),
        strides: l.strides.clone(),
        suboffsets: l.suboffsets.clone(),
        rows: b.rows - l.start,
        release: None,
    }
}

fn item<'b>(b: &'b Buffer, l: &Layout, offset: isize) -> &'b [Cell<u8>] {
    b.item_of(l.start + offset, l.itemsize)
}

/// A view on a buffer.
pub fn of_buffer(vm: &Vm, mut b: Buffer) -> Value {
    b.complete();
    let layout = Layout {
        start: 0,
        itemsize: b.itemsize,
        format: b.format.clone(),
        shape: b.shape.clone(),
        strides: b.strides.clone(),
        suboffsets: b.suboffsets.clone(),
        readonly: b.readonly,
    };
    let managed = vm.alloc(ManagedBuffer { buffer: Guarded::new(Some(b)) });
    make(vm, managed, layout)
}

/// The same, unless there are more dimensions than views have.
pub fn try_of_buffer(vm: &Vm, b: Buffer) -> PyResult<Value> {
    if b.ndim > MAX_NDIM {
        return Err(vm.value_error("memoryview: number of dimensions must not exceed 64"));
    }
    Ok(of_buffer(vm, b))
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
        try_of_buffer(self, self.buffer(v, Request::FULL_RO)?)
    }
}

/// As `Live::step`, with an index that a program gives.
fn step(vm: &Vm, live: &Live<'_>, offset: isize, dim: usize, index: isize) -> PyResult<isize> {
    let n = live.view.layout.shape.get(dim).map_or(0, |n| *n as isize);
    let at = if index < 0 { index.saturating_add(n) } else { index };
    if at < 0 || at >= n {
        return Err(vm.index_error(format_args!("index out of bounds on dimension {}", dim + 1)));
    }
    Ok(live.step(offset, dim, at))
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
        return Ok(Place::Item(step(vm, live, 0, 0, vm.index_isize(key)?)?));
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
                offset = step(vm, live, offset, dim, vm.index_isize(i)?)?;
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
    let format = live.format(vm)?;
    if m.layout.readonly {
        return Err(vm.type_error("cannot modify read-only memory"));
    }
    let Some(value) = value else { return Err(vm.type_error("cannot delete memory")) };
    match place(vm, &live, key, true)? {
        Place::Item(offset) => {
            let raw = pack(vm, &m.layout.format, format, value)?;
            m.live(vm)?.put(offset, &raw);
            Ok(())
        }
        Place::Slice(to) => {
            let mut from = vm.buffer(value, Request::FULL_RO)?;
            from.complete();
            let bare = |f: &str| f.strip_prefix('@').unwrap_or(f).to_string();
            let same = bare(&from.format) == bare(&to.format)
                && from.itemsize == to.itemsize
                && from.shape == to.shape;
            if !same {
                return Err(
                    vm.value_error("memoryview assignment: lvalue and rvalue have different structures")
                );
            }
            // A copy, since both may be the same memory.
            let bytes = gather(vm, &from)?;
            m.live(vm)?.with(|b| scatter(&window(b, &to), &bytes));
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
    let h = vm.hash_bytes(&m.live(vm)?.bytes(vm)?);
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
    if !same_shape(&m.layout.shape, &w.layout.shape) {
        return answer(false);
    }
    let (x, y) = (m.live(vm)?.bytes(vm)?, w.live(vm)?.bytes(vm)?);
    let (f, g) = (native_format(&m.layout.format), native_format(&w.layout.format));
    let same = match (f, g) {
        (Some(f), Some(g)) if f == g && (integer_format(f).is_some() || f == b'c') => x == y,
        (Some(f), Some(g)) => {
            let items =
                x.chunks_exact(m.layout.itemsize.max(1)).zip(y.chunks_exact(w.layout.itemsize.max(1)));
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

/// Lengths behind one that is zero do not matter.
fn same_shape(a: &[usize], b: &[usize]) -> bool {
    let until_zero = |shape: &[usize]| shape.iter().position(|n| *n == 0).map_or(shape.len(), |at| at + 1);
    a.len() == b.len() && a.get(..until_zero(a)) == b.get(..until_zero(b))
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
    let items = |l: &Layout, raw: &[u8]| {
        let made = vm.call(&unpack, &[vm.new_str(&l.format).into_value(), vm.new_bytes(raw).into_value()])?;
        PyResult::Ok(made.downcast::<Tuple>().map(|t| t.items().to_vec()).unwrap_or_default())
    };
    // What the module does not know is equal to nothing.
    for l in [&v.layout, &w.layout] {
        if items(l, &vec![0; l.itemsize]).is_err() {
            drop(vm.take_raised());
            return Ok(false);
        }
    }
    for (p, q) in x.chunks_exact(v.layout.itemsize.max(1)).zip(y.chunks_exact(w.layout.itemsize.max(1))) {
        let (Ok(p), Ok(q)) = (items(&v.layout, p), items(&w.layout, q)) else {
            drop(vm.take_raised());
            return Ok(false);
        };
        if p.len() != q.len() {
            return Ok(false);
        }
        for (p, q) in p.iter().zip(&q) {
            let r = vm.rich_compare(p, q, CompareOp::Eq)?;
            if !vm.is_true(&r)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let m = object::<MemoryView>(vm, v, "__buffer__")?;
    let live = m.shareable(vm)?;
    let Some(mut b) = live.with(|b| window(b, &m.layout)) else {
        return Err(vm.system_error("a view without memory"));
    };
    b.owner = v.clone();
    b.obj = v.clone();
    b.release = Some(release_export);
    m.exports.set(m.exports.get() + 1);
    b.answering(vm, request, "memoryview: underlying buffer")
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
    managed.buffer.with(|b| b.as_ref().map(|b| b.obj.clone()))
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

fn list_of(vm: &Vm, live: &Live<'_>, format: u8, dim: usize, offset: isize) -> PyResult {
    let Some(n) = live.view.layout.shape.get(dim) else { return Ok(live.get(vm, format, offset)) };
    let mut items = Vec::new();
    if items.try_reserve_exact(*n).is_err() {
        return Err(vm.memory_error());
    }
    for i in 0..*n as isize {
        items.push(list_of(vm, live, format, dim + 1, live.step(offset, dim, i))?);
    }
    Ok(vm.new_list(items).into_value())
}

/// The items with the first index varying fastest.
fn fortran_bytes(vm: &Vm, live: &Live<'_>) -> PyResult<Vec<u8>> {
    live.with(|b| gather_fortran(vm, &window(b, &live.view.layout))).unwrap_or(Ok(Vec::new()))
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
            Ok(Some(live.get(vm, format, live.step(0, 0, at as isize))))
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
            if items.len() > MAX_NDIM {
                return Err(vm.value_error("memoryview: number of dimensions must not exceed 64"));
            }
            if l.shape.len() != 1 && items.len() != 1 {
                return Err(vm.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
            }
            Some(items)
        }
    };
    let Some(c) = native_format(format) else {
        return Err(vm.value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    let is_byte = |c: u8| matches!(c, b'b' | b'B' | b'c');
    if !native_format(&l.format).is_some_and(is_byte) && !is_byte(c) {
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
    Ok(Layout {
        start: l.start,
        itemsize,
        format: format.to_string().into(),
        shape,
        strides,
        suboffsets: Vec::new(),
        readonly: l.readonly,
    })
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
        if object.is_instance_of::<MemoryView>() || !vm.has_buffer(object) {
            return vm.new_memoryview(object);
        }
        try_of_buffer(vm, vm.buffer(object, Request(flags))?)
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
        Ok(zelf.layout.format.to_string())
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
        Ok(size_tuple(vm, zelf.layout.suboffsets.iter().map(|n| *n as i64)))
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
        match ts::bytes_hex(&zelf.live(vm)?.bytes(vm)?, sep) {
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
        for i in range {
            let live = zelf.live(vm)?;
            let x = live.get(vm, format, live.step(0, 0, i as isize));
            drop(live);
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
            "C" => live.bytes(vm)?,
            "F" => fortran_bytes(vm, &live)?,
            "A" if l.is_contiguous(true) && !l.is_contiguous(false) => fortran_bytes(vm, &live)?,
            "A" => live.bytes(vm)?,
            _ => return Err(vm.value_error("order must be 'C', 'F' or 'A'")),
        };
        vm.try_new_bytes(&bytes)
    }

    /// Return the data in the buffer as a list of elements.
    #[pymethod("tolist($self, /)")]
    fn tolist(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Value> {
        let live = zelf.live(vm)?;
        let format = live.format(vm)?;
        list_of(vm, &live, format, 0, 0)
    }

    /// Return a readonly version of the memoryview.
    #[pymethod("toreadonly($self, /)")]
    fn toreadonly(vm: &Vm, zelf: &Gc<MemoryView>) -> PyResult<Value> {
        let live = zelf.shareable(vm)?;
        Ok(make(vm, live.managed.clone(), Layout { readonly: true, ..zelf.layout.clone() }))
    }
}
