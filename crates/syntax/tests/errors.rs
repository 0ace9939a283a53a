//! Bad sources and what CPython 3.14 says about them: `errors.tsv` has one a line.
//!
//! Columns: mode, source, exception class (or `ok`), lineno, offset, end_lineno, end_offset, message. The positions
//! and texts come from CPython itself.

use taipan_syntax::{Mode, Options, parse};

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                _ => '\\',
            },
            c => c,
        });
    }
    out
}

fn names(name: &str) -> Option<u32> {
    (name == "BULLET").then_some(0x2022)
}

#[test]
fn texts_and_positions() {
    let mut failures = Vec::new();
    for line in include_str!("errors.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [mode, source, class, lineno, offset, end_lineno, end_offset, msg] = columns[..] else {
            panic!("bad line {line}");
        };
        let mode = match mode {
            "exec" => Mode::Module,
            "eval" => Mode::Expression,
            _ => Mode::Interactive,
        };
        let options = Options { names, ..Options::default() };
        let want = format!("{class} {lineno} {offset} {end_lineno} {end_offset} {}", unescape(msg));
        let got = match parse(&unescape(source), mode, options) {
            Ok(_) => "ok 0 0 0 0 ".to_string(),
            Err(e) => format!(
                "{} {} {} {} {} {}",
                e.class_name(),
                e.lineno,
                e.offset,
                e.end_lineno,
                e.end_offset,
                e.msg
            ),
        };
        if got != want {
            failures.push(format!("{source}\n  want {want}\n  got  {got}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
