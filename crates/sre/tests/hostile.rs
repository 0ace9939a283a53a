//! Code arrays and patterns that mean harm: an error or an answer, never a panic or an endless match.

use taipan_sre::pattern::{self, Source};
use taipan_sre::{Mode, Program, Request, State, Stop, Subject};

fn search(pos: usize, endpos: usize) -> Request {
    Request { mode: Mode::Search, pos, endpos, must_advance: false }
}

struct Random(u64);

impl Random {
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as u32) % below
    }
}

#[test]
fn damaged_code_arrays() {
    let mut random = Random(7);
    let seeds = [
        "(a|b)*c(?(1)d|e)",
        "(?i)[a-zé-ü]+?x{2,3}",
        "(?<=ab)(?>c*)(?:d|ef){2,}+(f)\\1?\\b",
        "(?:(?=(\\w))a|b)*?$",
    ];
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..20000 {
        let compiled = pattern::compile(Source::Text(seeds[round % seeds.len()].as_bytes()), 0);
        let mut code = match compiled {
            Ok(c) => c.code,
            Err(e) => panic!("{e:?}"),
        };
        for _ in 0..=random.next(3) {
            let at = random.next(code.len() as u32) as usize;
            code[at] = match random.next(4) {
                0 => u32::MAX - random.next(3),
                1 => random.next(1000),
                _ => random.next(45),
            };
        }
        match Program::compile(&code, 2) {
            Err(_) => refused += 1,
            Ok(program) => {
                accepted += 1;
                let mut polls = 0;
                let mut breaker = || {
                    polls += 1;
                    if polls > 3 { Err(()) } else { Ok(()) }
                };
                let text = "abcdé xxabab fcd".as_bytes();
                let mut state = State::default();
                let _ = program.run(&mut state, Subject::Wtf8(text), search(0, text.len()), &mut breaker);
                for group in 0..4 {
                    let _ = state.span(group);
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 100, "{accepted} {refused}");
}

#[test]
fn runaway_patterns_end() {
    let compiled = pattern::compile(Source::Text(b"(x+x+)+y"), 0).expect("compiles");
    let text = "x".repeat(60);
    let mut state = State::default();
    let mut polls = 0;
    let stop = compiled.program.run(&mut state, Subject::Bytes(text.as_bytes()), search(0, 60), &mut || {
        polls += 1;
        if polls > 5 { Err("stop") } else { Ok(()) }
    });
    assert_eq!(stop, Err(Stop::Breaker("stop")));

    let compiled = pattern::compile(Source::Text(b"(?:a|bc?)*d"), 0).expect("compiles");
    let text = "ab".repeat(1 << 20);
    state.memory_limit = 1 << 20;
    let stop = compiled.program.run::<()>(
        &mut state,
        Subject::Bytes(text.as_bytes()),
        Request { mode: Mode::Match, ..search(0, text.len()) },
        &mut || Ok(()),
    );
    assert_eq!(stop, Err(Stop::Memory));
}

#[test]
fn positions_off_boundaries_and_ends() {
    let compiled = pattern::compile(Source::Text("\\w.|(?<=..)\\b".as_bytes()), 0).expect("compiles");
    let text = "aé𐀀\u{fffd}ß".as_bytes();
    let mut state = State::default();
    for pos in 0..text.len() + 3 {
        for endpos in 0..text.len() + 3 {
            let _ =
                compiled
                    .program
                    .run::<()>(&mut state, Subject::Wtf8(text), search(pos, endpos), &mut || Ok(()));
        }
    }
}
