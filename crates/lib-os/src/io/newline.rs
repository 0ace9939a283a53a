//! Universal newlines: translation, what has been seen, where a line ends; `IncrementalNewlineDecoder`.

use crate::util;
use std::cell::Cell;
use taipan_vm::prelude::*;

/// Bits of what has been seen.
const CR: u8 = 1;
const LF: u8 = 2;
const CRLF: u8 = 4;

/// State of a newline decoder.
#[derive(Default, Clone, Copy)]
pub struct Newlines {
    pub pending_cr: bool,
    pub seen: u8,
    pub translate: bool,
}

impl Newlines {
    pub fn new(translate: bool) -> Newlines {
        Newlines { translate, ..Newlines::default() }
    }

    /// Takes decoded text (WTF-8 bytes), gives it with newlines as asked for. A final `\r` is held back until more comes.
    pub fn feed(&mut self, text: Vec<u8>, is_final: bool) -> Vec<u8> {
        let mut text = text;
        if self.pending_cr && (is_final || !text.is_empty()) {
            text.insert(0, b'\r');
            self.pending_cr = false;
        }
        if !is_final && text.last() == Some(&b'\r') {
            text.pop();
            self.pending_cr = true;
        }
        if !text.contains(&b'\r') {
            if self.seen & LF == 0 && text.contains(&b'\n') {
                self.seen |= LF;
            }
            return text;
        }
        let mut out = Vec::with_capacity(if self.translate { text.len() } else { 0 });
        let mut i = 0;
        while let Some(&b) = text.get(i) {
            i += 1;
            match b {
                b'\r' => {
                    if text.get(i) == Some(&b'\n') {
                        i += 1;
                        self.seen |= CRLF;
                    } else {
                        self.seen |= CR;
                    }
                    if self.translate {
                        out.push(b'\n');
                    }
                }
                b'\n' => {
                    self.seen |= LF;
                    if self.translate {
                        out.push(b);
                    }
                }
                _ if self.translate => out.push(b),
                _ => {}
            }
        }
        if self.translate { out } else { text }
    }

    /// `newlines`: `None`, a string or a tuple of them.
    pub fn seen_value(&self, vm: &Vm) -> Value {
        let all: Vec<Value> = [(CR, "\r"), (LF, "\n"), (CRLF, "\r\n")]
            .into_iter()
            .filter(|(bit, _)| self.seen & bit != 0)
            .map(|(_, s)| vm.new_str(s).into_value())
            .collect();
        match all.len() {
            0 => Value::NONE,
            1 => all.into_iter().next().unwrap_or(Value::NONE),
            _ => vm.new_tuple(all).into_value(),
        }
    }
}

/// How lines end on reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    /// Newlines are translated, or only `\n` counts.
    Lf,
    /// `\n`, `\r` and `\r\n`, untranslated.
    Any,
    Cr,
    CrLf,
}

impl LineEnd {
    /// The end (after the terminator) of the first line of `text`; or from where to look again once more text is there.
    pub fn find(self, text: &[u8]) -> Result<usize, usize> {
        let memchr = |b: u8| text.iter().position(|x| *x == b);
        match self {
            LineEnd::Lf => memchr(b'\n').map(|i| i + 1).ok_or(text.len()),
            LineEnd::Cr => memchr(b'\r').map(|i| i + 1).ok_or(text.len()),
            LineEnd::CrLf => match text.windows(2).position(|w| w == b"\r\n") {
                Some(i) => Ok(i + 2),
                None => Err(text.len() - usize::from(text.last() == Some(&b'\r'))),
            },
            LineEnd::Any => match text.iter().position(|b| matches!(b, b'\r' | b'\n')) {
                Some(i) if text[i] == b'\r' && text.get(i + 1) == Some(&b'\n') => Ok(i + 2),
                Some(i) => Ok(i + 1),
                None => Err(text.len()),
            },
        }
    }
}

/// Checks a `newline` argument that is a string.
pub fn is_legal(newline: &[u8]) -> bool {
    matches!(newline, b"" | b"\n" | b"\r" | b"\r\n")
}

/// Codec used when reading a file in universal newlines mode.
///
/// It wraps another incremental decoder, translating \r\n and \r into \n.
/// It also records the types of newlines encountered.  When used with
/// translate=False, it ensures that the newline sequence is returned in
/// one piece. When used with decoder=None, it expects unicode strings as
/// decode input and translates newlines without first invoking an external
/// decoder.
#[pytype(
    name = "IncrementalNewlineDecoder",
    module = "_io",
    signature = "(decoder, translate, errors='strict')",
    flags(BASETYPE, GC),
    no_slots
)]
#[derive(Trace)]
pub struct NewlineDecoder {
    decoder: ValueCell,
    errors: ValueCell,
    #[notrace]
    state: Cell<Option<Newlines>>,
}

impl NewlineDecoder {
    fn started(&self, vm: &Vm) -> PyResult<(Value, Newlines)> {
        match (self.decoder.get(), self.state.get()) {
            (Some(d), Some(s)) => Ok((d, s)),
            _ => Err(vm.value_error("IncrementalNewlineDecoder.__init__() not called")),
        }
    }
}

#[pymethods]
impl NewlineDecoder {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        let body = NewlineDecoder {
            decoder: ValueCell::empty(),
            errors: ValueCell::empty(),
            state: Cell::new(None),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    #[pyinit("IncrementalNewlineDecoder(decoder, translate, errors='strict')")]
    fn init(
        _vm: &Vm,
        zelf: &Gc<NewlineDecoder>,
        decoder: &Value,
        translate: bool,
        errors: &Value,
    ) -> PyResult<()> {
        zelf.decoder.set(Some(decoder.clone()));
        zelf.errors.set(Some(errors.clone()));
        zelf.state.set(Some(Newlines::new(translate)));
        Ok(())
    }

    #[pymethod("decode($self, /, input, final=False)")]
    fn decode(vm: &Vm, zelf: &Gc<NewlineDecoder>, input: &Value, r#final: bool) -> PyResult<Value> {
        let (decoder, _) = zelf.started(vm)?;
        let out = if decoder.is_none() {
            input.clone()
        } else {
            vm.call_method_name(&decoder, &vm.names.decode, &[input.clone(), Value::bool(r#final)])?
        };
        let Some(s) = out.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "decoder should return a string result, not '{}'",
                vm.type_of(&out).name()
            )));
        };
        let (_, mut state) = zelf.started(vm)?;
        let text = state.feed(s.as_bytes().to_vec(), r#final);
        zelf.state.set(Some(state));
        Ok(util::wtf8(vm, &text).into_value())
    }

    #[pymethod("getstate($self, /)")]
    fn getstate(vm: &Vm, zelf: &Gc<NewlineDecoder>) -> PyResult<Value> {
        let (decoder, state) = zelf.started(vm)?;
        let (bytes, flag) = if decoder.is_none() {
            (vm.new_bytes(b"").into_value(), 0)
        } else {
            split_state(vm, &vm.call_method(&decoder, "getstate", &[])?)?
        };
        let flag = (flag << 1) | u64::from(state.pending_cr);
        Ok(vm.new_tuple(vec![bytes, vm.new_uint(flag)]).into_value())
    }

    #[pymethod("setstate($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<NewlineDecoder>, state: &Value) -> PyResult<()> {
        let (decoder, mut mine) = zelf.started(vm)?;
        if !state.is_instance_of::<Tuple>() {
            return Err(vm.type_error("state argument must be a tuple"));
        }
        let (bytes, flag) = split_state(vm, state)?;
        mine.pending_cr = flag & 1 != 0;
        zelf.state.set(Some(mine));
        if decoder.is_none() {
            return Ok(());
        }
        let state = vm.new_tuple(vec![bytes, vm.new_uint(flag >> 1)]).into_value();
        vm.call_method(&decoder, "setstate", &[state]).map(drop)
    }

    #[pymethod("reset($self, /)")]
    fn reset(vm: &Vm, zelf: &Gc<NewlineDecoder>) -> PyResult<()> {
        let (decoder, mut state) = zelf.started(vm)?;
        state.seen = 0;
        state.pending_cr = false;
        zelf.state.set(Some(state));
        if !decoder.is_none() {
            vm.call_method(&decoder, "reset", &[])?;
        }
        Ok(())
    }

    #[pygetter("newlines")]
    fn newlines(vm: &Vm, zelf: &Gc<NewlineDecoder>) -> PyResult<Value> {
        let (_, state) = zelf.started(vm)?;
        Ok(state.seen_value(vm))
    }
}

/// The two parts of what a decoder's `getstate` gave.
pub fn split_state(vm: &Vm, state: &Value) -> PyResult<(Value, u64)> {
    let parts = state.downcast::<Tuple>().map(|t| t.items().to_vec());
    match parts.as_deref() {
        Some([bytes, flag]) => Ok((bytes.clone(), u64::from_arg(vm, flag)?)),
        _ => Err(vm.type_error("illegal decoder state")),
    }
}
