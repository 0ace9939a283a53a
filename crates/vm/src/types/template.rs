//! Template strings: `string.templatelib.Template` and `Interpolation`.

use crate::prelude::*;
use crate::types::generic_alias;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

/// Template object
#[pytype(name = "Template", module = "string.templatelib", flags(GC))]
pub struct Template {
    strings: Gc<Tuple>,
    interpolations: Gc<Tuple>,
}

impl Trace for Template {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.strings.trace(visit);
        self.interpolations.trace(visit);
    }
}

/// Interpolation object
#[pytype(name = "Interpolation", module = "string.templatelib", flags(GC))]
pub struct Interpolation {
    value: ValueCell,
    expression: Value,
    conversion: Value,
    format_spec: Value,
}

impl Trace for Interpolation {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.value.trace(visit);
        self.expression.trace(visit);
        self.conversion.trace(visit);
        self.format_spec.trace(visit);
    }
    fn unlink(&self) {
        self.value.unlink()
    }
}

#[pytype(name = "TemplateIter", module = "string.templatelib", flags(GC, NO_NEW), no_methods)]
pub struct TemplateIter {
    template: Gc<Template>,
    next: Cell<usize>,
    interpolation: Cell<bool>,
}

impl Trace for TemplateIter {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.template.trace(visit)
    }
}

impl Slots for TemplateIter {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(crate::types::iterators::itself),
        iternext: Some(template_next),
        ..SlotDefs::NONE
    };
}

/// Strings and interpolations by turns; empty strings are left out.
fn template_next(_: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(it) = v.downcast::<TemplateIter>() else { return Ok(None) };
    loop {
        let i = it.next.get();
        if it.interpolation.get() {
            let Some(x) = it.template.interpolations.get(i) else { return Ok(None) };
            it.interpolation.set(false);
            it.next.set(i + 1);
            return Ok(Some(x.clone()));
        }
        let Some(s) = it.template.strings.get(i) else { return Ok(None) };
        it.interpolation.set(true);
        if s.downcast::<Str>().is_some_and(|s| !s.is_empty()) {
            return Ok(Some(s.clone()));
        }
    }
}

impl Slots for Template {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(template_repr),
        iter: Some(template_iter),
        concat: Some(concat),
        ..SlotDefs::NONE
    };
}

impl Slots for Interpolation {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(interpolation_repr), ..SlotDefs::NONE };
}

fn wrong(vm: &Vm) -> crate::Raised {
    vm.type_error("wrong type of object")
}

fn template_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(t) = v.downcast::<Template>() else { return Err(wrong(vm)) };
    let mut out = Wtf8Buf::new();
    out.push_str("Template(strings=");
    out.push_wtf8(vm.repr(t.strings.as_value())?.as_wtf8());
    out.push_str(", interpolations=");
    out.push_wtf8(vm.repr(t.interpolations.as_value())?.as_wtf8());
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn interpolation_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(i) = v.downcast::<Interpolation>() else { return Err(wrong(vm)) };
    let value = i.value.get().unwrap_or(Value::NONE);
    let mut out = Wtf8Buf::new();
    out.push_str("Interpolation(");
    for (n, part) in [&value, &i.expression, &i.conversion, &i.format_spec].into_iter().enumerate() {
        if n > 0 {
            out.push_str(", ");
        }
        out.push_wtf8(vm.repr(part)?.as_wtf8());
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn template_iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(t) = v.downcast::<Template>() else { return Err(wrong(vm)) };
    let it = TemplateIter { template: t.clone(), next: Cell::new(0), interpolation: Cell::new(false) };
    Ok(vm.alloc(it).into_value())
}

fn joined(vm: &Vm, a: &Value, b: &Value) -> Value {
    let mut text = Wtf8Buf::new();
    for s in [a, b] {
        if let Some(s) = s.downcast::<Str>() {
            text.push_wtf8(s.as_wtf8());
        }
    }
    vm.new_wtf8_buf(text).into_value()
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Template>(), b.downcast::<Template>()) else {
        return Err(vm.type_error(format_args!(
            "can only concatenate string.templatelib.Template (not \"{}\") to string.templatelib.Template",
            qualified(vm, if a.is_instance_of::<Template>() { b } else { a })
        )));
    };
    let mut strings = x.strings.items().to_vec();
    let mut rest = y.strings.items().iter();
    let middle = match (strings.pop(), rest.next()) {
        (Some(a), Some(b)) => joined(vm, &a, b),
        _ => vm.names.empty.to_value(),
    };
    strings.push(middle);
    strings.extend(rest.cloned());
    let mut interpolations = x.interpolations.items().to_vec();
    interpolations.extend_from_slice(y.interpolations.items());
    Ok(new_template(vm, strings, interpolations))
}

fn qualified(vm: &Vm, v: &Value) -> String {
    let ty = vm.type_of(v);
    if !ty.is_heap_type() && ty.def.module != "builtins" {
        return format!("{}.{}", ty.def.module, ty.name());
    }
    ty.name()
}

fn new_template(vm: &Vm, strings: Vec<Value>, interpolations: Vec<Value>) -> Value {
    let (strings, interpolations) = (vm.new_tuple(strings), vm.new_tuple(interpolations));
    vm.alloc(Template { strings, interpolations }).into_value()
}

#[pymethods]
impl Template {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        if args.has_keywords() {
            return Err(vm.type_error("Template.__new__ only accepts *args arguments"));
        }
        let (mut strings, mut interpolations) = (vec![vm.names.empty.to_value()], Vec::new());
        for part in args.pos() {
            if part.is_instance_of::<Str>() {
                let before = strings.pop().unwrap_or_else(|| vm.names.empty.to_value());
                let text = match before.downcast::<Str>() {
                    Some(s) if s.is_empty() => part.clone(),
                    _ => joined(vm, &before, part),
                };
                strings.push(text);
            } else if part.is_instance_of::<Interpolation>() {
                interpolations.push(part.clone());
                strings.push(vm.names.empty.to_value());
            } else {
                return Err(vm.type_error(format_args!(
                    "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                    vm.type_of(part).name()
                )));
            }
        }
        Ok(new_template(vm, strings, interpolations))
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Template>) -> PyResult<Value> {
        let module = crate::modules::import_module(vm, "string.templatelib")?;
        let f = vm.get_attr_str(&module, "_template_unpickle")?;
        let parts = vm.new_tuple(vec![zelf.strings.to_value(), zelf.interpolations.to_value()]);
        Ok(vm.new_tuple(vec![f, parts.into_value()]).into_value())
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        generic_alias::make(vm, cls, object)
    }

    /// Strings
    #[pygetter("strings")]
    fn strings(_vm: &Vm, zelf: &Gc<Template>) -> Gc<Tuple> {
        zelf.strings.clone()
    }

    /// Interpolations
    #[pygetter("interpolations")]
    fn interpolations(_vm: &Vm, zelf: &Gc<Template>) -> Gc<Tuple> {
        zelf.interpolations.clone()
    }

    /// Values of interpolations
    #[pygetter("values")]
    fn values(vm: &Vm, zelf: &Gc<Template>) -> Gc<Tuple> {
        let value =
            |v: &Value| v.downcast::<Interpolation>().and_then(|i| i.value.get()).unwrap_or(Value::NONE);
        vm.new_tuple(zelf.interpolations.items().iter().map(value).collect())
    }
}

#[pymethods]
impl Interpolation {
    #[pynew("Interpolation(value, expression='', conversion=None, format_spec='')")]
    fn new(
        vm: &Vm,
        _cls: &Gc<Type>,
        value: &Value,
        expression: &Gc<Str>,
        conversion: &Value,
        format_spec: &Gc<Str>,
    ) -> PyResult<Value> {
        if !conversion.is_none() {
            let Some(c) = conversion.downcast::<Str>() else {
                return Err(vm.type_error(format_args!(
                    "Interpolation() argument 'conversion' must be str, not {}",
                    vm.type_of(conversion).name()
                )));
            };
            if !matches!(c.as_bytes(), b"s" | b"a" | b"r") {
                return Err(
                    vm.value_error("Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'")
                );
            }
        }
        make_interpolation(vm, value, expression.as_value(), conversion, format_spec.as_value())
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Interpolation>) -> Value {
        let parts = vec![
            zelf.value.get().unwrap_or(Value::NONE),
            zelf.expression.clone(),
            zelf.conversion.clone(),
            zelf.format_spec.clone(),
        ];
        let cls = vm.type_of(zelf.as_value()).to_value();
        vm.new_tuple(vec![cls, vm.new_tuple(parts).into_value()]).into_value()
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        generic_alias::make(vm, cls, object)
    }

    /// Value
    #[pygetter("value")]
    fn value(_vm: &Vm, zelf: &Gc<Interpolation>) -> Option<Value> {
        zelf.value.get()
    }

    /// Expression
    #[pygetter("expression")]
    fn expression(_vm: &Vm, zelf: &Gc<Interpolation>) -> Value {
        zelf.expression.clone()
    }

    /// Conversion
    #[pygetter("conversion")]
    fn conversion(_vm: &Vm, zelf: &Gc<Interpolation>) -> Value {
        zelf.conversion.clone()
    }

    /// Format specifier
    #[pygetter("format_spec")]
    fn format_spec(_vm: &Vm, zelf: &Gc<Interpolation>) -> Value {
        zelf.format_spec.clone()
    }

    #[pyconst("__match_args__")]
    fn match_args(vm: &Vm) -> Value {
        let names = ["value", "expression", "conversion", "format_spec"];
        vm.new_tuple(names.iter().map(|n| vm.intern(n).into_value()).collect()).into_value()
    }
}

/// What a template literal evaluates to: `strings` has one item more than `interpolations` (both tuples).
pub fn make_template(vm: &Vm, strings: &Value, interpolations: &Value) -> PyResult<Value> {
    let (strings, interpolations) = (vm.collect(strings)?, vm.collect(interpolations)?);
    Ok(new_template(vm, strings, interpolations))
}

/// A replacement field of a template literal. `conversion`: `None`, `"s"`, `"r"` or `"a"`.
pub fn make_interpolation(
    vm: &Vm,
    value: &Value,
    expression: &Value,
    conversion: &Value,
    format_spec: &Value,
) -> PyResult<Value> {
    let body = Interpolation {
        value: ValueCell::new(Some(value.clone())),
        expression: expression.clone(),
        conversion: conversion.clone(),
        format_spec: format_spec.clone(),
    };
    Ok(vm.alloc(body).into_value())
}
