//! Writing dates and times: `strftime` with what the C library does not know, times of day, structures of `time`.

use super::calendar::{days_before_month, weekday};
use super::tz;
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::prelude::*;

pub const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A `time.struct_time`.
pub fn struct_time(vm: &Vm, [y, m, d, hh, mm, ss]: [i32; 6], dst: i32) -> PyResult<Value> {
    let yday = days_before_month(y, m) + d;
    let fields = [y, m, d, hh, mm, ss, weekday(y, m, d), yday, dst];
    let fields = vm.tuple_from_iter(fields.map(|n| vm.new_int(i64::from(n))).into_iter()).into_value();
    let time = vm.import_named("time")?;
    vm.call_method(&time, "struct_time", &[fields])
}

/// A number that is not negative, with zeros before it.
pub fn digits(out: &mut String, n: i32, width: usize) {
    let mut buf = [b'0'; 10];
    let (mut rest, mut at) = (n.unsigned_abs(), buf.len());
    while at > 0 && (rest > 0 || buf.len() - at < width) {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend(buf[at..].iter().map(|b| char::from(*b)));
}

/// `HH:MM:SS.ffffff` as a `timespec` wants it.
pub fn time_of_day(vm: &Vm, [hh, mm, ss, us]: [i32; 4], timespec: Option<&Gc<Str>>) -> PyResult<String> {
    let spec = timespec.map(|s| s.to_string_lossy());
    // How many of the fields, and how many digits of the second.
    let (count, places) = match spec.as_deref().unwrap_or("auto") {
        "auto" if us == 0 => (3, 0),
        "auto" | "microseconds" => (3, 6),
        "seconds" => (3, 0),
        "milliseconds" => (3, 3),
        "minutes" => (2, 0),
        "hours" => (1, 0),
        _ => return Err(vm.value_error("Unknown timespec value")),
    };
    let mut out = String::with_capacity(24);
    for n in [hh, mm, ss].into_iter().take(count) {
        if !out.is_empty() {
            out.push(':');
        }
        digits(&mut out, n, 2);
    }
    if places > 0 {
        out.push('.');
        digits(&mut out, if places == 3 { us / 1000 } else { us }, places);
    }
    Ok(out)
}

/// What `strftime` must know beyond the time tuple.
pub struct Subject<'a> {
    pub micros: i32,
    pub zone: Option<&'a Value>,
    /// What the zone is asked about.
    pub dt: &'a Value,
}

fn call_strftime(vm: &Vm, format: Value, tuple: &Value) -> PyResult<Value> {
    let time = vm.import_named("time")?;
    vm.call_method(&time, "strftime", &[format, tuple.clone()])
}

/// Whether the C library writes years before 1000 without their zeros.
fn years_are_short(vm: &Vm) -> PyResult<bool> {
    let fields = [99, 1, 1, 0, 0, 0, 0, 1, 0];
    let tuple = vm.tuple_from_iter(fields.map(|n| vm.new_int(n)).into_iter()).into_value();
    let made = call_strftime(vm, vm.new_str("%Y").into_value(), &tuple)?;
    Ok(made.downcast::<Str>().is_none_or(|s| s.as_bytes() != b"0099"))
}

/// `strftime` with `%f`, `%z`, `%:z`, `%Z` and the zeros of early years put in here.
pub fn strftime(vm: &Vm, format: &Gc<Str>, tuple: &Value, subject: Subject<'_>) -> PyResult<Value> {
    let mut out = Wtf8Buf::new();
    let field = |i: usize| -> PyResult<i64> {
        let v = vm.get_item(tuple, &vm.new_int(i as i64))?;
        vm.index_i64(&v, "Python int too large to convert to C long")
    };
    let offset = |sep: &str| -> PyResult<String> {
        Ok(tz::offset(vm, subject.zone, subject.dt)?.map_or(String::new(), |n| tz::shown_offset(n, sep)))
    };
    let mut chars = format.as_wtf8().code_points().peekable();
    while let Some(c) = chars.next() {
        if c != u32::from('%') {
            out.push(c);
            continue;
        }
        let Some(code) = chars.next() else {
            out.push(c);
            break;
        };
        match char::from_u32(code) {
            Some('f') => out.push_str(&format!("{:06}", subject.micros)),
            Some('z') => out.push_str(&offset("")?),
            Some(':') => match chars.next() {
                Some(next) if next == u32::from('z') => out.push_str(&offset(":")?),
                next => {
                    out.push_str("%:");
                    next.into_iter().for_each(|c| out.push(c));
                }
            },
            Some('Z') => {
                let name = tz::name(vm, subject.zone, subject.dt)?;
                if !name.is_none() {
                    let percent = |s: &str| vm.new_str(s).into_value();
                    let doubled = vm.call_method(&name, "replace", &[percent("%"), percent("%%")])?;
                    match doubled.downcast::<Str>() {
                        Some(s) => out.push_wtf8(s.as_wtf8()),
                        None => return Err(vm.type_error("tzname.replace() did not return a string")),
                    }
                }
            }
            Some(letter @ ('Y' | 'G' | 'F' | 'C')) if field(0)? < 1000 && years_are_short(vm)? => {
                let year = if letter == 'G' {
                    let text = call_strftime(vm, vm.new_str("%G").into_value(), tuple)?;
                    let text = text.downcast::<Str>().map(|s| s.to_string_lossy().into_owned());
                    text.and_then(|t| t.trim().parse().ok()).unwrap_or(field(0)?)
                } else {
                    field(0)?
                };
                if letter == 'C' {
                    out.push_str(&format!("{:02}", year / 100));
                } else {
                    out.push_str(&format!("{year:04}"));
                }
                if letter == 'F' {
                    out.push_str(&format!("-{:02}-{:02}", field(1)?, field(2)?));
                }
            }
            _ => {
                out.push(c);
                out.push(code);
            }
        }
    }
    call_strftime(vm, vm.new_wtf8_buf(out).into_value(), tuple)
}
