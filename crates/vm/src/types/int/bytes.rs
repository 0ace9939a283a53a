//! `int.to_bytes` and `int.from_bytes`.

use crate::types::numbers::{IntValue, exported_bytes, int_value};
use crate::{Bytes, PyResult, Str, Value, ValueExt, Vm};
use dashu_int::{IBig, UBig};
use taipan_heap::Gc;

/// Whether the order is `little`.
fn is_little(vm: &Vm, byteorder: &Gc<Str>) -> PyResult<bool> {
    match byteorder.as_bytes() {
        b"little" => Ok(true),
        b"big" => Ok(false),
        _ => Err(vm.value_error("byteorder must be either 'little' or 'big'")),
    }
}

pub fn to_bytes(
    vm: &Vm,
    n: &IntValue<'_>,
    length: isize,
    byteorder: &Gc<Str>,
    signed: bool,
) -> PyResult<Value> {
    let little = is_little(vm, byteorder)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length argument must be non-negative"));
    };
    if n.is_negative() && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    if let IntValue::Small(n) = n
        && length <= 16
    {
        // The bytes of a word, and more of its sign.
        let mut room = [if *n < 0 { 0xFF } else { 0 }; 16];
        room[..8].copy_from_slice(&n.to_le_bytes());
        if needed(&room[..8], *n < 0, signed) > length {
            return Err(vm.overflow_error("int too big to convert"));
        }
        let out = &mut room[..length];
        if !little {
            out.reverse();
        }
        return Ok(vm.new_bytes(out).into_value());
    }
    let (bytes, needed) = little_endian(n, signed);
    if needed > length {
        return Err(vm.overflow_error("int too big to convert"));
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(length).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(&bytes[..needed.min(bytes.len())]);
    out.resize(length, if n.is_negative() { 0xFF } else { 0 });
    if !little {
        out.reverse();
    }
    Ok(vm.new_bytes(&out).into_value())
}

/// The bytes, least significant first, and how many of them carry the number.
fn little_endian(n: &IntValue<'_>, signed: bool) -> (Vec<u8>, usize) {
    let bytes = match n {
        IntValue::Small(n) => n.to_le_bytes().to_vec(),
        IntValue::Big(n) => n.to_le_bytes().to_vec(),
    };
    let needed = needed(&bytes, n.is_negative(), signed);
    (bytes, needed)
}

/// How many of the bytes carry the number.
fn needed(bytes: &[u8], negative: bool, signed: bool) -> usize {
    let fill = if negative { 0xFF } else { 0 };
    let needed = bytes.iter().rposition(|b| *b != fill).map_or(0, |i| i + 1);
    // The sign must show in the highest bit.
    let top = if needed == 0 { 0 } else { bytes[needed - 1] };
    needed + usize::from(signed && negative != (top >= 0x80))
}

pub fn from_bytes(vm: &Vm, bytes: &Value, byteorder: &Gc<Str>, signed: bool) -> PyResult<Value> {
    let little = is_little(vm, byteorder)?;
    let bytes = bytes_of(vm, bytes)?;
    if bytes.len() < 8 || bytes.len() == 8 && signed {
        let mut n = 0i64;
        let mut add = |b: &u8| n = n << 8 | i64::from(*b);
        if little {
            bytes.iter().rev().for_each(&mut add)
        } else {
            bytes.iter().for_each(&mut add)
        }
        if signed && !bytes.is_empty() {
            let unused = 64 - 8 * bytes.len() as u32;
            n = n << unused >> unused;
        }
        return Ok(vm.new_int(n));
    }
    Ok(vm.new_bigint(match (signed, little) {
        (true, true) => IBig::from_le_bytes(&bytes),
        (true, false) => IBig::from_be_bytes(&bytes),
        (false, true) => UBig::from_le_bytes(&bytes).into(),
        (false, false) => UBig::from_be_bytes(&bytes).into(),
    }))
}

/// `bytes(v)` for what is no int and no string.
fn bytes_of(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    if v.downcast_exact::<Bytes>().is_none()
        && let Some(r) = vm.call_special(v, &vm.names.__bytes__, &[])?
    {
        return match r.downcast::<Bytes>() {
            Some(b) => Ok(b.as_bytes().to_vec()),
            None => Err(
                vm.type_error(format_args!("__bytes__ returned non-bytes (type {})", vm.type_of(&r).name()))
            ),
        };
    }
    if let Some(bytes) = exported_bytes(vm, v)? {
        return Ok(bytes);
    }
    if v.is_instance_of::<Str>() || vm.type_of(v).slots.iter.get().is_none() && !vm.has_sequence_items(v) {
        return Err(vm.type_error(format_args!("cannot convert '{}' object to bytes", vm.type_of(v).name())));
    }
    let mut out = Vec::new();
    vm.for_each(v, |item| {
        let i = vm.index(&item)?;
        match int_value(&i) {
            Some(IntValue::Small(n @ 0..=255)) => out.push(n as u8),
            _ => return Err(vm.value_error("bytes must be in range(0, 256)")),
        }
        Ok(())
    })?;
    Ok(out)
}
