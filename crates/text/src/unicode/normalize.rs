//! The normal forms NFC, NFD, NFKC and NFKD, and the quick check for them.
//!
//! A text is decomposed code point by code point, runs of combining marks are sorted by class, and for the composed
//! forms starters then absorb what follows. Hangul is computed. In the edition 3.2.0 whatever was unassigned stays as
//! it is, and five compatibility ideographs have the decompositions that were corrected later.

use super::{Edition, decomposition_row, is_assigned, prop, tables};
use crate::wtf8::{Wtf8, Wtf8Buf};

/// A normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    /// The form of that name, as `unicodedata.normalize` takes it.
    pub fn from_name(name: &str) -> Option<Form> {
        Some(match name {
            "NFC" => Form::Nfc,
            "NFD" => Form::Nfd,
            "NFKC" => Form::Nfkc,
            "NFKD" => Form::Nfkd,
            _ => return None,
        })
    }

    const fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }

    const fn is_compatible(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    /// The flag of a record that says "never in this form".
    const fn no_flag(self) -> u8 {
        match self {
            Form::Nfd => 2,
            Form::Nfkd => 4,
            Form::Nfc => 8,
            Form::Nfkc => 16,
        }
    }
}

/// May take part in a composition as the second half.
const MAYBE: u8 = 32;

/// The answer of the quick check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuickCheck {
    Yes,
    No,
    Maybe,
}

const S_BASE: u32 = 0xAC00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11A7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

/// Is the text in that form, as far as one pass can tell?
pub fn quick_check(form: Form, text: &Wtf8) -> QuickCheck {
    let mut last_class = 0;
    let mut answer = QuickCheck::Yes;
    if text.is_ascii() {
        return answer;
    }
    for cp in text.code_points() {
        if cp < 0x80 {
            last_class = 0;
            continue;
        }
        let record = prop(cp);
        if record.combining != 0 && last_class > record.combining {
            return QuickCheck::No;
        }
        last_class = record.combining;
        if record.flags & form.no_flag() != 0 {
            return QuickCheck::No;
        }
        if form.composes() && record.flags & MAYBE != 0 {
            answer = QuickCheck::Maybe;
        }
    }
    answer
}

/// `unicodedata.is_normalized`.
pub fn is_normalized(edition: Edition, form: Form, text: &Wtf8) -> bool {
    match if edition == Edition::Old { QuickCheck::Maybe } else { quick_check(form, text) } {
        QuickCheck::Yes => true,
        QuickCheck::No => false,
        QuickCheck::Maybe => &*normalize(edition, form, text) == text,
    }
}

/// `unicodedata.normalize`.
pub fn normalize(edition: Edition, form: Form, text: &Wtf8) -> Wtf8Buf {
    if edition == Edition::Current && quick_check(form, text) == QuickCheck::Yes {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    for cp in text.code_points() {
        decompose(edition, form.is_compatible(), cp, &mut out);
    }
    reorder(&mut out);
    if form.composes() {
        compose(&mut out);
    }
    out.into_iter().collect()
}

fn decompose(edition: Edition, compatible: bool, cp: u32, out: &mut Vec<u32>) {
    if cp < 0x80 {
        return out.push(cp);
    }
    if let Some(index) = cp.checked_sub(S_BASE).filter(|index| *index < S_COUNT) {
        out.push(L_BASE + index / (V_COUNT * T_COUNT));
        out.push(V_BASE + index % (V_COUNT * T_COUNT) / T_COUNT);
        if index % T_COUNT != 0 {
            out.push(T_BASE + index % T_COUNT);
        }
        return;
    }
    if edition == Edition::Old {
        if !is_assigned(Edition::Old, cp) {
            return out.push(cp);
        }
        if let Some(corrected) = old_decomposition(cp) {
            return out.push(corrected);
        }
    }
    match decomposition_row(cp) {
        Some((tag, parts)) if tag == 0 || compatible => {
            // The parts of a decomposition may decompose further; the data is a few levels deep.
            for part in parts {
                decompose(edition, compatible, *part, out);
            }
        }
        _ => out.push(cp),
    }
}

/// Decompositions that 3.2.0 had and later versions corrected.
fn old_decomposition(cp: u32) -> Option<u32> {
    Some(match cp {
        0x2F868 => 0x2136A,
        0x2F874 => 0x5F33,
        0x2F91F => 0x43AB,
        0x2F95F => 0x7AAE,
        0x2F9BF => 0x4D57,
        _ => return None,
    })
}

/// Sorts each run of combining marks by its class, keeping the order of equals.
fn reorder(text: &mut [u32]) {
    let class = |cp: &u32| if *cp < 0x300 { 0 } else { prop(*cp).combining };
    let mut at = 0;
    while at < text.len() {
        if class(&text[at]) == 0 {
            at += 1;
            continue;
        }
        let end = text[at..].iter().position(|cp| class(cp) == 0).map_or(text.len(), |n| at + n);
        text[at..end].sort_by_key(class);
        at = end;
    }
}

/// The composite of a pair, where there is one.
pub fn canonical_composition(first: u32, second: u32) -> Option<u32> {
    let l = first.wrapping_sub(L_BASE);
    let v = second.wrapping_sub(V_BASE);
    if l < L_COUNT && v < V_COUNT {
        return Some(S_BASE + (l * V_COUNT + v) * T_COUNT);
    }
    let s = first.wrapping_sub(S_BASE);
    let t = second.wrapping_sub(T_BASE);
    if s < S_COUNT && s.is_multiple_of(T_COUNT) && t > 0 && t < T_COUNT {
        return Some(first + t);
    }
    let row = tables::COMPOSE_FROM.binary_search(&(first, second)).ok()?;
    tables::COMPOSE_TO.get(row).copied()
}

fn compose(text: &mut Vec<u32>) {
    let mut starter = None;
    let mut kept = 0;
    let mut last_class = 0;
    for at in 0..text.len() {
        let cp = text[at];
        let class = prop(cp).combining;
        if let Some(place) = starter {
            // Nothing may stand between that is a starter or has the same or a higher class.
            let blocked = kept != place + 1 && (last_class == 0 || last_class >= class);
            if !blocked && let Some(composite) = canonical_composition(text[place], cp) {
                text[place] = composite;
                continue;
            }
        }
        if class == 0 {
            starter = Some(kept);
        }
        last_class = class;
        text[kept] = cp;
        kept += 1;
    }
    text.truncate(kept);
}
