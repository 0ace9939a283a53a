//! `exp`, `ln`, `log10` and powers.
//!
//! Numbers are computed as integers over a power of two, with guard digits, and again with more of them as long as the
//! rounding of the result is open.

use super::arith::{divide, multiply};
use super::number::{Dec, compare_abs, digits, pow10, shift_left};
use super::rules::{Ctx, Rounding, Status, cond, finalize, invalid, nan_of, nan_of_one, no_memory};
use dashu_int::ops::SquareRoot;
use dashu_int::{IBig, UBig};

/// Results of more digits are not computed: `MemoryError`.
const MAX_DIGITS: i64 = 1_000_000;

/// `atanh(1/n)` over two to the `bits`.
fn atanh_of_inverse(n: u32, bits: usize) -> IBig {
    let square = IBig::from(n) * IBig::from(n);
    let mut power = (IBig::ONE << bits) / IBig::from(n);
    let mut sum = power.clone();
    let mut k = 3u32;
    loop {
        power /= &square;
        let term = &power / IBig::from(k);
        if term == IBig::ZERO {
            return sum;
        }
        sum += term;
        k += 2;
    }
}

fn ln2(bits: usize) -> IBig {
    let wide = bits + 16;
    let sum = IBig::from(18) * atanh_of_inverse(26, wide) - IBig::from(2) * atanh_of_inverse(4801, wide)
        + IBig::from(8) * atanh_of_inverse(8749, wide);
    sum >> 16
}

fn ln10(bits: usize) -> IBig {
    let wide = bits + 16;
    (IBig::from(3) * ln2(wide) + IBig::from(2) * atanh_of_inverse(9, wide)) >> 16
}

/// `exp(x)` for a small `x`, both over two to the `bits`.
fn exp_fixed(x: &IBig, bits: usize) -> IBig {
    let halvings = (bits as f64).sqrt() as usize / 2 + 4;
    let wide = bits + 2 * halvings + 16;
    let x = (x.clone() << (wide - bits)) >> halvings;
    let one = IBig::ONE << wide;
    let (mut sum, mut term, mut k) = (one.clone() + &x, x.clone(), 2u32);
    loop {
        term = ((term * &x) >> wide) / IBig::from(k);
        if term == IBig::ZERO || term == IBig::NEG_ONE {
            break;
        }
        sum += &term;
        k += 1;
    }
    for _ in 0..halvings {
        sum = (&sum * &sum) >> wide;
    }
    sum >> (wide - bits)
}

/// `ln(m)` for an `m` between a tenth and ten, over two to the `bits`.
fn ln_fixed(m: &IBig, bits: usize) -> IBig {
    let roots = (bits as f64).sqrt() as usize / 2 + 3;
    let wide = bits + roots + 24;
    let one = IBig::ONE << wide;
    let mut m = (m.clone() << (wide - bits)).into_parts().1;
    for _ in 0..roots {
        m = (m << wide).sqrt();
    }
    let m = IBig::from(m);
    let z = ((&m - &one) << wide) / (&m + &one);
    let square = (&z * &z) >> wide;
    let (mut sum, mut power, mut k) = (z.clone(), z, 3u32);
    loop {
        power = (power * &square) >> wide;
        let term = &power / IBig::from(k);
        if term == IBig::ZERO || power == IBig::NEG_ONE {
            break;
        }
        sum += term;
        k += 2;
    }
    (sum << (roots + 1)) >> (wide - bits)
}

fn bits_for(digits: i64) -> usize {
    (digits.max(1) as usize * 3322) / 1000 + 64
}

/// `coef * 10**exp` over two to the `bits`, rounded down.
fn fixed(coef: &UBig, exp: i64, bits: usize) -> Option<IBig> {
    let wide = coef.clone() << bits;
    Some(IBig::from(if exp >= 0 { wide * pow10(exp as u64)? } else { wide / pow10(exp.unsigned_abs())? }))
}

/// A fixed-point number of size 1 to 10 or so as `digits` decimal digits behind the point.
fn to_decimal(x: &IBig, bits: usize, places: i64) -> Option<IBig> {
    Some((x * IBig::from(pow10(places as u64)?)) >> bits)
}

/// `exp(x)` with about `p` digits: (coefficient, exponent); off by a few units of the last digit.
fn exp_digits(x: &Dec, p: i64) -> Option<(UBig, i64)> {
    let bits = bits_for(p + x.adjusted().max(0) + 4);
    let mut fx = fixed(&x.coef, x.exp, bits)?;
    if x.neg {
        fx = -fx;
    }
    let ten = ln10(bits);
    let mut k = &fx / &ten;
    if fx < IBig::ZERO {
        k -= IBig::ONE;
    }
    let rest = fx - &k * &ten;
    let e = exp_fixed(&rest, bits);
    let coef = to_decimal(&e, bits, p)?.into_parts().1;
    Some((coef, i64::try_from(k).ok()? - p))
}

/// `ln(x)` for a positive `x` with `places` digits behind the point: a signed coefficient.
fn ln_places(x: &Dec, places: i64) -> Option<IBig> {
    let adjusted = x.adjusted();
    let width = digits(&UBig::from(adjusted.unsigned_abs())) as i64;
    let bits = bits_for(places + width + 4);
    // The number is m times ten to the e, with m near one.
    let m = fixed(&x.coef, x.exp - adjusted, bits)?;
    let (m, e) = if m > (IBig::from(3) << bits) { (m / IBig::from(10), adjusted + 1) } else { (m, adjusted) };
    let sum = ln_fixed(&m, bits) + IBig::from(e) * ln10(bits);
    to_decimal(&sum, bits, places)
}

/// Whether a coefficient that is off by a few units can be rounded to `prec` digits.
fn settled(coef: &UBig, prec: i64) -> bool {
    let more = digits(coef) as i64 - prec;
    if more < 3 {
        return false;
    }
    let Some(p) = pow10(more as u64) else { return true };
    let half = &p >> 1;
    let rest = coef % &p;
    let distance = if rest > half { rest - half } else { half - rest };
    distance > UBig::from(20u8)
}

/// Rounds to half even under a context; the number is never exact.
fn rounded(neg: bool, coef: UBig, exp: i64, ctx: &Ctx, st: &mut Status) -> Dec {
    *st |= cond::INEXACT | cond::ROUNDED;
    finalize(Dec::new(neg, coef, exp), &ctx.rounded(Rounding::HalfEven), st)
}

fn too_precise(ctx: &Ctx) -> bool {
    ctx.prec > MAX_DIGITS
}

pub fn exp(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return nan;
    }
    if a.is_infinite() {
        return if a.neg { Dec::zero(false, 0) } else { a.clone() };
    }
    if a.coef.is_zero() {
        return Dec::int(1);
    }
    if too_precise(ctx) {
        return no_memory(st);
    }
    let adjusted = a.adjusted();
    if adjusted > 18 {
        return beyond(false, a.neg, &ctx.rounded(Rounding::HalfEven), st);
    }
    if adjusted < -(ctx.prec + 2) {
        return near_one(a.neg, ctx, st);
    }
    let mut guard = 5;
    loop {
        let Some((coef, exp)) = exp_digits(a, ctx.prec + guard) else { return no_memory(st) };
        if settled(&coef, ctx.prec) || guard > 10 * ctx.prec + 100 {
            return rounded(false, coef, exp, ctx, st);
        }
        guard *= 2;
    }
}

/// A result that is surely too large or too small.
fn beyond(neg: bool, small: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let exp = if small { ctx.etiny() - 2 } else { ctx.emax + 1 };
    *st |= cond::INEXACT | cond::ROUNDED;
    finalize(Dec::new(neg, UBig::ONE, exp), ctx, st)
}

/// One and a little more or less, as many digits as the precision has.
fn near_one(less: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let places = ctx.prec + 2;
    let Some(one) = pow10(places as u64) else { return no_memory(st) };
    let coef = if less { one - UBig::ONE } else { one + UBig::ONE };
    rounded(false, coef, -places, ctx, st)
}

/// A logarithm's digits, computed by `f` with so many places behind the point.
fn logarithm(a: &Dec, ctx: &Ctx, st: &mut Status, f: impl Fn(&Dec, i64) -> Option<IBig>) -> Dec {
    // Near one the first digits are zeros.
    let less_one = super::arith::subtract(a, &Dec::int(1), &super::rules::WIDEST, &mut 0);
    let zeros = if less_one.is_finite() { (-less_one.adjusted()).max(0) } else { 0 };
    let mut places = ctx.prec + zeros + 5;
    loop {
        if places > 4 * MAX_DIGITS {
            return no_memory(st);
        }
        let Some(n) = f(a, places) else { return no_memory(st) };
        let (sign, coef) = n.into_parts();
        if settled(&coef, ctx.prec) || places > 20 * (ctx.prec + zeros) + 100 {
            return rounded(sign == dashu_int::Sign::Negative, coef, -places, ctx, st);
        }
        places += ctx.prec + 10;
    }
}

/// What `ln` and `log10` have in common.
fn simple_logarithm(a: &Dec, ctx: &Ctx, st: &mut Status) -> Option<Dec> {
    if let Some(nan) = nan_of_one(a, ctx, st) {
        return Some(nan);
    }
    if a.is_zero() {
        return Some(Dec::infinity(true));
    }
    if a.neg {
        return Some(invalid(cond::INVALID_OPERATION, st));
    }
    if a.is_infinite() {
        return Some(a.clone());
    }
    if too_precise(ctx) {
        return Some(no_memory(st));
    }
    None
}

pub fn ln(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(d) = simple_logarithm(a, ctx, st) {
        return d;
    }
    if compare_abs(a, &Dec::int(1)).is_eq() {
        return Dec::zero(false, 0);
    }
    logarithm(a, ctx, st, ln_places)
}

pub fn log10(a: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(d) = simple_logarithm(a, ctx, st) {
        return d;
    }
    let adjusted = a.adjusted();
    if compare_abs(a, &Dec::new(false, UBig::ONE, adjusted)).is_eq() {
        return finalize(Dec::int(adjusted), &ctx.rounded(Rounding::HalfEven), st);
    }
    logarithm(a, ctx, st, |x, places| {
        let extra = places + digits(&UBig::from(x.adjusted().unsigned_abs())) as i64 + 4;
        let n = ln_places(x, extra)?;
        let bits = bits_for(extra);
        let ten = to_decimal(&ln10(bits), bits, extra)?;
        Some(n * IBig::from(pow10(places as u64)?) / ten)
    })
}

pub fn power(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if let Some(nan) = nan_of(a, b, ctx, st) {
        return nan;
    }
    let whole = b.is_integer();
    let neg = a.neg && whole && b.is_odd();
    if b.is_zero() {
        return if a.is_zero() { invalid(cond::INVALID_OPERATION, st) } else { Dec::int(1) };
    }
    if a.neg && !a.is_zero() && !whole {
        return invalid(cond::INVALID_OPERATION, st);
    }
    if a.is_zero() {
        return if b.neg { Dec::infinity(neg) } else { Dec::zero(neg, 0) };
    }
    if a.is_infinite() {
        return if b.neg { Dec::zero(neg, 0) } else { Dec::infinity(neg) };
    }
    let size = compare_abs(a, &Dec::int(1));
    if size.is_eq() {
        return power_of_one(a, b, whole, neg, ctx, st);
    }
    let shrinks = b.neg != size.is_lt();
    if b.is_infinite() {
        return if shrinks { Dec::zero(neg, 0) } else { Dec::infinity(neg) };
    }
    if too_precise(ctx) && !whole {
        return no_memory(st);
    }
    if let Some(d) = out_of_range(a, b, shrinks, neg, ctx, st) {
        return d;
    }
    match b.to_i64().filter(|_| whole) {
        Some(n) => whole_power(a, n, neg, ctx, st),
        None => real_power(a, b, neg, ctx, st),
    }
}

/// One, with the zeros that the exponent asks for.
fn power_of_one(a: &Dec, b: &Dec, whole: bool, neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let widest = ctx.prec - 1;
    let padded = |n: i64, st: &mut Status| match pow10(n as u64) {
        Some(coef) => Dec::new(neg, coef, -n),
        None => no_memory(st),
    };
    if !whole || b.is_infinite() {
        *st |= cond::INEXACT | cond::ROUNDED;
        return padded(widest, st);
    }
    let zeros = match b.to_i64() {
        _ if b.neg => widest.min(if a.exp == 0 { 0 } else { widest }),
        Some(n) => n.saturating_mul(-a.exp).max(0),
        None if a.exp == 0 => 0,
        None => i64::MAX,
    };
    if zeros > widest {
        *st |= cond::ROUNDED;
    }
    padded(zeros.min(widest), st)
}

/// A power that is so large or small that no digit of it is needed.
fn out_of_range(a: &Dec, b: &Dec, shrinks: bool, neg: bool, ctx: &Ctx, st: &mut Status) -> Option<Dec> {
    // log10 of |a| is at least this far from zero, within a factor.
    let adjusted = a.adjusted();
    let log = match adjusted {
        0 | -1 => {
            let less_one = super::arith::subtract(
                a,
                &Dec::int(if a.neg { -1 } else { 1 }),
                &super::rules::WIDEST,
                &mut 0,
            );
            // ln(1 + d) is at least d / 2 for d below 9, |d| for negative ones; the place of d's first digit will do.
            less_one.adjusted() - 2
        }
        n if n > 0 => digits(&UBig::from(n as u64)) as i64 - 1,
        n => digits(&UBig::from((-n - 1).max(1) as u64)) as i64 - 1,
    };
    let limit = digits(&UBig::from((ctx.emax.max(-ctx.etiny()) + 1) as u64)) as i64 + 1;
    (log + b.adjusted() > limit).then(|| beyond(neg, shrinks, ctx, st))
}

/// `a**n` by squaring, with some digits more than wanted; exact if they suffice.
fn whole_power(a: &Dec, n: i64, neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let count = n.unsigned_abs();
    let more = digits(&UBig::from(count)) as i64 + 2 + i64::from(n < 0);
    let wide = Ctx { prec: ctx.prec.saturating_add(more), round: Rounding::HalfEven, clamp: false, ..*ctx };
    let mut base = a.clone();
    if n < 0 {
        base = divide(&Dec::int(1), a, &wide, st);
        if *st & cond::ERRORS != 0 {
            return Dec::nan();
        }
    }
    let mut quiet = 0;
    let mut result = base.clone();
    for bit in (0..count.ilog2()).rev() {
        result = multiply(&result, &result, &wide, &mut quiet);
        if count >> bit & 1 != 0 {
            result = multiply(&result, &base, &wide, &mut quiet);
        }
        if result.is_special() || result.coef.is_zero() && quiet & cond::CLAMPED != 0 {
            break;
        }
    }
    *st |= quiet;
    if quiet & cond::MALLOC != 0 {
        return Dec::nan();
    }
    if result.is_infinite() {
        return beyond(neg, false, ctx, st);
    }
    finalize(result.with_sign(neg), ctx, st)
}

fn real_power(a: &Dec, b: &Dec, neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    let mut guard = 6;
    let base = a.with_sign(false);
    loop {
        // The exponent's size takes digits of the logarithm's.
        let places = ctx.prec + guard + b.adjusted().max(0) + 22;
        let less_one = super::arith::subtract(&base, &Dec::int(1), &super::rules::WIDEST, &mut 0);
        let zeros = (-less_one.adjusted()).max(0);
        let Some(n) = ln_places(&base, places + zeros) else { return no_memory(st) };
        let (sign, coef) = n.into_parts();
        let log = Dec::new(sign == dashu_int::Sign::Negative, coef, -(places + zeros));
        let x = Dec::new(log.neg != b.neg, &log.coef * &b.coef, log.exp + b.exp);
        if x.coef.is_zero() || x.adjusted() < -(ctx.prec + 2) {
            let mut d = near_one(x.neg, ctx, st);
            d.neg = neg;
            return d;
        }
        if x.adjusted() > 18 {
            return beyond(neg, x.neg, ctx, st);
        }
        let Some((coef, exp)) = exp_digits(&x, ctx.prec + guard) else { return no_memory(st) };
        if settled(&coef, ctx.prec) || guard > 40 {
            *st |= cond::INEXACT | cond::ROUNDED;
            return finalize(Dec::new(neg, coef, exp), ctx, st);
        }
        guard *= 2;
    }
}

/// `a**b % m` of integers.
pub fn power_modulo(a: &Dec, b: &Dec, m: &Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    for d in [a, b, m] {
        if d.is_snan() {
            return nan_of_one(d, ctx, st).unwrap_or_else(Dec::nan);
        }
    }
    if let Some(nan) = nan_of(a, b, ctx, st).or_else(|| nan_of_one(m, ctx, st)) {
        return nan;
    }
    let whole = a.is_integer() && b.is_integer() && m.is_integer();
    if !whole || b.neg && !b.is_zero() || m.is_zero() || a.is_zero() && b.is_zero() {
        return invalid(cond::INVALID_OPERATION, st);
    }
    if m.adjusted() >= ctx.prec {
        return invalid(cond::INVALID_OPERATION, st);
    }
    let modulus = match integer(m) {
        Some(n) => n,
        None => return no_memory(st),
    };
    let neg = a.neg && b.is_odd();
    let result = reduced_power(a, b, &modulus);
    match result {
        Some(n) => Dec::new(neg, n, 0),
        None => no_memory(st),
    }
}

/// An integer's size.
fn integer(d: &Dec) -> Option<UBig> {
    if d.exp >= 0 {
        shift_left(&d.coef, d.exp as u64)
    } else {
        Some(super::number::shift_right(&d.coef, d.exp.unsigned_abs()).0)
    }
}

fn reduced_power(a: &Dec, b: &Dec, m: &UBig) -> Option<UBig> {
    if *m == UBig::ONE {
        return Some(UBig::ZERO);
    }
    let base = if a.exp >= 0 {
        // Ten to the exponent, reduced as well.
        let ten = modular_power(&UBig::from(10u8), &UBig::from(a.exp as u64), m);
        (&a.coef * ten) % m
    } else {
        integer(a)? % m
    };
    if b.exp <= 0 {
        return Some(modular_power(&base, &integer(b)?, m));
    }
    // base ** (c * 10**e): the power of ten is taken step by step.
    let mut r = modular_power(&base, &b.coef, m);
    if b.exp > 1_000_000 {
        return None;
    }
    for _ in 0..b.exp {
        r = modular_power(&r, &UBig::from(10u8), m);
    }
    Some(r)
}

fn modular_power(base: &UBig, exp: &UBig, m: &UBig) -> UBig {
    let ring = dashu_int::fast_div::ConstDivisor::new(m.clone());
    ring.reduce(base.clone()).pow(exp).residue()
}
