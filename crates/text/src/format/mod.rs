//! Formatting: the mini-language of `__format__`, the fields of `str.format`, and the `%` operator.
//!
//! Objects are the caller's business. This module parses, says what is wanted, and renders what it is given: text,
//! digits of ints, floats. The texts of its errors are the texts of the exceptions.

mod fields;
mod layout;
mod percent;
mod render;
mod spec;

pub use fields::{
    FieldName, FieldPart, FieldParts, First, Literal, MarkupIter, split_field_name, unknown_conversion,
};
pub use layout::Locale;
pub use percent::{
    Arguments, Conversion, Flags, PercentIter, PercentPiece, percent_base, percent_char, percent_float,
    percent_int, percent_text,
};
pub use render::{
    IntPlan, format_complex, format_float, format_i64, format_str, int_plan, render_char, render_int,
};
pub use spec::{Align, Spec, parse_spec, unknown_code};

use crate::strings::TooLarge;

/// Which exception an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Value,
    Overflow,
    Memory,
}

/// What went wrong, with the text of the exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    pub kind: ErrorKind,
    pub message: crate::wtf8::Wtf8Buf,
}

impl FormatError {
    pub(crate) fn value(message: &str) -> Self {
        FormatError { kind: ErrorKind::Value, message: message.into() }
    }
}

impl From<TooLarge> for FormatError {
    fn from(_: TooLarge) -> Self {
        FormatError { kind: ErrorKind::Memory, message: Default::default() }
    }
}

#[cfg(test)]
mod tests;
