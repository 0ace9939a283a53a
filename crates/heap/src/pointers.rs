//! The lists that the collector writes while it looks: long ones are mappings of their own, which leave nothing behind. From
//! the allocator they would grow and go with each collection, and the C library's keeps what large blocks leave.
//!
//! I1  `len <= room`, the first `len` places are written, and `start` has `room` places.

use crate::chunk::CHUNK;
use crate::object::Header;
use std::ptr::NonNull;

type Item = NonNull<Header>;

pub(crate) struct Pointers {
    start: NonNull<Item>,
    len: usize,
    room: usize,
    mapped: bool,
}

/// From here on a list is a mapping, in bytes.
const LONG: usize = 1 << 20;

impl Pointers {
    /// For so many, as far as is known.
    pub fn with_room(items: usize) -> Pointers {
        let bytes = items.saturating_mul(size_of::<Item>());
        // The system aligns whole huge pages only.
        if bytes >= LONG
            && let Some(bytes) = bytes.checked_next_multiple_of(CHUNK)
            && let Some(start) = map(bytes)
        {
            return Pointers { start: start.cast(), len: 0, room: bytes / size_of::<Item>(), mapped: true };
        }
        // What could not be had in one piece may come by and by.
        Pointers::allocated(items.min(LONG / size_of::<Item>()).max(16))
    }

    fn allocated(room: usize) -> Pointers {
        let mut list = std::mem::ManuallyDrop::new(Vec::<Item>::with_capacity(room));
        // SAFETY: a vector's buffer is no null pointer.
        let start = unsafe { NonNull::new_unchecked(list.as_mut_ptr()) };
        Pointers { start, len: 0, room: list.capacity(), mapped: false }
    }

    #[inline(always)]
    pub fn push(&mut self, item: Item) {
        if self.len == self.room {
            self.grow();
        }
        // SAFETY: there is room (I1).
        unsafe { self.start.add(self.len).write(item) };
        self.len += 1;
    }

    #[inline(always)]
    pub fn pop(&mut self) -> Option<Item> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: it was written (I1).
        Some(unsafe { self.start.add(self.len).read() })
    }

    #[cold]
    fn grow(&mut self) {
        let mut more = Pointers::with_room(self.room.saturating_mul(2));
        if more.room <= self.len {
            // One that could not be mapped.
            more = Pointers::allocated(self.room.saturating_mul(2));
        }
        for item in self.iter() {
            more.push(*item);
        }
        *self = more;
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Item> {
        // SAFETY: the first `len` are written (I1).
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }.iter()
    }
}

impl std::ops::Deref for Pointers {
    type Target = [Item];

    fn deref(&self) -> &[Item] {
        self.iter().as_slice()
    }
}

impl Drop for Pointers {
    fn drop(&mut self) {
        // SAFETY: the buffer is what `with_room` or `grow` made it from, and goes back the same way.
        unsafe {
            if self.mapped {
                unmap(self.start.cast(), self.room * size_of::<Item>());
            } else {
                drop(Vec::from_raw_parts(self.start.as_ptr(), 0, self.room));
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn map(bytes: usize) -> Option<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a mapping of its own; huge pages are advice.
    unsafe {
        let p = libc::mmap(std::ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if p == libc::MAP_FAILED {
            return None;
        }
        libc::madvise(p, bytes, libc::MADV_HUGEPAGE);
        NonNull::new(p.cast())
    }
}

/// # Safety
/// It came from `map` with that size, and nobody uses it any more.
#[cfg(target_os = "linux")]
unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
    // SAFETY: by contract.
    unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
}

#[cfg(not(target_os = "linux"))]
fn map(_bytes: usize) -> Option<NonNull<u8>> {
    None
}

/// # Safety
/// Nothing comes from `map`.
#[cfg(not(target_os = "linux"))]
unsafe fn unmap(_start: NonNull<u8>, _bytes: usize) {}

#[cfg(test)]
mod tests {
    use super::{LONG, Pointers};
    use std::ptr::NonNull;

    #[test]
    fn lists_grow_beyond_what_was_known() {
        for room in [0, 3, LONG / 8 - 1, LONG / 8] {
            let mut list = Pointers::with_room(room);
            for i in 1..=LONG / 4 {
                list.push(NonNull::without_provenance(i.try_into().expect("not 0")));
            }
            assert_eq!(list.len(), LONG / 4);
            assert!(list.iter().enumerate().all(|(i, p)| p.addr().get() == i + 1));
            let popped = std::iter::from_fn(|| list.pop()).count();
            assert_eq!((popped, list.len()), (LONG / 4, 0));
        }
    }
}
