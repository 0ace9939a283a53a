//! Chains of generators or coroutines that delegate to each other (`yield from`, `await`).
//!
//! Such a chain suspends and is resumed as a whole: a value that the innermost one, the leaf, yields would pass through all
//! others, which do nothing with it, and so would the `None` with which the outermost one, the root, is resumed. While a
//! chain waits, only the root's frame is as that of any generator that waits, but for `kind::CHAINED`, by which its `prev` is
//! the leaf and its `dst` the number of frames above it. All others stay linked and marked as running, each with its `pc` behind its
//! `send`. Whoever looks at one of them, at the root other than to resume it with None, or at a frame object dissolves the
//! chain first (`settle`): then all wait as they would have one by one.
//!
//! I1  The frames of a waiting chain are boxes of their generators; each generator but the root is kept by a register of the
//!     frame below, which nobody else can reach without dissolving the chain.
//! I2  `ThreadState::chain` names frames on the stack, or null. From its leaf down to its root, each frame is one that
//!     `delegates` accepted. A generator's frame that leaves the stack asks `left_chain`.

use super::frame::{Frame, kind};
use super::generator::plain_state;
use crate::types::generator::GenState;
use crate::{Value, Vm};
use std::cell::Cell;
use taipan_bytecode::{Instr, Op};

/// More frames suspend one by one.
const LONGEST: usize = u16::MAX as usize;

/// What kinds mean that a generator's frame is on a stack.
const RESUMED: u8 = kind::ENTRY | kind::FOR_ITER | kind::SEND | kind::DISCARD;

/// If the generator's frame waits in a chain, that is dissolved.
#[inline(never)]
pub fn settle(f: *mut Frame) {
    // SAFETY: frames of generators live as long as these, and those of running ones are linked (I1).
    unsafe {
        let mut root = f;
        while (*root).kind.get() & kind::SEND != 0 {
            root = (*root).prev;
        }
        if (*root).kind.get() & (RESUMED | kind::GENERATOR | kind::CHAINED) == kind::GENERATOR | kind::CHAINED
        {
            dissolve(root);
        }
    }
}

/// All frames of the waiting chain wait on their own from now on.
///
/// # Safety
/// `root` is the root of a chain that waits.
unsafe fn dissolve(root: *mut Frame) {
    // SAFETY: I1.
    unsafe {
        let leaf = (*root).prev;
        let mut f = leaf;
        while f != root {
            let below = (*f).prev;
            if f != leaf {
                // Behind its `yield_value`.
                (*f).pc.set((*f).pc.get().add(1));
            }
            (*f).kind.set((*f).kind.get() & kind::WAITING);
            let owner = std::mem::ManuallyDrop::new(std::ptr::replace(&raw mut (*f).owner, None));
            if let Some(state) = owner.as_ref().and_then(plain_state) {
                state.running.set(false);
            }
            f = below;
        }
        (*root).kind.set((*root).kind.get() & kind::WAITING);
    }
}

/// The frame below one that `send` resumed, if all it does with a value is to yield it.
#[inline(always)]
unsafe fn delegates(f: *mut Frame) -> Option<*mut Frame> {
    // SAFETY: by contract: there is a frame below.
    unsafe {
        let below = (*f).prev;
        let next: Instr = (*(*below).pc.get()).get();
        let passes = next.opcode() == Op::YieldValue as u8
            && next.x() == 1
            && next.a() == (*f).dst
            && next.b() == (*f).dst
            && (*below).kind.get() & (kind::GENERATOR | kind::RESUMED) == kind::GENERATOR;
        let state = if passes { plain_state((*below).owner.as_ref()?)? } else { return None };
        (!state.handled.is_some()).then_some(below)
    }
}

/// The root of the chain whose leaf is the top frame, which `send` resumed, and how many frames there are above it (none: the
/// frame below does not delegate).
///
/// # Safety
/// As said.
#[inline(always)]
pub unsafe fn root_of(vm: &Vm, leaf: *mut Frame) -> (*mut Frame, usize) {
    let (known, root, above) = vm.thread.chain.get();
    let (mut f, mut n) = (leaf, 0);
    // SAFETY: by contract; I2.
    unsafe {
        while (*f).kind.get() & kind::SEND != 0 {
            if f == known {
                return (root, n + above);
            }
            let Some(below) = delegates(f) else { break };
            f = below;
            n += 1;
        }
    }
    (f, n)
}

/// The chain stays on the stack; its leaf will yield again.
#[inline(always)]
pub fn remember(vm: &Vm, leaf: *mut Frame, root: *mut Frame, n: usize) {
    vm.thread.chain.set((leaf, root, n));
}

/// Suspends a chain whose leaf is the top frame and has `n` frames below it down to the root: answers how the root had been
/// resumed. The leaf has saved its place, and the register in which it waits holds `None`.
///
/// # Safety
/// What `root_of` answered, `n` being neither none nor too many (`fits`); no exception is being handled.
#[inline(always)]
pub unsafe fn suspend(vm: &Vm, leaf: *mut Frame, root: *mut Frame, n: usize) -> (u8, u16) {
    // SAFETY: by contract.
    unsafe {
        let (k, dst) = ((*root).kind.get(), (*root).dst);
        vm.thread.unlink_chain(root, n + 1);
        vm.thread.chain.set((std::ptr::null_mut(), std::ptr::null_mut(), 0));
        (*root).pc.set((*root).pc.get().add(1));
        (*root).prev = leaf;
        (*root).dst = n as u16;
        (*root).kind.set(k & kind::WAITING | kind::CHAINED);
        let owner = std::ptr::read(&raw const (*root).owner as *const u64);
        std::ptr::write(&raw mut (*root).owner, None);
        let g = std::mem::ManuallyDrop::new(Value::from_bits(owner));
        if let Some(state) = plain_state(&g) {
            state.running.set(false);
        }
        if k & kind::LOOP == 0 && !Value::release_shared(owner) {
            super::run::release_word(owner);
        }
        (k, dst)
    }
}

/// Whether a chain of so many frames above its root can suspend as one.
#[inline(always)]
pub fn fits(n: usize) -> bool {
    n != 0 && n <= LONGEST
}

/// Resumes a waiting chain with `None`, on top of `top`: answers its leaf, which is the top frame then. `None`: there are not
/// enough places; the chain has been dissolved.
///
/// # Safety
/// `root` is the root of a chain that waits, of the generator whose state is given; `g` is its word, which the frame
/// takes over (counted unless `k` is of `kind::LOOP`); nobody watches, and no exception is being handled.
#[inline(never)]
pub unsafe fn resume(
    vm: &Vm,
    top: &Frame,
    root: *mut Frame,
    state: &GenState,
    g: u64,
    k: u8,
    dst: u16,
) -> Option<*mut Frame> {
    // SAFETY: by contract.
    unsafe {
        let (leaf, n) = ((*root).prev, (*root).dst as usize);
        // `link_chain` overwrites what `dissolve` needs.
        if !vm.thread.link_chain(top, leaf, root, n + 1) {
            dissolve(root);
            return None;
        }
        (*root).kind.set((*root).kind.get() & kind::WAITING | k);
        (*root).dst = dst;
        // In the `send` again.
        (*root).pc.set((*root).pc.get().sub(1));
        std::ptr::write(&raw mut (*root).owner, Some(Value::from_bits(g)));
        state.running.set(true);
        remember(vm, leaf, root, n);
        Some(leaf)
    }
}

const _: () = assert!(size_of::<Cell<Instr>>() == 8);
