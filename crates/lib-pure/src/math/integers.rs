//! Combinatorics, roots and divisors of ints.

use dashu_int::ops::{Gcd, SquareRoot};
use dashu_int::{IBig, UBig};
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, check_bits, int_value};

/// An argument by `__index__`.
fn index(vm: &Vm, v: &Value) -> PyResult<Value> {
    vm.index(v)
}

fn number(v: &Value) -> IntValue<'_> {
    int_value(v).unwrap_or(IntValue::Small(0))
}

/// The product of `low..=high`, by halves so that the factors are of equal size.
fn range_product(vm: &Vm, low: u64, high: u64) -> PyResult<UBig> {
    if low > high {
        return Ok(UBig::ONE);
    }
    if high - low < 16 {
        let mut product = UBig::ONE;
        let mut word = 1u64;
        for n in low..=high {
            match word.checked_mul(n) {
                Some(w) => word = w,
                None => {
                    product *= word;
                    word = n;
                }
            }
        }
        return Ok(product * word);
    }
    vm.poll()?;
    let middle = low + (high - low) / 2;
    let (left, right) = (range_product(vm, low, middle)?, range_product(vm, middle + 1, high)?);
    Ok(left * right)
}

/// Bits of a product of `count` factors up to `largest`, estimated from above.
fn check_product(vm: &Vm, count: u64, largest: u64) -> PyResult<()> {
    let each = u64::from(64 - largest.leading_zeros());
    check_bits(vm, count.saturating_mul(each))
}

pub fn factorial(vm: &Vm, n: &Value) -> PyResult<Value> {
    let n = index(vm, n)?;
    match number(&n) {
        n if n.is_negative() => Err(vm.value_error("factorial() not defined for negative values")),
        IntValue::Small(n @ 0..=20) => Ok(vm.new_int((1..=n).product())),
        IntValue::Small(n) => {
            let n = n as u64;
            check_product(vm, n, n)?;
            Ok(vm.new_bigint(range_product(vm, 2, n)?.into()))
        }
        IntValue::Big(_) => {
            Err(vm.overflow_error(format_args!("factorial() argument should not exceed {}", i64::MAX)))
        }
    }
}

fn two(vm: &Vm, n: &Value, k: &Value) -> PyResult<(Value, Value)> {
    let (n, k) = (index(vm, n)?, index(vm, k)?);
    if number(&n).is_negative() {
        return Err(vm.value_error("n must be a non-negative integer"));
    }
    if number(&k).is_negative() {
        return Err(vm.value_error("k must be a non-negative integer"));
    }
    Ok((n, k))
}

/// `n * (n - 1) * … ` of `count` factors, for any size of `n`.
fn falling(vm: &Vm, n: &UBig, count: u64) -> PyResult<UBig> {
    if let Ok(n) = u64::try_from(n) {
        return range_product(vm, n - count + 1, n);
    }
    if count == 0 {
        return Ok(UBig::ONE);
    }
    if count == 1 {
        return Ok(n.clone());
    }
    vm.poll()?;
    let half = count / 2;
    let (left, right) = (falling(vm, n, half)?, falling(vm, &(n - half), count - half)?);
    Ok(left * right)
}

pub fn perm(vm: &Vm, n: &Value, k: &Value) -> PyResult<Value> {
    let (n, k) = two(vm, n, k)?;
    let (n, k) = (number(&n), number(&k));
    if n.compare(&k).is_lt() {
        return Ok(vm.new_int(0));
    }
    let IntValue::Small(count) = k else {
        return Err(vm.overflow_error(format_args!("k must not exceed {}", i64::MAX)));
    };
    check_bits(vm, n.bit_len().saturating_mul(count as u64))?;
    Ok(vm.new_bigint(falling(vm, &n.magnitude(), count as u64)?.into()))
}

/// Choices of `k` from `n`, halving `k` as long as it pays.
fn choose(vm: &Vm, n: &UBig, k: u64) -> PyResult<UBig> {
    if k < 64 {
        let (mut result, mut rest) = (UBig::ONE, n.clone());
        for i in 1..=k {
            result = result * &rest / i;
            rest -= 1u8;
        }
        return Ok(result);
    }
    let half = k / 2;
    let left = choose(vm, n, half)?;
    let right = choose(vm, &(n - half), k - half)?;
    let below = choose(vm, &UBig::from(k), half)?;
    vm.poll()?;
    Ok(left * right / below)
}

pub fn comb(vm: &Vm, n: &Value, k: &Value) -> PyResult<Value> {
    let (n, k) = two(vm, n, k)?;
    let (n, k) = (number(&n), number(&k));
    if n.compare(&k).is_lt() {
        return Ok(vm.new_int(0));
    }
    let (n, k) = (n.magnitude(), k.magnitude());
    let other = &n - &k;
    let k = if other < k { other } else { k };
    let count = match u64::try_from(&k) {
        Ok(count) if count <= i64::MAX as u64 => count,
        _ => {
            return Err(vm.overflow_error(format_args!("min(n - k, k) must not exceed {}", i64::MAX)));
        }
    };
    let bits = IntValue::Big(&IBig::from(n.clone())).bit_len();
    let size = match u64::try_from(&n) {
        Ok(n) => n.min(bits.saturating_mul(count)),
        Err(_) => bits.saturating_mul(count),
    };
    check_bits(vm, size)?;
    Ok(vm.new_bigint(choose(vm, &n, count)?.into()))
}

pub fn isqrt(vm: &Vm, n: &Value) -> PyResult<Value> {
    let n = index(vm, n)?;
    let n = number(&n);
    if n.is_negative() {
        return Err(vm.value_error("isqrt() argument must be nonnegative"));
    }
    match n {
        IntValue::Small(n) => Ok(vm.new_int((n as u64).isqrt() as i64)),
        IntValue::Big(_) => Ok(vm.new_bigint(n.magnitude().sqrt().into())),
    }
}

/// By halves and differences: divisions take longer.
fn gcd_words(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        (a, b) = (a.min(b), a.abs_diff(b));
    }
    a << twos
}

fn gcd(vm: &Vm, a: &IntValue<'_>, b: &IntValue<'_>) -> Value {
    match (a, b) {
        (IntValue::Small(a), IntValue::Small(b)) => {
            vm.new_uint(gcd_words(a.unsigned_abs(), b.unsigned_abs()))
        }
        _ if a.is_zero() => vm.new_bigint(b.magnitude().into()),
        _ if b.is_zero() => vm.new_bigint(a.magnitude().into()),
        _ => vm.new_bigint(a.magnitude().gcd(b.magnitude()).into()),
    }
}

pub fn gcd_all(vm: &Vm, integers: &[Value]) -> PyResult<Value> {
    if let [a, b] = integers
        && let (Some(a), Some(b)) = (a.as_int(), b.as_int())
    {
        return Ok(vm.new_uint(gcd_words(a.unsigned_abs(), b.unsigned_abs())));
    }
    let mut result = vm.new_int(0);
    for v in integers {
        let v = index(vm, v)?;
        result = gcd(vm, &number(&result), &number(&v));
    }
    Ok(result)
}

pub fn lcm_all(vm: &Vm, integers: &[Value]) -> PyResult<Value> {
    let mut result = vm.new_int(1);
    for v in integers {
        let v = index(vm, v)?;
        let (a, b) = (number(&result), number(&v));
        if a.is_zero() || b.is_zero() {
            result = vm.new_int(0);
            continue;
        }
        let divisor = gcd(vm, &a, &b);
        check_bits(vm, a.bit_len() + b.bit_len())?;
        let multiple = a.magnitude() / number(&divisor).magnitude() * b.magnitude();
        result = vm.new_bigint(multiple.into());
    }
    Ok(result)
}
