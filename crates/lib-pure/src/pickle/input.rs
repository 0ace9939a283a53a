//! The bytes of a pickle on their way in: from memory, or from a file by `peek`, `read` and `readline`.

use super::unpickling_error;
use std::ops::Range;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// How much is asked of `peek`.
const PREFETCH: usize = 1024 * 128;

pub struct File {
    pub read: Value,
    pub readline: Value,
    pub peek: Option<Value>,
}

pub struct Input {
    bytes: Gc<Bytes>,
    at: usize,
    /// How far the file itself stands in `bytes`: behind what was read, before what was only peeked at.
    fetched: usize,
    file: Option<File>,
}

#[cold]
pub fn truncated(vm: &Vm) -> Raised {
    unpickling_error(vm, "pickle data was truncated")
}

impl Input {
    pub fn new(bytes: Gc<Bytes>, file: Option<File>) -> Input {
        Input { bytes, at: 0, fetched: 0, file }
    }

    /// The next byte.
    #[inline]
    pub fn byte(&mut self, vm: &Vm) -> PyResult<u8> {
        if let Some(b) = self.bytes.as_bytes().get(self.at) {
            self.at += 1;
            return Ok(*b);
        }
        let range = self.take(vm, 1)?;
        Ok(self.get(range).first().copied().unwrap_or_default())
    }

    /// Skips the next byte if it is this one, and there.
    #[inline]
    pub fn skip(&mut self, byte: u8) -> bool {
        let is = self.bytes.as_bytes().get(self.at) == Some(&byte);
        self.at += is as usize;
        is
    }

    /// The next bytes, as a number.
    #[inline]
    pub fn array<const N: usize>(&mut self, vm: &Vm) -> PyResult<[u8; N]> {
        let range = self.take(vm, N)?;
        Ok(self.get(range).try_into().unwrap_or([0; N]))
    }

    /// What a range means, until the next call of `take` or `line`.
    #[inline]
    pub fn get(&self, range: Range<usize>) -> &[u8] {
        self.bytes.as_bytes().get(range).unwrap_or_default()
    }

    /// The next `n` bytes.
    #[inline]
    pub fn take(&mut self, vm: &Vm, n: usize) -> PyResult<Range<usize>> {
        let at = self.at;
        if self.bytes.len() - at >= n {
            self.at = at + n;
            return Ok(at..at + n);
        }
        self.fetch(vm, n)
    }

    #[cold]
    fn fetch(&mut self, vm: &Vm, n: usize) -> PyResult<Range<usize>> {
        if self.file.is_none() {
            return Err(truncated(vm));
        }
        self.read(vm, n)?;
        if self.bytes.len() < n {
            return Err(truncated(vm));
        }
        self.at = n;
        Ok(0..n)
    }

    /// Reads at least `n` bytes into the buffer, or what there is.
    fn read(&mut self, vm: &Vm, n: usize) -> PyResult<()> {
        self.skip_consumed(vm)?;
        let Some(file) = &mut self.file else { return Ok(()) };
        if n < PREFETCH
            && let Some(peek) = file.peek.clone()
        {
            match vm.call1(&peek, &vm.new_uint(PREFETCH as u64)) {
                Ok(data) => {
                    let data = bytes_of(vm, &data)?;
                    let enough = data.len() >= n;
                    (self.bytes, self.at, self.fetched) = (data, 0, 0);
                    if enough {
                        return Ok(());
                    }
                }
                Err(Raised) if vm.raised_is(&exc::NotImplementedError) => {
                    drop(vm.take_raised());
                    file.peek = None;
                }
                Err(Raised) => return Err(Raised),
            }
        }
        let Some(file) = &self.file else { return Ok(()) };
        let data = vm.call1(&file.read, &vm.new_uint(n as u64))?;
        self.set_bytes(bytes_of(vm, &data)?);
        Ok(())
    }

    fn set_bytes(&mut self, bytes: Gc<Bytes>) {
        self.fetched = bytes.len();
        self.bytes = bytes;
        self.at = 0;
    }

    /// Moves the file behind what was used of a peek.
    pub fn skip_consumed(&mut self, vm: &Vm) -> PyResult<()> {
        let used = self.at.saturating_sub(self.fetched);
        if let Some(file) = &self.file
            && used > 0
        {
            vm.call1(&file.read, &vm.new_uint(used as u64))?;
            self.fetched = self.at;
        }
        Ok(())
    }

    /// The next line, with its end.
    pub fn line(&mut self, vm: &Vm) -> PyResult<Range<usize>> {
        let at = self.at;
        let rest = self.bytes.as_bytes().get(at..).unwrap_or_default();
        if let Some(n) = memchr::memchr(b'\n', rest) {
            self.at = at + n + 1;
            return Ok(at..self.at);
        }
        self.skip_consumed(vm)?;
        let Some(file) = &self.file else { return Err(truncated(vm)) };
        let data = vm.call0(&file.readline)?;
        self.set_bytes(bytes_of(vm, &data)?);
        self.at = self.bytes.len();
        if self.bytes.as_bytes().last() != Some(&b'\n') {
            return Err(truncated(vm));
        }
        Ok(0..self.at)
    }

    /// Makes the next `n` bytes be there together, without using them.
    pub fn frame(&mut self, vm: &Vm, n: usize) -> PyResult<()> {
        let range = self.take(vm, n)?;
        self.at = range.start;
        Ok(())
    }

    /// The next `n` bytes, perhaps many, as an object.
    pub fn object(&mut self, vm: &Vm, n: usize) -> PyResult<Gc<Bytes>> {
        let at = self.at;
        let here = self.bytes.len() - at;
        let Some(file) = self.file.as_ref().filter(|_| n > here) else {
            let range = self.take(vm, n)?;
            return vm.try_new_bytes(self.get(range));
        };
        let read = file.read.clone();
        let mut all = self.get(at..at + here).to_vec();
        self.at += here;
        self.skip_consumed(vm)?;
        let more = vm.call1(&read, &vm.new_uint((n - here) as u64))?;
        let Some(more) = more.downcast::<Bytes>() else {
            let shown = vm.repr_text(vm.type_of(&more).as_value())?;
            return Err(vm.value_error(format_args!("read() returned non-bytes object ({shown})")));
        };
        if more.len() < n - here {
            return Err(truncated(vm));
        }
        if here == 0 && more.len() == n {
            return Ok(more.clone());
        }
        if all.try_reserve(n - here).is_err() {
            return Err(vm.memory_error());
        }
        all.extend_from_slice(more.as_bytes().get(..n - here).unwrap_or_default());
        vm.try_new_bytes(&all)
    }
}

/// The bytes of what a file's method answered.
fn bytes_of(vm: &Vm, v: &Value) -> PyResult<Gc<Bytes>> {
    if let Some(b) = v.downcast::<Bytes>() {
        return Ok(b.clone());
    }
    vm.try_new_bytes(&vm.bytes_like(v)?)
}
