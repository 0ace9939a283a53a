//! A model of the items that emitted code names.

use std::any::Any;
use std::rc::Rc;

pub struct Vm;
pub type PyResult<T> = Result<T, String>;

#[derive(Clone)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Tuple(Vec<Value>),
    Object(Rc<dyn Any>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(v) => write!(f, "Bool({v})"),
            Value::Int(v) => write!(f, "Int({v})"),
            Value::Float(v) => write!(f, "Float({v:?})"),
            Value::Str(v) => write!(f, "Str({v:?})"),
            Value::Tuple(v) => write!(f, "Tuple({v:?})"),
            Value::Object(_) => f.write_str("Object"),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

#[allow(dead_code)]
impl Value {
    pub const NONE: Value = Value::None;
    pub const TRUE: Value = Value::Bool(true);
    pub const FALSE: Value = Value::Bool(false);
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }
    pub fn text(s: &str) -> Value {
        let body = Str(s.to_string());
        Value::Object(Rc::new(Gc { value: Value::Str(s.to_string()), body }))
    }
    pub fn object<T: 'static>(body: T) -> Value {
        Value::Object(Rc::new(Gc { value: Value::None, body }))
    }
}

pub struct Gc<T> {
    pub value: Value,
    pub body: T,
}

impl<T> Gc<T> {
    pub fn as_value(&self) -> &Value {
        &self.value
    }
}

impl Vm {
    pub fn new_str(&self, s: &str) -> Value {
        Value::Str(s.to_string())
    }
    pub fn new_tuple(&self, v: Vec<Value>) -> Value {
        Value::Tuple(v)
    }
}

#[derive(Clone, Copy)]
pub struct PayloadFns;

/// # Safety
/// A model.
pub unsafe trait Layout {
    const FNS: PayloadFns;
}

#[macro_export]
macro_rules! fixed_layout {
    ($t:ty) => {
        // SAFETY: a model.
        unsafe impl ::taipan_heap::Layout for $t {
            const FNS: ::taipan_heap::PayloadFns = ::taipan_heap::PayloadFns;
        }
    };
}

pub trait Trace {
    fn trace(&self, visit: &mut dyn FnMut(&Value));
    fn unlink(&self) {}
    fn take(&mut self, _out: &mut Vec<Value>) {}
}

impl Trace for Value {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self)
    }
}

impl<T: Trace> Trace for Vec<T> {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.iter().for_each(|v| v.trace(visit))
    }
}

impl<T: Trace> Trace for Option<T> {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.iter().for_each(|v| v.trace(visit))
    }
}

pub struct Str(pub String);
fixed_layout!(Str);
impl Trace for Str {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}
#[taipan_macros::pytype(name = "str", no_methods)]
impl types::typedef::Slots for Str {
    const SLOTS: types::typedef::SlotDefs = types::typedef::SlotDefs::NONE;
}

pub mod object {
    pub struct Type(pub &'static str);
    pub trait Payload: 'static {
        fn def() -> &'static super::types::typedef::TypeDef;
    }
    static TYPE: super::types::typedef::TypeDef = super::types::typedef::TypeDef {
        name: "type",
        module: "builtins",
        doc: "",
        signature: "",
        base: None,
        flags: 0,
        slots: super::types::typedef::SlotDefs::NONE,
        methods: &[],
        getset: &[],
        consts: &[],
        fns: super::PayloadFns,
        id: {
            static ID: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            &ID
        },
    };
    impl Payload for Type {
        fn def() -> &'static super::types::typedef::TypeDef {
            &TYPE
        }
    }
}

pub mod types {
    pub mod typedef {
        use crate::native::*;
        use crate::{PayloadFns, PyResult, Value, Vm};

        pub struct F;
        impl F {
            pub const GC: u32 = 1 << 14;
            pub const BASETYPE: u32 = 1 << 10;
        }

        #[derive(Clone, Copy)]
        pub struct SlotDefs {
            pub repr: Option<fn(&Vm, &Value) -> PyResult<Value>>,
            pub new: Option<NewFn>,
            pub init: Option<InitFn>,
        }
        impl SlotDefs {
            pub const NONE: SlotDefs = SlotDefs { repr: None, new: None, init: None };
        }
        pub trait Slots {
            const SLOTS: SlotDefs;
        }

        #[allow(dead_code)]
        pub struct TypeDef {
            pub name: &'static str,
            pub module: &'static str,
            pub doc: &'static str,
            pub signature: &'static str,
            pub base: Option<fn() -> &'static TypeDef>,
            pub flags: u32,
            pub slots: SlotDefs,
            pub methods: &'static [FnDef],
            pub getset: &'static [GetSetDef],
            pub consts: &'static [ConstDef],
            pub fns: PayloadFns,
            pub id: &'static std::sync::atomic::AtomicU32,
        }
    }
}

pub mod native {
    use super::object::Type;
    use super::types::typedef::TypeDef;
    use super::{Gc, PyResult, Value, Vm};

    #[derive(Clone, Copy)]
    pub struct CallArgs<'a> {
        pub all: &'a [Value],
    }

    #[allow(dead_code)]
    pub struct Param {
        pub name: &'static str,
        pub required: bool,
    }
    pub struct Params {
        pub params: &'static [Param],
        pub posonly: usize,
        pub positional: usize,
        pub required: usize,
        pub var_args: bool,
        pub var_kw: bool,
    }
    pub struct Bound<'a> {
        pub slots: &'a [Option<Value>],
        pub rest: &'a [Value],
        pub kwrest: &'a [(Value, Value)],
    }
    pub type PlainFn = fn(&Vm, &[Option<Value>]) -> PyResult<Value>;
    pub type VarFn = fn(&Vm, &Bound<'_>) -> PyResult<Value>;
    pub type RawFn = fn(&Vm, CallArgs<'_>) -> PyResult<Value>;
    #[derive(Clone, Copy)]
    pub enum Call {
        Plain(PlainFn),
        Var(VarFn),
        Raw(RawFn),
    }
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum FnKind {
        Function,
        Method,
        ClassMethod,
        StaticMethod,
    }
    #[allow(dead_code)]
    pub enum Owner {
        Module(&'static str),
        Type(fn() -> &'static TypeDef),
        Constructor,
    }
    pub struct FnDef {
        pub name: &'static str,
        pub owner: Owner,
        pub text_signature: &'static str,
        pub doc: &'static str,
        pub kind: FnKind,
        pub params: Params,
        pub call: Call,
    }
    pub struct GetSetDef {
        pub name: &'static str,
        pub doc: &'static str,
        pub member: bool,
        pub get: fn(&Vm, &Value) -> PyResult<Value>,
        pub set: Option<fn(&Vm, &Value, Option<&Value>) -> PyResult<()>>,
    }
    pub struct ConstDef {
        pub name: &'static str,
        pub make: fn(&Vm) -> PyResult<Value>,
    }
    pub type NewFn = fn(&Vm, &Gc<Type>, CallArgs<'_>) -> PyResult<Value>;
    pub type InitFn = fn(&Vm, &Value, CallArgs<'_>) -> PyResult<()>;
    pub trait Methods {
        const METHODS: &'static [FnDef];
        const GETSET: &'static [GetSetDef];
        const CONSTS: &'static [ConstDef];
        const NEW: Option<NewFn>;
        const INIT: Option<InitFn>;
    }
    pub struct ModuleDef {
        pub name: &'static str,
        pub doc: &'static str,
        pub functions: &'static [FnDef],
        pub consts: &'static [ConstDef],
        pub types: &'static [fn() -> &'static TypeDef],
        pub init: Option<fn(&Vm, &Value) -> PyResult<()>>,
    }

    pub trait FromArg<'a>: Sized {
        fn from_arg(vm: &Vm, v: &'a Value) -> PyResult<Self>;
    }
    macro_rules! from_arg {
        ($($t:ty => $pattern:pat => $value:expr;)*) => { $(
            impl<'a> FromArg<'a> for $t {
                fn from_arg(_: &Vm, v: &'a Value) -> PyResult<Self> {
                    #[allow(unreachable_patterns)]
                    match v {
                        $pattern => Ok($value),
                        _ => Err(format!("{v:?}")),
                    }
                }
            }
        )* };
    }
    impl<'a> FromArg<'a> for &'a str {
        fn from_arg(_: &Vm, v: &'a Value) -> PyResult<Self> {
            if let Value::Str(s) = v { Ok(s) } else { Err(format!("{v:?}")) }
        }
    }
    from_arg! {
        String => Value::Str(s) => s.clone();
        i64 => Value::Int(n) => *n;
        isize => Value::Int(n) => *n as isize;
        usize => Value::Int(n) => *n as usize;
        f64 => Value::Int(n) => *n as f64;
        bool => Value::Int(n) => *n != 0;
        Value => v => v.clone();
    }

    pub trait IntoPy {
        fn into_py(self, vm: &Vm) -> PyResult<Value>;
    }
    macro_rules! into_py {
        ($($t:ty => |$v:ident| $value:expr;)*) => { $(
            impl IntoPy for $t {
                fn into_py(self, _: &Vm) -> PyResult<Value> { let $v = self; Ok($value) }
            }
        )* };
    }
    into_py! {
        i64 => |v| Value::Int(v);
        f64 => |v| Value::Float(v);
        Value => |v| v;
        String => |v| Value::Str(v);
        () => |_v| Value::None;
    }
    impl<T: IntoPy> IntoPy for PyResult<T> {
        fn into_py(self, vm: &Vm) -> PyResult<Value> {
            self?.into_py(vm)
        }
    }

    pub mod shell {
        use super::*;
        use crate::object::Payload;

        pub fn given(slots: &[Option<Value>], i: usize) -> Option<&Value> {
            slots.get(i)?.as_ref()
        }
        pub fn slot<'a>(_: &Vm, slots: &'a [Option<Value>], i: usize) -> PyResult<&'a Value> {
            given(slots, i).ok_or_else(|| format!("missing {i}"))
        }
        pub fn receiver<'a, T: Payload>(
            vm: &Vm,
            slots: &'a [Option<Value>],
            name: &str,
        ) -> PyResult<&'a Gc<T>> {
            object(vm, slot(vm, slots, 0)?, name)
        }
        pub fn object<'a, T: Payload>(_: &Vm, v: &'a Value, name: &str) -> PyResult<&'a Gc<T>> {
            let Value::Object(o) = v else { return Err(format!("{name} {}", T::def().name)) };
            o.downcast_ref().ok_or_else(|| format!("{name} {}", T::def().name))
        }
        pub fn argument<'a, T: Payload>(
            vm: &Vm,
            v: &'a Value,
            what: &str,
            or_none: &str,
        ) -> PyResult<&'a Gc<T>> {
            object(vm, v, "").map_err(|_| format!("{what} must be {}{or_none}", T::def().name))
        }
        pub fn call_bound(
            vm: &Vm,
            def: &'static FnDef,
            first: &Value,
            args: CallArgs<'_>,
        ) -> PyResult<Value> {
            let mut slots = vec![Some(first.clone())];
            slots.extend(args.all.iter().cloned().map(Some));
            match def.call {
                Call::Plain(f) => f(vm, &slots),
                _ => Err("not plain".to_string()),
            }
        }
    }
}
