//! The loop. Each arm is a fast path of a few lines or a call of a handler; what the operands mean is in
//! `taipan_bytecode::ops`.
//!
//! To add an instruction: (1) its row in `ops.rs`; (2) an arm here; (3) its slow path in the file of its family.

use super::cache::{Kind, SiteCache};
use super::frame::{Frame, Slot, kind};
use super::{build, call, fast, generator, links, names, ops, tracing, unwind};
use crate::native::CallArgs;
use crate::object::{Type, ValueExt};
use crate::protocol::BinaryOp;
use crate::types::code::Exec;
use crate::types::function::Function;
use crate::types::instance::{Attrs, Shape};
use crate::types::list_methods::ListIter;
use crate::types::range::RangeIter;
use crate::types::tuple_methods::TupleIter;
use crate::types::typedef::CompareOp;
use crate::types::{Dict, List, Tuple};
use crate::{PyResult, Raised, Value, Vm};
use std::cell::Cell;
use std::hint::cold_path;
use taipan_bytecode::{Instr, Op};
use taipan_heap::Gc;

/// The registers of the running frame.
#[derive(Clone, Copy)]
pub struct Regs {
    pub base: *mut Slot,
    pub first_temp: usize,
}

impl Regs {
    /// The word in a register, to look at its tag.
    #[inline(always)]
    pub fn bits(self, r: u16) -> u64 {
        // SAFETY: I1.
        unsafe { *(self.base.add(r as usize) as *const u64) }
    }

    /// Borrows a filled register. The reference must not outlive the next write to it: handlers use it for one call, and a
    /// callee cannot reach the caller's operands (frame locals are replaced only through `Frame::replace_register`,
    /// which keeps the old value alive).
    #[inline(always)]
    pub fn get<'a>(self, r: u16) -> &'a Value {
        debug_assert!(self.bits(r) != 0, "empty register {r}");
        // SAFETY: I1; the compiler checks locals before use, so the register is filled.
        unsafe { &*(self.base.add(r as usize) as *const Value) }
    }

    #[inline(always)]
    pub fn slot<'a>(self, r: usize) -> &'a Slot {
        // SAFETY: I1.
        unsafe { &*self.base.add(r) }
    }

    /// Stores a result, dropping what was there.
    #[inline(always)]
    pub fn put(self, r: u16, v: Value) {
        // SAFETY: I1. The old value is dropped after the new one is in place.
        unsafe {
            let p = self.base.add(r as usize) as *mut u64;
            let old = *p;
            *p = v.into_bits();
            if old & 7 == 0 {
                release_word(old);
            }
        }
    }

    /// Stores into a register that holds no pointer (a fresh temporary).
    #[inline(always)]
    pub fn put_fresh(self, r: usize, v: Slot) {
        // SAFETY: I1, I2: what a dead temporary holds is no pointer.
        unsafe { std::ptr::write(self.base.add(r), v) }
    }

    /// Moves a register's value out, leaving EMPTY.
    #[inline(always)]
    pub fn take(self, r: usize) -> Slot {
        // SAFETY: I1.
        unsafe { (*self.base.add(r)).take() }
    }

    /// Whether the register is a temporary, which instructions consume.
    #[inline(always)]
    pub fn is_temp(self, r: u16) -> bool {
        r as usize >= self.first_temp
    }

    /// The operand as an owned value: a temporary moves, a local is copied.
    #[inline(always)]
    pub fn own(self, r: u16) -> Value {
        if self.is_temp(r) {
            debug_assert!(self.bits(r) != 0, "empty register {r}");
            // SAFETY: I1; what is read is filled (verified).
            unsafe {
                let p = self.base.add(r as usize) as *mut u64;
                let word = *p;
                *p = DEAD;
                Value::from_bits(word)
            }
        } else {
            self.get(r).clone()
        }
    }

    /// Drops the operand if it is a temporary.
    #[inline(always)]
    pub fn consume(self, r: u16) {
        if self.is_temp(r) {
            self.consume_temp(r as usize);
        }
    }

    #[inline(always)]
    fn consume_temp(self, r: usize) {
        // SAFETY: I1.
        unsafe {
            let p = self.base.add(r) as *mut u64;
            let old = *p;
            if old & 7 == 0 {
                *p = DEAD;
                release_word(old);
            }
        }
    }

    /// A run of registers as a slice of filled values.
    #[inline(always)]
    pub fn run<'a>(self, r: usize, n: usize) -> &'a [Value] {
        debug_assert!((0..n).all(|i| self.bits((r + i) as u16) != 0));
        // SAFETY: I1; runs are consecutive filled temporaries.
        unsafe { std::slice::from_raw_parts(self.base.add(r) as *const Value, n) }
    }

    /// Drops a run of temporaries.
    #[inline(always)]
    pub fn drop_run(self, r: usize, n: usize) {
        for i in r..r + n {
            self.consume_temp(i);
        }
    }
}

/// What a temporary holds once its value has moved on: anything that is no pointer does (I2), and unlike EMPTY it is told
/// from a pointer by its tag alone.
pub const DEAD: u64 = Value::NONE.into_bits();

/// Gives back the reference that a word of a window holds, EMPTY being none. Out of line: the loop tests the tag only.
///
/// # Safety
/// The word is a pointer whose reference is the caller's, or zero.
#[cold]
#[inline(never)]
pub unsafe fn release_word(word: u64) {
    if word != 0 {
        // SAFETY: by contract.
        drop(unsafe { Value::from_bits(word) });
    }
}

/// What a handler that may change frames says.
pub enum Flow {
    /// Go on with the top frame, which may be another one.
    Switch,
    /// The entry frame is done.
    Done(Value),
}

#[inline(always)]
fn both_ints(a: u64, b: u64) -> bool {
    a & b & 1 != 0
}

#[inline(always)]
fn float_of(bits: u64) -> Option<f64> {
    if bits & 3 != 2 {
        return None;
    }
    // SAFETY: a word with float tag is no pointer, so nothing is counted.
    let v = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(bits) });
    v.as_small_float()
}

/// The instruction being run. Each operand is a load of its own: that is one instruction, where taking a word apart is
/// three and a register.
#[derive(Clone, Copy)]
struct At(*const Cell<Instr>);

impl At {
    fn instr(self) -> Instr {
        // SAFETY: made of a place in the running code (whose operands never change) or of a local that outlives it.
        unsafe { (*self.0).get() }
    }

    /// The operation of an instruction that `Code::prepare` let through.
    #[inline(always)]
    fn op(self) -> Op {
        // SAFETY: as for `instr`.
        let op = unsafe { *(self.0 as *const u8) };
        debug_assert!(Op::from_u8(op).is_some());
        // SAFETY: `prepare` replaces numbers that are none by `Illegal`, and what is written into the array later are `Op`s.
        unsafe { std::mem::transmute::<u8, Op>(op) }
    }

    #[inline(always)]
    fn x(self) -> u8 {
        // SAFETY: as for `instr`.
        unsafe { *(self.0 as *const u8).add(1) }
    }

    #[inline(always)]
    fn a(self) -> u16 {
        // SAFETY: as for `instr`.
        unsafe { *(self.0 as *const u16).add(1) }
    }

    #[inline(always)]
    fn b(self) -> u16 {
        // SAFETY: as for `instr`.
        unsafe { *(self.0 as *const u16).add(2) }
    }

    #[inline(always)]
    fn c(self) -> u16 {
        // SAFETY: as for `instr`.
        unsafe { *(self.0 as *const u16).add(3) }
    }

    #[inline(always)]
    fn sb(self) -> i16 {
        self.b() as i16
    }

    #[inline(always)]
    fn sc(self) -> i16 {
        self.c() as i16
    }

    #[inline(always)]
    fn bc(self) -> u32 {
        // SAFETY: as for `instr`.
        unsafe { *(self.0 as *const u32).add(1) }
    }

    #[inline(always)]
    fn sbc(self) -> i32 {
        self.bc() as i32
    }

    #[inline(always)]
    fn jump24(self) -> i32 {
        ((self.x() as i8) as i32) << 16 | self.c() as i32
    }
}

// `At` reads the fields where `Instr` puts them on a little-endian machine.
const _: () = assert!(cfg!(target_endian = "little"));

/// Runs the top frame (an `ENTRY` frame) and what it calls until it returns or raises.
pub fn run(vm: &Vm) -> PyResult<Value> {
    let marker = 0u8;
    let limit = vm.thread.stack_limit.get();
    if (&marker as *const u8 as usize) < limit {
        // SAFETY: the entry frame was just pushed; its window is set up.
        unsafe { vm.thread.pop(vm, true) };
        return Err(vm.recursion_error(""));
    }
    // Watched code runs in a loop of its own; each loop leaves for the other where it meets the other's code.
    let mut watched = false;
    loop {
        match if watched { run_frames::<true>(vm) } else { run_frames::<false>(vm) } {
            Ok(Flow::Done(v)) => return Ok(v),
            Ok(Flow::Switch) => watched = !watched,
            Err(Raised) => match unwind::unwind(vm) {
                Ok(()) => {}
                Err(raised) => return Err(raised),
            },
        }
    }
}

/// The loop proper. `Err`: an exception left the top frame's current instruction (`frame.pc` tells which).
fn run_frames<const WATCHED: bool>(vm: &Vm) -> PyResult<Flow> {
    let mut frame: *const Frame;
    let mut exec: &Exec;
    let mut regs: Regs;
    let mut pc: *const Cell<Instr>;
    let breaker = &*vm.breaker;

    // Takes the state over from the top frame.
    macro_rules! reload {
        () => {{
            // SAFETY: a frame is running; I5.
            unsafe {
                frame = vm.thread.top();
                exec = &*(*frame).exec;
                regs = Regs { base: (*frame).base, first_temp: exec.first_temp };
                pc = (*frame).pc.get();
            }
        }};
    }
    // A call has entered a frame. Recursion passes no backward jump, so this is where it can be stopped.
    macro_rules! entered {
        () => {{
            reload!();
            if breaker.tripped() {
                vm.poll()?;
            }
        }};
    }
    // I4.
    macro_rules! save {
        () => {
            #[allow(unused_unsafe)]
            // SAFETY: the running frame.
            unsafe {
                (*frame).pc.set(pc)
            }
        };
    }
    macro_rules! fr {
        () => {
            // SAFETY: the running frame.
            unsafe { &*frame }
        };
    }
    macro_rules! jump {
        ($offset:expr) => {
            // SAFETY: jump targets are in range (verified).
            pc = unsafe { pc.offset($offset as isize) }
        };
    }
    macro_rules! site {
        ($i:expr) => {{
            // SAFETY: site indexes are in range (verified).
            let s: &SiteCache = unsafe { exec.sites.get_unchecked($i.c() as usize) };
            s
        }};
    }
    macro_rules! site_name {
        ($s:expr) => {
            &exec.names[$s.index as usize]
        };
    }
    // A constant; most have been made.
    macro_rules! constant {
        ($k:expr) => {{
            let k = $k as usize;
            // SAFETY: constant indexes are in range (verified).
            match unsafe { exec.consts.get_unchecked(k) }.get() {
                Some(v) => v,
                None => fr!().code().constant(vm, k),
            }
        }};
    }
    // A constant's word, 0 if it has not been made yet.
    macro_rules! constant_bits {
        ($k:expr) => {
            // SAFETY: constant indexes are in range (verified).
            unsafe { exec.consts.get_unchecked($k as usize) }.bits()
        };
    }
    // The `ext` word that follows.
    macro_rules! ext {
        () => {{
            // SAFETY: instructions with an ext operand are followed by it (verified).
            unsafe {
                let e = (*pc).get();
                pc = pc.add(1);
                e
            }
        }};
    }
    macro_rules! binary {
        ($i:expr, $op:expr) => {{
            cold_path();
            save!();
            ops::binary(vm, regs, $i.instr(), $op)?;
        }};
    }
    macro_rules! binary_rhs {
        ($i:expr, $op:expr, $rhs:expr) => {{
            cold_path();
            save!();
            let rhs = $rhs;
            ops::binary_with(vm, regs, $i.instr(), $op, &rhs)?;
        }};
    }
    macro_rules! int_op {
        ($i:expr, $checked:ident, $fop:expr, $op:expr) => {{
            let (b, c) = (regs.bits($i.b()), regs.bits($i.c()));
            if both_ints(b, c) {
                if let Some(v) = (b as i64 >> 1).$checked(c as i64 >> 1).and_then(Value::small_int) {
                    regs.put($i.a(), v);
                    continue;
                }
            } else if let (Some(x), Some(y)) = (float_of(b), float_of(c))
                && let Some(v) = Value::small_float($fop(x, y))
            {
                regs.put($i.a(), v);
                continue;
            }
            binary!($i, $op);
        }};
    }
    macro_rules! compare {
        ($i:expr, $cmp:tt, $op:expr) => {{
            let (b, c) = (regs.bits($i.b()), regs.bits($i.c()));
            if both_ints(b, c) {
                regs.put($i.a(), Value::bool((b as i64) $cmp (c as i64)));
            } else if let (Some(x), Some(y)) = (float_of(b), float_of(c)) {
                regs.put($i.a(), Value::bool(x $cmp y));
            } else {
                cold_path();
                save!();
                ops::compare(vm, regs, $i.instr(), $op)?;
            }
        }};
    }
    macro_rules! compare_i {
        ($i:expr, $cmp:tt, $op:expr) => {{
            let b = regs.bits($i.b());
            if b & 1 != 0 {
                regs.put($i.a(), Value::bool((b as i64 >> 1) $cmp ($i.sc() as i64)));
            } else {
                cold_path();
                save!();
                ops::compare_with(vm, regs, $i.instr(), $op, &Value::int32($i.sc() as i32))?;
            }
        }};
    }
    macro_rules! compare_jump {
        ($i:expr, $cmp:tt, $op:expr, $sense:expr) => {{
            let (a, b) = (regs.bits($i.a()), regs.bits($i.b()));
            let holds = if both_ints(a, b) {
                (a as i64) $cmp (b as i64)
            } else if let (Some(x), Some(y)) = (float_of(a), float_of(b)) {
                x $cmp y
            } else {
                cold_path();
                save!();
                ops::compare_truth(vm, regs, $i.a(), $i.b(), $op)?
            };
            if holds == $sense {
                jump!($i.jump24());
            }
        }};
    }
    macro_rules! compare_jump_i {
        ($i:expr, $cmp:tt, $op:expr, $sense:expr) => {{
            let a = regs.bits($i.a());
            let holds = if a & 1 != 0 {
                (a as i64 >> 1) $cmp ($i.sb() as i64)
            } else {
                cold_path();
                save!();
                ops::compare_truth_with(vm, regs, $i.a(), $op, &Value::int32($i.sb() as i32))?
            };
            if holds == $sense {
                jump!($i.jump24());
            }
        }};
    }
    macro_rules! return_value {
        ($v:expr) => {{
            let mut v = $v;
            save!();
            let k = fr!().kind.get();
            if k & !kind::INIT != 0 || k != 0 && !v.is_none() {
                cold_path();
                match unwind::return_special(vm, v)? {
                    Flow::Switch => reload!(),
                    done => return Ok(done),
                }
                continue;
            }
            if k != 0 {
                // SAFETY: the running frame, which is done; nobody else looks at its fields now.
                if let Some(made) = unsafe { (*frame.cast_mut()).owner.take() } {
                    v = made;
                }
            }
            let dst = fr!().dst;
            // SAFETY: as above.
            unsafe { vm.thread.pop_plain(vm, frame.cast_mut(), exec) };
            reload!();
            regs.put(dst, v);
        }};
    }
    // The truth of a register, by word if possible.
    macro_rules! truth {
        ($r:expr) => {{
            let bits = regs.bits($r);
            if bits == TRUE {
                true
            } else if bits == FALSE || bits == NONE {
                false
            } else {
                cold_path();
                save!();
                ops::truth(vm, regs, $r)?
            }
        }};
    }

    reload!();
    let mut watch = tracing::Watch::default();
    loop {
        let shown;
        let i = if WATCHED {
            save!();
            match tracing::step(vm, &mut watch)? {
                tracing::Step::Run(i) => {
                    shown = Cell::new(i);
                    At(&shown)
                }
                tracing::Step::Again => {
                    reload!();
                    continue;
                }
                tracing::Step::Leave => return Ok(Flow::Switch),
            }
        } else {
            At(pc)
        };
        // SAFETY: `pc` is within the instructions: code ends in a terminator and jumps are in range.
        pc = unsafe { pc.add(1) };
        match i.op() {
            Op::Nop | Op::Ext => {}
            Op::Mov => {
                let v = regs.own(i.b());
                regs.put(i.a(), v);
            }
            Op::Copy => regs.put(i.a(), regs.get(i.b()).clone()),
            Op::LoadConst => regs.put(i.a(), constant!(i.bc())),
            Op::LoadInt => regs.put(i.a(), Value::int32(i.sbc())),
            Op::LoadImm => match i.x() {
                0 => regs.put(i.a(), Value::NONE),
                1 => regs.put(i.a(), Value::TRUE),
                2 => regs.put(i.a(), Value::FALSE),
                3 => regs.put(i.a(), Value::ELLIPSIS),
                _ => drop(regs.take(i.a() as usize)),
            },
            Op::Clear => {
                save!();
                regs.consume_temp(i.a() as usize)
            }
            Op::CheckLocal => {
                if regs.bits(i.a()) == 0 {
                    save!();
                    return Err(names::unbound_local(vm, fr!(), i.a()));
                }
            }
            Op::DeleteLocal => {
                save!();
                if regs.take(i.a() as usize).is_none() {
                    return Err(names::unbound_local(vm, fr!(), i.a()));
                }
            }
            Op::ClearLocal => {
                save!();
                drop(regs.take(i.a() as usize))
            }
            Op::MakeCell => regs.put(i.a(), vm.new_cell(None).into_value()),
            Op::MakeCellArg => {
                let v = regs.take(i.b() as usize);
                regs.put(i.a(), vm.new_cell(v).into_value());
            }
            Op::ClearCell => {
                save!();
                drop(regs.take(i.a() as usize))
            }
            Op::LoadCell => match names::cell_at(regs.slot(i.b() as usize)).and_then(|c| c.contents.get()) {
                Some(v) => regs.put(i.a(), v),
                None => {
                    save!();
                    return Err(names::unbound_local(vm, fr!(), i.b()));
                }
            },
            Op::StoreCell => {
                let v = regs.own(i.b());
                save!();
                if let Some(c) = names::cell_at(regs.slot(i.a() as usize)) {
                    c.contents.set(Some(v));
                }
            }
            Op::DeleteCell => {
                save!();
                let old = names::cell_at(regs.slot(i.a() as usize)).and_then(|c| c.contents.take());
                if old.is_none() {
                    return Err(names::unbound_local(vm, fr!(), i.a()));
                }
            }
            Op::LoadFree => match names::free(fr!(), i.b()).and_then(|c| c.contents.get()) {
                Some(v) => regs.put(i.a(), v),
                None => {
                    save!();
                    return Err(names::unbound_free(vm, fr!(), i.b()));
                }
            },
            Op::StoreFree => {
                let v = regs.own(i.a());
                save!();
                if let Some(c) = names::free(fr!(), i.b()) {
                    c.contents.set(Some(v));
                }
            }
            Op::DeleteFree => {
                save!();
                if names::free(fr!(), i.b()).and_then(|c| c.contents.take()).is_none() {
                    return Err(names::unbound_free(vm, fr!(), i.b()));
                }
            }
            Op::LoadClosureCell => regs.put(i.a(), regs.get(i.b()).clone()),
            // Code from a file may name a closure that its function was not given.
            Op::LoadClosureFree => {
                let c = names::free(fr!(), i.b()).map_or(Value::NONE, |c| c.to_value());
                regs.put(i.a(), c)
            }

            Op::LoadGlobal => {
                let s = site!(i);
                let f = fr!();
                match s.kind.get() {
                    Kind::Global if f.globals().table.current_version() == s.version.get() => {
                        if let Some(v) = f.globals().table.value_at(s.offset.get() as usize) {
                            regs.put(i.a(), v);
                            continue;
                        }
                    }
                    Kind::Builtin
                        if f.globals().table.current_version() == s.version.get()
                            && f.builtins().table.current_version() == s.value.get() =>
                    {
                        if let Some(v) = f.builtins().table.value_at(s.offset.get() as usize) {
                            regs.put(i.a(), v);
                            continue;
                        }
                    }
                    _ => {}
                }
                save!();
                let v = names::load_global(vm, f, site_name!(s), Some(s))?;
                regs.put(i.a(), v);
            }
            Op::LoadGlobalCall => {
                let s = site!(i);
                let f = fr!();
                let cached = match s.kind.get() {
                    Kind::Global if f.globals().table.current_version() == s.version.get() => {
                        f.globals().table.value_at(s.offset.get() as usize)
                    }
                    Kind::Builtin
                        if f.globals().table.current_version() == s.version.get()
                            && f.builtins().table.current_version() == s.value.get() =>
                    {
                        f.builtins().table.value_at(s.offset.get() as usize)
                    }
                    _ => None,
                };
                let v = match cached {
                    Some(v) => v,
                    None => {
                        save!();
                        names::load_global(vm, f, site_name!(s), Some(s))?
                    }
                };
                regs.put(i.a(), v);
                regs.put_fresh(i.a() as usize + 1, None);
            }
            Op::LoadGlobalWide => {
                save!();
                let v = names::load_global(vm, fr!(), &exec.names[i.bc() as usize], None)?;
                regs.put(i.a(), v);
            }
            Op::StoreGlobal => {
                let v = regs.own(i.a());
                save!();
                names::store_global(vm, fr!(), site_name!(site!(i)), v)?;
            }
            Op::StoreGlobalWide => {
                let v = regs.own(i.a());
                save!();
                names::store_global(vm, fr!(), &exec.names[i.bc() as usize], v)?;
            }
            Op::DeleteGlobal => {
                save!();
                names::delete_global(vm, fr!(), &exec.names[i.bc() as usize])?;
            }
            Op::LoadName => {
                let s = site!(i);
                let f = fr!();
                // In a module the names are globals.
                let global = f.locals.as_ref().is_some_and(|l| l.bits() == f.globals().as_value().bits());
                if global
                    && s.kind.get() == Kind::Global
                    && f.globals().table.current_version() == s.version.get()
                    && let Some(v) = f.globals().table.value_at(s.offset.get() as usize)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                save!();
                let v = if global {
                    names::load_global(vm, f, site_name!(s), Some(s))?
                } else {
                    names::load_name(vm, f, site_name!(s))?
                };
                regs.put(i.a(), v);
            }
            Op::LoadNameWide => {
                save!();
                let v = names::load_name(vm, fr!(), &exec.names[i.bc() as usize])?;
                regs.put(i.a(), v);
            }
            Op::StoreName => {
                let v = regs.own(i.a());
                save!();
                names::store_name(vm, fr!(), site_name!(site!(i)), v)?;
            }
            Op::StoreNameWide => {
                let v = regs.own(i.a());
                save!();
                names::store_name(vm, fr!(), &exec.names[i.bc() as usize], v)?;
            }
            Op::DeleteName => {
                save!();
                names::delete_name(vm, fr!(), &exec.names[i.bc() as usize])?;
            }
            Op::LoadLocals => {
                save!();
                let v = names::load_locals(vm, fr!())?;
                regs.put(i.a(), v);
            }
            Op::LoadFromDictOrGlobal => {
                let e = ext!();
                save!();
                let v = names::load_from_dict_or_global(
                    vm,
                    fr!(),
                    regs.get(i.b()),
                    &exec.names[e.bc() as usize],
                )?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::LoadFromDictOrFree => {
                save!();
                let v = names::load_from_dict_or_free(vm, fr!(), regs.get(i.b()), i.c())?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::LoadFromDictOrCell => {
                save!();
                let v = names::load_from_dict_or_cell(
                    vm,
                    fr!(),
                    regs.get(i.b()),
                    regs.slot(i.c() as usize),
                    i.c(),
                )?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::SetupAnnotations => {
                save!();
                names::setup_annotations(vm, fr!())?;
            }

            Op::LoadAttr => {
                let s = site!(i);
                let b = regs.get(i.b());
                if let Some(h) = b.header() {
                    // SAFETY: the header of a live object.
                    let ty: &Gc<Type> = unsafe { crate::types::type_::header_type(h) };
                    if ty.version.get() as u64 == s.version.get()
                        && s.kind.get() != Kind::Method
                        // SAFETY: the version was compared.
                        && let Some(v) = unsafe { ops::remembered(b, s) }
                    {
                        regs.consume(i.b());
                        regs.put(i.a(), v);
                        continue;
                    }
                }
                save!();
                if ops::load_attr(vm, regs, i.instr(), s, site_name!(s))? {
                    reload!();
                }
            }
            Op::LoadAttrWide => {
                let e = ext!();
                save!();
                let v = vm.get_attr(regs.get(i.b()), &exec.names[e.bc() as usize])?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::LoadMethod => {
                let s = site!(i);
                let b = regs.get(i.b());
                let ty = vm.type_of(b);
                if ty.version.get() as u64 == s.version.get()
                    && s.kind.get() == Kind::Method
                    // SAFETY: the version was compared.
                    && unsafe { ops::shape_matches(b, s) }
                {
                    let f = ops::borrowed(s.value.get());
                    let zelf = regs.own(i.b());
                    regs.put(i.a(), f);
                    regs.put_fresh(i.a() as usize + 1, Some(zelf));
                    continue;
                }
                save!();
                ops::load_method(vm, regs, i.instr(), Some(s), site_name!(s))?;
            }
            Op::LoadMethodWide => {
                let e = ext!();
                save!();
                ops::load_method(vm, regs, i.instr(), None, &exec.names[e.bc() as usize])?;
            }
            Op::StoreAttr => {
                let s = site!(i);
                let obj = regs.get(i.a());
                if let Some(h) = obj.header() {
                    // SAFETY: the header of a live object.
                    let ty: &Gc<Type> = unsafe { crate::types::type_::header_type(h) };
                    if ty.version.get() as u64 == s.version.get() {
                        // SAFETY: as for `LoadAttr`.
                        unsafe {
                            let at = h as *const _ as *const u8;
                            let place = at.add(s.offset.get() as usize);
                            let k = s.kind.get();
                            if k == Kind::Overwrite || k == Kind::Add {
                                let attrs = place.sub(s.need.get() as usize * 8 + size_of::<Attrs>());
                                let shape = attrs as *mut *const Shape;
                                if *shape == s.shape.get() && h.flags() >> 24 > s.need.get() {
                                    let v = regs.own(i.b());
                                    if k == Kind::Add {
                                        *shape = s.value.get() as *const Shape;
                                    }
                                    let old = std::ptr::replace(place as *mut Slot, Some(v));
                                    if old.is_some() || regs.is_temp(i.a()) {
                                        save!();
                                        drop(old);
                                        regs.consume(i.a());
                                    }
                                    continue;
                                }
                            } else if k == Kind::Slot {
                                let v = regs.own(i.b());
                                let old = std::ptr::replace(place as *mut Slot, Some(v));
                                save!();
                                drop(old);
                                regs.consume(i.a());
                                continue;
                            }
                        }
                    }
                }
                save!();
                ops::store_attr(vm, regs, i.instr(), s, site_name!(s))?;
            }
            Op::StoreAttrWide => {
                let e = ext!();
                save!();
                vm.set_attr(regs.get(i.a()), &exec.names[e.bc() as usize], regs.get(i.b()))?;
                regs.consume(i.b());
                regs.consume(i.a());
            }
            Op::DeleteAttr => {
                save!();
                vm.del_attr(regs.get(i.a()), &exec.names[i.bc() as usize])?;
                regs.consume(i.a());
            }
            Op::LoadSuperAttr => {
                save!();
                let s = site!(i);
                ops::load_super(vm, regs, i.instr(), s, site_name!(s), false)?;
            }
            Op::LoadSuperMethod => {
                save!();
                let s = site!(i);
                ops::load_super(vm, regs, i.instr(), s, site_name!(s), true)?;
            }
            Op::Subscr => {
                let (b, c) = (regs.get(i.b()), regs.get(i.c()));
                if let Some(n) = c.as_int()
                    && let Some(v) = ops::index_fast(vm, b, n)
                {
                    regs.consume(i.b());
                    regs.put(i.a(), v);
                    continue;
                }
                save!();
                if ops::subscr(vm, regs, i.instr())? {
                    reload!();
                }
            }
            Op::SubscrK => {
                save!();
                let k = constant!(i.c());
                let b = regs.get(i.b());
                let v = match fast::item(vm, b, &k)? {
                    Some(v) => v,
                    None => vm.get_item(b, &k)?,
                };
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::SubscrI => {
                let b = regs.get(i.b());
                if let Some(v) = ops::index_fast(vm, b, i.sc() as i64) {
                    regs.consume(i.b());
                    regs.put(i.a(), v);
                    continue;
                }
                save!();
                let key = Value::int32(i.sc() as i32);
                if fast::enter_getitem(vm, regs, i.b(), fast::Key::Value(key.clone()), i.a())? {
                    reload!();
                    continue;
                }
                let v = vm.get_item(b, &key)?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::StoreSubscr => {
                let (a, b) = (regs.get(i.a()), regs.get(i.b()));
                save!();
                if let (Some(l), Some(n)) = (ops::exact_list(vm, a), b.as_int())
                    && n >= 0
                {
                    let v = regs.own(i.c());
                    match l.set(n as usize, v) {
                        Ok(()) => {
                            regs.consume(i.a());
                            continue;
                        }
                        Err(v) => {
                            vm.set_item(a, b, &v)?;
                            regs.consume(i.a());
                            continue;
                        }
                    }
                }
                if fast::enter_setitem(vm, regs, i.a(), i.b(), i.c())? {
                    reload!();
                    continue;
                }
                vm.set_item(a, b, regs.get(i.c()))?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.consume(i.a());
            }
            Op::DeleteSubscr => {
                save!();
                vm.del_item(regs.get(i.a()), regs.get(i.b()))?;
                regs.consume(i.b());
                regs.consume(i.a());
            }
            Op::LoadSlice => {
                save!();
                let r = i.b() as usize;
                if let Some(v) = fast::slice(vm, regs.get(i.b()), regs.get(i.b() + 1), regs.get(i.b() + 2)) {
                    regs.drop_run(r, 3);
                    regs.put(i.a(), v);
                    continue;
                }
                let s =
                    build::slice(vm, regs.get(i.b() + 1).clone(), regs.get(i.b() + 2).clone(), Value::NONE);
                let v = vm.get_item(regs.get(i.b()), &s)?;
                drop(s);
                regs.drop_run(r, 3);
                regs.put(i.a(), v);
            }
            Op::StoreSlice => {
                save!();
                let r = i.a();
                if fast::store_slice(vm, regs.get(r + 1), regs.get(r + 2), regs.get(r + 3), regs.get(r))? {
                    regs.drop_run(r as usize, 4);
                    continue;
                }
                let s = build::slice(vm, regs.get(r + 2).clone(), regs.get(r + 3).clone(), Value::NONE);
                vm.set_item(regs.get(r + 1), &s, regs.get(r))?;
                drop(s);
                regs.drop_run(r as usize, 4);
            }
            Op::BuildSlice => {
                let r = i.b();
                let step = if i.x() == 3 { regs.get(r + 2).clone() } else { Value::NONE };
                let v = build::slice(vm, regs.get(r).clone(), regs.get(r + 1).clone(), step);
                regs.drop_run(r as usize, i.x() as usize);
                regs.put(i.a(), v);
            }

            Op::Add => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c) {
                    // Tags: (2x + 1) + (2y + 1) - 1 = 2(x + y) + 1.
                    if let Some(r) = (b as i64).checked_add(c as i64 - 1) {
                        // SAFETY: an int word.
                        regs.put(i.a(), unsafe { Value::from_bits(r as u64) });
                        continue;
                    }
                } else if let (Some(x), Some(y)) = (float_of(b), float_of(c))
                    && let Some(v) = Value::small_float(x + y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary!(i, BinaryOp::Add);
            }
            Op::Sub => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c) {
                    if let Some(r) = (b as i64).checked_sub(c as i64 - 1) {
                        // SAFETY: an int word.
                        regs.put(i.a(), unsafe { Value::from_bits(r as u64) });
                        continue;
                    }
                } else if let (Some(x), Some(y)) = (float_of(b), float_of(c))
                    && let Some(v) = Value::small_float(x - y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary!(i, BinaryOp::Sub);
            }
            Op::Mul => int_op!(i, checked_mul, |x: f64, y: f64| x * y, BinaryOp::Mul),
            Op::Matmul => binary!(i, BinaryOp::MatMul),
            Op::Truediv => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if let (Some(x), Some(y)) = (float_of(b), float_of(c))
                    && y != 0.0
                    && let Some(v) = Value::small_float(x / y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary!(i, BinaryOp::TrueDiv);
            }
            Op::Floordiv => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c)
                    && let Some(v) = ops::floor_div(b as i64 >> 1, c as i64 >> 1)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary!(i, BinaryOp::FloorDiv);
            }
            Op::Modulo => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c)
                    && let Some(v) = ops::floor_mod(b as i64 >> 1, c as i64 >> 1)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary!(i, BinaryOp::Mod);
            }
            Op::Pow => {
                save!();
                ops::power(vm, regs, i.instr(), None)?;
            }
            Op::Lshift => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c)
                    && let Some(v) = ops::shift_left(b as i64 >> 1, c as i64 >> 1)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary!(i, BinaryOp::LShift);
            }
            Op::Rshift => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c) && (c as i64) >= 0 {
                    let n = (b as i64 >> 1) >> (c as i64 >> 1).min(63);
                    if let Some(v) = Value::small_int(n) {
                        regs.put(i.a(), v);
                        continue;
                    }
                }
                binary!(i, BinaryOp::RShift);
            }
            Op::And => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c) {
                    // SAFETY: an int word.
                    regs.put(i.a(), unsafe { Value::from_bits(b & c) });
                    continue;
                }
                binary!(i, BinaryOp::And);
            }
            Op::Or => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c) {
                    // SAFETY: an int word.
                    regs.put(i.a(), unsafe { Value::from_bits(b | c) });
                    continue;
                }
                binary!(i, BinaryOp::Or);
            }
            Op::Xor => {
                let (b, c) = (regs.bits(i.b()), regs.bits(i.c()));
                if both_ints(b, c) {
                    // SAFETY: an int word.
                    regs.put(i.a(), unsafe { Value::from_bits((b ^ c) | 1) });
                    continue;
                }
                binary!(i, BinaryOp::Xor);
            }
            Op::AddK => {
                if let (Some(x), Some(y)) = (float_of(regs.bits(i.b())), float_of(constant_bits!(i.c())))
                    && let Some(v) = Value::small_float(x + y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::Add, constant!(i.c()));
            }
            Op::SubK => {
                if let (Some(x), Some(y)) = (float_of(regs.bits(i.b())), float_of(constant_bits!(i.c())))
                    && let Some(v) = Value::small_float(x - y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::Sub, constant!(i.c()));
            }
            Op::MulK => {
                if let (Some(x), Some(y)) = (float_of(regs.bits(i.b())), float_of(constant_bits!(i.c())))
                    && let Some(v) = Value::small_float(x * y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::Mul, constant!(i.c()));
            }
            Op::TruedivK => {
                if let (Some(x), Some(y)) = (float_of(regs.bits(i.b())), float_of(constant_bits!(i.c())))
                    && y != 0.0
                    && let Some(v) = Value::small_float(x / y)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::TrueDiv, constant!(i.c()));
            }
            Op::ModuloK => binary_rhs!(i, BinaryOp::Mod, constant!(i.c())),
            Op::PowK => {
                save!();
                let k = constant!(i.c());
                ops::power(vm, regs, i.instr(), Some(&k))?;
            }
            Op::AddI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(r) = (b as i64).checked_add((i.sc() as i64) << 1)
                {
                    // SAFETY: an int word.
                    regs.put(i.a(), unsafe { Value::from_bits(r as u64) });
                    continue;
                }
                binary_rhs!(i, BinaryOp::Add, Value::int32(i.sc() as i32));
            }
            Op::SubI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(r) = (b as i64).checked_sub((i.sc() as i64) << 1)
                {
                    // SAFETY: an int word.
                    regs.put(i.a(), unsafe { Value::from_bits(r as u64) });
                    continue;
                }
                binary_rhs!(i, BinaryOp::Sub, Value::int32(i.sc() as i32));
            }
            Op::MulI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(v) = (b as i64 >> 1).checked_mul(i.sc() as i64).and_then(Value::small_int)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::Mul, Value::int32(i.sc() as i32));
            }
            Op::FloordivI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(v) = ops::floor_div(b as i64 >> 1, i.sc() as i64)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::FloorDiv, Value::int32(i.sc() as i32));
            }
            Op::ModuloI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(v) = ops::floor_mod(b as i64 >> 1, i.sc() as i64)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::Mod, Value::int32(i.sc() as i32));
            }
            Op::AndI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(v) = Value::small_int((b as i64 >> 1) & i.sc() as i64)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::And, Value::int32(i.sc() as i32));
            }
            Op::LshiftI => {
                let b = regs.bits(i.b());
                if b & 1 != 0
                    && let Some(v) = ops::shift_left(b as i64 >> 1, i.sc() as i64)
                {
                    regs.put(i.a(), v);
                    continue;
                }
                binary_rhs!(i, BinaryOp::LShift, Value::int32(i.sc() as i32));
            }
            Op::RshiftI => {
                let b = regs.bits(i.b());
                if b & 1 != 0 && i.sc() >= 0 {
                    let n = (b as i64 >> 1) >> (i.sc() as i64).min(63);
                    if let Some(v) = Value::small_int(n) {
                        regs.put(i.a(), v);
                        continue;
                    }
                }
                binary_rhs!(i, BinaryOp::RShift, Value::int32(i.sc() as i32));
            }
            Op::Neg => {
                let b = regs.get(i.b());
                if let Some(v) = b.as_int().and_then(|n| Value::small_int(-n)) {
                    regs.put(i.a(), v);
                    continue;
                }
                if let Some(v) = b.as_small_float().and_then(|x| Value::small_float(-x)) {
                    regs.put(i.a(), v);
                    continue;
                }
                save!();
                let v = vm.negative(b)?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::Pos => {
                save!();
                let v = vm.positive(regs.get(i.b()))?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::Invert => {
                save!();
                let v = vm.invert(regs.get(i.b()))?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::Not => {
                let t = truth!(i.b());
                regs.consume(i.b());
                regs.put(i.a(), Value::bool(!t));
            }

            Op::Lt => compare!(i, <, CompareOp::Lt),
            Op::Le => compare!(i, <=, CompareOp::Le),
            Op::Eq => compare!(i, ==, CompareOp::Eq),
            Op::Ne => compare!(i, !=, CompareOp::Ne),
            Op::Gt => compare!(i, >, CompareOp::Gt),
            Op::Ge => compare!(i, >=, CompareOp::Ge),
            Op::LtI => compare_i!(i, <, CompareOp::Lt),
            Op::LeI => compare_i!(i, <=, CompareOp::Le),
            Op::EqI => compare_i!(i, ==, CompareOp::Eq),
            Op::NeI => compare_i!(i, !=, CompareOp::Ne),
            Op::GtI => compare_i!(i, >, CompareOp::Gt),
            Op::GeI => compare_i!(i, >=, CompareOp::Ge),
            Op::EqK => {
                save!();
                let k = constant!(i.c());
                ops::compare_with(vm, regs, i.instr(), CompareOp::Eq, &k)?;
            }
            Op::NeK => {
                save!();
                let k = constant!(i.c());
                ops::compare_with(vm, regs, i.instr(), CompareOp::Ne, &k)?;
            }
            Op::Is => {
                let r = ops::is(regs.get(i.b()), regs.get(i.c()));
                save!();
                regs.consume(i.b());
                regs.consume(i.c());
                regs.put(i.a(), Value::bool(r));
            }
            Op::IsNot => {
                let r = ops::is(regs.get(i.b()), regs.get(i.c()));
                save!();
                regs.consume(i.b());
                regs.consume(i.c());
                regs.put(i.a(), Value::bool(!r));
            }
            Op::Contains => {
                save!();
                let r = vm.contains(regs.get(i.c()), regs.get(i.b()))?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.put(i.a(), Value::bool(r));
            }
            Op::NotContains => {
                save!();
                let r = vm.contains(regs.get(i.c()), regs.get(i.b()))?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.put(i.a(), Value::bool(!r));
            }

            Op::Jump => jump!(i.sbc()),
            Op::JumpBack => {
                jump!(i.sbc());
                if breaker.tripped() {
                    save!();
                    vm.poll()?;
                }
            }
            Op::JumpIfTrue => {
                let t = truth!(i.a());
                regs.consume(i.a());
                if t {
                    jump!(i.sbc());
                }
            }
            Op::JumpIfFalse => {
                let t = truth!(i.a());
                regs.consume(i.a());
                if !t {
                    jump!(i.sbc());
                }
            }
            Op::JumpIfTrueKeep => {
                if truth!(i.a()) {
                    jump!(i.sbc());
                } else {
                    regs.consume(i.a());
                }
            }
            Op::JumpIfFalseKeep => {
                if !truth!(i.a()) {
                    jump!(i.sbc());
                } else {
                    regs.consume(i.a());
                }
            }
            Op::JumpIfNone => {
                let t = regs.bits(i.a()) == NONE;
                regs.consume(i.a());
                if t {
                    jump!(i.sbc());
                }
            }
            Op::JumpIfNotNone => {
                let t = regs.bits(i.a()) == NONE;
                regs.consume(i.a());
                if !t {
                    jump!(i.sbc());
                }
            }
            Op::JumpIfIs => {
                let t = ops::is(regs.get(i.a()), regs.get(i.b()));
                save!();
                regs.consume(i.a());
                regs.consume(i.b());
                if t {
                    jump!(i.jump24());
                }
            }
            Op::JumpIfIsNot => {
                let t = ops::is(regs.get(i.a()), regs.get(i.b()));
                save!();
                regs.consume(i.a());
                regs.consume(i.b());
                if !t {
                    jump!(i.jump24());
                }
            }
            Op::JumpIfLt => compare_jump!(i, <, CompareOp::Lt, true),
            Op::JumpIfLe => compare_jump!(i, <=, CompareOp::Le, true),
            Op::JumpIfEq => compare_jump!(i, ==, CompareOp::Eq, true),
            Op::JumpIfNe => compare_jump!(i, !=, CompareOp::Ne, true),
            Op::JumpIfGt => compare_jump!(i, >, CompareOp::Gt, true),
            Op::JumpIfGe => compare_jump!(i, >=, CompareOp::Ge, true),
            Op::JumpUnlessLt => compare_jump!(i, <, CompareOp::Lt, false),
            Op::JumpUnlessLe => compare_jump!(i, <=, CompareOp::Le, false),
            Op::JumpUnlessEq => compare_jump!(i, ==, CompareOp::Eq, false),
            Op::JumpUnlessNe => compare_jump!(i, !=, CompareOp::Ne, false),
            Op::JumpUnlessGt => compare_jump!(i, >, CompareOp::Gt, false),
            Op::JumpUnlessGe => compare_jump!(i, >=, CompareOp::Ge, false),
            Op::JumpIfLtI => compare_jump_i!(i, <, CompareOp::Lt, true),
            Op::JumpIfLeI => compare_jump_i!(i, <=, CompareOp::Le, true),
            Op::JumpIfEqI => compare_jump_i!(i, ==, CompareOp::Eq, true),
            Op::JumpIfNeI => compare_jump_i!(i, !=, CompareOp::Ne, true),
            Op::JumpIfGtI => compare_jump_i!(i, >, CompareOp::Gt, true),
            Op::JumpIfGeI => compare_jump_i!(i, >=, CompareOp::Ge, true),
            Op::JumpUnlessLtI => compare_jump_i!(i, <, CompareOp::Lt, false),
            Op::JumpUnlessLeI => compare_jump_i!(i, <=, CompareOp::Le, false),
            Op::JumpUnlessEqI => compare_jump_i!(i, ==, CompareOp::Eq, false),
            Op::JumpUnlessNeI => compare_jump_i!(i, !=, CompareOp::Ne, false),
            Op::JumpUnlessGtI => compare_jump_i!(i, >, CompareOp::Gt, false),
            Op::JumpUnlessGeI => compare_jump_i!(i, >=, CompareOp::Ge, false),

            Op::GetIter => {
                save!();
                let v = vm.get_iter(regs.get(i.b()))?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::ForIter => {
                let it = regs.get(i.b());
                if let Some(r) = it.downcast_exact::<RangeIter>() {
                    let left = r.left.get();
                    if left != 0 {
                        let n = r.next.get();
                        if let Some(v) = Value::small_int(n) {
                            r.left.set(left - 1);
                            r.next.set(n.wrapping_add(r.step));
                            regs.put(i.a(), v);
                            continue;
                        }
                    }
                } else if let Some(l) = it.downcast_exact::<ListIter>() {
                    if let Some(v) = l.advance() {
                        regs.put(i.a(), v);
                        continue;
                    }
                } else if let Some(t) = it.downcast_exact::<TupleIter>()
                    && let Some(v) = t.advance()
                {
                    regs.put(i.a(), v);
                    continue;
                }
                save!();
                if !WATCHED && let Some(g) = generator::plain_generator(it) {
                    // The generator's end comes back as a jump: `pc` names the instruction, whose operands say where.
                    if generator::resume_in_loop(vm, g, None, kind::FOR_ITER, i.a())? {
                        reload!();
                        continue;
                    }
                }
                match ops::for_iter(vm, it)? {
                    Some(v) => regs.put(i.a(), v),
                    None => {
                        drop(regs.take(i.b() as usize));
                        jump!(i.jump24());
                    }
                }
            }
            Op::UnpackSequence => {
                save!();
                build::unpack_sequence(vm, regs, i.a() as usize, i.b(), i.c() as usize)?;
            }
            Op::UnpackPair => {
                save!();
                if let Some(t) = regs.get(i.c()).downcast_exact::<Tuple>()
                    && let [x, y] = t.items()
                {
                    let (x, y) = (x.clone(), y.clone());
                    regs.consume(i.c());
                    regs.put(i.a(), x);
                    regs.put(i.b(), y);
                    continue;
                }
                build::unpack_pair(vm, regs, i.instr())?;
            }
            Op::UnpackEx => {
                save!();
                build::unpack_ex(vm, regs, i.instr())?;
            }
            Op::BuildTuple => {
                let n = i.c() as usize;
                let r = i.b() as usize;
                let t = vm.tuple_from_iter((r..r + n).map(|k| regs.take(k).unwrap_or(Value::NONE)));
                regs.put(i.a(), t.into_value());
            }
            Op::BuildList => {
                let n = i.c() as usize;
                let r = i.b() as usize;
                let items = (r..r + n).map(|k| regs.take(k).unwrap_or(Value::NONE)).collect();
                regs.put(i.a(), vm.new_list(items).into_value());
            }
            Op::BuildSet => {
                save!();
                let (r, n) = (i.b() as usize, i.c() as usize);
                let v = build::set(vm, regs.run(r, n))?;
                regs.drop_run(r, n);
                regs.put(i.a(), v);
            }
            Op::BuildMap => {
                save!();
                let (r, n) = (i.b() as usize, i.c() as usize * 2);
                let v = build::map(vm, regs.run(r, n))?;
                regs.drop_run(r, n);
                regs.put(i.a(), v);
            }
            Op::BuildString => {
                save!();
                let (r, n) = (i.b() as usize, i.c() as usize);
                let v = build::string(vm, regs.run(r, n))?;
                regs.drop_run(r, n);
                regs.put(i.a(), v);
            }
            Op::ListAppend => {
                let v = regs.own(i.b());
                if let Some(l) = regs.get(i.a()).downcast::<List>() {
                    l.push(v);
                }
            }
            Op::ListExtend => {
                save!();
                build::list_extend(vm, regs.get(i.a()), regs.get(i.b()))?;
                regs.consume(i.b());
            }
            Op::SetAdd => {
                save!();
                build::set_add(vm, regs.get(i.a()), regs.get(i.b()))?;
                regs.consume(i.b());
            }
            Op::SetUpdate => {
                save!();
                build::set_update(vm, regs.get(i.a()), regs.get(i.b()))?;
                regs.consume(i.b());
            }
            Op::MapAdd => {
                save!();
                let v = regs.own(i.c());
                if let Some(d) = regs.get(i.a()).downcast::<Dict>() {
                    d.set(vm, regs.get(i.b()), v)?;
                }
                regs.consume(i.b());
            }
            Op::DictUpdate => {
                save!();
                build::dict_update(vm, regs.get(i.a()), regs.get(i.b()))?;
                regs.consume(i.b());
            }
            Op::DictMerge => {
                save!();
                build::dict_merge(vm, regs.get(i.a()), regs.get(i.b()), regs.get(i.c()))?;
                regs.consume(i.b());
            }
            Op::ListToTuple => {
                let items = match regs.get(i.b()).downcast::<List>() {
                    Some(l) => l.items.take(),
                    None => Vec::new(),
                };
                regs.consume(i.b());
                regs.put(i.a(), vm.new_tuple(items).into_value());
            }

            Op::FormatSimple => {
                save!();
                let v = build::format(vm, regs.get(i.b()), None, i.x())?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::FormatValue => {
                save!();
                let v = build::format(vm, regs.get(i.b()), Some(regs.get(i.c())), i.x())?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::BuildInterpolation => {
                save!();
                let (r, n) = (i.b() as usize, i.c() as usize);
                let v = build::interpolation(vm, regs.run(r, n), i.x())?;
                regs.drop_run(r, n);
                regs.put(i.a(), v);
            }
            Op::BuildTemplate => {
                save!();
                let v = build::template(vm, regs.get(i.b()), regs.get(i.c()))?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.put(i.a(), v);
            }

            Op::Call | Op::CallWide => {
                let nargs = i.x() as usize;
                let r = i.b() as usize;
                let callee = regs.get(i.b());
                save!();
                let first = r + 2 - (regs.bits(i.b() + 1) != 0) as usize;
                let count = nargs + (first != r + 2) as usize;
                if let Some(f) = callee.downcast_exact::<Function>() {
                    // SAFETY: the arguments are the topmost temporaries, so everything above them is free (I3).
                    unsafe {
                        let new = &*f.exec(vm);
                        if let Some(entered) = call::enter_plain(vm, regs, &*frame, r, first, count, new, i.a()) {
                            // What was just stored need not be loaded.
                            frame = entered;
                            exec = new;
                            regs = Regs { base: regs.base.add(first), first_temp: new.first_temp };
                            pc = new.instrs.as_ptr();
                            if breaker.tripped() {
                                save!();
                                vm.poll()?;
                            }
                            continue;
                        }
                        call::enter_bound(vm, regs, r, first, count, f, &[], i.a())?;
                    }
                    entered!();
                    continue;
                }
                if let Some(def) = links::definition(vm, callee, regs.run(first, count)) {
                    let v = crate::native::bind::call(vm, def, CallArgs::positional(regs.run(first, count)))?;
                    regs.drop_run(r, nargs + 2);
                    regs.put(i.a(), v);
                    continue;
                }
                if first == r + 2
                    && let Some((def, zelf)) = links::bound_definition(callee)
                {
                    regs.put_fresh(r + 1, Some(zelf));
                    let args = CallArgs::positional(regs.run(r + 1, count + 1));
                    let v = crate::native::bind::call(vm, def, args)?;
                    regs.drop_run(r, nargs + 2);
                    regs.put(i.a(), v);
                    continue;
                }
                // SAFETY: as above.
                if unsafe { call::enter_special(vm, regs, r, first, count, &[], i.a()) }? {
                    entered!();
                    continue;
                }
                let v = vm.call_args(callee, CallArgs::positional(regs.run(first, count)))?;
                regs.drop_run(r, nargs + 2);
                regs.put(i.a(), v);
            }
            Op::CallKw | Op::CallKwWide => {
                let (n, k) = if i.op() == Op::CallKw {
                    let s = site!(i);
                    (s.nargs as usize, s.index)
                } else {
                    let e = ext!();
                    (e.a() as usize, e.bc())
                };
                save!();
                let names = constant!(k);
                if !WATCHED && let Some(t) = names.downcast_exact::<Tuple>() {
                    let r = i.b() as usize;
                    let first = r + 2 - (regs.bits(i.b() + 1) != 0) as usize;
                    let count = n + (r + 2 - first);
                    // SAFETY: the arguments are the topmost temporaries.
                    if unsafe { call::enter_special(vm, regs, r, first, count, t.items(), i.a()) }? {
                        entered!();
                        continue;
                    }
                }
                let v = call::call_kw(vm, regs, i.b(), n, &names)?;
                regs.put(i.a(), v);
            }
            Op::CallEx => {
                save!();
                // SAFETY: the call's four registers are the topmost temporaries.
                if !WATCHED && unsafe { call::enter_ex(vm, regs, i.b() as usize, i.a()) }? {
                    entered!();
                    continue;
                }
                let v = call::call_ex(vm, regs, i.b())?;
                regs.put(i.a(), v);
            }
            Op::MakeFunction => {
                let code = constant!(i.bc());
                save!();
                let f = call::make_function(vm, fr!(), &code)?;
                regs.put(i.a(), f);
            }
            Op::SetFunctionAttr => {
                let v = regs.own(i.b());
                call::set_function_attr(regs, i.a(), i.x(), v);
            }
            Op::LoadBuildClass => {
                save!();
                let v = names::build_class(vm, fr!())?;
                regs.put(i.a(), v);
            }
            Op::ReturnValue => {
                let v = regs.own(i.a());
                return_value!(v)
            }
            Op::ReturnConst => {
                let v = constant!(i.bc());
                return_value!(v)
            }

            Op::ReturnGenerator => {
                save!();
                let g = generator::make(vm);
                match unwind::return_made(vm, g)? {
                    Flow::Switch => reload!(),
                    done => return Ok(done),
                }
            }
            Op::YieldValue => {
                let v = regs.own(i.b());
                save!();
                match generator::yield_value(vm, v)? {
                    Flow::Switch => reload!(),
                    done => return Ok(done),
                }
            }
            Op::Send => {
                save!();
                let it = regs.get(i.b());
                let v = regs.own(i.a());
                if let Some(g) = generator::plain_generator(it).or_else(|| generator::plain_coroutine(it))
                    && generator::resume_in_loop(vm, g, Some(v.clone()), kind::SEND, i.a())?
                {
                    reload!();
                    continue;
                }
                if !WATCHED && generator::step_in_loop(vm, it, &v, i.a())? {
                    reload!();
                    continue;
                }
                let (done, v) = generator::send(vm, it, v)?;
                regs.put(i.a(), v);
                if done {
                    jump!(i.jump24());
                }
            }
            Op::EndSend => {
                let v = regs.own(i.c());
                save!();
                drop(regs.take(i.b() as usize));
                regs.put(i.a(), v);
            }
            Op::GetYieldFromIter => {
                save!();
                let v = generator::yield_from_iter(vm, regs.get(i.b()), exec.flags)?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::GetAwaitable => {
                save!();
                let v = generator::awaitable(vm, regs.get(i.b()), i.x())?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::GetAiter => {
                save!();
                let v = generator::get_aiter(vm, regs.get(i.b()))?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::GetAnext => {
                save!();
                let v = generator::get_anext(vm, regs.get(i.b()))?;
                regs.put(i.a(), v);
            }
            Op::EndAsyncFor => {
                save!();
                let exc = regs.take(i.a() as usize + 1).unwrap_or(Value::NONE);
                if vm.type_of(&exc).is_subtype(vm.type_for_ref(&crate::errors::exc::StopAsyncIteration)) {
                    drop(exc);
                    drop(regs.take(i.a() as usize));
                } else {
                    unwind::mark_reraise(fr!());
                    return Err(vm.reraise(exc));
                }
            }

            Op::LoadSpecial => {
                save!();
                ops::load_special(vm, regs, i.a(), i.x() != 0)?;
            }
            Op::WithExceptStart => {
                save!();
                let v = unwind::with_except_start(vm, regs, i.b())?;
                regs.put(i.a(), v);
            }
            Op::RaiseCurrent => {
                save!();
                return Err(unwind::raise_current(vm, fr!()));
            }
            Op::Raise => {
                let v = regs.own(i.a());
                save!();
                return Err(unwind::raise(vm, v, None));
            }
            Op::RaiseFrom => {
                let v = regs.own(i.a());
                let cause = regs.own(i.b());
                save!();
                return Err(unwind::raise(vm, v, Some(cause)));
            }
            Op::Reraise => {
                let v = regs.own(i.a());
                save!();
                unwind::mark_reraise(fr!());
                return Err(vm.reraise(v));
            }
            Op::ReraiseRestore => {
                save!();
                let old = regs.take(i.a() as usize);
                let v = regs.take(i.a() as usize + 1).unwrap_or(Value::NONE);
                let mut old = old.filter(|v| !v.is_none());
                if fr!().kind.get() & kind::GENERATOR != 0 {
                    old = generator::leave_handler(fr!(), old);
                }
                drop(vm.exc.set_handled(old));
                unwind::mark_reraise(fr!());
                return Err(vm.reraise(v));
            }
            Op::PushExcInfo => {
                let r = i.a() as usize;
                let exc = regs.take(r);
                let mut old = vm.exc.set_handled(exc.clone());
                if fr!().kind.get() & kind::GENERATOR != 0 {
                    old = generator::enter_handler(fr!(), old);
                }
                regs.put_fresh(r, Some(old.unwrap_or(Value::NONE)));
                regs.put_fresh(r + 1, exc);
            }
            Op::PopExcept => {
                save!();
                let r = i.a() as usize;
                let old = regs.take(r);
                let gone = regs.take(r + 1);
                let mut old = old.filter(|v| !v.is_none());
                if fr!().kind.get() & kind::GENERATOR != 0 {
                    old = generator::leave_handler(fr!(), old);
                }
                drop(vm.exc.set_handled(old));
                drop(gone);
            }
            Op::CheckExcMatch => {
                save!();
                let r = unwind::exception_matches(vm, regs.get(i.b()), regs.get(i.c()))?;
                regs.consume(i.c());
                regs.put(i.a(), Value::bool(r));
            }
            Op::CheckEgMatch => {
                save!();
                unwind::check_eg_match(vm, regs, i.a())?;
            }
            Op::PrepReraiseStar => {
                save!();
                let r = i.b() as usize;
                let v = unwind::prep_reraise_star(vm, regs.get(i.b()), regs.get(i.b() + 1))?;
                regs.drop_run(r, 2);
                regs.put(i.a(), v);
            }

            Op::MatchClass => {
                save!();
                let r = i.b() as usize;
                let v = ops::match_class(
                    vm,
                    regs.get(i.b()),
                    regs.get(i.b() + 1),
                    regs.get(i.b() + 2),
                    i.c() as usize,
                )?;
                regs.drop_run(r, 3);
                regs.put(i.a(), v);
            }
            Op::MatchTest => {
                save!();
                let v = ops::match_test(vm, regs.get(i.b()), i.x())?;
                regs.put(i.a(), v);
            }
            Op::MatchKeys => {
                save!();
                let v = ops::match_keys(vm, regs.get(i.b()), regs.get(i.c()))?;
                regs.put(i.a(), v);
            }

            Op::ImportName => {
                let e = ext!();
                save!();
                let name = &exec.names[e.bc() as usize];
                let v = names::import_name(vm, fr!(), name, regs.get(i.b()), regs.get(i.c()))?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::ImportFrom => {
                let e = ext!();
                save!();
                let v = names::import_from(vm, regs.get(i.b()), &exec.names[e.bc() as usize])?;
                regs.put(i.a(), v);
            }
            Op::ImportStar => {
                save!();
                names::import_star(vm, fr!(), regs.get(i.a()))?;
                regs.consume(i.a());
            }
            Op::Intrinsic1 => {
                save!();
                let v = ops::intrinsic1(vm, fr!(), i.x(), regs.get(i.b()))?;
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::Intrinsic2 => {
                save!();
                let v = ops::intrinsic2(vm, i.x(), regs.get(i.b()), regs.get(i.c()))?;
                regs.consume(i.c());
                regs.consume(i.b());
                regs.put(i.a(), v);
            }
            Op::LoadCommonConstant => {
                let v = ops::common_constant(vm, i.x());
                regs.put(i.a(), v);
            }
            Op::Instrumented => {
                // SAFETY: back to the instruction just read (which the loop is not to remember for this).
                pc = unsafe { std::hint::black_box(pc).sub(1) };
                save!();
                return Ok(Flow::Switch);
            }
            Op::Illegal => {
                save!();
                return Err(names::illegal(vm, fr!()));
            }
        }
    }
}

const NONE: u64 = Value::NONE.into_bits();
const TRUE: u64 = Value::TRUE.into_bits();
const FALSE: u64 = Value::FALSE.into_bits();
