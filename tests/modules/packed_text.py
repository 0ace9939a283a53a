"""base64 of binascii, and pickles of ints."""
import base64
import binascii
import io
import pickle
import pickletools

for n in range(0, 12):
    data = bytes(range(250, 250 + min(n, 6))) + bytes(range(max(0, n - 6)))
    text = binascii.b2a_base64(data)
    print(n, text, binascii.b2a_base64(data, newline=False), binascii.a2b_base64(text) == data,
          binascii.a2b_base64(text.strip(), strict_mode=True) == data)
data = bytes(range(256)) * 41
assert base64.b64decode(base64.b64encode(data)) == data
assert base64.b64decode(base64.b64encode(data).decode()) == data
for text in [b"", b"=", b"==", b"AA", b"AA=", b"AA==", b"AAA=", b"AAAA", b"A", b"A===", b"AA=A", b"AAAA=", b"AAAA====",
             b"AB==", b"AAB=", b"A\nAA=", b"\nAAAA", b"AAA*", b"=AAA", b"AAAAA", b"AAAA\xff\xff\xff\xff",
             "é"]:
    for strict in False, True:
        try:
            print(text, strict, binascii.a2b_base64(text, strict_mode=strict))
        except Exception as e:
            print(text, strict, type(e).__name__, e)

numbers = [0, 1, 255, 256, 65535, 65536, -1, -128, 2**31 - 1, -2**31, 2**31, 2**40, -2**63, 2**64, True, None, 1.5, "a", 3, 4]
for proto in range(6):
    made = pickle.dumps(numbers, proto)
    print(proto, made, pickle.loads(made) == numbers)
for n in [1, 2, 999, 1000, 1001, 2000, 2001, 40000]:
    l = list(range(n))
    made = pickle.dumps(l, 4)
    ops = [op.name for op, arg, at in pickletools.genops(made)]
    print(n, len(made), pickle.loads(made) == l, ops.count("FRAME"), ops.count("MARK"), ops.count("APPENDS"), ops[-3:])
out = io.BytesIO()
pickle.dump([list(range(70000)), [1, 2]], out, 4)
print(len(out.getvalue()), pickle.loads(out.getvalue())[1])


class Ids(pickle.Pickler):
    def persistent_id(self, obj):
        return "seven" if obj == 7 and type(obj) is int else None


class Reads(pickle.Unpickler):
    def persistent_load(self, pid):
        return [pid]


out = io.BytesIO()
Ids(out, 4).dump([1, 7, 8])
print(out.getvalue(), Reads(io.BytesIO(out.getvalue())).load())
