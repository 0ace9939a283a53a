"""Byte code from files is refused or runs; it never brings the machine down. Mutations come from a generator of our own, so
that they are the same everywhere."""

import builtins
import io
import marshal
import signal
import sys
import types

SOURCE = '''
def f(a, b=2, *args, c=3, **kw):
    x = [i * a for i in range(b)]
    try:
        y = {k: v for k, v in kw.items() if v}
        for i, q in enumerate(x):
            if q > 3:
                continue
    except (ValueError, TypeError) as e:
        y = str(e)
    finally:
        z = lambda: (a, y)
    return x, y, z(), f"{a!r:>{b}} {x}", args[1:2], c
def g(n):
    for i in range(n):
        r = yield i
class C(Exception):
    def __init__(self): self.q = 1; super().__init__('x')
def w(v):
    match v:
        case [1, *rest]: return rest
        case {'a': x, **r}: return x, r
def nl():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    return inner()
def gen[T](a: T) -> T: return a
f(1, 3, 4, 5, z=1); list(g(3)); C(); w([1, 2]); w({'a': 1}); nl(); gen(1)
'''


class Stop(BaseException):
    pass


def stop(*args):
    raise Stop


def numbers(seed):
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        yield seed >> 33


good = marshal.dumps(compile(SOURCE, "src", "exec"))
signal.signal(signal.SIGALRM, stop)
out, sys.stdout, sys.stderr = sys.stdout, io.StringIO(), io.StringIO()
refused = loaded = 0
for seed in range(600):
    n = numbers(seed)
    code = bytearray(good)
    for _ in range(1 + next(n) % 3):
        at = next(n) % len(code)
        match next(n) % 4:
            case 0: code[at] = next(n) & 255
            case 1: code[at] ^= 1 << next(n) % 8
            case 2: code[at] = (code[at] + 1) & 255
            case 3: code[at:at + 4] = code[(other := next(n) % len(code)):other + 4]
    if seed % 40 == 0:
        del code[next(n) % len(code):]
    try:
        value = marshal.loads(bytes(code))
    except (ValueError, EOFError, TypeError):
        refused += 1
        continue
    if not isinstance(value, types.CodeType):
        continue
    loaded += 1
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        exec(value, {"__name__": "x", "__builtins__": builtins})
    except BaseException:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
sys.stdout = out
print(refused > 100, loaded > 20)
