//! Raising: `Raised` and `PyResult`, the thread's exception state, and constructors of the errors that native code raises.
//!
//! `Raised` has no size: the exception itself lies in the thread's state, so a `PyResult<Value>` is one word. Whoever
//! returns `Err(Raised)` has put an exception there; whoever swallows one takes it out with `take_raised`.

pub mod errno;
pub mod exc;
pub mod exception;
pub mod group;
pub mod methods;
pub mod os;
pub mod suggest;
pub mod syntax;
pub mod unicode;

use crate::object::ValueExt;
use crate::types::typedef::TypeDef;
use crate::{Str, Value, Vm};
pub use exception::BaseException;
use std::fmt::Display;
use taipan_heap::Gc;
use taipan_heap::cell::ValueCell;

/// An exception is set in the thread's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an exception was raised"]
pub struct Raised;

pub type PyResult<T = Value> = Result<T, Raised>;
const _: () = assert!(size_of::<PyResult<Value>>() == 8);

/// A thread's exceptions.
#[derive(Default)]
pub struct ExcState {
    /// On its way to a handler.
    raised: ValueCell,
    /// The one being handled: `sys.exception()`, the context of the next one.
    handled: ValueCell,
}

impl ExcState {
    /// The exception being handled.
    pub fn handled(&self) -> Option<Value> {
        self.handled.get()
    }

    /// Whether an exception is being handled.
    #[inline(always)]
    pub fn is_handling(&self) -> bool {
        self.handled.is_some()
    }

    /// Makes `v` the exception being handled; answers the word of the one before, or that of None, whose reference is the
    /// caller's. `None`: it is no exception.
    #[inline(always)]
    pub fn begin_handling(&self, v: &Value) -> Option<u64> {
        if !v.is_instance_of::<BaseException>() {
            return None;
        }
        let old = self.handled.replace(Some(v.clone()));
        Some(old.map_or(Value::NONE.into_bits(), Value::into_bits))
    }

    /// No exception is being handled any more.
    #[inline(always)]
    pub fn end_handling(&self) {
        self.handled.set(None);
    }

    /// Makes `v` the exception being handled; answers the one before.
    pub fn set_handled(&self, v: Option<Value>) -> Option<Value> {
        // Code from a file may save something else.
        self.handled.replace(v.filter(|v| v.is_instance_of::<BaseException>()))
    }
}

impl Vm {
    /// Raises an exception object, with the exception being handled as its context.
    pub fn raise(&self, exc: Value) -> Raised {
        if let Some(e) = exc.downcast::<BaseException>()
            && let Some(handled) = self.exc.handled.get()
            && !handled.is(&exc)
        {
            e.set_context_avoiding_cycles(handled);
        }
        self.exc.raised.set(Some(exc));
        Raised
    }

    /// Puts an exception back on its way as it is.
    pub fn reraise(&self, exc: Value) -> Raised {
        if !exc.is_instance_of::<BaseException>() {
            return self.system_error("byte code raises what is no exception");
        }
        self.exc.raised.set(Some(exc));
        Raised
    }

    /// The exception on its way, which is no longer.
    pub fn take_raised(&self) -> Value {
        match self.exc.raised.take() {
            Some(e) => e,
            None => {
                // A native function answered `Err` without raising: a bug of ours, reported as CPython reports its own.
                let _ = self.raise_new(&exc::SystemError, "error return without exception set");
                self.exc.raised.take().unwrap_or(Value::NONE)
            }
        }
    }

    /// Whether the exception on its way is an instance of `def`'s class.
    pub fn raised_is(&self, def: &'static TypeDef) -> bool {
        match self.exc.raised.get() {
            Some(e) => self.type_of(&e).is_subtype(self.type_for_ref(def)),
            None => false,
        }
    }

    pub fn raised_get(&self) -> Option<Value> {
        self.exc.raised.get()
    }

    /// `Ok(None)` instead of an exception of this class.
    pub fn suppress<T>(&self, r: PyResult<T>, def: &'static TypeDef) -> PyResult<Option<T>> {
        match r {
            Ok(v) => Ok(Some(v)),
            Err(Raised) if self.raised_is(def) => {
                drop(self.take_raised());
                Ok(None)
            }
            Err(Raised) => Err(Raised),
        }
    }

    /// An exception object of a native class with one message.
    #[cold]
    pub fn new_exc(&self, def: &'static TypeDef, msg: impl Display) -> Value {
        let text = self.new_str(&msg.to_string());
        self.new_exc_args(def, vec![text.into_value()])
    }

    /// An exception object of a native class with these `args`.
    #[cold]
    pub fn new_exc_args(&self, def: &'static TypeDef, args: Vec<Value>) -> Value {
        let ty = self.type_for(def);
        exception::make(self, &ty, args)
    }

    #[cold]
    pub fn raise_new(&self, def: &'static TypeDef, msg: impl Display) -> Raised {
        let e = self.new_exc(def, msg);
        self.raise(e)
    }

    #[cold]
    pub fn raise_args(&self, def: &'static TypeDef, args: Vec<Value>) -> Raised {
        let e = self.new_exc_args(def, args);
        self.raise(e)
    }

    #[cold]
    pub fn type_error(&self, msg: impl Display) -> Raised {
        self.raise_new(&exc::TypeError, msg)
    }

    #[cold]
    pub fn value_error(&self, msg: impl Display) -> Raised {
        self.raise_new(&exc::ValueError, msg)
    }

    #[cold]
    pub fn overflow_error(&self, msg: impl Display) -> Raised {
        self.raise_new(&exc::OverflowError, msg)
    }

    #[cold]
    pub fn index_error(&self, msg: impl Display) -> Raised {
        self.raise_new(&exc::IndexError, msg)
    }

    #[cold]
    pub fn runtime_error(&self, msg: impl Display) -> Raised {
        self.raise_new(&exc::RuntimeError, msg)
    }

    #[cold]
    pub fn system_error(&self, msg: impl Display) -> Raised {
        self.raise_new(&exc::SystemError, msg)
    }

    #[cold]
    pub fn memory_error(&self) -> Raised {
        self.raise_args(&exc::MemoryError, Vec::new())
    }

    #[cold]
    pub fn recursion_error(&self, what: &str) -> Raised {
        self.raise_new(&exc::RecursionError, format_args!("maximum recursion depth exceeded{what}"))
    }

    #[cold]
    pub fn key_error(&self, key: &Value) -> Raised {
        self.raise_args(&exc::KeyError, vec![key.clone()])
    }

    #[cold]
    pub fn stop_iteration(&self, value: Option<Value>) -> Raised {
        self.raise_args(&exc::StopIteration, value.into_iter().filter(|v| !v.is_none()).collect())
    }

    /// `AttributeError` with `name` and `obj` set.
    #[cold]
    pub fn attribute_error(&self, obj: &Value, name: &Gc<Str>, msg: impl Display) -> Raised {
        let e = self.new_exc(&exc::AttributeError, msg);
        exception::set_field(&e, exception::NAME, Some(name.to_value()));
        exception::set_field(&e, exception::OBJ, Some(obj.clone()));
        self.raise(e)
    }

    /// `NameError` with `name` set.
    #[cold]
    pub fn name_error(&self, name: &Gc<Str>, msg: impl Display) -> Raised {
        let e = self.new_exc(&exc::NameError, msg);
        exception::set_field(&e, exception::NAME, Some(name.to_value()));
        self.raise(e)
    }

    /// `OSError` (or the subclass that the number calls for) with CPython's strerror text.
    #[cold]
    pub fn os_error(&self, err: taipan_host::HostError, filename: Option<&Value>) -> Raised {
        exception::raise_os_error(self, err, filename, None)
    }
}

impl Vm {
    /// Reports an exception that has nowhere to go (`sys.unraisablehook`), taking it out of the thread's state: `what`,
    /// with the object's `repr` behind it.
    #[cold]
    pub fn unraisable(&self, what: &str, obj: Option<&Value>) {
        let e = self.take_raised();
        if let (Some(b), Some(f)) = (e.downcast::<BaseException>(), self.thread.top_frame())
            && b.traceback.get().is_none()
        {
            b.traceback.set(Some(crate::types::traceback::entry(self, f, f.lasti(), None)));
        }
        let mut msg = what.to_string();
        if let Some(o) = obj {
            msg.push(' ');
            msg.push_str(&self.repr_text(o).unwrap_or_else(|Raised| {
                drop(self.take_raised());
                "<object repr() failed>".to_string()
            }));
        }
        crate::modules::sys::call_unraisable_hook(self, e, &Value::NONE, &msg);
    }
}
