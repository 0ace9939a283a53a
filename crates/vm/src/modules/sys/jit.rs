//! `sys._jit`: whether machine code is made from byte code. Not yet, so all three answers are no.

use crate::prelude::*;

#[pymodule(name = "sys._jit")]
mod functions {
    use super::*;

    /// Return True if the current Python executable supports JIT compilation, and False otherwise.
    #[pyfn("is_available()")]
    fn is_available(_vm: &Vm) -> bool {
        false
    }

    /// Return True if JIT compilation is enabled for the current Python process (implies sys._jit.is_available()), and
    /// False otherwise.
    #[pyfn("is_enabled()")]
    fn is_enabled(_vm: &Vm) -> bool {
        false
    }

    /// Return True if the topmost Python frame is currently executing JIT code (implies sys._jit.is_enabled()), and
    /// False otherwise.
    #[pyfn("is_active()")]
    fn is_active(_vm: &Vm) -> bool {
        false
    }
}

/// The module, for `sys._jit`.
pub fn module(vm: &Vm) -> PyResult<Value> {
    Ok(vm.new_native_module(&functions::MODULE)?.into_value())
}
