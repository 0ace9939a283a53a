"""'Did you mean' in tracebacks, and other hints."""
import re, traceback
def show(code):
    try:
        exec(compile(code, "<code>", "exec"), {})
    except BaseException as e:
        print(code.replace("\n", "; "), "->", re.sub(r" \([^()]*/[^()]*\)", " (PATH)", traceback.format_exception_only(e)[-1].strip()))
for code in ("prnt(1)", "[].apend(1)", "import colections", "from collections import OrderDict", "value = 1\nprint(valeu)", "'x'.uper()", "class A:\n def foo(self): self.bar()\n def baz(self): self.fo()\nA().baz()",
             "class A:\n def f(self): foo_attr\n foo_attr = 1\nA().f()", "class A:\n x = 1\n def f(self): return x\nA().f()", "int.from_byte(b'')", "max(1, 2, kee=len)", "sorted([1], revers=True)", "print(1, edn='')", "def f(alpha): pass\nf(alpah=1)",
             "import os\nos.pth", "time.sleep(1)", "math", "raise ImportError('x')", "xyzzy_nothing", "None.foo", "(1).real()", "len(5)", "'%s' + 1", "1 + '1'", "[] + ()", "{} | []", "None[0]", "None()", "for x in None: pass", "a, b = None",
             "x: int = y", "del nope", "import sys.nope", "from os import pathh", "exit(", "class A(B): pass", "async def f(): pass\nawait_ = f\nfor x in f(): pass", "with 1: pass", "class C: __slots__ = ()\nC().x = 1", "object().x = 1", "int.x = 1", "f'{undefined!r}'", "lambda: x\n(lambda: nope)()", "global_ = 1; globl_"):
    show(code)
