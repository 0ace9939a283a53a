//! The storage of `str`: WTF-8 bytes in line, with cached hash and length in code points. Methods: `types/str/`.
//!
//! A string is ASCII exactly when its length in code points is its length in bytes; then indexes are byte offsets.

use crate::{Value, Vm};
use std::cell::Cell;
use taipan_heap::{Gc, Layout, PayloadFns, Trace, VarObj, flags, payload};
use taipan_text::wtf8::{Wtf8, Wtf8Buf};

/// Header flag: the string is in the interpreter's table of interned strings.
pub const INTERNED: u32 = flags::USER1;

pub struct StrHead {
    /// -1: not computed yet.
    hash: Cell<i64>,
    chars: usize,
}

impl Trace for StrHead {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

/// The payload of `str`.
#[repr(transparent)]
pub struct Str(VarObj<StrHead, u8>);

// SAFETY: transparent over the `VarObj` that the functions are for.
#[allow(unsafe_code)]
unsafe impl Layout for Str {
    const FNS: PayloadFns = payload::var::<StrHead, u8>();
}

impl Str {
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.items()
    }

    #[inline]
    pub fn as_wtf8(&self) -> &Wtf8 {
        // SAFETY: strings are made only from WTF-8 (`Vm::new_wtf8` and friends).
        #[allow(unsafe_code)]
        unsafe {
            Wtf8::from_bytes_unchecked(self.0.items())
        }
    }

    /// The text, unless it holds a lone surrogate.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        if self.is_ascii() {
            // SAFETY: ASCII is UTF-8.
            #[allow(unsafe_code)]
            return Some(unsafe { std::str::from_utf8_unchecked(self.0.items()) });
        }
        self.as_wtf8().as_str()
    }

    /// The text with lone surrogates replaced; for messages.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        self.as_wtf8().to_string_lossy()
    }

    /// Length in code points: what `len()` says.
    #[inline]
    pub fn char_len(&self) -> usize {
        self.0.head.chars
    }

    #[inline]
    pub fn byte_len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.0.head.chars == self.0.len()
    }

    #[inline]
    pub fn cached_hash(&self) -> Option<i64> {
        let h = self.0.head.hash.get();
        (h != -1).then_some(h)
    }
}

impl Vm {
    /// Python's hash of a string (SipHash-1-3 with the interpreter's key), cached.
    #[inline]
    pub fn str_hash(&self, s: &Str) -> i64 {
        match s.cached_hash() {
            Some(h) => h,
            None => {
                let h = self.hash_bytes(s.as_bytes());
                s.0.head.hash.set(h);
                h
            }
        }
    }

    fn raw_str(&self, ty: &Gc<crate::object::Type>, bytes: &[u8], chars: usize) -> Option<Gc<Str>> {
        let head = StrHead { hash: Cell::new(-1), chars };
        // SAFETY: `ty` is `str` or a class with its layout; the heap writes the payload that its functions expect.
        #[allow(unsafe_code)]
        unsafe {
            let extra = ty.extra_size();
            Some(self.heap.alloc_var::<StrHead, u8>(ty.as_ptr(), head, bytes.iter().copied(), extra)?.cast())
        }
    }

    /// A string from text; memory that cannot be had ends the process only for sizes Rust already held.
    pub fn new_wtf8(&self, text: &Wtf8) -> Gc<Str> {
        let bytes = text.as_bytes();
        if bytes.len() == 1 {
            return self.char_str(bytes[0] as u32);
        }
        if bytes.is_empty() {
            return self.names.empty.clone();
        }
        let chars = taipan_text::wtf8::count_starts(bytes);
        self.raw_str(&self.types.str, bytes, chars).expect("a string as large as one in memory")
    }

    pub fn new_str(&self, text: &str) -> Gc<Str> {
        self.new_wtf8(Wtf8::new(text))
    }

    /// A string known to be ASCII.
    pub fn new_ascii(&self, bytes: &[u8]) -> Gc<Str> {
        debug_assert!(bytes.is_ascii());
        match bytes {
            [] => self.names.empty.clone(),
            [b] => self.char_str(*b as u32),
            _ => {
                self.raw_str(&self.types.str, bytes, bytes.len()).expect("a string as large as one in memory")
            }
        }
    }

    pub fn new_wtf8_buf(&self, text: Wtf8Buf) -> Gc<Str> {
        self.new_wtf8(text.as_wtf8())
    }

    /// A string of a `str` subclass.
    pub fn new_str_in(&self, cls: &Gc<crate::object::Type>, text: &Wtf8) -> Gc<Str> {
        if cls.is(&self.types.str) {
            return self.new_wtf8(text);
        }
        debug_assert!(std::ptr::eq(cls.def, <Str as crate::object::Payload>::def()));
        let chars = taipan_text::wtf8::count_starts(text.as_bytes());
        let s = self.raw_str(cls, text.as_bytes(), chars).expect("a string as large as one in memory");
        cls.start_instance(s.as_value());
        s
    }

    /// The string of one code point; one object each for Latin-1.
    pub fn char_str(&self, cp: u32) -> Gc<Str> {
        if let Some(s) = self.names.latin1.get(cp as usize) {
            return s.clone();
        }
        let mut buf = [0; 4];
        let bytes = taipan_text::wtf8::encode(cp, &mut buf);
        self.raw_str(&self.types.str, bytes, 1).expect("a short string")
    }

    /// A fresh string that is not shared even if it is short; for start-up.
    pub(crate) fn fresh_str(&self, bytes: &[u8]) -> Gc<Str> {
        let chars = taipan_text::wtf8::count_starts(bytes);
        self.raw_str(&self.types.str, bytes, chars).expect("a short string")
    }

    /// The interned string with this text: equal names are one object.
    pub fn intern(&self, text: &str) -> Gc<Str> {
        self.interned.intern_bytes(self, text.as_bytes())
    }

    /// The interned twin of a string (itself, if it is the first of its text).
    pub fn intern_str(&self, s: &Gc<Str>) -> Gc<Str> {
        if s.header().has_flag(INTERNED) { s.clone() } else { self.interned.intern(self, s) }
    }
}

/// str
#[taipan_macros::pytype(name = "str", flags(BASETYPE, UNICODE_SUBCLASS, MATCH_SELF), no_methods)]
impl crate::types::typedef::Slots for Str {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}
