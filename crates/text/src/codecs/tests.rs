//! The tables are CPython 3.14's answers, with an error handler that puts a question mark.

use super::*;

type Log = Vec<(usize, usize, &'static str)>;

fn decode_by(codec: &str, bytes: &[u8], is_final: bool, log: &mut Log) -> (Wtf8Buf, usize) {
    let on_error = |info: &ErrorInfo| {
        log.push((info.start, info.end, info.reason));
        Ok::<_, ()>((Wtf8Buf::from("?"), info.end))
    };
    let wide = |decoded: WideDecoded| (decoded.text, decoded.consumed);
    let plain = |decoded: Decoded| (decoded.text, decoded.consumed);
    match codec {
        "utf_8" => plain(decode_utf_8(bytes, is_final, on_error).unwrap()),
        "utf_7" => plain(decode_utf_7(bytes, is_final, on_error).unwrap()),
        "utf_16" => wide(decode_utf_16(bytes, None, is_final, on_error).unwrap()),
        "utf_16_le" => wide(decode_utf_16(bytes, Some(Endian::Little), is_final, on_error).unwrap()),
        "utf_16_be" => wide(decode_utf_16(bytes, Some(Endian::Big), is_final, on_error).unwrap()),
        "utf_32" => wide(decode_utf_32(bytes, None, is_final, on_error).unwrap()),
        "utf_32_le" => wide(decode_utf_32(bytes, Some(Endian::Little), is_final, on_error).unwrap()),
        "raw_unicode_escape" => plain(decode_raw_unicode_escape(bytes, is_final, on_error).unwrap()),
        "unicode_escape" => {
            let decoded = decode_unicode_escape(bytes, is_final, on_error).unwrap();
            (decoded.text, decoded.consumed)
        }
        _ => panic!("{codec}"),
    }
}

#[test]
fn decoders() {
    for (codec, bytes, is_final, text, consumed, errors) in DECODES {
        let mut log = Vec::new();
        let (got, used) = decode_by(codec, bytes, *is_final, &mut log);
        let context = format!("{codec} {:?} {is_final}", bytes.escape_ascii().to_string());
        assert_eq!(got.code_points().collect::<Vec<_>>(), *text, "{context}");
        assert_eq!(used, *consumed, "{context}");
        assert_eq!(log, *errors, "{context}");
    }
}

#[test]
fn utf_7_encodes() {
    for (text, bytes) in UTF_7 {
        let text: Wtf8Buf = text.iter().copied().collect();
        assert_eq!(encode_utf_7(&text).escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }
}

#[test]
fn encoders_with_handlers() {
    let text: Wtf8Buf = [0x61, 0xDC80, 0xD800, 0xE9, 0x20AC, 0x1F600, 1].into_iter().collect();
    for (handler, codec, wanted) in ENCODES {
        let errors = Errors::from_name(handler).unwrap();
        let on_error = |info: &ErrorInfo, ask| {
            if ask == Ask::Raise {
                return Err((info.start, info.end));
            }
            let bad = text.slice_code_points(info.start..info.end);
            let (replacement, count) = replace_encode(errors, codec, bad).ok_or((info.start, info.end))?;
            Ok((replacement, info.start + count))
        };
        let got = match *codec {
            "ascii" => encode_ascii(&text, on_error),
            "utf-8" => encode_utf_8(&text, on_error),
            "latin-1" => encode_latin_1(&text, on_error),
            "utf-16-le" => encode_utf_16(&text, Some(Endian::Little), on_error),
            "utf-32-be" => encode_utf_32(&text, Some(Endian::Big), on_error),
            _ => encode_utf_16(&text, None, on_error),
        };
        assert_eq!(got.as_deref(), wanted.as_deref(), "{handler} {codec}");
    }
}

#[test]
fn decoders_with_handlers() {
    for (handler, codec, bytes, wanted) in HANDLED {
        let errors = Errors::from_name(handler).unwrap();
        let on_error =
            |info: &ErrorInfo| replace_decode(errors, codec, bytes, info.start, info.end).ok_or(());
        let got = match *codec {
            "ascii" => decode_ascii(bytes, on_error).map(|d| d.text),
            "utf-8" => decode_utf_8(bytes, true, on_error).map(|d| d.text),
            "utf-16-le" => decode_utf_16(bytes, Some(Endian::Little), true, on_error).map(|d| d.text),
            _ => decode_utf_32(bytes, Some(Endian::Big), true, on_error).map(|d| d.text),
        };
        let got = got.ok().map(|text| text.code_points().collect::<Vec<_>>());
        assert_eq!(got.as_deref(), *wanted, "{handler} {codec} {bytes:?}");
    }
}

/// A replacement that cannot be encoded raises the exception of the error.
#[test]
fn bad_replacements() {
    let text: Wtf8Buf = [0x61, 0xD800, 0x62].into_iter().collect();
    let with = |replacement: Replacement| {
        move |info: &ErrorInfo, ask| match ask {
            Ask::Raise => Err((info.start, info.end)),
            Ask::Replace => Ok((replacement.clone(), info.end)),
        }
    };
    let euro = || with(Replacement::Text("€".into()));
    let byte = || with(Replacement::Bytes(b"x".to_vec()));
    assert_eq!(encode_utf_8(&text, euro()), Err((1, 2)));
    assert_eq!(encode_latin_1(&text, euro()), Err((1, 2)));
    assert_eq!(encode_utf_16(&text, Some(Endian::Little), byte()), Err((1, 2)));
    assert_eq!(encode_ascii(&text, byte()), Ok(b"axb".to_vec()));
}

#[test]
fn charmaps() {
    let log = std::cell::RefCell::new(Vec::new());
    let on_error = |info: &ErrorInfo| {
        log.borrow_mut().push((info.start, info.end, info.reason));
        Ok::<_, ()>((Wtf8Buf::from("?"), info.end))
    };
    let text = decode_charmap_table(b"\0\x01\x02", Wtf8::new("a\u{fffe}"), on_error).unwrap();
    assert_eq!(text, "a??");
    let reason = "character maps to <undefined>";
    assert_eq!(*log.borrow(), [(1, 2, reason), (2, 3, reason)]);
    let mapping = |cp: u32, out: &mut Vec<u8>| {
        let byte = match cp {
            0x61 => b'A',
            0x20AC => 128,
            0x3F => b'!',
            _ => return Ok::<_, ()>(false),
        };
        out.push(byte);
        Ok(true)
    };
    let mut ranges = Vec::new();
    let encoded = encode_charmap(Wtf8::new("aéé€b"), mapping, |info, _| {
        ranges.push((info.start, info.end));
        Ok((Replacement::Text("?".into()), info.end))
    });
    assert_eq!(encoded, Ok(b"A!\x80!".to_vec()));
    assert_eq!(ranges, [(1, 3), (4, 5)]);
}

#[test]
fn escapes() {
    let text: Wtf8Buf = "a'\"\\\n\t\r\0ÿ€😀".code_points_of().chain([0xD800, 0x7F]).collect();
    let escaped = encode_unicode_escape(&text);
    assert_eq!(escaped, b"a'\"\\\\\\n\\t\\r\\x00\\xff\\u20ac\\U0001f600\\ud800\\x7f");
    assert_eq!(encode_raw_unicode_escape(&text), b"a'\"\\\n\t\r\x00\xff\\u20ac\\U0001f600\\ud800\x7f");
    assert_eq!(encode_escape(b"a'\"\\\n\t\r\x00\xff"), b"a\\'\"\\\\\\n\\t\\r\\x00\\xff");
    let fail = |_: &ErrorInfo| Err::<(Wtf8Buf, usize), _>(());
    let back = decode_unicode_escape(&escaped, true, fail).unwrap();
    assert_eq!((back.text, back.invalid), (text, None));
    let odd = decode_unicode_escape(b"\\777\\8", true, fail).unwrap().invalid.unwrap();
    let tail = "escape sequence. Such sequences will not work in the future. ";
    assert_eq!(odd.message(""), format!("\"\\777\" is an invalid octal {tail}"));
    let decoded = decode_escape(b"\\8\\q\\n\\\n'\\777\\x41", "strict").unwrap();
    assert_eq!(decoded.bytes, b"\\8\\q\n'\xffA");
    assert_eq!(decoded.invalid.unwrap().message("b"), format!("b\"\\8\" is an invalid {tail}"));
    assert_eq!(decode_escape(b"a\\", "replace"), Err(BytesEscapeError::Trailing));
    assert_eq!(decode_escape(b"a\\x4", "strict"), Err(BytesEscapeError::Hex(1)));
    assert_eq!(decode_escape(b"\\xzz", "replace").unwrap().bytes, b"?zz");
    assert_eq!(
        decode_escape(b"\\xzz", "foo").unwrap_err().message("foo"),
        "decoding error; unknown error handling code: foo"
    );
}

/// No input makes a decoder panic or stand still, and what decodes cleanly encodes back.
#[test]
fn noise() {
    let mut state = 12345u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize
    };
    let alphabet = b"\\+-Nu{}xU0A/!\x80\xd8\xdc\xed\xa0\xe2\x00\xff\xf0\x9fz";
    let codecs = ["utf_8", "utf_7", "utf_16", "utf_16_be", "utf_32", "unicode_escape", "raw_unicode_escape"];
    for round in 0..20_000 {
        let bytes: Vec<u8> = (0..next() % 12).map(|_| alphabet[next() % alphabet.len()]).collect();
        let codec = codecs[round % codecs.len()];
        let mut log = Vec::new();
        let (text, used) = decode_by(codec, &bytes, true, &mut log);
        assert_eq!(used, bytes.len());
        assert!(log.iter().all(|(start, end, _)| start < end && *end <= bytes.len()));
        assert!(Wtf8::from_bytes(text.as_bytes()).is_some());
        // In two parts, as an incremental decoder has them.
        let (first, used) = decode_by(codec, &bytes, false, &mut Vec::new());
        assert!(used <= bytes.len() && first.len() <= text.len().max(first.len()));
        if codec == "utf_8" && log.is_empty() {
            assert_eq!(text.as_bytes(), bytes);
        }
    }
}

trait CodePointsOf {
    fn code_points_of(&self) -> crate::wtf8::CodePoints<'_>;
}

impl CodePointsOf for str {
    fn code_points_of(&self) -> crate::wtf8::CodePoints<'_> {
        Wtf8::new(self).code_points()
    }
}

/// Codec, input, final, text, consumed, errors.
type Row =
    (&'static str, &'static [u8], bool, &'static [u32], usize, &'static [(usize, usize, &'static str)]);
const DECODES: &[Row] = &[
    ("utf_8", b"a\x80b", true, &[0x61, 0x3f, 0x62], 3, &[(1, 2, "invalid start byte")]),
    ("utf_8", b"a\x80b", false, &[0x61, 0x3f, 0x62], 3, &[(1, 2, "invalid start byte")]),
    ("utf_8", b"\xe2\x82", true, &[0x3f], 2, &[(0, 2, "unexpected end of data")]),
    ("utf_8", b"\xe2\x82", false, &[], 0, &[]),
    ("utf_8", b"\xe2\x82A", true, &[0x3f, 0x41], 3, &[(0, 2, "invalid continuation byte")]),
    ("utf_8", b"\xe2\x82A", false, &[0x3f, 0x41], 3, &[(0, 2, "invalid continuation byte")]),
    (
        "utf_8",
        b"\xed\xa0\x80",
        true,
        &[0x3f, 0x3f, 0x3f],
        3,
        &[(0, 1, "invalid continuation byte"), (1, 2, "invalid start byte"), (2, 3, "invalid start byte")],
    ),
    (
        "utf_8",
        b"\xed\xa0\x80",
        false,
        &[0x3f, 0x3f, 0x3f],
        3,
        &[(0, 1, "invalid continuation byte"), (1, 2, "invalid start byte"), (2, 3, "invalid start byte")],
    ),
    ("utf_8", b"\xf0\x9f\x98", true, &[0x3f], 3, &[(0, 3, "unexpected end of data")]),
    ("utf_8", b"\xf0\x9f\x98", false, &[], 0, &[]),
    (
        "utf_8",
        b"\xc0\x80",
        true,
        &[0x3f, 0x3f],
        2,
        &[(0, 1, "invalid start byte"), (1, 2, "invalid start byte")],
    ),
    (
        "utf_8",
        b"\xc0\x80",
        false,
        &[0x3f, 0x3f],
        2,
        &[(0, 1, "invalid start byte"), (1, 2, "invalid start byte")],
    ),
    (
        "utf_8",
        b"\xf4\x90\x80\x80",
        true,
        &[0x3f, 0x3f, 0x3f, 0x3f],
        4,
        &[
            (0, 1, "invalid continuation byte"),
            (1, 2, "invalid start byte"),
            (2, 3, "invalid start byte"),
            (3, 4, "invalid start byte"),
        ],
    ),
    (
        "utf_8",
        b"\xf4\x90\x80\x80",
        false,
        &[0x3f, 0x3f, 0x3f, 0x3f],
        4,
        &[
            (0, 1, "invalid continuation byte"),
            (1, 2, "invalid start byte"),
            (2, 3, "invalid start byte"),
            (3, 4, "invalid start byte"),
        ],
    ),
    (
        "utf_8",
        b"\xed\xa0",
        true,
        &[0x3f, 0x3f],
        2,
        &[(0, 1, "invalid continuation byte"), (1, 2, "invalid start byte")],
    ),
    ("utf_8", b"\xed\xa0", false, &[], 0, &[]),
    ("utf_8", b"\xf0\x9f\x98\x80\xff", true, &[0x1f600, 0x3f], 5, &[(4, 5, "invalid start byte")]),
    ("utf_8", b"\xf0\x9f\x98\x80\xff", false, &[0x1f600, 0x3f], 5, &[(4, 5, "invalid start byte")]),
    ("utf_16_le", b"a\x00b", true, &[0x61, 0x3f], 3, &[(2, 3, "truncated data")]),
    ("utf_16_le", b"a\x00b", false, &[0x61], 2, &[]),
    ("utf_16", b"a\x00b", true, &[0x61, 0x3f], 3, &[(2, 3, "truncated data")]),
    ("utf_16", b"a\x00b", false, &[0x61], 2, &[]),
    ("utf_16_le", b"\x00\xd8", true, &[0x3f], 2, &[(0, 2, "unexpected end of data")]),
    ("utf_16_le", b"\x00\xd8", false, &[], 0, &[]),
    ("utf_16", b"\x00\xd8", true, &[0x3f], 2, &[(0, 2, "unexpected end of data")]),
    ("utf_16", b"\x00\xd8", false, &[], 0, &[]),
    ("utf_16_le", b"\x00\xd8a", true, &[0x3f], 3, &[(0, 3, "unexpected end of data")]),
    ("utf_16_le", b"\x00\xd8a", false, &[], 0, &[]),
    ("utf_16", b"\x00\xd8a", true, &[0x3f], 3, &[(0, 3, "unexpected end of data")]),
    ("utf_16", b"\x00\xd8a", false, &[], 0, &[]),
    ("utf_16_le", b"\x00\xd8a\x00", true, &[0x3f, 0x61], 4, &[(0, 2, "illegal UTF-16 surrogate")]),
    ("utf_16_le", b"\x00\xd8a\x00", false, &[0x3f, 0x61], 4, &[(0, 2, "illegal UTF-16 surrogate")]),
    ("utf_16", b"\x00\xd8a\x00", true, &[0x3f, 0x61], 4, &[(0, 2, "illegal UTF-16 surrogate")]),
    ("utf_16", b"\x00\xd8a\x00", false, &[0x3f, 0x61], 4, &[(0, 2, "illegal UTF-16 surrogate")]),
    ("utf_16_le", b"\x00\xdca\x00", true, &[0x3f, 0x61], 4, &[(0, 2, "illegal encoding")]),
    ("utf_16_le", b"\x00\xdca\x00", false, &[0x3f, 0x61], 4, &[(0, 2, "illegal encoding")]),
    ("utf_16", b"\x00\xdca\x00", true, &[0x3f, 0x61], 4, &[(0, 2, "illegal encoding")]),
    ("utf_16", b"\x00\xdca\x00", false, &[0x3f, 0x61], 4, &[(0, 2, "illegal encoding")]),
    ("utf_16_le", b"\xff\xfea\x00", true, &[0xfeff, 0x61], 4, &[]),
    ("utf_16_le", b"\xff\xfea\x00", false, &[0xfeff, 0x61], 4, &[]),
    ("utf_16", b"\xff\xfea\x00", true, &[0x61], 4, &[]),
    ("utf_16", b"\xff\xfea\x00", false, &[0x61], 4, &[]),
    ("utf_16_le", b"=\xd8\x00\xde", true, &[0x1f600], 4, &[]),
    ("utf_16_le", b"=\xd8\x00\xde", false, &[0x1f600], 4, &[]),
    ("utf_16", b"=\xd8\x00\xde", true, &[0x1f600], 4, &[]),
    ("utf_16", b"=\xd8\x00\xde", false, &[0x1f600], 4, &[]),
    ("utf_16_le", b"=\xd8\x00", true, &[0x3f], 3, &[(0, 3, "unexpected end of data")]),
    ("utf_16_le", b"=\xd8\x00", false, &[], 0, &[]),
    ("utf_16", b"=\xd8\x00", true, &[0x3f], 3, &[(0, 3, "unexpected end of data")]),
    ("utf_16", b"=\xd8\x00", false, &[], 0, &[]),
    ("utf_16", b"\xfe\xff\x00a", true, &[0x61], 4, &[]),
    ("utf_16", b"\xfe\xff\x00a", false, &[0x61], 4, &[]),
    ("utf_16_be", b"\xd8=\xde\x00\x00", true, &[0x1f600, 0x3f], 5, &[(4, 5, "truncated data")]),
    ("utf_16_be", b"\xd8=\xde\x00\x00", false, &[0x1f600], 4, &[]),
    ("utf_32_le", b"a\x00\x00", true, &[0x3f], 3, &[(0, 3, "truncated data")]),
    ("utf_32_le", b"a\x00\x00", false, &[], 0, &[]),
    ("utf_32", b"a\x00\x00", true, &[0x3f], 3, &[(0, 3, "truncated data")]),
    ("utf_32", b"a\x00\x00", false, &[], 0, &[]),
    (
        "utf_32_le",
        b"\x00\xd8\x00\x00",
        true,
        &[0x3f],
        4,
        &[(0, 4, "code point in surrogate code point range(0xd800, 0xe000)")],
    ),
    (
        "utf_32_le",
        b"\x00\xd8\x00\x00",
        false,
        &[0x3f],
        4,
        &[(0, 4, "code point in surrogate code point range(0xd800, 0xe000)")],
    ),
    (
        "utf_32",
        b"\x00\xd8\x00\x00",
        true,
        &[0x3f],
        4,
        &[(0, 4, "code point in surrogate code point range(0xd800, 0xe000)")],
    ),
    (
        "utf_32",
        b"\x00\xd8\x00\x00",
        false,
        &[0x3f],
        4,
        &[(0, 4, "code point in surrogate code point range(0xd800, 0xe000)")],
    ),
    ("utf_32_le", b"\x00\x00\x11\x00", true, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32_le", b"\x00\x00\x11\x00", false, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32", b"\x00\x00\x11\x00", true, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32", b"\x00\x00\x11\x00", false, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32_le", b"\xff\xfe\x00\x00a\x00\x00\x00", true, &[0xfeff, 0x61], 8, &[]),
    ("utf_32_le", b"\xff\xfe\x00\x00a\x00\x00\x00", false, &[0xfeff, 0x61], 8, &[]),
    ("utf_32", b"\xff\xfe\x00\x00a\x00\x00\x00", true, &[0x61], 8, &[]),
    ("utf_32", b"\xff\xfe\x00\x00a\x00\x00\x00", false, &[0x61], 8, &[]),
    ("utf_32_le", b"\xff\xff\xff\xff", true, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32_le", b"\xff\xff\xff\xff", false, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32", b"\xff\xff\xff\xff", true, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("utf_32", b"\xff\xff\xff\xff", false, &[0x3f], 4, &[(0, 4, "code point not in range(0x110000)")]),
    ("unicode_escape", b"abc\x5c", true, &[0x61, 0x62, 0x63, 0x3f], 4, &[(3, 4, "\\ at end of string")]),
    ("unicode_escape", b"abc\x5c", false, &[0x61, 0x62, 0x63], 3, &[]),
    ("unicode_escape", b"\x5cx4", true, &[0x3f], 3, &[(0, 3, "truncated \\xXX escape")]),
    ("unicode_escape", b"\x5cx4", false, &[], 0, &[]),
    ("unicode_escape", b"\x5cx4g1", true, &[0x3f, 0x67, 0x31], 5, &[(0, 3, "truncated \\xXX escape")]),
    ("unicode_escape", b"\x5cx4g1", false, &[0x3f, 0x67, 0x31], 5, &[(0, 3, "truncated \\xXX escape")]),
    ("unicode_escape", b"\x5cu12", true, &[0x3f], 4, &[(0, 4, "truncated \\uXXXX escape")]),
    ("unicode_escape", b"\x5cu12", false, &[], 0, &[]),
    ("unicode_escape", b"\x5cU0011ffff", true, &[0x3f], 10, &[(0, 10, "illegal Unicode character")]),
    ("unicode_escape", b"\x5cU0011ffff", false, &[0x3f], 10, &[(0, 10, "illegal Unicode character")]),
    ("unicode_escape", b"\x5cU1234567", true, &[0x3f], 9, &[(0, 9, "truncated \\UXXXXXXXX escape")]),
    ("unicode_escape", b"\x5cU1234567", false, &[], 0, &[]),
    ("unicode_escape", b"\x5cN{LATIN SMALL LETTER A}", true, &[0x61], 24, &[]),
    ("unicode_escape", b"\x5cN{LATIN SMALL LETTER A}", false, &[0x61], 24, &[]),
    ("unicode_escape", b"\x5cN{xx}z", true, &[0x3f, 0x7a], 7, &[(0, 6, "unknown Unicode character name")]),
    ("unicode_escape", b"\x5cN{xx}z", false, &[0x3f, 0x7a], 7, &[(0, 6, "unknown Unicode character name")]),
    ("unicode_escape", b"\x5cN", true, &[0x3f], 2, &[(0, 2, "malformed \\N character escape")]),
    ("unicode_escape", b"\x5cN", false, &[], 0, &[]),
    ("unicode_escape", b"\x5cN{", true, &[0x3f], 3, &[(0, 3, "malformed \\N character escape")]),
    ("unicode_escape", b"\x5cN{", false, &[], 0, &[]),
    ("unicode_escape", b"\x5cN{}", true, &[0x3f, 0x7d], 4, &[(0, 3, "malformed \\N character escape")]),
    ("unicode_escape", b"\x5cN{}", false, &[0x3f, 0x7d], 4, &[(0, 3, "malformed \\N character escape")]),
    (
        "unicode_escape",
        b"\x5cNabc",
        true,
        &[0x3f, 0x61, 0x62, 0x63],
        5,
        &[(0, 2, "malformed \\N character escape")],
    ),
    (
        "unicode_escape",
        b"\x5cNabc",
        false,
        &[0x3f, 0x61, 0x62, 0x63],
        5,
        &[(0, 2, "malformed \\N character escape")],
    ),
    ("unicode_escape", b"\x5c777\x5c8\x5cq", true, &[0x1ff, 0x5c, 0x38, 0x5c, 0x71], 8, &[]),
    ("unicode_escape", b"\x5c777\x5c8\x5cq", false, &[0x1ff, 0x5c, 0x38, 0x5c, 0x71], 8, &[]),
    (
        "unicode_escape",
        b"\x5c\x0a\x5ca\x5cb\x5cf\x5cv\x5c0\x5c12z",
        true,
        &[0x7, 0x8, 0xc, 0xb, 0x0, 0xa, 0x7a],
        16,
        &[],
    ),
    (
        "unicode_escape",
        b"\x5c\x0a\x5ca\x5cb\x5cf\x5cv\x5c0\x5c12z",
        false,
        &[0x7, 0x8, 0xc, 0xb, 0x0, 0xa, 0x7a],
        16,
        &[],
    ),
    ("unicode_escape", b"\xe9", true, &[0xe9], 1, &[]),
    ("unicode_escape", b"\xe9", false, &[0xe9], 1, &[]),
    ("unicode_escape", b"\x5cud83d\x5cude00", true, &[0xd83d, 0xde00], 12, &[]),
    ("unicode_escape", b"\x5cud83d\x5cude00", false, &[0xd83d, 0xde00], 12, &[]),
    (
        "unicode_escape",
        b"\x5cN{KEYCAP DIGIT ONE}",
        true,
        &[0x3f],
        20,
        &[(0, 20, "unknown Unicode character name")],
    ),
    (
        "unicode_escape",
        b"\x5cN{KEYCAP DIGIT ONE}",
        false,
        &[0x3f],
        20,
        &[(0, 20, "unknown Unicode character name")],
    ),
    ("unicode_escape", b"\x5cUz", true, &[0x3f, 0x7a], 3, &[(0, 2, "truncated \\UXXXXXXXX escape")]),
    ("unicode_escape", b"\x5cUz", false, &[0x3f, 0x7a], 3, &[(0, 2, "truncated \\UXXXXXXXX escape")]),
    ("unicode_escape", b"\x5cN{abc", true, &[0x3f], 6, &[(0, 6, "malformed \\N character escape")]),
    ("unicode_escape", b"\x5cN{abc", false, &[], 0, &[]),
    ("raw_unicode_escape", b"abc\x5c", true, &[0x61, 0x62, 0x63, 0x5c], 4, &[]),
    ("raw_unicode_escape", b"abc\x5c", false, &[0x61, 0x62, 0x63], 3, &[]),
    ("raw_unicode_escape", b"\x5cu12", true, &[0x3f], 4, &[(0, 4, "truncated \\uXXXX escape")]),
    ("raw_unicode_escape", b"\x5cu12", false, &[], 0, &[]),
    ("raw_unicode_escape", b"\x5cU0011ffff", true, &[0x3f], 10, &[(0, 10, "\\Uxxxxxxxx out of range")]),
    ("raw_unicode_escape", b"\x5cU0011ffff", false, &[0x3f], 10, &[(0, 10, "\\Uxxxxxxxx out of range")]),
    ("raw_unicode_escape", b"\x5c\x5cu0041", true, &[0x5c, 0x5c, 0x75, 0x30, 0x30, 0x34, 0x31], 7, &[]),
    ("raw_unicode_escape", b"\x5c\x5cu0041", false, &[0x5c, 0x5c, 0x75, 0x30, 0x30, 0x34, 0x31], 7, &[]),
    (
        "raw_unicode_escape",
        b"\x5c\x5c\x5cu0041\x5cn\xe9",
        true,
        &[0x5c, 0x5c, 0x41, 0x5c, 0x6e, 0xe9],
        11,
        &[],
    ),
    (
        "raw_unicode_escape",
        b"\x5c\x5c\x5cu0041\x5cn\xe9",
        false,
        &[0x5c, 0x5c, 0x41, 0x5c, 0x6e, 0xe9],
        11,
        &[],
    ),
    ("raw_unicode_escape", b"\x5cu", true, &[0x3f], 2, &[(0, 2, "truncated \\uXXXX escape")]),
    ("raw_unicode_escape", b"\x5cu", false, &[], 0, &[]),
    ("raw_unicode_escape", b"\x5cx41", true, &[0x5c, 0x78, 0x34, 0x31], 4, &[]),
    ("raw_unicode_escape", b"\x5cx41", false, &[0x5c, 0x78, 0x34, 0x31], 4, &[]),
    ("utf_7", b"+AOk-", true, &[0xe9], 5, &[]),
    ("utf_7", b"+AOk-", false, &[0xe9], 5, &[]),
    ("utf_7", b"+AOk", true, &[0xe9], 4, &[]),
    ("utf_7", b"+AOk", false, &[], 0, &[]),
    ("utf_7", b"a+-b", true, &[0x61, 0x2b, 0x62], 4, &[]),
    ("utf_7", b"a+-b", false, &[0x61, 0x2b, 0x62], 4, &[]),
    ("utf_7", b"+", true, &[], 1, &[]),
    ("utf_7", b"+", false, &[], 0, &[]),
    ("utf_7", b"+A", true, &[0x3f], 2, &[(0, 2, "unterminated shift sequence")]),
    ("utf_7", b"+A", false, &[], 0, &[]),
    ("utf_7", b"+2D3eAA-", true, &[0x1f600], 8, &[]),
    ("utf_7", b"+2D3eAA-", false, &[0x1f600], 8, &[]),
    ("utf_7", b"+2D0-", true, &[0xd83d], 5, &[]),
    ("utf_7", b"+2D0-", false, &[0xd83d], 5, &[]),
    ("utf_7", b"+2D0AYQ-", true, &[0xd83d, 0x61], 8, &[]),
    ("utf_7", b"+2D0AYQ-", false, &[0xd83d, 0x61], 8, &[]),
    ("utf_7", b"+AGEA-", true, &[0x61, 0x3f], 6, &[(0, 6, "partial character in shift sequence")]),
    ("utf_7", b"+AGEA-", false, &[0x61, 0x3f], 6, &[(0, 6, "partial character in shift sequence")]),
    ("utf_7", b"+AGE!", true, &[0x61, 0x21], 5, &[]),
    ("utf_7", b"+AGE!", false, &[0x61, 0x21], 5, &[]),
    ("utf_7", b"\x80a", true, &[0x3f, 0x61], 2, &[(0, 1, "unexpected special character")]),
    ("utf_7", b"\x80a", false, &[0x3f, 0x61], 2, &[(0, 1, "unexpected special character")]),
    ("utf_7", b"+AOk\x80", true, &[0xe9, 0x3f], 5, &[(4, 5, "unexpected special character")]),
    ("utf_7", b"+AOk\x80", false, &[0xe9, 0x3f], 5, &[(4, 5, "unexpected special character")]),
    ("utf_7", b"+AOkAYg.", true, &[0xe9, 0x62, 0x2e], 8, &[]),
    ("utf_7", b"+AOkAYg.", false, &[0xe9, 0x62, 0x2e], 8, &[]),
    ("utf_7", b"~\x5c", true, &[0x7e, 0x5c], 2, &[]),
    ("utf_7", b"~\x5c", false, &[0x7e, 0x5c], 2, &[]),
    ("utf_7", b"+AOkB", true, &[0xe9, 0x3f], 5, &[(0, 5, "unterminated shift sequence")]),
    ("utf_7", b"+AOkB", false, &[], 0, &[]),
    ("utf_7", b"+//", true, &[0x3f], 3, &[(0, 3, "unterminated shift sequence")]),
    ("utf_7", b"+//", false, &[], 0, &[]),
    ("utf_7", b"+-+-", true, &[0x2b, 0x2b], 4, &[]),
    ("utf_7", b"+-+-", false, &[0x2b, 0x2b], 4, &[]),
    ("utf_7", b"+IKw-IKw", true, &[0x20ac, 0x49, 0x4b, 0x77], 8, &[]),
    ("utf_7", b"+IKw-IKw", false, &[0x20ac, 0x49, 0x4b, 0x77], 8, &[]),
    ("utf_7", b"+AA-", true, &[0x3f], 4, &[(0, 4, "partial character in shift sequence")]),
    ("utf_7", b"+AA-", false, &[0x3f], 4, &[(0, 4, "partial character in shift sequence")]),
    ("utf_7", b"+A-", true, &[0x3f], 3, &[(0, 3, "partial character in shift sequence")]),
    ("utf_7", b"+A-", false, &[0x3f], 3, &[(0, 3, "partial character in shift sequence")]),
    ("utf_7", b"+3gA-", true, &[0xde00], 5, &[]),
    ("utf_7", b"+3gA-", false, &[0xde00], 5, &[]),
    ("utf_7", b"+2D0", true, &[0x3f], 4, &[(0, 4, "unterminated shift sequence")]),
    ("utf_7", b"+2D0", false, &[], 0, &[]),
    ("utf_7", b"+ZeVnLIqe-", true, &[0x65e5, 0x672c, 0x8a9e], 10, &[]),
    ("utf_7", b"+ZeVnLIqe-", false, &[0x65e5, 0x672c, 0x8a9e], 10, &[]),
    ("utf_7", b"++", true, &[0x3f], 2, &[(0, 2, "unterminated shift sequence")]),
    ("utf_7", b"++", false, &[], 0, &[]),
    ("utf_7", b"+!", true, &[0x3f], 2, &[(0, 2, "ill-formed sequence")]),
    ("utf_7", b"+!", false, &[0x3f], 2, &[(0, 2, "ill-formed sequence")]),
    ("utf_7", b"a+AG", true, &[0x61, 0x3f], 4, &[(1, 4, "unterminated shift sequence")]),
    ("utf_7", b"a+AG", false, &[0x61], 1, &[]),
    ("utf_7", b"+AGEAYg", true, &[0x61, 0x62], 7, &[]),
    ("utf_7", b"+AGEAYg", false, &[], 0, &[]),
    ("utf_7", b"+AGF-", true, &[0x61, 0x3f], 5, &[(0, 5, "non-zero padding bits in shift sequence")]),
    ("utf_7", b"+AGF-", false, &[0x61, 0x3f], 5, &[(0, 5, "non-zero padding bits in shift sequence")]),
    ("utf_7", b"+2D0\x80", true, &[0x3f], 5, &[(4, 5, "unexpected special character")]),
    ("utf_7", b"+2D0\x80", false, &[0x3f], 5, &[(4, 5, "unexpected special character")]),
];

/// Text and its UTF-7.
const UTF_7: &[(&[u32], &[u8])] = &[
    (&[0x61], b"a"),
    (&[0xe9], b"+AOk-"),
    (&[0x2b], b"+-"),
    (&[0x61, 0x2b, 0x62], b"a+-b"),
    (&[0x1f600], b"+2D3eAA-"),
    (&[0x65e5, 0x672c, 0x78], b"+ZeVnLA-x"),
    (&[0xe9, 0x2d], b"+AOk--"),
    (&[0xe9, 0x2e], b"+AOk."),
    (&[0xe9, 0x21], b"+AOk!"),
    (&[0x65e5, 0x672c, 0x8a9e], b"+ZeVnLIqe-"),
    (&[0xd800], b"+2AA-"),
    (&[0x7e], b"+AH4-"),
    (&[0x5c], b"+AFw-"),
    (&[0x61, 0x9, 0xa], b"a\x09\x0a"),
    (&[0xe9, 0x61], b"+AOk-a"),
    (&[0xe9, 0x2b], b"+AOkAKw-"),
    (&[0x0], b"+AAA-"),
    (&[0x20, 0x65e5, 0x20, 0x672c], b" +ZeU +Zyw-"),
];

/// Handler, codec, bytes (or nothing: it raises there).
const ENCODES: &[(&str, &str, Result<&[u8], (usize, usize)>)] = &[
    ("strict", "ascii", Err((1, 6))),
    ("strict", "utf-8", Err((1, 3))),
    ("strict", "utf-16-le", Err((1, 2))),
    ("strict", "utf-32-be", Err((1, 2))),
    ("strict", "latin-1", Err((1, 3))),
    ("strict", "utf-16", Err((1, 2))),
    ("surrogateescape", "ascii", Err((2, 6))),
    ("surrogateescape", "utf-8", Err((2, 3))),
    ("surrogateescape", "utf-16-le", Err((1, 2))),
    ("surrogateescape", "utf-32-be", Err((1, 2))),
    ("surrogateescape", "latin-1", Err((2, 3))),
    ("surrogateescape", "utf-16", Err((1, 2))),
    ("surrogatepass", "ascii", Err((1, 6))),
    ("surrogatepass", "utf-8", Ok(b"a\xed\xb2\x80\xed\xa0\x80\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01")),
    ("surrogatepass", "utf-16-le", Ok(b"a\x00\x80\xdc\x00\xd8\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("surrogatepass", "utf-32-be", Ok(b"\x00\x00\x00a\x00\x00\xdc\x80\x00\x00\xd8\x00\x00\x00\x00\xe9\x00\x00 \xac\x00\x01\xf6\x00\x00\x00\x00\x01")),
    ("surrogatepass", "latin-1", Err((1, 3))),
    ("surrogatepass", "utf-16", Ok(b"\xff\xfea\x00\x80\xdc\x00\xd8\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("backslashreplace", "ascii", Ok(b"a\x5cudc80\x5cud800\x5cxe9\x5cu20ac\x5cU0001f600\x01")),
    ("backslashreplace", "utf-8", Ok(b"a\x5cudc80\x5cud800\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01")),
    ("backslashreplace", "utf-16-le", Ok(b"a\x00\x5c\x00u\x00d\x00c\x008\x000\x00\x5c\x00u\x00d\x008\x000\x000\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("backslashreplace", "utf-32-be", Ok(b"\x00\x00\x00a\x00\x00\x00\x5c\x00\x00\x00u\x00\x00\x00d\x00\x00\x00c\x00\x00\x008\x00\x00\x000\x00\x00\x00\x5c\x00\x00\x00u\x00\x00\x00d\x00\x00\x008\x00\x00\x000\x00\x00\x000\x00\x00\x00\xe9\x00\x00 \xac\x00\x01\xf6\x00\x00\x00\x00\x01")),
    ("backslashreplace", "latin-1", Ok(b"a\x5cudc80\x5cud800\xe9\x5cu20ac\x5cU0001f600\x01")),
    ("backslashreplace", "utf-16", Ok(b"\xff\xfea\x00\x5c\x00u\x00d\x00c\x008\x000\x00\x5c\x00u\x00d\x008\x000\x000\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("namereplace", "ascii", Ok(b"a\x5cudc80\x5cud800\x5cN{LATIN SMALL LETTER E WITH ACUTE}\x5cN{EURO SIGN}\x5cN{GRINNING FACE}\x01")),
    ("namereplace", "utf-8", Ok(b"a\x5cudc80\x5cud800\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01")),
    ("namereplace", "utf-16-le", Ok(b"a\x00\x5c\x00u\x00d\x00c\x008\x000\x00\x5c\x00u\x00d\x008\x000\x000\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("namereplace", "utf-32-be", Ok(b"\x00\x00\x00a\x00\x00\x00\x5c\x00\x00\x00u\x00\x00\x00d\x00\x00\x00c\x00\x00\x008\x00\x00\x000\x00\x00\x00\x5c\x00\x00\x00u\x00\x00\x00d\x00\x00\x008\x00\x00\x000\x00\x00\x000\x00\x00\x00\xe9\x00\x00 \xac\x00\x01\xf6\x00\x00\x00\x00\x01")),
    ("namereplace", "latin-1", Ok(b"a\x5cudc80\x5cud800\xe9\x5cN{EURO SIGN}\x5cN{GRINNING FACE}\x01")),
    ("namereplace", "utf-16", Ok(b"\xff\xfea\x00\x5c\x00u\x00d\x00c\x008\x000\x00\x5c\x00u\x00d\x008\x000\x000\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("xmlcharrefreplace", "ascii", Ok(b"a&#56448;&#55296;&#233;&#8364;&#128512;\x01")),
    ("xmlcharrefreplace", "utf-8", Ok(b"a&#56448;&#55296;\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01")),
    ("xmlcharrefreplace", "utf-16-le", Ok(b"a\x00&\x00#\x005\x006\x004\x004\x008\x00;\x00&\x00#\x005\x005\x002\x009\x006\x00;\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("xmlcharrefreplace", "utf-32-be", Ok(b"\x00\x00\x00a\x00\x00\x00&\x00\x00\x00#\x00\x00\x005\x00\x00\x006\x00\x00\x004\x00\x00\x004\x00\x00\x008\x00\x00\x00;\x00\x00\x00&\x00\x00\x00#\x00\x00\x005\x00\x00\x005\x00\x00\x002\x00\x00\x009\x00\x00\x006\x00\x00\x00;\x00\x00\x00\xe9\x00\x00 \xac\x00\x01\xf6\x00\x00\x00\x00\x01")),
    ("xmlcharrefreplace", "latin-1", Ok(b"a&#56448;&#55296;\xe9&#8364;&#128512;\x01")),
    ("xmlcharrefreplace", "utf-16", Ok(b"\xff\xfea\x00&\x00#\x005\x006\x004\x004\x008\x00;\x00&\x00#\x005\x005\x002\x009\x006\x00;\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("replace", "ascii", Ok(b"a?????\x01")),
    ("replace", "utf-8", Ok(b"a??\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01")),
    ("replace", "utf-16-le", Ok(b"a\x00?\x00?\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("replace", "utf-32-be", Ok(b"\x00\x00\x00a\x00\x00\x00?\x00\x00\x00?\x00\x00\x00\xe9\x00\x00 \xac\x00\x01\xf6\x00\x00\x00\x00\x01")),
    ("replace", "latin-1", Ok(b"a??\xe9??\x01")),
    ("replace", "utf-16", Ok(b"\xff\xfea\x00?\x00?\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("ignore", "ascii", Ok(b"a\x01")),
    ("ignore", "utf-8", Ok(b"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x01")),
    ("ignore", "utf-16-le", Ok(b"a\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
    ("ignore", "utf-32-be", Ok(b"\x00\x00\x00a\x00\x00\x00\xe9\x00\x00 \xac\x00\x01\xf6\x00\x00\x00\x00\x01")),
    ("ignore", "latin-1", Ok(b"a\xe9\x01")),
    ("ignore", "utf-16", Ok(b"\xff\xfea\x00\xe9\x00\xac =\xd8\x00\xde\x01\x00")),
];
const HANDLED: &[(&str, &str, &[u8], Option<&[u32]>)] = &[
    ("strict", "ascii", b"a\xff\x80", None),
    ("strict", "utf-8", b"a\xed\xa0\x80", None),
    ("strict", "utf-8", b"a\xff\xed\xa0\x80\xe2\x82", None),
    ("strict", "utf-16-le", b"a\x00\x00\xd8b\x00", None),
    ("strict", "utf-32-be", b"\x00\x00\xd8\x00", None),
    ("surrogateescape", "ascii", b"a\xff\x80", Some(&[0x61, 0xdcff, 0xdc80])),
    ("surrogateescape", "utf-8", b"a\xed\xa0\x80", Some(&[0x61, 0xdced, 0xdca0, 0xdc80])),
    (
        "surrogateescape",
        "utf-8",
        b"a\xff\xed\xa0\x80\xe2\x82",
        Some(&[0x61, 0xdcff, 0xdced, 0xdca0, 0xdc80, 0xdce2, 0xdc82]),
    ),
    ("surrogateescape", "utf-16-le", b"a\x00\x00\xd8b\x00", None),
    ("surrogateescape", "utf-32-be", b"\x00\x00\xd8\x00", None),
    ("surrogatepass", "ascii", b"a\xff\x80", None),
    ("surrogatepass", "utf-8", b"a\xed\xa0\x80", Some(&[0x61, 0xd800])),
    ("surrogatepass", "utf-8", b"a\xff\xed\xa0\x80\xe2\x82", None),
    ("surrogatepass", "utf-16-le", b"a\x00\x00\xd8b\x00", Some(&[0x61, 0xd800, 0x62])),
    ("surrogatepass", "utf-32-be", b"\x00\x00\xd8\x00", Some(&[0xd800])),
    (
        "backslashreplace",
        "ascii",
        b"a\xff\x80",
        Some(&[0x61, 0x5c, 0x78, 0x66, 0x66, 0x5c, 0x78, 0x38, 0x30]),
    ),
    (
        "backslashreplace",
        "utf-8",
        b"a\xed\xa0\x80",
        Some(&[0x61, 0x5c, 0x78, 0x65, 0x64, 0x5c, 0x78, 0x61, 0x30, 0x5c, 0x78, 0x38, 0x30]),
    ),
    (
        "backslashreplace",
        "utf-8",
        b"a\xff\xed\xa0\x80\xe2\x82",
        Some(&[
            0x61, 0x5c, 0x78, 0x66, 0x66, 0x5c, 0x78, 0x65, 0x64, 0x5c, 0x78, 0x61, 0x30, 0x5c, 0x78, 0x38,
            0x30, 0x5c, 0x78, 0x65, 0x32, 0x5c, 0x78, 0x38, 0x32,
        ]),
    ),
    (
        "backslashreplace",
        "utf-16-le",
        b"a\x00\x00\xd8b\x00",
        Some(&[0x61, 0x5c, 0x78, 0x30, 0x30, 0x5c, 0x78, 0x64, 0x38, 0x62]),
    ),
    (
        "backslashreplace",
        "utf-32-be",
        b"\x00\x00\xd8\x00",
        Some(&[
            0x5c, 0x78, 0x30, 0x30, 0x5c, 0x78, 0x30, 0x30, 0x5c, 0x78, 0x64, 0x38, 0x5c, 0x78, 0x30, 0x30,
        ]),
    ),
    ("replace", "ascii", b"a\xff\x80", Some(&[0x61, 0xfffd, 0xfffd])),
    ("replace", "utf-8", b"a\xed\xa0\x80", Some(&[0x61, 0xfffd, 0xfffd, 0xfffd])),
    ("replace", "utf-8", b"a\xff\xed\xa0\x80\xe2\x82", Some(&[0x61, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd])),
    ("replace", "utf-16-le", b"a\x00\x00\xd8b\x00", Some(&[0x61, 0xfffd, 0x62])),
    ("replace", "utf-32-be", b"\x00\x00\xd8\x00", Some(&[0xfffd])),
    ("ignore", "ascii", b"a\xff\x80", Some(&[0x61])),
    ("ignore", "utf-8", b"a\xed\xa0\x80", Some(&[0x61])),
    ("ignore", "utf-8", b"a\xff\xed\xa0\x80\xe2\x82", Some(&[0x61])),
    ("ignore", "utf-16-le", b"a\x00\x00\xd8b\x00", Some(&[0x61, 0x62])),
    ("ignore", "utf-32-be", b"\x00\x00\xd8\x00", Some(&[])),
];
