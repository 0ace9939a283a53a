//! Interned strings: the table, and the names that the machine itself uses as fields.

use crate::Vm;
use crate::types::Bytes;
use crate::types::str_::{INTERNED, Str};
use crate::types::tuple::Tuple;
use hashbrown::HashTable;
use std::cell::{OnceCell, RefCell};
use std::hash::{BuildHasher, RandomState};
use taipan_heap::Gc;

/// Text → the one string object with it. Strings stay as long as the interpreter.
pub struct Interned {
    table: RefCell<HashTable<Gc<Str>>>,
    keys: [u64; 2],
}

impl Default for Interned {
    fn default() -> Interned {
        // What a start interns finds room without the table being made anew over and over.
        let random = RandomState::new();
        Interned {
            table: RefCell::new(HashTable::with_capacity(3_500)),
            keys: [random.hash_one(0), random.hash_one(1)],
        }
    }
}

impl Interned {
    /// A multiplication folded upon itself for each 16 bytes, as in wyhash: names are short, and hashed at every turn.
    fn hash(&self, bytes: &[u8]) -> u64 {
        let fold = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            product as u64 ^ (product >> 64) as u64
        };
        let eight = |at: usize| {
            bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
        };
        let four = |at: usize| {
            bytes
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map_or(0, |b| u64::from(u32::from_le_bytes(*b)))
        };
        let [x, y] = self.keys;
        let n = bytes.len();
        let mut state = x ^ n as u64;
        let mut at = 0;
        while n - at > 16 {
            state = fold(eight(at) ^ state, eight(at + 8) ^ y);
            at += 16;
        }
        let (a, b) = match n {
            8.. => (eight(at.min(n - 8)), eight(n - 8)),
            4.. => (four(0), four(n - 4)),
            _ => (bytes.iter().fold(0, |a, b| a << 8 | u64::from(*b)), 0),
        };
        fold(a ^ state, b ^ y)
    }

    fn find(&self, hash: u64, bytes: &[u8]) -> Option<Gc<Str>> {
        self.table.borrow().find(hash, |s| s.as_bytes() == bytes).cloned()
    }

    pub fn intern_bytes(&self, vm: &Vm, bytes: &[u8]) -> Gc<Str> {
        let hash = self.hash(bytes);
        match self.find(hash, bytes) {
            Some(s) => s,
            None => self.add(hash, vm.fresh_str(bytes)),
        }
    }

    pub fn intern(&self, vm: &Vm, s: &Gc<Str>) -> Gc<Str> {
        let hash = self.hash(s.as_bytes());
        if let Some(known) = self.find(hash, s.as_bytes()) {
            return known;
        }
        // A `str` subclass must not become the name everybody gets.
        let s =
            if vm.type_of(s.as_value()).is(&vm.types.str) { s.clone() } else { vm.fresh_str(s.as_bytes()) };
        self.add(hash, s)
    }

    fn add(&self, hash: u64, s: Gc<Str>) -> Gc<Str> {
        s.header().set_flag(INTERNED, true);
        self.table.borrow_mut().insert_unique(hash, s.clone(), |s| self.hash(s.as_bytes()));
        s
    }

    /// How many strings are interned.
    pub fn count(&self) -> usize {
        self.table.borrow().len()
    }

    pub fn clear(&self) {
        let old = std::mem::take(&mut *self.table.borrow_mut());
        drop(old);
    }
}

macro_rules! names {
    ($($name:ident)*) => {
        /// Names that the machine looks up itself, interned once.
        #[allow(non_snake_case)]
        pub struct Names {
            pub empty: Gc<Str>,
            pub empty_tuple: Gc<Tuple>,
            /// One-character strings of Latin-1.
            pub latin1: Vec<Gc<Str>>,
            /// `bytes` of one byte, then the empty one, made on first use.
            pub small_bytes: Box<[OnceCell<Gc<Bytes>>]>,
            $(pub $name: Gc<Str>,)*
        }

        impl Names {
            pub(crate) fn new(vm: &Vm) -> Names {
                let one = |cp: u32| {
                    let mut buf = [0; 4];
                    vm.interned.intern_bytes(vm, taipan_text::wtf8::encode(cp, &mut buf))
                };
                Names {
                    empty: vm.interned.intern_bytes(vm, b""),
                    empty_tuple: vm.raw_tuple(&vm.types.tuple, std::iter::empty()).expect("room for the first tuple"),
                    latin1: (0..256).map(one).collect(),
                    small_bytes: (0..257).map(|_| OnceCell::new()).collect(),
                    $($name: vm.interned.intern_bytes(vm, stringify!($name).as_bytes()),)*
                }
            }
        }
    };
}

names! {
    __abs__ __abstractmethods__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __annotate__
    __annotate_func__ __annotations__ __annotations_cache__ __args__ __await__ __bases__ __bool__ __buffer__
    __build_class__ __builtins__ __bytes__ __call__ __cached__ __cause__ __ceil__ __class__ __class_getitem__ __classcell__
    __classdict__ __classdictcell__ __complex__ __contains__ __context__ __copy__ __debug__ __deepcopy__ __default__
    __defaults__ __del__ __delattr__ __delete__ __delitem__ __dict__ __dictoffset__ __dir__ __divmod__ __doc__ __enter__
    __eq__ __exit__ __file__ __firstlineno__ __float__ __floor__ __floordiv__ __format__ __fspath__ __func__ __ge__ __get__
    __getattr__ __getattribute__ __getformat__ __getitem__ __getnewargs__ __getnewargs_ex__ __getstate__ __globals__
    __gt__ __hash__ __iadd__ __iand__ __ifloordiv__ __ilshift__ __imatmul__ __imod__ __import__ __imul__ __index__
    __init__ __init_subclass__ __instancecheck__ __int__ __invert__ __ior__ __ipow__ __irshift__ __isabstractmethod__
    __isub__ __iter__ __itruediv__ __ixor__ __kwdefaults__ __le__ __len__ __length_hint__ __loader__ __lshift__ __lt__
    __main__ __match_args__ __matmul__ __missing__ __mod__ __module__ __mro__ __mro_entries__ __mul__ __name__ __ne__
    __neg__ __new__ __newobj__ __newobj_ex__ __next__ __notes__ __or__ __orig_bases__ __orig_class__ __origin__
    __package__ __parameters__ __path__ __pos__ __pow__ __prepare__ __qualname__ __radd__ __rand__ __rdivmod__
    __reduce__ __reduce_ex__ __release_buffer__ __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__
    __rmul__ __ror__ __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __self__ __set__
    __set_name__ __setattr__ __setitem__ __setstate__ __sizeof__ __slots__ __slotnames__ __spec__
    __static_attributes__ __str__ __sub__ __subclasscheck__ __subclasshook__ __suppress_context__ __text_signature__
    __traceback__ __trunc__ __truediv__ __type_params__ __typing_subst__ __typing_prepare_subst__
    __typing_is_unpacked_typevartuple__ __unpacked__ __unraisablehook__ __weakref__ __wrapped__ __xor__
    _fields _initializing _is_text_encoding args argv big builtins byteorder cause clear close code copy decode
    default_int_max_str_digits dispatch_table displayhook encode encoding end errors excepthook extend exit fileno file filename find_class flush
    format from_bytes get get_source getvalue imag importlib index insert_path io isatty items iter join keys
    last_exc last_traceback last_type last_value lineno little locals metaclass mode module modules mro msg n name
    name_from newlines obj offset open origin path peek persistent_id persistent_load pop print_file_and_line ps1 ps2 read readline real reducer_override replace reset
    return_ rpartition send sep setdefault signed sort start stderr stdin stdout step stop strict strftime sys text
    throw tzinfo unraisablehook update value values warn warnoptions write
}
