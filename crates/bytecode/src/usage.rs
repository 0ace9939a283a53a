//! What an instruction does to registers, derived from the table.

use crate::code::CodeData;
use crate::instr::Instr;
use crate::op::Op;
use crate::operand::{Field, Kind};

/// A run of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Run {
    pub start: u32,
    pub len: u32,
}

/// The registers that an instruction touches. Whether a read consumes depends on the register too: locals never are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uses {
    reads: [(Run, bool); 4],
    nreads: usize,
    writes: [Run; 2],
    nwrites: usize,
    /// Arguments of a call, which must be the topmost temporaries.
    pub call: Option<Run>,
    /// Register that may be EMPTY although it is consumed.
    pub optional: Option<u32>,
}

impl Uses {
    /// Runs that are read, with "consumed when temporary".
    pub fn reads(&self) -> &[(Run, bool)] {
        &self.reads[..self.nreads]
    }

    pub fn writes(&self) -> &[Run] {
        &self.writes[..self.nwrites]
    }

    fn read(&mut self, start: u32, len: u32, consume: bool) {
        if self.nreads < 4 {
            self.reads[self.nreads] = (Run { start, len }, consume);
            self.nreads += 1;
        }
    }

    fn write(&mut self, start: u32, len: u32) {
        if self.nwrites < 2 {
            self.writes[self.nwrites] = Run { start, len };
            self.nwrites += 1;
        }
    }
}

fn field(instr: Instr, ext: Instr, field: Field) -> u32 {
    match field {
        Field::X => instr.x() as u32,
        Field::A => instr.a() as u32,
        Field::B => instr.b() as u32,
        Field::C => instr.c() as u32,
        Field::Bc => instr.bc(),
        Field::Cx => instr.jump24() as u32,
        Field::Ext => ext.bc(),
    }
}

/// The registers of instruction `instr`, followed by `ext` where it has one.
pub fn uses(code: &CodeData, instr: Instr, ext: Instr) -> Uses {
    let mut u = Uses::default();
    for operand in instr.op().info().operands {
        let n = field(instr, ext, operand.field);
        match operand.kind {
            Kind::Out => u.write(n, 1),
            Kind::Out2 => u.write(n, 2),
            Kind::OutRunC => u.write(n, instr.c() as u32),
            Kind::OutRunEx => u.write(n, instr.x() as u32 + 1 + instr.c() as u32),
            Kind::In | Kind::Local => u.read(n, 1, true),
            Kind::Keep => u.read(n, 1, false),
            Kind::Keep4 => u.read(n, 4, false),
            Kind::InOut => {
                u.read(n, 1, true);
                u.write(n, 1);
            }
            Kind::InOut2 => {
                u.read(n, 1, true);
                u.write(n, 2);
            }
            Kind::InOut2Run => {
                u.read(n, 2, true);
                u.write(n, 2);
            }
            Kind::InOut4 => {
                u.read(n, 1, true);
                u.write(n, 4);
            }
            Kind::PopPair => {
                u.read(n, 2, true);
                u.optional = Some(n + 1);
            }
            Kind::Run2 => u.read(n, 2, true),
            Kind::Run3 => u.read(n, 3, true),
            Kind::Run4 => u.read(n, 4, true),
            Kind::RunX => u.read(n, instr.x() as u32, true),
            Kind::RunC => u.read(n, instr.c() as u32, true),
            Kind::RunPairs => u.read(n, 2 * instr.c() as u32, true),
            Kind::CallX | Kind::CallSite | Kind::CallExt => {
                let nargs = match operand.kind {
                    Kind::CallX => instr.x() as u32,
                    Kind::CallExt => ext.a() as u32,
                    _ => code.sites.get(instr.c() as usize).map_or(u16::MAX, |s| s.nargs) as u32,
                };
                u.read(n, 2 + nargs, true);
                u.call = Some(Run { start: n, len: 2 + nargs });
            }
            Kind::Cell
            | Kind::Free
            | Kind::Const
            | Kind::CodeConst
            | Kind::Name
            | Kind::KwNames
            | Kind::Int
            | Kind::Imm
            | Kind::Target
            | Kind::Site => {}
        }
    }
    u
}

/// Where the instruction at `pc` jumps to, if it is a jump. Out-of-range targets come back as they are.
pub fn jump_target(instr: Instr, pc: usize) -> Option<i64> {
    let op = instr.op();
    let operand = op.info().operands.iter().find(|o| o.kind == Kind::Target)?;
    let offset = match operand.field {
        Field::Cx => instr.jump24(),
        _ => instr.sbc(),
    };
    Some(pc as i64 + 1 + op.has_ext() as i64 + offset as i64)
}

/// Is a read of `kind` one that consumes on the branch that falls through only, or on the jump only?
pub(crate) fn branch_effect(op: Op) -> BranchEffect {
    match op {
        Op::JumpIfTrueKeep | Op::JumpIfFalseKeep => BranchEffect::KeptOnJump,
        Op::ForIter => BranchEffect::IteratorDroppedOnJump,
        _ => BranchEffect::Same,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BranchEffect {
    Same,
    /// Operand a stays when the jump is taken.
    KeptOnJump,
    /// Operand b is dropped and a not written when the jump is taken.
    IteratorDroppedOnJump,
}
