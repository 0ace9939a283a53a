//! Codecs as pure functions: bytes to text and back, with CPython's reasons and ranges of errors.
//!
//! A decoder reports each error to a callback, which gives the text to put in its place and the byte at which to go
//! on. With `is_final` false, a decoder stops before a sequence that more input could complete and says how much it
//! has consumed. An encoder's callback gives text or bytes and the *code point* at which to go on; when the text it
//! gave cannot be encoded either, it is asked again with `Ask::Raise`, to make the exception of the error.

mod charmap;
mod escape;
mod handlers;
mod narrow;
mod utf7;
mod utf8;
mod wide;

pub use charmap::{Mapped, decode_charmap, decode_charmap_table, encode_charmap};
pub use escape::{
    BytesEscapeError, EscapedBytes, InvalidEscape, UnicodeEscaped, decode_escape, decode_raw_unicode_escape,
    decode_unicode_escape, encode_escape, encode_raw_unicode_escape, encode_unicode_escape,
};
pub use handlers::{Errors, replace_decode, replace_encode};
pub use narrow::{decode_ascii, decode_latin_1, encode_ascii, encode_latin_1};
pub use utf7::{decode_utf_7, encode_utf_7};
pub use utf8::{decode_utf_8, encode_utf_8};
pub use wide::{Endian, WideDecoded, decode_utf_16, decode_utf_32, encode_utf_16, encode_utf_32};

use crate::wtf8::{self, Wtf8, Wtf8Buf};

/// Where and why: a range of bytes for a decoder, of code points for an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    pub start: usize,
    pub end: usize,
    pub reason: &'static str,
}

/// Decoded text and the number of bytes that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: Wtf8Buf,
    pub consumed: usize,
}

/// What an encoder's callback puts in the place of what cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    Text(Wtf8Buf),
    Bytes(Vec<u8>),
}

/// What an encoder wants of its callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A replacement.
    Replace,
    /// The exception: the replacement could not be encoded. What the callback returns otherwise is skipped.
    Raise,
}

/// An encoding in which every code point stands for itself.
trait Encoding {
    /// Errors cover a whole run of bad code points, not just one.
    const RUNS: bool;
    const REASON: &'static str;
    /// Replacements of bytes must be whole units of this size.
    const UNIT: usize = 1;
    fn fits(cp: u32) -> bool;
    /// May a replacement text hold it?
    fn fits_replacement(cp: u32) -> bool {
        cp < 0x80
    }
    fn put(&self, cp: u32, out: &mut Vec<u8>);
}

fn encode<C: Encoding, E>(
    codec: &C,
    text: &Wtf8,
    mut out: Vec<u8>,
    mut on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    let bytes = text.as_bytes();
    // The byte and the code point that come next.
    let (mut at, mut index) = (0, 0);
    while let Some((cp, len)) = bytes.get(at..).and_then(wtf8::decode) {
        if C::fits(cp) {
            codec.put(cp, &mut out);
            at += len;
            index += 1;
            continue;
        }
        let (mut end_at, mut end) = (at + len, index + 1);
        if C::RUNS {
            while let Some((_, len)) = wtf8::decode(&bytes[end_at..]).filter(|(cp, _)| !C::fits(*cp)) {
                end_at += len;
                end += 1;
            }
        }
        let info = ErrorInfo { start: index, end, reason: C::REASON };
        let (replacement, resume) = on_error(&info, Ask::Replace)?;
        let good = match &replacement {
            Replacement::Bytes(bytes) => bytes.len() % C::UNIT == 0,
            Replacement::Text(text) => text.code_points().all(C::fits_replacement),
        };
        if !good {
            on_error(&info, Ask::Raise)?;
        } else {
            match &replacement {
                Replacement::Bytes(bytes) => out.extend_from_slice(bytes),
                Replacement::Text(text) => text.code_points().for_each(|cp| codec.put(cp, &mut out)),
            }
        }
        (at, index) = if resume == end {
            (end_at, end)
        } else {
            (text.byte_offset(resume).unwrap_or(text.len()), resume)
        };
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
