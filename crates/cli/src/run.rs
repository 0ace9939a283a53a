//! Running what the command line names: a command, a module, a file, a folder or archive, standard input.

use crate::options::{CommandLine, What};
use crate::{prompt, settings};
use std::io::Write;
use taipan::host::At;
use taipan::vm::frontend::{CompileMode, CompileOptions};
use taipan::vm::modules::import::{ImportState, import_module};
use taipan::vm::modules::{deferred, paths};
use taipan::vm::prelude::*;
use taipan::{Ended, Interpreter, fs_text};

/// Runs it all and says how it ended. `sys.excepthook` has printed what there was to print.
pub fn run(python: &Interpreter, line: &CommandLine, program: &str) -> Ended {
    let vm = python.vm();
    let ended = match start(python, line, program) {
        Ok(status) => Ended::Status(status),
        Err(_) => end(vm, line),
    };
    if !wants_prompt(vm, line) || matches!(line.what, What::Stdin) && line.interactive == 0 && is_tty(vm) {
        return ended;
    }
    if matches!(line.what, What::Stdin) && line.inspect > 0 {
        return ended;
    }
    prompt::run(python, line, true)
}

/// The end of a program by the exception on its way; with `-i` even `SystemExit` is only shown.
pub fn end(vm: &Vm, line: &CommandLine) -> Ended {
    if wants_prompt(vm, line) {
        let interrupted = vm.raised_is(&taipan::vm::errors::exc::KeyboardInterrupt);
        taipan::print_exception(vm);
        return if interrupted { Ended::Interrupted } else { Ended::Status(1) };
    }
    taipan::exit_status(vm)
}

pub fn is_tty(vm: &Vm) -> bool {
    vm.host().isatty(0)
}

fn wants_prompt(vm: &Vm, line: &CommandLine) -> bool {
    if line.inspect > 0 {
        return true;
    }
    let environment = !line.ignore_environment && !line.isolated;
    environment && vm.host().getenv(b"PYTHONINSPECT").is_some_and(|v| !v.is_empty())
}

fn start(python: &Interpreter, line: &CommandLine, program: &str) -> PyResult<i32> {
    let vm = python.vm();
    taipan::lib_os::start(vm)?;
    let own_path = match &line.what {
        What::File(path) => importer(vm, path)?,
        _ => None,
    };
    if let Some(path) = own_path {
        put_in_front(vm, path)?;
        let runpy = import_module(vm, "runpy")?;
        let main = vm.new_str("__main__").into_value();
        vm.call_method(&runpy, "_run_module_as_main", &[main, Value::FALSE])?;
        return Ok(0);
    }
    if !vm.config.flags.safe_path
        && let Some(path) = settings::path0(vm.host(), line)
    {
        vm.state::<ImportState>().path0.with_mut(|p| *p = Some(path.clone()));
        put_in_front(vm, fs_text(vm, &path))?;
    }
    match &line.what {
        What::Command(source) => command(python, source).map(|()| 0),
        What::Module(name) => {
            let runpy = import_module(vm, "runpy")?;
            vm.call_method(&runpy, "_run_module_as_main", &[fs_text(vm, name), Value::TRUE])?;
            Ok(0)
        }
        What::File(path) => file(python, line, path, program),
        What::Stdin if is_tty(vm) || line.interactive > 0 => match prompt::run(python, line, false) {
            Ended::Status(status) => Ok(status),
            Ended::Interrupted => Ok(130),
        },
        What::Stdin => {
            let source = read_all(vm, 0).map_err(|e| vm.os_error(e, None))?;
            execute(python, &source, "<stdin>", line, false).map(|()| 0)
        }
    }
}

fn put_in_front(vm: &Vm, path: Value) -> PyResult<()> {
    let list = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.path));
    match list {
        Some(list) => vm.call_method(&list, "insert", &[vm.new_int(0), path]).map(drop),
        None => Ok(()),
    }
}

/// The path itself, if one of `sys.path_hooks` takes it: a folder or an archive.
fn importer(vm: &Vm, path: &[u8]) -> PyResult<Option<Value>> {
    let path = fs_text(vm, path);
    paths::make(vm)?;
    let Some(hooks) = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern("path_hooks"))) else {
        return Ok(None);
    };
    for hook in vm.collect(&hooks)? {
        let found = vm.call1(&hook, &path);
        if vm.suppress(found, &taipan::vm::errors::exc::ImportError)?.is_some() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn read_all(vm: &Vm, fd: i32) -> Result<Vec<u8>, taipan::host::HostError> {
    let mut out = Vec::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match vm.host().read(fd, &mut chunk) {
            Ok(0) => return Ok(out),
            Ok(n) => out.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            Err(e) if e.0 == 4 => {}
            Err(e) => return Err(e),
        }
    }
}

/// `-c`: the text, without the indentation that all its lines share.
fn command(python: &Interpreter, source: &[u8]) -> PyResult<()> {
    let vm = python.vm();
    let Ok(text) = std::str::from_utf8(source) else {
        // As text of the operating system it has lone surrogates, which are no source.
        let text = fs_text(vm, source);
        let encoded = vm.call_method(&text, "encode", &[]);
        let message = b"Unable to decode the command from the command line:\n";
        _ = vm.host().write(2, message);
        return encoded.map(drop);
    };
    let text = dedent(text);
    let options = CompileOptions {
        mode: CompileMode::Exec,
        flags: 0,
        optimize: vm.config.flags.optimize.clamp(0, 2) as u8,
    };
    let code = vm.new_code(vm.config.frontend.compile(vm, &text, "<string>", options)?);
    register(vm, code.as_value(), &text, "<string>")?;
    let globals = python.globals();
    vm.run_code(&code, &globals, globals.as_value(), None).map(drop)
}

/// Makes the source known to `linecache`, for tracebacks.
pub fn register(vm: &Vm, code: &Value, source: &str, filename: &str) -> PyResult<()> {
    let (source, name) = (vm.new_str(source).into_value(), vm.new_str(filename).into_value());
    if deferred::leave_to_linecache(vm, code, &source, &name) {
        return Ok(());
    }
    let known = import_module(vm, "linecache")
        .and_then(|linecache| vm.call_method(&linecache, "_register_code", &[code.clone(), source, name]));
    if known.is_err() {
        drop(vm.take_raised());
    }
    Ok(())
}

fn dedent(text: &str) -> String {
    let mut common: Option<&str> = None;
    for line in text.split('\n') {
        let body = line.trim_start_matches([' ', '\t']);
        if body.is_empty() {
            continue;
        }
        let indent = line.get(..line.len() - body.len()).unwrap_or_default();
        common = Some(match common {
            None => indent,
            Some(known) => {
                let same = known.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
                known.get(..same).unwrap_or_default()
            }
        });
    }
    let cut = common.map_or(0, str::len);
    if cut == 0 {
        return text.to_string();
    }
    let lines = text.split('\n').map(|line| {
        if line.trim_start_matches([' ', '\t']).is_empty() { "" } else { line.get(cut..).unwrap_or_default() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn file(python: &Interpreter, line: &CommandLine, path: &[u8], program: &str) -> PyResult<i32> {
    let vm = python.vm();
    // As CPython: the program's `__file__` is absolute, `sys.argv[0]` stays as it was written.
    let full;
    let path = if path.starts_with(b"/") {
        path
    } else {
        let mut p = vm.host().getcwd().unwrap_or_default();
        if !p.is_empty() && !p.ends_with(b"/") {
            p.push(b'/');
        }
        p.extend_from_slice(path.strip_prefix(b"./").unwrap_or(path));
        full = p;
        &full
    };
    let shown = fs_text(vm, path);
    let complain = |text: String| {
        _ = std::io::stderr().write_all(text.as_bytes());
    };
    let fd = match vm.host().open(At::cwd(path), 0, 0, false) {
        Ok(fd) => fd,
        Err(e) => {
            let raised = vm.os_error(e, None);
            let _ = raised;
            let error = vm.take_raised();
            let said = vm.get_attr_str(&error, "strerror")?;
            let said = vm.str(&said)?.to_string_lossy().into_owned();
            let shown = vm.repr_text(&shown)?;
            complain(format!("{program}: can't open file {shown}: [Errno {}] {said}\n", e.0));
            return Ok(2);
        }
    };
    if vm.host().fstat(fd).is_ok_and(|s| s.is_dir()) {
        _ = vm.host().close(fd);
        let shown = vm.repr_text(&shown)?;
        complain(format!("{program}: {shown} is a directory, cannot continue\n"));
        return Ok(1);
    }
    let read = read_all(vm, fd);
    _ = vm.host().close(fd);
    let source = read.map_err(|e| vm.os_error(e, Some(&shown)))?;
    let globals = python.globals();
    let filename = String::from_utf8_lossy(path).into_owned();
    globals.set_str(vm, &vm.names.__file__, shown.clone());
    globals.set_str(vm, &vm.names.__cached__, Value::NONE);
    let compiled = path.ends_with(b".pyc");
    set_loader(vm, &globals, &shown, if compiled { "SourcelessFileLoader" } else { "SourceFileLoader" })?;
    if compiled {
        let magic = taipan::magic();
        if !source.starts_with(&magic) {
            return Err(vm.runtime_error("Bad magic number in .pyc file"));
        }
        let body = source.get(16..).unwrap_or_default();
        let code = taipan::vm::modules::marshal::load(vm, body, true)?;
        let Some(code) = taipan::vm::types::code::as_code(&code) else {
            return Err(vm.runtime_error("Bad code object in .pyc file"));
        };
        vm.run_code(code, &globals, globals.as_value(), None)?;
        return Ok(0);
    }
    execute(python, &source, &filename, line, true)?;
    Ok(0)
}

fn set_loader(vm: &Vm, globals: &Gc<Dict>, path: &Value, class: &str) -> PyResult<()> {
    let external = import_module(vm, "_frozen_importlib_external")?;
    let class = vm.get_attr_str(&external, class)?;
    let loader = vm.call(&class, &[vm.new_str("__main__").into_value(), path.clone()])?;
    globals.set_str(vm, &vm.names.__loader__, loader);
    Ok(())
}

/// Compiles a source's bytes and runs them in `__main__`.
fn execute(
    python: &Interpreter,
    source: &[u8],
    filename: &str,
    line: &CommandLine,
    file: bool,
) -> PyResult<()> {
    let vm = python.vm();
    let mut source = source;
    if line.skip_first_line {
        let cut = source.iter().position(|&b| b == b'\n').unwrap_or(source.len());
        source = source.get(cut..).unwrap_or_default();
    }
    let text = taipan::frontend::decode(vm, source, filename, file.then_some(filename).or(Some("<stdin>")))?;
    let options = CompileOptions {
        mode: CompileMode::Exec,
        flags: 0,
        optimize: vm.config.flags.optimize.clamp(0, 2) as u8,
    };
    let code = vm.new_code(vm.config.frontend.compile(vm, &text, filename, options)?);
    let globals = python.globals();
    vm.run_code(&code, &globals, globals.as_value(), None).map(drop)
}
