//! Taipan as a library: an interpreter in a few lines.
//!
//! ```no_run
//! let python = taipan::Interpreter::new()?;
//! python.run("print(6 * 7)")?;
//! # Ok::<(), taipan::Error>(())
//! ```
//!
//! `frontend` joins parser and compiler to the machine, `start` is the start-up sequence, `finish` its reverse, `library`
//! the frozen modules and the list of native ones. Only this crate knows all the others.

mod error;
mod finish;
pub mod frontend;
mod interpreter;
mod library;
mod site;
mod start;

pub use error::Error;
pub use finish::{Ended, exit_status, print_exception};
pub use interpreter::{Builder, Interpreter};
pub use start::{StartError, fs_text};
pub use taipan_host as host;
pub use taipan_lib_os as lib_os;
pub use taipan_vm as vm;

/// `sys.version`.
pub fn version() -> &'static str {
    taipan_vm::modules::sys::VERSION
}

/// What cached files begin with.
pub fn magic() -> [u8; 4] {
    taipan_bytecode::MAGIC
}

/// The key of `hash()` for `PYTHONHASHSEED`.
pub fn key_from_seed(seed: u32) -> (u64, u64) {
    taipan_text::hash::key_from_seed(seed)
}
