//! What the parser says to patterns, against recorded answers of CPython 3.14.
//!
//! A line of `patterns.tsv`: kind (`s`/`b`), flags, pattern, answer. An answer is `ok FLAGS GROUPS NAMES`, or
//! `error POS MESSAGE`, or an exception's name and message; warnings follow after bars.
//! `TAIPAN_SRE_PATTERNS=FILE` names another file of the same form.

use taipan_sre::pattern::{self, ErrorKind, Source, WarningKind};

fn unescape(s: &str, bytes: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut push = |ch: u32| {
        if bytes {
            out.push(ch as u8);
        } else {
            let mut one = taipan_text::Wtf8Buf::new();
            one.push(ch);
            out.extend_from_slice(one.as_bytes());
        }
    };
    let mut rest = s;
    while let Some(at) = rest.find("\\u{") {
        rest[..at].chars().for_each(|c| push(c as u32));
        let close = rest[at..].find('}').expect("closed escape") + at;
        push(u32::from_str_radix(&rest[at + 3..close], 16).expect("hex"));
        rest = &rest[close + 1..];
    }
    rest.chars().for_each(|c| push(c as u32));
    out
}

fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    let text = taipan_text::Wtf8Buf::from_bytes(bytes.to_vec()).expect("well-formed message");
    for ch in text.code_points() {
        match ch {
            92 => out.push_str("\\u{5c}"),
            32..127 => out.push(ch as u8 as char),
            _ => out.push_str(&format!("\\u{{{ch:x}}}")),
        }
    }
    out
}

fn answer(source: Source<'_>, flags: u32) -> String {
    let (mut out, warnings) = match pattern::compile(source, flags) {
        Ok(c) => {
            let names: Vec<String> = c.names.iter().map(|(n, g)| format!("{}={g}", escape(n))).collect();
            (format!("ok {} {} {}", c.flags, c.groups, names.join(",")), c.warnings)
        }
        Err(e) => {
            let msg = escape(&e.msg);
            let text = match e.kind {
                ErrorKind::Pattern => {
                    format!("error {} {msg}", e.pos.map_or("-".into(), |p| p.to_string()))
                }
                ErrorKind::Overflow => format!("OverflowError {msg}"),
                ErrorKind::Value => format!("ValueError {msg}"),
                ErrorKind::Recursion => format!("RecursionError {msg}"),
            };
            (text, e.warnings)
        }
    };
    for w in warnings {
        let kind = match w.kind {
            WarningKind::Future => "FutureWarning",
            WarningKind::Deprecation => "DeprecationWarning",
        };
        out.push_str(&format!("|{kind} {}", w.msg));
    }
    out
}

#[test]
fn patterns() {
    let path = std::env::var("TAIPAN_SRE_PATTERNS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/patterns.tsv").into());
    let text = std::fs::read_to_string(path).expect("the patterns");
    let mut failures = 0;
    for line in text.lines() {
        let f: Vec<&str> = line.split('\t').collect();
        let bytes = f[0] == "b";
        let pattern = unescape(f[2], bytes);
        let source = if bytes { Source::Bytes(&pattern) } else { Source::Text(&pattern) };
        let got = answer(source, f[1].parse().expect("flags"));
        if got != f[3] {
            failures += 1;
            if failures < 40 {
                println!("{line}\n   got {got}");
            }
        }
    }
    assert_eq!(failures, 0);
}
