//! `float.hex` and `float.fromhex`.

use super::parse::trim;

/// Why `fromhex` failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromHexError {
    /// "invalid hexadecimal floating-point string"
    Invalid,
    /// "hexadecimal value too large to represent as a float"
    TooLarge,
    /// "hexadecimal string too long to convert"
    TooLong,
}

impl FromHexError {
    /// The text of the exception: a `ValueError` for `Invalid` and `TooLong`, an `OverflowError` for `TooLarge`.
    pub const fn message(self) -> &'static str {
        match self {
            FromHexError::Invalid => "invalid hexadecimal floating-point string",
            FromHexError::TooLarge => "hexadecimal value too large to represent as a float",
            FromHexError::TooLong => "hexadecimal string too long to convert",
        }
    }
}

/// `float.hex`.
pub fn float_hex(value: f64) -> String {
    if !value.is_finite() {
        return super::repr_float(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (lead, power) = match (bits >> 52 & 0x7FF) as i32 {
        0 => (0, -1022),
        biased => (1, biased - 1023),
    };
    format!("{sign}0x{lead}.{fraction:013x}p{power:+}")
}

/// `float.fromhex`.
pub fn float_fromhex(bytes: &[u8]) -> Result<f64, FromHexError> {
    let text = trim(bytes);
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let size = match body {
        _ if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") => f64::INFINITY,
        _ if body.eq_ignore_ascii_case(b"nan") => f64::NAN,
        _ => magnitude(body)?,
    };
    Ok(if negative { -size } else { size })
}

fn magnitude(body: &[u8]) -> Result<f64, FromHexError> {
    let body = match body {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => body,
    };
    let (digits, power) = match body.iter().position(|b| matches!(b, b'p' | b'P')) {
        Some(at) => (&body[..at], read_power(&body[at + 1..])?),
        None => (body, 0),
    };
    let point = digits.iter().position(|b| *b == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &digits[..0]),
    };
    if whole.len() + fraction.len() == 0 {
        return Err(FromHexError::Invalid);
    }
    // The first 64 bits that are not zero, and whether anything was lost after them.
    let (mut bits, mut sticky, mut lost) = (0u64, false, 0i64);
    for byte in whole.iter().chain(fraction) {
        let digit = char::from(*byte).to_digit(16).ok_or(FromHexError::Invalid)?;
        if bits >> 60 == 0 {
            bits = bits << 4 | u64::from(digit);
        } else {
            sticky |= digit != 0;
            lost += 4;
        }
    }
    if bits == 0 {
        return Ok(0.0);
    }
    let scale = power.saturating_add(lost).saturating_sub(4 * fraction.len() as i64);
    scaled(bits, sticky, scale)
}

fn read_power(text: &[u8]) -> Result<i64, FromHexError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(FromHexError::Invalid);
    }
    // Far beyond what any text could balance.
    let size = digits.iter().fold(0i64, |n, b| (n * 10 + i64::from(b - b'0')).min(1 << 52));
    Ok(if negative { -size } else { size })
}

/// `bits` times two to the `scale`, rounded once, half to even.
fn scaled(bits: u64, sticky: bool, scale: i64) -> Result<f64, FromHexError> {
    let shift_up = bits.leading_zeros();
    let top = bits << shift_up;
    // The value is 1.xxx times two to the `power`.
    let power = scale.saturating_add(63 - i64::from(shift_up));
    if power > 1023 {
        return Err(FromHexError::TooLarge);
    }
    if power < -1075 {
        return Ok(0.0);
    }
    // How many of the 64 bits go: 11 for a normal number, more for a subnormal one, all of them at -1075.
    let drop = if power >= -1022 { 11 } else { 11 + (-1022 - power) as u32 };
    let (kept, rest, half) = if drop >= 64 {
        (0u64, top, 1u128 << (drop - 1))
    } else {
        (top >> drop, top & ((1 << drop) - 1), 1u128 << (drop - 1))
    };
    let rest = u128::from(rest);
    let up = rest > half || rest == half && (sticky || kept & 1 == 1);
    let rounded = kept + u64::from(up);
    // The fraction's carry runs into the exponent as it should.
    let biased = if power >= -1022 { (power + 1022) as u64 } else { 0 };
    let value = f64::from_bits((biased << 52) + rounded);
    if value.is_finite() { Ok(value) } else { Err(FromHexError::TooLarge) }
}
