"""bytes, bytearray, memoryview."""
b = b"hello world"
print(b, b[0], b[1:4], b[::-1], len(b), b + b"!", b * 2, 104 in b, b"lo" in b, b.find(b"o"), b.rfind(111), b.count(b"l"), b.index(b"w"), b.split(), b.partition(b" "), b.replace(b"o", b"0"))
print(b.upper(), b.title(), b.capitalize(), b.swapcase(), b.center(15, b"*"), b.ljust(13), b.zfill(14), b.startswith((b"x", b"he")), b.endswith(b"d"), b.strip(b"hd"), b.isalpha(), b"12".isdigit(), b" ".isspace(), b"a\tb".expandtabs(3), b"a,b".split(b","), b"a\nb\r\n".splitlines(), b"-".join([b"a", bytearray(b"b")]))
print(b.hex(), b.hex(":"), b.hex("-", 2), bytes.fromhex("68 65 6C"), bytes(3), bytes([1, 2, 255]), bytes("é", "utf-8"), bytes(range(5)), repr(bytes(range(256)))[:80], b'\'"', b"'", b"\x00\n\t\\\xff", b.removeprefix(b"he"), b.translate(bytes.maketrans(b"lo", b"01"), b"h"))
print(b"%d %s %r %b %x %c %5.1f %%" % (1, b"s", "r", b"b", 255, 65, 2.25), b"a" < b"b", b"a" == "a", b"" == bytearray(), hash(b"a") == hash(bytes(bytearray(b"a"))), sorted(b"cab"), list(b"ab"), b"abc" > b"ab")
ba = bytearray(b"abc")
ba.append(100); ba.extend(b"ef"); ba.insert(0, 48); ba[1] = 65; ba[2:4] = b"XYZ"; ba += b"!"; print(ba, ba.pop(), ba.pop(0), len(ba))
ba.reverse(); print(ba); ba.remove(90); del ba[0]; del ba[::2]; print(ba, ba.copy(), ba == b"YA" or bytes(ba)); ba.clear(); print(ba, bytearray(2), bytearray("x", "ascii"))
ba = bytearray(range(10)); ba[::2] = b"aaaaa"; print(ba); ba *= 2; print(len(ba), ba.count(b"a"), ba.resize(4), ba)
for bad in ("bytes([256])", "bytes(-1)", "bytes('a')", "b'a' + 'b'", "b[100]", "b'a' < 'a'", "b'%d' % 'a'", "bytes.fromhex('xyz')", "bytes.fromhex('abc')", "ba.append(256)", "ba.append('a')", "ba.remove(99)", "bytearray().pop()", "b'abc'.index(b'z')", "b.split(b'')", "b.join(['a'])", "ba.insert('a', 1)", "b'é'" if False else "bytes('é', 'ascii')", "b[0] = 1", "ba[0] = 'a'", "ba[0:2] = 5", "300 in b", "'a' in b", "b.decode('nope')", "bytes(1, 2, 3, 4)", "b''.foo", "b'a' * b'b'", "bytes([1.5])", "bytes(object())", "b.startswith('a')"):
    try:
        print(bad, eval(bad) if "=" not in bad else exec(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
m = memoryview(bytearray(b"abcdefgh"))
print(m[0], m[1:3].tobytes(), m[::-2].tolist(), len(m), m.nbytes, m.format, m.itemsize, m.ndim, m.shape, m.strides, m.readonly, m.contiguous, memoryview(b"x").readonly, m == b"abcdefgh", m[2:4] == b"cd")
m[0] = 90; m[1:3] = b"YX"; print(m.obj, bytes(m), m.hex(), m.tobytes())
c = m.cast("H"); print(c.format, c.itemsize, len(c), c.shape, hex(c[0])); c2 = m.cast("B", (2, 4)); print(c2.tolist(), c2.shape, c2.ndim, c2[1, 2])
r = memoryview(b"abc"); ro = bytearray(b"1234"); v = memoryview(ro)
for bad in ("r[0] = 1", "m[100]", "m[0] = 256", "m[0:2] = b'abc'", "ro.append(1)", "m.cast('Z')", "memoryview('a')", "hash(m)", "m['a']", "v[0] = 'x'", "m.cast('H').cast('I')"):
    try:
        print(bad, exec(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
v.release(); ro.append(53); print(ro, hash(r) == hash(b"abc"))
with memoryview(b"with") as w: print(w.tolist())
try:
    w[0]
except ValueError as e:
    print(e)
print(b"\xf0\x9f\x98\x80".decode(), b"\xff\xfe\x41\x00".decode("utf-16"), "A".encode("utf-32-be"), "é".encode("cp1252"), "€".encode("iso8859-15"), b"abc".decode("utf-7"), "aé".encode("unicode_escape"), b"\\u00e9".decode("unicode_escape"), "a b".encode("idna") if False else "", "ab".encode("utf-8-sig"))
for enc, data in (("utf-8", b"a\xc3"), ("utf-8", b"\xed\xa0\x80"), ("utf-8", b"\xc0\x80"), ("ascii", b"ab\x80"), ("utf-16", b"\x00"), ("utf-8", b"\xf8\x88")):
    try:
        data.decode(enc)
    except UnicodeDecodeError as e:
        print(e, e.start, e.end, e.reason, e.object)
import array
a = array.array("i", [1, 2, 3]); a.append(4); a.extend([5]); print(a, a[1:3], a.tolist(), a.typecode, a.itemsize, a.index(3), array.array("d", [1.5]), array.array("u" if False else "w", "é"), a == array.array("i", [1, 2, 3, 4, 5]), a.pop(), a + a[:1], a * 2, memoryview(a).format)
