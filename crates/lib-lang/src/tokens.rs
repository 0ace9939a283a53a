//! `_tokenize`: the lexer as an iterator of tuples.

use std::cell::Cell;
use taipan_syntax::tokenize as tokenize_source;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The payload of `TokenizerIter`: the tokens of the whole source, read when the first one is asked for.
#[pytype(name = "TokenizerIter", module = "_tokenize", flags(GC, BASETYPE))]
#[derive(Trace)]
pub struct TokenizerIter {
    readline: Value,
    encoding: Option<String>,
    extra_tokens: bool,
    tokens: Guarded<Option<Vec<Value>>>,
    error: ValueCell,
    next: Cell<usize>,
}

impl TokenizerIter {
    /// All that `readline` gives.
    fn read(&self, vm: &Vm) -> PyResult<String> {
        let mut text = String::new();
        loop {
            let r = vm.call0(&self.readline);
            let Some(line) = vm.suppress(r, &exc::StopIteration)? else { break };
            let line = match (&self.encoding, line.downcast::<Str>()) {
                (None, Some(s)) => s.to_string_lossy().into_owned(),
                (None, None) => return Err(vm.type_error("readline() returned a non-string object")),
                (Some(encoding), None) if line.is_instance_of::<Bytes>() => {
                    let encoding = vm.new_str(encoding).into_value();
                    let text = vm.call_method(&line, "decode", &[encoding])?;
                    vm.str(&text)?.to_string_lossy().into_owned()
                }
                (Some(_), _) => return Err(vm.type_error("readline() returned a non-bytes object")),
            };
            if line.is_empty() {
                break;
            }
            text.push_str(&line);
        }
        Ok(text)
    }

    fn fill(&self, vm: &Vm) -> PyResult<()> {
        let source = self.read(vm)?;
        let (tokens, error) = tokenize_source(&source, self.extra_tokens);
        let pair = |(line, col): (u32, i32)| {
            vm.new_tuple(vec![vm.new_int(line as i64), vm.new_int(col as i64)]).into_value()
        };
        let rows = tokens
            .iter()
            .map(|t| {
                vm.new_tuple(vec![
                    vm.new_int(t.kind as i64),
                    vm.new_str(&t.string).into_value(),
                    pair(t.start),
                    pair(t.end),
                    vm.new_str(&t.line).into_value(),
                ])
                .into_value()
            })
            .collect();
        self.tokens.set(Some(rows));
        if let Some(e) = error {
            let number = |n: i64| if n < 0 { Value::NONE } else { vm.new_int(n) };
            let text = e.text.as_deref().map_or(Value::NONE, |t| vm.new_str(t).into_value());
            let details = vm.new_tuple(vec![
                vm.new_str("<string>").into_value(),
                number(e.lineno),
                number(e.offset),
                text,
                number(e.end_lineno),
                number(e.end_offset),
            ]);
            let class = match e.class_name() {
                "IndentationError" => &exc::IndentationError,
                "TabError" => &exc::TabError,
                _ => &exc::SyntaxError,
            };
            let cls = vm.type_for(class).into_value();
            let e = vm.call(&cls, &[vm.new_str(&e.msg).into_value(), details.into_value()])?;
            self.error.set(Some(e));
        }
        Ok(())
    }
}

fn iter(_vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(v.clone())
}

fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(t) = v.downcast::<TokenizerIter>() else { return Ok(None) };
    if t.tokens.with(Option::is_none) {
        t.fill(vm)?;
    }
    let at = t.next.get();
    if let Some(row) = t.tokens.with(|rows| rows.as_ref().and_then(|r| r.get(at).cloned())) {
        t.next.set(at + 1);
        return Ok(Some(row));
    }
    match t.error.take() {
        Some(e) => Err(vm.raise(e)),
        None => Ok(None),
    }
}

impl Slots for TokenizerIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(iter), iternext: Some(next), ..SlotDefs::NONE };
}

#[pymethods]
impl TokenizerIter {
    #[pynew("TokenizerIter(readline, /, *, encoding=None, extra_tokens=False)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        readline: &Value,
        encoding: Option<String>,
        extra_tokens: bool,
    ) -> PyResult<Value> {
        let body = TokenizerIter {
            readline: readline.clone(),
            encoding,
            extra_tokens,
            tokens: Guarded::new(None),
            error: ValueCell::empty(),
            next: Cell::new(0),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }
}

#[pymodule(name = "_tokenize")]
pub mod tokenize {
    use super::*;

    pytypes!(TokenizerIter);
}
