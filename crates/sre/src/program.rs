//! The engine's own program: validated instructions, sets and what search knows about them.
//!
//! I1  Every `Pc` in an instruction is a valid index, every `SetId`, `FirstId` and slot is too: `translate`
//!     is the only producer.
//! I2  The instructions at and after a sub-body's start reach its `EndSub` or fail.

use crate::analysis::{self, FirstSet, Next, Prefilter};
use crate::charset::CharSet;
use crate::translate;

pub(crate) type Pc = u32;
pub(crate) type SetId = u32;

/// One character's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum One {
    /// Anything but a newline.
    Any,
    AnyAll,
    Char(u32),
    NotChar(u32),
    Set(SetId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Beginning,
    BeginningLine,
    End,
    EndLine,
    EndString,
    Boundary { unicode: bool, negated: bool },
}

/// A run of literal characters in both spellings; no byte spelling if one is above 0xff.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Literal {
    pub wtf8: Box<[u8]>,
    pub bytes: Option<Box<[u8]>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Alt {
    pub pc: Pc,
    /// What the alternative must begin with, when known.
    pub first: Next,
}

#[derive(Clone, Debug)]
pub(crate) enum Inst {
    Fail,
    /// The whole pattern matched.
    Accept,
    /// The body of an assertion, an atomic group or a possessive repeat matched.
    EndSub,
    One(One),
    /// An ASCII character, which is one byte in any subject (`analysis` puts it for a `One`).
    Byte(u8),
    /// A member of a set (`analysis` puts it for a `One`).
    Set(SetId),
    Literal(u32),
    At(At),
    Branch(Box<[Alt]>),
    Jump(Pc),
    Mark(u32),
    /// A single character repeated; `next` is what must follow, when known.
    RepeatOne {
        one: One,
        min: u32,
        max: u32,
        greed: Greed,
        next: Next,
    },
    /// Enters the loop whose `Until` is at `until`; `slot` holds its count, `slot + 1` the last position.
    Repeat {
        slot: u32,
        until: Pc,
    },
    Until {
        slot: u32,
        min: u32,
        max: u32,
        lazy: bool,
        body: Pc,
    },
    /// The body follows; `next` is where to go on.
    Assert {
        back: u32,
        negative: bool,
        next: Pc,
    },
    Atomic {
        next: Pc,
    },
    Possessive {
        min: u32,
        max: u32,
        next: Pc,
    },
    GroupRef {
        group: u32,
        fold: crate::charset::Fold,
    },
    /// Goes on if the group matched, else to `no`.
    GroupExists {
        group: u32,
        no: Pc,
    },
}

/// The opcode array is not one that `re._compiler` could have made. `_sre.compile` raises
/// `RuntimeError("invalid SRE code")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeError;

/// A compiled pattern. Immutable and shareable; all that changes in a match is in a `State`.
#[derive(Debug)]
pub struct Program {
    pub(crate) insts: Box<[Inst]>,
    pub(crate) sets: Box<[CharSet]>,
    pub(crate) literals: Box<[Literal]>,
    pub(crate) firsts: Box<[FirstSet]>,
    pub(crate) groups: usize,
    pub(crate) slots: usize,
    /// Fewest characters a match has.
    pub(crate) min_width: usize,
    pub(crate) prefilter: Prefilter,
}

impl Program {
    /// From the opcode array of a pattern with `groups` capturing groups.
    pub fn compile(code: &[u32], groups: usize) -> Result<Self, CodeError> {
        let mut program = translate::translate(code, groups)?;
        analysis::finish(&mut program);
        Ok(program)
    }

    /// Number of capturing groups, the whole match not counted.
    pub fn groups(&self) -> usize {
        self.groups
    }
}
