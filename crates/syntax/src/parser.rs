//! The one door to the parser crate: source text to AST.
//!
//! The parser's own errors are only a sign that something is wrong. What is wrong, and where, is for the diagnoser to
//! say; when it finds nothing (the parser is stricter in places than CPython's grammar), the tree is used.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{self as ast, PythonVersion};
use ruff_python_parser as ruff;

use crate::error::{ErrorKind, SyntaxError, Warning};
use crate::line_index::LineIndex;
use crate::literal::{self, NameLookup};

/// What kind of text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `exec`: a module.
    Module,
    /// `eval`: one expression.
    Expression,
    /// `single`: one interactive statement.
    Interactive,
    /// `func_type`: a signature in a comment, `(int, str) -> None`.
    FuncType,
}

/// How the text is read.
#[derive(Clone, Copy)]
pub struct Options {
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: an error at the end of the text is `_IncompleteInputError`.
    pub allow_incomplete_input: bool,
    /// `PyCF_DONT_IMPLY_DEDENT`.
    pub dont_imply_dedent: bool,
    /// `from __future__ import barry_as_FLUFL` is on.
    pub barry_as_flufl: bool,
    /// Finds `\N{…}`.
    pub names: NameLookup,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            allow_incomplete_input: false,
            dont_imply_dedent: false,
            barry_as_flufl: false,
            names: literal::no_names,
        }
    }
}

/// A tree with what belongs to it. A `func_type` tree is an expression: a tuple of the argument types and the result.
#[derive(Debug)]
pub struct Parsed {
    pub module: ast::Mod,
    pub tokens: Tokens,
    pub warnings: Vec<Warning>,
    pub lines: LineIndex,
}

/// Parses a text that `source::decode` or `source::normalize` has prepared.
pub fn parse(source: &str, mode: Mode, options: Options) -> Result<Parsed, SyntaxError> {
    let lines = LineIndex::new(source);
    let ruff_mode = match mode {
        Mode::Module | Mode::Interactive => ruff::Mode::Module,
        Mode::Expression | Mode::FuncType => ruff::Mode::Expression,
    };
    let parser_options = ruff::ParseOptions::from(ruff_mode).with_target_version(PythonVersion::PY314);
    let parsed = ruff::parse_unchecked(source, parser_options);
    if let Some(first) = parsed.errors().first() {
        return Err(at_range(source, &lines, first.location, "invalid syntax"));
    }
    let tokens = parsed.tokens().clone();
    let warnings = check_literals(source, &lines, &tokens, options.names)?;
    Ok(Parsed { module: parsed.into_syntax(), tokens, warnings, lines })
}

/// Decodes every literal that holds a backslash: for the warnings, and for the errors.
fn check_literals(
    source: &str,
    lines: &LineIndex,
    tokens: &Tokens,
    names: NameLookup,
) -> Result<Vec<Warning>, SyntaxError> {
    let mut warnings = Vec::new();
    if !source.contains('\\') {
        return Ok(warnings);
    }
    for token in tokens.iter() {
        let range = ruff_text_size::Ranged::range(token);
        let text = &source[range];
        let found = match token.kind() {
            TokenKind::String => literal::decode(text, names).map(|(_, bad)| {
                let body_at = literal::split(text).map_or(0, |p| p.body_at);
                bad.map(|bad| (body_at, bad))
            }),
            TokenKind::FStringMiddle | TokenKind::TStringMiddle if text.contains('\\') => {
                let flags = token.unwrap_string_flags();
                let raw = ast::StringFlags::prefix(flags).is_raw();
                let next = source[range.end().to_usize()..].chars().next().filter(|&c| c == '{');
                literal::decode_fstring_middle(text, raw, false, next, names)
                    .map(|(_, bad)| bad.map(|bad| (0, bad)))
            }
            _ => continue,
        };
        match found {
            Ok(None) => {}
            Ok(Some((body_at, bad))) => {
                let at = range.start().to_u32() + (body_at + bad.at) as u32;
                let error = at_range(source, lines, range, &bad.error());
                warnings.push(Warning { msg: bad.warning(), lineno: lines.line(at), as_error: error });
            }
            Err(error) => return Err(at_range(source, lines, range, error.message())),
        }
    }
    Ok(warnings)
}

fn at_range(source: &str, lines: &LineIndex, range: ruff_text_size::TextRange, msg: &str) -> SyntaxError {
    let start = lines.locate(source, range.start().to_u32());
    let end = lines.locate(source, range.end().to_u32());
    SyntaxError {
        kind: ErrorKind::Syntax,
        msg: msg.into(),
        lineno: i64::from(start.line),
        offset: i64::from(start.char_col) + 1,
        end_lineno: i64::from(end.line),
        end_offset: i64::from(end.char_col) + 1,
        text: Some(lines.line_text(source, start.line).to_string()),
        last_statement: None,
    }
}
