//! What `site` does at a start. Mostly there is little to do: no virtual environment, no `.pth` files, no customisation.
//! Then it is done here, and `site` and what it imports (`os`, `abc` …) stand in `sys.modules` with their bodies still to
//! run (`modules/deferred.rs`). Otherwise the module itself runs.

use taipan_host::At;
use taipan_vm::modules::frozen_library::root as library_root;
use taipan_vm::modules::import::import_module;
use taipan_vm::modules::{deferred, sys};
use taipan_vm::prelude::*;
use taipan_vm::types::builtin_function::BuiltinFunction;

/// Where the packages of this version are, below a prefix.
const PACKAGES: &[u8] = b"lib/python3.14/site-packages";

/// What `site.main` would find.
struct Found {
    user_base: Vec<u8>,
    user_site: Vec<u8>,
    user_enabled: bool,
    /// Folders of packages that exist, without anything in them that wants to run.
    folders: Vec<Vec<u8>>,
}

pub fn start(vm: &Vm) -> PyResult<()> {
    match look(vm) {
        Some(found) if deferred::allowed(vm) => quick(vm, found),
        _ => import_module(vm, "site").map(drop),
    }
}

fn sys_value(vm: &Vm, name: &str) -> Option<Value> {
    vm.sys_dict.get()?.get_str(vm, &vm.intern(name))
}

/// A path in `sys` that needs no normalising.
fn plain_path(vm: &Vm, name: &str) -> Option<String> {
    let v = sys_value(vm, name)?;
    let path = v.downcast::<Str>()?.as_str()?.to_string();
    is_plain(path.as_bytes()).then_some(path)
}

fn is_plain(path: &[u8]) -> bool {
    let mut parts = path.split(|b| *b == b'/');
    parts.next() == Some(b"") && parts.all(|part| !matches!(part, b"" | b"." | b".."))
}

fn joined(folder: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut path = folder.strip_suffix(b"/").unwrap_or(folder).to_vec();
    path.push(b'/');
    path.extend_from_slice(rest);
    path
}

/// `None`: there is more to be done than this file can do.
fn look(vm: &Vm) -> Option<Found> {
    let path = sys_value(vm, "path")?;
    let [only] = &path.downcast::<List>()?.to_vec()[..] else { return None };
    if only.downcast::<Str>()?.as_bytes() != library_root(vm)
        || sys_value(vm, "platlibdir")?.downcast::<Str>()?.as_bytes() != b"lib"
    {
        return None;
    }
    let host = vm.host();
    let executable = plain_path(vm, "executable")?;
    let (folder, _) = executable.rsplit_once('/')?;
    let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
    let is_there = |path: &[u8]| host.stat(At::cwd(path), true).is_ok();
    if [folder, above].iter().any(|f| is_there(&joined(f.as_bytes(), b"pyvenv.cfg"))) {
        return None;
    }
    let user_enabled = vm.config.flags.no_user_site == 0;
    if user_enabled && (host.geteuid() != host.getuid() || host.getegid() != host.getgid()) {
        return None;
    }
    let user_base = match host.getenv(b"PYTHONUSERBASE").filter(|v| !v.is_empty()) {
        Some(base) => base,
        None => {
            let mut home = host.getenv(b"HOME")?;
            while home.ends_with(b"/") {
                home.pop();
            }
            joined(&home, b".local")
        }
    };
    if !is_plain(&user_base) {
        return None;
    }
    let user_site = joined(&user_base, PACKAGES);
    let mut candidates = Vec::new();
    if user_enabled {
        candidates.push(user_site.clone());
    }
    for prefix in ["prefix", "exec_prefix"] {
        let folder = joined(plain_path(vm, prefix)?.as_bytes(), PACKAGES);
        if !candidates.contains(&folder) {
            candidates.push(folder);
        }
    }
    let mut folders = Vec::new();
    for folder in candidates {
        if !host.stat(At::cwd(&folder), true).is_ok_and(|s| s.is_dir()) {
            continue;
        }
        let runs = |name: &[u8]| {
            name.ends_with(b".pth")
                || name.starts_with(b"sitecustomize")
                || name.starts_with(b"usercustomize")
        };
        if host.read_dir(&folder).ok()?.iter().any(|e| runs(&e.name)) {
            return None;
        }
        folders.push(folder);
    }
    Some(Found { user_base, user_site, user_enabled, folders })
}

/// Does what there is to do.
fn quick(vm: &Vm, found: Found) -> PyResult<()> {
    if let Some(path) = sys_value(vm, "path").as_ref().and_then(|p| p.downcast::<List>()) {
        for folder in &found.folders {
            path.push(sys::fs_text(vm, folder));
        }
    }
    let set_sys = |name: &str, v: Value| {
        if let Some(d) = vm.sys_dict.get() {
            d.set_str(vm, &vm.intern(name), v);
        }
    };
    set_sys("_home", Value::NONE);
    deferred::defer_native(vm, "_abc");
    deferred::defer(vm, "abc");
    deferred::defer_native(vm, "_stat");
    deferred::defer(vm, "stat");
    deferred::defer(vm, "_collections_abc");
    deferred::defer_native(vm, "errno");
    deferred::defer(vm, "genericpath");
    deferred::defer(vm, "posixpath");
    if let Some(modules) = vm.modules.get()
        && let Some(path) = modules.get_str(vm, &vm.intern("posixpath"))
    {
        modules.set_str(vm, &vm.intern("os.path"), path);
    }
    deferred::defer(vm, "os");
    builtins(vm)?;
    deferred::defer(vm, "site");
    let hook =
        BuiltinFunction::make(vm, &hook::MODULE.functions[0], None, Some(vm.intern("site").into_value()));
    let hook = (vm.config.flags.isolated == 0).then(|| hook.into_value());
    if let Some(hook) = &hook {
        set_sys("__interactivehook__", hook.clone());
    }
    let attributes = vec![
        ("ENABLE_USER_SITE", Value::bool(found.user_enabled)),
        ("USER_BASE", sys::fs_text(vm, &found.user_base)),
        ("USER_SITE", sys::fs_text(vm, &found.user_site)),
    ];
    deferred::leave_to_site(vm, attributes, hook);
    Ok(())
}

/// What stands for `site.register_readline` until `site` is used.
#[pymodule(name = "site")]
mod hook {
    use super::*;

    /// Configure readline completion on interactive prompts.
    #[pyfn("register_readline()")]
    fn register_readline(vm: &Vm) -> PyResult<Value> {
        let site = import_module(vm, "site")?;
        vm.call_method(&site, "register_readline", &[])
    }
}

const CREDITS: &str = "Thanks to CWI, CNRI, BeOpen, Zope Corporation, the Python Software
Foundation, and a cast of thousands for supporting Python
development.  See www.python.org for more information.";

/// `quit`, `exit`, `copyright`, `credits`, `license` and `help`.
fn builtins(vm: &Vm) -> PyResult<()> {
    deferred::defer(vm, "_sitebuiltins");
    let module = import_module(vm, "_sitebuiltins")?;
    let text = |t: &str| vm.new_str(t).into_value();
    let set = |name: &str, v: Value| vm.builtins_dict().set_str(vm, &vm.intern(name), v);
    let quitter = vm.get_attr_str(&module, "Quitter")?;
    for name in ["quit", "exit"] {
        set(name, vm.call(&quitter, &[text(name), text("Ctrl-D (i.e. EOF)")])?);
    }
    let printer = vm.get_attr_str(&module, "_Printer")?;
    let copyright = sys_value(vm, "copyright").unwrap_or(Value::NONE);
    set("copyright", vm.call(&printer, &[text("copyright"), copyright])?);
    set("credits", vm.call(&printer, &[text("credits"), text(CREDITS)])?);
    let license = vm.call(&printer, &[text("license"), text("See https://www.python.org/psf/license/")])?;
    let library = library_root(vm);
    let mut files = Vec::new();
    for folder in [joined(&library, b".."), library, b".".to_vec()] {
        for name in [&b"LICENSE.txt"[..], b"LICENSE"] {
            files.push(sys::fs_text(vm, &joined(&folder, name)));
        }
    }
    vm.set_attr_str(&license, "_Printer__filenames", vm.new_list(files).as_value())?;
    set("license", license);
    set("help", vm.call0(&vm.get_attr_str(&module, "_Helper")?)?);
    Ok(())
}
