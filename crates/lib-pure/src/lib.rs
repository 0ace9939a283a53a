//! Native modules that only compute.

pub mod math;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
pub static MODULES: &[&ModuleDef] = &[&math::math::MODULE];
