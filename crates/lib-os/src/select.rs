//! Module `select`: `select`, `poll`, `epoll`.

use crate::posix::args::fileno;
use crate::{numbers, thread, util};
use std::cell::Cell;
use taipan_host::{EpollEvent, Fd, HostError, HostResult, PollFd};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// Waits again after a signal, for what is left of the time.
fn waiting<T>(vm: &Vm, timeout: Option<i64>, mut f: impl FnMut(Option<i64>) -> HostResult<T>) -> PyResult<T> {
    // What does not wait has no need of a clock.
    let deadline = timeout.filter(|t| *t > 0).map(|t| vm.host().monotonic_ns().saturating_add(t));
    let mut left = timeout;
    loop {
        match vm.allow_threads(|| f(left)) {
            Err(HostError::EINTR) => {
                util::poll(vm)?;
                left = deadline.map(|d| (d - vm.host().monotonic_ns()).max(0)).or(timeout);
            }
            r => return util::os(vm, r),
        }
    }
}

/// A timeout in seconds; `None` or negative: for ever.
fn timeout_seconds(vm: &Vm, v: Option<&Value>) -> PyResult<Option<i64>> {
    match v {
        None => Ok(None),
        Some(v) => match thread::nanoseconds(vm, v) {
            Ok(n) => Ok(Some(n)),
            Err(Raised) if vm.raised_is(&exc::TypeError) => {
                drop(vm.take_raised());
                Err(vm.type_error("timeout must be a float or None"))
            }
            Err(raised) => Err(raised),
        },
    }
}

/// Milliseconds, rounded up; `None` or negative: for ever.
fn timeout_ms(vm: &Vm, v: Option<&Value>) -> PyResult<Option<i64>> {
    let Some(v) = v else { return Ok(None) };
    let ns = match taipan_vm::types::numbers::float_value(v) {
        Some(f) if f.is_nan() => return Err(vm.value_error("Invalid value NaN (not a number)")),
        Some(f) => {
            let ns = (f * 1e6).ceil();
            if !(-9.2e18..9.2e18).contains(&ns) {
                return Err(vm.overflow_error("timeout is too large"));
            }
            ns as i64
        }
        None => match vm.index_i64(v, "timeout is too large") {
            Ok(n) => n.checked_mul(1_000_000).ok_or_else(|| vm.overflow_error("timeout is too large"))?,
            Err(Raised) if vm.raised_is(&exc::TypeError) => {
                drop(vm.take_raised());
                return Err(vm.type_error("timeout must be an integer or None"));
            }
            Err(raised) => return Err(raised),
        },
    };
    Ok(Some(ns).filter(|n| *n >= 0))
}

fn select_list(vm: &Vm, v: &Value, n: usize) -> PyResult<(Vec<Value>, Vec<Fd>)> {
    let msg = "arguments 1-3 must be sequences".to_string();
    let _ = n;
    let mut fds = Vec::new();
    let mut add = |item: &Value| -> PyResult<()> {
        let fd = fileno(vm, item)?;
        if fd >= 1024 {
            return Err(vm.value_error("filedescriptor out of range in select()"));
        }
        fds.push(fd);
        Ok(())
    };
    // `fileno` may change a list under way.
    if let Some(list) = v.downcast::<List>() {
        let mut items = Vec::new();
        while let Some(item) = list.get(items.len()) {
            add(&item)?;
            items.push(item);
        }
        return Ok((items, fds));
    }
    let items = vm.sequence_fast(v, &msg)?;
    for item in &items {
        add(item)?;
    }
    Ok((items, fds))
}

fn event_mask(vm: &Vm, v: Option<&Value>, default: u16) -> PyResult<u16> {
    match v {
        None => Ok(default),
        Some(v) => {
            let n = vm.index_i64(v, "Python int too large to convert to C unsigned short")?;
            match u16::try_from(n) {
                Ok(n) => Ok(n),
                Err(_) if n < 0 => Err(vm.value_error("value must be positive")),
                Err(_) => Err(vm.overflow_error("Python int too large for C unsigned short")),
            }
        }
    }
}

/// A polling object.
#[pytype(name = "poll", module = "select", flags(NO_NEW), no_slots)]
#[derive(Trace, Default)]
pub struct Poll {
    #[notrace]
    fds: Guarded<Vec<PollFd>>,
    #[notrace]
    running: Cell<bool>,
}

#[pymethods]
impl Poll {
    /// Register a file descriptor with the polling object.
    #[pymethod("register($self, fd, eventmask=7, /)")]
    fn register(vm: &Vm, zelf: &Gc<Poll>, fd: &Value, #[raw] eventmask: Option<&Value>) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        let events = event_mask(vm, eventmask, 7)? as i16;
        zelf.fds.with_mut(|l| match l.iter_mut().find(|p| p.fd == fd) {
            Some(p) => p.events = events,
            None => l.push(PollFd { fd, events, revents: 0 }),
        });
        Ok(())
    }

    /// Modify an already registered file descriptor.
    #[pymethod("modify($self, fd, eventmask, /)")]
    fn modify(vm: &Vm, zelf: &Gc<Poll>, fd: &Value, eventmask: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        let events = event_mask(vm, Some(eventmask), 7)? as i16;
        let known = zelf.fds.with_mut(|l| match l.iter_mut().find(|p| p.fd == fd) {
            Some(p) => {
                p.events = events;
                true
            }
            None => false,
        });
        if known { Ok(()) } else { Err(vm.os_error(HostError::ENOENT, None)) }
    }

    /// Remove a file descriptor being tracked by the polling object.
    #[pymethod("unregister($self, fd, /)")]
    fn unregister(vm: &Vm, zelf: &Gc<Poll>, fd: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        let known = zelf.fds.with_mut(|l| {
            let before = l.len();
            l.retain(|p| p.fd != fd);
            l.len() != before
        });
        if known { Ok(()) } else { Err(vm.key_error(&vm.new_int(i64::from(fd)))) }
    }

    /// Polls the set of registered file descriptors.
    #[pymethod("poll($self, timeout=None, /)")]
    fn poll(vm: &Vm, zelf: &Gc<Poll>, timeout: Option<&Value>) -> PyResult<Vec<Value>> {
        let t = timeout_ms(vm, timeout)?;
        if zelf.running.replace(true) {
            return Err(vm.runtime_error("concurrent poll() invocation"));
        }
        let mut fds = zelf.fds.get();
        let r = waiting(vm, t, |left| vm.host().poll(&mut fds, left));
        zelf.running.set(false);
        r?;
        Ok(fds
            .iter()
            .filter(|p| p.revents != 0)
            .map(|p| {
                let pair = vec![vm.new_int(i64::from(p.fd)), vm.new_int(i64::from(p.revents as u16))];
                vm.new_tuple(pair).into_value()
            })
            .collect())
    }
}

/// Returns an epolling object.
#[pytype(name = "epoll", module = "select", signature = "(sizehint=-1, flags=0)", flags(BASETYPE))]
#[derive(Trace)]
pub struct Epoll {
    #[notrace]
    fd: Cell<Fd>,
}

impl Slots for Epoll {
    const SLOTS: SlotDefs = SlotDefs { finalize: Some(epoll_dies), ..SlotDefs::NONE };
}

fn epoll_dies(vm: &Vm, v: &Value) {
    if let Some(e) = v.downcast::<Epoll>() {
        let fd = e.fd.replace(-1);
        if fd >= 0 {
            let _ = vm.host().close(fd);
        }
    }
}

impl Epoll {
    fn open(&self, vm: &Vm) -> PyResult<Fd> {
        match self.fd.get() {
            fd if fd >= 0 => Ok(fd),
            _ => Err(vm.value_error("I/O operation on closed epoll object")),
        }
    }

    fn control(&self, vm: &Vm, operation: i32, fd: &Value, events: u32) -> PyResult<()> {
        let epoll = self.open(vm)?;
        let fd = fileno(vm, fd)?;
        let r = vm.allow_threads(|| vm.host().epoll_ctl(epoll, operation, EpollEvent { fd, events }));
        util::os(vm, r)
    }
}

#[pymethods]
impl Epoll {
    #[pynew("epoll(sizehint=-1, flags=0)")]
    fn new(vm: &Vm, cls: &Gc<Type>, sizehint: i32, flags: i32) -> PyResult<Value> {
        if sizehint != -1 && sizehint <= 0 {
            return Err(vm.value_error("negative sizehint"));
        }
        if flags & !libc::EPOLL_CLOEXEC != 0 {
            return Err(vm.raise_new(&exc::OSError, "invalid flags"));
        }
        let fd = util::os(vm, vm.host().epoll_create(libc::EPOLL_CLOEXEC))?;
        Ok(vm.alloc_in(cls, Epoll { fd: Cell::new(fd) })?.into_value())
    }

    /// Creates an epoll object from a given control fd.
    #[pyclassmethod("fromfd($type, fd, /)")]
    fn fromfd(vm: &Vm, cls: &Gc<Type>, fd: i32) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Epoll { fd: Cell::new(fd) })?.into_value())
    }

    /// Close the epoll control file descriptor.
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<Epoll>) -> PyResult<()> {
        let fd = zelf.fd.replace(-1);
        if fd >= 0 { util::os(vm, vm.host().close(fd)) } else { Ok(()) }
    }

    /// Return the epoll control file descriptor.
    #[pymethod("fileno($self, /)")]
    fn fileno(vm: &Vm, zelf: &Gc<Epoll>) -> PyResult<i32> {
        zelf.open(vm)
    }

    /// Registers a new fd or raises an OSError if the fd is already registered.
    #[pymethod("register($self, /, fd, eventmask=7)")]
    fn register(vm: &Vm, zelf: &Gc<Epoll>, fd: &Value, eventmask: i64) -> PyResult<()> {
        zelf.control(vm, libc::EPOLL_CTL_ADD, fd, eventmask as u32)
    }

    /// Modify event mask for a registered file descriptor.
    #[pymethod("modify($self, /, fd, eventmask)")]
    fn modify(vm: &Vm, zelf: &Gc<Epoll>, fd: &Value, eventmask: i64) -> PyResult<()> {
        zelf.control(vm, libc::EPOLL_CTL_MOD, fd, eventmask as u32)
    }

    /// Remove a registered file descriptor from the epoll object.
    #[pymethod("unregister($self, /, fd)")]
    fn unregister(vm: &Vm, zelf: &Gc<Epoll>, fd: &Value) -> PyResult<()> {
        zelf.control(vm, libc::EPOLL_CTL_DEL, fd, 0)
    }

    /// Wait for events on the epoll file descriptor.
    #[pymethod("poll($self, /, timeout=None, maxevents=-1)")]
    fn poll(vm: &Vm, zelf: &Gc<Epoll>, timeout: Option<&Value>, maxevents: i32) -> PyResult<Vec<Value>> {
        let epoll = zelf.open(vm)?;
        let t = timeout_seconds(vm, timeout)?.filter(|n| *n >= 0);
        let max = match maxevents {
            -1 => 1023,
            n if n < 1 => {
                return Err(vm.value_error(format_args!("maxevents must be greater than 0, got {n}")));
            }
            n => n as usize,
        };
        let events = waiting(vm, t, |left| vm.host().epoll_wait(epoll, max, left))?;
        Ok(events
            .iter()
            .map(|e| {
                let pair = vec![vm.new_int(i64::from(e.fd)), vm.new_int(i64::from(e.events))];
                vm.new_tuple(pair).into_value()
            })
            .collect())
    }

    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<Epoll>) -> PyResult<Value> {
        zelf.open(vm)?;
        Ok(zelf.to_value())
    }

    #[pymethod(no_text, "__exit__($self, /, *args)")]
    fn exit(vm: &Vm, zelf: &Gc<Epoll>, _args: &[Value]) -> PyResult<()> {
        Epoll::close(vm, zelf)
    }

    /// True if the epoll handler is closed
    #[pygetter("closed")]
    fn closed(_vm: &Vm, zelf: &Gc<Epoll>) -> bool {
        zelf.fd.get() < 0
    }
}

/// This module supports asynchronous I/O on multiple file descriptors.
///
/// *** IMPORTANT NOTICE ***
/// On Windows, only sockets are supported; on Unix, all file descriptors.
#[pymodule(name = "select")]
pub mod select {
    use super::*;

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    #[pyfn("select(rlist, wlist, xlist, timeout=None, /)")]
    fn select(
        vm: &Vm,
        rlist: &Value,
        wlist: &Value,
        xlist: &Value,
        timeout: Option<&Value>,
    ) -> PyResult<(Vec<Value>, Vec<Value>, Vec<Value>)> {
        let t = timeout_seconds(vm, timeout)?;
        if t.is_some_and(|n| n < 0) {
            return Err(vm.value_error("timeout must be non-negative"));
        }
        let (r, rf) = select_list(vm, rlist, 1)?;
        let (w, wf) = select_list(vm, wlist, 2)?;
        let (x, xf) = select_list(vm, xlist, 3)?;
        let ready = waiting(vm, t, |left| vm.host().select(&rf, &wf, &xf, left))?;
        let pick = |items: Vec<Value>, fds: &[Fd], ready: &[Fd]| -> Vec<Value> {
            items.into_iter().zip(fds).filter(|(_, fd)| ready.contains(fd)).map(|(v, _)| v).collect()
        };
        Ok((pick(r, &rf, &ready.read), pick(w, &wf, &ready.write), pick(x, &xf, &ready.except)))
    }

    /// Returns a polling object.
    #[pyfn("poll()")]
    fn poll(vm: &Vm) -> Value {
        vm.alloc(Poll::default()).into_value()
    }

    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&exc::OSError).into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in numbers::SELECT {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }

    pytypes!(Epoll);
}
