//! `str.translate` and `str.maketrans`.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::numbers::{IntValue, int_value};
use taipan_text::wtf8::{self, Wtf8Buf};

/// What a table says of a code point.
enum Found {
    Keep,
    Text(Wtf8Buf),
    CodePoint(u32),
}

pub fn translate(vm: &Vm, s: &Gc<Str>, table: &Value) -> PyResult<Gc<Str>> {
    // ASCII characters are looked up once each.
    let mut ascii: Vec<Option<Found>> = (0..128).map(|_| None).collect();
    let mut out = Wtf8Buf::new();
    if out.try_reserve(s.byte_len()).is_err() {
        return Err(vm.memory_error());
    }
    let push = |out: &mut Wtf8Buf, cp: u32, found: &Found| match found {
        Found::Keep => out.push(cp),
        Found::Text(t) => out.push_wtf8(t),
        Found::CodePoint(c) => out.push(*c),
    };
    for cp in s.as_wtf8().code_points() {
        match ascii.get_mut(cp as usize) {
            Some(known) => {
                if known.is_none() {
                    *known = Some(lookup(vm, table, cp)?);
                }
                if let Some(found) = known {
                    push(&mut out, cp, found);
                }
            }
            None => push(&mut out, cp, &lookup(vm, table, cp)?),
        }
    }
    vm.try_new_wtf8(&out)
}

fn lookup(vm: &Vm, table: &Value, cp: u32) -> PyResult<Found> {
    let r = vm.get_item(table, &vm.new_int(cp as i64));
    let Some(v) = vm.suppress(r, &exc::LookupError)? else { return Ok(Found::Keep) };
    if v.is_none() {
        return Ok(Found::Text(Wtf8Buf::new()));
    }
    if let Some(s) = v.downcast::<Str>() {
        return Ok(Found::Text(s.as_wtf8().to_owned()));
    }
    match int_value(&v) {
        Some(IntValue::Small(n)) if (0..=wtf8::MAX as i64).contains(&n) => Ok(Found::CodePoint(n as u32)),
        Some(_) => Err(vm.value_error("character mapping must be in range(0x110000)")),
        None => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

pub fn maketrans(vm: &Vm, x: &Value, y: Option<&Gc<Str>>, z: Option<&Gc<Str>>) -> PyResult<Value> {
    let table = vm.new_dict();
    let Some(y) = y else {
        let Some(d) = x.downcast::<Dict>() else {
            return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
        };
        for (key, value) in d.pairs() {
            if let Some(s) = key.downcast::<Str>() {
                let (1, Some(cp)) = (s.char_len(), s.as_wtf8().code_points().next()) else {
                    return Err(vm.value_error("string keys in translate table must be of length 1"));
                };
                table.set(vm, &vm.new_int(cp as i64), value)?;
            } else if int_value(&key).is_some() {
                table.set(vm, &key, value)?;
            } else {
                return Err(vm.type_error("keys in translate table must be strings or integers"));
            }
        }
        return Ok(table.into_value());
    };
    let Some(x) = x.downcast::<Str>() else {
        return Err(vm.type_error("first maketrans argument must be a string if there is a second argument"));
    };
    if x.char_len() != y.char_len() {
        return Err(vm.value_error("the first two maketrans arguments must have equal length"));
    }
    for (from, to) in x.as_wtf8().code_points().zip(y.as_wtf8().code_points()) {
        table.set(vm, &vm.new_int(from as i64), vm.new_int(to as i64))?;
    }
    for gone in z.iter().flat_map(|z| z.as_wtf8().code_points()) {
        table.set(vm, &vm.new_int(gone as i64), Value::NONE)?;
    }
    Ok(table.into_value())
}
