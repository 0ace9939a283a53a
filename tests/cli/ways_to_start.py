"""What options and variables do, what the program sees of them, and how programs end."""
import os, subprocess, sys, tempfile

def run(*args, env=None, stdin="", show=1, **more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LC_", "LANG"))}
    p = subprocess.run([sys.executable, *args], env={**clean, "LC_ALL": "C.UTF-8", **(env or {})}, text=True,
                       input=stdin, capture_output=True, **more)
    end = [line.replace(sys.executable, "PROGRAM") for line in p.stderr.splitlines() if line][-show:]
    print(*[a if len(a) < 90 else "..." for a in args], env or "", "->", p.returncode, repr(p.stdout[:300]), end)

FLAGS = "import sys; f = sys.flags; print(*[n + '=' + str(getattr(f, n)) for n in dir(f) if n.islower() and n[0] != '_' and not callable(getattr(f, n)) and n[:2] != 'n_' and getattr(f, n)])"
for args in (["-b"], ["-bb"], ["-B"], ["-d"], ["-E"], ["-I"], ["-O"], ["-OO"], ["-P"], ["-q"], ["-R"], ["-s"], ["-S"], ["-u"], ["-t"], ["-OOBsP"],
             ["-Xdev"], ["-X", "utf8"], ["-Xutf8=0"], ["-X", "int_max_str_digits=700"], ["-X", "warn_default_encoding"], ["-X", "gil=1"],
             ["-X", "thread_inherit_context=1"], ["-X", "context_aware_warnings=1"]):
    run(*args, "-c", FLAGS)
for name in ("DEBUG", "OPTIMIZE", "DONTWRITEBYTECODE", "NOUSERSITE", "UNBUFFERED", "SAFEPATH", "DEVMODE", "UTF8", "WARNDEFAULTENCODING"):
    for value in ("0", "1", "2", "x", ""):
        if (name, value) not in {("UTF8", "2"), ("UTF8", "x")}:
            run("-c", "import sys; f = sys.flags; print(f.debug, f.optimize, f.dont_write_bytecode, f.no_user_site, f.safe_path, f.dev_mode, f.utf8_mode, f.warn_default_encoding, sys.stdout.write_through)",
                env={"PYTHON" + name: value})
for args in (["-Z"], ["-c"], ["-m"], ["-W"], ["-X"], ["-J"], ["--nope"], ["--check-hash-based-pycs"], ["--check-hash-based-pycs", "x"]):
    run(*args, show=3)
for option in ("utf8=2", "int_max_str_digits=5", "int_max_str_digits", "cpu_count=0", "cpu_count=x", "importtime=3", "gil=0", "gil=2", "frozen_modules=x",
               "thread_inherit_context=2", "context_aware_warnings", "tracemalloc=x", "tracemalloc=-1"):
    run("-X", option, "-c", "", show=2)
for name, value in (("PYTHONHASHSEED", "x"), ("PYTHONHASHSEED", "-1"), ("PYTHONHASHSEED", "4294967296"), ("PYTHONUTF8", "2"), ("PYTHONMALLOC", "x"), ("PYTHON_GIL", "0"),
                    ("PYTHONINTMAXSTRDIGITS", "1"), ("PYTHONPROFILEIMPORTTIME", "4"), ("PYTHONTRACEMALLOC", "x"), ("PYTHON_THREAD_INHERIT_CONTEXT", "x")):
    run("-c", "", env={name: value}, show=2)
    run("-E", "-c", "", env={name: value})
for code in ("3", "None", "'text'", "-1", "256", "10**30", "True", "(1, 2)", "1.5", "'\\udc80'", "''"):
    run("-c", f"raise SystemExit({code})")
run("-c", "1/0")
run("-c", "import sys; sys.stdin.close(); sys.exit(7)")
run("-c", "import sys; sys.stdout.write('x')\nimport os; os.close(1)")
run("-c", "raise KeyboardInterrupt")
run("-c", "import atexit; atexit.register(lambda: print('late')); raise SystemExit(4)")
run("-c", "import threading, time; threading.Thread(target=lambda: (time.sleep(.1), print('thread'))).start(); raise SystemExit(5)")
run("-i", "-c", "raise SystemExit(3)", stdin="print(6)\n", show=2)
run("-i", "-q", "-c", "x = 1", stdin="print(x)\nraise SystemExit(9)\n")
run("-c", "x = 1", stdin="print(x + 1)\n", env={"PYTHONINSPECT": "1"})
run("-W", "error", "-c", "import warnings; warnings.warn('w')")
run("-Werror::UserWarning", "-Wignore", "-c", "import sys, warnings; print(sys.warnoptions); warnings.warn('w')")
run("-W", "nonsense", "-c", "print(1)")
run("-c", "import sys; print(sys.warnoptions)", env={"PYTHONWARNINGS": "once,,ignore::DeprecationWarning"})
for code in ("b'a' == 'a'", "'a' != b'a'", "b'a' == 1", "bytearray() == 'a'", "str(b'')", "'%s' % bytearray()", "b'a' < b'b'", "b'a' in [b'a']"):
    run("-b", "-c", "a = b'a'; " + code)
    run("-bb", "-c", code)
with tempfile.TemporaryDirectory() as folder:
    os.makedirs(folder + "/pkg"), os.makedirs(folder + "/dir")
    see = "import sys; print(sys.argv, sys.orig_argv[1:], sys.path[0] == PATH, __name__, __package__, __spec__ and __spec__.name)"
    for path, where in (("pkg/__init__.py", ""), ("pkg/__main__.py", "WHERE"), ("dir/__main__.py", "'dir'"), ("prog.py", "WHERE"), ("mod.py", "WHERE")):
        with open(folder + "/" + path, "w") as f:
            f.write(where and see.replace("PATH", where.replace("WHERE", repr(os.path.realpath(folder)))))
    import zipfile
    with zipfile.ZipFile(folder + "/arc.zip", "w") as z:
        z.writestr("__main__.py", see.replace("PATH", "'arc.zip'"))
    def here(*args, **more):
        p = subprocess.run([sys.executable, *args], cwd=folder, text=True, capture_output=True, **more)
        print(*[a if len(a) < 90 else "..." for a in args], "->", p.returncode, (p.stdout + p.stderr.replace(sys.executable, "PROGRAM")).replace(os.path.realpath(folder), "FOLDER").replace(folder, "FOLDER"), end="")
    for args in (["prog.py", "-x", "a"], ["./prog.py"], ["-u", "--", "prog.py", "--", "b"], ["-m", "mod", "1"], ["-mpkg", "-c"], ["dir", "2"], ["arc.zip", "3"]):
        here(*args)
    here("-", "q", input=see.replace("PATH", "''"))
    here(input=see.replace("PATH", "''"))
    here("-c", see.replace("PATH", "''"), "z")
    for args in (["-m", "nosuch"], ["-m", "pkg.nosuch"], ["-m", "os.path.nosuch"], ["-m", "email"], ["nosuch.py"], ["pkg/nosuch"]):
        here(*args)
    with open(folder + "/first.py", "w") as f:
        f.write("#!not python\nimport sys\nprint('second', sys._getframe().f_lineno)\n")
    here("-x", "first.py")
print("end")
