//! UTF-16 and UTF-32.

use super::{Ask, Encoding, ErrorInfo, Replacement, encode};
use crate::wtf8::{self, Wtf8, Wtf8Buf};

/// An order of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    Little,
    Big,
}

impl Endian {
    /// This machine's.
    pub const NATIVE: Endian = if cfg!(target_endian = "big") { Endian::Big } else { Endian::Little };

    fn read_u16(self, bytes: [u8; 2]) -> u32 {
        u32::from(match self {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        })
    }

    fn read_u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Decoded text, the number of bytes that made it, and the order that a mark showed or the caller gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WideDecoded {
    pub text: Wtf8Buf,
    pub consumed: usize,
    /// `None` when no order was given and there was no mark: this machine's was used.
    pub order: Option<Endian>,
}

/// Decodes UTF-16. Without an order, a mark at the front decides and is dropped.
pub fn decode_utf_16<E>(
    bytes: &[u8],
    order: Option<Endian>,
    is_final: bool,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<WideDecoded, E> {
    let (order, mut at) = match (order, bytes) {
        (None, [0xFF, 0xFE, ..]) => (Some(Endian::Little), 2),
        (None, [0xFE, 0xFF, ..]) => (Some(Endian::Big), 2),
        _ => (order, 0),
    };
    let endian = order.unwrap_or(Endian::NATIVE);
    let unit = |at: usize| Some(endian.read_u16(*bytes.get(at..)?.first_chunk()?));
    let mut text = Wtf8Buf::with_capacity(bytes.len() / 2);
    while at < bytes.len() {
        let (end, reason) = match (unit(at), unit(at.saturating_add(2))) {
            (None, _) if !is_final => break,
            (None, _) => (bytes.len(), "truncated data"),
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                text.push(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                at += 4;
                continue;
            }
            (Some(0xD800..=0xDBFF), None) if !is_final => break,
            (Some(0xD800..=0xDBFF), None) => (bytes.len(), "unexpected end of data"),
            (Some(0xD800..=0xDBFF), Some(_)) => (at + 2, "illegal UTF-16 surrogate"),
            (Some(0xDC00..=0xDFFF), _) => (at + 2, "illegal encoding"),
            (Some(cp), _) => {
                text.push(cp);
                at += 2;
                continue;
            }
        };
        let (replacement, resume) = on_error(&ErrorInfo { start: at, end, reason })?;
        text.push_wtf8(&replacement);
        at = resume;
    }
    Ok(WideDecoded { text, consumed: at.min(bytes.len()), order })
}

/// Decodes UTF-32. Without an order, a mark at the front decides and is dropped.
pub fn decode_utf_32<E>(
    bytes: &[u8],
    order: Option<Endian>,
    is_final: bool,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<WideDecoded, E> {
    let (order, mut at) = match (order, bytes) {
        (None, [0xFF, 0xFE, 0, 0, ..]) => (Some(Endian::Little), 4),
        (None, [0, 0, 0xFE, 0xFF, ..]) => (Some(Endian::Big), 4),
        _ => (order, 0),
    };
    let endian = order.unwrap_or(Endian::NATIVE);
    let mut text = Wtf8Buf::with_capacity(bytes.len() / 4);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (end, reason) = match rest.first_chunk().map(|unit| endian.read_u32(*unit)) {
            None if !is_final => break,
            None => (bytes.len(), "truncated data"),
            Some(cp) if wtf8::is_surrogate(cp) => {
                (at + 4, "code point in surrogate code point range(0xd800, 0xe000)")
            }
            Some(cp) if cp > wtf8::MAX => (at + 4, "code point not in range(0x110000)"),
            Some(cp) => {
                text.push(cp);
                at += 4;
                continue;
            }
        };
        let (replacement, resume) = on_error(&ErrorInfo { start: at, end, reason })?;
        text.push_wtf8(&replacement);
        at = resume;
    }
    Ok(WideDecoded { text, consumed: at.min(bytes.len()), order })
}

struct Utf16(Endian);

impl Encoding for Utf16 {
    const RUNS: bool = false;
    const REASON: &'static str = "surrogates not allowed";
    const UNIT: usize = 2;

    fn fits(cp: u32) -> bool {
        !wtf8::is_surrogate(cp)
    }

    fn put(&self, cp: u32, out: &mut Vec<u8>) {
        let mut unit = |unit: u32| {
            let unit = unit as u16;
            out.extend_from_slice(&match self.0 {
                Endian::Little => unit.to_le_bytes(),
                Endian::Big => unit.to_be_bytes(),
            });
        };
        match cp.checked_sub(0x10000) {
            None => unit(cp),
            Some(rest) => {
                unit(0xD800 + (rest >> 10));
                unit(0xDC00 + (rest & 0x3FF));
            }
        }
    }
}

struct Utf32(Endian);

impl Encoding for Utf32 {
    const RUNS: bool = false;
    const REASON: &'static str = "surrogates not allowed";
    const UNIT: usize = 4;

    fn fits(cp: u32) -> bool {
        !wtf8::is_surrogate(cp)
    }

    fn put(&self, cp: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&match self.0 {
            Endian::Little => cp.to_le_bytes(),
            Endian::Big => cp.to_be_bytes(),
        });
    }
}

/// Encodes UTF-16; without an order, in this machine's after a mark.
pub fn encode_utf_16<E>(
    text: &Wtf8,
    order: Option<Endian>,
    on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    let codec = Utf16(order.unwrap_or(Endian::NATIVE));
    let mut out = Vec::with_capacity(text.len().saturating_mul(2).saturating_add(2).min(isize::MAX as usize));
    if order.is_none() {
        codec.put(0xFEFF, &mut out);
    }
    encode(&codec, text, out, on_error)
}

/// Encodes UTF-32; without an order, in this machine's after a mark.
pub fn encode_utf_32<E>(
    text: &Wtf8,
    order: Option<Endian>,
    on_error: impl FnMut(&ErrorInfo, Ask) -> Result<(Replacement, usize), E>,
) -> Result<Vec<u8>, E> {
    let codec = Utf32(order.unwrap_or(Endian::NATIVE));
    let mut out = Vec::with_capacity(text.len().saturating_mul(4).saturating_add(4).min(isize::MAX as usize));
    if order.is_none() {
        codec.put(0xFEFF, &mut out);
    }
    encode(&codec, text, out, on_error)
}
