//! Multibyte encodings, one step at a time: encodings with a table, and what they share with those of `iso2022.rs`.

use super::iso2022::{self, Iso2022};
use super::table::Table;

/// What a decoder finds at the start of some bytes.
pub enum Found {
    /// One or two characters (the second 0) of so many bytes.
    Chars(u32, u32, usize),
    /// Bytes that stand for no character.
    Nothing(usize),
    Illegal(usize),
    /// More bytes are needed.
    Incomplete,
}

/// What an encoder does with the start of some characters.
pub enum Put {
    Done(usize),
    Illegal(usize),
    /// What comes next matters.
    Incomplete,
}

/// The state of an encoder or decoder: eight bytes, as `getstate` shows them.
#[derive(Clone, Copy, Default)]
pub struct State(pub [u8; 8]);

pub enum Codec {
    Table {
        table: Table,
        kind: Kind,
    },
    /// `~{` and `~}` around sequences of GB 2312.
    Hz(Table),
    Iso2022(Iso2022),
}

/// What a table does not say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Sequences of three bytes begin with 8F.
    Euc,
    /// Sequences of four bytes have a digit second.
    Gb18030,
    /// Hangul without a code of their own are spelled out.
    EucKr,
}

const CHOSEONG: [u8; 19] = [
    0xA1, 0xA2, 0xA4, 0xA7, 0xA8, 0xA9, 0xB1, 0xB2, 0xB3, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBB, 0xBC,
    0xBD, 0xBE,
];
const JONGSEONG: [u8; 28] = [
    0xD4, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0, 0xB1,
    0xB2, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE,
];

impl Codec {
    pub fn new(name: &str) -> Option<Codec> {
        if name == "hz" {
            return Some(Codec::Hz(Table::load("gb2312")?));
        }
        if name.starts_with("iso2022") {
            return Some(Codec::Iso2022(Iso2022::new(name)?));
        }
        let kind = match name {
            "euc_jp" | "euc_jis_2004" | "euc_jisx0213" => Kind::Euc,
            "gb18030" => Kind::Gb18030,
            "euc_kr" => Kind::EucKr,
            _ => Kind::Plain,
        };
        Some(Codec::Table { table: Table::load(name)?, kind })
    }

    /// The state at the beginning.
    pub fn start(&self, decoding: bool) -> State {
        match self {
            Codec::Iso2022(_) if decoding => iso2022::START_DECODING,
            Codec::Iso2022(_) => iso2022::START,
            _ => State::default(),
        }
    }

    pub fn decode(&self, state: &mut State, bytes: &[u8]) -> Found {
        match self {
            Codec::Table { table, kind } => decode_table(table, *kind, bytes),
            Codec::Hz(table) => decode_hz(table, state, bytes),
            Codec::Iso2022(c) => c.decode(state, bytes),
        }
    }

    /// `last`: nothing comes behind these characters.
    pub fn encode(&self, state: &mut State, chars: &[u32], last: bool, out: &mut Vec<u8>) -> Put {
        match self {
            Codec::Table { table, kind } => encode_table(table, *kind, chars, last, out),
            Codec::Hz(table) => encode_hz(table, state, chars, out),
            Codec::Iso2022(c) => c.encode(state, chars, last, out),
        }
    }

    /// Back to the state of the beginning, at the end.
    pub fn reset(&self, state: &mut State, out: &mut Vec<u8>) {
        match self {
            Codec::Table { .. } => {}
            Codec::Hz(_) => {
                if state.0[0] != 0 {
                    out.extend_from_slice(b"~}");
                    state.0[0] = 0;
                }
            }
            Codec::Iso2022(_) => iso2022::reset(state, out),
        }
    }
}

/// The sequence of so many bytes as a number.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b))
}

/// The bytes of a sequence.
pub fn push(seq: u32, out: &mut Vec<u8>) {
    let bytes = seq.to_be_bytes();
    let skip = bytes.iter().take(3).take_while(|b| **b == 0).count();
    out.extend_from_slice(bytes.get(skip..).unwrap_or_default());
}

fn decode_table(t: &Table, kind: Kind, bytes: &[u8]) -> Found {
    let Some(&first) = bytes.first() else { return Found::Incomplete };
    let mut len = match t.lead.get(usize::from(first)) {
        Some(1) => 1,
        Some(2) => 2,
        _ => return Found::Illegal(1),
    };
    if kind == Kind::Euc && first == 0x8F {
        len = 3;
    }
    if bytes.len() < len {
        return Found::Incomplete;
    }
    let found = |seq: u32, len: usize| match t.chars(seq) {
        Some((a, b)) => Found::Chars(a, b, len),
        None => Found::Illegal(1),
    };
    match (kind, bytes) {
        (Kind::Gb18030, [_, b'0'..=b'9', ..]) if len == 2 => decode_four(t, bytes),
        (Kind::EucKr, [0xA4, 0xD4, rest @ ..]) => {
            let [x, cho, y, jung, z, jong, ..] = rest else { return Found::Incomplete };
            let place = |table: &[u8], b: u8| table.iter().position(|x| *x == b);
            let parts = (place(&CHOSEONG, *cho), jung.checked_sub(0xBF), place(&JONGSEONG, *jong));
            match parts {
                (Some(cho), Some(jung @ 0..=20), Some(jong)) if [*x, *y, *z] == [0xA4; 3] => {
                    Found::Chars(0xAC00 + (cho * 588 + usize::from(jung) * 28 + jong) as u32, 0, 8)
                }
                _ => Found::Illegal(1),
            }
        }
        _ => found(number(bytes.get(..len).unwrap_or_default()), len),
    }
}

fn decode_four(t: &Table, bytes: &[u8]) -> Found {
    let [a, b, c, d, ..] = bytes else { return Found::Incomplete };
    if !(0x81..=0xFE).contains(a) || !(0x81..=0xFE).contains(c) || !d.is_ascii_digit() {
        return Found::Illegal(1);
    }
    let digit = |b: u8| u32::from(b - b'0');
    let n = ((u32::from(a - 0x81) * 10 + digit(*b)) * 126 + u32::from(c - 0x81)) * 10 + digit(*d);
    let cp = if n < 39420 { t.of_run(n) } else { n.checked_sub(189_000).map(|n| n + 0x10000) };
    match cp.filter(|cp| *cp < 0x110000) {
        Some(cp) => Found::Chars(cp, 0, 4),
        None => Found::Illegal(1),
    }
}

fn encode_table(t: &Table, kind: Kind, chars: &[u32], last: bool, out: &mut Vec<u8>) -> Put {
    let Some(&c) = chars.first() else { return Put::Incomplete };
    if t.is_first(c) {
        match chars.get(1) {
            Some(next) => {
                if let Some(seq) = t.pair(c, *next) {
                    push(seq, out);
                    return Put::Done(2);
                }
            }
            None if !last => return Put::Incomplete,
            None => {}
        }
    }
    if let Some(seq) = t.sequence(c) {
        push(seq, out);
        return Put::Done(1);
    }
    match kind {
        Kind::Gb18030 if !(0xD800..0xE000).contains(&c) => {
            let n = if c >= 0x10000 { Some(c - 0x10000 + 189_000) } else { t.run_of(c) };
            let Some(n) = n else { return Put::Illegal(1) };
            out.extend([
                0x81 + (n / 12600) as u8,
                b'0' + (n / 1260 % 10) as u8,
                0x81 + (n / 10 % 126) as u8,
                b'0' + (n % 10) as u8,
            ]);
            Put::Done(1)
        }
        Kind::EucKr if (0xAC00..0xD7A4).contains(&c) => {
            let n = (c - 0xAC00) as usize;
            let (Some(cho), Some(jong)) = (CHOSEONG.get(n / 588), JONGSEONG.get(n % 28)) else {
                return Put::Illegal(1);
            };
            out.extend([0xA4, 0xD4, 0xA4, *cho, 0xA4, 0xBF + (n / 28 % 21) as u8, 0xA4, *jong]);
            Put::Done(1)
        }
        _ => Put::Illegal(1),
    }
}

fn decode_hz(t: &Table, state: &mut State, bytes: &[u8]) -> Found {
    let within = state.0[0] != 0;
    match bytes {
        [b'~'] => Found::Incomplete,
        [b'~', b'~', ..] if !within => Found::Chars(u32::from(b'~'), 0, 2),
        [b'~', b'{', ..] if !within => {
            state.0[0] = 1;
            Found::Nothing(2)
        }
        [b'~', b'}', ..] if within => {
            state.0[0] = 0;
            Found::Nothing(2)
        }
        [b'~', b'\n', ..] if !within => Found::Nothing(2),
        [c, ..] if *c == b'~' || *c >= 0x80 => Found::Illegal(1),
        [c, ..] if !within => Found::Chars(u32::from(*c), 0, 1),
        [a, b, ..] => match t.chars(number(&[a | 0x80, b | 0x80])) {
            Some((a, b)) => Found::Chars(a, b, 2),
            None => Found::Illegal(1),
        },
        _ => Found::Incomplete,
    }
}

fn encode_hz(t: &Table, state: &mut State, chars: &[u32], out: &mut Vec<u8>) -> Put {
    let Some(&c) = chars.first() else { return Put::Incomplete };
    if c < 0x80 {
        if state.0[0] != 0 {
            out.extend_from_slice(b"~}");
            state.0[0] = 0;
        }
        out.push(c as u8);
        if c == u32::from(b'~') {
            out.push(b'~');
        }
        return Put::Done(1);
    }
    let Some(seq) = t.sequence(c).filter(|seq| *seq >= 0xA1A1) else { return Put::Illegal(1) };
    if state.0[0] == 0 {
        out.extend_from_slice(b"~{");
        state.0[0] = 1;
    }
    push(seq & 0x7F7F, out);
    Put::Done(1)
}
