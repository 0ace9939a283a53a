"""Exceptions: chaining, notes, groups, except*, tracebacks, finally order."""
import traceback, sys
def fail(n):
    if n == 0:
        raise ValueError("bottom")
    fail(n - 1)
try:
    fail(2)
except ValueError:
    print(traceback.format_exc())
try:
    try:
        1 / 0
    except ZeroDivisionError as e:
        raise KeyError("k") from e
except KeyError as e:
    print(repr(e.__cause__), repr(e.__context__), e.__suppress_context__)
    print(traceback.format_exc())
try:
    try:
        {}["missing"]
    except KeyError:
        int("x")
except ValueError as e:
    print(repr(e.__context__), e.__cause__)
    print("".join(traceback.format_exception(e)))
try:
    try:
        raise OSError(2, "No such file", "name")
    except OSError as e:
        print(type(e).__name__, e.errno, e.strerror, e.filename, e, e.args)
        raise RuntimeError("hidden") from None
except RuntimeError as e:
    print(traceback.format_exc())
e = ValueError("noted")
e.add_note("first note")
e.add_note("second\nnote")
try:
    raise e
except ValueError:
    print(traceback.format_exc())
    print(e.__notes__)

class Custom(Exception):
    def __init__(self, code): self.code = code
    def __str__(self): return f"code {self.code}"
try:
    raise Custom(7)
except (KeyError, Custom) as c:
    print(c, repr(c), c.args, c.code)
try:
    raise Custom
except TypeError as t:
    print(t)
for bad in ("raise 1", "raise int", "raise ValueError from 1"):
    try:
        exec(bad)
    except TypeError as t:
        print(t)

def group():
    return ExceptionGroup("eg", [ValueError(1), TypeError(2), ExceptionGroup("in", [ValueError(3), KeyError(4)])])
try:
    raise group()
except* ValueError as eg:
    print("V", eg, eg.exceptions)
except* (TypeError, KeyError) as eg:
    print("T", eg.exceptions)
try:
    try:
        raise group()
    except* KeyError:
        raise NameError("new")
except ExceptionGroup as eg:
    print(eg, [type(x).__name__ for x in eg.exceptions])
    print("".join(traceback.format_exception(eg)))
try:
    try:
        raise ValueError("plain")
    except* ValueError as eg:
        print(type(eg), eg.exceptions)
finally:
    print("finally")
m, r = group().split(ValueError)
print(m, r, group().subgroup(lambda x: isinstance(x, KeyError)).exceptions)
try:
    ExceptionGroup("x", [])
except ValueError as v:
    print(v)
try:
    ExceptionGroup("x", [1])
except ValueError as v:
    print(v)
print(BaseExceptionGroup("b", [KeyboardInterrupt()]).__class__, BaseExceptionGroup("b", [ValueError()]).__class__)

def order():
    log = []
    for i in range(3):
        try:
            log.append(i)
            if i == 1:
                break
        finally:
            log.append("f")
    try:
        try:
            raise KeyError
        finally:
            log.append("inner")
    except KeyError:
        log.append("outer")
    return log
print(order())
print(sys.exception())
try:
    raise ValueError("active")
except ValueError:
    print(sys.exc_info()[0], repr(sys.exception()))
    try:
        raise
    except ValueError as again:
        print("re-raised", again)
try:
    exec("raise")
except RuntimeError as r:
    print(r)
try:
    del again
    again
except NameError as n:
    print(n, n.name)
try:
    [].foo
except AttributeError as a:
    print(a, a.name, a.obj)
print(StopIteration(3).value, SystemExit(4).code, UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), ImportError("m", name="n").name)
print(issubclass(ModuleNotFoundError, ImportError), ZeroDivisionError.__mro__)
try:
    fail.__code__ = 1
except TypeError as t:
    print(t)
def deep(n): return deep(n + 1)
try:
    deep(0)
except RecursionError as r:
    print(r)
with_tb = None
try:
    fail(1)
except ValueError as x:
    with_tb = x
tb = with_tb.__traceback__
names = []
while tb:
    names.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
    tb = tb.tb_next
print(names)
print(with_tb.with_traceback(None).__traceback__)
