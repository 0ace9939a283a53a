//! Addresses: Python's tuples and strings to `SocketAddress` and back, and the texts of IP addresses.

use super::names;
use crate::util;
use std::net::{Ipv4Addr, Ipv6Addr};
use taipan_host::{AddrInfoHints, SocketAddress};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// Room in a `sockaddr_un`.
const UNIX_PATH_MAX: usize = 108;

/// An address as Python shows it.
pub fn to_python(vm: &Vm, address: Option<&SocketAddress>) -> PyResult<Value> {
    let int = |n: u32| vm.new_int(i64::from(n));
    Ok(match address {
        None => Value::NONE,
        Some(SocketAddress::Inet { ip, port }) => {
            (Ipv4Addr::from(*ip).to_string(), u32::from(*port)).into_py(vm)?
        }
        Some(SocketAddress::Inet6 { ip, port, flowinfo, scope_id }) => {
            let text = vm.new_str(&ipv6_text(*ip)).into_value();
            vm.new_tuple(vec![text, int(u32::from(*port)), int(*flowinfo), int(*scope_id)]).into_value()
        }
        Some(SocketAddress::Unix(path)) if path.first() == Some(&0) => vm.new_bytes(path).into_value(),
        Some(SocketAddress::Unix(path)) => util::fs_decode(vm, path),
        Some(SocketAddress::Netlink { pid, groups }) => (*pid, *groups).into_py(vm)?,
        Some(SocketAddress::Vsock { cid, port }) => (*cid, *port).into_py(vm)?,
        Some(SocketAddress::Other { family, data }) => other_to_python(vm, *family, data)?,
    })
}

fn word<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    data.get(at..at + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
}

fn interface_name(vm: &Vm, index: u32) -> Value {
    let name = if index == 0 { Vec::new() } else { vm.host().if_indextoname(index).unwrap_or_default() };
    util::fs_decode(vm, &name)
}

/// Families whose structures the host hands over as bytes (without the family itself).
fn other_to_python(vm: &Vm, family: u16, data: &[u8]) -> PyResult<Value> {
    match i32::from(family) {
        libc::AF_PACKET => {
            let protocol = u16::from_be_bytes(word(data, 0));
            let index = u32::from_ne_bytes(word(data, 2));
            let hardware = u16::from_ne_bytes(word(data, 6));
            let [kind, length] = word(data, 8);
            let address = data.get(10..).unwrap_or_default();
            let address = address.get(..usize::from(length)).unwrap_or(address);
            let items = vec![
                interface_name(vm, index),
                vm.new_int(i64::from(protocol)),
                vm.new_int(i64::from(kind)),
                vm.new_int(i64::from(hardware)),
                vm.new_bytes(address).into_value(),
            ];
            Ok(vm.new_tuple(items).into_value())
        }
        libc::AF_CAN => {
            let index = u32::from_ne_bytes(word(data, 2));
            Ok(vm.new_tuple(vec![interface_name(vm, index)]).into_value())
        }
        _ => {
            let items = vec![vm.new_int(i64::from(family)), vm.new_bytes(data).into_value()];
            Ok(vm.new_tuple(items).into_value())
        }
    }
}

/// The items of an address that must be a tuple.
fn tuple<'a>(vm: &Vm, caller: &str, family: &str, v: &'a Value) -> PyResult<&'a [Value]> {
    match v.downcast::<Tuple>() {
        Some(t) => Ok(t.items()),
        None => Err(vm.type_error(format_args!(
            "{caller}(): {family} address must be tuple, not {}",
            vm.type_of(v).name()
        ))),
    }
}

/// A C `unsigned int` as the argument parser takes it: without a check of its size.
pub fn masked_u32(vm: &Vm, v: &Value) -> PyResult<u32> {
    let n = vm.index(v)?;
    Ok(match n.as_int() {
        Some(n) => n as u32,
        None => u32::MAX,
    })
}

/// A host name's bytes: ASCII, or through the `idna` codec.
pub fn host_bytes(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    let bytes = if let Some(s) = v.downcast::<Str>() {
        match s.as_str() {
            Some(t) if t.is_ascii() => t.as_bytes().to_vec(),
            _ => {
                let encoded = vm.call_method(v, "encode", &[vm.new_str("idna").into_value()]);
                match encoded {
                    Ok(b) => util::to_bytes(vm, &b)?,
                    Err(Raised) => {
                        drop(vm.take_raised());
                        return Err(vm.type_error("encoding of hostname failed"));
                    }
                }
            }
        }
    } else if v.is_instance_of::<Bytes>() || v.is_instance_of::<taipan_vm::types::bytearray::ByteArray>() {
        util::to_bytes(vm, v)?
    } else {
        return Err(
            vm.type_error(format_args!("str, bytes or bytearray expected, not {}", vm.type_of(v).name()))
        );
    };
    if bytes.contains(&0) {
        return Err(vm.type_error("host name must not contain null character"));
    }
    Ok(bytes)
}

/// An address of the socket's family from what Python code gave.
pub fn from_python(vm: &Vm, caller: &str, family: i32, v: &Value) -> PyResult<SocketAddress> {
    match family {
        libc::AF_UNIX => unix(vm, v),
        libc::AF_INET => {
            let [host, number] = tuple(vm, caller, "AF_INET", v)? else {
                return Err(vm.type_error("AF_INET address must be a pair (host, port)"));
            };
            let host = host_bytes(vm, host)?;
            // The port's type is looked at before the name is asked for, its range after.
            let number = port_number(vm, caller, number)?;
            let address = resolve(vm, &host, libc::AF_INET)?;
            let port = check_port(vm, caller, number)?;
            match address {
                SocketAddress::Inet { ip, .. } => Ok(SocketAddress::Inet { ip, port }),
                _ => Err(vm.raise_new(&exc::OSError, "address family mismatched")),
            }
        }
        libc::AF_INET6 => inet6(vm, caller, v),
        libc::AF_NETLINK => {
            let [pid, groups] = tuple(vm, caller, "AF_NETLINK", v)? else {
                return Err(vm.type_error("AF_NETLINK address must be a pair (pid, groups)"));
            };
            Ok(SocketAddress::Netlink { pid: masked_u32(vm, pid)?, groups: masked_u32(vm, groups)? })
        }
        libc::AF_VSOCK => {
            let wrong = || vm.type_error("getsockaddrarg: AF_VSOCK address must be a pair (cid, port)");
            let Some(t) = v.downcast::<Tuple>() else {
                return Err(vm.type_error(format_args!(
                    "getsockaddrarg: AF_VSOCK address must be tuple, not {}",
                    vm.type_of(v).name()
                )));
            };
            let [cid, port] = t.items() else { return Err(wrong()) };
            Ok(SocketAddress::Vsock { cid: masked_u32(vm, cid)?, port: masked_u32(vm, port)? })
        }
        libc::AF_PACKET => packet(vm, caller, v),
        libc::AF_CAN => {
            let [name, ..] = tuple(vm, caller, "AF_CAN", v)? else {
                return Err(
                    vm.type_error(format_args!("{caller}(): AF_CAN address must be a tuple (interface, )"))
                );
            };
            let name = util::fs_convert(vm, name)?;
            let index = if name.is_empty() { 0 } else { util::os(vm, vm.host().if_nametoindex(&name))? };
            let mut data = vec![0; 2];
            data.extend_from_slice(&index.to_ne_bytes());
            data.resize(22, 0);
            Ok(SocketAddress::Other { family: libc::AF_CAN as u16, data })
        }
        _ => Err(vm.raise_new(&exc::OSError, format_args!("{caller}(): bad family"))),
    }
}

fn port_number(vm: &Vm, caller: &str, v: &Value) -> PyResult<i32> {
    match i32::from_arg(vm, v) {
        Err(Raised) if vm.raised_is(&exc::OverflowError) => {
            drop(vm.take_raised());
            Err(vm.overflow_error(format_args!("{caller}(): port must be 0-65535.")))
        }
        r => r,
    }
}

fn check_port(vm: &Vm, caller: &str, number: i32) -> PyResult<u16> {
    u16::try_from(number).map_err(|_| vm.overflow_error(format_args!("{caller}(): port must be 0-65535.")))
}

fn unix(vm: &Vm, v: &Value) -> PyResult<SocketAddress> {
    let path = match v.downcast::<Str>() {
        Some(s) => util::fs_encode(vm, s)?,
        None => util::to_bytes(vm, v)?,
    };
    let is_abstract = matches!(path.first(), None | Some(0));
    if path.len() + usize::from(!is_abstract) > UNIX_PATH_MAX {
        return Err(vm.raise_new(&exc::OSError, "AF_UNIX path too long"));
    }
    Ok(SocketAddress::Unix(path))
}

fn inet6(vm: &Vm, caller: &str, v: &Value) -> PyResult<SocketAddress> {
    let items = tuple(vm, caller, "AF_INET6", v)?;
    if !(2..=4).contains(&items.len()) {
        return Err(vm.type_error("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"));
    }
    let host = host_bytes(vm, &items[0])?;
    let number = port_number(vm, caller, &items[1])?;
    let flowinfo = items.get(2).map_or(Ok(0), |v| masked_u32(vm, v))?;
    let scope = items.get(3).map_or(Ok(0), |v| masked_u32(vm, v))?;
    let address = resolve(vm, &host, libc::AF_INET6)?;
    let port = check_port(vm, caller, number)?;
    if flowinfo > 0xfffff {
        return Err(vm.overflow_error(format_args!("{caller}(): flowinfo must be 0-1048575.")));
    }
    match address {
        SocketAddress::Inet6 { ip, .. } => Ok(SocketAddress::Inet6 { ip, port, flowinfo, scope_id: scope }),
        _ => Err(vm.raise_new(&exc::OSError, "address family mismatched")),
    }
}

fn packet(vm: &Vm, caller: &str, v: &Value) -> PyResult<SocketAddress> {
    let items = tuple(vm, caller, "AF_PACKET", v)?;
    if !(2..=5).contains(&items.len()) {
        return Err(vm.type_error(
            "AF_PACKET address must be a tuple of two to five elements (interface name, protocol[, packet type[, hardware type[, hardware address]]])",
        ));
    }
    let name = util::fs_convert(vm, &items[0])?;
    let protocol = i32::from_arg(vm, &items[1])?;
    let kind = items.get(2).map_or(Ok(0), |v| i32::from_arg(vm, v))?;
    let hardware = items.get(3).map_or(Ok(0), |v| i32::from_arg(vm, v))?;
    let address = items.get(4).map_or(Ok(Vec::new()), |v| util::to_bytes(vm, v))?;
    let index = util::os(vm, vm.host().if_nametoindex(&name))?;
    if address.len() > 8 {
        return Err(vm.value_error("hardware address must be 8 bytes or less"));
    }
    let Ok(protocol) = u16::try_from(protocol) else {
        return Err(vm.overflow_error(format_args!("{caller}(): proto argument must be 0-65535.")));
    };
    let mut data = protocol.to_be_bytes().to_vec();
    data.extend_from_slice(&index.to_ne_bytes());
    data.extend_from_slice(&(hardware as u16).to_ne_bytes());
    data.push(kind as u8);
    data.push(address.len() as u8);
    data.extend_from_slice(&address);
    data.resize(18, 0);
    Ok(SocketAddress::Other { family: libc::AF_PACKET as u16, data })
}

/// The family of an address.
pub fn family_of(address: &SocketAddress) -> i32 {
    match address {
        SocketAddress::Inet { .. } => libc::AF_INET,
        SocketAddress::Inet6 { .. } => libc::AF_INET6,
        SocketAddress::Unix(_) => libc::AF_UNIX,
        SocketAddress::Netlink { .. } => libc::AF_NETLINK,
        SocketAddress::Vsock { .. } => libc::AF_VSOCK,
        SocketAddress::Other { family, .. } => i32::from(*family),
    }
}

fn inet(ip: [u8; 4]) -> SocketAddress {
    SocketAddress::Inet { ip, port: 0 }
}

/// A host's first address of a family (or of any, `AF_UNSPEC`). Empty means all interfaces.
pub fn resolve(vm: &Vm, name: &[u8], family: i32) -> PyResult<SocketAddress> {
    if name.is_empty() {
        let hints = AddrInfoHints { family, kind: libc::SOCK_DGRAM, protocol: 0, flags: libc::AI_PASSIVE };
        let found = names::look_up(vm, None, Some(b"0"), hints)?;
        if !matches!(family, libc::AF_INET | libc::AF_INET6 | libc::AF_UNSPEC) {
            return Err(vm.raise_new(&exc::OSError, "unsupported address family"));
        }
        if found.len() > 1 {
            return Err(vm.raise_new(&exc::OSError, "wildcard resolved to multiple address"));
        }
        return match found.into_iter().next() {
            Some(info) => Ok(info.address),
            None => Err(vm.raise_new(&exc::OSError, "unsupported address family")),
        };
    }
    if name == b"255.255.255.255" || name == b"<broadcast>" {
        if !matches!(family, libc::AF_INET | libc::AF_UNSPEC) {
            return Err(vm.raise_new(&exc::OSError, "address family mismatched"));
        }
        return Ok(inet([255; 4]));
    }
    let text = std::str::from_utf8(name).unwrap_or_default();
    if matches!(family, libc::AF_INET | libc::AF_UNSPEC)
        && let Ok(ip) = text.parse::<Ipv4Addr>()
    {
        return Ok(inet(ip.octets()));
    }
    if matches!(family, libc::AF_INET6 | libc::AF_UNSPEC)
        && let Ok(ip) = text.parse::<Ipv6Addr>()
    {
        return Ok(SocketAddress::Inet6 { ip: ip.octets(), port: 0, flowinfo: 0, scope_id: 0 });
    }
    let hints = AddrInfoHints { family, ..AddrInfoHints::default() };
    let found = names::look_up(vm, Some(name), None, hints)?;
    let fits = |a: &SocketAddress| match family {
        libc::AF_UNSPEC => true,
        family => family_of(a) == family,
    };
    match found.into_iter().map(|info| info.address).find(fits) {
        Some(address) => Ok(address),
        None => Err(vm.raise_new(&exc::OSError, "unknown address family")),
    }
}

/// The number and dots of an address, without a port.
pub fn ip_text(address: &SocketAddress) -> Option<String> {
    match address {
        SocketAddress::Inet { ip, .. } => Some(Ipv4Addr::from(*ip).to_string()),
        SocketAddress::Inet6 { ip, .. } => Some(ipv6_text(*ip)),
        _ => None,
    }
}

/// `inet_ntop` for IPv6: the C library shows addresses that end in an IPv4 one with its dots.
pub fn ipv6_text(ip: [u8; 16]) -> String {
    let address = Ipv6Addr::from(ip);
    let s = address.segments();
    let compatible = s[..6].iter().all(|n| *n == 0) && s[6] != 0;
    if compatible {
        let [.., a, b, c, d] = ip;
        return format!("::{}", Ipv4Addr::new(a, b, c, d));
    }
    address.to_string()
}

/// One number of `inet_aton`: decimal, octal or hexadecimal as in C; the rest of the text.
fn aton_part(text: &[u8]) -> Option<(u64, &[u8])> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let n = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    let (number, rest) = digits.split_at(n);
    if n == 0 {
        return None;
    }
    let number = u64::from_str_radix(std::str::from_utf8(number).ok()?, radix).ok()?;
    Some((number, rest))
}

/// `inet_aton` of the C library: one to four numbers, the last of which fills what is left.
pub fn aton(text: &[u8]) -> Option<[u8; 4]> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (n, after) = aton_part(rest)?;
        parts.push(n);
        rest = after;
        match rest {
            [b'.', after @ ..] if parts.len() < 4 => rest = after,
            [] => break,
            [b, ..] if b.is_ascii_whitespace() => break,
            _ => return None,
        }
    }
    let (last, heads) = parts.split_last()?;
    let mut value = 0_u64;
    for (i, head) in heads.iter().enumerate() {
        if *head > 255 {
            return None;
        }
        value |= head << (24 - 8 * i);
    }
    let room = 32 - 8 * heads.len();
    if *last >= 1_u64 << room {
        return None;
    }
    Some(((value | last) as u32).to_be_bytes())
}

/// A port as `getnameinfo` and services want it.
pub fn service_port(vm: &Vm, caller: &str, v: &Value) -> PyResult<u16> {
    let n = i32::from_arg(vm, v)?;
    u16::try_from(n).map_err(|_| vm.overflow_error(format_args!("{caller}: port must be 0-65535.")))
}
