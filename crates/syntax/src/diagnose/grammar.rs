//! The grammar as data: `grammar.peg` read into tables, once per process, when the first error needs it.
//!
//! Notation. `name flags: alternative | alternative`; an alternative is items and at most one action in braces.
//! Items: `'x'` an operator or keyword, `"x"` a soft keyword, `NAME` a token type, `name` a rule, `( )` a group,
//! `[ ]` and `?` optional, `*` and `+` repetition, `','.x+` a list with separators, `&x` and `!x` lookahead,
//! `&&'x'` a token that must be there, `~` no other alternative from here on. `a=` and `b=` name a match for the action.
//!
//! Flags: `@memo` remembers its result across both kinds of calls; `@left` is left-recursive; `@cycle` takes part in
//! another rule's left recursion and is never remembered; `@plain` tries no `bad_` rule below it.
//!
//! An action is the kind of node that the match becomes, `=a` (the match named `a` itself), the report of a mistake
//! (`at a "…"`, `range a b "…"`, `from a "…"`, `last "…"`, `next "…"`, `indent "…"`, `range_comp`, `range_last`), or a
//! word that `engine.rs` knows.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::lexer::kind;

/// What a match is, as far as the texts of errors care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Seq,
    Token,
    Absent,
    Name,
    Attr,
    Sub,
    Star,
    List,
    Tuple,
    Lambda,
    Call,
    Op,
    GenExp,
    Yield,
    Await,
    ListComp,
    SetComp,
    DictComp,
    Dict,
    Set,
    Str,
    Bytes,
    FStr,
    TStr,
    None,
    True,
    False,
    Ellipsis,
    Number,
    Compare,
    Cmp,
    In,
    IfExp,
    Named,
    Slice,
    Args,
    Keyword,
    Unpack,
    Comp,
    Param,
}

#[derive(Clone, Debug)]
pub enum Item {
    Token(u8),
    Keyword(u16),
    Soft(&'static str),
    AnySoft,
    Rule(u16),
    Group(Vec<Alt>),
    Opt(Box<Item>),
    /// At least this many.
    Repeat(Box<Item>, usize),
    List {
        separator: Box<Item>,
        item: Box<Item>,
    },
    Look(bool, Box<Item>),
    Cut,
    Force(u8, &'static str),
}

#[derive(Clone, Debug)]
pub struct Alt {
    pub items: Vec<(Option<u8>, Item)>,
    pub action: Action,
    /// Nothing but a rule for a mistake: second pass only.
    pub bad: bool,
}

#[derive(Clone, Debug)]
pub enum Place {
    At,
    Range(u8, u8),
    /// From `a` to the last item of the comprehension `b`.
    RangeComp,
    /// From the last item of `a` to `b`.
    RangeLast,
    From,
    Last,
    Next,
    Indent,
}

#[derive(Clone, Debug)]
pub enum Action {
    Default,
    Node(Kind),
    Take(u8),
    Raise(Place, &'static str),
    Special(&'static str, &'static str),
}

#[derive(Clone, Debug, Default)]
pub struct Rule {
    pub name: &'static str,
    pub alts: Vec<Alt>,
    pub memo: bool,
    pub left: bool,
    pub cycle: bool,
    pub plain: bool,
}

pub struct Grammar {
    pub rules: Vec<Rule>,
    by_name: HashMap<&'static str, u16>,
    keywords: HashMap<&'static str, u16>,
}

impl Grammar {
    pub fn get() -> &'static Grammar {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        GRAMMAR.get_or_init(|| Reader::read(include_str!("grammar.peg")))
    }

    pub fn rule(&self, name: &str) -> u16 {
        self.by_name.get(name).copied().unwrap_or(0)
    }

    pub fn keyword(&self, word: &str) -> Option<u16> {
        self.keywords.get(word).copied()
    }
}

struct Reader {
    grammar: Grammar,
    words: Vec<&'static str>,
    at: usize,
}

impl Reader {
    fn read(text: &'static str) -> Grammar {
        let grammar = Grammar { rules: Vec::new(), by_name: HashMap::new(), keywords: HashMap::new() };
        let mut reader = Reader { grammar, words: Vec::new(), at: 0 };
        let mut bodies: Vec<(u16, Vec<&'static str>)> = Vec::new();
        for line in text.lines() {
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            if line.starts_with(' ') {
                if let Some((_, words)) = bodies.last_mut() {
                    words.extend(split_words(line));
                }
                continue;
            }
            let Some((head, body)) = line.split_once(':') else { continue };
            let mut head = head.split(' ');
            let mut rule = Rule { name: head.next().unwrap_or(""), ..Rule::default() };
            for flag in head {
                match flag {
                    "@memo" => rule.memo = true,
                    "@left" => rule.left = true,
                    "@cycle" => rule.cycle = true,
                    "@plain" => rule.plain = true,
                    _ => debug_assert!(false, "unknown flag {flag}"),
                }
            }
            let id = reader.grammar.rules.len() as u16;
            reader.grammar.by_name.insert(rule.name, id);
            reader.grammar.rules.push(rule);
            bodies.push((id, split_words(body)));
        }
        for (id, words) in bodies {
            reader.words = words;
            reader.at = 0;
            let alts = reader.alts();
            debug_assert_eq!(reader.at, reader.words.len(), "rule {id}");
            reader.grammar.rules[id as usize].alts = alts;
        }
        reader.grammar
    }

    fn peek(&self) -> &'static str {
        self.words.get(self.at).copied().unwrap_or("")
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        self.at += usize::from(found);
        found
    }

    fn alts(&mut self) -> Vec<Alt> {
        self.take("|");
        let mut alts = vec![self.alt()];
        while self.take("|") {
            alts.push(self.alt());
        }
        alts
    }

    fn alt(&mut self) -> Alt {
        let mut items = Vec::new();
        let mut action = Action::Default;
        loop {
            let word = self.peek();
            if matches!(word, "" | "|" | ")" | "]") {
                break;
            }
            if let Some(body) = word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                self.at += 1;
                action = parse_action(body);
                break;
            }
            let mut name = None;
            if word.len() == 2 && word.ends_with('=') {
                name = Some(word.as_bytes()[0]);
                self.at += 1;
            }
            let item = self.item();
            items.push((name, item));
        }
        let bad = match items.as_slice() {
            [(_, Item::Rule(id))] => {
                self.grammar.rules[*id as usize].name.starts_with("bad_") && matches!(action, Action::Default)
            }
            _ => false,
        };
        Alt { items, action, bad }
    }

    fn item(&mut self) -> Item {
        let atom = self.atom();
        if self.take(".") {
            let item = Box::new(self.atom());
            self.take("+");
            return Item::List { separator: Box::new(atom), item };
        }
        match self.peek() {
            "?" => {
                self.at += 1;
                Item::Opt(Box::new(atom))
            }
            "*" => {
                self.at += 1;
                Item::Repeat(Box::new(atom), 0)
            }
            "+" => {
                self.at += 1;
                Item::Repeat(Box::new(atom), 1)
            }
            _ => atom,
        }
    }

    fn atom(&mut self) -> Item {
        let word = self.peek();
        self.at += 1;
        match word {
            "(" => {
                let alts = self.alts();
                self.take(")");
                Item::Group(alts)
            }
            "[" => {
                let alts = self.alts();
                self.take("]");
                Item::Opt(Box::new(Item::Group(alts)))
            }
            "&&" => {
                let word = self.peek();
                self.at += 1;
                let text = &word[1..word.len() - 1];
                let found = kind::operator(text.as_bytes()).map_or(kind::ERRORTOKEN, |(k, _)| k);
                Item::Force(found, text)
            }
            "&" => Item::Look(true, Box::new(self.atom())),
            "!" => Item::Look(false, Box::new(self.atom())),
            "~" => Item::Cut,
            "SOFT_KEYWORD" => Item::AnySoft,
            _ => self.leaf(word),
        }
    }

    fn leaf(&mut self, word: &'static str) -> Item {
        let inner = if word.len() >= 2 { &word[1..word.len() - 1] } else { "" };
        match word.as_bytes().first() {
            Some(b'"') => Item::Soft(inner),
            Some(b'\'') => {
                if inner.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
                    let next = self.grammar.keywords.len() as u16;
                    return Item::Keyword(*self.grammar.keywords.entry(inner).or_insert(next));
                }
                Item::Token(kind::operator(inner.as_bytes()).map_or(kind::ERRORTOKEN, |(k, _)| k))
            }
            Some(c) if c.is_ascii_uppercase() => Item::Token(kind::by_name(word).unwrap_or(kind::ERRORTOKEN)),
            _ => {
                let id = self.grammar.by_name.get(word).copied();
                debug_assert!(id.is_some(), "no rule {word}");
                Item::Rule(id.unwrap_or(0))
            }
        }
    }
}

fn split_words(line: &'static str) -> Vec<&'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(c) = rest.chars().next() {
        let bytes = rest.as_bytes();
        let len = match c {
            '\'' | '"' => rest[1..].find(c).map_or(rest.len(), |n| n + 2),
            '{' => rest.find('}').map_or(rest.len(), |_| action_len(rest)),
            'a'..='z' | 'A'..='Z' | '_' => {
                let n = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                if n == 1 && bytes.get(1) == Some(&b'=') { 2 } else { n }
            }
            '&' if bytes.get(1) == Some(&b'&') => 2,
            _ => 1,
        };
        words.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    words
}

/// The length of `{…}`, in which a quoted text may hold braces.
fn action_len(rest: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return i + 1,
            _ => {}
        }
    }
    rest.len()
}

fn parse_action(body: &'static str) -> Action {
    if let Some(name) = body.strip_prefix('=') {
        return Action::Take(name.as_bytes()[0]);
    }
    let (head, text) = match body.find('"') {
        Some(at) => (body[..at].trim_end(), &body[at + 1..body.len() - 1]),
        None => (body, ""),
    };
    let mut words = head.split(' ');
    let verb = words.next().unwrap_or("");
    let mut name = || words.next().map_or(b'a', |w| w.as_bytes()[0]);
    let place = match verb {
        "at" => Place::At,
        "range" => Place::Range(name(), name()),
        "range_comp" => Place::RangeComp,
        "range_last" => Place::RangeLast,
        "from" => Place::From,
        "last" => Place::Last,
        "next" => Place::Next,
        "indent" => Place::Indent,
        _ => return node_kind(verb).map_or(Action::Special(verb, text), Action::Node),
    };
    Action::Raise(place, text)
}

fn node_kind(word: &str) -> Option<Kind> {
    Some(match word {
        "Attr" => Kind::Attr,
        "Sub" => Kind::Sub,
        "Star" => Kind::Star,
        "List" => Kind::List,
        "Tuple" => Kind::Tuple,
        "Lambda" => Kind::Lambda,
        "Call" => Kind::Call,
        "Op" => Kind::Op,
        "GenExp" => Kind::GenExp,
        "Yield" => Kind::Yield,
        "Await" => Kind::Await,
        "ListComp" => Kind::ListComp,
        "SetComp" => Kind::SetComp,
        "DictComp" => Kind::DictComp,
        "Dict" => Kind::Dict,
        "Set" => Kind::Set,
        "TStr" => Kind::TStr,
        "None" => Kind::None,
        "True" => Kind::True,
        "False" => Kind::False,
        "Ellipsis" => Kind::Ellipsis,
        "Compare" => Kind::Compare,
        "Cmp" => Kind::Cmp,
        "In" => Kind::In,
        "IfExp" => Kind::IfExp,
        "Named" => Kind::Named,
        "Slice" => Kind::Slice,
        "Args" => Kind::Args,
        "Keyword" => Kind::Keyword,
        "Unpack" => Kind::Unpack,
        "Comp" => Kind::Comp,
        "Param" => Kind::Param,
        _ => return None,
    })
}
