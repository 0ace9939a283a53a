//! Source text to syntax tree.
//!
//! `source` turns bytes into text, `parser` turns text into the tree that the compiler reads (`ast`), `literal` gives
//! string literals their values, `error` is what goes wrong on the way, in CPython's words, which `diagnose` finds
//! with the tokens of `lexer`.
//!
//! This crate is the only one that names the parser crates; it knows nothing of objects, byte code or the machine.

pub mod diagnose;
pub mod error;
pub mod lexer;
pub mod line_index;
pub mod literal;
pub mod parser;
pub mod source;

/// The tree's types.
pub use ruff_python_ast as ast;
pub use ruff_python_ast::token::{TokenKind, Tokens};
pub use ruff_text_size::{Ranged, TextRange, TextSize};

pub use error::{ErrorKind, SyntaxError, Warning};
pub use lexer::python::{PyToken, tokenize};
pub use line_index::{LineIndex, Location};
pub use parser::{Mode, Options, Parsed, error_at, parse};
