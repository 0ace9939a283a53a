"""Code that changes a container while the machine is at work on it."""
class Evil:
    def __init__(self, act): self.act = act
    def __eq__(self, o): self.act(); return False
    def __hash__(self): return 1
    def __lt__(self, o): self.act(); return True
    def __repr__(self): self.act(); return "evil"
    def __index__(self): self.act(); return 1
    def __len__(self): self.act(); return 3
    def __iter__(self): self.act(); return iter([1, 2])
    def __del__(self): pass
def attempt(label, f):
    try:
        r = f()
        print(label, "->", r if isinstance(r, (int, str, type(None), bool, list)) else type(r).__name__)
    except Exception as e:
        print(label, type(e).__name__, e)
l = [Evil(lambda: l.clear()) for _ in range(5)]; attempt("list ==", lambda: l == [1, 2, 3, 4, 5])
l = [Evil(lambda: l.clear()) for _ in range(5)]; attempt("in", lambda: 3 in l)
l = [Evil(lambda: l.clear()) for _ in range(5)]; attempt("index", lambda: l.index(3))
l = [Evil(lambda: l.clear()) for _ in range(5)]; attempt("count", lambda: l.count(3))
l = [Evil(lambda: l.clear()) for _ in range(5)]; attempt("remove", lambda: l.remove(3))
l = [Evil(lambda: l.clear()) for _ in range(5)]; attempt("sort", lambda: l.sort())
l = [Evil(lambda: l.append(1)) for _ in range(5)]; attempt("sort append", lambda: l.sort())
l = [3, 2, 1]; attempt("sort key", lambda: l.sort(key=lambda v: l.clear() or v)); print(l)
l = [Evil(lambda: l.clear())] * 3; attempt("repr", lambda: repr(l))
l = list(range(5)); attempt("setitem index", lambda: l.__setitem__(Evil(lambda: l.clear()), 5)); print(l)
l = list(range(5)); attempt("slice index", lambda: l[Evil(lambda: l.clear()):4])
l = list(range(5)); attempt("insert", lambda: l.insert(Evil(lambda: l.clear()), 9)); print(l)
l = list(range(5)); attempt("pop", lambda: l.pop(Evil(lambda: l.clear())))
l = list(range(5)); attempt("mul", lambda: l * Evil(lambda: l.clear()))
l = list(range(5))
def gen():
    for v in range(3):
        l.clear()
        yield v
l[1:3] = gen(); print(l)
l = list(range(5)); l.extend(gen()); print(l)
l = [0]; l.extend(l); print(l); l[1:1] = l; print(l); l += l; print(len(l))
d = {}
d.update({Evil(lambda: d.clear()): i for i in range(3)}); attempt("dict get", lambda: d.get(Evil(lambda: d.clear())))
d = {1: Evil(lambda: None), 2: 3}; attempt("dict eq", lambda: d == {1: 5, 2: 3})
e = {i: Evil(lambda: e.clear()) for i in range(4)}; attempt("dict eq clear", lambda: e == {i: 1 for i in range(4)})
s = {Evil(lambda: None)}; attempt("set in", lambda: Evil(lambda: s.clear()) in s)
s = {1, 2, 3}; attempt("set update", lambda: s.update(v if v < 9 else s.clear() for v in (1, 9, 5)))
b = bytearray(b"abcdef"); attempt("bytearray join", lambda: b.__setitem__(Evil(lambda: b.clear()), 65)); print(b)
b = bytearray(b"abcdef"); attempt("bytearray extend", lambda: b.extend(v if v else (b.clear() or 1) for v in (1, 0, 2))); print(b)
m = memoryview(b); attempt("resize exported", lambda: b.append(1)); m.release()
from collections import deque, OrderedDict
q = deque([Evil(lambda: q.clear()) for _ in range(3)]); attempt("deque in", lambda: 5 in q)
q = deque([1, 2, 3]); attempt("deque iter", lambda: [q.append(v) for v in q])
o = OrderedDict.fromkeys("abc"); attempt("odict iter", lambda: [o.pop(k) for k in o])
import functools, itertools
class K:
    def __init__(self, v): self.v = v
    def __lt__(self, other): big.append(0); return self.v < other.v
big = [K(i) for i in range(50, 0, -1)]; attempt("sort grows", lambda: big.sort())
it = iter(l := [1, 2, 3]); next(it); l.clear(); attempt("next after clear", lambda: next(it, "done"))
z = map(lambda v: z.__next__(), [1]); attempt("map in itself", lambda: next(z))
g = (g.send(None) for _ in [1]); attempt("generator in itself", lambda: next(g))
t = itertools.tee([1, 2]); attempt("tee", lambda: [list(x) for x in t])
def recurse():
    class R:
        def __repr__(self): return repr(self)
        def __eq__(self, o): return self == o
        def __getattr__(self, n): return getattr(self, n + "x")
    for f in (lambda: repr(R()), lambda: R() == 1):
        try:
            f()
        except RecursionError as e:
            print("RecursionError")
recurse()
x = []
for _ in range(100000): x = [x]
del x
n = None
class Link:
    def __init__(self, nxt): self.nxt = nxt
for _ in range(100000): n = Link(n)
del n
print("long chains released")
for huge in ("'a' * 10**13", "[0] * 10**14", "b'x' * 10**15", "1 << 10**11", "bytearray(10**15)", "(1,) * 10**14", "'%*d' % (10**13, 1)"):
    try:
        eval(huge)
    except (MemoryError, OverflowError) as e:
        print(huge.split()[0], "refused")
