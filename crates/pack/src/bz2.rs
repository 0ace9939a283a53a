//! bzip2.

use crate::{PIECE, Step, piece};
use libbz2_rs_sys as b;

pub const RUN: i32 = 0;
pub const FINISH: i32 = 2;
pub const STREAM_END: i32 = 4;

fn stream() -> Box<b::bz_stream> {
    // SAFETY: all zeroes is a stream with the default allocator.
    Box::new(unsafe { std::mem::zeroed() })
}

/// Lends input and room to `call` (I2).
fn lend(
    stream: &mut b::bz_stream,
    input: &[u8],
    room: &mut [u8],
    call: impl FnOnce(*mut b::bz_stream) -> i32,
) -> Step {
    let input = piece(input);
    let size = room.len().min(PIECE);
    stream.next_in = input.as_ptr().cast();
    stream.avail_in = input.len() as u32;
    stream.next_out = room.as_mut_ptr().cast();
    stream.avail_out = size as u32;
    let code = call(stream);
    let step = Step {
        read: input.len() - stream.avail_in as usize,
        written: size - stream.avail_out as usize,
        code,
    };
    stream.next_in = std::ptr::null();
    stream.avail_in = 0;
    // Not null: some calls take a null for a broken stream.
    stream.next_out = std::ptr::dangling_mut();
    stream.avail_out = 0;
    step
}

pub struct Compress(Box<b::bz_stream>);

impl Compress {
    pub fn new(level: i32) -> Result<Compress, i32> {
        let mut s = stream();
        // SAFETY: a fresh stream.
        match unsafe { b::BZ2_bzCompressInit(&raw mut *s, level, 0, 0) } {
            0 => Ok(Compress(s)),
            code => Err(code),
        }
    }

    pub fn run(&mut self, input: &[u8], room: &mut [u8], action: i32) -> Step {
        // SAFETY: initialised; I2.
        lend(&mut self.0, input, room, |s| unsafe { b::BZ2_bzCompress(s, action) })
    }
}

impl Drop for Compress {
    fn drop(&mut self) {
        // SAFETY: initialised, ended once.
        unsafe { b::BZ2_bzCompressEnd(&raw mut *self.0) };
    }
}

pub struct Decompress(Box<b::bz_stream>);

impl Decompress {
    pub fn new() -> Result<Decompress, i32> {
        let mut s = stream();
        // SAFETY: a fresh stream.
        match unsafe { b::BZ2_bzDecompressInit(&raw mut *s, 0, 0) } {
            0 => Ok(Decompress(s)),
            code => Err(code),
        }
    }

    pub fn run(&mut self, input: &[u8], room: &mut [u8]) -> Step {
        // SAFETY: initialised; I2.
        lend(&mut self.0, input, room, |s| unsafe { b::BZ2_bzDecompress(s) })
    }
}

impl Drop for Decompress {
    fn drop(&mut self) {
        // SAFETY: initialised, ended once.
        unsafe { b::BZ2_bzDecompressEnd(&raw mut *self.0) };
    }
}
