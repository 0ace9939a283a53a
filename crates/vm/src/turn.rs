//! Whose turn it is: the threads of one interpreter are OS threads of which one at a time runs Python code.
//!
//! As long as there is only one thread, nothing here is touched: `active` is set when the first other thread starts.
//! A thread that waits longer than the switch interval sets the breaker's bit; whoever runs then yields at its next poll.
//! A thread that had its last turn only for a moment and gave it up itself, as one does that mostly waits for the world,
//! waits a tenth of the interval: it never gets more of the time than it leaves to others.

use crate::breaker::bit;
use crate::interp::Stacks;
use crate::vm::{Interp, Vm};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

#[derive(Default)]
struct State {
    held: bool,
    /// The thread that ends the interpreter: no other one gets the turn any more.
    closed_by: Option<ThreadId>,
    waiting: usize,
    /// Threads that gave the turn away and wait until another one has had it.
    giving: usize,
    /// Counts acquisitions, so that a yielding thread sees that another one had its turn.
    serial: u64,
    /// When the turn was taken, by the host's clock.
    since: i64,
}

/// What waiting threads look at; it outlives the interpreter as long as they wait.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The turn is free: for those who wait for it.
    free: Condvar,
    /// Somebody took it: for those who are `giving`.
    taken: Condvar,
    /// What stands in its place in a forked child: threads that are not there may hold the mutex, or be counted.
    next: OnceLock<Arc<Shared>>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calling thread takes the turn, which nobody has.
    fn take(&self, interp: &Interp, s: &mut State) {
        s.held = true;
        s.serial += 1;
        s.since = interp.config.host.monotonic_ns();
        if s.giving != 0 {
            self.taken.notify_all();
        }
    }
}

/// The turn of an interpreter.
pub struct Turn {
    active: AtomicBool,
    shared: Arc<Shared>,
    interval_us: AtomicU64,
    /// Threads started from Python and still running.
    pub threads: AtomicUsize,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn {
            active: AtomicBool::new(false),
            shared: Arc::default(),
            interval_us: AtomicU64::new(5000),
            threads: AtomicUsize::new(0),
        }
    }
}

impl Turn {
    fn shared(&self) -> &Arc<Shared> {
        let mut shared = &self.shared;
        while let Some(next) = shared.next.get() {
            shared = next;
        }
        shared
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared().state()
    }

    fn interval(&self) -> Duration {
        Duration::from_micros(self.interval_us.load(Ordering::Relaxed).max(1))
    }

    /// How long one who waits lets the others run before it asks for the turn.
    fn patience(&self, brief: bool) -> Duration {
        if brief { self.interval() / 10 } else { self.interval() }
    }

    /// `sys.setswitchinterval`, in microseconds.
    pub fn set_interval_us(&self, us: u64) {
        self.interval_us.store(us, Ordering::Relaxed);
    }

    pub fn interval_us(&self) -> u64 {
        self.interval_us.load(Ordering::Relaxed)
    }

    /// From now on there are several threads; the calling one has the turn.
    fn activate(&self, interp: &Interp) {
        if !self.active.swap(true, Ordering::SeqCst) {
            self.shared().take(interp, &mut self.state());
        }
    }

    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// Waits for the turn. After `close` it never comes, but for the thread that closed it. `brief`: the caller had its last
    /// turn only for a moment, see `release`.
    pub fn acquire(&self, interp: &Interp, brief: bool) {
        let mut s = self.state();
        if s.held || s.closed_by.is_some() {
            drop(s);
            self.wait(interp, brief);
        } else {
            self.shared().take(interp, &mut s);
            drop(s);
        }
        interp.breaker.clear(bit::TURN);
    }

    /// Waits until nobody has the turn, and takes it.
    fn wait(&self, interp: &Interp, brief: bool) {
        let me = std::thread::current().id();
        // Nothing of the interpreter may be touched once it is closed: it may be gone.
        let (shared, mut patience) = (self.shared().clone(), self.patience(brief));
        let mut s = shared.state();
        s.waiting += 1;
        loop {
            if s.closed_by.is_some_and(|t| t != me) {
                s.waiting -= 1;
                drop(s);
                loop {
                    std::thread::park();
                }
            }
            if !s.held {
                break;
            }
            let (guard, timeout) =
                shared.free.wait_timeout(s, patience).unwrap_or_else(PoisonError::into_inner);
            s = guard;
            if timeout.timed_out() && s.held && s.closed_by.is_none() {
                interp.breaker.set(bit::TURN);
                patience = self.interval();
            }
        }
        s.waiting -= 1;
        shared.take(interp, &mut s);
    }

    /// Gives the turn up. Answers whether the caller had it only for a moment: for less than `patience`.
    pub fn release(&self, interp: &Interp) -> bool {
        let shared = self.shared().clone();
        let mut s = shared.state();
        s.held = false;
        let had = interp.config.host.monotonic_ns().saturating_sub(s.since);
        let brief = u128::try_from(had).is_ok_and(|ns| ns < self.patience(true).as_nanos());
        let awaited = s.waiting != 0;
        drop(s);
        if awaited {
            shared.free.notify_one();
        }
        brief
    }

    /// Lets another thread run, if one waits.
    pub fn give(&self, interp: &Interp) {
        interp.breaker.clear(bit::TURN);
        if !self.is_active() {
            return;
        }
        let (shared, interval) = (self.shared().clone(), self.interval());
        let mut s = shared.state();
        if s.waiting == 0 || s.closed_by.is_some() {
            return;
        }
        let serial = s.serial;
        s.held = false;
        shared.free.notify_one();
        s.giving += 1;
        while s.serial == serial && s.waiting > 0 && s.closed_by.is_none() {
            s = shared.taken.wait_timeout(s, interval).unwrap_or_else(PoisonError::into_inner).0;
        }
        s.giving -= 1;
        let closed = s.closed_by.is_some_and(|t| t != std::thread::current().id());
        drop(s);
        if closed {
            loop {
                std::thread::park();
            }
        }
        self.acquire(interp, false);
    }

    /// The interpreter ends: no other thread than this one ever gets the turn again.
    pub fn close(&self) {
        self.state().closed_by = Some(std::thread::current().id());
        self.shared().free.notify_all();
        self.shared().taken.notify_all();
    }

    /// In a forked child only the calling thread exists.
    pub fn only_this_thread(&self) {
        if self.active.swap(false, Ordering::SeqCst) {
            _ = self.shared().next.set(Arc::default());
        }
        self.threads.store(0, Ordering::SeqCst);
    }
}

/// Carries what the new thread works on; it touches it only when it has the turn.
struct Parcel {
    interp: *const Interp,
    stacks: Stacks,
    /// Bytes of the thread's native stack.
    native_stack: usize,
    body: Box<dyn FnOnce(&Vm)>,
}

// SAFETY: the interpreter outlives its threads or closes its turn; objects in `body` are used and dropped only by the
// thread that has the turn.
#[allow(unsafe_code)]
unsafe impl Send for Parcel {}

impl Parcel {
    #[allow(unsafe_code)]
    fn run(self) {
        // SAFETY: see `Parcel`.
        let interp = unsafe { &*self.interp };
        interp.turn.acquire(interp, false);
        let vm = Vm::attach(interp, self.stacks);
        vm.enter();
        vm.thread.set_native_stack(self.native_stack);
        (self.body)(&vm);
        crate::interp::legacy_trace::forget(&vm);
        drop(vm.locals.take());
        vm.leave();
        keep(interp, vm.thread.into_stacks());
        interp.turn.threads.fetch_sub(1, Ordering::SeqCst);
        interp.turn.release(interp);
    }
}

/// How many stacks of ended threads an interpreter keeps.
const SPARE_STACKS: usize = 8;

fn keep(interp: &Interp, stacks: Stacks) {
    if stacks.are_shallow() && interp.spare_stacks.with(Vec::len) < SPARE_STACKS {
        interp.spare_stacks.with_mut(|spare| spare.push(stacks));
    }
}

impl Vm {
    /// Runs something that may block, without the turn: other threads go on meanwhile. `f` must touch no object.
    #[inline]
    pub fn allow_threads<R>(&self, f: impl FnOnce() -> R) -> R {
        if !self.turn.is_active() {
            return f();
        }
        let brief = self.turn.release(self);
        let r = f();
        self.turn.acquire(self, brief);
        r
    }

    /// Starts an OS thread that runs `body` with a `Vm` of its own as soon as it gets the turn, and answers its number (see
    /// `Host::thread_ident`).
    pub fn spawn_thread(&self, native_stack: usize, body: Box<dyn FnOnce(&Vm)>) -> std::io::Result<u64> {
        let Some(stacks) = self.spare_stacks.with_mut(Vec::pop).or_else(Stacks::if_room) else {
            return Err(std::io::ErrorKind::OutOfMemory.into());
        };
        self.turn.activate(self);
        self.turn.threads.fetch_add(1, Ordering::SeqCst);
        let parcel = Parcel { interp: self.interp(), stacks, native_stack, body };
        match std::thread::Builder::new().stack_size(native_stack).spawn(move || parcel.run()) {
            Ok(thread) => Ok(self.host().ident_of_thread(&thread)),
            Err(e) => {
                self.turn.threads.fetch_sub(1, Ordering::SeqCst);
                Err(e)
            }
        }
    }
}
