"""Joining sequences of one class, bytes from pieces and ints, native functions with keywords."""
import io
import struct


def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


class S(str):
    pass


class B(bytes):
    def __radd__(self, other):
        return "radd"


class T(tuple):
    def __add__(self, other):
        return "add"


class L(list):
    pass


s, b, l = "ab", b"ab", [1]
m = l
for x, y in [("é", "x"), ("a" * 70, "b"), (b"", b"x"), (b"x", b""), ((1,), (2, 3)), ([1], [2]), ("a", b"a"), (b"a", "a"),
             ((1,), [2]), ([1], (2,)), (S("a"), "b"), ("a", S("b")), (b"a", B(b"b")), (B(b"a"), b"b"), (T((1,)), (2,)),
             ((1,), T((2,))), (L([1]), [2]), ([1], L([2])), (b"a", bytearray(b"b")), (bytearray(b"a"), b"b")]:
    t(lambda: (x + y, type(x + y).__name__))
s += "c"
b += b"c"
l += [2]
m += (3,)
print(s, b, l, m is l)
print([len("\ud800" + "\udc00"), (b"" + b"").__len__()])
n = 0
for piece in [b"", b"a", b"abc", b"abcd", b"abcdefg", b"abcdefgh", b"abcdefghi", b"a" * 16, b"a" * 17, b"a" * 100]:
    t(lambda: (b"".join([piece, b"-", piece]), b", ".join([piece] * 3)))
for parts in [[], [b"a"], [B(b"a")], [b"a", bytearray(b"b"), memoryview(b"c")], [b"a", "b"], [b"a", 1], (b"a", b"b"), "ab"]:
    t(lambda: b"+".join(parts))
    t(lambda: bytearray(b"+").join(parts))
for v in [0, 1, -1, 127, 128, -128, -129, 255, 256, 2**31, -2**31, 2**62, -2**62, 2**63 - 1, -2**63, 2**64]:
    for n in (0, 1, 2, 8, 9, 16, 17):
        for order in "big", "little":
            for signed in False, True:
                try:
                    made = v.to_bytes(n, order, signed=signed)
                    assert int.from_bytes(made, order, signed=signed) == v
                except OverflowError as e:
                    made = str(e)[:9]
                print(made, end=" ")
    print()
table = bytes.maketrans(b"abc", b"xyz")
t(lambda: (b"aabbdd".translate(table), b"dd".translate(table), b"abd".translate(table, b"b"), b"abd".translate(None, b"d")))
same = b"dddd"
print(same.translate(table) is same, bytearray(b"abc").translate(table))
f = io.BytesIO(b"line one\nline two\nlast")
print(f.read(3), f.read(0), f.readline(), f.readline(4), f.readline(-1), f.read(None), f.read(5), f.readline())
t(lambda: f.read("x"))
f.seek(100)
print(f.read(3), f.readline(), f.tell())
t(lambda: io.BytesIO(b"abc").read(True))
t(lambda: (struct.pack(">H", 258), struct.pack("64s", b"a")[:2], len(struct.pack("65s", b"b")), struct.pack("")))
t(lambda: struct.pack("HH", 1))
t(lambda: struct.pack("B", 256))
# Native functions with keywords.
out = io.StringIO()
print("a", "b", sep="-", end="!", file=out)
print(file=out, end="")
print(out.getvalue())
for call in [
    lambda: sorted([3, 1, 2], key=lambda v: -v), lambda: sorted([3, 1, 2], reverse=True), lambda: sorted(key=None),
    lambda: sorted([1], foo=2), lambda: sorted([1], None), lambda: print(foo=1), lambda: print("x", sep=1),
    lambda: int("11", base=2), lambda: int(x=1), lambda: "a b".split(maxsplit=0), lambda: "a b".split(sep=None, maxsplit=-1),
    lambda: "a".split(" ", sep=" "), lambda: b"a".decode(encoding="ascii", errors="strict"), lambda: "é".encode(errors="replace", encoding="ascii"),
    lambda: max([1, 2], key=lambda v: -v), lambda: max([], default=3), lambda: min(1, 2, foo=3), lambda: sum([1], start=2),
    lambda: int.from_bytes(b"ab", byteorder="little"), lambda: int.from_bytes(bytes=b"ab"), lambda: (5).to_bytes(length=2),
    lambda: (5).to_bytes(2, length=2), lambda: [].sort(None), lambda: dict.fromkeys(iterable=1), lambda: list(zip([1], [2], strict=True)),
    lambda: enumerate(iterable=[1], start=2).__next__(), lambda: "x".join(iterable=[]), lambda: str.encode(), lambda: len(obj=1),
]:
    t(call)
for name in ["utf-8", "UTF-8", "utf8", "Utf_8", "ascii", "ASCII", "latin-1", "latin1", "l1", "iso8859-1", "nope", "utf-8\0", ""]:
    t(lambda: ("é".encode(name, "replace"), "é".encode("latin-1").decode(name, "replace"), b"abc".decode(name)))
