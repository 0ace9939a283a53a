//! `re.Template`: a replacement with group references, parsed once.

use super::matches::Match;
use super::subject::Held;
use taipan_vm::prelude::*;

/// The payload: literal, group, literal, group, …, literal.
#[pytype(name = "Template", module = "re", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct Template {
    /// The text before the first group.
    head: Value,
    parts: Vec<(usize, Value)>,
}

impl Slots for Template {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

/// From the list that `re._parser.parse_template` makes: literals at even places, group numbers at odd ones.
pub fn make(vm: &Vm, _pattern: &Value, items: &[Value]) -> PyResult<Value> {
    let Some(head) = items.first() else { return Err(vm.type_error("invalid template")) };
    let mut parts = Vec::new();
    for pair in items[1..].chunks(2) {
        let [group, literal] = pair else { return Err(vm.type_error("invalid template")) };
        let Some(g) = group.as_int().and_then(|g| usize::try_from(g).ok()) else {
            return Err(vm.type_error("invalid template"));
        };
        parts.push((g, literal.clone()));
    }
    Ok(vm.alloc(Template { head: head.clone(), parts }).into_value())
}

/// The replacement for a match.
pub fn expand(vm: &Vm, template: &Value, m: &Gc<Match>) -> PyResult<Value> {
    let Some(t) = template.downcast::<Template>().cloned() else {
        return Err(vm.type_error("template must be a re.Template"));
    };
    if t.parts.is_empty() {
        return Ok(t.head.clone());
    }
    let mut pieces = vec![t.head.clone()];
    for (g, literal) in &t.parts {
        let v = m.group_value(vm, *g, &Value::NONE)?;
        if !v.is_none() {
            pieces.push(v);
        }
        pieces.push(literal.clone());
    }
    join(vm, &pieces, t.head.is_instance_of::<Str>())
}

/// Text or bytes put together.
pub fn join(vm: &Vm, pieces: &[Value], is_text: bool) -> PyResult<Value> {
    let wrong = |i: usize, what: &str, v: &Value| {
        vm.type_error(format_args!("sequence item {i}: expected {what}, {} found", vm.type_of(v).name()))
    };
    if is_text {
        let mut out = taipan_text::Wtf8Buf::new();
        for (i, p) in pieces.iter().enumerate() {
            match p.downcast::<Str>() {
                Some(s) => {
                    if out.try_reserve(s.byte_len()).is_err() {
                        return Err(vm.memory_error());
                    }
                    out.push_wtf8(s.as_wtf8())
                }
                None => return Err(wrong(i, "str instance", p)),
            }
        }
        return Ok(vm.new_wtf8_buf(out).into_value());
    }
    let mut out = Vec::new();
    for (i, p) in pieces.iter().enumerate() {
        if !vm.has_buffer(p) {
            return Err(wrong(i, "a bytes-like object", p));
        }
        let h = Held::new(vm, p, Some(false))?;
        if out.try_reserve(h.bytes().len()).is_err() {
            return Err(vm.memory_error());
        }
        out.extend_from_slice(h.bytes());
    }
    Ok(vm.new_bytes(&out).into_value())
}
