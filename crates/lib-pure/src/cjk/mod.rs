//! Multibyte encodings of East Asia: `_codecs_cn`, `_codecs_hk`, `_codecs_iso2022`, `_codecs_jp`, `_codecs_kr` and
//! `_codecs_tw`. Module `_multibytecodec`, with the classes of incremental encoders and streams, is Python code over the
//! two methods of a codec that take a state.

mod codec;
mod iso2022;
mod table;

use codec::{Codec, Found, Put, State};
use taipan_text::Wtf8Buf;
use taipan_text::codecs::{Ask, ErrorInfo, Replacement};
use taipan_vm::errors::exc;
use taipan_vm::modules::codecs::text::{DecodeErrors, EncodeErrors};
use taipan_vm::prelude::*;

/// An encoding.
#[pytype(name = "MultibyteCodec", module = "_multibytecodec", flags(NO_NEW))]
pub struct MultibyteCodec {
    name: &'static str,
    codec: Codec,
}

impl Trace for MultibyteCodec {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

impl Slots for MultibyteCodec {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

const ILLEGAL: &str = "illegal multibyte sequence";
const INCOMPLETE: &str = "incomplete multibyte sequence";

impl MultibyteCodec {
    /// Encodes as many characters as it can; answers the bytes and the number of characters.
    fn encode_all(
        &self,
        vm: &Vm,
        s: &Gc<Str>,
        errors: Option<&str>,
        state: &mut State,
        last: bool,
    ) -> PyResult<(Vec<u8>, usize)> {
        let mut chars = Vec::new();
        if chars.try_reserve_exact(s.char_len()).is_err() {
            return Err(vm.memory_error());
        }
        chars.extend(s.as_wtf8().code_points());
        let mut handler = EncodeErrors::new(vm, self.name, s, errors);
        let (mut out, mut at) = (Vec::new(), 0);
        let mut steps = 0u32;
        while at < chars.len() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(4096) {
                vm.poll()?;
            }
            if out.try_reserve(16).is_err() {
                return Err(vm.memory_error());
            }
            match self.codec.encode(state, chars.get(at..).unwrap_or_default(), last, &mut out) {
                Put::Done(n) => at += n,
                Put::Incomplete => break,
                Put::Illegal(n) => {
                    let info = ErrorInfo { start: at, end: at + n, reason: ILLEGAL };
                    let (what, next) = handler.call(&info, Ask::Replace).map_err(|r| no_position(vm, r))?;
                    match what {
                        Replacement::Bytes(b) => out.extend(b),
                        Replacement::Text(t) => {
                            if !self.replacement(&t, state, &mut out) {
                                handler.call(&info, Ask::Raise)?;
                            }
                        }
                    }
                    at = next;
                }
            }
        }
        if last {
            self.codec.reset(state, &mut out);
        }
        Ok((out, at))
    }

    /// Encodes what a handler put in the place of a character, if that can be done.
    fn replacement(&self, text: &Wtf8Buf, state: &mut State, out: &mut Vec<u8>) -> bool {
        let chars: Vec<u32> = text.code_points().collect();
        let mut rest = &chars[..];
        while !rest.is_empty() {
            match self.codec.encode(state, rest, true, out) {
                Put::Done(n) => rest = rest.get(n..).unwrap_or_default(),
                _ => return false,
            }
        }
        true
    }

    /// Decodes as many bytes as it can; answers the text and the number of bytes.
    fn decode_all(
        &self,
        vm: &Vm,
        data: &[u8],
        errors: Option<&str>,
        state: &mut State,
        last: bool,
    ) -> PyResult<(Wtf8Buf, usize)> {
        let mut handler = DecodeErrors::new(vm, self.name, data, errors);
        let (mut out, mut at) = (Wtf8Buf::new(), 0);
        let mut steps = 0u32;
        while at < data.len() {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(4096) {
                vm.poll()?;
            }
            if out.try_reserve(8).is_err() {
                return Err(vm.memory_error());
            }
            let info = match self.codec.decode(state, data.get(at..).unwrap_or_default()) {
                Found::Chars(a, b, n) => {
                    out.push(a);
                    if b != 0 {
                        out.push(b);
                    }
                    at += n;
                    continue;
                }
                Found::Nothing(n) => {
                    at += n;
                    continue;
                }
                Found::Illegal(n) => ErrorInfo { start: at, end: at + n, reason: ILLEGAL },
                Found::Incomplete if last => ErrorInfo { start: at, end: data.len(), reason: INCOMPLETE },
                Found::Incomplete => break,
            };
            let (text, next) = handler.call(&info).map_err(|r| no_position(vm, r))?;
            out.push_wtf8(&text);
            at = next;
        }
        Ok((out, at))
    }
}

/// A handler's position that is no index at all is as wrong as one that is too large.
fn no_position(vm: &Vm, raised: Raised) -> Raised {
    if !vm.raised_is(&exc::OverflowError) {
        return raised;
    }
    drop(vm.take_raised());
    vm.index_error("position -1 from error handler out of bounds")
}

fn state_of(n: u64) -> State {
    State(n.to_le_bytes())
}

#[pymethods]
impl MultibyteCodec {
    /// Return an encoded string version of 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeEncodeError. Other possible
    /// values are 'ignore', 'replace' and 'xmlcharrefreplace' as well as any other name
    /// registered with codecs.register_error that can handle UnicodeEncodeErrors.
    #[pymethod("encode($self, /, input, errors=None)")]
    fn encode(
        vm: &Vm,
        zelf: &Gc<MultibyteCodec>,
        input: &Value,
        errors: Option<String>,
    ) -> PyResult<(Gc<Bytes>, usize)> {
        let text = match input.downcast::<Str>() {
            Some(s) => s.clone(),
            None => vm.str(input)?,
        };
        let mut state = zelf.codec.start(false);
        let (bytes, _) = zelf.encode_all(vm, &text, errors.as_deref(), &mut state, true)?;
        Ok((vm.try_new_bytes(&bytes)?, text.char_len()))
    }

    /// Decodes 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeDecodeError. Other possible
    /// values are 'ignore' and 'replace' as well as any other name registered with
    /// codecs.register_error that is able to handle UnicodeDecodeErrors."
    #[pymethod("decode($self, /, input, errors=None)")]
    fn decode(
        vm: &Vm,
        zelf: &Gc<MultibyteCodec>,
        input: &Value,
        errors: Option<String>,
    ) -> PyResult<(Gc<Str>, usize)> {
        let data = vm.bytes_like(input)?.freeze();
        let mut state = zelf.codec.start(true);
        let (text, n) = zelf.decode_all(vm, &data, errors.as_deref(), &mut state, true)?;
        Ok((vm.try_new_wtf8(&text)?, n))
    }

    #[pygetter("_name")]
    fn name(_vm: &Vm, zelf: &Gc<MultibyteCodec>) -> &'static str {
        zelf.name
    }

    /// The state at the beginning.
    #[pymethod("_start($self, decoding, /)")]
    fn start(_vm: &Vm, zelf: &Gc<MultibyteCodec>, decoding: bool) -> u64 {
        u64::from_le_bytes(zelf.codec.start(decoding).0)
    }

    /// Encodes what can be encoded yet: bytes, number of characters, state.
    #[pymethod("_encode($self, input, errors, state, final, /)")]
    fn encode_part(
        vm: &Vm,
        zelf: &Gc<MultibyteCodec>,
        input: &Gc<Str>,
        errors: Option<String>,
        state: u64,
        r#final: bool,
    ) -> PyResult<(Gc<Bytes>, usize, u64)> {
        let mut state = state_of(state);
        let (bytes, n) = zelf.encode_all(vm, input, errors.as_deref(), &mut state, r#final)?;
        Ok((vm.try_new_bytes(&bytes)?, n, u64::from_le_bytes(state.0)))
    }

    /// Decodes what can be decoded yet: text, number of bytes, state.
    #[pymethod("_decode($self, input, errors, state, final, /)")]
    fn decode_part(
        vm: &Vm,
        zelf: &Gc<MultibyteCodec>,
        input: &Value,
        errors: Option<String>,
        state: u64,
        r#final: bool,
    ) -> PyResult<(Gc<Str>, usize, u64)> {
        let data = vm.bytes_like(input)?.freeze();
        let mut state = state_of(state);
        let (text, n) = zelf.decode_all(vm, &data, errors.as_deref(), &mut state, r#final)?;
        Ok((vm.try_new_wtf8(&text)?, n, u64::from_le_bytes(state.0)))
    }
}

/// The codec of a name, if the module has it.
fn getcodec(vm: &Vm, encoding: &Value, names: &[&'static str]) -> PyResult<Value> {
    let Some(s) = encoding.downcast::<Str>() else {
        return Err(vm.type_error("encoding name must be a string."));
    };
    let name = names.iter().find(|n| s.as_bytes() == n.as_bytes());
    match name.and_then(|name| Some((*name, Codec::new(name)?))) {
        Some((name, codec)) => Ok(vm.alloc(MultibyteCodec { name, codec }).into_value()),
        None => Err(vm.raise_new(&exc::LookupError, "no such codec is supported.")),
    }
}

macro_rules! modules {
    ($($id:ident $name:literal [$($codec:literal)*])*) => { $(
        /// Codecs of multibyte encodings.
        #[pymodule(name = $name)]
        pub mod $id {
            use super::*;

            #[pyfn("getcodec(encoding, /)")]
            fn getcodec(vm: &Vm, encoding: &Value) -> PyResult<Value> {
                super::getcodec(vm, encoding, &[$($codec),*])
            }
        }
    )* };
}

modules! {
    cn "_codecs_cn" ["gb2312" "gbk" "gb18030" "hz"]
    hk "_codecs_hk" ["big5hkscs"]
    tw "_codecs_tw" ["big5" "cp950"]
    kr "_codecs_kr" ["euc_kr" "cp949" "johab"]
    jp "_codecs_jp" ["shift_jis" "cp932" "euc_jp" "shift_jis_2004" "euc_jis_2004" "euc_jisx0213" "shift_jisx0213"]
    multi "_codecs_iso2022" ["iso2022_kr" "iso2022_jp" "iso2022_jp_1" "iso2022_jp_2" "iso2022_jp_2004" "iso2022_jp_3" "iso2022_jp_ext"]
}
