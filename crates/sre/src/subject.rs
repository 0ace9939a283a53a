//! What is matched: bytes, or text as WTF-8 with byte offsets.
//!
//! [`Subject`] is the caller's choice; [`Text`] is the engine's view, monomorphic so that the loops over
//! single bytes and over code points are compiled apart. ASCII text may (and should) be passed as
//! [`Subject::Bytes`]: a program gives the same answers for it and steps by bytes.

use crate::analysis::FirstSet;
use crate::charset::CharSet;

/// The sequence to be matched against.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'s> {
    /// Each byte is one character (bytes-like objects, ASCII or Latin-1 text).
    Bytes(&'s [u8]),
    /// Text as WTF-8; a surrogate is its own three-byte sequence, also in pairs.
    Wtf8(&'s [u8]),
}

/// The engine's view of a subject. A position is a byte offset on a character boundary.
pub(crate) trait Text: Copy {
    fn bytes(&self) -> &[u8];
    /// The character at `pos` and the position after it.
    fn next(&self, pos: usize) -> Option<(u32, usize)>;
    /// The character before `pos` and its position.
    fn prev(&self, pos: usize) -> Option<(u32, usize)>;
    /// The start of the character before `pos` (0 stays 0).
    fn back(&self, pos: usize) -> usize;
    /// `pos`, or the next one that is on a boundary.
    fn boundary(&self, pos: usize) -> usize;
    /// The position after a member of `set` at `pos`.
    fn step_set(&self, set: &CharSet, pos: usize) -> Option<usize>;
    /// The position after any character at `pos`.
    fn step_any(&self, pos: usize) -> Option<usize>;
    /// The position `n` characters before `pos`.
    fn rewind(&self, pos: usize, n: u32) -> Option<usize>;
    /// The literal of a program in this subject's spelling.
    fn literal<'p>(&self, lit: &'p crate::program::Literal) -> Option<&'p [u8]>;
    fn first<'p>(&self, first: &'p FirstSet) -> &'p [bool; 256];
    /// Whether a character above 0x7f is one byte.
    const SINGLE: bool;
}

#[derive(Clone, Copy)]
pub(crate) struct ByteText<'s>(pub &'s [u8]);

impl Text for ByteText<'_> {
    const SINGLE: bool = true;

    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.0
    }

    #[inline(always)]
    fn next(&self, pos: usize) -> Option<(u32, usize)> {
        self.0.get(pos).map(|&b| (b as u32, pos + 1))
    }

    #[inline(always)]
    fn prev(&self, pos: usize) -> Option<(u32, usize)> {
        let at = pos.checked_sub(1)?;
        self.0.get(at).map(|&b| (b as u32, at))
    }

    #[inline(always)]
    fn back(&self, pos: usize) -> usize {
        pos.saturating_sub(1)
    }

    #[inline(always)]
    fn boundary(&self, pos: usize) -> usize {
        pos
    }

    #[inline(always)]
    fn step_set(&self, set: &CharSet, pos: usize) -> Option<usize> {
        match self.0.get(pos) {
            Some(&b) if set.table[b as usize] => Some(pos + 1),
            _ => None,
        }
    }

    #[inline(always)]
    fn step_any(&self, pos: usize) -> Option<usize> {
        (pos < self.0.len()).then_some(pos + 1)
    }

    #[inline(always)]
    fn rewind(&self, pos: usize, n: u32) -> Option<usize> {
        pos.checked_sub(n as usize)
    }

    #[inline(always)]
    fn literal<'p>(&self, lit: &'p crate::program::Literal) -> Option<&'p [u8]> {
        lit.bytes.as_deref()
    }

    #[inline(always)]
    fn first<'p>(&self, first: &'p FirstSet) -> &'p [bool; 256] {
        &first.bytes
    }
}

#[derive(Clone, Copy)]
pub(crate) struct WideText<'s>(pub &'s [u8]);

/// Whether `b` continues a WTF-8 sequence.
#[inline(always)]
fn continues(b: u8) -> bool {
    b & 0xc0 == 0x80
}

/// Decodes the sequence at `pos`, whose first byte `b` is above 0x7f. Ill-formed input decodes to something
/// and always advances.
#[inline]
fn decode(s: &[u8], pos: usize, b: u8) -> (u32, usize) {
    let at = |i: usize| s.get(pos + i).map_or(0, |&c| (c & 0x3f) as u32);
    let (ch, len) = match b {
        0xf0.. => ((b as u32 & 7) << 18 | at(1) << 12 | at(2) << 6 | at(3), 4),
        0xe0.. => ((b as u32 & 15) << 12 | at(1) << 6 | at(2), 3),
        _ => ((b as u32 & 31) << 6 | at(1), 2),
    };
    (ch, (pos + len).min(s.len()))
}

impl Text for WideText<'_> {
    const SINGLE: bool = false;

    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.0
    }

    #[inline(always)]
    fn next(&self, pos: usize) -> Option<(u32, usize)> {
        let &b = self.0.get(pos)?;
        if b < 0x80 { Some((b as u32, pos + 1)) } else { Some(decode(self.0, pos, b)) }
    }

    #[inline(always)]
    fn prev(&self, pos: usize) -> Option<(u32, usize)> {
        if pos == 0 {
            return None;
        }
        let at = self.back(pos);
        self.next(at).map(|(ch, _)| (ch, at))
    }

    #[inline(always)]
    fn back(&self, pos: usize) -> usize {
        let mut at = pos.saturating_sub(1);
        while at > 0 && self.0.get(at).is_some_and(|&b| continues(b)) {
            at -= 1;
        }
        at
    }

    fn boundary(&self, mut pos: usize) -> usize {
        while self.0.get(pos).is_some_and(|&b| continues(b)) {
            pos += 1;
        }
        pos
    }

    #[inline(always)]
    fn step_set(&self, set: &CharSet, pos: usize) -> Option<usize> {
        let &b = self.0.get(pos)?;
        if b < 0x80 {
            return set.table[b as usize].then_some(pos + 1);
        }
        let (ch, after) = decode(self.0, pos, b);
        set.contains(ch).then_some(after)
    }

    #[inline(always)]
    fn step_any(&self, pos: usize) -> Option<usize> {
        let &b = self.0.get(pos)?;
        let len = match b {
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        Some((pos + len).min(self.0.len()))
    }

    #[inline]
    fn rewind(&self, mut pos: usize, n: u32) -> Option<usize> {
        for _ in 0..n {
            if pos == 0 {
                return None;
            }
            pos = self.back(pos);
        }
        Some(pos)
    }

    #[inline(always)]
    fn literal<'p>(&self, lit: &'p crate::program::Literal) -> Option<&'p [u8]> {
        Some(&lit.wtf8)
    }

    #[inline(always)]
    fn first<'p>(&self, first: &'p FirstSet) -> &'p [bool; 256] {
        &first.wtf8
    }
}

/// Appends `ch` as WTF-8 (surrogates as themselves).
pub(crate) fn encode(ch: u32, out: &mut Vec<u8>) {
    match ch {
        0..0x80 => out.push(ch as u8),
        0x80..0x800 => out.extend([0xc0 | (ch >> 6) as u8, 0x80 | (ch & 0x3f) as u8]),
        0x800..0x10000 => {
            out.extend([0xe0 | (ch >> 12) as u8, 0x80 | (ch >> 6 & 0x3f) as u8, 0x80 | (ch & 0x3f) as u8])
        }
        _ => out.extend([
            0xf0 | (ch >> 18 & 7) as u8,
            0x80 | (ch >> 12 & 0x3f) as u8,
            0x80 | (ch >> 6 & 0x3f) as u8,
            0x80 | (ch & 0x3f) as u8,
        ]),
    }
}
