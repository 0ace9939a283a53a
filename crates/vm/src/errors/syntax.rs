//! `SyntaxError`: its fields and text.

use super::exception::{field, set_field};
use super::methods::{member, no_keywords, set_args};
use crate::native::GetSetDef;
use crate::prelude::*;
use taipan_text::wtf8::Wtf8Buf;

pub const MSG: usize = 0;
pub const FILENAME: usize = 1;
pub const LINENO: usize = 2;
pub const OFFSET: usize = 3;
pub const TEXT: usize = 4;
pub const END_LINENO: usize = 5;
pub const END_OFFSET: usize = 6;
pub const PRINT_FILE_AND_LINE: usize = 7;
pub const METADATA: usize = 8;

pub const GETSET: &[GetSetDef] = &[
    member::<MSG>("msg", "exception msg"),
    member::<FILENAME>("filename", "exception filename"),
    member::<LINENO>("lineno", "exception lineno"),
    member::<OFFSET>("offset", "exception offset"),
    member::<TEXT>("text", "exception text"),
    member::<END_LINENO>("end_lineno", "exception end lineno"),
    member::<END_OFFSET>("end_offset", "exception end offset"),
    member::<PRINT_FILE_AND_LINE>("print_file_and_line", "exception print_file_and_line"),
    member::<METADATA>("_metadata", "exception private metadata"),
];

pub fn init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    no_keywords(vm, vm.type_of(e), args)?;
    let pos = args.pos();
    set_args(vm, e, pos);
    if let Some(msg) = pos.first() {
        set_field(e, MSG, Some(msg.clone()));
    }
    let [_, info] = pos else { return Ok(()) };
    let info = vm.collect(info)?;
    let n = info.len();
    if n < 4 {
        return Err(vm.type_error(format_args!("function takes at least 4 arguments ({n} given)")));
    }
    if n > 7 {
        return Err(vm.type_error(format_args!("function takes at most 7 arguments ({n} given)")));
    }
    set_field(e, END_LINENO, None);
    set_field(e, END_OFFSET, None);
    let places = [FILENAME, LINENO, OFFSET, TEXT, END_LINENO, END_OFFSET, METADATA];
    for (v, at) in info.into_iter().zip(places) {
        set_field(e, at, Some(v));
    }
    if n == 5 {
        return Err(vm.type_error("end_offset must be provided when end_lineno is provided"));
    }
    Ok(())
}

pub fn str(vm: &Vm, e: &Value) -> PyResult<Value> {
    let msg = vm.str(&field(e, MSG).unwrap_or(Value::NONE))?;
    let filename = field(e, FILENAME).and_then(|f| f.downcast::<Str>().cloned());
    let line = field(e, LINENO).filter(|n| vm.type_of(n).is(&vm.types.int));
    if filename.is_none() && line.is_none() {
        return Ok(msg.into_value());
    }
    let mut out = Wtf8Buf::new();
    out.push_wtf8(msg.as_wtf8());
    out.push_str(" (");
    if let Some(f) = &filename {
        let text = f.as_wtf8();
        let base = text.as_bytes().iter().rposition(|&b| b == b'/').map_or(0, |i| i + 1);
        out.push_wtf8(text.slice_from(base));
    }
    if let Some(n) = line {
        out.push_str(if filename.is_some() { ", line " } else { "line " });
        out.push_wtf8(vm.str(&n)?.as_wtf8());
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}
