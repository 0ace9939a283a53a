//! Native modules that show the machine itself.

pub mod abc;
pub mod builtins;
pub mod codecs;
pub mod deferred;
pub mod frozen_library;
pub mod gc;
pub mod imp;
pub mod import;
pub mod marshal;
pub mod paths;
pub mod scope;
pub mod string;
pub mod sys;
pub mod sysconfig;
pub mod types_;
pub mod typing;
pub mod weakref;

pub mod atexit;
pub mod contextvars;
pub mod errno;
pub mod suggestions;
pub mod testcapi;
pub mod testinternalcapi;
pub mod tracemalloc;
pub mod warnings;
use crate::native::ModuleDef;
pub use import::import_module;

/// The modules of this crate.
#[rustfmt::skip]
pub static ALL: &[&ModuleDef] = &[
    &abc::abc::MODULE,
    &builtins::builtins::MODULE,
    &warnings::warnings::MODULE,
    &tracemalloc::tracemalloc::MODULE,
    &suggestions::suggestions::MODULE,
    &errno::errno::MODULE,
    &contextvars::contextvars::MODULE,
    &atexit::atexit::MODULE,
    &codecs::module::MODULE,
    &frozen_library::frozen_library::MODULE,
    &gc::gc::MODULE,
    &imp::imp::MODULE,
    &marshal::marshal::MODULE,
    &string::string::MODULE,
    &sys::sys::MODULE,
    &sysconfig::sysconfig::MODULE,
    &testcapi::testcapi::MODULE,
    &testcapi::testlimitedcapi::MODULE,
    &testinternalcapi::testinternalcapi::MODULE,
    &types_::builtin_types::MODULE,
    &typing::typing::MODULE,
    &weakref::weakref::MODULE,
];
