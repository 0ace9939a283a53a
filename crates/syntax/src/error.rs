//! `SyntaxError`: what the parser, the tokenizer and the literal decoder report, in CPython's terms.
//!
//! Positions are CPython's: lines and offsets count from 1, offsets count characters. An offset of 0 or -1
//! has CPython's meaning, so the virtual machine hands the numbers on unchanged; `UNKNOWN` becomes `None`.

/// A position that is `None` in Python.
pub const UNKNOWN: i64 = i64::MIN;

/// Which exception class Python sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`
    Indentation,
    /// `TabError`
    Tab,
    /// `_IncompleteInputError`
    IncompleteInput,
    /// `MemoryError`: the source is nested too deeply for the parser.
    TooDeep,
    /// `ValueError`: a name that is a constant in other characters.
    Value,
    /// `RecursionError`: the tree is nested too deeply for the compiler.
    Recursion,
}

/// One error in source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub kind: ErrorKind,
    pub msg: String,
    pub lineno: i64,
    pub offset: i64,
    pub end_lineno: i64,
    pub end_offset: i64,
    /// The source line (or lines) that the position points into.
    pub text: Option<String>,
    /// Line and column of the last whole statement before a plain "invalid syntax": the start of what
    /// `traceback` re-reads when it looks for misspelt keywords.
    pub last_statement: Option<(i64, i64)>,
    /// What there was to warn of before.
    pub warnings: Vec<Warning>,
}

impl SyntaxError {
    /// An error without a position.
    pub fn bare(msg: impl Into<String>) -> Self {
        SyntaxError {
            kind: ErrorKind::Syntax,
            msg: msg.into(),
            lineno: UNKNOWN,
            offset: UNKNOWN,
            end_lineno: UNKNOWN,
            end_offset: UNKNOWN,
            text: None,
            last_statement: None,
            warnings: Vec::new(),
        }
    }

    /// The name of the exception class.
    pub fn class_name(&self) -> &'static str {
        match self.kind {
            ErrorKind::Syntax => "SyntaxError",
            ErrorKind::Indentation => "IndentationError",
            ErrorKind::Tab => "TabError",
            ErrorKind::IncompleteInput => "_IncompleteInputError",
            ErrorKind::TooDeep => "MemoryError",
            ErrorKind::Recursion => "RecursionError",
            ErrorKind::Value => "ValueError",
        }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} (line {})", self.class_name(), self.msg, self.lineno)
    }
}

impl std::error::Error for SyntaxError {}

/// A `SyntaxWarning` that reading the source gave rise to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub msg: String,
    pub lineno: u32,
    /// What the warning becomes when a filter turns it into an error.
    pub as_error: SyntaxError,
}
