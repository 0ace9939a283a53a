//! The storage of `bytes`: bytes in line, with a cached hash. Methods: `types/bytes/`.

use crate::object::Type;
use crate::{PyResult, Value, Vm};
use std::cell::Cell;
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
    pub fn new_bytes(&self, bytes: &[u8]) -> Gc<Bytes> {
        self.raw_bytes(&self.types.bytes, bytes)
    }

    /// A `bytes` of a subclass.
    pub fn new_bytes_in(&self, cls: &Gc<Type>, bytes: &[u8]) -> PyResult<Gc<Bytes>> {
        debug_assert!(std::ptr::eq(cls.def, <Bytes as crate::object::Payload>::def()));
        let b = self.raw_bytes(cls, bytes);
        if !cls.is(&self.types.bytes) {
            cls.start_instance(b.as_value());
        }
        Ok(b)
    }

    fn raw_bytes(&self, ty: &Gc<Type>, bytes: &[u8]) -> Gc<Bytes> {
        // SAFETY: `ty` is `bytes` or a class with its layout; the heap writes the payload that its functions expect.
        #[allow(unsafe_code)]
        unsafe {
            let head = BytesHead { hash: Cell::new(-1) };
            let made = self.heap.alloc_var::<BytesHead, u8>(
                ty.as_ptr(),
                head,
                bytes.iter().copied(),
                ty.extra_size(),
            );
            made.expect("bytes as large as a slice in memory").cast()
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

/// bytes
#[taipan_macros::pytype(name = "bytes", flags(BASETYPE, BYTES_SUBCLASS, MATCH_SELF), no_methods)]
impl crate::types::typedef::Slots for Bytes {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}
