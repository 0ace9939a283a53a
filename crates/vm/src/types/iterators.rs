//! Iterator types that belong to no single container: over `__getitem__`, `callable_iterator`, `enumerate`, `zip`, `map`,
//! `filter`, `reversed`.

use crate::{Value, Vm};

/// `iter(v)` for an object with `__getitem__` only.
pub fn sequence_iterator(vm: &Vm, v: &Value) -> Value {
    let _ = vm;
    v.clone()
}
