//! UTF-7 (RFC 2152).

use super::{Decoded, ErrorInfo};
use crate::wtf8::{Wtf8, Wtf8Buf};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// A section in base 64 that is being read.
struct Shift {
    /// Where its `+` stands, and where the text ended then.
    start: usize,
    text_len: usize,
    bits: u32,
    buffer: u32,
    /// A high surrogate waits for its low one.
    high: Option<u32>,
}

impl Shift {
    /// Takes six bits more; writes a code unit when sixteen are there.
    fn push(&mut self, six: u32, text: &mut Wtf8Buf) {
        self.buffer = self.buffer << 6 | six;
        self.bits += 6;
        if self.bits < 16 {
            return;
        }
        self.bits -= 16;
        let unit = self.buffer >> self.bits & 0xFFFF;
        self.buffer &= (1 << self.bits) - 1;
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                return text.push(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            }
            (Some(high), _) => text.push(high),
            (None, _) => {}
        }
        match unit {
            0xD800..=0xDBFF => self.high = Some(unit),
            _ => text.push(unit),
        }
    }

    /// What is wrong with ending here, if anything.
    fn problem(&self) -> Option<&'static str> {
        match self.bits {
            6.. => Some("partial character in shift sequence"),
            1.. if self.buffer != 0 => Some("non-zero padding bits in shift sequence"),
            _ => None,
        }
    }
}

/// Decodes UTF-7.
pub fn decode_utf_7<E>(
    bytes: &[u8],
    is_final: bool,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<Decoded, E> {
    let mut text = Wtf8Buf::with_capacity(bytes.len());
    let mut shift: Option<Shift> = None;
    let mut at = 0;
    loop {
        let Some(&byte) = bytes.get(at) else {
            // The end; in a section that is fine unless something is left over.
            let Some(open) = shift.take() else { break };
            if !is_final {
                text.truncate(open.text_len);
                return Ok(Decoded { text, consumed: open.start });
            }
            if open.high.is_none() && open.problem().is_none() {
                break;
            }
            let info =
                ErrorInfo { start: open.start, end: bytes.len(), reason: "unterminated shift sequence" };
            let (replacement, resume) = on_error(&info)?;
            text.push_wtf8(&replacement);
            at = resume;
            if at >= bytes.len() {
                break;
            }
            continue;
        };
        let mut error = None;
        if let Some(open) = &mut shift {
            if let Some(six) = sextet(byte) {
                open.push(six, &mut text);
                at += 1;
                continue;
            }
            let (start, high, problem) = (open.start, open.high, open.problem());
            shift = None;
            if problem.is_some() {
                at += 1;
                error = problem.map(|reason| (start, reason));
            } else {
                if let Some(high) = high.filter(|_| byte < 0x80) {
                    text.push(high);
                }
                at += usize::from(byte == b'-');
            }
        } else if byte == b'+' {
            let start = at;
            at += 1;
            match bytes.get(at) {
                Some(b'-') => {
                    text.push(u32::from(b'+'));
                    at += 1;
                }
                Some(next) if sextet(*next).is_none() => {
                    at += 1;
                    error = Some((start, "ill-formed sequence"));
                }
                _ => shift = Some(Shift { start, text_len: text.len(), bits: 0, buffer: 0, high: None }),
            }
        } else if byte < 0x80 {
            text.push(u32::from(byte));
            at += 1;
        } else {
            at += 1;
            error = Some((at - 1, "unexpected special character"));
        }
        if let Some((start, reason)) = error {
            let (replacement, resume) = on_error(&ErrorInfo { start, end: at, reason })?;
            text.push_wtf8(&replacement);
            at = resume;
        }
    }
    Ok(Decoded { text, consumed: at.min(bytes.len()) })
}

/// Stands for itself outside a section.
fn is_direct(cp: u32) -> bool {
    matches!(cp, 0x09 | 0x0A | 0x0D | 0x20..=0x7D) && cp != u32::from(b'+') && cp != u32::from(b'\\')
}

/// Encodes UTF-7; every text can be.
pub fn encode_utf_7(text: &Wtf8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut in_shift, mut bits, mut buffer) = (false, 0u32, 0u32);
    for cp in text.code_points() {
        if is_direct(cp) {
            if in_shift {
                flush(&mut bits, &mut buffer, &mut out);
                in_shift = false;
                if cp == u32::from(b'-') || sextet(cp as u8).is_some() {
                    out.push(b'-');
                }
            }
            out.push(cp as u8);
            continue;
        }
        if !in_shift {
            out.push(b'+');
            if cp == u32::from(b'+') {
                out.push(b'-');
                continue;
            }
            in_shift = true;
        }
        let mut unit = |unit: u32| {
            buffer = buffer << 16 | unit;
            bits += 16;
            while bits >= 6 {
                bits -= 6;
                out.push(ALPHABET[(buffer >> bits & 63) as usize]);
            }
            buffer &= (1 << bits) - 1;
        };
        match cp.checked_sub(0x10000) {
            None => unit(cp),
            Some(rest) => {
                unit(0xD800 + (rest >> 10));
                unit(0xDC00 + (rest & 0x3FF));
            }
        }
    }
    flush(&mut bits, &mut buffer, &mut out);
    if in_shift {
        out.push(b'-');
    }
    out
}

fn flush(bits: &mut u32, buffer: &mut u32, out: &mut Vec<u8>) {
    if *bits > 0 {
        out.push(ALPHABET[(*buffer << (6 - *bits) & 63) as usize]);
    }
    (*bits, *buffer) = (0, 0);
}
