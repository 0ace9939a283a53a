//! The `%` operator of `bytes` and `bytearray`.

use super::convert::call_bytes;
use crate::prelude::*;
use crate::types::numbers::{IntValue, int_value};
use crate::types::str_methods::percent::{PercentArgs, number, raise_format};
use taipan_text::format::{Conversion, PercentIter, PercentPiece, percent_char, percent_text};
use taipan_text::strings::{Bytes as ByteUnits, TooLarge};

pub fn format(vm: &Vm, format: &[u8], operand: &Value) -> PyResult<Vec<u8>> {
    let text =
        operand.is_instance_of::<Bytes>() || vm.is_bytearray(operand) || operand.is_instance_of::<Str>();
    let mut args = PercentArgs::new(vm, operand, text);
    args.bytes_keys = true;
    let mut out = Vec::new();
    if out.try_reserve(format.len()).is_err() {
        return Err(vm.memory_error());
    }
    let mut pieces = PercentIter::<ByteUnits>::new(format);
    while let Some(piece) = pieces.next(&mut args).map_err(|f| f.raise(vm))? {
        match piece {
            PercentPiece::Literal { start, end } => {
                out.extend_from_slice(format.get(start..end).unwrap_or_default())
            }
            PercentPiece::Conversion(c) => {
                let v = args.take().map_err(|f| f.raise(vm))?;
                convert(vm, &v, &c, &mut out)?;
            }
        }
    }
    args.finish("bytes")?;
    Ok(out)
}

fn convert(vm: &Vm, v: &Value, c: &Conversion, out: &mut Vec<u8>) -> PyResult<()> {
    match u8::try_from(c.code).unwrap_or(0) {
        b's' | b'b' => push(vm, out, percent_text::<ByteUnits>(&bytes_of(vm, v)?, c)),
        // `%r` is `%a` here.
        b'r' | b'a' => push(vm, out, percent_text::<ByteUnits>(vm.ascii(v)?.as_bytes(), c)),
        b'c' => push(vm, out, percent_char::<ByteUnits>(&[char_of(vm, v)?], c)),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' if !is_real(vm, v) => {
            Err(vm.type_error(format_args!("float argument required, not {}", vm.type_of(v).name())))
        }
        _ => match number(vm, v, c)? {
            Some(text) => push(vm, out, Ok(text.into_bytes())),
            None => Err(raise_format(vm, c.unsupported())),
        },
    }
}

fn is_real(vm: &Vm, v: &Value) -> bool {
    let slots = &vm.type_of(v).slots;
    slots.float.get().is_some() || slots.index.get().is_some()
}

fn push(vm: &Vm, out: &mut Vec<u8>, made: Result<Vec<u8>, TooLarge>) -> PyResult<()> {
    match made {
        Ok(bytes) if out.try_reserve(bytes.len()).is_ok() => {
            out.extend_from_slice(&bytes);
            Ok(())
        }
        _ => Err(vm.memory_error()),
    }
}

fn bytes_of(vm: &Vm, v: &Value) -> PyResult<crate::types::buffer::BytesLike> {
    if !v.is_instance_of::<Bytes>() && !vm.has_buffer(v) {
        return match call_bytes(vm, v)? {
            Some(b) => Ok(crate::types::buffer::BytesLike::Bytes(b)),
            None => Err(vm.type_error(format_args!(
                "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
                vm.type_of(v).name()
            ))),
        };
    }
    vm.all_bytes(v)
}

fn char_of(vm: &Vm, v: &Value) -> PyResult<u8> {
    if v.is_instance_of::<Bytes>() || vm.is_bytearray(v) {
        let b = vm.bytes_like(v)?;
        return match &*b {
            [one] => Ok(*one),
            more => Err(vm.type_error(format_args!(
                "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
                vm.type_of(v).name(),
                more.len()
            ))),
        };
    }
    if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "%c requires an integer in range(256) or a single byte, not {}",
            vm.type_of(v).full_name(vm)
        )));
    }
    let n = vm.index(v)?;
    match int_value(&n) {
        Some(IntValue::Small(n)) if (0..256).contains(&n) => Ok(n as u8),
        _ => Err(vm.overflow_error("%c arg not in range(256)")),
    }
}
