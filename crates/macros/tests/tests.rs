//! The attributes against a small model of the virtual machine's row types, in which a value is a Rust enum.

extern crate self as taipan_heap;
extern crate self as taipan_vm;

mod model;
pub use model::{Gc, Layout, PayloadFns, PyResult, Str, Trace, Value, Vm, native, object, types};

use native::{Call, CallArgs, FnKind, Owner};
use object::{Payload, Type};
use std::cell::Cell;
use taipan_macros::{Trace, pymethods, pymodule, pytype};
use types::typedef::{F, SlotDefs, Slots};

/// A model of `_bisect`.
#[pymodule(name = "_bisect")]
pub mod bisect {
    use super::*;

    /// Where to put it.
    ///
    /// More.
    #[pyfn("bisect_left(a, x, lo=0, hi=None, *, key=None)")]
    #[pyfn("bisect(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(
        _vm: &Vm,
        a: &Value,
        x: &Value,
        lo: isize,
        hi: Option<isize>,
        key: Option<&Value>,
    ) -> PyResult<String> {
        Ok(format!("{a:?} {x:?} {lo} {hi:?} {key:?}"))
    }

    #[pyfn("defaults(a='x', b=-1, c=(), d=1.5, e=True, f=None, /)")]
    fn defaults(
        _vm: &Vm,
        a: &Value,
        b: &Value,
        c: Value,
        d: f64,
        e: bool,
        #[raw] f: Option<&Value>,
    ) -> String {
        format!("{a:?} {b:?} {c:?} {d} {e} {f:?}")
    }

    #[pyfn("varied(a, *args, b=<unrepresentable>, **kw)")]
    fn varied(_vm: &Vm, a: i64, args: &[Value], b: Option<&Value>, kw: &[(Value, Value)]) -> String {
        format!("{a} {args:?} {b:?} {kw:?}")
    }

    #[pyfn("only(*args)")]
    fn only(_vm: &Vm, args: &[Value]) -> i64 {
        args.len() as i64
    }

    #[pyfn("nothing()")]
    fn nothing(_vm: &Vm) {}

    #[pyfn(raw, "print(*args, sep=' ', end='\\n')")]
    fn print(_vm: &Vm, args: CallArgs) -> PyResult<Value> {
        Ok(Value::Int(args.all.len() as i64))
    }

    #[cfg(any())]
    #[pyfn("absent()")]
    fn absent(_vm: &Vm) -> NoSuchType {}

    #[pyfn("typed(d, e=None, /, f=None)")]
    fn typed(_vm: &Vm, d: &Gc<Deque>, e: Option<&Gc<Deque>>, f: Option<&Gc<Deque>>) -> i64 {
        (d.body.n.get() + e.is_some() as usize + f.is_some() as usize) as i64
    }

    #[pyfn("texts(a, b=None)")]
    fn texts(_vm: &Vm, a: &str, b: Option<String>) -> String {
        format!("{a} {b:?}")
    }

    #[pyconst]
    const LIMIT: f64 = 3.0;

    #[pyconst("pi")]
    fn pi(_vm: &Vm) -> PyResult<Value> {
        Ok(Value::Float(2.5))
    }

    pytypes!(Deque, SubDeque);

    #[pyinit]
    fn init(_vm: &Vm, _module: &Value) -> PyResult<()> {
        Ok(())
    }
}

/// A queue.
#[pytype(
    name = "deque",
    module = "collections",
    signature = "(iterable=(), maxlen=None)",
    flags(BASETYPE, GC)
)]
#[derive(Trace)]
pub struct Deque {
    items: Vec<Value>,
    #[notrace]
    n: Cell<usize>,
}

impl Slots for Deque {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

fn repr(_vm: &Vm, _v: &Value) -> PyResult<Value> {
    Ok(Value::None)
}

#[pymethods]
impl Deque {
    #[pyconst]
    const KIND: i64 = 7;

    #[pynew("deque(iterable=(), maxlen=None)")]
    fn new(_vm: &Vm, cls: &Gc<Type>, iterable: &Value, maxlen: Option<usize>) -> PyResult<Value> {
        Ok(Value::Str(format!("{} {iterable:?} {maxlen:?}", cls.body.0)))
    }

    #[pyinit(raw)]
    fn init(_vm: &Vm, zelf: &Gc<Deque>, args: CallArgs) -> PyResult<()> {
        zelf.body.n.set(args.all.len());
        Ok(())
    }

    /// Add.
    #[pymethod("append($self, item, /)")]
    fn append(_vm: &Vm, zelf: &Gc<Deque>, item: &Value) -> String {
        format!("{} {item:?}", zelf.body.items.len())
    }

    #[pymethod("any(a)")]
    fn any(_vm: &Vm, zelf: &Value, a: bool) -> String {
        format!("{zelf:?} {a}")
    }

    #[pymethod(raw, no_text, "update(a)")]
    fn update(_vm: &Vm, _args: CallArgs) -> PyResult<Value> {
        Ok(Value::None)
    }

    #[pyclassmethod("fromkeys($type, iterable, value=None, /)")]
    fn fromkeys(_vm: &Vm, cls: &Value, iterable: &Value, value: Option<&Value>) -> String {
        format!("{cls:?} {iterable:?} {value:?}")
    }

    #[pystaticmethod("maketrans(x, y=<unrepresentable>, /)")]
    fn maketrans(_vm: &Vm, x: &Value, y: Option<&Value>) -> String {
        format!("{x:?} {y:?}")
    }

    /// The bound.
    #[pygetter("maxlen")]
    fn maxlen(_vm: &Vm, zelf: &Gc<Deque>) -> i64 {
        zelf.body.n.get() as i64
    }

    #[pysetter("maxlen")]
    fn set_maxlen(_vm: &Vm, zelf: &Gc<Deque>, value: Option<&Value>) -> PyResult<()> {
        zelf.body.n.set(if value.is_some() { 99 } else { 0 });
        Ok(())
    }

    #[pyconst("__hash__")]
    fn hash_none(_vm: &Vm) -> Value {
        Value::None
    }
}

#[pytype(name = "sub", base = Deque, no_methods, no_slots)]
#[derive(Trace)]
pub struct SubDeque {
    base: Deque,
    other: Shape,
}

/// Storage whose methods are in another file.
pub struct Apart;

fixed_layout!(Apart);

/// Apart.
#[pytype(name = "apart", base = Deque, no_methods)]
impl Slots for Apart {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

#[derive(Trace)]
#[allow(dead_code)]
enum Shape {
    Empty,
    Pair(Value, Option<Value>),
    Named {
        a: Value,
        #[notrace]
        b: Opaque,
    },
}

struct Opaque;

fn deque() -> Value {
    Value::object(Deque { items: vec![Value::Int(1)], n: Cell::new(5) })
}

fn function(name: &str) -> &'static native::FnDef {
    bisect::MODULE.functions.iter().find(|f| f.name == name).unwrap()
}

fn method(name: &str) -> &'static native::FnDef {
    Deque::def().methods.iter().find(|f| f.name == name).unwrap()
}

fn plain(def: &native::FnDef, slots: &[Option<Value>]) -> String {
    let Call::Plain(f) = def.call else { panic!("{} is not plain", def.name) };
    match f(&Vm, slots) {
        Ok(Value::Str(s)) => s,
        Ok(v) => format!("{v:?}"),
        Err(e) => format!("error: {e}"),
    }
}

#[test]
fn the_module() {
    let m = &bisect::MODULE;
    assert_eq!((m.name, m.doc), ("_bisect", "A model of `_bisect`."));
    let names: Vec<_> = m.functions.iter().map(|f| f.name).collect();
    assert_eq!(
        names,
        ["bisect_left", "bisect", "defaults", "varied", "only", "nothing", "print", "typed", "texts"]
    );
    let consts: Vec<_> = m.consts.iter().map(|c| format!("{} {:?}", c.name, (c.make)(&Vm))).collect();
    assert_eq!(consts, ["LIMIT Ok(Float(3.0))", "pi Ok(Float(2.5))"]);
    assert_eq!(m.types.iter().map(|t| t().name).collect::<Vec<_>>(), ["deque", "sub"]);
    assert!(m.init.is_some());
    assert_eq!(function("bisect").doc, "Where to put it.\n\nMore.");
    assert_eq!(function("bisect").text_signature, "($module, /, a, x, lo=0, hi=None, *, key=None)");
    assert_eq!(function("print").text_signature, "($module, /, *args, sep=' ', end='\\n')");
}

#[test]
fn parameters() {
    let p = &function("bisect_left").params;
    assert_eq!((p.posonly, p.positional, p.required, p.var_args, p.var_kw), (0, 4, 2, false, false));
    assert_eq!(p.params.iter().map(|p| p.name).collect::<Vec<_>>(), ["a", "x", "lo", "hi", "key"]);
    let p = &function("varied").params;
    assert_eq!((p.posonly, p.positional, p.required, p.var_args, p.var_kw), (0, 1, 1, true, true));
    assert_eq!(p.params.iter().map(|p| p.name).collect::<Vec<_>>(), ["a", "b"]);
    let p = &method("append").params;
    assert_eq!((p.posonly, p.positional, p.required), (2, 2, 2));
    assert_eq!(method("append").kind, FnKind::Method);
    assert!(matches!(method("append").owner, Owner::Type(t) if t().name == "deque"));
    assert!(matches!(function("only").owner, Owner::Module("_bisect")));
    assert_eq!(method("any").params.posonly, 1);
    assert_eq!(method("any").text_signature, "($self, /, a)");
    assert_eq!(method("update").text_signature, "");
    assert_eq!(method("maketrans").params.params.len(), 2);
    assert_eq!(method("maketrans").text_signature, "(x, y=<unrepresentable>, /)");
}

#[test]
fn shells() {
    let (one, two) = (Some(Value::Int(1)), Some(Value::Int(2)));
    let left = function("bisect_left");
    assert_eq!(plain(left, &[one.clone(), two.clone()]), "Int(1) Int(2) 0 None None");
    assert_eq!(
        plain(left, &[one.clone(), two.clone(), one.clone(), two.clone(), one.clone()]),
        "Int(1) Int(2) 1 Some(2) Some(Int(1))"
    );
    assert_eq!(plain(left, &[one.clone(), two.clone(), None, Some(Value::None), Some(Value::None)]), {
        "Int(1) Int(2) 0 None None"
    });
    assert_eq!(plain(left, &[one.clone()]), "error: missing 1");
    let defaults = function("defaults");
    assert_eq!(plain(defaults, &[]), "Str(\"x\") Int(-1) Tuple([]) 1.5 true None");
    let all = vec![one.clone(), one.clone(), one.clone(), one.clone(), one.clone(), Some(Value::None)];
    assert_eq!(plain(defaults, &all), "Int(1) Int(1) Int(1) 1 true Some(None)");
    assert_eq!(plain(function("nothing"), &[]), "None");
    let typed = function("typed");
    assert_eq!(plain(typed, &[Some(deque()), Some(Value::None), Some(deque())]), "Int(6)");
    assert_eq!(plain(typed, &[one.clone()]), "error: typed() argument 1 must be deque");
    assert_eq!(plain(typed, &[Some(deque()), None, one.clone()]), {
        "error: typed() argument 'f' must be deque or None"
    });
    let texts = function("texts");
    assert_eq!(plain(texts, &[Some(Value::text("x")), Some(Value::text("y"))]), "x Some(\"y\")");
    assert_eq!(plain(texts, &[one.clone()]), "error: texts() argument 'a' must be str");
    let Call::Var(varied) = function("varied").call else { panic!() };
    let bound = native::Bound {
        slots: &[one.clone(), Some(Value::None)],
        rest: &[Value::Int(3)],
        kwrest: &[(Value::Int(4), Value::Int(5))],
    };
    assert_eq!(varied(&Vm, &bound), Ok(Value::Str("1 [Int(3)] Some(None) [(Int(4), Int(5))]".to_string())));
    let Call::Raw(print) = function("print").call else { panic!() };
    assert_eq!(print(&Vm, CallArgs { all: &[Value::None] }), Ok(Value::Int(1)));
}

#[test]
fn the_type() {
    let def = Deque::def();
    assert_eq!((def.name, def.module, def.doc), ("deque", "collections", "A queue."));
    assert_eq!(def.signature, "(iterable=(), maxlen=None)");
    assert_eq!(def.flags, F::BASETYPE | F::GC);
    assert!(def.slots.repr.is_some() && def.slots.new.is_some() && def.slots.init.is_some());
    assert_eq!(plain(method("append"), &[Some(deque()), Some(Value::None)]), "1 None");
    assert_eq!(plain(method("append"), &[Some(Value::None), Some(Value::None)]), "error: append deque");
    let maxlen = &def.getset[0];
    assert_eq!((maxlen.name, maxlen.doc), ("maxlen", "The bound."));
    let d = deque();
    assert_eq!((maxlen.get)(&Vm, &d), Ok(Value::Int(5)));
    maxlen.set.unwrap()(&Vm, &d, Some(&Value::None)).unwrap();
    assert_eq!((maxlen.get)(&Vm, &d), Ok(Value::Int(99)));
    def.slots.init.unwrap()(&Vm, &d, CallArgs { all: &[] }).unwrap();
    assert_eq!((maxlen.get)(&Vm, &d), Ok(Value::Int(0)));
    let names: Vec<_> = def.consts.iter().map(|c| c.name).collect();
    assert_eq!(names, ["KIND", "__hash__"]);
    let cls = Gc { value: Value::object(Type("C")), body: Type("C") };
    assert_eq!(
        def.slots.new.unwrap()(&Vm, &cls, CallArgs { all: &[Value::Int(1)] }),
        Ok(Value::Str("C Int(1) None".to_string()))
    );
    let sub = SubDeque::def();
    assert!(std::ptr::eq(sub.base.unwrap()(), def));
    assert_eq!((Apart::def().doc, Apart::def().slots.repr.is_some()), ("Apart.", true));
    assert!(sub.slots.repr.is_none() && sub.methods.is_empty());
}

#[test]
fn tracing() {
    let sub = SubDeque {
        base: Deque { items: vec![Value::Int(1), Value::Int(2)], n: Cell::new(0) },
        other: Shape::Pair(Value::Int(3), Some(Value::Int(4))),
    };
    let mut seen = Vec::new();
    sub.trace(&mut |v| seen.push(v.clone()));
    assert_eq!(seen, [Value::Int(1), Value::Int(2), Value::Int(3), Value::Int(4)]);
    let named = Shape::Named { a: Value::Int(9), b: Opaque };
    named.unlink();
    let mut seen = Vec::new();
    named.trace(&mut |v| seen.push(v.clone()));
    assert_eq!(seen, [Value::Int(9)]);
}
