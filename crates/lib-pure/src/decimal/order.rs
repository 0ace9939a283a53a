//! Comparisons, minimum and maximum, neighbours, classes.

use super::arith::{add, plus, subtract};
use super::number::{Dec, Kind, compare as compare_numbers, compare_abs};
use super::rules::{Ctx, Rounding, Status, cond, finalize, invalid, largest, nan_of, nan_of_one};
use dashu_int::UBig;
use std::cmp::Ordering;

fn sign_number(o: Ordering) -> Dec {
    Dec::int(o as i64)
}

pub fn compare(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    nan_of(a, b, ctx, st).unwrap_or_else(|| sign_number(compare_numbers(a, b)))
}

pub fn compare_signal(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if a.is_nan() || b.is_nan() {
        *st |= cond::INVALID_OPERATION;
    }
    compare(a, b, ctx, st)
}

fn rank(d: &Dec) -> u8 {
    match d.kind {
        Kind::Finite => 0,
        Kind::Infinite => 1,
        Kind::Signaling => 2,
        Kind::Quiet => 3,
    }
}

/// The total order, signs set aside.
fn total_abs(a: &Dec, b: &Dec) -> Ordering {
    let by_kind = rank(a).cmp(&rank(b));
    if by_kind.is_ne() {
        return by_kind;
    }
    match a.kind {
        Kind::Infinite => Ordering::Equal,
        Kind::Finite => compare_abs(a, b).then(a.exp.cmp(&b.exp)),
        _ => a.coef.cmp(&b.coef),
    }
}

pub fn total(a: &Dec, b: &Dec) -> Ordering {
    match (a.neg, b.neg) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => total_abs(a, b),
        (true, true) => total_abs(a, b).reverse(),
    }
}

pub fn compare_total(a: &Dec, b: &Dec, _: &Ctx, _: &mut Status) -> Dec {
    sign_number(total(a, b))
}

pub fn compare_total_mag(a: &Dec, b: &Dec, _: &Ctx, _: &mut Status) -> Dec {
    sign_number(total_abs(a, b))
}

/// The larger (or smaller) one; a number is preferred to a quiet NaN.
fn choose(a: &Dec, b: &Dec, larger: bool, by_size: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let chosen = if a.is_qnan() && !b.is_nan() {
        b
    } else if b.is_qnan() && !a.is_nan() {
        a
    } else {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return nan;
        }
        let order = if by_size {
            compare_numbers(&a.with_sign(false), &b.with_sign(false))
        } else {
            compare_numbers(a, b)
        };
        let order = order.then_with(|| total(a, b));
        let first = if larger { order.is_ge() } else { order.is_lt() };
        if first { a } else { b }
    };
    finalize(chosen.clone(), ctx, st)
}

pub fn max(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    choose(a, b, true, false, ctx, st)
}

pub fn min(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    choose(a, b, false, false, ctx, st)
}

pub fn max_mag(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    choose(a, b, true, true, ctx, st)
}

pub fn min_mag(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    choose(a, b, false, true, ctx, st)
}

/// The next number upwards or downwards; only errors are conditions.
fn neighbour(a: &Dec, up: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    if a.is_infinite() {
        return if a.neg == up { largest(a.neg, ctx, st) } else { a.clone() };
    }
    let tiny = Dec::new(false, UBig::ONE, ctx.etiny() - 1);
    let mut quiet = 0;
    // A number that the context cannot hold has its neighbour at once.
    let toward = ctx.rounded(if up { Rounding::Ceiling } else { Rounding::Floor });
    let held = finalize(a.clone(), &toward, &mut quiet);
    if held.is_special() || compare_numbers(&held, a).is_ne() {
        *st |= quiet & cond::ERRORS;
        return held;
    }
    let d = if up { add(a, &tiny, &toward, &mut quiet) } else { subtract(a, &tiny, &toward, &mut quiet) };
    *st |= quiet & cond::ERRORS;
    d
}

pub fn next_plus(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    neighbour(a, true, ctx, st)
}

pub fn next_minus(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    neighbour(a, false, ctx, st)
}

pub fn next_toward(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of(a, b, ctx, st) {
        return nan;
    }
    let d = match compare_numbers(a, b) {
        Ordering::Equal => return a.with_sign(b.neg),
        Ordering::Less => next_plus(a, ctx, st),
        Ordering::Greater => next_minus(a, ctx, st),
    };
    if d.is_infinite() {
        *st |= cond::OVERFLOW | cond::ROUNDED | cond::INEXACT;
    } else if d.is_finite() && d.adjusted() < ctx.emin {
        *st |= cond::UNDERFLOW | cond::SUBNORMAL | cond::ROUNDED | cond::INEXACT;
        if d.is_zero() {
            *st |= cond::CLAMPED;
        }
    }
    d
}

pub fn is_normal(a: &Dec, ctx: &Ctx) -> bool {
    a.is_finite() && !a.coef.is_zero() && a.adjusted() >= ctx.emin
}

pub fn is_subnormal(a: &Dec, ctx: &Ctx) -> bool {
    a.is_finite() && !a.coef.is_zero() && a.adjusted() < ctx.emin
}

pub fn number_class(a: &Dec, ctx: &Ctx) -> &'static str {
    match (a.kind, a.neg) {
        (Kind::Quiet, _) => "NaN",
        (Kind::Signaling, _) => "sNaN",
        (Kind::Infinite, true) => "-Infinity",
        (Kind::Infinite, false) => "+Infinity",
        (_, true) if a.coef.is_zero() => "-Zero",
        (_, false) if a.coef.is_zero() => "+Zero",
        (_, true) if is_normal(a, ctx) => "-Normal",
        (_, false) if is_normal(a, ctx) => "+Normal",
        (_, true) => "-Subnormal",
        (_, false) => "+Subnormal",
    }
}

pub fn same_quantum(a: &Dec, b: &Dec) -> bool {
    match (a.is_finite(), b.is_finite()) {
        (true, true) => a.exp == b.exp,
        (false, false) => a.is_nan() == b.is_nan(),
        _ => false,
    }
}

/// The adjusted exponent as a number.
pub fn logb(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    if a.is_infinite() {
        return Dec::infinity(false);
    }
    if a.is_zero() {
        *st |= cond::DIVISION_BY_ZERO;
        return Dec::infinity(true);
    }
    plus(&Dec::int(a.adjusted()), ctx, st)
}

/// A whole number given as an operand: its exponent must be zero.
fn count(b: &Dec) -> Option<i64> {
    if b.is_finite() && b.exp == 0 { b.to_i64() } else { None }
}

pub fn scaleb(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of(a, b, ctx, st) {
        return nan;
    }
    let most = 2 * (ctx.emax + ctx.prec);
    let Some(n) = count(b).filter(|n| (-most..=most).contains(n)) else {
        return invalid(cond::INVALID_OPERATION, st);
    };
    if a.is_infinite() {
        return a.clone();
    }
    finalize(Dec { exp: a.exp.saturating_add(n), ..a.clone() }, ctx, st)
}

/// The digits of a coefficient as many as the precision asks, and how far to move them.
fn moved(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Result<(String, i64), Dec> {
    if let Some(nan) = nan_of(a, b, ctx, st) {
        return Err(nan);
    }
    let Some(n) = count(b).filter(|n| (-ctx.prec..=ctx.prec).contains(n)) else {
        return Err(invalid(cond::INVALID_OPERATION, st));
    };
    if a.is_infinite() {
        return Err(a.clone());
    }
    if ctx.prec as u64 > super::number::MAX_SHIFT {
        return Err(super::rules::no_memory(st));
    }
    let text = a.coef.to_string();
    let prec = ctx.prec as usize;
    let cut = text.len().saturating_sub(prec);
    Ok((text.get(cut..).unwrap_or_default().to_string(), n))
}

pub(super) fn coefficient(text: &str) -> UBig {
    UBig::from_str_radix(if text.is_empty() { "0" } else { text }, 10).unwrap_or_default()
}

pub fn shift(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    let (mut text, n) = match moved(a, b, ctx, st) {
        Ok(found) => found,
        Err(d) => return d,
    };
    if n < 0 {
        text.truncate(text.len().saturating_sub(n.unsigned_abs() as usize));
    } else {
        text.push_str(&"0".repeat(n as usize));
        let cut = text.len().saturating_sub(ctx.prec as usize);
        text.drain(..cut);
    }
    Dec::new(a.neg, coefficient(&text), a.exp)
}

pub fn rotate(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    let (text, n) = match moved(a, b, ctx, st) {
        Ok(found) => found,
        Err(d) => return d,
    };
    let prec = ctx.prec as usize;
    let text = format!("{text:0>prec$}");
    let by = n.rem_euclid(ctx.prec) as usize;
    let turned = format!("{}{}", text.get(by..).unwrap_or_default(), text.get(..by).unwrap_or_default());
    Dec::new(a.neg, coefficient(&turned), a.exp)
}

/// The digits of a logical operand: zeros and ones.
fn logical(a: &Dec) -> Option<Vec<u8>> {
    if !a.is_finite() || a.neg || a.exp != 0 {
        return None;
    }
    let text = a.coef.to_string().into_bytes();
    text.iter().all(|d| matches!(d, b'0' | b'1')).then_some(text)
}

fn combine(a: &Dec, b: &Dec, op: fn(bool, bool) -> bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let (Some(x), Some(y)) = (logical(a), logical(b)) else {
        return invalid(cond::INVALID_OPERATION, st);
    };
    let len = x.len().max(y.len()).min(ctx.prec as usize);
    let bit = |text: &[u8], i: usize| i < text.len() && text.get(text.len() - 1 - i) == Some(&b'1');
    let digit = |i: usize| if op(bit(&x, i), bit(&y, i)) { '1' } else { '0' };
    let text: String = (0..len).rev().map(digit).collect();
    Dec::new(false, coefficient(&text), 0)
}

pub fn logical_and(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    combine(a, b, |x, y| x && y, ctx, st)
}

pub fn logical_or(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    combine(a, b, |x, y| x || y, ctx, st)
}

pub fn logical_xor(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    combine(a, b, |x, y| x != y, ctx, st)
}

pub fn logical_invert(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if ctx.prec as u64 > super::number::MAX_SHIFT {
        return super::rules::no_memory(st);
    }
    let ones = Dec::new(false, coefficient(&"1".repeat(ctx.prec as usize)), 0);
    combine(a, &ones, |x, y| x != y, ctx, st)
}
