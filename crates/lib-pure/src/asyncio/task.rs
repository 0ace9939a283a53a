//! `Task`: a coroutine that a loop runs step by step.

use super::future::{
    Future, PENDING, add_waiter, aside, deletion, discard_waiter, given, iterate, last_words, loop_of, report,
};
use super::state::{call_soon, cancelled_error, enter, invalid_state, leave, state, swap};
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::errors::exception::{VALUE, field};
use taipan_vm::interp::gen_api::{Resumed, With, resume};
use taipan_vm::modules::contextvars;
use taipan_vm::prelude::*;
use taipan_vm::types::generator::{Coroutine, Generator};
use taipan_vm::types::weakref::Enrolled;

/// A coroutine wrapped in a Future.
#[pytype(
    name = "Task",
    module = "_asyncio",
    base = Future,
    signature = "(coro, *, loop=None, name=None, context=None, eager_start=False)",
    flags(BASETYPE, GC, HAS_DICT, WEAKREF)
)]
#[derive(Trace, Default)]
pub struct Task {
    future: Future,
    coro: ValueCell,
    name: ValueCell,
    context: ValueCell,
    waiter: ValueCell,
    must_cancel: Cell<bool>,
    cancels: Cell<i64>,
    log_destroy_pending: Cell<bool>,
    pub enrolled: Enrolled,
}

/// What the loop calls to run a step.
#[pytype(name = "TaskStepMethWrapper", module = "_asyncio", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct TaskStep {
    task: Value,
    exception: Option<Value>,
    /// The first step of an eager task.
    eager: bool,
}

/// What a future calls when it is done.
#[pytype(name = "TaskWakeupMethWrapper", module = "_asyncio", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct TaskWakeup {
    task: Value,
}

fn task_of<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Task>> {
    taipan_vm::native::shell::object::<Task>(vm, v, "Task")
}

fn call_step(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let s = taipan_vm::native::shell::object::<TaskStep>(vm, v, "__call__")?;
    if !args.all.is_empty() {
        return Err(vm.type_error("function takes no positional arguments"));
    }
    let task = task_of(vm, &s.task)?;
    if s.eager {
        run_and_handle(vm, task, None)?;
    } else {
        step(vm, task, s.exception.clone())?;
    }
    Ok(Value::NONE)
}

impl Slots for TaskStep {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call_step), ..SlotDefs::NONE };
}

#[pymethods]
impl TaskStep {
    #[pygetter("__self__")]
    fn get_self(vm: &Vm, zelf: &Gc<TaskStep>) -> Value {
        let _ = vm;
        zelf.task.clone()
    }

    #[pygetter("__qualname__")]
    fn qualname(vm: &Vm, zelf: &Gc<TaskStep>) -> PyResult<Value> {
        let coro = task_of(vm, &zelf.task)?.coro.get().unwrap_or(Value::NONE);
        vm.get_attr(&coro, &vm.names.__qualname__)
    }
}

fn call_wakeup(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let w = taipan_vm::native::shell::object::<TaskWakeup>(vm, v, "__call__")?;
    let [fut] = args.all else {
        return Err(vm.type_error(format_args!(
            "TaskWakeupMethWrapper expected exactly one argument, got {}",
            args.all.len()
        )));
    };
    wakeup(vm, task_of(vm, &w.task)?, fut)?;
    Ok(Value::NONE)
}

impl Slots for TaskWakeup {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call_wakeup), ..SlotDefs::NONE };
}

#[pymethods]
impl TaskWakeup {
    #[pygetter("__self__")]
    fn get_self(vm: &Vm, zelf: &Gc<TaskWakeup>) -> Value {
        let _ = vm;
        zelf.task.clone()
    }

    #[pygetter("__qualname__")]
    fn qualname(vm: &Vm, zelf: &Gc<TaskWakeup>) -> Value {
        let _ = zelf;
        vm.intern("Task.task_wakeup").into_value()
    }

    #[pygetter("__name__")]
    fn name(vm: &Vm, zelf: &Gc<TaskWakeup>) -> Value {
        let _ = zelf;
        vm.intern("task_wakeup").into_value()
    }
}

/// Schedules a step.
fn schedule_step(vm: &Vm, task: &Gc<Task>, exception: Option<Value>) -> PyResult<()> {
    let l = task.future.alive(vm)?;
    let f = vm.alloc(TaskStep { task: task.to_value(), exception, eager: false });
    call_soon(vm, &l, f.into_value(), None, task.context.get())
}

/// Schedules a step that throws an error of the task's own making.
#[cold]
fn schedule_error(vm: &Vm, task: &Gc<Task>, msg: String) -> PyResult<()> {
    let e = vm.new_exc(&exc::RuntimeError, msg);
    schedule_step(vm, task, Some(e))
}

fn is_cancelled_error(vm: &Vm, e: &Value) -> PyResult<bool> {
    vm.is_instance(e, &cancelled_error(vm)?)
}

fn step(vm: &Vm, task: &Gc<Task>, mut exception: Option<Value>) -> PyResult<()> {
    if task.future.state.get() != PENDING {
        let shown = vm.repr_text(task.as_value())?;
        let e = vm.repr_text(&exception.unwrap_or(Value::NONE))?;
        return Err(invalid_state(vm, &format!("__step(): already done: {shown} {e}")));
    }
    if task.must_cancel.get() {
        let given = match &exception {
            Some(e) => is_cancelled_error(vm, e)?,
            None => false,
        };
        if !given {
            exception = Some(task.future.cancelled_exception(vm)?);
        }
        task.must_cancel.set(false);
    }
    task.waiter.set(None);
    let l = task.future.alive(vm)?;
    enter(vm, &l, task.as_value())?;
    let done = run_and_handle(vm, task, exception);
    match done {
        Ok(()) => leave(vm, &l, task.as_value()),
        Err(Raised) => {
            let e = vm.take_raised();
            leave(vm, &l, task.as_value())?;
            Err(vm.reraise(e))
        }
    }
}

/// Runs the coroutine up to its next `await`.
fn run(vm: &Vm, coro: &Value, exception: Option<Value>) -> PyResult<Resumed> {
    let r = match exception {
        None if coro.downcast_exact::<Coroutine>().is_some() => {
            return resume(vm, coro, With::Send(Value::NONE));
        }
        None => vm.call_method_name(coro, &vm.names.send, &[Value::NONE]),
        Some(e) => vm.call_method_name(coro, &vm.names.throw, &[e]),
    };
    match r {
        Ok(v) => Ok(Resumed::Yield(v)),
        Err(Raised) if vm.raised_is(&exc::StopIteration) => {
            let e = vm.take_raised();
            Ok(Resumed::Return(field(&e, VALUE).unwrap_or(Value::NONE)))
        }
        Err(Raised) => Err(Raised),
    }
}

fn run_and_handle(vm: &Vm, task: &Gc<Task>, exception: Option<Value>) -> PyResult<()> {
    let Some(coro) = task.coro.get() else { return Err(vm.runtime_error("uninitialized Task object")) };
    let zelf = task.as_value();
    let done = match run(vm, &coro, exception) {
        Ok(Resumed::Yield(v)) => return wait_for(vm, task, &v),
        Ok(Resumed::Return(v)) => {
            if task.must_cancel.get() {
                task.must_cancel.set(false);
                let msg = task.future.cancel_message.get();
                task.future.cancel_now(vm, zelf, msg).map(drop)
            } else {
                task.future.finish_with(vm, zelf, v)
            }
        }
        Err(Raised) => {
            let e = vm.take_raised();
            if is_cancelled_error(vm, &e)? {
                task.future.cancelled_exc.set(Some(e));
                task.future.cancel_now(vm, zelf, None).map(drop)
            } else {
                task.future.fail_with(vm, zelf, &e)?;
                let _ = vm.reraise(e);
                if vm.raised_is(&exc::KeyboardInterrupt) || vm.raised_is(&exc::SystemExit) {
                    Err(Raised)
                } else {
                    drop(vm.take_raised());
                    Ok(())
                }
            }
        }
    };
    task.enrolled.leave();
    done
}

/// Handles what the coroutine yielded.
fn wait_for(vm: &Vm, task: &Gc<Task>, v: &Value) -> PyResult<()> {
    if v.is_none() {
        return schedule_step(vm, task, None);
    }
    let zelf = task.as_value();
    if let Some(f) = plain_future(v) {
        let l = task.future.alive(vm)?;
        if v.is(zelf) {
            return schedule_error(vm, task, format!("Task cannot await on itself: {}", vm.repr_text(zelf)?));
        }
        if !f.event_loop.get().is_some_and(|x| x.is(&l)) {
            return other_loop(vm, task, v);
        }
        if !f.blocking.get() {
            return not_awaited(vm, task, v, "in");
        }
        add_waiter(v, zelf);
        f.blocking.set(false);
        let w = vm.alloc(TaskWakeup { task: zelf.clone() });
        f.add_callback(vm, v, w.as_value(), task.context.get())?;
        return waits(vm, task, v);
    }
    let blocking = vm.lookup_attr_str(v, "_asyncio_future_blocking")?;
    let Some(blocking) = blocking.filter(|b| !b.is_none()) else {
        if v.downcast::<Generator>().is_some() {
            return not_awaited(vm, task, v, "for generator in");
        }
        return schedule_error(vm, task, format!("Task got bad yield: {}", vm.repr_text(v)?));
    };
    if v.is(zelf) {
        return schedule_error(vm, task, format!("Task cannot await on itself: {}", vm.repr_text(zelf)?));
    }
    if !loop_of(vm, v)?.is(&task.future.alive(vm)?) {
        return other_loop(vm, task, v);
    }
    if !vm.is_true(&blocking)? {
        return not_awaited(vm, task, v, "in");
    }
    add_waiter(v, zelf);
    vm.set_attr_str(v, "_asyncio_future_blocking", &Value::FALSE)?;
    let w = vm.alloc(TaskWakeup { task: zelf.clone() }).into_value();
    let f = vm.get_attr_str(v, "add_done_callback")?;
    let context = task.context.get().unwrap_or(Value::NONE);
    vm.call_kw(&f, &[w], &[(vm.intern("context").into_value(), context)])?;
    waits(vm, task, v)
}

/// A future or task of exactly these classes.
fn plain_future(v: &Value) -> Option<&Gc<Future>> {
    if v.downcast_exact::<Future>().is_some() || v.downcast_exact::<Task>().is_some() {
        v.downcast::<Future>()
    } else {
        None
    }
}

fn waits(vm: &Vm, task: &Gc<Task>, v: &Value) -> PyResult<()> {
    task.waiter.set(Some(v.clone()));
    if task.must_cancel.get() && cancel_any(vm, v, task.future.cancel_message.get())? {
        task.must_cancel.set(false);
    }
    Ok(())
}

fn other_loop(vm: &Vm, task: &Gc<Task>, v: &Value) -> PyResult<()> {
    let (t, f) = (vm.repr_text(task.as_value())?, vm.repr_text(v)?);
    schedule_error(vm, task, format!("Task {t} got Future {f} attached to a different loop"))
}

fn not_awaited(vm: &Vm, task: &Gc<Task>, v: &Value, r#where: &str) -> PyResult<()> {
    let (t, f) = (vm.repr_text(task.as_value())?, vm.repr_text(v)?);
    schedule_error(vm, task, format!("yield was used instead of yield from {} task {t} with {f}", r#where))
}

/// `v.cancel(msg=msg)`.
fn cancel_any(vm: &Vm, v: &Value, msg: Option<Value>) -> PyResult<bool> {
    if v.downcast_exact::<Future>().is_some()
        && let Some(f) = v.downcast::<Future>()
    {
        return f.cancel_now(vm, v, msg);
    }
    if let Some(t) = v.downcast_exact::<Task>() {
        return vm.recurse(" while calling a Python object", || cancel(vm, t, msg));
    }
    let f = vm.get_attr_str(v, "cancel")?;
    let msg = (vm.intern("msg").into_value(), msg.unwrap_or(Value::NONE));
    vm.is_true(&vm.call_kw(&f, &[], &[msg])?)
}

fn cancel(vm: &Vm, task: &Gc<Task>, msg: Option<Value>) -> PyResult<bool> {
    task.future.log_traceback.set(false);
    if task.future.state.get() != PENDING {
        return Ok(false);
    }
    task.cancels.set(task.cancels.get() + 1);
    if let Some(w) = task.waiter.get()
        && cancel_any(vm, &w, msg.clone())?
    {
        return Ok(true);
    }
    task.must_cancel.set(true);
    task.future.cancel_message.set(msg);
    Ok(true)
}

fn wakeup(vm: &Vm, task: &Gc<Task>, fut: &Value) -> PyResult<()> {
    discard_waiter(fut, task.as_value());
    let r = match plain_future(fut) {
        Some(f) => f.get_result(vm),
        None => vm.call_method(fut, "result", &[]),
    };
    match r {
        Ok(_) => step(vm, task, None),
        Err(Raised) => {
            let e = vm.take_raised();
            step(vm, task, Some(e))
        }
    }
}

fn start_eagerly(vm: &Vm, task: &Gc<Task>, l: &Value) -> PyResult<()> {
    let zelf = task.as_value();
    let before = swap(vm, l, zelf)?;
    let s = state(vm)?;
    s.register_eager(zelf);
    let f = vm.alloc(TaskStep { task: zelf.clone(), exception: None, eager: true }).into_value();
    let context = task.context.get().unwrap_or(Value::NONE);
    let done = vm.call_method(&context, "run", &[f]).map(drop);
    s.unregister_eager(zelf);
    let saved = done.is_err().then(|| vm.take_raised());
    swap(vm, l, &before.unwrap_or(Value::NONE))?;
    if task.future.state.get() == PENDING {
        s.register(vm, zelf)?;
    } else {
        task.coro.set(None);
    }
    match saved {
        Some(e) => Err(vm.reraise(e)),
        None => Ok(()),
    }
}

fn finalize(vm: &Vm, v: &Value) {
    let Some(t) = v.downcast::<Task>() else { return };
    let pending = t.future.state.get() == PENDING && t.log_destroy_pending.get();
    if !pending && !t.future.log_traceback.get() && t.future.state.get() != PENDING {
        return;
    }
    aside(vm, || {
        t.enrolled.leave();
        if pending {
            let msg = vm.new_str("Task was destroyed but it is pending!").into_value();
            report(vm, &t.future, v, &[("task", v.clone()), ("message", msg)]);
        }
        last_words(vm, &t.future, v);
    });
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let base = vm.import_named("asyncio.base_tasks")?;
    vm.call_method(&base, "_task_repr", std::slice::from_ref(v))
}

impl Slots for Task {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        iter: Some(iterate),
        await_: Some(iterate),
        finalize: Some(finalize),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Task {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Task::default())?.into_value())
    }

    #[pyinit("Task(coro, *, loop=None, name=None, context=None, eager_start=False)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<Task>,
        coro: &Value,
        r#loop: &Value,
        name: &Value,
        context: &Value,
        eager_start: bool,
    ) -> PyResult<()> {
        let l = zelf.future.start(vm, r#loop)?;
        zelf.log_destroy_pending.set(false);
        if coro.downcast_exact::<Coroutine>().is_none() {
            let coroutines = vm.import_named("asyncio.coroutines")?;
            if !vm.is_true(&vm.call_method(&coroutines, "iscoroutine", std::slice::from_ref(coro))?)? {
                let shown = vm.repr_text(coro)?;
                return Err(vm.type_error(format_args!("a coroutine was expected, got {shown}")));
            }
        }
        zelf.log_destroy_pending.set(true);
        let s = state(vm)?;
        zelf.name.set(Some(if name.is_none() {
            s.counter.set(s.counter.get() + 1);
            vm.new_uint(s.counter.get())
        } else {
            vm.str(name)?.into_value()
        }));
        zelf.waiter.set(None);
        zelf.must_cancel.set(false);
        zelf.cancels.set(0);
        zelf.coro.set(Some(coro.clone()));
        zelf.context.set(Some(given(context).unwrap_or_else(|| contextvars::copy_current(vm))));
        if eager_start && vm.is_true(&vm.call_method(&l, "is_running", &[])?)? {
            return start_eagerly(vm, zelf, &l);
        }
        schedule_step(vm, zelf, None)?;
        s.register(vm, zelf.as_value())
    }

    #[pymethod("get_coro($self, /)")]
    fn get_coro(vm: &Vm, zelf: &Gc<Task>) -> Option<Value> {
        let _ = vm;
        zelf.coro.get()
    }

    #[pymethod("get_context($self, /)")]
    fn get_context(vm: &Vm, zelf: &Gc<Task>) -> Option<Value> {
        let _ = vm;
        zelf.context.get()
    }

    #[pymethod("get_name($self, /)")]
    fn get_name(vm: &Vm, zelf: &Gc<Task>) -> Option<Value> {
        let name = zelf.name.get()?;
        match name.as_int() {
            Some(n) => {
                let made = vm.new_str(&format!("Task-{n}")).into_value();
                zelf.name.set(Some(made.clone()));
                Some(made)
            }
            None => Some(name),
        }
    }

    #[pymethod("set_name($self, value, /)")]
    fn set_name(vm: &Vm, zelf: &Gc<Task>, value: &Value) -> PyResult<()> {
        zelf.name.set(Some(vm.str(value)?.into_value()));
        Ok(())
    }

    #[pymethod("set_result($self, result, /)")]
    fn set_result(vm: &Vm, zelf: &Gc<Task>, result: &Value) -> PyResult<()> {
        let _ = (zelf, result);
        Err(vm.runtime_error("Task does not support set_result operation"))
    }

    #[pymethod("set_exception($self, exception, /)")]
    fn set_exception(vm: &Vm, zelf: &Gc<Task>, exception: &Value) -> PyResult<()> {
        let _ = (zelf, exception);
        Err(vm.runtime_error("Task does not support set_exception operation"))
    }

    /// Return the list of stack frames for this task's coroutine.
    #[pymethod("get_stack($self, /, *, limit=None)")]
    fn get_stack(vm: &Vm, zelf: &Gc<Task>, limit: &Value) -> PyResult<Value> {
        let base = vm.import_named("asyncio.base_tasks")?;
        vm.call_method(&base, "_task_get_stack", &[zelf.to_value(), limit.clone()])
    }

    /// Print the stack or traceback for this task's coroutine.
    #[pymethod("print_stack($self, /, *, limit=None, file=None)")]
    fn print_stack(vm: &Vm, zelf: &Gc<Task>, limit: &Value, file: &Value) -> PyResult<Value> {
        let base = vm.import_named("asyncio.base_tasks")?;
        vm.call_method(&base, "_task_print_stack", &[zelf.to_value(), limit.clone(), file.clone()])
    }

    /// Request that this task cancel itself.
    ///
    /// This arranges for a CancelledError to be thrown into the
    /// wrapped coroutine on the next cycle through the event loop.
    #[pymethod("cancel($self, /, msg=None)")]
    fn py_cancel(vm: &Vm, zelf: &Gc<Task>, msg: &Value) -> PyResult<bool> {
        cancel(vm, zelf, given(msg))
    }

    /// Return the count of the task's cancellation requests.
    #[pymethod("cancelling($self, /)")]
    fn cancelling(vm: &Vm, zelf: &Gc<Task>) -> i64 {
        let _ = vm;
        zelf.cancels.get()
    }

    /// Decrement the task's count of cancellation requests.
    #[pymethod("uncancel($self, /)")]
    fn uncancel(vm: &Vm, zelf: &Gc<Task>) -> i64 {
        let _ = vm;
        if zelf.cancels.get() > 0 {
            zelf.cancels.set(zelf.cancels.get() - 1);
            if zelf.cancels.get() == 0 {
                zelf.must_cancel.set(false);
            }
        }
        zelf.cancels.get()
    }

    #[pymethod("_make_cancelled_error($self, /)")]
    fn make_cancelled_error(vm: &Vm, zelf: &Gc<Task>) -> PyResult<Value> {
        zelf.future.cancelled_exception(vm)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        taipan_vm::types::generic_alias::make(vm, cls, object)
    }

    #[pygetter("_log_destroy_pending")]
    fn get_log_destroy_pending(vm: &Vm, zelf: &Gc<Task>) -> bool {
        let _ = vm;
        zelf.log_destroy_pending.get()
    }

    #[pysetter("_log_destroy_pending")]
    fn set_log_destroy_pending(vm: &Vm, zelf: &Gc<Task>, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(v) => zelf.log_destroy_pending.set(vm.is_true(v)?),
            None => return Err(deletion(vm)),
        }
        Ok(())
    }

    #[pygetter("_must_cancel")]
    fn get_must_cancel(vm: &Vm, zelf: &Gc<Task>) -> bool {
        let _ = vm;
        zelf.must_cancel.get()
    }

    #[pygetter("_coro")]
    fn get_raw_coro(vm: &Vm, zelf: &Gc<Task>) -> Option<Value> {
        let _ = vm;
        zelf.coro.get()
    }

    #[pygetter("_fut_waiter")]
    fn get_waiter(vm: &Vm, zelf: &Gc<Task>) -> Option<Value> {
        let _ = vm;
        zelf.waiter.get()
    }
}
