//! The machine: objects, protocols, frames and the interpreter loop, the import machinery's native half and the modules
//! that show the machine itself. Knows neither parser nor compiler nor operating system: those come through the
//! traits `Frontend` and `Host`.
//!
//! Where things are: a type in `types/`, an operator's meaning in `protocol/`, an opcode in `interp/`, the way
//! native code is declared in `native/`, exceptions in `errors/`, limits in `breaker.rs`.

extern crate self as taipan_vm;

pub mod breaker;
pub mod errors;
pub mod frontend;
pub mod interp;
#[cfg(test)]
mod model_tests;
pub mod modules;
pub mod names;
pub mod native;
pub mod object;
pub mod protocol;
#[cfg(test)]
mod selftest;
pub mod turn;
pub mod types;
mod vm;

pub use errors::{PyResult, Raised};
pub use object::{Payload, Type, ValueExt};
pub use taipan_heap::cell::{GcCell, Guarded, ValueCell};
pub use taipan_heap::{Gc, Heap, Trace, Value, emergency};
pub use types::{Bytes, Dict, List, Str, Tuple};
pub use vm::{Config, Flags, FrozenModule, Interp, Vm};

/// What a file of native code needs.
pub mod prelude {
    pub use crate::errors::{PyResult, Raised};
    pub use crate::native::{Bound, CallArgs, FromArg, IntoPy};
    pub use crate::object::{Payload, Type, ValueExt};
    pub use crate::types::typedef::{CompareOp, F, SlotDefs, Slots, TypeDef};
    pub use crate::types::{Bytes, Dict, List, Str, Tuple};
    pub use crate::vm::Vm;
    pub use taipan_heap::cell::{GcCell, Guarded, ValueCell};
    pub use taipan_heap::{Gc, Trace, Value};
    pub use taipan_macros::{Trace, pymethods, pymodule, pytype};
}
