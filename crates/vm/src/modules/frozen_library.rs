//! `_frozen_library`: what the importer of the standard library reads out of the executable. The importer itself is Python
//! code of the library (`_library_importer`); see there for how the library stands on `sys.path`. Its functions are made ready
//! for processes that will be forked.

use super::imp::frozen_code;
use crate::errors::exc;
use crate::prelude::*;
use crate::types::class_method::ClassMethod;
use crate::types::function::Function;
use crate::types::module::Module;

/// The path that stands for the library's folder: below the executable, where nothing else can be.
pub fn root(vm: &Vm) -> Vec<u8> {
    let mut path = match &vm.config.library_root {
        Some(path) => path.clone(),
        None => b"/taipan".to_vec(),
    };
    path.extend_from_slice(b"/lib/python3.14");
    path
}

/// The part of a path behind the library's folder.
fn inside<'a>(vm: &Vm, path: &'a Gc<Str>) -> Option<&'a str> {
    let root = root(vm);
    let rest = path.as_str()?;
    // The folder's own bytes may be no text; then nothing names a file in it.
    rest.strip_prefix(std::str::from_utf8(&root).ok()?)?.strip_prefix('/')
}

/// The module whose file that is.
fn module_at(vm: &Vm, path: &str) -> Option<String> {
    let stem = path.strip_suffix(".py")?;
    let package = stem.strip_suffix("/__init__");
    let name = package.unwrap_or(stem).replace('/', ".");
    let found = (vm.config.frozen)(&name)?;
    (found.is_package == package.is_some()).then_some(name)
}

fn contents(vm: &Vm, path: &str) -> Option<Vec<u8>> {
    match module_at(vm, path) {
        Some(name) => (vm.config.frozen_source)(&name).map(String::into_bytes),
        None => (vm.config.frozen_data)(path),
    }
}

fn prepare_function(vm: &Vm, v: &Value) {
    let inner = match v.downcast_exact::<ClassMethod>() {
        Some(m) => m.callable.get(),
        None => Some(v.clone()),
    };
    if let Some(f) = inner.as_ref().and_then(|f| f.downcast_exact::<Function>()) {
        f.exec(vm);
    }
}

/// The standard library's files inside the executable.
#[pymodule(name = "_frozen_library")]
pub mod frozen_library {
    use super::*;

    /// Whether the library's module of that name is a package; None if there is no such module.
    #[pyfn("find(name, /)")]
    fn find(vm: &Vm, name: &Gc<Str>) -> Value {
        match name.as_str().and_then(|name| (vm.config.frozen)(name)) {
            Some(module) => Value::bool(module.is_package),
            None => Value::NONE,
        }
    }

    /// The code of a module of the library, under the given file name.
    #[pyfn("code(name, path, /)")]
    fn code(vm: &Vm, name: &Gc<Str>, path: &Gc<Str>) -> PyResult<Value> {
        let Some(module) = name.as_str().and_then(|name| (vm.config.frozen)(name)) else {
            let shown = vm.repr_text(name.as_value())?;
            return Err(vm.raise_new(&exc::ImportError, format!("{shown} is not in the library")));
        };
        let code = frozen_code(vm, module, name)?;
        code.move_to(path.as_bytes());
        Ok(code.into_value())
    }

    /// Run a module of the library, or let it wait until somebody looks at it.
    #[pyfn(raw, "exec_module(module, /)")]
    fn exec_module(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        match args.all.last().and_then(|m| m.downcast::<Module>()) {
            Some(m) => super::super::deferred::load(vm, m).map(|()| Value::NONE),
            None => Err(vm.type_error("exec_module() argument must be a module")),
        }
    }

    /// Make the functions of a module ready to run, which otherwise waits for their first calls: processes that are forked
    /// afterwards have that in common.
    #[pyfn("prepare(module, /)")]
    fn prepare(vm: &Vm, module: &Value) {
        let Some(module) = module.downcast_exact::<Module>() else { return };
        for (_, v) in module.dict.pairs() {
            match v.downcast::<Type>() {
                Some(ty) if ty.is_heap_type() => {
                    ty.dict(vm).pairs().iter().for_each(|(_, v)| prepare_function(vm, v));
                }
                _ => prepare_function(vm, &v),
            }
        }
    }

    /// The bytes of a file of the library; None if there is no such file.
    #[pyfn("data(path, /)")]
    fn data(vm: &Vm, path: &Gc<Str>) -> Value {
        match inside(vm, path).and_then(|path| contents(vm, path)) {
            Some(bytes) => vm.new_bytes(&bytes).into_value(),
            None => Value::NONE,
        }
    }

    /// Names of the library's modules.
    #[pyfn("names()")]
    fn names(vm: &Vm) -> Vec<Value> {
        (vm.config.frozen_names)().into_iter().map(|name| vm.new_str(name).into_value()).collect()
    }

    /// Paths of the library's files, from its folder.
    #[pyfn("paths()")]
    fn paths(vm: &Vm) -> Vec<Value> {
        let modules = (vm.config.frozen_names)().into_iter().map(|name| {
            let package = (vm.config.frozen)(name).is_some_and(|module| module.is_package);
            let tail = if package { "/__init__.py" } else { ".py" };
            vm.new_str(&(name.replace('.', "/") + tail)).into_value()
        });
        let data = (vm.config.frozen_data_paths)().into_iter().map(|path| vm.new_str(path).into_value());
        modules.chain(data).collect()
    }
}
