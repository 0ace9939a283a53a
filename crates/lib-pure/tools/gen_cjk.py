"""Writes src/cjk/tables.bin and prints the rows of INDEX in src/cjk/table.rs.

Run by CPython 3.14, whose codecs are asked for every sequence of bytes and every character. The file's form is told in
src/cjk/table.rs.
"""
import codecs
import pathlib
import zlib

NAMES = """gb2312 gbk gb18030 big5 big5hkscs cp950 euc_kr cp949 johab shift_jis cp932 euc_jp euc_jis_2004 euc_jisx0213
           shift_jis_2004 shift_jisx0213""".split()
CHARACTERS = [*range(0xD800), *range(0xE000, 0x10000), *range(0x1F000, 0x30000)]


def number(n):
    """Seven bits a byte, lowest first."""
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def signed(n):
    return number(2 * n if n >= 0 else -2 * n - 1)


def attempt(function, value):
    try:
        return function(value)[0]
    except UnicodeError:
        return None


def leads(decode):
    """For each byte: 1 a character, 2 the start of a sequence, 0 neither."""
    for byte in range(256):
        try:
            decode(bytes([byte]))
            yield 1
        except UnicodeDecodeError as e:
            yield 2 if "incomplete" in e.reason else 0


def sequences(name, decode, kinds):
    """All sequences of up to three bytes that decode, with their characters."""
    candidates = [bytes([b]) for b in range(256) if kinds[b] == 1]
    candidates += [bytes([a, b]) for a in range(256) if kinds[a] == 2 for b in range(256)]
    if name.startswith("euc_j"):
        candidates += [bytes([0x8F, a, b]) for a in range(0xA1, 0xFF) for b in range(0xA1, 0xFF)]
    for data in candidates:
        text = attempt(decode, data)
        if text is not None:
            yield int.from_bytes(data), text


def exceptions(name, encode, first):
    """Characters that are encoded otherwise than by the first sequence that decodes to them."""
    for cp in CHARACTERS:
        data = attempt(encode, chr(cp))
        if name == "euc_kr" and data is not None and len(data) == 8:
            continue  # Hangul that is spelled out
        if name == "gb18030" and data is not None and len(data) == 4:
            continue
        found = None if data is None else int.from_bytes(data)
        if found != first.get(chr(cp)):
            yield cp, found


def runs(decode):
    """Runs of sequences of four bytes: number of the first, its character, length."""
    out = []
    for n in range(39420):
        data = bytes([0x81 + n // 12600, 0x30 + n // 1260 % 10, 0x81 + n // 10 % 126, 0x30 + n % 10])
        text = attempt(decode, data)
        if text is None:
            continue
        if out and out[-1][0] + out[-1][2] == n and out[-1][1] + out[-1][2] == ord(text):
            out[-1][2] += 1
        else:
            out.append([n, ord(text), 1])
    return out


def table(name):
    info = codecs.lookup(name)
    kinds = list(leads(info.decode))
    found = sorted(sequences(name, info.decode, kinds))
    first = {}
    for seq, text in found:
        first.setdefault(text, seq)
    single = [(seq, ord(text)) for seq, text in found if len(text) == 1]
    double = [(seq, *map(ord, text)) for seq, text in found if len(text) == 2]
    assert len(single) + len(double) == len(found)
    out = bytes(kinds) + number(len(single))
    last_seq = last_cp = 0
    for seq, cp in single:
        out += number(seq - last_seq) + signed(cp - last_cp)
        last_seq, last_cp = seq, cp
    out += number(len(double))
    last_seq = 0
    for seq, a, b in double:
        out += number(seq - last_seq) + number(a) + number(b)
        last_seq = seq
    other = list(exceptions(name, info.encode, first))
    out += number(len(other))
    last_cp = 0
    for cp, seq in other:
        out += number(cp - last_cp) + number(0 if seq is None else seq + 1)
        last_cp = cp
    rows = runs(info.decode) if name == "gb18030" else []
    out += number(len(rows))
    last = 0
    for n, cp, length in rows:
        out += number(n - last) + number(cp) + number(length)
        last = n
    return out


def main():
    data = b""
    for name in NAMES:
        body = table(name)
        packed = zlib.compress(body, 9)
        print(f'    ("{name}", {len(data)}, {len(packed)}, {len(body)}),')
        data += packed
    path = pathlib.Path(__file__).parent.parent / "src" / "cjk" / "tables.bin"
    path.write_bytes(data)


main()
