//! `cmath`: functions of complex numbers, after Kahan's "Branch cuts for complex elementary functions" and annex G of the C
//! standard.

mod special;

use special::{Table, look_up};
use taipan_vm::prelude::*;

type Pair = (f64, f64);

/// What goes wrong.
enum Trouble {
    Domain,
    Range,
}
type Answer = Result<Pair, Trouble>;

const LN_2: f64 = std::f64::consts::LN_2;
const E: f64 = std::f64::consts::E;
const PI_2: f64 = std::f64::consts::FRAC_PI_2;
/// Beyond these, squares and sums overflow.
const LARGE: f64 = f64::MAX / 4.0;
const LOG_LARGE: f64 = 708.3964185322641;
/// Enough powers of two to make a subnormal number normal.
const UP: i32 = 53;

fn is_finite(z: Pair) -> bool {
    z.0.is_finite() && z.1.is_finite()
}

/// An infinite result of finite arguments.
fn in_range(z: Pair) -> Answer {
    if z.0.is_infinite() || z.1.is_infinite() { Err(Trouble::Range) } else { Ok(z) }
}

/// Infinite or zero sizes with the signs of cosine and sine.
fn directed(re: f64, im: f64, angle: f64) -> Pair {
    (re * 1f64.copysign(angle.cos()), im * 1f64.copysign(angle.sin()))
}

fn sqrt(z: Pair) -> Pair {
    if !is_finite(z) {
        return look_up(&special::SQRT, z);
    }
    if z == (0.0, 0.0) {
        return (0.0, z.1);
    }
    let (x, y) = (z.0.abs(), z.1.abs());
    let s = if x < f64::MIN_POSITIVE && y < f64::MIN_POSITIVE {
        let x = libm::ldexp(x, UP);
        libm::ldexp((x + x.hypot(libm::ldexp(y, UP))).sqrt(), -(UP + 1) / 2)
    } else {
        let x = x / 8.0;
        2.0 * (x + x.hypot(y / 8.0)).sqrt()
    };
    let d = y / (2.0 * s);
    if z.0 >= 0.0 { (s, d.copysign(z.1)) } else { (d, s.copysign(z.1)) }
}

fn is_large(z: Pair) -> bool {
    z.0.abs() > LARGE || z.1.abs() > LARGE
}

/// The logarithm of the size of a large number, times two.
fn log_large(z: Pair) -> f64 {
    (z.0 / 2.0).hypot(z.1 / 2.0).ln() + LN_2 * 2.0
}

fn acos(z: Pair) -> Pair {
    if !is_finite(z) {
        return look_up(&special::ACOS, z);
    }
    if is_large(z) {
        let size = log_large(z);
        let im = if z.0 < 0.0 { -size.copysign(z.1) } else { size.copysign(-z.1) };
        return (z.1.abs().atan2(z.0), im);
    }
    let s1 = sqrt((1.0 - z.0, -z.1));
    let s2 = sqrt((1.0 + z.0, z.1));
    (2.0 * s1.0.atan2(s2.0), libm::asinh(s2.0 * s1.1 - s2.1 * s1.0))
}

fn acosh(z: Pair) -> Pair {
    if !is_finite(z) {
        return look_up(&special::ACOSH, z);
    }
    if is_large(z) {
        return (log_large(z), z.1.atan2(z.0));
    }
    let s1 = sqrt((z.0 - 1.0, z.1));
    let s2 = sqrt((z.0 + 1.0, z.1));
    (libm::asinh(s1.0 * s2.0 + s1.1 * s2.1), 2.0 * s1.1.atan2(s2.0))
}

fn asinh(z: Pair) -> Pair {
    if !is_finite(z) {
        return look_up(&special::ASINH, z);
    }
    if is_large(z) {
        let size = log_large(z);
        let re = if z.1 >= 0.0 { size.copysign(z.0) } else { -size.copysign(-z.0) };
        return (re, z.1.atan2(z.0.abs()));
    }
    let s1 = sqrt((1.0 + z.1, -z.0));
    let s2 = sqrt((1.0 - z.1, z.0));
    (libm::asinh(s1.0 * s2.1 - s2.0 * s1.1), z.1.atan2(s1.0 * s2.0 - s1.1 * s2.1))
}

fn atanh(z: Pair) -> Answer {
    if !is_finite(z) {
        return Ok(look_up(&special::ATANH, z));
    }
    if z.0.is_sign_negative() {
        let (re, im) = atanh((-z.0, -z.1))?;
        return Ok((-re, -im));
    }
    let y = z.1.abs();
    let sqrt_large = LARGE.sqrt();
    if z.0 > sqrt_large || y > sqrt_large {
        let h = (z.0 / 2.0).hypot(z.1 / 2.0);
        return Ok((z.0 / 4.0 / h / h, -PI_2.copysign(-z.1)));
    }
    if z.0 == 1.0 && y < f64::MIN_POSITIVE.sqrt() {
        if y == 0.0 {
            return Err(Trouble::Domain);
        }
        let re = -(y.sqrt() / y.hypot(2.0).sqrt()).ln();
        return Ok((re, (2f64.atan2(-y) / 2.0).copysign(z.1)));
    }
    let rest = 1.0 - z.0;
    let re = (4.0 * z.0 / (rest * rest + y * y)).ln_1p() / 4.0;
    Ok((re, -(-2.0 * z.1).atan2(rest * (1.0 + z.0) - y * y) / 2.0))
}

/// A function of `z` from its hyperbolic twin: of `iz`, turned back.
fn turned(z: Pair, twin: impl Fn(Pair) -> Answer) -> Answer {
    let (re, im) = twin((-z.1, z.0))?;
    Ok((im, -re))
}

/// An infinite real part and a finite imaginary one that is not zero.
fn is_ray(z: Pair) -> bool {
    z.0.is_infinite() && z.1.is_finite() && z.1 != 0.0
}

fn off_the_plane(table: &Table, z: Pair, wrong: bool) -> Answer {
    if wrong { Err(Trouble::Domain) } else { Ok(look_up(table, z)) }
}

fn cosh(z: Pair) -> Answer {
    if !is_finite(z) {
        if is_ray(z) {
            let im = if z.0 > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
            return Ok(directed(f64::INFINITY, im, z.1));
        }
        return off_the_plane(&special::COSH, z, z.1.is_infinite() && !z.0.is_nan());
    }
    if z.0.abs() > LOG_LARGE {
        let x = z.0 - 1f64.copysign(z.0);
        return in_range((z.1.cos() * x.cosh() * E, z.1.sin() * x.sinh() * E));
    }
    in_range((z.1.cos() * z.0.cosh(), z.1.sin() * z.0.sinh()))
}

fn sinh(z: Pair) -> Answer {
    if !is_finite(z) {
        if is_ray(z) {
            return Ok(directed(z.0, f64::INFINITY, z.1));
        }
        return off_the_plane(&special::SINH, z, z.1.is_infinite() && !z.0.is_nan());
    }
    if z.0.abs() > LOG_LARGE {
        let x = z.0 - 1f64.copysign(z.0);
        return in_range((z.1.cos() * x.sinh() * E, z.1.sin() * x.cosh() * E));
    }
    in_range((z.1.cos() * z.0.sinh(), z.1.sin() * z.0.cosh()))
}

fn tanh(z: Pair) -> Answer {
    if !is_finite(z) {
        if is_ray(z) {
            return Ok((1f64.copysign(z.0), 0f64.copysign(2.0 * z.1.sin() * z.1.cos())));
        }
        return off_the_plane(&special::TANH, z, z.1.is_infinite() && z.0.is_finite());
    }
    if z.0.abs() > LOG_LARGE {
        return Ok((1f64.copysign(z.0), 4.0 * z.1.sin() * z.1.cos() * (-2.0 * z.0.abs()).exp()));
    }
    let (x, y) = (z.0.tanh(), z.1.tan());
    let c = 1.0 / z.0.cosh();
    let both = x * y;
    let denominator = 1.0 + both * both;
    Ok((x * (1.0 + y * y) / denominator, ((y / denominator) * c) * c))
}

fn exp(z: Pair) -> Answer {
    if !is_finite(z) {
        if is_ray(z) {
            let size = if z.0 > 0.0 { f64::INFINITY } else { 0.0 };
            return Ok(directed(size, size, z.1));
        }
        let wrong = z.1.is_infinite() && (z.0.is_finite() || z.0 == f64::INFINITY);
        return off_the_plane(&special::EXP, z, wrong);
    }
    if z.0 > LOG_LARGE {
        let size = (z.0 - 1.0).exp();
        return in_range((size * z.1.cos() * E, size * z.1.sin() * E));
    }
    let size = z.0.exp();
    in_range((size * z.1.cos(), size * z.1.sin()))
}

/// The logarithm, and whether this is its pole.
fn log(z: Pair) -> (Pair, bool) {
    if !is_finite(z) {
        return (look_up(&special::LOG, z), false);
    }
    let (x, y) = (z.0.abs(), z.1.abs());
    let angle = z.1.atan2(z.0);
    let re = if x > LARGE || y > LARGE {
        (x / 2.0).hypot(y / 2.0).ln() + LN_2
    } else if x < f64::MIN_POSITIVE && y < f64::MIN_POSITIVE {
        if x == 0.0 && y == 0.0 {
            return ((f64::NEG_INFINITY, angle), true);
        }
        libm::ldexp(x, UP).hypot(libm::ldexp(y, UP)).ln() - f64::from(UP) * LN_2
    } else {
        let h = x.hypot(y);
        if (0.71..=1.73).contains(&h) {
            // Near the unit circle.
            let (more, less) = if x > y { (x, y) } else { (y, x) };
            ((more - 1.0) * (more + 1.0) + less * less).ln_1p() / 2.0
        } else {
            h.ln()
        }
    };
    ((re, angle), false)
}

fn rect_of(r: f64, phi: f64) -> Answer {
    if !is_finite((r, phi)) {
        if is_ray((r, phi)) {
            return Ok(directed(r, r, phi));
        }
        return off_the_plane(&special::RECT, (r, phi), r != 0.0 && !r.is_nan() && phi.is_infinite());
    }
    if phi == 0.0 {
        return Ok((r, r * phi));
    }
    Ok((r * phi.cos(), r * phi.sin()))
}

fn answer(vm: &Vm, found: Answer) -> PyResult<Value> {
    match found {
        Ok((re, im)) => Ok(vm.new_complex(re, im)),
        Err(Trouble::Domain) => Err(vm.value_error("math domain error")),
        Err(Trouble::Range) => Err(vm.overflow_error("math range error")),
    }
}

/// This module provides access to mathematical functions for complex
/// numbers.
#[pymodule(name = "cmath")]
pub mod cmath {
    use super::*;
    use taipan_vm::types::complex::quotient;

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

    #[pyconst("infj")]
    fn infj(vm: &Vm) -> Value {
        vm.new_complex(0.0, f64::INFINITY)
    }

    #[pyconst("nanj")]
    fn nanj(vm: &Vm) -> Value {
        vm.new_complex(0.0, f64::NAN)
    }

    /// Return the arc cosine of z.
    #[pyfn("acos(z, /)")]
    fn acos(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, Ok(super::acos(z)))
    }

    /// Return the inverse hyperbolic cosine of z.
    #[pyfn("acosh(z, /)")]
    fn acosh(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, Ok(super::acosh(z)))
    }

    /// Return the arc sine of z.
    #[pyfn("asin(z, /)")]
    fn asin(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, turned(z, |z| Ok(super::asinh(z))))
    }

    /// Return the inverse hyperbolic sine of z.
    #[pyfn("asinh(z, /)")]
    fn asinh(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, Ok(super::asinh(z)))
    }

    /// Return the arc tangent of z.
    #[pyfn("atan(z, /)")]
    fn atan(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, turned(z, super::atanh))
    }

    /// Return the inverse hyperbolic tangent of z.
    #[pyfn("atanh(z, /)")]
    fn atanh(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, super::atanh(z))
    }

    /// Return the cosine of z.
    #[pyfn("cos(z, /)")]
    fn cos(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, super::cosh((-z.1, z.0)))
    }

    /// Return the hyperbolic cosine of z.
    #[pyfn("cosh(z, /)")]
    fn cosh(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, super::cosh(z))
    }

    /// Return the exponential value e**z.
    #[pyfn("exp(z, /)")]
    fn exp(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, super::exp(z))
    }

    /// Return the sine of z.
    #[pyfn("sin(z, /)")]
    fn sin(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, turned(z, super::sinh))
    }

    /// Return the hyperbolic sine of z.
    #[pyfn("sinh(z, /)")]
    fn sinh(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, super::sinh(z))
    }

    /// Return the square root of z.
    #[pyfn("sqrt(z, /)")]
    fn sqrt(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, Ok(super::sqrt(z)))
    }

    /// Return the tangent of z.
    #[pyfn("tan(z, /)")]
    fn tan(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, turned(z, super::tanh))
    }

    /// Return the hyperbolic tangent of z.
    #[pyfn("tanh(z, /)")]
    fn tanh(vm: &Vm, z: &Value) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        answer(vm, super::tanh(z))
    }

    /// log(z[, base]) -> the logarithm of z to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of z.
    #[pyfn("log(z, base=<unrepresentable>, /)")]
    fn log(vm: &Vm, z: &Value, base: Option<&Value>) -> PyResult<Value> {
        let z = vm.to_complex(z)?;
        let found = match base {
            None => match super::log(z) {
                (z, false) => Ok(z),
                _ => Err(Trouble::Domain),
            },
            Some(base) => {
                let base = vm.to_complex(base)?;
                match super::log(base) {
                    (_, true) => Err(Trouble::Domain),
                    (base, false) => quotient(super::log(z).0, base).ok_or(Trouble::Domain),
                }
            }
        };
        answer(vm, found)
    }

    /// Return the base-10 logarithm of z.
    #[pyfn("log10(z, /)")]
    fn log10(vm: &Vm, z: &Value) -> PyResult<Value> {
        let ln_10 = std::f64::consts::LN_10;
        answer(
            vm,
            match super::log(vm.to_complex(z)?) {
                ((re, im), false) => Ok((re / ln_10, im / ln_10)),
                _ => Err(Trouble::Domain),
            },
        )
    }

    /// Return argument, also known as the phase angle, of a complex.
    #[pyfn("phase(z, /)")]
    fn phase(vm: &Vm, z: &Value) -> PyResult<f64> {
        let z = vm.to_complex(z)?;
        Ok(z.1.atan2(z.0))
    }

    /// Convert a complex from rectangular coordinates to polar coordinates.
    ///
    /// r is the distance from 0 and phi the phase angle.
    #[pyfn("polar(z, /)")]
    fn polar(vm: &Vm, z: &Value) -> PyResult<(f64, f64)> {
        let z = vm.to_complex(z)?;
        let r = z.0.hypot(z.1);
        if r.is_infinite() && is_finite(z) {
            return Err(vm.overflow_error("math range error"));
        }
        Ok((r, z.1.atan2(z.0)))
    }

    /// Convert from polar coordinates to rectangular coordinates.
    #[pyfn("rect(r, phi, /)")]
    fn rect(vm: &Vm, r: f64, phi: f64) -> PyResult<Value> {
        answer(vm, rect_of(r, phi))
    }

    /// Return True if both the real and imaginary parts of z are finite, else False.
    #[pyfn("isfinite(z, /)")]
    fn isfinite(vm: &Vm, z: &Value) -> PyResult<bool> {
        Ok(is_finite(vm.to_complex(z)?))
    }

    /// Checks if the real or imaginary part of z is infinite.
    #[pyfn("isinf(z, /)")]
    fn isinf(vm: &Vm, z: &Value) -> PyResult<bool> {
        let z = vm.to_complex(z)?;
        Ok(z.0.is_infinite() || z.1.is_infinite())
    }

    /// Checks if the real or imaginary part of z not a number (NaN).
    #[pyfn("isnan(z, /)")]
    fn isnan(vm: &Vm, z: &Value) -> PyResult<bool> {
        let z = vm.to_complex(z)?;
        Ok(z.0.is_nan() || z.1.is_nan())
    }

    /// Determine whether two complex numbers are close in value.
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
    /// For the values to be considered close, the difference between them must be
    /// smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard. That is, NaN is
    /// not close to anything, even itself. inf and -inf are only close to themselves.
    #[pyfn("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(vm: &Vm, a: &Value, b: &Value, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        let (a, b) = (vm.to_complex(a)?, vm.to_complex(b)?);
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(vm.value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if [a.0, a.1, b.0, b.1].iter().any(|x| x.is_infinite()) {
            return Ok(false);
        }
        let gap = (a.0 - b.0).hypot(a.1 - b.1);
        Ok(gap <= rel_tol * b.0.hypot(b.1) || gap <= rel_tol * a.0.hypot(a.1) || gap <= abs_tol)
    }
}
