//! Module `_queue`: a queue between threads.

use crate::thread;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub EMPTY = "_queue", "Empty"(&exc::Exception) "Exception raised by Queue.get(block=0)/get_nowait().");

/// Counts puts, so that waiting threads see that something came.
#[derive(Default)]
struct Puts {
    count: Mutex<u64>,
    bell: thread::Bell,
}

/// Simple, unbounded, reentrant FIFO queue.
#[pytype(name = "SimpleQueue", module = "_queue", signature = "()", flags(BASETYPE, GC, WEAKREF), no_slots)]
pub struct SimpleQueue {
    items: Guarded<VecDeque<Value>>,
    puts: Arc<Puts>,
}

impl Trace for SimpleQueue {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.items.with(|items| items.iter().for_each(visit))
    }
    fn unlink(&self) {
        drop(self.items.take())
    }
}

impl SimpleQueue {
    fn pop(&self) -> Option<Value> {
        self.items.with_mut(VecDeque::pop_front)
    }

    fn push(&self, item: &Value) {
        let item = item.clone();
        self.items.with_mut(|q| q.push_back(item));
        *thread::locked(&self.puts.count) += 1;
        self.puts.bell.wake_one();
    }

    /// Waits `timeout` nanoseconds, or for ever.
    fn grab(&self, vm: &Vm, timeout: Option<i64>) -> PyResult<Value> {
        let deadline = timeout.map(|t| vm.host().monotonic_ns().saturating_add(t));
        let puts = Arc::clone(&self.puts);
        loop {
            let seen = *thread::locked(&puts.count);
            if let Some(v) = self.pop() {
                return Ok(v);
            }
            let left = deadline.map(|d| d - vm.host().monotonic_ns());
            if left.is_some_and(|n| n <= 0) {
                return Err(vm.raise_args(&EMPTY, Vec::new()));
            }
            thread::wait(vm, &puts.count, &puts.bell, left, |n| (*n != seen).then_some(()))?;
        }
    }
}

#[pymethods]
impl SimpleQueue {
    #[pynew("SimpleQueue()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        let q = SimpleQueue { items: Guarded::new(VecDeque::new()), puts: Arc::default() };
        Ok(vm.alloc_in(cls, q)?.into_value())
    }

    /// Return True if the queue is empty, False otherwise (not reliable!).
    #[pymethod("empty($self, /)")]
    fn empty(_vm: &Vm, zelf: &Gc<SimpleQueue>) -> bool {
        zelf.items.with(VecDeque::is_empty)
    }

    /// Remove and return an item from the queue.
    ///
    /// If optional args 'block' is true and 'timeout' is None (the default),
    /// block if necessary until an item is available. If 'timeout' is
    /// a non-negative number, it blocks at most 'timeout' seconds and raises
    /// the Empty exception if no item was available within that time.
    /// Otherwise ('block' is false), return an item if one is immediately
    /// available, else raise the Empty exception ('timeout' is ignored
    /// in that case).
    #[pymethod("get($self, /, block=True, timeout=None)")]
    fn get(vm: &Vm, zelf: &Gc<SimpleQueue>, block: bool, timeout: Option<&Value>) -> PyResult<Value> {
        let limit = match timeout {
            _ if !block => Some(0),
            None => None,
            Some(v) => {
                let ns = thread::nanoseconds(vm, v)?;
                if ns < 0 {
                    return Err(vm.value_error("'timeout' must be a non-negative number"));
                }
                Some(ns)
            }
        };
        zelf.grab(vm, limit)
    }

    /// Remove and return an item from the queue without blocking.
    ///
    /// Only get an item if one is immediately available. Otherwise
    /// raise the Empty exception.
    #[pymethod("get_nowait($self, /)")]
    fn get_nowait(vm: &Vm, zelf: &Gc<SimpleQueue>) -> PyResult<Value> {
        zelf.grab(vm, Some(0))
    }

    /// Put the item on the queue.
    ///
    /// The optional 'block' and 'timeout' arguments are ignored, as this method
    /// never blocks.  They are provided for compatibility with the Queue class.
    #[pymethod("put($self, /, item, block=True, timeout=None)")]
    fn put(_vm: &Vm, zelf: &Gc<SimpleQueue>, item: &Value, _block: &Value, _timeout: &Value) {
        zelf.push(item);
    }

    /// Put an item into the queue without blocking.
    ///
    /// This is exactly equivalent to `put(item)` and is only provided
    /// for compatibility with the Queue class.
    #[pymethod("put_nowait($self, /, item)")]
    fn put_nowait(_vm: &Vm, zelf: &Gc<SimpleQueue>, item: &Value) {
        zelf.push(item);
    }

    /// Return the approximate size of the queue (not reliable!).
    #[pymethod("qsize($self, /)")]
    fn qsize(_vm: &Vm, zelf: &Gc<SimpleQueue>) -> usize {
        zelf.items.with(VecDeque::len)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        taipan_vm::types::generic_alias::make(vm, cls, object)
    }
}

/// C implementation of the Python queue module.
/// This module is an implementation detail, please do not use it directly.
#[pymodule(name = "_queue")]
pub mod _queue {
    use super::*;

    #[pyconst("Empty")]
    fn empty(vm: &Vm) -> Value {
        vm.type_for(&EMPTY).into_value()
    }

    pytypes!(SimpleQueue);
}
