//! The replacement fields of `str.format`: literals, fields, and the parts of a field's name.

use super::FormatError;
use super::spec::{push_digit, shown};
use crate::unicode;
use crate::wtf8::Wtf8;

/// A replacement field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldName<'a> {
    pub name: &'a Wtf8,
    pub spec: &'a Wtf8,
    /// The specification has fields of its own.
    pub spec_needs_expanding: bool,
    /// What follows the `!`.
    pub conversion: Option<u32>,
}

/// Literal text and the field after it, if any: one step of `_string.formatter_parser`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal<'a> {
    pub text: &'a Wtf8,
    pub field: Option<FieldName<'a>>,
}

/// Iterator over the pieces of a format string. It ends after an error.
#[derive(Clone, Debug)]
pub struct MarkupIter<'a> {
    text: &'a Wtf8,
    at: usize,
}

impl<'a> MarkupIter<'a> {
    pub fn new(text: &'a Wtf8) -> Self {
        MarkupIter { text, at: 0 }
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.text.as_bytes().get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn step(&mut self) -> Result<Literal<'a>, FormatError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let Some(found) = memchr::memchr2(b'{', b'}', &bytes[start..]) else {
            self.at = bytes.len();
            return Ok(Literal { text: self.text.slice_from(start), field: None });
        };
        let brace = bytes[start + found];
        self.at = start + found + 1;
        let next = bytes.get(self.at).copied();
        if next == Some(brace) {
            // A doubled brace is one brace of the literal; no field follows.
            self.at += 1;
            return Ok(Literal { text: self.text.slice(start..self.at - 1), field: None });
        }
        if brace == b'}' {
            return Err(FormatError::value("Single '}' encountered in format string"));
        }
        if next.is_none() {
            return Err(FormatError::value("Single '{' encountered in format string"));
        }
        let text = self.text.slice(start..start + found);
        self.field().map(|field| Literal { text, field: Some(field) })
    }

    fn field(&mut self) -> Result<FieldName<'a>, FormatError> {
        let start = self.at;
        let mut last = None;
        while let Some(byte) = self.bump() {
            last = Some(byte);
            match byte {
                b'{' => return Err(FormatError::value("unexpected '{' in field name")),
                b'[' => {
                    // Up to the closing bracket, which is read as an ordinary character.
                    let rest = &self.text.as_bytes()[self.at..];
                    self.at += memchr::memchr(b']', rest).unwrap_or(rest.len());
                }
                b'}' | b':' | b'!' => break,
                _ => {}
            }
        }
        if !matches!(last, Some(b'}' | b':' | b'!')) {
            return Err(FormatError::value("expected '}' before end of string"));
        }
        let empty = Wtf8::new("");
        let name = self.text.slice(start..self.at - 1);
        let mut field = FieldName { name, spec: empty, spec_needs_expanding: false, conversion: None };
        if last == Some(b'}') {
            return Ok(field);
        }
        if last == Some(b'!') {
            let Some(conversion) = self.text.code_point_at(self.at) else {
                return Err(FormatError::value("end of string while looking for conversion specifier"));
            };
            self.at += crate::wtf8::encoded_len(conversion);
            field.conversion = Some(conversion);
            match self.bump() {
                Some(b'}') => return Ok(field),
                Some(b':') | None => {}
                Some(_) => return Err(FormatError::value("expected ':' after conversion specifier")),
            }
        }
        let start = self.at;
        let mut depth = 1usize;
        while let Some(byte) = self.bump() {
            match byte {
                b'{' => {
                    field.spec_needs_expanding = true;
                    depth += 1;
                }
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        field.spec = self.text.slice(start..self.at - 1);
                        return Ok(field);
                    }
                }
                _ => {}
            }
        }
        Err(FormatError::value("unmatched '{' in format spec"))
    }
}

impl<'a> Iterator for MarkupIter<'a> {
    type Item = Result<Literal<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.at = self.text.len();
        }
        Some(step)
    }
}

/// The first part of a field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First<'a> {
    /// Nothing: the next number in turn.
    Empty,
    Index(usize),
    Name(&'a Wtf8),
}

/// A later part of a field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldPart<'a> {
    /// `.name`
    Attribute(&'a Wtf8),
    /// `[number]`
    Index(usize),
    /// `[name]`
    Key(&'a Wtf8),
}

/// Iterator over the later parts. It ends after an error.
#[derive(Clone, Debug)]
pub struct FieldParts<'a> {
    rest: &'a Wtf8,
}

/// `_string.formatter_field_name_split`.
pub fn split_field_name(name: &Wtf8) -> Result<(First<'_>, FieldParts<'_>), FormatError> {
    let end = memchr::memchr2(b'.', b'[', name.as_bytes()).unwrap_or(name.len());
    let first = name.slice_to(end);
    let first = match index(first)? {
        Some(number) => First::Index(number),
        None if first.is_empty() => First::Empty,
        None => First::Name(first),
    };
    Ok((first, FieldParts { rest: name.slice_from(end) }))
}

/// A name of decimal digits only is a number.
fn index(name: &Wtf8) -> Result<Option<usize>, FormatError> {
    let mut value = None;
    for cp in name.code_points() {
        let Some(digit) = unicode::decimal_value(cp) else { return Ok(None) };
        value = Some(push_digit(value.unwrap_or(0), digit)?);
    }
    Ok(value)
}

impl<'a> FieldParts<'a> {
    fn step(&mut self) -> Result<FieldPart<'a>, FormatError> {
        let bytes = self.rest.as_bytes();
        let part = match bytes.first() {
            Some(b'.') => {
                let end = memchr::memchr2(b'.', b'[', &bytes[1..]).map_or(bytes.len(), |n| n + 1);
                let name = self.rest.slice(1..end);
                self.rest = self.rest.slice_from(end);
                FieldPart::Attribute(name)
            }
            Some(b'[') => {
                let Some(close) = memchr::memchr(b']', bytes) else {
                    return Err(FormatError::value("Missing ']' in format string"));
                };
                let name = self.rest.slice(1..close);
                self.rest = self.rest.slice_from(close + 1);
                match index(name)? {
                    Some(number) => FieldPart::Index(number),
                    None => FieldPart::Key(name),
                }
            }
            _ => {
                return Err(FormatError::value("Only '.' or '[' may follow ']' in format field specifier"));
            }
        };
        match part {
            FieldPart::Attribute(name) | FieldPart::Key(name) if name.is_empty() => {
                Err(FormatError::value("Empty attribute in format string"))
            }
            _ => Ok(part),
        }
    }
}

impl<'a> Iterator for FieldParts<'a> {
    type Item = Result<FieldPart<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.rest = Wtf8::new("");
        }
        Some(step)
    }
}

/// The error for a conversion other than `r`, `s` and `a`.
pub fn unknown_conversion(cp: u32) -> FormatError {
    FormatError::value(&format!("Unknown conversion specifier {}", shown(cp)))
}
