//! The tables are CPython 3.14's answers; an error is its exception's initial, `!` and its text.

use super::*;
use crate::strings::Text;
use crate::wtf8::{Wtf8, Wtf8Buf};

fn told<T: Into<Wtf8Buf>>(result: Result<T, FormatError>) -> String {
    match result {
        Ok(text) => text.into().into_string().unwrap(),
        Err(FormatError { kind, message }) => {
            format!("{}!{message}", ["V", "O", "M"][kind as usize])
        }
    }
}

#[test]
fn strs() {
    for (spec, wanted) in STRS {
        let got = parse_spec(Wtf8::new(spec), u32::from(b's'), Align::Left, "str")
            .and_then(|spec| format_str(Wtf8::new("abc"), &spec, "str"));
        assert_eq!(told(got), *wanted, "{spec:?}");
    }
}

#[test]
fn ints() {
    for (value, spec, wanted) in INTS {
        let got = parse_spec(Wtf8::new(spec), u32::from(b'd'), Align::Right, "int")
            .and_then(|spec| format_i64(*value, &spec, &Locale::default(), "int"));
        assert_eq!(told(got), *wanted, "{value} {spec:?}");
    }
}

#[test]
fn floats() {
    for (value, spec, wanted) in FLOATS {
        let got = parse_spec(Wtf8::new(spec), 0, Align::Right, "float")
            .and_then(|spec| format_float(*value, &spec, &Locale::default(), "float"));
        assert_eq!(told(got), *wanted, "{value} {spec:?}");
    }
}

#[test]
fn complexes() {
    for (real, imag, spec, wanted) in COMPLEXES {
        let got = parse_spec(Wtf8::new(spec), 0, Align::Right, "complex")
            .and_then(|spec| format_complex(*real, *imag, &spec, &Locale::default(), "complex"));
        assert_eq!(told(got), *wanted, "{real} {imag} {spec:?}");
    }
}

#[test]
fn locales() {
    let german = Locale { point: ",".into(), separator: ".".into(), grouping: vec![3] };
    let spec = |text| parse_spec(Wtf8::new(text), 0, Align::Right, "float").unwrap();
    assert_eq!(format_float(1234567.5, &spec("n"), &german, "float").unwrap(), "1,23457e+06");
    assert_eq!(format_float(123456.5, &spec(".9n"), &german, "float").unwrap(), "123.456,5");
    let indian = Locale { grouping: vec![3, 2], separator: ",".into(), ..Locale::default() };
    assert_eq!(render_int("123456789", &spec("n"), &indian).unwrap(), "12,34,56,789");
    let wide = Locale { grouping: vec![3], separator: "\u{202f}".into(), ..Locale::default() };
    assert_eq!(render_int("1234", &spec("012n"), &wide).unwrap(), "0\u{202f}000\u{202f}001\u{202f}234");
    assert_eq!(render_int("1", &spec("09223372036854775807,d"), &wide).unwrap_err().kind, ErrorKind::Memory);
    let once = Locale { grouping: vec![3, 127], separator: ",".into(), ..Locale::default() };
    assert_eq!(render_int("123456789", &spec("n"), &once).unwrap(), "123456,789");
}

/// Fails as an operand that is one number, or a dictionary without keys where that is asked for.
struct OneArgument;

impl Arguments for OneArgument {
    type Error = FormatError;

    fn require_mapping(&mut self) -> Result<(), FormatError> {
        Err(FormatError::value("T!format requires a mapping"))
    }

    fn key(&mut self, _: &[u8]) -> Result<(), FormatError> {
        Ok(())
    }

    fn width(&mut self) -> Result<isize, FormatError> {
        Ok(7)
    }

    fn precision(&mut self) -> Result<i32, FormatError> {
        Ok(2)
    }
}

fn percent(format: &str, each: impl Fn(&Conversion) -> Result<Wtf8Buf, FormatError>) -> String {
    let mut pieces = PercentIter::<Text>::new(format.as_bytes());
    let mut out = Wtf8Buf::new();
    loop {
        match pieces.next(&mut OneArgument) {
            Ok(None) => return out.into_string().unwrap(),
            Ok(Some(PercentPiece::Literal { start, end })) => out.push_str(&format[start..end]),
            Ok(Some(PercentPiece::Conversion(conversion))) => match each(&conversion) {
                Ok(text) => out.push_wtf8(&text),
                error => return told(error),
            },
            Err(error) => {
                let text = error.message.to_string();
                return if text.starts_with("T!") { text } else { format!("V!{text}") };
            }
        }
    }
}

#[test]
fn percents() {
    for (format, value, wanted) in PERCENT_INTS {
        let got = percent(format, |conversion| match percent_base(conversion.code) {
            Some(base) => {
                percent_int(&crate::number::int_to_text(*value, base), conversion).map(Wtf8Buf::from)
            }
            None => Err(conversion.unsupported()),
        });
        // The tables come from a build with 32-bit sizes.
        assert_eq!(got, *wanted, "{format:?} {value}");
    }
    for (format, value, wanted) in PERCENT_FLOATS {
        assert_eq!(percent(format, |c| percent_float(*value, c).map(Wtf8Buf::from)), *wanted, "{format:?}");
    }
    for (format, value, wanted) in PERCENT_STRS {
        let got = percent(format, |conversion| {
            Ok(crate::strings::known_text(percent_text::<Text>(value.as_bytes(), conversion)?))
        });
        assert_eq!(got, *wanted, "{format:?}");
    }
    assert_eq!(percent("%*.*f|", |c| percent_float(1.2345, c).map(Wtf8Buf::from)), "   1.23|");
}

fn markup(text: &str) -> String {
    let pieces: Result<Vec<String>, FormatError> = MarkupIter::new(Wtf8::new(text))
        .map(|piece| {
            piece.map(|Literal { text, field }| match field {
                None => text.to_string(),
                Some(field) => {
                    let conversion = field.conversion.and_then(char::from_u32).unwrap_or('-');
                    format!(
                        "{text}<{}|{}|{conversion}|{}>",
                        field.name, field.spec, field.spec_needs_expanding
                    )
                }
            })
        })
        .collect();
    pieces.map_or_else(|error| error.message.to_string(), |pieces| pieces.join("~"))
}

#[test]
fn fields() {
    for (text, wanted) in [
        ("a{{b}}c{0.x[1]!r:>{w}}}}d{}", "a{~b}~c<0.x[1]|>{w}|r|true>~}~d<||-|false>"),
        ("{0[}]}", "<0[}]||-|false>"),
        ("{!r}x", "<||r|false>~x"),
        ("{", "Single '{' encountered in format string"),
        ("}", "Single '}' encountered in format string"),
        ("a}b", "Single '}' encountered in format string"),
        ("{a{b}}", "unexpected '{' in field name"),
        ("{!", "end of string while looking for conversion specifier"),
        ("{!r", "unmatched '{' in format spec"),
        ("{!}", "unmatched '{' in format spec"),
        ("{!rx}", "expected ':' after conversion specifier"),
        ("{:{}", "unmatched '{' in format spec"),
        ("{0", "expected '}' before end of string"),
        ("{0[}", "expected '}' before end of string"),
    ] {
        assert_eq!(markup(text), wanted, "{text}");
    }
    assert_eq!(unknown_conversion(0x20AC).message, "Unknown conversion specifier \\x20ac");
}

fn names(text: &str) -> String {
    let split = || -> Result<String, FormatError> {
        let (first, rest) = split_field_name(Wtf8::new(text))?;
        let rest = rest.collect::<Result<Vec<_>, _>>()?;
        Ok(format!("{first:?} {rest:?}"))
    };
    split().unwrap_or_else(|error| error.message.to_string())
}

#[test]
fn field_names() {
    for (text, wanted) in [
        ("0.a[1][b].c", r#"Index(0) [Attribute("a"), Index(1), Key("b"), Attribute("c")]"#),
        ("", "Empty []"),
        (".a", r#"Empty [Attribute("a")]"#),
        (" 0", r#"Name(" 0") []"#),
        ("[0]", "Empty [Index(0)]"),
        ("a..b", "Empty attribute in format string"),
        ("0[]", "Empty attribute in format string"),
        ("0[0]x", "Only '.' or '[' may follow ']' in format field specifier"),
        ("0[0", "Missing ']' in format string"),
        ("99999999999999999999999", "Too many decimal digits in format string"),
    ] {
        assert_eq!(names(text), wanted, "{text}");
    }
}

const STRS: &[(&str, &str)] = &[
    (".,", "abc"),
    (".3,", "abc"),
    (",", "V!Cannot specify ',' with 's'."),
    ("_", "V!Cannot specify '_' with 's'."),
    ("d", "V!Unknown format code 'd' for object of type 'str'"),
    ("\u{20ac}", "V!Unknown format code '\u{5c}x20ac' for object of type 'str'"),
    ("\u{20ac}\u{20ac}", "V!Invalid format specifier '\u{20ac}\u{20ac}' for object of type 'str'"),
    ("+", "V!Sign not allowed in string format specifier"),
    (" ", "V!Space not allowed in string format specifier"),
    ("-", "V!Sign not allowed in string format specifier"),
    ("z", "V!Negative zero coercion (z) not allowed in string format specifier"),
    ("#", "V!Alternate form (#) not allowed in string format specifier"),
    ("=5", "V!'=' alignment not allowed in string format specifier"),
    ("05", "abc00"),
    (">05", "00abc"),
    (".2", "ab"),
    (".", "V!Format specifier missing precision"),
    ("99999999999999999999999", "V!Too many decimal digits in format string"),
    ("\u{ff}^5", "\u{ff}abc\u{ff}"),
    ("{<5", "abc{{"),
    ("<", "abc"),
    ("^6", " abc  "),
    ("s", "abc"),
];
const INTS: &[(i64, &str, &str)] = &[
    (1, ",n", "V!Cannot specify ',' with 'n'."),
    (1, ".3", "V!Precision not allowed in integer format specifier"),
    (1, "z", "V!Negative zero coercion (z) not allowed in integer format specifier"),
    (1, "+c", "V!Sign not allowed with integer format specifier 'c'"),
    (1, "#c", "V!Alternate form (#) not allowed with integer format specifier 'c'"),
    (1, ",c", "V!Cannot specify ',' with 'c'."),
    (1, ",_", "V!Cannot specify both ',' and '_'."),
    (1, "_,", "V!Cannot specify both ',' and '_'."),
    (1, ",,", "V!Cannot specify ',' with ','."),
    (1, "__", "V!Cannot specify '_' with '_'."),
    (1, ".,d", "1"),
    (1, "._f", "1.000_000"),
    (1, "s", "V!Unknown format code 's' for object of type 'int'"),
    (1, "\u{1}", "V!Unknown format code '\u{5c}x1' for object of type 'int'"),
    (1, ",\u{1}", "V!Cannot specify ',' with '\u{5c}x1'."),
    (1, ".2%", "100.00%"),
    (1, "#.0f", "1."),
    (1, "", "1"),
    (1, "05,", "0,001"),
    (-1, "c", "O!%c arg not in range(0x110000)"),
    (1114112, "c", "O!%c arg not in range(0x110000)"),
    (97, "05c", "0000a"),
    (97, "^5c", "  a  "),
    (123456789, "_x", "75b_cd15"),
    (123456789, ",x", "V!Cannot specify ',' with 'x'."),
    (123456789, "#_x", "0x75b_cd15"),
    (123456789, "#020_x", "0x000_0000_075b_cd15"),
    (123456789, "_b", "111_0101_1011_1100_1101_0001_0101"),
    (-1, "04,", "-001"),
    (12, "06,", "00,012"),
    (5, "-^5", "--5--"),
    (5, "^-5", "  5  "),
    (5, "\u{665}", "    5"),
    (42, "#b", "0b101010"),
    (-42, "#010b", "-0b0101010"),
    (42, "#10X", "      0X2A"),
    (42, "+x", "+2a"),
    (42, " d", " 42"),
    (-42, "=+8d", "-     42"),
    (42, "^+9d", "   +42   "),
    (42, "*=+9d", "+******42"),
    (0, ",", "0"),
    (1000000, "012,", "0,001,000,000"),
    (1000000, "<012,", "1,000,000000"),
    (1000000, "*>012,", "***1,000,000"),
    (1000000, "=12,", "   1,000,000"),
    (1, "0=5", "00001"),
    (12345, "n", "12345"),
    (42, "o", "52"),
    (42, "#o", "0o52"),
    (7, "e", "7.000000e+00"),
    (7, "%", "700.000000%"),
    (1000000000000000, "_d", "1_000_000_000_000_000"),
    (-1000000000000000, "030_d", "-0_000_001_000_000_000_000_000"),
    (255, "\u{20ac}>6X", "\u{20ac}\u{20ac}\u{20ac}\u{20ac}FF"),
];
const FLOATS: &[(f64, &str, &str)] = &[
    (1234.5678912, "d", "V!Unknown format code 'd' for object of type 'float'"),
    (1234.5678912, "xx", "V!Invalid format specifier 'xx' for object of type 'float'"),
    (1234.5678912, "._,f", "V!Cannot specify both ',' and '_'."),
    (1234.5678912, ",.7_f", "1,234.567_891_2"),
    (1234.5678912, ",.,f", "1,234.567,891"),
    (1234.5678912, "020,.7_f", "00,001,234.567_891_2"),
    (1234.5678912, ".,e", "1.234,568e+03"),
    (1234.5678912, ".,", "1234.567,891,2"),
    (1234.5678912, ".,n", "V!Cannot specify ',' with 'n'."),
    (1234.5678912, "z.1f", "1234.6"),
    (1234.5678912, "010", "1234.5678912"),
    (1234.5678912, "+010,", "+1,234.5678912"),
    (1234.5678912, "_.3", "1.23e+03"),
    (1234.5678912, "%", "123456.789120%"),
    (1234.5678912, ".0%", "123457%"),
    (1234.5678912, "#", "1234.5678912"),
    (1234.5678912, ".0", "1e+03"),
    (1234.5678912, ".1", "1e+03"),
    (1234.5678912, ".3", "1.23e+03"),
    (1234.5678912, "n", "1234.57"),
    (1234.5678912, "010,", "1,234.5678912"),
    (1234.5678912, "015,.2e", "0,000,001.23e+03"),
    (1234.5678912, "=+12", "+1234.5678912"),
    (1234.5678912, "*^12.2f", "**1234.57***"),
    (1234.5678912, "E", "1.234568E+03"),
    (1234.5678912, "G", "1234.57"),
    (1234.5678912, "F", "1234.567891"),
    (1234.5678912, "#.0f", "1235."),
    (1234.5678912, "#.3g", "1.23e+03"),
    (1234.5678912, "g", "1234.57"),
    (1234.5678912, ".20g", "1234.5678912000000764"),
    (1234.5678912, " .3", " 1.23e+03"),
    (1234.5678912, "e", "1.234568e+03"),
    (0.0, "xx", "V!Invalid format specifier 'xx' for object of type 'float'"),
    (0.0, ",.,f", "0.000,000"),
    (0.0, ".,", "0.0"),
    (0.0, "010", "00000000.0"),
    (0.0, "%", "0.000000%"),
    (0.0, ".0", "0e+00"),
    (0.0, "n", "0"),
    (0.0, "=+12", "+        0.0"),
    (0.0, "G", "0"),
    (0.0, "#.3g", "0.00"),
    (0.0, " .3", " 0.0"),
    (-0.0001, "d", "V!Unknown format code 'd' for object of type 'float'"),
    (-0.0001, "xx", "V!Invalid format specifier 'xx' for object of type 'float'"),
    (-0.0001, "._,f", "V!Cannot specify both ',' and '_'."),
    (-0.0001, ",.7_f", "-0.000_100_0"),
    (-0.0001, ",.,f", "-0.000,100"),
    (-0.0001, "020,.7_f", "-0,000,000.000_100_0"),
    (-0.0001, ".,e", "-1.000,000e-04"),
    (-0.0001, ".,", "-0.000,1"),
    (-0.0001, ".,n", "V!Cannot specify ',' with 'n'."),
    (-0.0001, "z.1f", "0.0"),
    (-0.0001, "010", "-0000.0001"),
    (-0.0001, "+010,", "-0,000.0001"),
    (-0.0001, "_.3", "-0.0001"),
    (-0.0001, "%", "-0.010000%"),
    (-0.0001, ".0%", "-0%"),
    (-0.0001, "#", "-0.0001"),
    (-0.0001, ".0", "-0.0001"),
    (-0.0001, ".1", "-0.0001"),
    (-0.0001, ".3", "-0.0001"),
    (-0.0001, "n", "-0.0001"),
    (-0.0001, "010,", "-0,000.0001"),
    (-0.0001, "015,.2e", "-000,001.00e-04"),
    (-0.0001, "=+12", "-     0.0001"),
    (-0.0001, "*^12.2f", "***-0.00****"),
    (-0.0001, "E", "-1.000000E-04"),
    (-0.0001, "G", "-0.0001"),
    (-0.0001, "F", "-0.000100"),
    (-0.0001, "#.0f", "-0."),
    (-0.0001, "#.3g", "-0.000100"),
    (-0.0001, "g", "-0.0001"),
    (-0.0001, ".20g", "-0.00010000000000000000479"),
    (-0.0001, " .3", "-0.0001"),
    (-0.0001, "e", "-1.000000e-04"),
    (1e+20, "._,f", "V!Cannot specify both ',' and '_'."),
    (1e+20, "020,.7_f", "100,000,000,000,000,000,000.000_000_0"),
    (1e+20, ".,n", "V!Cannot specify ',' with 'n'."),
    (1e+20, "+010,", "+0,001e+20"),
    (1e+20, ".0%", "10000000000000000000000%"),
    (1e+20, ".1", "1e+20"),
    (1e+20, "010,", "00,001e+20"),
    (1e+20, "*^12.2f", "100000000000000000000.00"),
    (1e+20, "F", "100000000000000000000.000000"),
    (1e+20, "g", "1e+20"),
    (1e+20, "e", "1.000000e+20"),
    (10.0, "xx", "V!Invalid format specifier 'xx' for object of type 'float'"),
    (10.0, ",.,f", "10.000,000"),
    (10.0, ".,", "10.0"),
    (10.0, "010", "00000010.0"),
    (10.0, "%", "1000.000000%"),
    (10.0, ".0", "1e+01"),
    (10.0, "n", "10"),
    (10.0, "=+12", "+       10.0"),
    (10.0, "G", "10"),
    (10.0, "#.3g", "10.0"),
    (10.0, " .3", " 10.0"),
    (f64::INFINITY, "d", "V!Unknown format code 'd' for object of type 'float'"),
    (f64::INFINITY, ",.7_f", "inf"),
    (f64::INFINITY, ".,e", "inf"),
    (f64::INFINITY, "z.1f", "inf"),
    (f64::INFINITY, "_.3", "inf"),
    (f64::INFINITY, "#", "inf"),
    (f64::INFINITY, ".3", "inf"),
    (f64::INFINITY, "015,.2e", "000000000000inf"),
    (f64::INFINITY, "E", "INF"),
    (f64::INFINITY, "#.0f", "inf"),
    (f64::INFINITY, ".20g", "inf"),
    (-f64::INFINITY, "._,f", "V!Cannot specify both ',' and '_'."),
    (-f64::INFINITY, "020,.7_f", "-0000000000000000inf"),
    (-f64::INFINITY, ".,n", "V!Cannot specify ',' with 'n'."),
    (-f64::INFINITY, "+010,", "-000000inf"),
    (-f64::INFINITY, ".0%", "-inf%"),
    (-f64::INFINITY, ".1", "-inf"),
    (-f64::INFINITY, "010,", "-000000inf"),
    (-f64::INFINITY, "*^12.2f", "****-inf****"),
    (-f64::INFINITY, "F", "-INF"),
    (-f64::INFINITY, "g", "-inf"),
    (-f64::INFINITY, "e", "-inf"),
    (f64::NAN, "xx", "V!Invalid format specifier 'xx' for object of type 'float'"),
    (f64::NAN, ",.,f", "nan"),
    (f64::NAN, ".,", "nan"),
    (f64::NAN, "010", "0000000nan"),
    (f64::NAN, "%", "nan%"),
    (f64::NAN, ".0", "nan"),
    (f64::NAN, "n", "nan"),
    (f64::NAN, "=+12", "+        nan"),
    (f64::NAN, "G", "NAN"),
    (f64::NAN, "#.3g", "nan"),
    (f64::NAN, " .3", " nan"),
    (0.5, "d", "V!Unknown format code 'd' for object of type 'float'"),
    (0.5, ",.7_f", "0.500_000_0"),
    (0.5, ".,e", "5.000,000e-01"),
    (0.5, "z.1f", "0.5"),
    (0.5, "_.3", "0.5"),
    (0.5, "#", "0.5"),
    (0.5, ".3", "0.5"),
    (0.5, "015,.2e", "0,000,005.00e-01"),
    (0.5, "E", "5.000000E-01"),
    (0.5, "#.0f", "0."),
    (0.5, ".20g", "0.5"),
    (123456.0, "._,f", "V!Cannot specify both ',' and '_'."),
    (123456.0, "020,.7_f", "00,123,456.000_000_0"),
    (123456.0, ".,n", "V!Cannot specify ',' with 'n'."),
    (123456.0, "+010,", "+123,456.0"),
    (123456.0, ".0%", "12345600%"),
    (123456.0, ".1", "1e+05"),
    (123456.0, "010,", "0,123,456.0"),
    (123456.0, "*^12.2f", "*123456.00**"),
    (123456.0, "F", "123456.000000"),
    (123456.0, "g", "123456"),
    (123456.0, "e", "1.234560e+05"),
    (1e-05, "xx", "V!Invalid format specifier 'xx' for object of type 'float'"),
    (1e-05, ",.,f", "0.000,010"),
    (1e-05, ".,", "1e-05"),
    (1e-05, "010", "000001e-05"),
    (1e-05, "%", "0.001000%"),
    (1e-05, ".0", "1e-05"),
    (1e-05, "n", "1e-05"),
    (1e-05, "=+12", "+      1e-05"),
    (1e-05, "G", "1E-05"),
    (1e-05, "#.3g", "1.00e-05"),
    (1e-05, " .3", " 1e-05"),
    (-2.5, "d", "V!Unknown format code 'd' for object of type 'float'"),
    (-2.5, ",.7_f", "-2.500_000_0"),
    (-2.5, ".,e", "-2.500,000e+00"),
    (-2.5, "z.1f", "-2.5"),
    (-2.5, "_.3", "-2.5"),
    (-2.5, "#", "-2.5"),
    (-2.5, ".3", "-2.5"),
    (-2.5, "015,.2e", "-000,002.50e+00"),
    (-2.5, "E", "-2.500000E+00"),
    (-2.5, "#.0f", "-2."),
    (-2.5, ".20g", "-2.5"),
];
const COMPLEXES: &[(f64, f64, &str, &str)] = &[
    (0.0, 1.0, "05", "V!Zero padding is not allowed in complex format specifier"),
    (0.0, 1.0, "=5", "V!'=' alignment flag is not allowed in complex format specifier"),
    (0.0, 1.0, "%", "V!Unknown format code '%' for object of type 'complex'"),
    (1.0, 2.0, ".3", "(1+2j)"),
    (1.0, 2.0, ">20,.2f", "          1.00+2.00j"),
    (1.0, 2.0, "s", "V!Unknown format code 's' for object of type 'complex'"),
    (0.0, 1.0, "+", "+1j"),
    (-0.0, 1.0, "f", "-0.000000+1.000000j"),
    (3.0, 4.0, ".2e", "3.00e+00+4.00e+00j"),
    (12345.678, 4.0, "30,.2f", "               12,345.68+4.00j"),
    (12345.678, 4.0, "<30,.2f", "12,345.68+4.00j               "),
    (3.0, 4.0, "#g", "3.00000+4.00000j"),
    (-3.0, -4.0, ">10", "   (-3-4j)"),
    (-0.0, -0.0, ">20", "             (-0-0j)"),
    (0.0, -0.0, "+", "-0j"),
    (0.0, f64::NAN, "5", " nanj"),
    (0.0, 1.0, "n", "0+1j"),
    (0.0, 1.0, "z", "1j"),
    (-0.0, -0.0, "z.1f", "0.0+0.0j"),
    (0.0, 1.0, "_.3", "1j"),
    (0.0, 1.0, ".,f", "0.000,000+1.000,000j"),
    (1.0, 2.0, "+", "(+1+2j)"),
    (1.5e+20, 2.0, "^30", "         (1.5e+20+2j)         "),
];
const PERCENT_INTS: &[(&str, i64, &str)] = &[
    ("%#05x", 10, "0x00a"),
    ("%#05x", -3, "-0x03"),
    ("%#x", 10, "0xa"),
    ("%#x", -3, "-0x3"),
    ("%#X", 10, "0XA"),
    ("%#X", -3, "-0X3"),
    ("%#o", 10, "0o12"),
    ("%#o", -3, "-0o3"),
    ("%-#8x|", 10, "0xa     |"),
    ("%-#8x|", -3, "-0x3    |"),
    ("%+.5d", 10, "+00010"),
    ("%+.5d", -3, "-00003"),
    ("% d", 10, " 10"),
    ("% d", -3, "-3"),
    ("%+ d", 10, "+10"),
    ("%+ d", -3, "-3"),
    ("%05d", 10, "00010"),
    ("%05d", -3, "-0003"),
    ("%-05d|", 10, "10   |"),
    ("%-05d|", -3, "-3   |"),
    ("%.0d", 10, "10"),
    ("%.0d", -3, "-3"),
    ("%#.5x", 10, "0x0000a"),
    ("%#.5x", -3, "-0x00003"),
    ("%010.5d", 10, "0000000010"),
    ("%010.5d", -3, "-000000003"),
    ("%+#10.4x", 10, "   +0x000a"),
    ("%+#10.4x", -3, "   -0x0003"),
    ("%i", 10, "10"),
    ("%i", -3, "-3"),
    ("%u", 10, "10"),
    ("%u", -3, "-3"),
    ("%ld", 10, "10"),
    ("%ld", -3, "-3"),
    ("%lld", 10, "V!unsupported format character 'l' (0x6c) at index 2"),
    ("%lld", -3, "V!unsupported format character 'l' (0x6c) at index 2"),
    ("%y", 10, "V!unsupported format character 'y' (0x79) at index 1"),
    ("%y", -3, "V!unsupported format character 'y' (0x79) at index 1"),
    ("%5%", 10, "V!unsupported format character '%' (0x25) at index 2"),
    ("%5%", -3, "V!unsupported format character '%' (0x25) at index 2"),
    ("%", 10, "V!incomplete format"),
    ("%", -3, "V!incomplete format"),
    ("%5", 10, "V!incomplete format"),
    ("%5", -3, "V!incomplete format"),
    ("%20d|", 10, "                  10|"),
    ("%20d|", -3, "                  -3|"),
    ("%-20d|", 10, "10                  |"),
    ("%-20d|", -3, "-3                  |"),
    ("%l", 10, "V!incomplete format"),
    ("%l", -3, "V!incomplete format"),
    ("%.", 10, "V!incomplete format"),
    ("%.", -3, "V!incomplete format"),
    ("%.*", 10, "V!incomplete format"),
    ("%.*", -3, "V!incomplete format"),
    ("%\u{20ac}", 10, "V!unsupported format character '?' (0x20ac) at index 1"),
    ("%\u{20ac}", -3, "V!unsupported format character '?' (0x20ac) at index 1"),
    ("%(a", 10, "T!format requires a mapping"),
    ("%(a", -3, "T!format requires a mapping"),
    ("%99999999999999999999d", 10, "V!width too big"),
    ("%99999999999999999999d", -3, "V!width too big"),
    ("%.99999999999999999999d", 10, "V!precision too big"),
    ("%.99999999999999999999d", -3, "V!precision too big"),
];
const PERCENT_FLOATS: &[(&str, f64, &str)] = &[
    ("%05.1f", 1.5, "001.5"),
    ("%05.1f", -1e+20, "-100000000000000000000.0"),
    ("%05.1f", 1e-07, "000.0"),
    ("%+f", f64::INFINITY, "+inf"),
    ("%+f", f64::NAN, "+nan"),
    ("%#.0f", 1.5, "2."),
    ("%#.0f", -1e+20, "-100000000000000000000."),
    ("%#.0f", 1e-07, "0."),
    ("%g", f64::INFINITY, "inf"),
    ("%g", f64::NAN, "nan"),
    ("%G", 1.5, "1.5"),
    ("%G", -1e+20, "-1E+20"),
    ("%G", 1e-07, "1E-07"),
    ("%e", f64::INFINITY, "inf"),
    ("%e", f64::NAN, "nan"),
    ("%E", 1.5, "1.500000E+00"),
    ("%E", -1e+20, "-1.000000E+20"),
    ("%E", 1e-07, "1.000000E-07"),
    ("%F", f64::INFINITY, "INF"),
    ("%F", f64::NAN, "NAN"),
    ("%05f", 1.5, "1.500000"),
    ("%05f", -1e+20, "-100000000000000000000.000000"),
    ("%05f", 1e-07, "0.000000"),
    ("%-08f|", f64::INFINITY, "inf     |"),
    ("%-08f|", f64::NAN, "nan     |"),
    ("%+012.3e", 1.5, "+001.500e+00"),
    ("%+012.3e", -1e+20, "-001.000e+20"),
    ("%+012.3e", 1e-07, "+001.000e-07"),
    ("% g", f64::INFINITY, " inf"),
    ("% g", f64::NAN, " nan"),
    ("%#g", 1.5, "1.50000"),
    ("%#g", -1e+20, "-1.00000e+20"),
    ("%#g", 1e-07, "1.00000e-07"),
    ("%.0f", f64::INFINITY, "inf"),
    ("%.0f", f64::NAN, "nan"),
    ("%.17g", 1.5, "1.5"),
    ("%.17g", -1e+20, "-1e+20"),
    ("%.17g", 1e-07, "9.9999999999999995e-08"),
];
const PERCENT_STRS: &[(&str, &str, &str)] = &[
    ("%05s", "n\u{e9}\u{20ac}", "  n\u{e9}\u{20ac}"),
    ("%-5s|", "n\u{e9}\u{20ac}", "n\u{e9}\u{20ac}  |"),
    ("%.2s", "n\u{e9}\u{20ac}", "n\u{e9}"),
    ("%5.1s|", "n\u{e9}\u{20ac}", "    n|"),
    ("%.9s", "n\u{e9}\u{20ac}", "n\u{e9}\u{20ac}"),
    ("%%%s", "n\u{e9}\u{20ac}", "%n\u{e9}\u{20ac}"),
    ("a%sb", "n\u{e9}\u{20ac}", "an\u{e9}\u{20ac}b"),
    ("%s%%", "n\u{e9}\u{20ac}", "n\u{e9}\u{20ac}%"),
];
