//! The format mini-language: `[[fill]align][sign]["z"]["#"]["0"][width][grouping]["." precision [grouping]][type]`.

use super::FormatError;
use crate::unicode;
use crate::wtf8::{CodePoints, Wtf8, Wtf8Buf};

/// Where the text stands within its field; `Sign` puts the padding after the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Center,
    Sign,
}

impl Align {
    const fn from_code(cp: u32) -> Option<Align> {
        Some(match cp {
            0x3C => Align::Left,
            0x3E => Align::Right,
            0x5E => Align::Center,
            0x3D => Align::Sign,
            _ => return None,
        })
    }
}

/// A parsed format specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    pub fill: u32,
    pub align: Align,
    /// `+`, `-` or a space, when given.
    pub sign: Option<u8>,
    pub no_negative_zero: bool,
    pub alternate: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
    /// `,` or `_` between groups of digits before the point.
    pub grouping: Option<u8>,
    /// The same after the point.
    pub fraction_grouping: Option<u8>,
    /// The type's code point; 0 when the object has no default and none is given.
    pub code: u32,
}

/// Parses a specification for an object of the named type. Text defaults to code `s` and the left, ints to `d` and
/// the right, floats and complex numbers to 0 and the right.
pub fn parse_spec(text: &Wtf8, code: u32, align: Align, type_name: &str) -> Result<Spec, FormatError> {
    let mut spec = Spec {
        fill: 0x20,
        align,
        sign: None,
        no_negative_zero: false,
        alternate: false,
        width: None,
        precision: None,
        grouping: None,
        fraction_grouping: None,
        code,
    };
    let mut rest = Reader { cps: text.code_points() };
    let (mut has_align, mut has_fill) = (false, false);
    if let Some(align) = rest.second().and_then(Align::from_code) {
        spec.fill = rest.next().unwrap_or(0x20);
        rest.next();
        (spec.align, has_align, has_fill) = (align, true, true);
    } else if let Some(align) = rest.peek().and_then(Align::from_code) {
        rest.next();
        (spec.align, has_align) = (align, true);
    }
    spec.sign = rest.take_any(b"+- ");
    spec.no_negative_zero = rest.take(b'z');
    spec.alternate = rest.take(b'#');
    if !has_fill && rest.take(b'0') {
        spec.fill = u32::from(b'0');
        if !has_align && align == Align::Right {
            spec.align = Align::Sign;
        }
    }
    spec.width = rest.integer()?;
    spec.grouping = rest.grouping()?;
    if rest.take(b'.') {
        spec.precision = rest.integer()?;
        spec.fraction_grouping = rest.grouping()?;
        if spec.precision.is_none() && spec.fraction_grouping.is_none() {
            return Err(FormatError::value("Format specifier missing precision"));
        }
    }
    if rest.second().is_some() {
        let mut message = Wtf8Buf::from("Invalid format specifier '");
        message.push_wtf8(text);
        message.push_str(&format!("' for object of type '{type_name}'"));
        return Err(FormatError { kind: super::ErrorKind::Value, message });
    }
    if let Some(code) = rest.next() {
        spec.code = code;
    }
    let known = u8::try_from(spec.code).unwrap_or(0xFF);
    if let Some(separator) = spec.grouping {
        let fits = matches!(known, b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0)
            || separator == b'_' && matches!(known, b'b' | b'o' | b'x' | b'X');
        if !fits {
            return Err(cannot_specify(separator, spec.code));
        }
    }
    match spec.fraction_grouping {
        Some(separator) if known == b'n' => Err(cannot_specify(separator, spec.code)),
        _ => Ok(spec),
    }
}

fn cannot_specify(separator: u8, code: u32) -> FormatError {
    FormatError::value(&format!("Cannot specify '{}' with '{}'.", char::from(separator), shown(code)))
}

/// "Unknown format code …": the code is not one of the type's.
pub fn unknown_code(code: u32, type_name: &str) -> FormatError {
    FormatError::value(&format!("Unknown format code '{}' for object of type '{type_name}'", shown(code)))
}

/// A code point as error texts show it.
pub(super) fn shown(code: u32) -> String {
    match char::from_u32(code) {
        Some(ch @ '!'..='\x7f') => ch.to_string(),
        _ => format!("\\x{code:x}"),
    }
}

struct Reader<'a> {
    cps: CodePoints<'a>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u32> {
        self.cps.clone().next()
    }

    fn second(&self) -> Option<u32> {
        self.cps.clone().nth(1)
    }

    fn next(&mut self) -> Option<u32> {
        self.cps.next()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(u32::from(byte));
        if found {
            self.next();
        }
        found
    }

    fn take_any(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek().and_then(|cp| u8::try_from(cp).ok()).filter(|b| bytes.contains(b))?;
        self.next();
        Some(byte)
    }

    /// Decimal digits of any script.
    fn integer(&mut self) -> Result<Option<usize>, FormatError> {
        let mut value: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(unicode::decimal_value) {
            self.next();
            value = Some(push_digit(value.unwrap_or(0), digit)?);
        }
        Ok(value)
    }

    /// A comma or an underscore, not one after the other.
    fn grouping(&mut self) -> Result<Option<u8>, FormatError> {
        let first = self.take_any(b",_");
        match (first, self.peek().map(u8::try_from)) {
            (Some(b','), Some(Ok(b'_'))) | (Some(b'_'), Some(Ok(b','))) => {
                Err(FormatError::value("Cannot specify both ',' and '_'."))
            }
            _ => Ok(first),
        }
    }
}

/// One more digit of a width or an index.
pub(super) fn push_digit(value: usize, digit: u8) -> Result<usize, FormatError> {
    value
        .checked_mul(10)
        .and_then(|n| n.checked_add(usize::from(digit)))
        .filter(|n| isize::try_from(*n).is_ok())
        .ok_or_else(|| FormatError::value("Too many decimal digits in format string"))
}
