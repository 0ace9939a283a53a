//! A read-only folder that lies in the program instead of on the disk: its files can be read like any other's.

use std::sync::Arc;

use crate::{DirEntry, FileKind, Stat, TimeSpec};

/// What lies at a path of a tree. Paths have no leading or trailing slash; the root is the empty path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Folder,
    /// Its size in bytes.
    File(usize),
}

/// The contents of a mounted folder.
pub trait Tree: Send + Sync {
    fn entry(&self, path: &str) -> Option<Entry>;
    /// A file's bytes.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
    /// Names in a folder.
    fn list(&self, path: &str) -> Vec<String>;
}

/// A tree and where it stands.
#[derive(Clone)]
pub struct Mount {
    pub root: Vec<u8>,
    pub tree: Arc<dyn Tree>,
}

impl std::fmt::Debug for Mount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mount").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Mount {
    /// The path within the tree, if the absolute path leads there.
    pub(crate) fn inside(&self, path: &[u8]) -> Option<String> {
        let rest = path.strip_prefix(&*self.root)?;
        if !rest.is_empty() && rest[0] != b'/' {
            return None;
        }
        let mut parts = Vec::new();
        for part in std::str::from_utf8(rest).ok()?.split('/') {
            match part {
                "" | "." => {}
                // Out of the tree: the disk's business, which says that the executable is no folder.
                ".." => _ = parts.pop()?,
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }

    /// The state of what lies there: owned by root, readable by all, as old as the epoch.
    pub(crate) fn stat(&self, path: &str) -> Option<Stat> {
        let (mode, size, nlink) = match self.tree.entry(path)? {
            Entry::Folder => (libc::S_IFDIR | 0o555, 0, 2),
            Entry::File(size) => (libc::S_IFREG | 0o444, size as i64, 1),
        };
        // Any number that is the path's own will do: FNV-1a.
        let ino = path
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        let epoch = TimeSpec { seconds: 0, nanoseconds: 0 };
        Some(Stat {
            mode,
            ino,
            dev: u64::MAX,
            nlink,
            uid: 0,
            gid: 0,
            size,
            atime: epoch,
            mtime: epoch,
            ctime: epoch,
            blksize: 4096,
            blocks: (size + 511) / 512,
            rdev: 0,
        })
    }

    pub(crate) fn read_dir(&self, path: &str) -> Vec<DirEntry> {
        let entry = |name: String| {
            let full = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let kind = match self.tree.entry(&full) {
                Some(Entry::Folder) => FileKind::Directory,
                _ => FileKind::File,
            };
            DirEntry { ino: self.stat(&full).map_or(0, |s| s.ino), name: name.into_bytes(), kind }
        };
        self.tree.list(path).into_iter().map(entry).collect()
    }
}
