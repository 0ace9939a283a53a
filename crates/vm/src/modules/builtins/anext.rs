//! `aiter` and `anext`.

use crate::errors::exc;
use crate::prelude::*;

pub fn aiter(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(f) = vm.type_of(v).slots.aiter.get() else {
        return Err(vm.type_error(format_args!("'{}' object is not an async iterable", vm.type_of(v).name())));
    };
    let it = f(vm, v)?;
    if vm.type_of(&it).slots.anext.get().is_none() {
        return Err(vm.type_error(format_args!(
            "aiter() returned not an async iterator of type '{}'",
            vm.type_of(&it).name()
        )));
    }
    Ok(it)
}

pub fn anext(vm: &Vm, v: &Value, default: Option<&Value>) -> PyResult<Value> {
    let Some(f) = vm.type_of(v).slots.anext.get() else {
        return Err(vm.type_error(format_args!("'{}' object is not an async iterator", vm.type_of(v).name())));
    };
    let awaitable = f(vm, v)?;
    match default {
        None => Ok(awaitable),
        Some(d) => Ok(vm.alloc(AnextAwaitable { wrapped: awaitable, default: d.clone() }).into_value()),
    }
}

/// What `anext(it, default)` answers: awaiting it gives the default at the end.
#[pytype(name = "anext_awaitable", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct AnextAwaitable {
    wrapped: Value,
    default: Value,
}

impl Slots for AnextAwaitable {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(crate::types::iterators::itself),
        await_: Some(crate::types::iterators::itself),
        iternext: Some(step),
        ..SlotDefs::NONE
    };
}

impl AnextAwaitable {
    /// The iterator to drive the awaitable with.
    fn iterator(&self, vm: &Vm) -> PyResult<Value> {
        let it = crate::interp::gen_api::awaitable(vm, &self.wrapped, 0)?;
        // A coroutine is its own awaitable, but no iterator.
        match vm.type_of(&it).slots.await_.get() {
            Some(f) if vm.type_of(&it).slots.iternext.get().is_none() => f(vm, &it),
            _ => Ok(it),
        }
    }

    /// Turns the end of the iteration into the default.
    fn finish<T>(&self, vm: &Vm, r: PyResult<T>) -> PyResult<T> {
        if r.is_err() && vm.raised_is(&exc::StopAsyncIteration) {
            drop(vm.take_raised());
            return Err(vm.raise_args(&exc::StopIteration, vec![self.default.clone()]));
        }
        r
    }

    fn forward(&self, vm: &Vm, name: &str, args: &[Value]) -> PyResult<Value> {
        let it = self.iterator(vm)?;
        let r = vm.call_method(&it, name, args);
        self.finish(vm, r)
    }
}

fn step(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(a) = v.downcast::<AnextAwaitable>() else { return Ok(None) };
    let it = a.iterator(vm)?;
    let r = match vm.type_of(&it).slots.iternext.get() {
        Some(f) => f(vm, &it),
        None => Ok(None),
    };
    a.finish(vm, r)
}

#[pymethods]
impl AnextAwaitable {
    /// send(arg) -> send 'arg' into the wrapped iterator,
    /// return next yielded value or raise StopIteration.
    #[pymethod("send($self, arg, /)")]
    fn send(vm: &Vm, zelf: &Gc<AnextAwaitable>, arg: &Value) -> PyResult<Value> {
        zelf.forward(vm, "send", std::slice::from_ref(arg))
    }

    /// throw(value)
    /// throw(typ[,val[,tb]])
    ///
    /// raise exception in the wrapped iterator, return next yielded value
    /// or raise StopIteration.
    #[pymethod(raw, "throw")]
    fn throw(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        match args.pos() {
            [zelf, rest @ ..] => match zelf.downcast::<AnextAwaitable>() {
                Some(a) => a.clone().forward(vm, "throw", rest),
                None => Err(vm.type_error("wrong type of object")),
            },
            [] => Err(vm.type_error("unbound method anext_awaitable.throw() needs an argument")),
        }
    }

    /// close() -> raise GeneratorExit inside generator.
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<AnextAwaitable>) -> PyResult<Value> {
        zelf.forward(vm, "close", &[])
    }
}
