//! Text to bytes and back: codecs by name, and the callbacks that ask error handlers.

use super::registry;
use crate::errors::exc;
use crate::prelude::*;
use crate::types::buffer::BytesLike;
use crate::types::numbers::{IntValue, int_value};
use taipan_text::codecs::{self as tc, Ask, Endian, ErrorInfo, Errors, Replacement};
use taipan_text::wtf8::{Wtf8, Wtf8Buf};

/// The codecs that are built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    Utf8,
    Utf7,
    /// `None`: a mark decides, or this machine.
    Utf16(Option<Endian>),
    Utf32(Option<Endian>),
    Ascii,
    Latin1,
    UnicodeEscape,
    RawUnicodeEscape,
}

impl Codec {
    /// Codecs that the methods of `str` and `bytes` know without the registry.
    #[inline]
    fn by_name(name: &str) -> Option<Codec> {
        // As they are mostly written.
        match name {
            "utf-8" | "utf8" | "UTF-8" => Some(Codec::Utf8),
            "ascii" => Some(Codec::Ascii),
            "latin-1" | "latin1" => Some(Codec::Latin1),
            _ => Codec::by_other_name(name),
        }
    }

    #[inline(never)]
    fn by_other_name(name: &str) -> Option<Codec> {
        let mut buf = [0u8; 16];
        let key = normalize_into(name, &mut buf)?;
        Some(match key {
            "utf_8" | "utf8" => Codec::Utf8,
            "utf_16" | "utf16" => Codec::Utf16(None),
            "utf_32" | "utf32" => Codec::Utf32(None),
            "ascii" | "us_ascii" => Codec::Ascii,
            "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" => Codec::Latin1,
            _ => return None,
        })
    }

    /// The name in exceptions of the encoder.
    fn encode_name(self) -> &'static str {
        match self {
            Codec::Utf8 => "utf-8",
            Codec::Utf7 => "utf7",
            Codec::Utf16(None) => "utf-16",
            Codec::Utf16(Some(Endian::Little)) => "utf-16-le",
            Codec::Utf16(Some(Endian::Big)) => "utf-16-be",
            Codec::Utf32(None) => "utf-32",
            Codec::Utf32(Some(Endian::Little)) => "utf-32-le",
            Codec::Utf32(Some(Endian::Big)) => "utf-32-be",
            Codec::Ascii => "ascii",
            Codec::Latin1 => "latin-1",
            Codec::UnicodeEscape => "unicodeescape",
            Codec::RawUnicodeEscape => "rawunicodeescape",
        }
    }

    /// The name in exceptions of the decoder, which knows its byte order by then.
    fn decode_name(self, data: &[u8]) -> &'static str {
        let native = Endian::NATIVE;
        match self {
            Codec::Utf16(None) => Codec::Utf16(Some(match data {
                [0xFF, 0xFE, ..] => Endian::Little,
                [0xFE, 0xFF, ..] => Endian::Big,
                _ => native,
            }))
            .encode_name(),
            Codec::Utf32(None) => Codec::Utf32(Some(match data {
                [0xFF, 0xFE, 0, 0, ..] => Endian::Little,
                [0, 0, 0xFE, 0xFF, ..] => Endian::Big,
                _ => native,
            }))
            .encode_name(),
            other => other.encode_name(),
        }
    }
}

/// The form of an encoding's name under which it is looked up: small letters, `_` for runs of what is no letter, digit
/// or point.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(c.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// `normalize` for short names, without memory.
fn normalize_into<'b>(name: &str, buf: &'b mut [u8; 16]) -> Option<&'b str> {
    let (mut n, mut gap) = (0, false);
    for b in name.bytes() {
        if b.is_ascii_alphanumeric() || b == b'.' {
            if gap && n > 0 {
                *buf.get_mut(n)? = b'_';
                n += 1;
            }
            gap = false;
            *buf.get_mut(n)? = b.to_ascii_lowercase();
            n += 1;
        } else {
            gap = true;
        }
    }
    std::str::from_utf8(buf.get(..n)?).ok()
}

/// `str.encode`: answers `bytes`.
pub fn encode_text(vm: &Vm, s: &Gc<Str>, encoding: Option<&str>, errors: Option<&str>) -> PyResult<Value> {
    check_names(vm, encoding, errors)?;
    let codec = match encoding {
        None => Some(Codec::Utf8),
        Some(name) => Codec::by_name(name),
    };
    match codec {
        Some(codec) => encode_with(vm, codec, s, errors),
        None => registry::encode_text(vm, s, encoding.unwrap_or("utf-8"), errors),
    }
}

/// In development mode, names of codecs and error handlers are checked even where nothing needs them.
fn check_names(vm: &Vm, encoding: Option<&str>, errors: Option<&str>) -> PyResult<()> {
    if !vm.config.flags.dev_mode {
        return Ok(());
    }
    if let Some(name) = encoding
        && Codec::by_name(name).is_none()
    {
        registry::lookup(vm, name)?;
    }
    if let Some(name) = errors {
        registry::lookup_error(vm, name)?;
    }
    Ok(())
}

/// `str(object, encoding, errors)`.
pub fn decode_object(vm: &Vm, o: &Value, encoding: Option<&str>, errors: Option<&str>) -> PyResult<Gc<Str>> {
    if o.is_instance_of::<Str>() {
        return Err(vm.type_error("decoding str is not supported"));
    }
    let wrong = || {
        vm.type_error(format_args!(
            "decoding to str: need a bytes-like object, {} found",
            vm.type_of(o).name()
        ))
    };
    if !o.is_instance_of::<Bytes>() && !vm.has_buffer(o) {
        return Err(wrong());
    }
    let text = decode_bytes(vm, o, encoding, errors);
    vm.suppress(text, &exc::BufferError)?.ok_or_else(wrong)
}

/// `bytes.decode`, for anything bytes-like.
pub fn decode_bytes(vm: &Vm, o: &Value, encoding: Option<&str>, errors: Option<&str>) -> PyResult<Gc<Str>> {
    check_names(vm, encoding, errors)?;
    let data = vm.bytes_like(o)?;
    if data.is_empty() {
        return Ok(vm.names.empty.clone());
    }
    let codec = match encoding {
        None => Some(Codec::Utf8),
        Some(name) => Codec::by_name(name),
    };
    match codec {
        Some(codec) => Ok(decode_with(vm, codec, data, errors, true)?.0),
        None => registry::decode_text(vm, o, encoding.unwrap_or("utf-8"), errors),
    }
}

/// Encodes with a built-in codec.
pub fn encode_with(vm: &Vm, codec: Codec, s: &Gc<Str>, errors: Option<&str>) -> PyResult<Value> {
    if s.is_ascii() && matches!(codec, Codec::Utf8 | Codec::Ascii | Codec::Latin1) {
        return Ok(vm.try_new_bytes(s.as_bytes())?.into_value());
    }
    let text = s.as_wtf8();
    let mut handler = EncodeErrors::new(vm, codec.encode_name(), s, errors);
    let on_error = |info: &ErrorInfo, ask: Ask| handler.call(info, ask);
    let bytes = match codec {
        Codec::Utf8 => {
            if text.find_surrogate().is_none() {
                return Ok(vm.try_new_bytes(s.as_bytes())?.into_value());
            }
            tc::encode_utf_8(text, on_error)?
        }
        Codec::Utf16(order) => tc::encode_utf_16(text, order, on_error)?,
        Codec::Utf32(order) => tc::encode_utf_32(text, order, on_error)?,
        Codec::Ascii => tc::encode_ascii(text, on_error)?,
        Codec::Latin1 => tc::encode_latin_1(text, on_error)?,
        Codec::Utf7 => tc::encode_utf_7(text),
        Codec::UnicodeEscape => tc::encode_unicode_escape(text),
        Codec::RawUnicodeEscape => tc::encode_raw_unicode_escape(text),
    };
    Ok(vm.try_new_bytes(&bytes)?.into_value())
}

/// Decodes with a built-in codec: the text and how many bytes made it.
pub fn decode_with(
    vm: &Vm,
    codec: Codec,
    data: BytesLike,
    errors: Option<&str>,
    is_final: bool,
) -> PyResult<(Gc<Str>, usize)> {
    // What needs no handler needs no copy.
    match codec {
        Codec::Utf8 => {
            if data.is_ascii() {
                return Ok((vm.new_text_bytes(&data)?, data.len()));
            }
            if let Ok(text) = std::str::from_utf8(&data) {
                return Ok((vm.try_new_wtf8(Wtf8::new(text))?, data.len()));
            }
        }
        Codec::Ascii | Codec::Latin1 if data.is_ascii() => {
            return Ok((vm.new_text_bytes(&data)?, data.len()));
        }
        Codec::Latin1 => return Ok((vm.try_new_wtf8(&tc::decode_latin_1(&data))?, data.len())),
        _ => {}
    }
    // A handler may run Python code, which may change the bytes of a `bytearray`.
    let data = if errors.is_none_or(|e| Errors::from_name(e).is_some()) { data } else { data.freeze() };
    let name = codec.decode_name(&data);
    let order = if name.ends_with("be") { Endian::Big } else { Endian::Little };
    let mut codec = codec;
    let (text, consumed) = decode_all(vm, name, &data, errors, |part, handler| {
        let done = decode_part(vm, codec, part, is_final, |info| handler.call(info))?;
        // Only the front has a mark.
        match codec {
            Codec::Utf16(None) => codec = Codec::Utf16(Some(order)),
            Codec::Utf32(None) => codec = Codec::Utf32(Some(order)),
            _ => {}
        }
        Ok(done)
    })?;
    Ok((vm.try_new_wtf8(&text)?, consumed))
}

/// Decodes with `part`, which is called again where a handler gave other data or went back.
pub fn decode_all(
    vm: &Vm,
    encoding: &str,
    data: &[u8],
    errors: Option<&str>,
    mut part: impl FnMut(&[u8], &mut DecodeErrors<'_>) -> PyResult<(Wtf8Buf, usize)>,
) -> PyResult<(Wtf8Buf, usize)> {
    let mut handler = DecodeErrors::new(vm, encoding, data, errors);
    let (mut text, consumed) = part(data, &mut handler)?;
    let Some(mut switch) = handler.switch.take() else { return Ok((text, consumed)) };
    loop {
        vm.poll()?;
        let (data, at) = switch;
        let mut handler = DecodeErrors::new(vm, encoding, data.as_bytes(), errors);
        (handler.object, handler.base) = (Some(data.to_value()), at);
        let (more, consumed) = part(data.as_bytes().get(at..).unwrap_or_default(), &mut handler)?;
        text.push_wtf8(&more);
        match handler.switch.take() {
            Some(next) => switch = next,
            None => return Ok((text, at + consumed)),
        }
    }
}

/// The text of some data and how much of it made it.
fn decode_part(
    vm: &Vm,
    codec: Codec,
    data: &[u8],
    is_final: bool,
    on_error: impl FnMut(&ErrorInfo) -> PyResult<(Wtf8Buf, usize)>,
) -> PyResult<(Wtf8Buf, usize)> {
    Ok(match codec {
        Codec::Utf8 => tc::decode_utf_8(data, is_final, on_error).map(|d| (d.text, d.consumed))?,
        Codec::Utf7 => tc::decode_utf_7(data, is_final, on_error).map(|d| (d.text, d.consumed))?,
        Codec::Utf16(o) => tc::decode_utf_16(data, o, is_final, on_error).map(|d| (d.text, d.consumed))?,
        Codec::Utf32(o) => tc::decode_utf_32(data, o, is_final, on_error).map(|d| (d.text, d.consumed))?,
        Codec::Ascii | Codec::Latin1 => tc::decode_ascii(data, on_error).map(|d| (d.text, d.consumed))?,
        Codec::UnicodeEscape => {
            let d = tc::decode_unicode_escape(data, is_final, on_error)?;
            if let Some(invalid) = d.invalid {
                vm.warn(&exc::DeprecationWarning, invalid.message(""), 1)?;
            }
            (d.text, d.consumed)
        }
        Codec::RawUnicodeEscape => {
            tc::decode_raw_unicode_escape(data, is_final, on_error).map(|d| (d.text, d.consumed))?
        }
    })
}

/// The place of a handler's answer: an index, counted from the end if it is negative.
fn resume_at(vm: &Vm, v: &Value, len: usize) -> PyResult<usize> {
    let n = match int_value(v) {
        Some(IntValue::Small(n)) => n,
        _ => return Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    };
    let at = if n < 0 { n.checked_add(len as i64) } else { Some(n) };
    match at.and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= len) {
        Some(at) => Ok(at),
        None => Err(vm.index_error(format_args!("position {n} from error handler out of bounds"))),
    }
}

/// What an encoder asks when it meets what it cannot encode.
pub struct EncodeErrors<'a> {
    vm: &'a Vm,
    encoding: &'a str,
    object: &'a Gc<Str>,
    errors: &'a str,
    known: Option<Errors>,
    handler: Option<Value>,
}

impl<'a> EncodeErrors<'a> {
    pub fn new(
        vm: &'a Vm,
        encoding: &'a str,
        object: &'a Gc<Str>,
        errors: Option<&'a str>,
    ) -> EncodeErrors<'a> {
        let errors = errors.unwrap_or("strict");
        EncodeErrors { vm, encoding, object, errors, known: Errors::from_name(errors), handler: None }
    }

    fn exception(&self, info: &ErrorInfo) -> Value {
        let vm = self.vm;
        vm.new_exc_args(
            &exc::UnicodeEncodeError,
            vec![
                vm.new_str(self.encoding).into_value(),
                self.object.to_value(),
                vm.new_int(info.start as i64),
                vm.new_int(info.end as i64),
                vm.new_str(info.reason).into_value(),
            ],
        )
    }

    pub fn call(&mut self, info: &ErrorInfo, ask: Ask) -> PyResult<(Replacement, usize)> {
        let vm = self.vm;
        if ask == Ask::Raise {
            return Err(vm.raise(self.exception(info)));
        }
        if let Some(known) = self.known {
            let bad = self.object.as_bytes();
            let range = vm.str_range(self.object, info.start..info.end);
            let bad = crate::types::str_::known(bad.get(range).unwrap_or_default());
            return match tc::replace_encode(known, self.encoding, bad) {
                Some((r, count)) => Ok((r, info.start + count)),
                None => Err(vm.raise(self.exception(info))),
            };
        }
        let handler = match &self.handler {
            Some(h) => h.clone(),
            None => {
                let h = registry::lookup_error(vm, self.errors)?;
                self.handler = Some(h.clone());
                h
            }
        };
        let r = vm.call1(&handler, &self.exception(info))?;
        let bad_answer = || vm.type_error("encoding error handler must return (str/bytes, int) tuple");
        let Some(t) = r.downcast::<Tuple>() else { return Err(bad_answer()) };
        let [what, at] = t.items() else { return Err(bad_answer()) };
        let replacement = if let Some(s) = what.downcast::<Str>() {
            Replacement::Text(s.as_wtf8().to_owned())
        } else if let Some(b) = what.downcast::<Bytes>() {
            Replacement::Bytes(b.as_bytes().to_vec())
        } else {
            return Err(bad_answer());
        };
        if int_value(at).is_none() {
            return Err(bad_answer());
        }
        Ok((replacement, resume_at(vm, at, self.object.char_len())?))
    }
}

/// What a decoder asks when it meets what it cannot decode.
pub struct DecodeErrors<'a> {
    vm: &'a Vm,
    encoding: &'a str,
    data: &'a [u8],
    errors: &'a str,
    known: Option<Errors>,
    handler: Option<Value>,
    /// The data as an object, once it is needed.
    object: Option<Value>,
    /// Where in the data the decoder began.
    base: usize,
    /// Data that a handler gave instead, and where to go on in it: the decoder was sent to the end of what it has.
    switch: Option<(Gc<Bytes>, usize)>,
}

impl<'a> DecodeErrors<'a> {
    pub fn new(vm: &'a Vm, encoding: &'a str, data: &'a [u8], errors: Option<&'a str>) -> DecodeErrors<'a> {
        let errors = errors.unwrap_or("strict");
        let known = Errors::from_name(errors);
        DecodeErrors { vm, encoding, data, errors, known, handler: None, object: None, base: 0, switch: None }
    }

    fn exception(&mut self, info: &ErrorInfo) -> Value {
        let vm = self.vm;
        let object = self.object.get_or_insert_with(|| vm.new_bytes(self.data).into_value()).clone();
        vm.new_exc_args(
            &exc::UnicodeDecodeError,
            vec![
                vm.new_str(self.encoding).into_value(),
                object,
                vm.new_int(info.start as i64),
                vm.new_int(info.end as i64),
                vm.new_str(info.reason).into_value(),
            ],
        )
    }

    pub fn call(&mut self, info: &ErrorInfo) -> PyResult<(Wtf8Buf, usize)> {
        let vm = self.vm;
        let info = &ErrorInfo { start: info.start + self.base, end: info.end + self.base, ..*info };
        if let Some(known) = self.known {
            if matches!(known, Errors::NameReplace | Errors::XmlCharRefReplace) {
                return Err(vm.type_error("don't know how to handle UnicodeDecodeError in error callback"));
            }
            return match tc::replace_decode(known, self.encoding, self.data, info.start, info.end) {
                Some(found) => Ok(found),
                None => {
                    let e = self.exception(info);
                    Err(vm.raise(e))
                }
            };
        }
        let handler = match &self.handler {
            Some(h) => h.clone(),
            None => {
                let h = registry::lookup_error(vm, self.errors)?;
                self.handler = Some(h.clone());
                h
            }
        };
        let e = self.exception(info);
        let r = vm.call1(&handler, &e)?;
        let bad_answer = || vm.type_error("decoding error handler must return (str, int) tuple");
        let Some(t) = r.downcast::<Tuple>() else { return Err(bad_answer()) };
        let [what, at] = t.items() else { return Err(bad_answer()) };
        let (Some(s), Some(_)) = (what.downcast::<Str>(), int_value(at)) else { return Err(bad_answer()) };
        let object = crate::errors::unicode::object_of(vm, &e)?;
        let text = s.as_wtf8().to_owned();
        let at = resume_at(vm, at, object.len())?;
        if at < self.base || self.object.as_ref().is_none_or(|o| o.bits() != object.as_value().bits()) {
            self.switch = Some((object, at));
            return Ok((text, self.data.len() - self.base));
        }
        Ok((text, at - self.base))
    }
}
