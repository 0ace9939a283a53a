//! Object headers, typed references and the life of an object: count up, count down, destroy.
//!
//! ```text
//!   word 0   count (u32, low) | flags (u32, high)
//!   word 1   type object
//!   word 2…  payload
//! ```

use crate::alloc;
use crate::value::Value;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// What every heap object begins with.
#[repr(C, align(16))]
pub struct Header {
    count: Cell<u32>,
    flags: Cell<u32>,
    pub(crate) ty: Cell<Option<NonNull<Header>>>,
}

const _: () = assert!(size_of::<Header>() == 16);

/// Bits of a header's flag half. The lowest eight hold the size class (0: allocated on its own).
pub mod flags {
    /// Mask of the size class.
    pub const CLASS: u32 = 0xff;
    /// Weak references to this object exist.
    pub const WEAKREFS: u32 = 1 << 8;
    /// The finaliser has run.
    pub const FINALIZED: u32 = 1 << 9;
    /// The collector ignores the object (`gc.freeze`).
    pub const FROZEN: u32 = 1 << 10;
    /// A container that the collector looks at now, and one that it has not reached.
    pub const MEMBER: u32 = 1 << 11;
    pub const UNREACHED: u32 = 1 << 12;
    /// Free for the virtual machine's use, per type (for example: interned string).
    pub const USER1: u32 = 1 << 16;
    pub const USER2: u32 = 1 << 17;
    pub const USER3: u32 = 1 << 18;
}

/// The first part of every type object's payload: what the heap must know of a type.
#[repr(C)]
pub struct TypeHead {
    /// Drops the payload in place; the block itself is the heap's.
    pub drop: Cell<unsafe fn(NonNull<Header>)>,
    /// Calls the visitor with each value that the payload owns.
    pub trace: Cell<unsafe fn(NonNull<Header>, &mut dyn FnMut(&Value))>,
    /// Lets go of what may be part of a cycle. Runs with the object held.
    pub clear: Cell<unsafe fn(NonNull<Header>)>,
    pub flags: Cell<u32>,
}

/// Bits of [`TypeHead::flags`] that the heap reads.
pub struct TypeFlags;

impl TypeFlags {
    /// Instances can be part of cycles.
    pub const GC: u32 = 1;
    /// Instances hold a reference to their type (classes made at run time).
    pub const HEAP_TYPE: u32 = 2;
    /// Instances have a finaliser to run before they die.
    pub const FINALIZE: u32 = 4;
}

impl Header {
    #[cfg(test)]
    pub(crate) fn new(class: u32, ty: NonNull<Header>) -> Header {
        Header { count: Cell::new(1), flags: Cell::new(class), ty: Cell::new(Some(ty)) }
    }

    /// Writes a fresh header, counted once. As two stores of words: what is put together elsewhere and then copied as a
    /// vector waits for its own stores.
    ///
    /// # Safety
    /// `at` is a block of the class.
    #[inline(always)]
    pub(crate) unsafe fn write(at: NonNull<Header>, class: u32, ty: NonNull<Header>) {
        const { assert!(std::mem::offset_of!(Header, count) == 0 && std::mem::offset_of!(Header, ty) == 8) };
        let words = at.as_ptr() as *mut u64;
        // SAFETY: by contract; little-endian order puts the count into the low half.
        unsafe {
            std::ptr::write_volatile(words, (class as u64) << 32 | 1);
            std::ptr::write_volatile(words.add(1), ty.as_ptr() as u64);
        }
    }

    #[inline(always)]
    pub fn count(&self) -> u32 {
        self.count.get()
    }

    #[inline(always)]
    pub(crate) fn set_count(&self, n: u32) {
        self.count.set(n)
    }

    /// Counts up. Balanced by whoever made the reference.
    #[inline(always)]
    pub(crate) fn inc(&self) {
        // A program would need 32 GiB of references to one object to wrap; abort is out of the question, so stick.
        self.count.set(self.count.get().wrapping_add(1));
    }

    #[inline(always)]
    pub fn flags(&self) -> u32 {
        self.flags.get()
    }

    #[inline(always)]
    pub fn has_flag(&self, flag: u32) -> bool {
        self.flags.get() & flag != 0
    }

    /// Sets a flag outside the size class.
    #[inline(always)]
    pub fn set_flag(&self, flag: u32, on: bool) {
        let flag = flag & !flags::CLASS;
        self.flags.set(if on { self.flags.get() | flag } else { self.flags.get() & !flag });
    }

    /// The type object.
    #[inline(always)]
    pub fn ty(&self) -> NonNull<Header> {
        // SAFETY: I3: a live object has a type; a `&Header` is only ever made of a live object.
        unsafe { self.ty.get().unwrap_unchecked() }
    }

    /// Replaces the type word; counts are the caller's business.
    ///
    /// # Safety
    /// `ty` is a type object under whose `drop`, `trace` and `clear` the payload is valid.
    pub unsafe fn set_ty(&self, ty: NonNull<Header>) {
        self.ty.set(Some(ty));
    }

    /// The heap's part of the type.
    #[inline(always)]
    pub fn head(&self) -> &TypeHead {
        // SAFETY: a type object's payload begins with its `TypeHead` (contract of `Heap::alloc`).
        unsafe { &*(self.ty().as_ptr().add(1) as *const TypeHead) }
    }

    #[inline(always)]
    pub fn is_gc(&self) -> bool {
        self.head().flags.get() & TypeFlags::GC != 0
    }
}

/// An object with a payload of type `T`.
#[repr(C)]
pub struct Obj<T> {
    pub header: Header,
    pub body: T,
}

/// A payload of variable size: a head of type `H` and then `len` items of type `T` in the same block.
#[repr(C)]
pub struct VarObj<H, T> {
    len: usize,
    pub head: H,
    items: [T; 0],
}

impl<H, T> VarObj<H, T> {
    /// Bytes of payload for `len` items; `None` when that overflows.
    pub fn size_for(len: usize) -> Option<usize> {
        len.checked_mul(size_of::<T>())?
            .checked_add(size_of::<VarObj<H, T>>())
            .filter(|&n| n < isize::MAX as usize - 64)
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    pub fn items(&self) -> &[T] {
        // SAFETY: `init` wrote `len` items behind the head, in the same block.
        unsafe { std::slice::from_raw_parts(self.items.as_ptr(), self.len) }
    }

    /// Writes a fresh payload; `fill` must return an initialised value for each index.
    ///
    /// # Safety
    /// `this` points to at least `size_for(len)` bytes, aligned for a payload.
    pub unsafe fn init(this: NonNull<VarObj<H, T>>, head: H, items: impl ExactSizeIterator<Item = T>) {
        let len = items.len();
        // SAFETY: the block is large enough by contract; only `len` items are written even if the iterator lies.
        unsafe {
            let p = this.as_ptr();
            (&raw mut (*p).head).write(head);
            let base = (&raw mut (*p).items) as *mut T;
            let mut n = 0;
            for item in items.take(len) {
                base.add(n).write(item);
                n += 1;
            }
            (&raw mut (*p).len).write(n);
        }
    }

    /// Writes a fresh payload of plain items, which `fill` writes in place.
    ///
    /// # Safety
    /// As for `init`; `fill` initialises every item.
    #[inline(always)]
    pub unsafe fn init_with(
        this: NonNull<VarObj<H, T>>,
        head: H,
        len: usize,
        fill: impl FnOnce(&mut [std::mem::MaybeUninit<T>]),
    ) {
        // SAFETY: the block is large enough by contract.
        unsafe {
            let p = this.as_ptr();
            (&raw mut (*p).head).write(head);
            (&raw mut (*p).len).write(len);
            let base = (&raw mut (*p).items) as *mut std::mem::MaybeUninit<T>;
            fill(std::slice::from_raw_parts_mut(base, len));
        }
    }

    /// Copies items behind the last one.
    ///
    /// # Safety
    /// The block has room for them, and nobody else looks at the payload.
    pub(crate) unsafe fn append(this: NonNull<VarObj<H, T>>, more: &[T])
    where
        T: Copy,
    {
        // SAFETY: by contract.
        unsafe {
            let p = this.as_ptr();
            let end = ((&raw mut (*p).items) as *mut T).add((*p).len);
            std::ptr::copy_nonoverlapping(more.as_ptr(), end, more.len());
            (*p).len += more.len();
        }
    }

    /// Drops head and items in place.
    ///
    /// # Safety
    /// As for `drop_in_place`.
    pub unsafe fn drop_in_place(this: NonNull<VarObj<H, T>>) {
        // SAFETY: the payload is valid by contract and not used afterwards.
        unsafe {
            let p = this.as_ptr();
            let len = (*p).len;
            std::ptr::drop_in_place(&raw mut (*p).head);
            if std::mem::needs_drop::<T>() {
                // The last item goes first, as in CPython.
                let base = (&raw mut (*p).items) as *mut T;
                for i in (0..len).rev() {
                    std::ptr::drop_in_place(base.add(i));
                }
            }
        }
    }
}

/// An owned reference to an object whose payload is known to begin with a `T`.
#[repr(transparent)]
pub struct Gc<T>(NonNull<Obj<T>>, PhantomData<T>);

impl<T> Gc<T> {
    /// # Safety
    /// The word owns a reference to an object whose payload begins with a `T`.
    #[inline(always)]
    pub(crate) unsafe fn from_bits(bits: u64) -> Gc<T> {
        // SAFETY: a pointer word is never zero.
        Gc(unsafe { NonNull::new_unchecked(bits as *mut Obj<T>) }, PhantomData)
    }

    /// The same reference under another payload type.
    ///
    /// # Safety
    /// The payload begins with a `U`.
    #[inline(always)]
    pub unsafe fn cast<U>(self) -> Gc<U> {
        let bits = self.0.as_ptr() as u64;
        std::mem::forget(self);
        // SAFETY: promised by the caller; the reference moves over.
        unsafe { Gc::from_bits(bits) }
    }

    #[inline(always)]
    pub fn into_value(self) -> Value {
        let bits = self.0.as_ptr() as u64;
        std::mem::forget(self);
        // SAFETY: the reference moves from the `Gc` to the `Value`.
        unsafe { Value::from_bits(bits) }
    }

    /// The same word, untyped.
    #[inline(always)]
    pub fn as_value(&self) -> &Value {
        // SAFETY: both are transparent over the same non-null pointer, and both own one reference.
        unsafe { &*(self as *const Gc<T> as *const Value) }
    }

    #[inline(always)]
    pub fn to_value(&self) -> Value {
        self.as_value().clone()
    }

    #[inline(always)]
    pub fn header(&self) -> &Header {
        // SAFETY: I1.
        unsafe { &self.0.as_ref().header }
    }

    #[inline(always)]
    pub fn as_ptr(&self) -> NonNull<Header> {
        self.0.cast()
    }

    #[inline(always)]
    pub fn is(&self, other: &Gc<T>) -> bool {
        self.0 == other.0
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: I1: the object lives as long as this reference.
        unsafe { &self.0.as_ref().body }
    }
}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Gc<T> {
        self.header().inc();
        Gc(self.0, PhantomData)
    }
}

impl<T> Drop for Gc<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: I1: this reference is given back.
        unsafe { release(self.0.cast()) }
    }
}

impl<T> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(gc: Gc<T>) -> Value {
        gc.into_value()
    }
}

/// Gives one reference back.
///
/// # Safety
/// The caller owned it.
#[inline(always)]
pub(crate) unsafe fn release(ptr: NonNull<Header>) {
    // SAFETY: the object is live until its count reaches zero, which is seen here.
    let header = unsafe { ptr.as_ref() };
    let left = header.count.get().wrapping_sub(1);
    header.count.set(left);
    if left == 0 {
        // SAFETY: the last reference is gone.
        unsafe { alloc::destroy(ptr) }
    }
}
