//! The interactive prompt: the library's own (`_pyrepl`) at a terminal where it can run, else a plain loop.

use crate::options::CommandLine;
use crate::run;
use taipan::vm::frontend::{CompileMode, CompileOptions};
use taipan::vm::modules::import::import_module;
use taipan::vm::prelude::*;
use taipan::{Ended, Interpreter};

/// Prompts until the input ends. `after`: a program ran before, whose names are there.
pub fn run(python: &Interpreter, line: &CommandLine, after: bool) -> Ended {
    let vm = python.vm();
    if !after && line.quiet == 0 {
        let banner = format!(
            "Python {} on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n",
            taipan::version()
        );
        _ = vm.host().write(2, banner.as_bytes());
    }
    if !after && startup(python).is_err() {
        match run::end(vm, line) {
            Ended::Status(_) if line.inspect > 0 => {}
            ended => return ended,
        }
    }
    let key = vm.intern("__interactivehook__");
    if let Some(hook) = vm.sys_dict.get().and_then(|d| d.get_str(vm, &key))
        && vm.call0(&hook).is_err()
    {
        _ = vm.host().write(2, b"Failed calling sys.__interactivehook__\n");
        taipan::print_exception(vm);
    }
    if vm.host().isatty(0) && vm.host().getenv(b"PYTHON_BASIC_REPL").is_none_or(|v| v.is_empty()) {
        match fancy(python) {
            Ok(true) => return Ended::Status(0),
            Ok(false) => {}
            Err(_) if vm.raised_is(&taipan::vm::errors::exc::SystemExit) => return taipan::exit_status(vm),
            Err(_) => taipan::print_exception(vm),
        }
    }
    plain(python)
}

/// `PYTHONSTARTUP`.
fn startup(python: &Interpreter) -> PyResult<()> {
    let vm = python.vm();
    if vm.config.flags.ignore_environment != 0 {
        return Ok(());
    }
    let Some(path) = vm.host().getenv(b"PYTHONSTARTUP").filter(|p| !p.is_empty()) else { return Ok(()) };
    let io = import_module(vm, "io")?;
    let file = vm.call_method(&io, "open_code", &[taipan::fs_text(vm, &path)])?;
    let bytes = vm.call_method(&file, "read", &[])?;
    vm.call_method(&file, "close", &[])?;
    let name = String::from_utf8_lossy(&path).into_owned();
    let text = match bytes.downcast::<Bytes>() {
        Some(b) => taipan::frontend::decode(vm, b.as_bytes(), &name, Some(&name))?,
        None => return Ok(()),
    };
    let options = CompileOptions { mode: CompileMode::Exec, flags: 0, optimize: 0 };
    let code = vm.new_code(vm.config.frontend.compile(vm, &text, &name, options)?);
    let globals = python.globals();
    vm.run_code(&code, &globals, globals.as_value(), None).map(drop)
}

/// The library's prompt; false where its natives are not there.
fn fancy(python: &Interpreter) -> PyResult<bool> {
    let vm = python.vm();
    for name in ["termios", "select", "fcntl"] {
        if taipan::vm::modules::imp::definition(vm, name).is_none() {
            return Ok(false);
        }
    }
    let main = import_module(vm, "_pyrepl.main")?;
    let usable = vm.get_attr_str(&main, "CAN_USE_PYREPL")?;
    if !vm.is_true(&usable)? {
        return Ok(false);
    }
    let module = import_module(vm, "__main__")?;
    let f = vm.get_attr_str(&main, "interactive_console")?;
    vm.call_kw(
        &f,
        &[],
        &[
            (vm.new_str("mainmodule").into_value(), module),
            (vm.new_str("quiet").into_value(), Value::TRUE),
            (vm.new_str("pythonstartup").into_value(), Value::FALSE),
        ],
    )?;
    Ok(true)
}

/// `sys.ps1` or `sys.ps2`.
fn prompt(vm: &Vm, name: &Gc<Str>, default: &str) -> String {
    let Some(sys) = vm.sys_dict.get() else { return default.to_string() };
    let v = match sys.get_str(vm, name) {
        Some(v) => v,
        None => {
            let v = vm.new_str(default).into_value();
            sys.set_str(vm, name, v.clone());
            v
        }
    };
    match vm.str(&v) {
        Ok(s) => s.to_string_lossy().into_owned(),
        Err(_) => {
            drop(vm.take_raised());
            String::new()
        }
    }
}

/// A line of standard input without a buffer that would take more than the line from the program.
fn read_line(vm: &Vm) -> PyResult<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match vm.host().read(0, &mut byte) {
            Ok(0) => break,
            Ok(_) => {
                line.extend_from_slice(&byte);
                if byte == *b"\n" {
                    break;
                }
            }
            Err(e) if e.0 == 4 => vm.poll()?,
            // What cannot be read has ended.
            Err(_) => break,
        }
    }
    Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()))
}

/// The plain loop.
fn plain(python: &Interpreter) -> Ended {
    let vm = python.vm();
    let mut source = String::new();
    let mut futures = 0;
    loop {
        flush(vm);
        let (name, default) =
            if source.is_empty() { (&vm.names.ps1, ">>> ") } else { (&vm.names.ps2, "... ") };
        let shown = prompt(vm, name, default);
        _ = vm.host().write(2, shown.as_bytes());
        let line = match read_line(vm) {
            Ok(line) => line,
            Err(_) => {
                source = String::new();
                if vm.raised_is(&taipan::vm::errors::exc::KeyboardInterrupt) {
                    drop(vm.take_raised());
                    _ = vm.host().write(2, b"\nKeyboardInterrupt\n");
                    continue;
                }
                taipan::print_exception(vm);
                return Ended::Status(1);
            }
        };
        let ended = line.is_none();
        if ended {
            _ = vm.host().write(2, b"\n");
            if source.trim().is_empty() {
                return Ended::Status(0);
            }
            if !source.ends_with('\n') {
                source.push('\n');
            }
        }
        source.push_str(line.as_deref().unwrap_or_default());
        if source.trim().is_empty() {
            source = String::new();
            continue;
        }
        if !ended && !source.ends_with('\n') {
            // The input ends here; it is asked once more, as the reference does.
            continue;
        }
        match attempt(python, &source, ended, &mut futures) {
            Ok(false) => continue,
            Ok(true) => {}
            Err(_) if vm.raised_is(&taipan::vm::errors::exc::SystemExit) => {
                return taipan::exit_status(vm);
            }
            Err(_) => taipan::print_exception(vm),
        }
        source = String::new();
    }
}

/// Runs one statement; false when more lines are wanted. What it imports from `__future__` holds for those to come.
fn attempt(python: &Interpreter, source: &str, ended: bool, futures: &mut u32) -> PyResult<bool> {
    const DONT_IMPLY_DEDENT: u32 = 0x200;
    const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    const FUTURE: u32 = 0x1ff_0000;
    const FILENAME: &str = "<stdin>";
    let vm = python.vm();
    let flags = *futures | if ended { 0 } else { DONT_IMPLY_DEDENT | ALLOW_INCOMPLETE_INPUT };
    let options = CompileOptions { mode: CompileMode::Single, flags, optimize: 0 };
    // Without its last line end a compound statement is not complete: the empty line behind it makes it so.
    let text = if ended { source } else { source.strip_suffix('\n').unwrap_or(source) };
    let compiled = vm.config.frontend.compile(vm, text, FILENAME, options);
    let compiled = compiled.inspect_err(|_| show_line(vm, source));
    let data = if ended {
        compiled?
    } else {
        match vm.suppress(compiled, &taipan::vm::errors::exc::_IncompleteInputError)? {
            Some(data) => data,
            None => return Ok(false),
        }
    };
    *futures |= data.flags & FUTURE;
    let code = vm.new_code(data);
    run::register(vm, code.as_value(), source, FILENAME)?;
    let globals = python.globals();
    vm.run_code(&code, &globals, globals.as_value(), None)?;
    Ok(true)
}

/// Gives a syntax error on its way the line that it is about, if it came without.
fn show_line(vm: &Vm, source: &str) {
    if !vm.raised_is(&taipan::vm::errors::exc::SyntaxError) {
        return;
    }
    let e = vm.take_raised();
    let set = || -> PyResult<()> {
        if !vm.get_attr_str(&e, "text")?.is_none() {
            return Ok(());
        }
        let lineno = vm.get_attr_str(&e, "lineno")?;
        let line = lineno.as_int().and_then(|n| source.lines().nth(usize::try_from(n).ok()?.checked_sub(1)?));
        match line {
            Some(line) => vm.set_attr_str(&e, "text", vm.new_str(line).as_value()),
            None => Ok(()),
        }
    };
    if set().is_err() {
        drop(vm.take_raised());
    }
    _ = vm.reraise(e);
}

fn flush(vm: &Vm) {
    for name in [&vm.names.stdout, &vm.names.stderr] {
        if let Some(f) = vm.sys_dict.get().and_then(|d| d.get_str(vm, name)).filter(|f| !f.is_none())
            && vm.call_method_name(&f, &vm.names.flush, &[]).is_err()
        {
            drop(vm.take_raised());
        }
    }
}
