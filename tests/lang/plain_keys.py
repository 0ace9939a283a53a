"""Keys that are compared without asking anybody, and those that must be asked; slots that classes inherit."""
import collections, os, tempfile


class Odd:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return hash(self.n)

    def __eq__(self, other):
        print("asked", self.n, getattr(other, "n", other))
        return self.n == getattr(other, "n", other)


class I(int):
    def __eq__(self, other):
        print("asked int", int(self), other)
        return int.__eq__(self, other)

    __hash__ = int.__hash__


nan = float("nan")
d = {(1, "a"): 1, (1, ("x", b"y", 2.5)): 2, (nan,): 3, (1 << 70, -0.0): 4, ("k", None, True): 5}
print(d[(1, "a")], d[(1, ("x", b"y", 2.5))], d[(nan,)], d[(1 << 70, 0.0)], d[("k", None, 1)], d[(1.0, "a")], d[(True, "a")])
print((1, "b") in d, (1, ("x", b"y", 2)) in d, ((1, "a"),) in d, (float("nan"),) in d, (1,) in d)
o = {(1, Odd(5)): "odd", (2, I(3)): "int"}
print(o[(1, Odd(5))], o[(1, 5)], o[(2, 3)], o.get((2, I(4))))
s = {(1, 2), (3, (4, 5)), b"ab", "ab", 1.5, (Odd(7),)}
print((1, 2) in s, (3, (4, 5)) in s, b"ab" in s, bytearray(b"ab") in [b"ab"], 1.5 in s, (Odd(7),) in s, (7,) in s)
deep = ()
for _ in range(50):
    deep = (deep, 1)
deeper = ()
for _ in range(50):
    deeper = (deeper, 1)
print(deep == deeper, {deep: 1}[deeper], deep != deeper, hash(deep) == hash(deeper))
for a, b in [((1, 2), (1, 2, 3)), ((nan,), (nan,)), ((nan,), (float("nan"),)), ((1,), (1.0,)), (("a", b"a"), ("a", "a")), ((), ()),
             ((1, Odd(1)), (2, Odd(1))), ((Odd(1), 1), (Odd(1), 2)), ((True,), (1,)), (("é",), ("é",)), ((b"",), (b"",))]:
    print(a == b, a != b)


class Twice(str):
    def __eq__(self, other):
        return NotImplemented

    __hash__ = str.__hash__


print((Twice("x"),) == ("x",), ("x",) == (Twice("x"),), {("x",): 1}.get((Twice("x"),)))


class Counts(dict):
    def __delitem__(self, key):
        print("del", key)
        dict.__delitem__(self, key)

    def __missing__(self, key):
        return 0


c = Counts()
for word in "a b a c a".split():
    c[word] += 1
del c["b"]
print(c, c["none"])
try:
    c[[]] = 1
except TypeError as e:
    print(e)


class Named(Counts):
    __setitem__ = dict.__setitem__


class Wrong(Counts):
    __setitem__ = list.__setitem__


class Other(Counts):
    def __setitem__(self, key, value):
        print("set", key, value)
        super().__setitem__(key, value)


n = Named()
n[1] = 2
try:
    w = Wrong()
    w[1] = 2
except TypeError as e:
    print(e)
m = Other()
m[1] = 2
print(n, m)
Counts.__setitem__ = lambda self, key, value: print("patched", key, value)
c["x"] = 1
n["x"] = 1
del Counts.__setitem__
c["x"] = 1
print(c, n)
count = collections.Counter("hello")
count["l"] += 5
del count["zz"]
print(count)


class L(list):
    pass


class M(list):
    def __getitem__(self, i):
        return "got", i


class T(tuple):
    def __class_getitem__(cls, item):
        return "class", item


print(L([1, 2, 3])[1], L([1, 2, 3])[:2], type(L([1, 2])[:1]).__name__, M([1])[0], M([1])[:], T[1], T((1, 2))[0], T((1, 2, 3))[1:])
class Str(str): pass
print(Str("abc")[:2], type(Str("abc")[:]).__name__, "abc"[:], "aXbXc".split("X"), "aXYbXYc".split("XY", 1), "aXYbXYc".rsplit("XY", 1))
long = "spam, " * 40
print(long.count("am"), long.replace("am", "AM").count("AM"), len(long.split(", ")), long.rsplit("m, ", 2)[1:], "aaaa".replace("aa", "b"),
      "aaaa".count("aa"), ("x" * 70 + "aba" + "ba").count("aba"), long.find("zz"), b"a\0b".replace(b"\0b", b"c"), "".replace("ab", "c"))

print("abc".encode("utf-8", "surrogatepass"), "abc".encode("utf8"), "é".encode("utf-8", "strict"), "\udc80".encode("utf-8", "surrogatepass"))
for f in (lambda: "abc".encode("utf-8", 1), lambda: "abc".encode(b"utf-8"), lambda: "\udc80".encode("utf-8", "strict"),
          lambda: b"abc".decode("utf-8", b"strict"), lambda: b"\xff".decode("utf-8", "strict"), lambda: str(b"abc", "utf-8", 5),
          lambda: "abc".encode("nosuch"), lambda: str("abc", "utf-8")):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
print(b"abc".decode("utf-8", "surrogatepass"), str(b"abc", "utf-8"), str(b"abc", errors="strict"), str(b"abc"), bytearray(b"x").decode("utf-8", "ignore"),
      str(b"\xc3\xa9", "utf-8", "surrogatepass"), type(str(b"", "utf-8")))


class P:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


with tempfile.TemporaryDirectory() as where:
    for name in ("a", "bé", "c" * 50):
        with open(os.path.join(where, name), "wb") as f:
            f.write(name.encode())
    for how in (where, P(where), where.encode(), where + "/"):
        with os.scandir(how) as found:
            entries = sorted(found, key=lambda e: e.name)
        base = os.fspath(how)
        for e in entries:
            plain = e.path[len(base):]
            print(e.name, plain, e.is_file(), e.stat().st_size, e.inode() == os.stat(e).st_ino, os.fspath(e) == e.path)
    descriptor = os.open(where, os.O_RDONLY)
    print(sorted((e.name, e.path, e.stat().st_size) for e in os.scandir(descriptor)))
    os.close(descriptor)
for bad in (P(1), P(None), 1.5, object):
    try:
        os.stat(bad)
    except TypeError as e:
        print(e)
P.__fspath__ = None
try:
    os.stat(P("x"))
except TypeError as e:
    print(e)


def raises():
    x = 1; y = 2
    import sys
    return (sys._getframe()
            .f_lineno), sys._getframe().f_lineno


print(raises()[0] - raises.__code__.co_firstlineno, raises()[1] - raises.__code__.co_firstlineno)

Pair = collections.namedtuple("Pair", "a b")


class Loud(tuple):
    def __eq__(self, other):
        print("loud", tuple(self), tuple(other))
        return tuple.__eq__(self, other)

    __hash__ = tuple.__hash__


class Quiet(tuple):
    def __hash__(self):
        return 7


table = {(Pair(1, "x"), 2): "pair", (Loud((1, 2)), 3): "loud", Quiet((5,)): "quiet", (Pair(Odd(9), 1),): "odd"}
print(table[(Pair(1, "x"), 2)], table[((1, "x"), 2)], table[(Loud((1, 2)), 3)], table[((1, 2), 3)], table[Quiet((5,))])
print((5,) in table, table[(Pair(Odd(9), 1),)], Pair(1, 2) == (1, 2), (1, 2) == Loud((1, 2)), Pair(1, 2) != Quiet((1, 3)))
print(Pair(1, Pair(2, nan)) == (1, (2, nan)), Pair(1, 2) == Pair(1, 2.0), Pair(1, I(2)) == (1, 2))
