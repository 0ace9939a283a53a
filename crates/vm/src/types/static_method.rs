//! `staticmethod`.

use crate::prelude::*;
use crate::types::instance;

/// Convert a function to be a static method.
///
/// A static method does not receive an implicit first argument.
/// To declare a static method, use this idiom:
///
///      class C:
///          @staticmethod
///          def f(arg1, arg2, argN):
///              ...
///
/// It can be called either on the class (e.g. C.f()) or on an instance
/// (e.g. C().f()). Both the class and the instance are ignored, and
/// neither is passed implicitly as the first argument to the method.
///
/// Static methods in Python are similar to those found in Java or C++.
/// For a more advanced concept, see the classmethod builtin.
#[pytype(name = "staticmethod", signature = "(function, /)", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace)]
pub struct StaticMethod {
    pub callable: ValueCell,
}

impl StaticMethod {
    pub fn make(vm: &Vm, f: &Value) -> Gc<StaticMethod> {
        let s = vm.alloc(StaticMethod { callable: ValueCell::new(Some(f.clone())) });
        copy_attributes(vm, s.as_value(), f);
        s
    }

    pub fn get(&self) -> Value {
        self.callable.get().unwrap_or(Value::NONE)
    }
}

/// What a wrapped function passes on to its wrapper. Native functions pass nothing on while the machine starts.
pub(crate) fn wrap(vm: &Vm, wrapper: &Value, f: &Value) -> PyResult<()> {
    for name in ["__module__", "__name__", "__qualname__", "__doc__"] {
        if let Some(v) = vm.lookup_attr_str(f, name)? {
            let _ = instance::set(vm, wrapper, &vm.intern(name), v);
        }
    }
    Ok(())
}

fn copy_attributes(vm: &Vm, wrapper: &Value, f: &Value) {
    if f.is_instance_of::<crate::types::builtin_function::BuiltinFunction>() {
        return;
    }
    if wrap(vm, wrapper, f).is_err() {
        drop(vm.take_raised());
    }
}

impl Slots for StaticMethod {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(|vm, s, args| match s.downcast::<StaticMethod>() {
            Some(s) => vm.call_args(&s.get(), args),
            None => Err(vm.not_callable(s)),
        }),
        descr_get: Some(|vm, s, _, _| match s.downcast::<StaticMethod>().and_then(|s| s.callable.get()) {
            Some(f) => Ok(f),
            None => Err(vm.runtime_error("uninitialized staticmethod object")),
        }),
        repr: Some(|vm, s| {
            let f = s.downcast::<StaticMethod>().map_or(Value::NONE, |s| s.get());
            Ok(vm.new_str(&format!("<staticmethod({})>", vm.repr_text(&f)?)).into_value())
        }),
        ..SlotDefs::NONE
    };
}

/// `__annotations__` and `__annotate__` come from the wrapped function and are kept once they were asked for.
pub(crate) fn forwarded(vm: &Vm, zelf: &Value, f: &Value, name: &str) -> PyResult<Value> {
    let name = vm.intern(name);
    if let Some(v) = instance::get(vm, zelf, &name) {
        return Ok(v);
    }
    let v = vm.get_attr(f, &name)?;
    let _ = instance::set(vm, zelf, &name, v.clone());
    Ok(v)
}

/// Sets or deletes an attribute that [`forwarded`] reads.
pub(crate) fn set_forwarded(vm: &Vm, zelf: &Value, name: &str, value: Option<&Value>) -> PyResult<()> {
    let name = vm.intern(name);
    match value {
        Some(v) => drop(instance::set(vm, zelf, &name, v.clone())),
        None => {
            if !instance::delete(vm, zelf, &name) {
                return Err(vm.attribute_error(zelf, &name, name.to_string_lossy()));
            }
        }
    }
    Ok(())
}

/// `__isabstractmethod__` of something wrapped.
pub(crate) fn is_abstract(vm: &Vm, f: &Value) -> PyResult<bool> {
    match vm.lookup_attr(f, &vm.names.__isabstractmethod__)? {
        Some(v) => vm.is_true(&v),
        None => Ok(false),
    }
}

#[pymethods]
impl StaticMethod {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, StaticMethod { callable: ValueCell::empty() })?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<StaticMethod>, args: CallArgs<'_>) -> PyResult<()> {
        let f = one_argument(vm, "staticmethod", args)?;
        zelf.callable.set(Some(f.clone()));
        wrap(vm, zelf.as_value(), f)
    }

    #[pymember("__func__")]
    fn get_func(_vm: &Vm, zelf: &Gc<StaticMethod>) -> Value {
        zelf.get()
    }

    #[pymember("__wrapped__")]
    fn get_wrapped(_vm: &Vm, zelf: &Gc<StaticMethod>) -> Value {
        zelf.get()
    }

    #[pygetter("__isabstractmethod__")]
    fn get_abstract(vm: &Vm, zelf: &Gc<StaticMethod>) -> PyResult<bool> {
        is_abstract(vm, &zelf.get())
    }

    #[pygetter("__annotations__")]
    fn get_annotations(vm: &Vm, zelf: &Gc<StaticMethod>) -> PyResult<Value> {
        forwarded(vm, zelf.as_value(), &zelf.get(), "__annotations__")
    }

    #[pysetter("__annotations__")]
    fn set_annotations(vm: &Vm, zelf: &Gc<StaticMethod>, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(vm, zelf.as_value(), "__annotations__", value)
    }

    #[pygetter("__annotate__")]
    fn get_annotate(vm: &Vm, zelf: &Gc<StaticMethod>) -> PyResult<Value> {
        forwarded(vm, zelf.as_value(), &zelf.get(), "__annotate__")
    }

    #[pysetter("__annotate__")]
    fn set_annotate(vm: &Vm, zelf: &Gc<StaticMethod>, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(vm, zelf.as_value(), "__annotate__", value)
    }

    #[pygetter("__dict__")]
    fn get_dict(vm: &Vm, zelf: &Gc<StaticMethod>) -> PyResult<Value> {
        (crate::types::descriptors::INSTANCE_DICT.get)(vm, zelf.as_value())
    }

    #[pysetter("__dict__")]
    fn set_dict(vm: &Vm, zelf: &Gc<StaticMethod>, value: Option<&Value>) -> PyResult<()> {
        crate::types::descriptors::set_instance_dict(vm, zelf.as_value(), value)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($cls, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }
}

/// The one positional argument of a wrapper type.
pub(crate) fn one_argument<'a>(vm: &Vm, name: &str, args: CallArgs<'a>) -> PyResult<&'a Value> {
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    match args.pos() {
        [f] => Ok(f),
        more => Err(vm.type_error(format_args!("{name} expected 1 argument, got {}", more.len()))),
    }
}
