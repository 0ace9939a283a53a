//! `FileIO`: a raw stream on a file descriptor.

use super::base::{IoBase, RawIoBase, close_base, finalize};
use super::{DEFAULT_BUFFER_SIZE, unsupported};
use crate::util;
use std::cell::Cell;
use taipan_host::{At, Fd, HostError};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// Open a file.
///
/// The mode can be 'r' (default), 'w', 'x' or 'a' for reading,
/// writing, exclusive creation or appending.  The file will be created if it
/// doesn't exist when opened for writing or appending; it will be truncated
/// when opened for writing.  A FileExistsError will be raised if it already
/// exists when opened for creating. Opening a file for creating implies
/// writing so this mode behaves in a similar way to 'w'.Add a '+' to the mode
/// to allow simultaneous reading and writing. A custom opener can be used by
/// passing a callable as *opener*. The underlying file descriptor for the file
/// object is then obtained by calling opener with (*name*, *flags*).
/// *opener* must return an open file descriptor (passing os.open as *opener*
/// results in functionality similar to passing None).
#[pytype(name = "FileIO", module = "_io", base = RawIoBase, signature = "(file, mode='r', closefd=True, opener=None)", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace)]
pub struct FileIo {
    pub base: RawIoBase,
    #[notrace]
    pub fd: Cell<Fd>,
    #[notrace]
    mode: Cell<Mode>,
    #[notrace]
    closefd: Cell<bool>,
    /// Not yet asked: `None`.
    #[notrace]
    seekable: Cell<Option<bool>>,
    #[notrace]
    pub blksize: Cell<usize>,
    #[notrace]
    regular: Cell<bool>,
}

#[derive(Clone, Copy, Default)]
struct Mode {
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
}

impl Mode {
    fn name(self) -> &'static str {
        match (self.created, self.appending, self.readable, self.writable) {
            (true, _, true, _) => "xb+",
            (true, ..) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, ..) => "ab",
            (_, _, true, true) => "rb+",
            (_, _, true, _) => "rb",
            _ => "wb",
        }
    }
}

impl Slots for FileIo {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), finalize: Some(finalize), ..SlotDefs::NONE };
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(f) = v.downcast::<FileIo>() else { return Err(vm.type_error("not a FileIO")) };
    let ty = util::type_name(vm, v);
    if f.fd.get() < 0 {
        return Ok(vm.new_str(&format!("<{ty} [closed]>")).into_value());
    }
    let closefd = if f.closefd.get() { "True" } else { "False" };
    let mode = f.mode.get().name();
    let text = match vm.lookup_attr(v, &vm.names.name)? {
        None => format!("<{ty} fd={} mode='{mode}' closefd={closefd}>", f.fd.get()),
        Some(name) => {
            let Some(_guard) = ReprGuard::enter(vm, v) else {
                return Err(vm.runtime_error(format_args!("reentrant call inside {ty}.__repr__")));
            };
            format!("<{ty} name={} mode='{mode}' closefd={closefd}>", vm.repr_text(&name)?)
        }
    };
    Ok(vm.new_str(&text).into_value())
}

/// Which streams are being shown, so that a name that is the stream itself ends.
#[derive(Default)]
struct Showing(Guarded<Vec<Value>>);

pub struct ReprGuard<'a>(&'a Vm);

impl<'a> ReprGuard<'a> {
    pub fn enter(vm: &'a Vm, v: &Value) -> Option<ReprGuard<'a>> {
        let s = vm.state::<Showing>();
        if s.0.with(|l| l.iter().any(|x| x.is(v))) {
            return None;
        }
        s.0.with_mut(|l| l.push(v.clone()));
        Some(ReprGuard(vm))
    }
}

impl Drop for ReprGuard<'_> {
    fn drop(&mut self) {
        let last = self.0.state::<Showing>().0.with_mut(Vec::pop);
        drop(last);
    }
}

impl FileIo {
    pub fn check_open(&self, vm: &Vm) -> PyResult<Fd> {
        match self.fd.get() {
            fd if fd >= 0 => Ok(fd),
            _ => Err(vm.value_error("I/O operation on closed file")),
        }
    }

    fn reading(&self, vm: &Vm) -> PyResult<Fd> {
        let fd = self.check_open(vm)?;
        if self.mode.get().readable { Ok(fd) } else { Err(unsupported(vm, "File not open for reading")) }
    }

    fn writing(&self, vm: &Vm) -> PyResult<Fd> {
        let fd = self.check_open(vm)?;
        if self.mode.get().writable { Ok(fd) } else { Err(unsupported(vm, "File not open for writing")) }
    }

    pub fn is_writable(&self) -> bool {
        self.mode.get().writable
    }

    /// Reads into the end of `out`, `n` bytes at most; `None` when it would block.
    pub fn read_into(&self, vm: &Vm, out: &mut Vec<u8>, n: usize) -> PyResult<Option<usize>> {
        let fd = self.reading(vm)?;
        let n = n.min(isize::MAX as usize);
        if out.try_reserve(n).is_err() {
            return Err(vm.memory_error());
        }
        let r = util::retry(vm, || vm.host().read_onto(fd, out, n));
        match r? {
            Ok(k) => Ok(Some(k)),
            Err(HostError::EAGAIN) => Ok(None),
            Err(e) => Err(vm.os_error(e, None)),
        }
    }

    /// Writes once; `None` when it would block.
    pub fn write_bytes(&self, vm: &Vm, data: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.writing(vm)?;
        let data = data.get(..data.len().min(0x7fff_f000)).unwrap_or(data);
        match util::retry(vm, || vm.host().write(fd, data))? {
            Ok(n) => Ok(Some(n)),
            Err(HostError::EAGAIN) => Ok(None),
            Err(e) => Err(vm.os_error(e, None)),
        }
    }

    pub fn seek_to(&self, vm: &Vm, offset: i64, whence: i32) -> PyResult<i64> {
        let fd = self.check_open(vm)?;
        let r = vm.allow_threads(|| vm.host().lseek(fd, offset, whence));
        if self.seekable.get().is_none() {
            self.seekable.set(Some(r.is_ok()));
        }
        util::os(vm, r)
    }

    pub fn can_seek(&self, vm: &Vm) -> PyResult<bool> {
        let fd = self.check_open(vm)?;
        if let Some(known) = self.seekable.get() {
            return Ok(known);
        }
        let can = vm.host().lseek(fd, 0, 1).is_ok();
        self.seekable.set(Some(can));
        Ok(can)
    }

    fn read_all(&self, vm: &Vm) -> PyResult<Option<Vec<u8>>> {
        let fd = self.reading(vm)?;
        let mut expect = DEFAULT_BUFFER_SIZE;
        if let Ok(st) = vm.host().fstat(fd)
            && st.size > 0
        {
            let pos = vm.host().lseek(fd, 0, 1).unwrap_or(0);
            // One byte more, to see the end without growing.
            expect = usize::try_from((st.size - pos).max(0)).unwrap_or(0).saturating_add(1);
        }
        let mut out = Vec::new();
        let mut chunk = expect.min(isize::MAX as usize);
        loop {
            match self.read_into(vm, &mut out, chunk)? {
                None if out.is_empty() => return Ok(None),
                None | Some(0) => return Ok(Some(out)),
                Some(_) => {}
            }
            chunk = if out.len() < expect {
                expect - out.len()
            } else {
                out.len().clamp(DEFAULT_BUFFER_SIZE, 16 << 20)
            };
        }
    }

    /// Warns that the file dies open.
    fn warn_open(&self, vm: &Vm, source: &Value) -> PyResult<()> {
        if self.fd.get() < 0 || !self.closefd.get() {
            return Ok(());
        }
        let shown = vm.repr_text(source)?;
        let r = vm.warn(&exc::ResourceWarning, format_args!("unclosed file {shown}"), 1);
        if r.is_err() && vm.raised_is(&exc::Warning) {
            vm.unraisable("Exception ignored while finalizing file", Some(source));
            return Ok(());
        }
        if r.is_err() {
            drop(vm.take_raised());
        }
        Ok(())
    }

    /// Closes a descriptor that a former `__init__` left.
    fn close_fd(&self, vm: &Vm) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        let r = vm.allow_threads(|| vm.host().close(fd));
        match r {
            Err(HostError::EINTR) => Ok(()),
            r => util::os(vm, r),
        }
    }
}

fn parse_mode(vm: &Vm, mode: &str) -> PyResult<(Mode, i32)> {
    let wrong =
        || vm.value_error("Must have exactly one of create/read/write/append mode and at most one plus");
    let mut m = Mode::default();
    let (mut kind, mut plus, mut flags) = (false, false, 0);
    for c in mode.chars() {
        match c {
            'x' | 'r' | 'w' | 'a' if kind => return Err(wrong()),
            'x' => {
                (m.created, m.writable) = (true, true);
                flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'r' => m.readable = true,
            'w' => {
                m.writable = true;
                flags |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                (m.writable, m.appending) = (true, true);
                flags |= libc::O_APPEND | libc::O_CREAT;
            }
            'b' => continue,
            '+' if plus => return Err(wrong()),
            '+' => {
                (m.readable, m.writable, plus) = (true, true, true);
                continue;
            }
            _ => return Err(vm.value_error(format_args!("invalid mode: {mode}"))),
        }
        kind = true;
    }
    if !kind {
        return Err(wrong());
    }
    flags |= match (m.readable, m.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    Ok((m, flags | libc::O_CLOEXEC))
}

/// A descriptor given as an integer.
fn given_fd(vm: &Vm, file: &Value) -> PyResult<Option<Fd>> {
    if file.as_bool().is_some() {
        vm.warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
    }
    if taipan_vm::types::numbers::int_value(file).is_none() && vm.type_of(file).slots.index.get().is_none() {
        return Ok(None);
    }
    let n = vm.index_i64(file, "Python int too large to convert to C int")?;
    let fd = i32::try_from(n).map_err(|_| vm.overflow_error("Python int too large to convert to C int"))?;
    if fd < 0 { Err(vm.value_error("negative file descriptor")) } else { Ok(Some(fd)) }
}

fn init(
    vm: &Vm,
    zelf: &Gc<FileIo>,
    file: &Value,
    mode: &str,
    closefd: bool,
    opener: Option<&Value>,
) -> PyResult<()> {
    if zelf.fd.get() >= 0 {
        if zelf.closefd.get() {
            zelf.close_fd(vm)?;
        } else {
            zelf.fd.set(-1);
        }
    }
    let given = given_fd(vm, file)?;
    let (m, flags) = parse_mode(vm, mode)?;
    zelf.mode.set(m);
    zelf.seekable.set(None);
    zelf.closefd.set(closefd);
    zelf.base.base.base_closed.set(false);
    let own = given.is_none();
    // Without the part that says nothing about opening.
    let told: String = mode.chars().filter(|c| *c != 'b').collect();
    let event = [file.clone(), vm.new_str(&told).into_value(), vm.new_int(flags.into())];
    taipan_vm::modules::sys::audit(vm, "open", &event)?;
    let fd = match given {
        Some(fd) => fd,
        None => {
            let path = util::fs_convert(vm, file)?;
            if !closefd {
                return Err(vm.value_error("Cannot use closefd=False with file name"));
            }
            match opener {
                None => {
                    let r = util::retry(vm, || vm.host().open(At::cwd(&path), flags, 0o666, false))?;
                    r.map_err(|e| vm.os_error(e, Some(file)))?
                }
                Some(opener) => {
                    let r = vm.call(opener, &[file.clone(), vm.new_int(i64::from(flags))])?;
                    if taipan_vm::types::numbers::int_value(&r).is_none() {
                        return Err(vm.type_error("expected integer from opener"));
                    }
                    let fd = i32::from_arg(vm, &r)?;
                    if fd < 0 {
                        return Err(vm.value_error(format_args!("opener returned {fd}")));
                    }
                    let _ = vm.host().set_inheritable(fd, false);
                    fd
                }
            }
        }
    };
    zelf.fd.set(fd);
    let fail = |raised: Raised| {
        if own {
            let e = vm.take_raised();
            if zelf.close_fd(vm).is_err() {
                drop(vm.take_raised());
            }
            return vm.reraise(e);
        }
        zelf.fd.set(-1);
        raised
    };
    match vm.allow_threads(|| vm.host().fstat(fd)) {
        Ok(st) if st.is_dir() => {
            return Err(fail(vm.os_error(HostError::EISDIR, Some(file))));
        }
        Ok(st) => {
            zelf.blksize
                .set(usize::try_from(st.blksize).ok().filter(|n| *n > 1).unwrap_or(DEFAULT_BUFFER_SIZE));
            zelf.regular.set(st.is_file());
        }
        Err(HostError::EBADF) => return Err(fail(vm.os_error(HostError::EBADF, Some(file)))),
        Err(_) => zelf.blksize.set(DEFAULT_BUFFER_SIZE),
    }
    if let Err(raised) = vm.set_attr(zelf.as_value(), &vm.names.name, file) {
        return Err(fail(raised));
    }
    if m.appending
        && let Err(raised) = zelf.seek_to(vm, 0, 2)
    {
        // A pipe has no end to go to.
        if !vm.raised_is(&exc::OSError) || zelf.seekable.get() != Some(false) {
            return Err(fail(raised));
        }
        drop(vm.take_raised());
    }
    Ok(())
}

/// A fresh closed stream of a class.
fn blank(vm: &Vm, cls: &Gc<Type>) -> PyResult<Gc<FileIo>> {
    vm.alloc_in(
        cls,
        FileIo {
            base: RawIoBase::default(),
            fd: Cell::new(-1),
            mode: Cell::default(),
            closefd: Cell::new(true),
            seekable: Cell::new(None),
            blksize: Cell::new(DEFAULT_BUFFER_SIZE),
            regular: Cell::new(false),
        },
    )
}

/// `FileIO(file, mode, closefd, opener)`.
pub fn open(
    vm: &Vm,
    file: &Value,
    mode: &str,
    closefd: bool,
    opener: Option<&Value>,
) -> PyResult<Gc<FileIo>> {
    let f = blank(vm, &vm.native_type::<FileIo>())?;
    init(vm, &f, file, mode, closefd, opener)?;
    Ok(f)
}

#[pymethods]
impl FileIo {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(blank(vm, cls)?.into_value())
    }

    #[pyinit("FileIO(file, mode='r', closefd=True, opener=None)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<FileIo>,
        file: &Value,
        mode: &str,
        closefd: bool,
        opener: Option<&Value>,
    ) -> PyResult<()> {
        init(vm, zelf, file, mode, closefd, opener)
    }

    /// Read at most size bytes, returned as bytes.
    ///
    /// If size is less than 0, read all bytes in the file making
    /// multiple read calls. See ``FileIO.readall``.
    ///
    /// Attempts to make only one system call, retrying only per
    /// PEP 475 (EINTR). This means less data may be returned than
    /// requested.
    ///
    /// In non-blocking mode, returns None if no data is available.
    /// Return an empty bytes object at EOF.
    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, zelf: &Gc<FileIo>, #[raw] size: Option<&Value>) -> PyResult<Value> {
        zelf.reading(vm)?;
        let n = util::size_arg(vm, size, -1)?;
        if n < 0 {
            return vm.call_method(zelf.as_value(), "readall", &[]);
        }
        let mut out = Vec::new();
        let r = zelf.read_into(vm, &mut out, n as usize)?;
        Ok(r.map_or(Value::NONE, |_| vm.new_bytes(&out).into_value()))
    }

    /// Read all data from the file, returned as bytes.
    ///
    /// Reads until either there is an error or read returns size 0 (indicates EOF).
    /// If the file is already at EOF, returns an empty bytes object.
    ///
    /// In non-blocking mode, returns as much data as could be read before EAGAIN. If no
    /// data is available (EAGAIN is returned before bytes are read) returns None.
    #[pymethod("readall($self, /)")]
    fn readall(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<Value> {
        Ok(zelf.read_all(vm)?.map_or(Value::NONE, |b| vm.new_bytes(&b).into_value()))
    }

    /// Same as RawIOBase.readinto().
    #[pymethod("readinto($self, buffer, /)")]
    fn readinto(vm: &Vm, zelf: &Gc<FileIo>, buffer: &Value) -> PyResult<Option<usize>> {
        let b = util::writable(vm, buffer, "readinto() argument")?;
        let mut out = Vec::new();
        let r = zelf.read_into(vm, &mut out, b.len)?;
        util::fill(&b, 0, &out);
        Ok(r)
    }

    /// Write buffer b to file, return number of bytes written.
    ///
    /// Only makes one system call, so not all of the data may be written.
    /// The number of bytes actually written is returned.  In non-blocking mode,
    /// returns None if the write would block.
    #[pymethod("write($self, b, /)")]
    fn write(vm: &Vm, zelf: &Gc<FileIo>, b: &Value) -> PyResult<Option<usize>> {
        // A signal may be why less was written: its handler runs here.
        let told = |n: Option<usize>, len: usize| {
            if n.is_some_and(|n| n < len) {
                vm.poll()?;
            }
            Ok(n)
        };
        if let Some(b) = b.downcast::<Bytes>() {
            return told(zelf.write_bytes(vm, b.as_bytes())?, b.len());
        }
        let buf = util::buffer(vm, b, taipan_vm::types::buffer::Request::SIMPLE)?;
        told(zelf.write_bytes(vm, buf.bytes())?, buf.bytes().len())
    }

    /// Move to new file position and return the file position.
    ///
    /// Argument offset is a byte count.  Optional argument whence defaults to
    /// SEEK_SET or 0 (offset from start of file, offset should be >= 0); other values
    /// are SEEK_CUR or 1 (move relative to current position, positive or negative),
    /// and SEEK_END or 2 (move relative to end of file, usually negative, although
    /// many platforms allow seeking beyond the end of a file).
    ///
    /// Note that not all file objects are seekable.
    #[pymethod("seek($self, pos, whence=0, /)")]
    fn seek(vm: &Vm, zelf: &Gc<FileIo>, pos: &Value, whence: i32) -> PyResult<i64> {
        zelf.check_open(vm)?;
        let pos = vm.index_i64(pos, "Python int too large to convert to C long")?;
        zelf.seek_to(vm, pos, whence)
    }

    /// Current file position.
    ///
    /// Can raise OSError for non seekable files.
    #[pymethod("tell($self, /)")]
    fn tell(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<i64> {
        zelf.seek_to(vm, 0, 1)
    }

    /// Truncate the file to at most size bytes and return the truncated size.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is changed to the value of size.
    #[pymethod("truncate($self, size=None, /)")]
    fn truncate(vm: &Vm, zelf: &Gc<FileIo>, size: Option<&Value>) -> PyResult<Value> {
        let fd = zelf.writing(vm)?;
        let (n, v) = match size {
            Some(v) => (vm.index_i64(v, "Python int too large to convert to C long")?, v.clone()),
            None => {
                let n = zelf.seek_to(vm, 0, 1)?;
                (n, vm.new_int(n))
            }
        };
        util::retry_os(vm, || vm.host().ftruncate(fd, n))?;
        Ok(v)
    }

    /// Close the file.
    ///
    /// A closed file cannot be used for further I/O operations.  close() may be
    /// called more than once without error.
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<()> {
        let base: Option<Gc<IoBase>> = zelf.as_value().downcast::<IoBase>().cloned();
        let r = match &base {
            Some(b) => close_base(vm, b),
            None => Ok(()),
        };
        if !zelf.closefd.get() {
            zelf.fd.set(-1);
            return r;
        }
        super::both(vm, r, || {
            if zelf.base.base.finalizing.get() {
                zelf.warn_open(vm, zelf.as_value())?;
            }
            zelf.close_fd(vm)
        })
    }

    /// True if file supports random-access.
    #[pymethod("seekable($self, /)")]
    fn seekable(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<bool> {
        zelf.can_seek(vm)
    }

    /// True if file was opened in a read mode.
    #[pymethod("readable($self, /)")]
    fn readable(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<bool> {
        zelf.check_open(vm).map(|_| zelf.mode.get().readable)
    }

    /// True if file was opened in a write mode.
    #[pymethod("writable($self, /)")]
    fn writable(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<bool> {
        zelf.check_open(vm).map(|_| zelf.mode.get().writable)
    }

    /// Return the underlying file descriptor (an integer).
    #[pymethod("fileno($self, /)")]
    fn fileno(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<i32> {
        zelf.check_open(vm)
    }

    /// True if the file is connected to a TTY device.
    #[pymethod("isatty($self, /)")]
    fn isatty(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<bool> {
        let fd = zelf.check_open(vm)?;
        Ok(vm.host().isatty(fd))
    }

    /// Simple wrapper which skips expensive checks that are not needed right after opening.
    #[pymethod("_isatty_open_only($self, /)")]
    fn isatty_open_only(vm: &Vm, zelf: &Gc<FileIo>) -> PyResult<bool> {
        let fd = zelf.check_open(vm)?;
        Ok(!zelf.regular.get() && vm.host().isatty(fd))
    }

    #[pymethod("_dealloc_warn($self, source, /)")]
    fn dealloc_warn(vm: &Vm, zelf: &Gc<FileIo>, source: &Value) -> PyResult<()> {
        zelf.warn_open(vm, source)
    }

    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        Err(cannot_pickle(vm, zelf))
    }

    /// True if the file is closed
    #[pygetter("closed")]
    fn closed(_vm: &Vm, zelf: &Gc<FileIo>) -> bool {
        zelf.fd.get() < 0
    }

    /// True if the file descriptor will be closed by close().
    #[pygetter("closefd")]
    fn closefd(_vm: &Vm, zelf: &Gc<FileIo>) -> bool {
        zelf.closefd.get()
    }

    /// String giving the file mode
    #[pygetter("mode")]
    fn mode(_vm: &Vm, zelf: &Gc<FileIo>) -> &'static str {
        zelf.mode.get().name()
    }

    /// Stat st_blksize if available
    #[pygetter("_blksize")]
    fn blksize(_vm: &Vm, zelf: &Gc<FileIo>) -> usize {
        zelf.blksize.get()
    }

    #[pygetter("_finalizing")]
    fn finalizing(_vm: &Vm, zelf: &Gc<FileIo>) -> bool {
        zelf.base.base.finalizing.get()
    }

    #[pysetter("_finalizing")]
    fn set_finalizing(vm: &Vm, zelf: &Gc<FileIo>, v: Option<&Value>) -> PyResult<()> {
        zelf.base.base.finalizing.set(match v {
            Some(v) => vm.is_true(v)?,
            None => false,
        });
        Ok(())
    }
}

#[cold]
pub fn cannot_pickle(vm: &Vm, v: &Value) -> Raised {
    vm.type_error(format_args!("cannot pickle '{}' instances", vm.type_of(v).name()))
}
