//! `_warnings`: filters, registries and `warn`, shared by native code (`Vm::warn`) and Python's `warnings`.
//!
//! When `warnings` is loaded, its `filters`, `defaultaction` and `onceregistry` are the ones that count.

use super::import_module;
use crate::errors::exc;
use crate::interp::Frame;
use crate::prelude::*;
use crate::types::numbers::int_value;
use crate::types::typedef::TypeDef;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

/// What the module keeps for an interpreter.
#[derive(Default)]
pub struct WarningsState {
    filters: GcCell<List>,
    once: GcCell<Dict>,
    version: Cell<i64>,
    context: ValueCell,
}

fn state(vm: &Vm) -> &WarningsState {
    vm.state::<WarningsState>()
}

/// An attribute of `warnings`, if it is loaded.
fn loaded_attr(vm: &Vm, name: &str) -> PyResult<Option<Value>> {
    let Some(m) = vm.modules.get().and_then(|m| m.get_str(vm, &vm.intern("warnings"))) else {
        return Ok(None);
    };
    if m.is_none() {
        return Ok(None);
    }
    vm.lookup_attr_str(&m, name)
}

fn filter(vm: &Vm, action: &str, category: &'static TypeDef, module: Option<&str>) -> Value {
    let text = |t: &str| vm.intern(t).into_value();
    let module = module.map_or(Value::NONE, text);
    vm.new_tuple(vec![text(action), Value::NONE, vm.type_for(category).into_value(), module, vm.new_int(0)])
        .into_value()
}

fn own_filters(vm: &Vm) -> Gc<List> {
    if let Some(f) = state(vm).filters.get() {
        return f;
    }
    let l = vm.new_list(vec![
        filter(vm, "default", &exc::DeprecationWarning, Some("__main__")),
        filter(vm, "ignore", &exc::DeprecationWarning, None),
        filter(vm, "ignore", &exc::PendingDeprecationWarning, None),
        filter(vm, "ignore", &exc::ImportWarning, None),
        filter(vm, "ignore", &exc::ResourceWarning, None),
    ]);
    state(vm).filters.set(Some(l.clone()));
    l
}

fn own_once(vm: &Vm) -> Gc<Dict> {
    if let Some(d) = state(vm).once.get() {
        return d;
    }
    let d = vm.new_dict();
    state(vm).once.set(Some(d.clone()));
    d
}

/// Whether a filter's pattern accepts the text: `None`, a string equal to it, or a regular expression that matches.
fn accepts(vm: &Vm, pattern: &Value, text: &Value) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if pattern.downcast_exact::<Str>().is_some() {
        return vm.eq(pattern, text);
    }
    let r = vm.call_method(pattern, "match", std::slice::from_ref(text))?;
    vm.is_true(&r)
}

/// The action of the first filter that applies, and the filter.
fn action_for(vm: &Vm, w: &Warning, text: &Value) -> PyResult<(Value, Value)> {
    if let Some(found) = first_of(vm, &context_filters(vm)?, w, text)? {
        return Ok(found);
    }
    let filters = match loaded_attr(vm, "filters")? {
        Some(f) => match f.downcast::<List>() {
            // These stay in force when the attribute goes.
            Some(l) => {
                state(vm).filters.set(Some(l.clone()));
                l.clone()
            }
            None => return Err(vm.value_error("_warnings.filters must be a list")),
        },
        None => own_filters(vm),
    };
    if let Some(found) = first_of(vm, &filters, w, text)? {
        return Ok(found);
    }
    let action = match loaded_attr(vm, "defaultaction")? {
        Some(a) if a.is_instance_of::<Str>() => a,
        Some(a) => {
            return Err(vm.type_error(format_args!(
                "_warnings.defaultaction must be a string, not '{}'",
                vm.type_of(&a).name()
            )));
        }
        None => vm.intern("default").into_value(),
    };
    Ok((action, Value::NONE))
}

/// The filters of the context, where `warnings.catch_warnings` keeps them there.
fn context_filters(vm: &Vm) -> PyResult<Gc<List>> {
    let Some(var) = state(vm).context.get() else { return Ok(vm.new_list(Vec::new())) };
    let context = vm.call_method(&var, "get", &[Value::NONE])?;
    if !context.is_none()
        && let Some(l) = vm.get_attr_str(&context, "_filters")?.downcast::<List>()
    {
        return Ok(l.clone());
    }
    Ok(vm.new_list(Vec::new()))
}

fn first_of(vm: &Vm, filters: &Gc<List>, w: &Warning, text: &Value) -> PyResult<Option<(Value, Value)>> {
    let mut i = 0;
    // The list may change while its patterns match.
    while let Some(item) = filters.get(i) {
        let bad = || vm.value_error(format_args!("warnings.filters item {i} isn't a 5-tuple"));
        let Some(t) = item.downcast::<Tuple>() else { return Err(bad()) };
        let [action, msg, category, module, line] = t.items() else { return Err(bad()) };
        if !action.is_instance_of::<Str>() {
            return Err(
                vm.type_error(format_args!("action must be a string, not '{}'", vm.type_of(action).name()))
            );
        }
        let line = vm.index_i64(line, "Python int too large to convert to C ssize_t")?;
        if accepts(vm, msg, text)?
            && vm.is_subclass(&w.category, category)?
            && accepts(vm, module, &w.module)?
            && (line == 0 || line == w.lineno)
        {
            return Ok(Some((action.clone(), item.clone())));
        }
        i += 1;
    }
    Ok(None)
}

/// Whether the registry has the key already, brought up to date with the filters first.
fn already(vm: &Vm, registry: &Value, key: &Value, set: bool) -> PyResult<bool> {
    let Some(d) = registry.downcast::<Dict>() else {
        return Err(vm.type_error("'registry' must be a dict or None"));
    };
    let version = state(vm).version.get();
    let known = d.get_str(vm, &vm.intern("version")).and_then(|v| v.as_int());
    if known != Some(version) {
        d.table.clear();
        d.set_str(vm, &vm.intern("version"), vm.new_int(version));
    } else if let Some(v) = d.get(vm, key)?
        && vm.is_true(&v)?
    {
        return Ok(true);
    }
    if set {
        d.set(vm, key, Value::TRUE)?;
    }
    Ok(false)
}

/// A warning on its way.
struct Warning {
    message: Value,
    category: Value,
    filename: Value,
    lineno: i64,
    module: Value,
    /// `None`: nothing is remembered.
    registry: Value,
    source: Value,
}

fn issue(vm: &Vm, mut w: Warning) -> PyResult<()> {
    if w.module.is_none() {
        return Ok(());
    }
    let warning = vm.type_for(&exc::Warning);
    let text = if vm.type_of(&w.message).is_subtype(&warning) {
        w.category = vm.type_of(&w.message).to_value();
        vm.str(&w.message)?.into_value()
    } else {
        let text = w.message.clone();
        w.message = vm.call1(&w.category, &text)?;
        text
    };
    let line = vm.new_int(w.lineno);
    let key = vm.new_tuple(vec![text.clone(), w.category.clone(), line]).into_value();
    if !w.registry.is_none() && already(vm, &w.registry, &key, false)? {
        return Ok(());
    }
    let (action, item) = action_for(vm, &w, &text)?;
    let name = action.downcast::<Str>().map(|a| a.to_string_lossy().into_owned()).unwrap_or_default();
    match name.as_str() {
        "error" => return Err(vm.raise(w.message)),
        "ignore" => return Ok(()),
        _ => {}
    }
    let remember = !w.registry.is_none() && name != "always" && name != "all";
    if remember && let Some(d) = w.registry.downcast::<Dict>() {
        d.set(vm, &key, Value::TRUE)?;
    }
    let seen = match name.as_str() {
        "always" | "all" | "default" => false,
        "once" => {
            let registry = if w.registry.is_none() {
                match loaded_attr(vm, "onceregistry")? {
                    Some(r) => r,
                    None => own_once(vm).into_value(),
                }
            } else {
                match loaded_attr(vm, "onceregistry")? {
                    Some(r) if r.is_instance_of::<Dict>() => r,
                    _ => own_once(vm).into_value(),
                }
            };
            let once = vm.new_tuple(vec![text.clone(), w.category.clone()]).into_value();
            already(vm, &registry, &once, true)?
        }
        "module" if w.registry.is_none() => false,
        "module" => {
            let key = vm.new_tuple(vec![text.clone(), w.category.clone(), vm.new_int(0)]).into_value();
            already(vm, &w.registry, &key, true)?
        }
        _ => {
            return Err(vm.runtime_error(format_args!(
                "Unrecognized action ({}) in warnings.filters:\n {}",
                vm.repr_text(&action)?,
                vm.repr_text(&item)?
            )));
        }
    };
    if seen { Ok(()) } else { show(vm, &w, &text) }
}

/// Hands the warning to `warnings._showwarnmsg`, or writes it if that cannot be had.
fn show(vm: &Vm, w: &Warning, text: &Value) -> PyResult<()> {
    let importing =
        vm.modules.get().is_some_and(|m| m.get_str(vm, &vm.intern("_frozen_importlib_external")).is_some());
    let module = if importing { import_module(vm, "warnings") } else { Ok(Value::NONE) };
    let module = match module {
        Ok(m) => m,
        Err(Raised) => {
            drop(vm.take_raised());
            Value::NONE
        }
    };
    let shower = if module.is_none() { None } else { vm.lookup_attr_str(&module, "_showwarnmsg")? };
    let Some(shower) = shower else {
        let mut out = Wtf8Buf::new();
        out.push_wtf8(vm.str(&w.filename)?.as_wtf8());
        let category = w.category.downcast::<Type>().map(|c| c.name()).unwrap_or_default();
        out.push_str(&format!(":{}: {category}: ", w.lineno));
        out.push_wtf8(vm.str(text)?.as_wtf8());
        out.push_str("\n");
        super::sys::write_stderr(vm, out.as_wtf8());
        return Ok(());
    };
    if !vm.is_callable(&shower) {
        return Err(vm.type_error("warnings._showwarnmsg() must be set to a callable"));
    }
    let Some(class) = vm.lookup_attr_str(&module, "WarningMessage")? else {
        return Err(vm.runtime_error("unable to get warnings.WarningMessage"));
    };
    let args = [
        w.message.clone(),
        w.category.clone(),
        w.filename.clone(),
        vm.new_int(w.lineno),
        Value::NONE,
        Value::NONE,
        w.source.clone(),
    ];
    let msg = vm.call(&class, &args)?;
    vm.call1(&shower, &msg).map(drop)
}

/// Code of the import system, which is passed over when callers are counted.
fn is_internal(vm: &Vm, f: &Frame) -> bool {
    let name = f.code().filename(vm).clone();
    let name = name.to_string_lossy();
    name.contains("importlib") && name.contains("_bootstrap")
}

/// Where the warning is said to come from.
struct Place {
    filename: Value,
    lineno: i64,
    globals: Gc<Dict>,
}

fn place(vm: &Vm, stacklevel: i64, skip: &[Value]) -> PyResult<Option<Place>> {
    let to_skip = |f: &Frame| {
        let name = f.code().filename(vm).clone();
        skip.iter().filter_map(|p| p.downcast::<Str>()).any(|p| name.as_bytes().starts_with(p.as_bytes()))
    };
    let mut level = stacklevel;
    let mut at = vm.top_frame();
    if level <= 0 || at.is_some_and(|f| is_internal(vm, f)) {
        while let Some(f) = at {
            level = level.saturating_sub(1);
            if level <= 0 {
                break;
            }
            at = vm.thread.below(f);
        }
    } else {
        while let Some(f) = at {
            level = level.saturating_sub(1);
            if level <= 0 {
                break;
            }
            at = vm.thread.below(f);
            while let Some(f) = at
                && (is_internal(vm, f) || to_skip(f))
            {
                at = vm.thread.below(f);
            }
        }
    }
    Ok(match at {
        Some(f) => Some(Place {
            filename: f.code().filename(vm).to_value(),
            lineno: f.line() as i64,
            globals: f.globals().clone(),
        }),
        None => vm.sys_dict.get().map(|d| Place {
            filename: vm.new_str("<sys>").into_value(),
            lineno: 0,
            globals: d.clone(),
        }),
    })
}

fn warn_at_level(
    vm: &Vm,
    message: Value,
    category: Value,
    stacklevel: i64,
    source: Value,
    skip: &[Value],
) -> PyResult<()> {
    let Some(p) = place(vm, stacklevel, skip)? else { return Ok(()) };
    let name = vm.intern("__warningregistry__");
    let registry = match p.globals.get_str(vm, &name) {
        Some(r) => r,
        None => {
            let r = vm.new_dict().into_value();
            p.globals.set_str(vm, &name, r.clone());
            r
        }
    };
    let module = match p.globals.get_str(vm, &vm.names.__name__) {
        Some(m) if m.is_none() || m.is_instance_of::<Str>() => m,
        _ => vm.new_str("<string>").into_value(),
    };
    issue(vm, Warning { message, category, filename: p.filename, lineno: p.lineno, module, registry, source })
}

/// A warning about a line of source that is being compiled.
pub fn warn_explicit(
    vm: &Vm,
    category: &'static TypeDef,
    message: &str,
    filename: &Value,
    lineno: i64,
    module: Option<&Value>,
    registry: Option<&Value>,
) -> PyResult<()> {
    issue(
        vm,
        Warning {
            message: vm.new_str(message).into_value(),
            category: vm.type_for(category).into_value(),
            filename: filename.clone(),
            lineno,
            module: module.cloned().unwrap_or_else(|| module_of(vm, filename)),
            registry: registry.cloned().unwrap_or(Value::NONE),
            source: Value::NONE,
        },
    )
}

/// The module's name that a file name stands for.
fn module_of(vm: &Vm, filename: &Value) -> Value {
    let Some(name) = filename.downcast::<Str>() else { return Value::NONE };
    let text = name.as_wtf8();
    if text.is_empty() {
        return vm.new_str("<unknown>").into_value();
    }
    if text.as_bytes().ends_with(b".py") {
        return vm.new_wtf8(text.slice_to(text.len() - 3)).into_value();
    }
    filename.clone()
}

fn checked_category(vm: &Vm, message: &Value, category: &Value) -> PyResult<Value> {
    if vm.type_of(message).is_subtype(vm.type_for_ref(&exc::Warning)) {
        return Ok(vm.type_of(message).to_value());
    }
    if category.is_none() {
        return Ok(vm.type_for(&exc::UserWarning).into_value());
    }
    match category.downcast::<Type>() {
        Some(c) if c.is_subtype(vm.type_for_ref(&exc::Warning)) => Ok(category.clone()),
        _ => Err(vm.type_error(format_args!(
            "category must be a Warning subclass, not '{}'",
            vm.type_of(category).name()
        ))),
    }
}

impl Vm {
    /// `warnings.warn(msg, category, stacklevel)`; an error when the filters turn the warning into one.
    pub fn warn(
        &self,
        category: &'static TypeDef,
        msg: impl std::fmt::Display,
        stacklevel: usize,
    ) -> PyResult<()> {
        let message = self.new_str(&msg.to_string()).into_value();
        let category = self.type_for(category).into_value();
        warn_at_level(self, message, category, stacklevel as i64, Value::NONE, &[])
    }

    /// A `ResourceWarning` about `source`.
    pub fn warn_resource(
        &self,
        source: &Value,
        msg: impl std::fmt::Display,
        stacklevel: usize,
    ) -> PyResult<()> {
        let message = self.new_str(&msg.to_string()).into_value();
        let category = self.type_for(&exc::ResourceWarning).into_value();
        warn_at_level(self, message, category, stacklevel as i64, source.clone(), &[])
    }
}

/// _warnings provides basic warning filtering support.
/// It is a helper module to speed up interpreter start-up.
#[pymodule(name = "_warnings")]
pub mod warnings {
    use super::*;

    /// Issue a warning, or maybe ignore it or raise an exception.
    ///
    ///   message
    ///     Text of the warning message.
    ///   category
    ///     The Warning category subclass. Defaults to UserWarning.
    ///   stacklevel
    ///     How far up the call stack to make this warning appear. A value of 2 for
    ///     example attributes the warning to the caller of the code calling warn().
    ///   source
    ///     If supplied, the destroyed object which emitted a ResourceWarning
    ///   skip_file_prefixes
    ///     An optional tuple of module filename prefixes indicating frames to skip
    ///     during stacklevel computations for stack frame attribution.
    #[pyfn(
        "warn(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=<unrepresentable>)"
    )]
    fn warn(
        vm: &Vm,
        message: &Value,
        category: &Value,
        stacklevel: isize,
        source: &Value,
        skip_file_prefixes: Option<&Gc<Tuple>>,
    ) -> PyResult<()> {
        let category = checked_category(vm, message, category)?;
        let skip = skip_file_prefixes.map_or(&[][..], |t| t.items());
        for p in skip {
            if !p.is_instance_of::<Str>() {
                return Err(vm.type_error(format_args!(
                    "Found non-str '{}' in skip_file_prefixes.",
                    vm.type_of(p).name()
                )));
            }
        }
        let level = if skip.is_empty() { stacklevel } else { stacklevel.max(2) };
        warn_at_level(vm, message.clone(), category, level as i64, source.clone(), skip)
    }

    /// Issue a warning, or maybe ignore it or raise an exception.
    #[pyfn(
        "warn_explicit(message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)"
    )]
    fn warn_explicit(
        vm: &Vm,
        message: &Value,
        category: &Value,
        filename: &Gc<Str>,
        lineno: i32,
        module: Option<&Value>,
        registry: &Value,
        module_globals: &Value,
        source: &Value,
    ) -> PyResult<()> {
        let category = checked_category(vm, message, category)?;
        if !module_globals.is_none() {
            if !module_globals.is_instance_of::<Dict>() {
                return Err(vm.type_error(format_args!(
                    "module_globals must be a dict, not '{}'",
                    vm.type_of(module_globals).name()
                )));
            }
            // A loader and a spec that disagree are worth a warning or an error of their own.
            let external = import_module(vm, "_frozen_importlib_external")?;
            let loader =
                vm.call_method(&external, "_bless_my_loader", std::slice::from_ref(module_globals))?;
            let _ = loader;
            // The loader's source must be in the cache before the line is shown.
            let primed = import_module(vm, "linecache")
                .and_then(|m| vm.call_method(&m, "getlines", &[filename.to_value(), module_globals.clone()]));
            if primed.is_err() {
                drop(vm.take_raised());
            }
        }
        let module = module.cloned().unwrap_or_else(|| module_of(vm, filename.as_value()));
        issue(
            vm,
            Warning {
                message: message.clone(),
                category,
                filename: filename.to_value(),
                lineno: lineno as i64,
                module,
                registry: registry.clone(),
                source: source.clone(),
            },
        )
    }

    #[pyfn("_filters_mutated_lock_held()")]
    fn filters_mutated_lock_held(vm: &Vm) {
        let v = &state(vm).version;
        v.set(v.get() + 1);
    }

    #[pyfn("_acquire_lock()")]
    fn acquire_lock(_vm: &Vm) {}

    #[pyfn("_release_lock()")]
    fn release_lock(_vm: &Vm) {}

    #[pyconst("filters")]
    fn filters(vm: &Vm) -> Gc<List> {
        own_filters(vm)
    }

    #[pyconst("_onceregistry")]
    fn onceregistry(vm: &Vm) -> Gc<Dict> {
        own_once(vm)
    }

    #[pyconst("_defaultaction")]
    const DEFAULTACTION: &str = "default";

    #[pyconst("_warnings_context")]
    fn context(vm: &Vm) -> Value {
        if let Some(c) = state(vm).context.get() {
            return c;
        }
        let c = super::super::contextvars::new_var(vm, "_warnings_context");
        state(vm).context.set(Some(c.clone()));
        c
    }
}

const _: fn(&Value) -> Option<crate::types::numbers::IntValue<'_>> = int_value;
