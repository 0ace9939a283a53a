//! The methods of `list`, and its two iterators.

use crate::native::shell::object;
use crate::object::ValueExt;
use crate::prelude::*;
use crate::types::iterators::{builtin, itself};
use crate::types::list::copy_of;
use crate::types::list::drop_items;
use crate::types::slice::{Indices, Slice};
use crate::types::tuple_methods::{compare_at, first_difference, repeated, search_bounds};
use crate::types::{generic_alias, repr_guard};
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<List>> {
    object::<List>(vm, v, "list")
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let l = me(vm, v)?;
    if l.is_empty() {
        return Ok(vm.new_ascii(b"[]").into_value());
    }
    repr_guard::guarded(vm, v, "[...]", || {
        let mut out = Wtf8Buf::from("[");
        let mut i = 0;
        while let Some(item) = l.get(i) {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_wtf8(vm.repr(&item)?.as_wtf8());
            i += 1;
        }
        out.push_str("]");
        Ok(out)
    })
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<List>(), b.downcast::<List>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x.len() != y.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    let mut at = 0;
    let difference = first_difference(vm, |i| {
        at = i;
        Some((x.get(i)?, y.get(i)?))
    })?;
    let lens = (x.len(), y.len());
    // Comparing the items may have taken the differing ones away: then only the lengths count.
    let difference = difference.filter(|_| at < lens.0 && at < lens.1);
    compare_at(vm, difference, lens, op)
}

fn iter(vm: &Vm, v: &Value) -> PyResult {
    let l = me(vm, v)?;
    Ok(vm.alloc_with(|| ListIter::new(l.clone())).into_value())
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(me(vm, v)?.len())
}

fn contains(vm: &Vm, v: &Value, x: &Value) -> PyResult<bool> {
    let l = me(vm, v)?;
    let text = x.downcast_exact::<Str>();
    let mut at = 0;
    loop {
        // As far as words and strings tell by themselves.
        let asked = l.items.with(|items| {
            for (i, item) in items.iter().enumerate().skip(at) {
                if item.is(x) {
                    return Some((i, None));
                }
                match (text, item.downcast_exact::<Str>()) {
                    (Some(a), Some(b)) if a.as_bytes() == b.as_bytes() => return Some((i, None)),
                    (Some(_), Some(_)) => {}
                    _ if item.is_int() && x.is_int() => {}
                    _ => return Some((i, Some(item.clone()))),
                }
            }
            None
        });
        match asked {
            None => return Ok(false),
            Some((_, None)) => return Ok(true),
            Some((i, Some(item))) => {
                if vm.eq(&item, x)? {
                    return Ok(true);
                }
                at = i + 1;
            }
        }
    }
}

fn item(vm: &Vm, v: &Value, i: isize) -> PyResult {
    match usize::try_from(i).ok().and_then(|i| me(vm, v).ok()?.get(i)) {
        Some(x) => Ok(x),
        None => Err(vm.index_error("list index out of range")),
    }
}

#[cold]
fn bad_index(vm: &Vm, key: &Value) -> Raised {
    vm.type_error(format_args!("list indices must be integers or slices, not {}", vm.type_of(key).name()))
}

/// An index that may be negative, as a position if it is in range.
fn position(l: &List, i: isize) -> Option<usize> {
    let len = l.len();
    let i = if i < 0 { i.checked_add(len as isize)? } else { i };
    usize::try_from(i).ok().filter(|i| *i < len)
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let l = me(vm, v)?;
    if let Some(s) = key.downcast_exact::<Slice>() {
        let bounds = s.unpack(vm)?;
        let at = Indices::new(bounds, l.len());
        return Ok(vm.new_list(selected(vm, l, at)?).into_value());
    }
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(bad_index(vm, key));
    }
    let i = vm.index_isize(key)?;
    match position(l, i).and_then(|i| l.get(i)) {
        Some(x) => Ok(x),
        None => Err(vm.index_error("list index out of range")),
    }
}

/// So many items take no memory worth asking about.
const FEW: usize = 1 << 16;

/// The items of a slice.
fn selected(vm: &Vm, l: &List, at: Indices) -> PyResult<Vec<Value>> {
    if at.step == 1 && at.len < FEW {
        return Ok(l.items.with(|items| items.get(at.range()).unwrap_or_default().to_vec()));
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(at.len).is_err() {
        return Err(vm.memory_error());
    }
    l.items.with(|items| match at.step {
        1 => out.extend_from_slice(items.get(at.range()).unwrap_or_default()),
        -1 => {
            let last = at.iter().next().map_or(0, |i| i + 1);
            let chosen = items.get(last.saturating_sub(at.len)..last).unwrap_or_default();
            out.extend(chosen.iter().rev().cloned());
        }
        _ => out.extend(at.iter().filter_map(|i| items.get(i).cloned())),
    });
    Ok(out)
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let l = me(vm, v)?;
    if let Some(s) = key.downcast_exact::<Slice>() {
        let bounds = s.unpack(vm)?;
        return match value {
            Some(value) => assign_slice(vm, l, bounds, value),
            None => {
                delete_slice(l, Indices::new(bounds, l.len()));
                Ok(())
            }
        };
    }
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(bad_index(vm, key));
    }
    let i = vm.index_isize(key)?;
    let done = match (position(l, i), value) {
        (None, _) => false,
        (Some(i), Some(value)) => l.set(i, value.clone()).is_ok(),
        (Some(i), None) => {
            let old = l.items.with_mut(|items| (i < items.len()).then(|| items.remove(i)));
            old.is_some()
        }
    };
    if done { Ok(()) } else { Err(vm.index_error("list assignment index out of range")) }
}

fn assign_slice(vm: &Vm, l: &Gc<List>, bounds: (isize, isize, isize), value: &Value) -> PyResult<()> {
    if bounds.2 == 1 {
        let new = vm.sequence_fast(value, "must assign iterable to extended slice")?;
        // The iterable may have changed the list.
        let at = Indices::new(bounds, l.len());
        let mut old = Vec::new();
        let grown = l.items.with_mut(|items| {
            if items.try_reserve(new.len()).is_err() {
                return false;
            }
            let from = (at.start as usize).min(items.len());
            let to = (from + at.len).min(items.len());
            old.extend(items.splice(from..to, new));
            true
        });
        drop(old);
        return if grown { Ok(()) } else { Err(vm.memory_error()) };
    }
    let new = vm.sequence_fast(value, "must assign iterable to extended slice")?;
    let at = Indices::new(bounds, l.len());
    if new.len() != at.len {
        return Err(vm.value_error(format_args!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            new.len(),
            at.len
        )));
    }
    let old: Vec<Value> = l.items.with_mut(|items| {
        at.iter().zip(new).filter_map(|(i, x)| Some(std::mem::replace(items.get_mut(i)?, x))).collect()
    });
    drop(old);
    Ok(())
}

fn delete_slice(l: &List, at: Indices) {
    if at.len == 0 {
        return;
    }
    let old: Vec<Value> = l.items.with_mut(|items| {
        if at.step == 1 {
            let range = at.range();
            if range.end > items.len() {
                return Vec::new();
            }
            return items.drain(range).collect();
        }
        // Ascending positions, whatever the direction.
        let step = at.step.unsigned_abs();
        let first = if at.step < 0 { at.start as usize - step * (at.len - 1) } else { at.start as usize };
        let mut old = Vec::with_capacity(at.len);
        let (mut kept, mut next) = (first, first);
        for i in first..items.len() {
            if i == next && old.len() < at.len {
                // Placeholders are words and need no drop.
                old.push(std::mem::replace(&mut items[i], Value::NONE));
                next = next.saturating_add(step);
            } else {
                items.swap(kept, i);
                kept += 1;
            }
        }
        items.truncate(kept);
        old
    });
    // Only slices without a step go as lists do, in CPython too.
    if at.step == 1 { drop_items(old) } else { drop(old) }
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = me(vm, a)?;
    let Some(y) = b.downcast::<List>() else {
        return Err(vm.type_error(format_args!(
            "can only concatenate list (not \"{}\") to list",
            vm.type_of(b).tp_name()
        )));
    };
    let mut out = Vec::new();
    if out.try_reserve_exact(x.len() + y.len()).is_err() {
        return Err(vm.memory_error());
    }
    x.items.with(|x| out.extend_from_slice(x));
    y.items.with(|y| out.extend_from_slice(y));
    Ok(vm.new_list(out).into_value())
}

fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let l = me(vm, v)?;
    let items = l.items.with(|items| repeated(vm, items, n.max(0) as usize))?;
    Ok(vm.new_list(items).into_value())
}

fn inplace_concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    extend(vm, me(vm, a)?, b)?;
    Ok(a.clone())
}

fn inplace_repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let l = me(vm, v)?;
    if n <= 0 {
        drop_items(l.items.take());
        return Ok(v.clone());
    }
    let times = n as usize - 1;
    let done = l.items.with_mut(|items| {
        let len = items.len();
        let Some(more) = len.checked_mul(times).filter(|m| *m <= isize::MAX as usize / 8 - len) else {
            return false;
        };
        if items.try_reserve_exact(more).is_err() {
            return false;
        }
        for _ in 0..times {
            items.extend_from_within(..len);
            if len == 0 {
                break;
            }
        }
        true
    });
    if done { Ok(v.clone()) } else { Err(vm.memory_error()) }
}

/// `list.extend`.
pub fn extend(vm: &Vm, l: &Gc<List>, iterable: &Value) -> PyResult<()> {
    if iterable.downcast_exact::<List>().is_some() || iterable.downcast_exact::<Tuple>().is_some() {
        let new = vm.collect(iterable)?;
        let done = l.items.with_mut(|items| {
            if items.is_empty() {
                *items = new;
                return true;
            }
            if items.try_reserve(new.len()).is_err() {
                return false;
            }
            items.extend(new);
            true
        });
        return if done { Ok(()) } else { Err(vm.memory_error()) };
    }
    let it = vm.get_iter(iterable)?;
    let hint = vm.length_hint(iterable, 8)?;
    // A hint beyond what a list can hold says nothing.
    let reserved = l.items.with_mut(|items| match items.len().checked_add(hint) {
        Some(n) if n <= isize::MAX as usize => items.try_reserve(hint),
        _ => Ok(()),
    });
    if reserved.is_err() {
        return Err(vm.memory_error());
    }
    while let Some(x) = vm.iter_next(&it)? {
        push(vm, l, x)?;
    }
    Ok(())
}

#[inline]
fn push(vm: &Vm, l: &List, x: Value) -> PyResult<()> {
    let refused = l.items.with_mut(|items| {
        if items.len() == items.capacity() && items.try_reserve(1).is_err() {
            return Some(x);
        }
        items.push(x);
        None
    });
    match refused {
        None => Ok(()),
        Some(_) => Err(vm.memory_error()),
    }
}

/// Built-in mutable sequence.
///
/// If no argument is given, the constructor creates a new empty list.
/// The argument must be an iterable if specified.
#[pytype(
    name = "list",
    signature = "(iterable=(), /)",
    flags(BASETYPE, GC, LIST_SUBCLASS, MATCH_SELF, SEQUENCE)
)]
impl Slots for List {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        concat: Some(concat),
        repeat: Some(repeat),
        inplace_concat: Some(inplace_concat),
        inplace_repeat: Some(inplace_repeat),
        item: Some(item),
        contains: Some(contains),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl List {
    /// Return self[index].
    #[pymethod("__getitem__($self, index, /)")]
    fn getitem(vm: &Vm, zelf: &Value, index: &Value) -> PyResult<Value> {
        subscript(vm, zelf, index)
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        Ok(vm.alloc_in(cls, List::default())?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<List>, args: CallArgs) -> PyResult<()> {
        if args.has_keywords() {
            let ty = vm.type_of(zelf.as_value());
            let own = vm.types.list.slots.new.get().map(|f| f as usize);
            if ty.slots.new.get().map(|f| f as usize) == own {
                return Err(vm.type_error("list() takes no keyword arguments"));
            }
        }
        let iterable = match args.pos() {
            [] => None,
            [v] => Some(v),
            more => {
                return Err(
                    vm.type_error(format_args!("list expected at most 1 argument, got {}", more.len()))
                );
            }
        };
        drop_items(zelf.items.take());
        match iterable {
            Some(v) => extend(vm, zelf, v),
            None => Ok(()),
        }
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// Append object to the end of the list.
    #[pymethod("append($self, object, /)")]
    fn append(vm: &Vm, zelf: &Gc<List>, object: &Value) -> PyResult<()> {
        push(vm, zelf, object.clone())
    }

    /// Remove all items from list.
    #[pymethod("clear($self, /)")]
    fn py_clear(vm: &Vm, zelf: &Gc<List>) {
        let _ = vm;
        drop_items(zelf.items.take())
    }

    /// Return a shallow copy of the list.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<List>) -> PyResult<Gc<List>> {
        match zelf.items.with(|items| copy_of(items)) {
            Some(items) => Ok(vm.new_list(items)),
            None => Err(vm.memory_error()),
        }
    }

    /// Return number of occurrences of value.
    #[pymethod("count($self, value, /)")]
    fn count(vm: &Vm, zelf: &Gc<List>, value: &Value) -> PyResult<usize> {
        let (mut n, mut i) = (0, 0);
        while let Some(item) = zelf.get(i) {
            n += vm.eq(&item, value)? as usize;
            i += 1;
        }
        Ok(n)
    }

    /// Extend list by appending elements from the iterable.
    #[pymethod("extend($self, iterable, /)")]
    fn py_extend(vm: &Vm, zelf: &Gc<List>, iterable: &Value) -> PyResult<()> {
        extend(vm, zelf, iterable)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod("index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &Vm,
        zelf: &Gc<List>,
        value: &Value,
        #[raw] start: Option<&Value>,
        #[raw] stop: Option<&Value>,
    ) -> PyResult<usize> {
        let (mut i, stop) = search_bounds(vm, zelf.len(), start, stop)?;
        while i < stop
            && let Some(item) = zelf.get(i)
        {
            if vm.eq(&item, value)? {
                return Ok(i);
            }
            i += 1;
        }
        Err(vm.value_error("list.index(x): x not in list"))
    }

    /// Insert object before index.
    #[pymethod("insert($self, index, object, /)")]
    fn insert(vm: &Vm, zelf: &Gc<List>, index: isize, object: &Value) -> PyResult<()> {
        let done = zelf.items.with_mut(|items| {
            let len = items.len() as isize;
            let at = if index < 0 { index.saturating_add(len).max(0) } else { index.min(len) };
            if items.try_reserve(1).is_err() {
                return false;
            }
            items.insert(at as usize, object.clone());
            true
        });
        if done { Ok(()) } else { Err(vm.memory_error()) }
    }

    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    #[pymethod("pop($self, index=-1, /)")]
    fn pop(vm: &Vm, zelf: &Gc<List>, index: isize) -> PyResult<Value> {
        if index == -1
            && let Some(x) = zelf.items.with_mut(Vec::pop)
        {
            return Ok(x);
        }
        if zelf.is_empty() {
            return Err(vm.index_error("pop from empty list"));
        }
        match position(zelf, index) {
            Some(i) => Ok(zelf.items.with_mut(|items| items.remove(i))),
            None => Err(vm.index_error("pop index out of range")),
        }
    }

    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod("remove($self, value, /)")]
    fn remove(vm: &Vm, zelf: &Gc<List>, value: &Value) -> PyResult<()> {
        let mut i = 0;
        while let Some(item) = zelf.get(i) {
            if vm.eq(&item, value)? {
                let old = zelf.items.with_mut(|items| (i < items.len()).then(|| items.remove(i)));
                drop(old);
                return Ok(());
            }
            i += 1;
        }
        Err(vm.value_error("list.remove(x): x not in list"))
    }

    /// Reverse *IN PLACE*.
    #[pymethod("reverse($self, /)")]
    fn reverse(vm: &Vm, zelf: &Gc<List>) {
        let _ = vm;
        zelf.items.with_mut(|items| items.reverse())
    }

    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable (i.e. the
    /// order of two equal elements is maintained).
    ///
    /// If a key function is given, apply it once to each list item and sort them,
    /// ascending or descending, according to their function values.
    ///
    /// The reverse flag can be set to sort in descending order.
    #[pymethod("sort($self, /, *, key=None, reverse=False)")]
    fn sort(vm: &Vm, zelf: &Gc<List>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
        crate::types::sort::sort_list(vm, zelf, key, reverse)
    }

    /// Return a reverse iterator over the list.
    #[pymethod("__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<List>) -> Gc<ListReverseIter> {
        vm.alloc(ListReverseIter {
            list: GcCell::new(Some(zelf.clone())),
            index: Cell::new(zelf.len() as isize - 1),
        })
    }

    /// Return the size of the list in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<List>) -> usize {
        let _ = vm;
        40 + zelf.items.with(Vec::capacity) * 8
    }

    /// See PEP 585
    #[pyclassmethod(no_text, "__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

/// `iter(list)`: sees the list grow.
#[pytype(name = "list_iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct ListIter {
    /// `None` once it has ended.
    pub list: GcCell<List>,
    pub index: Cell<usize>,
}

impl ListIter {
    #[inline(always)]
    pub fn new(list: Gc<List>) -> ListIter {
        ListIter { list: GcCell::new(Some(list)), index: Cell::new(0) }
    }

    /// The next item; `None` at the end, which the general path then marks.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        self.list.with(|l| {
            let i = self.index.get();
            let v = l?.items.with(|items| items.get(i).cloned())?;
            self.index.set(i + 1);
            Some(v)
        })
    }
}

fn iter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<ListIter>(vm, v, "__next__")?;
    let i = it.index.get();
    // Looking at an item runs no Python code.
    match it.list.with(|l| l.and_then(|l| l.get(i))) {
        Some(x) => {
            it.index.set(i + 1);
            Ok(Some(x))
        }
        None => {
            it.list.set(None);
            Ok(None)
        }
    }
}

impl Slots for ListIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(iter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl ListIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<ListIter>) -> usize {
        let _ = vm;
        zelf.list.get().map_or(0, |l| l.len().saturating_sub(zelf.index.get()))
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<ListIter>) -> PyResult<Value> {
        let iter = builtin(vm, "iter")?;
        let parts = match zelf.list.get() {
            Some(l) => {
                vec![
                    iter,
                    vm.new_tuple(vec![l.into_value()]).into_value(),
                    vm.new_uint(zelf.index.get() as u64),
                ]
            }
            None => vec![iter, vm.new_tuple(vec![vm.new_list(Vec::new()).into_value()]).into_value()],
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<ListIter>, state: &Value) -> PyResult<()> {
        let i = isize::from_arg(vm, state)?;
        if let Some(l) = zelf.list.get() {
            zelf.index.set((i.max(0) as usize).min(l.len()));
        }
        Ok(())
    }
}

/// `reversed(list)`.
#[pytype(name = "list_reverseiterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct ListReverseIter {
    pub list: GcCell<List>,
    /// The next position; -1 at the end.
    pub index: Cell<isize>,
}

fn reverse_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<ListReverseIter>(vm, v, "__next__")?;
    let Some(l) = it.list.get() else { return Ok(None) };
    let i = it.index.get();
    match usize::try_from(i).ok().and_then(|i| l.get(i)) {
        Some(x) => {
            it.index.set(i - 1);
            Ok(Some(x))
        }
        None => {
            it.index.set(-1);
            it.list.set(None);
            Ok(None)
        }
    }
}

impl Slots for ListReverseIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(reverse_next), ..SlotDefs::NONE };
}

#[pymethods]
impl ListReverseIter {
    /// Private method returning an estimate of len(list(it)).
    #[pymethod(no_text, "__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, zelf: &Gc<ListReverseIter>) -> usize {
        let _ = vm;
        let left = (zelf.index.get() + 1).max(0) as usize;
        zelf.list.get().map_or(0, |l| if l.len() < left { 0 } else { left })
    }

    /// Return state information for pickling.
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<ListReverseIter>) -> PyResult<Value> {
        let reversed = builtin(vm, "reversed")?;
        let parts = match zelf.list.get() {
            Some(l) => vec![
                reversed,
                vm.new_tuple(vec![l.into_value()]).into_value(),
                vm.new_int(zelf.index.get() as i64),
            ],
            None => vec![reversed, vm.new_tuple(vec![vm.new_list(Vec::new()).into_value()]).into_value()],
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Set state information for unpickling.
    #[pymethod(no_text, "__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<ListReverseIter>, state: &Value) -> PyResult<()> {
        let i = isize::from_arg(vm, state)?;
        if let Some(l) = zelf.list.get() {
            zelf.index.set(i.clamp(-1, l.len() as isize - 1));
        }
        Ok(())
    }
}
