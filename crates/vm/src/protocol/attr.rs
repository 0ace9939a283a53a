//! Attribute access: `getattr`, `setattr`, generic look-up along the class and in the instance, descriptors.

use crate::errors::exc;
use crate::object::ValueExt;
use crate::types::descriptors::GetSetDescriptor;
use crate::types::module::Module;
use crate::types::typedef::F;
use crate::types::{Dict, Str, instance};
use crate::{PyResult, Raised, Value, Vm};
use taipan_heap::Gc;

/// What `load_method` found.
pub enum Method {
    /// To be called with the object as first argument.
    Unbound(Value),
    /// To be called as it is.
    Bound(Value),
}

impl Vm {
    /// `obj.name`.
    pub fn get_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Value> {
        self.check_stack()?;
        let r = match self.type_of(obj).slots.getattro.get() {
            Some(f) => f(self, obj, name.as_value()),
            None => self.generic_get_attr(obj, name),
        };
        r.inspect_err(|_| self.complete_attribute_error(obj, name))
    }

    /// An `AttributeError` that says neither whose attribute nor which was not there is told both, for suggestions.
    #[cold]
    fn complete_attribute_error(&self, obj: &Value, name: &Gc<Str>) {
        use crate::errors::exception::{NAME, OBJ, field, set_field};
        if !self.raised_is(&exc::AttributeError) {
            return;
        }
        let Some(e) = self.raised_get() else { return };
        let unset = |at| field(&e, at).is_none_or(|v| v.is_none());
        if unset(NAME) && unset(OBJ) {
            set_field(&e, NAME, Some(name.to_value()));
            set_field(&e, OBJ, Some(obj.clone()));
        }
    }

    /// `obj.name` for a name given as text.
    pub fn get_attr_str(&self, obj: &Value, name: &str) -> PyResult<Value> {
        self.get_attr(obj, &self.intern(name))
    }

    /// `obj.name`, or `None` (Rust) instead of an `AttributeError`.
    pub fn lookup_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
        let ty = self.type_of(obj);
        if ty
            .slots
            .getattro
            .get()
            .is_none_or(|f| std::ptr::fn_addr_eq(f, crate::types::slotdefs::GENERIC_GETATTRO))
        {
            return self.generic_lookup_attr(obj, name);
        }
        if let Some(cls) = obj.downcast::<crate::object::Type>()
            && ty.is(&self.types.type_)
        {
            let r = crate::types::class::lookup_on_type(self, cls.as_value(), name);
            return Ok(self.suppress(r, &exc::AttributeError)?.flatten());
        }
        if obj.downcast_exact::<Module>().is_some() {
            let r = crate::types::module::lookup(self, obj, name);
            return Ok(self.suppress(r, &exc::AttributeError)?.flatten());
        }
        let r = self.get_attr(obj, name);
        self.suppress(r, &exc::AttributeError)
    }

    pub fn lookup_attr_str(&self, obj: &Value, name: &str) -> PyResult<Option<Value>> {
        self.lookup_attr(obj, &self.intern(name))
    }

    /// `hasattr`.
    pub fn has_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<bool> {
        Ok(self.lookup_attr(obj, name)?.is_some())
    }

    /// `obj.name = value`.
    pub fn set_attr(&self, obj: &Value, name: &Gc<Str>, value: &Value) -> PyResult<()> {
        self.assign_attr(obj, name, Some(value))
    }

    pub fn set_attr_str(&self, obj: &Value, name: &str, value: &Value) -> PyResult<()> {
        self.set_attr(obj, &self.intern(name), value)
    }

    /// `del obj.name`.
    pub fn del_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<()> {
        self.assign_attr(obj, name, None)
    }

    pub fn assign_attr(&self, obj: &Value, name: &Gc<Str>, value: Option<&Value>) -> PyResult<()> {
        self.check_stack()?;
        match self.type_of(obj).slots.setattro.get() {
            Some(f) => f(self, obj, name.as_value(), value),
            None => self.generic_set_attr(obj, name, value),
        }
    }

    /// `object.__getattribute__`.
    pub fn generic_get_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Value> {
        match self.generic_find_attr(obj, name)? {
            Some(v) => Ok(v),
            None => Err(self.no_attribute(obj, name)),
        }
    }

    /// The generic look-up without an error at its end. A descriptor's `AttributeError` counts as absent.
    pub fn generic_lookup_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
        let r = self.generic_find_attr(obj, name);
        Ok(self.suppress(r, &exc::AttributeError)?.flatten())
    }

    /// The generic look-up: `None` (Rust) when there is no such attribute; what a descriptor raises is passed on.
    fn generic_find_attr(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
        self.check_stack()?;
        let ty = self.type_of(obj);
        let on_class = ty.lookup(self, name);
        let mut getter = None;
        if let Some(descr) = &on_class {
            let dt = self.type_of(descr);
            getter = dt.slots.descr_get.get();
            if let Some(get) = getter
                && dt.slots.descr_set.get().is_some()
            {
                if let Some(g) = descr.downcast_exact::<GetSetDescriptor>()
                    && (ty.is(&g.owner) || ty.is_subtype(&g.owner))
                {
                    return (g.def.get)(self, obj).map(Some);
                }
                let ty = ty.to_value();
                return get(self, descr, Some(obj), &ty).map(Some);
            }
        }
        if let Some(v) = instance::get(self, obj, name) {
            return Ok(Some(v));
        }
        if let Some(d) = instance::odd_dict(obj)
            && let Some(v) = d.get(self, name.as_value())?
        {
            return Ok(Some(v));
        }
        // A module keeps its dict in its native part.
        if let Some(m) = obj.downcast::<Module>()
            && let Some(v) = m.get(self, m, name)?
        {
            return Ok(Some(v));
        }
        match (on_class, getter) {
            (Some(descr), Some(get)) => {
                let ty = ty.to_value();
                get(self, &descr, Some(obj), &ty).map(Some)
            }
            (found, _) => Ok(found),
        }
    }

    /// `'X' object has no attribute 'y'`, with `name` and `obj` for suggestions.
    #[cold]
    pub fn no_attribute(&self, obj: &Value, name: &Gc<Str>) -> Raised {
        let ty = self.type_of(obj);
        self.attribute_error(
            obj,
            name,
            format_args!("'{}' object has no attribute '{}'", ty.tp_name(), name.to_string_lossy()),
        )
    }

    /// `object.__setattr__` and `object.__delattr__`.
    pub fn generic_set_attr(&self, obj: &Value, name: &Gc<Str>, value: Option<&Value>) -> PyResult<()> {
        self.check_stack()?;
        let ty = self.type_of(obj).clone();
        let on_class = ty.lookup(self, name);
        if let Some(descr) = &on_class
            && let Some(set) = self.type_of(descr).slots.descr_set.get()
        {
            return set(self, descr, obj, value);
        }
        if let Some(m) = obj.downcast::<Module>() {
            m.before_set(self, m, name)?;
        }
        let done = match (value, obj.downcast::<Module>()) {
            (Some(v), Some(m)) => {
                m.dict.set_str(self, &self.intern_str(name), v.clone());
                true
            }
            (None, Some(m)) => m.dict.remove_str(self, name).is_some(),
            (Some(v), None) => instance::set(self, obj, name, v.clone()).is_ok(),
            (None, None) => instance::delete(self, obj, name),
        };
        if done {
            return Ok(());
        }
        let shown = name.to_string_lossy();
        if instance::has_attrs(obj) || obj.is_instance_of::<Module>() {
            return Err(self.no_attribute(obj, name));
        }
        Err(if on_class.is_some() {
            self.attribute_error(
                obj,
                name,
                format_args!("'{}' object attribute '{shown}' is read-only", ty.tp_name()),
            )
        } else {
            self.attribute_error(
                obj,
                name,
                if ty
                    .slots
                    .setattro
                    .get()
                    .is_some_and(|f| !std::ptr::fn_addr_eq(f, crate::types::slotdefs::GENERIC_SETATTRO))
                {
                    format!("'{}' object has no attribute '{shown}'", ty.tp_name())
                } else {
                    format!(
                        "'{}' object has no attribute '{shown}' and no __dict__ for setting new attributes",
                        ty.tp_name()
                    )
                },
            )
        })
    }

    /// For `obj.name(…)`: the function and whether the object goes in front of the arguments, without making a bound
    /// method where that can be helped.
    pub fn get_method(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Method> {
        let ty = self.type_of(obj);
        if !ty
            .slots
            .getattro
            .get()
            .is_none_or(|f| std::ptr::fn_addr_eq(f, crate::types::slotdefs::GENERIC_GETATTRO))
        {
            return Ok(Method::Bound(self.get_attr(obj, name)?));
        }
        let on_class = ty.lookup(self, name);
        let mut getter = None;
        let mut method = false;
        if let Some(descr) = &on_class {
            let dt = self.type_of(descr);
            if dt.has_flags(F::METHOD_DESCRIPTOR) {
                method = true;
            } else {
                getter = dt.slots.descr_get.get();
                if let Some(get) = getter
                    && dt.slots.descr_set.get().is_some()
                {
                    let ty = ty.to_value();
                    return Ok(Method::Bound(get(self, descr, Some(obj), &ty)?));
                }
            }
        }
        if let Some(v) = instance::get(self, obj, name) {
            return Ok(Method::Bound(v));
        }
        if let Some(d) = instance::odd_dict(obj)
            && let Some(v) = d.get(self, name.as_value())?
        {
            return Ok(Method::Bound(v));
        }
        match on_class {
            Some(f) if method => Ok(Method::Unbound(f)),
            Some(descr) => match getter {
                Some(get) => {
                    let ty = ty.to_value();
                    Ok(Method::Bound(get(self, &descr, Some(obj), &ty)?))
                }
                None => Ok(Method::Bound(descr)),
            },
            None => Err(self.no_attribute(obj, name)),
        }
    }

    /// A special method looked up on the class, as implicit look-ups do it, bound to the object.
    pub fn lookup_special(&self, obj: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
        self.check_stack()?;
        let ty = self.type_of(obj).clone();
        match ty.lookup(self, name) {
            None => Ok(None),
            Some(f) => match self.type_of(&f).slots.descr_get.get() {
                Some(get) => Ok(Some(get(self, &f, Some(obj), ty.as_value())?)),
                None => Ok(Some(f)),
            },
        }
    }

    /// A special method looked up on the class and called: `None` (Rust) when the class has none.
    pub fn call_special(&self, obj: &Value, name: &Gc<Str>, args: &[Value]) -> PyResult<Option<Value>> {
        self.check_stack()?;
        let ty = self.type_of(obj).clone();
        let Some(f) = ty.lookup(self, name) else { return Ok(None) };
        let ft = self.type_of(&f);
        if ft.has_flags(F::METHOD_DESCRIPTOR) {
            let mut all = Vec::with_capacity(args.len() + 1);
            all.push(obj.clone());
            all.extend_from_slice(args);
            return Ok(Some(self.call(&f, &all)?));
        }
        let bound = match ft.slots.descr_get.get() {
            Some(get) => get(self, &f, Some(obj), ty.as_value())?,
            None => f,
        };
        Ok(Some(self.call(&bound, args)?))
    }

    /// The name argument of `getattr` and friends.
    pub fn attr_name<'a>(&self, name: &'a Value) -> PyResult<&'a Gc<Str>> {
        match name.downcast::<Str>() {
            Some(s) => Ok(s),
            None => Err(self.type_error(format_args!(
                "attribute name must be string, not '{}'",
                self.type_of(name).tp_name()
            ))),
        }
    }

    /// `obj.__dict__` as native code needs it.
    pub fn instance_dict(&self, obj: &Value) -> Option<Gc<Dict>> {
        instance::dict(self, obj)
    }
}
