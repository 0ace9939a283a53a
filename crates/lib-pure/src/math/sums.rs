//! Sums without rounding errors on the way, and lengths of vectors.

use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;
use taipan_vm::types::numbers::{Int, IntValue, int_value};

/// A sum as its rounded value and what the rounding lost.
#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let c = s - a;
    (s, (a - (s - c)) + (b - c))
}

/// A product as its rounded value and what the rounding lost.
#[inline]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// The length of a vector of sizes that are not negative, correct to the last bit or nearly so.
pub fn length(sizes: &[f64]) -> f64 {
    let max = sizes.iter().copied().fold(0.0, f64::max);
    if sizes.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if sizes.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if max == 0.0 || sizes.len() <= 1 {
        return max;
    }
    let (_, exponent) = libm::frexp(max);
    // Scaled so that the largest is between a half and one.
    let scale = |x: f64, e: i32| libm::ldexp(x, e);
    let (mut high, mut low) = (0.0, 0.0);
    for x in sizes {
        let (square, lost) = two_product(scale(*x, -exponent), scale(*x, -exponent));
        let (sum, rest) = two_sum(high, square);
        high = sum;
        low += rest + lost;
    }
    let root = (high + low).sqrt();
    // One step of Newton's method with the exact square of the root.
    let (square, lost) = two_product(root, root);
    let better = root + ((high - square) - lost + low) / (2.0 * root);
    scale(better, exponent)
}

/// `math.fsum`: partial sums that do not overlap, smallest first.
pub fn fsum(vm: &Vm, seq: &Value) -> PyResult<f64> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special, mut infinities) = (0.0, 0.0);
    vm.for_each(seq, |item| {
        let original = vm.to_f64(&item)?;
        let mut x = original;
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if x.is_finite() {
                partials.push(x);
            } else {
                if original.is_finite() {
                    return Err(vm.overflow_error("intermediate overflow in fsum"));
                }
                if original.is_infinite() {
                    infinities += original;
                }
                special += original;
                partials.truncate(0);
            }
        }
        Ok(())
    })?;
    if special != 0.0 {
        if infinities.is_nan() {
            return Err(vm.value_error("-inf + inf in fsum"));
        }
        return Ok(special);
    }
    Ok(round_partials(&mut partials))
}

/// The sum of partials, rounded half to even.
fn round_partials(partials: &mut Vec<f64>) -> f64 {
    let Some(mut high) = partials.pop() else { return 0.0 };
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases look at the sign of what comes below.
    if let Some(below) = partials.last()
        && (low < 0.0 && *below < 0.0 || low > 0.0 && *below > 0.0)
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}

/// A sum in three floats.
#[derive(Clone, Copy, Default)]
struct Triple {
    high: f64,
    middle: f64,
    low: f64,
}

impl Triple {
    /// With `x * y` added.
    fn plus_product(self, x: f64, y: f64) -> Triple {
        let (p, p_rest) = two_product(x, y);
        let (high, a) = two_sum(self.high, p);
        let (b, c) = two_sum(self.middle, p_rest);
        let (middle, d) = two_sum(a, b);
        Triple { high, middle, low: self.low + c + d }
    }

    fn value(self) -> f64 {
        let (middle, rest) = two_sum(self.low, self.middle);
        let (high, low) = two_sum(middle, self.high);
        // `low` and `rest` decide the last bit.
        high + (low + rest)
    }
}

/// Exactly an `int` that fits a word.
fn word(v: &Value) -> Option<i64> {
    match v.as_int() {
        Some(n) => Some(n),
        None => match v.downcast_exact::<Int>().and_then(|_| int_value(v)) {
            Some(IntValue::Small(n)) => Some(n),
            _ => None,
        },
    }
}

/// Two factors as floats when at least one is a float and the other an int or a float.
fn float_factors(p: &Value, q: &Value) -> Option<(f64, f64)> {
    let of = |v: &Value| match super::exact_float(v) {
        Some(f) => Some((f, true)),
        None if v.is_int() || v.as_bool().is_some() || v.downcast_exact::<Int>().is_some() => {
            int_value(v).map(|n| (n.to_f64(), false)).filter(|(f, _)| f.is_finite())
        }
        None => None,
    };
    let ((x, x_float), (y, y_float)) = (of(p)?, of(q)?);
    (x_float || y_float).then_some((x, y))
}

pub fn sumprod(vm: &Vm, p: &Value, q: &Value) -> PyResult<Value> {
    let (p, q) = (vm.get_iter(p)?, vm.get_iter(q)?);
    let mut total = vm.new_int(0);
    let mut words: Option<i64> = Some(0);
    let mut floats: Option<Triple> = None;
    let flush_floats = |total: Value, floats: &mut Option<Triple>| -> PyResult<Value> {
        match floats.take() {
            Some(sum) => vm.binary_op(BinaryOp::Add, &total, &vm.new_float(sum.value())),
            None => Ok(total),
        }
    };
    loop {
        let (x, y) = (vm.iter_next(&p)?, vm.iter_next(&q)?);
        let (x, y) = match (x, y) {
            (Some(x), Some(y)) => (x, y),
            (None, None) => break,
            _ => return Err(vm.value_error("Inputs are not the same length")),
        };
        if let Some(sum) = words {
            if let (Some(a), Some(b)) = (word(&x), word(&y))
                && let Some(sum) = a.checked_mul(b).and_then(|product| sum.checked_add(product))
            {
                words = Some(sum);
                continue;
            }
            total = vm.binary_op(BinaryOp::Add, &total, &vm.new_int(sum))?;
            words = None;
        }
        if let Some((a, b)) = float_factors(&x, &y) {
            let sum = floats.unwrap_or_default().plus_product(a, b);
            if sum.high.is_finite() {
                floats = Some(sum);
                continue;
            }
        }
        total = flush_floats(total, &mut floats)?;
        let product = vm.binary_op(BinaryOp::Mul, &x, &y)?;
        total = vm.binary_op(BinaryOp::Add, &total, &product)?;
    }
    if let Some(sum) = words {
        total = vm.binary_op(BinaryOp::Add, &total, &vm.new_int(sum))?;
    }
    flush_floats(total, &mut floats)
}
