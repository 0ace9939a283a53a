//! `int()` of text, and machine-sized ints to text.

use super::parse::{to_ascii, trim};
use crate::wtf8::Wtf8;

/// An int read from text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntText {
    Small(i64),
    /// Too long for an `i64`: the digits in `base` without underscores, lower or upper case as they were.
    Big {
        negative: bool,
        base: u32,
        digits: String,
    },
}

/// "invalid literal for int() with base …" to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidInt;

/// `int(str, base)`; `base` is 0 or 2..=36.
pub fn parse_int(text: &Wtf8, base: u32) -> Result<IntText, InvalidInt> {
    parse_int_bytes(&to_ascii(text), base)
}

/// `int(bytes, base)`.
pub fn parse_int_bytes(bytes: &[u8], base: u32) -> Result<IntText, InvalidInt> {
    let text = trim(bytes);
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let prefix = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let has_prefix = prefix != 0 && (base == 0 || base == prefix);
    // One underscore may follow the prefix.
    let digits = match (has_prefix, text) {
        (true, [_, _, b'_', rest @ ..]) | (true, [_, _, rest @ ..]) => rest,
        _ => text,
    };
    let radix = match base {
        0 if has_prefix => prefix,
        0 => 10,
        2..=36 => base,
        _ => return Err(InvalidInt),
    };
    let mut small = Some(0i64);
    let mut after_digit = false;
    for byte in digits {
        if *byte == b'_' {
            if !std::mem::take(&mut after_digit) {
                return Err(InvalidInt);
            }
            continue;
        }
        let digit = char::from(*byte).to_digit(radix).ok_or(InvalidInt)?;
        after_digit = true;
        // Counted downward, so that the least i64 fits.
        small = small.and_then(|n| n.checked_mul(i64::from(radix))?.checked_sub(i64::from(digit)));
    }
    if !after_digit {
        return Err(InvalidInt);
    }
    // Base 0 reads source text: a decimal number but zero does not begin with 0.
    if base == 0 && !has_prefix && digits[0] == b'0' && small != Some(0) {
        return Err(InvalidInt);
    }
    if let Some(n) = small.and_then(|n| if negative { Some(n) } else { n.checked_neg() }) {
        return Ok(IntText::Small(n));
    }
    let digits = digits.iter().filter(|b| **b != b'_').map(|b| char::from(*b)).collect();
    Ok(IntText::Big { negative, base: radix, digits })
}

/// The digits of an int in base 2, 8, 10 or 16 (any other base reads as 10), with a minus if negative.
pub fn int_to_text(value: i64, base: u32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    match base {
        2 => format!("{sign}{size:b}"),
        8 => format!("{sign}{size:o}"),
        16 => format!("{sign}{size:x}"),
        _ => format!("{value}"),
    }
}
