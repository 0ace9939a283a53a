//! Native modules that only compute.

pub mod math;
pub mod sre;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
pub static MODULES: &[&ModuleDef] = &[&math::math::MODULE, &sre::sre::MODULE];
