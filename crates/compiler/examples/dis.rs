//! Prints the byte code of a file, or of `-c CODE`; with `--check` compiles and verifies many files quietly.

use taipan_compiler::{Mode, Options, compile};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let worker = std::thread::Builder::new()
        .stack_size(std::env::var("STACK_MB").ok().and_then(|s| s.parse().ok()).unwrap_or(256usize) << 20)
        .spawn(move || run(&args));
    if !worker.is_ok_and(|w| w.join().is_ok_and(|ok| ok)) {
        std::process::exit(1);
    }
}

fn run(args: &[String]) -> bool {
    if args.first().is_some_and(|a| a == "--check") {
        let mut ok = true;
        for path in &args[1..] {
            let Ok(source) = std::fs::read_to_string(path) else { continue };
            let result = std::panic::catch_unwind(|| check(&source));
            match result {
                Ok(Ok(())) => {}
                Ok(Err(e)) => {
                    ok = false;
                    println!("{path}: {e}");
                }
                Err(_) => {
                    ok = false;
                    println!("{path}: panic");
                }
            }
        }
        return ok;
    }
    if let [flag, path] = args
        && flag == "--bytes"
    {
        let source = std::fs::read_to_string(path).unwrap_or_default();
        return match compile(&source, &Options::new(path.as_bytes(), Mode::Exec)) {
            Ok(output) => {
                use std::io::Write;
                std::io::stdout().write_all(&taipan_bytecode::serialize(&output.code)).is_ok()
            }
            Err(e) => {
                eprintln!("{e}");
                false
            }
        };
    }
    let source = match args {
        [flag, code] if flag == "-c" => code.clone(),
        [path] => std::fs::read_to_string(path).unwrap_or_default(),
        _ => return false,
    };
    match compile(&source, &Options::new(b"<s>", Mode::Exec)) {
        Ok(output) => {
            for w in &output.warnings {
                println!("warning: {}: {}", w.lineno, w.msg);
            }
            print!("{}", taipan_bytecode::disassemble_tree(&output.code));
            match taipan_bytecode::verify(&output.code) {
                Ok(()) => true,
                Err(e) => {
                    println!("VERIFY: {e}");
                    false
                }
            }
        }
        Err(e) => {
            println!("{} {}:{}-{}:{}", e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset);
            false
        }
    }
}

fn check(source: &str) -> Result<(), String> {
    let output = compile(source, &Options::new(b"<s>", Mode::Exec)).map_err(|e| e.to_string())?;
    taipan_bytecode::verify(&output.code).map_err(|e| e.to_string())?;
    let bytes = taipan_bytecode::serialize(&output.code);
    let again =
        taipan_bytecode::load(taipan_bytecode::Blob::from(bytes.clone())).map_err(|e| e.to_string())?;
    if taipan_bytecode::serialize(&again) != bytes {
        return Err("serialisation differs".into());
    }
    Ok(())
}
