//! From a pattern to a program without Python code: parser, tree, code generation.
//!
//! The language, the messages and the positions are those of CPython 3.14's `re`. Positions in errors and
//! warnings are in characters of the pattern.

mod codegen;
mod error;
mod lexer;
mod parser;
mod tree;

pub use error::{ErrorKind, PatternError, Warning, WarningKind};
pub use parser::{Tree, parse};

use crate::opcode as op;
use crate::program::Program;
use crate::subject::{Text, WideText};

/// A pattern's text.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    Bytes(&'s [u8]),
    /// WTF-8.
    Text(&'s [u8]),
}

impl Source<'_> {
    fn characters(self) -> Vec<u32> {
        match self {
            Source::Bytes(s) => s.iter().map(|&b| b as u32).collect(),
            Source::Text(s) => {
                let (text, mut at) = (WideText(s), 0);
                let mut out = Vec::with_capacity(s.len());
                while let Some((ch, next)) = text.next(at) {
                    out.push(ch);
                    at = next;
                }
                out
            }
        }
    }

    fn is_text(self) -> bool {
        matches!(self, Source::Text(_))
    }
}

/// All that `_sre.compile` is told about a pattern, and the program.
#[derive(Debug)]
pub struct Compiled {
    pub program: Program,
    /// The opcode array, without the `INFO` block of `re._compiler`.
    pub code: Vec<u32>,
    /// The given flags with the inline ones and, for text, `UNICODE` unless `ASCII`.
    pub flags: u32,
    /// Capturing groups.
    pub groups: usize,
    /// Names (WTF-8) and numbers of the named groups, in order of definition.
    pub names: Vec<(Vec<u8>, u32)>,
    pub warnings: Vec<Warning>,
}

/// Parses and compiles. `flags` are `re`'s.
pub fn compile(source: Source<'_>, flags: u32) -> Result<Compiled, PatternError> {
    let tree = parse(source, flags)?;
    let flags = (flags | tree.flags) & !op::FLAG_DEBUG | flags & op::FLAG_DEBUG;
    let code =
        codegen::generate(&tree, flags).map_err(|e| PatternError { warnings: tree.warnings.clone(), ..e })?;
    let groups = tree.groups();
    let program = Program::compile(&code, groups)
        .map_err(|_| PatternError::new(ErrorKind::Recursion, "maximum recursion depth exceeded", None))?;
    Ok(Compiled { program, code, flags, groups, names: tree.names, warnings: tree.warnings })
}
