//! Module `_abc`: what `abc.ABCMeta` does natively.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::weakref::{WeakRef, new_ref};
use rustc_hash::FxHashMap as HashMap;
use std::cell::Cell;

/// The number of registrations so far: negative caches older than that are worthless.
#[derive(Default)]
struct Registrations(Cell<u64>);

/// Classes held weakly, by address.
#[derive(Default)]
struct WeakClasses(Guarded<HashMap<u64, Value>>);

impl WeakClasses {
    fn holds(&self, cls: &Value) -> bool {
        self.0.with(|m| m.get(&cls.bits()).cloned()).is_some_and(|r| alive(&r).is_some_and(|c| c.is(cls)))
    }

    fn add(&self, vm: &Vm, cls: &Value) -> PyResult<()> {
        let r = new_ref(vm, &vm.native_type::<WeakRef>(), cls, None)?;
        let old = self.0.with_mut(|m| {
            let mut old = Vec::new();
            // Now and then the dead ones go.
            if m.len() >= 16 && m.len().is_power_of_two() {
                let dead: Vec<u64> = m.iter().filter(|(_, r)| alive(r).is_none()).map(|(k, _)| *k).collect();
                old.extend(dead.into_iter().filter_map(|k| m.remove(&k)));
            }
            old.extend(m.insert(cls.bits(), r));
            old
        });
        drop(old);
        Ok(())
    }

    fn references(&self) -> Vec<Value> {
        self.0.with(|m| m.values().cloned().collect())
    }

    fn unlink(&self) {
        drop(self.0.take())
    }
}

fn alive(r: &Value) -> Option<Value> {
    r.downcast::<WeakRef>()?.link.get()
}

// Internal state held by ABC machinery.
#[pytype(name = "_abc_data", module = "_abc", flags(NO_NEW), no_methods, no_slots)]
pub struct AbcData {
    registry: WeakClasses,
    cache: WeakClasses,
    negative: WeakClasses,
    negative_version: Cell<u64>,
}

impl Trace for AbcData {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {
        // References to classes are weak and lead nowhere.
    }
}

fn data_of(vm: &Vm, cls: &Value) -> PyResult<Gc<AbcData>> {
    let found = vm.get_attr_str(cls, "_abc_impl")?;
    match found.downcast::<AbcData>() {
        Some(d) => Ok(d.clone()),
        None => Err(vm.type_error("_abc_impl is set to a wrong type")),
    }
}

fn is_abstract(vm: &Vm, v: &Value) -> PyResult<bool> {
    crate::types::static_method::is_abstract(vm, v)
}

fn compute_abstract_methods(vm: &Vm, cls: &Value) -> PyResult<()> {
    let mut found: Vec<Value> = Vec::new();
    let ns = match cls.downcast::<Type>() {
        Some(t) => t.dict(vm).pairs(),
        None => return Err(vm.type_error("_abc_init() argument must be a class")),
    };
    for (k, v) in ns {
        if is_abstract(vm, &v)? {
            found.push(k);
        }
    }
    let bases = vm.get_attr(cls, &vm.names.__bases__)?;
    let Some(bases) = bases.downcast::<Tuple>() else {
        return Err(vm.type_error("__bases__ is not tuple"));
    };
    for b in bases.items() {
        let Some(names) = vm.lookup_attr(b, &vm.names.__abstractmethods__)? else { continue };
        for k in vm.collect(&names)? {
            let Some(name) = k.downcast::<Str>() else { continue };
            if let Some(v) = vm.lookup_attr(cls, name)?
                && is_abstract(vm, &v)?
            {
                found.push(k);
            }
        }
    }
    let frozenset = vm.builtin_named("frozenset")?;
    let set = vm.call1(&frozenset, vm.new_list(found).as_value())?;
    vm.set_attr(cls, &vm.names.__abstractmethods__, &set)
}

const COLLECTION: u32 = F::SEQUENCE | F::MAPPING;

/// `match` treats instances as sequences or mappings from now on.
fn set_collection_flag(cls: &Gc<Type>, flag: u32) {
    if cls.has_flags(F::IMMUTABLE) || cls.flags.get() & COLLECTION == flag {
        return;
    }
    cls.flags.set(cls.flags.get() & !COLLECTION | flag);
    cls.modified();
    for s in cls.subclasses_alive() {
        set_collection_flag(&s, flag);
    }
}

fn subclasscheck(vm: &Vm, zelf: &Value, subclass: &Value) -> PyResult<bool> {
    if !subclass.is_instance_of::<Type>() {
        return Err(vm.type_error("issubclass() arg 1 must be a class"));
    }
    let data = data_of(vm, zelf)?;
    if data.cache.holds(subclass) {
        return Ok(true);
    }
    let version = vm.state::<Registrations>().0.get();
    if data.negative_version.get() < version {
        data.negative.unlink();
        data.negative_version.set(version);
    } else if data.negative.holds(subclass) {
        return Ok(false);
    }
    let ok = vm.call_method_name(zelf, &vm.names.__subclasshook__, std::slice::from_ref(subclass))?;
    if ok.is_true() {
        data.cache.add(vm, subclass)?;
        return Ok(true);
    }
    if ok.is_false() {
        data.negative.add(vm, subclass)?;
        return Ok(false);
    }
    if !ok.is_not_implemented() {
        return Err(vm.raise_new(
            &exc::AssertionError,
            "__subclasshook__ must return either False, True, or NotImplemented",
        ));
    }
    if let (Some(sub), Some(me)) = (subclass.downcast::<Type>(), zelf.downcast::<Type>())
        && sub.is_subtype(me)
    {
        data.cache.add(vm, subclass)?;
        return Ok(true);
    }
    for r in data.registry.references() {
        let Some(c) = alive(&r) else { continue };
        if vm.is_subclass(subclass, &c)? {
            data.cache.add(vm, subclass)?;
            return Ok(true);
        }
    }
    let subclasses = vm.call_method(zelf, "__subclasses__", &[])?;
    let Some(list) = subclasses.downcast::<List>() else {
        return Err(vm.type_error("__subclasses__() must return a list"));
    };
    for c in list.to_vec() {
        if vm.is_subclass(subclass, &c)? {
            data.cache.add(vm, subclass)?;
            return Ok(true);
        }
    }
    data.negative.add(vm, subclass)?;
    Ok(false)
}

fn set_of(vm: &Vm, items: Vec<Value>) -> PyResult<Value> {
    let set = vm.builtin_named("set")?;
    vm.call1(&set, vm.new_list(items).as_value())
}

/// Module contains faster C implementation of abc.ABCMeta
#[pymodule(name = "_abc")]
pub mod abc {
    use super::*;

    /// Returns the current ABC cache token.
    ///
    /// The token is an opaque object (supporting equality testing) identifying the
    /// current version of the ABC cache for virtual subclasses. The token changes
    /// with every call to register() on any ABC.
    #[pyfn("get_cache_token()")]
    fn get_cache_token(vm: &Vm) -> u64 {
        vm.state::<Registrations>().0.get()
    }

    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    #[pyfn("_abc_init(self, /)")]
    fn abc_init(vm: &Vm, zelf: &Value) -> PyResult<()> {
        compute_abstract_methods(vm, zelf)?;
        let data = vm.alloc(AbcData {
            registry: WeakClasses::default(),
            cache: WeakClasses::default(),
            negative: WeakClasses::default(),
            negative_version: Cell::new(vm.state::<Registrations>().0.get()),
        });
        vm.set_attr_str(zelf, "_abc_impl", data.as_value())?;
        let Some(cls) = zelf.downcast::<Type>() else { return Ok(()) };
        let key = vm.intern("__abc_tpflags__");
        let Some(flags) = cls.own(vm, &key) else { return Ok(()) };
        let bits = flags.as_int().unwrap_or(0) as u32 & COLLECTION;
        if bits == COLLECTION {
            return Err(
                vm.type_error("__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING")
            );
        }
        cls.flags.set(cls.flags.get() | bits);
        crate::types::class::set_own(vm, cls, &key, None)
    }

    /// Internal ABC helper for subclasss registration. Should be never used outside abc module.
    #[pyfn("_abc_register(self, subclass, /)")]
    fn abc_register(vm: &Vm, zelf: &Value, subclass: &Value) -> PyResult<Value> {
        let Some(sub) = subclass.downcast::<Type>() else {
            return Err(vm.type_error("Can only register classes"));
        };
        if vm.is_subclass(subclass, zelf)? {
            return Ok(subclass.clone());
        }
        // Subtle: test for cycles after testing for "already a subclass".
        if vm.is_subclass(zelf, subclass)? {
            return Err(vm.runtime_error("Refusing to create an inheritance cycle"));
        }
        data_of(vm, zelf)?.registry.add(vm, subclass)?;
        let n = &vm.state::<Registrations>().0;
        n.set(n.get() + 1);
        if let Some(me) = zelf.downcast::<Type>() {
            let flag = me.flags.get() & COLLECTION;
            if flag != 0 {
                set_collection_flag(sub, flag);
            }
        }
        Ok(subclass.clone())
    }

    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    #[pyfn("_abc_instancecheck(self, instance, /)")]
    fn abc_instancecheck(vm: &Vm, zelf: &Value, instance: &Value) -> PyResult<Value> {
        let data = data_of(vm, zelf)?;
        let subclass = vm.get_attr(instance, &vm.names.__class__)?;
        if data.cache.holds(&subclass) {
            return Ok(Value::TRUE);
        }
        let subtype = vm.type_of(instance).to_value();
        if subtype.is(&subclass) {
            let current = data.negative_version.get() == vm.state::<Registrations>().0.get();
            if current && data.negative.holds(&subclass) {
                return Ok(Value::FALSE);
            }
            return vm.call_method_name(zelf, &vm.names.__subclasscheck__, &[subclass]);
        }
        let r = vm.call_method_name(zelf, &vm.names.__subclasscheck__, &[subclass])?;
        if vm.is_true(&r)? {
            return Ok(r);
        }
        vm.call_method_name(zelf, &vm.names.__subclasscheck__, &[subtype])
    }

    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    #[pyfn("_abc_subclasscheck(self, subclass, /)")]
    fn abc_subclasscheck(vm: &Vm, zelf: &Value, subclass: &Value) -> PyResult<bool> {
        subclasscheck(vm, zelf, subclass)
    }

    /// Internal ABC helper for cache and registry debugging.
    ///
    /// Return shallow copies of registry, of both caches, and
    /// negative cache version. Don't call this function directly,
    /// instead use ABC._dump_registry() for a nice repr.
    #[pyfn("_get_dump(self, /)")]
    fn get_dump(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let d = data_of(vm, zelf)?;
        let parts = vec![
            set_of(vm, d.registry.references())?,
            set_of(vm, d.cache.references())?,
            set_of(vm, d.negative.references())?,
            vm.new_uint(d.negative_version.get()),
        ];
        Ok(vm.new_tuple(parts).into_value())
    }

    /// Internal ABC helper to reset registry of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfn("_reset_registry(self, /)")]
    fn reset_registry(vm: &Vm, zelf: &Value) -> PyResult<()> {
        data_of(vm, zelf)?.registry.unlink();
        Ok(())
    }

    /// Internal ABC helper to reset both caches of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfn("_reset_caches(self, /)")]
    fn reset_caches(vm: &Vm, zelf: &Value) -> PyResult<()> {
        let d = data_of(vm, zelf)?;
        d.cache.unlink();
        d.negative.unlink();
        Ok(())
    }
}
