//! Tests of the compiler: golden byte code, errors and warnings, the whole library, and hostile files.

use taipan_bytecode::{Blob, disassemble_tree, load, serialize, verify};
use taipan_compiler::{Mode, Options, Output, compile};

fn options() -> Options<'static> {
    Options::new(b"<test>", Mode::Exec)
}

/// Deeply nested sources need more than a test thread has.
fn with_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(f).expect("thread").join().expect("no panic");
}

fn good(source: &str) -> Output {
    let output = compile(source, &options()).unwrap_or_else(|e| panic!("{e}\n{source}"));
    if let Err(e) = verify(&output.code) {
        panic!("{e}\n{}", disassemble_tree(&output.code));
    }
    output
}

/// Each file is source, a line of dashes, and the byte code. `UPDATE_GOLDEN=1` writes the latter anew.
#[test]
fn golden() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(folder).expect("golden folder") {
        let path = entry.expect("entry").path();
        let text = std::fs::read_to_string(&path).expect("file");
        let (source, expected) = text.split_once("----\n").expect("a line of dashes");
        let got = disassemble_tree(&good(source).code);
        if got == expected {
            continue;
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, format!("{source}----\n{got}")).expect("write");
        } else {
            failed.push(format!("{}:\n{got}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// `errors.txt`: snippets, each with `=> message line:column-line:column`, `=> W line warning` or `=> ok`.
#[test]
fn errors_and_warnings() {
    let text = include_str!("errors.txt");
    for case in text.trim_end().split("\n\n") {
        let lines: Vec<&str> = case.lines().collect();
        let at = lines.iter().position(|l| l.starts_with("=> ")).expect("an expectation");
        let source = lines[..at].join("\n") + "\n";
        let mut got = Vec::new();
        match compile(&source, &options()) {
            Ok(output) => {
                verify(&output.code).expect("verified");
                got.extend(output.warnings.iter().map(|w| format!("=> W {} {}", w.lineno, w.msg)));
                got.push("=> ok".into());
            }
            Err(e) => {
                got.push(format!("=> {} {}:{}-{}:{}", e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset))
            }
        }
        assert_eq!(got, lines[at..], "{source}");
    }
}

fn python_files(folder: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            python_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "py") {
            out.push(path);
        }
    }
}

/// The library's Python half compiles, verifies and survives a trip through bytes.
#[test]
fn library() {
    with_stack(|| {
        let mut files = Vec::new();
        python_files(std::path::Path::new(rustpython_pylib::LIB_PATH), &mut files);
        assert!(files.len() > 500, "only {} files", files.len());
        for path in files {
            let Ok(source) = std::fs::read_to_string(&path) else { continue };
            let output = compile(&source, &options()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            verify(&output.code).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let bytes = serialize(&output.code);
            let again = load(Blob::from(bytes.clone())).expect("loads");
            assert_eq!(serialize(&again), bytes, "{}", path.display());
        }
    });
}

/// Damaged files are refused or harmless, never a panic.
#[test]
fn hostile_files() {
    let source = include_str!("golden/try.txt").split("----").next().expect("source").to_string()
        + "class A:\n    x: int\n    def f(self, a=1, *b, **c):\n        yield f'{a}{b!r}', [i for i in c], super().g(k=1)\n";
    let bytes = serialize(&good(&source).code);
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    for round in 0..30_000 {
        let mut bad = bytes.clone();
        for _ in 0..1 + round % 4 {
            let at = random() % bad.len();
            bad[at] = match random() % 4 {
                0 => random() as u8,
                1 => 0xff,
                2 => bad[at].wrapping_add(1),
                _ => bad[at] ^ 1 << (random() % 8),
            };
        }
        if random() % 50 == 0 {
            bad.truncate(random() % bad.len());
        }
        if let Ok(code) = load(Blob::from(bad))
            && verify(&code).is_ok()
        {
            disassemble_tree(&code);
            let _ = serialize(&code);
        }
    }
}

/// What is too big or too deep is an error, and what is merely big works.
#[test]
fn sizes() {
    with_stack(|| {
        let n = 70_000;
        good(&format!("x = [{}]", "a, ".repeat(n)));
        good(&format!("f({})", "a, ".repeat(n)));
        good(&format!("x = {{{}}}", "a: b, ".repeat(n)));
        good(&(0..n).map(|i| format!("a{i} = b.c{i}\n")).collect::<String>());
        good(&format!("x = 'a'{}", " + 'b'".repeat(n)));
        good(&format!("x = a{}", " + b".repeat(n)));
        good(&format!("x = f'{}'", "{a}".repeat(n)));
        good(&format!("def f(x):\n    while x:\n{}", "        x = x.y(1)\n".repeat(n)));
        good(&format!("x = {}1", "not ".repeat(500)));
        assert!(compile(&format!("x = f{}", "()".repeat(n)), &options()).is_err());
        let locals: String = (0..n).map(|i| format!("    a{i} = 1\n")).collect();
        assert!(compile(&format!("def f():\n{locals}"), &options()).is_err());
    });
}
