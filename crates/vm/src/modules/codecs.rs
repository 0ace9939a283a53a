//! `_codecs`: the registry of codecs and error handlers, and the built-in codecs.
//!
//! Text codecs that are known by name (UTF-8, UTF-16, UTF-32, ASCII, Latin-1) never ask the registry, so they work before
//! `encodings` can be imported. What needs objects is here; the algorithms are `taipan_text::codecs`.

mod charmap;
mod handlers;
mod registry;
pub mod text;

pub use charmap::EncodingMap;
pub use registry::{CodecState, lookup, lookup_error, register_error};
pub use text::{Codec, decode_bytes, decode_object, decode_with, encode_text, encode_with};

use crate::prelude::*;
use crate::types::buffer::BytesLike;
use registry::Half;
use taipan_text::codecs::Endian;

/// What a decoding function answers.
fn decoded(vm: &Vm, codec: Codec, data: BytesLike, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
    (decode_with(vm, codec, data, errors, is_final)?).into_py(vm)
}

/// What an encoding function answers.
fn encoded(vm: &Vm, codec: Codec, s: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
    (encode_with(vm, codec, s, errors)?, s.char_len()).into_py(vm)
}

/// The bytes of an argument that may be text as well.
fn bytes_or_text(vm: &Vm, v: &Value) -> PyResult<BytesLike> {
    match v.downcast::<Str>() {
        Some(s) => match encode_with(vm, Codec::Utf8, s, None)?.downcast::<Bytes>() {
            Some(b) => Ok(BytesLike::Bytes(b.clone())),
            None => Err(vm.system_error("an encoder answers bytes")),
        },
        None => vm.bytes_like(v),
    }
}

fn order(byteorder: i32) -> Option<Endian> {
    match byteorder {
        0 => None,
        n if n < 0 => Some(Endian::Little),
        _ => Some(Endian::Big),
    }
}

/// `utf_16_ex_decode` and `utf_32_ex_decode`: with the byte order that was found.
fn ex_decode(
    vm: &Vm,
    wide: bool,
    data: &Value,
    errors: Option<&str>,
    byteorder: i32,
    is_final: bool,
) -> PyResult<Value> {
    let data = vm.bytes_like(data)?;
    let found = match (order(byteorder), wide, &*data) {
        (None, false, [0xFF, 0xFE, ..]) | (None, true, [0xFF, 0xFE, 0, 0, ..]) => -1,
        (None, false, [0xFE, 0xFF, ..]) | (None, true, [0, 0, 0xFE, 0xFF, ..]) => 1,
        _ => byteorder,
    };
    let o = order(byteorder);
    let codec = if wide { Codec::Utf32(o) } else { Codec::Utf16(o) };
    let (text, consumed) = decode_with(vm, codec, data, errors, is_final)?;
    (text, consumed, found).into_py(vm)
}

#[pymodule(name = "_codecs")]
pub mod module {
    use super::*;

    /// Register a codec search function.
    ///
    /// It is called with the name of an encoding in small letters and answers a
    /// tuple (encoder, decoder, stream_reader, stream_writer), or None.
    #[pyfn("register(search_function, /)")]
    fn register(vm: &Vm, search_function: &Value) -> PyResult<()> {
        registry::register(vm, search_function)
    }

    /// Unregister a codec search function and clear the registry's cache.
    ///
    /// If the search function is not registered, do nothing.
    #[pyfn("unregister(search_function, /)")]
    fn unregister(vm: &Vm, search_function: &Value) {
        registry::unregister(vm, search_function)
    }

    /// Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.
    #[pyfn("lookup(encoding, /)")]
    fn lookup(vm: &Vm, encoding: &str) -> PyResult<Gc<Tuple>> {
        registry::lookup(vm, encoding)
    }

    /// Encodes obj using the codec registered for encoding.
    #[pyfn("encode(obj, encoding='utf-8', errors='strict')")]
    fn encode(
        vm: &Vm,
        obj: &Value,
        encoding: Option<&str>,
        #[raw] errors: Option<&Value>,
    ) -> PyResult<Value> {
        let errors = crate::types::str_methods::optional_text(vm, errors, "encode() argument 'errors'")?;
        registry::run(vm, Half::Encoder, obj, encoding.unwrap_or("utf-8"), errors)
    }

    /// Decodes obj using the codec registered for encoding.
    #[pyfn("decode(obj, encoding='utf-8', errors='strict')")]
    fn decode(
        vm: &Vm,
        obj: &Value,
        encoding: Option<&str>,
        #[raw] errors: Option<&Value>,
    ) -> PyResult<Value> {
        let errors = crate::types::str_methods::optional_text(vm, errors, "decode() argument 'errors'")?;
        registry::run(vm, Half::Decoder, obj, encoding.unwrap_or("utf-8"), errors)
    }

    /// Register the specified error handler under the name errors.
    ///
    /// handler is called with a UnicodeError and answers a tuple of a replacement
    /// and the place at which to go on.
    #[pyfn("register_error(errors, handler, /)")]
    fn register_error(vm: &Vm, errors: &str, handler: &Value) -> PyResult<()> {
        registry::register_error(vm, errors, handler)
    }

    /// Un-register the specified error handler: whether there was one.
    ///
    /// Only custom error handlers can be un-registered.
    #[pyfn("_unregister_error(errors, /)")]
    fn unregister_error(vm: &Vm, errors: &str) -> PyResult<bool> {
        registry::unregister_error(vm, errors)
    }

    /// lookup_error(errors) -> handler
    ///
    /// Return the error handler for the specified error handling name or raise a
    /// LookupError, if no handler exists under this name.
    #[pyfn("lookup_error(name, /)")]
    fn lookup_error(vm: &Vm, name: &str) -> PyResult<Value> {
        registry::lookup_error(vm, name)
    }

    #[pyfn("escape_decode(data, errors=None, /)")]
    fn escape_decode(vm: &Vm, data: &Value, errors: Option<&str>) -> PyResult<Value> {
        let data = bytes_or_text(vm, data)?;
        let errors = errors.unwrap_or("strict");
        let made = taipan_text::codecs::decode_escape(&data, errors)
            .map_err(|e| vm.value_error(e.message(errors)))?;
        if let Some(invalid) = made.invalid {
            vm.warn(&crate::errors::exc::DeprecationWarning, invalid.message("b"), 1)?;
        }
        (vm.try_new_bytes(&made.bytes)?, data.len()).into_py(vm)
    }

    #[pyfn("escape_encode(data, errors=None, /)")]
    fn escape_encode(vm: &Vm, data: &Gc<Bytes>, errors: Option<&str>) -> PyResult<Value> {
        let _ = errors;
        let made = taipan_text::codecs::encode_escape(data.as_bytes());
        (vm.try_new_bytes(&made)?, data.len()).into_py(vm)
    }

    #[pyfn("readbuffer_encode(data, errors=None, /)")]
    fn readbuffer_encode(vm: &Vm, data: &Value, errors: Option<&str>) -> PyResult<Value> {
        let _ = errors;
        let data = bytes_or_text(vm, data)?;
        (vm.try_new_bytes(&data)?, data.len()).into_py(vm)
    }

    #[pyfn("unicode_escape_decode(data, errors=None, final=True, /)")]
    fn unicode_escape_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::UnicodeEscape, bytes_or_text(vm, data)?, errors, is_final)
    }

    #[pyfn("raw_unicode_escape_decode(data, errors=None, final=True, /)")]
    fn raw_unicode_escape_decode(
        vm: &Vm,
        data: &Value,
        errors: Option<&str>,
        is_final: bool,
    ) -> PyResult<Value> {
        decoded(vm, Codec::RawUnicodeEscape, bytes_or_text(vm, data)?, errors, is_final)
    }

    #[pyfn("latin_1_decode(data, errors=None, /)")]
    fn latin_1_decode(vm: &Vm, data: &Value, errors: Option<&str>) -> PyResult<Value> {
        decoded(vm, Codec::Latin1, vm.bytes_like(data)?, errors, true)
    }

    #[pyfn("ascii_decode(data, errors=None, /)")]
    fn ascii_decode(vm: &Vm, data: &Value, errors: Option<&str>) -> PyResult<Value> {
        decoded(vm, Codec::Ascii, vm.bytes_like(data)?, errors, true)
    }

    #[pyfn("charmap_decode(data, errors=None, mapping=None, /)")]
    fn charmap_decode(vm: &Vm, data: &Value, errors: Option<&str>, mapping: &Value) -> PyResult<Value> {
        let mapping = Some(mapping).filter(|m| !m.is_none());
        charmap::decode(vm, vm.bytes_like(data)?, errors, mapping)?.into_py(vm)
    }

    #[pyfn("charmap_encode(str, errors=None, mapping=None, /)")]
    fn charmap_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>, mapping: &Value) -> PyResult<Value> {
        let mapping = Some(mapping).filter(|m| !m.is_none());
        (charmap::encode(vm, str, errors, mapping)?, str.char_len()).into_py(vm)
    }

    #[pyfn("charmap_build(map, /)")]
    fn charmap_build(vm: &Vm, map: &Gc<Str>) -> PyResult<Value> {
        charmap::build(vm, map)
    }

    #[pyfn("utf_16_ex_decode(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_16_ex_decode(
        vm: &Vm,
        data: &Value,
        errors: Option<&str>,
        byteorder: i32,
        is_final: bool,
    ) -> PyResult<Value> {
        ex_decode(vm, false, data, errors, byteorder, is_final)
    }

    #[pyfn("utf_32_ex_decode(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_32_ex_decode(
        vm: &Vm,
        data: &Value,
        errors: Option<&str>,
        byteorder: i32,
        is_final: bool,
    ) -> PyResult<Value> {
        ex_decode(vm, true, data, errors, byteorder, is_final)
    }

    #[pyfn("utf_16_encode(str, errors=None, byteorder=0, /)")]
    fn utf_16_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>, byteorder: i32) -> PyResult<Value> {
        encoded(vm, Codec::Utf16(order(byteorder)), str, errors)
    }

    #[pyfn("utf_32_encode(str, errors=None, byteorder=0, /)")]
    fn utf_32_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>, byteorder: i32) -> PyResult<Value> {
        encoded(vm, Codec::Utf32(order(byteorder)), str, errors)
    }

    #[pyfn("utf_8_decode(data, errors=None, final=False, /)")]
    fn utf_8_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf8, vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_7_decode(data, errors=None, final=False, /)")]
    fn utf_7_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf7, vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_16_decode(data, errors=None, final=False, /)")]
    fn utf_16_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf16(None), vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_16_le_decode(data, errors=None, final=False, /)")]
    fn utf_16_le_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf16(Some(Endian::Little)), vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_16_be_decode(data, errors=None, final=False, /)")]
    fn utf_16_be_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf16(Some(Endian::Big)), vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_32_decode(data, errors=None, final=False, /)")]
    fn utf_32_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf32(None), vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_32_le_decode(data, errors=None, final=False, /)")]
    fn utf_32_le_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf32(Some(Endian::Little)), vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_32_be_decode(data, errors=None, final=False, /)")]
    fn utf_32_be_decode(vm: &Vm, data: &Value, errors: Option<&str>, is_final: bool) -> PyResult<Value> {
        decoded(vm, Codec::Utf32(Some(Endian::Big)), vm.bytes_like(data)?, errors, is_final)
    }

    #[pyfn("utf_8_encode(str, errors=None, /)")]
    fn utf_8_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Utf8, str, errors)
    }

    #[pyfn("utf_7_encode(str, errors=None, /)")]
    fn utf_7_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Utf7, str, errors)
    }

    #[pyfn("utf_16_le_encode(str, errors=None, /)")]
    fn utf_16_le_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Utf16(Some(Endian::Little)), str, errors)
    }

    #[pyfn("utf_16_be_encode(str, errors=None, /)")]
    fn utf_16_be_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Utf16(Some(Endian::Big)), str, errors)
    }

    #[pyfn("utf_32_le_encode(str, errors=None, /)")]
    fn utf_32_le_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Utf32(Some(Endian::Little)), str, errors)
    }

    #[pyfn("utf_32_be_encode(str, errors=None, /)")]
    fn utf_32_be_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Utf32(Some(Endian::Big)), str, errors)
    }

    #[pyfn("latin_1_encode(str, errors=None, /)")]
    fn latin_1_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Latin1, str, errors)
    }

    #[pyfn("ascii_encode(str, errors=None, /)")]
    fn ascii_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::Ascii, str, errors)
    }

    #[pyfn("unicode_escape_encode(str, errors=None, /)")]
    fn unicode_escape_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::UnicodeEscape, str, errors)
    }

    #[pyfn("raw_unicode_escape_encode(str, errors=None, /)")]
    fn raw_unicode_escape_encode(vm: &Vm, str: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
        encoded(vm, Codec::RawUnicodeEscape, str, errors)
    }
}
