//! Slow paths of operators, attributes, items, patterns and intrinsics.

use super::cache::{self, Kind, SiteCache};
use super::frame::{Frame, Slot};
use super::run::Regs;
use super::{call, fast, links};
use crate::errors::exc;
use crate::object::{Type, ValueExt};
use crate::protocol::BinaryOp;
use crate::protocol::attr::Method;
use crate::types::class_method::ClassMethod;
use crate::types::descriptors::{GetSetDescriptor, MemberDescriptor, MethodDescriptor};
use crate::types::function::Function;
use crate::types::instance::{self, Attrs, Shape};
use crate::types::module::Module;
use crate::types::property::Property;
use crate::types::static_method::StaticMethod;
use crate::types::typedef::{CompareOp, F};
use crate::types::{Bytes, Dict, List, Str, Tuple};
use crate::{PyResult, Value, Vm};
use taipan_bytecode::{Instr, Intrinsic1, Intrinsic2};
use taipan_heap::Gc;

/// A new reference from a word that a cache borrows (cache.rs, I1).
#[inline(always)]
pub fn borrowed(bits: u64) -> Value {
    // SAFETY: the caller checked the versions that guard the word.
    unsafe { (*std::mem::ManuallyDrop::new(Value::from_bits(bits))).clone() }
}

/// Whether the instance has no attributes that hide the class's: it has no storage, or the cached shape.
///
/// # Safety
/// The object's class has the version that the site (of kind `Class` or `Method`) was filled under.
#[inline(always)]
pub unsafe fn shape_matches(obj: &Value, site: &SiteCache) -> bool {
    let offset = site.offset.get() as usize;
    // SAFETY: the version says that the storage lies there, and only objects have some.
    offset == 0
        || unsafe { *((obj.bits() as *const u8).add(offset) as *const *const Shape) == site.shape.get() }
}

/// Whether a site that sets attributes in line takes the object, whose shape becomes what it then is.
///
/// # Safety
/// `at` is the header of an object whose class has the version that the site was filled under. The caller stores the value.
#[inline(always)]
pub unsafe fn takes_in_line(at: *const u8, site: &SiteCache) -> bool {
    let k = site.kind.get();
    if k != Kind::Overwrite && k != Kind::Add {
        return false;
    }
    // SAFETY: by contract.
    unsafe {
        let shape = at.add(site.need.get() as usize) as *mut *const Shape;
        if *shape != site.shape.get() {
            return false;
        }
        if k == Kind::Add {
            *shape = site.value.get() as *const Shape;
        }
    }
    true
}

/// Whether the instance has no attributes at all, nor a dict for some.
///
/// # Safety
/// As for `shape_matches`, for a site of kind `Bare`.
#[inline(always)]
pub unsafe fn is_bare(obj: &Value, site: &SiteCache) -> bool {
    // SAFETY: the version says that the storage lies there: two words, zero if there is nothing.
    unsafe {
        let storage = (obj.bits() as *const u8).add(site.offset.get() as usize) as *const [u64; 2];
        *storage == [0, 0]
    }
}

/// `remembered`, and attributes of modules.
///
/// # Safety
/// As for `remembered`.
#[inline(always)]
pub unsafe fn remembered_value(obj: &Value, site: &SiteCache) -> Option<Value> {
    if site.kind.get() == Kind::Module {
        let m = obj.downcast_exact::<Module>()?;
        if m.dict.table.current_version() != site.value.get() {
            return None;
        }
        return m.dict.table.value_at(site.offset.get() as usize);
    }
    if site.kind.get() == Kind::Method {
        return None;
    }
    // SAFETY: by contract.
    unsafe { remembered(obj, site) }
}

/// What the descriptor that a site of kind `Getset` remembers makes of an object of its class.
#[inline(always)]
pub fn getset_of_site(vm: &Vm, obj: &Value, site: &SiteCache) -> PyResult<Value> {
    let descr = borrowed(site.value.get());
    if let Some(g) = descr.downcast_exact::<GetSetDescriptor>() {
        return (g.def.get)(vm, obj);
    }
    if let Some(m) = descr.downcast_exact::<MethodDescriptor>() {
        return Ok(m.bound(vm, obj));
    }
    match descr.downcast_exact::<MemberDescriptor>().and_then(|m| m.field()) {
        Some(def) => (def.get)(vm, obj),
        None => Err(vm.system_error("no descriptor")),
    }
}

/// What the site remembers about objects of this class that have a dict in place of a shape, with that dict.
fn with_dict<'a>(vm: &Vm, obj: &Value, site: &'a SiteCache, kind: Kind) -> Option<(&'a SiteCache, Gc<Dict>)> {
    let version = vm.type_of(obj).version.get() as u64;
    let s = std::iter::once(site)
        .chain(site.others(version))
        .find(|s| s.kind.get() == kind && s.version.get() == version)?;
    // SAFETY: the version says where the storage lies.
    Some((s, unsafe { instance::dict_at(obj, s.offset.get() as usize) }?))
}

/// The attribute's value, if it is where a site of kind `InDict` looks.
#[inline(never)]
pub fn value_in_dict(vm: &Vm, obj: &Value, site: &SiteCache, name: &Gc<Str>) -> Option<Value> {
    with_dict(vm, obj, site, Kind::InDict)?.1.get_str(vm, name)
}

/// The function that a site of kind `BesideDict` remembers, if the object's dict does not hide it.
#[inline(never)]
pub fn method_beside_dict(vm: &Vm, obj: &Value, site: &SiteCache, name: &Gc<Str>) -> Option<Value> {
    let (s, dict) = with_dict(vm, obj, site, Kind::BesideDict)?;
    dict.get_str(vm, name).is_none().then(|| borrowed(s.value.get()))
}

/// `s += t` and `s + t + u`: nobody else sees the left string, so it may grow in place.
fn append_in_place(vm: &Vm, regs: Regs, i: Instr, t: &Value) -> bool {
    let (Some(s), Some(t)) = (regs.get(i.b()).downcast_exact::<Str>(), t.downcast_exact::<Str>()) else {
        return false;
    };
    if (i.a() != i.b() && !regs.is_temp(i.b())) || s.header().count() != 1 || s.byte_len() < 64 {
        return false;
    }
    let Some(owned) = regs.take(i.b() as usize) else { return false };
    // SAFETY: just seen to be an exact `str`.
    let owned = unsafe { owned.into_gc_unchecked::<Str>() };
    match vm.append_str(owned, t) {
        Ok(s) => {
            regs.put(i.a(), s.into_value());
            true
        }
        Err(s) => {
            regs.put(i.b(), s.into_value());
            false
        }
    }
}

/// What `b + c` calls in the end if both are strings, or both `bytes` and so on, of exactly these classes.
#[inline]
fn joining(
    vm: &Vm,
    b: &Value,
    c: &Value,
    in_place: bool,
) -> Option<fn(&Vm, &Value, &Value) -> PyResult<Value>> {
    let ty = b.heap_type()?;
    let t = &vm.types;
    // A list grows where it is.
    let known = ty.is(&t.str) || ty.is(&t.bytes) || ty.is(&t.tuple) || !in_place && ty.is(&t.list);
    if known && ty.is(c.heap_type()?) { ty.slots.concat.get() } else { None }
}

/// What the left operand's slot answers, where it is asked first: both operands are of one native class, or the right one
/// is a small int. `None`: the general way, which asks it (again).
#[inline(always)]
fn native_operator(vm: &Vm, op: BinaryOp, in_place: bool, b: &Value, c: &Value) -> Option<PyResult<Value>> {
    let ty = b.heap_type()?;
    if ty.native.is_none() || !c.is_int() && !c.heap_type().is_some_and(|t| t.is(ty)) {
        return None;
    }
    let s = &ty.slots;
    let (slot, in_place_slot) = match op {
        BinaryOp::Add => (&s.add, &s.inplace_add),
        BinaryOp::Sub => (&s.subtract, &s.inplace_subtract),
        BinaryOp::Mul => (&s.multiply, &s.inplace_multiply),
        BinaryOp::TrueDiv => (&s.true_divide, &s.inplace_true_divide),
        BinaryOp::And => (&s.and, &s.inplace_and),
        BinaryOp::Or => (&s.or, &s.inplace_or),
        BinaryOp::Xor => (&s.xor, &s.inplace_xor),
        _ => return None,
    };
    let f = if in_place { in_place_slot.get().or(slot.get()) } else { slot.get() }?;
    match f(vm, b, c) {
        Ok(v) if v.is_not_implemented() => None,
        r => Some(r),
    }
}

/// What the slot of the class that both have says of their order, if it is a native one and says so by a bool.
#[inline(always)]
fn native_order(vm: &Vm, b: &Value, c: &Value, op: CompareOp) -> Option<PyResult<bool>> {
    let ty = b.heap_type()?;
    if ty.native.is_none() || !c.heap_type()?.is(ty) {
        return None;
    }
    match ty.slots.richcompare.get()?(vm, b, c, op) {
        Ok(v) => v.as_bool().map(Ok),
        Err(raised) => Some(Err(raised)),
    }
}

#[inline(never)]
pub fn binary(vm: &Vm, regs: Regs, i: Instr, op: BinaryOp) -> PyResult<()> {
    if let Some(v) = native_operator(vm, op, i.x() != 0, regs.get(i.b()), regs.get(i.c())) {
        let v = v?;
        regs.consume(i.b());
        regs.consume(i.c());
        regs.put(i.a(), v);
        return Ok(());
    }
    if op == BinaryOp::Add {
        if append_in_place(vm, regs, i, regs.get(i.c())) {
            regs.consume(i.c());
            return Ok(());
        }
        if let Some(v) = fast::join_lists(regs, i.b(), i.c()) {
            regs.consume(i.c());
            regs.put(i.a(), v);
            return Ok(());
        }
    }
    let (b, c) = (regs.get(i.b()), regs.get(i.c()));
    let v = match fast::arithmetic(vm, op, b, c) {
        Some(v) => v,
        None if op == BinaryOp::Add
            && let Some(f) = joining(vm, b, c, i.x() != 0) =>
        {
            f(vm, b, c)?
        }
        None if let Some(v) = fast::large(vm, op, b, c) => v?,
        None if i.x() == 0 => vm.binary_op(op, b, c)?,
        None => vm.inplace_op(op, b, c)?,
    };
    regs.consume(i.b());
    regs.consume(i.c());
    regs.put(i.a(), v);
    Ok(())
}

#[inline(never)]
pub fn binary_with(vm: &Vm, regs: Regs, i: Instr, op: BinaryOp, c: &Value) -> PyResult<()> {
    if let Some(v) = native_operator(vm, op, i.x() != 0, regs.get(i.b()), c) {
        let v = v?;
        regs.consume(i.b());
        regs.put(i.a(), v);
        return Ok(());
    }
    if op == BinaryOp::Add && append_in_place(vm, regs, i, c) {
        return Ok(());
    }
    let b = regs.get(i.b());
    let v = match fast::arithmetic(vm, op, b, c) {
        Some(v) => v,
        None if op == BinaryOp::Add
            && let Some(f) = joining(vm, b, c, i.x() != 0) =>
        {
            f(vm, b, c)?
        }
        None if let Some(v) = fast::large(vm, op, b, c) => v?,
        None if i.x() == 0 => vm.binary_op(op, b, c)?,
        None => vm.inplace_op(op, b, c)?,
    };
    regs.consume(i.b());
    regs.put(i.a(), v);
    Ok(())
}

#[inline(never)]
pub fn power(vm: &Vm, regs: Regs, i: Instr, k: Option<&Value>) -> PyResult<()> {
    let b = regs.get(i.b());
    let c = match k {
        Some(k) => k,
        None => regs.get(i.c()),
    };
    if let (Some(x), Some(y)) = (b.as_small_float(), c.as_small_float()) {
        let v = crate::types::float::power_of(vm, x, y)?;
        if k.is_none() {
            regs.consume(i.c());
        }
        regs.put(i.a(), v);
        return Ok(());
    }
    let v = if i.x() == 0 { vm.power(b, c, &Value::NONE) } else { vm.inplace_power(b, c) }?;
    regs.consume(i.b());
    if k.is_none() {
        regs.consume(i.c());
    }
    regs.put(i.a(), v);
    Ok(())
}

#[inline(never)]
pub fn compare(vm: &Vm, regs: Regs, i: Instr, op: CompareOp) -> PyResult<()> {
    let (b, c) = (regs.get(i.b()), regs.get(i.c()));
    let v = match fast::compare(b, c, op) {
        Some(r) => Value::bool(r),
        None if let Some(r) = native_order(vm, b, c, op) => Value::bool(r?),
        None => vm.rich_compare(b, c, op)?,
    };
    regs.consume(i.c());
    regs.consume(i.b());
    regs.put(i.a(), v);
    Ok(())
}

#[inline(never)]
pub fn compare_with(vm: &Vm, regs: Regs, i: Instr, op: CompareOp, c: &Value) -> PyResult<()> {
    let b = regs.get(i.b());
    let v = match fast::compare(b, c, op) {
        Some(r) => Value::bool(r),
        None => vm.rich_compare(b, c, op)?,
    };
    regs.consume(i.b());
    regs.put(i.a(), v);
    Ok(())
}

#[inline(never)]
pub fn compare_truth(vm: &Vm, regs: Regs, a: u16, b: u16, op: CompareOp) -> PyResult<bool> {
    let (x, y) = (regs.get(a), regs.get(b));
    let r = match fast::compare(x, y, op) {
        Some(r) => r,
        None if let Some(r) = native_order(vm, x, y, op) => r?,
        None => {
            let v = vm.rich_compare(x, y, op)?;
            vm.is_true(&v)?
        }
    };
    regs.consume(b);
    regs.consume(a);
    Ok(r)
}

#[inline(never)]
pub fn compare_truth_with(vm: &Vm, regs: Regs, a: u16, op: CompareOp, b: &Value) -> PyResult<bool> {
    let x = regs.get(a);
    if let Some(r) = fast::compare(x, b, op) {
        regs.consume(a);
        return Ok(r);
    }
    let v = vm.rich_compare(x, b, op)?;
    regs.consume(a);
    vm.is_true(&v)
}

/// The truth of what says so without running anything of its own.
#[inline(always)]
pub fn known_truth(v: &Value) -> Option<bool> {
    if let Some(n) = v.as_int() {
        return Some(n != 0);
    }
    let ty = v.heap_type()?;
    if ty.slots.len.get().is_none() {
        return ty.slots.bool.get().is_none().then_some(true);
    }
    if let Some(s) = v.downcast_exact::<Str>() {
        return Some(s.byte_len() != 0);
    }
    if let Some(l) = v.downcast_exact::<List>() {
        return Some(!l.is_empty());
    }
    if let Some(t) = v.downcast_exact::<Tuple>() {
        return Some(!t.is_empty());
    }
    if let Some(d) = v.downcast_exact::<Dict>() {
        return Some(!d.is_empty());
    }
    Some(!v.downcast_exact::<Bytes>()?.is_empty())
}

/// The length of an object of a built-in class, as an int.
#[inline(always)]
pub fn known_len(v: &Value) -> Option<Value> {
    let n = if let Some(l) = v.downcast_exact::<List>() {
        l.len()
    } else if let Some(s) = v.downcast_exact::<Str>().filter(|s| s.is_ascii()) {
        s.byte_len()
    } else if let Some(t) = v.downcast_exact::<Tuple>() {
        t.len()
    } else if let Some(d) = v.downcast_exact::<Dict>() {
        d.table.len()
    } else {
        v.downcast_exact::<Bytes>()?.len()
    };
    Value::small_int(n as i64)
}

#[inline(never)]
pub fn truth(vm: &Vm, regs: Regs, r: u16) -> PyResult<bool> {
    vm.is_true(regs.get(r))
}

/// `a is b`: words, except that boxed floats of one value made apart are apart, as objects are.
#[inline(always)]
pub fn is(a: &Value, b: &Value) -> bool {
    a.is(b)
}

#[inline]
pub fn floor_div(a: i64, b: i64) -> Option<Value> {
    if b == 0 {
        return None;
    }
    let q = a / b;
    Value::small_int(if (a % b != 0) && ((a < 0) != (b < 0)) { q - 1 } else { q })
}

#[inline]
pub fn floor_mod(a: i64, b: i64) -> Option<Value> {
    if b == 0 {
        return None;
    }
    let r = a % b;
    Value::small_int(if r != 0 && ((r < 0) != (b < 0)) { r + b } else { r })
}

#[inline]
pub fn shift_left(a: i64, n: i64) -> Option<Value> {
    if !(0..=61).contains(&n) {
        return None;
    }
    let r = a << n;
    if r >> n != a {
        return None;
    }
    Value::small_int(r)
}

/// `v[n]` for exact lists and tuples in range.
#[inline(always)]
pub fn index_fast(v: &Value, n: i64) -> Option<Value> {
    if let Some(l) = v.downcast_exact::<List>() {
        let n = if n < 0 { n + l.len() as i64 } else { n };
        return l.get(usize::try_from(n).ok()?);
    }
    let t = v.downcast_exact::<Tuple>()?;
    let n = if n < 0 { n + t.len() as i64 } else { n };
    t.get(usize::try_from(n).ok()?).cloned()
}

/// `subscr` of what is not native; `true`: a frame was entered that will give the result.
#[inline(never)]
pub fn subscr(vm: &Vm, regs: Regs, i: Instr) -> PyResult<bool> {
    let (b, c) = (regs.get(i.b()), regs.get(i.c()));
    if fast::enter_getitem(vm, regs, i.b(), fast::Key::Register(i.c()), i.a())? {
        return Ok(true);
    }
    let v = vm.get_item(b, c)?;
    regs.consume(i.b());
    regs.consume(i.c());
    regs.put(i.a(), v);
    Ok(false)
}

/// `next(it)` for the loop.
#[inline]
pub fn for_iter(vm: &Vm, it: &Value) -> PyResult<Option<Value>> {
    vm.iter_next(it)
}

/// Whether the exception that an iterator raised says that it is at its end; it is taken off then.
#[cold]
#[inline(never)]
pub fn is_end(vm: &Vm) -> bool {
    let end = vm.raised_is(&exc::StopIteration);
    if end {
        drop(vm.take_raised());
    }
    end
}

/// What the site remembers, if it holds for the object.
///
/// # Safety
/// The object's class has the version that the site was filled under.
#[inline(always)]
pub unsafe fn remembered(obj: &Value, s: &SiteCache) -> Option<Value> {
    let h = obj.header();
    // SAFETY: the version says that the layout is the one the cache saw; the shape, that the value is there.
    unsafe {
        match s.kind.get() {
            Kind::Instance => {
                let at = h? as *const _ as *const u8;
                if *(at.add(s.need.get() as usize) as *const *const Shape) != s.shape.get() {
                    return None;
                }
                (*(at.add(s.offset.get() as usize) as *const Slot)).clone()
            }
            Kind::Outline => {
                let h = h?;
                let attrs = (h as *const _ as *const u8).add(s.offset.get() as usize) as *const Attrs;
                if *(attrs as *const *const Shape) != s.shape.get() {
                    return None;
                }
                instance::overflow_value(attrs, h, s.need.get() as usize)
            }
            Kind::Slot => {
                (*((h? as *const _ as *const u8).add(s.offset.get() as usize) as *const Slot)).clone()
            }
            Kind::Class | Kind::Method if shape_matches(obj, s) => Some(borrowed(s.value.get())),
            Kind::OfClass if obj.downcast::<Type>()?.version.get() == s.need.get() => {
                Some(borrowed(s.value.get()))
            }
            _ => None,
        }
    }
}

/// Looks through all that the site remembers.
#[inline(never)]
pub fn from_site(vm: &Vm, obj: &Value, site: &SiteCache) -> Option<Value> {
    let version = vm.type_of(obj).version.get() as u64;
    for s in std::iter::once(site).chain(site.others(version)) {
        if s.version.get() == version
            && s.kind.get() != Kind::Method
            // SAFETY: the versions were compared.
            && let Some(v) = unsafe { remembered(obj, s) }
        {
            return Some(v);
        }
    }
    None
}

/// The function of a static or class method that the site remembers, and the class that goes in front of its arguments.
#[inline(never)]
pub fn wrapped_from_site(vm: &Vm, obj: &Value, site: &SiteCache) -> Option<(Value, Slot)> {
    let ty = vm.type_of(obj);
    if site.kind.get() != Kind::Wrapped || ty.version.get() as u64 != site.version.get() {
        return None;
    }
    let cls = match obj.downcast::<Type>() {
        Some(cls) if cls.version.get() == site.need.get() => cls,
        // SAFETY: the version was compared.
        None if unsafe { shape_matches(obj, site) } => ty,
        _ => return None,
    };
    let descr = borrowed(site.value.get());
    if let Some(m) = descr.downcast_exact::<StaticMethod>() {
        return Some((m.callable.get()?, None));
    }
    let f = descr.downcast_exact::<ClassMethod>()?.callable.get()?;
    f.downcast_exact::<Function>()?;
    Some((f, Some(cls.to_value())))
}

/// `load_attr` of what the site does not remember as a value; `true`: a frame was entered (a property's getter) that will give the result.
#[inline(never)]
pub fn load_attr(vm: &Vm, regs: Regs, i: Instr, site: &SiteCache, name: &Gc<Str>) -> PyResult<bool> {
    let obj = regs.get(i.b());
    if site.kind.get() == Kind::Property && vm.type_of(obj).version.get() as u64 == site.version.get() {
        let property = borrowed(site.value.get());
        // The property's getter may have been replaced since.
        let getter = property.downcast_exact::<Property>().and_then(|p| p.fget.get());
        if let Some(f) = getter.as_ref().and_then(|f| f.downcast_exact::<Function>()) {
            call::push_moved(vm, f.clone(), [regs.own(i.b())], 0, i.a())?;
            return Ok(true);
        }
    }
    let v = vm.get_attr(obj, name)?;
    cache::fill_attr(vm, site, obj, name, false);
    regs.consume(i.b());
    regs.put(i.a(), v);
    Ok(false)
}

/// `load_method` of what the site does not remember.
#[inline(never)]
pub fn load_method(vm: &Vm, regs: Regs, i: Instr, site: Option<&SiteCache>, name: &Gc<Str>) -> PyResult<()> {
    let obj = regs.get(i.b());
    let found = vm.get_method(obj, name)?;
    if let Some(s) = site {
        cache::fill_attr(vm, s, obj, name, true);
    }
    match found {
        Method::Unbound(f) => {
            let zelf = regs.own(i.b());
            regs.put(i.a(), f);
            regs.put_fresh(i.a() as usize + 1, Some(zelf));
        }
        Method::Bound(f) => {
            regs.consume(i.b());
            regs.put(i.a(), f);
            regs.put_fresh(i.a() as usize + 1, None);
        }
    }
    Ok(())
}

/// Stores where the site remembers; answers what was there. `Err`: what it remembers does not hold for the object.
///
/// # Safety
/// The object's class has the version that the site was filled under.
unsafe fn store_remembered(obj: &Value, s: &SiteCache, v: Value) -> Result<Slot, Value> {
    let Some(h) = obj.header() else { return Err(v) };
    // SAFETY: as for `remembered`.
    unsafe {
        let place = (h as *const _ as *const u8).add(s.offset.get() as usize);
        match s.kind.get() {
            k @ (Kind::Overwrite | Kind::Add) => {
                let shape = (h as *const _ as *const u8).add(s.need.get() as usize) as *mut *const Shape;
                if *shape != s.shape.get() {
                    return Err(v);
                }
                if k == Kind::Add {
                    *shape = s.value.get() as *const Shape;
                }
                Ok(std::ptr::replace(place as *mut Slot, Some(v)))
            }
            Kind::OverwriteOutline if *(place as *const *const Shape) == s.shape.get() => {
                Ok(instance::replace_overflow(place as *const Attrs, h, s.need.get() as usize, v))
            }
            Kind::Slot => Ok(std::ptr::replace(place as *mut Slot, Some(v))),
            _ => Err(v),
        }
    }
}

/// Stores where the site remembers; answers the word that was there (its reference is the caller's).
#[inline(never)]
pub fn store_by_site(vm: &Vm, obj: &Value, site: &SiteCache, v: &Value) -> Option<u64> {
    let version = vm.type_of(obj).version.get() as u64;
    for s in std::iter::once(site).chain(site.others(version)).filter(|s| s.version.get() == version) {
        // SAFETY: the versions were compared.
        if let Ok(old) = unsafe { store_remembered(obj, s, v.clone()) } {
            return Some(old.map_or(0, Value::into_bits));
        }
    }
    None
}

#[inline(never)]
pub fn store_attr(vm: &Vm, regs: Regs, i: Instr, site: &SiteCache, name: &Gc<Str>) -> PyResult<()> {
    let obj = regs.get(i.a());
    if let Some(old) = store_by_site(vm, obj, site, regs.get(i.b())) {
        if old != 0 {
            // SAFETY: the reference that the attribute held.
            drop(unsafe { Value::from_bits(old) });
        }
        regs.consume(i.b());
        regs.consume(i.a());
        return Ok(());
    }
    if let Some((_, dict)) = with_dict(vm, obj, site, Kind::IntoDict) {
        dict.set_str(vm, name, regs.get(i.b()).clone());
        regs.consume(i.b());
        regs.consume(i.a());
        return Ok(());
    }
    cache::fill_store_attr(vm, site, obj, name);
    vm.set_attr(obj, name, regs.get(i.b()))?;
    regs.consume(i.b());
    regs.consume(i.a());
    Ok(())
}

/// `super().name`.
pub fn load_super(
    vm: &Vm,
    regs: Regs,
    i: Instr,
    site: &SiteCache,
    name: &Gc<Str>,
    method: bool,
) -> PyResult<()> {
    let r = i.b();
    let (sup, cls, zelf) = (regs.get(r), regs.get(r + 1), regs.get(r + 2));
    let is_builtin = links::is_builtin_super(sup);
    if is_builtin && let Some(cls) = cls.downcast::<Type>() {
        // The site remembers a function by the class of the object and the class that it is looked up behind.
        let version = vm.type_of(zelf).version.get() as u64;
        let known = method
            && site.kind.get() == Kind::Method
            && site.version.get() == version
            && site.shape.get() as u64 == cls.as_value().bits();
        let found = match known {
            true => Some((borrowed(site.value.get()), false)),
            false => links::super_lookup(vm, cls, zelf, name, method)?,
        };
        if let Some((f, bound)) = found {
            if method && !known && !bound {
                cache::fill_super(vm, site, cls, zelf, &f);
            }
            let zelf = regs.own(r + 2);
            regs.drop_run(r as usize, 2);
            regs.put(i.a(), f);
            if method {
                if bound {
                    drop(zelf);
                    regs.put_fresh(i.a() as usize + 1, None);
                } else {
                    regs.put_fresh(i.a() as usize + 1, Some(zelf));
                }
            }
            return Ok(());
        }
    }
    let sup =
        if i.x() == 0 && !is_builtin { vm.call0(sup)? } else { vm.call(sup, &[cls.clone(), zelf.clone()])? };
    let v = vm.get_attr(&sup, name)?;
    regs.drop_run(r as usize, 3);
    regs.put(i.a(), v);
    if method {
        regs.put_fresh(i.a() as usize + 1, None);
    }
    Ok(())
}

/// `with`: looks up exit and enter on the class.
pub fn load_special(vm: &Vm, regs: Regs, a: u16, is_async: bool) -> PyResult<()> {
    let obj = regs.get(a).clone();
    let (enter_name, exit_name) = if is_async {
        (&vm.names.__aenter__, &vm.names.__aexit__)
    } else {
        (&vm.names.__enter__, &vm.names.__exit__)
    };
    let protocol = if is_async { "asynchronous context manager" } else { "context manager" };
    let missing = |name: &Gc<Str>| {
        let ty = vm.type_of(&obj);
        let (e, x) = if is_async { ("__enter__", "__exit__") } else { ("__aenter__", "__aexit__") };
        let other = ty.lookup(vm, &vm.intern(e)).is_some() && ty.lookup(vm, &vm.intern(x)).is_some();
        let hint = match (other, is_async) {
            (true, false) => {
                " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
            }
            (true, true) => " but it supports the context manager protocol. Did you mean to use 'with'?",
            _ => "",
        };
        vm.type_error(format_args!(
            "'{}' object does not support the {protocol} protocol (missed {} method){hint}",
            ty.name(),
            name.to_string_lossy()
        ))
    };
    let Some((exit, exit_self)) = special(vm, &obj, exit_name)? else { return Err(missing(exit_name)) };
    let Some((enter, enter_self)) = special(vm, &obj, enter_name)? else { return Err(missing(enter_name)) };
    let a = a as usize;
    drop(regs.take(a));
    regs.put_fresh(a, Some(exit));
    regs.put_fresh(a + 1, exit_self);
    regs.put_fresh(a + 2, Some(enter));
    regs.put_fresh(a + 3, enter_self);
    Ok(())
}

/// A special method as a call takes it: a function with the object beside it, or something bound.
fn special(vm: &Vm, obj: &Value, name: &Gc<Str>) -> PyResult<Option<(Value, Option<Value>)>> {
    let Some(f) = vm.type_of(obj).lookup(vm, name) else { return Ok(None) };
    if vm.type_of(&f).has_flags(F::METHOD_DESCRIPTOR) {
        return Ok(Some((f, Some(obj.clone()))));
    }
    Ok(vm.lookup_special(obj, name)?.map(|f| (f, None)))
}

pub fn match_test(vm: &Vm, v: &Value, x: u8) -> PyResult<Value> {
    Ok(match x {
        0 => Value::bool(vm.has_flag(v, F::MAPPING)),
        1 => Value::bool(vm.has_flag(v, F::SEQUENCE)),
        _ => vm.new_int(vm.len(v)? as i64),
    })
}

/// The values of the keys in a mapping, through `get` so that defaults are not made.
pub fn match_keys(vm: &Vm, subject: &Value, keys: &Value) -> PyResult<Value> {
    let Some(keys) = keys.downcast::<Tuple>() else { return Ok(Value::NONE) };
    if keys.is_empty() {
        return Ok(vm.names.empty_tuple.to_value());
    }
    let get = vm.get_attr(subject, &vm.names.get)?;
    let missing = vm.alloc(crate::types::object::Object).into_value();
    let mut seen: Vec<Value> = Vec::new();
    let mut values = Vec::new();
    for k in keys.items() {
        vm.hash(k)?;
        for s in &seen {
            if vm.eq(s, k)? {
                return Err(vm.value_error(format_args!(
                    "mapping pattern checks duplicate key ({})",
                    vm.repr_text(k)?
                )));
            }
        }
        seen.push(k.clone());
        let v = vm.call(&get, &[k.clone(), missing.clone()])?;
        if v.is(&missing) {
            return Ok(Value::NONE);
        }
        values.push(v);
    }
    Ok(vm.new_tuple(values).into_value())
}

/// The attributes that a class pattern names, or None.
pub fn match_class(vm: &Vm, subject: &Value, cls: &Value, names: &Value, npos: usize) -> PyResult<Value> {
    let Some(ty) = cls.downcast::<Type>() else {
        return Err(vm.type_error("called match pattern must be a class"));
    };
    if !vm.is_instance(subject, cls)? {
        return Ok(Value::NONE);
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut attrs = Vec::new();
    let get = |name: &Value, seen: &mut Vec<Value>| -> PyResult<Option<Value>> {
        for s in seen.iter() {
            if vm.eq(s, name)? {
                return Err(vm.type_error(format_args!(
                    "{}() got multiple sub-patterns for attribute {}",
                    ty.name(),
                    vm.repr_text(name)?
                )));
            }
        }
        seen.push(name.clone());
        let name: &Gc<Str> = vm.attr_name(name)?;
        vm.lookup_attr(subject, name)
    };
    if npos > 0 {
        let args = vm.lookup_attr(cls, &vm.names.__match_args__)?;
        let mut match_self = false;
        let fields = match args {
            Some(a) => match a.downcast_exact::<Tuple>() {
                Some(t) => t.items().to_vec(),
                None => {
                    return Err(vm.type_error(format_args!(
                        "{}.__match_args__ must be a tuple (got {})",
                        ty.name(),
                        vm.type_of(&a).name()
                    )));
                }
            },
            None => {
                match_self = ty.has_flags(F::MATCH_SELF);
                Vec::new()
            }
        };
        let allowed = if match_self { 1 } else { fields.len() };
        if allowed < npos {
            return Err(vm.type_error(format_args!(
                "{}() accepts {allowed} positional sub-pattern{} ({npos} given)",
                ty.name(),
                if allowed == 1 { "" } else { "s" }
            )));
        }
        if match_self {
            attrs.push(subject.clone());
        } else {
            for name in fields.iter().take(npos) {
                if name.downcast::<Str>().is_none() {
                    return Err(vm.type_error(format_args!(
                        "__match_args__ elements must be strings (got {})",
                        vm.type_of(name).name()
                    )));
                }
                match get(name, &mut seen)? {
                    Some(v) => attrs.push(v),
                    None => return Ok(Value::NONE),
                }
            }
        }
    }
    if let Some(names) = names.downcast::<Tuple>() {
        for name in names.items() {
            match get(name, &mut seen)? {
                Some(v) => attrs.push(v),
                None => return Ok(Value::NONE),
            }
        }
    }
    Ok(vm.new_tuple(attrs).into_value())
}

pub fn intrinsic1(vm: &Vm, frame: &Frame, x: u8, v: &Value) -> PyResult<Value> {
    let Some(which) = Intrinsic1::from_u8(x) else { return Err(vm.system_error("unknown intrinsic")) };
    match which {
        Intrinsic1::Print => {
            let hook = match vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.displayhook)) {
                Some(h) => h,
                None => return Err(vm.runtime_error("lost sys.displayhook")),
            };
            vm.call1(&hook, v)
        }
        Intrinsic1::StopIterationError => {
            let flags = frame.code().data.flags;
            use taipan_bytecode::flags as co;
            let (what, name) = if vm.type_of(v).is_subtype(vm.type_for_ref(&exc::StopIteration)) {
                let what = if flags & co::ASYNC_GENERATOR != 0 {
                    "async generator raised StopIteration"
                } else if flags & co::COROUTINE != 0 {
                    "coroutine raised StopIteration"
                } else {
                    "generator raised StopIteration"
                };
                (what, true)
            } else if flags & co::ASYNC_GENERATOR != 0
                && vm.type_of(v).is_subtype(vm.type_for_ref(&exc::StopAsyncIteration))
            {
                ("async generator raised StopAsyncIteration", true)
            } else {
                ("", false)
            };
            if !name {
                return Ok(v.clone());
            }
            let e = vm.new_exc(&exc::RuntimeError, what);
            if let Some(b) = e.downcast::<crate::errors::BaseException>() {
                b.cause.set(Some(v.clone()));
                b.suppress_context.set(true);
                b.context.set(Some(v.clone()));
            }
            Ok(e)
        }
        Intrinsic1::AsyncGenWrap => Ok(crate::types::generator::wrap_async_value(vm, v)),
        Intrinsic1::TypeVar => links::typevar(vm, v, None, None),
        Intrinsic1::ParamSpec => links::paramspec(vm, v),
        Intrinsic1::TypeVarTuple => links::typevartuple(vm, v),
        Intrinsic1::SubscriptGeneric => links::subscript_generic(vm, v),
        Intrinsic1::TypeAlias => links::typealias(vm, v),
    }
}

pub fn intrinsic2(vm: &Vm, x: u8, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(which) = Intrinsic2::from_u8(x) else { return Err(vm.system_error("unknown intrinsic")) };
    match which {
        Intrinsic2::TypeVarWithBound => links::typevar(vm, a, Some(b), None),
        Intrinsic2::TypeVarWithConstraints => links::typevar(vm, a, None, Some(b)),
        Intrinsic2::SetFunctionTypeParams => {
            if let Some(f) = a.downcast::<crate::types::function::Function>() {
                f.type_params.set(Some(b.clone()));
            }
            Ok(a.clone())
        }
        Intrinsic2::SetTypeparamDefault => links::set_typeparam_default(vm, a, b),
    }
}

pub fn common_constant(vm: &Vm, x: u8) -> Value {
    let builtin = |name: &str| vm.builtins_dict().get_str(vm, &vm.intern(name)).unwrap_or(Value::NONE);
    match x {
        0 => vm.type_for(&exc::AssertionError).into_value(),
        1 => vm.type_for(&exc::NotImplementedError).into_value(),
        2 => vm.types.tuple.to_value(),
        3 => builtin("all"),
        4 => builtin("any"),
        5 => vm.types.list.to_value(),
        _ => builtin("set"),
    }
}
