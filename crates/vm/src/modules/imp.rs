//! `_imp`: built-in and frozen modules, and the small services that importlib wants of the machine.

use super::import::ImportState;
use crate::errors::exc;
use crate::errors::exception::{self, set_field};
use crate::native::ModuleDef;
use crate::prelude::*;
use crate::types::code::Code;
use crate::types::module::Module;
use crate::vm::FrozenModule;
use std::cell::Cell;
use taipan_bytecode::Blob;
use taipan_heap::cell::Guarded;

/// What `_imp` keeps.
#[derive(Default)]
pub struct ImpState {
    /// The modules that exist once: `sys`, `builtins` and those that are part of the import system.
    once: Guarded<Vec<(&'static str, Value)>>,
    /// The import lock: who holds it (the thread's address) and how often.
    owner: Cell<usize>,
    depth: Cell<usize>,
    /// Whether frozen modules are found, over what the command line says: -1 no, 1 yes.
    use_frozen: Cell<i32>,
}

/// Modules that are not made anew when they are imported again.
const ONCE: &[&str] =
    &["sys", "builtins", "_imp", "_warnings", "_thread", "_weakref", "marshal", "posix", "gc"];

/// The definition of a native module.
pub fn definition(vm: &Vm, name: &str) -> Option<&'static ModuleDef> {
    let known = super::ALL.iter().chain(vm.config.modules.iter());
    known.copied().find(|m| m.name == name)
}

/// Names of all native modules.
pub fn builtin_names(vm: &Vm) -> Vec<&'static str> {
    let mut names: Vec<&'static str> =
        super::ALL.iter().chain(vm.config.modules.iter()).map(|m| m.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Keeps a module that the start has made, for when it is imported again.
pub fn remember(vm: &Vm, name: &'static str, module: &Value) {
    vm.state::<ImpState>().once.with_mut(|o| o.push((name, module.clone())));
}

/// The native module of that name, made or made again.
pub fn make_builtin(vm: &Vm, name: &str) -> PyResult<Option<Value>> {
    let known =
        vm.state::<ImpState>().once.with(|o| o.iter().find(|(n, _)| *n == name).map(|(_, m)| m.clone()));
    if let Some(m) = known {
        return Ok(Some(m));
    }
    let Some(def) = definition(vm, name) else { return Ok(None) };
    let module = vm.new_native_module(def)?.into_value();
    remember_if_once(vm, def.name, &module);
    Ok(Some(module))
}

/// Keeps a module that is not made anew.
pub fn remember_if_once(vm: &Vm, name: &'static str, module: &Value) {
    if ONCE.contains(&name) {
        remember(vm, name, module);
    }
}

/// The modules that importlib's `FrozenImporter` finds, CPython's: the import system itself and what its start needs; their
/// files are called `<frozen NAME>`. The rest of the library stands on `sys.path` (`frozen_library.rs`).
const FROZEN: &[&str] = &[
    "zipimport",
    "abc",
    "codecs",
    "io",
    "_collections_abc",
    "_sitebuiltins",
    "genericpath",
    "ntpath",
    "posixpath",
    "os",
    "site",
    "stat",
    "importlib.util",
    "importlib.machinery",
    "runpy",
    "__hello__",
    "__phello__",
    "__phello__.ham",
    "__phello__.ham.eggs",
    "__phello__.spam",
];

/// Frozen modules under other names: name, the module, the name that it says it has, whether it is a package.
const ALIASES: &[(&str, &str, Option<&str>, bool)] = &[
    ("_frozen_importlib", "importlib._bootstrap", Some("importlib._bootstrap"), false),
    (
        "_frozen_importlib_external",
        "importlib._bootstrap_external",
        Some("importlib._bootstrap_external"),
        false,
    ),
    ("__hello_alias__", "__hello__", Some("__hello__"), false),
    ("__phello_alias__", "__hello__", Some("__hello__"), true),
    ("__phello_alias__.spam", "__hello__", Some("__hello__"), false),
    ("__phello__.__init__", "__phello__", Some("<__phello__"), false),
    ("__phello__.ham.__init__", "__phello__.ham", Some("<__phello__.ham"), false),
    ("__hello_only__", "__hello__", None, false),
];

/// Frozen modules that stay so with `-X frozen_modules=off`.
const ESSENTIAL: &[&str] = &["_frozen_importlib", "_frozen_importlib_external", "zipimport"];

/// A frozen module as importlib sees it.
struct Frozen {
    module: FrozenModule,
    origin: Option<&'static str>,
}

/// A frozen module by its name.
fn frozen(vm: &Vm, name: &Gc<Str>) -> Option<Frozen> {
    let name = name.as_str()?;
    if !ESSENTIAL.contains(&name) && !uses_frozen(vm) {
        return None;
    }
    if let Some(known) = FROZEN.iter().find(|known| **known == name) {
        return Some(Frozen { module: (vm.config.frozen)(name)?, origin: Some(known) });
    }
    let (_, module, origin, is_package) = ALIASES.iter().find(|row| row.0 == name)?;
    let module = (vm.config.frozen)(module)?;
    Some(Frozen { module: FrozenModule { is_package: *is_package, ..module }, origin: *origin })
}

/// Whether importlib's `FrozenImporter` is the one that finds the module.
pub fn is_frozen_name(name: &str) -> bool {
    FROZEN.contains(&name)
}

fn uses_frozen(vm: &Vm) -> bool {
    match vm.state::<ImpState>().use_frozen.get() {
        0 => !vm.config.x_options.iter().any(|(k, v)| k == "frozen_modules" && v.as_deref() == Some("off")),
        wanted => wanted > 0,
    }
}

#[cold]
fn import_error(vm: &Vm, text: String, name: &Gc<Str>) -> Raised {
    let e = vm.new_exc(&exc::ImportError, text);
    set_field(&e, exception::NAME, Some(name.to_value()));
    vm.raise(e)
}

fn wanted(vm: &Vm, name: &Gc<Str>) -> PyResult<FrozenModule> {
    match frozen(vm, name) {
        Some(found) => Ok(found.module),
        None => {
            let shown = vm.repr_text(name.as_value())?;
            Err(import_error(vm, format!("No such frozen object named {}", shown.trim_matches('\'')), name))
        }
    }
}

/// The code of a frozen module.
pub fn frozen_code(vm: &Vm, module: FrozenModule, name: &Gc<Str>) -> PyResult<Gc<Code>> {
    // The image is compiled with the program and checked when it is built; it needs no verifier.
    match taipan_bytecode::load(Blob::from_static(module.code)) {
        Ok(data) => Ok(vm.new_code(data)),
        Err(_) => {
            let text = format!("Frozen object named '{}' is invalid", name.to_string_lossy());
            Err(import_error(vm, text, name))
        }
    }
}

/// Runs a frozen module under `as_name`, without importlib: for importlib itself.
pub fn run_frozen(vm: &Vm, frozen_name: &str, as_name: &str) -> PyResult<Value> {
    let name = vm.intern(frozen_name);
    let Some(frozen) = (vm.config.frozen)(frozen_name) else {
        return Err(import_error(vm, format!("No such frozen object named {frozen_name}"), &name));
    };
    run(vm, frozen, &name, as_name, Some(frozen_name))
}

fn run(
    vm: &Vm,
    frozen: FrozenModule,
    name: &Gc<Str>,
    as_name: &str,
    origin: Option<&str>,
) -> PyResult<Value> {
    let code = frozen_code(vm, frozen, name)?;
    // One that waits is there already.
    let there = super::paths::module(vm, as_name.as_bytes());
    let module = match there.as_ref().and_then(|m| m.downcast_exact::<Module>()) {
        Some(m) => m.clone(),
        None => {
            let m = vm.new_module(as_name);
            if let Some(modules) = vm.modules.get() {
                modules.set_str(vm, &vm.intern(as_name), m.to_value());
            }
            m
        }
    };
    let globals = module.dict.clone();
    // importlib takes these out again when it makes the module's spec.
    let origin = origin.map_or(Value::NONE, |own| vm.new_str(own).into_value());
    globals.set_str(vm, &vm.intern("__origname__"), origin);
    if frozen.is_package {
        globals.set_str(vm, &vm.names.__path__, vm.new_list(Vec::new()).into_value());
    }
    vm.run_code(&code, &globals, globals.as_value(), None)?;
    Ok(module.into_value())
}

fn me(vm: &Vm) -> usize {
    std::ptr::from_ref(vm) as usize
}

/// (Extremely) low-level import machinery bits as used by importlib.
#[pymodule(name = "_imp")]
pub mod imp {
    use super::*;

    /// Returns the list of file suffixes used to identify extension modules.
    #[pyfn("extension_suffixes()")]
    fn extension_suffixes(_vm: &Vm) -> Vec<Value> {
        Vec::new()
    }

    /// Return True if the import lock is currently held, else False.
    ///
    /// On platforms without threads, return False.
    #[pyfn("lock_held()")]
    fn lock_held(vm: &Vm) -> bool {
        vm.state::<ImpState>().depth.get() != 0
    }

    /// Acquires the interpreter's import lock for the current thread.
    ///
    /// This lock should be used by import hooks to ensure thread-safety when importing
    /// modules. On platforms without threads, this function does nothing.
    #[pyfn("acquire_lock()")]
    fn acquire_lock(vm: &Vm) -> PyResult<()> {
        let s = vm.state::<ImpState>();
        while s.depth.get() != 0 && s.owner.get() != me(vm) {
            // The holder needs the turn to go on.
            vm.poll()?;
            std::thread::yield_now();
        }
        s.owner.set(me(vm));
        s.depth.set(s.depth.get() + 1);
        Ok(())
    }

    /// Release the interpreter's import lock.
    ///
    /// On platforms without threads, this function does nothing.
    #[pyfn("release_lock()")]
    fn release_lock(vm: &Vm) -> PyResult<()> {
        let s = vm.state::<ImpState>();
        if s.depth.get() == 0 || s.owner.get() != me(vm) {
            return Err(vm.runtime_error("not holding the import lock"));
        }
        s.depth.set(s.depth.get() - 1);
        Ok(())
    }

    /// Returns True if the module name corresponds to a built-in module.
    #[pyfn("is_builtin(name, /)")]
    fn is_builtin(vm: &Vm, name: &Gc<Str>) -> i64 {
        match name.as_str() {
            Some(n @ ("sys" | "builtins")) if definition(vm, n).is_some() => -1,
            Some(n) if definition(vm, n).is_some() => 1,
            _ => 0,
        }
    }

    /// Create an extension module.
    #[pyfn("create_builtin(spec, /)")]
    fn create_builtin(vm: &Vm, spec: &Value) -> PyResult<Value> {
        let name = vm.get_attr(spec, &vm.names.name)?;
        let Some(name) = name.downcast::<Str>() else {
            return Err(vm.type_error(format_args!("name must be string, not {}", vm.type_of(&name).name())));
        };
        let made = match name.as_str() {
            Some(n) => make_builtin(vm, n)?,
            None => None,
        };
        Ok(made.unwrap_or(Value::NONE))
    }

    /// Initialize a built-in module.
    #[pyfn("exec_builtin(mod, /)")]
    fn exec_builtin(_vm: &Vm, module: &Value) -> i64 {
        let _ = module;
        0
    }

    /// Initializes a frozen module.
    #[pyfn("init_frozen(name, /)")]
    fn init_frozen(vm: &Vm, name: &Gc<Str>) -> PyResult<Value> {
        match (frozen(vm, name), name.as_str()) {
            (Some(found), Some(n)) => run(vm, found.module, name, n, found.origin),
            _ => Ok(Value::NONE),
        }
    }

    /// Return info about the corresponding frozen module (if there is one) or None.
    ///
    /// The returned info (a 2-tuple):
    ///
    ///  * data         the raw marshalled bytes
    ///  * is_package   whether or not it is a package
    ///  * origname     the originally frozen module's name, or None if not
    ///                 a stdlib module (this will usually be the same as
    ///                 the module's current name)
    #[pyfn("find_frozen(name, /, *, withdata=False)")]
    fn find_frozen(vm: &Vm, name: &Gc<Str>, withdata: bool) -> PyResult<Value> {
        let Some(Frozen { module, origin }) = frozen(vm, name) else { return Ok(Value::NONE) };
        let data = if withdata { vm.new_bytes(module.code).into_value() } else { Value::NONE };
        let origin = origin.map_or(Value::NONE, |own| vm.new_str(own).into_value());
        let items = vec![data, Value::bool(module.is_package), origin];
        Ok(vm.new_tuple(items).into_value())
    }

    /// Create a code object for a frozen module.
    #[pyfn("get_frozen_object(name, data=None, /)")]
    fn get_frozen_object(vm: &Vm, name: &Gc<Str>, data: &Value) -> PyResult<Value> {
        if data.is_none() {
            let m = wanted(vm, name)?;
            return Ok(frozen_code(vm, m, name)?.into_value());
        }
        let bytes = vm.bytes_like(data)?;
        let loaded = taipan_bytecode::load(Blob::from(bytes.to_vec())).ok();
        match loaded.filter(|code| taipan_bytecode::verify(code).is_ok()) {
            Some(code) => Ok(vm.new_code(code).into_value()),
            None => {
                let text = format!("Frozen object named '{}' is invalid", name.to_string_lossy());
                Err(import_error(vm, text, name))
            }
        }
    }

    /// Returns True if the module name is of a frozen package.
    #[pyfn("is_frozen_package(name, /)")]
    fn is_frozen_package(vm: &Vm, name: &Gc<Str>) -> PyResult<bool> {
        Ok(wanted(vm, name)?.is_package)
    }

    /// Returns True if the module name corresponds to a frozen module.
    #[pyfn("is_frozen(name, /)")]
    fn is_frozen(vm: &Vm, name: &Gc<Str>) -> bool {
        frozen(vm, name).is_some()
    }

    /// Returns the list of available frozen modules.
    #[pyfn("_frozen_module_names()")]
    fn _frozen_module_names(vm: &Vm) -> Vec<Value> {
        let aliases = ALIASES.iter().map(|row| row.0);
        aliases.chain(FROZEN.iter().copied()).map(|name| vm.new_str(name).into_value()).collect()
    }

    /// (internal-only) Override PyConfig.use_frozen_modules.
    ///
    /// (-1: "off", 1: "on", 0: no override)
    /// See frozen_modules() in Lib/test/support/import_helper.py.
    #[pyfn("_override_frozen_modules_for_tests(override, /)")]
    fn _override_frozen_modules_for_tests(vm: &Vm, override_: i32) {
        vm.state::<ImpState>().use_frozen.set(override_);
    }

    /// (internal-only) Override PyInterpreterConfig.check_multi_interp_extensions.
    ///
    /// (-1: "never", 1: "always", 0: no override)
    #[pyfn("_override_multi_interp_extensions_check(override, /)")]
    fn _override_multi_interp_extensions_check(_vm: &Vm, override_: i32) -> i64 {
        let _ = override_;
        0
    }

    /// Changes code.co_filename to specify the passed-in file path.
    #[pyfn("_fix_co_filename(code, path, /)")]
    fn _fix_co_filename(_vm: &Vm, code: &Gc<Code>, path: &Gc<Str>) {
        code.move_to(path.as_bytes());
    }

    #[pyfn("source_hash(key, source)")]
    fn source_hash(vm: &Vm, key: i64, source: &Value) -> PyResult<Value> {
        let source = vm.bytes_like(source)?;
        let hash = taipan_text::hash::keyed(&source, (key as u64, 0));
        Ok(vm.new_bytes(&hash.to_le_bytes()).into_value())
    }

    #[pyconst("pyc_magic_number_token")]
    const PYC_MAGIC_NUMBER_TOKEN: i64 = u32::from_le_bytes(taipan_bytecode::MAGIC) as i64;

    #[pyconst("check_hash_based_pycs")]
    const CHECK_HASH_BASED_PYCS: &str = "default";
}

/// Puts importlib in place: `_frozen_importlib` and `_frozen_importlib_external` run, their finders stand in `sys`.
pub fn install(vm: &Vm, sys: &Value, imp: &Value) -> PyResult<()> {
    let lib = run_frozen(vm, "importlib._bootstrap", "_frozen_importlib")?;
    vm.state::<ImportState>().importlib.set(Some(lib.clone()));
    vm.call_method(&lib, "_install", &[sys.clone(), imp.clone()])?;
    Ok(())
}

/// The second half, once paths are known and `posix` can be imported.
pub fn install_external(vm: &Vm) -> PyResult<()> {
    waiting(vm, "_frozen_importlib_external")?;
    match vm.state::<ImportState>().importlib.get() {
        Some(lib) => vm.call_method(&lib, "_install_external_importers", &[]).map(drop),
        None => Ok(()),
    }
}

/// A module of the start whose body has waited, which now runs.
pub fn waiting(vm: &Vm, name: &'static str) -> PyResult<Option<Value>> {
    let there = super::paths::module(vm, name.as_bytes());
    if let Some(m) = there.as_ref().and_then(|m| m.downcast_exact::<Module>()) {
        super::deferred::body(vm, m, name)?;
    }
    Ok(there)
}
