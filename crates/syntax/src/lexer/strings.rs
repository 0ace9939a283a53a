//! String tokens: plain ones whole, f- and t-strings in parts.

use super::{Lexer, MAX_EXPR_NESTING, MAX_STRING_LEVEL, Mode, Stop, Token, kind};

impl Lexer<'_> {
    /// A plain string whose first quote has been read.
    pub(super) fn plain_string(&mut self, quote: u8, start: u32) -> Result<Token, Stop> {
        let (first_line, first_line_start) = (self.cursor.line, self.cursor.line_start);
        let (mut quotes, mut closing) = (1, 0);
        let mut c = self.next();
        if c == Some(quote) {
            c = self.next();
            if c == Some(quote) {
                quotes = 3;
            } else {
                closing = 1;
            }
        }
        if c != Some(quote) {
            self.back(c);
        }
        let mut escaped_quote = false;
        while closing != quotes {
            let c = self.next();
            if c.is_none() || (quotes == 1 && c == Some(b'\n')) {
                let detected = self.cursor.line;
                self.cursor.pos = start + 1;
                self.cursor.line = first_line;
                self.cursor.line_start = first_line_start;
                return Err(self.unterminated(quote, quotes, detected, escaped_quote, c.is_none()));
            }
            if c == Some(quote) {
                closing += 1;
                continue;
            }
            closing = 0;
            if c == Some(b'\\') {
                let skipped = self.next();
                escaped_quote |= skipped == Some(quote);
                if skipped == Some(b'\r') {
                    self.next();
                }
            }
        }
        Ok(self.spanning(kind::STRING, start, self.cursor.pos, first_line, first_line_start))
    }

    fn unterminated(
        &mut self,
        quote: u8,
        quotes: u8,
        detected: u32,
        escaped_quote: bool,
        at_end: bool,
    ) -> Stop {
        if self.inside_string() {
            let mode = *self.mode();
            if mode.quote == quote && mode.quotes == quotes {
                return self.raise(format!("{}-string: expecting '}}'", mode.letter));
            }
        }
        self.ended_in_string = at_end;
        if quotes == 3 {
            return self
                .raise(format!("unterminated triple-quoted string literal (detected at line {detected})"));
        }
        let hint = if escaped_quote { "; perhaps you escaped the end quote?" } else { "" };
        self.raise(format!("unterminated string literal (detected at line {detected}){hint}"))
    }

    /// An f- or t-string whose first quote has been read.
    pub(super) fn string_start(
        &mut self,
        quote: u8,
        start: u32,
        letter: char,
        raw: bool,
    ) -> Result<Token, Stop> {
        let mut quotes = 1;
        let after = self.next();
        if after == Some(quote) {
            let third = self.next();
            if third == Some(quote) {
                quotes = 3;
            } else {
                self.back(third);
                self.back(after);
            }
        } else {
            self.back(after);
        }
        if self.modes.len() >= MAX_STRING_LEVEL {
            return Err(self.raise("too many nested f-strings"));
        }
        self.modes.push(Mode {
            letter,
            quote,
            quotes,
            raw,
            start,
            start_line: self.cursor.line,
            start_line_start: self.cursor.line_start,
            depth: 0,
            expr_depth: -1,
            in_spec: false,
            debug: false,
            middle: true,
        });
        let kind = if letter == 't' { kind::TSTRING_START } else { kind::FSTRING_START };
        Ok(self.token(kind, start, self.cursor.pos))
    }

    /// The next part of the innermost f- or t-string: text, its end, or the `{` of a field.
    pub(super) fn string_part(&mut self) -> Result<Token, Stop> {
        let mode = *self.mode();
        let start = self.cursor.pos;
        let (line, line_start) = (self.cursor.line, self.cursor.line_start);
        self.in_token = true;
        let (middle, end) = if mode.letter == 't' {
            (kind::TSTRING_MIDDLE, kind::TSTRING_END)
        } else {
            (kind::FSTRING_MIDDLE, kind::FSTRING_END)
        };
        let first = self.next();
        if first == Some(b'{') {
            let second = self.next();
            self.back(second);
            self.back(first);
            if second != Some(b'{') {
                self.open_field()?;
                return self.code_token();
            }
        } else {
            self.back(first);
        }
        if self.take_quotes(mode) {
            self.modes.pop();
            return Ok(self.token(end, start, self.cursor.pos));
        }
        let (mut closing, mut name_escape) = (0, false);
        while closing != mode.quotes {
            let c = self.next();
            let mode = *self.mode();
            let in_spec = mode.in_spec && mode.expr_depth >= 0;
            if c.is_none() || (mode.quotes == 1 && c == Some(b'\n')) {
                if in_spec && c == Some(b'\n') {
                    return Err(self.raise(format!(
                        "{0}-string: newlines are not allowed in format specifiers for single quoted {0}-strings",
                        mode.letter
                    )));
                }
                return Err(self.unterminated_parts(mode, c.is_none()));
            }
            if c == Some(mode.quote) {
                closing += 1;
                continue;
            }
            closing = 0;
            match c {
                Some(b'{') => {
                    let peek = self.next();
                    if peek != Some(b'{') || in_spec {
                        self.back(peek);
                        self.back(c);
                        self.open_field()?;
                        return Ok(self.spanning(middle, start, self.cursor.pos, line, line_start));
                    }
                    return Ok(self.spanning(middle, start, self.cursor.pos - 1, line, line_start));
                }
                Some(b'}') => {
                    if name_escape {
                        return Ok(self.spanning(middle, start, self.cursor.pos, line, line_start));
                    }
                    let peek = self.next();
                    if peek == Some(b'}') && !in_spec && mode.depth == 0 {
                        let end = self.cursor.pos - 1;
                        return Ok(self.spanning(middle, start, end, line, line_start));
                    }
                    self.back(peek);
                    self.back(c);
                    self.mode().middle = false;
                    self.mode().in_spec = false;
                    return Ok(self.spanning(middle, start, self.cursor.pos, line, line_start));
                }
                Some(b'\\') => {
                    let mut peek = self.next();
                    if peek == Some(b'\r') {
                        peek = self.next();
                    }
                    if matches!(peek, Some(b'{' | b'}')) {
                        self.back(peek);
                    } else if !mode.raw && peek == Some(b'N') {
                        peek = self.next();
                        if peek == Some(b'{') {
                            name_escape = true;
                        } else {
                            self.back(peek);
                        }
                    }
                }
                _ => {}
            }
        }
        self.cursor.pos -= u32::from(mode.quotes);
        Ok(self.spanning(middle, start, self.cursor.pos, line, line_start))
    }

    /// Reads the closing quotes; where they are not complete, those that are there belong to the text.
    fn take_quotes(&mut self, mode: Mode) -> bool {
        for _ in 0..mode.quotes {
            let c = self.next();
            if c != Some(mode.quote) {
                self.back(c);
                return false;
            }
        }
        true
    }

    fn open_field(&mut self) -> Result<(), Stop> {
        let mode = self.mode();
        mode.expr_depth += 1;
        mode.middle = false;
        mode.in_spec = false;
        let letter = mode.letter;
        if mode.expr_depth >= MAX_EXPR_NESTING {
            return Err(self.raise(format!("{letter}-string: expressions nested too deeply")));
        }
        Ok(())
    }

    fn unterminated_parts(&mut self, mode: Mode, at_end: bool) -> Stop {
        let detected = self.cursor.line;
        self.cursor.pos = mode.start + 1;
        self.cursor.line = mode.start_line;
        self.cursor.line_start = mode.start_line_start;
        self.ended_in_string = at_end && mode.quotes == 3;
        let triple = if mode.quotes == 3 { "triple-quoted " } else { "" };
        self.raise(format!(
            "unterminated {triple}{}-string literal (detected at line {detected})",
            mode.letter
        ))
    }
}
