//! Padding and tabs: `ljust`, `rjust`, `center`, `zfill`, `expandtabs`, repetition.

use super::{TooLarge, Units, with_room};
use crate::wtf8;

/// Where the text stands within its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    /// An odd unit of padding goes as `center` puts it: left when the width is odd as well.
    Center,
}

/// `ljust`, `rjust`, `center`: `None` when the text fills the field already.
pub fn justify<U: Units>(
    text: &[u8],
    width: usize,
    fill: u32,
    side: Side,
) -> Result<Option<Vec<u8>>, TooLarge> {
    let Some(pad) = width.checked_sub(U::count(text)).filter(|pad| *pad > 0) else { return Ok(None) };
    let left = match side {
        Side::Left => 0,
        Side::Right => pad,
        Side::Center => pad / 2 + (pad & width & 1),
    };
    pad_with(text, left, pad - left, fill, &|cp, buf| encode_unit::<U>(cp, buf)).map(Some)
}

/// A text unit as bytes: a byte value where units are bytes.
fn encode_unit<U: Units>(cp: u32, buf: &mut [u8; 4]) -> usize {
    // `Bytes` reads 0xC3 0xA9 as two units, `Text` as one.
    if U::count(&[0xC3, 0xA9]) == 2 {
        buf[0] = cp as u8;
        1
    } else {
        wtf8::encode(cp, buf).len()
    }
}

fn pad_with(
    text: &[u8],
    left: usize,
    right: usize,
    fill: u32,
    encode: &dyn Fn(u32, &mut [u8; 4]) -> usize,
) -> Result<Vec<u8>, TooLarge> {
    let mut buf = [0; 4];
    let len = encode(fill, &mut buf);
    let unit = &buf[..len];
    let pad = left.checked_add(right).and_then(|n| n.checked_mul(len)).ok_or(TooLarge)?;
    let mut out = with_room(pad.checked_add(text.len()).ok_or(TooLarge)?)?;
    push_repeated(&mut out, unit, left);
    out.extend_from_slice(text);
    push_repeated(&mut out, unit, right);
    Ok(out)
}

/// Appends `times` copies; the caller has reserved.
pub(crate) fn push_repeated(out: &mut Vec<u8>, unit: &[u8], times: usize) {
    match unit {
        [byte] => out.resize(out.len() + times, *byte),
        _ => (0..times).for_each(|_| out.extend_from_slice(unit)),
    }
}

/// `text * times`.
pub fn repeat(text: &[u8], times: usize) -> Result<Vec<u8>, TooLarge> {
    let mut out = with_room(text.len().checked_mul(times).ok_or(TooLarge)?)?;
    match text {
        [] => {}
        [byte] => out.resize(times, *byte),
        _ => {
            // Double what is there, so that long repetitions copy in large pieces.
            let total = text.len() * times;
            if times > 0 {
                out.extend_from_slice(text);
            }
            while out.len() < total {
                let more = out.len().min(total - out.len());
                out.extend_from_within(..more);
            }
        }
    }
    Ok(out)
}

/// `zfill`: zeros after a leading sign; `None` when the text fills the field already.
pub fn zfill<U: Units>(text: &[u8], width: usize) -> Result<Option<Vec<u8>>, TooLarge> {
    let mut filled = justify::<U>(text, width, u32::from(b'0'), Side::Right)?;
    if let Some(out) = &mut filled {
        let pad = out.len() - text.len();
        if let Some(sign @ (b'+' | b'-')) = text.first() {
            out[0] = *sign;
            out[pad] = b'0';
        }
    }
    Ok(filled)
}

/// `expandtabs`; a tab size of zero drops the tabs. `None` when there is no tab.
pub fn expandtabs<U: Units>(text: &[u8], tab_size: usize) -> Result<Option<Vec<u8>>, TooLarge> {
    if memchr::memchr(b'\t', text).is_none() {
        return Ok(None);
    }
    // First the size, then the text.
    let mut total = text.len();
    each_tab::<U>(text, tab_size, |_, spaces| {
        total = (total - 1).checked_add(spaces).ok_or(TooLarge)?;
        Ok(())
    })?;
    let mut out = with_room(total)?;
    let mut last = 0;
    each_tab::<U>(text, tab_size, |at, spaces| {
        out.extend_from_slice(&text[last..at]);
        push_repeated(&mut out, b" ", spaces);
        last = at + 1;
        Ok(())
    })?;
    out.extend_from_slice(&text[last..]);
    Ok(Some(out))
}

/// Calls `each` with the offset of every tab and the number of spaces that it stands for.
fn each_tab<U: Units>(
    text: &[u8],
    tab_size: usize,
    mut each: impl FnMut(usize, usize) -> Result<(), TooLarge>,
) -> Result<(), TooLarge> {
    let (mut line, mut column) = (0, 0usize);
    for at in memchr::memchr3_iter(b'\t', b'\n', b'\r', text) {
        column = column.checked_add(U::count(&text[line..at])).ok_or(TooLarge)?;
        line = at + 1;
        if text[at] != b'\t' {
            column = 0;
        } else if tab_size == 0 {
            each(at, 0)?;
        } else {
            let spaces = tab_size - column % tab_size;
            column = column.checked_add(spaces).ok_or(TooLarge)?;
            each(at, spaces)?;
        }
    }
    Ok(())
}
