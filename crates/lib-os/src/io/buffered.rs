//! `BufferedReader`, `BufferedWriter`, `BufferedRandom` (one state, three faces) and `BufferedRWPair`.
//!
//! I1  At most one of the two buffers holds anything: a write first seeks the raw stream back over what was read ahead,
//!     a read first writes what waits.

use super::base::{BufferedIoBase, finalize};
use super::file::{FileIo, ReprGuard, cannot_pickle};
use super::{DEFAULT_BUFFER_SIZE, both, call_readinto, check_able, unsupported, view_of};
use crate::util;
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Fresh,
    Ready,
    Detached,
}

/// The state that the three classes share.
#[derive(Default, Trace)]
pub struct Buffered {
    pub raw: ValueCell,
    #[notrace]
    stage: Cell<Stage>,
    #[notrace]
    size: Cell<usize>,
    #[notrace]
    ahead: Guarded<Vec<u8>>,
    #[notrace]
    ahead_at: Cell<usize>,
    #[notrace]
    waiting: Guarded<Vec<u8>>,
    /// Where the raw stream is; below zero: unknown.
    #[notrace]
    abs_pos: Cell<i64>,
    /// The thread that works on the buffers, 0 for none.
    #[notrace]
    owner: Cell<usize>,
}

/// Keeps other threads, and this one's signal handlers, off the buffers.
struct Busy<'a>(&'a Buffered);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.owner.set(0);
    }
}

fn thread_key() -> usize {
    thread_local!(static KEY: u8 = const { 0 });
    KEY.with(|k| std::ptr::from_ref(k) as usize)
}

impl Buffered {
    fn lock(&self, vm: &Vm, obj: &Value) -> PyResult<Busy<'_>> {
        let me = thread_key();
        while self.owner.get() != 0 {
            if self.owner.get() == me {
                let shown = vm.repr_text(obj)?;
                return Err(vm.runtime_error(format_args!("reentrant call inside {shown}")));
            }
            vm.allow_threads(|| {
                let now = vm.host().monotonic_ns();
                let _ = vm.host().sleep_until(now + 50_000);
            });
            util::poll(vm)?;
        }
        self.owner.set(me);
        Ok(Busy(self))
    }

    /// The raw stream of an initialised object.
    pub fn raw(&self, vm: &Vm) -> PyResult<Value> {
        match (self.stage.get(), self.raw.get()) {
            (Stage::Ready, Some(raw)) => Ok(raw),
            (Stage::Detached, _) => Err(vm.value_error("raw stream has been detached")),
            _ => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }

    fn raw_closed(&self, vm: &Vm, raw: &Value) -> PyResult<bool> {
        match raw.downcast_exact::<FileIo>() {
            Some(f) => Ok(f.fd.get() < 0),
            None => super::is_closed(vm, raw),
        }
    }

    /// The raw stream, unless it is closed and nothing is left to read.
    fn open(&self, vm: &Vm, msg: &str) -> PyResult<Value> {
        let raw = self.raw(vm)?;
        if self.raw_closed(vm, &raw)? && self.available() == 0 {
            return Err(vm.value_error(msg));
        }
        Ok(raw)
    }

    fn available(&self) -> usize {
        self.ahead.with(Vec::len) - self.ahead_at.get()
    }

    fn pending(&self) -> usize {
        self.waiting.with(Vec::len)
    }

    fn init(&self, vm: &Vm, raw: &Value, size: isize) -> PyResult<()> {
        self.stage.set(Stage::Fresh);
        if size <= 0 {
            return Err(vm.value_error("buffer size must be strictly positive"));
        }
        self.raw.set(Some(raw.clone()));
        self.size.set(size as usize);
        self.forget_ahead();
        drop(self.waiting.take());
        self.abs_pos.set(-1);
        if self.raw_tell(vm, raw).is_err() {
            drop(vm.take_raised());
        }
        self.stage.set(Stage::Ready);
        Ok(())
    }

    fn forget_ahead(&self) {
        self.ahead.with_mut(Vec::clear);
        self.ahead_at.set(0);
    }

    fn raw_tell(&self, vm: &Vm, raw: &Value) -> PyResult<i64> {
        let n = match raw.downcast_exact::<FileIo>() {
            Some(f) => f.seek_to(vm, 0, 1)?,
            None => {
                let r = vm.call_method_name(raw, &vm.names.tell(vm), &[])?;
                vm.index_i64(&r, "Python int too large to convert to C long")?
            }
        };
        self.checked_position(vm, n)
    }

    fn checked_position(&self, vm: &Vm, n: i64) -> PyResult<i64> {
        if n < 0 {
            return Err(vm.raise_new(&exc::OSError, format_args!("Raw stream returned invalid position {n}")));
        }
        self.abs_pos.set(n);
        Ok(n)
    }

    fn raw_seek(&self, vm: &Vm, raw: &Value, target: i64, whence: i32) -> PyResult<i64> {
        self.abs_pos.set(-1);
        let n = match raw.downcast_exact::<FileIo>() {
            Some(f) => f.seek_to(vm, target, whence)?,
            None => {
                let args = [vm.new_int(target), vm.new_int(i64::from(whence))];
                let r = vm.call_method_name(raw, &vm.names.seek(vm), &args)?;
                vm.index_i64(&r, "Python int too large to convert to C long")?
            }
        };
        self.checked_position(vm, n)
    }

    /// Reads once from the raw stream to the end of `out`.
    fn raw_read(&self, vm: &Vm, raw: &Value, out: &mut Vec<u8>, n: usize) -> PyResult<Option<usize>> {
        let got = match raw.downcast_exact::<FileIo>() {
            Some(f) => f.read_into(vm, out, n)?,
            None => loop {
                match call_readinto(vm, raw, n) {
                    Err(Raised) if vm.raised_is(&exc::InterruptedError) => {
                        drop(vm.take_raised());
                        util::poll(vm)?;
                    }
                    Err(raised) => return Err(raised),
                    Ok(r) => {
                        break r.map(|data| {
                            out.extend_from_slice(&data);
                            data.len()
                        });
                    }
                }
            },
        };
        if let Some(k) = got
            && self.abs_pos.get() >= 0
        {
            self.abs_pos.set(self.abs_pos.get().saturating_add(k as i64));
        }
        Ok(got)
    }

    /// Writes once to the raw stream.
    fn raw_write(&self, vm: &Vm, raw: &Value, data: &[u8]) -> PyResult<Option<usize>> {
        let n = match raw.downcast_exact::<FileIo>() {
            Some(f) => f.write_bytes(vm, data)?,
            None => {
                let view = view_of(vm, data)?;
                let r = loop {
                    match vm.call_method_name(raw, &vm.names.write, std::slice::from_ref(&view)) {
                        Err(Raised) if vm.raised_is(&exc::InterruptedError) => {
                            drop(vm.take_raised());
                            util::poll(vm)?;
                        }
                        r => break r?,
                    }
                };
                if r.is_none() {
                    None
                } else {
                    let k = vm.index_i64(&r, "cannot fit 'int' into an index-sized integer")?;
                    if k < 0 || k as usize > data.len() {
                        return Err(vm.raise_new(
                            &exc::OSError,
                            format_args!(
                                "raw write() returned invalid length {k} (should have been between 0 and {})",
                                data.len()
                            ),
                        ));
                    }
                    Some(k as usize)
                }
            }
        };
        if let Some(k) = n
            && self.abs_pos.get() >= 0
        {
            self.abs_pos.set(self.abs_pos.get().saturating_add(k as i64));
        }
        Ok(n)
    }

    /// Writes all that waits.
    fn write_out(&self, vm: &Vm, raw: &Value) -> PyResult<()> {
        while self.pending() > 0 {
            let data = self.waiting.take();
            let r = self.raw_write(vm, raw, &data);
            let done = match &r {
                Ok(Some(n)) => *n,
                _ => 0,
            };
            // What arrived meanwhile (there is nothing: the lock is held) would go behind.
            self.waiting.with_mut(|w| {
                let later = std::mem::take(w);
                *w = data;
                w.drain(..done.min(w.len()));
                w.extend_from_slice(&later);
            });
            if r?.is_none() {
                return Err(blocking(vm, 0));
            }
            util::poll(vm)?;
        }
        Ok(())
    }

    /// Makes the raw stream stand where the user believes to be.
    fn rewind(&self, vm: &Vm, raw: &Value) -> PyResult<()> {
        let n = self.available();
        if n > 0 {
            self.raw_seek(vm, raw, -(n as i64), 1)?;
        }
        self.forget_ahead();
        Ok(())
    }

    fn settle(&self, vm: &Vm, raw: &Value) -> PyResult<()> {
        self.write_out(vm, raw)?;
        self.rewind(vm, raw)
    }

    /// Fills the empty read buffer by one raw read.
    fn fill(&self, vm: &Vm, raw: &Value) -> PyResult<Option<usize>> {
        let mut buf = self.ahead.take();
        self.ahead_at.set(0);
        buf.truncate(0);
        let r = self.raw_read(vm, raw, &mut buf, self.size.get());
        self.ahead.set(buf);
        r
    }

    /// Takes up to `n` bytes of the read buffer.
    fn take_ahead(&self, n: usize, out: &mut Vec<u8>) -> usize {
        let at = self.ahead_at.get();
        let k = self.ahead.with(|b| {
            let rest = b.get(at..).unwrap_or(&[]);
            let rest = rest.get(..n).unwrap_or(rest);
            out.extend_from_slice(rest);
            rest.len()
        });
        self.ahead_at.set(at + k);
        k
    }

    fn read_all(&self, vm: &Vm, raw: &Value) -> PyResult<Value> {
        let mut out = Vec::new();
        self.write_out(vm, raw)?;
        self.take_ahead(usize::MAX, &mut out);
        self.forget_ahead();
        if let Some(readall) = vm.lookup_attr_str(raw, "readall")? {
            let rest = vm.call0(&readall)?;
            if self.abs_pos.get() >= 0 {
                self.abs_pos.set(-1);
            }
            if rest.is_none() {
                return Ok(if out.is_empty() { rest } else { vm.new_bytes(&out).into_value() });
            }
            let Some(b) = rest.downcast::<Bytes>() else {
                return Err(vm.type_error("readall() should return bytes"));
            };
            if out.is_empty() {
                return Ok(rest.clone());
            }
            out.extend_from_slice(b.as_bytes());
            return Ok(vm.new_bytes(&out).into_value());
        }
        loop {
            let data = vm.call_method_name(raw, &vm.names.read, &[])?;
            if data.is_none() && out.is_empty() {
                return Ok(data);
            }
            if !data.is_none() && !data.is_instance_of::<Bytes>() {
                return Err(vm.type_error("read() should return bytes"));
            }
            match data.downcast::<Bytes>() {
                Some(b) if !b.is_empty() => {
                    out.extend_from_slice(b.as_bytes());
                    self.abs_pos.set(-1);
                }
                _ => return Ok(vm.new_bytes(&out).into_value()),
            }
        }
    }

    /// `read(n)`: `None` when it would block and nothing is there.
    fn read_n(&self, vm: &Vm, raw: &Value, n: usize) -> PyResult<Option<Vec<u8>>> {
        let mut out = Vec::new();
        self.take_ahead(n, &mut out);
        if out.len() == n {
            return Ok(Some(out));
        }
        self.settle(vm, raw)?;
        while out.len() < n {
            let left = n - out.len();
            let size = self.size.get();
            let got = if left >= size {
                self.raw_read(vm, raw, &mut out, left - left % size)?
            } else {
                let r = self.fill(vm, raw)?;
                self.take_ahead(left, &mut out);
                r
            };
            match got {
                None if out.is_empty() => return Ok(None),
                None | Some(0) => break,
                Some(_) => {}
            }
        }
        Ok(Some(out))
    }

    fn read_line(&self, vm: &Vm, raw: &Value, limit: Option<usize>) -> PyResult<Vec<u8>> {
        let mut out = Vec::new();
        let mut settled = false;
        loop {
            let left = limit.map_or(usize::MAX, |l| l - out.len());
            let at = self.ahead_at.get();
            let end = self.ahead.with(|b| {
                let rest = b.get(at..).unwrap_or(&[]);
                rest.iter().position(|b| *b == b'\n').map(|i| i + 1)
            });
            self.take_ahead(end.unwrap_or(usize::MAX).min(left), &mut out);
            if end.is_some() || limit == Some(out.len()) {
                return Ok(out);
            }
            if !settled {
                self.settle(vm, raw)?;
                settled = true;
            }
            match self.fill(vm, raw)? {
                None | Some(0) => return Ok(out),
                Some(_) => {}
            }
        }
    }

    fn write(&self, vm: &Vm, raw: &Value, data: &[u8]) -> PyResult<usize> {
        let size = self.size.get();
        if self.available() > 0 || self.ahead_at.get() > 0 {
            self.rewind(vm, raw)?;
        }
        if data.len() <= size.saturating_sub(self.pending()) && data.len() < size {
            self.waiting.with_mut(|w| w.extend_from_slice(data));
            return Ok(data.len());
        }
        let would_block = |r: &PyResult<()>| r.is_err() && vm.raised_is(&exc::BlockingIOError);
        let r = self.write_out(vm, raw);
        if would_block(&r) {
            drop(vm.take_raised());
            let room = size.saturating_sub(self.pending()).min(data.len());
            self.waiting.with_mut(|w| w.extend_from_slice(data.get(..room).unwrap_or(data)));
            return if room == data.len() { Ok(room) } else { Err(blocking(vm, room)) };
        }
        r?;
        let mut done = 0;
        while data.len() - done > size {
            let rest = data.get(done..).unwrap_or(&[]);
            match self.raw_write(vm, raw, rest)? {
                Some(n) => done += n,
                None => {
                    let room = size.min(rest.len());
                    self.waiting.with_mut(|w| w.extend_from_slice(rest.get(..room).unwrap_or(rest)));
                    return if room == rest.len() { Ok(data.len()) } else { Err(blocking(vm, done + room)) };
                }
            }
            util::poll(vm)?;
        }
        self.waiting.with_mut(|w| w.extend_from_slice(data.get(done..).unwrap_or(&[])));
        Ok(data.len())
    }

    /// `write` for streams of this crate, without a Python call.
    pub fn write_direct(&self, vm: &Vm, obj: &Value, data: &[u8]) -> PyResult<usize> {
        let _busy = self.lock(vm, obj)?;
        let raw = self.open(vm, "write to closed file")?;
        self.write(vm, &raw, data)
    }

    pub fn flush_direct(&self, vm: &Vm, obj: &Value) -> PyResult<()> {
        let raw = self.open(vm, "flush of closed file")?;
        let _busy = self.lock(vm, obj)?;
        self.settle(vm, &raw)
    }

    /// `read1` for streams of this crate.
    pub fn read1_direct(&self, vm: &Vm, obj: &Value, n: usize) -> PyResult<Vec<u8>> {
        let raw = self.open(vm, "read of closed file")?;
        let mut out = Vec::new();
        if n == 0 {
            return Ok(out);
        }
        let _busy = self.lock(vm, obj)?;
        if self.take_ahead(n, &mut out) > 0 {
            return Ok(out);
        }
        self.settle(vm, &raw)?;
        self.raw_read(vm, &raw, &mut out, n)?;
        Ok(out)
    }

    fn seek(&self, vm: &Vm, obj: &Value, target: i64, whence: i32) -> PyResult<i64> {
        let raw = self.open(vm, "seek of closed file")?;
        check_able(vm, &raw, "seekable", "File or stream is not seekable.")?;
        let _busy = self.lock(vm, obj)?;
        if whence != 2 && self.pending() == 0 && !self.ahead.with(Vec::is_empty) {
            let raw_at = match self.abs_pos.get() {
                n if n >= 0 => n,
                _ => self.raw_tell(vm, &raw)?,
            };
            let start = raw_at - self.ahead.with(Vec::len) as i64;
            let here = start + self.ahead_at.get() as i64;
            let to = if whence == 0 { Some(target) } else { here.checked_add(target) };
            if let Some(to) = to
                && to >= start
                && to <= raw_at
            {
                self.ahead_at.set((to - start) as usize);
                // Some character devices say 0 wherever they are.
                return Ok(to.max(0));
            }
        }
        self.write_out(vm, &raw)?;
        let target = if whence == 1 { target - self.available() as i64 } else { target };
        let n = self.raw_seek(vm, &raw, target, whence)?;
        self.forget_ahead();
        Ok(n)
    }

    fn tell(&self, vm: &Vm, obj: &Value) -> PyResult<i64> {
        let raw = self.raw(vm)?;
        let _busy = self.lock(vm, obj)?;
        let n = self.raw_tell(vm, &raw)?;
        Ok((n - self.available() as i64).max(0) + self.pending() as i64)
    }
}

#[cold]
fn blocking(vm: &Vm, written: usize) -> Raised {
    vm.raise_args(
        &exc::BlockingIOError,
        vec![
            vm.new_int(i64::from(libc::EAGAIN)),
            vm.new_str("write could not complete without blocking").into_value(),
            vm.new_uint(written as u64),
        ],
    )
}

/// Names that the machine has no field for.
trait MoreNames {
    fn tell(&self, vm: &Vm) -> Gc<Str>;
    fn seek(&self, vm: &Vm) -> Gc<Str>;
}

impl MoreNames for taipan_vm::names::Names {
    fn tell(&self, vm: &Vm) -> Gc<Str> {
        vm.intern("tell")
    }
    fn seek(&self, vm: &Vm) -> Gc<Str> {
        vm.intern("seek")
    }
}

fn state_of<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Buffered> {
    if let Some(b) = v.downcast::<BufferedReader>() {
        return Ok(&b.b);
    }
    if let Some(b) = v.downcast::<BufferedWriter>() {
        return Ok(&b.b);
    }
    match v.downcast::<BufferedRandom>() {
        Some(b) => Ok(&b.b),
        None => Err(vm.type_error("not a buffered stream")),
    }
}

/// The state of a stream that is exactly one of the three classes, whose methods nobody can have overridden.
pub fn exact(v: &Value) -> Option<&Buffered> {
    if let Some(b) = v.downcast_exact::<BufferedWriter>() {
        return Some(&b.b);
    }
    if let Some(b) = v.downcast_exact::<BufferedReader>() {
        return Some(&b.b);
    }
    v.downcast_exact::<BufferedRandom>().map(|b| &b.b)
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let ty = util::type_name(vm, v);
    let name = match vm.get_attr(v, &vm.names.name) {
        Ok(n) => Some(n),
        Err(Raised) if vm.raised_is(&exc::ValueError) || vm.raised_is(&exc::AttributeError) => {
            drop(vm.take_raised());
            None
        }
        Err(raised) => return Err(raised),
    };
    let text = match name {
        None => format!("<{ty}>"),
        Some(name) => {
            let Some(_guard) = ReprGuard::enter(vm, v) else {
                return Err(vm.runtime_error(format_args!("reentrant call inside {ty}.__repr__")));
            };
            format!("<{ty} name={}>", vm.repr_text(&name)?)
        }
    };
    Ok(vm.new_str(&text).into_value())
}

fn iternext(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let line = if exact(v).is_some() {
        let b = state_of(vm, v)?;
        let raw = b.open(vm, "readline of closed file")?;
        let _busy = b.lock(vm, v)?;
        let line = b.read_line(vm, &raw, None)?;
        return Ok(if line.is_empty() { None } else { Some(vm.new_bytes(&line).into_value()) });
    } else {
        vm.call_method_name(v, &vm.names.readline, &[])?
    };
    match line.downcast::<Bytes>() {
        None => Err(vm.raise_new(
            &exc::OSError,
            format_args!(
                "readline() should have returned a bytes object, not '{}'",
                vm.type_of(&line).name()
            ),
        )),
        Some(b) if b.is_empty() => Ok(None),
        Some(_) => Ok(Some(line.clone())),
    }
}

fn readinto(vm: &Vm, v: &Value, buffer: &Value, once: bool) -> PyResult<Option<usize>> {
    let b = state_of(vm, v)?;
    let what = if once { "readinto1() argument" } else { "readinto() argument" };
    let target = util::writable(vm, buffer, what)?;
    let raw = b.open(vm, "readinto of closed file")?;
    let _busy = b.lock(vm, v)?;
    let mut out = Vec::new();
    b.take_ahead(target.len, &mut out);
    let mut blocked = false;
    if out.len() < target.len {
        b.settle(vm, &raw)?;
        while out.len() < target.len {
            let left = target.len - out.len();
            let got = if left > b.size.get() {
                b.raw_read(vm, &raw, &mut out, left)?
            } else if once && !out.is_empty() {
                break;
            } else {
                let r = b.fill(vm, &raw)?;
                b.take_ahead(left, &mut out);
                r
            };
            match got {
                None => {
                    blocked = true;
                    break;
                }
                Some(0) => break,
                Some(_) if once => break,
                Some(_) => {}
            }
        }
    }
    if blocked && out.is_empty() {
        return Ok(None);
    }
    Ok(Some(util::fill(&target, 0, &out)))
}

fn close(vm: &Vm, v: &Value) -> PyResult<()> {
    let b = state_of(vm, v)?;
    let raw = b.raw(vm)?;
    if b.raw_closed(vm, &raw)? {
        return Ok(());
    }
    if let Some(base) = v.downcast::<super::base::IoBase>()
        && base.finalizing.get()
        && let Some(f) = vm.lookup_attr_str(&raw, "_dealloc_warn")?
        && vm.call1(&f, v).is_err()
    {
        drop(vm.take_raised());
    }
    let r = vm.call_method_name(v, &vm.names.flush, &[]).map(drop);
    both(vm, r, || {
        // Whoever writes meanwhile waits, and finds it closed.
        let _busy = b.lock(vm, v)?;
        let r = vm.call_method_name(&raw, &vm.names.close, &[]).map(drop);
        b.forget_ahead();
        drop(b.waiting.take());
        r
    })
}

macro_rules! buffered {
    ($(#[$doc:meta])* $T:ident, $name:literal, $signature:literal, [$($check:expr),*], $slots:expr, { $($more:tt)* }) => {
        $(#[$doc])*
        #[pytype(name = $name, module = "_io", base = BufferedIoBase, signature = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)", flags(BASETYPE, GC, HAS_DICT))]
        #[derive(Trace, Default)]
        pub struct $T {
            pub base: BufferedIoBase,
            pub b: Buffered,
        }

        impl Slots for $T {
            const SLOTS: SlotDefs = $slots;
        }

        #[pymethods]
        impl $T {
            #[pynew(raw)]
            fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
                Ok(vm.alloc_in(cls, $T::default())?.into_value())
            }

            #[pyinit($signature)]
            fn init(vm: &Vm, zelf: &Gc<$T>, raw: &Value, buffer_size: isize) -> PyResult<()> {
                let checks: &[(&str, &str)] = &[$($check),*];
                for (method, msg) in checks {
                    check_able(vm, raw, method, msg)?;
                }
                zelf.b.init(vm, raw, buffer_size)
            }

            #[pymethod("detach($self, /)")]
            fn detach(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                let raw = zelf.b.raw(vm)?;
                vm.call_method_name(zelf.as_value(), &vm.names.flush, &[])?;
                zelf.b.raw.set(None);
                zelf.b.stage.set(Stage::Detached);
                Ok(raw)
            }

            #[pymethod("close($self, /)")]
            fn close(vm: &Vm, zelf: &Value) -> PyResult<()> {
                close(vm, zelf)
            }

            #[pymethod("seekable($self, /)")]
            fn seekable(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                vm.call_method(&zelf.b.raw(vm)?, "seekable", &[])
            }

            #[pymethod("fileno($self, /)")]
            fn fileno(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                vm.call_method_name(&zelf.b.raw(vm)?, &vm.names.fileno, &[])
            }

            #[pymethod("isatty($self, /)")]
            fn isatty(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                vm.call_method_name(&zelf.b.raw(vm)?, &vm.names.isatty, &[])
            }

            #[pymethod("_dealloc_warn($self, source, /)")]
            fn dealloc_warn(vm: &Vm, zelf: &Gc<$T>, source: &Value) -> PyResult<()> {
                if let Some(raw) = zelf.b.raw.get()
                    && zelf.b.stage.get() == Stage::Ready
                    && vm.call_method(&raw, "_dealloc_warn", std::slice::from_ref(source)).is_err()
                {
                    drop(vm.take_raised());
                }
                Ok(())
            }

            #[pymethod("seek($self, target, whence=0, /)")]
            fn seek(vm: &Vm, zelf: &Gc<$T>, target: &Value, whence: i32) -> PyResult<i64> {
                if !matches!(whence, 0..=2 | libc::SEEK_HOLE | libc::SEEK_DATA) {
                    return Err(vm.value_error(format_args!("whence value {whence} unsupported")));
                }
                zelf.b.raw(vm)?;
                let target = vm.index_i64(target, "Python int too large to convert to C long")?;
                zelf.b.seek(vm, zelf.as_value(), target, whence)
            }

            #[pymethod("tell($self, /)")]
            fn tell(vm: &Vm, zelf: &Gc<$T>) -> PyResult<i64> {
                zelf.b.tell(vm, zelf.as_value())
            }

            #[pymethod("truncate($self, pos=None, /)")]
            fn truncate(vm: &Vm, zelf: &Gc<$T>, pos: &Value) -> PyResult<Value> {
                let raw = zelf.b.open(vm, "truncate of closed file")?;
                if stringify!($T) == "BufferedReader" {
                    return Err(unsupported(vm, "truncate"));
                }
                let _busy = zelf.b.lock(vm, zelf.as_value())?;
                zelf.b.settle(vm, &raw)?;
                let r = vm.call_method(&raw, "truncate", std::slice::from_ref(pos))?;
                if zelf.b.raw_tell(vm, &raw).is_err() {
                    drop(vm.take_raised());
                }
                Ok(r)
            }

            #[pymethod("__sizeof__($self, /)")]
            fn sizeof(_vm: &Vm, zelf: &Gc<$T>) -> usize {
                size_of::<$T>() + 16 + zelf.b.size.get()
            }

            #[pymethod("__getstate__($self, /)")]
            fn getstate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
                Err(cannot_pickle(vm, zelf))
            }

            #[pygetter("raw")]
            fn get_raw(_vm: &Vm, zelf: &Gc<$T>) -> Option<Value> {
                zelf.b.raw.get()
            }

            #[pygetter("_finalizing")]
            fn finalizing(_vm: &Vm, zelf: &Gc<$T>) -> bool {
                zelf.base.base.finalizing.get()
            }

            #[pysetter("_finalizing")]
            fn set_finalizing(vm: &Vm, zelf: &Gc<$T>, v: Option<&Value>) -> PyResult<()> {
                let on = match v {
                    Some(v) => vm.is_true(v)?,
                    None => false,
                };
                zelf.base.base.finalizing.set(on);
                Ok(())
            }

            #[pygetter("closed")]
            fn closed(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                vm.get_attr_str(&zelf.b.raw(vm)?, "closed")
            }

            #[pygetter("name")]
            fn name(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                vm.get_attr(&zelf.b.raw(vm)?, &vm.names.name)
            }

            #[pygetter("mode")]
            fn mode(vm: &Vm, zelf: &Gc<$T>) -> PyResult<Value> {
                vm.get_attr(&zelf.b.raw(vm)?, &vm.names.mode)
            }

            $($more)*
        }
    };
}

const READABLE: (&str, &str) = ("readable", "File or stream is not readable.");
const WRITABLE: (&str, &str) = ("writable", "File or stream is not writable.");
const SEEKABLE: (&str, &str) = ("seekable", "File or stream is not seekable.");

fn read(vm: &Vm, v: &Value, size: Option<&Value>) -> PyResult<Value> {
    let b = state_of(vm, v)?;
    let n = util::size_arg(vm, size, -1)?;
    b.raw(vm)?;
    if n < -1 {
        return Err(vm.value_error("read length must be non-negative or -1"));
    }
    let raw = b.open(vm, "read of closed file")?;
    let _busy = b.lock(vm, v)?;
    if n == -1 {
        return b.read_all(vm, &raw);
    }
    Ok(b.read_n(vm, &raw, n as usize)?.map_or(Value::NONE, |d| vm.new_bytes(&d).into_value()))
}

fn read1(vm: &Vm, v: &Value, size: isize) -> PyResult<Value> {
    let b = state_of(vm, v)?;
    b.raw(vm)?;
    let n = if size < 0 { b.size.get() } else { size as usize };
    let data = b.read1_direct(vm, v, n)?;
    Ok(vm.new_bytes(&data).into_value())
}

fn peek(vm: &Vm, v: &Value) -> PyResult<Value> {
    let b = state_of(vm, v)?;
    let raw = b.open(vm, "peek of closed file")?;
    let _busy = b.lock(vm, v)?;
    b.write_out(vm, &raw)?;
    if b.available() == 0 {
        b.rewind(vm, &raw)?;
        b.fill(vm, &raw)?;
    }
    let at = b.ahead_at.get();
    Ok(b.ahead.with(|d| vm.new_bytes(d.get(at..).unwrap_or(&[]))).into_value())
}

fn readline(vm: &Vm, v: &Value, size: Option<&Value>) -> PyResult<Value> {
    let b = state_of(vm, v)?;
    let n = util::size_arg(vm, size, -1)?;
    let raw = b.open(vm, "readline of closed file")?;
    let _busy = b.lock(vm, v)?;
    let line = b.read_line(vm, &raw, usize::try_from(n).ok())?;
    Ok(vm.new_bytes(&line).into_value())
}

fn write(vm: &Vm, v: &Value, data: &Value) -> PyResult<usize> {
    let b = state_of(vm, v)?;
    b.raw(vm)?;
    if let Some(data) = data.downcast::<Bytes>() {
        return b.write_direct(vm, v, data.as_bytes());
    }
    if data.is_instance_of::<Str>() {
        return Err(util::bytes_like_error(vm, data));
    }
    let buf = util::buffer(vm, data, taipan_vm::types::buffer::Request::SIMPLE)?;
    b.write_direct(vm, v, buf.bytes())
}

fn flush(vm: &Vm, v: &Value) -> PyResult<()> {
    let b = state_of(vm, v)?;
    b.raw(vm)?;
    b.flush_direct(vm, v)
}

/// What only a stream that is not read has to flush: nothing.
fn flush_reader(vm: &Vm, v: &Value) -> PyResult<Value> {
    let b = state_of(vm, v)?;
    vm.call_method_name(&b.raw(vm)?, &vm.names.flush, &[])
}

buffered! {
    /// Create a new buffered reader using the given readable raw IO object.
    BufferedReader, "BufferedReader", "BufferedReader(raw, buffer_size=131072)", [READABLE],
    SlotDefs { repr: Some(repr), iternext: Some(iternext), finalize: Some(finalize), ..SlotDefs::NONE },
    {
        #[pymethod("flush($self, /)")]
        fn flush(vm: &Vm, zelf: &Value) -> PyResult<Value> {
            flush_reader(vm, zelf)
        }
        #[pymethod("readable($self, /)")]
        fn readable(vm: &Vm, zelf: &Gc<BufferedReader>) -> PyResult<Value> {
            vm.call_method(&zelf.b.raw(vm)?, "readable", &[])
        }
        #[pymethod("read($self, size=-1, /)")]
        fn read(vm: &Vm, zelf: &Value, #[raw] size: Option<&Value>) -> PyResult<Value> {
            read(vm, zelf, size)
        }
        #[pymethod("peek($self, size=0, /)")]
        fn peek(vm: &Vm, zelf: &Value, _size: isize) -> PyResult<Value> {
            peek(vm, zelf)
        }
        #[pymethod("read1($self, size=-1, /)")]
        fn read1(vm: &Vm, zelf: &Value, size: isize) -> PyResult<Value> {
            read1(vm, zelf, size)
        }
        #[pymethod("readinto($self, buffer, /)")]
        fn readinto(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<Option<usize>> {
            readinto(vm, zelf, buffer, false)
        }
        #[pymethod("readinto1($self, buffer, /)")]
        fn readinto1(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<Option<usize>> {
            readinto(vm, zelf, buffer, true)
        }
        #[pymethod("readline($self, size=-1, /)")]
        fn readline(vm: &Vm, zelf: &Value, #[raw] size: Option<&Value>) -> PyResult<Value> {
            readline(vm, zelf, size)
        }
    }
}

buffered! {
    /// A buffer for a writeable sequential RawIO object.
    ///
    /// The constructor creates a BufferedWriter for the given writeable raw
    /// stream. If the buffer_size is not given, it defaults to
    /// DEFAULT_BUFFER_SIZE.
    BufferedWriter, "BufferedWriter", "BufferedWriter(raw, buffer_size=131072)", [WRITABLE],
    SlotDefs { repr: Some(repr), finalize: Some(finalize), ..SlotDefs::NONE },
    {
        #[pymethod("writable($self, /)")]
        fn writable(vm: &Vm, zelf: &Gc<BufferedWriter>) -> PyResult<Value> {
            vm.call_method(&zelf.b.raw(vm)?, "writable", &[])
        }
        /// Write buffer b to the IO stream.
        ///
        /// Return the number of bytes written, which is always
        /// the length of b in bytes.
        ///
        /// Raise BlockingIOError if the buffer is full and the
        /// underlying raw stream cannot accept more data at the moment.
        #[pymethod("write($self, buffer, /)")]
        fn write(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<usize> {
            write(vm, zelf, buffer)
        }
        #[pymethod("flush($self, /)")]
        fn flush(vm: &Vm, zelf: &Value) -> PyResult<()> {
            flush(vm, zelf)
        }
    }
}

buffered! {
    /// A buffered interface to random access streams.
    ///
    /// The constructor creates a reader and writer for a seekable stream,
    /// raw, given in the first argument. If the buffer_size is omitted it
    /// defaults to DEFAULT_BUFFER_SIZE.
    BufferedRandom, "BufferedRandom", "BufferedRandom(raw, buffer_size=131072)", [SEEKABLE, READABLE, WRITABLE],
    SlotDefs { repr: Some(repr), iternext: Some(iternext), finalize: Some(finalize), ..SlotDefs::NONE },
    {
        #[pymethod("flush($self, /)")]
        fn flush(vm: &Vm, zelf: &Value) -> PyResult<()> {
            flush(vm, zelf)
        }
        #[pymethod("readable($self, /)")]
        fn readable(vm: &Vm, zelf: &Gc<BufferedRandom>) -> PyResult<Value> {
            vm.call_method(&zelf.b.raw(vm)?, "readable", &[])
        }
        #[pymethod("writable($self, /)")]
        fn writable(vm: &Vm, zelf: &Gc<BufferedRandom>) -> PyResult<Value> {
            vm.call_method(&zelf.b.raw(vm)?, "writable", &[])
        }
        #[pymethod("read($self, size=-1, /)")]
        fn read(vm: &Vm, zelf: &Value, #[raw] size: Option<&Value>) -> PyResult<Value> {
            read(vm, zelf, size)
        }
        #[pymethod("peek($self, size=0, /)")]
        fn peek(vm: &Vm, zelf: &Value, _size: isize) -> PyResult<Value> {
            peek(vm, zelf)
        }
        #[pymethod("read1($self, size=-1, /)")]
        fn read1(vm: &Vm, zelf: &Value, size: isize) -> PyResult<Value> {
            read1(vm, zelf, size)
        }
        #[pymethod("readinto($self, buffer, /)")]
        fn readinto(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<Option<usize>> {
            readinto(vm, zelf, buffer, false)
        }
        #[pymethod("readinto1($self, buffer, /)")]
        fn readinto1(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<Option<usize>> {
            readinto(vm, zelf, buffer, true)
        }
        #[pymethod("readline($self, size=-1, /)")]
        fn readline(vm: &Vm, zelf: &Value, #[raw] size: Option<&Value>) -> PyResult<Value> {
            readline(vm, zelf, size)
        }
        #[pymethod("write($self, buffer, /)")]
        fn write(vm: &Vm, zelf: &Value, buffer: &Value) -> PyResult<usize> {
            write(vm, zelf, buffer)
        }
    }
}

/// A fresh stream of one of the three classes on a raw one, as `open` makes it.
pub fn wrap(vm: &Vm, raw: &Value, size: usize, reading: bool, writing: bool) -> PyResult<Value> {
    let cls = match (reading, writing) {
        (true, true) => vm.native_type::<BufferedRandom>(),
        (false, _) => vm.native_type::<BufferedWriter>(),
        _ => vm.native_type::<BufferedReader>(),
    };
    vm.call(cls.as_value(), &[raw.clone(), vm.new_uint(size as u64)])
}

/// A buffered reader and writer object together.
///
/// A buffered reader object and buffered writer object put together to
/// form a sequential IO object that can read and write. This is typically
/// used with a socket or two-way pipe.
///
/// reader and writer are RawIOBase objects that are readable and
/// writeable respectively. If the buffer_size is omitted it defaults to
/// DEFAULT_BUFFER_SIZE.
#[pytype(name = "BufferedRWPair", module = "_io", base = BufferedIoBase, signature = "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace, Default)]
pub struct BufferedRwPair {
    pub base: BufferedIoBase,
    reader: ValueCell,
    writer: ValueCell,
}

impl Slots for BufferedRwPair {
    const SLOTS: SlotDefs = SlotDefs { finalize: Some(finalize), ..SlotDefs::NONE };
}

impl BufferedRwPair {
    fn end(&self, vm: &Vm, end: &ValueCell) -> PyResult<Value> {
        end.get().ok_or_else(|| vm.value_error("I/O operation on uninitialized object"))
    }
}

macro_rules! pair {
    ($vm:ident, $zelf:ident, $end:ident, $name:literal, $args:expr) => {
        $vm.call_method(&$zelf.end($vm, &$zelf.$end)?, $name, $args)
    };
}

#[pymethods]
impl BufferedRwPair {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, BufferedRwPair::default())?.into_value())
    }

    #[pyinit("BufferedRWPair(reader, writer, buffer_size=131072, /)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<BufferedRwPair>,
        reader: &Value,
        writer: &Value,
        buffer_size: isize,
    ) -> PyResult<()> {
        check_able(vm, reader, "readable", READABLE.1)?;
        check_able(vm, writer, "writable", WRITABLE.1)?;
        let size = vm.new_int(buffer_size as i64);
        let r = vm.call(vm.native_type::<BufferedReader>().as_value(), &[reader.clone(), size.clone()])?;
        let w = vm.call(vm.native_type::<BufferedWriter>().as_value(), &[writer.clone(), size])?;
        zelf.reader.set(Some(r));
        zelf.writer.set(Some(w));
        Ok(())
    }

    #[pymethod(no_text, "read($self, *args)")]
    fn read(vm: &Vm, zelf: &Gc<BufferedRwPair>, args: &[Value]) -> PyResult<Value> {
        pair!(vm, zelf, reader, "read", args)
    }
    #[pymethod(no_text, "peek($self, *args)")]
    fn peek(vm: &Vm, zelf: &Gc<BufferedRwPair>, args: &[Value]) -> PyResult<Value> {
        pair!(vm, zelf, reader, "peek", args)
    }
    #[pymethod(no_text, "read1($self, *args)")]
    fn read1(vm: &Vm, zelf: &Gc<BufferedRwPair>, args: &[Value]) -> PyResult<Value> {
        pair!(vm, zelf, reader, "read1", args)
    }
    #[pymethod(no_text, "readinto($self, *args)")]
    fn readinto(vm: &Vm, zelf: &Gc<BufferedRwPair>, args: &[Value]) -> PyResult<Value> {
        pair!(vm, zelf, reader, "readinto", args)
    }
    #[pymethod(no_text, "readinto1($self, *args)")]
    fn readinto1(vm: &Vm, zelf: &Gc<BufferedRwPair>, args: &[Value]) -> PyResult<Value> {
        pair!(vm, zelf, reader, "readinto1", args)
    }
    #[pymethod(no_text, "write($self, *args)")]
    fn write(vm: &Vm, zelf: &Gc<BufferedRwPair>, args: &[Value]) -> PyResult<Value> {
        pair!(vm, zelf, writer, "write", args)
    }
    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Gc<BufferedRwPair>) -> PyResult<Value> {
        pair!(vm, zelf, writer, "flush", &[])
    }
    #[pymethod("readable($self, /)")]
    fn readable(vm: &Vm, zelf: &Gc<BufferedRwPair>) -> PyResult<Value> {
        pair!(vm, zelf, reader, "readable", &[])
    }
    #[pymethod("writable($self, /)")]
    fn writable(vm: &Vm, zelf: &Gc<BufferedRwPair>) -> PyResult<Value> {
        pair!(vm, zelf, writer, "writable", &[])
    }
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<BufferedRwPair>) -> PyResult<()> {
        let r = pair!(vm, zelf, writer, "close", &[]).map(drop);
        both(vm, r, || pair!(vm, zelf, reader, "close", &[]).map(drop))
    }
    #[pymethod("isatty($self, /)")]
    fn isatty(vm: &Vm, zelf: &Gc<BufferedRwPair>) -> PyResult<Value> {
        let w = pair!(vm, zelf, writer, "isatty", &[])?;
        if w.as_bool() != Some(false) {
            return Ok(w);
        }
        pair!(vm, zelf, reader, "isatty", &[])
    }
    #[pygetter("closed")]
    fn closed(vm: &Vm, zelf: &Gc<BufferedRwPair>) -> PyResult<Value> {
        match zelf.writer.get() {
            Some(w) => vm.get_attr_str(&w, "closed"),
            None => Err(vm.runtime_error("the BufferedRWPair object is being garbage-collected")),
        }
    }
}

const _: usize = DEFAULT_BUFFER_SIZE;
