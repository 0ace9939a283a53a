//! `str.format`, `str.format_map` and `str.__format__`.

use super::percent::raise_format;
use crate::errors::exc;
use crate::native::shell::object;
use crate::prelude::*;
use taipan_text::format::{
    Align, FieldName, FieldPart, First, MarkupIter, format_str, parse_spec, split_field_name,
    unknown_conversion,
};
use taipan_text::wtf8::{Wtf8, Wtf8Buf};

/// `format(str, spec)`.
pub fn format_with(vm: &Vm, s: &Gc<Str>, spec: &Gc<Str>) -> PyResult<Gc<Str>> {
    if spec.is_empty() {
        return vm.str(s.as_value());
    }
    let name = vm.type_of(s.as_value()).name();
    let made = parse_spec(spec.as_wtf8(), u32::from(b's'), Align::Left, &name)
        .and_then(|spec| format_str(s.as_wtf8(), &spec, &name));
    match made {
        Ok(text) => vm.try_new_wtf8(&text),
        Err(e) => Err(raise_format(vm, e)),
    }
}

/// Where fields find their values.
enum Source<'a> {
    Call(CallArgs<'a>),
    Map(&'a Value),
}

/// Whether fields were numbered by hand or by their order.
#[derive(Default)]
struct Numbering {
    manual: Option<bool>,
    next: usize,
}

pub fn format(vm: &Vm, args: CallArgs) -> PyResult {
    let Some(zelf) = args.pos().first() else {
        return Err(vm.type_error("unbound method str.format() needs an argument"));
    };
    let s = object::<Str>(vm, zelf, "format")?;
    if !s.as_bytes().iter().any(|b| matches!(b, b'{' | b'}')) {
        return Ok(zelf.clone());
    }
    let mut out = Wtf8Buf::new();
    render(vm, s.as_wtf8(), &Source::Call(args.skip(1)), 2, &mut Numbering::default(), &mut out)?;
    Ok(vm.try_new_wtf8(&out)?.into_value())
}

pub fn format_map(vm: &Vm, s: &Gc<Str>, mapping: &Value) -> PyResult<Gc<Str>> {
    let mut out = Wtf8Buf::new();
    render(vm, s.as_wtf8(), &Source::Map(mapping), 2, &mut Numbering::default(), &mut out)?;
    vm.try_new_wtf8(&out)
}

fn render(
    vm: &Vm,
    format: &Wtf8,
    source: &Source<'_>,
    depth: usize,
    numbering: &mut Numbering,
    out: &mut Wtf8Buf,
) -> PyResult<()> {
    if depth == 0 {
        return Err(vm.value_error("Max string recursion exceeded"));
    }
    for piece in MarkupIter::new(format) {
        let piece = piece.map_err(|e| raise_format(vm, e))?;
        push(vm, out, piece.text)?;
        if let Some(field) = piece.field {
            render_field(vm, &field, source, depth, numbering, out)?;
        }
    }
    Ok(())
}

fn push(vm: &Vm, out: &mut Wtf8Buf, text: &Wtf8) -> PyResult<()> {
    if out.try_reserve(text.len()).is_err() {
        return Err(vm.memory_error());
    }
    out.push_wtf8(text);
    Ok(())
}

fn render_field(
    vm: &Vm,
    field: &FieldName<'_>,
    source: &Source<'_>,
    depth: usize,
    numbering: &mut Numbering,
    out: &mut Wtf8Buf,
) -> PyResult<()> {
    let mut value = field_value(vm, field.name, source, numbering)?;
    if let Some(conversion) = field.conversion {
        value = match u8::try_from(conversion) {
            Ok(b'r') => vm.repr(&value)?,
            Ok(b's') => vm.str(&value)?,
            Ok(b'a') => vm.ascii(&value)?,
            _ => return Err(raise_format(vm, unknown_conversion(conversion))),
        }
        .into_value();
    }
    let spec = if field.spec_needs_expanding {
        let mut spec = Wtf8Buf::new();
        render(vm, field.spec, source, depth - 1, numbering, &mut spec)?;
        Some(vm.try_new_wtf8(&spec)?)
    } else if field.spec.is_empty() {
        None
    } else {
        Some(vm.try_new_wtf8(field.spec)?)
    };
    let shown = vm.format(&value, spec.as_ref().map(Gc::as_value))?;
    push(vm, out, shown.as_wtf8())
}

fn field_value(vm: &Vm, name: &Wtf8, source: &Source<'_>, numbering: &mut Numbering) -> PyResult {
    let (first, parts) = split_field_name(name).map_err(|e| raise_format(vm, e))?;
    let mut value = match first {
        First::Name(key) => named(vm, &vm.new_wtf8(key), source)?,
        First::Index(_) | First::Empty => {
            let manual = matches!(first, First::Index(_));
            match numbering.manual {
                None => numbering.manual = Some(manual),
                Some(before) if before != manual => {
                    return Err(vm.value_error(if manual {
                        "cannot switch from automatic field numbering to manual field specification"
                    } else {
                        "cannot switch from manual field specification to automatic field numbering"
                    }));
                }
                Some(_) => {}
            }
            let index = match first {
                First::Index(i) => i,
                _ => {
                    numbering.next += 1;
                    numbering.next - 1
                }
            };
            numbered(vm, index, source)?
        }
    };
    for part in parts {
        value = match part.map_err(|e| raise_format(vm, e))? {
            FieldPart::Attribute(name) => vm.get_attr(&value, &vm.intern_str(&vm.new_wtf8(name)))?,
            FieldPart::Key(key) => vm.get_item(&value, vm.new_wtf8(key).as_value())?,
            FieldPart::Index(i) => vm.get_item(&value, &vm.new_uint(i as u64))?,
        };
    }
    Ok(value)
}

fn named(vm: &Vm, key: &Gc<Str>, source: &Source<'_>) -> PyResult {
    match source {
        Source::Map(m) => vm.get_item(m, key.as_value()),
        Source::Call(args) => {
            let found = args
                .keywords()
                .find(|(k, _)| k.downcast::<Str>().is_some_and(|k| k.as_bytes() == key.as_bytes()));
            match found {
                Some((_, v)) => Ok(v.clone()),
                None => Err(vm.raise_args(&exc::KeyError, vec![key.to_value()])),
            }
        }
    }
}

fn numbered(vm: &Vm, index: usize, source: &Source<'_>) -> PyResult {
    match source {
        Source::Map(_) => Err(vm.value_error("Format string contains positional fields")),
        Source::Call(args) => match args.pos().get(index) {
            Some(v) => Ok(v.clone()),
            None => Err(vm.index_error(format_args!(
                "Replacement index {index} out of range for positional args tuple"
            ))),
        },
    }
}
