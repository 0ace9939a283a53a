//! Names of hosts, services, protocols and interfaces.

use super::address;
use super::{GAIERROR, HERROR};
use crate::util;
use std::net::{Ipv4Addr, Ipv6Addr};
use taipan_host::{AddrInfo, AddrInfoHints, HostEntry, HostError, SocketAddress};
use taipan_vm::errors::exc;
use taipan_vm::modules::sys::audit;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

/// The error of a look-up: `gaierror`, or `OSError` when the system itself failed.
#[cold]
pub fn gai_error(vm: &Vm, e: HostError) -> Raised {
    // `EAI_*` numbers are negative, those of `errno` positive.
    if e.errno() > 0 {
        return vm.os_error(e, None);
    }
    let text = vm.host().gai_strerror(e.errno());
    vm.raise_args(&GAIERROR, vec![vm.new_int(i64::from(e.errno())), vm.new_str(&text).into_value()])
}

#[cold]
fn h_error(vm: &Vm, e: HostError) -> Raised {
    let text = vm.host().hstrerror(e.errno());
    vm.raise_args(&HERROR, vec![vm.new_int(i64::from(e.errno())), vm.new_str(&text).into_value()])
}

/// `getaddrinfo` of the system, without the turn.
pub fn look_up(
    vm: &Vm,
    host: Option<&[u8]>,
    service: Option<&[u8]>,
    hints: AddrInfoHints,
) -> PyResult<Vec<AddrInfo>> {
    let r = vm.allow_threads(|| vm.host().getaddrinfo(host, service, hints));
    r.map_err(|e| gai_error(vm, e))
}

/// `socket.getaddrinfo`.
pub fn getaddrinfo(vm: &Vm, host: &Value, port: &Value, hints: AddrInfoHints) -> PyResult<Vec<Value>> {
    let name = if host.is_none() {
        None
    } else if let Some(s) = host.downcast::<Str>() {
        Some(match s.as_str() {
            Some(t) if t.is_ascii() => t.as_bytes().to_vec(),
            _ => {
                let b = vm.call_method(host, "encode", &[vm.new_str("idna").into_value()])?;
                util::to_bytes(vm, &b)?
            }
        })
    } else if let Some(b) = host.downcast::<Bytes>() {
        Some(b.as_bytes().to_vec())
    } else {
        return Err(vm.type_error("getaddrinfo() argument 1 must be string or None"));
    };
    let service = if port.is_none() {
        None
    } else if int_value(port).is_some() || vm.type_of(port).slots.index.get().is_some() {
        Some(vm.str(&vm.index(port)?)?.as_wtf8().as_bytes().to_vec())
    } else if let Some(s) = port.downcast::<Str>() {
        match s.as_str() {
            Some(t) => Some(t.as_bytes().to_vec()),
            None => return Err(vm.surrogate_error(s)),
        }
    } else if let Some(b) = port.downcast::<Bytes>() {
        Some(b.as_bytes().to_vec())
    } else {
        return Err(vm.raise_new(&exc::OSError, "Int or String expected"));
    };
    let int = |n: i32| vm.new_int(i64::from(n));
    let event = [
        host.clone(),
        port.clone(),
        int(hints.family),
        int(hints.kind),
        int(hints.protocol),
        int(hints.flags),
    ];
    audit(vm, "socket.getaddrinfo", &event)?;
    let until_nul = |b: &Option<Vec<u8>>| {
        b.as_ref().map(|b| b.iter().copied().take_while(|b| *b != 0).collect::<Vec<u8>>())
    };
    let (name, service) = (until_nul(&name), until_nul(&service));
    let found = look_up(vm, name.as_deref(), service.as_deref(), hints)?;
    let mut out = Vec::with_capacity(found.len());
    for info in &found {
        let items = vec![
            int(info.family),
            int(info.kind),
            int(info.protocol),
            util::fs_decode(vm, &info.canonical_name),
            address::to_python(vm, Some(&info.address))?,
        ];
        out.push(vm.new_tuple(items).into_value());
    }
    Ok(out)
}

/// `socket.getnameinfo`.
pub fn getnameinfo(vm: &Vm, sockaddr: &Value, flags: i32) -> PyResult<(Value, Value)> {
    let Some(t) = sockaddr.downcast::<Tuple>() else {
        return Err(vm.type_error("getnameinfo() argument 1 must be a tuple"));
    };
    let items = t.items();
    let wrong = || vm.type_error("getnameinfo(): illegal sockaddr argument");
    if !(2..=4).contains(&items.len()) {
        return Err(wrong());
    }
    let Some(host) = items[0].downcast::<Str>() else { return Err(wrong()) };
    let Some(host) = host.as_str() else { return Err(vm.surrogate_error(host)) };
    let port = i32::from_arg(vm, &items[1])?;
    let flowinfo = items.get(2).map_or(Ok(0), |v| address::masked_u32(vm, v))?;
    let scope = items.get(3).map_or(Ok(0), |v| address::masked_u32(vm, v))?;
    if flowinfo > 0xfffff {
        return Err(vm.overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
    }
    audit(vm, "socket.getnameinfo", std::slice::from_ref(sockaddr))?;
    let service = port.to_string();
    // Numbers only: the name itself is not looked up here.
    let hints =
        AddrInfoHints { kind: libc::SOCK_DGRAM, flags: libc::AI_NUMERICHOST, ..AddrInfoHints::default() };
    let mut found = look_up(vm, Some(host.as_bytes()), Some(service.as_bytes()), hints)?;
    if found.len() > 1 {
        return Err(vm.raise_new(&exc::OSError, "sockaddr resolved to multiple addresses"));
    }
    let Some(mut address) = found.pop().map(|info| info.address) else { return Err(wrong()) };
    match &mut address {
        SocketAddress::Inet { .. } if items.len() != 2 => {
            return Err(vm.raise_new(&exc::OSError, "IPv4 sockaddr must be 2 tuple"));
        }
        SocketAddress::Inet6 { flowinfo: f, scope_id: s, .. } => {
            *f = flowinfo;
            *s = scope;
        }
        _ => {}
    }
    let r = vm.allow_threads(|| vm.host().getnameinfo(&address, flags));
    let (host, service) = r.map_err(|e| gai_error(vm, e))?;
    Ok((util::fs_decode(vm, &host), util::fs_decode(vm, &service)))
}

/// `(name, aliases, addresses)` of a host.
fn entry(vm: &Vm, found: &HostEntry) -> PyResult<Value> {
    let names: Vec<Value> = found.aliases.iter().map(|n| util::fs_decode(vm, n)).collect();
    let mut addresses = Vec::new();
    for a in &found.addresses {
        let text = if let Ok(ip) = <[u8; 4]>::try_from(a.as_slice()) {
            Ipv4Addr::from(ip).to_string()
        } else if let Ok(ip) = <[u8; 16]>::try_from(a.as_slice()) {
            address::ipv6_text(ip)
        } else {
            return Err(vm.raise_new(&exc::OSError, "unsupported address family"));
        };
        addresses.push(vm.new_str(&text).into_value());
    }
    (util::fs_decode(vm, &found.name), names, addresses).into_py(vm)
}

pub fn gethostbyname_ex(vm: &Vm, name: &Value) -> PyResult<Value> {
    let bytes = address::host_bytes(vm, name)?;
    audit(vm, "socket.gethostbyname", std::slice::from_ref(name))?;
    // Says whether there is such a host at all, with the errors of `getaddrinfo`.
    address::resolve(vm, &bytes, libc::AF_INET)?;
    let r = vm.allow_threads(|| vm.host().gethostbyname(&bytes));
    entry(vm, &r.map_err(|e| h_error(vm, e))?)
}

pub fn gethostbyaddr(vm: &Vm, name: &Value) -> PyResult<Value> {
    let bytes = address::host_bytes(vm, name)?;
    audit(vm, "socket.gethostbyaddr", std::slice::from_ref(name))?;
    let (family, ip) = match address::resolve(vm, &bytes, libc::AF_UNSPEC)? {
        SocketAddress::Inet { ip, .. } => (libc::AF_INET, ip.to_vec()),
        SocketAddress::Inet6 { ip, .. } => (libc::AF_INET6, ip.to_vec()),
        _ => return Err(vm.raise_new(&exc::OSError, "unsupported address family")),
    };
    let r = vm.allow_threads(|| vm.host().gethostbyaddr(&ip, family));
    entry(vm, &r.map_err(|e| h_error(vm, e))?)
}

/// `inet_pton`.
pub fn pton(vm: &Vm, family: i32, text: &str) -> PyResult<Vec<u8>> {
    let packed = match family {
        libc::AF_INET => text.parse::<Ipv4Addr>().ok().map(|ip| ip.octets().to_vec()),
        libc::AF_INET6 => text.parse::<Ipv6Addr>().ok().map(|ip| ip.octets().to_vec()),
        _ => return Err(vm.os_error(HostError(libc::EAFNOSUPPORT), None)),
    };
    packed.ok_or_else(|| vm.raise_new(&exc::OSError, "illegal IP address string passed to inet_pton"))
}

/// `inet_ntop`.
pub fn ntop(vm: &Vm, family: i32, packed: &[u8]) -> PyResult<String> {
    let wrong = || vm.value_error("invalid length of packed IP address string");
    match family {
        libc::AF_INET => {
            <[u8; 4]>::try_from(packed).map(|ip| Ipv4Addr::from(ip).to_string()).map_err(|_| wrong())
        }
        libc::AF_INET6 => <[u8; 16]>::try_from(packed).map(address::ipv6_text).map_err(|_| wrong()),
        _ => Err(vm.value_error(format_args!("unknown address family {family}"))),
    }
}
