//! Sockets and names of the network.

use crate::{Fd, HostResult, denied};

/// An address of one of the families that Python can spell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketAddress {
    Inet {
        ip: [u8; 4],
        port: u16,
    },
    Inet6 {
        ip: [u8; 16],
        port: u16,
        flowinfo: u32,
        scope_id: u32,
    },
    /// A path, or a name in the abstract space when it begins with a NUL; empty when unnamed.
    Unix(Vec<u8>),
    Netlink {
        pid: u32,
        groups: u32,
    },
    Vsock {
        cid: u32,
        port: u32,
    },
    /// The bytes after the family.
    Other {
        family: u16,
        data: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug, Default)]
pub struct AddrInfoHints {
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub flags: i32,
}

#[derive(Clone, Debug)]
pub struct AddrInfo {
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub canonical_name: Vec<u8>,
    pub address: SocketAddress,
}

/// One control message of `sendmsg` and `recvmsg`.
#[derive(Clone, Debug)]
pub struct Ancillary {
    pub level: i32,
    pub kind: i32,
    pub data: Vec<u8>,
}

/// What `recvmsg` got.
#[derive(Clone, Debug)]
pub struct Received {
    pub count: usize,
    pub ancillary: Vec<Ancillary>,
    pub flags: i32,
    pub address: Option<SocketAddress>,
}

/// What is known of a host.
#[derive(Clone, Debug)]
pub struct HostEntry {
    pub name: Vec<u8>,
    pub aliases: Vec<Vec<u8>>,
    /// The bytes of IPv4 or IPv6 addresses.
    pub addresses: Vec<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub struct Interface {
    pub index: u32,
    pub name: Vec<u8>,
}

/// Errors of the name look-ups are `EAI_*` numbers in a `HostError`; see [`Sockets::gai_strerror`].
#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Sockets {
    fn socket(&self, family: i32, kind: i32, protocol: i32) -> HostResult<Fd> {
        denied()
    }
    fn socketpair(&self, family: i32, kind: i32, protocol: i32) -> HostResult<(Fd, Fd)> {
        denied()
    }
    fn bind(&self, fd: Fd, address: &SocketAddress) -> HostResult<()> {
        denied()
    }
    fn listen(&self, fd: Fd, backlog: i32) -> HostResult<()> {
        denied()
    }
    fn accept(&self, fd: Fd) -> HostResult<(Fd, Option<SocketAddress>)> {
        denied()
    }
    fn connect(&self, fd: Fd, address: &SocketAddress) -> HostResult<()> {
        denied()
    }
    fn send(&self, fd: Fd, data: &[u8], flags: i32) -> HostResult<usize> {
        denied()
    }
    fn recv(&self, fd: Fd, buffer: &mut [u8], flags: i32) -> HostResult<usize> {
        denied()
    }
    /// Receives `n` bytes at most onto the end of `out`, which has room for them; answers what `recv` answers.
    fn recv_onto(&self, fd: Fd, out: &mut Vec<u8>, n: usize, flags: i32) -> HostResult<usize> {
        crate::files::onto(out, n, |room| self.recv(fd, room, flags))
    }
    fn sendto(&self, fd: Fd, data: &[u8], flags: i32, address: &SocketAddress) -> HostResult<usize> {
        denied()
    }
    fn recvfrom(&self, fd: Fd, buffer: &mut [u8], flags: i32) -> HostResult<(usize, Option<SocketAddress>)> {
        denied()
    }
    fn sendmsg(
        &self,
        fd: Fd,
        data: &[std::io::IoSlice<'_>],
        ancillary: &[Ancillary],
        flags: i32,
        address: Option<&SocketAddress>,
    ) -> HostResult<usize> {
        denied()
    }
    fn recvmsg(
        &self,
        fd: Fd,
        buffers: &mut [std::io::IoSliceMut<'_>],
        ancillary_size: usize,
        flags: i32,
    ) -> HostResult<Received> {
        denied()
    }
    fn shutdown(&self, fd: Fd, how: i32) -> HostResult<()> {
        denied()
    }
    fn getsockname(&self, fd: Fd) -> HostResult<Option<SocketAddress>> {
        denied()
    }
    fn getpeername(&self, fd: Fd) -> HostResult<Option<SocketAddress>> {
        denied()
    }
    fn getsockopt_int(&self, fd: Fd, level: i32, option: i32) -> HostResult<i32> {
        denied()
    }
    /// At most `size` bytes.
    fn getsockopt(&self, fd: Fd, level: i32, option: i32, size: usize) -> HostResult<Vec<u8>> {
        denied()
    }
    fn setsockopt_int(&self, fd: Fd, level: i32, option: i32, value: i32) -> HostResult<()> {
        denied()
    }
    fn setsockopt(&self, fd: Fd, level: i32, option: i32, value: &[u8]) -> HostResult<()> {
        denied()
    }
    /// A null pointer of the given length, for the few options that want one.
    fn setsockopt_null(&self, fd: Fd, level: i32, option: i32, length: u32) -> HostResult<()> {
        denied()
    }
    fn getaddrinfo(
        &self,
        host: Option<&[u8]>,
        service: Option<&[u8]>,
        hints: AddrInfoHints,
    ) -> HostResult<Vec<AddrInfo>> {
        denied()
    }
    /// Host and service.
    fn getnameinfo(&self, address: &SocketAddress, flags: i32) -> HostResult<(Vec<u8>, Vec<u8>)> {
        denied()
    }
    fn gai_strerror(&self, code: i32) -> String {
        format!("Unknown error {code}")
    }
    /// IPv4 only. Errors are `h_errno` numbers; see [`Sockets::hstrerror`].
    fn gethostbyname(&self, name: &[u8]) -> HostResult<HostEntry> {
        denied()
    }
    fn gethostbyaddr(&self, address: &[u8], family: i32) -> HostResult<HostEntry> {
        denied()
    }
    fn hstrerror(&self, code: i32) -> String {
        format!("Unknown error {code}")
    }
    fn gethostname(&self) -> HostResult<Vec<u8>> {
        denied()
    }
    fn sethostname(&self, name: &[u8]) -> HostResult<()> {
        denied()
    }
    /// Port of a service.
    fn getservbyname(&self, name: &[u8], protocol: Option<&[u8]>) -> HostResult<u16> {
        denied()
    }
    fn getservbyport(&self, port: u16, protocol: Option<&[u8]>) -> HostResult<Vec<u8>> {
        denied()
    }
    fn getprotobyname(&self, name: &[u8]) -> HostResult<i32> {
        denied()
    }
    fn if_nameindex(&self) -> HostResult<Vec<Interface>> {
        denied()
    }
    fn if_nametoindex(&self, name: &[u8]) -> HostResult<u32> {
        denied()
    }
    fn if_indextoname(&self, index: u32) -> HostResult<Vec<u8>> {
        denied()
    }
}
