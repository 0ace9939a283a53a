//! `scandir`: the iterator and `DirEntry`.

use super::args::{May, Path, path};
use super::stat::stat_result;
use crate::util;
use std::cell::Cell;
use taipan_host::{At, Fd, FileKind, HostError, Stat};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// The iterator that `scandir` gives.
#[pytype(name = "ScandirIterator", module = "posix", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct ScandirIterator {
    #[notrace]
    entries: Guarded<std::vec::IntoIter<taipan_host::DirEntry>>,
    /// The directory with a slash; names are put behind it.
    #[notrace]
    prefix: Guarded<Vec<u8>>,
    #[notrace]
    fd: Option<Fd>,
    #[notrace]
    is_bytes: bool,
    /// Closed, or used up.
    #[notrace]
    closed: Cell<bool>,
}

impl Slots for ScandirIterator {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(|_, v| Ok(v.clone())),
        iternext: Some(next),
        finalize: Some(dies),
        ..SlotDefs::NONE
    };
}

/// Warns where the program left it open.
fn dies(vm: &Vm, v: &Value) {
    if v.downcast::<ScandirIterator>().is_none_or(|it| it.closed.get()) {
        return;
    }
    let saved = vm.raised_get().map(|_| vm.take_raised());
    let shown = vm.repr_text(v).unwrap_or_default();
    if vm.warn(&exc::ResourceWarning, format_args!("unclosed scandir iterator {shown}"), 1).is_err() {
        vm.unraisable("Exception ignored while finalizing scandir iterator", Some(v));
    }
    if let Some(e) = saved {
        let _ = vm.reraise(e);
    }
}

fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(it) = v.downcast::<ScandirIterator>() else {
        return Err(vm.type_error("not a scandir iterator"));
    };
    let Some(e) = it.entries.with_mut(Iterator::next) else {
        it.closed.set(true);
        return Ok(None);
    };
    let text = |b: &[u8]| {
        if it.is_bytes { vm.new_bytes(b).into_value() } else { util::fs_decode(vm, b) }
    };
    let name = text(&e.name);
    let path = if it.fd.is_some() {
        name.clone()
    } else {
        it.prefix.with_mut(|p| {
            let len = p.len();
            p.extend_from_slice(&e.name);
            let path = text(p);
            p.truncate(len);
            path
        })
    };
    let entry = DirEntry {
        path,
        name,
        dir: it.fd,
        kind: e.kind,
        ino: e.ino,
        stat: Cell::new(None),
        lstat: Cell::new(None),
    };
    Ok(Some(vm.alloc(entry).into_value()))
}

#[pymethods]
impl ScandirIterator {
    #[pymethod("close($self, /)")]
    fn close(_vm: &Vm, zelf: &Gc<ScandirIterator>) {
        zelf.closed.set(true);
        zelf.entries.set(Vec::new().into_iter());
    }

    #[pymethod("__enter__($self, /)")]
    fn enter(_vm: &Vm, zelf: &Value) -> Value {
        zelf.clone()
    }

    #[pymethod(no_text, "__exit__($self, /, *args)")]
    fn exit(vm: &Vm, zelf: &Gc<ScandirIterator>, _args: &[Value]) {
        ScandirIterator::close(vm, zelf);
    }
}

/// `scandir(path)`.
pub fn scandir(vm: &Vm, p: &Path) -> PyResult<Value> {
    let entries = read(vm, p)?;
    let mut prefix = p.bytes.clone();
    if p.fd.is_none() && prefix.last() != Some(&b'/') {
        prefix.push(b'/');
    }
    Ok(vm
        .alloc(ScandirIterator {
            entries: Guarded::new(entries.into_iter()),
            prefix: Guarded::new(prefix),
            fd: p.fd,
            is_bytes: p.is_bytes,
            closed: Cell::new(false),
        })
        .into_value())
}

/// The entries of a directory by name or descriptor.
pub fn read(vm: &Vm, p: &Path) -> PyResult<Vec<taipan_host::DirEntry>> {
    let r = vm.allow_threads(|| match p.fd {
        Some(fd) => vm.host().read_dir_fd(fd),
        None => vm.host().read_dir(&p.bytes),
    });
    p.check(vm, r)
}

/// What `scandir` yields.
#[pytype(name = "DirEntry", module = "posix", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct DirEntry {
    name: Value,
    /// A `str` or `bytes`.
    path: Value,
    #[notrace]
    dir: Option<Fd>,
    #[notrace]
    kind: FileKind,
    #[notrace]
    ino: u64,
    #[notrace]
    stat: Cell<Option<Stat>>,
    #[notrace]
    lstat: Cell<Option<Stat>>,
}

impl Slots for DirEntry {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(e) = v.downcast::<DirEntry>() else { return Err(vm.type_error("not a DirEntry")) };
    let name = vm.repr_text(&e.name)?;
    Ok(vm.new_str(&format!("<DirEntry {name}>")).into_value())
}

impl DirEntry {
    fn look(&self, vm: &Vm, follow: bool) -> PyResult<Result<Stat, HostError>> {
        let follow = follow && (self.kind == FileKind::Symlink || self.kind == FileKind::Unknown);
        let place = if follow { &self.stat } else { &self.lstat };
        if let Some(s) = place.get() {
            return Ok(Ok(s));
        }
        let bytes = util::path_bytes(vm, &self.path)?;
        let r = vm.allow_threads(|| vm.host().stat(At::dir(self.dir, &bytes), follow));
        if let Ok(s) = &r {
            place.set(Some(*s));
        }
        Ok(r)
    }

    fn is_kind(&self, vm: &Vm, follow: bool, kind: FileKind) -> PyResult<bool> {
        let known = match self.kind {
            FileKind::Unknown => false,
            FileKind::Symlink => !follow,
            _ => true,
        };
        if known {
            return Ok(self.kind == kind);
        }
        match self.look(vm, follow)? {
            Ok(s) => Ok(match kind {
                FileKind::Directory => s.is_dir(),
                FileKind::File => s.is_file(),
                FileKind::Symlink => s.is_symlink(),
                _ => false,
            }),
            Err(HostError::ENOENT) => Ok(false),
            Err(e) => Err(vm.os_error(e, Some(&self.path))),
        }
    }
}

#[pymethods]
impl DirEntry {
    /// Return True if the entry is a directory; cached per entry.
    #[pymethod("is_dir($self, /, *, follow_symlinks=True)")]
    fn is_dir(vm: &Vm, zelf: &Gc<DirEntry>, follow_symlinks: bool) -> PyResult<bool> {
        zelf.is_kind(vm, follow_symlinks, FileKind::Directory)
    }

    /// Return True if the entry is a file; cached per entry.
    #[pymethod("is_file($self, /, *, follow_symlinks=True)")]
    fn is_file(vm: &Vm, zelf: &Gc<DirEntry>, follow_symlinks: bool) -> PyResult<bool> {
        zelf.is_kind(vm, follow_symlinks, FileKind::File)
    }

    /// Return True if the entry is a symbolic link; cached per entry.
    #[pymethod("is_symlink($self, /)")]
    fn is_symlink(vm: &Vm, zelf: &Gc<DirEntry>) -> PyResult<bool> {
        zelf.is_kind(vm, false, FileKind::Symlink)
    }

    /// Return True if the entry is a junction; cached per entry.
    #[pymethod("is_junction($self, /)")]
    fn is_junction(_vm: &Vm, _zelf: &Gc<DirEntry>) -> bool {
        false
    }

    /// Return stat_result object for the entry; cached per entry.
    #[pymethod("stat($self, /, *, follow_symlinks=True)")]
    fn stat(vm: &Vm, zelf: &Gc<DirEntry>, follow_symlinks: bool) -> PyResult<Value> {
        match zelf.look(vm, follow_symlinks)? {
            Ok(s) => stat_result(vm, &s),
            Err(e) => Err(vm.os_error(e, Some(&zelf.path))),
        }
    }

    /// Return inode of the entry; cached per entry.
    #[pymethod("inode($self, /)")]
    fn inode(_vm: &Vm, zelf: &Gc<DirEntry>) -> u64 {
        zelf.ino
    }

    /// Returns the path for the entry.
    #[pymethod("__fspath__($self, /)")]
    fn fspath(_vm: &Vm, zelf: &Gc<DirEntry>) -> Value {
        zelf.path.clone()
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> PyResult<Value> {
        let types = util::import(vm, "types")?;
        vm.call_method(&types, "GenericAlias", &[cls.clone(), object.clone()])
    }

    /// the entry's base filename, relative to scandir() "path" argument
    #[pygetter("name")]
    fn name(_vm: &Vm, zelf: &Gc<DirEntry>) -> Value {
        zelf.name.clone()
    }

    /// the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)
    #[pygetter("path")]
    fn path(_vm: &Vm, zelf: &Gc<DirEntry>) -> Value {
        zelf.path.clone()
    }
}

/// The path argument of `scandir` and `listdir`.
pub fn directory(vm: &Vm, func: &str, v: Option<&Value>) -> PyResult<Path> {
    match v {
        Some(v) => path(vm, func, "path", v, May::FdOrNone),
        None => path(vm, func, "path", &Value::NONE, May::FdOrNone),
    }
}
