# Items of classes made by Python code whose methods are native: by the native way, as long as nobody overrides them.
import collections


class Half(dict):
    def __delitem__(self, key):
        print("del", key)
        super().__delitem__(key)


class Other(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, ("set", value))


class Crossed(dict):
    __delitem__ = dict.__setitem__


class Missing(dict):
    def __missing__(self, key):
        return "no " + str(key)


class Sub(list):
    pass


class Late(dict):
    pass


h = Half()
for k in range(3):
    h["a"] = k
h.update(b=1)
del h["a"]
print(h)
o = Other()
o["a"] = 1
print(o, o["a"])
del o["a"]
c = Crossed(a=1)
c["b"] = 2
try:
    del c["b"]
except TypeError as e:
    print(e)
print(c)
m = Missing(x=1)
print([m[k] for k in ("x", "y", 1, 2.5)], len(m))
try:
    m[[]]
except TypeError as e:
    print(e)
s = Sub([1, 2, 3])
s[0] = 10
s[1:2] = [20, 21]
print(s, s[0], s[-1], s[1:3], type(s[:2]).__name__)
for bad in (9, "x"):
    try:
        s[bad]
    except (IndexError, TypeError) as e:
        print(e)
    try:
        s[bad] = 1
    except (IndexError, TypeError) as e:
        print(e)


def get(d, k):
    return d[k]


def put(d, k, v):
    d[k] = v


d = Late(a=1)
print(get(d, "a"), get(d, "a"))
put(d, "b", 2)
Late.__getitem__ = lambda self, key: ("late", key)
Late.__setitem__ = lambda self, key, value: print("late set", key, value)
print(get(d, "a"))
put(d, "c", 3)
del Late.__getitem__, Late.__setitem__
put(d, "c", 3)
print(get(d, "c"), d)
counts = collections.Counter()
for word in "a b a c b a".split():
    counts[word] += 1
print(counts, counts["z"])
del counts["a"], counts["nothing"]
print(counts)
pairs = collections.Counter(zip("abab", "baba"))
print(pairs[("a", "b")], pairs[("x", "y")])
