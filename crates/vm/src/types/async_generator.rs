// Async generators and their awaitables. Included by `generator.rs`, whose helpers it shares.

/// A value that an async generator yields, told apart from what it awaits.
pub struct WrappedValue {
    value: Value,
}

crate::fixed_layout!(WrappedValue);

impl Trace for WrappedValue {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.value)
    }
}

#[pytype(name = "async_generator_wrapped_value", flags(GC, NO_NEW), no_methods)]
impl Slots for WrappedValue {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

pub fn wrap_async_value(vm: &Vm, v: &Value) -> Value {
    vm.alloc(WrappedValue { value: v.clone() }).into_value()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AwaitState {
    Init,
    Iter,
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    /// `__anext__`, `asend(v)`.
    Send,
    Throw,
    Close,
}

/// The awaitable of `asend`, `athrow`, `aclose`.
pub struct AsyncStep {
    generator: Value,
    request: Request,
    /// What is sent or thrown.
    arg: ValueCell,
    state: Cell<AwaitState>,
}

crate::fixed_layout!(AsyncStep);

impl Trace for AsyncStep {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.generator);
        self.arg.trace(visit);
    }
}

fn step(vm: &Vm, g: &Gc<AsyncGenerator>, request: Request, arg: Option<Value>) -> PyResult<Value> {
    init_hooks(vm, g)?;
    Ok(vm
        .alloc(AsyncStep {
            generator: g.to_value(),
            request,
            arg: ValueCell::new(arg),
            state: Cell::new(AwaitState::Init),
        })
        .into_value())
}

/// Calls `sys.set_asyncgen_hooks`' firstiter once, and remembers the finalizer.
fn init_hooks(vm: &Vm, g: &Gc<AsyncGenerator>) -> PyResult<()> {
    if g.0.hooked.replace(true) {
        return Ok(());
    }
    if let Some(f) = vm.thread.asyncgen_finalizer.get() {
        g.0.rare().finalizer.set(Some(f));
    }
    if let Some(f) = vm.thread.asyncgen_firstiter.get() {
        vm.call1(&f, g.as_value())?;
    }
    Ok(())
}

/// What came out of the generator: a wrapped value ends the step, anything else is passed to the event loop.
fn unwrap_step(vm: &Vm, g: &GenState, r: PyResult<Resumed>) -> PyResult<Value> {
    match r {
        Ok(Resumed::Yield(v)) => match v.downcast_exact::<WrappedValue>() {
            Some(w) => {
                g.running_async.set(false);
                Err(stop(vm, w.value.clone()))
            }
            None => Ok(v),
        },
        Ok(Resumed::Return(_)) => {
            g.closed.set(true);
            g.running_async.set(false);
            Err(vm.raise_args(&exc::StopAsyncIteration, Vec::new()))
        }
        Err(raised) => {
            if vm.raised_is(&exc::StopAsyncIteration) || vm.raised_is(&exc::GeneratorExit) {
                g.closed.set(true);
            }
            g.running_async.set(false);
            Err(raised)
        }
    }
}

fn reuse_error(vm: &Vm, request: Request) -> Raised {
    vm.runtime_error(match request {
        Request::Send => "cannot reuse already awaited __anext__()/asend()",
        _ => "cannot reuse already awaited aclose()/athrow()",
    })
}

fn running_error(vm: &Vm, request: Request) -> Raised {
    vm.runtime_error(match request {
        Request::Send => "anext(): asynchronous generator is already running",
        Request::Throw => "athrow(): asynchronous generator is already running",
        Request::Close => "aclose(): asynchronous generator is already running",
    })
}

/// What `athrow` was called with, made an exception when it is thrown.
fn thrown_later(vm: &Vm, s: &AsyncStep) -> PyResult<Value> {
    let arg = s.arg.get().unwrap_or(Value::NONE);
    match arg.downcast_exact::<Tuple>().map(|t| t.items().to_vec()).as_deref() {
        Some([typ, rest @ ..]) => thrown(vm, typ, rest.first(), rest.get(1)),
        _ => thrown(vm, &arg, None, None),
    }
}

/// Begins or goes on with a step of `__anext__` or `asend` that the loop resumes itself: the generator, and what it is
/// sent. `None`: the general path says what is wrong.
pub fn enter_step<'a>(step: &'a Value, v: &Value) -> Option<(&'a Value, Value)> {
    let s = step.downcast_exact::<AsyncStep>()?;
    let g = &s.generator.downcast_exact::<AsyncGenerator>()?.0;
    if s.request != Request::Send || !g.is_waiting() {
        return None;
    }
    let sent = match s.state.get() {
        AwaitState::Iter => v.clone(),
        AwaitState::Init if !g.running_async.get() => {
            let first = if v.is_none() { s.arg.get().unwrap_or(Value::NONE) } else { v.clone() };
            if !g.started.get() && !first.is_none() {
                return None;
            }
            first
        }
        _ => return None,
    };
    s.state.set(AwaitState::Iter);
    g.running_async.set(true);
    Some((&s.generator, sent))
}

/// A step that the loop resumed is over, `step` being what was awaited.
pub fn leave_step(step: Option<&Value>, g: &GenState) {
    g.running_async.set(false);
    if let Some(s) = step.and_then(|s| s.downcast_exact::<AsyncStep>()) {
        s.state.set(AwaitState::Closed);
    }
}

/// The value that an async generator yields, unless `v` is what it awaits.
pub fn unwrap_async_value(v: &Value) -> Option<Value> {
    v.downcast_exact::<WrappedValue>().map(|w| w.value.clone())
}

fn async_send(vm: &Vm, s: &Gc<AsyncStep>, v: &Value) -> PyResult<Value> {
    let gen_value = s.generator.clone();
    let Some(g) = gen_value.downcast::<AsyncGenerator>() else { return Ok(Value::NONE) };
    let g = &g.0;
    if s.state.get() == AwaitState::Closed {
        return Err(reuse_error(vm, s.request));
    }
    if s.request == Request::Send {
        let mut arg = v.clone();
        if s.state.get() == AwaitState::Init {
            if g.running_async.get() {
                s.state.set(AwaitState::Closed);
                return Err(running_error(vm, s.request));
            }
            if v.is_none() {
                arg = s.arg.get().unwrap_or(Value::NONE);
            }
            s.state.set(AwaitState::Iter);
        }
        g.running_async.set(true);
        let r = resume(vm, &gen_value, With::Send(arg));
        let r = unwrap_step(vm, g, r);
        if r.is_err() {
            s.state.set(AwaitState::Closed);
        }
        return r;
    }
    // athrow, aclose
    if g.finished.get() {
        s.state.set(AwaitState::Closed);
        return Err(vm.raise_args(&exc::StopIteration, Vec::new()));
    }
    let r = if s.state.get() == AwaitState::Init {
        if g.running_async.get() {
            s.state.set(AwaitState::Closed);
            return Err(running_error(vm, s.request));
        }
        if g.closed.get() {
            s.state.set(AwaitState::Closed);
            return Err(vm.raise_args(&exc::StopAsyncIteration, Vec::new()));
        }
        if !v.is_none() {
            return Err(vm.runtime_error("can't send non-None value to a just-started coroutine"));
        }
        s.state.set(AwaitState::Iter);
        g.running_async.set(true);
        if s.request == Request::Close {
            g.closed.set(true);
            if !g.started.get() {
                g.discard();
                g.finished.set(true);
                g.running_async.set(false);
                s.state.set(AwaitState::Closed);
                return Err(vm.raise_args(&exc::StopIteration, Vec::new()));
            }
            let e = vm.new_exc_args(&exc::GeneratorExit, Vec::new());
            throw(vm, &gen_value, g, e)
        } else {
            match thrown_later(vm, s) {
                Ok(e) => throw(vm, &gen_value, g, e),
                Err(raised) => Err(raised),
            }
        }
    } else {
        resume(vm, &gen_value, With::Send(v.clone()))
    };
    finish_throw(vm, s, g, r)
}

/// The end of a step of `athrow` or `aclose`.
fn finish_throw(vm: &Vm, s: &Gc<AsyncStep>, g: &GenState, r: PyResult<Resumed>) -> PyResult<Value> {
    if s.request == Request::Throw {
        let r = unwrap_step(vm, g, r);
        if r.is_err() {
            s.state.set(AwaitState::Closed);
        }
        return r;
    }
    match r {
        Ok(Resumed::Yield(v)) if v.downcast_exact::<WrappedValue>().is_some() => {
            g.running_async.set(false);
            s.state.set(AwaitState::Closed);
            Err(vm.runtime_error("async generator ignored GeneratorExit"))
        }
        Ok(Resumed::Yield(v)) => Ok(v),
        Ok(Resumed::Return(_)) => {
            g.running_async.set(false);
            s.state.set(AwaitState::Closed);
            Err(vm.raise_args(&exc::StopIteration, Vec::new()))
        }
        Err(raised) => {
            g.running_async.set(false);
            s.state.set(AwaitState::Closed);
            if vm.raised_is(&exc::StopAsyncIteration) || vm.raised_is(&exc::GeneratorExit) {
                drop(vm.take_raised());
                return Err(vm.raise_args(&exc::StopIteration, Vec::new()));
            }
            Err(raised)
        }
    }
}

fn async_throw(vm: &Vm, s: &Gc<AsyncStep>, e: Value) -> PyResult<Value> {
    let gen_value = s.generator.clone();
    let Some(g) = gen_value.downcast::<AsyncGenerator>() else { return Ok(Value::NONE) };
    let g = &g.0;
    if s.state.get() == AwaitState::Closed {
        return Err(reuse_error(vm, s.request));
    }
    if s.state.get() == AwaitState::Init {
        if g.running_async.get() {
            s.state.set(AwaitState::Closed);
            return Err(running_error(vm, s.request));
        }
        s.state.set(AwaitState::Iter);
        g.running_async.set(true);
    }
    let r = throw(vm, &gen_value, g, e);
    if s.request == Request::Send {
        let r = unwrap_step(vm, g, r);
        if r.is_err() {
            s.state.set(AwaitState::Closed);
        }
        return r;
    }
    finish_throw(vm, s, g, r)
}

fn step_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    match v.downcast::<AsyncStep>() {
        Some(s) => async_send(vm, &s.clone(), &Value::NONE).map(Some),
        None => Ok(None),
    }
}

fn step_finalize(vm: &Vm, v: &Value) {
    if let Some(s) = v.downcast::<AsyncStep>()
        && s.state.get() == AwaitState::Init
    {
        let g = s.generator.downcast::<AsyncGenerator>().map(|g| g.0.qualname(vm));
        let name = g.map_or(String::new(), |q| q.to_string_lossy().into_owned());
        let what = match s.request {
            Request::Send => "asend",
            Request::Throw => "athrow",
            Request::Close => "aclose",
        };
        let msg = format!("coroutine method '{what}' of '{name}' was never awaited");
        if vm.warn(&exc::RuntimeWarning, msg, 1).is_err() {
            vm.unraisable("Exception ignored while finalizing async generator", Some(&s.generator));
        }
    }
}

#[pytype(name = "async_generator_asend", flags(GC, NO_NEW))]
impl Slots for AsyncStep {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(itself),
        await_: Some(itself),
        iternext: Some(step_next),
        finalize: Some(step_finalize),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl AsyncStep {
    #[pymethod(no_text, "send($self, value, /)")]
    fn send(vm: &Vm, zelf: &Gc<AsyncStep>, value: &Value) -> PyResult<Value> {
        async_send(vm, zelf, value)
    }

    #[pymethod(no_text, "throw($self, typ, val=<unrepresentable>, tb=<unrepresentable>, /)")]
    fn throw(vm: &Vm, zelf: &Gc<AsyncStep>, typ: &Value, val: Option<&Value>, tb: Option<&Value>) -> PyResult<Value> {
        warn_of_three(vm, val, tb)?;
        if zelf.state.get() == AwaitState::Closed {
            return Err(reuse_error(vm, zelf.request));
        }
        let e = thrown(vm, typ, val, tb)?;
        async_throw(vm, zelf, e)
    }

    #[pymethod(no_text, "close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<AsyncStep>) -> PyResult<()> {
        if zelf.state.get() == AwaitState::Closed {
            return Ok(());
        }
        let e = vm.new_exc_args(&exc::GeneratorExit, Vec::new());
        match async_throw(vm, zelf, e) {
            Ok(_) => Err(vm.runtime_error("coroutine ignored GeneratorExit")),
            Err(raised) => {
                if vm.raised_is(&exc::StopIteration)
                    || vm.raised_is(&exc::StopAsyncIteration)
                    || vm.raised_is(&exc::GeneratorExit)
                {
                    drop(vm.take_raised());
                    return Ok(());
                }
                Err(raised)
            }
        }
    }
}

/// `anext(g)`.
pub fn next_step(vm: &Vm, g: &Gc<AsyncGenerator>) -> PyResult<Value> {
    step(vm, g, Request::Send, None)
}

/// Whether it is the awaitable of a step.
#[inline]
pub fn is_step(v: &Value) -> bool {
    v.downcast_exact::<AsyncStep>().is_some()
}

fn agen_anext(vm: &Vm, v: &Value) -> PyResult<Value> {
    match v.downcast::<AsyncGenerator>() {
        Some(g) => step(vm, g, Request::Send, None),
        None => Ok(Value::NONE),
    }
}

/// An asynchronous generator.
#[pytype(name = "async_generator", flags(GC, WEAKREF, NO_NEW))]
impl Slots for AsyncGenerator {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(gen_repr),
        aiter: Some(itself),
        anext: Some(agen_anext),
        finalize: Some(finalize),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl AsyncGenerator {
    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }

    /// asend(v) -> send 'v' in generator.
    #[pymethod(no_text, "asend($self, value, /)")]
    fn asend(vm: &Vm, zelf: &Gc<AsyncGenerator>, value: &Value) -> PyResult<Value> {
        step(vm, zelf, Request::Send, Some(value.clone()))
    }

    #[pymethod(no_text, "athrow($self, typ, val=<unrepresentable>, tb=<unrepresentable>, /)")]
    fn athrow(vm: &Vm, zelf: &Gc<AsyncGenerator>, typ: &Value, val: Option<&Value>, tb: Option<&Value>) -> PyResult<Value> {
        warn_of_three(vm, val, tb)?;
        let given = [Some(typ), val, tb].into_iter().flatten().cloned().collect();
        step(vm, zelf, Request::Throw, Some(vm.new_tuple(given).into_value()))
    }

    /// aclose() -> raise GeneratorExit inside generator.
    #[pymethod(no_text, "aclose($self, /)")]
    fn aclose(vm: &Vm, zelf: &Gc<AsyncGenerator>) -> PyResult<Value> {
        step(vm, zelf, Request::Close, None)
    }

    #[pygetter("ag_code")]
    fn code(_vm: &Vm, zelf: &Gc<AsyncGenerator>) -> Value {
        zelf.0.code.to_value()
    }

    #[pygetter("ag_frame")]
    fn frame(vm: &Vm, zelf: &Gc<AsyncGenerator>) -> Option<Value> {
        frame_of(vm, zelf.as_value(), &zelf.0)
    }

    #[pygetter("ag_running")]
    fn running(_vm: &Vm, zelf: &Gc<AsyncGenerator>) -> bool {
        zelf.0.running_async.get()
    }

    #[pygetter("ag_suspended")]
    fn suspended(_vm: &Vm, zelf: &Gc<AsyncGenerator>) -> bool {
        zelf.0.started.get() && !zelf.0.running.get() && !zelf.0.finished.get()
    }

    /// object being awaited on, or None
    #[pygetter("ag_await")]
    fn awaiting(_vm: &Vm, zelf: &Gc<AsyncGenerator>) -> Option<Value> {
        delegate(&zelf.0)
    }

    /// name of the async generator
    #[pygetter("__name__")]
    fn name(vm: &Vm, zelf: &Gc<AsyncGenerator>) -> Value {
        zelf.0.name(vm).into_value()
    }

    #[pysetter("__name__")]
    fn set_name(vm: &Vm, zelf: &Gc<AsyncGenerator>, value: Option<&Value>) -> PyResult<()> {
        set_str_attr(vm, &zelf.0.rare().name, "__name__", value)
    }

    /// qualified name of the async generator
    #[pygetter("__qualname__")]
    fn qualname(vm: &Vm, zelf: &Gc<AsyncGenerator>) -> Value {
        zelf.0.qualname(vm).into_value()
    }

    #[pysetter("__qualname__")]
    fn set_qualname(vm: &Vm, zelf: &Gc<AsyncGenerator>, value: Option<&Value>) -> PyResult<()> {
        set_str_attr(vm, &zelf.0.rare().qualname, "__qualname__", value)
    }
}
