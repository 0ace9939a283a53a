//! Case: the methods of `str` with the full mappings of Unicode, and those of `bytes` for ASCII.

use super::{TooLarge, with_room};
use crate::unicode;
use crate::wtf8::{Wtf8, Wtf8Buf};

const SIGMA: u32 = 0x3A3;
const FINAL_SIGMA: u32 = 0x3C2;
const SMALL_SIGMA: u32 = 0x3C3;

/// `str.lower`.
pub fn lower(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    map(text, <[u8]>::make_ascii_lowercase, |at, cp, out| push_lower(text, at, cp, out))
}

/// `str.upper`.
pub fn upper(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    map(text, <[u8]>::make_ascii_uppercase, |_, cp, out| out.extend(unicode::to_upper(cp).iter().copied()))
}

/// `str.casefold`.
pub fn casefold(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    map(text, <[u8]>::make_ascii_lowercase, |_, cp, out| out.extend(unicode::to_folded(cp).iter().copied()))
}

/// `str.swapcase`.
pub fn swapcase(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    map(text, swapcase_in_place, |at, cp, out| {
        if unicode::is_upper(cp) {
            push_lower(text, at, cp, out);
        } else if unicode::is_lower(cp) {
            out.extend(unicode::to_upper(cp).iter().copied());
        } else {
            out.push(cp);
        }
    })
}

/// `str.title`.
pub fn title(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    let mut after_cased = false;
    map(text, title_in_place, |at, cp, out| {
        if after_cased {
            push_lower(text, at, cp, out);
        } else {
            out.extend(unicode::to_title(cp).iter().copied());
        }
        after_cased = unicode::is_cased(cp);
    })
}

/// `str.capitalize`.
pub fn capitalize(text: &Wtf8) -> Result<Wtf8Buf, TooLarge> {
    map(text, capitalize_in_place, |at, cp, out| {
        if at == 0 {
            out.extend(unicode::to_title(cp).iter().copied());
        } else {
            push_lower(text, at, cp, out);
        }
    })
}

/// ASCII text is changed in a copy; other text goes through `each(offset, code point, out)`.
fn map(
    text: &Wtf8,
    ascii: impl Fn(&mut [u8]),
    mut each: impl FnMut(usize, u32, &mut Wtf8Buf),
) -> Result<Wtf8Buf, TooLarge> {
    if text.is_ascii() {
        return Ok(super::search::known_text(changed(text.as_bytes(), ascii)?));
    }
    let mut out = super::search::known_text(with_room(text.len())?);
    for (at, cp) in text.code_point_indices() {
        each(at, cp, &mut out);
    }
    Ok(out)
}

fn changed(bytes: &[u8], change: impl Fn(&mut [u8])) -> Result<Vec<u8>, TooLarge> {
    let mut out = with_room(bytes.len())?;
    out.extend_from_slice(bytes);
    change(&mut out);
    Ok(out)
}

fn push_lower(text: &Wtf8, at: usize, cp: u32, out: &mut Wtf8Buf) {
    if cp == SIGMA {
        out.push(if ends_word(text, at) { FINAL_SIGMA } else { SMALL_SIGMA });
    } else {
        out.extend(unicode::to_lower(cp).iter().copied());
    }
}

/// Is the sigma at that offset after a cased letter and not before one, case-ignorable ones not counted?
fn ends_word(text: &Wtf8, at: usize) -> bool {
    let next_is_cased = |mut cps: &mut dyn Iterator<Item = u32>| {
        (&mut cps).find(|cp| !unicode::is_case_ignorable(*cp)).is_some_and(unicode::is_cased)
    };
    next_is_cased(&mut text.slice_to(at).code_points().rev())
        && !next_is_cased(&mut text.slice_from(at).code_points().skip(1))
}

fn swapcase_in_place(bytes: &mut [u8]) {
    for byte in bytes {
        if byte.is_ascii_alphabetic() {
            *byte ^= 0x20;
        }
    }
}

fn title_in_place(bytes: &mut [u8]) {
    let mut after_cased = false;
    for byte in bytes {
        *byte = if after_cased { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        after_cased = byte.is_ascii_alphabetic();
    }
}

fn capitalize_in_place(bytes: &mut [u8]) {
    bytes.make_ascii_lowercase();
    if let Some(first) = bytes.first_mut() {
        first.make_ascii_uppercase();
    }
}

macro_rules! for_bytes {
    ($($(#[$doc:meta])* $name:ident: $change:expr;)*) => {
        $($(#[$doc])*
        pub fn $name(bytes: &[u8]) -> Result<Vec<u8>, TooLarge> {
            changed(bytes, $change)
        })*
    };
}

for_bytes! {
    /// `bytes.lower`.
    lower_bytes: <[u8]>::make_ascii_lowercase;
    /// `bytes.upper`.
    upper_bytes: <[u8]>::make_ascii_uppercase;
    /// `bytes.swapcase`.
    swapcase_bytes: swapcase_in_place;
    /// `bytes.title`.
    title_bytes: title_in_place;
    /// `bytes.capitalize`.
    capitalize_bytes: capitalize_in_place;
}
