//! The matcher: runs the grammar over the tokens as a packrat parser.
//!
//! It builds just enough of a tree for the texts of errors: kinds and extents. A rule's result is remembered per
//! position, so time is linear in the tokens. Results of rules under a `@plain` rule are kept apart, except those of
//! `@memo` rules: CPython remembers these across both, and that decides which mistake is found.

use crate::error::SyntaxError;
use crate::lexer::{Lexer, Stop, Token, kind};

use super::grammar::{Action, Alt, Grammar, Item, Kind};

/// Rules deep, CPython gives up (`MemoryError`).
const MAX_DEPTH: u32 = 6000;

pub type NodeId = u32;

#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: Kind,
    /// The first token, and the one behind the last.
    pub start: u32,
    pub end: u32,
    kids: (u32, u32),
}

#[derive(Clone, Copy)]
struct Memo {
    rule: u16,
    plain: bool,
    result: Option<NodeId>,
    end: u32,
}

/// How an alternative's action ended.
pub enum Outcome {
    Match(NodeId),
    /// No match, and no other alternative is tried.
    Nothing,
}

pub struct Engine<'s> {
    pub source: &'s str,
    pub lexer: Lexer<'s>,
    pub options: crate::parser::Options,
    pub tokens: Vec<Token>,
    words: Vec<Option<u16>>,
    pub stop: Option<Stop>,
    pub pos: usize,
    /// The second pass: mistakes are looked for.
    pub second: bool,
    plain: bool,
    pub error: Option<SyntaxError>,
    pub failed: bool,
    pub last_statement: (i64, i64),
    grammar: &'static Grammar,
    memo: Vec<Vec<Memo>>,
    forgotten: usize,
    nodes: Vec<Node>,
    kids: Vec<NodeId>,
    depth: u32,
    stmt_rule: u16,
}

impl<'s> Engine<'s> {
    pub fn new(source: &'s str, lexer: Lexer<'s>, options: crate::parser::Options) -> Self {
        let grammar = Grammar::get();
        Engine {
            source,
            lexer,
            options,
            tokens: Vec::new(),
            words: Vec::new(),
            stop: None,
            pos: 0,
            second: false,
            plain: false,
            error: None,
            failed: false,
            last_statement: (0, 0),
            grammar,
            memo: Vec::new(),
            forgotten: 0,
            nodes: Vec::new(),
            kids: Vec::new(),
            depth: 0,
            stmt_rule: grammar.rule("stmt"),
        }
    }

    /// Matches a rule from the first token on.
    pub fn run(&mut self, rule: &str, second: bool) -> bool {
        self.second = second;
        self.plain = false;
        self.pos = 0;
        self.depth = 0;
        self.last_statement = (0, 0);
        self.memo.iter_mut().for_each(Vec::clear);
        self.forgotten = 0;
        self.nodes.clear();
        self.kids.clear();
        self.call(self.grammar.rule(rule)).is_some() && !self.failed
    }

    // Tokens.

    /// The token at an index, fetched when it is new; `None` when the tokenizer has failed.
    pub fn token(&mut self, at: usize) -> Option<Token> {
        while self.tokens.len() <= at {
            if self.failed || self.stop.is_some() {
                return None;
            }
            match self.lexer.next_token() {
                Ok(token) => {
                    let word = (token.kind == kind::NAME)
                        .then(|| self.grammar.keyword(self.text_of(&token)))
                        .flatten();
                    self.push(token, word);
                }
                Err(stop) => {
                    let token = self.lexer.placeless(kind::ERRORTOKEN);
                    self.push(token, None);
                    self.tokenizer_error(&stop);
                    self.stop = Some(stop);
                    return None;
                }
            }
        }
        self.tokens.get(at).copied()
    }

    fn push(&mut self, token: Token, word: Option<u16>) {
        self.tokens.push(token);
        self.words.push(word);
        self.memo.push(Vec::new());
    }

    pub fn text_of(&self, token: &Token) -> &'s str {
        self.source.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    fn take_token(&mut self, wanted: impl Fn(&Self, &Token) -> bool) -> Option<NodeId> {
        let at = self.pos;
        let token = self.token(at)?;
        if !wanted(self, &token) {
            return None;
        }
        self.pos += 1;
        let node_kind = match token.kind {
            kind::NAME if self.words[at].is_none() => Kind::Name,
            _ => Kind::Token,
        };
        Some(self.node(node_kind, at as u32, &[]))
    }

    // Nodes.

    pub fn node(&mut self, kind: Kind, start: u32, kids: &[NodeId]) -> NodeId {
        let first = self.kids.len() as u32;
        self.kids.extend_from_slice(kids);
        let kids = (first, self.kids.len() as u32);
        self.nodes.push(Node { kind, start, end: self.pos as u32, kids });
        (self.nodes.len() - 1) as NodeId
    }

    pub fn get(&self, id: NodeId) -> Node {
        self.nodes[id as usize]
    }

    pub fn set_kind(&mut self, id: NodeId, kind: Kind) {
        self.nodes[id as usize].kind = kind;
    }

    pub fn kids(&self, id: NodeId) -> Vec<NodeId> {
        let (from, to) = self.nodes[id as usize].kids;
        self.kids[from as usize..to as usize].to_vec()
    }

    /// The parts of a node, without tokens, with groups and lists opened.
    pub fn parts(&self, id: NodeId) -> Vec<NodeId> {
        let mut out = Vec::new();
        let mut todo = self.kids(id);
        todo.reverse();
        while let Some(kid) = todo.pop() {
            match self.get(kid).kind {
                Kind::Seq => todo.extend(self.kids(kid).into_iter().rev()),
                Kind::Token | Kind::Absent => {}
                _ => out.push(kid),
            }
        }
        out
    }

    // Rules.

    fn call(&mut self, rule: u16) -> Option<NodeId> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.call_here(rule))
    }

    fn call_here(&mut self, id: u16) -> Option<NodeId> {
        if self.failed {
            return None;
        }
        let rule = &self.grammar.rules[id as usize];
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return None;
        }
        let start = self.pos;
        let shared = rule.memo || rule.left;
        if !rule.cycle {
            // Remembering needs the token to be there.
            self.token(start)?;
            if let Some(found) = self.recall(id, shared, start) {
                self.pos = found.end as usize;
                return found.result;
            }
        }
        self.depth += 1;
        let outer_plain = self.plain;
        let result = if rule.left {
            self.grow(id, start)
        } else {
            self.plain |= rule.plain;
            self.alternatives(&rule.alts)
        };
        self.plain = outer_plain;
        self.depth -= 1;
        if self.failed {
            return None;
        }
        if !rule.cycle {
            self.remember(id, shared, start, result);
        }
        if id == self.stmt_rule && result.is_some() && self.depth <= 3 {
            self.forget();
        }
        result
    }

    /// A left-recursive rule: matches ever longer, each time on top of the match before.
    fn grow(&mut self, id: u16, start: usize) -> Option<NodeId> {
        let rule = &self.grammar.rules[id as usize];
        let (mut best, mut best_end) = (None, start);
        loop {
            self.pos = best_end;
            self.remember(id, true, start, best);
            self.pos = start;
            let found = self.alternatives(&rule.alts);
            if self.failed {
                return None;
            }
            if found.is_none() || self.pos <= best_end {
                break;
            }
            (best, best_end) = (found, self.pos);
        }
        self.pos = best_end;
        best
    }

    fn recall(&self, rule: u16, shared: bool, at: usize) -> Option<Memo> {
        let plain = self.plain && !shared;
        self.memo[at].iter().find(|m| m.rule == rule && m.plain == plain).copied()
    }

    fn remember(&mut self, rule: u16, shared: bool, at: usize, result: Option<NodeId>) {
        let plain = self.plain && !shared;
        let memo = Memo { rule, plain, result, end: self.pos as u32 };
        match self.memo[at].iter_mut().find(|m| m.rule == rule && m.plain == plain) {
            Some(old) => *old = memo,
            None => self.memo[at].push(memo),
        }
    }

    /// Behind a statement of the top level nothing looks back.
    fn forget(&mut self) {
        for memo in &mut self.memo[self.forgotten..self.pos] {
            *memo = Vec::new();
        }
        self.forgotten = self.pos;
    }

    fn alternatives(&mut self, alts: &'static [Alt]) -> Option<NodeId> {
        let start = self.pos;
        for alt in alts {
            if alt.bad && (!self.second || self.plain) {
                continue;
            }
            self.pos = start;
            let mut cut = false;
            if let Some(outcome) = self.sequence(alt, &mut cut) {
                return match outcome {
                    Outcome::Match(node) => Some(node),
                    Outcome::Nothing => None,
                };
            }
            if self.failed || cut {
                break;
            }
        }
        self.pos = start;
        None
    }

    fn sequence(&mut self, alt: &'static Alt, cut: &mut bool) -> Option<Outcome> {
        let start = self.pos as u32;
        let mut found: [NodeId; 16] = [0; 16];
        let mut count = 0;
        let mut names: [(u8, NodeId); 2] = [(0, 0); 2];
        for (name, item) in &alt.items {
            if matches!(item, Item::Cut) {
                *cut = true;
                continue;
            }
            let node = self.item(item)?;
            if let Some(name) = *name {
                names[usize::from(name == b'b')] = (name, node);
            }
            if count < found.len() && !matches!(item, Item::Look(..)) {
                found[count] = node;
                count += 1;
            }
        }
        let named = |name: u8| names[usize::from(name == b'b')].1;
        let kids = &found[..count];
        Some(match &alt.action {
            Action::Default if count == 1 => Outcome::Match(kids[0]),
            Action::Default => Outcome::Match(self.node(Kind::Seq, start, kids)),
            Action::Node(kind) => Outcome::Match(self.node(*kind, start, kids)),
            Action::Take(name) => Outcome::Match(named(*name)),
            Action::Raise(place, text) => {
                self.report(place, text, named(b'a'), named(b'b'));
                Outcome::Nothing
            }
            Action::Special(word, text) => {
                let (a, b) = (named(b'a'), named(b'b'));
                self.special(word, text, start, kids, a, b)
            }
        })
    }

    fn item(&mut self, item: &'static Item) -> Option<NodeId> {
        let start = self.pos;
        match item {
            Item::Token(wanted) => {
                let wanted = *wanted;
                let name = wanted == kind::NAME;
                let at = self.pos;
                self.take_token(|e, t| t.kind == wanted && !(name && e.words[at].is_some()))
            }
            Item::Keyword(word) => {
                let (word, at) = (*word, self.pos);
                self.take_token(|e, _| e.words[at] == Some(word))
            }
            Item::Soft(word) => self.take_token(|e, t| t.kind == kind::NAME && e.text_of(t) == *word),
            Item::AnySoft => self.take_token(|e, t| {
                t.kind == kind::NAME && matches!(e.text_of(t), "_" | "case" | "match" | "type")
            }),
            Item::Rule(id) => self.call(*id),
            Item::Group(alts) => self.alternatives(alts),
            Item::Opt(inner) => match self.item(inner) {
                Some(node) => Some(node),
                None if self.failed => None,
                None => {
                    self.pos = start;
                    Some(self.node(Kind::Absent, start as u32, &[]))
                }
            },
            Item::Repeat(inner, least) => {
                let mut found = Vec::new();
                loop {
                    let before = self.pos;
                    match self.item(inner) {
                        Some(node) if self.pos > before => found.push(node),
                        _ => {
                            self.pos = before;
                            break;
                        }
                    }
                }
                if self.failed || found.len() < *least {
                    self.pos = start;
                    return None;
                }
                Some(self.node(Kind::Seq, start as u32, &found))
            }
            Item::List { separator, item } => {
                let mut found = vec![self.item(item)?];
                loop {
                    let before = self.pos;
                    let next = self.item(separator).and_then(|_| self.item(item));
                    match next {
                        Some(node) => found.push(node),
                        None => {
                            self.pos = before;
                            break;
                        }
                    }
                }
                if self.failed {
                    return None;
                }
                Some(self.node(Kind::Seq, start as u32, &found))
            }
            Item::Look(positive, inner) => {
                let found = self.item(inner).is_some();
                self.pos = start;
                if self.failed || found != *positive {
                    return None;
                }
                Some(self.node(Kind::Absent, start as u32, &[]))
            }
            Item::Cut => Some(0),
            Item::Force(wanted, text) => {
                let token = self.token(start)?;
                if token.kind == *wanted {
                    self.pos += 1;
                    return Some(self.node(Kind::Token, start as u32, &[]));
                }
                self.raise_token(&token, &format!("expected '{text}'"));
                None
            }
        }
    }
}
