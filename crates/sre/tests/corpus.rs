//! The engine against recorded answers of CPython 3.14.
//!
//! A line of `corpus.tsv`: kind (`s`/`b` for text/bytes; `i`/`m`/`f` for finditer/match/fullmatch), flags, number
//! of groups, pattern, subject, opcode array, matches. A match is the spans of all groups in code points (`-`
//! for none), then `/` and lastindex. `\u{…}` stands for what is not printable ASCII.
//! `TAIPAN_SRE_CORPUS=FILE` names another file of the same form.

use taipan_sre::{Mode, Program, Request, State, Subject, pattern};

struct Case<'a> {
    bytes: bool,
    mode: char,
    flags: u32,
    groups: usize,
    pattern: Vec<u32>,
    subject: Vec<u32>,
    code: Vec<u32>,
    expected: &'a str,
}

fn unescape(s: &str) -> Vec<u32> {
    let mut out = Vec::new();
    let mut rest = s;
    while let Some(at) = rest.find("\\u{") {
        out.extend(rest[..at].chars().map(|c| c as u32));
        let close = rest[at..].find('}').expect("closed escape") + at;
        out.push(u32::from_str_radix(&rest[at + 3..close], 16).expect("hex"));
        rest = &rest[close + 1..];
    }
    out.extend(rest.chars().map(|c| c as u32));
    out
}

fn parse(line: &str) -> Case<'_> {
    let f: Vec<&str> = line.split('\t').collect();
    Case {
        bytes: f[0].starts_with('b'),
        mode: f[0].chars().nth(1).expect("mode"),
        flags: f[1].parse().expect("flags"),
        groups: f[2].parse().expect("groups"),
        pattern: unescape(f[3]),
        subject: unescape(f[4]),
        code: f[5].split(' ').map(|w| w.parse().expect("word")).collect(),
        expected: f[6],
    }
}

fn wtf8(chars: &[u32]) -> (Vec<u8>, Vec<usize>) {
    let mut out = taipan_text::Wtf8Buf::new();
    let mut bytes = Vec::new();
    let mut offsets = vec![0];
    for &c in chars {
        // One at a time, so that surrogates stay apart.
        out.clear();
        out.push(c);
        bytes.extend_from_slice(out.as_bytes());
        offsets.push(bytes.len());
    }
    (bytes, offsets)
}

/// All matches, in the corpus's notation. `offsets` are the byte offsets of the characters.
fn answer(program: &Program, subject: Subject<'_>, offsets: &[usize], mode: char) -> String {
    let mut state = State::default();
    let end = *offsets.last().expect("an end");
    let mut request = Request {
        mode: match mode {
            'i' => Mode::Search,
            'm' => Mode::Match,
            _ => Mode::Fullmatch,
        },
        pos: 0,
        endpos: end,
        must_advance: false,
    };
    let mut out = Vec::new();
    while program.run::<()>(&mut state, subject, request, &mut || Ok(())).expect("no stop") {
        let spans: Vec<String> = (0..=program.groups())
            .map(|g| match state.span(g) {
                None => "-".into(),
                Some((a, b)) => {
                    let index = |p| offsets.binary_search(&p).expect("on a boundary");
                    format!("{}-{}", index(a), index(b))
                }
            })
            .collect();
        out.push(format!("{}/{}", spans.join(","), state.lastindex().unwrap_or(0)));
        if mode != 'i' {
            break;
        }
        let (start, stop) = state.span(0).expect("group 0");
        request.pos = stop;
        request.must_advance = start == stop;
    }
    out.join(";")
}

#[test]
fn corpus() {
    let path = std::env::var("TAIPAN_SRE_CORPUS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus.tsv").into());
    let text = std::fs::read_to_string(path).expect("the corpus");
    let mut failures = 0;
    for line in text.lines() {
        let case = parse(line);
        let source = if case.bytes {
            let bytes: Vec<u8> = case.pattern.iter().map(|&c| c as u8).collect();
            pattern::compile(pattern::Source::Bytes(&bytes), case.flags)
        } else {
            pattern::compile(pattern::Source::Text(&wtf8(&case.pattern).0), case.flags)
        };
        let (bytes, offsets) = wtf8(&case.subject);
        let single: Vec<u8> = case.subject.iter().map(|&c| c as u8).collect();
        let plain: Vec<usize> = (0..=single.len()).collect();
        let mut check = |what: &str, program: &Program| {
            let mut answers = Vec::new();
            if case.bytes || case.subject.iter().all(|&c| c < 256) {
                answers.push(answer(program, Subject::Bytes(&single), &plain, case.mode));
            }
            if !case.bytes {
                answers.push(answer(program, Subject::Wtf8(&bytes), &offsets, case.mode));
            }
            for got in answers.iter().filter(|got| *got != case.expected) {
                failures += 1;
                if failures < 20 {
                    println!("{what}: {line}\n   got {got}");
                }
            }
        };
        match Program::compile(&case.code, case.groups) {
            Ok(program) => check("code", &program),
            Err(e) => panic!("{e:?}: {line}"),
        }
        match source {
            Ok(compiled) => check("pattern", &compiled.program),
            Err(e) => {
                failures += 1;
                println!("pattern: {e:?}: {line}");
            }
        }
    }
    assert_eq!(failures, 0);
}
