//! `_sysconfig`: the build's facts that only the binary knows.

use crate::prelude::*;

/// A helper for the sysconfig module.
#[pymodule(name = "_sysconfig")]
pub mod sysconfig {
    use super::*;

    /// Returns a dictionary containing build variables intended to be exposed by sysconfig.
    #[pyfn("config_vars()")]
    fn config_vars(vm: &Vm) -> Value {
        let vars = vm.new_dict();
        vars.set_str(vm, &vm.intern("Py_GIL_DISABLED"), vm.new_int(0));
        vars.into_value()
    }
}
