//! Splitting and stripping: everything is a range of bytes.

use std::iter;
use std::ops::Range;

use super::search::Seeker;

use super::search::in_set;
use super::{Units, find, rfind};

/// `split()`: the pieces between runs of white space; after `max` pieces the rest is one, up to the text's end.
pub fn split_whitespace<U: Units>(text: &[u8], max: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let (mut at, mut left) = (0, max);
    iter::from_fn(move || {
        at = skip_space::<U>(text, at);
        if at >= text.len() {
            return None;
        }
        let start = at;
        if left == 0 {
            at = text.len();
            return Some(start..text.len());
        }
        left -= 1;
        at = skip_word::<U>(text, at);
        Some(start..at)
    })
}

/// `rsplit()`: the same from the right; the last piece comes first.
pub fn rsplit_whitespace<U: Units>(text: &[u8], max: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let (mut end, mut left) = (text.len(), max);
    iter::from_fn(move || {
        end = rstrip_space::<U>(text.get(..end)?, 0);
        if end == 0 {
            return None;
        }
        let stop = end;
        if left == 0 {
            end = 0;
            return Some(0..stop);
        }
        left -= 1;
        while let Some((unit, len)) = U::last(&text[..end]) {
            if U::is_space(unit) {
                break;
            }
            end -= len;
        }
        Some(end..stop)
    })
}

fn skip_space<U: Units>(text: &[u8], mut at: usize) -> usize {
    while let Some((unit, len)) = text.get(at..).and_then(U::first) {
        if !U::is_space(unit) {
            break;
        }
        at += len;
    }
    at
}

fn skip_word<U: Units>(text: &[u8], mut at: usize) -> usize {
    while let Some((unit, len)) = text.get(at..).and_then(U::first) {
        if U::is_space(unit) {
            break;
        }
        at += len;
    }
    at
}

/// The end of the text without trailing white space, not before `start`.
fn rstrip_space<U: Units>(text: &[u8], start: usize) -> usize {
    let mut end = text.len();
    while let Some((unit, len)) = text.get(start..end).and_then(U::last) {
        if !U::is_space(unit) {
            break;
        }
        end -= len;
    }
    end
}

/// `split(sep)` for a separator that is not empty (the caller raises "empty separator").
pub fn split<'a>(text: &'a [u8], sep: &'a [u8], max: usize) -> impl Iterator<Item = Range<usize>> + 'a {
    let finder = Seeker::forward(text, sep);
    let (mut at, mut left) = (Some(0), max);
    iter::from_fn(move || {
        let start = at?;
        let found = if left == 0 || sep.is_empty() { None } else { finder.find(&text[start..]) };
        left = left.saturating_sub(1);
        match found {
            Some(offset) => {
                at = Some(start + offset + sep.len());
                Some(start..start + offset)
            }
            None => {
                at = None;
                Some(start..text.len())
            }
        }
    })
}

/// `rsplit(sep)`: the last piece comes first.
pub fn rsplit<'a>(text: &'a [u8], sep: &'a [u8], max: usize) -> impl Iterator<Item = Range<usize>> + 'a {
    let finder = Seeker::backward(text, sep);
    let (mut end, mut left) = (Some(text.len()), max);
    iter::from_fn(move || {
        let stop = end?;
        let found = if left == 0 || sep.is_empty() { None } else { finder.rfind(&text[..stop]) };
        left = left.saturating_sub(1);
        match found {
            Some(offset) => {
                end = Some(offset);
                Some(offset + sep.len()..stop)
            }
            None => {
                end = None;
                Some(0..stop)
            }
        }
    })
}

/// `splitlines`; `\r\n` is one end of line.
pub fn split_lines<U: Units>(text: &[u8], keep_ends: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let start = at;
        while let Some((unit, len)) = U::first(&text[at..]) {
            if U::is_line_break(unit) {
                let end = at;
                at += if text[at..].starts_with(b"\r\n") { 2 } else { len };
                return Some(start..if keep_ends { at } else { end });
            }
            at += len;
        }
        at = text.len();
        Some(start..at)
    })
}

/// `partition`: the pieces before and after the first separator.
pub fn partition(text: &[u8], sep: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let at = find(text, sep)?;
    Some((0..at, at + sep.len()..text.len()))
}

/// `rpartition`: the pieces before and after the last separator.
pub fn rpartition(text: &[u8], sep: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let at = rfind(text, sep)?;
    Some((0..at, at + sep.len()..text.len()))
}

/// Which ends `strip` and its kin work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Left,
    Right,
    Both,
}

/// `strip`, `lstrip`, `rstrip`: of white space, or of the units of `set`.
pub fn strip<U: Units>(text: &[u8], set: Option<&[u8]>, ends: Ends) -> Range<usize> {
    let goes = |unit: u32, bytes: &[u8]| match set {
        None => U::is_space(unit),
        Some(set) => in_set(set, bytes),
    };
    let (mut start, mut end) = (0, text.len());
    if ends != Ends::Right {
        while let Some((unit, len)) = U::first(&text[start..end]) {
            if !goes(unit, &text[start..start + len]) {
                break;
            }
            start += len;
        }
    }
    if ends != Ends::Left {
        while let Some((unit, len)) = U::last(&text[start..end]) {
            if !goes(unit, &text[end - len..end]) {
                break;
            }
            end -= len;
        }
    }
    start..end
}
