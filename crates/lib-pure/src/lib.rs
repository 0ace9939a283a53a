//! Native modules that only compute.

mod buffers;

pub mod binascii;
pub mod collections;
pub mod math;
pub mod random;
pub mod sre;
pub mod struct_;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
#[rustfmt::skip]
pub static MODULES: &[&ModuleDef] = &[
    &binascii::binascii::MODULE,
    &collections::collections::MODULE,
    &math::math::MODULE,
    &random::random::MODULE,
    &sre::sre::MODULE,
    &struct_::module::MODULE,
];
