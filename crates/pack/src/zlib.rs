//! zlib: deflate, inflate and the two checksums.

use crate::{PIECE, Step, piece};
use libz_rs_sys as z;
use std::ffi::CStr;

pub const OK: i32 = 0;
pub const STREAM_END: i32 = 1;
pub const NEED_DICT: i32 = 2;
pub const STREAM_ERROR: i32 = -2;
pub const DATA_ERROR: i32 = -3;
pub const MEM_ERROR: i32 = -4;
pub const BUF_ERROR: i32 = -5;
pub const VERSION_ERROR: i32 = -6;

fn stream() -> Box<z::z_stream> {
    // Not null: copying takes a null for a broken stream.
    Box::new(z::z_stream { next_out: std::ptr::dangling_mut(), ..Default::default() })
}

/// The library's text about its last error.
fn message(stream: &z::z_stream) -> Option<String> {
    if stream.msg.is_null() {
        return None;
    }
    // SAFETY: the library's texts are static C strings.
    Some(unsafe { CStr::from_ptr(stream.msg) }.to_string_lossy().into_owned())
}

/// Lends input and room to `call` (I2).
fn lend(
    stream: &mut z::z_stream,
    input: &[u8],
    room: &mut [u8],
    call: impl FnOnce(*mut z::z_stream) -> i32,
) -> Step {
    let input = piece(input);
    let size = room.len().min(PIECE);
    stream.next_in = input.as_ptr().cast_mut();
    stream.avail_in = input.len() as u32;
    stream.next_out = room.as_mut_ptr();
    stream.avail_out = size as u32;
    let code = call(stream);
    let step = Step {
        read: input.len() - stream.avail_in as usize,
        written: size - stream.avail_out as usize,
        code,
    };
    stream.next_in = std::ptr::null_mut();
    stream.avail_in = 0;
    // Not null: some calls take a null for a broken stream.
    stream.next_out = std::ptr::dangling_mut();
    stream.avail_out = 0;
    step
}

const VERSION: *const std::ffi::c_char = c"1.3.1".as_ptr();
const SIZE: i32 = size_of::<z::z_stream>() as i32;

/// A stream that compresses.
pub struct Deflate(Box<z::z_stream>);

impl Deflate {
    pub fn new(level: i32, method: i32, wbits: i32, memory: i32, strategy: i32) -> Result<Deflate, i32> {
        let mut s = stream();
        // SAFETY: a fresh stream with the default allocator.
        let code =
            unsafe { z::deflateInit2_(&raw mut *s, level, method, wbits, memory, strategy, VERSION, SIZE) };
        if code == OK { Ok(Deflate(s)) } else { Err(code) }
    }

    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> i32 {
        let d = piece(dictionary);
        // SAFETY: initialised; the dictionary is copied during the call.
        unsafe { z::deflateSetDictionary(&raw mut *self.0, d.as_ptr(), d.len() as u32) }
    }

    pub fn run(&mut self, input: &[u8], room: &mut [u8], flush: i32) -> Step {
        // SAFETY: initialised; I2.
        lend(&mut self.0, input, room, |s| unsafe { z::deflate(s, flush) })
    }

    pub fn copy(&mut self) -> Result<Deflate, i32> {
        let mut s = stream();
        // SAFETY: the source is initialised, the other one fresh.
        let code = unsafe { z::deflateCopy(&raw mut *s, &raw mut *self.0) };
        if code == OK { Ok(Deflate(s)) } else { Err(code) }
    }

    pub fn message(&self) -> Option<String> {
        message(&self.0)
    }
}

impl Drop for Deflate {
    fn drop(&mut self) {
        // SAFETY: initialised, ended once.
        unsafe { z::deflateEnd(&raw mut *self.0) };
    }
}

/// A stream that decompresses.
pub struct Inflate(Box<z::z_stream>);

impl Inflate {
    pub fn new(wbits: i32) -> Result<Inflate, (i32, Option<String>)> {
        let mut s = stream();
        // SAFETY: a fresh stream with the default allocator.
        let code = unsafe { z::inflateInit2_(&raw mut *s, wbits, VERSION, SIZE) };
        if code == OK { Ok(Inflate(s)) } else { Err((code, message(&s))) }
    }

    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> i32 {
        let d = piece(dictionary);
        // SAFETY: initialised; the dictionary is copied during the call.
        unsafe { z::inflateSetDictionary(&raw mut *self.0, d.as_ptr(), d.len() as u32) }
    }

    pub fn run(&mut self, input: &[u8], room: &mut [u8], flush: i32) -> Step {
        // SAFETY: initialised; I2.
        lend(&mut self.0, input, room, |s| unsafe { z::inflate(s, flush) })
    }

    pub fn copy(&self) -> Result<Inflate, i32> {
        let mut s = stream();
        // SAFETY: the source is initialised, the other one fresh.
        let code = unsafe { z::inflateCopy(&raw mut *s, &raw const *self.0) };
        if code == OK { Ok(Inflate(s)) } else { Err(code) }
    }

    pub fn message(&self) -> Option<String> {
        message(&self.0)
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        // SAFETY: initialised, ended once.
        unsafe { z::inflateEnd(&raw mut *self.0) };
    }
}

pub fn crc32(value: u32, data: &[u8]) -> u32 {
    // SAFETY: the pointer is good for the length.
    unsafe { z::crc32_z(value.into(), data.as_ptr(), data.len()) as u32 }
}

pub fn adler32(value: u32, data: &[u8]) -> u32 {
    // SAFETY: the pointer is good for the length.
    unsafe { z::adler32_z(value.into(), data.as_ptr(), data.len()) as u32 }
}

pub fn version() -> String {
    // SAFETY: a static C string.
    unsafe { CStr::from_ptr(z::zlibVersion()) }.to_string_lossy().into_owned()
}
