//! The buffer protocol: how an object shows its bytes to `memoryview`, `bytes()`, files and sockets.
//!
//! I1  While a `Buffer` lives, the exporter neither moves nor resizes its bytes (it counts exports and raises
//!     `BufferError` on attempts); the exporter's `release` ends that.

use crate::{PyResult, Value, Vm};
use std::cell::Cell;

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
    /// The bytes, copied cell by cell is not needed: nobody writes while native code without Python calls reads.
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
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            crate::vm::with_current(|vm| release(vm, &self.owner));
        }
    }
}
