//! `TextIOWrapper`: text over a binary stream.
//!
//! UTF-8, ASCII and Latin-1 are decoded and encoded here; every other encoding, and error handlers that Python code
//! registered, go through incremental codecs of module `codecs`.
//!
//! I1  `decoded` is WTF-8 and `used` lies at the start of a code point of it.
//! I2  `snapshot` is the decoder's flags before, and the bytes behind, the chunk that `decoded` came from.

use super::base::{TextIoBase, finalize};
use super::buffered;
use super::file::{ReprGuard, cannot_pickle};
use super::newline::{LineEnd, Newlines, is_legal, split_state};
use super::string_io::{prefix_len, replace_lf};
use super::{both, check_closed, closed_error, unsupported};
use crate::util;
use std::cell::Cell;
use taipan_text::codecs::{self, Errors};
use taipan_text::wtf8::{Wtf8, Wtf8Buf, count_starts};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Fresh,
    Ready,
    Detached,
}

/// Who does the coding.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Codec {
    Utf8(Errors),
    Ascii(Errors),
    Latin1(Errors),
    #[default]
    Python,
}

impl Codec {
    fn of(encoding: &str, errors: &str) -> Codec {
        let Some(errors) = Errors::from_name(errors) else { return Codec::Python };
        match encoding.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" | "u8" => Codec::Utf8(errors),
            "ascii" | "us-ascii" | "646" => Codec::Ascii(errors),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" | "l1" => {
                Codec::Latin1(errors)
            }
            _ => Codec::Python,
        }
    }
}

const CHUNK: usize = 8192;

/// Character and line based layer over a BufferedIOBase object, buffer.
///
/// encoding gives the name of the encoding that the stream will be
/// decoded or encoded with. It defaults to locale.getencoding().
///
/// errors determines the strictness of encoding and decoding (see
/// help(codecs.Codec) or the documentation for codecs.register) and
/// defaults to "strict".
///
/// newline controls how line endings are handled. It can be None, '',
/// '\n', '\r', and '\r\n'.  It works as follows:
///
/// * On input, if newline is None, universal newlines mode is
///   enabled. Lines in the input can end in '\n', '\r', or '\r\n', and
///   these are translated into '\n' before being returned to the
///   caller. If it is '', universal newline mode is enabled, but line
///   endings are returned to the caller untranslated. If it has any of
///   the other legal values, input lines are only terminated by the given
///   string, and the line ending is returned to the caller untranslated.
///
/// * On output, if newline is None, any '\n' characters written are
///   translated to the system default line separator, os.linesep. If
///   newline is '' or '\n', no translation takes place. If newline is any
///   of the other legal values, any '\n' characters written are translated
///   to the given string.
///
/// If line_buffering is True, a call to flush is implied when a call to
/// write contains a newline character.
#[pytype(name = "TextIOWrapper", module = "_io", base = TextIoBase, signature = "(buffer, encoding=None, errors=None, newline=None,\n              line_buffering=False, write_through=False)", flags(BASETYPE, GC, HAS_DICT))]
#[derive(Trace, Default)]
pub struct TextIoWrapper {
    pub base: TextIoBase,
    buffer: ValueCell,
    encoding: ValueCell,
    errors: ValueCell,
    encoder: ValueCell,
    decoder: ValueCell,
    #[notrace]
    stage: Cell<Stage>,
    #[notrace]
    codec: Cell<Codec>,
    #[notrace]
    can_decode: Cell<bool>,
    #[notrace]
    can_encode: Cell<bool>,
    /// Bytes that the fast decoder could not decode yet.
    #[notrace]
    tail: Guarded<Vec<u8>>,
    #[notrace]
    newlines: Cell<Option<Newlines>>,
    #[notrace]
    line_end: Cell<Option<LineEnd>>,
    #[notrace]
    write_nl: Cell<Option<&'static [u8]>>,
    /// The newline argument, as bytes.
    #[notrace]
    newline: Cell<Option<&'static [u8]>>,
    #[notrace]
    line_buffering: Cell<bool>,
    #[notrace]
    write_through: Cell<bool>,
    #[notrace]
    seekable: Cell<bool>,
    #[notrace]
    telling: Cell<bool>,
    #[notrace]
    has_read1: Cell<bool>,
    #[notrace]
    chunk: Cell<usize>,
    #[notrace]
    pending: Guarded<Vec<u8>>,
    #[notrace]
    decoded: Guarded<Vec<u8>>,
    #[notrace]
    used: Cell<usize>,
    #[notrace]
    snapshot: Guarded<Option<(u64, Vec<u8>)>>,
}

impl Slots for TextIoWrapper {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(repr), iternext: Some(iternext), finalize: Some(finalize), ..SlotDefs::NONE };
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(t) = v.downcast::<TextIoWrapper>() else { return Err(vm.type_error("not a TextIOWrapper")) };
    if t.stage.get() == Stage::Fresh {
        return Err(vm.value_error("I/O operation on uninitialized object"));
    }
    let ty = util::type_name(vm, v);
    let Some(_guard) = ReprGuard::enter(vm, v) else {
        return Err(vm.runtime_error(format_args!("reentrant call inside {ty}.__repr__")));
    };
    let mut text = format!("<{ty}");
    for (attr, show) in [("name", true), ("mode", false)] {
        let r = vm.lookup_attr_str(v, attr);
        let found = match r {
            Err(Raised) if vm.raised_is(&exc::ValueError) && show => {
                drop(vm.take_raised());
                None
            }
            r => r?,
        };
        if let Some(x) = found {
            text.push_str(&format!(" {attr}={}", vm.repr_text(&x)?));
        }
    }
    let encoding = vm.repr_text(&t.encoding.get().unwrap_or(Value::NONE))?;
    Ok(vm.new_str(&format!("{text} encoding={encoding}>")).into_value())
}

fn iternext(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(t) = v.downcast::<TextIoWrapper>() else { return Err(vm.type_error("not a TextIOWrapper")) };
    t.attached(vm)?;
    t.telling.set(false);
    let line = if v.downcast_exact::<TextIoWrapper>().is_some() {
        t.open(vm)?;
        t.read_line(vm, None)?.into_value()
    } else {
        let line = vm.call_method_name(v, &vm.names.readline, &[])?;
        if !line.is_instance_of::<Str>() {
            return Err(vm.raise_new(
                &exc::OSError,
                format_args!(
                    "readline() should have returned a str object, not '{}'",
                    vm.type_of(&line).name()
                ),
            ));
        }
        line
    };
    if vm.len(&line)? == 0 {
        t.snapshot.set(None);
        t.telling.set(t.seekable.get());
        return Ok(None);
    }
    Ok(Some(line))
}

fn static_newline(n: &[u8]) -> &'static [u8] {
    match n {
        b"" => b"",
        b"\r" => b"\r",
        b"\r\n" => b"\r\n",
        _ => b"\n",
    }
}

/// The encoding of `None` and `"locale"`.
fn default_encoding(vm: &Vm) -> &'static str {
    if vm.config.flags.utf8_mode > 0 { "utf-8" } else { "UTF-8" }
}

/// A position with all that is needed to come back to it.
#[derive(Default)]
struct Cookie {
    start: i64,
    flags: u64,
    feed: u64,
    skip: u64,
    eof: bool,
}

impl TextIoWrapper {
    fn attached(&self, vm: &Vm) -> PyResult<Value> {
        match (self.stage.get(), self.buffer.get()) {
            (Stage::Ready, Some(b)) => Ok(b),
            (Stage::Detached, _) => Err(vm.value_error("underlying buffer has been detached")),
            _ => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }

    fn buffer_closed(&self, vm: &Vm, buffer: &Value) -> PyResult<bool> {
        if let Some(b) = buffered::exact(buffer)
            && let Some(raw) = b.raw.get()
            && let Some(f) = raw.downcast_exact::<super::file::FileIo>()
        {
            return Ok(f.fd.get() < 0);
        }
        super::is_closed(vm, buffer)
    }

    fn open(&self, vm: &Vm) -> PyResult<Value> {
        let b = self.attached(vm)?;
        if self.buffer_closed(vm, &b)? { Err(closed_error(vm)) } else { Ok(b) }
    }

    fn set_newline(&self, vm: &Vm, newline: Option<&Value>) -> PyResult<()> {
        let n = match newline.and_then(|v| v.downcast::<Str>()) {
            Some(s) if is_legal(s.as_bytes()) => Some(static_newline(s.as_bytes())),
            Some(s) => {
                return Err(vm.value_error(format_args!("illegal newline value: {}", s.to_string_lossy())));
            }
            None => None,
        };
        self.newline.set(n);
        self.line_end.set(Some(match n {
            Some(b"") => LineEnd::Any,
            Some(b"\r") => LineEnd::Cr,
            Some(b"\r\n") => LineEnd::CrLf,
            _ => LineEnd::Lf,
        }));
        self.write_nl.set(match n {
            Some(b"\r") => Some(b"\r"),
            Some(b"\r\n") => Some(b"\r\n"),
            _ => None,
        });
        Ok(())
    }

    /// Sets up coding for an encoding and an error handler.
    fn set_codec(&self, vm: &Vm, buffer: &Value, encoding: &str, errors: &str) -> PyResult<()> {
        let codec = Codec::of(encoding, errors);
        let able = |name: &str| -> PyResult<bool> {
            let r = vm.call_method(buffer, name, &[])?;
            vm.is_true(&r)
        };
        let (reads, writes) = (able("readable")?, able("writable")?);
        let (mut decoder, mut encoder) = (None, None);
        if codec == Codec::Python {
            let module = util::import(vm, "codecs")?;
            let info = vm.call_method(&module, "lookup", &[vm.new_str(encoding).into_value()])?;
            if let Some(is_text) = vm.lookup_attr_str(&info, "_is_text_encoding")?
                && !vm.is_true(&is_text)?
            {
                return Err(
                    vm.raise_new(&exc::LookupError, format_args!("'{encoding}' is not a text encoding"))
                );
            }
            let errors = vm.new_str(errors).into_value();
            let make = |name: &str| vm.call_method(&info, name, std::slice::from_ref(&errors));
            if reads {
                decoder = Some(make("incrementaldecoder")?);
            }
            if writes {
                encoder = Some(make("incrementalencoder")?);
            }
        }
        self.codec.set(codec);
        self.decoder.set(decoder);
        self.encoder.set(encoder);
        self.can_decode.set(reads);
        self.can_encode.set(writes);
        self.tail.set(Vec::new());
        self.newlines.set(match self.newline.get() {
            None => Some(Newlines::new(true)),
            Some(b"") => Some(Newlines::new(false)),
            _ => None,
        });
        Ok(())
    }

    /// An encoder that writes a mark at the start must not write another one in the middle.
    fn fix_encoder(&self, vm: &Vm, at_start: bool) -> PyResult<()> {
        let Some(encoder) = self.encoder.get() else { return Ok(()) };
        if at_start {
            vm.call_method_name(&encoder, &vm.names.reset, &[])?;
        } else {
            vm.call_method(&encoder, "setstate", &[vm.new_int(0)])?;
        }
        Ok(())
    }

    fn decode(&self, vm: &Vm, input: &[u8], is_final: bool) -> PyResult<Vec<u8>> {
        let text = match self.codec.get() {
            Codec::Python => {
                let Some(decoder) = self.decoder.get() else { return Err(unsupported(vm, "not readable")) };
                let args = [vm.new_bytes(input).into_value(), Value::bool(is_final)];
                let r = vm.call_method_name(&decoder, &vm.names.decode, &args)?;
                match r.downcast::<Str>() {
                    Some(s) => s.as_bytes().to_vec(),
                    None => {
                        return Err(vm.type_error(format_args!(
                            "decoder should return a string result, not '{}'",
                            vm.type_of(&r).name()
                        )));
                    }
                }
            }
            Codec::Latin1(_) => codecs::decode_latin_1(input).into_bytes(),
            codec => {
                let tail = self.tail.take();
                let joined;
                let bytes = if tail.is_empty() {
                    input
                } else {
                    joined = [tail.as_slice(), input].concat();
                    &joined
                };
                let (errors, name) = match codec {
                    Codec::Utf8(e) => (e, "utf-8"),
                    Codec::Ascii(e) => (e, "ascii"),
                    _ => (Errors::Strict, ""),
                };
                let on_error = |e: &codecs::ErrorInfo| -> PyResult<(Wtf8Buf, usize)> {
                    codecs::replace_decode(errors, name, bytes, e.start, e.end)
                        .ok_or_else(|| util::decode_error(vm, name, bytes, e.start, e.end, e.reason))
                };
                let d = if name == "ascii" {
                    codecs::decode_ascii(bytes, on_error)?
                } else {
                    codecs::decode_utf_8(bytes, is_final, on_error)?
                };
                if let Some(rest) = bytes.get(d.consumed..)
                    && !rest.is_empty()
                {
                    self.tail.set(rest.to_vec());
                }
                d.text.into_bytes()
            }
        };
        Ok(match self.newlines.get() {
            None => text,
            Some(mut n) => {
                let out = n.feed(text, is_final);
                self.newlines.set(Some(n));
                out
            }
        })
    }

    /// The decoder's state: bytes it holds back, flags.
    fn decoder_state(&self, vm: &Vm) -> PyResult<(Vec<u8>, u64)> {
        let (bytes, flags) = match self.decoder.get() {
            None => (self.tail.get(), 0),
            Some(d) => {
                let (b, f) = split_state(vm, &vm.call_method(&d, "getstate", &[])?)?;
                match b.downcast::<Bytes>() {
                    Some(b) => (b.as_bytes().to_vec(), f),
                    None => {
                        return Err(vm.type_error(format_args!(
                            "illegal decoder state: the first item should be a bytes object, not '{}'",
                            vm.type_of(&b).name()
                        )));
                    }
                }
            }
        };
        Ok(match self.newlines.get() {
            Some(n) => (bytes, flags << 1 | u64::from(n.pending_cr)),
            None => (bytes, flags),
        })
    }

    fn set_decoder_state(&self, vm: &Vm, bytes: &[u8], flags: u64) -> PyResult<()> {
        let mut flags = flags;
        if let Some(mut n) = self.newlines.get() {
            n.pending_cr = flags & 1 != 0;
            flags >>= 1;
            self.newlines.set(Some(n));
        }
        match self.decoder.get() {
            None => self.tail.set(bytes.to_vec()),
            Some(d) => {
                let state = vm.new_tuple(vec![vm.new_bytes(bytes).into_value(), vm.new_uint(flags)]);
                vm.call_method(&d, "setstate", &[state.into_value()])?;
            }
        }
        Ok(())
    }

    fn reset_decoder(&self, vm: &Vm) -> PyResult<()> {
        self.tail.set(Vec::new());
        if let Some(mut n) = self.newlines.get() {
            (n.pending_cr, n.seen) = (false, 0);
            self.newlines.set(Some(n));
        }
        match self.decoder.get() {
            Some(d) => vm.call_method_name(&d, &vm.names.reset, &[]).map(drop),
            None => Ok(()),
        }
    }

    fn set_decoded(&self, text: Vec<u8>) {
        self.decoded.set(text);
        self.used.set(0);
    }

    fn encode(&self, vm: &Vm, s: &Gc<Str>, translated: Option<Vec<u8>>) -> PyResult<Vec<u8>> {
        let codec = self.codec.get();
        let plain = match codec {
            Codec::Utf8(_) => s.as_str().is_some(),
            Codec::Ascii(_) | Codec::Latin1(_) => s.is_ascii(),
            Codec::Python => false,
        };
        if plain {
            return Ok(translated.unwrap_or_else(|| s.as_bytes().to_vec()));
        }
        let whole = match &translated {
            Some(t) => util::wtf8(vm, t),
            None => s.clone(),
        };
        let text = whole.as_wtf8();
        let replace = |name: &'static str, errors: Errors| {
            let whole = whole.clone();
            move |e: &codecs::ErrorInfo, ask: codecs::Ask| -> PyResult<(codecs::Replacement, usize)> {
                let bad = whole.as_wtf8().slice_code_points(e.start..e.end);
                match codecs::replace_encode(errors, name, bad) {
                    Some((r, n)) if ask == codecs::Ask::Replace => Ok((r, e.start + n)),
                    _ => Err(util::encode_error(vm, name, &whole, e.start, e.end, e.reason)),
                }
            }
        };
        match codec {
            Codec::Utf8(e) => codecs::encode_utf_8(text, replace("utf-8", e)),
            Codec::Ascii(e) => codecs::encode_ascii(text, replace("ascii", e)),
            Codec::Latin1(e) => codecs::encode_latin_1(text, replace("latin-1", e)),
            Codec::Python => {
                let Some(encoder) = self.encoder.get() else { return Err(unsupported(vm, "not writable")) };
                let r = vm.call_method_name(&encoder, &vm.names.encode, &[whole.to_value()])?;
                match r.downcast::<Bytes>() {
                    Some(b) => Ok(b.as_bytes().to_vec()),
                    None => Err(vm.type_error(format_args!(
                        "encoder should return a bytes object, not '{}'",
                        vm.type_of(&r).name()
                    ))),
                }
            }
        }
    }

    /// Hands what waits to the buffer.
    fn write_out(&self, vm: &Vm, buffer: &Value) -> PyResult<()> {
        let data = self.pending.take();
        if data.is_empty() {
            return Ok(());
        }
        match buffered::exact(buffer).filter(|_| !buffer.is_instance_of::<buffered::BufferedReader>()) {
            Some(b) => b.write_direct(vm, buffer, &data).map(drop),
            None => {
                let bytes = vm.new_bytes(&data).into_value();
                loop {
                    match vm.call_method_name(buffer, &vm.names.write, std::slice::from_ref(&bytes)) {
                        Err(Raised) if vm.raised_is(&exc::InterruptedError) => {
                            drop(vm.take_raised());
                            util::poll(vm)?;
                        }
                        r => return r.map(drop),
                    }
                }
            }
        }
    }

    fn flush_buffer(&self, vm: &Vm, buffer: &Value) -> PyResult<()> {
        match buffered::exact(buffer).filter(|_| !buffer.is_instance_of::<buffered::BufferedReader>()) {
            Some(b) => b.flush_direct(vm, buffer),
            None => vm.call_method_name(buffer, &vm.names.flush, &[]).map(drop),
        }
    }

    /// `write` of text.
    fn write_text(&self, vm: &Vm, s: &Gc<Str>) -> PyResult<usize> {
        let buffer = self.open(vm)?;
        if !self.can_encode.get() {
            return Err(unsupported(vm, "not writable"));
        }
        let bytes = s.as_bytes();
        let lines = self.line_buffering.get() || self.write_nl.get().is_some();
        let has_lf = lines && bytes.contains(&b'\n');
        let translated = match self.write_nl.get() {
            Some(nl) if has_lf => Some(replace_lf(bytes, nl)),
            _ => None,
        };
        let flush = self.line_buffering.get() && (has_lf || bytes.contains(&b'\r'));
        let chunk = self.chunk.get();
        let plain = match self.codec.get() {
            Codec::Utf8(_) => s.as_str().is_some(),
            Codec::Ascii(_) | Codec::Latin1(_) => s.is_ascii(),
            Codec::Python => false,
        };
        // The common case copies the text once, into the pending bytes.
        if plain && translated.is_none() && self.pending.with(Vec::len) + bytes.len() <= chunk {
            self.pending.with_mut(|p| p.extend_from_slice(bytes));
        } else {
            let data = self.encode(vm, s, translated)?;
            // The buffer's `write` may write here.
            while self.pending.with(|p| !p.is_empty() && p.len() + data.len() > chunk) {
                self.write_out(vm, &buffer)?;
            }
            self.pending.with_mut(|p| if p.is_empty() { *p = data } else { p.extend_from_slice(&data) });
        }
        if flush || self.write_through.get() || self.pending.with(Vec::len) >= chunk {
            self.write_out(vm, &buffer)?;
        }
        if flush {
            self.flush_buffer(vm, &buffer)?;
        }
        // Without a snapshot the stream cannot go back: what was read ahead stays.
        if self.snapshot.with(Option::is_some) {
            self.set_decoded(Vec::new());
            self.snapshot.set(None);
        }
        if self.can_decode.get() {
            self.reset_decoder(vm)?;
        }
        Ok(s.char_len())
    }

    /// Reads and decodes the next chunk; `false` at the end.
    fn read_chunk(&self, vm: &Vm, buffer: &Value, hint: usize) -> PyResult<bool> {
        if !self.can_decode.get() {
            return Err(unsupported(vm, "not readable"));
        }
        let before = if self.telling.get() { Some(self.decoder_state(vm)?) } else { None };
        let n = self.chunk.get().max(hint);
        let input = match buffered::exact(buffer) {
            Some(b) => b.read1_direct(vm, buffer, n)?,
            None => {
                let method = if self.has_read1.get() { "read1" } else { "read" };
                let r = vm.call_method(buffer, method, &[vm.new_uint(n as u64)])?;
                if r.downcast::<Bytes>().is_none() && vm.type_of(&r).slots.buffer.get().is_none() {
                    return Err(vm.type_error(format_args!(
                        "underlying {method}() should have returned a bytes-like object, not '{}'",
                        vm.type_of(&r).name()
                    )));
                }
                util::to_bytes(vm, &r)?
            }
        };
        let end = input.is_empty();
        let text = self.decode(vm, &input, end)?;
        let more = !text.is_empty() || !end;
        self.set_decoded(text);
        if let Some((mut bytes, flags)) = before {
            bytes.extend_from_slice(&input);
            self.snapshot.set(Some((flags, bytes)));
        }
        Ok(more)
    }

    /// Takes `n` bytes of the decoded text.
    fn take(&self, n: usize, out: &mut Vec<u8>) {
        let at = self.used.get();
        self.decoded.with(|d| out.extend_from_slice(d.get(at..at + n).unwrap_or(&[])));
        self.used.set(at + n);
    }

    fn left(&self) -> usize {
        self.decoded.with(Vec::len) - self.used.get()
    }

    fn read_line(&self, vm: &Vm, limit: Option<usize>) -> PyResult<Gc<Str>> {
        let buffer = self.attached(vm)?;
        if self.pending.with(|p| !p.is_empty()) {
            self.write_out(vm, &buffer)?;
        }
        let line_end = self.line_end.get().unwrap_or(LineEnd::Lf);
        // The common case: the line lies in the decoded text.
        if limit.is_none() {
            let at = self.used.get();
            let found = self.decoded.with(|d| {
                let rest = d.get(at..).unwrap_or(&[]);
                line_end
                    .find(rest)
                    .ok()
                    .filter(|n| complete(line_end, rest, *n))
                    .map(|n| (n, rest.get(..n).map(|r| util::wtf8(vm, r))))
            });
            if let Some((n, Some(s))) = found {
                self.used.set(at + n);
                return Ok(s);
            }
        }
        let mut out: Vec<u8> = Vec::new();
        let mut chars = 0usize;
        let mut end = false;
        loop {
            let at = self.used.get();
            // An `\r` at the end may be half of the terminator: it waits in `out` for the next chunk.
            let held = out.last() == Some(&b'\r') && matches!(line_end, LineEnd::Any | LineEnd::CrLf);
            let (n, done) = self.decoded.with(|d| {
                let rest = d.get(at..).unwrap_or(&[]);
                if held {
                    if rest.first() == Some(&b'\n') {
                        return (1, true);
                    }
                    if line_end == LineEnd::Any && (!rest.is_empty() || end) {
                        return (0, true);
                    }
                }
                match line_end.find(rest) {
                    Ok(n) => (n, complete(line_end, rest, n)),
                    Err(_) => (rest.len(), false),
                }
            });
            let (mut n, mut done) = (n, done);
            if let Some(l) = limit {
                let room = l - chars;
                let k = self.decoded.with(|d| {
                    let rest = d.get(at..at + n).unwrap_or(&[]);
                    prefix_len(rest, room)
                });
                if k < n {
                    done = true;
                }
                n = k;
            }
            let start = out.len();
            self.take(n, &mut out);
            chars += count_starts(out.get(start..).unwrap_or(&[]));
            if done || end || limit.is_some_and(|l| chars >= l) {
                break;
            }
            if !self.read_chunk(vm, &buffer, 0)? {
                self.snapshot.set(None);
                end = true;
                if out.last() != Some(&b'\r') {
                    break;
                }
            }
        }
        Ok(util::wtf8(vm, &out))
    }

    fn read_chars(&self, vm: &Vm, buffer: &Value, n: usize) -> PyResult<Gc<Str>> {
        let mut out: Vec<u8> = Vec::new();
        let mut left = n;
        loop {
            let at = self.used.get();
            let k = self.decoded.with(|d| prefix_len(d.get(at..).unwrap_or(&[]), left));
            let start = out.len();
            self.take(k, &mut out);
            left -= count_starts(out.get(start..).unwrap_or(&[]));
            if left == 0 || !self.read_chunk(vm, buffer, left)? {
                return Ok(util::wtf8(vm, &out));
            }
        }
    }

    fn read_all(&self, vm: &Vm, buffer: &Value) -> PyResult<Gc<Str>> {
        if !self.can_decode.get() {
            return Err(unsupported(vm, "not readable"));
        }
        let data = vm.call_method_name(buffer, &vm.names.read, &[])?;
        if data.is_none() {
            return Err(vm.raise_new(&exc::BlockingIOError, "Read returned None."));
        }
        let bytes = match data.downcast::<Bytes>() {
            Some(b) => self.decode(vm, b.as_bytes(), true)?,
            None => {
                if vm.type_of(&data).slots.buffer.get().is_none() {
                    return Err(vm.type_error(format_args!(
                        "underlying read() should have returned a bytes-like object, not '{}'",
                        vm.type_of(&data).name()
                    )));
                }
                let b = util::to_bytes(vm, &data)?;
                self.decode(vm, &b, true)?
            }
        };
        let mut out = Vec::new();
        self.take(self.left(), &mut out);
        out.extend_from_slice(&bytes);
        self.set_decoded(Vec::new());
        self.snapshot.set(None);
        Ok(util::wtf8(vm, &out))
    }

    fn do_flush(&self, vm: &Vm, buffer: &Value) -> PyResult<()> {
        self.telling.set(self.seekable.get());
        self.write_out(vm, buffer)?;
        self.flush_buffer(vm, buffer)
    }

    fn make_cookie(&self, vm: &Vm, c: &Cookie) -> PyResult<Value> {
        if c.flags == 0 && c.feed == 0 && c.skip == 0 && !c.eof {
            return Ok(vm.new_int(c.start));
        }
        let mut bytes = Vec::with_capacity(33);
        for part in [c.start as u64, c.flags, c.feed, c.skip] {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
        bytes.push(u8::from(c.eof));
        let args = [vm.new_bytes(&bytes).into_value(), vm.new_str("little").into_value()];
        vm.call_method_name(vm.types.int.as_value(), &vm.names.from_bytes, &args)
    }

    fn parse_cookie(&self, vm: &Vm, v: &Value) -> PyResult<Cookie> {
        let index = vm.index(v)?;
        if let Some(n) = index.as_int() {
            return Ok(Cookie { start: n, ..Cookie::default() });
        }
        let args = [vm.new_int(33), vm.new_str("little").into_value()];
        let r = vm.call_method(&index, "to_bytes", &args)?;
        let bytes = util::to_bytes(vm, &r)?;
        let part = |i: usize| -> u64 {
            let b = bytes.get(i * 8..i * 8 + 8).and_then(|b| <[u8; 8]>::try_from(b).ok());
            b.map_or(0, u64::from_le_bytes)
        };
        Ok(Cookie {
            start: part(0) as i64,
            flags: part(1),
            feed: part(2),
            skip: part(3),
            eof: bytes.get(32).is_some_and(|b| *b != 0),
        })
    }

    fn do_tell(&self, vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let buffer = self.open(vm)?;
        if !self.seekable.get() {
            return Err(unsupported(vm, "underlying stream is not seekable"));
        }
        if !self.telling.get() {
            return Err(vm.raise_new(&exc::OSError, "telling position disabled by next() call"));
        }
        self.write_out(vm, &buffer)?;
        vm.call_method_name(zelf, &vm.names.flush, &[])?;
        let position = vm.call_method(&buffer, "tell", &[])?;
        let Some((flags, input)) = self.snapshot.get().filter(|_| self.can_decode.get()) else {
            return Ok(position);
        };
        let position = vm.index_i64(&position, "Python int too large to convert to C long")?;
        let start = position - input.len() as i64;
        let used = self.used.get();
        let skip = self.decoded.with(|d| count_starts(d.get(..used).unwrap_or(d)));
        if skip == 0 {
            return self.make_cookie(vm, &Cookie { start, flags, ..Cookie::default() });
        }
        let (saved_bytes, saved_flags) = self.decoder_state(vm)?;
        let saved_newlines = self.newlines.get();
        let found = self.find_position(vm, start, flags, &input, skip);
        let restored = self.set_decoder_state(vm, &saved_bytes, saved_flags);
        if let (Some(mut now), Some(then)) = (self.newlines.get(), saved_newlines) {
            now.seen = then.seen;
            self.newlines.set(Some(now));
        }
        let found = found?;
        restored?;
        self.make_cookie(vm, &found)
    }

    /// Where decoding must begin, and what must be fed and skipped, to stand behind `skip` code points of the chunk.
    fn find_position(&self, vm: &Vm, start: i64, flags: u64, input: &[u8], skip: usize) -> PyResult<Cookie> {
        let mut c = Cookie { start, flags, ..Cookie::default() };
        let mut left = skip;
        let total = self.decoded.with(|d| count_starts(d)).max(1);
        let mut bytes = (input.len() as u128 * skip as u128 / total as u128) as usize;
        let mut back = 1;
        loop {
            if bytes == 0 {
                self.set_decoder_state(vm, b"", flags)?;
                break;
            }
            self.set_decoder_state(vm, b"", flags)?;
            let n = count_starts(&self.decode(vm, input.get(..bytes).unwrap_or(input), false)?);
            if n <= left {
                let (held, f) = self.decoder_state(vm)?;
                if held.is_empty() {
                    c.flags = f;
                    left -= n;
                    break;
                }
                bytes = bytes.saturating_sub(held.len());
                back = 1;
            } else {
                bytes = bytes.saturating_sub(back);
                back *= 2;
            }
        }
        c.start += bytes as i64;
        if left == 0 {
            return Ok(c);
        }
        let (mut fed, mut chars) = (0u64, 0usize);
        for b in input.get(bytes..).unwrap_or(&[]) {
            fed += 1;
            chars += count_starts(&self.decode(vm, std::slice::from_ref(b), false)?);
            let (held, f) = self.decoder_state(vm)?;
            if held.is_empty() && chars <= left {
                c.start += fed as i64;
                left -= chars;
                c.flags = f;
                (fed, chars) = (0, 0);
            }
            if chars >= left {
                (c.feed, c.skip) = (fed, left as u64);
                return Ok(c);
            }
        }
        chars += count_starts(&self.decode(vm, b"", true)?);
        c.eof = true;
        if chars < left {
            return Err(vm.raise_new(&exc::OSError, "can't reconstruct logical file position"));
        }
        (c.feed, c.skip) = (fed, left as u64);
        Ok(c)
    }

    fn do_seek(&self, vm: &Vm, zelf: &Value, cookie: &Value, whence: i32) -> PyResult<Value> {
        let buffer = self.open(vm)?;
        if !self.seekable.get() {
            return Err(unsupported(vm, "underlying stream is not seekable"));
        }
        let zero = vm.new_int(0);
        let mut cookie = cookie.clone();
        match whence {
            0 => {}
            1 => {
                if !vm.eq(&cookie, &zero)? {
                    return Err(unsupported(vm, "can't do nonzero cur-relative seeks"));
                }
                vm.call_method_name(zelf, &vm.names.flush, &[])?;
                cookie = vm.call_method(zelf, "tell", &[])?;
            }
            2 => {
                if !vm.eq(&cookie, &zero)? {
                    return Err(unsupported(vm, "can't do nonzero end-relative seeks"));
                }
                vm.call_method_name(zelf, &vm.names.flush, &[])?;
                self.set_decoded(Vec::new());
                self.snapshot.set(None);
                if self.can_decode.get() {
                    self.reset_decoder(vm)?;
                }
                let at = vm.call_method(&buffer, "seek", &[zero.clone(), vm.new_int(2)])?;
                self.fix_encoder(vm, vm.eq(&at, &zero)?)?;
                return Ok(at);
            }
            _ => {
                return Err(vm.value_error(format_args!("invalid whence ({whence}, should be 0, 1 or 2)")));
            }
        }
        if vm.compare_bool(&cookie, &zero, CompareOp::Lt)? {
            return Err(vm.value_error(format_args!("negative seek position {}", vm.repr_text(&cookie)?)));
        }
        vm.call_method_name(zelf, &vm.names.flush, &[])?;
        let c = self.parse_cookie(vm, &cookie)?;
        vm.call_method(&buffer, "seek", &[vm.new_int(c.start)])?;
        self.set_decoded(Vec::new());
        self.snapshot.set(None);
        if self.can_decode.get() {
            if c.start == 0 && c.flags == 0 {
                self.reset_decoder(vm)?;
            } else {
                self.set_decoder_state(vm, b"", c.flags)?;
            }
        }
        if c.skip > 0 {
            let r = vm.call_method_name(&buffer, &vm.names.read, &[vm.new_uint(c.feed)])?;
            let input = util::to_bytes(vm, &r)?;
            let text = self.decode(vm, &input, c.eof)?;
            self.snapshot.set(Some((c.flags, input)));
            let chars = count_starts(&text);
            let used = prefix_len(&text, c.skip as usize);
            self.set_decoded(text);
            if (chars as u64) < c.skip {
                return Err(vm.raise_new(&exc::OSError, "can't restore logical file position"));
            }
            self.used.set(used);
        } else {
            self.snapshot.set(Some((c.flags, Vec::new())));
        }
        self.fix_encoder(vm, c.start == 0 && c.flags == 0)?;
        Ok(cookie)
    }
}

/// Whether a line end found at the end of what is there is whole: `\r` may be followed by `\n`.
fn complete(line_end: LineEnd, rest: &[u8], n: usize) -> bool {
    !(line_end == LineEnd::Any && n == rest.len() && rest.last() == Some(&b'\r'))
}

/// A string argument without NUL.
fn name_arg<'a>(vm: &Vm, func: &str, arg: &str, v: Option<&'a Value>) -> PyResult<Option<&'a Gc<Str>>> {
    let Some(v) = v.filter(|v| !v.is_none()) else { return Ok(None) };
    let Some(s) = v.downcast::<Str>() else {
        return Err(vm.type_error(format_args!(
            "{func}() argument '{arg}' must be str or None, not {}",
            vm.shown_type_name(v)
        )));
    };
    // `reconfigure` looks for a codec of that name.
    if s.as_bytes().contains(&0) && (func != "reconfigure" || arg == "newline") {
        return Err(vm.value_error("embedded null character"));
    }
    if s.as_str().is_none() {
        return Err(vm.surrogate_error(s));
    }
    Ok(Some(s))
}

/// `None`, or an integer as a truth value.
fn flag_arg(vm: &Vm, v: Option<&Value>, old: bool) -> PyResult<bool> {
    match v.filter(|v| !v.is_none()) {
        None => Ok(old),
        Some(v) => Ok(vm.index_i64(v, "Python int too large to convert to C long")? != 0),
    }
}

#[pymethods]
impl TextIoWrapper {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        let t = TextIoWrapper { chunk: Cell::new(CHUNK), ..TextIoWrapper::default() };
        Ok(vm.alloc_in(cls, t)?.into_value())
    }

    #[pyinit(
        "TextIOWrapper(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)"
    )]
    fn init(
        vm: &Vm,
        zelf: &Gc<TextIoWrapper>,
        buffer: &Value,
        encoding: Option<&Value>,
        errors: Option<&Value>,
        newline: Option<&Value>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        zelf.stage.set(Stage::Fresh);
        let encoding = name_arg(vm, "TextIOWrapper", "encoding", encoding)?;
        let errors = name_arg(vm, "TextIOWrapper", "errors", errors)?;
        name_arg(vm, "TextIOWrapper", "newline", newline)?;
        if encoding.is_none() && vm.config.flags.warn_default_encoding > 0 {
            vm.warn(&exc::EncodingWarning, "'encoding' argument not specified", 1)?;
        }
        let encoding = match encoding {
            Some(e) if e.as_str() != Some("locale") => e.clone(),
            _ => vm.new_str(default_encoding(vm)),
        };
        let errors = errors.cloned().unwrap_or_else(|| vm.intern("strict"));
        if vm.config.flags.dev_mode {
            taipan_vm::modules::codecs::lookup_error(vm, &errors.to_string_lossy())?;
        }
        zelf.set_newline(vm, newline)?;
        zelf.set_codec(vm, buffer, &encoding.to_string_lossy(), &errors.to_string_lossy())?;
        zelf.encoding.set(Some(encoding.into_value()));
        zelf.errors.set(Some(errors.into_value()));
        zelf.line_buffering.set(line_buffering);
        zelf.write_through.set(write_through);
        zelf.chunk.set(CHUNK);
        zelf.set_decoded(Vec::new());
        drop(zelf.pending.take());
        zelf.snapshot.set(None);
        zelf.buffer.set(Some(buffer.clone()));
        let seekable = vm.call_method(buffer, "seekable", &[])?;
        let seekable = vm.is_true(&seekable)?;
        zelf.seekable.set(seekable);
        zelf.telling.set(seekable);
        zelf.has_read1
            .set(buffered::exact(buffer).is_some() || vm.lookup_attr_str(buffer, "read1")?.is_some());
        if seekable && zelf.can_encode.get() && zelf.encoder.get().is_some() {
            let at = vm.call_method(buffer, "tell", &[])?;
            let zero = vm.new_int(0);
            if !vm.eq(&at, &zero)? {
                zelf.fix_encoder(vm, false)?;
            }
        }
        zelf.stage.set(Stage::Ready);
        Ok(())
    }

    #[pymethod("detach($self, /)")]
    fn detach(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        let buffer = zelf.attached(vm)?;
        vm.call_method_name(zelf.as_value(), &vm.names.flush, &[])?;
        zelf.buffer.set(None);
        zelf.stage.set(Stage::Detached);
        Ok(buffer)
    }

    /// Reconfigure the text stream with new parameters.
    ///
    /// This also does an implicit stream flush.
    #[pymethod(
        "reconfigure($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)"
    )]
    fn reconfigure(
        vm: &Vm,
        zelf: &Gc<TextIoWrapper>,
        encoding: Option<&Value>,
        errors: Option<&Value>,
        newline: Option<&Value>,
        line_buffering: Option<&Value>,
        write_through: Option<&Value>,
    ) -> PyResult<()> {
        let buffer = zelf.attached(vm)?;
        let encoding = name_arg(vm, "reconfigure", "encoding", encoding)?;
        let errors = name_arg(vm, "reconfigure", "errors", errors)?;
        name_arg(vm, "reconfigure", "newline", newline)?;
        let read = !zelf.decoded.with(Vec::is_empty) || zelf.snapshot.with(Option::is_some);
        if zelf.can_decode.get() && read && (encoding.is_some() || errors.is_some() || newline.is_some()) {
            return Err(unsupported(
                vm,
                "It is not possible to set the encoding or newline of stream after the first read",
            ));
        }
        let line_buffering = flag_arg(vm, line_buffering, zelf.line_buffering.get())?;
        let write_through = flag_arg(vm, write_through, zelf.write_through.get())?;
        vm.call_method_name(zelf.as_value(), &vm.names.flush, &[])?;
        if newline.is_some() {
            zelf.set_newline(vm, newline)?;
        }
        if encoding.is_some() || errors.is_some() || newline.is_some() {
            let old = |c: &ValueCell| c.get().and_then(|v| v.downcast::<Str>().cloned());
            let new_errors = match (errors, encoding) {
                (Some(e), _) => e.clone(),
                (None, Some(_)) => vm.intern("strict"),
                (None, None) => old(&zelf.errors).unwrap_or_else(|| vm.intern("strict")),
            };
            let new_encoding = match encoding {
                Some(e) if e.as_str() == Some("locale") => vm.new_str(default_encoding(vm)),
                Some(e) => e.clone(),
                None => old(&zelf.encoding).unwrap_or_else(|| vm.new_str(default_encoding(vm))),
            };
            zelf.set_codec(vm, &buffer, &new_encoding.to_string_lossy(), &new_errors.to_string_lossy())?;
            zelf.encoding.set(Some(new_encoding.into_value()));
            zelf.errors.set(Some(new_errors.into_value()));
            if zelf.encoder.get().is_some() && zelf.seekable.get() {
                let at = vm.call_method(&buffer, "tell", &[])?;
                if !vm.eq(&at, &vm.new_int(0))? {
                    zelf.fix_encoder(vm, false)?;
                }
            }
        }
        zelf.line_buffering.set(line_buffering);
        zelf.write_through.set(write_through);
        Ok(())
    }

    #[pymethod("write($self, text, /)")]
    fn write(vm: &Vm, zelf: &Gc<TextIoWrapper>, text: &Value) -> PyResult<usize> {
        let Some(s) = text.downcast::<Str>() else {
            return Err(
                vm.type_error(format_args!("write() argument must be str, not {}", vm.shown_type_name(text)))
            );
        };
        zelf.write_text(vm, s)
    }

    #[pymethod("read($self, size=-1, /)")]
    fn read(vm: &Vm, zelf: &Gc<TextIoWrapper>, #[raw] size: Option<&Value>) -> PyResult<Gc<Str>> {
        let n = util::size_arg(vm, size, -1)?;
        let buffer = zelf.open(vm)?;
        if !zelf.can_decode.get() {
            return Err(unsupported(vm, "not readable"));
        }
        zelf.write_out(vm, &buffer)?;
        match usize::try_from(n) {
            Ok(n) => zelf.read_chars(vm, &buffer, n),
            Err(_) => zelf.read_all(vm, &buffer),
        }
    }

    #[pymethod("readline($self, size=-1, /)")]
    fn readline(vm: &Vm, zelf: &Gc<TextIoWrapper>, size: isize) -> PyResult<Gc<Str>> {
        zelf.open(vm)?;
        zelf.read_line(vm, usize::try_from(size).ok())
    }

    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<()> {
        let buffer = zelf.open(vm)?;
        zelf.do_flush(vm, &buffer)
    }

    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<()> {
        let buffer = zelf.attached(vm)?;
        let closed = vm.get_attr_str(zelf.as_value(), "closed")?;
        // Asking may have detached it.
        if vm.is_true(&closed)? || zelf.stage.get() == Stage::Detached {
            return Ok(());
        }
        if zelf.base.base.finalizing.get()
            && let Some(f) = vm.lookup_attr_str(&buffer, "_dealloc_warn")?
            && vm.call1(&f, zelf.as_value()).is_err()
        {
            drop(vm.take_raised());
        }
        let r = vm.call_method_name(zelf.as_value(), &vm.names.flush, &[]).map(drop);
        both(vm, r, || vm.call_method_name(&buffer, &vm.names.close, &[]).map(drop))
    }

    #[pymethod("fileno($self, /)")]
    fn fileno(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.call_method_name(&zelf.attached(vm)?, &vm.names.fileno, &[])
    }

    #[pymethod("seekable($self, /)")]
    fn seekable(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.call_method(&zelf.attached(vm)?, "seekable", &[])
    }

    #[pymethod("readable($self, /)")]
    fn readable(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.call_method(&zelf.attached(vm)?, "readable", &[])
    }

    #[pymethod("writable($self, /)")]
    fn writable(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.call_method(&zelf.attached(vm)?, "writable", &[])
    }

    #[pymethod("isatty($self, /)")]
    fn isatty(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.call_method_name(&zelf.attached(vm)?, &vm.names.isatty, &[])
    }

    /// Set the stream position, and return the new stream position.
    ///
    ///   cookie
    ///     Zero or an opaque number returned by tell().
    ///   whence
    ///     The relative position to seek from.
    ///
    /// Four operations are supported, given by the following argument
    /// combinations:
    ///
    /// - seek(0, SEEK_SET): Rewind to the start of the stream.
    /// - seek(cookie, SEEK_SET): Restore a previous position.
    /// - seek(0, SEEK_END): Fast-forward to the end of the stream.
    /// - seek(0, SEEK_CUR): Leave the current stream position unchanged.
    ///
    /// Any other argument combinations are invalid,
    /// and may raise exceptions.
    #[pymethod("seek($self, cookie, whence=0, /)")]
    fn seek(vm: &Vm, zelf: &Gc<TextIoWrapper>, cookie: &Value, whence: i32) -> PyResult<Value> {
        zelf.do_seek(vm, zelf.as_value(), cookie, whence)
    }

    /// Return the stream position as an opaque number.
    ///
    /// The return value of tell() can be given as input to seek(), to restore a
    /// previous stream position.
    #[pymethod("tell($self, /)")]
    fn tell(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        zelf.do_tell(vm, zelf.as_value())
    }

    #[pymethod("truncate($self, pos=None, /)")]
    fn truncate(vm: &Vm, zelf: &Gc<TextIoWrapper>, pos: &Value) -> PyResult<Value> {
        let buffer = zelf.attached(vm)?;
        vm.call_method_name(zelf.as_value(), &vm.names.flush, &[])?;
        vm.call_method(&buffer, "truncate", std::slice::from_ref(pos))
    }

    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        Err(cannot_pickle(vm, zelf))
    }

    #[pygetter("encoding")]
    fn encoding(_vm: &Vm, zelf: &Gc<TextIoWrapper>) -> Option<Value> {
        zelf.encoding.get()
    }

    #[pygetter("buffer")]
    fn buffer(_vm: &Vm, zelf: &Gc<TextIoWrapper>) -> Option<Value> {
        zelf.buffer.get()
    }

    #[pygetter("line_buffering")]
    fn line_buffering(_vm: &Vm, zelf: &Gc<TextIoWrapper>) -> bool {
        zelf.line_buffering.get()
    }

    #[pygetter("write_through")]
    fn write_through(_vm: &Vm, zelf: &Gc<TextIoWrapper>) -> bool {
        zelf.write_through.get()
    }

    #[pygetter("_finalizing")]
    fn finalizing(_vm: &Vm, zelf: &Gc<TextIoWrapper>) -> bool {
        zelf.base.base.finalizing.get()
    }

    #[pysetter("_finalizing")]
    fn set_finalizing(vm: &Vm, zelf: &Gc<TextIoWrapper>, v: Option<&Value>) -> PyResult<()> {
        let on = match v {
            Some(v) => vm.is_true(v)?,
            None => false,
        };
        zelf.base.base.finalizing.set(on);
        Ok(())
    }

    #[pygetter("name")]
    fn name(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.get_attr(&zelf.attached(vm)?, &vm.names.name)
    }

    #[pygetter("closed")]
    fn closed(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        vm.get_attr_str(&zelf.attached(vm)?, "closed")
    }

    #[pygetter("newlines")]
    fn newlines(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Value> {
        zelf.attached(vm)?;
        Ok(zelf.newlines.get().filter(|_| zelf.can_decode.get()).map_or(Value::NONE, |n| n.seen_value(vm)))
    }

    #[pygetter("errors")]
    fn errors(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<Option<Value>> {
        if zelf.stage.get() == Stage::Fresh {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        Ok(zelf.errors.get())
    }

    #[pygetter("_CHUNK_SIZE")]
    fn chunk_size(vm: &Vm, zelf: &Gc<TextIoWrapper>) -> PyResult<usize> {
        zelf.attached(vm)?;
        Ok(zelf.chunk.get())
    }

    #[pysetter("_CHUNK_SIZE")]
    fn set_chunk_size(vm: &Vm, zelf: &Gc<TextIoWrapper>, v: Option<&Value>) -> PyResult<()> {
        zelf.attached(vm)?;
        let Some(v) = v else {
            return Err(vm.raise_new(&exc::AttributeError, "cannot delete attribute"));
        };
        let n = vm.index_isize(v)?;
        if n <= 0 {
            return Err(vm.value_error("a strictly positive integer is required"));
        }
        zelf.chunk.set(n as usize);
        Ok(())
    }
}

const _: fn(&Vm, &Value) -> PyResult<()> = check_closed;
const _: Option<&Wtf8> = None;
