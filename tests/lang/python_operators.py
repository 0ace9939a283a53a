# Operators whose methods are written in Python: they run as frames of the same loop, and what they answer may be NotImplemented.
import sys
import traceback


class V:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return f"V({self.x!r})"

    def __add__(self, other):
        if isinstance(other, V):
            return V(self.x + other.x)
        if isinstance(other, int):
            return V(self.x + other)
        return NotImplemented

    def __sub__(self, other):
        return NotImplemented

    def __rsub__(self, other):
        return "rsub"

    def __mul__(self, other):
        yield self.x
        yield other

    def __truediv__(self, other):
        raise ZeroDivisionError("in the method")

    def __mod__(self, other):
        return None

    def __matmul__(self, other):
        return sys._getframe(1).f_lineno - sys._getframe(1).f_code.co_firstlineno

    def __lshift__(self, other, more=None):
        return "shifted", more

    def __floordiv__(self, other):
        return self // other

    def __and__(self, other):
        return self

    __or__ = lambda self, other: other
    __xor__ = staticmethod(lambda other: ("static", other))


class W(V):
    def __radd__(self, other):
        return "W.radd"


class L(list):
    def __add__(self, other):
        return NotImplemented

    def __mul__(self, other):
        return NotImplemented


class R:
    def __radd__(self, other):
        return "R.radd"

    def __rsub__(self, other):
        return NotImplemented


class I:
    def __init__(self):
        self.log = []

    def __add__(self, other):
        self.log.append("add")
        return self

    def __iadd__(self, other):
        self.log.append("iadd")
        return self


class Loud:
    def __init__(self, name):
        self.name = name

    def __add__(self, other):
        print("adding", self.name, other.name)
        return Loud(self.name + other.name)

    def __del__(self):
        print("gone", self.name)


def attempt(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


def add(a, b):
    return a + b


def iadd(a, b):
    a += b
    return a


def sub(a, b):
    return a - b


def isub(a, b):
    a -= b
    return a


def results():
    for a, b in ((V(1), V(2)), (V(1), 2), (V(1), 2.5), (V(1), "s"), (V(1), W(2)), (W(1), V(2)), (W(1), W(2)), (V(1), R()), (1, V(1)),
                 (L([1]), [2]), (L([1]), L([2])), (L([1]), 2), (V(1), V(3))):
        attempt(add, a, b)
        attempt(iadd, a, b)
    for a, b in ((V(1), V(2)), (V(1), 2), (V(1), W(2)), (V(1), R()), (2, V(1)), (V(1), None)):
        attempt(sub, a, b)
        attempt(isub, a, b)
    i = I()
    i += 1
    i = i + 1
    print(i.log)
    print(list(V(1) * 5), V(1) % 2, V(1) << 2, V(1) & V(2), V(1) | V(2))
    attempt(lambda: V(1) ^ 2)
    attempt(lambda: L([1]) * 2)
    attempt(lambda: L([1]) * "x")
    attempt(lambda: V(1) // V(2))
    print(V(1) + V(2) + V(3) + 4 + (V(5) + 6))


def errors():
    try:
        v = V(1)
        v / 2
    except ZeroDivisionError:
        print([(f.name, f.line) for f in traceback.extract_tb(sys.exc_info()[2])])
    try:
        V(1) + V("s")
    except TypeError as e:
        print(e, [f.name for f in traceback.extract_tb(e.__traceback__)])

    def line():
        one = V(1)

        return (one
                @ V(2))
    print(line())


def dying():
    x = Loud("a") + Loud("b") + Loud("c")
    print("made", x.name)
    a = Loud("d")
    a = a + a
    print("again", a.name)
    del a
    del x


def changing():
    a, b = V(1), V(2)
    seen = []
    for k in range(5):
        seen.append(add(a, b))
        if k == 1:
            V.__add__ = lambda self, other: "changed"
        elif k == 2:
            V.__iadd__ = lambda self, other: "in place"
            seen.append(iadd(a, b))
        elif k == 3:
            del V.__add__, V.__iadd__
            break
    print(seen)
    attempt(add, a, b)


def in_generators():
    class N:
        def __init__(self, n):
            self.n = n

        def __mul__(self, other):
            return N(self.n * other.n)

    def product(items):
        p = N(1)
        for item in items:
            p = p * item
            yield p.n
    print(list(product(N(k) for k in range(1, 8))))

    async def co():
        return (N(6) * N(7)).n
    try:
        co().send(None)
    except StopIteration as e:
        print(e.value)


def watched():
    class N:
        def __add__(self, other):
            if isinstance(other, str):
                return NotImplemented
            return 5

        def __sub__(self, other):
            sys.settrace(tracer)
            return NotImplemented
    events = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name in ("__add__", "__radd__", "__sub__"):
            events.append((frame.f_code.co_name, event, arg))
        return tracer
    n = N()
    print(add(n, 1))
    sys.settrace(tracer)
    add(n, 1)
    try:
        add(n, "s")
    except TypeError as e:
        print(e)
    sys.settrace(None)
    print(events)
    events.clear()
    try:
        n - 1
    except TypeError as e:
        print(e)
    sys.settrace(None)
    print([e[:2] for e in events])


def profiled():
    calls = []

    def profiler(frame, event, arg):
        if event in ("call", "return"):
            calls.append((frame.f_code.co_name, event))
    v = V(1)
    V.__add__ = lambda self, other: 1
    add(v, v)
    sys.setprofile(profiler)
    add(v, v)
    sys.setprofile(None)
    print(calls)


for f in (results, errors, dying, changing, in_generators, watched, profiled):
    print("--", f.__name__)
    f()
