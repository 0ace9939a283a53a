//! ISO 2022: escape sequences designate character sets to G0, G1 and G2.
//!
//! The state's bytes: what is designated to G0, G1 and G2, then at 4 the flags.

use super::codec::{Found, Put, State, push};
use super::table::Table;
use std::rc::Rc;

const ESC: u8 = 0x1B;
const SO: u8 = 0x0E;
const SI: u8 = 0x0F;
/// Set in the final byte of sets of two bytes a character.
const DOUBLE: u8 = 0x80;
const ASCII: u8 = b'B';
const ROMAN: u8 = b'J';
const KATAKANA: u8 = b'I';
const LATIN1: u8 = b'A';
const GREEK: u8 = b'F';
const JIS1978: u8 = b'@' | DOUBLE;
const JIS1983: u8 = b'B' | DOUBLE;
const JIS_SUPPLEMENT: u8 = b'D' | DOUBLE;
const JIS2000_1: u8 = b'O' | DOUBLE;
const JIS2000_2: u8 = b'P' | DOUBLE;
const JIS2004_1: u8 = b'Q' | DOUBLE;
const KOREAN: u8 = b'C' | DOUBLE;
const CHINESE: u8 = b'A' | DOUBLE;

const SHIFTED: u8 = 1;
/// An escape sequence of another kind goes through as it is.
const THROUGH: u8 = 2;

pub const START_DECODING: State = State([ASCII, ASCII, ASCII, 0, 0, 0, 0, 0]);
pub const START: State = State([ASCII, ASCII, 0, 0, 0, 0, 0, 0]);

/// A character set of an encoding.
struct Set {
    id: u8,
    /// G0, G1 or G2.
    place: usize,
    table: Option<Rc<Table>>,
}

pub struct Iso2022 {
    sets: Vec<Set>,
    shifts: bool,
    has_g2: bool,
    /// The longer designation of JIS X 0208.
    extended: bool,
}

pub fn reset(state: &mut State, out: &mut Vec<u8>) {
    if state.0[4] & SHIFTED != 0 {
        out.push(SI);
        state.0[4] &= !SHIFTED;
    }
    if state.0[0] != ASCII {
        out.extend_from_slice(b"\x1b(B");
        state.0[0] = ASCII;
    }
}

impl Iso2022 {
    pub fn new(name: &str) -> Option<Iso2022> {
        let ids: &[u8] = match name {
            "iso2022_kr" => &[KOREAN],
            "iso2022_jp" => &[JIS1983, ROMAN, JIS1978],
            "iso2022_jp_1" => &[JIS1983, JIS_SUPPLEMENT, ROMAN, JIS1978],
            "iso2022_jp_2" => &[JIS1983, JIS_SUPPLEMENT, KOREAN, CHINESE, ROMAN, JIS1978, LATIN1, GREEK],
            "iso2022_jp_2004" => &[JIS1983, JIS2004_1, JIS2000_2],
            "iso2022_jp_3" => &[JIS1983, JIS2000_1, JIS2000_2],
            "iso2022_jp_ext" => &[JIS1983, JIS_SUPPLEMENT, ROMAN, KATAKANA, JIS1978],
            _ => return None,
        };
        let wide = if name == "iso2022_jp_3" { "euc_jisx0213" } else { "euc_jis_2004" };
        let mut loaded: Vec<(&str, Rc<Table>)> = Vec::new();
        let mut sets = Vec::new();
        for id in ids {
            let from = match *id {
                JIS1978 | JIS1983 | JIS_SUPPLEMENT => Some("euc_jp"),
                JIS2000_1 | JIS2000_2 | JIS2004_1 => Some(wide),
                KOREAN => Some("euc_kr"),
                CHINESE => Some("gb2312"),
                _ => None,
            };
            let table = match from {
                None => None,
                Some(from) => Some(match loaded.iter().find(|row| row.0 == from) {
                    Some(row) => row.1.clone(),
                    None => {
                        let table = Rc::new(Table::load(from)?);
                        loaded.push((from, table.clone()));
                        table
                    }
                }),
            };
            let place = match *id {
                LATIN1 | GREEK => 2,
                KOREAN if name == "iso2022_kr" => 1,
                _ => 0,
            };
            sets.push(Set { id: *id, place, table });
        }
        let extended = matches!(name, "iso2022_jp_3" | "iso2022_jp_2004");
        Some(Iso2022 { sets, shifts: name == "iso2022_kr", has_g2: name == "iso2022_jp_2", extended })
    }

    fn set(&self, id: u8) -> Option<&Set> {
        self.sets.iter().find(|s| s.id == id)
    }

    pub fn decode(&self, state: &mut State, bytes: &[u8]) -> Found {
        let Some(&c) = bytes.first() else { return Found::Incomplete };
        let plain = Found::Chars(u32::from(c), 0, 1);
        if state.0[4] & THROUGH != 0 {
            if matches!(c, b'A'..=b'Z' | b'@') {
                state.0[4] &= !THROUGH;
            }
            return plain;
        }
        match c {
            ESC => match bytes.get(1) {
                None => Found::Incomplete,
                Some(b'(' | b')' | b'$' | b'.' | b'&') => self.escape(state, bytes),
                Some(b'N') if self.has_g2 => match bytes.get(2) {
                    None => Found::Incomplete,
                    Some(b) => single_shift(state.0[2], *b),
                },
                Some(_) => {
                    state.0[4] |= THROUGH;
                    plain
                }
            },
            SI if self.shifts => {
                state.0[4] &= !SHIFTED;
                Found::Nothing(1)
            }
            SO if self.shifts => {
                state.0[4] |= SHIFTED;
                Found::Nothing(1)
            }
            b'\n' => {
                state.0[4] &= !SHIFTED;
                plain
            }
            0..0x20 => plain,
            0x80.. => Found::Illegal(1),
            _ => {
                let id = state.0[usize::from(state.0[4] & SHIFTED)];
                if id == ASCII { plain } else { self.char_of(id, bytes) }
            }
        }
    }

    /// A character of a designated set.
    fn char_of(&self, id: u8, bytes: &[u8]) -> Found {
        let Some(set) = self.set(id) else { return Found::Illegal(1) };
        let Some(table) = &set.table else {
            let Some(&b) = bytes.first() else { return Found::Incomplete };
            let cp = match (id, b) {
                (ROMAN, 0x5C) => 0xA5,
                (ROMAN, 0x7E) => 0x203E,
                (ROMAN, _) => u32::from(b),
                (KATAKANA, 0x21..=0x5F) => 0xFF40 + u32::from(b),
                _ => return Found::Illegal(1),
            };
            return Found::Chars(cp, 0, 1);
        };
        let [a, b, ..] = bytes else { return Found::Incomplete };
        let mut seq = u32::from(*a | 0x80) << 8 | u32::from(*b | 0x80);
        if matches!(id, JIS_SUPPLEMENT | JIS2000_2) {
            seq |= 0x8F_0000;
        }
        if id == JIS2000_2 && !in_plane_2(seq) {
            return Found::Illegal(2);
        }
        if matches!(id, KOREAN) && seq == 0xA4D4 {
            return Found::Chars(0x3164, 0, 2);
        }
        match table.chars(seq) {
            Some((a, b)) => Found::Chars(a, b, 2),
            None => Found::Illegal(2),
        }
    }

    fn escape(&self, state: &mut State, bytes: &[u8]) -> Found {
        let mut at = 1;
        let len = loop {
            match bytes.get(at) {
                None => return Found::Incomplete,
                Some(b'A'..=b'Z' | b'@') => break at + 1,
                Some(b'&') if self.extended && bytes.get(at + 1) == Some(&b'@') => at += 1,
                Some(_) => {}
            }
            at += 1;
            if at >= 16 {
                return Found::Illegal(1);
            }
        };
        let (id, place) = match bytes.get(..len).unwrap_or_default() {
            [_, b'$', x] => (x | DOUBLE, 0),
            [_, b'(', x] => (*x, 0),
            [_, b')', x] => (*x, 1),
            [_, b'.', x] if self.has_g2 => (*x, 2),
            [_, b'$', b'(', x] => (x | DOUBLE, 0),
            [_, b'$', b')', x] => (x | DOUBLE, 1),
            [_, b'&', b'@', ESC, b'$', b'B'] if self.extended => (JIS1983, 0),
            _ => return Found::Illegal(len),
        };
        if id != ASCII && self.set(id).is_none() {
            return Found::Illegal(len);
        }
        state.0[place] = id;
        Found::Nothing(len)
    }

    pub fn encode(&self, state: &mut State, chars: &[u32], last: bool, out: &mut Vec<u8>) -> Put {
        let Some(&c) = chars.first() else { return Put::Incomplete };
        if c < 0x80 {
            if state.0[0] != ASCII {
                out.extend_from_slice(b"\x1b(B");
                state.0[0] = ASCII;
            }
            if state.0[4] & SHIFTED != 0 {
                out.push(SI);
                state.0[4] &= !SHIFTED;
            }
            out.push(c as u8);
            return Put::Done(1);
        }
        // Two characters with one code come before either has its own.
        for set in &self.sets {
            if matches!(set.id, JIS2000_1 | JIS2004_1)
                && let Some(table) = &set.table
                && table.is_first(c)
            {
                match chars.get(1) {
                    None if !last => return Put::Incomplete,
                    Some(next) => {
                        if let Some(seq) = table.pair(c, *next) {
                            designate(set, state, out);
                            push(seq & 0x7F7F, out);
                            return Put::Done(2);
                        }
                    }
                    None => {}
                }
            }
        }
        for set in &self.sets {
            if let Some(code) = code_in(set, c) {
                designate(set, state, out);
                push(code, out);
                return Put::Done(1);
            }
        }
        Put::Illegal(1)
    }
}

/// The code of a character in a set, without the highest bits.
fn code_in(set: &Set, c: u32) -> Option<u32> {
    if set.id == KOREAN && c == 0x3164 {
        return Some(0x2454);
    }
    let Some(table) = &set.table else {
        return match (set.id, c) {
            (ROMAN, 0xA5) => Some(0x5C),
            (ROMAN, 0x203E) => Some(0x7E),
            (KATAKANA, 0xFF61..=0xFF9F) => Some(c - 0xFF40),
            _ => None,
        };
    };
    let seq = table.sequence(c)?;
    let three = matches!(set.id, JIS_SUPPLEMENT | JIS2000_2);
    match seq {
        _ if set.id == JIS2000_2 && !in_plane_2(seq) => None,
        // Wide characters that only the encoding in bytes has.
        _ if c == 0xFF5E && matches!(set.id, JIS2000_1 | JIS2004_1) => None,
        0x8F_0000.. if three => Some(seq & 0x7F7F),
        0xA1A1..=0xFFFF if !three => Some(seq & 0x7F7F),
        _ => None,
    }
}

/// Whether a sequence is of JIS X 0213's second plane, which shares its first byte with JIS X 0212 in the tables.
fn in_plane_2(seq: u32) -> bool {
    matches!(seq >> 8 & 0x7F, 0x21 | 0x23..=0x25 | 0x28 | 0x2C..=0x2F | 0x6E..=0x7E)
}

fn designate(set: &Set, state: &mut State, out: &mut Vec<u8>) {
    let shifted = state.0[4] & SHIFTED != 0;
    if set.place == 0 && shifted {
        out.push(SI);
        state.0[4] &= !SHIFTED;
    }
    if state.0[set.place] != set.id {
        out.push(ESC);
        let letter = set.id & !DOUBLE;
        if set.id & DOUBLE != 0 {
            out.push(b'$');
        }
        match (set.place, set.id) {
            (0, JIS1978 | JIS1983) => {}
            (0, _) => out.push(b'('),
            _ => out.push(b')'),
        }
        out.push(letter);
        state.0[set.place] = set.id;
    }
    if set.place == 1 && !shifted {
        out.push(SO);
        state.0[4] |= SHIFTED;
    }
}

/// A character of the set designated to G2, which `ESC N` brings for one character.
fn single_shift(id: u8, b: u8) -> Found {
    let greek = |b: u8| match b {
        0xA0..=0xA3 | 0xA6..=0xA9 | 0xAB..=0xAD | 0xB0..=0xB3 | 0xB7 | 0xBB | 0xBD => match b {
            0xA1 => Some(0x2018),
            0xA2 => Some(0x2019),
            _ => Some(u32::from(b)),
        },
        0xAF => Some(0x2015),
        0xB4..=0xFE if b != 0xD2 && b != 0xFF => Some(0x0384 + u32::from(b - 0xB4)),
        _ => None,
    };
    match id {
        _ if b >= 0x80 => Found::Illegal(3),
        LATIN1 => Found::Chars(u32::from(b | 0x80), 0, 3),
        GREEK if b < 0x20 => Found::Chars(u32::from(b | 0x80), 0, 3),
        GREEK => match greek(b | 0x80) {
            Some(cp) => Found::Chars(cp, 0, 3),
            None => Found::Illegal(3),
        },
        _ => Found::Chars(u32::from(b), 0, 3),
    }
}
