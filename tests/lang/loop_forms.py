# Forms of instructions and shortcuts that the loop takes on its own, each beside the general way that it must agree with.
import array
import builtins
import sys


# Natives that the loop does itself: for their own arguments, for others, and when the names mean something else.
def lengths(values):
    return [len(v) for v in values]


class Sized:
    def __len__(self):
        return 7


print(lengths(["", "abc", "ä€", b"xy", [], [1], (1, 2), {}, {1: 2}, {3}, range(4), Sized()]))
for bad in (5, None, object()):
    try:
        lengths([bad])
    except TypeError as e:
        print(e)


class AnyClass(type):
    def __instancecheck__(cls, obj):
        return "checked"


class Meta(metaclass=AnyClass):
    pass


class Pretender:
    __class__ = int


def kinds(pairs):
    return [isinstance(a, b) for a, b in pairs]


print(kinds([(1, int), (True, int), (1, str), ("", (int, str)), (1, int | str), (1, Meta), (Pretender(), int), (Pretender(), str), ([], object)] * 2))
try:
    kinds([(1, 2)])
except TypeError as e:
    print(e)


class Loud(list):
    def append(self, v):
        super().append(v)
        print("loud", v)


def fill(out, n):
    for i in range(n):
        out.append(i)
    return out


print(fill([], 5), fill(Loud(), 2), fill(array.array("i"), 3))
shared = []
fill(shared, 3).append(shared)
print(shared)


def counted():
    return len("four")


for new in (None, lambda v: "replaced", None):
    if new is None:
        globals().pop("len", None)
    else:
        globals()["len"] = new
    print([counted(), counted()])
old = builtins.len
builtins.len = lambda v: "everywhere"
print(counted(), counted())
builtins.len = old
print(counted(), counted())


# Globals that change while code that remembers them runs.
number = 0


def count_to(n):
    global number
    number = 0
    while number < n:
        number += 1
    return number


def read():
    return number


print(count_to(3), read(), count_to(500), read())
del number
try:
    read()
except NameError as e:
    print(e)
number = "back"
print(read())


# One call site, all kinds of callables.
def plain(a, b=2, *rest, c=3, **more):
    return a, b, rest, c, more


def defaults(a, b="b", c="c"):
    return a, b, c


class Maker:
    def __init__(self, a, b=0):
        self.pair = a, b

    def method(self, a, b="m"):
        return "method", a, b

    @classmethod
    def of_class(cls, a):
        return cls.__name__, a

    @staticmethod
    def alone(a):
        return "alone", a

    def __call__(self, a):
        return "called", a

    def __repr__(self):
        return f"Maker{self.pair}"


def call(f):
    return f(1)


maker = Maker(0)
out = []
for f in [plain, defaults, maker.method, maker, Maker, Maker.of_class, maker.alone, out.append, [1, 1].count, str, int, tuple.__len__, "x".join] * 2:
    try:
        print(call(f))
    except TypeError as e:
        print(type(e).__name__, e)
print(out)
maker.method = out.pop
print(maker.method(), maker.method(), out)


def from_generator(f):
    yield f(1)
    yield defaults(1)
    yield defaults(1, 2)
    yield defaults(1, 2, 3)
    yield defaults(1, c=4)


print(list(from_generator(plain)), list(from_generator(defaults)))
defaults.__defaults__ = ("new",)
try:
    defaults(1)
except TypeError as e:
    print(e)
print(defaults(1, 2))
keywords = {"b": 5, "c": 6}
print(plain(1, **keywords), plain(**{"a": 0}, **keywords), {**keywords, "b": 7}, {**{}, **keywords})
for call_badly in (lambda: plain(1, **{"a": 2}), lambda: plain(1, **{3: 4}), lambda: plain(1, **keywords, **{"c": 1})):
    try:
        call_badly()
    except TypeError as e:
        print(e)


# Items by number of what is no list.
def item(v, i):
    return v[i]


for v in ("text", "täxt", b"by", bytearray(b"ab"), array.array("d", [1.5, 2.5]), array.array("b", [-1, 1]), (1, 2), [3, 4], range(5, 9)):
    print([item(v, i) for i in (0, 1, -1)], end=" ")
    try:
        item(v, 99)
    except IndexError as e:
        print(e)


def store(v, i, x):
    try:
        v[i] = x
        return v
    except (TypeError, ValueError, OverflowError, IndexError) as e:
        return f"{type(e).__name__}: {e}"


print(store(array.array("d", [0.0]), 0, 2.5), store(array.array("d", [0.0]), 0, 3), store(array.array("d", [0.0]), 0, "x"))
print(store(array.array("B", [0]), 0, 255), store(array.array("B", [0]), 0, 256), store(array.array("B", [0]), 1, 0))
print(store(bytearray(2), 1, 7), store(bytearray(2), 1, 300), store(bytearray(2), 2, 0), store("abc", 0, "x"))


# What dies at a return, and at the end of a generator, sees a consistent world.
class Dying:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("dies", self.name, sys._getframe(1).f_code.co_name if self.name == "seen" else "")


def returns_other():
    a, b, c = Dying("a"), 3, Dying("c")
    return b


def returns_one():
    a, b = Dying("a"), Dying("b")
    return b


def returns_nothing():
    a = [Dying("in a list")]


print(returns_other())
kept = returns_one()
print(kept.name)
del kept
returns_nothing()


def generates():
    a = Dying("generator's")
    yield 1
    b = Dying("other")
    yield 2
    return 3


print(list(generates()), sum(generates()), max(x for x in generates()))


def delegates():
    print("got", (yield from generates()))


print(list(delegates()))
g = generates()
print(next(g), next(g), next(g, "end"), next(g, "end"))


# Results that are taken apart at once.
def pair(a, b):
    return a, b


def triple():
    return [1], "x", Dying("third")


x, y = pair(1, "two")
p, q, r = triple()
print(x, y, p, q, r.name)
del r
x, y = y, x
print(x, y)
kept = pair(1, 2)
x, y = kept
print(x, y, kept)
for bad in (lambda: pair(1, 2) + (3,), lambda: (1,), lambda: "ab"):
    try:
        x, y = bad()
        print(x, y)
    except ValueError as e:
        print(e)


# Methods of native classes, read from the class.
def named(cls):
    return cls.__repr__


print([named(c) is named(c) for c in (dict, list, dict, int, Maker, type)], named(dict)({}), dict.get({1: 2}, 1))
print([m("b") for m in ("abc".index, "bb".count, "b".__eq__)])


# Coroutines that end, raise and wait, driven by hand.
class Wait:
    def __await__(self):
        got = yield "wait"
        return got


async def inner(n):
    if n == 0:
        return await Wait()
    return await inner(n - 1)


async def outer():
    try:
        return [await inner(3), await inner(0)]
    except KeyError as e:
        return f"caught {e!r}"


def drive(coro, *sent):
    try:
        print(coro.send(None), end=" ")
        for v in sent:
            print(coro.throw(v) if isinstance(v, Exception) else coro.send(v), end=" ")
    except StopIteration as e:
        print("->", e.value)


drive(outer(), 1, 2)
drive(outer(), 1, KeyError("k"))
drive(outer(), KeyError("first"))


# Lists put together, and parts of lists replaced: what others know of stays as it is.
def joined(a, b):
    return a[:] + b + a[1:] + [9], a + a[:1], a[:0] + a


def replaced(l, new):
    l[:] = new
    l[1:2] = new[:1] + new
    l[:] = l[::-1] + l[:1]
    return l


class Piece(list):
    def __add__(self, other):
        return "added"


a, b = [1, 2, 3], [4]
print(joined(a, b), a, b, joined(Piece(a), b)[1:], (a[:] + b) is a, [] + b is b)
new = [7, 8]
print(replaced(a, new), new, a, replaced(a, (5, 6)), replaced([1], new), new)
a[:] = a
a[1:] = a
print(a)
for bad in (lambda: a[:] + (1,), lambda: a[:] + None, lambda: (1,) + a[:]):
    try:
        bad()
    except TypeError as e:
        print(e)
print([1, 2, 3, 4][::-1], [1, 2, 3, 4][3:0:-2], "text"[::2], (1, 2, 3)[-1:-4:-1])
