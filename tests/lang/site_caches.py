# Sites that remember: several classes and shapes at one place, classes and metaclasses that change under them, special
# methods entered by the loop, generators that are closed or fail at odd moments. Each loop warms a site up first.
import sys


class A:
    kind = "A"

    def __init__(self, x):
        self.x = x

    def name(self):
        return "A.name"


class B(A):
    kind = "B"

    def __init__(self, x):
        self.y = 0
        self.x = x

    def name(self):
        return "B.name"


class C:
    __slots__ = ("x", "kind")

    def __init__(self, x):
        self.x, self.kind = x, "C"

    def name(self):
        return "C.name"


class D:
    x = "class x"
    kind = property(lambda self: "D")

    def __getattr__(self, name):
        return lambda: f"D.{name}"


def polymorphic(things):
    out = []
    for t in things:
        out.append((t.x, t.kind, t.name()))
    return out


things = [A(1), B(2), C(3), D()] * 5
assert polymorphic(things) == polymorphic(things[:4]) * 5
print(polymorphic(things[:4]))
B.kind = "B2"
A.name = lambda self: "new A.name"
things[0].name = lambda: "own name"
del things[2].kind
try:
    polymorphic(things[:4])
except AttributeError as e:
    print(e)
things[2].kind = 7
print(polymorphic(things[:4]))


def store(things, v):
    for t in things:
        t.x = v


store(things[:4] * 3, "new")
print([t.x for t in things[:4]], D.x)
A.x = property(lambda self: "a property")
try:
    store(things[:4], "newer")
except AttributeError as e:
    print(e)
print(things[0].x, things[1].x)


class Meta(type):
    pass


class Colour(metaclass=Meta):
    RED = 1

    def f(x=5):
        return x


def of_class(n):
    out = []
    for i in range(n):
        if i == n - 3:
            Colour.RED = 2
        if i == n - 2:
            Meta.RED = property(lambda cls: "from the metaclass")
        if i == n - 1:
            del Meta.RED, Colour.RED
        try:
            out.append((Colour.RED, Colour.f()))
        except AttributeError as e:
            out.append(str(e))
    return out


print(of_class(8)[3:])


class Grid:
    def __init__(self):
        self.d = {}

    def __getitem__(self, key):
        return self.d[key]

    def __setitem__(self, key, value):
        self.d[key] = value
        return "nobody wants this"


def items(g, n):
    out = []
    for i in range(n):
        if i == n - 2:
            Grid.__getitem__ = lambda self, key: ("replaced", key)
        if i == n - 1:
            Grid.__getitem__.__code__ = (lambda self, *rest: ("other code", rest)).__code__
        g[i, 0] = i
        g[1] = g[i, 0]
        out.append(g[1])
    return out


print(items(Grid(), 6))


class NoItem:
    pass


for broken in (NoItem(), 5):
    try:
        broken[0] = 1
    except TypeError as e:
        print(e)


class Init:
    def __init__(self):
        yield


try:
    Init()
except TypeError as e:
    print(e)


class Setter:
    def __setitem__(self, k, v):
        yield


s = Setter()
s[0] = 1

# Generators.
log = []


class Logged:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)


def plain():
    a = Logged("plain")
    yield 1
    yield 2


def guarded():
    a = Logged("guarded")
    try:
        yield 1
    finally:
        log.append("finally")


def delegating():
    yield from guarded()


for make in (plain, guarded, delegating):
    g = make()
    next(g)
    g.close()
    print(make.__name__, log, g.gi_frame, list(g))
    log.clear()
    g = make()
    next(g)
    del g
    print(log)
    log.clear()


def stops():
    yield 1
    raise StopIteration("inside")


try:
    list(stops())
except RuntimeError as e:
    print(e, repr(e.__cause__))


def again():
    class Late:
        def __del__(self):
            try:
                log.append(next(me))
            except StopIteration:
                log.append("stopped")

    late = Late()
    yield 1


me = again()
print(list(me), log)


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


print(sum(tree(10)), any(x > 3 for x in tree(6)), sorted(set(x % 5 for x in range(50))))
frame = None


def framed():
    global frame
    frame = sys._getframe()
    seen = 1
    yield
    seen = 2
    yield


g = framed()
next(g)
print(frame is g.gi_frame, frame.f_locals["seen"], frame.f_back)
next(g)
print(frame.f_locals["seen"])
del g
print(frame.f_locals)

# Slices and unpacking.
l = list(range(10))
print(l[::-1], l[5:2:-1], l[2:5:-1], l[-1:-20:-1], l[::-3])
l[2:5] = l[4:1:-1]
l[:] = l[:3]
print(l)
a, b, c, d, e, f, g, h, i, j, k = range(11)
(a, b, c, d, e, f, g, h, i, j, k) = [k, j, i, h, g, f, e, d, c, b, a]
print(a, b, c, d, e, f, g, h, i, j, k)
try:
    (a, b, c, d, e, f, g, h, i) = [1] * 8
except ValueError as e:
    print(e)

# Floats whose words are at the edges.
edges = [0.0, -0.0, 2.0**-255, -(2.0**-255), 2.0**-254, 2.0**256, 2.0**257, -(2.0**257), 5e-324, 1.7e308, float("inf")]
for x in edges:
    y = x + 0.0
    print(x, y, x * 1.0, x == y, -x, abs(x), hash(x) == hash(y))


# An attribute that is an instance's here and a method there: what the site remembers of the one holds after the other.
class Both:
    def __init__(self, act=None):
        self.first = 1
        if act is not None:
            self.act = act

    def act(self):
        return "method"


class Other(Both):
    pass


def bound(obj):
    f = obj.act
    return f()


plain, own, other = Both(), Both(lambda: "own"), Other()
print([bound(x) for x in [own, plain, own, other, own, plain] * 3])
