//! `pyexpat`: the parser object that tells handlers what `scan.rs` reads; encodings; the tables of constants.

mod input;
pub mod scan;

use crate::buffers::data;
pub use input::{Fault, Input};
use scan::{Event, Model, Scanner, Token, Told};
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub ERROR = "xml.parsers.expat", "ExpatError"(&exc::Exception) "");

const START_ELEMENT: usize = 0;
const END_ELEMENT: usize = 1;
const INSTRUCTION: usize = 2;
const CHARACTERS: usize = 3;
const UNPARSED: usize = 4;
const NOTATION: usize = 5;
const START_NAMESPACE: usize = 6;
const END_NAMESPACE: usize = 7;
const COMMENT: usize = 8;
const START_CDATA: usize = 9;
const END_CDATA: usize = 10;
const DEFAULT: usize = 11;
const DEFAULT_EXPAND: usize = 12;
const EXTERNAL: usize = 14;
const START_DOCTYPE: usize = 15;
const END_DOCTYPE: usize = 16;
const ENTITY: usize = 17;
const XML_DECLARATION: usize = 18;
const ELEMENT: usize = 19;
const ATTLIST: usize = 20;
const SKIPPED: usize = 21;

const HANDLERS: [&str; 22] = [
    "StartElementHandler",
    "EndElementHandler",
    "ProcessingInstructionHandler",
    "CharacterDataHandler",
    "UnparsedEntityDeclHandler",
    "NotationDeclHandler",
    "StartNamespaceDeclHandler",
    "EndNamespaceDeclHandler",
    "CommentHandler",
    "StartCdataSectionHandler",
    "EndCdataSectionHandler",
    "DefaultHandler",
    "DefaultHandlerExpand",
    "NotStandaloneHandler",
    "ExternalEntityRefHandler",
    "StartDoctypeDeclHandler",
    "EndDoctypeDeclHandler",
    "EntityDeclHandler",
    "XmlDeclHandler",
    "ElementDeclHandler",
    "AttlistDeclHandler",
    "SkippedEntityHandler",
];

/// Expat's texts, by number.
const TEXTS: [(&str, &str); 45] = [
    ("", ""),
    ("XML_ERROR_NO_MEMORY", "out of memory"),
    ("XML_ERROR_SYNTAX", "syntax error"),
    ("XML_ERROR_NO_ELEMENTS", "no element found"),
    ("XML_ERROR_INVALID_TOKEN", "not well-formed (invalid token)"),
    ("XML_ERROR_UNCLOSED_TOKEN", "unclosed token"),
    ("XML_ERROR_PARTIAL_CHAR", "partial character"),
    ("XML_ERROR_TAG_MISMATCH", "mismatched tag"),
    ("XML_ERROR_DUPLICATE_ATTRIBUTE", "duplicate attribute"),
    ("XML_ERROR_JUNK_AFTER_DOC_ELEMENT", "junk after document element"),
    ("XML_ERROR_PARAM_ENTITY_REF", "illegal parameter entity reference"),
    ("XML_ERROR_UNDEFINED_ENTITY", "undefined entity"),
    ("XML_ERROR_RECURSIVE_ENTITY_REF", "recursive entity reference"),
    ("XML_ERROR_ASYNC_ENTITY", "asynchronous entity"),
    ("XML_ERROR_BAD_CHAR_REF", "reference to invalid character number"),
    ("XML_ERROR_BINARY_ENTITY_REF", "reference to binary entity"),
    ("XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF", "reference to external entity in attribute"),
    ("XML_ERROR_MISPLACED_XML_PI", "XML or text declaration not at start of entity"),
    ("XML_ERROR_UNKNOWN_ENCODING", "unknown encoding"),
    ("XML_ERROR_INCORRECT_ENCODING", "encoding specified in XML declaration is incorrect"),
    ("XML_ERROR_UNCLOSED_CDATA_SECTION", "unclosed CDATA section"),
    ("XML_ERROR_EXTERNAL_ENTITY_HANDLING", "error in processing external entity reference"),
    ("XML_ERROR_NOT_STANDALONE", "document is not standalone"),
    ("XML_ERROR_UNEXPECTED_STATE", "unexpected parser state - please send a bug report"),
    ("XML_ERROR_ENTITY_DECLARED_IN_PE", "entity declared in parameter entity"),
    ("XML_ERROR_FEATURE_REQUIRES_XML_DTD", "requested feature requires XML_DTD support in Expat"),
    ("XML_ERROR_CANT_CHANGE_FEATURE_ONCE_PARSING", "cannot change setting once parsing has begun"),
    ("XML_ERROR_UNBOUND_PREFIX", "unbound prefix"),
    ("XML_ERROR_UNDECLARING_PREFIX", "must not undeclare prefix"),
    ("XML_ERROR_INCOMPLETE_PE", "incomplete markup in parameter entity"),
    ("XML_ERROR_XML_DECL", "XML declaration not well-formed"),
    ("XML_ERROR_TEXT_DECL", "text declaration not well-formed"),
    ("XML_ERROR_PUBLICID", "illegal character(s) in public id"),
    ("XML_ERROR_SUSPENDED", "parser suspended"),
    ("XML_ERROR_NOT_SUSPENDED", "parser not suspended"),
    ("XML_ERROR_ABORTED", "parsing aborted"),
    ("XML_ERROR_FINISHED", "parsing finished"),
    ("XML_ERROR_SUSPEND_PE", "cannot suspend in external parameter entity"),
    (
        "XML_ERROR_RESERVED_PREFIX_XML",
        "reserved prefix (xml) must not be undeclared or bound to another namespace name",
    ),
    ("XML_ERROR_RESERVED_PREFIX_XMLNS", "reserved prefix (xmlns) must not be declared or undeclared"),
    ("XML_ERROR_RESERVED_NAMESPACE_URI", "prefix must not be bound to one of the reserved namespace names"),
    ("XML_ERROR_INVALID_ARGUMENT", "invalid argument"),
    ("XML_ERROR_NO_BUFFER", "a successful prior call to function XML_GetBuffer was required"),
    (
        "XML_ERROR_AMPLIFICATION_LIMIT_BREACH",
        "limit on input amplification factor (from DTD and entities) breached",
    ),
    ("XML_ERROR_NOT_STARTED", "parser not started"),
];

const UNKNOWN_ENCODING: i32 = 18;
const EXTERNAL_HANDLING: i32 = 21;
const FINISHED: i32 = 36;

pub fn text_of(code: i32) -> Option<&'static str> {
    let (name, text) = *TEXTS.get(usize::try_from(code).ok()?)?;
    (!name.is_empty()).then_some(text)
}

/// XML parser
#[pytype(name = "xmlparser", module = "pyexpat", flags(GC, NO_NEW))]
pub struct Parser {
    input: Input,
    handlers: Guarded<Vec<Option<Value>>>,
    intern: Value,
    base: ValueCell,
    /// Names by the scanner's numbers.
    names: Guarded<Vec<Option<Value>>>,
    text: Guarded<String>,
    buffer_text: Cell<bool>,
    buffer_size: Cell<usize>,
    ordered: Cell<bool>,
    specified: Cell<bool>,
    prefixes: Cell<bool>,
    error: Cell<i32>,
    error_at: Cell<(usize, usize, usize)>,
}

impl Trace for Parser {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.handlers.trace(visit);
        visit(&self.intern);
        self.base.trace(visit);
        self.names.trace(visit);
        self.input.trace(visit);
    }
    fn unlink(&self) {
        let old = self.handlers.with_mut(|h| h.iter_mut().map(Option::take).collect::<Vec<_>>());
        drop(old);
    }
}

impl Parser {
    fn of(scanner: Scanner, encoding: Option<String>, intern: Value) -> Parser {
        Parser {
            input: Input::new(scanner, encoding),
            handlers: Guarded::new(vec![None; HANDLERS.len()]),
            intern,
            base: ValueCell::empty(),
            names: Guarded::default(),
            text: Guarded::default(),
            buffer_text: Cell::new(false),
            buffer_size: Cell::new(8192),
            ordered: Cell::new(false),
            specified: Cell::new(false),
            prefixes: Cell::new(false),
            error: Cell::new(0),
            error_at: Cell::new((1, 0, 0)),
        }
    }

    fn handler(&self, i: usize) -> Option<Value> {
        self.handlers.with(|h| h.get(i).cloned().flatten())
    }

    /// A name, the same object each time.
    fn name(&self, vm: &Vm, text: &str) -> PyResult<Value> {
        let fresh = vm.new_str(text).into_value();
        let Some(d) = self.intern.downcast::<Dict>() else { return Ok(fresh) };
        if let Some(v) = d.get(vm, &fresh)? {
            return Ok(v);
        }
        d.set(vm, &fresh, fresh.clone())?;
        Ok(fresh)
    }

    fn fail(&self, vm: &Vm, code: i32, at: (usize, usize, usize)) -> Raised {
        self.error.set(code);
        self.error_at.set(at);
        self.input.finished.set(true);
        let (line, column, _) = at;
        let text = text_of(code).unwrap_or("unknown error");
        let raised = vm.raise_new(&ERROR, format_args!("{text}: line {line}, column {column}"));
        if let Some(e) = vm.raised_get() {
            let n = |n: usize| vm.new_int(n as i64);
            for (name, v) in
                [("code", vm.new_int(i64::from(code))), ("lineno", n(line)), ("offset", n(column))]
            {
                if vm.set_attr_str(&e, name, &v).is_err() {
                    return Raised;
                }
            }
        }
        raised
    }

    fn flush(&self, vm: &Vm) -> PyResult<()> {
        let text = self.text.take();
        match self.handler(CHARACTERS) {
            Some(f) if !text.is_empty() => vm.call1(&f, vm.new_str(&text).as_value()).map(drop),
            _ => Ok(()),
        }
    }

    fn call(&self, vm: &Vm, i: usize, args: &[Value]) -> PyResult<Option<Value>> {
        let Some(f) = self.handler(i) else { return Ok(None) };
        self.flush(vm)?;
        vm.call(&f, args).map(Some)
    }

    fn default(&self, vm: &Vm, raw: &str) -> PyResult<()> {
        if raw.is_empty() {
            return Ok(());
        }
        let Some(f) = self.handler(DEFAULT_EXPAND).or_else(|| self.handler(DEFAULT)) else { return Ok(()) };
        self.flush(vm)?;
        vm.call1(&f, vm.new_str(raw).as_value()).map(drop)
    }

    fn tell(&self, vm: &Vm, told: Told) -> PyResult<()> {
        let s = |t: &str| vm.new_str(t).into_value();
        let o = |t: &Option<String>| t.as_ref().map_or(Value::NONE, |t| vm.new_str(t).into_value());
        let base = || self.base.get().unwrap_or(Value::NONE);
        let n = |n: i32| vm.new_int(i64::from(n));
        let done = match told.event {
            Event::Start { name, attributes, specified } => {
                if self.handler(START_ELEMENT).is_none() {
                    return self.default(vm, &told.raw);
                }
                let shown = if self.specified.get() { specified } else { attributes.len() };
                let pairs = attributes.iter().take(shown).map(|(k, v)| (*k, s(v))).collect();
                self.start(vm, name, pairs)?
            }
            Event::End(name) => {
                if self.handler(END_ELEMENT).is_none() {
                    return self.default(vm, &told.raw);
                }
                self.call(vm, END_ELEMENT, &[self.numbered(vm, name)?])?
            }
            Event::Characters(text) => match self.handler(CHARACTERS) {
                None => None,
                Some(f) => return self.characters(vm, &f, &text),
            },
            Event::Instruction(target, data) => {
                self.call(vm, INSTRUCTION, &[self.name(vm, &target)?, s(&data)])?
            }
            Event::Comment(text) => self.call(vm, COMMENT, &[s(&text)])?,
            Event::StartCdata => self.call(vm, START_CDATA, &[])?,
            Event::EndCdata => self.call(vm, END_CDATA, &[])?,
            Event::StartNamespace(prefix, uri) => self.call(vm, START_NAMESPACE, &[o(&prefix), o(&uri)])?,
            Event::EndNamespace(prefix) => self.call(vm, END_NAMESPACE, &[o(&prefix)])?,
            Event::Declaration { version, encoding, standalone } => {
                self.call(vm, XML_DECLARATION, &[o(&version), o(&encoding), n(standalone)])?
            }
            Event::StartDoctype { name, system, public, internal } => {
                let args = [self.name(vm, &name)?, o(&system), o(&public), n(i32::from(internal))];
                self.call(vm, START_DOCTYPE, &args)?
            }
            Event::EndDoctype => self.call(vm, END_DOCTYPE, &[])?,
            Event::Entity { name, parameter, value, system, public, notation } => {
                let name = self.name(vm, &name)?;
                if notation.is_some() && self.handler(UNPARSED).is_some() {
                    self.call(vm, UNPARSED, &[name, base(), o(&system), o(&public), o(&notation)])?
                } else {
                    let parameter = n(i32::from(parameter));
                    let args = [name, parameter, o(&value), base(), o(&system), o(&public), o(&notation)];
                    self.call(vm, ENTITY, &args)?
                }
            }
            Event::Notation { name, system, public } => {
                self.call(vm, NOTATION, &[self.name(vm, &name)?, base(), o(&system), o(&public)])?
            }
            Event::Element { name, model } => {
                let model = shown_model(vm, &model);
                self.call(vm, ELEMENT, &[self.name(vm, &name)?, model])?
            }
            Event::Attribute { element, name, kind, default, required } => {
                let (element, name) = (self.name(vm, &element)?, self.name(vm, &name)?);
                self.call(vm, ATTLIST, &[element, name, s(&kind), o(&default), n(i32::from(required))])?
            }
            Event::External { context, system, public } => {
                let made = self.call(vm, EXTERNAL, &[s(&context), base(), o(&system), o(&public)])?;
                if let Some(v) = &made
                    && vm.index_i64(v, "Python int too large to convert to C long")? == 0
                {
                    let at = self.input.scanner.with_mut(|s| s.place(s.at));
                    return Err(self.fail(vm, EXTERNAL_HANDLING, at));
                }
                made
            }
            Event::Skipped(name, parameter) => self.call(vm, SKIPPED, &[s(&name), Value::bool(parameter)])?,
            Event::Other => None,
        };
        match done {
            Some(_) => Ok(()),
            None => self.default(vm, &told.raw),
        }
    }

    fn parse(&self, vm: &Vm, bytes: &[u8], last: bool) -> PyResult<Value> {
        self.prepare();
        let r = self.input.parse(vm, bytes, last, |token| {
            let r = self.hear(vm, token);
            self.prepare();
            r
        });
        match r {
            Ok(()) => self.flush(vm)?,
            Err(Fault::Raised(raised)) => return Err(raised),
            Err(Fault::Code(code)) => {
                if code != FINISHED {
                    self.flush(vm)?;
                }
                let at = self.input.scanner.with_mut(|s| s.place(s.at));
                return Err(self.fail(vm, code, at));
            }
        }
        Ok(vm.new_int(1))
    }

    /// Tells the scanner what is wanted, which handlers may change.
    fn prepare(&self) {
        let raw = self.handler(DEFAULT).is_some() || self.handler(DEFAULT_EXPAND).is_some();
        let expand = self.handler(DEFAULT).is_none();
        let triplets = self.prefixes.get();
        self.input.scanner.with_mut(|s| (s.raw, s.expand, s.triplets) = (raw, expand, triplets));
    }

    /// What was read, to those who want to hear of it.
    fn hear(&self, vm: &Vm, token: Token) -> PyResult<()> {
        match token {
            Token::Told(told) => self.tell(vm, *told),
            Token::Text(place, _) => {
                let Some(f) = self.handler(CHARACTERS) else { return Ok(()) };
                let text = self.input.scanner.with(|s| s.slice(place).to_string());
                for (part, len) in scan::pieces(&text) {
                    self.characters(vm, &f, part)?;
                    self.input.scanner.with_mut(|s| s.at += len);
                }
                Ok(())
            }
            Token::Start(name) => {
                if self.handler(START_ELEMENT).is_none() {
                    return Ok(());
                }
                let pairs = self.input.scanner.with(|s| {
                    let value = |place| vm.new_str(s.slice(place)).into_value();
                    s.attributes.iter().map(|(k, v)| (*k, value(v.clone()))).collect::<Vec<_>>()
                });
                self.start(vm, name, pairs).map(drop)
            }
            Token::End(name) => {
                if self.handler(END_ELEMENT).is_some() {
                    self.call(vm, END_ELEMENT, &[self.numbered(vm, name)?])?;
                }
                Ok(())
            }
        }
    }

    fn start(&self, vm: &Vm, name: u32, pairs: Vec<(u32, Value)>) -> PyResult<Option<Value>> {
        let name = self.numbered(vm, name)?;
        let list = if self.ordered.get() {
            let mut out = Vec::with_capacity(pairs.len() * 2);
            for (k, v) in pairs {
                out.push(self.numbered(vm, k)?);
                out.push(v);
            }
            vm.new_list(out).into_value()
        } else {
            let d = vm.new_dict();
            for (k, v) in pairs {
                d.set(vm, &self.numbered(vm, k)?, v)?;
            }
            d.into_value()
        };
        self.call(vm, START_ELEMENT, &[name, list])
    }

    fn characters(&self, vm: &Vm, f: &Value, text: &str) -> PyResult<()> {
        let whole = || vm.new_str(text).into_value();
        if !self.buffer_text.get() {
            return vm.call1(f, &whole()).map(drop);
        }
        let size = self.buffer_size.get();
        if self.text.with(|t| t.len() + text.len() > size) {
            self.flush(vm)?;
        }
        if text.len() > size {
            return vm.call1(f, &whole()).map(drop);
        }
        self.text.with_mut(|t| t.push_str(text));
        Ok(())
    }

    /// A name that the scanner has a number for, as an object.
    fn numbered(&self, vm: &Vm, id: u32) -> PyResult<Value> {
        let at = id as usize;
        if let Some(v) = self.names.with(|n| n.get(at).cloned().flatten()) {
            return Ok(v);
        }
        let text = self.input.scanner.with(|s| s.names.text(id).to_string());
        let v = self.name(vm, &text)?;
        self.names.with_mut(|n| {
            if n.len() <= at {
                n.resize(at + 1, None);
            }
            n[at] = Some(v.clone());
        });
        Ok(v)
    }
}

fn shown_model(vm: &Vm, m: &Model) -> Value {
    let children = vm.new_tuple(m.children.iter().map(|c| shown_model(vm, c)).collect()).into_value();
    let name = m.name.as_ref().map_or(Value::NONE, |n| vm.new_str(n).into_value());
    let n = |n: i32| vm.new_int(i64::from(n));
    vm.new_tuple(vec![n(m.kind), n(m.quantity), name, children]).into_value()
}

fn get_attr(vm: &Vm, v: &Value, name: &Value) -> PyResult<Value> {
    let p = object::<Parser>(vm, v, "xmlparser")?;
    let Some(name) = name.downcast::<Str>() else {
        return Err(vm.type_error("attribute name must be string"));
    };
    let text = name.to_string_lossy();
    if let Some(i) = HANDLERS.iter().position(|h| *h == text) {
        return Ok(p.handler(i).unwrap_or(Value::NONE));
    }
    let n = |n: usize| Ok(vm.new_int(n as i64));
    let at = || p.input.scanner.with_mut(|s| s.place(if p.input.running.get() { s.at } else { s.here_at() }));
    let error = || if p.error.get() == 0 { at() } else { p.error_at.get() };
    match &*text {
        "intern" => Ok(p.intern.clone()),
        "buffer_text" => Ok(Value::bool(p.buffer_text.get())),
        "buffer_size" => n(p.buffer_size.get()),
        "buffer_used" => n(p.text.with(String::len)),
        "ordered_attributes" => Ok(Value::bool(p.ordered.get())),
        "specified_attributes" => Ok(Value::bool(p.specified.get())),
        "namespace_prefixes" => Ok(Value::bool(p.prefixes.get())),
        "ErrorCode" => Ok(vm.new_int(i64::from(p.error.get()))),
        "ErrorLineNumber" => n(error().0),
        "ErrorColumnNumber" => n(error().1),
        "ErrorByteIndex" => n(error().2),
        "CurrentLineNumber" => n(at().0),
        "CurrentColumnNumber" => n(at().1),
        "CurrentByteIndex" => n(at().2),
        _ => vm.generic_get_attr(v, name),
    }
}

fn set_attr(vm: &Vm, v: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let p = object::<Parser>(vm, v, "xmlparser")?;
    let Some(name) = name.downcast::<Str>() else {
        return Err(vm.type_error("attribute name must be string"));
    };
    let text = name.to_string_lossy();
    let Some(value) = value else { return Err(vm.runtime_error("Cannot delete attribute")) };
    if let Some(i) = HANDLERS.iter().position(|h| *h == text) {
        if i == CHARACTERS {
            p.flush(vm)?;
        }
        let new = (!value.is_none()).then(|| value.clone());
        drop(p.handlers.with_mut(|h| h.get_mut(i).and_then(|place| std::mem::replace(place, new))));
        return Ok(());
    }
    match &*text {
        "buffer_text" => {
            p.flush(vm)?;
            p.buffer_text.set(vm.is_true(value)?);
        }
        "ordered_attributes" => p.ordered.set(vm.is_true(value)?),
        "specified_attributes" => p.specified.set(vm.is_true(value)?),
        "namespace_prefixes" => p.prefixes.set(vm.is_true(value)?),
        "buffer_size" => {
            if taipan_vm::types::numbers::int_value(value).is_none() {
                return Err(vm.type_error("buffer_size must be an integer"));
            }
            let n = vm.index_i64(value, "Python int too large to convert to C long")?;
            if n <= 0 {
                return Err(vm.value_error("buffer_size must be greater than zero"));
            }
            if n > i64::from(i32::MAX) {
                return Err(vm.value_error(format_args!("buffer_size must not be greater than {}", i32::MAX)));
            }
            p.flush(vm)?;
            p.buffer_size.set(n as usize);
        }
        _ => return vm.generic_set_attr(v, name, Some(value)),
    }
    Ok(())
}

impl Slots for Parser {
    const SLOTS: SlotDefs = SlotDefs { getattro: Some(get_attr), setattro: Some(set_attr), ..SlotDefs::NONE };
}

#[pymethods]
impl Parser {
    /// Parse XML data.
    ///
    /// 'isfinal' should be true at end of input.
    #[pymethod("Parse($self, data, isfinal=False, /)")]
    fn py_parse(vm: &Vm, zelf: &Gc<Parser>, data: &Value, isfinal: bool) -> PyResult<Value> {
        if let Some(s) = data.downcast::<Str>() {
            let text = s.as_str().map(str::as_bytes);
            let Some(bytes) = text else { return Err(vm.surrogate_error(s)) };
            zelf.input.is_text();
            return zelf.parse(vm, bytes, isfinal);
        }
        let held = crate::buffers::data(vm, data)?;
        zelf.parse(vm, held.bytes(), isfinal)
    }

    /// Parse XML data from file-like object.
    #[pymethod("ParseFile($self, file, /)")]
    fn parse_file(vm: &Vm, zelf: &Gc<Parser>, file: &Value) -> PyResult<Value> {
        let Some(read) = vm.lookup_attr_str(file, "read")? else {
            return Err(vm.type_error("argument must have 'read' attribute"));
        };
        loop {
            let piece = vm.call1(&read, &vm.new_int(2048))?;
            if let Some(s) = piece.downcast::<Str>() {
                let _ = s;
                return Err(vm.type_error("read() did not return a bytes object (type=str)"));
            }
            let held = data(vm, &piece)?;
            let last = held.bytes().is_empty();
            let r = zelf.parse(vm, held.bytes(), last)?;
            if last {
                return Ok(r);
            }
        }
    }

    /// Set the base URL for the parser.
    #[pymethod("SetBase($self, base, /)")]
    fn set_base(vm: &Vm, zelf: &Gc<Parser>, base: &Gc<Str>) {
        let _ = vm;
        zelf.base.set(Some(base.to_value()));
    }

    /// Return base URL string for the parser.
    #[pymethod("GetBase($self, /)")]
    fn get_base(vm: &Vm, zelf: &Gc<Parser>) -> Value {
        let _ = vm;
        zelf.base.get().unwrap_or(Value::NONE)
    }

    /// Return the untranslated text of the input that caused the current event.
    #[pymethod("GetInputContext($self, /)")]
    fn input_context(vm: &Vm, zelf: &Gc<Parser>) -> Value {
        let _ = (vm, zelf);
        Value::NONE
    }

    /// Create a parser for parsing an external entity based on the information passed to the ExternalEntityRefHandler.
    #[pymethod("ExternalEntityParserCreate($self, context, encoding=<unrepresentable>, /)")]
    fn external(vm: &Vm, zelf: &Gc<Parser>, context: &Value, encoding: Option<&str>) -> Value {
        let _ = context;
        let child = zelf.input.scanner.with(Scanner::child);
        let p = Parser::of(child, encoding.map(str::to_string), zelf.intern.clone());
        p.handlers.set(zelf.handlers.get());
        p.buffer_text.set(zelf.buffer_text.get());
        p.buffer_size.set(zelf.buffer_size.get());
        p.ordered.set(zelf.ordered.get());
        p.specified.set(zelf.specified.get());
        p.prefixes.set(zelf.prefixes.get());
        p.base.set(zelf.base.get());
        vm.alloc(p).into_value()
    }

    /// Controls parsing of parameter entities (including the external DTD subset).
    #[pymethod("SetParamEntityParsing($self, flag, /)")]
    fn param_entities(vm: &Vm, zelf: &Gc<Parser>, flag: i32) -> i32 {
        let _ = (vm, zelf, flag);
        1
    }

    /// Allows the application to provide an artificial external subset if one is not specified.
    #[pymethod("UseForeignDTD($self, flag=True, /)")]
    fn foreign(vm: &Vm, zelf: &Gc<Parser>, flag: bool) {
        let _ = vm;
        zelf.input.scanner.with_mut(|s| s.incomplete |= flag);
    }

    /// Retrieve reparse deferral enabled status; always returns false with Expat <2.6.0.
    #[pymethod("GetReparseDeferralEnabled($self, /)")]
    fn deferral(vm: &Vm, zelf: &Gc<Parser>) -> bool {
        let _ = vm;
        zelf.input.deferral.get()
    }

    /// Enable/Disable reparse deferral; enabled by default with Expat >=2.6.0.
    #[pymethod("SetReparseDeferralEnabled($self, enabled, /)")]
    fn set_deferral(vm: &Vm, zelf: &Gc<Parser>, enabled: bool) {
        let _ = vm;
        zelf.input.deferral.set(enabled);
    }
}

/// Python wrapper for Expat parser.
#[pymodule(name = "pyexpat")]
pub mod module {
    use super::*;

    #[pyconst("EXPAT_VERSION")]
    const EXPAT_VERSION: &str = "expat_2.7.3";
    #[pyconst("native_encoding")]
    const NATIVE_ENCODING: &str = "UTF-8";
    #[pyconst("XML_PARAM_ENTITY_PARSING_NEVER")]
    const NEVER: i64 = 0;
    #[pyconst("XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE")]
    const UNLESS_STANDALONE: i64 = 1;
    #[pyconst("XML_PARAM_ENTITY_PARSING_ALWAYS")]
    const ALWAYS: i64 = 2;

    #[pyconst("version_info")]
    fn version_info(vm: &Vm) -> Value {
        vm.new_tuple([2, 7, 3].map(|n| vm.new_int(n)).into()).into_value()
    }

    #[pyconst("features")]
    fn features(vm: &Vm) -> Value {
        let pair = |(name, n): (&str, i64)| {
            vm.new_tuple(vec![vm.new_str(name).into_value(), vm.new_int(n)]).into_value()
        };
        let all = [("sizeof(XML_Char)", 1), ("sizeof(XML_LChar)", 1), ("XML_DTD", 0), ("XML_NS", 0)];
        vm.new_list(all.map(pair).into()).into_value()
    }

    #[pyconst("ExpatError")]
    fn expat_error(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyconst("XMLParserType")]
    fn parser_type(vm: &Vm) -> Value {
        vm.native_type::<Parser>().into_value()
    }

    /// Return a new XML parser object.
    #[pyfn("ParserCreate(encoding=None, namespace_separator=None, intern=<unrepresentable>)")]
    fn parser_create(
        vm: &Vm,
        encoding: Option<&str>,
        namespace_separator: Option<&str>,
        intern: Option<&Value>,
    ) -> PyResult<Value> {
        if namespace_separator.is_some_and(|s| s.chars().count() > 1) {
            return Err(vm.value_error("namespace_separator must be at most one character, omitted, or None"));
        }
        let intern = match intern {
            Some(v) if v.is_none() || v.is_instance_of::<Dict>() => v.clone(),
            Some(_) => return Err(vm.type_error("intern must be a dictionary")),
            None => vm.new_dict().into_value(),
        };
        let scanner = Scanner::new(namespace_separator.map(str::to_string));
        Ok(vm.alloc(Parser::of(scanner, encoding.map(str::to_string), intern)).into_value())
    }

    /// Returns string error for given number.
    #[pyfn("ErrorString(code, /)")]
    fn error_string(vm: &Vm, code: i32) -> Value {
        text_of(code).map_or(Value::NONE, |t| vm.new_str(t).into_value())
    }

    fn submodule(vm: &Vm, module: &Value, name: &str, doc: &str) -> PyResult<Value> {
        let types = vm.import_named("types")?;
        let full = vm.new_str(&format!("pyexpat.{name}")).into_value();
        let made = vm.call_method(&types, "ModuleType", &[full.clone(), vm.new_str(doc).into_value()])?;
        vm.set_attr_str(module, name, &made)?;
        let modules = vm.get_attr_str(&vm.import_named("sys")?, "modules")?;
        vm.set_item(&modules, &full, &made)?;
        Ok(made)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        let errors = submodule(vm, module, "errors", "Constants used to describe error conditions.")?;
        let (codes, messages) = (vm.new_dict(), vm.new_dict());
        for (i, (name, text)) in TEXTS.iter().enumerate().skip(1) {
            let (code, text) = (vm.new_int(i as i64), vm.new_str(text).into_value());
            vm.set_attr_str(&errors, name, &text)?;
            codes.set(vm, &text, code.clone())?;
            messages.set(vm, &code, text)?;
        }
        vm.set_attr_str(&errors, "codes", codes.as_value())?;
        vm.set_attr_str(&errors, "messages", messages.as_value())?;
        let model = submodule(vm, module, "model", "Constants used to interpret content model information.")?;
        let kinds = [
            ("XML_CTYPE_EMPTY", 1),
            ("XML_CTYPE_ANY", 2),
            ("XML_CTYPE_MIXED", 3),
            ("XML_CTYPE_NAME", 4),
            ("XML_CTYPE_CHOICE", 5),
            ("XML_CTYPE_SEQ", 6),
            ("XML_CQUANT_NONE", 0),
            ("XML_CQUANT_OPT", 1),
            ("XML_CQUANT_REP", 2),
            ("XML_CQUANT_PLUS", 3),
        ];
        for (name, n) in kinds {
            vm.set_attr_str(&model, name, &vm.new_int(n))?;
        }
        Ok(())
    }
}
