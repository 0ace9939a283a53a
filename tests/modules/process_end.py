# What a program's end lets the program see of the objects that die then.
import os
import subprocess
import sys
import tempfile

CASES = {
    "finalizer of a global": "class D:\n def __del__(self): print('del', self.n)\nd = D(); d.n = 1",
    "finalizer in a cycle": "class D:\n def __del__(self, print=print): print('del')\nd = D(); d.me = d; del d",
    "finalizer in a function's cell": (
        "class D:\n def __del__(self, print=print): print('del')\ndef f():\n d = D()\n return lambda: d\ng = f()"
    ),
    "suspended generator": (
        "def f(print=print):\n try:\n  yield 1\n finally: print('closed')\ng = f(); next(g); me = [g]; me.append(me)"
    ),
    "generator that has not begun": "def f():\n try:\n  yield 1\n finally: print('closed')\ng = f()",
    "callback of a weak reference": (
        "import weakref\nclass C: pass\nc = C()\nr = weakref.ref(c, lambda r, print=print: print('gone'))"
    ),
    "exit function": "import atexit\natexit.register(print, 'exit')\nclass D:\n def __del__(self, print=print): print('del')\nd = D()",
    "stream in place of stdout": "import io, sys\nsys.stdout = io.TextIOWrapper(open(1, 'wb', closefd=False))\nprint('kept')",
    "stream besides stdout": "import io\nf = io.TextIOWrapper(open(1, 'wb', closefd=False))\nf.write('kept\\n')",
    "stdout renamed": "import sys\nsys.stdout.write('kept')\nsys.stdout = None",
    "nothing": "print('hello', end='')",
    "status": "import sys\nsys.exit(3)",
}

for name, code in CASES.items():
    r = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    print(f"{name}: {r.returncode} {r.stdout!r} {r.stderr!r}")

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "f")
    subprocess.run([sys.executable, "-c", f"f = open({path!r}, 'w'); f.write('text')"])
    with open(path) as f:
        print("file left open:", repr(f.read()))

r = subprocess.run(
    [sys.executable, "-c", "async def f(): pass\nc = f()"], capture_output=True, text=True
)
print("coroutine:", "was never awaited" in r.stderr)
