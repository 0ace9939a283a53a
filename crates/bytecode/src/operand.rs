//! Kinds of operands and where they sit in an instruction.

/// Which bits of the instruction hold the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    X,
    A,
    B,
    C,
    /// 32 bits: b low, c high.
    Bc,
    /// 24 bits: c low, x high.
    Cx,
    /// The next word.
    Ext,
}

/// What the operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Register that is written.
    Out,
    /// This register and the next are written.
    Out2,
    /// As many registers as field c says are written.
    OutRunC,
    /// x + 1 + c registers are written.
    OutRunEx,
    /// Register that is read: a local is borrowed, a temporary consumed.
    In,
    /// Register that is read and stays.
    Keep,
    /// Four registers that are read and stay (the third and fourth too).
    Keep4,
    /// Temporary that is consumed and written again.
    InOut,
    /// One temporary consumed, two written.
    InOut2,
    /// Two temporaries consumed and written.
    InOut2Run,
    /// One temporary consumed, four written.
    InOut4,
    /// Temporary that is consumed, and the one after it, which may be EMPTY.
    PopPair,
    /// Two temporaries consumed.
    Run2,
    /// Three temporaries consumed.
    Run3,
    /// Four temporaries consumed.
    Run4,
    /// x temporaries consumed.
    RunX,
    /// c temporaries consumed.
    RunC,
    /// 2c temporaries consumed.
    RunPairs,
    /// 2 + x temporaries consumed, the topmost.
    CallX,
    /// 2 + (site's number of arguments) temporaries consumed, the topmost.
    CallSite,
    /// 2 + (ext's `a`) temporaries consumed, the topmost.
    CallExt,
    /// A plain local (emptied or moved out).
    Local,
    /// A cell slot.
    Cell,
    /// Index into the closure.
    Free,
    /// Index of a constant.
    Const,
    /// Index of a constant that is a code object.
    CodeConst,
    /// Index of a name.
    Name,
    /// ext: number of arguments (a) and constant index of the keyword names (bc).
    KwNames,
    /// Signed immediate integer.
    Int,
    /// Unsigned immediate.
    Imm,
    /// Signed distance to a jump's target, from the next instruction (after `ext`), in words.
    Target,
    /// Index of a site.
    Site,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    pub field: Field,
    pub kind: Kind,
}
