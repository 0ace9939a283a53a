"""Each shortcut of the interpreter beside what makes it inapplicable: redefined operators, mutated classes and globals in
the middle of a loop, overflow edges, exceptions inside."""

# -- calls: defaults, keywords, stars, from generators


def f(a, b=2, *, c=3, d=4):
    return (a, b, c, d)


def g(a, /, b, *args, k=None, **kw):
    return (a, b, args, k, sorted(kw.items()))


for _ in range(3):
    print(f(1), f(1, 5), f(a=1), f(1, d=9), f(b=7, a=6, c=5), f(1, **{"c": 8}), f(*[1, 2], d=0))
    print(g(1, 2), g(1, b=2), g(1, 2, 3, 4, k=5, z=6), g(*(1, 2, 3), **{"k": 1, "q": 2}))
for call in (
    lambda: f(),
    lambda: f(1, 2, 3),
    lambda: f(1, a=2),
    lambda: f(1, x=2),
    lambda: f(c=1),
    lambda: g(1, a=2),
    lambda: g(),
    lambda: f(*5),
    lambda: f(**5),
    lambda: f(**{1: 2}),
):
    try:
        call()
    except TypeError as e:
        print(e)
f.__defaults__ = (20,)
f.__kwdefaults__ = {"c": 30, "d": 40}
print(f(1))
f.__defaults__ = None
try:
    f(1)
except TypeError as e:
    print(e)


def gen(n):
    for i in range(n):
        x = yield f(i, i + 1, c=i) + (len(list(gen(i))),)
        if x:
            print("sent", x)


print(list(gen(4)))
it = gen(3)
next(it)
print(it.send("hello"))


def depth(n):
    yield n
    if n:
        yield from depth(n - 1)


print(sum(depth(50)))


# -- attributes: shapes, slots, properties, modules, many attributes


class A:
    k = "class"

    def __init__(self):
        self.x = 1

    def m(self):
        return "m"

    @property
    def p(self):
        return self.x * 2

    def __getitem__(self, i):
        return ("item", i)

    def __call__(self, *args, **kw):
        return ("called", args, kw)


objs = [A(), A(), A()]
for i, o in enumerate(objs * 3):
    print(o.k, o.m(), o.p, o.x, o[i], o(i), o(i, z=1), end=" | ")
    if i == 2:
        A.k = "changed"
        A.m = lambda self: "new m"
    if i == 4:
        objs[0].m = lambda: "instance m"
        objs[1].k = "instance k"
    if i == 5:
        A.p = property(lambda self: "other")
        A.__getitem__ = lambda self, i: "other item"
print()


class Many:
    def __init__(self):
        for i in range(40):
            setattr(self, f"a{i}", i)


def read(o):
    return o.a0, o.a5, o.a39


def write(o, v):
    o.a39 = v
    o.a5 = v


m1, m2 = Many(), Many()
for i in range(4):
    write(m1, i)
    write(m2, -i)
    print(read(m1), read(m2), end=" ")
    if i == 2:
        m1.__dict__["a39"] = "dict"
print()
import math


def module_attr():
    return math.pi


for i in range(5):
    print(module_attr(), end=" ")
    if i == 1:
        saved, math.pi = math.pi, 3
    if i == 2:
        del math.pi
        math.__getattr__ = lambda name: "from __getattr__ " + name
    if i == 3:
        math.pi = saved
print()
del math.__getattr__


class Liar:
    __class__ = int


print(isinstance(Liar(), int), isinstance(Liar(), str), isinstance(A(), Liar))

# -- globals and builtins that change while a loop reads them

G = 0


def read_global():
    return G


for i in range(5):
    print(read_global(), end=" ")
    G = [i]
    if i == 3:
        del globals()["G"]
        import builtins

        builtins.G = "builtin"
print()
del builtins.G

# -- arithmetic and comparison: mixed numbers, the edges of words, operators of subclasses

big = 1 << 62
for a in (1, -1, 2**53, 2**53 + 1, big - 1, -big, 2**70, 0.5, -0.0, 1e308, float("inf"), float("nan"), True):
    for b in (2, 0.25, 2**53 + 1, -3, 1e-300):
        row = [a + b, a - b, a * b, a < b, a == b, a >= b, b > a, a != b]
        try:
            row += [a / b, a // b, a % b]
        except OverflowError as e:
            row.append(str(e))
        print(row)


class F(float):
    def __add__(self, other):
        return "F.__add__"

    __radd__ = __add__

    def __lt__(self, other):
        return "F.__lt__"


print(F(1) + 1, 1 + F(1), 1.5 + F(1), F(1) < 2, 2 > F(1), F(1) * 2)


class S(str):
    def __eq__(self, other):
        return "S.__eq__"

    __hash__ = str.__hash__


print(S("a") == "a", "a" == S("a"), "a" == "a", "a" < "b", "é" < "z", "\ud800" == "\ud800")

# -- loops over built-ins that change under way

a = [1, 2, 3]
out = []
for x in a:
    out.append(x)
    if len(a) < 6:
        a.append(x * 10)
print(out)
for x in a:
    a.clear()
print(a, list(range(5, -6, -3)), [i for i in range(2**62 - 1, 2**62 + 2)])
z = zip([1, 2, 3], "ab")
print(list(z), list(zip([1], [2], strict=True)))
try:
    list(zip([1, 2], [3], strict=True))
except ValueError as e:
    print(e)
d = {1: 2, 3: 4}
try:
    for k, v in d.items():
        d[k + 10] = v
except RuntimeError as e:
    print(e)

# -- slices and unpacking

for seq in ([0, 1, 2, 3, 4], (0, 1, 2, 3, 4), "abcde", "aébcd", b"abcde", range(10, 60, 10)):
    print(seq[1:3], seq[:2], seq[-2:], seq[:], seq[4:1], seq[10:], seq[::-2], seq[: 2**70], seq[True:])
l = list(range(6))
l[1:3] = (10, 20, 30)
l[:1] = []
l[-1:] = l
l[2:2] = [7]
print(l)
l[1:3] = "xy"
l[:] = [1, 2, 3]
print(l)


class L(list):
    def __getitem__(self, i):
        return i

    def __setitem__(self, i, v):
        print("set", i, v)


s = L([1, 2, 3])
s[1:2] = [5]
print(s[0:2], s[5])
for value in ((1, 2), [1, 2], "ab", {1: 0, 2: 0}, iter((1, 2))):
    x, y = value
    print(x, y, end=" ")
print()
for value in ((1,), [1, 2, 3], "a", 5):
    try:
        x, y = value
    except (ValueError, TypeError) as e:
        print(e)
a, b, c, d, e, ff, gg, h, i = range(9)
print(i, h)
x = [1, 2]
x, y = x
print(x, y)

# -- strings that grow

s = t = "x" * 100
for i in range(200):
    s += "y"
    s = s + str(i)
print(len(s), len(t), hash(s) == hash(str(s)), s[-3:])
