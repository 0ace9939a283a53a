//! Reading XML: text in pieces, events out. Nothing here knows of Python. Non-validating: the document type's internal
//! part is read for entities and defaults, external parts are only told about.

use std::collections::{HashMap, VecDeque};

/// Numbers of faults, as Expat has them.
pub mod fault {
    pub const SYNTAX: i32 = 2;
    pub const NO_ELEMENTS: i32 = 3;
    pub const INVALID_TOKEN: i32 = 4;
    pub const UNCLOSED_TOKEN: i32 = 5;
    pub const TAG_MISMATCH: i32 = 7;
    pub const DUPLICATE_ATTRIBUTE: i32 = 8;
    pub const JUNK_AFTER_DOC_ELEMENT: i32 = 9;
    pub const UNDEFINED_ENTITY: i32 = 11;
    pub const RECURSIVE_ENTITY_REF: i32 = 12;
    pub const ASYNC_ENTITY: i32 = 13;
    pub const BAD_CHAR_REF: i32 = 14;
    pub const BINARY_ENTITY_REF: i32 = 15;
    pub const ATTRIBUTE_EXTERNAL_ENTITY_REF: i32 = 16;
    pub const MISPLACED_XML_PI: i32 = 17;
    pub const UNCLOSED_CDATA: i32 = 20;
    pub const UNBOUND_PREFIX: i32 = 27;
    pub const XML_DECL: i32 = 30;
    pub const AMPLIFICATION: i32 = 43;
}

type Text = Option<String>;

/// What was read.
#[derive(Debug)]
pub enum Event {
    Start {
        name: String,
        attributes: Vec<(String, String)>,
        specified: usize,
    },
    End(String),
    Characters(String),
    Instruction(String, String),
    Comment(String),
    StartCdata,
    EndCdata,
    StartNamespace(Text, Text),
    EndNamespace(Text),
    Declaration {
        version: Text,
        encoding: Text,
        standalone: i32,
    },
    StartDoctype {
        name: String,
        system: Text,
        public: Text,
        internal: bool,
    },
    EndDoctype,
    Entity {
        name: String,
        parameter: bool,
        value: Text,
        system: Text,
        public: Text,
        notation: Text,
    },
    Notation {
        name: String,
        system: Text,
        public: Text,
    },
    Element {
        name: String,
        model: Model,
    },
    Attribute {
        element: String,
        name: String,
        kind: String,
        default: Text,
        required: bool,
    },
    External {
        context: String,
        system: Text,
        public: Text,
    },
    Skipped(String, bool),
    /// Nothing that has a handler of its own.
    Other,
}

/// An event and the text it was read from.
pub struct Told {
    pub event: Event,
    pub raw: String,
    /// Line, column and byte.
    at: (usize, usize, usize),
}

/// What an element may contain.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub kind: i32,
    pub quantity: i32,
    pub name: Text,
    pub children: Vec<Model>,
}

#[derive(Clone, Default)]
struct Entity {
    value: Text,
    system: Text,
    public: Text,
    notation: Text,
    open: bool,
}

struct Source {
    text: Vec<u8>,
    pos: usize,
    entity: String,
    depth: usize,
}

struct Open {
    raw: String,
    name: String,
    prefixes: Vec<Text>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Prolog,
    Content,
    Epilog,
}

struct AttDefault {
    name: String,
    cdata: bool,
    value: Text,
}

pub struct Scanner {
    buf: Vec<u8>,
    pos: usize,
    /// Bytes that are gone from the buffer's front.
    gone: usize,
    line: usize,
    column: usize,
    /// Where the last event began: line, column, byte.
    pub at: (usize, usize, usize),
    open: Vec<Open>,
    sources: Vec<Source>,
    part: Part,
    begun: bool,
    seen_doctype: bool,
    /// Some declaration was not read, so that an entity may be declared there.
    pub incomplete: bool,
    pub standalone: bool,
    in_cdata: bool,
    entities: HashMap<String, Entity>,
    parameters: HashMap<String, Entity>,
    defaults: HashMap<String, Vec<AttDefault>>,
    bindings: Vec<(String, String)>,
    pending: VecDeque<Told>,
    expanded: usize,
    pub separator: Option<String>,
    pub triplets: bool,
    /// Raw text is wanted.
    pub raw: bool,
    /// Internal entities are read.
    pub expand: bool,
    /// What was read is a piece of content, without a root.
    pub fragment: bool,
}

type Outcome<T> = Result<T, i32>;

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b == b':' || b >= 0x80
}

fn is_name(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit() || b == b'-' || b == b'.'
}

fn utf8(bytes: &[u8]) -> Outcome<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| fault::INVALID_TOKEN)
}

fn find(text: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    memchr::memmem::find(text.get(from..)?, what).map(|at| at + from)
}

/// Line ends as one newline each.
fn normal_lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_string() }
}

fn bad_control(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| *b < 0x20 && !is_space(*b))
}

/// Reads a declaration piece by piece.
struct Cursor<'a> {
    text: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> u8 {
        self.text.get(self.pos).copied().unwrap_or(0)
    }
    fn done(&self) -> bool {
        self.pos >= self.text.len()
    }
    fn space(&mut self) -> bool {
        let from = self.pos;
        while is_space(self.peek()) {
            self.pos += 1;
        }
        self.pos > from
    }
    fn eat(&mut self, what: &[u8]) -> bool {
        let hit = self.text.get(self.pos..).is_some_and(|t| t.starts_with(what));
        if hit {
            self.pos += what.len();
        }
        hit
    }
    fn name(&mut self) -> Outcome<String> {
        let from = self.pos;
        if !is_name_start(self.peek()) {
            return Err(fault::INVALID_TOKEN);
        }
        self.token(from)
    }
    fn token(&mut self, from: usize) -> Outcome<String> {
        while !self.done() && is_name(self.peek()) {
            self.pos += 1;
        }
        if self.pos == from {
            return Err(fault::INVALID_TOKEN);
        }
        utf8(&self.text[from..self.pos])
    }
    fn quoted(&mut self) -> Outcome<&'a [u8]> {
        let quote = self.peek();
        if quote != b'"' && quote != b'\'' {
            return Err(fault::SYNTAX);
        }
        let from = self.pos + 1;
        let end = find(self.text, from, &[quote]).ok_or(fault::SYNTAX)?;
        self.pos = end + 1;
        Ok(&self.text[from..end])
    }
    /// `SYSTEM "…"` or `PUBLIC "…" "…"`: system and public.
    fn external(&mut self, notation: bool) -> Outcome<(Text, Text)> {
        if self.eat(b"SYSTEM") {
            self.space();
            return Ok((Some(utf8(self.quoted()?)?), None));
        }
        if self.eat(b"PUBLIC") {
            self.space();
            let public = utf8(self.quoted()?)?.split_whitespace().collect::<Vec<_>>().join(" ");
            self.space();
            let system = match self.peek() {
                b'"' | b'\'' => Some(utf8(self.quoted()?)?),
                _ if notation => None,
                _ => return Err(fault::SYNTAX),
            };
            return Ok((system, Some(public)));
        }
        Ok((None, None))
    }
}

impl Scanner {
    pub fn new(separator: Option<String>) -> Scanner {
        let xml = ("xml".to_string(), "http://www.w3.org/XML/1998/namespace".to_string());
        Scanner {
            buf: Vec::new(),
            pos: 0,
            gone: 0,
            line: 1,
            column: 0,
            at: (1, 0, 0),
            open: Vec::new(),
            sources: Vec::new(),
            part: Part::Prolog,
            begun: false,
            seen_doctype: false,
            incomplete: false,
            standalone: false,
            in_cdata: false,
            entities: HashMap::new(),
            parameters: HashMap::new(),
            defaults: HashMap::new(),
            bindings: vec![xml],
            pending: VecDeque::new(),
            expanded: 0,
            separator,
            triplets: false,
            raw: false,
            expand: true,
            fragment: false,
        }
    }

    /// A reader of an external entity: it knows what this one knows.
    pub fn child(&self) -> Scanner {
        let mut s = Scanner::new(self.separator.clone());
        s.entities = self.entities.clone();
        s.parameters = self.parameters.clone();
        s.bindings = self.bindings.clone();
        s.part = Part::Content;
        s.fragment = true;
        s
    }

    /// More text, in UTF-8.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.pos > 1 << 16 {
            self.buf.drain(..self.pos);
            self.gone += self.pos;
            self.pos = 0;
        }
        self.buf.extend_from_slice(bytes);
    }

    /// How much was not read yet.
    pub fn left(&self) -> usize {
        self.buf.len() - self.pos
    }

    /// Line, column and byte of what comes next.
    pub fn here(&self) -> (usize, usize, usize) {
        (self.line, self.column, self.gone + self.pos)
    }

    fn text(&self) -> (&[u8], usize) {
        match self.sources.last() {
            Some(s) => (&s.text, s.pos),
            None => (&self.buf, self.pos),
        }
    }

    fn mark(&mut self) {
        if self.sources.is_empty() {
            self.at = self.here();
        }
    }

    /// Passes over so many bytes, and gives them back.
    fn take(&mut self, len: usize) -> Vec<u8> {
        self.mark();
        if let Some(s) = self.sources.last_mut() {
            let out = s.text.get(s.pos..s.pos + len).unwrap_or_default().to_vec();
            s.pos += len;
            return out;
        }
        let out = self.buf.get(self.pos..self.pos + len).unwrap_or_default().to_vec();
        self.pos += len;
        for (i, b) in out.iter().enumerate() {
            match b {
                b'\n' => {
                    self.line += 1;
                    self.column = 0;
                }
                b'\r' if out.get(i + 1) != Some(&b'\n') => {
                    self.line += 1;
                    self.column = 0;
                }
                b'\r' => {}
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
        }
        out
    }

    fn tell(&mut self, event: Event, raw: &[u8]) {
        let raw = if self.raw { String::from_utf8_lossy(raw).into_owned() } else { String::new() };
        self.pending.push_back(Told { event, raw, at: self.at });
    }

    /// The next event; `None`: more text is needed, or there is no more.
    pub fn next(&mut self, last: bool) -> Outcome<Option<Told>> {
        loop {
            if let Some(told) = self.pending.pop_front() {
                self.at = told.at;
                return Ok(Some(told));
            }
            if let Some(s) = self.sources.last()
                && s.pos >= s.text.len()
            {
                if s.depth != self.open.len() {
                    return Err(fault::ASYNC_ENTITY);
                }
                let name = s.entity.clone();
                self.sources.pop();
                if let Some(e) = self.entities.get_mut(&name) {
                    e.open = false;
                }
                continue;
            }
            let last = last || !self.sources.is_empty();
            if !self.step(last)? {
                return if last { self.end().map(|()| None) } else { Ok(None) };
            }
        }
    }

    /// What is wrong at the text's end.
    fn end(&mut self) -> Outcome<()> {
        self.at = self.here();
        if self.in_cdata {
            return Err(fault::UNCLOSED_CDATA);
        }
        let left = self.pos < self.buf.len();
        match self.part {
            _ if left => Err(fault::UNCLOSED_TOKEN),
            Part::Content if self.fragment && self.open.is_empty() => Ok(()),
            Part::Epilog => Ok(()),
            _ => Err(fault::NO_ELEMENTS),
        }
    }

    /// Reads a piece; `false`: not all of it is there.
    fn step(&mut self, last: bool) -> Outcome<bool> {
        let (text, pos) = self.text();
        let rest = text.get(pos..).unwrap_or_default();
        let Some(&first) = rest.first() else { return Ok(false) };
        if self.in_cdata {
            return self.cdata(last);
        }
        if first == b'<' {
            return self.markup(last);
        }
        if self.part == Part::Content {
            return if first == b'&' { self.reference() } else { self.characters(last) };
        }
        let spaces = rest.iter().take_while(|b| is_space(**b)).count();
        if spaces == 0 {
            let word = rest.iter().take_while(|b| is_name(**b)).count();
            let odd = rest.get(word).is_some_and(|b| matches!(b, b'<' | b'&'));
            if self.part == Part::Prolog && word > 0 && odd {
                self.take(word);
                self.mark();
                return Err(fault::INVALID_TOKEN);
            }
            self.mark();
            return Err(match (self.part, first) {
                (Part::Epilog, _) => fault::JUNK_AFTER_DOC_ELEMENT,
                (_, b) if b < 0x20 || b == b'&' => fault::INVALID_TOKEN,
                _ => fault::SYNTAX,
            });
        }
        self.begun = true;
        let raw = self.take(spaces);
        self.tell(Event::Other, &raw);
        Ok(true)
    }

    fn say_text(&mut self, text: &str) {
        // Each line and each line's end for itself, as Expat tells them.
        for piece in text.split_inclusive('\n') {
            let (line, end) = match piece.strip_suffix('\n') {
                Some(line) => (line, "\n"),
                None => (piece, ""),
            };
            for part in [line, end] {
                if part.is_empty() {
                    continue;
                }
                self.tell(Event::Characters(part.to_string()), part.as_bytes());
                if self.sources.is_empty() {
                    let (l, c, b) = self.at;
                    self.at = match part {
                        "\n" => (l + 1, 0, b + 1),
                        _ => (l, c + part.chars().count(), b + part.len()),
                    };
                }
            }
        }
    }

    fn characters(&mut self, last: bool) -> Outcome<bool> {
        let (text, pos) = self.text();
        let rest = &text[pos..];
        let mut len = memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
        if len == rest.len() && !last {
            // What may belong to what comes next stays.
            while len > 0 && matches!(rest[len - 1], b'\r' | b']') {
                len -= 1;
            }
            if len == 0 {
                return Ok(false);
            }
        }
        let piece = &rest[..len];
        let bad = find(piece, 0, b"]]>").or_else(|| piece.iter().position(|b| *b < 0x20 && !is_space(*b)));
        if let Some(at) = bad {
            self.take(at);
            self.mark();
            return Err(fault::INVALID_TOKEN);
        }
        let raw = self.take(len);
        let text = normal_lines(&utf8(&raw)?);
        self.say_text(&text);
        Ok(true)
    }

    fn cdata(&mut self, last: bool) -> Outcome<bool> {
        let (text, pos) = self.text();
        let rest = &text[pos..];
        let end = find(rest, 0, b"]]>");
        let mut len = end.unwrap_or(rest.len());
        if end.is_none() {
            if last {
                return Ok(false);
            }
            while len > 0 && matches!(rest[len - 1], b'\r' | b']') {
                len -= 1;
            }
        }
        if len > 0 {
            let raw = self.take(len);
            if bad_control(&raw) {
                return Err(fault::INVALID_TOKEN);
            }
            let text = normal_lines(&utf8(&raw)?);
            self.say_text(&text);
        }
        if end.is_some() {
            let raw = self.take(3);
            self.in_cdata = false;
            self.tell(Event::EndCdata, &raw);
            return Ok(true);
        }
        Ok(len > 0)
    }

    fn reference(&mut self) -> Outcome<bool> {
        let (text, pos) = self.text();
        let rest = &text[pos..];
        let Some(end) = rest.iter().position(|b| *b == b';') else {
            let odd = rest.iter().skip(1).any(|b| !is_name(*b) && *b != b'#');
            self.mark();
            return if odd { Err(fault::INVALID_TOKEN) } else { Ok(false) };
        };
        let name = rest[1..end].to_vec();
        self.mark();
        if let Some(number) = name.strip_prefix(b"#") {
            let c = char_reference(number)?;
            let raw = self.take(end + 1);
            self.tell(Event::Characters(c.to_string()), &raw);
            return Ok(true);
        }
        let name = Cursor { text: &name, pos: 0 }.whole_name()?;
        if let Some(c) = predefined(&name) {
            let raw = self.take(end + 1);
            self.tell(Event::Characters(c.to_string()), &raw);
            return Ok(true);
        }
        let Some(entity) = self.entities.get_mut(&name) else {
            if self.incomplete && !self.standalone {
                let raw = self.take(end + 1);
                self.tell(Event::Skipped(name, false), &raw);
                return Ok(true);
            }
            return Err(fault::UNDEFINED_ENTITY);
        };
        if entity.open {
            return Err(fault::RECURSIVE_ENTITY_REF);
        }
        if entity.notation.is_some() {
            return Err(fault::BINARY_ENTITY_REF);
        }
        let Some(value) = entity.value.clone() else {
            let event = Event::External {
                context: name,
                system: entity.system.clone(),
                public: entity.public.clone(),
            };
            let raw = self.take(end + 1);
            self.tell(event, &raw);
            return Ok(true);
        };
        if !self.expand {
            let raw = self.take(end + 1);
            self.tell(Event::Skipped(name, false), &raw);
            return Ok(true);
        }
        entity.open = true;
        self.take(end + 1);
        self.grow(value.len())?;
        let depth = self.open.len();
        self.sources.push(Source { text: value.into_bytes(), pos: 0, entity: name, depth });
        Ok(true)
    }

    /// Guards against entities that make much of little.
    fn grow(&mut self, more: usize) -> Outcome<()> {
        self.expanded += more + 16;
        let limit = (8 << 20).max((self.gone + self.buf.len()) * 100);
        if self.expanded > limit || self.sources.len() > 200 { Err(fault::AMPLIFICATION) } else { Ok(()) }
    }

    fn markup(&mut self, last: bool) -> Outcome<bool> {
        let (text, pos) = self.text();
        let rest = &text[pos..];
        let starts = |what: &[u8]| rest.starts_with(what);
        let partial = |what: &[u8]| rest.len() < what.len() && what.starts_with(rest);
        if starts(b"<!--") {
            let Some(end) = find(rest, 4, b"--") else { return Ok(false) };
            if rest.len() < end + 3 {
                return Ok(false);
            }
            if rest[end + 2] != b'>' {
                self.take(end);
                self.mark();
                return Err(fault::INVALID_TOKEN);
            }
            let raw = self.take(end + 3);
            if bad_control(&raw) {
                return Err(fault::INVALID_TOKEN);
            }
            self.begun = true;
            let text = normal_lines(&utf8(&raw[4..end])?);
            self.tell(Event::Comment(text), &raw);
            return Ok(true);
        }
        if starts(b"<?") {
            let Some(end) = find(rest, 2, b"?>") else {
                if rest.len() > 2 && !is_name_start(rest[2]) {
                    self.mark();
                    return Err(fault::INVALID_TOKEN);
                }
                return Ok(false);
            };
            let raw = self.take(end + 2);
            self.instruction(&raw)?;
            self.begun = true;
            return Ok(true);
        }
        if self.part == Part::Content && starts(b"<![CDATA[") {
            let raw = self.take(9);
            self.in_cdata = true;
            self.tell(Event::StartCdata, &raw);
            return Ok(true);
        }
        if self.part == Part::Prolog && starts(b"<!DOCTYPE") {
            if self.seen_doctype {
                self.mark();
                return Err(fault::SYNTAX);
            }
            let Some(end) = doctype_end(rest) else { return Ok(false) };
            let raw = self.take(end);
            self.seen_doctype = true;
            self.begun = true;
            self.doctype(&raw)?;
            return Ok(true);
        }
        if rest.len() < 2 || partial(b"<!--") || partial(b"<![CDATA[") || partial(b"<!DOCTYPE") {
            return Ok(false);
        }
        if starts(b"<!") {
            self.mark();
            return Err(if self.part == Part::Epilog {
                fault::JUNK_AFTER_DOC_ELEMENT
            } else {
                fault::INVALID_TOKEN
            });
        }
        if self.part == Part::Epilog {
            self.mark();
            return Err(fault::JUNK_AFTER_DOC_ELEMENT);
        }
        if rest[1] != b'/' && !is_name_start(rest[1]) {
            self.take(1);
            self.mark();
            return Err(fault::INVALID_TOKEN);
        }
        // To the end of the tag, over what is quoted.
        let (mut quote, mut end) = (0, None);
        for (i, b) in rest.iter().enumerate().skip(1) {
            match *b {
                q @ (b'"' | b'\'') if quote == 0 => quote = q,
                q if q == quote && quote != 0 => quote = 0,
                b'>' if quote == 0 => {
                    end = Some(i);
                    break;
                }
                b'<' => {
                    self.take(i);
                    self.mark();
                    return Err(fault::INVALID_TOKEN);
                }
                _ => {}
            }
        }
        let Some(end) = end else {
            if last {
                self.mark();
                return Err(fault::UNCLOSED_TOKEN);
            }
            return Ok(false);
        };
        if self.part == Part::Prolog && rest[1] == b'/' {
            self.mark();
            return Err(fault::INVALID_TOKEN);
        }
        let raw = self.take(end + 1);
        self.begun = true;
        self.part = Part::Content;
        if raw.get(1) == Some(&b'/') {
            self.end_tag(&raw)?
        } else {
            self.start_tag(&raw)?
        }
        Ok(true)
    }

    fn instruction(&mut self, raw: &[u8]) -> Outcome<()> {
        let body = &raw[2..raw.len() - 2];
        let mut c = Cursor { text: body, pos: 0 };
        let target = c.name()?;
        if target.eq_ignore_ascii_case("xml") {
            if target != "xml" {
                return Err(fault::INVALID_TOKEN);
            }
            if self.begun && !(self.fragment && self.open.is_empty()) {
                return Err(fault::MISPLACED_XML_PI);
            }
            return self.declaration(raw, &body[c.pos..]);
        }
        if !c.space() && !c.done() {
            return Err(fault::INVALID_TOKEN);
        }
        let data = normal_lines(&utf8(&body[c.pos..])?);
        self.tell(Event::Instruction(target, data), raw);
        Ok(())
    }

    fn declaration(&mut self, raw: &[u8], body: &[u8]) -> Outcome<()> {
        let mut c = Cursor { text: body, pos: 0 };
        let (mut version, mut encoding, mut standalone) = (None, None, -1);
        while c.space() && !c.done() {
            let name = c.name().map_err(|_| fault::XML_DECL)?;
            c.space();
            if !c.eat(b"=") {
                return Err(fault::XML_DECL);
            }
            c.space();
            let value = utf8(c.quoted().map_err(|_| fault::XML_DECL)?)?;
            match (name.as_str(), value.as_str()) {
                ("version", _) if version.is_none() && encoding.is_none() => version = Some(value),
                ("encoding", _) if encoding.is_none() => encoding = Some(value),
                ("standalone", "yes") => standalone = 1,
                ("standalone", "no") => standalone = 0,
                _ => return Err(fault::XML_DECL),
            }
        }
        if !c.done() || version.is_none() && !self.fragment {
            return Err(fault::XML_DECL);
        }
        self.standalone = standalone == 1;
        self.tell(Event::Declaration { version, encoding, standalone }, raw);
        Ok(())
    }

    fn end_tag(&mut self, raw: &[u8]) -> Outcome<()> {
        let mut c = Cursor { text: &raw[2..raw.len() - 1], pos: 0 };
        let name = c.name()?;
        c.space();
        if !c.done() {
            return Err(fault::INVALID_TOKEN);
        }
        let floor = self.sources.last().map_or(0, |s| s.depth);
        if self.open.len() <= floor {
            return Err(if self.sources.is_empty() { fault::INVALID_TOKEN } else { fault::ASYNC_ENTITY });
        }
        if self.open.last().is_none_or(|o| o.raw != name) {
            // The name is where the fault is.
            if self.sources.is_empty() {
                self.at.1 += 2;
                self.at.2 += 2;
            }
            return Err(fault::TAG_MISMATCH);
        }
        self.close(raw);
        Ok(())
    }

    fn close(&mut self, raw: &[u8]) {
        let Some(o) = self.open.pop() else { return };
        self.tell(Event::End(o.name), raw);
        for prefix in o.prefixes.into_iter().rev() {
            self.bindings.pop();
            self.tell(Event::EndNamespace(prefix), &[]);
        }
        if self.open.is_empty() && !self.fragment && self.sources.is_empty() {
            self.part = Part::Epilog;
        }
    }

    fn start_tag(&mut self, raw: &[u8]) -> Outcome<()> {
        let empty = raw.ends_with(b"/>");
        let body = &raw[1..raw.len() - if empty { 2 } else { 1 }];
        let mut c = Cursor { text: body, pos: 0 };
        let name = c.name()?;
        let mut attributes: Vec<(String, String)> = Vec::new();
        loop {
            let spaced = c.space();
            if c.done() {
                break;
            }
            if !spaced {
                return Err(fault::INVALID_TOKEN);
            }
            let key = c.name()?;
            c.space();
            if !c.eat(b"=") {
                return Err(fault::INVALID_TOKEN);
            }
            c.space();
            let value = c.quoted().map_err(|_| fault::INVALID_TOKEN)?;
            if attributes.iter().any(|(k, _)| *k == key) {
                return Err(fault::DUPLICATE_ATTRIBUTE);
            }
            let cdata = self.default_of(&name, &key).is_none_or(|d| d.cdata);
            let value = self.attribute_value(value, cdata)?;
            attributes.push((key, value));
        }
        let specified = attributes.len();
        if let Some(defaults) = self.defaults.get(&name) {
            for d in defaults {
                if let Some(v) = &d.value
                    && !attributes.iter().any(|(k, _)| *k == d.name)
                {
                    attributes.push((d.name.clone(), v.clone()));
                }
            }
        }
        let (shown, attributes, specified, prefixes) = self.resolve(&name, attributes, specified)?;
        self.tell(Event::Start { name: shown.clone(), attributes, specified }, raw);
        self.open.push(Open { raw: name, name: shown, prefixes });
        if empty {
            if self.sources.is_empty() {
                self.at = self.here();
            }
            self.close(&[]);
        }
        Ok(())
    }

    fn default_of(&self, element: &str, name: &str) -> Option<&AttDefault> {
        self.defaults.get(element)?.iter().find(|d| d.name == name)
    }

    fn attribute_value(&mut self, raw: &[u8], cdata: bool) -> Outcome<String> {
        let mut out = String::new();
        self.append_value(&utf8(raw)?, &mut out, 0)?;
        if cdata {
            return Ok(out);
        }
        Ok(out.split(' ').filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" "))
    }

    fn append_value(&mut self, text: &str, out: &mut String, depth: usize) -> Outcome<()> {
        if depth > 40 {
            return Err(fault::RECURSIVE_ENTITY_REF);
        }
        let text = normal_lines(text);
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['&', '<', '\t', '\n']) {
            out.push_str(&rest[..at]);
            let c = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            match c {
                b'<' => return Err(fault::INVALID_TOKEN),
                b'&' => {
                    let end = rest.find(';').ok_or(fault::INVALID_TOKEN)?;
                    let name = &rest[..end];
                    rest = &rest[end + 1..];
                    if let Some(number) = name.strip_prefix('#') {
                        out.push(char_reference(number.as_bytes())?);
                    } else if let Some(c) = predefined(name) {
                        out.push(c);
                    } else {
                        Cursor { text: name.as_bytes(), pos: 0 }.whole_name()?;
                        let Some(e) = self.entities.get(name) else {
                            if self.incomplete && !self.standalone {
                                continue;
                            }
                            return Err(fault::UNDEFINED_ENTITY);
                        };
                        if e.notation.is_some() {
                            return Err(fault::BINARY_ENTITY_REF);
                        }
                        let Some(value) = e.value.clone() else {
                            return Err(fault::ATTRIBUTE_EXTERNAL_ENTITY_REF);
                        };
                        self.grow(value.len())?;
                        self.append_value(&value, out, depth + 1)?;
                    }
                }
                _ => out.push(' '),
            }
        }
        out.push_str(rest);
        Ok(())
    }

    #[allow(clippy::type_complexity)]
    fn resolve(
        &mut self,
        name: &str,
        attributes: Vec<(String, String)>,
        specified: usize,
    ) -> Outcome<(String, Vec<(String, String)>, usize, Vec<Text>)> {
        let Some(separator) = self.separator.clone() else {
            return Ok((name.to_string(), attributes, specified, Vec::new()));
        };
        let mut prefixes = Vec::new();
        let mut kept = Vec::new();
        let mut given = specified;
        for (i, (key, value)) in attributes.into_iter().enumerate() {
            let prefix = match key.strip_prefix("xmlns") {
                Some("") => String::new(),
                Some(p) if p.starts_with(':') => p[1..].to_string(),
                _ => {
                    kept.push((key, value));
                    continue;
                }
            };
            if i < specified {
                given -= 1;
            }
            let shown = |s: &str| (!s.is_empty()).then(|| s.to_string());
            self.bindings.push((prefix.clone(), value.clone()));
            prefixes.push(shown(&prefix));
            self.tell(Event::StartNamespace(shown(&prefix), shown(&value)), &[]);
        }
        let full = self.expand_name(name, true, &separator)?;
        let mut out: Vec<(String, String)> = Vec::new();
        for (key, value) in kept {
            let key = self.expand_name(&key, false, &separator)?;
            if out.iter().any(|(k, _)| *k == key) {
                return Err(fault::DUPLICATE_ATTRIBUTE);
            }
            out.push((key, value));
        }
        Ok((full, out, given, prefixes))
    }

    fn expand_name(&self, name: &str, element: bool, separator: &str) -> Outcome<String> {
        let (prefix, local) = match name.split_once(':') {
            Some((p, l)) => (p, l),
            None if element => ("", name),
            None => return Ok(name.to_string()),
        };
        let bound = self.bindings.iter().rev().find(|(p, _)| p == prefix);
        match bound {
            Some((_, uri)) if !uri.is_empty() => {
                let mut out = format!("{uri}{separator}{local}");
                if self.triplets && !prefix.is_empty() {
                    out.push_str(separator);
                    out.push_str(prefix);
                }
                Ok(out)
            }
            _ if prefix.is_empty() => Ok(local.to_string()),
            _ => Err(fault::UNBOUND_PREFIX),
        }
    }

    fn doctype(&mut self, raw: &[u8]) -> Outcome<()> {
        let mut c = Cursor { text: &raw[..raw.len() - 1], pos: 9 };
        if !c.space() {
            return Err(fault::INVALID_TOKEN);
        }
        let name = c.name()?;
        c.space();
        let (system, public) = c.external(false)?;
        c.space();
        let internal = c.peek() == b'[';
        if system.is_some() {
            self.incomplete = true;
        }
        if self.raw {
            // Its pieces, for those who read the type themselves.
            let cut = if internal { c.pos + 1 } else { c.pos };
            self.tell(Event::StartDoctype { name, system, public, internal }, &raw[..9]);
            self.pieces(&raw[9..cut]);
        } else {
            self.tell(Event::StartDoctype { name, system, public, internal }, &[]);
        }
        if internal {
            let end = raw.iter().rposition(|b| *b == b']').ok_or(fault::SYNTAX)?;
            self.subset(&raw[c.pos + 1..end], 0)?;
            if self.raw {
                self.tell(Event::Other, b"]");
            }
        } else if !c.done() {
            return Err(fault::SYNTAX);
        }
        self.tell(Event::EndDoctype, b">");
        Ok(())
    }

    /// Names, literals and white space of a declaration, each for itself.
    fn pieces(&mut self, text: &[u8]) {
        let mut at = 0;
        while let Some(&b) = text.get(at) {
            let rest = &text[at..];
            let len = match b {
                b'"' | b'\'' => rest.iter().skip(1).position(|c| *c == b).map_or(rest.len(), |n| n + 2),
                b if is_space(b) => rest.iter().take_while(|c| is_space(**c)).count(),
                b if is_name(b) => rest.iter().take_while(|c| is_name(**c)).count(),
                _ => 1,
            };
            self.tell(Event::Other, &rest[..len.max(1)]);
            at += len.max(1);
        }
    }

    fn subset(&mut self, text: &[u8], depth: usize) -> Outcome<()> {
        if depth > 20 {
            return Err(fault::RECURSIVE_ENTITY_REF);
        }
        let mut c = Cursor { text, pos: 0 };
        loop {
            let from = c.pos;
            if c.space() {
                self.tell(Event::Other, &text[from..c.pos]);
            }
            if c.done() {
                return Ok(());
            }
            let from = c.pos;
            let rest = &text[from..];
            if rest.starts_with(b"<!--") {
                let end = find(rest, 4, b"-->").ok_or(fault::UNCLOSED_TOKEN)?;
                let comment = normal_lines(&utf8(&rest[4..end])?);
                self.tell(Event::Comment(comment), &rest[..end + 3]);
                c.pos += end + 3;
            } else if rest.starts_with(b"<?") {
                let end = find(rest, 2, b"?>").ok_or(fault::UNCLOSED_TOKEN)?;
                self.begun = true;
                self.instruction(&rest[..end + 2])?;
                c.pos += end + 2;
            } else if c.eat(b"%") {
                let name = c.name()?;
                if !c.eat(b";") {
                    return Err(fault::INVALID_TOKEN);
                }
                match self.parameters.get(&name).cloned() {
                    Some(Entity { value: Some(v), .. }) => {
                        self.grow(v.len())?;
                        self.subset(v.as_bytes(), depth + 1)?;
                    }
                    _ => {
                        self.incomplete = true;
                        self.tell(Event::Skipped(name, true), &text[from..c.pos]);
                    }
                }
            } else if rest.starts_with(b"<!") {
                let end = declaration_end(rest).ok_or(fault::UNCLOSED_TOKEN)?;
                let told = self.pending.len();
                self.declared(&rest[..end])?;
                if self.raw {
                    // The declaration's text, unless something was told of it.
                    if self.pending.len() == told {
                        self.tell(Event::Other, &rest[..end]);
                    } else if let Some(t) = self.pending.get_mut(told) {
                        t.raw = String::from_utf8_lossy(&rest[..end]).into_owned();
                    }
                }
                c.pos += end;
            } else {
                return Err(fault::SYNTAX);
            }
        }
    }

    fn declared(&mut self, raw: &[u8]) -> Outcome<()> {
        let mut c = Cursor { text: &raw[..raw.len() - 1], pos: 2 };
        let kind = c.name()?;
        if !c.space() {
            return Err(fault::SYNTAX);
        }
        match kind.as_str() {
            "ENTITY" => self.entity(&mut c),
            "NOTATION" => {
                let name = c.name()?;
                c.space();
                let (system, public) = c.external(true)?;
                self.tell(Event::Notation { name, system, public }, &[]);
                Ok(())
            }
            "ELEMENT" => {
                let name = c.name()?;
                c.space();
                let model = content_model(&mut c, 0)?;
                self.tell(Event::Element { name, model }, &[]);
                Ok(())
            }
            "ATTLIST" => self.attlist(&mut c),
            _ => Err(fault::SYNTAX),
        }
    }

    fn entity(&mut self, c: &mut Cursor<'_>) -> Outcome<()> {
        let parameter = c.eat(b"%");
        if parameter && !c.space() {
            return Err(fault::SYNTAX);
        }
        let name = c.name()?;
        if !c.space() {
            return Err(fault::SYNTAX);
        }
        let mut e = Entity::default();
        if matches!(c.peek(), b'"' | b'\'') {
            let text = normal_lines(&utf8(c.quoted()?)?);
            e.value = Some(self.entity_value(&text)?);
        } else {
            (e.system, e.public) = c.external(false)?;
            if e.system.is_none() {
                return Err(fault::SYNTAX);
            }
            if c.space() && c.eat(b"NDATA") {
                c.space();
                e.notation = Some(c.name()?);
            }
        }
        c.space();
        if !c.done() {
            return Err(fault::SYNTAX);
        }
        let known = if parameter { &mut self.parameters } else { &mut self.entities };
        if !known.contains_key(&name) {
            known.insert(name.clone(), e.clone());
            let Entity { value, system, public, notation, .. } = e;
            self.tell(Event::Entity { name, parameter, value, system, public, notation }, &[]);
        }
        Ok(())
    }

    /// Character references in an entity's value are read when it is declared.
    fn entity_value(&self, text: &str) -> Outcome<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("&#") {
            out.push_str(&rest[..at]);
            let end = rest[at..].find(';').ok_or(fault::INVALID_TOKEN)? + at;
            out.push(char_reference(&rest.as_bytes()[at + 2..end])?);
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn attlist(&mut self, c: &mut Cursor<'_>) -> Outcome<()> {
        let element = c.name()?;
        loop {
            c.space();
            if c.done() {
                return Ok(());
            }
            let name = c.name()?;
            c.space();
            let from = c.pos;
            let notation = c.eat(b"NOTATION");
            if notation {
                c.space();
            }
            let kind = if c.peek() == b'(' {
                let end = find(c.text, c.pos, b")").ok_or(fault::SYNTAX)?;
                let list: String =
                    utf8(&c.text[c.pos..=end])?.chars().filter(|c| !c.is_whitespace()).collect();
                c.pos = end + 1;
                if notation { format!("NOTATION{list}") } else { list }
            } else {
                c.pos = from;
                c.name()?
            };
            c.space();
            let (mut value, mut required) = (None, false);
            if c.eat(b"#REQUIRED") {
                required = true;
            } else if !c.eat(b"#IMPLIED") {
                if c.eat(b"#FIXED") {
                    required = true;
                    c.space();
                }
                let raw = c.quoted()?.to_vec();
                value = Some(self.attribute_value(&raw, kind == "CDATA")?);
            }
            let list = self.defaults.entry(element.clone()).or_default();
            if !list.iter().any(|d| d.name == name) {
                list.push(AttDefault { name: name.clone(), cdata: kind == "CDATA", value: value.clone() });
            }
            let element = element.clone();
            self.tell(Event::Attribute { element, name, kind, default: value, required }, &[]);
        }
    }
}

impl Cursor<'_> {
    /// All of it as a name.
    fn whole_name(mut self) -> Outcome<String> {
        let name = self.name()?;
        if self.done() { Ok(name) } else { Err(fault::INVALID_TOKEN) }
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn char_reference(number: &[u8]) -> Outcome<char> {
    let text = std::str::from_utf8(number).map_err(|_| fault::INVALID_TOKEN)?;
    let (digits, base) = match text.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (text, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Err(fault::INVALID_TOKEN);
    }
    let n = u32::from_str_radix(digits, base).map_err(|_| fault::BAD_CHAR_REF)?;
    let legal = matches!(n, 9 | 10 | 13 | 0x20..=0xFFFD | 0x10000..);
    char::from_u32(n).filter(|_| legal).ok_or(fault::BAD_CHAR_REF)
}

/// How long a declaration is, its `>` included.
fn declaration_end(text: &[u8]) -> Option<usize> {
    let mut quote = 0;
    for (i, b) in text.iter().enumerate() {
        match *b {
            q @ (b'"' | b'\'') if quote == 0 => quote = q,
            q if q == quote && quote != 0 => quote = 0,
            b'>' if quote == 0 => return Some(i + 1),
            _ => {}
        }
    }
    None
}

/// How long a document type declaration is.
fn doctype_end(text: &[u8]) -> Option<usize> {
    let (mut i, mut quote, mut inside) = (9, 0, false);
    while let Some(&b) = text.get(i) {
        if quote != 0 {
            if b == quote {
                quote = 0;
            }
        } else if text[i..].starts_with(b"<!--") {
            i = find(text, i + 4, b"-->")? + 3;
            continue;
        } else if inside && text[i..].starts_with(b"<?") {
            i = find(text, i + 2, b"?>")? + 2;
            continue;
        } else {
            match b {
                b'"' | b'\'' => quote = b,
                b'[' => inside = true,
                b']' => inside = false,
                b'>' if !inside => return Some(i + 1),
                _ => {}
            }
        }
        i += 1;
    }
    None
}

fn quantity(c: &mut Cursor<'_>) -> i32 {
    match c.peek() {
        b'?' => {
            c.pos += 1;
            1
        }
        b'*' => {
            c.pos += 1;
            2
        }
        b'+' => {
            c.pos += 1;
            3
        }
        _ => 0,
    }
}

/// `EMPTY`, `ANY`, mixed content, or a group of choices or a sequence.
fn content_model(c: &mut Cursor<'_>, depth: usize) -> Outcome<Model> {
    if depth > 100 {
        return Err(fault::SYNTAX);
    }
    if c.eat(b"EMPTY") {
        return Ok(Model { kind: 1, ..Model::default() });
    }
    if c.eat(b"ANY") {
        return Ok(Model { kind: 2, ..Model::default() });
    }
    if !c.eat(b"(") {
        let name = Some(c.name()?);
        return Ok(Model { kind: 4, quantity: quantity(c), name, children: Vec::new() });
    }
    let mut group = Model { kind: 6, ..Model::default() };
    c.space();
    if c.eat(b"#PCDATA") {
        group.kind = 3;
        c.space();
        while c.eat(b"|") {
            c.space();
            group.children.push(Model { kind: 4, name: Some(c.name()?), ..Model::default() });
            c.space();
        }
    } else {
        loop {
            c.space();
            group.children.push(content_model(c, depth + 1)?);
            c.space();
            match c.peek() {
                b'|' => group.kind = 5,
                b',' => {}
                _ => break,
            }
            c.pos += 1;
        }
    }
    if !c.eat(b")") {
        return Err(fault::SYNTAX);
    }
    group.quantity = quantity(c);
    Ok(group)
}
