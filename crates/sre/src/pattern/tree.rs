//! The parsed pattern and what can be asked of it.

use crate::opcode as op;

pub type Seq = Vec<Node>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetItem {
    Negate,
    Literal(u32),
    Range(u32, u32),
    /// One of the `CATEGORY_*` codes without locale or Unicode.
    Category(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Debug)]
pub enum Node {
    /// `(?!)`
    Failure,
    Literal(u32),
    NotLiteral(u32),
    Any,
    In(Vec<SetItem>),
    /// One of the `AT_*` codes before flags are considered.
    At(u32),
    Branch(Vec<Seq>),
    Group {
        number: Option<u32>,
        add: u32,
        del: u32,
        body: Seq,
    },
    Atomic(Seq),
    Repeat {
        kind: Repeat,
        min: u32,
        max: u32,
        body: Seq,
    },
    Assert {
        behind: bool,
        negative: bool,
        body: Seq,
    },
    GroupRef(u32),
    Conditional {
        group: u32,
        yes: Seq,
        no: Option<Seq>,
    },
}

impl Node {
    /// Whether two nodes without bodies are the same. Nodes with bodies never are: each has its own groups.
    pub fn same(&self, other: &Node) -> bool {
        match (self, other) {
            (Node::Failure, Node::Failure) | (Node::Any, Node::Any) => true,
            (Node::Literal(a), Node::Literal(b)) | (Node::NotLiteral(a), Node::NotLiteral(b)) => a == b,
            (Node::At(a), Node::At(b)) | (Node::GroupRef(a), Node::GroupRef(b)) => a == b,
            (Node::In(a), Node::In(b)) => a == b,
            _ => false,
        }
    }

    /// One character's test, whatever the flags.
    pub fn is_unit(&self) -> bool {
        matches!(self, Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::In(_))
    }
}

/// Fewest and most characters a match of `seq` has. `groups` are the known widths of groups.
pub fn width(seq: &[Node], groups: &[Option<(u64, u64)>]) -> (u64, u64) {
    let (mut lo, mut hi) = (0u64, 0u64);
    let mut add = |(l, h): (u64, u64)| {
        lo = lo.saturating_add(l);
        hi = hi.saturating_add(h);
    };
    for node in seq {
        match node {
            Node::Branch(alts) => {
                let widths = alts.iter().map(|alt| width(alt, groups));
                add(widths.reduce(|(a, b), (l, h)| (a.min(l), b.max(h))).unwrap_or((0, 0)));
            }
            Node::Atomic(body) | Node::Group { body, .. } => add(width(body, groups)),
            Node::Repeat { min, max, body, .. } => {
                let (l, h) = width(body, groups);
                let most = match (*max, h) {
                    (_, 0) => 0,
                    (op::MAXREPEAT, _) => u64::MAX,
                    (max, h) => h.saturating_mul(max as u64),
                };
                add((l.saturating_mul(*min as u64), most));
            }
            Node::GroupRef(group) => {
                add(groups.get(*group as usize).copied().flatten().unwrap_or((0, u64::MAX)));
            }
            Node::Conditional { yes, no, .. } => {
                let (l, h) = width(yes, groups);
                add(match no {
                    Some(no) => {
                        let (l2, h2) = width(no, groups);
                        (l.min(l2), h.max(h2))
                    }
                    None => (0, h),
                });
            }
            node if node.is_unit() => add((1, 1)),
            _ => {}
        }
    }
    (lo, hi)
}
