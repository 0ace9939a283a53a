//! `int` to text and back, with the limit on the number of decimal digits.

use super::this;
use crate::errors::exc;
use crate::types::numbers::{IntValue, format_locale, raise_format};
use crate::{PyResult, Raised, Str, Value, ValueExt, Vm};
use dashu_int::{IBig, UBig};
use taipan_heap::Gc;
use taipan_text::format::{Align, IntPlan, format_float, int_plan, parse_spec, render_char, render_int};
use taipan_text::number::{IntText, InvalidInt, int_to_text, parse_int, parse_int_bytes};
use taipan_text::wtf8::Wtf8;

pub fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(match this(vm, v)? {
        IntValue::Small(n) => word_text(vm, n).into_value(),
        IntValue::Big(n) => vm.new_ascii(big_decimal(vm, n)?.as_bytes()).into_value(),
    })
}

/// `str(n)`.
pub fn word_text(vm: &Vm, n: i64) -> Gc<Str> {
    vm.new_ascii(decimal(n, &mut [0u8; 20]))
}

/// The decimal digits of a word.
pub(crate) fn decimal(n: i64, buf: &mut [u8; 20]) -> &[u8] {
    let mut at = buf.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        buf[at] = b'-';
    }
    &buf[at..]
}

/// Decimal digits, unless there are more than `sys.set_int_max_str_digits` allows.
pub fn big_decimal(vm: &Vm, n: &IBig) -> PyResult<String> {
    let limit = vm.int_max_str_digits.get();
    let bits = IntValue::Big(n).bit_len();
    // One digit is between 3.3219 and 3.322 bits.
    if limit > 0 && bits as f64 > limit as f64 * 3.3220 + 4.0 {
        return Err(too_long(vm, limit));
    }
    let text = match IntValue::Big(n).wide() {
        Some(wide) => wide.to_string(),
        None => n.to_string(),
    };
    let digits = text.len() - usize::from(text.starts_with('-'));
    if limit > 0 && digits > limit {
        return Err(too_long(vm, limit));
    }
    Ok(text)
}

#[cold]
fn too_long(vm: &Vm, limit: usize) -> Raised {
    vm.value_error(format_args!(
        "Exceeds the limit ({limit} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
    ))
}

/// The digits in base 2, 8, 10 or 16, lower case, with a minus if negative.
pub fn digits(vm: &Vm, n: &IntValue<'_>, base: u32) -> PyResult<String> {
    Ok(match n {
        IntValue::Small(n) => int_to_text(*n, base),
        IntValue::Big(n) => match base {
            2 => {
                crate::types::numbers::check_bits(vm, IntValue::Big(n).bit_len().saturating_mul(8))?;
                format!("{n:b}")
            }
            8 => format!("{n:o}"),
            16 => format!("{n:x}"),
            _ => big_decimal(vm, n)?,
        },
    })
}

/// `int(text, base)`; `shown` is the object that the error prints.
pub fn parse(vm: &Vm, text: &Gc<Str>, base: u32) -> PyResult<Value> {
    refuse_early(vm, text.as_bytes(), base)?;
    parsed(vm, parse_int(text.as_wtf8(), base), text.as_bytes(), base, text.as_value())
}

/// `int(bytes, base)`.
pub fn parse_bytes(vm: &Vm, bytes: &[u8], base: u32) -> PyResult<Value> {
    refuse_early(vm, bytes, base)?;
    match parse_int_bytes(bytes, base) {
        Err(InvalidInt) => Err(invalid(vm, base, vm.new_bytes(bytes).as_value())),
        found => parsed(vm, found, bytes, base, &Value::NONE),
    }
}

fn parsed(
    vm: &Vm,
    found: Result<IntText, InvalidInt>,
    text: &[u8],
    base: u32,
    shown: &Value,
) -> PyResult<Value> {
    match found {
        Ok(IntText::Small(n)) => {
            let limit = vm.int_max_str_digits.get();
            if text.len() > limit && limit > 0 && (base == 10 || base == 0) {
                // Zeros in front count as well.
                let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
                check_digits(vm, digits)?;
            }
            Ok(vm.new_int(n))
        }
        Ok(IntText::Big { negative, base, digits }) => {
            if !base.is_power_of_two() {
                check_digits(vm, digits.len())?;
            }
            match UBig::from_str_radix(&digits, base) {
                Ok(size) => {
                    let n = IBig::from(size);
                    Ok(vm.new_bigint(if negative { -n } else { n }))
                }
                Err(_) => Err(invalid(vm, base, shown)),
            }
        }
        Err(InvalidInt) => Err(invalid(vm, base, shown)),
    }
}

/// Text that is nothing but too many decimal digits is refused before anything is done with it.
fn refuse_early(vm: &Vm, text: &[u8], base: u32) -> PyResult<()> {
    let limit = vm.int_max_str_digits.get();
    if limit != 0 && text.len() > limit && base == 10 && text.iter().all(u8::is_ascii_digit) {
        return check_digits(vm, text.len());
    }
    Ok(())
}

fn check_digits(vm: &Vm, digits: usize) -> PyResult<()> {
    let limit = vm.int_max_str_digits.get();
    if limit == 0 || digits <= limit {
        return Ok(());
    }
    Err(vm.value_error(format_args!(
        "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; use sys.set_int_max_str_digits() to increase the limit"
    )))
}

#[cold]
fn invalid(vm: &Vm, base: u32, shown: &Value) -> Raised {
    let Ok(repr) = vm.repr(shown) else { return Raised };
    let repr = repr.as_wtf8();
    // CPython prints 200 characters of it.
    let cut = repr.slice_code_points(0..repr.count().min(200));
    let mut text = taipan_text::wtf8::Wtf8Buf::from(format!("invalid literal for int() with base {base}: "));
    text.push_wtf8(cut);
    vm.raise_args(&exc::ValueError, vec![vm.new_wtf8(&text).into_value()])
}

/// The text of a specification; `TypeError` for what is no string.
pub fn spec_text<'a>(vm: &Vm, spec: &'a Value) -> PyResult<&'a Wtf8> {
    match spec.downcast::<Str>() {
        Some(s) => Ok(s.as_wtf8()),
        None => Err(vm
            .type_error(format_args!("__format__() argument must be str, not {}", vm.shown_type_name(spec)))),
    }
}

/// `int.__format__`.
pub fn format(vm: &Vm, v: &Value, spec: &Value) -> PyResult<Gc<Str>> {
    let text = spec_text(vm, spec)?;
    if text.is_empty() {
        return vm.str(v);
    }
    let n = this(vm, v)?;
    let name = vm.type_of(v).name();
    let raise = |e| raise_format(vm, e);
    let spec = parse_spec(text, u32::from(b'd'), Align::Right, &name).map_err(raise)?;
    let locale = format_locale(vm, spec.code);
    let out = match int_plan(&spec, &name).map_err(raise)? {
        IntPlan::Digits { base } => render_int(&digits(vm, &n, base)?, &spec, &locale),
        IntPlan::Char => {
            let cp = match n {
                IntValue::Small(n) => u32::try_from(n).ok(),
                IntValue::Big(_) => {
                    return Err(vm.overflow_error("Python int too large to convert to C long"));
                }
            };
            render_char(cp, &spec)
        }
        IntPlan::Float => {
            let f = crate::types::numbers::int_to_f64(vm, &n)?;
            format_float(f, &spec, &locale, &name)
        }
    };
    Ok(vm.new_wtf8_buf(out.map_err(raise)?))
}
