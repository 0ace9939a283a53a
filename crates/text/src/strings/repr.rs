//! `repr` of `str` and `bytes`, and `ascii`.
//!
//! Single quotes, unless the text has some and no double ones. Escapes are the shortest of `\xhh`, `\uhhhh`,
//! `\Uhhhhhhhh`, but for tab, newline, return and the backslash.

use super::{TooLarge, with_room};
use crate::unicode;
use crate::wtf8::{Wtf8, Wtf8Buf};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Whether `repr` of a text or of bytes adds nothing but single quotes.
pub fn shows_as_is(text: &[u8]) -> bool {
    // Without a way out in the middle it is a matter of vectors.
    text.iter().fold(true, |plain, b| plain & is_plain(*b, b'\''))
}

/// `repr(str)`.
pub fn repr_str(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    repr_with(text, unicode::is_printable)
}

/// `ascii(str)`: as `repr`, and nothing beyond ASCII.
pub fn ascii_str(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    repr_with(text, |_| false)
}

fn repr_with(text: &Wtf8, shows: impl Fn(u32) -> bool) -> Result<Wtf8Buf, TooLarge> {
    let quote = quote_for(text.as_bytes());
    let mut out = with_room(text.len().checked_add(2).ok_or(TooLarge)?)?;
    out.push(quote);
    // Runs of plain characters are copied whole.
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, cp) in text.code_point_indices() {
        let plain = if cp < 0x80 { is_plain(cp as u8, quote) } else { shows(cp) };
        if plain {
            continue;
        }
        out.try_reserve(at - copied + 10).map_err(|_| TooLarge)?;
        out.extend_from_slice(&bytes[copied..at]);
        push_escape(cp, quote, &mut out);
        copied = at + crate::wtf8::encoded_len(cp);
    }
    out.try_reserve(bytes.len() - copied + 1).map_err(|_| TooLarge)?;
    out.extend_from_slice(&bytes[copied..]);
    out.push(quote);
    Ok(super::search::known_text(out))
}

/// `repr(bytes)` with its `b`.
pub fn repr_bytes(bytes: &[u8]) -> Result<String, TooLarge> {
    let quote = quote_for(bytes);
    let mut out = with_room(bytes.len().checked_add(3).ok_or(TooLarge)?)?;
    out.extend_from_slice(&[b'b', quote]);
    for byte in bytes {
        if is_plain(*byte, quote) {
            out.push(*byte);
        } else {
            out.try_reserve(4).map_err(|_| TooLarge)?;
            push_escape(u32::from(*byte), quote, &mut out);
        }
    }
    out.push(quote);
    String::from_utf8(out).map_err(|_| TooLarge)
}

/// What `ascii(object)` does to the `repr` of any object: escapes all beyond ASCII, adds no quotes.
pub fn escape_non_ascii(text: &Wtf8) -> Wtf8Buf {
    let mut out = Vec::with_capacity(text.len());
    for cp in text.code_points() {
        if cp < 0x80 { out.push(cp as u8) } else { push_escape(cp, 0, &mut out) }
    }
    super::search::known_text(out)
}

fn quote_for(bytes: &[u8]) -> u8 {
    let has = |byte| memchr::memchr(byte, bytes).is_some();
    if has(b'\'') && !has(b'"') { b'"' } else { b'\'' }
}

#[inline]
fn is_plain(byte: u8, quote: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\' && byte != quote
}

/// Appends the escape of a code point; a byte is escaped as the code point of its number.
pub(crate) fn push_escape(cp: u32, quote: u8, out: &mut Vec<u8>) {
    let short = match cp {
        0x09 => b't',
        0x0A => b'n',
        0x0D => b'r',
        0x5C => b'\\',
        _ if cp == u32::from(quote) && quote != 0 => quote,
        _ => return push_hex_escape(cp, out),
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
pub fn push_hex_escape(cp: u32, out: &mut Vec<u8>) {
    let (letter, digits) = match cp {
        0..=0xFF => (b'x', 2),
        0x100..=0xFFFF => (b'u', 4),
        _ => (b'U', 8),
    };
    out.extend_from_slice(&[b'\\', letter]);
    push_hex(cp, digits, out);
}

/// Appends exactly `digits` hex digits.
pub(crate) fn push_hex(value: u32, digits: u32, out: &mut Vec<u8>) {
    out.extend((0..digits).rev().map(|place| HEX[(value >> (4 * place) & 15) as usize]));
}
