"""float and complex: repr, rounding, parsing, methods, formatting."""
for v in (0.1, 0.1 + 0.2, 1e16, 1e15, 123456789012345680.0, 1e-5, 0.0001, 1.5e300, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 1e23, 3.14, 100.0, 2.5, 1/3, 1737470848118124.25, float("inf"), float("-inf"), float("nan")):
    print(repr(v), str(v), f"{v}", "%r" % v, f"{v:g}", f"{v:.3f}", f"{v:e}", f"{v:.0f}", f"{v:10.2f}|", f"{v:+}", f"{v:%}")
print(round(2.675, 2), round(0.5), round(1.5), round(2.5), round(-0.5), round(1e300, 2), round(123.456, -1), round(5.015, 2), round(1.0, 1), round(0.15, 1), round(-2.5), round(2.5, 0), round(1e16 + 2))
for text in ("1.5", " -2e3 ", "inf", "-Infinity", "NaN", "1_0.5_0", ".5", "5.", "1e-400", "1e400", "0x1p3", "", "1.5.2", "e5", "1__0", "--1", "٣.٥"):
    try:
        print(repr(text), float(text))
    except ValueError as e:
        print(e)
print((0.5).hex(), (1/3).hex(), float.fromhex("0x1.8p3"), float.fromhex("-0x.1p-2"), (0.0).hex(), float("inf").hex(), (0.75).as_integer_ratio(), (3.0).is_integer(), (3.5).is_integer(), (2.5).conjugate(), (2.5).real)
print(7.5 // 2, -7.5 // 2, 7.5 % -2, -7.5 % 2, divmod(7.5, -2), 2.0 ** 0.5, (-8.0) ** (1/3), 1e308 * 10, -1e308 * 10, 0.0 == -0.0, float("nan") == float("nan"))
for bad in ("1.0 / 0", "1.0 // 0", "1.0 % 0", "0.0 ** -1", "int(float('inf'))", "float('nan').as_integer_ratio()", "1.5 << 1", "1.5 & 1", "float([])", "round(float('inf'))", "round(float('nan'))", "float.fromhex('zz')", "'%d' % 1.5", "'%d' % 'a'", "f'{1.5:d}'", "f'{1.5:x}'", "f'{3:.2d}'", "f'{3.0:q}'", "f'{3:s}'", "1.5[0]", "1.5 + 'a'", "[1][1.0]", "range(1.0)", "divmod(1.0, 0)"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
import math
nan, inf = math.nan, math.inf
print(nan != nan, inf > 1e308, -inf < 0, inf - inf, inf * 0, nan in [nan], [nan] == [nan], max(1, nan), min(nan, 1), sorted([3, 1.5, -2, True]))
print(math.floor(-2.5), math.ceil(-2.5), math.trunc(2.7), math.fmod(-7, 3), math.remainder(7, 2), math.copysign(1, -0.0), math.modf(-3.25), math.frexp(10.0), math.ldexp(0.5, 4), math.fabs(-3))
print(math.sqrt(2), math.exp(1), math.log(10), math.log2(8), math.log10(1000), math.log(8, 2), math.pi, math.e, math.tau, math.sin(1), math.cos(1), math.tan(1), math.atan2(1, -1), math.hypot(3, 4), math.hypot(1, 2, 3), math.dist((0, 0), (3, 4)))
print(math.isclose(0.1 + 0.2, 0.3), math.isnan(nan), math.isinf(-inf), math.isfinite(1.0), math.fsum([0.1] * 10), sum([0.1] * 10), math.degrees(math.pi), math.radians(180), math.nextafter(1, 2), math.ulp(1.0), math.cbrt(8), math.exp2(10), math.sumprod([1, 2], [3, 4]), math.fma(2, 3, 4))
for bad in ("math.sqrt(-1)", "math.log(0)", "math.log(-1)", "math.exp(1000)", "math.factorial(-1)", "math.factorial(2.0)", "math.acos(2)", "math.fmod(1, 0)", "math.isqrt(-1)", "math.gcd(1.5, 2)", "math.pow(0, -1)", "math.floor(inf)", "math.floor('a')", "math.sqrt('a')", "math.comb(-1, 2)", "math.gamma(-1)"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
c = 3 + 4j
print(c, -c, c.real, c.imag, c.conjugate(), abs(c), c * 1j, c / (1 - 2j), c ** 2, c ** 0.5, c == 3 + 4j, 1j * 1j, complex(1), complex("1+2j"), complex(" -1j "), complex(1, -0.0), complex("nan+infj"), -0j, 0j, 1e20j, 1.5 - 2.5j)
print(hash(c) == hash(3 + 4j), hash(complex(2)) == hash(2), hash(1.0) == hash(1), hash(0.5) == hash(0.5), {1: "int"}[1.0], repr(complex(-0.0, -0.0)), f"{c:.2f}", f"{c:>15}|", c != 3, bool(0j), complex(3) == 3)
for bad in ("c < 1", "c // 1", "c % 2", "int(c)", "float(c)", "complex('1+')", "complex('a')", "0j ** -1", "c / 0", "divmod(c, 1)", "complex('1', 2)", "complex(1, '2')", "complex(None)", "f'{c:d}'"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
import cmath
print(cmath.sqrt(-1), cmath.phase(1j), cmath.polar(1 + 1j), cmath.rect(1, 0), cmath.exp(0), cmath.isclose(1, 1 + 1e-12j))
