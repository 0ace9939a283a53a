//! `unicode_escape`, `raw_unicode_escape`, and the escapes of byte strings.

use super::{Decoded, ErrorInfo};
use crate::strings::push_hex_escape;
use crate::unicode::{Edition, lookup};
use crate::wtf8::{MAX, Wtf8, Wtf8Buf};

/// The first escape that deserves a `DeprecationWarning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidEscape {
    /// A backslash before this byte means nothing.
    Byte(u8),
    /// Three octal digits above 0o377.
    Octal(u32),
}

impl InvalidEscape {
    /// The text of the warning; `prefix` is `b` for bytes.
    pub fn message(self, prefix: &str) -> String {
        let rest = "escape sequence. Such sequences will not work in the future. ";
        match self {
            InvalidEscape::Byte(byte) => format!("{prefix}\"\\{}\" is an invalid {rest}", char::from(byte)),
            InvalidEscape::Octal(value) => format!("{prefix}\"\\{value:o}\" is an invalid octal {rest}"),
        }
    }
}

/// What `unicode_escape` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnicodeEscaped {
    pub text: Wtf8Buf,
    pub consumed: usize,
    pub invalid: Option<InvalidEscape>,
}

/// The letters that stand for one byte after a backslash.
fn simple_escape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'\\' | b'\'' | b'"' => byte,
        b'b' => 0x08,
        b'f' => 0x0C,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'v' => 0x0B,
        b'a' => 0x07,
        _ => return None,
    })
}

/// Up to three octal digits at the front: value and count.
fn octal(bytes: &[u8]) -> (u32, usize) {
    let digits = bytes.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    digits.fold((0, 0), |(value, count), b| (value << 3 | u32::from(b - b'0'), count + 1))
}

/// Hex digits at the front, `want` at most: value and count.
fn hex(bytes: &[u8], want: usize) -> (u32, usize) {
    let digits = bytes.iter().take(want).map_while(|b| char::from(*b).to_digit(16));
    digits.fold((0, 0), |(value, count), digit| (value << 4 | digit, count + 1))
}

/// One escape: a code point (`None` for a continued line) and its length, or what is wrong.
enum Step {
    Made(Option<u32>, usize),
    Invalid(u8),
    /// Wrong: length and reason; more input could help.
    Wrong {
        len: usize,
        reason: &'static str,
        incomplete: bool,
    },
}

fn read_escape(bytes: &[u8]) -> Step {
    let Some(&letter) = bytes.get(1) else {
        return Step::Wrong { len: 1, reason: "\\ at end of string", incomplete: true };
    };
    if letter == b'\n' {
        return Step::Made(None, 2);
    }
    if let Some(byte) = simple_escape(letter) {
        return Step::Made(Some(u32::from(byte)), 2);
    }
    let (want, reason) = match letter {
        b'0'..=b'7' => {
            let (value, count) = octal(&bytes[1..]);
            return Step::Made(Some(value), 1 + count);
        }
        b'x' => (2, "truncated \\xXX escape"),
        b'u' => (4, "truncated \\uXXXX escape"),
        b'U' => (8, "truncated \\UXXXXXXXX escape"),
        b'N' => return read_name(bytes),
        _ => return Step::Invalid(letter),
    };
    let (value, count) = hex(&bytes[2..], want);
    if count < want {
        let len = 2 + count;
        return Step::Wrong { len, reason, incomplete: len == bytes.len() };
    }
    if value > MAX {
        return Step::Wrong { len: 2 + want, reason: "illegal Unicode character", incomplete: false };
    }
    Step::Made(Some(value), 2 + want)
}

/// `\N{…}`.
fn read_name(bytes: &[u8]) -> Step {
    let malformed =
        |len, incomplete| Step::Wrong { len, reason: "malformed \\N character escape", incomplete };
    match bytes.get(2) {
        Some(b'{') => {}
        other => return malformed(2, other.is_none()),
    }
    let Some(len) = memchr::memchr(b'}', &bytes[3..]) else {
        return malformed(bytes.len(), true);
    };
    if len == 0 {
        return malformed(3, false);
    }
    match lookup(Edition::Current, &bytes[3..3 + len], false).as_deref() {
        Some([cp]) => Step::Made(Some(*cp), 4 + len),
        _ => Step::Wrong { len: 4 + len, reason: "unknown Unicode character name", incomplete: false },
    }
}

/// Decodes `unicode_escape`; other bytes are Latin-1.
pub fn decode_unicode_escape<E>(
    bytes: &[u8],
    is_final: bool,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<UnicodeEscaped, E> {
    let mut text = Wtf8Buf::with_capacity(bytes.len());
    let mut invalid = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            text.push(u32::from(byte));
            at += 1;
            continue;
        }
        match read_escape(&bytes[at..]) {
            Step::Made(cp, len) => {
                if let Some(value @ 0o400..=0o777) = cp
                    && len == 4
                    && bytes[at + 1].is_ascii_digit()
                {
                    invalid.get_or_insert(InvalidEscape::Octal(value));
                }
                text.extend(cp);
                at += len;
            }
            Step::Invalid(letter) => {
                invalid.get_or_insert(InvalidEscape::Byte(letter));
                text.push(u32::from(b'\\'));
                text.push(u32::from(letter));
                at += 2;
            }
            Step::Wrong { incomplete: true, .. } if !is_final => break,
            Step::Wrong { len, reason, .. } => {
                let (replacement, resume) = on_error(&ErrorInfo { start: at, end: at + len, reason })?;
                text.push_wtf8(&replacement);
                at = resume;
            }
        }
    }
    Ok(UnicodeEscaped { text, consumed: at.min(bytes.len()), invalid })
}

/// Decodes `raw_unicode_escape`: `\u` and `\U` only; other bytes are Latin-1.
pub fn decode_raw_unicode_escape<E>(
    bytes: &[u8],
    is_final: bool,
    mut on_error: impl FnMut(&ErrorInfo) -> Result<(Wtf8Buf, usize), E>,
) -> Result<Decoded, E> {
    let mut text = Wtf8Buf::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (want, truncated) = match (byte, bytes.get(at + 1)) {
            (b'\\', Some(b'u')) => (4, "truncated \\uXXXX escape"),
            (b'\\', Some(b'U')) => (8, "truncated \\UXXXXXXXX escape"),
            (b'\\', Some(other)) => {
                text.push(u32::from(b'\\'));
                text.push(u32::from(*other));
                at += 2;
                continue;
            }
            (b'\\', None) if !is_final => break,
            _ => {
                text.push(u32::from(byte));
                at += 1;
                continue;
            }
        };
        let (value, count) = hex(&bytes[at + 2..], want);
        let len = 2 + count;
        if count == want && value <= MAX {
            text.push(value);
            at += len;
            continue;
        }
        if count < want && !is_final && at + len == bytes.len() {
            break;
        }
        let reason = if count < want { truncated } else { "\\Uxxxxxxxx out of range" };
        let (replacement, resume) = on_error(&ErrorInfo { start: at, end: at + len, reason })?;
        text.push_wtf8(&replacement);
        at = resume;
    }
    Ok(Decoded { text, consumed: at.min(bytes.len()) })
}

/// Encodes `unicode_escape`.
pub fn encode_unicode_escape(text: &Wtf8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for cp in text.code_points() {
        match cp {
            0x5C => out.extend_from_slice(b"\\\\"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0D => out.extend_from_slice(b"\\r"),
            0x20..=0x7E => out.push(cp as u8),
            _ => push_hex_escape(cp, &mut out),
        }
    }
    out
}

/// Encodes `raw_unicode_escape`.
pub fn encode_raw_unicode_escape(text: &Wtf8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for cp in text.code_points() {
        if cp < 0x100 { out.push(cp as u8) } else { push_hex_escape(cp, &mut out) }
    }
    out
}

/// What `escape_decode` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscapedBytes {
    pub bytes: Vec<u8>,
    pub invalid: Option<InvalidEscape>,
}

/// What `escape_decode` dislikes: texts of `ValueError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesEscapeError {
    /// "Trailing \\ in string"
    Trailing,
    /// "invalid \\x escape at position …"
    Hex(usize),
    /// "decoding error; unknown error handling code: …"
    UnknownErrors,
}

impl BytesEscapeError {
    pub fn message(self, errors: &str) -> String {
        match self {
            BytesEscapeError::Trailing => "Trailing \\ in string".into(),
            BytesEscapeError::Hex(at) => format!("invalid \\x escape at position {at}"),
            BytesEscapeError::UnknownErrors => {
                format!("decoding error; unknown error handling code: {errors}")
            }
        }
    }
}

/// `codecs.escape_decode`: the escapes of byte strings.
pub fn decode_escape(bytes: &[u8], errors: &str) -> Result<EscapedBytes, BytesEscapeError> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut invalid = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(&letter) = bytes.get(at) else { return Err(BytesEscapeError::Trailing) };
        at += 1;
        match letter {
            b'\n' => {}
            b'0'..=b'7' => {
                let (value, count) = octal(&bytes[at - 1..]);
                if value > 0o377 {
                    invalid.get_or_insert(InvalidEscape::Octal(value));
                }
                out.push(value as u8);
                at += count - 1;
            }
            b'x' => {
                let (value, count) = hex(&bytes[at..], 2);
                match (count, errors) {
                    (2, _) => out.push(value as u8),
                    (_, "strict") => return Err(BytesEscapeError::Hex(at - 2)),
                    (_, "replace") => out.push(b'?'),
                    (_, "ignore") => {}
                    _ => return Err(BytesEscapeError::UnknownErrors),
                }
                at += count;
            }
            _ => match simple_escape(letter) {
                Some(byte) => out.push(byte),
                None => {
                    invalid.get_or_insert(InvalidEscape::Byte(letter));
                    out.extend_from_slice(&[b'\\', letter]);
                }
            },
        }
    }
    Ok(EscapedBytes { bytes: out, invalid })
}

/// `codecs.escape_encode`: as `repr` shows bytes, single quotes escaped.
pub fn encode_escape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b' '..=b'~' => out.push(*byte),
            _ => push_hex_escape(u32::from(*byte), &mut out),
        }
    }
    out
}
