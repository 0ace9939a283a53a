//! What operators and built-in protocols mean: one function each, called by the slow path of the opcode, by the dunder
//! wrapper and by native code alike. Fast paths elsewhere fall back to these and carry no error text of their own.
//!
//! Whatever is here may run Python code unless it says otherwise.

pub mod attr;
mod call;
mod item;
pub(crate) mod iter;
mod number;
mod object;

pub use object::{plain_equal, plain_order};

pub use number::{BINARY_OPS, BinaryOp, binary_slot_names};
