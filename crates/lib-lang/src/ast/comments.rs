//! Type comments (PEP 484): found among the tokens, and asked for by what they belong to. One that nothing asks for is
//! a syntax error, as it is in CPython's grammar.

use std::cell::{Cell, RefCell};

use taipan_syntax::{LineIndex, Ranged, TokenKind, Tokens};

enum Entry {
    Token(TokenKind),
    Comment { text: String, used: Cell<bool> },
}

/// The tokens that matter with the type comments among them, in the order of the source.
pub struct TypeComments {
    entries: Vec<(u32, u32, Entry)>,
    ignores: Vec<(u32, String)>,
    /// A second comment on one function.
    doubled: RefCell<Option<u32>>,
}

impl TypeComments {
    pub fn new(source: &str, tokens: &Tokens, lines: &LineIndex) -> TypeComments {
        let mut found =
            TypeComments { entries: Vec::new(), ignores: Vec::new(), doubled: RefCell::new(None) };
        for token in tokens.iter() {
            let (start, end) = (token.range().start().to_u32(), token.range().end().to_u32());
            let entry = match token.kind() {
                TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => continue,
                TokenKind::Comment => {
                    let Some(text) = source.get(start as usize..end as usize).and_then(body) else {
                        continue;
                    };
                    if let Some(tag) = text.strip_prefix("ignore")
                        && !tag.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphanumeric())
                    {
                        found.ignores.push((lines.line(start), tag.to_string()));
                        continue;
                    }
                    Entry::Comment { text: text.to_string(), used: Cell::new(false) }
                }
                kind => Entry::Token(kind),
            };
            found.entries.push((start, end, entry));
        }
        found
    }

    /// Line and tag of each `# type: ignore`.
    pub fn ignores(&self) -> Vec<(u32, String)> {
        self.ignores.clone()
    }

    /// The start of a comment that belongs to nothing, after everything has taken its own; with CPython's text.
    pub fn stray(&self) -> Option<(u32, u32, &'static str)> {
        if let Some(at) = *self.doubled.borrow() {
            return Some((at, at, "Cannot have two type comments on def"));
        }
        self.entries.iter().enumerate().find_map(|(i, (start, end, entry))| match entry {
            Entry::Comment { used, .. } if !used.get() => {
                let before = |n: usize| i.checked_sub(n).and_then(|at| self.kind(at));
                let star = before(1) == Some(TokenKind::Comma) && before(2) == Some(TokenKind::Star);
                let msg = if star { "bare * has associated type comment" } else { "invalid syntax" };
                Some((*start, *end, msg))
            }
            _ => None,
        })
    }

    fn first_after(&self, offset: u32) -> usize {
        self.entries.partition_point(|(start, ..)| *start < offset)
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        match self.entries.get(at) {
            Some((_, _, Entry::Token(kind))) => Some(*kind),
            _ => None,
        }
    }

    fn take(&self, at: usize) -> Option<String> {
        match self.entries.get(at) {
            Some((_, _, Entry::Comment { text, used })) => {
                used.set(true);
                Some(text.clone())
            }
            _ => None,
        }
    }

    /// Of an assignment whose value ends at `end`, parentheses around it aside.
    pub fn behind_value(&self, end: u32) -> Option<String> {
        let mut at = self.first_after(end);
        while self.kind(at) == Some(TokenKind::Rpar) {
            at += 1;
        }
        self.take(at)
    }

    fn colon(&self, end: u32) -> Option<usize> {
        let mut at = self.first_after(end);
        loop {
            match self.kind(at)? {
                TokenKind::Colon => return Some(at),
                TokenKind::Newline => return None,
                _ => at += 1,
            }
        }
    }

    /// Of a compound statement whose header's last expression ends at `end`.
    pub fn behind_colon(&self, end: u32) -> Option<String> {
        self.take(self.colon(end)? + 1)
    }

    /// Of a function: behind the colon, or on a line of its own below.
    pub fn of_function(&self, end: u32) -> Option<String> {
        let at = self.colon(end)? + 1;
        let own_line =
            |at: usize| (self.kind(at) == Some(TokenKind::Newline)).then(|| self.take(at + 1)).flatten();
        match self.take(at) {
            Some(text) => {
                let second = own_line(at + 1);
                if second.is_some() {
                    self.doubled.replace(self.entries.get(at + 2).map(|e| e.0));
                }
                Some(text)
            }
            None => own_line(at),
        }
    }

    /// Of a parameter whose default (or else the parameter itself) ends at `end`.
    pub fn of_parameter(&self, end: u32) -> Option<String> {
        let mut at = self.first_after(end);
        while self.kind(at) == Some(TokenKind::Rpar) && matches!(self.kind(at + 1), Some(TokenKind::Comma)) {
            at += 1;
        }
        if self.kind(at) == Some(TokenKind::Comma) {
            at += 1;
        }
        self.take(at)
    }
}

/// What follows `# type: `.
fn body(comment: &str) -> Option<&str> {
    let blank = [' ', '\t'];
    let rest = comment.strip_prefix('#')?.trim_start_matches(blank);
    Some(rest.strip_prefix("type:")?.trim_start_matches(blank))
}
