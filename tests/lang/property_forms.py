# Properties and attributes of native objects, whose reads have forms of their own: the same as the general way.
import sys
from datetime import date
from fractions import Fraction


class P:
    def __init__(self, n):
        self._n = n

    @property
    def n(self):
        return self._n

    @property
    def twice(self):
        return self.n + self.n

    @property
    def bad(self):
        return self._missing

    @property
    def steps(self):
        yield self.n
        yield self.twice

    @property
    def deep(self):
        return self.deep


class Q(P):
    @property
    def n(self):
        return -super().n


def read(o):
    return o.n


def both(o):
    return o.n, o.twice, list(o.steps)


p, q = P(3), Q(4)
for _ in range(6):
    print(read(p), both(p), both(q), read(P(7)), P(8).n, [P(9)][0].twice)


def said(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


for _ in range(3):
    said(lambda: p.bad)
    said(lambda: p.deep)
    said(read, 5)


def generated(o, times):
    for _ in range(times):
        yield o.n
        yield o.twice


print(list(generated(p, 4)), sum(o.n for o in [p, q] * 3))

# The class changes.
for _ in range(4):
    read(p)
P.n = property(lambda self, more=5: (self._n, more))
print(read(p), read(p))
P.n.fget.__code__ = (lambda self, more=5: ("code", more)).__code__
print(read(p), read(p))
P.n = 6
print(read(p))
p.n = 7
print(read(p))
P.n = property(lambda self: "data")
print(read(p), p.__dict__)
del P.n
print(read(p))
P.__getattribute__ = lambda self, name: "all"
print(read(p))
del P.__getattribute__


class Dying:
    @property
    def last(self):
        return "read"

    def __del__(self):
        print("gone")


def last():
    return Dying().last


for _ in range(3):
    print(last())


# Attributes that native descriptors make.
def year(d):
    return d.year


class Day(date):
    year = "mine"


class Own(date):
    pass


for _ in range(3):
    print([year(d) for d in (date(2001, 2, 3), Own(2004, 5, 6), Day(2007, 8, 9))])
said(year, 5)
o = Own(2010, 11, 12)
for _ in range(3):
    year(o)
Own.year = property(lambda self: "later")
print(year(o), year(date(2013, 1, 1)))


def parts(x):
    return x.real, x.imag


for _ in range(3):
    print(parts(1), parts(2.5), parts(3 + 4j), parts(True), parts(Fraction(5, 6)))


def taken(e):
    return e.args, e.__class__.__name__


for e in (ValueError(1), KeyError(2), OSError("x"), ValueError(4)):
    print(taken(e))


def frame_line(f):
    return f.f_code.co_name, f.f_globals is globals()


for _ in range(3):
    print(frame_line(sys._getframe()))

# Watched, then not.
seen = []
sys.settrace(lambda f, event, arg: seen.append((event, f.f_code.co_name)))
r = P(1).twice if hasattr(P(1), "n") else None
d = year(date(2020, 1, 1))
sys.settrace(None)
print(d, [s for s in seen if s[1] in ("year", "n", "twice")])
