//! The backtracker.
//!
//! Choices live on a heap stack. All state that a choice must restore is either in the choice (position, last
//! mark, last index) or on the trail: every write to a slot (mark, loop count, loop position) under a choice
//! records the old value. Loops need no context objects then: a pattern cannot re-enter a loop before leaving
//! it, so each loop owns two slots.
//!
//! I1  `frames` holds the indices of the barriers in `choices`, innermost last. A barrier stands for an
//!     assertion, atomic group or possessive repeat whose body is running; popping it means the body failed,
//!     cutting back to it means the body matched.
//! I2  Marks above `last_mark` count as unset, whatever their slot holds.
//!
//! Not here: where to begin (`search`), what may follow (`analysis`).

use memchr::{memchr, memrchr};

use crate::analysis::Next;
use crate::chars;
use crate::charset::Fold;
use crate::program::{At, Greed, Inst, One, Pc, Program};
use crate::subject::Text;

const UNSET: usize = usize::MAX;
/// Steps between two calls of the breaker.
const STEPS: usize = 1 << 15;

/// Bytes that a state for later matches may hold on to.
const KEPT: usize = 1 << 14;

/// Why a match was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop<E> {
    /// The breaker said so.
    Breaker(E),
    /// The backtracking stack outgrew the state's limit: `MemoryError`.
    Memory,
}

/// The internal form of [`Stop`].
#[derive(Debug)]
pub(crate) struct Stopped;

pub(crate) struct Limits<'b> {
    stop: &'b mut dyn FnMut() -> bool,
    left: usize,
}

impl<'b> Limits<'b> {
    pub fn new(stop: &'b mut dyn FnMut() -> bool) -> Self {
        Limits { stop, left: STEPS }
    }

    /// Counts `steps`; asks the breaker when enough have gathered.
    #[inline(always)]
    fn spend(&mut self, steps: usize, state: &State) -> Result<(), Stopped> {
        if self.left > steps {
            self.left -= steps;
            return Ok(());
        }
        self.poll(state)
    }

    #[cold]
    #[inline(never)]
    fn poll(&mut self, state: &State) -> Result<(), Stopped> {
        self.left = STEPS;
        if state.memory() > state.memory_limit || (self.stop)() { Err(Stopped) } else { Ok(()) }
    }
}

/// The changing part of a match: reuse it, and matching allocates nothing.
#[derive(Debug)]
pub struct State {
    /// Bytes the backtracking stack may take, checked every some thousand steps.
    pub memory_limit: usize,
    start: usize,
    end: usize,
    groups: usize,
    slots: Vec<usize>,
    last_mark: isize,
    last_index: u32,
    choices: Vec<Choice>,
    trail: Vec<(u32, usize)>,
    frames: Vec<u32>,
}

impl Default for State {
    fn default() -> Self {
        State {
            memory_limit: isize::MAX as usize,
            start: 0,
            end: 0,
            groups: 0,
            slots: Vec::new(),
            last_mark: -1,
            last_index: 0,
            choices: Vec::new(),
            trail: Vec::new(),
            frames: Vec::new(),
        }
    }
}

impl State {
    /// Byte offsets of group `group` (0 is the match), `None` if it did not take part.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        if group == 0 {
            return Some((self.start, self.end));
        }
        if group > self.groups {
            return None;
        }
        let close = group * 2 - 1;
        if close as isize > self.last_mark {
            return None;
        }
        let (start, end) = (*self.slots.get(close - 1)?, *self.slots.get(close)?);
        (start <= end && end != UNSET).then_some((start, end))
    }

    /// The group that closed last (`Match.lastindex`).
    pub fn lastindex(&self) -> Option<usize> {
        (self.last_index != 0).then_some(self.last_index as usize)
    }

    /// Gives back the memory of a match that needed much of it.
    pub fn shrink(&mut self) {
        if self.memory() > KEPT {
            self.choices = Vec::new();
            self.trail = Vec::new();
        }
        if self.slots.capacity() * size_of::<usize>() > KEPT {
            self.slots = Vec::new();
        }
    }

    pub(crate) fn prepare(&mut self, program: &Program) {
        self.groups = program.groups;
        // What stands in the slots is read only where something was written in this match (I2; loops begin with it).
        self.slots.resize(program.slots, UNSET);
        self.reset();
    }

    fn reset(&mut self) {
        self.choices.clear();
        self.trail.clear();
        self.frames.clear();
        self.last_mark = -1;
        self.last_index = 0;
    }

    fn memory(&self) -> usize {
        self.choices.capacity() * size_of::<Choice>() + self.trail.capacity() * size_of::<(u32, usize)>()
    }

    #[inline(always)]
    fn set(&mut self, slot: u32, value: usize) {
        let old = std::mem::replace(&mut self.slots[slot as usize], value);
        if !self.choices.is_empty() {
            self.trail.push((slot, old));
        }
    }

    #[inline(always)]
    fn choose(&mut self, what: What, pc: Pc, pos: usize, aux: usize) {
        self.choices.push(Choice {
            what,
            pc,
            pos,
            aux,
            last_mark: self.last_mark,
            last_index: self.last_index,
            trail: self.trail.len(),
        });
    }

    #[inline(always)]
    fn undo(&mut self, choice: &Choice) {
        while self.trail.len() > choice.trail {
            if let Some((slot, old)) = self.trail.pop() {
                self.slots[slot as usize] = old;
            }
        }
        self.last_mark = choice.last_mark;
        self.last_index = choice.last_index;
    }

    fn barrier(&mut self, pc: Pc, pos: usize, count: usize) {
        self.frames.push(self.choices.len() as u32);
        self.choose(What::Barrier, pc, pos, count);
    }

    #[inline(always)]
    fn mark(&mut self, mark: u32, pos: usize) {
        if mark & 1 != 0 {
            self.last_index = mark / 2 + 1;
        }
        if mark as isize > self.last_mark {
            // Mostly none or one: no call for that.
            for slot in (self.last_mark + 1) as usize..mark as usize {
                self.slots[slot] = UNSET;
            }
            self.last_mark = mark as isize;
            self.slots[mark as usize] = pos;
        } else {
            self.set(mark, pos);
        }
    }

    fn group(&self, group: u32) -> Option<(usize, usize)> {
        let open = group as usize * 2;
        if open as isize >= self.last_mark {
            return None;
        }
        let (start, end) = (self.slots[open], self.slots[open + 1]);
        (start <= end && end != UNSET).then_some((start, end))
    }
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Go on at `pc`, `pos`.
    Resume,
    /// Try the alternatives of the branch at `pc` from number `aux` on.
    Branch,
    /// The run of the greedy repeat at `pc` may end at `pos` or before, down to `aux`.
    Shorter,
    /// The run of the lazy repeat at `pc` may grow; `aux` more characters are allowed.
    Longer,
    /// One more round of the lazy loop whose `Until` is `pc`.
    Again,
    /// I1; `aux` counts the rounds of a possessive repeat.
    Barrier,
}

#[derive(Debug)]
struct Choice {
    what: What,
    pc: Pc,
    pos: usize,
    aux: usize,
    last_mark: isize,
    last_index: u32,
    trail: usize,
}

/// One program over one subject.
pub(crate) struct Run<'p, T> {
    pub program: &'p Program,
    pub text: T,
    /// The match must end at the end.
    pub full: bool,
    /// The match must not end here.
    pub not_empty_at: usize,
}

/// Where to go on.
type Go = Option<(Pc, usize)>;

impl<T: Text> Run<'_, T> {
    /// Tries a match that begins at `start`.
    pub fn attempt(&self, state: &mut State, start: usize, limits: &mut Limits<'_>) -> Result<bool, Stopped> {
        state.reset();
        let (mut pc, mut pos) = (0, start);
        loop {
            limits.spend(1, state)?;
            let go = match &self.program.insts[pc as usize] {
                Inst::One(one) => self.step(*one, pos).map(|pos| (pc + 1, pos)),
                Inst::Literal(id) => self.literal(*id, pos).map(|pos| (pc + 1, pos)),
                Inst::Mark(mark) => {
                    state.mark(*mark, pos);
                    Some((pc + 1, pos))
                }
                Inst::RepeatOne { one, min, max, greed, next } => {
                    let from = pos;
                    let go = self.repeat_one(state, pc, pos, (*one, *min, *max, *greed, *next));
                    if let Some((_, to)) = go {
                        limits.spend((to - from) >> 4, state)?;
                    }
                    go
                }
                Inst::Branch(_) => self.branch(state, pc, pos, 0),
                Inst::Jump(to) => Some((*to, pos)),
                Inst::At(at) => self.at(*at, pos).then_some((pc + 1, pos)),
                Inst::Accept => {
                    if (self.full && pos != self.text.bytes().len()) || pos == self.not_empty_at {
                        None
                    } else {
                        (state.start, state.end) = (start, pos);
                        return Ok(true);
                    }
                }
                Inst::Repeat { slot, until } => {
                    state.set(*slot, UNSET);
                    state.set(*slot + 1, UNSET);
                    Some((*until, pos))
                }
                Inst::Until { slot, min, max, lazy, body } => {
                    self.until(state, pc, pos, (*slot, *min, *max, *lazy, *body))
                }
                Inst::Assert { back, negative, next } => match self.text.rewind(pos, *back) {
                    Some(from) => {
                        state.barrier(pc, pos, 0);
                        Some((pc + 1, from))
                    }
                    None => negative.then_some((*next, pos)),
                },
                Inst::Atomic { .. } => {
                    state.barrier(pc, pos, 0);
                    Some((pc + 1, pos))
                }
                Inst::Possessive { max, next, .. } => {
                    if *max == 0 {
                        Some((*next, pos))
                    } else {
                        state.barrier(pc, pos, 0);
                        Some((pc + 1, pos))
                    }
                }
                Inst::EndSub => self.end_sub(state, pos),
                Inst::GroupRef { group, fold } => {
                    self.group_ref(state, *group, *fold, pos).map(|pos| (pc + 1, pos))
                }
                Inst::GroupExists { group, no } => {
                    Some((if state.group(*group).is_some() { pc + 1 } else { *no }, pos))
                }
                Inst::Fail => None,
            };
            match go.or_else(|| self.backtrack(state, limits)) {
                Some(next) => (pc, pos) = next,
                None => return Ok(false),
            }
        }
    }

    /// Takes the latest choice that leads on.
    #[inline]
    fn backtrack(&self, state: &mut State, limits: &mut Limits<'_>) -> Go {
        while let Some(choice) = state.choices.pop() {
            state.undo(&choice);
            let Choice { what, pc, pos, aux, .. } = choice;
            let go = match what {
                What::Resume => Some((pc, pos)),
                What::Branch => self.branch(state, pc, pos, aux),
                What::Shorter => {
                    let Inst::RepeatOne { next, .. } = &self.program.insts[pc as usize] else { continue };
                    let go = self.shorter(state, pc, aux, pos, *next);
                    if let Some((_, to)) = go {
                        limits.left = limits.left.saturating_sub((pos - to) >> 4).max(1);
                    }
                    go
                }
                What::Longer => self.longer(state, pc, pos, aux),
                What::Again => {
                    let Inst::Until { slot, max, body, .. } = &self.program.insts[pc as usize] else {
                        continue;
                    };
                    let count = state.slots[*slot as usize].wrapping_add(1);
                    let room = count < *max as usize || *max == u32::MAX;
                    if room && pos != state.slots[*slot as usize + 1] {
                        state.set(*slot, count);
                        state.set(*slot + 1, pos);
                        Some((*body, pos))
                    } else {
                        None
                    }
                }
                What::Barrier => {
                    state.frames.pop();
                    match &self.program.insts[pc as usize] {
                        Inst::Assert { negative: true, next, .. } => Some((*next, pos)),
                        Inst::Possessive { min, next, .. } if aux >= *min as usize => Some((*next, pos)),
                        _ => None,
                    }
                }
            };
            if go.is_some() {
                return go;
            }
        }
        None
    }

    /// The body of the innermost barrier matched up to `pos`.
    fn end_sub(&self, state: &mut State, pos: usize) -> Go {
        let at = state.frames.pop()? as usize;
        let (pc, from, count) = state.choices.get(at).map(|c| (c.pc, c.pos, c.aux + 1))?;
        state.choices.truncate(at);
        if at == 0 {
            // Nothing is left that could undo.
            state.trail.clear();
        }
        match &self.program.insts[pc as usize] {
            Inst::Assert { negative: false, next, .. } => Some((*next, from)),
            Inst::Atomic { next } => Some((*next, pos)),
            Inst::Possessive { min, max, next } => {
                let room = count < *max as usize || *max == u32::MAX;
                if count < *min as usize || (room && pos != from) {
                    state.barrier(pc, pos, count);
                    Some((pc + 1, pos))
                } else {
                    Some((*next, pos))
                }
            }
            _ => None,
        }
    }

    fn branch(&self, state: &mut State, pc: Pc, pos: usize, from: usize) -> Go {
        let Inst::Branch(alts) = &self.program.insts[pc as usize] else { return None };
        let byte = self.text.bytes().get(pos);
        let viable = |first: Next| match first {
            Next::Unknown => true,
            Next::Byte(b) => byte == Some(&b),
            Next::First(id) => {
                byte.is_some_and(|&b| self.text.first(&self.program.firsts[id as usize])[b as usize])
            }
        };
        let mut at = from;
        let alt = loop {
            let alt = alts.get(at)?;
            at += 1;
            if viable(alt.first) {
                break alt;
            }
        };
        while let Some(other) = alts.get(at) {
            if viable(other.first) {
                state.choose(What::Branch, pc, pos, at);
                break;
            }
            at += 1;
        }
        Some((alt.pc, pos))
    }

    fn until(
        &self,
        state: &mut State,
        pc: Pc,
        pos: usize,
        (slot, min, max, lazy, body): (u32, u32, u32, bool, Pc),
    ) -> Go {
        let count = state.slots[slot as usize].wrapping_add(1);
        if count < min as usize {
            state.set(slot, count);
            return Some((body, pos));
        }
        if lazy {
            state.choose(What::Again, pc, pos, 0);
            return Some((pc + 1, pos));
        }
        let room = count < max as usize || max == u32::MAX;
        if room && pos != state.slots[slot as usize + 1] {
            state.choose(What::Resume, pc + 1, pos, 0);
            state.set(slot, count);
            state.set(slot + 1, pos);
            return Some((body, pos));
        }
        Some((pc + 1, pos))
    }

    fn repeat_one(
        &self,
        state: &mut State,
        pc: Pc,
        pos: usize,
        (one, min, max, greed, next): (One, u32, u32, Greed, Next),
    ) -> Go {
        let least = if min == 0 { pos } else { self.exactly(one, pos, min)? };
        let more = if max == u32::MAX { u32::MAX } else { max - min };
        match greed {
            Greed::Possessive => Some((pc + 1, self.scan(one, least, more))),
            Greed::Greedy => {
                let most = self.scan(one, least, more);
                self.shorter(state, pc, least, most, next)
            }
            Greed::Lazy => self.grow(state, pc, least, more, one, next),
        }
    }

    /// Ends the greedy run of `pc` at the last place in `least..=most` where what follows may begin.
    #[inline]
    fn shorter(&self, state: &mut State, pc: Pc, least: usize, most: usize, next: Next) -> Go {
        let bytes = self.text.bytes();
        let mut pos = most;
        match next {
            Next::Unknown => {}
            Next::Byte(b) => {
                let upto = (most + 1).min(bytes.len());
                pos = least + memrchr(b, bytes.get(least..upto)?)?;
            }
            Next::First(id) => {
                let table = self.text.first(&self.program.firsts[id as usize]);
                while !bytes.get(pos).is_some_and(|&b| table[b as usize]) {
                    if pos <= least {
                        return None;
                    }
                    pos = self.text.back(pos);
                }
            }
        }
        if pos > least {
            state.choose(What::Shorter, pc, self.text.back(pos), least);
        }
        Some((pc + 1, pos))
    }

    fn longer(&self, state: &mut State, pc: Pc, pos: usize, more: usize) -> Go {
        let Inst::RepeatOne { one, next, .. } = &self.program.insts[pc as usize] else { return None };
        let pos = self.step(*one, pos)?;
        let more = if more == u32::MAX as usize { u32::MAX } else { more as u32 - 1 };
        self.grow(state, pc, pos, more, *one, *next)
    }

    /// Ends the lazy run of `pc` at the first place from `pos` on where what follows may begin.
    fn grow(&self, state: &mut State, pc: Pc, mut pos: usize, mut more: u32, one: One, next: Next) -> Go {
        let bytes = self.text.bytes();
        let table = match next {
            Next::First(id) => Some(self.text.first(&self.program.firsts[id as usize])),
            _ => None,
        };
        loop {
            let may = match next {
                Next::Unknown => true,
                Next::Byte(b) => bytes.get(pos) == Some(&b),
                Next::First(_) => bytes.get(pos).is_some_and(|&b| table.is_some_and(|t| t[b as usize])),
            };
            if may {
                if more > 0 {
                    state.choose(What::Longer, pc, pos, more as usize);
                }
                return Some((pc + 1, pos));
            }
            if more == 0 {
                return None;
            }
            if more != u32::MAX {
                more -= 1;
            }
            pos = self.step(one, pos)?;
        }
    }

    #[inline(always)]
    fn step(&self, one: One, pos: usize) -> Option<usize> {
        match one {
            One::Char(c) => self.text.next(pos).and_then(|(ch, after)| (ch == c).then_some(after)),
            One::Set(id) => self.text.step_set(&self.program.sets[id as usize], pos),
            One::Any => self.text.step_any(pos).filter(|_| self.text.bytes()[pos] != b'\n'),
            One::AnyAll => self.text.step_any(pos),
            One::NotChar(c) => self.text.next(pos).and_then(|(ch, after)| (ch != c).then_some(after)),
        }
    }

    /// The position after `n` characters that pass.
    fn exactly(&self, one: One, mut pos: usize, n: u32) -> Option<usize> {
        if self.text.bytes().len() - pos < n as usize {
            return None;
        }
        for _ in 0..n {
            pos = self.step(one, pos)?;
        }
        Some(pos)
    }

    /// The position after as many characters as pass, at most `max`.
    fn scan(&self, one: One, mut pos: usize, mut max: u32) -> usize {
        let bytes = self.text.bytes();
        let len = bytes.len();
        // A limit that cannot be met is none.
        if max as usize >= len - pos {
            max = u32::MAX;
        }
        if max == u32::MAX {
            return match one {
                One::AnyAll => len,
                One::Any => memchr(b'\n', &bytes[pos..]).map_or(len, |i| pos + i),
                One::NotChar(c) if c < 0x80 => memchr(c as u8, &bytes[pos..]).map_or(len, |i| pos + i),
                One::Set(id) => {
                    let set = &self.program.sets[id as usize];
                    if T::SINGLE {
                        bytes[pos..].iter().position(|&b| !set.table[b as usize]).map_or(len, |i| pos + i)
                    } else {
                        while let Some(after) = self.text.step_set(set, pos) {
                            pos = after;
                        }
                        pos
                    }
                }
                _ => {
                    while let Some(after) = self.step(one, pos) {
                        pos = after;
                    }
                    pos
                }
            };
        }
        for _ in 0..max {
            match self.step(one, pos) {
                Some(after) => pos = after,
                None => break,
            }
        }
        pos
    }

    #[inline]
    fn literal(&self, id: u32, pos: usize) -> Option<usize> {
        let literal = self.text.literal(&self.program.literals[id as usize])?;
        let found = self.text.bytes().get(pos..)?.get(..literal.len())?;
        same(found, literal).then_some(pos + literal.len())
    }

    fn group_ref(&self, state: &State, group: u32, fold: Fold, pos: usize) -> Option<usize> {
        let (start, end) = state.group(group)?;
        if fold == Fold::None {
            let bytes = self.text.bytes();
            let wanted = bytes.get(start..end)?;
            return bytes.get(pos..)?.starts_with(wanted).then_some(pos + wanted.len());
        }
        let (mut at, mut pos) = (start, pos);
        while at < end {
            let (wanted, next) = self.text.next(at)?;
            let (ch, after) = self.text.next(pos)?;
            if fold.apply(wanted) != fold.apply(ch) {
                return None;
            }
            (at, pos) = (next, after);
        }
        Some(pos)
    }

    fn at(&self, at: At, pos: usize) -> bool {
        let bytes = self.text.bytes();
        let newline = |i: usize| bytes.get(i) == Some(&b'\n');
        match at {
            At::Beginning => pos == 0,
            At::BeginningLine => pos == 0 || newline(pos - 1),
            At::End => pos == bytes.len() || (pos + 1 == bytes.len() && newline(pos)),
            At::EndLine => pos == bytes.len() || newline(pos),
            At::EndString => pos == bytes.len(),
            At::Boundary { unicode, negated } => {
                let is_word = if unicode { chars::unicode_is_word } else { chars::ascii_is_word };
                let before = self.text.prev(pos).is_some_and(|(ch, _)| is_word(ch));
                let after = self.text.next(pos).is_some_and(|(ch, _)| is_word(ch));
                (before != after) != negated
            }
        }
    }
}

/// Whether two runs of the same length are the same: most differ at once or are short, which is not worth a call.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() > 16 {
        return a.first() == b.first() && a == b;
    }
    a.iter().zip(b).all(|(a, b)| a == b)
}
