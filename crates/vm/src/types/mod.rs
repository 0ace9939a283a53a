//! The built-in types, one file or folder each, and the table of those that the machine itself names.

pub mod bool_;
pub mod buffer;
pub mod builtin_function;
pub mod builtins_mapping;
pub mod bytearray;
pub mod bytes_;
pub mod bytes_methods;
pub mod cell;
pub mod class;
pub mod class_method;
pub mod code;
mod code_data;
pub mod code_parts;
pub mod code_tables;
pub mod complex;
pub mod descriptors;
pub mod dict;
pub mod dict_methods;
pub mod dict_views;
pub mod float;
pub mod frame_object;
pub mod function;
pub mod generator;
pub mod generic_alias;
pub mod hamt;
pub mod hamt_methods;
pub mod instance;
pub mod int;
pub mod iterators;
pub mod list;
pub mod list_methods;
pub mod mappingproxy;
pub mod memory_items;
pub mod memoryview;
pub mod module;
pub mod namespace;
pub mod numbers;
pub mod object;
pub mod object_methods;
pub mod property;
pub mod python_buffer;
pub mod range;
pub mod repr_guard;
pub mod set;
pub mod set_table;
pub mod singletons;
pub mod slice;
pub mod slot_functions;
pub mod slotdefs;
pub mod sort;
pub mod static_method;
pub mod str_;
pub mod str_methods;
pub mod structseq;
pub mod super_;
pub mod table;
pub mod template;
pub mod traceback;
pub mod tuple;
pub mod tuple_methods;
pub mod type_;
pub mod type_methods;
pub mod typedef;
pub mod union;
pub mod weakref;

pub use bytes_::Bytes;
pub use dict::Dict;
pub use list::List;
pub use str_::Str;
pub use tuple::Tuple;

use crate::Vm;
use crate::object::{Payload, Type};
use taipan_heap::Gc;

macro_rules! core_types {
    ($($field:ident: $payload:ty,)*) => {
        /// Class objects that the machine refers to by name. Made when the interpreter starts, in this order.
        pub struct Types { $(pub $field: Gc<Type>,)* }

        impl Types {
            /// Collects the class objects after `bootstrap` made the first ones.
            pub(crate) fn collect(vm: &Vm) -> Types {
                Types { $($field: vm.type_for(<$payload as Payload>::def()),)* }
            }
        }
    };
}

core_types! {
    object: object::Object,
    type_: type_::PyType,
    int: numbers::Int,
    bool: numbers::Bool,
    float: numbers::Float,
    str: str_::Str,
    bytes: bytes_::Bytes,
    tuple: tuple::Tuple,
    list: list::List,
    dict: dict::Dict,
    set: set::Set,
    frozenset: set::FrozenSet,
    none_type: singletons::NoneType,
    ellipsis: singletons::EllipsisType,
    not_implemented: singletons::NotImplementedType,
}
