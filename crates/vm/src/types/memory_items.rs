//! The items of a `memoryview`: one value of a native format to its bytes and back.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::numbers::{IntValue, float_value, int_value};

/// The letter of a native format of one item.
pub fn native_format(format: &str) -> Option<u8> {
    match format.strip_prefix('@').unwrap_or(format).as_bytes() {
        [c] if format_size(*c).is_some() => Some(*c),
        _ => None,
    }
}

pub fn format_size(c: u8) -> Option<usize> {
    Some(match c {
        b'c' | b'b' | b'B' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'P' | b'd' => 8,
        _ => return None,
    })
}

/// The range of an integer format: its size and whether it has a sign.
pub fn integer_format(c: u8) -> Option<(usize, bool)> {
    match c {
        b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => Some((format_size(c)?, true)),
        b'B' | b'H' | b'I' | b'L' | b'Q' | b'N' | b'P' => Some((format_size(c)?, false)),
        _ => None,
    }
}

pub fn unpack(vm: &Vm, c: u8, raw: &[u8; 8]) -> Value {
    let [a, b, d, e, ..] = *raw;
    match c {
        b'c' => vm.new_bytes(&[a]).into_value(),
        b'?' => Value::bool(a != 0),
        b'e' => vm.new_float(half_to_f64(u16::from_ne_bytes([a, b]))),
        b'f' => vm.new_float(f64::from(f32::from_ne_bytes([a, b, d, e]))),
        b'd' => vm.new_float(f64::from_ne_bytes(*raw)),
        b'b' => vm.new_int(i64::from(a as i8)),
        b'h' => vm.new_int(i64::from(i16::from_ne_bytes([a, b]))),
        b'i' => vm.new_int(i64::from(i32::from_ne_bytes([a, b, d, e]))),
        b'l' | b'q' | b'n' => vm.new_int(i64::from_ne_bytes(*raw)),
        b'H' => vm.new_int(i64::from(u16::from_ne_bytes([a, b]))),
        b'I' => vm.new_int(i64::from(u32::from_ne_bytes([a, b, d, e]))),
        b'L' | b'Q' | b'N' | b'P' => vm.new_uint(u64::from_ne_bytes(*raw)),
        _ => vm.new_int(i64::from(a)),
    }
}

fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1.0 + fraction / 1024.0) * 2f64.powi(e - 15),
    }
}

/// Rounds to the nearest half, ties to even; `None` when it is too large.
fn f64_to_half(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let a = x.abs();
    if a.is_nan() {
        return Some(sign | 0x7E00);
    }
    if a.is_infinite() {
        return Some(sign | 0x7C00);
    }
    if a < 2f64.powi(-14) {
        return Some(sign | (a * 2f64.powi(24)).round_ties_even() as u16);
    }
    let exponent = ((a.to_bits() >> 52) as i32) - 1023;
    let fraction = (a / 2f64.powi(exponent) * 1024.0).round_ties_even() as u32;
    let bits = ((exponent + 15) as u32) * 1024 + fraction - 1024;
    if bits >= 0x7C00 { None } else { Some(sign | bits as u16) }
}

/// The bytes of an item, from an object.
pub fn pack(vm: &Vm, format: &str, c: u8, v: &Value) -> PyResult<[u8; 8]> {
    let bad_type = || vm.type_error(format_args!("memoryview: invalid type for format '{format}'"));
    let bad_value = || vm.value_error(format_args!("memoryview: invalid value for format '{format}'"));
    let mut raw = [0; 8];
    if let Some((size, signed)) = integer_format(c) {
        if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
            return Err(bad_type());
        }
        let n = vm.index(v)?;
        let n: i128 = match int_value(&n) {
            Some(IntValue::Small(n)) => n.into(),
            Some(IntValue::Big(b)) => i128::try_from(b).map_err(|_| bad_value())?,
            None => return Err(bad_type()),
        };
        let bits = 8 * size as u32;
        let (low, high) = if signed {
            (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        };
        if n < low || n > high {
            return Err(bad_value());
        }
        let le = (n as u64).to_le_bytes();
        for (to, from) in raw.iter_mut().zip(le.iter().take(size)) {
            *to = *from;
        }
        if cfg!(target_endian = "big")
            && let Some(used) = raw.get_mut(..size)
        {
            used.reverse();
        }
        return Ok(raw);
    }
    let mut fill = |bytes: &[u8]| {
        for (to, from) in raw.iter_mut().zip(bytes) {
            *to = *from;
        }
    };
    match c {
        b'?' => fill(&[vm.is_true(v)? as u8]),
        b'c' => match v.downcast::<Bytes>().map(|b| b.as_bytes()) {
            Some([b]) => fill(&[*b]),
            Some(_) => return Err(bad_value()),
            None => return Err(bad_type()),
        },
        _ => {
            let x = match float_value(v) {
                Some(x) => x,
                None => {
                    let Ok(x) = vm.to_f64(v) else {
                        if vm.raised_is(&exc::TypeError) {
                            drop(vm.take_raised());
                            return Err(bad_type());
                        }
                        if vm.raised_is(&exc::OverflowError) || vm.raised_is(&exc::ValueError) {
                            drop(vm.take_raised());
                            return Err(bad_value());
                        }
                        return Err(Raised);
                    };
                    x
                }
            };
            match c {
                b'f' => fill(&(x as f32).to_ne_bytes()),
                b'e' => fill(&f64_to_half(x).ok_or_else(bad_value)?.to_ne_bytes()),
                _ => fill(&x.to_ne_bytes()),
            }
        }
    }
    Ok(raw)
}
