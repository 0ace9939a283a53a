//! Text without objects: WTF-8 strings, Unicode data, string algorithms, number text, formatting, codecs, hashes.
//!
//! This crate knows nobody: no values, no virtual machine. Everything is a pure function over byte slices, or a type
//! that owns bytes. The objects `str`, `bytes`, `int`, `float` and the codec modules are built on it elsewhere.

pub mod codecs;
pub mod format;
pub mod hash;
pub mod number;
pub mod strings;
pub mod unicode;
pub mod wtf8;

pub use wtf8::{Wtf8, Wtf8Buf};
