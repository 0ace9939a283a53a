//! Declarations: the document type and what is declared in it. `Cursor` reads a declaration piece by piece.

use super::*;

/// Reads a declaration piece by piece.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    pub(super) pos: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.pos).copied().unwrap_or(0)
    }
    pub(super) fn done(&self) -> bool {
        self.pos >= self.text.len()
    }
    pub(super) fn space(&mut self) -> bool {
        let from = self.pos;
        while is_space(self.peek()) {
            self.pos += 1;
        }
        self.pos > from
    }
    pub(super) fn eat(&mut self, what: &[u8]) -> bool {
        let hit = self.text.get(self.pos..).is_some_and(|t| t.starts_with(what));
        if hit {
            self.pos += what.len();
        }
        hit
    }
    pub(super) fn name(&mut self) -> Outcome<String> {
        let from = self.pos;
        if !is_name_start(self.peek()) {
            return Err(fault::INVALID_TOKEN);
        }
        self.token(from)
    }
    pub(super) fn token(&mut self, from: usize) -> Outcome<String> {
        while !self.done() && is_name(self.peek()) {
            self.pos += 1;
        }
        if self.pos == from {
            return Err(fault::INVALID_TOKEN);
        }
        utf8(&self.text[from..self.pos])
    }
    pub(super) fn quoted(&mut self) -> Outcome<&'a [u8]> {
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
    pub(super) fn external(&mut self, notation: bool) -> Outcome<(Text, Text)> {
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
    pub(super) fn doctype(&mut self, raw: &[u8]) -> Outcome<()> {
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
    pub(super) fn whole_name(mut self) -> Outcome<String> {
        let name = self.name()?;
        if self.done() { Ok(name) } else { Err(fault::INVALID_TOKEN) }
    }
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
pub(super) fn doctype_end(text: &[u8]) -> Option<usize> {
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
