//! What all modules of this crate need: file names, retried system calls, arguments that are bytes.

use taipan_host::{HostError, HostResult};
use taipan_text::codecs::{self, Errors};
use taipan_text::wtf8::Wtf8;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::{Buffer, Request};
use taipan_vm::types::function::Function;

/// A file name (or any text of the system) as a string: UTF-8 with `surrogateescape`.
pub fn fs_decode(vm: &Vm, bytes: &[u8]) -> Value {
    if bytes.is_ascii() {
        return vm.new_ascii(bytes).into_value();
    }
    let r = codecs::decode_utf_8::<()>(bytes, true, |e| {
        codecs::replace_decode(Errors::SurrogateEscape, "utf-8", bytes, e.start, e.end).ok_or(())
    });
    match r {
        Ok(d) => vm.new_wtf8_buf(d.text).into_value(),
        // Bytes below 0x80 are never errors, so every bad byte can be escaped.
        Err(()) => vm.new_str(&String::from_utf8_lossy(bytes)).into_value(),
    }
}

/// The bytes of a string that goes to the system.
pub fn fs_encode(vm: &Vm, s: &Gc<Str>) -> PyResult<Vec<u8>> {
    if s.is_ascii() {
        return Ok(s.as_bytes().to_vec());
    }
    let text = s.as_wtf8();
    codecs::encode_utf_8(text, |e, _| {
        let bad = text.slice_code_points(e.start..e.end);
        match codecs::replace_encode(Errors::SurrogateEscape, "utf-8", bad) {
            Some((r, n)) => Ok((r, e.start + n)),
            None => Err(encode_error(vm, "utf-8", s, e.start, e.end, e.reason)),
        }
    })
}

/// `UnicodeEncodeError`.
#[cold]
pub fn encode_error(vm: &Vm, encoding: &str, s: &Gc<Str>, start: usize, end: usize, reason: &str) -> Raised {
    vm.raise_args(
        &exc::UnicodeEncodeError,
        vec![
            vm.new_str(encoding).into_value(),
            s.to_value(),
            vm.new_uint(start as u64),
            vm.new_uint(end as u64),
            vm.new_str(reason).into_value(),
        ],
    )
}

/// `UnicodeDecodeError`.
#[cold]
pub fn decode_error(vm: &Vm, encoding: &str, bytes: &[u8], start: usize, end: usize, reason: &str) -> Raised {
    vm.raise_args(
        &exc::UnicodeDecodeError,
        vec![
            vm.new_str(encoding).into_value(),
            vm.new_bytes(bytes).into_value(),
            vm.new_uint(start as u64),
            vm.new_uint(end as u64),
            vm.new_str(reason).into_value(),
        ],
    )
}

/// `os.fspath`: a `str` or `bytes` object.
pub fn fspath(vm: &Vm, v: &Value) -> PyResult<Value> {
    if v.is_instance_of::<Str>() || v.is_instance_of::<Bytes>() {
        return Ok(v.clone());
    }
    let Some(r) = call_fspath(vm, v)? else {
        return Err(vm.type_error(format_args!(
            "expected str, bytes or os.PathLike object, not {}",
            vm.type_of(v).name()
        )));
    };
    if r.is_instance_of::<Str>() || r.is_instance_of::<Bytes>() {
        return Ok(r);
    }
    Err(vm.type_error(format_args!(
        "expected {}.__fspath__() to return str or bytes, not {}",
        vm.type_of(v).name(),
        vm.type_of(&r).name()
    )))
}

/// What the `__fspath__` of an object's class answers.
pub fn call_fspath(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let name = vm.names.__fspath__.clone();
    match vm.type_of(v).lookup(vm, &name) {
        // Without a bound method.
        Some(f) if f.downcast_exact::<Function>().is_some() => vm.call1(&f, v).map(Some),
        Some(_) => {
            let found = vm.lookup_special(v, &name)?.filter(|f| !f.is_none());
            found.map(|f| vm.call0(&f)).transpose()
        }
        None => Ok(None),
    }
}

/// The bytes of a path that is `str` or `bytes` already.
pub fn path_bytes(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    let bytes = match (v.downcast::<Str>(), v.downcast::<Bytes>()) {
        (Some(s), _) => fs_encode(vm, s)?,
        (None, Some(b)) => b.as_bytes().to_vec(),
        _ => return Err(vm.type_error("expected str, bytes or os.PathLike object")),
    };
    Ok(bytes)
}

/// `PyUnicode_FSConverter`: a path-like object as bytes without a NUL.
pub fn fs_convert(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    let v = fspath(vm, v)?;
    let bytes = path_bytes(vm, &v)?;
    if bytes.contains(&0) {
        return Err(vm.value_error("embedded null byte"));
    }
    Ok(bytes)
}

/// A system call that may block, without the turn; looks at signals and tries again when one interrupted it.
pub fn retry<T>(vm: &Vm, mut f: impl FnMut() -> HostResult<T>) -> PyResult<HostResult<T>> {
    loop {
        match vm.allow_threads(&mut f) {
            Err(HostError::EINTR) => poll(vm)?,
            r => return Ok(r),
        }
    }
}

/// The same, with `OSError` raised.
pub fn retry_os<T>(vm: &Vm, f: impl FnMut() -> HostResult<T>) -> PyResult<T> {
    retry(vm, f)?.map_err(|e| vm.os_error(e, None))
}

/// A result of the host, with `OSError` raised.
pub fn os<T>(vm: &Vm, r: HostResult<T>) -> PyResult<T> {
    r.map_err(|e| vm.os_error(e, None))
}

/// An empty vector with room for `n` bytes, or `MemoryError`.
pub fn room(vm: &Vm, n: usize) -> PyResult<Vec<u8>> {
    let mut v = Vec::new();
    match v.try_reserve_exact(n) {
        Ok(()) => Ok(v),
        Err(_) => Err(vm.memory_error()),
    }
}

/// Zeroed bytes, or `MemoryError`. Fresh pages of the system are zero: nothing is written that is not received.
pub fn zeroed(vm: &Vm, n: usize) -> PyResult<Vec<u8>> {
    drop(room(vm, n)?);
    Ok(vec![0; n])
}

/// Signals and other threads have their turn.
pub fn poll(vm: &Vm) -> PyResult<()> {
    vm.poll()
}

/// The buffer of a bytes-like object.
pub fn buffer(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    match vm.type_of(v).slots.buffer.get() {
        Some(f) => f(vm, v, request),
        None => Err(bytes_like_error(vm, v)),
    }
}

#[cold]
pub fn bytes_like_error(vm: &Vm, v: &Value) -> Raised {
    vm.type_error(format_args!("a bytes-like object is required, not '{}'", vm.type_of(v).name()))
}

/// Runs `f` with the bytes of a bytes-like object. `f` must run no Python code.
pub fn with_bytes<R>(vm: &Vm, v: &Value, f: impl FnOnce(&[u8]) -> R) -> PyResult<R> {
    if let Some(b) = v.downcast::<Bytes>() {
        return Ok(f(b.as_bytes()));
    }
    let b = buffer(vm, v, Request::SIMPLE)?;
    Ok(f(b.bytes()))
}

/// A copy of the bytes of a bytes-like object.
pub fn to_bytes(vm: &Vm, v: &Value) -> PyResult<Vec<u8>> {
    with_bytes(vm, v, <[u8]>::to_vec)
}

/// A writable buffer for `readinto` and the like.
pub fn writable(vm: &Vm, v: &Value, what: &str) -> PyResult<Buffer> {
    let wrong = || {
        vm.type_error(format_args!(
            "{what} must be read-write bytes-like object, not {}",
            vm.shown_type_name(v)
        ))
    };
    let Some(f) = vm.type_of(v).slots.buffer.get() else { return Err(wrong()) };
    let b = match f(vm, v, Request::WRITABLE) {
        Ok(b) => b,
        Err(Raised) if vm.raised_is(&exc::BufferError) => {
            drop(vm.take_raised());
            return Err(wrong());
        }
        Err(Raised) => return Err(Raised),
    };
    if b.readonly {
        return Err(wrong());
    }
    Ok(b)
}

/// Copies `data` to the start of a writable buffer; answers how much went in.
pub fn fill(b: &Buffer, at: usize, data: &[u8]) -> usize {
    let Some(cells) = b.cells().get(at..) else { return 0 };
    for (c, x) in cells.iter().zip(data) {
        c.set(*x);
    }
    cells.len().min(data.len())
}

/// `None` or an integer, as sizes are given: `None` is `absent`.
pub fn size_arg(vm: &Vm, v: Option<&Value>, absent: isize) -> PyResult<isize> {
    match v {
        None => Ok(absent),
        Some(v) if v.is_none() => Ok(absent),
        Some(v) if let Some(n) = v.as_int() => Ok(n as isize),
        Some(v) if vm.type_of(v).slots.index.get().is_some() || v.as_int().is_some() => {
            Ok(vm.index_i64(v, "cannot fit 'int' into an index-sized integer")? as isize)
        }
        Some(v) => Err(
            vm.type_error(format_args!("argument should be integer or None, not '{}'", vm.type_of(v).name()))
        ),
    }
}

/// An imported module.
pub fn import(vm: &Vm, name: &str) -> PyResult<Value> {
    if let Some(m) = vm.modules.get().and_then(|d| d.get_str(vm, &vm.intern(name)))
        && !m.is_none()
    {
        return Ok(m);
    }
    let import = vm.builtins.get().and_then(|d| d.get_str(vm, &vm.names.__import__));
    let Some(import) = import else { return Err(vm.raise_new(&exc::ImportError, "__import__ not found")) };
    let top = vm.call1(&import, vm.new_str(name).as_value())?;
    Ok(vm.modules.get().and_then(|d| d.get_str(vm, &vm.intern(name))).unwrap_or(top))
}

/// A builtin by name.
pub fn builtin(vm: &Vm, name: &str) -> PyResult<Value> {
    match vm.builtins.get().and_then(|d| d.get_str(vm, &vm.intern(name))) {
        Some(v) => Ok(v),
        None => Err(vm.runtime_error(format_args!("lost builtins.{name}"))),
    }
}

/// The class's name as `tp_name` has it: with the module, if the class is native.
pub fn type_name(vm: &Vm, v: &Value) -> String {
    let ty = vm.type_of(v);
    if ty.is_heap_type() || ty.def.module == "builtins" {
        ty.name()
    } else {
        format!("{}.{}", ty.def.module, ty.def.name)
    }
}

/// Text as an owned string, for bytes known to be WTF-8 pieces.
pub fn wtf8(vm: &Vm, bytes: &[u8]) -> Gc<Str> {
    match Wtf8::from_bytes(bytes) {
        Some(t) => vm.new_wtf8(t),
        None => vm.new_str(&String::from_utf8_lossy(bytes)),
    }
}
