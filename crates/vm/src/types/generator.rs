//! `generator`, `coroutine`, `async_generator` and their helper objects.

use crate::errors::{BaseException, exc};
use crate::interp::DEAD;
use crate::interp::frame::{Frame, Slot};
use crate::interp::gen_api::{Resumed, With, delegate, next_value, on_stack, resume, settle};
use crate::prelude::*;
use crate::types::code::{Code, Exec};
use std::alloc::{Layout, alloc, dealloc};
use std::cell::{Cell, OnceCell};
use taipan_bytecode::{Instr, Intrinsic1, Op};

/// A generator's frame, from its first suspension to its end. Its registers follow in the same block.
#[repr(C)]
pub struct Activation {
    pub frame: Frame,
}

impl Activation {
    fn layout(nregs: usize) -> Layout {
        // At most 65,536 registers (verified).
        Layout::from_size_align(size_of::<Activation>() + nregs * size_of::<Slot>(), align_of::<Activation>())
            .expect("a small size")
    }

    /// The registers, while the frame waits.
    pub fn window(&self) -> &[Slot] {
        // SAFETY: as `GenState::keep` made the block; nobody writes to the registers of a waiting frame.
        unsafe { std::slice::from_raw_parts(self.frame.base, self.frame.exec().nregs) }
    }
}

/// What the three kinds share.
pub struct GenState {
    pub code: Gc<Code>,
    /// I1: a box of our own, or null: before the first suspension and after the end. While `running`, the frame is on the
    /// stack, whose it is then.
    activation: Cell<*mut Activation>,
    /// While suspended: what the frame handles. While running: what its resumer handles.
    pub handled: ValueCell,
    rare: OnceCell<Box<Rare>>,
    pub running: Cell<bool>,
    pub started: Cell<bool>,
    pub finished: Cell<bool>,
    pub closing: Cell<bool>,
    pub inherits: Cell<bool>,
    /// Async generators: hooks were called, an `asend` is under way, closed.
    pub hooked: Cell<bool>,
    pub running_async: Cell<bool>,
    pub closed: Cell<bool>,
}

/// What few generators have.
#[derive(Default)]
struct Rare {
    /// The names where they are not the code's.
    name: GcCell<Str>,
    qualname: GcCell<Str>,
    /// Async generators: what the hooks gave to call at their end.
    finalizer: ValueCell,
    /// Coroutines: where they were made, if somebody wants to know.
    origin: ValueCell,
    /// Where the result of a finished delegation goes.
    result_register: Cell<u16>,
}

impl GenState {
    #[inline(always)]
    pub fn new(code: Gc<Code>) -> GenState {
        GenState {
            code,
            activation: Cell::new(std::ptr::null_mut()),
            handled: ValueCell::empty(),
            rare: OnceCell::new(),
            running: Cell::new(false),
            started: Cell::new(false),
            finished: Cell::new(false),
            closing: Cell::new(false),
            inherits: Cell::new(false),
            hooked: Cell::new(false),
            running_async: Cell::new(false),
            closed: Cell::new(false),
        }
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    /// The names of the function, where they are not the code's.
    pub fn set_names(&self, name: Option<Gc<Str>>, qualname: Option<Gc<Str>>) {
        if name.is_some() || qualname.is_some() {
            self.rare().name.set(name);
            self.rare().qualname.set(qualname);
        }
    }

    pub fn origin(&self) -> Option<Value> {
        self.rare.get()?.origin.get()
    }

    pub fn set_origin(&self, origin: Value) {
        self.rare().origin.set(Some(origin));
    }

    fn finalizer(&self) -> Option<Value> {
        self.rare.get()?.finalizer.get()
    }

    pub fn result_register(&self) -> u16 {
        self.rare().result_register.get()
    }

    pub fn set_result_register(&self, register: u16) {
        self.rare().result_register.set(register);
    }

    pub fn name(&self, vm: &Vm) -> Gc<Str> {
        self.rare.get().and_then(|r| r.name.get()).unwrap_or_else(|| self.code.name(vm).clone())
    }

    pub fn qualname(&self, vm: &Vm) -> Gc<Str> {
        self.rare.get().and_then(|r| r.qualname.get()).unwrap_or_else(|| self.code.qualname(vm).clone())
    }

    /// Takes over a frame that has just been suspended for the first time: it and its registers move to the heap.
    ///
    /// # Safety
    /// The frame is off the stack and not looked at again; its registers are complete and leave no pointer behind.
    #[inline]
    pub unsafe fn keep(&self, frame: *mut Frame) {
        const { assert!(size_of::<Frame>().is_multiple_of(8) && align_of::<Frame>() == 8) };
        // SAFETY: by contract; the block has room for the frame and the registers.
        unsafe {
            let n = (*frame).exec().nregs;
            let layout = Activation::layout(n);
            let a = alloc(layout) as *mut Activation;
            if a.is_null() {
                std::alloc::handle_alloc_error(layout);
            }
            // Word by word: the fields have just been written, and wider loads would wait until the stores are done.
            let (old, new) = (frame as *const u64, &raw mut (*a).frame as *mut u64);
            for i in 0..const { size_of::<Frame>() / 8 } {
                new.add(i).write_volatile(old.add(i).read_volatile());
            }
            let window = a.add(1) as *mut u64;
            let from = (*frame).base as *mut u64;
            for i in 0..n {
                let word = *from.add(i);
                *window.add(i) = word;
                if word & 7 == 0 {
                    *from.add(i) = DEAD;
                }
            }
            (*a).frame.base = window as *mut Slot;
            debug_assert!(self.activation.get().is_null());
            self.activation.set(a);
        }
    }

    /// Takes over the frame of a call that has just begun, whose first instruction asked for it: kind 0, nothing in it but
    /// its function and the parameters. The frame is off the stack then. `pc`: where it goes on.
    ///
    /// # Safety
    /// `frame` is the top frame and runs `exec`; it is not looked at again.
    #[inline(always)]
    pub unsafe fn keep_new(&self, vm: &Vm, frame: *mut Frame, exec: &Exec, pc: *const Cell<Instr>) {
        // SAFETY: by contract; the block has room for the frame and the registers.
        unsafe {
            let layout = Activation::layout(exec.nregs);
            let a = alloc(layout) as *mut Activation;
            if a.is_null() {
                std::alloc::handle_alloc_error(layout);
            }
            vm.thread.unlink(frame);
            let window = a.add(1) as *mut u64;
            let from = (*frame).base as *mut u64;
            for i in 0..exec.first_temp {
                let word = *from.add(i);
                window.add(i).write_volatile(word);
                // What is no pointer may stay (I2 of mod.rs).
                from.add(i).write_volatile(DEAD);
            }
            for i in exec.first_temp..exec.nregs {
                window.add(i).write_volatile(DEAD);
            }
            (*frame).move_to(&raw mut (*a).frame, window as *mut Slot, pc);
            self.activation.set(a);
        }
    }

    /// Makes the frame of a call with one argument of `func`, generator code whose first instruction has been run.
    ///
    /// # Safety
    /// `exec` is that of `func`'s code, which has one parameter.
    #[inline(always)]
    pub unsafe fn begin(&self, func: Gc<crate::types::function::Function>, exec: &Exec, arg: Value) {
        // SAFETY: by contract; the block has room for the frame and the registers, of which there is one at least.
        unsafe {
            let layout = Activation::layout(exec.nregs);
            let a = alloc(layout) as *mut Activation;
            if a.is_null() {
                std::alloc::handle_alloc_error(layout);
            }
            let window = a.add(1) as *mut u64;
            window.write(arg.into_bits());
            for i in 1..exec.first_temp {
                window.add(i).write_volatile(0);
            }
            for i in exec.first_temp..exec.nregs {
                window.add(i).write_volatile(DEAD);
            }
            let pc = exec.instrs.as_ptr().add(1);
            Frame::write_waiting(&raw mut (*a).frame, Some(func), exec, window as *mut Slot, pc);
            self.activation.set(a);
        }
    }

    /// Gives the block of the frame that has just ended back: nothing in it is owned any more.
    ///
    /// # Safety
    /// As for `forget_popped`; `n` registers.
    #[inline(always)]
    pub unsafe fn free_block(&self, n: usize) {
        let a = self.activation.replace(std::ptr::null_mut());
        // SAFETY: I1; made with this layout.
        unsafe { dealloc(a as *mut u8, Activation::layout(n)) }
    }

    /// Where the frame is, null if there is none (any more).
    #[inline(always)]
    pub fn frame(&self) -> *mut Frame {
        let a = self.activation.get();
        // SAFETY: I1; the address of a field.
        if a.is_null() { std::ptr::null_mut() } else { unsafe { &raw mut (*a).frame } }
    }

    /// Whether the generator can be resumed.
    #[inline(always)]
    pub fn is_waiting(&self) -> bool {
        !self.running.get() && !self.activation.get().is_null()
    }

    /// If it waits in a chain, that is dissolved (see `interp/chain.rs`). Who looks at a generator does this first.
    pub fn settle(&self) {
        let f = self.frame();
        if !f.is_null() {
            settle(f);
        }
    }

    /// The frame and its registers while they wait.
    pub fn waiting(&self) -> Option<&Activation> {
        self.settle();
        if self.running.get() {
            return None;
        }
        // SAFETY: I1.
        unsafe { self.activation.get().as_ref() }
    }

    /// Frees the memory of the frame, which has been popped.
    pub fn forget_popped(&self, vm: &Vm) {
        let a = self.activation.replace(std::ptr::null_mut());
        if !a.is_null() {
            // SAFETY: I1; the frame has been dropped in its place, the registers hold nothing.
            unsafe { dealloc(a as *mut u8, Activation::layout(self.code.exec(vm).nregs)) }
        }
    }

    /// Drops a waiting frame.
    pub fn discard(&self) {
        self.settle();
        if self.running.get() {
            return;
        }
        let a = self.activation.replace(std::ptr::null_mut());
        if a.is_null() {
            return;
        }
        // SAFETY: I1; what is dropped is not reachable any more.
        unsafe {
            if let Some(o) = (*a).frame.object.get() {
                crate::vm::with_current(|vm| o.detach(vm, &(*a).frame, None));
            }
            let n = (*a).frame.exec().nregs;
            for i in (0..n).rev() {
                drop((*(*a).frame.base.add(i)).take());
            }
            std::ptr::drop_in_place(&raw mut (*a).frame);
            dealloc(a as *mut u8, Activation::layout(n));
        }
    }
}

impl Drop for GenState {
    fn drop(&mut self) {
        self.discard();
    }
}

impl Trace for GenState {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.code.as_value());
        self.handled.trace(visit);
        if let Some(rare) = self.rare.get() {
            rare.finalizer.trace(visit);
            rare.origin.trace(visit);
        }
        if let Some(a) = self.waiting() {
            for slot in a.window().iter().flatten() {
                visit(slot)
            }
            a.frame.func.trace(visit);
            a.frame.locals.trace(visit);
            a.frame.object.trace(visit);
        }
    }
    fn unlink(&self) {
        self.finished.set(true);
        self.handled.unlink();
        self.discard();
    }
}

pub struct Generator(pub GenState);
pub struct Coroutine(pub GenState);
pub struct AsyncGenerator(pub GenState);

macro_rules! traced {
    ($($t:ty),*) => { $(
        crate::fixed_layout!($t);
        impl Trace for $t {
            fn trace(&self, visit: &mut dyn FnMut(&Value)) { self.0.trace(visit) }
            fn unlink(&self) { self.0.unlink() }
        }
    )* };
}
traced!(Generator, Coroutine, AsyncGenerator);

/// `send`, `__next__`: StopIteration carries the return value.
fn deliver(vm: &Vm, r: Resumed) -> PyResult<Value> {
    match r {
        Resumed::Yield(v) => Ok(v),
        Resumed::Return(v) => Err(stop(vm, v)),
    }
}

fn stop(vm: &Vm, v: Value) -> Raised {
    if v.is_none() {
        return vm.raise_args(&exc::StopIteration, Vec::new());
    }
    // A tuple or exception must arrive as the value, not as arguments.
    vm.raise_args(&exc::StopIteration, vec![v])
}

fn next(vm: &Vm, g: &Value) -> PyResult<Option<Value>> {
    if let Some(me) = g.downcast_exact::<Generator>()
        && me.0.is_waiting()
    {
        let v = next_value(vm, g, &me.0)?;
        return match me.0.finished.get() {
            false => Ok(Some(v)),
            true if v.is_none() => Ok(None),
            true => Err(stop(vm, v)),
        };
    }
    match resume(vm, g, With::Send(Value::NONE))? {
        Resumed::Yield(v) => Ok(Some(v)),
        Resumed::Return(v) if v.is_none() => Ok(None),
        Resumed::Return(v) => Err(stop(vm, v)),
    }
}

/// The exception that `throw(type[, value[, tb]])` means.
fn thrown(vm: &Vm, ty: &Value, value: Option<&Value>, tb: Option<&Value>) -> PyResult<Value> {
    let tb = tb.filter(|t| !t.is_none());
    if let Some(t) = tb
        && t.downcast::<crate::types::traceback::Traceback>().is_none()
    {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    let e = if vm.is_exception_class(ty) {
        let made = match value {
            Some(v) if vm.is_exception(v) && vm.is_instance(v, ty)? => Ok(v.clone()),
            None => vm.call0(ty),
            Some(v) if v.is_none() => vm.call0(ty),
            Some(v) => match v.downcast::<Tuple>() {
                Some(t) => vm.call(ty, t.items()),
                None => vm.call1(ty, v),
            },
        };
        // What goes wrong in making the exception is thrown in its place.
        match made {
            Ok(e) if vm.is_exception(&e) => e,
            Ok(other) => {
                let text = format!(
                    "calling {} should have returned an instance of BaseException, not {}",
                    vm.repr_text(ty)?,
                    vm.repr_text(vm.type_of(&other).as_value())?
                );
                vm.new_exc(&exc::TypeError, text)
            }
            Err(Raised) => vm.take_raised(),
        }
    } else if vm.is_exception(ty) {
        if value.is_some_and(|v| !v.is_none()) {
            return Err(vm.type_error("instance exception may not have a separate value"));
        }
        ty.clone()
    } else {
        return Err(vm.type_error(format_args!(
            "exceptions must be classes or instances deriving from BaseException, not {}",
            vm.type_of(ty).name()
        )));
    };
    if let (Some(t), Some(b)) = (tb, e.downcast::<BaseException>()) {
        b.traceback.set(Some(t.clone()));
    }
    Ok(e)
}

/// `throw` with delegation to a sub-iterator (PEP 380).
pub fn throw(vm: &Vm, g: &Value, state: &GenState, e: Value) -> PyResult<Resumed> {
    state.settle();
    if !state.running.get()
        && let Some(sub) = delegate(state)
    {
        let is_exit = vm.type_of(&e).is_subtype(vm.type_for_ref(&exc::GeneratorExit));
        if is_exit {
            let r = on_stack(vm, g, state, || close_iter(vm, &sub))?;
            if r.is_err() {
                let e = vm.take_raised();
                return resume(vm, g, With::Throw(e));
            }
            return resume(vm, g, With::Throw(e));
        }
        let Some(target) = sub_thrower(vm, &sub)? else { return resume(vm, g, With::Throw(e)) };
        let r = on_stack(vm, g, state, || sub_throw(vm, &sub, target, &e))?;
        return match r {
            Ok(Resumed::Yield(v)) => Ok(Resumed::Yield(v)),
            Ok(Resumed::Return(v)) => finish_delegation(vm, g, state, v),
            Err(Raised) => {
                let e = vm.take_raised();
                resume(vm, g, With::Throw(e))
            }
        };
    }
    resume(vm, g, With::Throw(e))
}

/// How to throw into a sub-iterator.
enum Thrower {
    Native,
    Method(Value),
}

/// `None`: it has no `throw`.
fn sub_thrower(vm: &Vm, sub: &Value) -> PyResult<Option<Thrower>> {
    if crate::interp::gen_api::state_of(sub).is_some() && sub.downcast_exact::<AsyncGenerator>().is_none() {
        return Ok(Some(Thrower::Native));
    }
    Ok(vm.lookup_attr(sub, &vm.names.throw)?.map(Thrower::Method))
}

/// Throws into the sub-iterator.
fn sub_throw(vm: &Vm, sub: &Value, target: Thrower, e: &Value) -> PyResult<Resumed> {
    let f = match (target, crate::interp::gen_api::state_of(sub)) {
        (Thrower::Method(f), _) => f,
        (Thrower::Native, Some(s)) => return throw(vm, sub, s, e.clone()),
        (Thrower::Native, None) => return Err(vm.system_error("no generator")),
    };
    match vm.call1(&f, e) {
        Ok(v) => Ok(Resumed::Yield(v)),
        Err(raised) => {
            if vm.raised_is(&exc::StopIteration) {
                let e = vm.take_raised();
                let v = crate::errors::exception::field(&e, crate::errors::exception::VALUE);
                Ok(Resumed::Return(v.unwrap_or(Value::NONE)))
            } else {
                Err(raised)
            }
        }
    }
}

/// The sub-iterator returned `v` out of a throw: the generator goes on behind its `send`.
fn finish_delegation(vm: &Vm, g: &Value, state: &GenState, v: Value) -> PyResult<Resumed> {
    crate::interp::gen_api::skip_send(state);
    crate::interp::gen_api::resume_with_result(vm, g, v)
}

fn close_iter(vm: &Vm, it: &Value) -> PyResult<()> {
    if let Some(s) = crate::interp::gen_api::state_of(it)
        && it.downcast_exact::<AsyncGenerator>().is_none()
    {
        return close(vm, it, s).map(drop);
    }
    match vm.lookup_attr(it, &vm.names.close) {
        Ok(Some(f)) => vm.call0(&f).map(drop),
        Ok(None) => Ok(()),
        Err(_) => {
            vm.unraisable("Exception ignored in:", Some(it));
            Ok(())
        }
    }
}

/// Whether a handler covers the instruction, other than the one that turns what leaves a generator into RuntimeError.
fn may_catch(code: &Code, at: usize) -> bool {
    code.data.exceptions.find(at as u32).is_some_and(|h| {
        let first = code.data.instr(h.target as usize);
        !first.is_some_and(|i| {
            i.opcode() == Op::Intrinsic1 as u8 && i.x() == Intrinsic1::StopIterationError as u8
        })
    })
}

/// `close()`: the value of a `return` that answers GeneratorExit, or None.
pub fn close(vm: &Vm, g: &Value, state: &GenState) -> PyResult<Value> {
    state.settle();
    if state.running.get() {
        return Err(vm.value_error(format_args!("{} already executing", vm.type_of(g).name())));
    }
    if state.finished.get() || !state.started.get() {
        state.finished.set(true);
        state.discard();
        return Ok(Value::NONE);
    }
    if let Some(a) = state.waiting()
        && !vm.interp_state.monitor.on()
        && !may_catch(&state.code, a.frame.lasti())
        && delegate(state).is_none()
    {
        // Nothing there could catch or clean up.
        state.finished.set(true);
        state.handled.set(None);
        state.discard();
        return Ok(Value::NONE);
    }
    let e = vm.new_exc_args(&exc::GeneratorExit, Vec::new());
    match throw(vm, g, state, e) {
        Ok(Resumed::Yield(_)) => {
            Err(vm.runtime_error(format_args!("{} ignored GeneratorExit", kind_text(g))))
        }
        Ok(Resumed::Return(v)) => Ok(v),
        Err(raised) => {
            if vm.raised_is(&exc::GeneratorExit) || vm.raised_is(&exc::StopIteration) {
                let e = vm.take_raised();
                let v = if vm.type_of(&e).is_subtype(vm.type_for_ref(&exc::StopIteration)) {
                    crate::errors::exception::field(&e, crate::errors::exception::VALUE)
                } else {
                    None
                };
                return Ok(v.unwrap_or(Value::NONE));
            }
            Err(raised)
        }
    }
}

fn kind_text(g: &Value) -> &'static str {
    if g.downcast_exact::<Coroutine>().is_some() {
        "coroutine"
    } else if g.downcast_exact::<AsyncGenerator>().is_some() {
        "async generator"
    } else {
        "generator"
    }
}

/// `__del__`: a started generator that waits is closed; a coroutine nobody awaited warns.
fn finalize(vm: &Vm, g: &Value) {
    let Some(state) = crate::interp::gen_api::state_of(g) else { return };
    if state.finished.get() {
        return;
    }
    let saved = vm.raised_get().map(|_| vm.take_raised());
    if let Some(f) = state.finalizer()
        && !state.closed.get()
    {
        if vm.call1(&f, g).is_err() {
            vm.unraisable("Exception ignored while finalizing generator", Some(g));
        }
    } else if kind_text(g) == "coroutine" && !state.started.get() {
        warn_never_awaited(vm, g, state);
    } else if state.started.get() && close(vm, g, state).is_err() {
        vm.unraisable("Exception ignored while closing generator", Some(g));
    }
    if let Some(e) = saved {
        let _ = vm.reraise(e);
    }
}

fn warn_never_awaited(vm: &Vm, g: &Value, state: &GenState) {
    // `warnings` tells more, when it is there.
    let known = vm.modules.get().and_then(|m| m.get_str(vm, &vm.intern("warnings")));
    let told = known.and_then(|w| vm.lookup_attr_str(&w, "_warn_unawaited_coroutine").ok().flatten());
    if let Some(f) = told {
        let failed = vm.call1(&f, g).is_err();
        let warned = !failed || vm.raised_is(&exc::RuntimeWarning);
        if failed {
            vm.unraisable("Exception ignored while finalizing coroutine", Some(g));
        }
        if warned {
            return;
        }
    }
    let name = state.qualname(vm);
    let name = name.to_string_lossy();
    if vm.warn(&exc::RuntimeWarning, format_args!("coroutine '{name}' was never awaited"), 1).is_err() {
        vm.unraisable("Exception ignored while finalizing coroutine", Some(g));
    }
}

fn repr_of(vm: &Vm, v: &Value, state: &GenState, what: &str) -> PyResult<Value> {
    let name = state.qualname(vm);
    let name = name.to_string_lossy();
    Ok(vm.new_str(&format!("<{what} object {name} at {:#x}>", v.bits())).into_value())
}

fn gen_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    match crate::interp::gen_api::state_of(v) {
        Some(s) => repr_of(vm, v, s, &vm.type_of(v).name()),
        None => Ok(vm.names.empty.to_value()),
    }
}

fn itself(_vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(v.clone())
}

/// `gi_frame` and its kin.
fn frame_of(vm: &Vm, g: &Value, state: &GenState) -> Option<Value> {
    if let Some(a) = state.waiting() {
        let o = crate::types::frame_object::object_of(vm, &a.frame);
        o.belongs_to(g);
        return Some(o.into_value());
    }
    if !state.running.get() {
        return None;
    }
    let mut f = vm.top_frame();
    while let Some(x) = f {
        if x.generator().is_some_and(|v| v.is(g)) {
            return Some(crate::types::frame_object::object_of(vm, x).into_value());
        }
        f = vm.thread.below(x);
    }
    None
}

fn set_str_attr(vm: &Vm, cell: &GcCell<Str>, what: &str, v: Option<&Value>) -> PyResult<()> {
    match v.and_then(|v| v.downcast::<Str>()) {
        Some(s) => {
            cell.set(Some(s.clone()));
            Ok(())
        }
        None => Err(vm.type_error(format_args!("{what} must be set to a string object"))),
    }
}

fn warn_of_three(vm: &Vm, value: Option<&Value>, tb: Option<&Value>) -> PyResult<()> {
    if value.is_none() && tb.is_none() {
        return Ok(());
    }
    vm.warn(
        &exc::DeprecationWarning,
        "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
        1,
    )
}

fn throw_args(
    vm: &Vm,
    g: &Value,
    state: &GenState,
    ty: &Value,
    value: Option<&Value>,
    tb: Option<&Value>,
) -> PyResult<Value> {
    warn_of_three(vm, value, tb)?;
    let e = thrown(vm, ty, value, tb)?;
    let r = throw(vm, g, state, e)?;
    deliver(vm, r)
}

/// A generator.
#[pytype(name = "generator", flags(GC, WEAKREF, NO_NEW))]
impl Slots for Generator {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(gen_repr),
        iter: Some(itself),
        iternext: Some(next),
        finalize: Some(finalize),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Generator {
    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }

    /// send(value) -> send 'value' into generator,
    /// return next yielded value or raise StopIteration.
    #[pymethod(no_text, "send($self, value, /)")]
    fn send(vm: &Vm, zelf: &Value, value: &Value) -> PyResult<Value> {
        let r = resume(vm, zelf, With::Send(value.clone()))?;
        deliver(vm, r)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[pymethod(no_text, "throw($self, typ, val=<unrepresentable>, tb=<unrepresentable>, /)")]
    fn throw(
        vm: &Vm,
        zelf: &Gc<Generator>,
        typ: &Value,
        val: Option<&Value>,
        tb: Option<&Value>,
    ) -> PyResult<Value> {
        throw_args(vm, zelf.as_value(), &zelf.0, typ, val, tb)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[pymethod(no_text, "close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<Generator>) -> PyResult<Value> {
        close(vm, zelf.as_value(), &zelf.0)
    }

    #[pygetter("gi_code")]
    fn code(_vm: &Vm, zelf: &Gc<Generator>) -> Value {
        zelf.0.code.to_value()
    }

    #[pygetter("gi_frame")]
    fn frame(vm: &Vm, zelf: &Gc<Generator>) -> Option<Value> {
        frame_of(vm, zelf.as_value(), &zelf.0)
    }

    #[pygetter("gi_running")]
    fn running(_vm: &Vm, zelf: &Gc<Generator>) -> bool {
        zelf.0.settle();
        zelf.0.running.get()
    }

    #[pygetter("gi_suspended")]
    fn suspended(_vm: &Vm, zelf: &Gc<Generator>) -> bool {
        zelf.0.settle();
        zelf.0.started.get() && !zelf.0.running.get() && !zelf.0.finished.get()
    }

    /// object being iterated by yield from, or None
    #[pygetter("gi_yieldfrom")]
    fn yieldfrom(_vm: &Vm, zelf: &Gc<Generator>) -> Option<Value> {
        delegate(&zelf.0)
    }

    /// name of the generator
    #[pygetter("__name__")]
    fn name(vm: &Vm, zelf: &Gc<Generator>) -> Value {
        zelf.0.name(vm).into_value()
    }

    #[pysetter("__name__")]
    fn set_name(vm: &Vm, zelf: &Gc<Generator>, value: Option<&Value>) -> PyResult<()> {
        set_str_attr(vm, &zelf.0.rare().name, "__name__", value)
    }

    /// qualified name of the generator
    #[pygetter("__qualname__")]
    fn qualname(vm: &Vm, zelf: &Gc<Generator>) -> Value {
        zelf.0.qualname(vm).into_value()
    }

    #[pysetter("__qualname__")]
    fn set_qualname(vm: &Vm, zelf: &Gc<Generator>, value: Option<&Value>) -> PyResult<()> {
        set_str_attr(vm, &zelf.0.rare().qualname, "__qualname__", value)
    }
}

/// A coroutine.
#[pytype(name = "coroutine", flags(GC, WEAKREF, NO_NEW))]
impl Slots for Coroutine {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(gen_repr),
        await_: Some(coro_await),
        finalize: Some(finalize),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Coroutine {
    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }

    /// send(arg) -> send 'arg' into coroutine,
    /// return next iterated value or raise StopIteration.
    #[pymethod(no_text, "send($self, value, /)")]
    fn send(vm: &Vm, zelf: &Value, value: &Value) -> PyResult<Value> {
        let r = resume(vm, zelf, With::Send(value.clone()))?;
        deliver(vm, r)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[pymethod(no_text, "throw($self, typ, val=<unrepresentable>, tb=<unrepresentable>, /)")]
    fn throw(
        vm: &Vm,
        zelf: &Gc<Coroutine>,
        typ: &Value,
        val: Option<&Value>,
        tb: Option<&Value>,
    ) -> PyResult<Value> {
        throw_args(vm, zelf.as_value(), &zelf.0, typ, val, tb)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[pymethod(no_text, "close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<Coroutine>) -> PyResult<()> {
        zelf.0.closing.set(true);
        let r = close(vm, zelf.as_value(), &zelf.0);
        zelf.0.closing.set(false);
        r.map(drop)
    }

    #[pygetter("cr_code")]
    fn code(_vm: &Vm, zelf: &Gc<Coroutine>) -> Value {
        zelf.0.code.to_value()
    }

    #[pygetter("cr_frame")]
    fn frame(vm: &Vm, zelf: &Gc<Coroutine>) -> Option<Value> {
        frame_of(vm, zelf.as_value(), &zelf.0)
    }

    #[pygetter("cr_running")]
    fn running(_vm: &Vm, zelf: &Gc<Coroutine>) -> bool {
        zelf.0.settle();
        zelf.0.running.get()
    }

    #[pygetter("cr_suspended")]
    fn suspended(_vm: &Vm, zelf: &Gc<Coroutine>) -> bool {
        zelf.0.settle();
        zelf.0.started.get() && !zelf.0.running.get() && !zelf.0.finished.get()
    }

    /// object being awaited on, or None
    #[pygetter("cr_await")]
    fn awaiting(_vm: &Vm, zelf: &Gc<Coroutine>) -> Option<Value> {
        delegate(&zelf.0)
    }

    #[pygetter("cr_origin")]
    fn origin(_vm: &Vm, zelf: &Gc<Coroutine>) -> Option<Value> {
        zelf.0.origin()
    }

    /// name of the coroutine
    #[pygetter("__name__")]
    fn name(vm: &Vm, zelf: &Gc<Coroutine>) -> Value {
        zelf.0.name(vm).into_value()
    }

    #[pysetter("__name__")]
    fn set_name(vm: &Vm, zelf: &Gc<Coroutine>, value: Option<&Value>) -> PyResult<()> {
        set_str_attr(vm, &zelf.0.rare().name, "__name__", value)
    }

    /// qualified name of the coroutine
    #[pygetter("__qualname__")]
    fn qualname(vm: &Vm, zelf: &Gc<Coroutine>) -> Value {
        zelf.0.qualname(vm).into_value()
    }

    #[pysetter("__qualname__")]
    fn set_qualname(vm: &Vm, zelf: &Gc<Coroutine>, value: Option<&Value>) -> PyResult<()> {
        set_str_attr(vm, &zelf.0.rare().qualname, "__qualname__", value)
    }
}

fn coro_await(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(vm.alloc(CoroutineWrapper { coro: v.clone() }).into_value())
}

/// What `coroutine.__await__()` returns.
pub struct CoroutineWrapper {
    coro: Value,
}

crate::fixed_layout!(CoroutineWrapper);

impl Trace for CoroutineWrapper {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.coro)
    }
}

fn wrapper_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    match v.downcast::<CoroutineWrapper>() {
        Some(w) => next(vm, &w.coro.clone()),
        None => Ok(None),
    }
}

/// A wrapper object implementing __await__ for coroutines.
#[pytype(name = "coroutine_wrapper", flags(GC, NO_NEW))]
impl Slots for CoroutineWrapper {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(wrapper_next), ..SlotDefs::NONE };
}

#[pymethods]
impl CoroutineWrapper {
    #[pymethod(no_text, "send($self, value, /)")]
    fn send(vm: &Vm, zelf: &Gc<CoroutineWrapper>, value: &Value) -> PyResult<Value> {
        let r = resume(vm, &zelf.coro.clone(), With::Send(value.clone()))?;
        deliver(vm, r)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[pymethod(no_text, "throw($self, typ, val=<unrepresentable>, tb=<unrepresentable>, /)")]
    fn throw(
        vm: &Vm,
        zelf: &Gc<CoroutineWrapper>,
        typ: &Value,
        val: Option<&Value>,
        tb: Option<&Value>,
    ) -> PyResult<Value> {
        let coro = zelf.coro.clone();
        match coro.downcast::<Coroutine>() {
            Some(c) => throw_args(vm, &coro, &c.0, typ, val, tb),
            None => Ok(Value::NONE),
        }
    }

    #[pymethod(no_text, "close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<CoroutineWrapper>) -> PyResult<()> {
        let coro = zelf.coro.clone();
        match coro.downcast::<Coroutine>() {
            Some(c) => {
                c.0.closing.set(true);
                let r = close(vm, &coro, &c.0);
                c.0.closing.set(false);
                r.map(drop)
            }
            None => Ok(()),
        }
    }
}

include!("async_generator.rs");
