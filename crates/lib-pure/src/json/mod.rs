//! `_json`: the accelerators of `json`. Strings in `text.rs`, reading in `scanner.rs`, writing in `encoder.rs`.

mod encoder;
mod scanner;
mod text;

pub use encoder::Encoder;
pub use scanner::Scanner;

use taipan_vm::prelude::*;

/// The first argument as a string.
fn string_argument<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Str>> {
    match v.downcast::<Str>() {
        Some(s) => Ok(s),
        None => {
            Err(vm
                .type_error(format_args!("first argument must be a string, not {}", vm.type_of(v).tp_name())))
        }
    }
}

/// json speedups
#[pymodule(name = "_json")]
pub mod json {
    use super::*;

    /// Return an ASCII-only JSON representation of a Python string
    #[pyfn(no_text, "encode_basestring_ascii(string, /)")]
    fn encode_basestring_ascii(vm: &Vm, string: &Value) -> PyResult<Value> {
        let s = string_argument(vm, string)?;
        let mut out = Vec::new();
        text::quote_ascii(vm, &mut out, s)?;
        Ok(vm.new_text_bytes(&out)?.into_value())
    }

    /// Return a JSON representation of a Python string
    #[pyfn(no_text, "encode_basestring(string, /)")]
    fn encode_basestring(vm: &Vm, string: &Value) -> PyResult<Value> {
        let s = string_argument(vm, string)?;
        let mut out = Vec::new();
        text::quote(vm, &mut out, s)?;
        Ok(vm.new_text_bytes(&out)?.into_value())
    }

    /// scanstring(string, end, strict=True) -> (string, end)
    ///
    /// Scan the string s for a JSON string. End is the index of the
    /// character in s after the quote that started the JSON string.
    /// Unescapes all valid JSON string escape sequences and raises ValueError
    /// on attempt to decode an invalid string. If strict is False then literal
    /// control characters are allowed in the string.
    ///
    /// Returns a tuple of the decoded string and the index of the character in s
    /// after the end quote.
    #[pyfn(no_text, "scanstring(string, end, strict=True, /)")]
    fn scanstring(vm: &Vm, string: &Value, end: isize, strict: bool) -> PyResult<(Value, usize)> {
        let s = string_argument(vm, string)?;
        scanner::scan_string(vm, s, end, strict)
    }

    /// The class of scanners.
    #[pyconst("make_scanner")]
    fn make_scanner(vm: &Vm) -> Value {
        vm.native_type::<Scanner>().into_value()
    }

    /// The class of encoders.
    #[pyconst("make_encoder")]
    fn make_encoder(vm: &Vm) -> Value {
        vm.native_type::<Encoder>().into_value()
    }
}
