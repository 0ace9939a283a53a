//! `_pickle`: writes objects as pickles and reads them back.
//!
//! Writing: `pickler.rs` (the class), `save.rs` (values), `reduce.rs` (what `__reduce__` says), `global.rs` (names),
//! `output.rs` (frames), `memo.rs`. Reading: `unpickler.rs` (the class), `load.rs` (the loop), `build.rs` (objects),
//! `input.rs`. A pickle may come from anywhere: every size in one is checked against what is there.

mod buffer;
mod build;
mod global;
mod input;
mod load;
mod memo;
mod op;
mod output;
mod pickler;
mod reduce;
mod save;
mod tables;
mod unpickler;

pub use buffer::PickleBuffer;
pub use memo::{PicklerMemoProxy, UnpicklerMemoProxy};
pub use pickler::Pickler;
pub use unpickler::Unpickler;

use taipan_vm::errors::exc;
use taipan_vm::native_exception;
use taipan_vm::prelude::*;

native_exception!(pub PICKLE_ERROR = "_pickle", "PickleError"(&exc::Exception) "");
native_exception!(pub PICKLING_ERROR = "_pickle", "PicklingError"(&PICKLE_ERROR) "");
native_exception!(pub UNPICKLING_ERROR = "_pickle", "UnpicklingError"(&PICKLE_ERROR) "");

#[cold]
fn pickling_error(vm: &Vm, msg: impl std::fmt::Display) -> Raised {
    vm.raise_new(&PICKLING_ERROR, msg)
}

#[cold]
fn unpickling_error(vm: &Vm, msg: impl std::fmt::Display) -> Raised {
    vm.raise_new(&UNPICKLING_ERROR, msg)
}

/// Optimized C implementation for the Python pickle module.
#[pymodule(name = "_pickle")]
pub mod pickle {
    use super::*;

    pytypes!(PickleBuffer, Pickler, Unpickler);

    #[pyconst("PickleError")]
    fn pickle_error(vm: &Vm) -> Value {
        vm.type_for(&PICKLE_ERROR).into_value()
    }

    #[pyconst("PicklingError")]
    fn pickling_error_class(vm: &Vm) -> Value {
        vm.type_for(&PICKLING_ERROR).into_value()
    }

    #[pyconst("UnpicklingError")]
    fn unpickling_error_class(vm: &Vm) -> Value {
        vm.type_for(&UNPICKLING_ERROR).into_value()
    }

    /// Write a pickled representation of obj to the open file object file.
    ///
    /// This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may
    /// be more efficient.
    ///
    /// The optional *protocol* argument tells the pickler to use the given
    /// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
    /// protocol is 5.
    #[pyfn("dump(obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)")]
    fn dump(
        vm: &Vm,
        obj: &Value,
        file: &Value,
        protocol: &Value,
        fix_imports: bool,
        buffer_callback: &Value,
    ) -> PyResult<()> {
        let p = Pickler::default();
        p.set_protocol(vm, protocol, fix_imports)?;
        p.set_file(vm, file)?;
        p.set_callback(vm, buffer_callback)?;
        save::dump(vm, &p, None, obj)?;
        Ok(())
    }

    /// Return the pickled representation of the object as a bytes object.
    ///
    /// The optional *protocol* argument tells the pickler to use the given
    /// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
    /// protocol is 5.
    #[pyfn("dumps(obj, protocol=None, *, fix_imports=True, buffer_callback=None)")]
    fn dumps(
        vm: &Vm,
        obj: &Value,
        protocol: &Value,
        fix_imports: bool,
        buffer_callback: &Value,
    ) -> PyResult<Value> {
        let p = Pickler::default();
        p.set_protocol(vm, protocol, fix_imports)?;
        p.set_callback(vm, buffer_callback)?;
        let out = save::dump(vm, &p, None, obj)?;
        Ok(vm.try_new_bytes(&out)?.into_value())
    }

    /// Read and return an object from the pickle data stored in a file.
    ///
    /// This is equivalent to ``Unpickler(file).load()``, but may be more
    /// efficient.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    #[pyfn("load(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
    fn load(
        vm: &Vm,
        file: &Value,
        fix_imports: bool,
        encoding: &Value,
        errors: &Value,
        #[raw] buffers: Option<&Value>,
    ) -> PyResult<Value> {
        let u = Unpickler::default();
        u.set_file(vm, file)?;
        u.set_options(vm, fix_imports, encoding, errors, buffers)?;
        load::load(vm, &u, None)
    }

    /// Read and return an object from the given pickle data.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    #[pyfn("loads(data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
    fn loads(
        vm: &Vm,
        data: &Value,
        fix_imports: bool,
        encoding: &Value,
        errors: &Value,
        #[raw] buffers: Option<&Value>,
    ) -> PyResult<Value> {
        let u = Unpickler::default();
        u.set_data(vm, data)?;
        u.set_options(vm, fix_imports, encoding, errors, buffers)?;
        load::load(vm, &u, None)
    }
}
