//! The storage of `str`: WTF-8 bytes in line, with cached hash and length in code points. Methods: `types/str/`.
//!
//! A string is ASCII exactly when its length in code points is its length in bytes; then indexes are byte offsets.

use crate::object::{Type, ValueExt};
use crate::{PyResult, Value, Vm};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ops::Range;
use taipan_heap::cell::Guarded;
use taipan_heap::{Gc, Layout, PayloadFns, Trace, VarObj, flags, payload};
use taipan_text::wtf8::{Wtf8, Wtf8Buf, count_starts};

/// Header flag: the string is in the interpreter's table of interned strings.
pub const INTERNED: u32 = flags::USER1;

pub struct StrHead {
    /// -1: not computed yet.
    hash: Cell<i64>,
    chars: Cell<usize>,
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
        self.0.head.chars.get()
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
        self.0.head.chars.get() == self.0.len()
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
                let h = if s.is_ascii() { self.hash_bytes(s.as_bytes()) } else { self.wide_hash(s) };
                s.0.head.hash.set(h);
                h
            }
        }
    }

    /// The hash of a string that is not ASCII: of its code points in as many bytes each as the largest needs, so that
    /// under the same seed it is CPython's.
    #[cold]
    fn wide_hash(&self, s: &Str) -> i64 {
        let text = s.as_wtf8();
        let max = text.code_points().max().unwrap_or(0);
        let mut wide = Vec::with_capacity(s.as_bytes().len() * 2);
        for cp in text.code_points() {
            match max {
                0..=0xFF => wide.push(cp as u8),
                0x100..=0xFFFF => wide.extend((cp as u16).to_le_bytes()),
                _ => wide.extend(cp.to_le_bytes()),
            }
        }
        self.hash_bytes(&wide)
    }

    /// A fresh string of `len` bytes and `chars` code points that `fill` writes. `None`: no memory.
    ///
    /// What `fill` leaves out becomes NUL; it is handed whole code points only, so the text is well-formed.
    #[inline]
    fn raw_str_with(
        &self,
        ty: &Gc<Type>,
        len: usize,
        chars: usize,
        fill: impl FnOnce(&mut Filler<'_>),
    ) -> Option<Gc<Str>> {
        let head = StrHead { hash: Cell::new(-1), chars: Cell::new(chars) };
        let write = |room: &mut [MaybeUninit<u8>]| {
            let mut filler = Filler { room, at: 0 };
            fill(&mut filler);
            filler.finish();
        };
        // SAFETY: `ty` is `str` or a class with its layout; the filler initialises every byte.
        #[allow(unsafe_code)]
        unsafe {
            let made =
                self.heap.alloc_var_with::<StrHead, u8>(ty.as_ptr(), head, len, ty.extra_size(), write);
            Some(made?.cast())
        }
    }

    #[inline]
    fn raw_str(&self, ty: &Gc<Type>, text: &Wtf8, chars: usize) -> Option<Gc<Str>> {
        self.raw_str_with(ty, text.len(), chars, |out| out.push(text))
    }

    /// An exact `str`.
    #[inline]
    fn plain_str(&self, text: &Wtf8, chars: usize) -> Option<Gc<Str>> {
        let head = StrHead { hash: Cell::new(-1), chars: Cell::new(chars) };
        // SAFETY: `str` is static, and its payload has this layout.
        #[allow(unsafe_code)]
        unsafe {
            Some(self.heap.alloc_bytes(self.types.str.as_ptr(), head, text.as_bytes())?.cast())
        }
    }

    /// A string that is written piece by piece; `len` and `chars` are the sums of the pieces'.
    pub fn build_str(
        &self,
        len: usize,
        chars: usize,
        fill: impl FnOnce(&mut Filler<'_>),
    ) -> PyResult<Gc<Str>> {
        if len == 0 {
            return Ok(self.names.empty.clone());
        }
        match self.raw_str_with(&self.types.str, len, chars, fill) {
            Some(s) => Ok(s),
            None => Err(self.memory_error()),
        }
    }

    /// A string from text of a size that programs control: `MemoryError` when it cannot be had.
    pub fn try_new_wtf8(&self, text: &Wtf8) -> PyResult<Gc<Str>> {
        let bytes = text.as_bytes();
        if bytes.len() <= 2 {
            return Ok(self.new_wtf8(text));
        }
        let chars = count_chars(bytes);
        match self.plain_str(text, chars) {
            Some(s) => Ok(s),
            None => Err(self.memory_error()),
        }
    }

    /// A string from bytes that an algorithm of `taipan_text` made of text.
    pub fn new_text_bytes(&self, bytes: &[u8]) -> PyResult<Gc<Str>> {
        self.try_new_wtf8(known(bytes))
    }

    /// A string from text; memory that cannot be had ends the process, as it does for Rust's own collections.
    pub fn new_wtf8(&self, text: &Wtf8) -> Gc<Str> {
        let bytes = text.as_bytes();
        match bytes {
            [] => return self.names.empty.clone(),
            [b] => return self.char_str(*b as u32),
            [a @ (0xC2 | 0xC3), b] => return self.char_str((*a as u32 & 3) << 6 | (*b as u32 & 0x3f)),
            _ => {}
        }
        let chars = count_chars(bytes);
        self.plain_str(text, chars).unwrap_or_else(|| no_memory(bytes.len()))
    }

    pub fn new_str(&self, text: &str) -> Gc<Str> {
        self.new_wtf8(Wtf8::new(text))
    }

    /// `s + t` for a string that nobody else refers to: grows it in place where its block allows. `Err` gives it back.
    pub fn append_str(&self, s: Gc<Str>, t: &Str) -> Result<Gc<Str>, Gc<Str>> {
        if s.header().count() != 1 || s.header().has_flag(INTERNED | flags::WEAKREFS) || s.byte_len() < 64 {
            return Err(s);
        }
        let chars = s.char_len() + t.char_len();
        // SAFETY: `Str` is transparent over the `VarObj`; the one reference to it is `s`, and `t` is another object
        // (it has a reference of its own).
        #[allow(unsafe_code)]
        unsafe {
            let raw = s.cast::<VarObj<StrHead, u8>>();
            match self.heap.extend_var(raw, t.as_bytes()) {
                Ok(raw) => {
                    raw.head.hash.set(-1);
                    raw.head.chars.set(chars);
                    Ok(raw.cast())
                }
                Err(raw) => Err(raw.cast()),
            }
        }
    }

    /// A string known to be ASCII.
    #[inline]
    pub fn new_ascii(&self, bytes: &[u8]) -> Gc<Str> {
        debug_assert!(bytes.is_ascii());
        match bytes {
            [] => self.names.empty.clone(),
            [b] => self.char_str(*b as u32),
            _ => self.plain_str(known(bytes), bytes.len()).unwrap_or_else(|| no_memory(bytes.len())),
        }
    }

    pub fn new_wtf8_buf(&self, text: Wtf8Buf) -> Gc<Str> {
        self.new_wtf8(text.as_wtf8())
    }

    /// The piece of a string between two byte offsets that are code-point boundaries.
    pub fn substr(&self, s: &Gc<Str>, range: Range<usize>) -> PyResult<Gc<Str>> {
        let bytes = s.as_bytes();
        if range.start == 0 && range.end >= bytes.len() {
            return Ok(self.exact_str(s));
        }
        match bytes.get(range).unwrap_or_default() {
            [] => Ok(self.names.empty.clone()),
            [b] => Ok(self.char_str(u32::from(*b))),
            piece if s.is_ascii() => {
                self.plain_str(known(piece), piece.len()).ok_or_else(|| self.memory_error())
            }
            piece => self.try_new_wtf8(known(piece)),
        }
    }

    /// The string itself, or a copy of exact type if it is of a subclass.
    #[inline]
    pub fn exact_str(&self, s: &Gc<Str>) -> Gc<Str> {
        if s.as_value().heap_type().is_some_and(|t| t.is(&self.types.str)) {
            return s.clone();
        }
        self.new_wtf8(s.as_wtf8())
    }

    /// A string of a `str` subclass.
    pub fn new_str_in(&self, cls: &Gc<crate::object::Type>, text: &Wtf8) -> Gc<Str> {
        if cls.is(&self.types.str) {
            return self.new_wtf8(text);
        }
        debug_assert!(std::ptr::eq(cls.def, <Str as crate::object::Payload>::def()));
        let chars = taipan_text::wtf8::count_starts(text.as_bytes());
        let s = self.raw_str(cls, text, chars).unwrap_or_else(|| no_memory(text.len()));
        cls.start_instance(s.as_value());
        s
    }

    /// The string of one code point; one object each for Latin-1.
    #[inline]
    pub fn char_str(&self, cp: u32) -> Gc<Str> {
        if let Some(s) = self.names.latin1.get(cp as usize) {
            return s.clone();
        }
        let mut buf = [0; 4];
        let bytes = taipan_text::wtf8::encode(cp, &mut buf);
        self.plain_str(known(bytes), 1).unwrap_or_else(|| no_memory(bytes.len()))
    }

    /// A fresh string that is not shared even if it is short; for start-up.
    pub(crate) fn fresh_str(&self, bytes: &[u8]) -> Gc<Str> {
        let chars = taipan_text::wtf8::count_starts(bytes);
        self.plain_str(known(bytes), chars).unwrap_or_else(|| no_memory(bytes.len()))
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

/// How many code points: most text is ASCII, which is found out faster.
#[inline]
fn count_chars(bytes: &[u8]) -> usize {
    if bytes.is_ascii() { bytes.len() } else { count_starts(bytes) }
}

/// Well-formed text of which the type system does not know: pieces of strings between boundaries.
#[inline]
pub(crate) fn known(bytes: &[u8]) -> &Wtf8 {
    debug_assert!(Wtf8::from_bytes(bytes).is_some());
    // SAFETY: callers pass pieces of strings cut at code points, or what `taipan_text` made of such.
    #[allow(unsafe_code)]
    unsafe {
        Wtf8::from_bytes_unchecked(bytes)
    }
}

#[cold]
fn no_memory(len: usize) -> ! {
    let layout = std::alloc::Layout::array::<u8>(len).unwrap_or(std::alloc::Layout::new::<u64>());
    std::alloc::handle_alloc_error(layout)
}

/// Writes the text of a fresh string.
pub struct Filler<'a> {
    room: &'a mut [MaybeUninit<u8>],
    at: usize,
}

impl Filler<'_> {
    /// Appends a piece; what does not fit is left out whole.
    #[inline]
    pub fn push(&mut self, text: &Wtf8) {
        if let Some(room) = self.room.get_mut(self.at..self.at + text.len()) {
            room.write_copy_of_slice(text.as_bytes());
            self.at += text.len();
        }
    }

    /// Appends an ASCII byte; others are left out.
    #[inline]
    pub fn push_ascii(&mut self, byte: u8) {
        if byte < 0x80
            && let Some(room) = self.room.get_mut(self.at)
        {
            room.write(byte);
            self.at += 1;
        }
    }

    /// Appends ASCII bytes, each changed to another one.
    #[inline]
    pub fn push_mapped(&mut self, bytes: &[u8], change: impl Fn(u8) -> u8) {
        if let Some(room) = self.room.get_mut(self.at..self.at + bytes.len()) {
            for (place, b) in room.iter_mut().zip(bytes) {
                place.write(change(*b) & 0x7f);
            }
            self.at += bytes.len();
        }
    }

    /// Repeats what is there until the room is full.
    pub fn repeat(&mut self) {
        let unit = self.at;
        while self.at != 0 && self.at < self.room.len() {
            let more = self.at.min(self.room.len() - self.at);
            // Whole units only.
            let more = if more < self.at { more - more % unit } else { more };
            if more == 0 {
                return;
            }
            self.room.copy_within(..more, self.at);
            self.at += more;
        }
    }

    fn finish(self) {
        if let Some(rest) = self.room.get_mut(self.at..) {
            rest.fill(MaybeUninit::new(0));
        }
    }
}

/// How far apart the known places of an index are, in code points.
const STEP: usize = 64;
/// Shorter texts are walked.
const SHORT: usize = 256;
/// How many strings have an index at a time.
const ENTRIES: usize = 8;
/// Header flag: the string was walked once; the next time it gets an index.
const WALKED: u32 = flags::USER2;
/// Header flag: the string has got an index, which may be in the cache still.
const INDEXED: u32 = flags::USER3;

/// Where code points begin in the non-ASCII strings that were indexed last.
///
/// An entry is keyed by the object's address. A string that is born at the address of one that died bears no
/// `INDEXED` flag, so the old entry is not used for it, and is replaced when it gets one of its own.
#[derive(Default)]
pub struct IndexCache {
    entries: Guarded<Vec<IndexEntry>>,
    next: Cell<usize>,
}

struct IndexEntry {
    address: u64,
    /// Byte offsets of the code points 0, 64, 128, …
    offsets: Vec<usize>,
}

impl IndexCache {
    fn lookup<R>(&self, s: &Gc<Str>, f: impl FnOnce(&[usize]) -> R) -> Option<R> {
        if !s.header().has_flag(INDEXED) {
            return None;
        }
        let address = s.as_value().bits();
        self.entries.with(|e| e.iter().find(|e| e.address == address).map(|e| f(&e.offsets)))
    }

    fn add(&self, s: &Gc<Str>) {
        let mut offsets = Vec::new();
        if offsets.try_reserve_exact(s.char_len() / STEP + 1).is_err() {
            return;
        }
        let (mut at, text) = (0, s.as_wtf8());
        offsets.push(0);
        while let Some(next) = text.byte_offset_from(at, STEP)
            && next < text.len()
        {
            offsets.push(next);
            at = next;
        }
        let entry = IndexEntry { address: s.as_value().bits(), offsets };
        let next = self.next.get();
        self.entries.with_mut(|e| {
            if let Some(old) = e.iter_mut().find(|e| e.address == entry.address) {
                *old = entry;
            } else if e.len() < ENTRIES {
                e.push(entry);
            } else if let Some(old) = e.get_mut(next % ENTRIES) {
                *old = entry;
            }
        });
        self.next.set(next.wrapping_add(1));
        s.header().set_flag(INDEXED, true);
    }
}

impl Vm {
    /// The byte offset at which code point number `index` begins; the end for `len()` and beyond.
    #[inline]
    pub fn str_offset(&self, s: &Gc<Str>, index: usize) -> usize {
        if s.is_ascii() { index.min(s.byte_len()) } else { self.str_offset_slow(s, index) }
    }

    fn str_offset_slow(&self, s: &Gc<Str>, index: usize) -> usize {
        let (text, len) = (s.as_wtf8(), s.byte_len());
        if index >= s.char_len() {
            return len;
        }
        if index <= STEP || len <= SHORT {
            return text.byte_offset(index).unwrap_or(len);
        }
        if !s.header().has_flag(INDEXED) {
            if !s.header().has_flag(WALKED) {
                s.header().set_flag(WALKED, true);
                return text.byte_offset(index).unwrap_or(len);
            }
            self.str_index.add(s);
        }
        let near = |offsets: &[usize]| offsets.get(index / STEP).copied();
        let near = match self.str_index.lookup(s, near).flatten() {
            Some(at) => Some(at),
            // It was pushed out by others, or the string has grown since.
            None => {
                self.str_index.add(s);
                self.str_index.lookup(s, near).flatten()
            }
        };
        let found = match near {
            Some(at) => text.byte_offset_from(at, index % STEP),
            None => text.byte_offset(index),
        };
        found.unwrap_or(len)
    }

    /// The number of the code point that begins at a byte offset.
    pub fn str_index_of(&self, s: &Gc<Str>, offset: usize) -> usize {
        if s.is_ascii() {
            return offset;
        }
        let bytes = s.as_bytes();
        let known = self.str_index.lookup(s, |offsets| {
            let row = offsets.partition_point(|at| *at <= offset).saturating_sub(1);
            (row * STEP, offsets.get(row).copied().unwrap_or(0))
        });
        let (index, from) = known.unwrap_or((0, 0));
        match bytes.get(from..offset) {
            // Counting from the nearer end.
            Some(before) if known.is_none() && before.len() > bytes.len() / 2 => {
                s.char_len() - count_starts(bytes.get(offset..).unwrap_or_default())
            }
            Some(before) => index + count_starts(before),
            None => s.char_len(),
        }
    }

    /// Two code-point indices as byte offsets.
    pub fn str_range(&self, s: &Gc<Str>, range: Range<usize>) -> Range<usize> {
        if s.is_ascii() {
            let len = s.byte_len();
            return range.start.min(len)..range.end.min(len);
        }
        let start = self.str_offset(s, range.start);
        let count = range.end.saturating_sub(range.start);
        let end = if count <= STEP {
            s.as_wtf8().byte_offset_from(start, count).unwrap_or(s.byte_len())
        } else {
            self.str_offset(s, range.end)
        };
        start..end.max(start)
    }
}
