//! `math`: functions of the C library with CPython's errors. Exact sums and lengths in `sums.rs`, integers in
//! `integers.rs`, gamma functions in `special.rs`.

mod checked;
mod integers;
mod special;
mod sums;

use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{Float, IntValue, int_value};

/// The value as a float and whether its class is exactly `float`.
fn exact_float(v: &Value) -> Option<f64> {
    match v.as_small_float() {
        Some(f) => Some(f),
        None => v.downcast_exact::<Float>().map(|f| f.0),
    }
}

/// `floor`, `ceil`: the method of the class, else of the float.
fn rounded(vm: &Vm, x: &Value, method: &str, f: fn(f64) -> f64) -> PyResult<Value> {
    if let Some(x) = exact_float(x) {
        return vm.int_from_f64(f(x));
    }
    if let Some(r) = vm.call_special(x, &vm.intern(method), &[])? {
        return Ok(r);
    }
    vm.int_from_f64(f(vm.to_f64(x)?))
}

/// A logarithm of any size of int, else of a float.
fn logarithm(vm: &Vm, x: &Value, log: fn(f64) -> f64, log_2: f64) -> PyResult<f64> {
    if let Some(n) = int_value(x) {
        if n.is_negative() || n.is_zero() {
            return Err(vm.value_error("expected a positive input"));
        }
        let f = n.to_f64();
        if f.is_finite() {
            return Ok(log(f));
        }
        // The 64 highest bits and a power of two.
        let shift = n.bit_len() - 64;
        let top = n.magnitude() >> usize::try_from(shift).unwrap_or(0);
        return Ok(log(top.to_f64().value()) + shift as f64 * log_2);
    }
    let f = vm.to_f64(x)?;
    if f > 0.0 || f.is_nan() {
        return Ok(log(f));
    }
    Err(vm.value_error(format_args!("expected a positive input, got {}", taipan_text::number::repr_float(f))))
}

/// `math.remainder` of finite numbers: to the nearest multiple, half to even.
fn nearest_remainder(x: f64, y: f64) -> f64 {
    libm::remainder(x, y)
}

/// A float's bits as a number that grows with the float: neighbours differ by one.
fn rank(f: f64) -> i64 {
    let bits = f.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn of_rank(rank: i64, sign: f64) -> f64 {
    match rank {
        0 => 0f64.copysign(sign),
        1.. => f64::from_bits(rank as u64),
        _ => f64::from_bits(i64::MIN.wrapping_sub(rank) as u64),
    }
}

/// The float `steps` neighbours after `x` towards `y`.
fn next_after(x: f64, y: f64, steps: u64) -> f64 {
    if steps == 0 {
        return x;
    }
    if x.is_nan() || y.is_nan() {
        return x + y;
    }
    if x == y {
        return y;
    }
    let (from, to) = (i128::from(rank(x)), i128::from(rank(y)));
    let steps = i128::from(steps);
    if (to - from).abs() <= steps {
        return y;
    }
    let there = if to > from { from + steps } else { from - steps };
    // A zero keeps the sign of the side it was come from.
    of_rank(there as i64, x)
}

/// This module provides access to the mathematical functions
/// defined by the C standard.
#[pymodule(name = "math")]
pub mod math {
    use super::*;

    #[pyconst("pi")]
    const PI: f64 = std::f64::consts::PI;
    #[pyconst("e")]
    const E: f64 = std::f64::consts::E;
    #[pyconst("tau")]
    const TAU: f64 = std::f64::consts::TAU;
    #[pyconst("inf")]
    const INF: f64 = f64::INFINITY;
    #[pyconst("nan")]
    const NAN: f64 = f64::NAN;

    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    #[pyfn("acos(x, /)")]
    fn acos(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.acos(), "expected a number in range from -1 up to 1, got")
    }

    /// Return the inverse hyperbolic cosine of x.
    #[pyfn("acosh(x, /)")]
    fn acosh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, libm::acosh(x), "expected argument value not less than 1, got")
    }

    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfn("asin(x, /)")]
    fn asin(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.asin(), "expected a number in range from -1 up to 1, got")
    }

    /// Return the inverse hyperbolic sine of x.
    #[pyfn("asinh(x, /)")]
    fn asinh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, libm::asinh(x), "")
    }

    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfn("atan(x, /)")]
    fn atan(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.atan(), "")
    }

    /// Return the inverse hyperbolic tangent of x.
    #[pyfn("atanh(x, /)")]
    fn atanh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::singular(vm, x, libm::atanh(x), "expected a number between -1 and 1, got")
    }

    /// Return the cube root of x.
    #[pyfn("cbrt(x, /)")]
    fn cbrt(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.cbrt(), "")
    }

    /// Return the cosine of x (measured in radians).
    #[pyfn("cos(x, /)")]
    fn cos(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.cos(), "expected a finite input, got")
    }

    /// Return the hyperbolic cosine of x.
    #[pyfn("cosh(x, /)")]
    fn cosh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.cosh(), "")
    }

    /// Error function at x.
    #[pyfn("erf(x, /)")]
    fn erf(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, libm::erf(x), "")
    }

    /// Complementary error function at x.
    #[pyfn("erfc(x, /)")]
    fn erfc(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, libm::erfc(x), "")
    }

    /// Return e raised to the power of x.
    #[pyfn("exp(x, /)")]
    fn exp(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.exp(), "")
    }

    /// Return 2 raised to the power of x.
    #[pyfn("exp2(x, /)")]
    fn exp2(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.exp2(), "")
    }

    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x.
    #[pyfn("expm1(x, /)")]
    fn expm1(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.exp_m1(), "")
    }

    /// Return the absolute value of the float x.
    #[pyfn("fabs(x, /)")]
    fn fabs(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.abs(), "")
    }

    /// Gamma function at x.
    #[pyfn("gamma(x, /)")]
    fn gamma(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::singular(vm, x, special::gamma(x), "expected a noninteger or positive integer, got")
    }

    /// Natural logarithm of absolute value of Gamma function at x.
    #[pyfn("lgamma(x, /)")]
    fn lgamma(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::singular(vm, x, special::lgamma(x), "expected a noninteger or positive integer, got")
    }

    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    #[pyfn("log1p(x, /)")]
    fn log1p(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::singular(vm, x, if x == 0.0 { x } else { x.ln_1p() }, "expected argument value > -1, got")
    }

    /// Return the sine of x (measured in radians).
    #[pyfn("sin(x, /)")]
    fn sin(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.sin(), "expected a finite input, got")
    }

    /// Return the hyperbolic sine of x.
    #[pyfn("sinh(x, /)")]
    fn sinh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.sinh(), "")
    }

    /// Return the square root of x.
    #[pyfn("sqrt(x, /)")]
    fn sqrt(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.sqrt(), "expected a nonnegative input, got")
    }

    /// Return the tangent of x (measured in radians).
    #[pyfn("tan(x, /)")]
    fn tan(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.tan(), "expected a finite input, got")
    }

    /// Return the hyperbolic tangent of x.
    #[pyfn("tanh(x, /)")]
    fn tanh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked::one(vm, x, x.tanh(), "")
    }
    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    #[pyfn("atan2(y, x, /)")]
    fn atan2(_: &Vm, y: f64, x: f64) -> f64 {
        y.atan2(x)
    }

    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    #[pyfn("ceil(x, /)")]
    fn ceil(vm: &Vm, x: &Value) -> PyResult<Value> {
        rounded(vm, x, "__ceil__", f64::ceil)
    }

    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    #[pyfn("floor(x, /)")]
    fn floor(vm: &Vm, x: &Value) -> PyResult<Value> {
        rounded(vm, x, "__floor__", f64::floor)
    }

    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    #[pyfn("trunc(x, /)")]
    fn trunc(vm: &Vm, x: &Value) -> PyResult<Value> {
        if let Some(x) = exact_float(x) {
            return vm.int_from_f64(x);
        }
        match vm.call_special(x, &vm.names.__trunc__, &[])? {
            Some(r) => Ok(r),
            None => Err(
                vm.type_error(format_args!("type {} doesn't define __trunc__ method", vm.type_of(x).name()))
            ),
        }
    }

    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n: the coefficient of the k-th term in the expansion of
    /// (1 + x)**n.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfn("comb(n, k, /)")]
    fn comb(vm: &Vm, n: &Value, k: &Value) -> PyResult<Value> {
        integers::comb(vm, n, k)
    }

    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfn("perm(n, k=None, /)")]
    fn perm(vm: &Vm, n: &Value, k: Option<&Value>) -> PyResult<Value> {
        match k {
            Some(k) if !k.is_none() => integers::perm(vm, n, k),
            _ => integers::factorial(vm, n),
        }
    }

    /// Find n!.
    #[pyfn("factorial(n, /)")]
    fn factorial(vm: &Vm, n: &Value) -> PyResult<Value> {
        integers::factorial(vm, n)
    }

    /// Return the integer part of the square root of the input.
    #[pyfn("isqrt(n, /)")]
    fn isqrt(vm: &Vm, n: &Value) -> PyResult<Value> {
        integers::isqrt(vm, n)
    }

    /// Greatest Common Divisor.
    #[pyfn("gcd(*integers)")]
    fn gcd(vm: &Vm, integers: &[Value]) -> PyResult<Value> {
        integers::gcd_all(vm, integers)
    }

    /// Least Common Multiple.
    #[pyfn("lcm(*integers)")]
    fn lcm(vm: &Vm, integers: &[Value]) -> PyResult<Value> {
        integers::lcm_all(vm, integers)
    }

    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0)
    /// returns -1.0.
    #[pyfn("copysign(x, y, /)")]
    fn copysign(_: &Vm, x: f64, y: f64) -> f64 {
        x.copysign(y)
    }

    /// Convert angle x from radians to degrees.
    #[pyfn("degrees(x, /)")]
    fn degrees(_: &Vm, x: f64) -> f64 {
        x * (180.0 / std::f64::consts::PI)
    }

    /// Convert angle x from degrees to radians.
    #[pyfn("radians(x, /)")]
    fn radians(_: &Vm, x: f64) -> f64 {
        x * (std::f64::consts::PI / 180.0)
    }

    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))
    #[pyfn("dist(p, q, /)")]
    fn dist(vm: &Vm, p: &Value, q: &Value) -> PyResult<f64> {
        let (p, q) = (vm.collect(p)?, vm.collect(q)?);
        if p.len() != q.len() {
            return Err(vm.value_error("both points must have the same number of dimensions"));
        }
        let mut steps = Vec::with_capacity(p.len());
        for (a, b) in p.iter().zip(&q) {
            steps.push((vm.to_f64(a)? - vm.to_f64(b)?).abs());
        }
        Ok(sums::length(&steps))
    }

    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    ///
    /// For a two dimensional point (x, y), gives the hypotenuse
    /// using the Pythagorean theorem:  sqrt(x*x + y*y).
    ///
    /// For example, the hypotenuse of a 3/4/5 right triangle is:
    ///
    ///     >>> hypot(3.0, 4.0)
    ///     5.0
    #[pyfn("hypot(*coordinates)")]
    fn hypot(vm: &Vm, coordinates: &[Value]) -> PyResult<f64> {
        let mut sizes = Vec::with_capacity(coordinates.len());
        for c in coordinates {
            sizes.push(vm.to_f64(c)?.abs());
        }
        Ok(sums::length(&sizes))
    }

    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    #[pyfn("fmod(x, y, /)")]
    fn fmod(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
        let r = x % y;
        if r.is_nan() && !x.is_nan() && !y.is_nan() {
            return Err(vm.value_error("math domain error"));
        }
        Ok(r)
    }

    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    #[pyfn("remainder(x, y, /)")]
    fn remainder(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
        if x.is_nan() || y.is_nan() {
            return Ok(x + y);
        }
        if x.is_infinite() || y == 0.0 {
            return Err(vm.value_error("math domain error"));
        }
        Ok(if y.is_infinite() { x } else { nearest_remainder(x, y) })
    }

    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// m is a float and e is an int, such that x = m * 2.**e.
    /// If x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0.
    #[pyfn("frexp(x, /)")]
    fn frexp(_: &Vm, x: f64) -> (f64, i32) {
        if x == 0.0 || !x.is_finite() { (x, 0) } else { libm::frexp(x) }
    }

    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    #[pyfn("ldexp(x, i, /)")]
    fn ldexp(vm: &Vm, x: f64, i: &Value) -> PyResult<f64> {
        let Some(exponent) = int_value(i) else {
            return Err(vm.type_error("Expected an int as second argument to ldexp."));
        };
        if x == 0.0 || !x.is_finite() {
            return Ok(x);
        }
        let exponent = match exponent {
            IntValue::Small(n) => n.clamp(-10_000, 10_000) as i32,
            IntValue::Big(_) if exponent.is_negative() => -10_000,
            IntValue::Big(_) => 10_000,
        };
        let r = libm::ldexp(x, exponent);
        if r.is_infinite() { Err(vm.overflow_error("math range error")) } else { Ok(r) }
    }

    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    #[pyfn("modf(x, /)")]
    fn modf(_: &Vm, x: f64) -> (f64, f64) {
        if x.is_nan() {
            (x, x)
        } else if x.is_infinite() {
            (0f64.copysign(x), x)
        } else {
            let whole = x.trunc();
            ((x - whole).copysign(x), whole)
        }
    }

    /// Return an accurate floating-point sum of values in the iterable seq.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    #[pyfn("fsum(seq, /)")]
    fn fsum(vm: &Vm, seq: &Value) -> PyResult<f64> {
        sums::fsum(vm, seq)
    }

    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///
    ///     sum(map(operator.mul, p, q, strict=True))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    #[pyfn("sumprod(p, q, /)")]
    fn sumprod(vm: &Vm, p: &Value, q: &Value) -> PyResult<Value> {
        sums::sumprod(vm, p, q)
    }

    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    ///
    /// When the iterable is empty, return the start value.  This function is
    /// intended specifically for use with numeric values and may reject
    /// non-numeric types.
    #[pyfn("prod(iterable, /, *, start=1)")]
    fn prod(vm: &Vm, iterable: &Value, start: &Value) -> PyResult<Value> {
        let mut result = start.clone();
        vm.for_each(iterable, |item| {
            result = vm.binary_op(taipan_vm::protocol::BinaryOp::Mul, &result, &item)?;
            Ok(())
        })?;
        Ok(result)
    }

    /// Determine whether two floating-point numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them
    /// must be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That
    /// is, NaN is not close to anything, even itself.  inf and -inf are
    /// only close to themselves.
    #[pyfn("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(vm: &Vm, a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(vm.value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if a.is_infinite() || b.is_infinite() {
            return Ok(false);
        }
        let gap = (b - a).abs();
        Ok(gap <= (rel_tol * b).abs() || gap <= (rel_tol * a).abs() || gap <= abs_tol)
    }

    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    #[pyfn("isfinite(x, /)")]
    fn isfinite(_: &Vm, x: f64) -> bool {
        x.is_finite()
    }

    /// Return True if x is a positive or negative infinity, and False otherwise.
    #[pyfn("isinf(x, /)")]
    fn isinf(_: &Vm, x: f64) -> bool {
        x.is_infinite()
    }

    /// Return True if x is a NaN (not a number), and False otherwise.
    #[pyfn("isnan(x, /)")]
    fn isnan(_: &Vm, x: f64) -> bool {
        x.is_nan()
    }

    /// log(x, [base=math.e])
    /// Return the logarithm of x to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    #[pyfn(raw, "log")]
    fn log(vm: &Vm, args: CallArgs) -> PyResult<f64> {
        if args.has_keywords() {
            return Err(vm.type_error("math.log() takes no keyword arguments"));
        }
        let of = |v: &Value| logarithm(vm, v, f64::ln, std::f64::consts::LN_2);
        match args.all {
            [] => Err(vm.type_error("log expected at least 1 argument, got 0")),
            [x] => of(x),
            [x, base] => {
                let (n, d) = (of(x)?, of(base)?);
                if d == 0.0 {
                    return Err(vm.raise_new(&taipan_vm::errors::exc::ZeroDivisionError, "division by zero"));
                }
                Ok(n / d)
            }
            more => Err(vm.type_error(format_args!("log expected at most 2 arguments, got {}", more.len()))),
        }
    }

    /// Return the base 2 logarithm of x.
    #[pyfn("log2(x, /)")]
    fn log2(vm: &Vm, x: &Value) -> PyResult<f64> {
        logarithm(vm, x, f64::log2, 1.0)
    }

    /// Return the base 10 logarithm of x.
    #[pyfn("log10(x, /)")]
    fn log10(vm: &Vm, x: &Value) -> PyResult<f64> {
        logarithm(vm, x, f64::log10, std::f64::consts::LOG10_2)
    }

    /// Return x**y (x to the power of y).
    #[pyfn("pow(x, y, /)")]
    fn pow(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
        let r = x.powf(y);
        if x.is_finite() && y.is_finite() {
            if r.is_nan() || r.is_infinite() && x == 0.0 {
                return Err(vm.value_error("math domain error"));
            }
            if r.is_infinite() {
                return Err(vm.overflow_error("math range error"));
            }
        }
        Ok(r)
    }

    /// Fused multiply-add operation.
    ///
    /// Compute (x * y) + z with a single round.
    #[pyfn("fma(x, y, z, /)")]
    fn fma(vm: &Vm, x: f64, y: f64, z: f64) -> PyResult<f64> {
        let r = x.mul_add(y, z);
        if r.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(vm.value_error("invalid operation in fma"));
        }
        if r.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(vm.overflow_error("overflow in fma"));
        }
        Ok(r)
    }

    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    ///
    /// Raises a TypeError, if x or y is not a double, or if steps is not an integer.
    /// Raises ValueError if steps is negative.
    #[pyfn("nextafter(x, y, /, *, steps=None)")]
    fn nextafter(vm: &Vm, x: f64, y: f64, steps: Option<&Value>) -> PyResult<f64> {
        let steps = match steps {
            Some(s) if !s.is_none() => {
                let i = vm.index(s)?;
                match int_value(&i) {
                    Some(n) if n.is_negative() => {
                        return Err(vm.value_error("steps must be a non-negative integer"));
                    }
                    Some(IntValue::Small(n)) => n as u64,
                    _ => u64::MAX,
                }
            }
            // A zero that is reached in one step keeps the sign of where that came from.
            _ => {
                let next = next_after(x, y, 1);
                return Ok(if next == 0.0 && x != 0.0 { next.copysign(x) } else { next });
            }
        };
        Ok(next_after(x, y, steps))
    }

    /// Return the value of the least significant bit of the float x.
    #[pyfn("ulp(x, /)")]
    fn ulp(_: &Vm, x: f64) -> f64 {
        let x = x.abs();
        if !x.is_finite() {
            return x;
        }
        let next = next_after(x, f64::INFINITY, 1);
        if next.is_infinite() { x - next_after(x, f64::NEG_INFINITY, 1) } else { next - x }
    }
}
