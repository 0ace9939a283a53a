//! `_bz2`.

use super::{Feed, Output, run};
use taipan_pack::bz2::{self as b, Compress, Decompress};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The error of a number of the library.
#[cold]
fn error(vm: &Vm, code: i32) -> Raised {
    match code {
        -2 => vm.value_error("Internal error - invalid parameters passed to libbzip2"),
        -3 => vm.memory_error(),
        -4 | -5 => vm.raise_new(&exc::OSError, "Invalid data stream"),
        -6 => vm.raise_new(&exc::OSError, "Unknown I/O error"),
        -7 => vm
            .raise_new(&exc::EOFError, "Compressed file ended before the logical end-of-stream was detected"),
        -1 => vm.runtime_error("Internal error - Invalid sequence of commands sent to libbzip2"),
        code => vm.raise_new(&exc::OSError, format_args!("Unrecognized error from libbzip2: {code}")),
    }
}

/// Create a compressor object for compressing data incrementally.
///
///   compresslevel
///     Compression level, as a number between 1 and 9.
///
/// For one-shot compression, use the compress() function instead.
#[pytype(name = "BZ2Compressor", module = "_bz2", signature = "(compresslevel=9, /)", no_slots)]
#[derive(Trace)]
pub struct Bz2Compressor {
    /// `None`: flushed.
    #[notrace]
    stream: Guarded<Option<Box<Compress>>>,
}

impl Bz2Compressor {
    fn run(&self, vm: &Vm, data: &[u8], action: i32, flushed: &str) -> PyResult<Gc<Bytes>> {
        let Some(mut s) = self.stream.with_mut(Option::take) else {
            return Err(vm.value_error(flushed));
        };
        let mut out = Output::new(None);
        let r = if action == b::RUN && data.is_empty() {
            // Without input the library calls this a wrong sequence.
            Ok(None)
        } else {
            run(
                vm,
                data,
                &mut out,
                |input, room| s.run(input, room, action),
                |code| code == b::STREAM_END,
                |step| step.code < 0,
            )
            .map(Some)
        };
        if action == b::RUN {
            self.stream.with_mut(|slot| *slot = Some(s));
        }
        match r? {
            Some(ran) if ran.error && !(ran.code == -2 && ran.read == data.len()) => Err(error(vm, ran.code)),
            _ => out.bytes(vm),
        }
    }
}

#[pymethods]
impl Bz2Compressor {
    #[pynew("BZ2Compressor(compresslevel=9, /)")]
    fn new(vm: &Vm, cls: &Gc<Type>, compresslevel: i32) -> PyResult<Value> {
        if !(1..=9).contains(&compresslevel) {
            return Err(vm.value_error("compresslevel must be between 1 and 9"));
        }
        let s = Compress::new(compresslevel).map_err(|code| error(vm, code))?;
        Ok(vm.alloc_in(cls, Bz2Compressor { stream: Guarded::new(Some(Box::new(s))) })?.into_value())
    }

    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[pymethod("compress($self, data, /)")]
    fn compress(vm: &Vm, zelf: &Gc<Bz2Compressor>, data: &Value) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        zelf.run(vm, &data, b::RUN, "Compressor has been flushed")
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[pymethod("flush($self, /)")]
    fn flush(vm: &Vm, zelf: &Gc<Bz2Compressor>) -> PyResult<Gc<Bytes>> {
        zelf.run(vm, b"", b::FINISH, "Repeated call to flush()")
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
/// For one-shot decompression, use the decompress() function instead.
#[pytype(name = "BZ2Decompressor", module = "_bz2", signature = "()", no_slots)]
#[derive(Trace)]
pub struct Bz2Decompressor {
    #[notrace]
    state: Guarded<Option<Box<State>>>,
}

struct State {
    stream: Decompress,
    feed: Feed,
    /// The stream is broken.
    failed: bool,
}

impl Bz2Decompressor {
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
impl Bz2Decompressor {
    #[pynew("BZ2Decompressor()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        let stream = Decompress::new().map_err(|code| error(vm, code))?;
        let state = Box::new(State { stream, feed: Feed::default(), failed: false });
        Ok(vm.alloc_in(cls, Bz2Decompressor { state: Guarded::new(Some(state)) })?.into_value())
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
        zelf: &Gc<Bz2Decompressor>,
        data: &Value,
        max_length: isize,
    ) -> PyResult<Gc<Bytes>> {
        let data = vm.bytes_like(data)?;
        zelf.with(vm, |state| {
            if state.feed.eof {
                return Err(vm.raise_new(&exc::EOFError, "End of stream already reached"));
            }
            if state.failed {
                return Err(vm.value_error("Decompressor is unusable after a previous error"));
            }
            let s = &mut state.stream;
            let (ran, out) = state.feed.decompress(
                vm,
                &data,
                max_length,
                |input, room| s.run(input, room),
                |code| code == b::STREAM_END,
                |step| step.code < 0,
            )?;
            if ran.error {
                state.failed = true;
                return Err(error(vm, ran.code));
            }
            out.bytes(vm)
        })
    }

    /// True if the end-of-stream marker has been reached.
    #[pygetter("eof")]
    fn eof(vm: &Vm, zelf: &Gc<Bz2Decompressor>) -> PyResult<bool> {
        zelf.with(vm, |s| Ok(s.feed.eof))
    }

    /// Data found after the end of the compressed stream.
    #[pygetter("unused_data")]
    fn unused_data(vm: &Vm, zelf: &Gc<Bz2Decompressor>) -> PyResult<Gc<Bytes>> {
        zelf.with(vm, |s| vm.try_new_bytes(&s.feed.unused))
    }

    /// True if more input is needed before more decompressed data can be produced.
    #[pygetter("needs_input")]
    fn needs_input(vm: &Vm, zelf: &Gc<Bz2Decompressor>) -> PyResult<bool> {
        zelf.with(vm, |s| Ok(!s.failed && s.feed.needs_input()))
    }
}

#[pymodule(name = "_bz2")]
pub mod _bz2 {
    use super::*;

    pytypes!(Bz2Compressor, Bz2Decompressor);
}
