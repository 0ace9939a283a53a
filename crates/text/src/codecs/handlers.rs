//! The error handlers that every interpreter has: `strict`, `ignore`, `replace` and the rest.

use super::Replacement;
use crate::strings::push_hex_escape;
use crate::unicode::{Edition, name};
use crate::wtf8::{self, Wtf8, Wtf8Buf};

/// The handlers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    Strict,
    Ignore,
    Replace,
    BackslashReplace,
    NameReplace,
    XmlCharRefReplace,
    SurrogateEscape,
    SurrogatePass,
}

impl Errors {
    pub fn from_name(name: &str) -> Option<Errors> {
        Some(match name {
            "strict" => Errors::Strict,
            "ignore" => Errors::Ignore,
            "replace" => Errors::Replace,
            "backslashreplace" => Errors::BackslashReplace,
            "namereplace" => Errors::NameReplace,
            "xmlcharrefreplace" => Errors::XmlCharRefReplace,
            "surrogateescape" => Errors::SurrogateEscape,
            "surrogatepass" => Errors::SurrogatePass,
            _ => return None,
        })
    }
}

/// The text for the bytes from `start` to `end`, and where to go on. `None`: raise.
pub fn replace_decode(
    errors: Errors,
    encoding: &str,
    bytes: &[u8],
    start: usize,
    end: usize,
) -> Option<(Wtf8Buf, usize)> {
    let bad = bytes.get(start..end)?;
    let one = |cp: u32| [cp].into_iter().collect::<Wtf8Buf>();
    match errors {
        // The last two know only how to encode: the caller raises `TypeError` before it comes here.
        Errors::Strict | Errors::NameReplace | Errors::XmlCharRefReplace => None,
        Errors::Ignore => Some((Wtf8Buf::new(), end)),
        Errors::Replace => Some((one(0xFFFD), end)),
        Errors::BackslashReplace => {
            let mut out = Vec::with_capacity(4 * bad.len());
            bad.iter().for_each(|b| push_hex_escape(u32::from(*b), &mut out));
            Some((crate::strings::known_text(out), end))
        }
        Errors::SurrogateEscape => {
            // ASCII is never escaped.
            let text: Wtf8Buf =
                bad.iter().take(4).take_while(|b| **b >= 0x80).map(|b| 0xDC00 + u32::from(*b)).collect();
            let count = text.count();
            (count > 0).then_some((text, start + count))
        }
        Errors::SurrogatePass => {
            let rest = bytes.get(start..)?;
            let (cp, len) = match Pass::of(encoding)? {
                Pass::Utf8 => match rest {
                    [0xED, b @ 0xA0..=0xBF, c @ 0x80..=0xBF, ..] => {
                        (0xD000 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F), 3)
                    }
                    _ => return None,
                },
                Pass::Wide { size, big } => {
                    let unit = rest.get(..size)?;
                    let join = |cp: u32, b: &u8| cp << 8 | u32::from(*b);
                    let cp = if big { unit.iter().fold(0, join) } else { unit.iter().rev().fold(0, join) };
                    (cp, size)
                }
            };
            wtf8::is_surrogate(cp).then(|| (one(cp), start + len))
        }
    }
}

/// The replacement for the code points of `bad`, and how many of them it replaces. `None`: raise.
pub fn replace_encode(errors: Errors, encoding: &str, bad: &Wtf8) -> Option<(Replacement, usize)> {
    let count = bad.count();
    let text = |each: &dyn Fn(u32, &mut Vec<u8>)| {
        let mut out = Vec::with_capacity(bad.len());
        bad.code_points().for_each(|cp| each(cp, &mut out));
        Some((Replacement::Text(crate::strings::known_text(out)), count))
    };
    match errors {
        Errors::Strict => None,
        Errors::Ignore => text(&|_, _| {}),
        Errors::Replace => text(&|_, out| out.push(b'?')),
        Errors::BackslashReplace => text(&push_hex_escape),
        Errors::XmlCharRefReplace => text(&|cp, out| out.extend_from_slice(format!("&#{cp};").as_bytes())),
        Errors::NameReplace => text(&|cp, out| match name(Edition::Current, cp) {
            Some(name) => out.extend_from_slice(format!("\\N{{{name}}}").as_bytes()),
            None => push_hex_escape(cp, out),
        }),
        Errors::SurrogateEscape => {
            let escaped = bad.code_points().take_while(|cp| matches!(cp, 0xDC80..=0xDCFF));
            let bytes: Vec<u8> = escaped.map(|cp| cp as u8).collect();
            let count = bytes.len();
            (count > 0).then_some((Replacement::Bytes(bytes), count))
        }
        Errors::SurrogatePass => {
            let pass = Pass::of(encoding)?;
            let mut out = Vec::with_capacity(bad.len());
            for cp in bad.code_points() {
                if !wtf8::is_surrogate(cp) {
                    return None;
                }
                match pass {
                    Pass::Utf8 => out.extend_from_slice(wtf8::encode(cp, &mut [0; 4])),
                    Pass::Wide { size, big: true } => out.extend_from_slice(&cp.to_be_bytes()[4 - size..]),
                    Pass::Wide { size, big: false } => out.extend_from_slice(&cp.to_le_bytes()[..size]),
                }
            }
            Some((Replacement::Bytes(out), count))
        }
    }
}

/// The encodings that `surrogatepass` knows.
#[derive(Clone, Copy)]
enum Pass {
    Utf8,
    Wide { size: usize, big: bool },
}

impl Pass {
    fn of(encoding: &str) -> Option<Pass> {
        let name = encoding.to_ascii_lowercase();
        let rest = name.strip_prefix("utf")?;
        let rest = rest.strip_prefix(['-', '_']).unwrap_or(rest);
        let (size, order) = match rest.get(..2) {
            Some("16") => (2, &rest[2..]),
            Some("32") => (4, &rest[2..]),
            _ => return (rest == "8").then_some(Pass::Utf8),
        };
        let big = match order.strip_prefix(['-', '_']).unwrap_or(order) {
            "be" => true,
            "le" => false,
            "" => cfg!(target_endian = "big"),
            _ => return None,
        };
        Some(Pass::Wide { size, big })
    }
}
