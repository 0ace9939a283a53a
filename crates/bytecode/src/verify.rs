//! The verifier: what passes it can be run without checking operands. It proves that every register, constant, name,
//! cell, site and jump target is in range, that code ends in a terminator, that the exception table is sane, and, by
//! data flow, that a temporary is live and a local bound where it is read, that a register that may hold EMPTY is read
//! only where that is expected, and that a call's arguments are the topmost temporaries.
//!
//! It does not prove what values registers hold: instructions that want a list, an iterator, an exception or a
//! saved-exception slot check that themselves.

use taipan_text::wtf8::Wtf8;

use crate::blob::Blob;
use crate::code::{CodeData, flags};
use crate::consts::{Const, MAX_DEPTH, StrTable};
use crate::instr::Instr;
use crate::intrinsic::{CommonConstant, Imm, Intrinsic1, Intrinsic2};
use crate::op::Op;
use crate::operand::{Field, Kind};
use crate::site::SiteKind;
use crate::usage::{BranchEffect, Run, branch_effect, jump_target, uses};

/// Where and why code was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    pub code: String,
    pub pc: usize,
    pub reason: &'static str,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "bad byte code in {} at {}: {}", self.code, self.pc, self.reason)
    }
}

impl std::error::Error for VerifyError {}

/// Code objects nested this deep are refused: far beyond what the parser lets through.
const MAX_NESTING: u32 = 1000;

/// Checks a code object and all those nested in it.
pub fn verify(code: &CodeData) -> Result<(), VerifyError> {
    verify_nested(code, MAX_NESTING)
}

fn verify_nested(code: &CodeData, depth: u32) -> Result<(), VerifyError> {
    let mut v = Verifier { code, starts: vec![false; code.len()], nwords: 0 };
    v.run(depth).map_err(|(pc, reason)| VerifyError {
        code: String::from_utf8_lossy(&code.qualname).into_owned(),
        pc,
        reason,
    })?;
    let depth = depth.saturating_sub(1);
    for nested in code.nested() {
        verify_nested(&nested, depth)?;
    }
    Ok(())
}

type Check = Result<(), (usize, &'static str)>;

struct Verifier<'a> {
    code: &'a CodeData,
    /// Is an instruction's first word here?
    starts: Vec<bool>,
    /// 64-bit words of a set of registers.
    nwords: usize,
}

/// Sets of registers, a bit each.
#[derive(Clone, PartialEq, Eq)]
struct Live {
    /// Surely written and not consumed since.
    must: Vec<u64>,
    /// Perhaps.
    may: Vec<u64>,
    /// Surely a value: not EMPTY.
    full: Vec<u64>,
}

impl Verifier<'_> {
    fn run(&mut self, depth: u32) -> Check {
        if depth == 0 {
            return Err((0, "nested too deeply"));
        }
        self.header()?;
        self.instructions()?;
        self.exception_table()?;
        self.generator()?;
        self.flow()
    }

    fn header(&self) -> Check {
        let code = self.code;
        let need = |ok: bool, reason| if ok { Ok(()) } else { Err((0, reason)) };
        let small = |n: u32| n <= 0x1_0000;
        need(small(code.nlocals) && small(code.ncells) && small(code.ntemps), "too many registers")?;
        need(code.nregs() <= 0x1_0000, "too many registers")?;
        need(small(code.argcount) && small(code.kwonlyargcount), "too many arguments")?;
        need(code.posonlyargcount <= code.argcount, "positional-only count")?;
        need(code.total_args() <= code.nlocals as usize, "more arguments than locals")?;
        need(code.varnames.len() == code.nlocals as usize, "names of locals")?;
        need(code.cellvars.len() == code.ncells as usize, "names of cells")?;
        need(code.cell_args.len() == 4 * code.ncells as usize, "arguments of cells")?;
        need(code.local_kinds.len() == code.first_temp(), "kinds of locals")?;
        need(code.freevars.len() <= 0x1_0000, "free variables")?;
        for cell in 0..code.ncells as usize {
            need(code.cell_arg(cell).is_none_or(|a| a < code.total_args()), "argument of cell")?;
        }
        let text = |b: &[u8]| Wtf8::from_bytes(b).is_some();
        need(text(&code.filename) && text(&code.name) && text(&code.qualname), "text")?;
        let table = |t: &StrTable| (0..t.len()).all(|i| t.get(i).is_some_and(text));
        for t in [&code.names, &code.varnames, &code.cellvars, &code.freevars] {
            need(table(t), "name table")?;
        }
        for i in 0..code.consts.len() {
            if code.consts.is_code(i) {
                need(code.constant(i).is_some(), "nested code")?;
                continue;
            }
            let value = code.consts.get(i, &Blob::default());
            need(value.is_some_and(|c| constant_ok(&c, MAX_DEPTH)), "constant")?;
        }
        for site in code.sites.iter() {
            let ok = site.is_some_and(|s| match s.kind {
                SiteKind::Call => true,
                SiteKind::CallKw => {
                    code.consts.str_tuple_len(s.index as usize).is_some_and(|n| n <= s.nargs as usize)
                }
                _ => (s.index as usize) < code.names.len(),
            });
            need(ok, "site")?;
        }
        need(
            code.sites.0.len().is_multiple_of(8) && code.exceptions.0.len().is_multiple_of(16),
            "section size",
        )?;
        need(!code.is_empty() && code.instrs.len().is_multiple_of(8), "no instructions")?;
        need(u32::try_from(code.len()).is_ok_and(|n| n < 1 << 30), "too many instructions")
    }

    fn instructions(&mut self) -> Check {
        let code = self.code;
        let mut pc = 0;
        let mut last = Op::Nop;
        let mut targets = Vec::new();
        while let Some(instr) = code.instr(pc) {
            let op = instr.op();
            if !op.is_general() || op == Op::Ext {
                return Err((pc, "unknown instruction"));
            }
            self.starts[pc] = true;
            let ext = if op.has_ext() {
                match code.instr(pc + 1) {
                    Some(ext) if ext.op() == Op::Ext => ext,
                    _ => return Err((pc, "ext word missing")),
                }
            } else {
                Instr::default()
            };
            self.operands(instr, ext).map_err(|reason| (pc, reason))?;
            if let Some(target) = jump_target(instr, pc) {
                targets.push((pc, target));
            }
            if op == Op::YieldValue && instr.x() == 1 && last != Op::Send {
                return Err((pc, "yield of a delegation without send"));
            }
            last = op;
            pc += 1 + op.has_ext() as usize;
        }
        if !last.info().effects.end {
            return Err((pc, "code falls off its end"));
        }
        for (pc, target) in targets {
            if !usize::try_from(target).is_ok_and(|t| self.starts.get(t) == Some(&true)) {
                return Err((pc, "jump target"));
            }
        }
        Ok(())
    }

    fn operands(&self, instr: Instr, ext: Instr) -> Result<(), &'static str> {
        let code = self.code;
        let (locals, temps, all) = (code.nlocals as usize, code.first_temp(), code.nregs());
        let op = instr.op();
        let need = |ok: bool, reason| if ok { Ok(()) } else { Err(reason) };
        let register = |n: usize| n < locals || (n >= temps && n < all);
        let run = |n: usize, len: usize| n >= temps && n + len <= all;
        for operand in op.info().operands {
            let n = match operand.field {
                Field::X => instr.x() as usize,
                Field::A => instr.a() as usize,
                Field::B => instr.b() as usize,
                Field::C => instr.c() as usize,
                Field::Bc => instr.bc() as usize,
                Field::Cx => 0,
                Field::Ext => ext.bc() as usize,
            };
            let (c, x) = (instr.c() as usize, instr.x() as usize);
            match operand.kind {
                Kind::Out | Kind::In | Kind::Keep => {
                    let temp_only = matches!(op, Op::Clear | Op::JumpIfTrueKeep | Op::JumpIfFalseKeep)
                        || (op == Op::ForIter && operand.kind == Kind::Keep);
                    need(if temp_only { run(n, 1) } else { register(n) }, "register")?;
                }
                Kind::InOut => need(run(n, 1), "temporary")?,
                Kind::Out2 | Kind::InOut2 | Kind::InOut2Run | Kind::PopPair | Kind::Run2 => {
                    need(run(n, 2), "temporaries")?
                }
                Kind::Run3 => need(run(n, 3), "temporaries")?,
                Kind::Run4 | Kind::Keep4 | Kind::InOut4 => need(run(n, 4), "temporaries")?,
                Kind::RunX => need(run(n, x), "temporaries")?,
                Kind::RunC => need(run(n, c), "temporaries")?,
                Kind::OutRunC => need(run(n, c) || n + c <= locals, "registers")?,
                Kind::RunPairs => need(run(n, 2 * c), "temporaries")?,
                Kind::OutRunEx => need(run(n, x + 1 + c), "temporaries")?,
                Kind::CallX => need(run(n, 2 + x), "temporaries of call")?,
                Kind::CallSite => {
                    let nargs = code.sites.get(c).ok_or("site")?.nargs as usize;
                    need(run(n, 2 + nargs), "temporaries of call")?;
                }
                Kind::CallExt => need(run(n, 2 + ext.a() as usize), "temporaries of call")?,
                Kind::Local => need(n < locals, "local")?,
                Kind::Cell => need(n >= locals && n < temps, "cell")?,
                Kind::Free => need(n < code.freevars.len(), "free variable")?,
                Kind::Const => need(n < code.consts.len(), "constant")?,
                Kind::CodeConst => need(code.consts.is_code(n), "code constant")?,
                Kind::Name => need(n < code.names.len(), "name")?,
                Kind::KwNames => need(
                    code.consts.str_tuple_len(n).is_some_and(|len| len <= ext.a() as usize),
                    "keyword names",
                )?,
                Kind::Site => {
                    let site = code.sites.get(n).ok_or("site")?;
                    need(Some(site.kind) == op.info().cache, "kind of site")?;
                    need(site.kind != SiteKind::Call || site.nargs == instr.x() as u16, "arguments of site")?;
                }
                Kind::Imm => {
                    let ok = match op {
                        Op::LoadImm => Imm::from_u8(n as u8).is_some(),
                        Op::Intrinsic1 => Intrinsic1::from_u8(n as u8).is_some(),
                        Op::Intrinsic2 => Intrinsic2::from_u8(n as u8).is_some(),
                        Op::LoadCommonConstant => CommonConstant::from_u8(n as u8).is_some(),
                        Op::FormatSimple | Op::FormatValue => n <= 3,
                        Op::BuildInterpolation => {
                            if operand.field == Field::X {
                                n <= 3
                            } else {
                                n == 2 || n == 3
                            }
                        }
                        Op::BuildSlice => n == 2 || n == 3,
                        Op::LoadSlice => n == 3 || n == 4,
                        Op::SetFunctionAttr => matches!(n, 1 | 2 | 4 | 8 | 16),
                        Op::GetAwaitable | Op::MatchTest => n <= 2,
                        Op::YieldValue | Op::LoadSpecial | Op::LoadSuperAttr | Op::LoadSuperMethod => n <= 1,
                        _ => true,
                    };
                    need(ok, "immediate")?;
                }
                Kind::Int | Kind::Target => {}
            }
        }
        Ok(())
    }

    fn exception_table(&self) -> Check {
        let mut end = 0;
        for h in self.code.exceptions.iter() {
            let at = h.start as usize;
            let ok = h.start >= end
                && h.start < h.end
                && h.end as usize <= self.code.len()
                && self.starts.get(h.target as usize) == Some(&true)
                && h.depth < self.code.ntemps;
            if !ok {
                return Err((at, "exception table"));
            }
            end = h.end;
        }
        Ok(())
    }

    /// Generator code begins with `return_generator` and nothing jumps back to it; other code does not suspend.
    fn generator(&self) -> Check {
        let kinds = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;
        let generator = self.code.flags & kinds != 0;
        if generator && self.code.instr(0).is_none_or(|i| i.op() != Op::ReturnGenerator) {
            return Err((0, "generator without its first instruction"));
        }
        for pc in (0..self.code.len()).filter(|&pc| self.starts[pc]) {
            let Some(instr) = self.code.instr(pc) else { continue };
            match instr.op() {
                Op::ReturnGenerator if pc != 0 || !generator => return Err((pc, "stray return_generator")),
                Op::YieldValue if !generator => return Err((pc, "yield outside a generator")),
                _ => {}
            }
            if generator && jump_target(instr, pc) == Some(0) {
                return Err((pc, "jump to return_generator"));
            }
        }
        if generator && self.code.exceptions.iter().any(|h| h.target == 0) {
            return Err((0, "handler at return_generator"));
        }
        Ok(())
    }

    fn flow(&mut self) -> Check {
        let code = self.code;
        self.nwords = code.nregs().div_ceil(64);
        let mut leaders = vec![false; code.len()];
        leaders[0] = true;
        for pc in (0..code.len()).filter(|&pc| self.starts[pc]) {
            let Some(instr) = code.instr(pc) else { continue };
            if let Some(target) = jump_target(instr, pc) {
                leaders[target as usize] = true;
            }
        }
        for h in code.exceptions.iter() {
            leaders[h.target as usize] = true;
        }
        let count = leaders.iter().filter(|l| **l).count();
        if count.saturating_mul(self.nwords) > 1 << 23 {
            return Err((0, "too complex"));
        }
        let mut states: Vec<Option<Box<Live>>> = vec![None; code.len()];
        let none = vec![0; self.nwords];
        let mut entry = Live { must: none.clone(), may: none.clone(), full: none };
        for argument in 0..code.total_args() {
            entry.set(argument);
        }
        states[0] = Some(Box::new(entry));
        let mut work = vec![0];
        while let Some(start) = work.pop() {
            let Some(state) = states[start].as_ref() else { continue };
            let mut live = (**state).clone();
            let mut pc = start;
            let mut handler = code.exceptions.find(pc as u32);
            loop {
                let instr = code.instr(pc).ok_or((pc, "code falls off its end"))?;
                let op = instr.op();
                let next = pc + 1 + op.has_ext() as usize;
                let ext = code.instr(pc + 1).unwrap_or_default();
                if handler.is_none_or(|h| pc as u32 >= h.end) {
                    handler = code.exceptions.find(pc as u32);
                }
                let before = live.clone();
                let jumped = self.step(instr, ext, &mut live).map_err(|reason| (pc, reason))?;
                if matches!(op, Op::ReturnValue | Op::ReturnConst)
                    && (code.first_temp()..code.nregs()).any(|t| bit(&live.may, t))
                {
                    return Err((pc, "temporaries are live at a return"));
                }
                if let Some(h) = handler
                    && op.info().effects.raise
                {
                    let mut state = before;
                    let depth = h.depth as usize;
                    for i in 0..self.nwords {
                        // Operands may be gone already when the instruction raises, results may be there.
                        state.must[i] &= live.must[i];
                        state.may[i] |= live.may[i];
                        state.full[i] &= live.full[i];
                    }
                    let temps = code.first_temp();
                    for t in depth..code.ntemps as usize {
                        state.clear(temps + t);
                    }
                    state.set(temps + depth);
                    if merge(&mut states[h.target as usize], &state) {
                        work.push(h.target as usize);
                    }
                }
                if let Some(target) = jump_target(instr, pc)
                    && merge(&mut states[target as usize], jumped.as_ref().unwrap_or(&live))
                {
                    work.push(target as usize);
                }
                if op.info().effects.end {
                    break;
                }
                if next < code.len() && leaders[next] {
                    if merge(&mut states[next], &live) {
                        work.push(next);
                    }
                    break;
                }
                pc = next;
            }
        }
        Ok(())
    }

    /// Applies an instruction to the live set; the state at its jump target where that differs.
    fn step(&self, instr: Instr, ext: Instr, live: &mut Live) -> Result<Option<Live>, &'static str> {
        let first = self.code.first_temp();
        let used = uses(self.code, instr, ext);
        let op = instr.op();
        let takes_local = matches!(op, Op::DeleteLocal | Op::ClearLocal | Op::MakeCellArg);
        let cell = op.info().operands.iter().find(|o| o.kind == Kind::Cell).map(|o| match o.field {
            Field::A => instr.a() as usize,
            Field::B => instr.b() as usize,
            _ => instr.c() as usize,
        });
        match (op, cell) {
            (Op::MakeCell | Op::MakeCellArg, Some(cell)) => live.set(cell),
            (Op::ClearCell, Some(cell)) => live.clear(cell),
            (_, Some(cell)) if !bit(&live.must, cell) => return Err("cell is used before it is made"),
            _ => {}
        }
        for (i, (run, consume)) in used.reads().iter().enumerate() {
            for r in run.start..run.start + run.len {
                if used.optional != Some(r) {
                    self.readable(live, op, r as usize, r - run.start)?;
                }
                let again = |(j, (other, consumes)): (usize, &(Run, bool))| {
                    j != i && (*consume || *consumes) && (other.start..other.start + other.len).contains(&r)
                };
                if r as usize >= first && used.reads().iter().enumerate().any(again) {
                    return Err("temporary is consumed and read");
                }
            }
        }
        if let Some(run) = used.call {
            let top = (run.start + run.len) as usize;
            let above = (top..self.code.nregs()).any(|t| bit(&live.may, t));
            if above {
                return Err("call below live temporaries");
            }
        }
        let before = match branch_effect(op) {
            BranchEffect::Same => None,
            _ => Some(live.clone()),
        };
        for (run, consume) in used.reads() {
            for r in (run.start..run.start + run.len).map(|r| r as usize) {
                if *consume && (r >= first || takes_local) {
                    live.clear(r);
                }
            }
        }
        if op == Op::CheckLocal {
            live.set(instr.a() as usize);
        }
        for run in used.writes() {
            for r in run.start..run.start + run.len {
                live.set(r as usize);
                if may_write_empty(op, instr, r - run.start) {
                    clear_bit(&mut live.full, r as usize);
                }
            }
        }
        Ok(before.map(|mut state| {
            let iterator = instr.b() as usize;
            if branch_effect(op) == BranchEffect::IteratorDroppedOnJump && iterator >= first {
                state.clear(iterator);
            }
            state
        }))
    }

    /// Whether an instruction may read the register of bit `t`, the `offset`th of its operand.
    fn readable(&self, live: &Live, op: Op, t: usize, offset: u32) -> Result<(), &'static str> {
        if t < self.code.nlocals as usize {
            // These look themselves whether the local is bound.
            let looks = matches!(op, Op::CheckLocal | Op::DeleteLocal | Op::ClearLocal | Op::MakeCellArg);
            return if looks || bit(&live.must, t) {
                Ok(())
            } else {
                Err("local is read before it is bound")
            };
        }
        if !bit(&live.must, t) {
            return Err("temporary is read before it is written");
        }
        let expected = match op {
            Op::Clear => true,
            Op::Call | Op::CallWide | Op::CallKw | Op::CallKwWide | Op::WithExceptStart => offset == 1,
            Op::CallEx => offset == 1 || offset == 3,
            _ => false,
        };
        if expected || bit(&live.full, t) { Ok(()) } else { Err("register may be empty") }
    }
}

/// Whether the `offset`th register that an instruction writes may be EMPTY afterwards.
fn may_write_empty(op: Op, instr: Instr, offset: u32) -> bool {
    match op {
        Op::LoadImm => Imm::from_u8(instr.x()) == Imm::from_u8(4),
        Op::LoadGlobalCall | Op::LoadMethod | Op::LoadMethodWide | Op::LoadSuperMethod => offset == 1,
        Op::LoadSpecial => offset == 1 || offset == 3,
        _ => false,
    }
}

impl Live {
    fn set(&mut self, i: usize) {
        set_bit(&mut self.must, i);
        set_bit(&mut self.may, i);
        set_bit(&mut self.full, i);
    }

    fn clear(&mut self, i: usize) {
        clear_bit(&mut self.must, i);
        clear_bit(&mut self.may, i);
        clear_bit(&mut self.full, i);
    }
}

fn constant_ok(c: &Const, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match c {
        Const::Str(text) => Wtf8::from_bytes(text).is_some(),
        Const::Tuple(items) | Const::FrozenSet(items) => items.iter().all(|c| constant_ok(c, depth)),
        Const::Slice(parts) => parts.iter().all(|c| constant_ok(c, depth)),
        // Code inside a tuple would escape the check of nested code.
        Const::Code(_) => false,
        _ => true,
    }
}

fn bit(set: &[u64], i: usize) -> bool {
    set.get(i / 64).is_some_and(|w| w >> (i % 64) & 1 != 0)
}

fn set_bit(set: &mut [u64], i: usize) {
    if let Some(w) = set.get_mut(i / 64) {
        *w |= 1 << (i % 64);
    }
}

fn clear_bit(set: &mut [u64], i: usize) {
    if let Some(w) = set.get_mut(i / 64) {
        *w &= !(1 << (i % 64));
    }
}

/// Joins `from` into `into`; did that change it?
fn merge(into: &mut Option<Box<Live>>, from: &Live) -> bool {
    let Some(state) = into else {
        *into = Some(Box::new(from.clone()));
        return true;
    };
    let mut changed = false;
    for (s, f) in state.must.iter_mut().zip(&from.must) {
        changed |= *s & f != *s;
        *s &= f;
    }
    for (s, f) in state.full.iter_mut().zip(&from.full) {
        changed |= *s & f != *s;
        *s &= f;
    }
    for (s, f) in state.may.iter_mut().zip(&from.may) {
        changed |= *s | f != *s;
        *s |= f;
    }
    changed
}
