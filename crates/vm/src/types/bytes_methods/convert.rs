//! From objects to bytes: constructors, needles, joining.

use super::{ByteString, held};
use crate::errors::exc;
use crate::prelude::*;
use crate::types::buffer::BytesLike;
use crate::types::numbers::int_value;

/// A number in range(256).
pub fn byte(vm: &Vm, v: &Value, message: &str) -> PyResult<u8> {
    let n = match v.as_int() {
        Some(n) => n as isize,
        None => vm.index_clipped(v)?,
    };
    u8::try_from(n).map_err(|_| vm.value_error(message))
}

/// What is sought: bytes, or one byte given by its number.
pub fn needle(vm: &Vm, v: &Value) -> PyResult<BytesLike> {
    if v.is_instance_of::<Bytes>() || vm.has_buffer(v) {
        return vm.bytes_like(v);
    }
    if !v.is_int() && int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "argument should be integer or bytes-like object, not '{}'",
            vm.type_of(v).name()
        )));
    }
    Ok(BytesLike::Copy(vec![byte(vm, v, "byte must be in range(0, 256)")?]))
}

/// The bytes that a constructor makes of its arguments; `name` is the class in messages.
pub fn bytes_from(
    vm: &Vm,
    name: &str,
    range_message: &str,
    source: Option<&Value>,
    encoding: Option<&str>,
    errors: Option<&str>,
) -> PyResult<BytesLike> {
    let text = source.and_then(|v| v.downcast::<Str>());
    if encoding.is_some() || errors.is_some() {
        let Some(text) = text else {
            let which = if encoding.is_some() { "encoding" } else { "errors" };
            return Err(vm.type_error(format_args!("{which} without a string argument")));
        };
        if encoding.is_none() {
            return Err(vm.type_error("string argument without an encoding"));
        }
        let made = crate::modules::codecs::encode_text(vm, text, encoding, errors)?;
        return vm.bytes_like(&made);
    }
    let Some(v) = source else { return Ok(BytesLike::Copy(Vec::new())) };
    if text.is_some() {
        return Err(vm.type_error("string argument without an encoding"));
    }
    if v.is_int() || vm.type_of(v).slots.index.get().is_some() {
        let n = match vm.index_i64(v, "cannot fit 'int' into an index-sized integer") {
            Ok(n) => Some(n),
            Err(Raised) if vm.raised_is(&exc::TypeError) => {
                drop(vm.take_raised());
                None
            }
            Err(Raised) => return Err(Raised),
        };
        if let Some(n) = n {
            let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("negative count")) };
            return zeros(vm, n).map(BytesLike::Copy);
        }
    }
    if vm.has_buffer(v) {
        return vm.all_bytes(v);
    }
    from_iterable(vm, v, name, range_message).map(BytesLike::Copy)
}

#[cold]
fn not_bytes(vm: &Vm, i: usize, item: &Value) -> Raised {
    vm.type_error(format_args!(
        "sequence item {i}: expected a bytes-like object, {} found",
        vm.type_of(item).name()
    ))
}

fn zeros(vm: &Vm, n: usize) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(n).is_err() {
        return Err(vm.memory_error());
    }
    out.resize(n, 0);
    Ok(out)
}

fn from_iterable(vm: &Vm, v: &Value, name: &str, range_message: &str) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    if let Some(t) = v.downcast_exact::<Tuple>() {
        if out.try_reserve(t.len()).is_err() {
            return Err(vm.memory_error());
        }
        for item in t.items() {
            out.push(byte(vm, item, range_message)?);
        }
        return Ok(out);
    }
    if let Some(list) = v.downcast_exact::<List>() {
        // Taken one by one: an item's `__index__` may change the list.
        while let Some(item) = list.get(out.len()) {
            if out.try_reserve(1).is_err() {
                return Err(vm.memory_error());
            }
            out.push(byte(vm, &item, range_message)?);
        }
        return Ok(out);
    }
    let it = match vm.get_iter(v) {
        Ok(it) => it,
        Err(raised) => {
            if vm.raised_is(&exc::TypeError) {
                drop(vm.take_raised());
                return Err(
                    vm.type_error(format_args!("cannot convert '{}' object to {name}", vm.type_of(v).name()))
                );
            }
            return Err(raised);
        }
    };
    let hint = vm.length_hint(v, 64)?;
    if out.try_reserve(hint.min(1 << 20)).is_err() {
        return Err(vm.memory_error());
    }
    while let Some(item) = vm.iter_next(&it)? {
        if out.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        out.push(byte(vm, &item, range_message)?);
    }
    Ok(out)
}

/// `bytes.__new__`.
pub fn new_bytes_object(
    vm: &Vm,
    cls: &Gc<Type>,
    source: Option<&Value>,
    encoding: Option<&str>,
    errors: Option<&str>,
) -> PyResult<Value> {
    let exact = cls.is(&vm.types.bytes);
    if encoding.is_none()
        && errors.is_none()
        && let Some(v) = source
    {
        if exact && v.downcast_exact::<Bytes>().is_some() {
            return Ok(v.clone());
        }
        if let Some(b) = call_bytes(vm, v)? {
            if exact {
                return Ok(b.into_value());
            }
            return Ok(vm.new_bytes_in(cls, b.as_bytes())?.into_value());
        }
    }
    let bytes = bytes_from(vm, "bytes", "bytes must be in range(0, 256)", source, encoding, errors)?;
    match (exact, &bytes) {
        (true, BytesLike::Bytes(b)) => Bytes::unchanged(vm, b),
        _ => Ok(vm.new_bytes_in(cls, &bytes)?.into_value()),
    }
}

/// What `v.__bytes__()` answers, if the class has one.
pub fn call_bytes(vm: &Vm, v: &Value) -> PyResult<Option<Gc<Bytes>>> {
    if v.is_int() || v.downcast_exact::<List>().is_some() {
        return Ok(None);
    }
    let Some(r) = vm.call_special(v, &vm.names.__bytes__, &[])? else { return Ok(None) };
    match r.downcast::<Bytes>() {
        Some(b) => Ok(Some(b.clone())),
        None => {
            Err(vm.type_error(format_args!("__bytes__ returned non-bytes (type {})", vm.type_of(&r).name())))
        }
    }
}

/// `join` where all items are `bytes`, which are written where they end up.
fn join_bytes(vm: &Vm, sep: &[u8], items: &[Value]) -> Option<PyResult<Gc<Bytes>>> {
    let mut len = sep.len().checked_mul(items.len().saturating_sub(1))?;
    for v in items {
        len = len.checked_add(v.downcast::<Bytes>()?.len())?;
    }
    let fill = |room: &mut [u8]| {
        let mut at = 0;
        for (i, v) in items.iter().enumerate() {
            let Some(piece) = v.downcast::<Bytes>() else { break };
            for part in [if i > 0 { sep } else { &[] }, piece.as_bytes()] {
                if let Some(place) = room.get_mut(at..at + part.len()) {
                    copy_short(place, part);
                }
                at += part.len();
            }
        }
    };
    Some(vm.build_bytes(len, fill))
}

/// Copies what is often only some bytes: a call of `memcpy` costs more than those.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    let n = from.len();
    match n {
        0..4 => to.iter_mut().zip(from).for_each(|(a, b)| *a = *b),
        4..=8 => {
            to[..4].copy_from_slice(&from[..4]);
            to[n - 4..].copy_from_slice(&from[n - 4..]);
        }
        9..=16 => {
            to[..8].copy_from_slice(&from[..8]);
            to[n - 8..].copy_from_slice(&from[n - 8..]);
        }
        _ => to.copy_from_slice(from),
    }
}

/// `sep.join(iterable)`.
pub fn join<T: ByteString>(vm: &Vm, sep: &Gc<T>, iterable: &Value) -> PyResult<Value> {
    let items = held(sep, || crate::types::str_methods::join_items_of(vm, iterable))?;
    if T::NAME == "bytes"
        && let [one] = items.as_slice()
        && one.downcast_exact::<Bytes>().is_some()
    {
        return Ok(one.clone());
    }
    if T::NAME == "bytes"
        && let Some(made) = sep.with(|sep| join_bytes(vm, sep, &items))
    {
        return Ok(made?.into_value());
    }
    let mut parts = Vec::new();
    if parts.try_reserve(items.len()).is_err() {
        return Err(vm.memory_error());
    }
    for (i, item) in items.iter().enumerate() {
        if !item.is_instance_of::<Bytes>() && !vm.has_buffer(item) {
            return Err(not_bytes(vm, i, item));
        }
        parts.push(vm.bytes_like_or(item, || not_bytes(vm, i, item))?);
    }
    let too_long = || vm.overflow_error("join() result is too long");
    let gap = sep.with(<[u8]>::len);
    let mut len = gap.checked_mul(parts.len().saturating_sub(1)).ok_or_else(too_long)?;
    for p in &parts {
        len = len.checked_add(p.len()).ok_or_else(too_long)?;
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(len).is_err() {
        return Err(vm.memory_error());
    }
    sep.with(|sep| {
        for (i, p) in parts.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(sep);
            }
            out.extend_from_slice(p);
        }
    });
    T::make(vm, &out)
}
