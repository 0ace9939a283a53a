//! `collections.OrderedDict`: a dict, whose table is ordered anyway, with methods that see and change the order.

use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::dict_methods::{copy, key_hash};
use taipan_vm::types::dict_views::{DictItems, DictKeys, DictValues};
use taipan_vm::types::iterators::{builtin, itself};
use taipan_vm::types::repr_guard;

/// Dictionary that remembers insertion order
#[pytype(name = "OrderedDict", module = "collections", base = Dict, flags(BASETYPE, GC, HAS_DICT, WEAKREF))]
#[derive(Trace)]
pub struct OrderedDict {
    dict: Dict,
}

fn as_dict<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Dict>> {
    object::<Dict>(vm, v, "dict")
}

fn is_exact(v: &Value) -> bool {
    v.downcast_exact::<OrderedDict>().is_some()
}

/// `self[key] = value`, through a subclass's `__setitem__`.
fn store(vm: &Vm, v: &Value, key: &Value, value: &Value) -> PyResult<()> {
    if is_exact(v) { as_dict(vm, v)?.store(vm, key, value.clone()) } else { vm.set_item(v, key, value) }
}

fn add_pairs(vm: &Vm, v: &Value, pairs: &Value) -> PyResult<()> {
    vm.for_each(pairs, |pair| {
        let it = vm.get_iter(&pair)?;
        let short = |n: usize, s: &str| vm.value_error(format_args!("need more than {n} value{s} to unpack"));
        let Some(key) = vm.iter_next(&it)? else { return Err(short(0, "s")) };
        let Some(value) = vm.iter_next(&it)? else { return Err(short(1, "")) };
        if vm.iter_next(&it)?.is_some() {
            return Err(vm.value_error("too many values to unpack (expected 2)"));
        }
        store(vm, v, &key, &value)
    })
}

/// `MutableMapping.update` with one argument.
fn update_from(vm: &Vm, v: &Value, other: &Value) -> PyResult<()> {
    if other.downcast_exact::<Dict>().is_some() {
        for (key, value) in as_dict(vm, other)?.pairs() {
            store(vm, v, &key, &value)?;
        }
        return Ok(());
    }
    if let Some(keys) = vm.lookup_attr(other, &vm.names.keys)? {
        let keys = vm.call0(&keys)?;
        return vm.for_each(&keys, |key| {
            let value = vm.get_item(other, &key)?;
            store(vm, v, &key, &value)
        });
    }
    if let Some(items) = vm.lookup_attr(other, &vm.names.items)? {
        let items = vm.call0(&items)?;
        return add_pairs(vm, v, &items);
    }
    add_pairs(vm, v, other)
}

fn update_all(vm: &Vm, v: &Value, args: CallArgs) -> PyResult<()> {
    if let Some(other) = args.pos().first() {
        update_from(vm, v, other)?;
    }
    for (key, value) in args.keywords() {
        store(vm, v, key, value)?;
    }
    Ok(())
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let name = vm.type_of(v).name();
    let d = as_dict(vm, v)?;
    if d.is_empty() {
        return Ok(vm.new_str(&format!("{name}()")).into_value());
    }
    repr_guard::guarded(vm, v, "...", || {
        let shown = if is_exact(v) {
            copy(vm, d)
        } else {
            let items = vm.call_method(v, "items", &[])?;
            let plain = vm.new_dict();
            taipan_vm::types::dict_methods::update(vm, &plain, &items)?;
            plain
        };
        let mut out = Wtf8Buf::from(format!("{name}("));
        out.push_wtf8(vm.repr(shown.as_value())?.as_wtf8());
        out.push_str(")");
        Ok(out)
    })
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (Some(x), Some(y)) = (a.downcast::<Dict>(), b.downcast::<Dict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let Some(compare) = vm.types.dict.slots.richcompare.get() else { return Ok(Value::NOT_IMPLEMENTED) };
    let r = compare(vm, a, b, CompareOp::Eq)?;
    let mut equal = vm.is_true(&r)?;
    if equal && b.downcast::<OrderedDict>().is_some() {
        let (left, right) = (x.pairs(), y.pairs());
        for ((k, _), (l, _)) in left.iter().zip(&right) {
            if !vm.eq(k, l)? {
                equal = false;
                break;
            }
        }
    }
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    if a.downcast::<Dict>().is_none() || b.downcast::<Dict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let like = if a.downcast::<OrderedDict>().is_some() { a } else { b };
    let cls = vm.type_of(like).to_value();
    let new = vm.call1(&cls, a)?;
    update_from(vm, &new, b)?;
    Ok(new)
}

fn inplace_or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    update_from(vm, a, b)?;
    Ok(a.clone())
}

impl Slots for OrderedDict {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(|vm, v| iterate(vm, as_dict(vm, v)?, Kind::Keys, false)),
        or: Some(or),
        inplace_or: Some(inplace_or),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl OrderedDict {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        Ok(vm.alloc_in(cls, OrderedDict { dict: Dict::default() })?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<OrderedDict>, args: CallArgs) -> PyResult<()> {
        let n = args.pos().len();
        if n > 1 {
            return Err(vm.type_error(format_args!("expected at most 1 argument, got {n}")));
        }
        update_all(vm, zelf.as_value(), args)
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// Create a new ordered dictionary with keys from iterable and values set to value.
    #[pyclassmethod("fromkeys($type, /, iterable, value=None)")]
    fn fromkeys(vm: &Vm, cls: &Value, iterable: &Value, value: &Value) -> PyResult<Value> {
        let made = vm.call0(cls)?;
        vm.for_each(iterable, |key| vm.set_item(&made, &key, value))?;
        Ok(made)
    }

    /// D.update([E, ]**F) -> None.  Update D from dict/iterable E and F.
    #[pymethod(raw, "update")]
    fn update(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let Some(zelf) = args.pos().first() else {
            return Err(vm.type_error("update() takes at least 1 argument (0 given)"));
        };
        as_dict(vm, zelf)?;
        let rest = args.skip(1);
        let n = rest.pos().len();
        if n > 1 {
            return Err(
                vm.type_error(format_args!("update() takes at most 1 positional argument ({n} given)"))
            );
        }
        update_all(vm, zelf, rest)?;
        Ok(Value::NONE)
    }

    /// od.copy() -> a shallow copy of od
    #[pymethod(no_text, "copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<Value> {
        let v = zelf.as_value();
        let d = as_dict(vm, v)?;
        if is_exact(v) {
            let new = vm.alloc(OrderedDict { dict: Dict { table: d.table.copy() } });
            return Ok(new.into_value());
        }
        let new = vm.call0(vm.type_of(v).as_value())?;
        for (key, _) in d.pairs() {
            let value = vm.get_item(v, &key)?;
            vm.set_item(&new, &key, &value)?;
        }
        Ok(new)
    }

    /// Move an existing element to the end (or beginning if last is false).
    ///
    /// Raise KeyError if the element does not exist.
    #[pymethod("move_to_end($self, /, key, last=True)")]
    fn move_to_end(vm: &Vm, zelf: &Gc<OrderedDict>, key: &Value, last: bool) -> PyResult<()> {
        let hash = key_hash(vm, key)?;
        let d = as_dict(vm, zelf.as_value())?;
        let Some(i) = d.table.find(vm, key, hash)? else { return Err(vm.key_error(key)) };
        let there = if last { d.table.prev_entry(usize::MAX) } else { d.table.next_entry(0) };
        if there.is_none_or(|(at, ..)| at != i) {
            d.table.move_entry(i, last);
        }
        Ok(())
    }

    /// od.pop(key[,default]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[pymethod("pop($self, /, key, default=<unrepresentable>)")]
    fn pop(vm: &Vm, zelf: &Gc<OrderedDict>, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        let v = zelf.as_value();
        if is_exact(v) {
            let hash = key_hash(vm, key)?;
            if let Some((_, Some(value))) = as_dict(vm, v)?.table.remove(vm, key, hash)? {
                return Ok(value);
            }
        } else if vm.contains(v, key)? {
            let value = vm.get_item(v, key)?;
            vm.del_item(v, key)?;
            return Ok(value);
        }
        match default {
            Some(d) => Ok(d.clone()),
            None => Err(vm.key_error(key)),
        }
    }

    /// Remove and return a (key, value) pair from the dictionary.
    ///
    /// Pairs are returned in LIFO order if last is true or FIFO order if false.
    #[pymethod("popitem($self, /, last=True)")]
    fn popitem(vm: &Vm, zelf: &Gc<OrderedDict>, last: bool) -> PyResult<Value> {
        let d = as_dict(vm, zelf.as_value())?;
        let taken = if last {
            d.table.pop_last()
        } else {
            d.table.next_entry(0).and_then(|(at, ..)| d.table.remove_at(at))
        };
        match taken {
            Some((k, v)) => Ok(vm.new_tuple(vec![k, v.unwrap_or(Value::NONE)]).into_value()),
            None => Err(vm.key_error(vm.new_str("dictionary is empty").as_value())),
        }
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[pymethod("setdefault($self, /, key, default=None)")]
    fn setdefault(vm: &Vm, zelf: &Gc<OrderedDict>, key: &Value, default: &Value) -> PyResult<Value> {
        let v = zelf.as_value();
        if is_exact(v) {
            let hash = key_hash(vm, key)?;
            return Ok(as_dict(vm, v)?.table.get_or_insert(vm, key, hash, default)?.0);
        }
        if vm.contains(v, key)? {
            return vm.get_item(v, key);
        }
        vm.set_item(v, key, default)?;
        Ok(default.clone())
    }

    #[pymethod(no_text, "keys($self, /)")]
    fn keys(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<Gc<OrderedKeys>> {
        let dict = as_dict(vm, zelf.as_value())?.clone();
        Ok(vm.alloc(OrderedKeys { view: DictKeys { dict } }))
    }

    #[pymethod(no_text, "values($self, /)")]
    fn values(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<Gc<OrderedValues>> {
        let dict = as_dict(vm, zelf.as_value())?.clone();
        Ok(vm.alloc(OrderedValues { view: DictValues { dict } }))
    }

    #[pymethod(no_text, "items($self, /)")]
    fn items(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<Gc<OrderedItems>> {
        let dict = as_dict(vm, zelf.as_value())?.clone();
        Ok(vm.alloc(OrderedItems { view: DictItems { dict } }))
    }

    /// od.__reversed__() <==> reversed(od)
    #[pymethod(no_text, "__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<Value> {
        iterate(vm, as_dict(vm, zelf.as_value())?, Kind::Keys, true)
    }

    /// Return state information for pickling
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<Value> {
        let v = zelf.as_value();
        let state = vm.call_method_name(v, &vm.names.__getstate__, &[])?;
        let items = vm.call_method(v, "items", &[])?;
        let it = vm.get_iter(&items)?;
        let args = vm.new_tuple(Vec::new()).into_value();
        Ok(vm.new_tuple(vec![vm.type_of(v).to_value(), args, state, Value::NONE, it]).into_value())
    }

    #[pymethod(no_text, "__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<OrderedDict>) -> PyResult<usize> {
        Ok(88 + as_dict(vm, zelf.as_value())?.table.byte_size() * 2)
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Keys,
    Values,
    Items,
}

/// The one iterator of `OrderedDict` and its views.
#[pytype(name = "odict_iterator", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct OrderedIter {
    dict: GcCell<Dict>,
    pos: Cell<usize>,
    size: usize,
    /// The table's when the iteration began.
    version: u64,
    #[notrace]
    kind: Kind,
    back: bool,
}

fn iterate(vm: &Vm, d: &Gc<Dict>, kind: Kind, back: bool) -> PyResult<Value> {
    let it = OrderedIter {
        dict: GcCell::new(Some(d.clone())),
        pos: Cell::new(if back { usize::MAX } else { 0 }),
        size: d.len(),
        version: d.table.version(),
        kind,
        back,
    };
    Ok(vm.alloc(it).into_value())
}

fn iter_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let it = object::<OrderedIter>(vm, v, "__next__")?;
    let Some(d) = it.dict.get() else { return Ok(None) };
    if d.table.version() != it.version {
        it.dict.set(None);
        return Err(vm.runtime_error("OrderedDict mutated during iteration"));
    }
    let found = if it.back { d.table.prev_entry(it.pos.get()) } else { d.table.next_entry(it.pos.get()) };
    let Some((at, key, value)) = found else {
        it.dict.set(None);
        return Ok(None);
    };
    it.pos.set(if it.back { at } else { at + 1 });
    let value = value.unwrap_or(Value::NONE);
    Ok(Some(match it.kind {
        Kind::Keys => key,
        Kind::Values => value,
        Kind::Items => vm.new_tuple(vec![key, value]).into_value(),
    }))
}

impl Slots for OrderedIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(iter_next), ..SlotDefs::NONE };
}

#[pymethods]
impl OrderedIter {
    /// Return state information for pickling
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<OrderedIter>) -> PyResult<Value> {
        let copy = vm.alloc(OrderedIter {
            dict: GcCell::new(zelf.dict.get()),
            pos: zelf.pos.clone(),
            size: zelf.size,
            version: zelf.version,
            kind: zelf.kind,
            back: zelf.back,
        });
        let rest = vm.new_list(vm.collect(copy.as_value())?).into_value();
        Ok(vm.new_tuple(vec![builtin(vm, "iter")?, vm.new_tuple(vec![rest]).into_value()]).into_value())
    }
}

macro_rules! views {
    ($($ty:ident $base:ident $name:literal $kind:ident;)*) => { $(
        /// A view of an `OrderedDict`.
        #[pytype(name = $name, base = $base, flags(GC, NO_NEW))]
        #[derive(Trace)]
        pub struct $ty {
            view: $base,
        }

        impl Slots for $ty {
            const SLOTS: SlotDefs = SlotDefs {
                iter: Some(|vm, v| iterate(vm, &object::<$ty>(vm, v, "__iter__")?.view.dict, Kind::$kind, false)),
                ..SlotDefs::NONE
            };
        }

        #[pymethods]
        impl $ty {
            #[pymethod(no_text, "__reversed__($self, /)")]
            fn reversed(vm: &Vm, zelf: &Gc<$ty>) -> PyResult<Value> {
                iterate(vm, &zelf.view.dict, Kind::$kind, true)
            }
        }
    )* };
}

views! {
    OrderedKeys DictKeys "odict_keys" Keys;
    OrderedValues DictValues "odict_values" Values;
    OrderedItems DictItems "odict_items" Items;
}
