"""Each shortcut of the built-in types beside what makes it inapplicable: subclasses, overridden methods, overflow, values
that compare oddly, containers that change meanwhile."""

import heapq
import struct
from math import inf, nan

# -- `%`


class T:
    def __str__(self):
        return "T!"

    def __repr__(self):
        return "<T>"


class S(str):
    def __str__(self):
        return "sub"


class I(int):
    def __str__(self):
        return "eye"


for fmt, arg in (
    ("%d %s|%r", (5, "x", "x")),
    ("%s%s%s", (S("a"), I(4), T())),
    ("%d%r", (I(4), I(4))),
    ("%s", S("q")),
    ("%s", 5),
    ("%s", ((1, 2),)),
    ("%d%%", -7),
    ("%05d|%5d|%-5d|%+d|% d", (-42, -42, -42, 42, 42)),
    ("%.3d|%5.3d|%i|%u", (7, 7, 7, -7)),
    ("%d", 2.9),
    ("%d", True),
    ("%d", 10**30),
    ("%s é %s", ("ü", "\U0001f600")),
    ("%(a)s-%(b)d", {"a": 1, "b": 2}),
    ("%*d|%-*s|", (5, 3, 4, "x")),
    ("%", 1),
    ("%d", "x"),
    ("%s %s", "x"),
    ("%s", ("x", "y")),
    ("x%", ()),
    ("%s %z", (1, 2)),
    ("é%s %&", (1, 2)),
    ("%(a)s", 5),
    ("plain", ()),
    ("plain", 1),
    ("plain", {}),
    ("%s" * 40, tuple(range(40))),
    ("%s", "\ud800"),
):
    try:
        print(ascii(fmt % arg))
    except Exception as e:
        print(type(e).__name__, e)

# -- split and replace

for text in ("a,b,,c", ",", "", "abc", "é,ü,x" * 9, "x" * 70 + "," + "y" * 70):
    print(text.split(","), text.split(",", 1), text.replace(",", ";") == ";".join(text.split(",")))
print(S("a,b").split(","), type(S("ab").split(",")[0]), type(S("ab").replace("c", "d")), S("abc").replace("b", "x"))
print("a".replace("a", "b"), "abab".replace("b", "b"), "ééa".replace("a", "b"), "abc".replace("c", "é"))

# -- ordering without Python code


class Less:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        return self.n < other.n

    def __repr__(self):
        return f"L{self.n}"


class Odd(int):
    def __lt__(self, other):
        return int(self) > int(other)


def drained(items, push=heapq.heappush, pop=heapq.heappop):
    heap = []
    for x in items:
        push(heap, x)
    return [pop(heap) for _ in items]


print(drained([5, 3, 8, 1, 9, 2]), drained([2.5, 1, -0.0, 0, 2**60, 1e300, -inf]))
print(drained(["b", "a", "é", ""]), drained([(1, "b"), (1, "a"), (0, "z"), (1,), (1, "a", 0)]))
print(drained([Less(3), Less(1), Less(2)]), drained([Odd(1), Odd(3), Odd(2)]))
print(drained([(1, Less(3)), (1, Less(1)), (0, Less(2))]))
print(drained([3, 1, 2], heapq.heappush_max, heapq.heappop_max), drained([True, 0, 2, False]))
print(sorted([(2, "x"), (1, "y"), (1, "x"), (1.0, "w")]), sorted([Odd(1), Odd(3), Odd(2)]), max((1, nan), (1, 2)))
one = (nan, 1)
print(one == one, one < one, one <= one, (nan, 1) < (nan, 2), [nan] == [nan], min(2**60, 2.0**60), max(2**53 + 1, 2.0**53))
for a, b in ((1, "x"), ((1, "a"), (1, 2)), ("a", b"a"), (None, 1)):
    try:
        print(drained([a, b]))
    except TypeError as e:
        print(e)


class Shrinks:
    def __lt__(self, other):
        heap.clear()
        return True


for act in (heapq.heappop, heapq.heapify, lambda h: heapq.heappush(h, Shrinks())):
    heap = [Shrinks() for _ in range(5)]
    try:
        act(heap)
    except (RuntimeError, IndexError) as e:
        print(type(e).__name__, e)

# -- ints of two words

edges = [0, 1, -1, 2**62, -(2**62), 2**63, -(2**63), 2**64, 2**100, -(2**100), 2**126, 2**127 - 1, -(2**127), 2**127, 2**128, 10**60]
total = 0
for a in edges:
    for b in edges:
        results = [a + b, a - b, a * b, a & b, a | b, a ^ b, a < b, a == b]
        if b:
            results += [a // b, a % b, sum(divmod(a, b))]
            assert (a // b) * b + a % b == a and (0 <= a % b < b or b < a % b <= 0)
        assert (a + b) - b == a and (a ^ b) ^ b == a and (a & b) + (a | b) == a + b
        for r in results:
            total = (total * 31 + r) % 2**89
    for n in (0, 1, 5, 62, 63, 64, 100, 127, 128):
        assert (a << n) >> n == a and a << n == a * 2**n and a >> n == a // 2**n
print(total, -(2**127) // -1, -(2**127) % -1, (2**64) ** 2)


class Big(int):
    def __add__(self, other):
        return "added"

    __radd__ = __add__


print(Big(2**70) + 1, 1 + Big(2**70), 2**70 + Big(1), Big(2**70) - 2**70)

# -- hashes of tuples


class Counts:
    asked = 0

    def __hash__(self):
        Counts.asked += 1
        return 7


key = (Counts(), 1)
print(hash(key) == hash(key), Counts.asked)
try:
    hash((1, []))
except TypeError as e:
    print(e)
d = {(1, 2): "a"}
for pair in zip([1, 3], [2, 4]):
    print(hash(pair) == hash(tuple(list(pair))), d.get(pair))
    del pair
seen = set()
for pair in enumerate("ab"):
    seen.add(hash(pair))
    del pair
print(len(seen))

# -- sets and dicts


class Eq:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return isinstance(other, Eq) and self.n == other.n


s = {Eq(1), Eq(2), Eq(1), 1, 1.0, True, 9, 17, 33}
print(len(s), Eq(2) in s, Eq(3) in s, 1 in s, 25 in s)
d = {Eq(1): "a", Eq(2): "b", Eq(1): "c", 1: "d", True: "e", 1.0: "f"}
print(list(d.values()), d.get(Eq(2)), d.get(Eq(9)), d.get(1), d.get("x", 3))
for bad in (lambda: {[]}, lambda: {1, {}}, lambda: {[]: 1}, lambda: {}.get([])):
    try:
        bad()
    except TypeError as e:
        print(e)

# -- struct

b = bytes(range(1, 17))
for fmt in ("<IIII", ">IIII", "<iiii", "<qq", ">QQ", "<8H", ">8h", "<16b", "<dd", "<2s2x3I", "<ffhhi", "<?15B", "<p15x"):
    values = struct.unpack(fmt, b)
    print(values, struct.pack(fmt, *values) == b or fmt)
for fmt, v in (("<b", 127), ("<b", -128), ("<b", 128), ("<B", -1), ("<B", 256), ("<q", 2**63 - 1), ("<q", -(2**63)), ("<q", 2**63), ("<Q", 2**64 - 1), ("<Q", -1), ("<I", 2**32), ("<h", True), ("<i", I(5)), ("<i", 1.5)):
    try:
        print(struct.pack(fmt, v))
    except struct.error as e:
        print(e)

# -- iterating over text

it = iter("abc")
print(next(it), it.__length_hint__(), it.__reduce__()[1:], list(it), list(it), it.__reduce__()[1])
it = iter("aéc")
print(next(it), next(it), it.__length_hint__(), list(it), [c for c in S("xy")])
it.__setstate__(0)
