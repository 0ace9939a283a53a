//! `Op`, the instruction numbers with their metadata, derived from the table in `ops.rs`.

use crate::operand::{Field, Kind, Operand};

/// What an instruction may do; the interpreter chooses its wrapper by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Effects {
    pub raise: bool,
    pub call: bool,
    pub jump: bool,
    pub end: bool,
}

macro_rules! field {
    (x) => {
        Field::X
    };
    (a) => {
        Field::A
    };
    (b) => {
        Field::B
    };
    (c) => {
        Field::C
    };
    (bc) => {
        Field::Bc
    };
    (cx) => {
        Field::Cx
    };
    (ext) => {
        Field::Ext
    };
}

macro_rules! define {
    (general { $( $(#[doc = $doc:literal])* $snake:ident = $Camel:ident { $($f:ident : $k:ident),* }
        $(effects($($e:ident)*))? $(cache($cache:ident))? ; )* }
     special { $( $(#[doc = $sdoc:literal])* $ssnake:ident = $SCamel:ident ( $base:ident ) ; )* }) => {
        /// An instruction's number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op {
            $( $(#[doc = $doc])* $Camel, )*
            /// Never valid; the number before the specialised section.
            Illegal = crate::ops::FIRST_SPECIAL - 1,
            $( $(#[doc = $sdoc])* $SCamel, )*
        }

        /// Every general instruction, by number.
        pub const GENERAL: &[Op] = &[$(Op::$Camel),*];
        /// Every specialised instruction, in the table's order.
        pub const SPECIAL: &[Op] = &[$(Op::$SCamel),*];

        const INFO: &[OpInfo] = &[$(OpInfo {
            name: stringify!($snake),
            doc: concat!($($doc),*),
            operands: &[$(Operand { field: field!($f), kind: Kind::$k }),*],
            effects: {
                #[allow(unused_mut)]
                let mut effects = Effects { raise: false, call: false, jump: false, end: false };
                $($(effects.$e = true;)*)?
                effects
            },
            cache: { #[allow(unused_mut, unused_assignments)] let mut cache = None; $(cache = Some(crate::site::SiteKind::$cache);)? cache },
        }),*];

        impl Op {
            /// The general instruction that a specialised one stands for; itself otherwise.
            pub const fn family(self) -> Op {
                match self { $(Op::$SCamel => Op::$base,)* op => op }
            }

            /// The name as the table spells it.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$Camel => stringify!($snake),)* $(Op::$SCamel => stringify!($ssnake),)* Op::Illegal => "illegal" }
            }
        }
    };
}

/// A row of the table as data.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    pub name: &'static str,
    pub doc: &'static str,
    pub operands: &'static [Operand],
    pub effects: Effects,
    pub cache: Option<crate::site::SiteKind>,
}

crate::for_each_op! { define }

const BY_NUMBER: [Option<Op>; 256] = {
    let mut table = [None; 256];
    let mut i = 0;
    while i < GENERAL.len() {
        table[GENERAL[i] as usize] = Some(GENERAL[i]);
        i += 1;
    }
    i = 0;
    while i < SPECIAL.len() {
        table[SPECIAL[i] as usize] = Some(SPECIAL[i]);
        i += 1;
    }
    table
};

const _: () = assert!(GENERAL.len() < crate::ops::FIRST_SPECIAL as usize);

impl Op {
    /// The instruction of that number, specialised ones included.
    pub const fn from_u8(number: u8) -> Option<Op> {
        BY_NUMBER[number as usize]
    }

    /// The table's row (a specialised instruction has its general one's).
    pub fn info(self) -> &'static OpInfo {
        INFO.get(self.family() as usize).unwrap_or(&INFO[0])
    }

    /// May a file contain it? Specialised forms and `Illegal` may not.
    pub const fn is_general(self) -> bool {
        (self as u8) < GENERAL.len() as u8
    }

    /// Is it followed by an `ext` word?
    pub fn has_ext(self) -> bool {
        self.info().operands.iter().any(|o| o.field == Field::Ext)
    }

    /// The instruction that tests the opposite condition.
    pub fn inverted(self) -> Option<Op> {
        Some(match self {
            Op::JumpIfTrue => Op::JumpIfFalse,
            Op::JumpIfFalse => Op::JumpIfTrue,
            Op::JumpIfNone => Op::JumpIfNotNone,
            Op::JumpIfNotNone => Op::JumpIfNone,
            Op::JumpIfIs => Op::JumpIfIsNot,
            Op::JumpIfIsNot => Op::JumpIfIs,
            _ => {
                let n = self as u8;
                let shift = Op::JumpUnlessLt as u8 - Op::JumpIfLt as u8;
                let within = |first: Op, last: Op| n >= first as u8 && n <= last as u8;
                let number = if within(Op::JumpIfLt, Op::JumpIfGe) || within(Op::JumpIfLtI, Op::JumpIfGeI) {
                    n + shift
                } else if within(Op::JumpUnlessLt, Op::JumpUnlessGe)
                    || within(Op::JumpUnlessLtI, Op::JumpUnlessGeI)
                {
                    n - shift
                } else {
                    return None;
                };
                return Op::from_u8(number);
            }
        })
    }
}
