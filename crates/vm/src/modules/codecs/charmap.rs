//! Encodings of one byte that a table or a mapping gives.

use super::text::{Codec, EncodeErrors, decode_all, decode_with, encode_with};
use crate::errors::exc;
use crate::prelude::*;
use crate::types::buffer::BytesLike;
use crate::types::numbers::{IntValue, int_value};
use std::collections::HashMap;
use taipan_text::codecs::{Ask, ErrorInfo, Mapped, decode_charmap, decode_charmap_table, encode_charmap};
use taipan_text::wtf8;

/// What `charmap_build` makes: the way from code points back to bytes.
#[pytype(name = "EncodingMap", flags(NO_NEW))]
pub struct EncodingMap {
    map: HashMap<u32, u8>,
}

impl Trace for EncodingMap {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

impl Slots for EncodingMap {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

#[pymethods]
impl EncodingMap {
    /// Return the size (in bytes) of this object
    #[pymethod("size($self, /)")]
    fn size(vm: &Vm, zelf: &Gc<EncodingMap>) -> usize {
        let _ = vm;
        zelf.map.capacity() * 8 + 32
    }
}

/// `charmap_build`: a map, or a dict where the table has what no map of bytes can have.
pub fn build(vm: &Vm, table: &Gc<Str>) -> PyResult {
    let rows: Vec<u32> = table.as_wtf8().code_points().take(256).collect();
    let simple =
        rows.len() == 256 && rows.iter().enumerate().all(|(i, cp)| *cp < 0x10000 && (*cp != 0 || i == 0));
    if simple && rows.first() == Some(&0) {
        let map = rows.iter().enumerate().filter(|(_, cp)| **cp != 0xFFFE).map(|(i, cp)| (*cp, i as u8));
        return Ok(vm.alloc(EncodingMap { map: map.collect() }).into_value());
    }
    let d = vm.new_dict();
    for (i, cp) in rows.iter().enumerate() {
        d.set(vm, &vm.new_int(*cp as i64), vm.new_int(i as i64))?;
    }
    Ok(d.into_value())
}

/// `charmap_decode`.
pub fn decode(
    vm: &Vm,
    data: BytesLike,
    errors: Option<&str>,
    mapping: Option<&Value>,
) -> PyResult<(Gc<Str>, usize)> {
    let Some(mapping) = mapping else { return decode_with(vm, Codec::Latin1, data, errors, true) };
    let data = data.freeze();
    let (text, _) = decode_all(vm, "charmap", &data, errors, |part, handler| {
        let on_error = |info: &ErrorInfo| handler.call(info);
        let text = match mapping.downcast::<Str>() {
            Some(table) => decode_charmap_table(part, table.as_wtf8(), on_error)?,
            None => decode_charmap(part, |byte| mapped(vm, mapping, byte), on_error)?,
        };
        Ok((text, part.len()))
    })?;
    Ok((vm.try_new_wtf8(&text)?, data.len()))
}

fn mapped(vm: &Vm, mapping: &Value, byte: u8) -> PyResult<Mapped> {
    let r = vm.get_item(mapping, &Value::int32(byte as i32));
    let Some(v) = vm.suppress(r, &exc::LookupError)? else { return Ok(Mapped::Undefined) };
    if v.is_none() {
        return Ok(Mapped::Undefined);
    }
    if let Some(s) = v.downcast::<Str>() {
        if s.as_bytes() == "\u{fffe}".as_bytes() {
            return Ok(Mapped::Undefined);
        }
        return Ok(Mapped::Text(s.as_wtf8().to_owned()));
    }
    match int_value(&v) {
        Some(IntValue::Small(0xFFFE)) => Ok(Mapped::Undefined),
        Some(IntValue::Small(n)) if (0..=wtf8::MAX as i64).contains(&n) => Ok(Mapped::CodePoint(n as u32)),
        Some(_) => Err(vm.type_error("character mapping must be in range(0x110000)")),
        None => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

/// `charmap_encode`.
pub fn encode(vm: &Vm, s: &Gc<Str>, errors: Option<&str>, mapping: Option<&Value>) -> PyResult {
    let Some(mapping) = mapping else { return encode_with(vm, Codec::Latin1, s, errors) };
    let mut handler = EncodeErrors::new(vm, "charmap", s, errors);
    let on_error = |info: &ErrorInfo, ask: Ask| handler.call(info, ask);
    let bytes = match mapping.downcast::<EncodingMap>() {
        Some(map) => {
            let find = |cp: u32, out: &mut Vec<u8>| Ok(map.map.get(&cp).map(|b| out.push(*b)).is_some());
            encode_charmap(s.as_wtf8(), find, on_error)?
        }
        None => encode_charmap(s.as_wtf8(), |cp, out| map_back(vm, mapping, cp, out), on_error)?,
    };
    Ok(vm.try_new_bytes(&bytes)?.into_value())
}

fn map_back(vm: &Vm, mapping: &Value, cp: u32, out: &mut Vec<u8>) -> PyResult<bool> {
    let r = vm.get_item(mapping, &vm.new_int(cp as i64));
    let Some(v) = vm.suppress(r, &exc::LookupError)? else { return Ok(false) };
    if v.is_none() {
        return Ok(false);
    }
    if let Some(b) = v.downcast::<Bytes>() {
        out.extend_from_slice(b.as_bytes());
        return Ok(true);
    }
    match int_value(&v) {
        Some(IntValue::Small(n)) if (0..256).contains(&n) => {
            out.push(n as u8);
            Ok(true)
        }
        Some(_) => Err(vm.type_error("character mapping must be in range(256)")),
        None => Err(vm.type_error(format_args!(
            "character mapping must return integer, bytes or None, not {}",
            vm.type_of(&v).name()
        ))),
    }
}
