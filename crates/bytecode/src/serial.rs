//! Code objects as bytes. The layout is a header of scalars and a table of sections, each used in place, so loading
//! costs nothing that depends on the size. The image must start 8-aligned for instruction words to be.

use crate::blob::Blob;
use crate::code::CodeData;
use crate::consts::{Consts, StrTable};
use crate::exceptions::ExceptionTable;
use crate::positions::Positions;
use crate::site::Sites;

/// Magic number of cached files: the first four bytes, as PEP 552 has them. Changes with every change of format.
pub const MAGIC: [u8; 4] = [0x04, 0x70, b'\r', b'\n'];

/// Version word of the format, checked when loading.
const FORMAT: u32 = 0x5450_0003;

const SCALARS: usize = 8;
const SECTIONS: usize = 14;
const HEADER: usize = 8 + 4 * SCALARS + 8 * SECTIONS;

/// Why bytes are not a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    Truncated,
    Format,
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LoadError::Truncated => "truncated code object",
            LoadError::Format => "bad code object format",
        })
    }
}

impl std::error::Error for LoadError {}

fn sections(code: &CodeData) -> [&Blob; SECTIONS] {
    [
        &code.instrs,
        &code.consts.0,
        &code.names.0,
        &code.varnames.0,
        &code.cellvars.0,
        &code.freevars.0,
        &code.local_kinds,
        &code.cell_args,
        &code.sites.0,
        &code.positions.0,
        &code.exceptions.0,
        &code.filename,
        &code.name,
        &code.qualname,
    ]
}

/// The code object as bytes, nested ones included.
pub fn serialize(code: &CodeData) -> Vec<u8> {
    let mut out = vec![0; HEADER];
    let mut table = Vec::with_capacity(SECTIONS * 8);
    for section in sections(code) {
        while !out.len().is_multiple_of(8) {
            out.push(0);
        }
        table.extend((out.len() as u32).to_le_bytes());
        table.extend((section.len() as u32).to_le_bytes());
        out.extend(&section[..]);
    }
    while !out.len().is_multiple_of(8) {
        out.push(0);
    }
    let scalars = [
        out.len() as u32,
        FORMAT,
        code.argcount,
        code.posonlyargcount,
        code.kwonlyargcount,
        code.nlocals,
        code.ncells,
        code.ntemps,
        code.flags,
        code.firstlineno,
    ];
    let mut header = Vec::with_capacity(HEADER);
    for n in scalars {
        header.extend(n.to_le_bytes());
    }
    header.extend(table);
    out[..HEADER].copy_from_slice(&header);
    out
}

/// A code object from bytes that `serialize` wrote. Only the layout is checked: bytes that nobody vouches for must go
/// through `verify` before they run.
pub fn load(bytes: Blob) -> Result<CodeData, LoadError> {
    load_nested(bytes, &Blob::default())
}

/// As [`load`], for code that is a constant of other code: without a file name of its own it has the other's.
pub fn load_nested(bytes: Blob, filename: &Blob) -> Result<CodeData, LoadError> {
    let header: &[u8; HEADER] = bytes.first_chunk().ok_or(LoadError::Truncated)?;
    let (words, _) = header.as_chunks();
    let word = |i: usize| words.get(i).map_or(0, |w| u32::from_le_bytes(*w));
    if word(1) != FORMAT || word(0) as usize != bytes.len() {
        return Err(LoadError::Format);
    }
    let section = |i: usize| {
        let row = 2 + SCALARS + 2 * i;
        let (at, len) = (word(row) as usize, word(row + 1) as usize);
        bytes.slice(at..at.saturating_add(len)).ok_or(LoadError::Truncated)
    };
    let own = section(11)?;
    Ok(CodeData {
        argcount: word(2),
        posonlyargcount: word(3),
        kwonlyargcount: word(4),
        nlocals: word(5),
        ncells: word(6),
        ntemps: word(7),
        flags: word(8),
        firstlineno: word(9),
        instrs: section(0)?,
        consts: Consts(section(1)?),
        names: StrTable(section(2)?),
        varnames: StrTable(section(3)?),
        cellvars: StrTable(section(4)?),
        freevars: StrTable(section(5)?),
        local_kinds: section(6)?,
        cell_args: section(7)?,
        sites: Sites(section(8)?),
        positions: Positions(section(9)?),
        exceptions: ExceptionTable(section(10)?),
        filename: if own.is_empty() { filename.clone() } else { own },
        name: section(12)?,
        qualname: section(13)?,
    })
}

/// What can be read off the bytes of a code object without loading it.
#[derive(Clone, Copy)]
pub struct Glance<'a>(pub &'a [u8]);

impl<'a> Glance<'a> {
    fn word(self, at: usize) -> usize {
        let raw = self.0.get(at..).and_then(|rest| rest.first_chunk());
        raw.map_or(0, |raw| u32::from_le_bytes(*raw) as usize)
    }

    fn section(self, index: usize) -> &'a [u8] {
        let row = 8 + 4 * SCALARS + 8 * index;
        let (at, len) = (self.word(row), self.word(row + 4));
        self.0.get(at..at.saturating_add(len)).unwrap_or_default()
    }

    /// `CodeData::flags`.
    pub fn flags(self) -> u32 {
        self.word(8 + 4 * 6) as u32
    }

    /// `CodeData::name`.
    pub fn name(self) -> &'a [u8] {
        self.section(12)
    }

    /// `CodeData::qualname`.
    pub fn qualname(self) -> &'a [u8] {
        self.section(13)
    }
}

#[cfg(test)]
mod tests {
    use super::{Glance, serialize};
    use crate::{Blob, CodeData};

    #[test]
    fn a_glance_tells_what_loading_tells() {
        let text = |s: &str| Blob::from(s.as_bytes().to_vec());
        let code = CodeData {
            flags: 0x43,
            firstlineno: 7,
            filename: text("file"),
            name: text("name"),
            qualname: text("class.name"),
            ..CodeData::default()
        };
        let bytes = serialize(&code);
        let seen = Glance(&bytes);
        assert_eq!((seen.flags(), seen.name(), seen.qualname()), (0x43, &b"name"[..], &b"class.name"[..]));
        assert_eq!(Glance(b"").name(), b"");
    }
}
