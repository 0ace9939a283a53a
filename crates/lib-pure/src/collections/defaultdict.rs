//! `collections.defaultdict`.

use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::dict_methods::{copy, update, update_with_args};
use taipan_vm::types::{generic_alias, repr_guard};

/// defaultdict(default_factory=None, /, [...]) --> dict with default factory
///
/// The default factory is called without arguments to produce
/// a new value when a key is not present, in __getitem__ only.
/// A defaultdict compares equal to a dict with the same items.
/// All remaining arguments are treated the same as if they were
/// passed to the dict constructor, including keyword arguments.
#[pytype(name = "defaultdict", module = "collections", base = Dict, flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct DefaultDict {
    dict: Dict,
    factory: ValueCell,
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<DefaultDict>> {
    object::<DefaultDict>(vm, v, "defaultdict")
}

/// The same object as a dict.
fn as_dict<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Dict>> {
    object::<Dict>(vm, v, "dict")
}

fn factory(d: &DefaultDict) -> Value {
    d.factory.get().unwrap_or(Value::NONE)
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let d = me(vm, v)?;
    let base = vm.repr(copy(vm, as_dict(vm, v)?).as_value())?;
    let f = factory(d);
    let shown = if repr_guard::enter(vm, v) {
        vm.new_str("...")
    } else {
        let r = vm.repr(&f);
        repr_guard::leave(vm, v);
        r?
    };
    let mut out = Wtf8Buf::from(format!("{}(", vm.type_of(v).name()));
    out.push_wtf8(shown.as_wtf8());
    out.push_str(", ");
    out.push_wtf8(base.as_wtf8());
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let (like, other) = match a.downcast::<DefaultDict>() {
        Some(d) => (d, b),
        None => (me(vm, b)?, a),
    };
    if other.downcast::<Dict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let cls = vm.type_of(like.as_value()).to_value();
    let new = vm.call(&cls, &[factory(like), a.clone()])?;
    update(vm, as_dict(vm, &new)?, b)?;
    Ok(new)
}

impl Slots for DefaultDict {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), or: Some(or), ..SlotDefs::NONE };
}

#[pymethods]
impl DefaultDict {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        let body = DefaultDict { dict: Dict::default(), factory: ValueCell::empty() };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<DefaultDict>, args: CallArgs) -> PyResult<()> {
        let mut rest = args;
        let mut factory = None;
        if let Some(f) = args.pos().first() {
            if !f.is_none() && !vm.is_callable(f) {
                return Err(vm.type_error("first argument must be callable or None"));
            }
            factory = Some(f.clone());
            rest = args.skip(1);
        }
        zelf.factory.set(factory);
        update_with_args(vm, as_dict(vm, zelf.as_value())?, "dict", rest)
    }

    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    ///   if self.default_factory is None: raise KeyError((key,))
    ///   self[key] = value = self.default_factory()
    ///   return value
    ///
    #[pymethod(no_text, "__missing__($self, key, /)")]
    fn missing(vm: &Vm, zelf: &Gc<DefaultDict>, key: &Value) -> PyResult<Value> {
        let f = factory(zelf);
        if f.is_none() {
            return Err(vm.key_error(key));
        }
        let value = vm.call0(&f)?;
        vm.set_item(zelf.as_value(), key, &value)?;
        Ok(value)
    }

    /// D.copy() -> a shallow copy of D.
    #[pymethod(no_text, "copy($self, /)")]
    #[pymethod(no_text, "__copy__($self, /)")]
    fn py_copy(vm: &Vm, zelf: &Gc<DefaultDict>) -> PyResult<Value> {
        let cls = vm.type_of(zelf.as_value()).to_value();
        vm.call(&cls, &[factory(zelf), zelf.to_value()])
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<DefaultDict>) -> PyResult<Value> {
        let f = factory(zelf);
        let args = vm.new_tuple(if f.is_none() { Vec::new() } else { vec![f] }).into_value();
        let items = vm.call_method(zelf.as_value(), "items", &[])?;
        let it = vm.get_iter(&items)?;
        let cls = vm.type_of(zelf.as_value()).to_value();
        Ok(vm.new_tuple(vec![cls, args, Value::NONE, Value::NONE, it]).into_value())
    }

    /// Factory for default value called by __missing__().
    #[pygetter("default_factory")]
    fn default_factory(vm: &Vm, zelf: &Gc<DefaultDict>) -> Value {
        let _ = vm;
        factory(zelf)
    }

    #[pysetter("default_factory")]
    fn set_default_factory(vm: &Vm, zelf: &Gc<DefaultDict>, value: Option<&Value>) -> PyResult<()> {
        let _ = vm;
        zelf.factory.set(value.cloned());
        Ok(())
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}
