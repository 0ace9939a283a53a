//! `collections.deque` and its iterators.

use std::cell::Cell;
use std::collections::VecDeque;
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::emergency;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::iterators::itself;
use taipan_vm::types::numbers::int_value;
use taipan_vm::types::tuple_methods::{compare_at, first_difference, search_bounds};
use taipan_vm::types::{generic_alias, repr_guard};

/// A list-like sequence optimized for data accesses near its endpoints.
#[pytype(
    name = "deque",
    module = "collections",
    signature = "([iterable[, maxlen]])",
    flags(BASETYPE, GC, WEAKREF, SEQUENCE)
)]
pub struct Deque {
    pub items: Guarded<VecDeque<Value>>,
    pub maxlen: Cell<Option<usize>>,
    /// Changes whenever items come or go.
    state: Cell<usize>,
}

impl Trace for Deque {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.items.with(|items| items.iter().for_each(visit))
    }
    fn unlink(&self) {
        drop(self.items.take())
    }
}

/// Room for more: twice as much, or a little where so much cannot be had.
#[cold]
fn grow(items: &mut VecDeque<Value>) {
    if !emergency::can_grow(items.len() * 2 * size_of::<Value>()) {
        items.reserve_exact(emergency::STEP);
    }
}

impl Deque {
    fn of(items: VecDeque<Value>, maxlen: Option<usize>) -> Deque {
        Deque { items: Guarded::new(items), maxlen: Cell::new(maxlen), state: Cell::new(0) }
    }

    fn len(&self) -> usize {
        self.items.with(VecDeque::len)
    }

    fn get(&self, i: usize) -> Option<Value> {
        self.items.with(|items| items.get(i).cloned())
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    pub fn push(&self, v: Value) {
        let max = self.maxlen.get().unwrap_or(usize::MAX);
        let out = self.items.with_mut(|items| {
            if max == 0 {
                return Some(v);
            }
            if items.len() == items.capacity() {
                grow(items);
            }
            items.push_back(v);
            if items.len() > max { items.pop_front() } else { None }
        });
        self.changed();
        drop(out);
    }

    fn push_left(&self, v: Value) {
        let max = self.maxlen.get().unwrap_or(usize::MAX);
        let out = self.items.with_mut(|items| {
            if max == 0 {
                return Some(v);
            }
            if items.len() == items.capacity() {
                grow(items);
            }
            items.push_front(v);
            if items.len() > max { items.pop_back() } else { None }
        });
        self.changed();
        drop(out);
    }

    fn remove_at(&self, i: usize) -> Option<Value> {
        self.changed();
        self.items.with_mut(|items| items.remove(i))
    }

    /// An index that may be negative, as a position if it is in range.
    fn position(&self, i: isize) -> Option<usize> {
        let n = self.len();
        let i = if i < 0 { i.checked_add(n as isize)? } else { i };
        usize::try_from(i).ok().filter(|i| *i < n)
    }

    fn to_vec(&self) -> Vec<Value> {
        self.items.with(|items| items.iter().cloned().collect())
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Deque>> {
    object::<Deque>(vm, v, "deque")
}

fn mutated(vm: &Vm) -> Raised {
    vm.runtime_error("deque mutated during iteration")
}

fn extend(vm: &Vm, d: &Gc<Deque>, iterable: &Value, push: fn(&Deque, Value)) -> PyResult<()> {
    if iterable.is(d.as_value()) {
        d.to_vec().into_iter().for_each(|v| push(d, v));
        return Ok(());
    }
    vm.for_each(iterable, |v| {
        push(d, v);
        Ok(())
    })
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let d = me(vm, v)?;
    repr_guard::guarded(vm, v, "[...]", || {
        let list = vm.new_list(d.to_vec());
        let mut out = Wtf8Buf::from(format!("{}(", vm.type_of(v).name()));
        out.push_wtf8(vm.repr(list.as_value())?.as_wtf8());
        if let Some(n) = d.maxlen.get() {
            out.push_str(&format!(", maxlen={n}"));
        }
        out.push_str(")");
        Ok(out)
    })
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<Deque>(), b.downcast::<Deque>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x.is(y) && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Eq));
    }
    if x.len() != y.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    let states = (x.state.get(), y.state.get());
    let lens = (x.len(), y.len());
    let same = || states == (x.state.get(), y.state.get());
    let difference = first_difference(vm, |i| if same() { Some((x.get(i)?, y.get(i)?)) } else { None })?;
    if difference.is_none() && !same() {
        return Err(mutated(vm));
    }
    compare_at(vm, difference, lens, op)
}

fn contains(vm: &Vm, v: &Value, x: &Value) -> PyResult<bool> {
    let d = me(vm, v)?;
    let (state, mut i) = (d.state.get(), 0);
    while let Some(item) = d.get(i) {
        let found = vm.eq(&item, x)?;
        if found {
            return Ok(true);
        }
        if d.state.get() != state {
            return Err(mutated(vm));
        }
        i += 1;
    }
    Ok(false)
}

fn index_of(vm: &Vm, key: &Value) -> PyResult<isize> {
    if !key.is_int() && vm.type_of(key).slots.index.get().is_none() {
        return Err(
            vm.type_error(format_args!("sequence index must be integer, not '{}'", vm.type_of(key).name()))
        );
    }
    vm.index_isize(key)
}

fn out_of_range(vm: &Vm) -> Raised {
    vm.index_error("deque index out of range")
}

fn item(vm: &Vm, v: &Value, i: isize) -> PyResult {
    let d = me(vm, v)?;
    match usize::try_from(i).ok().and_then(|i| d.get(i)) {
        Some(x) => Ok(x),
        None => Err(out_of_range(vm)),
    }
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    let d = me(vm, v)?;
    let i = index_of(vm, key)?;
    match d.position(i).and_then(|i| d.get(i)) {
        Some(x) => Ok(x),
        None => Err(out_of_range(vm)),
    }
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let d = me(vm, v)?;
    let i = index_of(vm, key)?;
    let Some(i) = d.position(i) else { return Err(out_of_range(vm)) };
    match value {
        None => drop(d.remove_at(i)),
        Some(x) => {
            let x = x.clone();
            let old = d.items.with_mut(|items| match items.get_mut(i) {
                Some(place) => std::mem::replace(place, x),
                None => x,
            });
            drop(old);
        }
    }
    Ok(())
}

/// The last `maxlen` of `items * n`.
fn repeated(vm: &Vm, items: &[Value], n: isize, maxlen: Option<usize>) -> PyResult<VecDeque<Value>> {
    let n = n.max(0) as usize;
    let Some(total) = items.len().checked_mul(n).filter(|t| *t <= isize::MAX as usize / 8) else {
        return Err(vm.memory_error());
    };
    let keep = total.min(maxlen.unwrap_or(usize::MAX));
    let mut out = VecDeque::new();
    if out.try_reserve_exact(keep).is_err() {
        return Err(vm.memory_error());
    }
    if keep > 0 {
        let skip = (total - keep) % items.len();
        out.extend(items.iter().cycle().skip(skip).take(keep).cloned());
    }
    Ok(out)
}

fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let x = me(vm, a)?;
    if b.downcast::<Deque>().is_none() {
        return Err(vm.type_error(format_args!(
            "can only concatenate deque (not \"{}\") to deque",
            vm.type_of(b).name()
        )));
    }
    let new = copy(vm, x)?;
    let d = me(vm, &new)?;
    extend(vm, d, b, Deque::push)?;
    Ok(new)
}

fn inplace_concat(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    extend(vm, me(vm, a)?, b, Deque::push)?;
    Ok(a.clone())
}

fn repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let d = me(vm, v)?;
    let items = repeated(vm, &d.to_vec(), n, d.maxlen.get())?;
    let new = copy(vm, d)?;
    let fresh = me(vm, &new)?;
    drop(fresh.items.replace(items));
    Ok(new)
}

fn inplace_repeat(vm: &Vm, v: &Value, n: isize) -> PyResult {
    let d = me(vm, v)?;
    let items = repeated(vm, &d.to_vec(), n, d.maxlen.get())?;
    d.changed();
    drop(d.items.replace(items));
    Ok(v.clone())
}

/// A copy of the same class.
fn copy(vm: &Vm, d: &Gc<Deque>) -> PyResult<Value> {
    let max = d.maxlen.get();
    if d.as_value().downcast_exact::<Deque>().is_some() {
        return Ok(vm.alloc(Deque::of(d.items.get(), max)).into_value());
    }
    let cls = vm.type_of(d.as_value()).to_value();
    let r = match max {
        Some(n) => vm.call(&cls, &[d.to_value(), vm.new_uint(n as u64)])?,
        None => vm.call1(&cls, d.as_value())?,
    };
    if r.downcast::<Deque>().is_none() {
        return Err(vm.type_error(format_args!(
            "{}() must return a deque, not {}",
            vm.type_of(d.as_value()).name(),
            vm.type_of(&r).name()
        )));
    }
    Ok(r)
}

impl Slots for Deque {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(|vm, v| Ok(vm.alloc(DequeIter(Place::new(me(vm, v)?))).into_value())),
        len: Some(|vm, v| Ok(me(vm, v)?.len())),
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
impl Deque {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        Ok(vm.alloc_in(cls, Deque::of(VecDeque::new(), None))?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Deque>, args: CallArgs) -> PyResult<()> {
        let total = args.all.len();
        if total > 2 {
            return Err(vm.type_error(format_args!("deque() takes at most 2 arguments ({total} given)")));
        }
        let mut slots = [args.pos().first(), args.pos().get(1)];
        for (name, value) in args.keywords() {
            let text = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let i = match &*text {
                "iterable" => 0,
                "maxlen" => 1,
                _ => {
                    return Err(
                        vm.type_error(format_args!("deque() got an unexpected keyword argument '{text}'"))
                    );
                }
            };
            if slots[i].is_some() {
                return Err(vm.type_error(format_args!(
                    "argument for deque() given by name ('{text}') and position ({})",
                    i + 1
                )));
            }
            slots[i] = Some(value);
        }
        let max = match slots[1].filter(|v| !v.is_none()) {
            None => None,
            Some(v) if int_value(v).is_none() => return Err(vm.type_error("an integer is required")),
            Some(v) => match usize::try_from(isize::from_arg(vm, v)?) {
                Ok(n) => Some(n),
                Err(_) => return Err(vm.value_error("maxlen must be non-negative")),
            },
        };
        zelf.maxlen.set(max);
        let old = zelf.items.take();
        zelf.changed();
        drop(old);
        match slots[0] {
            Some(iterable) => extend(vm, zelf, iterable, Deque::push),
            None => Ok(()),
        }
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// Add an element to the right side of the deque.
    #[pymethod("append($self, item, /)")]
    fn append(vm: &Vm, zelf: &Gc<Deque>, item: &Value) {
        let _ = vm;
        zelf.push(item.clone())
    }

    /// Add an element to the left side of the deque.
    #[pymethod("appendleft($self, item, /)")]
    fn appendleft(vm: &Vm, zelf: &Gc<Deque>, item: &Value) {
        let _ = vm;
        zelf.push_left(item.clone())
    }

    /// Remove all elements from the deque.
    #[pymethod("clear($self, /)")]
    fn py_clear(vm: &Vm, zelf: &Gc<Deque>) {
        let _ = vm;
        zelf.changed();
        drop(zelf.items.take())
    }

    /// Return a shallow copy of a deque.
    #[pymethod("copy($self, /)")]
    #[pymethod("__copy__($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Deque>) -> PyResult<Value> {
        copy(vm, zelf)
    }

    /// Return number of occurrences of value.
    #[pymethod("count($self, value, /)")]
    fn count(vm: &Vm, zelf: &Gc<Deque>, value: &Value) -> PyResult<usize> {
        let (state, mut i, mut n) = (zelf.state.get(), 0, 0);
        while let Some(item) = zelf.get(i) {
            n += vm.eq(&item, value)? as usize;
            if zelf.state.get() != state {
                return Err(mutated(vm));
            }
            i += 1;
        }
        Ok(n)
    }

    /// Extend the right side of the deque with elements from the iterable.
    #[pymethod("extend($self, iterable, /)")]
    fn py_extend(vm: &Vm, zelf: &Gc<Deque>, iterable: &Value) -> PyResult<()> {
        extend(vm, zelf, iterable, Deque::push)
    }

    /// Extend the left side of the deque with elements from the iterable.
    #[pymethod("extendleft($self, iterable, /)")]
    fn extendleft(vm: &Vm, zelf: &Gc<Deque>, iterable: &Value) -> PyResult<()> {
        extend(vm, zelf, iterable, Deque::push_left)
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[pymethod(no_text, "index($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &Vm,
        zelf: &Gc<Deque>,
        value: &Value,
        #[raw] start: Option<&Value>,
        #[raw] stop: Option<&Value>,
    ) -> PyResult<usize> {
        index(vm, zelf, value, start, stop)
    }

    /// Insert value before index.
    #[pymethod("insert($self, index, value, /)")]
    fn insert(vm: &Vm, zelf: &Gc<Deque>, index: isize, value: &Value) -> PyResult<()> {
        let n = zelf.len();
        if zelf.maxlen.get() == Some(n) {
            return Err(vm.index_error("deque already at its maximum size"));
        }
        let at = if index < 0 { index.saturating_add(n as isize).max(0) as usize } else { index as usize };
        zelf.items.with_mut(|items| items.insert(at.min(n), value.clone()));
        zelf.changed();
        Ok(())
    }

    /// Remove and return the rightmost element.
    #[pymethod("pop($self, /)")]
    fn pop(vm: &Vm, zelf: &Gc<Deque>) -> PyResult<Value> {
        zelf.changed();
        match zelf.items.with_mut(VecDeque::pop_back) {
            Some(v) => Ok(v),
            None => Err(vm.index_error("pop from an empty deque")),
        }
    }

    /// Remove and return the leftmost element.
    #[pymethod("popleft($self, /)")]
    fn popleft(vm: &Vm, zelf: &Gc<Deque>) -> PyResult<Value> {
        zelf.changed();
        match zelf.items.with_mut(VecDeque::pop_front) {
            Some(v) => Ok(v),
            None => Err(vm.index_error("pop from an empty deque")),
        }
    }

    /// Remove first occurrence of value.
    #[pymethod("remove($self, value, /)")]
    fn remove(vm: &Vm, zelf: &Gc<Deque>, value: &Value) -> PyResult<()> {
        let (n, mut i) = (zelf.len(), 0);
        while i < n
            && let Some(item) = zelf.get(i)
        {
            let found = vm.eq(&item, value)?;
            if zelf.len() != n {
                return Err(vm.index_error("deque mutated during iteration"));
            }
            if found {
                drop(zelf.remove_at(i));
                return Ok(());
            }
            i += 1;
        }
        Err(vm.value_error("deque.remove(x): x not in deque"))
    }

    /// Reverse *IN PLACE*.
    #[pymethod("reverse($self, /)")]
    fn reverse(vm: &Vm, zelf: &Gc<Deque>) {
        let _ = vm;
        zelf.items.with_mut(|items| items.make_contiguous().reverse())
    }

    /// Rotate the deque n steps to the right.  If n is negative, rotates left.
    #[pymethod("rotate($self, n=1, /)")]
    fn rotate(vm: &Vm, zelf: &Gc<Deque>, n: isize) {
        let _ = vm;
        let len = zelf.len();
        if len > 1 {
            let by = n.rem_euclid(len as isize) as usize;
            zelf.items.with_mut(|items| items.rotate_right(by));
            zelf.changed();
        }
    }

    /// maximum size of a deque or None if unbounded
    #[pygetter("maxlen")]
    fn maxlen(vm: &Vm, zelf: &Gc<Deque>) -> Option<usize> {
        let _ = vm;
        zelf.maxlen.get()
    }

    /// Return a reverse iterator over the deque.
    #[pymethod("__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<Deque>) -> Gc<DequeReverseIter> {
        vm.alloc(DequeReverseIter(Place::new(zelf)))
    }

    /// Return state information for pickling.
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Deque>) -> PyResult<Value> {
        let v = zelf.as_value();
        let state = vm.call_method_name(v, &vm.names.__getstate__, &[])?;
        let it = vm.get_iter(v)?;
        let args = match zelf.maxlen.get() {
            Some(n) => vm.new_tuple(vec![vm.new_tuple(Vec::new()).into_value(), vm.new_uint(n as u64)]),
            None => vm.new_tuple(Vec::new()),
        };
        let parts = vec![vm.type_of(v).to_value(), args.into_value(), state, it];
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Return the size of the deque in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Deque>) -> usize {
        let _ = vm;
        // CPython's blocks of 64 items.
        232 + zelf.items.with(VecDeque::capacity).saturating_sub(64).div_ceil(64) * 528 + 528
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}

fn index(
    vm: &Vm,
    d: &Gc<Deque>,
    value: &Value,
    start: Option<&Value>,
    stop: Option<&Value>,
) -> PyResult<usize> {
    let (mut i, stop) = search_bounds(vm, d.len(), start, stop)?;
    let state = d.state.get();
    while i < stop
        && let Some(item) = d.get(i)
    {
        if vm.eq(&item, value)? {
            return Ok(i);
        }
        if d.state.get() != state {
            return Err(mutated(vm));
        }
        i += 1;
    }
    Err(vm.value_error("deque.index(x): x not in deque"))
}

/// Where an iterator is: how many items are behind it.
#[derive(Trace)]
struct Place {
    deque: GcCell<Deque>,
    done: Cell<usize>,
    state: Cell<usize>,
    left: Cell<usize>,
}

impl Place {
    fn new(d: &Gc<Deque>) -> Place {
        Place {
            deque: GcCell::new(Some(d.clone())),
            done: Cell::new(0),
            state: d.state.clone(),
            left: Cell::new(d.len()),
        }
    }

    fn next(&self, vm: &Vm, back: bool) -> PyResult<Option<Value>> {
        let Some(d) = self.deque.get() else { return Ok(None) };
        if d.state.get() != self.state.get() {
            self.left.set(0);
            return Err(mutated(vm));
        }
        if self.left.get() == 0 {
            return Ok(None);
        }
        let i = self.done.get();
        let at = if back { d.len().wrapping_sub(i + 1) } else { i };
        self.done.set(i + 1);
        self.left.set(self.left.get() - 1);
        Ok(d.get(at))
    }

    fn reduce(&self, vm: &Vm, v: &Value) -> Value {
        let d = match self.deque.get() {
            Some(d) => d.into_value(),
            None => Value::NONE,
        };
        let args = vm.new_tuple(vec![d, vm.new_uint(self.done.get() as u64)]).into_value();
        vm.new_tuple(vec![vm.type_of(v).to_value(), args]).into_value()
    }

    /// From the arguments of a constructor: a deque and how many items to pass over.
    fn from_args(vm: &Vm, args: CallArgs) -> PyResult<Place> {
        let Some(first) = args.pos().first() else {
            return Err(vm.type_error("function missing required argument 'deque' (pos 1)"));
        };
        let Some(d) = first.downcast::<Deque>() else {
            return Err(vm.type_error(format_args!(
                "argument 1 must be collections.deque, not {}",
                vm.type_of(first).name()
            )));
        };
        let p = Place::new(d);
        if let Some(skip) = args.pos().get(1) {
            let skip = (isize::from_arg(vm, skip)?.max(0) as usize).min(d.len());
            p.done.set(skip);
            p.left.set(d.len() - skip);
        }
        Ok(p)
    }
}

macro_rules! iterators {
    ($($ty:ident $name:literal $back:literal;)*) => { $(
        /// An iterator over a deque.
        #[pytype(name = $name, module = "collections", flags(GC))]
        #[derive(Trace)]
        pub struct $ty(Place);

        impl Slots for $ty {
            const SLOTS: SlotDefs = SlotDefs {
                iter: Some(itself),
                iternext: Some(|vm, v| object::<$ty>(vm, v, "__next__")?.0.next(vm, $back)),
                ..SlotDefs::NONE
            };
        }

        #[pymethods]
        impl $ty {
            #[pynew(raw)]
            fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
                let place = Place::from_args(vm, args)?;
                Ok(vm.alloc_in(cls, $ty(place))?.into_value())
            }

            /// Private method returning an estimate of len(list(it)).
            #[pymethod(no_text, "__length_hint__($self, /)")]
            fn length_hint(vm: &Vm, zelf: &Gc<$ty>) -> usize {
                let _ = vm;
                zelf.0.left.get()
            }

            /// Return state information for pickling.
            #[pymethod(no_text, "__reduce__($self, /)")]
            fn reduce(vm: &Vm, zelf: &Gc<$ty>) -> Value {
                zelf.0.reduce(vm, zelf.as_value())
            }
        }
    )* };
}

iterators! {
    DequeIter "_deque_iterator" false;
    DequeReverseIter "_deque_reverse_iterator" true;
}
