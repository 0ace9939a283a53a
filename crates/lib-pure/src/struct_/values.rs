//! One value to its bytes and back.

use super::error;
use super::format::Format;
use crate::buffers::try_data;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, int_value};

/// Writes a number's bytes, given lowest first, in the format's order.
fn put(f: &Format, little_bytes: &[u8], out: &mut [u8]) {
    if f.little {
        for (to, from) in out.iter_mut().zip(little_bytes) {
            *to = *from;
        }
    } else {
        for (to, from) in out.iter_mut().rev().zip(little_bytes) {
            *to = *from;
        }
    }
}

/// An argument as an int.
fn integer(vm: &Vm, v: &Value) -> PyResult<Value> {
    if int_value(v).is_some() {
        return Ok(v.clone());
    }
    if vm.type_of(v).slots.index.get().is_none() {
        return Err(error(vm, "required argument is not an integer"));
    }
    vm.index(v)
}

fn is_signed(code: u8) -> bool {
    matches!(code, b'b' | b'h' | b'i' | b'l' | b'q' | b'n')
}

fn pack_integer(vm: &Vm, f: &Format, code: u8, v: &Value, out: &mut [u8]) -> PyResult<()> {
    // A word that is surely in range: its bytes are a number's lowest ones.
    if let Some(n) = v.as_int() {
        let room = out.len() as u32 * 8 - u32::from(is_signed(code));
        let fits = if room >= 63 { n >= 0 || is_signed(code) } else { n >= 0 && n >> room == 0 };
        if fits {
            put(f, &n.to_le_bytes(), out);
            return Ok(());
        }
    }
    let v = integer(vm, v)?;
    let bits = out.len() as u32 * 8;
    let n = match int_value(&v) {
        Some(IntValue::Small(n)) => i128::from(n),
        Some(IntValue::Big(b)) => i128::try_from(b).unwrap_or(i128::MAX),
        None => 0,
    };
    let (low, high) = match code {
        // A pointer: any word.
        b'P' => (-(1i128 << (bits - 1)), (1i128 << bits) - 1),
        _ if is_signed(code) => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    };
    if n < low || n > high {
        return Err(if code == b'P' {
            error(vm, "int too large to convert")
        } else {
            error(vm, format_args!("'{}' format requires {low} <= number <= {high}", char::from(code)))
        });
    }
    put(f, &n.to_le_bytes(), out);
    Ok(())
}

/// An argument as a float; whatever goes wrong, the argument is at fault.
fn real(vm: &Vm, v: &Value) -> PyResult<f64> {
    match vm.to_f64(v) {
        Ok(x) => Ok(x),
        Err(_) => {
            drop(vm.take_raised());
            Err(error(vm, "required argument is not a float"))
        }
    }
}

#[cold]
fn too_large(vm: &Vm, v: &Value, code: char) -> Raised {
    if int_value(v).is_some() {
        return error(vm, "int too large to convert");
    }
    vm.overflow_error(format_args!("float too large to pack with {code} format"))
}

fn pack_single(vm: &Vm, f: &Format, v: &Value, x: f64, out: &mut [u8]) -> PyResult<()> {
    let single = x as f32;
    if single.is_infinite() && x.is_finite() {
        return Err(too_large(vm, v, 'f'));
    }
    put(f, &single.to_le_bytes(), out);
    Ok(())
}

/// Half precision, rounded half to even; `None` when too large.
fn half_bits(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    if x.is_nan() {
        return Some(sign | 0x7E00);
    }
    let size = x.abs();
    if size.is_infinite() {
        return Some(sign | 0x7C00);
    }
    // The unit of the last place: 2^-24 for small numbers, else by the exponent.
    let exponent = if size < 2f64.powi(-14) { -14 } else { (size.to_bits() >> 52) as i32 - 1023 };
    if exponent > 15 {
        return None;
    }
    let units = (size * 2f64.powi(10 - exponent)).round_ties_even() as u32;
    // 1024 units are the leading bit, which the exponent field holds.
    let bits = ((exponent + 14) as u32) * 1024 + units;
    if bits >= 0x7C00 { None } else { Some(sign | bits as u16) }
}

fn half_value(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >= 0x8000 { -size } else { size }
}

fn pack_text(vm: &Vm, code: u8, v: &Value, out: &mut [u8]) -> PyResult<()> {
    let is_bytes = v.is_instance_of::<Bytes>() || vm.type_of(v).def.name == "bytearray";
    let held = match if is_bytes { try_data(vm, v)? } else { None } {
        Some(held) => held,
        None => {
            return Err(error(
                vm,
                format_args!("argument for '{}' must be a bytes object", char::from(code)),
            ));
        }
    };
    let text = held.bytes();
    if code == b's' {
        for (to, from) in out.iter_mut().zip(text) {
            *to = *from;
        }
    } else if let [length, room @ ..] = out {
        let n = text.len().min(room.len());
        *length = n.min(255) as u8;
        for (to, from) in room.iter_mut().zip(text) {
            *to = *from;
        }
    }
    Ok(())
}

pub fn pack(vm: &Vm, f: &Format, code: u8, v: &Value, out: &mut [u8]) -> PyResult<()> {
    match code {
        b'c' => match v.downcast::<Bytes>().map(|b| b.as_bytes()) {
            Some([byte]) => {
                out.fill(*byte);
                Ok(())
            }
            _ => Err(error(vm, "char format requires a bytes object of length 1")),
        },
        b's' | b'p' => pack_text(vm, code, v, out),
        b'?' => {
            out.fill(u8::from(vm.is_true(v)?));
            Ok(())
        }
        b'e' => match half_bits(real(vm, v)?) {
            Some(bits) => {
                put(f, &bits.to_le_bytes(), out);
                Ok(())
            }
            None => Err(too_large(vm, v, 'e')),
        },
        b'f' => pack_single(vm, f, v, real(vm, v)?, out),
        b'd' => {
            put(f, &real(vm, v)?.to_le_bytes(), out);
            Ok(())
        }
        b'F' | b'D' => {
            let (re, im) = match vm.to_complex(v) {
                Ok(z) => z,
                Err(_) => {
                    drop(vm.take_raised());
                    return Err(error(vm, "required argument is not a complex"));
                }
            };
            let (first, second) = out.split_at_mut(out.len() / 2);
            if code == b'F' {
                pack_single(vm, f, v, re, first)?;
                return pack_single(vm, f, v, im, second);
            }
            put(f, &re.to_le_bytes(), first);
            put(f, &im.to_le_bytes(), second);
            Ok(())
        }
        _ => pack_integer(vm, f, code, v, out),
    }
}

/// The bytes as a number of 64 bits, lowest first, and its size.
#[inline]
fn word(f: &Format, bytes: &[u8]) -> u64 {
    macro_rules! of {
        ($t:ty, $bytes:expr) => {
            u64::from(if f.little { <$t>::from_le_bytes($bytes) } else { <$t>::from_be_bytes($bytes) })
        };
    }
    match *bytes {
        [a] => u64::from(a),
        [a, b] => of!(u16, [a, b]),
        [a, b, c, d] => of!(u32, [a, b, c, d]),
        [a, b, c, d, e, f, g, h] => of!(u64, [a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

#[inline]
pub fn unpack(vm: &Vm, f: &Format, code: u8, bytes: &[u8]) -> Value {
    // What does not fill a word fits a value.
    match code {
        b'I' | b'L' | b'H' | b'B' if bytes.len() <= 4 => return short(vm, word(f, bytes) as i64),
        b'i' | b'l' | b'h' | b'b' if bytes.len() <= 4 => {
            let unused = 64 - 8 * bytes.len() as u32;
            return short(vm, (word(f, bytes) << unused) as i64 >> unused);
        }
        b'd' => return vm.new_float(f64::from_bits(word(f, bytes))),
        _ => {}
    }
    unpack_other(vm, f, code, bytes)
}

/// An int of half a word.
#[inline(always)]
fn short(vm: &Vm, n: i64) -> Value {
    match Value::small_int(n) {
        Some(v) => v,
        None => vm.new_int(n),
    }
}

fn unpack_other(vm: &Vm, f: &Format, code: u8, bytes: &[u8]) -> Value {
    match code {
        b'c' | b's' => vm.new_bytes(bytes).into_value(),
        b'p' => {
            let text = match bytes {
                [length, rest @ ..] => &rest[..rest.len().min(usize::from(*length))],
                [] => bytes,
            };
            vm.new_bytes(text).into_value()
        }
        b'?' => Value::bool(bytes.iter().any(|b| *b != 0)),
        b'e' => vm.new_float(half_value(word(f, bytes) as u16)),
        b'f' => vm.new_float(f64::from(f32::from_bits(word(f, bytes) as u32))),
        b'F' | b'D' => {
            let (first, second) = bytes.split_at(bytes.len() / 2);
            let of = |bytes: &[u8]| match code {
                b'F' => f64::from(f32::from_bits(word(f, bytes) as u32)),
                _ => f64::from_bits(word(f, bytes)),
            };
            vm.new_complex(of(first), of(second))
        }
        _ => {
            let n = word(f, bytes);
            if is_signed(code) {
                let unused = 64 - 8 * bytes.len() as u32;
                vm.new_int((n << unused) as i64 >> unused)
            } else {
                vm.new_uint(n)
            }
        }
    }
}
