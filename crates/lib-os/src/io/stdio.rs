//! The standard streams.

use super::open::{Open, open};
use super::text::TextIoWrapper;
use taipan_vm::prelude::*;

/// Makes `sys.stdin`, `sys.stdout`, `sys.stderr` and their dunder twins. `encoding` as `PYTHONIOENCODING` gives it:
/// `encoding:errors`, either part empty for the default.
pub fn install(vm: &Vm, io_encoding: Option<&str>) -> PyResult<()> {
    let Some(sys) = vm.sys_dict.get().cloned() else { return Ok(()) };
    let (encoding, errors) = match io_encoding.unwrap_or("").split_once(':') {
        Some((e, r)) => (e, r),
        None => (io_encoding.unwrap_or(""), ""),
    };
    // The name that the codec has for itself.
    let given = match encoding {
        "" => String::new(),
        name => {
            let codec = taipan_vm::modules::codecs::lookup(vm, name)?;
            let own = vm.lookup_attr_str(codec.as_value(), "name")?;
            let own = own.and_then(|n| n.downcast::<Str>().map(|n| n.to_string_lossy().into_owned()));
            own.unwrap_or_else(|| name.to_string())
        }
    };
    let encoding = given.as_str();
    let streams = [
        (0, "stdin", "r", if errors.is_empty() { "strict" } else { errors }),
        (1, "stdout", "w", if errors.is_empty() { "strict" } else { errors }),
        (2, "stderr", "w", "backslashreplace"),
    ];
    for (fd, name, mode, errors) in streams {
        let stream = make(vm, fd, name, mode, encoding, errors)?;
        sys.set_str(vm, &vm.intern(&format!("__{name}__")), stream.clone());
        sys.set_str(vm, &vm.intern(name), stream);
    }
    Ok(())
}

/// One stream; `None` when its descriptor is not open.
fn make(vm: &Vm, fd: i32, name: &str, mode: &str, encoding: &str, errors: &str) -> PyResult<Value> {
    if vm.host().started_closed(fd) || vm.host().fstat(fd).is_err() {
        return Ok(Value::NONE);
    }
    let unbuffered = vm.config.flags.unbuffered && mode == "w";
    let file = vm.new_int(i64::from(fd));
    let buffer = open(
        vm,
        &Open {
            file: &file,
            mode: if mode == "w" { "wb" } else { "rb" },
            buffering: if unbuffered { 0 } else { -1 },
            encoding: None,
            errors: None,
            newline: None,
            closefd: false,
            opener: None,
        },
    )?;
    let raw = match vm.lookup_attr_str(&buffer, "raw")? {
        Some(raw) if !unbuffered => raw,
        _ => buffer.clone(),
    };
    let shown = vm.new_str(&format!("<{name}>")).into_value();
    vm.set_attr(&raw, &vm.names.name, &shown)?;
    let encoding = if encoding.is_empty() { "utf-8" } else { encoding };
    let lines = !unbuffered && (name == "stderr" || vm.host().isatty(fd));
    let newline = if mode == "w" { vm.new_str("\n").into_value() } else { Value::NONE };
    let args = [
        buffer,
        vm.new_str(encoding).into_value(),
        vm.new_str(errors).into_value(),
        newline,
        Value::bool(lines),
        Value::bool(unbuffered),
    ];
    let stream = vm.call(vm.native_type::<TextIoWrapper>().as_value(), &args)?;
    let mode = vm.new_str(mode).into_value();
    vm.set_attr(&stream, &vm.names.mode, &mode)?;
    Ok(stream)
}
