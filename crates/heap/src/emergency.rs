//! What happens when memory ends (a limit on address space, or on what the system promises): a reserve of address space is
//! given back so that small requests go on, and the interpreter is told, which raises MemoryError where it next looks.
//!
//! Only a program that asked for it by [`prepare`] has a reserve; its global allocator calls [`spend`] when a request
//! fails. Containers that are about to grow much ask [`can_grow`] first and grow a little where they cannot: their
//! program hears of it before they need more.

use std::sync::atomic::{AtomicBool, Ordering};

/// The reserve is given back, and nobody has been told yet.
static LOW: AtomicBool = AtomicBool::new(false);

/// Growth by less is not asked for.
const LARGE: usize = 8 << 20;

/// A step that a container grows by when it cannot grow as usual.
pub const STEP: usize = 1 << 12;

/// Whether so many bytes more can be had. Where not, the program is told soon.
pub fn can_grow(bytes: usize) -> bool {
    let there = has_room(bytes);
    if !there {
        alarm();
    }
    there
}

/// Whether so many bytes more can be had, of which nobody need hear.
pub fn has_room(bytes: usize) -> bool {
    bytes < LARGE || reserve::could_map(bytes)
}

/// Tells the interpreter that runs on this thread.
#[cold]
fn alarm() {
    LOW.store(true, Ordering::Relaxed);
    if crate::try_current() {
        crate::current().trip();
    }
}

/// Whether memory ended since this was asked last; from now on there is a reserve again, if it can be had.
pub fn take_low() -> bool {
    if !LOW.load(Ordering::Relaxed) {
        return false;
    }
    reserve::hold();
    LOW.swap(false, Ordering::Relaxed)
}

/// Gives the reserve back for a while, of which nobody need hear; [`hold`] takes it again.
pub fn lend() -> bool {
    reserve::release()
}

/// Takes the reserve again, if there is to be one.
pub fn hold() {
    reserve::hold()
}

/// Takes a reserve.
pub fn prepare() {
    reserve::want();
    reserve::hold();
}

/// Gives the reserve back, if there is one: the request may be tried again.
#[cold]
pub fn spend() -> bool {
    let had = reserve::release();
    if had {
        alarm();
    }
    had
}

#[cfg(target_os = "linux")]
mod reserve {
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

    const SIZE: usize = 96 << 20;

    static WANTED: AtomicBool = AtomicBool::new(false);
    static PLACE: AtomicPtr<libc::c_void> = AtomicPtr::new(null_mut());

    pub fn want() {
        WANTED.store(true, Ordering::Relaxed);
    }

    /// Maps addresses that nobody may touch, unless they are held already.
    pub fn hold() {
        if !WANTED.load(Ordering::Relaxed) || !PLACE.load(Ordering::Relaxed).is_null() {
            return;
        }
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a mapping of its own.
        let p = unsafe { libc::mmap(null_mut(), SIZE, libc::PROT_NONE, flags, -1, 0) };
        if p != libc::MAP_FAILED && !PLACE.swap(p, Ordering::AcqRel).is_null() {
            // Another thread was quicker; one of both is forgotten, which costs addresses only.
        }
    }

    /// Asks the system, not the allocator: the C library's keeps what it is given back once it has seen large blocks go.
    pub fn could_map(bytes: usize) -> bool {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a mapping of its own, which nobody else learns of.
        unsafe {
            let p = libc::mmap(null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            p != libc::MAP_FAILED && libc::munmap(p, bytes) == 0
        }
    }

    pub fn release() -> bool {
        let p = PLACE.swap(null_mut(), Ordering::AcqRel);
        // SAFETY: mapped in `hold`, and whoever takes it out of `PLACE` has it alone.
        !p.is_null() && unsafe { libc::munmap(p, SIZE) } == 0
    }
}

#[cfg(not(target_os = "linux"))]
mod reserve {
    pub fn want() {}
    pub fn hold() {}
    pub fn could_map(bytes: usize) -> bool {
        Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
    }
    pub fn release() -> bool {
        false
    }
}
