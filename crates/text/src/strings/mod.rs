//! The algorithms behind the methods of `str`, `bytes` and `bytearray`.
//!
//! Search, splitting and replacement work on bytes for all three: in well-formed text a byte match is a text match.
//! Where it matters what a unit is (white space, columns, empty needles) a function takes `U: Units`: `Text` reads
//! code points, `Bytes` reads bytes. Places are byte offsets; `Wtf8::byte_offset` and `index_of_offset` convert.
//! What Python code can make arbitrarily large is sized before memory is asked for: `TooLarge` says it would not fit.

mod case;
mod hex;
mod kinds;
mod layout;
mod repr;
mod search;
mod split;

pub use case::*;
pub use hex::*;
pub use kinds::*;
pub use layout::*;
pub use repr::*;
pub(crate) use search::known_text;
pub use search::*;
pub use split::*;

use crate::unicode;
use crate::wtf8;

/// The result would not fit memory: `MemoryError` or `OverflowError` to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// What one unit of a byte slice is.
pub trait Units {
    /// The first unit and its length in bytes.
    fn first(bytes: &[u8]) -> Option<(u32, usize)>;
    /// The last unit and its length in bytes.
    fn last(bytes: &[u8]) -> Option<(u32, usize)>;
    /// The number of units.
    fn count(bytes: &[u8]) -> usize;
    fn is_space(unit: u32) -> bool;
    fn is_line_break(unit: u32) -> bool;
}

/// Units are code points: the slice is the bytes of a `Wtf8`.
pub enum Text {}

/// Units are bytes; only ASCII has kinds and case.
pub enum Bytes {}

impl Units for Text {
    #[inline]
    fn first(bytes: &[u8]) -> Option<(u32, usize)> {
        wtf8::decode(bytes)
    }

    #[inline]
    fn last(bytes: &[u8]) -> Option<(u32, usize)> {
        wtf8::decode_last(bytes)
    }

    #[inline]
    fn count(bytes: &[u8]) -> usize {
        wtf8::count_starts(bytes)
    }

    #[inline]
    fn is_space(unit: u32) -> bool {
        if unit < 0x80 { matches!(unit, 0x09..=0x0D | 0x1C..=0x20) } else { unicode::is_space(unit) }
    }

    #[inline]
    fn is_line_break(unit: u32) -> bool {
        matches!(unit, 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029)
    }
}

impl Units for Bytes {
    #[inline]
    fn first(bytes: &[u8]) -> Option<(u32, usize)> {
        bytes.first().map(|b| (u32::from(*b), 1))
    }

    #[inline]
    fn last(bytes: &[u8]) -> Option<(u32, usize)> {
        bytes.last().map(|b| (u32::from(*b), 1))
    }

    #[inline]
    fn count(bytes: &[u8]) -> usize {
        bytes.len()
    }

    #[inline]
    fn is_space(unit: u32) -> bool {
        matches!(unit, 0x09..=0x0D | 0x20)
    }

    #[inline]
    fn is_line_break(unit: u32) -> bool {
        matches!(unit, 0x0A | 0x0D)
    }
}

/// An empty vector with room for `len` bytes.
pub(crate) fn with_room(len: usize) -> Result<Vec<u8>, TooLarge> {
    let mut out = Vec::new();
    out.try_reserve_exact(len).map_err(|_| TooLarge)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
