//! Python's values as decimal numbers, and back.

use super::context::{Context, finish};
use super::decimal::Decimal;
use super::number::{Dec, Kind, pow10, shift_left, shift_right};
use super::order::coefficient;
use super::rules::{Ctx, WIDEST, cond, finalize};
use super::text::parse;
use dashu_int::{IBig, UBig};
use std::borrow::Cow;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, float_value, int_value, mantissa_exponent};

/// An `int`'s number.
pub fn from_int(v: &Value) -> Option<Dec> {
    Some(match int_value(v)? {
        IntValue::Small(n) => Dec::int(n),
        IntValue::Big(b) => {
            let (sign, size) = b.clone().into_parts();
            Dec::new(sign == dashu_int::Sign::Negative, size, 0)
        }
    })
}

/// A float's number, exactly.
pub fn from_float(f: f64) -> Dec {
    let neg = f.is_sign_negative();
    if f.is_nan() {
        return Dec::nan().with_sign(neg);
    }
    if f.is_infinite() {
        return Dec::infinity(neg);
    }
    let (mantissa, exponent) = mantissa_exponent(f);
    if mantissa == 0 {
        return Dec::zero(neg, 0);
    }
    let zeros = mantissa.trailing_zeros();
    let (mantissa, exponent) = (UBig::from(mantissa >> zeros), exponent + zeros as i32);
    if exponent >= 0 {
        return Dec::new(neg, mantissa << exponent as usize, 0);
    }
    // m / 2**k is m * 5**k / 10**k.
    let k = exponent.unsigned_abs() as usize;
    Dec::new(neg, mantissa * UBig::from(5u8).pow(k), -(k as i64))
}

#[cold]
fn unsupported(vm: &Vm, v: &Value) -> Raised {
    vm.type_error(format_args!("conversion from {} to Decimal is not supported", vm.type_of(v).tp_name()))
}

/// A `Decimal` or `int` as an operand of an operator.
#[inline]
pub fn number(v: &Value) -> Option<Cow<'_, Dec>> {
    match v.downcast::<Decimal>() {
        Some(d) => Some(Cow::Borrowed(&d.number)),
        None => from_int(v).map(Cow::Owned),
    }
}

/// The same; others raise.
pub fn operand<'a>(vm: &Vm, _: &Context, v: &'a Value) -> PyResult<Cow<'a, Dec>> {
    number(v).ok_or_else(|| unsupported(vm, v))
}

pub fn operands<'a>(
    vm: &Vm,
    c: &Context,
    x: &'a Value,
    y: &'a Value,
) -> PyResult<(Cow<'a, Dec>, Cow<'a, Dec>)> {
    Ok((operand(vm, c, x)?, operand(vm, c, y)?))
}

/// A string's characters as ASCII: digits of all scripts; white space and underscores go, if they may.
fn ascii(s: &Str, lenient: bool) -> Option<String> {
    let mut text = String::with_capacity(s.byte_len());
    let code_points: Vec<u32> = s.as_wtf8().code_points().collect();
    let mut all: &[u32] = &code_points;
    if lenient {
        while let [first, rest @ ..] = all
            && taipan_text::unicode::is_space(*first)
        {
            all = rest;
        }
        while let [rest @ .., last] = all
            && taipan_text::unicode::is_space(*last)
        {
            all = rest;
        }
    }
    for cp in all {
        match cp {
            0x5F if lenient => {}
            0x21..=0x7E => text.push(char::from(*cp as u8)),
            0..=0x7F => return None,
            _ => text.push(char::from(b'0' + taipan_text::unicode::decimal_value(*cp)?)),
        }
    }
    Some(text)
}

fn from_text(s: &Str, lenient: bool, ctx: &Ctx, st: &mut u32) -> Dec {
    let found =
        match s.as_str().filter(|t| t.is_ascii() && t.bytes().all(|b| b.is_ascii_graphic() && b != b'_')) {
            Some(t) => Some(parse(t, ctx, st)),
            None => ascii(s, lenient).map(|t| parse(&t, ctx, st)),
        };
    found.unwrap_or_else(|| super::rules::invalid(cond::CONVERSION_SYNTAX, st))
}

/// The number of a string, exactly; `signal` has the traps.
pub fn exact_text(vm: &Vm, c: &Context, s: &Str) -> PyResult<Dec> {
    let mut st = 0;
    let mut d = from_text(s, true, &WIDEST, &mut st);
    if st & (cond::INEXACT | cond::ROUNDED | cond::CLAMPED) != 0 {
        d = super::rules::invalid(cond::INVALID_OPERATION, &mut st);
    }
    c.signal(vm, st & cond::ERRORS)?;
    Ok(d)
}

/// The number of a triple (sign, digits, exponent).
fn from_triple(vm: &Vm, items: &[Value]) -> PyResult<Dec> {
    let [sign, digits, exponent] = items else {
        return Err(vm.value_error("argument must be a sequence of length 3"));
    };
    let neg = match int_value(sign) {
        Some(IntValue::Small(0)) => false,
        Some(IntValue::Small(1)) => true,
        _ => return Err(vm.value_error("sign must be an integer with the value 0 or 1")),
    };
    let special = exponent.downcast::<Str>().map(|s| s.to_string_lossy().into_owned());
    let kind = match special.as_deref() {
        None => Kind::Finite,
        Some("F") => return Ok(Dec::infinity(neg)),
        Some("n") => Kind::Quiet,
        Some("N") => Kind::Signaling,
        Some(_) => {
            return Err(vm.value_error("string argument in the third position must be 'F', 'n' or 'N'"));
        }
    };
    let exp = match (kind, int_value(exponent)) {
        (Kind::Finite, Some(_)) => vm.index_i64(exponent, "Python int too large to convert to C ssize_t")?,
        (Kind::Finite, None) => return Err(vm.value_error("exponent must be an integer")),
        _ => 0,
    };
    let wrong = || vm.value_error("coefficient must be a tuple of digits");
    let digits = match (digits.downcast::<Tuple>(), digits.downcast::<List>()) {
        (Some(t), _) => t.items().to_vec(),
        (_, Some(l)) => l.to_vec(),
        _ => return Err(wrong()),
    };
    let mut text = String::with_capacity(digits.len());
    for d in &digits {
        match int_value(d) {
            Some(IntValue::Small(n @ 0..=9)) => text.push(char::from(b'0' + n as u8)),
            _ => return Err(wrong()),
        }
    }
    // Beyond all contexts.
    let exp = exp.clamp(-4_000_000_000_000_000_000, 4_000_000_000_000_000_000);
    Ok(Dec { neg, kind, exp, coef: coefficient(&text) })
}

fn from_sequence(vm: &Vm, v: &Value) -> PyResult<Dec> {
    match (v.downcast::<Tuple>(), v.downcast::<List>()) {
        (Some(t), _) => from_triple(vm, t.items()),
        (_, Some(l)) => from_triple(vm, &l.to_vec()),
        _ => Err(unsupported(vm, v)),
    }
}

/// `Decimal(value, context)`: exactly.
pub fn exact(vm: &Vm, c: &Context, v: &Value) -> PyResult<Dec> {
    if let Some(s) = v.downcast::<Str>() {
        return exact_text(vm, c, s);
    }
    if let Some(d) = number(v) {
        return Ok(d.into_owned());
    }
    if let Some(f) = float_value(v) {
        c.signal(vm, cond::FLOAT_OPERATION)?;
        return Ok(from_float(f));
    }
    let d = from_sequence(vm, v)?;
    let mut st = 0;
    let fixed = finalize(d, &WIDEST, &mut st);
    if st & (cond::INEXACT | cond::ROUNDED | cond::CLAMPED) != 0 {
        let mut st = 0;
        let nan = super::rules::invalid(cond::INVALID_OPERATION, &mut st);
        c.signal(vm, st)?;
        return Ok(nan);
    }
    Ok(fixed)
}

/// `context.create_decimal(value)`: under the context.
pub fn create(vm: &Vm, c: &Gc<Context>, v: &Value) -> PyResult<Value> {
    let mut st = 0;
    let ctx = c.ctx();
    if let Some(s) = v.downcast::<Str>() {
        let d = from_text(s, false, &ctx, &mut st);
        return finish(vm, c, d, st);
    }
    let d = if let Some(d) = number(v) {
        d.into_owned()
    } else if let Some(f) = float_value(v) {
        c.signal(vm, cond::FLOAT_OPERATION)?;
        from_float(f)
    } else {
        from_sequence(vm, v)?
    };
    if d.is_nan() && !d.coef.is_zero() && d.digits() as i64 > ctx.prec - i64::from(ctx.clamp) {
        let nan = super::rules::invalid(cond::CONVERSION_SYNTAX, &mut st);
        return finish(vm, c, nan, st);
    }
    let d = finalize(d, &ctx, &mut st);
    finish(vm, c, d, st)
}

/// The integer that a finite number is when its fraction is cut off or rounded away.
pub fn to_int(vm: &Vm, d: &Dec) -> PyResult<Value> {
    let size = if d.exp >= 0 {
        shift_left(&d.coef, d.exp as u64)
    } else {
        Some(shift_right(&d.coef, d.exp.unsigned_abs()).0)
    };
    let Some(size) = size else { return Err(vm.memory_error()) };
    let n = IBig::from(size);
    Ok(vm.new_bigint(if d.neg { -n } else { n }))
}

/// Numerator and denominator in lowest terms.
pub fn ratio(vm: &Vm, d: &Dec) -> PyResult<(Value, Value)> {
    use dashu_int::ops::Gcd;
    let signed = |n: UBig| if d.neg { -IBig::from(n) } else { IBig::from(n) };
    if d.exp >= 0 {
        let Some(n) = shift_left(&d.coef, d.exp as u64) else { return Err(vm.memory_error()) };
        return Ok((vm.new_bigint(signed(n)), vm.new_int(1)));
    }
    if d.coef.is_zero() {
        return Ok((vm.new_int(0), vm.new_int(1)));
    }
    let Some(power) = pow10(d.exp.unsigned_abs()) else { return Err(vm.memory_error()) };
    let common = (&d.coef).gcd(&power);
    let (n, m) = (&d.coef / &common, power / common);
    Ok((vm.new_bigint(signed(n)), vm.new_bigint(IBig::from(m))))
}
