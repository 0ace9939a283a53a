//! What a character is to a regular expression: categories and case, ASCII and Unicode.
//!
//! The locale variants are the ASCII ones: the runtime's `LC_CTYPE` is "C" or a UTF-8 locale, and in both the C
//! library classifies no byte above 0x7f.
//!
//! The Unicode predicates are the only place where this crate asks for tables.

use crate::opcode as op;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Digit,
    Space,
    Word,
    Linebreak,
}

/// A category as a set item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Category {
    kind: Kind,
    unicode: bool,
    negated: bool,
}

impl Category {
    pub fn from_code(code: u32) -> Option<Self> {
        let (kind, unicode) = match code & !1 {
            op::CATEGORY_DIGIT => (Kind::Digit, false),
            op::CATEGORY_SPACE => (Kind::Space, false),
            op::CATEGORY_WORD | op::CATEGORY_LOC_WORD => (Kind::Word, false),
            op::CATEGORY_LINEBREAK => (Kind::Linebreak, false),
            op::CATEGORY_UNI_DIGIT => (Kind::Digit, true),
            op::CATEGORY_UNI_SPACE => (Kind::Space, true),
            op::CATEGORY_UNI_WORD => (Kind::Word, true),
            op::CATEGORY_UNI_LINEBREAK => (Kind::Linebreak, true),
            _ => return None,
        };
        Some(Category { kind, unicode, negated: code & 1 != 0 })
    }

    pub fn is_unicode(self) -> bool {
        self.unicode
    }

    pub fn contains(self, ch: u32) -> bool {
        let is = match (self.kind, self.unicode) {
            (Kind::Digit, false) => ascii_is(ch, |b| b.is_ascii_digit()),
            (Kind::Space, false) => matches!(ch, 9..=13 | 32),
            (Kind::Word, false) => ascii_is_word(ch),
            (Kind::Linebreak, false) => ch == 10,
            (Kind::Digit, true) => unicode_is_decimal(ch),
            (Kind::Space, true) => unicode_is_space(ch),
            (Kind::Word, true) => unicode_is_word(ch),
            (Kind::Linebreak, true) => matches!(ch, 10..=13 | 28..=30 | 0x85 | 0x2028 | 0x2029),
        };
        is != self.negated
    }
}

#[inline]
fn ascii_is(ch: u32, test: impl Fn(u8) -> bool) -> bool {
    ch < 0x80 && test(ch as u8)
}

#[inline]
pub(crate) fn ascii_is_word(ch: u32) -> bool {
    ascii_is(ch, |b| b.is_ascii_alphanumeric() || b == b'_')
}

#[inline]
pub(crate) fn unicode_is_word(ch: u32) -> bool {
    if ch < 0x80 { ascii_is_word(ch) } else { tables::is_alnum(ch) }
}

fn unicode_is_decimal(ch: u32) -> bool {
    if ch < 0x80 { ascii_is(ch, |b| b.is_ascii_digit()) } else { tables::is_decimal(ch) }
}

fn unicode_is_space(ch: u32) -> bool {
    if ch < 0x80 { matches!(ch, 9..=13 | 28..=32) } else { tables::is_space(ch) }
}

/// `_sre.ascii_tolower`.
#[inline]
pub fn ascii_tolower(ch: u32) -> u32 {
    if ch < 0x80 { (ch as u8).to_ascii_lowercase() as u32 } else { ch }
}

#[inline]
pub(crate) fn ascii_toupper(ch: u32) -> u32 {
    if ch < 0x80 { (ch as u8).to_ascii_uppercase() as u32 } else { ch }
}

/// `_sre.unicode_tolower`: the simple lower-case mapping.
#[inline]
pub fn unicode_tolower(ch: u32) -> u32 {
    if ch < 0x80 { ascii_tolower(ch) } else { tables::to_lower(ch) }
}

#[inline]
pub(crate) fn unicode_toupper(ch: u32) -> u32 {
    if ch < 0x80 { (ch as u8).to_ascii_uppercase() as u32 } else { tables::to_upper(ch) }
}

/// `_sre.ascii_iscased`.
pub fn ascii_iscased(ch: u32) -> bool {
    ascii_is(ch, |b| b.is_ascii_alphabetic())
}

/// `_sre.unicode_iscased`.
pub fn unicode_iscased(ch: u32) -> bool {
    unicode_tolower(ch) != ch || unicode_toupper(ch) != ch
}

/// `_sre.getlower`: the lower case of `ch` under the pattern flags `flags`.
pub fn getlower(ch: u32, flags: u32) -> u32 {
    if flags & op::FLAG_LOCALE != 0 || flags & op::FLAG_UNICODE == 0 {
        ascii_tolower(ch)
    } else {
        unicode_tolower(ch)
    }
}

/// The tables asked for characters above 0x7f.
mod tables {
    pub use taipan_text::unicode::{
        is_alnum, is_decimal, is_space, simple_lower as to_lower, simple_upper as to_upper,
    };
}
