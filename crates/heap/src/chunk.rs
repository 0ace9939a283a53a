//! Where the heap gets its chunks: from the system, as one huge page each where it has them. Objects fill a chunk
//! densely, and one fault that clears two megabytes costs less than a fifth of the 512 that small pages take.
//!
//! A heap's first chunk is of small pages, which are asked for some dozens at once: a start fills a third of it.

use std::ptr::NonNull;

/// A huge page's size, to which chunks are aligned.
pub const CHUNK: usize = 2 << 20;

/// Zeroed memory of `CHUNK` bytes, aligned to `CHUNK`. A `small` one wants to be told what of it is about to be used (`fill`).
#[cfg(target_os = "linux")]
pub fn map(small: bool) -> Option<NonNull<u8>> {
    const ROOM: usize = 2 * CHUNK;
    // SAFETY: a mapping of its own; what lies before and behind the chunk in it is given back.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let p = libc::mmap(std::ptr::null_mut(), ROOM, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if p == libc::MAP_FAILED {
            return None;
        }
        let start = p as *mut u8;
        let before = start.align_offset(CHUNK);
        let chunk = start.add(before);
        if before != 0 {
            libc::munmap(p, before);
        }
        if before != CHUNK {
            libc::munmap(chunk.add(CHUNK).cast(), CHUNK - before);
        }
        // Advice: where there are no huge pages, small ones do. A chunk that has small pages already keeps them until
        // the system finds the time to put them together.
        if small {
            libc::madvise(chunk.cast(), CHUNK, libc::MADV_NOHUGEPAGE);
            libc::madvise(chunk.cast(), STEP, libc::MADV_POPULATE_WRITE);
        }
        libc::madvise(chunk.cast(), CHUNK, libc::MADV_HUGEPAGE);
        NonNull::new(chunk)
    }
}

/// The part of a chunk of small pages at `offset` is about to be used. Where the system does not know such advice, the pages
/// come one by one.
#[cfg(target_os = "linux")]
pub fn fill(chunk: NonNull<u8>, offset: usize) {
    let bytes = match offset {
        HALF => CHUNK - HALF,
        STEP..HALF if offset.is_multiple_of(STEP) => STEP,
        _ => return,
    };
    // SAFETY: advice about memory of the chunk.
    unsafe { libc::madvise(chunk.as_ptr().add(offset).cast(), bytes, libc::MADV_POPULATE_WRITE) };
}

#[cfg(target_os = "linux")]
const STEP: usize = 128 << 10;

/// Who has filled so much of a chunk will fill the rest.
#[cfg(target_os = "linux")]
const HALF: usize = CHUNK / 2;

/// Gives a chunk back.
///
/// # Safety
/// It came from `map`, and nobody uses it any more.
#[cfg(target_os = "linux")]
pub unsafe fn unmap(chunk: NonNull<u8>) {
    // SAFETY: by contract.
    unsafe { libc::munmap(chunk.as_ptr().cast(), CHUNK) };
}

#[cfg(not(target_os = "linux"))]
const LAYOUT: std::alloc::Layout = match std::alloc::Layout::from_size_align(CHUNK, CHUNK) {
    Ok(layout) => layout,
    Err(_) => panic!(),
};

#[cfg(not(target_os = "linux"))]
pub fn fill(_chunk: NonNull<u8>, _offset: usize) {}

#[cfg(not(target_os = "linux"))]
pub fn map(_small: bool) -> Option<NonNull<u8>> {
    // SAFETY: the layout has a size.
    NonNull::new(unsafe { std::alloc::alloc_zeroed(LAYOUT) })
}

/// # Safety
/// It came from `map`, and nobody uses it any more.
#[cfg(not(target_os = "linux"))]
pub unsafe fn unmap(chunk: NonNull<u8>) {
    // SAFETY: by contract.
    unsafe { std::alloc::dealloc(chunk.as_ptr(), LAYOUT) }
}
