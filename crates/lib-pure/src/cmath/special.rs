//! Values at infinities, zeros and NaNs, as annex G of the C standard has them; NaN pairs also stand where the caller
//! raises an error. `U`: never looked up.

use super::Pair;

/// By kind of the real, then of the imaginary part; see `kind`.
pub type Table = [[Pair; 7]; 7];

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
const PI: f64 = std::f64::consts::PI;
const PI_2: f64 = std::f64::consts::FRAC_PI_2;
const PI_4: f64 = std::f64::consts::FRAC_PI_4;
const PI_34: f64 = 0.75 * PI;
const U: Pair = (NAN, NAN);

/// -inf, negative, -0, 0, positive, inf, NaN.
fn kind(x: f64) -> usize {
    if x.is_nan() {
        6
    } else if x.is_infinite() {
        if x > 0.0 { 5 } else { 0 }
    } else if x == 0.0 {
        if x.is_sign_negative() { 2 } else { 3 }
    } else if x > 0.0 {
        4
    } else {
        1
    }
}

pub fn look_up(table: &Table, z: Pair) -> Pair {
    table[kind(z.0)][kind(z.1)]
}

#[rustfmt::skip]
pub const ACOS: Table = [
    [(PI_34, INF), (PI, INF), (PI, INF), (PI, -INF), (PI, -INF), (PI_34, -INF), (NAN, INF)],
    [(PI_2, INF), U, U, U, U, (PI_2, -INF), (NAN, NAN)],
    [(PI_2, INF), U, (PI_2, 0.0), (PI_2, -0.0), U, (PI_2, -INF), (PI_2, NAN)],
    [(PI_2, INF), U, (PI_2, 0.0), (PI_2, -0.0), U, (PI_2, -INF), (PI_2, NAN)],
    [(PI_2, INF), U, U, U, U, (PI_2, -INF), (NAN, NAN)],
    [(PI_4, INF), (0.0, INF), (0.0, INF), (0.0, -INF), (0.0, -INF), (PI_4, -INF), (NAN, INF)],
    [(NAN, INF), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, -INF), (NAN, NAN)],
];
#[rustfmt::skip]
pub const ACOSH: Table = [
    [(INF, -PI_34), (INF, -PI), (INF, -PI), (INF, PI), (INF, PI), (INF, PI_34), (INF, NAN)],
    [(INF, -PI_2), U, U, U, U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_2), U, (0.0, -PI_2), (0.0, PI_2), U, (INF, PI_2), (NAN, PI_2)],
    [(INF, -PI_2), U, (0.0, -PI_2), (0.0, PI_2), U, (INF, PI_2), (NAN, PI_2)],
    [(INF, -PI_2), U, U, U, U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_4), (INF, -0.0), (INF, -0.0), (INF, 0.0), (INF, 0.0), (INF, PI_4), (INF, NAN)],
    [(INF, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (INF, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const ASINH: Table = [
    [(-INF, -PI_4), (-INF, -0.0), (-INF, -0.0), (-INF, 0.0), (-INF, 0.0), (-INF, PI_4), (-INF, NAN)],
    [(-INF, -PI_2), U, U, U, U, (-INF, PI_2), (NAN, NAN)],
    [(-INF, -PI_2), U, (-0.0, -0.0), (-0.0, 0.0), U, (-INF, PI_2), (NAN, NAN)],
    [(INF, -PI_2), U, (0.0, -0.0), (0.0, 0.0), U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_2), U, U, U, U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_4), (INF, -0.0), (INF, -0.0), (INF, 0.0), (INF, 0.0), (INF, PI_4), (INF, NAN)],
    [(INF, NAN), (NAN, NAN), (NAN, -0.0), (NAN, 0.0), (NAN, NAN), (INF, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const ATANH: Table = [
    [(-0.0, -PI_2), (-0.0, -PI_2), (-0.0, -PI_2), (-0.0, PI_2), (-0.0, PI_2), (-0.0, PI_2), (-0.0, NAN)],
    [(-0.0, -PI_2), U, U, U, U, (-0.0, PI_2), (NAN, NAN)],
    [(-0.0, -PI_2), U, (-0.0, -0.0), (-0.0, 0.0), U, (-0.0, PI_2), (-0.0, NAN)],
    [(0.0, -PI_2), U, (0.0, -0.0), (0.0, 0.0), U, (0.0, PI_2), (0.0, NAN)],
    [(0.0, -PI_2), U, U, U, U, (0.0, PI_2), (NAN, NAN)],
    [(0.0, -PI_2), (0.0, -PI_2), (0.0, -PI_2), (0.0, PI_2), (0.0, PI_2), (0.0, PI_2), (0.0, NAN)],
    [(0.0, -PI_2), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (0.0, PI_2), (NAN, NAN)],
];
#[rustfmt::skip]
pub const COSH: Table = [
    [(NAN, NAN), (-INF, INF), (INF, 0.0), (INF, -0.0), (-INF, -INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), U, (1.0, 0.0), (1.0, -0.0), U, (NAN, NAN), (NAN, 0.0)],
    [(NAN, NAN), U, (1.0, -0.0), (1.0, 0.0), U, (NAN, NAN), (NAN, 0.0)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), (-INF, -INF), (INF, -0.0), (INF, 0.0), (-INF, INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), (NAN, NAN), (NAN, 0.0), (NAN, 0.0), (NAN, NAN), (NAN, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const EXP: Table = [
    [(0.0, 0.0), (-0.0, -0.0), (0.0, -0.0), (0.0, 0.0), (-0.0, 0.0), (0.0, 0.0), (0.0, 0.0)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), U, (1.0, -0.0), (1.0, 0.0), U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), U, (1.0, -0.0), (1.0, 0.0), U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), (-INF, -INF), (INF, -0.0), (INF, 0.0), (-INF, INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), (NAN, NAN), (NAN, -0.0), (NAN, 0.0), (NAN, NAN), (NAN, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const LOG: Table = [
    [(INF, -PI_34), (INF, -PI), (INF, -PI), (INF, PI), (INF, PI), (INF, PI_34), (INF, NAN)],
    [(INF, -PI_2), U, U, U, U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_2), U, (NAN, NAN), (NAN, NAN), U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_2), U, (NAN, NAN), (NAN, NAN), U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_2), U, U, U, U, (INF, PI_2), (NAN, NAN)],
    [(INF, -PI_4), (INF, -0.0), (INF, -0.0), (INF, 0.0), (INF, 0.0), (INF, PI_4), (INF, NAN)],
    [(INF, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (INF, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const SINH: Table = [
    [(NAN, NAN), (INF, -INF), (-INF, -0.0), (-INF, 0.0), (INF, INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), U, (-0.0, -0.0), (-0.0, 0.0), U, (NAN, NAN), (0.0, NAN)],
    [(NAN, NAN), U, (0.0, -0.0), (0.0, 0.0), U, (NAN, NAN), (0.0, NAN)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), (-INF, -INF), (INF, -0.0), (INF, 0.0), (-INF, INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), (NAN, NAN), (NAN, -0.0), (NAN, 0.0), (NAN, NAN), (NAN, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const SQRT: Table = [
    [(INF, -INF), (0.0, -INF), (0.0, -INF), (0.0, INF), (0.0, INF), (INF, INF), (NAN, INF)],
    [(INF, -INF), U, U, U, U, (INF, INF), (NAN, NAN)],
    [(INF, -INF), U, (0.0, -0.0), (0.0, 0.0), U, (INF, INF), (NAN, NAN)],
    [(INF, -INF), U, (0.0, -0.0), (0.0, 0.0), U, (INF, INF), (NAN, NAN)],
    [(INF, -INF), U, U, U, U, (INF, INF), (NAN, NAN)],
    [(INF, -INF), (INF, -0.0), (INF, -0.0), (INF, 0.0), (INF, 0.0), (INF, INF), (INF, NAN)],
    [(INF, -INF), (NAN, NAN), (NAN, NAN), (NAN, NAN), (NAN, NAN), (INF, INF), (NAN, NAN)],
];
#[rustfmt::skip]
pub const TANH: Table = [
    [(-1.0, 0.0), (-1.0, 0.0), (-1.0, -0.0), (-1.0, 0.0), (-1.0, -0.0), (-1.0, 0.0), (-1.0, 0.0)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), U, (-0.0, -0.0), (-0.0, 0.0), U, (NAN, NAN), (-0.0, NAN)],
    [(NAN, NAN), U, (0.0, -0.0), (0.0, 0.0), U, (NAN, NAN), (0.0, NAN)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(1.0, 0.0), (1.0, 0.0), (1.0, -0.0), (1.0, 0.0), (1.0, -0.0), (1.0, 0.0), (1.0, 0.0)],
    [(NAN, NAN), (NAN, NAN), (NAN, -0.0), (NAN, 0.0), (NAN, NAN), (NAN, NAN), (NAN, NAN)],
];
#[rustfmt::skip]
pub const RECT: Table = [
    [(NAN, NAN), (INF, INF), (-INF, 0.0), (-INF, -0.0), (INF, -INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(0.0, 0.0), (0.0, 0.0), (-0.0, 0.0), (-0.0, -0.0), (0.0, -0.0), (0.0, 0.0), (0.0, 0.0)],
    [(0.0, 0.0), (-0.0, -0.0), (0.0, -0.0), (0.0, 0.0), (-0.0, 0.0), (0.0, 0.0), (0.0, 0.0)],
    [(NAN, NAN), U, U, U, U, (NAN, NAN), (NAN, NAN)],
    [(NAN, NAN), (-INF, -INF), (INF, -0.0), (INF, 0.0), (-INF, INF), (NAN, NAN), (INF, NAN)],
    [(NAN, NAN), (NAN, NAN), (NAN, 0.0), (NAN, 0.0), (NAN, NAN), (NAN, NAN), (NAN, NAN)],
];
