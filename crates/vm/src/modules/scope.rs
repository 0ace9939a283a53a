//! What native modules ask about the Python code that called them.

use crate::prelude::*;

/// The globals of the running Python code.
pub fn caller_globals(vm: &Vm) -> Option<Gc<Dict>> {
    vm.caller_globals()
}

/// `__name__` of the module whose code is running.
pub fn caller_module(vm: &Vm) -> Option<Value> {
    caller_globals(vm)?.get_str(vm, &vm.names.__name__)
}
