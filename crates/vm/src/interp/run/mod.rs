//! The loop: a function for each instruction, which ends in a jump to the next one's.
//!
//! What the operands mean is in `taipan_bytecode::ops`. A `hot` instruction does the common cases with what is in machine
//! registers and leaves for a `cold` one otherwise; it holds nothing that has to be dropped or that has an address when it
//! goes on, or the call at its end would be no jump. A `far` instruction is a function apart, behind which the loop takes
//! its state from the frame again, so it may do anything.
//!
//! LLVM turns calls at the end into jumps when it optimises (`build.rs` says when: `cfg(tail_calls)`); elsewhere, and for
//! watched code, an instruction returns `Exit::Again` to a plain loop. `tests/lang/long_runs.py` runs each kind of
//! instruction often enough to run out of native stack if one left something there.
//!
//! To add an instruction: (1) its row in `ops.rs`; (2) a function in the file of its family here; (3) its slow path in
//! `ops.rs` or a neighbour.

use super::cache::{Kind, SiteCache};
use super::feed::{self, Consumer};
use super::frame::{Frame, Slot, kind};
use super::{generator, tracing, unwind};
use crate::types::Str;
use crate::types::code::Exec;
use crate::types::generator::GenState;
use crate::{PyResult, Raised, Value, Vm};
use std::cell::Cell;
use std::hint::cold_path;
use taipan_bytecode::{Instr, Op};
use taipan_heap::Gc;
use taipan_heap::cell::ValueCell;

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
            if old & 7 == 0 && !Value::release_shared(old) {
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

    /// Moves a filled temporary's value out, leaving it dead.
    #[inline(always)]
    pub fn take_word(self, r: usize) -> Value {
        debug_assert!(self.bits(r as u16) != 0, "empty register {r}");
        // SAFETY: I1; what is read is filled (verified).
        unsafe { Value::from_bits(std::ptr::replace(self.base.add(r) as *mut u64, DEAD)) }
    }

    /// Whether the register is a temporary, which instructions consume.
    #[inline(always)]
    pub fn is_temp(self, r: u16) -> bool {
        r as usize >= self.first_temp
    }

    /// Whether giving the register's value back lets nothing die.
    #[inline(always)]
    pub fn is_shared(self, r: u16) -> bool {
        let word = self.bits(r);
        // SAFETY: I2: a pointer to a live object, or zero.
        word & 7 != 0 || word == 0 || unsafe { (*(word as *const taipan_heap::Header)).count() > 1 }
    }

    /// Drops temporaries that hold different objects or words, if nothing dies of that; otherwise nothing is done.
    #[inline(always)]
    pub fn release_shared<const N: usize>(self, regs: [u16; N]) -> bool {
        // SAFETY: I1, I2: filled temporaries.
        unsafe {
            let words = regs.map(|r| self.bits(r));
            let lives = |word: u64| word & 7 != 0 || (*(word as *const taipan_heap::Header)).count() > 1;
            if !words.into_iter().all(lives) {
                return false;
            }
            for (r, word) in regs.into_iter().zip(words) {
                *(self.base.add(r as usize) as *mut u64) = DEAD;
                if word & 7 == 0 {
                    Value::release_shared(word);
                }
            }
            true
        }
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
            // SAFETY: I1; operands are filled (verified).
            unsafe {
                let p = self.base.add(r as usize) as *mut u64;
                let old = *p;
                if old & 7 == 0 {
                    *p = DEAD;
                    if !Value::release_pointer(old) {
                        release_word(old);
                    }
                }
            }
        }
    }

    /// `is_shared` of an operand, which is filled.
    #[inline(always)]
    pub fn operand_is_shared(self, r: u16) -> bool {
        let word = self.bits(r);
        debug_assert!(word != 0, "empty register {r}");
        // SAFETY: I2: a pointer to a live object.
        word & 7 != 0 || unsafe { (*(word as *const taipan_heap::Header)).count() > 1 }
    }

    #[inline(always)]
    fn consume_temp(self, r: usize) {
        // SAFETY: I1.
        unsafe {
            let p = self.base.add(r) as *mut u64;
            let old = *p;
            if old & 7 == 0 {
                *p = DEAD;
                if !Value::release_shared(old) {
                    release_word(old);
                }
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

/// Drops the last reference, which a word of a window holds. Out of line: most words are no pointers.
///
/// # Safety
/// The word is a pointer whose reference is the caller's.
#[cold]
#[inline(never)]
pub unsafe fn release_word(word: u64) {
    // SAFETY: by contract.
    drop(unsafe { Value::from_bits(word) });
}

/// What a handler that may change frames says.
pub enum Flow {
    /// Go on with the top frame, which may be another one.
    Switch,
    /// The entry frame is done.
    Done(Value),
}

/// The entry frame is off the stack.
fn done(vm: &Vm, v: Value) -> Exit {
    vm.thread.result.set(Some(v));
    Exit::Done
}

/// Why the function of an instruction came back. One byte: results in two registers would keep calls at the end from being
/// jumps where several of them meet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// To go on with the top frame.
    Again,
    /// The other loop is to go on.
    Switch,
    /// The entry frame is done; its result is `ThreadState::result`.
    Done,
    Raised,
}

/// What a `far` instruction says.
type Left = PyResult<Option<Flow>>;

#[cold]
#[inline(never)]
fn exit(vm: &Vm, left: Left) -> Exit {
    match left {
        Ok(None) => Exit::Again,
        Ok(Some(Flow::Switch)) => Exit::Switch,
        Ok(Some(Flow::Done(v))) => done(vm, v),
        Err(Raised) => Exit::Raised,
    }
}

#[inline(always)]
fn both_ints(a: u64, b: u64) -> bool {
    a & b & 1 != 0
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
        debug_assert!(Op::from_u8(op).is_some() || op == Op::Illegal as u8);
        // SAFETY: `prepare` replaces numbers that are none by `Illegal`, and what is written into the array later are `Op`s.
        unsafe { std::mem::transmute::<u8, Op>(op) }
    }

    /// Puts the specialised form in the place of an instruction in the running code.
    #[inline(always)]
    fn specialise(self, from: Op, to: Op) {
        if self.op() == from {
            // SAFETY: as for `op`, of a cell; the operands stay.
            unsafe { *(self.0 as *mut u8) = to as u8 }
        }
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

/// How the functions of instructions go on: return to `run_plain` or `run_watched`, or call the next one's.
const PLAIN: u8 = 0;
const WATCHED: u8 = 1;
const TAIL: u8 = 2;
const MODE: u8 = if cfg!(tail_calls) { TAIL } else { PLAIN };

/// The function of an instruction: where it lies, the registers, the running frame, and what that runs.
type Handler = unsafe fn(&Vm, At, *mut Slot, *const Frame, &Exec) -> Exit;

/// The state of the loop. It lives in machine registers, as the arguments of the functions.
#[derive(Clone, Copy)]
struct State<'a, const M: u8> {
    vm: &'a Vm,
    /// The next instruction.
    pc: *const Cell<Instr>,
    regs: Regs,
    frame: *const Frame,
    exec: &'a Exec,
}

impl<'a, const M: u8> State<'a, M> {
    /// # Safety
    /// What the loop passes on.
    #[inline(always)]
    unsafe fn new(vm: &'a Vm, i: At, base: *mut Slot, frame: *const Frame, exec: &'a Exec) -> State<'a, M> {
        // SAFETY: `pc` is within the instructions: code ends in a terminator and jumps are in range (verified). A watched
        // instruction is a copy; its frame says what is next.
        let pc = unsafe { if M == WATCHED { (*frame).pc.get() } else { i.0.add(1) } };
        State { vm, pc, regs: Regs { base, first_temp: exec.first_temp }, frame, exec }
    }

    /// The state of the top frame.
    #[inline(always)]
    fn of_top(vm: &'a Vm) -> State<'a, M> {
        State::of(vm, vm.thread.top())
    }

    /// The state of the frame, which is the top one.
    #[inline(always)]
    fn of(vm: &'a Vm, frame: *const Frame) -> State<'a, M> {
        // SAFETY: a frame is running; I5.
        unsafe {
            let exec = &*(*frame).exec;
            let regs = Regs { base: (*frame).base, first_temp: exec.first_temp };
            State { vm, pc: (*frame).pc.get(), regs, frame, exec }
        }
    }

    #[inline(always)]
    fn reload(&mut self) {
        *self = State::of_top(self.vm)
    }

    /// A call has entered a frame. Recursion passes no backward jump, so this is where it can be stopped.
    #[inline(always)]
    fn entered(&mut self) -> PyResult<()> {
        self.reload();
        if self.vm.breaker.tripped() { self.vm.poll() } else { Ok(()) }
    }

    /// I4.
    #[inline(always)]
    fn save(self) {
        // SAFETY: the running frame.
        unsafe { (*self.frame).pc.set(self.pc) }
    }

    #[inline(always)]
    fn fr(self) -> &'a Frame {
        // SAFETY: the running frame.
        unsafe { &*self.frame }
    }

    #[inline(always)]
    fn jump(&mut self, offset: i32) {
        // SAFETY: jump targets are in range (verified).
        self.pc = unsafe { self.pc.offset(offset as isize) }
    }

    /// The `ext` word that follows.
    #[inline(always)]
    fn ext(&mut self) -> Instr {
        // SAFETY: instructions with an ext operand are followed by it (verified).
        unsafe {
            let e = (*self.pc).get();
            self.pc = self.pc.add(1);
            e
        }
    }

    #[inline(always)]
    fn site(self, i: At) -> &'a SiteCache {
        // SAFETY: site indexes are in range (verified).
        unsafe { self.exec.sites.get_unchecked(i.c() as usize) }
    }

    fn site_name(self, site: &SiteCache) -> &'a Gc<Str> {
        &self.exec.names[site.index as usize]
    }

    /// A constant's word, 0 if it has not been made yet.
    #[inline(always)]
    fn constant_bits(self, k: u16) -> u64 {
        // SAFETY: constant indexes are in range (verified).
        unsafe { self.exec.consts.get_unchecked(k as usize) }.bits()
    }

    /// # Safety
    /// The constant has been made.
    #[inline(always)]
    unsafe fn constant_ref(self, k: u16) -> &'a Value {
        // SAFETY: constant indexes are in range (verified); a `ValueCell` is the word of its value, and those of code stay.
        unsafe { &*(self.exec.consts.get_unchecked(k as usize) as *const ValueCell as *const Value) }
    }

    /// A constant that has been made.
    #[inline(always)]
    fn known_constant(self, k: u32) -> Option<Value> {
        // SAFETY: constant indexes are in range (verified).
        unsafe { self.exec.consts.get_unchecked(k as usize) }.get()
    }

    fn constant(self, k: u32) -> Value {
        match self.known_constant(k) {
            Some(v) => v,
            None => self.fr().code().constant(self.vm, k as usize),
        }
    }

    /// The global or builtin that a site remembers.
    #[inline(always)]
    fn known_global(self, site: u16) -> Option<Value> {
        // SAFETY: the versions say that the dicts are as they were.
        self.known_global_bits(site).map(super::ops::borrowed)
    }

    /// Its word, borrowed from the dict.
    #[inline(always)]
    fn known_global_bits(self, site: u16) -> Option<u64> {
        // SAFETY: site indexes are in range (verified).
        let s = unsafe { self.exec.sites.get_unchecked(site as usize) };
        let f = self.fr();
        if s.kind.get() != Kind::Known
            || f.globals().table.current_version() != s.version.get()
            || f.builtins().table.current_version() != s.value.get()
        {
            return None;
        }
        Some(s.shape.get() as u64)
    }

    /// The instruction before this one, if it loads the global that this one asks for an attribute, which takes its place.
    #[inline(always)]
    fn loads_operand(self, i: At) -> Option<At> {
        if M == WATCHED || std::ptr::eq(i.0, self.exec.instrs.as_ptr()) {
            return None;
        }
        // SAFETY: not the first one.
        let before = At(unsafe { i.0.sub(1) });
        (before.op() == Op::LoadGlobal && before.a() == i.b() && i.a() == i.b()).then_some(before)
    }

    /// The global or builtin where a site remembers its place.
    #[inline(always)]
    fn placed_global(self, site: u16) -> Option<Value> {
        // SAFETY: site indexes are in range (verified).
        let s = unsafe { self.exec.sites.get_unchecked(site as usize) };
        let f = self.fr();
        if f.globals().table.current_version() != s.version.get() {
            return None;
        }
        match s.kind.get() {
            Kind::Global => f.globals().table.value_at(s.offset.get() as usize),
            Kind::Builtin if f.builtins().table.current_version() == s.value.get() => {
                f.builtins().table.value_at(s.offset.get() as usize)
            }
            _ => None,
        }
    }

    /// Whether the next instruction asks for an iterator over the result of this one, which nobody else sees.
    #[inline(always)]
    fn iterates_result(self, i: At) -> bool {
        let next = At(self.pc);
        next.op() == Op::GetIter && next.b() == i.a() && self.regs.is_temp(i.a())
    }

    /// Whether `consume_shared` may take the operand in `b` off, `a` being where the result goes.
    #[inline(always)]
    fn may_consume(self, b: u16, a: u16) -> bool {
        a == b || !self.regs.is_temp(b) || self.regs.operand_is_shared(b)
    }

    /// Drops the operand if it is a temporary that the result will not replace; it is not the last reference.
    #[inline(always)]
    fn consume_shared(self, b: u16, a: u16) {
        if a != b && self.regs.is_temp(b) {
            // SAFETY: I1; `may_consume` said so.
            unsafe {
                let p = self.regs.base.add(b as usize) as *mut u64;
                let word = std::ptr::replace(p, DEAD);
                if word & 7 == 0 {
                    Value::release_pointer(word);
                }
            }
        }
    }

    /// Drops a temporary that holds an object which others refer to as well.
    #[inline(always)]
    fn release_operand(self, r: u16) {
        debug_assert!(self.regs.is_temp(r));
        // SAFETY: I1; by contract a pointer, and not the last reference.
        unsafe {
            let word = std::ptr::replace(self.regs.base.add(r as usize) as *mut u64, DEAD);
            Value::release_pointer(word);
        }
    }

    /// Drops two operands if they are temporaries and nothing dies of that; otherwise nothing is done.
    #[inline(always)]
    fn consume_both(self, b: u16, c: u16) -> bool {
        let held = |r: u16| self.regs.is_temp(r) && self.regs.bits(r) & 7 == 0;
        if held(b) && (held(c) || !self.regs.is_shared(b)) || held(c) && !self.regs.is_shared(c) {
            return false;
        }
        self.consume_shared(b, u16::MAX);
        self.consume_shared(c, u16::MAX);
        true
    }

    /// Runs the next instruction.
    #[inline(always)]
    fn next(self) -> Exit {
        if M != TAIL {
            self.save();
            return Exit::Again;
        }
        let i = At(self.pc);
        // SAFETY: the state of the loop; there are as many functions as bytes.
        unsafe { HANDLERS[i.op() as usize](self.vm, i, self.regs.base, self.frame, self.exec) }
    }

    /// Runs the first instruction of a frame that a call has entered.
    #[inline(always)]
    fn next_polled(self) -> Exit {
        if self.vm.breaker.tripped() {
            // SAFETY: the state of the loop.
            return unsafe {
                calls::polled::<M>(self.vm, At(self.pc), self.regs.base, self.frame, self.exec)
            };
        }
        self.next()
    }

    /// Copies `n` items of a sequence, which register `b` holds, to the registers from `a` on and drops `b` if it is a
    /// temporary, if there are as many items and nothing dies of that. If it answers `false`, some registers hold their items
    /// already, which does not matter to another try.
    #[inline(always)]
    fn unpack(self, a: usize, n: usize, b: usize, items: &[Value]) -> bool {
        let given = self.regs.is_temp(b as u16);
        if items.len() != n || given && !self.regs.operand_is_shared(b as u16) {
            return false;
        }
        for (k, v) in items.iter().enumerate() {
            if a + k == b {
                continue;
            }
            // SAFETY: I1, I2. The sequence, which `b` keeps, holds each item as well.
            unsafe {
                let p = self.regs.base.add(a + k) as *mut u64;
                let old = *p;
                *p = v.clone().into_bits();
                if old & 7 == 0 && !Value::release_shared(old) {
                    Value::release_shared(std::ptr::replace(p, old));
                    return false;
                }
            }
        }
        let item = items.get(b.wrapping_sub(a));
        if !given && item.is_none() {
            return true;
        }
        // Last, what keeps the others.
        // SAFETY: as above.
        unsafe {
            let p = self.regs.base.add(b) as *mut u64;
            let seq = *p;
            if (*(seq as *const taipan_heap::Header)).count() == 1 {
                return false;
            }
            *p = match item {
                Some(v) => v.clone().into_bits(),
                None => DEAD,
            };
            Value::release_shared(seq);
        }
        true
    }

    /// The frame of a generator that waits, if resuming it has nothing to do but that.
    #[inline(always)]
    fn waiting_frame(self, g: &GenState) -> Option<*mut Frame> {
        if M == WATCHED { None } else { generator::waiting_frame(self.vm, g) }
    }

    /// Resumes a generator with `None`, which does not wait in a chain. `k` is one of `kind::LOOP`.
    ///
    /// # Safety
    /// The frame is what `waiting_frame` answered for the generator's state.
    #[inline(always)]
    unsafe fn resume(self, f: *mut Frame, state: &GenState, g: &Value, k: u8, dst: u16) -> Exit {
        self.save();
        // SAFETY: by contract.
        unsafe { generator::resume_alone(self.vm, &*self.frame, f, state, g.bits(), k, dst) };
        State::<M>::of(self.vm, f).next()
    }

    /// The state of the generator whose frame is running, if its end has nothing to do but what `end_generator` does.
    #[inline(always)]
    fn ending_generator(self) -> Option<&'a GenState> {
        let f = self.fr();
        let k = f.kind.get();
        if M == WATCHED
            || k & (kind::GENERATOR | kind::MORE | kind::INIT) != kind::GENERATOR
            || self.vm.exc.is_handling()
        {
            return None;
        }
        let owner = f.owner.as_ref()?;
        let state = generator::plain_state(owner)?;
        (!state.handled.is_some()).then_some(state)
    }

    /// The generator ends with this value.
    ///
    /// # Safety
    /// The state is what `ending_generator` answered, and the registers hold nothing that is to be dropped.
    #[inline(always)]
    unsafe fn end_generator(self, state: &GenState, v: Value) -> Exit {
        // SAFETY: by contract.
        let (k, dst) = unsafe { generator::end_plain(self.vm, self.frame.cast_mut(), state, self.exec) };
        if k & kind::DISCARD != 0 {
            // SAFETY: the value's reference is ours.
            unsafe {
                let word = v.into_bits();
                if !Value::release_shared(word) {
                    release_word(word);
                }
            }
            if feed::finish(self.vm, Consumer::of_number(dst)).is_err() {
                return Exit::Raised;
            }
            return State::<M>::of_top(self.vm).next();
        }
        if k & kind::ENTRY != 0 {
            return done(self.vm, v);
        }
        generator::end_in_caller(self.vm, k, dst, v);
        State::<M>::of_top(self.vm).next()
    }

    /// Stores a result into a temporary that holds nothing, as all do that are written (the compiler sees to it).
    #[inline(always)]
    fn put_dead(self, r: u16, v: Value) {
        debug_assert!(self.regs.bits(r) & 7 != 0 || self.regs.bits(r) == 0, "register {r} is in use");
        self.regs.put_fresh(r as usize, Some(v));
    }

    /// Stores a result, drops what was there and goes on.
    #[inline(always)]
    fn put_next(self, r: u16, v: Value) -> Exit {
        // SAFETY: I1.
        unsafe {
            let p = self.regs.base.add(r as usize) as *mut u64;
            let old = std::ptr::replace(p, v.into_bits());
            self.release_next(old)
        }
    }

    /// Drops what a register's word, or an attribute's, stood for and goes on.
    ///
    /// # Safety
    /// The word's reference is the caller's.
    #[inline(always)]
    unsafe fn release_next(self, old: u64) -> Exit {
        if old & 7 != 0 {
            return self.next();
        }
        cold_path();
        // SAFETY: by contract.
        unsafe {
            if Value::release_shared(old) {
                return self.next();
            }
            died::<M>(self.vm, At(self.pc), self.regs.base, self.frame, old)
        }
    }

    /// Drops a temporary and goes on.
    #[inline(always)]
    fn clear_next(self, r: u16) -> Exit {
        // SAFETY: I1.
        unsafe {
            let p = self.regs.base.add(r as usize) as *mut u64;
            let old = *p;
            if old & 7 != 0 {
                return self.next();
            }
            *p = DEAD;
            self.release_next(old)
        }
    }

    /// Drops the operand if it is a temporary, and goes on.
    #[inline(always)]
    fn drop_next(self, r: u16) -> Exit {
        if self.regs.is_temp(r) { self.clear_next(r) } else { self.next() }
    }

    /// Whether the frame is of this kind and ends without its function dying.
    #[inline(always)]
    fn can_leave(self, k: u8) -> bool {
        let f = self.fr();
        f.kind.get() == k && f.func_is_shared()
    }

    /// Gives the locals back, if nothing dies of that; otherwise some of them, and `false`. Hot: most words are no pointers,
    /// few are EMPTY.
    #[inline(always)]
    fn release_locals(self) -> bool {
        let base = self.regs.base as *mut u64;
        // SAFETY: I1, I2: the frame is done.
        unsafe {
            let mut p = base.add(self.regs.first_temp);
            while p != base {
                p = p.sub(1);
                let word = *p;
                if word & 7 == 0 {
                    if word != 0 && !Value::release_pointer(word) {
                        return false;
                    }
                    // EMPTY too: otherwise both tests become one, of more instructions.
                    *p = DEAD;
                }
            }
        }
        true
    }

    /// `release_locals` for a return of register `kept`, whose value is the result.
    #[inline(always)]
    fn release_others(self, kept: usize) -> Option<u64> {
        // SAFETY: I1: a filled register.
        unsafe {
            let p = self.regs.base.add(kept) as *mut u64;
            let v = std::ptr::replace(p, DEAD);
            if !self.release_locals() {
                *p = v;
                return None;
            }
            Some(v)
        }
    }

    /// A return, whatever there is to be dropped. `Some`: the entry frame's.
    fn give_back(&mut self, v: Value) -> PyResult<Option<Value>> {
        let mut v = v;
        self.save();
        let k = self.fr().kind.get();
        if k & !kind::INIT != 0 || k != 0 && !v.is_none() {
            return match unwind::return_special(self.vm, v)? {
                Flow::Done(v) => Ok(Some(v)),
                _ => {
                    self.reload();
                    Ok(None)
                }
            };
        }
        let frame = self.frame.cast_mut();
        // SAFETY: the running frame, which is done; nobody else looks at its fields now.
        unsafe {
            if k != 0
                && let Some(made) = (*frame).owner.take()
            {
                v = made;
            }
            let dst = (*frame).dst;
            self.vm.thread.pop_plain(self.vm, frame, self.exec);
            self.reload();
            self.regs.put(dst, v);
        }
        Ok(None)
    }

    /// Goes on in the caller with the result.
    ///
    /// # Safety
    /// `can_leave`, and the registers hold nothing that is to be dropped.
    #[inline(always)]
    unsafe fn leave(self, v: Value) -> Exit {
        let dst = self.fr().dst;
        // SAFETY: by contract.
        let caller = unsafe { self.vm.thread.leave(self.frame.cast_mut()) };
        State::<M>::of(self.vm, caller).put_next(dst, v)
    }
}

/// The last reference that an instruction gave back: `pc` is the next one.
///
/// # Safety
/// The state of the loop; the word is a pointer whose reference is the caller's.
#[cold]
#[inline(never)]
unsafe fn died<const M: u8>(vm: &Vm, pc: At, base: *mut Slot, frame: *const Frame, word: u64) -> Exit {
    // SAFETY: by contract.
    unsafe {
        (*frame).pc.set(pc.0);
        release_word(word);
        let exec = &*(*frame).exec;
        State::<M> { vm, pc: pc.0, regs: Regs { base, first_temp: exec.first_temp }, frame, exec }.next()
    }
}

/// Leaves for the function of a slow path, which does the whole instruction.
macro_rules! slow {
    ($s:ident, $i:ident, $name:ident) => {{
        #[allow(unused_unsafe)]
        // SAFETY: the state of the loop.
        let left = unsafe { $name::<M>($s.vm, $i, $s.regs.base, $s.frame, $s.exec) };
        return left;
    }};
}

/// The functions of a family of instructions, and `fill`, which puts them into a table. `hot`, `far`: see above. Not in the
/// table: `cold`, the slow path of a `hot` one; `warm`, its less common cases, apart because each more makes the common one save
/// and restore registers.
macro_rules! instructions {
    (($s:ident, $i:ident, $vm:ident, $go:lifetime) $($kind:ident $name:ident $(| $also:ident)* $body:block)*) => {
        $(instructions! { @$kind ($s, $i, $vm, $go) $name $body })*
        pub(super) const fn fill<const M: u8>(mut table: [Handler; 256]) -> [Handler; 256] {
            $(instructions! { @row table $kind $name $($also)* })*
            table
        }
    };
    (@row $t:ident cold $name:ident) => {};
    (@row $t:ident warm $name:ident) => {};
    (@row $t:ident $kind:ident $name:ident $($also:ident)*) => {
        $t[Op::$name as usize] = $name::<M> as Handler;
        $($t[Op::$also as usize] = $name::<M> as Handler;)*
    };
    (@hot ($s:ident, $i:ident, $vm:ident, $go:lifetime) $name:ident $body:block) => {
        #[inline(never)]
        #[allow(non_snake_case, unused_mut, unused_variables, unreachable_code)]
        pub(super) unsafe fn $name<const M: u8>($vm: &Vm, $i: At, base: *mut Slot, frame: *const Frame, exec: &Exec) -> Exit {
            // SAFETY: called by the loop.
            let mut $s = unsafe { State::<M>::new($vm, $i, base, frame, exec) };
            $body
            $s.next()
        }
    };
    (@far ($s:ident, $i:ident, $vm:ident, $go:lifetime) $name:ident $body:block) => {
        #[inline(never)]
        #[allow(non_snake_case)]
        pub(super) unsafe fn $name<const M: u8>(vm: &Vm, i: At, base: *mut Slot, frame: *const Frame, exec: &Exec) -> Exit {
            #[inline(never)]
            #[allow(unused_mut, unused_variables, unused_labels, unreachable_code)]
            unsafe fn body<const M: u8>($vm: &Vm, $i: At, base: *mut Slot, frame: *const Frame, exec: &Exec) -> Left {
                // SAFETY: called by the loop.
                let mut $s = unsafe { State::<M>::new($vm, $i, base, frame, exec) };
                $go: { $body }
                $s.save();
                Ok(None)
            }
            // SAFETY: called by the loop.
            unsafe {
                if M != TAIL {
                    return match body::<M>(vm, i, base, frame, exec) {
                        Ok(None) => Exit::Again,
                        left => exit(vm, left),
                    };
                }
                // What has to be dropped is gone before the next instruction's function is called.
                let why = match body::<PLAIN>(vm, i, base, frame, exec) {
                    Ok(None) => Exit::Again,
                    left => exit(vm, left),
                };
                if why != Exit::Again {
                    return why;
                }
                State::<M>::of_top(vm).next()
            }
        }
    };
    (@warm $state:tt $name:ident $body:block) => {
        instructions! { @hot $state $name $body }
    };
    (@cold $state:tt $name:ident $body:block) => {
        instructions! { @far $state $name $body }
    };
}

mod arithmetic;
mod attributes;
mod calls;
mod fed;
mod flow;
mod items;
mod values;

const fn table<const M: u8>() -> [Handler; 256] {
    let table = flow::fill::<M>([flow::Illegal::<M>; 256]);
    let table = calls::fill::<M>(fed::fill::<M>(table));
    let table = items::fill::<M>(arithmetic::fill::<M>(table));
    values::fill::<M>(attributes::fill::<M>(table))
}

static HANDLERS: [Handler; 256] = table::<MODE>();
static WATCHERS: [Handler; 256] = table::<WATCHED>();

/// The method of an operator in the top frame, which waits for it, has returned `v`.
pub fn operator_returned(vm: &Vm, v: Value, dst: u16) -> PyResult<()> {
    let caller = State::<PLAIN>::of_top(vm);
    // SAFETY: the instruction before the next one, which called.
    let i = At(unsafe { caller.pc.sub(1) });
    let regs = caller.regs;
    let v = if v.is_not_implemented() {
        let op = arithmetic::binary_op(i.op().family());
        vm.binary_op_rest(op, regs.get(i.b()), regs.get(i.c()), i.x() != 0)?
    } else {
        v
    };
    regs.consume(i.b());
    regs.consume(i.c());
    regs.put(dst, v);
    Ok(())
}

/// Runs the top frame (an `ENTRY` frame) and what it calls until it returns or raises.
pub fn run(vm: &Vm) -> PyResult<Value> {
    let marker = 0u8;
    let limit = vm.thread.stack_limit.get();
    let low = (&marker as *const u8 as usize) < limit;
    // Native loops that call Python functions need not look themselves.
    if low || vm.breaker.tripped() {
        let polled = if low { Err(vm.recursion_error("")) } else { vm.poll() };
        if let Err(raised) = polled {
            // SAFETY: a frame was just pushed, or linked.
            unsafe {
                if (*vm.thread.top()).kind.get() & kind::GENERATOR != 0 {
                    // It is raised where the generator waits: others may lie below the one that was resumed.
                    return go_on(vm, Exit::Raised);
                }
                vm.thread.pop(vm, true);
            }
            return Err(raised);
        }
    }
    match start(vm) {
        Exit::Done => Ok(vm.thread.result.take().unwrap_or(Value::NONE)),
        left => go_on(vm, left),
    }
}

/// Runs the top frame's next instruction, and what follows it as far as that calls it.
#[inline(always)]
fn start(vm: &Vm) -> Exit {
    let s = State::<MODE>::of_top(vm);
    let i = At(s.pc);
    // SAFETY: the state of the loop.
    unsafe { HANDLERS[i.op() as usize](vm, i, s.regs.base, s.frame, s.exec) }
}

/// Runs on after the loop was left. Watched code runs in a loop of its own; each loop leaves for the other where it meets
/// the other's code.
#[inline(never)]
fn go_on(vm: &Vm, left: Exit) -> PyResult<Value> {
    let (mut left, mut watched) = (left, false);
    loop {
        match left {
            Exit::Done => return Ok(vm.thread.result.take().unwrap_or(Value::NONE)),
            Exit::Switch => watched = !watched,
            Exit::Again => {}
            Exit::Raised => unwind::unwind(vm)?,
        }
        left = if watched { run_watched(vm) } else { run_plain(vm) };
    }
}

/// `Raised`: an exception left the top frame's current instruction (`frame.pc` tells which). `Switch`: watched code is next.
#[inline(never)]
fn run_plain(vm: &Vm) -> Exit {
    loop {
        match start(vm) {
            Exit::Again => {}
            left => return left,
        }
    }
}

/// As `run_plain`, telling watchers. `Switch`: code that nobody watches is next.
#[inline(never)]
fn run_watched(vm: &Vm) -> Exit {
    let mut watch = tracing::Watch::default();
    loop {
        let i = match tracing::step(vm, &mut watch) {
            Ok(tracing::Step::Run(i)) => Cell::new(i),
            Ok(tracing::Step::Again) => continue,
            Ok(tracing::Step::Leave) => return Exit::Switch,
            Err(Raised) => return Exit::Raised,
        };
        let s = State::<WATCHED>::of_top(vm);
        let i = At(&i);
        // SAFETY: the state of the loop; the copy outlives the call.
        match unsafe { WATCHERS[i.op() as usize](vm, i, s.regs.base, s.frame, s.exec) } {
            Exit::Again => {}
            left => return left,
        }
    }
}

const NONE: u64 = Value::NONE.into_bits();
const TRUE: u64 = Value::TRUE.into_bits();
const FALSE: u64 = Value::FALSE.into_bits();
