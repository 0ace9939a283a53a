//! Numbers to text and back: the texts of `int`, `float` and `complex`.
//!
//! All rounding is correct: shortest digits come from `zmij`, digits to a precision from std, which rounds the exact
//! binary value half to even. A request for more digits than a double has is met with zeros.

mod complex;
mod digits;
mod hex;
mod int;
mod parse;

pub use complex::{parse_complex, repr_complex};
pub use digits::{Code, Style, float_to_text, repr_float, round_to};
pub use hex::{FromHexError, float_fromhex, float_hex};
pub use int::{IntText, InvalidInt, int_to_text, parse_int, parse_int_bytes};
pub use parse::{parse_float, parse_float_bytes};

pub use crate::strings::TooLarge;

#[cfg(test)]
mod tests;
