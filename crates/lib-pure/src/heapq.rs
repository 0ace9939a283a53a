//! `_heapq`: heaps in lists. Comparisons may change the list, so each step looks at it anew.

use taipan_vm::prelude::*;
use taipan_vm::protocol::plain_order;

const MUTATED: &str = "list changed size during iteration";

/// Which items are on top of a heap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Min,
    Max,
}
use Kind::{Max, Min};

/// Whether `a` belongs above `b`.
fn above(vm: &Vm, a: &Value, b: &Value, kind: Kind) -> PyResult<bool> {
    match kind {
        Min => vm.compare_bool(a, b, CompareOp::Lt),
        Max => vm.compare_bool(b, a, CompareOp::Lt),
    }
}

/// The same for items that are compared without Python code; `None` for others.
#[inline(always)]
fn plainly_above(a: &Value, b: &Value, kind: Kind) -> Option<bool> {
    let order = plain_order(a, b)?;
    Some(if kind == Min { order.is_lt() } else { order.is_gt() })
}

fn at(vm: &Vm, heap: &List, i: usize) -> PyResult<Value> {
    match heap.get(i) {
        Some(v) => Ok(v),
        None => Err(vm.runtime_error(MUTATED)),
    }
}

fn swap(heap: &List, i: usize, j: usize) {
    heap.items.with_mut(|items| {
        if i < items.len() && j < items.len() {
            items.swap(i, j)
        }
    })
}

/// `sift_down` as far as it goes without Python code: where the item is, and whether it has found its place.
fn plain_down(items: &mut [Value], start: usize, mut pos: usize, kind: Kind) -> (usize, bool) {
    while pos > start {
        let parent = (pos - 1) / 2;
        let (Some(x), Some(p)) = (items.get(pos), items.get(parent)) else { break };
        match plainly_above(x, p, kind) {
            Some(true) => items.swap(pos, parent),
            Some(false) => return (pos, true),
            None => return (pos, false),
        }
        pos = parent;
    }
    (pos, true)
}

/// Moves the item at `pos` towards the root, down to `start`, while it belongs above its parent.
fn sift_down(vm: &Vm, heap: &List, start: usize, pos: usize, kind: Kind) -> PyResult<()> {
    let n = heap.len();
    if pos >= n {
        return Err(vm.index_error("index out of range"));
    }
    let (mut pos, done) = heap.items.with_mut(|items| plain_down(items, start, pos, kind));
    while pos > start && !done {
        let parent = (pos - 1) / 2;
        let (x, p) = (at(vm, heap, pos)?, at(vm, heap, parent)?);
        let go = above(vm, &x, &p, kind)?;
        if heap.len() != n {
            return Err(vm.runtime_error(MUTATED));
        }
        if !go {
            break;
        }
        swap(heap, pos, parent);
        pos = parent;
    }
    Ok(())
}

/// Moves the item at `start` to a leaf as far as it goes without Python code; answers where it is.
fn plain_up(items: &mut [Value], start: usize, kind: Kind) -> usize {
    let (mut pos, n) = (start, items.len());
    while pos < n / 2 {
        let mut child = 2 * pos + 1;
        if let (Some(l), Some(r)) = (items.get(child), items.get(child + 1)) {
            match plainly_above(l, r, kind) {
                Some(true) => {}
                Some(false) => child += 1,
                None => break,
            }
        }
        items.swap(pos, child);
        pos = child;
    }
    pos
}

/// Moves the item at `start` to a leaf, its better child up each time, and then back up to its place.
fn sift_up(vm: &Vm, heap: &List, start: usize, kind: Kind) -> PyResult<()> {
    let n = heap.len();
    if start >= n {
        return Err(vm.index_error("index out of range"));
    }
    let mut pos = heap.items.with_mut(|items| plain_up(items, start, kind));
    while pos < n / 2 {
        let mut child = 2 * pos + 1;
        if child + 1 < n {
            let (l, r) = (at(vm, heap, child)?, at(vm, heap, child + 1)?);
            if !above(vm, &l, &r, kind)? {
                child += 1;
            }
            if heap.len() != n {
                return Err(vm.runtime_error(MUTATED));
            }
        }
        swap(heap, pos, child);
        pos = child;
    }
    sift_down(vm, heap, start, pos, kind)
}

fn push(vm: &Vm, heap: &Gc<List>, item: &Value, kind: Kind) -> PyResult<()> {
    heap.push(item.clone());
    sift_down(vm, heap, 0, heap.len().saturating_sub(1), kind)
}

fn pop(vm: &Vm, heap: &Gc<List>, kind: Kind) -> PyResult<Value> {
    let Some(last) = heap.items.with_mut(Vec::pop) else {
        return Err(vm.index_error("index out of range"));
    };
    replace_root(vm, heap, last, kind)
}

/// Puts an item in the root's place and answers the root; the item itself if the heap is empty.
fn replace_root(vm: &Vm, heap: &Gc<List>, item: Value, kind: Kind) -> PyResult<Value> {
    let root = heap.items.with_mut(|items| match items.first_mut() {
        Some(place) => Ok(std::mem::replace(place, item)),
        None => Err(item),
    });
    match root {
        Ok(root) => {
            sift_up(vm, heap, 0, kind)?;
            Ok(root)
        }
        Err(item) => Ok(item),
    }
}

fn replace(vm: &Vm, heap: &Gc<List>, item: &Value, kind: Kind) -> PyResult<Value> {
    if heap.is_empty() {
        return Err(vm.index_error("index out of range"));
    }
    replace_root(vm, heap, item.clone(), kind)
}

fn push_pop(vm: &Vm, heap: &Gc<List>, item: &Value, kind: Kind) -> PyResult<Value> {
    let Some(root) = heap.get(0) else { return Ok(item.clone()) };
    if !above(vm, &root, item, kind)? {
        return Ok(item.clone());
    }
    if heap.is_empty() {
        return Err(vm.index_error("index out of range"));
    }
    replace_root(vm, heap, item.clone(), kind)
}

fn heapify_by(vm: &Vm, heap: &Gc<List>, kind: Kind) -> PyResult<()> {
    for i in (0..heap.len() / 2).rev() {
        sift_up(vm, heap, i, kind)?;
    }
    Ok(())
}

/// Heap queue algorithm (a.k.a. priority queue).
///
/// Heaps are arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for
/// all k, counting elements from 0.  For the sake of comparison,
/// non-existing elements are considered to be infinite.  The interesting
/// property of a heap is that a[0] is always its smallest element.
#[pymodule(name = "_heapq")]
pub mod heapq {
    use super::*;

    #[pyconst("__about__")]
    const ABOUT: &str = "Heap queues: trees in lists, with the smallest item in front.";

    /// Push item onto heap, maintaining the heap invariant.
    #[pyfn("heappush(heap, item, /)")]
    fn heappush(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<()> {
        push(vm, heap, item, Min)
    }

    /// Pop the smallest item off the heap, maintaining the heap invariant.
    #[pyfn("heappop(heap, /)")]
    fn heappop(vm: &Vm, heap: &Gc<List>) -> PyResult<Value> {
        pop(vm, heap, Min)
    }

    /// Pop and return the current smallest value, and add the new item.
    #[pyfn("heapreplace(heap, item, /)")]
    fn heapreplace(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        replace(vm, heap, item, Min)
    }

    /// Push item on the heap, then pop and return the smallest item from the heap.
    #[pyfn("heappushpop(heap, item, /)")]
    fn heappushpop(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        push_pop(vm, heap, item, Min)
    }

    /// Transform list into a heap, in-place, in O(len(heap)) time.
    #[pyfn("heapify(heap, /)")]
    fn heapify(vm: &Vm, heap: &Gc<List>) -> PyResult<()> {
        heapify_by(vm, heap, Min)
    }

    /// Push item onto max heap, maintaining the heap invariant.
    #[pyfn("heappush_max(heap, item, /)")]
    fn heappush_max(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<()> {
        push(vm, heap, item, Max)
    }

    /// Maxheap variant of heappop.
    #[pyfn("heappop_max(heap, /)")]
    fn heappop_max(vm: &Vm, heap: &Gc<List>) -> PyResult<Value> {
        pop(vm, heap, Max)
    }

    /// Maxheap variant of heapreplace.
    #[pyfn("heapreplace_max(heap, item, /)")]
    fn heapreplace_max(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        replace(vm, heap, item, Max)
    }

    /// Maxheap variant of heappushpop.
    #[pyfn("heappushpop_max(heap, item, /)")]
    fn heappushpop_max(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        push_pop(vm, heap, item, Max)
    }

    /// Maxheap variant of heapify.
    #[pyfn("heapify_max(heap, /)")]
    fn heapify_max(vm: &Vm, heap: &Gc<List>) -> PyResult<()> {
        heapify_by(vm, heap, Max)
    }
}
