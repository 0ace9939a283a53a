//! The tokens of Python's `_tokenize` module.

use crate::error::{ErrorKind, SyntaxError};

use super::{Lexer, Stop, Token, kind};

/// A token as `TokenizerIter` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PyToken {
    pub kind: u8,
    pub string: String,
    /// Line from 1, column in characters from 0.
    pub start: (u32, i32),
    pub end: (u32, i32),
    pub line: String,
}

/// All tokens of a source, and the error that ended them, if any. With `extra_tokens`, comments and insignificant
/// newlines are tokens and all operators are of type `OP`.
pub fn tokenize(source: &str, extra_tokens: bool) -> (Vec<PyToken>, Option<SyntaxError>) {
    let implicit_newline = !source.is_empty() && !source.ends_with('\n');
    let with_newline;
    let text = if implicit_newline {
        with_newline = format!("{source}\n");
        with_newline.as_str()
    } else {
        source
    };
    let mut lexer = if extra_tokens { Lexer::with_extra_tokens(text) } else { Lexer::new(text) };
    let mut out = Vec::new();
    loop {
        match lexer.next_token() {
            Ok(token) => {
                let last = token.kind == kind::ENDMARKER;
                let implied = implicit_newline && token.cursor.limit as usize == text.len();
                out.push(convert(&lexer, text, &token, extra_tokens, implied));
                if last {
                    return (out, None);
                }
            }
            Err(stop) => {
                let error = error_of(&lexer, text, stop);
                return (out, Some(error));
            }
        }
    }
}

fn convert(lexer: &Lexer<'_>, text: &str, token: &Token, extra: bool, implied: bool) -> PyToken {
    let mut string = text.get(token.start as usize..token.end as usize).unwrap_or("").to_string();
    let trailing = token.kind == kind::ENDMARKER || (token.kind == kind::DEDENT && lexer.at_end);
    let from = (token.start as usize).min(text.len());
    let multi = token.line != token.end_line;
    let line_start =
        if multi { text[..from].rfind('\n').map_or(0, |n| n + 1) } else { token.cursor.line_start as usize };
    let mut line_end = token.cursor.limit as usize;
    if implied && line_end > line_start {
        line_end -= 1;
    }
    let line = text.get(line_start..line_end).unwrap_or("");
    let column = |start: usize, col: i32| {
        let Ok(bytes) = usize::try_from(col) else { return col };
        let line = text.as_bytes().get(start..).unwrap_or(&[]);
        let read = &line[..bytes.min(line.len())];
        read.iter().filter(|&&b| b & 0xC0 != 0x80).count() as i32
    };
    let mut start = (token.line, column(line_start, token.col));
    let mut end = (token.end_line, column(token.cursor.line_start as usize, token.end_col));
    let mut kind = token.kind;
    let mut line = line.to_string();
    if extra {
        if trailing {
            let next = token.end_line + 1;
            (start, end) = ((next, 0), (next, 0));
            line.clear();
        }
        if kind > kind::DEDENT && kind < kind::OP {
            kind = kind::OP;
        }
        if implied && matches!(kind, kind::NEWLINE | kind::NL) {
            string.clear();
        }
    }
    if matches!(kind, kind::DEDENT | kind::ENDMARKER) {
        string.clear();
    }
    if kind == kind::NEWLINE && !extra {
        string.pop();
        end.1 -= 1;
    }
    PyToken { kind, string, start, end, line }
}

fn error_of(lexer: &Lexer<'_>, text: &str, stop: Stop) -> SyntaxError {
    let cursor = lexer.cursor;
    let lineno = i64::from(cursor.line);
    let line = text.get(cursor.line_start as usize..cursor.limit as usize).unwrap_or("");
    let (kind, msg) = match stop {
        Stop::Raised(error) => return *error,
        Stop::Eof => {
            let error = SyntaxError::bare("unexpected EOF in multi-line statement");
            let continued = line.trim_end().ends_with('\\');
            let offset = if continued { i64::from(cursor.limit - cursor.line_start) } else { 0 };
            return SyntaxError { lineno, offset, ..error };
        }
        Stop::Dedent => (ErrorKind::Indentation, "unindent does not match any outer indentation level"),
        Stop::TabSpace => (ErrorKind::Tab, "inconsistent use of tabs and spaces in indentation"),
        Stop::TooDeep => (ErrorKind::Indentation, "too many levels of indentation"),
        Stop::LineContinuation => {
            (ErrorKind::Syntax, "unexpected character after line continuation character")
        }
    };
    SyntaxError {
        kind,
        lineno,
        offset: line.chars().count() as i64,
        text: Some(line.trim_end_matches('\n').to_string()),
        ..SyntaxError::bare(msg)
    }
}
