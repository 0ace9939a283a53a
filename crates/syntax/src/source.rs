//! Bytes to source text: byte order mark, coding cookie (PEP 263), line ends, null bytes.
//!
//! UTF-8, Latin-1 and ASCII are decoded here. For any other encoding the caller, who has the codec registry, passes a
//! function.

use crate::error::SyntaxError;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// How a codec of the registry answered.
pub enum Codec {
    Text(String),
    /// The text of the exception it raised.
    Failed(String),
    UnknownEncoding,
}

/// Decodes bytes in an encoding that is not built in.
pub type CodecLookup<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Codec;

/// Turns a source's bytes into text with `\n` line ends. `file` is named in an error when the bytes come from a file
/// that is run, and not through `compile`.
pub fn decode(bytes: &[u8], file: Option<&str>, codecs: CodecLookup<'_>) -> Result<String, SyntaxError> {
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        let error = null_bytes(file.is_some());
        if file.is_none() {
            return Err(error);
        }
        // A file is read by lines, and one is read up to the null.
        let front = &bytes[..at];
        let start = front.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let lineno = front.iter().filter(|b| **b == b'\n').count() as i64 + 1;
        let text = String::from_utf8_lossy(&front[start..]).into_owned();
        return Err(SyntaxError {
            lineno,
            offset: 0,
            end_lineno: lineno,
            end_offset: 0,
            text: Some(text),
            ..error
        });
    }
    let (bytes, bom) = match bytes.strip_prefix(BOM) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let cookie = cookie(bytes);
    let encoding = match &cookie {
        Some(found) => normal_name(&found.name),
        None => "utf-8".to_string(),
    };
    if bom && encoding != "utf-8" {
        let line = cookie.map_or(String::new(), |c| c.line);
        return Err(SyntaxError {
            lineno: 1,
            offset: 0,
            end_lineno: 1,
            end_offset: line.chars().count() as i64,
            text: Some(line),
            ..SyntaxError::bare(format!("encoding problem: {encoding} with BOM"))
        });
    }
    let mut bytes = unix_newlines(bytes);
    if encoding == "utf-8" {
        return String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            bad_utf8(e.as_bytes(), at, file)
        });
    }
    if encoding == "iso-8859-1" {
        return Ok(bytes.iter().map(|&b| b as char).collect());
    }
    if matches!(encoding.as_str(), "ascii" | "us-ascii") && bytes.is_ascii() {
        return Ok(bytes.iter().map(|&b| b as char).collect());
    }
    // The codec sees the newline that ends every source; positions in its errors depend on it.
    let added = bytes.last().is_some_and(|&b| b != b'\n');
    if added {
        bytes.push(b'\n');
    }
    let failed = |msg: String| SyntaxError { lineno: 0, offset: -1, ..SyntaxError::bare(msg) };
    match codecs(&encoding, &bytes) {
        Codec::Text(mut text) => {
            if added && text.ends_with('\n') {
                text.pop();
            }
            Ok(normalize(&text))
        }
        Codec::Failed(msg) => Err(failed(msg)),
        Codec::UnknownEncoding => Err(failed(format!("unknown encoding: {encoding}"))),
    }
}

/// The same text with `\n` line ends.
pub fn normalize(text: &str) -> String {
    if !text.contains('\r') {
        return text.to_string();
    }
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The error for a source with a null byte: in a file, or in an argument of `compile`.
pub fn null_bytes(file: bool) -> SyntaxError {
    let what = if file { "source code" } else { "source code string" };
    SyntaxError::bare(format!("{what} cannot contain null bytes"))
}

struct Cookie {
    name: String,
    line: String,
}

/// The coding cookie: in a comment on the first line, or on the second below a blank line or a comment.
fn cookie(bytes: &[u8]) -> Option<Cookie> {
    for line in bytes.split(|&b| b == b'\n' || b == b'\r').take(2) {
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | 0x0C);
        let start = line.iter().position(|b| !blank(b)).unwrap_or(line.len());
        let comment = &line[start..];
        if comment.first().is_some_and(|&b| b != b'#') {
            return None;
        }
        if let Some(name) = cookie_in(comment) {
            return Some(Cookie { name, line: String::from_utf8_lossy(line).into_owned() });
        }
    }
    None
}

fn cookie_in(comment: &[u8]) -> Option<String> {
    for at in 0..comment.len() {
        let Some(rest) = comment[at..].strip_prefix(b"coding") else { continue };
        let Some((b':' | b'=', rest)) = rest.split_first() else { continue };
        let start = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
        let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let name: Vec<u8> = rest[start..].iter().copied().take_while(letter).collect();
        if !name.is_empty() {
            return Some(String::from_utf8_lossy(&name).into_owned());
        }
    }
    None
}

/// One spelling for the encodings that are known by heart.
fn normal_name(name: &str) -> String {
    let short: String =
        name.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    let is =
        |known: &str| short.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    if is("utf-8") {
        "utf-8".into()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".into()
    } else {
        name.into()
    }
}

fn unix_newlines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 1);
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| b == b'\r') {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 1..];
        if rest.first() == Some(&b'\n') {
            rest = &rest[1..];
        }
    }
    out.extend_from_slice(rest);
    out
}

fn bad_utf8(bytes: &[u8], at: usize, file: Option<&str>) -> SyntaxError {
    let before = &bytes[..at];
    let line_no = before.iter().filter(|&&b| b == b'\n').count() as i64 + 1;
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| at + n);
    let offset = String::from_utf8_lossy(&bytes[start..at]).chars().count() as i64 + 1;
    let file = file.map_or(String::new(), |f| format!(" in file {f}"));
    let byte = bytes.get(at).copied().unwrap_or(0);
    SyntaxError {
        lineno: line_no,
        offset,
        end_lineno: line_no,
        end_offset: offset,
        text: Some(String::from_utf8_lossy(&bytes[start..end]).into_owned()),
        ..SyntaxError::bare(format!(
            "Non-UTF-8 code starting with '\\x{byte:02x}'{file} on line {line_no}, but no encoding declared; \
             see https://peps.python.org/pep-0263/ for details"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> Result<String, (String, i64, i64)> {
        let mut codecs = |name: &str, bytes: &[u8]| match name {
            "cp1252" => Codec::Text(bytes.iter().map(|&b| b as char).collect()),
            "broken" => Codec::Failed("no good".into()),
            _ => Codec::UnknownEncoding,
        };
        decode(bytes, None, &mut codecs).map_err(|e| (e.msg, e.lineno, e.offset))
    }

    #[test]
    fn encodings() {
        assert_eq!(check(b"\xEF\xBB\xBFx\r\ny\rz"), Ok("x\ny\nz".into()));
        assert_eq!(check(b"# coding: Latin_1\n'\xe9'"), Ok("# coding: Latin_1\n'\u{e9}'".into()));
        assert_eq!(check(b"#!x\n# vim: set fileencoding=cp1252 :\n\xe9").map(|s| s.len()), Ok(39));
        assert_eq!(check(b"x=1\n# coding: foo\n"), Ok("x=1\n# coding: foo\n".into()));
        assert_eq!(check(b"\n# coding: foo\n"), Err(("unknown encoding: foo".into(), 0, -1)));
        assert_eq!(check(b"# coding: broken"), Err(("no good".into(), 0, -1)));
        let text = "encoding problem: utf8 with BOM";
        assert_eq!(check(b"\xef\xbb\xbf# coding: utf8\nx x"), Err((text.into(), 1, 0)));
        let text = "Non-UTF-8 code starting with '\\xff' on line 2, but no encoding declared; \
                    see https://peps.python.org/pep-0263/ for details";
        assert_eq!(check(b"x=1\n'\xff'\n"), Err((text.into(), 2, 2)));
    }
}
