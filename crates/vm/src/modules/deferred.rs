//! Modules whose contents come when somebody looks: native ones, whose rows become objects one by one, and those of the
//! library that every start has in `sys.modules` but few programs use, whose bodies run then.
//!
//! I1  `Module::missing` says what the dict lacks. Whoever reads or writes attributes of a module, by name or as a whole,
//!     calls `before_get`, `before_set` or `complete` first. Only `import` looks for a `__spec__` without it: one that is
//!     missing means that nobody is importing the module.
//! I2  While a thread fills a module, others that want something of it wait; the thread itself sees what is there.

use super::import::ImportState;
use super::{imp, paths, sys};
use crate::interp::tracing::quietly;
use crate::native::ModuleDef;
use crate::prelude::*;
use crate::types::builtin_function::BuiltinFunction;
use crate::types::module::Module;
use std::cell::Cell;

/// What a module's dict lacks.
#[derive(Clone, Copy, Default)]
pub enum Missing {
    #[default]
    Nothing,
    /// Some rows of its definition.
    Rows(&'static ModuleDef),
    /// Those, and what importing sets.
    Spec(&'static ModuleDef),
    /// What importing sets.
    OnlySpec(&'static ModuleDef),
    /// What has to do with paths (`paths.rs`).
    Paths,
    /// All: the body of this module of the library has not run.
    Body(&'static str),
    /// The body, which has been asked for: the dict has what importing sets.
    Late,
    /// The thread of this machine (its address) is filling it.
    Filling(usize),
}

/// What waits for bodies to run.
#[derive(Default)]
pub struct DeferredState {
    /// Bodies may wait: nobody asked to watch the start.
    allowed: Cell<bool>,
    /// `_library_importer.LibraryFinder`.
    finder: ValueCell,
    /// What `site.main` would have left in its module.
    site: Guarded<Vec<(&'static str, Value)>>,
    /// What stands for `site.register_readline`.
    hook: ValueCell,
    /// The thread (its address) that runs a body: neither hooks nor tracers see that, as they see nothing of the start.
    running: Cell<usize>,
    /// Sources for `linecache`: code, text, file name.
    sources: Guarded<Vec<[Value; 3]>>,
}

/// Native modules that do something when they are made, or remember how things were then.
const AT_ONCE: &[&str] =
    &["builtins", "sys", "_signal", "array", "_datetime", "faulthandler", "pyexpat", "_decimal", "time"];

/// Names that native modules do not have, and that are asked for at each import.
const ABSENT: &[&[u8]] = &[b"__path__", b"__file__", b"__cached__", b"__getattr__"];

/// Modules of the library that others import for functions few programs call. Their bodies change nothing outside of the
/// module, and do not fail.
const LATE: &[&str] = &[
    "_colorize",
    "annotationlib",
    "ast",
    "codeop",
    "dis",
    "inspect",
    "locale",
    "opcode",
    "selectors",
    "signal",
    "subprocess",
    "textwrap",
    "tokenize",
    "traceback",
];

/// What importing a module sets.
const IMPORT_SETS: &[&[u8]] =
    &[b"__name__", b"__loader__", b"__package__", b"__spec__", b"__path__", b"__file__", b"__cached__"];

/// What `specify` sets in a native module.
const SPEC_SETS: &[&[u8]] = &[b"__loader__", b"__package__", b"__spec__", b"__doc__"];

/// What a new module of that definition lacks.
pub fn of_definition(def: &'static ModuleDef) -> Missing {
    if AT_ONCE.contains(&def.name) || def.name.starts_with("sys.") {
        Missing::Nothing
    } else {
        Missing::Rows(def)
    }
}

/// To be called once importlib is there: from now on bodies may wait.
pub fn start(vm: &Vm) {
    let c = &vm.config;
    let plain = c.flags.verbose == 0
        && c.import_time == 0
        && !c.x_options.iter().any(|(k, _)| k == "frozen_modules" || k == "importtime");
    vm.state::<DeferredState>().allowed.set(plain);
}

/// What finds the library's modules.
pub fn set_finder(vm: &Vm, finder: &Value) {
    vm.state::<DeferredState>().finder.set(Some(finder.clone()));
}

pub fn allowed(vm: &Vm) -> bool {
    vm.state::<DeferredState>().allowed.get()
}

/// A new module in `sys.modules`, unless there is one of that name.
pub fn enter(vm: &Vm, name: &'static str, missing: Missing) -> Option<Gc<Module>> {
    let modules = vm.modules.get()?;
    let key = vm.intern(name);
    if modules.get_str(vm, &key).is_some() {
        return None;
    }
    let m = vm.new_module(name);
    m.missing.set(missing);
    modules.set_str(vm, &key, m.to_value());
    Some(m)
}

/// Puts a module of the library into `sys.modules`, unless it is there. Its body waits.
pub fn defer(vm: &Vm, name: &'static str) {
    enter(vm, name, Missing::Body(name));
}

/// Puts a native module into `sys.modules`, unless it is there.
pub fn defer_native(vm: &Vm, name: &'static str) {
    if let Some(def) = imp::definition(vm, name)
        && let Some(m) = enter(vm, def.name, Missing::Spec(def))
    {
        imp::remember_if_once(vm, def.name, m.as_value());
    }
}

/// Puts a native module into `sys.modules`, unless it is there; only its spec waits.
pub fn make_native(vm: &Vm, name: &'static str) -> PyResult<()> {
    let (Some(modules), Some(def)) = (vm.modules.get(), imp::definition(vm, name)) else { return Ok(()) };
    let key = vm.intern(name);
    if modules.get_str(vm, &key).is_none()
        && let Some(made) = imp::make_builtin(vm, name)?
        && let Some(m) = made.downcast_exact::<Module>()
    {
        match m.missing.get() {
            Missing::Nothing => m.missing.set(Missing::OnlySpec(def)),
            Missing::Rows(def) => m.missing.set(Missing::Spec(def)),
            _ => {}
        }
        modules.set_str(vm, &key, made);
    }
    Ok(())
}

/// The contents of `site` as the start has found them.
pub fn leave_to_site(vm: &Vm, attributes: Vec<(&'static str, Value)>, hook: Option<Value>) {
    let state = vm.state::<DeferredState>();
    drop(state.site.replace(attributes));
    state.hook.set(hook);
}

/// Keeps a source for `linecache` until that is used; false: it is in use already.
pub fn leave_to_linecache(vm: &Vm, code: &Value, source: &Value, name: &Value) -> bool {
    if !allowed(vm) {
        return false;
    }
    defer(vm, "linecache");
    let found = vm.modules.get().and_then(|m| m.get_str(vm, &vm.intern("linecache")));
    let waits = found
        .as_ref()
        .and_then(|m| m.downcast_exact::<Module>())
        .is_some_and(|m| matches!(m.missing.get(), Missing::Body(_)));
    if waits {
        let row = [code.clone(), source.clone(), name.clone()];
        vm.state::<DeferredState>().sources.with_mut(|s| s.push(row));
    }
    waits
}

fn me(vm: &Vm) -> usize {
    std::ptr::from_ref(vm) as usize
}

/// Whether the thread need not care: all is there, or it is itself putting it there. Waits for others that do.
pub fn settled(vm: &Vm, m: &Module) -> PyResult<bool> {
    loop {
        match m.missing.get() {
            Missing::Nothing => return Ok(true),
            Missing::Filling(by) if by == me(vm) => return Ok(true),
            Missing::Filling(_) => {
                // The other needs the turn to go on.
                vm.poll()?;
                std::thread::yield_now();
            }
            _ => return Ok(false),
        }
    }
}

/// Before the attribute `name` is looked for in the module's dict.
#[cold]
#[inline(never)]
pub fn before_get(vm: &Vm, m: &Gc<Module>, name: &Gc<Str>) -> PyResult<()> {
    while !settled(vm, m)? {
        let rows = match m.missing.get() {
            Missing::Rows(def) => Some(def),
            Missing::Spec(def) if !SPEC_SETS.contains(&name.as_bytes()) => Some(def),
            _ => None,
        };
        if let Some(def) = rows
            && (m.dict.get_str(vm, name).is_some()
                || ABSENT.contains(&name.as_bytes())
                || one_row(vm, m, def, name)?)
        {
            return Ok(());
        }
        match m.missing.get() {
            Missing::OnlySpec(_) if !SPEC_SETS.contains(&name.as_bytes()) => return Ok(()),
            Missing::Paths if !paths::shows(vm, m, name) => return Ok(()),
            _ => {}
        }
        if matches!(m.missing.get(), Missing::Late)
            && (m.dict.get_str(vm, name).is_some()
                || ABSENT.contains(&name.as_bytes())
                || name.as_bytes() == b"__warningregistry__")
        {
            return Ok(());
        }
        fill(vm, m)?;
    }
    Ok(())
}

/// Before the attribute `name` is set or deleted.
#[cold]
#[inline(never)]
pub fn before_set(vm: &Vm, m: &Gc<Module>, name: &Gc<Str>) -> PyResult<()> {
    while !settled(vm, m)? {
        if let Missing::Rows(def) = m.missing.get()
            && name.as_bytes().starts_with(b"__")
            && !has_row(def, name.as_bytes())
        {
            return Ok(());
        }
        if matches!(m.missing.get(), Missing::Late) && IMPORT_SETS.contains(&name.as_bytes()) {
            return Ok(());
        }
        match m.missing.get() {
            Missing::OnlySpec(_) if !SPEC_SETS.contains(&name.as_bytes()) => return Ok(()),
            Missing::Paths if !paths::shows(vm, m, name) => return Ok(()),
            _ => {}
        }
        fill(vm, m)?;
    }
    Ok(())
}

/// Before the module's dict is used as a whole.
pub fn complete(vm: &Vm, m: &Gc<Module>) -> PyResult<()> {
    if matches!(m.missing.get(), Missing::Nothing) {
        return Ok(());
    }
    while !settled(vm, m)? {
        fill(vm, m)?;
    }
    Ok(())
}

fn has_row(def: &'static ModuleDef, name: &[u8]) -> bool {
    def.functions.iter().any(|f| f.name.as_bytes() == name)
        || def.consts.iter().any(|c| c.name.as_bytes() == name)
        || def.types.iter().any(|t| t().name.as_bytes() == name)
}

/// Makes the object of one row; false if there is no such row.
fn one_row(vm: &Vm, m: &Gc<Module>, def: &'static ModuleDef, name: &Gc<Str>) -> PyResult<bool> {
    let wanted = name.as_bytes();
    let v = if let Some(c) = def.consts.iter().find(|c| c.name.as_bytes() == wanted) {
        (c.make)(vm)?
    } else if let Some(t) = def.types.iter().map(|t| t()).find(|t| t.name.as_bytes() == wanted) {
        vm.type_for(t).into_value()
    } else if let Some(f) = def.functions.iter().find(|f| f.name.as_bytes() == wanted) {
        let of = vm.intern(def.name).into_value();
        BuiltinFunction::make(vm, f, Some(m.to_value()), Some(of)).into_value()
    } else {
        return Ok(false);
    };
    m.dict.set_str(vm, &vm.intern_str(name), v);
    Ok(true)
}

fn fill(vm: &Vm, m: &Gc<Module>) -> PyResult<()> {
    if matches!(m.missing.get(), Missing::Paths) {
        return paths::make(vm);
    }
    let before = m.missing.replace(Missing::Filling(me(vm)));
    let r = match before {
        Missing::Rows(def) => all_rows(vm, m, def).map(|()| Missing::Nothing),
        Missing::Spec(def) => specify(vm, m, def).map(|()| Missing::Rows(def)),
        Missing::OnlySpec(def) => specify(vm, m, def).map(|()| Missing::Nothing),
        Missing::Body(name) => body(vm, m, name).map(|()| Missing::Nothing),
        Missing::Late => quiet(vm, || run_library(vm, m)).map(|()| Missing::Nothing),
        Missing::Nothing | Missing::Paths | Missing::Filling(_) => Ok(before),
    };
    match r {
        Ok(now) => {
            m.missing.set(now);
            Ok(())
        }
        Err(raised) => {
            m.missing.set(before);
            Err(raised)
        }
    }
}

/// Fills modules that lack the same, as those that wait are filled.
pub fn fill_with(vm: &Vm, modules: &[Gc<Module>], run: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    let set = |missing: Missing| modules.iter().for_each(|m| m.missing.set(missing));
    set(Missing::Filling(me(vm)));
    let r = quiet(vm, run);
    set(if r.is_ok() { Missing::Nothing } else { Missing::Paths });
    r
}

/// All rows, in their order; those that are there already stay the objects that they are.
pub fn all_rows(vm: &Vm, m: &Gc<Module>, def: &'static ModuleDef) -> PyResult<()> {
    let name = vm.intern(def.name).into_value();
    let put = |key: &'static str, make: &dyn Fn() -> PyResult<Value>| -> PyResult<()> {
        let key = vm.intern(key);
        let v = match m.dict.remove_str(vm, &key) {
            Some(v) => v,
            None => make()?,
        };
        m.dict.set_str(vm, &key, v);
        Ok(())
    };
    for f in def.functions {
        put(f.name, &|| {
            Ok(BuiltinFunction::make(vm, f, Some(m.to_value()), Some(name.clone())).into_value())
        })?;
    }
    for t in def.types {
        let def = t();
        put(def.name, &|| Ok(vm.type_for(def).into_value()))?;
    }
    for c in def.consts {
        put(c.name, &|| (c.make)(vm))?;
    }
    match def.init {
        Some(init) => init(vm, m.as_value()),
        None => Ok(()),
    }
}

fn importlib(vm: &Vm) -> PyResult<Value> {
    match vm.state::<ImportState>().importlib.get() {
        Some(m) => Ok(m),
        None => Err(vm.system_error("the import system is not there")),
    }
}

/// Sets what importing sets, from a spec.
fn set_spec(vm: &Vm, m: &Gc<Module>, spec: &Value) -> PyResult<()> {
    // A frozen module's file is no location.
    if let Some(state) = vm.lookup_attr_str(spec, "loader_state")?
        && let Some(file) = vm.lookup_attr(&state, &vm.names.filename)?
        && !file.is_none()
    {
        m.dict.set_str(vm, &vm.names.__file__, file);
    }
    let set = vm.get_attr_str(&importlib(vm)?, "_init_module_attrs")?;
    vm.call_kw(&set, &[spec.clone(), m.to_value()], &[(vm.intern("override").into_value(), Value::TRUE)])?;
    Ok(())
}

fn specify(vm: &Vm, m: &Gc<Module>, def: &'static ModuleDef) -> PyResult<()> {
    if !def.doc.is_empty() {
        m.dict.set_str(vm, &vm.names.__doc__, vm.new_str(def.doc).into_value());
    }
    let importer = vm.get_attr_str(&importlib(vm)?, "BuiltinImporter")?;
    let spec = vm.call_method(&importer, "find_spec", &[vm.intern(def.name).into_value()])?;
    set_spec(vm, m, &spec)
}

/// Runs a body that has waited.
fn quiet(vm: &Vm, run: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    let running = &vm.state::<DeferredState>().running;
    let before = running.replace(me(vm));
    let r = quietly(vm, 0, run);
    running.set(before);
    r
}

/// `exec_module` of the library's loader.
pub fn load(vm: &Vm, m: &Gc<Module>) -> PyResult<()> {
    let fresh =
        matches!(m.missing.get(), Missing::Nothing) && m.dict.get_str(vm, &vm.names.__builtins__).is_none();
    let name = m.dict.get_str(vm, &vm.names.__name__);
    let late = name.as_ref().and_then(|n| n.downcast::<Str>()?.as_str()).is_some_and(|n| LATE.contains(&n));
    if fresh && late && allowed(vm) {
        m.missing.set(Missing::Late);
        return Ok(());
    }
    run_library(vm, m)
}

/// Runs the body of a module of the library, whose spec is in its dict.
fn run_library(vm: &Vm, m: &Gc<Module>) -> PyResult<()> {
    let Some(spec) = m.dict.get_str(vm, &vm.names.__spec__) else {
        return Err(vm.raise_new(&crate::errors::exc::ImportError, "a module of the library has no __spec__"));
    };
    let loader = vm.get_attr_str(&spec, "loader")?;
    let code = vm.call_method(&loader, "get_code", &[vm.get_attr(&spec, &vm.names.name)?])?;
    let Some(code) = crate::types::code::as_code(&code) else {
        return Err(vm.type_error("a loader's code must be a code object"));
    };
    sys::audit(vm, "exec", &[code.to_value()])?;
    vm.run_code(code, &m.dict, m.dict.as_value(), None).map(drop)
}

/// Whether this thread runs a body that the start has left.
pub fn runs_body(vm: &Vm) -> bool {
    vm.state::<DeferredState>().running.get() == me(vm)
}

/// Before modules are taken down: those whose bodies wait, and that somebody holds, are filled while that can be done.
pub fn before_end(vm: &Vm) {
    let Some(modules) = vm.modules.get() else { return };
    for (_, m) in modules.pairs() {
        if let Some(m) = m.downcast_exact::<Module>() {
            // What importing would set can no longer be had.
            match m.missing.get() {
                Missing::Spec(def) => m.missing.set(Missing::Rows(def)),
                Missing::OnlySpec(_) => m.missing.set(Missing::Nothing),
                _ => {}
            }
        }
    }
    let main = modules.get_str(vm, &vm.names.__main__);
    let mut names = main.as_ref().and_then(|m| m.downcast::<Module>()).map_or(Vec::new(), |m| m.dict.pairs());
    let waits = |v: &Value, names: &[(Value, Value)]| {
        let m = v.downcast_exact::<Module>()?;
        // `posixpath` has two names there; one reference is ours.
        let known = if matches!(m.missing.get(), Missing::Body("posixpath")) { 3 } else { 2 };
        let held = match m.missing.get() {
            Missing::Body(_) => m.header().count() > known,
            Missing::Late => names.iter().any(|(_, named)| named.is(v)),
            _ => false,
        };
        held.then(|| m.clone())
    };
    // One that was filled holds others.
    for _ in 0..8 {
        let held: Vec<Gc<Module>> = modules.pairs().iter().filter_map(|(_, v)| waits(v, &names)).collect();
        if held.is_empty() {
            break;
        }
        for m in &held {
            if complete(vm, m).is_err() {
                drop(vm.take_raised());
            }
            // What its functions call must not import anything when nothing can be imported any more.
            names.extend(m.dict.pairs());
        }
    }
}

/// The spec of a module of the library, found past all that a program may have changed; None: there is no such module.
fn library_spec(vm: &Vm, name: &str) -> PyResult<Value> {
    let name_value = [vm.intern(name).into_value()];
    if imp::is_frozen_name(name) || name == "_frozen_importlib_external" {
        let importer = vm.get_attr_str(&importlib(vm)?, "FrozenImporter")?;
        let spec = vm.call_method(&importer, "find_spec", &name_value)?;
        // Tests make it find nothing.
        if !spec.is_none() {
            return Ok(spec);
        }
    }
    paths::make(vm)?;
    let Some(finder) = vm.state::<DeferredState>().finder.get() else {
        return Err(vm.system_error("the library is not there"));
    };
    let mut folder = super::frozen_library::root(vm);
    if let Some((package, _)) = name.rsplit_once('.') {
        folder.push(b'/');
        folder.extend_from_slice(package.replace('.', "/").as_bytes());
    }
    let finder = vm.call1(&finder, &sys::fs_text(vm, &folder))?;
    vm.call_method(&finder, "find_spec", &name_value)
}

/// Whether imports go the way that the start has laid.
fn imports_as_usual(vm: &Vm) -> PyResult<bool> {
    let has = |name: &str, wanted: &Value| {
        let list = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern(name)));
        let list = list.as_ref().and_then(|l| l.downcast::<List>()).map_or(Vec::new(), |l| l.to_vec());
        list.iter().any(|v| {
            let texts = (v.downcast::<Str>(), wanted.downcast::<Str>());
            v.is(wanted) || matches!(texts, (Some(a), Some(b)) if a.as_bytes() == b.as_bytes())
        })
    };
    // Whoever changes it has seen it.
    if paths::waits(vm) {
        return Ok(true);
    }
    let lib = importlib(vm)?;
    let external = vm.get_attr_str(&lib, "_bootstrap_external")?;
    Ok(has("meta_path", &vm.get_attr_str(&lib, "BuiltinImporter")?)
        && has("meta_path", &vm.get_attr_str(&lib, "FrozenImporter")?)
        && has("meta_path", &vm.get_attr_str(&external, "PathFinder")?)
        && has("path", &sys::fs_text(vm, &super::frozen_library::root(vm)))
        && vm.state::<DeferredState>().finder.get().is_none_or(|f| has("path_hooks", &f)))
}

/// An import by a body that has waited: what the program has done to the import system meanwhile must not be in its way.
/// `None`: it is to go the usual way.
pub fn import_for_body(vm: &Vm, name: &Gc<Str>) -> PyResult<Option<Value>> {
    match name.as_str() {
        Some(text) if runs_body(vm) && !imports_as_usual(vm)? => load_past_all(vm, text),
        _ => Ok(None),
    }
}

fn load_past_all(vm: &Vm, name: &str) -> PyResult<Option<Value>> {
    let there =
        |name: &str| vm.modules.get().and_then(|m| m.get_str(vm, &vm.intern(name))).filter(|m| !m.is_none());
    let parent = name.rsplit_once('.');
    if let Some((package, _)) = parent
        && there(package).is_none()
    {
        load_past_all(vm, package)?;
    }
    if let Some(m) = there(name) {
        return Ok(Some(m));
    }
    let lib = importlib(vm)?;
    let builtin = vm.get_attr_str(&lib, "BuiltinImporter")?;
    let mut spec = vm.call_method(&builtin, "find_spec", &[vm.intern(name).into_value()])?;
    if spec.is_none() {
        spec = library_spec(vm, name)?;
    }
    if spec.is_none() {
        return Ok(None);
    }
    let m = vm.call_method(&lib, "_load", &[spec])?;
    if let Some((package, tail)) = parent
        && let Some(package) = there(package)
    {
        vm.set_attr_str(&package, tail, &m)?;
    }
    Ok(Some(m))
}

/// Finds the module as importing it would have at the start, and runs its body.
pub fn body(vm: &Vm, m: &Gc<Module>, name: &'static str) -> PyResult<()> {
    let spec = library_spec(vm, name)?;
    set_spec(vm, m, &spec)?;
    let loader = vm.get_attr_str(&spec, "loader")?;
    let run = || quiet(vm, || vm.call_method(&loader, "exec_module", &[m.to_value()]).map(drop));
    match name {
        "site" => without_main(vm, run).and_then(|()| after_site(vm, m)),
        "linecache" => run().and_then(|()| after_linecache(vm, m)),
        _ => run(),
    }
}

/// Runs `site`'s body as with `-S`: what its `main` does was done at the start.
fn without_main(vm: &Vm, run: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    let (Some(dict), key) = (vm.sys_dict.get(), vm.intern("flags")) else { return run() };
    let flags = dict.get_str(vm, &key);
    dict.set_str(vm, &key, sys::flags_without_site(vm)?);
    let r = run();
    match flags {
        Some(flags) => dict.set_str(vm, &key, flags),
        None => drop(dict.remove_str(vm, &key)),
    }
    r
}

fn after_site(vm: &Vm, m: &Gc<Module>) -> PyResult<()> {
    let state = vm.state::<DeferredState>();
    for (name, v) in state.site.take() {
        m.dict.set_str(vm, &vm.intern(name), v);
    }
    let key = vm.intern("__interactivehook__");
    if let (Some(ours), Some(dict)) = (state.hook.take(), vm.sys_dict.get())
        && dict.get_str(vm, &key).is_some_and(|now| now.is(&ours))
        && let Some(real) = m.dict.get_str(vm, &vm.intern("register_readline"))
    {
        dict.set_str(vm, &key, real);
    }
    Ok(())
}

fn after_linecache(vm: &Vm, m: &Gc<Module>) -> PyResult<()> {
    for row in vm.state::<DeferredState>().sources.take() {
        vm.call_method(m.as_value(), "_register_code", &row)?;
    }
    Ok(())
}
