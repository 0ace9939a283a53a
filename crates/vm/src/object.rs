//! Typed access to values: payload types, allocation, downcasts, the type of a value.
//!
//! I1  `Gc<T>` is made only where the object's payload is known to begin with a `T`: on allocation with `T`'s own layout,
//!     or after a downcast that found `T`'s `TypeDef` among the native layouts of the object's class.

use crate::types::typedef::{F, TypeDef};
use crate::{PyResult, Value, Vm};
use std::sync::atomic::{AtomicU32, Ordering};
use taipan_heap::{Gc, Layout};

pub use crate::types::type_::PyType as Type;

/// A native object's contents. Implemented by `#[pytype]`.
pub trait Payload: Layout {
    fn def() -> &'static TypeDef;
}

/// Implements `Layout` for a payload with a fixed layout.
#[macro_export]
macro_rules! fixed_layout {
    ($t:ty) => {
        // SAFETY: `fixed` builds the functions from the type itself.
        #[allow(unsafe_code)]
        unsafe impl ::taipan_heap::Layout for $t {
            const FNS: ::taipan_heap::PayloadFns = ::taipan_heap::payload::fixed::<$t>();
        }
    };
}

static NEXT_TYPE_ID: AtomicU32 = AtomicU32::new(1);

/// The process-wide number of a native type.
pub fn type_id(def: &'static TypeDef) -> usize {
    let id = def.id.load(Ordering::Relaxed);
    if id != 0 { id as usize } else { assign_type_id(def) }
}

#[cold]
fn assign_type_id(def: &'static TypeDef) -> usize {
    let fresh = NEXT_TYPE_ID.fetch_add(1, Ordering::Relaxed);
    match def.id.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => fresh as usize,
        Err(other) => other as usize,
    }
}

/// Casts on values that need only the object's own header.
pub trait ValueExt {
    /// The value as a `T`, if its class is `T`'s or derives from it.
    fn downcast<T: Payload>(&self) -> Option<&Gc<T>>;
    /// The value as a `T`, if its class is exactly `T`'s.
    fn downcast_exact<T: Payload>(&self) -> Option<&Gc<T>>;
    fn is_instance_of<T: Payload>(&self) -> bool {
        self.downcast::<T>().is_some()
    }
    /// The class, if the value is a heap object.
    fn heap_type(&self) -> Option<&Gc<Type>>;
}

impl ValueExt for Value {
    #[inline]
    fn downcast<T: Payload>(&self) -> Option<&Gc<T>> {
        let ty = self.heap_type()?;
        if std::ptr::eq(ty.def, T::def()) || ty.layout_derives(T::def()) {
            // SAFETY: I1: the class's native layouts include `T`'s.
            Some(unsafe { self.as_gc_unchecked() })
        } else {
            None
        }
    }

    #[inline]
    fn downcast_exact<T: Payload>(&self) -> Option<&Gc<T>> {
        let ty = self.heap_type()?;
        if ty.native.is_some_and(|d| std::ptr::eq(d, T::def())) {
            // SAFETY: I1.
            Some(unsafe { self.as_gc_unchecked() })
        } else {
            None
        }
    }

    #[inline]
    fn heap_type(&self) -> Option<&Gc<Type>> {
        let header = self.header()?;
        // SAFETY: the type word of every object is a type object, kept alive by the object or the interpreter; a
        // borrow of the word in the header is as good as a `&Gc<Type>`.
        Some(unsafe { crate::types::type_::header_type(header) })
    }
}

/// Whether `def` takes over `ancestor`'s payload as it is, as exception classes do.
fn has_payload_of(mut def: &'static TypeDef, ancestor: &'static TypeDef) -> bool {
    while def.flags & F::BASE_PAYLOAD != 0 {
        let Some(base) = def.base else { return false };
        def = base();
        if std::ptr::eq(def, ancestor) {
            return true;
        }
    }
    false
}

impl Vm {
    /// The class of a value.
    #[inline]
    pub fn type_of<'a>(&'a self, v: &'a Value) -> &'a Gc<Type> {
        match v.heap_type() {
            Some(ty) => ty,
            None => self.type_of_immediate(v),
        }
    }

    fn type_of_immediate(&self, v: &Value) -> &Gc<Type> {
        let t = &self.types;
        if v.is_int() {
            &t.int
        } else if v.is_small_float() {
            &t.float
        } else if v.is_none() {
            &t.none_type
        } else if v.as_bool().is_some() {
            &t.bool
        } else if v.is_ellipsis() {
            &t.ellipsis
        } else {
            &t.not_implemented
        }
    }

    /// The class object of a native type, made on first use.
    pub fn native_type<T: Payload>(&self) -> Gc<Type> {
        self.type_for(T::def())
    }

    /// A new object of the native type itself.
    #[inline(always)]
    pub fn alloc<T: Payload>(&self, body: T) -> Gc<T> {
        let ty = self.type_for_ref(T::def());
        // SAFETY: the class was made from `T`'s `TypeDef`, so its functions fit a `T` and nothing behind it, except for
        // attribute storage when the definition asks for it.
        unsafe { self.heap.alloc(ty.as_ptr(), body, ty.extra_size()) }
    }

    /// As `alloc`, for bodies that are cheap to make where they are to be.
    #[inline(always)]
    pub fn alloc_with<T: Payload>(&self, body: impl FnOnce() -> T) -> Gc<T> {
        let ty = self.type_for_ref(T::def());
        // SAFETY: as in `alloc`.
        unsafe { self.heap.alloc_with(ty.as_ptr(), ty.extra_size(), body) }
    }

    /// A new object of `cls`, a class whose native layout is `T`'s.
    pub fn alloc_in<T: Payload>(&self, cls: &Gc<Type>, body: T) -> PyResult<Gc<T>> {
        if !std::ptr::eq(cls.def, T::def()) && !has_payload_of(cls.def, T::def()) {
            return Err(self.layout_error(cls, T::def()));
        }
        // SAFETY: the class's functions fit a `T` followed by its own slots and attributes, which begin zeroed.
        let obj = unsafe { self.heap.alloc(cls.as_ptr(), body, cls.extra_size()) };
        cls.start_instance(obj.as_value());
        Ok(obj)
    }

    #[cold]
    fn layout_error(&self, cls: &Gc<Type>, def: &'static TypeDef) -> crate::Raised {
        self.type_error(format!("object layout of {} is not that of {}", cls.name(), def.name))
    }

    /// Whether the class was made from a definition with the flag, or inherited it.
    #[inline]
    pub fn has_flag(&self, v: &Value, flag: u32) -> bool {
        self.type_of(v).flags.get() & flag != 0
    }
}

/// For tests of several flags at once.
pub const SUBCLASS_FLAGS: u32 = F::INHERITED;
