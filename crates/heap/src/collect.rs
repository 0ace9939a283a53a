//! The cycle collector: trial deletion over all containers of a heap.
//!
//! Each container starts with its count; every reference that another container holds is taken off; what is left
//! above zero is referenced from outside (frames, globals, native code) and keeps all that it reaches alive. The rest is
//! garbage. The method is CPython's (`InternalDocs/garbage_collector.md`); the counts live in side arrays of the pages.

use crate::alloc::{Heap, LargePrefix, PAGE, PageHead};
use crate::object::{Header, TypeFlags, flags};
use crate::value::Value;
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

    /// The live containers, for `gc.get_objects`.
    pub fn containers(&self) -> Vec<Value> {
        let mut all = Vec::new();
        // SAFETY: `each_container` gives live objects.
        self.each_container(|p| all.push(unsafe { Value::from_borrowed(p) }));
        all
    }

    fn with_side_counts<R>(&self, f: impl FnOnce() -> R) -> R {
        let arrays: Vec<Vec<u32>> = self
            .pages
            .borrow()
            .iter()
            .map(|page| {
                // SAFETY: pages live as long as the heap.
                let page = unsafe { page.as_ref() };
                let mut refs = vec![0u32; page.blocks as usize];
                page.refs.set(refs.as_mut_ptr());
                refs
            })
            .collect();
        for p in self.large.borrow().iter() {
            // SAFETY: listed prefixes are allocated.
            unsafe { p.as_ref().refs.set(0) }
        }
        let r = f();
        for page in self.pages.borrow().iter() {
            // SAFETY: as above.
            unsafe { page.as_ref().refs.set(null_mut()) }
        }
        drop(arrays);
        r
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

/// Trial deletion over candidates whose side counts are set.
fn unreachable(all: &[NonNull<Header>]) -> Vec<Value> {
    // SAFETY (whole function): candidates are live and nothing is freed while it runs.
    unsafe {
        for &p in all {
            trace(p, &mut |child| {
                if let Some(n) = candidate(child) {
                    set_refs(child, CANDIDATE | n.saturating_sub(1));
                }
            });
        }
        let mut work = Vec::new();
        for &p in all {
            if candidate(p).is_some_and(|n| n > 0) {
                set_refs(p, 0);
                work.push(p);
                while let Some(p) = work.pop() {
                    trace(p, &mut |child| {
                        if candidate(child).is_some() {
                            set_refs(child, 0);
                            work.push(child)
                        }
                    });
                }
            }
        }
        all.iter().filter(|&&p| candidate(p).is_some()).map(|&p| Value::from_borrowed(p)).collect()
    }
}

unsafe fn trace(p: NonNull<Header>, f: &mut dyn FnMut(NonNull<Header>)) {
    // SAFETY: live by the caller's contract. A child with a zero count is being destroyed and no candidate.
    unsafe {
        (p.as_ref().head().trace.get())(p, &mut |v| {
            if let Some(child) = v.as_ptr()
                && child.as_ref().head().flags.get() & TypeFlags::GC != 0
            {
                f(child)
            }
        })
    }
}

/// The side count of a candidate.
unsafe fn candidate(p: NonNull<Header>) -> Option<u32> {
    // SAFETY: live by the caller's contract, side counts active.
    let n = unsafe { *refs_of(p) };
    (n & CANDIDATE != 0).then_some(n & COUNT)
}

unsafe fn set_refs(p: NonNull<Header>, n: u32) {
    // SAFETY: as for `candidate`.
    unsafe { *refs_of(p) = n }
}

unsafe fn refs_of(p: NonNull<Header>) -> *mut u32 {
    // SAFETY: small objects lie in an aligned page with side counts; large ones follow their prefix.
    unsafe {
        let class = (p.as_ref().flags() & flags::CLASS) as usize;
        if class == 0 {
            return (*p.cast::<LargePrefix>().as_ptr().sub(1)).refs.as_ptr();
        }
        let addr = p.as_ptr() as usize;
        let page = (addr & !(PAGE - 1)) as *const PageHead;
        let index = (addr - page as usize - size_of::<PageHead>()) / (class * 16);
        (*page).refs.get().add(index)
    }
}

// Objects that are being destroyed have a zero count and no side count set: `with_side_counts` zeroes all of them, so
// they are never candidates; `TypeFlags::GC` is read through their intact type word.
const _: u32 = TypeFlags::GC;
