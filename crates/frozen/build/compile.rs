//! One module: bytes to text, text to the code object's bytes.

/// The library's files are UTF-8, but for a few that say otherwise; a BOM is dropped, line ends become `\n`.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if says_latin_1(error.as_bytes()) => {
            error.as_bytes().iter().copied().map(char::from).collect()
        }
        Err(error) => return Err(error.to_string()),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n"))
}

fn says_latin_1(bytes: &[u8]) -> bool {
    bytes.splitn(3, |&byte| byte == b'\n').take(2).any(|line| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        line.starts_with('#') && (line.contains("latin-1") || line.contains("iso-8859-1"))
    })
}

/// The code object of a module, serialised; its file name is CPython's for a frozen module.
pub fn compile(source: &str, name: &str) -> Result<Vec<u8>, String> {
    let filename = format!("<frozen {name}>");
    let options = taipan_compiler::Options::new(filename.as_bytes(), taipan_compiler::Mode::Exec);
    let compiled = std::panic::catch_unwind(|| taipan_compiler::compile(source, &options));
    match compiled {
        Ok(Ok(output)) => Ok(taipan_bytecode::serialize(&output.code)),
        Ok(Err(error)) => Err(format!("{} (line {})", error.msg, error.lineno)),
        Err(_) => Err("the compiler panicked".to_owned()),
    }
}
