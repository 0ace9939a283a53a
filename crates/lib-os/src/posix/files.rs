//! What `posix` needs beyond one call: times for `utime`, path algebra.

use taipan_host::TimeSpec;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, float_value, int_value};

/// Seconds as int or float, rounded down to nanoseconds.
fn timespec(vm: &Vm, v: &Value) -> PyResult<TimeSpec> {
    if let Some(f) = float_value(v) {
        if f.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let whole = f.floor();
        if !(-9.2e18..9.2e18).contains(&whole) {
            return Err(vm.overflow_error("timestamp out of range for platform time_t"));
        }
        let ns = ((f - whole) * 1e9).floor() as i64;
        let (seconds, nanoseconds) =
            if ns >= 1_000_000_000 { (whole as i64 + 1, 0) } else { (whole as i64, ns) };
        return Ok(TimeSpec { seconds, nanoseconds });
    }
    let n = vm.index_i64(v, "timestamp out of range for platform time_t")?;
    Ok(TimeSpec { seconds: n, nanoseconds: 0 })
}

/// Nanoseconds as an int of any size.
fn from_ns(vm: &Vm, v: &Value) -> PyResult<TimeSpec> {
    match int_value(v) {
        Some(IntValue::Small(n)) => {
            Ok(TimeSpec { seconds: n.div_euclid(1_000_000_000), nanoseconds: n.rem_euclid(1_000_000_000) })
        }
        _ => {
            let pair =
                vm.call(&crate::util::builtin(vm, "divmod")?, &[v.clone(), vm.new_int(1_000_000_000)])?;
            let parts = pair.downcast::<Tuple>().map(|t| t.items().to_vec()).unwrap_or_default();
            match parts.as_slice() {
                [s, n] => Ok(TimeSpec {
                    seconds: vm.index_i64(s, "timestamp out of range for platform time_t")?,
                    nanoseconds: vm.index_i64(n, "timestamp out of range for platform time_t")?,
                }),
                _ => Err(vm.type_error("divmod() should return a pair")),
            }
        }
    }
}

/// The two times of `utime`; `None` is now.
pub fn utimes(vm: &Vm, times: Option<&Value>, ns: Option<&Value>) -> PyResult<Option<(TimeSpec, TimeSpec)>> {
    let times = times.filter(|v| !v.is_none());
    if times.is_some() && ns.is_some() {
        return Err(vm.value_error("utime: you may specify either 'times' or 'ns' but not both"));
    }
    let pair = |v: &Value, msg: &str| -> PyResult<(Value, Value)> {
        match v.downcast::<Tuple>().map(|t| t.items().to_vec()).as_deref() {
            Some([a, b]) => Ok((a.clone(), b.clone())),
            _ => Err(vm.type_error(msg)),
        }
    };
    Ok(match (times, ns) {
        (Some(t), _) => {
            let (a, m) = pair(t, "utime: 'times' must be either a tuple of two ints or None")?;
            Some((timespec(vm, &a)?, timespec(vm, &m)?))
        }
        (None, Some(t)) => {
            let (a, m) = pair(t, "utime: 'ns' must be a tuple of two ints")?;
            Some((from_ns(vm, &a)?, from_ns(vm, &m)?))
        }
        (None, None) => None,
    })
}

/// How long the root of a path is: `//` is its own, any other number of slashes is one.
fn root_len(path: &[u8]) -> usize {
    match path {
        [b'/', b'/', b'/', ..] => 1,
        [b'/', b'/', ..] => 2,
        [b'/', ..] => 1,
        _ => 0,
    }
}

pub fn normpath(path: &[u8]) -> Vec<u8> {
    let (root, rest) = path.split_at(root_len(path));
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in rest.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => drop(parts.pop()),
                None if !root.is_empty() => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let mut out = root.to_vec();
    out.extend_from_slice(&parts.join(&b'/'));
    if out.is_empty() { b".".to_vec() } else { out }
}

/// Drive (always empty), root, tail.
pub fn splitroot(path: &[u8]) -> (&[u8], &[u8]) {
    path.split_at(root_len(path))
}
