//! The proleptic Gregorian calendar: days as numbers, and back. Day 1 is January 1 of year 1.

pub const MIN_YEAR: i32 = 1;
pub const MAX_YEAR: i32 = 9999;
pub const MAX_ORDINAL: i64 = 3_652_059;

const BEFORE: [i32; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a month has; the month is one.
pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days of the year come before a month.
pub fn days_before_month(year: i32, month: i32) -> i32 {
    BEFORE.get(month as usize).copied().unwrap_or(0) + i32::from(month > 2 && is_leap(year))
}

fn days_before_year(year: i32) -> i64 {
    let y = i64::from(year) - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)
}

pub fn to_ordinal(year: i32, month: i32, day: i32) -> i64 {
    days_before_year(year) + i64::from(days_before_month(year, month)) + i64::from(day)
}

/// Year, month and day of an ordinal above zero.
pub fn from_ordinal(ordinal: i64) -> (i32, i32, i32) {
    let n = ordinal - 1;
    let (n400, n) = (n / 146_097, n % 146_097);
    let (n100, n) = (n / 36_524, n % 36_524);
    let (n4, n) = (n / 1461, n % 1461);
    let (n1, n) = (n / 365, n % 365);
    let year = (n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1) as i32;
    if n1 == 4 || n100 == 4 {
        return (year - 1, 12, 31);
    }
    let n = n as i32;
    let mut month = (n + 50) >> 5;
    let mut before = days_before_month(year, month);
    if before > n {
        month -= 1;
        before -= days_in_month(year, month);
    }
    (year, month, n - before + 1)
}

/// Monday is 0.
pub fn weekday(year: i32, month: i32, day: i32) -> i32 {
    ((to_ordinal(year, month, day) + 6) % 7) as i32
}

/// The ordinal of the Monday that begins a year's first week, the one with its first Thursday.
pub fn first_monday(year: i32) -> i64 {
    let first = to_ordinal(year, 1, 1);
    let day = (first + 6) % 7;
    first - day + if day > 3 { 7 } else { 0 }
}

/// Year, week and day as ISO 8601 counts them.
pub fn iso_calendar(year: i32, month: i32, day: i32) -> (i32, i32, i32) {
    let today = to_ordinal(year, month, day);
    let monday = first_monday(year);
    let week = (today - monday).div_euclid(7);
    let day = (today - monday).rem_euclid(7) as i32 + 1;
    if week < 0 {
        let week = (today - first_monday(year - 1)) / 7;
        return (year - 1, week as i32 + 1, day);
    }
    if week >= 52 && today >= first_monday(year + 1) {
        return (year + 1, 1, day);
    }
    (year, week as i32 + 1, day)
}

/// What is wrong with a date of the ISO calendar.
pub enum IsoFault {
    Year,
    Week,
    Day,
}

/// The date that an ISO year, week and day name.
pub fn from_iso(year: i32, week: i32, day: i32) -> Result<(i32, i32, i32), IsoFault> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(IsoFault::Year);
    }
    if !(1..53).contains(&week) {
        let first = to_ordinal(year, 1, 1) % 7;
        if week != 53 || !(first == 4 || first == 3 && is_leap(year)) {
            return Err(IsoFault::Week);
        }
    }
    if !(1..8).contains(&day) {
        return Err(IsoFault::Day);
    }
    let ordinal = first_monday(year) + i64::from(week - 1) * 7 + i64::from(day - 1);
    if ordinal < 1 { Ok((0, 1, 1)) } else { Ok(from_ordinal(ordinal)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_go_both_ways() {
        for n in 1..=MAX_ORDINAL {
            let (y, m, d) = from_ordinal(n);
            assert_eq!(to_ordinal(y, m, d), n);
        }
    }
}
