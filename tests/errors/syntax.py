"""SyntaxErrors: message, line, column."""
for source in ("x = ", "if x\n    pass", "def f(:\n pass", "print 1", "(1, 2", "1 +* 2", "'abc", '"""abc', "for x in y\n pass", "a b",
               "return 1", "yield 1", "break", "continue", "def f():\n  x\n   y", "  x", "if 1:\nx", "f(a=1, 2)", "f(**a, *b)", "1 = x", "f() = 1",
               "x + 1 = 2", "None = 1", "del f()", "nonlocal x", "def f():\n global x\n nonlocal x", "def f(a, a): pass", "def f(a=1, b): pass",
               "lambda: (yield)", "class A\n pass", "try:\n pass", "try:\n pass\nexcept:\n pass\nexcept A:\n pass", "import a.b as c.d",
               "from x import", "from . import *\ndef f():\n from a import *", "f'{'", "f'{}'", "f'{a b}'", "x := 1", "(x := 1) = 2", "0777", "1_",
               "0x", "1e", "5a", "'\\N{no such}'", "b'é'", "async def f(): yield from x", "await x", "[x for x in y if]", "{1: 2, 3}", "{**a for a in b}",
               "def f():\n return\n  x", "\tif x:\n        y", "a = [1,\n2", "}", "x = (1]", "raise x from", "with a as 1: pass", "assert (a, b) = 1",
               "print(a b)", "a = b c", "else: pass", "elif x: pass", "while True print(1)", "x = yield = 1", "f(x for x in y, 1)", "class A(x for x in y): pass",
               "match x:\n case 1: pass\n case: pass", "import", "global x = 1", "a, b += 1", "*a", "*a = 1", "def f(*): pass", "def f(*, **k): pass",
               "def f(/, a): pass", "x = 1 if 2", "not", "a and", "$", "a?b", "x = 'a' b'c'", "é = 1; ‘x’", "from __future__ import nope", "if x = 1: pass"):
    try:
        compile(source, "<test>", "exec")
    except SyntaxError as e:
        print(f"{source!r:50} {type(e).__name__}: {e.msg} [{e.lineno}:{e.offset}-{e.end_lineno}:{e.end_offset}]")
    else:
        print(f"{source!r:50} compiles")
