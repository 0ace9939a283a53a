# What natives do without asking Python where they need not: copies, sets, joins, formats, getters, ** calls.
import operator
from bisect import bisect, bisect_left


def say(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)


# dicts: copies of tables with and without gaps
d = {i: str(i) for i in range(20)}
e = d.copy()
for i in (3, 19, 0):
    del d[i]
f = dict(d)
f[3] = "again"
d.popitem()
print(len(d), len(e), list(f)[-2:], list(d)[:3], d == e, e.copy() == e, {**e, 5: 0}[5])
for i in range(40):
    f[i] = i
print(len(f), f.copy() == f, list(dict(f)) == list(f), 39 in f.copy(), 77 in f.copy())
print({"a": 1, "b": 2, "a": 3}, {"a": 1, 1: 2, True: 3}, {**{}, **{"x": 1}})


# keyword arguments that meet **
def stars(*args, **kwargs):
    return args, kwargs


def some(a, b=2, *rest, **kwargs):
    return a, b, rest, kwargs


def forward(*args, **kwargs):
    return some(*args, **kwargs)


def only(a, /, b=1, **kwargs):
    return a, b, kwargs


k = {"x": 1, "y": 2}
print(stars(**k), stars(1, 2, z=3), stars(*[1], **k), some(1, x=1), some(1, 2, 3, x=1), forward(1, q=2), only(5, a=6, c=7))
say(some, x=1)
say(forward, b=1)
say(only, a=1)
say(forward, 1, 2, b=3)
say(lambda: stars(**{1: 2}))
say(lambda: stars(a=1, **{"a": 2}))
print(stars(**k)[1] is k, k, stars(**{"".join(["k", "w"]): 1, "args": 2, "kwargs": 3}))


# sets
class Odd:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 7

    def __eq__(self, other):
        return isinstance(other, Odd) and self.n == other.n

    def __repr__(self):
        return f"Odd({self.n})"


a, b = {Odd(1), Odd(2), 3}, {Odd(2), 3, 4}
print(len(a | b), len(a & b), len(a - b), a <= b, {Odd(2)} < b, frozenset(b) == {3, Odd(2), 4}, sorted(map(str, a ^ b)))
print(set(range(40)) - set(range(5, 38)), set("ab") | set("bc") == set("abc"), {1, 2} <= {1.0, 2.0}, {1, 2} & {1.0, True})
print(min({5, 3, 9}), max(frozenset({5, 3, 9})), min([2, True, 1]), max([True, 1]), min((3, 2.5)), max([[1], [2]]))
say(min, set())
say(max, [1, "a"])
s = {1, 2, 3}
try:
    for x in s:
        s.add(x + 10)
except RuntimeError as x:
    print(x)


# natives that go through lists which change
class Bad:
    def __bool__(self):
        things.clear()
        return False


things = [Bad(), 1, 2]
print(any(things), things, all([]), all((1, 2, 0)), any((0, "")), all([1, []]))
print("-".join(["a"]), "".join(("x", "y")), "".join([]), ",".join(str(i) for i in range(3)))
say("".join, ["a", 1])
say("".join, (b"a",))

# formats
for x in (0.5, 2.675, -0.0, 1e15, -1234.5678, 1e300, float("nan"), float("-inf"), 0.125, 999999.995):
    print(f"{x:.2f} {x:.0f} {x:.9f}" if abs(x) < 1e20 else f"{x:.1f}"[:20])
print(f"{5:d} {5:5d} {-5:x} {True:d} {True} {5:}", format(3, "b"), format(2.5, ""), format("s", ">3"))
say(format, 5, "s")
say(format, 2.5, ".2d")

# ints
print(str(10**38), str(-(10**38)), str(2**127), str(-(2**127)), str(2**128), 10**40 + 1, divmod(-7, 2), divmod(2**70, -3))
print((10**20 + 1) * 3 - 10**20, 2**62 + 2**62, -(2**63) - 1, (2**64) - (2**64) + 5, 3 * -(2**70))
for n, length, signed in ((0, 0, False), (255, 1, False), (256, 1, False), (-1, 1, True), (-129, 1, True), (-128, 1, True),
                          (127, 1, True), (128, 1, True), (2**40, 8, False), (-5, 8, True), (1, 0, True), (-1, 2, False)):
    say(n.to_bytes, length, "little", signed=signed)
    say(n.to_bytes, length, "big", signed=signed)
print(operator.attrgetter("real")(5), operator.attrgetter("imag", "real")(5), bisect([1, 2, 2, 3], 2), bisect_left([1, 2, 2, 3], 2))
print(bisect([1, 2.5, True], 2), str(5), str("x"), str(type("S", (str,), {})("y")), str(None))


class Text(str):
    pass


class Says:
    def __str__(self):
        return Text("said")


print(type(str(Says())).__name__, type(str(Text("t"))).__name__, "a,b,,c".split(","), ",".split(","), "a,é".split(","))


class Record:
    pass


r = Record()
for i in range(30):
    setattr(r, f"a{i}", i)
v = vars(r)
v["b"] = 1
print(len(v), list(v)[:2], r.b, r.a29, "a7" in v, "a30" in v)
import binascii, base64

for n in range(8):
    t = base64.b64encode(bytes(range(250, 250 + min(n, 6))) + b"x" * (n // 7))
    print(t, base64.b64decode(t), binascii.b2a_base64(b"ab" * n))
say(binascii.a2b_base64, b"YWJj\nZGVm ZGU=")
say(binascii.a2b_base64, b"YWJjZ")
say(binascii.a2b_base64, b"YWJjZGV")
say(binascii.a2b_base64, b"YWJj=ZGVm", strict_mode=True)
say(binascii.a2b_base64, b"YWJjZGVm", strict_mode=True)
say(binascii.a2b_base64, b"YWJjZGV\n", strict_mode=True)
import math, itertools

print([math.gcd(a, b) for a, b in ((0, 0), (0, 5), (12, 18), (-8, 12), (1 << 40, 1 << 20), (17, 5), (-(2**62), 6))], math.gcd(), math.gcd(4), math.gcd(2**70, 6, 4))
print(list(itertools.product("ab", [1, 2])), list(itertools.permutations("abc", 2)), list(itertools.combinations("abcd", 3)))
print(list(itertools.combinations_with_replacement("ab", 2)), list(itertools.product()), list(itertools.permutations([])))
print("  a b\tc\x1cd\n e ".split(), "".split(), " \t".split(), "a b c".split(None, 1), "é b".split(), "one".split())


def where():
    import sys

    f = sys._getframe()
    a = f.f_lineno
    b = f.f_lineno; c = f.f_lineno
    return (a - f.f_code.co_firstlineno, b - a, c - b, f.f_lineno - c)


print(where(), where())
