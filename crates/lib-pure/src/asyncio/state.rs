//! What a thread knows of its loop and task, and an interpreter of its tasks.

use super::future::{Future, PENDING};
use super::task::Task;
use std::any::TypeId;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use taipan_vm::prelude::*;
use taipan_vm::protocol::attr::Method;
use taipan_vm::types::set::Set;
use taipan_vm::types::set_table::SetTable;
use taipan_vm::types::weakref::Roll;

/// A thread's running loop and task.
#[pytype(name = "_thread_state", module = "_asyncio", flags(GC, NO_NEW), no_methods, no_slots)]
#[derive(Trace)]
pub struct Thread {
    pub running: ValueCell,
    pub task: ValueCell,
    /// The process that set them: a fork's child has no loop.
    pid: Cell<i32>,
}

impl Thread {
    pub fn of(vm: &Vm) -> Gc<Thread> {
        let key = TypeId::of::<Thread>();
        let found = vm.locals.with(|l| l.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
        if let Some(t) = found.and_then(|v| v.downcast::<Thread>().cloned()) {
            return t;
        }
        let t = vm.alloc(Thread {
            running: ValueCell::empty(),
            task: ValueCell::empty(),
            pid: Cell::new(vm.host().getpid()),
        });
        vm.locals.with_mut(|l| l.push((key, t.to_value())));
        t
    }
}

impl Thread {
    /// The same for those who ask from outside: what came over a fork is forgotten.
    pub fn here(vm: &Vm) -> Gc<Thread> {
        let t = Thread::of(vm);
        let pid = vm.host().getpid();
        if t.pid.replace(pid) != pid {
            t.running.set(None);
            t.task.set(None);
        }
        t
    }
}

#[cold]
pub fn no_loop(vm: &Vm) -> Raised {
    vm.runtime_error("no running event loop")
}

pub fn event_loop(vm: &Vm) -> PyResult<Value> {
    if let Some(l) = Thread::here(vm).running.get() {
        return Ok(l);
    }
    let events = vm.import_named("asyncio.events")?;
    let policy = vm.call_method(&events, "_get_event_loop_policy", &[])?;
    vm.call_method(&policy, "get_event_loop", &[])
}

fn check_loop(vm: &Vm, t: &Thread, l: &Value) -> PyResult<()> {
    if t.running.get().is_some_and(|r| r.is(l)) {
        return Ok(());
    }
    let shown = vm.repr_text(l)?;
    Err(vm.runtime_error(format_args!("loop {shown} is not the running loop")))
}

pub fn enter(vm: &Vm, l: &Value, task: &Value) -> PyResult<()> {
    let t = Thread::of(vm);
    check_loop(vm, &t, l)?;
    if let Some(other) = t.task.get() {
        let (shown, other) = (vm.repr_text(task)?, vm.repr_text(&other)?);
        return Err(vm.runtime_error(format_args!(
            "Cannot enter into task {shown} while another task {other} is being executed."
        )));
    }
    t.task.set(Some(task.clone()));
    Ok(())
}

pub fn leave(vm: &Vm, l: &Value, task: &Value) -> PyResult<()> {
    let t = Thread::of(vm);
    check_loop(vm, &t, l)?;
    let there = t.task.get();
    if !there.as_ref().is_some_and(|v| v.is(task)) {
        let (shown, other) = (vm.repr_text(task)?, vm.repr_text(&there.unwrap_or(Value::NONE))?);
        return Err(vm.runtime_error(format_args!(
            "Invalid attempt to leave task {shown} while task {other} is entered."
        )));
    }
    t.task.set(None);
    Ok(())
}

pub fn swap(vm: &Vm, l: &Value, task: &Value) -> PyResult<Option<Value>> {
    let t = Thread::of(vm);
    check_loop(vm, &t, l)?;
    Ok(t.task.replace((!task.is_none()).then(|| task.clone())))
}

/// What an interpreter keeps.
pub struct State {
    /// Tasks that have been scheduled.
    scheduled: Rc<Roll>,
    /// Tasks of other classes.
    foreign: Value,
    eager: Guarded<Vec<Value>>,
    /// The name of the keyword `context`.
    context_names: Gc<Tuple>,
    call_soon: Gc<Str>,
    pub get_debug: Gc<Str>,
    pub counter: Cell<u64>,
    exceptions: OnceCell<[Value; 2]>,
}

#[derive(Default)]
struct Holder(OnceCell<State>);

pub fn state(vm: &Vm) -> PyResult<&State> {
    let holder = vm.state::<Holder>();
    if let Some(s) = holder.0.get() {
        return Ok(s);
    }
    let weakref = vm.import_named("weakref")?;
    let made = State {
        scheduled: Rc::default(),
        call_soon: vm.intern("call_soon"),
        get_debug: vm.intern("get_debug"),
        foreign: vm.call_method(&weakref, "WeakSet", &[])?,
        eager: Guarded::default(),
        context_names: vm.new_tuple(vec![vm.intern("context").into_value()]),
        counter: Cell::new(0),
        exceptions: OnceCell::new(),
    };
    let _ = holder.0.set(made);
    holder.0.get().ok_or_else(|| vm.system_error("no asyncio state"))
}

impl State {
    pub fn register(&self, vm: &Vm, task: &Value) -> PyResult<()> {
        let Some(t) = task.downcast::<Task>() else {
            return vm.call_method(&self.foreign, "add", std::slice::from_ref(task)).map(drop);
        };
        self.scheduled.enter(t, |t| &t.enrolled);
        Ok(())
    }

    pub fn unregister(&self, vm: &Vm, task: &Value) -> PyResult<()> {
        match task.downcast::<Task>() {
            Some(t) => t.enrolled.leave(),
            None => {
                vm.call_method(&self.foreign, "discard", std::slice::from_ref(task))?;
            }
        }
        Ok(())
    }

    pub fn register_eager(&self, task: &Value) {
        self.eager.with_mut(|e| e.push(task.clone()));
    }

    pub fn unregister_eager(&self, task: &Value) {
        let old = self.eager.with_mut(|e| {
            let at = e.iter().position(|t| t.is(task))?;
            Some(e.swap_remove(at))
        });
        drop(old);
    }

    /// `asyncio.exceptions`: (`CancelledError`, `InvalidStateError`).
    fn exceptions(&self, vm: &Vm) -> PyResult<&[Value; 2]> {
        if self.exceptions.get().is_none() {
            let module = vm.import_named("asyncio.exceptions")?;
            let both =
                [vm.get_attr_str(&module, "CancelledError")?, vm.get_attr_str(&module, "InvalidStateError")?];
            let _ = self.exceptions.set(both);
        }
        self.exceptions.get().ok_or(Raised)
    }
}

/// The tasks of a loop that are not done.
pub fn all_tasks_of(vm: &Vm, l: &Value) -> PyResult<Value> {
    let s = state(vm)?;
    let mut tasks = s.eager.get();
    tasks.extend(s.scheduled.members());
    tasks.extend(vm.collect(&s.foreign)?);
    let set = vm.new_set(SetTable::new());
    for task in tasks {
        if belongs(vm, &task, l)? {
            vm.set_add(&set, &task)?;
        }
    }
    let _: &Gc<Set> = &set;
    Ok(set.into_value())
}

fn belongs(vm: &Vm, task: &Value, l: &Value) -> PyResult<bool> {
    if let Some(f) = task.downcast_exact::<Task>().and(task.downcast::<Future>()) {
        return Ok(f.state.get() == PENDING && f.event_loop.get().is_some_and(|x| x.is(l)));
    }
    if vm.is_true(&vm.call_method(task, "done", &[])?)? {
        return Ok(false);
    }
    Ok(super::future::loop_of(vm, task)?.is(l))
}

/// The class `CancelledError`.
pub fn cancelled_error(vm: &Vm) -> PyResult<Value> {
    Ok(state(vm)?.exceptions(vm)?[0].clone())
}

/// Raises `InvalidStateError`.
#[cold]
pub fn invalid_state(vm: &Vm, msg: &str) -> Raised {
    let made = state(vm).and_then(|s| {
        let class = s.exceptions(vm)?[1].clone();
        vm.call1(&class, vm.new_str(msg).as_value())
    });
    match made {
        Ok(e) => vm.raise(e),
        Err(raised) => raised,
    }
}

/// `loop.call_soon(f, arg, context=context)`.
pub fn call_soon(vm: &Vm, l: &Value, f: Value, arg: Option<Value>, context: Option<Value>) -> PyResult<()> {
    let s = state(vm)?;
    let names = context.is_some().then_some(&s.context_names);
    let mut all = Vec::with_capacity(4);
    let method = vm.get_method(l, &s.call_soon)?;
    let callable = match method {
        Method::Bound(f) => f,
        Method::Unbound(f) => {
            all.push(l.clone());
            f
        }
    };
    all.push(f);
    all.extend(arg);
    all.extend(context);
    vm.call_args(&callable, CallArgs { all: &all, kwnames: names })?;
    Ok(())
}
