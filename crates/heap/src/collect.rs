//! The cycle collector: trial deletion over all containers of a heap.
//!
//! References that containers hold are added up for each object; a container with more references than that is referenced
//! from outside (frames, globals, native code) and keeps all that it reaches alive. The rest is garbage. The method is
//! CPython's (`InternalDocs/garbage_collector.md`); the counts live in side arrays of the pages.

use crate::alloc::{CLASSES, Heap, LargePrefix, PAGE, PageHead};
use crate::object::{Header, TypeFlags, flags};
use crate::value::Value;
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// Set in a side count: the object is a container that may be garbage, and was reached from outside. The rest counts the
/// references from containers, and stays at its greatest value: more references than that come from outside, then.
const CONTAINER: u32 = 1 << 30;
const REACHED: u32 = 1 << 31;
const COUNT: u32 = CONTAINER - 1;

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

    /// Runs `f` with a side count for each object, all zero.
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

    /// The blocks whose side counts say that they are containers which were not reached. Side counts are active.
    fn each_unreached(&self, mut f: impl FnMut(NonNull<Header>, &Cell<u32>)) {
        let unreached = |n: &Cell<u32>| n.get() & (CONTAINER | REACHED) == CONTAINER;
        for page in self.pages.borrow().iter() {
            // SAFETY: pages live as long as the heap, and have a side count for each block.
            unsafe {
                let size = page.as_ref().class as usize * 16;
                let base = page.as_ptr().add(1) as *mut u8;
                let counts = page.as_ref().refs.get() as *const Cell<u32>;
                for i in 0..page.as_ref().blocks as usize {
                    let n = &*counts.add(i);
                    if unreached(n) {
                        f(NonNull::new_unchecked(base.add(i * size) as *mut Header), n)
                    }
                }
            }
        }
        for p in self.large.borrow().iter() {
            // SAFETY: large objects in the list are allocated and follow their prefix.
            unsafe {
                if unreached(&p.as_ref().refs) {
                    f(p.add(1).cast::<Header>(), &p.as_ref().refs)
                }
            }
        }
    }

    /// Finds the containers that nothing outside reaches. Runs no Python code.
    pub fn find_garbage(&self) -> Garbage {
        self.with_side_counts(|| {
            let _working = Working;
            let mut found = 0;
            PHASE.set(Phase::Add);
            self.each_container(|p| {
                // SAFETY: live, and nothing is freed meanwhile; `with_side_counts` is active.
                unsafe {
                    if !p.as_ref().has_flag(flags::FROZEN) {
                        mark(p);
                        trace(p, &mut |v| add(v, 1));
                        found += 1;
                    }
                }
            });
            let mut walk = Walk::new();
            self.each_unreached(|p, n| {
                // SAFETY: as above.
                unsafe {
                    if p.as_ref().count() > n.get() & COUNT {
                        walk.from(p, n)
                    }
                }
            });
            let mut objects = Vec::new();
            if walk.reached < found {
                objects.reserve_exact(found - walk.reached);
                // SAFETY: live.
                self.each_unreached(|p, _| objects.push(unsafe { Value::from_borrowed(p) }));
            }
            Garbage { objects }
        })
    }

    /// Of objects found to be garbage, those that still are after their finalisers ran. The held reference of `garbage`
    /// itself is not counted.
    pub fn still_garbage(&self, garbage: Garbage) -> Garbage {
        let objects = self.with_side_counts(|| {
            let _working = Working;
            let all: Vec<_> = garbage.objects.iter().filter_map(Value::as_ptr).collect();
            // SAFETY: held by `garbage`; `with_side_counts` is active.
            unsafe {
                all.iter().for_each(|&p| mark(p));
                PHASE.set(Phase::Add);
                all.iter().for_each(|&p| trace(p, &mut |v| add(v, 1)));
                let mut walk = Walk::new();
                let unreached = |p| side_count(p).filter(|n| n.get() & REACHED == 0);
                for &p in &all {
                    if let Some(n) = unreached(p)
                        && p.as_ref().count() - 1 > n.get() & COUNT
                    {
                        walk.from(p, n)
                    }
                }
                all.iter().filter(|&&p| unreached(p).is_some()).map(|&p| Value::from_borrowed(p)).collect()
            }
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
    /// Counts the reference.
    Add,
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
    // SAFETY: the phases are set while live objects are traced with the side counts active, by visitors that do just this.
    unsafe {
        match PHASE.get() {
            Phase::Idle => items.iter().for_each(visit),
            Phase::Add => runs(items, |v, n| add(v, n)),
            Phase::Reach(work) => runs(items, |v, _| reach(v, work)),
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
        if next.bits() == v.bits() && n < COUNT {
            n += 1;
            continue;
        }
        f(v, n);
        (v, n) = (next, 1);
    }
    f(v, n)
}

#[inline(always)]
unsafe fn add(v: &Value, n: u32) {
    // SAFETY: shown by a trace function, so live; side counts active by the caller's contract.
    unsafe {
        if let Some(count) = v.as_ptr().and_then(|child| side_count(child)) {
            let old = count.get();
            // Both are at most `COUNT`: their sum stays below the bits above.
            let sum = ((old & COUNT) + n).min(COUNT);
            count.set(old & !COUNT | sum);
        }
    }
}

#[inline(always)]
unsafe fn reach(v: &Value, work: *mut Vec<NonNull<Header>>) {
    // SAFETY: as for `add`; the list outlives the phase, and nobody else holds a reference to it meanwhile.
    unsafe {
        if let Some(child) = v.as_ptr()
            && let Some(n) = side_count(child)
            && n.get() & (CONTAINER | REACHED) == CONTAINER
        {
            n.set(n.get() | REACHED);
            (*work).push(child)
        }
    }
}

/// The walk from what is referenced from outside.
struct Walk {
    /// Reached, but not looked into yet. Boxed: the phase has its address.
    work: *mut Vec<NonNull<Header>>,
    reached: usize,
}

impl Walk {
    fn new() -> Walk {
        let work = Box::into_raw(Box::default());
        PHASE.set(Phase::Reach(work));
        Walk { work, reached: 0 }
    }

    /// Reaches a container, and all that it leads to.
    ///
    /// # Safety
    /// Live; side counts active; `n` is the container's.
    unsafe fn from(&mut self, p: NonNull<Header>, n: &Cell<u32>) {
        let work = self.work;
        n.set(n.get() | REACHED);
        let mut next = Some(p);
        while let Some(p) = next {
            self.reached += 1;
            // SAFETY: what is reached is live, since nothing is freed meanwhile; the list lives as long as `self`.
            unsafe {
                trace(p, &mut |v| reach(v, work));
                next = (*work).pop();
            }
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        PHASE.set(Phase::Idle);
        // SAFETY: made by `new`, and the phase that knew it is over.
        drop(unsafe { Box::from_raw(self.work) })
    }
}

#[inline(always)]
unsafe fn trace(p: NonNull<Header>, f: &mut dyn FnMut(&Value)) {
    // SAFETY: live by the caller's contract.
    unsafe { (p.as_ref().head().trace.get())(p, f) }
}

/// Says that the object is a container which may be garbage.
unsafe fn mark(p: NonNull<Header>) {
    // SAFETY: live by the caller's contract, side counts active.
    unsafe {
        if let Some(n) = side_count(p) {
            n.set(n.get() | CONTAINER)
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

/// The side count of an object: any object, also one that is no container. `None`: it belongs to no heap that is being
/// collected.
#[inline(always)]
unsafe fn side_count<'a>(p: NonNull<Header>) -> Option<&'a Cell<u32>> {
    // SAFETY: small objects lie in an aligned page with side counts; large ones follow their prefix.
    unsafe {
        let class = (p.as_ref().flags() & flags::CLASS) as usize;
        if class == 0 {
            return Some(&(*p.cast::<LargePrefix>().as_ptr().sub(1)).refs);
        }
        let addr = p.as_ptr() as usize;
        let page = (addr & !(PAGE - 1)) as *const PageHead;
        let place = (addr - page as usize - size_of::<PageHead>()) as u32 / 16;
        let refs = (*page).refs.get();
        if refs.is_null() {
            return None;
        }
        Some(&*(refs.add(block_index(place, class)) as *const Cell<u32>))
    }
}

// Objects that are being destroyed are no containers: `each_container` passes over them, so their side counts never say so.

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
