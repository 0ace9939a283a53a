//! Module `_weakref`.

use crate::prelude::*;
use crate::types::weakref::{CallableProxy, Proxy, WeakRef, new_proxy};

/// Weak-reference support module.
#[pymodule(name = "_weakref")]
pub mod weakref {
    use super::*;

    /// Return the number of weak references to 'object'.
    #[pyfn("getweakrefcount(object, /)")]
    fn getweakrefcount(vm: &Vm, object: &Value) -> usize {
        vm.weakrefs.of(object).len()
    }

    /// Return a list of all weak reference objects pointing to 'object'.
    #[pyfn("getweakrefs(object, /)")]
    fn getweakrefs(vm: &Vm, object: &Value) -> Vec<Value> {
        vm.weakrefs.of(object)
    }

    /// Create a proxy object that weakly references 'object'.
    ///
    /// 'callback', if given, is called with a reference to the
    /// proxy when 'object' is about to be finalized.
    #[pyfn("proxy(object, callback=None, /)")]
    fn proxy(vm: &Vm, object: &Value, callback: Option<&Value>) -> PyResult<Value> {
        new_proxy(vm, object, callback)
    }

    /// Atomically remove key from dict if it points to a dead weakref.
    #[pyfn("_remove_dead_weakref(dct, key, /)")]
    fn remove_dead_weakref(vm: &Vm, dct: &Gc<Dict>, key: &Value) -> PyResult<()> {
        let Some(v) = dct.get(vm, key)? else { return Ok(()) };
        let Some(r) = v.downcast::<WeakRef>() else { return Err(vm.type_error("not a weakref")) };
        if r.link.get().is_none() {
            drop(dct.remove(vm, key)?);
        }
        Ok(())
    }

    pytypes!(Proxy, CallableProxy, WeakRef);

    #[pyconst("ref")]
    fn ref_type(vm: &Vm) -> Value {
        vm.native_type::<WeakRef>().into_value()
    }
}
