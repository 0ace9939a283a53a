# What has a shortcut for the usual case: also where the shortcut ends.
import decimal, re, struct
from decimal import Decimal as D

for prec in (3, 9, 19, 28, 38, 45):
    with decimal.localcontext(prec=prec) as c:
        a, b = D("123456789012345678.90123"), D("-0.000987654321")
        print(prec, a + b, a - b, a * b, a / b, D(1) / 3, D(10) / 4, sorted(f.__name__ for f, on in c.flags.items() if on))
for rounding in (decimal.ROUND_UP, decimal.ROUND_DOWN, decimal.ROUND_CEILING, decimal.ROUND_FLOOR, decimal.ROUND_HALF_UP,
                 decimal.ROUND_HALF_DOWN, decimal.ROUND_HALF_EVEN, decimal.ROUND_05UP):
    print(rounding, *(D(n).quantize(D("0.1"), rounding) for n in ("2.25", "2.35", "-2.25", "-9.96", "0.04", "-0.04", "99.95")))
print(D(0) + D("-0"), D("1E+40") + D("1E-40"), D("9" * 38) + 1, D("9" * 28) * 1, D("1E+999999") * 10 if False else D("1E-30"))
with decimal.localcontext(prec=2, Emax=3, Emin=-3, traps=[]):
    print(D("99.6") * 1, D(9999) * 1, D("0.00012") * 1, D("0.000001") * 1, D(995) * 10, D("9.96") / 1)
print(D("1.0") == D("1.00"), D("-0") == D(0), D(-3) < D(2), D("1e5") > D(99999), D(3) == 3.0)
print([str(D(n)) for n in ("0", "-0", "10000000000000000000", "1" * 39, "1E+5", "0.0000001", "-12.50")])

m = re.match(r"(a)|(b)(c)?", "bc")
print(m.span(), m.regs, m.groups(), m.lastindex, m.span(1))
print(re.search("é+", "aéé").span(), re.search("(é)(x)?", "aéé").regs, re.match("x*", "xx").regs)
p = re.compile(r"(\d)|[a-z]")
print(p.sub(lambda m: "<%s>" % p.sub("!", m.group()), "a1b"), [p.findall("q7") for _ in p.finditer("z9")])
for n in (15, 16, 17, 40):
    print(bool(re.search("x" + "y" * n, "xyx" + "y" * n)), bool(re.search("x" + "y" * n, "x" + "y" * (n - 1) + "z")))

for i in range(40):
    assert struct.calcsize("%dsB" % i) == i + 1 and struct.calcsize("%dsB" % i) == i + 1
struct._clearcache()
print(struct.unpack("<HB", b"\1\2\3"), struct.unpack(b"<HB", b"\1\2\3"))


class Loud:
    def __eq__(self, other):
        print("asked")
        return True


print((Loud(), 1) == (2, 1, 3), (1, b"ab") == (1, b"ab"), (1, 2) != (1, 2), (1, (2, "x")) == (1, (2, "x")))
print({(b"ab", b"c"): 1}[(bytes([97, 98]), b"c")], f"{'x'!r:>5}{1!s}{[1][0]=!r}")
