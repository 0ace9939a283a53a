"""open, os, os.path, pathlib, shutil, tempfile, glob, in a folder of our own."""
import glob, os, pathlib, shutil, stat, tempfile
from pathlib import *
with tempfile.TemporaryDirectory() as tmp:
    os.chdir(tmp)
    with open("t.txt", "w", encoding="utf-8", newline="\n") as f:
        print(f.write("línea 1\nline 2\n\nlast"), f.writable(), f.readable(), f.name, f.mode, f.encoding, f.closed, f.tell(), f.writelines(["!", "\n"]))
    print(f.closed, os.path.getsize("t.txt"))
    with open("t.txt", encoding="utf-8") as f: print(f.readline(), f.readlines(1), f.read(2), next(f, "end"), list(f), f.seek(0), f.read())
    with open("t.txt", "r+b") as f: print(f.read(3), f.seek(-3, os.SEEK_END), f.read(), f.seek(0), f.write(b"L"), f.truncate(20), f.peek(1)[:1] if hasattr(f, "peek") else "")
    with open("t.txt", "ab") as f: print(f.tell(), f.write(b"appended"), f.tell())
    with open("crlf", "w", newline="\r\n") as f: f.write("a\nb\n")
    print(open("crlf", "rb").read(), open("crlf").read(), open("crlf", newline="").readlines(), open("crlf", newline="\n").readline())
    try:
        open("t.txt", "x")
    except FileExistsError as e:
        print(type(e).__name__, e.filename, e.strerror)
    for bad in ("open('none')", "os.remove('none')", "os.mkdir('t.txt')", "os.listdir('t.txt')", "os.rmdir('none')", "open('.', 'w')", "os.rename('none', 'x')", "os.stat('none')", "open('t.txt').write('x')", "open('t.txt', 'w').read()", "open('t.txt', encoding='nope')", "open('t.txt', 'wr')", "open('t\\0xt')", "open(1.5)", "os.chdir('t.txt')", "Path('none').read_text()", "Path('t.txt').mkdir()"):
        try:
            eval(bad)
        except Exception as e:
            print(bad, "|", type(e).__name__, getattr(e, "strerror", None) or e, getattr(e, "filename", None))
    open("b.bin", "wb", buffering=0).write(bytes(range(10))); raw = open("b.bin", "rb", 0); buf = bytearray(4); print(raw.readinto(buf), buf, raw.read(2), raw.readall(), type(raw).__name__, type(open("b.bin", "rb")).__name__, type(open("b.bin", "r+b")).__name__, type(open("b.bin", "wb")).__name__)
    os.makedirs("d/e/f", exist_ok=True); Path("d/x.py").write_text("x"); Path("d/e/y.py").write_bytes(b"yy"); (Path("d") / "e" / "z.txt").touch()
    print(sorted(os.listdir("d")), sorted(e.name for e in os.scandir("d") if e.is_file()), [(os.path.relpath(a, "."), sorted(b), sorted(c)) for a, b, c in sorted(os.walk("d"))], sorted(glob.glob("d/**/*.py", recursive=True)), sorted(map(str, Path("d").rglob("*.py"))), sorted(p.name for p in Path("d").iterdir()), sorted(map(str, Path(".").glob("*.t?t"))))
    print(os.path.exists("d"), os.path.isdir("d"), os.path.isfile("d/x.py"), os.path.islink("d"), stat.S_ISDIR(os.stat("d").st_mode), os.stat("d/e/y.py").st_size, os.access("d", os.R_OK), Path("d/x.py").stat().st_size, Path("d").is_dir(), Path("nope").exists())
    os.rename("d/x.py", "d/w.py"); shutil.copy("d/w.py", "copy.py"); shutil.copytree("d", "d2"); shutil.move("copy.py", "moved.py"); os.symlink("t.txt", "link"); print(os.readlink("link"), os.path.islink("link"), os.path.realpath("link") == os.path.join(os.path.realpath(tmp), "t.txt"), os.path.samefile("link", "t.txt"), os.lstat("link").st_size, Path("link").is_symlink(), sorted(os.listdir("d2")))
    os.utime("t.txt", (1000, 2000.5)); print(os.path.getmtime("t.txt"), os.stat("t.txt").st_mtime_ns, os.stat("t.txt").st_atime); os.chmod("t.txt", 0o600); print(oct(os.stat("t.txt").st_mode & 0o777)); shutil.rmtree("d2"); os.remove("link"); os.unlink("moved.py"); os.replace("crlf", "t.txt"); print(sorted(os.listdir()), os.getcwd() == os.path.realpath(tmp))
    fd = os.open("low", os.O_RDWR | os.O_CREAT, 0o644); print(os.write(fd, b"hello"), os.lseek(fd, 1, 0), os.read(fd, 3), os.fstat(fd).st_size, os.ftruncate(fd, 2), os.close(fd), os.path.getsize("low"))
    try:
        os.close(fd)
    except OSError as e:
        print(e.strerror)
    with open("p.txt", "w") as f: print("a", 1, sep="-", end="$", file=f, flush=True)
    print(open("p.txt").read()); t = tempfile.NamedTemporaryFile("w+", suffix=".x", dir="."); t.write("q"); t.seek(0); print(t.read(), os.path.basename(t.name).endswith(".x")); t.close(); print([n for n in os.listdir() if n.endswith(".x")]); sp = tempfile.SpooledTemporaryFile(); sp.write(b"z"); sp.seek(0); print(sp.read()); sp.close()
    import fileinput, linecache, filecmp; open("l", "w").write("one\ntwo\n"); print(linecache.getline("l", 2), [l.rstrip() for l in fileinput.input("l")], filecmp.cmp("l", "l"))
    os.chdir("/")
print(os.path.exists(tmp), os.path.join("a", "/b", "c"), os.path.split("/a/b.c"), os.path.splitext("a.tar.gz"), os.path.basename("/a/"), os.path.dirname("/a/b"), os.path.normpath("a//b/../c/."), os.path.abspath("/a/../b"), os.path.relpath("/a/b", "/a/c"), os.path.commonpath(["/a/b", "/a/c"]), os.path.commonprefix(["abc", "abd"]), os.path.expanduser("x~"), os.path.expandvars("$NOPE_X/y"), os.path.isabs("/"), os.path.splitdrive("a"), os.path.splitroot("//a"))
p = PurePosixPath("/a/b/c.tar.gz"); print(p, repr(p), p.name, p.stem, p.suffix, p.suffixes, p.parent, list(p.parents), p.parts, p.with_suffix(".x"), p.with_name("n"), p.with_stem("s"), p.relative_to("/a"), p.is_absolute(), p / "d", p.joinpath("x", "y"), p.match("*.gz"), p.as_uri() if hasattr(p, "as_uri") else "", p == PurePosixPath("/a/b/../b/c.tar.gz"), PureWindowsPath("c:\\a\\b").drive, p.root, p.anchor, PurePath("a") < PurePath("b"), hash(p) == hash(PurePosixPath(p)), p.full_match("/a/**/*.gz"), PurePosixPath("a//b/./c"), str(PurePosixPath("")), os.fspath(p), PurePosixPath("a").with_segments("z"))
try:
    PurePosixPath("/a").relative_to("/b")
except ValueError as e:
    print(e)
