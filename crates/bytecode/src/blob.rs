//! Bytes that are either shared on the heap or borrowed for ever (the frozen image): cloning and slicing copy nothing.

use std::ops::{Deref, Range};
use std::sync::Arc;

#[derive(Clone)]
enum Store {
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
}

/// A run of immutable bytes.
#[derive(Clone)]
pub struct Blob {
    store: Store,
    start: usize,
    end: usize,
}

impl Blob {
    pub const fn from_static(bytes: &'static [u8]) -> Blob {
        Blob { store: Store::Static(bytes), start: 0, end: bytes.len() }
    }

    /// Part of this blob, sharing its bytes; `None` when out of range.
    pub fn slice(&self, range: Range<usize>) -> Option<Blob> {
        if range.start > range.end || range.end > self.len() {
            return None;
        }
        Some(Blob { store: self.store.clone(), start: self.start + range.start, end: self.start + range.end })
    }

    /// The bytes when they live for ever.
    pub fn as_static(&self) -> Option<&'static [u8]> {
        match self.store {
            Store::Static(bytes) => bytes.get(self.start..self.end),
            Store::Shared(_) => None,
        }
    }
}

impl Deref for Blob {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        let all: &[u8] = match &self.store {
            Store::Static(bytes) => bytes,
            Store::Shared(bytes) => bytes,
        };
        &all[self.start..self.end]
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
        Blob { store: Store::Shared(bytes.into()), start: 0, end }
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
