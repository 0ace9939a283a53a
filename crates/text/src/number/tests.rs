//! Values below were printed by CPython 3.14.

use super::*;
use crate::wtf8::Wtf8;

fn f(value: f64, code: Code, precision: usize) -> String {
    float_to_text(value, code, precision, Style::default()).unwrap()
}

#[test]
fn reprs() {
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (123456789012345680.0, "1.2345678901234568e+17"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (1737470848118124.25, "1737470848118124.2"),
    ] {
        assert_eq!(repr_float(value), text);
    }
    assert_eq!(repr_complex(0.0, 1.0), "1j");
    assert_eq!(repr_complex(-0.0, 1.0), "(-0+1j)");
    assert_eq!(repr_complex(1.5, -2e20), "(1.5-2e+20j)");
    assert_eq!(repr_complex(f64::NAN, f64::INFINITY), "(nan+infj)");
}

#[test]
fn precisions() {
    assert_eq!(f(2.675, Code::Fixed, 2), "2.67");
    assert_eq!(f(0.5, Code::Fixed, 0), "0");
    assert_eq!(f(1.5, Code::Fixed, 0), "2");
    assert_eq!(f(2.5, Code::Fixed, 0), "2");
    assert_eq!(f(0.0, Code::Fixed, 3), "0.000");
    assert_eq!(f(2.5, Code::Exponent, 0), "2e+00");
    assert_eq!(f(0.0, Code::Exponent, 2), "0.00e+00");
    assert_eq!(f(12345.678, Code::Exponent, 3), "1.235e+04");
    assert_eq!(f(0.1, Code::General, 17), "0.10000000000000001");
    assert_eq!(f(100000.0, Code::General, 6), "100000");
    assert_eq!(f(1e6, Code::General, 6), "1e+06");
    assert_eq!(f(999999.5, Code::General, 6), "1e+06");
    assert_eq!(f(0.0001, Code::General, 6), "0.0001");
    assert_eq!(f(0.00001, Code::General, 6), "1e-05");
    assert_eq!(f(0.0, Code::General, 6), "0");
    let alt = Style { alternate: true, ..Style::default() };
    assert_eq!(float_to_text(1.0, Code::General, 6, alt).unwrap(), "1.00000");
    assert_eq!(float_to_text(0.0, Code::General, 6, alt).unwrap(), "0.00000");
    assert_eq!(float_to_text(1.0, Code::Fixed, 0, alt).unwrap(), "1.");
    assert_eq!(float_to_text(1.0, Code::Exponent, 0, alt).unwrap(), "1.e+00");
    let z = Style { no_negative_zero: true, plus: true, ..Style::default() };
    assert_eq!(float_to_text(-0.001, Code::Fixed, 1, z).unwrap(), "+0.0");
    let long = f(0.1, Code::Fixed, 70_000);
    assert_eq!(long.len(), 70_002);
    assert!(long.ends_with("000"));
    assert_eq!(float_to_text(1.0, Code::Fixed, usize::MAX, alt), Err(TooLarge));
    assert_eq!(float_to_text(1.0, Code::Fixed, usize::MAX / 4, alt), Err(TooLarge));
}

#[test]
fn rounding() {
    assert_eq!(round_to(2.675, 2), Some(2.67));
    assert_eq!(round_to(1250.0, -2), Some(1200.0));
    assert_eq!(round_to(1350.0, -2), Some(1400.0));
    assert_eq!(round_to(50.0, -2), Some(0.0));
    assert_eq!(round_to(50.1, -2), Some(100.0));
    assert_eq!(round_to(4.0, -2), Some(0.0));
    assert_eq!(round_to(1.7e308, -308), None);
}

#[test]
fn floats_from_text() {
    let p = |text: &str| parse_float(Wtf8::new(text));
    for (text, value) in [
        ("1.5", 1.5),
        (" \u{3000}-1_0.0_1e1_0\n", -10.01e10),
        ("٣.١", 3.1),
        ("INF", f64::INFINITY),
        ("-infinity", f64::NEG_INFINITY),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e400", f64::INFINITY),
        ("+1E-2", 0.01),
    ] {
        assert_eq!(p(text), Some(value), "{text}");
    }
    for text in [
        "", ".", "e5", "1e", "1_", "_1", "1__0", "1_.0", "1._0", "0x10", "1 2", "+-1", "\x1c1", "in", "1e+",
        "nan_",
    ] {
        assert_eq!(p(text), None, "{text}");
    }
    assert!(p("-nan").unwrap().is_sign_negative());
}

#[test]
fn ints_from_text() {
    let p = |text: &str, base| parse_int(Wtf8::new(text), base);
    let small = |n| Ok(IntText::Small(n));
    assert_eq!(p(" -12_3 ", 10), small(-123));
    assert_eq!(p("0x_fF", 16), small(255));
    assert_eq!(p("0x_fF", 0), small(255));
    assert_eq!(p("0b1", 16), small(0xB1));
    assert_eq!(p("0o17", 0), small(15));
    assert_eq!(p("00", 0), small(0));
    assert_eq!(p("0_0", 0), small(0));
    assert_eq!(p("z", 36), small(35));
    assert_eq!(p("٣٤", 10), small(34));
    assert_eq!(p("-9223372036854775808", 10), small(i64::MIN));
    assert_eq!(
        p("9223372036854775808", 10),
        Ok(IntText::Big { negative: false, base: 10, digits: "9223372036854775808".into() })
    );
    for (text, base) in [
        ("", 10),
        ("0x", 16),
        ("1_", 10),
        ("_1", 10),
        ("1__1", 10),
        ("01", 0),
        ("0x", 0),
        ("2", 2),
        ("- 1", 10),
        ("0_x1", 16),
    ] {
        assert_eq!(p(text, base), Err(InvalidInt), "{text}");
    }
    assert_eq!(int_to_text(i64::MIN, 16), "-8000000000000000");
    assert_eq!(int_to_text(-5, 2), "-101");
}

#[test]
fn complexes_from_text() {
    let p = |text: &str| parse_complex(Wtf8::new(text));
    for (text, value) in [
        ("1+2j", (1.0, 2.0)),
        (" ( 1.5-j ) ", (1.5, -1.0)),
        ("j", (0.0, 1.0)),
        ("-J", (0.0, -1.0)),
        ("3", (3.0, 0.0)),
        ("1e5j", (0.0, 1e5)),
        ("1_0+2_0j", (10.0, 20.0)),
        ("inf-infj", (f64::INFINITY, f64::NEG_INFINITY)),
    ] {
        assert_eq!(p(text), Some(value), "{text}");
    }
    for text in ["", "1+", "1+2", "1 + 2j", "()", "(1", "1j+2", "++j", "1+-2jj"] {
        assert_eq!(p(text), None, "{text}");
    }
}

#[test]
fn hex_floats() {
    assert_eq!(float_hex(1.0), "0x1.0000000000000p+0");
    assert_eq!(float_hex(-0.1), "-0x1.999999999999ap-4");
    assert_eq!(float_hex(5e-324), "0x0.0000000000001p-1022");
    assert_eq!(float_hex(-0.0), "-0x0.0p+0");
    for value in [1.0, -0.1, 5e-324, f64::MAX, f64::MIN_POSITIVE, 2.2250738585072e-308, 123456.789] {
        assert_eq!(float_fromhex(float_hex(value).as_bytes()), Ok(value));
    }
    assert_eq!(float_fromhex(b" 0x.8p1 "), Ok(1.0));
    assert_eq!(float_fromhex(b"1.8"), Ok(1.5));
    assert_eq!(float_fromhex(b"0x1p-1075"), Ok(0.0));
    assert_eq!(float_fromhex(b"0x1.8p-1075"), Ok(5e-324));
    assert_eq!(float_fromhex(b"0x1.00000000000008p0"), Ok(1.0));
    assert_eq!(float_fromhex(b"0x1.000000000000080000000000000000001p0"), Ok(1.0000000000000002));
    assert_eq!(float_fromhex(b"0x1p1024"), Err(FromHexError::TooLarge));
    assert_eq!(float_fromhex(b"0x1.fffffffffffff8p1023"), Err(FromHexError::TooLarge));
    assert_eq!(float_fromhex(b"0x"), Err(FromHexError::Invalid));
    assert_eq!(float_fromhex(b"0x1p"), Err(FromHexError::Invalid));
}
