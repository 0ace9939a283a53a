//! Native modules that work on the `Host`: files, processes, time, signals, sockets, threads.

pub mod accounts;
pub mod faulthandler;
pub mod fcntl;
pub mod io;
pub mod locale;
pub mod mmap;
pub mod multiprocessing;
pub mod numbers;
pub mod posix;
pub mod queue;
pub mod select;
pub mod signal;
pub mod socket;
pub mod stat;
pub mod subprocess;
pub mod syslog;
pub mod thread;
pub mod time;
pub mod util;

use taipan_vm::native::ModuleDef;
use taipan_vm::{PyResult, Vm};

/// All modules of this crate, for the interpreter's configuration.
pub static MODULES: &[&ModuleDef] = &[
    &io::module::_io::MODULE,
    &posix::calls::posix::MODULE,
    &signal::_signal::MODULE,
    &thread::_thread::MODULE,
    &time::time::MODULE,
    &subprocess::_posixsubprocess::MODULE,
    &accounts::pwd::MODULE,
    &accounts::grp::MODULE,
    &faulthandler::faulthandler::MODULE,
    &fcntl::fcntl::MODULE,
    &fcntl::resource::MODULE,
    &fcntl::termios::MODULE,
    &select::select::MODULE,
    &socket::_socket::MODULE,
    &locale::_locale::MODULE,
    &mmap::module::MODULE,
    &multiprocessing::_multiprocessing::MODULE,
    &multiprocessing::_posixshmem::MODULE,
    &queue::_queue::MODULE,
    &stat::_stat::MODULE,
    &syslog::syslog::MODULE,
];

/// What an interpreter does once before its program: signals, the main thread's number. The standard streams are
/// `io::stdio::install`, which wants `sys` and `builtins` to be there.
pub fn start(vm: &Vm) -> PyResult<()> {
    signal::start(vm);
    Ok(())
}
