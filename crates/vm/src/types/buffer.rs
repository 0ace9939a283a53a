//! The buffer protocol: how an object shows its bytes to `memoryview`, `bytes()`, files and sockets.
//!
//! I1  While a `Buffer` lives, the exporter neither moves nor resizes its bytes (it counts exports and raises
//!     `BufferError` on attempts); the exporter's `release` ends that.

use crate::errors::exc;
use crate::object::ValueExt;
use crate::{Bytes, PyResult, Raised, Value, Vm};
use std::borrow::Cow;
use std::cell::Cell;
use taipan_heap::Gc;

/// What is asked of an exporter: the flags of `__buffer__`, as `inspect.BufferFlags` names them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request(pub i32);

impl Request {
    /// Bytes in one piece.
    pub const SIMPLE: Request = Request(0);
    pub const WRITABLE: Request = Request(1);
    pub const FORMAT: Request = Request(4);
    pub const ND: Request = Request(8);
    pub const STRIDES: Request = Request(0x18);
    pub const C_CONTIGUOUS: Request = Request(0x38);
    pub const F_CONTIGUOUS: Request = Request(0x58);
    pub const ANY_CONTIGUOUS: Request = Request(0x98);
    pub const INDIRECT: Request = Request(0x118);
    /// All there is to know.
    pub const FULL: Request = Request(0x11D);
    pub const FULL_RO: Request = Request(0x11C);
    /// No request, but what `PyMemoryView_FromMemory` takes.
    const READ: Request = Request(0x100);
    const WRITE: Request = Request(0x200);

    /// `SIMPLE`, or bytes to write into.
    pub fn bytes(writable: bool) -> Request {
        if writable { Request::WRITABLE } else { Request::SIMPLE }
    }

    /// Whether all of `flag` is asked for.
    pub fn has(self, flag: Request) -> bool {
        self.0 & flag.0 == flag.0
    }
}

/// A view of an exporter's bytes.
pub struct Buffer {
    /// What keeps the bytes alive and hears of the end.
    pub owner: Value,
    /// The exporter, as `memoryview.obj` shows it; `None` if it is not known.
    pub obj: Value,
    /// First item, length of all items in bytes. Valid while the export lasts (I1).
    pub ptr: *mut u8,
    pub len: usize,
    pub readonly: bool,
    pub itemsize: usize,
    /// Format of an item in `struct` notation; empty if it was not asked for: bytes then.
    pub format: Cow<'static, str>,
    pub ndim: usize,
    /// Lengths and strides in bytes, one for each dimension, or none at all where they were not asked for: then the
    /// items lie one after the other, in one dimension if `shape` is not known either.
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
    /// Rows elsewhere: where a dimension's number is not negative, what the stride leads to is a word with the row's
    /// distance from `rows`, to which the number is added. Empty if there is none.
    pub suboffsets: Vec<isize>,
    /// Bytes from `ptr` to the start of the memory with the rows.
    pub rows: isize,
    pub release: Option<fn(&Vm, &Value)>,
}

pub type BufferFn = fn(&Vm, &Value, Request) -> PyResult<Buffer>;

impl Buffer {
    /// One dimension of bytes, as a request for `SIMPLE` has it.
    pub fn plain(owner: &Value, bytes: &[u8], readonly: bool, release: Option<fn(&Vm, &Value)>) -> Buffer {
        Buffer {
            owner: owner.clone(),
            obj: owner.clone(),
            ptr: bytes.as_ptr() as *mut u8,
            len: bytes.len(),
            readonly,
            itemsize: 1,
            format: Cow::Borrowed(""),
            ndim: 1,
            shape: Vec::new(),
            strides: Vec::new(),
            suboffsets: Vec::new(),
            rows: 0,
            release,
        }
    }

    /// A row of bytes such as `bytes` has them, with what the request wants to know of it.
    pub fn filled(mut self, vm: &Vm, request: Request) -> PyResult<Buffer> {
        if request == Request::SIMPLE {
            return Ok(self);
        }
        if request == Request::READ || request == Request::WRITE {
            return Err(vm.system_error("bad argument to internal function"));
        }
        if self.readonly && request.has(Request::WRITABLE) {
            return Err(vm.raise_new(&exc::BufferError, "Object is not writable."));
        }
        if request.has(Request::FORMAT) {
            self.format = Cow::Borrowed("B");
        }
        self.in_one_row(request);
        Ok(self)
    }

    /// Adds the shape and the strides of one dimension, if they are wanted.
    pub fn in_one_row(&mut self, request: Request) {
        if request.has(Request::ND) {
            self.shape = vec![self.len / self.itemsize.max(1)];
        }
        if request.has(Request::STRIDES) {
            self.strides = vec![self.itemsize as isize];
        }
    }

    /// What a request is told of a buffer whose shape and strides are known; `who` is the text of a refusal's subject.
    pub fn answering(mut self, vm: &Vm, request: Request, who: &str) -> PyResult<Buffer> {
        let refused = |what: &str| Err(vm.raise_new(&exc::BufferError, format_args!("{who} {what}")));
        if self.readonly && request.has(Request::WRITABLE) {
            return refused("is not writable");
        }
        if !request.has(Request::FORMAT) {
            self.format = Cow::Borrowed("");
        }
        let (c, fortran) = (self.is_contiguous(), self.is_fortran());
        if request.has(Request::C_CONTIGUOUS) && !c {
            return refused("is not C-contiguous");
        }
        if request.has(Request::F_CONTIGUOUS) && !fortran {
            return refused("is not Fortran contiguous");
        }
        if request.has(Request::ANY_CONTIGUOUS) && !c && !fortran {
            return refused("is not contiguous");
        }
        if !request.has(Request::INDIRECT) && !self.suboffsets.is_empty() {
            return refused("requires suboffsets");
        }
        if !request.has(Request::STRIDES) {
            if !c {
                return refused("is not C-contiguous");
            }
            self.strides = Vec::new();
        }
        if !request.has(Request::ND) {
            if !self.format.is_empty() {
                let who = who.split(':').next().unwrap_or(who);
                let text = "cannot cast to unsigned bytes if the format flag is present";
                return Err(vm.raise_new(&exc::BufferError, format_args!("{who}: {text}")));
            }
            self.ndim = 1;
            self.shape = Vec::new();
        }
        Ok(self)
    }

    /// Adds what the exporter left out: format, shape and strides.
    pub fn complete(&mut self) {
        if self.format.is_empty() {
            self.format = Cow::Borrowed("B");
        }
        if self.ndim > 0 && self.shape.is_empty() {
            self.ndim = 1;
            self.shape = vec![self.len / self.itemsize.max(1)];
        }
        if self.strides.len() != self.shape.len() {
            self.strides = c_strides(&self.shape, self.itemsize);
        }
    }

    /// The same memory without an owner: for whoever keeps this buffer beside it.
    pub fn unowned(&self) -> Buffer {
        Buffer {
            owner: Value::NONE,
            obj: self.obj.clone(),
            format: self.format.clone(),
            shape: self.shape.clone(),
            strides: self.strides.clone(),
            suboffsets: self.suboffsets.clone(),
            release: None,
            ..*self
        }
    }

    /// The same buffer with another owner, which keeps what the old one kept.
    pub fn handed_to(mut self, owner: Value, release: fn(&Vm, &Value)) -> Buffer {
        self.owner = owner;
        self.release = Some(release);
        self
    }

    /// The bytes, copied cell by cell is not needed: nobody writes while native code without Python calls reads.
    /// Nothing where they do not lie in one piece.
    #[allow(unsafe_code)]
    pub fn bytes(&self) -> &[u8] {
        if self.len == 0 || !self.is_one_piece() {
            return &[];
        }
        // SAFETY: I1; the items lie one after the other from `ptr`.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }

    /// The bytes as cells, for writing.
    #[allow(unsafe_code)]
    pub fn cells(&self) -> &[Cell<u8>] {
        if self.len == 0 || !self.is_one_piece() {
            return &[];
        }
        // SAFETY: I1, as in `bytes`; callers check `readonly` first.
        unsafe { std::slice::from_raw_parts(self.ptr as *const Cell<u8>, self.len) }
    }

    /// The cells of the item at a byte offset from the first one.
    pub fn item(&self, offset: isize) -> &[Cell<u8>] {
        self.item_of(offset, self.itemsize)
    }

    /// The same for items of another size.
    #[allow(unsafe_code)]
    pub fn item_of(&self, offset: isize, size: usize) -> &[Cell<u8>] {
        // SAFETY: I1; offsets are computed from the exporter's own shape and strides (or narrower ones), within which all
        // items lie.
        unsafe { std::slice::from_raw_parts(self.ptr.offset(offset) as *const Cell<u8>, size) }
    }

    /// The byte offset of item or row `index` of dimension `dim`, from the offset that the dimensions before lead to.
    /// The index is within the shape, and both shape and strides are known.
    #[inline]
    pub fn step(&self, offset: isize, dim: usize, index: isize) -> isize {
        let at = offset + self.strides.get(dim).copied().unwrap_or(0) * index;
        match self.suboffsets.get(dim) {
            Some(add) if *add >= 0 => {
                let mut word = [0; size_of::<isize>()];
                for (to, from) in word.iter_mut().zip(self.item_of(at, size_of::<isize>())) {
                    *to = from.get();
                }
                self.rows + isize::from_ne_bytes(word) + add
            }
            _ => at,
        }
    }

    /// Whether the items lie one after the other, in whatever order.
    pub fn is_one_piece(&self) -> bool {
        self.is_contiguous() || self.is_fortran()
    }

    /// Whether the items lie one after the other in C's order.
    pub fn is_contiguous(&self) -> bool {
        self.lies_in(self.shape.iter().zip(&self.strides).rev())
    }

    /// Whether the items lie one after the other in Fortran's order.
    pub fn is_fortran(&self) -> bool {
        if self.strides.is_empty() && self.shape.iter().filter(|n| **n > 1).count() > 1 && self.len > 0 {
            return false;
        }
        self.lies_in(self.shape.iter().zip(&self.strides))
    }

    fn lies_in<'a>(&self, dims: impl Iterator<Item = (&'a usize, &'a isize)>) -> bool {
        if !self.suboffsets.is_empty() {
            return false;
        }
        if self.strides.is_empty() || self.len == 0 {
            return true;
        }
        let mut expected = self.itemsize as isize;
        for (n, stride) in dims {
            if *n > 1 && *stride != expected {
                return false;
            }
            expected = expected.saturating_mul(*n as isize);
        }
        true
    }
}

/// The strides of items that lie one after the other in C's order.
pub fn c_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (s, n) in strides.iter_mut().zip(shape).rev() {
        *s = step;
        step = step.saturating_mul(*n as isize);
    }
    strides
}

/// The same in Fortran's order.
pub fn fortran_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let backwards: Vec<usize> = shape.iter().rev().copied().collect();
    let mut strides = c_strides(&backwards, itemsize);
    strides.reverse();
    strides
}

/// An export for as long as native code needs one: it only counts.
pub struct Hold<'a>(Option<&'a Cell<usize>>);

impl<'a> Hold<'a> {
    /// Counts on an exporter's number of exports.
    pub fn of(exports: &'a Cell<usize>) -> Hold<'a> {
        exports.set(exports.get() + 1);
        Hold(Some(exports))
    }

    /// For bytes that never change.
    pub const NONE: Hold<'static> = Hold(None);
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if let Some(n) = self.0 {
            n.set(n.get().saturating_sub(1));
        }
    }
}

/// The items of a buffer in C's order.
pub fn gather(vm: &Vm, b: &Buffer) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(b.len).is_err() {
        return Err(vm.memory_error());
    }
    if b.is_contiguous() {
        out.extend_from_slice(b.bytes());
    } else {
        gather_into(b, 0, 0, &mut out);
    }
    Ok(out)
}

fn gather_into(b: &Buffer, dim: usize, offset: isize, out: &mut Vec<u8>) {
    match b.shape.get(dim) {
        Some(n) => {
            for i in 0..*n as isize {
                gather_into(b, dim + 1, b.step(offset, dim, i), out);
            }
        }
        None => out.extend(b.item(offset).iter().map(Cell::get)),
    }
}

/// The items with the first index varying fastest.
pub fn gather_fortran(vm: &Vm, b: &Buffer) -> PyResult<Vec<u8>> {
    let items = gather(vm, b)?;
    if b.shape.len() < 2 {
        return Ok(items);
    }
    // A C array of the same items, whose dimensions are taken backwards.
    let mut array = Buffer::plain(&Value::NONE, &items, true, None);
    array.itemsize = b.itemsize;
    array.ndim = b.ndim;
    array.shape = b.shape.iter().rev().copied().collect();
    array.strides = c_strides(&b.shape, b.itemsize);
    array.strides.reverse();
    gather(vm, &array)
}

/// Puts items that lie in C's order where the buffer has them.
pub fn scatter(b: &Buffer, items: &[u8]) {
    let mut items = items.chunks_exact(b.itemsize.max(1));
    scatter_from(b, 0, 0, &mut items);
}

fn scatter_from(b: &Buffer, dim: usize, offset: isize, items: &mut std::slice::ChunksExact<'_, u8>) {
    match b.shape.get(dim) {
        Some(n) => {
            for i in 0..*n as isize {
                scatter_from(b, dim + 1, b.step(offset, dim, i), items);
            }
        }
        None => {
            for (to, from) in b.item(offset).iter().zip(items.next().unwrap_or(&[])) {
                to.set(*from);
            }
        }
    }
}

/// Bytes of something bytes-like, kept alive.
pub enum BytesLike {
    Bytes(Gc<Bytes>),
    Buffer(Buffer),
    /// A copy, where the items do not lie one after the other.
    Copy(Vec<u8>),
}

impl std::ops::Deref for BytesLike {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            BytesLike::Bytes(b) => b.as_bytes(),
            BytesLike::Buffer(b) => b.bytes(),
            BytesLike::Copy(c) => c,
        }
    }
}

impl BytesLike {
    /// Whether nothing can change the bytes: then they may be lent while Python code runs.
    pub fn is_frozen(&self) -> bool {
        !matches!(self, BytesLike::Buffer(_))
    }

    /// The same bytes, such that nothing can change them.
    pub fn freeze(self) -> BytesLike {
        match self {
            BytesLike::Buffer(b) => BytesLike::Copy(b.bytes().to_vec()),
            frozen => frozen,
        }
    }
}

impl Vm {
    /// The buffer of an object.
    pub fn buffer(&self, v: &Value, request: Request) -> PyResult<Buffer> {
        match self.type_of(v).slots.buffer.get() {
            Some(f) => f(self, v, request),
            None => Err(self.type_error(format_args!(
                "a bytes-like object is required, not '{}'",
                self.type_of(v).name()
            ))),
        }
    }

    /// The bytes of an object that has a buffer in one piece.
    pub fn bytes_like(&self, v: &Value) -> PyResult<BytesLike> {
        if let Some(b) = v.downcast::<Bytes>() {
            return Ok(BytesLike::Bytes(b.clone()));
        }
        self.buffer(v, Request::SIMPLE).map(BytesLike::Buffer)
    }

    /// As `bytes_like`, where bytes that are not in one piece are as wrong as none.
    pub fn bytes_like_or(&self, v: &Value, wrong: impl FnOnce() -> Raised) -> PyResult<BytesLike> {
        let found = self.bytes_like(v);
        match self.suppress(found, &exc::BufferError)? {
            Some(b) => Ok(b),
            None => Err(wrong()),
        }
    }

    /// The bytes of any object that has a buffer.
    pub fn all_bytes(&self, v: &Value) -> PyResult<BytesLike> {
        if let Some(b) = v.downcast::<Bytes>() {
            return Ok(BytesLike::Bytes(b.clone()));
        }
        let b = self.buffer(v, Request::FULL_RO)?;
        if b.is_contiguous() {
            return Ok(BytesLike::Buffer(b));
        }
        Ok(BytesLike::Copy(gather(self, &b)?))
    }

    /// Whether the object has a buffer.
    pub fn has_buffer(&self, v: &Value) -> bool {
        self.type_of(v).slots.buffer.get().is_some()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            crate::vm::with_current(|vm| release(vm, &self.owner));
        }
    }
}
