//! Literals, warnings, tokens and incomplete input, against CPython 3.14's answers.

use taipan_syntax::literal::{self, Value};
use taipan_syntax::{ErrorKind, Mode, Options, parse, tokenize};

fn names(name: &str) -> Option<u32> {
    (name == "BULLET").then_some(0x2022)
}

fn options() -> Options {
    Options { names, ..Options::default() }
}

fn decoded(text: &str) -> Result<Value, String> {
    literal::decode(text, names).map(|(value, _)| value).map_err(|e| e.message().to_string())
}

fn str_of(text: &str) -> Value {
    Value::Str(text.as_bytes().to_vec())
}

#[test]
fn escapes() {
    assert_eq!(decoded(r#""\x41\u00e9\N{BULLET}\101\n""#), Ok(str_of("A\u{e9}\u{2022}A\n")));
    assert_eq!(decoded(r#""\ud800""#), Ok(Value::Str(vec![0xED, 0xA0, 0x80])));
    assert_eq!(decoded(r#"rb'\x00'"#), Ok(Value::Bytes(b"\\x00".to_vec())));
    assert_eq!(decoded(r#"b'\x00\377'"#), Ok(Value::Bytes(vec![0, 255])));
    assert_eq!(decoded("'''a\\\nb'''"), Ok(str_of("ab")));
    let text =
        "(unicode error) 'unicodeescape' codec can't decode bytes in position 10-12: truncated \\xXX escape";
    assert_eq!(decoded("'\u{e9}\\x4'"), Err(text.into()));
    assert_eq!(decoded(r#"b"\x1""#), Err("(value error) invalid \\x escape at position 0".into()));
}

#[test]
fn warnings() {
    let warned = |source: &str| {
        let parsed = parse(source, Mode::Module, options()).expect("source is right");
        parsed.warnings.iter().map(|w| (w.msg.clone(), w.lineno)).collect::<Vec<_>>()
    };
    let text = "\"\\d\" is an invalid escape sequence. Such sequences will not work in the future. \
                Did you mean \"\\\\d\"? A raw string is also an option.";
    assert_eq!(warned("'''a\n\\d\n'''"), [(text.to_string(), 2)]);
    assert_eq!(warned("f'\\d{1}'"), [(text.to_string(), 1)]);
    assert_eq!(warned("x = 1if y else 0"), [("invalid decimal literal".to_string(), 1)]);
    assert!(warned("'\\\u{e9}'").is_empty());
}

#[test]
fn incomplete_input() {
    let kind = |source: &str, mode| {
        let shell = Options { allow_incomplete_input: true, dont_imply_dedent: true, ..options() };
        parse(source, mode, shell).err().map(|e| e.kind)
    };
    for source in ["", "(", "if x:", "x = '''a", "x = \\\n", "def f():\n", "@d\n", ":"] {
        assert_eq!(kind(source, Mode::Interactive), Some(ErrorKind::IncompleteInput), "{source}");
    }
    assert_eq!(kind("x y", Mode::Interactive), Some(ErrorKind::IncompleteInput));
    assert_eq!(kind("x y\n", Mode::Interactive), Some(ErrorKind::Syntax));
    assert_eq!(kind("x = 1\n", Mode::Interactive), None);
}

#[test]
fn tokens() {
    let (tokens, error) = tokenize("f'{x!r}' # c\n", true);
    assert_eq!(error, None);
    let got: Vec<(u8, &str)> = tokens.iter().map(|t| (t.kind, t.string.as_str())).collect();
    let want = [
        (59, "f'"),
        (55, "{"),
        (1, "x"),
        (55, "!"),
        (1, "r"),
        (55, "}"),
        (61, "'"),
        (65, "# c"),
        (4, "\n"),
        (0, ""),
    ];
    assert_eq!(got, want);
    let (_, error) = tokenize("(", true);
    assert_eq!(error.map(|e| e.msg), Some("unexpected EOF in multi-line statement".to_string()));
}

#[test]
fn depth() {
    let deep = format!("{}1", "-".repeat(10_000));
    let error = parse(&deep, Mode::Module, options()).err();
    assert_eq!(error.map(|e| e.kind), Some(ErrorKind::TooDeep));
    let brackets = format!("{}{}", "(".repeat(201), ")".repeat(201));
    let error = parse(&brackets, Mode::Module, options()).err();
    assert_eq!(error.map(|e| e.msg), Some("too many nested parentheses".to_string()));
    assert!(parse(&format!("a{}", ".b".repeat(50_000)), Mode::Module, options()).is_ok());
}

#[test]
fn func_type() {
    let parsed = parse("(int, *str) -> bool", Mode::FuncType, options()).expect("a signature");
    let taipan_syntax::ast::Mod::Expression(tree) = &parsed.module else { panic!("an expression") };
    let tuple = tree.body.as_tuple_expr().expect("arguments and result");
    assert_eq!(tuple.elts[0].as_tuple_expr().map(|t| t.elts.len()), Some(2));
    assert!(parse("(int) -> x y", Mode::FuncType, options()).is_err());
}
