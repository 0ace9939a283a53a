//! `make_encoder`: writes values as JSON.

use super::text::{put, quote, quote_ascii, reserve};
use taipan_vm::native::FnDef;
use taipan_vm::prelude::*;
use taipan_vm::types::builtin_function::BuiltinFunction;
use taipan_vm::types::int::text::big_decimal;
use taipan_vm::types::numbers::{IntValue, float_value, int_value};
use taipan_vm::types::set::full_type_name;
use taipan_vm::types::sort::sort_items;

/// What writes strings.
#[derive(Clone, Copy, PartialEq)]
enum Quote {
    Ascii,
    Any,
    Call,
}

/// Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)
#[pytype(name = "Encoder", module = "_json", flags(GC))]
#[derive(Trace)]
pub struct Encoder {
    markers: Option<Gc<Dict>>,
    default: Value,
    encoder: Value,
    indent: Value,
    key_separator: Gc<Str>,
    item_separator: Gc<Str>,
    sort_keys: bool,
    skipkeys: bool,
    allow_nan: bool,
    #[notrace]
    quote: Quote,
}

impl Slots for Encoder {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call), ..SlotDefs::NONE };
}

/// Which of this module's functions a string encoder is.
fn quote_of(encoder: &Value) -> Quote {
    let def: Option<&'static FnDef> = encoder.downcast_exact::<BuiltinFunction>().and_then(|f| f.def());
    match def {
        Some(def) if matches!(def.owner, taipan_vm::native::Owner::Module("_json")) => match def.name {
            "encode_basestring_ascii" => Quote::Ascii,
            "encode_basestring" => Quote::Any,
            _ => Quote::Call,
        },
        _ => Quote::Call,
    }
}

#[pymethods]
impl Encoder {
    #[pynew(
        "make_encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the constructor's")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        markers: &Value,
        default: &Value,
        encoder: &Value,
        indent: &Value,
        key_separator: &Gc<Str>,
        item_separator: &Gc<Str>,
        sort_keys: bool,
        skipkeys: bool,
        allow_nan: bool,
    ) -> PyResult<Value> {
        let dict = markers.downcast::<Dict>();
        if dict.is_none() && !markers.is_none() {
            return Err(vm.type_error(format_args!(
                "make_encoder() argument 1 must be dict or None, not {}",
                vm.type_of(markers).tp_name()
            )));
        }
        let body = Encoder {
            markers: dict.cloned(),
            default: default.clone(),
            encoder: encoder.clone(),
            indent: indent.clone(),
            key_separator: key_separator.clone(),
            item_separator: item_separator.clone(),
            sort_keys,
            skipkeys,
            allow_nan,
            quote: quote_of(encoder),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// markers
    #[pygetter("markers")]
    fn markers(vm: &Vm, zelf: &Gc<Encoder>) -> Option<Value> {
        let _ = vm;
        zelf.markers.as_ref().map(|m| m.to_value())
    }

    /// default
    #[pygetter("default")]
    fn default(vm: &Vm, zelf: &Gc<Encoder>) -> Value {
        let _ = vm;
        zelf.default.clone()
    }

    /// encoder
    #[pygetter("encoder")]
    fn encoder(vm: &Vm, zelf: &Gc<Encoder>) -> Value {
        let _ = vm;
        zelf.encoder.clone()
    }

    /// indent
    #[pygetter("indent")]
    fn indent(vm: &Vm, zelf: &Gc<Encoder>) -> Value {
        let _ = vm;
        zelf.indent.clone()
    }

    /// key_separator
    #[pygetter("key_separator")]
    fn key_separator(vm: &Vm, zelf: &Gc<Encoder>) -> Value {
        let _ = vm;
        zelf.key_separator.to_value()
    }

    /// item_separator
    #[pygetter("item_separator")]
    fn item_separator(vm: &Vm, zelf: &Gc<Encoder>) -> Value {
        let _ = vm;
        zelf.item_separator.to_value()
    }

    /// sort_keys
    #[pygetter("sort_keys")]
    fn sort_keys(vm: &Vm, zelf: &Gc<Encoder>) -> bool {
        let _ = vm;
        zelf.sort_keys
    }

    /// skipkeys
    #[pygetter("skipkeys")]
    fn skipkeys(vm: &Vm, zelf: &Gc<Encoder>) -> bool {
        let _ = vm;
        zelf.skipkeys
    }
}

/// `encoder(obj, _current_indent_level)`: a tuple of the text.
fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let encoder = taipan_vm::native::shell::object::<Encoder>(vm, v, "Encoder")?;
    let named = |name: &str| {
        let is_it = |k: &Value| k.downcast::<Str>().is_some_and(|k| k.as_bytes() == name.as_bytes());
        args.keywords().find(|(k, _)| is_it(k)).map(|(_, v)| v.clone())
    };
    let pos = args.pos();
    let Some(obj) = pos.first().cloned().or_else(|| named("obj")) else {
        return Err(vm.type_error("_iterencode() missing required argument 'obj' (pos 1)"));
    };
    let Some(level) = pos.get(1).cloned().or_else(|| named("_current_indent_level")) else {
        return Err(vm.type_error("_iterencode() missing required argument '_current_indent_level' (pos 2)"));
    };
    if args.all.len() > 2 {
        return Err(
            vm.type_error(format_args!("_iterencode() takes at most 2 arguments ({} given)", args.all.len()))
        );
    }
    let level = usize::try_from(isize::from_arg(vm, &level)?).unwrap_or(0);
    let indent = match encoder.indent.downcast::<Str>() {
        Some(s) => Some(s),
        None if encoder.indent.is_none() => None,
        None => {
            return Err(vm.type_error(format_args!(
                "can't multiply sequence by non-int of type '{}'",
                vm.type_of(&encoder.indent).tp_name()
            )));
        }
    };
    let mut run = Run { vm, encoder, indent, out: Vec::new(), level };
    run.value(&obj)?;
    let text = vm.new_text_bytes(&run.out)?;
    Ok(vm.new_tuple(vec![text.into_value()]).into_value())
}

/// Says during what an exception came up.
#[cold]
fn add_note(vm: &Vm, note: &str) -> Raised {
    let e = vm.take_raised();
    match vm.call_method(&e, "add_note", &[vm.new_str(note).into_value()]) {
        Ok(_) => vm.reraise(e),
        Err(raised) => raised,
    }
}

struct Run<'a> {
    vm: &'a Vm,
    encoder: &'a Encoder,
    indent: Option<&'a Gc<Str>>,
    out: Vec<u8>,
    level: usize,
}

impl Run<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> PyResult<()> {
        put(self.vm, &mut self.out, bytes)
    }

    fn value(&mut self, v: &Value) -> PyResult<()> {
        let vm = self.vm;
        if v.is_none() {
            return self.put(b"null");
        }
        if let Some(b) = v.as_bool() {
            return self.put(if b { b"true" } else { b"false" });
        }
        if let Some(n) = v.as_int() {
            return self.int(n);
        }
        if let Some(s) = v.downcast::<Str>() {
            return self.string(s);
        }
        if let Some(n) = int_value(v) {
            return match n {
                IntValue::Small(n) => self.int(n),
                IntValue::Big(n) => self.put(big_decimal(vm, n)?.as_bytes()),
            };
        }
        if let Some(f) = float_value(v) {
            return self.float(v, f);
        }
        const DEEP: &str = " while encoding a JSON object";
        if v.downcast::<List>().is_some() || v.downcast::<Tuple>().is_some() {
            return vm.recurse(DEEP, || self.list(v));
        }
        if let Some(d) = v.downcast::<Dict>() {
            return vm.recurse(DEEP, || self.dict(d));
        }
        self.other(v)
    }

    /// What only `default` knows.
    fn other(&mut self, v: &Value) -> PyResult<()> {
        let vm = self.vm;
        let mark = self.enter(v)?;
        let new = vm.call1(&self.encoder.default, v)?;
        if vm.recurse(" while encoding a JSON object", || self.value(&new)).is_err() {
            return Err(add_note(vm, &format!("when serializing {} object", full_type_name(vm, v))));
        }
        self.leave(mark)
    }

    /// Remembers an object that is being written; `ValueError` if it is one of those.
    fn enter(&self, v: &Value) -> PyResult<Option<Value>> {
        let Some(markers) = &self.encoder.markers else { return Ok(None) };
        let mark = self.vm.new_uint(v.bits());
        if markers.get(self.vm, &mark)?.is_some() {
            return Err(self.vm.value_error("Circular reference detected"));
        }
        markers.set(self.vm, &mark, v.clone())?;
        Ok(Some(mark))
    }

    fn leave(&self, mark: Option<Value>) -> PyResult<()> {
        if let (Some(markers), Some(mark)) = (&self.encoder.markers, mark)
            && markers.remove(self.vm, &mark)?.is_none()
        {
            return Err(self.vm.key_error(&mark));
        }
        Ok(())
    }

    #[inline]
    fn string(&mut self, s: &Gc<Str>) -> PyResult<()> {
        match self.encoder.quote {
            Quote::Ascii => quote_ascii(self.vm, &mut self.out, s),
            Quote::Any => quote(self.vm, &mut self.out, s),
            Quote::Call => {
                let r = self.vm.call1(&self.encoder.encoder, s.as_value())?;
                match r.downcast::<Str>() {
                    Some(text) => self.put(text.as_bytes()),
                    None => Err(self.vm.type_error(format_args!(
                        "encoder() must return a string, not {}",
                        self.vm.type_of(&r).tp_name()
                    ))),
                }
            }
        }
    }

    fn int(&mut self, n: i64) -> PyResult<()> {
        reserve(self.vm, &mut self.out, 20)?;
        push_int(&mut self.out, n);
        Ok(())
    }

    fn float(&mut self, v: &Value, f: f64) -> PyResult<()> {
        if f.is_finite() {
            return self.put(taipan_text::number::repr_float(f).as_bytes());
        }
        if !self.encoder.allow_nan {
            let shown = self.vm.repr_text(v)?;
            return Err(self
                .vm
                .value_error(format_args!("Out of range float values are not JSON compliant: {shown}")));
        }
        self.put(if f.is_nan() {
            b"NaN"
        } else if f > 0.0 {
            b"Infinity"
        } else {
            b"-Infinity"
        })
    }

    /// A line's end and the indentation of the next one.
    fn new_line(&mut self) -> PyResult<()> {
        let Some(indent) = self.indent else { return Ok(()) };
        self.put(b"\n")?;
        for _ in 0..self.level {
            self.put(indent.as_bytes())?;
        }
        Ok(())
    }

    fn separator(&mut self) -> PyResult<()> {
        self.put(self.encoder.item_separator.as_bytes())?;
        self.new_line()
    }

    fn list(&mut self, v: &Value) -> PyResult<()> {
        let vm = self.vm;
        // A list may change while it is written.
        let item_at = |i: usize| match v.downcast::<List>() {
            Some(l) => l.get(i),
            None => v.downcast::<Tuple>().and_then(|t| t.get(i).cloned()),
        };
        let Some(mut item) = item_at(0) else { return self.put(b"[]") };
        let mark = self.enter(v)?;
        self.put(b"[")?;
        self.level += 1;
        self.new_line()?;
        let mut i = 0;
        loop {
            if self.value(&item).is_err() {
                return Err(add_note(vm, &format!("when serializing {} item {i}", full_type_name(vm, v))));
            }
            i += 1;
            match item_at(i) {
                Some(next) => item = next,
                None => break,
            }
            self.separator()?;
        }
        self.leave(mark)?;
        self.level -= 1;
        self.new_line()?;
        self.put(b"]")
    }

    fn dict(&mut self, d: &Gc<Dict>) -> PyResult<()> {
        let vm = self.vm;
        if d.is_empty() {
            return self.put(b"{}");
        }
        let mark = self.enter(d.as_value())?;
        self.put(b"{")?;
        self.level += 1;
        let mut first = true;
        if self.encoder.sort_keys || d.as_value().downcast_exact::<Dict>().is_none() {
            for item in self.items(d)? {
                match item.downcast::<Tuple>().map(|t| t.items()) {
                    Some([key, value]) => self.member(d, key, value, &mut first)?,
                    _ => return Err(vm.value_error("items must return 2-tuples")),
                }
            }
        } else {
            let mut at = 0;
            while let Some((i, key, value)) = d.table.next_entry(at) {
                at = i + 1;
                self.member(d, &key, &value.unwrap_or(Value::NONE), &mut first)?;
            }
        }
        self.leave(mark)?;
        self.level -= 1;
        if !first {
            self.new_line()?;
        }
        self.put(b"}")
    }

    /// The items of a mapping as it shows them, sorted on demand.
    fn items(&self, d: &Gc<Dict>) -> PyResult<Vec<Value>> {
        let vm = self.vm;
        let mut items = if d.as_value().downcast_exact::<Dict>().is_some() {
            let pairs = d.pairs().into_iter();
            pairs.map(|(k, v)| vm.new_tuple(vec![k, v]).into_value()).collect()
        } else {
            vm.collect(&vm.call_method_name(d.as_value(), &vm.names.items, &[])?)?
        };
        if self.encoder.sort_keys {
            sort_items(vm, &mut items, None, false)?;
        }
        Ok(items)
    }

    fn member(&mut self, d: &Gc<Dict>, key: &Value, value: &Value, first: &mut bool) -> PyResult<()> {
        let vm = self.vm;
        let made;
        let text = match key.downcast::<Str>() {
            Some(s) => s,
            None => match self.key_text(key)? {
                Some(s) => {
                    made = s;
                    &made
                }
                None => return Ok(()),
            },
        };
        if *first {
            *first = false;
            self.new_line()?;
        } else {
            self.separator()?;
        }
        self.string(text)?;
        self.put(self.encoder.key_separator.as_bytes())?;
        if self.value(value).is_err() {
            let e = vm.take_raised();
            let note =
                format!("when serializing {} item {}", full_type_name(vm, d.as_value()), vm.repr_text(key)?);
            let _ = vm.reraise(e);
            return Err(add_note(vm, &note));
        }
        Ok(())
    }

    /// A key that is no string as one; `None` if it is to be left out.
    fn key_text(&self, key: &Value) -> PyResult<Option<Gc<Str>>> {
        let vm = self.vm;
        let mut run = Run { vm, encoder: self.encoder, indent: None, out: Vec::new(), level: 0 };
        if key.is_none() || int_value(key).is_some() || float_value(key).is_some() {
            run.value(key)?;
            return Ok(Some(vm.new_text_bytes(&run.out)?));
        }
        if self.encoder.skipkeys {
            return Ok(None);
        }
        Err(vm.type_error(format_args!(
            "keys must be str, int, float, bool or None, not {}",
            vm.type_of(key).tp_name()
        )))
    }
}

/// Appends decimal digits.
fn push_int(out: &mut Vec<u8>, n: i64) {
    let mut buf = [0u8; 20];
    let mut at = buf.len();
    let mut rest = n.unsigned_abs();
    while at > 0 {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(buf.get(at..).unwrap_or_default());
}
