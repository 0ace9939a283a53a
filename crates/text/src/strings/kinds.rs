//! The questions: `isalpha` and its kin, for `str` and (with `_bytes`) for `bytes`.

use crate::unicode;
use crate::wtf8::Wtf8;

fn all(text: &Wtf8, is: impl Fn(u32) -> bool) -> bool {
    !text.is_empty() && text.code_points().all(is)
}

fn all_bytes(bytes: &[u8], is: impl Fn(&u8) -> bool) -> bool {
    !bytes.is_empty() && bytes.iter().all(is)
}

pub fn isalpha(text: &Wtf8) -> bool {
    all(text, unicode::is_alpha)
}

pub fn isdecimal(text: &Wtf8) -> bool {
    all(text, unicode::is_decimal)
}

pub fn isdigit(text: &Wtf8) -> bool {
    all(text, unicode::is_digit)
}

pub fn isnumeric(text: &Wtf8) -> bool {
    all(text, unicode::is_numeric)
}

pub fn isalnum(text: &Wtf8) -> bool {
    all(text, unicode::is_alnum)
}

pub fn isspace(text: &Wtf8) -> bool {
    all(text, unicode::is_space)
}

/// The empty text is printable.
pub fn isprintable(text: &Wtf8) -> bool {
    text.code_points().all(unicode::is_printable)
}

/// An identifier, keywords included.
pub fn isidentifier(text: &Wtf8) -> bool {
    let mut cps = text.code_points();
    cps.next().is_some_and(unicode::is_identifier_start) && cps.all(unicode::is_identifier_continue)
}

pub fn isupper(text: &Wtf8) -> bool {
    one_case(text.code_points(), unicode::is_upper, |cp| unicode::is_lower(cp) || unicode::is_title(cp))
}

pub fn islower(text: &Wtf8) -> bool {
    one_case(text.code_points(), unicode::is_lower, |cp| unicode::is_upper(cp) || unicode::is_title(cp))
}

pub fn istitle(text: &Wtf8) -> bool {
    titled(text.code_points(), |cp| unicode::is_upper(cp) || unicode::is_title(cp), unicode::is_lower)
}

pub fn isalpha_bytes(bytes: &[u8]) -> bool {
    all_bytes(bytes, u8::is_ascii_alphabetic)
}

pub fn isdigit_bytes(bytes: &[u8]) -> bool {
    all_bytes(bytes, u8::is_ascii_digit)
}

pub fn isalnum_bytes(bytes: &[u8]) -> bool {
    all_bytes(bytes, u8::is_ascii_alphanumeric)
}

pub fn isspace_bytes(bytes: &[u8]) -> bool {
    all_bytes(bytes, |b| matches!(b, 0x09..=0x0D | 0x20))
}

pub fn isupper_bytes(bytes: &[u8]) -> bool {
    one_case(bytes.iter().copied(), |b| b.is_ascii_uppercase(), |b| b.is_ascii_lowercase())
}

pub fn islower_bytes(bytes: &[u8]) -> bool {
    one_case(bytes.iter().copied(), |b| b.is_ascii_lowercase(), |b| b.is_ascii_uppercase())
}

pub fn istitle_bytes(bytes: &[u8]) -> bool {
    titled(bytes.iter().copied(), |b| b.is_ascii_uppercase(), |b| b.is_ascii_lowercase())
}

/// At least one unit of the wanted case and none of another.
fn one_case<T: Copy>(
    mut units: impl Iterator<Item = T>,
    wanted: impl Fn(T) -> bool,
    other: impl Fn(T) -> bool,
) -> bool {
    let mut seen = false;
    units.all(|unit| {
        seen |= wanted(unit);
        !other(unit)
    }) && seen
}

/// Capitals only after what has no case, small ones only after what has, and at least one of either.
fn titled<T: Copy>(
    mut units: impl Iterator<Item = T>,
    capital: impl Fn(T) -> bool,
    small: impl Fn(T) -> bool,
) -> bool {
    let (mut seen, mut after_cased) = (false, false);
    units.all(|unit| {
        let (is_capital, is_small) = (capital(unit), small(unit));
        let fits = !(is_capital && after_cased || !is_capital && is_small && !after_cased);
        after_cased = is_capital || is_small;
        seen |= after_cased;
        fits
    }) && seen
}
