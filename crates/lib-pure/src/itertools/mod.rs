//! `itertools`.

mod combinatoric;
mod grouping;
mod selecting;
mod tee;
mod unbounded;

pub use combinatoric::{Combinations, CombinationsWithReplacement, Permutations, Product};
pub use grouping::{Batched, GroupBy, Grouper, Pairwise, ZipLongest};
pub use selecting::{Accumulate, Chain, Compress, DropWhile, FilterFalse, ISlice, StarMap, TakeWhile};
pub use tee::{Tee, TeeData};
pub use unbounded::{Count, Cycle, Repeat};

use taipan_vm::prelude::*;

/// The next item of an iterator that is let go of at its end.
fn next_or_drop(vm: &Vm, cell: &ValueCell) -> PyResult<Option<Value>> {
    let Some(it) = cell.get() else { return Ok(None) };
    let x = vm.iter_next(&it)?;
    if x.is_none() {
        cell.set(None);
    }
    Ok(x)
}

/// Functional tools for creating and using iterators.
///
/// Infinite iterators:
/// count(start=0, step=1) --> start, start+step, start+2*step, ...
/// cycle(p) --> p0, p1, ... plast, p0, p1, ...
/// repeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times
///
/// Iterators terminating on the shortest input sequence:
/// accumulate(p[, func]) --> p0, p0+p1, p0+p1+p2
/// batched(p, n) --> [p0, p1, ..., p_n-1], [p_n, p_n+1, ..., p_2n-1], ...
/// chain(p, q, ...) --> p0, p1, ... plast, q0, q1, ...
/// chain.from_iterable([p, q, ...]) --> p0, p1, ... plast, q0, q1, ...
/// compress(data, selectors) --> (d[0] if s[0]), (d[1] if s[1]), ...
/// dropwhile(predicate, seq) --> seq[n], seq[n+1], starting when predicate fails
/// groupby(iterable[, keyfunc]) --> sub-iterators grouped by value of keyfunc(v)
/// filterfalse(predicate, seq) --> elements of seq where predicate(elem) is False
/// islice(seq, [start,] stop [, step]) --> elements from
///        seq[start:stop:step]
/// pairwise(s) --> (s[0],s[1]), (s[1],s[2]), (s[2], s[3]), ...
/// starmap(fun, seq) --> fun(*seq[0]), fun(*seq[1]), ...
/// tee(it, n=2) --> (it1, it2 , ... itn) splits one iterator into n
/// takewhile(predicate, seq) --> seq[0], seq[1], until predicate fails
/// zip_longest(p, q, ...) --> (p[0], q[0]), (p[1], q[1]), ...
///
/// Combinatoric generators:
/// product(p, q, ... [repeat=1]) --> cartesian product
/// permutations(p[, r])
/// combinations(p, r)
/// combinations_with_replacement(p, r)
#[pymodule(name = "itertools")]
pub mod itertools {
    use super::*;

    pytypes!(
        Accumulate,
        Batched,
        Chain,
        Combinations,
        CombinationsWithReplacement,
        Compress,
        Count,
        Cycle,
        DropWhile,
        FilterFalse,
        GroupBy,
        Grouper,
        ISlice,
        Pairwise,
        Permutations,
        Product,
        Repeat,
        StarMap,
        TakeWhile,
        Tee,
        TeeData,
        ZipLongest
    );

    /// Returns a tuple of n independent iterators.
    #[pyfn("tee(iterable, n=2, /)")]
    fn tee(vm: &Vm, iterable: &Value, n: isize) -> PyResult<Value> {
        tee::tee(vm, iterable, n)
    }
}
