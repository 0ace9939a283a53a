//! `_testcapi` and `_testlimitedcapi`: of what CPython's own tests import by these names, that which says something about
//! this machine as well: the limits of the platform's types, native functions of every kind of call, and doors to the
//! machine's own way to call, raise and report. There is no C interface behind it, and what needs one is not here.

use crate::interp::monitor::event;
use crate::interp::tracing;
use crate::modules::import_module;
use crate::prelude::*;
use std::cell::Cell;
use std::ffi;

/// A native function's receiver and arguments, as CPython's functions of the same name give them back.
fn with_keywords(vm: &Vm, zelf: Value, args: &[Value], kw: &[(Value, Value)]) -> PyResult<Value> {
    let keywords = if kw.is_empty() {
        Value::NONE
    } else {
        let d = vm.new_dict();
        for (name, v) in kw {
            d.set(vm, name, v.clone())?;
        }
        d.into_value()
    };
    Ok(vm.new_tuple(vec![zelf, vm.new_tuple(args.to_vec()).into_value(), keywords]).into_value())
}

fn with_args(vm: &Vm, zelf: Value, args: &[Value]) -> Value {
    vm.new_tuple(vec![zelf, vm.new_tuple(args.to_vec()).into_value()]).into_value()
}

/// The items of a tuple, none for None.
fn items(vm: &Vm, v: &Value) -> PyResult<Vec<Value>> {
    if v.is_none() {
        return Ok(Vec::new());
    }
    match v.downcast::<Tuple>() {
        Some(t) => Ok(t.items().to_vec()),
        None => Err(vm.type_error("args must be None or a tuple")),
    }
}

/// Methods of each kind of call.
#[pytype(name = "MethInstance", module = "_testcapi", flags(BASETYPE), no_slots)]
#[derive(Trace)]
pub struct MethInstance {}

#[pymethods]
impl MethInstance {
    #[pynew("MethInstance()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        vm.alloc_in(cls, MethInstance {}).map(Gc::into_value)
    }

    #[pymethod(no_text, "meth_varargs($self, /, *args)")]
    #[pymethod(no_text, "meth_fastcall($self, /, *args)")]
    fn meth_varargs(vm: &Vm, zelf: &Value, args: &[Value]) -> Value {
        with_args(vm, zelf.clone(), args)
    }

    #[pymethod(no_text, "meth_varargs_keywords($self, /, *args, **kw)")]
    #[pymethod(no_text, "meth_fastcall_keywords($self, /, *args, **kw)")]
    fn meth_keywords(vm: &Vm, zelf: &Value, args: &[Value], kw: &[(Value, Value)]) -> PyResult<Value> {
        with_keywords(vm, zelf.clone(), args, kw)
    }

    #[pymethod(no_text, "meth_o($self, arg, /)")]
    fn meth_o(_vm: &Vm, zelf: &Value, arg: &Value) -> (Value, Value) {
        (zelf.clone(), arg.clone())
    }

    #[pymethod(no_text, "meth_noargs($self, /)")]
    fn meth_noargs(_vm: &Vm, zelf: &Value) -> Value {
        zelf.clone()
    }
}

/// Class methods of each kind of call.
#[pytype(name = "MethClass", module = "_testcapi", flags(BASETYPE), no_slots)]
#[derive(Trace)]
pub struct MethClass {}

#[pymethods]
impl MethClass {
    #[pynew("MethClass()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        vm.alloc_in(cls, MethClass {}).map(Gc::into_value)
    }

    #[pyclassmethod(no_text, "meth_varargs($type, /, *args)")]
    #[pyclassmethod(no_text, "meth_fastcall($type, /, *args)")]
    fn meth_varargs(vm: &Vm, cls: &Value, args: &[Value]) -> Value {
        with_args(vm, cls.clone(), args)
    }

    #[pyclassmethod(no_text, "meth_varargs_keywords($type, /, *args, **kw)")]
    #[pyclassmethod(no_text, "meth_fastcall_keywords($type, /, *args, **kw)")]
    fn meth_keywords(vm: &Vm, cls: &Value, args: &[Value], kw: &[(Value, Value)]) -> PyResult<Value> {
        with_keywords(vm, cls.clone(), args, kw)
    }

    #[pyclassmethod(no_text, "meth_o($type, arg, /)")]
    fn meth_o(_vm: &Vm, cls: &Value, arg: &Value) -> (Value, Value) {
        (cls.clone(), arg.clone())
    }

    #[pyclassmethod(no_text, "meth_noargs($type, /)")]
    fn meth_noargs(_vm: &Vm, cls: &Value) -> Value {
        cls.clone()
    }
}

/// Static methods of each kind of call.
#[pytype(name = "MethStatic", module = "_testcapi", flags(BASETYPE), no_slots)]
#[derive(Trace)]
pub struct MethStatic {}

#[pymethods]
impl MethStatic {
    #[pynew("MethStatic()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        vm.alloc_in(cls, MethStatic {}).map(Gc::into_value)
    }

    #[pystaticmethod(no_text, "meth_varargs(*args)")]
    #[pystaticmethod(no_text, "meth_fastcall(*args)")]
    fn meth_varargs(vm: &Vm, args: &[Value]) -> Value {
        with_args(vm, Value::NONE, args)
    }

    #[pystaticmethod(no_text, "meth_varargs_keywords(*args, **kw)")]
    #[pystaticmethod(no_text, "meth_fastcall_keywords(*args, **kw)")]
    fn meth_keywords(vm: &Vm, args: &[Value], kw: &[(Value, Value)]) -> PyResult<Value> {
        with_keywords(vm, Value::NONE, args, kw)
    }

    #[pystaticmethod(no_text, "meth_o(arg, /)")]
    fn meth_o(_vm: &Vm, arg: &Value) -> (Value, Value) {
        (Value::NONE, arg.clone())
    }

    #[pystaticmethod(no_text, "meth_noargs()")]
    fn meth_noargs(_vm: &Vm) -> Value {
        Value::NONE
    }
}

/// An object whose `__await__` is native: it gives back what it was made with.
#[pytype(name = "awaitType", module = "_testcapi", flags(GC))]
#[derive(Trace)]
pub struct AwaitType {
    future: Value,
}

impl Slots for AwaitType {
    const SLOTS: SlotDefs = SlotDefs { await_: Some(awaited), ..SlotDefs::NONE };
}

fn awaited(_vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(v.downcast::<AwaitType>().map_or(Value::NONE, |a| a.future.clone()))
}

#[pymethods]
impl AwaitType {
    #[pynew("awaitType(future, /)")]
    fn new(vm: &Vm, cls: &Gc<Type>, future: &Value) -> PyResult<Value> {
        vm.alloc_in(cls, AwaitType { future: future.clone() }).map(Gc::into_value)
    }
}

/// A native class that can be subscribed.
#[pytype(name = "Generic", module = "_testcapi", flags(BASETYPE), no_slots)]
#[derive(Trace)]
pub struct Generic {}

#[pymethods]
impl Generic {
    #[pyclassmethod(no_text, "__class_getitem__($type, item, /)")]
    fn class_getitem(vm: &Vm, _cls: &Value, item: &Value) -> Gc<GenericAlias> {
        vm.alloc(GenericAlias { item: item.clone() })
    }
}

/// What it gives when it is.
#[pytype(name = "GenericAlias", module = "_testcapi", flags(GC, NO_NEW), no_slots)]
#[derive(Trace)]
pub struct GenericAlias {
    item: Value,
}

#[pymethods]
impl GenericAlias {
    #[pymethod(no_text, "__mro_entries__($self, bases, /)")]
    fn mro_entries(vm: &Vm, zelf: &Gc<GenericAlias>, _bases: &Value) -> Value {
        vm.new_tuple(vec![zelf.item.clone()]).into_value()
    }
}

/// Something that is no code and has events of its own: `num_events` of them.
#[pytype(name = "CodeLike", module = "_testcapi")]
#[derive(Trace)]
pub struct CodeLike {
    /// Per event the tools that want it.
    #[notrace]
    active: Vec<Cell<u8>>,
}

impl Slots for CodeLike {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(code_like_repr), ..SlotDefs::NONE };
}

fn code_like_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let n = v.downcast::<CodeLike>().map_or(0, |c| c.active.len());
    Ok(vm.new_str(&format!("CodeLike({n})")).into_value())
}

#[pymethods]
impl CodeLike {
    #[pynew("CodeLike(num_events, /)")]
    fn new(vm: &Vm, cls: &Gc<Type>, num_events: u8) -> PyResult<Value> {
        vm.alloc_in(cls, CodeLike { active: vec![Cell::new(0); num_events.into()] }).map(Gc::into_value)
    }
}

/// What happened in a `CodeLike`.
enum Happened<'a> {
    With(&'a [&'a Value]),
    Exception(&'a Value),
}

/// Tells of an event in a `CodeLike`, and which tools still want it there.
fn fire(vm: &Vm, code: &Gc<CodeLike>, offset: usize, event: usize, what: Happened<'_>) -> PyResult<u8> {
    let Some(active) = code.active.get(offset) else {
        return Err(vm.value_error(format_args!(
            "CodeLike offset out of range: {offset} (length: {})",
            code.active.len()
        )));
    };
    if active.get() == 0 {
        return Ok(0);
    }
    let mut args = vec![vm.new_int(offset as i64)];
    match what {
        Happened::With(more) => args.extend(more.iter().map(|v| (*v).clone())),
        Happened::Exception(e) if vm.is_exception(e) => args.push(e.clone()),
        Happened::Exception(_) => {
            return Err(vm.value_error(format_args!("Firing event {event} with no exception set")));
        }
    }
    tracing::fire_for(vm, code.as_value(), active, event, &args)?;
    Ok(active.get())
}

/// Makes it the exception on its way, with its own traceback.
fn put(vm: &Vm, e: &Value) -> PyResult<()> {
    if !vm.is_exception(e) {
        return Err(vm.type_error(format_args!("an exception is required, got {}", vm.type_of(e).name())));
    }
    let _ = vm.reraise(e.clone());
    Ok(())
}

fn new_exception(
    vm: &Vm,
    name: &str,
    doc: Option<Value>,
    base: Option<&Value>,
    dict: Option<&Value>,
) -> PyResult<Value> {
    let Some((module, name)) = name.rsplit_once('.') else {
        return Err(vm.system_error("PyErr_NewException: name must be module.class"));
    };
    let bases = match base {
        None => vm.new_tuple(vec![vm.type_for(&crate::errors::exc::Exception).into_value()]),
        Some(b) => match b.downcast::<Tuple>() {
            Some(t) => t.clone(),
            None => vm.new_tuple(vec![b.clone()]),
        },
    };
    let namespace = vm.new_dict();
    if let Some(given) = dict {
        vm.call_method(namespace.as_value(), "update", std::slice::from_ref(given))?;
    }
    if namespace.get_str(vm, &vm.names.__module__).is_none() {
        namespace.set_str(vm, &vm.names.__module__, vm.new_str(module).into_value());
    }
    if let Some(doc) = doc {
        namespace.set_str(vm, &vm.intern("__doc__"), doc);
    }
    let name = vm.new_str(name).into_value();
    let meta = vm.type_for(<Type as Payload>::def()).into_value();
    vm.call(&meta, &[name, bases.into_value(), namespace.into_value()])
}

/// Some native test helpers of CPython's, those that make sense without a C interface.
#[pymodule(name = "_testcapi")]
pub mod testcapi {
    use super::*;

    // In `_testlimitedcapi` since 3.13; tests from before ask here.
    #[pyfn("sequence_getitem(seq, i, /)")]
    fn sequence_getitem(vm: &Vm, seq: &Value, i: isize) -> PyResult<Value> {
        super::testlimitedcapi::sequence_getitem(vm, seq, i)
    }

    #[pyfn("sequence_setitem(seq, i, value, /)")]
    fn sequence_setitem(vm: &Vm, seq: &Value, i: &Value, value: &Value) -> PyResult<i32> {
        super::testlimitedcapi::sequence_setitem(vm, seq, i, value)
    }

    #[pyconst]
    const CHAR_MAX: i64 = ffi::c_char::MAX as i64;
    #[pyconst]
    const CHAR_MIN: i64 = ffi::c_char::MIN as i64;
    #[pyconst]
    const UCHAR_MAX: i64 = ffi::c_uchar::MAX as i64;
    #[pyconst]
    const SHRT_MAX: i64 = ffi::c_short::MAX as i64;
    #[pyconst]
    const SHRT_MIN: i64 = ffi::c_short::MIN as i64;
    #[pyconst]
    const USHRT_MAX: i64 = ffi::c_ushort::MAX as i64;
    #[pyconst]
    const INT_MAX: i64 = ffi::c_int::MAX as i64;
    #[pyconst]
    const INT_MIN: i64 = ffi::c_int::MIN as i64;
    #[pyconst]
    const UINT_MAX: i64 = ffi::c_uint::MAX as i64;
    #[pyconst]
    // As wide as the platform makes it.
    #[allow(clippy::unnecessary_cast)]
    const LONG_MAX: i64 = ffi::c_long::MAX as i64;
    #[pyconst]
    // As wide as the platform makes it.
    #[allow(clippy::unnecessary_cast)]
    const LONG_MIN: i64 = ffi::c_long::MIN as i64;
    #[pyconst]
    // As wide as the platform makes it.
    #[allow(clippy::unnecessary_cast)]
    const ULONG_MAX: u64 = ffi::c_ulong::MAX as u64;
    #[pyconst]
    const LLONG_MAX: i64 = ffi::c_longlong::MAX;
    #[pyconst]
    const LLONG_MIN: i64 = ffi::c_longlong::MIN;
    #[pyconst]
    const ULLONG_MAX: u64 = ffi::c_ulonglong::MAX;
    #[pyconst]
    const PY_SSIZE_T_MAX: i64 = isize::MAX as i64;
    #[pyconst]
    const PY_SSIZE_T_MIN: i64 = isize::MIN as i64;
    #[pyconst]
    const FLT_MAX: f64 = f32::MAX as f64;
    #[pyconst]
    const FLT_MIN: f64 = f32::MIN_POSITIVE as f64;
    #[pyconst]
    const DBL_MAX: f64 = f64::MAX;
    #[pyconst]
    const DBL_MIN: f64 = f64::MIN_POSITIVE;
    #[pyconst]
    const SIZEOF_VOID_P: usize = size_of::<usize>();
    #[pyconst]
    const SIZEOF_WCHAR_T: usize = size_of::<u32>();
    /// Of a quiet NaN the highest bit of the fraction is set.
    #[pyconst("nan_msb_is_signaling")]
    const NAN_MSB_IS_SIGNALING: bool = cfg!(any(target_arch = "mips", target_arch = "mips64"));
    /// The allocator cannot be chosen.
    #[pyconst]
    const WITH_PYMALLOC: bool = false;
    #[pyconst]
    const WITH_MIMALLOC: bool = false;

    pytypes!(MethInstance, MethClass, MethStatic, AwaitType, CodeLike, Generic, GenericAlias);

    fn this(vm: &Vm) -> PyResult<Value> {
        import_module(vm, "_testcapi")
    }

    #[pyfn(no_text, "meth_varargs(*args)")]
    #[pyfn(no_text, "meth_fastcall(*args)")]
    fn meth_varargs(vm: &Vm, args: &[Value]) -> PyResult<Value> {
        Ok(with_args(vm, this(vm)?, args))
    }

    #[pyfn(no_text, "meth_varargs_keywords(*args, **kw)")]
    #[pyfn(no_text, "meth_fastcall_keywords(*args, **kw)")]
    fn meth_keywords(vm: &Vm, args: &[Value], kw: &[(Value, Value)]) -> PyResult<Value> {
        with_keywords(vm, this(vm)?, args, kw)
    }

    #[pyfn(no_text, "meth_o(arg, /)")]
    fn meth_o(vm: &Vm, arg: &Value) -> PyResult<(Value, Value)> {
        Ok((this(vm)?, arg.clone()))
    }

    #[pyfn(no_text, "meth_noargs()")]
    fn meth_noargs(vm: &Vm) -> PyResult<Value> {
        this(vm)
    }

    /// A call with the keywords in a dict.
    #[pyfn("pyobject_fastcalldict(func, args, kwargs, /)")]
    fn call_dict(vm: &Vm, func: &Value, args: &Value, kwargs: Option<&Gc<Dict>>) -> PyResult<Value> {
        let args = items(vm, args)?;
        let pairs = kwargs.map(|d| d.pairs()).unwrap_or_default();
        vm.call_kw(func, &args, &pairs)
    }

    /// A call whose last arguments are keywords of these names.
    #[pyfn("pyobject_vectorcall(func, args, kwnames, /)")]
    fn call_vector(vm: &Vm, func: &Value, args: &Value, kwnames: &Value) -> PyResult<Value> {
        let args = items(vm, args)?;
        let names = items(vm, kwnames)?;
        let Some(first) = args.len().checked_sub(names.len()) else {
            return Err(vm.value_error("kwnames longer than args"));
        };
        let (positional, keywords) = args.split_at(first);
        let pairs: Vec<_> = names.into_iter().zip(keywords.iter().cloned()).collect();
        vm.call_kw(func, positional, &pairs)
    }

    /// A descriptor's `__get__` that first calls the class.
    #[pyfn("bad_get(self, obj, cls=None, /)")]
    fn bad_get(vm: &Vm, zelf: &Value, _obj: &Value, cls: &Value) -> PyResult<Value> {
        vm.call0(cls)?;
        Ok(zelf.clone())
    }

    #[pyfn("raise_memoryerror()")]
    fn raise_memoryerror(vm: &Vm) -> PyResult<()> {
        Err(vm.memory_error())
    }

    /// Raises the exception, made with the numbers below `num_args`.
    #[pyfn("raise_exception(exception, num_args, /)")]
    fn raise_exception(vm: &Vm, exception: &Value, num_args: usize) -> PyResult<()> {
        if !vm.is_exception_class(exception) {
            let shown = vm.repr_text(exception)?;
            let text = format!("_PyErr_SetObject: exception {shown} is not a BaseException subclass");
            return Err(vm.system_error(text));
        }
        let args: Vec<Value> = (0..num_args.min(1000)).map(|n| vm.new_int(n as i64)).collect();
        let e = vm.call(exception, &args)?;
        match vm.is_exception(&e) {
            true => Err(vm.raise(e)),
            false => Err(vm.type_error("exceptions must derive from BaseException")),
        }
    }

    /// A new exception class.
    #[pyfn(
        "make_exception_with_doc(name, doc=<unrepresentable>, base=<unrepresentable>, dict=<unrepresentable>)"
    )]
    fn make_exception_with_doc(
        vm: &Vm,
        name: &str,
        doc: Option<Value>,
        base: Option<&Value>,
        dict: Option<&Value>,
    ) -> PyResult<Value> {
        new_exception(vm, name, doc, base, dict)
    }

    /// Prints the exception as the interpreter's own hook does.
    #[pyfn("exception_print(exception, legacy=False, /)")]
    fn exception_print(vm: &Vm, exception: &Value, legacy: bool) -> PyResult<()> {
        let _ = legacy;
        put(vm, exception)?;
        let e = vm.take_raised();
        let sys = import_module(vm, "sys")?;
        let tb = vm.get_attr(&e, &vm.names.__traceback__)?;
        vm.call_method(&sys, "__excepthook__", &[vm.type_of(&e).to_value(), e, tb]).map(drop)
    }

    /// Prints the traceback to the file.
    #[pyfn("traceback_print(traceback, file, /)")]
    fn traceback_print(vm: &Vm, traceback: &Value, file: &Value) -> PyResult<()> {
        let module = import_module(vm, "traceback")?;
        let lines = vm.call_method(&module, "format_tb", std::slice::from_ref(traceback))?;
        let mut all = vec![vm.new_str("Traceback (most recent call last):\n").into_value()];
        all.extend(vm.collect(&lines)?);
        for line in all {
            vm.call_method(file, "write", &[line])?;
        }
        Ok(())
    }

    /// Reports an exception that has nowhere to go.
    #[pyfn("err_writeunraisable(exc, obj, /)")]
    fn err_writeunraisable(vm: &Vm, exc: &Value, obj: &Value) -> PyResult<()> {
        put(vm, exc)?;
        let e = vm.take_raised();
        crate::modules::sys::call_unraisable_hook(vm, e, obj, "");
        Ok(())
    }

    /// The events of these numbers may happen in it from now on.
    #[pyfn("monitoring_enter_scope(codelike, /, *events)")]
    fn enter_scope(vm: &Vm, codelike: &Gc<CodeLike>, events: &[Value]) -> PyResult<()> {
        for (active, number) in codelike.active.iter().zip(events) {
            let number = usize::from_arg(vm, number)?;
            if number >= event::COUNT {
                return Err(vm.value_error(format_args!("invalid event {number}")));
            }
            active.set(vm.interp_state.monitor.tools(number));
        }
        Ok(())
    }

    #[pyfn("monitoring_exit_scope()")]
    fn exit_scope(_vm: &Vm) {}

    #[pyfn("fire_event_py_start(codelike, offset, /)")]
    fn fire_py_start(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize) -> PyResult<u8> {
        fire(vm, codelike, offset, event::PY_START, Happened::With(&[]))
    }

    #[pyfn("fire_event_py_resume(codelike, offset, /)")]
    fn fire_py_resume(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize) -> PyResult<u8> {
        fire(vm, codelike, offset, event::PY_RESUME, Happened::With(&[]))
    }

    #[pyfn("fire_event_py_return(codelike, offset, retval, /)")]
    fn fire_py_return(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, retval: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::PY_RETURN, Happened::With(&[retval]))
    }

    #[pyfn("fire_event_py_yield(codelike, offset, retval, /)")]
    fn fire_py_yield(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, retval: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::PY_YIELD, Happened::With(&[retval]))
    }

    #[pyfn("fire_event_call(codelike, offset, callable, arg0, /)")]
    fn fire_call(
        vm: &Vm,
        codelike: &Gc<CodeLike>,
        offset: usize,
        callable: &Value,
        arg0: &Value,
    ) -> PyResult<u8> {
        fire(vm, codelike, offset, event::CALL, Happened::With(&[callable, arg0]))
    }

    #[pyfn("fire_event_jump(codelike, offset, target_offset, /)")]
    fn fire_jump(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, target_offset: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::JUMP, Happened::With(&[target_offset]))
    }

    #[pyfn("fire_event_branch_left(codelike, offset, target_offset, /)")]
    fn fire_left(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, target_offset: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::BRANCH_LEFT, Happened::With(&[target_offset]))
    }

    #[pyfn("fire_event_branch_right(codelike, offset, target_offset, /)")]
    fn fire_right(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, target_offset: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::BRANCH_RIGHT, Happened::With(&[target_offset]))
    }

    #[pyfn("fire_event_py_throw(codelike, offset, exception, /)")]
    fn fire_py_throw(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, exception: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::PY_THROW, Happened::Exception(exception))
    }

    #[pyfn("fire_event_raise(codelike, offset, exception, /)")]
    fn fire_raise(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, exception: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::RAISE, Happened::Exception(exception))
    }

    #[pyfn("fire_event_exception_handled(codelike, offset, exception, /)")]
    fn fire_handled(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, exception: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::EXCEPTION_HANDLED, Happened::Exception(exception))
    }

    #[pyfn("fire_event_py_unwind(codelike, offset, exception, /)")]
    fn fire_py_unwind(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, exception: &Value) -> PyResult<u8> {
        fire(vm, codelike, offset, event::PY_UNWIND, Happened::Exception(exception))
    }

    #[pyfn("fire_event_stop_iteration(codelike, offset, value, /)")]
    fn fire_stop_iteration(vm: &Vm, codelike: &Gc<CodeLike>, offset: usize, value: &Value) -> PyResult<u8> {
        let e = match vm.is_exception(value) {
            true => value.clone(),
            false => vm.new_exc_args(&crate::errors::exc::StopIteration, vec![value.clone()]),
        };
        fire(vm, codelike, offset, event::STOP_ITERATION, Happened::Exception(&e))
    }

    /// The line of the instruction at this offset.
    #[pyfn("code_offset_to_line(code, offset, /)")]
    fn code_offset_to_line(vm: &Vm, code: &Value, offset: i64) -> PyResult<Value> {
        let lines = vm.call_method(code, "co_lines", &[])?;
        for range in vm.collect(&lines)? {
            let Some(t) = range.downcast::<Tuple>() else { continue };
            if let [start, end, line] = t.items()
                && start.as_int().is_some_and(|n| n <= offset)
                && end.as_int().is_some_and(|n| offset < n)
                && !line.is_none()
            {
                return Ok(line.clone());
            }
        }
        Ok(vm.new_int(-1))
    }

    /// A call with the arguments in a tuple and a dict.
    #[pyfn("pycfunction_call(func, args, kwargs=None, /)")]
    fn pycfunction_call(vm: &Vm, func: &Value, args: &Value, kwargs: Option<&Gc<Dict>>) -> PyResult<Value> {
        call_dict(vm, func, args, kwargs)
    }

    /// What the configuration says of an option.
    #[pyfn("config_get(name, /)")]
    fn config_get(vm: &Vm, name: &str) -> PyResult<Value> {
        let flags = &vm.config.flags;
        let n = match name {
            "code_debug_ranges" => return Ok(Value::bool(vm.config.debug_ranges)),
            "verbose" => flags.verbose,
            "optimization_level" => flags.optimize,
            "quiet" => flags.quiet,
            "inspect" => flags.inspect,
            "interactive" => flags.interactive,
            "bytes_warning" => flags.bytes_warning,
            "isolated" => flags.isolated,
            "import_time" => vm.config.import_time,
            _ => return Err(vm.value_error(format_args!("unknown config option name: {name}"))),
        };
        Ok(vm.new_int(n.into()))
    }

    /// The wait status of a process that the signal stopped.
    #[pyfn("W_STOPCODE(sig, /)")]
    fn w_stopcode(_vm: &Vm, sig: i32) -> i32 {
        (sig & 0xff) << 8 | 0x7f
    }
}

/// The arguments that CPython's functions of this module call with.
const GIVEN: (&str, &str, &str) = ("foo", "baz", "bar");

/// Some native test helpers of CPython's for what its stable interface says.
#[pymodule(name = "_testlimitedcapi")]
pub mod testlimitedcapi {
    use super::*;

    fn given(vm: &Vm, func: &Value) -> PyResult<Value> {
        let text = |s: &str| vm.new_str(s).into_value();
        let (arg, name, v) = GIVEN;
        vm.call_kw(func, &[text(arg)], &[(text(name), text(v))])
    }

    /// Calls with a positional and a keyword argument.
    #[pyfn("call_vectorcall(func, /)")]
    fn call_vectorcall(vm: &Vm, func: &Value) -> PyResult<Value> {
        given(vm, func)
    }

    /// Calls the method `f` with a positional and a keyword argument.
    #[pyfn("call_vectorcall_method(obj, /)")]
    fn call_vectorcall_method(vm: &Vm, obj: &Value) -> PyResult<Value> {
        given(vm, &vm.get_attr_str(obj, "f")?)
    }

    /// Whether there is an attribute; what goes wrong while it is looked for counts as no.
    #[pyfn("object_hasattrstring(obj, name, /)")]
    fn object_hasattrstring(vm: &Vm, obj: &Value, name: &Gc<Bytes>) -> bool {
        let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
        let found = vm.get_attr_str(obj, &name).is_ok();
        if !found {
            drop(vm.take_raised());
        }
        found
    }

    #[pyfn("sequence_getitem(seq, i, /)")]
    pub fn sequence_getitem(vm: &Vm, seq: &Value, i: isize) -> PyResult<Value> {
        vm.get_item(seq, &vm.new_int(i as i64))
    }

    #[pyfn("sequence_setitem(seq, i, value, /)")]
    pub fn sequence_setitem(vm: &Vm, seq: &Value, i: &Value, value: &Value) -> PyResult<i32> {
        let i = isize::from_arg(vm, i)?;
        vm.set_item(seq, &vm.new_int(i as i64), value).map(|()| 0)
    }

    #[pyfn("sequence_delitem(seq, i, /)")]
    fn sequence_delitem(vm: &Vm, seq: &Value, i: &Value) -> PyResult<i32> {
        let i = isize::from_arg(vm, i)?;
        vm.del_item(seq, &vm.new_int(i as i64)).map(|()| 0)
    }
}
