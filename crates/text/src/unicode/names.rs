//! Names of code points, aliases and named sequences: both ways.
//!
//! `names.bin` holds a dictionary of words by falling use and each name as numbers of words: one byte for the most
//! frequent, two for the others, one special byte for "the code point itself in hex". Every 16th name's place is
//! kept, as is every 16th word's. A permutation of the names in their order serves the way back. Hangul syllables and
//! the unified ideographs are computed.

use std::cmp::Ordering;

use super::{Edition, is_assigned, tables};

static BLOB: &[u8] = include_bytes!("names.bin");

const OWN_CODE: u8 = 255;
const CJK: &[u8] = b"CJK UNIFIED IDEOGRAPH-";
const TANGUT: &[u8] = b"TANGUT IDEOGRAPH-";
const HANGUL: &[u8] = b"HANGUL SYLLABLE ";
const TANGUT_RANGES: [(u32, u32); 2] = [(0x17000, 0x187F7), (0x18D00, 0x18D08)];
const S_BASE: u32 = 0xAC00;
const S_COUNT: u32 = 11172;

const LEADS: [&str; 19] =
    ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];
const VOWELS: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI",
    "YU", "EU", "YI", "I",
];
const TAILS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS",
    "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];

/// `unicodedata.name`: the name proper, no aliases.
pub fn name(edition: Edition, cp: u32) -> Option<String> {
    if edition == Edition::Old && !is_assigned(Edition::Old, cp) {
        return None;
    }
    if let Some(index) = cp.checked_sub(S_BASE).filter(|index| *index < S_COUNT) {
        let (lead, vowel, tail) = (index / 588, index % 588 / 28, index % 28);
        return Some(format!(
            "HANGUL SYLLABLE {}{}{}",
            LEADS[lead as usize], VOWELS[vowel as usize], TAILS[tail as usize]
        ));
    }
    if is_unified_ideograph(cp) {
        return Some(format!("CJK UNIFIED IDEOGRAPH-{cp:X}"));
    }
    if is_tangut(cp) {
        return Some(format!("TANGUT IDEOGRAPH-{cp:X}"));
    }
    let run = tables::NAME_RUNS.partition_point(|run| run.0 <= cp).checked_sub(1)?;
    let (first, last, entry) = tables::NAME_RUNS[run];
    if cp > last {
        return None;
    }
    let mut bytes = Vec::with_capacity(40);
    entry_name(usize::from(entry) + (cp - first) as usize, cp, &mut bytes)?;
    String::from_utf8(bytes).ok()
}

/// The code points that bear a name: a character's, an alias or, where `sequences` allows, a named sequence.
/// The case of the letters does not matter.
pub fn lookup(edition: Edition, name: &[u8], sequences: bool) -> Option<Vec<u32>> {
    let wanted = name.to_ascii_uppercase();
    let known = |cp: u32| edition == Edition::Current || is_assigned(edition, cp);
    let one = |cp: Option<u32>| cp.filter(|cp| known(*cp)).map(|cp| vec![cp]);
    if let Some(syllable) = wanted.strip_prefix(HANGUL) {
        return one(lookup_hangul(syllable));
    }
    if let Some(hex) = wanted.strip_prefix(CJK) {
        return one(code_in_hex(hex).filter(|cp| is_unified_ideograph(*cp)));
    }
    if let Some(hex) = wanted.strip_prefix(TANGUT) {
        return one(code_in_hex(hex).filter(|cp| is_tangut(*cp)));
    }
    let (_, count) = tables::BY_NAME;
    let mut buf = Vec::with_capacity(64);
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        let entry = read_u16(tables::BY_NAME, middle)?;
        buf.clear();
        let codes = entry_codes(entry)?;
        entry_name(entry, *codes.as_ref().first()?, &mut buf)?;
        match buf.as_slice().cmp(&wanted) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => {
                let codes = codes.as_ref();
                return match (edition, codes) {
                    (Edition::Old, _) if entry >= tables::EXTRA_FIRST => None,
                    (Edition::Old, [cp]) if !is_assigned(Edition::Old, *cp) => None,
                    (_, [_, _, ..]) if !sequences => None,
                    _ => Some(codes.to_vec()),
                };
            }
        }
    }
    None
}

fn is_unified_ideograph(cp: u32) -> bool {
    let place = tables::CJK_RANGES.partition_point(|range| range.0 <= cp);
    place > 0 && cp <= tables::CJK_RANGES[place - 1].1
}

fn is_tangut(cp: u32) -> bool {
    TANGUT_RANGES.iter().any(|range| (range.0..=range.1).contains(&cp))
}

fn code_in_hex(hex: &[u8]) -> Option<u32> {
    if !matches!(hex.len(), 4 | 5) || hex.len() == 5 && hex[0] == b'0' {
        return None;
    }
    let mut cp = 0;
    for byte in hex {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        cp = cp << 4 | u32::from(digit);
    }
    Some(cp)
}

/// The longest lead, then the longest vowel, then the longest tail, which must end the name.
fn lookup_hangul(mut rest: &[u8]) -> Option<u32> {
    let mut index = 0;
    for parts in [&LEADS[..], &VOWELS[..], &TAILS[..]] {
        let (row, part) = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| rest.starts_with(part.as_bytes()))
            .max_by_key(|(_, part)| part.len())?;
        rest = &rest[part.len()..];
        index = index * parts.len() as u32 + row as u32;
    }
    rest.is_empty().then_some(S_BASE + index)
}

fn read_u16((offset, _): (usize, usize), index: usize) -> Option<usize> {
    let at = offset + 2 * index;
    BLOB.get(at..at + 2).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])))
}

fn read_u32((offset, _): (usize, usize), index: usize) -> Option<usize> {
    let at = offset + 4 * index;
    BLOB.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
}

/// What an entry stands for.
enum Codes {
    One([u32; 1]),
    Extra(&'static [u32]),
}

impl AsRef<[u32]> for Codes {
    fn as_ref(&self) -> &[u32] {
        match self {
            Codes::One(cp) => cp,
            Codes::Extra(codes) => codes,
        }
    }
}

fn entry_codes(entry: usize) -> Option<Codes> {
    if let Some(extra) = entry.checked_sub(tables::EXTRA_FIRST) {
        return tables::EXTRA.get(extra).map(|codes| Codes::Extra(codes));
    }
    let run = tables::NAME_RUNS.partition_point(|run| usize::from(run.2) <= entry).checked_sub(1)?;
    let (first, _, start) = tables::NAME_RUNS[run];
    Some(Codes::One([first + (entry - usize::from(start)) as u32]))
}

/// Appends the name of an entry.
fn entry_name(entry: usize, cp: u32, out: &mut Vec<u8>) -> Option<()> {
    let (base, _) = tables::NAMES;
    let mut at = base + read_u32(tables::NAME_STEPS, entry / tables::NAME_STEP)?;
    for _ in 0..entry % tables::NAME_STEP {
        at += 1 + usize::from(*BLOB.get(at)?);
    }
    let len = usize::from(*BLOB.get(at)?);
    let mut code = BLOB.get(at + 1..at + 1 + len)?.iter();
    while let Some(&byte) = code.next() {
        if byte == OWN_CODE {
            out.extend_from_slice(format!("{cp:04X}").as_bytes());
        } else if usize::from(byte) < tables::WORD_SHORT {
            out.extend_from_slice(word(usize::from(byte))?);
        } else {
            let high = usize::from(byte) - tables::WORD_SHORT;
            out.extend_from_slice(word(tables::WORD_SHORT + (high << 8 | usize::from(*code.next()?)))?);
        }
    }
    Some(())
}

fn word(index: usize) -> Option<&'static [u8]> {
    let (lengths, _) = tables::WORD_LENGTHS;
    let group = index - index % tables::NAME_STEP;
    let before = BLOB.get(lengths + group..lengths + index)?;
    let start = tables::WORDS.0
        + read_u32(tables::WORD_STEPS, index / tables::NAME_STEP)?
        + before.iter().map(|len| usize::from(*len)).sum::<usize>();
    BLOB.get(start..start + usize::from(*BLOB.get(lengths + index)?))
}
