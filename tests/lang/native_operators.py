"""Operators of native classes: what the left operand's slot answers first, and what it must not."""
import decimal, os, pickle, time
from decimal import Decimal as D, localcontext, Inexact, Rounded

pairs = [("1.5", "2.25"), ("-0", "0"), ("0", "-0.00"), ("1E+20", "1E-20"), ("12345678901234567890", "98765432109876543210"),
         ("99999999999999999999999999999999999999", "1"), ("NaN", "1"), ("Infinity", "-2"), ("7", "7.000")]
for a, b in pairs:
    x, y = D(a), D(b)
    for n in (y, 3, -7, 0, True, 1 << 70):
        row = []
        for op in ("+", "-", "*", "/"):
            try:
                row.append(eval(f"x {op} n"))
            except decimal.DecimalException as e:
                row.append(type(e).__name__)
            try:
                row.append(eval(f"n {op} x"))
            except decimal.DecimalException as e:
                row.append(type(e).__name__)
        try:
            row += [x == n, x != n, x < n, x >= n, n == x]
        except decimal.DecimalException as e:
            row.append(type(e).__name__)
        print(a, n, *row)

for rounding in (decimal.ROUND_DOWN, decimal.ROUND_HALF_EVEN, decimal.ROUND_CEILING, decimal.ROUND_05UP):
    for prec in (3, 9, 19, 30):
        with localcontext(prec=prec, rounding=rounding) as c:
            x = D("1.2345678901234567895")
            print(x + 1, x * x, x / 7, -x - 1, x + D("1e-5"), c.flags[Inexact], c.flags[Rounded])
            x += 5
            x *= D("1.1")
            x -= 1
            x /= 3
            print(x)

with localcontext() as c:
    c.traps[Inexact] = True
    for f in (lambda: D(1) / 3, lambda: D(1) / 4, lambda: D("1.005").quantize(D("0.01")), lambda: D("1.5").quantize(D("0.00"))):
        try:
            print(f())
        except Inexact as e:
            print("Inexact", e.args)
    print(c.flags[Inexact])

for args in [("1.005", "0.01"), ("1.005", "NaN"), ("Infinity", "0.1"), ("0", "0.00"), ("-1.5", "1")]:
    try:
        print(D(args[0]).quantize(D(args[1])), D(args[0]).quantize(D(args[1]), decimal.ROUND_UP))
    except decimal.DecimalException as e:
        print(type(e).__name__)
for bad in ("x", 1.5, None, []):
    try:
        D(1) + bad
    except TypeError as e:
        print(e)
    try:
        d = D(1)
        d -= bad
    except TypeError as e:
        print(e)


class E(D):
    def __radd__(self, other):
        return "radd"

    def __add__(self, other):
        return "add"

    def __eq__(self, other):
        return "eq"

    __hash__ = D.__hash__


print(D(1) + E(2), E(2) + 1, E(1) + E(2), 1 + E(3), D(1) == E(1), E(1) == D(1), E(2) * 3, type(E(2) * 3).__name__)


class S(set):
    def __rand__(self, other):
        return "rand"

    def __le__(self, other):
        return "le"


s = {1, 2, 3}
t = s
t |= {4}
t &= {1, 4, 5}
t -= {5}
t ^= {9}
print(t is s, sorted(s), {1} & S([1]), S([1]) & {1}, S([1]) <= {1}, {1} <= {1, 2}, {1} < {1}, frozenset([1]) == {1}, {1} == [1])
for f in (lambda: {1} | [2], lambda: {1} < [2], lambda: (1,) + [2], lambda: "a" - "b", lambda: "a" < 1, lambda: [1] & [2]):
    try:
        f()
    except TypeError as e:
        print(e)
print({1: 2} | {3: 4}, 1j + 2j, (1 << 70) + (1 << 70), (1 << 70) - 1, (1 << 70) & 3, b"%d" % 3)


class Odd:
    def __eq__(self, other):
        raise ValueError("odd")

    def __hash__(self):
        return 1


try:
    {Odd()} <= {Odd()}
except ValueError as e:
    print("ValueError", e)
print(type(type), type(1), type(s), type(Odd()).__name__, type(E(1)))
try:
    type()
except TypeError as e:
    print(e)

letters = list("abcdef")
word = "abcdef"
for v in (letters, tuple(letters), word, "äbcdef"):
    print(v[:-1], v[1:], v[2:-9], v[:], v[-3:100], v[::2], v[5:1:-2])

r = os.stat_result(range(10))
print(r.st_mode, r.st_mtime, r.st_atime_ns)
r = os.stat_result(range(16))
print(r.st_mode, r.st_mtime, r.st_atime_ns is None, len(r), r[7:], r == tuple(range(10)))
real = os.stat(".")
copy = pickle.loads(pickle.dumps(real))
print(copy == real, copy.st_mtime_ns == real.st_mtime_ns, copy.st_blksize == real.st_blksize, type(copy) is os.stat_result)
for f in (lambda: setattr(real, "st_mode", 1), lambda: setattr(real, "other", 1), lambda: real.other):
    try:
        f()
    except AttributeError as e:
        print(type(e).__name__)
now = time.struct_time((2020, 1, 2, 3, 4, 5, 6, 7, 0))
print(now.tm_zone, now.tm_gmtoff, time.gmtime(0).tm_gmtoff, time.gmtime(0).tm_year)
