//! Calls: setting up windows, binding arguments to parameters, functions made and called.

use super::frame::{Frame, Slot, kind};
use super::run::Regs;
use crate::native::CallArgs;
use crate::object::{Type, ValueExt};
use crate::types::code::Code;
use crate::types::function::{Function, Method};
use crate::types::{Dict, List, Str, Tuple};
use crate::{PyResult, Raised, Value, Vm};
use taipan_bytecode::flags;
use taipan_heap::Gc;

/// Enters a Python function whose arguments lie in the caller's temporaries: `regs[r]` is the callable, `count` arguments
/// begin at `first`. On success the callee's frame is on top; on an error the temporaries have been dropped.
///
/// # Safety
/// The arguments are the topmost live temporaries of the top frame.
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
    let code: *const Gc<Code> = unsafe { func.code.as_ptr_unchecked() };
    let exec = unsafe { (*code).exec(vm) };
    let base = unsafe { regs.base.add(first) };
    if !vm.thread.fits(base, exec.nregs) {
        return Err(vm.recursion_error(""));
    }
    if exec.simple && count == exec.argcount {
        // SAFETY: the arguments are in place; locals and cells beyond them are made EMPTY (dead words are no pointers).
        unsafe {
            for k in count..exec.first_temp {
                *(base.add(k) as *mut u64) = 0;
            }
        }
    } else {
        // The arguments move out, are bound, and move back in.
        let args: Vec<Value> = (first..first + count).map(|k| regs.take(k).unwrap_or(Value::NONE)).collect();
        let window = match bind(vm, func, unsafe { &*code }, args, &[]) {
            Ok(w) => w,
            Err(raised) => {
                regs.drop_run(r, first - r);
                return Err(raised);
            }
        };
        // SAFETY: the window fits (checked); what lies there are dead words.
        unsafe { write_window(base, window, exec.first_temp) };
    }
    // The callable moves into the frame; an EMPTY self needs nothing.
    let Some(callee) = regs.take(r) else { return Err(vm.system_error("empty callable")) };
    // SAFETY: `func` was read from this register.
    let func: Gc<Function> = unsafe { callee.into_gc_unchecked() };
    match unsafe { vm.thread.push(vm, func, code, exec, base, 0, dst) } {
        Ok(_) => Ok(()),
        Err(raised) => {
            for k in 0..exec.first_temp {
                // SAFETY: the window was just written.
                drop(unsafe { (*base.add(k)).take() });
            }
            Err(raised)
        }
    }
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

/// Callables that lead to a Python function: bound methods, and classes with a Python `__init__`. Answers whether a frame
/// was pushed.
///
/// # Safety
/// As for `enter_function`.
pub unsafe fn enter_special(
    vm: &Vm,
    regs: Regs,
    r: usize,
    first: usize,
    count: usize,
    dst: u16,
) -> PyResult<bool> {
    let callee = regs.get(r as u16);
    if let Some(m) = callee.downcast_exact::<Method>()
        && first == r + 2
        && let Some(f) = m.func.downcast_exact::<Function>()
    {
        let (f, zelf) = (f.clone(), m.zelf.clone());
        drop(regs.take(r));
        regs.put_fresh(r, Some(f.clone().into_value()));
        regs.put_fresh(r + 1, Some(zelf));
        // SAFETY: the object now stands in front of the arguments.
        unsafe { enter_function(vm, regs, r, r + 1, count + 1, &f, dst)? };
        return Ok(true);
    }
    if let Some(ty) = callee.downcast::<Type>()
        && first == r + 2
        && ty.is_heap_type()
        && let Some((init, cls)) = plain_init(vm, ty)
    {
        let obj = vm.alloc_in(&cls, crate::types::object::Object)?.into_value();
        drop(regs.take(r));
        regs.put_fresh(r, Some(init.clone().into_value()));
        regs.put_fresh(r + 1, Some(obj.clone()));
        // SAFETY: as above.
        unsafe { enter_function(vm, regs, r, r + 1, count + 1, &init, dst)? };
        // SAFETY: the frame was just pushed.
        unsafe {
            let f = &mut *vm.thread.top();
            f.kind |= kind::INIT;
            f.instance = Some(obj);
        }
        return Ok(true);
    }
    Ok(false)
}

/// A Python function called from native code.
pub fn call_function(vm: &Vm, func: &Gc<Function>, args: CallArgs<'_>) -> PyResult<Value> {
    push_call(vm, func, args, kind::ENTRY, None)?;
    super::run(vm)
}

/// Pushes an entry frame for a call from native code.
pub fn push_call(
    vm: &Vm,
    func: &Gc<Function>,
    args: CallArgs<'_>,
    kind: u8,
    locals: Option<Value>,
) -> PyResult<()> {
    // SAFETY: as in `enter_function`; the window lies above the top frame's.
    unsafe {
        let code: *const Gc<Code> = func.code.as_ptr_unchecked();
        let exec = (*code).exec(vm);
        let base = vm.thread.free_base();
        if !vm.thread.fits(base, exec.nregs) {
            return Err(vm.recursion_error(""));
        }
        if vm.thread.frame_depth() >= vm.recursion_limit.get() {
            return Err(vm.recursion_error(""));
        }
        if exec.simple && args.kwnames.is_none() && args.all.len() == exec.argcount {
            for (k, v) in args.all.iter().enumerate() {
                std::ptr::write(base.add(k), Some(v.clone()));
            }
            for k in args.all.len()..exec.first_temp {
                std::ptr::write(base.add(k), None);
            }
        } else {
            let kw: Vec<(Value, Value)> = args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect();
            let window = bind(vm, func, &*code, args.pos().to_vec(), &kw)?;
            write_window(base, window, exec.first_temp);
        }
        let f = vm.thread.push(vm, func.clone(), code, exec, base, kind, 0)?;
        (*f).locals = locals;
    }
    Ok(())
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
    let mut all = Vec::new();
    if let Some(zelf) = regs.slot(r + 1) {
        all.push(zelf.clone());
    }
    let given = regs.get(b + 2);
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
    let v = match regs.slot(r + 3).as_ref().and_then(|k| k.downcast::<Dict>()) {
        Some(kw) if !kw.is_empty() => {
            let pairs = kw.pairs();
            if pairs.iter().any(|(k, _)| k.downcast::<Str>().is_none()) {
                return Err(vm.type_error("keywords must be strings"));
            }
            vm.call_kw(callee, &all, &pairs)?
        }
        _ => vm.call(callee, &all)?,
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
            for i in required..npos {
                if window[i].is_none() {
                    window[i] = t.get(i + ndefaults - npos).cloned();
                }
            }
        }
    }
    if nkwonly > 0 {
        let kwdefaults = func.kwdefaults.get();
        let mut missing = Vec::new();
        for i in npos..named {
            if window[i].is_none() {
                let name = vm.intern_bytes_lossless(d.varnames.get(i).unwrap_or_default());
                match kwdefaults.as_ref().and_then(|k| k.get_str(vm, &name)) {
                    Some(v) => window[i] = Some(v),
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
        Some(c) => Ok(vm.new_function(c, frame.globals(), None).into_value()),
        None => Err(vm.system_error("function without code")),
    }
}

/// `set_function_attr`. The closure of a function is fixed when it is made, so setting it makes another object of the
/// function that nobody has seen yet.
pub fn set_function_attr(vm: &Vm, regs: Regs, a: u16, x: u8, v: Value) {
    let Some(f) = regs.get(a).downcast::<Function>() else { return };
    match x {
        1 => f.defaults.set(v.downcast::<Tuple>().cloned()),
        2 => f.kwdefaults.set(v.downcast::<Dict>().cloned()),
        4 => f.annotations.set(Some(v)),
        8 => {
            let (Some(code), closure) = (f.code.get(), v.downcast::<Tuple>().cloned()) else { return };
            let new = vm.new_function(&code, &f.globals, closure);
            new.defaults.set(f.defaults.get());
            new.kwdefaults.set(f.kwdefaults.get());
            new.annotations.set(f.annotations.get());
            new.annotate.set(f.annotate.get());
            regs.put(a, new.into_value());
        }
        _ => f.annotate.set(Some(v)),
    }
}

/// The Python `__init__` of a class whose construction is plain: metaclass `type`, `object.__new__`, not abstract.
fn plain_init(vm: &Vm, ty: &Gc<Type>) -> Option<(Gc<Function>, Gc<Type>)> {
    use crate::object::Payload;
    if !vm.type_of(ty.as_value()).is(&vm.types.type_)
        || !std::ptr::eq(ty.def, crate::types::object::Object::def())
        || ty.has_flags(crate::types::typedef::F::ABSTRACT)
    {
        return None;
    }
    let (new, plain) = (ty.slots.new.get()?, vm.types.object.slots.new.get()?);
    if !std::ptr::fn_addr_eq(new, plain) {
        return None;
    }
    let init = ty.lookup(vm, &vm.names.__init__)?;
    Some((init.downcast_exact::<Function>()?.clone(), ty.clone()))
}
