//! Searching, counting, replacing.

use std::ops::Range;

use memchr::memmem;

use super::{TooLarge, Units, with_room};
use crate::wtf8::{Wtf8, Wtf8Buf};

/// The offset of the first occurrence; an empty needle is found at 0.
#[inline]
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => memchr::memchr(*byte, hay),
        _ => memmem::find(hay, needle),
    }
}

/// The offset of the last occurrence; an empty needle is found at the end.
#[inline]
pub fn rfind(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => memchr::memrchr(*byte, hay),
        _ => memmem::rfind(hay, needle),
    }
}

/// Looks for one needle several times. What that needs is made ready only where the text is long.
pub struct Seeker<'a> {
    needle: &'a [u8],
    forward: Option<Box<memmem::Finder<'a>>>,
    backward: Option<Box<memmem::FinderRev<'a>>>,
}

/// Texts shorter than this are searched without preparation.
const SHORT: usize = 64;

impl<'a> Seeker<'a> {
    pub fn forward(hay: &[u8], needle: &'a [u8]) -> Seeker<'a> {
        let long = needle.len() > 1 && hay.len() >= SHORT;
        Seeker { needle, forward: long.then(|| Box::new(memmem::Finder::new(needle))), backward: None }
    }

    pub fn backward(hay: &[u8], needle: &'a [u8]) -> Seeker<'a> {
        let long = needle.len() > 1 && hay.len() >= SHORT;
        Seeker { needle, forward: None, backward: long.then(|| Box::new(memmem::FinderRev::new(needle))) }
    }

    #[inline]
    pub fn find(&self, hay: &[u8]) -> Option<usize> {
        match &self.forward {
            Some(f) => f.find(hay),
            None => find(hay, self.needle),
        }
    }

    #[inline]
    pub fn rfind(&self, hay: &[u8]) -> Option<usize> {
        match &self.backward {
            Some(f) => f.rfind(hay),
            None => rfind(hay, self.needle),
        }
    }
}

/// The offsets of the occurrences of a needle that is not empty, without those that overlap an earlier one.
fn occurrences<'a>(hay: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let seeker = Seeker::forward(hay, needle);
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = at + seeker.find(hay.get(at..)?)?;
        at = found + needle.len();
        Some(found)
    })
}

/// The offsets of a byte.
pub fn places(hay: &[u8], byte: u8) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr_iter(byte, hay)
}

#[inline]
pub fn contains(hay: &[u8], needle: &[u8]) -> bool {
    find(hay, needle).is_some()
}

/// The number of occurrences that do not overlap, `max` at most. An empty needle is before every unit and at the end.
pub fn count<U: Units>(hay: &[u8], needle: &[u8], max: usize) -> usize {
    match needle {
        [] => (U::count(hay) + 1).min(max),
        [byte] if max == usize::MAX => memchr::memchr_iter(*byte, hay).count(),
        _ => occurrences(hay, needle).take(max).count(),
    }
}

/// `replace`: `None` when there is nothing to replace.
pub fn replace<U: Units>(
    hay: &[u8],
    old: &[u8],
    new: &[u8],
    max: usize,
) -> Result<Option<Vec<u8>>, TooLarge> {
    if max == 0 || old == new {
        return Ok(None);
    }
    let times = count::<U>(hay, old, max);
    if times == 0 {
        return Ok(None);
    }
    let removed = old.len() * times;
    let len =
        new.len().checked_mul(times).and_then(|n| n.checked_add(hay.len() - removed)).ok_or(TooLarge)?;
    let mut out = with_room(len)?;
    if old.is_empty() {
        let mut rest = hay;
        for _ in 0..times {
            out.extend_from_slice(new);
            let Some((_, unit)) = U::first(rest) else { break };
            out.extend_from_slice(&rest[..unit]);
            rest = &rest[unit..];
        }
        out.extend_from_slice(rest);
    } else if let ([from], [to]) = (old, new) {
        out.extend_from_slice(hay);
        let mut at = 0;
        for _ in 0..times {
            let Some(found) = memchr::memchr(*from, &out[at..]) else { break };
            out[at + found] = *to;
            at += found + 1;
        }
    } else {
        let mut last = 0;
        for at in occurrences(hay, old).take(times) {
            out.extend_from_slice(&hay[last..at]);
            out.extend_from_slice(new);
            last = at + old.len();
        }
        out.extend_from_slice(&hay[last..]);
    }
    Ok(Some(out))
}

/// `str.replace`.
pub fn replace_text(hay: &Wtf8, old: &Wtf8, new: &Wtf8, max: usize) -> Result<Option<Wtf8Buf>, TooLarge> {
    let out = replace::<super::Text>(hay.as_bytes(), old.as_bytes(), new.as_bytes(), max)?;
    Ok(out.map(known_text))
}

/// Bytes of which we know that they are whole code points.
pub(crate) fn known_text(bytes: Vec<u8>) -> Wtf8Buf {
    match Wtf8Buf::from_bytes(bytes) {
        Ok(text) => text,
        Err(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    }
}

/// `index[start:end]` for a length: what `find(sub, start, end)` and its kin make of their two arguments. `None` when
/// the start lies beyond the end of the text, where nothing is found, not even the empty needle.
pub fn clip(start: isize, end: isize, len: usize) -> Option<Range<usize>> {
    let place = |at: isize| if at < 0 { len.saturating_sub(at.unsigned_abs()) } else { at as usize };
    let (start, end) = (place(start), place(end).min(len));
    (start <= end).then_some(start..end)
}

/// `str.translate`: `table` is asked for each code point and appends what replaces it; `false` keeps it.
pub fn translate<E>(
    text: &Wtf8,
    mut table: impl FnMut(u32, &mut Wtf8Buf) -> Result<bool, E>,
) -> Result<Wtf8Buf, E> {
    let mut out = Wtf8Buf::with_capacity(text.len());
    for cp in text.code_points() {
        if !table(cp, &mut out)? {
            out.push(cp);
        }
    }
    Ok(out)
}

/// `bytes.translate`: first deletes, then maps through the table.
pub fn translate_bytes(bytes: &[u8], table: Option<&[u8; 256]>, delete: &[u8]) -> Vec<u8> {
    let mut gone = [false; 256];
    delete.iter().for_each(|b| gone[usize::from(*b)] = true);
    let kept = bytes.iter().filter(|b| !gone[usize::from(**b)]);
    match table {
        Some(table) => kept.map(|b| table[usize::from(*b)]).collect(),
        None => kept.copied().collect(),
    }
}

/// Is the unit one of the set? A unit is a whole code point, so a byte search is exact.
pub(crate) fn in_set(set: &[u8], unit_bytes: &[u8]) -> bool {
    match unit_bytes {
        [byte] => memchr::memchr(*byte, set).is_some(),
        _ => memmem::find(set, unit_bytes).is_some(),
    }
}
