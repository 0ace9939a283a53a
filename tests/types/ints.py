"""int: arithmetic, bases, methods, limits, big numbers."""
print(7 // 2, -7 // 2, 7 // -2, 7 % -3, -7 % 3, divmod(-7, 3), divmod(7, -3), 7 / 2, -8 >> 1, 1 << 70, -1 >> 100)
print(0b1011, 0o17, 0xFF, 1_000_000, bin(10), oct(-8), hex(255), f"{255:#x} {255:#b} {255:o} {-5:08b} {12345678:,} {12345678:_} {255:_b}")
print(2 ** 100, 2 ** -1, 0 ** 0, (-2) ** 3, pow(3, 100, 7), pow(3, -1, 7), -2 ** 2, (-3) ** 0.5)
print(int("  42 "), int("-0x1f", 16), int("0b11", 0), int("zz", 36), int(3.99), int(-3.99), int("1_000"), int(b"12"), int(True), int("٣"))
for bad in ("''", "'4.2'", "'0x'", "'1__0'", "'9', 5", "'1', 1", "None", "'z', 37", "[]", "float('nan')", "float('inf')", "'12', base=0, x=1", "3, 4", "b'x'"):
    try:
        print(bad, eval(f"int({bad})"))
    except (ValueError, TypeError, OverflowError) as e:
        print(f"int({bad}): {type(e).__name__}: {e}")
print((10).bit_length(), (-10).bit_length(), (0).bit_length(), (255).bit_count(), (1000).to_bytes(2, "big"), (1000).to_bytes(4, "little"), (-2).to_bytes(2, "big", signed=True), (5).to_bytes())
print(int.from_bytes(b"\x03\xe8", "big"), int.from_bytes(b"\xff\xfe", "big", signed=True), int.from_bytes([1, 2], "little"), (7).as_integer_ratio(), (7).numerator, (7).denominator, (7).real, (7).imag, (7).conjugate(), (7).is_integer())
for bad in ("(-1).to_bytes(1, 'big')", "(256).to_bytes(1, 'big')", "1 << -1", "1 // 0", "1 % 0", "1 / 0", "0 ** -1", "pow(2, 3, 0)", "pow(2, -1, 4)", "1 << 'a'", "1 + 'a'", "1 < 'a'", "~1.5", "-'a'", "divmod(1, 0)", "round(1, 'x')", "chr(-1)", "chr(0x110000)", "ord('ab')", "int.from_bytes(b'a', 'middle')", "10 ** 400 / 3", "float(10 ** 400)", "'a' * 'b'", "1()", "1[0]", "len(1)", "iter(1)", "1 in 1", "1 .foo"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
a, b = 123456789012345678901234567890, -98765432109876543210
print(a + b, a - b, a * b, a // b, a % b, divmod(a, b), a & b, a | b, a ^ b, ~a, a >> 13, b >> 13, a << 5, abs(b), -a)
print(a > b, a == a + 0, a == float(a), hash(a) == hash(a + 0), int(str(a)) == a, f"{a:,}", f"{a:x}", f"{b:e}", f"{a:>40}|{a:<40}|{b:=+40}|{a:^40}|")
fact = 1
for i in range(1, 51):
    fact *= i
print(fact, len(str(fact)), sum(map(int, str(fact))))
fib = [0, 1]
while len(fib) < 200:
    fib.append(fib[-1] + fib[-2])
print(fib[-1])
import math
print(math.isqrt(a), math.gcd(a, 1234567890), math.lcm(12, 18, 8), math.factorial(25), math.comb(50, 20), math.perm(10, 3), math.prod(range(1, 11)))
print(round(12345, -2), round(15, -1), round(25, -1), round(-15, -1), round(5), round(1234567, -3), round(5, 3))
print(isinstance(True, int), True + True, True == 1, bool(0), bool(-1), str(True), repr(False), True & False, True ^ True, int(True))
print(type(True & 1), type(True & True), True << 3, sum([True, True]), [10, 20][True])
class MyInt(int):
    def __add__(self, o): return MyInt(int(self) + int(o) + 100)
    def __repr__(self): return f"MyInt({int(self)})"
m = MyInt(5)
print(m + 1, 1 + m, m * 2, type(m * 2).__name__, m == 5, {5: "x"}[m], f"{m}", str(m), "%d" % m, m.__class__.__mro__[1])
class Idx:
    def __index__(self): return 3
print([1, 2, 3, 4][Idx()], "abcd"[Idx():], range(10)[Idx()], hex(Idx()), bin(Idx()), int(Idx()), list(range(Idx())), "x" * Idx())
try:
    int("1" * 5000)
except ValueError as e:
    print(e)
try:
    str(10 ** 5000)
except ValueError as e:
    print(e)
print(max(3, 1, 2), min([3, 1, 2]), max([], default=0), max("abc", key=lambda c: -ord(c)), sum([1, 2], 10), abs(-5), abs(True))
print(1 == 1.0, 2 ** 53 == 2.0 ** 53, 2 ** 53 + 1 == 2.0 ** 53, 10 ** 22 == 1e22, 10 ** 23 == 1e23, 3 > 2.5, 1 < float("inf"), 10 ** 400 < float("inf"))
print(range(0, 10 ** 20, 10 ** 19)[5], len(range(10 ** 9)), (10 ** 18 + 5) * (10 ** 18 + 7), 4611686018427387903 + 1, 4611686018427387904 * 2, -4611686018427387904 - 1, 9223372036854775807 + 1, 3037000500 ** 2, -9223372036854775808 // -1)
