//! The cycle collector: trial deletion over all containers of a heap.
//!
//! Every reference that a container holds is taken off the count of what it refers to; what is left is referenced from
//! outside (frames, globals, native code) and keeps all that it reaches alive. The rest is garbage. The method is CPython's
//! (`InternalDocs/garbage_collector.md`), on the counts themselves: a reference is put back when its container is reached,
//! or in the end when it is garbage. No Python code runs meanwhile.

use crate::alloc::Heap;
use crate::object::{Header, TypeFlags, flags};
use crate::pointers::Pointers;
use crate::value::Value;
use std::cell::Cell;
use std::ptr::NonNull;

/// Unreachable objects, held so that finalisers and weak reference callbacks can run before they are cleared.
pub struct Garbage {
    pub objects: Vec<Value>,
}

impl Garbage {
    /// Breaks the cycles and lets the objects go.
    pub fn clear(self) {
        for v in &self.objects {
            if let Some(ptr) = v.as_ptr() {
                // SAFETY: the object is live (held by `self`) and its type's `clear` fits it.
                unsafe { (ptr.as_ref().head().clear.get())(ptr) }
            }
        }
    }
}

impl Heap {
    /// All live containers.
    fn each_container(&self, mut f: impl FnMut(NonNull<Header>)) {
        let pages = self.pages.borrow();
        for page in pages.iter() {
            // SAFETY: pages live as long as the heap; blocks are live exactly when their type word is set (I3).
            unsafe {
                let size = page.as_ref().class as usize * 16;
                let base = page.as_ptr().add(1) as *mut u8;
                for i in 0..page.as_ref().blocks as usize {
                    let ptr = NonNull::new_unchecked(base.add(i * size) as *mut Header);
                    let header = ptr.as_ref();
                    if header.ty.get().is_some() && header.count() != 0 && header.is_gc() {
                        f(ptr)
                    }
                }
            }
        }
        drop(pages);
        let large = self.large.borrow();
        for p in large.iter() {
            // SAFETY: large objects in the list are allocated; a zero count marks one being destroyed.
            unsafe {
                let ptr = p.add(1).cast::<Header>();
                if ptr.as_ref().ty.get().is_some() && ptr.as_ref().count() != 0 && ptr.as_ref().is_gc() {
                    f(ptr)
                }
            }
        }
    }

    /// Whether a live object that has a finaliser, which has not run yet, is none of those that `known` answers true for.
    pub fn any_to_finalize(&self, known: impl Fn(NonNull<Header>) -> bool) -> bool {
        let due = |ptr: NonNull<Header>| {
            // SAFETY: the callers below give blocks of the heap; one is live when its type word is set (I3).
            unsafe {
                let header = ptr.as_ref();
                header.ty.get().is_some()
                    && header.head().flags.get() & TypeFlags::FINALIZE != 0
                    && header.count() != 0
                    && !header.has_flag(flags::FINALIZED)
                    && !known(ptr)
            }
        };
        let in_pages = self.pages.borrow().iter().any(|page| {
            // SAFETY: pages live as long as the heap; blocks lie within them.
            unsafe {
                let size = page.as_ref().class as usize * 16;
                let base = page.as_ptr().add(1) as *mut u8;
                (0..page.as_ref().blocks as usize)
                    .any(|i| due(NonNull::new_unchecked(base.add(i * size) as *mut Header)))
            }
        });
        // SAFETY: large objects in the list are allocated and follow their prefix.
        in_pages || self.large.borrow().iter().any(|p| due(unsafe { p.add(1).cast::<Header>() }))
    }

    /// The live containers, for `gc.get_objects`.
    pub fn containers(&self) -> Vec<Value> {
        let mut all = Vec::new();
        // SAFETY: `each_container` gives live objects.
        self.each_container(|p| all.push(unsafe { Value::from_borrowed(p) }));
        all
    }

    /// The memory that looking for garbage takes: lists of containers.
    pub fn room_to_look(&self) -> usize {
        self.stats().blocks_allocated * 16
    }

    /// Finds the containers that nothing outside reaches. Runs no Python code.
    pub fn find_garbage(&self) -> Garbage {
        let mut all = Pointers::with_room(self.stats().blocks_allocated);
        self.each_container(|p| {
            // SAFETY: live.
            if !unsafe { p.as_ref() }.has_flag(flags::FROZEN) {
                all.push(p)
            }
        });
        Garbage { objects: unreachable(&all, 0) }
    }

    /// Of objects found to be garbage, those that still are after their finalisers ran. The held reference of `garbage`
    /// itself is not counted.
    pub fn still_garbage(&self, garbage: Garbage) -> Garbage {
        let all: Vec<_> = garbage.objects.iter().filter_map(Value::as_ptr).collect();
        Garbage { objects: unreachable(&all, 1) }
    }

    /// Containers that refer directly to one of `targets`.
    pub fn referrers(&self, targets: &[Value]) -> Vec<Value> {
        let mut found = Vec::new();
        self.each_container(|p| {
            let mut hit = false;
            // SAFETY: live.
            unsafe { (p.as_ref().head().trace.get())(p, &mut |v| hit |= targets.iter().any(|t| t.is(v))) };
            if hit {
                // SAFETY: live.
                found.push(unsafe { Value::from_borrowed(p) })
            }
        });
        found
    }
}

/// What the object's own trace function shows, for `gc.get_referents`.
pub fn referents(v: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some(p) = v.as_ptr() {
        // SAFETY: held by `v`.
        unsafe {
            if p.as_ref().is_gc() {
                (p.as_ref().head().trace.get())(p, &mut |x| found.push(x.clone()))
            }
        }
    }
    found
}

impl Value {
    /// The values that this container owns, as the collector sees them.
    pub fn referents(&self) -> Vec<Value> {
        referents(self)
    }
}

/// What the collector of this thread does with the references that trace functions show it.
#[derive(Clone, Copy)]
enum Phase {
    Idle,
    /// Takes the reference off the count of what it refers to.
    Subtract,
    /// Puts it back; what is referred to and was not reached yet is now, and comes onto the list.
    Reach(*mut Pointers),
    /// Puts it back.
    Restore,
}

thread_local! {
    static PHASE: Cell<Phase> = const { Cell::new(Phase::Idle) };
}

/// Puts the phase back, whatever happens.
struct Working;

impl Drop for Working {
    fn drop(&mut self) {
        PHASE.set(Phase::Idle)
    }
}

/// Whether the collector is asking, which only wants to see containers, not `gc.get_referents` or its like.
#[inline]
pub fn collecting() -> bool {
    !matches!(PHASE.get(), Phase::Idle)
}

/// Shows many values at once: to the collector without a call for each.
pub(crate) fn show_all(items: &[Value], visit: &mut dyn FnMut(&Value)) {
    // SAFETY: the phases are set while `unreachable` traces live objects, with visitors that do just this.
    unsafe {
        match PHASE.get() {
            Phase::Idle => items.iter().for_each(visit),
            Phase::Subtract => runs(items, subtract),
            Phase::Reach(work) => runs(items, |v, n| reach(v, n, work)),
            Phase::Restore => runs(items, restore),
        }
    }
}

/// Each value and how often it stands there in a row: fresh lists often hold one value many times.
#[inline(always)]
fn runs(items: &[Value], mut f: impl FnMut(&Value, u32)) {
    let mut at = items.iter();
    let Some(mut v) = at.next() else { return };
    let mut n = 1u32;
    for next in at {
        if next.bits() == v.bits() {
            n = n.wrapping_add(1);
            continue;
        }
        f(v, n);
        (v, n) = (next, 1);
    }
    f(v, n)
}

/// What members have more on their counts meanwhile, so that a trace function which counts one up and down again does not
/// destroy it.
const BIAS: u32 = 1 << 30;

#[inline(always)]
fn member(v: &Value) -> Option<(NonNull<Header>, &Header)> {
    let p = v.as_ptr()?;
    // SAFETY: shown by a trace function, so live as long as the value.
    let h = unsafe { &*p.as_ptr() };
    h.has_flag(flags::MEMBER).then_some((p, h))
}

#[inline(always)]
fn subtract(v: &Value, n: u32) {
    if let Some((_, h)) = member(v) {
        h.set_count(h.count().wrapping_sub(n));
    }
}

#[inline(always)]
fn restore(v: &Value, n: u32) {
    if let Some((_, h)) = member(v) {
        h.set_count(h.count().wrapping_add(n));
    }
}

#[inline(always)]
unsafe fn reach(v: &Value, n: u32, work: *mut Pointers) {
    if let Some((p, h)) = member(v) {
        h.set_count(h.count().wrapping_add(n));
        if h.has_flag(flags::UNREACHED) {
            h.set_flag(flags::UNREACHED, false);
            // SAFETY: the list outlives the phase, and nobody else holds a reference to it meanwhile.
            unsafe { (*work).push(p) }
        }
    }
}

/// Those of the containers that only they themselves refer to, but for `held` references to each.
fn unreachable(all: &[NonNull<Header>], held: u32) -> Vec<Value> {
    let _working = Working;
    let mut work = Pointers::with_room(all.len());
    let work = &raw mut work;
    // SAFETY: containers are live and nothing is freed while it runs. Each is traced once in the first phase and once in
    // one of the others, and shows the same then, since no container changes: so all counts are in the end what they were.
    unsafe {
        for p in all {
            let h = p.as_ref();
            h.set_flag(flags::MEMBER | flags::UNREACHED, true);
            h.set_count(h.count().wrapping_add(BIAS));
        }
        PHASE.set(Phase::Subtract);
        for &p in all {
            trace(p, &mut |v| subtract(v, 1));
        }
        PHASE.set(Phase::Reach(work));
        let mut reached = 0;
        for &p in all {
            let h = p.as_ref();
            if h.has_flag(flags::UNREACHED) && h.count() != BIAS + held {
                h.set_flag(flags::UNREACHED, false);
                (*work).push(p);
                while let Some(p) = (*work).pop() {
                    reached += 1;
                    trace(p, &mut |v| reach(v, 1, work));
                }
            }
        }
        let mut garbage = Vec::new();
        if reached != all.len() {
            PHASE.set(Phase::Restore);
            garbage.reserve_exact(all.len() - reached);
            for &p in all.iter().filter(|p| p.as_ref().has_flag(flags::UNREACHED)) {
                trace(p, &mut |v| restore(v, 1));
                garbage.push(p);
            }
        }
        for p in all {
            let h = p.as_ref();
            h.set_flag(flags::MEMBER | flags::UNREACHED, false);
            h.set_count(h.count().wrapping_sub(BIAS));
        }
        garbage.into_iter().map(|p| Value::from_borrowed(p)).collect()
    }
}

#[inline(always)]
unsafe fn trace(p: NonNull<Header>, f: &mut dyn FnMut(&Value)) {
    // SAFETY: live by the caller's contract.
    unsafe { (p.as_ref().head().trace.get())(p, f) }
}
