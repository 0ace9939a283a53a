//! What is wrong with a source, in CPython's words and at CPython's positions.
//!
//! CPython's parser runs its grammar twice over a bad source: first as it is, and then with further rules that match
//! well-known mistakes. Which of its texts comes out, and where it points, depends on how far its tokenizer had read at
//! that time. So this does the same: `grammar` is the grammar, `engine` matches it, `report` words the errors. It runs
//! only when the parser has found an error, or when the text is one of the rare kinds that the parser reads otherwise.

mod engine;
mod grammar;
mod report;

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::{Lexer, Stop, kind};
use crate::parser::{Mode, Options};

use engine::Engine;

/// Finds the error of a source; `Ok` when CPython's parser accepts it.
pub fn diagnose(source: &str, mode: Mode, options: Options) -> Result<(), SyntaxError> {
    let with_newline;
    let source = if mode == Mode::Module && !source.is_empty() && !source.ends_with('\n') {
        with_newline = format!("{source}\n");
        with_newline.as_str()
    } else {
        source
    };
    let mut lexer = Lexer::new(source);
    lexer.single = mode == Mode::Interactive;
    lexer.imply_dedent = !options.dont_imply_dedent;
    let rule = match mode {
        Mode::Module => "file",
        Mode::Expression => "eval",
        Mode::Interactive => "single",
        Mode::FuncType => "functype",
    };
    let mut engine = Engine::new(source, lexer, options);
    if engine.run(rule, false) {
        if mode == Mode::Interactive && more_follows(&engine) {
            engine.raise_last(
                ErrorKind::Syntax,
                "multiple statements found while compiling a single statement",
            );
            return engine.error.map_or(Ok(()), Err);
        }
        return Ok(());
    }
    if options.allow_incomplete_input && at_end_of_source(&engine) {
        engine.error = None;
        engine.raise_last(ErrorKind::IncompleteInput, "incomplete input");
        return engine.error.map_or(Ok(()), Err);
    }
    if engine.error.as_ref().is_some_and(|e| e.kind == ErrorKind::TooDeep) {
        return finish(engine);
    }
    let last = engine.tokens.last().copied();
    if engine.failed {
        engine.last_statement = (0, 0);
    } else {
        engine.run(rule, true);
    }
    if engine.error.is_some() {
        if engine.stop.is_none() && !engine.lexer.at_end {
            check_rest(&mut engine);
        }
        return finish(engine);
    }
    let Some(last) = last else {
        engine.raise_last(ErrorKind::Syntax, "error at start before reading any input");
        return finish(engine);
    };
    match last.kind {
        kind::INDENT => engine.raise_last(ErrorKind::Indentation, "unexpected indent"),
        kind::DEDENT => engine.raise_last(ErrorKind::Indentation, "unexpected unindent"),
        _ => {
            engine.raise_token(&last, "invalid syntax");
            check_rest(&mut engine);
        }
    }
    finish(engine)
}

fn finish(engine: Engine<'_>) -> Result<(), SyntaxError> {
    match engine.error {
        Some(error) => {
            let last_statement = (error.kind != ErrorKind::TooDeep).then_some(engine.last_statement);
            Err(SyntaxError { last_statement, ..error })
        }
        None => Err(SyntaxError::bare("invalid syntax")),
    }
}

/// Reads on to the end: a tokenizer's error, or a bracket opened on an earlier line, is told instead.
fn check_rest(engine: &mut Engine<'_>) {
    let line = engine.tokens.last().map_or(0, |t| t.line);
    loop {
        match engine.lexer.next_token() {
            Ok(token) if token.kind == kind::ENDMARKER => return,
            Ok(_) => {}
            // What is wrong inside an f-string counts less than the error that is known.
            Err(_) if engine.lexer.inside_string() => return,
            Err(stop @ Stop::Raised(_)) => return engine.tokenizer_error(&stop),
            Err(_) => {
                if engine.lexer.brackets.last().is_some_and(|open| line > open.line) {
                    engine.error = None;
                    engine.raise_unclosed();
                }
                return;
            }
        }
    }
}

fn at_end_of_source(engine: &Engine<'_>) -> bool {
    match &engine.stop {
        None => engine.lexer.at_end,
        Some(Stop::Raised(_)) => engine.lexer.ended_in_string,
        Some(stop) => matches!(stop, Stop::Eof),
    }
}

/// Whether anything but blank lines and comments stands behind an interactive statement.
fn more_follows(engine: &Engine<'_>) -> bool {
    let rest = engine.source.get(engine.lexer.cursor.pos as usize..).unwrap_or("");
    let code = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '\x0c', '\r']);
        !line.is_empty() && !line.starts_with('#')
    };
    rest.split('\n').any(code)
}
