//! `classmethod`.

use crate::prelude::*;
use crate::types::static_method::{forwarded, is_abstract, one_argument, set_forwarded, wrap};

/// Convert a function to be a class method.
///
/// A class method receives the class as implicit first argument,
/// just like an instance method receives the instance.
/// To declare a class method, use this idiom:
///
///   class C:
///       @classmethod
///       def f(cls, arg1, arg2, argN):
///           ...
///
/// It can be called either on the class (e.g. C.f()) or on an instance
/// (e.g. C().f()).  The instance is ignored except for its class.
/// If a class method is called for a derived class, the derived class
/// object is passed as the implied first argument.
///
/// Class methods are different than C++ or Java static methods.
/// If you want those, see the staticmethod builtin.
#[pytype(name = "classmethod", signature = "(function, /)", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace)]
pub struct ClassMethod {
    pub callable: ValueCell,
}

impl ClassMethod {
    pub fn make(vm: &Vm, f: &Value) -> PyResult<Gc<ClassMethod>> {
        let c = vm.alloc(ClassMethod { callable: ValueCell::new(Some(f.clone())) });
        wrap(vm, c.as_value(), f)?;
        Ok(c)
    }

    pub fn get(&self) -> Value {
        self.callable.get().unwrap_or(Value::NONE)
    }
}

impl Slots for ClassMethod {
    const SLOTS: SlotDefs = SlotDefs {
        descr_get: Some(|vm, c, obj, ty| {
            let Some(f) = c.downcast::<ClassMethod>().and_then(|c| c.callable.get()) else {
                return Err(vm.runtime_error("uninitialized classmethod object"));
            };
            let cls = match (ty.is_none(), obj) {
                (true, Some(o)) => vm.type_of(o).to_value(),
                _ => ty.clone(),
            };
            Ok(vm.new_method(f, cls).into_value())
        }),
        repr: Some(|vm, c| {
            let f = c.downcast::<ClassMethod>().map_or(Value::NONE, |c| c.get());
            Ok(vm.new_str(&format!("<classmethod({})>", vm.repr_text(&f)?)).into_value())
        }),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl ClassMethod {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, ClassMethod { callable: ValueCell::empty() })?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<ClassMethod>, args: CallArgs<'_>) -> PyResult<()> {
        let f = one_argument(vm, "classmethod", args)?;
        zelf.callable.set(Some(f.clone()));
        wrap(vm, zelf.as_value(), f)
    }

    #[pymember("__func__")]
    fn get_func(_vm: &Vm, zelf: &Gc<ClassMethod>) -> Value {
        zelf.get()
    }

    #[pymember("__wrapped__")]
    fn get_wrapped(_vm: &Vm, zelf: &Gc<ClassMethod>) -> Value {
        zelf.get()
    }

    #[pygetter("__isabstractmethod__")]
    fn get_abstract(vm: &Vm, zelf: &Gc<ClassMethod>) -> PyResult<bool> {
        is_abstract(vm, &zelf.get())
    }

    #[pygetter("__annotations__")]
    fn get_annotations(vm: &Vm, zelf: &Gc<ClassMethod>) -> PyResult<Value> {
        forwarded(vm, zelf.as_value(), &zelf.get(), "__annotations__")
    }

    #[pysetter("__annotations__")]
    fn set_annotations(vm: &Vm, zelf: &Gc<ClassMethod>, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(vm, zelf.as_value(), "__annotations__", value)
    }

    #[pygetter("__annotate__")]
    fn get_annotate(vm: &Vm, zelf: &Gc<ClassMethod>) -> PyResult<Value> {
        forwarded(vm, zelf.as_value(), &zelf.get(), "__annotate__")
    }

    #[pysetter("__annotate__")]
    fn set_annotate(vm: &Vm, zelf: &Gc<ClassMethod>, value: Option<&Value>) -> PyResult<()> {
        set_forwarded(vm, zelf.as_value(), "__annotate__", value)
    }

    #[pygetter("__dict__")]
    fn get_dict(vm: &Vm, zelf: &Gc<ClassMethod>) -> PyResult<Value> {
        (crate::types::descriptors::INSTANCE_DICT.get)(vm, zelf.as_value())
    }

    #[pysetter("__dict__")]
    fn set_dict(vm: &Vm, zelf: &Gc<ClassMethod>, value: Option<&Value>) -> PyResult<()> {
        crate::types::descriptors::set_instance_dict(vm, zelf.as_value(), value)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($cls, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }
}
