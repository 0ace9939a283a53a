//! Tokens of a pattern: a character, or a backslash with the character after it.

use super::error::{ErrorKind, PatternError, escaped};
use crate::subject;

pub(crate) type Outcome<T> = Result<T, PatternError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Char(u32),
    Escape(u32),
}

impl Token {
    pub fn is(self, c: char) -> bool {
        self == Token::Char(c as u32)
    }

    /// Whether it is one of the characters of `set`.
    pub fn among(self, set: &str) -> bool {
        set.chars().any(|c| self.is(c))
    }

    pub fn len(self) -> usize {
        match self {
            Token::Char(_) => 1,
            Token::Escape(_) => 2,
        }
    }

    pub fn append_to(self, out: &mut Vec<u32>) {
        match self {
            Token::Char(c) => out.push(c),
            Token::Escape(c) => out.extend([b'\\' as u32, c]),
        }
    }

    /// The value of an ASCII digit in `radix`.
    pub fn digit(self, radix: u32) -> Option<u32> {
        match self {
            Token::Char(c) if c < 0x80 => (c as u8 as char).to_digit(radix),
            _ => None,
        }
    }
}

pub(crate) struct Lexer {
    chars: Vec<u32>,
    pub is_text: bool,
    index: usize,
    pub next: Option<Token>,
}

impl Lexer {
    pub fn new(chars: Vec<u32>, is_text: bool) -> Outcome<Self> {
        let mut lexer = Lexer { chars, is_text, index: 0, next: None };
        lexer.advance()?;
        Ok(lexer)
    }

    fn advance(&mut self) -> Outcome<()> {
        self.next = match self.chars.get(self.index) {
            None => {
                return {
                    self.next = None;
                    Ok(())
                };
            }
            Some(&c) if c == b'\\' as u32 => match self.chars.get(self.index + 1) {
                Some(&c) => Some(Token::Escape(c)),
                None => {
                    let at = self.chars.len() - 1;
                    let msg = "bad escape (end of pattern)";
                    return Err(PatternError::new(ErrorKind::Pattern, msg, Some(at)));
                }
            },
            Some(&c) => Some(Token::Char(c)),
        };
        self.index += self.next.map_or(0, Token::len);
        Ok(())
    }

    pub fn get(&mut self) -> Outcome<Option<Token>> {
        let this = self.next;
        self.advance()?;
        Ok(this)
    }

    pub fn eat(&mut self, c: char) -> Outcome<bool> {
        let yes = self.next.is_some_and(|t| t.is(c));
        if yes {
            self.advance()?;
        }
        Ok(yes)
    }

    /// Position of the next token.
    pub fn tell(&self) -> usize {
        self.index - self.next.map_or(0, Token::len)
    }

    pub fn seek(&mut self, index: usize) -> Outcome<()> {
        self.index = index;
        self.advance()
    }

    /// Appends up to `n` digits of `radix` to `out`.
    pub fn digits(&mut self, n: usize, radix: u32, out: &mut Vec<u32>) -> Outcome<()> {
        for _ in 0..n {
            let Some(token) = self.next.filter(|t| t.digit(radix).is_some()) else { break };
            token.append_to(out);
            self.advance()?;
        }
        Ok(())
    }

    /// The characters up to `end`, which is consumed.
    pub fn until(&mut self, end: char, what: &str) -> Outcome<Vec<u32>> {
        let mut out = Vec::new();
        loop {
            match self.get()? {
                None if out.is_empty() => return self.fail(&format!("missing {what}"), 0),
                None => return self.fail(&format!("missing {end}, unterminated name"), out.len()),
                Some(t) if t.is(end) => {
                    return if out.is_empty() { self.fail(&format!("missing {what}"), 1) } else { Ok(out) };
                }
                Some(t) => t.append_to(&mut out),
            }
        }
    }

    /// The error `msg`, `back` characters before the next token.
    pub fn error(&self, msg: impl AsRef<[u8]>, back: usize) -> PatternError {
        PatternError::new(ErrorKind::Pattern, msg.as_ref(), Some(self.tell().saturating_sub(back)))
    }

    pub fn fail<T>(&self, msg: &str, back: usize) -> Outcome<T> {
        Err(self.error(msg, back))
    }

    /// As [`Self::fail`], with `quoted` from the pattern after `msg`.
    pub fn fail_with<T>(&self, msg: &str, quoted: &[u32], back: usize) -> Outcome<T> {
        let mut text = msg.as_bytes().to_vec();
        self.quote(quoted, &mut text);
        Err(self.error(text, back))
    }

    /// Appends a piece of the pattern to a message; bytes above 0x7f are escaped.
    pub fn quote(&self, chars: &[u32], out: &mut Vec<u8>) {
        for &ch in chars {
            if self.is_text || ch < 0x80 {
                subject::encode(ch, out);
            } else {
                out.extend(escaped(ch).bytes());
            }
        }
    }
}
