//! Binding through rows that the attributes write; the texts are CPython's for functions of the same signatures.

use super::{FnDef, bind};
use crate::errors::exception::BaseException;
use crate::prelude::*;
use crate::selftest::with_vm;

#[pymodule(name = "math")]
mod model {
    use super::*;

    #[pyfn("sqrt(x, /)")]
    fn sqrt(_vm: &Vm, x: f64) -> f64 {
        x
    }
    #[pyfn("comb(n, k, /)")]
    fn comb(_vm: &Vm, n: i64, k: i64) -> i64 {
        n * 10 + k
    }
    #[pyfn("perm(n, k=None, /)")]
    fn perm(_vm: &Vm, n: i64, k: Option<i64>) -> i64 {
        n * 10 + k.unwrap_or(0)
    }
    #[pyfn("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(_vm: &Vm, a: f64, b: f64, rel_tol: f64, _abs_tol: f64) -> f64 {
        a + b + rel_tol
    }
    #[pyfn("prod(iterable, /, *, start=1)")]
    fn prod(_vm: &Vm, _iterable: &Value, start: i64) -> i64 {
        start
    }
    #[pyfn("sum(iterable, /, start=0)")]
    fn sum(_vm: &Vm, _iterable: &Value, start: &Value) -> Value {
        start.clone()
    }
    #[pyfn("bisect_left(a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(_vm: &Vm, _a: &Value, _x: &Value, lo: i64, hi: Option<i64>, _key: Option<&Value>) -> i64 {
        lo * 10 + hi.unwrap_or(7)
    }
    #[pyfn("encode(encoding='utf-8', errors='strict')")]
    fn encode(_vm: &Vm, encoding: &str, errors: &Gc<Str>) -> String {
        format!("{encoding} {}", errors.to_string_lossy())
    }
    #[pyfn("open(file, encoding=None)")]
    fn open(_vm: &Vm, _file: &Value, encoding: Option<&str>) -> String {
        encoding.unwrap_or("none").to_string()
    }
    #[pyfn("print(*args, sep=' ', end='\\n', **more)")]
    fn print(_vm: &Vm, args: &[Value], sep: &str, end: &str, more: &[(Value, Value)]) -> String {
        format!("{} {sep:?} {end:?} {}", args.len(), more.len())
    }
}

#[pymodule(name = "builtins")]
mod model_builtins {
    use super::*;

    #[pyfn("len(obj, /)")]
    fn len(_vm: &Vm, _obj: &Value) -> i64 {
        0
    }
    #[pyfn("globals()")]
    fn globals(_vm: &Vm) {}
    #[pyfn("print(*args, sep=' ', end='\\n', file=None, flush=False)")]
    fn print(_vm: &Vm, _args: &[Value], _sep: &str, _end: &str, _file: &Value, _flush: bool) {}
}

#[pytype(name = "box", no_slots)]
#[derive(Trace)]
struct Boxed(ValueCell);

#[pymethods]
impl Boxed {
    #[pynew("box(x=None, /)")]
    fn new(vm: &Vm, cls: &Gc<Type>, x: &Value) -> PyResult<Gc<Boxed>> {
        vm.alloc_in(cls, Boxed(ValueCell::new(Some(x.clone()))))
    }
    #[pymethod("append($self, object, /)")]
    fn append(_vm: &Vm, zelf: &Gc<Boxed>, object: &Value) {
        zelf.0.set(Some(object.clone()))
    }
    #[pymethod("clear($self, /)")]
    fn clear(_vm: &Vm, zelf: &Gc<Boxed>) {
        zelf.0.set(None)
    }
    #[pymethod("sort($self, /, *, key=None)")]
    fn sort(_vm: &Vm, _zelf: &Gc<Boxed>, _key: Option<&Value>) {}
    #[pyclassmethod("fromhex($type, string, /)")]
    fn fromhex(_vm: &Vm, cls: &Gc<Type>, _string: &Gc<Str>) -> String {
        cls.name()
    }
}

fn show(vm: &Vm, result: PyResult<Value>) -> String {
    match result {
        Ok(v) => match (v.downcast::<Str>(), v.as_int()) {
            (Some(s), _) => s.to_string_lossy().into_owned(),
            (None, Some(n)) => n.to_string(),
            _ => vm.type_of(&v).name(),
        },
        Err(_) => {
            let e = vm.take_raised();
            let args = e.downcast::<BaseException>().and_then(|e| e.args.get()).unwrap();
            show(vm, Ok(args.items()[0].clone()))
        }
    }
}

fn call(vm: &Vm, def: &FnDef, pos: &[Value], keywords: &[&str]) -> String {
    let mut all = pos.to_vec();
    all.extend(keywords.iter().map(|_| vm.new_int(9)));
    let names = vm.new_tuple(keywords.iter().map(|k| vm.new_str(k).into_value()).collect());
    let kwnames = (!keywords.is_empty()).then_some(&names);
    show(vm, bind::call(vm, def, CallArgs { all: &all, kwnames }))
}

fn find(defs: &'static [FnDef], name: &str) -> &'static FnDef {
    defs.iter().find(|f| f.name == name).unwrap()
}

#[test]
fn functions() {
    let rows: &[(&str, usize, &[&str], &str)] = &[
        ("sqrt", 0, &[], "math.sqrt() takes exactly one argument (0 given)"),
        ("sqrt", 2, &[], "math.sqrt() takes exactly one argument (2 given)"),
        ("sqrt", 0, &["x"], "math.sqrt() takes no keyword arguments"),
        ("comb", 2, &[], "11"),
        ("comb", 1, &[], "comb expected 2 arguments, got 1"),
        ("comb", 3, &[], "comb expected 2 arguments, got 3"),
        ("perm", 1, &[], "10"),
        ("perm", 0, &[], "perm expected at least 1 argument, got 0"),
        ("perm", 3, &[], "perm expected at most 2 arguments, got 3"),
        ("isclose", 1, &[], "isclose() missing required argument 'b' (pos 2)"),
        ("isclose", 3, &[], "isclose() takes exactly 2 positional arguments (3 given)"),
        ("isclose", 1, &["b", "a"], "argument for isclose() given by name ('a') and position (1)"),
        ("prod", 1, &["start"], "9"),
        ("prod", 0, &[], "prod() takes exactly 1 positional argument (0 given)"),
        ("prod", 2, &[], "prod() takes exactly 1 positional argument (2 given)"),
        ("sum", 1, &[], "0"),
        ("sum", 0, &[], "sum() takes at least 1 positional argument (0 given)"),
        ("sum", 3, &[], "sum() takes at most 2 arguments (3 given)"),
        ("sum", 0, &["iterable"], "sum() takes at least 1 positional argument (0 given)"),
        ("sum", 1, &["iterable"], "sum() got an unexpected keyword argument 'iterable'"),
        ("sum", 2, &["start"], "sum() takes at most 2 arguments (3 given)"),
        ("bisect_left", 2, &[], "7"),
        ("bisect_left", 2, &["hi"], "9"),
        ("bisect_left", 0, &[], "bisect_left() missing required argument 'a' (pos 1)"),
        ("bisect_left", 1, &["a"], "bisect_left() missing required argument 'x' (pos 2)"),
        ("bisect_left", 5, &[], "bisect_left() takes at most 4 positional arguments (5 given)"),
        ("bisect_left", 6, &[], "bisect_left() takes at most 5 arguments (6 given)"),
        ("bisect_left", 0, &["a", "x", "lo", "hi", "key", "z"], {
            "bisect_left() takes at most 5 keyword arguments (6 given)"
        }),
        ("encode", 0, &[], "utf-8 strict"),
        ("encode", 1, &[], "encode() argument 'encoding' must be str, not int"),
        ("encode", 0, &["errors"], "encode() argument 'errors' must be str, not int"),
        (
            "encode",
            0,
            &["encodin"],
            "encode() got an unexpected keyword argument 'encodin'. Did you mean 'encoding'?",
        ),
        ("open", 1, &[], "none"),
        ("open", 2, &[], "open() argument 'encoding' must be str or None, not int"),
        ("print", 3, &["a", "b"], "3 \" \" \"\\n\" 2"),
    ];
    with_vm(|vm| {
        for (name, pos, keywords, want) in rows {
            let pos = vec![vm.new_int(1); *pos];
            assert_eq!(call(vm, find(model::MODULE.functions, name), &pos, keywords), *want, "{name}");
        }
        let f = |name| find(model_builtins::MODULE.functions, name);
        assert_eq!(call(vm, f("len"), &[], &[]), "len() takes exactly one argument (0 given)");
        assert_eq!(call(vm, f("globals"), &[Value::NONE], &[]), "globals() takes no arguments (1 given)");
        assert_eq!(call(vm, f("print"), &[], &["sepp"]), {
            "print() got an unexpected keyword argument 'sepp'. Did you mean 'sep'?"
        });
    });
}

#[test]
fn methods() {
    with_vm(|vm| {
        let def = Boxed::def();
        let cls = vm.native_type::<Boxed>();
        let new = def.slots.new.unwrap();
        let boxed = new(vm, &cls, CallArgs::EMPTY).ok().unwrap();
        assert_eq!(vm.type_of(&boxed).name(), "box");
        let (one, two) = (vm.new_int(1), [vm.new_int(1), vm.new_int(2)]);
        assert_eq!(
            show(vm, new(vm, &cls, CallArgs::positional(&two))),
            "box expected at most 1 argument, got 2"
        );
        let m = |name| find(def.methods, name);
        for (name, args, keywords, want) in [
            ("append", &[boxed.clone(), one.clone()][..], &[][..], "NoneType"),
            ("append", &[boxed.clone()], &[], "box.append() takes exactly one argument (0 given)"),
            ("append", &[], &[], "unbound method box.append() needs an argument"),
            ("append", &[boxed.clone()], &["object"], "box.append() takes no keyword arguments"),
            ("append", &two, &[], "descriptor 'append' for 'box' objects doesn't apply to a 'int' object"),
            ("clear", &[boxed.clone()], &[], "NoneType"),
            ("clear", &[boxed.clone(), one.clone()], &[], "box.clear() takes no arguments (1 given)"),
            ("sort", &[boxed.clone(), one.clone()], &[], "sort() takes no positional arguments"),
            ("fromhex", &[cls.to_value(), vm.new_str("").into_value()], &[], "box"),
            ("fromhex", &[cls.to_value()], &[], "box.fromhex() takes exactly one argument (0 given)"),
            ("fromhex", &[cls.to_value(), one.clone()], &[], "fromhex() argument must be str, not int"),
        ] {
            assert_eq!(call(vm, m(name), args, keywords), want, "{name}");
        }
    });
}
