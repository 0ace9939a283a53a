//! `__format__` of text, ints, floats and complex numbers with a parsed specification.

use super::layout::{Locale, Pieces, push_number};
use super::spec::{Align, Spec, unknown_code};
use super::{ErrorKind, FormatError};
use crate::number::{Code, Style, float_to_text, int_to_text};
use crate::strings::{Side, Text, TooLarge, justify};
use crate::wtf8::{MAX, Wtf8, Wtf8Buf};

/// `format(str, spec)` with a specification that is not empty.
pub fn format_str(text: &Wtf8, spec: &Spec, type_name: &str) -> Result<Wtf8Buf, FormatError> {
    if spec.code != u32::from(b's') {
        return Err(unknown_code(spec.code, type_name));
    }
    let problem = match spec {
        Spec { sign: Some(b' '), .. } => "Space not allowed in string format specifier",
        Spec { sign: Some(_), .. } => "Sign not allowed in string format specifier",
        Spec { no_negative_zero: true, .. } => {
            "Negative zero coercion (z) not allowed in string format specifier"
        }
        Spec { alternate: true, .. } => "Alternate form (#) not allowed in string format specifier",
        Spec { align: Align::Sign, .. } => "'=' alignment not allowed in string format specifier",
        _ => return Ok(pad_text(text, spec)?),
    };
    Err(FormatError::value(problem))
}

fn pad_text(text: &Wtf8, spec: &Spec) -> Result<Wtf8Buf, TooLarge> {
    let text = match spec.precision {
        Some(precision) if precision < text.len() => text.slice_code_points(0..precision),
        _ => text,
    };
    let width = spec.width.unwrap_or(0);
    let padded = match spec.align {
        Align::Left => justify::<Text>(text.as_bytes(), width, spec.fill, Side::Left)?,
        Align::Right | Align::Sign => justify::<Text>(text.as_bytes(), width, spec.fill, Side::Right)?,
        Align::Center => {
            // Unlike `str.center`, an odd unit goes to the right.
            let Some(pad) = width.checked_sub(text.count()).filter(|pad| *pad > 0) else {
                return Ok(text.to_owned());
            };
            let mut out = Wtf8Buf::new();
            out.try_push_repeated(spec.fill, pad / 2).ok_or(TooLarge)?;
            out.try_reserve(text.len()).map_err(|_| TooLarge)?;
            out.push_wtf8(text);
            out.try_push_repeated(spec.fill, pad - pad / 2).ok_or(TooLarge)?;
            return Ok(out);
        }
    };
    Ok(padded.map_or_else(|| text.to_owned(), crate::strings::known_text))
}

/// What a specification wants of an int.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntPlan {
    /// Its digits in a base, given to `render_int`.
    Digits { base: u32 },
    /// Its code point, given to `render_char`.
    Char,
    /// Its value as a float, given to `format_float`.
    Float,
}

/// Which of them, after the checks that need no value.
pub fn int_plan(spec: &Spec, type_name: &str) -> Result<IntPlan, FormatError> {
    let code = u8::try_from(spec.code).unwrap_or(0xFF);
    let base = match code {
        b'd' | b'n' => 10,
        b'b' => 2,
        b'o' => 8,
        b'x' | b'X' => 16,
        b'c' => 0,
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => return Ok(IntPlan::Float),
        _ => return Err(unknown_code(spec.code, type_name)),
    };
    let problem = match spec {
        Spec { precision: Some(_), .. } => "Precision not allowed in integer format specifier",
        Spec { no_negative_zero: true, .. } => {
            "Negative zero coercion (z) not allowed in integer format specifier"
        }
        Spec { sign: Some(_), .. } if code == b'c' => "Sign not allowed with integer format specifier 'c'",
        Spec { alternate: true, .. } if code == b'c' => {
            "Alternate form (#) not allowed with integer format specifier 'c'"
        }
        _ if code == b'c' => return Ok(IntPlan::Char),
        _ => return Ok(IntPlan::Digits { base }),
    };
    Err(FormatError::value(problem))
}

/// The code `c`: the value as a code point, when it fits (else `None`).
pub fn render_char(value: Option<u32>, spec: &Spec) -> Result<Wtf8Buf, FormatError> {
    let Some(cp) = value.filter(|cp| *cp <= MAX) else {
        let message = "%c arg not in range(0x110000)".into();
        return Err(FormatError { kind: ErrorKind::Overflow, message });
    };
    let mut text = Wtf8Buf::new();
    text.push(cp);
    let align = if spec.align == Align::Sign { Align::Right } else { spec.align };
    Ok(pad_text(&text, &Spec { precision: None, align, ..*spec })?)
}

/// An int from its digits (lower case, with a minus if negative) in the base that was planned.
pub fn render_int(digits: &str, spec: &Spec, locale: &Locale) -> Result<Wtf8Buf, FormatError> {
    let upper = spec.code == u32::from(b'X');
    let (negative, size) = match digits.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, digits),
    };
    let capitals = if upper { size.to_ascii_uppercase() } else { String::new() };
    let (prefix, group) = match u8::try_from(spec.code) {
        Ok(b'b') => ("0b", 4),
        Ok(b'o') => ("0o", 4),
        Ok(b'x') => ("0x", 4),
        Ok(b'X') => ("0X", 4),
        _ => ("", 3),
    };
    let pieces = Pieces {
        negative,
        prefix: if spec.alternate { prefix } else { "" },
        whole: if upper { &capitals } else { size },
        ..Pieces::default()
    };
    let own = Locale::grouped(spec.grouping, group);
    let mut out = Wtf8Buf::new();
    push_number(&mut out, pieces, spec, if spec.code == u32::from(b'n') { locale } else { &own })?;
    Ok(out)
}

/// `format(int, spec)` for a machine-sized int.
pub fn format_i64(value: i64, spec: &Spec, locale: &Locale, type_name: &str) -> Result<Wtf8Buf, FormatError> {
    match int_plan(spec, type_name)? {
        IntPlan::Digits { base } => render_int(&int_to_text(value, base), spec, locale),
        IntPlan::Char => render_char(u32::try_from(value).ok(), spec),
        IntPlan::Float => format_float(value as f64, spec, locale, type_name),
    }
}

/// The conversion that a code of floats stands for, with its precision.
fn conversion(spec: &Spec, type_name: &str) -> Result<(Code, usize, Style), FormatError> {
    let style = Style {
        alternate: spec.alternate,
        no_negative_zero: spec.no_negative_zero,
        upper: matches!(u8::try_from(spec.code), Ok(b'E' | b'F' | b'G')),
        ..Style::default()
    };
    let precision = spec.precision.unwrap_or(6);
    let found = match u8::try_from(spec.code) {
        Ok(0) if spec.precision.is_none() => (Code::Repr, 0, style),
        Ok(0 | b'g' | b'G' | b'n') => (Code::General, precision, style),
        Ok(b'e' | b'E') => (Code::Exponent, precision, style),
        Ok(b'f' | b'F' | b'%') => (Code::Fixed, precision, style),
        _ => return Err(unknown_code(spec.code, type_name)),
    };
    // CPython keeps it in a C int.
    if spec.precision.is_some_and(|precision| i32::try_from(precision).is_err()) {
        return Err(FormatError::value("precision too big"));
    }
    Ok(found)
}

/// `format(float, spec)` with a specification that is not empty.
pub fn format_float(
    value: f64,
    spec: &Spec,
    locale: &Locale,
    type_name: &str,
) -> Result<Wtf8Buf, FormatError> {
    let (code, precision, style) = conversion(spec, type_name)?;
    let style = Style { add_dot_0: spec.code == 0, ..style };
    let percent = spec.code == u32::from(b'%');
    let mut text = float_to_text(if percent { value * 100.0 } else { value }, code, precision, style)?;
    if percent {
        text.push('%');
    }
    let mut out = Wtf8Buf::new();
    push_float(&mut out, &text, spec, locale)?;
    Ok(out)
}

fn push_float(out: &mut Wtf8Buf, text: &str, spec: &Spec, locale: &Locale) -> Result<(), TooLarge> {
    let own = Locale::grouped(spec.grouping, 3);
    let locale = if spec.code == u32::from(b'n') { locale } else { &own };
    push_number(out, take_apart(text), spec, locale)
}

/// Sign, digits, point, digits, rest.
fn take_apart(text: &str) -> Pieces<'_> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = body.split_at(digits(body));
    match rest.strip_prefix('.') {
        Some(rest) => {
            let (fraction, tail) = rest.split_at(digits(rest));
            Pieces { negative, whole, fraction, has_point: true, tail, prefix: "" }
        }
        None => Pieces { negative, whole, tail: rest, ..Pieces::default() },
    }
}

/// `format(complex, spec)` with a specification that is not empty.
pub fn format_complex(
    real: f64,
    imag: f64,
    spec: &Spec,
    locale: &Locale,
    type_name: &str,
) -> Result<Wtf8Buf, FormatError> {
    // The code first, then what no code allows.
    if spec.code == u32::from(b'%') {
        return Err(unknown_code(spec.code, type_name));
    }
    let (code, precision, style) = conversion(spec, type_name)?;
    if spec.fill == u32::from(b'0') {
        return Err(FormatError::value("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Align::Sign {
        return Err(FormatError::value("'=' alignment flag is not allowed in complex format specifier"));
    }
    let part = |value| float_to_text(value, code, precision, style);
    let plain = spec.code == 0;
    let skip_real = plain && real == 0.0 && real.is_sign_positive();
    let inner = Spec { width: None, ..*spec };
    let mut text = Wtf8Buf::new();
    if plain && !skip_real {
        text.push_str("(");
    }
    if !skip_real {
        push_float(&mut text, &part(real)?, &inner, locale)?;
    }
    let sign = if skip_real { spec.sign } else { Some(b'+') };
    push_float(&mut text, &part(imag)?, &Spec { sign, ..inner }, locale)?;
    text.push_str(if plain && !skip_real { "j)" } else { "j" });
    Ok(pad_text(&text, &Spec { precision: None, ..*spec })?)
}
