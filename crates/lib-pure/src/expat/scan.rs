//! Reading XML: text in pieces, events out. Nothing here knows of Python. Non-validating: the document type's internal
//! part is read for entities and defaults, external parts are only told about.

mod declare;
mod tags;

use declare::{Cursor, doctype_end};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
pub use tags::Names;

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
    /// Names of elements and attributes are numbers of `Scanner::names`.
    Start {
        name: u32,
        attributes: Vec<(u32, String)>,
        specified: usize,
    },
    End(u32),
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
    at: usize,
}

/// The next thing of a document. Places lie in the scanner's text until it is fed again.
pub enum Token {
    /// Text without markup, and whether it is ASCII. Line ends are newlines already.
    Text(Range<usize>, bool),
    /// An element begins; its attributes are in `Scanner::attributes`.
    Start(u32),
    End(u32),
    Told(Box<Told>),
}

/// A place in the text.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    line: usize,
    column: usize,
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
    raw: u32,
    name: u32,
    prefixes: Vec<Text>,
    /// The scope around it.
    scope: u64,
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
    /// Where the buffer begins, and a place behind it that was asked for.
    base: Place,
    near: Place,
    /// The byte where the last event began.
    pub at: usize,
    pub names: Names,
    /// The name that was read last, in a tag.
    last_name: u32,
    /// The attributes of the element that began last: name and value.
    pub attributes: Vec<(u32, Range<usize>)>,
    /// An element without content was told, its end was not.
    closing: bool,
    /// How many tags there were.
    tag: u64,
    /// Which bindings hold, and how often they changed.
    scope: u64,
    scopes: u64,
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

/// Whether a character of UTF-8 begins here.
fn starts_character(rest: &[u8]) -> bool {
    let four = rest.get(..rest.len().min(4)).unwrap_or_default();
    match std::str::from_utf8(four) {
        Ok(_) => true,
        Err(e) => e.valid_up_to() > 0,
    }
}

/// Each line and each line's end for itself, as Expat tells them, and how long they are in the text.
pub fn pieces(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, len) = match *rest.as_bytes() {
            [] => return None,
            [b'\r', b'\n', ..] => ("\n", 2),
            [b'\r' | b'\n', ..] => ("\n", 1),
            _ => {
                let len = memchr::memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
                (&rest[..len], len)
            }
        };
        rest = &rest[len..];
        Some((part, len))
    })
}

/// Bytes of text: 0 plain, 1 where markup begins, 2 what has to be looked at twice.
const TEXT: [u8; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 0x20 {
        t[i] = if matches!(i as u8, b'\t' | b'\n') { 0 } else { 2 };
        i += 1;
    }
    t[b'<' as usize] = 1;
    t[b'&' as usize] = 1;
    t[b']' as usize] = 2;
    t
};

fn bad_control(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| *b < 0x20 && !is_space(*b))
}

impl Scanner {
    pub fn new(separator: Option<String>) -> Scanner {
        let xml = ("xml".to_string(), "http://www.w3.org/XML/1998/namespace".to_string());
        Scanner {
            buf: Vec::new(),
            pos: 0,
            gone: 0,
            base: Place { offset: 0, line: 1, column: 0 },
            near: Place { offset: 0, line: 1, column: 0 },
            at: 0,
            names: Names::default(),
            last_name: 0,
            attributes: Vec::new(),
            closing: false,
            tag: 0,
            scope: 0,
            scopes: 0,
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
            self.place(self.here_at());
            self.base = self.near;
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

    /// The byte that comes next.
    pub fn here_at(&self) -> usize {
        self.gone + self.pos
    }

    /// Line, column and byte of what comes next.
    pub fn here(&mut self) -> (usize, usize, usize) {
        self.place(self.here_at())
    }

    /// Line and column of a byte, which is not before the buffer. They are only counted when they are asked for.
    pub fn place(&mut self, offset: usize) -> (usize, usize, usize) {
        let mut p = if self.near.offset <= offset { self.near } else { self.base };
        let end = offset.saturating_sub(self.gone).min(self.buf.len());
        let from = p.offset.saturating_sub(self.gone).min(end);
        for (i, b) in self.buf[from..end].iter().enumerate() {
            match b {
                b'\n' => (p.line, p.column) = (p.line + 1, 0),
                b'\r' if self.buf.get(from + i + 1) == Some(&b'\n') => {}
                b'\r' => (p.line, p.column) = (p.line + 1, 0),
                0x80..=0xbf => {}
                _ => p.column += 1,
            }
        }
        p.offset = offset;
        self.near = p;
        (p.line, p.column, offset)
    }

    fn text(&self) -> (&[u8], usize) {
        match self.sources.last() {
            Some(s) => (&s.text, s.pos),
            None => (&self.buf, self.pos),
        }
    }

    fn mark(&mut self) {
        if self.sources.is_empty() {
            self.at = self.here_at();
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
        out
    }

    fn tell(&mut self, event: Event, raw: &[u8]) {
        let raw = if self.raw { String::from_utf8_lossy(raw).into_owned() } else { String::new() };
        self.pending.push_back(Told { event, raw, at: self.at });
    }

    /// What comes next; `None`: more text is needed, or there is no more.
    pub fn token(&mut self, last: bool) -> Outcome<Option<Token>> {
        if self.closing {
            self.closing = false;
            self.at = self.here_at();
            return Ok(self.quick_close(self.at));
        }
        let plain = self.part == Part::Content && !self.raw && !self.in_cdata && !self.triplets;
        if plain && self.pending.is_empty() && self.sources.is_empty() {
            let quick = match self.buf.get(self.pos) {
                None | Some(b'&') => None,
                Some(b'<') => self.quick_tag(),
                Some(_) => self.quick_text(),
            };
            if quick.is_some() {
                return Ok(quick);
            }
        }
        Ok(self.next(last)?.map(|told| Token::Told(Box::new(told))))
    }

    /// Text up to the next markup, where nothing in it needs a second look.
    fn quick_text(&mut self) -> Option<Token> {
        let rest = self.buf.get(self.pos..)?;
        let (mut len, mut all) = (0, 0);
        for b in rest {
            match TEXT[usize::from(*b)] {
                0 => {}
                1 => break,
                _ => return None,
            }
            all |= b;
            len += 1;
        }
        let ascii = all < 0x80;
        if !ascii && std::str::from_utf8(&rest[..len]).is_err() {
            return None;
        }
        self.mark();
        self.pos += len;
        Some(Token::Text(self.pos - len..self.pos, ascii))
    }

    /// The text of a token.
    pub fn slice(&self, place: Range<usize>) -> &str {
        self.buf.get(place).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// The text of a token that is ASCII.
    pub fn ascii(&self, place: Range<usize>) -> &[u8] {
        self.buf.get(place).unwrap_or_default()
    }

    /// The next event; `None`: more text is needed, or there is no more.
    fn next(&mut self, last: bool) -> Outcome<Option<Told>> {
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
        self.at = self.here_at();
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
            let whole = starts_character(rest);
            self.mark();
            return Err(match (self.part, first) {
                (_, 0x80..) if !whole => fault::INVALID_TOKEN,
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
        for (part, len) in pieces(text) {
            self.tell(Event::Characters(part.to_string()), part.as_bytes());
            if self.sources.is_empty() {
                self.at += len;
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
        // The `>` is where the fault is.
        let close = find(piece, 0, b"]]>").map(|at| at + 2);
        let bad = close.or_else(|| piece.iter().position(|b| *b < 0x20 && !is_space(*b)));
        if let Some(at) = bad {
            self.take(at);
            self.mark();
            return Err(fault::INVALID_TOKEN);
        }
        let raw = self.take(len);
        self.say_text(&utf8(&raw)?);
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
            self.say_text(&utf8(&raw)?);
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
