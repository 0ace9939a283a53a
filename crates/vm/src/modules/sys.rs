//! `sys`: the functions and what the module begins with. Hooks that print are in `sys/hooks.rs`, `sys.monitoring` in
//! `sys/monitoring.rs`.

mod hooks;
mod jit;
mod monitoring;
mod names;
mod printer;

use crate::errors::{BaseException, exc};
use crate::interp::legacy_trace;
use crate::prelude::*;
use crate::structseq;
use crate::types::namespace::Namespace;
use crate::types::numbers::int_value;
use crate::types::structseq as seq;
use crate::types::tuple::Tuple as PyTuple;
use std::cell::Cell;
use taipan_text::wtf8::Wtf8Buf;

structseq! {
    /// UnraisableHookArgs
    ///
    /// Type used to pass arguments to sys.unraisablehook.
    pub UNRAISABLE_ARGS = "UnraisableHookArgs" in "builtins", 5, [
        ("exc_type", "Exception type"), ("exc_value", "Exception value"), ("exc_traceback", "Exception traceback"),
        ("err_msg", "Error message"), ("object", "Object causing the exception")
    ];
    /// sys.flags
    ///
    /// Flags provided through command line arguments or environment vars.
    pub FLAGS = "flags" in "sys", 18, [
        ("debug", "-d"), ("inspect", "-i"), ("interactive", "-i"), ("optimize", "-O or -OO"),
        ("dont_write_bytecode", "-B"), ("no_user_site", "-s"), ("no_site", "-S"), ("ignore_environment", "-E"),
        ("verbose", "-v"), ("bytes_warning", "-b"), ("quiet", "-q"), ("hash_randomization", "-R"),
        ("isolated", "-I"), ("dev_mode", "-X dev"), ("utf8_mode", "-X utf8"),
        ("warn_default_encoding", "-X warn_default_encoding"), ("safe_path", "-P"),
        ("int_max_str_digits", "-X int_max_str_digits"), ("gil", "-X gil"),
        ("thread_inherit_context", "-X thread_inherit_context"),
        ("context_aware_warnings", "-X context_aware_warnings")
    ];
    /// sys.float_info
    ///
    /// A named tuple holding information about the float type. It contains low level
    /// information about the precision and internal representation. Please study
    /// your system's :file:`float.h` for more information.
    pub FLOAT_INFO = "float_info" in "sys", 11, [
        ("max", "DBL_MAX -- maximum representable finite float"),
        ("max_exp", "DBL_MAX_EXP -- maximum int e such that radix**(e-1) is representable"),
        ("max_10_exp", "DBL_MAX_10_EXP -- maximum int e such that 10**e is representable"),
        ("min", "DBL_MIN -- Minimum positive normalized float"),
        ("min_exp", "DBL_MIN_EXP -- minimum int e such that radix**(e-1) is a normalized float"),
        ("min_10_exp", "DBL_MIN_10_EXP -- minimum int e such that 10**e is a normalized float"),
        ("dig", "DBL_DIG -- maximum number of decimal digits that can be faithfully represented in a float"),
        ("mant_dig", "DBL_MANT_DIG -- mantissa digits"),
        ("epsilon", "DBL_EPSILON -- Difference between 1 and the next representable float"),
        ("radix", "FLT_RADIX -- radix of exponent"),
        ("rounds", "FLT_ROUNDS -- rounding mode used for arithmetic operations")
    ];
    /// sys.int_info
    ///
    /// A named tuple that holds information about Python's
    /// internal representation of integers.  The attributes are read only.
    pub INT_INFO = "int_info" in "sys", 4, [
        ("bits_per_digit", "size of a digit in bits"),
        ("sizeof_digit", "size in bytes of the C type used to represent a digit"),
        ("default_max_str_digits", "maximum string conversion digits limitation"),
        ("str_digits_check_threshold", "minimum positive value for int_max_str_digits")
    ];
    /// hash_info
    ///
    /// A named tuple providing parameters used for computing
    /// hashes. The attributes are read only.
    pub HASH_INFO = "hash_info" in "sys", 9, [
        ("width", "width of the type used for hashing, in bits"),
        ("modulus", "prime number giving the modulus on which the hash function is based"),
        ("inf", "value to be used for hash of a positive infinity"), ("nan", "value to be used for hash of a nan"),
        ("imag", "multiplier used for the imaginary part of a complex number"),
        ("algorithm", "name of the algorithm for hashing of str, bytes and memoryviews"),
        ("hash_bits", "internal output size of hash algorithm"), ("seed_bits", "seed size of hash algorithm"),
        ("cutoff", "small string optimization cutoff")
    ];
    /// sys.thread_info
    ///
    /// A named tuple holding information about the thread implementation.
    pub THREAD_INFO = "thread_info" in "sys", 3, [
        ("name", "name of the thread implementation"), ("lock", "name of the lock implementation"),
        ("version", "name and version of the thread library")
    ];
    /// sys.version_info
    ///
    /// Version information as a named tuple.
    pub VERSION_INFO = "version_info" in "sys", 5, [
        ("major", "Major release number"), ("minor", "Minor release number"), ("micro", "Patch release number"),
        ("releaselevel", "'alpha', 'beta', 'candidate', or 'final'"), ("serial", "Serial release number")
    ];
    /// asyncgen_hooks
    pub ASYNCGEN_HOOKS = "asyncgen_hooks" in "builtins", 2, [
        ("firstiter", "Called when an async generator is first iterated."),
        ("finalizer", "Called when an async generator is about to be finalized.")
    ];
}

/// Calls `sys.unraisablehook` for an exception that nobody can catch. `msg`: the text in front of the object's `repr`, by
/// default `Exception ignored in`.
pub fn call_unraisable_hook(vm: &Vm, e: Value, obj: &Value, msg: &str) {
    let tb = e.downcast::<BaseException>().and_then(|b| b.traceback.get()).unwrap_or(Value::NONE);
    let text = if msg.is_empty() { Value::NONE } else { vm.new_str(msg).into_value() };
    let values = vec![vm.type_of(&e).to_value(), e.clone(), tb, text, obj.clone()];
    let hook = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.unraisablehook));
    if let Some(hook) = hook.filter(|h| !h.is_none())
        && let Ok(args) = seq::make(vm, &UNRAISABLE_ARGS, values)
    {
        if vm.call1(&hook, &args).is_ok() {
            return;
        }
        let second = vm.take_raised();
        write_unraisable_text(vm, &second, "Exception ignored in sys.unraisablehook", &hook);
        return;
    }
    write_unraisable_text(vm, &e, msg, obj);
}

/// Writes to `sys.stderr`, or to descriptor 2 when there is none.
pub fn write_stderr(vm: &Vm, text: &taipan_text::wtf8::Wtf8) {
    let file = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.stderr));
    if let Some(f) = file
        && !f.is_none()
    {
        let s = vm.new_wtf8(text).into_value();
        match vm.call_method_name(&f, &vm.names.write, &[s]) {
            Ok(_) => return,
            Err(Raised) => drop(vm.take_raised()),
        }
    }
    let _ = vm.host().write(2, text.to_string_lossy().as_bytes());
}

/// `module.Class` of an exception, without `builtins` and `__main__`.
fn shown_class(vm: &Vm, ty: &Value) -> String {
    let part = |name: &Gc<Str>| -> Option<String> {
        match vm.lookup_attr(ty, name) {
            Ok(v) => v?.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()),
            Err(Raised) => {
                drop(vm.take_raised());
                None
            }
        }
    };
    let name = part(&vm.names.__qualname__).unwrap_or_else(|| "<unknown>".to_string());
    match part(&vm.names.__module__) {
        Some(m) if m == "builtins" || m == "__main__" => name,
        Some(m) => format!("{m}.{name}"),
        None => format!("<unknown>.{name}"),
    }
}

/// What the built-in `sys.unraisablehook` prints.
pub fn write_unraisable_text(vm: &Vm, e: &Value, msg: &str, obj: &Value) {
    let mut out = Wtf8Buf::new();
    if obj.is_none() {
        if !msg.is_empty() {
            out.push_str(msg);
            out.push_str(":\n");
        }
    } else {
        out.push_str(if msg.is_empty() { "Exception ignored in" } else { msg });
        out.push_str(": ");
        match vm.repr(obj) {
            Ok(r) => out.push_wtf8(r.as_wtf8()),
            Err(Raised) => {
                drop(vm.take_raised());
                out.push_str("<object repr() failed>");
            }
        }
        out.push_str("\n");
    }
    hooks::traceback_text(vm, &mut out, e);
    out.push_wtf8(print_exception_text(vm, e).as_wtf8());
    write_stderr(vm, out.as_wtf8());
}

pub use hooks::print_exception;

/// Class and text of an exception, without traceback.
fn print_exception_text(vm: &Vm, e: &Value) -> Wtf8Buf {
    let mut out = Wtf8Buf::new();
    out.push_str(&shown_class(vm, vm.type_of(e).as_value()));
    match vm.str(e) {
        Ok(s) if s.is_empty() => {}
        Ok(s) => {
            out.push_str(": ");
            out.push_wtf8(s.as_wtf8());
        }
        Err(Raised) => {
            drop(vm.take_raised());
            out.push_str(": <exception str() failed>");
        }
    }
    out.push_str("\n");
    out
}

/// What the module keeps for an interpreter.
pub struct SysState {
    audit_hooks: Guarded<Vec<Value>>,
    switch_interval: Cell<f64>,
    finalizing: Cell<bool>,
    dlopen_flags: Cell<i32>,
}

impl Default for SysState {
    fn default() -> Self {
        SysState {
            audit_hooks: Guarded::new(Vec::new()),
            switch_interval: Cell::new(0.005),
            finalizing: Cell::new(false),
            dlopen_flags: Cell::new(2),
        }
    }
}

/// Says that the interpreter is ending: `sys.is_finalizing()`.
pub fn set_finalizing(vm: &Vm) {
    vm.state::<SysState>().finalizing.set(true)
}

/// Whether the interpreter is ending.
pub fn is_finalizing(vm: &Vm) -> bool {
    vm.state::<SysState>().finalizing.get()
}

/// Raises an auditing event.
pub fn audit(vm: &Vm, event: &str, args: &[Value]) -> PyResult<()> {
    let hooks =
        vm.state::<SysState>().audit_hooks.with(|h| if h.is_empty() { None } else { Some(h.clone()) });
    let Some(hooks) = hooks.filter(|_| !super::deferred::runs_body(vm)) else { return Ok(()) };
    let event = vm.new_str(event).into_value();
    let args = vm.tuple_from(args).into_value();
    for hook in hooks {
        let call = || vm.call(&hook, &[event.clone(), args.clone()]);
        // Hooks are not traced unless they want to be.
        let traced = vm.thread.tracing.get() == 0;
        let wants =
            traced && vm.lookup_attr_str(&hook, "__cantrace__")?.map_or(Ok(false), |v| vm.is_true(&v))?;
        if !traced || wants {
            call()?
        } else {
            crate::interp::tracing::quietly(vm, 0, call)?
        };
    }
    Ok(())
}

/// Raises the event of an attribute that is set.
pub fn audit_set(vm: &Vm, obj: &Value, name: &str, value: &Value) -> PyResult<()> {
    if vm.state::<SysState>().audit_hooks.with(Vec::is_empty) {
        return Ok(());
    }
    audit(vm, "object.__setattr__", &[obj.clone(), vm.intern(name).into_value(), value.clone()])
}

/// Text from the operating system's bytes: UTF-8, other bytes as lone surrogates.
pub fn fs_text(vm: &Vm, mut bytes: &[u8]) -> Value {
    let mut out = Wtf8Buf::new();
    loop {
        match std::str::from_utf8(bytes) {
            Ok(t) => {
                out.push_str(t);
                return vm.new_wtf8_buf(out).into_value();
            }
            Err(e) => {
                let (good, rest) = bytes.split_at(e.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                let Some((&bad, rest)) = rest.split_first() else {
                    return vm.new_wtf8_buf(out).into_value();
                };
                out.push(0xdc00 + bad as u32);
                bytes = rest;
            }
        }
    }
}

fn text_list(vm: &Vm, items: &[Vec<u8>]) -> Value {
    vm.new_list(items.iter().map(|b| fs_text(vm, b)).collect()).into_value()
}

/// The directory that holds `bin`, or the executable's.
fn prefix(vm: &Vm) -> Value {
    let p = prefix_path(vm);
    fs_text(vm, if p.is_empty() { b"/" } else { &p })
}

fn prefix_path(vm: &Vm) -> Vec<u8> {
    let exe = &vm.config.executable;
    let parent =
        |p: &[u8]| p.iter().rposition(|&b| b == b'/').map(|i| p.get(..i).unwrap_or_default().to_vec());
    let dir = parent(exe).unwrap_or_default();
    if dir.ends_with(b"/bin") { parent(&dir).unwrap_or_default() } else { dir }
}

pub const VERSION: &str =
    concat!("3.14.2 (main, Jan  1 2026, 00:00:00) [Taipan ", env!("CARGO_PKG_VERSION"), "]");
const HEXVERSION: i64 = 0x030e_02f0;
const COPYRIGHT: &str = "Copyright (c) 2001 Python Software Foundation.\nAll Rights Reserved.\n\nCopyright (c) 2000 BeOpen.com.\nAll Rights Reserved.\n\nCopyright (c) 1995-2001 Corporation for National Research Initiatives.\nAll Rights Reserved.\n\nCopyright (c) 1991-1995 Stichting Mathematisch Centrum, Amsterdam.\nAll Rights Reserved.";

fn version_info(vm: &Vm) -> PyResult<Value> {
    let n = |n: i64| vm.new_int(n);
    let values = vec![n(3), n(14), n(2), vm.new_str("final").into_value(), n(0)];
    seq::make(vm, &VERSION_INFO, values)
}

fn flags(vm: &Vm) -> PyResult<Value> {
    flags_of(vm, &vm.config.flags)
}

/// `sys.flags` as with `-S`.
pub fn flags_without_site(vm: &Vm) -> PyResult<Value> {
    flags_of(vm, &crate::Flags { no_site: 1, ..vm.config.flags.clone() })
}

fn flags_of(vm: &Vm, f: &crate::Flags) -> PyResult<Value> {
    let n = |n: i32| vm.new_int(n as i64);
    let values = vec![
        n(f.debug),
        n(f.inspect),
        n(f.interactive),
        n(f.optimize),
        n(f.dont_write_bytecode),
        n(f.no_user_site),
        n(f.no_site),
        n(f.ignore_environment),
        n(f.verbose),
        n(f.bytes_warning),
        n(f.quiet),
        n(f.hash_randomization),
        n(f.isolated),
        Value::bool(f.dev_mode),
        n(f.utf8_mode),
        n(f.warn_default_encoding),
        Value::bool(f.safe_path),
        vm.new_int(vm.config.int_max_str_digits as i64),
        n(1),
        n(f.thread_inherit_context),
        n(f.context_aware_warnings),
    ];
    seq::make(vm, &FLAGS, values)
}

fn infos(vm: &Vm, set: &dyn Fn(&str, Value)) -> PyResult<()> {
    let n = |n: i64| vm.new_int(n);
    let text = |t: &str| vm.new_str(t).into_value();
    let float = vec![
        vm.new_float(f64::MAX),
        n(1024),
        n(308),
        vm.new_float(f64::MIN_POSITIVE),
        n(-1021),
        n(-307),
        n(15),
        n(53),
        vm.new_float(f64::EPSILON),
        n(2),
        n(1),
    ];
    set("float_info", seq::make(vm, &FLOAT_INFO, float)?);
    set("int_info", seq::make(vm, &INT_INFO, vec![n(30), n(4), n(4300), n(640)])?);
    let hash =
        vec![n(64), n((1 << 61) - 1), n(314159), n(0), n(1000003), text("siphash13"), n(64), n(128), n(0)];
    set("hash_info", seq::make(vm, &HASH_INFO, hash)?);
    let thread = vec![text("pthread"), text("semaphore"), Value::NONE];
    set("thread_info", seq::make(vm, &THREAD_INFO, thread)?);
    Ok(())
}

/// The attributes that come from the configuration.
fn start(vm: &Vm, set: &dyn Fn(&str, Value)) -> PyResult<()> {
    let c = &vm.config;
    let text = |t: &str| vm.new_str(t).into_value();
    set("argv", text_list(vm, &c.argv));
    set("orig_argv", text_list(vm, &c.orig_argv));
    let library = super::frozen_library::root(vm);
    let mut path = c.module_search_paths.clone();
    path.push(library.clone());
    // What was put beside the library: its tests, say.
    let mut beside = prefix_path(vm);
    beside.extend_from_slice(b"/lib/python3.14");
    if vm.host().stat(taipan_host::At::cwd(&beside), true).is_ok_and(|s| s.is_dir()) {
        path.push(beside);
    }
    set("path", text_list(vm, &path));
    set("stderr", vm.alloc(printer::Printer { fd: 2 }).into_value());
    set("meta_path", vm.new_list(Vec::new()).into_value());
    set("path_hooks", vm.new_list(Vec::new()).into_value());
    set("path_importer_cache", vm.new_dict().into_value());
    set("modules", vm.modules.get_or_init(|| vm.new_dict()).to_value());
    set("executable", fs_text(vm, &c.executable));
    set("_base_executable", fs_text(vm, &c.executable));
    for name in ["prefix", "exec_prefix", "base_prefix", "base_exec_prefix"] {
        set(name, prefix(vm));
    }
    set("platlibdir", text("lib"));
    set("_stdlib_dir", fs_text(vm, &library));
    set("_home", Value::NONE);
    set("_framework", text(""));
    set("abiflags", text(""));
    set("_git", vm.new_tuple(vec![text("Taipan"), text(""), text("")]).into_value());
    set("pycache_prefix", c.pycache_prefix.as_ref().map_or(Value::NONE, |p| fs_text(vm, p)));
    set("dont_write_bytecode", Value::bool(c.flags.dont_write_bytecode != 0));
    let warn = c.warn_options.iter().map(|w| vm.new_str(w).into_value()).collect();
    set("warnoptions", vm.new_list(warn).into_value());
    let x = vm.new_dict();
    for (k, v) in &c.x_options {
        let v = v.as_ref().map_or(Value::TRUE, |v| vm.new_str(v).into_value());
        x.set_str(vm, &vm.intern(k), v);
    }
    set("_xoptions", x.into_value());
    let mut names: Vec<&str> = super::ALL.iter().chain(&c.modules).map(|m| m.name).collect();
    names.push("sys");
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter().map(|n| vm.intern(n).into_value()).collect();
    set("builtin_module_names", vm.new_tuple(names).into_value());
    let stdlib = names::STDLIB.iter().map(|n| vm.new_str(n).into_value()).collect();
    set("stdlib_module_names", crate::interp::build::frozenset(vm, stdlib));
    Ok(())
}

fn implementation(vm: &Vm) -> PyResult<Value> {
    let text = |t: &str| vm.new_str(t).into_value();
    let attrs = [
        ("name", text("taipan")),
        ("cache_tag", text("taipan-314")),
        ("version", version_info(vm)?),
        ("hexversion", vm.new_int(HEXVERSION)),
        ("_multiarch", text("x86_64-linux-gnu")),
        ("supports_isolated_interpreters", Value::TRUE),
    ];
    Ok(Namespace::make(vm, &attrs).into_value())
}

/// `sys.getrefcount` of objects that live as long as the interpreter.
const IMMORTAL: i64 = 3 << 30;

/// A thread's identifier as `threading` knows it.
fn ident_value(vm: &Vm, ident: u64) -> Value {
    vm.new_uint(ident)
}

fn exc_parts(vm: &Vm, e: Option<Value>) -> (Value, Value, Value) {
    match e {
        None => (Value::NONE, Value::NONE, Value::NONE),
        Some(e) => {
            let tb = e.downcast::<BaseException>().and_then(|b| b.traceback.get()).unwrap_or(Value::NONE);
            (vm.type_of(&e).to_value(), e, tb)
        }
    }
}

/// This module provides access to some objects used or maintained by the
/// interpreter and to functions that interact strongly with the interpreter.
///
/// Dynamic objects:
///
/// argv -- command line arguments; argv[0] is the script pathname if known
/// path -- module search path; path[0] is the script directory, else ''
/// modules -- dictionary of loaded modules
///
/// displayhook -- called to show results in an interactive session
/// excepthook -- called to handle any uncaught exception other than SystemExit
///   To customize printing in an interactive session or to install a custom
///   top-level exception handler, assign other functions to replace these.
///
/// stdin -- standard input file object; used by input()
/// stdout -- standard output file object; used by print()
/// stderr -- standard error object; used for error messages
///   By assigning other file objects (or objects that behave like files)
///   to these, it is possible to redirect all of the interpreter's I/O.
///
/// last_exc - the last uncaught exception
///   Only available in an interactive session after a
///   traceback has been printed.
///
/// last_type -- type of last uncaught exception
/// last_value -- value of last uncaught exception
/// last_traceback -- traceback of last uncaught exception
///   These three are the (deprecated) legacy representation of last_exc.
///
/// Static objects:
///
/// builtin_module_names -- tuple of module names built into this interpreter
/// copyright -- copyright notice pertaining to this interpreter
/// exec_prefix -- prefix used to find the machine-specific Python library
/// executable -- absolute path of the executable binary of the Python interpreter
/// float_info -- a named tuple with information about the float implementation.
/// float_repr_style -- string indicating the style of repr() output for floats
/// hash_info -- a named tuple with information about the hash algorithm.
/// hexversion -- version information encoded as a single integer
/// implementation -- Python implementation information.
/// int_info -- a named tuple with information about the int implementation.
/// maxsize -- the largest supported length of containers.
/// maxunicode -- the value of the largest Unicode code point
/// platform -- platform identifier
/// prefix -- prefix used to find the Python library
/// thread_info -- a named tuple with information about the thread implementation.
/// version -- the version of this interpreter as a string
/// version_info -- version information as a named tuple
/// __stdin__ -- the original stdin; don't touch!
/// __stdout__ -- the original stdout; don't touch!
/// __stderr__ -- the original stderr; don't touch!
/// __displayhook__ -- the original displayhook; don't touch!
/// __excepthook__ -- the original excepthook; don't touch!
///
/// Functions:
///
/// displayhook() -- print an object to the screen, and save it in builtins._
/// excepthook() -- print an exception and its traceback to sys.stderr
/// exception() -- return the current thread's active exception
/// exc_info() -- return information about the current thread's active exception
/// exit() -- exit the interpreter by raising SystemExit
/// getdlopenflags() -- returns flags to be used for dlopen() calls
/// getprofile() -- get the global profiling function
/// getrefcount() -- return the reference count for an object (plus one :-)
/// getrecursionlimit() -- return the max recursion depth for the interpreter
/// getsizeof() -- return the size of an object in bytes
/// gettrace() -- get the global debug tracing function
/// setdlopenflags() -- set the flags to be used for dlopen() calls
/// setprofile() -- set the global profiling function
/// setrecursionlimit() -- set the max recursion depth for the interpreter
/// settrace() -- set the global debug tracing function
#[pymodule(name = "sys")]
pub mod sys {
    use super::*;

    /// Print an object to sys.stdout and also save it in builtins._
    #[pyfn("displayhook(object, /)")]
    fn displayhook(vm: &Vm, object: &Value) -> PyResult<()> {
        hooks::display(vm, object)
    }

    /// Handle an exception by displaying it with a traceback on sys.stderr.
    #[pyfn("excepthook(exctype, value, traceback, /)")]
    fn excepthook(vm: &Vm, _exctype: &Value, value: &Value, traceback: &Value) -> PyResult<()> {
        hooks::except(vm, value, traceback)
    }

    /// Handle an unraisable exception.
    ///
    /// The unraisable argument has the following attributes:
    ///
    /// * exc_type: Exception type.
    /// * exc_value: Exception value, can be None.
    /// * exc_traceback: Exception traceback, can be None.
    /// * err_msg: Error message, can be None.
    /// * object: Object causing the exception, can be None.
    #[pyfn("unraisablehook(unraisable, /)")]
    fn unraisablehook(vm: &Vm, unraisable: &Value) -> PyResult<()> {
        hooks::unraisable(vm, unraisable)
    }

    /// This hook function is called by built-in breakpoint().
    #[pyfn(raw, "breakpointhook($module, /, *args, **kwargs)")]
    fn breakpointhook(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        hooks::breakpoint(vm, args)
    }

    /// Return the current exception.
    ///
    /// Return the most recent exception caught by an except clause
    /// in the current stack frame or in an older stack frame, or None
    /// if no such exception exists.
    #[pyfn("exception()")]
    fn exception(vm: &Vm) -> Option<Value> {
        vm.exc.handled()
    }

    /// Return current exception information: (type, value, traceback).
    ///
    /// Return information about the most recent exception caught by an except
    /// clause in the current stack frame or in an older stack frame.
    #[pyfn("exc_info()")]
    fn exc_info(vm: &Vm) -> (Value, Value, Value) {
        exc_parts(vm, vm.exc.handled())
    }

    /// Exit the interpreter by raising SystemExit(status).
    ///
    /// If the status is omitted or None, it defaults to zero (i.e., success).
    /// If the status is an integer, it will be used as the system exit status.
    /// If it is another kind of object, it will be printed and the system
    /// exit status will be one (i.e., failure).
    #[pyfn("exit(status=None, /)")]
    fn exit(vm: &Vm, status: &Value) -> PyResult<Value> {
        let args = match status.downcast::<PyTuple>() {
            _ if status.is_none() => Vec::new(),
            Some(t) => t.items().to_vec(),
            None => vec![status.clone()],
        };
        Err(vm.raise_args(&exc::SystemExit, args))
    }

    /// Return the current default encoding used by the Unicode implementation.
    #[pyfn("getdefaultencoding()")]
    fn getdefaultencoding(_vm: &Vm) -> &'static str {
        "utf-8"
    }

    /// Return the encoding used to convert Unicode filenames to OS filenames.
    #[pyfn("getfilesystemencoding()")]
    fn getfilesystemencoding(_vm: &Vm) -> &'static str {
        "utf-8"
    }

    /// Return the error mode used Unicode to OS filename conversion.
    #[pyfn("getfilesystemencodeerrors()")]
    fn getfilesystemencodeerrors(_vm: &Vm) -> &'static str {
        "surrogateescape"
    }

    /// ``Intern'' the given string.
    ///
    /// This enters the string in the (global) table of interned strings whose
    /// purpose is to speed up dictionary lookups. Return the string itself or
    /// the previously interned string object with the same value.
    #[pyfn("intern(string, /)")]
    fn intern(vm: &Vm, string: &Gc<Str>) -> PyResult<Gc<Str>> {
        if string.as_value().downcast_exact::<Str>().is_none() {
            return Err(vm.type_error(format_args!("can't intern {}", vm.type_of(string.as_value()).name())));
        }
        Ok(vm.intern_str(string))
    }

    /// Return True if the given string is "interned".
    #[pyfn("_is_interned(string, /)")]
    fn is_interned(_vm: &Vm, string: &Gc<Str>) -> bool {
        string.header().has_flag(crate::types::str_::INTERNED)
    }

    /// Return True if the given object is "immortal" per PEP 683.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfn("_is_immortal(op, /)")]
    fn is_immortal(_vm: &Vm, op: &Value) -> bool {
        op.header().is_none()
    }

    /// Return True if the GIL is currently enabled and False otherwise.
    #[pyfn("_is_gil_enabled()")]
    fn is_gil_enabled(_vm: &Vm) -> bool {
        true
    }

    /// Return True if Python is exiting.
    #[pyfn("is_finalizing()")]
    fn is_finalizing(vm: &Vm) -> bool {
        vm.state::<SysState>().finalizing.get()
    }

    /// Return the current value of the recursion limit.
    ///
    /// The recursion limit is the maximum depth of the Python interpreter
    /// stack.  This limit prevents infinite recursion from causing an overflow
    /// of the C stack and crashing Python.
    #[pyfn("getrecursionlimit()")]
    fn getrecursionlimit(vm: &Vm) -> usize {
        vm.recursion_limit.get()
    }

    /// Set the maximum depth of the Python interpreter stack to n.
    ///
    /// This limit prevents infinite recursion from causing an overflow of the C
    /// stack and crashing Python.  The highest possible limit is platform-
    /// dependent.
    #[pyfn("setrecursionlimit(limit, /)")]
    fn setrecursionlimit(vm: &Vm, limit: i32) -> PyResult<()> {
        if limit < 1 {
            return Err(vm.value_error("recursion limit must be greater or equal than 1"));
        }
        let depth = vm.thread.frame_depth();
        if depth >= limit as usize {
            return Err(vm.raise_new(
                &exc::RecursionError,
                format_args!(
                    "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
                ),
            ));
        }
        vm.recursion_limit.set(limit as usize);
        vm.thread.set_limit(limit as usize);
        Ok(())
    }

    /// Return the maximum string digits limit for non-binary int<->str conversions.
    #[pyfn("get_int_max_str_digits()")]
    fn get_int_max_str_digits(vm: &Vm) -> usize {
        vm.int_max_str_digits.get()
    }

    /// Set the maximum string digits limit for non-binary int<->str conversions.
    #[pyfn("set_int_max_str_digits(maxdigits)")]
    fn set_int_max_str_digits(vm: &Vm, maxdigits: i32) -> PyResult<()> {
        if maxdigits != 0 && maxdigits < 640 {
            return Err(vm.value_error("maxdigits must be >= 640 or 0 for unlimited"));
        }
        vm.int_max_str_digits.set(maxdigits as usize);
        Ok(())
    }

    /// Return the current thread switch interval; see sys.setswitchinterval().
    #[pyfn("getswitchinterval()")]
    fn getswitchinterval(vm: &Vm) -> f64 {
        vm.state::<SysState>().switch_interval.get()
    }

    /// Set the ideal thread switching delay inside the Python interpreter.
    ///
    /// The actual frequency of switching threads can be lower if the
    /// interpreter executes long sequences of uninterruptible code
    /// (this is implementation-specific and workload-dependent).
    ///
    /// The parameter must represent the desired switching delay in seconds
    /// A typical value is 0.005 (5 milliseconds).
    #[pyfn("setswitchinterval(interval, /)")]
    fn setswitchinterval(vm: &Vm, interval: f64) -> PyResult<()> {
        if interval.is_nan() || interval <= 0.0 {
            return Err(vm.value_error("switch interval must be strictly positive"));
        }
        vm.state::<SysState>().switch_interval.set(interval);
        Ok(())
    }

    /// Return the reference count of object.
    ///
    /// The count returned is generally one higher than you might expect,
    /// because it includes the (temporary) reference as an argument to
    /// getrefcount().
    #[pyfn("getrefcount(object, /)")]
    fn getrefcount(vm: &Vm, object: &Value) -> i64 {
        match object.header() {
            None => IMMORTAL,
            Some(_) if object.is_instance_of::<Str>() && object_is_interned(object) => IMMORTAL,
            Some(_) if object.downcast::<Type>().is_some_and(|t| !t.is_heap_type()) => IMMORTAL,
            Some(_) if object.is(vm.names.empty_tuple.as_value()) => IMMORTAL,
            Some(h) => h.count() as i64,
        }
    }

    /// getsizeof(object [, default]) -> int
    ///
    /// Return the size of object in bytes.
    #[pyfn(no_text, "getsizeof(object, default=<unrepresentable>)")]
    fn getsizeof(vm: &Vm, object: &Value, default: Option<&Value>) -> PyResult<Value> {
        let r = size_of(vm, object);
        match default {
            Some(d) => Ok(vm.suppress(r, &exc::TypeError)?.unwrap_or_else(|| d.clone())),
            None => r,
        }
    }

    /// Return the number of memory blocks currently allocated.
    #[pyfn("getallocatedblocks()")]
    fn getallocatedblocks(vm: &Vm) -> usize {
        vm.heap.stats().blocks_allocated
    }

    /// Return a frame object from the call stack.
    ///
    /// If optional integer depth is given, return the frame object that many
    /// calls below the top of the stack.  If that is deeper than the call
    /// stack, ValueError is raised.  The default for depth is zero, returning
    /// the frame at the top of the call stack.
    ///
    /// This function should be used for internal and specialized purposes
    /// only.
    #[pyfn("_getframe(depth=0, /)")]
    fn getframe(vm: &Vm, depth: i32) -> PyResult<Value> {
        match vm.current_frame(depth.max(0) as usize) {
            Some(f) => {
                let f = f.into_value();
                audit(vm, "sys._getframe", std::slice::from_ref(&f))?;
                Ok(f)
            }
            None => Err(vm.value_error("call stack is not deep enough")),
        }
    }

    /// Return the name of the module for a calling frame.
    ///
    /// The default depth returns the module containing the call to this API.
    /// A more typical use in a library will pass a depth of 1 to get the user's
    /// module rather than the library module.
    ///
    /// If no frame, module, or name can be found, returns None.
    #[pyfn("_getframemodulename(depth=0)")]
    fn getframemodulename(vm: &Vm, depth: i32) -> PyResult<Option<Value>> {
        audit(vm, "sys._getframemodulename", &[vm.new_int(depth as i64)])?;
        let Some(mut f) = vm.top_frame() else { return Ok(None) };
        for _ in 0..depth.max(0) {
            match vm.thread.below(f) {
                Some(b) => f = b,
                None => return Ok(None),
            }
        }
        Ok(f.globals().get_str(vm, &vm.names.__name__))
    }

    /// Return a dict mapping each thread's thread id to its current stack frame.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfn("_current_frames()")]
    fn current_frames(vm: &Vm) -> PyResult<Gc<Dict>> {
        let d = vm.new_dict();
        let mut found = Vec::new();
        vm.each_thread(|t| found.push((t.ident.get(), t.current_frame(0))));
        for (ident, frame) in found {
            if let Some(f) = frame {
                d.set(vm, &ident_value(vm, ident), f.into_value())?;
            }
        }
        Ok(d)
    }

    /// Return a dict mapping each thread's identifier to its current raised exception.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfn("_current_exceptions()")]
    fn current_exceptions(vm: &Vm) -> PyResult<Gc<Dict>> {
        let d = vm.new_dict();
        let mut found = Vec::new();
        vm.each_thread(|t| found.push((t.ident.get(), t.exc.handled())));
        for (ident, e) in found {
            d.set(vm, &ident_value(vm, ident), e.unwrap_or(Value::NONE))?;
        }
        Ok(d)
    }

    /// Clear the internal type lookup cache.
    #[pyfn("_clear_type_cache()")]
    fn clear_type_cache(_vm: &Vm) {}

    /// Private function for clearing certain descriptors from a type's dictionary.
    ///
    /// See gh-135228 for context.
    #[pyfn("_clear_type_descriptors(type, /)")]
    fn clear_type_descriptors(vm: &Vm, ty: &Gc<Type>) -> PyResult<()> {
        crate::types::class::clear_descriptors(vm, ty)
    }

    /// Clear all internal performance-related caches.
    #[pyfn("_clear_internal_caches()")]
    fn clear_internal_caches(_vm: &Vm) {}

    /// Set the global debug tracing function.
    ///
    /// It will be called on each function call.  See the debugger chapter
    /// in the library manual.
    #[pyfn("settrace(function, /)")]
    fn settrace(vm: &Vm, function: &Value) -> PyResult<()> {
        audit(vm, "sys.settrace", &[])?;
        legacy_trace::set_trace(vm, (!function.is_none()).then(|| function.clone()));
        Ok(())
    }

    /// Set the global debug tracing function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call. See the debugger chapter
    /// in the library manual.
    #[pyfn("_settraceallthreads(arg, /)")]
    fn settraceallthreads(vm: &Vm, arg: &Value) -> PyResult<()> {
        audit(vm, "sys.settrace", &[])?;
        legacy_trace::set_trace_all(vm, (!arg.is_none()).then(|| arg.clone()));
        Ok(())
    }

    /// Set the profiling function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfn("_setprofileallthreads(arg, /)")]
    fn setprofileallthreads(vm: &Vm, arg: &Value) -> PyResult<()> {
        audit(vm, "sys.setprofile", &[])?;
        legacy_trace::set_profile_all(vm, (!arg.is_none()).then(|| arg.clone()));
        Ok(())
    }

    /// Return the global debug tracing function set with sys.settrace.
    ///
    /// See the debugger chapter in the library manual.
    #[pyfn("gettrace()")]
    fn gettrace(vm: &Vm) -> Option<Value> {
        legacy_trace::trace_func(vm)
    }

    /// Set the profiling function.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfn("setprofile(function, /)")]
    fn setprofile(vm: &Vm, function: &Value) -> PyResult<()> {
        audit(vm, "sys.setprofile", &[])?;
        legacy_trace::set_profile(vm, (!function.is_none()).then(|| function.clone()));
        Ok(())
    }

    /// Return the profiling function set with sys.setprofile.
    ///
    /// See the profiler chapter in the library manual.
    #[pyfn("getprofile()")]
    fn getprofile(vm: &Vm) -> Option<Value> {
        legacy_trace::profile_func(vm)
    }

    /// Call func(*args), while tracing is enabled.
    ///
    /// The tracing state is saved, and restored afterwards.  This is intended
    /// to be called from a debugger from a checkpoint, to recursively debug
    /// some other code.
    #[pyfn("call_tracing(func, args, /)")]
    fn call_tracing(vm: &Vm, func: &Value, args: &Gc<PyTuple>) -> PyResult<Value> {
        let before = vm.thread.tracing.replace(0);
        let r = vm.call(func, args.items());
        vm.thread.tracing.set(before);
        r
    }

    /// Passes the event to any audit hooks that are attached.
    #[pyfn(raw, "audit($module, event, /, *args)")]
    fn raise_event(vm: &Vm, args: CallArgs<'_>) -> PyResult<()> {
        let [event, rest @ ..] = args.pos() else {
            return Err(vm.type_error("audit expected at least 1 argument, got 0"));
        };
        let Some(name) = event.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "audit() argument 1 must be str, not {}",
                vm.shown_type_name(event)
            )));
        };
        super::audit(vm, &name.to_string_lossy(), rest)
    }

    /// Adds a new audit hook callback.
    #[pyfn("addaudithook(hook)")]
    fn addaudithook(vm: &Vm, hook: &Value) -> PyResult<()> {
        let r = super::audit(vm, "sys.addaudithook", &[]);
        if vm.suppress(r, &exc::Exception)?.is_some() {
            vm.state::<SysState>().audit_hooks.with_mut(|h| h.push(hook.clone()));
        }
        Ok(())
    }

    /// set_asyncgen_hooks([firstiter] [, finalizer])
    ///
    /// Set a finalizer for async generators objects.
    #[pyfn(no_text, "set_asyncgen_hooks(firstiter=<unrepresentable>, finalizer=<unrepresentable>)")]
    fn set_asyncgen_hooks(vm: &Vm, firstiter: Option<&Value>, finalizer: Option<&Value>) -> PyResult<()> {
        for (v, name) in [(finalizer, "finalizer"), (firstiter, "firstiter")] {
            if let Some(v) = v
                && !v.is_none()
                && !vm.is_callable(v)
            {
                return Err(
                    vm.type_error(format_args!("callable {name} expected, got {}", vm.type_of(v).name()))
                );
            }
        }
        let given = |v: &Value| (!v.is_none()).then(|| v.clone());
        if let Some(v) = finalizer {
            vm.thread.asyncgen_finalizer.set(given(v));
        }
        if let Some(v) = firstiter {
            vm.thread.asyncgen_firstiter.set(given(v));
        }
        Ok(())
    }

    /// Return the installed asynchronous generators hooks.
    ///
    /// This returns a namedtuple of the form (firstiter, finalizer).
    #[pyfn("get_asyncgen_hooks()")]
    fn get_asyncgen_hooks(vm: &Vm) -> PyResult<Value> {
        let t = &vm.thread;
        let values = [t.asyncgen_firstiter.get(), t.asyncgen_finalizer.get()];
        seq::make(vm, &ASYNCGEN_HOOKS, values.map(|v| v.unwrap_or(Value::NONE)).to_vec())
    }

    /// Check status of origin tracking for coroutine objects in this thread.
    #[pyfn("get_coroutine_origin_tracking_depth()")]
    fn get_coroutine_origin_tracking_depth(vm: &Vm) -> i32 {
        vm.thread.origin_depth.get()
    }

    /// Enable or disable origin tracking for coroutine objects in this thread.
    ///
    /// Coroutine objects will track 'depth' frames of traceback information
    /// about where they came from, available in their cr_origin attribute.
    ///
    /// Set a depth of 0 to disable.
    #[pyfn("set_coroutine_origin_tracking_depth(depth)")]
    fn set_coroutine_origin_tracking_depth(vm: &Vm, depth: i32) -> PyResult<()> {
        if depth < 0 {
            return Err(vm.value_error("depth must be >= 0"));
        }
        vm.thread.origin_depth.set(depth);
        Ok(())
    }

    /// Return the current value of the flags that are used for dlopen calls.
    ///
    /// The flag constants are defined in the os module.
    #[pyfn("getdlopenflags()")]
    fn getdlopenflags(vm: &Vm) -> i32 {
        vm.state::<SysState>().dlopen_flags.get()
    }

    /// Set the flags used by the interpreter for dlopen calls.
    ///
    /// This is used, for example, when the interpreter loads extension
    /// modules. Among other things, this will enable a lazy resolving of
    /// symbols when importing a module, if called as sys.setdlopenflags(0).
    /// To share symbols across extension modules, call as
    /// sys.setdlopenflags(os.RTLD_GLOBAL).  Symbolic names for the flag
    /// modules can be found in the os module (RTLD_xxx constants, e.g.
    /// os.RTLD_LAZY).
    #[pyfn("setdlopenflags(flags, /)")]
    fn setdlopenflags(vm: &Vm, flags: i32) {
        vm.state::<SysState>().dlopen_flags.set(flags)
    }

    /// Return the number of elements of the unicode interned dictionary
    #[pyfn("getunicodeinternedsize(*, _only_immortal=False)")]
    fn getunicodeinternedsize(vm: &Vm, _only_immortal: bool) -> usize {
        vm.interned.count()
    }

    /// Private function for getting PyConfig.cpu_count
    #[pyfn("_get_cpu_count_config()")]
    fn get_cpu_count_config(vm: &Vm) -> i64 {
        vm.config.cpu_count.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1)
    }

    /// Return True if remote debugging is enabled, False otherwise.
    #[pyfn("is_remote_debug_enabled()")]
    fn is_remote_debug_enabled(_vm: &Vm) -> bool {
        false
    }

    /// Return *True* if a stack profiler trampoline is active.
    #[pyfn("is_stack_trampoline_active()")]
    fn is_stack_trampoline_active(_vm: &Vm) -> bool {
        false
    }

    /// Deactivate the current stack profiler trampoline backend.
    ///
    /// If no stack profiler is activated, this function has no effect.
    #[pyfn("deactivate_stack_trampoline()")]
    fn deactivate_stack_trampoline(_vm: &Vm) {}

    /// Activate stack profiler trampoline *backend*.
    #[pyfn("activate_stack_trampoline(backend, /)")]
    fn activate_stack_trampoline(vm: &Vm, _backend: &str) -> PyResult<()> {
        Err(vm.value_error("perf trampoline not available"))
    }

    #[pyconst("version")]
    const VERSION_TEXT: &str = VERSION;
    #[pyconst("hexversion")]
    const HEX: i64 = HEXVERSION;
    #[pyconst("copyright")]
    const COPYRIGHT_TEXT: &str = COPYRIGHT;
    #[pyconst("api_version")]
    const API_VERSION: i64 = 1013;
    #[pyconst("platform")]
    const PLATFORM: &str = "linux";
    #[pyconst("byteorder")]
    const BYTEORDER: &str = if cfg!(target_endian = "big") { "big" } else { "little" };
    #[pyconst("maxsize")]
    fn maxsize(vm: &Vm) -> Value {
        vm.new_int(i64::MAX)
    }
    #[pyconst("maxunicode")]
    const MAXUNICODE: i64 = 0x10ffff;
    #[pyconst("float_repr_style")]
    const FLOAT_REPR_STYLE: &str = "short";

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        let Some(dict) = module.downcast::<crate::types::module::Module>().map(|m| m.dict.clone()) else {
            return Ok(());
        };
        let set = |name: &str, v: Value| dict.set_str(vm, &vm.intern(name), v);
        set("version_info", version_info(vm)?);
        set("flags", flags(vm)?);
        set("implementation", implementation(vm)?);
        infos(vm, &set)?;
        start(vm, &set)?;
        for name in ["displayhook", "excepthook", "unraisablehook", "breakpointhook"] {
            if let Some(f) = dict.get_str(vm, &vm.intern(name)) {
                set(&format!("__{name}__"), f);
            }
        }
        set("monitoring", monitoring::module(vm)?);
        set("_jit", jit::module(vm)?);
        Ok(())
    }
}

fn object_is_interned(v: &Value) -> bool {
    v.header().is_some_and(|h| h.has_flag(crate::types::str_::INTERNED))
}

fn size_of(vm: &Vm, object: &Value) -> PyResult<Value> {
    let Some(r) = vm.call_special(object, &vm.names.__sizeof__, &[])? else {
        return Err(
            vm.type_error(format_args!("Type {} doesn't define __sizeof__", vm.type_of(object).name()))
        );
    };
    if int_value(&r).is_none() {
        return Err(vm.type_error(format_args!(
            "'{}' object cannot be interpreted as an integer",
            vm.type_of(&r).name()
        )));
    }
    let n = vm.index_i64(&r, "Python int too large to convert to C ssize_t")?;
    if n < 0 {
        return Err(vm.value_error("__sizeof__() should return >= 0"));
    }
    let head = if object.header().is_some_and(|h| h.is_gc()) { 16 } else { 0 };
    Ok(vm.new_int(n.saturating_add(head)))
}
