//! Makes the image of the library's Python half: reads the sources out of the package that carries them, takes that
//! package's own changes back (`patches.rs`), lays our overlay over them, compiles every module and writes one file.
//!
//! A module that does not compile is left out with a warning; with `TAIPAN_FROZEN_STRICT` set it fails the build.

#![allow(clippy::disallowed_methods, reason = "a build script")]

mod compile;
mod image;
mod patches;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

/// Folders and files of the package that have no place in the image: what needs Tk, tests, the bundled installer, and
/// what is not CPython's.
const EXCLUDED: &[&str] = &[
    "idlelib",
    "turtledemo",
    "turtle.py",
    "tkinter",
    "test",
    "ensurepip",
    "lib2to3",
    "_pycodecs.py",
    "_dummy_os.py",
    "_dummy_thread.py",
    "dummy_threading.py",
    "_opcode_metadata.py",
];

/// Files that are not Python and that some module reads beside itself.
const DATA: &[&str] = &[
    "PSF-LICENSE",
    "pydoc_data/_pydoc.css",
    "venv/scripts/common/activate",
    "venv/scripts/common/activate.fish",
    "venv/scripts/common/Activate.ps1",
    "venv/scripts/posix/activate.csh",
];

/// One file on its way into the image.
struct Module {
    name: String,
    path: String,
    is_package: bool,
    source: String,
}

fn main() {
    let library = Path::new(rustpython_pylib::LIB_PATH);
    let overlay = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("overlay");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=overlay");
    println!("cargo::rerun-if-env-changed=TAIPAN_FROZEN_STRICT");

    let mut files = BTreeMap::new();
    collect(library, library, &mut files);
    files.retain(|path, _| {
        !EXCLUDED
            .iter()
            .any(|out| path == out || path.strip_prefix(out).is_some_and(|rest| rest.starts_with('/')))
            && !path.split('/').any(|part| part == "test" || part == "tests" || part == "idle_test")
    });
    collect(&overlay, &overlay, &mut files);

    let mut data: Vec<(String, Vec<u8>)> = DATA
        .iter()
        .map(|path| ((*path).to_owned(), fs::read(&files[*path]).expect("the package has its data files")))
        .collect();
    data.sort();
    let mut patched = 0;
    let modules: Vec<Module> = files
        .iter()
        .filter_map(|(path, file)| {
            let stem = path.strip_suffix(".py")?;
            let package = stem.strip_suffix("/__init__");
            let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let mut source = compile::decode(bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
            if file.starts_with(library) {
                patched += usize::from(patches::apply(path, &mut source));
            }
            Some(Module {
                name: package.unwrap_or(stem).replace('/', "."),
                path: path.clone(),
                is_package: package.is_some(),
                source,
            })
        })
        .collect();
    assert_eq!(patched, patches::PATCHES.len(), "every patched file must be there");

    let mut entries = compile_all(modules);
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("library.image"), image::build(&entries, &data)).expect("OUT_DIR can be written");
}

/// Every file under `folder` by its path from `root`, with slashes.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.insert(relative.to_string_lossy().replace('\\', "/"), path);
        }
    }
}

/// Compiles and compresses on all processors.
fn compile_all(modules: Vec<Module>) -> Vec<image::Entry> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(modules.len()));
    let failures = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            let work = || {
                while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match compile::compile(&module.source, &module.name) {
                        Ok(code) => {
                            let entry = image::Entry {
                                name: module.name.clone(),
                                path: module.path.clone(),
                                is_package: module.is_package,
                                code,
                                source: image::Packed::new(module.source.as_bytes()),
                            };
                            done.lock().expect("no worker panics").push(entry);
                        }
                        Err(error) => {
                            failures
                                .lock()
                                .expect("no worker panics")
                                .push(format!("{}: {error}", module.path));
                        }
                    }
                }
            };
            // Deeply nested source recurses in parser and compiler.
            thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, work)
                .expect("a thread can be made");
        }
    });
    let failures = failures.into_inner().expect("no worker panics");
    for failure in &failures {
        println!("cargo::warning=left out of the library: {failure}");
    }
    assert!(
        failures.is_empty() || env::var_os("TAIPAN_FROZEN_STRICT").is_none(),
        "{} modules of the library do not compile",
        failures.len()
    );
    done.into_inner().expect("no worker panics")
}
