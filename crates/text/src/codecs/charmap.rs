//! Encodings of one byte given by a table or a mapping.

use super::{Ask, ErrorInfo, Replacement};
use crate::wtf8::{self, Wtf8, Wtf8Buf};

/// What a mapping has for a byte.
pub enum Mapped {
    Undefined,
    CodePoint(u32),
    Text(Wtf8Buf),
}

const REASON: &str = "character maps to <undefined>";

/// Decodes by a mapping that is asked for each byte.
pub fn decode_charmap<E>(
    bytes: &[u8],
    mut mapping: impl FnMut(u8) -> Result<Mapped, E>,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<Wtf8Buf, E> {
    let mut text = Wtf8Buf::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match mapping(*byte)? {
            Mapped::CodePoint(cp) => text.push(cp),
            Mapped::Text(piece) => text.push_wtf8(&piece),
            Mapped::Undefined => {
                let (replacement, resume) = on_error(&ErrorInfo { start: at, end: at + 1, reason: REASON })?;
                text.push_wtf8(&replacement);
                at = resume;
                continue;
            }
        }
        at += 1;
    }
    Ok(text)
}

/// Decodes by a table of code points; U+FFFE and what lies beyond its end are undefined.
pub fn decode_charmap_table<E>(
    bytes: &[u8],
    table: &Wtf8,
    on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<Wtf8Buf, E> {
    let rows: Vec<u32> = table.code_points().take(256).collect();
    let mapping = |byte: u8| {
        Ok(match rows.get(usize::from(byte)) {
            None | Some(0xFFFE) => Mapped::Undefined,
            Some(cp) => Mapped::CodePoint(*cp),
        })
    };
    decode_charmap(bytes, mapping, on_error)
}

/// Encodes by a mapping that appends the bytes of a code point, or says that it has none.
pub fn encode_charmap<E>(
    text: &Wtf8,
    mut mapping: impl FnMut(u32, &mut Vec<u8>) -> Result<bool, E>,
    mut on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut index) = (0, 0);
    while let Some((cp, len)) = bytes.get(at..).and_then(wtf8::decode) {
        if mapping(cp, &mut out)? {
            at += len;
            index += 1;
            continue;
        }
        // The whole run of what the mapping lacks; a probe's bytes are dropped.
        let (mut end_at, mut end) = (at + len, index + 1);
        while let Some((cp, len)) = wtf8::decode(&bytes[end_at..]) {
            let before = out.len();
            let found = mapping(cp, &mut out)?;
            out.truncate(before);
            if found {
                break;
            }
            end_at += len;
            end += 1;
        }
        let info = ErrorInfo { start: index, end, reason: REASON };
        let (replacement, resume) = on_error(&info, Ask::Replace)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(text) => {
                for cp in text.code_points() {
                    if !mapping(cp, &mut out)? {
                        on_error(&info, Ask::Raise)?;
                    }
                }
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
