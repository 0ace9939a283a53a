//! `UnicodeEncodeError`, `UnicodeDecodeError`, `UnicodeTranslateError`: fields and texts.

use super::exception::{field, set_field};
use super::methods::{member, no_keywords, set_args};
use crate::native::GetSetDef;
use crate::prelude::*;
use taipan_text::wtf8::Wtf8Buf;

pub const ENCODING: usize = 0;
pub const OBJECT: usize = 1;
pub const START: usize = 2;
pub const END: usize = 3;
pub const REASON: usize = 4;

pub const GETSET: &[GetSetDef] = &[
    member::<ENCODING>("encoding", "exception encoding"),
    member::<OBJECT>("object", "exception object"),
    number::<START>("start", "exception start"),
    number::<END>("end", "exception end"),
    member::<REASON>("reason", "exception reason"),
];

const fn number<const N: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    GetSetDef { name, doc, member: true, get: get_number::<N>, set: Some(set_number::<N>) }
}

fn get_number<const N: usize>(vm: &Vm, e: &Value) -> PyResult<Value> {
    Ok(field(e, N).unwrap_or_else(|| vm.new_int(0)))
}

fn set_number<const N: usize>(vm: &Vm, e: &Value, v: Option<&Value>) -> PyResult<()> {
    let Some(v) = v else { return Err(vm.type_error("can't delete numeric/char attribute")) };
    if crate::types::numbers::int_value(v).is_none() {
        return Err(vm.type_error("an integer is required"));
    }
    let n = vm.index_i64(v, "Python int too large to convert to C ssize_t")?;
    set_field(e, N, Some(vm.new_int(n)));
    Ok(())
}

/// The bytes of a decoding error, as a handler left them.
pub fn object_of(vm: &Vm, e: &Value) -> PyResult<Gc<Bytes>> {
    match field(e, OBJECT) {
        Some(o) => match o.downcast::<Bytes>() {
            Some(b) => Ok(b.clone()),
            None => Err(vm.type_error("UnicodeError 'object' attribute must be a bytes")),
        },
        None => Err(vm.type_error("UnicodeError 'object' attribute is not set")),
    }
}

/// What a constructor's argument must be.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Bytes,
    Number,
}

fn fill(vm: &Vm, e: &Value, args: CallArgs<'_>, kinds: &[(Kind, usize)]) -> PyResult<()> {
    no_keywords(vm, vm.type_of(e), args)?;
    let pos = args.pos();
    set_args(vm, e, pos);
    if pos.len() != kinds.len() {
        return Err(vm.type_error(format_args!(
            "function takes exactly {} arguments ({} given)",
            kinds.len(),
            pos.len()
        )));
    }
    let mut values = Vec::new();
    for (i, (v, (kind, _))) in pos.iter().zip(kinds).enumerate() {
        values.push(match kind {
            Kind::Text if v.is_instance_of::<Str>() => v.clone(),
            Kind::Text => {
                return Err(vm.type_error(format_args!(
                    "argument {} must be str, not {}",
                    i + 1,
                    vm.shown_type_name(v)
                )));
            }
            Kind::Number => {
                let n = vm.index_i64(v, "Python int too large to convert to C ssize_t")?;
                vm.new_int(n)
            }
            // Anything goes until all arguments are known to be right.
            Kind::Bytes => v.clone(),
        });
    }
    for ((kind, at), v) in kinds.iter().zip(values) {
        let v = if *kind == Kind::Bytes { as_bytes(vm, v)? } else { v };
        set_field(e, *at, Some(v));
    }
    Ok(())
}

/// `bytes` from anything with a buffer.
fn as_bytes(vm: &Vm, v: Value) -> PyResult<Value> {
    if v.is_instance_of::<Bytes>() {
        return Ok(v);
    }
    match vm.type_of(&v).slots.buffer.get() {
        Some(f) => {
            let buffer = f(vm, &v, crate::types::buffer::Request::SIMPLE)?;
            Ok(vm.new_bytes(buffer.bytes()).into_value())
        }
        None => {
            Err(vm
                .type_error(format_args!("a bytes-like object is required, not '{}'", vm.type_of(&v).name())))
        }
    }
}

pub fn encode_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    use Kind::*;
    let kinds = [(Text, ENCODING), (Text, OBJECT), (Number, START), (Number, END), (Text, REASON)];
    fill(vm, e, args, &kinds)
}

pub fn decode_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    use Kind::*;
    let kinds = [(Text, ENCODING), (Bytes, OBJECT), (Number, START), (Number, END), (Text, REASON)];
    fill(vm, e, args, &kinds)
}

pub fn translate_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    use Kind::*;
    fill(vm, e, args, &[(Text, OBJECT), (Number, START), (Number, END), (Text, REASON)])
}

/// The fields as the texts need them.
struct Parts {
    object: Value,
    start: i64,
    end: i64,
}

fn parts(vm: &Vm, e: &Value, bytes: bool) -> PyResult<Parts> {
    let int = |at| field(e, at).and_then(|v| v.as_int()).unwrap_or(0);
    let Some(object) = field(e, OBJECT) else {
        return Err(vm.type_error("UnicodeError 'object' attribute is not set"));
    };
    let right = if bytes { object.is_instance_of::<Bytes>() } else { object.is_instance_of::<Str>() };
    if !right {
        let kind = if bytes { "bytes" } else { "string" };
        return Err(vm.type_error(format_args!("UnicodeError 'object' attribute must be a {kind}")));
    }
    Ok(Parts { object, start: int(START), end: int(END) })
}

/// The code point or byte that the error is about, if it is a single one.
fn single(p: &Parts) -> Option<u32> {
    let at = usize::try_from(p.start).ok()?;
    if p.end.checked_sub(1)? != p.start {
        return None;
    }
    if let Some(s) = p.object.downcast::<Str>() {
        return s.as_wtf8().code_points().nth(at);
    }
    p.object.downcast::<Bytes>()?.as_bytes().get(at).map(|&b| b as u32)
}

fn push_attr(vm: &Vm, out: &mut Wtf8Buf, v: Option<Value>) -> PyResult<()> {
    match v {
        Some(v) => out.push_wtf8(vm.str(&v)?.as_wtf8()),
        None => out.push_str("<NULL>"),
    }
    Ok(())
}

fn escaped(cp: u32) -> String {
    match cp {
        0..=0xff => format!("\\x{cp:02x}"),
        0x100..=0xffff => format!("\\u{cp:04x}"),
        _ => format!("\\U{cp:08x}"),
    }
}

/// The text, given what to call one unit and several.
fn text(vm: &Vm, e: &Value, verb: &str, one: impl Fn(u32) -> String, many: &str) -> PyResult<Value> {
    if field(e, OBJECT).is_none() {
        return Ok(vm.names.empty.to_value());
    }
    let mut out = Wtf8Buf::new();
    let mut reason = Wtf8Buf::new();
    if verb != "translate" {
        out.push_str("'");
        push_attr(vm, &mut out, field(e, ENCODING))?;
        out.push_str("' codec ");
    }
    // Only now the other fields: the texts above may have run code that changed them.
    push_attr(vm, &mut reason, field(e, REASON))?;
    let p = parts(vm, e, verb == "decode")?;
    out.push_str(&format!("can't {verb} "));
    match single(&p) {
        Some(unit) => out.push_str(&format!("{} in position {}: ", one(unit), p.start)),
        None => out.push_str(&format!("{many} in position {}-{}: ", p.start, p.end.saturating_sub(1))),
    }
    out.push_wtf8(reason.as_wtf8());
    Ok(vm.new_wtf8_buf(out).into_value())
}

pub fn encode_str(vm: &Vm, e: &Value) -> PyResult<Value> {
    text(vm, e, "encode", |cp| format!("character '{}'", escaped(cp)), "characters")
}

pub fn decode_str(vm: &Vm, e: &Value) -> PyResult<Value> {
    text(vm, e, "decode", |b| format!("byte 0x{b:02x}"), "bytes")
}

pub fn translate_str(vm: &Vm, e: &Value) -> PyResult<Value> {
    text(vm, e, "translate", |cp| format!("character '{}'", escaped(cp)), "characters")
}
