//! Sockets and names of the network.

use std::io::{IoSlice, IoSliceMut};
use std::ptr;

use libc::{
    c_int, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_nl, sockaddr_storage, sockaddr_un, socklen_t,
};

use super::{RealHost, bytes_at, c_string, check, count, done, static_storage, zeroed};
use crate::{
    AddrInfo, AddrInfoHints, Ancillary, Fd, HostEntry, HostError, HostResult, Interface, Received,
    SocketAddress, Sockets,
};

unsafe extern "C" {
    fn getservbyname(name: *const libc::c_char, protocol: *const libc::c_char) -> *mut libc::servent;
    fn getservbyport(port: c_int, protocol: *const libc::c_char) -> *mut libc::servent;
    fn getprotobyname(name: *const libc::c_char) -> *mut libc::protoent;
    fn sethostname(name: *const libc::c_char, length: usize) -> c_int;
    fn gethostbyname_r(
        name: *const libc::c_char,
        entry: *mut libc::hostent,
        buffer: *mut libc::c_char,
        length: usize,
        result: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const libc::c_void,
        address_length: socklen_t,
        family: c_int,
        entry: *mut libc::hostent,
        buffer: *mut libc::c_char,
        length: usize,
        result: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn hstrerror(code: c_int) -> *const libc::c_char;
}

const STORAGE: usize = size_of::<sockaddr_storage>();

/// An address as the system wants it.
struct RawAddress {
    storage: sockaddr_storage,
    length: socklen_t,
}

impl RawAddress {
    fn empty() -> Self {
        // SAFETY: I2.
        Self { storage: unsafe { zeroed() }, length: STORAGE as socklen_t }
    }

    /// Copies a structure of one family into the storage.
    fn of<T: Copy>(raw: &T, length: usize) -> Self {
        const { assert!(size_of::<T>() <= STORAGE) };
        let mut address = Self::empty();
        // SAFETY: `T` is a plain C structure and fits.
        unsafe { ptr::copy_nonoverlapping(raw, (&raw mut address.storage).cast::<T>(), 1) };
        address.length = length as socklen_t;
        address
    }

    fn new(address: &SocketAddress) -> HostResult<Self> {
        Ok(match address {
            SocketAddress::Inet { ip, port } => {
                // SAFETY: I2.
                let mut raw = unsafe { zeroed::<sockaddr_in>() };
                raw.sin_family = libc::AF_INET as u16;
                raw.sin_port = port.to_be();
                raw.sin_addr.s_addr = u32::from_ne_bytes(*ip);
                Self::of(&raw, size_of_val(&raw))
            }
            SocketAddress::Inet6 { ip, port, flowinfo, scope_id } => {
                // SAFETY: I2.
                let mut raw = unsafe { zeroed::<sockaddr_in6>() };
                raw.sin6_family = libc::AF_INET6 as u16;
                raw.sin6_port = port.to_be();
                raw.sin6_flowinfo = flowinfo.to_be();
                raw.sin6_addr.s6_addr = *ip;
                raw.sin6_scope_id = *scope_id;
                Self::of(&raw, size_of_val(&raw))
            }
            SocketAddress::Unix(path) => {
                // SAFETY: I2.
                let mut raw = unsafe { zeroed::<sockaddr_un>() };
                raw.sun_family = libc::AF_UNIX as u16;
                let is_abstract = path.first() == Some(&0);
                // A path ends with a NUL, an abstract name with its length.
                if path.len() + usize::from(!is_abstract) > raw.sun_path.len() {
                    return Err(HostError(libc::ENAMETOOLONG));
                }
                for (to, &from) in raw.sun_path.iter_mut().zip(path) {
                    *to = from as libc::c_char;
                }
                let start = std::mem::offset_of!(sockaddr_un, sun_path);
                Self::of(&raw, start + path.len() + usize::from(!is_abstract && !path.is_empty()))
            }
            SocketAddress::Netlink { pid, groups } => {
                // SAFETY: I2.
                let mut raw = unsafe { zeroed::<sockaddr_nl>() };
                raw.nl_family = libc::AF_NETLINK as u16;
                raw.nl_pid = *pid;
                raw.nl_groups = *groups;
                Self::of(&raw, size_of_val(&raw))
            }
            SocketAddress::Vsock { cid, port } => {
                // SAFETY: I2.
                let mut raw = unsafe { zeroed::<libc::sockaddr_vm>() };
                raw.svm_family = libc::AF_VSOCK as u16;
                raw.svm_cid = *cid;
                raw.svm_port = *port;
                Self::of(&raw, size_of_val(&raw))
            }
            SocketAddress::Other { family, data } => {
                let mut address = Self::empty();
                if data.len() + 2 > STORAGE {
                    return Err(HostError::EINVAL);
                }
                address.storage.ss_family = *family;
                // SAFETY: checked to fit behind the family.
                unsafe {
                    ptr::copy_nonoverlapping(
                        data.as_ptr(),
                        (&raw mut address.storage).cast::<u8>().add(2),
                        data.len(),
                    );
                };
                address.length = (data.len() + 2) as socklen_t;
                address
            }
        })
    }

    fn as_ptr(&self) -> *const sockaddr {
        (&raw const self.storage).cast()
    }

    fn as_mut_ptr(&mut self) -> *mut sockaddr {
        (&raw mut self.storage).cast()
    }

    /// # Safety
    /// The storage holds a `T`: its family says so, and its length covers it.
    unsafe fn cast<T: Copy>(&self) -> T {
        // SAFETY: the caller's promise; the storage is aligned for every address.
        unsafe { *(&raw const self.storage).cast::<T>() }
    }

    /// None when the system gave no address (an unconnected stream).
    fn address(&self) -> Option<SocketAddress> {
        let length = (self.length as usize).min(STORAGE);
        if length < 2 {
            return None;
        }
        // SAFETY: the storage is plain bytes, all of them initialised.
        let bytes = unsafe { std::slice::from_raw_parts((&raw const self.storage).cast::<u8>(), length) };
        Some(match i32::from(self.storage.ss_family) {
            libc::AF_INET if length >= size_of::<sockaddr_in>() => {
                // SAFETY: by family and length.
                let raw = unsafe { self.cast::<sockaddr_in>() };
                SocketAddress::Inet {
                    ip: raw.sin_addr.s_addr.to_ne_bytes(),
                    port: u16::from_be(raw.sin_port),
                }
            }
            libc::AF_INET6 if length >= size_of::<sockaddr_in6>() => {
                // SAFETY: by family and length.
                let raw = unsafe { self.cast::<sockaddr_in6>() };
                SocketAddress::Inet6 {
                    ip: raw.sin6_addr.s6_addr,
                    port: u16::from_be(raw.sin6_port),
                    flowinfo: u32::from_be(raw.sin6_flowinfo),
                    scope_id: raw.sin6_scope_id,
                }
            }
            libc::AF_UNIX => {
                let path = &bytes[2..];
                if path.first() == Some(&0) {
                    SocketAddress::Unix(path.to_vec())
                } else {
                    let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
                    SocketAddress::Unix(path[..end].to_vec())
                }
            }
            libc::AF_NETLINK if length >= size_of::<sockaddr_nl>() => {
                // SAFETY: by family and length.
                let raw = unsafe { self.cast::<sockaddr_nl>() };
                SocketAddress::Netlink { pid: raw.nl_pid, groups: raw.nl_groups }
            }
            libc::AF_VSOCK if length >= size_of::<libc::sockaddr_vm>() => {
                // SAFETY: by family and length.
                let raw = unsafe { self.cast::<libc::sockaddr_vm>() };
                SocketAddress::Vsock { cid: raw.svm_cid, port: raw.svm_port }
            }
            _ => SocketAddress::Other { family: self.storage.ss_family, data: bytes[2..].to_vec() },
        })
    }
}

/// Asks for a host with a growing buffer: `(entry, buffer, length, result, h_errno)`.
fn host_entry(
    ask: impl Fn(*mut libc::hostent, *mut libc::c_char, usize, *mut *mut libc::hostent, *mut c_int) -> c_int,
) -> HostResult<HostEntry> {
    let mut buffer = vec![0_u8; 4096];
    loop {
        // SAFETY: I2.
        let mut entry = unsafe { zeroed::<libc::hostent>() };
        let mut result = ptr::null_mut();
        let mut error = 0;
        let code =
            ask(&raw mut entry, buffer.as_mut_ptr().cast(), buffer.len(), &raw mut result, &raw mut error);
        if code == libc::ERANGE && buffer.len() < 1 << 24 {
            let more = buffer.len() * 4;
            buffer.resize(more, 0);
            continue;
        }
        // SAFETY: null, or the entry that points into the buffer.
        let Some(found) = (unsafe { result.as_ref() }) else { return Err(HostError(error)) };
        let length = usize::try_from(found.h_length).unwrap_or(0);
        // SAFETY: lists of C strings and of addresses of `h_length` bytes, ended by a null.
        return unsafe {
            Ok(HostEntry {
                name: bytes_at(found.h_name),
                aliases: pointers(found.h_aliases).map(|p| bytes_at(p)).collect(),
                addresses: pointers(found.h_addr_list)
                    .map(|p| std::slice::from_raw_parts(p.cast::<u8>(), length).to_vec())
                    .collect(),
            })
        };
    }
}

/// The pointers of a list that ends with a null.
///
/// # Safety
/// `list` is null or such a list, and stays as it is while the iterator lives.
unsafe fn pointers(mut list: *mut *mut libc::c_char) -> impl Iterator<Item = *mut libc::c_char> {
    std::iter::from_fn(move || {
        if list.is_null() {
            return None;
        }
        // SAFETY: the caller's promise; not past the null.
        let p = unsafe { *list };
        if p.is_null() {
            return None;
        }
        // SAFETY: not at the end.
        list = unsafe { list.add(1) };
        Some(p)
    })
}

/// What `getaddrinfo` and `getnameinfo` return; `EAI_SYSTEM` stands for `errno`.
fn gai(code: c_int) -> HostResult<()> {
    match code {
        0 => Ok(()),
        libc::EAI_SYSTEM => Err(HostError::last()),
        code => Err(HostError(code)),
    }
}

fn align(length: usize) -> usize {
    length.next_multiple_of(size_of::<usize>())
}

const HEADER: usize = size_of::<libc::cmsghdr>();

/// Control messages in the system's layout. Words, because the headers must be aligned.
fn pack(ancillary: &[Ancillary]) -> HostResult<(Vec<usize>, usize)> {
    let mut bytes = Vec::new();
    for message in ancillary {
        let length = HEADER.checked_add(message.data.len()).ok_or(HostError::EINVAL)?;
        bytes.extend_from_slice(&length.to_ne_bytes());
        bytes.extend_from_slice(&message.level.to_ne_bytes());
        bytes.extend_from_slice(&message.kind.to_ne_bytes());
        bytes.extend_from_slice(&message.data);
        bytes.resize(align(bytes.len()), 0);
    }
    let length = bytes.len();
    let words = bytes
        .chunks_exact(size_of::<usize>())
        .map(|chunk| chunk.try_into().map_or(0, usize::from_ne_bytes))
        .collect();
    Ok((words, length))
}

fn unpack(words: &[usize], length: usize) -> Vec<Ancillary> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).take(length).collect();
    let mut messages = Vec::new();
    let mut rest = bytes.as_slice();
    while let (Some(size), Some(level), Some(kind)) = (
        rest.first_chunk::<8>().map(|bytes| usize::from_ne_bytes(*bytes)),
        rest.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes),
        rest.get(12..16).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes),
    ) {
        if size < HEADER {
            break;
        }
        // A truncated message says its full length; give what arrived.
        let end = size.min(rest.len());
        messages.push(Ancillary { level, kind, data: rest[HEADER..end].to_vec() });
        rest = rest.get(align(size)..).unwrap_or(&[]);
    }
    messages
}

const _: () = assert!(HEADER == 16, "the layout written in `pack` and `unpack`");

impl Sockets for RealHost {
    fn socket(&self, family: i32, kind: i32, protocol: i32) -> HostResult<Fd> {
        // SAFETY: no pointers.
        check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
    }

    fn socketpair(&self, family: i32, kind: i32, protocol: i32) -> HostResult<(Fd, Fd)> {
        let mut ends = [-1; 2];
        // SAFETY: two ints, as asked for.
        done(unsafe { libc::socketpair(family, kind | libc::SOCK_CLOEXEC, protocol, ends.as_mut_ptr()) })?;
        Ok((ends[0], ends[1]))
    }

    fn bind(&self, fd: Fd, address: &SocketAddress) -> HostResult<()> {
        let raw = RawAddress::new(address)?;
        // SAFETY: I1.
        done(unsafe { libc::bind(fd, raw.as_ptr(), raw.length) })
    }

    fn listen(&self, fd: Fd, backlog: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::listen(fd, backlog) })
    }

    fn accept(&self, fd: Fd) -> HostResult<(Fd, Option<SocketAddress>)> {
        let mut raw = RawAddress::empty();
        let mut length = raw.length;
        // SAFETY: I1; `length` is the storage's.
        let new = check(unsafe { libc::accept4(fd, raw.as_mut_ptr(), &raw mut length, libc::SOCK_CLOEXEC) })?;
        raw.length = length;
        Ok((new, raw.address()))
    }

    fn connect(&self, fd: Fd, address: &SocketAddress) -> HostResult<()> {
        let raw = RawAddress::new(address)?;
        // SAFETY: I1.
        done(unsafe { libc::connect(fd, raw.as_ptr(), raw.length) })
    }

    fn send(&self, fd: Fd, data: &[u8], flags: i32) -> HostResult<usize> {
        // SAFETY: I1.
        count(unsafe { libc::send(fd, data.as_ptr().cast(), data.len(), flags) })
    }

    fn recv(&self, fd: Fd, buffer: &mut [u8], flags: i32) -> HostResult<usize> {
        // SAFETY: I1, writable for its length. MSG_TRUNC may answer more than was written.
        count(unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) })
    }

    fn recv_onto(&self, fd: Fd, out: &mut Vec<u8>, n: usize, flags: i32) -> HostResult<usize> {
        // SAFETY: I1, writable for its length.
        super::files::onto(out, n, |room| unsafe {
            libc::recv(fd, room.as_mut_ptr().cast(), room.len(), flags)
        })
    }

    fn sendto(&self, fd: Fd, data: &[u8], flags: i32, address: &SocketAddress) -> HostResult<usize> {
        let raw = RawAddress::new(address)?;
        // SAFETY: I1.
        count(unsafe { libc::sendto(fd, data.as_ptr().cast(), data.len(), flags, raw.as_ptr(), raw.length) })
    }

    fn recvfrom(&self, fd: Fd, buffer: &mut [u8], flags: i32) -> HostResult<(usize, Option<SocketAddress>)> {
        let mut raw = RawAddress::empty();
        let mut length = raw.length;
        // SAFETY: I1; both are writable for their lengths.
        let received = count(unsafe {
            libc::recvfrom(
                fd,
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                flags,
                raw.as_mut_ptr(),
                &raw mut length,
            )
        })?;
        raw.length = length;
        Ok((received, raw.address()))
    }

    fn sendmsg(
        &self,
        fd: Fd,
        data: &[IoSlice<'_>],
        ancillary: &[Ancillary],
        flags: i32,
        address: Option<&SocketAddress>,
    ) -> HostResult<usize> {
        let mut raw = address.map(RawAddress::new).transpose()?;
        let (mut control, control_length) = pack(ancillary)?;
        // SAFETY: I2.
        let mut message = unsafe { zeroed::<libc::msghdr>() };
        if let Some(raw) = &mut raw {
            message.msg_name = raw.as_mut_ptr().cast();
            message.msg_namelen = raw.length;
        }
        message.msg_iov = data.as_ptr().cast_mut().cast();
        message.msg_iovlen = data.len();
        if control_length > 0 {
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = control_length;
        }
        // SAFETY: I1; `IoSlice` is laid out as `iovec`, and nothing is written through it.
        count(unsafe { libc::sendmsg(fd, &raw const message, flags) })
    }

    fn recvmsg(
        &self,
        fd: Fd,
        buffers: &mut [IoSliceMut<'_>],
        ancillary_size: usize,
        flags: i32,
    ) -> HostResult<Received> {
        if ancillary_size > i32::MAX as usize {
            return Err(HostError::EINVAL);
        }
        let mut raw = RawAddress::empty();
        let mut control = vec![0_usize; ancillary_size.div_ceil(size_of::<usize>())];
        // SAFETY: I2.
        let mut message = unsafe { zeroed::<libc::msghdr>() };
        message.msg_name = raw.as_mut_ptr().cast();
        message.msg_namelen = raw.length;
        message.msg_iov = buffers.as_mut_ptr().cast();
        message.msg_iovlen = buffers.len();
        if ancillary_size > 0 {
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = ancillary_size;
        }
        // SAFETY: I1; `IoSliceMut` is laid out as `iovec`.
        let received = count(unsafe { libc::recvmsg(fd, &raw mut message, flags | libc::MSG_CMSG_CLOEXEC) })?;
        raw.length = message.msg_namelen;
        Ok(Received {
            count: received,
            ancillary: unpack(&control, message.msg_controllen),
            flags: message.msg_flags & !libc::MSG_CMSG_CLOEXEC,
            address: raw.address(),
        })
    }

    fn shutdown(&self, fd: Fd, how: i32) -> HostResult<()> {
        // SAFETY: no pointers.
        done(unsafe { libc::shutdown(fd, how) })
    }

    fn getsockname(&self, fd: Fd) -> HostResult<Option<SocketAddress>> {
        let mut raw = RawAddress::empty();
        let mut length = raw.length;
        // SAFETY: I1.
        done(unsafe { libc::getsockname(fd, raw.as_mut_ptr(), &raw mut length) })?;
        raw.length = length;
        Ok(raw.address())
    }

    fn getpeername(&self, fd: Fd) -> HostResult<Option<SocketAddress>> {
        let mut raw = RawAddress::empty();
        let mut length = raw.length;
        // SAFETY: I1.
        done(unsafe { libc::getpeername(fd, raw.as_mut_ptr(), &raw mut length) })?;
        raw.length = length;
        Ok(raw.address())
    }

    fn getsockopt_int(&self, fd: Fd, level: i32, option: i32) -> HostResult<i32> {
        let mut value: c_int = 0;
        let mut length = size_of::<c_int>() as socklen_t;
        // SAFETY: I1.
        done(unsafe { libc::getsockopt(fd, level, option, (&raw mut value).cast(), &raw mut length) })?;
        Ok(value)
    }

    fn getsockopt(&self, fd: Fd, level: i32, option: i32, size: usize) -> HostResult<Vec<u8>> {
        let mut value = vec![0_u8; size];
        let mut length = socklen_t::try_from(size).map_err(|_| HostError::EINVAL)?;
        // SAFETY: I1, writable for its length.
        done(unsafe { libc::getsockopt(fd, level, option, value.as_mut_ptr().cast(), &raw mut length) })?;
        value.truncate(length as usize);
        Ok(value)
    }

    fn setsockopt_int(&self, fd: Fd, level: i32, option: i32, value: i32) -> HostResult<()> {
        self.setsockopt(fd, level, option, &value.to_ne_bytes())
    }

    fn setsockopt(&self, fd: Fd, level: i32, option: i32, value: &[u8]) -> HostResult<()> {
        let length = socklen_t::try_from(value.len()).map_err(|_| HostError::EINVAL)?;
        // SAFETY: I1.
        done(unsafe { libc::setsockopt(fd, level, option, value.as_ptr().cast(), length) })
    }

    fn setsockopt_null(&self, fd: Fd, level: i32, option: i32, length: u32) -> HostResult<()> {
        // SAFETY: the kernel checks the pointer: EFAULT.
        done(unsafe { libc::setsockopt(fd, level, option, ptr::null(), length) })
    }

    fn getaddrinfo(
        &self,
        host: Option<&[u8]>,
        service: Option<&[u8]>,
        hints: AddrInfoHints,
    ) -> HostResult<Vec<AddrInfo>> {
        let host = host.map(c_string).transpose()?;
        let service = service.map(c_string).transpose()?;
        // SAFETY: I2.
        let mut raw_hints = unsafe { zeroed::<libc::addrinfo>() };
        raw_hints.ai_family = hints.family;
        raw_hints.ai_socktype = hints.kind;
        raw_hints.ai_protocol = hints.protocol;
        raw_hints.ai_flags = hints.flags;
        let mut list = ptr::null_mut();
        let text = |text: &Option<std::ffi::CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        // SAFETY: I1; null names are allowed.
        gai(unsafe { libc::getaddrinfo(text(&host), text(&service), &raw const raw_hints, &raw mut list) })?;
        let mut found = Vec::new();
        let mut next = list;
        // SAFETY: the list is valid until `freeaddrinfo`.
        while let Some(info) = unsafe { next.as_ref() } {
            let mut raw = RawAddress::empty();
            let length = (info.ai_addrlen as usize).min(STORAGE);
            if !info.ai_addr.is_null() {
                // SAFETY: cut to the storage; the list says how long the address is.
                unsafe {
                    ptr::copy_nonoverlapping(
                        info.ai_addr.cast::<u8>(),
                        raw.as_mut_ptr().cast::<u8>(),
                        length,
                    );
                };
                raw.length = length as socklen_t;
                if let Some(address) = raw.address() {
                    found.push(AddrInfo {
                        family: info.ai_family,
                        kind: info.ai_socktype,
                        protocol: info.ai_protocol,
                        // SAFETY: a C string of the list, or null.
                        canonical_name: unsafe { bytes_at(info.ai_canonname) },
                        address,
                    });
                }
            }
            next = info.ai_next;
        }
        // SAFETY: made by `getaddrinfo`, freed once.
        unsafe { libc::freeaddrinfo(list) };
        Ok(found)
    }

    fn getnameinfo(&self, address: &SocketAddress, flags: i32) -> HostResult<(Vec<u8>, Vec<u8>)> {
        let raw = RawAddress::new(address)?;
        let mut host = [0_u8; 1025];
        let mut service = [0_u8; 32];
        // SAFETY: I1; both buffers are writable for their lengths.
        gai(unsafe {
            libc::getnameinfo(
                raw.as_ptr(),
                raw.length,
                host.as_mut_ptr().cast(),
                host.len() as socklen_t,
                service.as_mut_ptr().cast(),
                service.len() as socklen_t,
                flags,
            )
        })?;
        // SAFETY: success ends both with a NUL.
        Ok(unsafe { (bytes_at(host.as_ptr().cast()), bytes_at(service.as_ptr().cast())) })
    }

    fn gai_strerror(&self, code: i32) -> String {
        // SAFETY: the text is static.
        String::from_utf8_lossy(&unsafe { bytes_at(libc::gai_strerror(code)) }).into_owned()
    }

    fn gethostbyname(&self, name: &[u8]) -> HostResult<HostEntry> {
        let name = c_string(name)?;
        host_entry(|entry, buffer, length, result, error| {
            // SAFETY: I1; the buffer is writable for its length.
            unsafe { gethostbyname_r(name.as_ptr(), entry, buffer, length, result, error) }
        })
    }

    fn gethostbyaddr(&self, address: &[u8], family: i32) -> HostResult<HostEntry> {
        host_entry(|entry, buffer, length, result, error| {
            let size = address.len() as socklen_t;
            // SAFETY: I1; the buffer is writable for its length.
            unsafe {
                gethostbyaddr_r(address.as_ptr().cast(), size, family, entry, buffer, length, result, error)
            }
        })
    }

    fn hstrerror(&self, code: i32) -> String {
        // SAFETY: the text is static.
        String::from_utf8_lossy(&unsafe { bytes_at(hstrerror(code)) }).into_owned()
    }

    fn gethostname(&self) -> HostResult<Vec<u8>> {
        let mut buffer = [0_u8; 1025];
        // SAFETY: writable for all but the last byte, which stays NUL.
        done(unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) })?;
        // SAFETY: ends with a NUL.
        Ok(unsafe { bytes_at(buffer.as_ptr().cast()) })
    }

    fn sethostname(&self, name: &[u8]) -> HostResult<()> {
        // SAFETY: I1.
        done(unsafe { sethostname(name.as_ptr().cast(), name.len()) })
    }

    fn getservbyname(&self, name: &[u8], protocol: Option<&[u8]>) -> HostResult<u16> {
        let name = c_string(name)?;
        let protocol = protocol.map(c_string).transpose()?;
        let _guard = static_storage();
        // SAFETY: I1, I3.
        let found = unsafe {
            getservbyname(name.as_ptr(), protocol.as_ref().map_or(ptr::null(), |text| text.as_ptr())).as_ref()
        };
        found.map(|entry| u16::from_be(entry.s_port as u16)).ok_or(HostError::ENOENT)
    }

    fn getservbyport(&self, port: u16, protocol: Option<&[u8]>) -> HostResult<Vec<u8>> {
        let protocol = protocol.map(c_string).transpose()?;
        let _guard = static_storage();
        // SAFETY: I1, I3.
        let found = unsafe {
            getservbyport(
                c_int::from(port.to_be()),
                protocol.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
            )
            .as_ref()
        };
        // SAFETY: I3.
        found.map(|entry| unsafe { bytes_at(entry.s_name) }).ok_or(HostError::ENOENT)
    }

    fn getprotobyname(&self, name: &[u8]) -> HostResult<i32> {
        let name = c_string(name)?;
        let _guard = static_storage();
        // SAFETY: I1, I3.
        let found = unsafe { getprotobyname(name.as_ptr()).as_ref() };
        found.map(|entry| entry.p_proto).ok_or(HostError::ENOENT)
    }

    fn if_nameindex(&self) -> HostResult<Vec<Interface>> {
        // SAFETY: no arguments.
        let list = unsafe { libc::if_nameindex() };
        if list.is_null() {
            return Err(HostError::last());
        }
        let mut found = Vec::new();
        let mut next = list;
        loop {
            // SAFETY: the list goes on until an entry of zero.
            let entry = unsafe { &*next };
            if entry.if_index == 0 && entry.if_name.is_null() {
                break;
            }
            // SAFETY: a C string of the list.
            found.push(Interface { index: entry.if_index, name: unsafe { bytes_at(entry.if_name) } });
            // SAFETY: not yet at the end.
            next = unsafe { next.add(1) };
        }
        // SAFETY: made by `if_nameindex`, freed once.
        unsafe { libc::if_freenameindex(list) };
        Ok(found)
    }

    fn if_nametoindex(&self, name: &[u8]) -> HostResult<u32> {
        let name = c_string(name)?;
        // SAFETY: I1.
        match unsafe { libc::if_nametoindex(name.as_ptr()) } {
            0 => Err(HostError::last()),
            index => Ok(index),
        }
    }

    fn if_indextoname(&self, index: u32) -> HostResult<Vec<u8>> {
        let mut buffer = [0_u8; libc::IF_NAMESIZE + 1];
        // SAFETY: writable for `IF_NAMESIZE`.
        if unsafe { libc::if_indextoname(index, buffer.as_mut_ptr().cast()) }.is_null() {
            return Err(HostError::last());
        }
        // SAFETY: ends with a NUL.
        Ok(unsafe { bytes_at(buffer.as_ptr().cast()) })
    }
}
