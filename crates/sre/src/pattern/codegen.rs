//! From the tree to the opcode array.
//!
//! The array is the contract with `re._compiler` (the same instructions, without the `INFO` block: the engine
//! derives what that says). Case-insensitive sets are expanded here, as the engine folds only the subject.

use super::error::{ErrorKind, PatternError};
use super::lexer::Outcome;
use super::parser::Tree;
use super::tree::{Node, Repeat, Seq, SetItem, width};
use crate::chars;
use crate::opcode as op;

/// Lower-case letters that match each other although lowering does not unite them: their upper case does.
const RELATIVES: &[&[u32]] = &[
    &[0x69, 0x131],
    &[0x73, 0x17f],
    &[0xb5, 0x3bc],
    &[0x345, 0x3b9, 0x1fbe],
    &[0x390, 0x1fd3],
    &[0x3b0, 0x1fe3],
    &[0x3b2, 0x3d0],
    &[0x3b5, 0x3f5],
    &[0x3b8, 0x3d1],
    &[0x3ba, 0x3f0],
    &[0x3c0, 0x3d6],
    &[0x3c1, 0x3f1],
    &[0x3c2, 0x3c3],
    &[0x3c6, 0x3d5],
    &[0x432, 0x1c80],
    &[0x434, 0x1c81],
    &[0x43e, 0x1c82],
    &[0x441, 0x1c83],
    &[0x442, 0x1c84, 0x1c85],
    &[0x44a, 0x1c86],
    &[0x463, 0x1c87],
    &[0x1c88, 0xa64b],
    &[0x1e61, 0x1e9b],
    &[0xfb05, 0xfb06],
];

fn relatives(ch: u32) -> &'static [u32] {
    RELATIVES.iter().find(|set| set.contains(&ch)).copied().unwrap_or(&[])
}

pub(crate) fn generate(tree: &Tree, flags: u32) -> Outcome<Vec<u32>> {
    let mut g = Generator { code: Vec::new(), widths: &tree.widths };
    g.seq(&tree.seq, flags)?;
    g.code.push(op::SUCCESS);
    Ok(g.code)
}

struct Generator<'t> {
    code: Vec<u32>,
    widths: &'t [Option<(u64, u64)>],
}

/// How case is ignored.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    Exact,
    Ascii,
    Unicode,
    Locale,
}

impl Case {
    fn of(flags: u32) -> Self {
        if flags & op::FLAG_IGNORECASE == 0 {
            Case::Exact
        } else if flags & op::FLAG_LOCALE != 0 {
            Case::Locale
        } else if flags & op::FLAG_UNICODE != 0 {
            Case::Unicode
        } else {
            Case::Ascii
        }
    }

    fn lower(self, ch: u32) -> u32 {
        if self == Case::Unicode { chars::unicode_tolower(ch) } else { chars::ascii_tolower(ch) }
    }

    fn iscased(self, ch: u32) -> bool {
        if self == Case::Unicode { chars::unicode_iscased(ch) } else { chars::ascii_iscased(ch) }
    }

    fn pick(self, exact: u32, ascii: u32, unicode: u32, locale: u32) -> u32 {
        match self {
            Case::Exact => exact,
            Case::Ascii => ascii,
            Case::Unicode => unicode,
            Case::Locale => locale,
        }
    }
}

fn combine(flags: u32, add: u32, del: u32) -> u32 {
    const TYPES: u32 = op::FLAG_ASCII | op::FLAG_LOCALE | op::FLAG_UNICODE;
    let flags = if add & TYPES != 0 { flags & !TYPES } else { flags };
    (flags | add) & !del
}

fn category(code: u32, flags: u32) -> u32 {
    if flags & op::FLAG_LOCALE != 0 {
        match code {
            op::CATEGORY_WORD => op::CATEGORY_LOC_WORD,
            op::CATEGORY_NOT_WORD => op::CATEGORY_LOC_NOT_WORD,
            other => other,
        }
    } else if flags & op::FLAG_UNICODE != 0 {
        code + op::CATEGORY_UNI_DIGIT
    } else {
        code
    }
}

fn position(mut at: u32, flags: u32) -> u32 {
    if flags & op::FLAG_MULTILINE != 0 {
        at = match at {
            op::AT_BEGINNING => op::AT_BEGINNING_LINE,
            op::AT_END => op::AT_END_LINE,
            other => other,
        };
    }
    let shift = match at {
        op::AT_BOUNDARY | op::AT_NON_BOUNDARY if flags & op::FLAG_LOCALE != 0 => {
            op::AT_LOC_BOUNDARY - op::AT_BOUNDARY
        }
        op::AT_BOUNDARY | op::AT_NON_BOUNDARY if flags & op::FLAG_UNICODE != 0 => {
            op::AT_UNI_BOUNDARY - op::AT_BOUNDARY
        }
        _ => 0,
    };
    at + shift
}

/// Whether `seq` is a single character's test.
fn is_simple(seq: &[Node]) -> bool {
    match seq {
        [Node::Group { number: None, body, .. }] => is_simple(body),
        [node] => node.is_unit(),
        _ => false,
    }
}

impl Generator<'_> {
    /// A skip word to be filled in.
    fn hole(&mut self) -> usize {
        self.code.push(0);
        self.code.len() - 1
    }

    /// Makes the skip word at `hole` lead here.
    fn fill(&mut self, hole: usize) {
        self.code[hole] = (self.code.len() - hole) as u32;
    }

    fn seq(&mut self, seq: &[Node], flags: u32) -> Outcome<()> {
        seq.iter().try_for_each(|node| self.node(node, flags))
    }

    fn node(&mut self, node: &Node, flags: u32) -> Outcome<()> {
        let case = Case::of(flags);
        match node {
            Node::Failure => self.code.push(op::FAILURE),
            Node::Literal(c) => self.literal(*c, case, false),
            Node::NotLiteral(c) => self.literal(*c, case, true),
            Node::Any => {
                self.code.push(if flags & op::FLAG_DOTALL != 0 { op::ANY_ALL } else { op::ANY });
            }
            Node::In(items) => self.set(items, case, flags),
            Node::At(at) => self.code.extend([op::AT, position(*at, flags)]),
            Node::Branch(alts) => {
                self.code.push(op::BRANCH);
                let mut ends = Vec::with_capacity(alts.len());
                for alt in alts {
                    let skip = self.hole();
                    self.seq(alt, flags)?;
                    self.code.push(op::JUMP);
                    ends.push(self.hole());
                    self.fill(skip);
                }
                self.code.push(op::FAILURE);
                ends.into_iter().for_each(|end| self.fill(end));
            }
            Node::Group { number, add, del, body } => {
                if let Some(n) = number {
                    self.code.extend([op::MARK, (n - 1) * 2]);
                }
                self.seq(body, combine(flags, *add, *del))?;
                if let Some(n) = number {
                    self.code.extend([op::MARK, (n - 1) * 2 + 1]);
                }
            }
            Node::Atomic(body) => {
                self.code.push(op::ATOMIC_GROUP);
                let skip = self.hole();
                self.seq(body, flags)?;
                self.code.push(op::SUCCESS);
                self.fill(skip);
            }
            Node::Repeat { kind, min, max, body } => self.repeat(*kind, (*min, *max), body, flags)?,
            Node::Assert { behind, negative, body } => {
                self.code.push(if *negative { op::ASSERT_NOT } else { op::ASSERT });
                let skip = self.hole();
                self.code.push(if *behind { self.look_behind(body)? } else { 0 });
                self.seq(body, flags)?;
                self.code.push(op::SUCCESS);
                self.fill(skip);
            }
            Node::GroupRef(group) => self.code.extend([
                case.pick(
                    op::GROUPREF,
                    op::GROUPREF_IGNORE,
                    op::GROUPREF_UNI_IGNORE,
                    op::GROUPREF_LOC_IGNORE,
                ),
                group - 1,
            ]),
            Node::Conditional { group, yes, no } => {
                self.code.extend([op::GROUPREF_EXISTS, group - 1]);
                let skip = self.hole();
                self.seq(yes, flags)?;
                let no = no.as_deref().filter(|no| !no.is_empty());
                let jump = no.map(|_| {
                    self.code.push(op::JUMP);
                    self.hole()
                });
                // Counted from the group's word, one before.
                self.code[skip] = (self.code.len() - skip + 1) as u32;
                if let (Some(no), Some(jump)) = (no, jump) {
                    self.seq(no, flags)?;
                    self.fill(jump);
                }
            }
        }
        Ok(())
    }

    fn look_behind(&self, body: &Seq) -> Outcome<u32> {
        let (lo, hi) = width(body, self.widths);
        let msg = if lo > u32::MAX as u64 {
            "looks too much behind"
        } else if lo != hi {
            "look-behind requires fixed-width pattern"
        } else {
            return Ok(lo as u32);
        };
        Err(PatternError::new(ErrorKind::Pattern, msg, None))
    }

    fn repeat(&mut self, kind: Repeat, (min, max): (u32, u32), body: &Seq, flags: u32) -> Outcome<()> {
        let simple = is_simple(body);
        let (one, many, close) = match kind {
            Repeat::Greedy => (op::REPEAT_ONE, op::REPEAT, op::MAX_UNTIL),
            Repeat::Lazy => (op::MIN_REPEAT_ONE, op::REPEAT, op::MIN_UNTIL),
            Repeat::Possessive => (op::POSSESSIVE_REPEAT_ONE, op::POSSESSIVE_REPEAT, op::SUCCESS),
        };
        self.code.push(if simple { one } else { many });
        let skip = self.hole();
        self.code.extend([min, max]);
        self.seq(body, flags)?;
        if simple {
            self.code.push(op::SUCCESS);
            self.fill(skip);
        } else {
            self.fill(skip);
            self.code.push(close);
        }
        Ok(())
    }

    fn literal(&mut self, ch: u32, case: Case, negated: bool) {
        let (exact, ascii, unicode, locale) = if negated {
            (op::NOT_LITERAL, op::NOT_LITERAL_IGNORE, op::NOT_LITERAL_UNI_IGNORE, op::NOT_LITERAL_LOC_IGNORE)
        } else {
            (op::LITERAL, op::LITERAL_IGNORE, op::LITERAL_UNI_IGNORE, op::LITERAL_LOC_IGNORE)
        };
        match case {
            Case::Exact => self.code.extend([exact, ch]),
            Case::Locale => self.code.extend([locale, ch]),
            _ if !case.iscased(ch) => self.code.extend([exact, ch]),
            Case::Ascii => self.code.extend([ascii, case.lower(ch)]),
            Case::Unicode => {
                let lower = case.lower(ch);
                let family = relatives(lower);
                if family.is_empty() {
                    self.code.extend([unicode, lower]);
                    return;
                }
                self.code.push(op::IN_UNI_IGNORE);
                let skip = self.hole();
                if negated {
                    self.code.push(op::NEGATE);
                }
                family.iter().for_each(|&c| self.code.extend([op::LITERAL, c]));
                self.code.push(op::FAILURE);
                self.fill(skip);
            }
        }
    }

    fn set(&mut self, items: &[SetItem], case: Case, flags: u32) {
        let cased = match case {
            Case::Exact | Case::Locale => false,
            _ => items.iter().any(|item| match *item {
                SetItem::Literal(c) => c > 0xffff || case.iscased(c),
                SetItem::Range(lo, hi) => hi > 0xffff || (lo..=hi).any(|c| case.iscased(c)),
                _ => false,
            }),
        };
        self.code.push(match case {
            Case::Locale => op::IN_LOC_IGNORE,
            _ if !cased => op::IN,
            Case::Unicode => op::IN_UNI_IGNORE,
            _ => op::IN_IGNORE,
        });
        let skip = self.hole();
        if cased {
            self.folded_items(items, case, flags);
        } else {
            self.plain_items(items, flags);
        }
        self.code.push(op::FAILURE);
        self.fill(skip);
    }

    fn plain_items(&mut self, items: &[SetItem], flags: u32) {
        for item in items {
            match *item {
                SetItem::Negate => self.code.push(op::NEGATE),
                SetItem::Literal(c) => self.code.extend([op::LITERAL, c]),
                SetItem::Range(lo, hi) => self.code.extend([op::RANGE, lo, hi]),
                SetItem::Category(c) => self.code.extend([op::CATEGORY, category(c, flags)]),
            }
        }
    }

    /// The items with each character lowered and its relatives added. Beyond the BMP the engine's folding does
    /// all that is needed, and ranges look at the upper case too.
    fn folded_items(&mut self, items: &[SetItem], case: Case, flags: u32) {
        let mut low: Vec<u32> = Vec::new();
        let mut rest: Vec<u32> = Vec::new();
        let mut add = |c: u32| {
            let lower = case.lower(c);
            low.push(lower);
            if case == Case::Unicode {
                low.extend(relatives(lower));
            }
        };
        for item in items {
            match *item {
                SetItem::Negate => self.code.push(op::NEGATE),
                SetItem::Literal(c) if c <= 0xffff => add(c),
                SetItem::Literal(c) => rest.extend([op::LITERAL, case.lower(c)]),
                SetItem::Range(lo, hi) => {
                    (lo..=hi.min(0xffff)).for_each(&mut add);
                    if hi > 0xffff {
                        let code = if case == Case::Unicode { op::RANGE_UNI_IGNORE } else { op::RANGE };
                        rest.extend([code, lo, hi]);
                    }
                }
                SetItem::Category(c) => rest.extend([op::CATEGORY, category(c, flags)]),
            }
        }
        low.sort_unstable();
        low.dedup();
        for run in low.chunk_by(|a, b| a + 1 == *b) {
            match *run {
                [c] => self.code.extend([op::LITERAL, c]),
                [lo, .., hi] => self.code.extend([op::RANGE, lo, hi]),
                [] => {}
            }
        }
        self.code.extend(rest);
    }
}
