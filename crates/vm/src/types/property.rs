//! `property`.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::instance;
use std::cell::Cell;

/// Property attribute.
///
///   fget
///     function to be used for getting an attribute value
///   fset
///     function to be used for setting an attribute value
///   fdel
///     function to be used for del'ing an attribute
///   doc
///     docstring
///
/// Typical use is to define a managed attribute x:
///
/// class C(object):
///     def getx(self): return self._x
///     def setx(self, value): self._x = value
///     def delx(self): del self._x
///     x = property(getx, setx, delx, "I'm the 'x' property.")
///
/// Decorators make defining new properties or modifying existing ones easy:
///
/// class C(object):
///     @property
///     def x(self):
///         "I am the 'x' property."
///         return self._x
///     @x.setter
///     def x(self, value):
///         self._x = value
///     @x.deleter
///     def x(self):
///         del self._x
#[pytype(name = "property", signature = "(fget=None, fset=None, fdel=None, doc=None)", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Property {
    pub fget: ValueCell,
    pub fset: ValueCell,
    pub fdel: ValueCell,
    doc: ValueCell,
    name: ValueCell,
    /// The docstring was taken from the getter.
    getter_doc: Cell<bool>,
}

impl Property {
    fn empty() -> Property {
        Property {
            fget: ValueCell::empty(),
            fset: ValueCell::empty(),
            fdel: ValueCell::empty(),
            doc: ValueCell::empty(),
            name: ValueCell::empty(),
            getter_doc: Cell::new(false),
        }
    }

    /// The name given by `__set_name__`, else the getter's.
    fn shown_name(&self, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(n) = self.name.get() {
            return Ok(Some(n));
        }
        match self.fget.get() {
            Some(f) => vm.lookup_attr(&f, &vm.names.__name__),
            None => Ok(None),
        }
    }

    fn missing(&self, vm: &Vm, obj: &Value, what: &str) -> Raised {
        let name = match self.shown_name(vm) {
            Ok(n) => n,
            Err(r) => return r,
        };
        let owner = vm.type_of(obj).qualname_str(vm);
        let owner = owner.to_string_lossy();
        match name {
            Some(n) => match vm.repr_text(&n) {
                Ok(n) => vm.raise_new(
                    &exc::AttributeError,
                    format_args!("property {n} of '{owner}' object has no {what}"),
                ),
                Err(r) => r,
            },
            None => {
                vm.raise_new(&exc::AttributeError, format_args!("property of '{owner}' object has no {what}"))
            }
        }
    }
}

fn get(vm: &Vm, p: &Value, obj: Option<&Value>, _: &Value) -> PyResult<Value> {
    let (Some(prop), Some(obj)) = (p.downcast::<Property>(), obj) else { return Ok(p.clone()) };
    match prop.fget.get() {
        Some(f) => vm.call1(&f, obj),
        None => Err(prop.missing(vm, obj, "getter")),
    }
}

fn set(vm: &Vm, p: &Value, obj: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(prop) = p.downcast::<Property>() else { return Err(vm.type_error("no property")) };
    match value {
        Some(v) => match prop.fset.get() {
            Some(f) => vm.call(&f, &[obj.clone(), v.clone()])?,
            None => return Err(prop.missing(vm, obj, "setter")),
        },
        None => match prop.fdel.get() {
            Some(f) => vm.call1(&f, obj)?,
            None => return Err(prop.missing(vm, obj, "deleter")),
        },
    };
    Ok(())
}

impl Slots for Property {
    const SLOTS: SlotDefs = SlotDefs { descr_get: Some(get), descr_set: Some(set), ..SlotDefs::NONE };
}

/// A copy with one function replaced, made by calling the property's class.
fn copy(
    vm: &Vm,
    old: &Gc<Property>,
    fget: Option<&Value>,
    fset: Option<&Value>,
    fdel: Option<&Value>,
) -> PyResult<Value> {
    let pick = |new: Option<&Value>, old: &ValueCell| match new {
        Some(v) if !v.is_none() => v.clone(),
        _ => old.get().unwrap_or(Value::NONE),
    };
    let get = pick(fget, &old.fget);
    let doc = if old.getter_doc.get() && !get.is_none() {
        Value::NONE
    } else {
        old.doc.get().unwrap_or(Value::NONE)
    };
    let ty = vm.type_of(old.as_value()).to_value();
    let new = vm.call(&ty, &[get, pick(fset, &old.fset), pick(fdel, &old.fdel), doc])?;
    if let (Some(p), Some(name)) = (new.downcast::<Property>(), old.name.get()) {
        p.name.set(Some(name));
    }
    Ok(new)
}

#[pymethods]
impl Property {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Property::empty())?.into_value())
    }

    #[pyinit("property(fget=None, fset=None, fdel=None, doc=None)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<Property>,
        fget: Option<&Value>,
        fset: Option<&Value>,
        fdel: Option<&Value>,
        doc: Option<&Value>,
    ) -> PyResult<()> {
        zelf.fget.set(fget.cloned());
        zelf.fset.set(fset.cloned());
        zelf.fdel.set(fdel.cloned());
        zelf.doc.set(None);
        zelf.name.set(None);
        zelf.getter_doc.set(false);
        let mut shown = doc.cloned();
        if shown.is_none()
            && let Some(f) = fget
            && let Some(d) = vm.lookup_attr(f, &vm.names.__doc__)?
            && !d.is_none()
        {
            zelf.getter_doc.set(true);
            shown = Some(d);
        }
        if vm.type_of(zelf.as_value()).is(&vm.native_type::<Property>()) {
            zelf.doc.set(shown);
            return Ok(());
        }
        // A subclass has a `__doc__` of its own, so the instance's must hide it.
        let value = shown.clone().unwrap_or(Value::NONE);
        let r = vm.set_attr(zelf.as_value(), &vm.names.__doc__, &value);
        if zelf.getter_doc.get() {
            return r;
        }
        // A docstring of one's own is dropped silently where there is no place for it.
        vm.suppress(r, &exc::AttributeError).map(drop)
    }

    /// Descriptor to obtain a copy of the property with a different getter.
    #[pymethod("getter($self, object, /)")]
    fn getter(vm: &Vm, zelf: &Gc<Property>, object: &Value) -> PyResult<Value> {
        copy(vm, zelf, Some(object), None, None)
    }

    /// Descriptor to obtain a copy of the property with a different setter.
    #[pymethod("setter($self, object, /)")]
    fn setter(vm: &Vm, zelf: &Gc<Property>, object: &Value) -> PyResult<Value> {
        copy(vm, zelf, None, Some(object), None)
    }

    /// Descriptor to obtain a copy of the property with a different deleter.
    #[pymethod("deleter($self, object, /)")]
    fn deleter(vm: &Vm, zelf: &Gc<Property>, object: &Value) -> PyResult<Value> {
        copy(vm, zelf, None, None, Some(object))
    }

    /// Method to set name of a property.
    #[pymethod(raw, "__set_name__($self, owner, name, /)")]
    fn set_name(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        match args.all {
            [zelf, _, name] if !args.has_keywords() => {
                if let Some(p) = zelf.downcast::<Property>() {
                    p.name.set(Some(name.clone()));
                }
                Ok(Value::NONE)
            }
            given => Err(vm.type_error(format_args!(
                "__set_name__() takes 2 positional arguments but {} were given",
                given.len().saturating_sub(1)
            ))),
        }
    }

    #[pymember("fget")]
    fn get_fget(_vm: &Vm, zelf: &Gc<Property>) -> Option<Value> {
        zelf.fget.get()
    }

    #[pymember("fset")]
    fn get_fset(_vm: &Vm, zelf: &Gc<Property>) -> Option<Value> {
        zelf.fset.get()
    }

    #[pymember("fdel")]
    fn get_fdel(_vm: &Vm, zelf: &Gc<Property>) -> Option<Value> {
        zelf.fdel.get()
    }

    #[pymember("__doc__")]
    fn get_doc(_vm: &Vm, zelf: &Gc<Property>) -> Option<Value> {
        zelf.doc.get()
    }

    #[pysetter("__doc__")]
    fn set_doc(vm: &Vm, zelf: &Gc<Property>, value: Option<&Value>) -> PyResult<()> {
        let _ = (vm, instance::has_attrs(zelf.as_value()));
        zelf.doc.set(value.cloned());
        Ok(())
    }

    #[pygetter("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<Property>) -> PyResult<Value> {
        match zelf.shown_name(vm)? {
            Some(n) => Ok(n),
            None => Err(vm.attribute_error(
                zelf.as_value(),
                &vm.names.__name__,
                format_args!("'{}' object has no attribute '__name__'", vm.type_of(zelf.as_value()).name()),
            )),
        }
    }

    #[pysetter("__name__")]
    fn set_own_name(_vm: &Vm, zelf: &Gc<Property>, value: Option<&Value>) -> PyResult<()> {
        zelf.name.set(value.cloned());
        Ok(())
    }

    #[pygetter("__isabstractmethod__")]
    fn get_abstract(vm: &Vm, zelf: &Gc<Property>) -> PyResult<bool> {
        for f in [zelf.fget.get(), zelf.fset.get(), zelf.fdel.get()].into_iter().flatten() {
            if crate::types::static_method::is_abstract(vm, &f)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
