//! The errors of functions of one float, from argument and result as CPython tells them.

use taipan_text::number::repr_float;
use taipan_vm::prelude::*;

#[cold]
fn domain(vm: &Vm, x: f64, expected: &str) -> Raised {
    if expected.is_empty() {
        return vm.value_error("math domain error");
    }
    vm.value_error(format_args!("{expected} {}", repr_float(x)))
}

/// A function without poles: an infinite result of a finite argument is an overflow.
#[inline]
pub fn one(vm: &Vm, x: f64, result: f64, expected: &str) -> PyResult<f64> {
    if result.is_nan() && !x.is_nan() {
        return Err(domain(vm, x, expected));
    }
    if result.is_infinite() && x.is_finite() {
        return Err(vm.overflow_error("math range error"));
    }
    Ok(result)
}

/// A function with poles: there an infinite result is a domain error.
pub fn singular(vm: &Vm, x: f64, result: f64, expected: &str) -> PyResult<f64> {
    // The poles are at ±1, or at zero and the negative integers.
    let pole = x == x.floor() && x <= 1.0;
    if result.is_infinite() && x.is_finite() && pole {
        return Err(domain(vm, x, expected));
    }
    one(vm, x, result, expected)
}
