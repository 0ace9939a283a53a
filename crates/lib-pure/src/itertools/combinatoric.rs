//! `product`, `permutations`, `combinations`, `combinations_with_replacement`.

use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::iterators::itself;
use taipan_vm::types::numbers::int_value;

/// Where an enumeration is: `None` before its first and after its last answer.
enum State {
    Fresh,
    Going,
    Over,
}

/// The indexes of the current answer, and a second row that some enumerations need.
struct Progress {
    state: State,
    indices: Vec<usize>,
    cycles: Vec<usize>,
}

impl Progress {
    fn new(indices: Vec<usize>) -> Guarded<Progress> {
        Guarded::new(Progress { state: State::Fresh, indices, cycles: Vec::new() })
    }

    fn over() -> Guarded<Progress> {
        Guarded::new(Progress { state: State::Over, indices: Vec::new(), cycles: Vec::new() })
    }

    /// Goes on to the next answer by `advance`, which says whether there is one.
    fn step(&mut self, advance: impl FnOnce(&mut Vec<usize>, &mut Vec<usize>) -> bool) -> bool {
        let more = match self.state {
            State::Fresh => true,
            State::Going => advance(&mut self.indices, &mut self.cycles),
            State::Over => false,
        };
        self.state = if more { State::Going } else { State::Over };
        more
    }
}

/// A row of `len` numbers, or a `MemoryError`.
fn row(vm: &Vm, len: usize, f: impl Fn(usize) -> usize) -> PyResult<Vec<usize>> {
    let mut out = Vec::new();
    if out.try_reserve_exact(len).is_err() {
        return Err(vm.memory_error());
    }
    out.extend((0..len).map(f));
    Ok(out)
}

fn chosen(vm: &Vm, pool: &Tuple, indices: &[usize]) -> Value {
    let item = |i: &usize| pool.get(*i).cloned().unwrap_or(Value::NONE);
    vm.tuple_from_iter(indices.iter().map(item)).into_value()
}

fn negative(vm: &Vm) -> Raised {
    vm.value_error("r must be non-negative")
}

/// Return successive r-length combinations of elements in the iterable.
///
/// combinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)
#[pytype(name = "combinations", module = "itertools", signature = "(iterable, r)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Combinations {
    pool: Gc<Tuple>,
    #[notrace]
    at: Guarded<Progress>,
}

fn combinations_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let c = object::<Combinations>(vm, v, "__next__")?;
    let n = c.pool.len();
    let answer = c.at.with_mut(|p| {
        p.step(|ix, _| {
            let r = ix.len();
            let Some(i) = (0..r).rev().find(|i| ix[*i] != i + n - r) else { return false };
            ix[i] += 1;
            for j in i + 1..r {
                ix[j] = ix[j - 1] + 1;
            }
            true
        })
        .then(|| chosen(vm, &c.pool, &p.indices))
    });
    Ok(answer)
}

impl Slots for Combinations {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(itself), iternext: Some(combinations_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Combinations {
    #[pynew("combinations(iterable, r)")]
    fn new(vm: &Vm, cls: &Gc<Type>, iterable: &Value, r: isize) -> PyResult<Value> {
        let pool = vm.new_tuple(vm.collect(iterable)?);
        let Ok(r) = usize::try_from(r) else { return Err(negative(vm)) };
        let at = if r > pool.len() { Progress::over() } else { Progress::new(row(vm, r, |i| i)?) };
        Ok(vm.alloc_in(cls, Combinations { pool, at })?.into_value())
    }
}

/// Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.
///
/// combinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')
#[pytype(
    name = "combinations_with_replacement",
    module = "itertools",
    signature = "(iterable, r)",
    flags(BASETYPE, GC)
)]
#[derive(Trace)]
pub struct CombinationsWithReplacement {
    pool: Gc<Tuple>,
    #[notrace]
    at: Guarded<Progress>,
}

fn with_replacement_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let c = object::<CombinationsWithReplacement>(vm, v, "__next__")?;
    let n = c.pool.len();
    let answer = c.at.with_mut(|p| {
        p.step(|ix, _| {
            let Some(i) = (0..ix.len()).rev().find(|i| ix[*i] + 1 != n) else { return false };
            let next = ix[i] + 1;
            ix[i..].fill(next);
            true
        })
        .then(|| chosen(vm, &c.pool, &p.indices))
    });
    Ok(answer)
}

impl Slots for CombinationsWithReplacement {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(itself), iternext: Some(with_replacement_next), ..SlotDefs::NONE };
}

#[pymethods]
impl CombinationsWithReplacement {
    #[pynew("combinations_with_replacement(iterable, r)")]
    fn new(vm: &Vm, cls: &Gc<Type>, iterable: &Value, r: isize) -> PyResult<Value> {
        let pool = vm.new_tuple(vm.collect(iterable)?);
        let Ok(r) = usize::try_from(r) else { return Err(negative(vm)) };
        let at = if r > 0 && pool.is_empty() { Progress::over() } else { Progress::new(row(vm, r, |_| 0)?) };
        Ok(vm.alloc_in(cls, CombinationsWithReplacement { pool, at })?.into_value())
    }
}

/// Return successive r-length permutations of elements in the iterable.
///
/// permutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)
#[pytype(name = "permutations", module = "itertools", signature = "(iterable, r=None)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Permutations {
    pool: Gc<Tuple>,
    length: usize,
    #[notrace]
    at: Guarded<Progress>,
}

fn permutations_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let c = object::<Permutations>(vm, v, "__next__")?;
    let (n, r) = (c.pool.len(), c.length);
    let answer = c.at.with_mut(|p| {
        p.step(|ix, cycles| {
            for i in (0..r).rev() {
                cycles[i] -= 1;
                if cycles[i] == 0 {
                    ix[i..].rotate_left(1);
                    cycles[i] = n - i;
                } else {
                    let j = n - cycles[i];
                    ix.swap(i, j);
                    return true;
                }
            }
            false
        })
        .then(|| chosen(vm, &c.pool, p.indices.get(..r).unwrap_or_default()))
    });
    Ok(answer)
}

impl Slots for Permutations {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(itself), iternext: Some(permutations_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Permutations {
    #[pynew("permutations(iterable, r=None)")]
    fn new(vm: &Vm, cls: &Gc<Type>, iterable: &Value, r: Option<&Value>) -> PyResult<Value> {
        let pool = vm.new_tuple(vm.collect(iterable)?);
        let n = pool.len();
        let length = match r {
            None => n,
            Some(v) if int_value(v).is_none() => return Err(vm.type_error("Expected int as r")),
            Some(v) => match usize::try_from(isize::from_arg(vm, v)?) {
                Ok(r) => r,
                Err(_) => return Err(negative(vm)),
            },
        };
        let at = if length > n { Progress::over() } else { Progress::new(row(vm, n, |i| i)?) };
        if length <= n {
            let cycles = row(vm, length, |i| n - i)?;
            at.with_mut(|p| p.cycles = cycles);
        }
        Ok(vm.alloc_in(cls, Permutations { pool, length, at })?.into_value())
    }
}

/// Cartesian product of input iterables.  Equivalent to nested for-loops.
///
/// For example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).
/// The leftmost iterators are in the outermost for-loop, so the output tuples
/// cycle in a manner similar to an odometer (with the rightmost element changing
/// on every iteration).
#[pytype(name = "product", module = "itertools", signature = "(*iterables, repeat=1)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Product {
    pools: Vec<Gc<Tuple>>,
    #[notrace]
    at: Guarded<Progress>,
}

fn product_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let c = object::<Product>(vm, v, "__next__")?;
    let pools = &c.pools;
    let answer = c.at.with_mut(|p| {
        p.step(|ix, _| {
            for (i, pool) in ix.iter_mut().zip(pools).rev() {
                *i += 1;
                if *i < pool.len() {
                    return true;
                }
                *i = 0;
            }
            false
        })
        .then(|| {
            let item = |(i, pool): (&usize, &Gc<Tuple>)| pool.get(*i).cloned().unwrap_or(Value::NONE);
            vm.tuple_from_iter(p.indices.iter().zip(pools).map(item)).into_value()
        })
    });
    Ok(answer)
}

impl Slots for Product {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(product_next), ..SlotDefs::NONE };
}

#[pymethods]
impl Product {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let mut repeat = 1;
        for (name, value) in args.keywords() {
            let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            if text != "repeat" {
                return Err(
                    vm.type_error(format_args!("product() got an unexpected keyword argument '{text}'"))
                );
            }
            repeat = isize::from_arg(vm, value)?;
        }
        let Ok(repeat) = usize::try_from(repeat) else {
            return Err(vm.value_error("repeat argument cannot be negative"));
        };
        let once = if repeat == 0 { &[] } else { args.pos() };
        let total = once.len().checked_mul(repeat).filter(|n| *n <= isize::MAX as usize / 8);
        let Some(total) = total else { return Err(vm.overflow_error("repeat argument too large")) };
        let mut pools: Vec<Gc<Tuple>> = Vec::new();
        if pools.try_reserve_exact(total).is_err() {
            return Err(vm.memory_error());
        }
        for v in once {
            pools.push(vm.new_tuple(vm.collect(v)?));
        }
        for i in 0..total.saturating_sub(once.len()) {
            if let Some(pool) = pools.get(i).cloned() {
                pools.push(pool);
            }
        }
        let at = if pools.iter().any(|p| p.is_empty()) {
            Progress::over()
        } else {
            Progress::new(row(vm, total, |_| 0)?)
        };
        Ok(vm.alloc_in(cls, Product { pools, at })?.into_value())
    }
}
