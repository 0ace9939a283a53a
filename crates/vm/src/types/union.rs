//! `typing.Union`: `int | str`.

use crate::prelude::*;
use crate::types::generic_alias::{self, GenericAlias};

/// Represent a union type
///
/// E.g. for int | str
#[pytype(name = "Union", module = "typing", flags(GC, NO_NEW, WEAKREF))]
#[derive(Trace)]
pub struct Union {
    pub args: Gc<Tuple>,
    parameters: GcCell<Tuple>,
    /// How many of the parts had no hash when the union was made.
    #[notrace]
    unhashable: usize,
}

/// Whether an operand of `|` can be part of a union.
fn unionable(vm: &Vm, v: &Value) -> bool {
    if v.is_none()
        || v.is_instance_of::<Type>()
        || v.is_instance_of::<GenericAlias>()
        || v.is_instance_of::<Union>()
    {
        return true;
    }
    let t = vm.type_of(v);
    t.def.module == "typing" && matches!(t.def.name, "TypeAliasType")
}

fn push(vm: &Vm, out: &mut Vec<Value>, v: &Value) -> PyResult<()> {
    if let Some(u) = v.downcast::<Union>() {
        for a in u.args.items() {
            push(vm, out, a)?;
        }
        return Ok(());
    }
    let v = if v.is_none() { vm.types.none_type.to_value() } else { v.clone() };
    for known in out.iter() {
        // Aliases are equal only to aliases: `list[int]` is not `list`.
        if known.is(&v) {
            return Ok(());
        }
        if vm.type_of(known).is(vm.type_of(&v)) && vm.eq(known, &v)? {
            return Ok(());
        }
    }
    out.push(v);
    Ok(())
}

/// The union of some types: flat, without repetitions; one type is itself.
pub fn of(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    let mut out = Vec::new();
    for v in items {
        push(vm, &mut out, v)?;
    }
    match out.as_slice() {
        [one] => Ok(one.clone()),
        _ => {
            let mut unhashable = 0;
            for v in &out {
                if vm.hash(v).is_err() {
                    if !vm.raised_is(&crate::errors::exc::TypeError) {
                        return Err(Raised);
                    }
                    drop(vm.take_raised());
                    unhashable += 1;
                }
            }
            let args = vm.new_tuple(out);
            Ok(vm.alloc(Union { args, parameters: GcCell::new(None), unhashable }).into_value())
        }
    }
}

/// `a | b` where one of them is a class, an alias or a union.
pub fn or_types(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    if !unionable(vm, a) || !unionable(vm, b) {
        if a.is_instance_of::<Union>() || b.is_instance_of::<Union>() {
            return subscript(vm, &[a.clone(), b.clone()]);
        }
        return Ok(Value::NOT_IMPLEMENTED);
    }
    of(vm, &[a.clone(), b.clone()])
}

/// `a | b` for typing's objects, which accept anything that `typing.Union[a, b]` does.
pub fn or_typing(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    subscript(vm, &[a.clone(), b.clone()])
}

/// `Union[items]`: strings become forward references, the rest is checked by `typing`.
pub fn subscript(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    let mut checked = Vec::with_capacity(items.len());
    for v in items {
        if unionable(vm, v) {
            checked.push(v.clone());
            continue;
        }
        let typing = vm.import_named("typing")?;
        let msg = vm.new_str("Union[arg, ...]: each arg must be a type.").into_value();
        checked.push(vm.call_method(&typing, "_type_check", &[v.clone(), msg])?);
    }
    of(vm, &checked)
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(u) = v.downcast::<Union>() else { return Ok(vm.names.empty.to_value()) };
    let mut parts = Vec::new();
    for a in u.args.items() {
        parts.push(if a.is(vm.types.none_type.as_value()) {
            "None".to_string()
        } else {
            generic_alias::item_repr(vm, a)?
        });
    }
    Ok(vm.new_str(&parts.join(" | ")).into_value())
}

fn compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Union>(), b.downcast::<Union>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let mut equal = x.args.len() == y.args.len();
    if equal {
        for v in x.args.items() {
            if !contains(vm, &y.args, v)? {
                equal = false;
                break;
            }
        }
    }
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn contains(vm: &Vm, items: &Gc<Tuple>, v: &Value) -> PyResult<bool> {
    for x in items.items() {
        if vm.eq(x, v)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(u) = v.downcast::<Union>() else { return Ok(0) };
    if u.unhashable > 0 {
        for a in u.args.items() {
            vm.hash(a)?;
        }
        return Err(vm.type_error(format_args!(
            "union contains {} unhashable element{}",
            u.unhashable,
            if u.unhashable == 1 { "" } else { "s" }
        )));
    }
    // The order of the parts does not count.
    let mut sum: i64 = u.args.len() as i64;
    for a in u.args.items() {
        let h = vm.hash(a)?;
        let mixed = (h ^ (h << 16) ^ 89_869_747).wrapping_mul(3_644_798_167);
        sum ^= mixed;
    }
    Ok(if sum == -1 { -2 } else { sum })
}

impl Slots for Union {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(compare),
        or: Some(or_types),
        subscript: Some(|vm, v, item| {
            let Some(u) = v.downcast::<Union>() else { return Err(vm.type_error("no union")) };
            let params = parameters(vm, u)?;
            let new = generic_alias::substitute(vm, v, &u.args, &params, item)?;
            let mut out = Value::NONE;
            for (i, a) in new.iter().enumerate() {
                out = if i == 0 { a.clone() } else { vm.binary_op(crate::protocol::BinaryOp::Or, &out, a)? };
            }
            Ok(out)
        }),
        ..SlotDefs::NONE
    };
}

fn parameters(vm: &Vm, u: &Gc<Union>) -> PyResult<Gc<Tuple>> {
    if let Some(p) = u.parameters.get() {
        return Ok(p);
    }
    let p = generic_alias::collect_parameters(vm, &u.args)?;
    u.parameters.set(Some(p.clone()));
    Ok(p)
}

#[pymethods]
impl Union {
    #[pymethod("__mro_entries__($self, bases, /)")]
    fn mro_entries(vm: &Vm, zelf: &Gc<Union>, _bases: &Value) -> PyResult<Value> {
        Err(vm.type_error(format_args!("Cannot subclass {}", vm.repr_text(zelf.as_value())?)))
    }

    #[pyclassmethod("__class_getitem__($type, args, /)")]
    fn class_getitem(vm: &Vm, _cls: &Value, args: &Value) -> PyResult<Value> {
        let items = match args.downcast::<Tuple>() {
            Some(t) => t.items().to_vec(),
            None => vec![args.clone()],
        };
        if items.is_empty() {
            return Err(vm.type_error("Cannot take a Union of no types."));
        }
        subscript(vm, &items)
    }

    #[pymember("__args__")]
    fn get_args(_vm: &Vm, zelf: &Gc<Union>) -> Gc<Tuple> {
        zelf.args.clone()
    }

    #[pygetter("__parameters__")]
    fn get_parameters(vm: &Vm, zelf: &Gc<Union>) -> PyResult<Gc<Tuple>> {
        parameters(vm, zelf)
    }

    #[pygetter("__origin__")]
    fn get_origin(vm: &Vm, _zelf: &Gc<Union>) -> Gc<Type> {
        vm.native_type::<Union>()
    }

    #[pygetter("__name__")]
    fn get_name(vm: &Vm, _zelf: &Gc<Union>) -> Value {
        vm.intern("Union").into_value()
    }

    #[pygetter("__module__")]
    fn get_module(vm: &Vm, _zelf: &Gc<Union>) -> Value {
        vm.intern("typing").into_value()
    }

    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, _zelf: &Gc<Union>) -> Value {
        vm.intern("Union").into_value()
    }
}
