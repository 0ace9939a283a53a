//! The allocator of objects: size classes in aligned pages with one free list per class, so that allocation and
//! release are a handful of instructions and the collector can walk all objects without a list of them.
//!
//! ```text
//!   chunk  2 MiB (`chunk.rs`), cut into pages
//!   page   16 KiB: PageHead, then blocks of class * 16 bytes
//!   block  live: header + payload      free: word 0 = next free block, word 1 = 0 (I3)
//! ```
//! Larger objects come from the global allocator behind a 16-byte prefix that links them into a list.

use crate::chunk::{self, CHUNK};
use crate::emergency;
use crate::object::{Gc, Header, Obj, TypeFlags, VarObj, flags, release};
use crate::value::Value;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null_mut};

pub(crate) const PAGE: usize = 16 * 1024;
pub(crate) const CLASSES: usize = 33;
const MAX_SMALL: usize = (CLASSES - 1) * 16;
/// How deep destruction may nest before it is put off (a chain a million long must not recurse).
const MAX_DEPTH: u32 = 64;

#[repr(C, align(64))]
pub(crate) struct PageHead {
    pub class: u32,
    pub blocks: u32,
}

#[repr(C)]
struct FreeBlock {
    next: *mut FreeBlock,
    ty: Option<NonNull<Header>>,
}

/// Stands in front of an object that has an allocation of its own.
#[repr(C, align(16))]
pub(crate) struct LargePrefix {
    size: usize,
    index: Cell<u32>,
}
const _: () = assert!(size_of::<LargePrefix>() == 16);

/// What the virtual machine does at points in an object's life.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Runs the finaliser of an object (`TypeFlags::FINALIZE`), which is held meanwhile.
    pub finalize: fn(&Value),
    /// Clears the weak references to a dying object and calls their callbacks.
    pub weakrefs: fn(NonNull<Header>),
    /// Enough containers were made since the last collection that one is due.
    pub collect_due: fn(),
}

/// Figures for `gc`, `sys` and memory limits.
#[derive(Clone, Copy, Default, Debug)]
pub struct HeapStats {
    pub bytes: usize,
    pub blocks_allocated: usize,
}

/// All objects of one interpreter.
pub struct Heap {
    free: [Cell<*mut FreeBlock>; CLASSES],
    pub(crate) pages: RefCell<Vec<NonNull<PageHead>>>,
    fresh_pages: RefCell<Vec<NonNull<u8>>>,
    chunks: RefCell<Vec<NonNull<u8>>>,
    pub(crate) large: RefCell<Vec<NonNull<LargePrefix>>>,
    depth: Cell<u32>,
    pending: RefCell<Vec<NonNull<Header>>>,
    /// `pending` may hold something.
    has_pending: Cell<bool>,
    hooks: Cell<Hooks>,
    /// Counts down with each container made; below zero a collection is due.
    pub budget: Cell<isize>,
    bytes: Cell<usize>,
    live: Cell<usize>,
}

thread_local! {
    static CURRENT: Cell<*const Heap> = const { Cell::new(std::ptr::null()) };
}

/// The heap of the interpreter whose turn it is on this thread.
#[inline(always)]
pub fn current<'a>() -> &'a Heap {
    let p = CURRENT.get();
    debug_assert!(!p.is_null(), "no heap entered on this thread");
    // SAFETY: `enter`'s caller keeps the heap alive until it is left.
    unsafe { &*p }
}

/// Whether a heap is current on this thread.
pub fn try_current() -> bool {
    !CURRENT.get().is_null()
}

/// Makes a heap (or none) current on this thread and returns the one before.
///
/// # Safety
/// The heap outlives its being current, and no other thread has it current (I2).
pub unsafe fn enter(heap: *const Heap) -> *const Heap {
    CURRENT.replace(heap)
}

impl Default for Heap {
    fn default() -> Self {
        Heap::new()
    }
}

/// Zeroes the words of a fresh block's end, mostly few: calling `memset` would cost more.
///
/// # Safety
/// The place has that many bytes and is aligned to words.
#[inline(always)]
unsafe fn zero(at: *mut u8, bytes: usize) {
    let mut k = 0;
    while k < bytes {
        // SAFETY: by contract; blocks are multiples of words. Volatile, or the loop would become the call again.
        unsafe { std::ptr::write_volatile(at.add(k) as *mut u64, 0) };
        k += 8;
    }
}

/// Copies bytes to a place for as many. A few of them in two overlapping words: `memcpy` is a call.
///
/// # Safety
/// Both have the same length.
#[inline(always)]
unsafe fn copy_bytes(from: &[u8], to: &mut [MaybeUninit<u8>]) {
    let (n, from, to) = (from.len(), from.as_ptr(), to.as_mut_ptr() as *mut u8);
    // SAFETY: each word lies within the `n` bytes.
    unsafe {
        macro_rules! both_ends {
            ($t:ty) => {{
                let end = n - size_of::<$t>();
                let (a, b) =
                    (from.cast::<$t>().read_unaligned(), from.add(end).cast::<$t>().read_unaligned());
                to.cast::<$t>().write_unaligned(a);
                to.add(end).cast::<$t>().write_unaligned(b);
            }};
        }
        match n {
            8..=16 => both_ends!(u64),
            4..8 => both_ends!(u32),
            2..4 => both_ends!(u16),
            _ => from.copy_to_nonoverlapping(to, n),
        }
    }
}

impl Heap {
    pub fn new() -> Heap {
        fn nothing(_: &Value) {}
        fn nothing_ptr(_: NonNull<Header>) {}
        fn nothing_due() {}
        Heap {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            pages: RefCell::default(),
            fresh_pages: RefCell::default(),
            chunks: RefCell::default(),
            large: RefCell::default(),
            depth: Cell::new(0),
            pending: RefCell::default(),
            has_pending: Cell::new(false),
            hooks: Cell::new(Hooks { finalize: nothing, weakrefs: nothing_ptr, collect_due: nothing_due }),
            budget: Cell::new(10_000),
            bytes: Cell::new(0),
            live: Cell::new(0),
        }
    }

    pub fn set_hooks(&self, hooks: Hooks) {
        self.hooks.set(hooks)
    }

    /// Makes the machine look at what is due.
    pub(crate) fn trip(&self) {
        (self.hooks.get().collect_due)();
    }

    pub fn stats(&self) -> HeapStats {
        HeapStats { bytes: self.bytes.get(), blocks_allocated: self.live.get() }
    }

    /// A block for a header and `payload` bytes, header written, payload zeroed beyond what a caller writes only in
    /// fresh memory: callers initialise all of it. `None` when the memory cannot be had.
    #[inline(always)]
    fn block(&self, payload: usize) -> Option<(NonNull<Header>, u32)> {
        let size = payload + size_of::<Header>();
        if size <= MAX_SMALL {
            let class = size.div_ceil(16);
            let head = self.free[class].get();
            if head.is_null() {
                return self.block_from_new_page(class);
            }
            // SAFETY: a block on the free list is free memory of its class, at least 16 bytes.
            unsafe { self.free[class].set((*head).next) };
            // SAFETY: not null.
            Some((unsafe { NonNull::new_unchecked(head as *mut Header) }, class as u32))
        } else {
            self.large_block(size)
        }
    }

    #[cold]
    #[inline(never)]
    fn block_from_new_page(&self, class: usize) -> Option<(NonNull<Header>, u32)> {
        let page = {
            let mut fresh = self.fresh_pages.borrow_mut();
            let mut chunks = self.chunks.borrow_mut();
            if fresh.is_empty() {
                let small = chunks.is_empty();
                let chunk = match chunk::map(small) {
                    Some(chunk) => chunk,
                    None if emergency::spend() => chunk::map(small)?,
                    None => return None,
                };
                chunks.push(chunk);
                for i in (0..CHUNK / PAGE).rev() {
                    // SAFETY: within the chunk.
                    fresh.push(unsafe { chunk.add(i * PAGE) });
                }
            }
            let page = fresh.pop()?;
            if let [first] = chunks[..] {
                chunk::fill(first, page.addr().get() - first.addr().get());
            }
            page
        };
        let size = class * 16;
        let blocks = (PAGE - size_of::<PageHead>()) / size;
        let head = page.cast::<PageHead>();
        // SAFETY: a fresh page is zeroed, aligned and ours; blocks lie within it.
        unsafe {
            head.write(PageHead { class: class as u32, blocks: blocks as u32 });
            let base = page.as_ptr().add(size_of::<PageHead>());
            let mut next = null_mut();
            for i in (1..blocks).rev() {
                let b = base.add(i * size) as *mut FreeBlock;
                (*b).next = next;
                next = b;
            }
            self.free[class].set(next);
            self.pages.borrow_mut().push(head);
            self.bytes.set(self.bytes.get() + PAGE);
            Some((NonNull::new_unchecked(base as *mut Header), class as u32))
        }
    }

    #[cold]
    #[inline(never)]
    fn large_block(&self, size: usize) -> Option<(NonNull<Header>, u32)> {
        let total = size.checked_add(size_of::<LargePrefix>())?;
        let layout = Layout::from_size_align(total, 16).ok()?;
        let mut large = self.large.borrow_mut();
        if large.len() >= u32::MAX as usize {
            return None;
        }
        // SAFETY: the layout has a size.
        let p = NonNull::new(unsafe { alloc_zeroed(layout) })?.cast::<LargePrefix>();
        // SAFETY: fresh memory of at least a prefix.
        unsafe { p.write(LargePrefix { size: total, index: Cell::new(large.len() as u32) }) };
        large.push(p);
        self.bytes.set(self.bytes.get() + total);
        // SAFETY: the object follows its prefix.
        Some((unsafe { p.add(1).cast() }, 0))
    }

    /// Makes a block an object.
    ///
    /// # Safety
    /// As for `start`.
    #[inline(always)]
    unsafe fn begin(&self, ptr: NonNull<Header>, class: u32, ty: NonNull<Header>) {
        // SAFETY: by contract.
        unsafe { Header::write(ptr, class, ty) };
        self.live.set(self.live.get() + 1);
    }

    /// Writes the header and does the type's bookkeeping.
    ///
    /// # Safety
    /// `ty` is a live type object.
    #[inline(always)]
    unsafe fn start(&self, ptr: NonNull<Header>, class: u32, ty: NonNull<Header>) {
        // SAFETY: the block is ours and large enough for a header; `ty` is live by contract.
        unsafe {
            self.begin(ptr, class, ty);
            let bits = ptr.as_ref().head().flags.get();
            if bits & (TypeFlags::HEAP_TYPE | TypeFlags::GC) != 0 {
                if bits & TypeFlags::HEAP_TYPE != 0 {
                    ty.as_ref().inc();
                }
                if bits & TypeFlags::GC != 0 {
                    let left = self.budget.get() - 1;
                    self.budget.set(left);
                    if left < 0 {
                        (self.hooks.get().collect_due)();
                    }
                }
            }
        }
    }

    /// An object with a fixed payload, followed by `extra` zeroed bytes (a subclass's slots and attributes).
    ///
    /// # Safety
    /// `ty` is a live type object whose payload begins with a `TypeHead` fit for a `T` followed by `extra` bytes.
    #[inline(always)]
    pub unsafe fn alloc<T>(&self, ty: NonNull<Header>, body: T, extra: usize) -> Gc<T> {
        const { assert!(align_of::<T>() <= 16) };
        // What a subclass adds begins at a multiple of 8 (`PayloadFns::size`), whatever the payload's size.
        let start = const { size_of::<T>().next_multiple_of(8) };
        let Some((ptr, class)) = self.block(start + extra) else { out_of_memory() };
        // SAFETY: the block has room for header, `T` and `extra`; the type fits by contract.
        unsafe {
            let obj = ptr.as_ptr() as *mut Obj<T>;
            (&raw mut (*obj).body).write(body);
            if extra != 0 {
                zero(((&raw mut (*obj).body) as *mut u8).add(start), extra);
            }
            self.start(ptr, class, ty);
            Gc::from_bits(ptr.as_ptr() as u64)
        }
    }

    /// As [`Heap::alloc`], with a body that is made when its place is known: it goes there without a stay on the stack,
    /// from where it could not be read again so soon.
    ///
    /// # Safety
    /// As for [`Heap::alloc`].
    #[inline(always)]
    pub unsafe fn alloc_with<T>(&self, ty: NonNull<Header>, extra: usize, body: impl FnOnce() -> T) -> Gc<T> {
        const { assert!(align_of::<T>() <= 16) };
        let start = const { size_of::<T>().next_multiple_of(8) };
        let Some((ptr, class)) = self.block(start + extra) else { out_of_memory() };
        // SAFETY: as in `alloc`; a body that panics leaves a block that nobody uses.
        unsafe {
            let obj = ptr.as_ptr() as *mut Obj<T>;
            (&raw mut (*obj).body).write(body());
            if extra != 0 {
                zero(((&raw mut (*obj).body) as *mut u8).add(start), extra);
            }
            self.start(ptr, class, ty);
            Gc::from_bits(ptr.as_ptr() as u64)
        }
    }

    /// An object of variable size, followed by `extra` zeroed bytes. `None` when that much memory cannot be had.
    ///
    /// # Safety
    /// As for [`Heap::alloc`], for a payload `VarObj<H, T>`.
    #[inline(always)]
    pub unsafe fn alloc_var<H, T>(
        &self,
        ty: NonNull<Header>,
        head: H,
        items: impl ExactSizeIterator<Item = T>,
        extra: usize,
    ) -> Option<Gc<VarObj<H, T>>> {
        let size = VarObj::<H, T>::size_for(items.len())?.checked_next_multiple_of(8)?;
        let (ptr, class) = self.block(size.checked_add(extra)?)?;
        // SAFETY: the block has room; the type fits by contract.
        unsafe {
            let body = ptr.add(1).cast::<VarObj<H, T>>();
            VarObj::init(body, head, items);
            if extra != 0 {
                (body.as_ptr() as *mut u8).add(size).write_bytes(0, extra);
            }
            self.start(ptr, class, ty);
            Some(Gc::from_bits(ptr.as_ptr() as u64))
        }
    }

    /// As [`Heap::alloc_var`] for plain data that `fill` writes in place.
    ///
    /// # Safety
    /// As for [`Heap::alloc_var`]; `fill` initialises every item.
    #[inline(always)]
    pub unsafe fn alloc_var_with<H, T: Copy>(
        &self,
        ty: NonNull<Header>,
        head: H,
        len: usize,
        extra: usize,
        fill: impl FnOnce(&mut [MaybeUninit<T>]),
    ) -> Option<Gc<VarObj<H, T>>> {
        let size = VarObj::<H, T>::size_for(len)?.checked_next_multiple_of(8)?;
        let (ptr, class) = self.block(size.checked_add(extra)?)?;
        // SAFETY: the block has room; the type fits by contract.
        unsafe {
            let body = ptr.add(1).cast::<VarObj<H, T>>();
            VarObj::init_with(body, head, len, fill);
            if extra != 0 {
                (body.as_ptr() as *mut u8).add(size).write_bytes(0, extra);
            }
            self.start(ptr, class, ty);
            Some(Gc::from_bits(ptr.as_ptr() as u64))
        }
    }

    /// An object whose items are these bytes. Hot: most strings are made here.
    ///
    /// # Safety
    /// `ty` is a live type object, static and not traced, whose payload is a `VarObj<H, u8>`.
    #[inline(always)]
    pub unsafe fn alloc_bytes<H>(
        &self,
        ty: NonNull<Header>,
        head: H,
        bytes: &[u8],
    ) -> Option<Gc<VarObj<H, u8>>> {
        let (ptr, class) = self.block(VarObj::<H, u8>::size_for(bytes.len())?)?;
        // SAFETY: the block has room; the type fits by contract, and its flags ask for nothing.
        unsafe {
            let body = ptr.add(1).cast::<VarObj<H, u8>>();
            VarObj::init_with(body, head, bytes.len(), |room| copy_bytes(bytes, room));
            self.begin(ptr, class, ty);
            debug_assert!(ptr.as_ref().head().flags.get() & (TypeFlags::HEAP_TYPE | TypeFlags::GC) == 0);
            Some(Gc::from_bits(ptr.as_ptr() as u64))
        }
    }

    /// Appends bytes to a variable-size object that has no other reference and no `extra` part, in place if its block has
    /// room or can be enlarged. `Err` gives the object back unchanged.
    ///
    /// # Safety
    /// The payload is exactly a `VarObj<H, u8>` of this heap, and `more` lies outside of it.
    pub unsafe fn extend_var<H>(
        &self,
        obj: Gc<VarObj<H, u8>>,
        more: &[u8],
    ) -> Result<Gc<VarObj<H, u8>>, Gc<VarObj<H, u8>>> {
        let want = obj.len().checked_add(more.len()).and_then(VarObj::<H, u8>::size_for);
        let Some(want) = want else { return Err(obj) };
        let need = size_of::<Header>() + want;
        let class = (obj.header().flags() & flags::CLASS) as usize;
        // SAFETY: the block is ours alone; capacity is checked before bytes are written behind the items.
        unsafe {
            if class != 0 {
                if need > class * 16 {
                    return Err(obj);
                }
                VarObj::append(obj.as_ptr().add(1).cast::<VarObj<H, u8>>(), more);
                return Ok(obj);
            }
            let mut ptr = obj.as_ptr();
            let prefix = ptr.cast::<LargePrefix>().sub(1);
            let total = prefix.as_ref().size;
            if need + size_of::<LargePrefix>() > total {
                let Some(grown) = need.checked_add(need / 4 + 64) else { return Err(obj) };
                let index = prefix.as_ref().index.get() as usize;
                let old = Layout::from_size_align_unchecked(total, 16);
                let Some(p) = NonNull::new(std::alloc::realloc(prefix.as_ptr() as *mut u8, old, grown))
                else {
                    return Err(obj);
                };
                let mut p = p.cast::<LargePrefix>();
                p.as_mut().size = grown;
                if let Some(place) = self.large.borrow_mut().get_mut(index) {
                    *place = p;
                }
                self.bytes.set(self.bytes.get() - total + grown);
                ptr = p.add(1).cast();
                std::mem::forget(obj);
                VarObj::append(ptr.add(1).cast::<VarObj<H, u8>>(), more);
                return Ok(Gc::from_bits(ptr.as_ptr() as u64));
            }
            VarObj::append(ptr.add(1).cast::<VarObj<H, u8>>(), more);
            Ok(obj)
        }
    }

    /// Gives a block back. The payload is gone already.
    ///
    /// # Safety
    /// `ptr` came from this heap and is used by nobody.
    unsafe fn free(&self, ptr: NonNull<Header>) {
        // SAFETY: the header is intact until the block is on the free list.
        unsafe {
            let class = ptr.as_ref().flags() & flags::CLASS;
            self.live.set(self.live.get() - 1);
            if class != 0 {
                let block = ptr.as_ptr() as *mut FreeBlock;
                #[cfg(debug_assertions)]
                (block as *mut u8).add(16).write_bytes(0xdb, class as usize * 16 - 16);
                (*block).ty = None;
                (*block).next = self.free[class as usize].get();
                self.free[class as usize].set(block);
            } else {
                let prefix = ptr.cast::<LargePrefix>().sub(1);
                let mut large = self.large.borrow_mut();
                let index = prefix.as_ref().index.get() as usize;
                large.swap_remove(index);
                if let Some(moved) = large.get(index) {
                    moved.as_ref().index.set(index as u32);
                }
                drop(large);
                let total = prefix.as_ref().size;
                self.bytes.set(self.bytes.get() - total);
                dealloc(prefix.as_ptr() as *mut u8, Layout::from_size_align_unchecked(total, 16));
            }
        }
    }

    /// Ends the life of an object whose count has come to zero, or raises it again if its finaliser did. Hot.
    #[inline(always)]
    unsafe fn destroy_now(&self, ptr: NonNull<Header>) {
        // SAFETY: the object is intact and its last reference is gone.
        unsafe {
            let header = ptr.as_ref();
            let finalize = header.head().flags.get() & TypeFlags::FINALIZE != 0;
            if (finalize || header.has_flag(flags::WEAKREFS)) && !self.may_go(ptr) {
                return;
            }
            // The finaliser may have changed the class of the object.
            let ty = header.ty();
            let head = header.head();
            let ty_flags = head.flags.get();
            if ty_flags & TypeFlags::GC != 0 {
                self.budget.set(self.budget.get() + 1);
            }
            (head.drop.get())(ptr);
            self.free(ptr);
            if ty_flags & TypeFlags::HEAP_TYPE != 0 {
                release(ty);
            }
        }
    }

    /// Finalises a dying object and clears the weak references to it. `false`: it lives on.
    #[cold]
    #[inline(never)]
    unsafe fn may_go(&self, ptr: NonNull<Header>) -> bool {
        // SAFETY: the object is intact; the finaliser's reference is made here.
        unsafe {
            let header = ptr.as_ref();
            let ty_flags = header.head().flags.get();
            if ty_flags & TypeFlags::FINALIZE != 0 && !header.has_flag(flags::FINALIZED) {
                header.set_flag(flags::FINALIZED, true);
                header.set_count(1);
                let held = Value::from_bits(ptr.as_ptr() as u64);
                (self.hooks.get().finalize)(&held);
                std::mem::forget(held);
                header.set_count(header.count() - 1);
                if header.count() != 0 {
                    return false;
                }
            }
            if header.has_flag(flags::WEAKREFS) {
                (self.hooks.get().weakrefs)(ptr);
            }
            true
        }
    }

    /// Ends the lives that were put off, the stack being flat again.
    #[cold]
    #[inline(never)]
    unsafe fn destroy_pending(&self) {
        loop {
            let next = self.pending.borrow_mut().pop();
            let Some(next) = next else { break };
            // SAFETY: put off by a `destroy`, so its last reference is gone.
            unsafe { self.destroy_now(next) };
        }
    }

    /// Frees all memory. Live objects are forgotten, not destroyed.
    fn free_all(&self) {
        for chunk in self.chunks.borrow_mut().drain(..) {
            // SAFETY: mapped in `block_from_new_page`; the heap's end.
            unsafe { chunk::unmap(chunk) }
        }
        for p in self.large.borrow_mut().drain(..) {
            // SAFETY: allocated with this layout in `large_block`.
            unsafe { dealloc(p.as_ptr() as *mut u8, Layout::from_size_align_unchecked(p.as_ref().size, 16)) }
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.free_all()
    }
}

#[cold]
fn out_of_memory() -> ! {
    std::alloc::handle_alloc_error(Layout::new::<[u8; 64]>())
}

/// Called when a count reaches zero.
///
/// # Safety
/// The caller gave back the last reference.
#[cold]
#[inline(never)]
pub(crate) unsafe fn destroy(ptr: NonNull<Header>) {
    if !try_current() {
        // The interpreter is gone; its memory goes with its heap.
        return;
    }
    let heap = current();
    let depth = heap.depth.get();
    if depth >= MAX_DEPTH {
        heap.pending.borrow_mut().push(ptr);
        heap.has_pending.set(true);
        return;
    }
    heap.depth.set(depth + 1);
    // SAFETY: contract of this function.
    unsafe { heap.destroy_now(ptr) };
    if depth == 0 && heap.has_pending.replace(false) {
        // SAFETY: contract of this function.
        unsafe { heap.destroy_pending() };
    }
    heap.depth.set(depth);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::TypeHead;

    struct Node {
        next: Cell<Option<Value>>,
    }

    unsafe fn drop_node(p: NonNull<Header>) {
        // SAFETY: test payload.
        unsafe { std::ptr::drop_in_place(&raw mut (*(p.as_ptr() as *mut Obj<Node>)).body) }
    }
    unsafe fn trace_node(p: NonNull<Header>, visit: &mut dyn FnMut(&Value)) {
        // SAFETY: test payload.
        if let Some(v) = unsafe { &*(*(p.as_ptr() as *mut Obj<Node>)).body.next.as_ptr() } {
            visit(v)
        }
    }
    unsafe fn clear_node(p: NonNull<Header>) {
        // SAFETY: test payload.
        drop(unsafe { (*(p.as_ptr() as *mut Obj<Node>)).body.next.take() })
    }

    fn with_heap(f: impl FnOnce(&Heap, NonNull<Header>)) {
        let heap = Heap::new();
        // SAFETY: the heap lives through the test; the type is its own type, laid out as required.
        unsafe {
            let before = enter(&heap);
            #[repr(C)]
            struct Ty {
                header: Header,
                head: TypeHead,
            }
            let ty = Box::leak(Box::new(Ty {
                header: Header::new(0, NonNull::dangling()),
                head: TypeHead {
                    drop: Cell::new(drop_node),
                    trace: Cell::new(trace_node),
                    clear: Cell::new(clear_node),
                    flags: Cell::new(TypeFlags::GC),
                },
            }));
            let ty = NonNull::from(ty).cast::<Header>();
            ty.as_ref().set_ty(ty);
            f(&heap, ty);
            enter(before);
        }
    }

    #[test]
    fn a_long_chain_is_released_without_recursion() {
        with_heap(|heap, ty| {
            let mut head: Option<Value> = None;
            for _ in 0..1_000_000 {
                // SAFETY: the type fits.
                let n = unsafe { heap.alloc(ty, Node { next: Cell::new(head.take()) }, 0) };
                head = Some(n.into_value());
            }
            assert_eq!(heap.stats().blocks_allocated, 1_000_000);
            drop(head);
            assert_eq!(heap.stats().blocks_allocated, 0);
        });
    }

    #[test]
    fn cycles_are_found_and_cleared_and_the_rest_stays() {
        with_heap(|heap, ty| {
            // SAFETY: the type fits.
            let node = |next| unsafe { heap.alloc(ty, Node { next: Cell::new(next) }, 0) };
            let kept = node(None);
            let a = node(None);
            let b = node(Some(a.to_value()));
            a.next.set(Some(b.to_value()));
            kept.next.set(Some(node(None).into_value()));
            drop((a, b));
            assert_eq!(heap.stats().blocks_allocated, 4);
            let garbage = heap.find_garbage();
            assert_eq!(garbage.objects.len(), 2);
            garbage.clear();
            assert_eq!(heap.stats().blocks_allocated, 2);
            drop(kept);
            assert_eq!(heap.stats().blocks_allocated, 0);
        });
    }

    #[test]
    fn large_objects_come_and_go() {
        with_heap(|heap, ty| {
            // SAFETY: the type's functions look at the first word only.
            let big: Vec<_> =
                (0..10).map(|_| unsafe { heap.alloc(ty, Node { next: Cell::new(None) }, 4096) }).collect();
            assert_eq!(heap.stats().blocks_allocated, 10);
            drop(big);
            assert_eq!(heap.stats().blocks_allocated, 0);
        });
    }
}
