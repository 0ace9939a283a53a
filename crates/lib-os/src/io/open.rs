//! `open`: from a name and a mode to a stack of streams.

use super::{DEFAULT_BUFFER_SIZE, buffered, file, text};
use crate::util;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The arguments of `open`.
pub struct Open<'a> {
    pub file: &'a Value,
    pub mode: &'a str,
    pub buffering: isize,
    pub encoding: Option<&'a Value>,
    pub errors: Option<&'a Value>,
    pub newline: Option<&'a Value>,
    pub closefd: bool,
    pub opener: Option<&'a Value>,
}

#[derive(Default)]
struct Mode {
    creating: bool,
    reading: bool,
    writing: bool,
    appending: bool,
    updating: bool,
    text: bool,
    binary: bool,
}

fn parse(vm: &Vm, mode: &str) -> PyResult<(Mode, String)> {
    let mut m = Mode::default();
    for (i, c) in mode.char_indices() {
        let flag = match c {
            'x' => &mut m.creating,
            'r' => &mut m.reading,
            'w' => &mut m.writing,
            'a' => &mut m.appending,
            '+' => &mut m.updating,
            't' => &mut m.text,
            'b' => &mut m.binary,
            _ => return Err(vm.value_error(format_args!("invalid mode: '{mode}'"))),
        };
        *flag = true;
        if mode.get(i + c.len_utf8()..).is_some_and(|rest| rest.contains(c)) {
            return Err(vm.value_error(format_args!("invalid mode: '{mode}'")));
        }
    }
    let mut raw = String::new();
    for (on, c) in
        [(m.creating, 'x'), (m.reading, 'r'), (m.writing, 'w'), (m.appending, 'a'), (m.updating, '+')]
    {
        if on {
            raw.push(c);
        }
    }
    Ok((m, raw))
}

pub fn open(vm: &Vm, o: &Open<'_>) -> PyResult<Value> {
    let (m, raw_mode) = parse(vm, o.mode)?;
    let is_number = vm.type_of(o.file).slots.index.get().is_some()
        || taipan_vm::types::numbers::int_value(o.file).is_some();
    let path = if is_number { o.file.clone() } else { util::fspath(vm, o.file)? };
    if m.text && m.binary {
        return Err(vm.value_error("can't have text and binary mode at once"));
    }
    if [m.creating, m.reading, m.writing, m.appending].into_iter().filter(|x| *x).count() > 1 {
        return Err(vm.value_error("must have exactly one of create/read/write/append mode"));
    }
    if m.binary {
        if o.encoding.is_some() {
            return Err(vm.value_error("binary mode doesn't take an encoding argument"));
        }
        if o.errors.is_some() {
            return Err(vm.value_error("binary mode doesn't take an errors argument"));
        }
        if o.newline.is_some() {
            return Err(vm.value_error("binary mode doesn't take a newline argument"));
        }
        if o.buffering == 1 {
            vm.warn(
                &exc::RuntimeWarning,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
                1,
            )?;
        }
    }
    let raw = file::open(vm, &path, &raw_mode, o.closefd, o.opener)?;
    let close = |v: &Value, raised: Raised| {
        let e = vm.take_raised();
        if vm.call_method_name(v, &vm.names.close, &[]).is_err() {
            drop(vm.take_raised());
        }
        let _ = raised;
        vm.reraise(e)
    };
    build(vm, o, &m, &raw).map_err(|(v, raised)| close(&v, raised))
}

/// The layers above the raw stream; on an error also the stream to close.
fn build(vm: &Vm, o: &Open<'_>, m: &Mode, raw: &Gc<file::FileIo>) -> Result<Value, (Value, Raised)> {
    let raw_value = raw.as_value();
    let fail = |raised| (raw_value.clone(), raised);
    let tty = vm.call_method(raw_value, "_isatty_open_only", &[]).map_err(fail)?.as_bool() == Some(true);
    let mut buffering = o.buffering;
    let mut line_buffering = false;
    if buffering == 1 {
        (buffering, line_buffering) = (-1, !m.binary);
    } else if buffering < 0 && tty {
        line_buffering = true;
    }
    if buffering < 0 {
        buffering = raw.blksize.get().clamp(DEFAULT_BUFFER_SIZE, 8 << 20) as isize;
    }
    if buffering == 0 {
        if !m.binary {
            return Err(fail(vm.value_error("can't have unbuffered text I/O")));
        }
        return Ok(raw_value.clone());
    }
    if !(m.updating || m.creating || m.writing || m.appending || m.reading) {
        return Err(fail(vm.value_error(format_args!("unknown mode: '{}'", o.mode))));
    }
    let reading = m.updating || m.reading;
    let writing = m.updating || !m.reading;
    let buffer = buffered::wrap(vm, raw_value, buffering as usize, reading, writing).map_err(fail)?;
    if m.binary {
        return Ok(buffer);
    }
    let none = Value::NONE;
    let args = [
        buffer.clone(),
        o.encoding.unwrap_or(&none).clone(),
        o.errors.unwrap_or(&none).clone(),
        o.newline.unwrap_or(&none).clone(),
        Value::bool(line_buffering),
    ];
    let cls = vm.native_type::<text::TextIoWrapper>();
    let fail = |raised| (buffer.clone(), raised);
    let wrapper = vm.call(cls.as_value(), &args).map_err(fail)?;
    let mode = vm.new_str(o.mode).into_value();
    vm.set_attr(&wrapper, &vm.names.mode, &mode).map_err(fail)?;
    Ok(wrapper)
}
