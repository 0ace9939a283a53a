//! Instructions that move values about: constants, variables, names, attributes, items, displays.

use super::{At, Exit, Handler, Left, PLAIN, State, TAIL, WATCHED, exit};
use crate::interp::cache::{Kind, SiteCache};
use crate::interp::frame::{Frame, Slot};
use crate::interp::{build, call, fast, names, ops};
use crate::object::{Type, ValueExt};
use crate::types::code::Exec;
use crate::types::function::Function;
use crate::types::instance::Shape;
use crate::types::module::Module;
use crate::types::{Dict, List, Tuple};
use crate::{Value, Vm};
use taipan_bytecode::Op;
use taipan_heap::Gc;

/// The value of an attribute in line that a site remembers, if that holds for the object.
///
/// # Safety
/// The object lives while the answer is used.
#[inline(always)]
unsafe fn in_line<'v>(site: &SiteCache, obj: &Value) -> Option<&'v Value> {
    if site.kind.get() != Kind::Instance {
        return None;
    }
    let h = obj.header()?;
    // SAFETY: the header of a live object. The version says that the layout is the one the cache saw; the shape, that the
    // value is there.
    unsafe {
        let ty: &Gc<Type> = crate::types::type_::header_type(h);
        let at = h as *const _ as *const u8;
        let place = at.wrapping_add(site.offset.get() as usize);
        let attrs = at.wrapping_add(site.need.get() as usize);
        if ty.version.get() as u64 != site.version.get()
            || *(attrs as *const *const Shape) != site.shape.get()
        {
            return None;
        }
        (*(place as *const Slot)).as_ref()
    }
}

/// The value of a class's attribute that a site remembers, if that holds for the object.
///
/// # Safety
/// The object lives.
#[inline(always)]
unsafe fn of_class(site: &SiteCache, obj: &Value) -> Option<Value> {
    if site.kind.get() != Kind::OfClass {
        return None;
    }
    let h = obj.header()?;
    // SAFETY: the header of a live object. The version says that the object is a class; its own, that it has the value.
    unsafe {
        let ty: &Gc<Type> = crate::types::type_::header_type(h);
        let is = ty.version.get() as u64 == site.version.get()
            && obj.as_gc_unchecked::<Type>().version.get() == site.need.get();
        is.then(|| ops::borrowed(site.value.get()))
    }
}

/// The value of a module's attribute where a site remembers its place.
#[inline(always)]
fn of_module(site: &SiteCache, obj: &Value) -> Option<Value> {
    if site.kind.get() != Kind::Module {
        return None;
    }
    let table = &obj.downcast_exact::<Module>()?.dict.table;
    if table.current_version() != site.value.get() {
        return None;
    }
    table.value_at(site.offset.get() as usize)
}

/// Where an attribute in line goes by what a site remembers, if that holds for the object, which has its new shape then. What
/// lies there is the caller's.
///
/// # Safety
/// The object lives; the place is written at once. `kinds` are `Add`, `Overwrite` or both.
#[inline(always)]
unsafe fn place_in_line(site: &SiteCache, obj: &Value, kinds: &[Kind]) -> Option<*mut u64> {
    let k = site.kind.get();
    if !kinds.contains(&k) {
        return None;
    }
    let h = obj.header()?;
    // SAFETY: as for `in_line`.
    unsafe {
        let ty: &Gc<Type> = crate::types::type_::header_type(h);
        let at = h as *const _ as *const u8;
        let shape = at.wrapping_add(site.need.get() as usize) as *mut *const Shape;
        if ty.version.get() as u64 != site.version.get() || *shape != site.shape.get() {
            return None;
        }
        if k == Kind::Add {
            *shape = site.value.get() as *const Shape;
        }
        Some(at.wrapping_add(site.offset.get() as usize) as *mut u64)
    }
}

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

    hot LoadGlobalAttr {
        if M != WATCHED
            && At(s.pc).op() != Op::Instrumented
            && let Some(word) = s.known_global_bits(i.c())
            && word & 7 == 0
        {
            let next = At(s.pc);
            let site = s.site(next);
            // SAFETY: the word of a live object, which the dict keeps.
            let obj = unsafe { &*(&raw const word as *const Value) };
            // SAFETY: as said.
            if let Some(v) = unsafe { of_class(site, obj) } {
                s.pc = s.pc.wrapping_add(1);
                return s.put_next(next.a(), v);
            }
            if let Some(v) = of_module(site, obj) {
                s.pc = s.pc.wrapping_add(1);
                return s.put_next(next.a(), v);
            }
        }
        i.specialise(Op::LoadGlobalAttr, Op::LoadGlobal);
        slow!(s, i, LoadGlobal)
    }

    hot LoadGlobalMethod {
        if M != WATCHED
            && At(s.pc).op() != Op::Instrumented
            && let Some(word) = s.known_global_bits(i.c())
        {
            let next = At(s.pc);
            // SAFETY: the word of a live object, which the dict keeps.
            if let Some(v) = of_module(s.site(next), unsafe { &*(&raw const word as *const Value) }) {
                s.pc = s.pc.wrapping_add(1);
                s.regs.put_fresh(next.a() as usize, Some(v));
                s.regs.put_fresh(next.a() as usize + 1, None);
                return s.next();
            }
        }
        i.specialise(Op::LoadGlobalMethod, Op::LoadGlobal);
        slow!(s, i, LoadGlobal)
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

    hot LoadAttr {
        let b = i.b();
        if !s.regs.is_temp(b) || b == i.a() {
            // SAFETY: the object lives.
            if let Some(v) = unsafe { in_line(s.site(i), s.regs.get(b)) } {
                return s.put_next(i.a(), v.clone());
            }
        }
        slow!(s, i, load_other_attr)
    }

    hot LoadAttrLocal {
        // SAFETY: the object lives.
        if let Some(v) = unsafe { in_line(s.site(i), s.regs.get(i.b())) } {
            s.put_dead(i.a(), v.clone());
            return s.next();
        }
        slow!(s, i, load_other_attr)
    }

    hot LoadAttrTemp {
        // SAFETY: the object lives.
        if let Some(v) = unsafe { in_line(s.site(i), s.regs.get(i.b())) }
            && s.regs.operand_is_shared(i.b())
        {
            let v = v.clone();
            s.release_operand(i.b());
            return s.put_next(i.a(), v);
        }
        slow!(s, i, load_other_attr)
    }

    hot LoadAttrOfClass {
        if !s.regs.is_temp(i.b()) || i.b() == i.a() {
            // SAFETY: the object lives.
            if let Some(v) = unsafe { of_class(s.site(i), s.regs.get(i.b())) } {
                return s.put_next(i.a(), v);
            }
        }
        i.specialise(Op::LoadAttrOfClass, Op::LoadAttr);
        slow!(s, i, load_other_attr)
    }

    hot LoadAttrSlot {
        let site = s.site(i);
        if site.kind.get() == Kind::Slot
            && let Some(h) = s.regs.get(i.b()).header()
            && (!s.regs.is_temp(i.b()) || i.b() == i.a())
        {
            // SAFETY: the header of a live object. The version says that the slot is there.
            unsafe {
                let ty: &Gc<Type> = crate::types::type_::header_type(h);
                let place = (h as *const _ as *const u8).wrapping_add(site.offset.get() as usize);
                if ty.version.get() as u64 == site.version.get()
                    && let Some(v) = &*(place as *const Slot)
                {
                    return s.put_next(i.a(), v.clone());
                }
            }
        }
        i.specialise(Op::LoadAttrSlot, Op::LoadAttr);
        slow!(s, i, load_other_attr)
    }

    // Older memories of values in line.
    warm load_other_attr {
        let site = s.site(i);
        let b = i.b();
        if site.kind.get() == Kind::Instance && s.may_consume(b, i.a()) {
            let version = vm.type_of(s.regs.get(b)).version.get() as u64;
            for site in site.others(version) {
                // SAFETY: the object lives.
                if site.kind.get() == Kind::Instance
                    && let Some(v) = unsafe { in_line(site, s.regs.get(b)) }
                {
                    let v = v.clone();
                    s.consume_shared(b, i.a());
                    return s.put_next(i.a(), v);
                }
            }
        }
        slow!(s, i, load_attr_by_site)
    }

    // The other kinds of what the site remembers, and older memories of values in line.
    warm load_attr_by_site {
        let (a, b) = (i.a(), i.b());
        let obj = s.regs.get(b);
        let site = s.site(i);
        let version = vm.type_of(obj).version.get() as u64;
        if s.may_consume(b, a) {
            // SAFETY: the version was compared; of a native class, it says what the object is.
            unsafe {
                if site.version.get() == version
                    && let Some(v) = ops::remembered_value(obj, site)
                {
                    let form = match site.kind.get() {
                        Kind::OfClass => Op::LoadAttrOfClass,
                        Kind::Slot => Op::LoadAttrSlot,
                        _ => Op::LoadAttr,
                    };
                    if M != WATCHED && form != Op::LoadAttr {
                        i.specialise(Op::LoadAttr, form);
                        i.specialise(Op::LoadAttrLocal, form);
                    }
                    if matches!(site.kind.get(), Kind::OfClass | Kind::Module)
                        && let Some(before) = s.loads_operand(i)
                    {
                        before.specialise(Op::LoadGlobal, Op::LoadGlobalAttr);
                    }
                    s.consume_shared(b, a);
                    return s.put_next(a, v);
                }
                for site in site.others(version) {
                    if site.version.get() == version
                        && site.kind.get() == Kind::Instance
                        && let Some(v) = ops::remembered(obj, site)
                    {
                        s.consume_shared(b, a);
                        return s.put_next(a, v);
                    }
                }
            }
        }
        slow!(s, i, load_rare_attr)
    }

    warm load_rare_attr {
        let (a, b) = (i.a(), i.b());
        let obj = s.regs.get(b);
        let site = s.site(i);
        s.save();
        if site.kind.get() == Kind::Getset
            && site.version.get() == vm.type_of(obj).version.get() as u64
        {
            let Ok(v) = ops::getset_of_site(vm, obj, site) else { return Exit::Raised };
            s.regs.consume(b);
            return s.put_next(a, v);
        }
        if let Some(v) = ops::from_site(vm, obj, site) {
            if a != b {
                s.regs.consume(b);
            }
            return s.put_next(a, v);
        }
        slow!(s, i, load_attr)
    }

    cold load_attr {
        s.save();
        let site = s.site(i);
        if ops::load_attr(vm, s.regs, i.instr(), site, s.site_name(site))? {
            s.reload();
        }
    }

    far LoadAttrWide {
        let e = s.ext();
        s.save();
        let v = vm.get_attr(s.regs.get(i.b()), &s.exec.names[e.bc() as usize])?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    hot LoadMethod {
        let site = s.site(i);
        let obj = s.regs.get(i.b());
        if site.kind.get() == Kind::Method
            && let Some(h) = obj.header()
        {
            // SAFETY: the header of a live object.
            let ty: &Gc<Type> = unsafe { crate::types::type_::header_type(h) };
            if ty.version.get() as u64 == site.version.get()
                // SAFETY: the version was compared.
                && unsafe { ops::shape_matches(obj, site) }
            {
                let zelf = s.regs.own(i.b());
                let f = ops::borrowed(site.value.get());
                s.regs.put_fresh(i.a() as usize, Some(f));
                s.regs.put_fresh(i.a() as usize + 1, Some(zelf));
                return s.next();
            }
        }
        slow!(s, i, load_other_method)
    }

    hot LoadMethodLocal {
        let site = s.site(i);
        let obj = s.regs.get(i.b());
        if site.kind.get() == Kind::Method
            && let Some(h) = obj.header()
        {
            // SAFETY: the header of a live object.
            let ty: &Gc<Type> = unsafe { crate::types::type_::header_type(h) };
            if ty.version.get() as u64 == site.version.get()
                // SAFETY: the version was compared.
                && unsafe { ops::shape_matches(obj, site) }
            {
                s.regs.put_fresh(i.a() as usize, Some(ops::borrowed(site.value.get())));
                s.regs.put_fresh(i.a() as usize + 1, Some(obj.clone()));
                return s.next();
            }
        }
        slow!(s, i, load_other_method)
    }

    hot LoadMethodModule {
        if s.may_consume(i.b(), u16::MAX)
            && let Some(v) = of_module(s.site(i), s.regs.get(i.b()))
        {
            s.consume_shared(i.b(), u16::MAX);
            s.regs.put_fresh(i.a() as usize, Some(v));
            s.regs.put_fresh(i.a() as usize + 1, None);
            return s.next();
        }
        i.specialise(Op::LoadMethodModule, Op::LoadMethod);
        slow!(s, i, load_other_method)
    }

    // The other kinds of what the site remembers, and older memories of methods.
    warm load_other_method {
        let (a, b) = (i.a() as usize, i.b());
        let obj = s.regs.get(b);
        let site = s.site(i);
        let version = vm.type_of(obj).version.get() as u64;
        if site.version.get() == version {
            let f = match site.kind.get() {
                // SAFETY: the version was compared.
                Kind::Method if unsafe { ops::shape_matches(obj, site) } => site.value.get(),
                // SAFETY: as above.
                Kind::Bare if unsafe { ops::is_bare(obj, site) } => site.value.get(),
                Kind::Method | Kind::Bare => 0,
                // SAFETY: as above.
                _ => match unsafe { ops::remembered_value(obj, site) } {
                    Some(v) => {
                        if M != WATCHED && site.kind.get() == Kind::Module {
                            i.specialise(Op::LoadMethod, Op::LoadMethodModule);
                            i.specialise(Op::LoadMethodLocal, Op::LoadMethodModule);
                            if let Some(before) = s.loads_operand(i) {
                                before.specialise(Op::LoadGlobal, Op::LoadGlobalMethod);
                            }
                        }
                        s.save();
                        s.regs.consume(b);
                        s.regs.put_fresh(a, Some(v));
                        s.regs.put_fresh(a + 1, None);
                        return s.next();
                    }
                    None => 0,
                },
            };
            if f != 0 {
                let zelf = s.regs.own(b);
                s.regs.put_fresh(a, Some(ops::borrowed(f)));
                s.regs.put_fresh(a + 1, Some(zelf));
                return s.next();
            }
        }
        for site in site.others(version) {
            if site.version.get() == version
                && site.kind.get() == Kind::Method
                // SAFETY: the version was compared.
                && unsafe { ops::shape_matches(obj, site) }
            {
                let zelf = s.regs.own(b);
                s.regs.put_fresh(a, Some(ops::borrowed(site.value.get())));
                s.regs.put_fresh(a + 1, Some(zelf));
                return s.next();
            }
        }
        slow!(s, i, load_rare_method)
    }

    warm load_rare_method {
        let (a, b) = (i.a() as usize, i.b());
        let obj = s.regs.get(b);
        if let Some((f, cls)) = ops::wrapped_from_site(vm, obj, s.site(i)) {
            s.save();
            s.regs.consume(b);
            s.regs.put_fresh(a, Some(f));
            s.regs.put_fresh(a + 1, cls);
            return s.next();
        }
        if let Some(v) = ops::from_site(vm, obj, s.site(i)) {
            s.save();
            s.regs.consume(b);
            s.regs.put_fresh(a, Some(v));
            s.regs.put_fresh(a + 1, None);
            return s.next();
        }
        slow!(s, i, load_method)
    }

    cold load_method {
        s.save();
        let site = s.site(i);
        ops::load_method(vm, s.regs, i.instr(), Some(site), s.site_name(site))?;
    }

    far LoadMethodWide {
        let e = s.ext();
        s.save();
        ops::load_method(vm, s.regs, i.instr(), None, &s.exec.names[e.bc() as usize])?;
    }

    // Attributes that are made, which is what an `__init__` does.
    hot StoreAttr {
        if !s.regs.is_temp(i.a())
            // SAFETY: the object lives.
            && let Some(place) = unsafe { place_in_line(s.site(i), s.regs.get(i.a()), &[Kind::Add]) }
        {
            // SAFETY: as said there.
            return unsafe { s.release_next(std::ptr::replace(place, s.regs.own(i.b()).into_bits())) };
        }
        slow!(s, i, store_attr_again)
    }

    warm store_attr_again {
        if s.site(i).kind.get() != Kind::Overwrite {
            slow!(s, i, store_by_site)
        }
        if M != WATCHED {
            i.specialise(Op::StoreAttr, Op::StoreAttrAgain);
        }
        slow!(s, i, StoreAttrAgain)
    }

    hot StoreAttrAgain {
        if !s.regs.is_temp(i.a())
            // SAFETY: the object lives.
            && let Some(place) = unsafe { place_in_line(s.site(i), s.regs.get(i.a()), &[Kind::Overwrite]) }
        {
            // SAFETY: as said there.
            return unsafe { s.release_next(std::ptr::replace(place, s.regs.own(i.b()).into_bits())) };
        }
        if s.site(i).kind.get() != Kind::Overwrite {
            i.specialise(Op::StoreAttrAgain, Op::StoreAttr);
        }
        slow!(s, i, store_by_site)
    }

    hot StoreAttrTemp {
        let site = s.site(i);
        if s.regs.operand_is_shared(i.a())
            // SAFETY: the object lives.
            && let Some(place) = unsafe { place_in_line(site, s.regs.get(i.a()), &[Kind::Add, Kind::Overwrite]) }
        {
            // SAFETY: as said there; somebody else keeps the object.
            unsafe {
                let old = std::ptr::replace(place, s.regs.own(i.b()).into_bits());
                s.release_operand(i.a());
                return s.release_next(old);
            }
        }
        slow!(s, i, store_by_site)
    }

    hot StoreAttrSlot {
        let site = s.site(i);
        if site.kind.get() == Kind::Slot
            && let Some(h) = s.regs.get(i.a()).header()
            && !s.regs.is_temp(i.a())
        {
            // SAFETY: as for `LoadAttrSlot`.
            unsafe {
                let ty: &Gc<Type> = crate::types::type_::header_type(h);
                if ty.version.get() as u64 == site.version.get() {
                    let place = (h as *const _ as *const u8).wrapping_add(site.offset.get() as usize) as *mut u64;
                    let old = std::ptr::replace(place, s.regs.own(i.b()).into_bits());
                    return s.release_next(old);
                }
            }
        }
        i.specialise(Op::StoreAttrSlot, Op::StoreAttr);
        slow!(s, i, store_by_site)
    }

    // Slots, other shapes that the site remembers, objects in temporaries.
    warm store_by_site {
        let (a, b) = (i.a(), i.b());
        let site = s.site(i);
        if s.may_consume(a, u16::MAX)
            && let Some(h) = s.regs.get(a).header()
        {
            // SAFETY: as for `LoadAttr`.
            unsafe {
                let ty: &Gc<Type> = crate::types::type_::header_type(h);
                let version = ty.version.get() as u64;
                let at = h as *const _ as *const u8;
                let place = if site.version.get() == version
                    && (site.kind.get() == Kind::Slot || ops::takes_in_line(at, site))
                {
                    at.add(site.offset.get() as usize) as *mut u64
                } else {
                    let mut found = std::ptr::null_mut();
                    for site in site.others(version) {
                        if site.version.get() == version && ops::takes_in_line(at, site) {
                            found = at.add(site.offset.get() as usize) as *mut u64;
                            break;
                        }
                    }
                    found
                };
                if !place.is_null() {
                    if M != WATCHED && site.kind.get() == Kind::Slot {
                        i.specialise(Op::StoreAttr, Op::StoreAttrSlot);
                    }
                    let old = std::ptr::replace(place, s.regs.own(b).into_bits());
                    s.consume_shared(a, u16::MAX);
                    return s.release_next(old);
                }
            }
        }
        slow!(s, i, store_remembered)
    }

    warm store_remembered {
        let (a, b) = (i.a(), i.b());
        if !s.regs.is_temp(a)
            && s.may_consume(b, u16::MAX)
            && let Some(old) = ops::store_by_site(vm, s.regs.get(a), s.site(i), s.regs.get(b))
        {
            // The attribute holds a reference now.
            s.consume_shared(b, u16::MAX);
            // SAFETY: what the attribute held.
            return unsafe { s.release_next(old) };
        }
        slow!(s, i, store_attr)
    }

    cold store_attr {
        s.save();
        let site = s.site(i);
        ops::store_attr(vm, s.regs, i.instr(), site, s.site_name(site))?;
    }

    far StoreAttrWide {
        let e = s.ext();
        s.save();
        vm.set_attr(s.regs.get(i.a()), &s.exec.names[e.bc() as usize], s.regs.get(i.b()))?;
        s.regs.consume(i.b());
        s.regs.consume(i.a());
    }

    far DeleteAttr {
        s.save();
        vm.del_attr(s.regs.get(i.a()), &s.exec.names[i.bc() as usize])?;
        s.regs.consume(i.a());
    }

    far LoadSuperAttr {
        s.save();
        let site = s.site(i);
        ops::load_super(vm, s.regs, i.instr(), site, s.site_name(site), false)?;
    }

    far LoadSuperMethod {
        s.save();
        let site = s.site(i);
        ops::load_super(vm, s.regs, i.instr(), site, s.site_name(site), true)?;
    }

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
            // SAFETY: the class keeps the function. A function always has code. Nobody uses what is above `free` (I3).
            unsafe {
                let f = &*(&raw const word as *const Gc<Function>);
                s.save();
                if let Some(exec) = f.known_exec()
                    && let Some(entered) = call::enter_method(vm, s.regs, s.fr(), f, &*exec, [i.b(), i.c()], i.a())
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
            let old = l.items.with_mut(|items| match items.get_mut(n as usize) {
                Some(place) => std::mem::replace(place, v).into_bits(),
                None => v.into_bits(),
            });
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
            let old = l.items.with_mut(|items| match items.get_mut(n as usize) {
                Some(place) => std::mem::replace(place, v).into_bits(),
                None => v.into_bits(),
            });
            s.release_operand(i.a());
            // SAFETY: the item's reference.
            return unsafe { s.release_next(old) };
        }
        slow!(s, i, store_subscr_quick)
    }

    warm store_subscr_quick {
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
        let (r, n) = (i.b() as usize, i.c() as usize * 2);
        let Ok(v) = build::map(vm, s.regs.run(r, n)) else { return Exit::Raised };
        s.regs.drop_run(r, n);
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
