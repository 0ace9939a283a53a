//! Values below were printed by CPython 3.14.

use super::*;
use crate::wtf8::Wtf8;

const NOW: Edition = Edition::Current;

#[test]
fn properties() {
    assert_eq!(category(NOW, 'A' as u32), "Lu");
    assert_eq!(category(NOW, 0xD800), "Cs");
    assert_eq!(category(NOW, 0x10FFFF), "Cn");
    assert_eq!(category(NOW, 0x110000), "Cn");
    assert_eq!(bidirectional(NOW, 0x0660), "AN");
    assert_eq!(east_asian_width(NOW, 0x4E00), "W");
    assert_eq!(combining(NOW, 0x0301), 230);
    assert!(mirrored(NOW, '(' as u32));
    assert_eq!(numeric(NOW, 0xBD), Some(0.5));
    assert_eq!(digit(NOW, 0xB2), Some(2));
    assert_eq!(decimal(NOW, 0xB2), None);
    assert_eq!(decimal(NOW, 0x0669), Some(9));
    assert_eq!(decomposition(NOW, 0xBD), Some(("fraction", &[0x31, 0x2044, 0x32][..])));
    assert_eq!(decomposition(NOW, 0xE9), Some(("", &[0x65, 0x301][..])));
    assert_eq!(category(Edition::Old, 0x1F600), "Cn");
}

#[test]
fn predicates_and_case() {
    assert!(is_identifier_start('_' as u32) && !is_identifier_start('1' as u32));
    assert!(is_space(0x1C) && is_space(0x3000) && !is_space(0x200B));
    assert!(is_line_break(0x1C) && !is_line_break(0x1F) && is_line_break(0x2028));
    assert!(!is_printable(0xA0) && is_printable(0xA1) && !is_printable(0xE000));
    assert_eq!(&*to_upper(0xDF), &[0x53, 0x53]);
    assert_eq!(&*to_title(0x1C6), &[0x1C5]);
    assert_eq!(&*to_lower(0x130), &[0x69, 0x307]);
    assert_eq!(&*to_folded(0xDF), &[0x73, 0x73]);
    assert_eq!(simple_lower(0x130), 0x69);
    assert_eq!(simple_upper(0x1F80), 0x1F08);
    assert_eq!(simple_upper(0xDF), 0x53);
    assert!(is_case_ignorable(0xAD) && is_cased(0x2160));
}

#[test]
fn names_both_ways() {
    let find = |text: &str| lookup(NOW, text.as_bytes(), true);
    assert_eq!(name(NOW, 0x41).as_deref(), Some("LATIN CAPITAL LETTER A"));
    assert_eq!(name(NOW, 0xAC01).as_deref(), Some("HANGUL SYLLABLE GAG"));
    assert_eq!(name(NOW, 0x4E00).as_deref(), Some("CJK UNIFIED IDEOGRAPH-4E00"));
    assert_eq!(name(NOW, 0x1B170).as_deref(), Some("NUSHU CHARACTER-1B170"));
    assert_eq!(name(NOW, 0), None);
    assert_eq!(name(NOW, 0x17000).as_deref(), Some("TANGUT IDEOGRAPH-17000"));
    assert_eq!(find("latin small letter a"), Some(vec![0x61]));
    assert_eq!(find("LINE FEED"), Some(vec![0x0A]));
    assert_eq!(find("keycap digit one"), Some(vec![0x31, 0xFE0F, 0x20E3]));
    assert_eq!(lookup(NOW, b"KEYCAP DIGIT ONE", false), None);
    assert_eq!(find("HANGUL SYLLABLE A"), Some(vec![0xC544]));
    assert_eq!(find("HANGUL SYLLABLE AX"), None);
    assert_eq!(find("hangul syllable ga"), Some(vec![0xAC00]));
    assert_eq!(find("CJK UNIFIED IDEOGRAPH-04E00"), None);
    assert_eq!(find("CJK UNIFIED IDEOGRAPH-F900"), None);
    assert_eq!(find("CJK COMPATIBILITY IDEOGRAPH-F900"), Some(vec![0xF900]));
    assert_eq!(lookup(Edition::Old, b"LINE FEED", true), None);
    assert_eq!(find(""), None);
}

#[test]
fn every_name_leads_back() {
    for cp in 0..=crate::wtf8::MAX {
        if let Some(text) = name(NOW, cp) {
            assert_eq!(lookup(NOW, text.as_bytes(), false), Some(vec![cp]), "{text}");
        }
    }
}

#[test]
fn normal_forms() {
    let run = |form, text| normalize(NOW, form, Wtf8::new(text)).into_string().unwrap();
    assert_eq!(run(Form::Nfd, "é"), "e\u{301}");
    assert_eq!(run(Form::Nfc, "e\u{301}"), "é");
    assert_eq!(run(Form::Nfkc, "ﬁ①"), "fi1");
    assert_eq!(run(Form::Nfd, "각"), "\u{1100}\u{1161}\u{11A8}");
    assert_eq!(run(Form::Nfc, "\u{1100}\u{1161}\u{11A8}"), "각");
    assert_eq!(run(Form::Nfc, "a\u{301}\u{323}"), "ạ\u{301}");
    assert!(is_normalized(NOW, Form::Nfc, Wtf8::new("é")));
    assert!(!is_normalized(NOW, Form::Nfd, Wtf8::new("é")));
    assert_eq!(quick_check(Form::Nfc, Wtf8::new("e\u{301}")), QuickCheck::Maybe);
}
