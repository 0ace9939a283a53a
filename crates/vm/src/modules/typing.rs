//! `_typing`: type variables, type aliases and `Generic`, whose parts are evaluated when they are first asked for.

use super::{import_module, scope};
use crate::prelude::*;
use crate::types::generic_alias;
use crate::types::object::Object;
use crate::types::typedef::BinaryFn;
use std::cell::Cell;

/// The number of `annotationlib.Format.VALUE` and `.STRING`.
const FORMAT_VALUE: i64 = 1;
const FORMAT_STRING: i64 = 4;

/// A value that is computed by a function when it is first asked for.
#[derive(Default)]
struct Lazy {
    value: ValueCell,
    evaluate: ValueCell,
}

impl Trace for Lazy {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.value.trace(visit);
        self.evaluate.trace(visit);
    }
    fn unlink(&self) {
        self.value.unlink();
        self.evaluate.unlink();
    }
}

impl Lazy {
    fn known(v: Option<Value>) -> Lazy {
        Lazy { value: ValueCell::new(v), evaluate: ValueCell::empty() }
    }

    fn later(f: Option<&Value>) -> Lazy {
        Lazy { value: ValueCell::empty(), evaluate: ValueCell::new(f.cloned()) }
    }

    fn is_set(&self) -> bool {
        self.value.is_some() || self.evaluate.is_some()
    }

    fn get(&self, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(v) = self.value.get() {
            return Ok(Some(v));
        }
        let Some(f) = self.evaluate.get() else { return Ok(None) };
        let v = vm.call1(&f, &vm.new_int(FORMAT_VALUE))?;
        self.value.set(Some(v.clone()));
        Ok(Some(v))
    }

    /// `evaluate_…`: the function, or one that answers the value.
    fn evaluator(&self, vm: &Vm) -> Option<Value> {
        if let Some(f) = self.evaluate.get() {
            return Some(f);
        }
        let value = self.value.get()?;
        Some(vm.alloc(ConstEvaluator { value }).into_value())
    }
}

/// What `evaluate_bound` and the like are for a value that was given at once.
#[pytype(name = "_ConstEvaluator", module = "_typing", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct ConstEvaluator {
    value: Value,
}

impl Slots for ConstEvaluator {
    const SLOTS: SlotDefs = SlotDefs { call: Some(evaluate_const), repr: Some(const_repr), ..SlotDefs::NONE };
}

fn const_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(c) = v.downcast::<ConstEvaluator>() else { return Err(vm.type_error("wrong type of object")) };
    Ok(vm.new_str(&format!("<constevaluator {}>", vm.repr_text(&c.value)?)).into_value())
}

fn evaluate_const(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(c) = v.downcast::<ConstEvaluator>() else { return Err(vm.type_error("wrong type of object")) };
    if args.has_keywords() {
        return Err(vm.type_error("constevaluator.__call__() takes no keyword arguments"));
    }
    let [format] = args.pos() else {
        return Err(vm.type_error(format_args!(
            "constevaluator.__call__() takes exactly 1 argument ({} given)",
            args.pos().len()
        )));
    };
    let format = vm.index_i64(format, "Python int too large to convert to C int")?;
    if format != FORMAT_STRING {
        return Ok(c.value.clone());
    }
    let Some(parts) = c.value.downcast::<Tuple>() else { return type_repr(vm, &c.value) };
    let mut out = taipan_text::wtf8::Wtf8Buf::new();
    out.push_str("(");
    for (i, p) in parts.items().iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_wtf8(vm.str(&type_repr(vm, p)?)?.as_wtf8());
    }
    if parts.len() == 1 {
        out.push_str(",");
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

/// How annotations show a type: its qualified name.
fn type_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    if v.is_ellipsis() {
        return Ok(vm.new_str("...").into_value());
    }
    if v.is_none() || vm.type_of(v).is(&vm.types.none_type) {
        return Ok(vm.new_str("None").into_value());
    }
    let is_alias = |v: &Value| -> PyResult<bool> {
        Ok(vm.lookup_attr(v, &vm.names.__origin__)?.is_some()
            && vm.lookup_attr(v, &vm.names.__args__)?.is_some())
    };
    if !is_alias(v)?
        && let Some(name) = vm.lookup_attr(v, &vm.names.__qualname__)?
        && let Some(module) = vm.lookup_attr(v, &vm.names.__module__)?
        && !module.is_none()
    {
        let (name, module) = (vm.str(&name)?, vm.str(&module)?);
        if module.as_bytes() == b"builtins" {
            return Ok(name.into_value());
        }
        let text = format!("{}.{}", module.to_string_lossy(), name.to_string_lossy());
        return Ok(vm.new_str(&text).into_value());
    }
    Ok(vm.repr(v)?.into_value())
}

/// `typing.NAME(…)`.
fn call_typing(vm: &Vm, name: &str, args: &[Value]) -> PyResult<Value> {
    let typing = import_module(vm, "typing")?;
    vm.call_method(&typing, name, args)
}

const UNION: BinaryFn = crate::types::union::or_typing;

fn typing_name(vm: &Vm) -> Value {
    vm.intern("typing").into_value()
}

fn cannot_subclass(vm: &Vm, what: &str) -> PyResult<Value> {
    Err(vm.type_error(format_args!("Cannot subclass an instance of {what}")))
}

/// Sets `__module__` to that of the calling code.
fn set_module(vm: &Vm, v: &Value) {
    let module = scope::caller_module(vm).unwrap_or(Value::NONE);
    drop(crate::types::instance::set(vm, v, &vm.names.__module__, module));
}

/// The flags of variance that constructors take.
struct Variance {
    covariant: bool,
    contravariant: bool,
    infer: bool,
}

impl Variance {
    const NONE: Variance = Variance { covariant: false, contravariant: false, infer: false };

    fn check(self, vm: &Vm) -> PyResult<Variance> {
        if self.covariant && self.contravariant {
            return Err(vm.value_error("Bivariant types are not supported."));
        }
        if self.infer && (self.covariant || self.contravariant) {
            return Err(vm.value_error("Variance cannot be specified with infer_variance."));
        }
        Ok(self)
    }

    fn shown(&self, name: &Gc<Str>) -> String {
        let sign = match self {
            Variance { infer: true, .. } => "",
            Variance { covariant: true, .. } => "+",
            Variance { contravariant: true, .. } => "-",
            _ => "~",
        };
        format!("{sign}{}", name.to_string_lossy())
    }
}

/// Type variable.
///
/// The preferred way to construct a type variable is via the dedicated
/// syntax for generic functions, classes, and type aliases::
///
///     class Sequence[T]:  # T is a TypeVar
///         ...
///
/// This syntax can also be used to create bound and constrained type
/// variables::
///
///     # S is a TypeVar bound to str
///     class StrSequence[S: str]:
///         ...
///
///     # A is a TypeVar constrained to str or bytes
///     class StrOrBytesSequence[A: (str, bytes)]:
///         ...
///
/// Type variables can also have defaults:
///
///     class IntDefault[T = int]:
///         ...
///
/// However, if desired, reusable type variables can also be constructed
/// manually, like so::
///
///    T = TypeVar('T')  # Can be anything
///    S = TypeVar('S', bound=str)  # Can be any subtype of str
///    A = TypeVar('A', str, bytes)  # Must be exactly str or bytes
///    D = TypeVar('D', default=int)  # Defaults to int
///
/// Type variables exist primarily for the benefit of static type
/// checkers.  They serve as the parameters for generic types as well
/// as for generic function and type alias definitions.
///
/// The variance of type variables is inferred by type checkers when they
/// are created through the type parameter syntax and when
/// ``infer_variance=True`` is passed. Manually created type variables may
/// be explicitly marked covariant or contravariant by passing
/// ``covariant=True`` or ``contravariant=True``. By default, manually
/// created type variables are invariant. See PEP 484 and PEP 695 for more
/// details.
///
#[pytype(name = "TypeVar", module = "typing", flags(GC, HAS_DICT, WEAKREF))]
#[derive(Trace)]
pub struct TypeVar {
    name: Gc<Str>,
    bound: Lazy,
    constraints: Lazy,
    default: Lazy,
    #[notrace]
    variance: Variance,
}

impl Slots for TypeVar {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(typevar_repr), or: Some(UNION), ..SlotDefs::NONE };
}

fn typevar_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(t) = v.downcast::<TypeVar>() else { return Err(vm.type_error("wrong type of object")) };
    Ok(vm.new_str(&t.variance.shown(&t.name)).into_value())
}

/// `__bound__` as a constructor takes it.
fn checked_bound(vm: &Vm, bound: &Value) -> PyResult<Option<Value>> {
    if bound.is_none() {
        return Ok(None);
    }
    let msg = vm.new_str("Bound must be a type.").into_value();
    Ok(Some(call_typing(vm, "_type_check", &[bound.clone(), msg])?))
}

/// The default as a constructor takes it.
fn given_default(default: Option<&Value>) -> Lazy {
    Lazy::known(default.filter(|d| !d.is_instance_of::<NoDefault>()).cloned())
}

fn default_of(vm: &Vm, d: &Lazy) -> PyResult<Value> {
    Ok(match d.get(vm)? {
        Some(v) => v,
        None => no_default(vm),
    })
}

fn is_no_default(vm: &Vm, d: &Lazy) -> PyResult<bool> {
    Ok(!d.is_set() || default_of(vm, d)?.is_instance_of::<NoDefault>())
}

#[pymethods]
impl TypeVar {
    #[pynew(
        "typevar(name, *constraints, bound=None, default=<unrepresentable>, covariant=False, contravariant=False, infer_variance=False)"
    )]
    fn new(
        vm: &Vm,
        _cls: &Gc<Type>,
        name: &Gc<Str>,
        constraints: &[Value],
        bound: &Value,
        default: Option<&Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Value> {
        let variance = Variance { covariant, contravariant, infer: infer_variance }.check(vm)?;
        let bound = checked_bound(vm, bound)?;
        if constraints.len() == 1 {
            return Err(vm.type_error("A single constraint is not allowed"));
        }
        if !constraints.is_empty() && bound.is_some() {
            return Err(vm.type_error("Constraints cannot be combined with bound=..."));
        }
        let constraints =
            if constraints.is_empty() { None } else { Some(vm.tuple_from(constraints).into_value()) };
        let t = vm.alloc(TypeVar {
            name: name.clone(),
            bound: Lazy::known(bound),
            constraints: Lazy::known(constraints),
            default: given_default(default),
            variance,
        });
        vm.type_of(t.as_value()).start_instance(t.as_value());
        set_module(vm, t.as_value());
        Ok(t.into_value())
    }

    #[pymethod("__typing_subst__($self, arg, /)")]
    fn typing_subst(vm: &Vm, zelf: &Value, arg: &Value) -> PyResult<Value> {
        call_typing(vm, "_typevar_subst", &[zelf.clone(), arg.clone()])
    }

    #[pymethod("__typing_prepare_subst__($self, alias, args, /)")]
    fn typing_prepare_subst(vm: &Vm, zelf: &Gc<TypeVar>, alias: &Value, args: &Value) -> PyResult<Value> {
        let params = vm.get_attr(alias, &vm.names.__parameters__)?;
        let params = vm.collect(&params)?;
        let given = vm.collect(args)?;
        let at = params.iter().position(|p| p.is(zelf.as_value())).unwrap_or(usize::MAX);
        if at < given.len() {
            return Ok(args.clone());
        }
        if at == given.len() && !is_no_default(vm, &zelf.default)? {
            let mut more = given;
            more.push(default_of(vm, &zelf.default)?);
            return Ok(vm.new_tuple(more).into_value());
        }
        Err(vm.type_error(format_args!(
            "Too few arguments for {}; actual {}, expected at least {}",
            vm.str(alias)?.to_string_lossy(),
            given.len(),
            at.saturating_add(1)
        )))
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(_vm: &Vm, zelf: &Gc<TypeVar>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pymethod("has_default($self, /)")]
    fn has_default(vm: &Vm, zelf: &Gc<TypeVar>) -> PyResult<bool> {
        Ok(zelf.default.evaluate.is_some() || !is_no_default(vm, &zelf.default)?)
    }

    #[pymethod("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _zelf: &Value, _object: &Value) -> PyResult<Value> {
        cannot_subclass(vm, "TypeVar")
    }

    #[pygetter("__name__")]
    fn name(_vm: &Vm, zelf: &Gc<TypeVar>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pygetter("__covariant__")]
    fn covariant(_vm: &Vm, zelf: &Gc<TypeVar>) -> bool {
        zelf.variance.covariant
    }

    #[pygetter("__contravariant__")]
    fn contravariant(_vm: &Vm, zelf: &Gc<TypeVar>) -> bool {
        zelf.variance.contravariant
    }

    #[pygetter("__infer_variance__")]
    fn infer_variance(_vm: &Vm, zelf: &Gc<TypeVar>) -> bool {
        zelf.variance.infer
    }

    #[pygetter("__bound__")]
    fn bound(vm: &Vm, zelf: &Gc<TypeVar>) -> PyResult<Option<Value>> {
        zelf.bound.get(vm)
    }

    #[pygetter("__constraints__")]
    fn constraints(vm: &Vm, zelf: &Gc<TypeVar>) -> PyResult<Value> {
        Ok(zelf.constraints.get(vm)?.unwrap_or_else(|| vm.names.empty_tuple.to_value()))
    }

    #[pygetter("__default__")]
    fn default(vm: &Vm, zelf: &Gc<TypeVar>) -> PyResult<Value> {
        default_of(vm, &zelf.default)
    }

    #[pygetter("evaluate_bound")]
    fn evaluate_bound(vm: &Vm, zelf: &Gc<TypeVar>) -> Option<Value> {
        zelf.bound.evaluator(vm)
    }

    #[pygetter("evaluate_constraints")]
    fn evaluate_constraints(vm: &Vm, zelf: &Gc<TypeVar>) -> Option<Value> {
        zelf.constraints.evaluator(vm)
    }

    #[pygetter("evaluate_default")]
    fn evaluate_default(vm: &Vm, zelf: &Gc<TypeVar>) -> Option<Value> {
        zelf.default.evaluator(vm)
    }

    #[pyconst("__module__")]
    fn module(vm: &Vm) -> Value {
        typing_name(vm)
    }
}

/// Parameter specification variable.
///
/// The preferred way to construct a parameter specification is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where the use of '**' creates a parameter specification::
///
///     type IntFunc[**P] = Callable[P, int]
///
/// The following syntax creates a parameter specification that defaults
/// to a callable accepting two positional-only arguments of types int
/// and str:
///
///     type IntFuncDefault[**P = (int, str)] = Callable[P, int]
///
/// For compatibility with Python 3.11 and earlier, ParamSpec objects
/// can also be created as follows::
///
///     P = ParamSpec('P')
///     DefaultP = ParamSpec('DefaultP', default=(int, str))
///
/// Parameter specification variables exist primarily for the benefit of
/// static type checkers.  They are used to forward the parameter types of
/// one callable to another callable, a pattern commonly found in
/// higher-order functions and decorators.  They are only valid when used
/// in ``Concatenate``, or as the first argument to ``Callable``, or as
/// parameters for user-defined Generics. See class Generic for more
/// information on generic types.
///
/// An example for annotating a decorator::
///
///     def add_logging[**P, T](f: Callable[P, T]) -> Callable[P, T]:
///         '''A type-safe decorator to add logging to a function.'''
///         def inner(*args: P.args, **kwargs: P.kwargs) -> T:
///             logging.info(f'{f.__name__} was called')
///             return f(*args, **kwargs)
///         return inner
///
///     @add_logging
///     def add_two(x: float, y: float) -> float:
///         '''Add two numbers together.'''
///         return x + y
///
/// Parameter specification variables can be introspected. e.g.::
///
///     >>> P = ParamSpec("P")
///     >>> P.__name__
///     'P'
///
/// Note that parameter specification variables defined in the global
/// scope can be pickled.
///
#[pytype(name = "ParamSpec", module = "typing", flags(GC, HAS_DICT, WEAKREF))]
#[derive(Trace)]
pub struct ParamSpec {
    name: Gc<Str>,
    bound: ValueCell,
    default: Lazy,
    #[notrace]
    variance: Variance,
}

impl Slots for ParamSpec {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(paramspec_repr), or: Some(UNION), ..SlotDefs::NONE };
}

fn paramspec_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(p) = v.downcast::<ParamSpec>() else { return Err(vm.type_error("wrong type of object")) };
    Ok(vm.new_str(&p.variance.shown(&p.name)).into_value())
}

#[pymethods]
impl ParamSpec {
    #[pynew(
        "paramspec(name, *, bound=None, default=<unrepresentable>, covariant=False, contravariant=False, infer_variance=False)"
    )]
    fn new(
        vm: &Vm,
        _cls: &Gc<Type>,
        name: &Gc<Str>,
        bound: &Value,
        default: Option<&Value>,
        covariant: bool,
        contravariant: bool,
        infer_variance: bool,
    ) -> PyResult<Value> {
        let variance = Variance { covariant, contravariant, infer: infer_variance }.check(vm)?;
        let bound = checked_bound(vm, bound)?;
        let p = vm.alloc(ParamSpec {
            name: name.clone(),
            bound: ValueCell::new(bound),
            default: given_default(default),
            variance,
        });
        vm.type_of(p.as_value()).start_instance(p.as_value());
        set_module(vm, p.as_value());
        Ok(p.into_value())
    }

    #[pymethod("__typing_subst__($self, arg, /)")]
    fn typing_subst(vm: &Vm, zelf: &Value, arg: &Value) -> PyResult<Value> {
        call_typing(vm, "_paramspec_subst", &[zelf.clone(), arg.clone()])
    }

    #[pymethod("__typing_prepare_subst__($self, alias, args, /)")]
    fn typing_prepare_subst(vm: &Vm, zelf: &Value, alias: &Value, args: &Value) -> PyResult<Value> {
        call_typing(vm, "_paramspec_prepare_subst", &[zelf.clone(), alias.clone(), args.clone()])
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(_vm: &Vm, zelf: &Gc<ParamSpec>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pymethod("has_default($self, /)")]
    fn has_default(vm: &Vm, zelf: &Gc<ParamSpec>) -> PyResult<bool> {
        Ok(zelf.default.evaluate.is_some() || !is_no_default(vm, &zelf.default)?)
    }

    #[pymethod("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _zelf: &Value, _object: &Value) -> PyResult<Value> {
        cannot_subclass(vm, "ParamSpec")
    }

    #[pygetter("__name__")]
    fn name(_vm: &Vm, zelf: &Gc<ParamSpec>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pygetter("__bound__")]
    fn bound(_vm: &Vm, zelf: &Gc<ParamSpec>) -> Option<Value> {
        zelf.bound.get()
    }

    #[pygetter("__covariant__")]
    fn covariant(_vm: &Vm, zelf: &Gc<ParamSpec>) -> bool {
        zelf.variance.covariant
    }

    #[pygetter("__contravariant__")]
    fn contravariant(_vm: &Vm, zelf: &Gc<ParamSpec>) -> bool {
        zelf.variance.contravariant
    }

    #[pygetter("__infer_variance__")]
    fn infer_variance(_vm: &Vm, zelf: &Gc<ParamSpec>) -> bool {
        zelf.variance.infer
    }

    /// Represents positional arguments.
    #[pygetter("args")]
    fn args(vm: &Vm, zelf: &Value) -> Value {
        let a = vm.alloc(ParamSpecArgs { origin: zelf.clone() });
        a.into_value()
    }

    /// Represents keyword arguments.
    #[pygetter("kwargs")]
    fn kwargs(vm: &Vm, zelf: &Value) -> Value {
        let a = vm.alloc(ParamSpecKwargs { origin: zelf.clone() });
        a.into_value()
    }

    /// The default value for this ParamSpec.
    #[pygetter("__default__")]
    fn default(vm: &Vm, zelf: &Gc<ParamSpec>) -> PyResult<Value> {
        default_of(vm, &zelf.default)
    }

    #[pygetter("evaluate_default")]
    fn evaluate_default(vm: &Vm, zelf: &Gc<ParamSpec>) -> Option<Value> {
        zelf.default.evaluator(vm)
    }

    #[pyconst("__module__")]
    fn module(vm: &Vm) -> Value {
        typing_name(vm)
    }
}

macro_rules! paramspec_part {
    ($name:ident, $text:literal, $new:literal, $attr:literal, $repr:ident, $compare:ident, #[doc = $doc:literal]) => {
        #[doc = $doc]
        #[pytype(name = $text, module = "typing", flags(GC, WEAKREF))]
        #[derive(Trace)]
        pub struct $name {
            origin: Value,
        }

        impl Slots for $name {
            const SLOTS: SlotDefs =
                SlotDefs { repr: Some($repr), richcompare: Some($compare), ..SlotDefs::NONE };
        }

        fn $repr(vm: &Vm, v: &Value) -> PyResult<Value> {
            let Some(a) = v.downcast::<$name>() else { return Err(vm.type_error("wrong type of object")) };
            let text = match a.origin.downcast::<ParamSpec>() {
                Some(p) => format!("{}.{}", p.name.to_string_lossy(), $attr),
                None => format!("{}.{}", vm.repr_text(&a.origin)?, $attr),
            };
            Ok(vm.new_str(&text).into_value())
        }

        fn $compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
            match (a.downcast::<$name>(), b.downcast::<$name>()) {
                (Some(x), Some(y)) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                    vm.rich_compare(&x.origin, &y.origin, op)
                }
                _ => Ok(Value::NOT_IMPLEMENTED),
            }
        }

        #[pymethods]
        impl $name {
            #[pynew($new)]
            fn new(vm: &Vm, _cls: &Gc<Type>, origin: &Value) -> Value {
                vm.alloc($name { origin: origin.clone() }).into_value()
            }

            #[pymethod("__mro_entries__($self, object, /)")]
            fn mro_entries(vm: &Vm, _zelf: &Value, _object: &Value) -> PyResult<Value> {
                cannot_subclass(vm, $text)
            }

            #[pygetter("__origin__")]
            fn origin(_vm: &Vm, zelf: &Gc<$name>) -> Value {
                zelf.origin.clone()
            }

            #[pyconst("__hash__")]
            fn hash(_vm: &Vm) -> Value {
                Value::NONE
            }

            #[pyconst("__module__")]
            fn module(vm: &Vm) -> Value {
                typing_name(vm)
            }
        }
    };
}

paramspec_part!(
    ParamSpecArgs, "ParamSpecArgs", "paramspecargs(origin)", "args", args_repr, args_compare,
    #[doc = "The args for a ParamSpec object.\n\nGiven a ParamSpec object P, P.args returns an instance of ParamSpecArgs.\n\nParamSpecArgs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.args.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers."]
);
paramspec_part!(
    ParamSpecKwargs, "ParamSpecKwargs", "paramspeckwargs(origin)", "kwargs", kwargs_repr, kwargs_compare,
    #[doc = "The kwargs for a ParamSpec object.\n\nGiven a ParamSpec object P, P.kwargs returns an instance of ParamSpecKwargs.\n\nParamSpecKwargs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.kwargs.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers."]
);

/// Type variable tuple. A specialized form of type variable that enables
/// variadic generics.
///
/// The preferred way to construct a type variable tuple is via the
/// dedicated syntax for generic functions, classes, and type aliases,
/// where a single '*' indicates a type variable tuple::
///
///     def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:
///         return (*tup[1:], tup[0])
///
/// Type variables tuples can have default values:
///
///     type AliasWithDefault[*Ts = (str, int)] = tuple[*Ts]
///
/// For compatibility with Python 3.11 and earlier, TypeVarTuple objects
/// can also be created as follows::
///
///     Ts = TypeVarTuple('Ts')  # Can be given any name
///     DefaultTs = TypeVarTuple('Ts', default=(str, int))
///
/// Just as a TypeVar (type variable) is a placeholder for a single type,
/// a TypeVarTuple is a placeholder for an *arbitrary* number of types. For
/// example, if we define a generic class using a TypeVarTuple::
///
///     class C[*Ts]: ...
///
/// Then we can parameterize that class with an arbitrary number of type
/// arguments::
///
///     C[int]       # Fine
///     C[int, str]  # Also fine
///     C[()]        # Even this is fine
///
/// For more details, see PEP 646.
///
/// Note that only TypeVarTuples defined in the global scope can be
/// pickled.
///
#[pytype(name = "TypeVarTuple", module = "typing", flags(GC, HAS_DICT, WEAKREF))]
#[derive(Trace)]
pub struct TypeVarTuple {
    name: Gc<Str>,
    default: Lazy,
}

impl Slots for TypeVarTuple {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(tuple_repr), iter: Some(unpacked_iter), ..SlotDefs::NONE };
}

fn tuple_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    match v.downcast::<TypeVarTuple>() {
        Some(t) => Ok(t.name.to_value()),
        None => Err(vm.type_error("wrong type of object")),
    }
}

/// `typing.Unpack[v]`.
fn unpack(vm: &Vm, v: &Value) -> PyResult<Value> {
    let typing = import_module(vm, "typing")?;
    let unpack = vm.get_attr_str(&typing, "Unpack")?;
    vm.get_item(&unpack, v)
}

/// `*Ts` in a subscript.
fn unpacked_iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    let one = vm.new_tuple(vec![unpack(vm, v)?]).into_value();
    vm.get_iter(&one)
}

#[pymethods]
impl TypeVarTuple {
    #[pynew("typevartuple(name, *, default=<unrepresentable>)")]
    fn new(vm: &Vm, _cls: &Gc<Type>, name: &Gc<Str>, default: Option<&Value>) -> Value {
        let t = vm.alloc(TypeVarTuple { name: name.clone(), default: given_default(default) });
        vm.type_of(t.as_value()).start_instance(t.as_value());
        set_module(vm, t.as_value());
        t.into_value()
    }

    #[pymethod("__typing_subst__($self, arg, /)")]
    fn typing_subst(vm: &Vm, _zelf: &Value, _arg: &Value) -> PyResult<Value> {
        Err(vm.type_error("Substitution of bare TypeVarTuple is not supported"))
    }

    #[pymethod("__typing_prepare_subst__($self, alias, args, /)")]
    fn typing_prepare_subst(vm: &Vm, zelf: &Value, alias: &Value, args: &Value) -> PyResult<Value> {
        call_typing(vm, "_typevartuple_prepare_subst", &[zelf.clone(), alias.clone(), args.clone()])
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(_vm: &Vm, zelf: &Gc<TypeVarTuple>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pymethod("has_default($self, /)")]
    fn has_default(vm: &Vm, zelf: &Gc<TypeVarTuple>) -> PyResult<bool> {
        Ok(zelf.default.evaluate.is_some() || !is_no_default(vm, &zelf.default)?)
    }

    #[pymethod("__mro_entries__($self, object, /)")]
    fn mro_entries(vm: &Vm, _zelf: &Value, _object: &Value) -> PyResult<Value> {
        cannot_subclass(vm, "TypeVarTuple")
    }

    #[pygetter("__name__")]
    fn name(_vm: &Vm, zelf: &Gc<TypeVarTuple>) -> Gc<Str> {
        zelf.name.clone()
    }

    /// The default value for this TypeVarTuple.
    #[pygetter("__default__")]
    fn default(vm: &Vm, zelf: &Gc<TypeVarTuple>) -> PyResult<Value> {
        default_of(vm, &zelf.default)
    }

    #[pygetter("evaluate_default")]
    fn evaluate_default(vm: &Vm, zelf: &Gc<TypeVarTuple>) -> Option<Value> {
        zelf.default.evaluator(vm)
    }

    #[pyconst("__module__")]
    fn module(vm: &Vm) -> Value {
        typing_name(vm)
    }
}

/// Type alias.
///
/// Type aliases are created through the type statement::
///
///     type Alias = int
///
/// In this example, Alias and int will be treated equivalently by static
/// type checkers.
///
/// At runtime, Alias is an instance of TypeAliasType. The __name__
/// attribute holds the name of the type alias. The value of the type alias
/// is stored in the __value__ attribute. It is evaluated lazily, so the
/// value is computed only if the attribute is accessed.
///
/// Type aliases can also be generic::
///
///     type ListOrSet[T] = list[T] | set[T]
///
/// In this case, the type parameters of the alias are stored in the
/// __type_params__ attribute.
///
/// See PEP 695 for more information.
///
#[pytype(name = "TypeAliasType", module = "typing", flags(GC, WEAKREF))]
#[derive(Trace)]
pub struct TypeAliasType {
    name: Gc<Str>,
    type_params: Option<Gc<Tuple>>,
    value: Lazy,
    module: ValueCell,
}

impl Slots for TypeAliasType {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(alias_repr),
        iter: Some(unpacked_iter),
        or: Some(UNION),
        subscript: Some(alias_subscript),
        ..SlotDefs::NONE
    };
}

fn alias_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    match v.downcast::<TypeAliasType>() {
        Some(a) => Ok(a.name.to_value()),
        None => Err(vm.type_error("wrong type of object")),
    }
}

fn alias_subscript(vm: &Vm, v: &Value, args: &Value) -> PyResult<Value> {
    let generic = v.downcast::<TypeAliasType>().is_some_and(|a| a.type_params.is_some());
    if !generic {
        return Err(vm.type_error("Only generic type aliases are subscriptable"));
    }
    Ok(generic_alias::make(vm, v, args))
}

/// The parameters with each `Ts` as `*Ts`.
fn unpack_typevartuples(vm: &Vm, params: &[Value]) -> PyResult<Vec<Value>> {
    params
        .iter()
        .map(|p| if p.is_instance_of::<TypeVarTuple>() { unpack(vm, p) } else { Ok(p.clone()) })
        .collect()
}

/// Checks `type_params=`; an empty tuple is none.
fn checked_params(vm: &Vm, params: Option<&Value>) -> PyResult<Option<Gc<Tuple>>> {
    let Some(params) = params else { return Ok(None) };
    let Some(params) = params.downcast::<Tuple>() else {
        return Err(vm.type_error("type_params must be a tuple"));
    };
    let mut default_seen = false;
    for p in params.items() {
        let default = if let Some(t) = p.downcast::<TypeVar>() {
            &t.default
        } else if let Some(t) = p.downcast::<ParamSpec>() {
            &t.default
        } else if let Some(t) = p.downcast::<TypeVarTuple>() {
            &t.default
        } else {
            return Err(vm.type_error(format_args!("Expected a type param, got {}", vm.repr_text(p)?)));
        };
        if !is_no_default(vm, default)? {
            default_seen = true;
        } else if default_seen {
            return Err(vm.type_error(format_args!(
                "non-default type parameter '{}' follows default type parameter",
                vm.repr_text(p)?
            )));
        }
    }
    Ok((!params.is_empty()).then(|| params.clone()))
}

#[pymethods]
impl TypeAliasType {
    #[pynew("typealias(name, value, *, type_params=<unrepresentable>)")]
    fn new(
        vm: &Vm,
        _cls: &Gc<Type>,
        name: &Gc<Str>,
        value: &Value,
        type_params: Option<&Value>,
    ) -> PyResult<Value> {
        let type_params = checked_params(vm, type_params)?;
        let a = vm.alloc(TypeAliasType {
            name: name.clone(),
            type_params,
            value: Lazy::known(Some(value.clone())),
            module: ValueCell::new(scope::caller_module(vm)),
        });
        Ok(a.into_value())
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(_vm: &Vm, zelf: &Gc<TypeAliasType>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pygetter("__name__")]
    fn name(_vm: &Vm, zelf: &Gc<TypeAliasType>) -> Gc<Str> {
        zelf.name.clone()
    }

    #[pygetter("__parameters__")]
    fn parameters(vm: &Vm, zelf: &Gc<TypeAliasType>) -> PyResult<Value> {
        match &zelf.type_params {
            Some(p) => Ok(vm.new_tuple(unpack_typevartuples(vm, p.items())?).into_value()),
            None => Ok(vm.names.empty_tuple.to_value()),
        }
    }

    #[pygetter("__type_params__")]
    fn type_params(vm: &Vm, zelf: &Gc<TypeAliasType>) -> Gc<Tuple> {
        zelf.type_params.clone().unwrap_or_else(|| vm.names.empty_tuple.clone())
    }

    #[pygetter("__value__")]
    fn value(vm: &Vm, zelf: &Gc<TypeAliasType>) -> PyResult<Option<Value>> {
        zelf.value.get(vm)
    }

    #[pygetter("evaluate_value")]
    fn evaluate_value(vm: &Vm, zelf: &Gc<TypeAliasType>) -> Option<Value> {
        zelf.value.evaluator(vm)
    }

    #[pygetter("__module__")]
    fn module(_vm: &Vm, zelf: &Gc<TypeAliasType>) -> Option<Value> {
        zelf.module.get()
    }
}

/// Abstract base class for generic types.
///
/// On Python 3.12 and newer, generic classes implicitly inherit from
/// Generic when they declare a parameter list after the class's name::
///
///     class Mapping[KT, VT]:
///         def __getitem__(self, key: KT) -> VT:
///             ...
///             # Etc.
///
/// On older versions of Python, however, generic classes have to
/// explicitly inherit from Generic.
///
/// After a class has been declared to be generic, it can then be used as
/// follows::
///
///     def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:
///         try:
///             return mapping[key]
///         except KeyError:
///             return default
///
#[pytype(name = "Generic", module = "typing", base = Object, flags(BASETYPE, GC, BASE_PAYLOAD), no_slots)]
#[derive(Trace)]
pub struct Generic {
    object: Object,
}

#[pymethods]
impl Generic {
    /// Parameterizes a generic class.
    ///
    /// At least, parameterizing a generic class is the *main* thing this
    /// method does. For example, for some generic class `Foo`, this is called
    /// when we do `Foo[int]` - there, with `cls=Foo` and `params=int`.
    ///
    /// However, note that this method is also called when defining generic
    /// classes in the first place with `class Foo[T]: ...`.
    #[pyclassmethod(raw, "__class_getitem__")]
    fn class_getitem(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        forward(vm, "_generic_class_getitem", args)
    }

    /// Function to initialize subclasses.
    #[pyclassmethod(raw, "__init_subclass__")]
    fn init_subclass(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        forward(vm, "_generic_init_subclass", args)
    }

    #[pyconst("__module__")]
    fn module(vm: &Vm) -> Value {
        typing_name(vm)
    }
}

fn forward(vm: &Vm, name: &str, args: CallArgs<'_>) -> PyResult<Value> {
    let typing = import_module(vm, "typing")?;
    let f = vm.get_attr_str(&typing, name)?;
    vm.call_args(&f, args)
}

/// The type of the NoDefault singleton.
#[pytype(name = "NoDefaultType", signature = "()")]
#[derive(Trace)]
pub struct NoDefault;

impl Slots for NoDefault {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(no_default_repr), ..SlotDefs::NONE };
}

fn no_default_repr(vm: &Vm, _: &Value) -> PyResult<Value> {
    Ok(vm.new_str("typing.NoDefault").into_value())
}

#[pymethods]
impl NoDefault {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        if !args.all.is_empty() {
            return Err(vm.type_error("NoDefaultType takes no arguments"));
        }
        Ok(no_default(vm))
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, _zelf: &Value) -> Value {
        vm.new_str("NoDefault").into_value()
    }
}

#[derive(Default)]
struct TypingState {
    no_default: ValueCell,
    made: Cell<bool>,
}

/// `typing.NoDefault`.
pub fn no_default(vm: &Vm) -> Value {
    let state = vm.state::<TypingState>();
    if let Some(v) = state.no_default.get() {
        return v;
    }
    let v = vm.alloc(NoDefault).into_value();
    state.made.set(true);
    state.no_default.set(Some(v.clone()));
    v
}

fn name_of(vm: &Vm, name: &Value) -> PyResult<Gc<Str>> {
    match name.downcast::<Str>() {
        Some(s) => Ok(s.clone()),
        None => Err(vm.type_error("name must be a str")),
    }
}

/// `TypeVar` of a type parameter list; `bound` and `constraints` are functions that evaluate them.
pub fn make_typevar(
    vm: &Vm,
    name: &Value,
    bound: Option<&Value>,
    constraints: Option<&Value>,
) -> PyResult<Value> {
    let t = vm.alloc(TypeVar {
        name: name_of(vm, name)?,
        bound: Lazy::later(bound),
        constraints: Lazy::later(constraints),
        default: Lazy::default(),
        variance: Variance { infer: true, ..Variance::NONE },
    });
    vm.type_of(t.as_value()).start_instance(t.as_value());
    Ok(t.into_value())
}

/// `ParamSpec` of a type parameter list.
pub fn make_paramspec(vm: &Vm, name: &Value) -> PyResult<Value> {
    let p = vm.alloc(ParamSpec {
        name: name_of(vm, name)?,
        bound: ValueCell::empty(),
        default: Lazy::default(),
        variance: Variance { infer: true, ..Variance::NONE },
    });
    vm.type_of(p.as_value()).start_instance(p.as_value());
    Ok(p.into_value())
}

/// `TypeVarTuple` of a type parameter list.
pub fn make_typevartuple(vm: &Vm, name: &Value) -> PyResult<Value> {
    let t = vm.alloc(TypeVarTuple { name: name_of(vm, name)?, default: Lazy::default() });
    vm.type_of(t.as_value()).start_instance(t.as_value());
    Ok(t.into_value())
}

/// Gives a type parameter its default, which `default_fn` evaluates; answers the parameter.
pub fn set_typeparam_default(vm: &Vm, param: &Value, default_fn: &Value) -> PyResult<Value> {
    let lazy = if let Some(t) = param.downcast::<TypeVar>() {
        &t.default
    } else if let Some(t) = param.downcast::<ParamSpec>() {
        &t.default
    } else if let Some(t) = param.downcast::<TypeVarTuple>() {
        &t.default
    } else {
        return Err(vm.type_error("Expected a type param"));
    };
    lazy.evaluate.set(Some(default_fn.clone()));
    Ok(param.clone())
}

/// `Generic[*params]`, the implicit base of a generic class.
pub fn subscript_generic(vm: &Vm, params: &Value) -> PyResult<Value> {
    let params = vm.collect(params)?;
    let params = vm.new_tuple(unpack_typevartuples(vm, &params)?).into_value();
    let generic = vm.native_type::<Generic>().into_value();
    call_typing(vm, "_GenericAlias", &[generic, params])
}

/// `type NAME[…] = …`: of a tuple (name, type parameters or `None`, function that evaluates).
pub fn make_typealias(vm: &Vm, parts: &Value) -> PyResult<Value> {
    let parts = vm.collect(parts)?;
    let [name, params, evaluate] = parts.as_slice() else {
        return Err(vm.system_error("a type alias has three parts"));
    };
    let a = vm.alloc(TypeAliasType {
        name: name_of(vm, name)?,
        type_params: params.downcast::<Tuple>().filter(|p| !p.is_empty()).cloned(),
        value: Lazy::later(Some(evaluate)),
        module: ValueCell::new(scope::caller_module(vm)),
    });
    Ok(a.into_value())
}

/// Primitives and accelerators for the typing module.
#[pymodule(name = "_typing")]
pub mod typing {
    use super::*;

    #[pyfn("_idfunc(x, /)")]
    fn idfunc(_vm: &Vm, x: &Value) -> Value {
        x.clone()
    }

    #[pyconst("NoDefault")]
    fn no_default_const(vm: &Vm) -> Value {
        no_default(vm)
    }

    pytypes!(
        TypeVar,
        ParamSpec,
        ParamSpecArgs,
        ParamSpecKwargs,
        TypeVarTuple,
        TypeAliasType,
        Generic,
        crate::types::union::Union
    );
}
