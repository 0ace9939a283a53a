//! Lines of instructions, as tracing and debuggers see them: which instruction of no line of its own takes over which line,
//! and which no-ops stay because a line has nothing else.

use rustc_hash::FxHashMap as HashMap;
use std::cell::RefCell;

use taipan_bytecode::{Op, Position};

use crate::assemble::{Assembler, keeps_no_line};
use crate::error::Span;
use crate::unit::{Ins, NO_SPAN};

/// Lines by span (0: none).
pub(crate) struct Lines<'l> {
    locate: &'l dyn Fn(Span) -> Position,
    known: RefCell<HashMap<u32, u32>>,
}

impl<'l> Lines<'l> {
    pub fn new(locate: &'l dyn Fn(Span) -> Position) -> Lines<'l> {
        Lines { locate, known: RefCell::default() }
    }

    pub fn of(&self, span: Span) -> u32 {
        if span == NO_SPAN {
            return 0;
        }
        *self.known.borrow_mut().entry(span.start).or_insert_with(|| (self.locate)(span).line)
    }
}

impl Assembler<'_, '_> {
    /// How often each instruction is reached: jumps, handlers (which count as many), falling through.
    fn ways_in(&self) -> Vec<u32> {
        let n = self.unit.ins.len();
        let mut ways = vec![0u32; n + 1];
        ways[0] = 1;
        for (i, ins) in self.unit.ins.iter().enumerate() {
            if let Some(t) = self.target(ins) {
                ways[t.min(n)] += 1;
            }
            if let Some(h) = self.handler(ins) {
                ways[h.min(n)] += 2;
            }
            if !ins.op.info().effects.end {
                ways[i + 1] += 1;
            }
        }
        ways
    }

    /// Instructions without a line get that of what leads to them, where that is one.
    pub(crate) fn settle_lines(&mut self) {
        self.copy_exits();
        self.drop_dead();
        let ways = self.ways_in();
        let n = self.unit.ins.len();
        let mut entered = vec![false; n + 1];
        for ins in &self.unit.ins {
            for at in [self.target(ins), self.handler(ins)].into_iter().flatten() {
                entered[at.min(n)] = true;
            }
        }
        // Code begins on the line of its definition.
        let first = self.unit.first;
        let mut before =
            if first == NO_SPAN { NO_SPAN } else { Span { start: first.start, end: first.start } };
        for i in 0..n {
            let ins = self.unit.ins[i];
            if matches!(ins.op, Op::MakeCell | Op::MakeCellArg) && ins.span == NO_SPAN {
                continue;
            }
            if entered[i] && ways[i] > 1 || i > 0 && self.unit.ins[i - 1].op.info().effects.end {
                before = NO_SPAN;
            }
            if keeps_no_line(&ins) {
                before = NO_SPAN;
            } else if ins.span == NO_SPAN {
                self.unit.ins[i].span = before;
            } else {
                before = ins.span;
            }
            if let Some(t) = self.target(&ins)
                && t < n
                && ways[t] == 1
                && self.unit.ins[t].span == NO_SPAN
                && !keeps_no_line(&self.unit.ins[t])
            {
                self.unit.ins[t].span = self.unit.ins[i].span;
            }
        }
    }

    /// How many instructions make up a stretch without a line that begins at `t` and leaves the code or jumps back.
    fn exit_at(&self, t: usize, entered: &[bool]) -> Option<usize> {
        const LONGEST: usize = 12;
        for (k, ins) in self.unit.ins.iter().enumerate().skip(t).take(LONGEST) {
            if ins.span != NO_SPAN || k > t && entered.get(k).is_none_or(|e| *e) || keeps_no_line(ins) {
                return None;
            }
            let leaves =
                matches!(ins.op, Op::ReturnConst | Op::ReturnValue | Op::Reraise | Op::ReraiseRestore);
            let back = ins.op == Op::Jump && self.target(ins).is_some_and(|to| to <= t);
            if leaves || back {
                return Some(k + 1 - t);
            }
            if ins.op.info().effects.jump || ins.op.info().effects.end {
                return None;
            }
        }
        None
    }

    /// The end of a way out, or a jump back, that has no line and is reached from several places is copied for each, so
    /// that each has its own line.
    fn copy_exits(&mut self) {
        let mut ways = self.ways_in();
        let n = self.unit.ins.len();
        let mut entered = vec![false; n + 1];
        for ins in &self.unit.ins {
            for at in [self.target(ins), self.handler(ins)].into_iter().flatten() {
                entered[at.min(n)] = true;
            }
        }
        for i in 0..n {
            let ins = self.unit.ins[i];
            let Some(t) = self.target(&ins).filter(|t| *t < n) else { continue };
            let Some(len) = self.exit_at(t, &entered) else { continue };
            let exit = self.unit.ins[t];
            if ins.op == Op::Jump && len == 1 {
                // A jump back to behind this place would be one forward.
                if self.target(&exit).is_none_or(|to| to <= i) {
                    self.unit.ins[i] = Ins { span: ins.span, ..exit };
                    ways[t] -= 1;
                }
                continue;
            }
            if ways[t] < 2 {
                continue;
            }
            let label = self.unit.here();
            for k in t..t + len {
                let mut copy = self.unit.ins[k];
                if k == t {
                    copy.span = ins.span;
                }
                self.unit.ins.push(copy);
            }
            self.unit.ins[i].target = label;
            ways[t] -= 1;
        }
    }

    /// Drops jumps to what follows and no-ops, except where they are all that a line has.
    pub(crate) fn drop_needless(&mut self) {
        let n = self.unit.ins.len();
        let idle = |a: &Self, i: usize| {
            let ins = &a.unit.ins[i];
            ins.op == Op::Nop || ins.op == Op::Jump && a.target(ins) == Some(i + 1)
        };
        if !(0..n).any(|i| idle(self, i)) {
            return;
        }
        let mut entered = vec![false; n + 1];
        for ins in &self.unit.ins {
            for at in [self.target(ins), self.handler(ins)].into_iter().flatten() {
                entered[at.min(n)] = true;
            }
        }
        let mut dead = vec![false; n];
        // The instruction that runs right before, within the same stretch.
        let mut before: Option<usize> = None;
        for i in 0..n {
            if entered[i] {
                before = None;
            }
            let ins = self.unit.ins[i];
            if !idle(self, i) {
                before = (!ins.op.info().effects.end).then_some(i);
                continue;
            }
            let line = self.lines.of(ins.span);
            let same_before = before.is_some_and(|b| self.lines.of(self.unit.ins[b].span) == line);
            let next = (i + 1..n).find(|&j| !idle(self, j) || self.lines.of(self.unit.ins[j].span) != 0);
            let next_line = next.map(|j| self.lines.of(self.unit.ins[j].span));
            if line == 0 || same_before || next_line == Some(line) {
                dead[i] = true;
            } else if let Some(j) = next
                && next_line == Some(0)
                && (i + 1..=j).all(|k| !entered[k])
            {
                self.unit.ins[j].span = ins.span;
                dead[i] = true;
            } else {
                self.unit.ins[i].op = Op::Nop;
                self.unit.ins[i].target = crate::unit::NO_LABEL;
                before = Some(i);
            }
        }
        if dead.contains(&true) {
            self.compact(&dead);
        }
    }
}
