//! The correspondence between slots and dunder methods, both ways: a native type's slots become wrapper descriptors in its
//! dict; a Python class's dunders become slot functions that call them.
//!
//! [`SLOTS`] is the one table: for each slot its dunder names with docstring, signature and wrapper, and the slot function
//! for classes that define a dunder in Python (`types/slot_functions.rs`).

use crate::native::{CallArgs, FnDef, FnKind, GetSetDef};
use crate::object::Type;
use crate::types::builtin_function::BuiltinFunction;
use crate::types::descriptors::{
    ClassMethodDescriptor, GetSetDescriptor, MemberDescriptor, MethodDescriptor, WrapperDescriptor,
};
use crate::types::python_buffer;
use crate::types::slot_functions as sf;
use crate::types::static_method::StaticMethod;
use crate::types::str_::Str;
use crate::types::type_::PyType;
use crate::types::typedef::{CompareOp, F, GetAttrFn, SetAttrFn, SlotDefs, SlotTable, TypeDef};
use crate::{Dict, PyResult, Value, ValueExt, Vm};
use rustc_hash::FxHashMap as HashMap;
use std::cell::OnceCell;
use taipan_heap::Gc;

/// `object.__getattribute__` as a slot: who has it may be looked up generically.
pub const GENERIC_GETATTRO: GetAttrFn = generic_getattro;
/// `object.__setattr__` as a slot.
pub const GENERIC_SETATTRO: SetAttrFn = generic_setattro;

fn generic_getattro(vm: &Vm, obj: &Value, name: &Value) -> PyResult<Value> {
    let name: &Gc<Str> = vm.attr_name(name)?;
    vm.generic_get_attr(obj, name)
}

fn generic_setattro(vm: &Vm, obj: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name: &Gc<Str> = vm.attr_name(name)?;
    vm.generic_set_attr(obj, name, value)
}

/// What a wrapper descriptor runs: `(type that has the slot, self, arguments after self)`.
pub type WrapFn = fn(&Vm, &Gc<Type>, &Value, CallArgs<'_>) -> PyResult<Value>;

/// A dunder name of a slot.
pub struct Row {
    pub name: &'static str,
    pub doc: &'static str,
    pub signature: &'static str,
    /// `None`: native types show no wrapper under this name (`__getattr__`).
    pub wrap: Option<WrapFn>,
    pub takes_keywords: bool,
}

/// A slot with its dunder names.
pub struct SlotRows {
    defined: fn(&SlotDefs) -> bool,
    filled: fn(&SlotTable) -> bool,
    same: fn(&SlotTable, &SlotTable) -> bool,
    copy: fn(&SlotTable, &SlotTable),
    clear: fn(&SlotTable),
    generic: fn(&SlotTable),
    /// A base's native slot stays when no dunder is found (native finalisers, buffers).
    hidden: bool,
    pub rows: &'static [Row],
}

fn expect_args(vm: &Vm, args: CallArgs<'_>, n: usize) -> PyResult<()> {
    let given = args.pos().len();
    if given == n {
        return Ok(());
    }
    Err(vm.type_error(format_args!("expected {n} argument{}, got {given}", if n == 1 { "" } else { "s" })))
}

/// Two arguments, which alone are counted by a function that says its name.
fn expect_two(vm: &Vm, args: CallArgs<'_>, name: &str) -> PyResult<()> {
    match args.pos().len() {
        2 => Ok(()),
        given => Err(vm.type_error(format_args!("{name} expected 2 arguments, got {given}"))),
    }
}

fn arg<'a>(vm: &Vm, args: CallArgs<'a>, i: usize) -> PyResult<&'a Value> {
    match args.all.get(i) {
        Some(v) => Ok(v),
        None => Err(vm.type_error(format_args!("expected {} arguments, got {}", i + 1, args.pos().len()))),
    }
}

#[cold]
fn empty_slot(vm: &Vm) -> crate::Raised {
    vm.type_error("the slot behind this wrapper is empty")
}

macro_rules! get_slot {
    ($vm:ident, $ty:ident, $f:ident) => {
        match $ty.slots.$f.get() {
            Some(f) => f,
            None => return Err(empty_slot($vm)),
        }
    };
}

macro_rules! w_unary {
    ($f:ident) => {
        |vm, ty, o, a| {
            expect_args(vm, a, 0)?;
            get_slot!(vm, ty, $f)(vm, o)
        }
    };
}
macro_rules! w_binary {
    ($f:ident) => {
        |vm, ty, o, a| {
            expect_args(vm, a, 1)?;
            get_slot!(vm, ty, $f)(vm, o, arg(vm, a, 0)?)
        }
    };
}
macro_rules! w_reflected {
    ($f:ident) => {
        |vm, ty, o, a| {
            expect_args(vm, a, 1)?;
            get_slot!(vm, ty, $f)(vm, arg(vm, a, 0)?, o)
        }
    };
}
macro_rules! w_repeat {
    ($f:ident) => {
        |vm, ty, o, a| {
            expect_args(vm, a, 1)?;
            let n = vm.index_isize(arg(vm, a, 0)?)?;
            get_slot!(vm, ty, $f)(vm, o, n)
        }
    };
}
macro_rules! w_compare {
    ($op:ident) => {
        |vm, ty, o, a| {
            expect_args(vm, a, 1)?;
            get_slot!(vm, ty, richcompare)(vm, o, arg(vm, a, 0)?, CompareOp::$op)
        }
    };
}

fn power_args<'a>(vm: &Vm, a: CallArgs<'a>) -> PyResult<(&'a Value, Value)> {
    match a.pos() {
        [x] => Ok((x, Value::NONE)),
        [x, m] => Ok((x, m.clone())),
        other => Err(vm.type_error(format_args!("expected 1 or 2 arguments, got {}", other.len()))),
    }
}

/// `object.__setattr__(cls, …)` must not get around the checks of a class's own kind.
fn hack_check(vm: &Vm, ty: &Gc<Type>, o: &Value, what: &str) -> PyResult<()> {
    let mut at = vm.type_of(o).clone();
    while at.is_heap_type() {
        match at.base.get() {
            Some(b) => at = b,
            None => return Ok(()),
        }
    }
    let same = match (at.slots.setattro.get(), ty.slots.setattro.get()) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => true,
    };
    if same || !at.is_subtype(ty) {
        return Ok(());
    }
    Err(vm.type_error(format_args!("can't apply this {what} to {} object", vm.type_of(o).name())))
}

fn wrap_next(vm: &Vm, ty: &Gc<Type>, o: &Value, a: CallArgs<'_>) -> PyResult<Value> {
    expect_args(vm, a, 0)?;
    match get_slot!(vm, ty, iternext)(vm, o)? {
        Some(v) => Ok(v),
        None => Err(vm.stop_iteration(None)),
    }
}

fn wrap_get(vm: &Vm, ty: &Gc<Type>, o: &Value, a: CallArgs<'_>) -> PyResult<Value> {
    let (obj, owner) = match a.pos() {
        [x] => (x, Value::NONE),
        [x, t] => (x, t.clone()),
        [] => return Err(vm.type_error("__get__ expected at least 1 argument, got 0")),
        more => {
            return Err(
                vm.type_error(format_args!("__get__ expected at most 2 arguments, got {}", more.len()))
            );
        }
    };
    let obj = if obj.is_none() { None } else { Some(obj) };
    if obj.is_none() && owner.is_none() {
        return Err(vm.type_error("__get__(None, None) is invalid"));
    }
    get_slot!(vm, ty, descr_get)(vm, o, obj, &owner)
}

/// An index for `item`, with the length added to negative ones.
fn item_index(vm: &Vm, ty: &Gc<Type>, o: &Value, a: CallArgs<'_>) -> PyResult<isize> {
    let mut i = vm.index_isize(arg(vm, a, 0)?)?;
    if i < 0
        && let Some(len) = ty.slots.len.get()
    {
        i += len(vm, o)? as isize;
    }
    Ok(i)
}

fn wrap_buffer(vm: &Vm, ty: &Gc<Type>, o: &Value, a: CallArgs<'_>) -> PyResult<Value> {
    expect_args(vm, a, 1)?;
    let flags = vm.index_i64(arg(vm, a, 0)?, "cannot fit 'int' into an index-sized integer")?;
    if i32::try_from(flags).is_err() {
        return Err(vm.overflow_error("buffer flags out of range"));
    }
    let request = crate::types::buffer::Request(flags as i32);
    let b = python_buffer::export_native(vm, get_slot!(vm, ty, buffer), o, request)?;
    Ok(crate::types::memoryview::of_buffer(vm, b))
}

macro_rules! slot {
    ($field:ident, $generic:path, hidden, [$($rows:tt)*]) => { slot!(@ $field, $generic, true, [$($rows)*]) };
    ($field:ident, $generic:path, [$($rows:tt)*]) => { slot!(@ $field, $generic, false, [$($rows)*]) };
    ($field:ident, none, $generic:tt, [$($rows:tt)*]) => { slot!(@@ $field, |_| {}, false, [$($rows)*]) };
    (@ $field:ident, $generic:path, $hidden:expr, [$($rows:tt)*]) => {
        slot!(@@ $field, |to| to.$field.set(Some($generic)), $hidden, [$($rows)*])
    };
    (@@ $field:ident, $generic:expr, $hidden:expr, [$(($name:literal, $wrap:expr, $doc:literal, $sig:literal $(, $kw:ident)?),)*]) => {
        SlotRows {
            defined: |d| d.$field.is_some(),
            filled: |t| t.$field.get().is_some(),
            same: |a, b| match (a.$field.get(), b.$field.get()) {
                (Some(x), Some(y)) => std::ptr::fn_addr_eq(x, y),
                (None, None) => true,
                _ => false,
            },
            copy: |to, from| to.$field.set(from.$field.get()),
            clear: |to| to.$field.set(None),
            generic: $generic,
            hidden: $hidden,
            rows: &[$(Row {
                name: $name,
                doc: $doc,
                signature: $sig,
                wrap: $wrap,
                takes_keywords: false $(|| stringify!($kw).len() > 0)?,
            },)*],
        }
    };
}

macro_rules! binary_slot {
    ($field:ident, $name:literal, $rname:literal, $doc:literal, $rdoc:literal) => {
        slot!(
            $field,
            sf::$field,
            [
                ($name, Some(w_binary!($field)), $doc, "($self, value, /)"),
                ($rname, Some(w_reflected!($field)), $rdoc, "($self, value, /)"),
            ]
        )
    };
}
macro_rules! inplace_slot {
    ($field:ident, $name:literal, $doc:literal) => {
        slot!($field, sf::$field, [($name, Some(w_binary!($field)), $doc, "($self, value, /)"),])
    };
}
macro_rules! unary_slot {
    ($field:ident, $f:ident, $name:literal, $doc:literal) => {
        slot!($field, sf::$f, [($name, Some(w_unary!($field)), $doc, "($self, /)"),])
    };
}

/// Every slot that has dunder names. Where two slots share a name, the first one that a native type defines shows its
/// wrapper, as in CPython: numbers before mappings before sequences.
pub static SLOTS: &[SlotRows] = &[
    unary_slot!(repr, repr, "__repr__", "Return repr(self)."),
    slot!(
        hash,
        sf::hash,
        [(
            "__hash__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 0)?;
                Ok(vm.new_int(get_slot!(vm, ty, hash)(vm, o)?))
            }),
            "Return hash(self).",
            "($self, /)"
        ),]
    ),
    slot!(
        call,
        sf::call,
        [(
            "__call__",
            Some(|vm, ty, o, a| get_slot!(vm, ty, call)(vm, o, a)),
            "Call self as a function.",
            "($self, /, *args, **kwargs)",
            keywords
        ),]
    ),
    unary_slot!(str, str, "__str__", "Return str(self)."),
    slot!(
        getattro,
        sf::getattro,
        [
            (
                "__getattribute__",
                Some(w_binary!(getattro)),
                "Return getattr(self, name).",
                "($self, name, /)"
            ),
            ("__getattr__", None, "", ""),
        ]
    ),
    slot!(
        setattro,
        sf::setattro,
        [
            (
                "__setattr__",
                Some(|vm, ty, o, a| {
                    expect_two(vm, a, "__setattr__")?;
                    hack_check(vm, ty, o, "__setattr__")?;
                    get_slot!(vm, ty, setattro)(vm, o, arg(vm, a, 0)?, Some(arg(vm, a, 1)?))?;
                    Ok(Value::NONE)
                }),
                "Implement setattr(self, name, value).",
                "($self, name, value, /)"
            ),
            (
                "__delattr__",
                Some(|vm, ty, o, a| {
                    expect_args(vm, a, 1)?;
                    hack_check(vm, ty, o, "__delattr__")?;
                    get_slot!(vm, ty, setattro)(vm, o, arg(vm, a, 0)?, None)?;
                    Ok(Value::NONE)
                }),
                "Implement delattr(self, name).",
                "($self, name, /)"
            ),
        ]
    ),
    slot!(
        richcompare,
        sf::richcompare,
        [
            ("__lt__", Some(w_compare!(Lt)), "Return self<value.", "($self, value, /)"),
            ("__le__", Some(w_compare!(Le)), "Return self<=value.", "($self, value, /)"),
            ("__eq__", Some(w_compare!(Eq)), "Return self==value.", "($self, value, /)"),
            ("__ne__", Some(w_compare!(Ne)), "Return self!=value.", "($self, value, /)"),
            ("__gt__", Some(w_compare!(Gt)), "Return self>value.", "($self, value, /)"),
            ("__ge__", Some(w_compare!(Ge)), "Return self>=value.", "($self, value, /)"),
        ]
    ),
    unary_slot!(iter, iter, "__iter__", "Implement iter(self)."),
    slot!(iternext, sf::iternext, [("__next__", Some(wrap_next), "Implement next(self).", "($self, /)"),]),
    slot!(
        descr_get,
        sf::descr_get,
        [(
            "__get__",
            Some(wrap_get),
            "Return an attribute of instance, which is of type owner.",
            "($self, instance, owner=None, /)"
        ),]
    ),
    slot!(
        descr_set,
        sf::descr_set,
        [
            (
                "__set__",
                Some(|vm, ty, o, a| {
                    expect_two(vm, a, "__set__")?;
                    get_slot!(vm, ty, descr_set)(vm, o, arg(vm, a, 0)?, Some(arg(vm, a, 1)?))?;
                    Ok(Value::NONE)
                }),
                "Set an attribute of instance to value.",
                "($self, instance, value, /)"
            ),
            (
                "__delete__",
                Some(|vm, ty, o, a| {
                    expect_args(vm, a, 1)?;
                    get_slot!(vm, ty, descr_set)(vm, o, arg(vm, a, 0)?, None)?;
                    Ok(Value::NONE)
                }),
                "Delete an attribute of instance.",
                "($self, instance, /)"
            ),
        ]
    ),
    slot!(
        init,
        sf::init,
        [(
            "__init__",
            Some(|vm, ty, o, a| {
                get_slot!(vm, ty, init)(vm, o, a)?;
                Ok(Value::NONE)
            }),
            "Initialize self.  See help(type(self)) for accurate signature.",
            "($self, /, *args, **kwargs)",
            keywords
        ),]
    ),
    slot!(new, sf::new, [("__new__", None, "", ""),]),
    slot!(
        finalize,
        sf::finalize,
        hidden,
        [(
            "__del__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 0)?;
                get_slot!(vm, ty, finalize)(vm, o);
                Ok(Value::NONE)
            }),
            "Called when the instance is about to be destroyed.",
            "($self, /)"
        ),]
    ),
    slot!(
        buffer,
        python_buffer::export,
        hidden,
        [
            (
                "__buffer__",
                Some(wrap_buffer),
                "Return a buffer object that exposes the underlying memory of the object.",
                "($self, flags, /)"
            ),
            (
                "__release_buffer__",
                Some(|vm, _, o, a| {
                    expect_args(vm, a, 1)?;
                    python_buffer::release_native(vm, o, arg(vm, a, 0)?)?;
                    Ok(Value::NONE)
                }),
                "Release the buffer object that exposes the underlying memory of the object.",
                "($self, buffer, /)"
            ),
        ]
    ),
    unary_slot!(await_, await_, "__await__", "Return an iterator to be used in await expression."),
    unary_slot!(aiter, aiter, "__aiter__", "Return an awaitable, that resolves in asynchronous iterator."),
    unary_slot!(anext, anext, "__anext__", "Return a value or raise StopAsyncIteration."),
    binary_slot!(add, "__add__", "__radd__", "Return self+value.", "Return value+self."),
    binary_slot!(subtract, "__sub__", "__rsub__", "Return self-value.", "Return value-self."),
    binary_slot!(multiply, "__mul__", "__rmul__", "Return self*value.", "Return value*self."),
    binary_slot!(remainder, "__mod__", "__rmod__", "Return self%value.", "Return value%self."),
    binary_slot!(
        divmod,
        "__divmod__",
        "__rdivmod__",
        "Return divmod(self, value).",
        "Return divmod(value, self)."
    ),
    slot!(
        power,
        sf::power,
        [
            (
                "__pow__",
                Some(|vm, ty, o, a| {
                    let (x, m) = power_args(vm, a)?;
                    get_slot!(vm, ty, power)(vm, o, x, &m)
                }),
                "Return pow(self, value, mod).",
                "($self, value, mod=None, /)"
            ),
            (
                "__rpow__",
                Some(|vm, ty, o, a| {
                    let (x, m) = power_args(vm, a)?;
                    get_slot!(vm, ty, power)(vm, x, o, &m)
                }),
                "Return pow(value, self, mod).",
                "($self, value, mod=None, /)"
            ),
        ]
    ),
    unary_slot!(negative, negative, "__neg__", "-self"),
    unary_slot!(positive, positive, "__pos__", "+self"),
    unary_slot!(absolute, absolute, "__abs__", "abs(self)"),
    slot!(
        bool,
        sf::bool,
        [(
            "__bool__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 0)?;
                Ok(Value::bool(get_slot!(vm, ty, bool)(vm, o)?))
            }),
            "True if self else False",
            "($self, /)"
        ),]
    ),
    unary_slot!(invert, invert, "__invert__", "~self"),
    binary_slot!(lshift, "__lshift__", "__rlshift__", "Return self<<value.", "Return value<<self."),
    binary_slot!(rshift, "__rshift__", "__rrshift__", "Return self>>value.", "Return value>>self."),
    binary_slot!(and, "__and__", "__rand__", "Return self&value.", "Return value&self."),
    binary_slot!(xor, "__xor__", "__rxor__", "Return self^value.", "Return value^self."),
    binary_slot!(or, "__or__", "__ror__", "Return self|value.", "Return value|self."),
    unary_slot!(int, int, "__int__", "int(self)"),
    unary_slot!(float, float, "__float__", "float(self)"),
    inplace_slot!(inplace_add, "__iadd__", "Return self+=value."),
    inplace_slot!(inplace_subtract, "__isub__", "Return self-=value."),
    inplace_slot!(inplace_multiply, "__imul__", "Return self*=value."),
    inplace_slot!(inplace_remainder, "__imod__", "Return self%=value."),
    slot!(
        inplace_power,
        sf::inplace_power,
        [(
            "__ipow__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 1)?;
                get_slot!(vm, ty, inplace_power)(vm, o, arg(vm, a, 0)?, &Value::NONE)
            }),
            "Return self**=value.",
            "($self, value, /)"
        ),]
    ),
    inplace_slot!(inplace_lshift, "__ilshift__", "Return self<<=value."),
    inplace_slot!(inplace_rshift, "__irshift__", "Return self>>=value."),
    inplace_slot!(inplace_and, "__iand__", "Return self&=value."),
    inplace_slot!(inplace_xor, "__ixor__", "Return self^=value."),
    inplace_slot!(inplace_or, "__ior__", "Return self|=value."),
    binary_slot!(floor_divide, "__floordiv__", "__rfloordiv__", "Return self//value.", "Return value//self."),
    binary_slot!(true_divide, "__truediv__", "__rtruediv__", "Return self/value.", "Return value/self."),
    inplace_slot!(inplace_floor_divide, "__ifloordiv__", "Return self//=value."),
    inplace_slot!(inplace_true_divide, "__itruediv__", "Return self/=value."),
    unary_slot!(
        index,
        index,
        "__index__",
        "Return self converted to an integer, if self is suitable for use as an index into a list."
    ),
    binary_slot!(matrix_multiply, "__matmul__", "__rmatmul__", "Return self@value.", "Return value@self."),
    inplace_slot!(inplace_matrix_multiply, "__imatmul__", "Return self@=value."),
    slot!(
        len,
        sf::len,
        [(
            "__len__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 0)?;
                Ok(vm.new_uint(get_slot!(vm, ty, len)(vm, o)? as u64))
            }),
            "Return len(self).",
            "($self, /)"
        ),]
    ),
    slot!(
        subscript,
        sf::subscript,
        [("__getitem__", Some(w_binary!(subscript)), "Return self[key].", "($self, key, /)"),]
    ),
    slot!(
        ass_subscript,
        sf::ass_subscript,
        [
            (
                "__setitem__",
                Some(|vm, ty, o, a| {
                    expect_two(vm, a, "__setitem__")?;
                    get_slot!(vm, ty, ass_subscript)(vm, o, arg(vm, a, 0)?, Some(arg(vm, a, 1)?))?;
                    Ok(Value::NONE)
                }),
                "Set self[key] to value.",
                "($self, key, value, /)"
            ),
            (
                "__delitem__",
                Some(|vm, ty, o, a| {
                    expect_args(vm, a, 1)?;
                    get_slot!(vm, ty, ass_subscript)(vm, o, arg(vm, a, 0)?, None)?;
                    Ok(Value::NONE)
                }),
                "Delete self[key].",
                "($self, key, /)"
            ),
        ]
    ),
    slot!(
        concat,
        none,
        (),
        [("__add__", Some(w_binary!(concat)), "Return self+value.", "($self, value, /)"),]
    ),
    slot!(
        repeat,
        none,
        (),
        [
            ("__mul__", Some(w_repeat!(repeat)), "Return self*value.", "($self, value, /)"),
            ("__rmul__", Some(w_repeat!(repeat)), "Return value*self.", "($self, value, /)"),
        ]
    ),
    slot!(
        item,
        sf::item,
        [(
            "__getitem__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 1)?;
                let i = item_index(vm, ty, o, a)?;
                get_slot!(vm, ty, item)(vm, o, i)
            }),
            "Return self[key].",
            "($self, key, /)"
        ),]
    ),
    slot!(
        contains,
        sf::contains,
        [(
            "__contains__",
            Some(|vm, ty, o, a| {
                expect_args(vm, a, 1)?;
                Ok(Value::bool(get_slot!(vm, ty, contains)(vm, o, arg(vm, a, 0)?)?))
            }),
            "Return bool(key in self).",
            "($self, key, /)"
        ),]
    ),
    slot!(
        inplace_concat,
        none,
        (),
        [("__iadd__", Some(w_binary!(inplace_concat)), "Implement self+=value.", "($self, value, /)"),]
    ),
    slot!(
        inplace_repeat,
        none,
        (),
        [("__imul__", Some(w_repeat!(inplace_repeat)), "Implement self*=value.", "($self, value, /)"),]
    ),
];

/// Which slots a dunder name touches, by the address of the interned name.
#[derive(Default)]
struct SlotNames {
    map: OnceCell<(HashMap<usize, Vec<u16>>, Vec<Vec<Gc<Str>>>)>,
}

fn address(name: &Gc<Str>) -> usize {
    name.as_ptr().as_ptr() as usize
}

fn slot_names(vm: &Vm) -> &(HashMap<usize, Vec<u16>>, Vec<Vec<Gc<Str>>>) {
    vm.state::<SlotNames>().map.get_or_init(|| {
        let mut map: HashMap<usize, Vec<u16>> = HashMap::default();
        let mut names = Vec::new();
        for (i, slot) in SLOTS.iter().enumerate() {
            let mut of_slot = Vec::new();
            for row in slot.rows {
                let name = vm.intern(row.name);
                let list = map.entry(address(&name)).or_default();
                if !list.contains(&(i as u16)) {
                    list.push(i as u16);
                }
                of_slot.push(name);
            }
            names.push(of_slot);
        }
        (map, names)
    })
}

/// Takes over the slots of a native type's base. `hash` and `richcompare` go together: a type that defines comparison
/// does not inherit the hash.
pub fn inherit_slots(slots: &SlotTable, base: &Gc<Type>) {
    let own_compare = slots.richcompare.get().is_some();
    let own_hash = slots.hash.get();
    slots.inherit_all(&base.slots);
    if own_compare {
        slots.hash.set(own_hash.or(Some(sf::not_hashable)));
    }
}

/// Fills the dict of a native type from its definition.
pub fn fill_native_dict(vm: &Vm, ty: &PyType, dict: &Gc<Dict>) {
    let def = ty.def;
    let owner = vm.type_for(def);
    if def.slots.new.is_some() && def.flags & F::NO_NEW == 0 {
        dict.set_str(vm, &vm.names.__new__, BuiltinFunction::new_of(vm, &owner).into_value());
    }
    let (_, names) = slot_names(vm);
    for (slot, names) in SLOTS.iter().zip(names) {
        if !(slot.defined)(&def.slots) {
            continue;
        }
        for (row, name) in slot.rows.iter().zip(names) {
            // What never changes need not be released.
            if row.name == "__release_buffer__" && def.flags & F::BYTES_SUBCLASS != 0 {
                continue;
            }
            if row.wrap.is_some() && dict.get_str(vm, name).is_none() {
                dict.set_str(vm, name, WrapperDescriptor::make(vm, row, &owner).into_value());
            }
        }
    }
    for m in def.methods {
        dict.set_str(vm, &vm.intern(m.name), method(vm, m, &owner));
    }
    for g in def.getset {
        dict.set_str(vm, &vm.intern(g.name), computed(vm, g, &owner));
    }
    if begins_dict(ty) && dict.get_str(vm, &vm.names.__dict__).is_none() {
        let d = GetSetDescriptor::make(vm, &crate::types::descriptors::NATIVE_DICT, &owner);
        dict.set_str(vm, &vm.names.__dict__, d.into_value());
    }
    if def.slots.richcompare.is_some() && def.slots.hash.is_none() {
        dict.set_str(vm, &vm.names.__hash__, Value::NONE);
    }
    if shows_module(def) && dict.get_str(vm, &vm.names.__module__).is_none() {
        dict.set_str(vm, &vm.names.__module__, vm.intern(def.module).into_value());
    }
    for c in def.consts {
        match (c.make)(vm) {
            Ok(v) => dict.set_str(vm, &vm.intern(c.name), v),
            // There is nobody to tell: the dict is filled wherever a look-up first comes by.
            Err(_) => drop(vm.take_raised()),
        }
    }
    if dict.get_str(vm, &vm.names.__doc__).is_none() {
        dict.set_str(vm, &vm.names.__doc__, doc(vm, def));
    }
}

fn method(vm: &Vm, m: &'static FnDef, owner: &Gc<Type>) -> Value {
    match m.kind {
        FnKind::Method | FnKind::Function => MethodDescriptor::make(vm, m, owner).into_value(),
        FnKind::ClassMethod => ClassMethodDescriptor::make(vm, m, owner).into_value(),
        FnKind::StaticMethod => {
            let f = BuiltinFunction::make(vm, m, Some(owner.to_value()), None);
            StaticMethod::make(vm, f.as_value()).into_value()
        }
    }
}

fn computed(vm: &Vm, g: &'static GetSetDef, owner: &Gc<Type>) -> Value {
    if g.member {
        MemberDescriptor::of_field(vm, g, owner).into_value()
    } else {
        GetSetDescriptor::make(vm, g, owner).into_value()
    }
}

/// Whether instances have a `__dict__` and those of the base have none.
fn begins_dict(ty: &PyType) -> bool {
    ty.has_dict.get() && !ty.base.with(|b| b.as_ref().is_some_and(|b| b.has_dict.get()))
}

fn shows_module(def: &TypeDef) -> bool {
    !matches!(def.module, "builtins" | "types" | "weakref")
}

fn doc(vm: &Vm, def: &TypeDef) -> Value {
    if def.doc.is_empty() { Value::NONE } else { vm.new_str(def.doc).into_value() }
}

/// The one attribute that `fill_native_dict` would put under an (interned) name: what it sets last comes first here.
pub fn native_attribute(vm: &Vm, ty: &PyType, name: &Gc<Str>) -> Option<Value> {
    let def = ty.def;
    let text = name.as_bytes();
    if let Some(c) = def.consts.iter().rev().find(|c| c.name.as_bytes() == text) {
        match (c.make)(vm) {
            Ok(v) => return Some(v),
            Err(_) => drop(vm.take_raised()),
        }
    }
    let names = &vm.names;
    if name.is(&names.__hash__) && def.slots.richcompare.is_some() && def.slots.hash.is_none() {
        return Some(Value::NONE);
    }
    if let Some(g) = def.getset.iter().rev().find(|g| g.name.as_bytes() == text) {
        return Some(computed(vm, g, &vm.type_for(def)));
    }
    if let Some(m) = def.methods.iter().rev().find(|m| m.name.as_bytes() == text) {
        return Some(method(vm, m, &vm.type_for(def)));
    }
    if !text.starts_with(b"__") {
        return None;
    }
    for &i in slot_names(vm).0.get(&address(name)).map_or(&[][..], |list| &list[..]) {
        let Some(slot) = SLOTS.get(i as usize).filter(|slot| (slot.defined)(&def.slots)) else { continue };
        let shown = |row: &&Row| {
            let fixed = row.name == "__release_buffer__" && def.flags & F::BYTES_SUBCLASS != 0;
            row.name.as_bytes() == text && row.wrap.is_some() && !fixed
        };
        if let Some(row) = slot.rows.iter().find(shown) {
            return Some(WrapperDescriptor::make(vm, row, &vm.type_for(def)).into_value());
        }
    }
    if name.is(&names.__new__) && def.slots.new.is_some() && def.flags & F::NO_NEW == 0 {
        return Some(BuiltinFunction::new_of(vm, &vm.type_for(def)).into_value());
    }
    if name.is(&names.__dict__) && begins_dict(ty) {
        let d = GetSetDescriptor::make(vm, &crate::types::descriptors::NATIVE_DICT, &vm.type_for(def));
        return Some(d.into_value());
    }
    if name.is(&names.__module__) && shows_module(def) {
        return Some(vm.intern(def.module).into_value());
    }
    name.is(&names.__doc__).then(|| doc(vm, def))
}

/// Whether the name belongs to a slot.
pub fn is_slot_name(vm: &Vm, name: &Gc<Str>) -> bool {
    slot_names(vm).0.contains_key(&address(name))
}

/// Sets a slot of a Python class from what its dunders resolve to.
fn update_slot(vm: &Vm, ty: &Gc<Type>, index: usize) {
    let slot = &SLOTS[index];
    let names = &slot_names(vm).1[index];
    let mut generic = false;
    let mut specific: Option<Gc<Type>> = None;
    for (row, name) in slot.rows.iter().zip(names) {
        let Some(descr) = ty.lookup_uncached(vm, name) else { continue };
        if let Some(w) = descr.downcast_exact::<WrapperDescriptor>() {
            if std::ptr::eq(w.row, row) && ty.is_subtype(&w.owner) {
                match &specific {
                    None => specific = Some(w.owner.clone()),
                    Some(s) if (slot.same)(&s.slots, &w.owner.slots) => {}
                    Some(_) => generic = true,
                }
                continue;
            }
            if w.row.name == row.name && ty.is_subtype(&w.owner) {
                // The wrapper of another slot of this name.
                continue;
            }
        } else if let Some(m) = descr.downcast_exact::<MethodDescriptor>()
            && m.def.name == row.name
            && !m.owner.is_heap_type()
            && ty.is_subtype(&m.owner)
        {
            // A native type's method that stands beside its slot (`dict.__getitem__`) does the same.
            if (slot.defined)(&m.owner.def.slots) {
                specific = Some(m.owner.clone());
            }
            continue;
        } else if row.name == "__new__"
            && let Some(f) = descr.downcast_exact::<BuiltinFunction>()
            && let Some(owner) = f.new_owner()
            && ty.is_subtype(owner)
        {
            // As in CPython, what a class has stays: after `del cls.__new__` its instances are made by looking that up.
            return;
        } else if row.name == "__hash__" && descr.is_none() {
            ty.slots.hash.set(Some(sf::not_hashable));
            return;
        }
        generic = true;
    }
    if generic {
        // Sequences' own `+` and `*` have no function of their own: the number's slot of the same name calls the dunder.
        if (slot.filled)(&ty.slots) {
            (slot.clear)(&ty.slots);
        }
        (slot.generic)(&ty.slots);
    } else if let Some(owner) = specific {
        (slot.copy)(&ty.slots, &owner.slots);
    } else if slot.hidden {
        if let Some(base) = ty.base.get() {
            (slot.copy)(&ty.slots, &base.slots);
        }
    } else {
        (slot.clear)(&ty.slots);
    }
}

/// Fills the slots of a new class: those of its base, then each that a dunder of its own or of a further base changes.
pub fn fill_class_slots(vm: &Vm, ty: &Gc<Type>) {
    let Some(base) = ty.base.get() else { return };
    ty.slots.inherit_all(&base.slots);
    let (map, _) = slot_names(vm);
    let mut touched: Vec<u16> = Vec::new();
    let base_mro = base.mro.get();
    let own_mro = ty.mro.get();
    for t in own_mro.iter().filter(|t| !base_mro.iter().any(|b| b.is(t))) {
        t.dict(vm).table.each_key(|k| {
            if let Some(k) = k.downcast::<Str>()
                && k.as_bytes().starts_with(b"__")
                && let Some(list) = map.get(&address(&vm.intern_str(k)))
            {
                touched.extend(list);
            }
        });
    }
    touched.sort_unstable();
    touched.dedup();
    // A base between two of the base's own order can hide what the base inherited, so order matters there too.
    let order_kept = {
        let mut at = base_mro.iter();
        own_mro.iter().filter(|t| base_mro.iter().any(|b| b.is(t))).all(|t| at.any(|b| b.is(t)))
    };
    if order_kept {
        for i in touched {
            update_slot(vm, ty, i as usize);
        }
    } else {
        for i in 0..SLOTS.len() {
            update_slot(vm, ty, i);
        }
    }
    ty.set_finalize(ty.slots.finalize.get().is_some());
}

/// A class attribute was set or deleted: adjusts the slots of the class and of subclasses that inherit it.
pub fn update_slots(vm: &Vm, ty: &Gc<Type>, name: &Gc<Str>) {
    let (map, _) = slot_names(vm);
    let Some(list) = map.get(&address(&vm.intern_str(name))) else { return };
    for &i in list {
        update_slot(vm, ty, i as usize);
    }
    ty.set_finalize(ty.slots.finalize.get().is_some());
    for sub in ty.subclasses_alive() {
        if sub.is_heap_type() && sub.own(vm, name).is_none() {
            update_slots(vm, &sub, name);
        }
    }
}

/// All slots of the class and its subclasses anew (`__bases__` was set).
pub fn update_all_slots(vm: &Vm, ty: &Gc<Type>) {
    for i in 0..SLOTS.len() {
        update_slot(vm, ty, i);
    }
    ty.set_finalize(ty.slots.finalize.get().is_some());
    for sub in ty.subclasses_alive() {
        if sub.is_heap_type() {
            update_all_slots(vm, &sub);
        }
    }
}
