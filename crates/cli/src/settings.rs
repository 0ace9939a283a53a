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

/// A variable that is a number, or switches something on by any other text.
fn switched(host: &dyn Host, c: &CommandLine, name: &str) -> bool {
    counted(host, c, 0, name) != 0
}

/// A line of the command that starts nothing: it fails before there is an interpreter.
fn fatal(what: &str) -> String {
    format!("Fatal Python error: {what}\nPython runtime state: preinitialized\n\n")
}

/// One that fails even before the options are read.
fn fatal_early(what: &str) -> String {
    format!("Fatal Python error: {what}\nPython runtime state: preinitializing\n\n")
}

/// The locale of text as the environment names it. The C locale is coerced to one that knows all of Unicode, for child
/// processes too.
fn locale(host: &dyn Host, c: &CommandLine) -> Vec<u8> {
    let get = |name: &[u8]| host.getenv(name).filter(|v| !v.is_empty());
    let coerce = env(host, c, "PYTHONCOERCECLOCALE");
    let warn = coerce.as_deref() == Some("warn");
    let all = get(b"LC_ALL");
    let forced = all.is_some();
    let found = all.or_else(|| get(b"LC_CTYPE")).or_else(|| get(b"LANG")).unwrap_or_else(|| b"C".to_vec());
    if is_plain_c(&found) {
        if !forced && coerce.as_deref() != Some("0") && host.setenv(b"LC_CTYPE", b"C.UTF-8").is_ok() {
            if warn {
                let text = "Python detected LC_CTYPE=C: LC_CTYPE coerced to C.UTF-8 (set another locale or \
                            PYTHONCOERCECLOCALE=0 to disable this locale coercion behavior).\n";
                _ = host.write(2, text.as_bytes());
            }
        } else if warn {
            let text = "Python runtime initialized with LC_CTYPE=C (a locale with default ASCII encoding), which \
                        may cause Unicode compatibility problems. Using C.UTF-8, C.utf8, or UTF-8 (if available) \
                        as alternative Unicode-compatible locales is recommended.\n";
            _ = host.write(2, text.as_bytes());
        }
    }
    const LC_CTYPE: i32 = 0;
    _ = host.setlocale(LC_CTYPE, Some(b""));
    found
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

/// An option that is 0 or 1, or the variable of the same meaning.
fn zero_or_one(host: &dyn Host, c: &CommandLine, option: &str, variable: &str) -> Result<bool, String> {
    let (given, what) = match x(c, option) {
        Some(v) => (v.clone().unwrap_or_default(), format!("-X {option}=n: n is missing or invalid")),
        None => match env(host, c, variable) {
            Some(v) => (v, format!("{variable}=N: N is missing or invalid")),
            None => return Ok(false),
        },
    };
    match &*given {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(fatal(&format!("config_init_{option}: {what}"))),
    }
}

/// Options and variables whose values are checked although there is nothing to choose here.
fn check_values(host: &dyn Host, c: &CommandLine) -> Result<(), String> {
    const ALLOCATORS: [&str; 8] = [
        "default",
        "debug",
        "pymalloc",
        "pymalloc_debug",
        "mimalloc",
        "mimalloc_debug",
        "malloc",
        "malloc_debug",
    ];
    if env(host, c, "PYTHONMALLOC").is_some_and(|name| !ALLOCATORS.contains(&&*name)) {
        return Err(fatal_early("preconfig_init_allocator: PYTHONMALLOC: unknown allocator"));
    }
    let gil = x(c, "gil").map(|v| v.clone().unwrap_or_default()).or_else(|| env(host, c, "PYTHON_GIL"));
    match gil.as_deref() {
        None | Some("1") => {}
        Some("0") => {
            return Err(fatal("config_read_gil: Disabling the GIL is not supported by this build"));
        }
        Some(_) => return Err(fatal("config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"")),
    }
    match x(c, "frozen_modules").and_then(|v| v.as_deref()) {
        None | Some("on" | "off" | "") => {}
        Some(_) => {
            let text = "bad value for option -X frozen_modules (expected \"on\" or \"off\")";
            return Err(fatal(text));
        }
    }
    Ok(())
}

/// The frames that `tracemalloc` keeps of an allocation, if it traces from the start.
fn trace_frames(host: &dyn Host, c: &CommandLine) -> Result<i32, String> {
    let (given, what) = match x(c, "tracemalloc") {
        Some(None) => return Ok(1),
        Some(Some(v)) => (v.clone(), "-X tracemalloc=NFRAME"),
        None => match env(host, c, "PYTHONTRACEMALLOC") {
            Some(v) => (v, "PYTHONTRACEMALLOC"),
            None => return Ok(0),
        },
    };
    match given.parse::<i32>() {
        Ok(n) if n >= 0 => Ok(n),
        _ => Err(fatal(&format!("config_init_tracemalloc: {what}: invalid number of frames"))),
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
    let locale = locale(host, c);
    check_values(host, c)?;
    let utf8_mode = match utf8.as_ref().map(|(what, v)| (what, &**v)) {
        None => i32::from(is_plain_c(&locale)),
        Some((_, "0")) => 0,
        Some((_, "1")) => 1,
        Some((what, _)) => return Err(fatal_early(&format!("preconfig_init_utf8_mode: invalid {what}"))),
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
        debug: counted(host, c, c.debug, "PYTHONDEBUG"),
        inspect: counted(host, c, c.inspect, "PYTHONINSPECT"),
        interactive,
        optimize: counted(host, c, c.optimize, "PYTHONOPTIMIZE"),
        dont_write_bytecode: counted(host, c, c.dont_write_bytecode, "PYTHONDONTWRITEBYTECODE").min(1),
        no_user_site: i32::from(c.no_user_site || c.isolated || switched(host, c, "PYTHONNOUSERSITE")),
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
        safe_path: c.safe_path || c.isolated || switched(host, c, "PYTHONSAFEPATH"),
        unbuffered: c.unbuffered || switched(host, c, "PYTHONUNBUFFERED"),
        thread_inherit_context: zero_or_one(
            host,
            c,
            "thread_inherit_context",
            "PYTHON_THREAD_INHERIT_CONTEXT",
        )?
        .into(),
        context_aware_warnings: zero_or_one(
            host,
            c,
            "context_aware_warnings",
            "PYTHON_CONTEXT_AWARE_WARNINGS",
        )?
        .into(),
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
    if trace_frames(host, c)? > 0 {
        _ = host.write(2, b"tracemalloc: memory allocations cannot be traced\n");
    }
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
