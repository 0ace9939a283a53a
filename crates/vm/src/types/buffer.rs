//! The buffer protocol: how an object shows its bytes to `memoryview`, `bytes()`, files and sockets.
//!
//! I1  While a `Buffer` lives, the exporter neither moves nor resizes its bytes (it counts exports and raises
//!     `BufferError` on attempts); the exporter's `release` ends that.

use crate::object::ValueExt;
use crate::{Bytes, PyResult, Value, Vm};
use std::cell::Cell;
use taipan_heap::Gc;

/// A view of an exporter's bytes.
pub struct Buffer {
    pub owner: Value,
    /// First byte, length in bytes. Valid while the export lasts (I1).
    pub ptr: *mut u8,
    pub len: usize,
    pub readonly: bool,
    pub itemsize: usize,
    /// Format of an item in `struct` notation; `B` for bytes.
    pub format: String,
    /// Lengths and strides in bytes per dimension; empty: one dimension of `len / itemsize`.
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
    pub release: Option<fn(&Vm, &Value)>,
}

/// `writable`: a read-only exporter raises `BufferError`.
pub type BufferFn = fn(&Vm, &Value, bool) -> PyResult<Buffer>;

impl Buffer {
    /// One dimension of bytes.
    pub fn plain(owner: &Value, bytes: &[u8], readonly: bool, release: Option<fn(&Vm, &Value)>) -> Buffer {
        Buffer {
            owner: owner.clone(),
            ptr: bytes.as_ptr() as *mut u8,
            len: bytes.len(),
            readonly,
            itemsize: 1,
            format: String::from("B"),
            shape: Vec::new(),
            strides: Vec::new(),
            release,
        }
    }

    /// The same memory without an owner: for whoever keeps this buffer beside it.
    pub fn unowned(&self) -> Buffer {
        Buffer {
            owner: Value::NONE,
            format: self.format.clone(),
            shape: self.shape.clone(),
            strides: self.strides.clone(),
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
    /// Only for contiguous buffers: see `is_contiguous`.
    #[allow(unsafe_code)]
    pub fn bytes(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: I1.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }

    /// The bytes as cells, for writing.
    #[allow(unsafe_code)]
    pub fn cells(&self) -> &[Cell<u8>] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: I1; callers check `readonly` first.
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

    /// Whether the items lie one after the other in C's order.
    pub fn is_contiguous(&self) -> bool {
        if self.strides.is_empty() || self.len == 0 {
            return true;
        }
        let mut expected = self.itemsize as isize;
        for (n, stride) in self.shape.iter().zip(&self.strides).rev() {
            if *n > 1 && *stride != expected {
                return false;
            }
            expected = expected.saturating_mul(*n as isize);
        }
        true
    }
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
pub fn gather(b: &Buffer) -> Vec<u8> {
    let mut out = Vec::new();
    gather_into(b, &b.shape, &b.strides, 0, &mut out);
    out
}

fn gather_into(b: &Buffer, shape: &[usize], strides: &[isize], offset: isize, out: &mut Vec<u8>) {
    match (shape, strides) {
        ([n, shape @ ..], [stride, strides @ ..]) => {
            for i in 0..*n as isize {
                gather_into(b, shape, strides, offset + i * stride, out);
            }
        }
        _ => out.extend(b.item(offset).iter().map(Cell::get)),
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
    pub fn buffer(&self, v: &Value, writable: bool) -> PyResult<Buffer> {
        match self.type_of(v).slots.buffer.get() {
            Some(f) => f(self, v, writable),
            None => Err(self.type_error(format_args!(
                "a bytes-like object is required, not '{}'",
                self.type_of(v).name()
            ))),
        }
    }

    /// The bytes of an object that has a buffer.
    pub fn bytes_like(&self, v: &Value) -> PyResult<BytesLike> {
        if let Some(b) = v.downcast::<Bytes>() {
            return Ok(BytesLike::Bytes(b.clone()));
        }
        let b = self.buffer(v, false)?;
        if b.is_contiguous() {
            return Ok(BytesLike::Buffer(b));
        }
        Ok(BytesLike::Copy(gather(&b)))
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
