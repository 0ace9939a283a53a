//! The string a pattern runs over: a `str`, or an object with a buffer.

use taipan_sre::Subject;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};

/// A subject, held for the time of a match.
pub enum Held {
    Text(Gc<Str>),
    Bytes(Buffer),
}

impl Held {
    /// The subject in `v`, checked against the kind of the pattern.
    pub fn new(vm: &Vm, v: &Value, text_pattern: Option<bool>) -> PyResult<Held> {
        if let Some(s) = v.downcast::<Str>() {
            if text_pattern == Some(false) {
                return Err(vm.type_error("cannot use a bytes pattern on a string-like object"));
            }
            return Ok(Held::Text(s.clone()));
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
        let held = vm.buffer(v, Request::SIMPLE);
        match vm.suppress(held, &taipan_vm::errors::exc::BufferError)? {
            Some(b) => Ok(Held::Bytes(b)),
            None => Err(wrong()),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Held::Text(s) => s.as_bytes(),
            Held::Bytes(b) => b.bytes(),
        }
    }

    /// Whether offsets are indexes.
    pub fn is_flat(&self) -> bool {
        match self {
            Held::Text(s) => s.is_ascii(),
            Held::Bytes(_) => true,
        }
    }

    pub fn as_subject(&self) -> Subject<'_> {
        match self {
            Held::Text(s) if !s.is_ascii() => Subject::Wtf8(s.as_bytes()),
            _ => Subject::Bytes(self.bytes()),
        }
    }

    /// Length in Python's units.
    pub fn len(&self) -> usize {
        match self {
            Held::Text(s) => s.char_len(),
            Held::Bytes(b) => b.bytes().len(),
        }
    }

    /// Byte offset of an index, which is in range.
    pub fn offset(&self, index: usize) -> usize {
        match self {
            Held::Text(s) if !s.is_ascii() => s.as_wtf8().byte_offset(index).unwrap_or(s.byte_len()),
            _ => index,
        }
    }

    /// A slice by byte offsets, as a Python object: `str` of text, `bytes` of anything else.
    pub fn slice(&self, vm: &Vm, start: usize, end: usize) -> Value {
        match self {
            Held::Text(s) => match s.as_wtf8().get(start..end.max(start)) {
                Some(t) => vm.new_wtf8(t).into_value(),
                None => vm.names.empty.to_value(),
            },
            Held::Bytes(b) => {
                // The object may have become shorter since the match.
                let (bytes, len) = (b.bytes(), b.bytes().len());
                vm.new_bytes(bytes.get(start.min(len)..end.min(len)).unwrap_or_default()).into_value()
            }
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
