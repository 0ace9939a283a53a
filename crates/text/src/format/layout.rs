//! Numbers in fields: sign, prefix, padding, groups of digits.

use super::spec::{Align, Spec};
use crate::strings::TooLarge;
use crate::wtf8::Wtf8Buf;

/// How a number's digits are grouped and which point it has: of a locale for the code `n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    pub point: String,
    pub separator: String,
    /// Sizes of the groups from the right, as `localeconv()["grouping"]`: the last repeats, 127 ends the grouping.
    pub grouping: Vec<u8>,
}

impl Default for Locale {
    /// The locale "C".
    fn default() -> Self {
        Locale { point: ".".into(), separator: String::new(), grouping: Vec::new() }
    }
}

impl Locale {
    pub(super) fn grouped(separator: Option<u8>, size: u8) -> Self {
        match separator {
            Some(byte) => {
                Locale { separator: char::from(byte).to_string(), grouping: vec![size], ..Locale::default() }
            }
            None => Locale::default(),
        }
    }

    /// The size of each group from the right; after the last one all the rest is a group.
    fn sizes(&self) -> impl Iterator<Item = usize> + '_ {
        let last = self.grouping.last().copied().filter(|size| *size != 0);
        self.grouping
            .iter()
            .copied()
            .chain(std::iter::repeat_with(move || last.unwrap_or(127)))
            .map(|size| if matches!(size, 0 | 127..) { usize::MAX } else { usize::from(size) })
    }
}

/// A number taken to pieces.
#[derive(Clone, Copy, Default)]
pub(super) struct Pieces<'a> {
    pub negative: bool,
    /// `0x` and its like.
    pub prefix: &'a str,
    /// Digits before the point.
    pub whole: &'a str,
    /// Digits after the point.
    pub fraction: &'a str,
    pub has_point: bool,
    /// What follows: exponent, percent sign, or `inf` and `nan`.
    pub tail: &'a str,
}

/// Lays a number out in its field.
pub(super) fn push_number(
    out: &mut Wtf8Buf,
    pieces: Pieces<'_>,
    spec: &Spec,
    locale: &Locale,
) -> Result<(), TooLarge> {
    let sign = match (pieces.negative, spec.sign) {
        (true, _) => "-",
        (false, Some(b'+')) => "+",
        (false, Some(b' ')) => " ",
        _ => "",
    };
    let fraction = group_fraction(pieces.fraction, spec.fraction_grouping);
    let point = if pieces.has_point { locale.point.as_str() } else { "" };
    let count = |text: &str| text.chars().count();
    let others = sign.len() + pieces.prefix.len() + count(point) + fraction.len() + pieces.tail.len();
    let width = spec.width.unwrap_or(0);
    let zero_padded = spec.fill == u32::from(b'0') && spec.align == Align::Sign;
    let min = if zero_padded { width.saturating_sub(others) } else { 0 };
    let whole = if pieces.whole.is_empty() { String::new() } else { group_whole(pieces.whole, min, locale)? };
    let pad = width.saturating_sub(others.checked_add(count(&whole)).ok_or(TooLarge)?);
    let (left, inner, right) = match spec.align {
        Align::Left => (0, 0, pad),
        Align::Right => (pad, 0, 0),
        Align::Center => (pad / 2, 0, pad - pad / 2),
        Align::Sign => (0, pad, 0),
    };
    let known = others.checked_add(whole.len()).ok_or(TooLarge)?;
    out.try_reserve(known).map_err(|_| TooLarge)?;
    out.try_push_repeated(spec.fill, left).ok_or(TooLarge)?;
    out.push_str(sign);
    out.push_str(pieces.prefix);
    out.try_push_repeated(spec.fill, inner).ok_or(TooLarge)?;
    for part in [&whole, point, &fraction, pieces.tail] {
        out.push_str(part);
    }
    out.try_push_repeated(spec.fill, right).ok_or(TooLarge)
}

/// Groups of three from the point.
fn group_fraction(digits: &str, separator: Option<u8>) -> String {
    let Some(separator) = separator else { return digits.into() };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && i % 3 == 0 {
            out.push(char::from(separator));
        }
        out.push(digit);
    }
    out
}

/// Groups from the right, and zeros in groups as well until `min` is reached.
fn group_whole(digits: &str, min: usize, locale: &Locale) -> Result<String, TooLarge> {
    if locale.grouping.is_empty() || locale.separator.is_empty() {
        let zeros = min.saturating_sub(digits.len());
        let mut out = String::new();
        out.try_reserve(digits.len().checked_add(zeros).ok_or(TooLarge)?).map_err(|_| TooLarge)?;
        out.extend(std::iter::repeat_n('0', zeros));
        out.push_str(digits);
        return Ok(out);
    }
    // Written from the right, then turned round. Each character may have a separator after it: room enough.
    let room = min.max(digits.len()).checked_add(1).and_then(|n| n.checked_mul(1 + locale.separator.len()));
    let mut out = Vec::new();
    out.try_reserve(room.ok_or(TooLarge)?).map_err(|_| TooLarge)?;
    let separator = locale.separator.chars().count();
    let (mut rest, mut wanted) = (digits.as_bytes(), min);
    for size in locale.sizes() {
        let take = size.min(rest.len().max(wanted).max(1));
        let (before, group) = rest.split_at(rest.len() - take.min(rest.len()));
        out.extend(group.iter().rev());
        out.resize(out.len() + take - group.len(), b'0');
        rest = before;
        wanted = wanted.saturating_sub(take);
        if rest.is_empty() && wanted == 0 {
            break;
        }
        wanted = wanted.saturating_sub(separator);
        out.extend(locale.separator.bytes().rev());
    }
    out.reverse();
    String::from_utf8(out).map_err(|_| TooLarge)
}
