//! Decimal numbers: a sign, an integer coefficient and a power of ten, or one of the special values.

use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem};
use std::cmp::Ordering;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Finite,
    Infinite,
    Quiet,
    Signaling,
}

/// A number, exact.
#[derive(Clone, Debug)]
pub struct Dec {
    pub neg: bool,
    pub kind: Kind,
    pub exp: i64,
    /// Of a NaN: its payload.
    pub coef: UBig,
}

/// More digits than this are not made: `MemoryError`.
pub const MAX_SHIFT: u64 = 200_000_000;

pub const POWERS: [u128; 39] = {
    let mut table = [1; 39];
    let mut i = 1;
    while i < 39 {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// Those that one word holds.
const SMALL_POWERS: [u64; 20] = {
    let mut table = [1; 20];
    let mut i = 1;
    while i < 20 {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// Ten to the `n`; `None`: it has too many digits.
pub fn pow10(n: u64) -> Option<UBig> {
    match POWERS.get(n as usize) {
        Some(p) => Some(UBig::from(*p)),
        None if n <= MAX_SHIFT => Some(UBig::from(10u8).pow(n as usize)),
        None => None,
    }
}

/// The number as a machine word of 128 bits.
#[inline]
pub fn small(n: &UBig) -> Option<u128> {
    match n.as_words() {
        [] => Some(0),
        [a] => Some(u128::from(*a)),
        [a, b] => Some(u128::from(*a) | u128::from(*b) << 64),
        _ => None,
    }
}

/// The same for a number of two words.
#[inline]
pub fn digits_small(n: u128) -> u32 {
    if let Ok(n) = u64::try_from(n) {
        let least = ((64 - (n | 1).leading_zeros()) * 1233) >> 12;
        return match SMALL_POWERS.get(least as usize) {
            Some(p) => (least + u32::from(n >= *p)).max(1),
            None => least,
        };
    }
    // 1233 / 4096 is a little less than the logarithm of two, by too little to matter up to 128 bits.
    let least = ((128 - (n | 1).leading_zeros()) * 1233) >> 12;
    match POWERS.get(least as usize) {
        Some(p) if n >= *p => least + 1,
        _ => least.max(1),
    }
}

/// `n` without its last digits, and what they were (see `shift_right`); `None`: there are more of them than digits.
#[inline]
pub fn split(n: u128, by: u64) -> Option<(u128, u8)> {
    let p = *POWERS.get(by as usize)?;
    let (q, r) = match (u64::try_from(n), u64::try_from(p)) {
        (Ok(n), Ok(p)) => (u128::from(n / p), u128::from(n % p)),
        _ => {
            let q = n / p;
            (q, n - q * p)
        }
    };
    Some((q, part(r.cmp(&0), r.cmp(&(p / 2)))))
}

/// Takes zeros off the end, at most `most`: the number and how many there were.
pub fn strip_small(mut n: u128, most: u64) -> (u128, u64) {
    // Ten has one two, so there are no more zeros than there are zero bits.
    let most = most.min(u64::from(n.trailing_zeros()));
    if n == 0 || most == 0 {
        return (n, 0);
    }
    let mut taken = 0;
    for step in [16, 16, 8, 4, 2, 1] {
        if taken + step > most {
            continue;
        }
        let p = POWERS[step as usize];
        let (q, r) = match (u64::try_from(n), u64::try_from(p)) {
            (Ok(n), Ok(p)) => (u128::from(n / p), u128::from(n % p)),
            _ => (n / p, n % p),
        };
        if r == 0 {
            n = q;
            taken += step;
        }
    }
    (n, taken)
}

/// How many decimal digits a number has; zero has one.
pub fn digits(n: &UBig) -> u64 {
    if let Some(n) = small(n) {
        return u64::from(digits_small(n));
    }
    let words = n.as_words();
    let [.., low, high] = words else { return 1 };
    let top = (*high as f64 * 2f64.powi(64) + *low as f64).log10();
    let log = top + (words.len() - 2) as f64 * 64.0 * std::f64::consts::LOG10_2;
    let nearest = log.round();
    if (log - nearest).abs() > 1e-4 {
        return log.floor() as u64 + 1;
    }
    // Near a power of ten only comparing tells.
    match pow10(nearest as u64) {
        Some(p) if *n < p => nearest as u64,
        _ => nearest as u64 + 1,
    }
}

/// `n` times ten to the `by`.
pub fn shift_left(n: &UBig, by: u64) -> Option<UBig> {
    if by == 0 || n.is_zero() {
        return Some(n.clone());
    }
    Some(n * pow10(by)?)
}

/// `n` without its last digits, and what they were: 0 nothing, 1 less than a half, 5 a half, 6 more.
pub fn shift_right(n: &UBig, by: u64) -> (UBig, u8) {
    if by == 0 {
        return (n.clone(), 0);
    }
    if by > digits(n) {
        return (UBig::ZERO, u8::from(!n.is_zero()));
    }
    if let Some((q, dropped)) = small(n).and_then(|n| split(n, by)) {
        return (UBig::from(q), dropped);
    }
    let Some(p) = pow10(by) else { return (UBig::ZERO, 1) };
    let (q, r) = n.div_rem(&p);
    let half = p >> 1;
    (q, part(r.cmp(&UBig::ZERO), r.cmp(&half)))
}

fn part(with_zero: Ordering, with_half: Ordering) -> u8 {
    match (with_zero, with_half) {
        (Ordering::Equal, _) => 0,
        (_, Ordering::Less) => 1,
        (_, Ordering::Equal) => 5,
        (_, Ordering::Greater) => 6,
    }
}

/// Takes zeros off the end, at most `most`: the number and how many there were.
pub fn strip_zeros(n: &UBig, most: u64) -> (UBig, u64) {
    if n.is_zero() || most == 0 {
        return (n.clone(), 0);
    }
    if let Some(n) = small(n) {
        let (n, taken) = strip_small(n, most);
        return (UBig::from(n), taken);
    }
    // Ten has one two, so there are no more zeros than there are zero bits.
    let most = most.min(n.trailing_zeros().unwrap_or(0) as u64);
    let (mut n, mut taken, mut step) = (n.clone(), 0, most.clamp(1, 1 << 16));
    while step > 0 && taken < most {
        let by = step.min(most - taken);
        let Some(p) = pow10(by) else { break };
        let (q, r) = (&n).div_rem(&p);
        if r.is_zero() {
            n = q;
            taken += by;
        } else {
            step = by / 2;
        }
    }
    (n, taken)
}

impl Dec {
    pub fn new(neg: bool, coef: UBig, exp: i64) -> Dec {
        Dec { neg, kind: Kind::Finite, exp, coef }
    }

    pub fn int(n: i64) -> Dec {
        Dec::new(n < 0, UBig::from(n.unsigned_abs()), 0)
    }

    pub fn zero(neg: bool, exp: i64) -> Dec {
        Dec::new(neg, UBig::ZERO, exp)
    }

    pub fn infinity(neg: bool) -> Dec {
        Dec { neg, kind: Kind::Infinite, exp: 0, coef: UBig::ZERO }
    }

    pub fn nan() -> Dec {
        Dec { neg: false, kind: Kind::Quiet, exp: 0, coef: UBig::ZERO }
    }

    pub fn digits(&self) -> u64 {
        digits(&self.coef)
    }

    /// The exponent of the first digit.
    pub fn adjusted(&self) -> i64 {
        self.exp + self.digits() as i64 - 1
    }

    pub fn is_finite(&self) -> bool {
        self.kind == Kind::Finite
    }

    pub fn is_special(&self) -> bool {
        self.kind != Kind::Finite
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::Quiet | Kind::Signaling)
    }

    pub fn is_snan(&self) -> bool {
        self.kind == Kind::Signaling
    }

    pub fn is_qnan(&self) -> bool {
        self.kind == Kind::Quiet
    }

    pub fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinite
    }

    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.coef.is_zero()
    }

    pub fn with_sign(&self, neg: bool) -> Dec {
        Dec { neg, ..self.clone() }
    }

    /// Whether the number has no fraction.
    pub fn is_integer(&self) -> bool {
        if !self.is_finite() {
            return false;
        }
        if self.exp >= 0 || self.coef.is_zero() {
            return true;
        }
        let by = self.exp.unsigned_abs();
        by < self.digits() && strip_zeros(&self.coef, by).1 == by
    }

    /// Whether an integer is odd.
    pub fn is_odd(&self) -> bool {
        match self.exp {
            0 => self.coef.bit(0),
            1.. => false,
            _ => shift_right(&self.coef, self.exp.unsigned_abs()).0.bit(0),
        }
    }

    /// The integer's value, if it is one of moderate size.
    pub fn to_i64(&self) -> Option<i64> {
        if !self.is_integer() {
            return None;
        }
        if self.coef.is_zero() {
            return Some(0);
        }
        if self.adjusted() > 19 {
            return None;
        }
        let n = if self.exp >= 0 {
            shift_left(&self.coef, self.exp as u64)?
        } else {
            shift_right(&self.coef, self.exp.unsigned_abs()).0
        };
        let n = i128::try_from(small(&n)?).ok()?;
        i64::try_from(if self.neg { -n } else { n }).ok()
    }
}

/// Compares sizes of finite numbers.
pub fn compare_abs(a: &Dec, b: &Dec) -> Ordering {
    match (a.coef.is_zero(), b.coef.is_zero()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    if a.exp == b.exp {
        return a.coef.cmp(&b.coef);
    }
    let by_place = a.adjusted().cmp(&b.adjusted());
    if by_place.is_ne() {
        return by_place;
    }
    // The first digits stand at the same place, so the shift is no longer than the longer coefficient.
    let by = (a.exp - b.exp).unsigned_abs();
    let shifted = |n: &UBig| shift_left(n, by).unwrap_or_default();
    if a.exp > b.exp { shifted(&a.coef).cmp(&b.coef) } else { a.coef.cmp(&shifted(&b.coef)) }
}

/// Compares numbers that are no NaNs.
pub fn compare(a: &Dec, b: &Dec) -> Ordering {
    let sign = |d: &Dec| match (d.is_zero(), d.neg) {
        (true, _) => 0,
        (_, true) => -1,
        (_, false) => 1,
    };
    let by_sign = sign(a).cmp(&sign(b));
    if by_sign.is_ne() || a.is_zero() {
        return by_sign;
    }
    let size = match (a.is_infinite(), b.is_infinite()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => compare_abs(a, b),
    };
    if a.neg { size.reverse() } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_of_small_numbers() {
        for zeros in 0..38 {
            for most in 0..40 {
                let taken = most.min(zeros as u64);
                assert_eq!(strip_small(7 * POWERS[zeros], most), (7 * POWERS[zeros - taken as usize], taken));
            }
        }
    }

    #[test]
    fn digits_near_powers() {
        for n in [1, 5, 19, 20, 38, 39, 40, 100, 1000, 20000] {
            let p = pow10(n).unwrap();
            assert_eq!(digits(&p), n + 1);
            assert_eq!(digits(&(&p - UBig::ONE)), n);
            assert_eq!(strip_zeros(&p, u64::MAX >> 1), (UBig::ONE, n));
            assert_eq!(shift_right(&(&p * UBig::from(5u8)), n + 1), (UBig::ZERO, 5));
        }
        assert_eq!(digits(&UBig::ZERO), 1);
    }
}
