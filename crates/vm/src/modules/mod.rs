//! Native modules that show the machine itself.

pub mod abc;
pub mod builtins;
pub mod codecs;
pub mod gc;
pub mod imp;
pub mod import;
pub mod marshal;
pub mod scope;
pub mod string;
pub mod sys;
pub mod typing;
pub mod weakref;

use crate::native::ModuleDef;
pub use import::import_module;

/// The modules of this crate.
#[rustfmt::skip]
pub static ALL: &[&ModuleDef] = &[
    &abc::abc::MODULE,
    &builtins::builtins::MODULE,
    &codecs::module::MODULE,
    &gc::gc::MODULE,
    &imp::imp::MODULE,
    &marshal::marshal::MODULE,
    &string::string::MODULE,
    &sys::sys::MODULE,
    &typing::typing::MODULE,
    &weakref::weakref::MODULE,
];
