//! The start-up sequence, CPython's: builtins and sys, importlib, encodings, streams, `__main__`, `site`.

use crate::site;
use std::sync::Arc;
use taipan_host::Mount;
use taipan_vm::modules::frozen_library::root as library_root;
use taipan_vm::modules::import::import_module;
use taipan_vm::modules::{deferred, imp, paths, sys};
use taipan_vm::prelude::*;
use taipan_vm::types::module::Module;

/// Why there is no interpreter.
pub type StartError = crate::Error;

/// Text from the operating system's bytes: what is not UTF-8 becomes lone surrogates.
pub fn fs_text(vm: &Vm, bytes: &[u8]) -> Value {
    sys::fs_text(vm, bytes)
}

/// `__main__`.
pub fn main_module(vm: &Vm) -> Option<Gc<Module>> {
    vm.modules.get()?.get_str(vm, &vm.names.__main__)?.downcast::<Module>().cloned()
}

fn put(vm: &Vm, name: &'static str, module: &Value) {
    if let Some(modules) = vm.modules.get() {
        modules.set_str(vm, &vm.intern(name), module.clone());
    }
    imp::remember(vm, name, module);
}

fn made(vm: &Vm, name: &'static str) -> PyResult<Value> {
    match imp::make_builtin(vm, name)? {
        Some(m) => Ok(m),
        None => Err(vm.system_error(format_args!("module {name} is not in this build"))),
    }
}

fn dict_of(m: &Value) -> Option<Gc<Dict>> {
    m.downcast::<Module>().map(|m| m.dict.clone())
}

pub fn start(
    vm: &Vm,
    io_encoding: Option<&str>,
    check_hash_pycs: Option<&str>,
    import_site: bool,
) -> PyResult<()> {
    vm.modules.get_or_init(|| vm.new_dict());
    let builtins = made(vm, "builtins")?;
    if let Some(d) = dict_of(&builtins) {
        // Whatever asked for the dict before the module was there got one that is replaced by its contents.
        if let Err(d) = vm.builtins.set(d) {
            let early = vm.builtins_dict();
            for (k, v) in d.pairs() {
                early.set(vm, &k, v)?;
            }
        }
    }
    put(vm, "builtins", &builtins);
    let sys_module = match vm.modules.get().and_then(|m| m.get_str(vm, &vm.names.sys)) {
        Some(m) => m,
        None => made(vm, "sys")?,
    };
    if let Some(d) = dict_of(&sys_module) {
        _ = vm.sys_dict.set(d);
    }
    put(vm, "sys", &sys_module);
    let imp_module = made(vm, "_imp")?;
    if let Some(how) = check_hash_pycs {
        vm.set_attr_str(&imp_module, "check_hash_based_pycs", vm.new_str(how).as_value())?;
    }
    imp::install(vm, &sys_module, &imp_module)?;
    // The library, like a folder.
    vm.host().mount(Mount { root: library_root(vm), tree: Arc::new(crate::library::LibraryFolder) });
    deferred::start(vm);
    if deferred::allowed(vm) {
        deferred::make_native(vm, "_imp")?;
        paths::put_off(vm, &sys_module, by_path);
    } else {
        by_path(vm)?;
    }
    encodings(vm)?;
    streams(vm, io_encoding)?;
    add_main(vm, &builtins)?;
    if imp::definition(vm, "_signal").is_some() {
        // Its making takes over SIGINT.
        if deferred::allowed(vm) {
            deferred::make_native(vm, "_signal")?;
        } else {
            import_module(vm, "_signal")?;
        }
    }
    if !vm.config.warn_options.is_empty() {
        import_module(vm, "warnings")?;
    }
    if import_site {
        site::start(vm)?;
    }
    Ok(())
}

/// What imports by path.
fn by_path(vm: &Vm) -> PyResult<()> {
    imp::install_external(vm)?;
    library(vm)?;
    archives(vm)
}

/// The library on `sys.path`: its hook stands first, for nothing else knows that path.
fn library(vm: &Vm) -> PyResult<()> {
    let importer = imp::run_frozen(vm, "_library_importer", "_library_importer")?;
    let finder = vm.get_attr_str(&importer, "LibraryFinder")?;
    let key = vm.intern("path_hooks");
    if let Some(hooks) = vm.sys_dict.get().and_then(|d| d.get_str(vm, &key)) {
        vm.call_method(&hooks, "insert", &[vm.new_int(0), finder.clone()])?;
    }
    deferred::set_finder(vm, &finder);
    // It was loaded before it could be found; now it is, like any other module.
    let root = sys::fs_text(vm, &library_root(vm));
    let finder = vm.call1(&finder, &root)?;
    let name = vm.intern("_library_importer").into_value();
    let spec = vm.call_method(&finder, "find_spec", &[name])?;
    vm.set_attr_str(&importer, "__spec__", &spec)?;
    for (attribute, field) in [("__loader__", "loader"), ("__file__", "origin"), ("__cached__", "cached")] {
        vm.set_attr_str(&importer, attribute, &vm.get_attr_str(&spec, field)?)?;
    }
    vm.del_attr(&importer, &vm.intern("__origname__"))
}

/// Archives on `sys.path`: `zipimport`'s hook stands before that of folders.
fn archives(vm: &Vm) -> PyResult<()> {
    let zipimport = match imp::waiting(vm, "zipimport")? {
        Some(m) => m,
        None => import_module(vm, "zipimport")?,
    };
    let importer = vm.get_attr_str(&zipimport, "zipimporter")?;
    let key = vm.intern("path_hooks");
    match vm.sys_dict.get().and_then(|d| d.get_str(vm, &key)) {
        Some(hooks) => vm.call_method(&hooks, "insert", &[vm.new_int(1), importer]).map(drop),
        None => Ok(()),
    }
}

/// The codecs of the library; those that every program uses are native.
fn encodings(vm: &Vm) -> PyResult<()> {
    if !deferred::allowed(vm) {
        return import_module(vm, "encodings").map(drop);
    }
    deferred::defer_native(vm, "_codecs");
    for name in ["codecs", "encodings.aliases", "encodings"] {
        deferred::defer(vm, name);
    }
    Ok(())
}

/// `open` and the standard streams.
fn streams(vm: &Vm, io_encoding: Option<&str>) -> PyResult<()> {
    let io = import_module(vm, "_io")?;
    let open = vm.get_attr(&io, &vm.names.open)?;
    vm.builtins_dict().set_str(vm, &vm.names.open, open);
    taipan_lib_os::io::stdio::install(vm, io_encoding)
}

fn add_main(vm: &Vm, builtins: &Value) -> PyResult<()> {
    let main = vm.new_module("__main__");
    main.dict.set_str(vm, &vm.names.__builtins__, builtins.clone());
    let key = vm.intern("_frozen_importlib");
    if let Some(lib) = vm.modules.get().and_then(|m| m.get_str(vm, &key)) {
        let loader = vm.get_attr_str(&lib, "BuiltinImporter")?;
        main.dict.set_str(vm, &vm.names.__loader__, loader);
    }
    if let Some(modules) = vm.modules.get() {
        modules.set_str(vm, &vm.names.__main__, main.into_value());
    }
    Ok(())
}
