//! What a program tells about itself: what a match may begin with, how short it can be.
//!
//! All answers are conservative: a first set may name too much, never too little, so whoever skips by it skips
//! only what cannot match.

use std::sync::OnceLock;

use crate::hints::{self, Inner, Needle, Needles};
use crate::program::{At, Greed, Inst, Literal, One, Pc, Program};

/// The bytes something may begin with, per kind of subject.
#[derive(Clone, Debug)]
pub(crate) struct FirstSet {
    pub bytes: [bool; 256],
    /// All bytes above 0x7f stand together here: a lead byte says little.
    pub wtf8: [bool; 256],
    /// It may be empty at the end of the subject.
    pub end: bool,
}

/// What must come right after a repeated character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Next {
    Unknown,
    /// An ASCII character.
    Byte(u8),
    First(u32),
    /// It can only be at the beginning of the subject.
    Zero,
}

/// How search finds candidates.
#[derive(Debug, Default)]
pub(crate) struct Prefilter {
    /// A match can only begin at the subject's beginning.
    pub anchored: bool,
    /// The beginning and the end are candidates, whatever `bytes` and `wtf8` say.
    pub zero: bool,
    pub end: bool,
    pub bytes: Scan,
    pub wtf8: Scan,
    /// What `bytes` and `wtf8` find as `Find` is the match itself.
    pub whole: bool,
    /// In long subjects: what a match begins with, where that is some strings,
    pub many_bytes: OnceLock<Option<Needles>>,
    pub many_wtf8: OnceLock<Option<Needles>>,
    /// and what it has inside. All three are found out when such a subject comes.
    pub inner: OnceLock<Option<Inner>>,
}

impl Program {
    /// The strings that a match begins with, where that is better than `Prefilter::bytes` and `wtf8`.
    pub(crate) fn many(&self, wide: bool) -> Option<&Needles> {
        let filter = &self.prefilter;
        if filter.zero
            || filter.end
            || matches!(if wide { &filter.wtf8 } else { &filter.bytes }, Scan::Find(_))
        {
            return None;
        }
        let place = if wide { &filter.many_wtf8 } else { &filter.many_bytes };
        place.get_or_init(|| hints::prefixes(self, wide)).as_ref()
    }

    /// The literal inside a match, where first characters say little.
    pub(crate) fn inner(&self, wide: bool) -> Option<&Inner> {
        let filter = &self.prefilter;
        if !matches!(if wide { &filter.wtf8 } else { &filter.bytes }, Scan::All | Scan::Table(_)) {
            return None;
        }
        filter.inner.get_or_init(|| hints::inner(self)).as_ref()
    }
}

#[derive(Debug, Default)]
pub(crate) enum Scan {
    /// Every position is a candidate.
    #[default]
    All,
    /// No position is.
    Nothing,
    Byte(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Table(Box<[bool; 256]>),
    Find(Needle),
}

/// Fills in what `translate` left open.
pub(crate) fn finish(program: &mut Program) {
    let mut firsts = Vec::new();
    let mut insts = std::mem::take(&mut program.insts);
    for pc in 0..insts.len() {
        let after = pc as Pc + 1;
        match &insts[pc] {
            Inst::RepeatOne { one, min, max, greed, .. } => {
                let (one, min, max, mut greed) = (*one, *min, *max, *greed);
                let next = match first_of(program, &insts, after) {
                    None => Next::Unknown,
                    Some(set) => {
                        if greed == Greed::Greedy && disjoint(program, one, &set) {
                            // No shorter run can be followed by what must follow.
                            greed = Greed::Possessive;
                        }
                        intern(set, &mut firsts)
                    }
                };
                insts[pc] = Inst::RepeatOne { one, min, max, greed, next };
            }
            Inst::Branch(alts) => {
                let mut alts = alts.clone();
                for alt in &mut alts {
                    if let Some(set) = first_of(program, &insts, alt.pc) {
                        alt.first = intern(set, &mut firsts);
                    }
                }
                insts[pc] = Inst::Branch(alts);
            }
            _ => {}
        }
    }
    program.min_width = min_width(program, &insts);
    program.prefilter = prefilter(program, &insts);
    for inst in &mut insts {
        *inst = match inst {
            Inst::One(One::Char(c @ 0..0x80)) => Inst::Byte(*c as u8),
            Inst::One(One::Set(id)) => Inst::Set(*id),
            _ => continue,
        };
    }
    program.insts = insts;
    program.firsts = firsts.into_boxed_slice();
}

fn intern(set: First, firsts: &mut Vec<FirstSet>) -> Next {
    if set.zero {
        return if set.is_empty() { Next::Zero } else { Next::Unknown };
    }
    if !set.beyond && !set.end {
        let mut members = (0..128u8).filter(|&b| set.low[b as usize]);
        if let (Some(b), None) = (members.next(), members.next()) {
            return Next::Byte(b);
        }
    }
    firsts.push(set.finish());
    Next::First(firsts.len() as u32 - 1)
}

/// A first set in the making, over characters.
#[derive(Clone)]
struct First {
    low: [bool; 256],
    /// Some character above 0x7f may begin it.
    beyond: bool,
    /// It may be empty at the end of the subject,
    end: bool,
    /// and is what the other fields do not say at its beginning only.
    zero: bool,
}

impl First {
    fn new() -> Self {
        First { low: [false; 256], beyond: false, end: false, zero: false }
    }

    /// Whether no character is in it, nor the end.
    fn is_empty(&self) -> bool {
        !self.beyond && !self.end && !self.low.contains(&true)
    }

    fn add(&mut self, program: &Program, one: One) {
        match one {
            One::AnyAll => (self.low, self.beyond) = ([true; 256], true),
            One::Any => self.add_all_but(10),
            One::NotChar(c) => self.add_all_but(c),
            One::Char(c) => {
                self.beyond |= c >= 0x80;
                if let Some(slot) = self.low.get_mut(c as usize) {
                    *slot = true;
                }
            }
            One::Set(id) => {
                if let Some(set) = program.sets.get(id as usize) {
                    self.low.iter_mut().zip(set.table.iter()).for_each(|(a, b)| *a |= b);
                    self.beyond |= set.beyond_ascii();
                }
            }
        }
    }

    fn add_all_but(&mut self, c: u32) {
        for (i, slot) in self.low.iter_mut().enumerate() {
            *slot |= i as u32 != c;
        }
        self.beyond = true;
    }

    fn finish(self) -> FirstSet {
        let mut wtf8 = self.low;
        wtf8[0x80..].fill(self.beyond);
        FirstSet { bytes: self.low, wtf8, end: self.end }
    }
}

fn disjoint(program: &Program, one: One, next: &First) -> bool {
    let mut set = First::new();
    set.add(program, one);
    if next.zero {
        return false;
    }
    let both = set.beyond && next.beyond || set.low.iter().zip(&next.low).any(|(a, b)| *a && *b);
    !both
}

/// What a match of the instructions from `pc` on must begin with; `None` if it may be empty or is not known.
fn first_of(program: &Program, insts: &[Inst], pc: Pc) -> Option<First> {
    let mut set = First::new();
    let mut fuel = 200;
    gather(program, insts, pc, &mut set, &mut fuel, 0).then_some(set)
}

fn gather(
    program: &Program,
    insts: &[Inst],
    mut pc: Pc,
    set: &mut First,
    fuel: &mut u32,
    depth: u32,
) -> bool {
    if depth > 12 {
        return false;
    }
    loop {
        if *fuel == 0 {
            return false;
        }
        *fuel -= 1;
        let Some(inst) = insts.get(pc as usize) else { return false };
        let mut sub = |pc, set: &mut First| gather(program, insts, pc, set, fuel, depth + 1);
        pc = match inst {
            Inst::Fail => return true,
            Inst::Accept | Inst::EndSub | Inst::GroupRef { .. } => return false,
            Inst::One(one) => {
                set.add(program, *one);
                return true;
            }
            Inst::Literal(id) => {
                let ch = program.literals.get(*id as usize).and_then(first_char);
                let Some(ch) = ch else { return false };
                set.add(program, One::Char(ch));
                return true;
            }
            Inst::Byte(b) => {
                set.add(program, One::Char(u32::from(*b)));
                return true;
            }
            Inst::Set(id) => {
                set.add(program, One::Set(*id));
                return true;
            }
            Inst::At(At::Beginning) => {
                set.zero = true;
                return true;
            }
            Inst::At(At::End | At::EndLine) => {
                set.low[10] = true;
                set.end = true;
                return true;
            }
            Inst::At(At::EndString) => {
                set.end = true;
                return true;
            }
            Inst::At(_) | Inst::Mark(_) => pc + 1,
            Inst::Jump(to) => *to,
            Inst::Assert { next, .. } => *next,
            Inst::Branch(alts) => return alts.iter().all(|alt| sub(alt.pc, set)),
            Inst::RepeatOne { one, min, max, .. } => {
                if *max > 0 {
                    set.add(program, *one);
                }
                if *min > 0 {
                    return true;
                }
                pc + 1
            }
            Inst::Repeat { until, .. } => {
                let Some(Inst::Until { min, body, .. }) = insts.get(*until as usize) else { return false };
                if !sub(*body, set) {
                    return false;
                }
                if *min > 0 {
                    return true;
                }
                *until + 1
            }
            // The end of a loop's body: another round or what comes after.
            Inst::Until { body, .. } => {
                if !sub(*body, set) {
                    return false;
                }
                pc + 1
            }
            Inst::Atomic { .. } => pc + 1,
            Inst::Possessive { min, next, .. } => {
                if !sub(pc + 1, set) {
                    return false;
                }
                if *min > 0 {
                    return true;
                }
                *next
            }
            Inst::GroupExists { no, .. } => {
                if !sub(*no, set) {
                    return false;
                }
                pc + 1
            }
        };
    }
}

pub(crate) fn first_char(literal: &Literal) -> Option<u32> {
    use crate::subject::{Text, WideText};
    WideText(&literal.wtf8).next(0).map(|(ch, _)| ch)
}

/// A lower bound on a match's characters: what the straight line from the start demands.
fn min_width(program: &Program, insts: &[Inst]) -> usize {
    use crate::subject::{Text, WideText};
    let (mut pc, mut width, mut fuel) = (0, 0usize, 10_000);
    while let Some(inst) = insts.get(pc as usize) {
        fuel -= 1;
        if fuel == 0 {
            break;
        }
        pc = match inst {
            Inst::One(_) => {
                width += 1;
                pc + 1
            }
            Inst::Literal(id) => {
                if let Some(lit) = program.literals.get(*id as usize) {
                    let (text, mut at) = (WideText(&lit.wtf8), 0);
                    while let Some((_, next)) = text.next(at) {
                        (width, at) = (width + 1, next);
                    }
                }
                pc + 1
            }
            Inst::RepeatOne { min, .. } => {
                width = width.saturating_add(*min as usize);
                pc + 1
            }
            Inst::Mark(_) | Inst::At(_) => pc + 1,
            Inst::Jump(to) => *to,
            Inst::Assert { next, .. } => *next,
            Inst::Repeat { until, .. } => *until + 1,
            Inst::Possessive { next, .. } => *next,
            _ => break,
        };
    }
    width
}

fn prefilter(program: &Program, insts: &[Inst]) -> Prefilter {
    let mut made = Prefilter::default();
    if let Some((bytes, wtf8)) = hints::only_prefix(program, insts) {
        // The literal is all there is: nothing stands between it and the end.
        made.whole = matches!(insts, [Inst::Literal(_), Inst::Accept]);
        made.bytes = bytes.map_or(Scan::Nothing, Scan::Find);
        made.wtf8 = wtf8.map_or(Scan::Nothing, Scan::Find);
        return made;
    }
    if let Some(set) = first_of(program, insts, 0) {
        if set.zero && set.is_empty() {
            made.anchored = true;
            return made;
        }
        (made.zero, made.end) = (set.zero, set.end);
        let set = set.finish();
        (made.bytes, made.wtf8) = (scan(&set.bytes), scan(&set.wtf8));
    }
    made
}

fn scan(table: &[bool; 256]) -> Scan {
    let mut members = (0..=255u8).filter(|&b| table[b as usize]);
    match (members.next(), members.next(), members.next(), members.next()) {
        (None, ..) => Scan::Nothing,
        (Some(a), None, ..) => Scan::Byte(a),
        (Some(a), Some(b), None, _) => Scan::Two(a, b),
        (Some(a), Some(b), Some(c), None) => Scan::Three(a, b, c),
        _ if table.iter().all(|&yes| yes) => Scan::All,
        _ => Scan::Table(Box::new(*table)),
    }
}
