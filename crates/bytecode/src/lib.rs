//! Byte code: the instruction set as one table and what derives from it, the code object, its file format and the
//! verifier. Knows nothing of the compiler that writes it and the machine that runs it.

mod blob;
pub mod code;
mod consts;
mod disasm;
mod exceptions;
mod instr;
mod intrinsic;
mod op;
pub mod operand;
pub mod ops;
mod positions;
mod serial;
mod site;
mod usage;
mod verify;

pub use blob::Blob;
pub use code::{CodeData, flags, local_kind};
pub use consts::{Const, Consts, StrTable};
pub use disasm::{disassemble, disassemble_tree, instruction_text};
pub use exceptions::{ExceptionTable, Handler};
pub use instr::Instr;
pub use intrinsic::{CommonConstant, Imm, Intrinsic1, Intrinsic2};
pub use op::{Effects, GENERAL, Op, OpInfo, SPECIAL};
pub use ops::FIRST_SPECIAL;
pub use positions::{NO_COLUMN, Position, Positions, Runs};
pub use serial::{Glance, LoadError, MAGIC, load, load_nested, serialize};
pub use site::{Site, SiteKind, Sites};
pub use usage::{Uses, jump_target, uses};
pub use verify::{VerifyError, verify};
