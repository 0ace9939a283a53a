//! Literal strings that a match begins with or holds, so that search can look for them many bytes at a time.
//!
//! As in `analysis`, all answers are conservative: whatever is skipped by them cannot match.

use std::sync::OnceLock;

use aho_corasick::packed;
use memchr::memmem;

use crate::program::{Inst, Literal, One, Pc, Program};
use crate::subject::{Text, WideText, encode};

/// A string to be looked for. What that needs is made on first use.
#[derive(Debug)]
pub(crate) struct Needle {
    text: Box<[u8]>,
    finder: OnceLock<Box<memmem::Finder<'static>>>,
}

impl Needle {
    fn new(text: &[u8]) -> Needle {
        Needle { text: text.into(), finder: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        self.text.len()
    }

    #[inline]
    pub fn find(&self, subject: &[u8]) -> Option<usize> {
        match &*self.text {
            [byte] => memchr::memchr(*byte, subject),
            text => {
                let make = || Box::new(memmem::Finder::new(text).into_owned());
                self.finder.get_or_init(make).find(subject)
            }
        }
    }
}

/// Some strings of which one is looked for.
#[derive(Debug)]
pub(crate) struct Needles {
    texts: Vec<Vec<u8>>,
    searcher: OnceLock<Option<packed::Searcher>>,
}

impl Needles {
    /// Where the first of them begins; `Err` if this machine has no fast way to tell.
    #[inline]
    pub fn find(&self, subject: &[u8]) -> Result<Option<usize>, ()> {
        let searcher = self.searcher.get_or_init(|| packed::Searcher::new(&self.texts));
        searcher.as_ref().map(|s| s.find(subject).map(|found| found.start())).ok_or(())
    }
}

/// A literal that every match holds.
#[derive(Debug)]
pub(crate) struct Inner {
    /// In the spelling of bytes; without it nothing matches.
    pub bytes: Option<Needle>,
    pub wtf8: Needle,
    /// Fewest and most characters between the beginning of a match and the literal.
    pub least: usize,
    pub most: Option<usize>,
}

/// The spellings of the single string a match begins with.
pub(crate) fn only_prefix(program: &Program, insts: &[Inst]) -> Option<(Option<Needle>, Option<Needle>)> {
    // A group or an assertion in front changes nothing.
    let first = insts.iter().find(|inst| !matches!(inst, Inst::Mark(_)))?;
    let Inst::Literal(id) = first else { return None };
    let lit = program.literals.get(*id as usize)?;
    Some((lit.bytes.as_deref().map(Needle::new), Some(Needle::new(&lit.wtf8))))
}

/// Most strings, steps and bytes of a string that `prefixes` looks at.
const STRINGS: usize = 32;
const FUEL: u32 = 400;

/// Strings of two bytes and more of which every match begins with one.
pub(crate) fn prefixes(program: &Program, wide: bool) -> Option<Needles> {
    let insts = &*program.insts;
    for len in [8, 5, 4, 3, 2] {
        let mut walk = Walk { program, insts, wide, len, fuel: FUEL, now: Vec::new(), found: Vec::new() };
        if walk.go(0, 0).is_some() && !walk.found.is_empty() {
            return Some(Needles { texts: walk.found, searcher: OnceLock::new() });
        }
    }
    None
}

struct Walk<'p> {
    program: &'p Program,
    insts: &'p [Inst],
    wide: bool,
    len: usize,
    fuel: u32,
    now: Vec<u8>,
    found: Vec<Vec<u8>>,
}

impl Walk<'_> {
    /// The string so far is all that is known.
    fn end(&mut self) -> Option<()> {
        if self.now.len() < 2 {
            return None;
        }
        let text = &self.now[..self.len.min(self.now.len())];
        if !self.found.iter().any(|known| known == text) {
            self.found.push(text.to_vec());
        }
        (self.found.len() <= STRINGS).then_some(())
    }

    /// Follows all ways from `pc` on, where `rounds` of a repeat may have been taken. `None`: too many, or too short.
    fn go(&mut self, pc: Pc, rounds: u32) -> Option<()> {
        self.fuel = self.fuel.checked_sub(1)?;
        if self.now.len() >= self.len {
            return self.end();
        }
        let program = self.program;
        match self.insts.get(pc as usize)? {
            Inst::Fail => Some(()),
            Inst::One(one) => self.one(*one, pc + 1, 0),
            Inst::Byte(b) => self.one(One::Char(u32::from(*b)), pc + 1, 0),
            Inst::Set(id) => self.one(One::Set(*id), pc + 1, 0),
            Inst::Literal(id) => {
                let lit = program.literals.get(*id as usize)?;
                let text = if self.wide { Some(&lit.wtf8) } else { lit.bytes.as_ref() };
                // A character that the subject cannot have: no match this way.
                let Some(text) = text else { return Some(()) };
                let kept = self.now.len();
                self.now.extend_from_slice(text);
                let went = self.go(pc + 1, 0);
                self.now.truncate(kept);
                went
            }
            Inst::At(_) | Inst::Mark(_) | Inst::Atomic { .. } => self.go(pc + 1, 0),
            Inst::Jump(to) => self.go(*to, 0),
            Inst::Assert { next, .. } => self.go(*next, 0),
            Inst::Branch(alts) => alts.iter().try_for_each(|alt| self.go(alt.pc, 0)),
            Inst::RepeatOne { one, min, max, .. } => {
                if rounds >= *min {
                    self.go(pc + 1, 0)?;
                }
                if rounds < *max { self.one(*one, pc, rounds + 1) } else { Some(()) }
            }
            Inst::Repeat { until, .. } => {
                let Inst::Until { min, .. } = self.insts.get(*until as usize)? else { return None };
                if *min == 0 {
                    self.go(*until + 1, 0)?;
                }
                self.go(pc + 1, 0)
            }
            Inst::Possessive { min, next, .. } => {
                if *min == 0 {
                    self.go(*next, 0)?;
                }
                self.go(pc + 1, 0)
            }
            Inst::GroupExists { no, .. } => {
                self.go(*no, 0)?;
                self.go(pc + 1, 0)
            }
            _ => self.end(),
        }
    }

    /// Every character that passes, and then `pc`.
    fn one(&mut self, one: One, pc: Pc, rounds: u32) -> Option<()> {
        let kept = self.now.len();
        let members = match one {
            One::Char(c) if self.wide => {
                encode(c, &mut self.now);
                let went = self.go(pc, rounds);
                self.now.truncate(kept);
                return went;
            }
            One::Char(c) => u8::try_from(c).ok().into_iter().collect(),
            One::Set(id) => {
                let set = self.program.sets.get(id as usize)?;
                if self.wide && set.beyond_ascii() {
                    return self.end();
                }
                (0..=255u8).filter(|&b| set.table[b as usize]).collect::<Vec<u8>>()
            }
            _ => return self.end(),
        };
        if members.len() > 8 {
            return self.end();
        }
        for b in members {
            self.now.push(b);
            let went = self.go(pc, rounds);
            self.now.truncate(kept);
            went?;
        }
        Some(())
    }
}

/// The literal by which matches are best found.
pub(crate) fn inner(program: &Program) -> Option<Inner> {
    let insts = &*program.insts;
    let mut search = Literals { program, insts, best: None, fuel: 500 };
    search.walk(0, insts.len() as Pc, Some(Width { least: 0, most: Some(0) }));
    let (_, text, wide, at) = search.best?;
    Some(Inner {
        bytes: text.map(|t| Needle::new(&t)),
        wtf8: Needle::new(&wide),
        least: at.least,
        most: at.most.filter(|&most| most < 256),
    })
}

/// Fewest and most characters.
#[derive(Clone, Copy)]
struct Width {
    least: usize,
    most: Option<usize>,
}

impl Width {
    fn plus(self, other: Width) -> Width {
        Width {
            least: self.least.saturating_add(other.least),
            most: self.most.zip(other.most).and_then(|(a, b)| a.checked_add(b)),
        }
    }

    fn times(self, min: u32, max: u32) -> Width {
        let most = match (self.most, max) {
            (Some(0), _) => Some(0),
            (_, u32::MAX) => None,
            (most, max) => most.and_then(|m| m.checked_mul(max as usize)),
        };
        Width { least: self.least.saturating_mul(min as usize), most }
    }
}

const NOTHING: Width = Width { least: 0, most: Some(0) };
const CHARACTER: Width = Width { least: 1, most: Some(1) };

struct Literals<'p> {
    program: &'p Program,
    insts: &'p [Inst],
    /// Worth, spellings, place.
    best: Option<(usize, Option<Vec<u8>>, Vec<u8>, Width)>,
    fuel: u32,
}

impl Literals<'_> {
    /// The width of what lies in `pc..end`. With a place `at` its literals are looked at, which every match must have.
    /// `None`: it is not known, and so is not what follows.
    fn walk(&mut self, mut pc: Pc, end: Pc, mut at: Option<Width>) -> Option<Width> {
        let mut total = NOTHING;
        while pc < end {
            self.fuel = self.fuel.checked_sub(1)?;
            let (width, next) = self.step(pc, at)?;
            total = total.plus(width);
            at = at.map(|at| at.plus(width));
            pc = next;
        }
        Some(total)
    }

    fn step(&mut self, pc: Pc, at: Option<Width>) -> Option<(Width, Pc)> {
        Some(match self.insts.get(pc as usize)? {
            Inst::Literal(id) => {
                let lit = self.program.literals.get(*id as usize)?;
                self.offer(lit.bytes.as_deref(), &lit.wtf8, at);
                let n = chars(lit);
                (Width { least: n, most: Some(n) }, pc + 1)
            }
            Inst::Byte(b) => {
                self.offer(Some(&[*b]), &[*b], at);
                (CHARACTER, pc + 1)
            }
            Inst::One(_) | Inst::Set(_) => (CHARACTER, pc + 1),
            Inst::RepeatOne { min, max, .. } => (CHARACTER.times(*min, *max), pc + 1),
            Inst::At(_) | Inst::Mark(_) | Inst::Atomic { .. } | Inst::EndSub => (NOTHING, pc + 1),
            Inst::Assert { next, .. } => (NOTHING, *next),
            Inst::Branch(alts) => {
                // Each alternative but the last ends right before the next one, in a jump to where they meet.
                let second = alts.get(1)?;
                let Inst::Jump(after) = self.insts.get((second.pc as usize).checked_sub(1)?)? else {
                    return None;
                };
                let after = *after;
                let mut all: Option<Width> = None;
                for (i, alt) in alts.iter().enumerate() {
                    let end = alts.get(i + 1).map_or(after, |next| next.pc).checked_sub(1)?;
                    let one = self.walk(alt.pc, end, None)?;
                    all = Some(all.map_or(one, |all| Width {
                        least: all.least.min(one.least),
                        most: all.most.zip(one.most).map(|(a, b)| a.max(b)),
                    }));
                }
                (all?, after)
            }
            Inst::Repeat { until, .. } => {
                let Inst::Until { min, max, .. } = self.insts.get(*until as usize)? else { return None };
                let (min, max) = (*min, *max);
                // The first round begins here.
                let body = self.walk(pc + 1, *until, at.filter(|_| min > 0))?;
                (body.times(min, max), *until + 1)
            }
            Inst::Possessive { min, max, next } => {
                let body = self.walk(pc + 1, *next, at.filter(|_| *min > 0))?;
                (body.times(*min, *max), *next)
            }
            Inst::GroupRef { .. } => (Width { least: 0, most: None }, pc + 1),
            _ => return None,
        })
    }

    fn offer(&mut self, bytes: Option<&[u8]>, wide: &[u8], at: Option<Width>) {
        let Some(at) = at else { return };
        let near = at.most.is_some_and(|most| most < 256);
        let worth = wide.len().min(8) * 4 + if near { 3 } else { 0 };
        if self.best.as_ref().is_none_or(|best| best.0 < worth) {
            self.best = Some((worth, bytes.map(<[u8]>::to_vec), wide.to_vec(), at));
        }
    }
}

fn chars(lit: &Literal) -> usize {
    let (text, mut at, mut n) = (WideText(&lit.wtf8), 0, 0);
    while let Some((_, next)) = text.next(at) {
        (n, at) = (n + 1, next);
    }
    n
}
