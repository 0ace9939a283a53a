//! Native modules about the language itself: syntax trees, tokens, symbol tables, byte code.

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
pub static MODULES: &[&ModuleDef] = &[];
