//! Where the heap gets its chunks: from the system, as one huge page each where it has them. Objects fill a chunk
//! densely, and one fault that clears two megabytes costs less than a fifth of the 512 that small pages take.

use std::ptr::NonNull;

/// A huge page's size, to which chunks are aligned.
pub const CHUNK: usize = 2 << 20;

/// Zeroed memory of `CHUNK` bytes, aligned to `CHUNK`.
#[cfg(target_os = "linux")]
pub fn map() -> Option<NonNull<u8>> {
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
        // Advice: where there are no huge pages, small ones do.
        libc::madvise(chunk.cast(), CHUNK, libc::MADV_HUGEPAGE);
        NonNull::new(chunk)
    }
}

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
pub fn map() -> Option<NonNull<u8>> {
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
