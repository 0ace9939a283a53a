# Buffers that do not lie in one piece, and what exporters answer to requests.
import array, inspect, io, re, struct
from _testbuffer import *

def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)

F = inspect.BufferFlags
gaps = memoryview(bytearray(range(10)))[::-2]
t(lambda: struct.unpack("5s", gaps))
t(lambda: re.match(b".", gaps))
t(lambda: bytes(gaps))
t(lambda: bytearray(gaps))
t(lambda: gaps.hex())
t(lambda: gaps.__buffer__(F.SIMPLE))
t(lambda: gaps.__buffer__(F.FULL_RO).strides)
t(lambda: b"".__buffer__(F.WRITABLE))
t(lambda: memoryview(array.array("i", [1, 2])).__buffer__(F.FORMAT))
for flags in (F.C_CONTIGUOUS, F.F_CONTIGUOUS, F.ANY_CONTIGUOUS, F.ND, F.WRITABLE):
    t(lambda: ndarray([1, 2, 3, 4], [2, 2], strides=[-1, -2], offset=3).__buffer__(flags))
    t(lambda: memoryview(ndarray([1, 2, 3, 4], [2, 2], strides=[-1, -2], offset=3)).__buffer__(flags))

rows = ndarray(list(range(12)), shape=[3, 4], flags=ND_PIL | ND_WRITABLE)
m = memoryview(rows)
print(m.suboffsets, m[2, 1], m[::-1].tolist()[0:1], m.tobytes(order="F"))
m[1, 2] = 99
print(rows.tolist(), rows[1:, ::2].tolist())
t(lambda: m.cast("B"))
t(lambda: memoryview(ndarray([1], [1], format="<i")).cast("i"))
t(lambda: memoryview(ndarray([1], [1], format="<i")).cast("B").tolist())
print(memoryview(ndarray([(1, 2.0)], [1], format="hd")) == memoryview(ndarray([(1, 2.0)], [1], format="<qf")))
nan = ndarray([(1, float("nan"))], [1], format="hd")
print(memoryview(nan) == memoryview(nan))
f = memoryview(bytearray(8)).cast("d")
t(lambda: f.__setitem__(0, 2**1024))
t(lambda: f.__setitem__(0, "1"))
t(lambda: memoryview(ndarray(list(range(100)), [1] * 100)))
t(lambda: struct.calcsize("i\0"))
t(lambda: struct.Struct.__new__(struct.Struct).size)

# A scanner keeps its subject's size; replacements are of the subject's kind.
b = bytearray(b"xx")
it = re.finditer(b"a", b)
t(lambda: b.extend(b"y" * 400))
m = re.search(b"x+", b)
del it
b[:] = b"x"
print(m.group())
t(lambda: re.sub(".", b"c", "b"))
t(lambda: re.sub(b"b", lambda m: "x", b"ab"))

# marshal: tuples within lists within themselves.
import marshal
a = ([], {})
a[0].append(a)
a[1]["a"] = a
c = marshal.loads(marshal.dumps(a))
print(c[0][0] is c, c[1]["a"] is c)
class Reader(io.BytesIO):
    def readinto(self, buf):
        return super().readinto(buf) * 3
t(lambda: marshal.load(Reader(marshal.dumps(1.5))))

# Bytes that are not in one piece, where bytes are wanted.
v = memoryview(b"abcdef")[::2]
b = bytearray(b"q")
t(lambda: b"".join([b"x", v]))
t(lambda: b"a" + v)
t(lambda: b + v)
t(lambda: b.extend(v))
t(lambda: b.__iadd__(v))
t(lambda: b.__setitem__(slice(None), v))
t(lambda: (b, b"%s" % v, int.from_bytes(v, "big")))
t(lambda: str(v, "ascii"))
t(lambda: int(v))
t(lambda: float(v))
t(lambda: marshal.dumps(v))
t(lambda: eval(v))
