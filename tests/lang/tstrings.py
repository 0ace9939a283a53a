"""PEP 750 template strings, and f-string corners."""
from string.templatelib import Template, Interpolation
name, n = "World", 42
t = t"Hello {name}! {n:>{5}} {n!r:x} {name=}"
print(type(t), t.strings, t.values, [(i.value, i.expression, i.conversion, i.format_spec) for i in t.interpolations], len(list(t)))
print(repr(t"a{1}b"), t"x" + t"{1}" , t"".strings, t"{1}{2}".strings)
def html(tpl): return "".join(p if isinstance(p, str) else str(p.value).upper() for p in tpl)
print(html(t"<b>{name}</b>{n}"), list(t"{1}a{2}"), Interpolation(1, "x", "r", ">3"), Template("a", Interpolation(2, "b"), "c").values)
for bad in ("t'{}'", "t'{a b}'", "t'a' 'b'", "'a' t'b'", "t'{a!x}'", "f'a' t'b'", "bt'a'"):
    try:
        compile(bad, "<t>", "eval")
        print("ok", bad)
    except SyntaxError as e:
        print(bad, "|", e.msg)
try:
    t"a" + "b"
except TypeError as e:
    print(e)
print(rt"\n{n}".strings, Template.__name__, hash(t"a") is not None, t"a" == t"a")
x = 3.14159; w, p = 10, 3; d = {"k": [1, 2]}
print(f"{x:{w}.{p}}|{x:<{w}.2f}|{x!r:^{w}}|{d['k'][0]}|{d["k"][1]!s:>3}|{'{'}|{{}}|{'a' 'b'}|{x if w else p}|{lambda_ if (lambda_ := 5) else 0}|{(lambda: 7)()}|{x:=10.2f}|{{x}}|{ x }|{x = }|{x=:.1f}|{w=!s}|{  w  =  }")
print(f"""multi
{
    w +  # a comment
    p
}
{'''nested "quotes"'''}""", f'{f"{f'{1}'}"}', fr"\d{w}\n", rf'{w}\{p}', f"\N{BULLET}{w}\x41", f"{'\n'}".encode(), F"{w}" f"{p}" "tail", f"{w:%}" if w < 100 else "")
import datetime
print(f"{datetime.date(2024, 5, 6):%d/%m/%Y}", f"{datetime.datetime(2024, 1, 2):%H:%M}", f"{'x':{'>'}{5}}", f"{None}", f"{[1, 'a']!r}", f"{...}", f"{'é'!a}", f"{{1: 2}}", f"{ {1: 2} }", f"{not w}", f"{w!r}{p!s}", f"{-w:+d}", f"{*[1, 2],}", f"{yield_ if (yield_ := 1) else 0}", f"{w:,}", f"{10**10:_}", f"{3 != 4}", f"{w:>{p}}", f"{w:{'0'}{p}{'d'}}", f"{w:x<5}", f"{1e10:g}", f"{255:#X}", f"{1234.5:,.1f}", f"{0.1 + 0.2:.20f}", f"{'abc':.2}", f"{True:5}", f"{'a':c^5}", f"{5:b}")
class Fmt:
    def __format__(self, s): return f"<{s}>"
    def __str__(self): return "str"
    def __repr__(self): return "repr"
print(f"{Fmt()}", f"{Fmt():a b!}", f"{Fmt()!s}", f"{Fmt()!r:>6}", f"{Fmt()=}", f"{Fmt()=:x}", format(Fmt(), "q"), "{:y}".format(Fmt()), "{!r}".format(Fmt()), str(Fmt()), "%s %r" % (Fmt(), Fmt()))
for v, s in ((5, ">"), (5, "=+06d"), (5, "05"), (-5, "=5"), (1.5, ".0f"), ("s", "=5"), ("s", "05"), (5, ","), (5.5, "_.2f"), (12345, "n"), (3 + 4j, ".1f"), ("a", "q"), (5, "1000000"[:3]), (1, "c"), (0, "#b"), (1.0, "#g"), (1e-7, ""), (5, "z"), (-0.001, "z.1f"), (5, "+ d"), (5, ".3"), ("abc", ",") , (2**64, "x"), (1.5, "n"), (5, "e"), (True, ""), (None, "5"), ([], ">5"), (5, "\u00e9>4"), (7, "!"), (1.1, "%"), (5, "<<5"), (1234567, ",d"), (1234567, "_x"), (1234567.891, ",.1f"), (1234567, ",x")):
    try:
        print(repr(v), repr(s), "->", repr(format(v, s)))
    except (ValueError, TypeError) as e:
        print(repr(v), repr(s), type(e).__name__, e)
