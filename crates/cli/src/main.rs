//! The `taipan` binary: `python3`'s command line.

#![cfg_attr(all(bare_main, not(test)), no_main)]
#![allow(clippy::disallowed_methods, reason = "the program's own door: arguments, its thread, its status")]

mod help;
mod options;
mod prompt;
mod run;
mod settings;

use mimalloc::MiMalloc;
use options::{CommandLine, Show};
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use taipan::Interpreter;
use taipan::host::Signals;
#[cfg(any(not(bare_main), test))]
use taipan::host::{Environment, Files};

/// Native stack of the thread that runs Python: deep recursion ends in `RecursionError` long before.
const STACK: usize = 64 << 20;

/// mimalloc for all but large blocks. Those are the C library's: growing them moves pages instead of bytes, little stays
/// behind when they go (a list of a million took twice its size), and what the machine cannot hold is refused at once, where
/// mimalloc would promise any amount of address space: a `MemoryError` instead of a killed process.
struct Allocator;

const LARGE: usize = 1 << 20;

/// What every block is aligned to without being asked.
const ALIGNED: usize = 8;

// SAFETY: a layout decides which of two sound allocators a block comes from and goes back to; `realloc` is the provided
// one where the size crosses the border.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract.
        let p = unsafe {
            if layout.size() >= LARGE {
                System.alloc(layout)
            } else if layout.align() <= ALIGNED {
                libmimalloc_sys::mi_malloc(layout.size()) as *mut u8
            } else {
                MiMalloc.alloc(layout)
            }
        };
        // SAFETY: as above.
        if p.is_null() && again(layout.size()) { unsafe { self.alloc(layout) } } else { p }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract.
        let p = unsafe {
            if layout.size() >= LARGE {
                System.alloc_zeroed(layout)
            } else if layout.align() <= ALIGNED {
                libmimalloc_sys::mi_zalloc(layout.size()) as *mut u8
            } else {
                MiMalloc.alloc_zeroed(layout)
            }
        };
        // SAFETY: as above.
        if p.is_null() && again(layout.size()) { unsafe { self.alloc_zeroed(layout) } } else { p }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract.
        unsafe {
            if layout.size() < LARGE { MiMalloc.dealloc(ptr, layout) } else { System.dealloc(ptr, layout) }
        }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's contract; across the border the block moves from one allocator to the other.
        let p = unsafe {
            match (layout.size() < LARGE, size < LARGE) {
                (true, true) if layout.align() <= ALIGNED => {
                    libmimalloc_sys::mi_realloc(ptr as *mut std::ffi::c_void, size) as *mut u8
                }
                (true, true) => MiMalloc.realloc(ptr, layout, size),
                (false, false) => System.realloc(ptr, layout, size),
                _ => {
                    let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !new.is_null() {
                        std::ptr::copy_nonoverlapping(ptr, new, layout.size().min(size));
                        self.dealloc(ptr, layout);
                    }
                    new
                }
            }
        };
        // SAFETY: as above; the old block is as it was.
        if p.is_null() && again(size) { unsafe { self.realloc(ptr, layout, size) } } else { p }
    }
}

/// A request failed: whether it may succeed now. Those for huge blocks are their askers' to deal with.
#[cold]
#[inline(never)]
fn again(size: usize) -> bool {
    const HUGE: usize = 64 << 20;
    size < HUGE && taipan::vm::emergency::spend()
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// The program's entry, as C has it: what Rust's own start does before `main` (it looks where the stack ends, takes over
/// signals) is for nothing here, and costs a fiftieth of a start.
#[cfg(all(bare_main, not(test)))]
#[unsafe(no_mangle)]
extern "C" fn main(_argc: i32, _argv: *const *const u8) -> i32 {
    unsafe extern "C" {
        safe fn mallopt(parameter: i32, value: i32) -> i32;
        safe fn mi_option_set(option: i32, value: std::ffi::c_long);
    }
    // mimalloc's notes on the memory it takes at once lie in pages that are written to; it grows its steps by itself.
    const ARENA_RESERVE: i32 = 23;
    mi_option_set(ARENA_RESERVE, 64 << 10);
    // What the C library allocates for itself needs no arena for each thread.
    const M_ARENA_MAX: i32 = -8;
    mallopt(M_ARENA_MAX, 1);
    start()
}

#[cfg(any(not(bare_main), test))]
fn main() {
    // Rust's start has put `/dev/null` where there was no stream: programs find none, as they expect.
    let host = taipan::host::RealHost::new();
    for fd in (0..3).filter(|fd| host.started_closed(*fd)) {
        _ = host.close(fd);
    }
    std::process::exit(start())
}

fn start() -> i32 {
    let worker = std::thread::Builder::new().name("main".into()).stack_size(STACK).spawn(python);
    // Signals are for the thread that runs Python: they interrupt what it waits for.
    const SIG_BLOCK: i32 = 0;
    _ = taipan::host::RealHost::new().sigmask(SIG_BLOCK, !0);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(status)) => status,
        // The panic has been reported.
        Ok(Err(_)) => 134,
        Err(error) => {
            _ = writeln!(std::io::stderr(), "taipan: no thread can be made: {error}");
            1
        }
    }
}

fn python() -> i32 {
    taipan::vm::emergency::prepare();
    let words: Vec<Vec<u8>> = std::env::args_os().map(OsStringExt::into_vec).collect();
    let program = words.first().map_or_else(|| "taipan".into(), |w| String::from_utf8_lossy(w).into_owned());
    let line = match options::parse(words.get(1..).unwrap_or_default()) {
        Ok(line) => line,
        Err(options::BadUsage(text)) => {
            let usage = help::usage_line(&program);
            _ = writeln!(std::io::stderr(), "{text}{usage}Try '{program} -h' for more information.");
            return 2;
        }
    };
    if let Some(what) = line.show {
        show(what, &program);
        return 0;
    }
    let mut builder = Interpreter::builder().stack(STACK - (1 << 20));
    let executable = builder.config.host.current_exe().unwrap_or_default();
    if let Err(text) = settings::apply(&mut builder, &line, words, executable) {
        _ = write!(std::io::stderr(), "{text}");
        return 1;
    }
    go(builder, &line, &program)
}

fn go(builder: taipan::Builder, line: &CommandLine, program: &str) -> i32 {
    let host = builder.config.host.clone();
    let mut python = match builder.build() {
        Ok(python) => python,
        Err(error) => {
            _ = writeln!(std::io::stderr(), "Fatal Python error: the interpreter cannot start\n{error}");
            return 1;
        }
    };
    let ended = run::run(&python, line, program);
    let fine = python.finish_with_process();
    // The process ends here: what the heap still holds goes with it.
    std::mem::forget(python);
    match ended {
        taipan::Ended::Interrupted => {
            const SIGINT: i32 = 2;
            _ = host.set_action(SIGINT, taipan::host::Disposition::Default);
            _ = host.kill(host.getpid(), SIGINT);
            130
        }
        taipan::Ended::Status(status) => {
            // Nothing is left to be done: no thread to wait for, no memory to be freed.
            host.exit_now(if status == 0 && !fine { 120 } else { status })
        }
    }
}

fn show(what: Show, program: &str) {
    let mut out = std::io::stdout();
    let usage = help::usage_line(program);
    let version = taipan::version();
    let text = match what {
        Show::Version => format!("Python {}\n", version.split(' ').next().unwrap_or_default()),
        Show::LongVersion => format!("Python {version}\n"),
        Show::Help => format!("{usage}{}", help::USAGE_TAIL),
        Show::HelpEnv => help::ENVIRONMENT.to_string(),
        Show::HelpX => help::X_OPTIONS.to_string(),
        Show::HelpAll => {
            format!("{usage}{}\n{}\n{}", help::USAGE_TAIL, help::ENVIRONMENT, help::X_OPTIONS)
        }
    };
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
