//! The byte code of a code object, loaded when it is first looked into: most functions of an imported module are never
//! called, and what makes a function can be read off the bytes.

use std::cell::OnceCell;
use std::ops::Deref;
use taipan_bytecode::{Blob, CodeData, Glance, load_nested};

pub struct LazyData {
    loaded: OnceCell<Box<CodeData>>,
    /// What it is loaded from; empty if it was there from the start.
    bytes: Blob,
    /// The file of the code around it, which it takes over unless it names one.
    file: Blob,
}

impl LazyData {
    pub fn new(data: CodeData) -> LazyData {
        LazyData { loaded: OnceCell::from(Box::new(data)), bytes: Blob::default(), file: Blob::default() }
    }

    /// Code that is a constant of other code, which is frozen or has passed the verifier with all that it holds.
    pub fn nested(bytes: Blob, file: Blob) -> LazyData {
        LazyData { loaded: OnceCell::new(), bytes, file }
    }

    #[cold]
    #[inline(never)]
    fn load(&self) -> &CodeData {
        self.loaded.get_or_init(|| Box::new(load_nested(self.bytes.clone(), &self.file).unwrap_or_default()))
    }

    /// Whether it is a function of the library in the binary.
    pub fn is_frozen(&self) -> bool {
        !self.bytes.is_empty() && self.bytes.as_static().is_some()
    }

    pub fn flags(&self) -> u32 {
        self.loaded.get().map_or_else(|| Glance(&self.bytes).flags(), |d| d.flags)
    }

    pub fn name(&self) -> &[u8] {
        self.loaded.get().map_or_else(|| Glance(&self.bytes).name(), |d| &d.name)
    }

    pub fn qualname(&self) -> &[u8] {
        self.loaded.get().map_or_else(|| Glance(&self.bytes).qualname(), |d| &d.qualname)
    }
}

impl Deref for LazyData {
    type Target = CodeData;

    #[inline]
    fn deref(&self) -> &CodeData {
        match self.loaded.get() {
            Some(data) => data,
            None => self.load(),
        }
    }
}
