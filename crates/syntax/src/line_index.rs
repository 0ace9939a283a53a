//! Byte offsets to lines and columns.
//!
//! A line ends at `\n`; the source has been through `source::decode` or `source::normalize`, so no `\r` is left.

/// Where the lines of a source begin.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// From 1.
    pub line: u32,
    /// Bytes from the start of the line, from 0: `col_offset` in `ast`.
    pub byte_col: u32,
    /// Characters from the start of the line, from 0.
    pub char_col: u32,
}

impl LineIndex {
    pub fn new(source: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(source.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i as u32 + 1));
        LineIndex { starts }
    }

    /// How many lines there are; a final newline opens one more, empty line.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The line (from 1) of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&s| s <= offset) as u32
    }

    /// Line (from 1) and byte column (from 0) of a byte offset.
    pub fn line_col(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        (line, offset - self.line_start(line))
    }

    pub fn locate(&self, source: &str, offset: u32) -> Location {
        let (line, byte_col) = self.line_col(offset);
        let start = self.line_start(line) as usize;
        let char_col = source
            .as_bytes()
            .get(start..(start + byte_col as usize).min(source.len()))
            .map_or(byte_col, |s| s.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u32);
        Location { line, byte_col, char_col }
    }

    /// The byte offset at which a line (from 1) begins.
    pub fn line_start(&self, line: u32) -> u32 {
        let last = self.starts.len() - 1;
        self.starts[(line.saturating_sub(1) as usize).min(last)]
    }

    /// A line's text with its newline; empty when there is no such line.
    pub fn line_text<'s>(&self, source: &'s str, line: u32) -> &'s str {
        if line == 0 || line as usize > self.starts.len() {
            return "";
        }
        let start = self.starts[line as usize - 1] as usize;
        let end = self.starts.get(line as usize).map_or(source.len(), |&e| e as usize);
        source.get(start..end).unwrap_or("")
    }
}
