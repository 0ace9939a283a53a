//! Operators of `int`. Each answers `NotImplemented` for operands that are no ints.

use super::this;
use crate::errors::exc;
use crate::types::numbers::{IntValue, check_bits, int_to_f64, int_value};
use crate::{PyResult, Raised, Value, Vm};
use dashu_int::fast_div::ConstDivisor;
use dashu_int::ops::DivRem;
use dashu_int::{IBig, UBig};

macro_rules! operands {
    ($a:expr, $b:expr) => {
        match (int_value($a), int_value($b)) {
            (Some(x), Some(y)) => (x, y),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

pub fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y)
        && let Some(sum) = x.checked_add(*y)
    {
        return Ok(vm.new_int(sum));
    }
    if let (Some(x), Some(y)) = (x.wide(), y.wide())
        && let Some(sum) = x.checked_add(y)
    {
        return Ok(vm.new_wide(sum));
    }
    Ok(vm.new_bigint(x.big().as_ref() + y.big().as_ref()))
}

pub fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y)
        && let Some(difference) = x.checked_sub(*y)
    {
        return Ok(vm.new_int(difference));
    }
    if let (Some(x), Some(y)) = (x.wide(), y.wide())
        && let Some(difference) = x.checked_sub(y)
    {
        return Ok(vm.new_wide(difference));
    }
    Ok(vm.new_bigint(x.big().as_ref() - y.big().as_ref()))
}

pub fn multiply(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y)
        && let Some(product) = x.checked_mul(*y)
    {
        return Ok(vm.new_int(product));
    }
    let bits = x.bit_len() + y.bit_len();
    if bits < 127
        && let (Some(x), Some(y)) = (x.wide(), y.wide())
    {
        return Ok(vm.new_wide(x.wrapping_mul(y)));
    }
    check_bits(vm, bits)?;
    Ok(vm.new_bigint(x.big().as_ref() * y.big().as_ref()))
}

#[cold]
pub fn zero_division(vm: &Vm) -> Raised {
    vm.raise_new(&exc::ZeroDivisionError, "division by zero")
}

/// Quotient and remainder rounded down, of words.
fn floor_words(x: i64, y: i64) -> Option<(i64, i64)> {
    let (q, r) = (x.checked_div(y)?, x.checked_rem(y)?);
    Some(if r != 0 && (r < 0) != (y < 0) { (q - 1, r + y) } else { (q, r) })
}

/// Quotient and remainder rounded down; the divisor is not zero.
pub fn floor_big(x: &IBig, y: &IBig) -> (IBig, IBig) {
    let (q, r) = x.div_rem(y);
    if !r.is_zero() && r.sign() != y.sign() { (q - IBig::ONE, r + y) } else { (q, r) }
}

pub fn floor_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if y.is_zero() {
        return Err(zero_division(vm));
    }
    if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y)
        && let Some((q, _)) = floor_words(*x, *y)
    {
        return Ok(vm.new_int(q));
    }
    if let (Some(x), Some(y)) = (x.wide(), y.wide())
        && let (Some(q), Some(r)) = (x.checked_div(y), x.checked_rem(y))
    {
        return Ok(vm.new_wide(if r != 0 && (r < 0) != (y < 0) { q - 1 } else { q }));
    }
    Ok(vm.new_bigint(floor_big(&x.big(), &y.big()).0))
}

pub fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if y.is_zero() {
        return Err(zero_division(vm));
    }
    if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y)
        && let Some((_, r)) = floor_words(*x, *y)
    {
        return Ok(vm.new_int(r));
    }
    if let (Some(x), Some(y)) = (x.wide(), y.wide())
        && let Some(r) = x.checked_rem(y)
    {
        return Ok(vm.new_wide(if r != 0 && (r < 0) != (y < 0) { r + y } else { r }));
    }
    let (x, y) = (x.big(), y.big());
    let r = x.as_ref() % y.as_ref();
    let r = if !r.is_zero() && r.sign() != y.sign() { r + y.as_ref() } else { r };
    Ok(vm.new_bigint(r))
}

pub fn divmod(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if y.is_zero() {
        return Err(zero_division(vm));
    }
    let (q, r) = match (&x, &y) {
        (IntValue::Small(x), IntValue::Small(y)) => floor_words(*x, *y),
        _ => None,
    }
    .map_or_else(
        || {
            let (q, r) = floor_big(&x.big(), &y.big());
            (vm.new_bigint(q), vm.new_bigint(r))
        },
        |(q, r)| (vm.new_int(q), vm.new_int(r)),
    );
    Ok(vm.tuple_from_iter([q, r].into_iter()).into_value())
}

/// `m` times two to the `exponent`, rounded once, half to even; `sticky`: something non-zero was cut off below.
pub fn scale(m: u128, sticky: bool, exponent: i64) -> f64 {
    if m == 0 {
        return 0.0;
    }
    let len = 128 - i64::from(m.leading_zeros());
    let top = exponent.saturating_add(len - 1);
    if top > 1023 {
        return f64::INFINITY;
    }
    // How many bits the result has room for.
    let room = if top >= -1022 { 53 } else { 53 - (-1022 - top) };
    if room < 0 {
        return 0.0;
    }
    let drop = len - room;
    let (kept, exponent) = if drop <= 0 {
        (m as u64, exponent)
    } else {
        let kept = if drop >= 128 { 0 } else { m >> drop };
        let rest = m - if drop >= 128 { 0 } else { kept << drop };
        let half = 1u128 << (drop - 1);
        let up = rest > half || rest == half && (sticky || kept & 1 == 1);
        (kept as u64 + u64::from(up), exponent + drop)
    };
    // `kept` has 54 bits at most and the result is exact now; two steps keep the powers in range.
    let first = exponent.clamp(-1000, 900);
    let second = (exponent - first).clamp(-1000, 1000);
    kept as f64 * 2f64.powi(first as i32) * 2f64.powi(second as i32)
}

/// The quotient of two numbers that are not zero, correctly rounded; infinite when too large.
pub fn ratio(x: &IntValue<'_>, y: &IntValue<'_>) -> f64 {
    let negative = x.is_negative() != y.is_negative();
    let signed = |f: f64| if negative { -f } else { f };
    let difference = x.bit_len() as i64 - y.bit_len() as i64;
    if difference > 1025 {
        return signed(f64::INFINITY);
    }
    if difference < -1080 {
        return signed(0.0);
    }
    // A quotient of 66 or 67 bits.
    let shift = 66 - difference;
    let (mut n, mut d) = (x.magnitude(), y.magnitude());
    if shift >= 0 {
        n <<= shift as usize;
    } else {
        d <<= -shift as usize;
    }
    let (q, r) = n.div_rem(&d);
    signed(scale(u128::try_from(q).unwrap_or(u128::MAX), !r.is_zero(), -shift))
}

pub fn true_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if y.is_zero() {
        return Err(zero_division(vm));
    }
    if x.is_zero() {
        return Ok(vm.new_float(if y.is_negative() { -0.0 } else { 0.0 }));
    }
    const EXACT: u64 = 1 << 53;
    if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y)
        && x.unsigned_abs() <= EXACT
        && y.unsigned_abs() <= EXACT
    {
        return Ok(vm.new_float(*x as f64 / *y as f64));
    }
    let f = ratio(&x, &y);
    if f.is_infinite() {
        return Err(vm.overflow_error("integer division result too large for a float"));
    }
    Ok(vm.new_float(f))
}

pub fn negative(vm: &Vm, v: &Value) -> PyResult<Value> {
    match this(vm, v)? {
        IntValue::Small(n) if n != i64::MIN => Ok(vm.new_int(-n)),
        n => Ok(vm.new_bigint(-n.to_ibig())),
    }
}

pub fn absolute(vm: &Vm, v: &Value) -> PyResult<Value> {
    if this(vm, v)?.is_negative() { negative(vm, v) } else { super::plain(vm, v) }
}

pub fn invert(vm: &Vm, v: &Value) -> PyResult<Value> {
    match this(vm, v)? {
        IntValue::Small(n) => Ok(vm.new_int(!n)),
        IntValue::Big(n) => Ok(vm.new_bigint(!n)),
    }
}

macro_rules! bitwise {
    ($($name:ident $op:tt;)*) => { $(
        pub fn $name(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
            let (x, y) = operands!(a, b);
            if let (IntValue::Small(x), IntValue::Small(y)) = (&x, &y) {
                return Ok(vm.new_int(x $op y));
            }
            if let (Some(x), Some(y)) = (x.wide(), y.wide()) {
                return Ok(vm.new_wide(x $op y));
            }
            Ok(vm.new_bigint(x.big().as_ref() $op y.big().as_ref()))
        }
    )* };
}
bitwise! {
    and &;
    or |;
    xor ^;
}

#[cold]
fn negative_shift(vm: &Vm) -> Raised {
    vm.value_error("negative shift count")
}

pub fn lshift(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if y.is_negative() {
        return Err(negative_shift(vm));
    }
    if x.is_zero() {
        return Ok(vm.new_int(0));
    }
    let IntValue::Small(count) = y else {
        return Err(vm.overflow_error("too many digits in integer"));
    };
    if let IntValue::Small(n) = x
        && count < 63
        && (n << count) >> count == n
    {
        return Ok(vm.new_int(n << count));
    }
    if x.bit_len().saturating_add(count as u64) < 127
        && let Some(n) = x.wide()
    {
        return Ok(vm.new_wide(n << count));
    }
    check_bits(vm, x.bit_len().saturating_add(count as u64))?;
    Ok(vm.new_bigint(x.big().as_ref() << count as usize))
}

pub fn rshift(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if y.is_negative() {
        return Err(negative_shift(vm));
    }
    let count = match y {
        IntValue::Small(count) if (count as u64) < x.bit_len() => count,
        _ => return Ok(vm.new_int(if x.is_negative() { -1 } else { 0 })),
    };
    match x {
        IntValue::Small(n) => Ok(vm.new_int(n >> count.min(63))),
        IntValue::Big(n) => Ok(vm.new_bigint(n >> count as usize)),
    }
}

/// `pow(a, b, modulus)`; the modulus may be `None`.
pub fn power(vm: &Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult<Value> {
    let (x, y) = operands!(a, b);
    if !modulus.is_none() {
        let Some(m) = int_value(modulus) else { return Ok(Value::NOT_IMPLEMENTED) };
        return power_modulo(vm, &x, &y, &m);
    }
    if y.is_negative() {
        let (x, y) = (int_to_f64(vm, &x)?, int_to_f64(vm, &y)?);
        return crate::types::float::power_of(vm, x, y);
    }
    match x {
        IntValue::Small(0) => return Ok(vm.new_int(i64::from(y.is_zero()))),
        IntValue::Small(1) => return Ok(vm.new_int(1)),
        IntValue::Small(-1) => {
            let odd = y.big().as_sign_words().1.first().is_some_and(|w| w & 1 == 1);
            return Ok(vm.new_int(if odd { -1 } else { 1 }));
        }
        _ => {}
    }
    let IntValue::Small(exponent) = y else { return Err(vm.memory_error()) };
    if let IntValue::Small(n) = x
        && let Ok(e) = u32::try_from(exponent)
        && let Some(p) = n.checked_pow(e)
    {
        return Ok(vm.new_int(p));
    }
    // A lower bound of the size, near enough.
    let bits = (x.bit_len() - 1).max(1).saturating_mul(exponent as u64);
    check_bits(vm, bits.saturating_add(x.bit_len()))?;
    if let IntValue::Small(2) = x {
        return Ok(vm.new_bigint(IBig::ONE << exponent as usize));
    }
    Ok(vm.new_bigint(x.big().pow(exponent as usize)))
}

fn power_modulo(vm: &Vm, x: &IntValue<'_>, y: &IntValue<'_>, m: &IntValue<'_>) -> PyResult<Value> {
    if m.is_zero() {
        return Err(vm.value_error("pow() 3rd argument cannot be 0"));
    }
    let size = m.magnitude();
    if size.is_one() {
        if y.is_negative() {
            // Everything has an inverse here: 0.
        }
        return Ok(vm.new_int(0));
    }
    let residue = if let (IntValue::Small(x), IntValue::Small(e), Ok(size)) = (x, y, u64::try_from(&size))
        && *e >= 0
    {
        UBig::from(power_words(i128::from(*x).rem_euclid(i128::from(size)) as u64, *e as u64, size))
    } else {
        let ring = ConstDivisor::new(size.clone());
        let base = ring.reduce(x.to_ibig());
        let base = if y.is_negative() {
            base.inv().ok_or_else(|| vm.value_error("base is not invertible for the given modulus"))?
        } else {
            base
        };
        base.pow(&y.magnitude()).residue()
    };
    let residue = IBig::from(residue);
    // The result has the sign of the modulus.
    let signed = if m.is_negative() && !residue.is_zero() { residue - IBig::from(size) } else { residue };
    Ok(vm.new_bigint(signed))
}

fn power_words(mut base: u64, mut exponent: u64, m: u64) -> u64 {
    let times = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(m)) as u64;
    let mut result = 1 % m;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

/// `int.__round__(ndigits)`: half to even.
pub fn round(vm: &Vm, v: &Value, ndigits: &Value) -> PyResult<Value> {
    let places = vm.index_clipped(ndigits)?;
    let n = this(vm, v)?;
    if places >= 0 || n.is_zero() {
        return super::plain(vm, v);
    }
    let places = places.unsigned_abs();
    // Beyond all digits (one digit is more than three bits) nothing is left.
    if places as u64 > n.bit_len() / 3 + 1 {
        return Ok(vm.new_int(0));
    }
    let unit = IBig::from(10).pow(places);
    let n = n.big();
    let (q, r) = floor_big(&n, &unit);
    let twice = &r << 1;
    let odd = q.as_sign_words().1.first().is_some_and(|w| w & 1 == 1);
    let up = twice > unit || twice == unit && odd;
    Ok(vm.new_bigint(n.as_ref() - r + if up { unit } else { IBig::ZERO }))
}
