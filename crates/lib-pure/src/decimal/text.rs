//! Numbers to text and back.

use super::number::{Dec, Kind, POWERS, small};
use super::order::coefficient;
use super::rules::{Ctx, Status, cond, finalize, invalid};
use dashu_int::UBig;

/// Scientific or engineering notation.
pub fn to_text(d: &Dec, engineering: bool, capitals: bool) -> String {
    let sign = if d.neg { "-" } else { "" };
    let payload = || if d.coef.is_zero() { String::new() } else { d.coef.to_string() };
    match d.kind {
        Kind::Infinite => return format!("{sign}Infinity"),
        Kind::Quiet => return format!("{sign}NaN{}", payload()),
        Kind::Signaling => return format!("{sign}sNaN{}", payload()),
        Kind::Finite => {}
    }
    let (mut few, many);
    let digits = match small(&d.coef) {
        Some(n) => {
            few = [0; 40];
            small_digits(n, &mut few)
        }
        None => {
            many = d.coef.to_string();
            many.as_str()
        }
    };
    let left = d.exp + digits.len() as i64;
    if d.exp == 0 {
        return [sign, digits].concat();
    }
    let point = if d.exp <= 0 && left > -6 {
        left
    } else if !engineering {
        1
    } else if d.coef.is_zero() {
        (left + 1).rem_euclid(3) - 1
    } else {
        (left - 1).rem_euclid(3) + 1
    };
    let mut text = String::with_capacity(digits.len() + 24);
    text.push_str(sign);
    put_digits(&mut text, digits, point);
    if left != point {
        text.push(if capitals { 'E' } else { 'e' });
        text.push_str(&format!("{:+}", left - point));
    }
    text
}

/// The digits of a number of two words.
fn small_digits(mut n: u128, place: &mut [u8; 40]) -> &str {
    let mut at = place.len();
    loop {
        // In pieces of 19 digits, which one word holds.
        let (rest, mut piece) = match u64::try_from(n) {
            Ok(n) => (0, n),
            Err(_) => (n / POWERS[19], (n % POWERS[19]) as u64),
        };
        let end = if rest == 0 { 0 } else { at - 19 };
        while at > end && (rest != 0 || piece != 0) {
            at -= 1;
            place[at] = b'0' + (piece % 10) as u8;
            piece /= 10;
        }
        if rest == 0 {
            break;
        }
        n = rest;
    }
    if at == place.len() {
        return "0";
    }
    std::str::from_utf8(&place[at..]).unwrap_or("0")
}

/// Digits with a point behind the first `point` of them.
pub fn put_digits(out: &mut String, digits: &str, point: i64) {
    let len = digits.len() as i64;
    if point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
        out.push_str(digits);
    } else if point >= len {
        out.push_str(digits);
        out.extend(std::iter::repeat_n('0', (point - len) as usize));
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    }
}

/// A number from ASCII text, under a context.
pub fn parse(text: &str, ctx: &Ctx, st: &mut Status) -> Dec {
    match parse_exact(text) {
        Some(d) if d.is_nan() => {
            let most = ctx.prec - i64::from(ctx.clamp);
            if !d.coef.is_zero() && d.digits() as i64 > most {
                return invalid(cond::CONVERSION_SYNTAX, st);
            }
            d
        }
        Some(d) => finalize(d, ctx, st),
        None => invalid(cond::CONVERSION_SYNTAX, st),
    }
}

/// An exponent that no context allows.
const FAR: i64 = 4_000_000_000_000_000_000;

fn parse_exact(text: &str) -> Option<Dec> {
    let (neg, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if let Some(d) = special(rest, neg) {
        return Some(d);
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let exp = match exponent {
        None => 0,
        Some(e) => {
            let (minus, digits) = match e.as_bytes().first()? {
                b'-' => (true, e.get(1..)?),
                b'+' => (false, e.get(1..)?),
                _ => (false, e),
            };
            if digits.is_empty() || !all_digits(digits) {
                return None;
            }
            let size = digits.trim_start_matches('0');
            let n = if size.len() > 19 {
                FAR
            } else {
                size.parse::<u64>().map_or(0, |n| n.min(FAR as u64)) as i64
            };
            if minus { -n } else { n }
        }
    };
    let coef = match (fraction.is_empty(), whole.len() + fraction.len()) {
        (true, 1..=19) => UBig::from(whole.parse::<u64>().unwrap_or(0)),
        (false, 1..=19) => {
            let n = whole.bytes().chain(fraction.bytes()).fold(0u128, |n, b| n * 10 + u128::from(b - b'0'));
            UBig::from(n)
        }
        (true, _) => coefficient(whole),
        (false, _) => coefficient(&format!("{whole}{fraction}")),
    };
    Some(Dec::new(neg, coef, exp - fraction.len() as i64))
}

/// Infinities and NaNs.
fn special(text: &str, neg: bool) -> Option<Dec> {
    let lower = |n: usize| text.get(..n).map(str::to_ascii_lowercase);
    if text.len() == 3 && lower(3)? == "inf" || text.len() == 8 && lower(8)? == "infinity" {
        return Some(Dec::infinity(neg));
    }
    let (kind, rest) = match text.as_bytes().first()? {
        b's' | b'S' => (Kind::Signaling, text.get(1..)?),
        _ => (Kind::Quiet, text),
    };
    let payload = rest.get(3..)?;
    if !rest.get(..3)?.eq_ignore_ascii_case("nan") || !payload.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Dec { neg, kind, exp: 0, coef: coefficient(payload) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_small_numbers() {
        let texts = POWERS.iter().flat_map(|p| [p - 1, *p, p + 1, p / 7, p.saturating_mul(3)]);
        for n in texts.chain([u128::MAX, u64::MAX.into()]) {
            assert_eq!(small_digits(n, &mut [0; 40]), n.to_string());
        }
    }
}
