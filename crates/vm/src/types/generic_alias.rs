//! `types.GenericAlias`: `list[int]`, with substitution of type parameters.

use crate::prelude::*;
use crate::types::instance;
use std::cell::Cell;

/// Represent a PEP 585 generic type
///
/// E.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).
#[pytype(name = "GenericAlias", module = "types", flags(BASETYPE, GC, WEAKREF))]
#[derive(Trace)]
pub struct GenericAlias {
    pub origin: Value,
    pub args: Gc<Tuple>,
    parameters: GcCell<Tuple>,
    /// `*tuple[int]`.
    starred: bool,
}

/// `origin[args]`.
pub fn make(vm: &Vm, origin: &Value, args: &Value) -> Value {
    vm.alloc(body(vm, origin, args)).into_value()
}

fn body(vm: &Vm, origin: &Value, args: &Value) -> GenericAlias {
    let args = match args.downcast::<Tuple>() {
        Some(t) => t.clone(),
        None => vm.new_tuple(vec![args.clone()]),
    };
    GenericAlias { origin: origin.clone(), args, parameters: GcCell::new(None), starred: false }
}

/// A part of an alias or union as it prints.
pub fn item_repr(vm: &Vm, v: &Value) -> PyResult<String> {
    if v.is_ellipsis() {
        return Ok("...".to_string());
    }
    if let Some(l) = v.downcast::<List>() {
        let mut parts = Vec::new();
        for i in 0..l.len() {
            // An item's `__repr__` may shorten the list.
            let Some(x) = l.get(i) else { return Err(vm.index_error("list index out of range")) };
            parts.push(vm.recurse(" while getting the repr of an object", || item_repr(vm, &x))?);
        }
        return Ok(format!("[{}]", parts.join(", ")));
    }
    let has_origin = vm.lookup_attr(v, &vm.names.__origin__)?.is_some();
    if has_origin && vm.lookup_attr(v, &vm.names.__args__)?.is_some() {
        return vm.repr_text(v);
    }
    let qualname = vm.lookup_attr(v, &vm.names.__qualname__)?;
    let module = vm.lookup_attr(v, &vm.names.__module__)?;
    match (qualname, module) {
        (Some(q), Some(m)) if !m.is_none() => {
            let q = vm.str(&q)?;
            let m = vm.str(&m)?;
            if m.as_bytes() == b"builtins" {
                return Ok(q.to_string_lossy().into_owned());
            }
            Ok(format!("{}.{}", m.to_string_lossy(), q.to_string_lossy()))
        }
        _ => vm.repr_text(v),
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(a) = v.downcast::<GenericAlias>() else { return Ok(vm.names.empty.to_value()) };
    let mut text = String::new();
    if a.starred {
        text.push('*');
    }
    text.push_str(&item_repr(vm, &a.origin)?);
    text.push('[');
    for (i, x) in a.args.items().iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&item_repr(vm, x)?);
    }
    if a.args.is_empty() {
        text.push_str("()");
    }
    text.push(']');
    Ok(vm.new_str(&text).into_value())
}

/// The type parameters in some arguments, in order, each once.
pub fn collect_parameters(vm: &Vm, args: &Gc<Tuple>) -> PyResult<Gc<Tuple>> {
    let mut out = Vec::new();
    collect_into(vm, args.items(), &mut out)?;
    Ok(vm.new_tuple(out))
}

fn collect_into(vm: &Vm, args: &[Value], out: &mut Vec<Value>) -> PyResult<()> {
    let add = |out: &mut Vec<Value>, v: &Value| -> PyResult<()> {
        if !out.iter().any(|x| x.is(v)) {
            out.push(v.clone());
        }
        Ok(())
    };
    for a in args {
        if a.is_instance_of::<Type>() {
            continue;
        }
        if vm.lookup_attr(a, &vm.names.__typing_subst__)?.is_some() {
            add(out, a)?;
            continue;
        }
        if let Some(t) = a.downcast::<Tuple>() {
            let t = t.clone();
            vm.recurse(" while collecting type parameters", || collect_into(vm, t.items(), out))?;
            continue;
        }
        if let Some(l) = a.downcast::<List>() {
            let items = l.to_vec();
            vm.recurse(" while collecting type parameters", || collect_into(vm, &items, out))?;
            continue;
        }
        if let Some(p) = vm.lookup_attr(a, &vm.names.__parameters__)?
            && let Some(p) = p.downcast::<Tuple>()
        {
            for x in p.items() {
                add(out, x)?;
            }
        }
    }
    Ok(())
}

/// The arguments of an unpacked tuple alias (`*tuple[int, str]`), if it is one of fixed length.
fn unpacked_args(vm: &Vm, v: &Value) -> PyResult<Option<Gc<Tuple>>> {
    if v.is_instance_of::<Type>() {
        return Ok(None);
    }
    let Some(r) = vm.lookup_attr_str(v, "__typing_unpacked_tuple_args__")? else { return Ok(None) };
    let Some(t) = r.downcast::<Tuple>() else { return Ok(None) };
    if t.items().last().is_some_and(|x| x.is_ellipsis()) {
        return Ok(None);
    }
    Ok(Some(t.clone()))
}

fn unpack_arguments(vm: &Vm, item: &Value) -> PyResult<Vec<Value>> {
    let items = match item.downcast::<Tuple>() {
        Some(t) => t.items().to_vec(),
        None => vec![item.clone()],
    };
    let mut out = Vec::with_capacity(items.len());
    for v in items {
        match unpacked_args(vm, &v)? {
            Some(t) => out.extend(t.items().iter().cloned()),
            None => out.push(v),
        }
    }
    Ok(out)
}

/// A nested argument with its own parameters replaced.
fn substitute_nested(vm: &Vm, arg: &Value, params: &Gc<Tuple>, new: &[Value]) -> PyResult<Value> {
    let Some(sub) = vm.lookup_attr(arg, &vm.names.__parameters__)? else { return Ok(arg.clone()) };
    let Some(sub) = sub.downcast::<Tuple>() else { return Ok(arg.clone()) };
    if sub.is_empty() {
        return Ok(arg.clone());
    }
    let mut given = Vec::new();
    for p in sub.items() {
        match params.items().iter().position(|x| x.is(p)) {
            Some(i) => {
                let Some(v) = new.get(i) else { continue };
                let variadic = vm.type_of(p).slots.iter.get().is_some();
                match (variadic, v.downcast::<Tuple>()) {
                    (true, Some(t)) => given.extend(t.items().iter().cloned()),
                    _ => given.push(v.clone()),
                }
            }
            None => given.push(p.clone()),
        }
    }
    let key = vm.new_tuple(given).into_value();
    vm.get_item(arg, &key)
}

/// The arguments of an alias with its parameters replaced by `item`.
pub fn substitute(
    vm: &Vm,
    alias: &Value,
    args: &Gc<Tuple>,
    params: &Gc<Tuple>,
    item: &Value,
) -> PyResult<Vec<Value>> {
    if params.is_empty() {
        return Err(vm.type_error(format_args!("{} is not a generic class", vm.repr_text(alias)?)));
    }
    let mut given = unpack_arguments(vm, item)?;
    for p in params.items() {
        if let Some(prepare) = vm.lookup_attr(p, &vm.names.__typing_prepare_subst__)?
            && !prepare.is_none()
        {
            let t = vm.new_tuple(given).into_value();
            let r = vm.call(&prepare, &[alias.clone(), t])?;
            given = match r.downcast::<Tuple>() {
                Some(t) => t.items().to_vec(),
                None => vec![r.clone()],
            };
        }
    }
    if given.len() != params.len() {
        return Err(vm.type_error(format_args!(
            "Too {} arguments for {}; actual {}, expected {}",
            if given.len() > params.len() { "many" } else { "few" },
            vm.repr_text(alias)?,
            given.len(),
            params.len()
        )));
    }
    substitute_in(vm, args.items(), params, &given)
}

fn substitute_in(vm: &Vm, args: &[Value], params: &Gc<Tuple>, new: &[Value]) -> PyResult<Vec<Value>> {
    let mut out = Vec::with_capacity(args.len());
    for a in args {
        if a.is_instance_of::<Type>() {
            out.push(a.clone());
            continue;
        }
        if let Some(t) = a.downcast::<Tuple>() {
            let t = t.clone();
            let r = vm.recurse(" while substituting type parameters", || {
                substitute_in(vm, t.items(), params, new)
            })?;
            out.push(vm.new_tuple(r).into_value());
            continue;
        }
        if let Some(l) = a.downcast::<List>() {
            let items = l.to_vec();
            let r =
                vm.recurse(" while substituting type parameters", || substitute_in(vm, &items, params, new))?;
            out.push(vm.new_list(r).into_value());
            continue;
        }
        let unpack = match vm.lookup_attr(a, &vm.names.__typing_is_unpacked_typevartuple__)? {
            Some(v) => vm.is_true(&v)?,
            None => false,
        };
        let subst = vm.lookup_attr(a, &vm.names.__typing_subst__)?;
        let r = match subst {
            Some(f) => {
                let Some(i) = params.items().iter().position(|p| p.is(a)) else {
                    out.push(a.clone());
                    continue;
                };
                let Some(v) = new.get(i) else { continue };
                vm.call1(&f, v)?
            }
            None => substitute_nested(vm, a, params, new)?,
        };
        if unpack {
            match r.downcast::<Tuple>() {
                Some(t) => out.extend(t.items().iter().cloned()),
                None => {
                    let ty = vm.type_of(a).to_value();
                    return Err(vm.type_error(format_args!(
                        "expected __typing_subst__ of {} objects to return a tuple, not {}",
                        vm.type_of(&ty).name(),
                        vm.type_of(&r).name()
                    )));
                }
            }
        } else {
            out.push(r);
        }
    }
    Ok(out)
}

fn parameters(vm: &Vm, a: &Gc<GenericAlias>) -> PyResult<Gc<Tuple>> {
    if let Some(p) = a.parameters.get() {
        return Ok(p);
    }
    let p = collect_parameters(vm, &a.args)?;
    a.parameters.set(Some(p.clone()));
    Ok(p)
}

fn subscript(vm: &Vm, v: &Value, item: &Value) -> PyResult<Value> {
    let Some(a) = v.downcast::<GenericAlias>() else { return Err(vm.type_error("no alias")) };
    let params = parameters(vm, a)?;
    let args = substitute(vm, v, &a.args, &params, item)?;
    let args = vm.new_tuple(args);
    let new =
        GenericAlias { origin: a.origin.clone(), args, parameters: GcCell::new(None), starred: a.starred };
    Ok(vm.alloc(new).into_value())
}

fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(a) = v.downcast::<GenericAlias>() else { return Err(vm.not_callable(v)) };
    let obj = vm.call_args(&a.origin, args)?;
    let r = vm.set_attr(&obj, &vm.names.__orig_class__, v);
    if r.is_err() {
        if !vm.raised_is(&crate::errors::exc::AttributeError) && !vm.raised_is(&crate::errors::exc::TypeError)
        {
            return Err(Raised);
        }
        drop(vm.take_raised());
    }
    Ok(obj)
}

/// Attributes that an alias has itself rather than from its origin.
const OWN: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
];
const BLOCKED: &[&str] = &["__bases__", "__copy__", "__deepcopy__"];

fn getattro(vm: &Vm, v: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    if let Some(a) = v.downcast::<GenericAlias>() {
        let text = name.to_string_lossy();
        if BLOCKED.contains(&&*text) {
            return vm.generic_get_attr(v, name);
        }
        if !OWN.contains(&&*text) {
            return vm.get_attr(&a.origin.clone(), name);
        }
    }
    vm.generic_get_attr(v, name)
}

fn compare(vm: &Vm, x: &Value, y: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(a), Some(b)) = (x.downcast::<GenericAlias>(), y.downcast::<GenericAlias>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = a.starred == b.starred
        && vm.eq(&a.origin, &b.origin)?
        && vm.eq(a.args.clone().as_value(), b.args.clone().as_value())?;
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(a) = v.downcast::<GenericAlias>() else { return Ok(0) };
    let h = vm.hash(&a.origin)? ^ vm.hash(a.args.as_value())?;
    Ok(if h == -1 { -2 } else { h })
}

impl Slots for GenericAlias {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        call: Some(call),
        getattro: Some(getattro),
        richcompare: Some(compare),
        iter: Some(|vm, v| {
            Ok(vm.alloc(AliasIterator { alias: v.clone(), done: Cell::new(false) }).into_value())
        }),
        or: Some(crate::types::union::or_types),
        subscript: Some(subscript),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl GenericAlias {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        if args.has_keywords() {
            return Err(vm.type_error("GenericAlias() takes no keyword arguments"));
        }
        let [origin, items] = args.pos() else {
            return Err(
                vm.type_error(format_args!("GenericAlias expected 2 arguments, got {}", args.pos().len()))
            );
        };
        Ok(vm.alloc_in(cls, body(vm, origin, items))?.into_value())
    }

    #[pymethod("__mro_entries__($self, bases, /)")]
    fn mro_entries(vm: &Vm, zelf: &Gc<GenericAlias>, _bases: &Value) -> Value {
        vm.new_tuple(vec![zelf.origin.clone()]).into_value()
    }

    #[pymethod("__instancecheck__($self, instance, /)")]
    fn instancecheck(vm: &Vm, _zelf: &Gc<GenericAlias>, _instance: &Value) -> PyResult<Value> {
        Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }

    #[pymethod("__subclasscheck__($self, subclass, /)")]
    fn subclasscheck(vm: &Vm, _zelf: &Gc<GenericAlias>, _subclass: &Value) -> PyResult<Value> {
        Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<GenericAlias>) -> PyResult<Value> {
        if zelf.starred {
            let plain = GenericAlias {
                origin: zelf.origin.clone(),
                args: zelf.args.clone(),
                parameters: GcCell::new(None),
                starred: false,
            };
            let it = vm.get_iter(vm.alloc(plain).as_value())?;
            let next = vm.builtin_named("next")?;
            let args = vm.new_tuple(vec![it]).into_value();
            return Ok(vm.new_tuple(vec![next, args]).into_value());
        }
        let ty = vm.native_type::<GenericAlias>().into_value();
        let args = vm.new_tuple(vec![zelf.origin.clone(), zelf.args.to_value()]).into_value();
        Ok(vm.new_tuple(vec![ty, args]).into_value())
    }

    #[pymethod("__dir__($self, /)")]
    fn dir(vm: &Vm, zelf: &Gc<GenericAlias>) -> PyResult<Value> {
        let names = vm.call_method(&zelf.origin, "__dir__", &[]);
        let mut out = match names {
            Ok(n) => vm.collect(&n)?,
            Err(_) => {
                // An origin that is a class: its own listing, not that of its instances.
                drop(vm.take_raised());
                let d = vm.new_dict();
                crate::types::class::merge_class_names(vm, &d, &zelf.origin)?;
                d.pairs().into_iter().map(|(k, _)| k).collect()
            }
        };
        for name in OWN {
            if BLOCKED.contains(name) {
                continue;
            }
            let name = vm.intern(name).into_value();
            let mut known = false;
            for x in &out {
                if vm.eq(x, &name)? {
                    known = true;
                    break;
                }
            }
            if !known {
                out.push(name);
            }
        }
        Ok(vm.new_list(out).into_value())
    }

    #[pymember("__origin__")]
    fn get_origin(_vm: &Vm, zelf: &Gc<GenericAlias>) -> Value {
        zelf.origin.clone()
    }

    #[pysetter("__origin__")]
    fn set_origin(vm: &Vm, _zelf: &Gc<GenericAlias>, _value: Option<&Value>) -> PyResult<()> {
        Err(vm.raise_new(&crate::errors::exc::AttributeError, "readonly attribute"))
    }

    #[pymember("__args__")]
    fn get_args(_vm: &Vm, zelf: &Gc<GenericAlias>) -> Gc<Tuple> {
        zelf.args.clone()
    }

    #[pysetter("__args__")]
    fn set_args(vm: &Vm, _zelf: &Gc<GenericAlias>, _value: Option<&Value>) -> PyResult<()> {
        Err(vm.raise_new(&crate::errors::exc::AttributeError, "readonly attribute"))
    }

    #[pymember("__unpacked__")]
    fn get_unpacked(_vm: &Vm, zelf: &Gc<GenericAlias>) -> bool {
        zelf.starred
    }

    #[pygetter("__parameters__")]
    fn get_parameters(vm: &Vm, zelf: &Gc<GenericAlias>) -> PyResult<Gc<Tuple>> {
        parameters(vm, zelf)
    }

    #[pygetter("__typing_unpacked_tuple_args__")]
    fn get_unpacked_args(vm: &Vm, zelf: &Gc<GenericAlias>) -> Value {
        if zelf.starred && zelf.origin.is(vm.types.tuple.as_value()) {
            zelf.args.to_value()
        } else {
            Value::NONE
        }
    }
}

// The iterator behind `*list[int]`.
#[pytype(name = "generic_alias_iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct AliasIterator {
    alias: Value,
    done: Cell<bool>,
}

impl Slots for AliasIterator {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(|_, v| Ok(v.clone())),
        iternext: Some(|vm, v| {
            let Some(it) = v.downcast::<AliasIterator>() else { return Ok(None) };
            if it.done.replace(true) {
                return Ok(None);
            }
            let Some(a) = it.alias.downcast::<GenericAlias>() else { return Ok(None) };
            let starred = GenericAlias {
                origin: a.origin.clone(),
                args: a.args.clone(),
                parameters: GcCell::new(None),
                starred: true,
            };
            Ok(Some(vm.alloc(starred).into_value()))
        }),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl AliasIterator {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<AliasIterator>) -> PyResult<Value> {
        let iter = crate::types::iterators::builtin(vm, "iter")?;
        let arg = if zelf.done.get() { vm.names.empty_tuple.to_value() } else { zelf.alias.clone() };
        let _ = instance::has_attrs(&arg);
        let args = vm.new_tuple(vec![arg]).into_value();
        Ok(vm.new_tuple(vec![iter, args]).into_value())
    }
}
