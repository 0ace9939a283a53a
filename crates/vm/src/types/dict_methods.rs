//! The methods of `dict`. Views and iterators: `types/dict_views.rs`.

use crate::errors::exc;
use crate::native::shell::object;
use crate::object::ValueExt;
use crate::prelude::*;
use crate::types::dict_views::{DictItems, DictKeyIter, DictKeys, DictReverseKeyIter, DictValues};
use crate::types::set::explain_unhashable;
use crate::types::table::Table;
use crate::types::{generic_alias, repr_guard};
use taipan_text::wtf8::Wtf8Buf;

pub(super) fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Dict>> {
    object::<Dict>(vm, v, "dict")
}

/// The hash of a value that is to be a key.
#[inline]
pub fn key_hash(vm: &Vm, key: &Value) -> PyResult<i64> {
    match vm.hash(key) {
        Ok(h) => Ok(h),
        Err(Raised) => Err(explain_unhashable(vm, key, "a dict key")),
    }
}

impl Dict {
    /// `d[key] = value` with the error texts of subscripts.
    #[inline]
    pub fn store(&self, vm: &Vm, key: &Value, value: Value) -> PyResult<()> {
        let hash = key_hash(vm, key)?;
        drop(self.table.insert(vm, key, hash, Some(value))?);
        Ok(())
    }

    /// The value of a key with the error texts of subscripts.
    #[inline]
    pub fn load(&self, vm: &Vm, key: &Value) -> PyResult<Option<Value>> {
        let hash = key_hash(vm, key)?;
        self.table.get(vm, key, hash)
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let d = me(vm, v)?;
    if d.is_empty() {
        return Ok(vm.new_ascii(b"{}").into_value());
    }
    repr_guard::guarded(vm, v, "{...}", || {
        let mut out = Wtf8Buf::from("{");
        let mut i = 0;
        while let Some((at, key, value)) = d.table.next_entry(i) {
            if out.as_wtf8().as_bytes().len() > 1 {
                out.push_str(", ");
            }
            out.push_wtf8(vm.repr(&key)?.as_wtf8());
            out.push_str(": ");
            out.push_wtf8(vm.repr(&value.unwrap_or(Value::NONE))?.as_wtf8());
            i = at + 1;
        }
        out.push_str("}");
        Ok(out)
    })
}

fn equal(vm: &Vm, a: &Dict, b: &Dict) -> PyResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    let mut i = 0;
    while let Some((at, key, value)) = a.table.next_entry(i) {
        let hash = a.table.hash_at(at).unwrap_or_default();
        let (Some(x), Some(y)) = (value, b.table.get(vm, &key, hash)?) else { return Ok(false) };
        if !vm.eq(&x, &y)? {
            return Ok(false);
        }
        i = at + 1;
    }
    Ok(true)
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast::<Dict>(), b.downcast::<Dict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    match op {
        CompareOp::Eq => Ok(Value::bool(equal(vm, x, y)?)),
        CompareOp::Ne => Ok(Value::bool(!equal(vm, x, y)?)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// `iter(dict)`; a dict with another `__iter__` is no plain mapping to `update`.
pub fn iter(vm: &Vm, v: &Value) -> PyResult {
    Ok(vm.alloc(DictKeyIter::of(me(vm, v)?)).into_value())
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(me(vm, v)?.len())
}

fn contains(vm: &Vm, v: &Value, key: &Value) -> PyResult<bool> {
    let hash = key_hash(vm, key)?;
    Ok(me(vm, v)?.table.find(vm, key, hash)?.is_some())
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    match me(vm, v)?.load(vm, key)? {
        Some(x) => Ok(x),
        None => missing(vm, v, key),
    }
}

#[cold]
fn missing(vm: &Vm, v: &Value, key: &Value) -> PyResult {
    if v.downcast_exact::<Dict>().is_none()
        && let Some(x) = vm.call_special(v, &vm.names.__missing__, std::slice::from_ref(key))?
    {
        return Ok(x);
    }
    Err(vm.key_error(key))
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let d = me(vm, v)?;
    if value.is_none()
        && let Some(old) = d.table.remove_plain(vm, key)
    {
        return if old.is_some() { Ok(()) } else { Err(vm.key_error(key)) };
    }
    let hash = key_hash(vm, key)?;
    match value {
        Some(x) => drop(d.table.insert(vm, key, hash, Some(x.clone()))?),
        None => match d.table.remove(vm, key, hash)? {
            Some(old) => drop(old),
            None => return Err(vm.key_error(key)),
        },
    }
    Ok(())
}

fn or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let (Some(x), Some(_)) = (a.downcast::<Dict>(), b.downcast::<Dict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let new = copy(vm, x);
    update(vm, &new, b)?;
    Ok(new.into_value())
}

fn inplace_or(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    update(vm, me(vm, a)?, b)?;
    Ok(a.clone())
}

/// A plain dict with the same entries.
pub fn copy(vm: &Vm, d: &Dict) -> Gc<Dict> {
    vm.alloc(Dict { table: d.table.copy() })
}

/// `dict.update` with one argument: a mapping, or an iterable of pairs.
pub fn update(vm: &Vm, d: &Gc<Dict>, other: &Value) -> PyResult<()> {
    if other.downcast_exact::<Dict>().is_some() || vm.lookup_attr(other, &vm.names.keys)?.is_some() {
        merge(vm, d, other)
    } else {
        merge_pairs(vm, d, other)
    }
}

/// Takes over the entries of a mapping.
pub fn merge(vm: &Vm, d: &Gc<Dict>, other: &Value) -> PyResult<()> {
    if let Some(o) = other.downcast::<Dict>()
        && vm.type_of(other).slots.iter.get().map(|f| f as usize)
            == vm.types.dict.slots.iter.get().map(|f| f as usize)
    {
        return merge_dict(vm, d, o);
    }
    let keys = vm.call_method_name(other, &vm.names.keys, &[])?;
    let r = vm.get_iter(&keys);
    let it = match r {
        Ok(it) => it,
        Err(Raised) if vm.raised_is(&exc::TypeError) && vm.type_of(&keys).slots.iter.get().is_none() => {
            drop(vm.take_raised());
            return Err(vm.type_error(format_args!(
                "{}.keys() returned a non-iterable (type {})",
                vm.type_of(other).name(),
                vm.type_of(&keys).name()
            )));
        }
        Err(Raised) => return Err(Raised),
    };
    while let Some(key) = vm.iter_next(&it)? {
        let value = vm.get_item(other, &key)?;
        d.store(vm, &key, value)?;
    }
    Ok(())
}

fn merge_dict(vm: &Vm, d: &Gc<Dict>, o: &Gc<Dict>) -> PyResult<()> {
    if d.is(o) || o.is_empty() {
        return Ok(());
    }
    if d.is_empty() {
        // Nothing was there that could be dropped, or be asked about.
        d.table.swap(&o.table.copy());
        return Ok(());
    }
    if d.is_empty() {
        let t: Table = o.table.copy();
        d.table.swap(&t);
        drop(t);
        return Ok(());
    }
    let (mut i, count) = (0, o.table.entry_count());
    while let Some((at, key, value)) = o.table.next_entry(i) {
        let hash = o.table.hash_at(at).unwrap_or_default();
        drop(d.table.insert(vm, &key, hash, value)?);
        if o.table.entry_count() != count {
            return Err(vm.runtime_error("dict mutated during update"));
        }
        i = at + 1;
    }
    Ok(())
}

/// Takes over the pairs of an iterable.
pub fn merge_pairs(vm: &Vm, d: &Gc<Dict>, pairs: &Value) -> PyResult<()> {
    let it = vm.get_iter(pairs)?;
    let mut i = 0;
    while let Some(pair) = vm.iter_next(&it)? {
        let r = vm.sequence_fast(&pair, "object is not iterable");
        let items = match r {
            Ok(items) => items,
            Err(Raised) if vm.raised_is(&exc::TypeError) => {
                let e = vm.take_raised();
                let note = vm.new_str(&format!(
                    "Cannot convert dictionary update sequence element #{i} to a sequence"
                ));
                vm.call_method(&e, "add_note", &[note.into_value()])?;
                return Err(vm.reraise(e));
            }
            Err(Raised) => return Err(Raised),
        };
        let [key, value] = &items[..] else {
            return Err(vm.value_error(format_args!(
                "dictionary update sequence element #{i} has length {}; 2 is required",
                items.len()
            )));
        };
        d.store(vm, key, value.clone())?;
        i += 1;
    }
    Ok(())
}

/// The arguments of `dict()` and `dict.update`.
pub fn update_with_args(vm: &Vm, d: &Gc<Dict>, name: &str, args: CallArgs) -> PyResult<()> {
    match args.pos() {
        [] => {}
        [other] => update(vm, d, other)?,
        more => {
            return Err(vm.type_error(format_args!("{name} expected at most 1 argument, got {}", more.len())));
        }
    }
    for (key, value) in args.keywords() {
        if key.downcast::<Str>().is_none() {
            return Err(vm.type_error("keywords must be strings"));
        }
        d.store(vm, key, value.clone())?;
    }
    Ok(())
}

/// dict() -> new empty dictionary
/// dict(mapping) -> new dictionary initialized from a mapping object's
///     (key, value) pairs
/// dict(iterable) -> new dictionary initialized as if via:
///     d = {}
///     for k, v in iterable:
///         d[k] = v
/// dict(**kwargs) -> new dictionary initialized with the name=value pairs
///     in the keyword argument list.  For example:  dict(one=1, two=2)
#[pytype(name = "dict", flags(BASETYPE, GC, DICT_SUBCLASS, MATCH_SELF, MAPPING))]
impl Slots for Dict {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(len),
        contains: Some(contains),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        or: Some(or),
        inplace_or: Some(inplace_or),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl Dict {
    /// True if the dictionary has the specified key, else False.
    #[pymethod("__contains__($self, key, /)")]
    fn contains(vm: &Vm, zelf: &Value, key: &Value) -> PyResult<bool> {
        contains(vm, zelf, key)
    }

    /// Return self[key].
    #[pymethod("__getitem__($self, key, /)")]
    fn getitem(vm: &Vm, zelf: &Value, key: &Value) -> PyResult<Value> {
        subscript(vm, zelf, key)
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        Ok(vm.alloc_in(cls, Dict::default())?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Dict>, args: CallArgs) -> PyResult<()> {
        update_with_args(vm, zelf, "dict", args)
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }

    /// Remove all items from the dict.
    #[pymethod("clear($self, /)")]
    fn py_clear(vm: &Vm, zelf: &Gc<Dict>) {
        let _ = vm;
        zelf.table.clear()
    }

    /// Return a shallow copy of the dict.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Dict>) -> Gc<Dict> {
        copy(vm, zelf)
    }

    /// Create a new dictionary with keys from iterable and values set to value.
    #[pyclassmethod("fromkeys($type, iterable, value=None, /)")]
    fn fromkeys(vm: &Vm, cls: &Value, iterable: &Value, value: &Value) -> PyResult<Value> {
        let made = vm.call0(cls)?;
        if let Some(d) = made.downcast_exact::<Dict>().cloned() {
            if crate::types::set::knows_hashes(iterable) {
                crate::types::set::each(vm, iterable, |key, hash| {
                    drop(d.table.insert(vm, key, hash, Some(value.clone()))?);
                    Ok(())
                })?;
                return Ok(made);
            }
            vm.for_each(iterable, |key| d.store(vm, &key, value.clone()))?;
        } else {
            vm.for_each(iterable, |key| vm.set_item(&made, &key, value))?;
        }
        Ok(made)
    }

    /// Return the value for key if key is in the dictionary, else default.
    #[pymethod("get($self, key, default=None, /)")]
    fn py_get(vm: &Vm, zelf: &Gc<Dict>, key: &Value, default: &Value) -> PyResult<Value> {
        Ok(zelf.load(vm, key)?.unwrap_or_else(|| default.clone()))
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[pymethod("setdefault($self, key, default=None, /)")]
    fn setdefault(vm: &Vm, zelf: &Gc<Dict>, key: &Value, default: &Value) -> PyResult<Value> {
        let hash = key_hash(vm, key)?;
        Ok(zelf.table.get_or_insert(vm, key, hash, default)?.0)
    }

    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[pymethod("pop($self, key, default=<unrepresentable>, /)")]
    fn pop(vm: &Vm, zelf: &Gc<Dict>, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        if !zelf.is_empty() {
            let hash = key_hash(vm, key)?;
            if let Some((_, Some(v))) = zelf.table.remove(vm, key, hash)? {
                return Ok(v);
            }
        }
        match default {
            Some(v) => Ok(v.clone()),
            None => Err(vm.key_error(key)),
        }
    }

    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    #[pymethod("popitem($self, /)")]
    fn popitem(vm: &Vm, zelf: &Gc<Dict>) -> PyResult<Value> {
        match zelf.table.pop_last() {
            Some((k, v)) => Ok(vm.new_tuple(vec![k, v.unwrap_or(Value::NONE)]).into_value()),
            None => Err(vm.key_error(vm.new_str("popitem(): dictionary is empty").as_value())),
        }
    }

    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    /// If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    #[pymethod(raw, "update")]
    fn update(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let Some(zelf) = args.pos().first() else {
            return Err(vm.type_error("unbound method dict.update() needs an argument"));
        };
        let d = object::<Dict>(vm, zelf, "update")?;
        update_with_args(vm, d, "update", args.skip(1))?;
        Ok(Value::NONE)
    }

    /// Return a set-like object providing a view on the dict's keys.
    #[pymethod("keys($self, /)")]
    fn keys(vm: &Vm, zelf: &Gc<Dict>) -> Gc<DictKeys> {
        vm.alloc(DictKeys { dict: zelf.clone() })
    }

    /// Return a set-like object providing a view on the dict's items.
    #[pymethod("items($self, /)")]
    fn items(vm: &Vm, zelf: &Gc<Dict>) -> Gc<DictItems> {
        vm.alloc(DictItems { dict: zelf.clone() })
    }

    /// Return an object providing a view on the dict's values.
    #[pymethod("values($self, /)")]
    fn values(vm: &Vm, zelf: &Gc<Dict>) -> Gc<DictValues> {
        vm.alloc(DictValues { dict: zelf.clone() })
    }

    /// Return a reverse iterator over the dict keys.
    #[pymethod("__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Gc<Dict>) -> Gc<DictReverseKeyIter> {
        vm.alloc(DictReverseKeyIter::of(zelf))
    }

    /// Return the size of the dict in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Dict>) -> usize {
        let _ = vm;
        48 + zelf.table.byte_size()
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        generic_alias::make(vm, cls, item)
    }
}
