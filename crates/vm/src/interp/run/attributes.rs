//! Instructions that read and write attributes, of globals too, and that look methods up.

use super::values::LoadGlobal;
use super::{At, Exit, Handler, Left, PLAIN, State, TAIL, WATCHED, exit};
use crate::interp::cache::{Kind, SiteCache};
use crate::interp::frame::{Frame, Slot};
use crate::interp::{call, ops};
use crate::object::{Type, ValueExt};
use crate::types::code::Exec;
use crate::types::function::Function;
use crate::types::instance::Shape;
use crate::types::module::Module;
use crate::types::property::Property;
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

/// The place of the member of `__slots__` that a site remembers, if that holds for the object.
#[inline(always)]
fn place_of_slot(site: &SiteCache, obj: &Value) -> Option<*mut u64> {
    if site.kind.get() != Kind::Slot {
        return None;
    }
    let h = obj.header()?;
    // SAFETY: the header of a live object. Its class's version says that the slot is there.
    let ty: &Gc<Type> = unsafe { crate::types::type_::header_type(h) };
    let is = ty.version.get() as u64 == site.version.get();
    is.then(|| (h as *const _ as *const u8).wrapping_add(site.offset.get() as usize) as *mut u64)
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

/// The word of the getter of the property that a site remembers, borrowed from that, if that holds for the object and it is a
/// Python function; 0 otherwise.
#[inline(always)]
fn getter_of_property(site: &SiteCache, obj: &Value) -> u64 {
    let Some(h) = obj.header().filter(|_| site.kind.get() == Kind::Property) else { return 0 };
    // SAFETY: the header of a live object; the version says that its class has the property, which has the getter.
    unsafe {
        let ty: &Gc<Type> = crate::types::type_::header_type(h);
        if ty.version.get() as u64 != site.version.get() {
            return 0;
        }
        let property = site.value.get();
        let Some(property) = (*(&raw const property as *const Value)).downcast_exact::<Property>() else {
            return 0;
        };
        property.fget.with(|f| f.filter(|f| f.downcast_exact::<Function>().is_some()).map_or(0, Value::bits))
    }
}

/// The word of the function that a site remembers as a method, borrowed from the class, if that holds for the object.
#[inline(always)]
fn of_method(site: &SiteCache, obj: &Value) -> Option<u64> {
    if site.kind.get() != Kind::Method {
        return None;
    }
    // SAFETY: the header of a live object.
    let ty: &Gc<Type> = unsafe { crate::types::type_::header_type(obj.header()?) };
    // SAFETY: the version is compared first.
    let is = ty.version.get() as u64 == site.version.get() && unsafe { ops::shape_matches(obj, site) };
    is.then(|| site.value.get())
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

    hot LoadAttrProperty {
        let word = getter_of_property(s.site(i), s.regs.get(i.b()));
        if word != 0 {
            // SAFETY: as for `SubscrPython`; the property keeps the function.
            unsafe {
                let f = &*(&raw const word as *const Gc<Function>);
                s.save();
                if let Some(exec) = f.known_exec()
                    && let Some(entered) =
                        call::enter_method::<1>(vm, s.fr(), f, &*exec, |_| s.regs.own(i.b()), 0, i.a())
                {
                    return State::<M>::of(vm, entered).next_polled();
                }
            }
        }
        i.specialise(Op::LoadAttrProperty, Op::LoadAttr);
        slow!(s, i, load_other_attr)
    }

    hot LoadAttrGetset {
        let site = s.site(i);
        let obj = s.regs.get(i.b());
        if site.kind.get() == Kind::Getset
            && (!s.regs.is_temp(i.b()) || i.b() == i.a())
            && site.version.get() == vm.type_of(obj).version.get() as u64
        {
            s.save();
            return match ops::getset_of_site(vm, obj, site) {
                Ok(v) => s.put_next(i.a(), v),
                Err(_) => Exit::Raised,
            };
        }
        i.specialise(Op::LoadAttrGetset, Op::LoadAttr);
        slow!(s, i, load_other_attr)
    }

    hot LoadAttrSlot {
        if (!s.regs.is_temp(i.b()) || i.b() == i.a())
            && let Some(place) = place_of_slot(s.site(i), s.regs.get(i.b()))
        {
            // SAFETY: a slot's word in a live object.
            if let Some(v) = unsafe { &*(place as *const Slot) } {
                return s.put_next(i.a(), v.clone());
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
                if let Some(v) = unsafe { in_line(site, s.regs.get(b)) } {
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
            if M != WATCHED && (!s.regs.is_temp(b) || a == b) {
                i.specialise(Op::LoadAttr, Op::LoadAttrGetset);
                i.specialise(Op::LoadAttrLocal, Op::LoadAttrGetset);
            }
            s.regs.consume(b);
            return s.put_next(a, v);
        }
        if let Some(v) = ops::from_site(vm, obj, site) {
            if a != b {
                s.regs.consume(b);
            }
            return s.put_next(a, v);
        }
        slow!(s, i, load_attr_in_dict)
    }

    warm load_attr_in_dict {
        let (a, b) = (i.a(), i.b());
        let site = s.site(i);
        s.save();
        if let Some(v) = ops::value_in_dict(vm, s.regs.get(b), site, s.site_name(site)) {
            s.regs.consume(b);
            return s.put_next(a, v);
        }
        slow!(s, i, load_attr)
    }

    cold load_attr {
        s.save();
        let site = s.site(i);
        if ops::load_attr(vm, s.regs, i.instr(), site, s.site_name(site))? {
            if M != WATCHED {
                i.specialise(Op::LoadAttr, Op::LoadAttrProperty);
                i.specialise(Op::LoadAttrLocal, Op::LoadAttrProperty);
                i.specialise(Op::LoadAttrTemp, Op::LoadAttrProperty);
            }
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
        if let Some(f) = of_method(s.site(i), s.regs.get(i.b())) {
            let zelf = s.regs.own(i.b());
            s.regs.put_fresh(i.a() as usize, Some(ops::borrowed(f)));
            s.regs.put_fresh(i.a() as usize + 1, Some(zelf));
            return s.next();
        }
        slow!(s, i, load_other_method)
    }

    hot LoadMethodLocal {
        let obj = s.regs.get(i.b());
        if let Some(f) = of_method(s.site(i), obj) {
            s.regs.put_fresh(i.a() as usize, Some(ops::borrowed(f)));
            s.regs.put_fresh(i.a() as usize + 1, Some(obj.clone()));
            return s.next();
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
        let site = s.site(i);
        if let Some(f) = ops::method_beside_dict(vm, obj, site, s.site_name(site)) {
            let zelf = s.regs.own(b);
            s.regs.put_fresh(a, Some(f));
            s.regs.put_fresh(a + 1, Some(zelf));
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
        if !s.regs.is_temp(i.a())
            && let Some(place) = place_of_slot(s.site(i), s.regs.get(i.a()))
        {
            // SAFETY: as for `LoadAttrSlot`; what lay there is given back.
            return unsafe { s.release_next(std::ptr::replace(place, s.regs.own(i.b()).into_bits())) };
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
}
