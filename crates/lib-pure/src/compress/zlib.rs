//! `zlib`.

use super::{Feed, Output, run};
use taipan_pack::zlib::{self as z, Deflate, Inflate};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub ERROR = "zlib", "error"(&exc::Exception) "");

const NO_FLUSH: i32 = 0;
const SYNC_FLUSH: i32 = 2;
const FINISH: i32 = 4;

/// `zlib.error` for a number of the library.
#[cold]
fn error(vm: &Vm, code: i32, message: Option<String>, doing: &str) -> Raised {
    let text = match (code, message) {
        (z::VERSION_ERROR, _) => Some("library version mismatch".to_string()),
        (_, Some(m)) => Some(m),
        (z::BUF_ERROR, _) => Some("incomplete or truncated stream".to_string()),
        (z::STREAM_ERROR, _) => Some("inconsistent stream state".to_string()),
        (z::DATA_ERROR, _) => Some("invalid input data".to_string()),
        _ => None,
    };
    match text {
        Some(t) => vm.raise_new(&ERROR, format_args!("Error {code} {doing}: {t}")),
        None => vm.raise_new(&ERROR, format_args!("Error {code} {doing}")),
    }
}

#[cold]
fn memory(vm: &Vm, text: &str) -> Raised {
    vm.raise_new(&exc::MemoryError, text)
}

fn is_error(code: i32) -> bool {
    !matches!(code, z::OK | z::BUF_ERROR | z::STREAM_END)
}

/// One step of inflating; gives the dictionary when the stream asks for it.
fn inflate(
    s: &mut Inflate,
    zdict: Option<&[u8]>,
    input: &[u8],
    room: &mut [u8],
    flush: i32,
) -> taipan_pack::Step {
    let mut step = s.run(input, room, flush);
    if step.code == z::NEED_DICT
        && let Some(d) = zdict
    {
        step.code = s.set_dictionary(d);
        if step.code == z::OK {
            let (read, written) = (step.read, step.written);
            step = s.run(
                input.get(read..).unwrap_or_default(),
                room.get_mut(written..).unwrap_or_default(),
                flush,
            );
            step.read += read;
            step.written += written;
        }
    }
    step
}

/// A dictionary argument.
fn dictionary(vm: &Vm, zdict: Option<&Value>) -> PyResult<Option<Vec<u8>>> {
    let Some(v) = zdict else { return Ok(None) };
    if !vm.has_buffer(v) {
        return Err(vm.type_error("zdict argument must support the buffer protocol"));
    }
    Ok(Some(vm.bytes_like(v)?.to_vec()))
}

fn new_inflate(vm: &Vm, wbits: i32, zdict: Option<&[u8]>) -> PyResult<Inflate> {
    let mut s = match Inflate::new(wbits) {
        Ok(s) => s,
        Err((z::STREAM_ERROR, _)) => return Err(vm.value_error("Invalid initialization option")),
        Err((z::MEM_ERROR, _)) => {
            return Err(memory(vm, "Can't allocate memory for decompression object"));
        }
        Err((code, message)) => {
            return Err(error(vm, code, message, "while creating decompression object"));
        }
    };
    // A raw stream never asks for its dictionary.
    if wbits < 0
        && let Some(d) = zdict
    {
        let code = s.set_dictionary(d);
        if code != z::OK {
            return Err(error(vm, code, s.message(), "while setting zdict"));
        }
    }
    Ok(s)
}

/// Runs a compressor over `input` with a flush mode.
fn deflate(vm: &Vm, s: &mut Deflate, input: &[u8], flush: i32) -> PyResult<(super::Ran, Output)> {
    let mut out = Output::new(None);
    let ran = run(
        vm,
        input,
        &mut out,
        |input, room| s.run(input, room, flush),
        |code| code == z::STREAM_END,
        |step| is_error(step.code),
    )?;
    Ok((ran, out))
}

#[pytype(name = "Compress", module = "zlib", flags(NO_NEW), no_slots)]
#[derive(Trace)]
pub struct Compress {
    /// `None`: finished.
    #[notrace]
    stream: Guarded<Option<Deflate>>,
}

impl Compress {
    fn run(&self, vm: &Vm, input: &[u8], flush: i32, doing: &str) -> PyResult<Gc<Bytes>> {
        let Some(mut s) = self.stream.with_mut(Option::take) else {
            return Err(error(vm, z::STREAM_ERROR, None, doing));
        };
        let r = deflate(vm, &mut s, input, flush);
        let message = s.message();
        let ended = matches!(&r, Ok((ran, _)) if ran.end) && flush == FINISH;
        if !ended {
            self.stream.with_mut(|slot| *slot = Some(s));
        }
        let (ran, out) = r?;
        if ran.error {
            return Err(error(vm, ran.code, message, doing));
        }
        out.bytes(vm)
    }

    fn clone_of(&self, vm: &Vm) -> PyResult<Value> {
        let copy = self.stream.with_mut(|s| s.as_mut().map(Deflate::copy));
        match copy {
            None => Err(vm.value_error("Inconsistent stream state")),
            Some(Ok(s)) => Ok(vm.alloc(Compress { stream: Guarded::new(Some(s)) }).into_value()),
            Some(Err(z::STREAM_ERROR)) => Err(vm.value_error("Inconsistent stream state")),
            Some(Err(z::MEM_ERROR)) => Err(memory(vm, "Can't allocate memory for compression object")),
            Some(Err(code)) => Err(error(vm, code, None, "while copying compression object")),
        }
    }
}

#[pymethods]
impl Compress {
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[pymethod("compress($self, data, /)")]
    fn compress(vm: &Vm, zelf: &Gc<Compress>, data: &Value) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        zelf.run(vm, &data, NO_FLUSH, "while compressing data")
    }

    /// Return a bytes object containing any remaining compressed data.
    ///
    ///   mode
    ///     One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.
    ///     If mode == Z_FINISH, the compressor object can no longer be
    ///     used after calling the flush() method.  Otherwise, more data
    ///     can still be compressed.
    #[pymethod(no_text, "flush($self, mode=4, /)")]
    fn flush(vm: &Vm, zelf: &Gc<Compress>, mode: i32) -> PyResult<Gc<Bytes>> {
        if mode == NO_FLUSH {
            return Ok(vm.new_bytes(b""));
        }
        zelf.run(vm, b"", mode, "while flushing")
    }

    /// Return a copy of the compression object.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Compress>) -> PyResult<Value> {
        zelf.clone_of(vm)
    }

    #[pymethod("__copy__($self, /)")]
    fn dunder_copy(vm: &Vm, zelf: &Gc<Compress>) -> PyResult<Value> {
        zelf.clone_of(vm)
    }

    #[pymethod("__deepcopy__($self, memo, /)")]
    fn deepcopy(vm: &Vm, zelf: &Gc<Compress>, _memo: &Value) -> PyResult<Value> {
        zelf.clone_of(vm)
    }
}

#[pytype(name = "Decompress", module = "zlib", flags(NO_NEW), no_slots)]
#[derive(Trace)]
pub struct Decompress {
    #[notrace]
    state: Guarded<Option<Box<Inflating>>>,
}

/// What a decompression object keeps.
struct Inflating {
    /// `None`: finished.
    stream: Option<Inflate>,
    zdict: Option<Vec<u8>>,
    unused: Vec<u8>,
    tail: Vec<u8>,
    eof: bool,
}

impl Inflating {
    fn run(&mut self, vm: &Vm, input: &[u8], flush: i32, max: Option<usize>) -> PyResult<Output> {
        let mut out = Output::new(max);
        let Some(s) = &mut self.stream else {
            return Err(error(vm, z::STREAM_ERROR, None, "while decompressing data"));
        };
        let zdict = self.zdict.as_deref();
        let ran = run(
            vm,
            input,
            &mut out,
            |input, room| inflate(s, zdict, input, room, flush),
            |code| code == z::STREAM_END,
            |step| is_error(step.code),
        )?;
        let rest = input.get(ran.read..).unwrap_or_default();
        if ran.end {
            // What follows the end of the stream.
            if self.eof || !rest.is_empty() {
                self.unused.extend_from_slice(rest);
            }
            self.tail = Vec::new();
            self.eof = true;
        } else {
            self.tail = rest.to_vec();
        }
        if ran.error {
            return Err(error(vm, ran.code, s.message(), "while decompressing data"));
        }
        Ok(out)
    }
}

impl Decompress {
    /// Runs `f` on the state; a second call meanwhile finds none.
    fn with<R>(&self, vm: &Vm, f: impl FnOnce(&mut Inflating) -> PyResult<R>) -> PyResult<R> {
        let Some(mut state) = self.state.with_mut(Option::take) else {
            return Err(error(vm, z::STREAM_ERROR, None, "while decompressing data"));
        };
        let r = f(&mut state);
        self.state.with_mut(|slot| *slot = Some(state));
        r
    }

    fn clone_of(&self, vm: &Vm) -> PyResult<Value> {
        self.with(vm, |state| match state.stream.as_ref().map(Inflate::copy) {
            None | Some(Err(z::STREAM_ERROR)) => Err(vm.value_error("Inconsistent stream state")),
            Some(Err(z::MEM_ERROR)) => Err(memory(vm, "Can't allocate memory for decompression object")),
            Some(Err(code)) => Err(error(vm, code, None, "while copying decompression object")),
            Some(Ok(s)) => {
                let copy = Inflating {
                    stream: Some(s),
                    zdict: state.zdict.clone(),
                    unused: state.unused.clone(),
                    tail: state.tail.clone(),
                    eof: state.eof,
                };
                Ok(vm.alloc(Decompress { state: Guarded::new(Some(Box::new(copy))) }).into_value())
            }
        })
    }
}

#[pymethods]
impl Decompress {
    /// Return a bytes object containing the decompressed version of the data.
    ///
    ///   data
    ///     The binary data to decompress.
    ///   max_length
    ///     The maximum allowable length of the decompressed data.
    ///     Unconsumed input data will be stored in
    ///     the unconsumed_tail attribute.
    ///
    /// After calling this function, some of the input data may still be stored in
    /// internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[pymethod("decompress($self, data, /, max_length=0)")]
    fn decompress(vm: &Vm, zelf: &Gc<Decompress>, data: &Value, max_length: isize) -> PyResult<Gc<Bytes>> {
        let Ok(max) = usize::try_from(max_length) else {
            return Err(vm.value_error("max_length must be non-negative"));
        };
        let data = vm.bytes_like(data)?;
        let max = Some(max).filter(|n| *n > 0);
        zelf.with(vm, |state| state.run(vm, &data, SYNC_FLUSH, max)?.bytes(vm))
    }

    /// Return a bytes object containing any remaining decompressed data.
    ///
    ///   length
    ///     the initial size of the output buffer.
    #[pymethod("flush($self, length=16384, /)")]
    fn flush(vm: &Vm, zelf: &Gc<Decompress>, length: isize) -> PyResult<Gc<Bytes>> {
        if length <= 0 {
            return Err(vm.value_error("length must be greater than zero"));
        }
        zelf.with(vm, |state| {
            if state.stream.is_none() {
                return Ok(vm.new_bytes(b""));
            }
            let tail = std::mem::take(&mut state.tail);
            let out = state.run(vm, &tail, FINISH, None)?;
            if state.eof {
                state.stream = None;
            }
            out.bytes(vm)
        })
    }

    /// Return a copy of the decompression object.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Decompress>) -> PyResult<Value> {
        zelf.clone_of(vm)
    }

    #[pymethod("__copy__($self, /)")]
    fn dunder_copy(vm: &Vm, zelf: &Gc<Decompress>) -> PyResult<Value> {
        zelf.clone_of(vm)
    }

    #[pymethod("__deepcopy__($self, memo, /)")]
    fn deepcopy(vm: &Vm, zelf: &Gc<Decompress>, _memo: &Value) -> PyResult<Value> {
        zelf.clone_of(vm)
    }

    #[pygetter("unused_data")]
    fn unused_data(vm: &Vm, zelf: &Gc<Decompress>) -> PyResult<Gc<Bytes>> {
        zelf.with(vm, |s| vm.try_new_bytes(&s.unused))
    }

    #[pygetter("unconsumed_tail")]
    fn unconsumed_tail(vm: &Vm, zelf: &Gc<Decompress>) -> PyResult<Gc<Bytes>> {
        zelf.with(vm, |s| vm.try_new_bytes(&s.tail))
    }

    #[pygetter("eof")]
    fn eof(vm: &Vm, zelf: &Gc<Decompress>) -> PyResult<bool> {
        zelf.with(vm, |s| Ok(s.eof))
    }
}

/// Create a decompressor object for decompressing data incrementally.
#[pytype(name = "_ZlibDecompressor", module = "zlib", signature = "(wbits=15, zdict=b'')", no_slots)]
#[derive(Trace)]
pub struct ZlibDecompressor {
    #[notrace]
    state: Guarded<Option<Box<Buffered>>>,
}

struct Buffered {
    stream: Inflate,
    zdict: Option<Vec<u8>>,
    feed: Feed,
}

impl ZlibDecompressor {
    fn with<R>(&self, vm: &Vm, f: impl FnOnce(&mut Buffered) -> PyResult<R>) -> PyResult<R> {
        let Some(mut state) = self.state.with_mut(Option::take) else {
            return Err(error(vm, z::STREAM_ERROR, None, "while decompressing data"));
        };
        let r = f(&mut state);
        self.state.with_mut(|slot| *slot = Some(state));
        r
    }
}

#[pymethods]
impl ZlibDecompressor {
    #[pynew("_ZlibDecompressor(wbits=15, zdict=b'')")]
    fn new(vm: &Vm, cls: &Gc<Type>, wbits: i32, #[raw] zdict: Option<&Value>) -> PyResult<Value> {
        let zdict = dictionary(vm, zdict)?;
        let stream = new_inflate(vm, wbits, zdict.as_deref())?;
        let state = Buffered { stream, zdict, feed: Feed::default() };
        Ok(vm.alloc_in(cls, ZlibDecompressor { state: Guarded::new(Some(Box::new(state))) })?.into_value())
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
        zelf: &Gc<ZlibDecompressor>,
        data: &Value,
        max_length: isize,
    ) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        zelf.with(vm, |b| {
            if b.feed.eof {
                return Err(vm.raise_new(&exc::EOFError, "End of stream already reached"));
            }
            let (s, zdict) = (&mut b.stream, b.zdict.as_deref());
            let (ran, out) = b.feed.decompress(
                vm,
                &data,
                max_length,
                |input, room| inflate(s, zdict, input, room, SYNC_FLUSH),
                |code| code == z::STREAM_END,
                |step| is_error(step.code),
            )?;
            if ran.error {
                return Err(error(vm, ran.code, b.stream.message(), "while decompressing data"));
            }
            out.bytes(vm)
        })
    }

    /// True if the end-of-stream marker has been reached.
    #[pygetter("eof")]
    fn eof(vm: &Vm, zelf: &Gc<ZlibDecompressor>) -> PyResult<bool> {
        zelf.with(vm, |b| Ok(b.feed.eof))
    }

    /// Data found after the end of the compressed stream.
    #[pygetter("unused_data")]
    fn unused_data(vm: &Vm, zelf: &Gc<ZlibDecompressor>) -> PyResult<Gc<Bytes>> {
        zelf.with(vm, |b| vm.try_new_bytes(&b.feed.unused))
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[pygetter("needs_input")]
    fn needs_input(vm: &Vm, zelf: &Gc<ZlibDecompressor>) -> PyResult<bool> {
        zelf.with(vm, |b| Ok(b.feed.needs_input()))
    }
}

/// The start value of a checksum: its low 32 bits.
fn start(vm: &Vm, v: &Value) -> PyResult<u32> {
    use taipan_vm::types::numbers::{IntValue, int_value};
    let n = vm.index(v)?;
    Ok(match int_value(&n) {
        Some(IntValue::Small(n)) => n as u32,
        Some(IntValue::Big(b)) => {
            let low = b & dashu_int::IBig::from(u32::MAX);
            u32::try_from(&low).unwrap_or(0)
        }
        None => 0,
    })
}

/// The functions in this module allow compression and decompression using the
/// zlib library, which is based on GNU zip.
///
/// adler32(string[, start]) -- Compute an Adler-32 checksum.
/// compress(data[, level]) -- Compress data, with compression level 0-9 or -1.
/// compressobj([level[, ...]]) -- Return a compressor object.
/// crc32(string[, start]) -- Compute a CRC-32 checksum.
/// decompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.
/// decompressobj([wbits[, zdict]]) -- Return a decompressor object.
///
/// 'wbits' is window buffer size and container format.
/// Compressor objects support compress() and flush() methods; decompressor
/// objects support decompress() and flush().
#[pymodule(name = "zlib")]
pub mod module {
    use super::*;

    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///   level
    ///     Compression level, in 0-9 or -1.
    ///   wbits
    ///     The window buffer size and container format.
    #[pyfn(no_text, "compress(data, /, level=-1, wbits=15)")]
    fn compress(vm: &Vm, data: &Value, level: i32, wbits: i32) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        let mut s = match Deflate::new(level, 8, wbits, 8, 0) {
            Ok(s) => s,
            Err(z::STREAM_ERROR) => return Err(vm.raise_new(&ERROR, "Bad compression level")),
            Err(z::MEM_ERROR) => return Err(memory(vm, "Out of memory while compressing data")),
            Err(code) => return Err(error(vm, code, None, "while compressing data")),
        };
        let (ran, out) = deflate(vm, &mut s, &data, FINISH)?;
        if ran.error {
            return Err(error(vm, ran.code, s.message(), "while compressing data"));
        }
        out.bytes(vm)
    }

    /// Returns a bytes object containing the uncompressed data.
    ///
    ///   data
    ///     Compressed data.
    ///   wbits
    ///     The window buffer size and container format.
    ///   bufsize
    ///     The initial output buffer size.
    #[pyfn(no_text, "decompress(data, /, wbits=15, bufsize=16384)")]
    fn decompress(vm: &Vm, data: &Value, wbits: i32, bufsize: isize) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        if bufsize < 0 {
            return Err(vm.value_error("bufsize must be non-negative"));
        }
        let mut s = match Inflate::new(wbits) {
            Ok(s) => s,
            Err((z::MEM_ERROR, _)) => return Err(memory(vm, "Out of memory while decompressing data")),
            Err((code, m)) => return Err(error(vm, code, m, "while preparing to decompress data")),
        };
        let mut out = Output::new(None);
        let ran = run(
            vm,
            &data,
            &mut out,
            |input, room| s.run(input, room, SYNC_FLUSH),
            |code| code == z::STREAM_END,
            |step| is_error(step.code),
        )?;
        if ran.error {
            return Err(error(vm, ran.code, s.message(), "while decompressing data"));
        }
        if !ran.end {
            return Err(error(vm, z::BUF_ERROR, None, "while decompressing data"));
        }
        out.bytes(vm)
    }

    /// Return a compressor object.
    ///
    ///   level
    ///     The compression level (an integer in the range 0-9 or -1; default is
    ///     currently equivalent to 6).  Higher compression levels are slower,
    ///     but produce smaller results.
    ///   method
    ///     The compression algorithm.  If given, this must be DEFLATED.
    ///   wbits
    ///     +9 to +15: The base-two logarithm of the window size.  Include a zlib
    ///         container.
    ///     -9 to -15: Generate a raw stream.
    ///     +25 to +31: Include a gzip container.
    ///   memLevel
    ///     Controls the amount of memory used for internal compression state.
    ///     Valid values range from 1 to 9.  Higher values result in higher memory
    ///     usage, faster compression, and smaller output.
    ///   strategy
    ///     Used to tune the compression algorithm.  Possible values are
    ///     Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.
    ///   zdict
    ///     The predefined compression dictionary - a sequence of bytes
    ///     containing subsequences that are likely to occur in the input data.
    #[pyfn(no_text, "compressobj(level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=None)")]
    fn compressobj(
        vm: &Vm,
        level: i32,
        method: i32,
        wbits: i32,
        memory_level: i32,
        strategy: i32,
        zdict: Option<&Value>,
    ) -> PyResult<Value> {
        let zdict = dictionary(vm, zdict)?;
        let mut s = match Deflate::new(level, method, wbits, memory_level, strategy) {
            Ok(s) => s,
            Err(z::MEM_ERROR) => return Err(memory(vm, "Can't allocate memory for compression object")),
            Err(z::STREAM_ERROR) => return Err(vm.value_error("Invalid initialization option")),
            Err(code) => return Err(error(vm, code, None, "while creating compression object")),
        };
        if let Some(d) = zdict {
            match s.set_dictionary(&d) {
                z::OK => {}
                z::STREAM_ERROR => return Err(vm.value_error("Invalid dictionary")),
                _ => return Err(vm.value_error("deflateSetDictionary()")),
            }
        }
        Ok(vm.alloc(Compress { stream: Guarded::new(Some(s)) }).into_value())
    }

    /// Return a decompressor object.
    ///
    ///   wbits
    ///     The window buffer size and container format.
    ///   zdict
    ///     The predefined compression dictionary.  This must be the same
    ///     dictionary as used by the compressor that produced the input data.
    #[pyfn(no_text, "decompressobj(wbits=15, zdict=b'')")]
    fn decompressobj(vm: &Vm, wbits: i32, #[raw] zdict: Option<&Value>) -> PyResult<Value> {
        let zdict = dictionary(vm, zdict)?;
        let stream = Some(new_inflate(vm, wbits, zdict.as_deref())?);
        let state = Inflating { stream, zdict, unused: Vec::new(), tail: Vec::new(), eof: false };
        Ok(vm.alloc(Decompress { state: Guarded::new(Some(Box::new(state))) }).into_value())
    }

    /// Compute a CRC-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfn("crc32(data, value=0, /)")]
    fn crc32(vm: &Vm, data: &Value, value: &Value) -> PyResult<u32> {
        let data = vm.bytes_like(data)?;
        Ok(z::crc32(start(vm, value)?, &data))
    }

    /// Compute an Adler-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfn("adler32(data, value=1, /)")]
    fn adler32(vm: &Vm, data: &Value, value: &Value) -> PyResult<u32> {
        let data = vm.bytes_like(data)?;
        Ok(z::adler32(start(vm, value)?, &data))
    }

    #[pyconst("error")]
    fn error_type(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyconst("ZLIB_VERSION")]
    fn version(vm: &Vm) -> Value {
        vm.new_str(&z::version()).into_value()
    }

    #[pyconst("ZLIB_RUNTIME_VERSION")]
    fn runtime_version(vm: &Vm) -> Value {
        vm.new_str(&z::version()).into_value()
    }

    #[pyconst]
    const MAX_WBITS: i64 = 15;
    #[pyconst]
    const DEFLATED: i64 = 8;
    #[pyconst]
    const DEF_MEM_LEVEL: i64 = 8;
    #[pyconst]
    const DEF_BUF_SIZE: i64 = 16384;
    #[pyconst]
    const Z_NO_COMPRESSION: i64 = 0;
    #[pyconst]
    const Z_BEST_SPEED: i64 = 1;
    #[pyconst]
    const Z_BEST_COMPRESSION: i64 = 9;
    #[pyconst]
    const Z_DEFAULT_COMPRESSION: i64 = -1;
    #[pyconst]
    const Z_DEFAULT_STRATEGY: i64 = 0;
    #[pyconst]
    const Z_FILTERED: i64 = 1;
    #[pyconst]
    const Z_HUFFMAN_ONLY: i64 = 2;
    #[pyconst]
    const Z_RLE: i64 = 3;
    #[pyconst]
    const Z_FIXED: i64 = 4;
    #[pyconst]
    const Z_NO_FLUSH: i64 = 0;
    #[pyconst]
    const Z_PARTIAL_FLUSH: i64 = 1;
    #[pyconst]
    const Z_SYNC_FLUSH: i64 = 2;
    #[pyconst]
    const Z_FULL_FLUSH: i64 = 3;
    #[pyconst]
    const Z_FINISH: i64 = 4;
    #[pyconst]
    const Z_BLOCK: i64 = 5;
    #[pyconst]
    const Z_TREES: i64 = 6;

    pytypes!(ZlibDecompressor);
}
