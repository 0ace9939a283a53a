//! Leaving frames: returns, exceptions on their way to a handler, and the instructions that raise.

use super::feed::{self, Consumer};
use super::frame::{Frame, kind};
use super::run::{self, Flow, Regs};
use super::{generator, tracing};
use crate::errors::BaseException;
use crate::object::{Type, ValueExt};
use crate::types::{Tuple, traceback};
use crate::{PyResult, Raised, Value, Vm};

/// Puts a result into a register of the top frame.
#[inline(always)]
fn deliver(vm: &Vm, dst: u16, v: Value) {
    // SAFETY: the caller's frame is on top.
    let caller = unsafe { &*vm.thread.top() };
    Regs { base: caller.base, first_temp: caller.exec().first_temp }.put(dst, v);
}

/// A return that is not simply one into the loop's next frame: from an entry frame, a generator, or a bad `__init__`.
#[inline(never)]
pub fn return_special(vm: &Vm, v: Value) -> PyResult<Flow> {
    // SAFETY: a frame is running.
    let f = unsafe { &mut *vm.thread.top() };
    let (k, dst) = (f.kind.get(), f.dst);
    let mut v = v;
    if k & kind::OPERATOR == kind::OPERATOR {
        // SAFETY: the frame is done.
        unsafe { vm.thread.pop(vm, true) };
        run::operator_returned(vm, v, dst)?;
        return Ok(Flow::Switch);
    }
    if k & kind::INIT != 0 {
        if !v.is_none() {
            let name = vm.type_of(&v).name();
            // The error belongs to the call, not to `__init__`.
            // SAFETY: a frame is running.
            unsafe { vm.thread.pop(vm, true) };
            return Err(vm.type_error(format_args!("__init__() should return None, not '{name}'")));
        }
        v = f.owner.take().unwrap_or(Value::NONE);
    }
    let g = generator::finish(vm, f);
    let step =
        if k & kind::SEND != 0 { g.as_ref().filter(|g| generator::is_async(g)).cloned() } else { None };
    // SAFETY: the frame is done.
    unsafe { vm.thread.pop(vm, true) };
    generator::forget(vm, g);
    if k & kind::ENTRY != 0 {
        return Ok(Flow::Done(v));
    }
    if let Some(g) = step {
        return Err(generator::step_returned(vm, &g));
    }
    if k & kind::DISCARD != 0 {
        drop(v);
        if k & kind::GENERATOR != 0 {
            feed::finish(vm, Consumer::of_number(dst))?;
        }
        return Ok(Flow::Switch);
    }
    if k & (kind::FOR_ITER | kind::SEND) != 0 {
        generator::end_in_caller(vm, k, dst, v);
        return Ok(Flow::Switch);
    }
    deliver(vm, dst, v);
    Ok(Flow::Switch)
}

/// The top frame made a generator of itself and is gone.
pub fn return_made(vm: &Vm, made: generator::Made) -> PyResult<Flow> {
    if made.kind & kind::ENTRY != 0 {
        return Ok(Flow::Done(made.value));
    }
    if made.kind & kind::OPERATOR == kind::OPERATOR {
        run::operator_returned(vm, made.value, made.dst)?;
        return Ok(Flow::Switch);
    }
    if made.kind & kind::INIT != 0 {
        let name = vm.type_of(&made.value).name();
        return Err(vm.type_error(format_args!("__init__() should return None, not '{name}'")));
    }
    if made.kind & kind::DISCARD == 0 {
        deliver(vm, made.dst, made.value);
    }
    Ok(Flow::Switch)
}

/// The next traceback entry is not wanted: the exception is raised again.
pub fn mark_reraise(f: &Frame) {
    f.lineno_override.set(f.lineno_override.get() | 1);
}

/// Finds the handler of the exception on its way, leaving frames until one has it. `Err`: it left the entry frame.
pub fn unwind(vm: &Vm) -> PyResult<()> {
    loop {
        // SAFETY: a frame is running. Shared: watchers may move its `pc`.
        let f = unsafe { &*vm.thread.top() };
        let lasti = f.lasti();
        let came = f.lineno_override.get();
        let again = came & 1 != 0;
        f.lineno_override.set(came & !1);
        if !again {
            traceback::add_here(vm, f, lasti);
        }
        let watched = vm.interp_state.monitor.on();
        if watched {
            tracing::raised(vm, f, again);
        }
        let handler = f.code().data.exceptions.find(lasti as u32);
        let exec = f.exec();
        let regs = Regs { base: f.base, first_temp: exec.first_temp };
        if let Some(h) = handler {
            let first = exec.first_temp + h.depth as usize;
            if first < exec.nregs && (h.target as usize) < exec.instrs.len() {
                // Destructors may run Python code, which must not see the exception as its own.
                let e = vm.take_raised();
                for r in (first..exec.nregs).rev() {
                    drop_register(regs, r);
                }
                let told = watched.then(|| e.clone());
                if !again || f.line() != 0 {
                    f.lineno_override.set((lasti as u32 + 1) << 1);
                }
                regs.put_fresh(first, Some(e));
                // SAFETY: the target is in range (checked).
                f.pc.set(unsafe { exec.instrs.as_ptr().add(h.target as usize) });
                if let Some(e) = told
                    && tracing::handled(vm, f, &e).is_err()
                {
                    // SAFETY: the target is no last instruction.
                    f.pc.set(unsafe { f.pc.get().add(1) });
                    continue;
                }
                return Ok(());
            }
        }
        // What raises again without a line of its own leaves the frame where the exception came up.
        if again
            && f.line() == 0
            && let Some(place) = ((came >> 1) as usize).checked_sub(1)
        {
            // SAFETY: `place` is an instruction of this code, which another one follows.
            f.pc.set(unsafe { exec.instrs.as_ptr().add(place + 1) });
        }
        if watched {
            tracing::unwound(vm, f);
        }
        let k = f.kind.get();
        let e = vm.take_raised();
        // SAFETY: as above; nothing else borrows the frame here.
        let g = generator::finish(vm, unsafe { &mut *vm.thread.top() });
        let step =
            if k & kind::SEND != 0 { g.as_ref().filter(|g| generator::is_async(g)).cloned() } else { None };
        // SAFETY: the frame is done.
        unsafe { vm.thread.pop(vm, true) };
        generator::forget(vm, g);
        if let Some(g) = step {
            generator::step_raised(vm, &g, &e);
        }
        let raised = vm.reraise(e);
        if k & kind::ENTRY != 0 {
            return Err(raised);
        }
    }
}

fn drop_register(regs: Regs, r: usize) {
    drop(regs.take(r));
}

/// `raise`: the exception being handled.
pub fn raise_current(vm: &Vm, f: &Frame) -> Raised {
    match vm.exc.handled() {
        Some(e) => {
            mark_reraise(f);
            vm.reraise(e)
        }
        None => vm.runtime_error("No active exception to reraise"),
    }
}

/// `raise exc [from cause]`.
pub fn raise(vm: &Vm, v: Value, cause: Option<Value>) -> Raised {
    match normalize(vm, v, cause) {
        Ok(e) => vm.raise(e),
        Err(raised) => raised,
    }
}

fn instantiate(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    if vm.is_exception_class(&v) {
        let e = vm.call0(&v)?;
        if !vm.is_exception(&e) {
            return Err(vm.type_error(format_args!(
                "calling {} should have returned an instance of BaseException, not {}",
                vm.repr_text(&v)?,
                vm.repr_text(vm.type_of(&e).as_value())?
            )));
        }
        return Ok(Some(e));
    }
    Ok(vm.is_exception(&v).then_some(v))
}

fn normalize(vm: &Vm, v: Value, cause: Option<Value>) -> PyResult<Value> {
    let Some(e) = instantiate(vm, v)? else {
        return Err(vm.type_error("exceptions must derive from BaseException"));
    };
    if let Some(c) = cause {
        let c = if c.is_none() {
            None
        } else {
            match instantiate(vm, c)? {
                Some(c) => Some(c),
                None => return Err(vm.type_error("exception causes must derive from BaseException")),
            }
        };
        if let Some(b) = e.downcast::<BaseException>() {
            b.cause.set(c);
            b.suppress_context.set(true);
        }
    }
    Ok(e)
}

/// Whether an exception (or class) matches an `except` clause's class or tuple.
pub fn exception_matches(vm: &Vm, e: &Value, want: &Value) -> PyResult<bool> {
    const BAD: &str = "catching classes that do not inherit from BaseException is not allowed";
    if let Some(t) = want.downcast::<Tuple>() {
        for c in t.items() {
            if !vm.is_exception_class(c) {
                return Err(vm.type_error(BAD));
            }
        }
        return Ok(t.items().iter().any(|c| matches_class(vm, e, c)));
    }
    if !vm.is_exception_class(want) {
        return Err(vm.type_error(BAD));
    }
    Ok(matches_class(vm, e, want))
}

fn matches_class(vm: &Vm, e: &Value, c: &Value) -> bool {
    c.downcast::<Type>().is_some_and(|c| vm.type_of(e).is_subtype(c))
}

/// `check_eg_match`.
pub fn check_eg_match(vm: &Vm, regs: Regs, a: u16) -> PyResult<()> {
    let (e, ty) = (regs.get(a), regs.get(a + 1));
    let (rest, matched) = crate::errors::group::check_eg_match(vm, e, ty)?;
    drop(regs.take(a as usize + 1));
    if !matched.is_none() {
        drop(vm.exc.set_handled(Some(matched.clone())));
    }
    regs.put(a, rest);
    regs.put_fresh(a as usize + 1, Some(matched));
    Ok(())
}

pub fn prep_reraise_star(vm: &Vm, orig: &Value, excs: &Value) -> PyResult<Value> {
    crate::errors::group::prep_reraise_star(vm, orig, excs)
}

/// Calls the exit function of a `with` block that an exception left.
pub fn with_except_start(vm: &Vm, regs: Regs, b: u16) -> PyResult<Value> {
    let e = regs.get(b + 3).clone();
    let ty = vm.type_of(&e).to_value();
    let tb = e.downcast::<BaseException>().and_then(|b| b.traceback.get()).unwrap_or(Value::NONE);
    let exit = regs.get(b).clone();
    match regs.slot(b as usize + 1) {
        Some(zelf) => vm.call(&exit, &[zelf.clone(), ty, e, tb]),
        None => vm.call(&exit, &[ty, e, tb]),
    }
}
