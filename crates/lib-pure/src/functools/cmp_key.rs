//! `functools.KeyWrapper`: what `cmp_to_key` makes, and what calling that makes.

use taipan_vm::errors::exc;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;

/// A comparison function, and the object whose key this is.
#[pytype(name = "KeyWrapper", module = "functools", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct KeyWrapper {
    cmp: Value,
    object: ValueCell,
}

/// The key function of a comparison function.
pub fn make(vm: &Vm, cmp: &Value) -> Gc<KeyWrapper> {
    vm.alloc(KeyWrapper { cmp: cmp.clone(), object: ValueCell::empty() })
}

fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult {
    let k = object::<KeyWrapper>(vm, v, "__call__")?;
    if args.all.len() > 1 {
        return Err(vm.type_error(format_args!("K() takes at most 1 argument ({} given)", args.all.len())));
    }
    for (name, _) in args.keywords() {
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if text != "obj" {
            return Err(vm.type_error(format_args!("K() got an unexpected keyword argument '{text}'")));
        }
    }
    let Some(obj) = args.all.first() else {
        return Err(vm.type_error("K() missing required argument 'obj' (pos 1)"));
    };
    let made = KeyWrapper { cmp: k.cmp.clone(), object: ValueCell::new(Some(obj.clone())) };
    Ok(vm.alloc(made).into_value())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let x = object::<KeyWrapper>(vm, a, "__lt__")?;
    let Some(y) = b.downcast::<KeyWrapper>() else {
        return Err(vm.type_error("other argument must be K instance"));
    };
    let (Some(p), Some(q)) = (x.object.get(), y.object.get()) else {
        return Err(vm.raise_new(&exc::AttributeError, "object"));
    };
    let r = vm.call(&x.cmp, &[p, q])?;
    vm.rich_compare(&r, &vm.new_int(0), op)
}

impl Slots for KeyWrapper {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call), richcompare: Some(richcompare), ..SlotDefs::NONE };
}

#[pymethods]
impl KeyWrapper {
    #[pygetter("__text_signature__")]
    fn text_signature(_vm: &Vm, _zelf: &Gc<KeyWrapper>) -> &'static str {
        "(obj)"
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// Value wrapped by a key function.
    #[pygetter("obj")]
    fn obj(vm: &Vm, zelf: &Gc<KeyWrapper>) -> Value {
        let _ = vm;
        zelf.object.get().unwrap_or(Value::NONE)
    }

    #[pysetter("obj")]
    fn set_obj(vm: &Vm, zelf: &Gc<KeyWrapper>, value: Option<&Value>) -> PyResult<()> {
        let _ = vm;
        zelf.object.set(value.cloned());
        Ok(())
    }
}
