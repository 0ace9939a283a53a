//! The module `_io` itself.

use super::base::{BufferedIoBase, IoBase, RawIoBase, TextIoBase};
use super::buffered::{BufferedRandom, BufferedReader, BufferedRwPair, BufferedWriter};
use super::bytes_io::{BytesIo, BytesIoBuffer};
use super::file::FileIo;
use super::newline::NewlineDecoder;
use super::open::{Open, open as open_file};
use super::string_io::StringIo;
use super::text::TextIoWrapper;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The io module provides the Python interfaces to stream handling. The
/// builtin open function is defined in this module.
///
/// At the top of the I/O hierarchy is the abstract base class IOBase. It
/// defines the basic interface to a stream. Note, however, that there is no
/// separation between reading and writing to streams; implementations are
/// allowed to raise an OSError if they do not support a given operation.
///
/// Extending IOBase is RawIOBase which deals simply with the reading and
/// writing of raw bytes to a stream. FileIO subclasses RawIOBase to provide
/// an interface to OS files.
///
/// BufferedIOBase deals with buffering on a raw byte stream (RawIOBase). Its
/// subclasses, BufferedWriter, BufferedReader, and BufferedRWPair buffer
/// streams that are readable, writable, and both respectively.
/// BufferedRandom provides a buffered interface to random access
/// streams. BytesIO is a simple stream of in-memory bytes.
///
/// Another IOBase subclass, TextIOBase, deals with the encoding and decoding
/// of streams into text. TextIOWrapper, which extends it, is a buffered text
/// interface to a buffered raw stream (`BufferedIOBase`). Finally, StringIO
/// is an in-memory stream for text.
///
/// Argument names are not part of the specification, and only the arguments
/// of open() are intended to be used as keyword arguments.
///
/// data:
///
/// DEFAULT_BUFFER_SIZE
///
///    An int containing the default buffer size used by the module's buffered
///    I/O classes.
#[pymodule(name = "_io")]
pub mod _io {
    use super::*;

    /// Open file and return a stream.  Raise OSError upon failure.
    #[pyfn(
        "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)"
    )]
    fn open(
        vm: &Vm,
        file: &Value,
        mode: &str,
        buffering: i32,
        encoding: Option<&Gc<Str>>,
        errors: Option<&Gc<Str>>,
        newline: Option<&Gc<Str>>,
        closefd: bool,
        opener: Option<&Value>,
    ) -> PyResult<Value> {
        open_file(
            vm,
            &Open {
                file,
                mode,
                buffering: buffering as isize,
                encoding: encoding.map(|s| s.as_value()),
                errors: errors.map(|s| s.as_value()),
                newline: newline.map(|s| s.as_value()),
                closefd,
                opener,
            },
        )
    }

    /// A helper function to choose the text encoding.
    ///
    /// When encoding is not None, this function returns it.
    /// Otherwise, this function returns the default text encoding
    /// (i.e. "locale" or "utf-8" depends on UTF-8 mode).
    ///
    /// This function emits an EncodingWarning if encoding is None and
    /// sys.flags.warn_default_encoding is true.
    ///
    /// This can be used in APIs with an encoding=None parameter.
    /// However, please consider using encoding="utf-8" for new APIs.
    #[pyfn("text_encoding(encoding, stacklevel=2, /)")]
    fn text_encoding(vm: &Vm, encoding: &Value, stacklevel: i32) -> PyResult<Value> {
        if !encoding.is_none() {
            return Ok(encoding.clone());
        }
        if vm.config.flags.warn_default_encoding > 0 {
            let level = usize::try_from(stacklevel).unwrap_or(1);
            vm.warn(&exc::EncodingWarning, "'encoding' argument not specified", level)?;
        }
        let name = if vm.config.flags.utf8_mode > 0 { "utf-8" } else { "locale" };
        Ok(vm.intern(name).into_value())
    }

    /// Opens the provided file with the intent to import the contents.
    ///
    /// This may perform extra validation beyond open(), but is otherwise interchangeable
    /// with calling open(path, 'rb').
    #[pyfn("open_code(path)")]
    fn open_code(vm: &Vm, path: &Gc<Str>) -> PyResult<Value> {
        open_file(
            vm,
            &Open {
                file: path.as_value(),
                mode: "rb",
                buffering: -1,
                encoding: None,
                errors: None,
                newline: None,
                closefd: true,
                opener: None,
            },
        )
    }

    #[pyconst("DEFAULT_BUFFER_SIZE")]
    fn default_buffer_size(vm: &Vm) -> Value {
        vm.new_uint(crate::io::DEFAULT_BUFFER_SIZE as u64)
    }

    #[pyconst("BlockingIOError")]
    fn blocking_io_error(vm: &Vm) -> Value {
        vm.type_for(&exc::BlockingIOError).into_value()
    }

    #[pyconst("UnsupportedOperation")]
    fn unsupported_operation(vm: &Vm) -> PyResult<Value> {
        crate::io::unsupported_class(vm)
    }

    pytypes!(
        IoBase,
        RawIoBase,
        BufferedIoBase,
        TextIoBase,
        FileIo,
        BytesIo,
        BytesIoBuffer,
        StringIo,
        BufferedReader,
        BufferedWriter,
        BufferedRandom,
        BufferedRwPair,
        TextIoWrapper,
        NewlineDecoder
    );
}
