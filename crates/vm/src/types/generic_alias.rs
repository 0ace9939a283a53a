//! `types.GenericAlias`: `list[int]`.

use crate::{Value, Vm};

/// `origin[args]`.
pub fn make(vm: &Vm, origin: &Value, args: &Value) -> Value {
    let _ = (vm, args);
    origin.clone()
}
