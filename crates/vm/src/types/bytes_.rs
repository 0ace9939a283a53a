//! The storage of `bytes`: bytes in line, with a cached hash. Methods: `types/bytes/`.

use crate::object::Type;
use crate::{PyResult, Value, Vm};
use std::cell::Cell;
use std::mem::MaybeUninit;
use taipan_heap::{Gc, Layout, PayloadFns, Trace, VarObj, payload};

pub struct BytesHead {
    /// -1: not computed yet.
    hash: Cell<i64>,
}

impl Trace for BytesHead {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

/// The payload of `bytes`.
#[repr(transparent)]
pub struct Bytes(VarObj<BytesHead, u8>);

// SAFETY: transparent over the `VarObj` that the functions are for.
#[allow(unsafe_code)]
unsafe impl Layout for Bytes {
    const FNS: PayloadFns = payload::var::<BytesHead, u8>();
}

impl Bytes {
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.items()
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Vm {
    /// `bytes` as large as something in memory: where it cannot be had the process ends, as for Rust's own collections.
    pub fn new_bytes(&self, bytes: &[u8]) -> Gc<Bytes> {
        if let Some(b) = self.small_bytes(bytes) {
            return b;
        }
        self.raw_bytes(&self.types.bytes, bytes).unwrap_or_else(|| no_memory(bytes.len()))
    }

    /// `bytes` of a size that programs control.
    pub fn try_new_bytes(&self, bytes: &[u8]) -> PyResult<Gc<Bytes>> {
        if let Some(b) = self.small_bytes(bytes) {
            return Ok(b);
        }
        match self.raw_bytes(&self.types.bytes, bytes) {
            Some(b) => Ok(b),
            None => Err(self.memory_error()),
        }
    }

    /// The one object for these bytes, where they are less than two.
    #[inline]
    fn small_bytes(&self, bytes: &[u8]) -> Option<Gc<Bytes>> {
        let i = match bytes {
            [] => 256,
            [b] => usize::from(*b),
            _ => return None,
        };
        let place = self.names.small_bytes.get(i)?;
        if let Some(b) = place.get() {
            return Some(b.clone());
        }
        let made = self.raw_bytes(&self.types.bytes, bytes)?;
        Some(place.get_or_init(|| made).clone())
    }

    /// A `bytes` of a subclass.
    pub fn new_bytes_in(&self, cls: &Gc<Type>, bytes: &[u8]) -> PyResult<Gc<Bytes>> {
        debug_assert!(std::ptr::eq(cls.def, <Bytes as crate::object::Payload>::def()));
        if cls.is(&self.types.bytes) {
            return self.try_new_bytes(bytes);
        }
        let Some(b) = self.raw_bytes(cls, bytes) else { return Err(self.memory_error()) };
        cls.start_instance(b.as_value());
        Ok(b)
    }

    /// `bytes` of `len` zeros that `fill` writes over.
    pub fn build_bytes(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> PyResult<Gc<Bytes>> {
        if len < 2 {
            let mut room = [0];
            fill(&mut room[..len]);
            return self.try_new_bytes(&room[..len]);
        }
        let write = |room: &mut [MaybeUninit<u8>]| {
            room.fill(MaybeUninit::new(0));
            // SAFETY: every byte was just written.
            #[allow(unsafe_code)]
            fill(unsafe { room.assume_init_mut() });
        };
        // SAFETY: All bytes are initialised.
        #[allow(unsafe_code)]
        let made = unsafe { self.raw_bytes_with(&self.types.bytes, len, write) };
        made.ok_or_else(|| self.memory_error())
    }

    /// Two pieces, together two bytes at least, one behind the other.
    pub fn concat_bytes(&self, a: &[u8], b: &[u8]) -> PyResult<Gc<Bytes>> {
        let Some(len) = a.len().checked_add(b.len()) else { return Err(self.memory_error()) };
        let write = |room: &mut [MaybeUninit<u8>]| {
            let (front, back) = room.split_at_mut(a.len());
            front.write_copy_of_slice(a);
            back.write_copy_of_slice(b);
        };
        // SAFETY: Both halves are written.
        #[allow(unsafe_code)]
        let made = unsafe { self.raw_bytes_with(&self.types.bytes, len, write) };
        made.ok_or_else(|| self.memory_error())
    }

    fn raw_bytes(&self, ty: &Gc<Type>, bytes: &[u8]) -> Option<Gc<Bytes>> {
        let write = |room: &mut [MaybeUninit<u8>]| {
            room.write_copy_of_slice(bytes);
        };
        // SAFETY: all of it is written.
        #[allow(unsafe_code)]
        unsafe {
            self.raw_bytes_with(ty, bytes.len(), write)
        }
    }

    /// # Safety
    /// `write` fills all of the room.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn raw_bytes_with(
        &self,
        ty: &Gc<Type>,
        len: usize,
        write: impl FnOnce(&mut [MaybeUninit<u8>]),
    ) -> Option<Gc<Bytes>> {
        let head = BytesHead { hash: Cell::new(-1) };
        // SAFETY: `ty` is `bytes` or a class with its layout; the heap writes the payload that its functions expect, and
        // `Bytes` is transparent over the `VarObj`.
        unsafe {
            let extra = ty.extra_size();
            let made = self.heap.alloc_var_with::<BytesHead, u8>(ty.as_ptr(), head, len, extra, write);
            made.map(|b| b.cast())
        }
    }

    pub fn bytes_hash(&self, b: &Bytes) -> i64 {
        let cached = b.0.head.hash.get();
        if cached != -1 {
            return cached;
        }
        let h = self.hash_bytes(b.as_bytes());
        b.0.head.hash.set(h);
        h
    }
}

#[cold]
fn no_memory(len: usize) -> ! {
    let layout = std::alloc::Layout::array::<u8>(len).unwrap_or(std::alloc::Layout::new::<u64>());
    std::alloc::handle_alloc_error(layout)
}
