//! The slots, methods and attributes of `type`.

use crate::prelude::*;
use crate::types::class::{self, *};
use crate::types::instance;
use crate::types::mappingproxy::MappingProxy;
use crate::types::type_::PyType;

/// type(object) -> the object's type
/// type(name, bases, dict, **kwds) -> a new type
#[pytype(name = "type", flags(BASETYPE, GC, TYPE_SUBCLASS, WEAKREF))]
impl Slots for PyType {
    const SLOTS: SlotDefs = SlotDefs {
        new: Some(type_new),
        init: Some(type_init),
        call: Some(type_call),
        repr: Some(type_repr),
        getattro: Some(type_getattro),
        setattro: Some(type_setattro),
        or: Some(crate::types::union::or_types),
        ..SlotDefs::NONE
    };
}

/// Whether an attribute of the class may be set; `None` (value) asks about deletion.
fn check_settable<'a>(vm: &Vm, ty: &Gc<Type>, name: &str, value: Option<&'a Value>) -> PyResult<&'a Value> {
    if ty.has_flags(F::IMMUTABLE) {
        return Err(vm.type_error(format_args!(
            "cannot set '{name}' attribute of immutable type '{}'",
            dotted_name(vm, ty)
        )));
    }
    match value {
        Some(v) => {
            crate::modules::sys::audit_set(vm, ty.as_value(), name, v)?;
            Ok(v)
        }
        None => Err(
            vm.type_error(format_args!("cannot delete '{name}' attribute of immutable type '{}'", ty.name()))
        ),
    }
}

fn no_type_attribute(vm: &Vm, ty: &Gc<Type>, name: &str) -> Raised {
    vm.attribute_error(
        ty.as_value(),
        &vm.intern(name),
        format_args!("type object '{}' has no attribute '{name}'", ty.name()),
    )
}

/// A value of the class's dict as access through the class gives it.
fn bound(vm: &Vm, ty: &Gc<Type>, v: Value) -> PyResult<Value> {
    match vm.type_of(&v).slots.descr_get.get() {
        Some(get) => get(vm, &v, None, ty.as_value()),
        None => Ok(v),
    }
}

fn annotate_of(vm: &Vm, ty: &Gc<Type>) -> PyResult<Value> {
    if !ty.is_heap_type() {
        return Err(no_type_attribute(vm, ty, "__annotate__"));
    }
    // One that the class's own code defined comes before the compiler's.
    for name in [&vm.names.__annotate__, &vm.names.__annotate_func__] {
        if let Some(v) = ty.own(vm, name) {
            return bound(vm, ty, v);
        }
    }
    set_own(vm, ty, &vm.names.__annotate_func__, Some(&Value::NONE))?;
    Ok(Value::NONE)
}

/// The signature that the docstring of a class begins with, in the way of native ones: `Name(...)`, then `--`.
fn written_signature(vm: &Vm, zelf: &Gc<PyType>) -> Option<Value> {
    let doc = zelf.own(vm, &vm.names.__doc__)?;
    let doc = doc.downcast::<Str>()?.as_str()?;
    let name = zelf.name().to_string();
    let rest = doc.strip_prefix(name.as_str())?;
    let end = rest.find(")\n--\n\n")?;
    let text = rest.get(..=end).filter(|t| t.starts_with('('))?;
    Some(vm.new_str(text).into_value())
}

#[pymethods]
impl PyType {
    /// Return a type's method resolution order.
    #[pymethod("mro($self, /)")]
    fn py_mro(vm: &Vm, zelf: &Gc<PyType>) -> PyResult<Value> {
        let order = default_mro(vm, zelf)?;
        Ok(vm.new_list(order.into_iter().map(|t| t.into_value()).collect()).into_value())
    }

    /// Return a list of immediate subclasses.
    #[pymethod("__subclasses__($self, /)")]
    fn py_subclasses(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        vm.new_list(zelf.subclasses_alive().into_iter().map(|t| t.into_value()).collect()).into_value()
    }

    /// Create the namespace for the class statement
    #[pyclassmethod(raw, "__prepare__($cls, name, bases, /, **kwds)")]
    fn py_prepare(vm: &Vm, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.new_dict().into_value())
    }

    /// Check if an object is an instance.
    #[pymethod("__instancecheck__($self, instance, /)")]
    fn py_instancecheck(vm: &Vm, zelf: &Value, instance: &Value) -> PyResult<bool> {
        vm.real_is_instance(instance, zelf)
    }

    /// Check if a class is a subclass.
    #[pymethod("__subclasscheck__($self, subclass, /)")]
    fn py_subclasscheck(vm: &Vm, zelf: &Value, subclass: &Value) -> PyResult<bool> {
        vm.real_is_subclass(subclass, zelf)
    }

    /// Specialized __dir__ implementation for types.
    #[pymethod("__dir__($self, /)")]
    fn py_dir(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let out = vm.new_dict();
        class::merge_class_names(vm, &out, zelf)?;
        Ok(vm.new_list(out.pairs().into_iter().map(|(k, _)| k).collect()).into_value())
    }

    /// Return memory consumption of the type object.
    #[pymethod("__sizeof__($self, /)")]
    fn py_sizeof(vm: &Vm, zelf: &Gc<PyType>) -> i64 {
        size_of::<PyType>() as i64 + zelf.dict(vm).table.byte_size() as i64
    }

    #[pymember("__basicsize__")]
    fn get_basicsize(_vm: &Vm, zelf: &Gc<PyType>) -> i64 {
        class::basic_size(zelf)
    }

    #[pymember("__itemsize__")]
    fn get_itemsize(_vm: &Vm, zelf: &Gc<PyType>) -> i64 {
        class::item_size(zelf)
    }

    #[pymember("__flags__")]
    fn get_flags(_vm: &Vm, zelf: &Gc<PyType>) -> i64 {
        // Bits of our own stay inside; the type is always ready.
        let own = F::HAS_DICT | F::WEAKREF | F::NO_NEW | F::BASE_PAYLOAD;
        let mut f = zelf.flags.get() & !own | 1 << 12;
        if zelf.slots.new.get().is_none() {
            f |= F::NO_NEW;
        }
        // CPython makes the types of its modules at run time, except for the few that belong to the interpreter.
        if !matches!(zelf.def.module, "builtins" | "types" | "weakref" | "sys" | "contextvars") {
            f |= F::HEAPTYPE;
        }
        if zelf.is_heap_type() {
            if zelf.has_weakref.get() {
                f |= 1 << 3;
            }
            if zelf.has_dict.get() {
                f |= 1 << 4;
            }
        }
        f as i64
    }

    #[pymember("__weakrefoffset__")]
    fn get_weakrefoffset(_vm: &Vm, zelf: &Gc<PyType>) -> i64 {
        match (zelf.has_weakref.get(), zelf.is_heap_type()) {
            (false, _) => 0,
            (true, true) => -32,
            (true, false) => 16,
        }
    }

    #[pymember("__dictoffset__")]
    fn get_dictoffset(_vm: &Vm, zelf: &Gc<PyType>) -> i64 {
        match (zelf.has_dict.get(), zelf.is_heap_type()) {
            (false, _) => 0,
            (true, true) => -1,
            (true, false) => 16,
        }
    }

    #[pymember("__base__")]
    fn get_base(_vm: &Vm, zelf: &Gc<PyType>) -> Option<Gc<PyType>> {
        zelf.base.get()
    }

    #[pygetter("__bases__")]
    fn get_bases(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        if let Some(given) = zelf.bases_tuple.get() {
            return given;
        }
        vm.new_tuple(zelf.bases.with(|b| b.iter().map(|t| t.to_value()).collect())).into_value()
    }

    #[pysetter("__bases__")]
    fn set_bases(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let v = check_settable(vm, zelf, "__bases__", value)?;
        class::set_bases(vm, zelf, v)
    }

    #[pygetter("__mro__")]
    fn get_mro(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        class::mro_tuple(vm, zelf)
    }

    #[pygetter("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        zelf.name_str(vm).into_value()
    }

    #[pysetter("__name__")]
    fn py_set_name(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let v = check_settable(vm, zelf, "__name__", value)?;
        let Some(s) = v.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "can only assign string to {}.__name__, not '{}'",
                zelf.name(),
                vm.type_of(v).name()
            )));
        };
        if s.as_bytes().contains(&0) {
            return Err(vm.value_error("type name must not contain null characters"));
        }
        if s.as_str().is_none() {
            return Err(vm.surrogate_error(s));
        }
        zelf.set_name(s.clone());
        Ok(())
    }

    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        zelf.qualname_str(vm).into_value()
    }

    #[pysetter("__qualname__")]
    fn py_set_qualname(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let v = check_settable(vm, zelf, "__qualname__", value)?;
        let Some(s) = v.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "can only assign string to {}.__qualname__, not '{}'",
                zelf.name(),
                vm.type_of(v).name()
            )));
        };
        zelf.set_qualname(s.clone());
        Ok(())
    }

    #[pygetter("__module__")]
    fn get_module(vm: &Vm, zelf: &Gc<PyType>) -> PyResult<Value> {
        if !zelf.is_heap_type() {
            return Ok(vm.intern(zelf.def.module).into_value());
        }
        match zelf.own(vm, &vm.names.__module__) {
            Some(m) => Ok(m),
            None => Err(vm.attribute_error(zelf.as_value(), &vm.names.__module__, "__module__")),
        }
    }

    #[pysetter("__module__")]
    fn set_module(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let v = check_settable(vm, zelf, "__module__", value)?;
        drop(zelf.dict(vm).remove_str(vm, &vm.intern("__firstlineno__")));
        set_own(vm, zelf, &vm.names.__module__, Some(v))
    }

    #[pygetter("__abstractmethods__")]
    fn get_abstractmethods(vm: &Vm, zelf: &Gc<PyType>) -> PyResult<Value> {
        let found = if zelf.is(&vm.types.type_) { None } else { zelf.own(vm, &vm.names.__abstractmethods__) };
        match found {
            Some(v) => Ok(v),
            None => {
                Err(vm.attribute_error(zelf.as_value(), &vm.names.__abstractmethods__, "__abstractmethods__"))
            }
        }
    }

    #[pysetter("__abstractmethods__")]
    fn set_abstractmethods(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let flag = match value {
            Some(v) => {
                let on = vm.is_true(v)?;
                set_own(vm, zelf, &vm.names.__abstractmethods__, Some(v))?;
                on
            }
            None => {
                if zelf.own(vm, &vm.names.__abstractmethods__).is_none() {
                    return Err(vm.attribute_error(
                        zelf.as_value(),
                        &vm.names.__abstractmethods__,
                        "__abstractmethods__",
                    ));
                }
                set_own(vm, zelf, &vm.names.__abstractmethods__, None)?;
                false
            }
        };
        let f = zelf.flags.get();
        zelf.flags.set(if flag { f | F::ABSTRACT } else { f & !F::ABSTRACT });
        zelf.modified();
        Ok(())
    }

    #[pygetter("__dict__")]
    fn get_dict(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        MappingProxy::make(vm, zelf.dict(vm).as_value()).into_value()
    }

    #[pygetter("__doc__")]
    fn get_doc(vm: &Vm, zelf: &Gc<PyType>) -> PyResult<Value> {
        if !zelf.is_heap_type() && !zelf.def.doc.is_empty() {
            return Ok(vm.new_str(zelf.def.doc).into_value());
        }
        match zelf.own(vm, &vm.names.__doc__) {
            Some(v) => bound(vm, zelf, v),
            None => Ok(Value::NONE),
        }
    }

    #[pysetter("__doc__")]
    fn set_doc(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let v = check_settable(vm, zelf, "__doc__", value)?;
        set_own(vm, zelf, &vm.names.__doc__, Some(v))
    }

    #[pygetter("__text_signature__")]
    fn get_text_signature(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        if zelf.is_heap_type() {
            return written_signature(vm, zelf).unwrap_or(Value::NONE);
        }
        if zelf.def.signature.is_empty() {
            return Value::NONE;
        }
        vm.new_str(zelf.def.signature).into_value()
    }

    #[pygetter("__annotations__")]
    fn get_annotations(vm: &Vm, zelf: &Gc<PyType>) -> PyResult<Value> {
        if !zelf.is_heap_type() {
            return Err(no_type_attribute(vm, zelf, "__annotations__"));
        }
        for name in [&vm.names.__annotations__, &vm.names.__annotations_cache__] {
            if let Some(v) = zelf.own(vm, name) {
                return bound(vm, zelf, v);
            }
        }
        let annotate = annotate_of(vm, zelf)?;
        let found = if vm.is_callable(&annotate) {
            let d = vm.call1(&annotate, &vm.new_int(1))?;
            if !d.is_instance_of::<Dict>() {
                return Err(vm.type_error(format_args!(
                    "__annotate__ returned non-dict of type '{}'",
                    vm.type_of(&d).name()
                )));
            }
            d
        } else {
            vm.new_dict().into_value()
        };
        set_own(vm, zelf, &vm.names.__annotations_cache__, Some(&found))?;
        Ok(found)
    }

    #[pysetter("__annotations__")]
    fn set_annotations(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        if zelf.has_flags(F::IMMUTABLE) {
            return Err(vm.type_error(format_args!(
                "cannot set '__annotations__' attribute of immutable type '{}'",
                dotted_name(vm, zelf)
            )));
        }
        let plain = zelf.own(vm, &vm.names.__annotations__).is_some();
        let cached = zelf.own(vm, &vm.names.__annotations_cache__).is_some();
        match value {
            Some(v) => {
                let name = if plain { &vm.names.__annotations__ } else { &vm.names.__annotations_cache__ };
                set_own(vm, zelf, name, Some(v))?;
            }
            None => {
                if !plain && !cached {
                    return Err(vm.attribute_error(
                        zelf.as_value(),
                        &vm.names.__annotations__,
                        "__annotations__",
                    ));
                }
                if plain {
                    set_own(vm, zelf, &vm.names.__annotations__, None)?;
                }
                if cached {
                    set_own(vm, zelf, &vm.names.__annotations_cache__, None)?;
                }
            }
        }
        for name in [&vm.names.__annotate__, &vm.names.__annotate_func__] {
            if zelf.own(vm, name).is_some() {
                set_own(vm, zelf, name, None)?;
            }
        }
        Ok(())
    }

    #[pygetter("__annotate__")]
    fn get_annotate(vm: &Vm, zelf: &Gc<PyType>) -> PyResult<Value> {
        annotate_of(vm, zelf)
    }

    #[pysetter("__annotate__")]
    fn set_annotate(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let Some(v) = value else {
            return Err(vm.type_error("cannot delete __annotate__ attribute"));
        };
        if zelf.has_flags(F::IMMUTABLE) {
            return Err(vm.type_error(format_args!(
                "cannot set '__annotate__' attribute of immutable type '{}'",
                dotted_name(vm, zelf)
            )));
        }
        if !v.is_none() && !vm.is_callable(v) {
            return Err(vm.type_error("__annotate__ must be callable or None"));
        }
        set_own(vm, zelf, &vm.names.__annotate_func__, Some(v))?;
        if !v.is_none() && zelf.own(vm, &vm.names.__annotations_cache__).is_some() {
            set_own(vm, zelf, &vm.names.__annotations_cache__, None)?;
        }
        let _ = instance::has_attrs(v);
        Ok(())
    }

    #[pygetter("__type_params__")]
    fn get_type_params(vm: &Vm, zelf: &Gc<PyType>) -> Value {
        if zelf.is(&vm.types.type_) {
            return vm.names.empty_tuple.to_value();
        }
        zelf.own(vm, &vm.names.__type_params__).unwrap_or_else(|| vm.names.empty_tuple.to_value())
    }

    #[pysetter("__type_params__")]
    fn set_type_params(vm: &Vm, zelf: &Gc<PyType>, value: Option<&Value>) -> PyResult<()> {
        let v = check_settable(vm, zelf, "__type_params__", value)?;
        set_own(vm, zelf, &vm.names.__type_params__, Some(v))
    }
}
