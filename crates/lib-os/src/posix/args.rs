//! Arguments of `posix` functions: paths, descriptors, ids.

use crate::util;
use taipan_host::{Fd, HostError, HostResult};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

/// A path-like argument: bytes for the system, the object for error messages, perhaps a descriptor instead.
pub struct Path {
    pub value: Value,
    pub bytes: Vec<u8>,
    pub fd: Option<Fd>,
    /// Names that come back are bytes.
    pub is_bytes: bool,
}

/// What a path argument may be beside a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum May {
    Path,
    Fd,
    FdOrNone,
}

pub fn path(vm: &Vm, func: &str, arg: &str, v: &Value, may: May) -> PyResult<Path> {
    if may == May::FdOrNone && v.is_none() {
        return Ok(Path { value: Value::NONE, bytes: b".".to_vec(), fd: None, is_bytes: false });
    }
    let is_number =
        int_value(v).is_some() || (vm.type_of(v).slots.index.get().is_some() && !v.is_instance_of::<Str>());
    if may != May::Path && is_number {
        if v.as_bool().is_some() {
            vm.warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        let fd = i32_of(vm, v, "fd")?;
        return Ok(Path { value: v.clone(), bytes: Vec::new(), fd: Some(fd), is_bytes: false });
    }
    let plain = if v.is_instance_of::<Str>() || v.is_instance_of::<Bytes>() {
        v.clone()
    } else {
        let Some(p) = util::call_fspath(vm, v)? else {
            let allowed = match may {
                May::Path => "string, bytes or os.PathLike",
                May::Fd => "string, bytes, os.PathLike or integer",
                May::FdOrNone => "string, bytes, os.PathLike, integer or None",
            };
            return Err(vm.type_error(format_args!(
                "{func}: {arg} should be {allowed}, not {}",
                vm.type_of(v).name()
            )));
        };
        if !(p.is_instance_of::<Str>() || p.is_instance_of::<Bytes>()) {
            return Err(vm.type_error(format_args!(
                "expected {}.__fspath__() to return str or bytes, not {}",
                vm.type_of(v).name(),
                vm.type_of(&p).name()
            )));
        }
        p
    };
    let bytes = util::path_bytes(vm, &plain)?;
    if bytes.contains(&0) {
        return Err(vm.value_error(format_args!("{func}: embedded null character in {arg}")));
    }
    let is_bytes = plain.is_instance_of::<Bytes>();
    Ok(Path { value: v.clone(), bytes, fd: None, is_bytes })
}

impl Path {
    /// `OSError` with this name.
    #[cold]
    pub fn error(&self, vm: &Vm, e: HostError) -> Raised {
        vm.os_error(e, Some(&self.value).filter(|v| !v.is_none()))
    }

    pub fn check<T>(&self, vm: &Vm, r: HostResult<T>) -> PyResult<T> {
        r.map_err(|e| self.error(vm, e))
    }

    /// A name of the system as this argument's kind of string.
    pub fn name(&self, vm: &Vm, bytes: &[u8]) -> Value {
        if self.is_bytes { vm.new_bytes(bytes).into_value() } else { util::fs_decode(vm, bytes) }
    }
}

/// `OSError` with two names.
#[cold]
pub fn error2(vm: &Vm, e: HostError, a: &Path, b: &Path) -> Raised {
    taipan_vm::errors::exception::raise_os_error(vm, e, Some(&a.value), Some(&b.value))
}

/// A C `int`.
pub fn i32_of(vm: &Vm, v: &Value, what: &str) -> PyResult<i32> {
    let n = vm.index_i64(v, &format!("{what} is greater than maximum"))?;
    match i32::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) if n > 0 => Err(vm.overflow_error(format_args!("{what} is greater than maximum"))),
        Err(_) => Err(vm.overflow_error(format_args!("{what} is less than minimum"))),
    }
}

/// `dir_fd`.
pub fn dir_fd(vm: &Vm, v: Option<&Value>) -> PyResult<Option<Fd>> {
    match v.filter(|v| !v.is_none()) {
        None => Ok(None),
        Some(v) if int_value(v).is_some() || vm.type_of(v).slots.index.get().is_some() => {
            i32_of(vm, v, "fd").map(Some)
        }
        Some(v) => {
            Err(vm
                .type_error(format_args!("argument should be integer or None, not {}", vm.type_of(v).name())))
        }
    }
}

/// A descriptor, or an object with `fileno()`.
pub fn fileno(vm: &Vm, v: &Value) -> PyResult<Fd> {
    let n = if int_value(v).is_some() {
        if v.as_bool().is_some() {
            vm.warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        v.clone()
    } else {
        match vm.lookup_attr(v, &vm.names.fileno)? {
            Some(f) => {
                let r = vm.call0(&f)?;
                if int_value(&r).is_none() {
                    return Err(vm.type_error("fileno() returned a non-integer"));
                }
                r
            }
            None => return Err(vm.type_error("argument must be an int, or have a fileno() method.")),
        }
    };
    let fd = vm.index_i64(&n, "Python int too large to convert to C int")?;
    let fd = i32::try_from(fd).map_err(|_| vm.overflow_error("Python int too large to convert to C int"))?;
    if fd < 0 {
        return Err(vm.value_error(format_args!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

/// A user or group id; -1 leaves things alone.
pub fn id(vm: &Vm, what: &str, v: &Value) -> PyResult<u32> {
    if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!("{what} should be integer, not {}", vm.type_of(v).name())));
    }
    let n = vm.index_i64(v, &format!("{what} is greater than maximum"))?;
    match n {
        -1 => Ok(u32::MAX),
        n if n < -1 => Err(vm.overflow_error(format_args!("{what} is less than minimum"))),
        n => u32::try_from(n).map_err(|_| vm.overflow_error(format_args!("{what} is greater than maximum"))),
    }
}

/// A list or tuple of path-like strings, as `exec` takes them.
pub fn strings(vm: &Vm, v: &Value) -> PyResult<Vec<Vec<u8>>> {
    vm.collect(v)?.iter().map(|s| util::fs_convert(vm, s)).collect()
}

/// An environment mapping as `NAME=value`.
pub fn environment(vm: &Vm, func: &str, env: &Value) -> PyResult<Vec<Vec<u8>>> {
    let (Some(keys), Some(values)) = (vm.lookup_attr_str(env, "keys")?, vm.lookup_attr_str(env, "values")?)
    else {
        return Err(vm.type_error(format_args!("{func}: environment must be a mapping object")));
    };
    let keys = vm.collect(&vm.call0(&keys)?)?;
    let values = vm.collect(&vm.call0(&values)?)?;
    let mut out = Vec::new();
    for (k, v) in keys.iter().zip(&values) {
        let k = util::fs_convert(vm, k)?;
        let v = util::fs_convert(vm, v)?;
        if k.is_empty() || k.get(1..).is_some_and(|k| k.contains(&b'=')) {
            return Err(vm.value_error("illegal environment variable name"));
        }
        out.push([k.as_slice(), b"=", v.as_slice()].concat());
    }
    Ok(out)
}
