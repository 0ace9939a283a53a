//! Instructions of generators whose values go to a built-in without leaving the loop (see `interp/feed.rs`).

use super::calls::{Call, CallDirect, call_native_class};
use super::flow::yield_value;
use super::{At, Exit, FALSE, Handler, Left, PLAIN, Regs, State, TAIL, TRUE, WATCHED, exit};
use crate::interp::feed::{self, Consumer, Step};
use crate::interp::frame::{Frame, Slot, kind};
use crate::interp::generator;
use crate::object::{Type, ValueExt};
use crate::types::List;
use crate::types::code::Exec;
use crate::types::generator::Generator;
use crate::types::set::Set;
use crate::{Value, Vm};
use taipan_bytecode::Op;

impl<'a, const M: u8> State<'a, M> {
    /// The frame of the generator whose values a built-in takes, the call of that, and its caller's registers. The running
    /// frame may be one to which the generator delegates: its values pass through.
    #[inline(always)]
    fn feeding(self) -> (&'a Frame, At, Regs) {
        let alone = self.fr().kind.get() & kind::SEND == 0;
        // SAFETY: `yield_sent` has seen to it that the running frame is the leaf of the chain that is known.
        let f = if alone { self.fr() } else { unsafe { &*self.vm.thread.chain.get().1 } };
        let caller = f.resumer();
        // SAFETY: the caller's `pc` is behind the call.
        (f, At(unsafe { caller.pc.get().sub(1) }), Regs { base: caller.base, first_temp: 0 })
    }

    /// The value of `yield_value` is where it belongs, and the generator goes on.
    #[inline(always)]
    fn fed(mut self, i: At) -> Exit {
        if M == TAIL {
            // What mostly follows, at one go.
            // SAFETY: code ends in a terminator, which this is not.
            unsafe {
                let next = At(self.pc);
                if next.op() == Op::Clear && next.a() == i.a() {
                    self.pc = self.pc.add(1);
                    let next = At(self.pc);
                    if next.op() == Op::JumpBack && !self.vm.breaker.tripped() {
                        self.pc = self.pc.add(1);
                        self.jump(next.sbc());
                    }
                }
            }
        }
        self.put_next(i.a(), Value::NONE)
    }
}

instructions! { (s, i, vm, 'go)
    // A built-in that takes a generator's values.
    hot CallFeed {
        if i.x() == 1 && s.regs.get(i.b() + 2).downcast_exact::<Generator>().is_some() {
            slow!(s, i, feed_generator)
        }
        slow!(s, i, Call)
    }

    warm feed_generator {
        let r = i.b();
        if M != WATCHED
            && let Some(g) = s.regs.get(r + 2).downcast_exact::<Generator>()
            && let Some(f) = s.waiting_frame(&g.0)
            && let Some(c) = feed::consumer(vm, s.regs, r)
        {
            s.save();
            let state = &raw const g.0;
            // SAFETY: it waits; its frame owns it from now on.
            unsafe {
                let g = s.regs.base.add(r as usize + 2) as *mut u64;
                let word = std::ptr::replace(g, feed::begin(vm, c));
                let top = generator::resume_plain(vm, s.fr(), f, &*state, word, kind::FED, c as u16);
                return State::<M>::of(vm, top).next();
            }
        }
        if s.regs.get(r).downcast_exact::<Type>().is_some() {
            slow!(s, i, call_native_class)
        }
        slow!(s, i, CallDirect)
    }

    warm yield_fed {
        if M == WATCHED || vm.interp_state.monitor.on() {
            // What is not fed itself has been told apart before.
            slow!(s, i, yield_to_native)
        }
        let (f, call, regs) = s.feeding();
        let so_far = call.b() + 2;
        if f.dst <= Consumer::LAST_LIST {
            if let Some(l) = regs.get(so_far).downcast_exact::<List>()
                && let l = &**l
                && l.has_room()
            {
                let v = s.regs.own(i.b());
                l.push_in_room(v);
                return s.fed(i);
            }
        } else if f.dst <= Consumer::LAST_SET {
            slow!(s, i, yield_to_set)
        } else if f.dst == Consumer::SUM {
            let (sum, v) = (regs.bits(so_far), s.regs.bits(i.b()));
            // Both are ints, and the sum is one that a word holds: the tag counts once.
            if sum & v & 1 != 0
                && let Some(sum) = (sum as i64 - 1).checked_add(v as i64)
            {
                // SAFETY: an int's word.
                regs.put_fresh(so_far as usize, Some(unsafe { Value::from_bits(sum as u64) }));
                return s.fed(i);
            }
        } else if matches!(s.regs.bits(i.b()), TRUE | FALSE) && s.regs.bits(i.b()) == regs.bits(so_far) {
            // `any` of what is false, `all` of what is true.
            return s.fed(i);
        }
        slow!(s, i, yield_to_step)
    }

    warm yield_to_set {
        let (_, call, regs) = s.feeding();
        if i.a() == i.b()
            && let Some(set) = regs.get(call.b() + 2).downcast_exact::<Set>()
            && s.regs.bits(i.b()) & 1 != 0
            && set.table.add_int(s.regs.get(i.b()))
        {
            return s.fed(i);
        }
        slow!(s, i, yield_to_step)
    }

    warm yield_to_step {
        let (f, call, regs) = s.feeding();
        let c = Consumer::of_number(f.dst);
        match feed::step(vm, regs, call.b(), c, s.regs.get(i.b())) {
            Step::Took if i.a() == i.b() || !s.regs.is_temp(i.b()) => return s.fed(i),
            Step::Took => slow!(s, i, yield_taken),
            _ if !std::ptr::eq(f, s.fr()) => slow!(s, i, yield_value),
            Step::Done => slow!(s, i, yield_settled),
            Step::Ask => slow!(s, i, yield_to_native),
        }
    }

    cold yield_taken {
        s.regs.consume(i.b());
        s.regs.put(i.a(), Value::NONE);
    }

    cold yield_settled {
        let v = s.regs.own(i.b());
        s.save();
        let (g, c) = generator::suspend_fed(vm)?;
        s.reload();
        feed::settle(vm, c, v, g)?;
    }

    cold yield_to_native {
        let v = s.regs.own(i.b());
        s.save();
        let (g, c) = generator::suspend_fed(vm)?;
        s.reload();
        feed::go_on(vm, c, v, g)?;
    }
}
