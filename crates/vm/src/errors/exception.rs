//! `BaseException`: the payload of all exceptions, and their named fields. Methods: `errors/methods.rs`.

use crate::object::{Type, ValueExt};
use crate::types::tuple::Tuple;
use crate::{PyResult, Raised, Value, Vm};
use std::cell::Cell;
use taipan_heap::cell::{GcCell, Guarded, ValueCell};
use taipan_heap::{Gc, Trace};

/// The payload of every exception.
pub struct BaseException {
    pub args: GcCell<Tuple>,
    pub traceback: ValueCell,
    pub context: ValueCell,
    pub cause: ValueCell,
    pub suppress_context: Cell<bool>,
    /// What classes add (`name`, `obj`, `errno`, `filename`, `value`, `code`, …), by field number.
    pub fields: Guarded<Vec<Option<Value>>>,
}

crate::fixed_layout!(BaseException);

impl Trace for BaseException {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.args.trace(visit);
        self.traceback.trace(visit);
        self.context.trace(visit);
        self.cause.trace(visit);
        self.fields.trace(visit);
    }
    fn unlink(&self) {
        self.traceback.unlink();
        self.context.unlink();
        self.cause.unlink();
        drop(self.fields.take());
    }
}

// Field numbers. A class uses those that its attributes need; 0 and 1 are shared names.
pub const NAME: usize = 0;
pub const OBJ: usize = 1;
/// `StopIteration.value`.
pub const VALUE: usize = 0;
/// `SystemExit.code`.
pub const CODE: usize = 0;

/// Sets a field of an exception object.
pub fn set_field(e: &Value, field: usize, v: Option<Value>) {
    if let Some(e) = e.downcast::<BaseException>() {
        let old = e.fields.with_mut(|f| {
            if f.len() <= field {
                f.resize_with(field + 1, || None);
            }
            std::mem::replace(&mut f[field], v)
        });
        drop(old)
    }
}

/// A field of an exception object.
pub fn field(e: &Value, field: usize) -> Option<Value> {
    e.downcast::<BaseException>()?.fields.with(|f| f.get(field).cloned().flatten())
}

impl BaseException {
    /// Sets `__context__`, cutting a chain that would come back to this exception.
    pub fn set_context_avoiding_cycles(&self, context: Value) {
        let mut at = context.clone();
        // A chain is as long as handlers nest; Floyd's second runner guards against a ring made by hand.
        let mut slow = context.clone();
        let mut step = false;
        loop {
            let Some(e) = at.downcast::<BaseException>().cloned() else { break };
            let Some(next) = e.context.get() else { break };
            if next.downcast::<BaseException>().is_some_and(|n| std::ptr::eq(&**n, self)) {
                e.context.set(None);
                break;
            }
            at = next;
            if step {
                let next_slow = slow.downcast::<BaseException>().and_then(|s| s.context.get());
                if let Some(s) = next_slow {
                    slow = s;
                }
                if slow.is(&at) {
                    break;
                }
            }
            step = !step;
        }
        self.context.set(Some(context));
    }
}

/// An exception object with `args` and no fields.
pub fn make_empty(vm: &Vm, ty: &Gc<Type>, args: Gc<Tuple>) -> PyResult<Gc<BaseException>> {
    let body = BaseException {
        args: GcCell::new(Some(args)),
        traceback: ValueCell::empty(),
        context: ValueCell::empty(),
        cause: ValueCell::empty(),
        suppress_context: Cell::new(false),
        fields: Guarded::new(Vec::new()),
    };
    vm.alloc_in(ty, body)
}

/// A fresh exception object of a class with the payload, with its fields filled from `args`.
pub fn make(vm: &Vm, ty: &Gc<Type>, args: Vec<Value>) -> Value {
    // Every exception class has this layout, so the failures are those of a class's `__init__`: they take its place.
    let made = make_empty(vm, ty, vm.new_tuple(args)).and_then(|e| {
        super::methods::init_fields(vm, ty.def, e.as_value())?;
        Ok(e.into_value())
    });
    made.unwrap_or_else(|Raised| vm.take_raised())
}

pub use super::os::raise_os_error;
