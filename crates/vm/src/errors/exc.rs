//! The exception classes as constant rows. They share one payload; what a class adds are named fields of it.

use super::exception::BaseException;
use crate::native::Methods;
use crate::object::Payload;
use crate::types::typedef::{F, TypeDef};
use std::sync::atomic::AtomicU32;
use taipan_heap::Layout;

macro_rules! exceptions {
    ($($name:ident($base:expr) $doc:literal;)*) => {
        $(
            #[allow(non_upper_case_globals)]
            pub static $name: TypeDef = TypeDef {
                name: stringify!($name),
                module: "builtins",
                doc: $doc,
                signature: "",
                base: Some($base),
                flags: F::BASETYPE | F::GC | F::HAS_DICT | F::EXCEPTION_SUBCLASS | F::BASE_PAYLOAD,
                slots: super::methods::slots_of(stringify!($name)),
                methods: super::methods::methods_of(stringify!($name)),
                getset: super::methods::getset_of(stringify!($name)),
                consts: super::methods::consts_of(stringify!($name)),
                fns: <BaseException as Layout>::FNS,
                id: {
                    static ID: AtomicU32 = AtomicU32::new(0);
                    &ID
                },
            };
        )*
        /// All classes below `BaseException`, for `builtins`.
        pub static ALL: &[&TypeDef] = &[$(&$name),*];
    };
}

fn base_exception() -> &'static TypeDef {
    <BaseException as Payload>::def()
}

const _: fn() = || {
    let _ = <BaseException as Methods>::METHODS;
};

exceptions! {
    BaseExceptionGroup(base_exception) "A combination of multiple unrelated exceptions.";
    ExceptionGroup(|| &BaseExceptionGroup) "";
    GeneratorExit(base_exception) "Request that a generator exit.";
    KeyboardInterrupt(base_exception) "Program interrupted by user.";
    SystemExit(base_exception) "Request to exit from the interpreter.";
    Exception(base_exception) "Common base class for all non-exit exceptions.";
    ArithmeticError(|| &Exception) "Base class for arithmetic errors.";
    FloatingPointError(|| &ArithmeticError) "Floating-point operation failed.";
    OverflowError(|| &ArithmeticError) "Result too large to be represented.";
    ZeroDivisionError(|| &ArithmeticError) "Second argument to a division or modulo operation was zero.";
    AssertionError(|| &Exception) "Assertion failed.";
    AttributeError(|| &Exception) "Attribute not found.";
    BufferError(|| &Exception) "Buffer error.";
    EOFError(|| &Exception) "Read beyond end of file.";
    ImportError(|| &Exception) "Import can't find module, or can't find name in module.";
    ModuleNotFoundError(|| &ImportError) "Module not found.";
    LookupError(|| &Exception) "Base class for lookup errors.";
    IndexError(|| &LookupError) "Sequence index out of range.";
    KeyError(|| &LookupError) "Mapping key not found.";
    MemoryError(|| &Exception) "Out of memory.";
    NameError(|| &Exception) "Name not found globally.";
    UnboundLocalError(|| &NameError) "Local name referenced but not bound to a value.";
    OSError(|| &Exception) "Base class for I/O related errors.";
    BlockingIOError(|| &OSError) "I/O operation would block.";
    ChildProcessError(|| &OSError) "Child process error.";
    ConnectionError(|| &OSError) "Connection error.";
    BrokenPipeError(|| &ConnectionError) "Broken pipe.";
    ConnectionAbortedError(|| &ConnectionError) "Connection aborted.";
    ConnectionRefusedError(|| &ConnectionError) "Connection refused.";
    ConnectionResetError(|| &ConnectionError) "Connection reset.";
    FileExistsError(|| &OSError) "File already exists.";
    FileNotFoundError(|| &OSError) "File not found.";
    InterruptedError(|| &OSError) "Interrupted by signal.";
    IsADirectoryError(|| &OSError) "Operation doesn't work on directories.";
    NotADirectoryError(|| &OSError) "Operation only works on directories.";
    PermissionError(|| &OSError) "Not enough permissions.";
    ProcessLookupError(|| &OSError) "Process not found.";
    TimeoutError(|| &OSError) "Timeout expired.";
    ReferenceError(|| &Exception) "Weak ref proxy used after referent went away.";
    RuntimeError(|| &Exception) "Unspecified run-time error.";
    NotImplementedError(|| &RuntimeError) "Method or function hasn't been implemented yet.";
    PythonFinalizationError(|| &RuntimeError) "Operation blocked during Python finalization.";
    RecursionError(|| &RuntimeError) "Recursion limit exceeded.";
    StopAsyncIteration(|| &Exception) "Signal the end from iterator.__anext__().";
    StopIteration(|| &Exception) "Signal the end from iterator.__next__().";
    SyntaxError(|| &Exception) "Invalid syntax.";
    _IncompleteInputError(|| &SyntaxError) "incomplete input.";
    IndentationError(|| &SyntaxError) "Improper indentation.";
    TabError(|| &IndentationError) "Improper mixture of spaces and tabs.";
    SystemError(|| &Exception) "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    TypeError(|| &Exception) "Inappropriate argument type.";
    ValueError(|| &Exception) "Inappropriate argument value (of correct type).";
    UnicodeError(|| &ValueError) "Unicode related error.";
    UnicodeDecodeError(|| &UnicodeError) "Unicode decoding error.";
    UnicodeEncodeError(|| &UnicodeError) "Unicode encoding error.";
    UnicodeTranslateError(|| &UnicodeError) "Unicode translation error.";
    Warning(|| &Exception) "Base class for warning categories.";
    BytesWarning(|| &Warning) "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    DeprecationWarning(|| &Warning) "Base class for warnings about deprecated features.";
    EncodingWarning(|| &Warning) "Base class for warnings about encodings.";
    FutureWarning(|| &Warning) "Base class for warnings about constructs that will change semantically\nin the future.";
    ImportWarning(|| &Warning) "Base class for warnings about probable mistakes in module imports";
    PendingDeprecationWarning(|| &Warning) "Base class for warnings about features which will be deprecated\nin the future.";
    ResourceWarning(|| &Warning) "Base class for warnings about resource usage.";
    RuntimeWarning(|| &Warning) "Base class for warnings about dubious runtime behavior.";
    SyntaxWarning(|| &Warning) "Base class for warnings about dubious syntax.";
    UnicodeWarning(|| &Warning) "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    UserWarning(|| &Warning) "Base class for warnings generated by user code.";
}

/// An exception class of a native module, as a constant row: `native_exception!(pub ERROR = "struct", "error"(&exc::Exception) "doc")`.
#[macro_export]
macro_rules! native_exception {
    ($vis:vis $id:ident = $module:literal, $name:literal($base:expr) $doc:literal) => {
        $vis static $id: $crate::types::typedef::TypeDef = $crate::types::typedef::TypeDef {
            name: $name,
            module: $module,
            doc: $doc,
            signature: "",
            base: Some(|| $base),
            flags: $crate::errors::exc::MODULE_EXCEPTION_FLAGS,
            slots: $crate::types::typedef::SlotDefs::NONE,
            methods: &[],
            getset: &[],
            consts: &[],
            fns: $crate::errors::exc::EXCEPTION_FNS,
            id: {
                static ID: ::std::sync::atomic::AtomicU32 = ::std::sync::atomic::AtomicU32::new(0);
                &ID
            },
        };
    };
}

/// What `native_exception!` puts into its rows.
pub const MODULE_EXCEPTION_FLAGS: u32 =
    F::BASETYPE | F::GC | F::HAS_DICT | F::EXCEPTION_SUBCLASS | F::BASE_PAYLOAD;
/// See `native_exception!`.
pub const EXCEPTION_FNS: taipan_heap::PayloadFns = <BaseException as Layout>::FNS;
