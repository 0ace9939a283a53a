//! Tags: names by number, a quick way for tags that are plain, a thorough one for all others, namespaces.

use super::declare::Cursor;
use super::*;
use std::ops::Range;

/// What is known of a name.
struct Name {
    text: Box<str>,
    /// What it stands for in the scope that was looked at last, as an element's name and as an attribute's.
    element: (u64, u32),
    attribute: (u64, u32),
    /// The name that was read after this one the last time.
    follows: u32,
    /// The tag that had it last.
    tag: u64,
}

/// Every name that was read or made, by number.
#[derive(Default)]
pub struct Names {
    ids: HashMap<Box<str>, u32>,
    list: Vec<Name>,
}

/// No scope, or no name.
const NO_SCOPE: u64 = u64::MAX;

impl Names {
    pub fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.list.len() as u32;
        self.ids.insert(text.into(), id);
        self.list.push(Name {
            text: text.into(),
            element: (NO_SCOPE, 0),
            attribute: (NO_SCOPE, 0),
            follows: 0,
            tag: 0,
        });
        id
    }

    pub fn text(&self, id: u32) -> &str {
        self.list.get(id as usize).map_or("", |n| &n.text)
    }

    /// Whether the tag has the name for the first time.
    fn first(&mut self, id: u32, tag: u64) -> bool {
        self.list.get_mut(id as usize).is_none_or(|n| std::mem::replace(&mut n.tag, tag) != tag)
    }
}

/// Bytes of names, but for those that are not ASCII and `:`, which are in too.
const NAME: [bool; 256] = {
    let mut t = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        t[i] = b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-' | b'.') || b >= 0x80;
        i += 1;
    }
    t
};

/// Bytes that the quick way does not read in an attribute's value.
const ODD_VALUE: [bool; 256] = {
    let mut t = [false; 256];
    let mut i = 0;
    while i < 0x20 {
        t[i] = true;
        i += 1;
    }
    t[b'<' as usize] = true;
    t[b'&' as usize] = true;
    t
};

fn skip_spaces(buf: &[u8], i: &mut usize) -> bool {
    let from = *i;
    while buf.get(*i).is_some_and(|b| is_space(*b)) {
        *i += 1;
    }
    *i > from
}

impl Scanner {
    /// A tag that is whole and plain; `None`: the thorough way has to look at it.
    pub(super) fn quick_tag(&mut self) -> Option<Token> {
        let buf = std::mem::take(&mut self.buf);
        let found = match buf.get(self.pos + 1) {
            Some(b'/') => self.quick_end(&buf),
            Some(_) => self.quick_start(&buf),
            None => None,
        };
        self.buf = buf;
        let (token, end) = found?;
        self.at = self.gone + self.pos;
        self.pos = end;
        Some(token)
    }

    fn quick_end(&mut self, buf: &[u8]) -> Option<(Token, usize)> {
        let name = self.names.text(self.open.last()?.raw).as_bytes();
        let mut i = self.pos + 2 + name.len();
        if buf.get(self.pos + 2..i)? != name {
            return None;
        }
        if *buf.get(i)? != b'>' {
            skip_spaces(buf, &mut i);
            if *buf.get(i)? != b'>' {
                return None;
            }
        }
        let at = self.gone + self.pos;
        Some((self.quick_close(at)?, i + 1))
    }

    /// Ends the innermost element.
    pub(super) fn quick_close(&mut self, at: usize) -> Option<Token> {
        let (name, prefixes) = self.pop()?;
        for prefix in prefixes {
            self.pending.push_back(Told { event: Event::EndNamespace(prefix), raw: String::new(), at });
        }
        Some(Token::End(name))
    }

    fn quick_start(&mut self, buf: &[u8]) -> Option<(Token, usize)> {
        if !self.defaults.is_empty() {
            return None;
        }
        let mut i = self.pos + 1;
        let raw = self.name_at(buf, &mut i)?;
        self.attributes.clear();
        let empty = loop {
            let spaced = skip_spaces(buf, &mut i);
            match *buf.get(i)? {
                b'>' => {
                    i += 1;
                    break false;
                }
                b'/' if *buf.get(i + 1)? == b'>' => {
                    i += 2;
                    break true;
                }
                _ if !spaced => return None,
                _ => {}
            }
            let key = self.name_at(buf, &mut i)?;
            if self.separator.is_some() && self.names.text(key).starts_with("xmlns") {
                return None;
            }
            let value = value_at(buf, &mut i)?;
            self.attributes.push((key, value));
        };
        let name = self.resolved(raw, true).ok()?;
        self.tag += 1;
        for at in 0..self.attributes.len() {
            let id = self.resolved(self.attributes[at].0, false).ok()?;
            if !self.names.first(id, self.tag) {
                return None;
            }
            self.attributes[at].0 = id;
        }
        self.begun = true;
        self.open.push(Open { raw, name, prefixes: Vec::new(), scope: self.scope });
        self.closing = empty;
        Some((Token::Start(name), i))
    }

    /// The name that begins here. Documents repeat themselves: what followed the name before last time is tried first.
    fn name_at(&mut self, buf: &[u8], i: &mut usize) -> Option<u32> {
        let from = *i;
        let last = self.last_name as usize;
        if let Some(guess) = self.names.list.get(last).map(|n| n.follows)
            && let Some(n) = self.names.list.get(guess as usize)
        {
            let end = from + n.text.len();
            if buf.get(from..end) == Some(n.text.as_bytes()) && !NAME[usize::from(*buf.get(end)?)] {
                *i = end;
                self.last_name = guess;
                return Some(guess);
            }
        }
        if !is_name_start(*buf.get(from)?) {
            return None;
        }
        let mut end = from + 1;
        while NAME[usize::from(*buf.get(end)?)] {
            end += 1;
        }
        let id = self.names.id(std::str::from_utf8(&buf[from..end]).ok()?);
        if let Some(n) = self.names.list.get_mut(last) {
            n.follows = id;
        }
        self.last_name = id;
        *i = end;
        Some(id)
    }

    /// The number of what a name stands for here.
    fn resolved(&mut self, id: u32, element: bool) -> Outcome<u32> {
        let Some(separator) = &self.separator else { return Ok(id) };
        if !self.triplets
            && let Some(n) = self.names.list.get(id as usize)
        {
            let (scope, known) = if element { n.element } else { n.attribute };
            if scope == self.scope {
                return Ok(known);
            }
        }
        let full = self.expand_name(self.names.text(id), element, separator)?;
        let known = self.names.id(&full);
        if !self.triplets
            && let Some(n) = self.names.list.get_mut(id as usize)
        {
            *(if element { &mut n.element } else { &mut n.attribute }) = (self.scope, known);
        }
        Ok(known)
    }

    pub(super) fn end_tag(&mut self, raw: &[u8]) -> Outcome<()> {
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
        if self.open.last().is_none_or(|o| self.names.text(o.raw) != name) {
            // The name is where the fault is.
            if self.sources.is_empty() {
                self.at += 2;
            }
            return Err(fault::TAG_MISMATCH);
        }
        self.close(raw);
        Ok(())
    }

    /// The innermost element's name and the prefixes that were its own, the last one first.
    fn pop(&mut self) -> Option<(u32, Vec<Text>)> {
        let mut o = self.open.pop()?;
        if !o.prefixes.is_empty() {
            self.bindings.truncate(self.bindings.len().saturating_sub(o.prefixes.len()));
            self.scope = o.scope;
            o.prefixes.reverse();
        }
        if self.open.is_empty() && !self.fragment && self.sources.is_empty() {
            self.part = Part::Epilog;
        }
        Some((o.name, o.prefixes))
    }

    fn close(&mut self, raw: &[u8]) {
        let Some((name, prefixes)) = self.pop() else { return };
        self.tell(Event::End(name), raw);
        for prefix in prefixes {
            self.tell(Event::EndNamespace(prefix), &[]);
        }
    }

    pub(super) fn start_tag(&mut self, raw: &[u8]) -> Outcome<()> {
        let empty = raw.ends_with(b"/>");
        let body = &raw[1..raw.len() - if empty { 2 } else { 1 }];
        let mut c = Cursor { text: body, pos: 0 };
        let name = c.name()?;
        let mut attributes: Vec<(u32, String)> = Vec::new();
        self.tag += 1;
        loop {
            let spaced = c.space();
            if c.done() {
                break;
            }
            if !spaced {
                return Err(fault::INVALID_TOKEN);
            }
            let begins = c.pos + 1;
            let key = c.name()?;
            c.space();
            if !c.eat(b"=") {
                return Err(fault::INVALID_TOKEN);
            }
            c.space();
            let value = c.quoted().map_err(|_| fault::INVALID_TOKEN)?;
            let id = self.names.id(&key);
            if !self.names.first(id, self.tag) {
                if self.sources.is_empty() {
                    self.at += begins;
                }
                return Err(fault::DUPLICATE_ATTRIBUTE);
            }
            let cdata = self.default_of(&name, &key).is_none_or(|d| d.cdata);
            let value = self.attribute_value(value, cdata)?;
            attributes.push((id, value));
        }
        let specified = attributes.len();
        if let Some(defaults) = self.defaults.get(&name) {
            for d in defaults {
                let Some(v) = &d.value else { continue };
                let id = self.names.id(&d.name);
                if self.names.first(id, self.tag) {
                    attributes.push((id, v.clone()));
                }
            }
        }
        let raw_name = self.names.id(&name);
        let scope = self.scope;
        let (name, attributes, specified, prefixes) = self.resolve(raw_name, attributes, specified)?;
        self.tell(Event::Start { name, attributes, specified }, raw);
        self.open.push(Open { raw: raw_name, name, prefixes, scope });
        if empty {
            if self.sources.is_empty() {
                self.at = self.here_at();
            }
            self.close(&[]);
        }
        Ok(())
    }

    fn default_of(&self, element: &str, name: &str) -> Option<&AttDefault> {
        self.defaults.get(element)?.iter().find(|d| d.name == name)
    }

    pub(super) fn attribute_value(&mut self, raw: &[u8], cdata: bool) -> Outcome<String> {
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

    /// The names as the namespaces have them: the element's, its attributes, how many of these were written, and the
    /// prefixes that it declares.
    #[allow(clippy::type_complexity)]
    fn resolve(
        &mut self,
        name: u32,
        attributes: Vec<(u32, String)>,
        specified: usize,
    ) -> Outcome<(u32, Vec<(u32, String)>, usize, Vec<Text>)> {
        if self.separator.is_none() {
            return Ok((name, attributes, specified, Vec::new()));
        }
        let mut prefixes = Vec::new();
        let mut kept = Vec::new();
        let mut given = specified;
        for (i, (key, value)) in attributes.into_iter().enumerate() {
            let prefix = match self.names.text(key).strip_prefix("xmlns") {
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
        if !prefixes.is_empty() {
            self.scopes += 1;
            self.scope = self.scopes;
        }
        let name = self.resolved(name, true)?;
        self.tag += 1;
        for (key, _) in &mut kept {
            *key = self.resolved(*key, false)?;
            if !self.names.first(*key, self.tag) {
                return Err(fault::DUPLICATE_ATTRIBUTE);
            }
        }
        Ok((name, kept, given, prefixes))
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
}

/// `= "…"`: where the value lies.
fn value_at(buf: &[u8], i: &mut usize) -> Option<Range<usize>> {
    if *buf.get(*i)? != b'=' {
        skip_spaces(buf, i);
        if *buf.get(*i)? != b'=' {
            return None;
        }
    }
    *i += 1;
    skip_spaces(buf, i);
    let quote = *buf.get(*i)?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let from = *i + 1;
    let (mut end, mut all) = (from, 0);
    loop {
        let b = *buf.get(end)?;
        if b == quote {
            break;
        }
        if ODD_VALUE[usize::from(b)] {
            return None;
        }
        all |= b;
        end += 1;
    }
    if all >= 0x80 && std::str::from_utf8(&buf[from..end]).is_err() {
        return None;
    }
    *i = end + 1;
    Some(from..end)
}
