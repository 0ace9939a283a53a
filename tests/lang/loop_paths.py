# What the loop does by itself, next to what it leaves to others: the same sites see both.
import sys


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Other:
    def __init__(self, x, y=5):
        self.y = y
        self.x = x


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Computed:
    y = 7

    @property
    def x(self):
        return 11


class Dynamic:
    def __getattr__(self, name):
        return name


class Late:
    pass


late = Late()
late.x = late.y = 1
wide = Late()
for k in range(40):
    setattr(wide, f"a{k}", k)
wide.x = wide.y = 3


def total(p):
    return p.x, p.y


def store(p, v):
    p.x = v
    return p.x


many = [Point(1, 2), Other(3, 4), Slotted(5, 6), late, wide, Computed(), Dynamic(), Other(8), Point(9, 10)]
for _ in range(3):
    print([total(p) for p in many])
for _ in range(3):
    for p in many:
        try:
            print(store(p, 100), end=" ")
        except AttributeError as e:
            print(e, end=" ")
    print()


# Classes that change while they are called.
class Made:
    def __init__(self, v):
        self.v = v


def make(n):
    out = []
    for k in range(n):
        out.append(Made(k).v)
        if k == 3:
            Made.__init__ = lambda self, v: setattr(self, "v", -v)
        if k == 6:
            Made.__new__ = lambda cls, v: object.__new__(cls)
        if k == 9:
            Made.__init__ = lambda self, v: v
    return out


try:
    make(20)
except TypeError as e:
    print(e)
try:
    Made(1, 2)
except TypeError as e:
    print(e)


class Endless:
    def __init__(self):
        Endless()


try:
    Endless()
except RecursionError as e:
    print(type(e).__name__)


class Dies:
    def __init__(self, v):
        self.v = v

    def __del__(self):
        print("del", self.v, end=" ")


def dying(n):
    a = Dies(n)
    b = Dies(n + 1)
    return b


def dying_temporaries(n):
    return Dies(n).v, Dies(n + 1).v


print(dying(1).v)
print(dying_temporaries(3))
x = Dies(5)
x = Dies(6)
del x
print()


# Generators resumed while exceptions are handled, closed, thrown into, delegating.
def counting(n):
    for k in range(n):
        try:
            got = yield k
            if got:
                print("got", got)
        except ValueError as e:
            yield f"caught {e}"


def outer(n):
    r = yield from counting(n)
    yield sys.exception()


print(list(outer(3)))
try:
    raise KeyError("outer")
except KeyError:
    print(list(outer(2)))
g = outer(3)
print(next(g), g.send("x"), g.throw(ValueError("v")), next(g))
g.close()
print(list(g))


def handling():
    try:
        raise IndexError("inner")
    except IndexError:
        yield 1
        yield sys.exception()


for v in handling():
    print(repr(v), sys.exception())


def itself():
    yield 1
    for v in me:
        yield v


me = itself()
try:
    for v in me:
        print(v)
except ValueError as e:
    print(e)


def deep(n):
    if n:
        yield from deep(n - 1)
    yield n


print(sum(deep(200)))
try:
    sum(deep(sys.getrecursionlimit() + 50))
except RecursionError as e:
    print(type(e).__name__)


def stops():
    yield 1
    raise StopIteration


try:
    for v in stops():
        pass
except RuntimeError as e:
    print(e)


def gone():
    for v in counting(3):
        if v == 1:
            return v


print(gone())


# Native functions, items of native objects, modules.
import math
from array import array

names = [len, abs, repr, math.floor, str.upper, "".join, [].append, max]
for _ in range(2):
    for f in names:
        try:
            print(f("ab"), end=" ")
        except TypeError as e:
            print(e, end=" ")
    print()
a = array("d", [1.5, 2.5])
d = {"k": 1, 2: "two"}


class D(dict):
    def __missing__(self, key):
        return "missing"


for box, key in [(a, 0), (a, 5), (a, -1), (d, "k"), (d, 2), (d, "no"), (D(), "no"), ("text", 1), (b"ab", 0), (range(5), 3), (5, 0), (a, "x")]:
    try:
        print(box[key], end=" ")
    except (LookupError, TypeError) as e:
        print(type(e).__name__, e, end=" ")
    try:
        box[key] = 9
        print(box[key], end=" ")
    except (LookupError, TypeError) as e:
        print(e, end=" ")
print()


class Parent:
    def who(self):
        return "parent"


class Child(Parent):
    def who(self):
        return "child of " + super().who()


class Grandchild(Child):
    def who(self):
        return "grand" + super().who()


def changes():
    for k in range(4):
        print(Child().who(), Grandchild().who(), end="; ")
        if k == 1:
            Parent.who = lambda self: "stranger"
        if k == 2:
            class New(Parent):
                def who(self): return "new " + super().who()
            Child.__bases__ = (New,)
    print()


changes()
m = sys.modules[__name__]
m.value = 1
for k in range(3):
    m.value += k
    print(m.value, math.pi > 3, math.floor(2.5), end=" ")
    if k == 1:
        math.floor = math.ceil
print()


# Static and class methods through one site: of classes, instances, metaclasses, replaced ones.
class Meta(type):
    @classmethod
    def who(mcs):
        return "meta", mcs.__name__

    def plain(cls):
        return "plain", cls.__name__


class Base:
    @classmethod
    def who(cls):
        return "class", cls.__name__

    @staticmethod
    def plain():
        return "static"


class Derived(Base):
    pass


class WithMeta(metaclass=Meta):
    pass


class Shadow(Base):
    def __init__(self):
        self.who = lambda: "instance"


sm = Base.__dict__["plain"]
targets = [Base, Derived, Base(), Derived(), WithMeta, Shadow(), Shadow]
for k in range(4):
    print([t.who() for t in targets], [t.plain() for t in targets])
    if k == 0:
        Derived.who = classmethod(lambda cls: ("derived", cls.__name__))
    if k == 1:
        sm.__init__(lambda: "another")
    if k == 2:
        Base.plain = classmethod(lambda cls: "now of the class")
        del Derived.who
print([Base.who.__self__.__name__, type(Base.who).__name__])


# A sequence whose items take its place.
def unpacked(v):
    for v, w in [v] * 3:
        pass
    [v, w], x = [(v, w), "x"], "y"
    v, w = v
    return v, w, x


print(unpacked(("text", ("a", "b"))))


# A key that is not there is hashed and compared once.
class Key:
    def __hash__(self):
        print("hash", end=" ")
        return 1

    def __eq__(self, other):
        print("eq", end=" ")
        return False


class Sub(dict):
    pass


for d in ({1: 2}, Sub({1: 2})):
    for k in range(2):
        try:
            d[Key()]
        except KeyError:
            print("gone")
        d[Key()] = 3


# Attributes of what dies by being read.
class Holder:
    def __init__(self):
        self.v = [1]

    def __del__(self):
        print("del", end=" ")


for k in range(3):
    print(Holder().v, Holder().v.append(k), len(Holder().v))
