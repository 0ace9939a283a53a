//! `_bisect`: binary search in sorted sequences.

use taipan_vm::prelude::*;

/// The bounds of a search; `hi` of `None` is the length.
fn bounds(vm: &Vm, a: &Value, lo: isize, hi: Option<&Value>) -> PyResult<(isize, isize)> {
    if lo < 0 {
        return Err(vm.value_error("lo must be non-negative"));
    }
    let hi = match hi {
        Some(v) => {
            if !v.is_int() && vm.type_of(v).slots.index.get().is_none() {
                return Err(vm.type_error(format_args!(
                    "argument should be integer or None, not '{}'",
                    vm.type_of(v).name()
                )));
            }
            vm.index_clipped(v)?
        }
        None => -1,
    };
    Ok((lo, if hi == -1 { vm.len(a)? as isize } else { hi }))
}

/// An item by index (`PySequence_GetItem`).
fn item(vm: &Vm, a: &Value, i: isize) -> PyResult<Value> {
    if let Some(l) = a.downcast_exact::<List>() {
        return match l.get(i as usize) {
            Some(v) => Ok(v),
            None => Err(vm.index_error("list index out of range")),
        };
    }
    taipan_vm::types::iterators::sequence_item(vm, a, i)
}

/// Where `x` goes: before equal items, or behind them if `right`.
fn search(
    vm: &Vm,
    a: &Value,
    x: &Value,
    (mut lo, mut hi): (isize, isize),
    key: Option<&Value>,
    right: bool,
) -> PyResult<isize> {
    if a.downcast::<Dict>().is_some() {
        return Err(vm.type_error(format_args!("{} is not a sequence", vm.type_of(a).name())));
    }
    while lo < hi {
        let mid = lo + (hi - lo) / 2;
        let mut probe = item(vm, a, mid)?;
        if let Some(f) = key {
            probe = vm.call1(f, &probe)?;
        }
        let below = if let (Some(a), Some(b)) = (probe.as_int(), x.as_int()) {
            a < b || right && a == b
        } else if right {
            !vm.compare_bool(x, &probe, CompareOp::Lt)?
        } else {
            vm.compare_bool(&probe, x, CompareOp::Lt)?
        };
        if below {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Ok(lo)
}

fn insort(
    vm: &Vm,
    a: &Value,
    x: &Value,
    bounds: (isize, isize),
    key: Option<&Value>,
    right: bool,
) -> PyResult<()> {
    let probe = match key {
        Some(f) => vm.call1(f, x)?,
        None => x.clone(),
    };
    let i = search(vm, a, &probe, bounds, key, right)?;
    vm.call_method(a, "insert", &[vm.new_int(i as i64), x.clone()])?;
    Ok(())
}

/// Bisection algorithms.
///
/// This module provides support for maintaining a list in sorted order without
/// having to sort the list after each insertion. For long lists of items with
/// expensive comparison operations, this can be an improvement over the more
/// common approach.
#[pymodule(name = "_bisect")]
pub mod bisect {
    use super::*;

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e < x, and all e in
    /// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just before the leftmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfn("bisect_left(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(
        vm: &Vm,
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<isize> {
        search(vm, a, x, bounds(vm, a, lo, hi)?, key, false)
    }

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e <= x, and all e in
    /// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x) will
    /// insert just after the rightmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfn("bisect_right(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_right(
        vm: &Vm,
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<isize> {
        search(vm, a, x, bounds(vm, a, lo, hi)?, key, true)
    }

    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the left of the leftmost x.
    #[pyfn("insort_left(a, x, lo=0, hi=None, *, key=None)")]
    fn insort_left(
        vm: &Vm,
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<()> {
        insort(vm, a, x, bounds(vm, a, lo, hi)?, key, false)
    }

    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the right of the rightmost x.
    #[pyfn("insort_right(a, x, lo=0, hi=None, *, key=None)")]
    fn insort_right(
        vm: &Vm,
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<&Value>,
        key: Option<&Value>,
    ) -> PyResult<()> {
        insort(vm, a, x, bounds(vm, a, lo, hi)?, key, true)
    }
}
