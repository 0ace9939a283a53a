//! Native modules that work on the `Host`: files, processes, time, signals, sockets, threads.

pub mod io;
pub mod util;

use taipan_vm::native::ModuleDef;

/// All modules of this crate, for the interpreter's configuration.
pub static MODULES: &[&ModuleDef] = &[&io::module::_io::MODULE];
