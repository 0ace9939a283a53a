//! Socket calls with many operands: options, and messages of several buffers with control data.

use super::address;
use super::object::{For, Socket};
use crate::util;
use std::io::{IoSlice, IoSliceMut};
use taipan_host::{Ancillary, Received, SocketAddress};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::BytesLike;
use taipan_vm::types::numbers::int_value;

/// `setsockopt(level, option, value[, length])`.
pub fn setsockopt(vm: &Vm, s: &Socket, args: &[Value]) -> PyResult<Value> {
    let (level, option, value, length) = match args {
        [level, option, value] => (level, option, value, None),
        [level, option, value, length] => (level, option, value, Some(length)),
        _ => {
            return Err(
                vm.type_error(format_args!("setsockopt() takes 3 or 4 arguments ({} given)", args.len()))
            );
        }
    };
    let level = i32::from_arg(vm, level)?;
    let option = i32::from_arg(vm, option)?;
    let fd = s.fd.get();
    let host = vm.host();
    let r = match length {
        Some(length) if value.is_none() => {
            host.setsockopt_null(fd, level, option, u32::from_arg(vm, length)?)
        }
        Some(_) => {
            return Err(vm.type_error(format_args!(
                "setsockopt() argument 3 must be None, not {}",
                vm.type_of(value).name()
            )));
        }
        None if value.is_none() => {
            return Err(vm.type_error("setsockopt() requires 4 arguments when the third argument is None"));
        }
        None if int_value(value).is_some() || vm.type_of(value).slots.index.get().is_some() => {
            let n = vm.index_i64(value, "Python int too large to convert to C long")?;
            // Both halves of the word are allowed: option values are bit patterns.
            let n = i32::try_from(n)
                .or_else(|_| u32::try_from(n).map(u32::cast_signed))
                .map_err(|_| vm.overflow_error("Python int too large to convert to C int"))?;
            host.setsockopt_int(fd, level, option, n)
        }
        None => host.setsockopt(fd, level, option, &vm.bytes_like(value)?),
    };
    util::os(vm, r)?;
    Ok(Value::NONE)
}

/// Control messages as Python shows them.
fn control(vm: &Vm, received: &Received) -> PyResult<Vec<Value>> {
    let mut out = Vec::with_capacity(received.ancillary.len());
    for m in &received.ancillary {
        out.push((m.level, m.kind, vm.new_bytes(&m.data)).into_py(vm)?);
    }
    Ok(out)
}

fn control_size(vm: &Vm, n: isize) -> PyResult<usize> {
    match usize::try_from(n) {
        Ok(n) if n <= i32::MAX as usize => Ok(n),
        _ => Err(vm.value_error("invalid ancillary data buffer length")),
    }
}

/// Receives into rooms of these sizes.
fn receive(vm: &Vm, s: &Socket, rooms: &mut [Vec<u8>], ancillary: usize, flags: i32) -> PyResult<Received> {
    let mut slices: Vec<IoSliceMut<'_>> = rooms.iter_mut().map(|r| IoSliceMut::new(r)).collect();
    s.run(vm, For::Reading, |fd| vm.host().recvmsg(fd, &mut slices, ancillary, flags))
}

/// The four items that both `recvmsg` calls answer.
fn answer(vm: &Vm, first: Value, received: &Received) -> PyResult<Value> {
    let items = vec![
        first,
        vm.new_list(control(vm, received)?).into_value(),
        vm.new_int(i64::from(received.flags)),
        address::to_python(vm, received.address.as_ref())?,
    ];
    Ok(vm.new_tuple(items).into_value())
}

pub fn recvmsg(vm: &Vm, s: &Socket, size: isize, ancillary: isize, flags: i32) -> PyResult<Value> {
    let size = usize::try_from(size).map_err(|_| vm.value_error("negative buffer size in recvmsg()"))?;
    let ancillary = control_size(vm, ancillary)?;
    let mut rooms = [util::zeroed(vm, size)?];
    let received = receive(vm, s, &mut rooms, ancillary, flags)?;
    let [mut data] = rooms;
    data.truncate(received.count);
    let data = vm.try_new_bytes(&data)?.into_value();
    answer(vm, data, &received)
}

pub fn recvmsg_into(vm: &Vm, s: &Socket, buffers: &Value, ancillary: isize, flags: i32) -> PyResult<Value> {
    let items = iterable(vm, buffers, "recvmsg_into() argument 1 must be an iterable")?;
    let mut targets = Vec::with_capacity(items.len());
    for item in &items {
        targets.push(util::writable(
            vm,
            item,
            "recvmsg_into() argument 1 must be an iterable of single-segment",
        )?);
    }
    let ancillary = control_size(vm, ancillary)?;
    let mut rooms = Vec::with_capacity(targets.len());
    for t in &targets {
        rooms.push(util::zeroed(vm, t.len)?);
    }
    let received = receive(vm, s, &mut rooms, ancillary, flags)?;
    let mut left = received.count;
    for (t, room) in targets.iter().zip(&rooms) {
        let n = left.min(room.len());
        util::fill(t, 0, room.get(..n).unwrap_or_default());
        left -= n;
    }
    answer(vm, received.count.into_py(vm)?, &received)
}

/// The items of an argument that must be iterable.
fn iterable(vm: &Vm, v: &Value, message: &str) -> PyResult<Vec<Value>> {
    match vm.get_iter(v) {
        Ok(_) => vm.collect(v),
        Err(Raised) if vm.raised_is(&exc::TypeError) => {
            drop(vm.take_raised());
            Err(vm.type_error(message))
        }
        Err(Raised) => Err(Raised),
    }
}

pub fn sendmsg(
    vm: &Vm,
    s: &Socket,
    buffers: &Value,
    ancdata: &Value,
    flags: i32,
    to: Option<&SocketAddress>,
) -> PyResult<usize> {
    let mut held: Vec<BytesLike> = Vec::new();
    for item in iterable(vm, buffers, "sendmsg() argument 1 must be an iterable")? {
        held.push(vm.bytes_like(&item)?);
    }
    let mut ancillary = Vec::new();
    for item in iterable(vm, ancdata, "sendmsg() argument 2 must be an iterable")? {
        let parts = match item.downcast::<Tuple>() {
            Some(t) => t.items().to_vec(),
            None => return Err(vm.type_error("[sendmsg() ancillary data items] must be 3-tuples")),
        };
        let [level, kind, data] = parts.as_slice() else {
            return Err(vm.type_error(format_args!(
                "[sendmsg() ancillary data items] must be sequence of length 3, not {}",
                parts.len()
            )));
        };
        let level = i32::from_arg(vm, level)?;
        let kind = i32::from_arg(vm, kind)?;
        let data = vm.bytes_like(data)?.to_vec();
        if data.len() > i32::MAX as usize {
            return Err(vm.raise_new(&exc::OSError, "ancillary data item too large"));
        }
        ancillary.push(Ancillary { level, kind, data });
    }
    let slices: Vec<IoSlice<'_>> = held.iter().map(|b| IoSlice::new(b)).collect();
    s.run(vm, For::Writing, |fd| vm.host().sendmsg(fd, &slices, &ancillary, flags, to))
}
