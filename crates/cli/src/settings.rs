//! From the command line and the environment to an interpreter's configuration.

use crate::options::{CommandLine, What};
use taipan::Builder;
use taipan::host::Host;
use taipan::vm::Flags;

/// An environment variable, if the environment counts and it is not empty.
fn env(host: &dyn Host, c: &CommandLine, name: &str) -> Option<String> {
    if c.ignore_environment || c.isolated {
        return None;
    }
    let value = host.getenv(name.as_bytes())?;
    (!value.is_empty()).then(|| String::from_utf8_lossy(&value).into_owned())
}

fn x<'a>(c: &'a CommandLine, name: &str) -> Option<&'a Option<String>> {
    c.x_options.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// A counted flag: the option's count, or the variable's number (1 if it is none), whichever is more.
fn counted(host: &dyn Host, c: &CommandLine, given: i32, name: &str) -> i32 {
    match env(host, c, name) {
        Some(value) => given.max(value.parse().ok().filter(|n| *n >= 0).unwrap_or(1)),
        None => given,
    }
}

fn fatal(what: &str) -> String {
    format!("Fatal Python error: {what}\nPython runtime state: preinitialized\n\n")
}

/// The locale of text as the environment names it, after CPython's coercion of the C locale.
fn locale(host: &dyn Host) -> Vec<u8> {
    let get = |name: &[u8]| host.getenv(name).filter(|v| !v.is_empty());
    if let Some(all) = get(b"LC_ALL") {
        return all;
    }
    let found = get(b"LC_CTYPE").or_else(|| get(b"LANG")).unwrap_or_else(|| b"C".to_vec());
    let coerce = host.getenv(b"PYTHONCOERCECLOCALE").is_none_or(|v| v != b"0");
    if is_plain_c(&found) && coerce { b"C.UTF-8".to_vec() } else { found }
}

fn is_plain_c(locale: &[u8]) -> bool {
    matches!(locale, b"C" | b"POSIX")
}

fn is_c(locale: &[u8]) -> bool {
    is_plain_c(locale) || matches!(locale, b"C.UTF-8" | b"C.utf8" | b"UTF-8")
}

/// What `os.cpu_count` is told to say.
fn cpu_count(host: &dyn Host, c: &CommandLine) -> Result<Option<usize>, String> {
    let (given, what) = match x(c, "cpu_count") {
        Some(v) => {
            (v.clone().unwrap_or_default(), "-X cpu_count=n option: n is missing or an invalid number")
        }
        None => match env(host, c, "PYTHON_CPU_COUNT") {
            Some(v) => (v, "PYTHON_CPU_COUNT: invalid number"),
            None => return Ok(None),
        },
    };
    if given == "default" {
        return Ok(None);
    }
    match given.parse::<i32>() {
        Ok(n) if n > 0 => Ok(usize::try_from(n).ok()),
        _ => Err(fatal(&format!("config_init_cpu_count: {what}, n must be greater than 0"))),
    }
}

/// `-X importtime`: 0 no, 1 the modules that are loaded, 2 those that were there as well.
fn import_time(host: &dyn Host, c: &CommandLine) -> Result<i32, String> {
    let (given, what) = match x(c, "importtime") {
        Some(v) => (v.clone().unwrap_or_default(), "-X importtime: values"),
        None => match env(host, c, "PYTHONPROFILEIMPORTTIME") {
            Some(v) => (v, "PYTHONPROFILEIMPORTTIME: numeric values"),
            None => return Ok(0),
        },
    };
    match given.parse::<i32>() {
        Err(_) => Ok(1),
        Ok(n @ 0..=2) => Ok(n),
        Ok(_) => {
            let text = format!("{what} other than 1 and 2 are reserved for future use.");
            Err(fatal(&format!("config_init_import_time: {text}")))
        }
    }
}

/// Fills the builder; an error is the text for standard error.
pub fn apply(
    b: &mut Builder,
    c: &CommandLine,
    orig_argv: Vec<Vec<u8>>,
    executable: Vec<u8>,
) -> Result<(), String> {
    let host = b.config.host.clone();
    let host = &*host;
    let dev_mode = x(c, "dev").is_some() || env(host, c, "PYTHONDEVMODE").is_some();
    let utf8 = match x(c, "utf8").map(|v| v.as_deref().unwrap_or("1").to_string()) {
        Some(v) => Some(("-X utf8 option value", v)),
        None => env(host, c, "PYTHONUTF8").map(|v| ("PYTHONUTF8 environment variable value", v)),
    };
    let locale = locale(host);
    let utf8_mode = match utf8.as_ref().map(|(what, v)| (what, &**v)) {
        None => i32::from(is_plain_c(&locale)),
        Some((_, "0")) => 0,
        Some((_, "1")) => 1,
        Some((what, _)) => return Err(fatal(&format!("preconfig_init_utf8_mode: invalid {what}"))),
    };
    let seed = env(host, c, "PYTHONHASHSEED").filter(|s| s != "random" && !c.random_hashes);
    let seed = match seed {
        None => None,
        Some(text) => match text.parse::<u32>() {
            Ok(n) => Some(n),
            Err(_) => {
                return Err(fatal(
                    "config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]",
                ));
            }
        },
    };
    let digits = match x(c, "int_max_str_digits") {
        Some(v) => Some(("-X int_max_str_digits", v.clone().unwrap_or_default())),
        None => env(host, c, "PYTHONINTMAXSTRDIGITS").map(|v| ("PYTHONINTMAXSTRDIGITS", v)),
    };
    if let Some((what, v)) = digits {
        match v.parse::<usize>() {
            Ok(n) if n == 0 || (640..=i32::MAX as usize).contains(&n) => b.config.int_max_str_digits = n,
            _ => {
                return Err(fatal(&format!(
                    "config_init_int_max_str_digits: {what}: invalid limit; must be >= 640 or 0 for unlimited."
                )));
            }
        }
    }
    let interactive = c.interactive;
    b.config.flags = Flags {
        debug: c.debug.max(i32::from(env(host, c, "PYTHONDEBUG").is_some())),
        inspect: counted(host, c, c.inspect, "PYTHONINSPECT"),
        interactive,
        optimize: counted(host, c, c.optimize, "PYTHONOPTIMIZE"),
        dont_write_bytecode: counted(host, c, c.dont_write_bytecode, "PYTHONDONTWRITEBYTECODE").min(1),
        no_user_site: i32::from(c.no_user_site || c.isolated || env(host, c, "PYTHONNOUSERSITE").is_some()),
        no_site: i32::from(c.no_site),
        ignore_environment: i32::from(c.ignore_environment || c.isolated),
        verbose: counted(host, c, c.verbose, "PYTHONVERBOSE"),
        bytes_warning: c.bytes_warning,
        quiet: c.quiet,
        hash_randomization: i32::from(seed != Some(0)),
        isolated: i32::from(c.isolated),
        dev_mode,
        utf8_mode,
        warn_default_encoding: i32::from(
            x(c, "warn_default_encoding").is_some() || env(host, c, "PYTHONWARNDEFAULTENCODING").is_some(),
        ),
        safe_path: c.safe_path || c.isolated || env(host, c, "PYTHONSAFEPATH").is_some(),
        unbuffered: c.unbuffered || env(host, c, "PYTHONUNBUFFERED").is_some(),
    };
    b.config.hash_seed = seed.map(|n| {
        let (one, two) = taipan::key_from_seed(n);
        [one, two]
    });
    let mut warnings = Vec::new();
    if dev_mode {
        warnings.push("default".to_string());
    }
    if let Some(list) = env(host, c, "PYTHONWARNINGS") {
        warnings.extend(list.split(',').filter(|w| !w.is_empty()).map(str::to_string));
    }
    warnings.extend(c.warnings.iter().cloned());
    match c.bytes_warning {
        0 => {}
        1 => warnings.push("default::BytesWarning".into()),
        _ => warnings.push("error::BytesWarning".into()),
    }
    b.config.warn_options = warnings;
    b.config.x_options = c.x_options.clone();
    b.config.argv = c.argv.clone();
    b.config.orig_argv = orig_argv;
    b.config.library_root = Some(executable.clone());
    b.config.executable = executable;
    // The option without a value takes the variable's effect away.
    b.config.pycache_prefix = match x(c, "pycache_prefix") {
        Some(given) => given.clone(),
        None => env(host, c, "PYTHONPYCACHEPREFIX"),
    }
    .filter(|p| !p.is_empty())
    .map(String::into_bytes);
    b.config.cpu_count = cpu_count(host, c)?;
    b.config.import_time = import_time(host, c)?;
    b.config.debug_ranges =
        x(c, "no_debug_ranges").is_none() && env(host, c, "PYTHONNODEBUGRANGES").is_none();
    if !(c.ignore_environment || c.isolated)
        && let Some(path) = host.getenv(b"PYTHONPATH").filter(|p| !p.is_empty())
    {
        b.config.module_search_paths.extend(path.split(|&byte| byte == b':').map(<[u8]>::to_vec));
    }
    b.io_encoding = env(host, c, "PYTHONIOENCODING").filter(|v| v != ":");
    if b.io_encoding.is_none() && (utf8_mode == 1 || is_c(&locale)) {
        // Where nobody chose a locale, bytes that are no text pass through.
        b.io_encoding = Some(":surrogateescape".into());
    }
    b.check_hash_pycs = c.check_hash_pycs.clone();
    b.import_site = !c.no_site;
    Ok(())
}

/// The folder that goes in front of `sys.path`; none where that is unsafe or the program brings its own path.
pub fn path0(host: &dyn Host, c: &CommandLine) -> Option<Vec<u8>> {
    let full = |path: &[u8]| {
        if path.starts_with(b"/") {
            return path.to_vec();
        }
        let mut full = host.getcwd().unwrap_or_default();
        full.push(b'/');
        full.extend_from_slice(path);
        full
    };
    match &c.what {
        What::Command(_) | What::Stdin => Some(Vec::new()),
        What::Module(_) => Some(host.getcwd().unwrap_or_default()),
        What::File(path) => {
            let real = resolved(host, full(path));
            let cut = real.iter().rposition(|&b| b == b'/').unwrap_or(0);
            Some(real.get(..cut.max(1)).unwrap_or(b"/").to_vec())
        }
    }
}

/// The path without links, `.` and `..`, as far as it exists.
fn resolved(host: &dyn Host, path: Vec<u8>) -> Vec<u8> {
    let mut todo: Vec<Vec<u8>> = path.split(|&b| b == b'/').rev().map(<[u8]>::to_vec).collect();
    let mut out: Vec<u8> = Vec::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        match &part[..] {
            b"" | b"." => continue,
            b".." => {
                let cut = out.iter().rposition(|&b| b == b'/').unwrap_or(0);
                out.truncate(cut);
                continue;
            }
            _ => {}
        }
        let before = out.len();
        out.push(b'/');
        out.extend_from_slice(&part);
        if links < 40
            && let Ok(target) = host.readlink(taipan::host::At::cwd(&out))
        {
            links += 1;
            out.truncate(if target.starts_with(b"/") { 0 } else { before });
            todo.extend(target.split(|&b| b == b'/').rev().map(<[u8]>::to_vec));
        }
    }
    if out.is_empty() { b"/".to_vec() } else { out }
}
