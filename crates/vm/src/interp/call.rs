//! Calls: setting up windows, binding arguments to parameters, functions made and called.

use super::frame::{Frame, Slot, kind};
use super::run::{DEAD, Regs};
use super::{generator, names};
use crate::native::CallArgs;
use crate::object::{Type, ValueExt};
use crate::types::code::{Code, Exec};
use crate::types::function::{Function, Method, only_cells};
use crate::types::str_::INTERNED;
use crate::types::{Dict, List, Str, Tuple};
use crate::{PyResult, Raised, Value, Vm};
use std::hint::cold_path;
use taipan_bytecode::{Instr, Op, flags};
use taipan_heap::Gc;

/// Enters a Python function whose arguments lie in the caller's temporaries: `regs[r]` is the callable, `count` arguments
/// begin at `first`. On success the callee's frame is on top; on an error the temporaries have been dropped.
///
/// # Safety
/// The arguments are the topmost live temporaries of the top frame, and `func` is the callable.
#[inline(always)]
pub unsafe fn enter_function(
    vm: &Vm,
    regs: Regs,
    r: usize,
    first: usize,
    count: usize,
    func: &Gc<Function>,
    dst: u16,
) -> PyResult<()> {
    // SAFETY: a function always has code; `old_code` keeps replaced code alive while frames run it.
    unsafe {
        let exec = &*func.exec(vm);
        match enter_plain(vm, regs, &*vm.thread.top(), r, first, count, exec, dst) {
            Some(_) => Ok(()),
            None => enter_bound(vm, regs, r, first, count, func, &[], dst),
        }
    }
}

/// `enter_function` where the arguments are the parameters and lie where the callee's window begins; nothing has happened
/// otherwise. `exec` is that of the callable's code. Hot: the loop's `call`.
///
/// # Safety
/// As for `enter_function`; `caller` is the top frame.
#[inline(always)]
pub unsafe fn enter_plain(
    vm: &Vm,
    regs: Regs,
    caller: &Frame,
    r: usize,
    first: usize,
    count: usize,
    exec: &Exec,
    dst: u16,
) -> Option<*const Frame> {
    // SAFETY: by contract.
    unsafe {
        let base = regs.base.add(first);
        if count != exec.simple_args
            || caller.kind.get() & kind::GENERATOR != 0
            || !vm.thread.fits(base, exec.nregs)
            || !vm.thread.has_place()
        {
            cold_path();
            return None;
        }
        // The arguments are in place; locals and cells beyond them are made EMPTY (dead words are no pointers).
        clear(base, count, exec.first_temp);
        // The callable moves into the frame; an EMPTY self needs nothing.
        let callee = std::ptr::replace(regs.base.add(r) as *mut u64, DEAD);
        let func: Gc<Function> = Value::from_bits(callee).into_gc_unchecked();
        Some(vm.thread.push_unchecked(caller as *const Frame as *mut Frame, func, exec, base, 0, dst))
    }
}

/// Enters a Python function with `N` arguments, which `argument` hands out; nothing has happened otherwise. `exec` is that of
/// the function's code. Hot.
///
/// # Safety
/// `caller` is the top frame, which holds the arguments and whoever keeps the function.
#[inline(always)]
pub unsafe fn enter_method<const N: usize>(
    vm: &Vm,
    caller: &Frame,
    func: &Gc<Function>,
    exec: &Exec,
    argument: impl Fn(usize) -> Value,
    kind: u8,
    dst: u16,
) -> Option<*const Frame> {
    let base = caller.free;
    // SAFETY: by contract; what lies above `free` belongs to nobody.
    unsafe {
        if exec.simple_args != N || !vm.thread.fits(base, exec.nregs) || !vm.thread.has_place() {
            cold_path();
            return None;
        }
        // The arguments may be all that keeps the function's class.
        let func = func.clone();
        for k in 0..N {
            std::ptr::write(base.add(k), Some(argument(k)));
        }
        clear(base, N, exec.first_temp);
        Some(vm.thread.push_unchecked(caller as *const Frame as *mut Frame, func, exec, base, kind, dst))
    }
}

/// `enter_function` where positional arguments and defaults are the parameters, from any frame; nothing has happened
/// otherwise. Hot.
///
/// # Safety
/// As for `enter_function`; `caller` is the top frame, and `exec` is that of `func`'s code.
#[inline(always)]
pub unsafe fn enter_positional(
    vm: &Vm,
    regs: Regs,
    caller: &Frame,
    r: usize,
    first: usize,
    count: usize,
    func: &Gc<Function>,
    exec: &Exec,
    dst: u16,
) -> Option<*const Frame> {
    let params = exec.simple_args;
    let in_place = caller.kind.get() & kind::GENERATOR == 0;
    // SAFETY: by contract; `simple_args` is a number of parameters or larger than any count.
    unsafe {
        let base = if in_place { regs.base.add(first) } else { caller.free };
        if params == usize::MAX
            || count > params
            || !vm.thread.fits(base, exec.nregs)
            || !vm.thread.has_place()
        {
            return None;
        }
        if count < params && !fill_defaults(func, base, count, params) {
            return None;
        }
        if !in_place {
            for k in 0..count {
                let word = std::ptr::replace(regs.base.add(first + k) as *mut u64, DEAD);
                std::ptr::write(base.add(k) as *mut u64, word);
            }
        }
        clear(base, params, exec.first_temp);
        let callee = std::ptr::replace(regs.base.add(r) as *mut u64, DEAD);
        let func: Gc<Function> = Value::from_bits(callee).into_gc_unchecked();
        Some(vm.thread.push_unchecked(caller as *const Frame as *mut Frame, func, exec, base, 0, dst))
    }
}

/// Empties `base[from..to]`, which holds no pointers. A loop that stays one: windows are small, and `memset` is a call.
///
/// # Safety
/// The places lie within the value stack.
#[inline(always)]
unsafe fn clear(base: *mut Slot, from: usize, to: usize) {
    let mut k = from;
    while k < to {
        // SAFETY: by contract.
        unsafe { std::ptr::write_volatile(base.add(k) as *mut u64, 0) };
        k += 1;
    }
}

/// # Safety
/// The places hold values or EMPTY.
#[cold]
unsafe fn drop_window(base: *mut Slot, n: usize) {
    for k in 0..n {
        // SAFETY: by contract.
        drop(unsafe { (*base.add(k)).take() });
    }
}

/// `enter_function` for calls that are not simple: defaults, keywords (`names`: those of the last arguments), stars, and
/// calls from a generator, whose window has no room behind it.
///
/// # Safety
/// As for `enter_function`.
#[inline(never)]
pub unsafe fn enter_bound(
    vm: &Vm,
    regs: Regs,
    r: usize,
    first: usize,
    count: usize,
    func: &Gc<Function>,
    names: &[Value],
    dst: u16,
) -> PyResult<()> {
    let func = func.clone();
    // SAFETY: as in `enter_function`. Arguments move at most once; `regs` is not touched after `r` is dropped.
    unsafe {
        let code: *const Gc<Code> = func.code.as_ptr_unchecked();
        let exec = &*func.exec(vm);
        let caller = &*vm.thread.top();
        let in_place = caller.kind.get() & kind::GENERATOR == 0;
        let base = if in_place { regs.base.add(first) } else { caller.free };
        if !vm.thread.fits(base, exec.nregs.max(count)) {
            regs.drop_run(r, first - r + count);
            return Err(vm.recursion_error(""));
        }
        if !in_place {
            for k in 0..count {
                let word = std::ptr::replace(regs.base.add(first + k) as *mut u64, DEAD);
                std::ptr::write(base.add(k) as *mut u64, word);
            }
        }
        let bound = bind_in_place(vm, &func, &*code, exec, base, count, names);
        regs.drop_run(r, first - r);
        bound?;
        match vm.thread.push(vm, func, exec, base, 0, dst) {
            Ok(_) => Ok(()),
            Err(raised) => {
                drop_window(base, exec.first_temp);
                Err(raised)
            }
        }
    }
}

/// Arranges `count` arguments at `base` as the function's window, and empties the rest of its locals. On an error nothing
/// is left there.
///
/// # Safety
/// `base` has room for the window and the arguments, which lie there; nothing live lies behind them.
unsafe fn bind_in_place(
    vm: &Vm,
    func: &Gc<Function>,
    code: &Gc<Code>,
    exec: &Exec,
    base: *mut Slot,
    count: usize,
    names: &[Value],
) -> PyResult<()> {
    let d = &code.data;
    let (npos, named) = (exec.argcount, exec.argcount + d.kwonlyargcount as usize);
    let given = count - names.len();
    let stars = d.flags & (flags::VARARGS | flags::VARKEYWORDS);
    // SAFETY: by contract; registers named below `total_args` lie within the window.
    unsafe {
        if names.is_empty() && given <= npos && named == npos {
            // Positional arguments and defaults.
            let full = given == npos || fill_defaults(func, base, given, npos);
            if full {
                clear(base, npos, exec.first_temp);
                if stars != 0 {
                    put_stars(vm, d.flags, base.add(npos), vm.new_tuple(Vec::new()));
                }
                return Ok(());
            }
        } else if names.is_empty() && named == npos && stars & flags::VARARGS != 0 {
            // More positional arguments than parameters.
            let rest = (npos..count).map(|k| (*base.add(k)).take().unwrap_or(Value::NONE));
            let rest = vm.tuple_from_iter(rest);
            clear(base, npos, exec.first_temp);
            put_stars(vm, d.flags, base.add(npos), rest);
            return Ok(());
        } else {
            let bound = if stars & flags::VARARGS == 0 {
                given <= npos
                    && exec.argcount < MAX_PARAMS
                    && bind_keywords(vm, func, code, exec, base, given, names)
            } else if stars == flags::VARARGS {
                given >= npos && bind_rest(vm, func, code, exec, base, given, names)
            } else {
                named == npos && bind_extra(vm, func, code, exec, base, given, names)
            };
            if bound {
                return Ok(());
            }
        }
        // The general way: the arguments move out, are bound, and move back in. It also says what is wrong.
        let mut args: Vec<Value> = (0..count).map(|k| (*base.add(k)).take().unwrap_or(Value::NONE)).collect();
        let kw: Vec<(Value, Value)> = names.iter().cloned().zip(args.split_off(given)).collect();
        let window = bind(vm, func, code, args, &kw)?;
        write_window(base, window, exec.first_temp);
        Ok(())
    }
}

/// Binds keyword arguments of which no parameter bears the name to a function with `**`; `false` (and nothing done) if
/// something is not as it should be.
///
/// # Safety
/// As for `bind_in_place`.
unsafe fn bind_extra(
    vm: &Vm,
    func: &Gc<Function>,
    code: &Gc<Code>,
    exec: &Exec,
    base: *mut Slot,
    given: usize,
    names: &[Value],
) -> bool {
    let (npos, d) = (exec.argcount, &code.data);
    let rest = d.flags & flags::VARARGS != 0;
    let params = exec.params(vm, code);
    if given > npos && !rest || d.kwonlyargcount != 0 || params.len() >= MAX_PARAMS {
        return false;
    }
    let extra = |name: &Value| {
        let interned = name.downcast_exact::<Str>().is_some_and(|s| s.header().has_flag(INTERNED));
        interned && !params.iter().any(|p| p.as_value().is(name))
    };
    let defaults = func.defaults.get().map_or(0, |t| t.len());
    if !names.iter().all(extra) || given + defaults < npos {
        return false;
    }
    let kwargs = vm.new_dict_for(names.len());
    // SAFETY: by contract: the keyword arguments lie behind the others, and the defaults are there.
    unsafe {
        for (k, name) in names.iter().enumerate() {
            let value = (*base.add(given + k)).take().unwrap_or(Value::NONE);
            if let Some(name) = name.downcast_exact::<Str>() {
                kwargs.table.push_str(vm, name, value);
            }
        }
        if given < npos {
            fill_defaults(func, base, given, npos);
        }
        let star = rest.then(|| {
            let items = (npos..given.max(npos)).map(|k| (*base.add(k)).take().unwrap_or(Value::NONE));
            vm.tuple_from_iter(items).into_value()
        });
        clear(base, npos, exec.first_temp.max(given + names.len()));
        let mut place = base.add(npos);
        if let Some(star) = star {
            std::ptr::write(place, Some(star));
            place = place.add(1);
        }
        std::ptr::write(place, Some(kwargs.into_value()));
    }
    true
}

/// Binds the arguments of a function with `*args` and parameters behind it, all positional ones being given; `false` (and
/// nothing done) if something is not as it should be.
///
/// # Safety
/// As for `bind_in_place`.
unsafe fn bind_rest(
    vm: &Vm,
    func: &Gc<Function>,
    code: &Gc<Code>,
    exec: &Exec,
    base: *mut Slot,
    given: usize,
    names: &[Value],
) -> bool {
    let npos = exec.argcount;
    let params = exec.params(vm, code);
    if params.len() >= MAX_PARAMS || names.len() >= MAX_PARAMS {
        return false;
    }
    // Words, as in `bind_keywords`. Those of arguments stay where they lie until all is known to be well.
    let (mut values, mut filled) = ([0u64; MAX_PARAMS], 0u64);
    for (k, name) in names.iter().enumerate() {
        match params.iter().skip(npos).position(|p| p.as_value().is(name)) {
            Some(i) if filled >> i & 1 == 0 => {
                filled |= 1 << i;
                // SAFETY: by contract.
                values[i] = unsafe { *(base.add(given + k) as *const u64) };
            }
            _ => return false,
        }
    }
    let mut defaults = 0u64;
    for (i, param) in params.iter().enumerate().skip(npos) {
        let i = i - npos;
        if filled >> i & 1 == 0 {
            let known = func.kwdefaults.with(|d| d.and_then(|d| d.get_str(vm, param)));
            let Some(v) = known else {
                for (k, word) in values.into_iter().enumerate() {
                    if defaults >> k & 1 != 0 {
                        // SAFETY: given out just now.
                        drop(unsafe { Value::from_bits(word) });
                    }
                }
                return false;
            };
            values[i] = v.into_bits();
            defaults |= 1 << i;
        }
    }
    // SAFETY: by contract; the values move.
    unsafe {
        let rest = (npos..given).map(|k| (*base.add(k)).take().unwrap_or(Value::NONE));
        let rest = vm.tuple_from_iter(rest);
        clear(base, npos, exec.first_temp.max(given + names.len()));
        for (i, word) in values.into_iter().enumerate().take(params.len() - npos) {
            *(base.add(npos + i) as *mut u64) = word;
        }
        std::ptr::write(base.add(params.len()), Some(rest.into_value()));
    }
    true
}

/// # Safety
/// Room for the star parameters at `place`, which is EMPTY.
unsafe fn put_stars(vm: &Vm, co_flags: u32, place: *mut Slot, rest: Gc<Tuple>) {
    let mut place = place;
    // SAFETY: by contract.
    unsafe {
        if co_flags & flags::VARARGS != 0 {
            std::ptr::write(place, Some(rest.into_value()));
            place = place.add(1);
        }
        if co_flags & flags::VARKEYWORDS != 0 {
            std::ptr::write(place, Some(vm.new_dict().into_value()));
        }
    }
}

/// Puts defaults into the places `given..npos`; `false` (and nothing done) if some have none.
///
/// # Safety
/// The places hold nothing live.
unsafe fn fill_defaults(func: &Gc<Function>, base: *mut Slot, given: usize, npos: usize) -> bool {
    func.defaults.with(|t| {
        let Some(t) = t else { return false };
        let items = t.items();
        let Some(skip) = (items.len() + given).checked_sub(npos) else { return false };
        for (k, v) in items[skip.min(items.len())..].iter().enumerate() {
            // SAFETY: by contract; `skip` leaves `npos - given` items.
            unsafe { std::ptr::write(base.add(given + k), Some(v.clone())) };
        }
        true
    })
}

/// Functions with fewer parameters have keyword arguments bound without taking memory.
const MAX_PARAMS: usize = 16;
/// The place of a keyword argument that goes into `**kwargs`.
const EXTRA: u8 = u8::MAX;

/// Binds keyword arguments to a function without `*args`; `false` (and nothing done) if something is not as it should be.
///
/// # Safety
/// As for `bind_in_place`.
unsafe fn bind_keywords(
    vm: &Vm,
    func: &Gc<Function>,
    code: &Gc<Code>,
    exec: &Exec,
    base: *mut Slot,
    given: usize,
    names: &[Value],
) -> bool {
    let d = &code.data;
    let (npos, posonly) = (exec.argcount, d.posonlyargcount as usize);
    let params = exec.params(vm, code);
    if params.len() >= MAX_PARAMS || names.len() >= MAX_PARAMS {
        return false;
    }
    let extra = d.flags & flags::VARKEYWORDS != 0;
    let mut filled: u64 = (1u64 << given) - 1;
    let mut places = [0u8; MAX_PARAMS];
    for (name, place) in names.iter().zip(&mut places) {
        let Some(i) = params.iter().position(|p| p.as_value().is(name)) else {
            // Parameters' names are interned: another interned name is none of them.
            if !extra || !name.downcast_exact::<Str>().is_some_and(|s| s.header().has_flag(INTERNED)) {
                return false;
            }
            *place = EXTRA;
            continue;
        };
        if i < posonly || filled >> i & 1 != 0 {
            return false;
        }
        filled |= 1 << i;
        *place = i as u8;
    }
    let defaults = func.defaults.get();
    let defaults = defaults.as_ref().map_or(&[][..], |t| t.items());
    let required = npos.saturating_sub(defaults.len());
    let skip = defaults.len().saturating_sub(npos);
    if filled & ((1u64 << required) - 1) != (1u64 << required) - 1 {
        return false;
    }
    let kwdefaults = func.kwdefaults.get();
    let default_of = |i: usize| {
        if i < npos {
            return defaults.get(skip + i - required).cloned();
        }
        kwdefaults.as_ref()?.get_str(vm, &params[i])
    };
    // Whether each missing one has a default is known before anything moves. (Words: arrays of values would be dropped
    // one by one, which costs more than the rest.)
    let mut missing = [0u64; MAX_PARAMS];
    let all = (1u64 << params.len()) - 1;
    if filled != all {
        for i in given..params.len() {
            if filled >> i & 1 == 0 {
                match default_of(i) {
                    Some(v) => missing[i] = v.into_bits(),
                    None => {
                        for word in missing.into_iter().filter(|&w| w != 0) {
                            // SAFETY: given out just now.
                            drop(unsafe { Value::from_bits(word) });
                        }
                        return false;
                    }
                }
            }
        }
    }
    // SAFETY: by contract; places are below the number of parameters, which the window has room for.
    unsafe {
        let words = base as *mut u64;
        let mut values = [0u64; MAX_PARAMS];
        for (k, v) in values.iter_mut().enumerate().take(names.len()) {
            *v = *words.add(given + k);
        }
        clear(base, given, exec.first_temp.max(given + names.len()));
        if extra {
            let rest = vm.new_dict();
            for (k, name) in names.iter().enumerate() {
                if places[k] == EXTRA
                    && let Some(name) = name.downcast_exact::<Str>()
                {
                    rest.set_str(vm, name, Value::from_bits(values[k]));
                }
            }
            std::ptr::write(base.add(params.len()), Some(rest.into_value()));
        }
        for k in 0..names.len() {
            if places[k] != EXTRA {
                *words.add(places[k] as usize) = values[k];
            }
        }
        if filled != all {
            for (i, word) in missing.into_iter().enumerate().take(params.len()).skip(given) {
                if word != 0 {
                    *words.add(i) = word;
                }
            }
        }
    }
    true
}

/// # Safety
/// `base` has room for `n` words and holds no live values.
unsafe fn write_window(base: *mut Slot, window: Vec<Slot>, n: usize) {
    let have = window.len();
    for (k, v) in window.into_iter().enumerate() {
        // SAFETY: by contract.
        unsafe { std::ptr::write(base.add(k), v) }
    }
    for k in have..n {
        // SAFETY: by contract.
        unsafe { std::ptr::write(base.add(k), None) }
    }
}

/// Enters `func` with the object that now stands in front of the `count` arguments.
///
/// # Safety
/// As for `enter_function`.
unsafe fn enter_with_self(
    vm: &Vm,
    regs: Regs,
    r: usize,
    count: usize,
    func: &Gc<Function>,
    names: &[Value],
    dst: u16,
) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        match names.is_empty() {
            true => enter_function(vm, regs, r, r + 1, count + 1, func, dst),
            false => enter_bound(vm, regs, r, r + 1, count + 1, func, names, dst),
        }
    }
}

/// Enters what leads to a Python function: functions (with keywords), bound methods, and classes with a Python `__init__`.
/// Answers whether a frame was pushed.
///
/// # Safety
/// As for `enter_function`.
pub unsafe fn enter_special(
    vm: &Vm,
    regs: Regs,
    r: usize,
    first: usize,
    count: usize,
    names: &[Value],
    dst: u16,
) -> PyResult<bool> {
    let callee = regs.get(r as u16);
    if let Some(f) = callee.downcast_exact::<Function>() {
        // SAFETY: by contract.
        unsafe { enter_bound(vm, regs, r, first, count, f, names, dst)? };
        return Ok(true);
    }
    if let Some(m) = callee.downcast_exact::<Method>()
        && first == r + 2
        && let Some(f) = m.func.downcast_exact::<Function>()
    {
        let (f, zelf) = (f.clone(), m.zelf.clone());
        drop(regs.take(r));
        regs.put_fresh(r + 1, Some(zelf));
        regs.put_fresh(r, Some(f.to_value()));
        // SAFETY: the object now stands in front of the arguments.
        unsafe {
            enter_with_self(vm, regs, r, count, &f, names, dst)?;
        }
        return Ok(true);
    }
    if let Some(ty) = callee.downcast::<Type>()
        && first == r + 2
        && ty.is_heap_type()
        && let Some(init) = super::fast::plain_init(vm, ty)
    {
        let obj = crate::types::instance::new_plain(vm, ty);
        drop(regs.take(r));
        regs.put_fresh(r + 1, Some(obj.clone()));
        regs.put_fresh(r, Some(init.to_value()));
        // SAFETY: as above.
        unsafe {
            enter_with_self(vm, regs, r, count, &init, names, dst)?;
        }
        // SAFETY: the frame was just pushed.
        unsafe {
            let f = &mut *vm.thread.top();
            f.kind.set(f.kind.get() | kind::INIT);
            f.owner = Some(obj);
        }
        return Ok(true);
    }
    if first == r + 2
        && let Some(f) = super::fast::call_of_instance(vm, regs, r)
    {
        // SAFETY: as above.
        unsafe {
            enter_with_self(vm, regs, r, count, &f, names, dst)?;
        }
        return Ok(true);
    }
    Ok(false)
}

/// A Python function called from native code; `front`: what stands in front of the arguments (a method's object).
pub fn call_function(
    vm: &Vm,
    func: &Gc<Function>,
    front: Option<&Value>,
    args: CallArgs<'_>,
) -> PyResult<Value> {
    push_call(vm, func, front, args, kind::ENTRY, None)?;
    super::run(vm)
}

/// Pushes an entry frame for a call from native code.
pub fn push_call(
    vm: &Vm,
    func: &Gc<Function>,
    front: Option<&Value>,
    args: CallArgs<'_>,
    kind: u8,
    locals: Option<Value>,
) -> PyResult<()> {
    // SAFETY: as in `enter_function`; the window lies above the top frame's.
    unsafe {
        let code: *const Gc<Code> = func.code.as_ptr_unchecked();
        let exec = (*code).exec(vm);
        let (base, count) = (vm.thread.free_base(), args.all.len() + front.is_some() as usize);
        if !vm.thread.fits(base, exec.nregs.max(count)) {
            return Err(vm.recursion_error(""));
        }
        for (k, v) in front.into_iter().chain(args.all).enumerate() {
            std::ptr::write(base.add(k), Some(v.clone()));
        }
        if args.kwnames.is_none() && count == exec.simple_args {
            clear(base, count, exec.first_temp);
        } else {
            let names = args.kwnames.map_or(&[][..], |k| k.items());
            bind_in_place(vm, func, &*code, exec, base, count, names)?;
        }
        match vm.thread.push(vm, func.clone(), exec, base, kind, 0) {
            Ok(f) => {
                if locals.is_some() {
                    (*f).kind.set(kind | kind::MORE);
                    (*f).locals = locals;
                }
                Ok(())
            }
            Err(raised) => {
                drop_window(base, exec.first_temp);
                Err(raised)
            }
        }
    }
}

/// Pushes a frame for a function that most likely takes exactly these arguments, which move.
#[inline(always)]
pub fn push_moved<const N: usize>(
    vm: &Vm,
    func: Gc<Function>,
    args: [Value; N],
    kind: u8,
    dst: u16,
) -> PyResult<()> {
    // SAFETY: as in `push_call`.
    unsafe {
        let exec = &*func.exec(vm);
        let base = vm.thread.free_base();
        if exec.simple_args != N || !vm.thread.fits(base, exec.nregs) {
            // Its code was replaced since.
            return super::fast::enter(vm, func, args, kind, dst);
        }
        for (k, v) in args.into_iter().enumerate() {
            std::ptr::write(base.add(k), Some(v));
        }
        clear(base, N, exec.first_temp);
        match vm.thread.push(vm, func, exec, base, kind, dst) {
            Ok(_) => Ok(()),
            Err(raised) => {
                drop_window(base, exec.first_temp);
                Err(raised)
            }
        }
    }
}

/// `call_ex` of what leads to a Python function, entered like any other call. Answers whether a frame was pushed.
///
/// # Safety
/// `regs[r..r + 4]` are the topmost temporaries: callable, self, positional arguments, keyword arguments.
pub unsafe fn enter_ex(vm: &Vm, regs: Regs, r: usize, dst: u16) -> PyResult<bool> {
    let callee = regs.get(r as u16);
    let alone = regs.bits(r as u16 + 1) == 0;
    let (mut zelf, mut class) = (regs.slot(r + 1).clone(), None);
    let func = if let Some(f) = callee.downcast_exact::<Function>() {
        f.clone()
    } else if alone
        && let Some(m) = callee.downcast_exact::<Method>()
        && let Some(f) = m.func.downcast_exact::<Function>()
    {
        zelf = Some(m.zelf.clone());
        f.clone()
    } else if alone
        && let Some(ty) = callee.downcast::<Type>()
        && ty.is_heap_type()
        && let Some(init) = super::fast::plain_init(vm, ty)
    {
        class = Some(ty);
        init
    } else {
        return Ok(false);
    };
    let given = regs.get(r as u16 + 2);
    if given.downcast_exact::<Tuple>().is_none() && given.downcast_exact::<List>().is_none() {
        return Ok(false);
    }
    let keywords = match regs.slot(r + 3).as_ref().map(|k| k.downcast_exact::<Dict>()) {
        Some(Some(k)) => Some(k).filter(|k| !k.is_empty()),
        Some(None) if !regs.get(r as u16 + 3).is_none() => return Ok(false),
        _ => None,
    };
    if keywords.is_some_and(|k| !k.table.has_only_str_keys()) {
        return Ok(false);
    }
    // A collection may run code that changes the list: nothing is counted before.
    let made = class.map(|ty| crate::types::instance::new_plain(vm, ty));
    let zelf = zelf.or_else(|| made.clone());
    // SAFETY: values are copied above what is live, then bound there.
    unsafe {
        let code: *const Gc<Code> = func.code.as_ptr_unchecked();
        let exec = (*code).exec(vm);
        let caller = &*vm.thread.top();
        let base = caller.free;
        let n = match given.downcast_exact::<Tuple>() {
            Some(t) => t.len(),
            None => given.downcast_exact::<List>().map_or(0, |l| l.len()),
        };
        let count = n + keywords.map_or(0, |k| k.len()) + 1;
        if count > u16::MAX as usize || !vm.thread.fits(base, exec.nregs.max(count)) {
            return Ok(false);
        }
        let mut at = 0;
        let mut push = |v: Value| {
            std::ptr::write(base.add(at), Some(v));
            at += 1;
        };
        if let Some(zelf) = zelf {
            push(zelf);
        }
        if let Some(t) = given.downcast_exact::<Tuple>() {
            t.items().iter().for_each(|v| push(v.clone()));
        } else if let Some(l) = given.downcast_exact::<List>() {
            l.items.with(|items| items.iter().for_each(|v| push(v.clone())));
        }
        let mut names = Vec::new();
        if let Some(k) = keywords {
            names.reserve(k.len());
            k.table.each(|name, v| {
                names.push(name.clone());
                push(v.clone());
            });
        }
        bind_in_place(vm, &func, &*code, exec, base, at, &names)?;
        regs.drop_run(r, 4);
        match vm.thread.push(vm, func, exec, base, 0, dst) {
            Ok(_) => {
                if made.is_some() {
                    let f = &mut *vm.thread.top();
                    f.kind.set(f.kind.get() | kind::INIT);
                    f.owner = made;
                }
                Ok(true)
            }
            Err(raised) => {
                drop_window(base, exec.first_temp);
                Err(raised)
            }
        }
    }
}

/// `call_kw`: the names are a constant tuple; `n` arguments in all.
pub fn call_kw(vm: &Vm, regs: Regs, b: u16, n: usize, names: &Value) -> PyResult<Value> {
    let Some(names) = names.downcast::<Tuple>() else { return Err(vm.system_error("bad keyword names")) };
    let r = b as usize;
    let first = r + 2 - (regs.bits(b + 1) != 0) as usize;
    let args = CallArgs { all: regs.run(first, n + (r + 2 - first)), kwnames: Some(names) };
    let v = vm.call_args(regs.get(b), args)?;
    regs.drop_run(r, n + 2);
    Ok(v)
}

/// `call_ex`: `f(*args, **kwargs)`.
pub fn call_ex(vm: &Vm, regs: Regs, b: u16) -> PyResult<Value> {
    let r = b as usize;
    let callee = regs.get(b);
    let given = regs.get(b + 2);
    let keywords = regs.slot(r + 3).as_ref().and_then(|k| k.downcast::<Dict>()).filter(|k| !k.is_empty());
    if keywords.is_none()
        && regs.bits(b + 1) == 0
        && let Some(t) = given.downcast_exact::<Tuple>()
    {
        let v = vm.call(callee, t.items())?;
        regs.drop_run(r, 4);
        return Ok(v);
    }
    let mut all = Vec::new();
    if let Some(zelf) = regs.slot(r + 1) {
        all.push(zelf.clone());
    }
    match given.downcast_exact::<Tuple>() {
        Some(t) => all.extend_from_slice(t.items()),
        None => match given.downcast_exact::<List>() {
            Some(l) => all.extend(l.to_vec()),
            None => {
                let items = vm.collect(given);
                match items {
                    Ok(items) => all.extend(items),
                    Err(raised) => {
                        if vm.raised_is(&crate::errors::exc::TypeError)
                            && vm.type_of(given).slots.iter.get().is_none()
                            && !vm.has_sequence_items(given)
                        {
                            drop(vm.take_raised());
                            return Err(vm.type_error(format_args!(
                                "{} argument after * must be an iterable, not {}",
                                super::build::function_text(vm, callee)?,
                                vm.type_of(given).name()
                            )));
                        }
                        return Err(raised);
                    }
                }
            }
        },
    }
    let v = match keywords {
        Some(kw) => {
            let pairs = kw.pairs();
            if pairs.iter().any(|(k, _)| k.downcast::<Str>().is_none()) {
                return Err(vm.type_error("keywords must be strings"));
            }
            vm.call_kw(callee, &all, &pairs)?
        }
        None => vm.call(callee, &all)?,
    };
    drop(all);
    regs.drop_run(r, 4);
    Ok(v)
}

/// Arranges arguments as the function's parameters want them: its first locals.
pub fn bind(
    vm: &Vm,
    func: &Gc<Function>,
    code: &Gc<Code>,
    mut args: Vec<Value>,
    kw: &[(Value, Value)],
) -> PyResult<Vec<Slot>> {
    let d = &code.data;
    let (npos, nkwonly) = (d.argcount as usize, d.kwonlyargcount as usize);
    let named = npos + nkwonly;
    let has_star = d.flags & flags::VARARGS != 0;
    let has_kw = d.flags & flags::VARKEYWORDS != 0;
    let mut window: Vec<Slot> = Vec::with_capacity(d.total_args());
    let given = args.len();
    let rest = if args.len() > npos { args.split_off(npos) } else { Vec::new() };
    window.extend(args.into_iter().map(Some));
    window.resize_with(named, || None);
    if has_star {
        window.push(Some(vm.new_tuple(rest.clone()).into_value()));
    }
    let kwdict = if has_kw {
        let k = vm.new_dict();
        window.push(Some(k.to_value()));
        Some(k)
    } else {
        None
    };
    for (name, value) in kw {
        let Some(text) = name.downcast::<Str>() else {
            return Err(vm.type_error(format_args!("{}() keywords must be strings", func.name_text())));
        };
        let bytes = text.as_bytes();
        let at = (d.posonlyargcount as usize..named).find(|&i| d.varnames.get(i) == Some(bytes));
        match at {
            Some(i) => {
                if window[i].is_some() {
                    return Err(vm.type_error(format_args!(
                        "{}() got multiple values for argument '{}'",
                        func.name_text(),
                        text.to_string_lossy()
                    )));
                }
                window[i] = Some(value.clone());
            }
            None => match &kwdict {
                Some(k) => k.set(vm, name, value.clone())?,
                None => return Err(unexpected_keyword(vm, func, code, text, kw)),
            },
        }
    }
    if !rest.is_empty() && !has_star {
        let kwonly_given = window[npos..named].iter().filter(|s| s.is_some()).count();
        return Err(too_many(vm, func, code, given, kwonly_given));
    }
    if given < npos {
        let defaults = func.defaults.get();
        let ndefaults = defaults.as_ref().map_or(0, |t| t.len());
        let required = npos.saturating_sub(ndefaults);
        let missing: Vec<usize> = (0..required).filter(|&i| window[i].is_none()).collect();
        if !missing.is_empty() {
            return Err(missing_arguments(vm, func, code, &missing, "positional"));
        }
        if let Some(t) = defaults {
            for (i, place) in window.iter_mut().enumerate().take(npos).skip(required) {
                if place.is_none() {
                    *place = t.get(i + ndefaults - npos).cloned();
                }
            }
        }
    }
    if nkwonly > 0 {
        let kwdefaults = func.kwdefaults.get();
        let mut missing = Vec::new();
        for (i, place) in window.iter_mut().enumerate().take(named).skip(npos) {
            if place.is_none() {
                let name = vm.intern_bytes_lossless(d.varnames.get(i).unwrap_or_default());
                match kwdefaults.as_ref().and_then(|k| k.get_str(vm, &name)) {
                    Some(v) => *place = Some(v),
                    None => missing.push(i),
                }
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(vm, func, code, &missing, "keyword-only"));
        }
    }
    Ok(window)
}

fn param_name(code: &Code, i: usize) -> String {
    String::from_utf8_lossy(code.data.varnames.get(i).unwrap_or_default()).into_owned()
}

#[cold]
fn unexpected_keyword(
    vm: &Vm,
    func: &Gc<Function>,
    code: &Gc<Code>,
    name: &Gc<Str>,
    kw: &[(Value, Value)],
) -> Raised {
    let d = &code.data;
    let posonly: Vec<String> = (0..d.posonlyargcount as usize)
        .filter(|&i| {
            let n = d.varnames.get(i);
            kw.iter().any(|(k, _)| k.downcast::<Str>().map(|s| s.as_bytes()) == n)
        })
        .map(|i| param_name(code, i))
        .collect();
    if !posonly.is_empty() {
        return vm.type_error(format_args!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            func.name_text(),
            posonly.join(", ")
        ));
    }
    let shown = name.to_string_lossy();
    let named = (d.argcount + d.kwonlyargcount) as usize;
    let candidates: Vec<String> = (d.posonlyargcount as usize..named).map(|i| param_name(code, i)).collect();
    match crate::errors::suggest::nearest(&shown, candidates.iter().map(String::as_str)) {
        Some(s) => vm.type_error(format_args!(
            "{}() got an unexpected keyword argument '{shown}'. Did you mean '{s}'?",
            func.name_text()
        )),
        None => {
            vm.type_error(format_args!("{}() got an unexpected keyword argument '{shown}'", func.name_text()))
        }
    }
}

#[cold]
fn missing_arguments(vm: &Vm, func: &Gc<Function>, code: &Gc<Code>, missing: &[usize], what: &str) -> Raised {
    let names: Vec<String> = missing.iter().map(|&i| format!("'{}'", param_name(code, i))).collect();
    let text = match names.len() {
        1 => names[0].clone(),
        2 => format!("{} and {}", names[0], names[1]),
        n => format!("{}, and {}", names[..n - 1].join(", "), names[n - 1]),
    };
    vm.type_error(format_args!(
        "{}() missing {} required {what} argument{}: {text}",
        func.name_text(),
        names.len(),
        if names.len() == 1 { "" } else { "s" }
    ))
}

#[cold]
fn too_many(vm: &Vm, func: &Gc<Function>, code: &Gc<Code>, given: usize, kwonly_given: usize) -> Raised {
    let npos = code.data.argcount as usize;
    let ndefaults = func.defaults.get().map_or(0, |t| t.len());
    let (text, plural) = if ndefaults > 0 {
        (format!("from {} to {npos}", npos.saturating_sub(ndefaults)), true)
    } else {
        (npos.to_string(), npos != 1)
    };
    let extra = if kwonly_given > 0 {
        format!(
            " positional argument{} (and {kwonly_given} keyword-only argument{})",
            if given != 1 { "s" } else { "" },
            if kwonly_given != 1 { "s" } else { "" }
        )
    } else {
        String::new()
    };
    vm.type_error(format_args!(
        "{}() takes {text} positional argument{} but {given}{extra} {} given",
        func.name_text(),
        if plural { "s" } else { "" },
        if given == 1 && kwonly_given == 0 { "was" } else { "were" }
    ))
}

/// `make_function`.
pub fn make_function(vm: &Vm, frame: &Frame, code: &Value) -> PyResult<Value> {
    match code.downcast::<Code>() {
        Some(c) => {
            let (g, b) = (frame.globals(), frame.builtins().clone());
            Ok(vm.new_function_with(c, g, b, None).into_value())
        }
        None => Err(vm.system_error("function without code")),
    }
}

/// `make_function` where what follows calls the function, a generator expression's, at once: the generator. `at`: the
/// instruction; `skip`: how far behind it the call is.
///
/// # Safety
/// The code at `at` is what `Code::prepare` looks for when it puts `make_genexpr` there.
#[inline(never)]
pub unsafe fn make_genexpr(
    vm: &Vm,
    regs: Regs,
    frame: &Frame,
    at: *const std::cell::Cell<Instr>,
    skip: usize,
    code: &Value,
) -> Option<Value> {
    let code = code.downcast_exact::<Code>()?;
    let exec = code.known_exec();
    // SAFETY: by contract; a code object keeps what was prepared of it.
    unsafe {
        if exec.is_null() || !generator::begins_with_one(vm, &*exec) {
            return None;
        }
        let instr = |k: usize| (*at.add(k)).get();
        // Before the call: the function moves, EMPTY. Before these, if there is a closure: a tuple is built and set.
        let closure = if skip > 3 {
            let n = skip - 5;
            let loads_cells = |k: usize| instr(k).opcode() == Op::LoadClosureCell as u8;
            let loads_free = |k: usize| {
                instr(k).opcode() == Op::LoadClosureFree as u8 && names::free(frame, instr(k).b()).is_some()
            };
            if !(1..=n).all(|k| loads_cells(k) || loads_free(k)) {
                return None;
            }
            let cell = |k: usize| match loads_cells(k) {
                true => regs.get(instr(k).b()).clone(),
                false => names::free(frame, instr(k).b()).map_or(Value::NONE, Gc::to_value),
            };
            Some(vm.tuple_from_iter((1..n + 1).map(cell))).filter(only_cells)
        } else {
            None
        };
        let func = vm.new_inner_function(code, frame, closure);
        let arg = regs.take_word(instr(skip).b() as usize + 2);
        Some(generator::begin(vm, code.clone(), func, &*exec, arg))
    }
}

/// `set_function_attr`.
#[inline(never)]
pub fn set_function_attr(function: &Value, x: u8, v: Value) {
    let Some(f) = function.downcast_exact::<Function>() else { return };
    match x {
        1 => f.defaults.set(v.downcast::<Tuple>().cloned()),
        2 => f.kwdefaults.set(v.downcast::<Dict>().cloned()),
        4 => f.annotations.set(Some(v)),
        8 => {
            if let Some(c) = v.downcast::<Tuple>()
                && only_cells(c)
            {
                _ = f.closure.set(c.clone());
            }
        }
        _ => f.annotate.set(Some(v)),
    }
}
