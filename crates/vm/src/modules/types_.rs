//! `_types`: the built-in types that have no name in `builtins`, for module `types`.

use crate::object::Payload;
use crate::prelude::*;
use crate::types;
use crate::types::typedef::TypeDef;

/// Capsule objects let you wrap a C "void *" pointer in a Python
/// object.  They're a way of passing data through the Python interpreter
/// without creating your own custom type.
///
/// Capsules are used for communication between extension modules.
/// They provide a way for an extension module to export a C interface
/// to other extension modules, so that extension modules can use the
/// Python import mechanism to link to one another.
#[pytype(name = "PyCapsule", flags(GC, NO_NEW), no_methods, no_slots)]
#[derive(Trace)]
pub struct Capsule {}

/// Names and types. There are no capsules yet; their class is what annotations refer to.
const ROWS: &[(&str, fn() -> &'static TypeDef)] = &[
    ("AsyncGeneratorType", <types::generator::AsyncGenerator as Payload>::def),
    ("BuiltinFunctionType", <types::builtin_function::BuiltinFunction as Payload>::def),
    ("BuiltinMethodType", <types::builtin_function::BuiltinFunction as Payload>::def),
    ("CapsuleType", <Capsule as Payload>::def),
    ("CellType", <types::cell::Cell as Payload>::def),
    ("ClassMethodDescriptorType", <types::descriptors::ClassMethodDescriptor as Payload>::def),
    ("CodeType", <types::code::Code as Payload>::def),
    ("CoroutineType", <types::generator::Coroutine as Payload>::def),
    ("FrameType", <types::frame_object::FrameObject as Payload>::def),
    ("FunctionType", <types::function::Function as Payload>::def),
    ("GeneratorType", <types::generator::Generator as Payload>::def),
    ("GenericAlias", <types::generic_alias::GenericAlias as Payload>::def),
    ("GetSetDescriptorType", <types::descriptors::GetSetDescriptor as Payload>::def),
    ("LambdaType", <types::function::Function as Payload>::def),
    ("MappingProxyType", <types::mappingproxy::MappingProxy as Payload>::def),
    ("MemberDescriptorType", <types::descriptors::MemberDescriptor as Payload>::def),
    ("MethodDescriptorType", <types::descriptors::MethodDescriptor as Payload>::def),
    ("MethodType", <types::function::Method as Payload>::def),
    ("MethodWrapperType", <types::descriptors::MethodWrapper as Payload>::def),
    ("ModuleType", <types::module::Module as Payload>::def),
    ("SimpleNamespace", <types::namespace::Namespace as Payload>::def),
    ("TracebackType", <types::traceback::Traceback as Payload>::def),
    ("UnionType", <types::union::Union as Payload>::def),
    ("WrapperDescriptorType", <types::descriptors::WrapperDescriptor as Payload>::def),
];

/// Define names for built-in types.
#[pymodule(name = "_types")]
pub mod builtin_types {
    use super::*;

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, def) in ROWS {
            vm.set_attr_str(module, name, vm.type_for(def()).as_value())?;
        }
        vm.set_attr_str(module, "EllipsisType", vm.types.ellipsis.as_value())?;
        vm.set_attr_str(module, "NoneType", vm.types.none_type.as_value())?;
        vm.set_attr_str(module, "NotImplementedType", vm.types.not_implemented.as_value())
    }
}
