//! The watched loop's side of events: what happens before a marked instruction, around calls of native functions, and to
//! exceptions. `legacy_trace.rs` has what `sys.settrace` and `sys.setprofile` make of it.

use super::frame::{Frame, kind};
use super::legacy_trace;
use super::monitor::{self, EVENT_NAMES, PROFILE_TOOL, TRACE_TOOL, event};
use super::run::Regs;
use super::{call, generator, ops};
use crate::errors::exc;
use crate::prelude::*;
use crate::types::code::Code;
use crate::types::function::{Function, Method};
use std::cell::Cell;
use std::ptr::null;
use taipan_bytecode::{Instr, Op};

/// What the watched loop remembers from one instruction to the next.
pub struct Watch {
    /// The frame whose instruction `last` was run last.
    frame: *const Frame,
    last: usize,
    /// `last` is a branch whose outcome somebody wants to know.
    branch: bool,
    /// A callback made the frame go on at `last`, the line of which it was told by that.
    moved: bool,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch { frame: null(), last: 0, branch: false, moved: false }
    }
}

/// What the watched loop shall do.
pub enum Step {
    /// Run this instruction.
    Run(Instr),
    /// Take the state from the frame again: it went elsewhere.
    Again,
    /// Nothing is watched here: on with the other loop.
    Leave,
}

/// Marks that the frame goes on after a `yield`, for the next step to see.
pub fn resumed(vm: &Vm, f: &Frame) {
    if vm.interp_state.monitor.on() {
        f.kind.set(f.kind.get() | kind::RESUMED);
    }
}

/// Before the top frame's instruction at its `pc`.
#[inline(never)]
pub fn step(vm: &Vm, w: &mut Watch) -> PyResult<Step> {
    // SAFETY: a frame is running.
    let f = unsafe { &*vm.thread.top() };
    // SAFETY: I5; the code object is kept alive by the frame's function, and its instructions never move.
    let exec = unsafe { &*f.exec };
    let pc = f.pc.get();
    // SAFETY: `pc` points into the frame's instructions (I4: the loop just saved it).
    let at = unsafe { pc.offset_from(exec.instrs.as_ptr()) } as usize;
    let same = std::ptr::eq(w.frame, f);
    let moved = std::mem::take(&mut w.moved) && same && w.last == at;
    let quiet = vm.thread.tracing.get() != 0;
    if std::mem::take(&mut w.branch) && same && !quiet {
        branched(vm, f, w.last, at)?;
    }
    let Some(marked) = exec.instrs.get(at).map(|c| c.get()) else {
        return Err(vm.system_error("no instruction"));
    };
    if marked.op() != Op::Instrumented {
        w.frame = null();
        return Ok(Step::Leave);
    }
    let code = f.code().clone();
    let Some(i) = code.data.instr(at) else { return Err(vm.system_error("no instruction")) };
    // SAFETY: an instruction is followed by another one (code ends in a terminator and a word behind it).
    let next = unsafe { pc.add(1) };
    if !quiet {
        let prev = if moved {
            Some(at)
        } else if same && code.data.instr(w.last).is_some_and(|i| i.op().info().effects.jump) {
            Some(w.last)
        } else {
            before(&code, at)
        };
        if before_instruction(vm, f, &code, at, i, prev)? {
            // SAFETY: the frame's `pc` points into its instructions.
            let to = unsafe { f.pc.get().offset_from(exec.instrs.as_ptr()) } as usize;
            (w.frame, w.last, w.moved) = (f, to, true);
            return Ok(Step::Again);
        }
        f.pc.set(next);
        if monitor::is_branch(i.op()) {
            let wanted = |e| tools_at(&code, at, e) != 0;
            if wanted(event::BRANCH_LEFT) || wanted(event::BRANCH_RIGHT) {
                w.branch = true;
            }
        }
        if i.op() == Op::ForIter && over_iterator(vm, f, &code, at, i)? {
            w.frame = f;
            w.last = at;
            return Ok(Step::Again);
        }
        let made = match i.op() {
            Op::Send => over_send(vm, f, &code, at, i)?,
            Op::LoadSuperAttr | Op::LoadSuperMethod => around_super(vm, f, &code, at, i)?,
            _ => false,
        };
        if made {
            w.frame = f;
            w.last = at;
            return Ok(Step::Again);
        }
        if is_call(i.op()) && around_call(vm, f, &code, at, i)? {
            w.frame = f;
            w.last = at;
            return Ok(Step::Again);
        }
    }
    f.pc.set(next);
    w.frame = f;
    w.last = at;
    Ok(Step::Run(i))
}

fn tools_at(code: &Code, at: usize, event: usize) -> u8 {
    code.watched.with(|w| w.as_ref().map_or(0, |w| w.tools(at, event)))
}

fn may(code: &Code, at: usize, event: usize) -> bool {
    code.watched.with(|w| w.as_ref().is_some_and(|w| w.may(at, event) && w.tools(at, event) != 0))
}

/// The instruction in front, where nothing jumped.
fn before(code: &Code, at: usize) -> Option<usize> {
    let i = at.checked_sub(1)?;
    if code.data.instr(i).is_some_and(|i| i.op() == Op::Ext) { i.checked_sub(1) } else { Some(i) }
}

fn is_call(op: Op) -> bool {
    matches!(op, Op::Call | Op::CallWide | Op::CallKw | Op::CallKwWide | Op::CallEx)
}

/// The position of an instruction as Python counts it.
fn offset(vm: &Vm, at: usize) -> Value {
    vm.new_int(crate::types::frame_object::shown_index(at))
}

/// Start, resumption, line, instruction, and what the instruction itself stands for. `true`: a callback moved the frame.
fn before_instruction(
    vm: &Vm,
    f: &Frame,
    code: &Gc<Code>,
    at: usize,
    i: Instr,
    prev: Option<usize>,
) -> PyResult<bool> {
    let pc = f.pc.get();
    let mut fresh = false;
    let begins = !f.begun.get();
    if !f.begun.get() && at >= monitor::start_of(code) {
        f.begun.set(true);
        if may(code, at, event::PY_START) {
            fresh = true;
            fire(vm, code, at, event::PY_START, &[offset(vm, at)])?;
        }
    }
    if f.kind.get() & kind::RESUMED != 0 {
        f.kind.set(f.kind.get() & !kind::RESUMED);
        if may(code, at, event::PY_RESUME) {
            fire(vm, code, at, event::PY_RESUME, &[offset(vm, at)])?;
        }
    }
    // SAFETY: as in `step`.
    let next = unsafe { pc.add(1) };
    f.pc.set(next);
    if may(code, at, event::LINE) {
        let line = code.line_at(at);
        let entered = code.data.exceptions.iter().any(|h| h.target as usize == at);
        let before = match prev {
            // Nobody was told of the start, which is on the function's own line.
            _ if begins && f.begun.get() => {
                if code.is_module() {
                    0
                } else {
                    code.data.firstlineno
                }
            }
            Some(p) => code.line_at(p),
            None => 0,
        };
        if fresh || entered && prev != Some(at) || before != line {
            fire(vm, code, at, event::LINE, &[vm.new_int(line as i64)])?;
            if f.pc.get() != next {
                return Ok(true);
            }
        }
    }
    if may(code, at, event::INSTRUCTION) {
        fire(vm, code, at, event::INSTRUCTION, &[offset(vm, at)])?;
        if f.pc.get() != next {
            return Ok(true);
        }
    }
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    match i.op() {
        Op::ReturnValue if may(code, at, event::PY_RETURN) => {
            let v = regs.get(i.a()).clone();
            fire(vm, code, at, event::PY_RETURN, &[offset(vm, at), v])?;
        }
        Op::ReturnConst if may(code, at, event::PY_RETURN) => {
            let v = code.constant(vm, i.bc() as usize);
            fire(vm, code, at, event::PY_RETURN, &[offset(vm, at), v])?;
        }
        Op::YieldValue if may(code, at, event::PY_YIELD) => {
            let v = regs.get(i.b()).clone();
            fire(vm, code, at, event::PY_YIELD, &[offset(vm, at), v])?;
        }
        Op::Jump | Op::JumpBack if may(code, at, event::JUMP) => {
            let to = monitor::target_of(code, at).unwrap_or(at);
            fire(vm, code, at, event::JUMP, &[offset(vm, at), offset(vm, to)])?;
        }
        Op::EndSend
            if may(code, at, event::STOP_ITERATION)
                && regs.slot(i.b() as usize).as_ref().is_some_and(|v| generator::state_of(v).is_some()) =>
        {
            let v = regs.get(i.c()).clone();
            let args = if v.is_none() { Vec::new() } else { vec![v] };
            let e = vm.new_exc_args(&exc::StopIteration, args);
            fire(vm, code, at, event::STOP_ITERATION, &[offset(vm, at), e])?;
        }
        _ => {}
    }
    Ok(f.pc.get() != next)
}

/// A branch at `last` led to `at`.
fn branched(vm: &Vm, f: &Frame, last: usize, at: usize) -> PyResult<()> {
    let code = f.code().clone();
    let here = f.pc.get();
    // SAFETY: both are instructions of this frame's code.
    f.pc.set(unsafe { here.offset(last as isize + 1 - at as isize) });
    let kept = f.pc.get();
    let taken = monitor::target_of(&code, last) == Some(at);
    let e = if taken { event::BRANCH_RIGHT } else { event::BRANCH_LEFT };
    if may(&code, last, e) {
        fire(vm, &code, last, e, &[offset(vm, last), offset(vm, at)])?;
    }
    if f.pc.get() == kept {
        f.pc.set(here);
    }
    Ok(())
}

/// A step of a loop over a generator or an iterator made in Python, whose end is told. `true`: made.
fn over_iterator(vm: &Vm, f: &Frame, code: &Gc<Code>, at: usize, i: Instr) -> PyResult<bool> {
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    let it = regs.get(i.b()).clone();
    let m = &vm.interp_state.monitor;
    let ended = if generator::plain_generator(&it).is_some() {
        if tools_at(code, at, event::STOP_ITERATION) == 0 {
            return Ok(false);
        }
        match generator::resume(vm, &it, generator::With::Send(Value::NONE))? {
            generator::Resumed::Yield(v) => {
                regs.put(i.a(), v);
                return Ok(true);
            }
            generator::Resumed::Return(v) => v,
        }
    } else {
        let ty = vm.type_of(&it);
        if m.tools(event::RAISE) == 0 || !ty.is_heap_type() {
            return Ok(false);
        }
        let next = ty.lookup(vm, &vm.names.__next__);
        if next.is_none_or(|n| n.downcast_exact::<Function>().is_none()) {
            return Ok(false);
        }
        match vm.call_method_name(&it, &vm.names.__next__, &[]) {
            Ok(v) => {
                regs.put(i.a(), v);
                return Ok(true);
            }
            Err(raised) if !vm.raised_is(&exc::StopIteration) => return Err(raised),
            Err(_) => {
                let e = vm.take_raised();
                if vm.thread.tracing.get() == 0 {
                    fire(vm, code, at, event::RAISE, &[offset(vm, at), e])?;
                }
                Value::NONE
            }
        }
    };
    if !ended.is_none() {
        let e = vm.new_exc_args(&exc::StopIteration, vec![ended]);
        fire(vm, code, at, event::STOP_ITERATION, &[offset(vm, at), e])?;
    }
    drop(it);
    drop(regs.take(i.b() as usize));
    // SAFETY: jump targets are in range.
    f.pc.set(unsafe { f.pc.get().offset(i.jump24() as isize) });
    Ok(true)
}

/// Sending to what is no generator, whose StopIteration is an exception to be told. `true`: sent.
fn over_send(vm: &Vm, f: &Frame, code: &Gc<Code>, at: usize, i: Instr) -> PyResult<bool> {
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    let it = regs.get(i.b()).clone();
    let delegated = generator::plain_generator(&it).or_else(|| generator::plain_coroutine(&it)).is_some();
    if delegated || vm.interp_state.monitor.tools(event::RAISE) == 0 {
        return Ok(false);
    }
    let v = regs.own(i.a());
    let ty = vm.type_of(&it);
    let r = match ty.slots.iternext.get() {
        Some(_) if v.is_none() && ty.is_heap_type() => {
            vm.call_method_name(&it, &vm.names.__next__, &[]).map(Some)
        }
        Some(next) if v.is_none() => next(vm, &it),
        _ => vm.call_method_name(&it, &vm.names.send, &[v]).map(Some),
    };
    let result = match r {
        Ok(Some(v)) => {
            regs.put(i.a(), v);
            return Ok(true);
        }
        Ok(None) => Value::NONE,
        Err(raised) if !vm.raised_is(&exc::StopIteration) => return Err(raised),
        Err(_) => {
            let e = vm.take_raised();
            let v = crate::errors::exception::field(&e, crate::errors::exception::VALUE);
            fire(vm, code, at, event::RAISE, &[offset(vm, at), e])?;
            v.unwrap_or(Value::NONE)
        }
    };
    regs.put(i.a(), result);
    // SAFETY: jump targets are in range.
    f.pc.set(unsafe { f.pc.get().offset(i.jump24() as isize) });
    Ok(true)
}

/// `super().name`, which counts as a call of `super`. `true`: made.
fn around_super(vm: &Vm, f: &Frame, code: &Gc<Code>, at: usize, i: Instr) -> PyResult<bool> {
    if !may(code, at, event::CALL) {
        return Ok(false);
    }
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    let callee = regs.get(i.b()).clone();
    let missing = vm.interp_state.monitor.missing.get().unwrap_or(Value::NONE);
    let first = if i.x() != 0 { regs.get(i.b() + 1).clone() } else { missing };
    let args = [offset(vm, at), callee.clone(), first];
    fire(vm, code, at, event::CALL, &args)?;
    let Some(site) = f.exec().sites.get(i.c() as usize) else { return Ok(false) };
    let Some(name) = f.exec().names.get(site.index as usize).cloned() else { return Ok(false) };
    let r = ops::load_super(vm, regs, i, site, &name, i.op() == Op::LoadSuperMethod);
    let native = callee.downcast_exact::<Function>().is_none();
    match r {
        Ok(()) if native => fire(vm, code, at, event::C_RETURN, &args)?,
        Ok(()) => {}
        Err(_) => {
            let e = vm.take_raised();
            if native {
                fire(vm, code, at, event::C_RAISE, &args)?;
            }
            return Err(vm.reraise(e));
        }
    }
    Ok(true)
}

/// The CALL event, and for native callables the call itself with C_RETURN or C_RAISE. `true`: the call was made.
fn around_call(vm: &Vm, f: &Frame, code: &Gc<Code>, at: usize, i: Instr) -> PyResult<bool> {
    if !may(code, at, event::CALL) {
        return Ok(false);
    }
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    let b = i.b();
    let mut callee = regs.get(b).clone();
    let (n, names) = match i.op() {
        Op::Call | Op::CallWide => (i.x() as usize, None),
        Op::CallKw => {
            let (n, k) = code.data.sites.get(i.c() as usize).map_or((0, 0), |s| (s.nargs as usize, s.index));
            (n, Some(code.constant(vm, k as usize)))
        }
        Op::CallKwWide => match code.data.instr(at + 1) {
            Some(e) => (e.a() as usize, Some(code.constant(vm, e.bc() as usize))),
            None => (0, None),
        },
        _ => (0, None),
    };
    let mut first = regs.slot(b as usize + 1).clone();
    if i.op() == Op::CallEx {
        // CPython calls the bound method here.
        if let Some(zelf) = first.take()
            && let Some(get) = vm.type_of(&callee).slots.descr_get.get()
        {
            callee = get(vm, &callee, Some(&zelf), vm.type_of(&zelf).as_value())?;
        }
        first = regs.slot(b as usize + 2).as_ref().and_then(|t| t.downcast::<Tuple>()?.get(0).cloned());
    } else if first.is_none() {
        first = match callee.downcast_exact::<Method>() {
            Some(m) => {
                let m = m.clone();
                callee = m.func.clone();
                Some(m.zelf.clone())
            }
            None if n > 0 => regs.slot(b as usize + 2).clone(),
            None => None,
        };
    }
    let missing = vm.interp_state.monitor.missing.get().unwrap_or(Value::NONE);
    let args = [offset(vm, at), callee.clone(), first.unwrap_or(missing)];
    fire(vm, code, at, event::CALL, &args)?;
    let native = callee.downcast_exact::<Function>().is_none() && callee.downcast_exact::<Method>().is_none();
    if !native || !may(code, at, event::CALL) {
        return Ok(false);
    }
    // `call_kw_wide` has its keyword names in a second word.
    if i.op() == Op::CallKwWide {
        // SAFETY: the word follows (verified).
        f.pc.set(unsafe { f.pc.get().add(1) });
    }
    let r = match (i.op(), &names) {
        (Op::CallEx, _) => call::call_ex(vm, regs, b),
        (_, Some(names)) => call::call_kw(vm, regs, b, n, names),
        _ => {
            let r = b as usize;
            let first = r + 2 - (regs.bits(b + 1) != 0) as usize;
            let all = regs.run(first, n + (r + 2 - first));
            vm.call_args(regs.get(b), CallArgs { all, kwnames: None }).inspect(|_| regs.drop_run(r, n + 2))
        }
    };
    match r {
        Ok(v) => {
            fire(vm, code, at, event::C_RETURN, &args)?;
            regs.put(i.a(), v);
            Ok(true)
        }
        Err(raised) => {
            let e = vm.take_raised();
            fire(vm, code, at, event::C_RAISE, &args)?;
            let _ = raised;
            Err(vm.reraise(e))
        }
    }
}

/// Tells the tools that want it. `args` follow the code object; the first is the place (or line).
fn fire(vm: &Vm, code: &Gc<Code>, at: usize, event: usize, args: &[Value]) -> PyResult<()> {
    // What follows a call is wanted by who wanted the call.
    let place = if event == event::C_RETURN || event == event::C_RAISE { event::CALL } else { event };
    let tools =
        if place < event::LOCAL { tools_at(code, at, place) } else { vm.interp_state.monitor.tools(event) };
    if vm.thread.tracing.get() != 0 {
        return Ok(());
    }
    let mut left = tools;
    while left != 0 {
        let tool = 7 - left.leading_zeros() as usize;
        left &= !(1 << tool);
        let disable = match tool {
            TRACE_TOOL => legacy_trace::trace(vm, code, at, event, args)?,
            PROFILE_TOOL => legacy_trace::profile(vm, event, args)?,
            _ => call_tool(vm, code.as_value(), event, tool, args)?,
        };
        if !disable {
            continue;
        }
        if event < event::LOCAL {
            monitor::disable(vm, code, at, event, tool);
            // The older name of the event stands for both ways of a branch.
            if vm.interp_state.monitor.callbacks[tool][event::BRANCH].is_some() {
                match event {
                    event::BRANCH_LEFT => monitor::disable(vm, code, at, event::BRANCH_RIGHT, tool),
                    event::BRANCH_RIGHT => monitor::disable(vm, code, at, event::BRANCH_LEFT, tool),
                    _ => {}
                }
            }
        } else {
            return Err(cannot_disable(vm, event, tool));
        }
    }
    Ok(())
}

/// Tells the tools of `active` of an event in something that is no code of the machine's. Who answers DISABLE is taken out.
pub fn fire_for(vm: &Vm, code: &Value, active: &Cell<u8>, event: usize, args: &[Value]) -> PyResult<()> {
    if vm.thread.tracing.get() != 0 {
        return Ok(());
    }
    for tool in (0..8).rev().filter(|t| active.get() & 1 << t != 0) {
        if !call_tool(vm, code, event, tool, args)? {
            continue;
        }
        if event >= event::LOCAL {
            return Err(cannot_disable(vm, event, tool));
        }
        active.set(active.get() & !(1 << tool));
    }
    Ok(())
}

#[cold]
fn cannot_disable(vm: &Vm, event: usize, tool: usize) -> Raised {
    drop(vm.interp_state.monitor.callbacks[tool][event].take());
    vm.value_error(format_args!("Cannot disable {} events. Callback removed.", EVENT_NAMES[event]))
}

/// Calls a tool's callback; `true`: it answered DISABLE.
fn call_tool(vm: &Vm, code: &Value, event: usize, tool: usize, args: &[Value]) -> PyResult<bool> {
    let m = &vm.interp_state.monitor;
    let Some(callback) = m.callbacks.get(tool).and_then(|c| c[event].get()) else { return Ok(false) };
    let mut all = Vec::with_capacity(args.len() + 1);
    all.push(code.clone());
    all.extend_from_slice(args);
    let r = quietly(vm, event, || vm.call(&callback, &all))?;
    Ok(m.disable.get().is_some_and(|d| d.is(&r)))
}

/// Runs a callback, during which nothing is watched on this thread.
pub fn quietly<R>(vm: &Vm, event: usize, f: impl FnOnce() -> R) -> R {
    let before = vm.thread.what_event.replace(event as u8);
    vm.thread.tracing.set(vm.thread.tracing.get() + 1);
    let r = f();
    vm.thread.tracing.set(vm.thread.tracing.get().saturating_sub(1));
    vm.thread.what_event.set(before);
    r
}

/// Tells of the exception on its way; a callback's own takes its place.
#[cold]
fn exception_event(vm: &Vm, f: &Frame, event: usize) {
    if vm.interp_state.monitor.tools(event) == 0 || vm.thread.tracing.get() != 0 {
        return;
    }
    let e = vm.take_raised();
    let code = f.code().clone();
    let at = f.lasti();
    // A callback's own exception has this one as its context.
    if fire(vm, &code, at, event, &[offset(vm, at), e.clone()]).is_ok() {
        let _ = vm.reraise(e);
    }
}

/// An exception was raised in the frame, or came into it from a call.
pub fn raised(vm: &Vm, f: &Frame, again: bool) {
    exception_event(vm, f, if again { event::RERAISE } else { event::RAISE })
}

/// The frame is about to be left by the exception.
pub fn unwound(vm: &Vm, f: &Frame) {
    exception_event(vm, f, event::PY_UNWIND)
}

/// `throw()` put the exception into the generator's frame.
pub fn thrown(vm: &Vm, f: &Frame) {
    f.kind.set(f.kind.get() & !kind::RESUMED);
    exception_event(vm, f, event::PY_THROW)
}

/// A handler was found for exception `e`, which the frame goes to.
pub fn handled(vm: &Vm, f: &Frame, e: &Value) -> PyResult<()> {
    if vm.interp_state.monitor.tools(event::EXCEPTION_HANDLED) == 0 || vm.thread.tracing.get() != 0 {
        return Ok(());
    }
    let code = f.code().clone();
    let at = f.lasti() + 1;
    fire(vm, &code, at, event::EXCEPTION_HANDLED, &[offset(vm, at), e.clone()])
}
