//! `Wtf8` and `Wtf8Buf`: UTF-8 that may also hold lone surrogates, the storage of Python's `str`.
//!
//! A code point is a `u32` in 0..=0x10FFFF. A surrogate (D800..=DFFF) is stored in three bytes, as the general
//! scheme of UTF-8 would have it, and a high surrogate followed by a low one *stays two code points*: nothing is ever
//! joined (this is generalised UTF-8, a superset of WTF-8 proper).
//!
//! I1  The bytes of a `Wtf8` are always well-formed generalised UTF-8: shortest forms, nothing above U+10FFFF.
//! I2  Hence byte order is code-point order, equal text is equal bytes, and a substring search over bytes finds only
//!     whole code points.
//! I3  A `Wtf8` in which no surrogate occurs is valid UTF-8, so `as_str` is a transmute.

use std::borrow::{Borrow, Cow};
use std::collections::TryReserveError;
use std::fmt;
use std::iter::FusedIterator;
use std::ops::{Deref, Range};

/// The largest code point.
pub const MAX: u32 = 0x10_FFFF;

/// A borrowed piece of generalised UTF-8.
#[repr(transparent)]
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wtf8([u8]);

/// An owned, growable `Wtf8`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wtf8Buf(Vec<u8>);

/// Is `cp` one of the code points that UTF-8 cannot hold?
#[inline]
pub const fn is_surrogate(cp: u32) -> bool {
    cp & 0xFFFF_F800 == 0xD800
}

/// The number of bytes that `cp` takes.
#[inline]
pub const fn encoded_len(cp: u32) -> usize {
    match cp {
        0..=0x7F => 1,
        0x80..=0x7FF => 2,
        0x800..=0xFFFF => 3,
        _ => 4,
    }
}

/// Writes `cp` to the front of `buf` and returns the bytes used. A number beyond U+10FFFF becomes U+FFFD.
#[inline]
pub fn encode(cp: u32, buf: &mut [u8; 4]) -> &[u8] {
    let tail = |shift: u32| 0x80 | ((cp >> shift) & 0x3F) as u8;
    match cp {
        0..=0x7F => {
            buf[0] = cp as u8;
            &buf[..1]
        }
        0x80..=0x7FF => {
            *buf = [0xC0 | (cp >> 6) as u8, tail(0), 0, 0];
            &buf[..2]
        }
        0x800..=0xFFFF => {
            *buf = [0xE0 | (cp >> 12) as u8, tail(6), tail(0), 0];
            &buf[..3]
        }
        0x1_0000..=MAX => {
            *buf = [0xF0 | (cp >> 18) as u8, tail(12), tail(6), tail(0)];
            &buf[..4]
        }
        _ => {
            *buf = [0xEF, 0xBF, 0xBD, 0];
            &buf[..3]
        }
    }
}

/// Does a code point begin at this byte?
#[inline]
pub const fn is_start(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// The length of the sequence that a start byte announces.
#[inline]
pub const fn sequence_len(first: u8) -> usize {
    match first {
        0..=0xBF => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

/// How many of the bytes begin a code point, eight bytes at a time.
pub fn count_starts(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    const LSB: u64 = 0x0101_0101_0101_0101;
    let mut total = 0usize;
    // 255 words at most per block, so that no byte lane of the sum overflows.
    for block in bytes.chunks(8 * 255) {
        let (words, rest) = block.as_chunks::<8>();
        let mut lanes = 0u64;
        for word in words {
            let w = u64::from_le_bytes(*word);
            // A byte continues when its top bits are 10.
            lanes += ((!w >> 7) | (w >> 6)) & LSB;
        }
        // Sum the lanes in two steps: pairs to 16 bits, then the four of them by a multiplication.
        let pairs = (lanes & 0x00FF_00FF_00FF_00FF) + ((lanes >> 8) & 0x00FF_00FF_00FF_00FF);
        total += (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize;
        total += rest.iter().filter(|b| is_start(**b)).count();
    }
    total
}

impl Wtf8 {
    /// Any `&str` is a `Wtf8`, at no cost.
    #[inline]
    pub const fn new(text: &str) -> &Wtf8 {
        // SAFETY: UTF-8 is well-formed generalised UTF-8 (I1).
        unsafe { Self::from_bytes_unchecked(text.as_bytes()) }
    }

    /// The bytes as text, when they are well-formed generalised UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Option<&Wtf8> {
        let mut rest = bytes;
        loop {
            match std::str::from_utf8(rest) {
                // SAFETY: all of `bytes` was seen to be UTF-8 or three-byte surrogates (I1).
                Ok(_) => return Some(unsafe { Self::from_bytes_unchecked(bytes) }),
                Err(error) => {
                    let tail = rest.get(error.valid_up_to()..)?;
                    match tail {
                        [0xED, 0xA0..=0xBF, 0x80..=0xBF, more @ ..] => rest = more,
                        _ => return None,
                    }
                }
            }
        }
    }

    /// The bytes as text, unchecked.
    ///
    /// # Safety
    /// `bytes` must be well-formed generalised UTF-8 (I1).
    #[inline]
    pub const unsafe fn from_bytes_unchecked(bytes: &[u8]) -> &Wtf8 {
        // SAFETY: `Wtf8` is a transparent wrapper of `[u8]`; the caller vouches for I1.
        unsafe { &*(bytes as *const [u8] as *const Wtf8) }
    }

    #[inline]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub const fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// The text as `&str`, unless it holds a surrogate.
    pub fn as_str(&self) -> Option<&str> {
        if self.find_surrogate().is_some() {
            return None;
        }
        // SAFETY: I3.
        Some(unsafe { std::str::from_utf8_unchecked(&self.0) })
    }

    /// The text with every surrogate replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => {
                Cow::Owned(self.code_points().map(|cp| char::from_u32(cp).unwrap_or('\u{FFFD}')).collect())
            }
        }
    }

    /// The byte offset of the first surrogate.
    pub fn find_surrogate(&self) -> Option<usize> {
        let mut from = 0;
        while let Some(found) = memchr::memchr(0xED, self.0.get(from..)?) {
            let at = from + found;
            if self.0.get(at + 1).is_some_and(|b| *b >= 0xA0) {
                return Some(at);
            }
            from = at + 1;
        }
        None
    }

    /// The number of code points.
    #[inline]
    pub fn count(&self) -> usize {
        count_starts(&self.0)
    }

    /// Is `offset` between two code points (or at an end)?
    #[inline]
    pub fn is_boundary(&self, offset: usize) -> bool {
        match self.0.get(offset) {
            Some(byte) => is_start(*byte),
            None => offset == self.0.len(),
        }
    }

    /// The piece between two byte offsets, when both are boundaries.
    #[inline]
    pub fn get(&self, range: Range<usize>) -> Option<&Wtf8> {
        if !(self.is_boundary(range.start) && self.is_boundary(range.end)) {
            return None;
        }
        let bytes = self.0.get(range)?;
        // SAFETY: a piece between boundaries of well-formed text is well-formed.
        Some(unsafe { Self::from_bytes_unchecked(bytes) })
    }

    /// The piece between two byte offsets. Panics when one is no boundary, as `str` does: for offsets that this
    /// crate itself has returned.
    #[inline]
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> &Wtf8 {
        match self.get(range.clone()) {
            Some(piece) => piece,
            None => {
                panic!("{range:?} does not lie on code-point boundaries of a text of {} bytes", self.len())
            }
        }
    }

    #[inline]
    #[track_caller]
    pub fn slice_from(&self, start: usize) -> &Wtf8 {
        self.slice(start..self.len())
    }

    #[inline]
    #[track_caller]
    pub fn slice_to(&self, end: usize) -> &Wtf8 {
        self.slice(0..end)
    }

    /// The code point that begins at a byte offset.
    #[inline]
    pub fn code_point_at(&self, offset: usize) -> Option<u32> {
        decode(self.0.get(offset..)?).map(|(cp, _)| cp)
    }

    /// The code point that ends at a byte offset.
    #[inline]
    pub fn code_point_before(&self, offset: usize) -> Option<u32> {
        decode_last(self.0.get(..offset)?).map(|(cp, _)| cp)
    }

    /// The code points, front to back; the iterator may be reversed.
    #[inline]
    pub fn code_points(&self) -> CodePoints<'_> {
        CodePoints { rest: &self.0 }
    }

    /// Byte offsets and code points; the iterator may be reversed.
    #[inline]
    pub fn code_point_indices(&self) -> CodePointIndices<'_> {
        CodePointIndices { front: 0, rest: &self.0 }
    }

    /// The byte offset at which code point number `index` begins; `len()` for `index == count()`.
    pub fn byte_offset(&self, index: usize) -> Option<usize> {
        self.byte_offset_from(0, index)
    }

    /// As `byte_offset`, counting from the boundary `start`.
    pub fn byte_offset_from(&self, start: usize, index: usize) -> Option<usize> {
        const BLOCK: usize = 64;
        let mut left = index;
        let mut at = start;
        // Whole blocks first; the last one is walked byte by byte.
        while let Some(block) = self.0.get(at..at + BLOCK) {
            let starts = count_starts(block);
            if starts > left {
                break;
            }
            left -= starts;
            at += BLOCK;
        }
        for (i, byte) in self.0.get(at..)?.iter().enumerate() {
            if is_start(*byte) {
                if left == 0 {
                    return Some(at + i);
                }
                left -= 1;
            }
        }
        (left == 0).then_some(self.0.len())
    }

    /// The number of the code point that begins at a byte offset.
    #[inline]
    pub fn index_of_offset(&self, offset: usize) -> usize {
        count_starts(&self.0[..offset.min(self.0.len())])
    }

    /// The piece between two code-point indices, both cut to the text's length.
    pub fn slice_code_points(&self, range: Range<usize>) -> &Wtf8 {
        let start = self.byte_offset(range.start).unwrap_or(self.len());
        let count = range.end.saturating_sub(range.start);
        let end = self.byte_offset_from(start, count).unwrap_or(self.len());
        self.slice(start..end)
    }
}

/// The first code point of well-formed bytes and its length.
#[inline]
pub fn decode(bytes: &[u8]) -> Option<(u32, usize)> {
    let bits = |b: u8| u32::from(b & 0x3F);
    Some(match *bytes {
        [a @ 0..=0x7F, ..] => (u32::from(a), 1),
        [a @ 0x80..=0xDF, b, ..] => (u32::from(a & 0x1F) << 6 | bits(b), 2),
        [a @ 0xE0..=0xEF, b, c, ..] => (u32::from(a & 0x0F) << 12 | bits(b) << 6 | bits(c), 3),
        [a @ 0xF0..=0xFF, b, c, d, ..] => {
            (u32::from(a & 0x07) << 18 | bits(b) << 12 | bits(c) << 6 | bits(d), 4)
        }
        _ => return None,
    })
}

/// The last code point of well-formed bytes and its length.
#[inline]
pub fn decode_last(bytes: &[u8]) -> Option<(u32, usize)> {
    let last = *bytes.last()?;
    if last < 0x80 {
        return Some((u32::from(last), 1));
    }
    let back = bytes.iter().rev().take(4).position(|b| is_start(*b))?;
    decode(bytes.get(bytes.len() - back - 1..)?)
}

/// Iterator over code points.
#[derive(Clone, Debug)]
pub struct CodePoints<'a> {
    rest: &'a [u8],
}

impl<'a> CodePoints<'a> {
    /// What has not been read yet.
    #[inline]
    pub fn rest(&self) -> &'a Wtf8 {
        // SAFETY: whole code points are taken off well-formed text.
        unsafe { Wtf8::from_bytes_unchecked(self.rest) }
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let (cp, len) = decode(self.rest)?;
        self.rest = &self.rest[len..];
        Some(cp)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len().div_ceil(4), Some(self.rest.len()))
    }

    #[inline]
    fn count(self) -> usize {
        count_starts(self.rest)
    }
}

impl DoubleEndedIterator for CodePoints<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        let (cp, len) = decode_last(self.rest)?;
        self.rest = &self.rest[..self.rest.len() - len];
        Some(cp)
    }
}

impl FusedIterator for CodePoints<'_> {}

/// Iterator over byte offsets and code points.
#[derive(Clone, Debug)]
pub struct CodePointIndices<'a> {
    front: usize,
    rest: &'a [u8],
}

impl Iterator for CodePointIndices<'_> {
    type Item = (usize, u32);

    #[inline]
    fn next(&mut self) -> Option<(usize, u32)> {
        let (cp, len) = decode(self.rest)?;
        let at = self.front;
        self.front += len;
        self.rest = &self.rest[len..];
        Some((at, cp))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len().div_ceil(4), Some(self.rest.len()))
    }
}

impl DoubleEndedIterator for CodePointIndices<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<(usize, u32)> {
        let (cp, len) = decode_last(self.rest)?;
        self.rest = &self.rest[..self.rest.len() - len];
        Some((self.front + self.rest.len(), cp))
    }
}

impl FusedIterator for CodePointIndices<'_> {}

impl Wtf8Buf {
    #[inline]
    pub const fn new() -> Self {
        Wtf8Buf(Vec::new())
    }

    #[inline]
    pub fn with_capacity(bytes: usize) -> Self {
        Wtf8Buf(Vec::with_capacity(bytes))
    }

    /// An empty buffer with room for `bytes`, or the refusal of the allocator.
    pub fn try_with_capacity(bytes: usize) -> Result<Self, TryReserveError> {
        let mut buf = Vec::new();
        buf.try_reserve_exact(bytes)?;
        Ok(Wtf8Buf(buf))
    }

    #[inline]
    pub fn try_reserve(&mut self, bytes: usize) -> Result<(), TryReserveError> {
        self.0.try_reserve(bytes)
    }

    #[inline]
    pub fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes);
    }

    /// The bytes as text, when they are well-formed; else they come back.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        if Wtf8::from_bytes(&bytes).is_some() { Ok(Wtf8Buf(bytes)) } else { Err(bytes) }
    }

    /// The bytes as text, unchecked.
    ///
    /// # Safety
    /// `bytes` must be well-formed generalised UTF-8 (I1).
    #[inline]
    pub const unsafe fn from_bytes_unchecked(bytes: Vec<u8>) -> Self {
        Wtf8Buf(bytes)
    }

    #[inline]
    pub fn as_wtf8(&self) -> &Wtf8 {
        // SAFETY: the buffer only ever grows by whole code points.
        unsafe { Wtf8::from_bytes_unchecked(&self.0) }
    }

    #[inline]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The text as `String`, unless it holds a surrogate.
    pub fn into_string(self) -> Result<String, Wtf8Buf> {
        if self.find_surrogate().is_some() {
            return Err(self);
        }
        // SAFETY: I3.
        Ok(unsafe { String::from_utf8_unchecked(self.0) })
    }

    #[inline]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Appends a code point; a number beyond U+10FFFF becomes U+FFFD.
    #[inline]
    pub fn push(&mut self, cp: u32) {
        if cp < 0x80 {
            self.0.push(cp as u8);
        } else {
            self.0.extend_from_slice(encode(cp, &mut [0; 4]));
        }
    }

    #[inline]
    pub fn push_char(&mut self, ch: char) {
        self.push(ch as u32);
    }

    /// Appends `n` copies of a code point; fails when the size overflows or memory is refused.
    pub fn try_push_repeated(&mut self, cp: u32, n: usize) -> Option<()> {
        let mut buf = [0; 4];
        let unit = encode(cp, &mut buf);
        self.0.try_reserve(unit.len().checked_mul(n)?).ok()?;
        match unit {
            [byte] => self.0.resize(self.0.len() + n, *byte),
            _ => (0..n).for_each(|_| self.0.extend_from_slice(unit)),
        }
        Some(())
    }

    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    #[inline]
    pub fn push_wtf8(&mut self, text: &Wtf8) {
        self.0.extend_from_slice(&text.0);
    }

    /// Removes and returns the last code point.
    pub fn pop(&mut self) -> Option<u32> {
        let (cp, len) = decode_last(&self.0)?;
        self.0.truncate(self.0.len() - len);
        Some(cp)
    }

    /// Cuts the text at a byte offset; nothing happens when that is no boundary or beyond the end.
    pub fn truncate(&mut self, len: usize) {
        if self.is_boundary(len) {
            self.0.truncate(len);
        }
    }

    #[inline]
    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl Deref for Wtf8Buf {
    type Target = Wtf8;

    #[inline]
    fn deref(&self) -> &Wtf8 {
        self.as_wtf8()
    }
}

impl Borrow<Wtf8> for Wtf8Buf {
    fn borrow(&self) -> &Wtf8 {
        self
    }
}

impl AsRef<Wtf8> for Wtf8Buf {
    fn as_ref(&self) -> &Wtf8 {
        self
    }
}

impl AsRef<Wtf8> for Wtf8 {
    fn as_ref(&self) -> &Wtf8 {
        self
    }
}

impl AsRef<Wtf8> for str {
    fn as_ref(&self) -> &Wtf8 {
        Wtf8::new(self)
    }
}

impl ToOwned for Wtf8 {
    type Owned = Wtf8Buf;

    fn to_owned(&self) -> Wtf8Buf {
        Wtf8Buf(self.0.to_vec())
    }
}

impl<'a> From<&'a str> for &'a Wtf8 {
    fn from(text: &'a str) -> Self {
        Wtf8::new(text)
    }
}

impl From<&str> for Wtf8Buf {
    fn from(text: &str) -> Self {
        Wtf8Buf(text.as_bytes().to_vec())
    }
}

impl From<String> for Wtf8Buf {
    fn from(text: String) -> Self {
        Wtf8Buf(text.into_bytes())
    }
}

impl From<&Wtf8> for Wtf8Buf {
    fn from(text: &Wtf8) -> Self {
        text.to_owned()
    }
}

impl PartialEq<str> for Wtf8 {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other.as_bytes()
    }
}

impl PartialEq<str> for Wtf8Buf {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Wtf8Buf {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl FromIterator<u32> for Wtf8Buf {
    fn from_iter<I: IntoIterator<Item = u32>>(iter: I) -> Self {
        let mut buf = Wtf8Buf::new();
        buf.extend(iter);
        buf
    }
}

impl Extend<u32> for Wtf8Buf {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, iter: I) {
        let iter = iter.into_iter();
        self.0.reserve(iter.size_hint().0);
        iter.for_each(|cp| self.push(cp));
    }
}

impl fmt::Write for Wtf8Buf {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

impl fmt::Display for Wtf8 {
    /// Surrogates print as U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.to_string_lossy(), f)
    }
}

impl fmt::Display for Wtf8Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_wtf8(), f)
    }
}

impl fmt::Debug for Wtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        f.write_char('"')?;
        for cp in self.code_points() {
            match char::from_u32(cp) {
                Some(ch) => write!(f, "{}", ch.escape_debug())?,
                None => write!(f, "\\u{{{cp:x}}}")?,
            }
        }
        f.write_char('"')
    }
}

impl fmt::Debug for Wtf8Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_wtf8(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_stay_two_code_points() {
        let pair: Wtf8Buf = [0xD83D, 0xDE00].into_iter().collect();
        assert_eq!(pair.as_bytes(), b"\xED\xA0\xBD\xED\xB8\x80");
        assert_eq!(pair.count(), 2);
        assert_eq!(pair.code_points().collect::<Vec<_>>(), [0xD83D, 0xDE00]);
        assert_eq!(pair.as_str(), None);
        assert_ne!(pair, Wtf8Buf::from("\u{1F600}"));
        assert!(Wtf8::from_bytes(pair.as_bytes()).is_some());
        assert_eq!(pair.to_string_lossy(), "\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn round_trips_every_length() {
        for cp in [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFF, 0x1_0000, MAX] {
            let mut buf = Wtf8Buf::new();
            buf.push(cp);
            assert_eq!(buf.len(), encoded_len(cp));
            assert_eq!(sequence_len(buf.as_bytes()[0]), encoded_len(cp));
            assert_eq!(decode(buf.as_bytes()), Some((cp, buf.len())));
            assert_eq!(decode_last(buf.as_bytes()), Some((cp, buf.len())));
            assert_eq!(buf.as_str().is_none(), is_surrogate(cp));
            assert!(Wtf8::from_bytes(buf.as_bytes()).is_some());
            assert_eq!(buf.pop(), Some(cp));
        }
    }

    #[test]
    fn rejects_what_is_ill_formed() {
        for bytes in
            [&b"\x80"[..], b"\xC0\x80", b"\xED\xA0", b"\xF4\x90\x80\x80", b"\xE0\x80\x80", b"\xED\xA0\xC0"]
        {
            assert!(Wtf8::from_bytes(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn offsets_and_counts() {
        let text = "aé€😀".repeat(300);
        let wtf8 = Wtf8::new(&text);
        assert_eq!(wtf8.count(), 1200);
        for index in [0, 1, 2, 3, 4, 63, 64, 65, 500, 1199, 1200] {
            let expected = text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
            assert_eq!(wtf8.byte_offset(index), Some(expected));
            assert_eq!(wtf8.index_of_offset(expected), index);
        }
        assert_eq!(wtf8.byte_offset(1201), None);
        assert_eq!(wtf8.slice_code_points(1..3), Wtf8::new("é€"));
        assert_eq!(wtf8.slice_code_points(1199..5000), Wtf8::new("😀"));
        assert!(wtf8.get(2..3).is_none());
        let backward: Vec<_> = wtf8.code_point_indices().rev().take(2).collect();
        assert_eq!(backward, [(text.len() - 4, 0x1F600), (text.len() - 7, 0x20AC)]);
    }
}
