//! `_tracemalloc`: says that nothing is traced; tracing allocations is not there.

use crate::errors::exc;
use crate::prelude::*;

/// Debug module to trace memory blocks allocated by Python.
#[pymodule(name = "_tracemalloc")]
pub mod tracemalloc {
    use super::*;

    /// Return True if the tracemalloc module is tracing Python memory allocations.
    #[pyfn("is_tracing()")]
    fn is_tracing(_vm: &Vm) -> bool {
        false
    }

    /// Clear traces of memory blocks allocated by Python.
    #[pyfn("clear_traces()")]
    fn clear_traces(_vm: &Vm) {}

    /// Get traces of all memory blocks allocated by Python.
    ///
    /// Return a list of (size: int, traceback: tuple) tuples.
    /// traceback is a tuple of (filename: str, lineno: int) tuples.
    ///
    /// Return an empty list if the tracemalloc module is disabled.
    #[pyfn("_get_traces()")]
    fn get_traces(_vm: &Vm) -> Vec<Value> {
        Vec::new()
    }

    /// Get the traceback where the Python object obj was allocated.
    ///
    /// Return a tuple of (filename: str, lineno: int) tuples.
    /// Return None if the tracemalloc module is disabled or did not
    /// trace the allocation of the object.
    #[pyfn("_get_object_traceback(obj, /)")]
    fn get_object_traceback(_vm: &Vm, _obj: &Value) {}

    /// Start tracing Python memory allocations.
    ///
    /// Also set the maximum number of frames stored in the traceback of a
    /// trace to nframe.
    #[pyfn("start(nframe=1, /)")]
    fn start(vm: &Vm, _nframe: i32) -> PyResult<()> {
        Err(vm.raise_new(&exc::NotImplementedError, "memory allocations cannot be traced"))
    }

    /// Stop tracing Python memory allocations.
    ///
    /// Also clear traces of memory blocks allocated by Python.
    #[pyfn("stop()")]
    fn stop(_vm: &Vm) {}

    /// Get the maximum number of frames stored in the traceback of a trace.
    ///
    /// By default, a trace of an allocated memory block only stores
    /// the most recent frame: the limit is 1.
    #[pyfn("get_traceback_limit()")]
    fn get_traceback_limit(_vm: &Vm) -> i32 {
        1
    }

    /// Get the memory usage in bytes of the tracemalloc module.
    ///
    /// This memory is used internally to trace memory allocations.
    #[pyfn("get_tracemalloc_memory()")]
    fn get_tracemalloc_memory(_vm: &Vm) -> i32 {
        0
    }

    /// Get the current size and peak size of memory blocks traced by tracemalloc.
    ///
    /// Returns a tuple: (current: int, peak: int).
    #[pyfn("get_traced_memory()")]
    fn get_traced_memory(_vm: &Vm) -> (i32, i32) {
        (0, 0)
    }

    /// Set the peak size of memory blocks traced by tracemalloc to the current size.
    ///
    /// Do nothing if the tracemalloc module is not tracing memory allocations.
    #[pyfn("reset_peak()")]
    fn reset_peak(_vm: &Vm) {}
}
