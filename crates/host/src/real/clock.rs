//! Clocks and the calendar.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::{RealHost, bytes_at, c_string, direct, done, static_storage, timespec, zeroed};
use crate::{Clock, HostError, HostResult, TimeZone, Tm};

unsafe extern "C" {
    /// Reads `TZ` and sets the C library's zone.
    safe fn tzset();
    fn strftime(to: *mut c_char, size: usize, format: *const c_char, tm: *const libc::tm) -> usize;
    fn pthread_getcpuclockid(thread: libc::pthread_t, clock: *mut libc::clockid_t) -> i32;
}

fn nanoseconds(time: &libc::timespec) -> HostResult<i64> {
    time.tv_sec
        .checked_mul(1_000_000_000)
        .and_then(|ns| ns.checked_add(time.tv_nsec))
        .ok_or(HostError(libc::EOVERFLOW))
}

fn tm_of(raw: &libc::tm) -> Tm {
    Tm {
        second: raw.tm_sec,
        minute: raw.tm_min,
        hour: raw.tm_hour,
        day: raw.tm_mday,
        month: raw.tm_mon,
        year: raw.tm_year,
        weekday: raw.tm_wday,
        yearday: raw.tm_yday,
        isdst: raw.tm_isdst,
        gmtoff: raw.tm_gmtoff,
        // SAFETY: the zone's name lives as long as the C library's zone data; the copy is made at once.
        zone: unsafe { bytes_at(raw.tm_zone) },
    }
}

fn raw_of(tm: &Tm, zone: &CStr) -> libc::tm {
    libc::tm {
        tm_sec: tm.second,
        tm_min: tm.minute,
        tm_hour: tm.hour,
        tm_mday: tm.day,
        tm_mon: tm.month,
        tm_year: tm.year,
        tm_wday: tm.weekday,
        tm_yday: tm.yearday,
        tm_isdst: tm.isdst,
        tm_gmtoff: tm.gmtoff,
        tm_zone: zone.as_ptr(),
    }
}

/// Offset east and name at a moment.
fn zone_at(seconds: i64) -> (i64, Vec<u8>) {
    match RealHost::new().localtime(seconds) {
        Ok(tm) => (tm.gmtoff, tm.zone),
        Err(_) => (0, b"UTC".to_vec()),
    }
}

impl Clock for RealHost {
    fn clock_gettime(&self, clock: i32) -> HostResult<i64> {
        let mut time = timespec(0);
        // SAFETY: I1.
        done(unsafe { libc::clock_gettime(clock, &raw mut time) })?;
        nanoseconds(&time)
    }

    fn clock_getres(&self, clock: i32) -> HostResult<i64> {
        let mut time = timespec(0);
        // SAFETY: I1.
        done(unsafe { libc::clock_getres(clock, &raw mut time) })?;
        nanoseconds(&time)
    }

    fn clock_settime(&self, clock: i32, nanoseconds: i64) -> HostResult<()> {
        let time = timespec(nanoseconds);
        // SAFETY: I1.
        done(unsafe { libc::clock_settime(clock, &raw const time) })
    }

    fn pthread_getcpuclockid(&self, thread: u64) -> HostResult<i32> {
        let mut clock = 0;
        // SAFETY: as with CPython, the caller answers for the thread being alive.
        direct(unsafe { pthread_getcpuclockid(thread, &raw mut clock) })?;
        Ok(clock)
    }

    fn sleep_until(&self, deadline: i64) -> HostResult<()> {
        let until = timespec(deadline);
        // SAFETY: I1; an absolute sleep writes no remainder.
        direct(unsafe {
            libc::clock_nanosleep(
                libc::CLOCK_MONOTONIC,
                libc::TIMER_ABSTIME,
                &raw const until,
                ptr::null_mut(),
            )
        })
    }

    fn gmtime(&self, seconds: i64) -> HostResult<Tm> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::tm>() };
        // SAFETY: I1, I2.
        let answer = unsafe { libc::gmtime_r(&raw const seconds, &raw mut raw) };
        if answer.is_null() { Err(HostError::last()) } else { Ok(tm_of(&raw)) }
    }

    fn localtime(&self, seconds: i64) -> HostResult<Tm> {
        // SAFETY: I2.
        let mut raw = unsafe { zeroed::<libc::tm>() };
        // SAFETY: I1, I2.
        let answer = unsafe { libc::localtime_r(&raw const seconds, &raw mut raw) };
        if answer.is_null() { Err(HostError::last()) } else { Ok(tm_of(&raw)) }
    }

    fn mktime(&self, tm: &mut Tm) -> HostResult<i64> {
        let zone = c_string(&tm.zone)?;
        let mut raw = raw_of(tm, &zone);
        // -1 stays only when the call fails: the second before the epoch is a valid answer.
        raw.tm_wday = -1;
        // SAFETY: I1.
        let seconds = unsafe { libc::mktime(&raw mut raw) };
        if seconds == -1 && raw.tm_wday == -1 {
            return Err(HostError(libc::EOVERFLOW));
        }
        *tm = tm_of(&raw);
        Ok(seconds)
    }

    fn tzset(&self) {
        tzset();
    }

    fn timezone(&self) -> TimeZone {
        tzset();
        // As CPython does: the zone at the start and in the middle of this year; the smaller offset is standard time.
        const YEAR: i64 = (365 * 24 + 6) * 3600;
        let now = self.realtime_ns().div_euclid(1_000_000_000);
        let january = now / YEAR * YEAR;
        let (january_offset, january_name) = zone_at(january);
        let (july_offset, july_name) = zone_at(january + YEAR / 2);
        let daylight = january_offset != july_offset;
        if january_offset <= july_offset {
            TimeZone {
                timezone: -january_offset,
                altzone: -july_offset,
                daylight,
                standard_name: january_name,
                daylight_name: july_name,
            }
        } else {
            TimeZone {
                timezone: -july_offset,
                altzone: -january_offset,
                daylight,
                standard_name: july_name,
                daylight_name: january_name,
            }
        }
    }

    fn strftime(&self, format: &[u8], tm: &Tm) -> HostResult<Vec<u8>> {
        if format.is_empty() {
            return Ok(Vec::new());
        }
        let format_text = c_string(format)?;
        let zone = c_string(&tm.zone)?;
        let raw = raw_of(tm, &zone);
        let _locale = static_storage();
        let mut size = 1024;
        loop {
            let mut buffer = vec![0_u8; size];
            // SAFETY: I1; writes at most `size` bytes.
            let length =
                unsafe { strftime(buffer.as_mut_ptr().cast(), size, format_text.as_ptr(), &raw const raw) };
            // Zero is also the length of an empty answer (`%p` in some locales): believe it once there was room.
            if length > 0 || size > format.len().saturating_mul(256) {
                buffer.truncate(length);
                return Ok(buffer);
            }
            size *= 2;
        }
    }
}
