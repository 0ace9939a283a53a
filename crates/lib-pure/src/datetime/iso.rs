//! Reading dates and times as ISO 8601 writes them. Positions are code points; only ASCII means anything.

use super::calendar::{days_in_month, from_iso};
use super::delta::{self, SECOND};
use super::tz;
use taipan_vm::prelude::*;

/// What does not read as a date or time.
pub struct Malformed;

/// Text as code points.
pub fn chars(s: &Str) -> Vec<u32> {
    s.as_wtf8().code_points().collect()
}

fn at(text: &[u32], i: usize) -> Option<char> {
    text.get(i).and_then(|c| char::from_u32(*c)).filter(char::is_ascii)
}

fn digit(text: &[u32], i: usize) -> Option<i32> {
    Some(at(text, i)?.to_digit(10)? as i32)
}

fn number(text: &[u32], from: usize, len: usize) -> Result<i32, Malformed> {
    (from..from + len).try_fold(0, |n, i| Ok(n * 10 + digit(text, i).ok_or(Malformed)?))
}

/// Year, month and day.
pub fn date(text: &[u32]) -> Result<(i32, i32, i32), Malformed> {
    if !matches!(text.len(), 7 | 8 | 10) {
        return Err(Malformed);
    }
    let year = number(text, 0, 4)?;
    let dashed = at(text, 4) == Some('-');
    let mut pos = 4 + usize::from(dashed);
    if at(text, pos) == Some('W') {
        let week = number(text, pos + 1, 2)?;
        pos += 3;
        let mut day = 1;
        if pos < text.len() {
            if (at(text, pos) == Some('-')) != dashed {
                return Err(Malformed);
            }
            pos += usize::from(dashed);
            day = number(text, pos, 1)?;
        }
        return from_iso(year, week, day).map_err(|_| Malformed);
    }
    let month = number(text, pos, 2)?;
    pos += 2;
    if (at(text, pos) == Some('-')) != dashed {
        return Err(Malformed);
    }
    pos += usize::from(dashed);
    // What may still follow is not looked at.
    Ok((year, month, number(text, pos, 2)?))
}

/// `HH[:MM[:SS[.ffffff]]]`, with or without the colons.
fn clock(text: &[u32]) -> Result<[i32; 4], Malformed> {
    let mut out = [0; 4];
    let (mut pos, mut colons) = (0, false);
    for i in 0..3 {
        out[i] = number(text, pos, 2)?;
        pos += 2;
        let next = text.get(pos);
        if i == 0 {
            colons = at(text, pos) == Some(':');
        }
        if next.is_none() {
            return Ok(out);
        }
        match at(text, pos) {
            Some(':') if colons && i < 2 => pos += 1,
            Some('.' | ',') if i == 2 => {
                pos += 1;
                break;
            }
            _ if !colons && i < 2 => {}
            _ => return Err(Malformed),
        }
    }
    let digits = text.len() - pos;
    if digits == 0 || (pos..text.len()).any(|i| digit(text, i).is_none()) {
        return Err(Malformed);
    }
    let kept = digits.min(6);
    out[3] = number(text, pos, kept)? * 10i32.pow(6 - kept as u32);
    Ok(out)
}

/// A time of day as it was read.
pub struct Time {
    /// Hour, minute, second and microsecond.
    pub fields: [i32; 4],
    /// Offset from UTC in microseconds.
    pub offset: Option<i128>,
}

impl Time {
    /// The zone of the offset.
    pub fn zone(&self, vm: &Vm) -> PyResult<Option<Value>> {
        match self.offset {
            None => Ok(None),
            Some(0) => tz::utc(vm).map(Some),
            Some(n) => tz::checked(vm, &delta::make(vm, n)?, None).map(Some),
        }
    }

    /// Midnight at the day's end becomes the beginning of the next day: answers whether it was that.
    pub fn wrap(&mut self, vm: &Vm) -> PyResult<bool> {
        let [hour, rest @ ..] = &mut self.fields;
        if *hour != 24 {
            return Ok(false);
        }
        if rest.iter().any(|n| *n != 0) {
            return Err(vm.value_error("minute, second, and microsecond must be 0 when hour is 24"));
        }
        *hour = 0;
        Ok(true)
    }
}

/// A time with or without an offset.
pub fn time(text: &[u32]) -> Result<Time, Malformed> {
    let zone = (0..text.len()).find(|i| matches!(at(text, *i), Some('+' | '-' | 'Z')));
    let Some(zone) = zone else { return Ok(Time { fields: clock(text)?, offset: None }) };
    let fields = clock(text.get(..zone).unwrap_or_default())?;
    let rest = text.get(zone + 1..).unwrap_or_default();
    let offset = match at(text, zone) {
        Some('Z') if rest.is_empty() => 0,
        Some('Z') => return Err(Malformed),
        sign => {
            let [h, m, s, us] = clock(rest)?.map(i128::from);
            let size = ((h * 60 + m) * 60 + s) * SECOND + us;
            if sign == Some('-') { -size } else { size }
        }
    };
    Ok(Time { fields, offset: Some(offset) })
}

/// Where the date of a date and time ends.
pub fn separator(text: &[u32]) -> Result<usize, Malformed> {
    let len = text.len();
    if len == 7 {
        return Ok(7);
    }
    let is = |i: usize, c: char| at(text, i) == Some(c);
    if is(4, '-') {
        if !is(5, 'W') {
            return Ok(10);
        }
        if len > 8 && is(8, '-') {
            if len == 9 {
                return Err(Malformed);
            }
            // `YYYY-Www-D` unless what follows makes it `YYYY-Www` and a time.
            return Ok(if len > 10 && digit(text, 10).is_some() { 8 } else { 10 });
        }
        return Ok(8);
    }
    if !is(4, 'W') {
        return Ok(8);
    }
    let end = (7..len).find(|i| digit(text, *i).is_none()).unwrap_or(len);
    Ok(if end < 9 {
        end
    } else if end % 2 == 0 {
        7
    } else {
        8
    })
}

/// The day after, as far as the date is one; the year may leave its range.
pub fn next_day((year, month, day): (i32, i32, i32)) -> (i32, i32, i32) {
    if !(1..=12).contains(&month) || day > days_in_month(year, month) {
        (year, month, day)
    } else if day < days_in_month(year, month) {
        (year, month, day + 1)
    } else if month < 12 {
        (year, month + 1, 1)
    } else {
        (year + 1, 1, 1)
    }
}

/// `Invalid isoformat string: …`
#[cold]
pub fn invalid(vm: &Vm, s: &Value) -> Raised {
    match vm.repr(s) {
        Ok(shown) => vm.value_error(format_args!("Invalid isoformat string: {}", shown.to_string_lossy())),
        Err(raised) => raised,
    }
}
