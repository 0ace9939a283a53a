//! `complex()` of text and its `repr`.

use super::digits::{Code, Style, float_to_text};
use super::parse::{drop_underscores, scan_float, to_ascii, trim};
use crate::wtf8::Wtf8;

/// `complex(str)`: real and imaginary part; `None` is "complex() arg is a malformed string".
pub fn parse_complex(text: &Wtf8) -> Option<(f64, f64)> {
    let ascii = to_ascii(text);
    let trimmed = trim(&ascii);
    let inner = match trimmed {
        [b'(', inner @ .., b')'] => trim(inner),
        _ => trimmed,
    };
    scan_complex(&drop_underscores(inner)?)
}

fn scan_complex(text: &[u8]) -> Option<(f64, f64)> {
    let is_j = |byte: Option<&u8>| matches!(byte, Some(b'j' | b'J'));
    match scan_float(text) {
        Some((first, len)) => match &text[len..] {
            [] => Some((first, 0.0)),
            [b'j' | b'J'] => Some((0.0, first)),
            rest @ [b'+' | b'-', ..] => {
                let (second, used) = match scan_float(rest) {
                    Some(found) => found,
                    None => (unit(rest[0]), 1),
                };
                (is_j(rest.get(used)) && used + 1 == rest.len()).then_some((first, second))
            }
            _ => None,
        },
        // `j`, `+j`, `-j`.
        None => match text {
            [b'j' | b'J'] => Some((0.0, 1.0)),
            [sign @ (b'+' | b'-'), b'j' | b'J'] => Some((0.0, unit(*sign))),
            _ => None,
        },
    }
}

const fn unit(sign: u8) -> f64 {
    if sign == b'-' { -1.0 } else { 1.0 }
}

/// `repr(complex)`.
pub fn repr_complex(real: f64, imag: f64) -> String {
    let text = |value, plus| {
        float_to_text(value, Code::Repr, 0, Style { plus, ..Style::default() }).unwrap_or_default()
    };
    if real == 0.0 && real.is_sign_positive() {
        format!("{}j", text(imag, false))
    } else {
        format!("({}{}j)", text(real, false), text(imag, true))
    }
}
