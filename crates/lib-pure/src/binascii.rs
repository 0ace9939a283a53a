//! `binascii`: hexadecimal, base64, quoted-printable and uuencoded text; CRCs.

use crate::buffers::{data, data_or_ascii};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub ERROR = "binascii", "Error"(&exc::ValueError) "");
taipan_vm::native_exception!(pub INCOMPLETE = "binascii", "Incomplete"(&exc::Exception) "");

#[cold]
fn error(vm: &Vm, text: impl std::fmt::Display) -> Raised {
    vm.raise_new(&ERROR, text)
}

/// Room for so many bytes, or `MemoryError`.
fn room(vm: &Vm, bytes: usize) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    match out.try_reserve(bytes) {
        Ok(()) => Ok(out),
        Err(_) => Err(vm.memory_error()),
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The separator of `hexlify`: one ASCII character.
fn separator(vm: &Vm, sep: &Value) -> PyResult<u8> {
    if vm.len(sep)? != 1 {
        return Err(vm.value_error("sep must be length 1."));
    }
    let byte = if let Some(s) = sep.downcast::<Str>() {
        s.as_wtf8().code_points().next().unwrap_or(0)
    } else if let Some(b) = sep.downcast::<Bytes>() {
        u32::from(b.as_bytes().first().copied().unwrap_or(0))
    } else {
        return Err(vm.type_error("sep must be str or bytes."));
    };
    match u8::try_from(byte) {
        Ok(byte) if byte.is_ascii() => Ok(byte),
        _ => Err(vm.value_error("sep must be ASCII.")),
    }
}

fn to_hex(vm: &Vm, v: &Value, sep: Option<&Value>, group: isize) -> PyResult<Gc<Bytes>> {
    let held = data(vm, v)?;
    let bytes = held.bytes();
    let sep = match sep {
        Some(s) => Some(separator(vm, s)?),
        None => None,
    };
    let group_size = group.unsigned_abs();
    let mut out = room(vm, bytes.len().saturating_mul(3))?;
    for (i, b) in bytes.iter().enumerate() {
        if let Some(sep) = sep
            && group_size != 0
            && i > 0
        {
            // Groups are counted from the right, unless the size is negative.
            let at = if group > 0 { bytes.len() - i } else { i };
            if at % group_size == 0 {
                out.push(sep);
            }
        }
        out.push(HEX[usize::from(b >> 4)]);
        out.push(HEX[usize::from(b & 15)]);
    }
    Ok(vm.new_bytes(&out))
}

fn from_hex(vm: &Vm, v: &Value) -> PyResult<Gc<Bytes>> {
    let held = data_or_ascii(vm, v)?;
    let text = held.bytes();
    if text.len() % 2 == 1 {
        return Err(error(vm, "Odd-length string"));
    }
    let mut out = room(vm, text.len() / 2)?;
    for pair in text.chunks_exact(2) {
        let digit = |b: u8| char::from(b).to_digit(16);
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => out.push((high << 4 | low) as u8),
            _ => return Err(error(vm, "Non-hexadecimal digit found")),
        }
    }
    Ok(vm.new_bytes(&out))
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What each byte is worth in base64; above 63: nothing.
const BASE64_VALUES: [u8; 256] = {
    let mut t = [0xff; 256];
    let mut i = 0;
    while i < 64 {
        t[BASE64[i] as usize] = i as u8;
        i += 1;
    }
    t
};

fn base64_value(byte: u8) -> Option<u8> {
    let value = BASE64_VALUES[usize::from(byte)];
    (value < 64).then_some(value)
}

/// Base64 without anything else in it, padded at its end as it should be; `None` for all that is not.
fn from_plain_base64(vm: &Vm, text: &[u8]) -> Option<PyResult<Gc<Bytes>>> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(4)?)?;
    if head.len() % 4 != 0 {
        return None;
    }
    let value = |b: u8| BASE64_VALUES[usize::from(b)];
    let kept = match tail {
        [_, _, b'=', b'='] => 1,
        [_, _, _, b'='] => 2,
        _ => 3,
    };
    let mut odd = 0;
    let mut group = |group: &[u8], out: &mut [u8]| {
        let mut n = 0;
        for &b in group {
            odd |= value(b);
            n = n << 6 | u32::from(value(b) & 63);
        }
        n <<= 6 * (4 - group.len());
        let [_, bytes @ ..] = n.to_be_bytes();
        out.copy_from_slice(bytes.get(..out.len()).unwrap_or_default());
    };
    let made = vm.build_bytes(head.len() / 4 * 3 + kept, |room| {
        let (most, last) = room.split_at_mut(head.len() / 4 * 3);
        for (four, three) in head.chunks_exact(4).zip(most.chunks_exact_mut(3)) {
            group(four, three);
        }
        group(&tail[..kept + 1], last);
    });
    (odd < 64).then_some(made)
}

fn from_base64(vm: &Vm, v: &Value, strict: bool) -> PyResult<Gc<Bytes>> {
    let held = data_or_ascii(vm, v)?;
    let text = held.bytes();
    if let Some(made) = from_plain_base64(vm, text) {
        return made;
    }
    let mut out = room(vm, text.len() / 4 * 3 + 3)?;
    // Place in the group of four, what is left of the last character, and `=` seen in this group.
    let (mut place, mut left, mut pads) = (0u8, 0u8, 0u32);
    let mut padding_started = false;
    for (i, &byte) in text.iter().enumerate() {
        if byte == b'=' {
            padding_started = true;
            if strict && i == 0 {
                return Err(error(vm, "Leading padding not allowed"));
            }
            pads = pads.saturating_add(1);
            if strict && (place == 0 || place >= 2 && u32::from(place) + pads > 4) {
                return Err(error(vm, "Excess padding not allowed"));
            }
            continue;
        }
        let Some(value) = base64_value(byte) else {
            if strict {
                return Err(error(vm, "Only base64 data is allowed"));
            }
            continue;
        };
        if strict && padding_started {
            return Err(error(
                vm,
                if place >= 2 && u32::from(place) + pads == 4 {
                    "Excess data after padding"
                } else {
                    "Discontinuous padding not allowed"
                },
            ));
        }
        pads = 0;
        match place {
            0 => left = value,
            1 => {
                out.push(left << 2 | value >> 4);
                left = value & 15;
            }
            2 => {
                out.push(left << 4 | value >> 2);
                left = value & 3;
            }
            _ => {
                out.push(left << 6 | value);
                left = 0;
            }
        }
        place = (place + 1) % 4;
    }
    match place {
        0 => Ok(vm.new_bytes(&out)),
        2.. if u32::from(place).saturating_add(pads) >= 4 => Ok(vm.new_bytes(&out)),
        1 => Err(error(
            vm,
            format_args!(
                "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
                out.len() / 3 * 4 + 1
            ),
        )),
        _ => Err(error(vm, "Incorrect padding")),
    }
}

fn to_base64(vm: &Vm, v: &Value, newline: bool) -> PyResult<Gc<Bytes>> {
    let held = data(vm, v)?;
    let bytes = held.bytes();
    let Some(size) = bytes.len().div_ceil(3).checked_mul(4) else { return Err(vm.memory_error()) };
    let digit = |n: u32| BASE64[(n & 63) as usize];
    vm.build_bytes(size + usize::from(newline), |room| {
        if newline && let Some(last) = room.last_mut() {
            *last = b'\n';
        }
        let mut out = room.chunks_exact_mut(4);
        let (whole, rest) = bytes.as_chunks::<3>();
        for ([a, b, c], four) in whole.iter().zip(&mut out) {
            let n = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
            four.copy_from_slice(&[digit(n >> 18), digit(n >> 12), digit(n >> 6), digit(n)]);
        }
        let Some(four) = out.next() else { return };
        match *rest {
            [a, b] => {
                let n = u32::from(a) << 16 | u32::from(b) << 8;
                four.copy_from_slice(&[digit(n >> 18), digit(n >> 12), digit(n >> 6), b'=']);
            }
            [a] => {
                let n = u32::from(a) << 16;
                four.copy_from_slice(&[digit(n >> 18), digit(n >> 12), b'=', b'=']);
            }
            _ => {}
        }
    })
}

fn from_uu(vm: &Vm, v: &Value) -> PyResult<Gc<Bytes>> {
    let held = data_or_ascii(vm, v)?;
    let mut text = held.bytes().iter().copied();
    // The first byte is the length; absent text behind it reads as zero bytes.
    let Some(first) = text.next() else { return Err(error(vm, "Missing length byte")) };
    let wanted = usize::from(first.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(wanted);
    let (mut bits, mut have) = (0u32, 0u32);
    while out.len() < wanted {
        let value = match text.next() {
            // A line may have lost its spaces at the end.
            None | Some(b'\n' | b'\r') => 0,
            Some(b @ b' '..=b'`') => u32::from(b - b' ') & 63,
            Some(_) => return Err(error(vm, "Illegal char")),
        };
        bits = bits << 6 | value;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
            bits &= (1 << have) - 1;
        }
    }
    // Extra characters may only be the blanks of a whole group.
    if text.any(|b| !matches!(b, b' ' | b'`' | b'\n' | b'\r')) {
        return Err(error(vm, "Trailing garbage"));
    }
    Ok(vm.new_bytes(&out))
}

fn to_uu(vm: &Vm, v: &Value, backtick: bool) -> PyResult<Gc<Bytes>> {
    let held = data(vm, v)?;
    let bytes = held.bytes();
    if bytes.len() > 45 {
        return Err(error(vm, "At most 45 bytes at once"));
    }
    let digit = |n: u32| match (n & 63) as u8 {
        0 if backtick => b'`',
        n => n + b' ',
    };
    let mut out = vec![digit(bytes.len() as u32)];
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let n = at(0) << 16 | at(1) << 8 | at(2);
        out.extend([digit(n >> 18), digit(n >> 12), digit(n >> 6), digit(n)]);
    }
    out.push(b'\n');
    Ok(vm.new_bytes(&out))
}

fn from_qp(vm: &Vm, v: &Value, header: bool) -> PyResult<Gc<Bytes>> {
    let held = data_or_ascii(vm, v)?;
    let text = held.bytes();
    let mut out = room(vm, text.len())?;
    let digit = |b: u8| char::from(b).to_digit(16);
    let mut i = 0;
    while let Some(&byte) = text.get(i) {
        i += 1;
        if byte == b'_' && header {
            out.push(b' ');
            continue;
        }
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        match (text.get(i).copied(), text.get(i + 1).copied()) {
            (None, _) => break,
            // A soft line break goes with all of its line's end.
            (Some(b'\n' | b'\r'), _) => {
                if text[i] != b'\n' {
                    while i < text.len() && text[i] != b'\n' {
                        i += 1;
                    }
                }
                i += 1;
            }
            (Some(b'='), _) => {
                // A broken encoder's `==`.
                out.push(b'=');
                i += 1;
            }
            (Some(high), Some(low)) => match (digit(high), digit(low)) {
                (Some(high), Some(low)) => {
                    out.push((high << 4 | low) as u8);
                    i += 2;
                }
                _ => out.push(b'='),
            },
            (Some(_), None) => out.push(b'='),
        }
    }
    Ok(vm.new_bytes(&out))
}

/// What decides how `b2a_qp` writes.
struct QpStyle {
    quote_tabs: bool,
    is_text: bool,
    header: bool,
}

fn to_qp(vm: &Vm, v: &Value, style: QpStyle) -> PyResult<Gc<Bytes>> {
    const LINE: usize = 76;
    let held = data(vm, v)?;
    let bytes = held.bytes();
    // The kind of line end is that of the first line.
    let crlf = match bytes.iter().position(|b| *b == b'\n') {
        Some(at) => at > 0 && bytes[at - 1] == b'\r',
        None => false,
    };
    let mut out = room(vm, bytes.len().saturating_mul(2))?;
    let mut column = 0;
    let push_hex = |out: &mut Vec<u8>, b: u8| {
        const UPPER: &[u8; 16] = b"0123456789ABCDEF";
        out.extend([b'=', UPPER[usize::from(b >> 4)], UPPER[usize::from(b & 15)]]);
    };
    let soft_break = |out: &mut Vec<u8>| {
        out.extend_from_slice(if crlf { b"=\r\n" } else { b"=\n" });
    };
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let next = bytes.get(i + 1).copied();
        let is_break = style.is_text && (b == b'\n' || b == b'\r' && next == Some(b'\n'));
        let quoted = b > 126
            || b == b'='
            || style.header && b == b'_'
            || b == b'.' && column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0))
            || !style.is_text && matches!(b, b'\r' | b'\n')
            || matches!(b, b' ' | b'\t') && next.is_none()
            || b < 33 && !matches!(b, b'\r' | b'\n' | b'\t' | b' ')
            || b < 33 && !matches!(b, b'\r' | b'\n') && (style.quote_tabs || !matches!(b, b'\t' | b' '));
        if quoted {
            if column + 3 >= LINE {
                soft_break(&mut out);
                column = 0;
            }
            push_hex(&mut out, b);
            column += 3;
            i += 1;
        } else if is_break {
            column = 0;
            // White space before the end of a line is quoted.
            if let Some(&last) = out.last()
                && matches!(last, b' ' | b'\t')
            {
                out.pop();
                push_hex(&mut out, last);
            }
            out.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
            i += if b == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some() && next != Some(b'\n') && column + 1 >= LINE {
                soft_break(&mut out);
                column = 0;
            }
            column += 1;
            out.push(if style.header && b == b' ' { b'_' } else { b });
            i += 1;
        }
    }
    Ok(vm.new_bytes(&out))
}

const CRC_TABLE: [[u32; 256]; 8] = crc_tables();

const fn crc_tables() -> [[u32; 256]; 8] {
    let mut tables = [[0u32; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][i] = crc;
        i += 1;
    }
    let mut i = 0;
    while i < 256 {
        let mut k = 1;
        while k < 8 {
            let last = tables[k - 1][i];
            tables[k][i] = tables[0][(last & 0xFF) as usize] ^ last >> 8;
            k += 1;
        }
        i += 1;
    }
    tables
}

/// CRC-32 as of zip and PNG, eight bytes at a time.
pub fn crc32_of(bytes: &[u8], start: u32) -> u32 {
    let mut crc = !start;
    let (groups, rest) = bytes.as_chunks::<8>();
    for group in groups {
        let n = u64::from_le_bytes(*group) ^ u64::from(crc);
        crc = 0;
        for (k, byte) in n.to_le_bytes().iter().enumerate() {
            crc ^= CRC_TABLE[7 - k][usize::from(*byte)];
        }
    }
    for b in rest {
        crc = CRC_TABLE[0][usize::from(crc as u8 ^ b)] ^ crc >> 8;
    }
    !crc
}

/// The low 32 bits of an int of any size.
fn low_word(vm: &Vm, v: &Value) -> PyResult<u32> {
    use taipan_vm::types::numbers::{IntValue, int_value};
    let v = vm.index(v)?;
    Ok(match int_value(&v) {
        Some(IntValue::Small(n)) => n as u32,
        Some(IntValue::Big(n)) => {
            let (sign, words) = n.as_sign_words();
            let low = words.first().copied().unwrap_or(0) as u32;
            if sign == dashu_int::Sign::Negative { low.wrapping_neg() } else { low }
        }
        None => 0,
    })
}

/// Conversion between binary data and ASCII
#[pymodule(name = "binascii")]
pub mod binascii {
    use super::*;

    #[pyconst("Error")]
    fn error_class(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyconst("Incomplete")]
    fn incomplete_class(vm: &Vm) -> Value {
        vm.type_for(&INCOMPLETE).into_value()
    }

    /// Decode a line of base64 data.
    ///
    ///   strict_mode
    ///     When set to True, bytes that are not part of the base64 standard are not allowed.
    ///     The same applies to excess data after padding (= / ==).
    #[pyfn("a2b_base64(data, /, *, strict_mode=False)")]
    fn a2b_base64(vm: &Vm, data: &Value, strict_mode: bool) -> PyResult<Gc<Bytes>> {
        from_base64(vm, data, strict_mode)
    }

    /// Base64-code line of data.
    #[pyfn("b2a_base64(data, /, *, newline=True)")]
    fn b2a_base64(vm: &Vm, data: &Value, newline: bool) -> PyResult<Gc<Bytes>> {
        to_base64(vm, data, newline)
    }

    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    #[pyfn("a2b_hex(hexstr, /)")]
    #[pyfn("unhexlify(hexstr, /)")]
    fn a2b_hex(vm: &Vm, hexstr: &Value) -> PyResult<Gc<Bytes>> {
        from_hex(vm, hexstr)
    }

    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.
    #[pyfn("b2a_hex(data, sep=<unrepresentable>, bytes_per_sep=1)")]
    #[pyfn("hexlify(data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn b2a_hex(vm: &Vm, data: &Value, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Gc<Bytes>> {
        to_hex(vm, data, sep, bytes_per_sep)
    }

    /// Decode a string of qp-encoded data.
    #[pyfn("a2b_qp(data, header=False)")]
    fn a2b_qp(vm: &Vm, data: &Value, header: bool) -> PyResult<Gc<Bytes>> {
        from_qp(vm, data, header)
    }

    /// Encode a string using quoted-printable encoding.
    ///
    /// On encoding, when istext is set, newlines are not encoded, and white
    /// space at end of lines is.  When istext is not set, \r and \n (CR/LF)
    /// are both encoded.  When quotetabs is set, space and tabs are encoded.
    #[pyfn("b2a_qp(data, quotetabs=False, istext=True, header=False)")]
    fn b2a_qp(vm: &Vm, data: &Value, quotetabs: bool, istext: bool, header: bool) -> PyResult<Gc<Bytes>> {
        to_qp(vm, data, QpStyle { quote_tabs: quotetabs, is_text: istext, header })
    }

    /// Decode a line of uuencoded data.
    #[pyfn("a2b_uu(data, /)")]
    fn a2b_uu(vm: &Vm, data: &Value) -> PyResult<Gc<Bytes>> {
        from_uu(vm, data)
    }

    /// Uuencode line of data.
    #[pyfn("b2a_uu(data, /, *, backtick=False)")]
    fn b2a_uu(vm: &Vm, data: &Value, backtick: bool) -> PyResult<Gc<Bytes>> {
        to_uu(vm, data, backtick)
    }

    /// Compute CRC-32 incrementally.
    #[pyfn("crc32(data, crc=0, /)")]
    fn crc32(vm: &Vm, data: &Value, crc: &Value) -> PyResult<u32> {
        let start = low_word(vm, crc)?;
        let held = super::data(vm, data)?;
        Ok(crc32_of(held.bytes(), start))
    }

    /// Compute CRC-CCITT incrementally.
    #[pyfn("crc_hqx(data, crc, /)")]
    fn crc_hqx(vm: &Vm, data: &Value, crc: &Value) -> PyResult<u32> {
        let mut crc = low_word(vm, crc)? & 0xFFFF;
        let held = super::data(vm, data)?;
        for b in held.bytes() {
            crc ^= u32::from(*b) << 8;
            for _ in 0..8 {
                crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
            }
            crc &= 0xFFFF;
        }
        Ok(crc)
    }
}

#[cfg(test)]
mod tests {
    use super::crc32_of;

    #[test]
    fn crc() {
        assert_eq!(crc32_of(b"hello", 0), 907060870);
        assert_eq!(crc32_of(b"lo", crc32_of(b"hel", 0)), 907060870);
        assert_eq!(crc32_of(b"123456789", 0), 0xCBF4_3926);
    }
}
