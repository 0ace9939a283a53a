//! Format strings: items with their places.

use super::error;
use std::ops::Range;
use taipan_vm::prelude::*;

/// A run of equal items.
#[derive(Debug)]
pub struct Item {
    pub code: u8,
    /// Offset of the first.
    pub offset: usize,
    /// Size of one; of the whole text for `s` and `p`.
    pub size: usize,
    pub repeat: usize,
}

impl Item {
    /// The place of each value.
    pub fn places(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (offset, size) = (self.offset, self.size);
        (0..self.repeat).map(move |i| offset + i * size..offset + (i + 1) * size)
    }
}

#[derive(Debug)]
pub struct Format {
    pub items: Vec<Item>,
    /// Bytes.
    pub size: usize,
    /// Values.
    pub count: usize,
    pub little: bool,
}

/// Size and alignment of a code.
fn layout(code: u8, native: bool) -> Option<(usize, usize)> {
    Some(match (code, native) {
        (b'x' | b'b' | b'B' | b'c' | b's' | b'p' | b'?', _) => (1, 1),
        (b'h' | b'H' | b'e', _) => (2, 2),
        (b'i' | b'I' | b'f', _) => (4, 4),
        (b'l' | b'L', true) => (8, 8),
        (b'l' | b'L', false) => (4, 4),
        (b'q' | b'Q' | b'd', _) => (8, 8),
        (b'n' | b'N' | b'P', true) => (8, 8),
        (b'F', _) => (8, 4),
        (b'D', _) => (16, 8),
        _ => return None,
    })
}

impl Format {
    pub fn parse(vm: &Vm, text: &[u8]) -> PyResult<Format> {
        const NATIVE_LITTLE: bool = cfg!(target_endian = "little");
        if text.contains(&0) {
            return Err(error(vm, "embedded null character"));
        }
        let (little, native, text) = match text {
            [b'<', rest @ ..] => (true, false, rest),
            [b'>' | b'!', rest @ ..] => (false, false, rest),
            [b'=', rest @ ..] => (NATIVE_LITTLE, false, rest),
            [b'@', rest @ ..] => (NATIVE_LITTLE, true, rest),
            _ => (NATIVE_LITTLE, true, text),
        };
        let mut f = Format { items: Vec::new(), size: 0, count: 0, little };
        let too_long = || error(vm, "total struct size too long");
        let mut bytes = text.iter().copied().peekable();
        while let Some(first) = bytes.next() {
            if matches!(first, 0x09..=0x0D | b' ') {
                continue;
            }
            let mut code = first;
            let mut repeat = 1usize;
            if first.is_ascii_digit() {
                repeat = usize::from(first - b'0');
                while let Some(d) = bytes.next_if(u8::is_ascii_digit) {
                    repeat = repeat
                        .checked_mul(10)
                        .and_then(|n| n.checked_add(usize::from(d - b'0')))
                        .filter(|n| *n <= isize::MAX as usize)
                        .ok_or_else(too_long)?;
                }
                code = match bytes.next() {
                    Some(code) => code,
                    None => return Err(error(vm, "repeat count given without format specifier")),
                };
            }
            let Some((size, align)) = layout(code, native) else {
                return Err(error(vm, "bad char in struct format"));
            };
            let align = if native { align } else { 1 };
            let offset = f.size.checked_next_multiple_of(align).ok_or_else(too_long)?;
            let end = repeat
                .checked_mul(size)
                .and_then(|n| n.checked_add(offset))
                .filter(|n| *n <= isize::MAX as usize)
                .ok_or_else(too_long)?;
            f.size = end;
            match code {
                b'x' => {}
                b's' | b'p' => {
                    f.count += 1;
                    f.items.push(Item { code, offset, size: repeat, repeat: 1 });
                }
                _ => {
                    f.count += repeat;
                    if repeat > 0 {
                        f.items.push(Item { code, offset, size, repeat });
                    }
                }
            }
        }
        Ok(f)
    }
}
