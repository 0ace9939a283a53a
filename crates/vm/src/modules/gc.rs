//! Module `gc` and the hooks between heap and machine: when collections run, finalisers, weak references.

use crate::breaker::bit;
use crate::errors::exc;
use crate::modules::sys::audit;
use crate::prelude::*;
use std::cell::Cell;
use taipan_heap::{Garbage, emergency, flags};

const GENERATIONS: usize = 3;
const DEBUG_STATS: i32 = 1;
const DEBUG_COLLECTABLE: i32 = 2;
const DEBUG_UNCOLLECTABLE: i32 = 4;
const DEBUG_SAVEALL: i32 = 32;

/// The collector's settings and counts.
pub struct GcState {
    pub enabled: Cell<bool>,
    thresholds: Cell<[i64; GENERATIONS]>,
    debug: Cell<i32>,
    collecting: Cell<bool>,
    /// Containers that may be made before `collect_if_due` looks again.
    budget: Cell<isize>,
    /// Objects that lived after the last collection, or fewer if the heap shrank since.
    survivors: Cell<usize>,
    collections: [Cell<u64>; GENERATIONS],
    collected: [Cell<u64>; GENERATIONS],
    uncollectable: [Cell<u64>; GENERATIONS],
    callbacks: GcCell<List>,
    garbage: GcCell<List>,
}

/// By how many objects a small heap grows between two collections.
const BUDGET: isize = 8_000;
/// By how many it grows before the first.
const FIRST: isize = 20_000;
/// Containers made between two looks at how much it grew.
const LOOK: isize = 2_000;
const THRESHOLD: i64 = 2_000;

impl Default for GcState {
    fn default() -> Self {
        GcState {
            enabled: Cell::new(true),
            thresholds: Cell::new([THRESHOLD, 10, 0]),
            debug: Cell::new(0),
            collecting: Cell::new(false),
            budget: Cell::new(LOOK),
            survivors: Cell::new(0),
            collections: Default::default(),
            collected: Default::default(),
            uncollectable: Default::default(),
            callbacks: GcCell::new(None),
            garbage: GcCell::new(None),
        }
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
            crate::vm::with_current(|vm| vm.breaker.set(bit::COLLECT));
        },
    });
}

impl GcState {
    /// By how many objects the heap may grow before a collection: large heaps by about half of what lives, since a
    /// collection takes as long as it finds living objects. A threshold of the program's own makes it more or less.
    fn growth(&self) -> isize {
        let live = self.survivors.get() as isize;
        // Before the first one a program mostly imports, which leaves no garbage.
        let first = if self.collections.iter().all(|n| n.get() == 0) { FIRST } else { BUDGET };
        let growth = first.max(live / 2 - 12_000);
        let asked = self.thresholds.get()[0] as i128;
        let growth = growth as i128 * asked.max(THRESHOLD as i128 / 8) / THRESHOLD as i128;
        isize::try_from(growth).unwrap_or(isize::MAX)
    }

    /// By how many objects the heap may still grow; the next look is when so many containers were made, or sooner, so
    /// that what goes away in between is seen.
    fn arm(&self, vm: &Vm) -> isize {
        let live = vm.heap.stats().blocks_allocated;
        // What was there at the first look came with the start.
        let before = if self.survivors.get() == 0 { live } else { self.survivors.get() };
        self.survivors.set(before.min(live));
        let left = self.growth() - (live - self.survivors.get()) as isize;
        let budget = left.clamp(1, LOOK);
        self.budget.set(budget);
        vm.heap.budget.set(budget);
        left
    }
}

/// Runs a collection if the heap grew enough since the last one. What was made and is gone again does not count: it left
/// no garbage. Called when the breaker says `COLLECT`.
pub fn collect_if_due(vm: &Vm) {
    vm.breaker.clear(bit::COLLECT);
    if vm.heap.budget.get() >= 0 {
        return;
    }
    let gc = &vm.gc;
    let on = gc.enabled.get() && gc.thresholds.get()[0] != 0 && !gc.collecting.get();
    if gc.arm(vm) > 0 {
        return;
    }
    if on {
        collect(vm, 1);
    } else {
        gc.budget.set(LOOK);
        vm.heap.budget.set(LOOK);
    }
}

/// The reserve, which is held again at the end.
struct Lent;

impl Drop for Lent {
    fn drop(&mut self) {
        emergency::hold()
    }
}

/// A full collection; answers how many objects were unreachable.
pub fn collect(vm: &Vm, generation: usize) -> usize {
    let gc = &vm.gc;
    if gc.collecting.replace(true) {
        return 0;
    }
    // Looking takes memory too; where there is none, the reserve is lent for it.
    let need = vm.heap.room_to_look();
    let lent = (!emergency::has_room(need) && emergency::lend()).then_some(Lent);
    if lent.is_some() && !emergency::has_room(need) {
        gc.collecting.set(false);
        return 0;
    }
    // The exception on its way must survive finalisers.
    let pending = vm.raised_get().map(|_| vm.take_raised());
    call_callbacks(vm, "start", generation, 0);
    let stats = vm.gc.debug.get() & DEBUG_STATS != 0;
    let started = vm.host().monotonic_ns();
    if stats {
        let objects = vm.heap.stats().blocks_allocated;
        report(vm, &format!("gc: collecting generation {generation}...\n"));
        report(vm, &format!("gc: objects in each generation: {objects} 0 0\n"));
        report(vm, "gc: objects in permanent generation: 0\n");
    }
    let n = collect_now(vm);
    if stats {
        let elapsed = vm.host().monotonic_ns().saturating_sub(started) as f64 / 1e9;
        report(vm, &format!("gc: done, {n} unreachable, 0 uncollectable, {elapsed:.4}s elapsed\n"));
    }
    let generation = generation.min(GENERATIONS - 1);
    gc.collections[generation].set(gc.collections[generation].get() + 1);
    gc.collected[generation].set(gc.collected[generation].get() + n as u64);
    call_callbacks(vm, "stop", generation, n);
    gc.collecting.set(false);
    gc.survivors.set(vm.heap.stats().blocks_allocated);
    gc.arm(vm);
    if let Some(e) = pending {
        let _ = vm.reraise(e);
    }
    n
}

/// Whether nobody could tell if all objects died now: nothing but `known` has a finaliser, no weak reference calls
/// anything, and nobody watches the collector.
pub fn dies_unseen(vm: &Vm, known: &[Value]) -> bool {
    vm.gc.debug.get() == 0
        && vm.gc.callbacks.get().is_none_or(|l| l.is_empty())
        && !vm.heap.any_to_finalize(|p| known.iter().any(|v| v.as_ptr() == Some(p)))
        && !vm.weakrefs.any_callback()
}

fn collect_now(vm: &Vm) -> usize {
    let garbage = vm.heap.find_garbage();
    let n = garbage.objects.len();
    if n == 0 {
        return 0;
    }
    if vm.gc.debug.get() & DEBUG_COLLECTABLE != 0 {
        for v in &garbage.objects {
            report(vm, &format!("gc: collectable <{} {:#x}>\n", vm.type_of(v).name(), v.bits()));
        }
    }
    // References die first, so that no callback sees a half-cleared object and no finaliser a way back to one.
    let due = vm.weakrefs.clear_garbage(&garbage.objects);
    crate::types::weakref::run_callbacks(vm, due);
    let mut ran = false;
    for v in &garbage.objects {
        let Some(h) = v.header() else { continue };
        if h.has_flag(flags::FINALIZED) {
            continue;
        }
        if let Some(f) = vm.type_of(v).slots.finalize.get() {
            h.set_flag(flags::FINALIZED, true);
            f(vm, v);
            ran = true;
        }
    }
    let garbage = if ran { vm.heap.still_garbage(garbage) } else { garbage };
    let n = garbage.objects.len();
    if vm.gc.debug.get() & DEBUG_SAVEALL != 0 {
        let list = garbage_list(vm);
        for v in &garbage.objects {
            list.push(v.clone());
        }
        return n;
    }
    for v in &garbage.objects {
        if let Some(h) = v.header()
            && h.has_flag(flags::WEAKREFS)
            && let Some(ptr) = v.as_ptr()
        {
            vm.weakrefs.object_dies(vm, ptr);
        }
    }
    garbage.clear();
    n
}

/// Tuples of atoms are left alone by CPython's collector.
pub fn is_untracked_tuple(v: &Value) -> bool {
    v.downcast_exact::<Tuple>()
        .is_some_and(|t| !t.items().iter().any(|v| v.header().is_some_and(|h| h.is_gc())))
}

fn garbage_list(vm: &Vm) -> Gc<List> {
    if let Some(l) = vm.gc.garbage.get() {
        return l;
    }
    let l = vm.new_list(Vec::new());
    vm.gc.garbage.set(Some(l.clone()));
    l
}

fn callbacks_list(vm: &Vm) -> Gc<List> {
    if let Some(l) = vm.gc.callbacks.get() {
        return l;
    }
    let l = vm.new_list(Vec::new());
    vm.gc.callbacks.set(Some(l.clone()));
    l
}

fn report(vm: &Vm, text: &str) {
    let _ = vm.host().write(2, text.as_bytes());
}

fn call_callbacks(vm: &Vm, phase: &str, generation: usize, collected: usize) {
    let Some(list) = vm.gc.callbacks.get() else { return };
    if list.is_empty() {
        return;
    }
    let info = vm
        .dict_of(&[
            ("generation", vm.new_int(generation as i64)),
            ("collected", vm.new_int(collected as i64)),
            ("uncollectable", vm.new_int(0)),
        ])
        .into_value();
    let phase = vm.new_str(phase).into_value();
    for f in list.to_vec() {
        if vm.call(&f, &[phase.clone(), info.clone()]).is_err() {
            vm.unraisable("Exception ignored while calling GC callback", Some(&f));
        }
    }
}

/// This module provides access to the garbage collector for reference cycles.
///
/// enable() -- Enable automatic garbage collection.
/// disable() -- Disable automatic garbage collection.
/// isenabled() -- Returns true if automatic collection is enabled.
/// collect() -- Do a full collection right now.
/// get_count() -- Return the current collection counts.
/// get_stats() -- Return list of dictionaries containing per-generation stats.
/// set_debug() -- Set debugging flags.
/// get_debug() -- Get debugging flags.
/// set_threshold() -- Set the collection thresholds.
/// get_threshold() -- Return the current collection thresholds.
/// get_objects() -- Return a list of all objects tracked by the collector.
/// is_tracked() -- Returns true if a given object is tracked.
/// is_finalized() -- Returns true if a given object has been already finalized.
/// get_referrers() -- Return the list of objects that refer to an object.
/// get_referents() -- Return the list of objects that an object refers to.
/// freeze() -- Freeze all tracked objects and ignore them for future collections.
/// unfreeze() -- Unfreeze all objects in the permanent generation.
/// get_freeze_count() -- Return the number of objects in the permanent generation.
///
#[pymodule(name = "gc")]
pub mod gc {
    use super::*;

    #[pyconst("DEBUG_STATS")]
    const STATS: i32 = DEBUG_STATS;
    #[pyconst("DEBUG_COLLECTABLE")]
    const COLLECTABLE: i32 = DEBUG_COLLECTABLE;
    #[pyconst("DEBUG_UNCOLLECTABLE")]
    const UNCOLLECTABLE: i32 = DEBUG_UNCOLLECTABLE;
    #[pyconst("DEBUG_SAVEALL")]
    const SAVEALL: i32 = DEBUG_SAVEALL;
    #[pyconst("DEBUG_LEAK")]
    const LEAK: i32 = DEBUG_COLLECTABLE | DEBUG_UNCOLLECTABLE | DEBUG_SAVEALL;

    #[pyconst("garbage")]
    fn garbage(vm: &Vm) -> Gc<List> {
        garbage_list(vm)
    }

    #[pyconst("callbacks")]
    fn callbacks(vm: &Vm) -> Gc<List> {
        callbacks_list(vm)
    }

    /// Enable automatic garbage collection.
    #[pyfn("enable()")]
    fn enable(vm: &Vm) {
        vm.gc.enabled.set(true)
    }

    /// Disable automatic garbage collection.
    #[pyfn("disable()")]
    fn disable(vm: &Vm) {
        vm.gc.enabled.set(false)
    }

    /// Returns true if automatic garbage collection is enabled.
    #[pyfn("isenabled()")]
    fn isenabled(vm: &Vm) -> bool {
        vm.gc.enabled.get()
    }

    /// Run the garbage collector.
    ///
    /// With no arguments, run a full collection.  The optional argument
    /// may be an integer specifying which generation to collect.  A ValueError
    /// is raised if the generation number is invalid.
    ///
    /// The number of unreachable objects is returned.
    #[pyfn("collect(generation=2)")]
    fn collect(vm: &Vm, generation: i32) -> PyResult<usize> {
        if !(0..GENERATIONS as i32).contains(&generation) {
            return Err(vm.value_error("invalid generation"));
        }
        Ok(super::collect(vm, generation as usize))
    }

    /// Set the garbage collection debugging flags.
    ///
    ///   flags
    ///     An integer that can have the following bits turned on:
    ///       DEBUG_STATS - Print statistics during collection.
    ///       DEBUG_COLLECTABLE - Print collectable objects found.
    ///       DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects
    ///         found.
    ///       DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.
    ///       DEBUG_LEAK - Debug leaking programs (everything but STATS).
    ///
    /// Debugging information is written to sys.stderr.
    #[pyfn("set_debug(flags, /)")]
    fn set_debug(vm: &Vm, flags: i32) {
        vm.gc.debug.set(flags)
    }

    /// Get the garbage collection debugging flags.
    #[pyfn("get_debug()")]
    fn get_debug(vm: &Vm) -> i32 {
        vm.gc.debug.get()
    }

    /// set_threshold(threshold0, [threshold1, [threshold2]])
    /// Set the collection thresholds (the collection frequency).
    ///
    /// Setting 'threshold0' to zero disables collection.
    #[pyfn(
        no_text,
        "set_threshold(threshold0, threshold1=<unrepresentable>, threshold2=<unrepresentable>, /)"
    )]
    fn set_threshold(vm: &Vm, threshold0: i32, threshold1: Option<i32>, threshold2: Option<i32>) {
        let mut t = vm.gc.thresholds.get();
        t[0] = threshold0 as i64;
        if let Some(n) = threshold1 {
            t[1] = n as i64;
        }
        if let Some(n) = threshold2 {
            t[2] = n as i64;
        }
        vm.gc.thresholds.set(t);
        vm.gc.arm(vm);
    }

    /// Return the current collection thresholds.
    #[pyfn("get_threshold()")]
    fn get_threshold(vm: &Vm) -> (i64, i64, i64) {
        let [a, b, c] = vm.gc.thresholds.get();
        (a, b, c)
    }

    /// Return a three-tuple of the current collection counts.
    #[pyfn("get_count()")]
    fn get_count(vm: &Vm) -> (i64, i64, i64) {
        ((vm.gc.budget.get() - vm.heap.budget.get()).max(0) as i64, 0, 0)
    }

    /// Return a list of dictionaries containing per-generation statistics.
    #[pyfn("get_stats()")]
    fn get_stats(vm: &Vm) -> Vec<Value> {
        let gc = &vm.gc;
        (0..GENERATIONS)
            .map(|i| {
                vm.dict_of(&[
                    ("collections", vm.new_uint(gc.collections[i].get())),
                    ("collected", vm.new_uint(gc.collected[i].get())),
                    ("uncollectable", vm.new_uint(gc.uncollectable[i].get())),
                ])
                .into_value()
            })
            .collect()
    }

    /// Return a list of objects tracked by the collector (excluding the list returned).
    ///
    ///   generation
    ///     Generation to extract the objects from.
    ///
    /// If generation is not None, return only the objects tracked by the collector
    /// that are in that generation.
    #[pyfn("get_objects(generation=None)")]
    fn get_objects(vm: &Vm, generation: Option<isize>) -> PyResult<Vec<Value>> {
        let asked = generation.map_or(Value::NONE, |g| vm.new_int(g as i64));
        audit(vm, "gc.get_objects", &[asked])?;
        match generation {
            Some(g) if g < 0 => Err(vm.value_error("generation parameter cannot be negative")),
            Some(g) if g >= GENERATIONS as isize => Err(vm.value_error(format_args!(
                "generation parameter must be less than the number of available generations ({GENERATIONS})"
            ))),
            Some(0 | 2) => Ok(Vec::new()),
            _ => Ok(vm.heap.containers().into_iter().filter(|v| !is_untracked_tuple(v)).collect()),
        }
    }

    /// Return the list of objects that directly refer to any of 'objs'.
    #[pyfn("get_referrers(*objs)")]
    fn get_referrers(vm: &Vm, objs: &[Value]) -> PyResult<Vec<Value>> {
        audit(vm, "gc.get_referrers", &[vm.tuple_from(objs).into_value()])?;
        Ok(vm.heap.referrers(objs))
    }

    /// Return the list of objects that are directly referred to by 'objs'.
    #[pyfn("get_referents(*objs)")]
    fn get_referents(vm: &Vm, objs: &[Value]) -> PyResult<Vec<Value>> {
        audit(vm, "gc.get_referents", &[vm.tuple_from(objs).into_value()])?;
        Ok(objs.iter().flat_map(Value::referents).collect())
    }

    /// Returns true if the object is tracked by the garbage collector.
    ///
    /// Simple atomic objects will return false.
    #[pyfn("is_tracked(obj, /)")]
    fn is_tracked(vm: &Vm, obj: &Value) -> bool {
        if is_untracked_tuple(obj) {
            return false;
        }
        let native_type = obj.downcast::<Type>().is_some_and(|t| !t.is_heap_type());
        let _ = vm;
        let of_class = obj.heap_type().is_some_and(|t| t.is_heap_type());
        !native_type && (of_class || obj.header().is_some_and(|h| h.is_gc()))
    }

    /// Returns true if the object has been already finalized by the GC.
    #[pyfn("is_finalized(obj, /)")]
    fn is_finalized(_vm: &Vm, obj: &Value) -> bool {
        obj.header().is_some_and(|h| h.is_gc() && h.has_flag(flags::FINALIZED))
    }

    /// Freeze all current tracked objects and ignore them for future collections.
    ///
    /// This can be used before a POSIX fork() call to make the gc copy-on-write friendly.
    /// Note: collection before a POSIX fork() call may free pages for future allocation
    /// which can cause copy-on-write.
    #[pyfn("freeze()")]
    fn freeze(vm: &Vm) {
        for v in vm.heap.containers() {
            if let Some(h) = v.header() {
                h.set_flag(flags::FROZEN, true)
            }
        }
    }

    /// Unfreeze all objects in the permanent generation.
    ///
    /// Put all objects in the permanent generation back into oldest generation.
    #[pyfn("unfreeze()")]
    fn unfreeze(vm: &Vm) {
        for v in vm.heap.containers() {
            if let Some(h) = v.header() {
                h.set_flag(flags::FROZEN, false)
            }
        }
    }

    /// Return the number of objects in the permanent generation.
    #[pyfn("get_freeze_count()")]
    fn get_freeze_count(vm: &Vm) -> usize {
        vm.heap.containers().iter().filter(|v| v.header().is_some_and(|h| h.has_flag(flags::FROZEN))).count()
    }
}

const _: Option<(Garbage, fn() -> &'static crate::types::typedef::TypeDef)> = None;
const _: &crate::types::typedef::TypeDef = &exc::RuntimeError;
const _: i32 = DEBUG_STATS;
