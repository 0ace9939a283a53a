//! Floats to decimal text: the conversions `r` (shortest), `e`, `f` and `g`.

use crate::strings::TooLarge;

/// The conversions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The shortest text that reads back as the same value.
    Repr,
    Exponent,
    Fixed,
    General,
}

/// What else goes into the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Capital `E`, `INF`, `NAN`.
    pub upper: bool,
    /// `#`: always a point, and no zeros cut off by `General`.
    pub alternate: bool,
    /// A finite number that looks like an int gets `.0`.
    pub add_dot_0: bool,
    /// `z`: a zero after rounding loses its minus.
    pub no_negative_zero: bool,
    /// A plus before what is not negative.
    pub plus: bool,
}

/// No finite double has more digits after its point than 1074, nor more than 767 significant ones.
const MAX_DIGITS: usize = 1100;

/// The decimal digits of a finite value: 0.d1d2d3… times ten to the `point`.
struct Digits {
    digits: Vec<u8>,
    point: isize,
}

/// `repr(float)`.
pub fn repr_float(value: f64) -> String {
    let style = Style { add_dot_0: true, ..Style::default() };
    float_to_text(value, Code::Repr, 0, style).unwrap_or_default()
}

/// The text of a float; `precision` counts the digits after the point, or the significant ones for `General`.
pub fn float_to_text(value: f64, code: Code, precision: usize, style: Style) -> Result<String, TooLarge> {
    if !value.is_finite() {
        return Ok(not_finite(value, style));
    }
    let precision = if code == Code::General { precision.max(1) } else { precision };
    let found = match code {
        Code::Repr => shortest(value),
        Code::Exponent => significant(value, precision.saturating_add(1)),
        Code::Fixed => fixed(value, precision),
        Code::General => significant(value, precision),
    };
    // How many digits there must be, with zeros put at the end; all but `f` count from the first digit.
    let point = found.point;
    let (exponent, wanted) = match code {
        Code::Repr => (point <= -4 || point > 16, found.digits.len()),
        Code::Exponent => (true, precision.checked_add(1).ok_or(TooLarge)?),
        Code::Fixed => (false, precision.checked_add_signed(point).ok_or(TooLarge)?),
        Code::General => {
            let limit = isize::try_from(precision).unwrap_or(isize::MAX) - isize::from(style.add_dot_0);
            (point <= -4 || point > limit, if style.alternate { precision } else { 0 })
        }
    };
    let mut digits = found.digits;
    if code == Code::General && !style.alternate {
        digits.truncate(digits.iter().rposition(|d| *d != b'0').map_or(1, |last| last + 1));
    }
    if let Some(more) = wanted.checked_sub(digits.len()).filter(|more| *more > 0) {
        digits.try_reserve(more.checked_add(MAX_DIGITS).ok_or(TooLarge)?).map_err(|_| TooLarge)?;
        digits.resize(wanted, b'0');
    }
    let mut out = Vec::new();
    out.try_reserve(digits.len() + point.unsigned_abs().min(400) + 16).map_err(|_| TooLarge)?;
    let zero = digits.iter().all(|d| *d == b'0');
    if value.is_sign_negative() && !(style.no_negative_zero && zero) {
        out.push(b'-');
    } else if style.plus {
        out.push(b'+');
    }
    // Where the point stands: after the first digit with an exponent, else where it belongs.
    let place = if exponent { 1 } else { point };
    // Nothing with an exponent looks like an int.
    push_with_point(&mut out, &digits, place, Style { add_dot_0: style.add_dot_0 && !exponent, ..style });
    if exponent {
        let power = if zero && code != Code::Repr { 0 } else { point - 1 };
        out.push(if style.upper { b'E' } else { b'e' });
        out.push(if power < 0 { b'-' } else { b'+' });
        out.extend_from_slice(format!("{:02}", power.unsigned_abs()).as_bytes());
    }
    String::from_utf8(out).map_err(|_| TooLarge)
}

fn push_with_point(out: &mut Vec<u8>, digits: &[u8], place: isize, style: Style) {
    let whole = usize::try_from(place).unwrap_or(0);
    match digits.get(..whole) {
        _ if place <= 0 => {
            out.push(b'0');
            out.push(b'.');
            out.resize(out.len() + place.unsigned_abs(), b'0');
            out.extend_from_slice(digits);
        }
        Some(before) if whole < digits.len() => {
            out.extend_from_slice(before);
            out.push(b'.');
            out.extend_from_slice(&digits[whole..]);
        }
        _ => {
            out.extend_from_slice(digits);
            out.resize(out.len() + whole - digits.len(), b'0');
            if style.add_dot_0 {
                out.extend_from_slice(b".0");
            } else if style.alternate {
                out.push(b'.');
            }
        }
    }
}

fn not_finite(value: f64, style: Style) -> String {
    let word = match (value.is_nan(), style.upper) {
        (true, false) => "nan",
        (true, true) => "NAN",
        (false, false) => "inf",
        (false, true) => "INF",
    };
    let sign = match value.is_sign_negative() && !value.is_nan() {
        true => "-",
        false if style.plus => "+",
        false => "",
    };
    format!("{sign}{word}")
}

fn shortest(value: f64) -> Digits {
    if value == 0.0 {
        return Digits { digits: vec![b'0'], point: 1 };
    }
    let mut buffer = zmij::Buffer::new();
    read_digits(buffer.format_finite(value.abs()))
}

fn significant(value: f64, count: usize) -> Digits {
    if value == 0.0 {
        return Digits { digits: vec![b'0'], point: 1 };
    }
    let mut found = read_digits_raw(&format!("{:.*e}", count.clamp(1, MAX_DIGITS) - 1, value.abs()));
    // Keep the zeros that were asked for: only `shortest` strips.
    if found.digits.is_empty() {
        found.digits.push(b'0');
    }
    found
}

fn fixed(value: f64, places: usize) -> Digits {
    let text = format!("{:.*}", places.min(MAX_DIGITS), value.abs());
    let point = text.find('.').unwrap_or(text.len());
    let digits = text.bytes().filter(|b| *b != b'.').collect();
    Digits { digits, point: point as isize }
}

/// Reads `ddd.ddde±xx` as it stands.
fn read_digits_raw(text: &str) -> Digits {
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let power: isize = power.trim_start_matches('+').parse().unwrap_or(0);
    let whole = mantissa.find('.').unwrap_or(mantissa.len()) as isize;
    let digits = mantissa.bytes().filter(|b| *b != b'.').collect();
    Digits { digits, point: whole + power }
}

/// The same without zeros at either end.
fn read_digits(text: &str) -> Digits {
    let Digits { mut digits, point } = read_digits_raw(text);
    let first = digits.iter().position(|d| *d != b'0').unwrap_or(0);
    digits.drain(..first);
    digits.truncate(digits.iter().rposition(|d| *d != b'0').map_or(1, |last| last + 1));
    Digits { digits, point: point - first as isize }
}

/// `round(value, places)` for a finite value; `None` when the result is beyond a double.
pub fn round_to(value: f64, places: i64) -> Option<f64> {
    // Past these bounds nothing changes, or nothing is left.
    if places > 400 || value == 0.0 || !value.is_finite() {
        return Some(value);
    }
    if places < -400 {
        return Some(0f64.copysign(value));
    }
    let text = if places >= 0 {
        format!("{:.*}", places as usize, value)
    } else {
        // Significant digits that stay left of the place.
        let exact = read_digits_raw(&format!("{:.*e}", 800, value.abs()));
        let kept = exact.point + places as isize;
        match kept {
            ..0 => return Some(0f64.copysign(value)),
            0 => {
                // Half of the place rounds to even, which is zero.
                let up = exact.digits[0] > b'5'
                    || exact.digits[0] == b'5' && exact.digits[1..].iter().any(|digit| *digit != b'0');
                let unit: f64 = if up { format!("1e{}", -places).parse().ok()? } else { 0.0 };
                return unit.is_finite().then_some(unit.copysign(value));
            }
            _ => format!("{:.*e}", kept as usize - 1, value),
        }
    };
    text.parse().ok().filter(|rounded: &f64| rounded.is_finite())
}
