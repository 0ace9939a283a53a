//! The regular-expression engine behind Python's `re`: CPython 3.14's `_sre` semantics, no Python objects.
//!
//! Two ways lead to a [`Program`]: [`Program::compile`] takes the opcode array that Python's `re._compiler`
//! emits (and refuses a malformed one), [`pattern::compile`] takes the pattern itself. A program runs over a
//! [`Subject`] (bytes, or text as WTF-8) by backtracking with an explicit stack, so no input can exhaust the
//! native stack, and the reusable [`State`] makes a match free of allocations.
//!
//! Positions are byte offsets everywhere; for ASCII text they are also code-point offsets.
//!
//! The crate knows Unicode's tables (`taipan-text`) and nothing of objects, threads or signals: a long match
//! polls the caller's breaker. No `unsafe`.

#![forbid(unsafe_code)]

mod analysis;
pub mod chars;
mod charset;
mod exec;
mod hints;
pub mod opcode;
pub mod pattern;
mod program;
mod search;
mod subject;
mod translate;

pub use exec::{State, Stop};
pub use opcode::{CODESIZE, MAGIC, MAXGROUPS, MAXREPEAT};
pub use program::{CodeError, Program};
pub use search::{Mode, Request};
pub use subject::Subject;
