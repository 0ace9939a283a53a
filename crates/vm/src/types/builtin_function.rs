//! `builtin_function_or_method`: functions of native modules, bound native methods, and the `__new__` of native types.

use crate::native::bind::Direct;
use crate::native::{FnDef, bind};
use crate::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a built-in function runs.
enum Body {
    Def(&'static FnDef),
    /// `T.__new__` of a native type.
    New(Gc<Type>),
}

// No docstring: CPython has none.
#[pytype(name = "builtin_function_or_method", flags(GC, NO_NEW, WEAKREF))]
pub struct BuiltinFunction {
    body: Body,
    /// The object of a bound method, the class of a `__new__`, the module of a function.
    zelf: Option<Value>,
    /// `__module__`.
    module: Option<Value>,
    /// How the loop may call it; the object of a bound method counts as an argument.
    pub direct: Direct,
    /// `zelf` goes in front of the arguments.
    pub bound: bool,
}

impl Trace for BuiltinFunction {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Body::New(t) = &self.body {
            visit(t.as_value());
        }
        self.zelf.trace(visit);
        self.module.trace(visit);
    }
}

impl BuiltinFunction {
    /// A function; `zelf` goes in front of the arguments if the row is a method's or class method's.
    pub fn make(
        vm: &Vm,
        def: &'static FnDef,
        zelf: Option<Value>,
        module: Option<Value>,
    ) -> Gc<BuiltinFunction> {
        let method = matches!(def.kind, FnKind::Method | FnKind::ClassMethod);
        let direct = if method && zelf.is_none() { Direct::NONE } else { Direct::of(def) };
        let bound = method && zelf.is_some();
        vm.alloc(BuiltinFunction { body: Body::Def(def), zelf, module, direct, bound })
    }

    /// A method with its object, which counts as an argument for `direct`, its row's.
    pub fn make_bound(vm: &Vm, def: &'static FnDef, direct: Direct, obj: &Value) -> Gc<BuiltinFunction> {
        vm.alloc_with(|| BuiltinFunction {
            body: Body::Def(def),
            zelf: Some(obj.clone()),
            module: None,
            direct,
            bound: true,
        })
    }

    /// The `__new__` of a native type.
    pub fn new_of(vm: &Vm, owner: &Gc<Type>) -> Gc<BuiltinFunction> {
        vm.alloc(BuiltinFunction {
            body: Body::New(owner.clone()),
            zelf: Some(owner.to_value()),
            module: None,
            direct: Direct::NONE,
            bound: false,
        })
    }

    /// The native type whose `__new__` this is.
    pub fn new_owner(&self) -> Option<&Gc<Type>> {
        match &self.body {
            Body::New(t) => Some(t),
            Body::Def(_) => None,
        }
    }

    pub fn def(&self) -> Option<&'static FnDef> {
        match &self.body {
            Body::Def(d) => Some(d),
            Body::New(_) => None,
        }
    }

    pub fn zelf(&self) -> Option<&Value> {
        self.zelf.as_ref()
    }

    fn name(&self) -> &'static str {
        self.def().map_or("__new__", |d| d.name)
    }

    /// The object that goes in front of the arguments.
    pub fn receiver(&self) -> Option<&Value> {
        if self.bound { self.zelf.as_ref() } else { None }
    }
}

use crate::native::FnKind;

/// `T.__new__(S, …)` as Python calls it: S must be a class whose instances begin as T's do.
fn call_new(vm: &Vm, owner: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    let name = owner.name();
    let Some(first) = args.pos().first() else {
        return Err(vm.type_error(format_args!("{name}.__new__(): not enough arguments")));
    };
    let Some(sub) = first.downcast::<Type>() else {
        return Err(vm.type_error(format_args!(
            "{name}.__new__(X): X is not a type object ({})",
            vm.type_of(first).name()
        )));
    };
    if !sub.is_subtype(owner) {
        let s = sub.name();
        return Err(vm.type_error(format_args!("{name}.__new__({s}): {s} is not a subtype of {name}")));
    }
    let mut native = sub.clone();
    while native.is_heap_type() {
        match native.base.get() {
            Some(b) => native = b,
            None => break,
        }
    }
    let (mine, theirs) = (owner.slots.new.get(), native.slots.new.get());
    let same = match (mine, theirs) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        (_, None) => false,
        _ => true,
    };
    if theirs.is_none() {
        return Err(vm.type_error(format_args!(
            "cannot create '{}' instances",
            crate::types::class::dotted_name(vm, &native)
        )));
    }
    if !same && !std::ptr::eq(owner.def, native.def) {
        return Err(vm.type_error(format_args!(
            "{name}.__new__({}) is not safe, use {}.__new__()",
            sub.tp_name(),
            native.tp_name()
        )));
    }
    match mine {
        Some(f) => f(vm, sub, args.skip(1)),
        None => Err(vm.type_error(format_args!("cannot create '{name}' instances"))),
    }
}

pub(crate) fn call(vm: &Vm, f: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(f) = f.downcast_exact::<BuiltinFunction>() else { return Err(vm.not_callable(f)) };
    match &f.body {
        Body::New(owner) => call_new(vm, owner, args),
        Body::Def(def) => match f.receiver() {
            None => bind::call(vm, def, args),
            // Mostly one argument or none: no memory for these.
            Some(zelf) if args.all.is_empty() => {
                bind::call(vm, def, CallArgs { all: std::slice::from_ref(zelf), kwnames: args.kwnames })
            }
            Some(zelf) if args.all.len() == 1 => {
                let all = [zelf.clone(), args.all[0].clone()];
                bind::call(vm, def, CallArgs { all: &all, kwnames: args.kwnames })
            }
            Some(zelf) if args.all.len() == 2 => {
                let all = [zelf.clone(), args.all[0].clone(), args.all[1].clone()];
                bind::call(vm, def, CallArgs { all: &all, kwnames: args.kwnames })
            }
            Some(zelf) => {
                let mut all = Vec::with_capacity(args.all.len() + 1);
                all.push(zelf.clone());
                all.extend_from_slice(args.all);
                bind::call(vm, def, CallArgs { all: &all, kwnames: args.kwnames })
            }
        },
    }
}

fn repr(vm: &Vm, f: &Value) -> PyResult<Value> {
    let Some(f) = f.downcast::<BuiltinFunction>() else { return Ok(vm.names.empty.to_value()) };
    let text = match f.zelf.as_ref() {
        Some(z) if !is_module(vm, z) => {
            format!("<built-in method {} of {} object at {:#x}>", f.name(), vm.type_of(z).name(), vm.id_of(z))
        }
        _ => format!("<built-in function {}>", f.name()),
    };
    Ok(vm.new_str(&text).into_value())
}

fn is_module(vm: &Vm, v: &Value) -> bool {
    v.is_none() || vm.type_of(v).is_subtype(&vm.native_type::<crate::types::module::Module>())
}

fn same_body(a: &Body, b: &Body) -> bool {
    match (a, b) {
        (Body::Def(a), Body::Def(b)) => std::ptr::eq(*a, *b),
        (Body::New(a), Body::New(b)) => a.is(b),
        _ => false,
    }
}

fn compare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<BuiltinFunction>(), b.downcast::<BuiltinFunction>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same_self = match (&x.zelf, &y.zelf) {
        (Some(p), Some(q)) => p.is(q),
        (None, None) => true,
        _ => false,
    };
    let equal = same_self && same_body(&x.body, &y.body);
    match op {
        CompareOp::Eq => Ok(Value::bool(equal)),
        CompareOp::Ne => Ok(Value::bool(!equal)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(_: &Vm, f: &Value) -> PyResult<i64> {
    let mut h = DefaultHasher::new();
    if let Some(f) = f.downcast::<BuiltinFunction>() {
        f.zelf.as_ref().map(Value::bits).hash(&mut h);
        match &f.body {
            Body::Def(d) => (*d as *const FnDef as usize).hash(&mut h),
            Body::New(t) => t.as_value().bits().hash(&mut h),
        }
    }
    Ok((h.finish() >> 2) as i64)
}

impl Slots for BuiltinFunction {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(call),
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(compare),
        ..SlotDefs::NONE
    };
}

/// The signature as CPython gives it out; `None` when there is none.
pub(crate) fn shown_signature(vm: &Vm, text: &str) -> Value {
    if text.is_empty() { Value::NONE } else { vm.new_str(text).into_value() }
}

pub(crate) fn shown_doc(vm: &Vm, text: &str) -> Value {
    if text.is_empty() { Value::NONE } else { vm.new_str(text).into_value() }
}

#[pymethods]
impl BuiltinFunction {
    #[pygetter("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<BuiltinFunction>) -> Value {
        vm.intern(zelf.name()).into_value()
    }

    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<BuiltinFunction>) -> PyResult<Value> {
        match &zelf.zelf {
            Some(z) if !is_module(vm, z) => {
                let ty = match z.downcast::<Type>() {
                    Some(t) => t.clone(),
                    None => vm.type_of(z).clone(),
                };
                let q = ty.qualname_str(vm);
                Ok(vm.new_str(&format!("{}.{}", q.to_string_lossy(), zelf.name())).into_value())
            }
            _ => Ok(vm.intern(zelf.name()).into_value()),
        }
    }

    #[pygetter("__module__")]
    fn get_module(_vm: &Vm, zelf: &Gc<BuiltinFunction>) -> Value {
        zelf.module.clone().unwrap_or(Value::NONE)
    }

    #[pygetter("__self__")]
    fn get_self(_vm: &Vm, zelf: &Gc<BuiltinFunction>) -> Value {
        zelf.zelf.clone().unwrap_or(Value::NONE)
    }

    #[pygetter("__doc__")]
    fn get_doc(vm: &Vm, zelf: &Gc<BuiltinFunction>) -> Value {
        match zelf.def() {
            Some(d) => shown_doc(vm, d.doc),
            None => shown_doc(vm, "Create and return a new object.  See help(type) for accurate signature."),
        }
    }

    #[pygetter("__text_signature__")]
    fn get_text_signature(vm: &Vm, zelf: &Gc<BuiltinFunction>) -> Value {
        shown_signature(vm, zelf.def().map_or("($type, *args, **kwargs)", |d| d.text_signature))
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<BuiltinFunction>) -> PyResult<Value> {
        let name = vm.intern(zelf.name()).into_value();
        match &zelf.zelf {
            Some(z) if !is_module(vm, z) => {
                let getattr = vm.builtin_named("getattr")?;
                let args = vm.new_tuple(vec![z.clone(), name]).into_value();
                Ok(vm.new_tuple(vec![getattr, args]).into_value())
            }
            _ => Ok(name),
        }
    }
}

impl Vm {
    /// `id(v)`: the address of an object, a number of its own for value words.
    pub fn id_of(&self, v: &Value) -> u64 {
        v.bits()
    }

    /// A name of module `builtins`.
    pub fn builtin_named(&self, name: &str) -> PyResult<Value> {
        match self.builtins.get().and_then(|b| b.get_str(self, &self.intern(name))) {
            Some(v) => Ok(v),
            None => Err(self.attribute_error(
                &Value::NONE,
                &self.intern(name),
                format_args!("module 'builtins' has no attribute '{name}'"),
            )),
        }
    }
}
