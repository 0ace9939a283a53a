//! Values below were printed by CPython 3.14.

use super::*;
use crate::wtf8::{Wtf8, Wtf8Buf};

fn w(text: &str) -> &Wtf8 {
    Wtf8::new(text)
}

fn pieces(text: &str, ranges: impl Iterator<Item = std::ops::Range<usize>>) -> Vec<&str> {
    ranges.map(|range| &text[range]).collect()
}

#[test]
fn splitting() {
    let all = usize::MAX;
    let ws = |text, max| pieces(text, split_whitespace::<Text>(text.as_bytes(), max));
    let rws = |text, max| pieces(text, rsplit_whitespace::<Text>(text.as_bytes(), max));
    assert_eq!(ws("  a\u{3000}b\x1cc ", all), ["a", "b", "c"]);
    assert_eq!(ws("  a b  c  ", 1), ["a", "b  c  "]);
    assert_eq!(ws("  a b  c  ", 0), ["a b  c  "]);
    assert_eq!(ws("   ", all), [""; 0]);
    assert_eq!(rws("  a b  c  ", 1), ["c", "  a b"]);
    assert_eq!(rws("  a b  c  ", all), ["c", "b", "a"]);
    assert_eq!(split_whitespace::<Bytes>(b"a\x1cb c", all).count(), 2);
    let by = |text, sep: &str, max| pieces(text, split(text.as_bytes(), sep.as_bytes(), max));
    assert_eq!(by("a,,b", ",", all), ["a", "", "b"]);
    assert_eq!(by("", ",", all), [""]);
    assert_eq!(by("a,b,c", ",", 1), ["a", "b,c"]);
    assert_eq!(pieces("a,b,c", rsplit(b"a,b,c", b",", 1)), ["c", "a,b"]);
    let lines = |text, keep| pieces(text, split_lines::<Text>(text.as_bytes(), keep));
    assert_eq!(lines("a\r\nb\n\nc\u{2028}d\x1ee", false), ["a", "b", "", "c", "d", "e"]);
    assert_eq!(lines("a\r\nb\r", true), ["a\r\n", "b\r"]);
    assert_eq!(lines("", false), [""; 0]);
    assert_eq!(split_lines::<Bytes>(b"a\x0bb\rc", false).count(), 2);
}

#[test]
fn searching() {
    assert_eq!(find(b"hello", b"l"), Some(2));
    assert_eq!(rfind(b"hello", b"l"), Some(3));
    assert_eq!(find(b"abc", b""), Some(0));
    assert_eq!(rfind(b"abc", b""), Some(3));
    assert_eq!(count::<Text>("éé".as_bytes(), b"", usize::MAX), 3);
    assert_eq!(count::<Bytes>(b"aaaa", b"aa", usize::MAX), 2);
    assert_eq!(clip(0, isize::MAX, 3), Some(0..3));
    assert_eq!(clip(-2, -1, 3), Some(1..2));
    assert_eq!(clip(4, isize::MAX, 3), None);
    let rep = |t, a, b, n| replace_text(w(t), w(a), w(b), n).unwrap().map(|x| x.into_string().unwrap());
    assert_eq!(rep("héé", "", "-", usize::MAX).as_deref(), Some("-h-é-é-"));
    assert_eq!(rep("héé", "", "-", 2).as_deref(), Some("-h-éé"));
    assert_eq!(rep("aXbXc", "X", "yy", 1).as_deref(), Some("ayybXc"));
    assert_eq!(rep("abc", "b", "z", usize::MAX).as_deref(), Some("azc"));
    assert_eq!(rep("abc", "q", "z", usize::MAX), None);
    assert_eq!(replace::<Bytes>(b"aa", b"a", &[0; 100], 1).unwrap().unwrap().len(), 101);
}

#[test]
fn cases() {
    assert_eq!(lower(w("ΑΣ ΣΑ Σ ΑΣ.")).unwrap(), "ας σα σ ας.");
    assert_eq!(lower(w("İ")).unwrap(), "i\u{307}");
    assert_eq!(upper(w("straße ﬁ")).unwrap(), "STRASSE FI");
    assert_eq!(casefold(w("Straße Σς")).unwrap(), "strasse σσ");
    assert_eq!(title(w("ǆabc d'eF é1a")).unwrap(), "ǅabc D'Ef É1A");
    assert_eq!(title(w("hello wORLD")).unwrap(), "Hello World");
    assert_eq!(capitalize(w("ßABC")).unwrap(), "Ssabc");
    assert_eq!(swapcase(w("aBßΣ")).unwrap(), "AbSSς");
    assert_eq!(title_bytes(b"hello wORLD 1a").unwrap(), b"Hello World 1A");
}

#[test]
fn kinds() {
    assert!(istitle(w("Ab Cd")) && !istitle(w("AB")) && !istitle(w("")) && istitle(w("ǅa")));
    assert!(isupper(w("A1")) && !isupper(w("1")) && !isupper(w("ǅ")) && islower(w("a1")));
    assert!(isidentifier(w("aé_1")) && !isidentifier(w("1a")) && !isidentifier(w("")));
    assert!(isprintable(w("")) && !isprintable(w("\n")) && isspace(w("\x1f\u{85}")));
    assert!(!isspace_bytes(b"\x1f") && istitle_bytes(b"Ab Cd"));
    assert!(
        isdecimal(w("٣")) && !isdecimal(w("²")) && isdigit(w("²")) && isnumeric(w("½")) && isalnum(w("½"))
    );
}

#[test]
fn layouts() {
    let just = |text: &str, width, side| {
        justify::<Text>(text.as_bytes(), width, '*' as u32, side)
            .unwrap()
            .map(|b| String::from_utf8(b).unwrap())
    };
    assert_eq!(just("ab", 5, Side::Center).as_deref(), Some("**ab*"));
    assert_eq!(just("abc", 6, Side::Center).as_deref(), Some("*abc**"));
    assert_eq!(just("é", 3, Side::Left).as_deref(), Some("é**"));
    assert_eq!(just("é", 1, Side::Left), None);
    assert_eq!(justify::<Text>(b"", usize::MAX, 0x1F600, Side::Left), Err(TooLarge));
    assert_eq!(justify::<Bytes>(b"a", 2, 0xFF, Side::Left), Ok(Some(vec![b'a', 0xFF])));
    assert_eq!(zfill::<Text>(b"-42", 6), Ok(Some(b"-00042".to_vec())));
    assert_eq!(zfill::<Text>(b"42", 2), Ok(None));
    assert_eq!(expandtabs::<Text>("é\tb\n\tc".as_bytes(), 4).unwrap().unwrap(), "é   b\n    c".as_bytes());
    assert_eq!(expandtabs::<Text>(b"a\tb", 0), Ok(Some(b"ab".to_vec())));
    assert_eq!(expandtabs::<Text>(b"\t\t", usize::MAX), Err(TooLarge));
    assert_eq!(repeat(b"abc", 3).unwrap(), b"abcabcabc");
    assert_eq!(repeat(b"abc", usize::MAX), Err(TooLarge));
    assert_eq!(repeat(b"abc", 0).unwrap(), b"");
}

#[test]
fn reprs() {
    let r = |text: &str| repr_str(w(text)).unwrap().into_string().unwrap();
    assert_eq!(r("it's"), "\"it's\"");
    assert_eq!(r("it's \"x\""), "'it\\'s \"x\"'");
    assert_eq!(r("a\t\n\r\\\x00\x7f"), "'a\\t\\n\\r\\\\\\x00\\x7f'");
    assert_eq!(r("é\u{a0}\u{200b}\u{e0001}😀"), "'é\\xa0\\u200b\\U000e0001😀'");
    let lone: Wtf8Buf = [0xD800].into_iter().collect();
    assert_eq!(repr_str(&lone).unwrap(), "'\\ud800'");
    assert_eq!(ascii_str(w("é😀")).unwrap(), "'\\xe9\\U0001f600'");
    assert_eq!(repr_bytes(b"a'\xff\n").unwrap(), "b\"a'\\xff\\n\"");
    assert_eq!(escape_non_ascii(w("'é'\n")), "'\\xe9'\n");
}

#[test]
fn hexes() {
    let hex = |separator| bytes_hex(b"abcde", separator).unwrap();
    assert_eq!(hex(None), "6162636465");
    assert_eq!(hex(Some((b':', 2))), "61:6263:6465");
    assert_eq!(hex(Some((b':', -2))), "6162:6364:65");
    assert_eq!(hex(Some((b':', 100))), "6162636465");
    assert_eq!(hex(Some((b':', isize::MIN))), "6162636465");
    assert_eq!(bytes_fromhex(b"ab cd "), Ok(vec![0xAB, 0xCD]));
    assert_eq!(bytes_fromhex(b"ab c"), Err(BytesFromHexError::Odd));
    assert_eq!(bytes_fromhex(b" a b"), Err(BytesFromHexError::Digit(2)));
    assert_eq!(bytes_fromhex("ab\u{e9}1".as_bytes()), Err(BytesFromHexError::Digit(2)));
}
