//! What is watched (PEP 669): tools with their callbacks and event sets, and the code objects that have been prepared, whose
//! instructions are marked where an event may occur.
//!
//! A marked instruction has `Op::Instrumented` in place of its operation; operands stay. The loop that runs unwatched code
//! leaves for the watched one (`tracing.rs`) when it meets a mark, so code that nobody watches runs as if this file were not
//! there. The operation that a mark hides is read from the code object's own bytes.

use crate::prelude::*;
use crate::types::code::Code;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::rc::Rc;
use taipan_bytecode::{Op, flags};

pub const TOOLS: usize = 8;
/// The tools that `sys.setprofile` and `sys.settrace` are.
pub const PROFILE_TOOL: usize = 6;
pub const TRACE_TOOL: usize = 7;

/// Numbers of events.
pub mod event {
    pub const PY_START: usize = 0;
    pub const PY_RESUME: usize = 1;
    pub const PY_RETURN: usize = 2;
    pub const PY_YIELD: usize = 3;
    pub const CALL: usize = 4;
    pub const LINE: usize = 5;
    pub const INSTRUCTION: usize = 6;
    pub const JUMP: usize = 7;
    pub const BRANCH_LEFT: usize = 8;
    pub const BRANCH_RIGHT: usize = 9;
    pub const STOP_ITERATION: usize = 10;
    pub const RAISE: usize = 11;
    pub const EXCEPTION_HANDLED: usize = 12;
    pub const PY_UNWIND: usize = 13;
    pub const PY_THROW: usize = 14;
    pub const RERAISE: usize = 15;
    pub const C_RETURN: usize = 16;
    pub const C_RAISE: usize = 17;
    pub const BRANCH: usize = 18;
    pub const COUNT: usize = 19;
    /// Events below it occur at an instruction and can be asked for of one code object, and disabled at one place.
    pub const LOCAL: usize = 11;
}

pub const EVENT_NAMES: [&str; event::COUNT] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];

/// All that an interpreter knows of its watchers.
#[derive(Default)]
pub struct Monitor {
    pub names: [ValueCell; TOOLS],
    /// The events that a tool wants everywhere.
    pub events: [Cell<u32>; TOOLS],
    pub callbacks: [[ValueCell; event::COUNT]; TOOLS],
    /// Per event the tools that want it everywhere.
    everywhere: [Cell<u8>; event::COUNT],
    /// Somebody wants something.
    on: Cell<bool>,
    locals: Cell<usize>,
    /// `sys.monitoring.DISABLE` and `MISSING`.
    pub disable: ValueCell,
    pub missing: ValueCell,
    pub codes: Rc<CodeList>,
    /// Threads with a trace function, with a profile function.
    pub tracers: Cell<usize>,
    pub profilers: Cell<usize>,
    /// A frame's `f_trace_opcodes` was set.
    pub opcodes: Cell<bool>,
    /// What `threading.settrace_all_threads` and its sibling set last, by a number that grows.
    pub all_trace: (Cell<u32>, ValueCell),
    pub all_profile: (Cell<u32>, ValueCell),
}

/// The code objects that have been prepared for running.
#[derive(Default)]
pub struct CodeList(RefCell<Vec<NonNull<Code>>>);

/// A code object's place in the list; leaves it when the code object goes.
pub struct Listed {
    list: Rc<CodeList>,
    code: NonNull<Code>,
}

impl Listed {
    pub fn new(vm: &Vm, code: &Code) -> Listed {
        let (list, code) = (vm.interp_state.monitor.codes.clone(), NonNull::from(code));
        let at = list.0.borrow().len();
        list.0.borrow_mut().push(code);
        // SAFETY: alive, as the caller has it.
        unsafe { code.as_ref() }.listed_at.set(at);
        Listed { list, code }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut list = self.list.0.borrow_mut();
        // SAFETY: the code object is being dropped: its fields are still there.
        let at = unsafe { self.code.as_ref() }.listed_at.get();
        if at < list.len() {
            list.swap_remove(at);
            if let Some(moved) = list.get(at) {
                // SAFETY: what is in the list is alive.
                unsafe { moved.as_ref() }.listed_at.set(at);
            }
        }
    }
}

/// What is watched in a code object.
#[derive(Default)]
pub struct Watched {
    /// The events that tools want of this code object only.
    pub local: [u32; TOOLS],
    /// Per event the tools that want it here.
    active: [u8; event::LOCAL],
    /// Per instruction the events that may occur there, as bits; `CONTROL` besides.
    kinds: Vec<u32>,
    /// Tools that do not want an event at an instruction.
    disabled: BTreeMap<(u32, u8), u8>,
}

/// Of an instruction that jumps: it is marked where lines are watched, so that the watched loop knows where it came from.
const CONTROL: u32 = 1 << 31;

impl Watched {
    /// The tools that want the event at this instruction.
    pub fn tools(&self, at: usize, event: usize) -> u8 {
        let tools = self.active.get(event).copied().unwrap_or(0);
        if tools == 0 || self.disabled.is_empty() {
            return tools;
        }
        tools & !self.disabled.get(&(at as u32, event as u8)).copied().unwrap_or(0)
    }

    pub fn may(&self, at: usize, event: usize) -> bool {
        self.kinds.get(at).is_some_and(|k| k & 1 << event != 0)
    }

    /// Whether the instruction wants a mark.
    fn wanted(&self, at: usize) -> bool {
        let kinds = self.kinds.get(at).copied().unwrap_or(0);
        if kinds & CONTROL != 0 && self.active[event::LINE] != 0 {
            return true;
        }
        (0..event::LOCAL).any(|e| kinds & 1 << e != 0 && self.tools(at, e) != 0)
    }
}

impl Monitor {
    #[inline(always)]
    pub fn on(&self) -> bool {
        self.on.get()
    }

    /// The tools that want an event that has no place in code (exceptions).
    pub fn tools(&self, event: usize) -> u8 {
        self.everywhere[event].get()
    }

    /// The event sets changed: marks all code anew.
    pub fn refresh(&self, vm: &Vm) {
        for e in 0..event::COUNT {
            let tools = (0..TOOLS).filter(|t| self.events[*t].get() & 1 << e != 0);
            self.everywhere[e].set(tools.fold(0, |n, t| n | 1 << t));
        }
        self.update_on();
        // Frames that run already are past their start.
        let mut x = vm.thread.top_frame();
        while let Some(f) = x {
            if f.pc.get() != f.exec().instrs.as_ptr() {
                f.begun.set(true);
            }
            x = vm.thread.below(f);
        }
        let codes: Vec<NonNull<Code>> = self.codes.0.borrow().clone();
        for c in codes {
            // SAFETY: what is in the list is alive, and marking runs no Python code.
            mark(vm, unsafe { c.as_ref() });
        }
    }

    fn update_on(&self) {
        self.on.set(self.locals.get() != 0 || self.everywhere.iter().any(|e| e.get() != 0));
    }

    /// A tool's events for one code object.
    pub fn set_local(&self, vm: &Vm, tool: usize, code: &Gc<Code>, set: u32) {
        let before = with_watched(vm, code, |w| std::mem::replace(&mut w.local[tool], set));
        let n = self.locals.get() + (set != 0) as usize - (before != 0) as usize;
        self.locals.set(n);
        self.update_on();
        mark(vm, code);
    }

    /// A tool goes: nothing of it stays.
    pub fn forget(&self, vm: &Vm, tool: usize) {
        self.events[tool].set(0);
        let codes: Vec<NonNull<Code>> = self.codes.0.borrow().clone();
        for c in codes {
            // SAFETY: as in `refresh`.
            let code = unsafe { c.as_ref() };
            code.watched.with_mut(|w| {
                if let Some(w) = w {
                    if std::mem::take(&mut w.local[tool]) != 0 {
                        self.locals.set(self.locals.get().saturating_sub(1));
                    }
                    for d in w.disabled.values_mut() {
                        *d &= !(1 << tool);
                    }
                }
            });
        }
        let gone: Vec<_> = self.callbacks[tool].iter().map(|c| c.take()).collect();
        self.refresh(vm);
        drop(gone);
    }

    /// `sys.monitoring.restart_events`.
    pub fn restart(&self, vm: &Vm) {
        let codes: Vec<NonNull<Code>> = self.codes.0.borrow().clone();
        for c in codes {
            // SAFETY: as in `refresh`.
            let code = unsafe { c.as_ref() };
            let some = code.watched.with_mut(|w| match w {
                Some(w) if !w.disabled.is_empty() => {
                    w.disabled.clear();
                    true
                }
                _ => false,
            });
            if some {
                mark(vm, code);
            }
        }
    }
}

/// Calls `f` with what is watched in a code object, which begins here.
fn with_watched<R>(vm: &Vm, code: &Code, f: impl FnOnce(&mut Watched) -> R) -> R {
    _ = code.exec(vm);
    let missing = code.watched.with(|w| w.is_none());
    let fresh = missing.then(|| Box::new(Watched { kinds: kinds(code), ..Watched::default() }));
    code.watched.with_mut(|w| {
        let w = match w {
            Some(w) => w,
            none => none.insert(fresh.unwrap_or_default()),
        };
        f(w)
    })
}

/// A code object was prepared for running.
pub fn prepared(vm: &Vm, code: &Code) {
    if vm.interp_state.monitor.on() {
        mark(vm, code);
    }
}

/// The tool does not want the event at this instruction any more.
pub fn disable(vm: &Vm, code: &Code, at: usize, event: usize, tool: usize) {
    let wanted = with_watched(vm, code, |w| {
        *w.disabled.entry((at as u32, event as u8)).or_default() |= 1 << tool;
        w.wanted(at)
    });
    if !wanted {
        unmark(code, vm, at);
    }
}

fn unmark(code: &Code, vm: &Vm, at: usize) {
    if let (Some(place), Some(i)) = (code.exec(vm).instrs.get(at), code.data.instr(at))
        && place.get().op() == Op::Instrumented
    {
        place.set(place.get().with_op(i.op()));
    }
}

/// Marks a code object's instructions by what is wanted now.
fn mark(vm: &Vm, code: &Code) {
    let m = &vm.interp_state.monitor;
    if !m.on() && code.watched.with(|w| w.is_none()) {
        return;
    }
    let exec = code.exec(vm);
    with_watched(vm, code, |w| {
        for e in 0..event::LOCAL {
            let local = (0..TOOLS).filter(|t| w.local[*t] & 1 << e != 0).fold(0, |n, t| n | 1 << t);
            let now = m.everywhere[e].get() | local;
            let new = now & !std::mem::replace(&mut w.active[e], now);
            // Who asks anew is told again.
            if new != 0 {
                w.disabled.iter_mut().filter(|((_, d), _)| *d as usize == e).for_each(|(_, t)| *t &= !new);
            }
        }
    });
    for (at, place) in exec.instrs.iter().enumerate().take(code.data.len()) {
        let wanted = code.watched.with(|w| w.as_ref().is_some_and(|w| w.wanted(at)));
        let marked = place.get().op() == Op::Instrumented;
        if wanted && !marked {
            place.set(place.get().with_op(Op::Instrumented));
        } else if !wanted && marked {
            unmark(code, vm, at);
        }
    }
}

/// Where the body begins: behind what sets the frame up.
pub fn start_of(code: &Code) -> usize {
    let setup = |op| matches!(op, Op::MakeCell | Op::MakeCellArg | Op::ReturnGenerator);
    (0..code.data.len()).find(|&i| code.data.instr(i).is_none_or(|i| !setup(i.op()))).unwrap_or(0)
}

pub fn is_generator(code: &Code) -> bool {
    code.data.flags & (flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR) != 0
}

/// Is it an instruction that may or may not jump, as Python code says?
pub fn is_branch(op: Op) -> bool {
    op == Op::ForIter || op.info().effects.jump && !matches!(op, Op::Jump | Op::JumpBack | Op::Send)
}

/// Where the jump of instruction `at` leads.
pub fn target_of(code: &Code, at: usize) -> Option<usize> {
    let i = code.data.instr(at)?;
    let op = i.op();
    if !op.info().effects.jump {
        return None;
    }
    let wide = op.info().operands.iter().any(|o| o.field == taipan_bytecode::operand::Field::Bc);
    let distance = if wide { i.sbc() } else { i.jump24() };
    usize::try_from(at as i64 + 1 + distance as i64).ok()
}

/// Branches: where they are, where they go on to and where they jump to.
pub fn branches(code: &Code) -> Vec<(usize, usize, usize)> {
    let op = |at: usize| code.data.instr(at).map(|i| i.op());
    let mut out = Vec::new();
    for at in (0..code.data.len()).filter(|at| op(*at).is_some_and(is_branch)) {
        let on = if op(at + 1) == Some(Op::Ext) { at + 2 } else { at + 1 };
        if let Some(to) = target_of(code, at) {
            out.push((at, on, to));
        }
    }
    out
}

/// The line of each instruction.
pub fn lines(code: &Code) -> Vec<u32> {
    let mut lines = Vec::with_capacity(code.data.len());
    for (run, p) in code.data.positions.runs(code.data.firstlineno) {
        let n = (lines.len() + run).min(code.data.len());
        lines.resize(n, p.line);
    }
    lines.resize(code.data.len(), 0);
    lines
}

/// Which events may occur at which instruction.
fn kinds(code: &Code) -> Vec<u32> {
    let n = code.data.len();
    let mut kinds = vec![0u32; n];
    let lines = lines(code);
    let starts = line_starts(code, &lines);
    let start = start_of(code);
    let mut before = Op::Nop;
    for at in 0..n {
        let Some(i) = code.data.instr(at) else { break };
        let op = i.op();
        if op == Op::Ext {
            continue;
        }
        let mut k = 1 << event::INSTRUCTION;
        let mut has = |e: usize, yes: bool| k |= (yes as u32) << e;
        has(event::PY_START, at == start);
        has(event::PY_RESUME, before == Op::YieldValue);
        has(event::LINE, starts[at]);
        has(event::PY_RETURN, matches!(op, Op::ReturnValue | Op::ReturnConst));
        has(event::PY_YIELD, op == Op::YieldValue);
        has(
            event::CALL,
            matches!(
                op,
                Op::Call
                    | Op::CallWide
                    | Op::CallKw
                    | Op::CallKwWide
                    | Op::CallEx
                    | Op::LoadSuperAttr
                    | Op::LoadSuperMethod
            ),
        );
        has(event::JUMP, matches!(op, Op::Jump | Op::JumpBack));
        has(event::BRANCH_LEFT, is_branch(op));
        has(event::BRANCH_RIGHT, is_branch(op));
        has(event::STOP_ITERATION, matches!(op, Op::ForIter | Op::EndSend));
        if op.info().effects.jump {
            k |= CONTROL;
        }
        kinds[at] = k;
        before = op;
    }
    kinds
}

/// Which instructions may begin a line: where the line changes, and wherever a jump or an exception leads.
fn line_starts(code: &Code, lines: &[u32]) -> Vec<bool> {
    let n = code.data.len();
    let mut starts = vec![false; n];
    let mut current = 0;
    let start = start_of(code);
    for at in start..n {
        let op = code.data.instr(at).map_or(Op::Nop, |i| i.op());
        if matches!(op, Op::Ext | Op::EndSend | Op::EndAsyncFor) {
            continue;
        }
        starts[at] = lines[at] != 0 && lines[at] != current;
        current = lines[at];
    }
    let jumps = (start..n).filter_map(|at| target_of(code, at));
    let handlers = code.data.exceptions.iter().map(|h| h.target as usize);
    for at in jumps.chain(handlers).filter(|at| *at < n) {
        let op = code.data.instr(at).map_or(Op::Nop, |i| i.op());
        if lines[at] != 0 && !matches!(op, Op::EndSend | Op::EndAsyncFor) {
            starts[at] = true;
        }
    }
    starts
}
