//! A host for tests: files in memory, captured output, a clock that moves when told.
//!
//! What it does not model (processes, sockets, signals) it refuses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    Accounts, At, Clock, DirEntry, Entropy, Environment, Fd, FileKind, FileSystem, Files, Host, HostError,
    HostResult, Locale, Maps, Polling, Process, RealHost, Signals, Sockets, Stat, Terminal, TimeSpec, Tm,
};

#[derive(Clone)]
enum Content {
    Directory,
    File(Arc<Mutex<Vec<u8>>>),
    Symlink(Vec<u8>),
}

#[derive(Clone)]
struct Node {
    content: Content,
    ino: u64,
    mode: u32,
    mtime_ns: i64,
}

struct Open {
    path: Vec<u8>,
    node: Node,
    position: usize,
    flags: i32,
}

enum Handle {
    Stdin,
    Stdout,
    Stderr,
    File(Open),
}

struct State {
    nodes: BTreeMap<Vec<u8>, Node>,
    handles: BTreeMap<Fd, Handle>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
    cwd: Vec<u8>,
    stdin: Vec<u8>,
    stdin_position: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    realtime_ns: i64,
    monotonic_ns: i64,
    next_ino: u64,
    random: u64,
}

/// See the module.
pub struct MemoryHost {
    state: Mutex<State>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for MemoryHost {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryHost {
    /// An empty root, no variables, the first second of 2025.
    #[must_use]
    pub fn new() -> Self {
        let mut state = State {
            nodes: BTreeMap::new(),
            handles: BTreeMap::from([(0, Handle::Stdin), (1, Handle::Stdout), (2, Handle::Stderr)]),
            environment: Vec::new(),
            cwd: b"/".to_vec(),
            stdin: Vec::new(),
            stdin_position: 0,
            stdout: Vec::new(),
            stderr: Vec::new(),
            realtime_ns: 1_735_689_600_000_000_000,
            monotonic_ns: 1_000_000_000,
            next_ino: 1,
            random: 0,
        };
        state.insert(b"/".to_vec(), Content::Directory, 0o755);
        Self { state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Puts a file there, with the directories above it.
    pub fn add_file(&self, path: &str, content: impl Into<Vec<u8>>) {
        let mut state = self.state();
        let path = state.absolute(path.as_bytes());
        for (at, _) in path.iter().enumerate().skip(1).filter(|&(_, &byte)| byte == b'/') {
            if !state.nodes.contains_key(&path[..at]) {
                state.insert(path[..at].to_vec(), Content::Directory, 0o755);
            }
        }
        state.insert(path, Content::File(Arc::new(Mutex::new(content.into()))), 0o644);
    }

    #[must_use]
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        let state = self.state();
        match &state.nodes.get(&state.absolute(path.as_bytes()))?.content {
            Content::File(data) => Some(locked(data).clone()),
            _ => None,
        }
    }

    pub fn set_stdin(&self, text: impl Into<Vec<u8>>) {
        let mut state = self.state();
        state.stdin = text.into();
        state.stdin_position = 0;
    }

    /// Takes what was written to descriptor 1.
    #[must_use]
    pub fn take_stdout(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().stdout)
    }

    /// Takes what was written to descriptor 2.
    #[must_use]
    pub fn take_stderr(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().stderr)
    }

    pub fn set_realtime_ns(&self, now: i64) {
        self.state().realtime_ns = now;
    }

    /// Moves both clocks.
    pub fn advance_ns(&self, by: i64) {
        let mut state = self.state();
        state.realtime_ns += by;
        state.monotonic_ns += by;
    }
}

impl State {
    fn insert(&mut self, path: Vec<u8>, content: Content, mode: u32) {
        let ino = self.next_ino;
        self.next_ino += 1;
        self.nodes.insert(path, Node { content, ino, mode, mtime_ns: self.realtime_ns });
    }

    /// Absolute and without `.`, `..` and doubled slashes.
    fn absolute(&self, path: &[u8]) -> Vec<u8> {
        let mut parts: Vec<&[u8]> = Vec::new();
        let start: &[u8] = if path.first() == Some(&b'/') { b"" } else { &self.cwd };
        for part in start.split(|&byte| byte == b'/').chain(path.split(|&byte| byte == b'/')) {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let mut joined = Vec::new();
        for part in parts {
            joined.push(b'/');
            joined.extend_from_slice(part);
        }
        if joined.is_empty() { b"/".to_vec() } else { joined }
    }

    fn at(&self, at: At<'_>) -> HostResult<Vec<u8>> {
        if at.path.is_empty() {
            return Err(HostError::ENOENT);
        }
        if at.is_cwd() || at.path[0] == b'/' {
            return Ok(self.absolute(at.path));
        }
        match self.handles.get(&at.dir) {
            Some(Handle::File(open)) => Ok(self.absolute(&[&open.path, b"/".as_slice(), at.path].concat())),
            Some(_) => Err(HostError::ENOTDIR),
            None => Err(HostError::EBADF),
        }
    }

    /// Follows links at the end of a path only: enough for tests.
    fn resolve(&self, mut path: Vec<u8>, follow: bool) -> HostResult<(Vec<u8>, Node)> {
        for _ in 0..40 {
            let node = self.nodes.get(&path).ok_or_else(|| self.missing(&path))?;
            match &node.content {
                Content::Symlink(target) if follow => {
                    path = self.absolute(&[parent(&path), b"/", target].concat());
                }
                _ => return Ok((path, node.clone())),
            }
        }
        Err(HostError(libc::ELOOP))
    }

    /// ENOTDIR when something on the way is a file.
    fn missing(&self, path: &[u8]) -> HostError {
        let mut up = parent(path);
        while up.len() > 1 {
            if let Some(node) = self.nodes.get(up) {
                return if matches!(node.content, Content::File(_)) {
                    HostError::ENOTDIR
                } else {
                    HostError::ENOENT
                };
            }
            up = parent(up);
        }
        HostError::ENOENT
    }

    fn parent_must_exist(&self, path: &[u8]) -> HostResult<()> {
        match self.nodes.get(parent(path)).map(|node| &node.content) {
            Some(Content::Directory) => Ok(()),
            Some(_) => Err(HostError::ENOTDIR),
            None => Err(self.missing(path)),
        }
    }

    fn children<'a>(&'a self, path: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a Node)> {
        self.nodes
            .iter()
            .filter(move |(name, _)| name.len() > 1 && parent(name) == path)
            .map(|(name, node)| (name.rsplit(|&byte| byte == b'/').next().unwrap_or(name), node))
    }

    fn file_mut(&mut self, fd: Fd) -> HostResult<&mut Open> {
        match self.handles.get_mut(&fd) {
            Some(Handle::File(open)) => Ok(open),
            Some(_) => Err(HostError::ESPIPE),
            None => Err(HostError::EBADF),
        }
    }

    fn add_handle(&mut self, handle: Handle) -> Fd {
        let fd = (0..Fd::MAX).find(|fd| !self.handles.contains_key(fd)).unwrap_or(Fd::MAX);
        self.handles.insert(fd, handle);
        fd
    }
}

fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        None | Some(0) => b"/",
        Some(at) => &path[..at],
    }
}

fn data_of(node: &Node) -> HostResult<Arc<Mutex<Vec<u8>>>> {
    match &node.content {
        Content::File(data) => Ok(Arc::clone(data)),
        _ => Err(HostError::EISDIR),
    }
}

fn stat_of(node: &Node) -> Stat {
    let (kind, size) = match &node.content {
        Content::Directory => (libc::S_IFDIR, 0),
        Content::File(data) => (libc::S_IFREG, locked(data).len()),
        Content::Symlink(target) => (libc::S_IFLNK, target.len()),
    };
    let time = TimeSpec {
        seconds: node.mtime_ns.div_euclid(1_000_000_000),
        nanoseconds: node.mtime_ns.rem_euclid(1_000_000_000),
    };
    Stat {
        mode: kind | node.mode,
        ino: node.ino,
        dev: 1,
        nlink: 1,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        atime: time,
        mtime: time,
        ctime: time,
        blksize: 4096,
        blocks: i64::try_from(size.div_ceil(512)).unwrap_or(i64::MAX),
        ..Stat::default()
    }
}

impl Host for MemoryHost {}
impl Signals for MemoryHost {}
impl Sockets for MemoryHost {}
impl Polling for MemoryHost {}
impl Terminal for MemoryHost {}
impl Accounts for MemoryHost {}
impl Maps for MemoryHost {}
impl Locale for MemoryHost {}
impl crate::Semaphores for MemoryHost {}
impl crate::SystemLog for MemoryHost {}

impl Process for MemoryHost {
    fn exit_now(&self, status: i32) -> ! {
        panic!("the program under test asked to end the process with status {status}")
    }

    fn abort(&self) -> ! {
        panic!("the program under test asked to abort the process")
    }
}

impl Files for MemoryHost {
    fn open(&self, at: At<'_>, flags: i32, mode: u32, _inheritable: bool) -> HostResult<Fd> {
        let mut state = self.state();
        let path = state.at(at)?;
        let writes = flags & libc::O_ACCMODE != libc::O_RDONLY;
        let (path, node) = match state.resolve(path.clone(), flags & libc::O_NOFOLLOW == 0) {
            Ok(_) if flags & libc::O_CREAT != 0 && flags & libc::O_EXCL != 0 => {
                return Err(HostError::EEXIST);
            }
            Ok(found) => found,
            Err(HostError::ENOENT) if flags & libc::O_CREAT != 0 => {
                state.parent_must_exist(&path)?;
                state.insert(path.clone(), Content::File(Arc::default()), mode & 0o777);
                state.resolve(path, false)?
            }
            Err(error) => return Err(error),
        };
        match &node.content {
            Content::Directory if writes => return Err(HostError::EISDIR),
            Content::Symlink(_) => return Err(HostError(libc::ELOOP)),
            Content::File(_) if flags & libc::O_DIRECTORY != 0 => return Err(HostError::ENOTDIR),
            Content::File(data) if writes && flags & libc::O_TRUNC != 0 => locked(data).clear(),
            _ => {}
        }
        Ok(state.add_handle(Handle::File(Open { path, node, position: 0, flags })))
    }

    fn close(&self, fd: Fd) -> HostResult<()> {
        self.state().handles.remove(&fd).map(drop).ok_or(HostError::EBADF)
    }

    fn read(&self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        let mut state = self.state();
        let state = &mut *state;
        let copy = |from: &[u8], position: &mut usize, buffer: &mut [u8]| {
            let rest = from.get(*position..).unwrap_or(&[]);
            let length = rest.len().min(buffer.len());
            buffer[..length].copy_from_slice(&rest[..length]);
            *position += length;
            length
        };
        match state.handles.get_mut(&fd).ok_or(HostError::EBADF)? {
            Handle::Stdin => Ok(copy(&state.stdin, &mut state.stdin_position, buffer)),
            Handle::File(open) if open.flags & libc::O_ACCMODE != libc::O_WRONLY => {
                let data = data_of(&open.node)?;
                let data = locked(&data);
                Ok(copy(&data, &mut open.position, buffer))
            }
            _ => Err(HostError::EBADF),
        }
    }

    fn write(&self, fd: Fd, data: &[u8]) -> HostResult<usize> {
        let mut state = self.state();
        let state = &mut *state;
        match state.handles.get_mut(&fd).ok_or(HostError::EBADF)? {
            Handle::Stdout => state.stdout.extend_from_slice(data),
            Handle::Stderr => state.stderr.extend_from_slice(data),
            Handle::File(open) if open.flags & libc::O_ACCMODE != libc::O_RDONLY => {
                let file = data_of(&open.node)?;
                let mut file = locked(&file);
                if open.flags & libc::O_APPEND != 0 {
                    open.position = file.len();
                }
                let end = open.position.checked_add(data.len()).ok_or(HostError(libc::EFBIG))?;
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[open.position..end].copy_from_slice(data);
                open.position = end;
            }
            _ => return Err(HostError::EBADF),
        }
        Ok(data.len())
    }

    fn lseek(&self, fd: Fd, offset: i64, whence: i32) -> HostResult<i64> {
        let mut state = self.state();
        let open = state.file_mut(fd)?;
        let base = match whence {
            libc::SEEK_SET => 0,
            libc::SEEK_CUR => open.position,
            libc::SEEK_END => locked(&*data_of(&open.node)?).len(),
            _ => return Err(HostError::EINVAL),
        };
        let position = i64::try_from(base).ok().and_then(|base| base.checked_add(offset));
        let position = position.filter(|&position| position >= 0).ok_or(HostError::EINVAL)?;
        open.position = usize::try_from(position).map_err(|_| HostError::EINVAL)?;
        Ok(position)
    }

    fn ftruncate(&self, fd: Fd, length: i64) -> HostResult<()> {
        let mut state = self.state();
        let open = state.file_mut(fd)?;
        let length = usize::try_from(length).map_err(|_| HostError::EINVAL)?;
        locked(&*data_of(&open.node)?).resize(length, 0);
        Ok(())
    }

    fn fsync(&self, fd: Fd) -> HostResult<()> {
        self.state().file_mut(fd).map(drop)
    }

    fn fstat(&self, fd: Fd) -> HostResult<Stat> {
        match self.state().handles.get(&fd).ok_or(HostError::EBADF)? {
            Handle::File(open) => Ok(stat_of(&open.node)),
            _ => Ok(Stat { mode: libc::S_IFIFO | 0o600, ..Stat::default() }),
        }
    }

    fn get_inheritable(&self, _fd: Fd) -> HostResult<bool> {
        Ok(false)
    }

    fn set_inheritable(&self, _fd: Fd, _inheritable: bool) -> HostResult<()> {
        Ok(())
    }
}

impl FileSystem for MemoryHost {
    fn stat(&self, at: At<'_>, follow: bool) -> HostResult<Stat> {
        let state = self.state();
        let path = state.at(at)?;
        state.resolve(path, follow).map(|(_, node)| stat_of(&node))
    }

    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<DirEntry>> {
        let state = self.state();
        let (path, node) = state.resolve(state.at(At::cwd(path))?, true)?;
        if !matches!(node.content, Content::Directory) {
            return Err(HostError::ENOTDIR);
        }
        let entry = |(name, node): (&[u8], &Node)| DirEntry {
            name: name.to_vec(),
            ino: node.ino,
            kind: match node.content {
                Content::Directory => FileKind::Directory,
                Content::File(_) => FileKind::File,
                Content::Symlink(_) => FileKind::Symlink,
            },
        };
        Ok(state.children(&path).map(entry).collect())
    }

    fn mkdir(&self, at: At<'_>, mode: u32) -> HostResult<()> {
        let mut state = self.state();
        let path = state.at(at)?;
        if state.nodes.contains_key(&path) {
            return Err(HostError::EEXIST);
        }
        state.parent_must_exist(&path)?;
        state.insert(path, Content::Directory, mode & 0o777);
        Ok(())
    }

    fn rmdir(&self, at: At<'_>) -> HostResult<()> {
        let mut state = self.state();
        let (path, node) = state.resolve(state.at(at)?, false)?;
        if !matches!(node.content, Content::Directory) {
            return Err(HostError::ENOTDIR);
        }
        if state.children(&path).next().is_some() {
            return Err(HostError::ENOTEMPTY);
        }
        state.nodes.remove(&path);
        Ok(())
    }

    fn unlink(&self, at: At<'_>) -> HostResult<()> {
        let mut state = self.state();
        let (path, node) = state.resolve(state.at(at)?, false)?;
        if matches!(node.content, Content::Directory) {
            return Err(HostError::EISDIR);
        }
        state.nodes.remove(&path);
        Ok(())
    }

    fn rename(&self, from: At<'_>, to: At<'_>) -> HostResult<()> {
        let mut state = self.state();
        let (from, _) = state.resolve(state.at(from)?, false)?;
        let to = state.at(to)?;
        state.parent_must_exist(&to)?;
        let prefix = [from.as_slice(), b"/"].concat();
        if to.starts_with(&prefix) {
            return Err(HostError::EINVAL);
        }
        let moved: Vec<Vec<u8>> =
            state.nodes.keys().filter(|name| **name == from || name.starts_with(&prefix)).cloned().collect();
        for old in moved {
            if let Some(node) = state.nodes.remove(&old) {
                let new = [to.as_slice(), &old[from.len()..]].concat();
                state.nodes.insert(new, node);
            }
        }
        Ok(())
    }

    fn symlink(&self, target: &[u8], at: At<'_>) -> HostResult<()> {
        let mut state = self.state();
        let path = state.at(at)?;
        if state.nodes.contains_key(&path) {
            return Err(HostError::EEXIST);
        }
        state.parent_must_exist(&path)?;
        state.insert(path, Content::Symlink(target.to_vec()), 0o777);
        Ok(())
    }

    fn readlink(&self, at: At<'_>) -> HostResult<Vec<u8>> {
        let state = self.state();
        match state.resolve(state.at(at)?, false)?.1.content {
            Content::Symlink(target) => Ok(target),
            _ => Err(HostError::EINVAL),
        }
    }

    fn access(&self, at: At<'_>, _mode: i32, _effective_ids: bool, follow: bool) -> HostResult<()> {
        self.stat(at, follow).map(drop)
    }

    fn getcwd(&self) -> HostResult<Vec<u8>> {
        Ok(self.state().cwd.clone())
    }

    fn chdir(&self, path: &[u8]) -> HostResult<()> {
        let mut state = self.state();
        let (path, node) = state.resolve(state.at(At::cwd(path))?, true)?;
        if !matches!(node.content, Content::Directory) {
            return Err(HostError::ENOTDIR);
        }
        state.cwd = path;
        Ok(())
    }
}

impl Environment for MemoryHost {
    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.state().environment.clone()
    }

    fn setenv(&self, name: &[u8], value: &[u8]) -> HostResult<()> {
        self.unsetenv(name)?;
        self.state().environment.push((name.to_vec(), value.to_vec()));
        Ok(())
    }

    fn unsetenv(&self, name: &[u8]) -> HostResult<()> {
        if name.is_empty() || name.contains(&b'=') {
            return Err(HostError::EINVAL);
        }
        self.state().environment.retain(|(key, _)| key != name);
        Ok(())
    }
}

impl Entropy for MemoryHost {
    /// A counter: tests want the same bytes each time.
    fn random_bytes(&self, buffer: &mut [u8]) -> HostResult<()> {
        let mut state = self.state();
        for byte in buffer {
            state.random =
                state.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state.random >> 56) as u8;
        }
        Ok(())
    }

    fn getrandom(&self, buffer: &mut [u8], _flags: u32) -> HostResult<usize> {
        self.random_bytes(buffer).map(|()| buffer.len())
    }
}

impl Clock for MemoryHost {
    fn clock_gettime(&self, clock: i32) -> HostResult<i64> {
        let state = self.state();
        Ok(if clock == libc::CLOCK_REALTIME { state.realtime_ns } else { state.monotonic_ns })
    }

    fn clock_getres(&self, _clock: i32) -> HostResult<i64> {
        Ok(1)
    }

    /// Sleeping takes no time outside.
    fn sleep_until(&self, deadline: i64) -> HostResult<()> {
        let mut state = self.state();
        let by = (deadline - state.monotonic_ns).max(0);
        state.monotonic_ns += by;
        state.realtime_ns += by;
        Ok(())
    }

    fn gmtime(&self, seconds: i64) -> HostResult<Tm> {
        RealHost::new().gmtime(seconds)
    }

    fn localtime(&self, seconds: i64) -> HostResult<Tm> {
        RealHost::new().gmtime(seconds)
    }
}
