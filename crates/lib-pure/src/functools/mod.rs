//! `_functools`: `partial`, `reduce`, `cmp_to_key` and the wrapper of `lru_cache`.

mod cmp_key;
mod lru_cache;
mod partial;

pub use cmp_key::KeyWrapper;
pub use lru_cache::LruCacheWrapper;
pub use partial::{Partial, PlaceholderType};

use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// Tools that operate on functions.
#[pymodule(name = "_functools")]
pub mod functools {
    use super::*;

    pytypes!(Partial, PlaceholderType, LruCacheWrapper);

    /// Convert a cmp= function into a key= function.
    ///
    ///   mycmp
    ///     Function that compares two objects.
    #[pyfn("cmp_to_key(mycmp)")]
    fn cmp_to_key(vm: &Vm, mycmp: &Value) -> Gc<KeyWrapper> {
        cmp_key::make(vm, mycmp)
    }

    /// Apply a function of two arguments cumulatively to the items of an iterable, from left to right.
    ///
    /// This effectively reduces the iterable to a single value.  If initial is present,
    /// it is placed before the items of the iterable in the calculation, and serves as
    /// a default when the iterable is empty.
    ///
    /// For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])
    /// calculates ((((1 + 2) + 3) + 4) + 5).
    #[pyfn("reduce(function, iterable, /, initial=<unrepresentable>)")]
    fn reduce(vm: &Vm, function: &Value, iterable: &Value, initial: Option<&Value>) -> PyResult<Value> {
        super::reduce(vm, function, iterable, initial)
    }

    #[pyconst("Placeholder")]
    fn placeholder(vm: &Vm) -> Value {
        partial::placeholder(vm)
    }
}

fn reduce(vm: &Vm, function: &Value, iterable: &Value, initial: Option<&Value>) -> PyResult<Value> {
    let r = vm.get_iter(iterable);
    let it = match r {
        Ok(it) => it,
        Err(Raised) if vm.raised_is(&exc::TypeError) => {
            drop(vm.take_raised());
            return Err(vm.type_error("reduce() arg 2 must support iteration"));
        }
        Err(Raised) => return Err(Raised),
    };
    let first = match initial {
        Some(v) => Some(v.clone()),
        None => vm.iter_next(&it)?,
    };
    let Some(mut result) = first else {
        return Err(vm.type_error("reduce() of empty iterable with no initial value"));
    };
    while let Some(x) = vm.iter_next(&it)? {
        result = vm.call(function, &[result, x])?;
        vm.poll()?;
    }
    Ok(result)
}
