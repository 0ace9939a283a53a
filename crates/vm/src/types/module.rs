//! `module`: the type, its attributes, and modules made from native definitions.

use crate::modules::deferred::{self, Missing};
use crate::modules::import;
use crate::native::ModuleDef;
use crate::prelude::*;
use std::cell::Cell;

/// Create a module object.
///
/// The name must be a string; the optional doc argument can have any type.
#[pytype(name = "module", signature = "(name, doc=None)", flags(BASETYPE, GC, WEAKREF))]
pub struct Module {
    /// Set by `__new__`, never replaced.
    pub dict: Gc<Dict>,
    /// What it lacks: see `modules/deferred.rs`.
    pub missing: Cell<Missing>,
}

impl Trace for Module {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.dict.as_value());
    }
}

impl Vm {
    /// A module with the attributes that every module begins with.
    pub fn new_module(&self, name: &str) -> Gc<Module> {
        let m = self.alloc(Module { dict: self.new_dict(), missing: Cell::default() });
        start_module(self, &m.dict, self.intern(name).as_value(), &Value::NONE);
        m
    }

    /// The module of a native definition: most get their attributes when these are asked for.
    pub fn new_native_module(&self, def: &'static ModuleDef) -> PyResult<Gc<Module>> {
        let m = self.new_module(def.name);
        if !def.doc.is_empty() {
            m.dict.set_str(self, &self.names.__doc__, self.new_str(def.doc).into_value());
        }
        let missing = deferred::of_definition(def);
        if matches!(missing, Missing::Nothing) {
            deferred::all_rows(self, &m, def)?;
        }
        m.missing.set(missing);
        Ok(m)
    }
}

impl Module {
    /// The attribute in its dict.
    pub fn get(&self, vm: &Vm, module: &Gc<Module>, name: &Gc<Str>) -> PyResult<Option<Value>> {
        if !matches!(self.missing.get(), Missing::Nothing) {
            deferred::before_get(vm, module, name)?;
        }
        Ok(self.dict.get_str(vm, name))
    }

    /// To be called before attributes are set or deleted.
    pub fn before_set(&self, vm: &Vm, module: &Gc<Module>, name: &Gc<Str>) -> PyResult<()> {
        if matches!(self.missing.get(), Missing::Nothing) {
            return Ok(());
        }
        deferred::before_set(vm, module, name)
    }
}

fn start_module(vm: &Vm, d: &Gc<Dict>, name: &Value, doc: &Value) {
    d.set_str(vm, &vm.names.__name__, name.clone());
    d.set_str(vm, &vm.names.__doc__, doc.clone());
    for key in [&vm.names.__package__, &vm.names.__loader__, &vm.names.__spec__] {
        d.set_str(vm, key, Value::NONE);
    }
}

fn str_of(vm: &Vm, d: &Gc<Dict>, name: &Gc<Str>) -> Option<Gc<Str>> {
    d.get_str(vm, name)?.downcast::<Str>().cloned()
}

/// Whether a spec says that its module is still being imported.
fn initializing(vm: &Vm, spec: &Value) -> PyResult<bool> {
    if spec.is_none() {
        return Ok(false);
    }
    match vm.lookup_attr(spec, &vm.names._initializing)? {
        Some(v) => vm.is_true(&v),
        None => Ok(false),
    }
}

fn missing(vm: &Vm, module: &Value, d: &Gc<Dict>, name: &Gc<Str>) -> Raised {
    let attr = name.to_string_lossy();
    let Some(mod_name) = str_of(vm, d, &vm.names.__name__) else {
        return vm.attribute_error(module, name, format_args!("module has no attribute '{attr}'"));
    };
    let shown = mod_name.to_string_lossy();
    let spec = d.get_str(vm, &vm.names.__spec__).unwrap_or(Value::NONE);
    let text = (|| -> PyResult<String> {
        if spec.is_none() {
            return Ok(format!("module '{shown}' has no attribute '{attr}'"));
        }
        let origin = match vm.lookup_attr_str(&spec, "has_location")? {
            Some(h) if vm.is_true(&h)? => vm.lookup_attr(&spec, &vm.names.origin)?,
            _ => None,
        };
        let origin = origin.and_then(|o| o.downcast::<Str>().cloned());
        let shadowing = import::possibly_shadowing(vm, origin.as_ref());
        if let Some(o) = origin.as_ref().filter(|_| shadowing) {
            let o = o.to_string_lossy();
            if import::is_stdlib_name(vm, mod_name.as_value())? {
                return Ok(format!(
                    "module '{shown}' has no attribute '{attr}' (consider renaming '{o}' since it has the same \
                     name as the standard library module named '{shown}' and prevents importing that standard \
                     library module)"
                ));
            }
            if initializing(vm, &spec)? {
                return Ok(format!(
                    "module '{shown}' has no attribute '{attr}' (consider renaming '{o}' if it has the same name as \
                     a library you intended to import)"
                ));
            }
        }
        if initializing(vm, &spec)? {
            return Ok(match origin {
                Some(o) => format!(
                    "partially initialized module '{shown}' from '{}' has no attribute '{attr}' (most likely due to a circular import)",
                    o.to_string_lossy()
                ),
                None => format!(
                    "partially initialized module '{shown}' has no attribute '{attr}' (most likely due to a circular import)"
                ),
            });
        }
        let pending = match vm.lookup_attr_str(&spec, "_uninitialized_submodules")? {
            Some(list) if !list.is_none() => vm.contains(&list, name.as_value())?,
            _ => false,
        };
        Ok(if pending {
            format!(
                "cannot access submodule '{attr}' of module '{shown}' (most likely due to a circular import)"
            )
        } else {
            format!("module '{shown}' has no attribute '{attr}'")
        })
    })();
    match text {
        Ok(t) => vm.attribute_error(module, name, t),
        Err(r) => r,
    }
}

/// `module.name`: the generic look-up, then the module's own `__getattr__`.
pub fn getattro(vm: &Vm, module: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    match lookup(vm, module, name)? {
        Some(v) => Ok(v),
        None => match module.downcast::<Module>() {
            Some(m) => Err(missing(vm, module, &m.dict.clone(), name)),
            None => Err(vm.no_attribute(module, name)),
        },
    }
}

/// The look-up of `getattro` without an error at its end.
pub(crate) fn lookup(vm: &Vm, module: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
    let Some(m) = module.downcast::<Module>() else { return Ok(None) };
    let ty = vm.type_of(module).clone();
    let on_class = ty.lookup(vm, name);
    let mut getter = None;
    if let Some(d) = &on_class {
        let s = &vm.type_of(d).slots;
        getter = s.descr_get.get();
        if let Some(get) = getter
            && s.descr_set.get().is_some()
        {
            return get(vm, d, Some(module), ty.as_value()).map(Some);
        }
    }
    if let Some(v) = m.get(vm, m, name)? {
        return Ok(Some(v));
    }
    if let (Some(d), Some(get)) = (&on_class, getter) {
        return get(vm, d, Some(module), ty.as_value()).map(Some);
    }
    if on_class.is_some() {
        return Ok(on_class);
    }
    match m.get(vm, m, &vm.names.__getattr__)? {
        Some(f) => vm.call1(&f, name.as_value()).map(Some),
        None => Ok(None),
    }
}

fn repr(vm: &Vm, module: &Value) -> PyResult<Value> {
    let Some(m) = module.downcast::<Module>() else { return Ok(vm.names.empty.to_value()) };
    // importlib knows how specs print; before it is there, the name must do.
    if let Some(imp) = vm.modules.get().and_then(|d| d.get_str(vm, &vm.intern("_frozen_importlib"))) {
        return vm.call_method(&imp, "_module_repr", std::slice::from_ref(module));
    }
    let name = str_of(vm, &m.dict, &vm.names.__name__);
    let shown = name.map_or("?".to_string(), |n| n.to_string_lossy().into_owned());
    Ok(vm.new_str(&format!("<module '{shown}'>")).into_value())
}

impl Slots for Module {
    const SLOTS: SlotDefs = SlotDefs { getattro: Some(getattro), repr: Some(repr), ..SlotDefs::NONE };
}

fn readonly(vm: &Vm) -> Raised {
    vm.raise_new(&crate::errors::exc::AttributeError, "readonly attribute")
}

#[pymethods]
impl Module {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Module { dict: vm.new_dict(), missing: Cell::default() })?.into_value())
    }

    #[pyinit("module(name, doc=None)")]
    fn init(vm: &Vm, zelf: &Gc<Module>, name: &Gc<Str>, doc: &Value) -> PyResult<()> {
        start_module(vm, &zelf.dict, name.as_value(), doc);
        Ok(())
    }

    /// __dir__() -> list
    /// specialized dir() implementation
    #[pymethod("__dir__($self, /)")]
    fn dir(vm: &Vm, zelf: &Gc<Module>) -> PyResult<Value> {
        let d = vm.get_attr(zelf.as_value(), &vm.names.__dict__)?;
        let Some(d) = d.downcast::<Dict>() else {
            return Err(vm.type_error("<module>.__dict__ is not a dictionary"));
        };
        if let Some(f) = d.get_str(vm, &vm.names.__dir__) {
            return vm.call0(&f);
        }
        Ok(vm.new_list(d.pairs().into_iter().map(|(k, _)| k).collect()).into_value())
    }

    #[pygetter("__dict__")]
    fn get_dict(vm: &Vm, zelf: &Gc<Module>) -> PyResult<Gc<Dict>> {
        deferred::complete(vm, zelf)?;
        Ok(zelf.dict.clone())
    }

    #[pysetter("__dict__")]
    fn set_dict(vm: &Vm, _zelf: &Gc<Module>, _value: Option<&Value>) -> PyResult<()> {
        Err(readonly(vm))
    }

    #[pygetter("__annotations__")]
    fn get_annotations(vm: &Vm, zelf: &Gc<Module>) -> PyResult<Value> {
        deferred::complete(vm, zelf)?;
        let d = &zelf.dict;
        if let Some(a) = d.get_str(vm, &vm.names.__annotations__) {
            return Ok(a);
        }
        let spec = d.get_str(vm, &vm.names.__spec__).unwrap_or(Value::NONE);
        let unfinished = initializing(vm, &spec)?;
        let annotate = d.get_str(vm, &vm.names.__annotate__);
        let found = match annotate {
            Some(f) if vm.is_callable(&f) => {
                let r = vm.call1(&f, &vm.new_int(1))?;
                if !r.is_instance_of::<Dict>() {
                    return Err(vm.type_error(format_args!(
                        "__annotate__ returned non-dict of type '{}'",
                        vm.type_of(&r).name()
                    )));
                }
                r
            }
            _ => vm.new_dict().into_value(),
        };
        // A module that is still running may yet add annotations.
        if !unfinished {
            zelf.dict.set_str(vm, &vm.names.__annotations__, found.clone());
        }
        Ok(found)
    }

    #[pysetter("__annotations__")]
    fn set_annotations(vm: &Vm, zelf: &Gc<Module>, value: Option<&Value>) -> PyResult<()> {
        deferred::complete(vm, zelf)?;
        match value {
            Some(v) => {
                zelf.dict.set_str(vm, &vm.names.__annotations__, v.clone());
            }
            None => {
                if zelf.dict.remove_str(vm, &vm.names.__annotations__).is_none() {
                    return Err(vm.attribute_error(
                        zelf.as_value(),
                        &vm.names.__annotations__,
                        "__annotations__",
                    ));
                }
            }
        }
        drop(zelf.dict.remove_str(vm, &vm.names.__annotate__));
        Ok(())
    }

    #[pygetter("__annotate__")]
    fn get_annotate(vm: &Vm, zelf: &Gc<Module>) -> PyResult<Value> {
        deferred::complete(vm, zelf)?;
        if let Some(f) = zelf.dict.get_str(vm, &vm.names.__annotate__) {
            return Ok(f);
        }
        zelf.dict.set_str(vm, &vm.names.__annotate__, Value::NONE);
        Ok(Value::NONE)
    }

    #[pysetter("__annotate__")]
    fn set_annotate(vm: &Vm, zelf: &Gc<Module>, value: Option<&Value>) -> PyResult<()> {
        let Some(v) = value else {
            return Err(vm.type_error("cannot delete __annotate__ attribute"));
        };
        if !v.is_none() && !vm.is_callable(v) {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        deferred::complete(vm, zelf)?;
        zelf.dict.set_str(vm, &vm.names.__annotate__, v.clone());
        if !v.is_none() {
            drop(zelf.dict.remove_str(vm, &vm.names.__annotations__));
        }
        Ok(())
    }
}
