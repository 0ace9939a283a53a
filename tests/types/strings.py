"""str: every method, slicing, unicode, escapes."""
s = "Hello, World"
print(s.upper(), s.lower(), s.swapcase(), s.title(), s.casefold(), "ß".upper(), "ŉ".title(), "İ".lower() == "i̇", "ΑΣ".lower(), "straße".casefold(), "hello world".capitalize(), "ǆ".title())
print(s[0], s[-1], s[2:5], s[::-1], s[::3], s[-3:], s[10:2], s[20:], s[:-20:-1], len(s), "l" in s, "xyz" not in s, s * 2, 0 * s, s + "!")
print(s.find("o"), s.find("o", 5), s.rfind("o"), s.find("z"), s.index("W"), s.count("l"), "aaa".count("aa"), "abc".count(""), s.startswith("He"), s.startswith(("x", "H")), s.endswith("d", 3), s.startswith("W", 7, 9))
print("a,b,,c".split(","), " a  b ".split(), " a  b ".split(" "), "a b c d".split(None, 2), "a,b,c".rsplit(",", 1), "".split(), "".split(","), "a\nb\r\nc\x0bd\x1ce\u2028f".splitlines(), "a\nb\n".splitlines(True), "abc".partition("b"), "abc".rpartition("x"), "a.b.c".rpartition("."))
print("|".join(["a", "b"]), "".join(("x", "y")), ",".join("abc"), "x".join([]), "  x ".strip(), "xxhixx".strip("x"), "abcba".lstrip("ab"), "abcba".rstrip("ab"), "prefix-x".removeprefix("prefix-"), "x.py".removesuffix(".py"))
print("ab".center(7, "*"), "ab".ljust(5) + "|", "ab".rjust(5, "."), "-42".zfill(6), "+7".zfill(4), "x".zfill(3), "a\tb\tc".expandtabs(4), "\t1".expandtabs(), "abab".replace("a", "x"), "abab".replace("a", "x", 1), "abc".replace("", "-"), "aaa".replace("aa", "b"))
print("abc".translate({97: "X", 98: None, 99: 0x1F600}), str.maketrans("ab", "xy", "c"), "abcab".translate(str.maketrans("ab", "xy", "c")), str.maketrans({"a": 1}))
for m in ("isalpha", "isdigit", "isdecimal", "isnumeric", "isalnum", "isspace", "isupper", "islower", "istitle", "isidentifier", "isprintable", "isascii"):
    print(m, [int(getattr(t, m)()) for t in ("abc", "ABC", "Abc", "123", "²", "½", "٣", "a1", " ", "\t\n", "", "é", "_x", "1x", "\x00", "日本", "Ⅷ", "ǅ")])
print(repr("a'b"), repr('a"b'), repr("a'\"b"), repr("\n\t\\\x00\x7f\x80\xa0é\u200b\ud800😀\U000e0001"), ascii("é😀"), "\N{GREEK SMALL LETTER ALPHA}\x41\u00e9\101\
joined", r"raw\n", "con" "cat")
u = "naïve café 日本語 😀🎉"
print(len(u), u[2], u[-1], u[-2:], u[::-1], u.upper(), u.find("日"), u.index("😀"), u.split(), u.encode(), u.encode("utf-16-le")[:6], u[7:11], u.center(30, "★"), [hex(ord(c)) for c in u[-4:]])
print("a" < "b", "a" < "B", "abc" < "abd", "" < "a", "Z" < "a", "é" > "z", "😀" > "\uffff", sorted("banana"), max("hello"), min("hello"), "a" == "a", "abc" >= "abc")
print("%s %r %d %5d|%-5d|%05d %x %X %o %e %.2f %g %c %c %% %5.1f %+d %s" % ("s", "r", 1, 2, 3, 4, 255, 255, 8, 12345.678, 3.14159, 1e10, "c", 100, 2.25, 5, [1]))
print("%(a)s %(b)05.1f" % {"a": 1, "b": 2}, "%*d|%-*d|%.*f" % (5, 1, 4, 2, 2, 3.14159), "%s" % (1,), "%s" % ((1, 2),), "%a" % "é", "%#x %#o" % (10, 8), "%i" % 3.9, "% d" % 5)
for bad in ("'%d' % 'x'", "'%s %s' % 1", "'%s' % (1, 2)", "'%q' % 1", "'%(a)s' % 1", "'%(a)s' % {}", "'%c' % 'ab'", "'%' % 1", "'%x' % 1.5", "s[100]", "s['a']", "s[0] and s.index('zz')", "'a' + 1", "'a' - 'b'", "'a'.join([1])", "'a'.split('')", "'a'.center('x')", "'a'.center(5, 'xy')", "'x'.zfill()", "'a'.encode('nope')", "'é'.encode('ascii')", "'\\ud800'.encode()", "str(b'a', 'ascii', 'x', 1)", "str(1, 'utf-8')", "'a' < 1", "s.foo", "'a'.startswith(1)", "'a' in 1", "1 in 'a'", "''.join(1)", "'abc'.translate()", "str.maketrans('a', 'bc')", "ord('')", "ord(1)", "'a' * 1.5", "'a'.replace('b')", "'{}'.format()", "'{a}'.format()", "'{0.x}'.format(1)", "'{0[a]}'.format([1])", "'{'.format()", "'}'.format()", "'{!z}'.format(1)", "'{:d}'.format('a')", "'{} {0}'.format(1)"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
print("{} {} {}".format(1, "a", None), "{1} {0} {1}".format("x", "y"), "{a} {b[0]} {c.real} {d[k]}".format(a=1, b=[2], c=3, d={"k": 4}), "{!r:>6} {!s} {!a}".format("a", "b", "é"), "{:{w}.{p}f}".format(3.14159, w=8, p=2), "{{}}".format(), "{0:{1}}".format("x", ">5"), "{:<5}|{:^5}|{:>5}|{:*^7}".format("a", "b", "c", "d"))
print(f"{s!r} {s[:5]:>10} {len(s):03d} {'nested ' + f'{1 + 1}'} {s=} {1+1=} {s = !s} {3.14159:.{2}f} {{literal}} {'a' if s else 'b'} {(lambda x: x * 2)(4)} {[i for i in range(3)]} { {'a': 1}['a']}")
print(f"{'quote'} {"same quotes"} {'\n'.join(['a', 'b'])} {1:>{3 + 2}}", f'{s!a:.5}', f"{None!s:>6}", f"{12:#06x} {-3: d} {1e6:,.1f} {.25:.0%} {True:d} {'é':é>4}")
print(str(b"ab", "ascii"), str(b"\xff", "utf-8", "replace"), b"\xe9".decode("latin-1"), b"a\xffb".decode(errors="ignore"), b"\xff".decode("utf-8", "backslashreplace"), b"\xff".decode(errors="surrogateescape") == "\udcff", "é".encode("ascii", "xmlcharrefreplace"), "é".encode("ascii", "namereplace"), "a\u0301" == "á")
class S(str):
    def __str__(self): return "S!"
print(S("x"), S("x") + "y", type(S("x") + "y").__name__, S("x") == "x", f"{S('x')}", repr(S("x")), {"x": 1}[S("x")], "".join([S("q")]))
print(*"abc", sep="-", end="!\n")
it = iter("aé😀")
print(next(it), it.__length_hint__(), list(it), list(enumerate("ab", 1)), list(zip("ab", "cd")), list(reversed("abc")), dict.fromkeys("aab"), set("a"), tuple("xy"))
