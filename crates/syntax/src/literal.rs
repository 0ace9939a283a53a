//! String and bytes literals: from the letters in the source to the value.
//!
//! A `str` value is WTF-8 in a `Vec<u8>`, because `"\ud800"` is a legal literal. The escapes, the warnings and the
//! texts of the errors are CPython's; positions inside an error text count the way CPython counts them, where a
//! non-ASCII character takes ten bytes (it is rewritten as `\UXXXXXXXX` before decoding).

use taipan_text::unicode::{Edition, lookup};

/// Finds the character of `\N{name}`: one code point, aliases included, named sequences excluded.
pub type NameLookup = fn(&str) -> Option<u32>;

/// The names of CPython's Unicode.
pub fn unicode_names(name: &str) -> Option<u32> {
    lookup(Edition::Current, name.as_bytes(), false)?.first().copied()
}

/// Why a literal has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiteralError {
    /// Carries the whole text, `(unicode error) …` or `(value error) …`.
    Decode(String),
    /// `bytes can only contain ASCII literal characters`
    NonAsciiBytes,
}

impl LiteralError {
    pub fn message(&self) -> &str {
        match self {
            LiteralError::Decode(text) => text,
            LiteralError::NonAsciiBytes => "bytes can only contain ASCII literal characters",
        }
    }
}

/// The first escape of a literal that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// What follows the backslash: one character, or three octal digits.
    pub text: String,
    pub octal: bool,
    /// Byte offset of the backslash in the body that was decoded.
    pub at: usize,
}

impl InvalidEscape {
    /// The text of the `SyntaxWarning`.
    pub fn warning(&self) -> String {
        let (kind, s) = (if self.octal { "octal " } else { "" }, &self.text);
        format!(
            "\"\\{s}\" is an invalid {kind}escape sequence. Such sequences will not work in the future. \
             Did you mean \"\\\\{s}\"? A raw string is also an option."
        )
    }

    /// The text of the `SyntaxError` that a warnings filter makes of it.
    pub fn error(&self) -> String {
        let (kind, s) = (if self.octal { "octal " } else { "" }, &self.text);
        format!(
            "\"\\{s}\" is an invalid {kind}escape sequence. Did you mean \"\\\\{s}\"? A raw string is also an option."
        )
    }
}

/// A decoded literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// WTF-8.
    Str(Vec<u8>),
    Bytes(Vec<u8>),
}

/// A literal taken apart: `rb'''x'''` is prefix `rb`, quote `'''`, body `x`.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'s> {
    pub prefix: &'s str,
    pub body: &'s str,
    /// Byte offset of the body in the literal.
    pub body_at: usize,
    pub raw: bool,
    pub bytes: bool,
    /// `u"…"`
    pub unicode: bool,
}

/// Takes a plain (not f- or t-) string literal's text apart; `None` if it is not one.
pub fn split(text: &str) -> Option<Parts<'_>> {
    let quote_at = text.find(['"', '\''])?;
    let (prefix, rest) = text.split_at(quote_at);
    let quote = rest.as_bytes()[0];
    let triple = rest.len() >= 6 && rest.as_bytes()[1] == quote && rest.as_bytes()[2] == quote;
    let n = if triple { 3 } else { 1 };
    if rest.len() < 2 * n {
        return None;
    }
    let has = |c: char| prefix.chars().any(|p| p.eq_ignore_ascii_case(&c));
    Some(Parts {
        prefix,
        body: &rest[n..rest.len() - n],
        body_at: quote_at + n,
        raw: has('r'),
        bytes: has('b'),
        unicode: has('u'),
    })
}

/// The value of one plain literal, given with prefix and quotes.
pub fn decode(text: &str, names: NameLookup) -> Result<(Value, Option<InvalidEscape>), LiteralError> {
    let Some(parts) = split(text) else {
        return Ok((Value::Str(text.as_bytes().to_vec()), None));
    };
    if parts.bytes {
        let (value, bad) = decode_bytes_body(parts.body, parts.raw)?;
        Ok((Value::Bytes(value), bad))
    } else {
        let (value, bad) = decode_str_body(parts.body, parts.raw, names)?;
        Ok((Value::Str(value), bad))
    }
}

/// Appends a code point, a surrogate included.
pub fn push_code_point(out: &mut Vec<u8>, cp: u32) {
    match char::from_u32(cp) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[
            0xE0 | (cp >> 12) as u8,
            0x80 | ((cp >> 6) & 0x3F) as u8,
            0x80 | (cp & 0x3F) as u8,
        ]),
    }
}

/// A bytes literal's body.
pub fn decode_bytes_body(body: &str, raw: bool) -> Result<(Vec<u8>, Option<InvalidEscape>), LiteralError> {
    if !body.is_ascii() {
        return Err(LiteralError::NonAsciiBytes);
    }
    if raw || !body.contains('\\') {
        return Ok((body.as_bytes().to_vec(), None));
    }
    let s = body.as_bytes();
    let mut out = Vec::with_capacity(s.len());
    let mut invalid = None;
    let mut i = 0;
    while let Some(&c) = s.get(i) {
        i += 1;
        if c != b'\\' {
            out.push(c);
            continue;
        }
        let at = i - 1;
        let Some(&e) = s.get(i) else {
            return Err(LiteralError::Decode("(value error) Trailing \\ in string".into()));
        };
        i += 1;
        match e {
            b'\n' => {}
            b'0'..=b'7' => {
                let (v, used) = octal(&s[i - 1..]);
                i += used - 1;
                if v > 0o377 {
                    invalid.get_or_insert_with(|| InvalidEscape { text: format!("{v:o}"), octal: true, at });
                }
                out.push(v as u8);
            }
            b'x' => match (hex(s.get(i)), hex(s.get(i + 1))) {
                (Some(a), Some(b)) => {
                    out.push((a * 16 + b) as u8);
                    i += 2;
                }
                _ => {
                    return Err(LiteralError::Decode(format!(
                        "(value error) invalid \\x escape at position {at}"
                    )));
                }
            },
            _ => match simple_escape(e) {
                Some(v) => out.push(v),
                None => {
                    invalid.get_or_insert_with(|| InvalidEscape {
                        text: (e as char).to_string(),
                        octal: false,
                        at,
                    });
                    out.push(b'\\');
                    out.push(e);
                }
            },
        }
    }
    Ok((out, invalid))
}

/// A str literal's body.
pub fn decode_str_body(
    body: &str,
    raw: bool,
    names: NameLookup,
) -> Result<(Vec<u8>, Option<InvalidEscape>), LiteralError> {
    if raw || !body.contains('\\') {
        return Ok((body.as_bytes().to_vec(), None));
    }
    decode_escapes(body, names, None)
}

/// The text between the replacement fields of an f- or t-string, or of its format specs (`in_spec`).
/// Doubled braces become single ones; `next` is the character after this piece (a backslash may stand before `{`).
pub fn decode_fstring_middle(
    text: &str,
    raw: bool,
    in_spec: bool,
    next: Option<char>,
    names: NameLookup,
) -> Result<(Vec<u8>, Option<InvalidEscape>), LiteralError> {
    let joined;
    let body = if !in_spec && (text.contains("{{") || text.contains("}}")) {
        joined = undouble(text, raw);
        joined.as_str()
    } else {
        text
    };
    if raw || !body.contains('\\') {
        return Ok((body.as_bytes().to_vec(), None));
    }
    decode_escapes(body, names, next)
}

/// The pieces that CPython's tokenizer makes of such a text: it stops at a doubled brace, and behind a `\N{…}`. Each
/// comes with its byte offset.
pub fn fstring_pieces(text: &str, raw: bool) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        at += c.len_utf8();
        if c == '\\' && !raw && rest.starts_with("\\N{") {
            at += rest.find('}').unwrap_or(rest.len() - 1);
        } else if c == '\\' {
            match rest[1..].chars().next() {
                Some('{' | '}') | None => continue,
                Some(next) => at += next.len_utf8(),
            }
            continue;
        } else if matches!(c, '{' | '}') && text[at..].starts_with(c) {
            pieces.push((start, &text[start..at]));
            at += 1;
            start = at;
            continue;
        } else {
            continue;
        }
        pieces.push((start, &text[start..at]));
        start = at;
    }
    if start < text.len() {
        pieces.push((start, &text[start..]));
    }
    pieces
}

fn undouble(text: &str, raw: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\\' && !raw && rest.starts_with("\\N{") {
            let end = rest.find('}').map_or(rest.len(), |e| e + 1);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if c == '\\' && !raw && rest[1..].starts_with('\\') {
            out.push_str("\\\\");
            rest = &rest[2..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            if matches!(c, '{' | '}') && rest.starts_with(c) {
                rest = &rest[1..];
            }
        }
    }
    out
}

fn decode_escapes(
    body: &str,
    names: NameLookup,
    next: Option<char>,
) -> Result<(Vec<u8>, Option<InvalidEscape>), LiteralError> {
    let mut out = Vec::with_capacity(body.len());
    let mut invalid: Option<InvalidEscape> = None;
    let s = body.as_bytes();
    // `shift` is how much further CPython's position is than the byte offset in the UTF-8 body.
    let mut shift = 0usize;
    let mut i = 0;
    while let Some(&c) = s.get(i) {
        if c != b'\\' {
            let width = utf8_width(c);
            let end = (i + width).min(s.len());
            out.extend_from_slice(&s[i..end]);
            if c >= 0x80 {
                shift += 10 - width;
            }
            i = end;
            continue;
        }
        let at = i;
        i += 1;
        let Some(e) = body[i..].chars().next() else {
            let Some(e) = next else {
                return Err(unicode_error(at + shift, at + shift + 1, "\\ at end of string"));
            };
            invalid.get_or_insert_with(|| InvalidEscape { text: e.into(), octal: false, at });
            out.push(b'\\');
            break;
        };
        i += e.len_utf8();
        match e {
            '\n' => {}
            '0'..='7' => {
                let (v, used) = octal(&s[i - 1..]);
                i += used - 1;
                if v > 0o377 {
                    invalid.get_or_insert_with(|| InvalidEscape { text: format!("{v:o}"), octal: true, at });
                }
                push_code_point(&mut out, v);
            }
            'x' | 'u' | 'U' => {
                let (count, message) = match e {
                    'x' => (2, "truncated \\xXX escape"),
                    'u' => (4, "truncated \\uXXXX escape"),
                    _ => (8, "truncated \\UXXXXXXXX escape"),
                };
                let mut cp = 0u32;
                for _ in 0..count {
                    match hex(s.get(i)) {
                        Some(d) => cp = cp.wrapping_shl(4) | d,
                        None => return Err(unicode_error(at + shift, i + shift, message)),
                    }
                    i += 1;
                }
                if cp > 0x10FFFF {
                    return Err(unicode_error(at + shift, i + shift, "illegal Unicode character"));
                }
                push_code_point(&mut out, cp);
            }
            'N' => {
                let malformed = "malformed \\N character escape";
                if s.get(i) != Some(&b'{') {
                    return Err(unicode_error(at + shift, i + shift, malformed));
                }
                let start = i + 1;
                let Some(len) = body[start..].find('}') else {
                    let extra = rewritten_extra(&body[start..]);
                    return Err(unicode_error(at + shift, s.len() + shift + extra, malformed));
                };
                if len == 0 {
                    return Err(unicode_error(at + shift, start + shift, malformed));
                }
                let name = &body[start..start + len];
                i = start + len + 1;
                match names(name) {
                    Some(cp) => push_code_point(&mut out, cp),
                    None => {
                        let extra = rewritten_extra(name);
                        let text = "unknown Unicode character name";
                        return Err(unicode_error(at + shift, i + shift + extra, text));
                    }
                }
            }
            _ => match u8::try_from(e).ok().filter(u8::is_ascii).and_then(simple_escape) {
                Some(v) => out.push(v),
                None => {
                    if e.is_ascii() {
                        let text = e.into();
                        invalid.get_or_insert(InvalidEscape { text, octal: false, at });
                    } else {
                        // The lone backslash is rewritten as \u005c, and so goes without a warning.
                        shift += 5 + extra_width(e);
                    }
                    out.push(b'\\');
                    out.extend_from_slice(e.encode_utf8(&mut [0; 4]).as_bytes());
                }
            },
        }
    }
    Ok((out, invalid))
}

/// By how much a text grows when CPython rewrites it: a backslash before a non-ASCII character or the end grows too.
fn rewritten_extra(text: &str) -> usize {
    let mut extra = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        extra += extra_width(c);
        if c == '\\' {
            match chars.next() {
                Some(next) if next.is_ascii() => {}
                next => extra += 5 + next.map_or(0, extra_width),
            }
        }
    }
    extra
}

fn extra_width(c: char) -> usize {
    if c.is_ascii() { 0 } else { 10 - c.len_utf8() }
}

fn utf8_width(first: u8) -> usize {
    match first {
        0..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

fn unicode_error(start: usize, end: usize, reason: &str) -> LiteralError {
    LiteralError::Decode(if end == start + 1 {
        format!("(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {start}: {reason}")
    } else {
        format!(
            "(unicode error) 'unicodeescape' codec can't decode bytes in position {start}-{}: {reason}",
            end.saturating_sub(1)
        )
    })
}

/// Up to three octal digits: the value and how many there were.
fn octal(s: &[u8]) -> (u32, usize) {
    let digits = s.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    digits.fold((0, 0), |(v, n), d| (v * 8 + u32::from(d - b'0'), n + 1))
}

fn hex(b: Option<&u8>) -> Option<u32> {
    b.and_then(|&b| (b as char).to_digit(16))
}

fn simple_escape(e: u8) -> Option<u8> {
    Some(match e {
        b'\\' | b'\'' | b'"' => e,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    })
}
