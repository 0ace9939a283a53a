//! Module `mmap`: files and anonymous memory as mutable bytes.

use crate::util;
use std::cell::Cell;
use taipan_host::{Fd, HostError, Mapping};
use taipan_vm::errors::exc;
use taipan_vm::modules::sys::audit;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};
use taipan_vm::types::numbers::int_value;
use taipan_vm::types::slice::{Indices, Slice};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Default,
    Read,
    Write,
    Copy,
}

impl Access {
    fn name(self) -> &'static str {
        match self {
            Access::Default => "ACCESS_DEFAULT",
            Access::Read => "ACCESS_READ",
            Access::Write => "ACCESS_WRITE",
            Access::Copy => "ACCESS_COPY",
        }
    }
}

/// Windows: mmap(fileno, length[, tagname[, access[, offset]]])
///
/// Maps length bytes from the file specified by the file handle fileno,
/// and returns a mmap object.  If length is larger than the current size
/// of the file, the file is extended to contain length bytes.  If length
/// is 0, the maximum length of the map is the current size of the file,
/// except that if the file is empty Windows raises an exception (you cannot
/// create an empty mapping on Windows).
///
/// Unix: mmap(fileno, length[, flags[, prot[, access[, offset[, trackfd]]]]])
///
/// Maps length bytes from the file specified by the file descriptor fileno,
/// and returns a mmap object.  If length is 0, the maximum length of the map
/// will be the current size of the file when mmap is called.
/// flags specifies the nature of the mapping. MAP_PRIVATE creates a
/// private copy-on-write mapping, so changes to the contents of the mmap
/// object will be private to this process, and MAP_SHARED creates a mapping
/// that's shared with all other processes mapping the same areas of the file.
/// The default value is MAP_SHARED.
///
/// To map anonymous memory, pass -1 as the fileno (both versions).
#[pytype(name = "mmap", module = "mmap", flags(BASETYPE, WEAKREF))]
#[derive(Trace)]
pub struct Mmap {
    /// `None`: closed. While `exports` is not zero it is neither closed nor resized.
    #[notrace]
    map: Guarded<Option<Box<dyn Mapping>>>,
    #[notrace]
    fd: Cell<Fd>,
    #[notrace]
    track: bool,
    /// Shared memory without a file.
    #[notrace]
    anonymous: bool,
    #[notrace]
    pos: Cell<usize>,
    #[notrace]
    offset: i64,
    #[notrace]
    access: Access,
    #[notrace]
    exports: Cell<usize>,
}

impl Slots for Mmap {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        len: Some(|vm, v| zelf(vm, v)?.len(vm)),
        item: Some(|vm, v, i| Ok(vm.new_bytes(&[zelf(vm, v)?.byte(vm, i)?]).into_value())),
        subscript: Some(subscript),
        ass_subscript: Some(assign),
        buffer: Some(buffer),
        finalize: Some(|vm, v| {
            if let Some(m) = v.downcast::<Mmap>() {
                m.shut(vm);
            }
        }),
        ..SlotDefs::NONE
    };
}

fn zelf<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Mmap>> {
    v.downcast::<Mmap>().ok_or_else(|| vm.type_error("not an mmap"))
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let m = zelf(vm, v)?;
    let ty = util::type_name(vm, v);
    let text = match m.map.with(|m| m.as_ref().map(|m| m.len())) {
        None => format!("<{ty} closed=True>"),
        Some(len) => format!(
            "<{ty} closed=False, access={}, length={len}, pos={}, offset={}>",
            m.access.name(),
            m.pos.get(),
            m.offset
        ),
    };
    Ok(vm.new_str(&text).into_value())
}

fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let m = zelf(vm, v)?;
    m.len(vm)?;
    let readonly = m.access == Access::Read;
    let Some((ptr, len)) = m.map.with(|m| m.as_ref().map(|m| (m.as_ptr(), m.len()))) else {
        return Err(invalid(vm));
    };
    m.exports.set(m.exports.get() + 1);
    let mut b = Buffer::plain(v, &[], readonly, Some(release));
    b.ptr = ptr;
    b.len = len;
    b.filled(vm, request)
}

fn release(_vm: &Vm, v: &Value) {
    if let Some(m) = v.downcast::<Mmap>() {
        m.exports.set(m.exports.get().saturating_sub(1));
    }
}

#[cold]
fn invalid(vm: &Vm) -> Raised {
    vm.value_error("mmap closed or invalid")
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    let m = zelf(vm, v)?;
    m.len(vm)?;
    if let Some(s) = key.downcast::<Slice>() {
        let indices = s.unpack(vm)?;
        // Reading the slice's numbers may have closed the map.
        let r = Indices::new(indices, m.len(vm)?);
        let mut out = Vec::new();
        if out.try_reserve(r.len).is_err() {
            return Err(vm.memory_error());
        }
        if r.step == 1 {
            out = m.copy(vm, r.start as usize, r.len)?;
        } else {
            for i in 0..r.len as isize {
                out.push(m.byte(vm, r.start + i * r.step)?);
            }
        }
        return Ok(vm.try_new_bytes(&out)?.into_value());
    }
    let i = m.index(vm, key, "mmap indices must be integers")?;
    m.byte(vm, i)?.into_py(vm)
}

fn assign(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let m = zelf(vm, v)?;
    m.len(vm)?;
    m.writable(vm)?;
    if let Some(s) = key.downcast::<Slice>() {
        let indices = s.unpack(vm)?;
        let Some(value) = value else {
            return Err(vm.type_error("mmap object doesn't support slice deletion"));
        };
        let data = vm.bytes_like(value)?.to_vec();
        let r = Indices::new(indices, m.len(vm)?);
        if data.len() != r.len {
            return Err(vm.index_error("mmap slice assignment is wrong size"));
        }
        if r.step == 1 {
            return m.put(vm, r.start as usize, &data);
        }
        for (i, b) in data.iter().enumerate() {
            m.put(vm, (r.start + i as isize * r.step) as usize, &[*b])?;
        }
        return Ok(());
    }
    let i = m.index(vm, key, "mmap indices must be integer")?;
    let Some(value) = value else {
        return Err(vm.type_error("mmap doesn't support item deletion"));
    };
    if vm.type_of(value).slots.index.get().is_none() && int_value(value).is_none() {
        return Err(vm.type_error("mmap item value must be an int"));
    }
    let n = vm.index(value)?;
    let Some(byte) = n.as_int().and_then(|n| u8::try_from(n).ok()) else {
        return Err(vm.value_error("mmap item value must be in range(0, 256)"));
    };
    m.byte(vm, i)?;
    m.put(vm, i as usize, &[byte])
}

impl Mmap {
    /// Its length; an error when it is closed.
    fn len(&self, vm: &Vm) -> PyResult<usize> {
        self.map.with(|m| m.as_ref().map(|m| m.len())).ok_or_else(|| invalid(vm))
    }

    fn writable(&self, vm: &Vm) -> PyResult<()> {
        if self.access == Access::Read {
            return Err(vm.type_error("mmap can't modify a readonly memory map."));
        }
        Ok(())
    }

    fn index(&self, vm: &Vm, key: &Value, wrong: &str) -> PyResult<isize> {
        if int_value(key).is_none() && vm.type_of(key).slots.index.get().is_none() {
            return Err(vm.type_error(wrong));
        }
        let i = vm.index_isize(key)?;
        let len = self.len(vm)? as isize;
        let i = if i < 0 { i + len } else { i };
        if (0..len).contains(&i) { Ok(i) } else { Err(vm.index_error("mmap index out of range")) }
    }

    fn byte(&self, vm: &Vm, i: isize) -> PyResult<u8> {
        let len = self.len(vm)?;
        let Some(i) = usize::try_from(i).ok().filter(|i| *i < len) else {
            return Err(vm.index_error("mmap index out of range"));
        };
        let mut b = [0];
        self.with(vm, |m| m.read(i, &mut b))?;
        Ok(b[0])
    }

    fn with<R>(&self, vm: &Vm, f: impl FnOnce(&dyn Mapping) -> Result<R, HostError>) -> PyResult<R> {
        match self.map.with(|m| m.as_deref().map(f)) {
            Some(r) => util::os(vm, r),
            None => Err(invalid(vm)),
        }
    }

    fn copy(&self, vm: &Vm, at: usize, n: usize) -> PyResult<Vec<u8>> {
        let mut out = Vec::new();
        if out.try_reserve_exact(n).is_err() {
            return Err(vm.memory_error());
        }
        out.resize(n, 0);
        self.with(vm, |m| m.read(at, &mut out))?;
        Ok(out)
    }

    fn put(&self, vm: &Vm, at: usize, data: &[u8]) -> PyResult<()> {
        self.with(vm, |m| m.write(at, data))
    }

    /// Takes `n` bytes from the position on.
    fn take_next(&self, vm: &Vm, n: usize) -> PyResult<Gc<Bytes>> {
        let len = self.len(vm)?;
        let at = self.pos.get().min(len);
        let n = n.min(len - at);
        let out = self.copy(vm, at, n)?;
        self.pos.set(at + n);
        vm.try_new_bytes(&out)
    }

    /// Gives map and descriptor back.
    fn shut(&self, vm: &Vm) {
        let map = self.map.with_mut(Option::take);
        let fd = self.fd.replace(-1);
        vm.allow_threads(|| {
            drop(map);
            if fd >= 0 {
                let _ = vm.host().close(fd);
            }
        });
    }

    fn search(
        &self,
        vm: &Vm,
        view: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
        reverse: bool,
    ) -> PyResult<isize> {
        let len = self.len(vm)?;
        let view = vm.bytes_like(view)?.to_vec();
        let bound = |v: Option<&Value>, default: usize| -> PyResult<usize> {
            let Some(v) = v else { return Ok(default) };
            let n = vm.index_isize(v)?;
            let n = if n < 0 { n + len as isize } else { n };
            Ok(n.clamp(0, len as isize) as usize)
        };
        let start = bound(start, self.pos.get().min(len))?;
        let end = bound(end, len)?;
        if end < start {
            return Ok(-1);
        }
        let data = self.copy(vm, start, end - start)?;
        if view.is_empty() {
            return Ok(if reverse { end } else { start } as isize);
        }
        if view.len() > data.len() {
            return Ok(-1);
        }
        let mut windows = data.windows(view.len());
        let found = if reverse { windows.rposition(|w| w == view) } else { windows.position(|w| w == view) };
        Ok(found.map_or(-1, |i| (start + i) as isize))
    }
}

const PROT_READ: i32 = 1;
const PROT_WRITE: i32 = 2;

#[pymethods]
impl Mmap {
    #[pynew("mmap(fileno, length, flags=1, prot=3, access=0, offset=0, *, trackfd=True)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        fileno: i32,
        length: isize,
        mut flags: i32,
        mut prot: i32,
        access: i32,
        offset: i64,
        trackfd: bool,
    ) -> PyResult<Value> {
        let Ok(mut length) = usize::try_from(length) else {
            return Err(vm.overflow_error("memory mapped length must be positive"));
        };
        if offset < 0 {
            return Err(vm.overflow_error("memory mapped offset must be positive"));
        }
        if access != 0 && (flags != libc::MAP_SHARED || prot != PROT_READ | PROT_WRITE) {
            return Err(vm.value_error("mmap can't specify both access and flags, prot."));
        }
        let access = match access {
            0 if prot & PROT_READ != 0 && prot & PROT_WRITE != 0 => Access::Default,
            0 if prot & PROT_WRITE != 0 => Access::Write,
            0 => Access::Read,
            1 => {
                prot = PROT_READ;
                Access::Read
            }
            2 => Access::Write,
            3 => {
                flags = libc::MAP_PRIVATE;
                Access::Copy
            }
            _ => return Err(vm.value_error("mmap invalid access parameter.")),
        };
        let event = [fileno.into_py(vm)?, length.into_py(vm)?, vm.new_int(access as i64), vm.new_int(offset)];
        audit(vm, "mmap.__new__", &event)?;
        if fileno != -1
            && let Ok(st) = vm.allow_threads(|| vm.host().fstat(fileno))
            && st.is_file()
        {
            if length == 0 {
                if st.size == 0 {
                    return Err(vm.value_error("cannot mmap an empty file"));
                }
                if offset >= st.size {
                    return Err(vm.value_error("mmap offset is greater than file size"));
                }
                length = (st.size - offset) as usize;
            } else if offset > st.size || ((st.size - offset) as usize) < length {
                return Err(vm.value_error("mmap length is greater than file size"));
            }
        }
        let mut fd = -1;
        if fileno == -1 {
            flags |= libc::MAP_ANONYMOUS;
        } else if trackfd {
            fd = util::os(vm, vm.host().dup(fileno))?;
        }
        let r = vm.allow_threads(|| vm.host().mmap(length, prot, flags, fileno, offset));
        let map = match r {
            Ok(m) => m,
            Err(e) => {
                if fd >= 0 {
                    let _ = vm.host().close(fd);
                }
                return Err(vm.os_error(e, None));
            }
        };
        let m = Mmap {
            map: Guarded::new(Some(map)),
            fd: Cell::new(fd),
            track: trackfd,
            anonymous: flags & libc::MAP_ANONYMOUS != 0 && flags & libc::MAP_PRIVATE == 0,
            pos: Cell::new(0),
            offset,
            access,
            exports: Cell::new(0),
        };
        Ok(vm.alloc_in(cls, m)?.into_value())
    }

    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<Mmap>) -> PyResult<()> {
        if zelf.exports.get() > 0 {
            return Err(vm.raise_new(&exc::BufferError, "cannot close exported pointers exist"));
        }
        zelf.shut(vm);
        Ok(())
    }

    #[pymethod("find($self, view, start=None, end=None, /)")]
    fn find(
        vm: &Vm,
        zelf: &Gc<Mmap>,
        view: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<isize> {
        zelf.search(vm, view, start, end, false)
    }

    #[pymethod("rfind($self, view, start=None, end=None, /)")]
    fn rfind(
        vm: &Vm,
        zelf: &Gc<Mmap>,
        view: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<isize> {
        zelf.search(vm, view, start, end, true)
    }

    #[pymethod("flush($self, offset=0, size=None, /)")]
    fn flush(vm: &Vm, zelf: &Gc<Mmap>, offset: isize, size: Option<isize>) -> PyResult<()> {
        let len = zelf.len(vm)?;
        let size = size.unwrap_or(len as isize);
        let fits = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(size).ok())
            .filter(|(o, s)| *s <= len && len - *s >= *o);
        let Some((offset, size)) = fits else {
            return Err(vm.value_error("flush values out of range"));
        };
        if matches!(zelf.access, Access::Read | Access::Copy) {
            return Ok(());
        }
        zelf.with(vm, |m| m.flush(offset, size, libc::MS_SYNC))
    }

    #[pymethod("madvise($self, option, start=0, length=None, /)")]
    fn madvise(vm: &Vm, zelf: &Gc<Mmap>, option: i32, start: isize, length: Option<isize>) -> PyResult<()> {
        let len = zelf.len(vm)?;
        let Some(start) = usize::try_from(start).ok().filter(|s| *s < len) else {
            return Err(vm.value_error("madvise start out of bounds"));
        };
        let Ok(length) = usize::try_from(length.unwrap_or(len as isize)) else {
            return Err(vm.value_error("madvise length invalid"));
        };
        if isize::try_from(start.saturating_add(length)).is_err() {
            return Err(vm.overflow_error("madvise length too large"));
        }
        let length = length.min(len - start);
        zelf.with(vm, |m| m.advise(start, length, option))
    }

    #[pymethod("move($self, dest, src, count, /)")]
    fn move_(vm: &Vm, zelf: &Gc<Mmap>, dest: isize, src: isize, count: isize) -> PyResult<()> {
        let len = zelf.len(vm)? as isize;
        zelf.writable(vm)?;
        if dest < 0 || src < 0 || count < 0 || len - dest < count || len - src < count {
            return Err(vm.value_error("source, destination, or count out of range"));
        }
        let data = zelf.copy(vm, src as usize, count as usize)?;
        zelf.put(vm, dest as usize, &data)
    }

    #[pymethod("read($self, n=None, /)")]
    fn read(vm: &Vm, zelf: &Gc<Mmap>, n: Option<&Value>) -> PyResult<Gc<Bytes>> {
        zelf.len(vm)?;
        let n = util::size_arg(vm, n, -1)?;
        zelf.take_next(vm, usize::try_from(n).unwrap_or(usize::MAX))
    }

    #[pymethod("read_byte($self, /)")]
    fn read_byte(vm: &Vm, zelf: &Gc<Mmap>) -> PyResult<u8> {
        let at = zelf.pos.get();
        if at >= zelf.len(vm)? {
            return Err(vm.value_error("read byte out of range"));
        }
        let b = zelf.byte(vm, at as isize)?;
        zelf.pos.set(at + 1);
        Ok(b)
    }

    #[pymethod("readline($self, /)")]
    fn readline(vm: &Vm, zelf: &Gc<Mmap>) -> PyResult<Gc<Bytes>> {
        let len = zelf.len(vm)?;
        let mut at = zelf.pos.get().min(len);
        let start = at;
        while at < len {
            let piece = zelf.copy(vm, at, (len - at).min(4096))?;
            if let Some(i) = piece.iter().position(|b| *b == b'\n') {
                at += i + 1;
                break;
            }
            at += piece.len();
        }
        zelf.take_next(vm, at - start)
    }

    #[pymethod("resize($self, newsize, /)")]
    fn resize(vm: &Vm, zelf: &Gc<Mmap>, newsize: isize) -> PyResult<()> {
        zelf.len(vm)?;
        if zelf.exports.get() > 0 {
            return Err(vm.raise_new(&exc::BufferError, "mmap can't resize with extant buffers exported."));
        }
        if !zelf.track {
            return Err(vm.value_error("mmap can't resize with trackfd=False."));
        }
        if matches!(zelf.access, Access::Read | Access::Copy) {
            return Err(vm.type_error("mmap can't resize a readonly or copy-on-write memory map."));
        }
        let Some(size) = usize::try_from(newsize)
            .ok()
            .filter(|n| i64::try_from(*n).ok().and_then(|n| n.checked_add(zelf.offset)).is_some())
        else {
            return Err(vm.value_error("new size out of range"));
        };
        if zelf.anonymous && size > zelf.len(vm)? {
            return Err(vm.value_error("mmap: can't expand a shared anonymous mapping on Linux"));
        }
        let fd = zelf.fd.get();
        if fd >= 0 {
            util::os(vm, vm.host().ftruncate(fd, zelf.offset + size as i64))?;
        }
        match zelf.map.with_mut(|m| m.as_mut().map(|m| m.resize(size))) {
            Some(r) => util::os(vm, r),
            None => Err(invalid(vm)),
        }
    }

    #[pymethod("seek($self, pos, whence=0, /)")]
    fn seek(vm: &Vm, zelf: &Gc<Mmap>, pos: isize, whence: i32) -> PyResult<usize> {
        let len = zelf.len(vm)?;
        let from = match whence {
            0 => 0,
            1 => zelf.pos.get() as isize,
            2 => len as isize,
            _ => return Err(vm.value_error("unknown seek type")),
        };
        match from.checked_add(pos).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= len) {
            Some(n) => {
                zelf.pos.set(n);
                Ok(n)
            }
            None => Err(vm.value_error("seek out of range")),
        }
    }

    #[pymethod("seekable($self, /)")]
    fn seekable(_vm: &Vm, _zelf: &Gc<Mmap>) -> bool {
        true
    }

    #[pymethod("size($self, /)")]
    fn size(vm: &Vm, zelf: &Gc<Mmap>) -> PyResult<i64> {
        zelf.len(vm)?;
        util::os(vm, vm.host().fstat(zelf.fd.get())).map(|st| st.size)
    }

    #[pymethod("tell($self, /)")]
    fn tell(vm: &Vm, zelf: &Gc<Mmap>) -> PyResult<usize> {
        zelf.len(vm)?;
        Ok(zelf.pos.get())
    }

    #[pymethod("write($self, bytes, /)")]
    fn write(vm: &Vm, zelf: &Gc<Mmap>, bytes: &Value) -> PyResult<usize> {
        zelf.len(vm)?;
        let data = vm.bytes_like(bytes)?.to_vec();
        zelf.writable(vm)?;
        let len = zelf.len(vm)?;
        let at = zelf.pos.get();
        if at > len || len - at < data.len() {
            return Err(vm.value_error("data out of range"));
        }
        zelf.put(vm, at, &data)?;
        zelf.pos.set(at + data.len());
        Ok(data.len())
    }

    #[pymethod("write_byte($self, byte, /)")]
    fn write_byte(vm: &Vm, zelf: &Gc<Mmap>, byte: &Value) -> PyResult<()> {
        zelf.len(vm)?;
        let n = vm.index_i64(byte, "unsigned byte integer is greater than maximum")?;
        let byte = match u8::try_from(n) {
            Ok(b) => b,
            Err(_) if n < 0 => {
                return Err(vm.overflow_error("unsigned byte integer is less than minimum"));
            }
            Err(_) => {
                return Err(vm.overflow_error("unsigned byte integer is greater than maximum"));
            }
        };
        zelf.writable(vm)?;
        let at = zelf.pos.get();
        if at >= zelf.len(vm)? {
            return Err(vm.value_error("write byte out of range"));
        }
        zelf.put(vm, at, &[byte])?;
        zelf.pos.set(at + 1);
        Ok(())
    }

    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<Mmap>) -> PyResult<Value> {
        zelf.len(vm)?;
        Ok(zelf.to_value())
    }

    #[pymethod(no_text, "__exit__($self, exc_type, exc_value, traceback, /)")]
    fn exit(vm: &Vm, zelf: &Gc<Mmap>, _t: &Value, _v: &Value, _tb: &Value) -> PyResult<()> {
        Mmap::close(vm, zelf)
    }

    #[pygetter("closed")]
    fn closed(_vm: &Vm, zelf: &Gc<Mmap>) -> bool {
        zelf.map.with(Option::is_none)
    }
}

const CONSTANTS: &[(&str, i64)] = &[
    ("ACCESS_DEFAULT", 0),
    ("ACCESS_READ", 1),
    ("ACCESS_WRITE", 2),
    ("ACCESS_COPY", 3),
    ("MADV_NORMAL", 0),
    ("MADV_RANDOM", 1),
    ("MADV_SEQUENTIAL", 2),
    ("MADV_WILLNEED", 3),
    ("MADV_DONTNEED", 4),
    ("MADV_FREE", 8),
    ("MADV_REMOVE", 9),
    ("MADV_DONTFORK", 10),
    ("MADV_DOFORK", 11),
    ("MADV_MERGEABLE", 12),
    ("MADV_UNMERGEABLE", 13),
    ("MADV_HUGEPAGE", 14),
    ("MADV_NOHUGEPAGE", 15),
    ("MADV_DONTDUMP", 16),
    ("MADV_DODUMP", 17),
    ("MADV_HWPOISON", 100),
    ("MAP_SHARED", 1),
    ("MAP_PRIVATE", 2),
    ("MAP_ANON", 32),
    ("MAP_ANONYMOUS", 32),
    ("MAP_32BIT", 64),
    ("MAP_GROWSDOWN", 256),
    ("MAP_DENYWRITE", 2048),
    ("MAP_EXECUTABLE", 4096),
    ("MAP_LOCKED", 8192),
    ("MAP_NORESERVE", 16384),
    ("MAP_POPULATE", 32768),
    ("MAP_NONBLOCK", 65536),
    ("MAP_STACK", 131072),
    ("MAP_HUGETLB", 262144),
    ("PROT_READ", 1),
    ("PROT_WRITE", 2),
    ("PROT_EXEC", 4),
];

#[pymodule(name = "mmap")]
pub mod module {
    use super::*;

    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&exc::OSError).into_value()
    }

    #[pyconst("PAGESIZE")]
    fn page_size(vm: &Vm) -> Value {
        vm.new_int(vm.host().page_size() as i64)
    }

    #[pyconst("ALLOCATIONGRANULARITY")]
    fn granularity(vm: &Vm) -> Value {
        vm.new_int(vm.host().page_size() as i64)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in CONSTANTS {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }

    pytypes!(Mmap);
}
