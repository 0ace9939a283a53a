//! The operations on finite numbers of at most 38 digits, in machine words. `None`: the general way (`arith.rs`) has to do
//! it, and nothing was noted yet.

use super::number::{Dec, POWERS, digits_small, small, split, strip_small};
use super::rules::{Ctx, Status, cond, decide};
use dashu_int::UBig;
use std::cmp::Ordering;

#[inline(always)]
fn lift(n: u128, by: i64) -> Option<u128> {
    let p = *POWERS.get(usize::try_from(by).ok()?)?;
    match (u64::try_from(n), u64::try_from(p)) {
        (Ok(n), Ok(p)) => Some(u128::from(n) * u128::from(p)),
        _ => n.checked_mul(p),
    }
}

#[inline(always)]
fn goes_up(ctx: &Ctx, neg: bool, kept: u128, dropped: u8) -> bool {
    // Two to the 64 leaves one when divided by five.
    decide(
        ctx.round,
        neg,
        dropped,
        || kept & 1 != 0,
        || ((kept >> 64) as u64 % 5 + kept as u64 % 5).is_multiple_of(5),
    )
}

/// A finite number in machine words.
#[derive(Clone, Copy)]
pub struct Words {
    pub neg: bool,
    pub coef: u128,
    pub exp: i64,
}

impl Words {
    #[inline(always)]
    pub fn of(d: &Dec) -> Option<Words> {
        if d.is_finite() { Some(Words { neg: d.neg, coef: small(&d.coef)?, exp: d.exp }) } else { None }
    }

    #[inline(always)]
    pub fn int(n: i64) -> Words {
        Words { neg: n < 0, coef: n.unsigned_abs().into(), exp: 0 }
    }
}

impl From<Words> for Dec {
    #[inline(always)]
    fn from(w: Words) -> Dec {
        Dec::new(w.neg, UBig::from(w.coef), w.exp)
    }
}

/// The number under its context, if it is in range.
#[inline(always)]
fn finish(neg: bool, coef: u128, exp: i64, ctx: &Ctx, st: &mut Status) -> Option<Words> {
    if ctx.clamp {
        return None;
    }
    let count = i64::from(digits_small(coef));
    let adjusted = exp + count - 1;
    if adjusted < ctx.emin || adjusted > ctx.emax {
        return None;
    }
    let by = count - ctx.prec;
    if by <= 0 {
        return (exp >= ctx.etiny()).then_some(Words { neg, coef, exp });
    }
    let (mut kept, dropped) = split(coef, by as u64)?;
    let mut exp = exp + by;
    if goes_up(ctx, neg, kept, dropped) {
        kept += 1;
        if kept == *POWERS.get(ctx.prec as usize)? {
            if adjusted == ctx.emax {
                return None;
            }
            kept /= 10;
            exp += 1;
        }
    }
    *st |= if dropped == 0 { cond::ROUNDED } else { cond::ROUNDED | cond::INEXACT };
    Some(Words { neg, coef: kept, exp })
}

/// `a` plus `b` with another sign.
#[inline(always)]
pub fn sum(a: Words, b: Words, b_neg: bool, ctx: &Ctx, st: &mut Status) -> Option<Words> {
    let (mut x, mut y) = (a.coef, b.coef);
    let mut exp = a.exp;
    match a.exp.cmp(&b.exp) {
        Ordering::Equal => {}
        Ordering::Greater => {
            exp = b.exp;
            x = lift(x, a.exp - b.exp)?;
        }
        Ordering::Less => y = lift(y, b.exp - a.exp)?,
    }
    let (neg, coef) = if a.neg == b_neg {
        (a.neg, x.checked_add(y)?)
    } else {
        match x.cmp(&y) {
            Ordering::Equal => (ctx.round == super::rules::Rounding::Floor, 0),
            Ordering::Greater => (a.neg, x - y),
            Ordering::Less => (b_neg, y - x),
        }
    };
    finish(neg, coef, exp, ctx, st)
}

#[inline(always)]
pub fn product(a: Words, b: Words, ctx: &Ctx, st: &mut Status) -> Option<Words> {
    let (x, y) = (a.coef, b.coef);
    let coef = match (u64::try_from(x), u64::try_from(y)) {
        (Ok(x), Ok(y)) => u128::from(x) * u128::from(y),
        _ => x.checked_mul(y)?,
    };
    finish(a.neg != b.neg, coef, a.exp + b.exp, ctx, st)
}

#[inline(always)]
pub fn quotient(a: Words, b: Words, ctx: &Ctx, st: &mut Status) -> Option<Words> {
    let (x, y) = (a.coef, b.coef);
    if x == 0 || y == 0 || ctx.prec > 38 {
        return None;
    }
    let ideal = a.exp - b.exp;
    let shift = i64::from(digits_small(y)) - i64::from(digits_small(x)) + ctx.prec + 1;
    let (x, y) = if shift >= 0 { (lift(x, shift)?, y) } else { (x, lift(y, -shift)?) };
    let (mut q, r) = divide(x, y);
    let mut exp = ideal - shift;
    if r != 0 {
        // The rest only matters for rounding: a last digit that is no half and no end.
        if ((q >> 64) as u64 % 5 + q as u64 % 5).is_multiple_of(5) {
            q += 1;
        }
    } else if exp < ideal {
        let (stripped, n) = strip_small(q, (ideal - exp) as u64);
        q = stripped;
        exp += n as i64;
    }
    finish(a.neg != b.neg, q, exp, ctx, st)
}

#[inline]
fn divide(x: u128, y: u128) -> (u128, u128) {
    match (u64::try_from(x), u64::try_from(y)) {
        (Ok(x), Ok(y)) => (u128::from(x / y), u128::from(x % y)),
        _ => {
            let q = x / y;
            (q, x - q * y)
        }
    }
}

/// The number with another exponent.
#[inline(always)]
pub fn quantize(a: Words, exp: i64, ctx: &Ctx, st: &mut Status) -> Option<Words> {
    let x = a.coef;
    if x == 0 || exp > ctx.emax || exp < ctx.etiny() {
        return None;
    }
    let mut noted = 0;
    let coef = if a.exp >= exp {
        lift(x, a.exp - exp)?
    } else {
        let (mut kept, dropped) = split(x, (exp - a.exp) as u64)?;
        if goes_up(ctx, a.neg, kept, dropped) {
            kept += 1;
        }
        noted = if dropped == 0 { cond::ROUNDED } else { cond::ROUNDED | cond::INEXACT };
        kept
    };
    if i64::from(digits_small(coef)) > ctx.prec {
        return None;
    }
    let w = finish(a.neg, coef, exp, ctx, st)?;
    *st |= noted;
    Some(w)
}

/// Compares finite numbers.
#[inline]
pub fn compare(a: Words, b: Words) -> Option<Ordering> {
    let (mut x, mut y) = (a.coef, b.coef);
    match a.exp.cmp(&b.exp) {
        Ordering::Equal => {}
        Ordering::Greater => x = lift(x, a.exp - b.exp)?,
        Ordering::Less => y = lift(y, b.exp - a.exp)?,
    }
    Some(match (a.neg && x != 0, b.neg && y != 0) {
        (false, false) => x.cmp(&y),
        (true, true) => y.cmp(&x),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

#[cfg(test)]
mod tests {
    use super::super::arith;
    use super::super::rules::{ROUNDINGS, Rounding};
    use super::*;

    /// The same by the general way: a number too long for the words, times ten to nothing.
    fn general(
        f: impl Fn(&Dec, &Dec, &Ctx, &mut Status) -> Dec,
        a: &Dec,
        b: &Dec,
        ctx: &Ctx,
    ) -> (Dec, Status) {
        let mut st = 0;
        let d = f(a, b, ctx, &mut st);
        (d, st)
    }

    fn check(quick: Option<Words>, st: Status, slow: (Dec, Status), what: &str) {
        if let Some(d) = quick.map(Dec::from) {
            let same = (d.neg, d.kind, d.exp, &d.coef) == (slow.0.neg, slow.0.kind, slow.0.exp, &slow.0.coef);
            assert!(same && st == slow.1, "{what}: {d:?} {st:#x}, but {:?} {:#x}", slow.0, slow.1);
        } else {
            assert_eq!(st, 0, "{what}");
        }
    }

    #[test]
    fn as_the_general_way() {
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let mut number = || {
            let n = u128::from(next()) << 64 | u128::from(next());
            let n = n % POWERS[next() as usize % 39];
            let n = match next() % 6 {
                0 => POWERS[next() as usize % 39],
                1 => POWERS[next() as usize % 38 + 1] - 1,
                2 => n / POWERS[5] * POWERS[5],
                3 => n / POWERS[3] * POWERS[3] + 500,
                _ => n,
            };
            Dec::new(next() % 2 == 0, UBig::from(n), (next() % 40) as i64 - 20)
        };
        for i in 0..60_000_usize {
            let (a, b) = (number(), number());
            let round: Rounding = ROUNDINGS[i % ROUNDINGS.len()].0;
            let (prec, range) = ([1, 3, 9, 19, 28, 40][i / 8 % 6], [999_999, 12][i / 48 % 2]);
            let ctx = Ctx { prec, emax: range, emin: -range, round, clamp: false };
            let run = |f: fn(Words, Words, &Ctx, &mut Status) -> Option<Words>| {
                let mut st = 0;
                let both = Words::of(&a).zip(Words::of(&b));
                (both.and_then(|(a, b)| f(a, b, &ctx, &mut st)), st)
            };
            let (d, st) = run(|a, b, c, st| sum(a, b, b.neg, c, st));
            check(d, st, general(arith::add_any, &a, &b, &ctx), "sum");
            let (d, st) = run(product);
            check(d, st, general(arith::multiply_any, &a, &b, &ctx), "product");
            let (d, st) = run(quotient);
            check(d, st, general(arith::divide_any, &a, &b, &ctx), "quotient");
            let (d, st) = run(|a, b, c, st| quantize(a, b.exp, c, st));
            check(
                d,
                st,
                general(|a, b, c, st| arith::quantize_any(a, b.exp, c, st), &a, &b, &ctx),
                "quantize",
            );
            if let Some((x, y)) = Words::of(&a).zip(Words::of(&b))
                && let Some(order) = compare(x, y)
            {
                assert_eq!(order, super::super::number::compare(&a, &b), "{a:?} {b:?}");
            }
        }
    }
}
