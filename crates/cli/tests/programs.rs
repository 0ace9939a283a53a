//! Runs every program under `tests/` through the built binary and compares what it prints.
//!
//! `NAME.py` is the program, `NAME.out` its standard output, to the byte. Beside them may lie
//! `NAME.err` (standard error must end with it, and the exit status must not be 0), `NAME.in` (standard input) and
//! `NAME.args` (arguments, one a line, in place of the program's own path, which `{file}` stands for).
//! A program runs in the folder `tests` and is named from there; that folder's own path is `{tests}` in the files, so
//! that tracebacks do not depend on the checkout.
//!
//! `known_failures.txt` names programs that do not pass yet, each with its reason: their failure does not count, and
//! their passing is an error, so that the list gets shorter.
//!
//! `TAIPAN_TESTS=lang/class` runs those whose path contains the text. Words after `--` do the same.

#![allow(clippy::disallowed_methods, reason = "the runner is no part of the runtime")]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);
const ROOMS: [&str; 6] = ["lang", "types", "modules", "errors", "regress", "cli"];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let root = root.canonicalize().unwrap_or(root);
    let mut wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    wanted.extend(std::env::var("TAIPAN_TESTS"));
    let mut programs = Vec::new();
    for room in ROOMS {
        let Ok(entries) = fs::read_dir(root.join(room)) else { continue };
        for entry in entries.flatten() {
            let path = Path::new(room).join(entry.file_name());
            if path.extension().is_some_and(|suffix| suffix == "py")
                && root.join(&path).with_extension("out").exists()
            {
                programs.push(path);
            }
        }
    }
    programs
        .retain(|path| wanted.is_empty() || wanted.iter().any(|word| path.to_string_lossy().contains(word)));
    programs.sort();

    let next = AtomicUsize::new(0);
    let failures: Mutex<Vec<(PathBuf, String)>> = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from).min(16);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(report) = check(&root, program) {
                        failures.lock().expect("no worker panics").push((program.clone(), report));
                    }
                }
            });
        }
    });

    let mut failures = failures.into_inner().expect("no worker panics");
    let known = known_failures(&root);
    for program in &programs {
        if known.iter().any(|k| program == Path::new(k)) {
            let before = failures.len();
            failures.retain(|(failed, _)| failed != program);
            if failures.len() == before {
                failures.push((program.clone(), "passes: take it off known_failures.txt".to_string()));
            } else {
                println!("known failure: {}", program.display());
            }
        }
    }
    failures.sort();
    for (program, report) in &failures {
        println!("--- {}\n{report}", program.display());
    }
    for (program, _) in &failures {
        println!("failed: {}", program.display());
    }
    println!("programs: {} passed, {} failed", programs.len() - failures.len(), failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first word of each line of `known_failures.txt`.
fn known_failures(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("known_failures.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_string)).collect()
}

/// What a run left.
struct Outcome {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// None when the time limit ended it.
    success: Option<bool>,
    status: String,
}

fn check(root: &Path, program: &Path) -> Result<(), String> {
    let beside = |suffix: &str| fs::read(root.join(program).with_extension(suffix)).ok();
    let expected = beside("out").unwrap_or_default();
    let expected_error = beside("err");
    let file = program.to_string_lossy().into_owned();
    let arguments = match beside("args") {
        Some(lines) => {
            String::from_utf8_lossy(&lines).lines().map(|line| line.replace("{file}", &file)).collect()
        }
        None => vec![file],
    };
    let input = beside("in").unwrap_or_default();
    let mut outcome = run(root, &arguments, input).map_err(|error| error.to_string())?;
    for text in [&mut outcome.stdout, &mut outcome.stderr] {
        replace(text, root.as_os_str().as_encoded_bytes(), b"{tests}");
    }

    let mut report = String::new();
    match outcome.success {
        None => _ = writeln!(report, "no end within {} s", LIMIT.as_secs()),
        Some(success) if success == expected_error.is_some() => {
            _ = writeln!(report, "ended with {}", outcome.status)
        }
        Some(_) => {}
    }
    if outcome.stdout != expected {
        report += &difference(&expected, &outcome.stdout);
    }
    match expected_error {
        Some(expected) if !outcome.stderr.ends_with(&expected) => {
            report += "standard error:\n";
            report += &difference(&expected, &outcome.stderr);
        }
        None if !report.is_empty() && !outcome.stderr.is_empty() => {
            let text = String::from_utf8_lossy(&outcome.stderr);
            let lines: Vec<&str> = text.lines().collect();
            report += "standard error:\n";
            for line in &lines[lines.len().saturating_sub(12)..] {
                _ = writeln!(report, "  {line}");
            }
        }
        _ => {}
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

fn run(root: &Path, arguments: &[String], input: Vec<u8>) -> std::io::Result<Outcome> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taipan"));
    command.args(arguments).current_dir(root);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
    command.env("TZ", "UTC").env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8").env("COLUMNS", "80");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    // A thread for each end: a full pipe must not stop the program.
    let writer = thread::spawn(move || _ = stdin.as_mut().map(|pipe| pipe.write_all(&input)));
    let reader = thread::spawn(move || collect(stdout.as_mut()));
    let error_reader = thread::spawn(move || collect(stderr.as_mut()));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    _ = writer.join();
    Ok(Outcome {
        stdout: reader.join().unwrap_or_default(),
        stderr: error_reader.join().unwrap_or_default(),
        success: status.map(|status| status.success()),
        status: status.map(|status| status.to_string()).unwrap_or_default(),
    })
}

fn collect(pipe: Option<&mut impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What came before an error is still worth comparing.
        _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

fn replace(text: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let mut at = 0;
    while let Some(found) = text[at..].windows(from.len()).position(|window| window == from) {
        let start = at + found;
        text.splice(start..start + from.len(), to.iter().copied());
        at = start + to.len();
    }
}

/// The first lines that differ, with a little of what is around them.
fn difference(expected: &[u8], actual: &[u8]) -> String {
    const AROUND: usize = 2;
    const SHOWN: usize = 8;
    let (expected, actual) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(actual));
    let expected: Vec<&str> = expected.split('\n').collect();
    let actual: Vec<&str> = actual.split('\n').collect();
    let first = expected.iter().zip(&actual).take_while(|(one, other)| one == other).count();
    let mut text = format!("differs from line {}:\n", first + 1);
    for line in &expected[first.saturating_sub(AROUND)..first] {
        _ = writeln!(text, "    {line}");
    }
    for line in expected.iter().skip(first).take(SHOWN) {
        _ = writeln!(text, "  - {line}");
    }
    for line in actual.iter().skip(first).take(SHOWN) {
        _ = writeln!(text, "  + {line}");
    }
    text
}
