//! Native modules about the language itself: tokens and byte code.

pub mod opcode;
pub mod tokens;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
pub static MODULES: &[&ModuleDef] = &[&opcode::opcode::MODULE, &tokens::tokenize::MODULE];
