//! Shortcuts of operators on built-in types that are too large for the loop: mixed numbers, slices of lists, tuples and
//! strings, items of dicts, and special methods written in Python, which get a frame instead of a native call.
//!
//! Each answers `None` (or `false`) when it does not apply, and has changed nothing then: the general path, which it must
//! agree with, takes over.

use super::call;
use super::frame::kind;
use super::run::Regs;
use crate::object::{Type, ValueExt};
use crate::protocol::BinaryOp;
use crate::types::function::Function;
use crate::types::int::arith;
use crate::types::list::drop_items;
use crate::types::numbers::Int;
use crate::types::slice::{Indices, Slice};
use crate::types::slot_functions;
use crate::types::static_method::StaticMethod;
use crate::types::typedef::CompareOp;
use crate::types::{Dict, List, Str, Tuple};
use crate::{PyResult, Value, Vm};
use std::cell::Cell;
use taipan_heap::Gc;

/// Ints up to this size are floats without rounding.
const EXACT: i64 = 1 << 53;

/// Whether an int is a float without rounding.
#[inline(always)]
pub fn is_exact(n: i64) -> bool {
    (-EXACT..=EXACT).contains(&n)
}

/// A tagged number as a float, if that loses nothing.
#[inline(always)]
fn as_float(v: &Value) -> Option<f64> {
    match v.as_small_float() {
        Some(x) => Some(x),
        None => match v.as_int() {
            Some(n) if is_exact(n) => Some(n as f64),
            Some(_) => None,
            None => v.downcast_exact::<crate::types::numbers::Float>().map(|f| f.0),
        },
    }
}

/// Sums, differences, products and quotients of floats, and of ints that are floats without rounding (the quotient is the
/// correctly rounded one then).
#[inline(always)]
pub fn of_floats(op: BinaryOp, x: f64, y: f64) -> Option<f64> {
    Some(match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::TrueDiv if y != 0.0 => x / y,
        _ => return None,
    })
}

/// Arithmetic of a float with an int or a float, and division of ints.
#[inline]
pub fn arithmetic(vm: &Vm, op: BinaryOp, a: &Value, b: &Value) -> Option<Value> {
    let (x, y) = (as_float(a)?, as_float(b)?);
    if a.is_int() && b.is_int() && op != BinaryOp::TrueDiv {
        return None;
    }
    Some(vm.new_float(of_floats(op, x, y)?))
}

/// Sums, differences and products of ints of which one at least is no small one.
#[inline(always)]
pub fn large(vm: &Vm, op: BinaryOp, a: &Value, b: &Value) -> Option<PyResult<Value>> {
    let (x, y) = (a.downcast_exact::<Int>().is_some(), b.downcast_exact::<Int>().is_some());
    if !(x && (y || b.is_int()) || y && a.is_int()) {
        return None;
    }
    Some(match op {
        BinaryOp::Add => arith::add(vm, a, b),
        BinaryOp::Sub => arith::subtract(vm, a, b),
        BinaryOp::Mul => arith::multiply(vm, a, b),
        _ => return None,
    })
}

/// Comparison of a float with an int or a float.
#[inline]
pub fn compare(a: &Value, b: &Value, op: CompareOp) -> Option<bool> {
    if let (Some(s), Some(t)) = (a.downcast_exact::<Str>(), b.downcast_exact::<Str>()) {
        return Some(compare_strs(s, t, op));
    }
    let (x, y) = (as_float(a)?, as_float(b)?);
    Some(op.of(x, y))
}

#[inline]
fn compare_strs(s: &Gc<Str>, t: &Gc<Str>, op: CompareOp) -> bool {
    match op {
        CompareOp::Eq => s.is(t) || (s.byte_len() == t.byte_len() && s.as_bytes() == t.as_bytes()),
        CompareOp::Ne => !s.is(t) && (s.byte_len() != t.byte_len() || s.as_bytes() != t.as_bytes()),
        _ => op.holds(s.as_bytes().cmp(t.as_bytes())),
    }
}

/// The bounds of a slice without step, if they are plain.
#[inline(always)]
fn bounds(start: &Value, stop: &Value) -> Option<(isize, isize, isize)> {
    let start = if start.is_none() { 0 } else { start.as_int()? as isize };
    let stop = if stop.is_none() { isize::MAX } else { stop.as_int()? as isize };
    Some((start, stop, 1))
}

/// Copies of more items ask first whether there is memory.
const MUCH: usize = 1 << 16;

/// `v[start:stop:step]` of an exact list, if the bounds are plain and the step is -1.
#[inline(never)]
pub fn reversed_slice(vm: &Vm, v: &Value, start: &Value, stop: &Value, step: &Value) -> Option<Value> {
    let l = v.downcast_exact::<List>()?;
    if step.as_int() != Some(-1) {
        return None;
    }
    let start = if start.is_none() { isize::MAX } else { start.as_int()? as isize };
    let stop = if stop.is_none() { isize::MIN } else { stop.as_int()? as isize };
    if l.len() > MUCH {
        return None;
    }
    let items = l.items.with(|items| {
        let at = Indices::new((start, stop, -1), items.len());
        // `start` is the last of them where they lie.
        let chosen = items.get((at.start + 1) as usize - at.len..(at.start + 1) as usize).unwrap_or_default();
        chosen.iter().rev().cloned().collect::<Vec<Value>>()
    });
    Some(vm.new_list(items).into_value())
}

/// `x in v`.
#[inline]
pub fn contains(vm: &Vm, v: &Value, x: &Value) -> PyResult<bool> {
    // What is no pointer is equal to itself, and ints to no other word but bools, floats and objects.
    if x.is_int()
        && let Some(found) = known_contains(v, x)
    {
        return Ok(found);
    }
    vm.contains(v, x)
}

/// Whether a small int is in an exact list or tuple that holds nothing but small ints up to there.
#[inline]
fn known_contains(v: &Value, x: &Value) -> Option<bool> {
    let look = |items: &[Value]| {
        for item in items {
            if item.is(x) {
                return Some(true);
            }
            if !item.is_int() {
                return None;
            }
        }
        Some(false)
    };
    if let Some(l) = v.downcast_exact::<List>() {
        return l.items.with(|items| look(items));
    }
    look(v.downcast_exact::<Tuple>()?.items())
}

/// `v[start:stop]` of an exact list, tuple or ASCII string.
#[inline(never)]
pub fn slice(vm: &Vm, v: &Value, start: &Value, stop: &Value) -> Option<Value> {
    let bounds = bounds(start, stop)?;
    if let Some(l) = v.downcast_exact::<List>() {
        let at = Indices::new(bounds, l.len());
        if at.len > MUCH {
            return None;
        }
        let items = l.items.with(|items| items.get(at.range()).unwrap_or_default().to_vec());
        return Some(vm.new_list(items).into_value());
    }
    if let Some(t) = v.downcast_exact::<Tuple>() {
        let at = Indices::new(bounds, t.len());
        if at.len == t.len() {
            return Some(v.clone());
        }
        if at.len > MUCH {
            return None;
        }
        return Some(vm.tuple_from(t.items().get(at.range()).unwrap_or_default()).into_value());
    }
    let s = v.downcast_exact::<Str>().filter(|s| s.is_ascii())?;
    let at = Indices::new(bounds, s.byte_len());
    if at.len == s.byte_len() {
        return Some(v.clone());
    }
    if at.len > MUCH {
        return None;
    }
    Some(vm.new_ascii(s.as_bytes().get(at.range()).unwrap_or_default()).into_value())
}

/// `b + c` of exact lists where nobody else knows of the left one: it takes the other's items, and its register is given
/// up. So does the right one give its items away.
#[inline(never)]
pub fn join_lists(regs: Regs, b: u16, c: u16) -> Option<Value> {
    let (x, y) = (regs.get(b).downcast_exact::<List>()?, regs.get(c).downcast_exact::<List>()?);
    let only = |r: u16, l: &Gc<List>| {
        regs.is_temp(r) && l.header().count() == 1 && !l.header().has_flag(taipan_heap::flags::WEAKREFS)
    };
    if !only(b, x) {
        return None;
    }
    if x.items.with_mut(|items| items.try_reserve(y.len())).is_err() {
        return None;
    }
    if only(c, y) {
        let mut given = y.items.take();
        x.items.with_mut(|items| items.append(&mut given));
    } else {
        y.items.with(|from| x.items.with_mut(|items| items.extend_from_slice(from)));
    }
    Some(regs.take_word(b as usize))
}

/// `v[start:stop] = new` of exact lists (or a tuple on the right). `given`: `new` is in a temporary. An error means that
/// memory ran out.
#[inline(never)]
pub fn store_slice(
    vm: &Vm,
    v: &Value,
    start: &Value,
    stop: &Value,
    new: &Value,
    given: bool,
) -> PyResult<bool> {
    let (Some(bounds), Some(l)) = (bounds(start, stop), v.downcast_exact::<List>()) else { return Ok(false) };
    let mut new = match (new.downcast_exact::<List>(), new.downcast_exact::<Tuple>()) {
        // A list that only the instruction knows of gives its items away.
        (Some(n), _) if given && n.header().count() == 1 => n.items.take(),
        (Some(n), _) => n.to_vec(),
        (_, Some(t)) => t.items().to_vec(),
        _ => return Ok(false),
    };
    let old: Option<Vec<Value>> = l.items.with_mut(|items| {
        let range = Indices::new(bounds, items.len()).range();
        if range.len() == new.len() {
            for (place, v) in items[range].iter_mut().zip(&mut new) {
                std::mem::swap(place, v);
            }
            return Some(std::mem::take(&mut new));
        }
        items.try_reserve(new.len()).ok()?;
        Some(items.splice(range, std::mem::take(&mut new)).collect())
    });
    match old {
        Some(old) => {
            drop_items(old);
            Ok(true)
        }
        None => Err(vm.memory_error()),
    }
}

/// What a dict has for a string or an int, if that is there and no Python code has to be asked.
#[inline]
pub fn dict_item(vm: &Vm, d: &Gc<Dict>, key: &Value) -> Option<Value> {
    match key.as_int() {
        Some(n) => d.table.get_word(key, taipan_text::hash::int(n)),
        None => d.get_str(vm, key.downcast_exact::<Str>()?),
    }
}

/// `v[key]` by native code; `None` means to go the general way, which has not been begun.
#[inline(never)]
pub fn native_item(vm: &Vm, v: &Value, key: &Value) -> PyResult<Option<Value>> {
    if let Some(d) = v.downcast_exact::<Dict>()
        && let Some(found) = dict_item(vm, d, key)
    {
        return Ok(Some(found));
    }
    if let Some(range) = key.downcast_exact::<Slice>() {
        let (start, stop, step) = (&range.start, &range.stop, &range.step);
        let found =
            if step.is_none() { slice(vm, v, start, stop) } else { reversed_slice(vm, v, start, stop, step) };
        if found.is_some() {
            return Ok(found);
        }
    }
    let Some(ty) = v.heap_type() else { return Ok(None) };
    match ty.slots.subscript.get() {
        // Classes that inherit a native one's do the same.
        Some(f) if !std::ptr::fn_addr_eq(f, slot_functions::SUBSCRIPT) => f(vm, v, key).map(Some),
        _ => Ok(None),
    }
}

/// `v[n]` of an object of a native class that has a shortcut for it.
#[inline(always)]
pub fn quick_item(vm: &Vm, v: &Value, n: i64) -> Option<Value> {
    let ty = v.heap_type()?;
    let f = ty.slots.quick_item.get()?;
    if ty.native.is_some() { f(vm, v, n) } else { None }
}

/// `v[n] = new`, likewise.
#[inline(always)]
pub fn quick_set_item(vm: &Vm, v: &Value, n: i64, new: &Value) -> bool {
    let Some(ty) = v.heap_type() else { return false };
    match ty.slots.quick_set_item.get() {
        Some(f) if ty.native.is_some() => f(vm, v, n, new),
        _ => false,
    }
}

/// `d[key] = new` of two registers, for a key that nobody has to be asked about: the word of what was there (`None`'s where
/// nothing was), which the caller drops, or zero where nothing was done. Hot.
#[inline(never)]
pub fn store_in_dict(vm: &Vm, d: &Dict, regs: Regs, key: u16, new: u16) -> u64 {
    let Some(old) = d.table.put_plain(vm, regs.get(key), || regs.own(new)) else { return 0 };
    regs.consume(key);
    old.unwrap_or(Value::NONE).into_bits()
}

/// `v[key] = new` by native code. `given`: `new` is in a temporary. Answers whether it was done.
#[inline(never)]
pub fn store_native_item(vm: &Vm, v: &Value, key: &Value, new: &Value, given: bool) -> PyResult<bool> {
    if let Some(range) = key.downcast_exact::<Slice>()
        && range.step.is_none()
        && store_slice(vm, v, &range.start, &range.stop, new, given)?
    {
        return Ok(true);
    }
    let Some(ty) = v.heap_type() else { return Ok(false) };
    match ty.slots.ass_subscript.get() {
        Some(f) if !std::ptr::fn_addr_eq(f, slot_functions::ASS_SUBSCRIPT) => {
            f(vm, v, key, Some(new)).map(|()| true)
        }
        _ => Ok(false),
    }
}

/// Special methods that the loop enters when they are Python functions: places in `PyType::special`.
#[derive(Clone, Copy)]
enum Special {
    GetItem,
    SetItem,
    Call,
    Init,
}

/// The special method of a class made by Python code, if it is a Python function that takes `n` arguments by position
/// (`usize::MAX`: however many).
#[inline]
fn python_method(vm: &Vm, ty: &Gc<Type>, which: Special, n: usize) -> Option<Gc<Function>> {
    if ty.native.is_some() {
        return None;
    }
    let (version, word) = ty.special[which as usize].get();
    if version == 0 || version != ty.version.get() {
        return find_python_method(vm, ty, which, n);
    }
    // SAFETY: the version says that the class has what it had when a function was found there.
    (word != 0).then(|| unsafe { super::ops::borrowed(word).into_gc_unchecked() })
}

#[cold]
#[inline(never)]
fn find_python_method(vm: &Vm, ty: &Gc<Type>, which: Special, n: usize) -> Option<Gc<Function>> {
    let name = match which {
        Special::GetItem => &vm.names.__getitem__,
        Special::SetItem => &vm.names.__setitem__,
        Special::Call => &vm.names.__call__,
        Special::Init => &vm.names.__init__,
    };
    let version = ty.ensure_version(vm);
    let found = ty
        .lookup(vm, name)
        .filter(|_| !matches!(which, Special::Init) || makes_plainly(vm, ty))
        .and_then(|f| f.downcast_exact::<Function>().cloned());
    // SAFETY: of a live function's code.
    let found = found.filter(|f| n == usize::MAX || unsafe { &*f.exec(vm) }.simple_args == n);
    ty.special[which as usize].set((version, found.as_ref().map_or(0, |f| f.as_value().bits())));
    found
}

/// The word of the method of `a`'s class for `a op b` (and `a op= b`), borrowed from the class, if it is a Python function of
/// two arguments that is asked first; 0 otherwise.
#[inline]
pub fn known_operator(vm: &Vm, a: &Value, b: &Value, op: BinaryOp) -> u64 {
    let Some(ty) = a.heap_type().filter(|ty| ty.native.is_none()) else { return 0 };
    let other = vm.type_of(b);
    // Instances of a subclass might come first.
    if !other.is(ty) && other.native.is_none() {
        return 0;
    }
    let known = ty.operators.get().and_then(|known| known.get(op as usize)).map(Cell::get);
    match known {
        Some((version, word)) if version != 0 && version == ty.version.get() => word,
        _ => find_operator(vm, ty, op),
    }
}

#[cold]
#[inline(never)]
fn find_operator(vm: &Vm, ty: &Gc<Type>, op: BinaryOp) -> u64 {
    let n = &vm.names;
    let (name, inplace) = match op {
        BinaryOp::Add => (&n.__add__, &n.__iadd__),
        BinaryOp::Sub => (&n.__sub__, &n.__isub__),
        BinaryOp::Mul => (&n.__mul__, &n.__imul__),
        BinaryOp::MatMul => (&n.__matmul__, &n.__imatmul__),
        BinaryOp::TrueDiv => (&n.__truediv__, &n.__itruediv__),
        BinaryOp::FloorDiv => (&n.__floordiv__, &n.__ifloordiv__),
        BinaryOp::Mod => (&n.__mod__, &n.__imod__),
        BinaryOp::LShift => (&n.__lshift__, &n.__ilshift__),
        BinaryOp::RShift => (&n.__rshift__, &n.__irshift__),
        BinaryOp::And => (&n.__and__, &n.__iand__),
        BinaryOp::Or => (&n.__or__, &n.__ior__),
        BinaryOp::Xor => (&n.__xor__, &n.__ixor__),
        BinaryOp::DivMod => return 0,
    };
    let version = ty.ensure_version(vm);
    let found = ty.lookup(vm, name).filter(|_| ty.lookup(vm, inplace).is_none());
    let found = found.and_then(|f| f.downcast_exact::<Function>().cloned());
    // SAFETY: of a live function's code.
    let found = found.filter(|f| unsafe { &*f.exec(vm) }.simple_args == 2);
    let word = found.as_ref().map_or(0, |f| f.as_value().bits());
    if let Some(place) = ty.operators.get_or_init(Default::default).get(op as usize) {
        place.set((version, word));
    }
    if version == 0 { 0 } else { word }
}

/// Whether the class makes its instances by `object.__new__`, with nothing beside what that does for plain objects.
fn makes_plainly(vm: &Vm, ty: &Gc<Type>) -> bool {
    use crate::object::Payload;
    std::ptr::eq(ty.def, crate::types::object::Object::def())
        && match (ty.slots.new.get(), vm.types.object.slots.new.get()) {
            (Some(new), Some(plain)) => std::ptr::fn_addr_eq(new, plain),
            _ => false,
        }
}

/// Whether a call of the class is `type.__call__`, as it is for `ABCMeta` and most metaclasses.
#[inline(always)]
fn called_plainly(vm: &Vm, ty: &Gc<Type>) -> bool {
    let (meta, plain) = (vm.type_of(ty.as_value()), &vm.types.type_);
    meta.is(plain)
        || match (meta.slots.call.get(), plain.slots.call.get()) {
            (Some(f), Some(plain)) => std::ptr::fn_addr_eq(f, plain),
            _ => false,
        }
}

/// The Python `__init__` of a class whose construction is plain: `type.__call__`, `object.__new__`, not abstract.
#[inline]
pub fn plain_init(vm: &Vm, ty: &Gc<Type>) -> Option<Gc<Function>> {
    if !called_plainly(vm, ty) || ty.has_flags(crate::types::typedef::F::ABSTRACT) {
        return None;
    }
    python_method(vm, ty, Special::Init, usize::MAX)
}

/// The Python `__new__` of a class whose attributes are found as those of classes are.
#[inline]
pub fn plain_new(vm: &Vm, ty: &Gc<Type>) -> Option<Gc<Function>> {
    if !vm.type_of(ty.as_value()).is(&vm.types.type_) {
        return None;
    }
    let new = ty.lookup(vm, &vm.names.__new__)?;
    new.downcast_exact::<StaticMethod>()?.callable.with(|f| f?.downcast_exact::<Function>().cloned())
}

/// The word of what `plain_init` answers, borrowed from the class; 0 if that is not known yet.
#[inline(always)]
pub fn known_init(vm: &Vm, ty: &Gc<Type>) -> u64 {
    let (version, word) = ty.special[Special::Init as usize].get();
    if version == 0
        || version != ty.version.get()
        || ty.has_flags(crate::types::typedef::F::ABSTRACT)
        || !called_plainly(vm, ty)
    {
        return 0;
    }
    word
}

/// The word of the `__getitem__` of the object's class, borrowed from that, if it is known to be a Python function; 0
/// otherwise.
#[inline(always)]
pub fn known_getitem(v: &Value) -> u64 {
    match v.heap_type().map(|ty| (ty, ty.special[Special::GetItem as usize].get())) {
        Some((ty, (version, word))) if version != 0 && version == ty.version.get() => word,
        _ => 0,
    }
}

/// Enters `f` with these arguments; its result goes to register `dst` of the top frame. An error (the recursion limit)
/// leaves nothing behind.
pub fn enter<const N: usize>(vm: &Vm, f: Gc<Function>, args: [Value; N], kind: u8, dst: u16) -> PyResult<()> {
    let args_call = crate::native::CallArgs::positional(&args);
    call::push_call(vm, &f, None, args_call, kind, None)?;
    // SAFETY: the frame was just pushed.
    unsafe { (*vm.thread.top()).dst = dst };
    Ok(())
}

/// `v[key]` by a `__getitem__` written in Python: its frame has been entered.
#[inline(never)]
pub fn enter_getitem(vm: &Vm, regs: Regs, b: u16, key: Key, dst: u16) -> PyResult<bool> {
    let Some(f) = python_method(vm, vm.type_of(regs.get(b)), Special::GetItem, 2) else {
        return Ok(false);
    };
    let key = match key {
        Key::Register(c) => regs.own(c),
        Key::Value(v) => v,
    };
    let zelf = regs.own(b);
    call::push_moved(vm, f, [zelf, key], 0, dst)?;
    Ok(true)
}

/// Where a subscript's key is.
pub enum Key {
    Register(u16),
    Value(Value),
}

/// `a[b] = c` by a `__setitem__` written in Python: its frame has been entered.
#[inline(never)]
pub fn enter_setitem(vm: &Vm, regs: Regs, a: u16, b: u16, c: u16) -> PyResult<bool> {
    let Some(f) = python_method(vm, vm.type_of(regs.get(a)), Special::SetItem, 3) else {
        return Ok(false);
    };
    let (v, key) = (regs.own(c), regs.own(b));
    let zelf = regs.own(a);
    call::push_moved(vm, f, [zelf, key, v], kind::DISCARD, 0)?;
    Ok(true)
}

/// A call of an instance whose class has `__call__` written in Python: puts the method and its object into the call's
/// places. The call goes on with them.
pub fn call_of_instance(vm: &Vm, regs: Regs, r: usize) -> Option<Gc<Function>> {
    let obj = regs.get(r as u16);
    let f = python_method(vm, obj.heap_type()?, Special::Call, usize::MAX)?;
    let obj = regs.take(r);
    regs.put_fresh(r + 1, obj);
    regs.put_fresh(r, Some(f.to_value()));
    Some(f)
}
