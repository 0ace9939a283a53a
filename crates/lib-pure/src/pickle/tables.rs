//! What picklers share with the Python half: the tables of `copyreg` and `_compat_pickle`.

use std::cell::OnceCell;
use taipan_vm::modules::import::import_module;
use taipan_vm::prelude::*;

pub struct Tables {
    /// `copyreg.dispatch_table`.
    pub dispatch: Gc<Dict>,
    /// `copyreg._extension_registry`: (module, name) to code.
    pub extensions: Gc<Dict>,
    /// `copyreg._inverted_registry`.
    pub inverted: Gc<Dict>,
    /// `copyreg._extension_cache`.
    pub cache: Gc<Dict>,
    pub names_2to3: Gc<Dict>,
    pub imports_2to3: Gc<Dict>,
    pub names_3to2: Gc<Dict>,
    pub imports_3to2: Gc<Dict>,
    /// `codecs.encode`.
    pub encode: Value,
    /// `functools.partial`.
    pub partial: Value,
    pub getattr: Value,
}

#[derive(Default)]
struct State(OnceCell<Tables>);

fn dict(vm: &Vm, module: &Value, shown: &str, name: &str) -> PyResult<Gc<Dict>> {
    let found = vm.get_attr_str(module, name)?;
    match found.downcast_exact::<Dict>() {
        Some(d) => Ok(d.clone()),
        None => Err(vm.runtime_error(format_args!(
            "{shown}.{name} should be a dict, not {}",
            vm.type_of(&found).tp_name()
        ))),
    }
}

fn make(vm: &Vm) -> PyResult<Tables> {
    let copyreg = import_module(vm, "copyreg")?;
    let compat = import_module(vm, "_compat_pickle")?;
    // What `codecs` has it from: that module may still wait to be run.
    let codecs = import_module(vm, "_codecs")?;
    let functools = import_module(vm, "functools")?;
    let builtins = import_module(vm, "builtins")?;
    let of_copyreg = |name| dict(vm, &copyreg, "copyreg", name);
    let of_compat = |name| dict(vm, &compat, "_compat_pickle", name);
    Ok(Tables {
        dispatch: of_copyreg("dispatch_table")?,
        extensions: of_copyreg("_extension_registry")?,
        inverted: of_copyreg("_inverted_registry")?,
        cache: of_copyreg("_extension_cache")?,
        names_2to3: of_compat("NAME_MAPPING")?,
        imports_2to3: of_compat("IMPORT_MAPPING")?,
        names_3to2: of_compat("REVERSE_NAME_MAPPING")?,
        imports_3to2: of_compat("REVERSE_IMPORT_MAPPING")?,
        encode: vm.get_attr_str(&codecs, "encode")?,
        partial: vm.get_attr_str(&functools, "partial")?,
        getattr: vm.get_attr_str(&builtins, "getattr")?,
    })
}

/// The tables, fetched on first use.
pub fn tables(vm: &Vm) -> PyResult<&Tables> {
    let state = vm.state::<State>();
    if state.0.get().is_none() {
        let made = make(vm)?;
        // An import may have come here in the meantime; then its tables stay.
        let _ = state.0.set(made);
    }
    match state.0.get() {
        Some(t) => Ok(t),
        None => Err(vm.system_error("no pickle tables")),
    }
}
