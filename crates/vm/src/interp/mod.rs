//! The interpreter: frames, the loop, and the handlers of each family of instructions.
//!
//! `run/` holds the loop: a function for each instruction, with its fast path or a call of a handler in the file of its family.
//! A handler never changes the frame; what pushes or pops frames (calls, returns, yields, exceptions) is in `run/flow.rs` and
//! in `call.rs`, `generator.rs` and `unwind.rs`.
//!
//! Invariants of windows, on which all `unsafe` here rests:
//! I1  A frame's window `[base, base + nregs)` lies within the thread's value stack and belongs to the frame from its
//!     push to its pop; only code that the verifier accepted (or our compiler made) runs, so operands are in range.
//! I2  A register holds a live value, or EMPTY, or (temporaries above the live depth) a stale word that is no pointer.
//! I3  Above the top frame's window there are only EMPTY words and stale words that are no pointers.
//! I4  `frame.pc` is saved before anything that can raise, call or look at frames.
//! I5  The code, globals and builtins that a frame points to are kept alive by its function, which the frame owns.

pub mod api;
pub mod build;
pub mod cache;
pub mod call;
mod chain;
pub mod fast;
pub mod feed;
pub mod frame;
mod generator;
pub mod jump;
pub mod legacy_trace;
pub mod links;
pub mod monitor;
pub(crate) mod names;
mod ops;
mod run;
pub mod tracing;
mod unwind;

pub use frame::{Frame, Stacks, ThreadState};

/// What generator objects need of the interpreter.
pub mod gen_api {
    pub use super::chain::settle;
    pub use super::generator::{
        Resumed, With, awaitable, delegate, next_value, of_call, on_stack, resume, resume_with_result,
        skip_send, state_of,
    };
}
pub use run::{DEAD, run};

/// What an interpreter keeps beside its objects for running code.
#[derive(Default)]
pub struct InterpState {
    pub monitor: monitor::Monitor,
}
