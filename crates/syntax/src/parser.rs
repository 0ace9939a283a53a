//! The one door to the parser crate: source text to AST.
//!
//! The parser's own errors are only a sign that something is wrong. What is wrong, and where, is for the diagnoser to
//! say; when it finds nothing (the parser is stricter in places than CPython's grammar), the tree is used.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::visitor::transformer::{Transformer, walk_stmt};
use ruff_python_ast::{self as ast, PythonVersion};
use ruff_python_parser as ruff;
use ruff_text_size::TextRange;

use crate::diagnose::diagnose;
use crate::error::{ErrorKind, SyntaxError, Warning};
use crate::lexer::{begins_name, continues_name};
use crate::line_index::LineIndex;
use crate::literal::{self, InvalidEscape, LiteralError, NameLookup};
use crate::source;

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
    /// Digits that a decimal literal may have; 0: any number of them.
    pub max_str_digits: usize,
    /// Finds `\N{…}`.
    pub names: NameLookup,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            allow_incomplete_input: false,
            dont_imply_dedent: false,
            barry_as_flufl: false,
            max_str_digits: 4300,
            names: literal::unicode_names,
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
    /// Tokens of the longest statement: a bound on the tree's depth.
    longest: u32,
}

impl Drop for Parsed {
    /// A long chain of operators is a deep tree, and its parts drop each other: that needs stack.
    fn drop(&mut self) {
        if self.longest < 2000 {
            return;
        }
        let empty = ast::ModModule {
            node_index: ast::AtomicNodeIndex::NONE,
            range: TextRange::default(),
            body: ast::Suite::new(),
        };
        let module = std::mem::replace(&mut self.module, ast::Mod::Module(empty));
        stacker::grow(self.longest as usize * 512 + (1 << 20), move || drop(module));
    }
}

/// Parses a text that `source::decode` or `source::normalize` has prepared.
pub fn parse(source: &str, mode: Mode, options: Options) -> Result<Parsed, SyntaxError> {
    if source.contains('\0') {
        return Err(source::null_bytes(false));
    }
    parse_text(source, mode, options).map_err(|mut error| {
        if error.kind == ErrorKind::Syntax && source.contains('\\') {
            error.warnings = warnings_before(source, mode, options, &error);
        }
        error
    })
}

/// What there was to warn of before the error was found.
fn warnings_before(source: &str, mode: Mode, options: Options, error: &SyntaxError) -> Vec<Warning> {
    let lines = LineIndex::new(source);
    let mode_of = if mode == Mode::Expression { ruff::Mode::Expression } else { ruff::Mode::Module };
    let parser_options = ruff::ParseOptions::from(mode_of).with_target_version(PythonVersion::PY314);
    let parsed = ruff::parse_unchecked(source, parser_options);
    let mut found = check_literals(source, &lines, parsed.tokens(), mode, options, true).unwrap_or_default();
    // An open bracket is told of where it was opened, after all else was read.
    if !error.msg.ends_with("was never closed") {
        let end = (error.lineno, error.offset).max((error.end_lineno, error.end_offset));
        found.retain(|w| (w.as_error.lineno, w.as_error.offset) < end);
    }
    found
}

/// Whether the source asks for `from __future__ import barry_as_FLUFL`, which changes how it is read.
fn asks_for_flufl(source: &str, tokens: &Tokens) -> bool {
    if !source.contains("barry_as_FLUFL") {
        return false;
    }
    let mut words = Vec::new();
    for token in tokens.iter() {
        match token.kind() {
            TokenKind::Newline | TokenKind::Semi => {
                if words.starts_with(&["from", "__future__", "import"]) && words.contains(&"barry_as_FLUFL") {
                    return true;
                }
                words.clear();
            }
            TokenKind::NonLogicalNewline | TokenKind::Comment => {}
            _ => {
                let range = ruff_text_size::Ranged::range(token);
                words.extend(source.get(range.start().to_usize()..range.end().to_usize()));
            }
        }
    }
    false
}

/// Names that are constants once compatibility characters are normalised.
fn constant_name(text: &str) -> Option<&'static str> {
    use taipan_text::unicode::{Edition, Form, normalize};
    if text.is_ascii() {
        return None;
    }
    let plain = normalize(Edition::Current, Form::Nfkc, text.into());
    ["None", "True", "False"].into_iter().find(|c| plain.as_bytes() == c.as_bytes())
}

fn parse_text(source: &str, mode: Mode, mut options: Options) -> Result<Parsed, SyntaxError> {
    let lines = LineIndex::new(source);
    let ruff_mode = match mode {
        Mode::FuncType => {
            diagnose(source, mode, options)?;
            return func_type(source, lines);
        }
        Mode::Module | Mode::Interactive => ruff::Mode::Module,
        Mode::Expression => ruff::Mode::Expression,
    };
    if looks_deep(source, &lines) {
        // The parser takes quadratic time where nesting is very deep; CPython refuses that.
        diagnose(source, mode, options)?;
    }
    let parser_options = ruff::ParseOptions::from(ruff_mode).with_target_version(PythonVersion::PY314);
    let parsed = ruff::parse_unchecked(source, parser_options);
    options.barry_as_flufl |= asks_for_flufl(source, parsed.tokens());
    let seen = scan(source, parsed.tokens(), options);
    if let Some(name) = seen.constant_name {
        let msg = format!("identifier field can't represent '{name}' constant");
        return Err(SyntaxError { kind: ErrorKind::Value, ..SyntaxError::bare(msg) });
    }
    // Some kinds of text are read more strictly than the parser reads them: see `diagnose`.
    let blank = [' ', '\t', '\x0c'];
    let strict = mode == Mode::Interactive
        || source.starts_with('\u{FEFF}')
        || (mode == Mode::Expression
            && (source.starts_with(blank) || (source.ends_with(blank) && source.contains('\n'))));
    if strict || !parsed.errors().is_empty() || !parsed.unsupported_syntax_errors().is_empty() || seen.strict
    {
        diagnose(source, mode, options)?;
    }
    let recovered = !parsed.errors().is_empty();
    let tokens = parsed.tokens().clone();
    let warnings = check_literals(source, &lines, &tokens, mode, options, false)?;
    let mut module = parsed.into_syntax();
    if recovered {
        repair(&mut module);
    }
    Ok(Parsed { module, tokens, warnings, lines, longest: seen.longest })
}

/// Takes out what the parser made up to recover from what is no error: the expression of `raise;`.
fn repair(module: &mut ast::Mod) {
    struct Repair;
    impl Transformer for Repair {
        fn visit_stmt(&self, stmt: &mut ast::Stmt) {
            if let ast::Stmt::Raise(raise) = stmt
                && let Some(ast::Expr::Name(name)) = raise.exc.as_deref()
                && name.id.is_empty()
            {
                raise.exc = None;
            }
            walk_stmt(self, stmt);
        }
    }
    if let ast::Mod::Module(module) = module {
        module.body.iter_mut().for_each(|stmt| Repair.visit_stmt(stmt));
    }
}

/// Whether the exclamation mark at a place begins a conversion as nearly all are written: `x!r}`, `x!r:`.
fn plain_conversion(source: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|i| source.get(i));
    before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b')' | b']' | b'=' | b'\'' | b'"'))
        && matches!(source.get(at + 1..at + 3), Some([b'r' | b's' | b'a', b'}' | b':']))
}

/// Operators in one statement from which on it may be nested too deeply.
const MAX_NESTING: u32 = 1500;

/// Whether a statement or a chain of `elif` may be nested too deeply, seen from afar.
fn looks_deep(source: &str, lines: &LineIndex) -> bool {
    const LONG: u32 = 4000;
    if source.len() < LONG as usize {
        return false;
    }
    let long = (1..=lines.line_count() as u32)
        .any(|n| lines.line_start(n + 1).saturating_sub(lines.line_start(n)) > LONG);
    if source.len() > 30_000 && source.matches("elif").count() > 3000 {
        return true;
    }
    long && source.split('\n').any(|line| {
        let words = ["-", "+", "~", "**", "not", "lambda", "else"];
        line.len() > LONG as usize
            && words.iter().map(|w| line.matches(w).count()).sum::<usize>() > MAX_NESTING as usize
    })
}

/// What a look at the tokens tells.
#[derive(Default)]
struct Scan {
    /// CPython may refuse what the parser lets pass: the diagnoser must look.
    strict: bool,
    /// Tokens of the longest statement.
    longest: u32,
    /// A name that is `None`, `True` or `False` in other characters.
    constant_name: Option<&'static str>,
}

fn scan(source: &str, tokens: &Tokens, options: Options) -> Scan {
    let mut seen = Scan::default();
    let ascii = source.is_ascii();
    let mut length = 0u32;
    let mut depth = 0u32;
    let mut indents = 0u32;
    let mut strings = 0u32;
    let mut last = TokenKind::Newline;
    let (mut yields, mut in_case) = (false, false);
    let (mut nesting, mut branches) = (0u32, 0u32);
    for token in tokens.iter() {
        match token.kind() {
            // The parser reads `yield / 2` and `yield 1, in x` as operators behind a yield.
            kind if yields
                && matches!(last, TokenKind::Yield | TokenKind::Comma)
                && continues_expression(kind) =>
            {
                seen.strict = true;
            }
            TokenKind::Yield => yields = true,
            TokenKind::Newline => {
                yields = false;
                nesting = 0;
                in_case = false;
            }
            TokenKind::Case => in_case = true,
            // The parser takes any operator in a pattern's number.
            TokenKind::DoubleStar if in_case && depth == 0 => seen.strict = true,
            // Each of these may be one level deeper; CPython's parser has an end to that.
            TokenKind::Not
            | TokenKind::Minus
            | TokenKind::Plus
            | TokenKind::Tilde
            | TokenKind::Lambda
            | TokenKind::Else
            | TokenKind::DoubleStar => nesting += 1,
            TokenKind::Elif => branches += 1,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                depth += 1;
                // Three replacement fields in each other are too many.
                if strings > 0 && depth >= 3 {
                    seen.strict = true;
                }
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => depth = depth.saturating_sub(1),
            TokenKind::Indent => {
                indents += 1;
                let range = ruff_text_size::Ranged::range(token);
                if source[range].contains('\t') {
                    seen.strict = true;
                }
            }
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::FStringStart | TokenKind::TStringStart => {
                strings += 1;
                if strings > 1 {
                    seen.strict = true;
                }
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => strings = strings.saturating_sub(1),
            TokenKind::Int => {
                let range = ruff_text_size::Ranged::range(token);
                if options.max_str_digits > 0 && range.len().to_usize() > options.max_str_digits {
                    seen.strict = true;
                }
            }
            TokenKind::Name if !ascii => {
                // The parser's Unicode is newer.
                let mut name = source[ruff_text_size::Ranged::range(token)].chars();
                let fine = name.next().is_some_and(begins_name) && name.all(continues_name);
                seen.strict |= !fine;
                seen.constant_name = seen
                    .constant_name
                    .or_else(|| constant_name(&source[ruff_text_size::Ranged::range(token)]));
            }
            TokenKind::NotEqual if options.barry_as_flufl => seen.strict = true,
            TokenKind::Exclamation if strings > 0 => {
                let at = ruff_text_size::Ranged::range(token).start().to_usize();
                seen.strict |= !plain_conversion(source.as_bytes(), at);
            }
            _ => {}
        }
        last = token.kind();
        length = if last == TokenKind::Newline { 0 } else { length + 1 };
        seen.longest = seen.longest.max(length);
        if depth > 200 || indents >= 100 || nesting > MAX_NESTING || branches > 3000 {
            seen.strict = true;
        }
    }
    seen
}

/// Tokens that go on with an expression and begin none.
fn continues_expression(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Comma
            | T::If
            | T::In
            | T::Is
            | T::And
            | T::Or
            | T::Slash
            | T::DoubleSlash
            | T::Percent
            | T::At
            | T::DoubleStar
            | T::Vbar
            | T::Amper
            | T::CircumFlex
            | T::LeftShift
            | T::RightShift
            | T::Less
            | T::Greater
            | T::EqEqual
            | T::NotEqual
            | T::LessEqual
            | T::GreaterEqual
            | T::Dot
            | T::ColonEqual
    )
}

/// `(a, *b) -> c` as the expression `((a, b), c)`; the text is known to be right.
fn func_type(source: &str, lines: LineIndex) -> Result<Parsed, SyntaxError> {
    use ruff_text_size::{Ranged, TextSize};
    let options = ruff::ParseOptions::from(ruff::Mode::Expression).with_target_version(PythonVersion::PY314);
    let tokens = ruff::parse_unchecked(source, options).tokens().clone();
    let (mut depth, mut starts, mut parts, mut arrow) = (0u32, None, Vec::new(), None);
    for token in tokens.iter() {
        let range = token.range();
        match token.kind() {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                depth += 1;
                if depth == 1 {
                    starts = Some(range.end());
                }
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    parts.extend(starts.take().map(|s| TextRange::new(s, range.start())));
                }
            }
            TokenKind::Comma if depth == 1 => {
                parts.extend(starts.map(|s| TextRange::new(s, range.start())));
                starts = Some(range.end());
            }
            TokenKind::Rarrow if depth == 0 => {
                arrow = Some(range.end());
                break;
            }
            _ => {}
        }
    }
    let refused = || SyntaxError::bare("invalid syntax");
    let read = |range: TextRange| {
        let text = &source[range];
        let inner = text.trim_start().trim_start_matches('*').trim_start();
        let skipped = TextSize::from((text.len() - inner.len()) as u32);
        let start = range.start() + skipped;
        let end = start + TextSize::from(inner.trim_end().len() as u32);
        ruff::parse_expression_range(source, TextRange::new(start, end))
            .map(|parsed| parsed.into_expr())
            .map_err(|_| refused())
    };
    let end = TextSize::from(source.len() as u32);
    let result = read(TextRange::new(arrow.ok_or_else(refused)?, end))?;
    let arguments: Vec<ast::Expr> = parts
        .into_iter()
        .filter(|&part| !source[part].trim().is_empty())
        .map(read)
        .collect::<Result<_, _>>()?;
    let tuple = |elts: Vec<ast::Expr>| {
        ast::Expr::Tuple(ast::ExprTuple {
            node_index: ast::AtomicNodeIndex::NONE,
            range: TextRange::new(TextSize::from(0), end),
            elts,
            ctx: ast::ExprContext::Load,
            parenthesized: true,
        })
    };
    let body = Box::new(tuple(vec![tuple(arguments), result]));
    let range = TextRange::new(TextSize::from(0), end);
    let module = ast::ModExpression { node_index: ast::AtomicNodeIndex::NONE, range, body };
    Ok(Parsed { module: ast::Mod::Expression(module), tokens, warnings: Vec::new(), lines, longest: 0 })
}

/// Decodes every literal that holds a backslash: for the warnings, and for the errors. A number that runs into a
/// keyword gives a warning too. `lenient`: the text is wrong already, and only warnings are wanted.
fn check_literals(
    source: &str,
    lines: &LineIndex,
    tokens: &Tokens,
    mode: Mode,
    options: Options,
    lenient: bool,
) -> Result<Vec<Warning>, SyntaxError> {
    let mut warnings = Vec::new();
    let names = options.names;
    let escapes = source.contains('\\');
    let ascii = source.is_ascii();
    let bytes = source.as_bytes();
    // The open f- and t-strings: how many brackets were open, and the escapes found in the text.
    let mut strings: Vec<(u32, Vec<(u32, InvalidEscape, TextRange)>)> = Vec::new();
    let mut depth = 0u32;
    let warning = |lineno: u32, bad: &InvalidEscape, range: TextRange| {
        let as_error = error_at(source, lines, range, &bad.error());
        Warning { msg: bad.warning(), lineno, as_error }
    };
    let refuse = |range: TextRange, error: LiteralError| {
        // The diagnoser knows how far CPython would have read.
        match diagnose(source, mode, options) {
            Ok(()) => error_at(source, lines, range, error.message()),
            Err(error) => error,
        }
    };
    let newlines = |text: &str| text.bytes().filter(|&b| b == b'\n').count() as u32;
    let mut numbers = Vec::new();
    for token in tokens.iter() {
        let range = ruff_text_size::Ranged::range(token);
        let line = || lines.line(range.start().to_u32());
        match token.kind() {
            TokenKind::Int | TokenKind::Float | TokenKind::Complex => {
                let end = range.end().to_usize();
                if bytes.get(end).is_some_and(u8::is_ascii_lowercase) {
                    numbers.push((token.kind(), range));
                }
            }
            _ if !escapes && ascii => {}
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => depth = depth.saturating_sub(1),
            TokenKind::String => {
                let text = &source[range];
                let bad = match literal::decode(text, names) {
                    Ok((_, bad)) => bad,
                    Err(_) if lenient => continue,
                    Err(e) => return Err(refuse(range, e)),
                };
                if let (Some(bad), Some(parts)) = (bad, literal::split(text)) {
                    let lineno = line() + newlines(&parts.body[..bad.at]);
                    let as_error = escape_error(source, lines, range, &parts, &bad);
                    warnings.push(Warning { msg: bad.warning(), lineno, as_error });
                }
            }
            TokenKind::FStringStart | TokenKind::TStringStart => strings.push((depth, Vec::new())),
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                for (below, bad, range) in strings.pop().map_or_else(Vec::new, |s| s.1) {
                    // CPython counts from the line on which the string ends.
                    warnings.push(warning(line() + below, &bad, range));
                }
            }
            TokenKind::FStringMiddle | TokenKind::TStringMiddle => {
                let text = &source[range];
                if !text.contains('\\') {
                    continue;
                }
                let raw = ast::StringFlags::prefix(token.unwrap_string_flags()).is_raw();
                let after = source[range.end().to_usize()..].chars().next();
                for (at, piece) in literal::fstring_pieces(text, raw) {
                    let next = if at + piece.len() < text.len() { Some('{') } else { after };
                    let bad = match literal::decode_fstring_middle(piece, raw, true, next, names) {
                        Ok((_, bad)) => bad,
                        Err(_) if lenient => continue,
                        Err(e) => return Err(refuse(range, e)),
                    };
                    let Some(bad) = bad else { continue };
                    let below = newlines(&piece[..bad.at]);
                    match strings.last_mut() {
                        Some((outside, found)) if *outside == depth => found.push((below, bad, range)),
                        _ => warnings.push(warning(line() + below, &bad, range)),
                    }
                }
            }
            _ => {}
        }
    }
    for (kind, range) in numbers {
        let msg = format!("invalid {} literal", number_kind(&source[range], kind));
        let end = lines.locate(source, range.end().to_u32());
        let mut as_error = error_at(source, lines, range, &msg);
        (as_error.lineno, as_error.offset) = (i64::from(end.line), i64::from(end.char_col));
        as_error.end_offset = as_error.offset;
        warnings.push(Warning { msg, lineno: lines.line(range.end().to_u32()), as_error });
    }
    Ok(warnings)
}

/// The error that the warning of an escape becomes: it points at the backslash.
fn escape_error(
    source: &str,
    lines: &LineIndex,
    range: TextRange,
    parts: &literal::Parts<'_>,
    bad: &InvalidEscape,
) -> SyntaxError {
    let token = range.start().to_u32();
    let at = lines.locate(source, token + (parts.body_at + bad.at) as u32);
    let start = lines.locate(source, token);
    let mut offset = i64::from(at.char_col) + 1;
    if parts.bytes && at.line == start.line {
        // CPython leaves prefix and quotes of bytes out of the count.
        offset = i64::from(start.char_col) + bad.at as i64 + 1;
    }
    let mut text = lines.line_text(source, at.line).trim_end_matches('\n').to_string();
    if at.line == lines.line(range.end().to_u32()) {
        text.push('\n');
    }
    SyntaxError {
        lineno: i64::from(at.line),
        offset,
        end_lineno: i64::from(at.line),
        end_offset: offset + 2,
        text: Some(text),
        ..SyntaxError::bare(bad.error())
    }
}

fn number_kind(text: &str, kind: TokenKind) -> &'static str {
    match (kind, text.as_bytes().get(1)) {
        (TokenKind::Complex, _) => "imaginary",
        (_, Some(b'x' | b'X')) => "hexadecimal",
        (_, Some(b'o' | b'O')) => "octal",
        (_, Some(b'b' | b'B')) => "binary",
        _ => "decimal",
    }
}

/// A `SyntaxError` at a stretch of the source.
pub fn error_at(source: &str, lines: &LineIndex, range: TextRange, msg: &str) -> SyntaxError {
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
        warnings: Vec::new(),
    }
}
