//! Generators, coroutines and async generators: suspending a frame to the heap and resuming it.
//!
//! A generator's frame and its window lie in a box that the generator owns, while it runs too: resuming links the frame
//! into the stack and suspending takes it off. Windows of functions that it calls begin at `Frame::free`, above its
//! resumer's.
//!
//! I1  `GenState::waiting` answers the frame exactly while it is neither running nor finished.
//! I2  While it runs, the frame owns a reference to its generator.

use super::chain;
use super::feed::Consumer;
use super::frame::{Frame, kind};
use super::run::{self, Flow, Regs};
use super::unwind;
use crate::errors::exc;
use crate::object::ValueExt;
use crate::types::code::{Code, Exec};
use crate::types::function::Function;
use crate::types::generator::{
    AsyncGenerator, Coroutine, GenState, Generator, enter_step, leave_step, next_step, unwrap_async_value,
};
use crate::{PyResult, Raised, Value, Vm};
use std::cell::Cell;
use taipan_bytecode::{Instr, Op, flags};
use taipan_heap::Gc;

/// What `make` made, and how the frame had been called.
pub struct Made {
    pub value: Value,
    pub kind: u8,
    pub dst: u16,
}

/// The state in a generator-like object.
pub fn state_of(v: &Value) -> Option<&GenState> {
    if let Some(g) = v.downcast_exact::<Generator>() {
        return Some(&g.0);
    }
    if let Some(g) = v.downcast_exact::<Coroutine>() {
        return Some(&g.0);
    }
    v.downcast_exact::<AsyncGenerator>().map(|g| &g.0)
}

/// The value as a plain generator, which the loop resumes itself.
#[inline(always)]
pub fn plain_generator(v: &Value) -> Option<&Value> {
    v.downcast_exact::<Generator>().map(|_| v)
}

/// The state of a generator or coroutine.
#[inline(always)]
pub fn plain_state(v: &Value) -> Option<&GenState> {
    match v.downcast_exact::<Generator>() {
        Some(g) => Some(&g.0),
        None => v.downcast_exact::<Coroutine>().map(|c| &c.0),
    }
}

#[inline(always)]
pub fn plain_coroutine(v: &Value) -> Option<&Value> {
    v.downcast_exact::<Coroutine>().map(|_| v)
}

/// Moves the top frame, whose first instruction asked for it, into a new generator.
pub fn make(vm: &Vm) -> Made {
    // SAFETY: a frame is running; its registers are taken over by `suspend`.
    let f = unsafe { &*vm.thread.top() };
    let (k, dst) = (f.kind.get(), f.dst);
    let code = f.code().clone();
    let func = &f.func;
    let co = f.exec().flags;
    let state = GenState::new(code);
    if let Some((name, qualname)) = func.as_ref().and_then(|f| f.own_names()) {
        state.set_names(name, qualname);
    }
    let value = if co & flags::ASYNC_GENERATOR != 0 {
        vm.alloc(AsyncGenerator(state)).into_value()
    } else if co & flags::COROUTINE != 0 {
        vm.alloc(Coroutine(state)).into_value()
    } else {
        vm.alloc(Generator(state)).into_value()
    };
    if let Some(s) = state_of(&value) {
        suspend(vm, s);
        if co & flags::COROUTINE != 0 && vm.thread.origin_depth.get() > 0 {
            s.set_origin(origin(vm));
        }
    }
    Made { value, kind: k, dst }
}

/// `make` for the call whose frame is on top, of kind 0 and without names of its own; the frame is gone then. Hot.
///
/// # Safety
/// `frame` is the top frame, runs `exec` and has just begun; it goes on at `pc`.
#[inline(never)]
pub unsafe fn make_plain(vm: &Vm, frame: *mut Frame, exec: &Exec, pc: *const Cell<Instr>) -> Value {
    // SAFETY: by contract.
    let state = GenState::new(unsafe { (*frame).code().clone() });
    // SAFETY: by contract.
    unsafe { state.keep_new(vm, frame, exec, pc) };
    if exec.flags & flags::ASYNC_GENERATOR != 0 {
        vm.alloc(AsyncGenerator(state)).into_value()
    } else if exec.flags & flags::COROUTINE != 0 {
        vm.alloc(Coroutine(state)).into_value()
    } else {
        vm.alloc(Generator(state)).into_value()
    }
}

/// What calling a function with one argument answers, if it is a generator function and nobody watches.
#[inline]
pub fn of_call(vm: &Vm, f: &Gc<Function>, arg: &Value) -> Option<Value> {
    let exec = f.known_exec()?;
    // SAFETY: a function always has code.
    let exec = unsafe { &*exec };
    if !begins_with_one(vm, exec) || f.has_own_names() {
        return None;
    }
    let code = f.code.get()?;
    Some(begin(vm, code, f.clone(), exec, arg.clone()))
}

/// Whether a call of this code with one argument only makes a generator.
#[inline(always)]
pub fn begins_with_one(vm: &Vm, exec: &Exec) -> bool {
    const OTHERS: u32 = flags::COROUTINE | flags::ASYNC_GENERATOR | flags::ITERABLE_COROUTINE;
    exec.flags & (flags::GENERATOR | OTHERS) == flags::GENERATOR
        && exec.simple_args == 1
        && exec.instrs.first().is_some_and(|i| i.get().opcode() == Op::ReturnGenerator as u8)
        && !vm.interp_state.monitor.on()
        && vm.thread.tracing.get() == 0
        && vm.thread.has_place()
}

/// The generator of a call of `func`, for which `begins_with_one`.
#[inline]
pub fn begin(vm: &Vm, code: Gc<Code>, func: Gc<Function>, exec: &Exec, arg: Value) -> Value {
    let state = GenState::new(code);
    // SAFETY: one parameter, and the caller says whose code it is.
    unsafe { state.begin(func, exec, arg) };
    vm.alloc(Generator(state)).into_value()
}

/// The frame of a generator that waits, if resuming it has nothing to do but that, in code that nobody watches.
#[inline(always)]
pub fn waiting_frame(vm: &Vm, g: &GenState) -> Option<*mut Frame> {
    let f = g.frame();
    let plain = !f.is_null()
        && !g.running.get()
        && !g.handled.is_some()
        && !vm.exc.is_handling()
        && !vm.interp_state.monitor.on()
        && vm.thread.tracing.get() == 0
        && vm.thread.has_place();
    if !plain {
        return None;
    }
    if !g.started.get() {
        return Some(f);
    }
    // SAFETY: a waiting frame, behind its first instruction, which has not been marked by a watcher; the register is the
    // frame's.
    unsafe {
        let waits = (*(*f).pc.get().sub(1)).get();
        let word = *((*f).base.add(waits.a() as usize) as *const u64);
        (waits.opcode() == Op::YieldValue as u8 && word & 7 != 0).then_some(f)
    }
}

/// Resumes a generator with `None`: answers the frame that is on top then, its own or that of one to which it delegates. The
/// frame takes over the word of the generator: counted, unless `k` is of `kind::LOOP`.
///
/// # Safety
/// `f` is what `waiting_frame` answered for the state of `g`, `top` the top frame or place 0.
#[inline(always)]
pub unsafe fn resume_plain(
    vm: &Vm,
    top: &Frame,
    f: *mut Frame,
    state: &GenState,
    g: u64,
    k: u8,
    dst: u16,
) -> *mut Frame {
    // SAFETY: by contract.
    unsafe {
        if (*f).kind.get() & kind::CHAINED != 0
            && let Some(leaf) = chain::resume(vm, top, f, state, g, k, dst)
        {
            return leaf;
        }
        resume_alone(vm, top, f, state, g, k, dst)
    }
}

/// `resume_plain` of one that does not wait in a chain.
///
/// # Safety
/// As for `resume_plain`.
#[inline(always)]
pub unsafe fn resume_alone(
    vm: &Vm,
    top: &Frame,
    f: *mut Frame,
    state: &GenState,
    g: u64,
    k: u8,
    dst: u16,
) -> *mut Frame {
    // SAFETY: by contract.
    unsafe {
        let was = (*f).kind.get();
        state.running.set(true);
        state.inherits.set(true);
        vm.thread.link_unchecked(top, f);
        (*f).kind.set(was & kind::WAITING | k);
        (*f).dst = dst;
        std::ptr::write(&raw mut (*f).owner, Some(Value::from_bits(g)));
        if state.started.replace(true) {
            (*f).begun.set(true);
            let waits = (*(*f).pc.get().sub(1)).get();
            std::ptr::write((*f).base.add(waits.a() as usize), Some(Value::NONE));
        }
        f
    }
}

/// The frame on top, a generator's that the loop or native code resumed, is done, and all of its values have been given
/// back but its function and the generator, which others refer to. Answers how it had been resumed. The function may die
/// of that.
///
/// # Safety
/// As said.
#[inline(always)]
pub unsafe fn end_plain(vm: &Vm, f: *mut Frame, state: &GenState, exec: &Exec) -> (u8, u16) {
    // SAFETY: by contract.
    unsafe {
        let (k, dst) = ((*f).kind.get(), (*f).dst);
        let g = std::ptr::read(&raw const (*f).owner as *const u64);
        let func = std::ptr::read(&raw const (*f).func as *const u64);
        vm.thread.left_chain(f);
        vm.thread.unlink(f);
        state.finished.set(true);
        state.running.set(false);
        state.free_block(exec.nregs);
        if !Value::release_shared(func) {
            run::release_word(func);
        }
        if k & kind::LOOP == 0 && !Value::release_shared(g) {
            run::release_word(g);
        }
        (k, dst)
    }
}

/// Where a coroutine is made, the innermost call first: file, line and function of as many frames as are asked for.
#[cold]
fn origin(vm: &Vm) -> Value {
    let mut out = Vec::new();
    let mut at = vm.top_frame();
    while let Some(f) = at
        && out.len() < vm.thread.origin_depth.get() as usize
    {
        let code = f.code();
        let line = vm.new_int(f.line().into());
        let entry = vec![code.filename(vm).to_value(), line, code.name(vm).to_value()];
        out.push(vm.new_tuple(entry).into_value());
        at = vm.thread.below(f);
    }
    vm.new_tuple(out).into_value()
}

/// Takes the top frame off and keeps it in `state`.
#[inline(always)]
fn suspend(vm: &Vm, state: &GenState) {
    let f = vm.thread.top();
    // SAFETY: the running frame.
    unsafe {
        vm.thread.left_chain(f);
        vm.thread.unlink(f);
        (*f).kind.set((*f).kind.get() & kind::MORE | kind::GENERATOR);
    }
    if state.frame() != f {
        // SAFETY: off the stack; `first_suspension` moves it.
        unsafe { first_suspension(state, f) };
    }
}

/// Moves a frame and its window from the stack to the heap.
///
/// # Safety
/// The frame was the top one and is not looked at again.
unsafe fn first_suspension(state: &GenState, f: *mut Frame) {
    // SAFETY: by contract; a frame on the stack has its registers there (I1 of mod.rs).
    unsafe { state.keep(f) };
    if let Some(a) = state.waiting()
        && let Some(o) = a.frame.object.get()
    {
        o.relocate(&a.frame);
    }
}

/// Puts a suspended frame on top. `sent` goes where the frame waits for it.
#[inline(always)]
fn resume_frame(vm: &Vm, g: &Value, state: &GenState, sent: Option<Value>, k: u8, dst: u16) -> PyResult<()> {
    state.settle();
    let f = state.frame();
    if f.is_null() || state.running.get() {
        return Err(vm.system_error("generator is not suspended"));
    }
    // SAFETY: a waiting frame, which stays where it is until it is suspended or done.
    let f = unsafe {
        vm.thread.link(vm, f)?;
        &mut *f
    };
    f.kind.set(f.kind.get() & kind::MORE | kind::GENERATOR | k);
    if state.started.get() {
        f.begun.set(true);
        super::tracing::resumed(vm, f);
    }
    f.dst = dst;
    f.set_generator(g);
    if let Some(v) = sent
        && let Some(i) = instr_before(f, 1)
        && i.opcode() == Op::YieldValue as u8
    {
        Regs { base: f.base, first_temp: f.exec().first_temp }.put(i.a(), v);
    }
    state.started.set(true);
    state.running.set(true);
    // The exceptions being handled form a stack through resumed generators.
    if !state.handled.is_some() {
        // A generator that handles nothing itself sees what its resumer handles.
        state.inherits.set(true);
        if vm.exc.is_handling() {
            state.handled.set(vm.exc.handled());
        }
    } else {
        let outer = vm.exc.set_handled(state.handled.take());
        state.handled.set(outer);
        state.inherits.set(false);
    }
    Ok(())
}

/// Swaps the handled exceptions back when the frame is left.
#[inline(always)]
fn restore_handled(vm: &Vm, state: &GenState, keep_inner: bool) {
    state.running.set(false);
    if state.handled.is_some() || vm.exc.is_handling() {
        restore_some(vm, state, keep_inner);
    }
}

#[cold]
#[inline(never)]
fn restore_some(vm: &Vm, state: &GenState, keep_inner: bool) {
    let inner = vm.exc.set_handled(state.handled.take());
    // What was inherited is not the generator's own.
    if keep_inner && !state.inherits.get() {
        state.handled.set(inner);
    }
}

/// A handler begins in a generator's frame: what it must restore, given what was handled before. Nothing stands for
/// what the resumer handles, who may be another one by then.
pub fn enter_handler(f: &Frame, before: Option<Value>) -> Option<Value> {
    match f.generator().and_then(state_of) {
        Some(state) if state.inherits.replace(false) => None,
        _ => before,
    }
}

/// A handler ends in a generator's frame: what is handled from now on, given what `enter_handler` answered.
pub fn leave_handler(f: &Frame, before: Option<Value>) -> Option<Value> {
    match f.generator().and_then(state_of) {
        Some(state) if before.is_none() => {
            state.inherits.set(true);
            state.handled.get()
        }
        _ => before,
    }
}

/// Runs `f` with the suspended generator's frame on the stack, so that it can be seen there.
pub fn on_stack<R>(vm: &Vm, g: &Value, state: &GenState, f: impl FnOnce() -> R) -> PyResult<R> {
    resume_frame(vm, g, state, None, kind::ENTRY, 0)?;
    let r = f();
    // SAFETY: what `f` put on the stack is gone again.
    let held = unsafe {
        let top = &mut *vm.thread.top();
        top.kind.set(top.kind.get() & !kind::RESUMED);
        top.take_generator()
    };
    suspend(vm, state);
    restore_handled(vm, state, true);
    drop(held);
    Ok(r)
}

#[inline(always)]
pub fn instr_before(f: &Frame, n: usize) -> Option<Instr> {
    // SAFETY: both point into the instruction array; the result is checked.
    let at = unsafe { f.pc.get().offset_from(f.exec().instrs.as_ptr()) } as usize;
    let at = at.checked_sub(n)?;
    let i = f.exec().instrs.get(at)?.get();
    // Watched code has its marks there.
    if i.opcode() == Op::Instrumented as u8 { f.code().data.instr(at) } else { Some(i) }
}

/// Resumes a generator from the loop. `false`: it cannot be, and the general path says why.
#[inline(always)]
pub fn resume_in_loop(vm: &Vm, g: &Value, sent: Option<Value>, k: u8, dst: u16) -> PyResult<bool> {
    let Some(state) = state_of(g) else { return Ok(false) };
    if !state.is_waiting() || vm.thread.tracing.get() != 0 {
        return Ok(false);
    }
    if k == kind::SEND && !state.started.get() && sent.as_ref().is_some_and(|v| !v.is_none()) {
        return Ok(false);
    }
    resume_frame(vm, g, state, Some(sent.unwrap_or(Value::NONE)), k, dst)?;
    Ok(true)
}

/// What an async generator yields to the loop's `send`; what it awaits itself is none of it.
#[inline(always)]
fn step_value(g: &Value, v: &Value) -> Option<Value> {
    if is_async(g) { unwrap_async_value(v) } else { None }
}

#[inline(always)]
pub fn is_async(g: &Value) -> bool {
    g.downcast_exact::<AsyncGenerator>().is_some()
}

/// `send` to a step of an async generator, as `resume_in_loop`.
pub fn step_in_loop(vm: &Vm, step: &Value, v: &Value, dst: u16) -> PyResult<bool> {
    if vm.thread.tracing.get() != 0 || vm.interp_state.monitor.on() {
        return Ok(false);
    }
    let Some((g, sent)) = enter_step(step, v) else { return Ok(false) };
    let Some(state) = state_of(g) else { return Ok(false) };
    let resumed = resume_frame(vm, g, state, Some(sent), kind::SEND, dst);
    if resumed.is_err() {
        leave_step(Some(step), state);
    }
    resumed.map(|()| true)
}

/// `step_in_loop` with `None`; Rust's `None`: an exception is raised.
#[inline(never)]
pub fn step_with_none(vm: &Vm, step: &Value, dst: u16) -> Option<bool> {
    step_in_loop(vm, step, &Value::NONE, dst).ok()
}

/// The top frame, an async generator's whose step the loop resumed, yields this value.
///
/// # Safety
/// The word's reference is given away.
#[inline(never)]
pub unsafe fn yield_step(vm: &Vm, v: u64) {
    // SAFETY: by contract; a frame is running.
    let (v, f) = unsafe { (Value::from_bits(v), &mut *vm.thread.top()) };
    let Some(g) = f.take_generator() else { return };
    let Some(state) = state_of(&g) else { return };
    suspend(vm, state);
    restore_handled(vm, state, true);
    end_step(vm, state, Some(v));
}

/// A step that the loop resumed is over, and the resumer's frame on top again: its `send` is done if there is a value.
pub fn end_step(vm: &Vm, state: &GenState, v: Option<Value>) {
    // SAFETY: the resumer's frame is on top; `pc` is behind the `send` that resumed.
    let caller = unsafe { &mut *vm.thread.top() };
    let Some(i) = instr_before(caller, 1) else { return };
    let regs = Regs { base: caller.base, first_temp: caller.exec().first_temp };
    leave_step(regs.slot(i.b() as usize).as_ref(), state);
    if let Some(v) = v {
        regs.put(i.a(), v);
        // SAFETY: jump targets are in range.
        caller.pc.set(unsafe { caller.pc.get().offset(i.jump24() as isize) });
    }
}

/// The generator whose step the loop resumed has returned, and its frame is gone.
#[cold]
pub fn step_returned(vm: &Vm, g: &Value) -> Raised {
    if let Some(state) = state_of(g) {
        state.closed.set(true);
        end_step(vm, state, None);
    }
    vm.raise_args(&exc::StopAsyncIteration, Vec::new())
}

/// The exception `e` has left the generator whose step the loop resumed, and its frame is gone.
#[cold]
pub fn step_raised(vm: &Vm, g: &Value, e: &Value) {
    let Some(state) = state_of(g) else { return };
    let class = vm.type_of(e);
    if class.is_subtype(vm.type_for_ref(&exc::StopAsyncIteration))
        || class.is_subtype(vm.type_for_ref(&exc::GeneratorExit))
    {
        state.closed.set(true);
    }
    end_step(vm, state, None);
}

/// `yield_value`: the top frame suspends with `v`.
#[inline(always)]
pub fn yield_value(vm: &Vm, v: Value) -> PyResult<Flow> {
    // SAFETY: a frame is running.
    let f = unsafe { &mut *vm.thread.top() };
    let (k, dst) = (f.kind.get(), f.dst);
    let Some(g) = f.take_generator() else { return Err(vm.system_error("yield outside a generator")) };
    let Some(state) = state_of(&g) else { return Err(vm.system_error("yield outside a generator")) };
    suspend(vm, state);
    restore_handled(vm, state, true);
    if k & kind::ENTRY != 0 {
        return Ok(Flow::Done(v));
    }
    if let Some(v) = step_value(&g, &v) {
        end_step(vm, state, Some(v));
        return Ok(Flow::Switch);
    }
    // SAFETY: the resumer's frame is on top.
    let caller = unsafe { &*vm.thread.top() };
    Regs { base: caller.base, first_temp: caller.exec().first_temp }.put(dst, v);
    Ok(Flow::Switch)
}

/// The top frame, whose values go to a built-in, suspends: answers the generator, and what takes its values.
#[cold]
#[inline(never)]
pub fn suspend_fed(vm: &Vm) -> PyResult<(Value, Consumer)> {
    // SAFETY: a frame is running.
    let f = unsafe { &mut *vm.thread.top() };
    let consumer = Consumer::of_number(f.dst);
    let Some(g) = f.take_generator() else { return Err(vm.system_error("yield outside a generator")) };
    let Some(state) = state_of(&g) else { return Err(vm.system_error("yield outside a generator")) };
    suspend(vm, state);
    restore_handled(vm, state, true);
    Ok((g, consumer))
}

/// The generator's frame is about to be popped for good. What comes back is to be given to `forget` after that.
#[must_use]
pub fn finish(vm: &Vm, f: &mut Frame) -> Option<Value> {
    let g = f.take_generator()?;
    if let Some(state) = state_of(&g) {
        restore_handled(vm, state, false);
        // The frame is the stack's until it has been popped.
        state.running.set(true);
        state.finished.set(true);
    }
    Some(g)
}

/// The generator's frame has been popped.
pub fn forget(vm: &Vm, g: Option<Value>) {
    if let Some(state) = g.as_ref().and_then(state_of) {
        state.forget_popped(vm);
        state.running.set(false);
    }
}

/// A generator that the loop resumed returned: does in the resumer's frame what its instruction says.
pub fn end_in_caller(vm: &Vm, k: u8, dst: u16, v: Value) {
    // SAFETY: the resumer's frame is on top; `pc` is behind the `for_iter` or `send` that resumed.
    let caller = unsafe { &mut *vm.thread.top() };
    let Some(i) = instr_before(caller, 1) else { return };
    let regs = Regs { base: caller.base, first_temp: caller.exec().first_temp };
    if k & kind::FOR_ITER != 0 {
        drop(v);
        drop(regs.take(i.b() as usize));
    } else {
        regs.put(dst, v);
    }
    // SAFETY: jump targets are in range.
    caller.pc.set(unsafe { caller.pc.get().offset(i.jump24() as isize) });
}

/// What resuming gave.
pub enum Resumed {
    Yield(Value),
    Return(Value),
}

/// What a generator is resumed with.
pub enum With {
    Send(Value),
    Throw(Value),
}

fn kind_name(v: &Value) -> &'static str {
    if v.downcast_exact::<Coroutine>().is_some() {
        "coroutine"
    } else if v.downcast_exact::<AsyncGenerator>().is_some() {
        "async generator"
    } else {
        "generator"
    }
}

/// Resumes from native code. `Err` leaves the generator finished (except for misuse errors).
pub fn resume(vm: &Vm, g: &Value, with: With) -> PyResult<Resumed> {
    let Some(state) = state_of(g) else { return Err(vm.type_error("not a generator")) };
    if let With::Send(v) = &with
        && v.is_none()
        && let Some(f) = waiting_frame(vm, state)
    {
        // SAFETY: as for `next_value`.
        unsafe { resume_plain(vm, &*vm.thread.top(), f, state, g.clone().into_bits(), kind::ENTRY, 0) };
        let v = run::run(vm)?;
        return Ok(outcome(state, v));
    }
    state.settle();
    if state.running.get() && !state.finished.get() {
        return Err(vm.value_error(format_args!("{} already executing", kind_name(g))));
    }
    if state.finished.get() || state.frame().is_null() {
        if kind_name(g) == "coroutine" && !state.closing.get() {
            return Err(vm.runtime_error("cannot reuse already awaited coroutine"));
        }
        return match with {
            With::Send(_) => Ok(Resumed::Return(Value::NONE)),
            With::Throw(e) => Err(vm.reraise(e)),
        };
    }
    match with {
        With::Send(v) => {
            if !state.started.get() && !v.is_none() {
                return Err(vm.type_error(format_args!(
                    "can't send non-None value to a just-started {}",
                    kind_name(g)
                )));
            }
            resume_frame(vm, g, state, Some(v), kind::ENTRY, 0)?;
            let v = run::run(vm)?;
            Ok(outcome(state, v))
        }
        With::Throw(e) => {
            resume_frame(vm, g, state, None, kind::ENTRY, 0)?;
            // Only an exception that the generator itself is handling becomes the context.
            let _ = if state.inherits.get() { vm.reraise(e) } else { vm.raise(e) };
            if vm.interp_state.monitor.on() {
                // SAFETY: the frame is on top.
                super::tracing::thrown(vm, unsafe { &mut *vm.thread.top() });
            }
            unwind::unwind(vm)?;
            let v = run::run(vm)?;
            Ok(outcome(state, v))
        }
    }
}

/// Resumes a waiting generator with None: what it yields, or, if it is `finished` then, returns.
#[inline]
pub fn next_value(vm: &Vm, g: &Value, state: &GenState) -> PyResult<Value> {
    if let Some(f) = waiting_frame(vm, state) {
        // SAFETY: just answered; the caller holds the generator. Place 0 says where windows begin as frames do.
        unsafe { resume_plain(vm, &*vm.thread.top(), f, state, g.clone().into_bits(), kind::ENTRY, 0) };
        return run::run(vm);
    }
    resume_frame(vm, g, state, Some(Value::NONE), kind::ENTRY, 0)?;
    run::run(vm)
}

fn outcome(state: &GenState, v: Value) -> Resumed {
    if state.finished.get() { Resumed::Return(v) } else { Resumed::Yield(v) }
}

/// The iterator that a suspended generator delegates to (`yield from`, `await`).
pub fn delegate(state: &GenState) -> Option<Value> {
    let f = &state.waiting()?.frame;
    let y = instr_before(f, 1)?;
    if y.op() != Op::YieldValue || y.x() != 1 {
        return None;
    }
    let send = instr_before(f, 2)?;
    if send.op() != Op::Send {
        return None;
    }
    f.register(send.b() as usize)
}

/// `send`: (finished, value).
pub fn send(vm: &Vm, it: &Value, v: Value) -> PyResult<(bool, Value)> {
    if it.downcast_exact::<Generator>().is_some() || it.downcast_exact::<Coroutine>().is_some() {
        return Ok(match resume(vm, it, With::Send(v))? {
            Resumed::Yield(v) => (false, v),
            Resumed::Return(v) => (true, v),
        });
    }
    let r = if v.is_none() && vm.type_of(it).slots.iternext.get().is_some() {
        let next = vm.type_of(it).slots.iternext.get();
        match next.map(|f| f(vm, it)) {
            Some(Ok(Some(v))) => return Ok((false, v)),
            Some(Ok(None)) => return Ok((true, Value::NONE)),
            Some(Err(raised)) => Err(raised),
            None => return Err(vm.system_error("no next")),
        }
    } else {
        vm.call_method_name(it, &vm.names.send, &[v])
    };
    match r {
        Ok(v) => Ok((false, v)),
        Err(raised) => {
            if vm.raised_is(&exc::StopIteration) {
                let e = vm.take_raised();
                let v = crate::errors::exception::field(&e, crate::errors::exception::VALUE);
                return Ok((true, v.unwrap_or(Value::NONE)));
            }
            Err(raised)
        }
    }
}

pub fn yield_from_iter(vm: &Vm, v: &Value, co_flags: u32) -> PyResult<Value> {
    if v.downcast_exact::<Coroutine>().is_some() {
        if co_flags & (flags::COROUTINE | flags::ITERABLE_COROUTINE) == 0 {
            return Err(vm.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator"));
        }
        return Ok(v.clone());
    }
    if v.downcast_exact::<Generator>().is_some() {
        return Ok(v.clone());
    }
    vm.get_iter(v)
}

/// `await v`: its iterator.
pub fn awaitable(vm: &Vm, v: &Value, x: u8) -> PyResult<Value> {
    if let Some(c) = v.downcast_exact::<Coroutine>() {
        if c.0.started.get() && delegate(&c.0).is_some() {
            return Err(vm.runtime_error("coroutine is being awaited already"));
        }
        return Ok(v.clone());
    }
    if let Some(g) = v.downcast_exact::<Generator>()
        && g.0.code.data.flags & flags::ITERABLE_COROUTINE != 0
    {
        return Ok(v.clone());
    }
    let ty = vm.type_of(v);
    let Some(f) = ty.slots.await_.get() else {
        let name = ty.name();
        return Err(vm.type_error(match x {
            1 => format!(
                "'async with' received an object from __aenter__ that does not implement __await__: {name}"
            ),
            2 => format!(
                "'async with' received an object from __aexit__ that does not implement __await__: {name}"
            ),
            _ => format!("'{name}' object can't be awaited"),
        }));
    };
    let it = f(vm, v)?;
    if it.downcast_exact::<Coroutine>().is_some() {
        return Err(vm.type_error("__await__() returned a coroutine"));
    }
    if vm.type_of(&it).slots.iternext.get().is_none() {
        return Err(vm.type_error(format_args!(
            "__await__() returned non-iterator of type '{}'",
            vm.type_of(&it).name()
        )));
    }
    Ok(it)
}

pub fn get_aiter(vm: &Vm, v: &Value) -> PyResult<Value> {
    let ty = vm.type_of(v);
    let Some(f) = ty.slots.aiter.get() else {
        return Err(vm.type_error(format_args!(
            "'async for' requires an object with __aiter__ method, got {}",
            ty.name()
        )));
    };
    let it = f(vm, v)?;
    if vm.type_of(&it).slots.anext.get().is_none() {
        return Err(vm.type_error(format_args!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            vm.type_of(&it).name()
        )));
    }
    Ok(it)
}

pub fn get_anext(vm: &Vm, v: &Value) -> PyResult<Value> {
    if let Some(g) = v.downcast_exact::<AsyncGenerator>() {
        return next_step(vm, g);
    }
    let ty = vm.type_of(v);
    let Some(f) = ty.slots.anext.get() else {
        return Err(vm.type_error(format_args!(
            "'async for' requires an iterator with __anext__ method, got {}",
            ty.name()
        )));
    };
    let next = f(vm, v)?;
    if v.downcast_exact::<AsyncGenerator>().is_some() {
        return Ok(next);
    }
    let r = awaitable(vm, &next, 0);
    match r {
        Ok(it) => Ok(it),
        Err(_) => {
            let cause = vm.take_raised();
            let e = vm.new_exc(
                &exc::TypeError,
                format_args!(
                    "'async for' received an invalid object from __anext__: {}",
                    vm.type_of(&next).name()
                ),
            );
            if let Some(b) = e.downcast::<crate::errors::BaseException>() {
                b.cause.set(Some(cause.clone()));
                b.suppress_context.set(true);
                b.context.set(Some(cause));
            }
            Err(vm.reraise(e))
        }
    }
}

/// A sub-iterator ended out of a `throw`: moves a suspended frame behind its `send`, as if that had finished.
pub fn skip_send(state: &GenState) {
    if let Some(f) = state.waiting().map(|a| &a.frame)
        && let Some(send) = instr_before(f, 2)
        && send.op() == Op::Send
    {
        state.set_result_register(send.a());
        // SAFETY: the jump is relative to the instruction after `send`, one before `pc`; targets are in range.
        f.pc.set(unsafe { f.pc.get().offset(send.jump24() as isize - 1) });
    }
}

/// Resumes a frame that `skip_send` moved, with the sub-iterator's result in the register of its `send`.
pub fn resume_with_result(vm: &Vm, g: &Value, v: Value) -> PyResult<Resumed> {
    let Some(state) = state_of(g) else { return Err(vm.type_error("not a generator")) };
    // The register is the one that the `yield` would have written: both name the same temporary.
    let dst = state.result_register();
    resume_frame(vm, g, state, None, kind::ENTRY, 0)?;
    // SAFETY: the frame is on top; the register is in range.
    let f = unsafe { &*vm.thread.top() };
    Regs { base: f.base, first_temp: f.exec().first_temp }.put(dst, v);
    let v = run::run(vm)?;
    Ok(outcome(state, v))
}
