//! A tokenizer that behaves as CPython's does, its errors included.
//!
//! The parser crate has its own lexer; this one serves where CPython's exact tokens matter: the diagnoser and Python's
//! `_tokenize` module. It reads line by line as CPython does, because error positions depend on what has been read:
//! `Cursor` is that state, and every token remembers it.

pub mod kind;
mod number;
pub mod python;
mod strings;

use taipan_text::unicode;

use crate::error::{ErrorKind, SyntaxError};

const TAB_SIZE: u32 = 8;
const MAX_INDENT: usize = 100;
const MAX_LEVEL: usize = 200;
const MAX_STRING_LEVEL: usize = 150;
const MAX_EXPR_NESTING: i32 = 3;

/// How far the source has been read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// The next byte.
    pub pos: u32,
    /// The line of the last byte that was read, from 1; 0 before the first.
    pub line: u32,
    pub line_start: u32,
    /// Where the lines end that have been read.
    pub limit: u32,
    /// Where the line begins on which the current token does; one error counts its column from here.
    pub buffer: u32,
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: u8,
    /// Byte offsets.
    pub start: u32,
    pub end: u32,
    /// Lines from 1, columns in bytes from 0; -1 for a token without a place.
    pub line: u32,
    pub col: i32,
    pub end_line: u32,
    pub end_col: i32,
    /// How many brackets are open behind the token.
    pub level: u16,
    /// What had been read when the token was complete.
    pub cursor: Cursor,
}

/// Why there are no more tokens.
#[derive(Clone, Debug)]
pub enum Stop {
    /// An error with its text and place.
    Raised(Box<SyntaxError>),
    /// An error whose place is for the parser to find out.
    Dedent,
    TabSpace,
    TooDeep,
    LineContinuation,
    /// The source ended inside brackets or behind a backslash.
    Eof,
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub struct Bracket {
    pub byte: u8,
    pub line: u32,
    pub col: u32,
}

/// Where in a (nested) f- or t-string the tokenizer is. The bottom one stands for plain code.
#[derive(Clone, Copy, Debug)]
struct Mode {
    letter: char,
    quote: u8,
    quotes: u8,
    raw: bool,
    start: u32,
    start_line: u32,
    start_line_start: u32,
    depth: i32,
    expr_depth: i32,
    in_spec: bool,
    debug: bool,
    middle: bool,
}

/// The tokenizer.
pub struct Lexer<'s> {
    src: &'s [u8],
    text: &'s str,
    pub cursor: Cursor,
    at_line_start: bool,
    indents: Vec<(u32, u32)>,
    pending: i32,
    pub brackets: Vec<Bracket>,
    modes: Vec<Mode>,
    in_token: bool,
    /// The input ended inside a string: for the shell, "give me more".
    pub ended_in_string: bool,
    /// The end of the source has been seen.
    pub at_end: bool,
    /// `tokenize`: comments and insignificant newlines are tokens, and fewer things are errors.
    extra: bool,
    comment_newline: bool,
    /// Interactive input of one statement: see `finish_single`.
    pub single: bool,
    pub imply_dedent: bool,
    started: bool,
    /// `(line, text)` of the warnings.
    pub warnings: Vec<(u32, String)>,
}

impl<'s> Lexer<'s> {
    pub fn new(text: &'s str) -> Self {
        let base = Mode {
            letter: 'f',
            quote: 0,
            quotes: 0,
            raw: false,
            start: 0,
            start_line: 0,
            start_line_start: 0,
            depth: 0,
            expr_depth: -1,
            in_spec: false,
            debug: false,
            middle: false,
        };
        Lexer {
            src: text.as_bytes(),
            text,
            cursor: Cursor::default(),
            at_line_start: true,
            indents: vec![(0, 0)],
            pending: 0,
            brackets: Vec::new(),
            modes: vec![base],
            in_token: false,
            ended_in_string: false,
            at_end: false,
            extra: false,
            comment_newline: false,
            single: false,
            imply_dedent: true,
            started: false,
            warnings: Vec::new(),
        }
    }

    /// A tokenizer for `tokenize`.
    pub fn with_extra_tokens(text: &'s str) -> Self {
        Lexer { extra: true, ..Lexer::new(text) }
    }

    /// The next token. After the end marker it gives end markers.
    pub fn next_token(&mut self) -> Result<Token, Stop> {
        let mut token = if self.mode().middle { self.string_part()? } else { self.code_token()? };
        if self.single {
            self.finish_single(&mut token);
        }
        Ok(token)
    }

    /// An interactive statement may end without a newline: the end marker stands for one, once, and closes the blocks.
    fn finish_single(&mut self, token: &mut Token) {
        if token.kind == kind::ENDMARKER && self.started {
            token.kind = kind::NEWLINE;
            self.started = false;
            if self.indents.len() > 1 && self.imply_dedent {
                self.pending = -(self.indents.len() as i32 - 1);
                self.indents.truncate(1);
            }
        } else {
            self.started = true;
        }
    }

    fn mode(&mut self) -> &mut Mode {
        let last = self.modes.len() - 1;
        &mut self.modes[last]
    }

    /// Whether an f- or t-string is open.
    pub fn inside_string(&self) -> bool {
        self.modes.len() > 1
    }

    // Reading. `None` is the end of the source.

    fn next(&mut self) -> Option<u8> {
        let c = &mut self.cursor;
        if c.pos >= c.limit {
            let from = c.limit as usize;
            if from >= self.src.len() {
                self.at_end = true;
                return None;
            }
            let rest = &self.src[from..];
            let len = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |n| n + 1);
            if !self.in_token {
                c.buffer = c.limit;
            }
            c.line += 1;
            c.line_start = c.limit;
            c.limit += len as u32;
        }
        let b = self.src[c.pos as usize];
        c.pos += 1;
        Some(b)
    }

    fn back(&mut self, c: Option<u8>) {
        if c.is_some() {
            self.cursor.pos -= 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        let c = self.next();
        self.back(c);
        c
    }

    // Errors.

    /// An error that ends where the tokenizer is.
    fn raise(&self, msg: impl Into<String>) -> Stop {
        let read = &self.text.as_bytes()[self.cursor.line_start as usize..self.cursor.pos as usize];
        let col = String::from_utf8_lossy(read).chars().count() as i64;
        self.raise_range(col, col, msg)
    }

    fn raise_range(&self, col: i64, end_col: i64, msg: impl Into<String>) -> Stop {
        let line = &self.text.as_bytes()[self.cursor.line_start as usize..];
        let len = line.iter().position(|&b| b == b'\n').unwrap_or(line.len());
        let line_no = i64::from(self.cursor.line);
        Stop::Raised(Box::new(SyntaxError {
            kind: ErrorKind::Syntax,
            msg: msg.into(),
            lineno: line_no,
            offset: col,
            end_lineno: line_no,
            end_offset: end_col,
            text: Some(String::from_utf8_lossy(&line[..len]).into_owned()),
            last_statement: None,
            warnings: Vec::new(),
        }))
    }

    // Tokens.

    fn token(&self, kind: u8, start: u32, end: u32) -> Token {
        self.spanning(kind, start, end, self.cursor.line, self.cursor.line_start)
    }

    /// A token that may have begun on an earlier line.
    fn spanning(&self, kind: u8, start: u32, end: u32, line: u32, line_start: u32) -> Token {
        Token {
            kind,
            start,
            end,
            line,
            col: (start as i64 - i64::from(line_start)).max(-1) as i32,
            end_line: self.cursor.line,
            end_col: (end as i64 - i64::from(self.cursor.line_start)).max(-1) as i32,
            level: self.brackets.len() as u16,
            cursor: self.cursor,
        }
    }

    /// A token that has no place of its own.
    pub fn placeless(&self, kind: u8) -> Token {
        let mut token = self.token(kind, self.cursor.pos, self.cursor.pos);
        token.col = -1;
        token.end_col = -1;
        token
    }

    fn indentation(&mut self) -> Result<bool, Stop> {
        self.at_line_start = false;
        let (mut col, mut alt, mut continued) = (0u32, 0u32, 0u32);
        let c = loop {
            match self.next() {
                Some(b' ') => {
                    col += 1;
                    alt += 1;
                }
                Some(b'\t') => {
                    col = (col / TAB_SIZE + 1) * TAB_SIZE;
                    alt += 1;
                }
                Some(0x0C) => (col, alt) = (0, 0),
                Some(b'\\') => {
                    if continued == 0 {
                        continued = col;
                    }
                    self.continuation()?;
                }
                c => break c,
            }
        };
        self.back(c);
        let blank = matches!(c, Some(b'#' | b'\n' | b'\r'));
        if blank || !self.brackets.is_empty() {
            return Ok(blank);
        }
        if continued != 0 {
            (col, alt) = (continued, continued);
        }
        let &(top, top_alt) = self.indents.last().unwrap_or(&(0, 0));
        if col == top {
            if alt != top_alt {
                return Err(self.tab_error());
            }
        } else if col > top {
            if self.indents.len() >= MAX_INDENT {
                self.cursor.pos = self.cursor.limit;
                return Err(Stop::TooDeep);
            }
            if alt <= top_alt {
                return Err(self.tab_error());
            }
            self.pending += 1;
            self.indents.push((col, alt));
        } else {
            while self.indents.len() > 1 && self.indents.last().is_some_and(|&(i, _)| col < i) {
                self.pending -= 1;
                self.indents.pop();
            }
            let &(top, top_alt) = self.indents.last().unwrap_or(&(0, 0));
            if col != top {
                self.cursor.pos = self.cursor.limit;
                return Err(Stop::Dedent);
            }
            if alt != top_alt {
                return Err(self.tab_error());
            }
        }
        Ok(false)
    }

    fn tab_error(&mut self) -> Stop {
        self.cursor.pos = self.cursor.limit;
        Stop::TabSpace
    }

    /// Behind a backslash: a newline must follow, and then more.
    fn continuation(&mut self) -> Result<(), Stop> {
        let mut c = self.next();
        if c == Some(b'\r') {
            c = self.next();
        }
        if c != Some(b'\n') {
            return Err(Stop::LineContinuation);
        }
        let c = self.next();
        if c.is_none() {
            self.cursor.pos = self.cursor.limit;
            return Err(Stop::Eof);
        }
        self.back(c);
        Ok(())
    }

    /// One token of plain code.
    fn code_token(&mut self) -> Result<Token, Stop> {
        'line: loop {
            self.in_token = false;
            let blank = if self.at_line_start { self.indentation()? } else { false };
            self.in_token = true;
            if self.pending != 0 {
                return Ok(self.pending_token());
            }
            self.peek();
            'again: loop {
                self.in_token = false;
                let mut c = loop {
                    match self.next() {
                        Some(b' ' | b'\t' | 0x0C) => {}
                        c => break c,
                    }
                };
                self.in_token = true;
                let start = self.cursor.pos.saturating_sub(u32::from(c.is_some()));
                if c == Some(b'#') {
                    while !matches!(c, None | Some(b'\n' | b'\r')) {
                        c = self.next();
                    }
                    if self.extra {
                        self.back(c);
                        self.comment_newline = blank;
                        return Ok(self.token(kind::COMMENT, start, self.cursor.pos));
                    }
                }
                let Some(b) = c else {
                    return if self.brackets.is_empty() {
                        Ok(self.placeless(kind::ENDMARKER))
                    } else {
                        Err(Stop::Eof)
                    };
                };
                if is_name_start(b) {
                    return self.name_or_string(b, start);
                }
                let mut b = b;
                if b == b'\r' {
                    match self.next() {
                        Some(n) => b = n,
                        None => continue 'again,
                    }
                }
                if b == b'\n' {
                    self.at_line_start = true;
                    if blank || !self.brackets.is_empty() {
                        if self.extra {
                            self.comment_newline = false;
                            return Ok(self.token(kind::NL, start, self.cursor.pos));
                        }
                        continue 'line;
                    }
                    if self.comment_newline && self.extra {
                        self.comment_newline = false;
                        return Ok(self.token(kind::NL, start, self.cursor.pos));
                    }
                    return Ok(self.token(kind::NEWLINE, start, self.cursor.pos));
                }
                if b == b'.' {
                    let next = self.next();
                    if next.is_some_and(|n| n.is_ascii_digit()) {
                        return self.fraction(start, next);
                    }
                    if next == Some(b'.') {
                        self.peek();
                    }
                    self.back(next);
                    return Ok(self.operator_at(start));
                }
                if b.is_ascii_digit() {
                    return self.number(b, start);
                }
                if b == b'"' || b == b'\'' {
                    return self.plain_string(b, start);
                }
                if b == b'\\' {
                    self.continuation()?;
                    continue 'again;
                }
                return self.punctuation(b, start);
            }
        }
    }

    fn pending_token(&mut self) -> Token {
        let mut token = self.placeless(kind::DEDENT);
        if self.pending < 0 {
            self.pending += 1;
        } else {
            self.pending -= 1;
            token.kind = kind::INDENT;
            if self.extra {
                token.start = self.cursor.line_start;
                token.col = 0;
            }
        }
        if self.extra {
            token.end_col = (self.cursor.pos - self.cursor.line_start) as i32;
            if token.kind == kind::DEDENT {
                token.col = token.end_col;
            }
        }
        token
    }

    /// The operator whose first byte, at `start`, has been read.
    fn operator_at(&mut self, start: u32) -> Token {
        let (kind, len) = kind::operator(&self.src[start as usize..]).unwrap_or((kind::ERRORTOKEN, 1));
        self.cursor.pos = start + len as u32;
        self.look_behind_operator(len);
        self.token(kind, start, self.cursor.pos)
    }

    /// CPython reads one byte more to see whether the operator is longer; so it may meet the end of the source.
    fn look_behind_operator(&mut self, len: usize) {
        if len < 3 {
            self.peek();
        }
    }

    fn name_or_string(&mut self, first: u8, start: u32) -> Result<Token, Stop> {
        let mut seen = [false; 5];
        let mut c = Some(first);
        while let Some(letter) = c {
            let Some(which) = b"burft".iter().position(|&p| p == letter.to_ascii_lowercase()) else {
                break;
            };
            if std::mem::replace(&mut seen[which], true) {
                break;
            }
            c = self.next();
            if let Some(quote @ (b'"' | b'\'')) = c {
                let [_, _, r, f, t] = seen;
                self.check_prefix(start, seen)?;
                if f || t {
                    return self.string_start(quote, start, if t { 't' } else { 'f' }, r);
                }
                return self.plain_string(quote, start);
            }
        }
        let mut ascii = true;
        while let Some(letter) = c {
            if !is_name_char(letter) {
                break;
            }
            ascii &= letter < 0x80;
            c = self.next();
        }
        self.back(c);
        if !ascii && !self.extra {
            self.check_name(start)?;
        }
        Ok(self.token(kind::NAME, start, self.cursor.pos))
    }

    /// Which letters may not stand together before a string.
    fn check_prefix(&self, start: u32, [b, u, r, f, t]: [bool; 5]) -> Result<(), Stop> {
        let pairs = [
            (u && b, "'u' and 'b'"),
            (u && r, "'u' and 'r'"),
            (u && f, "'u' and 'f'"),
            (u && t, "'u' and 't'"),
            (b && f, "'b' and 'f'"),
            (b && t, "'b' and 't'"),
            (f && t, "'f' and 't'"),
        ];
        let Some((_, pair)) = pairs.into_iter().find(|p| p.0) else { return Ok(()) };
        let col = i64::from(start + 1 - self.cursor.line_start);
        let end = i64::from(self.cursor.pos - self.cursor.line_start);
        Err(self.raise_range(col, end, format!("{pair} prefixes are incompatible")))
    }

    /// A name with letters beyond ASCII must follow PEP 3131.
    fn check_name(&mut self, start: u32) -> Result<(), Stop> {
        let name = self.text.get(start as usize..self.cursor.pos as usize).unwrap_or("");
        for (i, c) in name.char_indices() {
            let fine = if i == 0 { begins_name(c) } else { continues_name(c) };
            if !fine {
                self.cursor.pos = start + (i + c.len_utf8()) as u32;
                let code = c as u32;
                return Err(if is_printable(c) {
                    self.raise(format!("invalid character '{c}' (U+{code:04X})"))
                } else {
                    self.raise(format!("invalid non-printable character U+{code:04X}"))
                });
            }
        }
        Ok(())
    }

    fn punctuation(&mut self, b: u8, start: u32) -> Result<Token, Stop> {
        let inside = self.inside_string();
        let brackets_only = matches!(b, b'(' | b'[' | b'{' | b')' | b']' | b'}');
        if b == b':' && inside {
            let mode = self.mode();
            if mode.expr_depth >= 0 && mode.depth - 1 == mode.expr_depth {
                mode.middle = true;
                mode.in_spec = true;
                return Ok(self.token(kind::COLON, start, self.cursor.pos));
            }
        }
        if !brackets_only {
            let operator = kind::operator(&self.src[start as usize..]);
            let Some((kind, len)) = operator else {
                if b < 0x20 || b == 0x7F {
                    return Err(self.raise(format!("invalid non-printable character U+{b:04X}")));
                }
                // `$`, `?` and the back quote: tokens that no rule knows.
                return Ok(self.token(kind::OP, start, self.cursor.pos));
            };
            self.cursor.pos = start + len as u32;
            self.look_behind_operator(len);
            if b == b'=' && len == 1 && inside && self.mode().expr_depth >= 0 {
                self.mode().debug = true;
            }
            return Ok(self.token(kind, start, self.cursor.pos));
        }
        if matches!(b, b'(' | b'[' | b'{') {
            if self.brackets.len() >= MAX_LEVEL {
                return Err(self.raise("too many nested parentheses"));
            }
            let col = start - self.cursor.line_start;
            self.brackets.push(Bracket { byte: b, line: self.cursor.line, col });
            if inside {
                self.mode().depth += 1;
            }
        } else {
            self.close_bracket(b)?;
        }
        Ok(self.operator_at(start))
    }

    fn close_bracket(&mut self, b: u8) -> Result<(), Stop> {
        let inside = self.inside_string();
        let close = b as char;
        let letter = self.mode().letter;
        if inside && self.mode().depth == 0 && b == b'}' {
            return Err(self.raise(format!("{letter}-string: single '}}' is not allowed")));
        }
        if !self.extra && self.brackets.is_empty() {
            return Err(self.raise(format!("unmatched '{close}'")));
        }
        if let Some(open) = self.brackets.pop() {
            let fits = matches!((open.byte, b), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
            if !self.extra && !fits {
                if inside && open.byte == b'{' && self.mode().depth - 1 == self.mode().expr_depth {
                    return Err(self.raise(format!("{letter}-string: unmatched '{close}'")));
                }
                let opening = open.byte as char;
                let mut msg =
                    format!("closing parenthesis '{close}' does not match opening parenthesis '{opening}'");
                if open.line != self.cursor.line {
                    msg.push_str(&format!(" on line {}", open.line));
                }
                return Err(self.raise(msg));
            }
        }
        if inside {
            let mode = self.mode();
            mode.depth -= 1;
            if mode.depth < 0 {
                return Err(self.raise(format!("{letter}-string: unmatched '{close}'")));
            }
            if b == b'}' && mode.depth == mode.expr_depth {
                mode.expr_depth -= 1;
                mode.middle = true;
                mode.in_spec = false;
                mode.debug = false;
            }
        }
        Ok(())
    }
}

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_name_char(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit()
}

/// Whether CPython's Unicode lets a character begin an identifier.
pub fn begins_name(c: char) -> bool {
    unicode::is_identifier_start(c as u32)
}

pub fn continues_name(c: char) -> bool {
    unicode::is_identifier_continue(c as u32)
}

fn is_printable(c: char) -> bool {
    unicode::is_printable(c as u32)
}
