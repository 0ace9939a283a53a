//! Native modules that only compute.

pub mod collections;
pub mod math;
pub mod sre;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
#[rustfmt::skip]
pub static MODULES: &[&ModuleDef] = &[
    &collections::collections::MODULE,
    &math::math::MODULE,
    &sre::sre::MODULE,
];
