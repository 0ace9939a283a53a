//! Search with all its short cuts against trying every position, over patterns and subjects made at random.

use taipan_sre::pattern::{self, Source};
use taipan_sre::{Mode, Program, Request, State, Subject};

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % below
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }
}

fn piece(random: &mut Random, depth: usize) -> String {
    let one = ["a", "b", "c", "abc", "bca", "cab", "é", "[ab]", "[^a]", "[é-ü]", ".", "\\w", "\\s", "x", " "];
    let zero = ["^", "$", "\\A", "\\Z", "\\b", "(?=a)", "(?!b)", "(?<=c)", "(?<!a)"];
    match random.next(if depth == 0 { 4 } else { 9 }) {
        0..=2 => random.pick(&one).into(),
        3 => random.pick(&zero).into(),
        4 => format!("({}|{})", sequence(random, depth - 1), sequence(random, depth - 1)),
        5 => format!("(?:{})", sequence(random, depth - 1)),
        6 => format!("(?>{})", sequence(random, depth - 1)),
        7 => format!("{}{}", random.pick(&one[8..]), random.pick(&REPEATS)),
        _ => format!("(?:{}){}", sequence(random, depth - 1), random.pick(&REPEATS)),
    }
}

const REPEATS: [&str; 9] = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "*+"];

fn sequence(random: &mut Random, depth: usize) -> String {
    (0..1 + random.next(3)).map(|_| piece(random, depth)).collect()
}

fn subject(random: &mut Random, wide: bool) -> String {
    let len = [3, 20, 60, 200][random.next(4)];
    let dull = random.next(2) == 0;
    (0..random.next(len))
        .map(|_| match random.next(if dull { 40 } else { 6 }) {
            0 => random.pick(&["abc", "bca", "cab", "x"]),
            1 if wide => random.pick(&["é", "ü", "語", "\u{10000}"]),
            1 => " ",
            2 => "a",
            3 => "b",
            4 => "\n",
            _ => "c",
        })
        .collect()
}

type Spans = Vec<Option<(usize, usize)>>;

/// `Err`: it takes too long.
fn ask(program: &Program, text: &str, bytes: bool, mode: Mode, pos: usize) -> Result<Option<Spans>, ()> {
    let mut state = State::default();
    let subject = if bytes { Subject::Bytes(text.as_bytes()) } else { Subject::Wtf8(text.as_bytes()) };
    let request = Request { mode, pos, endpos: text.len(), must_advance: false };
    let found = program.run(&mut state, subject, request, &mut || Err(())).map_err(|_| ())?;
    Ok(found.then(|| (0..=program.groups()).map(|g| state.span(g)).collect()))
}

#[test]
fn search_finds_what_trying_finds() {
    let mut random = Random(11);
    let mut found = 0;
    for _ in 0..4000 {
        let text = sequence(&mut random, 3);
        let flags = [0, 2, 8, 16][random.next(4)];
        let Ok(compiled) = pattern::compile(Source::Text(text.as_bytes()), flags) else { continue };
        let program = compiled.program;
        for _ in 0..6 {
            let wide = random.next(2) == 0;
            let subject = subject(&mut random, wide);
            let bounds: Vec<usize> = (0..=subject.len()).filter(|&i| subject.is_char_boundary(i)).collect();
            let from = random.next(bounds.len().min(4));
            let bytes = subject.is_ascii() && random.next(2) == 0;
            let tried: Result<Vec<_>, ()> =
                bounds[from..].iter().map(|&p| ask(&program, &subject, bytes, Mode::Match, p)).collect();
            let Ok(tried) = tried else { continue };
            let expected = tried.into_iter().flatten().next();
            let Ok(got) = ask(&program, &subject, bytes, Mode::Search, bounds[from]) else { continue };
            assert_eq!(got, expected, "{text:?} {flags} on {subject:?} from {from}");
            found += usize::from(got.is_some());
        }
    }
    assert!(found > 5000, "{found}");
}
