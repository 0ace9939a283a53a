//! Character sets: the body of `IN`, and every case-insensitive single character.
//!
//! The answer for the first 256 characters is a table computed once with the general walk, so the hot loops
//! never see items, folding or categories. Above that the walk runs, unless all items are known to say the
//! same for every such character.

use crate::chars::{self, Category};

/// What is done to a character before the items see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    None,
    Ascii,
    Unicode,
    /// Both cases of the character are tried, one after the other: so a negated set takes a letter when
    /// either of its cases is outside.
    Locale,
}

impl Fold {
    #[inline]
    pub fn apply(self, ch: u32) -> u32 {
        match self {
            Fold::None => ch,
            Fold::Ascii | Fold::Locale => chars::ascii_tolower(ch),
            Fold::Unicode => chars::unicode_tolower(ch),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Literal(u32),
    Range(u32, u32),
    /// A range that also takes a character whose upper case lies in it.
    RangeUniIgnore(u32, u32),
    Category(Category),
    /// 256 bits.
    Bits(Box<[u32; 8]>),
    /// Block number per high byte, then blocks of 256 bits.
    Blocks(Box<[u8; 256]>, Box<[[u32; 8]]>),
    /// What follows excludes instead of includes, and the other way round.
    Negate,
}

/// Whether characters from 256 on belong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum High {
    Never,
    Always,
    Ask,
}

#[derive(Clone, Debug)]
pub(crate) struct CharSet {
    pub table: Box<[bool; 256]>,
    high: High,
    fold: Fold,
    items: Box<[Item]>,
}

impl PartialEq for CharSet {
    fn eq(&self, other: &Self) -> bool {
        self.fold == other.fold && self.items == other.items
    }
}

impl CharSet {
    pub fn new(items: Vec<Item>, fold: Fold) -> Self {
        let mut set =
            CharSet { table: Box::new([false; 256]), high: High::Ask, fold, items: items.into_boxed_slice() };
        for ch in 0..256 {
            set.table[ch as usize] = set.walk(ch);
        }
        if fold != Fold::Unicode && set.items.iter().all(same_above_latin1) {
            set.high = if set.walk(0x100) { High::Always } else { High::Never };
        }
        set
    }

    /// The set of the single character `ch` under `fold`, or of all others.
    pub fn single(ch: u32, fold: Fold, negate: bool) -> Self {
        let mut items = Vec::with_capacity(3);
        if negate {
            items.push(Item::Negate);
        }
        items.push(Item::Literal(ch));
        if fold == Fold::Locale {
            items.extend([chars::ascii_tolower(ch), chars::ascii_toupper(ch)].map(Item::Literal));
            return Self::new(items, Fold::None);
        }
        Self::new(items, fold)
    }

    #[inline]
    pub fn contains(&self, ch: u32) -> bool {
        match self.table.get(ch as usize) {
            Some(&yes) => yes,
            None => match self.high {
                High::Never => false,
                High::Always => true,
                High::Ask => self.walk(ch),
            },
        }
    }

    /// Whether some character above 0x7f may belong.
    pub fn beyond_ascii(&self) -> bool {
        self.high != High::Never || self.table[0x80..].contains(&true)
    }

    fn walk(&self, ch: u32) -> bool {
        self.holds(self.fold.apply(ch)) || (self.fold == Fold::Locale && self.holds(chars::ascii_toupper(ch)))
    }

    /// The items' word on `ch`, already folded.
    fn holds(&self, ch: u32) -> bool {
        let mut found = true;
        for item in &self.items {
            let hit = match item {
                Item::Negate => {
                    found = !found;
                    continue;
                }
                Item::Literal(c) => ch == *c,
                Item::Range(lo, hi) => *lo <= ch && ch <= *hi,
                Item::RangeUniIgnore(lo, hi) => {
                    let up = chars::unicode_toupper(ch);
                    (*lo <= ch && ch <= *hi) || (*lo <= up && up <= *hi)
                }
                Item::Category(c) => c.contains(ch),
                Item::Bits(bits) => ch < 256 && bits[(ch >> 5) as usize] >> (ch & 31) & 1 != 0,
                Item::Blocks(index, blocks) => {
                    ch < 0x10000
                        && blocks
                            .get(index[(ch >> 8) as usize] as usize)
                            .is_some_and(|b| b[(ch >> 5 & 7) as usize] >> (ch & 31) & 1 != 0)
                }
            };
            if hit {
                return found;
            }
        }
        !found
    }
}

/// Whether `item` answers alike for all characters from 256 on.
fn same_above_latin1(item: &Item) -> bool {
    match item {
        Item::Literal(c) => *c < 256,
        Item::Range(_, hi) => *hi < 256,
        Item::Category(c) => !c.is_unicode(),
        Item::Bits(_) | Item::Negate => true,
        Item::RangeUniIgnore(..) | Item::Blocks(..) => false,
    }
}
