//! Frames and a thread's two stacks: values and frames. Both are large reservations of which the system hands out only
//! the pages that are touched, so neither ever moves.

use super::run::DEAD;
use crate::types::code::{Code, Exec};
use crate::types::frame_object::FrameObject;
use crate::types::function::Function;
use crate::{Dict, PyResult, Value, Vm};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::hint::cold_path;
use std::ptr::NonNull;
use taipan_bytecode::Instr;
use taipan_heap::Gc;
use taipan_heap::cell::GcCell;

/// A register: a value, or nothing.
pub type Slot = Option<Value>;

/// Words of the value stack (64 MiB of address space).
const STACK_WORDS: usize = 8 << 20;
/// Frames of the frame stack: as much address space. Blocks of this size come from the system, zero and untouched; what is
/// smaller an allocator may take from memory used before, which it would have to fill with zeros for each new thread.
const FRAMES: usize = (64 << 20) / size_of::<Frame>() + 1;

/// Bits of `Frame::kind`.
pub mod kind {
    /// Returning leaves the loop (the caller is native code).
    pub const ENTRY: u8 = 1;
    /// `__init__` of an instance under construction: the instance is the result. Of a generator that waits: `CHAINED`.
    pub const INIT: u8 = 2;
    /// The frame of a generator, coroutine or async generator: `gen` is set.
    pub const GENERATOR: u8 = 4;
    /// The generator was resumed by `for_iter`: its end is no exception.
    pub const FOR_ITER: u8 = 8;
    /// The generator was resumed by `send` (await, yield from).
    pub const SEND: u8 = 16;
    /// Those by which the loop resumes, whose register keeps the generator meanwhile: `owner` is not counted.
    pub const LOOP: u8 = FOR_ITER | SEND;
    /// The frame of a generator that waits, as the lowest of a chain (see `interp/chain.rs`).
    pub const CHAINED: u8 = INIT;
    /// What stays when a generator's frame suspends.
    pub const WAITING: u8 = GENERATOR | MORE;
    /// The generator was just resumed, which a watcher wants to know.
    pub const RESUMED: u8 = 32;
    /// Nobody wants the result (`__setitem__` for an assignment).
    pub const DISCARD: u8 = 64;
    /// A generator whose values go to the built-in that its resumer calls (see `feed.rs`; `DISCARD` otherwise means no
    /// generator).
    pub const FED: u8 = GENERATOR | DISCARD;
    /// An operator's method: the operands wait in the caller's registers, since `NotImplemented` means to ask further (`INIT`
    /// otherwise means a result).
    pub const OPERATOR: u8 = INIT | DISCARD;
    /// The frame has `locals` or an `object`.
    pub const MORE: u8 = 128;
}

/// An activation of a function.
pub struct Frame {
    /// The next instruction (saved: I4).
    pub pc: Cell<*const Cell<Instr>>,
    pub base: *mut Slot,
    /// Where a callee's window may begin that is not set up in place: above this window, or, if this window lies in a
    /// generator, above the resumer's.
    pub free: *mut Slot,
    pub exec: *const Exec,
    /// The frame below, while this one is on the stack.
    pub(in crate::interp) prev: *mut Frame,
    /// Keeps the code alive (replaced code too), the globals and the builtins.
    pub func: Option<Gc<Function>>,
    /// The namespace of a class body, module or `exec`.
    pub locals: Option<Value>,
    /// `GENERATOR`: the generator, while it runs; not counted if it is a generator or coroutine and `kind::LOOP` says so.
    /// `INIT`: the instance.
    pub owner: Option<Value>,
    /// The frame as Python sees it, once it looked.
    pub object: GcCell<FrameObject>,
    /// Where the caller wants the result. `FED`: the number of the consumer.
    pub dst: u16,
    pub kind: Cell<u8>,
    /// Bit 0: a traceback entry for this activation has been made at this pc already (reraise). Above it: 1 + the
    /// instruction from which an exception last came to a handler here.
    pub lineno_override: Cell<u32>,
    /// Watched code is past its start (which has been told).
    pub begun: Cell<bool>,
}

impl Frame {
    /// Keeps the frame as Python sees it.
    pub fn set_object(&self, o: Gc<FrameObject>) {
        self.kind.set(self.kind.get() | kind::MORE);
        self.object.set(Some(o));
    }

    /// Becomes, elsewhere, the frame of a generator that waits at `pc`, with its registers at `base`. This one is empty then.
    ///
    /// # Safety
    /// A frame that has just been pushed, of kind 0; it is not looked at again. `to` has room for a frame.
    #[inline(always)]
    pub unsafe fn move_to(&mut self, to: *mut Frame, base: *mut Slot, pc: *const Cell<Instr>) {
        // SAFETY: by contract; the function moves.
        unsafe { Frame::write_waiting(to, std::ptr::read(&raw const self.func), &*self.exec, base, pc) }
    }

    /// As a frame that somebody looks at from elsewhere: if it waits in a chain, that is dissolved.
    pub fn settle(&self) {
        if self.kind.get() & kind::GENERATOR != 0 {
            super::chain::settle(self as *const Frame as *mut Frame);
        }
    }

    /// The frame below this one, which is on the stack and not the lowest.
    #[inline(always)]
    pub fn resumer(&self) -> &Frame {
        // SAFETY: the frames below one on the stack are live; place 0 has no fields but `free`, which nobody asks for here.
        unsafe { &*self.prev }
    }

    /// The frame of a generator that has not begun: it waits at `pc`, with its registers at `base`.
    ///
    /// # Safety
    /// `to` has room for a frame; `exec` is that of `func`'s code.
    #[inline(always)]
    pub unsafe fn write_waiting(
        to: *mut Frame,
        func: Option<Gc<Function>>,
        exec: &Exec,
        base: *mut Slot,
        pc: *const Cell<Instr>,
    ) {
        // SAFETY: by contract.
        unsafe {
            to.write(Frame {
                pc: Cell::new(pc),
                base,
                free: base,
                exec,
                prev: std::ptr::null_mut(),
                func,
                locals: None,
                owner: None,
                object: GcCell::new(None),
                dst: 0,
                kind: Cell::new(kind::GENERATOR),
                begun: Cell::new(false),
                lineno_override: Cell::new(0),
            });
        }
    }

    /// The generator that is running in this frame.
    pub fn generator(&self) -> Option<&Value> {
        if self.kind.get() & kind::GENERATOR != 0 { self.owner.as_ref() } else { None }
    }

    /// Lets go of what `generator` answers.
    pub fn take_generator(&mut self) -> Option<Value> {
        if self.kind.get() & kind::GENERATOR == 0 {
            return None;
        }
        if !self.borrows_generator() {
            return self.owner.take();
        }
        let g = self.owner.clone();
        // SAFETY: what is overwritten was not counted.
        unsafe { std::ptr::write(&raw mut self.owner, None) };
        g
    }

    /// Whether `owner` is not counted.
    fn borrows_generator(&self) -> bool {
        self.kind.get() & kind::LOOP != 0
            && self.owner.as_ref().is_some_and(|g| !super::generator::is_async(g))
    }

    /// `g` runs in this frame from now on, which has been given its kind; no generator has before.
    pub fn set_generator(&mut self, g: &Value) {
        debug_assert!(self.owner.is_none());
        // SAFETY: the register that `kind::LOOP` speaks of keeps the generator.
        unsafe {
            let borrowed = std::mem::ManuallyDrop::new(std::ptr::read(g));
            std::ptr::write(&raw mut self.owner, Some(std::mem::ManuallyDrop::into_inner(borrowed)));
        }
        if !self.borrows_generator() {
            std::mem::forget(g.clone());
        }
    }

    #[inline(always)]
    pub fn exec(&self) -> &Exec {
        // SAFETY: I5.
        unsafe { &*self.exec }
    }

    pub fn code(&self) -> &Gc<Code> {
        // SAFETY: `Exec::code` is the word of the code object that owns it; both live while the frame does (I5).
        unsafe { &*(&raw const self.exec().code as *const Gc<Code>) }
    }

    #[inline(always)]
    fn func(&self) -> &Gc<Function> {
        // SAFETY: a frame that can be reached has its function; `pop` takes it last.
        unsafe { self.func.as_ref().unwrap_unchecked() }
    }

    /// Whether the end of the frame lets its function live.
    #[inline(always)]
    pub fn func_is_shared(&self) -> bool {
        self.func().header().count() > 1
    }

    #[inline(always)]
    pub fn globals(&self) -> &Gc<Dict> {
        &self.func().globals
    }

    #[inline(always)]
    pub fn builtins(&self) -> &Gc<Dict> {
        &self.func().builtins
    }

    /// Index of the instruction that is running or was last run.
    pub fn lasti(&self) -> usize {
        // SAFETY: both point into the same instruction array.
        let n = unsafe { self.pc.get().offset_from(self.exec().instrs.as_ptr()) };
        (n - 1).max(0) as usize
    }

    /// The line being run (0: none).
    pub fn line(&self) -> u32 {
        if self.pc.get().is_null() {
            return self.code().data.firstlineno;
        }
        if self.pc.get() == self.exec().instrs.as_ptr() {
            return if self.code().is_module() { 0 } else { self.code().data.firstlineno };
        }
        self.code().line_at(self.lasti())
    }

    /// A copy of a register.
    pub fn register(&self, i: usize) -> Slot {
        debug_assert!(i < self.exec().nregs);
        // SAFETY: I1, I2.
        unsafe { (*self.base.add(i)).clone() }
    }

    /// Replaces a register; answers what was there.
    pub fn replace_register(&self, i: usize, v: Slot) -> Slot {
        debug_assert!(i < self.exec().nregs);
        // SAFETY: I1; the loop keeps no value of a register across a call.
        unsafe { std::ptr::replace(self.base.add(i), v) }
    }
}

/// What a thread keeps for running code.
pub struct ThreadState {
    stacks: Stacks,
    /// The running frame; place 0, which never holds one, when no Python code runs. Frames are linked: those of
    /// generators stay where the generator keeps them, and leave a place of the frame stack unused.
    top: Cell<*mut Frame>,
    /// The place of the next frame.
    next: Cell<*mut Frame>,
    /// The first place that the recursion limit keeps free.
    limit: Cell<*mut Frame>,
    stack_end: *mut Slot,
    /// See `interp/chain.rs`: the top of a chain that runs (null: none is known), its root, and how many frames that is below.
    pub(in crate::interp) chain: Cell<(*mut Frame, *mut Frame, usize)>,
    native_depth: Cell<usize>,
    /// The lowest address that the native stack may reach; 0: unknown.
    pub stack_limit: Cell<usize>,
    pub trace_func: taipan_heap::cell::ValueCell,
    pub profile_func: taipan_heap::cell::ValueCell,
    /// The result of the entry frame that the loop has just left.
    pub result: taipan_heap::cell::ValueCell,
    /// How many callbacks of watchers run: nothing is told meanwhile.
    pub tracing: Cell<u32>,
    /// The event being told.
    pub what_event: Cell<u8>,
    /// Numbers of the functions for all threads that this one has taken over.
    pub seen_trace: Cell<u32>,
    pub seen_profile: Cell<u32>,
    /// How many frames a new coroutine remembers of where it was made.
    pub origin_depth: Cell<i32>,
    pub asyncgen_firstiter: taipan_heap::cell::ValueCell,
    pub asyncgen_finalizer: taipan_heap::cell::ValueCell,
}

/// The memory of a thread's values and frames. It outlives the thread for the next one: to map and unmap it makes all threads
/// of the process wait for each other. No register of stacks that nobody uses holds a pointer (I2).
pub struct Stacks {
    values: NonNull<Slot>,
    frames: NonNull<Frame>,
}

// SAFETY: nothing in it refers to a thread, see above.
unsafe impl Send for Stacks {}

/// Stacks of threads that were never deeper than this are worth keeping: they hold little memory.
const SHALLOW: usize = 500;

impl Stacks {
    /// `None`: there is no room for them.
    pub fn new() -> Option<Stacks> {
        let values = reserve(STACK_WORDS)?;
        match reserve::<Frame>(FRAMES) {
            Some(frames) => Some(Stacks { values, frames }),
            None => {
                release(values, STACK_WORDS);
                None
            }
        }
    }

    /// The same without touching the reserve that is kept for the end of memory.
    pub fn if_room() -> Option<Stacks> {
        let bytes = layout::<Slot>(STACK_WORDS).size() + layout::<Frame>(FRAMES).size();
        if taipan_heap::emergency::has_room(bytes) { Stacks::new() } else { None }
    }

    pub fn are_shallow(&self) -> bool {
        // SAFETY: within the reservation; a frame that was there left the address of its code.
        unsafe { (*self.frames.as_ptr().add(SHALLOW)).exec.is_null() }
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        release(self.values, STACK_WORDS);
        release(self.frames, FRAMES);
    }
}

fn layout<T>(n: usize) -> Layout {
    Layout::array::<T>(n).expect("a fixed size")
}

fn reserve<T>(n: usize) -> Option<NonNull<T>> {
    // SAFETY: the layout has a size. Zeroed memory of this size comes straight from the system, untouched.
    NonNull::new(unsafe { alloc_zeroed(layout::<T>(n)) } as *mut T)
}

/// Gives back what `reserve` gave for as many.
fn release<T>(p: NonNull<T>, n: usize) {
    // SAFETY: of this layout; called once, by whom the memory belongs to.
    unsafe { dealloc(p.as_ptr() as *mut u8, layout::<T>(n)) }
}

/// Levels of guarded native recursion, however much stack there is: what is nested deeper is a mistake of the program,
/// and walking it again and again would take forever.
const NATIVE_DEPTH: usize = 40_000;
/// Native stack kept free below the deepest recursion.
const STACK_RESERVE: usize = 256 * 1024;

impl ThreadState {
    pub fn new(stacks: Stacks) -> ThreadState {
        let (stack, frames) = (stacks.values, stacks.frames);
        // SAFETY: place 0 is never a frame; the others' windows begin where it says.
        unsafe { (&raw mut (*frames.as_ptr()).free).write(stack.as_ptr()) };
        ThreadState {
            stacks,
            top: Cell::new(frames.as_ptr()),
            // SAFETY: within the reservation.
            next: Cell::new(unsafe { frames.as_ptr().add(1) }),
            limit: Cell::new(frames.as_ptr()),
            // SAFETY: within the reservation.
            stack_end: unsafe { stack.as_ptr().add(STACK_WORDS - 16) },
            chain: Cell::new((std::ptr::null_mut(), std::ptr::null_mut(), 0)),
            native_depth: Cell::new(0),
            stack_limit: Cell::new(0),
            trace_func: Default::default(),
            profile_func: Default::default(),
            result: Default::default(),
            tracing: Cell::new(0),
            what_event: Cell::new(u8::MAX),
            seen_trace: Cell::new(0),
            seen_profile: Cell::new(0),
            origin_depth: Cell::new(0),
            asyncgen_firstiter: Default::default(),
            asyncgen_finalizer: Default::default(),
        }
    }

    /// The thread has ended: no frame runs any more.
    pub fn into_stacks(self) -> Stacks {
        self.stacks
    }

    /// Tells how much native stack the thread has, counted from here.
    pub fn set_native_stack(&self, bytes: usize) {
        let here = &bytes as *const usize as usize;
        self.stack_limit.set(here.saturating_sub(bytes.saturating_sub(STACK_RESERVE)));
    }

    /// Whether the native stack is used up to its reserve.
    #[inline(always)]
    pub fn native_stack_is_low(&self) -> bool {
        let marker = 0u8;
        (&raw const marker as usize) < self.stack_limit.get()
    }

    /// Enters native code that may recurse without limit.
    #[inline]
    pub fn enter_native(&self, vm: &Vm, what: &'static str) -> PyResult<()> {
        let marker = 0u8;
        let here = &marker as *const u8 as usize;
        let depth = self.native_depth.get() + 1;
        let most = if self.stack_limit.get() == 0 { 1000 } else { NATIVE_DEPTH };
        if here < self.stack_limit.get() || depth > most {
            return Err(vm.recursion_error(what));
        }
        self.native_depth.set(depth);
        Ok(())
    }

    #[inline]
    pub fn leave_native(&self) {
        self.native_depth.set(self.native_depth.get() - 1);
    }

    /// The running frame.
    #[inline(always)]
    pub fn top(&self) -> *mut Frame {
        self.top.get()
    }

    pub fn top_frame(&self) -> Option<&Frame> {
        if self.top.get() == self.stacks.frames.as_ptr() {
            return None;
        }
        // SAFETY: the top frame is live.
        unsafe { self.top.get().as_ref() }
    }

    /// The frame below `f`.
    pub fn below(&self, f: &Frame) -> Option<&Frame> {
        if f.prev == self.stacks.frames.as_ptr() {
            return None;
        }
        // SAFETY: the frames below one on the stack are live.
        unsafe { f.prev.as_ref() }
    }

    pub fn frame_depth(&self) -> usize {
        // SAFETY: both point into the frame stack.
        unsafe { self.next.get().offset_from(self.stacks.frames.as_ptr()) as usize - 1 }
    }

    /// Applies the interpreter's recursion limit.
    pub fn set_limit(&self, limit: usize) {
        let n = limit.min(FRAMES - 2);
        // SAFETY: within the reservation.
        self.limit.set(unsafe { self.stacks.frames.as_ptr().add(n + 1) });
    }

    /// The place of the next frame, if the recursion limit allows one.
    #[inline(always)]
    fn next_place(&self, vm: &Vm) -> PyResult<*mut Frame> {
        let f = self.next.get();
        if f >= self.limit.get() { self.limit_reached(vm, f) } else { Ok(f) }
    }

    /// Another thread may have changed the limit since this one looked.
    #[cold]
    #[inline(never)]
    fn limit_reached(&self, vm: &Vm, f: *mut Frame) -> PyResult<*mut Frame> {
        self.set_limit(vm.recursion_limit.get());
        if f >= self.limit.get() { Err(vm.recursion_error("")) } else { Ok(f) }
    }

    /// Where a window may begin that is not set up in place: above the top frame's window.
    #[inline]
    pub fn free_base(&self) -> *mut Slot {
        // SAFETY: the top frame, or place 0, which says the same.
        unsafe { (*self.top.get()).free }
    }

    /// Whether a window of `n` words fits at `base`.
    #[inline(always)]
    pub fn fits(&self, base: *mut Slot, n: usize) -> bool {
        // `n` is bounded by the 16 bits of an operand, so this cannot wrap.
        base.wrapping_add(n) <= self.stack_end
    }

    /// Pushes a frame for `func` whose window begins at `base`. Registers beyond the arguments are EMPTY already.
    ///
    /// # Safety
    /// The window fits and its argument registers are set up; `exec` is that of `func`'s code.
    #[inline(always)]
    pub unsafe fn push(
        &self,
        vm: &Vm,
        func: Gc<Function>,
        exec: &Exec,
        base: *mut Slot,
        kind: u8,
        dst: u16,
    ) -> PyResult<*mut Frame> {
        self.next_place(vm)?;
        // SAFETY: by contract; there is a place.
        unsafe { Ok(self.push_unchecked(self.top.get(), func, exec, base, kind, dst)) }
    }

    /// Whether the recursion limit, as far as this thread knows it, leaves a place.
    #[inline(always)]
    pub fn has_place(&self) -> bool {
        self.next.get() < self.limit.get()
    }

    /// `push` where there is a place, on top of `caller`.
    ///
    /// # Safety
    /// As for `push`; `caller` is the top frame, or place 0.
    #[inline(always)]
    pub unsafe fn push_unchecked(
        &self,
        caller: *mut Frame,
        func: Gc<Function>,
        exec: &Exec,
        base: *mut Slot,
        kind: u8,
        dst: u16,
    ) -> *mut Frame {
        let f = self.next.get();
        // SAFETY: by contract.
        unsafe {
            f.write(Frame {
                pc: Cell::new(exec.instrs.as_ptr()),
                base,
                free: base.add(exec.nregs),
                exec,
                prev: caller,
                func: Some(func),
                locals: None,
                owner: None,
                object: GcCell::new(None),
                dst,
                kind: Cell::new(kind),
                begun: Cell::new(false),
                lineno_override: Cell::new(0),
            });
            self.top.set(f);
            self.next.set(f.add(1));
        }
        f
    }

    /// Pops the top frame, of kind 0 or `INIT` without its owner: its function returns. Hot.
    ///
    /// # Safety
    /// `f` is the top frame and runs `exec`; its temporaries hold no pointers.
    #[inline(always)]
    pub unsafe fn pop_plain(&self, vm: &Vm, f: *mut Frame, exec: &Exec) {
        // SAFETY: by contract; after its registers hold no pointers and it is off the stack, its function is dropped.
        unsafe {
            drop_registers(&*f, exec, exec.first_temp);
            // A finaliser may have looked at the frame just now.
            if (*f).kind.get() & kind::MORE != 0 {
                cold_path();
                detach(vm, &*f);
            }
            self.unlink(f);
            drop(std::ptr::read(&raw const (*f).func));
        }
    }

    /// Drops the locals of the top frame, which is done.
    ///
    /// # Safety
    /// `f` is the top frame and runs `exec`; its temporaries hold no pointers.
    #[inline(never)]
    pub unsafe fn drop_locals(&self, f: *mut Frame, exec: &Exec) {
        // SAFETY: by contract.
        unsafe { drop_registers(&*f, exec, exec.first_temp) }
    }

    /// Takes the top frame off for good, all of whose values have been given back but its function, which others refer to.
    /// Answers its caller's. Hot.
    ///
    /// # Safety
    /// `f` is the top frame, which owns nothing else.
    #[inline(always)]
    pub unsafe fn leave(&self, f: *mut Frame) -> *const Frame {
        // SAFETY: by contract.
        unsafe {
            self.unlink(f);
            Value::release_pointer(std::ptr::read(&raw const (*f).func as *const u64));
            (*f).prev
        }
    }

    /// Pops the top frame. Its locals are dropped; `all`: temporaries too, of which a return leaves none (verified).
    ///
    /// # Safety
    /// A frame is running.
    #[inline(never)]
    pub unsafe fn pop(&self, vm: &Vm, all: bool) {
        // SAFETY: the top frame is live; after its registers hold no pointers and it is off the stack, its fields are
        // dropped.
        unsafe {
            let f = self.top.get();
            let exec = &*(*f).exec;
            detach(vm, &*f);
            drop_registers(&*f, exec, if all { exec.nregs } else { exec.first_temp });
            // A finaliser may have looked at the frame just now.
            detach(vm, &*f);
            self.left_chain(f);
            self.unlink(f);
            drop(std::ptr::read(f));
        }
    }

    /// Takes the top frame off the stack, as it is.
    ///
    /// # Safety
    /// `f` is the top frame.
    #[inline(always)]
    pub unsafe fn unlink(&self, f: *mut Frame) {
        debug_assert!(f == self.top.get());
        // SAFETY: by contract; a frame on the stack has taken a place.
        unsafe {
            self.top.set((*f).prev);
            self.next.set(self.next.get().sub(1));
        }
    }

    /// The top frame `f` is about to be unlinked. If it is a generator's that `send` resumed, the one below goes on, which
    /// may have been resumed long ago with `f` above it already.
    ///
    /// # Safety
    /// As said.
    #[inline(always)]
    pub(in crate::interp) unsafe fn left_chain(&self, f: *mut Frame) {
        // SAFETY: by contract: there is a frame below.
        unsafe {
            if (*f).kind.get() & kind::SEND != 0 {
                (*(*f).prev).free = (*f).free;
                let (leaf, root, n) = self.chain.get();
                if leaf == f {
                    let leaf = if n > 1 { (*f).prev } else { std::ptr::null_mut() };
                    self.chain.set((leaf, root, n.wrapping_sub(1)));
                }
            }
        }
    }

    /// Takes a chain of `n` frames off, of which the lowest one is the `root`.
    ///
    /// # Safety
    /// The chain is on top.
    #[inline(always)]
    pub(super) unsafe fn unlink_chain(&self, root: *mut Frame, n: usize) {
        // SAFETY: by contract; each has taken a place.
        unsafe {
            self.top.set((*root).prev);
            self.next.set(self.next.get().sub(n));
        }
    }

    /// Puts a chain of `n` frames on top of `top`, the top frame or place 0, if there are places.
    ///
    /// # Safety
    /// The frames are linked from `leaf` to `root`, and the chain is not on the stack.
    #[inline(always)]
    pub(super) unsafe fn link_chain(
        &self,
        top: &Frame,
        leaf: *mut Frame,
        root: *mut Frame,
        n: usize,
    ) -> bool {
        // SAFETY: by contract; the frame stack has so many places, or it ends at `limit`.
        unsafe {
            if (self.limit.get() as usize).saturating_sub(self.next.get() as usize) < n * size_of::<Frame>() {
                return false;
            }
            (*root).prev = top as *const Frame as *mut Frame;
            (*root).free = top.free;
            (*leaf).free = top.free;
            self.top.set(leaf);
            self.next.set(self.next.get().add(n));
        }
        true
    }

    /// `link` where there is a place; `top` is the top frame.
    ///
    /// # Safety
    /// As for `link`.
    #[inline(always)]
    pub unsafe fn link_unchecked(&self, top: &Frame, f: *mut Frame) {
        // SAFETY: by contract.
        unsafe {
            (*f).free = top.free;
            (*f).prev = top as *const Frame as *mut Frame;
            self.top.set(f);
            self.next.set(self.next.get().add(1));
        }
    }

    /// Puts a frame that waits elsewhere on top. On an error nothing has changed.
    ///
    /// # Safety
    /// The frame and its window are complete, not on the stack, and stay where they are until they are off it again.
    #[inline(always)]
    pub unsafe fn link(&self, vm: &Vm, f: *mut Frame) -> PyResult<()> {
        self.next_place(vm)?;
        // SAFETY: by contract; place 0 says where windows begin as frames do.
        unsafe { self.link_unchecked(&*self.top.get(), f) };
        Ok(())
    }
}

/// Drops what the first `n` registers hold.
///
/// # Safety
/// The frame runs `exec`; nothing reads the registers afterwards, and the others hold no pointers.
#[inline(always)]
unsafe fn drop_registers(f: &Frame, exec: &Exec, n: usize) {
    let base = f.base as *mut u64;
    // SAFETY: I1, I2.
    unsafe {
        debug_assert!(
            (n..exec.nregs).all(|i| *base.add(i) & 7 != 0 || *base.add(i) == 0),
            "temporaries at a return"
        );
        // The last variable goes first, as in CPython.
        let mut i = n;
        while i > 0 {
            i -= 1;
            let slot = base.add(i);
            let word = *slot;
            // Words that are no pointers may stay (I2).
            if word & 7 == 0 {
                cold_path();
                *slot = DEAD;
                if word != 0 {
                    drop(Value::from_bits(word));
                }
            }
        }
    }
}

/// A frame ends. If Python holds its frame object, that takes the variables over.
#[inline(never)]
fn detach(vm: &Vm, f: &Frame) {
    if let Some(o) = f.object.take()
        && o.header().count() > 1
    {
        let below = if f.kind.get() & kind::GENERATOR != 0 { None } else { vm.thread.below(f) };
        o.detach(vm, f, below);
    }
}
