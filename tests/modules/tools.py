"""argparse, logging, unittest, ast, tokenize, inspect, base64, hashlib, urllib.parse, html, contextvars, uuid, ipaddress and others."""
import argparse, ast, base64, binascii, contextvars, graphlib, hashlib, html, io, ipaddress, inspect, keyword, logging, queue, sched, secrets, shlex, sys, textwrap, token, tokenize, types, unittest, urllib.parse, uuid, zlib, numbers, fnmatch, reprlib, string, timeit, tomllib, configparser, cmd, operator, hmac
p = argparse.ArgumentParser("prog", description="Does things.", color=False); p.add_argument("file", help="the file"); p.add_argument("-n", "--num", type=int, default=3, help="a number (default: %(default)s)"); p.add_argument("-v", action="count"); p.add_argument("--flag", action=argparse.BooleanOptionalAction); p.add_argument("--choice", choices=["a", "b"]); p.add_argument("rest", nargs="*"); print(p.parse_args(["f", "-n5", "-vv", "--no-flag", "x", "y"])); p.print_help()
for bad in (["f", "-n", "x"], [], ["f", "--nope"]):
    err = sys.stderr; sys.stderr = io.StringIO()
    try:
        p.parse_args(bad)
    except SystemExit as e:
        out, sys.stderr = sys.stderr.getvalue(), err; print(e.code, out)
    finally: sys.stderr = err
sub = argparse.ArgumentParser("s", color=False).add_subparsers(dest="cmd"); sub.add_parser("go").add_argument("-x"); print(sub.choices.keys())
log = logging.getLogger("t"); h = logging.StreamHandler(sys.stdout); h.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s")); log.addHandler(h); log.setLevel(logging.INFO); log.debug("no"); log.info("yes %d %s", 1, "a"); log.warning("w"); log.error("e", extra={}); print(log.isEnabledFor(10), logging.getLevelName(30), log.getEffectiveLevel(), logging.getLogger("t.child").parent is log)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
class T(unittest.TestCase):
    def setUp(self): self.v = 1
    def test_ok(self): self.assertEqual(self.v, 1); self.assertIn(1, [1]); self.assertRaisesRegex(ValueError, "x", int, "x")
    def test_fail(self): self.assertEqual([1, 2], [1, 3])
    def test_error(self): raise KeyError("k")
    @unittest.skip("why")
    def test_skip(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i): self.assertNotEqual(i, 1)
res = unittest.TestResult(); unittest.defaultTestLoader.loadTestsFromTestCase(T).run(res); print(res, [t.id() for t, _ in res.failures], [x[1].splitlines()[-1] for x in res.failures + res.errors], len(res.skipped))
print(ast.dump(ast.parse("x = f(1, *a, k=2)[1:2] if y else lambda z: z + 1")), ast.unparse(ast.parse("for  i in(1,2):\n  print( i )\nelse: pass")), ast.literal_eval("{'a': [1, -2.5, (None, True)], 'b': {1}}"), ast.dump(ast.parse("a.b", mode="eval"), indent=1, include_attributes=True), [type(n).__name__ for n in ast.walk(ast.parse("a + b"))], ast.get_docstring(ast.parse("'doc'")), sep="\n")
class V(ast.NodeTransformer):
    def visit_Constant(self, n): return ast.copy_location(ast.Constant(n.value * 2), n)
print(eval(compile(ast.fix_missing_locations(V().visit(ast.parse("3 + 4", mode="eval"))), "<v>", "eval")), [(token.tok_name[t.type], t.string, t.start) for t in tokenize.generate_tokens(io.StringIO("a = f'{b!r:>{3}}' # c\n").readline)])
try:
    ast.literal_eval("f()")
except ValueError as e:
    print(str(e)[:30])
def sample(a, /, b: int = 1, *c, d="x", **e): "Doc."; return a
print(inspect.signature(sample), inspect.getsource(sample), inspect.signature(sample).replace(return_annotation=int), inspect.getmodule(sample).__name__, inspect.cleandoc(" a\n  b"), inspect.signature(int.from_bytes), inspect.signature(sorted), inspect.signature(print), inspect.signature(type("C", (), {"__init__": sample})), inspect.getmro(bool), inspect.isabstract(numbers.Number), inspect.getcallargs(sample, 1, 2), inspect.currentframe().f_code.co_name)
d = b"data\x00\xff"; print(base64.b64encode(d), base64.b64decode("ZGF0YQD/"), base64.urlsafe_b64encode(b"\xff\xfe"), base64.b32encode(d), base64.b16encode(d), base64.b85encode(d), base64.a85encode(d), binascii.hexlify(d, "-"), binascii.crc32(d), binascii.unhexlify("00ff"), binascii.crc_hqx(d, 0), zlib.crc32(d), zlib.adler32(d), zlib.decompress(zlib.compress(d * 50)) == d * 50, hashlib.md5(d).hexdigest(), hashlib.sha1(d).hexdigest(), hashlib.sha256(d).hexdigest(), hashlib.sha512(d).hexdigest()[:20], hashlib.sha3_256(d).hexdigest()[:20], hashlib.blake2b(d, digest_size=8).hexdigest(), hashlib.blake2s(d).hexdigest()[:20], hmac.new(b"k", d, "sha256").hexdigest()[:20], hashlib.new("sha224", d).hexdigest()[:20])
u = urllib.parse; print(u.urlparse("http://u:p@h:80/p;x?q=1#f"), u.urlsplit("//h/p").netloc, u.urljoin("http://a/b/c", "../d"), u.quote("a b/é"), u.unquote("%41+%C3%A9"), u.quote_plus("a b&"), u.parse_qs("a=1&a=2&b="), u.parse_qsl("a=1;b=2"), u.urlencode({"a": [1, 2], "b": "x y"}, doseq=True), u.urlunparse(("s", "n", "p", "", "q", "")), u.urlsplit("http://[::1]:8/").hostname, html.escape("<a&\"'>"), html.unescape("&lt;&eacute;&#65;&#x42;&amp"))
cv = contextvars.ContextVar("cv", default=0); ctx = contextvars.copy_context(); tok = cv.set(5); print(cv.get(), ctx.run(cv.get), ctx.run(cv.set, 9) is not None, ctx[cv], cv.get()); cv.reset(tok); print(cv.get(), cv.name)
print(uuid.UUID("12345678123456781234567812345678"), uuid.uuid5(uuid.NAMESPACE_DNS, "python.org"), uuid.UUID(int=5).hex, uuid.uuid3(uuid.NAMESPACE_URL, "x").version, ipaddress.ip_network("10.0.0.0/29").num_addresses, list(ipaddress.ip_network("10.0.0.0/30").hosts()), ipaddress.ip_address("::1").is_loopback, ipaddress.ip_address("1.2.3.4") + 1, ipaddress.IPv6Address("2001:db8::1").exploded)
q = queue.PriorityQueue(); [q.put(x) for x in (3, 1, 2)]; print([q.get() for _ in range(3)], q.empty()); lq = queue.LifoQueue(1); lq.put(1)
try:
    lq.put_nowait(2)
except queue.Full as e:
    print(repr(e))
print(list(graphlib.TopologicalSorter({"d": {"b", "c"}, "b": {"a"}, "c": {"a"}}).static_order())[0], keyword.iskeyword("match"), keyword.softkwlist, fnmatch.filter(["a.py", "b.txt"], "*.py"), fnmatch.translate("a?[b-d]*"), reprlib.repr(list(range(100))), tomllib.loads('a = 1\n[b]\nc = [1.5, "x", 2024-01-01]\n'), len(secrets.token_hex(4)), isinstance(1, numbers.Integral), isinstance(1.5, numbers.Rational))
cp = configparser.ConfigParser(); cp.read_string("[s]\na = 1\nb = %(a)s2\n[t]\nc: yes\n"); print(cp.sections(), cp["s"]["b"], cp.getboolean("t", "c"), cp.has_option("s", "z"), dict(cp["s"])); o = io.StringIO(); cp.write(o); print(o.getvalue())
s = []; sc = sched.scheduler(lambda: 0, lambda t: None); sc.enter(0, 2, s.append, (2,)); sc.enter(0, 1, s.append, (1,)); sc.run(); print(s, types.new_class("N", (), {}).__name__, timeit.timeit("1", number=1) >= 0)
