//! `Future`, and the iterator that `await` makes of one.

use super::state::{call_soon, cancelled_error, event_loop, invalid_state, state};
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::errors::exception::BaseException;
use taipan_vm::modules::contextvars;
use taipan_vm::prelude::*;

pub const PENDING: u8 = 0;
pub const CANCELLED: u8 = 1;
pub const FINISHED: u8 = 2;

/// This class is *almost* compatible with concurrent.futures.Future.
///
///     Differences:
///
///     - result() and exception() do not take a timeout argument and
///       raise an exception when the future isn't done yet.
///
///     - Callbacks registered with add_done_callback() are always called
///       via the event loop's call_soon_threadsafe().
///
///     - This class is not compatible with the wait() and as_completed()
///       methods in the concurrent.futures package.
#[pytype(
    name = "Future",
    module = "_asyncio",
    signature = "(*, loop=<unrepresentable>)",
    flags(BASETYPE, GC, HAS_DICT, WEAKREF)
)]
#[derive(Trace, Default)]
pub struct Future {
    pub event_loop: ValueCell,
    callbacks: Guarded<Vec<(Value, Value)>>,
    pub state: Cell<u8>,
    pub result: ValueCell,
    pub exception: ValueCell,
    exception_tb: ValueCell,
    pub cancel_message: ValueCell,
    /// The exception that ended a task, to be raised once more.
    pub cancelled_exc: ValueCell,
    pub source_traceback: ValueCell,
    pub blocking: Cell<bool>,
    pub log_traceback: Cell<bool>,
    awaited_by: Guarded<Vec<Value>>,
}

/// The loop of anything like a future.
pub fn loop_of(vm: &Vm, v: &Value) -> PyResult<Value> {
    match vm.lookup_attr_str(v, "get_loop")? {
        Some(f) => vm.call0(&f),
        None => vm.get_attr_str(v, "_loop"),
    }
}

pub fn add_waiter(fut: &Value, waiter: &Value) {
    if let (Some(f), Some(_)) = (fut.downcast::<Future>(), waiter.downcast::<Future>()) {
        f.awaited_by.with_mut(|w| {
            if !w.iter().any(|v| v.is(waiter)) {
                w.push(waiter.clone());
            }
        });
    }
}

pub fn discard_waiter(fut: &Value, waiter: &Value) {
    if let Some(f) = fut.downcast::<Future>() {
        let old = f.awaited_by.with_mut(|w| {
            let at = w.iter().position(|v| v.is(waiter))?;
            Some(w.swap_remove(at))
        });
        drop(old);
    }
}

impl Future {
    pub fn alive(&self, vm: &Vm) -> PyResult<Value> {
        self.event_loop.get().ok_or_else(|| vm.runtime_error("Future object is not initialized."))
    }

    /// `__init__` of futures and tasks.
    pub fn start(&self, vm: &Vm, given: &Value) -> PyResult<Value> {
        let l = if given.is_none() { event_loop(vm)? } else { given.clone() };
        drop(self.callbacks.take());
        self.state.set(PENDING);
        for cell in
            [&self.result, &self.exception, &self.exception_tb, &self.cancel_message, &self.cancelled_exc]
        {
            cell.set(None);
        }
        self.blocking.set(false);
        self.log_traceback.set(false);
        self.source_traceback.set(None);
        self.event_loop.set(Some(l.clone()));
        if vm.is_true(&vm.call_method_name(&l, &state(vm)?.get_debug, &[])?)? {
            let helpers = vm.import_named("asyncio.format_helpers")?;
            let frame = vm.call_method(&vm.import_named("sys")?, "_getframe", &[])?;
            self.source_traceback.set(Some(vm.call_method(&helpers, "extract_stack", &[frame])?));
        }
        Ok(l)
    }

    fn schedule(&self, vm: &Vm, zelf: &Value) -> PyResult<()> {
        let callbacks = self.callbacks.take();
        if callbacks.is_empty() {
            return Ok(());
        }
        let l = self.alive(vm)?;
        for (f, context) in callbacks {
            call_soon(vm, &l, f, Some(zelf.clone()), Some(context))?;
        }
        Ok(())
    }

    /// Cancels without asking anybody.
    pub fn cancel_now(&self, vm: &Vm, zelf: &Value, msg: Option<Value>) -> PyResult<bool> {
        self.log_traceback.set(false);
        if self.state.get() != PENDING {
            return Ok(false);
        }
        self.state.set(CANCELLED);
        self.cancel_message.set(msg);
        self.schedule(vm, zelf)?;
        Ok(true)
    }

    pub fn finish_with(&self, vm: &Vm, zelf: &Value, result: Value) -> PyResult<()> {
        self.alive(vm)?;
        if self.state.get() != PENDING {
            return Err(invalid_state(vm, "invalid state"));
        }
        self.result.set(Some(result));
        self.state.set(FINISHED);
        self.schedule(vm, zelf)
    }

    pub fn fail_with(&self, vm: &Vm, zelf: &Value, exception: &Value) -> PyResult<()> {
        self.alive(vm)?;
        if self.state.get() != PENDING {
            return Err(invalid_state(vm, "invalid state"));
        }
        let mut e = if vm.is_exception_class(exception) { vm.call0(exception)? } else { exception.clone() };
        if e.downcast::<BaseException>().is_none() {
            return Err(vm.type_error("invalid exception object"));
        }
        if vm.is_instance(&e, vm.type_for(&exc::StopIteration).as_value())? {
            let msg = "StopIteration interacts badly with generators and cannot be raised into a Future";
            let new = vm.new_exc(&exc::RuntimeError, msg);
            if let Some(n) = new.downcast::<BaseException>() {
                n.cause.set(Some(e.clone()));
                n.context.set(Some(e));
            }
            e = new;
        }
        self.exception_tb.set(e.downcast::<BaseException>().and_then(|b| b.traceback.get()));
        self.exception.set(Some(e));
        self.state.set(FINISHED);
        self.schedule(vm, zelf)?;
        self.log_traceback.set(true);
        Ok(())
    }

    pub fn cancelled_exception(&self, vm: &Vm) -> PyResult<Value> {
        if let Some(e) = self.cancelled_exc.take() {
            return Ok(e);
        }
        let class = cancelled_error(vm)?;
        match self.cancel_message.get().filter(|m| !m.is_none()) {
            Some(m) => vm.call1(&class, &m),
            None => vm.call0(&class),
        }
    }

    /// Before anything is asked of the future's end.
    fn begun(&self, vm: &Vm) -> PyResult<()> {
        if self.event_loop.is_some() {
            return Ok(());
        }
        Err(invalid_state(vm, "Future object is not initialized."))
    }

    pub fn get_result(&self, vm: &Vm) -> PyResult<Value> {
        self.begun(vm)?;
        match self.state.get() {
            FINISHED => {}
            CANCELLED => {
                let e = self.cancelled_exception(vm)?;
                return Err(vm.raise(e));
            }
            _ => return Err(invalid_state(vm, "Result is not ready.")),
        }
        self.log_traceback.set(false);
        let Some(e) = self.exception.get() else { return Ok(self.result.get().unwrap_or(Value::NONE)) };
        if let Some(b) = e.downcast::<BaseException>() {
            b.traceback.set(self.exception_tb.get());
        }
        Err(vm.raise(e))
    }

    pub fn add_callback(&self, vm: &Vm, zelf: &Value, f: &Value, context: Option<Value>) -> PyResult<()> {
        let l = self.alive(vm)?;
        let context = context.unwrap_or_else(|| contextvars::copy_current(vm));
        if self.state.get() != PENDING {
            return call_soon(vm, &l, f.clone(), Some(zelf.clone()), Some(context));
        }
        self.callbacks.with_mut(|c| c.push((f.clone(), context)));
        Ok(())
    }
}

/// Reports to the loop; what goes wrong is unraisable.
pub fn report(vm: &Vm, f: &Future, zelf: &Value, pairs: &[(&str, Value)]) {
    let Some(l) = f.event_loop.get() else { return };
    let context = vm.dict_of(pairs);
    if let Some(tb) = f.source_traceback.get() {
        context.set_str(vm, &vm.intern("source_traceback"), tb);
    }
    if vm.call_method(&l, "call_exception_handler", &[context.into_value()]).is_err() {
        vm.unraisable("Exception ignored while reporting to an event loop", Some(zelf));
    }
}

/// Says that nobody has asked for an exception.
pub fn last_words(vm: &Vm, f: &Future, zelf: &Value) {
    if !f.log_traceback.get() {
        return;
    }
    f.log_traceback.set(false);
    let Some(e) = f.exception.get() else { return };
    let name = vm.type_of(zelf).name();
    let msg = vm.new_str(&format!("{name} exception was never retrieved")).into_value();
    report(vm, f, zelf, &[("message", msg), ("exception", e), ("future", zelf.clone())]);
}

/// Runs something while an object dies, with the exception on its way set aside.
pub fn aside(vm: &Vm, f: impl FnOnce()) {
    let saved = vm.raised_get().map(|_| vm.take_raised());
    f();
    if let Some(e) = saved {
        let _ = vm.reraise(e);
    }
}

fn finalize(vm: &Vm, v: &Value) {
    if let Some(f) = v.downcast::<Future>()
        && f.log_traceback.get()
    {
        aside(vm, || last_words(vm, f, v));
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let base = vm.import_named("asyncio.base_futures")?;
    vm.call_method(&base, "_future_repr", std::slice::from_ref(v))
}

pub fn iterate(vm: &Vm, v: &Value) -> PyResult<Value> {
    match v.downcast::<Future>() {
        Some(f) => {
            f.alive(vm)?;
            Ok(vm.alloc(FutureIter { future: ValueCell::new(Some(v.clone())) }).into_value())
        }
        None => Err(vm.type_error("not a future")),
    }
}

impl Slots for Future {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        iter: Some(iterate),
        await_: Some(iterate),
        finalize: Some(finalize),
        ..SlotDefs::NONE
    };
}

/// The optional keyword `context`.
pub fn given(v: &Value) -> Option<Value> {
    (!v.is_none()).then(|| v.clone())
}

#[pymethods]
impl Future {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Future::default())?.into_value())
    }

    #[pyinit("Future(*, loop=None)")]
    fn init(vm: &Vm, zelf: &Gc<Future>, r#loop: &Value) -> PyResult<()> {
        zelf.start(vm, r#loop).map(drop)
    }

    /// Return the result this future represents.
    ///
    /// If the future has been cancelled, raises CancelledError.  If the
    /// future's result isn't yet available, raises InvalidStateError.  If
    /// the future is done and has an exception set, this exception is raised.
    #[pymethod("result($self, /)")]
    fn py_result(vm: &Vm, zelf: &Gc<Future>) -> PyResult<Value> {
        zelf.get_result(vm)
    }

    /// Return the exception that was set on this future.
    ///
    /// The exception (or None if no exception was set) is returned only if
    /// the future is done.  If the future has been cancelled, raises
    /// CancelledError.  If the future isn't done yet, raises
    /// InvalidStateError.
    #[pymethod("exception($self, /)")]
    fn py_exception(vm: &Vm, zelf: &Gc<Future>) -> PyResult<Option<Value>> {
        zelf.begun(vm)?;
        match zelf.state.get() {
            CANCELLED => {
                let e = zelf.cancelled_exception(vm)?;
                Err(vm.raise(e))
            }
            FINISHED => {
                zelf.log_traceback.set(false);
                Ok(zelf.exception.get())
            }
            _ => Err(invalid_state(vm, "Exception is not set.")),
        }
    }

    /// Mark the future done and set its result.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[pymethod("set_result($self, result, /)")]
    fn set_result(vm: &Vm, zelf: &Gc<Future>, result: &Value) -> PyResult<()> {
        zelf.finish_with(vm, zelf.as_value(), result.clone())
    }

    /// Mark the future done and set an exception.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[pymethod("set_exception($self, exception, /)")]
    fn set_exception(vm: &Vm, zelf: &Gc<Future>, exception: &Value) -> PyResult<()> {
        zelf.fail_with(vm, zelf.as_value(), exception)
    }

    /// Add a callback to be run when the future becomes done.
    ///
    /// The callback is called with a single argument - the future object. If
    /// the future is already done when this is called, the callback is
    /// scheduled with call_soon.
    #[pymethod("add_done_callback($self, fn, /, *, context=None)")]
    fn add_done_callback(vm: &Vm, zelf: &Gc<Future>, f: &Value, context: &Value) -> PyResult<()> {
        zelf.add_callback(vm, zelf.as_value(), f, given(context))
    }

    /// Remove all instances of a callback from the "call when done" list.
    ///
    /// Returns the number of callbacks removed.
    #[pymethod("remove_done_callback($self, fn, /)")]
    fn remove_done_callback(vm: &Vm, zelf: &Gc<Future>, f: &Value) -> PyResult<usize> {
        zelf.alive(vm)?;
        let mut gone = Vec::new();
        for (g, context) in zelf.callbacks.get() {
            if vm.eq(&g, f)? {
                gone.push((g, context));
            }
        }
        // Comparing may have changed the list: what is gone anyhow does not count.
        let removed = zelf.callbacks.with_mut(|c| {
            let mut removed = Vec::new();
            for (g, context) in &gone {
                if let Some(at) = c.iter().position(|(a, b)| a.is(g) && b.is(context)) {
                    removed.push(c.remove(at));
                }
            }
            removed
        });
        Ok(removed.len())
    }

    /// Cancel the future and schedule callbacks.
    ///
    /// If the future is already done or cancelled, return False.  Otherwise,
    /// change the future's state to cancelled, schedule the callbacks and
    /// return True.
    #[pymethod("cancel($self, /, msg=None)")]
    fn cancel(vm: &Vm, zelf: &Gc<Future>, msg: &Value) -> PyResult<bool> {
        zelf.alive(vm)?;
        zelf.cancel_now(vm, zelf.as_value(), given(msg))
    }

    /// Return True if the future was cancelled.
    #[pymethod("cancelled($self, /)")]
    fn cancelled(vm: &Vm, zelf: &Gc<Future>) -> bool {
        let _ = vm;
        zelf.state.get() == CANCELLED
    }

    /// Return True if the future is done.
    ///
    /// Done means either that a result / exception are available, or that the
    /// future was cancelled.
    #[pymethod("done($self, /)")]
    fn done(vm: &Vm, zelf: &Gc<Future>) -> bool {
        let _ = vm;
        zelf.state.get() != PENDING
    }

    /// Return the event loop the Future is bound to.
    #[pymethod("get_loop($self, /)")]
    fn get_loop(vm: &Vm, zelf: &Gc<Future>) -> PyResult<Value> {
        zelf.alive(vm)
    }

    /// Create the CancelledError to raise if the Future is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    #[pymethod("_make_cancelled_error($self, /)")]
    fn make_cancelled_error(vm: &Vm, zelf: &Gc<Future>) -> PyResult<Value> {
        zelf.cancelled_exception(vm)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        taipan_vm::types::generic_alias::make(vm, cls, object)
    }

    #[pygetter("_state")]
    fn get_state(vm: &Vm, zelf: &Gc<Future>) -> Value {
        vm.intern(match zelf.state.get() {
            PENDING => "PENDING",
            CANCELLED => "CANCELLED",
            _ => "FINISHED",
        })
        .into_value()
    }

    #[pygetter("_asyncio_future_blocking")]
    fn get_blocking(vm: &Vm, zelf: &Gc<Future>) -> bool {
        let _ = vm;
        zelf.blocking.get()
    }

    #[pysetter("_asyncio_future_blocking")]
    fn set_blocking(vm: &Vm, zelf: &Gc<Future>, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(v) => zelf.blocking.set(vm.is_true(v)?),
            None => return Err(deletion(vm)),
        }
        Ok(())
    }

    #[pygetter("_asyncio_awaited_by")]
    fn awaited_by(vm: &Vm, zelf: &Gc<Future>) -> PyResult<Value> {
        let waiters = zelf.awaited_by.get();
        if waiters.is_empty() {
            return Ok(Value::NONE);
        }
        let class = vm.native_type::<taipan_vm::types::set::FrozenSet>();
        vm.call1(class.as_value(), vm.new_list(waiters).as_value())
    }

    #[pygetter("_loop")]
    fn get_event_loop(vm: &Vm, zelf: &Gc<Future>) -> Option<Value> {
        let _ = vm;
        zelf.event_loop.get()
    }

    #[pygetter("_callbacks")]
    fn get_callbacks(vm: &Vm, zelf: &Gc<Future>) -> Option<Value> {
        let all = zelf.callbacks.get();
        if all.is_empty() {
            return None;
        }
        let pairs = all.into_iter().map(|(f, c)| vm.new_tuple(vec![f, c]).into_value()).collect();
        Some(vm.new_list(pairs).into_value())
    }

    #[pygetter("_result")]
    fn get_raw_result(vm: &Vm, zelf: &Gc<Future>) -> Option<Value> {
        let _ = vm;
        zelf.result.get()
    }

    #[pygetter("_exception")]
    fn get_raw_exception(vm: &Vm, zelf: &Gc<Future>) -> Option<Value> {
        let _ = vm;
        zelf.exception.get()
    }

    #[pygetter("_log_traceback")]
    fn get_log_traceback(vm: &Vm, zelf: &Gc<Future>) -> PyResult<bool> {
        zelf.alive(vm)?;
        Ok(zelf.log_traceback.get())
    }

    #[pysetter("_log_traceback")]
    fn set_log_traceback(vm: &Vm, zelf: &Gc<Future>, value: Option<&Value>) -> PyResult<()> {
        let Some(v) = value else { return Err(deletion(vm)) };
        if vm.is_true(v)? {
            return Err(vm.value_error("_log_traceback can only be set to False"));
        }
        zelf.log_traceback.set(false);
        Ok(())
    }

    #[pygetter("_source_traceback")]
    fn get_source_traceback(vm: &Vm, zelf: &Gc<Future>) -> Option<Value> {
        let _ = vm;
        zelf.source_traceback.get()
    }

    #[pygetter("_cancel_message")]
    fn get_cancel_message(vm: &Vm, zelf: &Gc<Future>) -> Option<Value> {
        let _ = vm;
        zelf.cancel_message.get()
    }

    #[pysetter("_cancel_message")]
    fn set_cancel_message(vm: &Vm, zelf: &Gc<Future>, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(v) => zelf.cancel_message.set(Some(v.clone())),
            None => return Err(deletion(vm)),
        }
        Ok(())
    }
}

pub fn deletion(vm: &Vm) -> Raised {
    vm.raise_new(&exc::AttributeError, "cannot delete attribute")
}

/// What `await future` goes through: the future itself, then its result.
#[pytype(name = "FutureIter", module = "_asyncio", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct FutureIter {
    future: ValueCell,
}

/// One step: the future to wait for, or the end with its result.
fn step(vm: &Vm, it: &FutureIter) -> PyResult<Option<Value>> {
    let Some(v) = it.future.get() else { return Ok(None) };
    let Some(f) = v.downcast::<Future>() else { return Ok(None) };
    if f.state.get() == PENDING {
        if !f.blocking.get() {
            f.blocking.set(true);
            return Ok(Some(v));
        }
        return Err(vm.runtime_error("await wasn't used with future"));
    }
    it.future.set(None);
    match f.get_result(vm)? {
        r if r.is_none() => Ok(None),
        r => Err(vm.stop_iteration(Some(r))),
    }
}

fn iter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    step(vm, taipan_vm::native::shell::object::<FutureIter>(vm, v, "__next__")?)
}

fn itself(_: &Vm, v: &Value) -> PyResult<Value> {
    Ok(v.clone())
}

impl Slots for FutureIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(iter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl FutureIter {
    #[pymethod("send($self, value, /)")]
    fn send(vm: &Vm, zelf: &Gc<FutureIter>, value: &Value) -> PyResult<Value> {
        let _ = value;
        match step(vm, zelf)? {
            Some(v) => Ok(v),
            None => Err(vm.stop_iteration(None)),
        }
    }

    #[pymethod(no_text, "throw($self, typ, val=<unrepresentable>, tb=None, /)")]
    fn throw(
        vm: &Vm,
        zelf: &Gc<FutureIter>,
        typ: &Value,
        val: Option<&Value>,
        tb: &Value,
    ) -> PyResult<Value> {
        if val.is_some() {
            let msg = "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.";
            vm.warn(&exc::DeprecationWarning, msg, 1)?;
        }
        let none = Value::NONE;
        let val = val.unwrap_or(&none);
        if !tb.is_none() && vm.type_of(tb).name() != "traceback" {
            return Err(vm.type_error("throw() third argument must be a traceback"));
        }
        let e = if vm.is_exception_class(typ) {
            if val.downcast::<BaseException>().is_some() {
                val.clone()
            } else if val.is_none() {
                vm.call0(typ)?
            } else {
                vm.call1(typ, val)?
            }
        } else if typ.downcast::<BaseException>().is_some() {
            if !val.is_none() {
                return Err(vm.type_error("instance exception may not have a separate value"));
            }
            typ.clone()
        } else {
            return Err(vm.type_error(format_args!(
                "exceptions must be classes deriving BaseException or instances of such a class, not {}",
                vm.type_of(typ).name()
            )));
        };
        if let Some(b) = e.downcast::<BaseException>()
            && !tb.is_none()
        {
            b.traceback.set(Some(tb.clone()));
        }
        zelf.future.set(None);
        Err(vm.raise(e))
    }

    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<FutureIter>) {
        let _ = vm;
        zelf.future.set(None);
    }
}
