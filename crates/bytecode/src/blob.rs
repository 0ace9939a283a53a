//! Bytes that are either shared on the heap or borrowed for ever (the frozen image): cloning and slicing copy nothing.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// A run of immutable bytes: three words, since a code object has fourteen of them.
#[derive(Clone)]
pub struct Blob(Store);

#[derive(Clone)]
enum Store {
    Static(&'static [u8]),
    /// `start` and `end` lie within the bytes.
    Shared {
        bytes: Arc<Box<[u8]>>,
        start: usize,
        end: usize,
    },
}

const _: () = assert!(size_of::<Blob>() == 24);

impl Blob {
    pub const fn from_static(bytes: &'static [u8]) -> Blob {
        Blob(Store::Static(bytes))
    }

    /// Part of this blob, sharing its bytes; `None` when out of range.
    #[inline]
    pub fn slice(&self, range: Range<usize>) -> Option<Blob> {
        match &self.0 {
            Store::Static(bytes) => bytes.get(range).map(Blob::from_static),
            Store::Shared { bytes, start, end } => {
                if range.start > range.end || range.end > end - start {
                    return None;
                }
                let (first, last) = (start + range.start, start + range.end);
                Some(Blob(Store::Shared { bytes: bytes.clone(), start: first, end: last }))
            }
        }
    }

    /// The bytes when they live for ever.
    pub fn as_static(&self) -> Option<&'static [u8]> {
        match self.0 {
            Store::Static(bytes) => Some(bytes),
            Store::Shared { .. } => None,
        }
    }
}

impl Deref for Blob {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Store::Static(bytes) => bytes,
            Store::Shared { bytes, start, end } => &bytes[*start..*end],
        }
    }
}

impl Default for Blob {
    fn default() -> Blob {
        Blob::from_static(&[])
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Blob {
        let end = bytes.len();
        if end == 0 {
            return Blob::default();
        }
        Blob(Store::Shared { bytes: Arc::new(bytes.into()), start: 0, end })
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.len())
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        **self == **other
    }
}

impl Eq for Blob {}
