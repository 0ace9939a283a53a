//! `errno`.

use crate::errors::errno::{NAMES, PREFERRED};
use crate::prelude::*;

/// This module makes available standard errno system symbols.
///
/// The value of each symbol is the corresponding integer value,
/// e.g., on most systems, errno.ENOENT equals the integer 2.
///
/// The dictionary errno.errorcode maps numeric codes to symbol names,
/// e.g., errno.errorcode[2] could be the string 'ENOENT'.
///
/// Symbols that are not relevant to the underlying system are not defined.
///
/// To map error codes to error messages, use os.strerror(),
/// e.g. os.strerror(2) could return 'No such file or directory'.
#[pymodule(name = "errno")]
pub mod errno {
    use super::*;

    #[pyconst("errorcode")]
    fn errorcode(vm: &Vm) -> PyResult<Gc<Dict>> {
        let d = vm.new_dict();
        for (name, n) in NAMES {
            let name = PREFERRED.iter().find(|(k, _)| k == n).map_or(*name, |(_, name)| *name);
            d.set(vm, &vm.new_int(*n as i64), vm.intern(name).into_value())?;
        }
        Ok(d)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in NAMES {
            vm.set_attr_str(module, name, &vm.new_int(*n as i64))?;
        }
        Ok(())
    }
}
