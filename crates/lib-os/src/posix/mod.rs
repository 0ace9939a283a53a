//! Module `posix`: the operating system, as `os` re-exports it.

pub mod args;
pub mod calls;
pub mod files;
pub mod numbers;
pub mod process;
pub mod scandir;
pub mod stat;
