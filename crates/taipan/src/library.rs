//! The library: frozen modules of Python code, and the native modules of all crates.

use taipan_vm::FrozenModule;
use taipan_vm::native::ModuleDef;

pub fn frozen(name: &str) -> Option<FrozenModule> {
    taipan_frozen::lookup(name).map(|m| FrozenModule { code: m.code, is_package: m.is_package })
}

pub fn frozen_source(name: &str) -> Option<String> {
    taipan_frozen::source(name)
}

pub fn frozen_names() -> Vec<&'static str> {
    taipan_frozen::names().collect()
}

pub fn frozen_data(path: &str) -> Option<Vec<u8>> {
    taipan_frozen::data(path)
}

pub fn frozen_data_paths() -> Vec<&'static str> {
    taipan_frozen::data_paths().collect()
}

/// All native modules outside the machine itself.
pub fn modules() -> Vec<&'static ModuleDef> {
    let crates = [taipan_lib_pure::MODULES, taipan_lib_os::MODULES, taipan_lib_lang::MODULES];
    crates.into_iter().flatten().copied().collect()
}
