//! `StringIO`: a text stream in memory. The text is WTF-8; a position in code points goes with its byte offset.

use super::base::TextIoBase;
use super::bytes_io::update_dict;
use super::newline::{LineEnd, Newlines, is_legal};
use crate::util;
use std::cell::Cell;
use taipan_text::wtf8::{Wtf8, count_starts};
use taipan_vm::prelude::*;

/// Text I/O implementation using an in-memory buffer.
///
/// The initial_value argument sets the value of object.  The newline
/// argument is like the one of TextIOWrapper's constructor.
#[pytype(name = "StringIO", module = "_io", base = TextIoBase, signature = "(initial_value='', newline='\\n')", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace, Default)]
pub struct StringIo {
    pub base: TextIoBase,
    #[notrace]
    data: Guarded<Vec<u8>>,
    /// Length in code points.
    #[notrace]
    chars: Cell<usize>,
    /// Position in code points; may lie beyond the end.
    #[notrace]
    pos: Cell<usize>,
    /// The same in bytes, when it lies within the text.
    #[notrace]
    byte_pos: Cell<usize>,
    #[notrace]
    ready: Cell<bool>,
    #[notrace]
    closed: Cell<bool>,
    #[notrace]
    newlines: Cell<Option<Newlines>>,
    #[notrace]
    line_end: Cell<Option<LineEnd>>,
    #[notrace]
    write_nl: Cell<Option<&'static [u8]>>,
    newline: ValueCell,
}

fn iternext(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(s) = v.downcast::<StringIo>() else { return Err(vm.type_error("not a StringIO")) };
    s.open(vm)?;
    if v.downcast_exact::<StringIo>().is_some() {
        let line = s.line(vm, None);
        return Ok(if line.is_empty() { None } else { Some(line.into_value()) });
    }
    let line = vm.call_method_name(v, &vm.names.readline, &[])?;
    let Some(s) = line.downcast::<Str>() else {
        return Err(vm.raise_new(
            &taipan_vm::errors::exc::OSError,
            format_args!("readline() should have returned a str object, not '{}'", vm.type_of(&line).name()),
        ));
    };
    Ok(if s.is_empty() { None } else { Some(line.clone()) })
}

impl Slots for StringIo {
    const SLOTS: SlotDefs = SlotDefs { iternext: Some(iternext), ..SlotDefs::NONE };
}

impl StringIo {
    fn open(&self, vm: &Vm) -> PyResult<()> {
        if !self.ready.get() {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        if self.closed.get() { Err(vm.value_error("I/O operation on closed file")) } else { Ok(()) }
    }

    /// Moves to a position in code points.
    fn go(&self, pos: usize) {
        let byte = self.data.with(|d| {
            if self.chars.get() == d.len() {
                pos.min(d.len())
            } else if pos >= self.chars.get() {
                d.len()
            } else {
                Wtf8::from_bytes(d).and_then(|t| t.byte_offset(pos)).unwrap_or(d.len())
            }
        });
        self.pos.set(pos);
        self.byte_pos.set(byte);
    }

    /// Takes `n` bytes, known to end at a code point.
    fn take_bytes(&self, vm: &Vm, n: usize) -> Gc<Str> {
        let at = self.byte_pos.get();
        let s = self.data.with(|d| util::wtf8(vm, d.get(at..at + n).unwrap_or(&[])));
        self.byte_pos.set(at + s.byte_len());
        self.pos.set(self.pos.get() + s.char_len());
        s
    }

    fn next_text(&self, vm: &Vm, n: Option<usize>) -> Gc<Str> {
        if self.pos.get() >= self.chars.get() {
            return vm.names.empty.clone();
        }
        let at = self.byte_pos.get();
        let len = self.data.with(|d| {
            let rest = d.get(at..).unwrap_or(&[]);
            match n {
                None => rest.len(),
                Some(n) => prefix_len(rest, n),
            }
        });
        self.take_bytes(vm, len)
    }

    fn line(&self, vm: &Vm, limit: Option<usize>) -> Gc<Str> {
        if self.pos.get() >= self.chars.get() {
            return vm.names.empty.clone();
        }
        let at = self.byte_pos.get();
        let end = self.line_end.get().unwrap_or(LineEnd::Lf);
        let len = self.data.with(|d| {
            let rest = d.get(at..).unwrap_or(&[]);
            let n = end.find(rest).unwrap_or(rest.len());
            match limit {
                Some(l) => prefix_len(rest.get(..n).unwrap_or(rest), l),
                None => n,
            }
        });
        self.take_bytes(vm, len)
    }

    fn put(&self, vm: &Vm, s: &Gc<Str>) -> PyResult<()> {
        let translated;
        let (mut bytes, mut chars) = (s.as_bytes(), s.char_len());
        if self.newlines.get().is_some() || self.write_nl.get().is_some() {
            let mut text = s.as_bytes().to_vec();
            if let Some(mut n) = self.newlines.get() {
                text = n.feed(text, true);
                self.newlines.set(Some(n));
            }
            if let Some(nl) = self.write_nl.get() {
                text = replace_lf(&text, nl);
            }
            translated = text;
            bytes = &translated;
            chars = count_starts(bytes);
        }
        if chars == 0 {
            return Ok(());
        }
        let (pos, total) = (self.pos.get(), self.chars.get());
        let Some(end) = pos.checked_add(chars).filter(|e| *e < isize::MAX as usize) else {
            return Err(vm.overflow_error("new position too large"));
        };
        let byte_end = self.data.with_mut(|d| {
            if pos >= total {
                let pad = pos - total;
                d.try_reserve(pad.saturating_add(bytes.len())).ok()?;
                d.resize(d.len() + pad, 0);
                d.extend_from_slice(bytes);
                self.chars.set(end);
                return Some(d.len());
            }
            let at = self.byte_pos.get();
            let rest = d.get(at..).unwrap_or(&[]);
            let old = prefix_len(rest, chars);
            d.try_reserve(bytes.len()).ok()?;
            d.splice(at..at + old, bytes.iter().copied());
            self.chars.set(total.max(end));
            Some(at + bytes.len())
        });
        let Some(byte_end) = byte_end else { return Err(vm.memory_error()) };
        self.pos.set(end);
        self.byte_pos.set(byte_end);
        Ok(())
    }
}

/// The length in bytes of the first `n` code points.
pub fn prefix_len(text: &[u8], n: usize) -> usize {
    if text.len() <= n {
        return text.len();
    }
    let mut left = n;
    for (i, b) in text.iter().enumerate() {
        if b & 0xC0 != 0x80 {
            if left == 0 {
                return i;
            }
            left -= 1;
        }
    }
    text.len()
}

pub fn replace_lf(text: &[u8], nl: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    for b in text {
        if *b == b'\n' { out.extend_from_slice(nl) } else { out.push(*b) }
    }
    out
}

fn set_newline(vm: &Vm, zelf: &StringIo, newline: &Value) -> PyResult<()> {
    let nl = match newline.downcast::<Str>() {
        Some(s) => Some(s.as_bytes().to_vec()),
        None if newline.is_none() => None,
        None => {
            return Err(vm.type_error(format_args!(
                "newline must be str or None, not {}",
                vm.type_of(newline).name()
            )));
        }
    };
    if let Some(n) = &nl
        && !is_legal(n)
    {
        return Err(vm.value_error(format_args!("illegal newline value: {}", vm.repr_text(newline)?)));
    }
    zelf.newlines.set(match nl.as_deref() {
        None => Some(Newlines::new(true)),
        Some(b"") => Some(Newlines::new(false)),
        _ => None,
    });
    zelf.line_end.set(Some(match nl.as_deref() {
        Some(b"") => LineEnd::Any,
        Some(b"\r") => LineEnd::Cr,
        Some(b"\r\n") => LineEnd::CrLf,
        _ => LineEnd::Lf,
    }));
    zelf.write_nl.set(match nl.as_deref() {
        Some(b"\r") => Some(b"\r"),
        Some(b"\r\n") => Some(b"\r\n"),
        _ => None,
    });
    zelf.newline.set(Some(newline.clone()));
    Ok(())
}

#[pymethods]
impl StringIo {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, StringIo::default())?.into_value())
    }

    #[pyinit("StringIO(initial_value='', newline='\\n')")]
    fn init(
        vm: &Vm,
        zelf: &Gc<StringIo>,
        #[raw] initial_value: Option<&Value>,
        #[raw] newline: Option<&Value>,
    ) -> PyResult<()> {
        let default = vm.new_str("\n").into_value();
        set_newline(vm, zelf, newline.unwrap_or(&default))?;
        zelf.ready.set(true);
        zelf.closed.set(false);
        zelf.data.set(Vec::new());
        zelf.chars.set(0);
        zelf.go(0);
        if let Some(v) = initial_value
            && !v.is_none()
        {
            let Some(s) = v.downcast::<Str>() else {
                return Err(vm.type_error(format_args!(
                    "initial_value must be str or None, not {}",
                    vm.type_of(v).name()
                )));
            };
            zelf.put(vm, s)?;
            zelf.go(0);
        }
        Ok(())
    }

    /// Close the IO object.
    ///
    /// Attempting any further operation after the object is closed
    /// will raise a ValueError.
    ///
    /// This method has no effect if the file is already closed.
    #[pymethod("close($self, /)")]
    fn close(_vm: &Vm, zelf: &Gc<StringIo>) {
        zelf.closed.set(true);
        zelf.data.set(Vec::new());
        zelf.chars.set(0);
    }

    /// Retrieve the entire contents of the object.
    #[pymethod("getvalue($self, /)")]
    fn getvalue(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<Gc<Str>> {
        zelf.open(vm)?;
        Ok(zelf.data.with(|d| util::wtf8(vm, d)))
    }

    /// Read at most size characters, returned as a string.
    ///
    /// If the argument is negative or omitted, read until EOF
    /// is reached. Return an empty string at EOF.
    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, zelf: &Gc<StringIo>, #[raw] size: Option<&Value>) -> PyResult<Gc<Str>> {
        let n = util::size_arg(vm, size, -1)?;
        zelf.open(vm)?;
        Ok(zelf.next_text(vm, usize::try_from(n).ok()))
    }

    /// Read until newline or EOF.
    ///
    /// Returns an empty string if EOF is hit immediately.
    #[pymethod("readline($self, size=-1, /)")]
    fn readline(vm: &Vm, zelf: &Gc<StringIo>, #[raw] size: Option<&Value>) -> PyResult<Gc<Str>> {
        let n = util::size_arg(vm, size, -1)?;
        zelf.open(vm)?;
        Ok(zelf.line(vm, usize::try_from(n).ok()))
    }

    /// Tell the current file position.
    #[pymethod("tell($self, /)")]
    fn tell(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<usize> {
        zelf.open(vm).map(|()| zelf.pos.get())
    }

    /// Truncate size to pos.
    ///
    /// The pos argument defaults to the current file position, as
    /// returned by tell().  The current file position is unchanged.
    /// Returns the new absolute position.
    #[pymethod("truncate($self, pos=None, /)")]
    fn truncate(vm: &Vm, zelf: &Gc<StringIo>, #[raw] pos: Option<&Value>) -> PyResult<isize> {
        zelf.open(vm)?;
        let n = util::size_arg(vm, pos, zelf.pos.get() as isize)?;
        if n < 0 {
            return Err(vm.value_error(format_args!("Negative size value {n}")));
        }
        if (n as usize) < zelf.chars.get() {
            zelf.data.with_mut(|d| {
                let len = prefix_len(d, n as usize);
                d.truncate(len);
            });
            zelf.chars.set(n as usize);
            zelf.go(zelf.pos.get());
        }
        Ok(n)
    }

    /// Change stream position.
    ///
    /// Seek to character offset pos relative to position indicated by whence:
    ///     0  Start of stream (the default).  pos should be >= 0;
    ///     1  Current position - pos must be 0;
    ///     2  End of stream - pos must be 0.
    /// Returns the new absolute position.
    #[pymethod("seek($self, pos, whence=0, /)")]
    fn seek(vm: &Vm, zelf: &Gc<StringIo>, pos: isize, whence: i32) -> PyResult<usize> {
        zelf.open(vm)?;
        let at = match whence {
            0 if pos < 0 => return Err(vm.value_error(format_args!("Negative seek position {pos}"))),
            0 => pos as usize,
            1 | 2 if pos != 0 => {
                return Err(
                    vm.raise_new(&taipan_vm::errors::exc::OSError, "Can't do nonzero cur-relative seeks")
                );
            }
            1 => zelf.pos.get(),
            2 => zelf.chars.get(),
            _ => {
                return Err(vm.value_error(format_args!("Invalid whence ({whence}, should be 0, 1 or 2)")));
            }
        };
        zelf.go(at);
        Ok(at)
    }

    /// Write string to file.
    ///
    /// Returns the number of characters written, which is always equal to
    /// the length of the string.
    #[pymethod("write($self, s, /)")]
    fn write(vm: &Vm, zelf: &Gc<StringIo>, s: &Value) -> PyResult<usize> {
        let Some(s) = s.downcast::<Str>() else {
            zelf.open(vm)?;
            return Err(
                vm.type_error(format_args!("string argument expected, got '{}'", vm.type_of(s).name()))
            );
        };
        zelf.open(vm)?;
        zelf.put(vm, s)?;
        Ok(s.char_len())
    }

    /// Returns True if the IO object can be seeked.
    #[pymethod("seekable($self, /)")]
    fn seekable(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| true)
    }

    /// Returns True if the IO object can be read.
    #[pymethod("readable($self, /)")]
    fn readable(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| true)
    }

    /// Returns True if the IO object can be written.
    #[pymethod("writable($self, /)")]
    fn writable(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| true)
    }

    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<Value> {
        let value = StringIo::getvalue(vm, zelf)?.into_value();
        let newline = zelf.newline.get().unwrap_or(Value::NONE);
        let dict = match vm.instance_dict(zelf.as_value()) {
            Some(d) => vm.call_method(d.as_value(), "copy", &[])?,
            None => Value::NONE,
        };
        Ok(vm.new_tuple(vec![value, newline, vm.new_uint(zelf.pos.get() as u64), dict]).into_value())
    }

    #[pymethod("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<StringIo>, state: &Value) -> PyResult<()> {
        // It may be made without `__init__`: the state says all.
        if zelf.closed.get() {
            return Err(vm.value_error("I/O operation on closed file"));
        }
        let parts = state.downcast::<Tuple>().map(|t| t.items().to_vec());
        let Some([value, newline, pos, dict, ..]) = parts.as_deref() else {
            return Err(vm.type_error(format_args!(
                "{}.__setstate__ argument should be 4-tuple, got {}",
                vm.type_of(zelf.as_value()).tp_name(),
                vm.type_of(state).name()
            )));
        };
        StringIo::init(vm, zelf, None, Some(newline))?;
        let Some(s) = value.downcast::<Str>() else {
            return Err(vm.type_error("first item of state must be a string"));
        };
        // The value has been translated before.
        zelf.data.set(s.as_bytes().to_vec());
        zelf.chars.set(s.char_len());
        if taipan_vm::types::numbers::int_value(pos).is_none() {
            return Err(vm.type_error(format_args!(
                "third item of state must be an integer, got {}",
                vm.type_of(pos).name()
            )));
        }
        let Ok(at) = usize::try_from(isize::from_arg(vm, pos)?) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        zelf.go(at);
        update_dict(vm, zelf.as_value(), dict, "fourth")
    }

    #[pygetter("closed")]
    fn closed(_vm: &Vm, zelf: &Gc<StringIo>) -> bool {
        zelf.closed.get()
    }

    #[pygetter("newlines")]
    fn newlines(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<Value> {
        zelf.open(vm)?;
        Ok(zelf.newlines.get().map_or(Value::NONE, |n| n.seen_value(vm)))
    }

    #[pygetter("line_buffering")]
    fn line_buffering(vm: &Vm, zelf: &Gc<StringIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| false)
    }
}
