//! `_lzma`.

use super::lzma_filters as filters;
use super::{Feed, Output, run};
use std::cell::Cell;
use taipan_pack::lzma::{self as l, Stream};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub ERROR = "_lzma", "LZMAError"(&exc::Exception) "Call to liblzma failed.");

const FORMAT_AUTO: i32 = 0;
const FORMAT_XZ: i32 = 1;
const FORMAT_ALONE: i32 = 2;
const FORMAT_RAW: i32 = 3;
const STREAM_END: i32 = 1;
const BUF_ERROR: i32 = 10;
const UNKNOWN_CHECK: i32 = 16;

/// The error of a number of the library.
#[cold]
fn error(vm: &Vm, code: u32) -> Raised {
    let text = match code {
        3 => "Unsupported integrity check",
        5 => return vm.memory_error(),
        6 => "Memory usage limit exceeded",
        7 => "Input format not supported by decoder",
        8 => "Invalid or unsupported options",
        9 => "Corrupt input data",
        10 => "Insufficient buffer space",
        11 => "Internal error",
        code => {
            return vm.raise_new(&ERROR, format_args!("Unrecognized error from liblzma: {code}"));
        }
    };
    vm.raise_new(&ERROR, text)
}

/// Success, or what a decoder tells about the stream's check.
fn is_error(code: i32) -> bool {
    !matches!(code, 0 | 1 | 2 | 4)
}

/// LZMACompressor(format=FORMAT_XZ, check=-1, preset=None, filters=None)
///
/// Create a compressor object for compressing data incrementally.
///
/// format specifies the container format to use for the output. This can
/// be FORMAT_XZ (default), FORMAT_ALONE, or FORMAT_RAW.
///
/// check specifies the integrity check to use. For FORMAT_XZ, the default
/// is CHECK_CRC64. FORMAT_ALONE and FORMAT_RAW do not support integrity
/// checks; for these formats, check must be omitted, or be CHECK_NONE.
///
/// The settings used by the compressor can be specified either as a
/// preset compression level (with the 'preset' argument), or in detail
/// as a custom filter chain (with the 'filters' argument). For FORMAT_XZ
/// and FORMAT_ALONE, the default is to use the PRESET_DEFAULT preset
/// level. For FORMAT_RAW, the caller must always specify a filter chain;
/// the raw compressor does not support preset compression levels.
///
/// preset (if provided) should be an integer in the range 0-9, optionally
/// OR-ed with the constant PRESET_EXTREME.
///
/// filters (if provided) should be a sequence of dicts. Each dict should
/// have an entry for "id" indicating the ID of the filter, plus
/// additional entries for options to the filter.
///
/// For one-shot compression, use the compress() function instead.
///
#[pytype(name = "LZMACompressor", module = "_lzma", no_slots)]
#[derive(Trace)]
pub struct LzmaCompressor {
    /// `None`: flushed.
    #[notrace]
    stream: Guarded<Option<Box<Stream>>>,
}

impl LzmaCompressor {
    fn run(&self, vm: &Vm, data: &[u8], action: u32, flushed: &str) -> PyResult<Gc<Bytes>> {
        let Some(mut s) = self.stream.with_mut(Option::take) else {
            return Err(vm.value_error(flushed));
        };
        let mut out = Output::new(None);
        let r = run(
            vm,
            data,
            &mut out,
            |input, room| s.run(input, room, action),
            |code| code == STREAM_END,
            |step| is_error(step.code) && step.code != BUF_ERROR,
        );
        if action == l::RUN {
            self.stream.with_mut(|slot| *slot = Some(s));
        }
        let ran = r?;
        if ran.error {
            return Err(error(vm, ran.code as u32));
        }
        out.bytes(vm)
    }
}

#[pymethods]
impl LzmaCompressor {
    #[pynew("LZMACompressor(format=1, check=-1, preset=None, filters=None)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        format: i32,
        check: i32,
        preset: Option<&Value>,
        chain: Option<&Value>,
    ) -> PyResult<Value> {
        if preset.is_some() && chain.is_some() {
            return Err(vm.value_error("Cannot specify both preset and filter chain"));
        }
        let level = preset.map_or(Ok(6), |v| filters::uint32(vm, v))?;
        if format != FORMAT_XZ && check != -1 && check != 0 {
            return Err(vm.value_error("Integrity checks are only supported by FORMAT_XZ"));
        }
        let chain = |vm: &Vm| chain.map(|c| filters::chain(vm, c)).transpose();
        let started = match format {
            FORMAT_XZ => {
                let check = if check == -1 { 4 } else { check as u32 };
                match chain(vm)? {
                    None => Stream::easy_encoder(level, check),
                    Some(c) => Stream::xz_encoder(&c, check),
                }
            }
            FORMAT_ALONE => match chain(vm)?.as_deref() {
                None => Stream::alone_encoder(&filters::preset(vm, level)?),
                Some([l::Filter { id: filters::LZMA1, options: l::Options::Lzma(o) }]) => {
                    Stream::alone_encoder(o)
                }
                Some(_) => {
                    return Err(vm.value_error(
                        "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter",
                    ));
                }
            },
            FORMAT_RAW => match chain(vm)? {
                None => return Err(vm.value_error("Must specify filters for FORMAT_RAW")),
                Some(c) => Stream::raw_encoder(&c),
            },
            _ => return Err(vm.value_error(format_args!("Invalid container format: {format}"))),
        };
        let s = started.map_err(|code| error(vm, code))?;
        Ok(vm.alloc_in(cls, LzmaCompressor { stream: Guarded::new(Some(Box::new(s))) })?.into_value())
    }

    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[pymethod("compress($self, data, /)")]
    fn compress(vm: &Vm, zelf: &Gc<LzmaCompressor>, data: &Value) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        zelf.run(vm, &data, l::RUN, "Compressor has been flushed")
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Gc<LzmaCompressor>) -> PyResult<Gc<Bytes>> {
        zelf.run(vm, b"", l::FINISH, "Repeated call to flush()")
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   format
///     Specifies the container format of the input stream.  If this is
///     FORMAT_AUTO (the default), the decompressor will automatically detect
///     whether the input is FORMAT_XZ or FORMAT_ALONE.  Streams created with
///     FORMAT_RAW cannot be autodetected.
///   memlimit
///     Limit the amount of memory used by the decompressor.  This will cause
///     decompression to fail if the input cannot be decompressed within this
///     limit.
///   filters
///     A custom filter chain.  This argument is required for FORMAT_RAW, and
///     not accepted with any other format.  When provided, this should be a
///     sequence of dicts, each indicating the ID and options for a single
///     filter.
///
/// For one-shot decompression, use the decompress() function instead.
#[pytype(
    name = "LZMADecompressor",
    module = "_lzma",
    signature = "(format=FORMAT_AUTO, memlimit=None, filters=None)",
    no_slots
)]
#[derive(Trace)]
pub struct LzmaDecompressor {
    #[notrace]
    state: Guarded<Option<Box<State>>>,
    #[notrace]
    check: Cell<i32>,
}

struct State {
    stream: Stream,
    feed: Feed,
}

impl LzmaDecompressor {
    fn with<R>(&self, vm: &Vm, f: impl FnOnce(&mut State) -> PyResult<R>) -> PyResult<R> {
        let Some(mut state) = self.state.with_mut(Option::take) else {
            return Err(vm.runtime_error("decompressor is in use"));
        };
        let r = f(&mut state);
        self.state.with_mut(|slot| *slot = Some(state));
        r
    }
}

#[pymethods]
impl LzmaDecompressor {
    #[pynew("LZMADecompressor(format=0, memlimit=None, filters=None)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        format: i32,
        memlimit: Option<&Value>,
        chain: Option<&Value>,
    ) -> PyResult<Value> {
        let limit = match memlimit {
            None => u64::MAX,
            Some(_) if format == FORMAT_RAW => {
                return Err(vm.value_error("Cannot specify memory limit with FORMAT_RAW"));
            }
            Some(v) => filters::unsigned(vm, v, u64::MAX, "uint64_t")?,
        };
        if format == FORMAT_RAW && chain.is_none() {
            return Err(vm.value_error("Must specify filters for FORMAT_RAW"));
        }
        if format != FORMAT_RAW && chain.is_some() {
            return Err(vm.value_error("Cannot specify filters except with FORMAT_RAW"));
        }
        // The decoder tells which check there is.
        const TELL: u32 = 1 | 4;
        let mut check = UNKNOWN_CHECK;
        let started = match (format, chain) {
            (FORMAT_AUTO, _) => Stream::auto_decoder(limit, TELL),
            (FORMAT_XZ, _) => Stream::xz_decoder(limit, TELL),
            (FORMAT_ALONE, _) => {
                check = 0;
                Stream::alone_decoder(limit)
            }
            (FORMAT_RAW, Some(c)) => {
                check = 0;
                Stream::raw_decoder(&filters::chain(vm, c)?)
            }
            _ => return Err(vm.value_error(format_args!("Invalid container format: {format}"))),
        };
        let stream = started.map_err(|code| error(vm, code))?;
        let state = Box::new(State { stream, feed: Feed::default() });
        let d = LzmaDecompressor { state: Guarded::new(Some(state)), check: Cell::new(check) };
        Ok(vm.alloc_in(cls, d)?.into_value())
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes of
    /// decompressed data. If this limit is reached and further output can be
    /// produced, *self.needs_input* will be set to ``False``. In this case, the next
    /// call to *decompress()* may provide *data* as b'' to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either because this
    /// was less than *max_length* bytes, or because *max_length* was negative),
    /// *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached raises an
    /// EOFError.  Any data found after the end of the stream is ignored and saved in
    /// the unused_data attribute.
    #[pymethod("decompress($self, /, data, max_length=-1)")]
    fn decompress(
        vm: &Vm,
        zelf: &Gc<LzmaDecompressor>,
        data: &Value,
        max_length: isize,
    ) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        zelf.with(vm, |state| {
            if state.feed.eof {
                return Err(vm.raise_new(&exc::EOFError, "Already at end of stream"));
            }
            let s = &mut state.stream;
            let step = |input: &[u8], room: &mut [u8]| {
                let mut step = s.run(input, room, l::RUN);
                // 2, 4: the header is read, the check is known; the stream goes on.
                while matches!(step.code, 2 | 4) {
                    zelf.check.set(s.check() as i32);
                    let (read, written) = (step.read, step.written);
                    step = s.run(
                        input.get(read..).unwrap_or_default(),
                        room.get_mut(written..).unwrap_or_default(),
                        l::RUN,
                    );
                    step.read += read;
                    step.written += written;
                }
                step
            };
            let (ran, out) = state.feed.decompress(
                vm,
                &data,
                max_length,
                step,
                |code| code == STREAM_END,
                |step| is_error(step.code) && step.code != BUF_ERROR,
            )?;
            if ran.error {
                return Err(error(vm, ran.code as u32));
            }
            out.bytes(vm)
        })
    }

    /// ID of the integrity check used by the input stream.
    #[pygetter("check")]
    fn check(_vm: &Vm, zelf: &Gc<LzmaDecompressor>) -> i32 {
        zelf.check.get()
    }

    /// True if the end-of-stream marker has been reached.
    #[pygetter("eof")]
    fn eof(vm: &Vm, zelf: &Gc<LzmaDecompressor>) -> PyResult<bool> {
        zelf.with(vm, |s| Ok(s.feed.eof))
    }

    /// Data found after the end of the compressed stream.
    #[pygetter("unused_data")]
    fn unused_data(vm: &Vm, zelf: &Gc<LzmaDecompressor>) -> PyResult<Gc<Bytes>> {
        zelf.with(vm, |s| vm.try_new_bytes(&s.feed.unused))
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[pygetter("needs_input")]
    fn needs_input(vm: &Vm, zelf: &Gc<LzmaDecompressor>) -> PyResult<bool> {
        zelf.with(vm, |s| Ok(s.feed.needs_input()))
    }
}

const CONSTANTS: &[(&str, i64)] = &[
    ("FORMAT_AUTO", 0),
    ("FORMAT_XZ", 1),
    ("FORMAT_ALONE", 2),
    ("FORMAT_RAW", 3),
    ("CHECK_NONE", 0),
    ("CHECK_CRC32", 1),
    ("CHECK_CRC64", 4),
    ("CHECK_SHA256", 10),
    ("CHECK_ID_MAX", 15),
    ("CHECK_UNKNOWN", 16),
    ("FILTER_LZMA1", filters::LZMA1 as i64),
    ("FILTER_LZMA2", filters::LZMA2 as i64),
    ("FILTER_DELTA", 3),
    ("FILTER_X86", 4),
    ("FILTER_POWERPC", 5),
    ("FILTER_IA64", 6),
    ("FILTER_ARM", 7),
    ("FILTER_ARMTHUMB", 8),
    ("FILTER_SPARC", 9),
    ("MF_HC3", 3),
    ("MF_HC4", 4),
    ("MF_BT2", 18),
    ("MF_BT3", 19),
    ("MF_BT4", 20),
    ("MODE_FAST", 1),
    ("MODE_NORMAL", 2),
    ("PRESET_DEFAULT", 6),
    ("PRESET_EXTREME", 1 << 31),
];

#[pymodule(name = "_lzma")]
pub mod _lzma {
    use super::*;

    /// Test whether the given integrity check is supported.
    ///
    /// Always returns True for CHECK_NONE and CHECK_CRC32.
    #[pyfn("is_check_supported(check_id, /)")]
    fn is_check_supported(_vm: &Vm, check_id: i32) -> bool {
        l::check_is_supported(check_id as u32)
    }

    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    #[pyfn("_encode_filter_properties(filter, /)")]
    fn encode_filter_properties(vm: &Vm, filter: &Value) -> PyResult<Gc<Bytes>> {
        let f = filters::filter(vm, filter)?;
        match l::encode_properties(&f) {
            Ok(bytes) => Ok(vm.new_bytes(&bytes)),
            Err(code) => Err(error(vm, code)),
        }
    }

    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    #[pyfn("_decode_filter_properties(filter_id, encoded_props, /)")]
    fn decode_filter_properties(vm: &Vm, filter_id: &Value, encoded_props: &Value) -> PyResult<Value> {
        let id = filters::vli(vm, filter_id)?;
        let props = vm.bytes_like(encoded_props)?;
        match l::decode_properties(id, &props) {
            Ok(f) => filters::spec(vm, &f),
            Err(code) => Err(error(vm, code)),
        }
    }

    #[pyconst("LZMAError")]
    fn error_type(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in CONSTANTS {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }

    pytypes!(LzmaCompressor, LzmaDecompressor);
}
