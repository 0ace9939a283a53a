//! `float()` of text.

use crate::unicode;
use crate::wtf8::Wtf8;

/// `float(str)`: `None` when the text is no number.
pub fn parse_float(text: &Wtf8) -> Option<f64> {
    parse_float_bytes(&to_ascii(text))
}

/// `float(bytes)`.
pub fn parse_float_bytes(bytes: &[u8]) -> Option<f64> {
    let text = drop_underscores(trim(bytes))?;
    match scan_float(&text)? {
        (value, len) if len == text.len() => Some(value),
        _ => None,
    }
}

/// Digits and spaces of all scripts as ASCII; what else is not ASCII becomes `?`, which no number has.
pub(super) fn to_ascii(text: &Wtf8) -> std::borrow::Cow<'_, [u8]> {
    if text.is_ascii() {
        return text.as_bytes().into();
    }
    let one = |cp: u32| match cp {
        0..0x7F => cp as u8,
        _ if unicode::is_space(cp) => b' ',
        _ => unicode::decimal_value(cp).map_or(b'?', |digit| b'0' + digit),
    };
    text.code_points().map(one).collect()
}

/// Without the white space of C's `isspace` at the ends.
pub(super) fn trim(mut bytes: &[u8]) -> &[u8] {
    let is_space = |b: &u8| matches!(b, 0x09..=0x0D | b' ');
    while let [first, rest @ ..] = bytes
        && is_space(first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_space(last)
    {
        bytes = rest;
    }
    bytes
}

/// Underscores may stand between two digits only.
pub(super) fn drop_underscores(text: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    if memchr::memchr(b'_', text).is_none() {
        return Some(text.into());
    }
    let mut out = Vec::with_capacity(text.len());
    for (i, byte) in text.iter().enumerate() {
        let digit_at = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
        if *byte != b'_' {
            out.push(*byte);
        } else if !(digit_at(i.checked_sub(1)) && digit_at(Some(i + 1))) {
            return None;
        }
    }
    Some(out.into())
}

/// The float at the front of ASCII text and its length.
pub(super) fn scan_float(text: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let negative = text.first() == Some(&b'-');
    let signed = |value: f64| if negative { -value } else { value };
    let body = &text[sign..];
    for (word, value) in [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        if body.get(..word.len()).is_some_and(|front| front.eq_ignore_ascii_case(word.as_bytes())) {
            return Some((signed(value), sign + word.len()));
        }
    }
    let digits = |from: usize| body[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(0);
    let mut end = whole;
    let mut fraction = 0;
    if body.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(body.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(body.get(end + 1), Some(b'+' | b'-')));
        let power = if end + 1 + sign < body.len() { digits(end + 1 + sign) } else { 0 };
        // An `e` without digits is not part of the number.
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    let value: f64 = std::str::from_utf8(&body[..end]).ok()?.parse().ok()?;
    Some((signed(value), sign + end))
}
