//! What the object model asks of the running program: the frame that calls a native function, bound methods, imports.

use crate::prelude::*;

// A function with the object that goes in front of its arguments, until `types/function.rs` brings the real one.
#[pytype(name = "method", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
struct PlainMethod {
    func: Value,
    zelf: Value,
}

impl Slots for PlainMethod {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(|vm, m, args| {
            let Some(m) = m.downcast_exact::<PlainMethod>() else { return Err(vm.not_callable(m)) };
            let mut all = vec![m.zelf.clone()];
            all.extend_from_slice(args.all);
            vm.call_args(&m.func, CallArgs { all: &all, kwnames: args.kwnames })
        }),
        ..SlotDefs::NONE
    };
}

/// A bound method.
pub fn bound_method(vm: &Vm, func: &Value, zelf: &Value) -> Value {
    vm.alloc(PlainMethod { func: func.clone(), zelf: zelf.clone() }).into_value()
}

impl Vm {
    /// The globals of the Python function that is running, if one is.
    pub fn caller_globals(&self) -> Option<Gc<Dict>> {
        None
    }

    /// `__class__` and the first argument of the function that calls `super()`.
    pub fn super_args(&self) -> PyResult<(Value, Value)> {
        Err(self.runtime_error("super(): no current frame"))
    }

    /// A module by its full name, imported if need be.
    pub fn import_named(&self, name: &str) -> PyResult<Value> {
        let key = self.intern(name);
        if let Some(m) = self.modules.get().and_then(|d| d.get_str(self, &key)) {
            return Ok(m);
        }
        let import = self.builtin_named("__import__")?;
        let found = self.call1(&import, key.as_value())?;
        Ok(self.modules.get().and_then(|d| d.get_str(self, &key)).unwrap_or(found))
    }
}
