//! `super`.

use crate::prelude::*;

/// super() -> same as super(__class__, <first argument>)
/// super(type) -> unbound super object
/// super(type, obj) -> bound super object; requires isinstance(obj, type)
/// super(type, type2) -> bound super object; requires issubclass(type2, type)
/// Typical use to call a cooperative superclass method:
/// class C(B):
///     def meth(self, arg):
///         super().meth(arg)
/// This works for class methods too:
/// class C(B):
///     @classmethod
///     def cmeth(cls, arg):
///         super().cmeth(arg)
///
#[pytype(name = "super", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Super {
    this_class: ValueCell,
    zelf: ValueCell,
    self_class: ValueCell,
}

/// The class whose order `super(ty, obj)` follows.
pub fn check(vm: &Vm, ty: &Gc<Type>, obj: &Value) -> PyResult<Gc<Type>> {
    if let Some(c) = obj.downcast::<Type>()
        && c.is_subtype(ty)
    {
        return Ok(c.clone());
    }
    if vm.type_of(obj).is_subtype(ty) {
        return Ok(vm.type_of(obj).clone());
    }
    // A proxy may say that it is of another class than it is.
    if let Some(c) = vm.lookup_attr(obj, &vm.names.__class__)?
        && let Some(c) = c.downcast::<Type>()
        && !c.is(vm.type_of(obj))
        && c.is_subtype(ty)
    {
        return Ok(c.clone());
    }
    let (kind, name) = match obj.downcast::<Type>() {
        Some(c) => ("type", c.name()),
        None => ("instance of", vm.type_of(obj).name()),
    };
    Err(vm.type_error(format_args!(
        "super(type, obj): obj ({kind} {name}) is not an instance or subtype of type ({}).",
        ty.name()
    )))
}

/// The attribute along the order of `start` behind `ty`, bound to `obj`; `None` (Rust) when there is none.
pub fn lookup(
    vm: &Vm,
    ty: &Gc<Type>,
    obj: &Value,
    start: &Gc<Type>,
    name: &Gc<Str>,
) -> PyResult<Option<Value>> {
    if name.is(&vm.names.__class__) || name.as_bytes() == b"__class__" {
        return Ok(None);
    }
    let mro = start.mro.get();
    for t in mro.iter().skip_while(|t| !t.is(ty)).skip(1) {
        if let Some(v) = t.own(vm, name) {
            return Ok(Some(match vm.type_of(&v).slots.descr_get.get() {
                Some(get) => {
                    let on_class = obj.is(start.as_value());
                    get(vm, &v, if on_class { None } else { Some(obj) }, start.as_value())?
                }
                None => v,
            }));
        }
    }
    Ok(None)
}

/// `super().name` for a method call: the function and whether `obj` goes in front, without making a bound method.
pub fn lookup_method(
    vm: &Vm,
    ty: &Gc<Type>,
    obj: &Value,
    name: &Gc<Str>,
) -> PyResult<Option<crate::protocol::attr::Method>> {
    use crate::protocol::attr::Method;
    let start = check(vm, ty, obj)?;
    if name.as_bytes() == b"__class__" {
        return Ok(None);
    }
    let mro = start.mro.get();
    for t in mro.iter().skip_while(|t| !t.is(ty)).skip(1) {
        if let Some(v) = t.own(vm, name) {
            let vt = vm.type_of(&v);
            let on_class = obj.is(start.as_value());
            if vt.has_flags(F::METHOD_DESCRIPTOR) && !on_class {
                return Ok(Some(Method::Unbound(v)));
            }
            return Ok(Some(Method::Bound(match vt.slots.descr_get.get() {
                Some(get) => get(vm, &v, if on_class { None } else { Some(obj) }, start.as_value())?,
                None => v,
            })));
        }
    }
    Ok(None)
}

fn getattro(vm: &Vm, s: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    if let Some(sup) = s.downcast::<Super>()
        && let Some(start) = sup.self_class.get()
        && let Some(start) = start.downcast::<Type>()
        && let Some(ty) = sup.this_class.get()
        && let Some(ty) = ty.downcast::<Type>()
        && let Some(obj) = sup.zelf.get()
        && let Some(v) = lookup(vm, ty, &obj, start, name)?
    {
        return Ok(v);
    }
    vm.generic_get_attr(s, name)
}

fn repr(vm: &Vm, s: &Value) -> PyResult<Value> {
    let Some(sup) = s.downcast::<Super>() else { return Ok(vm.names.empty.to_value()) };
    let this = sup.this_class.get();
    let shown = this.as_ref().and_then(|t| t.downcast::<Type>()).map_or("NULL".into(), |t| t.name());
    let text = match sup.self_class.get().as_ref().and_then(|t| t.downcast::<Type>()) {
        Some(t) => format!("<super: <class '{shown}'>, <{} object>>", t.name()),
        None => format!("<super: <class '{shown}'>, NULL>"),
    };
    Ok(vm.new_str(&text).into_value())
}

fn descr_get(vm: &Vm, s: &Value, obj: Option<&Value>, _: &Value) -> PyResult<Value> {
    let (Some(sup), Some(obj)) = (s.downcast::<Super>(), obj) else { return Ok(s.clone()) };
    if obj.is_none() || sup.zelf.is_some() {
        return Ok(s.clone());
    }
    let Some(this) = sup.this_class.get() else { return Ok(s.clone()) };
    let own = vm.native_type::<Super>();
    if !vm.type_of(s).is(&own) {
        return vm.call(vm.type_of(s).clone().as_value(), &[this, obj.clone()]);
    }
    let Some(ty) = this.downcast::<Type>() else { return Ok(s.clone()) };
    let start = check(vm, ty, obj)?;
    Ok(vm
        .alloc(Super {
            this_class: ValueCell::new(Some(this.clone())),
            zelf: ValueCell::new(Some(obj.clone())),
            self_class: ValueCell::new(Some(start.into_value())),
        })
        .into_value())
}

impl Slots for Super {
    const SLOTS: SlotDefs =
        SlotDefs { getattro: Some(getattro), repr: Some(repr), descr_get: Some(descr_get), ..SlotDefs::NONE };
}

#[pymethods]
impl Super {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        let body = Super {
            this_class: ValueCell::empty(),
            zelf: ValueCell::empty(),
            self_class: ValueCell::empty(),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Super>, args: CallArgs<'_>) -> PyResult<()> {
        if args.has_keywords() {
            return Err(vm.type_error("super() takes no keyword arguments"));
        }
        let (this, obj) = match args.pos() {
            [] => {
                let (c, o) = vm.super_args()?;
                (c, Some(o))
            }
            [t] => (t.clone(), None),
            [t, o] => (t.clone(), Some(o.clone())),
            more => {
                return Err(
                    vm.type_error(format_args!("super() expected at most 2 arguments, got {}", more.len()))
                );
            }
        };
        let Some(ty) = this.downcast::<Type>().cloned() else {
            return Err(vm.type_error(format_args!(
                "super() argument 1 must be a type, not {}",
                vm.shown_type_name(&this)
            )));
        };
        let obj = obj.filter(|o| !o.is_none());
        let start = match &obj {
            Some(o) => Some(check(vm, &ty, o)?),
            None => None,
        };
        zelf.this_class.set(Some(this));
        zelf.zelf.set(obj);
        zelf.self_class.set(start.map(|t| t.into_value()));
        Ok(())
    }

    /// the class invoking super()
    #[pymember("__thisclass__")]
    fn get_this_class(_vm: &Vm, zelf: &Gc<Super>) -> Option<Value> {
        zelf.this_class.get()
    }

    /// the instance invoking super(); may be None
    #[pymember("__self__")]
    fn get_self(_vm: &Vm, zelf: &Gc<Super>) -> Option<Value> {
        zelf.zelf.get()
    }

    /// the type of the instance invoking super(); may be None
    #[pymember("__self_class__")]
    fn get_self_class(_vm: &Vm, zelf: &Gc<Super>) -> Option<Value> {
        zelf.self_class.get()
    }
}
