//! Arithmetic and texts; the expected values were printed by CPython 3.14.

use crate::prelude::*;
use crate::protocol::BinaryOp;
use crate::selftest::with_vm;

fn int(vm: &Vm, text: &str) -> Value {
    vm.to_int(vm.new_str(text).as_value()).unwrap()
}

fn show(vm: &Vm, v: &Value) -> String {
    vm.repr_text(v).unwrap()
}

#[test]
fn operators() {
    use BinaryOp::*;
    let cases = [
        ("9223372036854775807", Add, "1", "9223372036854775808"),
        ("-7", FloorDiv, "2", "-4"),
        ("-7", Mod, "2", "1"),
        ("7", Mod, "-2", "-1"),
        ("-100000000000000000000", FloorDiv, "3", "-33333333333333333334"),
        ("-100000000000000000000", Mod, "3", "2"),
        ("100000000000000000000", Mod, "-3", "-2"),
        ("-9223372036854775808", FloorDiv, "-1", "9223372036854775808"),
        ("1", TrueDiv, "3", "0.3333333333333333"),
        ("100000000000000000000", TrueDiv, "3", "3.333333333333333e+19"),
        ("9007199254740993", TrueDiv, "1", "9007199254740992.0"),
        ("9007199254740995", TrueDiv, "1", "9007199254740996.0"),
        ("0", TrueDiv, "-3", "-0.0"),
        ("1", LShift, "100", "1267650600228229401496703205376"),
        ("-1", LShift, "62", "-4611686018427387904"),
        ("-1267650600228229401496703205377", RShift, "100", "-2"),
        ("-5", RShift, "1", "-3"),
        ("-1267650600228229401496703205377", And, "255", "255"),
        ("-4611686018427387904", Mul, "4611686018427387904", "-21267647932558653966460912964485513216"),
        ("5", Xor, "-1", "-6"),
    ];
    with_vm(|vm| {
        for (a, op, b, expected) in cases {
            let r = vm.binary_op(op, &int(vm, a), &int(vm, b)).unwrap();
            assert_eq!(show(vm, &r), expected, "{a} {op:?} {b}");
        }
        let r = vm.binary_op(BinaryOp::LShift, &int(vm, "1"), &int(vm, "1000000000000000000"));
        assert!(r.is_err() && vm.raised_is(&crate::errors::exc::MemoryError));
    });
}

#[test]
fn powers() {
    with_vm(|vm| {
        for (a, b, m, expected) in [
            ("2", "100", None, "1267650600228229401496703205376"),
            ("-3", "3", None, "-27"),
            ("2", "-1", None, "0.5"),
            ("3", "5", Some("-7"), "-2"),
            ("3", "-1", Some("7"), "5"),
            ("3", "1000000000000000000000", Some("1000000007"), "526304509"),
            ("0", "0", Some("1"), "0"),
            ("10", "30", Some("18446744073709551629"), "5076943565573851504"),
        ] {
            let m = m.map_or(Value::NONE, |m| int(vm, m));
            let r = vm.power(&int(vm, a), &int(vm, b), &m).unwrap();
            assert_eq!(show(vm, &r), expected, "{a} {b}");
        }
    });
}

#[test]
fn texts() {
    with_vm(|vm| {
        let long = "1".repeat(5000);
        assert!(vm.to_int(vm.new_str(&long).as_value()).is_err());
        let big = vm.new_bigint(dashu_int::IBig::from(10).pow(4300));
        assert!(vm.repr(&big).is_err());
        let spec = vm.new_str(",d");
        let shown = super::text::format(vm, &int(vm, "1000000000000000000000000"), spec.as_value());
        assert_eq!(shown.unwrap().as_str(), Some("1,000,000,000,000,000,000,000,000"));
    });
}
