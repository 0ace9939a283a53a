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
use crate::program::{Alt, At, Greed, Inst, One, Pc, Program};
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
    pub fn spend(&mut self, steps: usize, state: &State) -> Result<(), Stopped> {
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

    /// A match without groups.
    pub(crate) fn set_match(&mut self, start: usize, end: usize) {
        (self.start, self.end) = (start, end);
        self.reset();
    }

    pub(crate) fn prepare(&mut self, program: &Program) {
        self.groups = program.groups;
        // What stands in the slots is read only where something was written in this match (I2; loops begin with it).
        if self.slots.len() != program.slots {
            self.slots.resize(program.slots, UNSET);
        }
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

/// No position, no place: what single steps answer for "this does not lead on", in one register.
const NO: usize = usize::MAX;

impl<T: Text> Run<'_, T> {
    /// Tries a match that begins at `start`.
    ///
    /// Steps that only go forward are not counted: a program is finite, so what takes long comes by `until` or back.
    pub fn attempt(&self, state: &mut State, start: usize, limits: &mut Limits<'_>) -> Result<bool, Stopped> {
        state.reset();
        limits.spend(1, state)?;
        let insts = &*self.program.insts;
        let (mut pc, mut pos) = (0, start);
        loop {
            // Mostly another position, and what follows.
            let went = match &insts[pc as usize] {
                Inst::Byte(b) => {
                    if self.text.bytes().get(pos) == Some(b) {
                        pos + 1
                    } else {
                        NO
                    }
                }
                Inst::Set(id) => self.text.step_set(&self.program.sets[*id as usize], pos).unwrap_or(NO),
                Inst::One(one) => self.step(*one, pos).unwrap_or(NO),
                Inst::Literal(id) => self.literal(*id, pos),
                Inst::Mark(mark) => {
                    state.mark(*mark, pos);
                    pos
                }
                Inst::RepeatOne { .. } => self.repeat_one(state, limits, pc, pos),
                Inst::Jump(to) => {
                    pc = *to;
                    continue;
                }
                Inst::At(at) => {
                    if self.at(*at, pos) {
                        pos
                    } else {
                        NO
                    }
                }
                Inst::Branch(alts) => {
                    let to = self.branch(state, alts, pc, pos, 0);
                    if to != Pc::MAX {
                        pc = to;
                        continue;
                    }
                    NO
                }
                Inst::Until { .. } => {
                    limits.spend(1, state)?;
                    pc = self.until(state, pc, pos);
                    continue;
                }
                Inst::Repeat { slot, until } => {
                    state.set(*slot, UNSET);
                    state.set(*slot + 1, UNSET);
                    pc = *until;
                    continue;
                }
                Inst::Accept => {
                    if (self.full && pos != self.text.bytes().len()) || pos == self.not_empty_at {
                        NO
                    } else {
                        (state.start, state.end) = (start, pos);
                        return Ok(true);
                    }
                }
                _ => {
                    if let Some(next) = self.rare(state, limits, pc, pos)? {
                        (pc, pos) = next;
                        continue;
                    }
                    NO
                }
            };
            if went != NO {
                (pc, pos) = (pc + 1, went);
                continue;
            }
            match self.backtrack(state, limits)? {
                Some(next) => (pc, pos) = next,
                None => return Ok(false),
            }
        }
    }

    /// The instructions that few patterns have.
    #[inline(never)]
    fn rare(&self, state: &mut State, limits: &mut Limits<'_>, pc: Pc, pos: usize) -> Result<Go, Stopped> {
        limits.spend(1, state)?;
        Ok(match &self.program.insts[pc as usize] {
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
            _ => None,
        })
    }

    /// Takes the latest choice that leads on.
    #[inline(never)]
    fn backtrack(&self, state: &mut State, limits: &mut Limits<'_>) -> Result<Go, Stopped> {
        while let Some(choice) = state.choices.pop() {
            limits.spend(1, state)?;
            state.undo(&choice);
            let Choice { what, pc, pos, aux, .. } = choice;
            let go = match what {
                What::Resume => Some((pc, pos)),
                What::Branch => {
                    let Inst::Branch(alts) = &self.program.insts[pc as usize] else { continue };
                    let to = self.branch(state, alts, pc, pos, aux);
                    (to != Pc::MAX).then_some((to, pos))
                }
                What::Shorter => {
                    let Inst::RepeatOne { next, .. } = &self.program.insts[pc as usize] else { continue };
                    let to = self.shorter(state, pc, aux, pos, *next);
                    if to == NO {
                        limits.spend((pos - aux) >> 4, state)?;
                        continue;
                    }
                    limits.spend((pos - to) >> 4, state)?;
                    Some((pc + 1, to))
                }
                What::Longer => {
                    let to = self.longer(state, pc, pos, aux);
                    let far = if to == NO { self.text.bytes().len() } else { to };
                    limits.spend((far - pos) >> 4, state)?;
                    (to != NO).then_some((pc + 1, to))
                }
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
                return Ok(go);
            }
        }
        Ok(None)
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

    /// Whether something that begins with `next` may begin at `pos`.
    #[inline(always)]
    fn may(&self, next: Next, pos: usize) -> bool {
        let byte = self.text.bytes().get(pos);
        match next {
            Next::Unknown => true,
            Next::Byte(b) => byte == Some(&b),
            Next::First(id) => {
                let first = &self.program.firsts[id as usize];
                byte.map_or(first.end, |&b| self.text.first(first)[b as usize])
            }
            Next::Zero => pos == 0,
        }
    }

    /// The first alternative from number `from` on that may match, `Pc::MAX` if there is none.
    #[inline]
    fn branch(&self, state: &mut State, alts: &[Alt], pc: Pc, pos: usize, from: usize) -> Pc {
        let mut at = from;
        let to = loop {
            let Some(alt) = alts.get(at) else { return Pc::MAX };
            at += 1;
            if self.may(alt.first, pos) {
                break alt.pc;
            }
        };
        while let Some(other) = alts.get(at) {
            if self.may(other.first, pos) {
                state.choose(What::Branch, pc, pos, at);
                break;
            }
            at += 1;
        }
        to
    }

    /// The end of a loop's body: another round, or on.
    #[inline(never)]
    fn until(&self, state: &mut State, pc: Pc, pos: usize) -> Pc {
        let Inst::Until { slot, min, max, lazy, body } = self.program.insts[pc as usize] else {
            return pc + 1;
        };
        let count = state.slots[slot as usize].wrapping_add(1);
        if count < min as usize {
            state.set(slot, count);
            return body;
        }
        if lazy {
            state.choose(What::Again, pc, pos, 0);
            return pc + 1;
        }
        let room = count < max as usize || max == u32::MAX;
        if room && pos != state.slots[slot as usize + 1] {
            state.choose(What::Resume, pc + 1, pos, 0);
            state.set(slot, count);
            state.set(slot + 1, pos);
            return body;
        }
        pc + 1
    }

    /// Where the run ends, `NO` if it cannot be.
    #[inline(never)]
    fn repeat_one(&self, state: &mut State, limits: &mut Limits<'_>, pc: Pc, pos: usize) -> usize {
        let Inst::RepeatOne { one, min, max, greed, next } = self.program.insts[pc as usize] else {
            return NO;
        };
        let least = if min == 0 { Some(pos) } else { self.exactly(one, pos, min) };
        let Some(least) = least else { return NO };
        let more = if max == u32::MAX { u32::MAX } else { max - min };
        let (far, to) = match greed {
            Greed::Possessive => {
                let most = self.scan(one, least, more);
                (most, most)
            }
            Greed::Greedy => {
                let most = self.scan(one, least, more);
                (most, self.shorter(state, pc, least, most, next))
            }
            Greed::Lazy => {
                let to = self.grow(state, pc, least, more, one, next);
                (if to == NO { self.text.bytes().len() } else { to }, to)
            }
        };
        // Kept for the next step that asks.
        limits.left = limits.left.saturating_sub((far - pos) >> 4);
        to
    }

    /// Ends the greedy run of `pc` at the last place in `least..=most` where what follows may begin.
    #[inline]
    fn shorter(&self, state: &mut State, pc: Pc, least: usize, most: usize, next: Next) -> usize {
        let bytes = self.text.bytes();
        let mut pos = most;
        match next {
            Next::Unknown | Next::Zero => {}
            Next::Byte(b) => {
                let upto = (most + 1).min(bytes.len());
                match bytes.get(least..upto).and_then(|run| memrchr(b, run)) {
                    Some(i) => pos = least + i,
                    None => return NO,
                }
            }
            Next::First(id) => {
                let first = &self.program.firsts[id as usize];
                let table = self.text.first(first);
                while !bytes.get(pos).map_or(first.end, |&b| table[b as usize]) {
                    if pos <= least {
                        return NO;
                    }
                    pos = self.text.back(pos);
                }
            }
        }
        if pos > least {
            state.choose(What::Shorter, pc, self.text.back(pos), least);
        }
        pos
    }

    #[inline(never)]
    fn longer(&self, state: &mut State, pc: Pc, pos: usize, more: usize) -> usize {
        let Inst::RepeatOne { one, next, .. } = &self.program.insts[pc as usize] else { return NO };
        let Some(pos) = self.step(*one, pos) else { return NO };
        let more = if more == u32::MAX as usize { u32::MAX } else { more as u32 - 1 };
        self.grow(state, pc, pos, more, *one, *next)
    }

    /// Ends the lazy run of `pc` at the first place from `pos` on where what follows may begin.
    #[inline]
    fn grow(&self, state: &mut State, pc: Pc, mut pos: usize, mut more: u32, one: One, next: Next) -> usize {
        while !self.may(next, pos) {
            if more == 0 {
                return NO;
            }
            if more != u32::MAX {
                more -= 1;
            }
            match self.step(one, pos) {
                Some(after) => pos = after,
                None => return NO,
            }
        }
        if more > 0 {
            state.choose(What::Longer, pc, pos, more as usize);
        }
        pos
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

    #[inline(always)]
    fn literal(&self, id: u32, pos: usize) -> usize {
        let Some(literal) = self.text.literal(&self.program.literals[id as usize]) else { return NO };
        let found = self.text.bytes().get(pos..).and_then(|rest| rest.get(..literal.len()));
        if found.is_some_and(|found| same(found, literal)) { pos + literal.len() } else { NO }
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
