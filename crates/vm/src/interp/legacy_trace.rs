//! `sys.settrace` and `sys.setprofile`: two tools of their own among those of `sys.monitoring`.

use super::monitor::{self, PROFILE_TOOL, TRACE_TOOL, event};
use super::tracing::quietly;
use crate::errors::BaseException;
use crate::prelude::*;
use crate::types::builtin_function::BuiltinFunction;
use crate::types::code::Code;
use crate::types::descriptors::MethodDescriptor;
use crate::types::frame_object::{self, FrameObject};
use taipan_heap::cell::ValueCell as Cell;

const TRACE_EVENTS: u32 = 1 << event::PY_START
    | 1 << event::PY_RESUME
    | 1 << event::PY_RETURN
    | 1 << event::PY_YIELD
    | 1 << event::RAISE
    | 1 << event::LINE
    | 1 << event::JUMP
    | 1 << event::PY_UNWIND
    | 1 << event::PY_THROW
    | 1 << event::STOP_ITERATION;
const PROFILE_EVENTS: u32 = 1 << event::PY_START
    | 1 << event::PY_RESUME
    | 1 << event::PY_RETURN
    | 1 << event::PY_YIELD
    | 1 << event::CALL
    | 1 << event::PY_UNWIND
    | 1 << event::PY_THROW;

fn set(vm: &Vm, place: &Cell, threads: &std::cell::Cell<usize>, f: Option<Value>) {
    let now = f.is_some();
    let before = place.replace(f);
    let n = threads.get() + now as usize - (before.is_some() && threads.get() > 0) as usize;
    threads.set(n);
    refresh(vm);
    drop(before);
}

/// Asks for the events that the functions which are set now want.
pub fn refresh(vm: &Vm) {
    let m = &vm.interp_state.monitor;
    let opcodes = if m.opcodes.get() { 1 << event::INSTRUCTION } else { 0 };
    let trace = if m.tracers.get() > 0 { TRACE_EVENTS | opcodes } else { 0 };
    let profile = if m.profilers.get() > 0 { PROFILE_EVENTS } else { 0 };
    let before = (m.events[TRACE_TOOL].replace(trace), m.events[PROFILE_TOOL].replace(profile));
    if before != (trace, profile) {
        m.refresh(vm);
    }
}

/// `sys.settrace` of this thread.
pub fn set_trace(vm: &Vm, f: Option<Value>) {
    vm.thread.seen_trace.set(vm.interp_state.monitor.all_trace.0.get());
    set(vm, &vm.thread.trace_func, &vm.interp_state.monitor.tracers, f)
}

/// `sys.setprofile` of this thread.
pub fn set_profile(vm: &Vm, f: Option<Value>) {
    vm.thread.seen_profile.set(vm.interp_state.monitor.all_profile.0.get());
    set(vm, &vm.thread.profile_func, &vm.interp_state.monitor.profilers, f)
}

/// The thread ends.
pub fn forget(vm: &Vm) {
    if vm.thread.trace_func.is_some() {
        set_trace(vm, None);
    }
    if vm.thread.profile_func.is_some() {
        set_profile(vm, None);
    }
}

/// Every thread takes the function over when an event reaches it.
pub fn set_trace_all(vm: &Vm, f: Option<Value>) {
    let m = &vm.interp_state.monitor;
    m.all_trace.0.set(m.all_trace.0.get().wrapping_add(1));
    m.all_trace.1.set(f.clone());
    set_trace(vm, f)
}

pub fn set_profile_all(vm: &Vm, f: Option<Value>) {
    let m = &vm.interp_state.monitor;
    m.all_profile.0.set(m.all_profile.0.get().wrapping_add(1));
    m.all_profile.1.set(f.clone());
    set_profile(vm, f)
}

/// This thread's trace function.
pub fn trace_func(vm: &Vm) -> Option<Value> {
    let all = &vm.interp_state.monitor.all_trace;
    if all.0.get() != vm.thread.seen_trace.get() {
        set_trace(vm, all.1.get());
    }
    vm.thread.trace_func.get()
}

/// This thread's profile function.
pub fn profile_func(vm: &Vm) -> Option<Value> {
    let all = &vm.interp_state.monitor.all_profile;
    if all.0.get() != vm.thread.seen_profile.get() {
        set_profile(vm, all.1.get());
    }
    vm.thread.profile_func.get()
}

/// A frame wants events for each instruction from now on.
pub fn want_opcodes(vm: &Vm) {
    if !vm.interp_state.monitor.opcodes.replace(true) {
        refresh(vm);
    }
}

fn top(vm: &Vm) -> Option<Gc<FrameObject>> {
    vm.top_frame().map(|f| frame_object::object_of(vm, f))
}

fn call(vm: &Vm, ev: usize, f: &Value, frame: &Gc<FrameObject>, what: &str, arg: Value) -> PyResult<Value> {
    let what = vm.intern(what).into_value();
    quietly(vm, ev, || vm.call(f, &[frame.to_value(), what, arg]))
}

/// An event for `sys.settrace`'s function. `true`: not wanted here again.
pub fn trace(vm: &Vm, code: &Gc<Code>, at: usize, ev: usize, args: &[Value]) -> PyResult<bool> {
    let Some(func) = trace_func(vm) else { return Ok(false) };
    let Some(frame) = top(vm) else { return Ok(false) };
    let last = || args.last().cloned().unwrap_or(Value::NONE);
    let (what, arg) = match ev {
        event::PY_START | event::PY_RESUME | event::PY_THROW => ("call", Value::NONE),
        event::PY_RETURN | event::PY_YIELD => ("return", last()),
        event::PY_UNWIND => ("return", Value::NONE),
        event::RAISE | event::STOP_ITERATION => {
            if !frame.trace.is_some() {
                return Ok(false);
            }
            ("exception", exception_triple(vm, &last()))
        }
        event::LINE => {
            if !frame.trace_lines.get() {
                return Ok(false);
            }
            ("line", Value::NONE)
        }
        event::INSTRUCTION => {
            if !frame.trace_opcodes.get() {
                return Ok(false);
            }
            ("opcode", Value::NONE)
        }
        event::JUMP => {
            // A jump back within a line is a line event; one to another line is that line's own.
            let to = monitor::target_of(code, at).unwrap_or(at);
            if to > at || code.line_at(at) != code.line_at(to) {
                return Ok(true);
            }
            if !frame.trace.is_some() || !frame.trace_lines.get() {
                return Ok(false);
            }
            ("line", Value::NONE)
        }
        _ => return Ok(false),
    };
    let callback = if what == "call" { Some(func) } else { frame.trace.get() };
    let Some(callback) = callback else { return Ok(false) };
    match call(vm, if ev == event::JUMP { event::LINE } else { ev }, &callback, &frame, what, arg) {
        Ok(v) => {
            if !v.is_none() {
                frame.trace.set(Some(v));
            }
            Ok(false)
        }
        Err(raised) => {
            let e = vm.take_raised();
            set_trace(vm, None);
            frame.trace.set(None);
            let _ = raised;
            Err(vm.reraise(e))
        }
    }
}

fn exception_triple(vm: &Vm, e: &Value) -> Value {
    let tb = e.downcast::<BaseException>().and_then(|b| b.traceback.get()).unwrap_or(Value::NONE);
    vm.new_tuple(vec![vm.type_of(e).to_value(), e.clone(), tb]).into_value()
}

/// An event for `sys.setprofile`'s function.
pub fn profile(vm: &Vm, ev: usize, args: &[Value]) -> PyResult<bool> {
    let Some(func) = profile_func(vm) else { return Ok(false) };
    let Some(frame) = top(vm) else { return Ok(false) };
    let last = || args.last().cloned().unwrap_or(Value::NONE);
    let (what, arg) = match ev {
        event::PY_START | event::PY_RESUME | event::PY_THROW => ("call", Value::NONE),
        event::PY_RETURN | event::PY_YIELD => ("return", last()),
        event::PY_UNWIND => ("return", Value::NONE),
        event::CALL | event::C_RETURN | event::C_RAISE => {
            let [_, callee, first] = args else { return Ok(false) };
            let Some(callee) = native_callable(vm, callee, first)? else { return Ok(false) };
            let what = match ev {
                event::CALL => "c_call",
                event::C_RETURN => "c_return",
                _ => "c_exception",
            };
            (what, callee)
        }
        _ => return Ok(false),
    };
    match call(vm, ev, &func, &frame, what, arg) {
        Ok(_) => Ok(false),
        Err(raised) => {
            let e = vm.take_raised();
            set_profile(vm, None);
            let _ = raised;
            Err(vm.reraise(e))
        }
    }
}

/// The native function that a call is of; methods are shown bound.
fn native_callable(vm: &Vm, callee: &Value, first: &Value) -> PyResult<Option<Value>> {
    if callee.downcast_exact::<BuiltinFunction>().is_some() {
        return Ok(Some(callee.clone()));
    }
    if callee.downcast_exact::<MethodDescriptor>().is_some() {
        let missing = vm.interp_state.monitor.missing.get();
        if missing.is_some_and(|m| m.is(first)) {
            return Ok(None);
        }
        let Some(get) = vm.type_of(callee).slots.descr_get.get() else { return Ok(None) };
        return get(vm, callee, Some(first), vm.type_of(first).as_value()).map(Some);
    }
    Ok(None)
}
