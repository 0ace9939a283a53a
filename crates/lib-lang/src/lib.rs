//! Native modules about the language itself: syntax trees, tokens and byte code.

pub mod ast;
pub mod lsprof;
pub mod opcode;
pub mod report;
pub mod symtable;
pub mod tokens;

use taipan_vm::native::ModuleDef;

/// The modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &lsprof::lsprof::MODULE,
    &opcode::opcode::MODULE,
    &symtable::symtable::MODULE,
    &tokens::tokenize::MODULE,
];
