//! `dict_keys`, `dict_values`, `dict_items` and the six iterators of dicts.

use crate::native::shell::object;
use crate::object::ValueExt;
use crate::prelude::*;
use crate::types::iterators::{builtin, itself};
use crate::types::mappingproxy::MappingProxy;
use crate::types::repr_guard;
use crate::types::set::{any_set, element_hash, table_of, update};
use crate::types::set_table::SetTable;
use crate::types::tuple::PairCache;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

/// Where an iteration over a dict is.
#[derive(Trace)]
pub struct Cursor {
    /// `None` once it has ended.
    pub dict: GcCell<Dict>,
    /// The dict's size when the iteration began; `usize::MAX` once it was seen to have changed.
    pub used: Cell<usize>,
    /// The entry to look at next; behind it for reverse iterators.
    pub pos: Cell<usize>,
    /// How many entries are still to come.
    pub left: Cell<usize>,
    pairs: PairCache,
}

impl Cursor {
    fn new(d: &Gc<Dict>, pos: usize) -> Cursor {
        Cursor {
            dict: GcCell::new(Some(d.clone())),
            used: Cell::new(d.len()),
            pos: Cell::new(pos),
            left: Cell::new(d.len()),
            pairs: PairCache::default(),
        }
    }

    fn copy(&self) -> Cursor {
        Cursor {
            dict: GcCell::new(self.dict.get()),
            used: self.used.clone(),
            pos: self.pos.clone(),
            left: self.left.clone(),
            pairs: PairCache::default(),
        }
    }

    #[inline]
    fn check(&self, vm: &Vm, d: &Dict) -> PyResult<()> {
        if d.len() == self.used.get() {
            return Ok(());
        }
        self.used.set(usize::MAX);
        Err(vm.runtime_error("dictionary changed size during iteration"))
    }

    #[inline]
    fn next(&self, vm: &Vm) -> PyResult<Option<(Value, Value)>> {
        // Looking at the next entry runs no Python code.
        let found = self.dict.with(|d| {
            let Some(d) = d else { return Ok(None) };
            self.check(vm, d)?;
            Ok(Some(d.table.next_entry(self.pos.get())))
        })?;
        let Some(found) = found else { return Ok(None) };
        match found {
            Some((at, key, value)) => {
                if self.left.get() == 0 {
                    return Err(vm.runtime_error("dictionary keys changed during iteration"));
                }
                self.pos.set(at + 1);
                self.left.set(self.left.get() - 1);
                Ok(Some((key, value.unwrap_or(Value::NONE))))
            }
            None => {
                self.dict.set(None);
                Ok(None)
            }
        }
    }

    /// `next` where there is one and nothing is wrong.
    #[inline]
    pub fn next_plain(&self) -> Option<(Value, Value)> {
        let left = self.left.get().checked_sub(1)?;
        let (at, key, value) = self.dict.with(|d| {
            let d = d?;
            if d.len() == self.used.get() { d.table.next_entry(self.pos.get()) } else { None }
        })?;
        self.pos.set(at + 1);
        self.left.set(left);
        self.pairs.forget();
        Some((key, value.unwrap_or(Value::NONE)))
    }

    fn next_back(&self, vm: &Vm) -> PyResult<Option<(Value, Value)>> {
        let Some(d) = self.dict.get() else { return Ok(None) };
        self.check(vm, &d)?;
        // An iterator from before a `clear` has nothing to say about what came after it.
        let end = if self.pos.get() > d.table.entry_count() { 0 } else { self.pos.get() };
        match d.table.prev_entry(end) {
            Some((at, key, value)) => {
                self.pos.set(at);
                self.left.set(self.left.get().saturating_sub(1));
                Ok(Some((key, value.unwrap_or(Value::NONE))))
            }
            None => {
                self.dict.set(None);
                Ok(None)
            }
        }
    }

    fn length_hint(&self) -> usize {
        match self.dict.get() {
            Some(d) if d.len() == self.used.get() => self.left.get(),
            _ => 0,
        }
    }
}

fn pair(vm: &Vm, it: &Cursor, k: Value, v: Value) -> Value {
    it.pairs.pair(vm, k, v)
}

macro_rules! iterators {
    ($($ty:ident $name:literal $next:ident $from:expr, $pick:expr;)*) => { $(
        /// A dict iterator.
        #[pytype(name = $name, flags(GC, NO_NEW))]
        #[derive(Trace)]
        pub struct $ty {
            pub cursor: Cursor,
        }

        impl $ty {
            pub fn of(d: &Gc<Dict>) -> $ty {
                let from: fn(&Dict) -> usize = $from;
                $ty { cursor: Cursor::new(d, from(d)) }
            }
        }

        impl Slots for $ty {
            const SLOTS: SlotDefs = SlotDefs {
                iter: Some(itself),
                iternext: Some(|vm, v| {
                    let it = object::<$ty>(vm, v, "__next__")?;
                    let pick: fn(&Vm, &Cursor, Value, Value) -> Value = $pick;
                    Ok(it.cursor.$next(vm)?.map(|(k, v)| pick(vm, &it.cursor, k, v)))
                }),
                ..SlotDefs::NONE
            };
        }

        #[pymethods]
        impl $ty {
            /// Private method returning an estimate of len(list(it)).
            #[pymethod(no_text, "__length_hint__($self, /)")]
            fn length_hint(vm: &Vm, zelf: &Gc<$ty>) -> usize {
                let _ = vm;
                zelf.cursor.length_hint()
            }

            /// Return state information for pickling.
            #[pymethod(no_text, "__reduce__($self, /)")]
            fn reduce(vm: &Vm, zelf: &Gc<$ty>) -> PyResult<Value> {
                // A copy is used up, so that this iterator stays where it is.
                let copy = vm.alloc($ty { cursor: zelf.cursor.copy() });
                let rest = vm.new_list(vm.collect(copy.as_value())?).into_value();
                Ok(vm.new_tuple(vec![builtin(vm, "iter")?, vm.new_tuple(vec![rest]).into_value()]).into_value())
            }
        }
    )* };
}

iterators! {
    DictKeyIter "dict_keyiterator" next |_| 0, |_, _, k, _| k;
    DictValueIter "dict_valueiterator" next |_| 0, |_, _, _, v| v;
    DictItemIter "dict_itemiterator" next |_| 0, pair;
    DictReverseKeyIter "dict_reversekeyiterator" next_back |d| d.table.entry_count(), |_, _, k, _| k;
    DictReverseValueIter "dict_reversevalueiterator" next_back |d| d.table.entry_count(), |_, _, _, v| v;
    DictReverseItemIter "dict_reverseitemiterator" next_back |d| d.table.entry_count(), pair;
}

/// The dict of a view.
fn dict_of(v: &Value) -> Option<&Gc<Dict>> {
    if let Some(k) = v.downcast::<DictKeys>() {
        return Some(&k.dict);
    }
    if let Some(i) = v.downcast::<DictItems>() {
        return Some(&i.dict);
    }
    v.downcast::<DictValues>().map(|x| &x.dict)
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Dict>> {
    match dict_of(v) {
        Some(d) => Ok(d),
        None => Err(vm.type_error("expected a view of a dict")),
    }
}

fn is_set_view(v: &Value) -> bool {
    v.downcast::<DictKeys>().is_some() || v.downcast::<DictItems>().is_some()
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(me(vm, v)?.len())
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let name = vm.type_of(v).name();
    if repr_guard::enter(vm, v) {
        return Ok(vm.new_ascii(b"...").into_value());
    }
    let text = (|| {
        let items = vm.new_list(vm.collect(v)?);
        vm.repr(items.as_value())
    })();
    repr_guard::leave(vm, v);
    let mut out = Wtf8Buf::from(format!("{name}("));
    out.push_wtf8(text?.as_wtf8());
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

/// Whether all that `a` yields is in `b`.
fn all_in(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
    let it = vm.get_iter(a)?;
    while let Some(x) = vm.iter_next(&it)? {
        if !vm.contains(b, &x)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    if any_set(b).is_none() && !is_set_view(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (x, y) = (vm.len(a)?, vm.len(b)?);
    let r = match op {
        CompareOp::Eq => x == y && all_in(vm, a, b)?,
        CompareOp::Ne => !(x == y && all_in(vm, a, b)?),
        CompareOp::Lt => x < y && all_in(vm, a, b)?,
        CompareOp::Le => x <= y && all_in(vm, a, b)?,
        CompareOp::Gt => x > y && all_in(vm, b, a)?,
        CompareOp::Ge => x >= y && all_in(vm, b, a)?,
    };
    Ok(Value::bool(r))
}

fn keys_contains(vm: &Vm, v: &Value, key: &Value) -> PyResult<bool> {
    let hash = super::dict_methods::key_hash(vm, key)?;
    Ok(me(vm, v)?.table.find(vm, key, hash)?.is_some())
}

fn items_contains(vm: &Vm, v: &Value, item: &Value) -> PyResult<bool> {
    let Some(t) = item.downcast::<Tuple>() else { return Ok(false) };
    let [key, value] = t.items() else { return Ok(false) };
    match me(vm, v)?.load(vm, key)? {
        Some(x) => vm.eq(&x, value),
        None => Ok(false),
    }
}

fn new_set(vm: &Vm, t: SetTable) -> PyResult {
    Ok(vm.new_set(t).into_value())
}

fn or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let t = table_of(vm, a)?;
    update(vm, &t, b)?;
    new_set(vm, t)
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let t = table_of(vm, a)?;
    vm.for_each(b, |x| {
        let hash = element_hash(vm, &x)?;
        t.discard(vm, &x, hash).map(|_| ())
    })?;
    new_set(vm, t)
}

fn and(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    // `b` may be the view.
    let (view, mut other) = if is_set_view(a) { (a, b) } else { (b, a) };
    let mut view = view;
    if is_set_view(other) && vm.len(other)? > vm.len(view)? {
        std::mem::swap(&mut view, &mut other);
    }
    if let Some(o) = other.downcast_exact::<crate::types::set::Set>()
        && vm.len(view)? <= o.table.len()
    {
        std::mem::swap(&mut view, &mut other);
    }
    let t = SetTable::new();
    vm.for_each(other, |x| {
        if vm.contains(view, &x)? {
            let hash = element_hash(vm, &x)?;
            t.add(vm, &x, hash)?;
        }
        Ok(())
    })?;
    new_set(vm, t)
}

fn xor(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let t = table_of(vm, a)?;
    let o = table_of(vm, b)?;
    for (x, hash) in o.entries() {
        if !t.discard(vm, &x, hash)? {
            t.add(vm, &x, hash)?;
        }
    }
    new_set(vm, t)
}

fn isdisjoint(vm: &Vm, view: &Value, other: &Value) -> PyResult<bool> {
    if view.is(other) {
        return Ok(vm.len(view)? == 0);
    }
    let (mut view, mut other) = (view, other);
    if (any_set(other).is_some() || is_set_view(other)) && vm.len(other)? > vm.len(view)? {
        std::mem::swap(&mut view, &mut other);
    }
    let it = vm.get_iter(other)?;
    while let Some(x) = vm.iter_next(&it)? {
        if vm.contains(view, &x)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The keys of a dict.
#[pytype(name = "dict_keys", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct DictKeys {
    pub dict: Gc<Dict>,
}

/// The items of a dict.
#[pytype(name = "dict_items", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct DictItems {
    pub dict: Gc<Dict>,
}

/// The values of a dict.
#[pytype(name = "dict_values", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct DictValues {
    pub dict: Gc<Dict>,
}

const SET_LIKE: SlotDefs = SlotDefs {
    repr: Some(repr),
    richcompare: Some(richcompare),
    len: Some(len),
    or: Some(or),
    and: Some(and),
    subtract: Some(subtract),
    xor: Some(xor),
    ..SlotDefs::NONE
};

impl Slots for DictKeys {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(|vm, v| Ok(vm.alloc(DictKeyIter::of(me(vm, v)?)).into_value())),
        contains: Some(keys_contains),
        ..SET_LIKE
    };
}

impl Slots for DictItems {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(|vm, v| Ok(vm.alloc(DictItemIter::of(me(vm, v)?)).into_value())),
        contains: Some(items_contains),
        ..SET_LIKE
    };
}

impl Slots for DictValues {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        len: Some(len),
        iter: Some(|vm, v| Ok(vm.alloc(DictValueIter::of(me(vm, v)?)).into_value())),
        ..SlotDefs::NONE
    };
}

macro_rules! set_views {
    ($($ty:ident $reverse:ident;)*) => { $(
        #[pymethods]
        impl $ty {
            /// Return a reverse iterator over the dict.
            #[pymethod(no_text, "__reversed__($self, /)")]
            fn reversed(vm: &Vm, zelf: &Gc<$ty>) -> Gc<$reverse> {
                vm.alloc($reverse::of(&zelf.dict))
            }

            /// dictionary that this view refers to
            #[pygetter("mapping")]
            fn mapping(vm: &Vm, zelf: &Gc<$ty>) -> Gc<MappingProxy> {
                MappingProxy::make(vm, zelf.dict.as_value())
            }

            #[pyconst("__hash__")]
            fn hash_none(vm: &Vm) -> Value {
                let _ = vm;
                Value::NONE
            }

            /// Return True if the view and the given iterable have a null intersection.
            #[pymethod(no_text, "isdisjoint($self, other, /)")]
            fn isdisjoint(vm: &Vm, zelf: &Gc<$ty>, other: &Value) -> PyResult<bool> {
                isdisjoint(vm, zelf.as_value(), other)
            }
        }
    )* };
}

set_views! {
    DictKeys DictReverseKeyIter;
    DictItems DictReverseItemIter;
}

#[pymethods]
impl DictValues {
    /// Return a reverse iterator over the dict values.
    #[pymethod(no_text, "__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<DictValues>) -> Gc<DictReverseValueIter> {
        vm.alloc(DictReverseValueIter::of(&zelf.dict))
    }

    /// dictionary that this view refers to
    #[pygetter("mapping")]
    fn mapping(vm: &Vm, zelf: &Gc<DictValues>) -> Gc<MappingProxy> {
        MappingProxy::make(vm, zelf.dict.as_value())
    }
}
