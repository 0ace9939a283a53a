//! Instructions that call, and that make what can be called.

use super::fed::feed_generator;
use super::{At, Exit, Handler, Left, NONE, PLAIN, Regs, State, TAIL, WATCHED, exit, release_word};
use crate::interp::frame::{Frame, Slot, kind};
use crate::interp::{call, fast, feed, names, ops};
use crate::native::bind::Known;
use crate::native::{CallArgs, bind};
use crate::object::{Payload, Type, ValueExt};
use crate::types::builtin_function::BuiltinFunction;
use crate::types::code::Exec;
use crate::types::descriptors::MethodDescriptor;
use crate::types::function::{Function, Method};
use crate::types::generator::Generator;
use crate::types::range::{self, Range};
use crate::types::{Dict, List, Tuple, class, instance};
use crate::{Value, Vm};
use taipan_bytecode::Op;
use taipan_heap::Gc;

/// Whether it is this builtin.
#[inline(always)]
fn is_builtin(callee: &Value, known: Known) -> bool {
    callee.downcast_exact::<BuiltinFunction>().is_some_and(|b| b.direct.known == known)
}

/// Whether it is this method of a native class.
#[inline(always)]
fn is_method(callee: &Value, known: Known) -> bool {
    callee.downcast_exact::<MethodDescriptor>().is_some_and(|m| m.direct.known == known)
}

/// Whether it is `range`.
#[inline(always)]
fn is_range(ty: &Gc<Type>) -> bool {
    ty.native.is_some_and(|def| std::ptr::eq(def, Range::def()))
}

/// Which kind of native function it is, if it is one.
#[inline]
fn native_kind(callee: &Value) -> Option<Known> {
    if let Some(m) = callee.downcast_exact::<MethodDescriptor>() {
        return Some(m.direct.known);
    }
    callee.downcast_exact::<BuiltinFunction>().map(|b| b.direct.known)
}

instructions! { (s, i, vm, 'go)
    hot Call | CallWide {
        let r = i.b() as usize;
        if let Some(f) = s.regs.get(i.b()).downcast_exact::<Function>() {
            let Some(exec) = f.known_exec() else { slow!(s, i, call_function) };
            let first = r + 2 - (s.regs.bits(i.b() + 1) != 0) as usize;
            let count = i.x() as usize + (first != r + 2) as usize;
            // SAFETY: the arguments are the topmost temporaries, so everything above them is free (I3). A function always
            // has code; `old_code` keeps replaced code alive while frames run it.
            unsafe {
                let exec = &*exec;
                s.save();
                if let Some(entered) = call::enter_plain(vm, s.regs, s.fr(), r, first, count, exec, i.a()) {
                    // What was just stored need not be loaded.
                    let regs = Regs { base: s.regs.base.add(first), first_temp: exec.first_temp };
                    let callee = State::<M> { vm, pc: exec.instrs.as_ptr(), regs, frame: entered, exec };
                    return callee.next_polled();
                }
            }
            slow!(s, i, call_with_defaults)
        }
        slow!(s, i, call_native)
    }

    // Positional arguments that defaults complete, and calls from a generator.
    warm call_with_defaults {
        let r = i.b() as usize;
        if let Some(f) = s.regs.get(i.b()).downcast_exact::<Function>()
            && let Some(exec) = f.known_exec()
        {
            let first = r + 2 - (s.regs.bits(i.b() + 1) != 0) as usize;
            let count = i.x() as usize + (first != r + 2) as usize;
            // SAFETY: as above.
            unsafe {
                if let Some(entered) = call::enter_positional(vm, s.regs, s.fr(), r, first, count, f, &*exec, i.a()) {
                    s.save();
                    return State::<M>::of(vm, entered).next_polled();
                }
            }
        }
        slow!(s, i, call_function)
    }

    warm call_native {
        let form = match native_kind(s.regs.get(i.b())) {
            None if s.regs.get(i.b()).downcast_exact::<Method>().is_some() => slow!(s, i, call_method),
            None => slow!(s, i, CallClass),
            Some(Known::Feeds(_)) => slow!(s, i, call_consumer),
            Some(Known::No) => Op::CallDirect,
            Some(Known::Len) => Op::CallLen,
            Some(Known::IsInstance) => Op::CallIsInstance,
            Some(Known::Append) => Op::CallAppend,
            Some(Known::Get) => Op::CallGet,
        };
        if M != WATCHED {
            i.specialise(Op::Call, form);
        }
        match form {
            Op::CallLen => slow!(s, i, CallLen),
            Op::CallIsInstance => slow!(s, i, CallIsInstance),
            Op::CallAppend => slow!(s, i, CallAppend),
            Op::CallGet => slow!(s, i, CallGet),
            _ => slow!(s, i, CallDirect),
        }
    }

    // What was specialised for native functions calls something else.
    warm call_not_native {
        i.specialise(i.op(), Op::Call);
        slow!(s, i, Call)
    }

    hot CallLen {
        let r = i.b();
        if is_builtin(s.regs.get(r), Known::Len)
            && i.x() == 1
            && s.regs.bits(r + 1) == 0
            && let Some(n) = ops::known_len(s.regs.get(r + 2))
            && s.regs.release_shared([r, r + 2])
        {
            return s.put_next(i.a(), n);
        }
        slow!(s, i, CallDirect)
    }

    hot CallIsInstance {
        let r = i.b();
        if is_builtin(s.regs.get(r), Known::IsInstance)
            && i.x() == 2
            && s.regs.bits(r + 1) == 0
            && s.regs.bits(r + 2) != s.regs.bits(r + 3)
            && let Some(cls) = s.regs.get(r + 3).downcast_exact::<Type>()
        {
            let ty = vm.type_of(s.regs.get(r + 2));
            let is = ty.is_subtype(cls);
            // Other objects may say that they are of another class.
            if (is || ty.native.is_some()) && s.regs.release_shared([r, r + 2, r + 3]) {
                return s.put_next(i.a(), Value::bool(is));
            }
        }
        slow!(s, i, CallDirect)
    }

    hot CallAppend {
        let r = i.b();
        if is_method(s.regs.get(r), Known::Append)
            && i.x() == 1
            && s.regs.bits(r + 1) != 0
            && let Some(l) = s.regs.get(r + 1).downcast_exact::<List>()
            // The list itself: its register is given back first.
            && let l = &**l
            && l.has_room()
            && s.regs.release_shared([r, r + 1])
        {
            let v = s.regs.own(r + 2);
            l.push_in_room(v);
            return s.put_next(i.a(), Value::NONE);
        }
        slow!(s, i, CallDirect)
    }

    hot CallGet {
        let r = i.b();
        let n = i.x() as u16;
        if is_method(s.regs.get(r), Known::Get)
            && s.regs.bits(r + 1) != 0
            && (n == 1 || n == 2)
            && let Some(d) = s.regs.get(r + 1).downcast_exact::<Dict>()
            && let Some(found) = d.table.get_plain(vm, s.regs.get(r + 2))
        {
            let v = match found {
                Some(v) => v.into_bits(),
                None if n == 2 => s.regs.take_word(r as usize + 3).into_bits(),
                None => NONE,
            };
            s.save();
            s.regs.drop_run(r as usize, n as usize + 2);
            // SAFETY: the reference is ours.
            return s.put_next(i.a(), unsafe { Value::from_bits(v) });
        }
        slow!(s, i, CallDirect)
    }

    // A native function that takes the values of a generator.
    warm call_consumer {
        if i.x() == 1
            && s.regs.get(i.b() + 2).downcast_exact::<Generator>().is_some()
            && M != WATCHED
            && feed::consumer(vm, s.regs, i.b()).is_some()
        {
            i.specialise(Op::Call, Op::CallFeed);
            slow!(s, i, feed_generator)
        }
        if M != WATCHED {
            i.specialise(Op::Call, Op::CallDirect);
        }
        slow!(s, i, CallDirect)
    }

    // Native functions and methods that take their arguments as they lie.
    hot CallDirect {
        let r = i.b() as usize;
        let front = s.regs.bits(i.b() + 1) != 0;
        let (mut first, mut count) = (r + 2 - front as usize, i.x() as usize + front as usize);
        let callee = s.regs.get(i.b());
        let direct = if let Some(m) = callee.downcast_exact::<MethodDescriptor>() {
            if count == 0 || !vm.type_of(s.regs.get(first as u16)).is_subtype(&m.owner) {
                slow!(s, i, call_other)
            }
            m.direct
        } else if let Some(b) = callee.downcast_exact::<BuiltinFunction>() {
            if let Some(zelf) = b.receiver() {
                if front {
                    slow!(s, i, call_other)
                }
                s.regs.put_fresh(r + 1, Some(zelf.clone()));
                (first, count) = (r + 1, count + 1);
            }
            b.direct
        } else {
            slow!(s, i, call_not_native)
        };
        if let Some(f) = direct.with(count) {
            s.save();
            let Ok(v) = f(vm, bind::as_slots(s.regs.run(first, count))) else { return Exit::Raised };
            s.regs.drop_run(r, i.x() as usize + 2);
            return s.put_next(i.a(), v);
        }
        slow!(s, i, call_bound_args)
    }

    // Native functions whose arguments have to be bound. The object of a method is in its place.
    warm call_bound_args {
        let r = i.b() as usize;
        let n = i.x() as usize;
        let first = r + 2 - (s.regs.bits(i.b() + 1) != 0) as usize;
        let callee = s.regs.get(i.b());
        let def = if let Some(m) = callee.downcast_exact::<MethodDescriptor>() {
            Some(m.def)
        } else if let Some(b) = callee.downcast_exact::<BuiltinFunction>() {
            b.def()
        } else {
            None
        };
        let Some(def) = def else { slow!(s, i, call_other) };
        s.save();
        let Ok(v) = bind::call_positional(vm, def, s.regs.run(first, r + 2 + n - first)) else {
            return Exit::Raised;
        };
        s.regs.drop_run(r, n + 2);
        return s.put_next(i.a(), v);
    }

    // A class with a Python `__init__` that takes exactly these arguments: as a call of that, with the instance in front.
    hot CallClass {
        let r = i.b() as usize;
        let count = i.x() as usize + 1;
        if let Some(ty) = s.regs.get(i.b()).downcast_exact::<Type>()
            && s.regs.bits(i.b() + 1) == 0
            && ty.is_heap_type()
            && s.fr().kind.get() & kind::GENERATOR == 0
        {
            let word = fast::known_init(vm, ty);
            if word == 0 {
                slow!(s, i, call_not_class);
            }
            // SAFETY: as for `Call`. The class keeps its `__init__`, and the instance the class.
            unsafe {
                let init = &*(&raw const word as *const Gc<Function>);
                let Some(exec) = init.known_exec() else { slow!(s, i, call_not_class) };
                let exec = &*exec;
                if exec.simple_args != count {
                    slow!(s, i, call_not_class);
                }
                s.save();
                let made = instance::new_plain(vm, ty).into_bits();
                let callee = s.regs.base.add(r) as *mut u64;
                let class = *callee;
                // The instance in front, `__init__` where the class was.
                *callee = init.to_value().into_bits();
                *callee.add(1) = made;
                if let Some(entered) = call::enter_plain(vm, s.regs, s.fr(), r, r + 1, count, exec, i.a()) {
                    Value::release_shared(class);
                    let f = entered.cast_mut();
                    (*f).kind.set(kind::INIT);
                    (*f).owner = Some(ops::borrowed(made));
                    if M != WATCHED {
                        i.specialise(Op::Call, Op::CallClass);
                    }
                    return State::<M>::of(vm, entered).next_polled();
                }
                // No place for a frame: the general way says so.
                Value::release_shared(*callee);
                *callee = class;
                *callee.add(1) = 0;
                release_word(made);
            }
        }
        slow!(s, i, call_not_class)
    }

    // Anything else, or a class for the general way.
    warm call_not_class {
        if i.op() == Op::CallClass {
            i.specialise(Op::CallClass, Op::Call);
            slow!(s, i, Call)
        }
        slow!(s, i, call_native_class)
    }

    hot CallRange {
        let r = i.b();
        let int = |k: u16| s.regs.get(r + 2 + k).as_int();
        if M != WATCHED
            && s.regs.bits(r + 1) == 0
            && s.regs.get(r).downcast_exact::<Type>().is_some_and(is_range)
            && s.iterates_result(i)
        {
            let bounds = match i.x() {
                1 => int(0).map(|stop| (0, stop, 1)),
                2 => int(0).zip(int(1)).map(|(start, stop)| (start, stop, 1)),
                3 => int(0).zip(int(1)).zip(int(2)).map(|((start, stop), step)| (start, stop, step)),
                _ => None,
            };
            if let Some((start, stop, step)) = bounds
                && let Some(it) = range::iterator_over(vm, start, stop, step)
            {
                // The interpreter has the class as well.
                s.release_operand(r);
                let next = At(s.pc);
                s.pc = s.pc.wrapping_add(1);
                return s.put_next(next.a(), it);
            }
        }
        i.specialise(Op::CallRange, Op::Call);
        slow!(s, i, call_native_class)
    }

    // A native class.
    warm call_native_class {
        let n = i.x();
        if let Some(ty) = s.regs.get(i.b()).downcast_exact::<Type>()
            && ty.native.is_some()
            && s.regs.bits(i.b() + 1) == 0
        {
            if n == 1
                && i.op() == Op::Call
                && M != WATCHED
                && s.regs.get(i.b() + 2).downcast_exact::<Generator>().is_some()
                && feed::consumer(vm, s.regs, i.b()).is_some()
            {
                i.specialise(Op::Call, Op::CallFeed);
                slow!(s, i, feed_generator)
            }
            if M != WATCHED {
                let ranges = is_range(ty) && s.iterates_result(i);
                i.specialise(Op::Call, if ranges { Op::CallRange } else { Op::CallNativeClass });
            }
            slow!(s, i, make_native)
        }
        slow!(s, i, call_method)
    }

    hot CallNativeClass {
        // `type(v)`.
        if i.x() == 1
            && s.regs.bits(i.b()) == vm.types.type_.as_value().bits()
            && s.regs.bits(i.b() + 1) == 0
            && s.regs.bits(i.b()) != s.regs.bits(i.b() + 2)
            && let class = vm.type_of(s.regs.get(i.b() + 2)).to_value()
            && s.regs.release_shared([i.b(), i.b() + 2])
        {
            return s.put_next(i.a(), class);
        }
        if let Some(ty) = s.regs.get(i.b()).downcast_exact::<Type>()
            && ty.native.is_some()
            && s.regs.bits(i.b() + 1) == 0
            && (i.x() != 1 || s.regs.get(i.b() + 2).downcast_exact::<Generator>().is_none())
        {
            slow!(s, i, make_native)
        }
        i.specialise(Op::CallNativeClass, Op::Call);
        slow!(s, i, Call)
    }

    warm make_native {
        let (r, n) = (i.b() as usize, i.x() as usize);
        s.save();
        let made = class::type_call(vm, s.regs.get(i.b()), CallArgs::positional(s.regs.run(r + 2, n)));
        let Ok(v) = made else { return Exit::Raised };
        s.regs.drop_run(r, n + 2);
        return s.put_next(i.a(), v);
    }

    // A bound method of a Python function: as a call of that, with the object in front.
    warm call_method {
        let r = i.b() as usize;
        if s.regs.bits(i.b() + 1) == 0
            && let Some(m) = s.regs.get(i.b()).downcast_exact::<Method>()
            && m.func.downcast_exact::<Function>().is_some()
        {
            let (f, zelf) = (m.func.clone().into_bits(), m.zelf.clone());
            s.regs.put_fresh(r + 1, Some(zelf));
            // SAFETY: I1; the method's reference goes after the function has taken its place.
            unsafe {
                let method = std::ptr::replace(s.regs.base.add(r) as *mut u64, f);
                if !Value::release_shared(method) {
                    s.save();
                    release_word(method);
                }
            }
            slow!(s, i, Call)
        }
        slow!(s, i, call_other)
    }

    // A call has entered a frame. Recursion passes no backward jump, so this is where it can be stopped. The instruction is
    // the callee's first, which has not begun.
    cold polled {
        let _ = i;
        s.reload();
        vm.poll()?;
    }

    cold call_function {
        s.save();
        let r = i.b() as usize;
        let first = r + 2 - (s.regs.bits(i.b() + 1) != 0) as usize;
        let count = i.x() as usize + (first != r + 2) as usize;
        if let Some(f) = s.regs.get(i.b()).downcast_exact::<Function>() {
            // SAFETY: as above.
            unsafe { call::enter_bound(vm, s.regs, r, first, count, f, &[], i.a())? };
            s.entered()?;
        }
    }

    cold call_other {
        let nargs = i.x() as usize;
        let r = i.b() as usize;
        let callee = s.regs.get(i.b());
        s.save();
        let first = r + 2 - (s.regs.bits(i.b() + 1) != 0) as usize;
        let count = nargs + (first != r + 2) as usize;
        // SAFETY: as above.
        if unsafe { call::enter_special(vm, s.regs, r, first, count, &[], i.a()) }? {
            s.entered()?;
            break 'go;
        }
        let v = vm.call_args(callee, CallArgs::positional(s.regs.run(first, count)))?;
        s.regs.drop_run(r, nargs + 2);
        s.regs.put(i.a(), v);
    }

    hot CallKw {
        s.save();
        let site = s.site(i);
        let (n, k) = (site.nargs as usize, site.index);
        // Names of keywords are made with the code.
        if M != WATCHED
            && k <= u16::MAX as u32
            && s.constant_bits(k as u16) != 0
            // SAFETY: a constant that has been made; code keeps its constants.
            && let Some(names) = unsafe { s.constant_ref(k as u16) }.downcast_exact::<Tuple>()
        {
            let r = i.b() as usize;
            let first = r + 2 - (s.regs.bits(i.b() + 1) != 0) as usize;
            let count = n + (r + 2 - first);
            // SAFETY: the arguments are the topmost temporaries.
            match unsafe { call::enter_special(vm, s.regs, r, first, count, names.items(), i.a()) } {
                Ok(true) => return State::<M>::of_top(vm).next_polled(),
                Ok(false) => {}
                Err(_) => return Exit::Raised,
            }
        }
        slow!(s, i, call_kw)
    }

    cold call_kw {
        s.save();
        let site = s.site(i);
        let names = s.constant(site.index);
        let v = call::call_kw(vm, s.regs, i.b(), site.nargs as usize, &names)?;
        s.regs.put(i.a(), v);
    }

    far CallKwWide {
        let e = s.ext();
        s.save();
        let names = s.constant(e.bc());
        let v = call::call_kw(vm, s.regs, i.b(), e.a() as usize, &names)?;
        s.regs.put(i.a(), v);
    }

    far CallEx {
        s.save();
        // SAFETY: the call's four registers are the topmost temporaries.
        if M != WATCHED && unsafe { call::enter_ex(vm, s.regs, i.b() as usize, i.a()) }? {
            s.entered()?;
            break 'go;
        }
        let v = call::call_ex(vm, s.regs, i.b())?;
        s.regs.put(i.a(), v);
    }

    hot MakeFunction {
        if i.bc() <= u16::MAX as u32 && s.constant_bits(i.b()) != 0 {
            s.save();
            // SAFETY: a constant that has been made; code keeps its constants.
            let code = unsafe { s.constant_ref(i.b()) };
            let Ok(f) = call::make_function(vm, s.fr(), code) else { return Exit::Raised };
            return s.put_next(i.a(), f);
        }
        slow!(s, i, make_first_function)
    }

    // The function of a generator expression, which is called at once.
    hot MakeGenexpr {
        if M != WATCHED && i.bc() <= u16::MAX as u32 && s.constant_bits(i.b()) != 0 && !vm.interp_state.monitor.on() {
            s.save();
            let skip = i.x() as usize;
            // SAFETY: a constant that has been made; `prepare` has put the instruction here.
            unsafe {
                let code = s.constant_ref(i.b());
                if let Some(g) = call::make_genexpr(vm, s.regs, s.fr(), i.0, skip, code) {
                    let call = At(i.0.add(skip));
                    s.pc = call.0.add(1);
                    return s.put_next(call.a(), g);
                }
            }
        }
        slow!(s, i, MakeFunction)
    }

    cold make_first_function {
        let code = s.constant(i.bc());
        s.save();
        let f = call::make_function(vm, s.fr(), &code)?;
        s.regs.put(i.a(), f);
    }

    hot SetFunctionAttr {
        s.save();
        call::set_function_attr(s.regs.get(i.a()), i.x(), s.regs.own(i.b()));
    }

    far LoadBuildClass {
        s.save();
        let v = names::build_class(vm, s.fr())?;
        s.regs.put(i.a(), v);
    }
}
