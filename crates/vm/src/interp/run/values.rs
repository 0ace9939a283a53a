//! Instructions that move values about: constants, variables, names.

use super::{At, Exit, Handler, Left, PLAIN, State, TAIL, WATCHED, exit};
use crate::interp::frame::{Frame, Slot};
use crate::interp::names;
use crate::types::code::Exec;
use crate::{Value, Vm};
use taipan_bytecode::Op;

instructions! { (s, i, vm, 'go)
    far Nop | Ext {}

    hot Mov {
        let v = s.regs.own(i.b());
        return s.put_next(i.a(), v);
    }

    hot MovLocal {
        s.put_dead(i.a(), s.regs.get(i.b()).clone());
    }

    hot MovTemp {
        let v = s.regs.take_word(i.b() as usize);
        return s.put_next(i.a(), v);
    }

    hot Copy {
        return s.put_next(i.a(), s.regs.get(i.b()).clone());
    }

    hot LoadConst {
        match s.known_constant(i.bc()) {
            Some(v) => return s.put_next(i.a(), v),
            None => slow!(s, i, first_load_const),
        }
    }

    cold first_load_const { s.regs.put(i.a(), s.constant(i.bc())) }

    hot LoadInt {
        return s.put_next(i.a(), Value::int32(i.sbc()));
    }

    hot LoadImm {
        let v = match i.x() {
            0 => Value::NONE,
            1 => Value::TRUE,
            2 => Value::FALSE,
            3 => Value::ELLIPSIS,
            _ => slow!(s, i, load_empty),
        };
        return s.put_next(i.a(), v);
    }

    cold load_empty { drop(s.regs.take(i.a() as usize)) }

    hot Clear {
        return s.clear_next(i.a());
    }

    hot CheckLocal {
        if s.regs.bits(i.a()) == 0 {
            slow!(s, i, unbound_local);
        }
    }

    cold unbound_local {
        s.save();
        return Err(names::unbound_local(vm, s.fr(), i.a()));
    }

    far DeleteLocal {
        s.save();
        if s.regs.take(i.a() as usize).is_none() {
            return Err(names::unbound_local(vm, s.fr(), i.a()));
        }
    }

    far ClearLocal {
        s.save();
        drop(s.regs.take(i.a() as usize))
    }

    far MakeCell { s.regs.put(i.a(), vm.new_cell(None).into_value()) }

    far MakeCellArg {
        let v = s.regs.take(i.b() as usize);
        s.regs.put(i.a(), vm.new_cell(v).into_value());
    }

    far ClearCell {
        s.save();
        drop(s.regs.take(i.a() as usize))
    }

    hot LoadCell {
        match names::cell_at(s.regs.slot(i.b() as usize)).and_then(|c| c.contents.get()) {
            Some(v) => return s.put_next(i.a(), v),
            None => slow!(s, i, unbound_cell),
        }
    }

    cold unbound_cell {
        s.save();
        return Err(names::unbound_local(vm, s.fr(), i.b()));
    }

    hot StoreCell {
        let v = s.regs.own(i.b()).into_bits();
        s.save();
        return match names::cell_at(s.regs.slot(i.a() as usize)) {
            // SAFETY: the word is the value's; what the cell held is given back.
            Some(c) => unsafe { s.release_next(c.contents.swap_bits(v)) },
            // SAFETY: the value's reference.
            None => unsafe { s.release_next(v) },
        };
    }

    far DeleteCell {
        s.save();
        let old = names::cell_at(s.regs.slot(i.a() as usize)).and_then(|c| c.contents.take());
        if old.is_none() {
            return Err(names::unbound_local(vm, s.fr(), i.a()));
        }
    }

    hot LoadFree {
        match names::free(s.fr(), i.b()).and_then(|c| c.contents.get()) {
            Some(v) => return s.put_next(i.a(), v),
            None => slow!(s, i, unbound_free),
        }
    }

    cold unbound_free {
        s.save();
        return Err(names::unbound_free(vm, s.fr(), i.b()));
    }

    hot StoreFree {
        let v = s.regs.own(i.a()).into_bits();
        s.save();
        return match names::free(s.fr(), i.b()) {
            // SAFETY: as for `StoreCell`.
            Some(c) => unsafe { s.release_next(c.contents.swap_bits(v)) },
            // SAFETY: the value's reference.
            None => unsafe { s.release_next(v) },
        };
    }

    far DeleteFree {
        s.save();
        if names::free(s.fr(), i.b()).and_then(|c| c.contents.take()).is_none() {
            return Err(names::unbound_free(vm, s.fr(), i.b()));
        }
    }

    hot LoadClosureCell {
        return s.put_next(i.a(), s.regs.get(i.b()).clone());
    }

    // Code from a file may name a closure that its function was not given.
    far LoadClosureFree {
        let c = names::free(s.fr(), i.b()).map_or(Value::NONE, |c| c.to_value());
        s.regs.put(i.a(), c)
    }

    hot LoadGlobal {
        match s.known_global(i.c()) {
            Some(v) => return s.put_next(i.a(), v),
            None => slow!(s, i, load_placed_global),
        }
    }

    hot LoadGlobalPlaced {
        match s.placed_global(i.c()) {
            Some(v) => return s.put_next(i.a(), v),
            None => {
                i.specialise(Op::LoadGlobalPlaced, Op::LoadGlobal);
                slow!(s, i, LoadGlobal)
            }
        }
    }

    warm load_placed_global {
        match s.placed_global(i.c()) {
            Some(v) => {
                if M != WATCHED {
                    i.specialise(Op::LoadGlobal, Op::LoadGlobalPlaced);
                }
                return s.put_next(i.a(), v);
            }
            None => slow!(s, i, find_global),
        }
    }

    cold find_global {
        s.save();
        let site = s.site(i);
        let v = names::load_global(vm, s.fr(), s.site_name(site), Some(site))?;
        s.regs.put(i.a(), v);
    }

    hot LoadGlobalCall {
        match s.known_global(i.c()) {
            Some(v) => {
                s.regs.put_fresh(i.a() as usize, Some(v));
                s.regs.put_fresh(i.a() as usize + 1, None);
            }
            None => slow!(s, i, load_placed_global_call),
        }
    }

    warm load_placed_global_call {
        match s.placed_global(i.c()) {
            Some(v) => {
                s.regs.put_fresh(i.a() as usize, Some(v));
                s.regs.put_fresh(i.a() as usize + 1, None);
            }
            None => slow!(s, i, find_global_call),
        }
    }

    cold find_global_call {
        s.save();
        let site = s.site(i);
        let v = names::load_global(vm, s.fr(), s.site_name(site), Some(site))?;
        s.regs.put_fresh(i.a() as usize, Some(v));
        s.regs.put_fresh(i.a() as usize + 1, None);
    }

    far LoadGlobalWide {
        s.save();
        let v = names::load_global(vm, s.fr(), &s.exec.names[i.bc() as usize], None)?;
        s.regs.put(i.a(), v);
    }

    far StoreGlobal {
        let v = s.regs.own(i.a());
        s.save();
        names::store_global(vm, s.fr(), s.site_name(s.site(i)), v)?;
    }

    far StoreGlobalWide {
        let v = s.regs.own(i.a());
        s.save();
        names::store_global(vm, s.fr(), &s.exec.names[i.bc() as usize], v)?;
    }

    far DeleteGlobal {
        s.save();
        names::delete_global(vm, s.fr(), &s.exec.names[i.bc() as usize])?;
    }

    far LoadName {
        let site = s.site(i);
        let f = s.fr();
        // In a module the names are globals.
        let global = f.locals.as_ref().is_some_and(|l| l.bits() == f.globals().as_value().bits());
        if global && let Some(v) = s.known_global(i.c()).or_else(|| s.placed_global(i.c())) {
            s.regs.put(i.a(), v);
            break 'go;
        }
        s.save();
        let v = if global {
            names::load_global(vm, f, s.site_name(site), Some(site))?
        } else {
            names::load_name(vm, f, s.site_name(site))?
        };
        s.regs.put(i.a(), v);
    }

    far LoadNameWide {
        s.save();
        let v = names::load_name(vm, s.fr(), &s.exec.names[i.bc() as usize])?;
        s.regs.put(i.a(), v);
    }

    far StoreName {
        let v = s.regs.own(i.a());
        s.save();
        names::store_name(vm, s.fr(), s.site_name(s.site(i)), v)?;
    }

    far StoreNameWide {
        let v = s.regs.own(i.a());
        s.save();
        names::store_name(vm, s.fr(), &s.exec.names[i.bc() as usize], v)?;
    }

    far DeleteName {
        s.save();
        names::delete_name(vm, s.fr(), &s.exec.names[i.bc() as usize])?;
    }

    far LoadLocals {
        s.save();
        let v = names::load_locals(vm, s.fr())?;
        s.regs.put(i.a(), v);
    }

    far LoadFromDictOrGlobal {
        let e = s.ext();
        s.save();
        let v = names::load_from_dict_or_global(
            vm,
            s.fr(),
            s.regs.get(i.b()),
            &s.exec.names[e.bc() as usize],
        )?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    far LoadFromDictOrFree {
        s.save();
        let v = names::load_from_dict_or_free(vm, s.fr(), s.regs.get(i.b()), i.c())?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    far LoadFromDictOrCell {
        s.save();
        let v = names::load_from_dict_or_cell(
            vm,
            s.fr(),
            s.regs.get(i.b()),
            s.regs.slot(i.c() as usize),
            i.c(),
        )?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    far SetupAnnotations {
        s.save();
        names::setup_annotations(vm, s.fr())?;
    }
}
