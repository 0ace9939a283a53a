//! `types.SimpleNamespace`.

use crate::prelude::*;
use crate::types::instance;

/// A simple attribute-based namespace.
#[pytype(
    name = "SimpleNamespace",
    module = "types",
    signature = "(mapping_or_iterable=(), /, **kwargs)",
    flags(BASETYPE, GC, HAS_DICT)
)]
#[derive(Trace)]
pub struct Namespace {}

impl Namespace {
    /// A namespace with these attributes.
    pub fn make(vm: &Vm, attrs: &[(&str, Value)]) -> Gc<Namespace> {
        let n = vm.alloc(Namespace {});
        for (k, v) in attrs {
            let _ = instance::set(vm, n.as_value(), &vm.intern(k), v.clone());
        }
        n
    }
}

fn dict_of(vm: &Vm, v: &Value) -> Value {
    instance::dict(vm, v).map_or(Value::NONE, |d| d.into_value())
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let ty = vm.type_of(v);
    let name = if ty.is_heap_type() { ty.name() } else { "namespace".to_string() };
    if crate::types::repr_guard::enter(vm, v) {
        return Ok(vm.new_str(&format!("{name}(...)")).into_value());
    }
    let mut parts = Vec::new();
    let mut failed = None;
    for (k, x) in instance::pairs(vm, v) {
        let Some(k) = k.downcast::<Str>() else { continue };
        if k.is_empty() {
            continue;
        }
        match vm.repr_text(&x) {
            Ok(t) => parts.push(format!("{}={t}", k.to_string_lossy())),
            Err(r) => {
                failed = Some(r);
                break;
            }
        }
    }
    crate::types::repr_guard::leave(vm, v);
    match failed {
        Some(r) => Err(r),
        None => Ok(vm.new_str(&format!("{name}({})", parts.join(", "))).into_value()),
    }
}

fn compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !a.is_instance_of::<Namespace>() || !b.is_instance_of::<Namespace>() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    vm.rich_compare(&dict_of(vm, a), &dict_of(vm, b), op)
}

impl Slots for Namespace {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), richcompare: Some(compare), ..SlotDefs::NONE };
}

#[pymethods]
impl Namespace {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Namespace {})?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Namespace>, args: CallArgs<'_>) -> PyResult<()> {
        let mut all: Vec<(Value, Value)> = Vec::new();
        match args.pos() {
            [] => {}
            [m] => {
                let d = match m.downcast_exact::<Dict>() {
                    Some(d) => d.clone(),
                    None => {
                        let made = vm.call1(vm.types.dict.as_value(), m)?;
                        match made.downcast::<Dict>() {
                            Some(d) => d.clone(),
                            None => vm.new_dict(),
                        }
                    }
                };
                all = d.pairs();
            }
            more => {
                return Err(vm.type_error(format_args!(
                    "{} expected at most 1 argument, got {}",
                    vm.type_of(zelf.as_value()).name(),
                    more.len()
                )));
            }
        }
        if all.iter().any(|(k, _)| !k.is_instance_of::<Str>()) {
            return Err(vm.type_error("keywords must be strings"));
        }
        all.extend(args.keywords().map(|(k, v)| (k.clone(), v.clone())));
        for (k, v) in all {
            if let Some(k) = k.downcast::<Str>() {
                let _ = instance::set(vm, zelf.as_value(), k, v);
            }
        }
        Ok(())
    }

    /// Return state information for pickling
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Namespace>) -> Value {
        let ty = vm.type_of(zelf.as_value()).to_value();
        let parts = vec![ty, vm.names.empty_tuple.to_value(), dict_of(vm, zelf.as_value())];
        vm.new_tuple(parts).into_value()
    }

    /// Return a copy of the namespace object with new values for the specified attributes.
    #[pymethod(raw, "__replace__($self, /, **changes)")]
    fn replace(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let Some(zelf) = args.all.first() else {
            return Err(vm.type_error("unbound method __replace__() needs an argument"));
        };
        if args.pos().len() > 1 {
            return Err(vm.type_error("__replace__() takes no positional arguments"));
        }
        let ty = vm.type_of(zelf).to_value();
        let made = vm.call0(&ty)?;
        if !made.is_instance_of::<Namespace>() {
            return Err(vm.type_error(format_args!(
                "expect types.SimpleNamespace type, but {}() returned '{}' object",
                vm.type_of(zelf).full_name(vm),
                vm.type_of(&made).full_name(vm)
            )));
        }
        for (k, v) in instance::pairs(vm, zelf) {
            if let Some(k) = k.downcast::<Str>() {
                let _ = instance::set(vm, &made, k, v);
            }
        }
        for (k, v) in args.keywords() {
            if let Some(k) = k.downcast::<Str>() {
                let _ = instance::set(vm, &made, k, v.clone());
            }
        }
        Ok(made)
    }

    #[pygetter("__dict__")]
    fn get_dict(vm: &Vm, zelf: &Gc<Namespace>) -> Value {
        dict_of(vm, zelf.as_value())
    }
}
