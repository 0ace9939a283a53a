//! The library: frozen modules of Python code, and the native modules of all crates.

use taipan_host::Entry;
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

/// The library as a folder: sources and other files, as they would lie beside an installed interpreter.
pub struct LibraryFolder;

impl LibraryFolder {
    fn paths() -> impl Iterator<Item = &'static str> {
        taipan_frozen::modules().map(|m| m.path).chain(taipan_frozen::data_paths())
    }

    fn module(path: &str) -> Option<taipan_frozen::FrozenModule> {
        let stem = path.strip_suffix(".py")?;
        let name = stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".");
        taipan_frozen::lookup(&name).filter(|m| m.path == path)
    }
}

impl taipan_host::Tree for LibraryFolder {
    fn entry(&self, path: &str) -> Option<Entry> {
        if let Some(m) = Self::module(path) {
            return Some(Entry::File(m.source_len()));
        }
        if let Some(bytes) = taipan_frozen::data(path) {
            return Some(Entry::File(bytes.len()));
        }
        let inside = |p: &str| path.is_empty() || p.strip_prefix(path).is_some_and(|r| r.starts_with('/'));
        Self::paths().any(inside).then_some(Entry::Folder)
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        match Self::module(path) {
            Some(m) => m.source().map(String::into_bytes),
            None => taipan_frozen::data(path),
        }
    }

    fn list(&self, path: &str) -> Vec<String> {
        let below = |p: &'static str| {
            let rest = if path.is_empty() { p } else { p.strip_prefix(path)?.strip_prefix('/')? };
            rest.split('/').next().map(str::to_string)
        };
        let mut names: Vec<String> = Self::paths().filter_map(below).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
