//! `functools._lru_cache_wrapper`. Its table is ordered by last use: a hit moves its entry to the end, and the first one is
//! the oldest.

use std::cell::Cell;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

/// Create a cached callable that wraps another function.
///
/// user_function:      the function being cached
///
/// maxsize:  0         for no caching
///           None      for unlimited cache size
///           n         for a bounded cache
///
/// typed:    False     cache f(3) and f(3.0) as identical calls
///           True      cache f(3) and f(3.0) as distinct calls
///
/// cache_info_type:    namedtuple class with the fields:
///                         hits misses currsize maxsize
#[pytype(
    name = "_lru_cache_wrapper",
    module = "functools",
    flags(BASETYPE, GC, HAS_DICT, WEAKREF, METHOD_DESCRIPTOR)
)]
#[derive(Trace)]
pub struct LruCacheWrapper {
    func: Value,
    cache: Dict,
    /// `None`: without bound.
    maxsize: Option<usize>,
    typed: bool,
    info_type: Value,
    /// Stands in keys between positional and keyword arguments.
    mark: Value,
    hits: Cell<usize>,
    misses: Cell<usize>,
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<LruCacheWrapper>> {
    object::<LruCacheWrapper>(vm, v, "_lru_cache_wrapper")
}

/// The key of a call.
fn key_of(vm: &Vm, w: &LruCacheWrapper, args: CallArgs) -> Value {
    let pos = args.pos();
    if !w.typed
        && !args.has_keywords()
        && let [v] = pos
        && (v.is_int() || v.downcast_exact::<Str>().is_some())
    {
        return v.clone();
    }
    let mut parts = pos.to_vec();
    if args.has_keywords() {
        parts.push(w.mark.clone());
        for (k, v) in args.keywords() {
            parts.push(k.clone());
            parts.push(v.clone());
        }
    }
    if w.typed {
        parts.extend(args.all.iter().map(|v| vm.type_of(v).to_value()));
    }
    vm.new_tuple(parts).into_value()
}

fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult {
    let w = me(vm, v)?;
    if w.maxsize == Some(0) {
        w.misses.set(w.misses.get() + 1);
        return vm.call_args(&w.func, args);
    }
    let key = key_of(vm, w, args);
    let hash = vm.hash(&key)?;
    let table = &w.cache.table;
    if let Some(i) = table.find(vm, &key, hash)?
        && let Some(result) = table.value_at(i)
    {
        if w.maxsize.is_some() && i + 1 != table.entry_count() {
            table.move_entry(i, true);
        }
        w.hits.set(w.hits.get() + 1);
        return Ok(result);
    }
    w.misses.set(w.misses.get() + 1);
    let result = vm.call_args(&w.func, args)?;
    let Some(max) = w.maxsize else {
        drop(table.insert(vm, &key, hash, Some(result.clone()))?);
        return Ok(result);
    };
    // The call may have made the entry itself.
    if table.find(vm, &key, hash)?.is_some() {
        return Ok(result);
    }
    if table.len() >= max
        && let Some((oldest, ..)) = table.next_entry(0)
    {
        drop(table.remove_at(oldest));
    }
    drop(table.insert(vm, &key, hash, Some(result.clone()))?);
    Ok(result)
}

fn get(vm: &Vm, v: &Value, obj: Option<&Value>, _: &Value) -> PyResult {
    match obj {
        Some(obj) if !obj.is_none() => Ok(vm.new_method(v.clone(), obj.clone()).into_value()),
        _ => Ok(v.clone()),
    }
}

impl Slots for LruCacheWrapper {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call), descr_get: Some(get), ..SlotDefs::NONE };
}

#[pymethods]
impl LruCacheWrapper {
    #[pynew("lru_cache(user_function, maxsize, typed, cache_info_type)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        user_function: &Value,
        maxsize: &Value,
        typed: bool,
        cache_info_type: &Value,
    ) -> PyResult<Value> {
        if !vm.is_callable(user_function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let maxsize = if maxsize.is_none() {
            None
        } else if int_value(maxsize).is_some() || vm.type_of(maxsize).slots.index.get().is_some() {
            Some(isize::from_arg(vm, maxsize)?.max(0) as usize)
        } else {
            return Err(vm.type_error("maxsize should be integer or None"));
        };
        let body = LruCacheWrapper {
            func: user_function.clone(),
            cache: Dict::default(),
            maxsize,
            typed,
            info_type: cache_info_type.clone(),
            mark: vm.alloc(taipan_vm::types::object::Object).into_value(),
            hits: Cell::new(0),
            misses: Cell::new(0),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Report cache statistics
    #[pymethod("cache_info($self, /)")]
    fn cache_info(vm: &Vm, zelf: &Gc<LruCacheWrapper>) -> PyResult<Value> {
        let max = match zelf.maxsize {
            Some(n) => vm.new_uint(n as u64),
            None => Value::NONE,
        };
        let count = |n: usize| vm.new_uint(n as u64);
        let args = [count(zelf.hits.get()), count(zelf.misses.get()), max, count(zelf.cache.len())];
        vm.call(&zelf.info_type, &args)
    }

    /// Clear the cache and cache statistics
    #[pymethod("cache_clear($self, /)")]
    fn cache_clear(vm: &Vm, zelf: &Gc<LruCacheWrapper>) {
        let _ = vm;
        zelf.hits.set(0);
        zelf.misses.set(0);
        zelf.cache.table.clear();
    }

    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<LruCacheWrapper>) -> PyResult<Value> {
        vm.get_attr(zelf.as_value(), &vm.names.__qualname__)
    }

    #[pymethod(no_text, "__copy__($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<LruCacheWrapper>) -> Value {
        let _ = vm;
        zelf.to_value()
    }

    #[pymethod(no_text, "__deepcopy__($self, memo, /)")]
    fn deepcopy(vm: &Vm, zelf: &Gc<LruCacheWrapper>, memo: &Value) -> Value {
        let _ = (vm, memo);
        zelf.to_value()
    }
}
