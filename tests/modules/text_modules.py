"""re, json, string, textwrap, struct, pprint, shlex, csv, difflib."""
import re, json, string, textwrap, struct, pprint, shlex, csv, io, difflib
print(re.match(r"(\w+) (?P<n>\d+)", "abc 123").groups(), re.search("b+", "aabbb").span(), re.findall(r"(\w)(\d)", "a1 b2"), re.findall(r"\d+", "1 22 333"), re.split(r"[,;]\s*", "a, b;c"), re.split("(-)", "a-b"), re.sub(r"(\w)(\d)", r"\2\1", "a1b2"), re.sub("x", lambda m: m.group().upper(), "axbx", count=1), re.subn("a", "b", "aaa"), re.fullmatch("a|ab", "ab"), re.escape("a.b*c"))
m = re.search(r"(?P<year>\d{4})-(?P<month>\d\d)(-(?P<day>\d\d))?", "on 2024-05 ok"); print(m, m.group(0, 1), m["month"], m.groupdict(), m.start("year"), m.span(2), m.end(), m.lastgroup, m.lastindex, m.expand(r"\g<month>/\1"), m.string[m.start():], m.re.groups, m.pos, m.regs)
for pat, text in ((r"a*?b", "aaab"), (r"(a+)+$", "aaaa"), (r"\bfoo\b", "a foo b"), (r"(?i)HeLLo", "hello"), (r"(?s)a.b", "a\nb"), (r"(?m)^x", "y\nx"), (r"(?x) a b # c", "ab"), (r"(?<=a)b", "ab"), (r"(?<!a)b", "cb"), (r"a(?=b)", "ab"), (r"a(?!b)", "ac"), (r"(a)|(b)", "b"), (r"(?:ab){2,3}", "abababab"), (r"[^a-c]+", "abcxyz"), (r"[\w.-]+@\w+", "me.x@host"), (r"(.)\1", "abccd"), (r"(?P<q>['\"]).*?(?P=q)", "say 'hi'"), (r"\u00e9+", "éé"), (r"(?a)\w+", "aé"), (r"\d", "٣"), (r"a++b", "aaab"), (r"(?>a+)b", "aab"), (r"(a)?(?(1)b|c)", "ab"), (r"$", "x\n"), (r"\Z", "x\n"), ("", "abc"), (r"[[\]]+", "[]"), (r"x{,2}", "xxx")):
    m = re.search(pat, text)
    print(pat, m and (m.span(), m.group(), m.groups()))
for bad in ("(", "[a", "*a", "a**", "(?P<1>a)", "(?P<a>x)(?P<a>y)", r"\1", "(?<=a+)b", "a{2,1}", "(?z)", r"\q", "(?P=x)", "[z-a]", "a)", "(?(2)a)", "\\"):
    try:
        re.compile(bad)
        print("ok", bad)
    except re.error as e:
        print(bad, "|", e, e.pos, e.msg)
print([m.group() for m in re.finditer(r"\w+", "a bc d")], re.compile("a", re.I | re.M), re.compile(b"\\d").findall(b"a1b2"), re.compile("x").flags, re.sub("", "-", "ab"), re.split("", "ab"), re.sub(r"\s*", "_", "a b"), re.compile("(a)(?P<n>b)").groupindex, re.purge(), re.sub("(?P<x>a)", r"[\g<x>\g<0>]", "ba"), re.findall("(?:)", "ab"))
for v in ({"a": [1, 2.5, None, True], "é": "\n\"\\\u2028😀"}, [], {}, "x", 1e100, [1, [2, {"z": 3}]], (1, 2), {1: 2, None: 3, True: 4, 1.5: 6}):
    print(json.dumps(v), json.dumps(v, ensure_ascii=False), json.dumps(v, indent=1, sort_keys=not isinstance(v, dict) or len(v) < 3).replace("\n", "~"), json.loads(json.dumps(v)) == v)
print(json.dumps([float("nan"), float("inf")]), json.dumps({"b": 1, "a": 2}, sort_keys=True, separators=(",", ":")), json.loads(' [1, 2.0, -3e2, "\\u00e9\\ud83d\\ude00", true, null, {"a": {}}] '), json.loads("NaN"), json.loads("1.5", parse_float=str), json.loads('{"a": 1}', object_hook=lambda d: list(d)), json.loads('{"a": 1, "a": 2}', object_pairs_hook=list), json.dumps({1, 2}.__class__, default=str), json.dumps("x", default=None))
for bad in ("", "{", "[1,]", '{"a" 1}', '{"a": }', "nul", '"abc', '"\\x"', "[1 2]", "1 2", '{1: 2}', '"\t"', "[", '{"a": 1,}', "01", "-", '"\\u12"', "\ufeff1", "[1, \n2 3]"):
    try:
        print(json.loads(bad))
    except json.JSONDecodeError as e:
        print(repr(bad), "|", e, e.lineno, e.colno)
for bad in ("json.dumps({1, 2})", "json.dumps({(1,): 2})", "json.dumps(float('nan'), allow_nan=False)", "json.loads(1)", "json.dumps(b'x')"):
    try:
        eval(bad)
    except Exception as e:
        print(type(e).__name__, e)
l = []; l.append(l)
try:
    json.dumps(l)
except ValueError as e:
    print(e)
print(struct.pack("<ihbQ?", 1, -2, 3, 4, True), struct.unpack(">HI", b"\x00\x01\x00\x00\x00\x02"), struct.calcsize("<bhi"), struct.pack("5s", b"abc"), struct.pack("<d", 1.5), struct.pack(">e", 0.5), list(struct.iter_unpack("<H", b"\1\0\2\0")), struct.unpack_from("<B", b"abc", 1), struct.pack("3p", b"abcd"), struct.Struct("<2h").size, struct.pack("<xh", 5))
for bad in ("struct.pack('<h', 40000)", "struct.pack('<h', 'a')", "struct.unpack('<h', b'a')", "struct.pack('z', 1)", "struct.pack('<hh', 1)", "struct.pack('<B', -1)", "struct.pack('<f', 1e300)", "struct.pack('<s', 1)"):
    try:
        eval(bad)
    except Exception as e:
        print(type(e).__name__, e)
print(string.ascii_letters, string.digits, string.punctuation, string.Template("$a ${b} $$ $c").safe_substitute(a=1, b=2), string.capwords("a bc  d"), string.Formatter().format("{0} {x}", 1, x=2), list(string.Formatter().parse("a{b!r:c}d")))
text = "The quick brown fox jumps over the lazy dog. " * 3
print(textwrap.fill(text, 40), textwrap.shorten(text, 30), textwrap.dedent("  a\n   b\n  c"), textwrap.indent("a\n\nb", "> "), textwrap.wrap("aaaaaaaaaaaaaaa b", 6), sep="\n")
pprint.pprint({"b": list(range(30)), "a": {"nested": ["x" * 30, "y" * 40]}, "c": (1,)}); print(pprint.pformat({1: {2: {3: 4}}}, depth=2))
print(shlex.split("a 'b c' \"d\\\"e\" f\\ g"), shlex.quote("a b'c"), shlex.join(["a", "b c"]))
out = io.StringIO(); w = csv.writer(out); w.writerow(["a", 1, 'q"x', "c,d", None, 1.5, "l\nm"]); csv.DictWriter(out, ["x", "y"]).writerow({"x": 1, "y": 2}); print(repr(out.getvalue()), list(csv.reader(['a,"b,c",""""', "1;2"])), list(csv.DictReader(["h1,h2", "1,2"])), csv.list_dialects(), list(csv.reader(["a;b"], delimiter=";")))
print("\n".join(difflib.unified_diff(["a", "b", "c"], ["a", "x", "c"], "old", "new", lineterm="")), difflib.get_close_matches("appel", ["ape", "apple", "peach"]), difflib.SequenceMatcher(None, "abcd", "bcde").ratio())
