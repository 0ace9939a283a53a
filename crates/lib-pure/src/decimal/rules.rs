//! What a context says: precision, range, rounding; how a result is brought under it, and the conditions that come up.

use super::number::{Dec, Kind, digits, pow10, shift_left, shift_right};
use dashu_int::UBig;
use dashu_int::ops::BitTest;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
    ZeroFiveUp,
}

pub const ROUNDINGS: [(Rounding, &str); 8] = [
    (Rounding::Ceiling, "ROUND_CEILING"),
    (Rounding::Floor, "ROUND_FLOOR"),
    (Rounding::Up, "ROUND_UP"),
    (Rounding::Down, "ROUND_DOWN"),
    (Rounding::HalfUp, "ROUND_HALF_UP"),
    (Rounding::HalfDown, "ROUND_HALF_DOWN"),
    (Rounding::HalfEven, "ROUND_HALF_EVEN"),
    (Rounding::ZeroFiveUp, "ROUND_05UP"),
];

/// Conditions, as bits.
pub mod cond {
    pub const CLAMPED: u32 = 0x1;
    pub const CONVERSION_SYNTAX: u32 = 0x2;
    pub const DIVISION_BY_ZERO: u32 = 0x4;
    pub const DIVISION_IMPOSSIBLE: u32 = 0x8;
    pub const DIVISION_UNDEFINED: u32 = 0x10;
    pub const INEXACT: u32 = 0x40;
    pub const INVALID_CONTEXT: u32 = 0x80;
    pub const INVALID_OPERATION: u32 = 0x100;
    /// No memory.
    pub const MALLOC: u32 = 0x200;
    pub const FLOAT_OPERATION: u32 = 0x400;
    pub const OVERFLOW: u32 = 0x800;
    pub const ROUNDED: u32 = 0x1000;
    pub const SUBNORMAL: u32 = 0x2000;
    pub const UNDERFLOW: u32 = 0x4000;
    /// All that the signal `InvalidOperation` stands for.
    pub const ANY_INVALID: u32 =
        CONVERSION_SYNTAX | DIVISION_IMPOSSIBLE | DIVISION_UNDEFINED | INVALID_CONTEXT | INVALID_OPERATION;
    /// What is an error rather than a remark.
    pub const ERRORS: u32 = ANY_INVALID | DIVISION_BY_ZERO | MALLOC;
}

pub const MAX_PREC: i64 = 999_999_999_999_999_999;
pub const MAX_EMAX: i64 = 999_999_999_999_999_999;
pub const MIN_EMIN: i64 = -999_999_999_999_999_999;
pub const MIN_ETINY: i64 = MIN_EMIN - (MAX_PREC - 1);

#[derive(Clone, Copy, Debug)]
pub struct Ctx {
    pub prec: i64,
    pub emax: i64,
    pub emin: i64,
    pub round: Rounding,
    pub clamp: bool,
}

/// The widest context: results are exact or an error.
pub const WIDEST: Ctx =
    Ctx { prec: MAX_PREC, emax: MAX_EMAX, emin: MIN_EMIN, round: Rounding::HalfEven, clamp: false };

/// Conditions that an operation brings up.
pub type Status = u32;

impl Ctx {
    /// The least exponent of a subnormal number.
    pub fn etiny(&self) -> i64 {
        self.emin - (self.prec - 1)
    }

    /// The largest exponent of a number with all digits.
    pub fn etop(&self) -> i64 {
        self.emax - (self.prec - 1)
    }

    pub fn rounded(self, round: Rounding) -> Ctx {
        Ctx { round, ..self }
    }
}

/// Whether the digits kept go up by one, for the digits dropped (see `shift_right`).
pub fn goes_up(round: Rounding, neg: bool, kept: &UBig, dropped: u8) -> bool {
    decide(round, neg, dropped, || kept.bit(0), || kept % 5u8 == 0)
}

/// The same, of digits kept of which is asked whether they are odd, and whether they end in 0 or 5.
#[inline(always)]
pub fn decide(
    round: Rounding,
    neg: bool,
    dropped: u8,
    odd: impl FnOnce() -> bool,
    fives: impl FnOnce() -> bool,
) -> bool {
    match round {
        _ if dropped == 0 => false,
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::Ceiling => !neg,
        Rounding::Floor => neg,
        Rounding::HalfUp => dropped >= 5,
        Rounding::HalfDown => dropped > 5,
        Rounding::HalfEven => dropped > 5 || dropped == 5 && odd(),
        Rounding::ZeroFiveUp => fives(),
    }
}

/// An invalid operation: NaN.
pub fn invalid(what: u32, st: &mut Status) -> Dec {
    *st |= what;
    Dec::nan()
}

/// The result of something that needs more digits than there is room for.
pub fn no_memory(st: &mut Status) -> Dec {
    invalid(cond::MALLOC, st)
}

/// A NaN's payload under a context: its last digits.
fn fix_nan(d: &mut Dec, ctx: &Ctx) {
    let most = (ctx.prec - i64::from(ctx.clamp)).max(0) as u64;
    if d.coef.is_zero() || digits(&d.coef) <= most {
        return;
    }
    if let Some(p) = pow10(most) {
        d.coef = &d.coef % p;
    }
}

/// If an operand is a NaN: the result.
pub fn nan_of(a: &Dec, b: &Dec, ctx: &Ctx, st: &mut Status) -> Option<Dec> {
    if !a.is_nan() && !b.is_nan() {
        return None;
    }
    let chosen = match (a.kind, b.kind) {
        (Kind::Signaling, _) => a,
        (_, Kind::Signaling) => b,
        (Kind::Quiet, _) => a,
        _ => b,
    };
    if a.is_snan() || b.is_snan() {
        *st |= cond::INVALID_OPERATION;
    }
    let mut d = Dec { kind: Kind::Quiet, ..chosen.clone() };
    fix_nan(&mut d, ctx);
    Some(d)
}

/// The same for one operand.
pub fn nan_of_one(a: &Dec, ctx: &Ctx, st: &mut Status) -> Option<Dec> {
    nan_of(a, &Dec::infinity(false), ctx, st)
}

/// The largest number of a context, but with its digits.
pub fn largest(neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    match pow10(ctx.prec as u64) {
        Some(p) => Dec::new(neg, p - UBig::ONE, ctx.etop()),
        None => no_memory(st),
    }
}

fn overflow(neg: bool, ctx: &Ctx, st: &mut Status) -> Dec {
    *st |= cond::OVERFLOW | cond::INEXACT | cond::ROUNDED;
    let finite = match ctx.round {
        Rounding::Down | Rounding::ZeroFiveUp => true,
        Rounding::Ceiling => neg,
        Rounding::Floor => !neg,
        _ => false,
    };
    if finite { largest(neg, ctx, st) } else { Dec::infinity(neg) }
}

/// Brings a result's exponent into the context's range.
fn check_exponent(mut d: Dec, count: u64, ctx: &Ctx, st: &mut Status) -> Dec {
    let adjusted = d.exp + count as i64 - 1;
    if adjusted > ctx.emax {
        if !d.coef.is_zero() {
            return overflow(d.neg, ctx, st);
        }
        *st |= cond::CLAMPED;
        return Dec::zero(d.neg, if ctx.clamp { ctx.etop() } else { ctx.emax });
    }
    if ctx.clamp && d.exp > ctx.etop() {
        let Some(coef) = shift_left(&d.coef, (d.exp - ctx.etop()) as u64) else { return no_memory(st) };
        *st |= cond::CLAMPED;
        if !d.coef.is_zero() && adjusted < ctx.emin {
            *st |= cond::SUBNORMAL;
        }
        return Dec::new(d.neg, coef, ctx.etop());
    }
    if adjusted >= ctx.emin {
        return d;
    }
    let etiny = ctx.etiny();
    if d.coef.is_zero() {
        if d.exp < etiny {
            d.exp = etiny;
            *st |= cond::CLAMPED;
        }
        return d;
    }
    *st |= cond::SUBNORMAL;
    if d.exp < etiny {
        let (mut coef, dropped) = shift_right(&d.coef, (etiny - d.exp) as u64);
        if goes_up(ctx.round, d.neg, &coef, dropped) {
            coef += UBig::ONE;
        }
        *st |= cond::ROUNDED;
        if dropped != 0 {
            *st |= cond::INEXACT | cond::UNDERFLOW;
            if coef.is_zero() {
                *st |= cond::CLAMPED;
            }
        }
        return Dec::new(d.neg, coef, etiny);
    }
    d
}

/// Brings a result under its context.
pub fn finalize(d: Dec, ctx: &Ctx, st: &mut Status) -> Dec {
    if d.is_special() {
        let mut d = d;
        if d.is_nan() {
            fix_nan(&mut d, ctx);
        }
        return d;
    }
    let count = d.digits();
    if count as i64 <= ctx.prec
        && d.exp >= ctx.etiny()
        && d.exp + count as i64 - 1 <= ctx.emax
        && d.exp + count as i64 > ctx.emin
        && !ctx.clamp
    {
        return d;
    }
    let mut d = check_exponent(d, count, ctx, st);
    if d.is_special() {
        return d;
    }
    let count = d.digits() as i64;
    if count <= ctx.prec {
        return d;
    }
    let by = count - ctx.prec;
    let (mut coef, dropped) = shift_right(&d.coef, by as u64);
    d.exp += by;
    *st |= cond::ROUNDED;
    if dropped != 0 {
        *st |= cond::INEXACT;
    }
    if goes_up(ctx.round, d.neg, &coef, dropped) {
        coef += UBig::ONE;
        if digits(&coef) as i64 > ctx.prec {
            d.coef = shift_right(&coef, 1).0;
            d.exp += 1;
            let count = d.digits();
            return check_exponent(d, count, ctx, st);
        }
    }
    d.coef = coef;
    d
}
