//! Modules `fcntl`, `resource` and `termios`.

use crate::posix::args::fileno;
use crate::posix::stat::{RUSAGE, rusage};
use crate::{numbers, util};
use taipan_host::Termios;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

fn constants(vm: &Vm, module: &Value, list: &[(&str, i64)]) -> PyResult<()> {
    for (name, n) in list {
        vm.set_attr_str(module, name, &vm.new_int(*n))?;
    }
    Ok(())
}

/// The argument of `fcntl` and `ioctl`: a number, or bytes that come back.
enum Arg {
    Number(i64),
    Data(Vec<u8>),
    Buffer(taipan_vm::types::buffer::Buffer),
}

fn arg(vm: &Vm, v: Option<&Value>, mutate: bool) -> PyResult<Arg> {
    let Some(v) = v else { return Ok(Arg::Number(0)) };
    if int_value(v).is_some() || vm.type_of(v).slots.index.get().is_some() {
        return Ok(Arg::Number(vm.index_i64(v, "Python int too large to convert to C long")?));
    }
    if let Some(s) = v.downcast::<Str>() {
        return Ok(Arg::Data(s.as_bytes().to_vec()));
    }
    if mutate && !v.is_instance_of::<Bytes>() {
        match util::writable(vm, v, "argument") {
            Ok(b) => return Ok(Arg::Buffer(b)),
            Err(Raised) => drop(vm.take_raised()),
        }
    }
    util::to_bytes(vm, v).map(Arg::Data)
}

/// The `fcntl` module: file and I/O control on file descriptors.
///
/// This module performs file control and I/O control on file
/// descriptors.  It is an interface to the fcntl() and ioctl() Unix
/// routines.  File descriptors can be obtained with the fileno() method of
/// a file or socket object.
#[pymodule(name = "fcntl")]
pub mod fcntl {
    use super::*;

    /// Perform the operation `cmd` on file descriptor fd.
    #[pyfn("fcntl(fd, cmd, arg=0, /)")]
    fn fcntl(vm: &Vm, fd: &Value, cmd: i32, #[raw] arg: Option<&Value>) -> PyResult<Value> {
        let fd = fileno(vm, fd)?;
        match super::arg(vm, arg, false)? {
            Arg::Number(n) => {
                let r = util::retry_os(vm, || vm.host().fcntl(fd, cmd, n))?;
                Ok(vm.new_int(i64::from(r)))
            }
            Arg::Data(mut data) => {
                if data.len() > 1024 {
                    return Err(vm.value_error("fcntl argument 3 is too long"));
                }
                util::retry_os(vm, || vm.host().fcntl_buffer(fd, cmd, &mut data))?;
                Ok(vm.new_bytes(&data).into_value())
            }
            Arg::Buffer(_) => Ok(Value::NONE),
        }
    }

    /// Perform the operation request on file descriptor fd.
    #[pyfn("ioctl(fd, request, arg=0, mutate_flag=True, /)")]
    fn ioctl(
        vm: &Vm,
        fd: &Value,
        request: &Value,
        #[raw] arg: Option<&Value>,
        mutate_flag: bool,
    ) -> PyResult<Value> {
        let fd = fileno(vm, fd)?;
        let request = vm.index_i64(request, "Python int too large to convert to C unsigned long")? as u64;
        match super::arg(vm, arg, mutate_flag)? {
            Arg::Number(n) => {
                let r = util::retry_os(vm, || vm.host().ioctl(fd, request, n))?;
                Ok(vm.new_int(i64::from(r)))
            }
            Arg::Data(mut data) => {
                if data.len() > 1024 {
                    return Err(vm.value_error("ioctl argument 3 is too long"));
                }
                util::retry_os(vm, || vm.host().ioctl_buffer(fd, request, &mut data))?;
                Ok(vm.new_bytes(&data).into_value())
            }
            Arg::Buffer(b) => {
                let mut data = b.bytes().to_vec();
                let r = util::retry_os(vm, || vm.host().ioctl_buffer(fd, request, &mut data))?;
                util::fill(&b, 0, &data);
                Ok(vm.new_int(i64::from(r)))
            }
        }
    }

    /// Perform the lock operation on file descriptor fd.
    #[pyfn("flock(fd, operation, /)")]
    fn flock(vm: &Vm, fd: &Value, operation: i32) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        util::retry_os(vm, || vm.host().flock(fd, operation))
    }

    /// A wrapper around the fcntl() locking calls.
    #[pyfn("lockf(fd, cmd, len=0, start=0, whence=0, /)")]
    fn lockf(vm: &Vm, fd: &Value, cmd: i32, len: i64, start: i64, whence: i32) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        util::retry_os(vm, || vm.host().lockf(fd, cmd, len, start, whence))
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        constants(vm, module, numbers::FCNTL)
    }
}

fn limit(vm: &Vm, v: &Value) -> PyResult<u64> {
    match vm.index_i64(v, "Python int too large to convert to C rlim_t")? {
        -1 => Ok(u64::MAX),
        n => Ok(n as u64),
    }
}

fn limits(vm: &Vm, v: &Value) -> PyResult<(u64, u64)> {
    match vm.collect(v)?.as_slice() {
        [soft, hard] => Ok((limit(vm, soft)?, limit(vm, hard)?)),
        _ => Err(vm.value_error("expected a tuple of 2 integers")),
    }
}

fn limit_pair(vm: &Vm, (soft, hard): (u64, u64)) -> Value {
    let one = |n: u64| if n == u64::MAX { vm.new_int(-1) } else { vm.new_uint(n) };
    vm.new_tuple(vec![one(soft), one(hard)]).into_value()
}

/// Limits and usage of the resources of processes.
#[pymodule(name = "resource")]
pub mod resource {
    use super::*;

    #[pyfn("getrusage(who, /)")]
    fn getrusage(vm: &Vm, who: i32) -> PyResult<Value> {
        match vm.host().getrusage(who) {
            Ok(u) => rusage(vm, &u),
            Err(taipan_host::HostError::EINVAL) => Err(vm.value_error("invalid who parameter")),
            Err(e) => Err(vm.os_error(e, None)),
        }
    }

    #[pyfn("getrlimit(resource, /)")]
    fn getrlimit(vm: &Vm, resource: i32) -> PyResult<Value> {
        if !(0..16).contains(&resource) {
            return Err(vm.value_error("invalid resource specified"));
        }
        let pair = util::os(vm, vm.host().getrlimit(resource as u32))?;
        Ok(limit_pair(vm, pair))
    }

    #[pyfn("setrlimit(resource, limits, /)")]
    fn setrlimit(vm: &Vm, resource: i32, limits: &Value) -> PyResult<()> {
        if !(0..16).contains(&resource) {
            return Err(vm.value_error("invalid resource specified"));
        }
        let (soft, hard) = super::limits(vm, limits)?;
        match vm.host().setrlimit(resource as u32, soft, hard) {
            Err(taipan_host::HostError::EINVAL) => Err(vm.value_error("current limit exceeds maximum limit")),
            Err(taipan_host::HostError::EPERM) => Err(vm.value_error("not allowed to raise maximum limit")),
            r => util::os(vm, r),
        }
    }

    #[pyfn("prlimit(pid, resource, limits=None, /)")]
    fn prlimit(vm: &Vm, pid: i32, resource: i32, limits: Option<&Value>) -> PyResult<Value> {
        if !(0..16).contains(&resource) {
            return Err(vm.value_error("invalid resource specified"));
        }
        let new = match limits {
            Some(l) => Some(super::limits(vm, l)?),
            None => None,
        };
        let pair = util::os(vm, vm.host().prlimit(pid, resource as u32, new))?;
        Ok(limit_pair(vm, pair))
    }

    #[pyfn("getpagesize()")]
    fn getpagesize(vm: &Vm) -> usize {
        vm.host().page_size()
    }

    #[pyconst("RLIM_INFINITY")]
    const RLIM_INFINITY: i64 = -1;

    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&exc::OSError).into_value()
    }

    #[pyconst("struct_rusage")]
    fn struct_rusage(vm: &Vm) -> Value {
        taipan_vm::types::structseq::class(vm, &RUSAGE).into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        constants(vm, module, numbers::RESOURCE)
    }
}

/// What `termios` keeps per interpreter.
#[derive(Default)]
struct TermState {
    error: ValueCell,
}

fn term_error_class(vm: &Vm) -> PyResult<Value> {
    let place = &vm.state::<TermState>().error;
    if let Some(c) = place.get() {
        return Ok(c);
    }
    let bases = vm.new_tuple(vec![vm.type_for(&exc::Exception).into_value()]).into_value();
    let dict = vm.dict_of(&[("__module__", vm.new_str("termios").into_value())]).into_value();
    let c = vm.call(vm.types.type_.as_value(), &[vm.new_str("error").into_value(), bases, dict])?;
    place.set(Some(c.clone()));
    Ok(c)
}

fn term<T>(vm: &Vm, r: taipan_host::HostResult<T>) -> PyResult<T> {
    match r {
        Ok(x) => Ok(x),
        Err(e) => {
            let args = [vm.new_int(i64::from(e.errno())), vm.new_str(&e.message()).into_value()];
            let e = vm.call(&term_error_class(vm)?, &args)?;
            Err(vm.raise(e))
        }
    }
}

/// This module provides an interface to the Posix calls for tty I/O control.
///
/// For a complete description of these calls, see the Posix or Unix manual
/// pages. It is only available for those Unix versions that support Posix
/// termios style tty I/O control (and then only if configured at installation
/// time).
///
/// All functions in this module take a file descriptor fd as their first
/// argument. This can be an integer file descriptor, such as returned by
/// sys.stdin.fileno(), or a file object, such as sys.stdin itself.
#[pymodule(name = "termios")]
pub mod termios {
    use super::*;

    /// Get the tty attributes for file descriptor fd.
    #[pyfn("tcgetattr(fd, /)")]
    fn tcgetattr(vm: &Vm, fd: &Value) -> PyResult<Vec<Value>> {
        let t = term(vm, vm.host().tcgetattr(fileno(vm, fd)?))?;
        let raw = t.lflag & libc::ICANON == 0;
        let cc =
            t.cc.iter()
                .enumerate()
                .map(|(i, b)| {
                    if raw && (i == libc::VMIN || i == libc::VTIME) {
                        vm.new_int(i64::from(*b))
                    } else {
                        vm.new_bytes(&[*b]).into_value()
                    }
                })
                .collect();
        let n = |n: u32| vm.new_int(i64::from(n));
        Ok(vec![
            n(t.iflag),
            n(t.oflag),
            n(t.cflag),
            n(t.lflag),
            n(t.ispeed),
            n(t.ospeed),
            vm.new_list(cc).into_value(),
        ])
    }

    /// Set the tty attributes for file descriptor fd.
    #[pyfn("tcsetattr(fd, when, attributes, /)")]
    fn tcsetattr(vm: &Vm, fd: &Value, when: i32, attributes: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        let wrong = || vm.type_error("tcsetattr, arg 3: must be 7 element list");
        let list = attributes.downcast::<List>().ok_or_else(wrong)?.to_vec();
        let [iflag, oflag, cflag, lflag, ispeed, ospeed, cc] = list.as_slice() else { return Err(wrong()) };
        let n = |v: &Value| -> PyResult<u32> {
            Ok(vm.index_i64(v, "Python int too large to convert to C long")? as u32)
        };
        let cc_list = cc.downcast::<List>().map(|l| l.to_vec()).unwrap_or_default();
        let mut t = Termios {
            iflag: n(iflag)?,
            oflag: n(oflag)?,
            cflag: n(cflag)?,
            lflag: n(lflag)?,
            ispeed: n(ispeed)?,
            ospeed: n(ospeed)?,
            cc: [0; 32],
        };
        if cc_list.len() != t.cc.len() {
            return Err(vm.type_error("tcsetattr: attributes[6] must be 32 element list"));
        }
        for (place, v) in t.cc.iter_mut().zip(&cc_list) {
            *place = match v.downcast::<Bytes>().map(|b| b.as_bytes().to_vec()).as_deref() {
                Some([b]) => *b,
                _ if int_value(v).is_some() => n(v)? as u8,
                _ => {
                    return Err(
                        vm.type_error("tcsetattr: elements of attributes must be characters or integers")
                    );
                }
            };
        }
        let r = vm.allow_threads(|| vm.host().tcsetattr(fd, when, &t));
        term(vm, r)
    }

    /// Send a break on file descriptor fd.
    #[pyfn("tcsendbreak(fd, duration, /)")]
    fn tcsendbreak(vm: &Vm, fd: &Value, duration: i32) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        let r = vm.allow_threads(|| vm.host().tcsendbreak(fd, duration));
        term(vm, r)
    }

    /// Wait until all output written to file descriptor fd has been transmitted.
    #[pyfn("tcdrain(fd, /)")]
    fn tcdrain(vm: &Vm, fd: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        let r = vm.allow_threads(|| vm.host().tcdrain(fd));
        term(vm, r)
    }

    /// Discard queued data on file descriptor fd.
    #[pyfn("tcflush(fd, queue, /)")]
    fn tcflush(vm: &Vm, fd: &Value, queue: i32) -> PyResult<()> {
        term(vm, vm.host().tcflush(fileno(vm, fd)?, queue))
    }

    /// Suspend or resume input or output on file descriptor fd.
    #[pyfn("tcflow(fd, action, /)")]
    fn tcflow(vm: &Vm, fd: &Value, action: i32) -> PyResult<()> {
        term(vm, vm.host().tcflow(fileno(vm, fd)?, action))
    }

    /// Get the tty winsize for file descriptor fd.
    #[pyfn("tcgetwinsize(fd, /)")]
    fn tcgetwinsize(vm: &Vm, fd: &Value) -> PyResult<(i64, i64)> {
        let (columns, lines) = term(vm, vm.host().terminal_size(fileno(vm, fd)?))?;
        Ok((i64::from(lines), i64::from(columns)))
    }

    /// Set the tty winsize for file descriptor fd.
    #[pyfn("tcsetwinsize(fd, winsize, /)")]
    fn tcsetwinsize(vm: &Vm, fd: &Value, winsize: &Value) -> PyResult<()> {
        let fd = fileno(vm, fd)?;
        match vm.collect(winsize)?.as_slice() {
            [lines, columns] => {
                let (lines, columns) = (u16::from_arg(vm, lines)?, u16::from_arg(vm, columns)?);
                term(vm, vm.host().set_terminal_size(fd, columns, lines))
            }
            _ => Err(vm.type_error("tcsetwinsize, arg 2: must be a two-item sequence")),
        }
    }

    #[pyconst("error")]
    fn error(vm: &Vm) -> PyResult<Value> {
        term_error_class(vm)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        constants(vm, module, numbers::TERMIOS)
    }
}
