//! Calling: objects, methods, with and without keywords.

use crate::native::{CallArgs, bind};
use crate::object::ValueExt;
use crate::types::Str;
use crate::types::builtin_function::BuiltinFunction;
use crate::{PyResult, Raised, Value, Vm};
use taipan_heap::Gc;

use super::attr::Method;

impl Vm {
    /// `callable(*args)`.
    #[inline]
    pub fn call(&self, callable: &Value, args: &[Value]) -> PyResult<Value> {
        self.call_args(callable, CallArgs::positional(args))
    }

    /// `callable(…)` with whatever arguments.
    #[inline]
    pub fn call_args(&self, callable: &Value, args: CallArgs<'_>) -> PyResult<Value> {
        if self.thread.native_stack_is_low() {
            return Err(self.recursion_error(" while calling a Python object"));
        }
        match self.type_of(callable).slots.call.get() {
            Some(f) => f(self, callable, args),
            None => Err(self.not_callable(callable)),
        }
    }

    /// `callable(*args, **kw)` with keywords as pairs.
    pub fn call_kw(&self, callable: &Value, args: &[Value], kw: &[(Value, Value)]) -> PyResult<Value> {
        if kw.is_empty() {
            return self.call(callable, args);
        }
        let names = self.new_tuple(kw.iter().map(|(k, _)| k.clone()).collect());
        let mut all = Vec::with_capacity(args.len() + kw.len());
        all.extend_from_slice(args);
        all.extend(kw.iter().map(|(_, v)| v.clone()));
        self.call_args(callable, CallArgs { all: &all, kwnames: Some(&names) })
    }

    /// `callable()`.
    pub fn call0(&self, callable: &Value) -> PyResult<Value> {
        self.call(callable, &[])
    }

    /// `callable(a)`.
    pub fn call1(&self, callable: &Value, a: &Value) -> PyResult<Value> {
        if let Some(f) = callable.downcast_exact::<BuiltinFunction>()
            && f.receiver().is_none()
            && let Some(direct) = f.direct.with(1)
            && !self.thread.native_stack_is_low()
        {
            return direct(self, bind::as_slots(std::slice::from_ref(a)));
        }
        self.call(callable, std::slice::from_ref(a))
    }

    /// `obj.name(*args)`.
    pub fn call_method(&self, obj: &Value, name: &str, args: &[Value]) -> PyResult<Value> {
        self.call_method_name(obj, &self.intern(name), args)
    }

    pub fn call_method_name(&self, obj: &Value, name: &Gc<Str>, args: &[Value]) -> PyResult<Value> {
        match self.get_method(obj, name)? {
            Method::Bound(f) => self.call(&f, args),
            Method::Unbound(f) => match args {
                [] => self.call(&f, std::slice::from_ref(obj)),
                [one] => self.call(&f, &[obj.clone(), one.clone()]),
                many => {
                    let mut all = Vec::with_capacity(many.len() + 1);
                    all.push(obj.clone());
                    all.extend_from_slice(many);
                    self.call(&f, &all)
                }
            },
        }
    }

    #[cold]
    pub fn not_callable(&self, v: &Value) -> Raised {
        self.type_error(format_args!("'{}' object is not callable", self.type_of(v).tp_name()))
    }

    /// `callable(v)`.
    pub fn is_callable(&self, v: &Value) -> bool {
        self.type_of(v).slots.call.get().is_some()
    }

    /// Ends a recursion that has used up the native stack: for protocol functions too small to count levels.
    #[inline(always)]
    pub fn check_stack(&self) -> PyResult<()> {
        if self.thread.native_stack_is_low() { Err(self.recursion_error("")) } else { Ok(()) }
    }

    /// Guards native recursion: `what` completes CPython's message, e.g. `" while calling a Python object"`.
    #[inline]
    pub fn recurse<T>(&self, what: &'static str, f: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
        self.thread.enter_native(self, what)?;
        let r = f();
        self.thread.leave_native();
        r
    }
}
