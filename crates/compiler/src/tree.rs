//! The tree being compiled together with what it came from: source text, or nothing but a table of positions (trees
//! made by Python code). Answers where a span is and what a literal's value is.

use std::collections::HashMap;

use taipan_bytecode::{Const, Position};
use taipan_syntax::literal::{self, NameLookup, Value};
use taipan_syntax::{LineIndex, ast};

use crate::error::Span;

/// Where offsets of the tree lead.
pub enum TreeSource<'a> {
    /// Offsets are bytes of the text.
    Text { text: &'a str, lines: &'a LineIndex, names: NameLookup },
    /// Offset n means `positions[n]` (line from 1, byte column from 0). A node has three offsets in a row: its start,
    /// its end and the start of its first line. `strings` gives the WTF-8 value of the string
    /// pieces, by start offset, whose text Rust's `str` cannot hold, and the source of a template's fields; `constants`
    /// has what no literal means, for those that look like an ellipsis.
    Table { positions: Vec<(u32, u32)>, strings: HashMap<u32, Vec<u8>>, constants: HashMap<u32, Const> },
}

/// A tree's source.
pub struct Tree<'a> {
    pub source: TreeSource<'a>,
}

impl Tree<'_> {
    fn line_col(&self, offset: u32) -> (u32, u32) {
        match &self.source {
            TreeSource::Text { lines, .. } => lines.line_col(offset),
            TreeSource::Table { positions, .. } => positions.get(offset as usize).copied().unwrap_or((1, 0)),
        }
    }

    pub fn position(&self, span: Span) -> Position {
        let (line, col) = self.line_col(span.start);
        let (end_line, end_col) = self.line_col(span.end);
        Position { line, end_line, col, end_col }
    }

    /// The empty span at the start of the line that `span` starts in.
    pub fn line_start(&self, span: Span) -> Span {
        match &self.source {
            TreeSource::Text { .. } => {
                let start = span.start - self.line_col(span.start).1;
                Span { start, end: start }
            }
            // Two keys behind a node's first one.
            TreeSource::Table { .. } if span.start > 0 => Span { start: span.start + 2, end: span.start + 2 },
            TreeSource::Table { .. } => span,
        }
    }

    pub fn line(&self, offset: u32) -> u32 {
        self.line_col(offset).0
    }

    /// Whether spans are stretches of a text, not keys of a table.
    pub fn is_text(&self) -> bool {
        matches!(self.source, TreeSource::Text { .. })
    }

    /// What an ellipsis stands for, if not for itself.
    pub fn constant(&self, span: Span) -> Option<&Const> {
        match &self.source {
            TreeSource::Text { .. } => None,
            TreeSource::Table { constants, .. } => constants.get(&span.start),
        }
    }

    /// The source of a template's field: all between `{` and what ends the expression, parentheses included.
    pub fn interpolation_text(&self, i: &ast::InterpolatedElement) -> String {
        if let Some(debug) = &i.debug_text {
            let text = debug.as_str().trim_end();
            return without_comments(text.strip_suffix('=').unwrap_or(text)).trim_end().to_string();
        }
        let whole = Span::of(i);
        if let TreeSource::Table { strings, .. } = &self.source {
            return match strings.get(&whole.start) {
                Some(text) => String::from_utf8_lossy(text).into_owned(),
                None => crate::unparse::unparse(&i.expression, self),
            };
        }
        let end = match &i.format_spec {
            Some(spec) => Span::of(&**spec).start,
            None => whole.end,
        };
        let all = self.text(Span { start: whole.start + 1, end }).unwrap_or_default();
        let mut all = match &i.format_spec {
            Some(_) => all.strip_suffix(':').unwrap_or(all),
            None => all.strip_suffix('}').unwrap_or(all),
        };
        if i.conversion != ast::ConversionFlag::None
            && let Some(at) = all.rfind('!')
        {
            all = &all[..at];
        }
        without_comments(all).trim_end().to_string()
    }

    /// The text of a span, when there is one.
    pub fn text(&self, span: Span) -> Option<&str> {
        match &self.source {
            TreeSource::Text { text, .. } => {
                text.get(span.start as usize..(span.end as usize).min(text.len()))
            }
            TreeSource::Table { .. } => None,
        }
    }

    fn piece(&self, piece: &ast::StringLiteral, out: &mut Vec<u8>) {
        let span = Span::of(piece);
        match &self.source {
            TreeSource::Text { names, .. } => {
                if let Some(text) = self.text(span)
                    && text.contains('\\')
                    && let Ok((Value::Str(value), _)) = literal::decode(text, *names)
                {
                    out.extend(value);
                    return;
                }
            }
            TreeSource::Table { strings, .. } => {
                if let Some(value) = strings.get(&span.start) {
                    out.extend(value);
                    return;
                }
            }
        }
        out.extend(piece.value.as_bytes());
    }

    /// The value of a string literal, WTF-8.
    pub fn string(&self, e: &ast::ExprStringLiteral) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in e.value.iter() {
            self.piece(piece, &mut out);
        }
        out
    }

    pub fn string_piece(&self, piece: &ast::StringLiteral) -> Vec<u8> {
        let mut out = Vec::new();
        self.piece(piece, &mut out);
        out
    }

    /// The value of the text between replacement fields.
    pub fn middle(&self, e: &ast::InterpolatedStringLiteralElement, raw: bool, in_spec: bool) -> Vec<u8> {
        let span = Span::of(e);
        match &self.source {
            TreeSource::Text { text: all, names, .. } => {
                if let Some(text) = self.text(span)
                    && text.contains('\\')
                {
                    let next =
                        all.get(span.end as usize..).and_then(|t| t.chars().next()).filter(|c| *c == '{');
                    if let Ok((value, _)) = literal::decode_fstring_middle(text, raw, in_spec, next, *names) {
                        return value;
                    }
                }
            }
            TreeSource::Table { strings, .. } => {
                if let Some(value) = strings.get(&span.start) {
                    return value.clone();
                }
            }
        }
        e.value.as_bytes().to_vec()
    }
}

/// Source text as CPython keeps it with a field: comments go.
pub fn without_comments(text: &str) -> String {
    if !text.contains('#') {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '#') => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (Some(_), '\\') => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}
