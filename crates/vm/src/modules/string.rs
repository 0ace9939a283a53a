//! `_string`: the pieces of format strings, for `string.Formatter`.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::str_methods::percent::raise_format;
use taipan_text::format::{FieldPart, First, MarkupIter, split_field_name};

fn text<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Str>> {
    match v.downcast::<Str>() {
        Some(s) => Ok(s),
        None => {
            Err(vm.raise_new(&exc::TypeError, format_args!("expected str, got {}", vm.type_of(v).name())))
        }
    }
}

/// The iterator that `formatter_parser` answers.
#[pytype(name = "formatteriterator", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct FormatterIterator {
    text: Gc<Str>,
    #[notrace]
    at: std::cell::Cell<usize>,
}

impl Slots for FormatterIterator {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(|_, v| Ok(v.clone())), iternext: Some(next), ..SlotDefs::NONE };
}

fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = crate::native::shell::object::<FormatterIterator>(vm, v, "__next__")?;
    let n = it.at.get();
    it.at.set(n + 1);
    // Format strings are short: reading on from the front keeps no borrow of the text between steps.
    let Some(piece) = MarkupIter::new(it.text.as_wtf8()).nth(n) else { return Ok(None) };
    let piece = piece.map_err(|e| raise_format(vm, e))?;
    let of = |t| vm.new_wtf8(t).into_value();
    let parts = match piece.field {
        None => vec![of(piece.text), Value::NONE, Value::NONE, Value::NONE],
        Some(f) => {
            let conversion = f.conversion.map_or(Value::NONE, |c| vm.char_str(c).into_value());
            vec![of(piece.text), of(f.name), of(f.spec), conversion]
        }
    };
    Ok(Some(vm.new_tuple(parts).into_value()))
}

/// The iterator over the later parts of a field's name.
#[pytype(name = "fieldnameiterator", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct FieldNameIterator {
    text: Gc<Str>,
    #[notrace]
    at: std::cell::Cell<usize>,
}

impl Slots for FieldNameIterator {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(|_, v| Ok(v.clone())), iternext: Some(next_part), ..SlotDefs::NONE };
}

fn next_part(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = crate::native::shell::object::<FieldNameIterator>(vm, v, "__next__")?;
    let n = it.at.get();
    it.at.set(n + 1);
    let (_, mut parts) = split_field_name(it.text.as_wtf8()).map_err(|e| raise_format(vm, e))?;
    let Some(part) = parts.nth(n) else { return Ok(None) };
    let (is_attr, value) = match part.map_err(|e| raise_format(vm, e))? {
        FieldPart::Attribute(name) => (true, vm.new_wtf8(name).into_value()),
        FieldPart::Key(key) => (false, vm.new_wtf8(key).into_value()),
        FieldPart::Index(i) => (false, vm.new_uint(i as u64)),
    };
    Ok(Some(vm.new_tuple(vec![Value::bool(is_attr), value]).into_value()))
}

/// string helper module
#[pymodule(name = "_string")]
pub mod string {
    use super::*;

    /// parse the argument as a format string
    #[pyfn("formatter_parser(object, /)")]
    fn formatter_parser(vm: &Vm, object: &Value) -> PyResult<Value> {
        let text = text(vm, object)?.clone();
        Ok(vm.alloc(FormatterIterator { text, at: Default::default() }).into_value())
    }

    /// split the argument as a field name
    #[pyfn("formatter_field_name_split(object, /)")]
    fn formatter_field_name_split(vm: &Vm, object: &Value) -> PyResult<Value> {
        let text = text(vm, object)?.clone();
        let (first, _) = split_field_name(text.as_wtf8()).map_err(|e| raise_format(vm, e))?;
        let first = match first {
            First::Empty => vm.names.empty.to_value(),
            First::Index(i) => vm.new_uint(i as u64),
            First::Name(name) => vm.new_wtf8(name).into_value(),
        };
        let rest = vm.alloc(FieldNameIterator { text, at: Default::default() }).into_value();
        (first, rest).into_py(vm)
    }
}
