//! Modules `_multiprocessing` (semaphores between processes) and `_posixshmem` (shared memory by name).

use crate::util;
use std::cell::Cell;
use taipan_host::{HostError, Semaphore};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::float_value;

const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;
/// What `sem_t` can count to.
const SEM_VALUE_MAX: i64 = 0x7fff_ffff;

/// Semaphore/Mutex type
#[pytype(
    name = "SemLock",
    module = "_multiprocessing",
    signature = "(kind, value, maxvalue, name, unlink)",
    flags(BASETYPE),
    no_slots
)]
#[derive(Trace)]
pub struct SemLock {
    #[notrace]
    sem: Box<dyn Semaphore>,
    #[notrace]
    kind: i32,
    #[notrace]
    maxvalue: i32,
    /// How often the owner holds it.
    #[notrace]
    count: Cell<i32>,
    #[notrace]
    owner: Cell<u64>,
    #[notrace]
    name: Option<String>,
}

impl SemLock {
    fn is_mine(&self, vm: &Vm) -> bool {
        self.count.get() > 0 && self.owner.get() == vm.host().thread_ident()
    }

    fn taken(&self, vm: &Vm) {
        self.count.set(self.count.get() + 1);
        self.owner.set(vm.host().thread_ident());
    }

    fn grab(&self, vm: &Vm, block: bool, timeout: Option<&Value>) -> PyResult<bool> {
        if self.kind == RECURSIVE_MUTEX && self.is_mine(vm) {
            self.count.set(self.count.get() + 1);
            return Ok(true);
        }
        let limit = match timeout {
            None => None,
            Some(v) => {
                let seconds = match float_value(v) {
                    Some(f) => f,
                    None => vm.to_f64(v)?,
                };
                let ns = seconds.max(0.0) * 1e9;
                Some(if ns < 9e18 { ns as i64 } else { i64::MAX })
            }
        };
        // Most often it is free.
        match self.sem.wait(Some(0)) {
            Ok(()) => {
                self.taken(vm);
                return Ok(true);
            }
            Err(HostError::EAGAIN | HostError::EINTR) => {}
            Err(e) => return Err(vm.os_error(e, None)),
        }
        if !block {
            return Ok(false);
        }
        let deadline = limit.map(|t| vm.host().monotonic_ns().saturating_add(t));
        loop {
            let left = deadline.map(|d| (d - vm.host().monotonic_ns()).max(0));
            match vm.allow_threads(|| self.sem.wait(left)) {
                Ok(()) => {
                    self.taken(vm);
                    return Ok(true);
                }
                Err(HostError::EINTR) => util::poll(vm)?,
                Err(e) if e == HostError::EAGAIN || e.errno() == libc::ETIMEDOUT => return Ok(false),
                Err(e) => return Err(vm.os_error(e, None)),
            }
        }
    }

    fn let_go(&self, vm: &Vm) -> PyResult<()> {
        if self.kind == RECURSIVE_MUTEX {
            if !self.is_mine(vm) {
                return Err(vm.raise_new(
                    &exc::AssertionError,
                    "attempt to release recursive lock not owned by thread",
                ));
            }
            if self.count.get() > 1 {
                self.count.set(self.count.get() - 1);
                return Ok(());
            }
        } else {
            let value = util::os(vm, self.sem.value())?;
            if value >= self.maxvalue {
                return Err(vm.value_error("semaphore or lock released too many times"));
            }
        }
        util::os(vm, self.sem.post())?;
        self.count.set(self.count.get() - 1);
        Ok(())
    }
}

#[pymethods]
impl SemLock {
    #[pynew("SemLock(kind, value, maxvalue, name, unlink)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        kind: i32,
        value: i32,
        maxvalue: i32,
        name: &str,
        unlink: bool,
    ) -> PyResult<Value> {
        if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
            return Err(vm.value_error("unrecognized kind"));
        }
        let Ok(start) = u32::try_from(value) else {
            return Err(vm.os_error(HostError::EINVAL, None));
        };
        let host = vm.host();
        let sem = host.sem_open(name.as_bytes(), Some(start));
        let sem = util::os(vm, sem)?;
        if unlink {
            util::os(vm, host.sem_unlink(name.as_bytes()))?;
        }
        let lock = SemLock {
            sem,
            kind,
            maxvalue,
            count: Cell::new(0),
            owner: Cell::new(0),
            name: (!unlink).then(|| name.to_string()),
        };
        Ok(vm.alloc_in(cls, lock)?.into_value())
    }

    /// Acquire the semaphore/lock.
    #[pymethod("acquire($self, /, block=True, timeout=None)")]
    fn acquire(vm: &Vm, zelf: &Gc<SemLock>, block: bool, timeout: Option<&Value>) -> PyResult<bool> {
        zelf.grab(vm, block, timeout)
    }

    /// Release the semaphore/lock.
    #[pymethod("release($self, /)")]
    fn release(vm: &Vm, zelf: &Gc<SemLock>) -> PyResult<()> {
        zelf.let_go(vm)
    }

    /// Enter the semaphore/lock.
    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<SemLock>) -> PyResult<bool> {
        zelf.grab(vm, true, None)
    }

    /// Exit the semaphore/lock.
    #[pymethod("__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn exit(vm: &Vm, zelf: &Gc<SemLock>, _t: &Value, _v: &Value, _tb: &Value) -> PyResult<()> {
        zelf.let_go(vm)
    }

    /// Num of `acquire()`s minus num of `release()`s for this process.
    #[pymethod("_count($self, /)")]
    fn count(_vm: &Vm, zelf: &Gc<SemLock>) -> i32 {
        zelf.count.get()
    }

    /// Whether the lock is owned by this thread.
    #[pymethod("_is_mine($self, /)")]
    fn mine(vm: &Vm, zelf: &Gc<SemLock>) -> bool {
        zelf.is_mine(vm)
    }

    /// Get the value of the semaphore.
    #[pymethod("_get_value($self, /)")]
    fn value(vm: &Vm, zelf: &Gc<SemLock>) -> PyResult<i32> {
        Ok(util::os(vm, zelf.sem.value())?.max(0))
    }

    /// Return whether semaphore has value zero.
    #[pymethod("_is_zero($self, /)")]
    fn is_zero(vm: &Vm, zelf: &Gc<SemLock>) -> PyResult<bool> {
        Ok(util::os(vm, zelf.sem.value())? == 0)
    }

    /// Rezero the net acquisition count after fork().
    #[pymethod("_after_fork($self, /)")]
    fn after_fork(_vm: &Vm, zelf: &Gc<SemLock>) {
        zelf.count.set(0);
    }

    #[pyclassmethod("_rebuild($type, handle, kind, maxvalue, name, /)")]
    fn rebuild(
        vm: &Vm,
        cls: &Gc<Type>,
        _handle: &Value,
        kind: i32,
        maxvalue: i32,
        name: Option<&str>,
    ) -> PyResult<Value> {
        let Some(name) = name else {
            return Err(vm.value_error("a semaphore without a name cannot be rebuilt"));
        };
        let sem = util::os(vm, vm.host().sem_open(name.as_bytes(), None))?;
        let lock = SemLock {
            sem,
            kind,
            maxvalue,
            count: Cell::new(0),
            owner: Cell::new(0),
            name: Some(name.to_string()),
        };
        Ok(vm.alloc_in(cls, lock)?.into_value())
    }

    #[pygetter("handle")]
    fn handle(_vm: &Vm, zelf: &Gc<SemLock>) -> usize {
        zelf.sem.handle()
    }

    #[pygetter("kind")]
    fn kind(_vm: &Vm, zelf: &Gc<SemLock>) -> i32 {
        zelf.kind
    }

    #[pygetter("maxvalue")]
    fn maxvalue(_vm: &Vm, zelf: &Gc<SemLock>) -> i32 {
        zelf.maxvalue
    }

    #[pygetter("name")]
    fn name(_vm: &Vm, zelf: &Gc<SemLock>) -> Option<String> {
        zelf.name.clone()
    }

    #[pyconst("SEM_VALUE_MAX")]
    fn value_max(vm: &Vm) -> Value {
        vm.new_int(SEM_VALUE_MAX)
    }
}

#[pymodule(name = "_multiprocessing")]
pub mod _multiprocessing {
    use super::*;

    #[pyfn("sem_unlink(name, /)")]
    fn sem_unlink(vm: &Vm, name: &str) -> PyResult<()> {
        util::os(vm, vm.host().sem_unlink(name.as_bytes()))
    }

    #[pyconst("flags")]
    fn flags(vm: &Vm) -> PyResult<Value> {
        let d = vm.new_dict();
        for name in ["HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT"] {
            d.set(vm, vm.intern(name).as_value(), vm.new_int(1))?;
        }
        Ok(d.into_value())
    }

    pytypes!(SemLock);
}

/// A name of the system, without a NUL.
fn shm_name(vm: &Vm, path: &Value) -> PyResult<Vec<u8>> {
    let Some(s) = path.downcast::<Str>() else {
        return Err(vm.type_error(format_args!("argument must be str, not {}", vm.shown_type_name(path))));
    };
    let bytes = util::fs_encode(vm, s)?;
    if bytes.contains(&0) {
        return Err(vm.value_error("embedded null character"));
    }
    Ok(bytes)
}

/// POSIX shared memory module
#[pymodule(name = "_posixshmem")]
pub mod _posixshmem {
    use super::*;

    /// Open a shared memory object.  Returns a file descriptor (integer).
    #[pyfn("shm_open(path, flags, mode=511)")]
    fn shm_open(vm: &Vm, path: &Value, flags: i32, mode: i32) -> PyResult<i32> {
        let name = shm_name(vm, path)?;
        let r = util::retry(vm, || vm.host().shm_open(&name, flags, mode as u32))?;
        r.map_err(|e| vm.os_error(e, Some(path)))
    }

    /// Remove a shared memory object (similar to unlink()).
    ///
    /// Remove a shared memory object name, and, once all processes  have  unmapped
    /// the object, de-allocates and destroys the contents of the associated memory
    /// region.
    #[pyfn("shm_unlink(path, /)")]
    fn shm_unlink(vm: &Vm, path: &Value) -> PyResult<()> {
        let name = shm_name(vm, path)?;
        let r = util::retry(vm, || vm.host().shm_unlink(&name))?;
        r.map_err(|e| vm.os_error(e, Some(path)))
    }
}
