//! `set` and `frozenset`, and their iterator. Storage: `types/set_table.rs`.

use crate::errors::exc;
use crate::native::shell::object;
use crate::object::{Payload, ValueExt};
use crate::prelude::*;
use crate::types::iterators::{builtin, itself};
use crate::types::set_table::SetTable;
use crate::types::{generic_alias, repr_guard};
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

/// The payload of `set`.
#[derive(Default)]
pub struct Set {
    pub table: SetTable,
}

/// The payload of `frozenset`.
pub struct FrozenSet {
    pub table: SetTable,
    /// -1: not computed yet.
    hash: Cell<i64>,
}

crate::fixed_layout!(Set);
crate::fixed_layout!(FrozenSet);

impl Trace for Set {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.table.trace(visit)
    }
    fn unlink(&self) {
        self.table.unlink()
    }
}

impl Trace for FrozenSet {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.table.trace(visit)
    }
    fn unlink(&self) {
        self.table.unlink()
    }
}

impl FrozenSet {
    fn of(table: SetTable) -> FrozenSet {
        FrozenSet { table, hash: Cell::new(-1) }
    }
}

/// The table of a set of either kind.
#[inline(always)]
pub fn any_set(v: &Value) -> Option<&SetTable> {
    if let Some(s) = v.downcast_exact::<Set>() {
        return Some(&s.table);
    }
    if let Some(s) = v.downcast_exact::<FrozenSet>() {
        return Some(&s.table);
    }
    derived_set(v)
}

#[inline(never)]
fn derived_set(v: &Value) -> Option<&SetTable> {
    match v.downcast::<Set>() {
        Some(s) => Some(&s.table),
        None => v.downcast::<FrozenSet>().map(|s| &s.table),
    }
}

fn is_frozen(v: &Value) -> bool {
    v.downcast::<FrozenSet>().is_some()
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a SetTable> {
    match any_set(v) {
        Some(t) => Ok(t),
        None => object::<Set>(vm, v, "set").map(|s| &s.table),
    }
}

/// A class's name with its module, as CPython's `%T` prints it.
pub fn full_type_name(vm: &Vm, v: &Value) -> String {
    let ty = vm.type_of(v);
    let name = ty.qualname_str(vm).to_string_lossy().into_owned();
    let module = if ty.is_heap_type() {
        let m = ty.own(vm, &vm.names.__module__);
        m.and_then(|m| m.downcast::<Str>().map(|m| m.to_string_lossy().into_owned())).unwrap_or_default()
    } else {
        ty.def.module.to_string()
    };
    if matches!(&*module, "" | "builtins" | "__main__") { name } else { format!("{module}.{name}") }
}

/// As [`full_type_name`], with `__main__` written out.
pub fn full_type_name_with_main(vm: &Vm, v: &Value) -> String {
    let ty = vm.type_of(v);
    let module = ty.own(vm, &vm.names.__module__);
    let module = module.as_ref().and_then(|m| m.downcast::<Str>());
    let main = ty.is_heap_type() && module.is_some_and(|m| m.as_bytes() == b"__main__");
    if main { format!("__main__.{}", full_type_name(vm, v)) } else { full_type_name(vm, v) }
}

/// Says what an unhashable value was to be used as.
#[cold]
pub fn explain_unhashable(vm: &Vm, v: &Value, as_what: &str) -> Raised {
    let e = vm.take_raised();
    if !vm.type_of(&e).is(vm.type_for_ref(&exc::TypeError)) {
        return vm.reraise(e);
    }
    match vm.str(&e) {
        Ok(text) => vm.type_error(format_args!(
            "cannot use '{}' as {as_what} ({})",
            full_type_name(vm, v),
            text.to_string_lossy()
        )),
        Err(Raised) => Raised,
    }
}

/// The hash of a value that is to be an element.
#[inline]
pub fn element_hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    match vm.hash(v) {
        Ok(h) => Ok(h),
        Err(Raised) => Err(explain_unhashable(vm, v, "a set element")),
    }
}

impl Vm {
    /// A `set` of this table.
    pub fn new_set(&self, table: SetTable) -> Gc<Set> {
        self.alloc_with(|| Set { table })
    }

    pub fn new_frozenset(&self, table: SetTable) -> Gc<FrozenSet> {
        self.alloc_with(|| FrozenSet::of(table))
    }

    /// `set.add`, as set displays do it.
    pub fn set_add(&self, set: &Gc<Set>, v: &Value) -> PyResult<()> {
        let hash = match v.as_int() {
            Some(n) => taipan_text::hash::int(n),
            None => element_hash(self, v)?,
        };
        set.table.add(self, v, hash).map(|_| ())
    }
}

/// A set of the same kind as `like`, of the built-in class.
fn same_kind(vm: &Vm, like: &Value, table: SetTable) -> Value {
    if is_frozen(like) { vm.new_frozenset(table).into_value() } else { vm.new_set(table).into_value() }
}

/// Whether an iterable is an exact set or dict.
pub fn knows_hashes(v: &Value) -> bool {
    v.downcast_exact::<Set>().is_some()
        || v.downcast_exact::<FrozenSet>().is_some()
        || v.downcast_exact::<Dict>().is_some()
}

/// Calls `f` with each element of an iterable and its hash; sets and dicts already know the hashes.
pub fn each(vm: &Vm, other: &Value, mut f: impl FnMut(&Value, i64) -> PyResult<()>) -> PyResult<()> {
    if let Some(t) = any_set(other) {
        let mut i = 0;
        while let Some((at, key, hash)) = t.next_entry(i) {
            f(&key, hash)?;
            i = at + 1;
        }
        return Ok(());
    }
    if let Some(d) = other.downcast_exact::<Dict>() {
        let mut i = 0;
        while let Some((at, key, _)) = d.table.next_entry(i) {
            let hash = d.table.hash_at(at).unwrap_or_default();
            f(&key, hash)?;
            i = at + 1;
        }
        return Ok(());
    }
    vm.for_each(other, |key| {
        let hash = element_hash(vm, &key)?;
        f(&key, hash)
    })
}

/// `set.update` with one iterable.
pub fn update(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<()> {
    if let Some(o) = any_set(other) {
        return t.merge(vm, o);
    }
    if let Some(d) = other.downcast_exact::<Dict>() {
        t.expect(d.len());
    }
    // What is left of a list or tuple goes the general way (and what was put in is there already).
    let plain = if let Some(l) = other.downcast_exact::<List>() {
        l.items.with(|items| t.add_plain(vm, items) == items.len())
    } else if let Some(items) = other.downcast_exact::<Tuple>() {
        t.add_plain(vm, items.items()) == items.len()
    } else {
        false
    };
    if plain {
        return Ok(());
    }
    each(vm, other, |key, hash| t.add(vm, key, hash).map(|_| ()))
}

/// A new table of an iterable's elements.
pub fn table_of(vm: &Vm, iterable: &Value) -> PyResult<SetTable> {
    let t = SetTable::new();
    update(vm, &t, iterable)?;
    Ok(t)
}

fn intersection(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<SetTable> {
    let result = SetTable::new();
    if let Some(o) = any_set(other) {
        if std::ptr::eq(t, o) {
            return t.copy(vm);
        }
        let (walk, ask) = if o.len() > t.len() { (t, o) } else { (o, t) };
        if let Some(common) = walk.sifted(ask, true) {
            return Ok(common);
        }
        let mut i = 0;
        while let Some((at, key, hash)) = walk.next_entry(i) {
            if ask.contains(vm, &key, hash)? {
                result.add(vm, &key, hash)?;
            }
            i = at + 1;
        }
        return Ok(result);
    }
    vm.for_each(other, |key| {
        let hash = vm.hash(&key)?;
        if t.contains(vm, &key, hash)? {
            result.add(vm, &key, hash)?;
        }
        Ok(())
    })?;
    Ok(result)
}

fn intersection_multi(vm: &Vm, t: &SetTable, others: &[Value]) -> PyResult<SetTable> {
    let [first, rest @ ..] = others else { return t.copy(vm) };
    let mut result = intersection(vm, t, first)?;
    for o in rest {
        result = intersection(vm, &result, o)?;
    }
    Ok(result)
}

fn difference_update(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<()> {
    if let Some(o) = any_set(other)
        && std::ptr::eq(t, o)
    {
        t.clear();
        return Ok(());
    }
    if let Some(o) = any_set(other)
        && o.len() >> 3 > t.len()
    {
        // Cheaper the other way round.
        let common = intersection(vm, t, other)?;
        for (key, hash) in common.entries() {
            t.discard(vm, &key, hash)?;
        }
    } else if any_set(other).is_some() {
        each(vm, other, |key, hash| t.discard(vm, key, hash).map(|_| ()))?;
    } else {
        vm.for_each(other, |key| {
            let hash = element_hash(vm, &key)?;
            t.discard(vm, &key, hash).map(|_| ())
        })?;
    }
    t.tidy();
    Ok(())
}

fn difference(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<SetTable> {
    let size = match (any_set(other), other.downcast::<Dict>()) {
        (Some(o), _) => Some(o.len()),
        (_, Some(d)) => Some(d.len()),
        _ => None,
    };
    if size.is_none_or(|n| t.len() >> 2 > n) {
        let result = t.copy(vm)?;
        difference_update(vm, &result, other)?;
        return Ok(result);
    }
    if let Some(rest) = any_set(other).and_then(|o| t.sifted(o, false)) {
        return Ok(rest);
    }
    let result = SetTable::new();
    let mut i = 0;
    while let Some((at, key, hash)) = t.next_entry(i) {
        let found = match (any_set(other), other.downcast::<Dict>()) {
            (Some(o), _) => o.contains(vm, &key, hash)?,
            (_, Some(d)) => d.table.find(vm, &key, hash)?.is_some(),
            _ => false,
        };
        if !found {
            result.add(vm, &key, hash)?;
        }
        i = at + 1;
    }
    Ok(result)
}

fn symmetric_difference_update(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<()> {
    if let Some(o) = any_set(other)
        && std::ptr::eq(t, o)
    {
        t.clear();
        return Ok(());
    }
    let toggle = |key: &Value, hash: i64| {
        if !t.discard(vm, key, hash)? {
            t.add(vm, key, hash)?;
        }
        Ok(())
    };
    if any_set(other).is_some() || other.downcast_exact::<Dict>().is_some() {
        return each(vm, other, toggle);
    }
    let o = table_of(vm, other)?;
    o.entries().iter().try_for_each(|(key, hash)| toggle(key, *hash))
}

fn symmetric_difference(vm: &Vm, v: &Value, other: &Value) -> PyResult<Value> {
    let result = table_of(vm, other)?;
    symmetric_difference_update(vm, &result, v)?;
    Ok(same_kind(vm, v, result))
}

#[inline]
fn is_subset(vm: &Vm, t: &SetTable, o: &SetTable) -> PyResult<bool> {
    if t.len() > o.len() {
        return Ok(false);
    }
    if let Some(known) = t.within(o) {
        return Ok(known);
    }
    let mut i = 0;
    while let Some((at, key, hash)) = t.next_entry(i) {
        if !o.contains(vm, &key, hash)? {
            return Ok(false);
        }
        i = at + 1;
    }
    Ok(true)
}

fn py_issubset(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<bool> {
    match any_set(other) {
        Some(o) => is_subset(vm, t, o),
        None => Ok(intersection(vm, t, other)?.len() == t.len()),
    }
}

fn py_issuperset(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<bool> {
    if let Some(o) = any_set(other) {
        return is_subset(vm, o, t);
    }
    let it = vm.get_iter(other)?;
    while let Some(key) = vm.iter_next(&it)? {
        let hash = element_hash(vm, &key)?;
        if !t.contains(vm, &key, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn py_isdisjoint(vm: &Vm, t: &SetTable, other: &Value) -> PyResult<bool> {
    if let Some(o) = any_set(other) {
        if std::ptr::eq(t, o) {
            return Ok(t.is_empty());
        }
        let (walk, ask) = if o.len() > t.len() { (t, o) } else { (o, t) };
        let mut i = 0;
        while let Some((at, key, hash)) = walk.next_entry(i) {
            if ask.contains(vm, &key, hash)? {
                return Ok(false);
            }
            i = at + 1;
        }
        return Ok(true);
    }
    let it = vm.get_iter(other)?;
    while let Some(key) = vm.iter_next(&it)? {
        let hash = element_hash(vm, &key)?;
        if t.contains(vm, &key, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs `f` with the hash of a key; a set stands for the frozenset of its elements.
fn with_key(vm: &Vm, key: &Value, f: impl Fn(&Value, i64) -> PyResult<bool>) -> PyResult<bool> {
    match vm.hash(key) {
        Ok(h) => f(key, h),
        Err(Raised) => match key.downcast::<Set>() {
            Some(s) if vm.raised_is(&exc::TypeError) => {
                drop(vm.take_raised());
                let frozen = vm.new_frozenset(s.table.copy(vm)?);
                f(frozen.as_value(), frozen.table.hash())
            }
            _ => Err(explain_unhashable(vm, key, "a set element")),
        },
    }
}

fn contains(vm: &Vm, v: &Value, key: &Value) -> PyResult<bool> {
    let t = me(vm, v)?;
    with_key(vm, key, |k, h| t.contains(vm, k, h))
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let t = me(vm, v)?;
    let name = vm.type_of(v).name();
    if t.is_empty() {
        return Ok(vm.new_str(&format!("{name}()")).into_value());
    }
    repr_guard::guarded(vm, v, &format!("{name}(...)"), || {
        let plain = v.downcast_exact::<Set>().is_some();
        let mut out = Wtf8Buf::from(if plain { "{".to_string() } else { format!("{name}({{") });
        for (i, (key, _)) in t.entries().iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_wtf8(vm.repr(key)?.as_wtf8());
        }
        out.push_str(if plain { "}" } else { "})" });
        Ok(out)
    })
}

fn frozen_hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let s = object::<FrozenSet>(vm, v, "__hash__")?;
    if s.hash.get() == -1 {
        s.hash.set(s.table.hash());
    }
    Ok(s.hash.get())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (any_set(a), any_set(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
    let equal = || -> PyResult<bool> {
        if x.len() != y.len() {
            return Ok(false);
        }
        if let (Some(p), Some(q)) = (a.downcast::<FrozenSet>(), b.downcast::<FrozenSet>())
            && p.hash.get() != -1
            && q.hash.get() != -1
            && p.hash.get() != q.hash.get()
        {
            return Ok(false);
        }
        is_subset(vm, x, y)
    };
    let r = match op {
        CompareOp::Eq => equal()?,
        CompareOp::Ne => !equal()?,
        CompareOp::Le => is_subset(vm, x, y)?,
        CompareOp::Ge => is_subset(vm, y, x)?,
        CompareOp::Lt => x.len() < y.len() && is_subset(vm, x, y)?,
        CompareOp::Gt => x.len() > y.len() && is_subset(vm, y, x)?,
    };
    Ok(Value::bool(r))
}

fn iter(vm: &Vm, v: &Value) -> PyResult {
    let n = me(vm, v)?.len();
    Ok(vm
        .alloc_with(|| SetIter {
            set: ValueCell::new(Some(v.clone())),
            used: Cell::new(n),
            pos: Cell::new(0),
            left: Cell::new(n),
        })
        .into_value())
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(me(vm, v)?.len())
}

/// Both tables, if both operands are sets.
fn tables<'a>(a: &'a Value, b: &'a Value) -> Option<(&'a SetTable, &'a SetTable)> {
    Some((any_set(a)?, any_set(b)?))
}

fn or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, y)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    let t = x.copy(vm)?;
    t.merge(vm, y)?;
    Ok(same_kind(vm, a, t))
}

fn and(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, _)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    Ok(same_kind(vm, a, intersection(vm, x, b)?))
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, _)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    Ok(same_kind(vm, a, difference(vm, x, b)?))
}

fn xor(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    if tables(a, b).is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    symmetric_difference(vm, a, b)
}

fn inplace_or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, y)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    x.merge(vm, y)?;
    Ok(a.clone())
}

fn inplace_and(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, _)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    x.replace(intersection(vm, x, b)?);
    Ok(a.clone())
}

fn inplace_subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, _)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    difference_update(vm, x, b)?;
    Ok(a.clone())
}

fn inplace_xor(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some((x, _)) = tables(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    symmetric_difference_update(vm, x, b)?;
    Ok(a.clone())
}

/// The iterable among a constructor's arguments.
fn constructor_iterable<'a>(
    vm: &Vm,
    name: &str,
    refuse: bool,
    args: CallArgs<'a>,
) -> PyResult<Option<&'a Value>> {
    if refuse && args.has_keywords() {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    match args.pos() {
        [] => Ok(None),
        [v] => Ok(Some(v)),
        more => Err(vm.type_error(format_args!("{name} expected at most 1 argument, got {}", more.len()))),
    }
}

/// `__reduce__` of both.
fn reduce_set(vm: &Vm, v: &Value) -> PyResult<Value> {
    let keys: Vec<Value> = me(vm, v)?.entries().into_iter().map(|(k, _)| k).collect();
    let args = vm.new_tuple(vec![vm.new_list(keys).into_value()]).into_value();
    let state = vm.call_method_name(v, &vm.names.__getstate__, &[])?;
    Ok(vm.new_tuple(vec![vm.type_of(v).to_value(), args, state]).into_value())
}

fn union(vm: &Vm, v: &Value, others: &[Value]) -> PyResult<Value> {
    let t = me(vm, v)?.copy(vm)?;
    for o in others {
        update(vm, &t, o)?;
    }
    Ok(same_kind(vm, v, t))
}

fn difference_multi(vm: &Vm, v: &Value, others: &[Value]) -> PyResult<Value> {
    let t = me(vm, v)?;
    let [first, rest @ ..] = others else { return Ok(same_kind(vm, v, t.copy(vm)?)) };
    let result = difference(vm, t, first)?;
    for o in rest {
        difference_update(vm, &result, o)?;
    }
    Ok(same_kind(vm, v, result))
}

/// Build an unordered collection of unique elements.
#[pytype(name = "set", signature = "(iterable=(), /)", flags(BASETYPE, GC, WEAKREF, MATCH_SELF))]
impl Slots for Set {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        contains: Some(contains),
        or: Some(or),
        and: Some(and),
        subtract: Some(subtract),
        xor: Some(xor),
        inplace_or: Some(inplace_or),
        inplace_and: Some(inplace_and),
        inplace_subtract: Some(inplace_subtract),
        inplace_xor: Some(inplace_xor),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Set {
    /// x.__contains__(y) <==> y in x.
    #[pymethod("__contains__($self, object, /)")]
    fn contains(vm: &Vm, zelf: &Value, object: &Value) -> PyResult<bool> {
        contains(vm, zelf, object)
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        Ok(vm.alloc_in(cls, Set::default())?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Set>, args: CallArgs) -> PyResult<()> {
        let iterable = constructor_iterable(vm, "set", true, args)?;
        zelf.table.clear();
        match iterable {
            Some(v) => update(vm, &zelf.table, v),
            None => Ok(()),
        }
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    #[pymethod("add($self, object, /)")]
    fn add(vm: &Vm, zelf: &Gc<Set>, object: &Value) -> PyResult<()> {
        vm.set_add(zelf, object)
    }

    /// Remove all elements from this set.
    #[pymethod("clear($self, /)")]
    fn py_clear(vm: &Vm, zelf: &Gc<Set>) {
        let _ = vm;
        zelf.table.clear()
    }

    /// Return a shallow copy of a set.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Set>) -> PyResult<Value> {
        Ok(same_kind(vm, zelf.as_value(), zelf.table.copy(vm)?))
    }

    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    #[pymethod("discard($self, object, /)")]
    fn discard(vm: &Vm, zelf: &Gc<Set>, object: &Value) -> PyResult<()> {
        with_key(vm, object, |k, h| zelf.table.discard(vm, k, h)).map(|_| ())
    }

    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    #[pymethod("remove($self, object, /)")]
    fn remove(vm: &Vm, zelf: &Gc<Set>, object: &Value) -> PyResult<()> {
        if with_key(vm, object, |k, h| zelf.table.discard(vm, k, h))? {
            Ok(())
        } else {
            Err(vm.key_error(object))
        }
    }

    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    #[pymethod("pop($self, /)")]
    fn pop(vm: &Vm, zelf: &Gc<Set>) -> PyResult<Value> {
        match zelf.table.pop() {
            Some(v) => Ok(v),
            None => Err(vm.key_error(vm.new_str("pop from an empty set").as_value())),
        }
    }

    /// Update the set, adding elements from all others.
    #[pymethod("update($self, /, *others)")]
    fn py_update(vm: &Vm, zelf: &Gc<Set>, others: &[Value]) -> PyResult<()> {
        others.iter().try_for_each(|o| update(vm, &zelf.table, o))
    }

    /// Return a new set with elements from the set and all others.
    #[pymethod("union($self, /, *others)")]
    fn union(vm: &Vm, zelf: &Gc<Set>, others: &[Value]) -> PyResult<Value> {
        union(vm, zelf.as_value(), others)
    }

    /// Return a new set with elements common to the set and all others.
    #[pymethod("intersection($self, /, *others)")]
    fn intersection(vm: &Vm, zelf: &Gc<Set>, others: &[Value]) -> PyResult<Value> {
        Ok(same_kind(vm, zelf.as_value(), intersection_multi(vm, &zelf.table, others)?))
    }

    /// Update the set, keeping only elements found in it and all others.
    #[pymethod("intersection_update($self, /, *others)")]
    fn intersection_update(vm: &Vm, zelf: &Gc<Set>, others: &[Value]) -> PyResult<()> {
        zelf.table.replace(intersection_multi(vm, &zelf.table, others)?);
        Ok(())
    }

    /// Return a new set with elements in the set that are not in the others.
    #[pymethod("difference($self, /, *others)")]
    fn difference(vm: &Vm, zelf: &Gc<Set>, others: &[Value]) -> PyResult<Value> {
        difference_multi(vm, zelf.as_value(), others)
    }

    /// Update the set, removing elements found in others.
    #[pymethod("difference_update($self, /, *others)")]
    fn difference_update(vm: &Vm, zelf: &Gc<Set>, others: &[Value]) -> PyResult<()> {
        others.iter().try_for_each(|o| difference_update(vm, &zelf.table, o))
    }

    /// Return a new set with elements in either the set or other but not both.
    #[pymethod("symmetric_difference($self, other, /)")]
    fn symmetric_difference(vm: &Vm, zelf: &Gc<Set>, other: &Value) -> PyResult<Value> {
        symmetric_difference(vm, zelf.as_value(), other)
    }

    /// Update the set, keeping only elements found in either set, but not in both.
    #[pymethod("symmetric_difference_update($self, other, /)")]
    fn symmetric_difference_update(vm: &Vm, zelf: &Gc<Set>, other: &Value) -> PyResult<()> {
        symmetric_difference_update(vm, &zelf.table, other)
    }

    /// Return True if two sets have a null intersection.
    #[pymethod("isdisjoint($self, other, /)")]
    fn isdisjoint(vm: &Vm, zelf: &Gc<Set>, other: &Value) -> PyResult<bool> {
        py_isdisjoint(vm, &zelf.table, other)
    }

    /// Report whether another set contains this set.
    #[pymethod("issubset($self, other, /)")]
    fn issubset(vm: &Vm, zelf: &Gc<Set>, other: &Value) -> PyResult<bool> {
        py_issubset(vm, &zelf.table, other)
    }

    /// Report whether this set contains another set.
    #[pymethod("issuperset($self, other, /)")]
    fn issuperset(vm: &Vm, zelf: &Gc<Set>, other: &Value) -> PyResult<bool> {
        py_issuperset(vm, &zelf.table, other)
    }

    /// Return state information for pickling.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Set>) -> PyResult<Value> {
        reduce_set(vm, zelf.as_value())
    }

    /// S.__sizeof__() -> size of S in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Set>) -> usize {
        let _ = vm;
        200 + zelf.table.byte_size()
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// Build an immutable unordered collection of unique elements.
#[pytype(name = "frozenset", signature = "(iterable=(), /)", flags(BASETYPE, GC, WEAKREF, MATCH_SELF))]
impl Slots for FrozenSet {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(frozen_hash),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        contains: Some(contains),
        or: Some(or),
        and: Some(and),
        subtract: Some(subtract),
        xor: Some(xor),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl FrozenSet {
    /// x.__contains__(y) <==> y in x.
    #[pymethod("__contains__($self, object, /)")]
    fn contains(vm: &Vm, zelf: &Value, object: &Value) -> PyResult<bool> {
        contains(vm, zelf, object)
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let refuse = crate::types::iterators::refuses_keywords::<FrozenSet>(vm, cls);
        let iterable = constructor_iterable(vm, "frozenset", refuse, args)?;
        if let Some(v) = iterable
            && cls.is(vm.type_for_ref(FrozenSet::def()))
            && v.downcast_exact::<FrozenSet>().is_some()
        {
            return Ok(v.clone());
        }
        let table = match iterable {
            Some(v) => table_of(vm, v)?,
            None => SetTable::new(),
        };
        Ok(vm.alloc_in(cls, FrozenSet::of(table))?.into_value())
    }

    /// Return a shallow copy of a set.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<FrozenSet>) -> PyResult<Value> {
        if zelf.as_value().downcast_exact::<FrozenSet>().is_some() {
            return Ok(zelf.to_value());
        }
        Ok(same_kind(vm, zelf.as_value(), zelf.table.copy(vm)?))
    }

    /// Return a new set with elements from the set and all others.
    #[pymethod("union($self, /, *others)")]
    fn union(vm: &Vm, zelf: &Gc<FrozenSet>, others: &[Value]) -> PyResult<Value> {
        union(vm, zelf.as_value(), others)
    }

    /// Return a new set with elements common to the set and all others.
    #[pymethod("intersection($self, /, *others)")]
    fn intersection(vm: &Vm, zelf: &Gc<FrozenSet>, others: &[Value]) -> PyResult<Value> {
        Ok(same_kind(vm, zelf.as_value(), intersection_multi(vm, &zelf.table, others)?))
    }

    /// Return a new set with elements in the set that are not in the others.
    #[pymethod("difference($self, /, *others)")]
    fn difference(vm: &Vm, zelf: &Gc<FrozenSet>, others: &[Value]) -> PyResult<Value> {
        difference_multi(vm, zelf.as_value(), others)
    }

    /// Return a new set with elements in either the set or other but not both.
    #[pymethod("symmetric_difference($self, other, /)")]
    fn symmetric_difference(vm: &Vm, zelf: &Gc<FrozenSet>, other: &Value) -> PyResult<Value> {
        symmetric_difference(vm, zelf.as_value(), other)
    }

    /// Return True if two sets have a null intersection.
    #[pymethod("isdisjoint($self, other, /)")]
    fn isdisjoint(vm: &Vm, zelf: &Gc<FrozenSet>, other: &Value) -> PyResult<bool> {
        py_isdisjoint(vm, &zelf.table, other)
    }

    /// Report whether another set contains this set.
    #[pymethod("issubset($self, other, /)")]
    fn issubset(vm: &Vm, zelf: &Gc<FrozenSet>, other: &Value) -> PyResult<bool> {
        py_issubset(vm, &zelf.table, other)
    }

    /// Report whether this set contains another set.
    #[pymethod("issuperset($self, other, /)")]
    fn issuperset(vm: &Vm, zelf: &Gc<FrozenSet>, other: &Value) -> PyResult<bool> {
        py_issuperset(vm, &zelf.table, other)
    }

    /// Return state information for pickling.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<FrozenSet>) -> PyResult<Value> {
        reduce_set(vm, zelf.as_value())
    }

    /// S.__sizeof__() -> size of S in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<FrozenSet>) -> usize {
        let _ = vm;
        200 + zelf.table.byte_size()
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// `iter(set)`.
#[pytype(name = "set_iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct SetIter {
    pub set: ValueCell,
    /// The set's size when the iteration began; `usize::MAX` once it was seen to have changed.
    pub used: Cell<usize>,
    pub pos: Cell<usize>,
    pub left: Cell<usize>,
}

fn iter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<SetIter>(vm, v, "__next__")?;
    let step = it.set.with(|set| any_set(set?)?.next_of(it.used.get(), it.pos.get()));
    match step {
        Some(Some((at, key))) => {
            it.pos.set(at + 1);
            it.left.set(it.left.get().saturating_sub(1));
            Ok(Some(key))
        }
        Some(None) => {
            it.used.set(usize::MAX);
            Err(vm.runtime_error("Set changed size during iteration"))
        }
        None => {
            it.set.set(None);
            Ok(None)
        }
    }
}

impl Slots for SetIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(iter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl SetIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<SetIter>) -> usize {
        let _ = vm;
        let same = zelf.set.get().and_then(|s| Some(any_set(&s)?.len())) == Some(zelf.used.get());
        if same { zelf.left.get() } else { 0 }
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<SetIter>) -> PyResult<Value> {
        // A copy of the iterator is used up, so that this one stays where it is.
        let copy = vm.alloc(SetIter {
            set: ValueCell::new(zelf.set.get()),
            used: zelf.used.clone(),
            pos: zelf.pos.clone(),
            left: zelf.left.clone(),
        });
        let rest = vm.new_list(vm.collect(copy.as_value())?).into_value();
        Ok(vm.new_tuple(vec![builtin(vm, "iter")?, vm.new_tuple(vec![rest]).into_value()]).into_value())
    }
}
