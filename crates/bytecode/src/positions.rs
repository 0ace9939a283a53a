//! Source positions of instructions, run-length and difference encoded.

use crate::blob::Blob;

/// Where an instruction comes from. Lines count from 1, columns from 0 in UTF-8 bytes. Line 0 means "no position";
/// column `u32::MAX` "no column".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    pub line: u32,
    pub end_line: u32,
    pub col: u32,
    pub end_col: u32,
}

pub const NO_COLUMN: u32 = u32::MAX;

impl Position {
    pub const NONE: Position = Position { line: 0, end_line: 0, col: NO_COLUMN, end_col: NO_COLUMN };

    pub const fn line(line: u32) -> Position {
        Position { line, end_line: line, col: NO_COLUMN, end_col: NO_COLUMN }
    }

    pub const fn is_none(&self) -> bool {
        self.line == 0
    }
}

/// A code object's positions, one per instruction word. Records: varint(run * 4 + kind), then by kind
/// 0 nothing (no position); 1 line only: svarint(line - previous); 2 full on one line: svarint line, varint col,
/// varint length; 3 full: svarint line, varint end_line - line, varint col, varint end_col.
#[derive(Clone, Default, Debug)]
pub struct Positions(pub(crate) Blob);

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

impl Positions {
    /// `first` is the code object's first line.
    pub fn encode(first: u32, positions: &[Position]) -> Positions {
        let mut out = Vec::new();
        let mut line = first;
        let mut i = 0;
        while i < positions.len() {
            let p = positions[i];
            let run = positions[i..].iter().take_while(|q| **q == p).count();
            i += run;
            let head = |kind: u64| (run as u64) << 2 | kind;
            if p.is_none() {
                put(&mut out, head(0));
                continue;
            }
            let delta = zigzag(p.line as i64 - line as i64);
            line = p.line;
            if p.col == NO_COLUMN || p.end_col == NO_COLUMN || p.end_line < p.line {
                put(&mut out, head(1));
                put(&mut out, delta);
            } else if p.end_line == p.line && p.end_col >= p.col {
                put(&mut out, head(2));
                put(&mut out, delta);
                put(&mut out, p.col as u64);
                put(&mut out, (p.end_col - p.col) as u64);
            } else {
                put(&mut out, head(3));
                put(&mut out, delta);
                put(&mut out, (p.end_line - p.line) as u64);
                put(&mut out, p.col as u64);
                put(&mut out, p.end_col as u64);
            }
        }
        Positions(Blob::from(out))
    }

    /// Runs of (number of words, position); stops at the first malformed record.
    pub fn runs(&self, first: u32) -> Runs<'_> {
        Runs { bytes: &self.0, line: first }
    }

    /// The position of instruction word `pc`.
    pub fn get(&self, first: u32, pc: usize) -> Position {
        let mut left = pc;
        for (run, position) in self.runs(first) {
            if left < run {
                return position;
            }
            left -= run;
        }
        Position::NONE
    }
}

impl Positions {
    /// The line of instruction word `pc`; 0: it has none.
    pub fn line(&self, first: u32, pc: usize) -> u32 {
        let mut runs = self.runs(first);
        let mut left = pc;
        while let Some((run, line)) = runs.next_line() {
            if left < run {
                return line;
            }
            left -= run;
        }
        0
    }
}

pub struct Runs<'a> {
    bytes: &'a [u8],
    line: u32,
}

impl Runs<'_> {
    fn varint(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..63).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            n |= ((byte & 0x7f) as u64) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    /// As `next`, with only the line.
    #[inline(always)]
    fn next_line(&mut self) -> Option<(usize, u32)> {
        let head = self.short()?;
        let run = (head >> 2) as usize;
        if head & 3 == 0 {
            return Some((run, 0));
        }
        let z = self.short()?;
        let delta = (z >> 1) as i64 ^ -((z & 1) as i64);
        self.line = u32::try_from((self.line as i64).checked_add(delta)?).ok()?;
        if head & 3 >= 2 {
            self.short()?;
            self.short()?;
            if head & 3 == 3 {
                self.short()?;
            }
        }
        Some((run, self.line))
    }

    /// A number that is mostly one byte.
    #[inline(always)]
    fn short(&mut self) -> Option<u64> {
        match self.bytes {
            [byte @ 0..0x80, rest @ ..] => {
                self.bytes = rest;
                Some(*byte as u64)
            }
            _ => self.varint(),
        }
    }

    fn u32(&mut self) -> Option<u32> {
        self.varint()?.try_into().ok()
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, Position);

    fn next(&mut self) -> Option<(usize, Position)> {
        let head = self.varint()?;
        let run = usize::try_from(head >> 2).ok()?;
        if head & 3 == 0 {
            return Some((run, Position::NONE));
        }
        let z = self.varint()?;
        let delta = (z >> 1) as i64 ^ -((z & 1) as i64);
        self.line = u32::try_from((self.line as i64).checked_add(delta)?).ok()?;
        let line = self.line;
        let position = match head & 3 {
            1 => Position::line(line),
            2 => {
                let col = self.u32()?;
                Position { line, end_line: line, col, end_col: col.checked_add(self.u32()?)? }
            }
            _ => {
                let end_line = line.checked_add(self.u32()?)?;
                Position { line, end_line, col: self.u32()?, end_col: self.u32()? }
            }
        };
        Some((run, position))
    }
}
