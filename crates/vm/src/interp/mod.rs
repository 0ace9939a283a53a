//! The interpreter: frames, the loop, and the handlers of each family of instructions.

use crate::{PyResult, Vm};
use std::cell::Cell;

/// What an interpreter keeps beside its objects for running code.
#[derive(Default)]
pub struct InterpState {}

/// What a thread keeps: its windows and frames, how deep it is.
pub struct ThreadState {
    depth: Cell<usize>,
}

impl Default for ThreadState {
    fn default() -> Self {
        ThreadState::new()
    }
}

/// Native calls may nest this deep on a thread's stack.
const NATIVE_DEPTH: usize = 2500;

impl ThreadState {
    pub fn new() -> ThreadState {
        ThreadState { depth: Cell::new(0) }
    }

    /// Enters native code that may recurse without limit.
    #[inline]
    pub fn enter_native(&self, vm: &Vm, what: &'static str) -> PyResult<()> {
        let d = self.depth.get() + 1;
        if d > NATIVE_DEPTH {
            return Err(vm.recursion_error(what));
        }
        self.depth.set(d);
        Ok(())
    }

    #[inline]
    pub fn leave_native(&self) {
        self.depth.set(self.depth.get() - 1);
    }
}
