//! Streams of the compression libraries (zlib, bzip2, xz) as safe objects: a stream gets input and room, and says how
//! much of each it used. Texts of errors, growing results and Python's objects are the caller's.
//!
//! I1  A library's stream lives in a box and never moves: some libraries keep its address.
//! I2  Pointers to input and room are set for one call and taken away after it.

#![expect(unsafe_code, reason = "the libraries have C's interface")]

pub mod bz2;
pub mod lzma;
pub mod zlib;

/// What a call of a stream did.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Bytes of input used.
    pub read: usize,
    /// Bytes of room filled.
    pub written: usize,
    /// The library's own number.
    pub code: i32,
}

/// Input and room are given in pieces that the libraries' counters can hold.
const PIECE: usize = 1 << 30;

fn piece(data: &[u8]) -> &[u8] {
    data.get(..PIECE).unwrap_or(data)
}
