//! `_IOBase`, `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`: what every stream can do in terms of the others.

use super::{check_able, check_closed, is_closed, unsupported};
use crate::util;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The abstract base class for all I/O classes.
///
/// This class provides dummy implementations for many methods that
/// derived classes can override selectively; the default implementations
/// represent a file that cannot be read, written or seeked.
#[pytype(name = "_IOBase", module = "_io", flags(BASETYPE, GC, HAS_DICT, WEAKREF))]
#[derive(Trace, Default)]
pub struct IoBase {
    /// `close` of this class has run.
    #[notrace]
    pub base_closed: std::cell::Cell<bool>,
    /// The object dies: `close` should warn.
    #[notrace]
    pub finalizing: std::cell::Cell<bool>,
}

fn new_base(vm: &Vm, cls: &Gc<Type>, _: CallArgs<'_>) -> PyResult<Value> {
    Ok(vm.alloc_in(cls, IoBase::default())?.into_value())
}

/// Closes a stream that dies open.
pub fn finalize(vm: &Vm, obj: &Value) {
    let saved = vm.raised_get().is_some().then(|| vm.take_raised());
    let closed = is_closed(vm, obj);
    match closed {
        Err(Raised) => drop(vm.take_raised()),
        Ok(true) => {}
        Ok(false) => {
            if let Some(b) = obj.downcast::<IoBase>() {
                b.finalizing.set(true)
            }
            if vm.call_method_name(obj, &vm.names.close, &[]).is_err() {
                vm.unraisable("Exception ignored while finalizing file", Some(obj));
            }
        }
    }
    if let Some(e) = saved {
        let _ = vm.reraise(e);
    }
}

fn iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    check_closed(vm, v)?;
    Ok(v.clone())
}

fn iternext(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let line = vm.call_method_name(v, &vm.names.readline, &[])?;
    if vm.len(&line)? == 0 { Ok(None) } else { Ok(Some(line)) }
}

impl Slots for IoBase {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(iter),
        iternext: Some(iternext),
        finalize: Some(finalize),
        new: Some(new_base),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl IoBase {
    /// Change the stream position to the given byte offset.
    #[pymethod("seek($self, offset, whence=0, /)")]
    fn seek(vm: &Vm, _zelf: &Value, _offset: &Value, _whence: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "seek"))
    }

    /// Return current stream position.
    #[pymethod("tell($self, /)")]
    fn tell(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.call_method(zelf, "seek", &[vm.new_int(0), vm.new_int(1)])
    }

    /// Truncate file to size bytes.
    #[pymethod("truncate($self, size=None, /)")]
    fn truncate(vm: &Vm, _zelf: &Value, _size: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "truncate"))
    }

    /// Flush write buffers, if applicable.
    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Value) -> PyResult<()> {
        match zelf.downcast::<IoBase>() {
            Some(b) if b.base_closed.get() => Err(super::closed_error(vm)),
            _ => Ok(()),
        }
    }

    /// Flush and close the IO object.
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<IoBase>) -> PyResult<()> {
        close_base(vm, zelf)
    }

    /// Return whether object supports random access.
    #[pymethod("seekable($self, /)")]
    fn seekable(_vm: &Vm, _zelf: &Value) -> bool {
        false
    }

    /// Return whether object was opened for reading.
    #[pymethod("readable($self, /)")]
    fn readable(_vm: &Vm, _zelf: &Value) -> bool {
        false
    }

    /// Return whether object was opened for writing.
    #[pymethod("writable($self, /)")]
    fn writable(_vm: &Vm, _zelf: &Value) -> bool {
        false
    }

    #[pymethod("_checkClosed($self, /)")]
    fn check_closed(vm: &Vm, zelf: &Value) -> PyResult<()> {
        check_closed(vm, zelf)
    }

    #[pymethod("_checkSeekable($self, /)")]
    fn check_seekable(vm: &Vm, zelf: &Value) -> PyResult<bool> {
        check_able(vm, zelf, "seekable", "File or stream is not seekable.").map(|()| true)
    }

    #[pymethod("_checkReadable($self, /)")]
    fn check_readable(vm: &Vm, zelf: &Value) -> PyResult<bool> {
        check_able(vm, zelf, "readable", "File or stream is not readable.").map(|()| true)
    }

    #[pymethod("_checkWritable($self, /)")]
    fn check_writable(vm: &Vm, zelf: &Value) -> PyResult<bool> {
        check_able(vm, zelf, "writable", "File or stream is not writable.").map(|()| true)
    }

    /// Return underlying file descriptor if one exists.
    #[pymethod("fileno($self, /)")]
    fn fileno(vm: &Vm, _zelf: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "fileno"))
    }

    /// Return whether this is an 'interactive' stream.
    #[pymethod("isatty($self, /)")]
    fn isatty(vm: &Vm, zelf: &Value) -> PyResult<bool> {
        check_closed(vm, zelf).map(|()| false)
    }

    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        check_closed(vm, zelf)?;
        Ok(zelf.clone())
    }

    #[pymethod(no_text, "__exit__($self, /, *args)")]
    fn exit(vm: &Vm, zelf: &Value, _args: &[Value]) -> PyResult<Value> {
        vm.call_method_name(zelf, &vm.names.close, &[])
    }

    /// Read and return a line from the stream.
    ///
    /// If size is specified, at most size bytes will be read.
    ///
    /// The line terminator is always b'\n' for binary files; for text
    /// files, the newlines argument to open can be used to select the line
    /// terminator(s) recognized.
    #[pymethod("readline($self, size=-1, /)")]
    fn readline(vm: &Vm, zelf: &Value, #[raw] size: Option<&Value>) -> PyResult<Value> {
        let limit = util::size_arg(vm, size, -1)?;
        let peek = vm.lookup_attr_str(zelf, "peek")?;
        let mut line: Vec<u8> = Vec::new();
        while limit < 0 || (line.len() as isize) < limit {
            let mut want = 1;
            if let Some(peek) = &peek {
                let ahead = vm.call1(peek, &vm.new_int(1))?;
                let Some(ahead) = ahead.downcast::<Bytes>() else {
                    return Err(vm.raise_new(
                        &exc::OSError,
                        format_args!(
                            "peek() should have returned a bytes object, not '{}'",
                            vm.type_of(&ahead).name()
                        ),
                    ));
                };
                let ahead = ahead.as_bytes();
                if !ahead.is_empty() {
                    let end = ahead.iter().position(|b| *b == b'\n').map_or(ahead.len(), |i| i + 1);
                    want = if limit >= 0 { end.min(limit as usize - line.len()) } else { end };
                }
            }
            let got = vm.call_method_name(zelf, &vm.names.read, &[vm.new_uint(want as u64)])?;
            let Some(got) = got.downcast::<Bytes>() else {
                return Err(vm.raise_new(
                    &exc::OSError,
                    format_args!(
                        "read() should have returned a bytes object, not '{}'",
                        vm.type_of(&got).name()
                    ),
                ));
            };
            if got.is_empty() {
                break;
            }
            line.extend_from_slice(got.as_bytes());
            if line.last() == Some(&b'\n') {
                break;
            }
        }
        Ok(vm.new_bytes(&line).into_value())
    }

    /// Return a list of lines from the stream.
    ///
    /// hint can be specified to control the number of lines read: no more
    /// lines will be read if the total size (in bytes/characters) of all
    /// lines so far exceeds hint.
    #[pymethod("readlines($self, hint=-1, /)")]
    fn readlines(vm: &Vm, zelf: &Value, #[raw] hint: Option<&Value>) -> PyResult<Vec<Value>> {
        let hint = util::size_arg(vm, hint, -1)?;
        let it = vm.get_iter(zelf)?;
        let (mut lines, mut total) = (Vec::new(), 0usize);
        while let Some(line) = vm.iter_next(&it)? {
            total = total.saturating_add(vm.len(&line)?);
            lines.push(line);
            if hint > 0 && total > hint as usize {
                break;
            }
        }
        Ok(lines)
    }

    /// Write a list of lines to stream.
    ///
    /// Line separators are not added, so it is usual for each of the
    /// lines provided to have a line separator at the end.
    #[pymethod("writelines($self, lines, /)")]
    fn writelines(vm: &Vm, zelf: &Value, lines: &Value) -> PyResult<()> {
        check_closed(vm, zelf)?;
        let it = vm.get_iter(lines)?;
        while let Some(line) = vm.iter_next(&it)? {
            vm.call_method_name(zelf, &vm.names.write, &[line])?;
        }
        Ok(())
    }

    #[pygetter("closed")]
    fn closed(_vm: &Vm, zelf: &Gc<IoBase>) -> bool {
        zelf.base_closed.get()
    }
}

/// `_IOBase.close`.
pub fn close_base(vm: &Vm, zelf: &Gc<IoBase>) -> PyResult<()> {
    if zelf.base_closed.get() {
        return Ok(());
    }
    let r = vm.call_method_name(zelf.as_value(), &vm.names.flush, &[]);
    zelf.base_closed.set(true);
    r.map(drop)
}

/// Base class for raw binary I/O.
#[pytype(name = "_RawIOBase", module = "_io", base = IoBase, flags(BASETYPE, GC, HAS_DICT, BASE_PAYLOAD), no_slots)]
#[derive(Trace, Default)]
pub struct RawIoBase {
    pub base: IoBase,
}

#[pymethods]
impl RawIoBase {
    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, zelf: &Value, size: isize) -> PyResult<Value> {
        if size < 0 {
            return vm.call_method(zelf, "readall", &[]);
        }
        let store = vm.call1(&util::builtin(vm, "bytearray")?, &vm.new_int(size as i64))?;
        let n = vm.call_method(zelf, "readinto", std::slice::from_ref(&store))?;
        if n.is_none() {
            return Ok(n);
        }
        let got = vm.index_i64(&n, "cannot fit 'int' into an index-sized integer")?;
        if got < 0 || got > size as i64 {
            return Err(vm.value_error(format_args!("readinto returned {got} outside buffer size {size}")));
        }
        let data = util::to_bytes(vm, &store)?;
        Ok(vm.new_bytes(data.get(..got as usize).unwrap_or(&data)).into_value())
    }

    /// Read until EOF, using multiple read() call.
    #[pymethod("readall($self, /)")]
    fn readall(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let mut all: Vec<u8> = Vec::new();
        loop {
            let data =
                vm.call_method_name(zelf, &vm.names.read, &[vm.new_uint(super::DEFAULT_BUFFER_SIZE as u64)])?;
            if data.is_none() {
                return Ok(if all.is_empty() { data } else { vm.new_bytes(&all).into_value() });
            }
            let Some(b) = data.downcast::<Bytes>() else {
                return Err(vm.type_error("read() should return bytes"));
            };
            if b.is_empty() {
                return Ok(vm.new_bytes(&all).into_value());
            }
            if all.try_reserve(b.len()).is_err() {
                return Err(vm.memory_error());
            }
            all.extend_from_slice(b.as_bytes());
        }
    }

    #[pymethod(no_text, "readinto($self, buffer, /)")]
    fn readinto(vm: &Vm, _zelf: &Value, _buffer: &Value) -> PyResult<Value> {
        Err(vm.raise_args(&exc::NotImplementedError, Vec::new()))
    }

    #[pymethod(no_text, "write($self, b, /)")]
    fn write(vm: &Vm, _zelf: &Value, _b: &Value) -> PyResult<Value> {
        Err(vm.raise_args(&exc::NotImplementedError, Vec::new()))
    }
}

/// Base class for buffered IO objects.
///
/// The main difference with RawIOBase is that the read() method
/// supports omitting the size argument, and does not have a default
/// implementation that defers to readinto().
///
/// In addition, read(), readinto() and write() may raise
/// BlockingIOError if the underlying raw stream is in non-blocking
/// mode and not ready; unlike their raw counterparts, they will never
/// return None.
///
/// A typical implementation should not inherit from a RawIOBase
/// implementation, but wrap one.
#[pytype(name = "_BufferedIOBase", module = "_io", base = IoBase, flags(BASETYPE, GC, HAS_DICT, BASE_PAYLOAD), no_slots)]
#[derive(Trace, Default)]
pub struct BufferedIoBase {
    pub base: IoBase,
}

fn readinto_with(vm: &Vm, zelf: &Value, buffer: &Value, method: &str) -> PyResult<usize> {
    let b = util::writable(vm, buffer, &format!("{} argument", "readinto()"))?;
    let data = vm.call_method(zelf, method, &[vm.new_uint(b.len as u64)])?;
    let Some(d) = data.downcast::<Bytes>() else {
        return Err(vm.type_error("read() should return bytes"));
    };
    if d.len() > b.len {
        return Err(vm.value_error(format_args!(
            "read() returned too much data: {} bytes requested, {} returned",
            b.len,
            d.len()
        )));
    }
    Ok(util::fill(&b, 0, d.as_bytes()))
}

#[pymethods]
impl BufferedIoBase {
    /// Disconnect this buffer from its underlying raw stream and return it.
    ///
    /// After the raw stream has been detached, the buffer is in an unusable
    /// state.
    #[pymethod("detach($self, /)")]
    fn detach(vm: &Vm, _zelf: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "detach"))
    }

    /// Read and return up to n bytes.
    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, _zelf: &Value, _size: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "read"))
    }

    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    ///
    /// Return an empty bytes object on EOF.
    /// A short result does not imply that EOF is imminent.
    #[pymethod("read1($self, size=-1, /)")]
    fn read1(vm: &Vm, _zelf: &Value, _size: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "read1"))
    }

    #[pymethod("readinto($self, buffer, /)")]
    fn readinto(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<usize> {
        readinto_with(vm, zelf, buffer, "read")
    }

    #[pymethod("readinto1($self, buffer, /)")]
    fn readinto1(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<usize> {
        readinto_with(vm, zelf, buffer, "read1")
    }

    /// Write buffer b to the IO stream.
    ///
    /// Return the number of bytes written, which is always
    /// the length of b in bytes.
    ///
    /// Raise BlockingIOError if the buffer is full and the
    /// underlying raw stream cannot accept more data at the moment.
    #[pymethod("write($self, b, /)")]
    fn write(vm: &Vm, _zelf: &Value, _b: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "write"))
    }
}

/// Base class for text I/O.
///
/// This class provides a character and line based interface to stream
/// I/O. There is no readinto method because Python's character strings
/// are immutable.
#[pytype(name = "_TextIOBase", module = "_io", base = IoBase, flags(BASETYPE, GC, HAS_DICT, BASE_PAYLOAD), no_slots)]
#[derive(Trace, Default)]
pub struct TextIoBase {
    pub base: IoBase,
}

#[pymethods]
impl TextIoBase {
    /// Separate the underlying buffer from the TextIOBase and return it.
    ///
    /// After the underlying buffer has been detached, the TextIO is in an unusable state.
    #[pymethod("detach($self, /)")]
    fn detach(vm: &Vm, _zelf: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "detach"))
    }

    /// Read at most size characters from stream.
    ///
    /// Read from underlying buffer until we have size characters or we hit EOF.
    /// If size is negative or omitted, read until EOF.
    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, _zelf: &Value, _size: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "read"))
    }

    /// Read until newline or EOF.
    ///
    /// Return an empty string if EOF is hit immediately.
    /// If size is specified, at most size characters will be read.
    #[pymethod("readline($self, size=-1, /)")]
    fn readline(vm: &Vm, _zelf: &Value, _size: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "readline"))
    }

    /// Write string s to stream.
    ///
    /// Return the number of characters written
    /// (which is always equal to the length of the string).
    #[pymethod("write($self, s, /)")]
    fn write(vm: &Vm, _zelf: &Value, _s: &Value) -> PyResult<Value> {
        Err(unsupported(vm, "write"))
    }

    /// Encoding of the text stream.
    ///
    /// Subclasses should override.
    #[pygetter("encoding")]
    fn encoding(_vm: &Vm, _zelf: &Value) {}

    /// Line endings translated so far.
    ///
    /// Only line endings translated during reading are considered.
    ///
    /// Subclasses should override.
    #[pygetter("newlines")]
    fn newlines(_vm: &Vm, _zelf: &Value) {}

    /// The error setting of the decoder or encoder.
    ///
    /// Subclasses should override.
    #[pygetter("errors")]
    fn errors(_vm: &Vm, _zelf: &Value) {}
}
