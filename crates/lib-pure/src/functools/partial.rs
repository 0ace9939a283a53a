//! `functools.partial` and `functools.Placeholder`.

use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::dict_methods::copy;
use taipan_vm::types::{generic_alias, instance, repr_guard};

/// Create a new function with partial application of the given arguments and keywords.
#[pytype(
    name = "partial",
    module = "functools",
    signature = "(func, /, *args, **keywords)",
    flags(BASETYPE, GC, HAS_DICT, WEAKREF)
)]
#[derive(Trace)]
pub struct Partial {
    func: ValueCell,
    args: GcCell<Tuple>,
    keywords: GcCell<Dict>,
    /// How many of `args` are placeholders.
    holes: Cell<usize>,
}

/// The type of the Placeholder singleton.
///
/// Used as a placeholder for partial arguments.
#[pytype(name = "_PlaceholderType", module = "functools")]
#[derive(Trace)]
pub struct PlaceholderType;

/// The interpreter's one `Placeholder`.
#[derive(Default)]
struct Single(ValueCell);

pub fn placeholder(vm: &Vm) -> Value {
    let cell = &vm.state::<Single>().0;
    match cell.get() {
        Some(v) => v,
        None => {
            let v = vm.alloc(PlaceholderType).into_value();
            cell.set(Some(v.clone()));
            v
        }
    }
}

impl Slots for PlaceholderType {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(|vm, _| Ok(vm.new_str("Placeholder").into_value())), ..SlotDefs::NONE };
}

#[pymethods]
impl PlaceholderType {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = cls;
        if !args.all.is_empty() {
            return Err(vm.type_error("PlaceholderType takes no arguments"));
        }
        Ok(placeholder(vm))
    }

    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<PlaceholderType>) -> &'static str {
        let _ = (vm, zelf);
        "Placeholder"
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Partial>> {
    object::<Partial>(vm, v, "partial")
}

fn is_hole(v: &Value) -> bool {
    v.downcast_exact::<PlaceholderType>().is_some()
}

fn trailing(vm: &Vm) -> Raised {
    vm.type_error("trailing Placeholders are not allowed")
}

impl Partial {
    fn parts(&self, vm: &Vm) -> (Value, Gc<Tuple>, Gc<Dict>) {
        let func = self.func.get().unwrap_or(Value::NONE);
        let args = self.args.get().unwrap_or_else(|| vm.new_tuple(Vec::new()));
        (func, args, self.keywords.get().unwrap_or_else(|| vm.new_dict()))
    }
}

/// Puts new arguments into the holes of earlier ones, then behind them; answers them and the holes left.
fn fill(old: &[Value], new: &[Value]) -> Vec<Value> {
    let mut new = new.iter();
    let mut out = Vec::with_capacity(old.len() + new.len());
    for v in old {
        let given = if is_hole(v) { new.next() } else { None };
        out.push(given.unwrap_or(v).clone());
    }
    out.extend(new.cloned());
    out
}

fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult {
    let p = me(vm, v)?;
    let (func, own, keywords) = p.parts(vm);
    let pos = args.pos();
    let holes = p.holes.get();
    if pos.len() < holes {
        return Err(vm.type_error(format_args!(
            "missing positional arguments in 'partial' call; expected at least {holes}, got {}",
            pos.len()
        )));
    }
    let all = if holes > 0 { fill(own.items(), pos) } else { [own.items(), pos].concat() };
    if keywords.is_empty() {
        if !args.has_keywords() {
            return vm.call(&func, &all);
        }
        let mut all = all;
        all.extend(args.keywords().map(|(_, v)| v.clone()));
        return vm.call_args(&func, CallArgs { all: &all, kwnames: args.kwnames });
    }
    let merged = copy(vm, &keywords);
    for (k, v) in args.keywords() {
        merged.set(vm, k, v.clone())?;
    }
    vm.call_kw(&func, &all, &merged.pairs())
}

fn type_text(vm: &Vm, v: &Value) -> String {
    taipan_vm::types::set::full_type_name_with_main(vm, v)
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let p = me(vm, v)?;
    let name = type_text(vm, v);
    if repr_guard::enter(vm, v) {
        return Ok(vm.new_str("...").into_value());
    }
    let text = (|| {
        let (func, args, keywords) = p.parts(vm);
        let mut out = Wtf8Buf::from(format!("{name}("));
        out.push_wtf8(vm.repr(&func)?.as_wtf8());
        for a in args.items() {
            out.push_str(", ");
            out.push_wtf8(vm.repr(a)?.as_wtf8());
        }
        for (k, x) in keywords.pairs() {
            out.push_str(", ");
            out.push_wtf8(vm.str(&k)?.as_wtf8());
            out.push_str("=");
            out.push_wtf8(vm.repr(&x)?.as_wtf8());
        }
        out.push_str(")");
        Ok(out)
    })();
    repr_guard::leave(vm, v);
    Ok(vm.new_wtf8_buf(text?).into_value())
}

fn get(vm: &Vm, v: &Value, obj: Option<&Value>, _: &Value) -> PyResult {
    match obj {
        Some(obj) if !obj.is_none() => Ok(vm.new_method(v.clone(), obj.clone()).into_value()),
        _ => Ok(v.clone()),
    }
}

impl Slots for Partial {
    const SLOTS: SlotDefs =
        SlotDefs { call: Some(call), repr: Some(repr), descr_get: Some(get), ..SlotDefs::NONE };
}

#[pymethods]
impl Partial {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [func, new @ ..] = args.pos() else {
            return Err(vm.type_error("type 'partial' takes at least one argument"));
        };
        // A partial of a partial becomes one, unless it has attributes or is called in its own way.
        let inner = func.downcast::<Partial>().filter(|p| {
            let same =
                vm.type_of(func).slots.call.get().map(|f| f as usize) == Some(call as *const () as usize);
            same && p.keywords.is_some() && instance::pairs(vm, func).is_empty()
        });
        if inner.is_none() && !vm.is_callable(func) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        if new.last().is_some_and(is_hole) {
            return Err(trailing(vm));
        }
        if args.keywords().any(|(_, v)| is_hole(v)) {
            return Err(vm.type_error("Placeholder cannot be passed as a keyword argument"));
        }
        let keywords = vm.new_dict();
        let (func, all) = match inner {
            Some(p) => {
                let (f, own, kw) = p.parts(vm);
                for (k, v) in kw.pairs() {
                    keywords.set(vm, &k, v)?;
                }
                (f, if p.holes.get() > 0 { fill(own.items(), new) } else { [own.items(), new].concat() })
            }
            None => (func.clone(), new.to_vec()),
        };
        for (k, v) in args.keywords() {
            keywords.set(vm, k, v.clone())?;
        }
        let holes = all.iter().filter(|v| is_hole(v)).count();
        let body = Partial {
            func: ValueCell::new(Some(func)),
            args: GcCell::new(Some(vm.new_tuple(all))),
            keywords: GcCell::new(Some(keywords)),
            holes: Cell::new(holes),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// function object to use in future partial calls
    #[pygetter("func")]
    fn func(vm: &Vm, zelf: &Gc<Partial>) -> Value {
        zelf.parts(vm).0
    }

    /// tuple of arguments to future partial calls
    #[pygetter("args")]
    fn args(vm: &Vm, zelf: &Gc<Partial>) -> Gc<Tuple> {
        zelf.parts(vm).1
    }

    /// dictionary of keyword arguments to future partial calls
    #[pygetter("keywords")]
    fn keywords(vm: &Vm, zelf: &Gc<Partial>) -> Gc<Dict> {
        zelf.parts(vm).2
    }

    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Partial>) -> Value {
        let (func, args, keywords) = zelf.parts(vm);
        let v = zelf.as_value();
        let attrs = if instance::pairs(vm, v).is_empty() { None } else { instance::dict(vm, v) };
        let attrs = attrs.map_or(Value::NONE, |d| d.into_value());
        let state = vec![func.clone(), args.into_value(), keywords.into_value(), attrs];
        let parts = vec![
            vm.type_of(v).to_value(),
            vm.new_tuple(vec![func]).into_value(),
            vm.new_tuple(state).into_value(),
        ];
        vm.new_tuple(parts).into_value()
    }

    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<Partial>, state: &Value) -> PyResult<()> {
        let invalid = || vm.type_error("invalid partial state");
        let Some([func, args, keywords, attrs]) = state.downcast::<Tuple>().map(|t| t.items()) else {
            return Err(invalid());
        };
        let Some(args) = args.downcast::<Tuple>() else { return Err(invalid()) };
        if !vm.is_callable(func) || !(keywords.is_none() || keywords.downcast::<Dict>().is_some()) {
            return Err(invalid());
        }
        if args.items().last().is_some_and(is_hole) {
            return Err(trailing(vm));
        }
        let keywords = match keywords.downcast::<Dict>() {
            None => vm.new_dict(),
            Some(d) if keywords.downcast_exact::<Dict>().is_some() => d.clone(),
            Some(d) => copy(vm, d),
        };
        let args = match args.as_value().downcast_exact::<Tuple>() {
            Some(t) => t.clone(),
            None => vm.tuple_from(args.items()),
        };
        let attrs = match attrs.downcast::<Dict>() {
            Some(d) => Some(d.clone()),
            None if attrs.is_none() => None,
            None => return Err(invalid()),
        };
        zelf.holes.set(args.items().iter().filter(|v| is_hole(v)).count());
        zelf.func.set(Some(func.clone()));
        zelf.args.set(Some(args));
        zelf.keywords.set(Some(keywords));
        instance::set_dict(zelf.as_value(), attrs);
        Ok(())
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}
