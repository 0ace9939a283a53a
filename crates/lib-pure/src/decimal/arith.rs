//! Arithmetic: the four operations and their relatives, rescaling, square root.

use super::number::{Dec, compare_abs, digits, pow10, shift_left, shift_right, strip_zeros};
use super::quick::{self, Words};
use super::rules::{Ctx, Rounding, Status, cond, finalize, goes_up, invalid, nan_of, nan_of_one, no_memory};
use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem, SquareRoot};
use std::cmp::Ordering;

fn both(a: &Dec, b: &Dec) -> Option<(Words, Words)> {
    Some((Words::of(a)?, Words::of(b)?))
}

pub fn add(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    sum(a, b, b.neg, ctx, st)
}

pub fn subtract(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    sum(a, b, !b.neg, ctx, st)
}

/// `a` plus `b` with another sign.
#[inline]
fn sum(a: &Dec, b: &Dec, b_neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    both(a, b)
        .and_then(|(a, b)| quick::sum(a, b, b_neg, ctx, st))
        .map_or_else(|| sum_any(a, b, b_neg, ctx, st), Dec::from)
}

#[cfg(test)]
pub fn add_any(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    sum_any(a, b, b.neg, ctx, st)
}

#[inline(never)]
fn sum_any(a: &Dec, b: &Dec, b_neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return nan;
        }
        return match (a.is_infinite(), b.is_infinite()) {
            (true, true) if a.neg != b_neg => invalid(cond::INVALID_OPERATION, st),
            (true, _) => a.clone(),
            _ => b.with_sign(b_neg),
        };
    }
    let exact = match exact_sum(a, b, b_neg, ctx) {
        Some(d) => d,
        None => return no_memory(st),
    };
    finalize(exact, ctx, st)
}

fn exact_sum(a: &Dec, b: &Dec, b_neg: bool, ctx: &Ctx) -> Option<Dec> {
    if a.exp == b.exp {
        return Some(add_coefs((a.neg, &a.coef), (b_neg, &b.coef), a.exp, ctx));
    }
    // `high` has the larger exponent.
    let ((high, high_neg), (low, low_neg)) =
        if a.exp > b.exp { ((a, a.neg), (b, b_neg)) } else { ((b, b_neg), (a, a.neg)) };
    let mut low_coef = std::borrow::Cow::Borrowed(&low.coef);
    let mut exp = low.exp;
    if high.coef.is_zero() {
        return Some(add_coefs((high_neg, &high.coef), (low_neg, &low.coef), exp, ctx));
    }
    // What lies far behind the last digit that counts is as good as a one at a nearer place.
    let count = high.digits() as i64;
    let mut place = high.exp - 1;
    if count <= ctx.prec {
        place += count - ctx.prec - 1;
    }
    if low.adjusted() < place {
        exp = place;
        low_coef = std::borrow::Cow::Owned(if low.coef.is_zero() { UBig::ZERO } else { UBig::ONE });
    }
    let shifted = shift_left(&high.coef, (high.exp - exp) as u64)?;
    Some(add_coefs((high_neg, &shifted), (low_neg, &low_coef), exp, ctx))
}

fn add_coefs((a_neg, a): (bool, &UBig), (b_neg, b): (bool, &UBig), exp: i64, ctx: &Ctx) -> Dec {
    if a_neg == b_neg {
        return Dec::new(a_neg, a + b, exp);
    }
    match a.cmp(b) {
        Ordering::Equal => Dec::zero(ctx.round == Rounding::Floor, exp),
        Ordering::Greater => Dec::new(a_neg, a - b, exp),
        Ordering::Less => Dec::new(b_neg, b - a, exp),
    }
}

/// The exact product, or what special values make.
fn product(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    let neg = a.neg != b.neg;
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return nan;
        }
        if a.is_zero() || b.is_zero() {
            return invalid(cond::INVALID_OPERATION, st);
        }
        return Dec::infinity(neg);
    }
    Dec::new(neg, &a.coef * &b.coef, a.exp + b.exp)
}

pub fn multiply(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    both(a, b)
        .and_then(|(a, b)| quick::product(a, b, ctx, st))
        .map_or_else(|| multiply_any(a, b, ctx, st), Dec::from)
}

#[inline(never)]
pub fn multiply_any(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    let d = product(a, b, ctx, st);
    finalize(d, ctx, st)
}

pub fn fma(a: &Dec, b: &Dec, c: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    for d in [a, b, c] {
        if d.is_snan() {
            return nan_of_one(d, ctx, st).unwrap_or_else(Dec::nan);
        }
    }
    let p = product(a, b, ctx, st);
    if p.is_nan() {
        return p;
    }
    add(&p, c, ctx, st)
}

pub fn divide(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    both(a, b)
        .and_then(|(a, b)| quick::quotient(a, b, ctx, st))
        .map_or_else(|| divide_any(a, b, ctx, st), Dec::from)
}

#[inline(never)]
pub fn divide_any(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    let neg = a.neg != b.neg;
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return nan;
        }
        return match (a.is_infinite(), b.is_infinite()) {
            (true, true) => invalid(cond::INVALID_OPERATION, st),
            (true, false) => Dec::infinity(neg),
            _ => {
                *st |= cond::CLAMPED;
                Dec::zero(neg, ctx.etiny())
            }
        };
    }
    if b.coef.is_zero() {
        if a.coef.is_zero() {
            return invalid(cond::DIVISION_UNDEFINED, st);
        }
        *st |= cond::DIVISION_BY_ZERO;
        return Dec::infinity(neg);
    }
    let ideal = a.exp - b.exp;
    if a.coef.is_zero() {
        return finalize(Dec::zero(neg, ideal), ctx, st);
    }
    let shift = b.digits() as i64 - a.digits() as i64 + ctx.prec + 1;
    let by = shift.unsigned_abs();
    let quotient = if shift >= 0 {
        shift_left(&a.coef, by).map(|a| divide_coefs(&a, &b.coef))
    } else {
        shift_left(&b.coef, by).map(|b| divide_coefs(&a.coef, &b))
    };
    let Some((mut q, r)) = quotient else { return no_memory(st) };
    let mut exp = ideal - shift;
    if !r.is_zero() {
        // The rest only matters for rounding: a last digit that is no half and no end.
        if &q % 5u8 == 0 {
            q += UBig::ONE;
        }
    } else if exp < ideal {
        let (stripped, n) = strip_zeros(&q, (ideal - exp) as u64);
        q = stripped;
        exp += n as i64;
    }
    finalize(Dec::new(neg, q, exp), ctx, st)
}

fn divide_coefs(a: &UBig, b: &UBig) -> (UBig, UBig) {
    a.div_rem(b)
}

/// Quotient and rest of finite numbers, the divisor not zero, before rounding. `None`: the quotient is too long.
fn whole_division(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Option<(Dec, Dec)> {
    let neg = a.neg != b.neg;
    let ideal = a.exp.min(b.exp);
    if a.coef.is_zero() {
        return Some((Dec::zero(neg, 0), Dec::zero(a.neg, ideal)));
    }
    let distance = a.adjusted() - b.adjusted();
    if distance < 0 {
        let by = (a.exp - ideal) as u64;
        let Some(rest) = shift_left(&a.coef, by) else { return Some((no_memory(st), Dec::nan())) };
        return Some((Dec::zero(neg, 0), Dec::new(a.neg, rest, ideal)));
    }
    if distance > ctx.prec {
        return None;
    }
    let lifted = (shift_left(&a.coef, (a.exp - ideal) as u64), shift_left(&b.coef, (b.exp - ideal) as u64));
    let (Some(x), Some(y)) = lifted else { return Some((no_memory(st), Dec::nan())) };
    let (q, r) = divide_coefs(&x, &y);
    if digits(&q) as i64 > ctx.prec {
        return None;
    }
    Some((Dec::new(neg, q, 0), Dec::new(a.neg, r, ideal)))
}

pub fn divide_int(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    let neg = a.neg != b.neg;
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return nan;
        }
        return match (a.is_infinite(), b.is_infinite()) {
            (true, true) => invalid(cond::INVALID_OPERATION, st),
            (true, false) => Dec::infinity(neg),
            _ => Dec::zero(neg, 0),
        };
    }
    if b.coef.is_zero() {
        if a.coef.is_zero() {
            return invalid(cond::DIVISION_UNDEFINED, st);
        }
        *st |= cond::DIVISION_BY_ZERO;
        return Dec::infinity(neg);
    }
    match whole_division(a, b, ctx, st) {
        Some((q, _)) => finalize(q, ctx, st),
        None => invalid(cond::DIVISION_IMPOSSIBLE, st),
    }
}

pub fn remainder(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    match simple_rest(a, b, ctx, st) {
        Some(d) => d,
        None => match whole_division(a, b, ctx, st) {
            Some((_, r)) => finalize(r, ctx, st),
            None => invalid(cond::DIVISION_IMPOSSIBLE, st),
        },
    }
}

/// The rest, where special values or a zero tell it.
fn simple_rest(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Option<Dec> {
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return Some(nan);
        }
        if a.is_infinite() {
            return Some(invalid(cond::INVALID_OPERATION, st));
        }
        return Some(finalize(a.clone(), ctx, st));
    }
    if !b.coef.is_zero() {
        return None;
    }
    let what = if a.coef.is_zero() { cond::DIVISION_UNDEFINED } else { cond::INVALID_OPERATION };
    Some(invalid(what, st))
}

pub fn divmod(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> (Dec, Dec) {
    let neg = a.neg != b.neg;
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return (nan.clone(), nan);
        }
        if a.is_infinite() {
            let rest = invalid(cond::INVALID_OPERATION, st);
            return (if b.is_infinite() { rest.clone() } else { Dec::infinity(neg) }, rest);
        }
        return (Dec::zero(neg, 0), finalize(a.clone(), ctx, st));
    }
    if b.coef.is_zero() {
        if a.coef.is_zero() {
            let nan = invalid(cond::DIVISION_UNDEFINED, st);
            return (nan.clone(), nan);
        }
        *st |= cond::DIVISION_BY_ZERO | cond::INVALID_OPERATION;
        return (Dec::infinity(neg), Dec::nan());
    }
    match whole_division(a, b, ctx, st) {
        Some((q, r)) => (finalize(q, ctx, st), finalize(r, ctx, st)),
        None => {
            let nan = invalid(cond::DIVISION_IMPOSSIBLE, st);
            (nan.clone(), nan)
        }
    }
}

pub fn remainder_near(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(d) = simple_rest(a, b, ctx, st) {
        return d;
    }
    let Some((q, r)) = whole_division(a, b, ctx, st) else { return invalid(cond::DIVISION_IMPOSSIBLE, st) };
    if r.is_special() || q.is_special() {
        return Dec::nan();
    }
    let twice = Dec::new(r.neg, &r.coef << 1, r.exp);
    let nearer = match compare_abs(&twice, b) {
        Ordering::Greater => true,
        Ordering::Equal => q.coef.bit(0),
        Ordering::Less => false,
    };
    if !nearer {
        return finalize(r, ctx, st);
    }
    if digits(&(q.coef + UBig::ONE)) as i64 > ctx.prec {
        return invalid(cond::DIVISION_IMPOSSIBLE, st);
    }
    let (Some(x), Some(y)) = (
        shift_left(&r.coef, (r.exp - r.exp.min(b.exp)) as u64),
        shift_left(&b.coef, (b.exp - r.exp.min(b.exp)) as u64),
    ) else {
        return no_memory(st);
    };
    finalize(Dec::new(!r.neg, y - x, r.exp.min(b.exp)), ctx, st)
}

pub fn plus(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    signed(a, a.neg, ctx, st)
}

pub fn minus(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    signed(a, !a.neg, ctx, st)
}

/// A zero loses its sign, unless rounding is downwards.
fn signed(a: &Dec, neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    let neg = if a.is_zero() { neg && ctx.round == Rounding::Floor } else { neg };
    finalize(a.with_sign(neg), ctx, st)
}

pub fn abs(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if a.is_nan() || !a.neg { plus(a, ctx, st) } else { minus(a, ctx, st) }
}

/// The finite number with another exponent, rounded, and the digits dropped.
pub fn rescale(a: &Dec, exp: i64, round: Rounding) -> Option<(Dec, u8)> {
    if a.coef.is_zero() {
        return Some((Dec::zero(a.neg, exp), 0));
    }
    if a.exp >= exp {
        let coef = shift_left(&a.coef, (a.exp - exp) as u64)?;
        return Some((Dec::new(a.neg, coef, exp), 0));
    }
    let (mut coef, dropped) = shift_right(&a.coef, (exp - a.exp) as u64);
    if goes_up(round, a.neg, &coef, dropped) {
        coef += UBig::ONE;
    }
    Some((Dec::new(a.neg, coef, exp), dropped))
}

pub fn quantize(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if a.is_special() || b.is_special() {
        if let Some(nan) = nan_of(a, b, ctx, st) {
            return nan;
        }
        if a.is_infinite() && b.is_infinite() {
            return a.clone();
        }
        return invalid(cond::INVALID_OPERATION, st);
    }
    quantize_to(a, b.exp, ctx, st)
}

pub fn quantize_to(a: &Dec, exp: i64, ctx: &Ctx, st: &mut Status) -> Dec {
    Words::of(a)
        .and_then(|a| quick::quantize(a, exp, ctx, st))
        .map_or_else(|| quantize_any(a, exp, ctx, st), Dec::from)
}

#[inline(never)]
pub fn quantize_any(a: &Dec, exp: i64, ctx: &Ctx, st: &mut Status) -> Dec {
    if exp > ctx.emax || exp < ctx.etiny() {
        return invalid(cond::INVALID_OPERATION, st);
    }
    if a.coef.is_zero() {
        return finalize(Dec::zero(a.neg, exp), ctx, st);
    }
    if a.digits() as i64 + a.exp - exp > ctx.prec {
        return invalid(cond::INVALID_OPERATION, st);
    }
    let Some((d, dropped)) = rescale(a, exp, ctx.round) else { return no_memory(st) };
    if d.digits() as i64 > ctx.prec || d.adjusted() > ctx.emax {
        return invalid(cond::INVALID_OPERATION, st);
    }
    if exp > a.exp {
        *st |= cond::ROUNDED;
        if dropped != 0 {
            *st |= cond::INEXACT;
        }
    }
    finalize(d, ctx, st)
}

/// To an integer; `exact`: rounding is a condition.
pub fn to_integral(a: &Dec, exact: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    if a.is_infinite() || a.exp >= 0 {
        return a.clone();
    }
    let Some((d, dropped)) = rescale(a, 0, ctx.round) else { return no_memory(st) };
    if exact && !a.coef.is_zero() {
        *st |= cond::ROUNDED;
        if dropped != 0 {
            *st |= cond::INEXACT;
        }
    }
    d
}

pub fn to_integral_value(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    to_integral(a, false, ctx, st)
}

pub fn to_integral_exact(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    to_integral(a, true, ctx, st)
}

pub fn normalize(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    let d = finalize(a.clone(), ctx, st);
    if d.is_special() {
        return d;
    }
    if d.coef.is_zero() {
        return Dec::zero(d.neg, 0);
    }
    let most = if ctx.clamp { ctx.etop() } else { ctx.emax };
    let (coef, n) = strip_zeros(&d.coef, (most - d.exp).max(0) as u64);
    Dec::new(d.neg, coef, d.exp + n as i64)
}

pub fn sqrt(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    let half = |exp: i64| exp.div_euclid(2);
    if a.is_zero() {
        return finalize(Dec::zero(a.neg, half(a.exp)), ctx, st);
    }
    if a.neg {
        return invalid(cond::INVALID_OPERATION, st);
    }
    if a.is_infinite() {
        return a.clone();
    }
    let ideal = half(a.exp);
    // One digit more than wanted; a rest shows in it.
    let places = ctx.prec + 1;
    let odd = a.exp.rem_euclid(2);
    let count = a.digits() as i64 + odd;
    let pairs = places - (count + 1) / 2;
    let by = 2 * pairs + odd;
    let (radicand, dropped) = if by >= 0 {
        match shift_left(&a.coef, by as u64) {
            Some(n) => (n, 0),
            None => return no_memory(st),
        }
    } else {
        shift_right(&a.coef, by.unsigned_abs())
    };
    let mut root = radicand.sqrt();
    let mut exp = ideal - pairs;
    if dropped == 0 && &root * &root == radicand {
        if exp < ideal {
            let (stripped, n) = strip_zeros(&root, (ideal - exp) as u64);
            root = stripped;
            exp += n as i64;
        } else if let Some(p) = pow10((exp - ideal) as u64) {
            root *= p;
            exp = ideal;
        }
    } else if &root % 5u8 == 0 {
        root += UBig::ONE;
    }
    finalize(Dec::new(false, root, exp), &ctx.rounded(Rounding::HalfEven), st)
}
