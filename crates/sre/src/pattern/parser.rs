//! The pattern language: alternations, sequences, groups and repeats.
//!
//! Escapes and sets are in the second half; both serve the sequence loop.

use std::collections::HashSet;

use taipan_text::unicode::{self, Edition};

use super::Source;
use super::error::{ErrorKind, PatternError, Warning, WarningKind, repr};
use super::lexer::{Lexer, Outcome, Token};
use super::tree::{Node, Repeat, Seq, SetItem, width};
use crate::opcode as op;

/// Deepest nesting of groups; CPython's parser meets its recursion limit earlier.
const MAX_NESTING: u32 = 500;
const TYPE_FLAGS: u32 = op::FLAG_ASCII | op::FLAG_LOCALE | op::FLAG_UNICODE;
const GLOBAL_FLAGS: u32 = op::FLAG_DEBUG;

/// A parsed pattern.
#[derive(Debug)]
pub struct Tree {
    pub(crate) seq: Seq,
    /// The given flags and the inline ones.
    pub flags: u32,
    /// Names (WTF-8) and numbers of the named groups, in order of definition.
    pub names: Vec<(Vec<u8>, u32)>,
    pub warnings: Vec<Warning>,
    /// Widths by group number; 0 is the whole and unused.
    pub(crate) widths: Vec<Option<(u64, u64)>>,
}

impl Tree {
    /// Number of capturing groups.
    pub fn groups(&self) -> usize {
        self.widths.len() - 1
    }
}

/// Parses a pattern; `flags` are `re`'s.
pub fn parse(source: Source<'_>, flags: u32) -> Result<Tree, PatternError> {
    let mut p = Parser {
        lexer: Lexer::new(source.characters(), source.is_text())?,
        flags,
        widths: vec![None],
        names: Vec::new(),
        conditions: Vec::new(),
        lookbehind: None,
        warnings: Vec::new(),
    };
    let result = p.whole(source.is_text());
    let Parser { widths, names, warnings, flags, .. } = p;
    match result {
        Ok(seq) => {
            let names = names.iter().map(|(name, group)| (spell(name), *group)).collect();
            Ok(Tree { seq, flags, names, warnings, widths })
        }
        Err(e) => Err(PatternError { warnings, ..e }),
    }
}

fn spell(name: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    name.iter().for_each(|&ch| crate::subject::encode(ch, &mut out));
    out
}

/// Checks the flags against the kind of pattern.
fn fix_flags(is_text: bool, flags: u32) -> Outcome<u32> {
    let has = |flag| flags & flag != 0;
    let wrong = |msg: &str| Err(PatternError::new(ErrorKind::Value, msg, None));
    if is_text {
        if has(op::FLAG_LOCALE) {
            return wrong("cannot use LOCALE flag with a str pattern");
        }
        if !has(op::FLAG_ASCII) {
            return Ok(flags | op::FLAG_UNICODE);
        }
        if has(op::FLAG_UNICODE) {
            return wrong("ASCII and UNICODE flags are incompatible");
        }
    } else {
        if has(op::FLAG_UNICODE) {
            return wrong("cannot use UNICODE flag with a bytes pattern");
        }
        if has(op::FLAG_LOCALE) && has(op::FLAG_ASCII) {
            return wrong("ASCII and LOCALE flags are incompatible");
        }
    }
    Ok(flags)
}

struct Parser {
    lexer: Lexer,
    flags: u32,
    /// By group number; `None` while the group is open.
    widths: Vec<Option<(u64, u64)>>,
    names: Vec<(Vec<u32>, u32)>,
    /// Groups that conditionals name by number, with the place of the first mention.
    conditions: Vec<(u32, usize)>,
    /// In a look-behind: the number of groups (and one) when the outermost began.
    lookbehind: Option<usize>,
    warnings: Vec<Warning>,
}

/// What the `(?` prefix of a group led to.
enum Opening {
    /// It was all there is: a node, or nothing.
    Done(Option<Node>),
    /// Global flags were switched on.
    Flags,
    Capture(Option<Vec<u32>>),
    Plain {
        add: u32,
        del: u32,
    },
    Atomic,
}

impl Parser {
    fn warn(&mut self, kind: WarningKind, msg: String) {
        self.warnings.push(Warning { kind, msg });
    }

    fn whole(&mut self, is_text: bool) -> Outcome<Seq> {
        let seq = self.alternation(self.flags & op::FLAG_VERBOSE != 0, 0)?;
        self.flags = fix_flags(is_text, self.flags)?;
        if self.lexer.next.is_some() {
            return self.lexer.fail("unbalanced parenthesis", 0);
        }
        for &(group, pos) in &self.conditions {
            if group as usize >= self.widths.len() {
                let msg = format!("invalid group reference {group}");
                return Err(PatternError::new(ErrorKind::Pattern, msg, Some(pos)));
            }
        }
        Ok(seq)
    }

    fn alternation(&mut self, mut verbose: bool, depth: u32) -> Outcome<Seq> {
        if depth > MAX_NESTING {
            return Err(PatternError::new(ErrorKind::Recursion, "maximum recursion depth exceeded", None));
        }
        let mut items = Vec::new();
        loop {
            items.push(self.sequence(verbose, depth + 1, depth == 0 && items.is_empty())?);
            if !self.lexer.eat('|')? {
                break;
            }
            if depth == 0 {
                verbose = self.flags & op::FLAG_VERBOSE != 0;
            }
        }
        if items.len() == 1 {
            return Ok(items.pop().unwrap_or_default());
        }
        let shared = shared_prefix(&items);
        let mut out: Seq = Vec::new();
        for (i, item) in items.iter_mut().enumerate() {
            let prefix = item.drain(..shared);
            if i == 0 {
                out.extend(prefix);
            }
        }
        match as_set(&items) {
            Some(set) => out.push(Node::In(set)),
            None => out.push(Node::Branch(items)),
        }
        Ok(out)
    }

    fn sequence(&mut self, mut verbose: bool, depth: u32, first: bool) -> Outcome<Seq> {
        let mut out: Seq = Vec::new();
        while let Some(this) = self.lexer.next {
            if this.among("|)") {
                break;
            }
            self.lexer.get()?;
            if verbose {
                if this.among(" \t\n\r\x0b\x0c") {
                    continue;
                }
                if this.is('#') {
                    while self.lexer.get()?.is_some_and(|t| !t.is('\n')) {}
                    continue;
                }
            }
            let Token::Char(ch) = this else {
                let node = self.escape(this)?;
                out.push(node);
                continue;
            };
            match char::from_u32(ch).unwrap_or('a') {
                '[' => {
                    let node = self.set()?;
                    out.push(node);
                }
                '*' | '+' | '?' | '{' => self.repeat(ch, &mut out)?,
                '.' => out.push(Node::Any),
                '^' => out.push(Node::At(op::AT_BEGINNING)),
                '$' => out.push(Node::At(op::AT_END)),
                '(' => {
                    let start = self.lexer.tell() - 1;
                    match self.group(start, verbose, depth)? {
                        Ok(node) => out.extend(node),
                        Err(GlobalFlags) => {
                            if !first || !out.is_empty() {
                                let back = self.lexer.tell() - start;
                                return self
                                    .lexer
                                    .fail("global flags not at the start of the expression", back);
                            }
                            verbose = self.flags & op::FLAG_VERBOSE != 0;
                        }
                    }
                }
                _ => out.push(Node::Literal(ch)),
            }
        }
        Ok(unpack(out))
    }

    fn repeat(&mut self, ch: u32, out: &mut Seq) -> Outcome<()> {
        let here = self.lexer.tell();
        let (mut min, mut max) = match ch as u8 {
            b'?' => (0, 1),
            b'+' => (1, op::MAXREPEAT),
            _ => (0, op::MAXREPEAT),
        };
        if ch == b'{' as u32 {
            let literal = Node::Literal(ch);
            if self.lexer.next.is_some_and(|t| t.is('}')) {
                out.push(literal);
                return Ok(());
            }
            let (mut lo, mut hi) = (Vec::new(), Vec::new());
            self.lexer.digits(usize::MAX, 10, &mut lo)?;
            if self.lexer.eat(',')? {
                self.lexer.digits(usize::MAX, 10, &mut hi)?;
            } else {
                hi.clone_from(&lo);
            }
            if !self.lexer.eat('}')? {
                out.push(literal);
                return self.lexer.seek(here);
            }
            if !lo.is_empty() {
                min = repetitions(&lo)?;
            }
            if !hi.is_empty() {
                max = repetitions(&hi)?;
                if max < min {
                    let back = self.lexer.tell() - here;
                    return self.lexer.fail("min repeat greater than max repeat", back);
                }
            }
        }
        let back = self.lexer.tell() - here + 1;
        let body = match out.pop() {
            None | Some(Node::At(_)) => return self.lexer.fail("nothing to repeat", back),
            Some(Node::Repeat { .. }) => return self.lexer.fail("multiple repeat", back),
            Some(Node::Group { number: None, add: 0, del: 0, body }) => body,
            Some(node) => vec![node],
        };
        let kind = if self.lexer.eat('?')? {
            Repeat::Lazy
        } else if self.lexer.eat('+')? {
            Repeat::Possessive
        } else {
            Repeat::Greedy
        };
        out.push(Node::Repeat { kind, min, max, body });
        Ok(())
    }

    /// A group whose parenthesis, at `start`, is consumed.
    fn group(
        &mut self,
        start: usize,
        verbose: bool,
        depth: u32,
    ) -> Outcome<Result<Option<Node>, GlobalFlags>> {
        let opening = if self.lexer.eat('?')? {
            self.extension(start, verbose, depth)?
        } else {
            Opening::Capture(None)
        };
        let (mut number, mut flags, mut atomic) = (None, (0, 0), false);
        match opening {
            Opening::Done(node) => return Ok(Ok(node)),
            Opening::Flags => return Ok(Err(GlobalFlags)),
            Opening::Capture(name) => number = Some(self.open(name)?),
            Opening::Plain { add, del } => flags = (add, del),
            Opening::Atomic => atomic = true,
        }
        let verbose = (verbose || flags.0 & op::FLAG_VERBOSE != 0) && flags.1 & op::FLAG_VERBOSE == 0;
        let body = self.alternation(verbose, depth + 1)?;
        self.close(start)?;
        if let Some(number) = number {
            let width = width(&body, &self.widths);
            if let Some(slot) = self.widths.get_mut(number as usize) {
                *slot = Some(width);
            }
        }
        Ok(Ok(Some(if atomic {
            Node::Atomic(body)
        } else {
            Node::Group { number, add: flags.0, del: flags.1, body }
        })))
    }

    /// The closing parenthesis of the group that began at `start`.
    fn close(&mut self, start: usize) -> Outcome<()> {
        if self.lexer.eat(')')? {
            return Ok(());
        }
        let back = self.lexer.tell() - start;
        self.lexer.fail("missing ), unterminated subpattern", back)
    }

    fn open(&mut self, name: Option<Vec<u32>>) -> Outcome<u32> {
        let number = self.widths.len() as u32;
        let back = name.as_ref().map_or(0, Vec::len) + 1;
        self.widths.push(None);
        if self.widths.len() > op::MAXGROUPS as usize {
            return self.lexer.fail("too many groups", back);
        }
        if let Some(name) = name {
            if let Some(old) = self.find(&name) {
                let mut msg = b"redefinition of group name ".to_vec();
                msg.extend(repr(&name, !self.lexer.is_text));
                msg.extend(format!(" as group {number}; was group {old}").bytes());
                return Err(self.lexer.error(msg, back));
            }
            self.names.push((name, number));
        }
        Ok(number)
    }

    fn find(&self, name: &[u32]) -> Option<u32> {
        self.names.iter().find(|(n, _)| n == name).map(|&(_, number)| number)
    }

    fn wanted(&mut self) -> Outcome<Token> {
        match self.lexer.get()? {
            Some(token) => Ok(token),
            None => self.lexer.fail("unexpected end of pattern", 0),
        }
    }

    fn unknown<T>(&self, prefix: &str, token: Token) -> Outcome<T> {
        let mut text = Vec::new();
        token.append_to(&mut text);
        let back = token.len() + prefix.len();
        self.lexer.fail_with(&format!("unknown extension {prefix}"), &text, back)
    }

    /// After `(?`.
    fn extension(&mut self, start: usize, verbose: bool, depth: u32) -> Outcome<Opening> {
        let token = self.wanted()?;
        let Token::Char(ch) = token else { return self.unknown("?", token) };
        match char::from_u32(ch).unwrap_or('\0') {
            'P' => self.python_extension(),
            ':' => Ok(Opening::Plain { add: 0, del: 0 }),
            '>' => Ok(Opening::Atomic),
            '#' => loop {
                if self.lexer.next.is_none() {
                    let back = self.lexer.tell() - start;
                    return self.lexer.fail("missing ), unterminated comment", back);
                }
                if self.lexer.get()?.is_some_and(|t| t.is(')')) {
                    return Ok(Opening::Done(None));
                }
            },
            '=' => self.assertion(start, verbose, depth, false, false),
            '!' => self.assertion(start, verbose, depth, false, true),
            '<' => {
                let token = self.wanted()?;
                if !token.among("=!") {
                    return self.unknown("?<", token);
                }
                self.assertion(start, verbose, depth, true, token.is('!'))
            }
            '(' => self.conditional(start, verbose, depth),
            '-' => self.inline_flags(token),
            _ if flag(token).is_some() => self.inline_flags(token),
            _ => self.unknown("?", token),
        }
    }

    /// After `(?P`.
    fn python_extension(&mut self) -> Outcome<Opening> {
        if self.lexer.eat('<')? {
            let name = self.lexer.until('>', "group name")?;
            self.check_name(&name)?;
            return Ok(Opening::Capture(Some(name)));
        }
        if self.lexer.eat('=')? {
            let name = self.lexer.until(')', "group name")?;
            self.check_name(&name)?;
            let group = self.named(&name)?;
            if !self.is_closed(group) {
                return self.lexer.fail("cannot refer to an open group", name.len() + 1);
            }
            self.check_lookbehind(group)?;
            return Ok(Opening::Done(Some(Node::GroupRef(group))));
        }
        let token = self.wanted()?;
        self.unknown("?P", token)
    }

    fn named(&self, name: &[u32]) -> Outcome<u32> {
        match self.find(name) {
            Some(group) => Ok(group),
            None => {
                let mut msg = b"unknown group name ".to_vec();
                msg.extend(repr(name, !self.lexer.is_text));
                Err(self.lexer.error(msg, name.len() + 1))
            }
        }
    }

    fn check_name(&self, name: &[u32]) -> Outcome<()> {
        let ascii = name.iter().all(|&c| c < 0x80);
        let identifier = match name {
            [first, rest @ ..] => {
                unicode::is_identifier_start(*first)
                    && rest.iter().all(|&c| unicode::is_identifier_continue(c))
            }
            [] => false,
        };
        if identifier && (self.lexer.is_text || ascii) {
            return Ok(());
        }
        let mut msg = b"bad character in group name ".to_vec();
        msg.extend(repr(name, !self.lexer.is_text));
        Err(self.lexer.error(msg, name.len() + 1))
    }

    fn is_closed(&self, group: u32) -> bool {
        self.widths.get(group as usize).is_some_and(Option::is_some)
    }

    fn check_lookbehind(&self, group: u32) -> Outcome<()> {
        let Some(groups) = self.lookbehind else { return Ok(()) };
        if !self.is_closed(group) {
            return self.lexer.fail("cannot refer to an open group", 0);
        }
        if group as usize >= groups {
            return self.lexer.fail("cannot refer to group defined in the same lookbehind subpattern", 0);
        }
        Ok(())
    }

    fn assertion(
        &mut self,
        start: usize,
        verbose: bool,
        depth: u32,
        behind: bool,
        negative: bool,
    ) -> Outcome<Opening> {
        let outer = self.lookbehind;
        if behind && outer.is_none() {
            self.lookbehind = Some(self.widths.len());
        }
        let body = self.alternation(verbose, depth + 1)?;
        if behind {
            self.lookbehind = outer;
        }
        self.close(start)?;
        Ok(Opening::Done(Some(if negative && body.is_empty() {
            Node::Failure
        } else {
            Node::Assert { behind, negative, body }
        })))
    }

    /// After `(?(`.
    fn conditional(&mut self, start: usize, verbose: bool, depth: u32) -> Outcome<Opening> {
        let name = self.lexer.until(')', "group name")?;
        let back = name.len() + 1;
        let number = name.iter().all(|&c| Token::Char(c).digit(10).is_some());
        let group = if number {
            let value = decimal(&name);
            if value == 0 {
                return self.lexer.fail("bad group number", back);
            }
            if value >= op::MAXGROUPS as u64 {
                let digits: Vec<u32> = name.iter().copied().skip_while(|&c| c == b'0' as u32).collect();
                return self.lexer.fail_with("invalid group reference ", &digits, back);
            }
            let group = value as u32;
            if !self.conditions.iter().any(|&(known, _)| known == group) {
                self.conditions.push((group, self.lexer.tell() - back));
            }
            group
        } else {
            self.check_name(&name)?;
            self.named(&name)?
        };
        self.check_lookbehind(group)?;
        if depth > MAX_NESTING {
            return Err(PatternError::new(ErrorKind::Recursion, "maximum recursion depth exceeded", None));
        }
        let yes = self.sequence(verbose, depth + 1, false)?;
        let no = if self.lexer.eat('|')? {
            let no = self.sequence(verbose, depth + 1, false)?;
            if self.lexer.next.is_some_and(|t| t.is('|')) {
                return self.lexer.fail("conditional backref with more than two branches", 0);
            }
            Some(no)
        } else {
            None
        };
        self.close(start)?;
        Ok(Opening::Done(Some(Node::Conditional { group, yes, no })))
    }

    /// After `(?` and the first flag or minus.
    fn inline_flags(&mut self, mut token: Token) -> Outcome<Opening> {
        let (mut add, mut del) = (0, 0);
        if !token.is('-') {
            loop {
                let bit = flag(token).unwrap_or(0);
                if self.lexer.is_text && bit == op::FLAG_LOCALE {
                    return self.lexer.fail("bad inline flags: cannot use 'L' flag with a str pattern", 0);
                }
                if !self.lexer.is_text && bit == op::FLAG_UNICODE {
                    return self.lexer.fail("bad inline flags: cannot use 'u' flag with a bytes pattern", 0);
                }
                add |= bit;
                if bit & TYPE_FLAGS != 0 && add & TYPE_FLAGS != bit {
                    return self.lexer.fail("bad inline flags: flags 'a', 'u' and 'L' are incompatible", 0);
                }
                token = self.next_flag("missing -, : or )")?;
                if token.among(")-:") {
                    break;
                }
                self.must_be_flag(token, "missing -, : or )")?;
            }
        }
        if token.is(')') {
            self.flags |= add;
            return Ok(Opening::Flags);
        }
        if add & GLOBAL_FLAGS != 0 {
            return self.lexer.fail("bad inline flags: cannot turn on global flag", 1);
        }
        if token.is('-') {
            token = self.next_flag("missing flag")?;
            self.must_be_flag(token, "missing flag")?;
            loop {
                let bit = flag(token).unwrap_or(0);
                if bit & TYPE_FLAGS != 0 {
                    let msg = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return self.lexer.fail(msg, 0);
                }
                del |= bit;
                token = self.next_flag("missing :")?;
                if token.is(':') {
                    break;
                }
                self.must_be_flag(token, "missing :")?;
            }
        }
        if del & GLOBAL_FLAGS != 0 {
            return self.lexer.fail("bad inline flags: cannot turn off global flag", 1);
        }
        if add & del != 0 {
            return self.lexer.fail("bad inline flags: flag turned on and off", 1);
        }
        Ok(Opening::Plain { add, del })
    }

    fn next_flag(&mut self, missing: &str) -> Outcome<Token> {
        match self.lexer.get()? {
            Some(token) => Ok(token),
            None => self.lexer.fail(missing, 0),
        }
    }

    fn must_be_flag(&self, token: Token, missing: &str) -> Outcome<()> {
        if flag(token).is_some() {
            return Ok(());
        }
        let alpha = matches!(token, Token::Char(c) if unicode::is_alpha(c));
        self.lexer.fail(if alpha { "unknown flag" } else { missing }, token.len())
    }

    /// A set whose bracket is consumed.
    fn set(&mut self) -> Outcome<Node> {
        let here = self.lexer.tell() - 1;
        let mut items: Vec<SetItem> = Vec::new();
        if self.lexer.next.is_some_and(|t| t.is('[')) {
            let msg = format!("Possible nested set at position {}", self.lexer.tell());
            self.warn(WarningKind::Future, msg);
        }
        let negate = self.lexer.eat('^')?;
        loop {
            let this = self.set_token(here)?;
            if this.is(']') && !items.is_empty() {
                break;
            }
            if !items.is_empty() && this.among("-&~|") && self.lexer.next == Some(this) {
                let what = match this {
                    t if t.is('-') => "difference",
                    t if t.is('&') => "intersection",
                    t if t.is('~') => "symmetric difference",
                    _ => "union",
                };
                let msg = format!("Possible set {what} at position {}", self.lexer.tell() - 1);
                self.warn(WarningKind::Future, msg);
            }
            let mut text = Vec::new();
            let low = self.set_member(this, &mut text)?;
            if !self.lexer.eat('-')? {
                items.push(low);
                continue;
            }
            let that = self.set_token(here)?;
            if that.is(']') {
                items.extend([low, SetItem::Literal(b'-' as u32)]);
                break;
            }
            if that.is('-') {
                let msg = format!("Possible set difference at position {}", self.lexer.tell() - 2);
                self.warn(WarningKind::Future, msg);
            }
            text.clear();
            this.append_to(&mut text);
            text.push(b'-' as u32);
            that.append_to(&mut text);
            let high = self.set_member(that, &mut Vec::new())?;
            match (low, high) {
                (SetItem::Literal(lo), SetItem::Literal(hi)) if lo <= hi => {
                    items.push(SetItem::Range(lo, hi));
                }
                _ => return self.lexer.fail_with("bad character range ", &text, text.len()),
            }
        }
        let mut items = unique(items);
        if let [SetItem::Literal(ch)] = items[..] {
            return Ok(if negate { Node::NotLiteral(ch) } else { Node::Literal(ch) });
        }
        if negate {
            items.insert(0, SetItem::Negate);
        }
        Ok(Node::In(items))
    }

    fn set_token(&mut self, here: usize) -> Outcome<Token> {
        match self.lexer.get()? {
            Some(token) => Ok(token),
            None => {
                let back = self.lexer.tell() - here;
                self.lexer.fail("unterminated character set", back)
            }
        }
    }

    fn set_member(&mut self, token: Token, text: &mut Vec<u32>) -> Outcome<SetItem> {
        let c = match token {
            Token::Char(c) => return Ok(SetItem::Literal(c)),
            Token::Escape(c) => c,
        };
        if let Some(ch) = simple_escape(c) {
            return Ok(SetItem::Literal(ch));
        }
        if let Some(category) = category(c) {
            return Ok(SetItem::Category(category));
        }
        token.append_to(text);
        if let Some(ch) = self.coded(c, text)? {
            return Ok(SetItem::Literal(ch));
        }
        if digit(c, 8) {
            self.lexer.digits(2, 8, text)?;
            return self.octal(text).map(SetItem::Literal);
        }
        self.other(c, text).map(SetItem::Literal)
    }

    /// An escape outside sets.
    fn escape(&mut self, token: Token) -> Outcome<Node> {
        let Token::Escape(c) = token else { return Ok(Node::Failure) };
        let at = match char::from_u32(c) {
            Some('A') => Some(op::AT_BEGINNING_STRING),
            Some('b') => Some(op::AT_BOUNDARY),
            Some('B') => Some(op::AT_NON_BOUNDARY),
            Some('Z' | 'z') => Some(op::AT_END_STRING),
            _ => None,
        };
        if let Some(at) = at {
            return Ok(Node::At(at));
        }
        if let Some(category) = category(c) {
            return Ok(Node::In(vec![SetItem::Category(category)]));
        }
        if let Some(ch) = simple_escape(c) {
            return Ok(Node::Literal(ch));
        }
        let mut text = vec![b'\\' as u32, c];
        if let Some(ch) = self.coded(c, &mut text)? {
            return Ok(Node::Literal(ch));
        }
        if c == b'0' as u32 {
            self.lexer.digits(2, 8, &mut text)?;
            return Ok(Node::Literal(radix(&text[1..], 8)));
        }
        if digit(c, 10) {
            self.lexer.digits(1, 10, &mut text)?;
            let octal = text.len() == 3 && digit(text[1], 8) && digit(text[2], 8);
            if octal && self.lexer.next.is_some_and(|t| t.digit(8).is_some()) {
                self.lexer.digits(1, 8, &mut text)?;
                return self.octal(&text).map(Node::Literal);
            }
            let group = radix(&text[1..], 10);
            if group as usize >= self.widths.len() {
                return self.lexer.fail(&format!("invalid group reference {group}"), text.len() - 1);
            }
            if !self.is_closed(group) {
                return self.lexer.fail("cannot refer to an open group", text.len());
            }
            self.check_lookbehind(group)?;
            return Ok(Node::GroupRef(group));
        }
        self.other(c, &text).map(Node::Literal)
    }

    /// `\x…`, `\u…`, `\U…`, `\N{…}`.
    fn coded(&mut self, c: u32, text: &mut Vec<u32>) -> Outcome<Option<u32>> {
        let count = match (char::from_u32(c), self.lexer.is_text) {
            (Some('x'), _) => 2,
            (Some('u'), true) => 4,
            (Some('U'), true) => 8,
            (Some('N'), true) => return self.by_name().map(Some),
            _ => return Ok(None),
        };
        self.lexer.digits(count, 16, text)?;
        if text.len() != count + 2 {
            return self.lexer.fail_with("incomplete escape ", text, text.len());
        }
        let ch = radix(&text[2..], 16);
        if ch > 0x10ffff {
            return self.lexer.fail_with("bad escape ", text, text.len());
        }
        Ok(Some(ch))
    }

    fn by_name(&mut self) -> Outcome<u32> {
        if !self.lexer.eat('{')? {
            return self.lexer.fail("missing {", 0);
        }
        let name = self.lexer.until('}', "character name")?;
        match unicode::lookup(Edition::Current, &spell(&name), false).as_deref() {
            Some([ch]) => Ok(*ch),
            _ => {
                let mut msg = b"undefined character name ".to_vec();
                msg.extend(repr(&name, false));
                Err(self.lexer.error(msg, name.len() + 4))
            }
        }
    }

    fn octal(&self, text: &[u32]) -> Outcome<u32> {
        let value = radix(&text[1..], 8);
        if value <= 0o377 {
            return Ok(value);
        }
        let mut msg = b"octal escape value ".to_vec();
        self.lexer.quote(text, &mut msg);
        msg.extend(b" outside of range 0-0o377");
        Err(self.lexer.error(msg, text.len()))
    }

    /// An escaped character that has no meaning of its own.
    fn other(&self, c: u32, text: &[u32]) -> Outcome<u32> {
        let reserved = c < 0x80 && (c as u8).is_ascii_alphanumeric();
        if reserved { self.lexer.fail_with("bad escape ", text, text.len()) } else { Ok(c) }
    }
}

/// `(?flags)` was read instead of a group.
struct GlobalFlags;

fn flag(token: Token) -> Option<u32> {
    let Token::Char(c) = token else { return None };
    Some(match char::from_u32(c)? {
        'i' => op::FLAG_IGNORECASE,
        'L' => op::FLAG_LOCALE,
        'm' => op::FLAG_MULTILINE,
        's' => op::FLAG_DOTALL,
        'x' => op::FLAG_VERBOSE,
        'a' => op::FLAG_ASCII,
        'u' => op::FLAG_UNICODE,
        _ => return None,
    })
}

fn simple_escape(c: u32) -> Option<u32> {
    Some(match char::from_u32(c)? {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' => 92,
        _ => return None,
    })
}

fn category(c: u32) -> Option<u32> {
    Some(match char::from_u32(c)? {
        'd' => op::CATEGORY_DIGIT,
        'D' => op::CATEGORY_NOT_DIGIT,
        's' => op::CATEGORY_SPACE,
        'S' => op::CATEGORY_NOT_SPACE,
        'w' => op::CATEGORY_WORD,
        'W' => op::CATEGORY_NOT_WORD,
        _ => return None,
    })
}

fn digit(c: u32, radix: u32) -> bool {
    Token::Char(c).digit(radix).is_some()
}

fn radix(digits: &[u32], radix: u32) -> u32 {
    digits
        .iter()
        .fold(0u32, |n, &c| n.saturating_mul(radix).saturating_add(Token::Char(c).digit(radix).unwrap_or(0)))
}

fn decimal(digits: &[u32]) -> u64 {
    digits
        .iter()
        .fold(0u64, |n, &c| n.saturating_mul(10).saturating_add(Token::Char(c).digit(10).unwrap_or(0) as u64))
}

fn repetitions(digits: &[u32]) -> Outcome<u32> {
    let n = decimal(digits);
    if n >= op::MAXREPEAT as u64 {
        return Err(PatternError::new(ErrorKind::Overflow, "the repetition number is too large", None));
    }
    Ok(n as u32)
}

fn unique(items: Vec<SetItem>) -> Vec<SetItem> {
    let key = |item: &SetItem| match *item {
        SetItem::Negate => (0, 0, 0),
        SetItem::Literal(c) => (1, c, 0),
        SetItem::Range(lo, hi) => (2, lo, hi),
        SetItem::Category(c) => (3, c, 0),
    };
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| seen.insert(key(item))).collect()
}

/// How many nodes at the beginning all alternatives share.
fn shared_prefix(items: &[Seq]) -> usize {
    let Some((first, rest)) = items.split_first() else { return 0 };
    let same = |i: usize| rest.iter().all(|item| item.get(i).is_some_and(|node| node.same(&first[i])));
    (0..first.len()).take_while(|&i| same(i)).count()
}

/// The alternatives as one set, if each is one character's test.
fn as_set(items: &[Seq]) -> Option<Vec<SetItem>> {
    let mut set = Vec::new();
    for item in items {
        match item.as_slice() {
            [Node::Literal(c)] => set.push(SetItem::Literal(*c)),
            [Node::In(items)] if items.first() != Some(&SetItem::Negate) => set.extend(items),
            _ => return None,
        }
    }
    Some(unique(set))
}

/// Puts the contents of plain groups in their place.
fn unpack(seq: Seq) -> Seq {
    let plain = |node: &Node| matches!(node, Node::Group { number: None, add: 0, del: 0, .. });
    if !seq.iter().any(plain) {
        return seq;
    }
    let mut out = Vec::with_capacity(seq.len());
    for node in seq {
        match node {
            Node::Group { number: None, add: 0, del: 0, body } => out.extend(body),
            node => out.push(node),
        }
    }
    out
}
