//! `zlib`, `_bz2`, `_lzma`: compression streams as objects. Here is what they share: results that grow, and
//! decompressors that keep input for which there was no room.

pub mod bz2;
pub mod lzma;
pub mod lzma_filters;
pub mod zlib;

use taipan_pack::Step;
use taipan_vm::prelude::*;

/// A result in the making.
pub struct Output {
    data: Vec<u8>,
    len: usize,
    max: usize,
}

const FIRST: usize = 16 * 1024;

impl Output {
    pub fn new(max: Option<usize>) -> Output {
        Output { data: Vec::new(), len: 0, max: max.unwrap_or(isize::MAX as usize) }
    }

    /// Room to write to: empty only when the limit is reached.
    pub fn room(&mut self, vm: &Vm) -> PyResult<&mut [u8]> {
        if self.len == self.data.len() {
            let more = self.data.len().clamp(FIRST, 64 << 20).min(self.max - self.len);
            if self.data.try_reserve(more).is_err() {
                return Err(vm.memory_error());
            }
            self.data.resize(self.data.len() + more, 0);
        }
        Ok(self.data.get_mut(self.len..).unwrap_or_default())
    }

    pub fn add(&mut self, n: usize) {
        self.len += n;
    }

    /// Whether the limit is reached.
    pub fn full(&self) -> bool {
        self.len >= self.max
    }

    pub fn bytes(&self, vm: &Vm) -> PyResult<Gc<Bytes>> {
        vm.try_new_bytes(self.data.get(..self.len).unwrap_or_default())
    }
}

/// Runs a stream over all of `input` until it stops filling its room. `Err` is a number that is an error.
pub fn run(
    vm: &Vm,
    input: &[u8],
    out: &mut Output,
    mut step: impl FnMut(&[u8], &mut [u8]) -> Step,
    is_end: impl Fn(i32) -> bool,
    is_error: impl Fn(&Step) -> bool,
) -> PyResult<Ran> {
    let mut read = 0;
    loop {
        let room = out.room(vm)?;
        let size = room.len();
        let s = step(input.get(read..).unwrap_or_default(), room);
        read += s.read;
        out.add(s.written);
        let ran = |end, error| Ran { read, code: s.code, end, error };
        if is_end(s.code) {
            return Ok(ran(true, false));
        }
        if is_error(&s) {
            return Ok(ran(false, true));
        }
        let stuck = s.read == 0 && s.written == 0;
        let filled = s.written == size;
        if out.full() || stuck || (!filled && read == input.len()) {
            return Ok(ran(false, false));
        }
    }
}

/// How `run` ended.
#[derive(Clone, Copy)]
pub struct Ran {
    pub read: usize,
    pub code: i32,
    pub end: bool,
    pub error: bool,
}

/// What a decompressor object keeps between calls.
#[derive(Clone, Default)]
pub struct Feed {
    pending: Vec<u8>,
    pub unused: Vec<u8>,
    pub eof: bool,
    /// There is output left to get without more input.
    pub full: bool,
}

impl Feed {
    pub fn needs_input(&self) -> bool {
        !self.eof && !self.full
    }

    /// `decompress(data, max_length)`.
    pub fn decompress(
        &mut self,
        vm: &Vm,
        data: &[u8],
        max: isize,
        step: impl FnMut(&[u8], &mut [u8]) -> Step,
        is_end: impl Fn(i32) -> bool,
        is_error: impl Fn(&Step) -> bool,
    ) -> PyResult<(Ran, Output)> {
        let mut out = Output::new(usize::try_from(max).ok());
        let joined;
        let input = if self.pending.is_empty() {
            data
        } else {
            let mut all = std::mem::take(&mut self.pending);
            if all.try_reserve(data.len()).is_err() {
                return Err(vm.memory_error());
            }
            all.extend_from_slice(data);
            joined = all;
            &joined
        };
        let ran = run(vm, input, &mut out, step, is_end, is_error)?;
        let rest = input.get(ran.read..).unwrap_or_default();
        if ran.end {
            self.eof = true;
            self.full = false;
            self.unused = rest.to_vec();
        } else if !ran.error {
            self.full = out.full();
            self.pending = rest.to_vec();
        }
        Ok((ran, out))
    }
}
