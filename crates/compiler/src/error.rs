//! Errors and warnings of the compiler. Inside they carry spans of the source; at the door they become `SyntaxError`s.

use taipan_syntax::Ranged;

/// A stretch of source: byte offsets (or keys of a position table, for trees that came without source).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn of<T: Ranged>(node: &T) -> Span {
        let range = node.range();
        Span { start: range.start().to_u32(), end: range.end().to_u32() }
    }

    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }
}

/// Why compiling stopped.
#[derive(Debug)]
pub(crate) struct Fail {
    pub kind: FailKind,
    pub msg: String,
    pub span: Option<Span>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FailKind {
    Syntax,
    TooDeep,
}

impl Fail {
    pub fn new(msg: impl Into<String>, span: Span) -> Box<Fail> {
        Box::new(Fail { kind: FailKind::Syntax, msg: msg.into(), span: Some(span) })
    }

    pub fn too_deep() -> Box<Fail> {
        Box::new(Fail {
            kind: FailKind::TooDeep,
            msg: "maximum recursion depth exceeded during compilation".into(),
            span: None,
        })
    }

    pub fn limit(msg: impl Into<String>) -> Box<Fail> {
        Box::new(Fail { kind: FailKind::Syntax, msg: msg.into(), span: None })
    }
}

pub(crate) type R<T> = Result<T, Box<Fail>>;

/// A `SyntaxWarning` to issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub msg: String,
    pub lineno: u32,
    pub offset: u32,
    pub end_lineno: u32,
    pub end_offset: u32,
}
