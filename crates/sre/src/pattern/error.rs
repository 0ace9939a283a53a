//! What can be wrong with a pattern, and what is only doubtful.

/// Which Python exception it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `re.PatternError(msg, pattern, pos)`.
    Pattern,
    /// `OverflowError(msg)`.
    Overflow,
    /// `ValueError(msg)`.
    Value,
    /// `RecursionError(msg)`.
    Recursion,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    pub kind: ErrorKind,
    /// WTF-8: it may quote the pattern.
    pub msg: Vec<u8>,
    /// In characters of the pattern.
    pub pos: Option<usize>,
    /// What was warned of before the error was met.
    pub warnings: Vec<Warning>,
}

impl PatternError {
    pub(crate) fn new(kind: ErrorKind, msg: impl Into<Vec<u8>>, pos: Option<usize>) -> Self {
        PatternError { kind, msg: msg.into(), pos, warnings: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    Future,
    Deprecation,
}

/// Something Python warns of while it parses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub kind: WarningKind,
    pub msg: String,
}

/// `repr` of a string, or its `ascii`.
pub(crate) fn repr(chars: &[u32], ascii: bool) -> Vec<u8> {
    let single = chars.contains(&('\'' as u32)) && !chars.contains(&('"' as u32));
    let quote = if single { b'"' } else { b'\'' };
    let mut out = vec![quote];
    for &ch in chars {
        match ch {
            9 => out.extend(b"\\t"),
            10 => out.extend(b"\\n"),
            13 => out.extend(b"\\r"),
            92 => out.extend(b"\\\\"),
            _ if ch == quote as u32 => out.extend([b'\\', quote]),
            32..127 => out.push(ch as u8),
            _ if ch > 127 && !ascii && taipan_text::unicode::is_printable(ch) => {
                crate::subject::encode(ch, &mut out);
            }
            _ => out.extend(escaped(ch).bytes()),
        }
    }
    out.push(quote);
    out
}

/// `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
pub(crate) fn escaped(ch: u32) -> String {
    match ch {
        0..0x100 => format!("\\x{ch:02x}"),
        0x100..0x10000 => format!("\\u{ch:04x}"),
        _ => format!("\\U{ch:08x}"),
    }
}
