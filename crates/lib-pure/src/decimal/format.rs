//! `format(decimal, spec)` for the specifications that most programs use; others go to the Python half.

use super::arith::rescale;
use super::number::Dec;
use super::rules::{Ctx, Rounding, finalize};
use super::text::{put_digits, to_text};

/// What a specification says.
pub struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    zero_pad: bool,
    width: usize,
    thousands: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Whether a specification has a number that no width or precision can be.
pub fn has_huge_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > 10)
}

/// Reads a specification; `None`: it is not one of those known here.
pub fn parse(text: &str) -> Option<Spec> {
    let mut spec = Spec {
        fill: ' ',
        align: None,
        sign: '-',
        zero_pad: false,
        width: 0,
        thousands: false,
        precision: None,
        kind: None,
    };
    let mut rest: Vec<char> = text.chars().rev().collect();
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '=' | '^'));
    let n = rest.len();
    if n >= 2 && is_align(rest.get(n - 2)) {
        spec.fill = rest.pop()?;
        spec.align = rest.pop();
    } else if is_align(rest.last()) {
        spec.align = rest.pop();
    }
    if let Some('+' | '-' | ' ') = rest.last() {
        spec.sign = rest.pop()?;
    }
    if rest.last() == Some(&'0') {
        rest.pop();
        if spec.align.is_some() {
            return None;
        }
        spec.zero_pad = true;
    }
    spec.width = number(&mut rest)?.unwrap_or(0);
    if rest.last() == Some(&',') {
        rest.pop();
        spec.thousands = true;
    }
    if rest.last() == Some(&'.') {
        rest.pop();
        spec.precision = Some(number(&mut rest)??);
    }
    if let Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') = rest.last() {
        spec.kind = rest.pop();
    }
    rest.is_empty().then_some(spec)
}

/// Digits off the end; `None`: too many.
fn number(rest: &mut Vec<char>) -> Option<Option<usize>> {
    let mut digits = String::new();
    while let Some(c) = rest.pop_if(|c| c.is_ascii_digit()) {
        digits.push(c);
    }
    if digits.is_empty() {
        return Some(None);
    }
    digits.parse::<u32>().ok().filter(|n| *n < 1_000_000).map(|n| Some(n as usize))
}

/// The text of a number. `None`: too long.
pub fn format(d: &Dec, spec: &Spec, round: Rounding, capitals: bool) -> Option<String> {
    let sign = match (d.neg, spec.sign) {
        (true, _) => "-",
        (false, '-') => "",
        (false, '+') => "+",
        _ => " ",
    };
    if d.is_special() {
        let mut body = to_text(&d.with_sign(false), false, true);
        if spec.kind == Some('%') {
            body.push('%');
        }
        return Some(aligned(
            sign,
            &body,
            if spec.zero_pad { ' ' } else { spec.fill },
            spec.align.unwrap_or('>'),
            spec.width,
        ));
    }
    let kind = spec.kind.unwrap_or(if capitals { 'G' } else { 'g' });
    let mut d = d.clone();
    if kind == '%' {
        d.exp = d.exp.checked_add(2)?;
    }
    if let Some(precision) = spec.precision {
        d = to_precision(&d, kind, precision as i64, round)?;
    }
    if d.coef.is_zero() && d.exp > 0 && matches!(kind, 'f' | 'F' | '%') {
        d = rescale(&d, 0, round)?.0;
    }
    let digits = d.coef.to_string();
    let left = d.exp + digits.len() as i64;
    if left.unsigned_abs() > 10_000_000 && matches!(kind, 'f' | 'F' | '%') {
        return None;
    }
    let point = match kind {
        // A zero has as many digits behind the point as asked for.
        'e' | 'E' if d.coef.is_zero() => 1 - spec.precision.unwrap_or(0) as i64,
        'e' | 'E' => 1,
        'f' | 'F' | '%' => left,
        _ if d.exp <= 0 && left > -6 => left,
        _ => 1,
    };
    let mut body = String::new();
    put_digits(&mut body, &digits, point);
    let (whole, mut tail) = match body.split_once('.') {
        Some((whole, fraction)) => (whole.to_string(), format!(".{fraction}")),
        None => (body, String::new()),
    };
    let exp = left - point;
    if exp != 0 || matches!(kind, 'e' | 'E') {
        let letter = if matches!(kind, 'E' | 'G') { 'E' } else { 'e' };
        tail.push_str(&format!("{letter}{exp:+}"));
    }
    if kind == '%' {
        tail.push('%');
    }
    let zeros = if spec.zero_pad || spec.align == Some('=') && spec.fill == '0' { spec.width } else { 0 };
    let room = zeros.saturating_sub(sign.len() + tail.len());
    let whole = grouped(&whole, spec.thousands, room);
    let align = spec.align.unwrap_or(if spec.zero_pad { '=' } else { '>' });
    Some(aligned(sign, &format!("{whole}{tail}"), spec.fill, align, spec.width))
}

fn to_precision(d: &Dec, kind: char, precision: i64, round: Rounding) -> Option<Dec> {
    let cut = |d: &Dec, prec: i64| {
        let ctx = Ctx { prec, round, ..super::rules::WIDEST };
        finalize(d.clone(), &ctx, &mut 0)
    };
    match kind {
        'e' | 'E' => {
            // So many digits behind the first one, zeros if there are less.
            let d = cut(d, precision + 1);
            if d.coef.is_zero() {
                return Some(Dec::zero(d.neg, d.exp));
            }
            let missing = precision + 1 - d.digits() as i64;
            Some(if missing > 0 { rescale(&d, d.exp - missing, round)?.0 } else { d })
        }
        'f' | 'F' | '%' => Some(rescale(d, -precision, round)?.0),
        _ if d.digits() as i64 > precision.max(1) => Some(cut(d, precision.max(1))),
        _ => Some(d.clone()),
    }
}

/// Digits with commas, and zeros in front until they fill `room`.
fn grouped(digits: &str, commas: bool, room: usize) -> String {
    if !commas {
        return format!("{digits:0>room$}");
    }
    let mut out: Vec<char> = Vec::new();
    let mut rest: Vec<char> = digits.chars().collect();
    let mut n = 0;
    while let Some(c) = rest.pop().or((out.len() < room).then_some('0')) {
        if n > 0 && n % 3 == 0 {
            out.push(',');
        }
        out.push(c);
        n += 1;
    }
    out.iter().rev().collect()
}

fn aligned(sign: &str, body: &str, fill: char, align: char, width: usize) -> String {
    let len = sign.chars().count() + body.chars().count();
    let missing = width.saturating_sub(len);
    let pad = |n: usize| std::iter::repeat_n(fill, n).collect::<String>();
    match align {
        '<' => format!("{sign}{body}{}", pad(missing)),
        '=' => format!("{sign}{}{body}", pad(missing)),
        '^' => format!("{}{sign}{body}{}", pad(missing / 2), pad(missing - missing / 2)),
        _ => format!("{}{sign}{body}", pad(missing)),
    }
}
