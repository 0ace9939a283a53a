//! `BytesIO`: a binary stream in memory.

use super::base::BufferedIoBase;
use super::closed_error;
use crate::util;
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};

/// Buffered I/O implementation using an in-memory bytes buffer.
#[pytype(name = "BytesIO", module = "_io", base = BufferedIoBase, signature = "(initial_bytes=b'')", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace, Default)]
pub struct BytesIo {
    pub base: BufferedIoBase,
    #[notrace]
    data: Guarded<Vec<u8>>,
    #[notrace]
    pos: Cell<usize>,
    #[notrace]
    pub closed: Cell<bool>,
    #[notrace]
    exports: Cell<usize>,
}

fn iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    BytesIo::of(vm, v)?.open(vm)?;
    Ok(v.clone())
}

fn iternext(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let b = BytesIo::of(vm, v)?;
    b.open(vm)?;
    let line = b.line(None);
    Ok(if line.is_empty() { None } else { Some(vm.new_bytes(&line).into_value()) })
}

impl Slots for BytesIo {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(iter), iternext: Some(iternext), ..SlotDefs::NONE };
}

impl BytesIo {
    fn of<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<BytesIo>> {
        v.downcast::<BytesIo>().ok_or_else(|| vm.type_error("not a BytesIO"))
    }

    pub fn open(&self, vm: &Vm) -> PyResult<()> {
        if self.closed.get() { Err(closed_error(vm)) } else { Ok(()) }
    }

    fn resizable(&self, vm: &Vm) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(
                vm.raise_new(&exc::BufferError, "Existing exports of data: object cannot be re-sized")
            );
        }
        Ok(())
    }

    /// The next bytes, `n` at most, past which the position moves.
    pub fn next_bytes(&self, n: Option<usize>) -> Vec<u8> {
        self.next_with(n, <[u8]>::to_vec)
    }

    /// What `take` makes of them.
    #[inline]
    fn next_with<R>(&self, n: Option<usize>, take: impl FnOnce(&[u8]) -> R) -> R {
        self.data.with(|d| {
            let rest = d.get(self.pos.get()..).unwrap_or(&[]);
            let piece = rest.get(..n.unwrap_or(rest.len())).unwrap_or(rest);
            self.pos.set(self.pos.get() + piece.len());
            take(piece)
        })
    }

    fn line_length(&self, limit: Option<usize>) -> usize {
        self.data.with(|d| {
            let rest = d.get(self.pos.get()..).unwrap_or(&[]);
            let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |i| i + 1);
            limit.map_or(end, |l| l.min(end))
        })
    }

    fn line(&self, limit: Option<usize>) -> Vec<u8> {
        self.next_bytes(Some(self.line_length(limit)))
    }

    pub fn put(&self, vm: &Vm, bytes: &[u8]) -> PyResult<usize> {
        self.open(vm)?;
        self.resizable(vm)?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let pos = self.pos.get();
        let Some(end) = pos.checked_add(bytes.len()).filter(|e| *e <= isize::MAX as usize) else {
            return Err(vm.overflow_error("new buffer size too large"));
        };
        let ok = self.data.with_mut(|d| {
            if d.len() < end {
                if d.try_reserve(end - d.len()).is_err() {
                    return false;
                }
                d.resize(end, 0);
            }
            if let Some(place) = d.get_mut(pos..end) {
                place.copy_from_slice(bytes);
            }
            true
        });
        if !ok {
            return Err(vm.memory_error());
        }
        self.pos.set(end);
        Ok(bytes.len())
    }
}

fn limit(n: isize) -> Option<usize> {
    usize::try_from(n).ok()
}

#[pymethods]
impl BytesIo {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, BytesIo::default())?.into_value())
    }

    #[pyinit("BytesIO(initial_bytes=b'')")]
    fn init(vm: &Vm, zelf: &Gc<BytesIo>, #[raw] initial_bytes: Option<&Value>) -> PyResult<()> {
        zelf.resizable(vm)?;
        let data = match initial_bytes {
            Some(v) if !v.is_none() => util::to_bytes(vm, v)?,
            _ => Vec::new(),
        };
        zelf.data.set(data);
        zelf.pos.set(0);
        Ok(())
    }

    /// Returns True if the IO object can be read.
    #[pymethod("readable($self, /)")]
    fn readable(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| true)
    }

    /// Returns True if the IO object can be seeked.
    #[pymethod("seekable($self, /)")]
    fn seekable(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| true)
    }

    /// Returns True if the IO object can be written.
    #[pymethod("writable($self, /)")]
    fn writable(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| true)
    }

    /// Disable all I/O operations.
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<()> {
        zelf.resizable(vm)?;
        zelf.closed.set(true);
        zelf.data.set(Vec::new());
        Ok(())
    }

    /// Does nothing.
    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<()> {
        zelf.open(vm)
    }

    /// Always returns False.
    ///
    /// BytesIO objects are not connected to a TTY-like device.
    #[pymethod("isatty($self, /)")]
    fn isatty(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<bool> {
        zelf.open(vm).map(|()| false)
    }

    /// Current file position, an integer.
    #[pymethod("tell($self, /)")]
    fn tell(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<usize> {
        zelf.open(vm).map(|()| zelf.pos.get())
    }

    /// Write bytes to file.
    ///
    /// Return the number of bytes written.
    #[pymethod("write($self, b, /)")]
    fn write(vm: &Vm, zelf: &Gc<BytesIo>, b: &Value) -> PyResult<usize> {
        zelf.open(vm)?;
        if let Some(b) = b.downcast::<Bytes>() {
            return zelf.put(vm, b.as_bytes());
        }
        zelf.resizable(vm)?;
        let data = util::to_bytes(vm, b)?;
        zelf.put(vm, &data)
    }

    /// Write lines to the file.
    ///
    /// Note that newlines are not added.  lines can be any iterable object
    /// producing bytes-like objects. This is equivalent to calling write() for
    /// each element.
    #[pymethod("writelines($self, lines, /)")]
    fn writelines(vm: &Vm, zelf: &Gc<BytesIo>, lines: &Value) -> PyResult<()> {
        zelf.open(vm)?;
        vm.for_each(lines, |line| BytesIo::write(vm, zelf, &line).map(drop))
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative or omitted, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[pymethod("read1($self, size=-1, /)")]
    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, zelf: &Gc<BytesIo>, #[raw] size: Option<&Value>) -> PyResult<Gc<Bytes>> {
        zelf.open(vm)?;
        let n = util::size_arg(vm, size, -1)?;
        Ok(zelf.next_with(limit(n), |piece| vm.new_bytes(piece)))
    }

    /// Read bytes into buffer.
    ///
    /// Returns number of bytes read (0 for EOF), or None if the object
    /// is set not to block and has no data to read.
    #[pymethod("readinto($self, buffer, /)")]
    fn readinto(vm: &Vm, zelf: &Gc<BytesIo>, buffer: &Value) -> PyResult<usize> {
        let b = util::writable(vm, buffer, "readinto() argument")?;
        zelf.open(vm)?;
        let data = zelf.next_bytes(Some(b.len));
        Ok(util::fill(&b, 0, &data))
    }

    /// Next line from the file, as a bytes object.
    ///
    /// Retain newline.  A non-negative size argument limits the maximum
    /// number of bytes to return (an incomplete line may be returned then).
    /// Return an empty bytes object at EOF.
    #[pymethod("readline($self, size=-1, /)")]
    fn readline(vm: &Vm, zelf: &Gc<BytesIo>, #[raw] size: Option<&Value>) -> PyResult<Gc<Bytes>> {
        zelf.open(vm)?;
        let n = util::size_arg(vm, size, -1)?;
        Ok(zelf.next_with(Some(zelf.line_length(limit(n))), |line| vm.new_bytes(line)))
    }

    /// List of bytes objects, each a line from the file.
    ///
    /// Call readline() repeatedly and return a list of the lines so read.
    /// The optional size argument, if given, is an approximate bound on the
    /// total number of bytes in the lines returned.
    #[pymethod("readlines($self, size=None, /)")]
    fn readlines(vm: &Vm, zelf: &Gc<BytesIo>, #[raw] size: Option<&Value>) -> PyResult<Vec<Value>> {
        zelf.open(vm)?;
        let max = util::size_arg(vm, size, -1)?;
        let (mut lines, mut total) = (Vec::new(), 0usize);
        loop {
            let line = zelf.line(None);
            if line.is_empty() {
                return Ok(lines);
            }
            total += line.len();
            lines.push(vm.new_bytes(&line).into_value());
            if max > 0 && total >= max as usize {
                return Ok(lines);
            }
        }
    }

    /// Get a read-write view over the contents of the BytesIO object.
    #[pymethod("getbuffer($self, /)")]
    fn getbuffer(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<Value> {
        zelf.open(vm)?;
        let exporter = vm.alloc(BytesIoBuffer { owner: zelf.clone() });
        vm.new_memoryview(exporter.as_value())
    }

    /// Retrieve the entire contents of the BytesIO object.
    #[pymethod("getvalue($self, /)")]
    fn getvalue(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<Gc<Bytes>> {
        zelf.open(vm)?;
        Ok(zelf.data.with(|d| vm.new_bytes(d)))
    }

    /// Change stream position.
    ///
    /// Seek to byte offset pos relative to position indicated by whence:
    ///      0  Start of stream (the default).  pos should be >= 0;
    ///      1  Current position - pos may be negative;
    ///      2  End of stream - pos usually negative.
    /// Returns the new absolute position.
    #[pymethod("seek($self, pos, whence=0, /)")]
    fn seek(vm: &Vm, zelf: &Gc<BytesIo>, pos: isize, whence: i32) -> PyResult<usize> {
        zelf.open(vm)?;
        let base = match whence {
            0 if pos < 0 => return Err(vm.value_error(format_args!("negative seek value {pos}"))),
            0 => 0,
            1 => zelf.pos.get(),
            2 => zelf.data.with(Vec::len),
            _ => {
                return Err(vm.value_error(format_args!("invalid whence ({whence}, should be 0, 1 or 2)")));
            }
        };
        let Some(at) = (base as isize).checked_add(pos) else {
            return Err(vm.overflow_error("new position too large"));
        };
        let at = at.max(0) as usize;
        zelf.pos.set(at);
        Ok(at)
    }

    /// Truncate the file to at most size bytes.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is unchanged.  Returns the new size.
    #[pymethod("truncate($self, size=None, /)")]
    fn truncate(vm: &Vm, zelf: &Gc<BytesIo>, #[raw] size: Option<&Value>) -> PyResult<isize> {
        zelf.open(vm)?;
        zelf.resizable(vm)?;
        let n = util::size_arg(vm, size, zelf.pos.get() as isize)?;
        if n < 0 {
            return Err(vm.value_error(format_args!("negative size value {n}")));
        }
        zelf.data.with_mut(|d| d.truncate(n as usize));
        Ok(n)
    }

    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Gc<BytesIo>) -> PyResult<Value> {
        let value = BytesIo::getvalue(vm, zelf)?.into_value();
        let dict = match vm.instance_dict(zelf.as_value()) {
            Some(d) => vm.call_method(d.as_value(), "copy", &[])?,
            None => Value::NONE,
        };
        Ok(vm.new_tuple(vec![value, vm.new_uint(zelf.pos.get() as u64), dict]).into_value())
    }

    #[pymethod("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<BytesIo>, state: &Value) -> PyResult<()> {
        let parts = state.downcast::<Tuple>().map(|t| t.items().to_vec());
        let Some([value, pos, dict, ..]) = parts.as_deref() else {
            return Err(vm.type_error(format_args!(
                "{}.__setstate__ argument should be 3-tuple, got {}",
                vm.type_of(zelf.as_value()).tp_name(),
                vm.type_of(state).name()
            )));
        };
        if zelf.closed.get() {
            return Err(vm.value_error("I/O operation on closed file."));
        }
        zelf.resizable(vm)?;
        let data = util::to_bytes(vm, value)?;
        if taipan_vm::types::numbers::int_value(pos).is_none() {
            return Err(vm.type_error(format_args!(
                "second item of state must be an integer, not {}",
                vm.type_of(pos).name()
            )));
        }
        let Ok(at) = usize::try_from(isize::from_arg(vm, pos)?) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        zelf.data.set(data);
        zelf.pos.set(at);
        update_dict(vm, zelf.as_value(), dict, "third")
    }

    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(_vm: &Vm, zelf: &Gc<BytesIo>) -> usize {
        size_of::<BytesIo>() + 16 + zelf.data.with(Vec::capacity)
    }

    /// True if the file is closed.
    #[pygetter("closed")]
    fn closed(_vm: &Vm, zelf: &Gc<BytesIo>) -> bool {
        zelf.closed.get()
    }
}

/// The part of `__setstate__` that restores the attributes.
pub fn update_dict(vm: &Vm, obj: &Value, dict: &Value, which: &str) -> PyResult<()> {
    if dict.is_none() {
        return Ok(());
    }
    if !dict.is_instance_of::<Dict>() {
        return Err(vm.type_error(format_args!(
            "{which} item of state should be a dict, got a {}",
            vm.type_of(dict).name()
        )));
    }
    match vm.instance_dict(obj) {
        Some(d) => vm.call_method_name(d.as_value(), &vm.names.update, std::slice::from_ref(dict)).map(drop),
        None => Ok(()),
    }
}

/// What `getbuffer` exports.
#[pytype(name = "_BytesIOBuffer", module = "_io", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct BytesIoBuffer {
    owner: Gc<BytesIo>,
}

#[pymethods]
impl BytesIoBuffer {}

impl Slots for BytesIoBuffer {
    const SLOTS: SlotDefs = SlotDefs { buffer: Some(export), ..SlotDefs::NONE };
}

fn export(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let Some(b) = v.downcast::<BytesIoBuffer>() else { return Err(vm.type_error("not a _BytesIOBuffer")) };
    let owner = &b.owner;
    owner.exports.set(owner.exports.get() + 1);
    let (ptr, len) = owner.data.with_mut(|d| (d.as_mut_ptr(), d.len()));
    let release: fn(&Vm, &Value) = |_, v| {
        if let Some(b) = v.downcast::<BytesIoBuffer>() {
            b.owner.exports.set(b.owner.exports.get().saturating_sub(1));
        }
    };
    let mut b = Buffer::plain(v, &[], false, Some(release));
    b.ptr = ptr;
    b.len = len;
    b.filled(vm, request)
}
