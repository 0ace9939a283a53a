//! ASCII and Latin-1.

use super::{Ask, Decoded, Encoding, ErrorInfo, Replacement, encode};
use crate::wtf8::{Wtf8, Wtf8Buf};

/// Decodes ASCII.
pub fn decode_ascii<E>(
    bytes: &[u8],
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<Decoded, E> {
    let mut text = Wtf8Buf::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let len = rest.iter().position(|b| !b.is_ascii()).unwrap_or(rest.len());
        if let Ok(good) = std::str::from_utf8(&rest[..len]) {
            text.push_str(good);
        }
        at += len;
        if len < rest.len() {
            let info = ErrorInfo { start: at, end: at + 1, reason: "ordinal not in range(128)" };
            let (replacement, resume) = on_error(&info)?;
            text.push_wtf8(&replacement);
            at = resume;
        }
    }
    Ok(Decoded { text, consumed: bytes.len() })
}

/// Decodes Latin-1: every byte is a code point.
pub fn decode_latin_1(bytes: &[u8]) -> Wtf8Buf {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.is_ascii() => text.into(),
        _ => bytes.iter().map(|b| u32::from(*b)).collect(),
    }
}

struct Ascii;

impl Encoding for Ascii {
    const RUNS: bool = true;
    const REASON: &'static str = "ordinal not in range(128)";

    fn fits(cp: u32) -> bool {
        cp < 0x80
    }

    fn put(&self, cp: u32, out: &mut Vec<u8>) {
        out.push(cp as u8);
    }
}

struct Latin1;

impl Encoding for Latin1 {
    const RUNS: bool = true;
    const REASON: &'static str = "ordinal not in range(256)";

    fn fits(cp: u32) -> bool {
        cp < 0x100
    }

    fn fits_replacement(cp: u32) -> bool {
        cp < 0x100
    }

    fn put(&self, cp: u32, out: &mut Vec<u8>) {
        out.push(cp as u8);
    }
}

/// Encodes ASCII.
pub fn encode_ascii<E>(
    text: &Wtf8,
    on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    if text.is_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    encode(&Ascii, text, Vec::with_capacity(text.len()), on_error)
}

/// Encodes Latin-1.
pub fn encode_latin_1<E>(
    text: &Wtf8,
    on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    if text.is_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    encode(&Latin1, text, Vec::with_capacity(text.len()), on_error)
}
