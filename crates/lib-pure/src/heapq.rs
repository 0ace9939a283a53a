//! `_heapq`: heaps in lists. Comparisons may change the list, so each step looks at it anew.

use taipan_vm::prelude::*;

const MUTATED: &str = "list changed size during iteration";

/// Whether `a` belongs above `b`.
type Above = fn(&Vm, &Value, &Value) -> PyResult<bool>;

fn less(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
    vm.compare_bool(a, b, CompareOp::Lt)
}

fn greater(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
    vm.compare_bool(b, a, CompareOp::Lt)
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

/// Moves the item at `pos` towards the root, down to `start`, while it belongs above its parent.
fn sift_down(vm: &Vm, heap: &List, start: usize, mut pos: usize, above: Above) -> PyResult<()> {
    let n = heap.len();
    if pos >= n {
        return Err(vm.index_error("index out of range"));
    }
    while pos > start {
        let parent = (pos - 1) / 2;
        let (x, p) = (at(vm, heap, pos)?, at(vm, heap, parent)?);
        let go = above(vm, &x, &p)?;
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

/// Moves the item at `pos` to a leaf, its better child up each time, and then back up to its place.
fn sift_up(vm: &Vm, heap: &List, start: usize, above: Above) -> PyResult<()> {
    let n = heap.len();
    let mut pos = start;
    if pos >= n {
        return Err(vm.index_error("index out of range"));
    }
    while pos < n / 2 {
        let mut child = 2 * pos + 1;
        if child + 1 < n {
            let (l, r) = (at(vm, heap, child)?, at(vm, heap, child + 1)?);
            if !above(vm, &l, &r)? {
                child += 1;
            }
            if heap.len() != n {
                return Err(vm.runtime_error(MUTATED));
            }
        }
        swap(heap, pos, child);
        pos = child;
    }
    sift_down(vm, heap, start, pos, above)
}

fn push(vm: &Vm, heap: &Gc<List>, item: &Value, above: Above) -> PyResult<()> {
    heap.push(item.clone());
    sift_down(vm, heap, 0, heap.len().saturating_sub(1), above)
}

fn pop(vm: &Vm, heap: &Gc<List>, above: Above) -> PyResult<Value> {
    let Some(last) = heap.items.with_mut(Vec::pop) else {
        return Err(vm.index_error("index out of range"));
    };
    replace_root(vm, heap, last, above)
}

/// Puts an item in the root's place and answers the root; the item itself if the heap is empty.
fn replace_root(vm: &Vm, heap: &Gc<List>, item: Value, above: Above) -> PyResult<Value> {
    let root = heap.items.with_mut(|items| match items.first_mut() {
        Some(place) => Ok(std::mem::replace(place, item)),
        None => Err(item),
    });
    match root {
        Ok(root) => {
            sift_up(vm, heap, 0, above)?;
            Ok(root)
        }
        Err(item) => Ok(item),
    }
}

fn replace(vm: &Vm, heap: &Gc<List>, item: &Value, above: Above) -> PyResult<Value> {
    if heap.is_empty() {
        return Err(vm.index_error("index out of range"));
    }
    replace_root(vm, heap, item.clone(), above)
}

fn push_pop(vm: &Vm, heap: &Gc<List>, item: &Value, above: Above) -> PyResult<Value> {
    let Some(root) = heap.get(0) else { return Ok(item.clone()) };
    if !above(vm, &root, item)? {
        return Ok(item.clone());
    }
    if heap.is_empty() {
        return Err(vm.index_error("index out of range"));
    }
    replace_root(vm, heap, item.clone(), above)
}

fn heapify_by(vm: &Vm, heap: &Gc<List>, above: Above) -> PyResult<()> {
    for i in (0..heap.len() / 2).rev() {
        sift_up(vm, heap, i, above)?;
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
        push(vm, heap, item, less)
    }

    /// Pop the smallest item off the heap, maintaining the heap invariant.
    #[pyfn("heappop(heap, /)")]
    fn heappop(vm: &Vm, heap: &Gc<List>) -> PyResult<Value> {
        pop(vm, heap, less)
    }

    /// Pop and return the current smallest value, and add the new item.
    #[pyfn("heapreplace(heap, item, /)")]
    fn heapreplace(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        replace(vm, heap, item, less)
    }

    /// Push item on the heap, then pop and return the smallest item from the heap.
    #[pyfn("heappushpop(heap, item, /)")]
    fn heappushpop(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        push_pop(vm, heap, item, less)
    }

    /// Transform list into a heap, in-place, in O(len(heap)) time.
    #[pyfn("heapify(heap, /)")]
    fn heapify(vm: &Vm, heap: &Gc<List>) -> PyResult<()> {
        heapify_by(vm, heap, less)
    }

    /// Push item onto max heap, maintaining the heap invariant.
    #[pyfn("heappush_max(heap, item, /)")]
    fn heappush_max(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<()> {
        push(vm, heap, item, greater)
    }

    /// Maxheap variant of heappop.
    #[pyfn("heappop_max(heap, /)")]
    fn heappop_max(vm: &Vm, heap: &Gc<List>) -> PyResult<Value> {
        pop(vm, heap, greater)
    }

    /// Maxheap variant of heapreplace.
    #[pyfn("heapreplace_max(heap, item, /)")]
    fn heapreplace_max(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        replace(vm, heap, item, greater)
    }

    /// Maxheap variant of heappushpop.
    #[pyfn("heappushpop_max(heap, item, /)")]
    fn heappushpop_max(vm: &Vm, heap: &Gc<List>, item: &Value) -> PyResult<Value> {
        push_pop(vm, heap, item, greater)
    }

    /// Maxheap variant of heapify.
    #[pyfn("heapify_max(heap, /)")]
    fn heapify_max(vm: &Vm, heap: &Gc<List>) -> PyResult<()> {
        heapify_by(vm, heap, greater)
    }
}
