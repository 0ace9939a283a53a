"""Methods of native classes that are looked up for other things than a call, and what may hide them."""
import collections, contextvars, io


def add(to, *items):
    for item in items:
        to.append(*[item])
    f = to.append
    f("last")
    return to, f.__self__ is to, f == to.append, f is to.append


for make in (list, collections.deque, list, collections.deque):
    print(add(make(), 1, 2))


class L(list):
    pass


class Slotted(list):
    __slots__ = ()


hidden = L()
hidden.append = lambda *a: print("hidden", a)
for to in (L(), Slotted(), hidden, L(), [], Slotted()):
    add2 = None
    try:
        print(add(to, 1)[0])
    except AttributeError as e:
        print(e)


class Own(Slotted):
    def append(self, item):
        print("own", item)
        super().append(item)


print(add(Own(), 1)[0])
for to in (Slotted(), Slotted()):
    print(add(to, 3)[0])
    Slotted.append = lambda self, item: print("patched", item)
del Slotted.append
print(add(Slotted(), 4)[0])


def get(d, *keys):
    return d.get(*keys), d.get


for d in ({1: 2}, {}, collections.OrderedDict(a=1), collections.defaultdict(int), collections.Counter("aa"), {3: 4}):
    found, f = get(d, 1, "none")
    print(found, f.__name__, f.__self__ is d, type(f).__name__)

context = contextvars.copy_context()
for _ in range(3):
    print(context.run(*(max, 1, 2)))
for v in ("abc", b"abc", 5, 2.5, (1, 2), {1}, frozenset(), "x"):
    for name in ("upper", "bit_length", "hex", "count", "union"):
        f = getattr(v, name, None)
        print(end=f.__qualname__ + " " if f else "")
print()


def names(v):
    return v.join.__self__, v.upper.__name__, v.upper()


print(names("a"), names("b"), names(b"c"))
class S(str):
    upper = 5
try:
    names(S("d"))
except Exception as e:
    print(type(e).__name__, e)
print(names("e"))
w = io.StringIO()
for n in range(3):
    put = w.write
    put(str(n))
    w.write(*["!"])
print(w.getvalue())
for bad in (lambda: [].append(*[1, 2]), lambda: {}.get(*[]), lambda: "".join(*[5]), lambda: [].nosuch(*[1])):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
print("100%%" % (), "%d%%" % 5, "no percent sign in here at all, but long enough to count %s" % "yes", "%s" % ("é" * 3,), "ééé%sé" % 1,
      "1234567%s" % 8, "12345678%s" % 9, "1234567890123456789012345678901%s" % 2, "12345678901234567890123456789012345678901234567890%s" % 3)
for fmt in ("%", "1234567%", "12345678%", "%s%"):
    try:
        print(fmt % 1)
    except ValueError as e:
        print(e)
