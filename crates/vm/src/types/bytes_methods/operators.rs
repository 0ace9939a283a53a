//! The slots of `bytes`.

use super::ByteString;
use super::convert::byte;
use crate::errors::exc;
use crate::native::shell::object;
use crate::prelude::*;
use crate::types::buffer::{Buffer, Request};
use crate::types::numbers::int_value;
use crate::types::slice::Slice;
use std::cmp::Ordering;
use taipan_text::strings::{self as ts, TooLarge};

pub fn repr(vm: &Vm, v: &Value) -> PyResult {
    let b = object::<Bytes>(vm, v, "__repr__")?;
    match ts::repr_bytes(b.as_bytes()) {
        Ok(text) => Ok(vm.new_text_bytes(text.as_bytes())?.into_value()),
        Err(TooLarge) => Err(vm.memory_error()),
    }
}

pub fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    Ok(vm.bytes_hash(object::<Bytes>(vm, v, "__hash__")?))
}

pub fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(object::<Bytes>(vm, v, "__len__")?.len())
}

pub fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    // `bytearray` compares itself with `bytes`.
    let (Some(x), Some(y)) = (a.downcast::<Bytes>(), b.downcast::<Bytes>()) else {
        if vm.config.flags.bytes_warning != 0 {
            warn_mixed(vm, "bytes", a, b, op)?;
        }
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(compare(x.as_bytes(), y.as_bytes(), op))
}

/// `-b`: bytes are compared for equality with what they can never equal.
#[cold]
pub fn warn_mixed(vm: &Vm, name: &str, a: &Value, b: &Value, op: CompareOp) -> PyResult<()> {
    let either = |test: fn(&Value) -> bool| test(a) || test(b);
    let other = match op {
        CompareOp::Eq | CompareOp::Ne if either(|v| v.is_instance_of::<Str>()) => "string",
        CompareOp::Eq | CompareOp::Ne if name == "bytes" && either(|v| int_value(v).is_some()) => "int",
        _ => return Ok(()),
    };
    vm.warn(&exc::BytesWarning, format_args!("Comparison between {name} and {other}"), 1)
}

pub fn str(vm: &Vm, v: &Value) -> PyResult {
    if vm.config.flags.bytes_warning != 0 {
        vm.warn(&exc::BytesWarning, "str() on a bytes instance", 1)?;
    }
    repr(vm, v)
}

/// Compares bytes, for equality without looking at all of them.
pub fn compare(x: &[u8], y: &[u8], op: CompareOp) -> Value {
    let ord = match op {
        CompareOp::Eq | CompareOp::Ne if x != y => Ordering::Less,
        CompareOp::Eq | CompareOp::Ne => Ordering::Equal,
        _ => x.cmp(y),
    };
    Value::bool(op.holds(ord))
}

#[cold]
pub fn no_concat(vm: &Vm, b: &Value, name: &str) -> Raised {
    vm.type_error(format_args!("can't concat {} to {name}", vm.type_of(b).name()))
}

pub fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = object::<Bytes>(vm, a, "__add__")?;
    if let Some(y) = b.downcast_exact::<Bytes>()
        && !x.is_empty()
        && !y.is_empty()
    {
        return Ok(vm.concat_bytes(x.as_bytes(), y.as_bytes())?.into_value());
    }
    if !b.is_instance_of::<Bytes>() && !vm.has_buffer(b) {
        return Err(no_concat(vm, b, "bytes"));
    }
    let y = vm.bytes_like_or(b, || no_concat(vm, b, "bytes"))?;
    if y.is_empty() {
        return Bytes::unchanged(vm, x);
    }
    if x.is_empty()
        && let Some(y) = b.downcast_exact::<Bytes>()
    {
        return Ok(y.to_value());
    }
    let Some(len) = x.len().checked_add(y.len()) else { return Err(vm.memory_error()) };
    let made = vm.build_bytes(len, |out| {
        let (front, back) = out.split_at_mut(x.len());
        front.copy_from_slice(x.as_bytes());
        back.copy_from_slice(&y);
    })?;
    Ok(made.into_value())
}

pub fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let b = object::<Bytes>(vm, v, "__mul__")?;
    let n = usize::try_from(n).unwrap_or(0);
    if n == 1 {
        return Bytes::unchanged(vm, b);
    }
    if b.len().checked_mul(n).is_none_or(|len| isize::try_from(len).is_err()) {
        return Err(vm.overflow_error("repeated bytes are too long"));
    }
    super::made::<Bytes>(vm, ts::repeat(b.as_bytes(), n))
}

/// The byte at an index of any object.
pub fn get_byte(vm: &Vm, bytes: &[u8], key: isize, message: &str) -> PyResult {
    let i = if key < 0 { key.checked_add(bytes.len() as isize) } else { Some(key) };
    match i.and_then(|i| usize::try_from(i).ok()).and_then(|i| bytes.get(i)) {
        Some(b) => Ok(Value::int32(*b as i32)),
        None => Err(vm.index_error(message)),
    }
}

pub fn item(vm: &Vm, v: &Value, index: isize) -> PyResult {
    let b = object::<Bytes>(vm, v, "__getitem__")?;
    get_byte(vm, b.as_bytes(), index.max(-1 - isize::MAX / 2), "index out of range")
}

pub fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let b = object::<Bytes>(vm, v, "__getitem__")?;
    if let Some(slice) = key.downcast::<Slice>() {
        let at = slice.indices(vm, b.len())?;
        if at.step == 1 {
            return super::piece(vm, b, at.range());
        }
        let bytes = b.as_bytes();
        let picked: Vec<u8> = at.iter().filter_map(|i| bytes.get(i).copied()).collect();
        return Bytes::make(vm, &picked);
    }
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "byte indices must be integers or slices, not {}",
            vm.type_of(key).name()
        )));
    }
    get_byte(vm, b.as_bytes(), vm.index_isize(key)?, "index out of range")
}

pub fn quick_item(_: &Vm, v: &Value, n: i64) -> Option<Value> {
    let b = v.downcast_exact::<Bytes>()?;
    b.as_bytes().get(usize::try_from(n).ok()?).map(|&b| Value::int32(b as i32))
}

pub fn bytes_contains(vm: &Vm, v: &Value, needle: &Value) -> PyResult<bool> {
    let b = object::<Bytes>(vm, v, "__contains__")?;
    contains(vm, b, needle)
}

/// `needle in bytes`, for a number or bytes.
pub fn contains<T: ByteString>(vm: &Vm, s: &Gc<T>, needle: &Value) -> PyResult<bool> {
    if needle.is_int() || (vm.type_of(needle).slots.index.get().is_some() && !vm.has_buffer(needle)) {
        match super::held(s, || byte(vm, needle, "byte must be in range(0, 256)")) {
            Ok(n) => return Ok(s.with(|b| ts::contains(b, &[n]))),
            Err(Raised) if !vm.raised_is(&exc::ValueError) => drop(vm.take_raised()),
            Err(Raised) => return Err(Raised),
        }
    }
    let needle = super::held(s, || vm.bytes_like(needle))?;
    Ok(s.with(|b| ts::contains(b, &needle)))
}

pub fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some(format) = a.downcast::<Bytes>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let out = super::percent::format(vm, format.as_bytes(), b)?;
    Bytes::make(vm, &out)
}

pub fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let b = object::<Bytes>(vm, v, "__buffer__")?;
    Buffer::plain(v, b.as_bytes(), true, None).filled(vm, request)
}
