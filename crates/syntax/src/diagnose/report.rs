//! Where errors get their texts and places.

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::{Stop, Token, kind};
use crate::literal::{self, LiteralError};

use super::engine::{Engine, NodeId, Outcome};
use super::grammar::{Kind, Place};

/// What a target is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Assign,
    For,
    Delete,
}

impl Engine<'_> {
    // Places. Lines from 1; offsets are bytes from 1, 0 and less as CPython leaves them.

    fn set_error(
        &mut self,
        kind: ErrorKind,
        (line, offset): (i64, i64),
        (end_line, end_offset): (i64, i64),
        msg: &str,
    ) {
        self.failed = true;
        if self.error.is_some() {
            return;
        }
        let text = self.shown_text(line);
        self.error = Some(SyntaxError {
            kind,
            msg: msg.to_string(),
            lineno: line,
            offset: char_offset(&text, offset),
            end_lineno: end_line,
            end_offset: char_offset(&text, end_offset),
            text: Some(text),
            last_statement: None,
            warnings: Vec::new(),
        });
    }

    /// What CPython shows: what it holds in its buffer if that reaches the line, else the line.
    fn shown_text(&self, line: i64) -> String {
        let cursor = self.lexer.cursor;
        let bytes = self.source.as_bytes();
        if i64::from(cursor.line) <= line && cursor.limit > cursor.line_start {
            let shown = &bytes[cursor.line_start as usize..cursor.limit as usize];
            return String::from_utf8_lossy(shown).into_owned();
        }
        let nth = usize::try_from(line - 1).unwrap_or(0);
        self.source.split('\n').nth(nth).unwrap_or("").to_string()
    }

    /// At the furthest token that has been read.
    pub fn raise_last(&mut self, kind: ErrorKind, msg: &str) {
        let Some(token) = self.tokens.last().copied() else {
            return self.set_error(kind, (0, 0), (0, -1), msg);
        };
        self.raise_loose(kind, &token, msg);
    }

    /// At a token that may have no place; then where the tokenizer is.
    fn raise_loose(&mut self, kind: ErrorKind, token: &Token, msg: &str) {
        let cursor = self.lexer.cursor;
        let offset = if token.col == -1 {
            i64::from(cursor.pos) - i64::from(cursor.line_start)
        } else {
            i64::from(token.col) + 1
        };
        let end = if token.end_col == -1 { -1 } else { i64::from(token.end_col) + 1 };
        self.set_error(kind, (i64::from(token.line), offset), (i64::from(token.end_line), end), msg);
    }

    pub fn raise_token(&mut self, token: &Token, msg: &str) {
        let start = (i64::from(token.line), i64::from(token.col) + 1);
        let end = (i64::from(token.end_line), i64::from(token.end_col) + 1);
        self.set_error(ErrorKind::Syntax, start, end, msg);
    }

    fn start_of(&self, node: NodeId) -> (i64, i64) {
        let at = (self.get(node).start as usize).min(self.tokens.len().saturating_sub(1));
        let token = &self.tokens[at];
        (i64::from(token.line), i64::from(token.col) + 1)
    }

    fn end_of(&self, node: NodeId) -> (i64, i64) {
        let node = self.get(node);
        let (from, to) = (node.start as usize, (node.end as usize).min(self.tokens.len()));
        let visible =
            |t: &&Token| !matches!(t.kind, kind::ENDMARKER | kind::NEWLINE | kind::INDENT | kind::DEDENT);
        let token =
            if to == from + 1 { self.tokens.get(from) } else { self.tokens[..to].iter().rev().find(visible) };
        token.map_or((0, 0), |t| (i64::from(t.end_line), i64::from(t.end_col) + 1))
    }

    fn raise_range(&mut self, a: NodeId, b: NodeId, msg: &str) {
        let (start, end) = (self.start_of(a), self.end_of(b));
        self.set_error(ErrorKind::Syntax, start, end, msg);
    }

    /// From a node to where the tokenizer is.
    fn raise_from(&mut self, a: NodeId, msg: &str) {
        let cursor = self.lexer.cursor;
        let end = (i64::from(cursor.line), i64::from(cursor.pos - cursor.line_start));
        let start = self.start_of(a);
        self.set_error(ErrorKind::Syntax, start, end, msg);
    }

    pub fn too_deep(&mut self) {
        self.failed = true;
        if self.error.is_none() {
            let msg = "Parser stack overflowed - Python source too complex to parse";
            self.error = Some(SyntaxError { kind: ErrorKind::TooDeep, ..SyntaxError::bare(msg) });
        }
    }

    /// The tokenizer gave no token.
    pub fn tokenizer_error(&mut self, stop: &Stop) {
        let cursor = self.lexer.cursor;
        let line = i64::from(cursor.line);
        match stop {
            Stop::Raised(error) => {
                self.failed = true;
                self.error = Some((**error).clone());
            }
            Stop::Dedent => {
                self.raise_last(ErrorKind::Indentation, "unindent does not match any outer indentation level")
            }
            Stop::TabSpace => self.set_error(
                ErrorKind::Tab,
                (line, 1),
                (line, 0),
                "inconsistent use of tabs and spaces in indentation",
            ),
            Stop::TooDeep => {
                self.set_error(ErrorKind::Indentation, (line, 1), (line, 0), "too many levels of indentation")
            }
            Stop::LineContinuation => self.set_error(
                ErrorKind::Syntax,
                (line, i64::from(cursor.pos) - i64::from(cursor.buffer)),
                (line, 0),
                "unexpected character after line continuation character",
            ),
            Stop::Eof if !self.lexer.brackets.is_empty() => self.raise_unclosed(),
            Stop::Eof => self.raise_last(ErrorKind::Syntax, "unexpected EOF while parsing"),
        }
    }

    pub fn raise_unclosed(&mut self) {
        let Some(open) = self.lexer.brackets.last().copied() else { return };
        let line = i64::from(open.line);
        let msg = format!("'{}' was never closed", open.byte as char);
        self.set_error(ErrorKind::Syntax, (line, i64::from(open.col) + 1), (line, 0), &msg);
    }

    // Actions.

    pub fn report(&mut self, place: &Place, text: &str, a: NodeId, b: NodeId) {
        let msg = self.fill_in(text, a);
        match place {
            Place::At => self.raise_range(a, a, &msg),
            Place::Range(x, y) => {
                let pick = |n: u8| if n == b'b' { b } else { a };
                self.raise_range(pick(*x), pick(*y), &msg);
            }
            Place::RangeComp => {
                let end = self.last_of_comprehension(b);
                self.raise_range(a, end, &msg);
            }
            Place::RangeLast => {
                let start = self.parts(a).last().copied().unwrap_or(a);
                self.raise_range(start, b, &msg);
            }
            Place::From => self.raise_from(a, &msg),
            Place::Last => self.raise_last(ErrorKind::Syntax, &msg),
            Place::Indent => self.raise_last(ErrorKind::Indentation, &msg),
            Place::Next => {
                if let Some(token) = self.token(self.pos) {
                    self.raise_loose(ErrorKind::Syntax, &token, &msg);
                }
            }
        }
    }

    fn fill_in(&self, text: &str, a: NodeId) -> String {
        let mut msg = text.replace("\\\"", "\"");
        if msg.contains("<a.line>") {
            msg = msg.replace("<a.line>", &self.start_of(a).0.to_string());
        }
        if msg.contains("<a.text>") {
            msg = msg.replace("<a.text>", self.first_text(a));
        }
        if msg.contains("<a>") {
            msg = msg.replace("<a>", self.expr_name(a));
        }
        msg
    }

    fn first_text(&self, node: NodeId) -> &str {
        self.tokens.get(self.get(node).start as usize).map_or("", |t| self.text_of(t))
    }

    fn last_of_comprehension(&self, for_ifs: NodeId) -> NodeId {
        let node = self.get(for_ifs);
        let clause = if node.kind == Kind::Comp {
            for_ifs
        } else {
            self.parts(for_ifs).last().copied().unwrap_or(for_ifs)
        };
        self.parts(clause).last().copied().unwrap_or(clause)
    }

    fn expr_name(&self, node: NodeId) -> &'static str {
        match self.get(node).kind {
            Kind::Attr => "attribute",
            Kind::Sub => "subscript",
            Kind::Star => "starred",
            Kind::Name => "name",
            Kind::List => "list",
            Kind::Tuple => "tuple",
            Kind::Lambda => "lambda",
            Kind::Call => "function call",
            Kind::Op => "expression",
            Kind::GenExp => "generator expression",
            Kind::Yield => "yield expression",
            Kind::Await => "await expression",
            Kind::ListComp => "list comprehension",
            Kind::SetComp => "set comprehension",
            Kind::DictComp => "dict comprehension",
            Kind::Dict => "dict literal",
            Kind::Set => "set display",
            Kind::FStr => "f-string expression",
            Kind::TStr => "t-string expression",
            Kind::None => "None",
            Kind::True => "True",
            Kind::False => "False",
            Kind::Ellipsis => "ellipsis",
            Kind::Compare => "comparison",
            Kind::IfExp => "conditional expression",
            Kind::Named => "named expression",
            _ => "literal",
        }
    }

    /// The part of an expression that cannot be a target.
    fn invalid_target(&self, node: NodeId, target: Target) -> Option<NodeId> {
        match self.get(node).kind {
            Kind::List | Kind::Tuple => {
                self.parts(node).into_iter().find_map(|part| self.invalid_target(part, target))
            }
            Kind::Star if target == Target::Delete => Some(node),
            Kind::Star => self.invalid_target(*self.parts(node).first()?, target),
            Kind::Compare if target == Target::For => {
                let parts = self.parts(node);
                let (left, first) = (*parts.first()?, *parts.get(1)?);
                if self.get(first).kind == Kind::In { self.invalid_target(left, target) } else { None }
            }
            Kind::Name | Kind::Sub | Kind::Attr => None,
            _ => Some(node),
        }
    }

    fn check_target(&mut self, node: NodeId, target: Target) {
        if let Some(bad) = self.invalid_target(node, target) {
            let verb = if target == Target::Delete { "delete" } else { "assign to" };
            let msg = format!("cannot {verb} {}", self.expr_name(bad));
            self.raise_range(bad, bad, &msg);
        }
    }

    pub fn special(
        &mut self,
        word: &str,
        text: &str,
        start: u32,
        kids: &[NodeId],
        a: NodeId,
        b: NodeId,
    ) -> Outcome {
        match word {
            "exit" => {}
            "stmt" => return self.statement(start, kids),
            "target" => self.check_target(a, Target::Assign),
            "for_target" => self.check_target(a, Target::For),
            "del_target" => self.check_target(a, Target::Delete),
            "legacy" => {
                let name = self.first_text(a).to_string();
                if self.is_legacy(a) {
                    let msg = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
                    self.raise_range(a, b, &msg);
                }
            }
            "missing_comma" => {
                let inside = self.pos > 0 && self.tokens[self.pos - 1].level > 0;
                if inside && !self.is_legacy(a) {
                    self.raise_range(a, b, "invalid syntax. Perhaps you forgot a comma?");
                }
            }
            "type_bound" => {
                let what = if self.get(b).kind == Kind::Tuple { "constraints" } else { "bound" };
                self.raise_from(a, &format!("cannot use {what} with {text}"));
            }
            "bare_genexp" => {
                let positional: Vec<NodeId> = self
                    .parts(a)
                    .into_iter()
                    .filter(|&n| !matches!(self.get(n).kind, Kind::Keyword | Kind::Unpack))
                    .collect();
                if let (2.., Some(&last)) = (positional.len(), positional.last()) {
                    let end = self.last_of_comprehension(b);
                    self.raise_range(last, end, "Generator expression must be parenthesized");
                }
            }
            "argument_order" => {
                let unpacked = self.parts(a).iter().any(|&n| self.get(n).kind == Kind::Unpack);
                let tail = if unpacked { " unpacking" } else { "" };
                let msg = format!("positional argument follows keyword argument{tail}");
                self.raise_last(ErrorKind::Syntax, &msg);
            }
            "key_without_colon" => {
                let ((line, _), (end_line, end)) = (self.start_of(a), self.end_of(a));
                let msg = "':' expected after dictionary key";
                self.set_error(ErrorKind::Syntax, (line, end - 1), (end_line, 0), msg);
            }
            "flufl" => {
                let old = self.first_text(a) == "<>";
                if old == self.options.barry_as_flufl {
                    return Outcome::Match(a);
                }
                if !old {
                    let msg = "with Barry as BDFL, use '<>' instead of '!='";
                    self.raise_last(ErrorKind::Syntax, msg);
                }
            }
            "real" | "imaginary" => {
                let imaginary = self.first_text(a).ends_with(['j', 'J']);
                if imaginary == (word == "imaginary") {
                    return Outcome::Match(a);
                }
                self.raise_range(a, a, &format!("{word} number required in complex literal"));
            }
            "number" => return self.number(start),
            "conversion" => return self.conversion(kids, a, b),
            "string" => return self.string(start),
            "fstring" | "tstring" => return self.interpolated(word, start, kids),
            "strings" => return self.strings(start, kids),
            _ => debug_assert!(false, "unknown action {word}"),
        }
        Outcome::Nothing
    }

    fn is_legacy(&self, node: NodeId) -> bool {
        self.get(node).kind == Kind::Name && matches!(self.first_text(node), "print" | "exec")
    }

    /// Remembers where a compound statement begins. CPython remembers no functions.
    fn statement(&mut self, start: u32, kids: &[NodeId]) -> Outcome {
        let node = self.node(Kind::Seq, start, kids);
        // A decorated class begins at its keyword.
        let mut inner = kids.first().copied().unwrap_or(node);
        while self.first_text(inner) == "@" {
            match self.kids(inner).last() {
                Some(&kid) => inner = kid,
                None => break,
            }
        }
        let second = self.tokens.get(self.get(inner).start as usize + 1);
        let function = match self.first_text(inner) {
            "def" => true,
            "async" => second.is_some_and(|t| self.text_of(t) == "def"),
            _ => false,
        };
        if !function {
            let (line, offset) = self.start_of(inner);
            self.last_statement = self.last_statement.max((line, offset - 1));
        }
        Outcome::Match(node)
    }

    fn number(&mut self, start: u32) -> Outcome {
        let node = self.node(Kind::Number, start, &[]);
        let digits = self.first_text(node).bytes().filter(u8::is_ascii_digit).count();
        let decimal = self.first_text(node).bytes().all(|b| b.is_ascii_digit() || b == b'_');
        let limit = self.options.max_str_digits;
        if decimal && limit > 0 && digits > limit {
            let msg = format!(
                "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
                 use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
                 literals to avoid decimal conversion limits."
            );
            self.raise_last(ErrorKind::Syntax, &msg);
        }
        Outcome::Match(node)
    }

    fn conversion(&mut self, kids: &[NodeId], a: NodeId, b: NodeId) -> Outcome {
        let letter = if self.in_tstring(a) { 't' } else { 'f' };
        let name = self.first_text(b).to_string();
        if self.end_of(a) != self.start_of(b) {
            let msg = format!("{letter}-string: conversion type must come right after the exclamation mark");
            self.raise_range(a, b, &msg);
        } else if !matches!(name.as_str(), "s" | "r" | "a") {
            let msg =
                format!("{letter}-string: invalid conversion character '{name}': expected 's', 'r', or 'a'");
            self.raise_range(b, b, &msg);
        }
        Outcome::Match(self.node(Kind::Seq, self.get(a).start, kids))
    }

    /// Whether the innermost string around a node is a t-string.
    fn in_tstring(&self, node: NodeId) -> bool {
        let mut closed = 0;
        for token in self.tokens[..self.get(node).start as usize].iter().rev() {
            match token.kind {
                kind::FSTRING_END | kind::TSTRING_END => closed += 1,
                kind::FSTRING_START | kind::TSTRING_START if closed > 0 => closed -= 1,
                kind::FSTRING_START => return false,
                kind::TSTRING_START => return true,
                _ => {}
            }
        }
        false
    }

    fn string(&mut self, start: u32) -> Outcome {
        let node = self.node(Kind::Str, start, &[]);
        match literal::decode(self.first_text(node), self.options.names) {
            Ok((literal::Value::Bytes(_), _)) => self.set_kind(node, Kind::Bytes),
            Ok(_) => {}
            Err(error @ LiteralError::NonAsciiBytes) => {
                self.raise_range(node, node, error.message());
            }
            Err(error) => self.raise_last(ErrorKind::Syntax, error.message()),
        }
        Outcome::Match(node)
    }

    fn interpolated(&mut self, word: &str, start: u32, kids: &[NodeId]) -> Outcome {
        let kind = if word == "tstring" { Kind::TStr } else { Kind::FStr };
        let raw = self.tokens.get(start as usize).is_some_and(|t| self.text_of(t).contains(['r', 'R']));
        let pieces = kids.get(1).map_or_else(Vec::new, |&middle| self.kids(middle));
        for piece in pieces {
            let Some(token) = self.tokens.get(self.get(piece).start as usize) else { continue };
            if !matches!(token.kind, kind::FSTRING_MIDDLE | kind::TSTRING_MIDDLE) {
                continue;
            }
            let next = self.source[token.end as usize..].chars().next();
            let names = self.options.names;
            let text = self.text_of(token);
            if let Err(error) = literal::decode_fstring_middle(text, raw, true, next, names) {
                self.raise_last(ErrorKind::Syntax, error.message());
                break;
            }
        }
        Outcome::Match(self.node(kind, start, kids))
    }

    fn strings(&mut self, start: u32, kids: &[NodeId]) -> Outcome {
        let node = self.node(Kind::Str, start, kids);
        let kinds: Vec<Kind> = self.parts(node).iter().map(|&p| self.get(p).kind).collect();
        let bytes = kinds.iter().filter(|&&k| k == Kind::Bytes).count();
        if bytes != 0 && bytes != kinds.len() {
            self.raise_last(ErrorKind::Syntax, "cannot mix bytes and nonbytes literals");
        }
        if kinds.contains(&Kind::FStr) {
            self.set_kind(node, Kind::FStr);
        }
        Outcome::Match(node)
    }
}

/// A byte offset from 1 as a character offset, the way CPython converts it: the bytes before it are decoded.
fn char_offset(text: &str, offset: i64) -> i64 {
    let Ok(bytes) = usize::try_from(offset) else { return offset };
    if bytes > text.len() {
        return text.chars().count() as i64 + (bytes > text.len()) as i64;
    }
    String::from_utf8_lossy(&text.as_bytes()[..bytes]).chars().count() as i64
}
