//! The methods of `object`, which every class inherits.

use crate::prelude::*;
use crate::types::builtin_function::BuiltinFunction;
use crate::types::descriptors::MethodDescriptor;
use crate::types::object::Object;
use crate::types::slotdefs::{GENERIC_GETATTRO, GENERIC_SETATTRO};
use crate::types::{class, instance};

/// The base class of the class hierarchy.
///
/// When called, it accepts no arguments and returns a new featureless
/// instance that has no instance attributes and cannot be given any.
///
#[pytype(name = "object", signature = "()", flags(BASETYPE))]
impl Slots for Object {
    const SLOTS: SlotDefs = SlotDefs {
        new: Some(object_new),
        init: Some(object_init),
        repr: Some(object_repr),
        // Guarded: a class whose `__repr__` is `object.__str__` goes round between the two.
        str: Some(|vm, v| match vm.type_of(v).slots.repr.get() {
            Some(f) => vm.recurse("", || f(vm, v)),
            None => object_repr(vm, v),
        }),
        hash: Some(object_hash),
        richcompare: Some(object_richcompare),
        getattro: Some(GENERIC_GETATTRO),
        setattro: Some(GENERIC_SETATTRO),
        ..SlotDefs::NONE
    };
}

fn is_object_new(ty: &Gc<Type>) -> bool {
    ty.slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, object_new as crate::native::NewFn))
}

fn is_object_init(ty: &Gc<Type>) -> bool {
    ty.slots.init.get().is_some_and(|f| std::ptr::fn_addr_eq(f, object_init as crate::native::InitFn))
}

/// Whether calling the class makes a plain object without running any constructor.
pub fn has_plain_constructor(ty: &Gc<Type>) -> bool {
    is_object_new(ty) && ty.flags.get() & F::ABSTRACT == 0
}

/// `object.__new__`.
pub fn object_new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    if !args.all.is_empty() {
        if !is_object_new(cls) {
            return Err(
                vm.type_error("object.__new__() takes exactly one argument (the type to instantiate)")
            );
        }
        if is_object_init(cls) {
            return Err(vm.type_error(format_args!("{}() takes no arguments", cls.name())));
        }
    }
    if cls.has_flags(F::ABSTRACT) {
        return Err(class::abstract_error(vm, cls));
    }
    Ok(vm.alloc_in(cls, Object)?.into_value())
}

/// `object.__init__`.
pub fn object_init(vm: &Vm, obj: &Value, args: CallArgs<'_>) -> PyResult<()> {
    if args.all.is_empty() {
        return Ok(());
    }
    let ty = vm.type_of(obj);
    if !is_object_init(ty) {
        return Err(
            vm.type_error("object.__init__() takes exactly one argument (the instance to initialize)")
        );
    }
    if is_object_new(ty) {
        return Err(vm.type_error(format_args!(
            "{}.__init__() takes exactly one argument (the instance to initialize)",
            ty.name()
        )));
    }
    Ok(())
}

fn object_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let ty = vm.type_of(v).clone();
    let module = class::module_name(vm, &ty);
    let qualname = ty.qualname_str(vm);
    let dotted = match &module {
        Some(m) if m.as_bytes() != b"builtins" => {
            format!("{}.{}", m.to_string_lossy(), qualname.to_string_lossy())
        }
        _ => ty.name(),
    };
    Ok(vm.new_str(&format!("<{dotted} object at {:#x}>", vm.id_of(v))).into_value())
}

/// The hash of an object that is equal to itself only. Objects of one size lie at equal distances, mostly multiples of 64:
/// what tells them apart is mixed into the last digits, which small tables go by. Different objects have
/// different hashes.
#[inline]
pub fn identity_hash(word: u64) -> i64 {
    let h = word >> 4;
    (h ^ h >> 3 ^ h >> 7) as i64
}

fn object_hash(_: &Vm, v: &Value) -> PyResult<i64> {
    Ok(identity_hash(v.bits()))
}

/// `object`'s comparison: `==` by identity, `!=` as the opposite of the class's `==`.
pub fn object_richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match op {
        CompareOp::Eq if a.is(b) => Ok(Value::TRUE),
        CompareOp::Ne => {
            let Some(f) = vm.type_of(a).slots.richcompare.get() else { return Ok(Value::NOT_IMPLEMENTED) };
            let r = f(vm, a, b, CompareOp::Eq)?;
            if r.is_not_implemented() {
                return Ok(r);
            }
            Ok(Value::bool(!vm.is_true(&r)?))
        }
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// The instance attributes as `__getstate__` copies them: `None` when there is no `__dict__`.
fn state_dict(vm: &Vm, obj: &Value) -> PyResult<Value> {
    if instance::pairs(vm, obj).is_empty() && !obj.is_instance_of::<crate::types::module::Module>() {
        return Ok(Value::NONE);
    }
    Ok(vm.lookup_attr(obj, &vm.names.__dict__)?.unwrap_or(Value::NONE))
}

/// The default `__getstate__`; `required` refuses objects whose native part pickling would lose.
fn default_state(vm: &Vm, obj: &Value, required: bool) -> PyResult<Value> {
    let ty = vm.type_of(obj).clone();
    let plain = std::ptr::eq(ty.def, Object::def());
    if required && !plain && class::native_size_matters(&ty) {
        return Err(vm.type_error(format_args!("cannot pickle '{}' object", ty.name())));
    }
    let state = state_dict(vm, obj)?;
    let names = slot_names(vm, &ty)?;
    if names.is_empty() {
        return Ok(state);
    }
    let slots = vm.new_dict();
    for name in names {
        let Some(s) = name.downcast::<Str>() else { continue };
        if let Some(v) = vm.lookup_attr(obj, s)? {
            slots.set(vm, &name, v)?;
        }
    }
    if slots.is_empty() {
        return Ok(state);
    }
    Ok(vm.new_tuple(vec![state, slots.into_value()]).into_value())
}

/// `copyreg._slotnames(cls)`, or what the class remembers of it.
fn slot_names(vm: &Vm, ty: &Gc<Type>) -> PyResult<Vec<Value>> {
    if let Some(known) = ty.own(vm, &vm.names.__slotnames__) {
        if known.is_none() {
            return Ok(Vec::new());
        }
        return vm.collect(&known);
    }
    if ty.slot_words.get() == 0 {
        return Ok(Vec::new());
    }
    let copyreg = vm.import_named("copyreg")?;
    let found = vm.call_method(&copyreg, "_slotnames", &[ty.to_value()])?;
    if found.is_none() { Ok(Vec::new()) } else { vm.collect(&found) }
}

/// `obj.__getstate__()`, natively if the class does not override it.
fn get_state(vm: &Vm, obj: &Value, required: bool) -> PyResult<Value> {
    let f = vm.get_attr(obj, &vm.names.__getstate__)?;
    if f.downcast_exact::<BuiltinFunction>().is_some_and(|b| {
        b.zelf().is_some_and(|z| z.is(obj)) && b.def().is_some_and(|d| std::ptr::eq(d, getstate_def()))
    }) {
        return default_state(vm, obj, required);
    }
    vm.call0(&f)
}

fn getstate_def() -> &'static crate::native::FnDef {
    let methods = <Object as crate::native::Methods>::METHODS;
    methods.iter().find(|m| m.name == "__getstate__").unwrap_or(&methods[0])
}

/// Constructor arguments that pickling asks the object for.
fn new_arguments(vm: &Vm, obj: &Value) -> PyResult<(Option<Vec<Value>>, Option<Gc<Dict>>)> {
    if let Some(f) = vm.lookup_special(obj, &vm.names.__getnewargs_ex__)? {
        let r = vm.call0(&f)?;
        let Some(t) = r.downcast::<Tuple>() else {
            return Err(vm.type_error(format_args!(
                "__getnewargs_ex__ should return a tuple, not '{}'",
                vm.type_of(&r).name()
            )));
        };
        let [args, kwargs] = t.items() else {
            return Err(vm.value_error(format_args!(
                "__getnewargs_ex__ should return a tuple of length 2, not {}",
                t.len()
            )));
        };
        let Some(args) = args.downcast::<Tuple>() else {
            return Err(vm.type_error(format_args!(
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                vm.type_of(args).name()
            )));
        };
        let Some(kwargs) = kwargs.downcast::<Dict>() else {
            return Err(vm.type_error(format_args!(
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                vm.type_of(kwargs).name()
            )));
        };
        return Ok((Some(args.items().to_vec()), Some(kwargs.clone())));
    }
    if let Some(f) = vm.lookup_special(obj, &vm.names.__getnewargs__)? {
        let r = vm.call0(&f)?;
        let Some(t) = r.downcast::<Tuple>() else {
            return Err(vm.type_error(format_args!(
                "__getnewargs__ should return a tuple, not '{}'",
                vm.type_of(&r).name()
            )));
        };
        return Ok((Some(t.items().to_vec()), None));
    }
    Ok((None, None))
}

fn reduce_newobj(vm: &Vm, obj: &Value) -> PyResult<Value> {
    let ty = vm.type_of(obj).clone();
    if ty.slots.new.get().is_none() {
        return Err(vm.type_error(format_args!("cannot pickle '{}' object", ty.name())));
    }
    let (args, kwargs) = new_arguments(vm, obj)?;
    let has_args = args.is_some();
    let copyreg = vm.import_named("copyreg")?;
    let (func, call_args) = match kwargs {
        Some(kw) if !kw.is_empty() => {
            let f = vm.get_attr(&copyreg, &vm.names.__newobj_ex__)?;
            let args = vm.new_tuple(args.unwrap_or_default()).into_value();
            (f, vec![ty.to_value(), args, kw.into_value()])
        }
        _ => {
            let f = vm.get_attr(&copyreg, &vm.names.__newobj__)?;
            let mut all = vec![ty.to_value()];
            all.extend(args.unwrap_or_default());
            (f, all)
        }
    };
    let is_list = vm.has_flag(obj, F::LIST_SUBCLASS);
    let is_dict = vm.has_flag(obj, F::DICT_SUBCLASS);
    let state = get_state(vm, obj, !(has_args || is_list || is_dict))?;
    let list_items = if is_list { vm.get_iter(obj)? } else { Value::NONE };
    let dict_items = if is_dict {
        let items = vm.call_method_name(obj, &vm.names.items, &[])?;
        vm.get_iter(&items)?
    } else {
        Value::NONE
    };
    let call_args = vm.new_tuple(call_args).into_value();
    Ok(vm.new_tuple(vec![func, call_args, state, list_items, dict_items]).into_value())
}

fn common_reduce(vm: &Vm, obj: &Value, protocol: i32) -> PyResult<Value> {
    if protocol >= 2 {
        return reduce_newobj(vm, obj);
    }
    let copyreg = vm.import_named("copyreg")?;
    vm.call_method(&copyreg, "_reduce_ex", &[obj.clone(), vm.new_int(protocol as i64)])
}

fn names_of(vm: &Vm, obj: &Value) -> PyResult<Value> {
    let out = vm.new_dict();
    if let Some(d) = vm.lookup_attr(obj, &vm.names.__dict__)?
        && let Some(d) = d.downcast::<Dict>()
    {
        for (k, _) in d.pairs() {
            out.set(vm, &k, Value::NONE)?;
        }
    }
    if let Some(c) = vm.lookup_attr(obj, &vm.names.__class__)? {
        class::merge_class_names(vm, &out, &c)?;
    }
    Ok(vm.new_list(out.pairs().into_iter().map(|(k, _)| k).collect()).into_value())
}

#[pymethods]
impl Object {
    /// Helper for pickle.
    #[pymethod("__reduce_ex__($self, protocol, /)")]
    fn reduce_ex(vm: &Vm, zelf: &Value, protocol: i32) -> PyResult<Value> {
        if let Some(f) = vm.lookup_attr(zelf, &vm.names.__reduce__)? {
            let on_class = vm.type_of(zelf).lookup(vm, &vm.names.__reduce__);
            let inherited = on_class.as_ref().is_some_and(|d| {
                d.downcast_exact::<MethodDescriptor>().is_some_and(|m| m.owner.is(&vm.types.object))
            });
            if !inherited {
                return vm.call0(&f);
            }
        }
        common_reduce(vm, zelf, protocol)
    }

    /// Helper for pickle.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        common_reduce(vm, zelf, 0)
    }

    /// Helper for pickle.
    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        default_state(vm, zelf, false)
    }

    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    ///
    #[pyclassmethod("__subclasshook__($type, object, /)")]
    fn subclasshook(_vm: &Vm, _cls: &Value, _object: &Value) -> Value {
        Value::NOT_IMPLEMENTED
    }

    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    ///
    #[pyclassmethod(raw, "__init_subclass__($type, /)")]
    fn init_subclass(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let name = args.all.first().and_then(|c| c.downcast::<Type>()).map_or(String::new(), |t| t.name());
        if args.has_keywords() {
            return Err(vm.type_error(format_args!("{name}.__init_subclass__() takes no keyword arguments")));
        }
        if args.all.len() > 1 {
            return Err(vm.type_error(format_args!(
                "{name}.__init_subclass__() takes no arguments ({} given)",
                args.all.len() - 1
            )));
        }
        Ok(Value::NONE)
    }

    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[pymethod("__format__($self, format_spec, /)")]
    fn format(vm: &Vm, zelf: &Value, format_spec: &Value) -> PyResult<Value> {
        let Some(spec) = format_spec.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "__format__() argument must be str, not {}",
                vm.shown_type_name(format_spec)
            )));
        };
        if !spec.is_empty() {
            return Err(vm.type_error(format_args!(
                "unsupported format string passed to {}.__format__",
                vm.type_of(zelf).name()
            )));
        }
        Ok(vm.str(zelf)?.into_value())
    }

    /// Size of object in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Value) -> i64 {
        class::size_of_object(vm, zelf)
    }

    /// Default dir() implementation.
    #[pymethod("__dir__($self, /)")]
    fn dir(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        names_of(vm, zelf)
    }

    /// the object's class
    #[pygetter("__class__")]
    fn get_class(vm: &Vm, zelf: &Value) -> Value {
        vm.type_of(zelf).to_value()
    }

    #[pysetter("__class__")]
    fn set_class(vm: &Vm, zelf: &Value, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("can't delete __class__ attribute")) };
        let Some(new) = value.downcast::<Type>() else {
            return Err(vm.type_error(format_args!(
                "__class__ must be set to a class, not '{}' object",
                vm.type_of(value).name()
            )));
        };
        crate::modules::sys::audit_set(vm, zelf, "__class__", value)?;
        let old = vm.type_of(zelf).clone();
        let module = vm.native_type::<crate::types::module::Module>();
        let modules = old.is_subtype(&module) && new.is_subtype(&module);
        if !modules && (new.has_flags(F::IMMUTABLE) || old.has_flags(F::IMMUTABLE)) {
            return Err(vm.type_error(
                "__class__ assignment only supported for mutable types or ModuleType subclasses",
            ));
        }
        class::check_compatible(vm, &old, new, "__class__")?;
        instance::set_class(vm, zelf, new);
        Ok(())
    }
}
