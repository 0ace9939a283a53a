//! From the opcode array to a validated [`Program`].
//!
//! The array is read by structure: a body is parsed between the bounds its skip word states, so a skip that
//! leads elsewhere, a missing terminator or an unknown code is an error and never a jump. `INFO` is checked for
//! its extent and otherwise ignored: what search wants to know is derived from the instructions, which cannot
//! contradict it.

use crate::analysis::{Next, Prefilter};
use crate::chars::Category;
use crate::charset::{CharSet, Fold, Item};
use crate::opcode as op;
use crate::program::{Alt, At, CodeError, Greed, Inst, Literal, One, Pc, Program, SetId};
use crate::subject;

/// Deepest nesting of bodies; `re._parser` recurses too and stops far below.
const MAX_DEPTH: u32 = 1200;

type Done<T = ()> = Result<T, CodeError>;

pub(crate) fn translate(code: &[u32], groups: usize) -> Done<Program> {
    if groups > op::MAXGROUPS as usize || code.len() > i32::MAX as usize {
        return Err(CodeError);
    }
    let Some((&op::SUCCESS, _)) = code.split_last() else { return Err(CodeError) };
    let mut t = Translator { code, groups, ..Default::default() };
    t.block(0, code.len() - 1, 0)?;
    t.push(Inst::Accept);
    Ok(Program {
        insts: t.insts.into_boxed_slice(),
        sets: t.sets.into_boxed_slice(),
        literals: t.literals.into_boxed_slice(),
        firsts: Box::default(),
        groups,
        slots: groups * 2 + t.loops * 2,
        min_width: 0,
        prefilter: Prefilter::default(),
    })
}

#[derive(Default)]
struct Translator<'c> {
    code: &'c [u32],
    groups: usize,
    insts: Vec<Inst>,
    sets: Vec<CharSet>,
    literals: Vec<Literal>,
    /// Characters of a literal run not yet emitted.
    run: Vec<u32>,
    loops: usize,
}

impl Translator<'_> {
    fn push(&mut self, inst: Inst) -> usize {
        self.flush();
        self.insts.push(inst);
        self.insts.len() - 1
    }

    fn here(&mut self) -> Pc {
        self.flush();
        self.insts.len() as Pc
    }

    fn flush(&mut self) {
        match self.run.as_slice() {
            [] => return,
            [ch] => self.insts.push(Inst::One(One::Char(*ch))),
            run => {
                let mut wtf8 = Vec::new();
                run.iter().for_each(|&ch| subject::encode(ch, &mut wtf8));
                let bytes = run.iter().map(|&ch| u8::try_from(ch).ok()).collect::<Option<Vec<u8>>>();
                self.literals
                    .push(Literal { wtf8: wtf8.into_boxed_slice(), bytes: bytes.map(Vec::into_boxed_slice) });
                self.insts.push(Inst::Literal(self.literals.len() as u32 - 1));
            }
        }
        self.run.clear();
    }

    fn set(&mut self, set: CharSet) -> SetId {
        let known = self.sets.iter().rev().take(16).position(|s| *s == set);
        match known {
            Some(back) => (self.sets.len() - 1 - back) as SetId,
            None => {
                self.sets.push(set);
                self.sets.len() as SetId - 1
            }
        }
    }

    /// The word at `at`, which must lie before `end`.
    fn word(&self, at: usize, end: usize) -> Done<u32> {
        if at < end { self.code.get(at).copied().ok_or(CodeError) } else { Err(CodeError) }
    }

    /// Where the skip word at `at` leads: inside the block.
    fn target(&self, at: usize, end: usize) -> Done<usize> {
        let skip = self.word(at, end)? as usize;
        let to = at.checked_add(skip).ok_or(CodeError)?;
        if skip >= 1 && to <= end { Ok(to) } else { Err(CodeError) }
    }

    fn group(&self, at: usize, end: usize) -> Done<u32> {
        let group = self.word(at, end)?;
        if (group as usize) < self.groups { Ok(group) } else { Err(CodeError) }
    }

    /// Translates the instructions in `pc..end`, all of them.
    fn block(&mut self, mut pc: usize, end: usize, depth: u32) -> Done {
        if depth > MAX_DEPTH {
            return Err(CodeError);
        }
        while pc < end {
            let code = self.code[pc];
            if code == op::LITERAL {
                let ch = self.word(pc + 1, end)?;
                self.run.push(ch);
                pc += 2;
                continue;
            }
            if let Some((one, next)) = self.one(pc, end)? {
                self.push(Inst::One(one));
                pc = next;
                continue;
            }
            let arg = pc + 1;
            pc = match code {
                op::FAILURE => {
                    self.push(Inst::Fail);
                    arg
                }
                op::MARK => {
                    let mark = self.word(arg, end)?;
                    if mark as usize >= self.groups * 2 {
                        return Err(CodeError);
                    }
                    self.push(Inst::Mark(mark));
                    arg + 1
                }
                op::AT => {
                    let at = at_code(self.word(arg, end)?)?;
                    self.push(Inst::At(at));
                    arg + 1
                }
                op::INFO => self.target(arg, end)?,
                op::BRANCH => self.branch(arg, end, depth)?,
                op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                    self.repeat_one(code, arg, end)?
                }
                op::REPEAT => self.repeat(arg, end, depth)?,
                op::POSSESSIVE_REPEAT => self.possessive(arg, end, depth)?,
                op::ATOMIC_GROUP => {
                    let inst = self.push(Inst::Atomic { next: 0 });
                    let next = self.target(arg, end)?;
                    self.body(arg + 1, next, depth)?;
                    let to = self.here();
                    self.insts[inst] = Inst::Atomic { next: to };
                    next
                }
                op::ASSERT | op::ASSERT_NOT => {
                    let inst = self.push(Inst::Fail);
                    let next = self.target(arg, end)?;
                    let back = self.word(arg + 1, end)?;
                    if back > i32::MAX as u32 {
                        return Err(CodeError);
                    }
                    self.body(arg + 2, next, depth)?;
                    let to = self.here();
                    self.insts[inst] = Inst::Assert { back, negative: code == op::ASSERT_NOT, next: to };
                    next
                }
                op::GROUPREF | op::GROUPREF_IGNORE | op::GROUPREF_LOC_IGNORE | op::GROUPREF_UNI_IGNORE => {
                    let group = self.group(arg, end)?;
                    let fold = match code {
                        op::GROUPREF => Fold::None,
                        op::GROUPREF_UNI_IGNORE => Fold::Unicode,
                        _ => Fold::Ascii,
                    };
                    self.push(Inst::GroupRef { group, fold });
                    arg + 1
                }
                op::GROUPREF_EXISTS => self.conditional(arg, end, depth)?,
                _ => return Err(CodeError),
            };
        }
        self.flush();
        Ok(())
    }

    /// A body that ends in `SUCCESS` right before `next`.
    fn body(&mut self, start: usize, next: usize, depth: u32) -> Done {
        let last = next.checked_sub(1).ok_or(CodeError)?;
        if start > last || self.code[last] != op::SUCCESS {
            return Err(CodeError);
        }
        self.block(start, last, depth + 1)?;
        self.push(Inst::EndSub);
        Ok(())
    }

    fn branch(&mut self, mut at: usize, end: usize, depth: u32) -> Done<usize> {
        let inst = self.push(Inst::Fail);
        let (mut alts, mut jumps) = (Vec::new(), Vec::new());
        let mut after = None;
        loop {
            if self.word(at, end)? == 0 {
                at += 1;
                break;
            }
            let next = self.target(at, end)?;
            let jump = next.checked_sub(2).filter(|&j| j > at).ok_or(CodeError)?;
            if self.code[jump] != op::JUMP {
                return Err(CodeError);
            }
            let to = self.target(jump + 1, end)?;
            if *after.get_or_insert(to) != to {
                return Err(CodeError);
            }
            alts.push(Alt { pc: self.here(), first: Next::Unknown });
            self.block(at + 1, jump, depth + 1)?;
            jumps.push(self.push(Inst::Jump(0)));
            at = next;
        }
        if after.is_some_and(|to| to != at) {
            return Err(CodeError);
        }
        let here = self.here();
        for jump in jumps {
            self.insts[jump] = Inst::Jump(here);
        }
        self.insts[inst] = Inst::Branch(alts.into_boxed_slice());
        Ok(at)
    }

    fn bounds(&self, at: usize, end: usize) -> Done<(u32, u32)> {
        let (min, max) = (self.word(at, end)?, self.word(at + 1, end)?);
        if min > max { Err(CodeError) } else { Ok((min, max)) }
    }

    fn repeat_one(&mut self, code: u32, arg: usize, end: usize) -> Done<usize> {
        let next = self.target(arg, end)?;
        let (min, max) = self.bounds(arg + 1, end)?;
        let (one, after) = self.one(arg + 3, next)?.ok_or(CodeError)?;
        if after + 1 != next || self.code[after] != op::SUCCESS {
            return Err(CodeError);
        }
        let greed = match code {
            op::REPEAT_ONE => Greed::Greedy,
            op::MIN_REPEAT_ONE => Greed::Lazy,
            _ => Greed::Possessive,
        };
        self.push(Inst::RepeatOne { one, min, max, greed, next: Next::Unknown });
        Ok(next)
    }

    fn repeat(&mut self, arg: usize, end: usize, depth: u32) -> Done<usize> {
        let until = self.target(arg, end)?;
        let (min, max) = self.bounds(arg + 1, end)?;
        let lazy = match self.word(until, end)? {
            op::MAX_UNTIL => false,
            op::MIN_UNTIL => true,
            _ => return Err(CodeError),
        };
        let slot = (self.groups * 2 + self.loops * 2) as u32;
        self.loops += 1;
        let inst = self.push(Inst::Fail);
        if until < arg + 3 {
            return Err(CodeError);
        }
        self.block(arg + 3, until, depth + 1)?;
        let body = inst as Pc + 1;
        let at = self.push(Inst::Until { slot, min, max, lazy, body });
        self.insts[inst] = Inst::Repeat { slot, until: at as Pc };
        Ok(until + 1)
    }

    fn possessive(&mut self, arg: usize, end: usize, depth: u32) -> Done<usize> {
        let next = self.target(arg, end)?;
        let (min, max) = self.bounds(arg + 1, end)?;
        // The body's `SUCCESS` stands where the skip leads.
        let inst = self.push(Inst::Fail);
        if next >= end {
            return Err(CodeError);
        }
        self.body(arg + 3, next + 1, depth)?;
        let to = self.here();
        self.insts[inst] = Inst::Possessive { min, max, next: to };
        Ok(next + 1)
    }

    /// `group skip yes… [JUMP skip] no…`; the skip counts from the group word.
    fn conditional(&mut self, arg: usize, end: usize, depth: u32) -> Done<usize> {
        let group = self.group(arg, end)?;
        let skip = self.word(arg + 1, end)? as usize;
        let no = arg.checked_add(skip).filter(|&no| no <= end && no >= arg + 2).ok_or(CodeError)?;
        let inst = self.push(Inst::Fail);
        let (yes_end, has_else) = self.plain_end(arg + 2, no, end)?;
        self.block(arg + 2, yes_end, depth + 1)?;
        let mut after = no;
        let to = if has_else {
            after = self.target(no - 1, end)?;
            let jump = self.push(Inst::Jump(0));
            let to = self.here();
            self.block(no, after, depth + 1)?;
            let here = self.here();
            self.insts[jump] = Inst::Jump(here);
            to
        } else {
            self.here()
        };
        self.insts[inst] = Inst::GroupExists { group, no: to };
        Ok(after)
    }

    /// The end of the yes part in `pc..no`, and whether a `JUMP` over a no part closes it. Found by stepping
    /// over whole instructions, for a literal may look like a `JUMP`.
    fn plain_end(&self, mut pc: usize, no: usize, end: usize) -> Done<(usize, bool)> {
        while pc < no {
            let arg = pc + 1;
            let next = match self.code[pc] {
                op::JUMP if pc + 2 == no => return Ok((pc, true)),
                op::FAILURE | op::ANY | op::ANY_ALL => arg,
                op::LITERAL..=op::MARK | op::AT | op::GROUPREF | op::NOT_LITERAL => arg + 1,
                op::LITERAL_IGNORE
                | op::NOT_LITERAL_IGNORE
                | op::LITERAL_LOC_IGNORE
                | op::NOT_LITERAL_LOC_IGNORE
                | op::LITERAL_UNI_IGNORE
                | op::NOT_LITERAL_UNI_IGNORE
                | op::GROUPREF_IGNORE
                | op::GROUPREF_LOC_IGNORE
                | op::GROUPREF_UNI_IGNORE => arg + 1,
                op::REPEAT | op::POSSESSIVE_REPEAT => self.target(arg, end)? + 1,
                op::BRANCH => {
                    let mut at = arg;
                    while self.word(at, end)? != 0 {
                        at = self.target(at, end)?;
                    }
                    at + 1
                }
                op::GROUPREF_EXISTS => {
                    let to = arg.checked_add(self.word(arg + 1, end)? as usize).ok_or(CodeError)?;
                    if to > no || to < arg + 2 {
                        return Err(CodeError);
                    }
                    match self.plain_end(arg + 2, to, end)? {
                        (_, true) => self.target(to - 1, end)?,
                        (_, false) => to,
                    }
                }
                _ => self.target(arg, end)?,
            };
            if next > no {
                return Err(CodeError);
            }
            pc = next;
        }
        Ok((no, false))
    }

    /// The single-character instruction at `pc` and what follows it, if it is one.
    fn one(&mut self, pc: usize, end: usize) -> Done<Option<(One, usize)>> {
        let code = self.word(pc, end)?;
        let fold = match code {
            op::LITERAL | op::NOT_LITERAL | op::IN => Fold::None,
            op::LITERAL_UNI_IGNORE | op::NOT_LITERAL_UNI_IGNORE | op::IN_UNI_IGNORE => Fold::Unicode,
            op::LITERAL_LOC_IGNORE | op::NOT_LITERAL_LOC_IGNORE | op::IN_LOC_IGNORE => Fold::Locale,
            _ => Fold::Ascii,
        };
        let arg = pc + 1;
        let one = match code {
            op::ANY => return Ok(Some((One::Any, arg))),
            op::ANY_ALL => return Ok(Some((One::AnyAll, arg))),
            op::LITERAL => One::Char(self.word(arg, end)?),
            op::NOT_LITERAL => One::NotChar(self.word(arg, end)?),
            op::LITERAL_IGNORE | op::LITERAL_LOC_IGNORE | op::LITERAL_UNI_IGNORE => {
                let ch = self.word(arg, end)?;
                One::Set(self.set(CharSet::single(ch, fold, false)))
            }
            op::NOT_LITERAL_IGNORE | op::NOT_LITERAL_LOC_IGNORE | op::NOT_LITERAL_UNI_IGNORE => {
                let ch = self.word(arg, end)?;
                One::Set(self.set(CharSet::single(ch, fold, true)))
            }
            op::IN | op::IN_IGNORE | op::IN_LOC_IGNORE | op::IN_UNI_IGNORE => {
                let next = self.target(arg, end)?;
                let items = self.items(arg + 1, next)?;
                let set = self.set(CharSet::new(items, fold));
                return Ok(Some((One::Set(set), next)));
            }
            _ => return Ok(None),
        };
        Ok(Some((one, arg + 1)))
    }

    /// Set items in `pc..end`, whose last word is the closing `FAILURE`.
    fn items(&self, mut pc: usize, end: usize) -> Done<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            let code = self.word(pc, end)?;
            let arg = pc + 1;
            pc = match code {
                op::FAILURE if arg == end => return Ok(items),
                op::NEGATE => {
                    items.push(Item::Negate);
                    arg
                }
                op::LITERAL => {
                    items.push(Item::Literal(self.word(arg, end)?));
                    arg + 1
                }
                op::RANGE | op::RANGE_UNI_IGNORE => {
                    let (lo, hi) = (self.word(arg, end)?, self.word(arg + 1, end)?);
                    items.push(if code == op::RANGE {
                        Item::Range(lo, hi)
                    } else {
                        Item::RangeUniIgnore(lo, hi)
                    });
                    arg + 2
                }
                op::CATEGORY => {
                    items.push(Item::Category(Category::from_code(self.word(arg, end)?).ok_or(CodeError)?));
                    arg + 1
                }
                op::CHARSET => {
                    items.push(Item::Bits(Box::new(self.bits(arg, end)?)));
                    arg + 8
                }
                op::BIGCHARSET => {
                    let count = self.word(arg, end)? as usize;
                    let words = self.code.get(arg + 1..arg + 65).ok_or(CodeError)?;
                    if count > 256 {
                        return Err(CodeError);
                    }
                    let mut index = Box::new([0; 256]);
                    for (i, word) in words.iter().enumerate() {
                        index[i * 4..i * 4 + 4].copy_from_slice(&word.to_le_bytes());
                    }
                    if index.iter().any(|&i| i as usize >= count) {
                        return Err(CodeError);
                    }
                    let start = arg + 65;
                    let blocks =
                        (0..count).map(|i| self.bits(start + i * 8, end)).collect::<Done<Vec<_>>>()?;
                    items.push(Item::Blocks(index, blocks.into_boxed_slice()));
                    start + count * 8
                }
                _ => return Err(CodeError),
            };
        }
    }

    fn bits(&self, at: usize, end: usize) -> Done<[u32; 8]> {
        if at + 8 > end {
            return Err(CodeError);
        }
        self.code.get(at..at + 8).and_then(|w| w.try_into().ok()).ok_or(CodeError)
    }
}

fn at_code(code: u32) -> Done<At> {
    let boundary = |unicode, negated| At::Boundary { unicode, negated };
    Ok(match code {
        op::AT_BEGINNING | op::AT_BEGINNING_STRING => At::Beginning,
        op::AT_BEGINNING_LINE => At::BeginningLine,
        op::AT_END => At::End,
        op::AT_END_LINE => At::EndLine,
        op::AT_END_STRING => At::EndString,
        op::AT_BOUNDARY | op::AT_LOC_BOUNDARY => boundary(false, false),
        op::AT_NON_BOUNDARY | op::AT_LOC_NON_BOUNDARY => boundary(false, true),
        op::AT_UNI_BOUNDARY => boundary(true, false),
        op::AT_UNI_NON_BOUNDARY => boundary(true, true),
        _ => return Err(CodeError),
    })
}
