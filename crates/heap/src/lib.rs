//! Values and the heap they live on: the value word, object headers and reference counts, the size-class
//! allocator, the cycle collector's walk over the allocator's pages, and interior-mutability cells for values.
//!
//! The heap knows nothing of Python: a type is a [`TypeHead`] of function pointers, and what must happen when an
//! object with a finaliser or weak references dies is a pair of [`Hooks`] that the virtual machine installs.
//!
//! I1  A value word with low bits `000` is a live, owned reference to an object of the current thread's heap.
//! I2  Only the thread whose turn it is touches a heap; [`enter`] makes it current.
//! I3  A free block has a null type word; a live block never has.
//! I4  An object whose count is 0 is being destroyed; nobody may revive it but its finaliser.

mod alloc;
pub mod cell;
mod chunk;
mod collect;
pub mod emergency;
mod object;
pub mod payload;
mod pointers;
mod trace;
mod value;

pub use alloc::{Heap, HeapStats, Hooks, current, enter, try_current};
pub use collect::{Garbage, collecting};
pub use object::{Gc, Header, Obj, TypeFlags, TypeHead, VarObj, flags};
pub use payload::{Layout, PayloadFns};
pub use trace::Trace;
pub use value::Value;
