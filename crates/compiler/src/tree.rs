//! The tree being compiled together with what it came from: source text, or nothing but a table of positions (trees
//! made by Python code). Answers where a span is and what a literal's value is.

use std::collections::HashMap;

use taipan_bytecode::Position;
use taipan_syntax::literal::{self, NameLookup, Value};
use taipan_syntax::{LineIndex, ast};

use crate::error::Span;

/// Where offsets of the tree lead.
pub enum TreeSource<'a> {
    /// Offsets are bytes of the text.
    Text { text: &'a str, lines: &'a LineIndex, names: NameLookup },
    /// Offset n means `positions[n]` (line from 1, byte column from 0); `strings` gives the WTF-8 value of the string
    /// pieces, by start offset, whose text Rust's `str` cannot hold.
    Table { positions: Vec<(u32, u32)>, strings: HashMap<u32, Vec<u8>> },
}

pub(crate) struct Tree<'a> {
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
            TreeSource::Table { .. } => span,
        }
    }

    pub fn line(&self, offset: u32) -> u32 {
        self.line_col(offset).0
    }

    /// The text of a span, when there is one.
    pub fn text(&self, span: Span) -> Option<&str> {
        match &self.source {
            TreeSource::Text { text, .. } => text.get(span.start as usize..span.end as usize),
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
