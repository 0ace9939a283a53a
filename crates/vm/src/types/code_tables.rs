//! CPython's two tables of a code object, written and read: `co_linetable` (where each instruction comes from) and
//! `co_exceptiontable`. Units are instructions; the first stands for entering the code.

use taipan_bytecode::{Handler, NO_COLUMN, Position};

/// Where one unit comes from, as `co_positions()` tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub line: Option<i64>,
    pub end_line: Option<i64>,
    pub col: Option<u32>,
    pub end_col: Option<u32>,
}

impl Place {
    pub const NONE: Place = Place { line: None, end_line: None, col: None, end_col: None };

    pub fn of(p: Position) -> Place {
        if p.is_none() {
            return Place::NONE;
        }
        let col = |n: u32| (n != NO_COLUMN).then_some(n);
        let (col, end_col) = (col(p.col), col(p.end_col));
        let whole = col.is_some() && end_col.is_some() && p.end_line >= p.line;
        Place {
            line: Some(p.line.into()),
            end_line: Some(if whole { p.end_line } else { p.line }.into()),
            col: if whole { col } else { None },
            end_col: if whole { end_col } else { None },
        }
    }

    /// As byte code has it: lines from 1.
    pub fn position(&self) -> Position {
        let line = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        if line(self.line) == 0 {
            return Position::NONE;
        }
        Position {
            line: line(self.line),
            end_line: line(self.end_line),
            col: self.col.unwrap_or(NO_COLUMN),
            end_col: self.end_col.unwrap_or(NO_COLUMN),
        }
    }
}

/// Numbers in groups of six bits, the lowest first.
fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 64 {
        out.push(0x40 | (n & 63) as u8);
        n >>= 6;
    }
    out.push(n as u8);
}

fn put_signed(out: &mut Vec<u8>, n: i64) {
    put(out, n.unsigned_abs() << 1 | (n < 0) as u64);
}

const NO_LOCATION: u8 = 15;
const LONG: u8 = 14;
const LINE_ONLY: u8 = 13;
const ONE_LINE: u8 = 10;

/// `co_linetable` of these units.
pub fn write_lines(first: i64, places: &[Place]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut line = first;
    let mut i = 0;
    while i < places.len() {
        let p = places[i];
        let run = places[i..].iter().take(8).take_while(|q| **q == p).count();
        i += run;
        let head = |out: &mut Vec<u8>, kind: u8| out.push(0x80 | kind << 3 | (run - 1) as u8);
        let Some(at) = p.line else {
            head(&mut out, NO_LOCATION);
            continue;
        };
        let delta = at - line;
        line = at;
        let lines = p.end_line.unwrap_or(at) - at;
        match (p.col, p.end_col) {
            (None, None) if lines == 0 => {
                head(&mut out, LINE_ONLY);
                put_signed(&mut out, delta);
            }
            (Some(c), Some(e)) if lines == 0 && delta == 0 && c < 80 && e >= c && e - c < 16 => {
                head(&mut out, (c >> 3) as u8);
                out.push(((c & 7) << 4 | (e - c)) as u8);
            }
            (Some(c), Some(e)) if lines == 0 && (0..3).contains(&delta) && c < 128 && e < 128 => {
                head(&mut out, ONE_LINE + delta as u8);
                out.extend([c as u8, e as u8]);
            }
            (c, e) => {
                head(&mut out, LONG);
                put_signed(&mut out, delta);
                put(&mut out, lines.max(0) as u64);
                put(&mut out, c.map_or(0, |c| u64::from(c) + 1));
                put(&mut out, e.map_or(0, |e| u64::from(e) + 1));
            }
        }
    }
    out
}

struct Reader<'a>(std::slice::Iter<'a, u8>);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.0.next().copied()
    }

    fn number(&mut self) -> Option<i64> {
        let (mut n, mut shift) = (0i64, 0);
        loop {
            let b = self.byte()?;
            if shift > 36 {
                return None;
            }
            n |= i64::from(b & 63) << shift;
            shift += 6;
            if b & 64 == 0 {
                return Some(n);
            }
        }
    }

    fn signed(&mut self) -> Option<i64> {
        let n = self.number()?;
        Some(if n & 1 != 0 { -(n >> 1) } else { n >> 1 })
    }

    fn column(&mut self) -> Option<Option<u32>> {
        Some(u32::try_from(self.number()? - 1).ok())
    }

    fn entry(&mut self, line: &mut i64) -> Option<(usize, Place)> {
        let head = self.byte()?;
        let run = usize::from(head & 7) + 1;
        let mut place = Place::NONE;
        let kind = head >> 3 & 15;
        match kind {
            NO_LOCATION => return Some((run, place)),
            LONG => {
                *line = line.checked_add(self.signed()?)?;
                place.end_line = Some(*line + self.number()?);
                place.col = self.column()?;
                place.end_col = self.column()?;
            }
            LINE_ONLY => *line = line.checked_add(self.signed()?)?,
            ONE_LINE..LINE_ONLY => {
                *line = line.checked_add(i64::from(kind - ONE_LINE))?;
                (place.col, place.end_col) = (Some(self.byte()?.into()), Some(self.byte()?.into()));
            }
            short => {
                let b = self.byte()?;
                let col = u32::from(short) << 3 | u32::from(b >> 4);
                (place.col, place.end_col) = (Some(col), Some(col + u32::from(b & 15)));
            }
        }
        place.line = Some(*line);
        place.end_line = place.end_line.or(place.line);
        Some((run, place))
    }
}

/// The units of a `co_linetable`, at most `limit`, up to its end or to what makes no sense.
pub fn read_lines(first: i64, table: &[u8], limit: usize) -> Vec<Place> {
    let mut out = Vec::new();
    let mut reader = Reader(table.iter());
    let mut line = first;
    while out.len() < limit
        && let Some((run, place)) = reader.entry(&mut line)
    {
        out.resize((out.len() + run).min(limit), place);
    }
    out
}

/// `co_lnotab`, the table that came before: byte and line distances of the runs `(start, line)`.
pub fn write_lnotab(first: i64, runs: impl Iterator<Item = (i64, i64)>) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut code, mut line) = (0, first);
    for (start, here) in runs.filter(|r| r.1 >= 0) {
        if here == line {
            continue;
        }
        let (mut bytes, mut lines) = (start - code, here - line);
        (code, line) = (start, here);
        while bytes > 255 {
            out.extend([255, 0]);
            bytes -= 255;
        }
        while !(-128..128).contains(&lines) {
            let step = lines.clamp(-128, 127);
            out.extend([bytes as u8, step as i8 as u8]);
            bytes = 0;
            lines -= step;
        }
        out.extend([bytes as u8, lines as i8 as u8]);
    }
    out
}

/// Numbers in groups of six bits, the highest first; `start` marks an entry's first byte.
fn put_high_first(out: &mut Vec<u8>, n: u32, start: u8) {
    let groups = (32 - n.leading_zeros()).div_ceil(6).max(1);
    for g in (0..groups).rev() {
        let more = if g > 0 { 0x40 } else { 0 };
        let mark = if g + 1 == groups { start } else { 0 };
        out.push((n >> (6 * g) & 63) as u8 | more | mark);
    }
}

/// `co_exceptiontable` of these handlers.
pub fn write_handlers(handlers: impl Iterator<Item = Handler>) -> Vec<u8> {
    let mut out = Vec::new();
    for h in handlers {
        put_high_first(&mut out, h.start + 1, 0x80);
        put_high_first(&mut out, h.end.saturating_sub(h.start), 0);
        put_high_first(&mut out, h.target + 1, 0);
        put_high_first(&mut out, h.depth << 1, 0);
    }
    out
}

/// The handlers of a `co_exceptiontable`; `None`: it makes no sense.
pub fn read_handlers(table: &[u8]) -> Option<Vec<Handler>> {
    let mut bytes = table.iter();
    let mut out = Vec::new();
    while bytes.len() > 0 {
        let mut number = || {
            let mut n = 0u32;
            loop {
                let b = *bytes.next()?;
                n = n.checked_mul(64)? | u32::from(b & 63);
                if b & 64 == 0 {
                    return Some(n);
                }
            }
        };
        let (start, len, target, depth) = (number()?, number()?, number()?, number()?);
        let start = start.checked_sub(1)?;
        out.push(Handler {
            start,
            end: start.checked_add(len)?,
            target: target.checked_sub(1)?,
            depth: depth >> 1,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_both_ways() {
        let place = |line, end, col, end_col| Place {
            line: Some(line),
            end_line: Some(end),
            col: Some(col),
            end_col: Some(end_col),
        };
        // def f(x):\n    return x
        let places = [place(2, 2, 0, 0), place(3, 3, 11, 12), place(3, 3, 4, 12)];
        let table = write_lines(2, &places);
        assert_eq!(table, b"\x80\x00\xd8\x0b\x0c\x80H");
        assert!(read_lines(2, &table, 9) == places);
        let odd = [
            Place::NONE,
            place(1, 900, 3, 5000),
            Place { line: Some(70), end_line: Some(70), col: None, end_col: None },
        ];
        assert!(read_lines(90, &write_lines(90, &odd), 9) == odd);
        assert!(read_lines(1, b"\xf0\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40", 9).is_empty());
    }

    #[test]
    fn handlers_both_ways() {
        let handlers = [Handler { start: 3, end: 90, target: 4096, depth: 2 }];
        let table = write_handlers(handlers.iter().copied());
        assert_eq!(read_handlers(&table).as_deref(), Some(&handlers[..]));
        assert_eq!(read_handlers(&table[1..]), None);
    }
}
