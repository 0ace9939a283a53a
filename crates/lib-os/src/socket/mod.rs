//! Module `_socket`: the module's functions. The object is in `object.rs`, its addresses in `address.rs`, looking names
//! up in `names.rs`, options and messages in `messages.rs`.

mod address;
mod messages;
mod names;
mod object;

use crate::{numbers, util};
pub use object::Socket;
use std::cell::Cell;
use taipan_host::AddrInfoHints;
use taipan_vm::errors::exc;
use taipan_vm::modules::sys::audit;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub HERROR = "socket", "herror"(&exc::OSError) "");
taipan_vm::native_exception!(pub GAIERROR = "socket", "gaierror"(&exc::OSError) "");

/// What the module keeps for an interpreter.
struct State {
    default_timeout: Cell<i64>,
}

impl Default for State {
    fn default() -> State {
        State { default_timeout: Cell::new(object::BLOCKING) }
    }
}

/// `setdefaulttimeout`, in nanoseconds.
fn default_timeout(vm: &Vm) -> &Cell<i64> {
    &vm.state::<State>().default_timeout
}

/// A descriptor given as an integer.
fn descriptor(vm: &Vm, v: &Value) -> PyResult<i32> {
    i32::from_arg(vm, v)
}

/// An unsigned number of the system, at most `max`.
fn unsigned(vm: &Vm, v: &Value, max: u32, c_type: &str) -> PyResult<u32> {
    use taipan_vm::types::numbers::{IntValue, int_value};
    let n = vm.index(v)?;
    let negative = match int_value(&n) {
        Some(IntValue::Small(n)) if (0..=i64::from(max)).contains(&n) => return Ok(n as u32),
        Some(IntValue::Small(n)) => n < 0,
        Some(big) => big.sign_and_bytes().0,
        None => false,
    };
    if negative {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    Err(vm.overflow_error(format_args!("Python int too large for C {c_type}")))
}

/// An argument of `htons` and `ntohs`.
fn short(vm: &Vm, v: &Value) -> PyResult<u16> {
    unsigned(vm, v, 0xffff, "uint16_t").map(|n| n as u16)
}

/// An argument of `htonl` and `ntohl`.
fn long(vm: &Vm, v: &Value) -> PyResult<u32> {
    unsigned(vm, v, u32::MAX, "uint32_t")
}

/// The lengths of control messages.
fn control_length(vm: &Vm, name: &str, n: isize, padded: bool) -> PyResult<usize> {
    const HEADER: usize = 16;
    let wrong = || vm.overflow_error(format_args!("{name}() argument out of range"));
    let n = usize::try_from(n).map_err(|_| wrong())?;
    // Room for the header, and for the padding of one byte.
    if n > i32::MAX as usize - HEADER - if padded { 8 } else { 0 } {
        return Err(wrong());
    }
    Ok(HEADER + if padded { n.next_multiple_of(8) } else { n })
}

/// Implementation module for socket operations.
///
/// See the socket module for documentation.
#[pymodule(name = "_socket")]
pub mod _socket {
    use super::*;

    /// gethostbyname(host) -> address
    ///
    /// Return the IP address (a string of the form '255.255.255.255') for a host.
    #[pyfn(no_text, "gethostbyname(host, /)")]
    fn gethostbyname(vm: &Vm, host: &Value) -> PyResult<Option<String>> {
        let name = address::host_bytes(vm, host)?;
        audit(vm, "socket.gethostbyname", std::slice::from_ref(host))?;
        Ok(address::ip_text(&address::resolve(vm, &name, libc::AF_INET)?))
    }

    /// gethostbyname_ex(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    #[pyfn(no_text, "gethostbyname_ex(host, /)")]
    fn gethostbyname_ex(vm: &Vm, host: &Value) -> PyResult<Value> {
        names::gethostbyname_ex(vm, host)
    }

    /// gethostbyaddr(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    #[pyfn(no_text, "gethostbyaddr(host, /)")]
    fn gethostbyaddr(vm: &Vm, host: &Value) -> PyResult<Value> {
        names::gethostbyaddr(vm, host)
    }

    /// gethostname() -> string
    ///
    /// Return the current host name.
    #[pyfn("gethostname()")]
    fn gethostname(vm: &Vm) -> PyResult<Value> {
        audit(vm, "socket.gethostname", &[])?;
        Ok(util::fs_decode(vm, &util::os(vm, vm.host().gethostname())?))
    }

    /// sethostname(name)
    ///
    /// Sets the hostname to name.
    #[pyfn(no_text, "sethostname(name, /)")]
    fn sethostname(vm: &Vm, name: &Value) -> PyResult<()> {
        let bytes = match name.downcast::<Str>() {
            Some(s) => util::fs_encode(vm, s)?,
            None => util::to_bytes(vm, name)?,
        };
        audit(vm, "socket.sethostname", std::slice::from_ref(name))?;
        util::os(vm, vm.host().sethostname(&bytes))
    }

    /// getservbyname(servicename[, protocolname]) -> integer
    ///
    /// Return a port number from a service name and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    #[pyfn(no_text, "getservbyname(servicename, protocolname=<unrepresentable>, /)")]
    fn getservbyname(vm: &Vm, servicename: &str, protocolname: Option<&str>) -> PyResult<u16> {
        let event = [servicename.into_py(vm)?, protocolname.unwrap_or("").into_py(vm)?];
        audit(vm, "socket.getservbyname", &event)?;
        let protocol = protocolname.map(str::as_bytes);
        let r = vm.allow_threads(|| vm.host().getservbyname(servicename.as_bytes(), protocol));
        r.map_err(|_| vm.raise_new(&exc::OSError, "service/proto not found"))
    }

    /// getservbyport(port[, protocolname]) -> string
    ///
    /// Return the service name from a port number and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    #[pyfn(no_text, "getservbyport(port, protocolname=<unrepresentable>, /)")]
    fn getservbyport(vm: &Vm, port: &Value, protocolname: Option<&str>) -> PyResult<Value> {
        let number = address::service_port(vm, "getservbyport", port)?;
        audit(vm, "socket.getservbyport", &[port.clone(), protocolname.unwrap_or("").into_py(vm)?])?;
        let protocol = protocolname.map(str::as_bytes);
        let r = vm.allow_threads(|| vm.host().getservbyport(number, protocol));
        let name = r.map_err(|_| vm.raise_new(&exc::OSError, "port/proto not found"))?;
        Ok(util::fs_decode(vm, &name))
    }

    /// getprotobyname(name) -> integer
    ///
    /// Return the protocol number for the named protocol.  (Rarely used.)
    #[pyfn(no_text, "getprotobyname(name, /)")]
    fn getprotobyname(vm: &Vm, name: &str) -> PyResult<i32> {
        let r = vm.host().getprotobyname(name.as_bytes());
        r.map_err(|_| vm.raise_new(&exc::OSError, "protocol not found"))
    }

    /// close(integer) -> None
    ///
    /// Close an integer socket file descriptor.  This is like os.close(), but for
    /// sockets; on some platforms os.close() won't work for socket file descriptors.
    #[pyfn("close(object, /)")]
    fn close(vm: &Vm, object: &Value) -> PyResult<()> {
        let fd = descriptor(vm, object)?;
        match vm.allow_threads(|| vm.host().close(fd)) {
            Err(e) if e.errno() != libc::ECONNRESET => Err(vm.os_error(e, None)),
            _ => Ok(()),
        }
    }

    /// dup(integer) -> integer
    ///
    /// Duplicate an integer socket file descriptor.  This is like os.dup(), but for
    /// sockets; on some platforms os.dup() won't work for socket file descriptors.
    #[pyfn("dup(object, /)")]
    fn dup(vm: &Vm, object: &Value) -> PyResult<i32> {
        let fd = descriptor(vm, object)?;
        util::os(vm, vm.host().dup(fd))
    }

    /// socketpair([family[, type [, proto]]]) -> (socket object, socket object)
    ///
    /// Create a pair of socket objects from the sockets returned by the platform
    /// socketpair() function.
    /// The arguments are the same as for socket() except the default family is
    /// AF_UNIX if defined on the platform; otherwise, the default is AF_INET.
    #[pyfn(no_text, "socketpair(family=1, type=1, proto=0, /)")]
    fn socketpair(vm: &Vm, family: i32, kind: i32, proto: i32) -> PyResult<(Value, Value)> {
        let (a, b) = util::os(vm, vm.host().socketpair(family, kind, proto))?;
        let cls = vm.native_type::<Socket>();
        let make = |fd: i32| -> PyResult<Value> {
            let v = vm.call0(cls.as_value())?;
            Ok(v).and_then(|v| match v.downcast::<Socket>() {
                Some(s) => {
                    let unused = s.fd.replace(-1);
                    if unused >= 0 {
                        let _ = vm.host().close(unused);
                    }
                    s.adopt(vm, fd, family, kind, proto).map(|()| v.clone())
                }
                None => Err(vm.type_error("not a socket")),
            })
        };
        Ok((make(a)?, make(b)?))
    }

    /// Convert a 16-bit unsigned integer from network to host byte order.
    #[pyfn("ntohs(integer, /)")]
    fn ntohs(vm: &Vm, integer: &Value) -> PyResult<u16> {
        short(vm, integer).map(u16::from_be)
    }

    /// Convert a 32-bit unsigned integer from network to host byte order.
    #[pyfn("ntohl(integer, /)")]
    fn ntohl(vm: &Vm, integer: &Value) -> PyResult<u32> {
        long(vm, integer).map(u32::from_be)
    }

    /// Convert a 16-bit unsigned integer from host to network byte order.
    #[pyfn("htons(integer, /)")]
    fn htons(vm: &Vm, integer: &Value) -> PyResult<u16> {
        short(vm, integer).map(u16::to_be)
    }

    /// Convert a 32-bit unsigned integer from host to network byte order.
    #[pyfn("htonl(integer, /)")]
    fn htonl(vm: &Vm, integer: &Value) -> PyResult<u32> {
        long(vm, integer).map(u32::to_be)
    }

    /// Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions.
    #[pyfn("inet_aton(ip_addr, /)")]
    fn inet_aton(vm: &Vm, ip_addr: &str) -> PyResult<Gc<Bytes>> {
        match address::aton(ip_addr.as_bytes()) {
            Some(ip) => Ok(vm.new_bytes(&ip)),
            None => Err(vm.raise_new(&exc::OSError, "illegal IP address string passed to inet_aton")),
        }
    }

    /// Convert an IP address from 32-bit packed binary format to string format.
    #[pyfn("inet_ntoa(packed_ip, /)")]
    fn inet_ntoa(vm: &Vm, packed_ip: &Value) -> PyResult<String> {
        match <[u8; 4]>::try_from(&*vm.bytes_like(packed_ip)?) {
            Ok(ip) => Ok(std::net::Ipv4Addr::from(ip).to_string()),
            Err(_) => Err(vm.raise_new(&exc::OSError, "packed IP wrong length")),
        }
    }

    /// inet_pton(af, ip) -> packed IP address string
    ///
    /// Convert an IP address from string format to a packed string suitable
    /// for use with low-level network functions.
    #[pyfn(no_text, "inet_pton(af, ip, /)")]
    fn inet_pton(vm: &Vm, af: i32, ip: &str) -> PyResult<Gc<Bytes>> {
        Ok(vm.new_bytes(&names::pton(vm, af, ip)?))
    }

    /// inet_ntop(af, packed_ip) -> string formatted IP address
    ///
    /// Convert a packed IP address of the given family to string format.
    #[pyfn(no_text, "inet_ntop(af, packed_ip, /)")]
    fn inet_ntop(vm: &Vm, af: i32, packed_ip: &Value) -> PyResult<String> {
        names::ntop(vm, af, &vm.bytes_like(packed_ip)?)
    }

    /// getaddrinfo(host, port [, family, type, proto, flags])
    ///     -> list of (family, type, proto, canonname, sockaddr)
    ///
    /// Resolve host and port into addrinfo struct.
    #[pyfn(no_text, "getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)")]
    fn getaddrinfo(
        vm: &Vm,
        host: &Value,
        port: &Value,
        family: i32,
        kind: i32,
        proto: i32,
        flags: i32,
    ) -> PyResult<Vec<Value>> {
        names::getaddrinfo(vm, host, port, AddrInfoHints { family, kind, protocol: proto, flags })
    }

    /// getnameinfo(sockaddr, flags) --> (host, port)
    ///
    /// Get host and port for a sockaddr.
    #[pyfn(no_text, "getnameinfo(sockaddr, flags, /)")]
    fn getnameinfo(vm: &Vm, sockaddr: &Value, flags: i32) -> PyResult<(Value, Value)> {
        names::getnameinfo(vm, sockaddr, flags)
    }

    /// getdefaulttimeout() -> timeout
    ///
    /// Returns the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    #[pyfn("getdefaulttimeout()")]
    fn getdefaulttimeout(vm: &Vm) -> Value {
        object::timeout_value(vm, default_timeout(vm).get())
    }

    /// setdefaulttimeout(timeout)
    ///
    /// Set the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    #[pyfn("setdefaulttimeout(object, /)")]
    fn setdefaulttimeout(vm: &Vm, object: &Value) -> PyResult<()> {
        default_timeout(vm).set(super::object::timeout_arg(vm, object)?);
        Ok(())
    }

    /// if_nameindex()
    ///
    /// Returns a list of network interface information (index, name) tuples.
    #[pyfn("if_nameindex()")]
    fn if_nameindex(vm: &Vm) -> PyResult<Vec<Value>> {
        let found = util::os(vm, vm.host().if_nameindex())?;
        found.iter().map(|i| (i.index, util::fs_decode(vm, &i.name)).into_py(vm)).collect()
    }

    /// Returns the interface index corresponding to the interface name if_name.
    #[pyfn("if_nametoindex(oname, /)")]
    fn if_nametoindex(vm: &Vm, oname: &Value) -> PyResult<u32> {
        let name = util::fs_convert(vm, oname)?;
        util::os(vm, vm.host().if_nametoindex(&name))
    }

    /// Returns the interface name corresponding to the interface index if_index.
    #[pyfn("if_indextoname(if_index, /)")]
    fn if_indextoname(vm: &Vm, if_index: &Value) -> PyResult<Value> {
        let if_index = unsigned(vm, if_index, u32::MAX, "unsigned int")?;
        Ok(util::fs_decode(vm, &util::os(vm, vm.host().if_indextoname(if_index))?))
    }

    /// CMSG_LEN(length) -> control message length
    ///
    /// Return the total length, without trailing padding, of an ancillary
    /// data item with associated data of the given length.
    #[pyfn(no_text, "CMSG_LEN(length, /)")]
    fn cmsg_len(vm: &Vm, length: isize) -> PyResult<usize> {
        control_length(vm, "CMSG_LEN", length, false)
    }

    /// CMSG_SPACE(length) -> buffer size
    ///
    /// Return the buffer size needed for recvmsg() to receive an ancillary
    /// data item with associated data of the given length, along with any
    /// trailing padding.
    #[pyfn(no_text, "CMSG_SPACE(length, /)")]
    fn cmsg_space(vm: &Vm, length: isize) -> PyResult<usize> {
        control_length(vm, "CMSG_SPACE", length, true)
    }

    #[pyconst("has_ipv6")]
    fn has_ipv6(_vm: &Vm) -> Value {
        Value::bool(true)
    }

    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&exc::OSError).into_value()
    }

    #[pyconst("timeout")]
    fn timeout(vm: &Vm) -> Value {
        vm.type_for(&exc::TimeoutError).into_value()
    }

    #[pyconst("herror")]
    fn herror(vm: &Vm) -> Value {
        vm.type_for(&HERROR).into_value()
    }

    #[pyconst("gaierror")]
    fn gaierror(vm: &Vm) -> Value {
        vm.type_for(&GAIERROR).into_value()
    }

    #[pyconst("SocketType")]
    fn socket_type(vm: &Vm) -> Value {
        vm.native_type::<Socket>().into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in numbers::SOCKET {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }

    pytypes!(Socket);
}
