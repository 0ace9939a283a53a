//! The string a pattern runs over: a `str`, or an object with a buffer.

use taipan_sre::Subject;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};

/// A subject, held for the time of a match.
pub enum Held<'a> {
    Text(&'a Gc<Str>),
    Plain(&'a Gc<Bytes>),
    Other(Buffer),
}

impl<'a> Held<'a> {
    /// The subject in `v`, checked against the kind of the pattern.
    #[inline]
    pub fn new(vm: &Vm, v: &'a Value, text_pattern: Option<bool>) -> PyResult<Held<'a>> {
        match v.downcast::<Str>() {
            Some(s) if text_pattern != Some(false) => Ok(Held::Text(s)),
            _ => Held::other(vm, v, text_pattern),
        }
    }

    #[inline(never)]
    fn other(vm: &Vm, v: &'a Value, text_pattern: Option<bool>) -> PyResult<Held<'a>> {
        if v.is_instance_of::<Str>() {
            return Err(vm.type_error("cannot use a bytes pattern on a string-like object"));
        }
        let wrong = || {
            vm.type_error(format_args!(
                "expected string or bytes-like object, got '{}'",
                vm.type_of(v).name()
            ))
        };
        if vm.type_of(v).slots.buffer.get().is_none() {
            return Err(wrong());
        }
        if text_pattern == Some(true) {
            return Err(vm.type_error("cannot use a string pattern on a bytes-like object"));
        }
        if let Some(bytes) = v.downcast_exact::<Bytes>() {
            return Ok(Held::Plain(bytes));
        }
        let held = vm.buffer(v, Request::SIMPLE);
        match vm.suppress(held, &taipan_vm::errors::exc::BufferError)? {
            Some(b) => Ok(Held::Other(b)),
            None => Err(wrong()),
        }
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Held::Text(s) => s.as_bytes(),
            Held::Plain(b) => b.as_bytes(),
            Held::Other(b) => b.bytes(),
        }
    }

    pub fn is_text(&self) -> bool {
        matches!(self, Held::Text(_))
    }

    /// Whether offsets are indexes.
    #[inline]
    pub fn is_flat(&self) -> bool {
        match self {
            Held::Text(s) => s.is_ascii(),
            _ => true,
        }
    }

    #[inline]
    pub fn as_subject(&self) -> Subject<'_> {
        match self {
            Held::Text(s) if !s.is_ascii() => Subject::Wtf8(s.as_bytes()),
            _ => Subject::Bytes(self.bytes()),
        }
    }

    /// Length in Python's units.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Held::Text(s) => s.char_len(),
            _ => self.bytes().len(),
        }
    }

    /// Byte offset of an index, which is in range.
    #[inline]
    pub fn offset(&self, index: usize) -> usize {
        match self {
            Held::Text(s) if !s.is_ascii() => s.as_wtf8().byte_offset(index).unwrap_or(s.byte_len()),
            _ => index,
        }
    }

    /// The bytes from `start` to `end`, as far as there are any: an object may have become shorter since the match.
    pub fn part(&self, start: usize, end: usize) -> &[u8] {
        let (bytes, len) = (self.bytes(), self.bytes().len());
        bytes.get(start.min(len)..end.min(len)).unwrap_or_default()
    }

    /// A slice by byte offsets, as a Python object: `str` of text, `bytes` of anything else.
    pub fn slice(&self, vm: &Vm, start: usize, end: usize) -> PyResult<Value> {
        match self {
            Held::Text(s) => Ok(vm.substr(s, start..end.max(start))?.into_value()),
            Held::Plain(b) if start == 0 && end == b.as_bytes().len() => Ok(b.to_value()),
            _ => Ok(vm.try_new_bytes(self.part(start, end))?.into_value()),
        }
    }
}

/// Converts offsets that come in ascending order, each in time proportional to its distance from the last.
pub struct Cursor {
    offset: usize,
    index: usize,
}

impl Cursor {
    pub fn new() -> Cursor {
        Cursor { offset: 0, index: 0 }
    }

    /// Starts from a known pair (offset, index).
    pub fn at((offset, index): (usize, usize)) -> Cursor {
        Cursor { offset, index }
    }

    pub fn pair(&self) -> (usize, usize) {
        (self.offset, self.index)
    }

    pub fn index(&mut self, held: &Held, offset: usize) -> usize {
        if held.is_flat() {
            return offset;
        }
        let bytes = held.bytes();
        if offset >= self.offset {
            self.index += taipan_text::wtf8::count_starts(&bytes[self.offset..offset.min(bytes.len())]);
        } else {
            self.index -= taipan_text::wtf8::count_starts(&bytes[offset..self.offset]);
        }
        self.offset = offset;
        self.index
    }
}
