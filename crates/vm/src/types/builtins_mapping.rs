//! `__builtins__` that is neither a module nor a dict. Functions hold their builtins as a dict: such a mapping is put into
//! one that stays empty, and names are looked up in the mapping.

use crate::prelude::*;

/// The dict that stands for a mapping. Python code never sees it.
#[pytype(name = "builtins_mapping", base = Dict, flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct BuiltinsMapping {
    dict: Dict,
    mapping: Value,
}

impl Slots for BuiltinsMapping {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

#[pymethods]
impl BuiltinsMapping {}

/// A dict that stands for `mapping`.
pub fn wrap(vm: &Vm, mapping: &Value) -> Gc<Dict> {
    let made = vm.alloc(BuiltinsMapping { dict: Dict::default(), mapping: mapping.clone() });
    match made.as_value().downcast::<Dict>() {
        Some(d) => d.clone(),
        None => vm.new_dict(),
    }
}

/// What the program gave.
pub fn shown(builtins: &Gc<Dict>) -> &Value {
    match builtins.as_value().downcast_exact::<BuiltinsMapping>() {
        Some(m) => &m.mapping,
        None => builtins.as_value(),
    }
}
