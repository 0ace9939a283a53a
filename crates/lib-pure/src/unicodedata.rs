//! `unicodedata`: the Unicode character database, in its current version and (as `ucd_3_2_0`) in an old one.

use taipan_text::unicode::{self, Edition};
use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::prelude::*;

/// The one character of an argument; `which` is how messages number it.
fn character(vm: &Vm, function: &str, which: &str, v: &Value) -> PyResult<u32> {
    let Some(s) = v.downcast::<Str>() else {
        return Err(vm.type_error(format_args!(
            "{function}() argument{which} must be a unicode character, not {}",
            vm.shown_type_name(v)
        )));
    };
    match (s.char_len(), s.as_wtf8().code_points().next()) {
        (1, Some(cp)) => Ok(cp),
        (n, _) => Err(vm.type_error(format_args!(
            "{function}(): argument{which} must be a unicode character, not a string of length {n}"
        ))),
    }
}

/// What the functions answer, for either edition.
mod data {
    use super::*;
    pub use unicode::{bidirectional, category, combining, east_asian_width};

    pub fn mirrored(edition: Edition, cp: u32) -> u8 {
        unicode::mirrored(edition, cp) as u8
    }

    pub fn decomposition(edition: Edition, cp: u32) -> String {
        // Hangul syllables by arithmetic: one with a final consonant is told in full.
        if let Some(index) = cp.checked_sub(0xAC00).filter(|index| *index < 11172) {
            let (lead, vowel, tail) = (0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28);
            return match index % 28 {
                0 => format!("{lead:04X} {vowel:04X}"),
                _ => format!("{lead:04X} {vowel:04X} {tail:04X}"),
            };
        }
        let Some((tag, parts)) = unicode::decomposition(edition, cp) else { return String::new() };
        let mut words: Vec<String> = parts.iter().map(|p| format!("{p:04X}")).collect();
        if !tag.is_empty() {
            // The tables have the tag with or without its brackets.
            words.insert(0, format!("<{}>", tag.trim_matches(['<', '>'])));
        }
        words.join(" ")
    }

    fn or_default(vm: &Vm, found: Option<Value>, default: Option<&Value>, message: &str) -> PyResult<Value> {
        found.or_else(|| default.cloned()).ok_or_else(|| vm.value_error(message))
    }

    pub fn decimal(vm: &Vm, edition: Edition, cp: u32, default: Option<&Value>) -> PyResult<Value> {
        let found = unicode::decimal(edition, cp).map(|n| vm.new_int(n.into()));
        or_default(vm, found, default, "not a decimal")
    }

    pub fn digit(vm: &Vm, edition: Edition, cp: u32, default: Option<&Value>) -> PyResult<Value> {
        let found = unicode::digit(edition, cp).map(|n| vm.new_int(n.into()));
        or_default(vm, found, default, "not a digit")
    }

    pub fn numeric(vm: &Vm, edition: Edition, cp: u32, default: Option<&Value>) -> PyResult<Value> {
        let found = unicode::numeric(edition, cp).map(|n| vm.new_float(n));
        or_default(vm, found, default, "not a numeric character")
    }

    pub fn name(vm: &Vm, edition: Edition, cp: u32, default: Option<&Value>) -> PyResult<Value> {
        let found = unicode::name(edition, cp).map(|n| vm.new_str(&n).into_value());
        or_default(vm, found, default, "no such name")
    }

    pub fn lookup(vm: &Vm, edition: Edition, name: &Value) -> PyResult<Gc<Str>> {
        let bytes = match name.downcast::<Str>() {
            Some(s) => s.as_bytes().to_vec(),
            None => vm.bytes_like(name)?.to_vec(),
        };
        let fail = |message: &str| vm.raise_new(&taipan_vm::errors::exc::KeyError, message);
        if bytes.len() > 256 {
            return Err(fail("name too long"));
        }
        match unicode::lookup(edition, &bytes, true) {
            Some(cps) => {
                let text: Wtf8Buf = cps.into_iter().collect();
                Ok(vm.new_wtf8(&text))
            }
            None => Err(fail(&format!("undefined character name '{}'", String::from_utf8_lossy(&bytes)))),
        }
    }

    pub fn form(vm: &Vm, name: &Gc<Str>) -> PyResult<unicode::Form> {
        name.as_str()
            .and_then(unicode::Form::from_name)
            .ok_or_else(|| vm.value_error("invalid normalization form"))
    }

    pub fn normalize(vm: &Vm, edition: Edition, name: &Gc<Str>, text: &Gc<Str>) -> PyResult<Gc<Str>> {
        let form = form(vm, name)?;
        if text.is_ascii() {
            return Ok(vm.exact_str(text));
        }
        vm.try_new_wtf8(&unicode::normalize(edition, form, text.as_wtf8()))
    }
}

// The database of an edition; no docstring, as in CPython.
#[pytype(name = "UCD", module = "unicodedata", flags(NO_NEW))]
pub struct Ucd;

impl Trace for Ucd {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

impl Slots for Ucd {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

#[pymethods]
impl Ucd {
    #[pygetter("unidata_version")]
    fn unidata_version(vm: &Vm, zelf: &Gc<Ucd>) -> &'static str {
        let _ = (vm, zelf);
        unicode::OLD_VERSION
    }

    /// Returns the bidirectional class of the character as a string, empty if there is none.
    #[pymethod("bidirectional($self, chr, /)")]
    fn bidirectional(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value) -> PyResult<&'static str> {
        let _ = zelf;
        Ok(data::bidirectional(Edition::Old, character(vm, "bidirectional", "", chr)?))
    }

    /// Returns the general category of the character as a string.
    #[pymethod("category($self, chr, /)")]
    fn category(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value) -> PyResult<&'static str> {
        let _ = zelf;
        Ok(data::category(Edition::Old, character(vm, "category", "", chr)?))
    }

    /// Returns the canonical combining class of the character as an integer, 0 if there is none.
    #[pymethod("combining($self, chr, /)")]
    fn combining(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value) -> PyResult<u8> {
        let _ = zelf;
        Ok(data::combining(Edition::Old, character(vm, "combining", "", chr)?))
    }

    /// Returns the decomposition mapping of the character as a string, empty if there is none.
    #[pymethod("decomposition($self, chr, /)")]
    fn decomposition(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value) -> PyResult<String> {
        let _ = zelf;
        Ok(data::decomposition(Edition::Old, character(vm, "decomposition", "", chr)?))
    }

    /// Returns the east asian width of the character as a string.
    #[pymethod("east_asian_width($self, chr, /)")]
    fn east_asian_width(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value) -> PyResult<&'static str> {
        let _ = zelf;
        Ok(data::east_asian_width(Edition::Old, character(vm, "east_asian_width", "", chr)?))
    }

    /// Returns 1 if the character is mirrored in bidirectional text, else 0.
    #[pymethod("mirrored($self, chr, /)")]
    fn mirrored(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value) -> PyResult<u8> {
        let _ = zelf;
        Ok(data::mirrored(Edition::Old, character(vm, "mirrored", "", chr)?))
    }

    /// Converts a character to its decimal value.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pymethod("decimal($self, chr, default=<unrepresentable>, /)")]
    fn decimal(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        let _ = zelf;
        data::decimal(vm, Edition::Old, character(vm, "decimal", " 1", chr)?, default)
    }

    /// Converts a character to its value as a digit.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pymethod("digit($self, chr, default=<unrepresentable>, /)")]
    fn digit(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        let _ = zelf;
        data::digit(vm, Edition::Old, character(vm, "digit", " 1", chr)?, default)
    }

    /// Returns the name of the character as a string.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pymethod("name($self, chr, default=<unrepresentable>, /)")]
    fn name(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        let _ = zelf;
        data::name(vm, Edition::Old, character(vm, "name", " 1", chr)?, default)
    }

    /// Converts a character to its numeric value as a float.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pymethod("numeric($self, chr, default=<unrepresentable>, /)")]
    fn numeric(vm: &Vm, zelf: &Gc<Ucd>, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        let _ = zelf;
        data::numeric(vm, Edition::Old, character(vm, "numeric", " 1", chr)?, default)
    }

    /// Look up a character by its name, an alias or the name of a sequence.
    ///
    /// If there is none, KeyError is raised.
    #[pymethod("lookup($self, name, /)")]
    fn lookup(vm: &Vm, zelf: &Gc<Ucd>, name: &Value) -> PyResult<Gc<Str>> {
        let _ = zelf;
        data::lookup(vm, Edition::Old, name)
    }

    /// Return whether the string is in the normal form 'NFC', 'NFKC', 'NFD' or 'NFKD'.
    #[pymethod("is_normalized($self, form, unistr, /)")]
    fn is_normalized(vm: &Vm, zelf: &Gc<Ucd>, form: &Gc<Str>, unistr: &Gc<Str>) -> PyResult<bool> {
        let _ = zelf;
        Ok(unicode::is_normalized(Edition::Old, data::form(vm, form)?, unistr.as_wtf8()))
    }

    /// Return the normal form 'NFC', 'NFKC', 'NFD' or 'NFKD' of the string.
    #[pymethod("normalize($self, form, unistr, /)")]
    fn normalize(vm: &Vm, zelf: &Gc<Ucd>, form: &Gc<Str>, unistr: &Gc<Str>) -> PyResult<Gc<Str>> {
        let _ = zelf;
        data::normalize(vm, Edition::Old, form, unistr)
    }
}

/// This module provides access to the Unicode Character Database which defines character properties for all Unicode
/// characters, in the version that `unidata_version` names.
#[pymodule(name = "unicodedata")]
pub mod module {
    use super::*;

    pytypes!(Ucd);

    #[pyconst("unidata_version")]
    fn version(vm: &Vm) -> Value {
        vm.new_str(unicode::VERSION).into_value()
    }

    #[pyconst("ucd_3_2_0")]
    fn ucd_3_2_0(vm: &Vm) -> Value {
        vm.alloc(Ucd).into_value()
    }

    /// Returns the bidirectional class of the character as a string, empty if there is none.
    #[pyfn("bidirectional(chr, /)")]
    fn bidirectional(vm: &Vm, chr: &Value) -> PyResult<&'static str> {
        Ok(data::bidirectional(Edition::Current, character(vm, "bidirectional", "", chr)?))
    }

    /// Returns the general category of the character as a string.
    #[pyfn("category(chr, /)")]
    fn category(vm: &Vm, chr: &Value) -> PyResult<&'static str> {
        Ok(data::category(Edition::Current, character(vm, "category", "", chr)?))
    }

    /// Returns the canonical combining class of the character as an integer, 0 if there is none.
    #[pyfn("combining(chr, /)")]
    fn combining(vm: &Vm, chr: &Value) -> PyResult<u8> {
        Ok(data::combining(Edition::Current, character(vm, "combining", "", chr)?))
    }

    /// Returns the decomposition mapping of the character as a string, empty if there is none.
    #[pyfn("decomposition(chr, /)")]
    fn decomposition(vm: &Vm, chr: &Value) -> PyResult<String> {
        Ok(data::decomposition(Edition::Current, character(vm, "decomposition", "", chr)?))
    }

    /// Returns the east asian width of the character as a string.
    #[pyfn("east_asian_width(chr, /)")]
    fn east_asian_width(vm: &Vm, chr: &Value) -> PyResult<&'static str> {
        Ok(data::east_asian_width(Edition::Current, character(vm, "east_asian_width", "", chr)?))
    }

    /// Returns 1 if the character is mirrored in bidirectional text, else 0.
    #[pyfn("mirrored(chr, /)")]
    fn mirrored(vm: &Vm, chr: &Value) -> PyResult<u8> {
        Ok(data::mirrored(Edition::Current, character(vm, "mirrored", "", chr)?))
    }

    /// Converts a character to its decimal value.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pyfn("decimal(chr, default=<unrepresentable>, /)")]
    fn decimal(vm: &Vm, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        data::decimal(vm, Edition::Current, character(vm, "decimal", " 1", chr)?, default)
    }

    /// Converts a character to its value as a digit.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pyfn("digit(chr, default=<unrepresentable>, /)")]
    fn digit(vm: &Vm, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        data::digit(vm, Edition::Current, character(vm, "digit", " 1", chr)?, default)
    }

    /// Returns the name of the character as a string.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pyfn("name(chr, default=<unrepresentable>, /)")]
    fn name(vm: &Vm, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        data::name(vm, Edition::Current, character(vm, "name", " 1", chr)?, default)
    }

    /// Converts a character to its numeric value as a float.
    ///
    /// Without one, default is returned or, if that is not given, ValueError raised.
    #[pyfn("numeric(chr, default=<unrepresentable>, /)")]
    fn numeric(vm: &Vm, chr: &Value, default: Option<&Value>) -> PyResult<Value> {
        data::numeric(vm, Edition::Current, character(vm, "numeric", " 1", chr)?, default)
    }

    /// Look up a character by its name, an alias or the name of a sequence.
    ///
    /// If there is none, KeyError is raised.
    #[pyfn("lookup(name, /)")]
    fn lookup(vm: &Vm, name: &Value) -> PyResult<Gc<Str>> {
        data::lookup(vm, Edition::Current, name)
    }

    /// Return whether the string is in the normal form 'NFC', 'NFKC', 'NFD' or 'NFKD'.
    #[pyfn("is_normalized(form, unistr, /)")]
    fn is_normalized(vm: &Vm, form: &Gc<Str>, unistr: &Gc<Str>) -> PyResult<bool> {
        Ok(unicode::is_normalized(Edition::Current, data::form(vm, form)?, unistr.as_wtf8()))
    }

    /// Return the normal form 'NFC', 'NFKC', 'NFD' or 'NFKD' of the string.
    #[pyfn("normalize(form, unistr, /)")]
    fn normalize(vm: &Vm, form: &Gc<Str>, unistr: &Gc<Str>) -> PyResult<Gc<Str>> {
        data::normalize(vm, Edition::Current, form, unistr)
    }
}
