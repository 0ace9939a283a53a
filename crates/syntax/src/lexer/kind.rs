//! The numbers of CPython 3.14's token types (`token.py`).

macro_rules! kinds {
    ($($name:ident $value:literal)*) => {
        $(pub const $name: u8 = $value;)*
        /// The name of a token type, as `token.tok_name` has it.
        pub fn name(kind: u8) -> &'static str {
            match kind { $($value => stringify!($name),)* _ => "<N_TOKENS>" }
        }
        /// The token type of a name.
        pub fn by_name(name: &str) -> Option<u8> {
            $(if name == stringify!($name) { return Some($value); })*
            None
        }
    };
}

kinds! {
    ENDMARKER 0 NAME 1 NUMBER 2 STRING 3 NEWLINE 4 INDENT 5 DEDENT 6
    LPAR 7 RPAR 8 LSQB 9 RSQB 10 COLON 11 COMMA 12 SEMI 13 PLUS 14 MINUS 15 STAR 16 SLASH 17 VBAR 18 AMPER 19
    LESS 20 GREATER 21 EQUAL 22 DOT 23 PERCENT 24 LBRACE 25 RBRACE 26 EQEQUAL 27 NOTEQUAL 28 LESSEQUAL 29
    GREATEREQUAL 30 TILDE 31 CIRCUMFLEX 32 LEFTSHIFT 33 RIGHTSHIFT 34 DOUBLESTAR 35 PLUSEQUAL 36 MINEQUAL 37
    STAREQUAL 38 SLASHEQUAL 39 PERCENTEQUAL 40 AMPEREQUAL 41 VBAREQUAL 42 CIRCUMFLEXEQUAL 43 LEFTSHIFTEQUAL 44
    RIGHTSHIFTEQUAL 45 DOUBLESTAREQUAL 46 DOUBLESLASH 47 DOUBLESLASHEQUAL 48 AT 49 ATEQUAL 50 RARROW 51
    ELLIPSIS 52 COLONEQUAL 53 EXCLAMATION 54 OP 55 TYPE_IGNORE 56 TYPE_COMMENT 57 SOFT_KEYWORD 58
    FSTRING_START 59 FSTRING_MIDDLE 60 FSTRING_END 61 TSTRING_START 62 TSTRING_MIDDLE 63 TSTRING_END 64
    COMMENT 65 NL 66 ERRORTOKEN 67
}

/// The operator that starts `s`, longest first: its type and length.
pub fn operator(s: &[u8]) -> Option<(u8, usize)> {
    let at = |i: usize| s.get(i).copied().unwrap_or(0);
    let three = match (at(0), at(1), at(2)) {
        (b'*', b'*', b'=') => Some(DOUBLESTAREQUAL),
        (b'/', b'/', b'=') => Some(DOUBLESLASHEQUAL),
        (b'<', b'<', b'=') => Some(LEFTSHIFTEQUAL),
        (b'>', b'>', b'=') => Some(RIGHTSHIFTEQUAL),
        (b'.', b'.', b'.') => Some(ELLIPSIS),
        _ => None,
    };
    if let Some(kind) = three {
        return Some((kind, 3));
    }
    let two = match (at(0), at(1)) {
        (b'=', b'=') => Some(EQEQUAL),
        (b'!', b'=') | (b'<', b'>') => Some(NOTEQUAL),
        (b'<', b'=') => Some(LESSEQUAL),
        (b'>', b'=') => Some(GREATEREQUAL),
        (b'<', b'<') => Some(LEFTSHIFT),
        (b'>', b'>') => Some(RIGHTSHIFT),
        (b'*', b'*') => Some(DOUBLESTAR),
        (b'/', b'/') => Some(DOUBLESLASH),
        (b'+', b'=') => Some(PLUSEQUAL),
        (b'-', b'=') => Some(MINEQUAL),
        (b'*', b'=') => Some(STAREQUAL),
        (b'/', b'=') => Some(SLASHEQUAL),
        (b'%', b'=') => Some(PERCENTEQUAL),
        (b'&', b'=') => Some(AMPEREQUAL),
        (b'|', b'=') => Some(VBAREQUAL),
        (b'^', b'=') => Some(CIRCUMFLEXEQUAL),
        (b'@', b'=') => Some(ATEQUAL),
        (b'-', b'>') => Some(RARROW),
        (b':', b'=') => Some(COLONEQUAL),
        _ => None,
    };
    if let Some(kind) = two {
        return Some((kind, 2));
    }
    let one = match at(0) {
        b'(' => LPAR,
        b')' => RPAR,
        b'[' => LSQB,
        b']' => RSQB,
        b'{' => LBRACE,
        b'}' => RBRACE,
        b':' => COLON,
        b',' => COMMA,
        b';' => SEMI,
        b'+' => PLUS,
        b'-' => MINUS,
        b'*' => STAR,
        b'/' => SLASH,
        b'|' => VBAR,
        b'&' => AMPER,
        b'<' => LESS,
        b'>' => GREATER,
        b'=' => EQUAL,
        b'.' => DOT,
        b'%' => PERCENT,
        b'~' => TILDE,
        b'^' => CIRCUMFLEX,
        b'@' => AT,
        b'!' => EXCLAMATION,
        _ => return None,
    };
    Some((one, 1))
}
