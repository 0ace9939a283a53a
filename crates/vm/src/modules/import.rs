//! Importing from native code: what `__import__` does before it asks importlib, `from … import` of a name that is not
//! there, and modules by name.
//!
//! Finding and loading is importlib's own Python code, frozen; here is the part of CPython's `import.c` in front of it.

use crate::errors::exc;
use crate::errors::exception::{self, set_field};
use crate::errors::methods::{IMPORT_NAME_FROM, IMPORT_PATH};
use crate::prelude::*;
use crate::types::module::Module;
use crate::types::traceback::Traceback;
use std::cell::Cell;
use taipan_heap::cell::Guarded;

/// What importing keeps per interpreter.
#[derive(Default)]
pub struct ImportState {
    /// `importlib._bootstrap`, once it is there.
    pub importlib: ValueCell,
    /// What the start put in front of `sys.path`: where a script may shadow the library by accident.
    pub path0: Guarded<Option<Vec<u8>>>,
    /// For `-X importtime`: whether the title was written, how deep imports are nested, the time of those inside.
    titled: Cell<bool>,
    depth: Cell<usize>,
    nested: Cell<i64>,
}

fn key_error(vm: &Vm, text: &str) -> Raised {
    vm.key_error(vm.new_str(text).as_value())
}

/// `sys.modules[name]`.
fn loaded(vm: &Vm, name: &Gc<Str>) -> PyResult<Option<Value>> {
    let Some(sys) = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.modules)) else {
        return Ok(vm.modules.get().and_then(|m| m.get_str(vm, name)));
    };
    match sys.downcast_exact::<Dict>() {
        Some(d) => Ok(d.get_str(vm, name)),
        None => {
            let r = vm.get_item(&sys, name.as_value());
            vm.suppress(r, &exc::KeyError)
        }
    }
}

/// A module by its full name: from `sys.modules`, else imported by `builtins.__import__`.
pub fn import_module(vm: &Vm, name: &str) -> PyResult<Value> {
    let key = vm.intern(name);
    if let Some(m) = loaded(vm, &key)?.filter(|m| !m.is_none()) {
        return Ok(m);
    }
    let Some(import) = vm.builtins.get().and_then(|b| b.get_str(vm, &vm.names.__import__)) else {
        return Err(vm.raise_new(&exc::ImportError, "__import__ not found"));
    };
    let none = vm.new_list(Vec::new()).into_value();
    let globals = vm.new_dict().into_value();
    let top = vm.call(&import, &[key.to_value(), globals.clone(), globals, none, vm.new_int(0)])?;
    Ok(loaded(vm, &key)?.unwrap_or(top))
}

impl Vm {
    /// `import_module` as a method, for native libraries.
    pub fn import_named(&self, name: &str) -> PyResult<Value> {
        import_module(self, name)
    }
}

/// `__import__(name, globals, locals, fromlist, level)`.
pub fn import(
    vm: &Vm,
    name: &Value,
    globals: &Value,
    _locals: &Value,
    fromlist: &Value,
    level: i32,
) -> PyResult<Value> {
    import_visibly(vm, name, globals, fromlist, level).inspect_err(|_| hide_importlib(vm))
}

/// With importlib's own frames in the traceback.
fn import_visibly(vm: &Vm, name: &Value, globals: &Value, fromlist: &Value, level: i32) -> PyResult<Value> {
    let Some(name) = name.downcast::<Str>() else {
        return Err(vm.type_error("module name must be a string"));
    };
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve(vm, name, globals, level)?
    } else {
        if name.is_empty() {
            return Err(vm.value_error("Empty module name"));
        }
        name.clone()
    };
    let module = match loaded(vm, &absolute)?.filter(|m| !m.is_none()) {
        Some(m) => {
            let waited = ensure_initialized(vm, &m, &absolute)?;
            if vm.config.import_time == 2 {
                show_time(vm, "cached", "cached", &absolute);
            }
            // The import that was waited for may have failed.
            let still = !waited || loaded(vm, &absolute)?.is_some_and(|now| now.bits() == m.bits());
            if still { m } else { find_and_load(vm, &absolute)? }
        }
        None => find_and_load(vm, &absolute)?,
    };
    if !fromlist.is_none() && vm.is_true(fromlist)? {
        return match vm.lookup_attr(&module, &vm.names.__path__)? {
            Some(path) if !path.is_none() => {
                let Some(import) = vm.builtins_dict().get_str(vm, &vm.names.__import__) else {
                    return Err(vm.raise_new(&exc::ImportError, "__import__ not found"));
                };
                let lib = importlib(vm)?;
                vm.call_method(&lib, "_handle_fromlist", &[module, fromlist.clone(), import])
            }
            _ => Ok(module),
        };
    }
    let Some(dot) = name.as_bytes().iter().position(|&b| b == b'.') else {
        return Ok(module);
    };
    if level == 0 {
        let front = vm.new_wtf8(name.as_wtf8().slice_to(dot));
        return import(vm, front.as_value(), &Value::NONE, &Value::NONE, &Value::NONE, 0);
    }
    let keep = absolute.byte_len().saturating_sub(name.byte_len() - dot);
    let front = vm.new_wtf8(absolute.as_wtf8().slice_to(keep));
    match loaded(vm, &front)? {
        Some(m) => Ok(m),
        None => {
            let text = vm.repr_text(front.as_value())?;
            Err(key_error(vm, &format!("{text} not in sys.modules as expected")))
        }
    }
}

fn importlib(vm: &Vm) -> PyResult<Value> {
    match vm.state::<ImportState>().importlib.get() {
        Some(m) => Ok(m),
        None => Err(vm.raise_new(&exc::ImportError, "the import system is not there yet")),
    }
}

/// A module that another thread is still importing is waited for; `true`: it was.
fn ensure_initialized(vm: &Vm, module: &Value, name: &Gc<Str>) -> PyResult<bool> {
    let spec = match module.downcast_exact::<Module>() {
        Some(m) => m.dict.get_str(vm, &vm.names.__spec__),
        None => vm.lookup_attr(module, &vm.names.__spec__)?,
    };
    let Some(spec) = spec.filter(|s| !s.is_none()) else { return Ok(false) };
    // Without another thread it is this one that imports it.
    if vm.is_alone() {
        return Ok(false);
    }
    if initializing(vm, &spec)?
        && let Some(lib) = vm.state::<ImportState>().importlib.get()
    {
        vm.call_method(&lib, "_lock_unlock_module", &[name.to_value()])?;
        return Ok(true);
    }
    Ok(false)
}

fn initializing(vm: &Vm, spec: &Value) -> PyResult<bool> {
    match vm.lookup_attr(spec, &vm.names._initializing)? {
        Some(v) => vm.is_true(&v),
        None => Ok(false),
    }
}

fn find_and_load(vm: &Vm, name: &Gc<Str>) -> PyResult<Value> {
    if let Some(m) = super::deferred::import_for_body(vm, name)? {
        return Ok(m);
    }
    let lib = importlib(vm)?;
    let Some(import) = vm.builtins_dict().get_str(vm, &vm.names.__import__) else {
        return Err(vm.raise_new(&exc::ImportError, "__import__ not found"));
    };
    let load = || vm.call_method(&lib, "_find_and_load", &[name.to_value(), import]);
    if vm.config.import_time == 0 { load() } else { timed(vm, name, load) }
}

/// Loads a module and says how long that took: without and with the modules that it imports.
fn timed(vm: &Vm, name: &Gc<Str>, load: impl FnOnce() -> PyResult<Value>) -> PyResult<Value> {
    let state = vm.state::<ImportState>();
    if !state.titled.replace(true) {
        let title = "import time: self [us] | cumulative | imported package\n";
        super::sys::write_stderr(vm, vm.new_str(title).as_wtf8());
    }
    let outer = state.nested.replace(0);
    let depth = state.depth.get();
    state.depth.set(depth + 1);
    let start = vm.host().monotonic_ns();
    let r = load();
    let total = (vm.host().monotonic_ns() - start).max(0);
    let own = (total - state.nested.get()).max(0);
    state.depth.set(depth);
    state.nested.set(outer.saturating_add(total));
    if r.is_ok() {
        show_time(vm, &format!("{:9}", own / 1000), &format!("{:10}", total / 1000), name);
    }
    r
}

fn show_time(vm: &Vm, own: &str, total: &str, name: &Gc<Str>) {
    let indent = 2 * vm.state::<ImportState>().depth.get();
    let name = name.to_string_lossy();
    let line = format!("import time: {own:<9} | {total:<10} | {:indent$}{name}\n", "");
    super::sys::write_stderr(vm, vm.new_str(&line).as_wtf8());
}

fn in_library(vm: &Vm, file: &Gc<Str>) -> bool {
    file.as_bytes()
        .strip_prefix(&super::frozen_library::root(vm)[..])
        .is_some_and(|rest| rest.starts_with(b"/"))
}

/// Takes importlib's own frames out of the traceback of the exception on its way: all of them for an `ImportError`, else
/// those that only call a loader.
fn hide_importlib(vm: &Vm) {
    if vm.config.flags.verbose != 0 {
        return;
    }
    let Some(e) = vm.raised_get() else { return };
    let Some(b) = e.downcast::<crate::errors::BaseException>() else { return };
    let always = vm.raised_is(&exc::ImportError);
    let entries = |from: Option<Value>| {
        let mut list: Vec<Gc<Traceback>> = Vec::new();
        let mut at = from;
        while let Some(tb) = at.as_ref().and_then(|t| t.downcast::<Traceback>()).cloned() {
            at = tb.next.get();
            list.push(tb);
        }
        list
    };
    let list = entries(b.traceback.get());
    let mut keep = vec![true; list.len()];
    let mut chunk = None;
    for (i, tb) in list.iter().enumerate() {
        let code = &tb.frame.code;
        let file = code.filename(vm);
        let ours = matches!(
            file.as_bytes(),
            b"<frozen importlib._bootstrap>" | b"<frozen importlib._bootstrap_external>"
        );
        if !ours {
            chunk = None;
            continue;
        }
        let start = *chunk.get_or_insert(i);
        // The library's loader is native and runs the module at once.
        let runs = || {
            let next = list.get(i + 1).map(|tb| tb.frame.code.filename(vm).clone());
            code.name(vm).as_bytes() == b"_load_unlocked" && next.is_some_and(|f| in_library(vm, &f))
        };
        if always || code.name(vm).as_bytes() == b"_call_with_frames_removed" || runs() {
            keep.iter_mut().take(i + 1).skip(start).for_each(|k| *k = false);
            chunk = Some(i + 1);
        }
    }
    if keep.iter().all(|k| *k) {
        return;
    }
    let mut next = None;
    for (tb, keep) in list.iter().zip(keep).rev() {
        if keep {
            tb.next.set(next);
            next = Some(tb.to_value());
        }
    }
    b.traceback.set(next);
}

/// The absolute name of a relative import.
fn resolve(vm: &Vm, name: &Gc<Str>, globals: &Value, level: i32) -> PyResult<Gc<Str>> {
    if globals.is_none() {
        return Err(key_error(vm, "'__name__' not in globals"));
    }
    let Some(globals) = globals.downcast::<Dict>() else {
        return Err(vm.type_error("globals must be a dict"));
    };
    let present = |key: &Gc<Str>| globals.get_str(vm, key).filter(|v| !v.is_none());
    let package = present(&vm.names.__package__);
    let spec = present(&vm.names.__spec__);
    let text = |v: &Value, what: &str| match v.downcast::<Str>() {
        Some(s) => Ok(s.clone()),
        None => Err(vm.type_error(format_args!("{what} must be a string"))),
    };
    let package = if let Some(package) = package {
        let package = text(&package, "package")?;
        if let Some(spec) = spec {
            let parent = vm.get_attr_str(&spec, "parent")?;
            if !vm.eq(package.as_value(), &parent)? {
                vm.warn(&exc::DeprecationWarning, "__package__ != __spec__.parent", 1)?;
            }
        }
        package
    } else if let Some(spec) = spec {
        let parent = vm.get_attr_str(&spec, "parent")?;
        text(&parent, "__spec__.parent")?
    } else {
        vm.warn(
            &exc::ImportWarning,
            "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
            1,
        )?;
        let Some(own) = globals.get_str(vm, &vm.names.__name__) else {
            return Err(key_error(vm, "'__name__' not in globals"));
        };
        let own = text(&own, "__name__")?;
        if globals.get_str(vm, &vm.names.__path__).is_some() {
            own
        } else {
            match own.as_bytes().iter().rposition(|&b| b == b'.') {
                Some(dot) => vm.new_wtf8(own.as_wtf8().slice_to(dot)),
                None => vm.names.empty.clone(),
            }
        }
    };
    if package.is_empty() {
        return Err(vm.raise_new(&exc::ImportError, "attempted relative import with no known parent package"));
    }
    let mut end = package.byte_len();
    for _ in 1..level {
        match package.as_bytes().get(..end).and_then(|p| p.iter().rposition(|&b| b == b'.')) {
            Some(dot) => end = dot,
            None => {
                return Err(
                    vm.raise_new(&exc::ImportError, "attempted relative import beyond top-level package")
                );
            }
        }
    }
    let base = package.as_wtf8().slice_to(end);
    if name.is_empty() {
        return Ok(vm.new_wtf8(base));
    }
    let mut full = taipan_text::wtf8::Wtf8Buf::new();
    full.push_wtf8(base);
    full.push_str(".");
    full.push_wtf8(name.as_wtf8());
    Ok(vm.new_wtf8_buf(full))
}

/// The file that a spec names, if it names one.
fn file_origin(vm: &Vm, spec: &Value) -> PyResult<Option<Gc<Str>>> {
    match vm.lookup_attr_str(spec, "has_location")? {
        Some(h) if vm.is_true(&h)? => {}
        _ => return Ok(None),
    }
    let origin = vm.lookup_attr(spec, &vm.names.origin)?;
    Ok(origin.and_then(|o| o.downcast::<Str>().cloned()))
}

/// Whether a file lies where the start-up path puts programs, and so may hide a library's module of that name.
pub fn possibly_shadowing(vm: &Vm, origin: Option<&Gc<Str>>) -> bool {
    let Some(origin) = origin else { return false };
    if vm.config.flags.safe_path {
        return false;
    }
    let Some(mut path0) = vm.state::<ImportState>().path0.with(Option::clone) else { return false };
    if path0.is_empty() {
        match vm.host().getcwd() {
            Ok(cwd) => path0 = cwd,
            Err(_) => return false,
        }
    }
    let cut = |p: &[u8]| p.iter().rposition(|&b| b == b'/');
    let path = origin.as_bytes();
    let Some(mut sep) = cut(path) else { return false };
    if path.get(sep + 1..) == Some(b"__init__.py") {
        match path.get(..sep).and_then(cut) {
            Some(s) => sep = s,
            None => return false,
        }
    }
    path.get(..sep) == Some(&path0[..])
}

/// Whether `sys.stdlib_module_names` has the name.
pub fn is_stdlib_name(vm: &Vm, name: &Value) -> PyResult<bool> {
    match vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern("stdlib_module_names"))) {
        Some(names) if crate::types::set::any_set(&names).is_some() => vm.contains(&names, name),
        _ => Ok(false),
    }
}

/// Raises the `ImportError` of `from module import name`.
pub fn cannot_import_name(
    vm: &Vm,
    module: &Value,
    modname: Option<&Value>,
    name: &Gc<Str>,
) -> PyResult<Value> {
    let modname = modname.and_then(|m| m.downcast::<Str>()).cloned();
    let shown_mod = match &modname {
        Some(m) => vm.repr_text(m.as_value())?,
        None => "'<unknown module name>'".to_string(),
    };
    let shown = vm.repr_text(name.as_value())?;
    let mut origin = None;
    let spec = vm.lookup_attr(module, &vm.names.__spec__)?;
    let text = match spec {
        None => format!("cannot import name {shown} from {shown_mod} (unknown location)"),
        Some(spec) => {
            if !spec.is_none() {
                origin = file_origin(vm, &spec)?;
            }
            let shadowing = possibly_shadowing(vm, origin.as_ref());
            let shadows_stdlib = match &modname {
                Some(m) if shadowing => is_stdlib_name(vm, m.as_value())?,
                _ => false,
            };
            if origin.is_none()
                && let Some(m) = module.downcast::<Module>()
            {
                origin = m.dict.get_str(vm, &vm.names.__file__).and_then(|f| f.downcast::<Str>().cloned());
            }
            let repr_origin = match &origin {
                Some(o) => vm.repr_text(o.as_value())?,
                None => String::new(),
            };
            let plain_origin = origin.as_ref().map(|o| o.to_string_lossy().into_owned());
            let unfinished = !spec.is_none() && initializing(vm, &spec)?;
            match plain_origin {
                _ if shadows_stdlib => format!(
                    "cannot import name {shown} from {shown_mod} (consider renaming {repr_origin} since it has \
                     the same name as the standard library module named {shown_mod} and prevents importing \
                     that standard library module)"
                ),
                _ if unfinished && shadowing => format!(
                    "cannot import name {shown} from {shown_mod} (consider renaming {repr_origin} if it has the \
                     same name as a library you intended to import)"
                ),
                Some(o) if unfinished => format!(
                    "cannot import name {shown} from partially initialized module {shown_mod} (most likely \
                     due to a circular import) ({o})"
                ),
                None if unfinished => format!(
                    "cannot import name {shown} from partially initialized module {shown_mod} (most likely \
                     due to a circular import)"
                ),
                Some(o) => format!("cannot import name {shown} from {shown_mod} ({o})"),
                None => format!("cannot import name {shown} from {shown_mod} (unknown location)"),
            }
        }
    };
    let e = vm.new_exc(&exc::ImportError, text);
    set_field(&e, exception::NAME, Some(modname.map_or(Value::NONE, Gc::into_value)));
    set_field(&e, IMPORT_PATH, Some(origin.map_or(Value::NONE, Gc::into_value)));
    set_field(&e, IMPORT_NAME_FROM, Some(name.to_value()));
    Err(vm.raise(e))
}
