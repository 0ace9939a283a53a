//! The socket object: waiting with a timeout, its methods and its end.

use super::{address, messages};
use crate::util;
use std::cell::Cell;
use taipan_host::{Fd, HostError, HostResult, PollFd, SocketAddress};
use taipan_vm::errors::exc;
use taipan_vm::modules::sys::audit;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::BytesLike;
use taipan_vm::types::numbers::float_value;

/// Waits for ever.
pub const BLOCKING: i64 = -1;

/// socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object
/// socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object
///
/// Open a socket of the given type.  The family argument specifies the
/// address family; it defaults to AF_INET.  The type argument specifies
/// whether this is a stream (SOCK_STREAM, this is the default)
/// or datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,
/// specifying the default protocol.  Keyword arguments are accepted.
/// The socket is created as non-inheritable.
///
/// When a fileno is passed in, family, type and proto are auto-detected,
/// unless they are explicitly set.
///
/// A socket object represents one endpoint of a network connection.
#[pytype(name = "socket", module = "_socket", flags(BASETYPE))]
#[derive(Trace)]
pub struct Socket {
    #[notrace]
    pub fd: Cell<Fd>,
    #[notrace]
    pub family: Cell<i32>,
    #[notrace]
    pub kind: Cell<i32>,
    #[notrace]
    pub protocol: Cell<i32>,
    /// Nanoseconds; 0 does not wait, `BLOCKING` waits for ever.
    #[notrace]
    pub timeout: Cell<i64>,
}

impl Slots for Socket {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), finalize: Some(finalize), ..SlotDefs::NONE };
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(s) = v.downcast::<Socket>() else { return Err(vm.type_error("not a socket")) };
    let text = format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        s.fd.get(),
        s.family.get(),
        s.kind.get(),
        s.protocol.get()
    );
    Ok(vm.new_str(&text).into_value())
}

/// A socket that dies open says so and is closed.
fn finalize(vm: &Vm, v: &Value) {
    let Some(s) = v.downcast::<Socket>() else { return };
    if s.fd.get() < 0 {
        return;
    }
    let saved = vm.raised_get().is_some().then(|| vm.take_raised());
    let warned = match vm.repr_text(v) {
        Ok(shown) => vm.warn(&exc::ResourceWarning, format_args!("unclosed {shown}"), 1),
        Err(Raised) => Err(Raised),
    };
    if warned.is_err() {
        if vm.raised_is(&exc::Warning) {
            vm.unraisable("Exception ignored while finalizing socket", Some(v));
        } else {
            drop(vm.take_raised());
        }
    }
    // The warning may have run Python code that closed it.
    let fd = s.fd.replace(-1);
    if fd >= 0 {
        let _ = vm.allow_threads(|| vm.host().close(fd));
    }
    if let Some(e) = saved {
        let _ = vm.reraise(e);
    }
}

/// How a call on a socket ended.
pub enum Outcome<T> {
    Done(T),
    Failed(HostError),
    TimedOut,
}

/// Whether a call waits for data, for room, or for a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    Reading,
    Writing,
    Connecting,
}

impl Socket {
    /// Waits until the socket is ready; false when the time is over.
    fn wait(&self, vm: &Vm, what: For, timeout: i64) -> HostResult<bool> {
        let fd = self.fd.get();
        if fd < 0 {
            // The call itself says what is wrong.
            return Ok(true);
        }
        let events = match what {
            For::Reading => libc::POLLIN,
            For::Writing => libc::POLLOUT,
            For::Connecting => libc::POLLOUT | libc::POLLERR,
        };
        let mut fds = [PollFd { fd, events, revents: 0 }];
        let timeout = Some(timeout).filter(|t| *t >= 0);
        vm.allow_threads(|| vm.host().poll(&mut fds, timeout)).map(|n| n > 0)
    }

    /// Calls `f` when the socket is ready, again after signals and false alarms, within `timeout`.
    pub fn attempt<T>(
        &self,
        vm: &Vm,
        what: For,
        timeout: i64,
        mut f: impl FnMut(Fd) -> HostResult<T>,
    ) -> PyResult<Outcome<T>> {
        let deadline = (timeout > 0).then(|| vm.host().monotonic_ns().saturating_add(timeout));
        loop {
            if timeout > 0 || what == For::Connecting {
                let left = match deadline {
                    Some(d) => d - vm.host().monotonic_ns(),
                    None => timeout,
                };
                let ready =
                    if deadline.is_some() && left < 0 { Ok(false) } else { self.wait(vm, what, left) };
                match ready {
                    Ok(true) => {}
                    Ok(false) => return Ok(Outcome::TimedOut),
                    Err(HostError::EINTR) => {
                        util::poll(vm)?;
                        continue;
                    }
                    Err(e) => return Ok(Outcome::Failed(e)),
                }
            }
            loop {
                let fd = self.fd.get();
                match vm.allow_threads(|| f(fd)) {
                    Ok(v) => return Ok(Outcome::Done(v)),
                    Err(HostError::EINTR) => util::poll(vm)?,
                    // Ready, but not any more: wait again.
                    Err(HostError::EAGAIN) if self.timeout.get() > 0 => break,
                    Err(e) => return Ok(Outcome::Failed(e)),
                }
            }
        }
    }

    /// The same, with errors raised.
    pub fn run<T>(&self, vm: &Vm, what: For, f: impl FnMut(Fd) -> HostResult<T>) -> PyResult<T> {
        let outcome = self.attempt(vm, what, self.timeout.get(), f)?;
        Socket::raise(vm, outcome)
    }

    fn raise<T>(vm: &Vm, outcome: Outcome<T>) -> PyResult<T> {
        match outcome {
            Outcome::Done(v) => Ok(v),
            Outcome::Failed(e) => Err(vm.os_error(e, None)),
            Outcome::TimedOut => Err(vm.raise_new(&exc::TimeoutError, "timed out")),
        }
    }

    /// Sets a new socket up: a default timeout or `SOCK_NONBLOCK` make the descriptor non-blocking.
    pub fn adopt(&self, vm: &Vm, fd: Fd, family: i32, kind: i32, protocol: i32) -> PyResult<()> {
        self.fd.set(fd);
        self.family.set(family);
        self.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        self.protocol.set(protocol);
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.set(0);
            return Ok(());
        }
        let timeout = super::default_timeout(vm).get();
        self.timeout.set(timeout);
        if timeout >= 0 { util::os(vm, vm.host().set_blocking(fd, false)) } else { Ok(()) }
    }

    fn address(&self, vm: &Vm, caller: &str, v: &Value) -> PyResult<SocketAddress> {
        address::from_python(vm, caller, self.family.get(), v)
    }

    /// Connects; the number of the error, or `EAGAIN` when the time was over.
    fn connect_to(&self, vm: &Vm, address: &SocketAddress) -> PyResult<Outcome<()>> {
        let fd = self.fd.get();
        let timeout = self.timeout.get();
        let wait = match vm.allow_threads(|| vm.host().connect(fd, address)) {
            Ok(()) => return Ok(Outcome::Done(())),
            // Interrupted: the connection goes on being made.
            Err(e @ HostError::EINTR) => {
                util::poll(vm)?;
                (timeout != 0).then_some(e).ok_or(e)
            }
            Err(e) if e.errno() == libc::EINPROGRESS && timeout > 0 => Ok(e),
            Err(e) => Err(e),
        };
        if let Err(e) = wait {
            return Ok(Outcome::Failed(e));
        }
        self.attempt(vm, For::Connecting, timeout, |fd| {
            match vm.host().getsockopt_int(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
                0 | libc::EISCONN => Ok(()),
                e => Err(HostError(e)),
            }
        })
    }

    pub fn receive(&self, vm: &Vm, size: usize, flags: i32) -> PyResult<Vec<u8>> {
        if size == 0 {
            return Ok(Vec::new());
        }
        let mut out = util::room(vm, size)?;
        self.run(vm, For::Reading, |fd| vm.host().recv_onto(fd, &mut out, size, flags))?;
        Ok(out)
    }

    pub fn receive_from(
        &self,
        vm: &Vm,
        size: usize,
        flags: i32,
    ) -> PyResult<(Vec<u8>, usize, Option<SocketAddress>)> {
        let mut room = util::zeroed(vm, size)?;
        let (n, from) = self.run(vm, For::Reading, |fd| vm.host().recvfrom(fd, &mut room, flags))?;
        room.truncate(n);
        Ok((room, n, from))
    }
}

/// A timeout in seconds: `None` is for ever.
pub fn timeout_arg(vm: &Vm, v: &Value) -> PyResult<i64> {
    if v.is_none() {
        return Ok(BLOCKING);
    }
    let ns = match float_value(v) {
        Some(f) if f < 0.0 => -1,
        _ => match crate::thread::nanoseconds(vm, v) {
            Err(Raised) if vm.raised_is(&exc::OverflowError) => return Err(Raised),
            r => r?,
        },
    };
    if ns < 0 { Err(vm.value_error("Timeout value out of range")) } else { Ok(ns) }
}

pub fn timeout_value(vm: &Vm, ns: i64) -> Value {
    if ns < 0 { Value::NONE } else { vm.new_float(ns as f64 / 1e9) }
}

/// A size that must not be negative.
fn size(vm: &Vm, n: isize, func: &str) -> PyResult<usize> {
    usize::try_from(n).map_err(|_| vm.value_error(format_args!("negative buffersize in {func}")))
}

/// How much a `recv_into` may take.
fn into_size(vm: &Vm, func: &str, nbytes: isize, len: usize, short: &str) -> PyResult<usize> {
    match size(vm, nbytes, func)? {
        0 => Ok(len),
        n if n > len => Err(vm.value_error(short)),
        n => Ok(n),
    }
}

/// What a `sendto` or `bind` tells auditing hooks.
fn tell(vm: &Vm, event: &str, zelf: &Gc<Socket>, what: &Value) -> PyResult<()> {
    audit(vm, event, &[zelf.to_value(), what.clone()])
}

#[pymethods]
impl Socket {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        let blank = Socket {
            fd: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            protocol: Cell::new(0),
            timeout: Cell::new(BLOCKING),
        };
        Ok(vm.alloc_in(cls, blank)?.into_value())
    }

    #[pyinit("socket(family=-1, type=-1, proto=-1, fileno=None)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<Socket>,
        family: i32,
        kind: i32,
        proto: i32,
        fileno: Option<&Value>,
    ) -> PyResult<()> {
        let int = |n: i32| vm.new_int(i64::from(n));
        audit(vm, "socket.__new__", &[zelf.to_value(), int(family), int(kind), int(proto)])?;
        let Some(fileno) = fileno else {
            let family = if family == -1 { libc::AF_INET } else { family };
            let kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
            let proto = if proto == -1 { 0 } else { proto };
            let fd = util::os(vm, vm.allow_threads(|| vm.host().socket(family, kind, proto)))?;
            return zelf.adopt(vm, fd, family, kind, proto);
        };
        if float_value(fileno).is_some() {
            return Err(vm.type_error("integer argument expected, got float"));
        }
        let fd = i32::from_arg(vm, fileno)?;
        if fd < 0 {
            return Err(vm.value_error("negative file descriptor"));
        }
        let own = vm.host().getsockname(fd);
        let family = match (family, own) {
            (-1, r) => match util::os(vm, r)? {
                Some(a) => address::family_of(&a),
                None => util::os(vm, vm.host().getsockopt_int(fd, libc::SOL_SOCKET, libc::SO_DOMAIN))?,
            },
            // A descriptor that is no socket at all.
            (_, Err(e)) if matches!(e.errno(), libc::EBADF | libc::ENOTSOCK) => {
                return Err(vm.os_error(e, None));
            }
            (family, _) => family,
        };
        let ask = |given: i32, option: i32| match given {
            -1 => util::os(vm, vm.host().getsockopt_int(fd, libc::SOL_SOCKET, option)),
            given => Ok(given),
        };
        let kind = ask(kind, libc::SO_TYPE)?;
        let proto = ask(proto, libc::SO_PROTOCOL)?;
        zelf.adopt(vm, fd, family, kind, proto)
    }

    /// the socket family
    #[pygetter("family")]
    fn family(_vm: &Vm, zelf: &Gc<Socket>) -> i32 {
        zelf.family.get()
    }

    /// the socket type
    #[pygetter("type")]
    fn kind(_vm: &Vm, zelf: &Gc<Socket>) -> i32 {
        zelf.kind.get()
    }

    /// the socket protocol
    #[pygetter("proto")]
    fn proto(_vm: &Vm, zelf: &Gc<Socket>) -> i32 {
        zelf.protocol.get()
    }

    /// the socket timeout
    #[pygetter("timeout")]
    fn timeout(vm: &Vm, zelf: &Gc<Socket>) -> Value {
        timeout_value(vm, zelf.timeout.get())
    }

    /// _accept() -> (integer, address info)
    ///
    /// Wait for an incoming connection.  Return a new socket file descriptor
    /// representing the connection, and the address of the client.
    /// For IP sockets, the address info is a pair (hostaddr, port).
    #[pymethod("_accept($self, /)")]
    fn accept(vm: &Vm, zelf: &Gc<Socket>) -> PyResult<(i32, Value)> {
        let (fd, from) = zelf.run(vm, For::Reading, |fd| vm.host().accept(fd))?;
        match address::to_python(vm, from.as_ref()) {
            Ok(from) => Ok((fd, from)),
            Err(Raised) => {
                let _ = vm.host().close(fd);
                Err(Raised)
            }
        }
    }

    /// setblocking(flag)
    ///
    /// Set the socket to blocking (flag is true) or non-blocking (false).
    /// setblocking(True) is equivalent to settimeout(None);
    /// setblocking(False) is equivalent to settimeout(0.0).
    #[pymethod("setblocking($self, object, /)")]
    fn setblocking(vm: &Vm, zelf: &Gc<Socket>, flag: bool) -> PyResult<()> {
        zelf.timeout.set(if flag { BLOCKING } else { 0 });
        util::os(vm, vm.host().set_blocking(zelf.fd.get(), flag))
    }

    /// getblocking()
    ///
    /// Returns True if socket is in blocking mode, or False if it
    /// is in non-blocking mode.
    #[pymethod("getblocking($self, /)")]
    fn getblocking(_vm: &Vm, zelf: &Gc<Socket>) -> bool {
        zelf.timeout.get() != 0
    }

    /// settimeout(timeout)
    ///
    /// Set a timeout on socket operations.  'timeout' can be a float,
    /// giving in seconds, or None.  Setting a timeout of None disables
    /// the timeout feature and is equivalent to setblocking(1).
    /// Setting a timeout of zero is the same as setblocking(0).
    #[pymethod("settimeout($self, object, /)")]
    fn settimeout(vm: &Vm, zelf: &Gc<Socket>, timeout: &Value) -> PyResult<()> {
        let timeout = timeout_arg(vm, timeout)?;
        zelf.timeout.set(timeout);
        util::os(vm, vm.host().set_blocking(zelf.fd.get(), timeout < 0))
    }

    /// gettimeout() -> timeout
    ///
    /// Returns the timeout in seconds (float) associated with socket
    /// operations. A timeout of None indicates that timeouts on socket
    /// operations are disabled.
    #[pymethod("gettimeout($self, /)")]
    fn gettimeout(vm: &Vm, zelf: &Gc<Socket>) -> Value {
        timeout_value(vm, zelf.timeout.get())
    }

    /// setsockopt(level, option, value: int)
    /// setsockopt(level, option, value: buffer)
    /// setsockopt(level, option, None, optlen: int)
    ///
    /// Set a socket option.  See the Unix manual for level and option.
    /// The value argument can either be an integer, a string buffer, or
    /// None, optlen.
    #[pymethod(raw, "setsockopt")]
    fn setsockopt(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let zelf = zelf_of(vm, "setsockopt", args)?;
        messages::setsockopt(vm, zelf, args.skip(1).pos())
    }

    /// getsockopt(level, option[, buffersize]) -> value
    ///
    /// Get a socket option.  See the Unix manual for level and option.
    /// If a nonzero buffersize argument is given, the return value is a
    /// string of that length; otherwise it is an integer.
    #[pymethod(no_text, "getsockopt($self, level, option, buffersize=0, /)")]
    fn getsockopt(vm: &Vm, zelf: &Gc<Socket>, level: i32, option: i32, buffersize: i32) -> PyResult<Value> {
        let fd = zelf.fd.get();
        match buffersize {
            0 => Ok(vm.new_int(i64::from(util::os(vm, vm.host().getsockopt_int(fd, level, option))?))),
            1..=1024 => {
                let bytes = util::os(vm, vm.host().getsockopt(fd, level, option, buffersize as usize))?;
                Ok(vm.new_bytes(&bytes).into_value())
            }
            _ => Err(vm.raise_new(&exc::OSError, "getsockopt buflen out of range")),
        }
    }

    /// bind(address)
    ///
    /// Bind the socket to a local address.  For IP sockets, the address is a
    /// pair (host, port); the host must refer to the local host. For raw packet
    /// sockets the address is a tuple (ifname, proto [,pkttype [,hatype [,addr]]])
    #[pymethod("bind($self, object, /)")]
    fn bind(vm: &Vm, zelf: &Gc<Socket>, address: &Value) -> PyResult<()> {
        let to = zelf.address(vm, "bind", address)?;
        tell(vm, "socket.bind", zelf, address)?;
        let fd = zelf.fd.get();
        util::os(vm, vm.allow_threads(|| vm.host().bind(fd, &to)))
    }

    /// close()
    ///
    /// Close the socket.  It cannot be used after this call.
    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<Socket>) -> PyResult<()> {
        let fd = zelf.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match vm.allow_threads(|| vm.host().close(fd)) {
            Err(e) if e.errno() != libc::ECONNRESET => Err(vm.os_error(e, None)),
            _ => Ok(()),
        }
    }

    /// detach()
    ///
    /// Close the socket object without closing the underlying file descriptor.
    /// The object cannot be used after this call, but the file descriptor
    /// can be reused for other purposes.  The file descriptor is returned.
    #[pymethod("detach($self, /)")]
    fn detach(_vm: &Vm, zelf: &Gc<Socket>) -> i32 {
        zelf.fd.replace(-1)
    }

    /// connect(address)
    ///
    /// Connect the socket to a remote address.  For IP sockets, the address
    /// is a pair (host, port).
    #[pymethod("connect($self, object, /)")]
    fn connect(vm: &Vm, zelf: &Gc<Socket>, address: &Value) -> PyResult<()> {
        let to = zelf.address(vm, "connect", address)?;
        tell(vm, "socket.connect", zelf, address)?;
        let outcome = zelf.connect_to(vm, &to)?;
        Socket::raise(vm, outcome)
    }

    /// connect_ex(address) -> errno
    ///
    /// This is like connect(address), but returns an error code (the errno value)
    /// instead of raising an exception when an error occurs.
    #[pymethod("connect_ex($self, object, /)")]
    fn connect_ex(vm: &Vm, zelf: &Gc<Socket>, address: &Value) -> PyResult<i32> {
        let to = zelf.address(vm, "connect_ex", address)?;
        tell(vm, "socket.connect", zelf, address)?;
        Ok(match zelf.connect_to(vm, &to)? {
            Outcome::Done(()) => 0,
            Outcome::Failed(e) => e.errno(),
            Outcome::TimedOut => libc::EAGAIN,
        })
    }

    /// fileno() -> integer
    ///
    /// Return the integer file descriptor of the socket.
    #[pymethod("fileno($self, /)")]
    fn fileno(_vm: &Vm, zelf: &Gc<Socket>) -> i32 {
        zelf.fd.get()
    }

    /// getsockname() -> address info
    ///
    /// Return the address of the local endpoint. The format depends on the
    /// address family. For IPv4 sockets, the address info is a pair
    /// (hostaddr, port). For IPv6 sockets, the address info is a 4-tuple
    /// (hostaddr, port, flowinfo, scope_id).
    #[pymethod("getsockname($self, /)")]
    fn getsockname(vm: &Vm, zelf: &Gc<Socket>) -> PyResult<Value> {
        let a = util::os(vm, vm.host().getsockname(zelf.fd.get()))?;
        address::to_python(vm, a.as_ref())
    }

    /// getpeername() -> address info
    ///
    /// Return the address of the remote endpoint.  For IP sockets, the address
    /// info is a pair (hostaddr, port).
    #[pymethod("getpeername($self, /)")]
    fn getpeername(vm: &Vm, zelf: &Gc<Socket>) -> PyResult<Value> {
        let a = util::os(vm, vm.host().getpeername(zelf.fd.get()))?;
        address::to_python(vm, a.as_ref())
    }

    /// listen([backlog])
    ///
    /// Enable a server to accept connections.  If backlog is specified, it must be
    /// at least 0 (if it is lower, it is set to 0); it specifies the number of
    /// unaccepted connections that the system will allow before refusing new
    /// connections. If not specified, a default reasonable value is chosen.
    #[pymethod(no_text, "listen($self, backlog=128, /)")]
    fn listen(vm: &Vm, zelf: &Gc<Socket>, backlog: i32) -> PyResult<()> {
        let fd = zelf.fd.get();
        util::os(vm, vm.allow_threads(|| vm.host().listen(fd, backlog.max(0))))
    }

    /// recv(buffersize[, flags]) -> data
    ///
    /// Receive up to buffersize bytes from the socket.  For the optional flags
    /// argument, see the Unix manual.  When no data is available, block until
    /// at least one byte is available or until the remote end is closed.  When
    /// the remote end is closed and all data is read, return the empty string.
    #[pymethod(no_text, "recv($self, buffersize, flags=0, /)")]
    fn recv(vm: &Vm, zelf: &Gc<Socket>, buffersize: isize, flags: i32) -> PyResult<Gc<Bytes>> {
        let n = size(vm, buffersize, "recv")?;
        let data = zelf.receive(vm, n, flags)?;
        vm.try_new_bytes(&data)
    }

    /// recv_into(buffer, [nbytes[, flags]]) -> nbytes_read
    ///
    /// A version of recv() that stores its data into a buffer rather than creating
    /// a new string.  Receive up to buffersize bytes from the socket.  If buffersize
    /// is not specified (or 0), receive up to the size available in the given buffer.
    ///
    /// See recv() for documentation about the flags.
    #[pymethod(no_text, "recv_into($self, /, buffer, nbytes=0, flags=0)")]
    fn recv_into(vm: &Vm, zelf: &Gc<Socket>, buffer: &Value, nbytes: isize, flags: i32) -> PyResult<usize> {
        let to = util::writable(vm, buffer, "recv_into() argument 1")?;
        let n = into_size(vm, "recv_into", nbytes, to.len, "buffer too small for requested bytes")?;
        let data = zelf.receive(vm, n, flags)?;
        Ok(util::fill(&to, 0, &data))
    }

    /// recvfrom(buffersize[, flags]) -> (data, address info)
    ///
    /// Like recv(buffersize, flags) but also return the sender's address info.
    #[pymethod(no_text, "recvfrom($self, buffersize, flags=0, /)")]
    fn recvfrom(vm: &Vm, zelf: &Gc<Socket>, buffersize: isize, flags: i32) -> PyResult<(Gc<Bytes>, Value)> {
        let n = size(vm, buffersize, "recvfrom")?;
        let (data, _, from) = zelf.receive_from(vm, n, flags)?;
        Ok((vm.try_new_bytes(&data)?, address::to_python(vm, from.as_ref())?))
    }

    /// recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)
    ///
    /// Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info.
    #[pymethod(no_text, "recvfrom_into($self, /, buffer, nbytes=0, flags=0)")]
    fn recvfrom_into(
        vm: &Vm,
        zelf: &Gc<Socket>,
        buffer: &Value,
        nbytes: isize,
        flags: i32,
    ) -> PyResult<(usize, Value)> {
        let to = util::writable(vm, buffer, "recvfrom_into() argument 1")?;
        let short = "nbytes is greater than the length of the buffer";
        let n = into_size(vm, "recvfrom_into", nbytes, to.len, short)?;
        let (data, full, from) = zelf.receive_from(vm, n, flags)?;
        util::fill(&to, 0, &data);
        Ok((full, address::to_python(vm, from.as_ref())?))
    }

    /// recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)
    ///
    /// Receive normal data (up to bufsize bytes) and ancillary data from the
    /// socket.  The ancbufsize argument sets the size in bytes of the
    /// internal buffer used to receive the ancillary data; it defaults to 0,
    /// meaning that no ancillary data will be received.  Appropriate buffer
    /// sizes for ancillary data can be calculated using CMSG_SPACE() or
    /// CMSG_LEN(), and items which do not fit into the buffer might be
    /// truncated or discarded.  The flags argument defaults to 0 and has the
    /// same meaning as for recv().
    #[pymethod(no_text, "recvmsg($self, bufsize, ancbufsize=0, flags=0, /)")]
    fn recvmsg(vm: &Vm, zelf: &Gc<Socket>, bufsize: isize, ancbufsize: isize, flags: i32) -> PyResult<Value> {
        messages::recvmsg(vm, zelf, bufsize, ancbufsize, flags)
    }

    /// recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)
    ///
    /// Receive normal data and ancillary data from the socket, scattering the
    /// non-ancillary data into a series of buffers.  The buffers argument
    /// must be an iterable of objects that export writable buffers
    /// (e.g. bytearray objects); these will be filled with successive chunks
    /// of the non-ancillary data until it has all been written or there are
    /// no more buffers.  The ancbufsize and flags arguments have the same
    /// meaning as for recvmsg().
    #[pymethod(no_text, "recvmsg_into($self, buffers, ancbufsize=0, flags=0, /)")]
    fn recvmsg_into(
        vm: &Vm,
        zelf: &Gc<Socket>,
        buffers: &Value,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<Value> {
        messages::recvmsg_into(vm, zelf, buffers, ancbufsize, flags)
    }

    /// send(data[, flags]) -> count
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  Return the number of bytes
    /// sent; this may be less than len(data) if the network is busy.
    #[pymethod(no_text, "send($self, data, flags=0, /)")]
    fn send(vm: &Vm, zelf: &Gc<Socket>, data: &Value, flags: i32) -> PyResult<usize> {
        let data = vm.bytes_like(data)?;
        zelf.run(vm, For::Writing, |fd| vm.host().send(fd, &data, flags))
    }

    /// sendall(data[, flags])
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  This calls send() repeatedly
    /// until all data is sent.  If an error occurs, it's impossible
    /// to tell how much data has been sent.
    #[pymethod(no_text, "sendall($self, data, flags=0, /)")]
    fn sendall(vm: &Vm, zelf: &Gc<Socket>, data: &Value, flags: i32) -> PyResult<()> {
        let data = vm.bytes_like(data)?;
        send_all(vm, zelf, &data, flags)
    }

    /// sendto(data[, flags], address) -> count
    ///
    /// Like send(data, flags) but allows specifying the destination address.
    /// For IP sockets, the address is a pair (hostaddr, port).
    #[pymethod(raw, "sendto")]
    fn sendto(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let zelf = zelf_of(vm, "sendto", args)?;
        let rest = args.skip(1).pos();
        let (data, flags, address) = match rest {
            [data, address] => (data, 0, address),
            [data, flags, address] => (data, i32::from_arg(vm, flags)?, address),
            _ => {
                return Err(
                    vm.type_error(format_args!("sendto() takes 2 or 3 arguments ({} given)", rest.len()))
                );
            }
        };
        let data = vm.bytes_like(data)?;
        let to = zelf.address(vm, "sendto", address)?;
        tell(vm, "socket.sendto", zelf, address)?;
        let n = zelf.run(vm, For::Writing, |fd| vm.host().sendto(fd, &data, flags, &to))?;
        n.into_py(vm)
    }

    /// sendmsg(buffers[, ancdata[, flags[, address]]]) -> count
    ///
    /// Send normal and ancillary data to the socket, gathering the
    /// non-ancillary data from a series of buffers and concatenating it into
    /// a single message.  The buffers argument specifies the non-ancillary
    /// data as an iterable of bytes-like objects (e.g. bytes objects).
    /// The ancdata argument specifies the ancillary data (control messages)
    /// as an iterable of zero or more tuples (cmsg_level, cmsg_type,
    /// cmsg_data), where cmsg_level and cmsg_type are integers specifying the
    /// protocol level and protocol-specific type respectively, and cmsg_data
    /// is a bytes-like object holding the associated data.  The flags
    /// argument defaults to 0 and has the same meaning as for send().  If
    /// address is supplied and not None, it sets a destination address for
    /// the message.  The return value is the number of bytes of non-ancillary
    /// data sent.
    #[pymethod(no_text, "sendmsg($self, buffers, ancdata=(), flags=0, address=None, /)")]
    fn sendmsg(
        vm: &Vm,
        zelf: &Gc<Socket>,
        buffers: &Value,
        ancdata: &Value,
        flags: i32,
        address: Option<&Value>,
    ) -> PyResult<usize> {
        let to = match address {
            Some(a) => {
                let to = zelf.address(vm, "sendmsg", a)?;
                tell(vm, "socket.sendmsg", zelf, a)?;
                Some(to)
            }
            None => {
                tell(vm, "socket.sendmsg", zelf, &Value::NONE)?;
                None
            }
        };
        messages::sendmsg(vm, zelf, buffers, ancdata, flags, to.as_ref())
    }

    /// shutdown(flag)
    ///
    /// Shut down the reading side of the socket (flag == SHUT_RD), the writing side
    /// of the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR).
    #[pymethod("shutdown($self, object, /)")]
    fn shutdown(vm: &Vm, zelf: &Gc<Socket>, how: i32) -> PyResult<()> {
        let fd = zelf.fd.get();
        util::os(vm, vm.allow_threads(|| vm.host().shutdown(fd, how)))
    }
}

/// The socket that a raw method is called on.
fn zelf_of<'a>(vm: &Vm, name: &str, args: CallArgs<'a>) -> PyResult<&'a Gc<Socket>> {
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("socket.{name}() takes no keyword arguments")));
    }
    match args.all.first().map(|v| (v, v.downcast::<Socket>())) {
        Some((_, Some(s))) => Ok(s),
        Some((v, None)) => Err(vm.descriptor_type_error(name, "_socket.socket", v)),
        None => Err(vm.type_error(format_args!("unbound method socket.{name}() needs an argument"))),
    }
}

/// Sends everything; the timeout is for all of it.
fn send_all(vm: &Vm, s: &Socket, data: &BytesLike, flags: i32) -> PyResult<()> {
    let timeout = s.timeout.get();
    let deadline = (timeout > 0).then(|| vm.host().monotonic_ns().saturating_add(timeout));
    let mut rest: &[u8] = data;
    loop {
        let left = match deadline {
            Some(d) => d - vm.host().monotonic_ns(),
            None => timeout,
        };
        if deadline.is_some() && left <= 0 {
            return Err(vm.raise_new(&exc::TimeoutError, "timed out"));
        }
        let outcome = s.attempt(vm, For::Writing, left, |fd| vm.host().send(fd, rest, flags))?;
        let n = Socket::raise(vm, outcome)?;
        rest = rest.get(n..).unwrap_or_default();
        util::poll(vm)?;
        if rest.is_empty() {
            return Ok(());
        }
    }
}
