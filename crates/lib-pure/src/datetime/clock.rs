//! Timestamps, and the local time of the machine.

use super::calendar::{MAX_YEAR, MIN_YEAR, to_ordinal};
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{float_value, int_value};

/// Seconds from the beginning of day 1 to that of 1970, one day counted too many as ordinals begin with 1.
pub const EPOCH: i64 = 719_163 * 86_400;
/// The longest jump back that is looked for.
const MAX_FOLD: i64 = 24 * 3600;

const RANGE: &str = "timestamp out of range for platform time_t";

fn not_a_number(vm: &Vm) -> Raised {
    vm.value_error("Invalid value NaN (not a number)")
}

fn whole(vm: &Vm, f: f64) -> PyResult<i64> {
    if (-9.2e18..9.2e18).contains(&f) { Ok(f as i64) } else { Err(vm.overflow_error(RANGE)) }
}

/// A timestamp in whole seconds, rounded down.
pub fn whole_seconds(vm: &Vm, v: &Value) -> PyResult<i64> {
    match float_value(v) {
        Some(f) if f.is_nan() => Err(not_a_number(vm)),
        Some(f) => whole(vm, f.floor()),
        None => vm.index_i64(v, RANGE),
    }
}

/// A timestamp in seconds and microseconds, rounded half to even.
pub fn seconds_and_micros(vm: &Vm, v: &Value) -> PyResult<(i64, i32)> {
    if let Some(f) = float_value(v) {
        if f.is_nan() {
            return Err(not_a_number(vm));
        }
        let (mut seconds, mut micros) = (f.trunc(), ((f - f.trunc()) * 1e6).round_ties_even());
        if micros >= 1e6 {
            micros -= 1e6;
            seconds += 1.0;
        } else if micros < 0.0 {
            micros += 1e6;
            seconds -= 1.0;
        }
        return Ok((whole(vm, seconds)?, micros as i32));
    }
    if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(
            vm.type_error(format_args!("argument must be int or float, not {}", vm.type_of(v).tp_name()))
        );
    }
    Ok((vm.index_i64(v, RANGE)?, 0))
}

type Broken = [i32; 6];

/// Local time; the year may be out of range.
pub fn local(vm: &Vm, seconds: i64) -> PyResult<Broken> {
    match vm.host().localtime(seconds) {
        Ok(tm) => Ok([tm.year + 1900, tm.month + 1, tm.day, tm.hour, tm.minute, tm.second.min(59)]),
        Err(e) => Err(vm.os_error(e, None)),
    }
}

/// The offset from UTC in seconds and the name of the local zone at a time.
pub fn local_zone(vm: &Vm, seconds: i64) -> PyResult<(i64, String)> {
    match vm.host().localtime(seconds) {
        Ok(tm) => Ok((tm.gmtoff, String::from_utf8_lossy(&tm.zone).into_owned())),
        Err(e) => Err(vm.os_error(e, None)),
    }
}

pub fn utc(vm: &Vm, seconds: i64) -> PyResult<Broken> {
    match vm.host().gmtime(seconds) {
        Ok(tm) => Ok([tm.year + 1900, tm.month + 1, tm.day, tm.hour, tm.minute, tm.second.min(59)]),
        Err(e) => Err(vm.os_error(e, None)),
    }
}

/// Seconds since day 0, as if the fields were UTC.
pub fn seconds_of([y, m, d, hh, mm, ss]: Broken) -> i64 {
    ((to_ordinal(y, m, d) * 24 + i64::from(hh)) * 60 + i64::from(mm)) * 60 + i64::from(ss)
}

fn local_seconds(vm: &Vm, u: i64) -> PyResult<i64> {
    let fields = local(vm, u - EPOCH)?;
    if !(MIN_YEAR..=MAX_YEAR).contains(&fields[0]) {
        return Err(vm.value_error(format_args!("year {} is out of range", fields[0])));
    }
    Ok(seconds_of(fields))
}

/// Whether a local time, which is that of a timestamp, comes for the second time.
pub fn is_fold(vm: &Vm, seconds: i64, fields: Broken) -> PyResult<bool> {
    let here = seconds_of(fields);
    let transition = here - local_seconds(vm, EPOCH + seconds - MAX_FOLD)? - MAX_FOLD;
    Ok(transition < 0 && local_seconds(vm, EPOCH + seconds + transition)? == here)
}

/// The timestamp of a local time: in a fold the first or second one, in a gap by the offset before or after it.
pub fn timestamp(vm: &Vm, fields: Broken, fold: bool) -> PyResult<i64> {
    let t = seconds_of(fields);
    let a = local_seconds(vm, t)? - t;
    let u1 = t - a;
    let t1 = local_seconds(vm, u1)?;
    let b = if t1 == t {
        let other = if fold { u1 + MAX_FOLD } else { u1 - MAX_FOLD };
        let b = local_seconds(vm, other)? - other;
        if a == b {
            return Ok(u1 - EPOCH);
        }
        b
    } else {
        t1 - u1
    };
    let u2 = t - b;
    let found = if local_seconds(vm, u2)? == t {
        u2
    } else if t1 == t {
        u1
    } else if fold {
        u1.min(u2)
    } else {
        u1.max(u2)
    };
    Ok(found - EPOCH)
}
