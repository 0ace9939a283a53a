//! The hosts do what the groups promise.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{
    AddrInfoHints, At, ClockGrant, DenyHost, Disposition, EntropyGrant, ForkExec, Host, HostError,
    MemoryHost, Policy, PollFd, RealHost, SocketAddress,
};

fn scratch(name: &str) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("taipan-host-{}-{name}", std::process::id()));
    path.into_os_string().into_encoded_bytes()
}

fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    [directory, b"/", name].concat()
}

#[test]
fn real_files_round_trip() {
    let host: &dyn Host = &RealHost::new();
    let directory = scratch("files");
    host.mkdir(At::cwd(&directory), 0o700).unwrap();
    let file = join(&directory, b"a");
    let fd = host.open(At::cwd(&file), libc::O_RDWR | libc::O_CREAT, 0o600, false).unwrap();
    assert_eq!(host.write(fd, b"hello").unwrap(), 5);
    assert_eq!(host.lseek(fd, 1, libc::SEEK_SET).unwrap(), 1);
    let mut buffer = [0; 10];
    assert_eq!(host.read(fd, &mut buffer).unwrap(), 4);
    assert_eq!(&buffer[..4], b"ello");
    assert!(!host.get_inheritable(fd).unwrap());
    assert_eq!(host.fstat(fd).unwrap().size, 5);
    host.close(fd).unwrap();
    assert_eq!(host.close(fd), Err(HostError::EBADF));
    let link = join(&directory, b"l");
    host.symlink(b"a", At::cwd(&link)).unwrap();
    assert_eq!(host.readlink(At::cwd(&link)).unwrap(), b"a");
    assert!(host.stat(At::cwd(&link), false).unwrap().is_symlink());
    assert!(host.stat(At::cwd(&link), true).unwrap().is_file());
    let mut names: Vec<_> = host.read_dir(&directory).unwrap().into_iter().map(|entry| entry.name).collect();
    names.sort();
    assert_eq!(names, [b"a", b"l"]);
    assert_eq!(host.rmdir(At::cwd(&directory)), Err(HostError::ENOTEMPTY));
    host.unlink(At::cwd(&link)).unwrap();
    host.unlink(At::cwd(&file)).unwrap();
    host.rmdir(At::cwd(&directory)).unwrap();
    assert_eq!(host.stat(At::cwd(b"a\0b"), true).unwrap_err(), HostError::EINVAL);
}

#[test]
fn real_child_and_pipe() {
    let host = RealHost::new();
    let host: &dyn Host = &host;
    let (read, write) = host.pipe2(libc::O_CLOEXEC).unwrap();
    let (error_read, error_write) = host.pipe2(libc::O_CLOEXEC).unwrap();
    let mut request = ForkExec {
        argv: vec![b"sh".to_vec(), b"-c".to_vec(), b"echo $X; exit 3".to_vec()],
        executables: vec![b"/nonexistent/sh".to_vec(), b"/bin/sh".to_vec()],
        close_fds: true,
        keep: vec![],
        cwd: Some(b"/".to_vec()),
        env: Some(vec![b"X=yes".to_vec()]),
        p2cread: -1,
        p2cwrite: -1,
        c2pread: read,
        c2pwrite: write,
        errread: -1,
        errwrite: -1,
        errpipe_read: error_read,
        errpipe_write: error_write,
        restore_signals: true,
        setsid: false,
        pgid: -1,
        gid: None,
        groups: None,
        uid: None,
        umask: -1,
    };
    let pid = host.fork_exec(&request).unwrap();
    host.close(write).unwrap();
    let mut buffer = [0; 64];
    assert_eq!(host.read(read, &mut buffer).unwrap(), 4);
    assert_eq!(&buffer[..4], b"yes\n");
    let (_, status) = host.waitpid(pid, 0).unwrap();
    assert_eq!(libc::WEXITSTATUS(status), 3);

    // A failing start is told through the pipe.
    request.executables = vec![b"/nonexistent/sh".to_vec()];
    (request.c2pread, request.c2pwrite) = (-1, -1);
    let pid = host.fork_exec(&request).unwrap();
    host.close(error_write).unwrap();
    let length = host.read(error_read, &mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"OSError:2:");
    host.waitpid(pid, 0).unwrap();
    host.close(read).unwrap();
    host.close(error_read).unwrap();
}

#[test]
fn real_sockets() {
    let host: &dyn Host = &RealHost::new();
    let server = host.socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
    host.bind(server, &SocketAddress::Inet { ip: [127, 0, 0, 1], port: 0 }).unwrap();
    host.listen(server, 1).unwrap();
    let address = host.getsockname(server).unwrap().unwrap();
    let client = host.socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
    host.connect(client, &address).unwrap();
    let (peer, from) = host.accept(server).unwrap();
    assert_eq!(from, host.getsockname(client).unwrap());
    assert_eq!(host.send(client, b"ping", 0).unwrap(), 4);
    let mut fds = [PollFd { fd: peer, events: libc::POLLIN, revents: 0 }];
    assert_eq!(host.poll(&mut fds, Some(1_000_000_000)).unwrap(), 1);
    let mut buffer = [0; 8];
    assert_eq!(host.recv(peer, &mut buffer, 0).unwrap(), 4);
    assert_eq!(host.select(&[peer], &[peer], &[], Some(0)).unwrap().write, [peer]);
    for fd in [server, client, peer] {
        host.close(fd).unwrap();
    }
    let found = host
        .getaddrinfo(
            Some(b"127.0.0.1"),
            Some(b"80"),
            AddrInfoHints {
                kind: libc::SOCK_STREAM,
                flags: libc::AI_NUMERICHOST,
                ..AddrInfoHints::default()
            },
        )
        .unwrap();
    assert_eq!(found[0].address, SocketAddress::Inet { ip: [127, 0, 0, 1], port: 80 });
    let (one, two) = host.socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
    let ancillary = crate::Ancillary {
        level: libc::SOL_SOCKET,
        kind: libc::SCM_RIGHTS,
        data: one.to_ne_bytes().to_vec(),
    };
    host.sendmsg(one, &[std::io::IoSlice::new(b"x")], &[ancillary], 0, None).unwrap();
    let got = host.recvmsg(two, &mut [std::io::IoSliceMut::new(&mut buffer)], 64, 0).unwrap();
    assert_eq!((got.count, got.ancillary.len(), got.ancillary[0].data.len()), (1, 1, 4));
    host.close(one).unwrap();
    host.close(two).unwrap();
}

#[test]
fn real_signals_are_noted() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let host: &dyn Host = &RealHost::new();
    host.set_notify(Some(Arc::new(|| {
        CALLS.fetch_add(1, Ordering::SeqCst);
    })));
    assert_eq!(host.set_action(libc::SIGUSR1, Disposition::Catch).unwrap(), Disposition::Default);
    host.raise_signal(libc::SIGUSR1).unwrap();
    assert_eq!(host.take_pending(), 1 << (libc::SIGUSR1 - 1));
    assert_eq!(host.take_pending(), 0);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    assert_eq!(host.set_action(libc::SIGUSR1, Disposition::Default).unwrap(), Disposition::Catch);
    host.set_notify(None);
}

#[test]
fn real_clock_and_calendar() {
    let host: &dyn Host = &RealHost::new();
    let before = host.monotonic_ns();
    host.sleep_until(before + 1_000_000).unwrap();
    assert!(host.monotonic_ns() >= before + 1_000_000);
    let tm = host.gmtime(0).unwrap();
    assert_eq!((tm.year, tm.month, tm.day, tm.weekday), (70, 0, 1, 4));
    assert_eq!(host.strftime(b"%Y-%m-%d", &tm).unwrap(), b"1970-01-01");
    let mut local = host.localtime(1_000_000_000).unwrap();
    assert_eq!(host.mktime(&mut local).unwrap(), 1_000_000_000);
}

#[test]
fn real_accounts_and_maps() {
    let host: &dyn Host = &RealHost::new();
    assert_eq!(host.user_by_id(0).unwrap().unwrap().name, b"root");
    assert!(host.user_by_name(b"no-such-user-here").unwrap().is_none());
    assert!(host.users().unwrap().iter().any(|user| user.uid == 0));
    let map = host
        .mmap(4096, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
        .unwrap();
    map.write(10, b"abc").unwrap();
    let mut buffer = [0; 3];
    map.read(10, &mut buffer).unwrap();
    assert_eq!(&buffer, b"abc");
    assert_eq!(map.write(4095, b"ab"), Err(HostError::EINVAL));
}

#[test]
fn denying_host_denies() {
    let inner = Arc::new(MemoryHost::new());
    inner.add_file("/data/a.txt", "inside");
    inner.add_file("/secret", "outside");
    {
        let real: &dyn Host = &*inner;
        real.symlink(b"/secret", At::cwd(b"/data/link")).unwrap();
    }
    let policy = Policy { read: vec![b"/data".to_vec()], ..Policy::default() };
    let host = DenyHost::new(inner, policy);
    let host: &dyn Host = &host;
    let fd = host.open(At::cwd(b"/data/a.txt"), libc::O_RDONLY, 0, false).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(host.read(fd, &mut buffer).unwrap(), 6);
    for path in [b"/secret".as_slice(), b"/data/../secret", b"/data/link", b"/database", b"data/a.txt"] {
        assert_eq!(host.open(At::cwd(path), libc::O_RDONLY, 0, false), Err(HostError::EACCES));
    }
    assert_eq!(host.open(At::cwd(b"/data/a.txt"), libc::O_RDWR, 0, false), Err(HostError::EACCES));
    assert_eq!(host.write(1, b"x"), Err(HostError::EBADF));
    assert_eq!(host.fork(), Err(HostError::EPERM));
    assert_eq!(host.socket(libc::AF_INET, libc::SOCK_STREAM, 0), Err(HostError::EPERM));
    assert!(host.environment().is_empty());
    assert_eq!(host.realtime_ns(), 0);
    assert_eq!(host.random_bytes(&mut buffer), Err(HostError::EPERM));
}

#[test]
fn seeded_entropy_repeats() {
    let make = || {
        let policy =
            Policy { entropy: EntropyGrant::Seeded(7), clock: ClockGrant::Frozen(5), ..Policy::default() };
        DenyHost::new(Arc::new(MemoryHost::new()), policy)
    };
    let bytes = |host: &dyn Host| {
        let mut buffer = [0; 13];
        host.random_bytes(&mut buffer).unwrap();
        buffer
    };
    let (one, two) = (make(), make());
    assert_eq!(bytes(&one), bytes(&two));
    assert_ne!(bytes(&one), [0; 13]);
    assert_eq!((&one as &dyn Host).realtime_ns(), 5);
}

#[test]
fn memory_host_keeps_files_and_output() {
    let memory = MemoryHost::new();
    memory.add_file("/a/b.txt", "x");
    memory.set_stdin("in");
    let host: &dyn Host = &memory;
    let mut buffer = [0; 8];
    assert_eq!(host.read(0, &mut buffer).unwrap(), 2);
    host.write(1, b"out").unwrap();
    assert_eq!(memory.take_stdout(), b"out");
    host.chdir(b"/a").unwrap();
    host.rename(At::cwd(b"b.txt"), At::cwd(b"../c.txt")).unwrap();
    assert_eq!(memory.file("/c.txt").unwrap(), b"x");
    assert_eq!(host.stat(At::cwd(b"/c.txt/d"), true).unwrap_err(), HostError::ENOTDIR);
    assert_eq!(host.rmdir(At::cwd(b"/a")), Ok(()));
    let now = host.monotonic_ns();
    host.sleep_until(now + 5).unwrap();
    assert_eq!(host.monotonic_ns(), now + 5);
}
