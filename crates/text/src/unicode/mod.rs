//! Unicode 16.0 character data, as `unicodedata` and the methods of `str` see it, and the differences of 3.2.0.
//!
//! The tables are two-stage: the high bits of a code point choose a block, the low bits an entry in it, which is the
//! number of one of a few hundred records. They are written by `tools/gen_unicode.py`. Surrogates and numbers beyond
//! U+10FFFF have the records of what is unassigned where nothing else is known.

mod names;
mod normalize;
#[rustfmt::skip]
mod tables;

pub use names::{lookup, name};
pub use normalize::{Form, QuickCheck, canonical_composition, is_normalized, normalize, quick_check};
pub use tables::VERSION;

/// The version of the data behind `unicodedata.ucd_3_2_0`.
pub const OLD_VERSION: &str = "3.2.0";

/// Which version of the data is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Edition {
    /// `unicodedata` itself.
    #[default]
    Current,
    /// `unicodedata.ucd_3_2_0`.
    Old,
}

/// A record of `unicodedata`'s properties; the fields are rows of the tables of words.
#[derive(Clone, Copy, Debug)]
pub struct Prop {
    category: u8,
    bidi: u8,
    combining: u8,
    width: u8,
    flags: u8,
}

/// A record of what `str` methods ask: kinds, digit values and case mappings.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    flags: u16,
    decimal: u8,
    digit: u8,
    numeric: u8,
    /// Lower, upper, title, fold: a difference, or `SEQUENCE` and a row of `SEQUENCES`.
    case: [i32; 4],
}

/// A whole record as 3.2.0 had it.
#[derive(Clone, Copy, Debug)]
pub struct OldProp {
    prop: Prop,
    decimal: u8,
    digit: u8,
    numeric: u8,
}

const MIRRORED: u8 = 1;
const SEQUENCE: i32 = 0x4000_0000;
const NO_DIGIT: u8 = 255;

const ALPHA: u16 = 1;
const DECIMAL: u16 = 1 << 1;
const DIGIT: u16 = 1 << 2;
const NUMERIC: u16 = 1 << 3;
const PRINTABLE: u16 = 1 << 4;
const SPACE: u16 = 1 << 5;
const ID_START: u16 = 1 << 6;
const ID_CONTINUE: u16 = 1 << 7;
const LOWER: u16 = 1 << 8;
const UPPER: u16 = 1 << 9;
const TITLE: u16 = 1 << 10;
const IGNORABLE: u16 = 1 << 11;
const LINE: u16 = 1 << 12;

/// Reads a two-stage table; a code point past its end has entry 0.
macro_rules! two_stage {
    ($cp:expr, $shift:ident, $first:ident, $second:ident) => {{
        let cp = $cp as usize;
        match tables::$first.get(cp >> tables::$shift) {
            Some(block) => {
                let low = cp & ((1 << tables::$shift) - 1);
                tables::$second
                    .get(((*block as usize) << tables::$shift) + low)
                    .map_or(0, |row| *row as usize)
            }
            None => 0,
        }
    }};
}

#[inline]
fn prop(cp: u32) -> &'static Prop {
    &tables::PROPS[two_stage!(cp, PROP_SHIFT, PROP_1, PROP_2)]
}

#[inline]
fn kind(cp: u32) -> &'static Kind {
    &tables::KINDS[two_stage!(cp, KIND_SHIFT, KIND_1, KIND_2)]
}

/// The record of 3.2.0, where it differs from the current one.
fn old(cp: u32) -> Option<&'static OldProp> {
    tables::OLDS.get(two_stage!(cp, OLD_SHIFT, OLD_1, OLD_2).checked_sub(1)?)
}

fn prop_in(edition: Edition, cp: u32) -> &'static Prop {
    match edition {
        Edition::Old => old(cp).map_or(prop(cp), |record| &record.prop),
        Edition::Current => prop(cp),
    }
}

/// `unicodedata.category`.
pub fn category(edition: Edition, cp: u32) -> &'static str {
    tables::CATEGORIES[prop_in(edition, cp).category as usize]
}

/// `unicodedata.bidirectional`.
pub fn bidirectional(edition: Edition, cp: u32) -> &'static str {
    tables::BIDI[prop_in(edition, cp).bidi as usize]
}

/// `unicodedata.combining`.
pub fn combining(edition: Edition, cp: u32) -> u8 {
    prop_in(edition, cp).combining
}

/// `unicodedata.mirrored`.
pub fn mirrored(edition: Edition, cp: u32) -> bool {
    prop_in(edition, cp).flags & MIRRORED != 0
}

/// `unicodedata.east_asian_width`.
pub fn east_asian_width(edition: Edition, cp: u32) -> &'static str {
    tables::WIDTHS[prop_in(edition, cp).width as usize]
}

/// Was the code point assigned in that edition?
pub fn is_assigned(edition: Edition, cp: u32) -> bool {
    category(edition, cp) != "Cn"
}

/// `unicodedata.decimal`.
pub fn decimal(edition: Edition, cp: u32) -> Option<u8> {
    let value = match edition {
        Edition::Old => old(cp).map_or(kind(cp).decimal, |record| record.decimal),
        Edition::Current => kind(cp).decimal,
    };
    (value != NO_DIGIT).then_some(value)
}

/// `unicodedata.digit`.
pub fn digit(edition: Edition, cp: u32) -> Option<u8> {
    let value = match edition {
        Edition::Old => old(cp).map_or(kind(cp).digit, |record| record.digit),
        Edition::Current => kind(cp).digit,
    };
    (value != NO_DIGIT).then_some(value)
}

/// `unicodedata.numeric`.
pub fn numeric(edition: Edition, cp: u32) -> Option<f64> {
    let row = match edition {
        // Numbers that later editions changed.
        Edition::Old if cp == 0x5793 => return Some(1e20),
        Edition::Old if matches!(cp, 0x9F4..=0x9F7) => return Some(f64::from(cp - 0x9F3)),
        Edition::Old if cp == 0x9F8 => return None,
        Edition::Old => old(cp).map_or(kind(cp).numeric, |record| record.numeric),
        Edition::Current => kind(cp).numeric,
    };
    tables::NUMERICS.get(usize::from(row).checked_sub(1)?).copied()
}

/// A decomposition from the tables (not the algorithmic ones of Hangul): its tag, "" when canonical, and its parts.
pub fn decomposition(edition: Edition, cp: u32) -> Option<(&'static str, &'static [u32])> {
    if edition == Edition::Old && !is_assigned(Edition::Old, cp) {
        return None;
    }
    let (tag, parts) = decomposition_row(cp)?;
    Some((tables::TAGS[tag], parts))
}

fn decomposition_row(cp: u32) -> Option<(usize, &'static [u32])> {
    let row = two_stage!(cp, DECOMP_SHIFT, DECOMP_1, DECOMP_2);
    if row == 0 {
        return None;
    }
    let head = *tables::DECOMP_DATA.get(row)?;
    let len = (head & 0xFF) as usize;
    Some(((head >> 8) as usize, tables::DECOMP_DATA.get(row + 1..row + 1 + len)?))
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident: $bits:expr;)*) => {
        $($(#[$doc])*
        #[inline]
        pub fn $name(cp: u32) -> bool {
            kind(cp).flags & ($bits) != 0
        })*
    };
}

predicates! {
    is_alpha: ALPHA;
    is_decimal: DECIMAL;
    is_digit: DIGIT;
    is_numeric: NUMERIC;
    is_alnum: ALPHA | DECIMAL | DIGIT | NUMERIC;
    is_printable: PRINTABLE;
    /// White space as `str.isspace` and `str.split` see it.
    is_space: SPACE;
    /// May begin an identifier; the underscore may.
    is_identifier_start: ID_START;
    is_identifier_continue: ID_CONTINUE;
    is_lower: LOWER;
    is_upper: UPPER;
    is_title: TITLE;
    /// Lower, upper or title case.
    is_cased: LOWER | UPPER | TITLE;
    /// Skipped when the place of a final sigma is sought.
    is_case_ignorable: IGNORABLE;
    /// Ends a line for `str.splitlines`.
    is_line_break: LINE;
}

/// The value of a decimal digit, as `int()` and `float()` read it.
#[inline]
pub fn decimal_value(cp: u32) -> Option<u8> {
    if cp < 0x80 {
        return (cp as u8).is_ascii_digit().then_some((cp as u8).wrapping_sub(b'0'));
    }
    decimal(Edition::Current, cp)
}

/// What a case mapping gives: one to three code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    buf: [u32; 3],
    len: u8,
}

impl std::ops::Deref for Mapped {
    type Target = [u32];

    #[inline]
    fn deref(&self) -> &[u32] {
        &self.buf[..usize::from(self.len)]
    }
}

fn mapped(cp: u32, which: usize) -> Mapped {
    let step = kind(cp).case[which];
    if step & SEQUENCE == 0 || step < 0 {
        return Mapped { buf: [cp.wrapping_add_signed(step), 0, 0], len: 1 };
    }
    let parts = tables::SEQUENCES[(step ^ SEQUENCE) as usize];
    let mut buf = [0; 3];
    buf[..parts.len()].copy_from_slice(parts);
    Mapped { buf, len: parts.len() as u8 }
}

/// The full lower-case mapping (without the rule of the final sigma).
#[inline]
pub fn to_lower(cp: u32) -> Mapped {
    mapped(cp, 0)
}

/// The full upper-case mapping.
#[inline]
pub fn to_upper(cp: u32) -> Mapped {
    mapped(cp, 1)
}

/// The full title-case mapping.
#[inline]
pub fn to_title(cp: u32) -> Mapped {
    mapped(cp, 2)
}

/// The full case folding.
#[inline]
pub fn to_folded(cp: u32) -> Mapped {
    mapped(cp, 3)
}

/// One code point of lower case, as `_sre` compares: the first of the full mapping.
#[inline]
pub fn simple_lower(cp: u32) -> u32 {
    to_lower(cp).buf[0]
}

/// One code point of upper case: the first of the full mapping, as CPython has it (so `ß` gives `S`).
#[inline]
pub fn simple_upper(cp: u32) -> u32 {
    to_upper(cp).buf[0]
}

#[cfg(test)]
mod tests;
