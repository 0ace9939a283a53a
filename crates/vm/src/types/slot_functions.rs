//! The slot functions of classes that define dunders in Python: each looks its dunder up on the class and calls it.

use crate::errors::exc;
use crate::interp::call::call_function;
use crate::interp::fast;
use crate::native::CallArgs;
use crate::object::Type;
use crate::types::descriptors::WrapperDescriptor;
use crate::types::function::Function;
use crate::types::numbers::{IntValue, int_value};
use crate::types::str_::Str;
use crate::types::typedef::{BinaryFn, CompareOp, F, SetAttrFn, SlotTable, TernaryFn};
use crate::{PyResult, Raised, Value, ValueExt, Vm};
use taipan_heap::Gc;

/// Calls what the class has under a name with the object in front, without a bound method where that can be helped.
fn call_found(vm: &Vm, f: &Value, obj: &Value, args: &[&Value]) -> PyResult<Value> {
    let ft = vm.type_of(f);
    if ft.has_flags(F::METHOD_DESCRIPTOR) {
        return match args {
            [] => vm.call(f, std::slice::from_ref(obj)),
            [a] => vm.call(f, &[obj.clone(), (*a).clone()]),
            [a, b] => vm.call(f, &[obj.clone(), (*a).clone(), (*b).clone()]),
            more => {
                let mut all = vec![obj.clone()];
                all.extend(more.iter().map(|v| (*v).clone()));
                vm.call(f, &all)
            }
        };
    }
    let bound = bind(vm, f, obj)?;
    match args {
        [] => vm.call0(&bound),
        [a] => vm.call1(&bound, a),
        more => {
            let all: Vec<Value> = more.iter().map(|v| (*v).clone()).collect();
            vm.call(&bound, &all)
        }
    }
}

fn bind(vm: &Vm, f: &Value, obj: &Value) -> PyResult<Value> {
    match vm.type_of(f).slots.descr_get.get() {
        Some(get) => {
            let ty = vm.type_of(obj).to_value();
            get(vm, f, Some(obj), &ty)
        }
        None => Ok(f.clone()),
    }
}

/// The dunder's answer; `None` (Rust) when the class has none.
fn maybe(vm: &Vm, obj: &Value, name: &Gc<Str>, args: &[&Value]) -> PyResult<Option<Value>> {
    match vm.type_of(obj).lookup(vm, name) {
        Some(f) => call_found(vm, &f, obj, args).map(Some),
        None => Ok(None),
    }
}

fn must(vm: &Vm, obj: &Value, name: &Gc<Str>, args: &[&Value]) -> PyResult<Value> {
    match maybe(vm, obj, name, args)? {
        Some(v) => Ok(v),
        None => Err(vm.attribute_error(obj, name, name.to_string_lossy())),
    }
}

fn or_not_implemented(r: PyResult<Option<Value>>) -> PyResult<Value> {
    Ok(r?.unwrap_or(Value::NOT_IMPLEMENTED))
}

/// Whether the right operand's class has a reflected method of its own.
fn overloaded(vm: &Vm, left: &Gc<Type>, right: &Gc<Type>, name: &Gc<Str>) -> bool {
    match (left.lookup(vm, name), right.lookup(vm, name)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(a), Some(b)) => !a.is(&b),
    }
}

/// The dance of both operands' methods. `has` tells whether a class has this very slot function.
fn dispatch(
    vm: &Vm,
    a: &Value,
    b: &Value,
    third: Option<&Value>,
    has: &dyn Fn(&SlotTable) -> bool,
    name: &Gc<Str>,
    reflected: &Gc<Str>,
) -> PyResult<Value> {
    let (ta, tb) = (vm.type_of(a).clone(), vm.type_of(b).clone());
    let call = |obj: &Value, name: &Gc<Str>, other: &Value| match third {
        Some(m) => or_not_implemented(maybe(vm, obj, name, &[other, m])),
        None => or_not_implemented(maybe(vm, obj, name, &[other])),
    };
    let mut other = !ta.is(&tb) && has(&tb.slots);
    if has(&ta.slots) {
        if other && tb.is_subtype(&ta) && overloaded(vm, &ta, &tb, reflected) {
            let r = call(b, reflected, a)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
            other = false;
        }
        let r = call(a, name, b)?;
        if !r.is_not_implemented() || ta.is(&tb) {
            return Ok(r);
        }
    }
    if other { call(b, reflected, a) } else { Ok(Value::NOT_IMPLEMENTED) }
}

macro_rules! binary {
    ($($f:ident $op:ident $rop:ident;)*) => { $(
        pub fn $f(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
            let has = |s: &SlotTable| s.$f.get().is_some_and(|x| std::ptr::fn_addr_eq(x, $f as BinaryFn));
            dispatch(vm, a, b, None, &has, &vm.names.$op, &vm.names.$rop)
        }
    )* };
}
binary! {
    add __add__ __radd__;
    subtract __sub__ __rsub__;
    multiply __mul__ __rmul__;
    matrix_multiply __matmul__ __rmatmul__;
    true_divide __truediv__ __rtruediv__;
    floor_divide __floordiv__ __rfloordiv__;
    remainder __mod__ __rmod__;
    divmod __divmod__ __rdivmod__;
    lshift __lshift__ __rlshift__;
    rshift __rshift__ __rrshift__;
    and __and__ __rand__;
    or __or__ __ror__;
    xor __xor__ __rxor__;
}

pub fn power(vm: &Vm, a: &Value, b: &Value, m: &Value) -> PyResult<Value> {
    let has = |s: &SlotTable| s.power.get().is_some_and(|x| std::ptr::fn_addr_eq(x, power as TernaryFn));
    let third = if m.is_none() { None } else { Some(m) };
    dispatch(vm, a, b, third, &has, &vm.names.__pow__, &vm.names.__rpow__)
}

macro_rules! inplace {
    ($($f:ident $op:ident;)*) => { $(
        pub fn $f(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
            must(vm, a, &vm.names.$op, &[b])
        }
    )* };
}
inplace! {
    inplace_add __iadd__;
    inplace_subtract __isub__;
    inplace_multiply __imul__;
    inplace_matrix_multiply __imatmul__;
    inplace_true_divide __itruediv__;
    inplace_floor_divide __ifloordiv__;
    inplace_remainder __imod__;
    inplace_lshift __ilshift__;
    inplace_rshift __irshift__;
    inplace_and __iand__;
    inplace_or __ior__;
    inplace_xor __ixor__;
    subscript __getitem__;
}

pub fn inplace_power(vm: &Vm, a: &Value, b: &Value, _: &Value) -> PyResult<Value> {
    must(vm, a, &vm.names.__ipow__, &[b])
}

macro_rules! unary {
    ($($f:ident $op:ident;)*) => { $(
        pub fn $f(vm: &Vm, v: &Value) -> PyResult<Value> {
            must(vm, v, &vm.names.$op, &[])
        }
    )* };
}
unary! {
    repr __repr__;
    str __str__;
    negative __neg__;
    positive __pos__;
    absolute __abs__;
    invert __invert__;
    int __int__;
    float __float__;
    index __index__;
    await_ __await__;
    aiter __aiter__;
    anext __anext__;
}

pub fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let n = &vm.names;
    let name = match op {
        CompareOp::Lt => &n.__lt__,
        CompareOp::Le => &n.__le__,
        CompareOp::Eq => &n.__eq__,
        CompareOp::Ne => &n.__ne__,
        CompareOp::Gt => &n.__gt__,
        CompareOp::Ge => &n.__ge__,
    };
    let Some(f) = vm.type_of(a).lookup(vm, name) else { return Ok(Value::NOT_IMPLEMENTED) };
    if vm.type_of(&f).has_flags(F::METHOD_DESCRIPTOR) {
        return vm.call(&f, &[a.clone(), b.clone()]);
    }
    match bind(vm, &f, a) {
        Ok(bound) => vm.call1(&bound, b),
        // A descriptor that fails is no method.
        Err(Raised) => {
            drop(vm.take_raised());
            Ok(Value::NOT_IMPLEMENTED)
        }
    }
}

/// The hash of what sets `__hash__ = None`.
pub fn not_hashable(vm: &Vm, v: &Value) -> PyResult<i64> {
    Err(vm.unhashable(v))
}

pub fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let found = vm.type_of(v).lookup(vm, &vm.names.__hash__).filter(|f| !f.is_none());
    let Some(f) = found else { return Err(vm.unhashable(v)) };
    let r = call_found(vm, &f, v, &[])?;
    match int_value(&r) {
        Some(IntValue::Small(-1)) => Ok(-2),
        Some(IntValue::Small(n)) => Ok(n),
        Some(IntValue::Big(_)) => match vm.types.int.slots.hash.get() {
            Some(h) => h(vm, &r),
            None => Ok(0),
        },
        None => Err(vm.type_error("__hash__ method should return an integer")),
    }
}

pub fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    vm.recurse(" while calling a Python object", || {
        let Some(f) = vm.type_of(v).lookup(vm, &vm.names.__call__) else {
            return Err(vm.not_callable(v));
        };
        call_with(vm, &f, v, args)
    })
}

/// Calls `f` with `v` in front of the arguments.
fn call_in_front(vm: &Vm, f: &Value, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    if let Some(f) = f.downcast_exact::<Function>() {
        return call_function(vm, f, Some(v), args);
    }
    let mut all = Vec::with_capacity(args.all.len() + 1);
    all.push(v.clone());
    all.extend_from_slice(args.all);
    vm.call_args(f, CallArgs { all: &all, kwnames: args.kwnames })
}

/// Calls `f`, found on the class of `v`, with `v` in front of the arguments.
fn call_with(vm: &Vm, f: &Value, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    if vm.type_of(f).has_flags(F::METHOD_DESCRIPTOR) {
        return call_in_front(vm, f, v, args);
    }
    let bound = bind(vm, f, v)?;
    vm.call_args(&bound, args)
}

pub fn getattro(vm: &Vm, obj: &Value, name: &Value) -> PyResult<Value> {
    let ty = vm.type_of(obj).clone();
    let Some(fallback) = ty.lookup(vm, &vm.names.__getattr__) else {
        return must(vm, obj, &vm.names.__getattribute__, &[name]);
    };
    let first = ty.lookup(vm, &vm.names.__getattribute__);
    let generic = match &first {
        None => true,
        Some(f) => f.downcast_exact::<WrapperDescriptor>().is_some_and(|w| w.owner.is(&vm.types.object)),
    };
    let found = if generic {
        vm.generic_lookup_attr(obj, vm.attr_name(name)?)?
    } else {
        let r = must(vm, obj, &vm.names.__getattribute__, &[name]);
        vm.suppress(r, &exc::AttributeError)?
    };
    match found {
        Some(v) => Ok(v),
        None => call_found(vm, &fallback, obj, &[name]),
    }
}

pub fn setattro(vm: &Vm, obj: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    match value {
        Some(v) => must(vm, obj, &vm.names.__setattr__, &[name, v])?,
        None => must(vm, obj, &vm.names.__delattr__, &[name])?,
    };
    Ok(())
}

pub fn iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    let ty = vm.type_of(v);
    match ty.lookup(vm, &vm.names.__iter__) {
        Some(f) if f.is_none() => {}
        Some(f) => {
            if let Some(f) = f.downcast_exact::<Function>()
                && let Some(g) = crate::interp::gen_api::of_call(vm, f, v)
            {
                return Ok(g);
            }
            return call_found(vm, &f, v, &[]);
        }
        None if ty.lookup(vm, &vm.names.__getitem__).is_some() => {
            return Ok(crate::types::iterators::sequence_iterator(vm, v));
        }
        None => {}
    }
    Err(vm.type_error(format_args!("'{}' object is not iterable", vm.type_of(v).tp_name())))
}

pub fn iternext(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    must(vm, v, &vm.names.__next__, &[]).map(Some)
}

pub fn descr_get(vm: &Vm, d: &Value, obj: Option<&Value>, ty: &Value) -> PyResult<Value> {
    match vm.type_of(d).lookup(vm, &vm.names.__get__) {
        // What is found is not bound itself: it gets the descriptor as an argument whatever it is.
        Some(f) => vm.call(&f, &[d.clone(), obj.cloned().unwrap_or(Value::NONE), ty.clone()]),
        None => Ok(d.clone()),
    }
}

pub fn descr_set(vm: &Vm, d: &Value, obj: &Value, value: Option<&Value>) -> PyResult<()> {
    match value {
        Some(v) => must(vm, d, &vm.names.__set__, &[obj, v])?,
        None => must(vm, d, &vm.names.__delete__, &[obj])?,
    };
    Ok(())
}

pub fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    if let Some(f) = fast::plain_new(vm, cls) {
        return call_function(vm, &f, Some(cls.as_value()), args);
    }
    let f = vm.get_attr(cls.as_value(), &vm.names.__new__)?;
    call_in_front(vm, &f, cls.as_value(), args)
}

pub fn init(vm: &Vm, obj: &Value, args: CallArgs<'_>) -> PyResult<()> {
    let Some(f) = vm.type_of(obj).lookup(vm, &vm.names.__init__) else {
        return Err(vm.attribute_error(obj, &vm.names.__init__, "__init__"));
    };
    let r = call_with(vm, &f, obj, args)?;
    if r.is_none() {
        return Ok(());
    }
    Err(vm.type_error(format_args!("__init__() should return None, not '{}'", vm.type_of(&r).tp_name())))
}

/// `__del__`: whatever it raises is reported, and an exception on its way is kept.
pub fn finalize(vm: &Vm, obj: &Value) {
    let pending = vm.raised_get().map(|_| vm.take_raised());
    if let Some(f) = vm.type_of(obj).lookup(vm, &vm.names.__del__)
        && let Err(Raised) = call_found(vm, &f, obj, &[])
    {
        vm.unraisable("Exception ignored while calling deallocator", Some(&f));
    }
    if let Some(e) = pending {
        let _ = vm.reraise(e);
    }
}

pub fn bool(vm: &Vm, v: &Value) -> PyResult<bool> {
    let Some(f) = vm.type_of(v).lookup(vm, &vm.names.__bool__) else {
        return match vm.type_of(v).slots.len.get() {
            Some(f) => Ok(f(vm, v)? != 0),
            None => Ok(true),
        };
    };
    let r = call_found(vm, &f, v, &[])?;
    match r.as_bool() {
        Some(b) => Ok(b),
        None => Err(
            vm.type_error(format_args!("__bool__ should return bool, returned {}", vm.type_of(&r).tp_name()))
        ),
    }
}

pub fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    let r = must(vm, v, &vm.names.__len__, &[])?;
    let r = vm.index(&r)?;
    match int_value(&r) {
        Some(IntValue::Small(n)) => {
            usize::try_from(n).map_err(|_| vm.value_error("__len__() should return >= 0"))
        }
        Some(IntValue::Big(b)) if b.sign() == dashu_int::Sign::Negative => {
            Err(vm.value_error("__len__() should return >= 0"))
        }
        _ => Err(vm.overflow_error("cannot fit 'int' into an index-sized integer")),
    }
}

pub fn item(vm: &Vm, v: &Value, i: isize) -> PyResult<Value> {
    must(vm, v, &vm.names.__getitem__, &[&vm.new_int(i as i64)])
}

pub fn contains(vm: &Vm, v: &Value, item: &Value) -> PyResult<bool> {
    match vm.type_of(v).lookup(vm, &vm.names.__contains__) {
        Some(f) if f.is_none() => {
            Err(vm.type_error(format_args!("'{}' object is not a container", vm.type_of(v).tp_name())))
        }
        Some(f) => {
            let r = call_found(vm, &f, v, &[item])?;
            vm.is_true(&r)
        }
        None => {
            let it = vm.get_iter(v)?;
            while let Some(x) = vm.iter_next(&it)? {
                if vm.eq(&x, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// The slot of classes whose `__getitem__` is Python code.
pub const SUBSCRIPT: BinaryFn = subscript;

/// The slot of classes whose `__setitem__` or `__delitem__` is Python code.
pub const ASS_SUBSCRIPT: SetAttrFn = ass_subscript;

/// The slot that a class's `__setitem__` stands for, if it is that of a native base class: classes that only have a
/// `__delitem__` of their own.
fn inherited_set_item(vm: &Vm, v: &Value) -> Option<SetAttrFn> {
    let ty = vm.type_of(v);
    let found = ty.lookup(vm, &vm.names.__setitem__)?;
    let d = found.downcast_exact::<WrapperDescriptor>()?;
    if d.row.name != "__setitem__" || d.owner.native.is_none() || !ty.is_subtype(&d.owner) {
        return None;
    }
    d.owner.slots.ass_subscript.get()
}

pub fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    if value.is_some()
        && let Some(set) = inherited_set_item(vm, v)
    {
        return set(vm, v, key, value);
    }
    match value {
        Some(x) => must(vm, v, &vm.names.__setitem__, &[key, x])?,
        None => must(vm, v, &vm.names.__delitem__, &[key])?,
    };
    Ok(())
}
