//! `frame.f_lineno = n`: going on at another line. What lies in the temporaries where the frame is must fit what the code there
//! expects, which an abstract run over the code finds out.

use super::frame::Frame;
use super::monitor::{self, event};
use super::run::Regs;
use crate::errors::exc;
use crate::prelude::*;
use crate::types::code::Code;
use taipan_bytecode::{Instr, Op, uses};

/// What a temporary holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    Nothing,
    Object,
    Iterator,
    /// What `push_exc_info` saved, and the exception itself.
    Saved,
    Exception,
    /// What a call will call, and its absent self.
    Callable,
    Null,
}

type State = Vec<Held>;

/// What the temporaries hold before each instruction (`None`: it is not reached).
fn states(code: &Code) -> Vec<Option<State>> {
    let n = code.data.len();
    let mut all: Vec<Option<State>> = vec![None; n];
    let Some(first) = all.first_mut() else { return all };
    *first = Some(vec![Held::Nothing; code.data.ntemps as usize]);
    let mut work = vec![0];
    while let Some(at) = work.pop() {
        let (Some(state), Some(i)) = (all[at].clone(), code.data.instr(at)) else { continue };
        let op = i.op();
        let mut reach = |to: usize, s: State| {
            if let Some(place @ None) = all.get_mut(to) {
                *place = Some(s);
                work.push(to);
            }
        };
        if let Some(h) = code.data.exceptions.find(at as u32) {
            let depth = h.depth as usize;
            let mut s = state.clone();
            s.iter_mut().skip(depth).for_each(|h| *h = Held::Nothing);
            if let Some(place) = s.get_mut(depth) {
                *place = Held::Exception;
            }
            reach(h.target as usize, s);
        }
        let (next, jumped) = after(code, at, i, &state);
        if let Some(to) = monitor::target_of(code, at) {
            reach(to, jumped);
        }
        if !op.info().effects.end {
            reach(at + 1 + op.has_ext() as usize, next);
        }
    }
    all
}

/// What an instruction makes of the temporaries: falling through, and jumping.
fn after(code: &Code, at: usize, i: Instr, state: &State) -> (State, State) {
    let op = i.op();
    let ext = code.data.instr(at + 1).unwrap_or(i);
    let first = code.data.first_temp();
    let mut next = state.clone();
    let u = uses(&code.data, i, ext);
    let set = |s: &mut State, r: u32, h: Held| {
        if let Some(place) = (r as usize).checked_sub(first).and_then(|t| s.get_mut(t)) {
            *place = h;
        }
    };
    let held = |r: u16| (r as usize).checked_sub(first).and_then(|t| state.get(t)).copied();
    for (run, consumed) in u.reads() {
        if *consumed {
            (run.start..run.start + run.len).for_each(|r| set(&mut next, r, Held::Nothing));
        }
    }
    let mut jumped = next.clone();
    for run in u.writes() {
        (run.start..run.start + run.len).for_each(|r| set(&mut next, r, Held::Object));
    }
    match op {
        Op::GetIter | Op::GetAiter => set(&mut next, i.a() as u32, Held::Iterator),
        Op::Mov | Op::Copy => {
            if let Some(h) = held(i.b()) {
                set(&mut next, i.a() as u32, h);
            }
        }
        Op::LoadImm if i.x() == 4 => {
            set(&mut next, i.a() as u32, Held::Null);
            set(&mut next, (i.a() as u32).wrapping_sub(1), Held::Callable);
        }
        Op::LoadGlobalCall => {
            set(&mut next, i.a() as u32, Held::Callable);
            set(&mut next, i.a() as u32 + 1, Held::Null);
        }
        Op::LoadMethod | Op::LoadMethodWide | Op::LoadSuperMethod => {
            set(&mut next, i.a() as u32, Held::Callable)
        }
        Op::PushExcInfo => {
            set(&mut next, i.a() as u32, Held::Saved);
            set(&mut next, i.a() as u32 + 1, Held::Exception);
        }
        Op::JumpIfTrueKeep | Op::JumpIfFalseKeep => set(&mut jumped, i.a() as u32, Held::Object),
        Op::ForIter => set(&mut jumped, i.b() as u32, Held::Nothing),
        Op::Send => {
            set(&mut jumped, i.a() as u32, Held::Object);
        }
        _ => {}
    }
    (next, jumped)
}

fn fits(from: &State, to: &State) -> bool {
    from.iter().zip(to).all(|(from, to)| match to {
        Held::Nothing => true,
        Held::Object => !matches!(from, Held::Nothing | Held::Null | Held::Callable),
        to => from == to,
    })
}

fn explain(to: Option<&State>) -> &'static str {
    let Some(to) = to else { return "can't jump into an exception handler, or code may be unreachable" };
    match to.iter().rev().find(|h| **h != Held::Nothing) {
        Some(Held::Saved | Held::Exception) => "can't jump into an 'except' block as there's no exception",
        Some(Held::Iterator) => "can't jump into the body of a for loop",
        _ => "incompatible stacks",
    }
}

/// Where lines begin: the first instruction of each stretch of a line.
fn starts(code: &Code) -> Vec<(usize, u32)> {
    let lines = monitor::lines(code);
    let mut last = 0;
    let mut out = Vec::new();
    for (at, &line) in lines.iter().enumerate().skip(monitor::start_of(code)) {
        if line != 0 && line != last {
            out.push((at, line));
            last = line;
        }
    }
    out
}

/// Whether the event being told allows jumps.
fn allowed(vm: &Vm) -> PyResult<()> {
    match vm.thread.what_event.get() as usize {
        event::LINE | event::INSTRUCTION | event::JUMP | event::BRANCH_LEFT | event::BRANCH_RIGHT => Ok(()),
        event::PY_YIELD => Ok(()),
        event::PY_START | event::PY_RESUME => {
            Err(vm.value_error("can't jump from the 'call' trace event of a new frame"))
        }
        n if n < event::COUNT => Err(vm.value_error("can only jump from a 'line' trace event")),
        _ => Err(vm.value_error("f_lineno can only be set in a trace function")),
    }
}

/// Makes the frame go on at `line`.
pub fn to_line(vm: &Vm, f: &Frame, line: i64) -> PyResult<()> {
    allowed(vm)?;
    let code = f.code().clone();
    let first = code.data.firstlineno as i64;
    if line < first {
        return Err(vm.value_error(format_args!("line {line} comes before the current code block")));
    }
    let starts = starts(&code);
    // Lines without code stand for the next one that has some.
    let Some(wanted) = starts.iter().map(|s| s.1).filter(|l| *l as i64 >= line).min() else {
        return Err(vm.value_error(format_args!("line {line} comes after the current code block")));
    };
    let all = states(&code);
    let here = f.lasti();
    let Some(from) = all.get(here).cloned().flatten() else {
        return Err(vm.value_error("can't jump from unreachable code"));
    };
    let depth = |s: &State| s.iter().filter(|h| **h != Held::Nothing).count();
    let mut best: Option<(usize, State)> = None;
    let mut why = None;
    for &(at, _) in starts.iter().filter(|s| s.1 == wanted) {
        match all.get(at).and_then(|s| s.as_ref()) {
            Some(to) if fits(&from, to) => {
                if best.as_ref().is_none_or(|(_, b)| depth(to) > depth(b)) {
                    best = Some((at, to.clone()));
                }
            }
            to => why = why.or(Some(explain(to))),
        }
    }
    let Some((target, to)) = best else {
        return Err(vm.value_error(why.unwrap_or("incompatible stacks")));
    };
    fill_locals(vm, f, &code)?;
    // SAFETY: `target` is an instruction of this code.
    f.pc.set(unsafe { f.exec().instrs.as_ptr().add(target) });
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    for t in (0..from.len().min(to.len())).rev() {
        if to[t] != Held::Nothing {
            continue;
        }
        match from[t] {
            Held::Nothing => {}
            Held::Saved => {
                let old = regs.take(regs.first_temp + t);
                let mut old = old.filter(|v| !v.is_none());
                if f.kind.get() & super::frame::kind::GENERATOR != 0 {
                    old = super::generator::leave_handler(f, old);
                }
                drop(vm.exc.set_handled(old));
            }
            _ => drop(regs.take(regs.first_temp + t)),
        }
    }
    Ok(())
}

/// The code at the target may take for granted that its variables are bound.
fn fill_locals(vm: &Vm, f: &Frame, code: &Code) -> PyResult<()> {
    let unbound: Vec<usize> = (0..code.data.nlocals as usize).filter(|i| f.register(*i).is_none()).collect();
    // An argument that moved to its cell leaves its place empty.
    let moved = |i: usize| (0..code.data.ncells as usize).any(|c| code.data.cell_arg(c) == Some(i));
    let told = unbound.iter().filter(|i| !moved(**i)).count();
    for i in unbound {
        if !moved(i) {
            drop(f.replace_register(i, Some(Value::NONE)));
        }
    }
    if told > 0 {
        let s = if told == 1 { "" } else { "s" };
        vm.warn(&exc::RuntimeWarning, format_args!("assigning None to {told} unbound local{s}"), 0)?;
    }
    Ok(())
}
