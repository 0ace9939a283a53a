//! The `%` operator of `str` and `bytes`: the format's pieces, and the text of each conversion.
//!
//! Errors must come in CPython's order, and some of them from objects: keys and stars are fetched while the format is
//! still being read. So the reader takes the arguments as a trait. A conversion's code is not checked here: the
//! caller takes its argument first ("not enough arguments"), then asks for `Conversion::unsupported`.

use std::marker::PhantomData;
use std::ops::Range;

use super::{ErrorKind, FormatError};
use crate::number::{Code, Style, float_to_text};
use crate::strings::{Side, TooLarge, Units, justify};

/// What the reader needs of the right operand.
pub trait Arguments {
    type Error: From<FormatError>;

    /// A `%(` was read: "format requires a mapping" unless the operand is one.
    fn require_mapping(&mut self) -> Result<(), Self::Error>;
    /// The argument of this conversion is the value of a key.
    fn key(&mut self, key: &[u8]) -> Result<(), Self::Error>;
    /// The next argument is a width: "* wants int" unless it is an int.
    fn width(&mut self) -> Result<isize, Self::Error>;
    /// The next argument is a precision.
    fn precision(&mut self) -> Result<i32, Self::Error>;
}

/// The flags of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`
    pub left: bool,
    /// `+`
    pub sign: bool,
    /// a space
    pub blank: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
}

/// One conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    pub flags: Flags,
    pub width: usize,
    pub precision: Option<usize>,
    /// The letter, unchecked; `%` too when something stood between it and the first one.
    pub code: u32,
    /// Its place in units of the format, if the letter is none of a conversion.
    pub index: usize,
    /// It had a key.
    pub has_key: bool,
}

impl Conversion {
    /// Nothing but a width and leading zeros.
    pub fn is_plain(&self) -> bool {
        let Flags { left, sign, blank, alternate, .. } = self.flags;
        !(left || sign || blank || alternate) && self.precision.is_none()
    }

    /// "unsupported format character …"
    pub fn unsupported(&self) -> FormatError {
        let shown = char::from_u32(self.code).filter(|ch| matches!(ch, ' '..='~')).unwrap_or('?');
        let (code, index) = (self.code, self.index);
        FormatError::value(&format!("unsupported format character '{shown}' (0x{code:x}) at index {index}"))
    }
}

/// A piece of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercentPiece {
    /// Text to copy: from byte to byte of the format.
    Literal {
        start: usize,
        end: usize,
    },
    Conversion(Conversion),
}

/// Reader of a format; `U` says whether it is `str` or `bytes`.
#[derive(Clone, Debug)]
pub struct PercentIter<'a, U> {
    text: &'a [u8],
    at: usize,
    units: PhantomData<U>,
}

impl<'a, U: Units> PercentIter<'a, U> {
    pub fn new(text: &'a [u8]) -> Self {
        PercentIter::from(text, 0)
    }

    /// Reads on from a place between two pieces.
    pub fn from(text: &'a [u8], at: usize) -> Self {
        PercentIter { text, at, units: PhantomData }
    }

    /// Where the next piece begins.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next piece; `None` at the end.
    pub fn next<A: Arguments>(&mut self, args: &mut A) -> Result<Option<PercentPiece>, A::Error> {
        let rest = &self.text[self.at..];
        let literal =
            |range: Range<usize>| Ok(Some(PercentPiece::Literal { start: range.start, end: range.end }));
        match memchr::memchr(b'%', rest) {
            _ if rest.is_empty() => Ok(None),
            Some(0) if rest.get(1) == Some(&b'%') => {
                self.at += 2;
                literal(self.at - 1..self.at)
            }
            Some(0) => {
                self.at += 1;
                self.conversion(args).map(|found| Some(PercentPiece::Conversion(found)))
            }
            found => {
                let start = self.at;
                self.at += found.unwrap_or(rest.len());
                literal(start..self.at)
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn conversion<A: Arguments>(&mut self, args: &mut A) -> Result<Conversion, A::Error> {
        let has_key = self.peek() == Some(b'(');
        if has_key {
            args.require_mapping()?;
            let key = self.key()?;
            args.key(key)?;
        }
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'-' => flags.left = true,
                b'+' => flags.sign = true,
                b' ' => flags.blank = true,
                b'#' => flags.alternate = true,
                b'0' => flags.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut width = 0;
        if self.peek() == Some(b'*') {
            self.at += 1;
            let given = args.width()?;
            flags.left |= given < 0;
            width = given.unsigned_abs();
        } else if let Some(given) = self.number(isize::MAX as usize, "width too big")? {
            width = given;
        }
        let mut precision = None;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.peek() == Some(b'*') {
                self.at += 1;
                precision = Some(usize::try_from(args.precision()?).unwrap_or(0));
            } else {
                // Two texts for one fault.
                let message = if Self::is_bytes() { "prec too big" } else { "precision too big" };
                precision = Some(self.number(i32::MAX as usize, message)?.unwrap_or(0));
            }
        }
        if matches!(self.peek(), Some(b'h' | b'l' | b'L')) {
            self.at += 1;
        }
        let Some((code, len)) = U::first(&self.text[self.at..]) else {
            return Err(FormatError::value("incomplete format").into());
        };
        // Only a code that is none is complained about.
        let known = u8::try_from(code).is_ok_and(|c| b"diuoxXeEfFgGcrsa".contains(&c));
        let index = if known { 0 } else { U::count(&self.text[..self.at]) };
        self.at += len;
        Ok(Conversion { flags, width, precision, code, index, has_key })
    }

    fn is_bytes() -> bool {
        U::count(&[0xC3, 0xA9]) == 2
    }

    /// The key between balanced parentheses.
    fn key(&mut self) -> Result<&'a [u8], FormatError> {
        let start = self.at + 1;
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(&self.text[start..self.at - 1]);
                    }
                }
                _ => {}
            }
        }
        Err(FormatError::value("incomplete format key"))
    }

    fn number(&mut self, most: usize, message: &str) -> Result<Option<usize>, FormatError> {
        let mut value: Option<usize> = None;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            self.at += 1;
            let more =
                value.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(usize::from(byte - b'0')));
            value = Some(more.filter(|n| *n <= most).ok_or_else(|| FormatError::value(message))?);
        }
        Ok(value)
    }
}

/// `%s` and its kin: cuts to the precision, pads with spaces.
pub fn percent_text<U: Units>(text: &[u8], conversion: &Conversion) -> Result<Vec<u8>, TooLarge> {
    let mut text = text;
    if let Some(precision) = conversion.precision.filter(|n| *n < text.len()) {
        let mut end = 0;
        for _ in 0..precision {
            end += U::first(&text[end..]).map_or(0, |(_, len)| len);
        }
        text = &text[..end];
    }
    pad::<U>(text, conversion)
}

/// `%c`: pads only.
pub fn percent_char<U: Units>(unit: &[u8], conversion: &Conversion) -> Result<Vec<u8>, TooLarge> {
    pad::<U>(unit, conversion)
}

fn pad<U: Units>(text: &[u8], conversion: &Conversion) -> Result<Vec<u8>, TooLarge> {
    let side = if conversion.flags.left { Side::Left } else { Side::Right };
    Ok(justify::<U>(text, conversion.width, 0x20, side)?.unwrap_or_else(|| text.to_vec()))
}

/// The base in which `percent_int` wants the digits of an int, when the code is one of ints.
pub fn percent_base(code: u32) -> Option<u32> {
    match u8::try_from(code) {
        Ok(b'd' | b'i' | b'u') => Some(10),
        Ok(b'o') => Some(8),
        Ok(b'x' | b'X') => Some(16),
        _ => None,
    }
}

/// `%d`, `%o`, `%x` from the digits of an int in the right base, with a minus if negative.
pub fn percent_int(digits: &str, conversion: &Conversion) -> Result<String, FormatError> {
    let (negative, size) = match digits.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, digits),
    };
    let capitals = conversion.code == u32::from(b'X');
    let prefix = match u8::try_from(conversion.code) {
        Ok(b'x') if conversion.flags.alternate => "0x",
        Ok(b'X') if conversion.flags.alternate => "0X",
        Ok(b'o') if conversion.flags.alternate => "0o",
        _ => "",
    };
    let zeros = conversion.precision.unwrap_or(0).saturating_sub(size.len());
    // CPython refuses what is near the size of a C int.
    if conversion.precision.is_some_and(|n| n > i32::MAX as usize - 3) {
        let message = "precision too large".into();
        return Err(FormatError { kind: ErrorKind::Overflow, message });
    }
    let body = if capitals { size.to_ascii_uppercase() } else { size.to_owned() };
    Ok(place(negative, prefix, zeros, &body, conversion)?)
}

/// `%e`, `%f`, `%g` and their capitals.
pub fn percent_float(value: f64, conversion: &Conversion) -> Result<String, FormatError> {
    let code = match u8::try_from(conversion.code) {
        Ok(b'e' | b'E') => Code::Exponent,
        Ok(b'f' | b'F') => Code::Fixed,
        _ => Code::General,
    };
    let style = Style {
        upper: matches!(u8::try_from(conversion.code), Ok(b'E' | b'F' | b'G')),
        alternate: conversion.flags.alternate,
        ..Style::default()
    };
    let text = float_to_text(value, code, conversion.precision.unwrap_or(6), style)?;
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text.as_str()),
    };
    Ok(place(negative, "", 0, size, conversion)?)
}

/// Sign, prefix, zeros and digits in their field.
fn place(
    negative: bool,
    prefix: &str,
    zeros: usize,
    digits: &str,
    conversion: &Conversion,
) -> Result<String, TooLarge> {
    let Flags { left, sign, blank, zero, .. } = conversion.flags;
    let sign = match (negative, sign, blank) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let len = (sign.len() + prefix.len() + digits.len()).checked_add(zeros).ok_or(TooLarge)?;
    let fill = conversion.width.saturating_sub(len);
    let mut out = String::new();
    out.try_reserve(len.checked_add(fill).ok_or(TooLarge)?).map_err(|_| TooLarge)?;
    let (before, inner, after) = match (left, zero) {
        (true, _) => (0, 0, fill),
        (false, true) => (0, fill, 0),
        (false, false) => (fill, 0, 0),
    };
    out.extend(std::iter::repeat_n(' ', before));
    out.push_str(sign);
    out.push_str(prefix);
    out.extend(std::iter::repeat_n('0', inner));
    out.extend(std::iter::repeat_n('0', zeros));
    out.push_str(digits);
    out.extend(std::iter::repeat_n(' ', after));
    Ok(out)
}
