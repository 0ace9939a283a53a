//! The cycle collector: trial deletion over all containers of a heap.
//!
//! Each container starts with its count; every reference that another container holds is taken off; what is left
//! above zero is referenced from outside (frames, globals, native code) and keeps all that it reaches alive. The rest is
//! garbage. The method is CPython's (`InternalDocs/garbage_collector.md`); the counts live in side arrays of the pages.

use crate::alloc::{CLASSES, Heap, LargePrefix, PAGE, PageHead};
use crate::object::{Header, TypeFlags, flags};
use crate::value::Value;
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// Set in a side count while the object may be garbage.
const CANDIDATE: u32 = 1 << 31;
const COUNT: u32 = CANDIDATE - 1;

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

    /// Runs `f` with a side count for each object, all zero, which says "no candidate".
    fn with_side_counts<R>(&self, f: impl FnOnce() -> R) -> R {
        let pages = self.pages.borrow();
        // SAFETY: pages live as long as the heap.
        let blocks = pages.iter().map(|page| unsafe { page.as_ref() }.blocks as usize).sum();
        let mut refs = vec![0u32; blocks];
        let mut rest = refs.as_mut_slice();
        for page in pages.iter() {
            // SAFETY: as above.
            let page = unsafe { page.as_ref() };
            let (mine, others) = std::mem::take(&mut rest).split_at_mut(page.blocks as usize);
            page.refs.set(mine.as_mut_ptr());
            rest = others;
        }
        drop(pages);
        for p in self.large.borrow().iter() {
            // SAFETY: listed prefixes are allocated.
            unsafe { p.as_ref().refs.set(0) }
        }
        let r = f();
        for page in self.pages.borrow().iter() {
            // SAFETY: as above.
            unsafe { page.as_ref().refs.set(null_mut()) }
        }
        drop(refs);
        r
    }

    /// The memory that looking for garbage takes: a count for each block, and lists of containers.
    pub fn room_to_look(&self) -> usize {
        // SAFETY: pages live as long as the heap.
        let blocks: usize =
            self.pages.borrow().iter().map(|page| unsafe { page.as_ref() }.blocks as usize).sum();
        blocks * 4 + self.stats().blocks_allocated * 16
    }

    /// Finds the containers that nothing outside reaches. Runs no Python code.
    pub fn find_garbage(&self) -> Garbage {
        self.with_side_counts(|| {
            let mut all = Vec::new();
            self.each_container(|p| {
                // SAFETY: live; `with_side_counts` is active.
                unsafe {
                    if !p.as_ref().has_flag(flags::FROZEN) {
                        set_refs(p, CANDIDATE | p.as_ref().count().min(COUNT));
                        all.push(p)
                    }
                }
            });
            Garbage { objects: unreachable(&all) }
        })
    }

    /// Of objects found to be garbage, those that still are after their finalisers ran. The held reference of `garbage`
    /// itself is not counted.
    pub fn still_garbage(&self, garbage: Garbage) -> Garbage {
        let objects = self.with_side_counts(|| {
            let mut all = Vec::new();
            for v in &garbage.objects {
                if let Some(p) = v.as_ptr() {
                    // SAFETY: held by `garbage`.
                    unsafe { set_refs(p, CANDIDATE | (p.as_ref().count() - 1).min(COUNT)) };
                    all.push(p)
                }
            }
            unreachable(&all)
        });
        Garbage { objects }
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
    /// Takes one off the side count of what is referred to.
    Subtract,
    /// Marks what is referred to as reached and puts it on the list.
    Reach(*mut Vec<NonNull<Header>>),
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
    // SAFETY: the phases are set while `unreachable` runs, which traces live objects with the side counts active and
    // whose visitor does just this.
    unsafe {
        match PHASE.get() {
            Phase::Idle => items.iter().for_each(visit),
            Phase::Subtract => items.iter().for_each(|v| subtract(v)),
            Phase::Reach(work) => items.iter().for_each(|v| reach(v, work)),
        }
    }
}

#[inline(always)]
unsafe fn subtract(v: &Value) {
    // SAFETY: shown by a trace function, so live; side counts active by the caller's contract.
    unsafe {
        if let Some(n) = v.as_ptr().and_then(|child| side_count(child))
            && *n > CANDIDATE
        {
            *n -= 1;
        }
    }
}

#[inline(always)]
unsafe fn reach(v: &Value, work: *mut Vec<NonNull<Header>>) {
    // SAFETY: as for `subtract`; the list outlives the phase, and nobody else holds a reference to it meanwhile.
    unsafe {
        if let Some(child) = v.as_ptr()
            && let Some(n) = side_count(child)
            && *n >= CANDIDATE
        {
            *n = 0;
            (*work).push(child)
        }
    }
}

/// Trial deletion over candidates whose side counts are set.
fn unreachable(all: &[NonNull<Header>]) -> Vec<Value> {
    let _working = Working;
    // SAFETY: candidates are live and nothing is freed while it runs.
    unsafe {
        PHASE.set(Phase::Subtract);
        for &p in all {
            trace(p, &mut |v| subtract(v));
        }
        let mut work = Vec::new();
        let work = &raw mut work;
        PHASE.set(Phase::Reach(work));
        let mut reached = 0;
        for &p in all {
            if candidate(p).is_some_and(|n| n > 0) {
                set_refs(p, 0);
                (*work).push(p);
                while let Some(p) = (*work).pop() {
                    reached += 1;
                    trace(p, &mut |v| reach(v, work));
                }
            }
        }
        if reached == all.len() {
            return Vec::new();
        }
        all.iter().filter(|&&p| candidate(p).is_some()).map(|&p| Value::from_borrowed(p)).collect()
    }
}

#[inline(always)]
unsafe fn trace(p: NonNull<Header>, f: &mut dyn FnMut(&Value)) {
    // SAFETY: live by the caller's contract.
    unsafe { (p.as_ref().head().trace.get())(p, f) }
}

/// The side count of a candidate.
unsafe fn candidate(p: NonNull<Header>) -> Option<u32> {
    // SAFETY: live by the caller's contract, side counts active.
    let n = unsafe { *side_count(p)? };
    (n & CANDIDATE != 0).then_some(n & COUNT)
}

unsafe fn set_refs(p: NonNull<Header>, n: u32) {
    // SAFETY: as for `candidate`.
    unsafe {
        if let Some(refs) = side_count(p) {
            *refs = n
        }
    }
}

/// What to multiply a place within a page (counted in 16 bytes) with, in place of dividing it by a class.
const RECIPROCALS: [u32; CLASSES] = {
    let mut table = [0; CLASSES];
    let mut class = 1;
    while class < CLASSES {
        table[class] = (1u32 << 16).div_ceil(class as u32);
        class += 1;
    }
    table
};
/// In which block of a page of its class a place lies.
#[inline(always)]
fn block_index(place: u32, class: usize) -> usize {
    ((place * RECIPROCALS.get(class).copied().unwrap_or(0)) >> 16) as usize
}

// The quotient is exact as long as the place times the rounding of the reciprocal (below the class) stays below 1 << 16.
const _: () = assert!(PAGE / 16 * CLASSES < 1 << 16 && size_of::<PageHead>().is_multiple_of(16));

/// Where the side count of an object is: any object, also one that is no container (its count is zero). `None`: the
/// object belongs to no heap that is being collected.
#[inline(always)]
unsafe fn side_count<'a>(p: NonNull<Header>) -> Option<&'a mut u32> {
    // SAFETY: small objects lie in an aligned page with side counts; large ones follow their prefix. No two of these
    // references live at once, as callers use them on the spot.
    unsafe {
        let class = (p.as_ref().flags() & flags::CLASS) as usize;
        if class == 0 {
            return Some(&mut *(*p.cast::<LargePrefix>().as_ptr().sub(1)).refs.as_ptr());
        }
        let addr = p.as_ptr() as usize;
        let page = (addr & !(PAGE - 1)) as *const PageHead;
        let place = (addr - page as usize - size_of::<PageHead>()) as u32 / 16;
        let refs = (*page).refs.get();
        if refs.is_null() {
            return None;
        }
        Some(&mut *refs.add(block_index(place, class)))
    }
}

// Objects that are being destroyed have no side count set: `with_side_counts` zeroes all of them, so
// they are never candidates. The same holds for objects that are no containers.

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_blocks() {
        for class in 1..CLASSES {
            for place in 0..(PAGE / 16) as u32 {
                assert_eq!(block_index(place, class), place as usize / class);
            }
        }
    }
}
