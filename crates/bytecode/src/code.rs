//! The code object as the compiler makes it, files carry it and the machine wraps it.

use crate::blob::Blob;
use crate::consts::{Const, Consts, StrTable};
use crate::exceptions::ExceptionTable;
use crate::instr::Instr;
use crate::positions::Positions;
use crate::site::Sites;

/// CPython's `co_flags` values.
pub mod flags {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const FUTURE_DIVISION: u32 = 0x20000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x40000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x80000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x100000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x200000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x400000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x800000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x1000000;
    pub const HAS_DOCSTRING: u32 = 0x4000000;
    pub const METHOD: u32 = 0x8000000;
}

/// Bits of `CodeData::local_kinds`.
pub mod local_kind {
    /// Variable of an inlined comprehension: seen by `locals()` only while it is bound.
    pub const HIDDEN: u8 = 0x10;
    pub const ARGUMENT: u8 = 0x01;
}

/// A code object. All tables are used in place: cloning shares them.
#[derive(Clone, Default, Debug)]
pub struct CodeData {
    /// Positional parameters, positional-only ones included; without `*args`, `**kwargs`, keyword-only ones.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    /// Plain locals: positional parameters, keyword-only ones, `*args`, `**kwargs`, then the others.
    pub nlocals: u32,
    /// Cell slots, which follow the locals.
    pub ncells: u32,
    /// Temporaries, which follow the cells (`co_stacksize`).
    pub ntemps: u32,
    /// CPython's `co_flags`.
    pub flags: u32,
    pub firstlineno: u32,
    pub filename: Blob,
    pub name: Blob,
    pub qualname: Blob,
    /// Instruction words, little endian.
    pub instrs: Blob,
    pub consts: Consts,
    pub names: StrTable,
    /// Names of the plain locals, by slot. A name can occur twice: variables of inlined comprehensions have slots of
    /// their own.
    pub varnames: StrTable,
    /// Names of the cell slots, by slot - nlocals.
    pub cellvars: StrTable,
    pub freevars: StrTable,
    /// A byte per plain local, then per cell slot: bits of `local_kind`.
    pub local_kinds: Blob,
    /// A `u32` per cell slot: the argument it starts from (`make_cell_arg`), or `u32::MAX`.
    pub cell_args: Blob,
    pub sites: Sites,
    pub positions: Positions,
    pub exceptions: ExceptionTable,
}

impl CodeData {
    /// Number of instruction words.
    pub fn len(&self) -> usize {
        self.instrs.len() / 8
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn instr(&self, pc: usize) -> Option<Instr> {
        let raw = self.instrs.get(pc.checked_mul(8)?..)?.first_chunk::<8>()?;
        Some(Instr::from_le_bytes(*raw))
    }

    pub fn iter_instrs(&self) -> impl ExactSizeIterator<Item = Instr> + '_ {
        let (words, _) = self.instrs.as_chunks();
        words.iter().map(|word| Instr::from_le_bytes(*word))
    }

    /// Size of the frame's window.
    pub fn nregs(&self) -> usize {
        self.nlocals as usize + self.ncells as usize + self.ntemps as usize
    }

    /// Index of the first temporary.
    pub fn first_temp(&self) -> usize {
        self.nlocals as usize + self.ncells as usize
    }

    /// All parameters, `*args` and `**kwargs` included: the locals that a call fills.
    pub fn total_args(&self) -> usize {
        let stars =
            (self.flags & flags::VARARGS != 0) as usize + (self.flags & flags::VARKEYWORDS != 0) as usize;
        self.argcount as usize + self.kwonlyargcount as usize + stars
    }

    pub fn constant(&self, index: usize) -> Option<Const> {
        self.consts.get(index, &self.filename)
    }

    /// The argument that cell `cell` takes over at the start.
    pub fn cell_arg(&self, cell: usize) -> Option<usize> {
        let raw = self.cell_args.get(cell.checked_mul(4)?..)?.first_chunk::<4>()?;
        match u32::from_le_bytes(*raw) {
            u32::MAX => None,
            n => Some(n as usize),
        }
    }

    /// Is local or cell slot `slot` a variable of an inlined comprehension?
    pub fn is_hidden(&self, slot: usize) -> bool {
        self.local_kinds.get(slot).is_some_and(|k| k & local_kind::HIDDEN != 0)
    }

    /// The nested code objects, in the order of the constants.
    pub fn nested(&self) -> impl Iterator<Item = CodeData> + '_ {
        (0..self.consts.len()).filter(|&i| self.consts.is_code(i)).filter_map(|i| match self.constant(i) {
            Some(Const::Code(code)) => Some(*code),
            _ => None,
        })
    }
}
