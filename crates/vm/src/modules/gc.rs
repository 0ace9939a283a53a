//! Module `gc` and the hooks between heap and machine: when collections run, finalisers, weak references.

use crate::Vm;
use std::cell::Cell;

/// The collector's settings and counts.
pub struct GcState {
    pub enabled: Cell<bool>,
}

impl Default for GcState {
    fn default() -> Self {
        GcState { enabled: Cell::new(true) }
    }
}

/// Connects the heap to this interpreter.
pub fn install_hooks(vm: &Vm) {
    vm.heap.set_hooks(taipan_heap::Hooks {
        finalize: |v| {
            crate::vm::with_current(|vm| {
                if let Some(f) = vm.type_of(v).slots.finalize.get() {
                    f(vm, v)
                }
            });
        },
        weakrefs: |ptr| {
            crate::vm::with_current(|vm| vm.weakrefs.object_dies(vm, ptr));
        },
        collect_due: || {
            crate::vm::with_current(|vm| vm.breaker.set(crate::breaker::bit::COLLECT));
        },
    });
}

/// Runs a collection when enough containers were made since the last one.
pub fn collect_if_due(vm: &Vm) {
    if !vm.gc.enabled.get() {
        vm.heap.budget.set(10_000);
        return;
    }
    let garbage = vm.heap.find_garbage();
    let live = vm.heap.stats().blocks_allocated;
    vm.heap.budget.set((live / 3).max(10_000) as isize);
    drop(garbage);
}
