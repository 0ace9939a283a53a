//! Tables of multibyte encodings: which bytes stand for which characters.
//!
//! `tables.bin`, which `tools/gen_cjk.py` writes, holds one compressed table per encoding. Its numbers are seven bits a
//! byte, lowest first, the highest bit set in all but the last; sequences of bytes are numbers with the first byte
//! highest. A table consists of
//!
//! - 256 bytes, what a first byte is: 0 nothing, 1 a character, 2 the start of a sequence;
//! - sequences of one character: distance from the last sequence, and from the last code point (sign in the lowest bit);
//! - sequences of two characters: distance from the last sequence, both code points;
//! - how characters are encoded otherwise than by the first sequence that decodes to them: distance from the last one,
//!   sequence plus one, or 0 where it cannot be encoded;
//! - runs of sequences of four bytes: distance from the last one's number, first code point, length.

use std::collections::{HashMap, HashSet};
use taipan_pack::zlib::{Inflate, STREAM_END};

/// Name, place in the file, compressed size, size.
const INDEX: [(&str, usize, usize, usize); 16] = [
    ("gb2312", 0, 14166, 21093),
    ("gbk", 14166, 19031, 49926),
    ("gb18030", 33197, 20279, 55319),
    ("big5", 53476, 17779, 30913),
    ("big5hkscs", 71255, 30795, 47181),
    ("cp950", 102050, 17872, 31044),
    ("euc_kr", 119922, 12747, 22379),
    ("cp949", 132669, 14595, 40069),
    ("johab", 147264, 11981, 40132),
    ("shift_jis", 159245, 11662, 18131),
    ("cp932", 170907, 12564, 24090),
    ("euc_jp", 183471, 16036, 30510),
    ("euc_jis_2004", 199507, 25534, 47071),
    ("euc_jisx0213", 225041, 25510, 47039),
    ("shift_jis_2004", 250551, 18191, 28953),
    ("shift_jisx0213", 268742, 18169, 28920),
];

static DATA: &[u8] = include_bytes!("tables.bin");

pub struct Table {
    /// What a first byte is.
    pub lead: Vec<u8>,
    /// Sequence, code point, second code point or 0; sorted.
    decode: Vec<(u32, u32, u32)>,
    encode: HashMap<u32, u32>,
    pairs: HashMap<(u32, u32), u32>,
    /// Characters that may be the first of two.
    firsts: HashSet<u32>,
    /// Number of the first sequence of four bytes, code point, length.
    pub runs: Vec<(u32, u32, u32)>,
}

struct Numbers<'a>(std::slice::Iter<'a, u8>);

impl Numbers<'_> {
    fn next(&mut self) -> u32 {
        let (mut n, mut shift) = (0u32, 0);
        for b in self.0.by_ref() {
            n |= u32::from(b & 127).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if *b < 128 {
                break;
            }
        }
        n
    }

    fn signed(&mut self) -> u32 {
        let n = self.next();
        if n & 1 == 0 { n >> 1 } else { (n >> 1).wrapping_add(1).wrapping_neg() }
    }
}

fn inflate(data: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; size];
    let mut stream = Inflate::new(15).ok()?;
    let (mut read, mut written) = (0, 0);
    loop {
        let step = stream.run(data.get(read..)?, out.get_mut(written..)?, 0);
        read += step.read;
        written += step.written;
        if step.code == STREAM_END {
            return Some(out);
        }
        if step.read == 0 && step.written == 0 {
            return None;
        }
    }
}

impl Table {
    /// The table of an encoding.
    pub fn load(name: &str) -> Option<Table> {
        let (_, at, packed, size) = *INDEX.iter().find(|row| row.0 == name)?;
        let body = inflate(DATA.get(at..at + packed)?, size)?;
        let (lead, rest) = body.split_at_checked(256)?;
        let mut numbers = Numbers(rest.iter());
        let mut t = Table {
            lead: lead.to_vec(),
            decode: Vec::new(),
            encode: HashMap::new(),
            pairs: HashMap::new(),
            firsts: HashSet::new(),
            runs: Vec::new(),
        };
        let (mut seq, mut cp) = (0u32, 0u32);
        for _ in 0..numbers.next() {
            seq = seq.wrapping_add(numbers.next());
            cp = cp.wrapping_add(numbers.signed());
            t.decode.push((seq, cp, 0));
            t.encode.entry(cp).or_insert(seq);
        }
        seq = 0;
        for _ in 0..numbers.next() {
            seq = seq.wrapping_add(numbers.next());
            let (a, b) = (numbers.next(), numbers.next());
            t.decode.push((seq, a, b));
            t.pairs.insert((a, b), seq);
            t.firsts.insert(a);
        }
        t.decode.sort_unstable();
        cp = 0;
        for _ in 0..numbers.next() {
            cp = cp.wrapping_add(numbers.next());
            match numbers.next() {
                0 => t.encode.remove(&cp),
                seq => t.encode.insert(cp, seq - 1),
            };
        }
        let mut number = 0;
        for _ in 0..numbers.next() {
            number += numbers.next();
            t.runs.push((number, numbers.next(), numbers.next()));
        }
        Some(t)
    }

    /// The characters of a sequence; the second is 0 if there is one only.
    pub fn chars(&self, seq: u32) -> Option<(u32, u32)> {
        let at = self.decode.binary_search_by_key(&seq, |row| row.0).ok()?;
        self.decode.get(at).map(|row| (row.1, row.2))
    }

    pub fn sequence(&self, cp: u32) -> Option<u32> {
        self.encode.get(&cp).copied()
    }

    /// The sequence of two characters.
    pub fn pair(&self, a: u32, b: u32) -> Option<u32> {
        self.pairs.get(&(a, b)).copied()
    }

    pub fn is_first(&self, cp: u32) -> bool {
        self.firsts.contains(&cp)
    }

    /// The code point of a sequence of four bytes by its number.
    pub fn of_run(&self, number: u32) -> Option<u32> {
        let at = self.runs.partition_point(|r| r.0 <= number).checked_sub(1)?;
        let (first, cp, len) = *self.runs.get(at)?;
        (number - first < len).then(|| cp + (number - first))
    }

    /// The number of the sequence of four bytes for a code point.
    pub fn run_of(&self, cp: u32) -> Option<u32> {
        self.runs.iter().find(|r| (r.1..r.1 + r.2).contains(&cp)).map(|r| r.0 + (cp - r.1))
    }
}
