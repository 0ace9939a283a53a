//! The breaker: one word that backward jumps, calls and long native loops look at. Any bit set means "stop and see why":
//! a signal, another thread's turn, a collection that is due, a limit, tracing.

use std::sync::atomic::{AtomicU32, Ordering};

/// Bits of the breaker word.
pub mod bit {
    /// A signal arrived; the main thread runs its handler.
    pub const SIGNAL: u32 = 1;
    /// Another thread wants the turn.
    pub const TURN: u32 = 2;
    /// A cycle collection is due.
    pub const COLLECT: u32 = 4;
    /// Fuel, deadline or memory budget ran out.
    pub const LIMIT: u32 = 8;
    /// An exception was sent to this thread (`PyThreadState_SetAsyncExc`).
    pub const ASYNC_EXC: u32 = 16;
    /// Pending calls wait (`atexit` of threads, finalisers).
    pub const PENDING: u32 = 32;
}

/// Shared by all threads of an interpreter and by signal handlers.
#[derive(Default)]
pub struct Breaker(AtomicU32);

impl Breaker {
    #[inline(always)]
    pub fn tripped(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    #[inline]
    pub fn bits(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self, bits: u32) {
        self.0.fetch_or(bits, Ordering::Relaxed);
    }

    pub fn clear(&self, bits: u32) {
        self.0.fetch_and(!bits, Ordering::Relaxed);
    }
}
