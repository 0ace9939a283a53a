//! Number tokens and what is wrong with them.

use super::{Lexer, Stop, Token, is_name_char, kind};

impl Lexer<'_> {
    /// A number whose first digit has been read.
    pub(super) fn number(&mut self, first: u8, start: u32) -> Result<Token, Stop> {
        if first != b'0' {
            let c = self.decimal_tail()?;
            return self.after_integer(start, c);
        }
        let c = self.next();
        match c.map(|b| b.to_ascii_lowercase()) {
            Some(b'x') => self.radix(start, "hexadecimal", |b| b.is_ascii_hexdigit()),
            Some(b'o') => self.radix(start, "octal", |b| (b'0'..b'8').contains(&b)),
            Some(b'b') => self.radix(start, "binary", |b| b == b'0' || b == b'1'),
            _ => self.zeros(start, c),
        }
    }

    fn radix(&mut self, start: u32, name: &str, digit: fn(u8) -> bool) -> Result<Token, Stop> {
        let mut c = self.next();
        loop {
            if c == Some(b'_') {
                c = self.next();
            }
            match c {
                Some(b) if digit(b) => {}
                Some(b) if b.is_ascii_digit() => return Err(self.bad_digit(b, name)),
                _ => {
                    self.back(c);
                    return Err(self.raise(format!("invalid {name} literal")));
                }
            }
            while c.is_some_and(digit) {
                c = self.next();
            }
            if c != Some(b'_') {
                break;
            }
        }
        if let Some(b) = c.filter(u8::is_ascii_digit) {
            return Err(self.bad_digit(b, name));
        }
        self.end_of_number(start, c, name)
    }

    fn bad_digit(&self, b: u8, name: &str) -> Stop {
        self.raise(format!("invalid digit '{}' in {name} literal", b as char))
    }

    /// Behind a leading zero: more zeros, or an old octal literal.
    fn zeros(&mut self, start: u32, mut c: Option<u8>) -> Result<Token, Stop> {
        loop {
            if c == Some(b'_') {
                c = self.next();
                if !c.is_some_and(|b| b.is_ascii_digit()) {
                    self.back(c);
                    return Err(self.raise("invalid decimal literal"));
                }
            }
            if c != Some(b'0') {
                break;
            }
            c = self.next();
        }
        let zeros_end = self.cursor.pos;
        let mut nonzero = false;
        if c.is_some_and(|b| b.is_ascii_digit()) {
            nonzero = true;
            c = self.decimal_tail()?;
        }
        if nonzero && !self.extra && !matches!(c, Some(b'.' | b'e' | b'E' | b'j' | b'J')) {
            self.back(c);
            let col = i64::from(start + 1 - self.cursor.line_start);
            let end = i64::from(zeros_end - self.cursor.line_start);
            return Err(self.raise_range(
                col,
                end,
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            ));
        }
        self.after_integer(start, c)
    }

    /// More digits, with underscores between them; gives what follows.
    fn decimal_tail(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            let mut c = self.next();
            while c.is_some_and(|b| b.is_ascii_digit()) {
                c = self.next();
            }
            if c != Some(b'_') {
                return Ok(c);
            }
            c = self.next();
            if !c.is_some_and(|b| b.is_ascii_digit()) {
                self.back(c);
                return Err(self.raise("invalid decimal literal"));
            }
        }
    }

    fn after_integer(&mut self, start: u32, c: Option<u8>) -> Result<Token, Stop> {
        if c == Some(b'.') {
            let c = self.next();
            return self.fraction(start, c);
        }
        self.exponent(start, c)
    }

    /// Behind the point; `c` has been read.
    pub(super) fn fraction(&mut self, start: u32, mut c: Option<u8>) -> Result<Token, Stop> {
        if c.is_some_and(|b| b.is_ascii_digit()) {
            c = self.decimal_tail()?;
        }
        self.exponent(start, c)
    }

    fn exponent(&mut self, start: u32, mut c: Option<u8>) -> Result<Token, Stop> {
        if matches!(c, Some(b'e' | b'E')) {
            let e = c;
            c = self.next();
            if matches!(c, Some(b'+' | b'-')) {
                c = self.next();
                if !c.is_some_and(|b| b.is_ascii_digit()) {
                    self.back(c);
                    return Err(self.raise("invalid decimal literal"));
                }
            } else if !c.is_some_and(|b| b.is_ascii_digit()) {
                self.back(c);
                return self.end_of_number(start, e, "decimal");
            }
            c = self.decimal_tail()?;
        }
        if matches!(c, Some(b'j' | b'J')) {
            let c = self.next();
            return self.end_of_number(start, c, "imaginary");
        }
        self.end_of_number(start, c, "decimal")
    }

    /// `c`, the byte behind the number, has been read. A keyword may follow without a space, still; a name may not.
    fn end_of_number(&mut self, start: u32, c: Option<u8>, name: &str) -> Result<Token, Stop> {
        self.back(c);
        if !self.extra {
            let rest = &self.src[self.cursor.pos as usize..];
            let word = |w: &str| {
                rest.starts_with(w.as_bytes()) && !rest.get(w.len()).is_some_and(|&b| is_name_char(b))
            };
            let keyword = ["and", "else", "for", "or", "not"].into_iter().any(word)
                || ["if", "in", "is"].into_iter().any(|w| rest.starts_with(w.as_bytes()));
            if keyword {
                self.warnings.push((self.cursor.line, format!("invalid {name} literal")));
            } else if c.is_some_and(|b| b < 0x80 && is_name_char(b)) {
                return Err(self.raise(format!("invalid {name} literal")));
            }
        }
        Ok(self.token(kind::NUMBER, start, self.cursor.pos))
    }
}
