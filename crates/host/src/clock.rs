//! Clocks, sleeping, and the calendar of the local time zone. Clock ids are the platform's (`CLOCK_*`).

use crate::{HostResult, denied};

/// Broken-down time, in C's own counting (`year` since 1900, `month` from 0).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tm {
    pub second: i32,
    pub minute: i32,
    pub hour: i32,
    pub day: i32,
    pub month: i32,
    pub year: i32,
    /// Sunday is 0.
    pub weekday: i32,
    /// From 0.
    pub yearday: i32,
    pub isdst: i32,
    /// Seconds east of Greenwich.
    pub gmtoff: i64,
    pub zone: Vec<u8>,
}

/// What `time.tzset` sets: seconds *west* of Greenwich, as `time.timezone` counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeZone {
    pub standard_name: Vec<u8>,
    pub daylight_name: Vec<u8>,
    pub timezone: i64,
    pub altzone: i64,
    pub daylight: bool,
}

#[expect(unused_variables, reason = "the bodies refuse whatever they are asked")]
pub trait Clock {
    /// Nanoseconds of a clock.
    fn clock_gettime(&self, clock: i32) -> HostResult<i64> {
        denied()
    }
    fn clock_getres(&self, clock: i32) -> HostResult<i64> {
        denied()
    }
    fn clock_settime(&self, clock: i32, nanoseconds: i64) -> HostResult<()> {
        denied()
    }
    fn pthread_getcpuclockid(&self, thread: u64) -> HostResult<i32> {
        denied()
    }
    /// Nanoseconds since the epoch; 0 when there is no clock.
    fn realtime_ns(&self) -> i64 {
        self.clock_gettime(libc::CLOCK_REALTIME).unwrap_or(0)
    }
    fn monotonic_ns(&self) -> i64 {
        self.clock_gettime(libc::CLOCK_MONOTONIC).unwrap_or(0)
    }
    fn process_time_ns(&self) -> i64 {
        self.clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID).unwrap_or(0)
    }
    fn thread_time_ns(&self) -> i64 {
        self.clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID).unwrap_or(0)
    }
    /// Sleeps until `monotonic_ns` reaches the deadline; `EINTR` when a signal came.
    fn sleep_until(&self, deadline: i64) -> HostResult<()> {
        denied()
    }
    fn gmtime(&self, seconds: i64) -> HostResult<Tm> {
        denied()
    }
    fn localtime(&self, seconds: i64) -> HostResult<Tm> {
        denied()
    }
    /// Also sets `weekday`, as C does: an untouched -1 tells an error from the second before the epoch.
    fn mktime(&self, tm: &mut Tm) -> HostResult<i64> {
        denied()
    }
    /// Reads `TZ` again.
    fn tzset(&self) {}
    fn timezone(&self) -> TimeZone {
        TimeZone { standard_name: b"UTC".to_vec(), daylight_name: b"UTC".to_vec(), ..TimeZone::default() }
    }
    /// C's `strftime` on a format without NUL.
    fn strftime(&self, format: &[u8], tm: &Tm) -> HostResult<Vec<u8>> {
        denied()
    }
}
