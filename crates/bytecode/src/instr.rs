//! One encoded instruction: a 64-bit word.

use crate::op::Op;

/// `op:8 | x:8 | a:16 | b:16 | c:16`, op in the lowest byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct Instr(pub u64);

impl Instr {
    pub const fn new(op: Op, x: u8, a: u16, b: u16, c: u16) -> Instr {
        Instr(op as u64 | (x as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }

    /// Three 16-bit operands.
    pub const fn abc(op: Op, a: u16, b: u16, c: u16) -> Instr {
        Instr::new(op, 0, a, b, c)
    }

    /// A 16-bit and a 32-bit operand.
    pub const fn a_bc(op: Op, a: u16, bc: u32) -> Instr {
        Instr::new(op, 0, a, bc as u16, (bc >> 16) as u16)
    }

    pub const fn from_le_bytes(bytes: [u8; 8]) -> Instr {
        Instr(u64::from_le_bytes(bytes))
    }

    #[inline(always)]
    pub const fn opcode(self) -> u8 {
        self.0 as u8
    }

    /// The operation; `Illegal` for numbers outside the table.
    #[inline]
    pub const fn op(self) -> Op {
        match Op::from_u8(self.0 as u8) {
            Some(op) => op,
            None => Op::Illegal,
        }
    }

    #[inline(always)]
    pub const fn x(self) -> u8 {
        (self.0 >> 8) as u8
    }

    #[inline(always)]
    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }

    #[inline(always)]
    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }

    #[inline(always)]
    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// b and c as one unsigned number.
    #[inline(always)]
    pub const fn bc(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// b and c as one signed number (ints, 32-bit jumps).
    #[inline(always)]
    pub const fn sbc(self) -> i32 {
        (self.0 >> 32) as i32
    }

    #[inline(always)]
    pub const fn sb(self) -> i16 {
        (self.0 >> 32) as i16
    }

    #[inline(always)]
    pub const fn sc(self) -> i16 {
        (self.0 >> 48) as i16
    }

    /// The 24-bit jump distance in c and x.
    #[inline(always)]
    pub const fn jump24(self) -> i32 {
        // c gives the low 16 bits, x (sign) the high 8.
        (((self.0 >> 8) as u8 as i8) as i32) << 16 | (self.0 >> 48) as i32
    }

    pub const fn with_x(self, x: u8) -> Instr {
        Instr(self.0 & !0xff00 | (x as u64) << 8)
    }

    pub const fn with_op(self, op: Op) -> Instr {
        Instr(self.0 & !0xff | op as u64)
    }

    pub const fn with_bc(self, bc: u32) -> Instr {
        Instr(self.0 & 0xffff_ffff | (bc as u64) << 32)
    }

    /// Sets the 24-bit jump distance; `None` when it does not fit.
    pub const fn with_jump24(self, offset: i32) -> Option<Instr> {
        if offset < -(1 << 23) || offset >= 1 << 23 {
            return None;
        }
        let keep = self.0 & 0x0000_ffff_ffff_00ff;
        Some(Instr(keep | ((offset >> 16) as u8 as u64) << 8 | (offset as u16 as u64) << 48))
    }
}

impl std::fmt::Debug for Instr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x{} a{} b{} c{}", self.op().name(), self.x(), self.a(), self.b(), self.c())
    }
}
