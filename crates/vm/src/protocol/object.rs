//! `repr`, `str`, `hash`, truth, comparison, `isinstance`, `format`, `len`.

use crate::errors::exc;
use crate::object::{Type, ValueExt};
use crate::types::typedef::{CompareOp, F};
use crate::types::union::Union;
use crate::types::{Bytes, Str, Tuple};
use crate::{PyResult, Raised, Value, Vm};
use std::cmp::Ordering;
use taipan_heap::Gc;

/// The order of two values that no Python code has a say in: ints, floats and strings of the built-in classes
/// themselves, and tuples that such items tell apart. `None`: ask.
#[inline]
pub fn plain_order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a.as_int(), b.as_int()) {
        (Some(x), Some(y)) => Some(x.cmp(&y)),
        _ => plain_order_of(a, b, 0),
    }
}

/// Whether two values are equal as containers ask (`a is b or a == b`), where that takes no Python code: ints, floats,
/// strings, bytes of exactly these classes, and tuples of them. `None`: somebody has to be asked.
#[inline]
pub fn plain_equal(a: &Value, b: &Value) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    if a.is_int() && b.is_int() {
        return Some(false);
    }
    plain_equal_of(a, b, 0)
}

fn plain_equal_of(a: &Value, b: &Value, depth: u32) -> Option<bool> {
    if let (Some(x), Some(y)) = (a.as_small_float(), b.as_small_float()) {
        return Some(x == y);
    }
    if let Some(x) = a.downcast_exact::<Str>() {
        return Some(x.as_bytes() == b.downcast_exact::<Str>()?.as_bytes());
    }
    if let Some(x) = a.downcast_exact::<Bytes>() {
        return Some(x.as_bytes() == b.downcast_exact::<Bytes>()?.as_bytes());
    }
    let (x, y) = (plain_tuple(a)?, plain_tuple(b)?);
    if depth == PLAIN_DEPTH || x.len() != y.len() {
        return None;
    }
    for (p, q) in x.items().iter().zip(y.items()) {
        if p.is(q) {
            continue;
        }
        if p.is_int() && q.is_int() || !plain_equal_of(p, q, depth + 1)? {
            return Some(false);
        }
    }
    Some(true)
}

/// A tuple, or an object of a class derived from it that is compared as tuples are (`namedtuple`).
#[inline(always)]
fn plain_tuple(v: &Value) -> Option<&Gc<Tuple>> {
    if let Some(t) = v.downcast_exact::<Tuple>() {
        return Some(t);
    }
    let ty = v.heap_type()?;
    match ty.slots.richcompare.get() {
        Some(f) if std::ptr::fn_addr_eq(f, crate::types::tuple_methods::RICHCOMPARE) => v.downcast::<Tuple>(),
        _ => None,
    }
}

/// How deep tuples in tuples are looked into.
const PLAIN_DEPTH: u32 = 4;
/// Ints below this are floats too.
const EXACT: u64 = 1 << 53;

/// A small int, or a bool as one.
#[inline(always)]
fn whole(v: &Value) -> Option<i64> {
    v.as_int().or_else(|| v.as_bool().map(i64::from))
}

fn plain_order_of(a: &Value, b: &Value, depth: u32) -> Option<Ordering> {
    let exact = |n: i64| (n.unsigned_abs() < EXACT).then_some(n as f64);
    match (a.as_small_float(), b.as_small_float()) {
        (Some(x), Some(y)) => return x.partial_cmp(&y),
        (Some(x), None) => return x.partial_cmp(&exact(b.as_int()?)?),
        (None, Some(y)) => return exact(a.as_int()?)?.partial_cmp(&y),
        (None, None) => {}
    }
    if let Some(x) = a.downcast_exact::<Str>() {
        return Some(x.as_bytes().cmp(b.downcast_exact::<Str>()?.as_bytes()));
    }
    let (x, y) = (a.downcast_exact::<Tuple>()?, b.downcast_exact::<Tuple>()?);
    if depth == PLAIN_DEPTH {
        return None;
    }
    for (p, q) in x.items().iter().zip(y.items()) {
        if p.is(q) {
            continue;
        }
        let order = match (whole(p), whole(q)) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => plain_order_of(p, q, depth + 1)?,
        };
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(x.len().cmp(&y.len()))
}

impl Vm {
    /// `repr(v)`.
    pub fn repr(&self, v: &Value) -> PyResult<Gc<Str>> {
        if let Some(n) = v.as_int() {
            return Ok(crate::types::int::text::word_text(self, n));
        }
        let ty = self.type_of(v);
        let Some(f) = ty.slots.repr.get() else {
            return Ok(self.new_str(&format!("<{} object at {:#x}>", ty.tp_name(), v.bits())));
        };
        let r = self.recurse(" while getting the repr of an object", || f(self, v))?;
        self.expect_str(r, "__repr__")
    }

    /// `str(v)`.
    pub fn str(&self, v: &Value) -> PyResult<Gc<Str>> {
        if let Some(s) = v.downcast_exact::<Str>() {
            return Ok(s.clone());
        }
        if let Some(n) = v.as_int() {
            return Ok(crate::types::int::text::word_text(self, n));
        }
        let ty = self.type_of(v);
        let Some(f) = ty.slots.str.get() else { return self.repr(v) };
        let r = self.recurse(" while getting the str of an object", || f(self, v))?;
        self.expect_str(r, "__str__")
    }

    fn expect_str(&self, r: Value, method: &str) -> PyResult<Gc<Str>> {
        match r.downcast::<Str>() {
            Some(s) => Ok(s.clone()),
            None => Err(self.type_error(format_args!(
                "{method} returned non-string (type {})",
                self.type_of(&r).tp_name()
            ))),
        }
    }

    /// `repr(v)` as Rust text, for messages.
    pub fn repr_text(&self, v: &Value) -> PyResult<String> {
        Ok(self.repr(v)?.to_string_lossy().into_owned())
    }

    /// `ascii(v)`.
    pub fn ascii(&self, v: &Value) -> PyResult<Gc<Str>> {
        let r = self.repr(v)?;
        if r.is_ascii() {
            return Ok(r);
        }
        let mut out = Vec::new();
        for cp in r.as_wtf8().code_points() {
            match cp {
                0..=0x7f => out.push(cp as u8),
                0x80..=0xff => out.extend(format!("\\x{cp:02x}").bytes()),
                0x100..=0xffff => out.extend(format!("\\u{cp:04x}").bytes()),
                _ => out.extend(format!("\\U{cp:08x}").bytes()),
            }
        }
        Ok(self.new_ascii(&out))
    }

    /// `hash(v)`; never -1.
    #[inline]
    pub fn hash(&self, v: &Value) -> PyResult<i64> {
        if let Some(s) = v.downcast_exact::<Str>() {
            return Ok(self.str_hash(s));
        }
        if let Some(n) = v.as_int() {
            return Ok(taipan_text::hash::int(n));
        }
        if let Some(b) = v.downcast_exact::<Bytes>() {
            return Ok(self.bytes_hash(b));
        }
        if let Some(h) = v.downcast_exact::<Tuple>().and_then(|t| t.cached_hash()) {
            return Ok(h);
        }
        self.check_stack()?;
        match self.type_of(v).slots.hash.get() {
            Some(f) => f(self, v),
            None => Err(self.unhashable(v)),
        }
    }

    #[cold]
    pub fn unhashable(&self, v: &Value) -> Raised {
        self.type_error(format_args!("unhashable type: '{}'", self.type_of(v).tp_name()))
    }

    /// `bool(v)`.
    #[inline]
    pub fn is_true(&self, v: &Value) -> PyResult<bool> {
        if let Some(b) = v.as_bool() {
            return Ok(b);
        }
        if v.is_none() {
            return Ok(false);
        }
        if let Some(n) = v.as_int() {
            return Ok(n != 0);
        }
        self.check_stack()?;
        let ty = self.type_of(v);
        if let Some(f) = ty.slots.bool.get() {
            return f(self, v);
        }
        if let Some(f) = ty.slots.len.get() {
            return Ok(f(self, v)? != 0);
        }
        Ok(true)
    }

    /// `a op b`, any result.
    pub fn rich_compare(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
        if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
            return Ok(Value::bool(op.holds(x.cmp(&y))));
        }
        self.recurse(" in comparison", || self.rich_compare_unguarded(a, b, op))
    }

    fn rich_compare_unguarded(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        let mut tried_reflected = false;
        if !ta.is(tb)
            && tb.is_subtype(ta)
            && let Some(f) = tb.slots.richcompare.get()
        {
            tried_reflected = true;
            let r = f(self, b, a, op.swapped())?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if let Some(f) = self.type_of(a).slots.richcompare.get() {
            let r = f(self, a, b, op)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if !tried_reflected && let Some(f) = self.type_of(b).slots.richcompare.get() {
            let r = f(self, b, a, op.swapped())?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        match op {
            CompareOp::Eq => Ok(Value::bool(a.is(b))),
            CompareOp::Ne => Ok(Value::bool(!a.is(b))),
            _ => Err(self.type_error(format_args!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                self.type_of(a).tp_name(),
                self.type_of(b).tp_name()
            ))),
        }
    }

    /// `a op b` as a truth value, identity implying equality (`PyObject_RichCompareBool`).
    pub fn compare_bool(&self, a: &Value, b: &Value, op: CompareOp) -> PyResult<bool> {
        if a.is(b) {
            match op {
                CompareOp::Eq => return Ok(true),
                CompareOp::Ne => return Ok(false),
                _ => {}
            }
        }
        if let Some(order) = plain_order(a, b) {
            return Ok(op.holds(order));
        }
        let r = self.rich_compare(a, b, op)?;
        self.is_true(&r)
    }

    /// `a is b or a == b`, as containers compare.
    #[inline]
    pub fn eq(&self, a: &Value, b: &Value) -> PyResult<bool> {
        if a.is(b) {
            return Ok(true);
        }
        if let (Some(x), Some(y)) = (a.downcast_exact::<Str>(), b.downcast_exact::<Str>()) {
            return Ok(x.as_bytes() == y.as_bytes());
        }
        if a.is_int() && b.is_int() {
            return Ok(false);
        }
        if let Some(equal) = plain_equal_of(a, b, 0) {
            return Ok(equal);
        }
        if let (Some(x), Some(y)) = (a.downcast_exact::<Tuple>(), b.downcast_exact::<Tuple>()) {
            return self.recurse(" in comparison", || self.eq_items(x, y));
        }
        self.compare_bool(a, b, CompareOp::Eq)
    }

    /// Whether two tuples are equal. Their items are asked even if the lengths differ.
    pub(crate) fn eq_items(&self, x: &Tuple, y: &Tuple) -> PyResult<bool> {
        for (p, q) in x.items().iter().zip(y.items()) {
            if !self.eq(p, q)? {
                return Ok(false);
            }
        }
        Ok(x.len() == y.len())
    }

    /// `len(v)`.
    pub fn len(&self, v: &Value) -> PyResult<usize> {
        self.check_stack()?;
        match self.type_of(v).slots.len.get() {
            Some(f) => f(self, v),
            None => {
                Err(self
                    .type_error(format_args!("object of type '{}' has no len()", self.type_of(v).tp_name())))
            }
        }
    }

    /// `isinstance(v, cls)`.
    pub fn is_instance(&self, v: &Value, cls: &Value) -> PyResult<bool> {
        if self.type_of(v).as_value().is(cls) {
            return Ok(true);
        }
        if self.type_of(cls).is(&self.types.type_) {
            return self.real_is_instance(v, cls);
        }
        let parts = match cls.downcast_exact::<Union>() {
            Some(u) => Some(u.args.clone()),
            None => cls.downcast::<Tuple>().cloned(),
        };
        if let Some(parts) = parts {
            return self.recurse(" in __instancecheck__", || {
                for c in parts.items() {
                    if self.is_instance(v, c)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            });
        }
        if let Some(check) = self.lookup_special(cls, &self.names.__instancecheck__)? {
            let r = self.recurse(" in __instancecheck__", || self.call1(&check, v))?;
            return self.is_true(&r);
        }
        self.real_is_instance(v, cls)
    }

    /// Whether `v.__class__` is plainly its type: nothing but `object.__class__` answers.
    fn class_is_type(&self, v: &Value) -> bool {
        let ty = self.type_of(v);
        let plain = ty
            .slots
            .getattro
            .get()
            .is_none_or(|f| std::ptr::fn_addr_eq(f, crate::types::slotdefs::GENERIC_GETATTRO));
        if !plain || ty.native.is_some() {
            return plain;
        }
        let own = self.types.object.lookup(self, &self.names.__class__);
        match (ty.lookup(self, &self.names.__class__), own) {
            (Some(a), Some(b)) => a.is(&b),
            _ => false,
        }
    }

    /// `type.__instancecheck__`: without hooks.
    pub fn real_is_instance(&self, v: &Value, cls: &Value) -> PyResult<bool> {
        if let Some(ty) = cls.downcast::<Type>() {
            if self.type_of(v).is_subtype(ty) {
                return Ok(true);
            }
            if self.class_is_type(v) {
                return Ok(false);
            }
            if let Some(c) = self.lookup_attr(v, &self.names.__class__)?
                && let Some(c) = c.downcast::<Type>()
                && !c.is(self.type_of(v))
            {
                return Ok(c.is_subtype(ty));
            }
            return Ok(false);
        }
        self.check_class(cls, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
        match self.lookup_attr(v, &self.names.__class__)? {
            Some(c) => self.abstract_is_subclass(&c, cls),
            None => Ok(false),
        }
    }

    /// `issubclass(derived, cls)`.
    pub fn is_subclass(&self, derived: &Value, cls: &Value) -> PyResult<bool> {
        if self.type_of(cls).is(&self.types.type_) {
            if derived.is(cls) {
                return Ok(true);
            }
            return self.real_is_subclass(derived, cls);
        }
        let parts = match cls.downcast_exact::<Union>() {
            Some(u) => Some(u.args.clone()),
            None => cls.downcast::<Tuple>().cloned(),
        };
        if let Some(parts) = parts {
            return self.recurse(" in __subclasscheck__", || {
                for c in parts.items() {
                    if self.is_subclass(derived, c)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            });
        }
        if let Some(check) = self.lookup_special(cls, &self.names.__subclasscheck__)? {
            let r = self.recurse(" in __subclasscheck__", || self.call1(&check, derived))?;
            return self.is_true(&r);
        }
        self.real_is_subclass(derived, cls)
    }

    /// `type.__subclasscheck__`: without hooks.
    pub fn real_is_subclass(&self, derived: &Value, cls: &Value) -> PyResult<bool> {
        if let (Some(d), Some(c)) = (derived.downcast::<Type>(), cls.downcast::<Type>()) {
            return Ok(d.is_subtype(c));
        }
        self.check_class(derived, "issubclass() arg 1 must be a class")?;
        self.check_class(cls, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
        self.abstract_is_subclass(derived, cls)
    }

    /// The `__bases__` tuple of something that acts as a class.
    fn abstract_bases(&self, cls: &Value) -> PyResult<Option<Gc<Tuple>>> {
        let bases = self.lookup_attr(cls, &self.names.__bases__)?;
        Ok(bases.and_then(|b| b.downcast::<Tuple>().cloned()))
    }

    fn check_class(&self, cls: &Value, msg: &str) -> PyResult<()> {
        match self.abstract_bases(cls)? {
            Some(_) => Ok(()),
            None => Err(self.type_error(msg)),
        }
    }

    fn abstract_is_subclass(&self, derived: &Value, cls: &Value) -> PyResult<bool> {
        if derived.is(cls) {
            return Ok(true);
        }
        let Some(bases) = self.abstract_bases(derived)? else { return Ok(false) };
        self.recurse(" in __issubclass__", || {
            for b in bases.items() {
                if self.abstract_is_subclass(b, cls)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// `format(v, spec)`.
    pub fn format(&self, v: &Value, spec: Option<&Value>) -> PyResult<Gc<Str>> {
        if let (Some(s), None) = (v.downcast_exact::<Str>(), spec) {
            return Ok(s.clone());
        }
        if v.is_int() && spec.is_none() {
            return self.str(v);
        }
        if let Some(spec) = spec
            && spec.downcast_exact::<Str>().is_some()
        {
            // What these classes have is what they were made with.
            if v.is_int() {
                return crate::types::int::text::format(self, v, spec);
            }
            if v.as_small_float().is_some() {
                return crate::types::float::format(self, v, spec);
            }
        }
        let spec = match spec {
            Some(s) => s.clone(),
            None => self.names.empty.to_value(),
        };
        match self.call_special(v, &self.names.__format__, std::slice::from_ref(&spec))? {
            Some(r) => match r.downcast::<Str>() {
                Some(s) => Ok(s.clone()),
                None => Err(self.type_error(format_args!(
                    "__format__ must return a str, not {}",
                    self.type_of(&r).tp_name()
                ))),
            },
            None => {
                Err(self
                    .type_error(format_args!("Type {} doesn't define __format__", self.type_of(v).tp_name())))
            }
        }
    }

    /// Whether the value can be raised: an instance of `BaseException`.
    pub fn is_exception(&self, v: &Value) -> bool {
        self.has_flag(v, F::EXCEPTION_SUBCLASS)
    }

    /// Whether the value is a class derived from `BaseException`.
    pub fn is_exception_class(&self, v: &Value) -> bool {
        v.downcast::<Type>().is_some_and(|t| t.has_flags(F::EXCEPTION_SUBCLASS))
    }

    /// `KeyError` suppressed.
    pub fn suppress_key_error(&self, r: PyResult<Value>) -> PyResult<Option<Value>> {
        self.suppress(r, &exc::KeyError)
    }
}
