"""Events that auditing hooks see; what an exception's object says after a decoding error's handler."""
import codecs
import os
import pickle
import sys
import tempfile

seen = []
active = False


def hook(event, args):
    if active and not event.startswith(("object.__getattr__", "import", "sys.", "tempfile.", "os.listdir")):
        seen.append((event, args))


sys.addaudithook(hook)


def show(action):
    global active
    seen.clear()
    active = True
    try:
        action()
    except OSError as e:
        pass
    finally:
        active = False
    for event, args in seen:
        print(event, [str(a).replace(folder, "…") if isinstance(a, (str, int, bytes, tuple)) else type(a).__name__ for a in args])


class A:
    pass


class B:
    pass


class C(A):
    pass


def f(x=1):
    pass


def attributes():
    C.__name__ = "X"
    C.__qualname__ = "Y"
    C.__bases__ = (B,)
    a.__class__ = B
    f.__code__ = (lambda x: x).__code__
    f.__defaults__ = (2,)


folder = tempfile.mkdtemp()
name = os.path.join(folder, "file")
a = A()
show(attributes)
show(lambda: eval("1"))
show(lambda: compile(b"1", "file", "exec"))
show(lambda: open(name, "wb").close())
show(lambda: open(name, "a+").close())
show(lambda: os.close(os.open(name, os.O_RDONLY)))
show(lambda: os.rename(name, name + "2"))
show(lambda: os.remove(name + "2"))
show(lambda: os.mkdir(os.path.join(folder, "d"), 0o700))
show(lambda: os.rmdir(os.path.join(folder, "d")))
show(lambda: os.chdir(folder))
show(lambda: os.putenv("A_NAME", "value"))
show(lambda: pickle.loads(b"cbuiltins\nint\n."))
os.chdir("/")
os.rmdir(folder)


def replaced(e):
    e.object = b"abc\xff" if e.object != b"abc\xff" else b"q"
    return "\u4242", 1


def number(e):
    e.object = 42
    return "", 0


codecs.register_error("test.replaced", replaced)
codecs.register_error("test.number", number)
for encoding in "ascii", "utf-8", "utf-16", "utf-7":
    print(encoding, ascii(b"\xff".decode(encoding, "test.replaced")))
    try:
        b"\xff".decode(encoding, "test.number")
    except TypeError as e:
        print(e)
