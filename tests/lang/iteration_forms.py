# What `for` remembers of what it goes over, pairs that are taken apart without being made, generators made without a call.
import sys


def show(*args):
    print(*args)


# One site, many kinds of iterators.
class Counts:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        k = 0
        while k < self.n:
            yield k
            k += 1


class Next:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if not self.n:
            raise StopIteration
        self.n -= 1
        return self.n


class Items:
    def __getitem__(self, i):
        if i == 3:
            raise IndexError
        return i * 10


def gen(n):
    for k in range(n):
        yield k


def over(it):
    out = []
    for x in it:
        out.append(x)
    return out


kinds = [range(3), [1, 2], (3, 4), "ab", b"xy", {5: 6}, {7}, gen(3), Counts(3), Next(3), Items(), iter([8, 9]), map(str, [1]),
         zip("ab", "cd"), enumerate("ab"), {1: 2}.items(), reversed([1, 2]), range(1 << 62, (1 << 62) + 2), [], (), range(0),
         gen(0), filter(None, [0, 1]), reversed(range(3)), range(5, -5, -3), bytearray(b"z"), memoryview(b"z")]
for k in range(len(kinds)):
    show(over(kinds[k]))
for first in ([1, 2], range(2), (1, 2), gen(2), enumerate("ab"), Next(2)):
    def over(it):
        out = []
        for x in it:
            out.append(x)
        return out
    show(over(first), over([5]), over(range(1)), over((6,)), over(gen(1)), over("s"), over(enumerate("e")))


# Lists that change while they are gone over.
l = [1, 2, 3]
for x in l:
    if x < 10:
        l.append(x * 10)
show(l)
l = list(range(6))
for x in l:
    l.remove(x)
show(l)
it = iter([1])
for _ in it:
    pass
show(next(it, "end"))


# Pairs.
def pairs(it):
    out = []
    for a, b in it:
        out.append((a, b))
    return out


def with_list(it):
    return [b for a, b in it]


for make in (lambda: enumerate([7, 8, 9]), lambda: enumerate((7, 8)), lambda: enumerate(range(3), 5), lambda: enumerate("ab"),
             lambda: enumerate(gen(3)), lambda: enumerate([1, 2], (1 << 62) - 1), lambda: enumerate([1], 1 << 80),
             lambda: zip([1, 2], (3, 4, 5)), lambda: zip(range(3), [1]), lambda: zip([1, 2, 3], gen(2)), lambda: zip("ab", "c"),
             lambda: zip([], [1]), lambda: zip([1], []), lambda: {1: 2, 3: 4}.items(), lambda: iter({"k": None}.items()),
             lambda: [(1, 2), [3, 4], "xy"], lambda: zip([1, 2], [3, 4], strict=True), lambda: zip(*[iter([1, 2, 3, 4, 5])] * 2),
             lambda: enumerate([]), lambda: {}.items(), lambda: gen(0)):
    show(pairs(make()), with_list(make()))
for make in (lambda: enumerate([7, 8]), lambda: zip([1], [2]), lambda: {1: 2}.items()):
    def pairs(it):
        out = []
        for a, b in it:
            out.append((a, b))
        return out
    show(pairs(make()), pairs(zip([1, 2], [3, 4])), pairs(enumerate("a")), pairs({5: 6}.items()), pairs([[1, 2]]))
a, b = iter([1, 2, 3]), iter([4, 5])
for x, y in zip(a, b):
    show(x, y)
show(next(a, "end"), next(b, "end"))
for bad in (zip([1], [2], [3]), zip([1]), [1], [(1,)], ["abc"]):
    try:
        pairs(bad)
    except (TypeError, ValueError) as e:
        show(type(e).__name__, e)
try:
    pairs(zip([1, 2], [1], strict=True))
except ValueError as e:
    show(e)
d = {1: 2, 3: 4}
try:
    for k, v in d.items():
        d[k + 10] = v
except RuntimeError as e:
    show(e, len(d))
d = {1: 2, 3: 4, 5: 6}
for k, v in d.items():
    d[k] = v * 2
show(d)
d = {1: 2, 3: 4}
try:
    for k, v in d.items():
        del d[k]
        d[k + 1] = v
except RuntimeError as e:
    show(e)
l = [1, 2, 3]
for i, x in enumerate(l):
    if i < 3:
        l.append(x)
show(l)
x = [0, 0]
for i, x[i] in enumerate([5, 6]):
    pass
show(x)
for i, i in enumerate([5, 6]):
    show(i)


class Dies:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        show("del", self.n)


def dying():
    for i, o in enumerate([Dies(1), Dies(2)]):
        show(i)
    i = o = None
    show("after")
    for a, b in zip([Dies(3), Dies(4)], [Dies(5), Dies(6)]):
        show("pair")


dying()
seen = list(enumerate("ab")), list(zip("ab", "cd"))
keep = []
for p in enumerate("ab"):
    keep.append(p)
show(seen, keep)


# `dict.get`.
class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 1

    def __eq__(self, other):
        show("asked")
        return isinstance(other, Key) and self.n == other.n or other == self.n


class D(dict):
    def get(self, k, v=None):
        return "own", k


def get(d, k):
    return d.get(k), d.get(k, "default")


for d in ({1: "a", "s": "b", 2.0: "c", True: "d", None: "e"}, {}, D(), {Key(1): "key"}):
    for k in (1, "s", 2, 3, True, None, "absent", 1 << 80, (1,)):
        show(get(d, k))
    try:
        get(d, [])
    except TypeError as e:
        show(e)
for bad in (lambda: {}.get(), lambda: {}.get(1, 2, 3), lambda: {}.get(k=1)):
    try:
        bad()
    except TypeError as e:
        show(e)


# Generator expressions: where they are made and called at once.
def made(n):
    free = n
    inner = lambda: sum(free + x + n for x in range(n))
    return inner(), list(x for x in "ab"), (x for x in ()), [list(y * n for y in range(x)) for x in range(3)]


r = made(3)
show(r[0], r[1], type(r[2]).__name__, r[2].__name__, r[2].__qualname__, r[3])
for k in range(3):
    show(made(k)[0])
g = (x for x in [1])
show(g.gi_code.co_name, g.gi_frame.f_lineno > 0, g.gi_running, g.gi_suspended, list(g))
try:
    (x for x in 5)
except TypeError as e:
    show(e)


class Scope:
    names = [1, 2]
    total = sum(n for n in names)
    pairs = list((n, m) for n in names for m in range(n))


show(Scope.total, Scope.pairs)
calls = []


def profile(frame, event, arg):
    calls.append((event, frame.f_code.co_name if event[0] != "c" or event == "call" else arg.__name__))


def profiled():
    return sum(x for x in [1, 2]), list(Counts(1))


profiled()
sys.setprofile(profile)
profiled()
sys.setprofile(None)
show(calls)
lines = []


def trace(frame, event, arg):
    lines.append((event, frame.f_code.co_name, frame.f_lineno - profiled.__code__.co_firstlineno))
    return trace


sys.settrace(trace)
profiled()
for i, x in enumerate([1, 2]):
    pass
sys.settrace(None)
show(lines)


def deep(n):
    return sum(deep(n - 1) for _ in (1,)) + 1 if n else 0


show(deep(50))


# A frame outlives its generator.
def leaves():
    global frame
    x = "kept" * 2
    frame = sys._getframe()
    yield 1
    y = "later" * 2
    yield 2


for run in (lambda: [x for x in leaves()], lambda: sum(leaves()), lambda: list(leaves()), lambda: next(leaves())):
    run()
    junk = [object() for _ in range(100)], [gen(1) for _ in range(10)]
    show(sorted(frame.f_locals.items()))

show((0,) * 3, (1, 2) * 2, (1, 2) * 0, (1,) * -1, len((0,) * 300_000), ((1, "a") * 3)[-1])
n = 0
for i, x in enumerate(range(100_000)):
    n += i ^ x
for a, b in zip(range(100_000), [1] * 100_000):
    n += b
for k, v in dict.fromkeys(range(100_000), 2).items():
    n += v
for c in "ab" * 50_000:
    n += 1
for k in range(100_000):
    n += sum(x for x in (1,)) + {1: 2}.get(1)
show(n)
