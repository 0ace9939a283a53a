//! `XMLParser`: reads a document with the scanner of `expat` and builds a tree of it, or tells a target of the user's.

use super::PARSE_ERROR;
use super::builder::TreeBuilder;
use crate::expat::scan::{Event, Scanner, Token, pieces};
use crate::expat::{Fault, Input, text_of};
use std::rc::Rc;
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::prelude::*;

#[pytype(name = "XMLParser", module = "xml.etree.ElementTree", flags(BASETYPE, GC))]
#[derive(Trace, Default)]
pub struct XmlParser {
    feed: Feed,
    target: ValueCell,
    entity: ValueCell,
    /// Names as Python sees them, by the scanner's numbers.
    names: Guarded<Vec<Option<Value>>>,
    on_start: ValueCell,
    on_end: ValueCell,
    on_data: ValueCell,
    on_start_ns: ValueCell,
    on_end_ns: ValueCell,
    on_comment: ValueCell,
    on_pi: ValueCell,
    on_close: ValueCell,
    on_doctype: ValueCell,
}

/// The document; who reads it holds it too, since a target may call `__init__` again.
#[derive(Default)]
struct Feed(Guarded<Option<Rc<Input>>>);

impl Trace for Feed {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.with(|input| {
            if let Some(input) = input {
                input.trace(visit)
            }
        })
    }
    fn unlink(&self) {
        drop(self.0.take())
    }
}

/// A name with its namespace in braces.
fn universal(text: &str) -> String {
    if text.contains('}') { format!("{{{text}") } else { text.to_string() }
}

/// `ParseError` with the code and the position of a fault.
fn parse_error(vm: &Vm, code: i32, (line, column): (usize, usize), text: &str) -> Raised {
    let raised = vm.raise_new(&PARSE_ERROR, format_args!("{text}: line {line}, column {column}"));
    if let Some(e) = vm.raised_get() {
        let n = |n: usize| vm.new_int(n as i64);
        let position = vm.tuple_from_iter([n(line), n(column)].into_iter()).into_value();
        for (name, v) in [("code", vm.new_int(i64::from(code))), ("position", position)] {
            if vm.set_attr_str(&e, name, &v).is_err() {
                return Raised;
            }
        }
    }
    raised
}

/// One reading: the parser, the document and whom to tell.
struct Reading<'a> {
    vm: &'a Vm,
    parser: &'a Gc<XmlParser>,
    input: &'a Input,
    builder: Option<Gc<TreeBuilder>>,
}

impl Reading<'_> {
    fn text_of(&self, place: std::ops::Range<usize>, ascii: bool) -> Value {
        let vm = self.vm;
        self.input.scanner.with(|s| match ascii {
            true => vm.new_ascii(s.ascii(place)).into_value(),
            false => vm.new_str(s.slice(place)).into_value(),
        })
    }

    fn name(&self, id: u32) -> Value {
        let at = id as usize;
        if let Some(v) = self.parser.names.with(|n| n.get(at).cloned().flatten()) {
            return v;
        }
        let v = self.input.scanner.with(|s| self.vm.new_str(&universal(s.names.text(id)))).into_value();
        self.parser.names.with_mut(|n| {
            if n.len() <= at {
                n.resize(at + 1, None);
            }
            n[at] = Some(v.clone());
        });
        v
    }

    /// The attributes of the tag that was just read.
    fn attributes(&self) -> Option<Value> {
        let n = self.input.scanner.with(|s| s.attributes.len());
        if n == 0 {
            return None;
        }
        let d = self.vm.new_dict_for(n);
        for i in 0..n {
            let Some((key, place)) = self.input.scanner.with(|s| s.attributes.get(i).cloned()) else { break };
            self.add(&d, key, self.text_of(place, false));
        }
        Some(d.into_value())
    }

    fn add(&self, d: &Gc<Dict>, key: u32, value: Value) {
        if let Some(key) = self.name(key).downcast_exact::<Str>() {
            d.set_str(self.vm, key, value);
        }
    }

    fn tell(&self, token: Token) -> PyResult<()> {
        match token {
            Token::Text(place, ascii) => match &self.builder {
                Some(b) => {
                    if b.wants_text() {
                        b.text(self.text_of(place, ascii));
                    }
                    Ok(())
                }
                None if self.parser.on_data.is_some() => {
                    let text = self.input.scanner.with(|s| s.slice(place).to_string());
                    pieces(&text).try_for_each(|(part, _)| self.data(part))
                }
                None => Ok(()),
            },
            Token::Start(name) => self.start(name, self.attributes()),
            Token::End(name) => self.end(name),
            Token::Told(told) => self.event(told.event),
        }
    }

    fn start(&self, name: u32, attributes: Option<Value>) -> PyResult<()> {
        if let Some(b) = &self.builder {
            return b.begin(self.vm, &self.name(name), attributes).map(drop);
        }
        let Some(f) = self.parser.on_start.get() else { return Ok(()) };
        let attributes = attributes.unwrap_or_else(|| self.vm.new_dict().into_value());
        self.vm.call(&f, &[self.name(name), attributes]).map(drop)
    }

    fn end(&self, name: u32) -> PyResult<()> {
        if let Some(b) = &self.builder {
            return b.finish(self.vm).map(drop);
        }
        self.call(&self.parser.on_end, || vec![self.name(name)])
    }

    fn data(&self, text: &str) -> PyResult<()> {
        let text = || self.vm.new_str(text).into_value();
        if let Some(b) = &self.builder {
            if b.wants_text() {
                b.text(text());
            }
            return Ok(());
        }
        self.call(&self.parser.on_data, || vec![text()])
    }

    fn call(&self, handler: &ValueCell, args: impl FnOnce() -> Vec<Value>) -> PyResult<()> {
        match handler.get() {
            Some(f) => self.vm.call(&f, &args()).map(drop),
            None => Ok(()),
        }
    }

    fn event(&self, event: Event) -> PyResult<()> {
        let (vm, p) = (self.vm, self.parser);
        let s = |t: &str| vm.new_str(t).into_value();
        let or_none = |t: &Option<String>| t.as_deref().map_or(Value::NONE, s);
        let or_empty = |t: &Option<String>| s(t.as_deref().unwrap_or_default());
        let b = self.builder.as_ref();
        match event {
            Event::Start { name, attributes, .. } => {
                let dict = (!attributes.is_empty()).then(|| {
                    let d = vm.new_dict_for(attributes.len());
                    attributes.iter().for_each(|(k, v)| self.add(&d, *k, s(v)));
                    d.into_value()
                });
                self.start(name, dict)
            }
            Event::End(name) => self.end(name),
            Event::Characters(text) => self.data(&text),
            Event::StartNamespace(prefix, uri) => match b {
                Some(b) => b.events.tell(vm, &b.events.start_ns, || {
                    vm.tuple_from_iter([or_empty(&prefix), or_empty(&uri)].into_iter()).into_value()
                }),
                None => self.call(&p.on_start_ns, || vec![or_empty(&prefix), or_empty(&uri)]),
            },
            Event::EndNamespace(prefix) => match b {
                Some(b) => b.events.tell(vm, &b.events.end_ns, || Value::NONE),
                None => self.call(&p.on_end_ns, || vec![or_empty(&prefix)]),
            },
            Event::Comment(text) => match b {
                Some(b) => b.note(vm, &s(&text)).map(drop),
                None => self.call(&p.on_comment, || vec![s(&text)]),
            },
            Event::Instruction(target, text) => match b {
                Some(b) if b.events.pi.is_some() || b.insert_pis.get() => {
                    b.instruct(vm, &s(&target), &s(&text)).map(drop)
                }
                Some(_) => Ok(()),
                None => self.call(&p.on_pi, || vec![s(&target), s(&text)]),
            },
            Event::StartDoctype { name, system, public, .. } => {
                if p.on_doctype.is_some() {
                    let args = || vec![s(&universal(&name)), or_none(&public), or_none(&system)];
                    return self.call(&p.on_doctype, args);
                }
                self.ignored_doctype()
            }
            Event::Skipped(name, false) | Event::External { context: name, .. } => self.entity(&name),
            _ => Ok(()),
        }
    }

    /// Says that a method of a subclass has no effect.
    fn ignored_doctype(&self) -> PyResult<()> {
        if self.vm.lookup_attr_str(self.parser.as_value(), "doctype")?.is_none() {
            return Ok(());
        }
        let text = "The doctype() method of XMLParser is ignored.  Define doctype() method on the TreeBuilder target.";
        self.vm.warn(&exc::RuntimeWarning, text, 1)
    }

    /// An entity that the document does not define: the parser's `entity` may.
    fn entity(&self, name: &str) -> PyResult<()> {
        let vm = self.vm;
        let known = self.parser.entity.get();
        let found = match known.as_ref().and_then(|d| d.downcast::<Dict>()) {
            Some(d) => d.get(vm, vm.new_str(name).as_value())?,
            None => None,
        };
        let Some(value) = found else {
            let (line, column, _) = self.input.scanner.with_mut(|s| s.place(s.at));
            let shown: String = name.chars().take(98).collect();
            let text = format!("undefined entity &{shown};");
            return Err(parse_error(vm, crate::expat::scan::fault::UNDEFINED_ENTITY, (line, column), &text));
        };
        match &self.builder {
            Some(b) => {
                b.text(value);
                Ok(())
            }
            None => self.call(&self.parser.on_data, || vec![value]),
        }
    }
}

impl XmlParser {
    fn input(&self, vm: &Vm) -> PyResult<Rc<Input>> {
        match self.feed.0.with(Option::clone) {
            Some(input) => Ok(input),
            None => Err(vm.value_error("XMLParser.__init__() wasn't called")),
        }
    }

    fn builder(&self) -> Option<Gc<TreeBuilder>> {
        self.target.get()?.downcast_exact::<TreeBuilder>().cloned()
    }
}

/// Reads more. After an exception the rest of what was given is still read, but nobody is told.
fn parse(vm: &Vm, zelf: &Gc<XmlParser>, bytes: &[u8], last: bool) -> PyResult<()> {
    let input = zelf.input(vm)?;
    let reading = Reading { vm, parser: zelf, input: &input, builder: zelf.builder() };
    let mut pending = None;
    let r = input.parse(vm, bytes, last, |token| {
        if pending.is_none() && reading.tell(token).is_err() {
            pending = Some(vm.take_raised());
        }
        Ok(())
    });
    match (r, pending) {
        (Err(Fault::Raised(raised)), None) => Err(raised),
        (r, Some(e)) => {
            if let Err(Fault::Raised(Raised)) = r {
                drop(vm.take_raised());
            }
            Err(vm.raise(e))
        }
        (Err(Fault::Code(code)), None) => {
            let (line, column, _) = input.scanner.with_mut(|s| s.place(s.at));
            Err(parse_error(vm, code, (line, column), text_of(code).unwrap_or("unknown error")))
        }
        (Ok(()), None) => Ok(()),
    }
}

/// The end of the document.
fn finish(vm: &Vm, zelf: &Gc<XmlParser>) -> PyResult<Value> {
    parse(vm, zelf, b"", true)?;
    match (zelf.builder(), zelf.on_close.get()) {
        (Some(b), _) => b.done(vm),
        (None, Some(f)) => vm.call0(&f),
        (None, None) => Ok(Value::NONE),
    }
}

impl Slots for XmlParser {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

#[pymethods]
impl XmlParser {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, XmlParser::default())?.into_value())
    }

    #[pyinit("XMLParser(*, target=None, encoding=None)")]
    fn init(vm: &Vm, zelf: &Gc<XmlParser>, target: &Value, encoding: &Value) -> PyResult<()> {
        let encoding = match encoding.downcast::<Str>() {
            Some(s) => match s.as_str() {
                Some(text) => Some(text.to_string()),
                None => return Err(vm.surrogate_error(s)),
            },
            None if encoding.is_none() => None,
            None => {
                return Err(vm.type_error(format_args!(
                    "XMLParser() argument 'encoding' must be str or None, not {}",
                    vm.shown_type_name(encoding)
                )));
            }
        };
        let input = Rc::new(Input::new(Scanner::new(Some("}".to_string())), encoding));
        let target = match target.is_none() {
            true => vm.alloc(TreeBuilder::default()).into_value(),
            false => target.clone(),
        };
        zelf.entity.set(Some(vm.new_dict().into_value()));
        zelf.names.set(Vec::new());
        for (cell, name) in [
            (&zelf.on_start_ns, "start_ns"),
            (&zelf.on_end_ns, "end_ns"),
            (&zelf.on_start, "start"),
            (&zelf.on_data, "data"),
            (&zelf.on_end, "end"),
            (&zelf.on_comment, "comment"),
            (&zelf.on_pi, "pi"),
            (&zelf.on_close, "close"),
            (&zelf.on_doctype, "doctype"),
        ] {
            // A builder is spoken to directly.
            let found = match target.downcast_exact::<TreeBuilder>() {
                Some(_) => None,
                None => vm.lookup_attr_str(&target, name)?,
            };
            cell.set(found);
        }
        zelf.target.set(Some(target));
        zelf.feed.0.set(Some(input));
        Ok(())
    }

    #[pymember("target")]
    fn target(_vm: &Vm, zelf: &Gc<XmlParser>) -> Value {
        zelf.target.get().unwrap_or(Value::NONE)
    }

    #[pymember("entity")]
    fn entity(_vm: &Vm, zelf: &Gc<XmlParser>) -> Value {
        zelf.entity.get().unwrap_or(Value::NONE)
    }

    #[pygetter("version")]
    fn version(vm: &Vm, _zelf: &Gc<XmlParser>) -> Value {
        vm.new_str("Expat 2.7.3").into_value()
    }

    #[pymethod("feed($self, data, /)")]
    fn feed(vm: &Vm, zelf: &Gc<XmlParser>, data: &Value) -> PyResult<()> {
        let input = zelf.input(vm)?;
        if let Some(s) = data.downcast::<Str>() {
            let Some(text) = s.as_str() else { return Err(vm.surrogate_error(s)) };
            if text.is_empty() {
                return Ok(());
            }
            input.is_text();
            return parse(vm, zelf, text.as_bytes(), false);
        }
        let held = crate::buffers::data(vm, data)?;
        parse(vm, zelf, held.bytes(), false)
    }

    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<XmlParser>) -> PyResult<Value> {
        zelf.input(vm)?;
        finish(vm, zelf)
    }

    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Gc<XmlParser>) -> PyResult<()> {
        let input = zelf.input(vm)?;
        let before = input.deferral.replace(false);
        let r = parse(vm, zelf, b"", false);
        input.deferral.set(before);
        r
    }

    #[pymethod("_parse_whole($self, file, /)")]
    fn parse_whole(vm: &Vm, zelf: &Gc<XmlParser>, file: &Value) -> PyResult<Value> {
        zelf.input(vm)?;
        let read = vm.get_attr_str(file, "read")?;
        loop {
            let piece = vm.call1(&read, &vm.new_int(64 * 1024))?;
            let bytes = match (piece.downcast::<Str>(), piece.downcast::<Bytes>()) {
                (Some(s), _) => s.as_bytes(),
                (_, Some(b)) => b.as_bytes(),
                _ => break,
            };
            if bytes.is_empty() {
                break;
            }
            parse(vm, zelf, bytes, false)?;
        }
        parse(vm, zelf, b"", true)?;
        match zelf.builder() {
            Some(b) => b.done(vm),
            None => Ok(Value::NONE),
        }
    }

    #[pymethod("_setevents($self, events_queue, events_to_report=None, /)")]
    fn setevents(
        vm: &Vm,
        zelf: &Gc<XmlParser>,
        events_queue: &Value,
        events_to_report: &Value,
    ) -> PyResult<()> {
        zelf.input(vm)?;
        let Some(b) = zelf.builder() else {
            return Err(vm.type_error("event handling only supported for ElementTree.TreeBuilder targets"));
        };
        let append = vm.get_attr_str(events_queue, "append")?;
        let known = events_queue.downcast_exact::<crate::collections::deque::Deque>().is_some()
            || events_queue.downcast_exact::<List>().is_some();
        b.events.queue.set(Some(if known { events_queue.clone() } else { append }));
        b.events.clear();
        if events_to_report.is_none() {
            b.events.end.set(Some(vm.intern("end").into_value()));
            return Ok(());
        }
        for event in vm.sequence_fast(events_to_report, "events must be a sequence")? {
            let name = match (event.downcast::<Str>(), event.downcast::<Bytes>()) {
                (Some(s), _) => s.to_string_lossy().into_owned(),
                (_, Some(b)) => String::from_utf8_lossy(b.as_bytes()).into_owned(),
                _ => return Err(vm.value_error("invalid events sequence")),
            };
            let cell = match name.as_str() {
                "start" => &b.events.start,
                "end" => &b.events.end,
                "start-ns" => &b.events.start_ns,
                "end-ns" => &b.events.end_ns,
                "comment" => &b.events.comment,
                "pi" => &b.events.pi,
                _ => return Err(vm.value_error(format_args!("unknown event '{name}'"))),
            };
            cell.set(Some(event.clone()));
        }
        Ok(())
    }
}
