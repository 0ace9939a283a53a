//! `_asyncio`: futures and tasks (`future.rs`, `task.rs`), and what a thread and an interpreter know of them (`state.rs`).

mod future;
mod state;
mod task;

pub use future::{Future, FutureIter};
pub use task::{Task, TaskStep, TaskWakeup};

use state::{Thread, all_tasks_of, enter, leave, no_loop, state, swap};
use taipan_vm::prelude::*;

/// Accelerator module for asyncio
#[pymodule(name = "_asyncio")]
pub mod asyncio {
    use super::*;

    pytypes!(Future, Task);

    /// Return the running event loop or None.
    ///
    /// This is a low-level function intended to be used by event loops.
    /// This function is thread-specific.
    #[pyfn("_get_running_loop()")]
    fn get_running_loop_or_none(vm: &Vm) -> Option<Value> {
        Thread::here(vm).running.get()
    }

    /// Set the running event loop.
    ///
    /// This is a low-level function intended to be used by event loops.
    /// This function is thread-specific.
    #[pyfn("_set_running_loop(loop, /)")]
    fn set_running_loop(vm: &Vm, r#loop: &Value) {
        Thread::here(vm).running.set((!r#loop.is_none()).then(|| r#loop.clone()));
    }

    /// Return the running event loop.  Raise a RuntimeError if there is none.
    ///
    /// This function is thread-specific.
    #[pyfn("get_running_loop()")]
    fn get_running_loop(vm: &Vm) -> PyResult<Value> {
        Thread::here(vm).running.get().ok_or_else(|| no_loop(vm))
    }

    /// Return an asyncio event loop.
    ///
    /// When called from a coroutine or a callback (e.g. scheduled with
    /// call_soon or similar API), this function will always return the
    /// running event loop.
    ///
    /// If there is no running event loop set, the function will return
    /// the result of `get_event_loop_policy().get_event_loop()` call.
    #[pyfn("get_event_loop()")]
    fn get_event_loop(vm: &Vm) -> PyResult<Value> {
        state::event_loop(vm)
    }

    /// Record that `fut` is awaited on by `waiter`.
    #[pyfn("future_add_to_awaited_by(fut, waiter, /)")]
    fn future_add_to_awaited_by(vm: &Vm, fut: &Value, waiter: &Value) {
        let _ = vm;
        future::add_waiter(fut, waiter);
    }

    #[pyfn("future_discard_from_awaited_by(fut, waiter, /)")]
    fn future_discard_from_awaited_by(vm: &Vm, fut: &Value, waiter: &Value) {
        let _ = vm;
        future::discard_waiter(fut, waiter);
    }

    /// Return a currently executed task.
    #[pyfn("current_task(loop=None)")]
    fn current_task(vm: &Vm, r#loop: &Value) -> PyResult<Option<Value>> {
        let thread = Thread::here(vm);
        let running = thread.running.get();
        if r#loop.is_none() {
            return if running.is_some() { Ok(thread.task.get()) } else { Err(no_loop(vm)) };
        }
        Ok(if running.is_some_and(|l| l.is(r#loop)) { thread.task.get() } else { None })
    }

    /// Return a set of all tasks for the loop.
    #[pyfn("all_tasks(loop=None)")]
    fn all_tasks(vm: &Vm, r#loop: &Value) -> PyResult<Value> {
        let wanted = if r#loop.is_none() { get_running_loop(vm)? } else { r#loop.clone() };
        all_tasks_of(vm, &wanted)
    }

    /// Register a new task in asyncio as executed by loop.
    #[pyfn("_register_task(task)")]
    fn register_task(vm: &Vm, task: &Value) -> PyResult<()> {
        state(vm)?.register(vm, task)
    }

    /// Register a new task in asyncio as executed by loop.
    #[pyfn("_register_eager_task(task)")]
    fn register_eager_task(vm: &Vm, task: &Value) -> PyResult<()> {
        state(vm)?.register_eager(task);
        Ok(())
    }

    /// Unregister a task.
    #[pyfn("_unregister_task(task)")]
    fn unregister_task(vm: &Vm, task: &Value) -> PyResult<()> {
        state(vm)?.unregister(vm, task)
    }

    /// Unregister a task.
    #[pyfn("_unregister_eager_task(task)")]
    fn unregister_eager_task(vm: &Vm, task: &Value) -> PyResult<()> {
        state(vm)?.unregister_eager(task);
        Ok(())
    }

    /// Enter into task execution or resume suspended task.
    ///
    /// Task belongs to loop.
    #[pyfn("_enter_task(loop, task)")]
    fn enter_task(vm: &Vm, r#loop: &Value, task: &Value) -> PyResult<()> {
        enter(vm, r#loop, task)
    }

    /// Leave task execution or suspend a task.
    ///
    /// Task belongs to loop.
    #[pyfn("_leave_task(loop, task)")]
    fn leave_task(vm: &Vm, r#loop: &Value, task: &Value) -> PyResult<()> {
        leave(vm, r#loop, task)
    }

    /// Temporarily swap in the supplied task and return the original one (or None).
    #[pyfn("_swap_current_task(loop, task)")]
    fn swap_current_task(vm: &Vm, r#loop: &Value, task: &Value) -> PyResult<Option<Value>> {
        swap(vm, r#loop, task)
    }
}
