//! The slots of `str` that are operators and conversions.

use crate::native::shell::object;
use crate::prelude::*;
use crate::types::slice::Slice;
use crate::types::str_::known;
use std::cmp::Ordering;
use taipan_text::strings as ts;

pub fn repr(vm: &Vm, v: &Value) -> PyResult {
    let s = object::<Str>(vm, v, "__repr__")?;
    if ts::shows_as_is(s.as_bytes())
        && let Some(len) = s.byte_len().checked_add(2)
    {
        let quoted = vm.build_str(len, len, |out| {
            out.push_ascii(b'\'');
            out.push(s.as_wtf8());
            out.push_ascii(b'\'');
        })?;
        return Ok(quoted.into_value());
    }
    Ok(super::text(vm, ts::repr_str(s.as_wtf8()))?.into_value())
}

pub fn str(vm: &Vm, v: &Value) -> PyResult {
    Ok(vm.exact_str(object::<Str>(vm, v, "__str__")?).into_value())
}

pub fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    Ok(vm.str_hash(object::<Str>(vm, v, "__hash__")?))
}

pub fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(object::<Str>(vm, v, "__len__")?.char_len())
}

pub fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(a), Some(b)) = (a.downcast::<Str>(), b.downcast::<Str>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let ord = match op {
        _ if a.is(b) => Ordering::Equal,
        CompareOp::Eq | CompareOp::Ne => {
            let same = a.as_bytes() == b.as_bytes();
            if same { Ordering::Equal } else { Ordering::Less }
        }
        // Byte order is code-point order.
        _ => a.as_bytes().cmp(b.as_bytes()),
    };
    Ok(Value::bool(op.holds(ord)))
}

pub fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = object::<Str>(vm, a, "__add__")?;
    let Some(y) = b.downcast::<Str>() else {
        return Err(vm.type_error(format_args!(
            "can only concatenate str (not \"{}\") to str",
            vm.type_of(b).tp_name()
        )));
    };
    if y.is_empty() {
        return Ok(vm.exact_str(x).into_value());
    }
    if x.is_empty() {
        return Ok(vm.exact_str(y).into_value());
    }
    let (Some(len), chars) = (x.byte_len().checked_add(y.byte_len()), x.char_len() + y.char_len()) else {
        return Err(vm.overflow_error("strings are too large to concat"));
    };
    let made = vm.build_str(len, chars, |out| {
        out.push(x.as_wtf8());
        out.push(y.as_wtf8());
    })?;
    Ok(made.into_value())
}

pub fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let s = object::<Str>(vm, v, "__mul__")?;
    let n = usize::try_from(n).unwrap_or(0);
    if n == 0 || s.is_empty() {
        return Ok(vm.names.empty.to_value());
    }
    if n == 1 {
        return Ok(vm.exact_str(s).into_value());
    }
    if s.char_len() > isize::MAX as usize / n {
        return Err(vm.overflow_error("repeated string is too long"));
    }
    let Some(len) = s.byte_len().checked_mul(n) else { return Err(vm.memory_error()) };
    let made = vm.build_str(len, s.char_len() * n, |out| {
        out.push(s.as_wtf8());
        out.repeat();
    })?;
    Ok(made.into_value())
}

/// The code point at an index that is in range.
fn char_at(vm: &Vm, s: &Gc<Str>, index: usize) -> Option<Value> {
    if s.is_ascii() {
        return s.as_bytes().get(index).map(|b| vm.char_str(*b as u32).into_value());
    }
    if index >= s.char_len() {
        return None;
    }
    let cp = s.as_wtf8().code_point_at(vm.str_offset(s, index))?;
    Some(vm.char_str(cp).into_value())
}

pub fn item(vm: &Vm, v: &Value, index: isize) -> PyResult {
    let s = object::<Str>(vm, v, "__getitem__")?;
    match usize::try_from(index).ok().and_then(|i| char_at(vm, s, i)) {
        Some(c) => Ok(c),
        None => Err(vm.index_error("string index out of range")),
    }
}

pub fn quick_item(vm: &Vm, v: &Value, n: i64) -> Option<Value> {
    let s = v.downcast_exact::<Str>().filter(|s| s.is_ascii())?;
    let n = if n < 0 { n + s.byte_len() as i64 } else { n };
    let byte = *s.as_bytes().get(usize::try_from(n).ok()?)?;
    Some(vm.char_str(byte as u32).into_value())
}

pub fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let s = object::<Str>(vm, v, "__getitem__")?;
    if let Some(slice) = key.downcast::<Slice>() {
        let at = slice.indices(vm, s.char_len())?;
        if at.len == 0 {
            return Ok(vm.names.empty.to_value());
        }
        if at.step == 1 {
            return Ok(vm.substr(s, vm.str_range(s, at.range()))?.into_value());
        }
        return Ok(stepped(vm, s, at)?.into_value());
    }
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(
            vm.type_error(format_args!("string indices must be integers, not '{}'", vm.type_of(key).name()))
        );
    }
    let i = vm.index_isize(key)?;
    let i = if i < 0 { i.checked_add(s.char_len() as isize) } else { Some(i) };
    match i.and_then(|i| usize::try_from(i).ok()).and_then(|i| char_at(vm, s, i)) {
        Some(c) => Ok(c),
        None => Err(vm.index_error("string index out of range")),
    }
}

fn stepped(vm: &Vm, s: &Gc<Str>, at: crate::types::slice::Indices) -> PyResult<Gc<Str>> {
    let bytes = s.as_bytes();
    if s.is_ascii() {
        return vm.build_str(at.len, at.len, |out| {
            at.iter().for_each(|i| out.push_ascii(bytes.get(i).copied().unwrap_or(0)));
        });
    }
    // One walk in the slice's direction.
    let mut out = taipan_text::wtf8::Wtf8Buf::new();
    if out.try_reserve(at.len).is_err() {
        return Err(vm.memory_error());
    }
    let first = vm.str_offset(s, at.start as usize);
    let stride = at.step.unsigned_abs();
    let next = |n: usize| n.is_multiple_of(stride);
    if at.step > 0 {
        let walk = known(bytes.get(first..).unwrap_or_default()).code_points().enumerate();
        out.extend(walk.filter(|(n, _)| next(*n)).map(|(_, cp)| cp).take(at.len));
    } else {
        let end = vm.str_offset(s, at.start as usize + 1);
        let walk = known(bytes.get(..end).unwrap_or_default()).code_points().rev().enumerate();
        out.extend(walk.filter(|(n, _)| next(*n)).map(|(_, cp)| cp).take(at.len));
    }
    vm.try_new_wtf8(&out)
}

pub fn contains(vm: &Vm, v: &Value, needle: &Value) -> PyResult<bool> {
    let s = object::<Str>(vm, v, "__contains__")?;
    match needle.downcast::<Str>() {
        Some(n) => Ok(ts::contains(s.as_bytes(), n.as_bytes())),
        None => Err(vm.type_error(format_args!(
            "'in <string>' requires string as left operand, not {}",
            vm.type_of(needle).name()
        ))),
    }
}
