//! Constants and tables of strings: encoded bytes that are decoded one entry at a time, in place.

use crate::blob::Blob;
use crate::code::CodeData;

/// A constant. Text is WTF-8.
#[derive(Clone, Debug)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// An int beyond 64 bits: sign and magnitude, little endian.
    BigInt {
        negative: bool,
        magnitude: Blob,
    },
    Float(f64),
    Complex(f64, f64),
    Str(Blob),
    Bytes(Blob),
    Tuple(Vec<Const>),
    FrozenSet(Vec<Const>),
    /// start, stop, step.
    Slice(Box<[Const; 3]>),
    Code(Box<CodeData>),
}

/// Nesting of tuples and code objects that a file may have.
pub(crate) const MAX_DEPTH: u32 = 400;

mod tag {
    pub const NONE: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const ELLIPSIS: u8 = 3;
    pub const INT: u8 = 4;
    pub const BIG_INT: u8 = 5;
    pub const FLOAT: u8 = 6;
    pub const COMPLEX: u8 = 7;
    pub const STR: u8 = 8;
    pub const BYTES: u8 = 9;
    pub const TUPLE: u8 = 10;
    pub const FROZEN_SET: u8 = 11;
    pub const SLICE: u8 = 12;
    pub const CODE: u8 = 13;
}

impl Const {
    pub fn str(text: &str) -> Const {
        Const::Str(Blob::from(text.as_bytes().to_vec()))
    }

    /// Appends the encoding; `out` must start 8-aligned in the final image, so that nested code is aligned.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let sized = |out: &mut Vec<u8>, t: u8, bytes: &[u8]| {
            out.push(t);
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
        };
        let items = |out: &mut Vec<u8>, t: u8, items: &[Const]| {
            out.push(t);
            out.extend((items.len() as u32).to_le_bytes());
            for item in items {
                item.encode(out);
            }
        };
        match self {
            Const::None => out.push(tag::NONE),
            Const::True => out.push(tag::TRUE),
            Const::False => out.push(tag::FALSE),
            Const::Ellipsis => out.push(tag::ELLIPSIS),
            Const::Int(n) => {
                out.push(tag::INT);
                out.extend(n.to_le_bytes());
            }
            Const::BigInt { negative, magnitude } => {
                out.push(tag::BIG_INT);
                out.push(*negative as u8);
                out.extend((magnitude.len() as u32).to_le_bytes());
                out.extend(&magnitude[..]);
            }
            Const::Float(f) => {
                out.push(tag::FLOAT);
                out.extend(f.to_bits().to_le_bytes());
            }
            Const::Complex(re, im) => {
                out.push(tag::COMPLEX);
                out.extend(re.to_bits().to_le_bytes());
                out.extend(im.to_bits().to_le_bytes());
            }
            Const::Str(text) => sized(out, tag::STR, text),
            Const::Bytes(bytes) => sized(out, tag::BYTES, bytes),
            Const::Tuple(list) => items(out, tag::TUPLE, list),
            Const::FrozenSet(list) => items(out, tag::FROZEN_SET, list),
            Const::Slice(parts) => {
                out.push(tag::SLICE);
                for part in parts.iter() {
                    part.encode(out);
                }
            }
            Const::Code(code) => {
                out.push(tag::CODE);
                while !out.len().is_multiple_of(8) {
                    out.push(0);
                }
                let bytes = crate::serial::serialize(code);
                out.extend(bytes);
            }
        }
    }
}

/// Reads little-endian fields of a blob; every read is checked.
pub(crate) struct Reader<'a> {
    pub blob: &'a Blob,
    pub at: usize,
}

impl Reader<'_> {
    fn take(&mut self, n: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(n)?;
        let part = self.blob.get(self.at..end)?;
        self.at = end;
        Some(part)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }

    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }

    fn sized(&mut self) -> Option<Blob> {
        let n = self.u32()? as usize;
        let blob = self.blob.slice(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(blob)
    }

    /// The bytes of the code object that begins at the next multiple of 8.
    fn code(&mut self) -> Option<Blob> {
        let start = self.at.checked_next_multiple_of(8)?;
        self.at = start;
        let len = self.u32()? as usize;
        let end = start.checked_add(len)?;
        self.at = end;
        self.blob.slice(start..end)
    }

    fn items(&mut self, filename: &Blob, depth: u32) -> Option<Vec<Const>> {
        let n = self.u32()? as usize;
        // Each item takes a byte at least: a lying count cannot make us reserve more than the file's size.
        if n > self.blob.len().saturating_sub(self.at) {
            return None;
        }
        (0..n).map(|_| self.constant(filename, depth)).collect()
    }

    /// Decodes one constant; `filename` is what nested code inherits.
    pub fn constant(&mut self, filename: &Blob, depth: u32) -> Option<Const> {
        let depth = depth.checked_sub(1)?;
        Some(match self.u8()? {
            tag::NONE => Const::None,
            tag::TRUE => Const::True,
            tag::FALSE => Const::False,
            tag::ELLIPSIS => Const::Ellipsis,
            tag::INT => Const::Int(self.u64()? as i64),
            tag::BIG_INT => {
                let negative = self.u8()? != 0;
                Const::BigInt { negative, magnitude: self.sized()? }
            }
            tag::FLOAT => Const::Float(f64::from_bits(self.u64()?)),
            tag::COMPLEX => Const::Complex(f64::from_bits(self.u64()?), f64::from_bits(self.u64()?)),
            tag::STR => Const::Str(self.sized()?),
            tag::BYTES => Const::Bytes(self.sized()?),
            tag::TUPLE => Const::Tuple(self.items(filename, depth)?),
            tag::FROZEN_SET => Const::FrozenSet(self.items(filename, depth)?),
            tag::SLICE => {
                let mut part = || self.constant(filename, depth);
                Const::Slice(Box::new([part()?, part()?, part()?]))
            }
            tag::CODE => {
                let bytes = self.code()?;
                Const::Code(Box::new(crate::serial::load_nested(bytes, filename).ok()?))
            }
            _ => return None,
        })
    }
}

/// A code object's constants: count, offsets, encoded values.
#[derive(Clone, Default, Debug)]
pub struct Consts(pub(crate) Blob);

impl Consts {
    pub fn encode(consts: &[Const]) -> Consts {
        let mut out = vec![0; 4 + 4 * consts.len()];
        out[..4].copy_from_slice(&(consts.len() as u32).to_le_bytes());
        for (i, c) in consts.iter().enumerate() {
            let at = out.len() as u32;
            out[4 + 4 * i..8 + 4 * i].copy_from_slice(&at.to_le_bytes());
            c.encode(&mut out);
        }
        Consts(Blob::from(out))
    }

    pub fn len(&self) -> usize {
        let n = Reader { blob: &self.0, at: 0 }.u32().unwrap_or(0) as usize;
        n.min(self.0.len() / 4)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Decodes constant `index`; nested code inherits `filename` when it has none of its own.
    pub fn get(&self, index: usize, filename: &Blob) -> Option<Const> {
        if index >= self.len() {
            return None;
        }
        let at = Reader { blob: &self.0, at: 4 + 4 * index }.u32()? as usize;
        Reader { blob: &self.0, at }.constant(filename, MAX_DEPTH)
    }

    /// The bytes of constant `index` if it is a code object: what `serial::load_nested` takes.
    pub fn nested(&self, index: usize) -> Option<Blob> {
        if index >= self.len() {
            return None;
        }
        let mut reader = Reader { blob: &self.0, at: 4 + 4 * index };
        reader.at = reader.u32()? as usize;
        if reader.u8()? != tag::CODE { None } else { reader.code() }
    }

    /// Is constant `index` a code object? (Without decoding it.)
    pub fn is_code(&self, index: usize) -> bool {
        let at = Reader { blob: &self.0, at: 4 + 4 * index.min(self.0.len()) }.u32();
        index < self.len() && at.and_then(|at| self.0.get(at as usize)) == Some(&tag::CODE)
    }

    /// Is constant `index` a tuple of that many strings? (The names of a keyword call.)
    pub fn str_tuple_len(&self, index: usize) -> Option<usize> {
        match self.get(index, &Blob::default())? {
            Const::Tuple(items) if items.iter().all(|c| matches!(c, Const::Str(_))) => Some(items.len()),
            _ => None,
        }
    }
}

/// A table of WTF-8 strings: count, count + 1 offsets, bytes.
#[derive(Clone, Default, Debug)]
pub struct StrTable(pub(crate) Blob);

impl StrTable {
    pub fn encode<T: AsRef<[u8]>>(strings: &[T]) -> StrTable {
        if strings.is_empty() {
            return StrTable::default();
        }
        let n = strings.len();
        let mut out = vec![0; 8 + 4 * n];
        out[..4].copy_from_slice(&(n as u32).to_le_bytes());
        for (i, s) in strings.iter().enumerate() {
            let at = out.len() as u32;
            out[4 + 4 * i..8 + 4 * i].copy_from_slice(&at.to_le_bytes());
            out.extend(s.as_ref());
        }
        let end = out.len() as u32;
        out[4 + 4 * n..8 + 4 * n].copy_from_slice(&end.to_le_bytes());
        StrTable(Blob::from(out))
    }

    pub fn len(&self) -> usize {
        let n = Reader { blob: &self.0, at: 0 }.u32().unwrap_or(0) as usize;
        n.min(self.0.len() / 4)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn blob(&self, index: usize) -> Option<Blob> {
        if index >= self.len() {
            return None;
        }
        let mut reader = Reader { blob: &self.0, at: 4 + 4 * index };
        let (start, end) = (reader.u32()? as usize, reader.u32()? as usize);
        self.0.slice(start..end)
    }

    pub fn get(&self, index: usize) -> Option<&[u8]> {
        if index >= self.len() {
            return None;
        }
        let mut reader = Reader { blob: &self.0, at: 4 + 4 * index };
        let (start, end) = (reader.u32()? as usize, reader.u32()? as usize);
        self.0.get(start..end)
    }

    /// The string as text, lossy where it holds lone surrogates.
    pub fn text(&self, index: usize) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.get(index).unwrap_or(b"?"))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + '_ {
        let bytes: &[u8] = &self.0;
        let (words, _) = bytes.as_chunks::<4>();
        let n = self.len().min(words.len().saturating_sub(2));
        let offset = |i: usize| words.get(i).map_or(0, |w| u32::from_le_bytes(*w) as usize);
        (1..n + 1).map(move |i| bytes.get(offset(i)..offset(i + 1)).unwrap_or(&[]))
    }
}
