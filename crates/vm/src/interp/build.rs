//! Displays, unpacking and strings.

use super::run::Regs;
use crate::errors::exc;
use crate::object::ValueExt;
use crate::types::{Dict, List, Str, Tuple};
use crate::{PyResult, Raised, Value, Vm};
use taipan_bytecode::Instr;

pub fn slice(vm: &Vm, start: Value, stop: Value, step: Value) -> Value {
    vm.new_slice(start, stop, step).into_value()
}

pub fn frozenset(vm: &Vm, items: Vec<Value>) -> Value {
    super::links::frozenset_from(vm, &items).unwrap_or(Value::NONE)
}

/// The slice of two or three temporaries, which move into it.
#[inline(never)]
pub fn slice_of(vm: &Vm, regs: Regs, r: u16, n: u8) -> Value {
    let r = r as usize;
    let (start, stop) = (regs.take_word(r), regs.take_word(r + 1));
    let step = if n == 3 { regs.take_word(r + 2) } else { Value::NONE };
    vm.new_slice(start, stop, step).into_value()
}

/// The tuple of a few temporaries, which move into it. Hot.
#[inline(never)]
pub fn small_tuple<const N: usize>(vm: &Vm, regs: Regs, r: u16) -> Value {
    let r = r as usize;
    vm.tuple_of(std::array::from_fn::<Value, N, _>(|k| regs.take_word(r + k))).into_value()
}

/// The tuple of `n` temporaries, which move into it.
#[inline(never)]
pub fn tuple(vm: &Vm, regs: Regs, r: u16, n: u16) -> Value {
    let (r, n) = (r as usize, n as usize);
    vm.tuple_from_iter((r..r + n).map(|k| regs.take_word(k))).into_value()
}

/// Likewise a list.
#[inline(never)]
pub fn list(vm: &Vm, regs: Regs, r: u16, n: u16) -> Value {
    let (r, n) = (r as usize, n as usize);
    vm.new_list((r..r + n).map(|k| regs.take_word(k)).collect()).into_value()
}

pub fn map_add(vm: &Vm, dict: &Value, key: &Value, v: &Value) -> PyResult<()> {
    match dict.downcast::<Dict>() {
        Some(d) => d.set(vm, key, v.clone()),
        None => Ok(()),
    }
}

pub fn set(vm: &Vm, items: &[Value]) -> PyResult<Value> {
    super::links::set_from(vm, items)
}

pub fn set_add(vm: &Vm, set: &Value, item: &Value) -> PyResult<()> {
    super::links::set_add(vm, set, item)
}

pub fn set_update(vm: &Vm, set: &Value, other: &Value) -> PyResult<()> {
    vm.call_method_name(set, &vm.names.update, std::slice::from_ref(other)).map(drop)
}

/// The dict of `n` pairs of temporaries, which move into it.
#[inline(never)]
pub fn map(vm: &Vm, regs: Regs, r: u16, n: u16) -> PyResult<Value> {
    let (r, n) = (r as usize, n as usize);
    let d = vm.new_dict_for(n);
    let key = |i: usize| regs.get((r + 2 * i) as u16);
    let filled =
        d.table.fill_fresh(vm, n, key, |i| (regs.take_word(r + 2 * i), regs.take_word(r + 2 * i + 1)));
    for i in filled..n {
        if let Err(raised) = d.set(vm, key(i), regs.get((r + 2 * i + 1) as u16).clone()) {
            // The operands are dropped together.
            for (at, (k, v)) in d.pairs().into_iter().take(filled).enumerate() {
                regs.put_fresh(r + 2 * at, Some(k));
                regs.put_fresh(r + 2 * at + 1, Some(v));
            }
            return Err(raised);
        }
    }
    regs.drop_run(r + 2 * filled, 2 * (n - filled));
    Ok(d.into_value())
}

/// Strings joined.
pub fn string(vm: &Vm, parts: &[Value]) -> PyResult<Value> {
    vm.join_strs(parts)
}

pub fn list_extend(vm: &Vm, list: &Value, other: &Value) -> PyResult<()> {
    let Some(list) = list.downcast::<List>() else { return Ok(()) };
    let r = vm.collect(other);
    match r {
        Ok(items) => {
            list.items.with_mut(|l| l.extend(items));
            Ok(())
        }
        Err(raised) => {
            let ty = vm.type_of(other);
            if vm.raised_is(&exc::TypeError) && ty.slots.iter.get().is_none() && !vm.has_sequence_items(other)
            {
                drop(vm.take_raised());
                return Err(vm.type_error(format_args!(
                    "Value after * must be an iterable, not {}",
                    vm.type_of(other).name()
                )));
            }
            Err(raised)
        }
    }
}

/// Whether a value has `keys`, which makes it a mapping here.
fn mapping_pairs(vm: &Vm, other: &Value) -> PyResult<Option<Vec<(Value, Value)>>> {
    if let Some(d) = other.downcast_exact::<Dict>() {
        return Ok(Some(d.pairs()));
    }
    let Some(keys) = vm.lookup_attr(other, &vm.names.keys)? else { return Ok(None) };
    let keys = vm.call0(&keys)?;
    let mut out = Vec::new();
    for k in vm.collect(&keys)? {
        let v = vm.get_item(other, &k)?;
        out.push((k, v));
    }
    Ok(Some(out))
}

/// The contents of a dict for an empty one at once.
fn copy_into_empty(d: &Dict, other: &Value) -> bool {
    match other.downcast_exact::<Dict>() {
        Some(o) if d.is_empty() => {
            d.table.swap(&o.table.copy());
            true
        }
        _ => false,
    }
}

pub fn dict_update(vm: &Vm, dict: &Value, other: &Value) -> PyResult<()> {
    let Some(d) = dict.downcast::<Dict>() else { return Ok(()) };
    if copy_into_empty(d, other) {
        return Ok(());
    }
    match mapping_pairs(vm, other)? {
        Some(pairs) => {
            for (k, v) in pairs {
                d.set(vm, &k, v)?;
            }
            Ok(())
        }
        None => Err(vm.type_error(format_args!("'{}' object is not a mapping", vm.type_of(other).name()))),
    }
}

/// How messages name the callee of a call with `**`.
pub fn function_text(vm: &Vm, f: &Value) -> PyResult<String> {
    let qualname = vm.lookup_attr(f, &vm.names.__qualname__)?;
    let Some(q) = qualname.as_ref().and_then(|q| q.downcast::<Str>()) else {
        return Ok(vm.str(f)?.to_string_lossy().into_owned());
    };
    if let Some(m) = vm.lookup_attr(f, &vm.names.__module__)?
        && let Some(m) = m.downcast::<Str>()
        && m.as_bytes() != b"builtins"
    {
        return Ok(format!("{}.{}()", m.to_string_lossy(), q.to_string_lossy()));
    }
    Ok(format!("{}()", q.to_string_lossy()))
}

pub fn dict_merge(vm: &Vm, dict: &Value, other: &Value, callee: &Value) -> PyResult<()> {
    let Some(d) = dict.downcast::<Dict>() else { return Ok(()) };
    if copy_into_empty(d, other) {
        return Ok(());
    }
    let Some(pairs) = mapping_pairs(vm, other)? else {
        return Err(vm.type_error(format_args!(
            "{} argument after ** must be a mapping, not {}",
            function_text(vm, callee)?,
            vm.type_of(other).name()
        )));
    };
    for (k, v) in pairs {
        if d.get(vm, &k)?.is_some() {
            let key = vm.str(&k)?;
            return Err(vm.type_error(format_args!(
                "{} got multiple values for keyword argument '{}'",
                function_text(vm, callee)?,
                key.to_string_lossy()
            )));
        }
        d.set(vm, &k, v)?;
    }
    Ok(())
}

pub fn format(vm: &Vm, v: &Value, spec: Option<&Value>, conversion: u8) -> PyResult<Value> {
    let converted = match conversion {
        0 => None,
        1 => Some(vm.str(v)?.into_value()),
        2 => Some(vm.repr(v)?.into_value()),
        _ => Some(vm.ascii(v)?.into_value()),
    };
    let v = converted.as_ref().unwrap_or(v);
    Ok(vm.format(v, spec)?.into_value())
}

pub fn interpolation(vm: &Vm, parts: &[Value], conversion: u8) -> PyResult<Value> {
    let conv = match conversion {
        0 => Value::NONE,
        1 => vm.new_str("s").into_value(),
        2 => vm.new_str("r").into_value(),
        _ => vm.new_str("a").into_value(),
    };
    let spec = parts.get(2).cloned().unwrap_or_else(|| vm.names.empty.to_value());
    match (parts.first(), parts.get(1)) {
        (Some(value), Some(text)) => super::links::make_interpolation(vm, value, text, &conv, &spec),
        _ => Err(vm.system_error("bad interpolation")),
    }
}

pub fn template(vm: &Vm, strings: &Value, interpolations: &Value) -> PyResult<Value> {
    super::links::make_template(vm, strings, interpolations)
}

#[cold]
fn wrong_count(vm: &Vm, want: usize, got: usize) -> Raised {
    if got < want {
        vm.value_error(format_args!("not enough values to unpack (expected {want}, got {got})"))
    } else {
        vm.value_error(format_args!("too many values to unpack (expected {want}, got {got})"))
    }
}

fn cannot_unpack(vm: &Vm, v: &Value) -> PyResult<Value> {
    let r = vm.get_iter(v);
    if r.is_err() && vm.raised_is(&exc::TypeError) {
        let ty = vm.type_of(v);
        if ty.slots.iter.get().is_none() && !vm.has_sequence_items(v) {
            drop(vm.take_raised());
            return Err(
                vm.type_error(format_args!("cannot unpack non-iterable {} object", vm.type_of(v).name()))
            );
        }
    }
    r
}

/// Exactly `n` items.
fn exactly(vm: &Vm, v: &Value, n: usize) -> PyResult<Vec<Value>> {
    if let Some(t) = v.downcast_exact::<Tuple>() {
        if t.len() != n {
            return Err(wrong_count(vm, n, t.len()));
        }
        return Ok(t.items().to_vec());
    }
    if let Some(l) = v.downcast_exact::<List>() {
        if l.len() != n {
            return Err(wrong_count(vm, n, l.len()));
        }
        return Ok(l.to_vec());
    }
    let it = cannot_unpack(vm, v)?;
    let mut out = Vec::with_capacity(n);
    while out.len() < n {
        match vm.iter_next(&it)? {
            Some(x) => out.push(x),
            None => {
                return Err(vm.value_error(format_args!(
                    "not enough values to unpack (expected {n}, got {})",
                    out.len()
                )));
            }
        }
    }
    if vm.iter_next(&it)?.is_some() {
        if let Some(d) = v.downcast_exact::<Dict>() {
            return Err(wrong_count(vm, n, d.len()));
        }
        return Err(vm.value_error(format_args!("too many values to unpack (expected {n})")));
    }
    Ok(out)
}

pub fn unpack_sequence(vm: &Vm, regs: Regs, a: usize, b: u16, n: usize) -> PyResult<()> {
    let v = regs.get(b);
    if let Some(t) = v.downcast_exact::<Tuple>()
        && t.len() == n
    {
        unpack_tuple(regs, a, b, n);
        return Ok(());
    }
    // Owned copies first: the list may be the last owner of its items, and a register below may be the list.
    if n <= SMALL
        && let Some(l) = v.downcast_exact::<List>()
    {
        let mut words = [0; SMALL];
        if l.items.with(|l| copy_items(&mut words, l, n)) {
            regs.consume(b);
            for (k, word) in words.into_iter().take(n).enumerate() {
                // SAFETY: `copy_items` put a reference of our own there.
                regs.put((a + k) as u16, unsafe { Value::from_bits(word) });
            }
            return Ok(());
        }
    }
    let items = exactly(vm, v, n)?;
    regs.consume(b);
    for (k, v) in items.into_iter().enumerate() {
        regs.put((a + k) as u16, v);
    }
    Ok(())
}

/// The items of a tuple with so many: held meanwhile, since a register below may be the tuple. One that only the
/// instruction knows of, mostly a function's result, gives its items away.
#[inline(always)]
fn unpack_tuple(regs: Regs, a: usize, b: u16, n: usize) {
    let held = if regs.is_temp(b) { regs.take_word(b as usize) } else { regs.get(b).clone() };
    let Some(t) = held.downcast_exact::<Tuple>() else { return };
    if t.header().count() == 1 && !t.header().has_flag(taipan_heap::flags::WEAKREFS) {
        for k in 0..n {
            // SAFETY: as said, and it has so many.
            regs.put((a + k) as u16, unsafe { Tuple::take_item(t, k) });
        }
    } else {
        for (k, item) in t.items().iter().enumerate() {
            regs.put((a + k) as u16, item.clone());
        }
    }
}

/// How many items are unpacked without taking memory.
const SMALL: usize = 16;

/// Owned references as words (an array of values would be looked through for what to drop).
#[inline(always)]
fn copy_items(out: &mut [u64; SMALL], items: &[Value], n: usize) -> bool {
    if items.len() != n {
        return false;
    }
    for (place, v) in out.iter_mut().zip(items) {
        *place = v.clone().into_bits();
    }
    true
}

pub fn unpack_pair(vm: &Vm, regs: Regs, i: Instr) -> PyResult<()> {
    let v = regs.get(i.c());
    if let Some(t) = v.downcast_exact::<Tuple>()
        && t.len() == 2
        && regs.is_temp(i.c())
        && t.header().count() == 1
        && !t.header().has_flag(taipan_heap::flags::WEAKREFS)
    {
        let mut words = [0; 2];
        // SAFETY: as in `unpack_sequence`; the words are the references that the tuple held.
        unsafe {
            Tuple::take_words(t, &mut words);
            regs.consume(i.c());
            regs.put(i.a(), Value::from_bits(words[0]));
            regs.put(i.b(), Value::from_bits(words[1]));
        }
        return Ok(());
    }
    let (x, y) = match v.downcast_exact::<Tuple>() {
        Some(t) if t.len() == 2 => (t.items()[0].clone(), t.items()[1].clone()),
        _ => {
            let mut items = exactly(vm, v, 2)?.into_iter();
            match (items.next(), items.next()) {
                (Some(x), Some(y)) => (x, y),
                _ => return Err(wrong_count(vm, 2, 0)),
            }
        }
    };
    regs.consume(i.c());
    regs.put(i.a(), x);
    regs.put(i.b(), y);
    Ok(())
}

pub fn unpack_ex(vm: &Vm, regs: Regs, i: Instr) -> PyResult<()> {
    let (before, after) = (i.x() as usize, i.c() as usize);
    let v = regs.get(i.b());
    let it = cannot_unpack(vm, v)?;
    let mut items = Vec::new();
    while items.len() < before {
        match vm.iter_next(&it)? {
            Some(x) => items.push(x),
            None => {
                return Err(vm.value_error(format_args!(
                    "not enough values to unpack (expected at least {}, got {})",
                    before + after,
                    items.len()
                )));
            }
        }
    }
    let mut rest = vm.collect(&it)?;
    if rest.len() < after {
        return Err(vm.value_error(format_args!(
            "not enough values to unpack (expected at least {}, got {})",
            before + after,
            before + rest.len()
        )));
    }
    let tail = rest.split_off(rest.len() - after);
    regs.consume(i.b());
    let mut r = i.a();
    for v in items {
        regs.put(r, v);
        r += 1;
    }
    regs.put(r, vm.new_list(rest).into_value());
    r += 1;
    for v in tail {
        regs.put(r, v);
        r += 1;
    }
    Ok(())
}
