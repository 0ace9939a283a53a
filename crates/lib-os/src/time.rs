//! Module `time`.

use crate::{thread, util};
use taipan_host::{HostError, Tm};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::structseq;
use taipan_vm::types::numbers::float_value;
use taipan_vm::types::structseq::{class, make};

structseq! {
    /// The time value as returned by gmtime(), localtime(), and strptime(), and
    /// accepted by asctime(), mktime() and strftime().  May be considered as a
    /// sequence of 9 integers.
    ///
    /// Note that several fields' values are not the same as those defined by
    /// the C language standard for struct tm.  For example, the value of the
    /// field tm_year is the actual year, not year - 1900.  See individual
    /// fields' descriptions for details.
    pub STRUCT_TIME = "struct_time" in "time", 9, [
        ("tm_year", "year, for example, 1993"), ("tm_mon", "month of year, range [1, 12]"),
        ("tm_mday", "day of month, range [1, 31]"), ("tm_hour", "hours, range [0, 23]"),
        ("tm_min", "minutes, range [0, 59]"), ("tm_sec", "seconds, range [0, 61])"),
        ("tm_wday", "day of week, range [0, 6], Monday is 0"), ("tm_yday", "day of year, range [1, 366]"),
        ("tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"),
        ("tm_zone", "abbreviation of timezone name"), ("tm_gmtoff", "offset from UTC in seconds")];
}

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn struct_time(vm: &Vm, tm: &Tm) -> PyResult<Value> {
    let n = |n: i32| vm.new_int(i64::from(n));
    let values = vec![
        vm.new_int(i64::from(tm.year) + 1900),
        n(tm.month + 1),
        n(tm.day),
        n(tm.hour),
        n(tm.minute),
        n(tm.second),
        n((tm.weekday + 6) % 7),
        n(tm.yearday + 1),
        n(tm.isdst),
        util::fs_decode(vm, &tm.zone),
        vm.new_int(tm.gmtoff),
    ];
    make(vm, &STRUCT_TIME, values)
}

/// Whole seconds of an optional timestamp, rounded down.
fn seconds(vm: &Vm, v: Option<&Value>) -> PyResult<i64> {
    let Some(v) = v.filter(|v| !v.is_none()) else {
        return Ok(vm.host().realtime_ns().div_euclid(1_000_000_000));
    };
    if let Some(f) = float_value(v) {
        if f.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let whole = f.floor();
        return if (-9.2e18..9.2e18).contains(&whole) {
            Ok(whole as i64)
        } else {
            Err(vm.overflow_error("timestamp out of range for platform time_t"))
        };
    }
    vm.index_i64(v, "timestamp out of range for platform time_t")
}

fn local(vm: &Vm, t: i64) -> PyResult<Tm> {
    vm.host().localtime(t).map_err(|e| range_error(vm, e))
}

#[cold]
fn range_error(vm: &Vm, e: HostError) -> Raised {
    vm.os_error(if e.errno() == 0 { HostError(libc::EOVERFLOW) } else { e }, None)
}

/// A `struct_time` or 9-tuple as broken-down time.
fn tm_arg(vm: &Vm, func: &str, v: &Value) -> PyResult<Tm> {
    let Some(t) = v.downcast::<Tuple>() else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    let items = t.items().to_vec();
    if items.len() != 9 {
        return Err(vm.type_error(format_args!("{func}(): illegal time tuple argument")));
    }
    let mut n = [0_i64; 9];
    for (place, v) in n.iter_mut().zip(&items) {
        *place = i64::from(i32::from_arg(vm, v)?);
    }
    let [year, mon, mday, hour, min, sec, wday, yday, isdst] = n;
    let Ok(year) = i32::try_from(year - 1900) else { return Err(vm.overflow_error("year out of range")) };
    let mut tm = Tm {
        year,
        month: mon as i32 - 1,
        day: mday as i32,
        hour: hour as i32,
        minute: min as i32,
        second: sec as i32,
        weekday: ((wday + 1) % 7) as i32,
        yearday: yday as i32 - 1,
        isdst: isdst as i32,
        gmtoff: 0,
        zone: Vec::new(),
    };
    if vm.type_of(v).is(&class(vm, &STRUCT_TIME)) {
        let off = vm.get_attr_str(v, "tm_gmtoff")?;
        if !off.is_none() {
            tm.gmtoff = i64::from_arg(vm, &off)?;
        }
        let zone = vm.get_attr_str(v, "tm_zone")?;
        if let Some(s) = zone.downcast::<Str>() {
            tm.zone = s.as_bytes().to_vec();
        }
    }
    Ok(tm)
}

/// The checks of `strftime` and `asctime`; zeros where C wants ones are mended.
fn check(vm: &Vm, tm: &mut Tm) -> PyResult<()> {
    if tm.month == -1 {
        tm.month = 0;
    }
    if tm.day == 0 {
        tm.day = 1;
    }
    if tm.yearday == -1 {
        tm.yearday = 0;
    }
    let what = match () {
        _ if !(0..=11).contains(&tm.month) => "month",
        _ if !(1..=31).contains(&tm.day) => "day of month",
        _ if !(0..=23).contains(&tm.hour) => "hour",
        _ if !(0..=59).contains(&tm.minute) => "minute",
        _ if !(0..=61).contains(&tm.second) => "seconds",
        _ if tm.weekday < 0 => "day of week",
        _ if !(0..=365).contains(&tm.yearday) => "day of year",
        _ => return Ok(()),
    };
    Err(vm.value_error(format_args!("{what} out of range")))
}

fn asctime_text(tm: &Tm) -> String {
    let day = DAYS.get(tm.weekday as usize % 7).copied().unwrap_or("???");
    let month = MONTHS.get(tm.month as usize).copied().unwrap_or("???");
    format!(
        "{day} {month}{:3} {:02}:{:02}:{:02} {}",
        tm.day,
        tm.hour,
        tm.minute,
        tm.second,
        i64::from(tm.year) + 1900
    )
}

/// `time.sleep`: sleeps to a deadline, running signal handlers on the way (PEP 475).
fn sleep_ns(vm: &Vm, ns: i64) -> PyResult<()> {
    let deadline = vm.host().monotonic_ns().saturating_add(ns);
    loop {
        match vm.allow_threads(|| vm.host().sleep_until(deadline)) {
            Ok(()) => return util::poll(vm),
            Err(HostError::EINTR) => {
                util::poll(vm)?;
                if vm.host().monotonic_ns() >= deadline {
                    return Ok(());
                }
            }
            Err(e) => return Err(vm.os_error(e, None)),
        }
    }
}

fn float(vm: &Vm, ns: i64) -> Value {
    vm.new_float(ns as f64 / 1e9)
}

fn clock(vm: &Vm, id: i32) -> PyResult<i64> {
    util::os(vm, vm.host().clock_gettime(id))
}

/// Sets `timezone`, `altzone`, `daylight`, `tzname` and the clocks.
fn set_zone(vm: &Vm, module: &Value) -> PyResult<()> {
    let z = vm.host().timezone();
    vm.set_attr_str(module, "timezone", &vm.new_int(z.timezone))?;
    vm.set_attr_str(module, "altzone", &vm.new_int(z.altzone))?;
    vm.set_attr_str(module, "daylight", &vm.new_int(i64::from(z.daylight)))?;
    let names = vec![util::fs_decode(vm, &z.standard_name), util::fs_decode(vm, &z.daylight_name)];
    vm.set_attr_str(module, "tzname", vm.new_tuple(names).as_value())
}

/// What is the same in every locale and needs no zone: numbers and plain text. `None`: ask C.
fn plain_format(format: &[u8], tm: &Tm) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(format.len() + 16);
    let year = tm.year.checked_add(1900).filter(|y| (1000..=9999).contains(y));
    let put = |out: &mut Vec<u8>, n: i32, width: u32| {
        for place in (0..width).rev() {
            out.push(b'0' + (n / 10i32.pow(place) % 10) as u8);
        }
    };
    let mut bytes = format.iter();
    while let Some(&b) = bytes.next() {
        if b == 0 {
            return None;
        }
        if b != b'%' {
            out.push(b);
            continue;
        }
        match bytes.next()? {
            b'%' => out.push(b'%'),
            b'Y' => put(&mut out, year?, 4),
            b'y' => put(&mut out, year? % 100, 2),
            b'm' => put(&mut out, tm.month + 1, 2),
            b'd' => put(&mut out, tm.day, 2),
            b'H' => put(&mut out, tm.hour, 2),
            b'M' => put(&mut out, tm.minute, 2),
            b'S' => put(&mut out, tm.second, 2),
            b'j' => put(&mut out, tm.yearday + 1, 3),
            _ => return None,
        }
    }
    Some(out)
}

/// C's `strftime` piece by piece: what is not ASCII, and NULs, go through as they are.
fn format(vm: &Vm, format: &Gc<Str>, tm: &Tm) -> PyResult<Value> {
    let bytes = format.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len() + 32);
    let mut run: Vec<u8> = Vec::new();
    let flush = |run: &mut Vec<u8>, out: &mut Vec<u8>| -> PyResult<()> {
        if !run.is_empty() {
            let made = util::os(vm, vm.host().strftime(run, tm))?;
            // Names of zones and months come in the locale's encoding.
            match String::from_utf8(made) {
                Ok(s) => out.extend_from_slice(s.as_bytes()),
                Err(e) => {
                    if let Some(s) = util::fs_decode(vm, e.as_bytes()).downcast::<Str>() {
                        out.extend_from_slice(s.as_bytes());
                    }
                }
            }
            run.truncate(0);
        }
        Ok(())
    };
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        i += 1;
        if b != b'%' {
            if b == 0 || b >= 0x80 {
                flush(&mut run, &mut out)?;
                out.push(b);
            } else {
                run.push(b);
            }
            continue;
        }
        // The directive: flags, width, letter.
        let mut directive = vec![b'%'];
        while let Some(&c) = bytes.get(i).filter(|c| c.is_ascii() && **c != 0) {
            i += 1;
            directive.push(c);
            if !matches!(c, b'_' | b'-' | b'^' | b'#' | b'0'..=b'9' | b'E' | b'O' | b':') {
                break;
            }
        }
        match directive.as_slice() {
            [b'%'] => {
                flush(&mut run, &mut out)?;
                out.push(b'%');
            }
            _ => run.extend_from_slice(&directive),
        }
    }
    flush(&mut run, &mut out)?;
    Ok(util::wtf8(vm, &out).into_value())
}

/// This module provides various functions to manipulate time values.
///
/// There are two standard representations of time.  One is the number
/// of seconds since the Epoch, in UTC (a.k.a. GMT).  It may be an integer
/// or a floating-point number (to represent fractions of seconds).
/// The epoch is the point where the time starts, the return value of time.gmtime(0).
/// It is January 1, 1970, 00:00:00 (UTC) on all platforms.
///
/// The other representation is a tuple of 9 integers giving local time.
/// The tuple items are:
///   year (including century, e.g. 1998)
///   month (1-12)
///   day (1-31)
///   hours (0-23)
///   minutes (0-59)
///   seconds (0-59)
///   weekday (0-6, Monday is 0)
///   Julian day (day in the year, 1-366)
///   DST (Daylight Savings Time) flag (-1, 0 or 1)
/// If the DST flag is 0, the time is given in the regular time zone;
/// if it is 1, the time is given in the DST time zone;
/// if it is -1, mktime() should guess based on the date and time.
#[pymodule(name = "time")]
pub mod time {
    use super::*;

    /// Return the current time in seconds since the Epoch.
    #[pyfn("time()")]
    fn time(vm: &Vm) -> Value {
        float(vm, vm.host().realtime_ns())
    }

    #[pyfn("time_ns()")]
    fn time_ns(vm: &Vm) -> i64 {
        vm.host().realtime_ns()
    }

    /// Monotonic clock, cannot go backward.
    #[pyfn("monotonic()")]
    fn monotonic(vm: &Vm) -> Value {
        float(vm, vm.host().monotonic_ns())
    }

    #[pyfn("monotonic_ns()")]
    fn monotonic_ns(vm: &Vm) -> i64 {
        vm.host().monotonic_ns()
    }

    /// Performance counter for benchmarking.
    #[pyfn("perf_counter()")]
    fn perf_counter(vm: &Vm) -> Value {
        float(vm, vm.host().monotonic_ns())
    }

    #[pyfn("perf_counter_ns()")]
    fn perf_counter_ns(vm: &Vm) -> i64 {
        vm.host().monotonic_ns()
    }

    /// Process time for profiling: sum of the kernel and user-space CPU time.
    #[pyfn("process_time()")]
    fn process_time(vm: &Vm) -> Value {
        float(vm, vm.host().process_time_ns())
    }

    #[pyfn("process_time_ns()")]
    fn process_time_ns(vm: &Vm) -> i64 {
        vm.host().process_time_ns()
    }

    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    #[pyfn("thread_time()")]
    fn thread_time(vm: &Vm) -> Value {
        float(vm, vm.host().thread_time_ns())
    }

    #[pyfn("thread_time_ns()")]
    fn thread_time_ns(vm: &Vm) -> i64 {
        vm.host().thread_time_ns()
    }

    /// Return the time of the specified clock clk_id as a float.
    #[pyfn("clock_gettime(clk_id, /)")]
    fn clock_gettime(vm: &Vm, clk_id: i32) -> PyResult<Value> {
        Ok(float(vm, clock(vm, clk_id)?))
    }

    /// Return the time of the specified clock clk_id as nanoseconds (int).
    #[pyfn("clock_gettime_ns(clk_id, /)")]
    fn clock_gettime_ns(vm: &Vm, clk_id: i32) -> PyResult<i64> {
        clock(vm, clk_id)
    }

    #[pyfn(no_text, "clock_settime(clk_id, time, /)")]
    fn clock_settime(vm: &Vm, clk_id: i32, time: &Value) -> PyResult<()> {
        let ns = thread::nanoseconds(vm, time)?;
        util::os(vm, vm.host().clock_settime(clk_id, ns))
    }

    #[pyfn(no_text, "clock_settime_ns(clk_id, time, /)")]
    fn clock_settime_ns(vm: &Vm, clk_id: i32, time: i64) -> PyResult<()> {
        util::os(vm, vm.host().clock_settime(clk_id, time))
    }

    /// Return the resolution (precision) of the specified clock clk_id.
    #[pyfn(no_text, "clock_getres(clk_id, /)")]
    fn clock_getres(vm: &Vm, clk_id: i32) -> PyResult<Value> {
        Ok(float(vm, util::os(vm, vm.host().clock_getres(clk_id))?))
    }

    /// Return the clk_id of a thread's CPU time clock.
    #[pyfn(no_text, "pthread_getcpuclockid(thread_id, /)")]
    fn pthread_getcpuclockid(vm: &Vm, thread_id: u64) -> PyResult<i32> {
        util::os(vm, vm.host().pthread_getcpuclockid(thread_id))
    }

    /// Delay execution for a given number of seconds.
    ///
    /// The argument may be a floating-point number for subsecond precision.
    #[pyfn("sleep(object, /)")]
    fn sleep(vm: &Vm, object: &Value) -> PyResult<()> {
        taipan_vm::modules::sys::audit(vm, "time.sleep", std::slice::from_ref(object))?;
        if float_value(object).is_none()
            && object.as_int().is_none()
            && vm.type_of(object).slots.index.get().is_none()
        {
            return Err(vm.type_error(format_args!(
                "'{}' object cannot be interpreted as an integer",
                vm.type_of(object).name()
            )));
        }
        let ns = thread::nanoseconds(vm, object)?;
        if ns < 0 {
            return Err(vm.value_error("sleep length must be non-negative"));
        }
        sleep_ns(vm, ns)
    }

    /// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a.
    /// GMT).  When 'seconds' is not passed in, convert the current time instead.
    #[pyfn(no_text, "gmtime(seconds=None, /)")]
    fn gmtime(vm: &Vm, seconds: Option<&Value>) -> PyResult<Value> {
        let t = super::seconds(vm, seconds)?;
        let mut tm = vm.host().gmtime(t).map_err(|e| range_error(vm, e))?;
        tm.zone = b"UTC".to_vec();
        struct_time(vm, &tm)
    }

    /// Convert seconds since the Epoch to a time tuple expressing local time.
    /// When 'seconds' is not passed in, convert the current time instead.
    #[pyfn(no_text, "localtime(seconds=None, /)")]
    fn localtime(vm: &Vm, seconds: Option<&Value>) -> PyResult<Value> {
        let t = super::seconds(vm, seconds)?;
        struct_time(vm, &local(vm, t)?)
    }

    /// Convert a time tuple in local time to seconds since the Epoch.
    #[pyfn("mktime(object, /)")]
    fn mktime(vm: &Vm, object: &Value) -> PyResult<Value> {
        let mut tm = tm_arg(vm, "mktime", object)?;
        tm.weekday = -1;
        match vm.host().mktime(&mut tm) {
            Ok(t) if t != -1 || tm.weekday != -1 => Ok(vm.new_float(t as f64)),
            _ => Err(vm.overflow_error("mktime argument out of range")),
        }
    }

    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    /// When the time tuple is not present, current time as returned by localtime()
    /// is used.
    #[pyfn(no_text, "asctime(tuple=<unrepresentable>, /)")]
    fn asctime(vm: &Vm, tuple: Option<&Value>) -> PyResult<String> {
        let tm = match tuple {
            Some(t) => {
                let mut tm = tm_arg(vm, "asctime", t)?;
                check(vm, &mut tm)?;
                tm
            }
            None => local(vm, super::seconds(vm, None)?)?,
        };
        Ok(asctime_text(&tm))
    }

    /// Convert a time in seconds since the Epoch to a string in local time.
    /// This is equivalent to asctime(localtime(seconds)). When the time tuple is
    /// not present, current time as returned by localtime() is used.
    #[pyfn(no_text, "ctime(seconds=None, /)")]
    fn ctime(vm: &Vm, seconds: Option<&Value>) -> PyResult<String> {
        Ok(asctime_text(&local(vm, super::seconds(vm, seconds)?)?))
    }

    /// Convert a time tuple to a string according to a format specification.
    /// See the library reference manual for formatting codes. When the time tuple
    /// is not present, current time as returned by localtime() is used.
    #[pyfn(no_text, "strftime(format, tuple=<unrepresentable>, /)")]
    fn strftime(vm: &Vm, format: &Gc<Str>, tuple: Option<&Value>) -> PyResult<Value> {
        let tm = match tuple {
            Some(t) => {
                let mut tm = tm_arg(vm, "strftime", t)?;
                check(vm, &mut tm)?;
                tm.isdst = tm.isdst.clamp(-1, 1);
                if let Some(made) = super::plain_format(format.as_bytes(), &tm) {
                    return Ok(vm.new_text_bytes(&made)?.into_value());
                }
                if tm.zone.is_empty() {
                    // As C does for a time whose zone nobody told: by the flag of daylight saving.
                    let z = vm.host().timezone();
                    tm.zone = if tm.isdst > 0 { z.daylight_name } else { z.standard_name };
                    tm.gmtoff = -(if tm.isdst > 0 { z.altzone } else { z.timezone });
                }
                tm
            }
            None => local(vm, super::seconds(vm, None)?)?,
        };
        super::format(vm, format, &tm)
    }

    /// Parse a string to a time tuple according to a format specification.
    /// See the library reference manual for formatting codes (same as
    /// strftime()).
    #[pyfn(raw, "strptime")]
    fn strptime(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let m = util::import(vm, "_strptime")?;
        let f = vm.get_attr_str(&m, "_strptime_time")?;
        vm.call_args(&f, args)
    }

    /// Initialize, or reinitialize, the local timezone to the value stored in
    /// os.environ['TZ'].
    #[pyfn("tzset()")]
    fn tzset(vm: &Vm) -> PyResult<()> {
        vm.host().tzset();
        let m = util::import(vm, "time")?;
        set_zone(vm, &m)
    }

    /// Get information of the specified clock.
    #[pyfn(no_text, "get_clock_info(name, /)")]
    fn get_clock_info(vm: &Vm, name: &str) -> PyResult<Value> {
        let (implementation, id, monotonic, adjustable) = match name {
            "time" => ("clock_gettime(CLOCK_REALTIME)", libc::CLOCK_REALTIME, false, true),
            "monotonic" | "perf_counter" => {
                ("clock_gettime(CLOCK_MONOTONIC)", libc::CLOCK_MONOTONIC, true, false)
            }
            "process_time" => {
                ("clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", libc::CLOCK_PROCESS_CPUTIME_ID, true, false)
            }
            "thread_time" => {
                ("clock_gettime(CLOCK_THREAD_CPUTIME_ID)", libc::CLOCK_THREAD_CPUTIME_ID, true, false)
            }
            _ => return Err(vm.value_error("unknown clock")),
        };
        let resolution = float(vm, util::os(vm, vm.host().clock_getres(id))?);
        let types = util::import(vm, "types")?;
        let ns = vm.get_attr_str(&types, "SimpleNamespace")?;
        let kw = [
            (vm.intern("implementation").into_value(), vm.new_str(implementation).into_value()),
            (vm.intern("monotonic").into_value(), Value::bool(monotonic)),
            (vm.intern("adjustable").into_value(), Value::bool(adjustable)),
            (vm.intern("resolution").into_value(), resolution),
        ];
        vm.call_kw(&ns, &[], &kw)
    }

    #[pyconst("struct_time")]
    fn struct_time_class(vm: &Vm) -> Value {
        class(vm, &STRUCT_TIME).into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in [
            ("CLOCK_REALTIME", 0),
            ("CLOCK_MONOTONIC", 1),
            ("CLOCK_PROCESS_CPUTIME_ID", 2),
            ("CLOCK_THREAD_CPUTIME_ID", 3),
            ("CLOCK_MONOTONIC_RAW", 4),
            ("CLOCK_BOOTTIME", 7),
            ("CLOCK_TAI", 11),
            ("_STRUCT_TM_ITEMS", 11),
        ] {
            vm.set_attr_str(module, name, &vm.new_int(n))?;
        }
        set_zone(vm, module)
    }
}

const _: Option<&taipan_vm::types::typedef::TypeDef> = Some(&exc::OSError);
