//! JSON's strings: quoting, and finding the next byte of one that means something.

use taipan_vm::prelude::*;

/// Room for more output, or `MemoryError`.
#[inline]
pub fn reserve(vm: &Vm, out: &mut Vec<u8>, more: usize) -> PyResult<()> {
    if out.capacity() - out.len() >= more || out.try_reserve(more).is_ok() {
        return Ok(());
    }
    Err(vm.memory_error())
}

/// Appends output.
#[inline]
pub fn put(vm: &Vm, out: &mut Vec<u8>, bytes: &[u8]) -> PyResult<()> {
    reserve(vm, out, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// Whether a byte stands for itself between the quotes of ASCII-only output.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0x20;
    while i < 0x7F {
        table[i] = i != b'"' as usize && i != b'\\' as usize;
        i += 1;
    }
    table
};

fn is_plain(byte: u8) -> bool {
    PLAIN[byte as usize]
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = ONES << 7;

/// Marks the zero bytes of a word with their top bits (and perhaps bytes above a marked one).
#[inline(always)]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

/// Whether none of eight bytes is a quote, a backslash or a control character.
#[inline(always)]
fn quiet(word: u64) -> bool {
    let special = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
    special | (word.wrapping_sub(ONES * 0x20) & !word & TOPS) == 0
}

/// How many of the first bytes are neither quote nor backslash nor control character.
#[inline]
pub fn quiet_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        if !quiet(u64::from_le_bytes(*chunk)) {
            break;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let more = rest.iter().position(|b| *b < 0x20 || *b == b'"' || *b == b'\\');
    at + more.unwrap_or(rest.len())
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn put_unit(out: &mut Vec<u8>, unit: u32) {
    let digit = |shift: u32| HEX[(unit >> shift & 15) as usize];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

/// Appends the escape of a code point.
fn put_escape(out: &mut Vec<u8>, cp: u32) {
    match cp {
        0x22 => out.extend_from_slice(b"\\\""),
        0x5C => out.extend_from_slice(b"\\\\"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0C => out.extend_from_slice(b"\\f"),
        0x0A => out.extend_from_slice(b"\\n"),
        0x0D => out.extend_from_slice(b"\\r"),
        0x09 => out.extend_from_slice(b"\\t"),
        0..=0xFFFF => put_unit(out, cp),
        _ => {
            let v = cp - 0x10000;
            put_unit(out, 0xD800 | (v >> 10 & 0x3FF));
            put_unit(out, 0xDC00 | (v & 0x3FF));
        }
    }
}

/// Appends a string in quotes, with all that is not printable ASCII escaped.
pub fn quote_ascii(vm: &Vm, out: &mut Vec<u8>, s: &Str) -> PyResult<()> {
    let bytes = s.as_bytes();
    reserve(vm, out, bytes.len() + 2)?;
    out.push(b'"');
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && !rest.is_empty()
    {
        let run = rest.iter().position(|b| !is_plain(*b)).unwrap_or(rest.len());
        let (plain, odd) = rest.split_at(run);
        reserve(vm, out, run + 16)?;
        out.extend_from_slice(plain);
        let Some((cp, len)) = taipan_text::wtf8::decode(odd) else { break };
        put_escape(out, cp);
        at += run + len;
    }
    put(vm, out, b"\"")
}

/// Appends a string in quotes, with quotes, backslashes and control characters escaped.
pub fn quote(vm: &Vm, out: &mut Vec<u8>, s: &Str) -> PyResult<()> {
    let bytes = s.as_bytes();
    reserve(vm, out, bytes.len() + 2)?;
    out.push(b'"');
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && !rest.is_empty()
    {
        let run = quiet_length(rest);
        let (plain, odd) = rest.split_at(run);
        reserve(vm, out, run + 16)?;
        out.extend_from_slice(plain);
        let Some(byte) = odd.first() else { break };
        put_escape(out, u32::from(*byte));
        at += run + 1;
    }
    put(vm, out, b"\"")
}

#[cfg(test)]
mod tests {
    use super::quiet_length;

    #[test]
    fn stops_where_it_must() {
        for special in ["\"", "\\", "\u{1f}", "\0"] {
            for n in 0..20 {
                let text = format!("{}{special}{}", "é".repeat(n), "x".repeat(9));
                assert_eq!(quiet_length(text.as_bytes()), 2 * n);
            }
        }
        assert_eq!(quiet_length(b"\x7f !#[]^ \xff\x80 and so on"), 20);
    }
}
