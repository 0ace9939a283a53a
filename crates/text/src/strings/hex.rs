//! `bytes.hex` and `bytes.fromhex`.

use super::{TooLarge, with_room};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What `fromhex` dislikes: texts of `ValueError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesFromHexError {
    /// Not a digit, at this place.
    Digit(usize),
    /// The last digit is alone.
    Odd,
}

impl BytesFromHexError {
    pub fn message(self) -> String {
        match self {
            BytesFromHexError::Digit(at) => {
                format!("non-hexadecimal number found in fromhex() arg at position {at}")
            }
            BytesFromHexError::Odd => {
                "fromhex() arg must contain an even number of hexadecimal digits".into()
            }
        }
    }
}

/// `hex()`, or `hex(sep, group)`: groups count from the right, or from the left when negative; 0 makes none.
pub fn bytes_hex(bytes: &[u8], separator: Option<(u8, isize)>) -> Result<String, TooLarge> {
    let (separator, group) = separator.unwrap_or((b' ', 0));
    let size = group.unsigned_abs();
    let breaks = if size == 0 || bytes.is_empty() { 0 } else { (bytes.len() - 1) / size };
    let len = bytes.len().checked_mul(2).and_then(|n| n.checked_add(breaks)).ok_or(TooLarge)?;
    let mut out = with_room(len)?;
    for (i, byte) in bytes.iter().enumerate() {
        let from_edge = if group < 0 { i } else { bytes.len() - i };
        if size > 0 && i > 0 && from_edge % size == 0 {
            out.push(separator);
        }
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    String::from_utf8(out).map_err(|_| TooLarge)
}

/// `fromhex`: pairs of digits, ASCII white space between the pairs.
pub fn bytes_fromhex(text: &[u8]) -> Result<Vec<u8>, BytesFromHexError> {
    let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16)).map(|digit| digit as u8);
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if matches!(byte, 0x09..=0x0D | b' ') {
            at += 1;
            continue;
        }
        let high = digit(at).ok_or(BytesFromHexError::Digit(at))?;
        if at + 1 >= text.len() {
            return Err(BytesFromHexError::Odd);
        }
        let low = digit(at + 1).ok_or(BytesFromHexError::Digit(at + 1))?;
        out.push(high << 4 | low);
        at += 2;
    }
    Ok(out)
}
