//! `function` and `method`.

use crate::modules::sys::audit_set;
use crate::native::CallArgs;
use crate::prelude::*;
use crate::types::builtins_mapping;
use crate::types::code::{Code, Exec};
use crate::types::module::Module;
use std::cell::{Cell, OnceCell};

/// The payload of `function`.
pub struct Function {
    pub code: GcCell<Code>,
    /// What running `code` needs, once it was called; null before.
    prepared: Cell<*const Exec>,
    pub globals: Gc<Dict>,
    pub builtins: Gc<Dict>,
    own: OnceCell<Box<Own>>,
    pub module: ValueCell,
    pub defaults: GcCell<Tuple>,
    pub kwdefaults: GcCell<Dict>,
    /// Set once: when the function is made, or by the instruction after that.
    pub closure: OnceCell<Gc<Tuple>>,
    pub annotations: ValueCell,
    pub annotate: ValueCell,
    pub type_params: ValueCell,
}

/// What few functions have: what is not their code's.
#[derive(Default)]
struct Own {
    name: GcCell<Str>,
    qualname: GcCell<Str>,
    /// `None`: the code's docstring.
    doc: ValueCell,
    /// Code objects that `__code__ = …` replaced: frames may still run them.
    old_code: Guarded<Vec<Value>>,
}

crate::fixed_layout!(Function);

impl Trace for Function {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.code.trace(visit);
        if let Some(own) = self.own.get() {
            own.old_code.trace(visit);
            own.doc.trace(visit);
        }
        visit(self.globals.as_value());
        visit(self.builtins.as_value());
        self.module.trace(visit);
        self.defaults.trace(visit);
        self.kwdefaults.trace(visit);
        if let Some(c) = self.closure.get() {
            visit(c.as_value());
        }
        self.annotations.trace(visit);
        self.annotate.trace(visit);
        self.type_params.trace(visit);
    }
    fn unlink(&self) {
        if let Some(own) = self.own.get() {
            own.doc.unlink();
        }
        self.module.unlink();
        self.defaults.unlink();
        self.kwdefaults.unlink();
        self.annotations.unlink();
        self.annotate.unlink();
        self.type_params.unlink();
    }
}

/// Whether the tuple can be a closure: the loop takes its items for cells.
pub fn only_cells(closure: &Gc<Tuple>) -> bool {
    closure.items().iter().all(|c| c.downcast_exact::<crate::types::cell::Cell>().is_some())
}

impl Vm {
    /// A function of this code with these globals.
    pub fn new_function(
        &self,
        code: &Gc<Code>,
        globals: &Gc<Dict>,
        closure: Option<Gc<Tuple>>,
    ) -> Gc<Function> {
        self.new_function_with(code, globals, self.builtins_of(globals), closure.filter(only_cells))
    }

    /// As `new_function`, for who knows the builtins that belong to the globals. The closure is of `only_cells`.
    pub fn new_function_with(
        &self,
        code: &Gc<Code>,
        globals: &Gc<Dict>,
        builtins: Gc<Dict>,
        closure: Option<Gc<Tuple>>,
    ) -> Gc<Function> {
        let module = globals.get_str(self, &self.names.__name__);
        self.alloc(Function {
            code: GcCell::new(Some(code.clone())),
            prepared: Cell::new(code.known_exec()),
            globals: globals.clone(),
            builtins,
            own: OnceCell::new(),
            module: ValueCell::new(module),
            defaults: GcCell::new(None),
            kwdefaults: GcCell::new(None),
            closure: closure.map_or_else(OnceCell::new, OnceCell::from),
            annotations: ValueCell::empty(),
            annotate: ValueCell::empty(),
            type_params: ValueCell::empty(),
        })
    }

    /// A function within the one that runs in this frame, which nobody will see.
    #[inline]
    pub fn new_inner_function(
        &self,
        code: &Gc<Code>,
        frame: &crate::interp::Frame,
        closure: Option<Gc<Tuple>>,
    ) -> Gc<Function> {
        let outer = frame.func.as_ref();
        self.alloc(Function {
            code: GcCell::new(Some(code.clone())),
            prepared: Cell::new(code.known_exec()),
            globals: frame.globals().clone(),
            builtins: frame.builtins().clone(),
            own: OnceCell::new(),
            module: ValueCell::new(outer.and_then(|f| f.module.get())),
            defaults: GcCell::new(None),
            kwdefaults: GcCell::new(None),
            closure: closure.map_or_else(OnceCell::new, OnceCell::from),
            annotations: ValueCell::empty(),
            annotate: ValueCell::empty(),
            type_params: ValueCell::empty(),
        })
    }

    /// The builtins that code with these globals sees.
    pub fn builtins_of(&self, globals: &Gc<Dict>) -> Gc<Dict> {
        match globals.get_str(self, &self.names.__builtins__) {
            Some(b) => match b.downcast::<Dict>() {
                Some(d) => d.clone(),
                None if b.downcast::<Module>().is_some() => {
                    crate::types::instance::dict(self, &b).unwrap_or_else(|| self.builtins_dict())
                }
                None => builtins_mapping::wrap(self, &b),
            },
            None => self.current_builtins(),
        }
    }

    /// The builtins that the running code sees.
    pub fn current_builtins(&self) -> Gc<Dict> {
        self.thread.top_frame().map_or_else(|| self.builtins_dict(), |f| f.builtins().clone())
    }

    /// The dict of module `builtins`.
    pub fn builtins_dict(&self) -> Gc<Dict> {
        self.builtins.get_or_init(|| self.new_dict()).clone()
    }
}

impl Function {
    /// What running the function needs. Valid while the function lives: it keeps replaced code too.
    #[inline(always)]
    pub fn exec(&self, vm: &Vm) -> *const Exec {
        let e = self.prepared.get();
        if e.is_null() { self.prepare(vm) } else { e }
    }

    /// `exec`, if its code has run already.
    #[inline(always)]
    pub fn known_exec(&self) -> Option<*const Exec> {
        let e = self.prepared.get();
        (!e.is_null()).then_some(e)
    }

    #[cold]
    fn prepare(&self, vm: &Vm) -> *const Exec {
        let exec: *const Exec = self.code.get().map_or(std::ptr::null(), |c| c.exec(vm) as *const Exec);
        self.prepared.set(exec);
        exec
    }

    /// `__name__`.
    pub fn name(&self, vm: &Vm) -> Option<Gc<Str>> {
        self.own.get().and_then(|o| o.name.get()).or_else(|| Some(self.code.get()?.name(vm).clone()))
    }

    /// `__qualname__`.
    pub fn qualname(&self, vm: &Vm) -> Option<Gc<Str>> {
        self.own.get().and_then(|o| o.qualname.get()).or_else(|| Some(self.code.get()?.qualname(vm).clone()))
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(Box::default)
    }

    /// The names where they are not the code's.
    #[inline]
    pub fn own_names(&self) -> Option<(Option<Gc<Str>>, Option<Gc<Str>>)> {
        self.own.get().map(|own| (own.name.get(), own.qualname.get()))
    }

    /// Whether it may have names of its own.
    #[inline(always)]
    pub fn has_own_names(&self) -> bool {
        self.own.get().is_some()
    }

    /// Before it gets other code: what it is called and says of itself stays.
    fn keep_names(&self, vm: &Vm) {
        let own = self.own();
        own.name.set(self.name(vm));
        own.qualname.set(self.qualname(vm));
        if own.doc.get().is_none() {
            own.doc.set(self.code.get().map(|c| c.docstring(vm)));
        }
    }

    pub fn name_text(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self.own.get().and_then(|o| o.qualname.get()) {
            Some(s) => s.to_string_lossy().into_owned(),
            None => self.code.get().map_or(String::new(), |c| text(c.data.qualname())),
        }
    }
}

fn call(vm: &Vm, f: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    match f.downcast::<Function>() {
        Some(f) => crate::interp::call::call_function(vm, f, None, args),
        None => Err(vm.not_callable(f)),
    }
}

fn descr_get(vm: &Vm, f: &Value, obj: Option<&Value>, _ty: &Value) -> PyResult<Value> {
    Ok(match obj {
        Some(o) => vm.new_method(f.clone(), o.clone()).into_value(),
        None => f.clone(),
    })
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let name = v.downcast::<Function>().map_or(String::new(), |f| f.name_text());
    Ok(vm.new_str(&format!("<function {name} at {:#x}>", v.bits())).into_value())
}

/// Create a function object.
///
///   code
///     a code object
///   globals
///     the globals dictionary
///   name
///     a string that overrides the name from the code object
///   argdefs
///     a tuple that specifies the default argument values
///   closure
///     a tuple that supplies the bindings for free variables
///   kwdefaults
///     a dictionary that specifies the default keyword argument values
#[pytype(
    name = "function",
    signature = "(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
    flags(GC, HAS_DICT, WEAKREF, METHOD_DESCRIPTOR)
)]
impl Slots for Function {
    const SLOTS: SlotDefs =
        SlotDefs { call: Some(call), descr_get: Some(descr_get), repr: Some(repr), ..SlotDefs::NONE };
}

#[pymethods]
impl Function {
    #[pynew("function(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)")]
    fn new(
        vm: &Vm,
        _cls: &Gc<Type>,
        code: &Gc<Code>,
        globals: &Gc<Dict>,
        name: &Value,
        argdefs: &Value,
        closure: &Value,
        kwdefaults: &Value,
    ) -> PyResult<Value> {
        if !name.is_none() && name.downcast::<Str>().is_none() {
            return Err(vm.type_error("arg 3 (name) must be None or string"));
        }
        if !argdefs.is_none() && argdefs.downcast::<Tuple>().is_none() {
            return Err(vm.type_error("arg 4 (defaults) must be None or tuple"));
        }
        let nfree = code.data.freevars.len();
        let cells = closure.downcast::<Tuple>();
        if cells.is_none() && (nfree != 0 && closure.is_none()) {
            return Err(vm.type_error("arg 5 (closure) must be tuple"));
        }
        if cells.is_none() && !closure.is_none() {
            return Err(vm.type_error("arg 5 (closure) must be None or tuple"));
        }
        let n = cells.map_or(0, |c| c.len());
        if n != nfree {
            return Err(vm.value_error(format_args!(
                "{} requires closure of length {nfree}, not {n}",
                code.name(vm).to_string_lossy()
            )));
        }
        if let Some(c) = cells
            && let Some(bad) = c.items().iter().find(|v| v.downcast::<crate::types::cell::Cell>().is_none())
        {
            return Err(vm.type_error(format_args!(
                "arg 5 (closure) expected cell, found {}",
                vm.type_of(bad).name()
            )));
        }
        if !kwdefaults.is_none() && kwdefaults.downcast::<Dict>().is_none() {
            return Err(vm.type_error("arg 6 (kwdefaults) must be None or dict"));
        }
        let f = vm.new_function(code, globals, if nfree == 0 { None } else { cells.cloned() });
        if let Some(s) = name.downcast::<Str>() {
            f.own().name.set(Some(s.clone()));
        }
        f.defaults.set(argdefs.downcast::<Tuple>().cloned());
        f.kwdefaults.set(kwdefaults.downcast::<Dict>().cloned());
        Ok(f.into_value())
    }

    #[pygetter("__code__")]
    fn code(_vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.code.get().map(Gc::into_value)
    }

    #[pysetter("__code__")]
    fn set_code(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        let Some(code) = value.and_then(|v| v.downcast::<Code>()) else {
            return Err(vm.type_error("__code__ must be set to a code object"));
        };
        audit_set(vm, zelf.as_value(), "__code__", code.as_value())?;
        let want = zelf.closure.get().map_or(0, |c| c.len());
        let have = code.data.freevars.len();
        if want != have {
            return Err(vm.value_error(format_args!(
                "{}() requires a code object with {want} free vars, not {have}",
                zelf.name(vm).map_or(String::new(), |n| n.to_string_lossy().into_owned())
            )));
        }
        const KIND: u32 = 0x20 | 0x80 | 0x200;
        if let Some(old) = zelf.code.get()
            && (old.data.flags ^ code.data.flags) & KIND != 0
        {
            vm.warn(
                &crate::errors::exc::DeprecationWarning,
                "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain function)",
                1,
            )?;
        }
        zelf.keep_names(vm);
        zelf.prepared.set(std::ptr::null());
        if let Some(old) = zelf.code.replace(Some(code.clone())) {
            zelf.own().old_code.with_mut(|o| o.push(old.into_value()));
        }
        Ok(())
    }

    #[pymember("__globals__")]
    fn globals(_vm: &Vm, zelf: &Gc<Function>) -> Value {
        zelf.globals.to_value()
    }

    #[pymember("__builtins__")]
    fn builtins(_vm: &Vm, zelf: &Gc<Function>) -> Value {
        builtins_mapping::shown(&zelf.builtins).clone()
    }

    #[pymember("__closure__")]
    fn closure(_vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.closure.get().map(|c| c.to_value())
    }

    #[pygetter("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.name(vm).map(Gc::into_value)
    }

    #[pysetter("__name__")]
    fn set_name(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value.and_then(|v| v.downcast::<Str>()) {
            Some(s) => zelf.own().name.set(Some(s.clone())),
            None => return Err(vm.type_error("__name__ must be set to a string object")),
        }
        Ok(())
    }

    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.qualname(vm).map(Gc::into_value)
    }

    #[pysetter("__qualname__")]
    fn set_qualname(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value.and_then(|v| v.downcast::<Str>()) {
            Some(s) => zelf.own().qualname.set(Some(s.clone())),
            None => return Err(vm.type_error("__qualname__ must be set to a string object")),
        }
        Ok(())
    }

    #[pymember("__doc__")]
    fn doc(vm: &Vm, zelf: &Gc<Function>) -> Value {
        match zelf.own.get().and_then(|o| o.doc.get()) {
            Some(d) => d,
            None => zelf.code.get().map_or(Value::NONE, |c| c.docstring(vm)),
        }
    }

    #[pysetter("__doc__")]
    fn set_doc(_vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        zelf.own().doc.set(Some(value.cloned().unwrap_or(Value::NONE)));
        Ok(())
    }

    #[pygetter("__module__")]
    fn module(_vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.module.get()
    }

    #[pysetter("__module__")]
    fn set_module(_vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        zelf.module.set(value.cloned());
        Ok(())
    }

    #[pygetter("__defaults__")]
    fn defaults(_vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.defaults.get().map(Gc::into_value)
    }

    #[pysetter("__defaults__")]
    fn set_defaults(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value {
            None => zelf.defaults.set(None),
            Some(v) if v.is_none() => zelf.defaults.set(None),
            Some(v) => match v.downcast::<Tuple>() {
                Some(t) => {
                    audit_set(vm, zelf.as_value(), "__defaults__", v)?;
                    zelf.defaults.set(Some(t.clone()))
                }
                None => return Err(vm.type_error("__defaults__ must be set to a tuple object")),
            },
        }
        Ok(())
    }

    #[pygetter("__kwdefaults__")]
    fn kwdefaults(_vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.kwdefaults.get().map(Gc::into_value)
    }

    #[pysetter("__kwdefaults__")]
    fn set_kwdefaults(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value {
            None => zelf.kwdefaults.set(None),
            Some(v) if v.is_none() => zelf.kwdefaults.set(None),
            Some(v) => match v.downcast::<Dict>() {
                Some(t) => zelf.kwdefaults.set(Some(t.clone())),
                None => return Err(vm.type_error("__kwdefaults__ must be set to a dict object")),
            },
        }
        Ok(())
    }

    #[pygetter("__annotations__")]
    fn annotations(vm: &Vm, zelf: &Gc<Function>) -> PyResult<Value> {
        if let Some(a) = zelf.annotations.get() {
            return Ok(a);
        }
        let made = match zelf.annotate.get() {
            Some(f) if !f.is_none() => {
                let r = vm.call1(&f, &vm.new_int(1))?;
                if r.downcast::<Dict>().is_none() {
                    return Err(vm.type_error(format_args!(
                        "__annotate__ returned non-dict of type '{}'",
                        vm.type_of(&r).name()
                    )));
                }
                r
            }
            _ => vm.new_dict().into_value(),
        };
        zelf.annotations.set(Some(made.clone()));
        Ok(made)
    }

    #[pysetter("__annotations__")]
    fn set_annotations(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value {
            None => zelf.annotations.set(None),
            Some(v) if v.is_none() => zelf.annotations.set(None),
            Some(v) if v.downcast::<Dict>().is_some() => zelf.annotations.set(Some(v.clone())),
            Some(_) => return Err(vm.type_error("__annotations__ must be set to a dict object")),
        }
        zelf.annotate.set(None);
        Ok(())
    }

    #[pygetter("__annotate__")]
    fn annotate(_vm: &Vm, zelf: &Gc<Function>) -> Option<Value> {
        zelf.annotate.get()
    }

    #[pysetter("__annotate__")]
    fn set_annotate(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value {
            None => return Err(vm.type_error("__annotate__ cannot be deleted")),
            Some(v) if v.is_none() => zelf.annotate.set(Some(Value::NONE)),
            Some(v) if vm.is_callable(v) => {
                zelf.annotate.set(Some(v.clone()));
                zelf.annotations.set(None);
            }
            Some(_) => return Err(vm.type_error("__annotate__ must be callable or None")),
        }
        Ok(())
    }

    #[pygetter("__type_params__")]
    fn type_params(vm: &Vm, zelf: &Gc<Function>) -> Value {
        zelf.type_params.get().unwrap_or_else(|| vm.names.empty_tuple.to_value())
    }

    #[pysetter("__type_params__")]
    fn set_type_params(vm: &Vm, zelf: &Gc<Function>, value: Option<&Value>) -> PyResult<()> {
        match value {
            Some(v) if v.downcast::<Tuple>().is_some() => zelf.type_params.set(Some(v.clone())),
            _ => return Err(vm.type_error("__type_params__ must be set to a tuple")),
        }
        Ok(())
    }

    #[pygetter("__dict__")]
    fn dict(vm: &Vm, zelf: &Value) -> Option<Value> {
        crate::types::instance::dict(vm, zelf).map(Gc::into_value)
    }

    #[pysetter("__dict__")]
    fn set_dict(vm: &Vm, zelf: &Value, value: Option<&Value>) -> PyResult<()> {
        match value.and_then(|v| v.downcast::<Dict>()) {
            Some(d) => {
                crate::types::instance::set_dict(zelf, Some(d.clone()));
                Ok(())
            }
            None => match value {
                Some(v) => Err(vm.type_error(format_args!(
                    "__dict__ must be set to a dictionary, not a '{}'",
                    vm.type_of(v).name()
                ))),
                None => Err(vm.type_error("cannot delete __dict__")),
            },
        }
    }
}

/// The payload of `method`: a function and the object it is bound to.
pub struct Method {
    pub func: Value,
    pub zelf: Value,
}

crate::fixed_layout!(Method);

impl Trace for Method {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.func);
        visit(&self.zelf);
    }
}

impl Vm {
    pub fn new_method(&self, func: Value, zelf: Value) -> Gc<Method> {
        self.alloc(Method { func, zelf })
    }
}

fn method_call(vm: &Vm, m: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(m) = m.downcast::<Method>() else { return Err(vm.not_callable(m)) };
    if let Some(f) = m.func.downcast_exact::<Function>() {
        return crate::interp::call::call_function(vm, f, Some(&m.zelf), args);
    }
    let (mut func, zelf) = (m.func.clone(), m.zelf.clone());
    let mut all = Vec::with_capacity(args.all.len() + 1);
    all.push(zelf);
    // A method of a method of …: all their objects go in front at once, the innermost first.
    while let Some(inner) = func.downcast_exact::<Method>().cloned() {
        all.push(inner.zelf.clone());
        func = inner.func.clone();
    }
    all.reverse();
    all.extend_from_slice(args.all);
    vm.call_args(&func, CallArgs { all: &all, kwnames: args.kwnames })
}

fn method_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(m) = v.downcast::<Method>() else { return vm.repr(v).map(Gc::into_value) };
    let name = match vm.lookup_attr(&m.func, &vm.names.__qualname__)? {
        Some(n) => Some(n),
        None => vm.lookup_attr(&m.func, &vm.names.__name__)?,
    };
    let name = match name.as_ref().and_then(|n| n.downcast::<Str>()) {
        Some(s) => s.to_string_lossy().into_owned(),
        None => "?".to_string(),
    };
    let of = vm.repr_text(&m.zelf)?;
    Ok(vm.new_str(&format!("<bound method {name} of {of}>")).into_value())
}

fn method_hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(m) = v.downcast::<Method>() else { return Ok(0) };
    let h = (m.zelf.bits() >> 4) as i64 ^ vm.hash(&m.func)?;
    Ok(taipan_text::hash::not_minus_one(h))
}

fn method_compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Method>(), b.downcast::<Method>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = x.zelf.is(&y.zelf) && vm.eq(&x.func, &y.func)?;
    Ok(match op {
        CompareOp::Eq => Value::bool(same),
        CompareOp::Ne => Value::bool(!same),
        _ => Value::NOT_IMPLEMENTED,
    })
}

fn method_getattro(vm: &Vm, m: &Value, name: &Value) -> PyResult<Value> {
    let name_str = vm.attr_name(name)?.clone();
    if let Some(v) = vm.type_of(m).lookup(vm, &name_str) {
        return match vm.type_of(&v).slots.descr_get.get() {
            Some(get) => {
                let ty = vm.type_of(m).to_value();
                get(vm, &v, Some(m), &ty)
            }
            None => Ok(v),
        };
    }
    match m.downcast::<Method>() {
        Some(b) => {
            let func = b.func.clone();
            vm.get_attr(&func, &name_str)
        }
        None => Err(vm.no_attribute(m, &name_str)),
    }
}

fn method_descr_get(_vm: &Vm, m: &Value, _obj: Option<&Value>, _ty: &Value) -> PyResult<Value> {
    Ok(m.clone())
}

/// Create a bound instance method object.
#[pytype(name = "method", signature = "(function, instance, /)", flags(GC, WEAKREF))]
impl Slots for Method {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(method_call),
        repr: Some(method_repr),
        hash: Some(method_hash),
        richcompare: Some(method_compare),
        getattro: Some(method_getattro),
        descr_get: Some(method_descr_get),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Method {
    #[pynew("method(function, instance, /)")]
    fn new(vm: &Vm, _cls: &Gc<Type>, function: &Value, instance: &Value) -> PyResult<Value> {
        if !vm.is_callable(function) {
            return Err(vm.type_error("first argument must be callable"));
        }
        if instance.is_none() {
            return Err(vm.type_error("instance must not be None"));
        }
        Ok(vm.new_method(function.clone(), instance.clone()).into_value())
    }

    /// the function (or other callable) implementing a method
    #[pymember("__func__")]
    fn func(_vm: &Vm, zelf: &Gc<Method>) -> Value {
        zelf.func.clone()
    }

    /// the instance to which a method is bound
    #[pymember("__self__")]
    fn zelf(_vm: &Vm, zelf: &Gc<Method>) -> Value {
        zelf.zelf.clone()
    }

    #[pymember("__doc__")]
    fn doc(vm: &Vm, zelf: &Gc<Method>) -> PyResult<Value> {
        vm.get_attr(&zelf.func.clone(), &vm.names.__doc__)
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Method>) -> PyResult<Value> {
        let getattr = vm.builtins_dict().get_str(vm, &vm.intern("getattr")).unwrap_or(Value::NONE);
        let name = vm.get_attr(&zelf.func.clone(), &vm.names.__name__)?;
        let args = vm.new_tuple(vec![zelf.zelf.clone(), name]);
        Ok(vm.new_tuple(vec![getattr, args.into_value()]).into_value())
    }
}
