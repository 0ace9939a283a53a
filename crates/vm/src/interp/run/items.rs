//! Instructions about items: subscripts, slices, unpacking, displays, formats.

use super::{At, Exit, Handler, Left, PLAIN, State, TAIL, WATCHED, exit};
use crate::interp::frame::{Frame, Slot};
use crate::interp::{build, call, fast, ops};
use crate::object::ValueExt;
use crate::types::code::Exec;
use crate::types::function::Function;
use crate::types::{Dict, List, Tuple};
use crate::{Value, Vm};
use taipan_bytecode::Op;
use taipan_heap::Gc;

/// Puts a value into the place of an item: the word that is to be given back.
#[inline(always)]
fn exchange(l: &List, n: usize, v: Value) -> u64 {
    l.items.with_mut(|items| match items.get_mut(n) {
        Some(place) => std::mem::replace(place, v).into_bits(),
        None => v.into_bits(),
    })
}

instructions! { (s, i, vm, 'go)
    hot Subscr {
        let b = i.b();
        if let Some(n) = s.regs.get(i.c()).as_int()
            && (!s.regs.is_temp(b) || b == i.a())
        {
            let obj = s.regs.get(b);
            if let Some(l) = obj.downcast_exact::<List>() {
                if let Some(v) = l.get(n as usize) {
                    return s.put_next(i.a(), v);
                }
            } else if let Some(t) = obj.downcast_exact::<Tuple>()
                && let Some(v) = t.get(n as usize)
            {
                return s.put_next(i.a(), v.clone());
            }
        }
        slow!(s, i, subscr_other)
    }

    hot SubscrTemp {
        let b = i.b();
        if let Some(n) = s.regs.get(i.c()).as_int()
            && let Some(l) = s.regs.get(b).downcast_exact::<List>()
            && s.regs.operand_is_shared(b)
            && let Some(v) = l.get(n as usize)
        {
            s.release_operand(b);
            return s.put_next(i.a(), v);
        }
        slow!(s, i, subscr_other)
    }

    warm subscr_other {
        if let Some(n) = s.regs.get(i.c()).as_int()
            && s.may_consume(i.b(), i.a())
        {
            if let Some(v) = ops::index_fast(s.regs.get(i.b()), n) {
                s.consume_shared(i.b(), i.a());
                return s.put_next(i.a(), v);
            }
            if let Some(v) = fast::quick_item(vm, s.regs.get(i.b()), n) {
                if M != WATCHED {
                    i.specialise(Op::Subscr, Op::SubscrQuick);
                    i.specialise(Op::SubscrTemp, Op::SubscrQuick);
                }
                s.consume_shared(i.b(), i.a());
                return s.put_next(i.a(), v);
            }
        }
        slow!(s, i, subscr_native)
    }

    hot SubscrQuick {
        if let Some(n) = s.regs.get(i.c()).as_int()
            && s.may_consume(i.b(), i.a())
            && let Some(v) = fast::quick_item(vm, s.regs.get(i.b()), n)
        {
            s.consume_shared(i.b(), i.a());
            return s.put_next(i.a(), v);
        }
        i.specialise(Op::SubscrQuick, Op::Subscr);
        slow!(s, i, Subscr)
    }

    hot SubscrPython {
        let word = fast::known_getitem(s.regs.get(i.b()));
        if word != 0 {
            let operand = |k: usize| s.regs.own(if k == 0 { i.b() } else { i.c() });
            // SAFETY: the class keeps the function. A function always has code. Nobody uses what is above `free` (I3).
            unsafe {
                let f = &*(&raw const word as *const Gc<Function>);
                s.save();
                if let Some(exec) = f.known_exec()
                    && let Some(entered) = call::enter_method::<2>(vm, s.fr(), f, &*exec, operand, 0, i.a())
                {
                    return State::<M>::of(vm, entered).next_polled();
                }
            }
        }
        i.specialise(Op::SubscrPython, Op::Subscr);
        slow!(s, i, Subscr)
    }

    // Dicts, and what native code finds by itself.
    warm subscr_native {
        let (b, c) = (s.regs.get(i.b()), s.regs.get(i.c()));
        s.save();
        let Ok(found) = fast::native_item(vm, b, c) else { return Exit::Raised };
        if let Some(v) = found {
            if M != WATCHED && b.downcast_exact::<Dict>().is_some() {
                i.specialise(Op::Subscr, Op::SubscrDict);
                i.specialise(Op::SubscrTemp, Op::SubscrDict);
            }
            s.regs.consume(i.b());
            s.regs.consume(i.c());
            return s.put_next(i.a(), v);
        }
        slow!(s, i, subscr)
    }

    hot SubscrDict {
        if let Some(d) = s.regs.get(i.b()).downcast_exact::<Dict>() {
            s.save();
            if let Some(v) = fast::dict_item(vm, d, s.regs.get(i.c())) {
                s.regs.consume(i.b());
                s.regs.consume(i.c());
                return s.put_next(i.a(), v);
            }
            slow!(s, i, subscr_native)
        }
        i.specialise(Op::SubscrDict, Op::Subscr);
        slow!(s, i, Subscr)
    }

    cold subscr {
        s.save();
        if ops::subscr(vm, s.regs, i.instr())? {
            if M != WATCHED {
                i.specialise(Op::Subscr, Op::SubscrPython);
                i.specialise(Op::SubscrTemp, Op::SubscrPython);
            }
            s.reload();
        }
    }

    hot SubscrK {
        if s.constant_bits(i.c()) != 0 {
            let b = s.regs.get(i.b());
            s.save();
            // SAFETY: a constant that has been made; code keeps its constants.
            let k = unsafe { s.constant_ref(i.c()) };
            let Ok(found) = fast::native_item(vm, b, k) else { return Exit::Raised };
            if let Some(v) = found {
                s.regs.consume(i.b());
                return s.put_next(i.a(), v);
            }
        }
        slow!(s, i, subscr_const)
    }

    cold subscr_const {
        s.save();
        let k = s.constant(i.c() as u32);
        let b = s.regs.get(i.b());
        let v = vm.get_item(b, &k)?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    hot SubscrI {
        let b = i.b();
        if !s.regs.is_temp(b) || b == i.a() {
            let obj = s.regs.get(b);
            if let Some(l) = obj.downcast_exact::<List>() {
                if let Some(v) = l.get(i.sc() as isize as usize) {
                    return s.put_next(i.a(), v);
                }
            } else if let Some(t) = obj.downcast_exact::<Tuple>()
                && let Some(v) = t.get(i.sc() as isize as usize)
            {
                return s.put_next(i.a(), v.clone());
            }
        }
        slow!(s, i, subscr_int_other)
    }

    warm subscr_int_other {
        if s.may_consume(i.b(), i.a())
            && let Some(v) = ops::index_fast(s.regs.get(i.b()), i.sc() as i64)
        {
            s.consume_shared(i.b(), i.a());
            return s.put_next(i.a(), v);
        }
        slow!(s, i, subscr_int)
    }

    cold subscr_int {
        let b = s.regs.get(i.b());
        s.save();
        if let Some(v) = fast::quick_item(vm, b, i.sc() as i64) {
            s.regs.consume(i.b());
            s.regs.put(i.a(), v);
            break 'go;
        }
        if let Some(v) = ops::index_fast(b, i.sc() as i64) {
            s.regs.consume(i.b());
            s.regs.put(i.a(), v);
            break 'go;
        }
        let key = Value::int32(i.sc() as i32);
        if fast::enter_getitem(vm, s.regs, i.b(), fast::Key::Value(key.clone()), i.a())? {
            s.reload();
            break 'go;
        }
        let v = vm.get_item(b, &key)?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    hot StoreSubscr {
        if let Some(l) = s.regs.get(i.a()).downcast_exact::<List>()
            && let Some(n) = s.regs.get(i.b()).as_int()
            && !s.regs.is_temp(i.a())
            && (n as usize) < l.len()
        {
            let v = s.regs.own(i.c());
            let old = exchange(l, n as usize, v);
            // SAFETY: the item's reference.
            return unsafe { s.release_next(old) };
        }
        slow!(s, i, store_subscr_quick)
    }

    hot StoreSubscrTemp {
        if let Some(l) = s.regs.get(i.a()).downcast_exact::<List>()
            && let Some(n) = s.regs.get(i.b()).as_int()
            && s.regs.operand_is_shared(i.a())
            && (n as usize) < l.len()
        {
            let v = s.regs.own(i.c());
            let old = exchange(l, n as usize, v);
            s.release_operand(i.a());
            // SAFETY: the item's reference.
            return unsafe { s.release_next(old) };
        }
        slow!(s, i, store_subscr_quick)
    }

    hot StoreSubscrDict {
        if s.may_consume(i.a(), u16::MAX)
            && let Some(d) = s.regs.get(i.a()).downcast_exact::<Dict>()
            && let old = fast::store_in_dict(vm, d, s.regs, i.b(), i.c())
            && old != 0
        {
            s.consume_shared(i.a(), u16::MAX);
            // SAFETY: the old value's reference.
            return unsafe { s.release_next(old) };
        }
        slow!(s, i, store_no_dict)
    }

    warm store_no_dict {
        if s.regs.get(i.a()).downcast_exact::<Dict>().is_none() {
            let form = if s.regs.is_temp(i.a()) { Op::StoreSubscrTemp } else { Op::StoreSubscr };
            i.specialise(Op::StoreSubscrDict, form);
        }
        slow!(s, i, store_subscr_native)
    }

    warm store_subscr_quick {
        if M != WATCHED && s.regs.get(i.a()).downcast_exact::<Dict>().is_some() {
            i.specialise(Op::StoreSubscr, Op::StoreSubscrDict);
            i.specialise(Op::StoreSubscrTemp, Op::StoreSubscrDict);
        }
        if let Some(n) = s.regs.get(i.b()).as_int()
            && s.may_consume(i.a(), u16::MAX)
            && s.may_consume(i.c(), u16::MAX)
            && fast::quick_set_item(vm, s.regs.get(i.a()), n, s.regs.get(i.c()))
        {
            s.consume_shared(i.a(), u16::MAX);
            s.consume_shared(i.c(), u16::MAX);
            return s.next();
        }
        slow!(s, i, store_subscr_native)
    }

    warm store_subscr_native {
        let (a, b, c) = (s.regs.get(i.a()), s.regs.get(i.b()), s.regs.get(i.c()));
        s.save();
        match fast::store_native_item(vm, a, b, c, s.regs.is_temp(i.c())) {
            Ok(true) => {
                s.regs.consume(i.c());
                s.regs.consume(i.a());
                s.regs.consume(i.b());
                return s.next();
            }
            Ok(false) => slow!(s, i, store_subscr),
            Err(_) => return Exit::Raised,
        }
    }

    cold store_subscr {
        let (a, b) = (s.regs.get(i.a()), s.regs.get(i.b()));
        s.save();
        if fast::enter_setitem(vm, s.regs, i.a(), i.b(), i.c())? {
            s.reload();
            break 'go;
        }
        vm.set_item(a, b, s.regs.get(i.c()))?;
        s.regs.consume(i.c());
        s.regs.consume(i.a());
        s.regs.consume(i.b());
    }

    far DeleteSubscr {
        s.save();
        vm.del_item(s.regs.get(i.a()), s.regs.get(i.b()))?;
        s.regs.consume(i.b());
        s.regs.consume(i.a());
    }

    hot LoadSlice {
        s.save();
        let b = i.b();
        let (v, start, stop) = (s.regs.get(b), s.regs.get(b + 1), s.regs.get(b + 2));
        let found = if i.x() == 3 {
            fast::slice(vm, v, start, stop)
        } else {
            fast::reversed_slice(vm, v, start, stop, s.regs.get(b + 3))
        };
        if let Some(v) = found {
            s.regs.drop_run(b as usize, i.x() as usize);
            return s.put_next(i.a(), v);
        }
        slow!(s, i, load_slice)
    }

    cold load_slice {
        s.save();
        let b = i.b();
        let with_step = i.x() == 4;
        let step = if with_step { s.regs.get(b + 3).clone() } else { Value::NONE };
        let range = build::slice(vm, s.regs.get(b + 1).clone(), s.regs.get(b + 2).clone(), step);
        let v = vm.get_item(s.regs.get(b), &range)?;
        drop(range);
        // CPython's order: a slice that only the instruction has goes first, from its step on.
        let b = b as usize;
        if with_step {
            s.regs.drop_run(b, 1);
            s.regs.drop_run(b + 3, 1);
        }
        s.regs.drop_run(b + 1, 2);
        s.regs.drop_run(b, 1);
        s.regs.put(i.a(), v);
    }

    hot StoreSlice {
        s.save();
        let r = i.a();
        let (v, new) = (s.regs.get(r + 1), s.regs.get(r));
        match fast::store_slice(vm, v, s.regs.get(r + 2), s.regs.get(r + 3), new, true) {
            Ok(true) => {
                s.regs.drop_run(r as usize, 4);
                return s.next();
            }
            Ok(false) => slow!(s, i, store_slice),
            Err(_) => return Exit::Raised,
        }
    }

    cold store_slice {
        s.save();
        let r = i.a();
        let range = build::slice(vm, s.regs.get(r + 2).clone(), s.regs.get(r + 3).clone(), Value::NONE);
        vm.set_item(s.regs.get(r + 1), &range, s.regs.get(r))?;
        drop(range);
        let r = r as usize;
        s.regs.drop_run(r + 2, 2);
        s.regs.drop_run(r + 1, 1);
        s.regs.drop_run(r, 1);
    }

    hot BuildSlice {
        return s.put_next(i.a(), build::slice_of(vm, s.regs, i.b(), i.x()));
    }

    hot UnpackSequence {
        let (a, n) = (i.a() as usize, i.c() as usize);
        let seq = s.regs.get(i.b());
        let done = if let Some(t) = seq.downcast_exact::<Tuple>() {
            s.unpack(a, n, i.b() as usize, t.items())
        } else if let Some(l) = seq.downcast_exact::<List>() {
            l.items.with(|items| s.unpack(a, n, i.b() as usize, items))
        } else {
            false
        };
        if done {
            return s.next();
        }
        slow!(s, i, unpack_sequence)
    }

    warm unpack_sequence {
        s.save();
        if build::unpack_sequence(vm, s.regs, i.a() as usize, i.b(), i.c() as usize).is_err() {
            return Exit::Raised;
        }
    }

    hot UnpackPair {
        if let Some(t) = s.regs.get(i.c()).downcast_exact::<Tuple>()
            && let [x, y] = t.items()
            && s.regs.bits(i.a()) != s.regs.bits(i.c())
            && s.regs.is_shared(i.a())
            && (!s.regs.is_temp(i.c()) || s.regs.is_shared(i.c()))
        {
            let (x, y) = (x.clone(), y.clone());
            s.consume_shared(i.c(), u16::MAX);
            // SAFETY: I1; not the last reference.
            unsafe {
                let p = s.regs.base.add(i.a() as usize) as *mut u64;
                Value::release_shared(std::ptr::replace(p, x.into_bits()));
            }
            return s.put_next(i.b(), y);
        }
        slow!(s, i, unpack_pair)
    }

    warm unpack_pair {
        s.save();
        if build::unpack_pair(vm, s.regs, i.instr()).is_err() {
            return Exit::Raised;
        }
    }

    far UnpackEx {
        s.save();
        build::unpack_ex(vm, s.regs, i.instr())?;
    }

    hot BuildTuple {
        let v = match i.c() {
            2 => build::small_tuple::<2>(vm, s.regs, i.b()),
            3 => build::small_tuple::<3>(vm, s.regs, i.b()),
            n => build::tuple(vm, s.regs, i.b(), n),
        };
        return s.put_next(i.a(), v);
    }

    hot BuildList {
        return s.put_next(i.a(), build::list(vm, s.regs, i.b(), i.c()));
    }

    hot BuildSet {
        s.save();
        let (r, n) = (i.b() as usize, i.c() as usize);
        let Ok(v) = build::set(vm, s.regs.run(r, n)) else { return Exit::Raised };
        s.regs.drop_run(r, n);
        return s.put_next(i.a(), v);
    }

    hot BuildMap {
        s.save();
        let Ok(v) = build::map(vm, s.regs, i.b(), i.c()) else { return Exit::Raised };
        return s.put_next(i.a(), v);
    }

    hot BuildString {
        s.save();
        let (r, n) = (i.b() as usize, i.c() as usize);
        let Ok(v) = build::string(vm, s.regs.run(r, n)) else { return Exit::Raised };
        s.regs.drop_run(r, n);
        return s.put_next(i.a(), v);
    }

    hot ListAppend {
        if let Some(l) = s.regs.get(i.a()).downcast_exact::<List>()
            && l.has_room()
        {
            let v = s.regs.own(i.b());
            l.push_in_room(v);
            return s.next();
        }
        slow!(s, i, list_append)
    }

    cold list_append {
        let v = s.regs.own(i.b());
        if let Some(l) = s.regs.get(i.a()).downcast::<List>() {
            l.push(v);
        }
    }

    far ListExtend {
        s.save();
        build::list_extend(vm, s.regs.get(i.a()), s.regs.get(i.b()))?;
        s.regs.consume(i.b());
    }

    hot SetAdd {
        s.save();
        if build::set_add(vm, s.regs.get(i.a()), s.regs.get(i.b())).is_err() {
            return Exit::Raised;
        }
        return s.drop_next(i.b());
    }

    far SetUpdate {
        s.save();
        build::set_update(vm, s.regs.get(i.a()), s.regs.get(i.b()))?;
        s.regs.consume(i.b());
    }

    hot MapAdd {
        s.save();
        if build::map_add(vm, s.regs.get(i.a()), s.regs.get(i.b()), s.regs.get(i.c())).is_err() {
            return Exit::Raised;
        }
        s.regs.consume(i.c());
        return s.drop_next(i.b());
    }

    far DictUpdate {
        s.save();
        build::dict_update(vm, s.regs.get(i.a()), s.regs.get(i.b()))?;
        s.regs.consume(i.b());
    }

    far DictMerge {
        s.save();
        build::dict_merge(vm, s.regs.get(i.a()), s.regs.get(i.b()), s.regs.get(i.c()))?;
        s.regs.consume(i.b());
    }

    far ListToTuple {
        let items = match s.regs.get(i.b()).downcast::<List>() {
            Some(l) => l.items.take(),
            None => Vec::new(),
        };
        s.regs.consume(i.b());
        s.regs.put(i.a(), vm.new_tuple(items).into_value());
    }

    hot FormatSimple {
        s.save();
        let Ok(v) = build::format(vm, s.regs.get(i.b()), None, i.x()) else { return Exit::Raised };
        s.regs.consume(i.b());
        return s.put_next(i.a(), v);
    }

    hot FormatValue {
        s.save();
        let Ok(v) = build::format(vm, s.regs.get(i.b()), Some(s.regs.get(i.c())), i.x()) else {
            return Exit::Raised;
        };
        s.regs.consume(i.b());
        s.regs.consume(i.c());
        return s.put_next(i.a(), v);
    }

    far BuildInterpolation {
        s.save();
        let (r, n) = (i.b() as usize, i.c() as usize);
        let v = build::interpolation(vm, s.regs.run(r, n), i.x())?;
        s.regs.drop_run(r, n);
        s.regs.put(i.a(), v);
    }

    far BuildTemplate {
        s.save();
        let v = build::template(vm, s.regs.get(i.b()), s.regs.get(i.c()))?;
        s.regs.consume(i.b());
        s.regs.consume(i.c());
        s.regs.put(i.a(), v);
    }
}
