//! The command line: `python3`'s options, read the way its own getopt reads them.

/// What a command line asks to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Command(Vec<u8>),
    Module(Vec<u8>),
    File(Vec<u8>),
    /// `-` or nothing.
    Stdin,
}

/// What is shown instead of running anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Version,
    LongVersion,
    Help,
    HelpEnv,
    HelpX,
    HelpAll,
}

/// A command line that was understood.
#[derive(Clone, Debug)]
pub struct CommandLine {
    pub what: What,
    pub show: Option<Show>,
    pub argv: Vec<Vec<u8>>,
    pub bytes_warning: i32,
    pub dont_write_bytecode: i32,
    pub debug: i32,
    pub ignore_environment: bool,
    pub inspect: i32,
    pub interactive: i32,
    pub isolated: bool,
    pub optimize: i32,
    pub safe_path: bool,
    pub quiet: i32,
    pub no_user_site: bool,
    pub no_site: bool,
    pub unbuffered: bool,
    pub verbose: i32,
    pub skip_first_line: bool,
    /// `-R`: hashes are random whatever `PYTHONHASHSEED` says.
    pub random_hashes: bool,
    pub warnings: Vec<String>,
    pub x_options: Vec<(String, Option<String>)>,
    pub check_hash_pycs: Option<String>,
}

/// A command line that was not: its text for standard error.
#[derive(Debug)]
pub struct BadUsage(pub String);

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The option whose value is text; `rest` is what stands behind it in the same word.
fn value(rest: &[u8], words: &mut std::slice::Iter<'_, Vec<u8>>, option: &str) -> Result<Vec<u8>, BadUsage> {
    if !rest.is_empty() {
        return Ok(rest.to_vec());
    }
    match words.next() {
        Some(word) => Ok(word.clone()),
        None => Err(BadUsage(format!("Argument expected for the {option} option\n"))),
    }
}

/// Reads the words behind the program's name.
pub fn parse(words: &[Vec<u8>]) -> Result<CommandLine, BadUsage> {
    let mut c = CommandLine {
        what: What::Stdin,
        show: None,
        argv: vec![Vec::new()],
        bytes_warning: 0,
        dont_write_bytecode: 0,
        debug: 0,
        ignore_environment: false,
        inspect: 0,
        interactive: 0,
        isolated: false,
        optimize: 0,
        safe_path: false,
        quiet: 0,
        no_user_site: false,
        no_site: false,
        unbuffered: false,
        verbose: 0,
        skip_first_line: false,
        random_hashes: false,
        warnings: Vec::new(),
        x_options: Vec::new(),
        check_hash_pycs: None,
    };
    let mut words = words.iter();
    while let Some(word) = words.clone().next() {
        if word == b"--" {
            words.next();
            break;
        }
        if word == b"-" || !word.starts_with(b"-") {
            break;
        }
        words.next();
        if let Some(long) = word.strip_prefix(b"--") {
            match long {
                b"help" => c.show = c.show.or(Some(Show::Help)),
                b"help-env" => c.show = c.show.or(Some(Show::HelpEnv)),
                b"help-xoptions" => c.show = c.show.or(Some(Show::HelpX)),
                b"help-all" => c.show = c.show.or(Some(Show::HelpAll)),
                b"version" => c.show = c.show.or(Some(Show::Version)),
                b"check-hash-based-pycs" => {
                    let how = text(&value(b"", &mut words, "--check-hash-based-pycs")?);
                    if !matches!(&*how, "always" | "never" | "default") {
                        return Err(BadUsage(
                            "--check-hash-based-pycs must be one of 'default', 'always', or 'never'\n".into(),
                        ));
                    }
                    c.check_hash_pycs = Some(how);
                }
                _ => return Err(BadUsage(format!("Unknown option: {}\n", text(word)))),
            }
            continue;
        }
        let mut rest = word.get(1..).unwrap_or_default();
        while let Some((&letter, after)) = rest.split_first() {
            rest = after;
            match letter {
                b'c' => {
                    let mut code = value(rest, &mut words, "-c")?;
                    code.push(b'\n');
                    c.what = What::Command(code);
                    c.argv = vec![b"-c".to_vec()];
                    c.argv.extend(words.cloned());
                    return Ok(c);
                }
                b'm' => {
                    c.what = What::Module(value(rest, &mut words, "-m")?);
                    c.argv = vec![b"-m".to_vec()];
                    c.argv.extend(words.cloned());
                    return Ok(c);
                }
                b'b' => c.bytes_warning += 1,
                b'B' => c.dont_write_bytecode += 1,
                b'd' => c.debug += 1,
                b'E' => c.ignore_environment = true,
                b'h' | b'?' => c.show = c.show.or(Some(Show::Help)),
                b'i' => {
                    c.inspect += 1;
                    c.interactive += 1;
                }
                b'I' => c.isolated = true,
                b'O' => c.optimize += 1,
                b'P' => c.safe_path = true,
                b'q' => c.quiet += 1,
                b'R' => c.random_hashes = true,
                b't' => {}
                b's' => c.no_user_site = true,
                b'S' => c.no_site = true,
                b'u' => c.unbuffered = true,
                b'v' => c.verbose += 1,
                b'V' => {
                    c.show =
                        Some(if c.show == Some(Show::Version) { Show::LongVersion } else { Show::Version });
                }
                b'W' => {
                    c.warnings.push(text(&value(rest, &mut words, "-W")?));
                    rest = b"";
                }
                b'x' => c.skip_first_line = true,
                b'X' => {
                    let option = text(&value(rest, &mut words, "-X")?);
                    c.x_options.push(match option.split_once('=') {
                        Some((name, value)) => (name.into(), Some(value.into())),
                        None => (option, None),
                    });
                    rest = b"";
                }
                b'J' => return Err(BadUsage("-J is reserved for Jython\n".into())),
                other => return Err(BadUsage(format!("Unknown option: -{}\n", char::from(other)))),
            }
        }
    }
    let argv: Vec<Vec<u8>> = words.cloned().collect();
    if let Some(first) = argv.first() {
        c.what = if first == b"-" { What::Stdin } else { What::File(first.clone()) };
        c.argv = argv;
    }
    Ok(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<CommandLine, String> {
        let words: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
        parse(&words).map_err(|BadUsage(text)| text)
    }

    #[test]
    fn options_stand_alone_and_together() {
        let c = read(&["-OOBc", "pass", "-x"]).unwrap();
        assert_eq!((c.optimize, c.dont_write_bytecode), (2, 1));
        assert_eq!(c.what, What::Command(b"pass\n".to_vec()));
        assert_eq!(c.argv, [b"-c".to_vec(), b"-x".to_vec()]);
        let c = read(&["-Wignore", "-W", "error", "-Xdev", "-X", "a=b", "x.py", "-O"]).unwrap();
        assert_eq!(c.warnings, ["ignore", "error"]);
        assert_eq!(c.x_options, [("dev".into(), None), ("a".into(), Some("b".into()))]);
        assert_eq!(c.what, What::File(b"x.py".to_vec()));
        assert_eq!(c.argv, [b"x.py".to_vec(), b"-O".to_vec()]);
        assert_eq!(read(&["-VV"]).unwrap().show, Some(Show::LongVersion));
        assert_eq!(read(&["-", "a"]).unwrap().what, What::Stdin);
    }

    #[test]
    fn mistakes_are_told_as_the_reference_tells_them() {
        assert_eq!(read(&["-Z"]).unwrap_err(), "Unknown option: -Z\n");
        assert_eq!(read(&["-c"]).unwrap_err(), "Argument expected for the -c option\n");
        assert_eq!(read(&["--nope"]).unwrap_err(), "Unknown option: --nope\n");
    }
}
