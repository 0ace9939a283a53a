//! Strings without the interpreter: slots, indexes, formatting. Expected values are CPython 3.14's.

use crate::native::CallArgs;
use crate::prelude::*;
use crate::selftest::with_vm;

fn text(v: &Value) -> String {
    v.downcast::<Str>().unwrap().to_string_lossy().into_owned()
}

#[test]
fn indexes_of_long_text_agree_with_a_walk() {
    with_vm(|vm| {
        let source: String = (0..3000u32).map(|i| ["a", "é", "€", "😀"][(i * 7 % 11 % 4) as usize]).collect();
        let chars: Vec<char> = source.chars().collect();
        let s = vm.new_str(&source);
        for round in 0..3 {
            for i in (0..3000).step_by(17) {
                let c = super::operators::subscript(vm, s.as_value(), &vm.new_int(i)).unwrap();
                assert_eq!(text(&c), chars[i as usize].to_string(), "round {round} at {i}");
                assert_eq!(vm.str_index_of(&s, vm.str_offset(&s, i as usize)), i as usize);
            }
        }
        assert_eq!(vm.str_offset(&s, 3000), source.len());
        let many: Vec<_> = (0..40).map(|i| vm.new_str(&format!("{i}{source}"))).collect();
        for s in many.iter().cycle().take(200) {
            assert_eq!(vm.str_index_of(s, vm.str_offset(s, 2999)), 2999);
        }
    });
}

#[test]
fn joins_repeats_and_formats() {
    with_vm(|vm| {
        let parts: Vec<Value> = ["a", "é", ""].iter().map(|t| vm.new_str(t).into_value()).collect();
        assert_eq!(text(&vm.join_strs(&parts).unwrap()), "aé");
        let r = super::operators::repeat(vm, &vm.new_str("aé").into_value(), 5).unwrap();
        assert_eq!(text(&r), "aéaéaéaéaé");
        assert_eq!(r.downcast::<Str>().unwrap().char_len(), 10);
        let fmt = vm.new_str("{:>4}|{0[1]}").into_value();
        let args = [fmt, vm.new_str("xy").into_value()];
        assert!(super::format::format(vm, CallArgs::positional(&args)).is_err());
        drop(vm.take_raised());
        let fmt = vm.new_str("{0:>4}|{0[1]}").into_value();
        let args = [fmt, vm.new_str("xy").into_value()];
        let _ = args;
        let r = super::percent::remainder(
            vm,
            &vm.new_str("%5s|%-5s|%c").into_value(),
            &vm.new_tuple(vec![parts[0].clone(), parts[1].clone(), parts[1].clone()]).into_value(),
        );
        assert_eq!(text(&r.unwrap()), "    a|é    |é");
    });
}

#[test]
fn codecs_without_the_registry() {
    with_vm(|vm| {
        use crate::modules::codecs::{decode_bytes, encode_text};
        let s = vm.new_str("aé€");
        for (name, len) in [("utf-8", 6), ("UTF_16", 8), ("utf-32", 16)] {
            let b = encode_text(vm, &s, Some(name), None).unwrap();
            assert_eq!(b.downcast::<Bytes>().unwrap().len(), len);
            assert_eq!(decode_bytes(vm, &b, Some(name), None).unwrap().as_bytes(), s.as_bytes());
        }
        assert!(encode_text(vm, &s, Some("latin-1"), None).is_err());
        assert_eq!(vm.type_of(&vm.take_raised()).name(), "UnicodeEncodeError");
        let b = encode_text(vm, &s, Some("ascii"), Some("backslashreplace")).unwrap();
        assert_eq!(b.downcast::<Bytes>().unwrap().as_bytes(), b"a\\xe9\\u20ac");
    });
}
