//! Instructions that say what runs next: jumps, iteration, returns, generators, exceptions, imports.

use super::fed::yield_fed;
use super::{At, DEAD, Exit, Flow, Handler, Left, NONE, PLAIN, State, TAIL, WATCHED, done, exit};
use crate::interp::frame::{Frame, Slot, kind};
use crate::interp::{chain, generator, names, ops, unwind};
use crate::object::ValueExt;
use crate::types::code::Exec;
use crate::types::generator::{AsyncGenerator, Generator, is_step};
use crate::types::list_methods::ListIter;
use crate::types::range::RangeIter;
use crate::types::str_methods::StrAsciiIterator;
use crate::types::tuple_methods::TupleIter;
use crate::types::{List, iterators};
use crate::{Value, Vm};
use taipan_bytecode::{Intrinsic1, Op};

instructions! { (s, i, vm, 'go)
    hot Jump {
        s.jump(i.sbc());
    }

    hot JumpBack {
        s.jump(i.sbc());
        if vm.breaker.tripped() {
            slow!(s, i, jump_back)
        }
    }

    cold jump_back {
        s.jump(i.sbc());
        s.save();
        vm.poll()?;
    }

    hot GetIter {
        if let Some(g) = s.regs.get(i.b()).downcast_exact::<Generator>() {
            if i.a() == i.b() {
                return s.next();
            }
            if !s.regs.is_temp(i.b()) {
                return s.put_next(i.a(), g.to_value());
            }
        }
        slow!(s, i, get_iter)
    }

    warm get_iter {
        s.save();
        if let Some(l) = s.regs.get(i.b()).downcast_exact::<List>() {
            let it = vm.alloc_with(|| ListIter::new(l.clone())).into_value();
            s.regs.consume(i.b());
            return s.put_next(i.a(), it);
        }
        let Ok(v) = vm.get_iter(s.regs.get(i.b())) else { return Exit::Raised };
        s.regs.consume(i.b());
        return s.put_next(i.a(), v);
    }

    hot ForIter {
        let it = s.regs.get(i.b());
        if let Some(r) = it.downcast_exact::<RangeIter>() {
            let left = r.left.get();
            if left != 0 {
                let n = r.next.get();
                if let Some(v) = Value::small_int(n) {
                    r.left.set(left - 1);
                    r.next.set(n.wrapping_add(r.step));
                    if M != WATCHED {
                        i.specialise(Op::ForIter, Op::ForRange);
                    }
                    return s.put_next(i.a(), v);
                }
            }
        } else if let Some(l) = it.downcast_exact::<ListIter>() {
            if let Some(v) = l.advance() {
                if M != WATCHED {
                    i.specialise(Op::ForIter, Op::ForList);
                }
                return s.put_next(i.a(), v);
            }
        } else if let Some(t) = it.downcast_exact::<TupleIter>() {
            if let Some(v) = t.advance() {
                return s.put_next(i.a(), v);
            }
        } else {
            if it.downcast_exact::<Generator>().is_some() {
                if M != WATCHED {
                    i.specialise(Op::ForIter, Op::ForGenerator);
                }
                slow!(s, i, ForGenerator)
            }
            if M != WATCHED {
                let next = At(s.pc);
                let pairs = next.op() == Op::UnpackPair && next.c() == i.a() && iterators::knows_pairs(it);
                i.specialise(Op::ForIter, if pairs { Op::ForPair } else { Op::ForNative });
                if pairs {
                    // The first pair, too: the iterator would keep its tuple.
                    slow!(s, i, ForPair)
                }
            }
        }
        slow!(s, i, for_native)
    }

    hot ForRange {
        if let Some(r) = s.regs.get(i.b()).downcast_exact::<RangeIter>() {
            let left = r.left.get();
            if left != 0 {
                let n = r.next.get();
                if let Some(v) = Value::small_int(n) {
                    r.left.set(left - 1);
                    r.next.set(n.wrapping_add(r.step));
                    return s.put_next(i.a(), v);
                }
            }
        }
        slow!(s, i, ForIter)
    }

    hot ForList {
        if let Some(l) = s.regs.get(i.b()).downcast_exact::<ListIter>()
            && let Some(v) = l.advance()
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, ForIter)
    }

    hot ForGenerator {
        if let Some(g) = s.regs.get(i.b()).downcast_exact::<Generator>()
            && let Some(f) = s.waiting_frame(&g.0)
        {
            // SAFETY: it waits; the register keeps the generator, whose the frame is.
            unsafe {
                if (*f).kind.get() & kind::CHAINED != 0 {
                    slow!(s, i, resume_chained)
                }
                return s.resume(f, &g.0, g.as_value(), kind::FOR_ITER, i.a());
            }
        }
        slow!(s, i, for_native)
    }

    // Pairs that the next instruction takes apart.
    hot ForPair {
        let unpack = At(s.pc);
        s.save();
        if M != WATCHED
            && unpack.op() == Op::UnpackPair
            && unpack.c() == i.a()
            && s.regs.is_temp(i.a())
            && let Some((x, y)) = iterators::next_pair(s.regs.get(i.b()))
        {
            // SAFETY: code ends in a terminator, which that is not; the words' references are ours.
            unsafe {
                let y = y.into_bits();
                s.pc = unpack.0.add(1);
                s.save();
                s.regs.put(unpack.a(), x);
                return s.put_next(unpack.b(), Value::from_bits(y));
            }
        }
        slow!(s, i, for_native)
    }

    hot ForNative {
        if let Some(c) = s.regs.get(i.b()).downcast_exact::<StrAsciiIterator>()
            && let Some(v) = c.advance(vm)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, for_native)
    }

    // Iterators of native classes.
    warm for_native {
        let it = s.regs.get(i.b());
        if let Some(ty) = it.heap_type()
            && ty.native.is_some()
            && let Some(f) = ty.slots.iternext.get()
            && it.downcast_exact::<Generator>().is_none()
        {
            s.save();
            match f(vm, it) {
                Ok(Some(v)) => return s.put_next(i.a(), v),
                Ok(None) => {}
                Err(_) => {
                    if !ops::is_end(vm) {
                        return Exit::Raised;
                    }
                }
            }
            s.jump(i.jump24());
            return s.clear_next(i.b());
        }
        slow!(s, i, for_iter)
    }

    cold for_iter {
        let it = s.regs.get(i.b());
        s.save();
        if M != WATCHED && let Some(g) = generator::plain_generator(it) {
            // The generator's end comes back as a jump: `pc` names the instruction, whose operands say where.
            if generator::resume_in_loop(vm, g, None, kind::FOR_ITER, i.a())? {
                s.reload();
                break 'go;
            }
        }
        match ops::for_iter(vm, it)? {
            Some(v) => s.regs.put(i.a(), v),
            None => {
                drop(s.regs.take(i.b() as usize));
                s.jump(i.jump24());
            }
        }
    }

    hot ReturnValue {
        // What dies with the frame dies elsewhere.
        let a = i.a() as usize;
        if !s.can_leave(0) {
            slow!(s, i, return_entry);
        }
        let Some(v) = s.release_others(a) else { slow!(s, i, return_and_drop) };
        // SAFETY: the running frame is done; what the register held.
        return unsafe { s.leave(Value::from_bits(v)) };
    }

    // To native code.
    warm return_entry {
        let a = i.a() as usize;
        if !s.can_leave(kind::ENTRY) {
            slow!(s, i, return_from_operator);
        }
        let Some(v) = s.release_others(a) else { slow!(s, i, return_and_drop) };
        // SAFETY: as above.
        unsafe {
            vm.thread.leave(s.frame.cast_mut());
            return done(vm, Value::from_bits(v));
        }
    }

    // From a frame of kind 0 or `ENTRY` where something dies.
    warm return_and_drop {
        s.save();
        // SAFETY: the running frame, which is done; the register is filled.
        unsafe {
            let v = s.regs.own(i.a()).into_bits();
            let (k, dst) = (s.fr().kind.get(), s.fr().dst);
            vm.thread.pop_plain(vm, s.frame.cast_mut(), s.exec);
            if k & kind::ENTRY != 0 {
                return done(vm, Value::from_bits(v));
            }
            return State::<M>::of_top(vm).put_next(dst, Value::from_bits(v));
        }
    }

    // The result of an operator, whose operands wait.
    warm return_from_operator {
        let a = i.a() as usize;
        if s.can_leave(kind::OPERATOR)
            && !s.regs.get(i.a()).is_not_implemented()
            && let Some(v) = s.release_others(a)
        {
            // SAFETY: the running frame is done; what the register held. The caller's last instruction is the operator's.
            unsafe {
                let dst = s.fr().dst;
                let caller = State::<M>::of(vm, vm.thread.leave(s.frame.cast_mut()));
                let operator = At(caller.pc.sub(1));
                caller.regs.consume(operator.b());
                caller.regs.consume(operator.c());
                return caller.put_next(dst, Value::from_bits(v));
            }
        }
        slow!(s, i, return_from_generator)
    }

    warm return_from_generator {
        if let Some(state) = s.ending_generator() {
            if let Some(v) = s.release_others(i.a() as usize) {
                // SAFETY: the running frame is done; what the register held.
                return unsafe { s.end_generator(state, Value::from_bits(v)) };
            }
            s.save();
            // SAFETY: the running frame, which is done; the register is filled.
            unsafe {
                let v = s.regs.own(i.a()).into_bits();
                vm.thread.drop_locals(s.frame.cast_mut(), s.exec);
                if let Some(state) = s.ending_generator() {
                    return s.end_generator(state, Value::from_bits(v));
                }
                // Somebody has looked at the frame just now.
                std::ptr::write(s.regs.base.add(i.a() as usize) as *mut u64, v);
            }
        }
        slow!(s, i, return_value)
    }

    cold return_value {
        let v = s.regs.own(i.a());
        if let Some(v) = s.give_back(v)? {
            return Ok(Some(Flow::Done(v)));
        }
    }

    hot ReturnConst {
        if let Some(v) = s.known_constant(i.bc()) {
            if s.can_leave(0) {
                if s.release_locals() {
                    // SAFETY: the running frame is done.
                    return unsafe { s.leave(v) };
                }
                // The constant is the code's as well.
                // SAFETY: counted just now.
                unsafe { Value::release_shared(v.into_bits()) };
                slow!(s, i, return_const_and_drop)
            }
            // SAFETY: as above.
            unsafe { Value::release_shared(v.into_bits()) };
        }
        slow!(s, i, return_none)
    }

    hot ReturnInit {
        if s.can_leave(kind::INIT) && s.release_locals() {
            // SAFETY: the running frame is done.
            unsafe {
                let made = std::ptr::replace(&raw mut (*s.frame.cast_mut()).owner, None);
                if let Some(made) = made {
                    return s.leave(made);
                }
            }
        }
        i.specialise(Op::ReturnInit, Op::ReturnConst);
        slow!(s, i, ReturnConst)
    }

    // From a frame of kind 0 where something dies.
    warm return_const_and_drop {
        s.save();
        let v = match s.known_constant(i.bc()) {
            Some(v) => v.into_bits(),
            None => NONE,
        };
        let dst = s.fr().dst;
        // SAFETY: the running frame, which is done.
        unsafe {
            vm.thread.pop_plain(vm, s.frame.cast_mut(), s.exec);
            return State::<M>::of_top(vm).put_next(dst, Value::from_bits(v));
        }
    }

    // `None` from `__init__`, where the instance is the result, or to native code.
    warm return_none {
        if s.constant_bits(i.b()) == NONE && i.c() == 0 {
            if s.can_leave(kind::INIT) && s.release_locals() {
                // SAFETY: the running frame is done.
                unsafe {
                    if let Some(made) = (*s.frame.cast_mut()).owner.take() {
                        if M != WATCHED {
                            i.specialise(Op::ReturnConst, Op::ReturnInit);
                        }
                        return s.leave(made);
                    }
                }
            }
            if s.can_leave(kind::ENTRY) && s.release_locals() {
                // SAFETY: as above.
                unsafe { vm.thread.leave(s.frame.cast_mut()) };
                return done(vm, Value::NONE);
            }
            if let Some(state) = s.ending_generator() {
                if s.release_locals() {
                    // SAFETY: the running frame is done.
                    return unsafe { s.end_generator(state, Value::NONE) };
                }
                slow!(s, i, end_and_drop)
            }
        }
        slow!(s, i, return_const)
    }

    // `None` from a generator where something dies.
    warm end_and_drop {
        s.save();
        // SAFETY: the running frame is done.
        unsafe {
            vm.thread.drop_locals(s.frame.cast_mut(), s.exec);
            if let Some(state) = s.ending_generator() {
                return s.end_generator(state, Value::NONE);
            }
        }
        slow!(s, i, return_const)
    }

    cold return_const {
        let v = s.constant(i.bc());
        if let Some(v) = s.give_back(v)? {
            return Ok(Some(Flow::Done(v)));
        }
    }

    hot ReturnGenerator {
        let f = s.fr();
        if M != WATCHED
            && f.kind.get() == 0
            && !f.object.is_some()
            && f.func.as_ref().is_some_and(|f| !f.has_own_names())
            && vm.thread.origin_depth.get() == 0
        {
            let dst = f.dst;
            // SAFETY: the running frame, which has just begun.
            let g = unsafe { generator::make_plain(vm, s.frame.cast_mut(), s.exec, s.pc) };
            return State::<M>::of_top(vm).put_next(dst, g);
        }
        slow!(s, i, make_generator)
    }

    cold make_generator {
        s.save();
        let g = generator::make(vm);
        match unwind::return_made(vm, g)? {
            Flow::Switch => s.reload(),
            done => return Ok(Some(done)),
        }
    }

    hot YieldValue {
        let f = s.fr();
        if f.kind.get() & (kind::DISCARD | kind::SEND | kind::ENTRY) != 0 {
            slow!(s, i, yield_elsewhere)
        }
        // To a `for`.
        if let Some(owner) = &f.owner
            && let Some(g) = owner.downcast_exact::<Generator>()
            && !g.0.handled.is_some()
            && !vm.exc.is_handling()
        {
            s.save();
            let v = s.regs.own(i.b());
            let dst = f.dst;
            g.0.running.set(false);
            // SAFETY: the running frame, whose generator is the resumer's: that was not counted.
            let caller = unsafe {
                vm.thread.unlink(s.frame.cast_mut());
                std::ptr::write(&raw mut (*s.frame.cast_mut()).owner, None);
                f.kind.set(f.kind.get() & kind::WAITING);
                vm.thread.top()
            };
            return State::<M>::of(vm, caller).put_next(dst, v);
        }
        slow!(s, i, yield_value)
    }

    warm yield_elsewhere {
        let f = s.fr();
        let k = f.kind.get();
        if k & kind::DISCARD != 0 {
            slow!(s, i, yield_fed)
        }
        if k & kind::SEND != 0 {
            slow!(s, i, yield_sent)
        }
        // To native code.
        if let Some(owner) = &f.owner
            && let Some(state) = generator::plain_state(owner)
            && owner.header().is_some_and(|h| h.count() > 1)
            && !state.handled.is_some()
            && !vm.exc.is_handling()
        {
            s.save();
            let v = s.regs.own(i.b());
            state.running.set(false);
            let word = owner.bits();
            // SAFETY: the running frame is the generator's, which others refer to as well.
            unsafe {
                vm.thread.unlink(s.frame.cast_mut());
                std::ptr::write(&raw mut (*s.frame.cast_mut()).owner, None);
                Value::release_shared(word);
            }
            f.kind.set(k & kind::WAITING);
            return done(vm, v);
        }
        slow!(s, i, yield_value)
    }

    // To a generator or coroutine that delegates.
    warm yield_sent {
        let f = s.fr();
        let (a, b) = (i.a(), i.b());
        if M != WATCHED
            && let Some(owner) = &f.owner
            && let Some(state) = generator::plain_state(owner)
            && !state.handled.is_some()
            && !vm.exc.is_handling()
            && !vm.interp_state.monitor.on()
            && (a == b && s.regs.is_temp(b) || s.regs.bits(a) & 7 != 0)
        {
            let leaf = s.frame.cast_mut();
            // SAFETY: the running frame, which `send` resumed.
            unsafe {
                let (root, n) = chain::root_of(vm, leaf);
                if chain::fits(n) {
                    if (*root).kind.get() & kind::DISCARD != 0 {
                        chain::remember(vm, leaf, root, n);
                        slow!(s, i, yield_fed)
                    }
                    s.save();
                    let v = s.regs.own(b);
                    s.regs.put_fresh(a as usize, Some(Value::NONE));
                    let (k, dst) = chain::suspend(vm, leaf, root, n);
                    if k & kind::ENTRY != 0 {
                        return done(vm, v);
                    }
                    return State::<M>::of_top(vm).put_next(dst, v);
                }
                s.save();
                let v = s.regs.own(b);
                let dst = f.dst;
                state.running.set(false);
                vm.thread.left_chain(leaf);
                vm.thread.unlink(leaf);
                std::ptr::write(&raw mut (*leaf).owner, None);
                f.kind.set(f.kind.get() & kind::WAITING);
                return State::<M>::of_top(vm).put_next(dst, v);
            }
        }
        slow!(s, i, yield_value)
    }

    // `for` or `send` resumes a chain of generators.
    warm resume_chained {
        let g = s.regs.get(i.b());
        if let Some(state) = generator::plain_state(g)
            && let Some(f) = s.waiting_frame(state)
        {
            s.save();
            let k = if i.op() == Op::Send { kind::SEND } else { kind::FOR_ITER };
            // SAFETY: it waits; the register keeps the generator, whose the frame is.
            let top = unsafe { generator::resume_plain(vm, s.fr(), f, state, g.bits(), k, i.a()) };
            return State::<M>::of(vm, top).next();
        }
        if i.op() == Op::Send {
            slow!(s, i, send)
        }
        slow!(s, i, for_iter)
    }

    cold yield_value {
        let v = s.regs.own(i.b());
        s.save();
        match generator::yield_value(vm, v)? {
            Flow::Switch => s.reload(),
            done => return Ok(Some(done)),
        }
    }

    hot Send {
        if s.regs.bits(i.a()) == NONE {
            let g = s.regs.get(i.b());
            if let Some(state) = generator::plain_state(g)
                && let Some(f) = s.waiting_frame(state)
            {
                // SAFETY: as for `ForGenerator`.
                unsafe {
                    if (*f).kind.get() & kind::CHAINED != 0 {
                        slow!(s, i, resume_chained)
                    }
                    return s.resume(f, state, g, kind::SEND, i.a());
                }
            }
        }
        slow!(s, i, send_step)
    }

    // A step of an async generator.
    warm send_step {
        if M != WATCHED && s.regs.bits(i.a()) == NONE && is_step(s.regs.get(i.b())) {
            s.save();
            match generator::step_with_none(vm, s.regs.get(i.b()), i.a()) {
                Some(true) => return State::<M>::of_top(vm).next(),
                Some(false) => {}
                None => return Exit::Raised,
            }
        }
        slow!(s, i, send)
    }

    cold send {
        s.save();
        let it = s.regs.get(i.b());
        let v = s.regs.own(i.a());
        if let Some(g) = generator::plain_generator(it).or_else(|| generator::plain_coroutine(it))
            && generator::resume_in_loop(vm, g, Some(v.clone()), kind::SEND, i.a())?
        {
            s.reload();
            break 'go;
        }
        if M != WATCHED && generator::step_in_loop(vm, it, &v, i.a())? {
            s.reload();
            break 'go;
        }
        let (done, v) = generator::send(vm, it, v)?;
        s.regs.put(i.a(), v);
        if done {
            s.jump(i.jump24());
        }
    }

    hot EndSend {
        let v = s.regs.own(i.c()).into_bits();
        s.save();
        // SAFETY: I1; what the registers held is ours.
        unsafe {
            let old = std::ptr::replace(s.regs.base.add(i.b() as usize) as *mut u64, DEAD);
            s.regs.put(i.a(), Value::from_bits(v));
            return s.release_next(old);
        }
    }

    hot GetYieldFromIter {
        s.save();
        let Ok(v) = generator::yield_from_iter(vm, s.regs.get(i.b()), s.exec.flags) else {
            return Exit::Raised;
        };
        s.regs.consume(i.b());
        return s.put_next(i.a(), v);
    }

    hot GetAwaitable {
        s.save();
        let Ok(v) = generator::awaitable(vm, s.regs.get(i.b()), i.x()) else { return Exit::Raised };
        s.regs.consume(i.b());
        return s.put_next(i.a(), v);
    }

    far GetAiter {
        s.save();
        let v = generator::get_aiter(vm, s.regs.get(i.b()))?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    hot GetAnext {
        s.save();
        let Ok(v) = generator::get_anext(vm, s.regs.get(i.b())) else { return Exit::Raised };
        return s.put_next(i.a(), v);
    }

    far EndAsyncFor {
        s.save();
        let exc = s.regs.take(i.a() as usize + 1).unwrap_or(Value::NONE);
        if vm.type_of(&exc).is_subtype(vm.type_for_ref(&crate::errors::exc::StopAsyncIteration)) {
            drop(exc);
            drop(s.regs.take(i.a() as usize));
        } else {
            unwind::mark_reraise(s.fr());
            return Err(vm.reraise(exc));
        }
    }

    hot LoadSpecial {
        s.save();
        if ops::load_special(vm, s.regs, i.a(), i.x() != 0).is_err() {
            return Exit::Raised;
        }
    }

    far WithExceptStart {
        s.save();
        let v = unwind::with_except_start(vm, s.regs, i.b())?;
        s.regs.put(i.a(), v);
    }

    far RaiseCurrent {
        s.save();
        return Err(unwind::raise_current(vm, s.fr()));
    }

    far Raise {
        let v = s.regs.own(i.a());
        s.save();
        return Err(unwind::raise(vm, v, None));
    }

    far RaiseFrom {
        let v = s.regs.own(i.a());
        let cause = s.regs.own(i.b());
        s.save();
        return Err(unwind::raise(vm, v, Some(cause)));
    }

    far Reraise {
        let v = s.regs.own(i.a());
        s.save();
        unwind::mark_reraise(s.fr());
        return Err(vm.reraise(v));
    }

    far ReraiseRestore {
        s.save();
        let old = s.regs.take(i.a() as usize);
        let v = s.regs.take(i.a() as usize + 1).unwrap_or(Value::NONE);
        let mut old = old.filter(|v| !v.is_none());
        if s.fr().kind.get() & kind::GENERATOR != 0 {
            old = generator::leave_handler(s.fr(), old);
        }
        drop(vm.exc.set_handled(old));
        unwind::mark_reraise(s.fr());
        return Err(vm.reraise(v));
    }

    hot PushExcInfo {
        let r = i.a() as usize;
        if s.fr().kind.get() & kind::GENERATOR == 0
            && let Some(word) = vm.exc.begin_handling(s.regs.get(i.a()))
        {
            // The exception that was being handled, and the new one, which moves up.
            // SAFETY: I1; two temporaries.
            unsafe {
                let p = s.regs.base.add(r) as *mut u64;
                *p.add(1) = *p;
                *p = word;
            }
            return s.next();
        }
        slow!(s, i, push_exc_info)
    }

    cold push_exc_info {
        let r = i.a() as usize;
        let exc = s.regs.take(r);
        let mut old = vm.exc.set_handled(exc.clone());
        if s.fr().kind.get() & kind::GENERATOR != 0 {
            old = generator::enter_handler(s.fr(), old);
        }
        s.regs.put_fresh(r, Some(old.unwrap_or(Value::NONE)));
        s.regs.put_fresh(r + 1, exc);
    }

    hot PopExcept {
        let r = i.a();
        let old = s.regs.bits(r);
        if s.fr().kind.get() & kind::GENERATOR == 0 && old == NONE {
            s.save();
            vm.exc.end_handling();
            return s.clear_next(r + 1);
        }
        slow!(s, i, pop_except)
    }

    cold pop_except {
        s.save();
        let r = i.a() as usize;
        let old = s.regs.take(r);
        let gone = s.regs.take(r + 1);
        let mut old = old.filter(|v| !v.is_none());
        if s.fr().kind.get() & kind::GENERATOR != 0 {
            old = generator::leave_handler(s.fr(), old);
        }
        drop(vm.exc.set_handled(old));
        drop(gone);
    }

    hot CheckExcMatch {
        s.save();
        let Ok(r) = unwind::exception_matches(vm, s.regs.get(i.b()), s.regs.get(i.c())) else {
            return Exit::Raised;
        };
        s.regs.consume(i.c());
        return s.put_next(i.a(), Value::bool(r));
    }

    far CheckEgMatch {
        s.save();
        unwind::check_eg_match(vm, s.regs, i.a())?;
    }

    far PrepReraiseStar {
        s.save();
        let r = i.b() as usize;
        let v = unwind::prep_reraise_star(vm, s.regs.get(i.b()), s.regs.get(i.b() + 1))?;
        s.regs.drop_run(r, 2);
        s.regs.put(i.a(), v);
    }

    far MatchClass {
        s.save();
        let r = i.b() as usize;
        let v = ops::match_class(
            vm,
            s.regs.get(i.b()),
            s.regs.get(i.b() + 1),
            s.regs.get(i.b() + 2),
            i.c() as usize,
        )?;
        s.regs.drop_run(r, 3);
        s.regs.put(i.a(), v);
    }

    far MatchTest {
        s.save();
        let v = ops::match_test(vm, s.regs.get(i.b()), i.x())?;
        s.regs.put(i.a(), v);
    }

    far MatchKeys {
        s.save();
        let v = ops::match_keys(vm, s.regs.get(i.b()), s.regs.get(i.c()))?;
        s.regs.put(i.a(), v);
    }

    far ImportName {
        let e = s.ext();
        s.save();
        let name = &s.exec.names[e.bc() as usize];
        let v = names::import_name(vm, s.fr(), name, s.regs.get(i.b()), s.regs.get(i.c()))?;
        s.regs.consume(i.b());
        s.regs.consume(i.c());
        s.regs.put(i.a(), v);
    }

    far ImportFrom {
        let e = s.ext();
        s.save();
        let v = names::import_from(vm, s.regs.get(i.b()), &s.exec.names[e.bc() as usize])?;
        s.regs.put(i.a(), v);
    }

    far ImportStar {
        s.save();
        names::import_star(vm, s.fr(), s.regs.get(i.a()))?;
        s.regs.consume(i.a());
    }

    hot Intrinsic1 {
        if i.x() == Intrinsic1::AsyncGenWrap as u8 {
            slow!(s, i, async_yield)
        }
        slow!(s, i, intrinsic1)
    }

    // An async generator yields to an `await` of its step that the loop resumed: the value goes there as it is.
    warm async_yield {
        let f = s.fr();
        let next = At(s.pc);
        if M != WATCHED
            && f.kind.get() & kind::SEND != 0
            && next.op() == Op::YieldValue
            && next.b() == i.a()
            && next.a() == i.a()
            && s.regs.is_temp(i.a())
            && !vm.exc.is_handling()
            && !vm.interp_state.monitor.on()
            && let Some(owner) = &f.owner
            && let Some(g) = owner.downcast_exact::<AsyncGenerator>()
            && !g.0.handled.is_some()
        {
            let v = s.regs.own(i.b()).into_bits();
            // SAFETY: code ends in a terminator, which that is not.
            s.pc = unsafe { next.0.add(1) };
            s.save();
            // SAFETY: the word's reference is ours.
            unsafe { generator::yield_step(vm, v) };
            return State::<M>::of_top(vm).next();
        }
        slow!(s, i, intrinsic1)
    }

    warm intrinsic1 {
        s.save();
        let Ok(v) = ops::intrinsic1(vm, s.fr(), i.x(), s.regs.get(i.b())) else { return Exit::Raised };
        s.regs.consume(i.b());
        return s.put_next(i.a(), v);
    }

    far Intrinsic2 {
        s.save();
        let v = ops::intrinsic2(vm, i.x(), s.regs.get(i.b()), s.regs.get(i.c()))?;
        s.regs.consume(i.b());
        s.regs.consume(i.c());
        s.regs.put(i.a(), v);
    }

    far LoadCommonConstant {
        let v = ops::common_constant(vm, i.x());
        s.regs.put(i.a(), v);
    }

    far Instrumented {
        // SAFETY: back to the instruction just read.
        s.pc = unsafe { s.pc.sub(1) };
        s.save();
        return Ok(Some(Flow::Switch));
    }

    far Illegal {
        s.save();
        return Err(names::illegal(vm, s.fr()));
    }
}
