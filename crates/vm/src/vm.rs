//! `Interp`, all that an interpreter owns, and `Vm`, a thread's way into it.
//!
//! Native code gets `vm: &Vm` first. Everything behind it has interior mutability; nothing is global (decision 11).

use crate::breaker::Breaker;
use crate::errors::ExcState;
use crate::frontend::Frontend;
use crate::names::{Interned, Names};
use crate::native::ModuleDef;
use crate::object::Type;
use crate::types::type_::MethodCache;
use crate::types::{Dict, Types};
use crate::{Value, interp};
use std::cell::{Cell, OnceCell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use taipan_heap::cell::{Guarded, ValueCell};
use taipan_heap::{Gc, Header, Heap};
use taipan_host::Host;

/// What a new interpreter is told.
pub struct Config {
    pub host: Arc<dyn Host>,
    pub frontend: Box<dyn Frontend>,
    /// Native modules by name, from all `lib-*` crates.
    pub modules: Vec<&'static ModuleDef>,
    /// Finds a frozen module: (code bytes, is package, origin path).
    pub frozen: fn(&str) -> Option<FrozenModule>,
    /// The source text of a frozen module.
    pub frozen_source: fn(&str) -> Option<String>,
    /// Names of the frozen modules.
    pub frozen_names: fn() -> Vec<&'static str>,
    /// A file of the library that is no module, by its path from the library's folder.
    pub frozen_data: fn(&str) -> Option<Vec<u8>>,
    /// The paths that `frozen_data` knows.
    pub frozen_data_paths: fn() -> Vec<&'static str>,
    /// The file that holds the library, its own path resolved: the library's folder seems to lie below it.
    pub library_root: Option<Vec<u8>>,
    pub flags: Flags,
    pub argv: Vec<Vec<u8>>,
    pub orig_argv: Vec<Vec<u8>>,
    /// Path of the executable.
    pub executable: Vec<u8>,
    /// `-W` options and `PYTHONWARNINGS`.
    pub warn_options: Vec<String>,
    /// `-X` options: name, value.
    pub x_options: Vec<(String, Option<String>)>,
    /// Seed of `hash()` for text; random when `None`.
    pub hash_seed: Option<[u64; 2]>,
    pub module_search_paths: Vec<Vec<u8>>,
    pub pycache_prefix: Option<Vec<u8>>,
    pub int_max_str_digits: usize,
    /// What `os.cpu_count` says instead of the machine's own number.
    pub cpu_count: Option<usize>,
    /// `-X importtime`: 1 times the modules that are loaded, 2 names those that were there as well.
    pub import_time: i32,
    /// Whether code tells its columns.
    pub debug_ranges: bool,
}

#[derive(Clone, Copy)]
pub struct FrozenModule {
    pub code: &'static [u8],
    pub is_package: bool,
}

/// What libraries plug into the machine.
#[derive(Default)]
pub struct VmHooks {
    /// Called by `poll` with the breaker's bits: signals, turns, limits.
    pub poll: Cell<Option<PollHook>>,
}

pub type PollHook = fn(&Vm, u32) -> crate::PyResult<()>;

/// `sys.flags`.
#[derive(Clone, Default, Debug)]
pub struct Flags {
    pub debug: i32,
    pub inspect: i32,
    pub interactive: i32,
    pub optimize: i32,
    pub dont_write_bytecode: i32,
    pub no_user_site: i32,
    pub no_site: i32,
    pub ignore_environment: i32,
    pub verbose: i32,
    pub bytes_warning: i32,
    pub quiet: i32,
    pub hash_randomization: i32,
    pub isolated: i32,
    pub dev_mode: bool,
    pub utf8_mode: i32,
    pub warn_default_encoding: i32,
    pub safe_path: bool,
    pub unbuffered: bool,
    pub thread_inherit_context: i32,
    pub context_aware_warnings: i32,
}

/// The core class objects; written once at the start.
pub struct TypesCell(UnsafeCell<MaybeUninit<Types>>);
/// The machine's names; written once at the start.
pub struct NamesCell(UnsafeCell<MaybeUninit<Names>>);

impl Deref for TypesCell {
    type Target = Types;
    #[inline(always)]
    #[allow(unsafe_code)]
    fn deref(&self) -> &Types {
        // SAFETY: `Interp::new` writes it before any other code runs; nothing writes it again.
        unsafe { (*self.0.get()).assume_init_ref() }
    }
}

impl Deref for NamesCell {
    type Target = Names;
    #[inline(always)]
    #[allow(unsafe_code)]
    fn deref(&self) -> &Names {
        // SAFETY: as for `TypesCell`.
        unsafe { (*self.0.get()).assume_init_ref() }
    }
}

/// One interpreter.
pub struct Interp {
    pub types: TypesCell,
    pub names: NamesCell,
    pub interned: Interned,
    pub(crate) native_types: Guarded<Vec<Option<Box<Gc<Type>>>>>,
    pub(crate) metatype: Cell<NonNull<Header>>,
    pub method_cache: MethodCache,
    pub next_type_version: Cell<u32>,
    pub config: Config,
    pub breaker: Arc<Breaker>,
    pub turn: crate::turn::Turn,
    /// The machines of the threads that run Python code. Only who has the turn looks.
    running: Guarded<Vec<NonNull<Vm>>>,
    /// Stacks of threads that have ended, for the next ones. Only who has the turn looks.
    pub(crate) spare_stacks: Guarded<Vec<interp::Stacks>>,
    hash_key: [u64; 2],
    /// `sys.modules`.
    pub modules: OnceCell<Gc<Dict>>,
    /// The dict of module `builtins`.
    pub builtins: OnceCell<Gc<Dict>>,
    /// The dict of module `sys`.
    pub sys_dict: OnceCell<Gc<Dict>>,
    pub int_max_str_digits: Cell<usize>,
    pub recursion_limit: Cell<usize>,
    /// State of native modules, by a key of their own: made on first use, dropped at the end.
    pub module_states: Guarded<Vec<(std::any::TypeId, Box<dyn std::any::Any>)>>,
    /// Where those that were asked for lately lie.
    recent_states: [Cell<Option<(std::any::TypeId, *const u8)>>; 16],
    pub interp_state: interp::InterpState,
    pub weakrefs: crate::types::weakref::WeakTable,
    pub str_index: crate::types::str_::IndexCache,
    pub gc: crate::modules::gc::GcState,
    pub hooks: VmHooks,
    /// Last, because the fields above hold objects that live in it.
    pub heap: Heap,
}

/// A thread of an interpreter, as native code sees it.
pub struct Vm {
    interp: NonNull<Interp>,
    /// The interpreter's, for calls and backward jumps, which look at it.
    pub breaker: Arc<Breaker>,
    pub exc: ExcState,
    pub thread: interp::ThreadState,
    /// `_contextvars`, `sys.settrace` and other per-thread values are kept by their modules under a key.
    pub locals: Guarded<Vec<(std::any::TypeId, Value)>>,
    pub async_exc: ValueCell,
    /// The thread as Python numbers it; set by `enter`.
    pub ident: Cell<u64>,
}

impl Deref for Vm {
    type Target = Interp;
    #[inline(always)]
    #[allow(unsafe_code)]
    fn deref(&self) -> &Interp {
        // SAFETY: the interpreter outlives its threads (`Interp::finish` waits for them).
        unsafe { self.interp.as_ref() }
    }
}

thread_local! {
    static CURRENT: Cell<*const Vm> = const { Cell::new(std::ptr::null()) };
}

/// Runs `f` with the `Vm` of this thread, if it has one.
#[allow(unsafe_code)]
pub fn with_current<R>(f: impl FnOnce(&Vm) -> R) -> Option<R> {
    let p = CURRENT.get();
    // SAFETY: `Vm::enter` keeps it alive until it is left.
    unsafe { p.as_ref() }.map(f)
}

impl Interp {
    /// A new interpreter with its core types, on the heap so that threads can point to it.
    pub fn new(config: Config) -> Box<Interp> {
        let hash_key = config.hash_seed.unwrap_or_else(|| {
            let mut b = [0; 16];
            if config.host.random_bytes(&mut b).is_err() {
                return [0, 0];
            }
            let (a, c) = b.split_at(8);
            [
                u64::from_le_bytes(a.try_into().unwrap_or_default()),
                u64::from_le_bytes(c.try_into().unwrap_or_default()),
            ]
        });
        let limit = config.int_max_str_digits;
        Box::new(Interp {
            heap: Heap::new(),
            types: TypesCell(UnsafeCell::new(MaybeUninit::uninit())),
            names: NamesCell(UnsafeCell::new(MaybeUninit::uninit())),
            interned: Interned::default(),
            native_types: Guarded::new(Vec::new()),
            metatype: Cell::new(NonNull::dangling()),
            method_cache: MethodCache::new(),
            next_type_version: Cell::new(1),
            config,
            breaker: Arc::new(Breaker::default()),
            turn: Default::default(),
            running: Guarded::new(Vec::new()),
            spare_stacks: Guarded::new(Vec::new()),
            hash_key,
            modules: OnceCell::new(),
            builtins: OnceCell::new(),
            sys_dict: OnceCell::new(),
            int_max_str_digits: Cell::new(limit),
            recursion_limit: Cell::new(1000),
            module_states: Guarded::new(Vec::new()),
            recent_states: Default::default(),
            interp_state: Default::default(),
            weakrefs: Default::default(),
            str_index: Default::default(),
            gc: Default::default(),
            hooks: VmHooks::default(),
        })
    }
}

impl Vm {
    /// The first thread of a fresh interpreter: makes the core types and names.
    #[allow(unsafe_code)]
    pub fn main(interp: &Interp) -> Box<Vm> {
        let stacks = interp::Stacks::new().expect("no memory for an interpreter");
        let vm = Vm::attach(interp, stacks);
        vm.enter();
        crate::types::type_::bootstrap(&vm);
        // SAFETY: written once, before anything reads them; `Types::collect` and `Names::new` read only what exists.
        unsafe {
            (*vm.types.0.get()).write(Types::collect(&vm));
            (*vm.names.0.get()).write(Names::new(&vm));
        }
        crate::modules::gc::install_hooks(&vm);
        vm
    }

    /// A thread's view of the interpreter; `enter` makes it current.
    pub fn attach(interp: &Interp, stacks: interp::Stacks) -> Box<Vm> {
        Box::new(Vm {
            interp: NonNull::from(interp),
            breaker: interp.breaker.clone(),
            exc: ExcState::default(),
            thread: interp::ThreadState::new(stacks),
            locals: Guarded::new(Vec::new()),
            async_exc: ValueCell::empty(),
            ident: Cell::new(0),
        })
    }

    /// Makes this the current `Vm`, and its heap the current heap, of the OS thread.
    #[allow(unsafe_code)]
    pub fn enter(&self) {
        CURRENT.set(self);
        self.ident.set(self.host().thread_ident());
        let me = NonNull::from(self);
        self.running.with_mut(|all| {
            if !all.contains(&me) {
                all.push(me);
            }
        });
        // SAFETY: the interpreter outlives the thread; the turn (one thread at a time) is the caller's.
        unsafe { taipan_heap::enter(&self.heap) };
    }

    /// Leaves: no `Vm` is current on this OS thread any more.
    #[allow(unsafe_code)]
    pub fn leave(&self) {
        CURRENT.set(std::ptr::null());
        let me = NonNull::from(self);
        self.running.with_mut(|all| all.retain(|vm| *vm != me));
        // SAFETY: nothing is current afterwards.
        unsafe { taipan_heap::enter(std::ptr::null()) };
    }

    /// Shows the machine of each thread, the calling one's included, the oldest first. `f` must run no Python code.
    #[allow(unsafe_code)]
    pub fn each_thread(&self, mut f: impl FnMut(&Vm)) {
        for vm in self.running.with(Vec::clone) {
            // SAFETY: a machine is listed from `enter` to `leave`, which its own thread calls with the turn; the caller
            // has the turn now and keeps it while `f` runs.
            f(unsafe { vm.as_ref() });
        }
    }

    /// Whether no other thread is in the interpreter.
    pub fn is_alone(&self) -> bool {
        self.running.with(Vec::len) == 1
    }

    /// In a forked child: the other threads are not there.
    pub fn forget_other_threads(&self) {
        let me = NonNull::from(self);
        self.running.with_mut(|all| all.retain(|vm| *vm == me));
        self.ident.set(self.host().thread_ident());
    }

    pub fn interp(&self) -> &Interp {
        self
    }

    /// The host, for whatever touches the world.
    pub fn host(&self) -> &dyn Host {
        &*self.config.host
    }

    /// Python's hash of bytes: SipHash-1-3 with the interpreter's key; never -1; 0 for none.
    pub fn hash_bytes(&self, bytes: &[u8]) -> i64 {
        if bytes.is_empty() {
            return 0;
        }
        taipan_text::hash::bytes(bytes, (self.hash_key[0], self.hash_key[1]))
    }

    /// A module's own state, made on first use.
    #[allow(unsafe_code)]
    #[inline]
    pub fn state<T: Default + 'static>(&self) -> &T {
        let key = std::any::TypeId::of::<T>();
        let mut place = Place(0);
        std::hash::Hash::hash(&key, &mut place);
        let recent = &self.recent_states[place.0 as usize % self.recent_states.len()];
        let p = match recent.get() {
            Some((known, p)) if known == key => p as *const T,
            _ => {
                let p = self.find_state::<T>(key);
                recent.set(Some((key, p as *const u8)));
                p
            }
        };
        // SAFETY: a `T`, boxed and never removed while the interpreter lives.
        unsafe { &*p }
    }

    fn find_state<T: Default + 'static>(&self, key: std::any::TypeId) -> *const T {
        let found = self.module_states.with(|s| {
            let (_, b) = s.iter().find(|(k, _)| *k == key)?;
            Some(&**b as *const dyn std::any::Any as *const T)
        });
        found.unwrap_or_else(|| {
            let b: Box<T> = Box::default();
            let p = &*b as *const T;
            self.module_states.with_mut(|s| s.push((key, b)));
            p
        })
    }
}

/// Takes the number of a type as it is.
struct Place(u64);

impl std::hash::Hasher for Place {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |n, b| n.rotate_left(8) ^ u64::from(*b));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
