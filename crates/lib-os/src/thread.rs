//! Module `_thread`: starting threads, locks, thread-local objects.

use crate::util;
use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use taipan_vm::errors::exc;
use taipan_vm::modules::sys;
use taipan_vm::prelude::*;
use taipan_vm::structseq;
use taipan_vm::types::numbers::{float_value, int_value};

/// What the module keeps per interpreter.
#[derive(Default)]
pub struct ThreadState {
    main: Cell<Option<u64>>,
    stack_size: Cell<usize>,
    /// Handles of threads that run, and whether the end of the interpreter waits for them.
    handles: Guarded<Vec<(Arc<Handle>, bool)>>,
    locals: Guarded<Vec<Weak<LocalDicts>>>,
}

/// The number of the calling thread.
pub fn ident(vm: &Vm) -> u64 {
    vm.host().thread_ident()
}

/// The first thread that asks is the main one: `start` asks.
pub fn main_ident(vm: &Vm) -> u64 {
    let main = &vm.state::<ThreadState>().main;
    match main.get() {
        Some(n) => n,
        None => {
            let n = ident(vm);
            main.set(Some(n));
            n
        }
    }
}

pub fn is_main(vm: &Vm) -> bool {
    main_ident(vm) == ident(vm)
}

/// In a forked child the forking thread is the only and thus the main one.
pub fn after_fork_child(vm: &Vm) {
    vm.turn.only_this_thread();
    vm.forget_other_threads();
    let s = vm.state::<ThreadState>();
    let me = ident(vm);
    s.main.set(Some(me));
    for (handle, _) in s.handles.take() {
        // A thread that is not there may hold it; then nobody has the handle in hand.
        if let Ok(mut run) = handle.run.try_lock()
            && run.1 != me
        {
            run.0 = Run::Done;
        }
    }
}

pub fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nanoseconds to wait; `None`: for ever.
pub type Timeout = Option<i64>;

/// A condition variable that makes no system call when nobody waits. What it tells of lies behind a mutex, as usual: those
/// who wait are counted while they hold it.
#[derive(Default)]
pub struct Bell {
    rung: Condvar,
    waiting: AtomicUsize,
}

impl Bell {
    /// Called after what is waited for has changed.
    pub fn wake_one(&self) {
        if self.waiting.load(Ordering::Relaxed) != 0 {
            self.rung.notify_one();
        }
    }

    pub fn wake_all(&self) {
        if self.waiting.load(Ordering::Relaxed) != 0 {
            self.rung.notify_all();
        }
    }

    fn wait_timeout<'a, T>(&self, guard: MutexGuard<'a, T>, time: Duration) -> MutexGuard<'a, T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = self.rung.wait_timeout(guard, time).unwrap_or_else(PoisonError::into_inner).0;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard
    }
}

/// Waits without the turn until `ready` answers something, looking at signals now and then.
pub fn wait<T, R>(
    vm: &Vm,
    m: &Mutex<T>,
    c: &Bell,
    timeout: Timeout,
    mut ready: impl FnMut(&mut T) -> Option<R>,
) -> PyResult<Option<R>> {
    let deadline = timeout.map(|t| vm.host().monotonic_ns().saturating_add(t));
    // Only the main thread is woken by signals.
    let slice = if is_main(vm) { Duration::from_millis(20) } else { Duration::from_millis(500) };
    loop {
        let got = vm.allow_threads(|| {
            let mut g = locked(m);
            if let Some(r) = ready(&mut g) {
                return Some(Some(r));
            }
            let left = deadline.map(|d| d - vm.host().monotonic_ns());
            let slice = match left {
                Some(n) if n <= 0 => return Some(None),
                Some(n) => slice.min(Duration::from_nanos(n as u64)),
                None => slice,
            };
            let mut g = c.wait_timeout(g, slice);
            ready(&mut g).map(Some)
        });
        if let Some(r) = got {
            return Ok(r);
        }
        util::poll(vm)?;
    }
}

/// Seconds as a timeout in nanoseconds, rounded up.
pub fn nanoseconds(vm: &Vm, v: &Value) -> PyResult<i64> {
    let too_large = || vm.overflow_error("timestamp out of range for platform time_t");
    if let Some(f) = float_value(v) {
        if f.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        const TWO_63: f64 = 9_223_372_036_854_775_808.0;
        let ns = (f * 1e9).ceil();
        return if (-TWO_63..TWO_63).contains(&ns) { Ok(ns as i64) } else { Err(too_large()) };
    }
    if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "'{}' object cannot be interpreted as an integer or float",
            vm.type_of(v).name()
        )));
    }
    let n = vm.index_i64(v, "timestamp too large to convert to C PyTime_t")?;
    n.checked_mul(1_000_000_000).ok_or_else(too_large)
}

/// The arguments of `acquire`: whether and how long to wait. `Some(0)`: not at all.
fn acquire_args(vm: &Vm, blocking: bool, timeout: Option<&Value>) -> PyResult<Timeout> {
    let t = match timeout {
        None => -1_000_000_000,
        Some(v) => nanoseconds(vm, v)?,
    };
    let unset = t == -1_000_000_000;
    if !blocking && !unset {
        return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
    }
    if t < 0 && !unset {
        return Err(vm.value_error("timeout value must be a non-negative number"));
    }
    Ok(match (blocking, unset) {
        (false, _) => Some(0),
        (true, true) => None,
        (true, false) => Some(t),
    })
}

#[derive(Default)]
struct LockState {
    held: Mutex<bool>,
    freed: Bell,
}

/// A lock object is a synchronization primitive.  To create a lock,
/// call threading.Lock().
#[pytype(name = "lock", module = "_thread", flags(WEAKREF))]
#[derive(Trace, Default)]
pub struct Lock {
    #[notrace]
    state: Arc<LockState>,
}

impl Slots for Lock {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(lock_repr), ..SlotDefs::NONE };
}

fn lock_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(l) = v.downcast::<Lock>() else { return Err(vm.type_error("not a lock")) };
    let word = if *locked(&l.state.held) { "locked" } else { "unlocked" };
    let at = v.as_ptr().map_or(0, |p| p.as_ptr() as usize);
    Ok(vm.new_str(&format!("<{word} {} object at {at:#x}>", util::type_name(vm, v))).into_value())
}

impl Lock {
    fn take_it(&self, vm: &Vm, timeout: Timeout) -> PyResult<bool> {
        let claim = |held: &mut bool| (!std::mem::replace(held, true)).then_some(());
        if claim(&mut locked(&self.state.held)).is_some() {
            return Ok(true);
        }
        if timeout == Some(0) {
            return Ok(false);
        }
        let state = Arc::clone(&self.state);
        Ok(wait(vm, &state.held, &state.freed, timeout, claim)?.is_some())
    }

    fn let_go(&self, vm: &Vm) -> PyResult<()> {
        if !std::mem::replace(&mut *locked(&self.state.held), false) {
            return Err(vm.runtime_error("release unlocked lock"));
        }
        self.state.freed.wake_one();
        Ok(())
    }
}

#[pymethods]
impl Lock {
    #[pynew("lock()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Lock::default())?.into_value())
    }

    /// Lock the lock.
    ///
    /// Without argument, this blocks if the lock is already
    /// locked (even by the same thread), waiting for another thread to release
    /// the lock, and return True once the lock is acquired.
    /// With an argument, this will only block if the argument is true,
    /// and the return value reflects whether the lock is acquired.
    /// The blocking operation is interruptible.
    #[pymethod("acquire($self, /, blocking=True, timeout=-1)")]
    #[pymethod("acquire_lock($self, /, blocking=True, timeout=-1)")]
    fn acquire(vm: &Vm, zelf: &Gc<Lock>, blocking: bool, #[raw] timeout: Option<&Value>) -> PyResult<bool> {
        let t = acquire_args(vm, blocking, timeout)?;
        let taken = zelf.take_it(vm, t)?;
        // What a signal asks for is raised here, where the caller is prepared for it, and not on its way out.
        util::poll(vm)?;
        Ok(taken)
    }

    /// Release the lock, allowing another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// but it needn't be locked by the same thread that unlocks it.
    #[pymethod("release($self, /)")]
    #[pymethod("release_lock($self, /)")]
    fn release(vm: &Vm, zelf: &Gc<Lock>) -> PyResult<()> {
        zelf.let_go(vm)
    }

    /// Return whether the lock is in the locked state.
    #[pymethod("locked($self, /)")]
    #[pymethod("locked_lock($self, /)")]
    fn locked(_vm: &Vm, zelf: &Gc<Lock>) -> bool {
        *locked(&zelf.state.held)
    }

    /// Lock the lock.
    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<Lock>) -> PyResult<bool> {
        zelf.take_it(vm, None)
    }

    /// Release the lock.
    #[pymethod(no_text, "__exit__($self, /, *exc_info)")]
    fn exit(vm: &Vm, zelf: &Gc<Lock>, _args: &[Value]) -> PyResult<()> {
        zelf.let_go(vm)
    }

    #[pymethod("_at_fork_reinit($self, /)")]
    fn at_fork_reinit(_vm: &Vm, zelf: &Gc<Lock>) {
        *locked(&zelf.state.held) = false;
    }
}

#[derive(Default)]
struct RLockState {
    /// Owner and how often it holds the lock; owner 0: nobody.
    held: Mutex<(u64, usize)>,
    freed: Bell,
}

/// A reentrant lock.
#[pytype(name = "RLock", module = "_thread", flags(BASETYPE, WEAKREF))]
#[derive(Trace, Default)]
pub struct RLock {
    #[notrace]
    state: Arc<RLockState>,
}

impl Slots for RLock {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(rlock_repr), ..SlotDefs::NONE };
}

fn rlock_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(l) = v.downcast::<RLock>() else { return Err(vm.type_error("not an RLock")) };
    let (owner, count) = *locked(&l.state.held);
    let word = if count > 0 { "locked" } else { "unlocked" };
    let at = v.as_ptr().map_or(0, |p| p.as_ptr() as usize);
    let ty = util::type_name(vm, v);
    Ok(vm.new_str(&format!("<{word} {ty} object owner={owner} count={count} at {at:#x}>")).into_value())
}

impl RLock {
    fn take_it(&self, vm: &Vm, timeout: Timeout, count: usize) -> PyResult<bool> {
        let me = ident(vm);
        let claim = move |h: &mut (u64, usize)| {
            if h.1 == 0 {
                *h = (me, count);
                Some(())
            } else if h.0 == me {
                h.1 += count;
                Some(())
            } else {
                None
            }
        };
        if claim(&mut locked(&self.state.held)).is_some() {
            return Ok(true);
        }
        if timeout == Some(0) {
            return Ok(false);
        }
        let state = Arc::clone(&self.state);
        Ok(wait(vm, &state.held, &state.freed, timeout, claim)?.is_some())
    }

    fn let_go(&self, vm: &Vm, all: bool) -> PyResult<(u64, usize)> {
        let me = ident(vm);
        let mut h = locked(&self.state.held);
        if h.1 == 0 || h.0 != me {
            drop(h);
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        let was = *h;
        h.1 = if all { 0 } else { h.1 - 1 };
        if h.1 == 0 {
            h.0 = 0;
            self.state.freed.wake_one();
        }
        Ok(was)
    }
}

#[pymethods]
impl RLock {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, RLock::default())?.into_value())
    }

    /// Lock the lock.
    #[pymethod("acquire($self, /, blocking=True, timeout=-1)")]
    fn acquire(vm: &Vm, zelf: &Gc<RLock>, blocking: bool, #[raw] timeout: Option<&Value>) -> PyResult<bool> {
        let t = acquire_args(vm, blocking, timeout)?;
        let taken = zelf.take_it(vm, t, 1)?;
        util::poll(vm)?;
        Ok(taken)
    }

    /// Release the lock.
    #[pymethod("release($self, /)")]
    fn release(vm: &Vm, zelf: &Gc<RLock>) -> PyResult<()> {
        zelf.let_go(vm, false).map(drop)
    }

    /// Return a boolean indicating whether this object is locked right now.
    #[pymethod("locked($self, /)")]
    fn locked(_vm: &Vm, zelf: &Gc<RLock>) -> bool {
        locked(&zelf.state.held).1 > 0
    }

    #[pymethod("__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<RLock>) -> PyResult<bool> {
        zelf.take_it(vm, None, 1)
    }

    #[pymethod(no_text, "__exit__($self, /, *exc_info)")]
    fn exit(vm: &Vm, zelf: &Gc<RLock>, _args: &[Value]) -> PyResult<()> {
        zelf.let_go(vm, false).map(drop)
    }

    /// For internal use by `threading.Condition`.
    #[pymethod("_is_owned($self, /)")]
    fn is_owned(vm: &Vm, zelf: &Gc<RLock>) -> bool {
        let (owner, count) = *locked(&zelf.state.held);
        count > 0 && owner == ident(vm)
    }

    /// For internal use by reentrancy assertions.
    #[pymethod("_recursion_count($self, /)")]
    fn recursion_count(vm: &Vm, zelf: &Gc<RLock>) -> usize {
        let (owner, count) = *locked(&zelf.state.held);
        if owner == ident(vm) { count } else { 0 }
    }

    /// For internal use by `threading.Condition`.
    #[pymethod("_release_save($self, /)")]
    fn release_save(vm: &Vm, zelf: &Gc<RLock>) -> PyResult<(usize, u64)> {
        let (owner, count) = zelf.let_go(vm, true)?;
        Ok((count, owner))
    }

    /// For internal use by `threading.Condition`.
    #[pymethod("_acquire_restore($self, state, /)")]
    fn acquire_restore(vm: &Vm, zelf: &Gc<RLock>, state: &Value) -> PyResult<()> {
        let count = match state.downcast::<Tuple>().and_then(|t| t.get(0).cloned()) {
            Some(n) => usize::from_arg(vm, &n)?,
            None => return Err(vm.type_error("_acquire_restore() argument 1 must be a 2-item tuple")),
        };
        zelf.take_it(vm, None, count).map(drop)
    }

    #[pymethod("_at_fork_reinit($self, /)")]
    fn at_fork_reinit(_vm: &Vm, zelf: &Gc<RLock>) {
        *locked(&zelf.state.held) = (0, 0);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Run {
    #[default]
    NotStarted,
    Running,
    Done,
}

/// What a thread and those who wait for it share.
#[derive(Default)]
pub struct Handle {
    run: Mutex<(Run, u64)>,
    done: Bell,
}

impl Handle {
    fn finish(&self) {
        locked(&self.run).0 = Run::Done;
        self.done.wake_all();
    }

    fn join(&self, vm: &Vm, timeout: Timeout) -> PyResult<bool> {
        Ok(wait(vm, &self.run, &self.done, timeout, |r| (r.0 == Run::Done).then_some(()))?.is_some())
    }
}

fn no_new_thread(vm: &Vm) -> PyResult<()> {
    if sys::is_finalizing(vm) {
        return Err(
            vm.raise_new(&exc::PythonFinalizationError, "can't create new thread at interpreter shutdown")
        );
    }
    Ok(())
}

/// The object through which `threading` knows a thread.
#[pytype(name = "_ThreadHandle", module = "_thread", flags(WEAKREF))]
#[derive(Trace, Default)]
pub struct ThreadHandle {
    #[notrace]
    handle: Arc<Handle>,
}

impl Slots for ThreadHandle {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(handle_repr), ..SlotDefs::NONE };
}

fn handle_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(h) = v.downcast::<ThreadHandle>() else { return Err(vm.type_error("not a thread handle")) };
    let id = locked(&h.handle.run).1;
    Ok(vm.new_str(&format!("<{} object: ident={id}>", util::type_name(vm, v))).into_value())
}

#[pymethods]
impl ThreadHandle {
    #[pynew("_ThreadHandle()")]
    fn new(vm: &Vm, cls: &Gc<Type>) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, ThreadHandle::default())?.into_value())
    }

    #[pymethod("join($self, timeout=None, /)")]
    fn join(vm: &Vm, zelf: &Gc<ThreadHandle>, timeout: Option<&Value>) -> PyResult<()> {
        let t = match timeout {
            None => None,
            Some(v) => Some(nanoseconds(vm, v)?).filter(|n| *n >= 0),
        };
        let (run, id) = *locked(&zelf.handle.run);
        if run == Run::NotStarted {
            return Err(vm.runtime_error("thread not started"));
        }
        if run == Run::Running && id == ident(vm) {
            return Err(vm.runtime_error("Cannot join current thread"));
        }
        // No other thread runs any more, so this one would wait for ever.
        if run != Run::Done && sys::is_finalizing(vm) {
            return Err(
                vm.raise_new(&exc::PythonFinalizationError, "cannot join thread at interpreter shutdown")
            );
        }
        zelf.handle.join(vm, t)?;
        util::poll(vm)
    }

    #[pymethod("_set_done($self, /)")]
    fn set_done(vm: &Vm, zelf: &Gc<ThreadHandle>) -> PyResult<()> {
        if locked(&zelf.handle.run).0 == Run::NotStarted {
            return Err(vm.runtime_error("thread not started"));
        }
        zelf.handle.finish();
        Ok(())
    }

    #[pymethod("is_done($self, /)")]
    fn is_done(_vm: &Vm, zelf: &Gc<ThreadHandle>) -> bool {
        locked(&zelf.handle.run).0 == Run::Done
    }

    #[pygetter("ident")]
    fn ident(_vm: &Vm, zelf: &Gc<ThreadHandle>) -> u64 {
        locked(&zelf.handle.run).1
    }
}

/// Stack of a thread, bytes; only what is touched becomes memory. The size that C programs have too: glibc keeps up to 40 MiB of
/// ended threads' stacks for the next ones, which then need no new mapping and take no page faults.
const STACK: usize = 8 << 20;

/// Starts a thread that calls `function`.
fn start(
    vm: &Vm,
    function: &Value,
    args: Vec<Value>,
    kwargs: Vec<(Value, Value)>,
    handle: Arc<Handle>,
    joined: bool,
) -> PyResult<u64> {
    if locked(&handle.run).0 != Run::NotStarted {
        return Err(vm.runtime_error("thread already started"));
    }
    let size = match vm.state::<ThreadState>().stack_size.get() {
        0 => STACK,
        n => n.max(STACK / 4),
    };
    main_ident(vm);
    let (function, theirs) = (function.clone(), Arc::clone(&handle));
    let body = move |vm: &Vm| {
        let me = ident(vm);
        if vm.call_kw(&function, &args, &kwargs).is_err() {
            if vm.raised_is(&exc::SystemExit) {
                drop(vm.take_raised());
            } else {
                vm.unraisable("Exception ignored in thread started by", Some(&function));
            }
        }
        drop((function, args, kwargs));
        forget_locals(vm, me);
        vm.state::<ThreadState>().handles.with_mut(|l| l.retain(|(h, _)| !Arc::ptr_eq(h, &theirs)));
        theirs.finish();
    };
    match vm.spawn_thread(size, Box::new(body)) {
        Ok(id) => {
            // It waits for the turn, which this one has.
            *locked(&handle.run) = (Run::Running, id);
            vm.state::<ThreadState>().handles.with_mut(|l| l.push((handle, joined)));
            Ok(id)
        }
        Err(_) => Err(vm.runtime_error("can't start new thread")),
    }
}

/// Waits for the threads that are not daemons.
pub fn shutdown(vm: &Vm) -> PyResult<()> {
    loop {
        let me = ident(vm);
        let next = vm.state::<ThreadState>().handles.with_mut(|l| {
            l.retain(|(h, _)| locked(&h.run).0 != Run::Done);
            l.iter().find(|(h, joined)| *joined && locked(&h.run).1 != me).map(|(h, _)| h.clone())
        });
        let Some(h) = next else { return Ok(()) };
        h.join(vm, None)?;
    }
}

/// The attributes of a thread-local object: one dict for each thread.
#[derive(Default)]
struct LocalDicts {
    by_thread: Guarded<Vec<(u64, Gc<Dict>)>>,
}

/// A thread ends: its attributes of all thread-local objects go.
fn forget_locals(vm: &Vm, thread: u64) {
    let s = vm.state::<ThreadState>();
    let alive: Vec<Rc<LocalDicts>> = s.locals.with_mut(|l| {
        l.retain(|w| w.strong_count() > 0);
        l.iter().filter_map(Weak::upgrade).collect()
    });
    for l in alive {
        let gone = l.by_thread.with_mut(|d| {
            let (gone, keep) = std::mem::take(d).into_iter().partition(|(t, _)| *t == thread);
            *d = keep;
            let gone: Vec<(u64, Gc<Dict>)> = gone;
            gone
        });
        drop(gone);
    }
}

/// Thread-local data
#[pytype(name = "_local", module = "_thread", flags(BASETYPE, GC, WEAKREF))]
pub struct Local {
    dicts: Rc<LocalDicts>,
    args: Vec<Value>,
    kwargs: Vec<(Value, Value)>,
}

impl Trace for Local {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.dicts.by_thread.with(|d| d.iter().for_each(|(_, d)| visit(d.as_value())));
        self.args.iter().for_each(&mut *visit);
        for (k, v) in &self.kwargs {
            visit(k);
            visit(v);
        }
    }
    fn unlink(&self) {
        drop(self.dicts.by_thread.take());
    }
}

impl Slots for Local {
    const SLOTS: SlotDefs =
        SlotDefs { getattro: Some(local_get), setattro: Some(local_set), ..SlotDefs::NONE };
}

/// The calling thread's dict, made (and the object initialised again) on the first use by this thread.
fn local_dict(vm: &Vm, v: &Value) -> PyResult<Gc<Dict>> {
    let Some(l) = v.downcast::<Local>() else { return Err(vm.type_error("not a _local")) };
    let me = ident(vm);
    let find = || l.dicts.by_thread.with(|d| d.iter().find(|(t, _)| *t == me).map(|(_, d)| d.clone()));
    if let Some(d) = find() {
        return Ok(d);
    }
    let d = vm.new_dict();
    l.dicts.by_thread.with_mut(|all| all.push((me, d.clone())));
    let ty = vm.type_of(v).clone();
    if let Some(init) = ty.slots.init.get()
        && !ty.is(&vm.native_type::<Local>())
    {
        let mut all = l.args.clone();
        all.extend(l.kwargs.iter().map(|(_, v)| v.clone()));
        let names = vm.new_tuple(l.kwargs.iter().map(|(k, _)| k.clone()).collect());
        let args = CallArgs { all: &all, kwnames: Some(&names).filter(|n| !n.is_empty()) };
        if let Err(raised) = init(vm, v, args) {
            let gone = l
                .dicts
                .by_thread
                .with_mut(|all| all.iter().position(|(t, _)| *t == me).map(|i| all.swap_remove(i)));
            drop(gone);
            return Err(raised);
        }
    }
    Ok(d)
}

fn local_get(vm: &Vm, v: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    let d = local_dict(vm, v)?;
    if name.as_bytes() == b"__dict__" {
        return Ok(d.into_value());
    }
    let ty = vm.type_of(v).clone();
    let on_class = ty.lookup(vm, name);
    let getter = on_class.as_ref().and_then(|c| {
        let t = vm.type_of(c);
        t.slots.descr_get.get().map(|g| (g, t.slots.descr_set.get().is_some()))
    });
    if let (Some(c), Some((get, true))) = (&on_class, getter) {
        return get(vm, c, Some(v), ty.as_value());
    }
    if let Some(found) = d.get_str(vm, name) {
        return Ok(found);
    }
    match (on_class, getter) {
        (Some(c), Some((get, _))) => get(vm, &c, Some(v), ty.as_value()),
        (Some(c), None) => Ok(c),
        (None, _) => Err(vm.no_attribute(v, name)),
    }
}

fn local_set(vm: &Vm, v: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name = vm.attr_name(name)?;
    let d = local_dict(vm, v)?;
    if name.as_bytes() == b"__dict__" {
        return Err(vm.attribute_error(
            v,
            name,
            format_args!("'{}' object attribute '__dict__' is read-only", vm.type_of(v).name()),
        ));
    }
    let ty = vm.type_of(v).clone();
    if let Some(c) = ty.lookup(vm, name)
        && let Some(set) = vm.type_of(&c).slots.descr_set.get()
    {
        return set(vm, &c, v, value);
    }
    match value {
        Some(x) => {
            d.set_str(vm, name, x.clone());
            Ok(())
        }
        None => match d.remove_str(vm, name) {
            Some(old) => {
                drop(old);
                Ok(())
            }
            None => Err(vm.no_attribute(v, name)),
        },
    }
}

#[pymethods]
impl Local {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        let object_init = vm.types.object.slots.init.get();
        let own = match (cls.slots.init.get(), object_init) {
            (Some(a), Some(b)) => !std::ptr::fn_addr_eq(a, b),
            (a, _) => a.is_some(),
        };
        if !args.all.is_empty() && !own {
            return Err(vm.type_error("Initialization arguments are not supported"));
        }
        let dicts = Rc::new(LocalDicts::default());
        dicts.by_thread.with_mut(|d| d.push((ident(vm), vm.new_dict())));
        vm.state::<ThreadState>().locals.with_mut(|l| l.push(Rc::downgrade(&dicts)));
        let l = Local {
            dicts,
            args: args.pos().to_vec(),
            kwargs: args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect(),
        };
        Ok(vm.alloc_in(cls, l)?.into_value())
    }
}

structseq! {
    /// ExceptHookArgs
    ///
    /// Type used to pass arguments to threading.excepthook.
    pub EXCEPT_HOOK_ARGS = "_ExceptHookArgs" in "_thread", 4, [
        ("exc_type", "Exception type"), ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"), ("thread", "Thread")];
}

fn excepthook(vm: &Vm, args: &Value) -> PyResult<()> {
    let parts = args.downcast::<Tuple>().map(|t| t.items().to_vec());
    let Some([ty, value, tb, thread, ..]) = parts.as_deref() else {
        return Err(vm.type_error("_thread._excepthook argument type must be ExceptHookArgs"));
    };
    if ty.is(vm.type_for(&exc::SystemExit).as_value()) {
        return Ok(());
    }
    let mut file = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.stderr)).unwrap_or(Value::NONE);
    if file.is_none() {
        if thread.is_none() {
            return Ok(());
        }
        file = vm.get_attr_str(thread, "_stderr")?;
        if file.is_none() {
            return Ok(());
        }
    }
    let name = match vm.lookup_attr_str(thread, "name")?.filter(|_| !thread.is_none()) {
        Some(n) => vm.str(&n)?.to_string_lossy().into_owned(),
        None => ident(vm).to_string(),
    };
    let head = vm.new_str(&format!("Exception in thread {name}:\n")).into_value();
    vm.call_method_name(&file, &vm.names.write, &[head])?;
    let traceback = util::import(vm, "traceback")?;
    let print = vm.get_attr_str(&traceback, "print_exception")?;
    let kw = [(vm.intern("file").into_value(), file.clone())];
    vm.call_kw(&print, &[ty.clone(), value.clone(), tb.clone()], &kw)?;
    vm.call_method_name(&file, &vm.names.flush, &[]).map(drop)
}

/// This module provides primitive operations to write multi-threaded programs.
/// The 'threading' module provides a more convenient interface.
#[pymodule(name = "_thread")]
pub mod _thread {
    use super::*;

    /// Start a new thread and return its identifier.
    #[pyfn("start_new_thread(function, args, kwargs={}, /)")]
    #[pyfn("start_new(function, args, kwargs={}, /)")]
    fn start_new_thread(
        vm: &Vm,
        function: &Value,
        args: &Value,
        #[raw] kwargs: Option<&Value>,
    ) -> PyResult<u64> {
        if !vm.is_callable(function) {
            return Err(vm.type_error("first arg must be callable"));
        }
        let Some(args) = args.downcast::<Tuple>() else {
            return Err(vm.type_error("2nd arg must be a tuple"));
        };
        no_new_thread(vm)?;
        let given = kwargs.cloned();
        let kwargs = match kwargs {
            None => Vec::new(),
            Some(k) => match k.downcast::<Dict>() {
                Some(d) => d.pairs(),
                None => return Err(vm.type_error("optional 3rd arg must be a dictionary")),
            },
        };
        let event = [function.clone(), args.to_value(), given.unwrap_or(Value::NONE)];
        taipan_vm::modules::sys::audit(vm, "_thread.start_new_thread", &event)?;
        start(vm, function, args.items().to_vec(), kwargs, Arc::default(), false)
    }

    /// *For internal use only*: start a new thread.
    #[pyfn("start_joinable_thread(function, handle=None, daemon=True)")]
    fn start_joinable_thread(
        vm: &Vm,
        function: &Value,
        handle: Option<&Value>,
        daemon: bool,
    ) -> PyResult<Value> {
        if !vm.is_callable(function) {
            return Err(vm.type_error("thread function must be callable"));
        }
        no_new_thread(vm)?;
        let given = handle.cloned().unwrap_or(Value::NONE);
        let handle = match handle {
            None => vm.alloc(ThreadHandle::default()),
            Some(h) => match h.downcast::<ThreadHandle>() {
                Some(h) => h.clone(),
                None => return Err(vm.type_error("'handle' must be a _ThreadHandle")),
            },
        };
        let event = [function.clone(), vm.new_int(i64::from(daemon)), given];
        taipan_vm::modules::sys::audit(vm, "_thread.start_joinable_thread", &event)?;
        start(vm, function, Vec::new(), Vec::new(), Arc::clone(&handle.handle), !daemon)?;
        Ok(handle.into_value())
    }

    /// Return True if daemon threads are allowed in the current interpreter,
    /// and False otherwise.
    #[pyfn("daemon_threads_allowed()")]
    fn daemon_threads_allowed(_vm: &Vm) -> bool {
        true
    }

    /// Create a new lock object.
    #[pyfn("allocate_lock()")]
    #[pyfn("allocate()")]
    fn allocate_lock(vm: &Vm) -> Value {
        vm.alloc(Lock::default()).into_value()
    }

    /// This is synonymous to ``raise SystemExit''.
    #[pyfn("exit()")]
    #[pyfn("exit_thread()")]
    fn exit(vm: &Vm) -> PyResult<Value> {
        Err(vm.raise_args(&exc::SystemExit, Vec::new()))
    }

    /// Simulate the arrival of the given signal in the main thread.
    #[pyfn("interrupt_main(signum=2, /)")]
    fn interrupt_main(vm: &Vm, signum: i32) -> PyResult<()> {
        if !(1..65).contains(&signum) {
            return Err(vm.value_error("signal number out of range"));
        }
        crate::signal::trip(vm, signum);
        util::poll(vm)
    }

    /// Return a non-zero integer that uniquely identifies the current thread
    /// amongst other threads that exist simultaneously.
    #[pyfn("get_ident()")]
    fn get_ident(vm: &Vm) -> u64 {
        ident(vm)
    }

    /// Return a non-negative integer identifying the thread as reported
    /// by the OS (kernel).
    #[pyfn("get_native_id()")]
    fn get_native_id(vm: &Vm) -> i32 {
        vm.host().gettid()
    }

    #[pyfn("_count()")]
    fn count(vm: &Vm) -> usize {
        vm.turn.threads.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Return the thread stack size used when creating new threads.
    #[pyfn("stack_size(size=0, /)")]
    fn stack_size(vm: &Vm, #[raw] size: Option<&Value>) -> PyResult<usize> {
        let place = &vm.state::<ThreadState>().stack_size;
        let old = place.get();
        if let Some(v) = size {
            let n = isize::from_arg(vm, v)?;
            if n < 0 {
                return Err(vm.value_error("size must be 0 or a positive value"));
            }
            if n != 0 && n < 32768 {
                return Err(vm.value_error(format_args!("size not valid: {n} bytes")));
            }
            place.set(n as usize);
        }
        Ok(old)
    }

    /// Handle uncaught Thread.run() exception.
    #[pyfn("_excepthook(args, /)")]
    fn _excepthook(vm: &Vm, args: &Value) -> PyResult<()> {
        excepthook(vm, args)
    }

    /// Return True if the current interpreter is the main Python interpreter.
    #[pyfn("_is_main_interpreter()")]
    fn is_main_interpreter(_vm: &Vm) -> bool {
        true
    }

    /// Wait for all non-daemon threads (other than the calling thread) to stop.
    #[pyfn("_shutdown()")]
    fn _shutdown(vm: &Vm) -> PyResult<()> {
        shutdown(vm)
    }

    /// Internal only. Make a thread handle for threads not spawned by the _thread or threading module.
    #[pyfn("_make_thread_handle(ident, /)")]
    fn make_thread_handle(vm: &Vm, ident: u64) -> Value {
        let h = Handle { run: Mutex::new((Run::Running, ident)), done: Bell::default() };
        vm.alloc(ThreadHandle { handle: Arc::new(h) }).into_value()
    }

    /// Internal only. Return a non-zero integer that uniquely identifies the main thread
    /// of the main interpreter.
    #[pyfn("_get_main_thread_ident()")]
    fn get_main_thread_ident(vm: &Vm) -> u64 {
        main_ident(vm)
    }

    #[pyconst("TIMEOUT_MAX")]
    const TIMEOUT_MAX: f64 = 9_223_372_036.0;

    #[pyconst("error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&exc::RuntimeError).into_value()
    }

    #[pyconst("LockType")]
    fn lock_type(vm: &Vm) -> Value {
        vm.native_type::<Lock>().into_value()
    }

    #[pyconst("_ExceptHookArgs")]
    fn except_hook_args(vm: &Vm) -> Value {
        taipan_vm::types::structseq::class(vm, &EXCEPT_HOOK_ARGS).into_value()
    }

    pytypes!(Lock, RLock, Local, ThreadHandle);
}

const _: fn(&Value) -> bool = |v| int_value(v).is_some();
