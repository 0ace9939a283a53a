"""Writes src/unicode/tables.rs and src/unicode/names.bin.

Run it under a CPython whose unicodedata is the version wanted (3.14: Unicode 16.0):

    python gen_unicode.py TOOLS_DIR OUT_DIR

The interpreter is the source of every property. What it cannot list, the aliases and the named sequences, come
from name_aliases.txt (`hex;NAME`) and named_sequences.txt (`NAME;hex hex ...`) beside this file and are checked
against unicodedata.lookup.
"""

import collections
import struct
import sys
import unicodedata as ucd

TOOLS, OUT = sys.argv[1], sys.argv[2]
N = 0x110000
old = ucd.ucd_3_2_0
CHARS = [chr(c) for c in range(N)]

CATEGORIES = sorted({ucd.category(c) for c in CHARS} | {old.category(c) for c in CHARS})
BIDI = sorted({ucd.bidirectional(c) for c in CHARS} | {old.bidirectional(c) for c in CHARS})
WIDTHS = sorted({ucd.east_asian_width(c) for c in CHARS} | {old.east_asian_width(c) for c in CHARS})

out = []


def number(value):
    return f"0x{value:x}" if value > 9 else str(value)


def array(name, kind, values):
    out.append(f"pub static {name}: [{kind}; {len(values)}] = [")
    line = ""
    for value in values:
        word = value if isinstance(value, str) else str(value)
        if len(line) + len(word) + 2 > 108:
            out.append(" " + line)
            line = ""
        line += " " + word + ","
    if line:
        out.append(" " + line)
    out.append("];")
    out.append("")


def width(values):
    top = max(values)
    return ("u8", 1) if top < 256 else ("u16", 2) if top < 65536 else ("u32", 4)


def two_stage(name, values):
    """The cheapest split of `values` into blocks; equal blocks are kept once. The tail of zeros is cut off."""
    end = len(values)
    while end and values[end - 1] == 0:
        end -= 1
    best = None
    for shift in range(4, 10):
        size = 1 << shift
        blocks, first, second = {}, [], []
        for start in range(0, end, size):
            block = tuple(values[start : start + size])
            if block not in blocks:
                blocks[block] = len(blocks)
                second.extend(block)
            first.append(blocks[block])
        cost = len(first) * width(first)[1] + len(second) * width(second)[1]
        if best is None or cost < best[0]:
            best = cost, shift, first, second
    cost, shift, first, second = best
    out.append(f"pub const {name}_SHIFT: u32 = {shift};")
    array(f"{name}_1", width(first)[0], first)
    array(f"{name}_2", width(second)[0], second)
    print(name, cost, "bytes, shift", shift)


def intern(records, key):
    return records.setdefault(key, len(records))


# --- properties of unicodedata ---------------------------------------------------------------------------------

compose = {}
for c, ch in enumerate(CHARS):
    d = ucd.decomposition(ch)
    if d and d[0] != "<":
        parts = tuple(int(x, 16) for x in d.split())
        if len(parts) == 2 and ucd.normalize("NFC", chr(parts[0]) + chr(parts[1])) == ch:
            compose[parts] = c
seconds = {b for _, b in compose} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))

MIRRORED, NFD_NO, NFKD_NO, NFC_NO, NFKC_NO, MAYBE = 1, 2, 4, 8, 16, 32

props = {}
prop_index = []
for c, ch in enumerate(CHARS):
    flags = MIRRORED if ucd.mirrored(ch) else 0
    for form, bit in (("NFD", NFD_NO), ("NFKD", NFKD_NO), ("NFC", NFC_NO), ("NFKC", NFKC_NO)):
        if ucd.normalize(form, ch) != ch:
            flags |= bit
    if c in seconds:
        flags |= MAYBE
    key = (
        CATEGORIES.index(ucd.category(ch)),
        BIDI.index(ucd.bidirectional(ch)),
        ucd.combining(ch),
        WIDTHS.index(ucd.east_asian_width(ch)),
        flags,
    )
    if c == 0:
        intern(props, (CATEGORIES.index("Cn"), BIDI.index(""), 0, WIDTHS.index("N"), 0))
    prop_index.append(intern(props, key))

# --- kinds, numbers and case of str ----------------------------------------------------------------------------

(ALPHA, DECIMAL, DIGIT, NUMERIC, PRINTABLE, SPACE, ID_START, ID_CONTINUE, LOWER, UPPER, TITLE, IGNORABLE, LINE) = (
    1 << i for i in range(13)
)
numerics = {}
sequences = {}
SEQUENCE = 0x4000_0000


def mapping(c, text):
    if len(text) == 1:
        return ord(text) - c
    return SEQUENCE | intern(sequences, tuple(map(ord, text)))


kinds = {}
kind_index = []
for c, ch in enumerate(CHARS):
    flags = 0
    final = ("A" + ch + "Σ").lower()[-1] == "ς"
    cased = (ch + "Σ").lower()[-1] == "ς"
    for bit, on in (
        (ALPHA, ch.isalpha()),
        (DECIMAL, ch.isdecimal()),
        (DIGIT, ch.isdigit()),
        (NUMERIC, ch.isnumeric()),
        (PRINTABLE, ch.isprintable()),
        (SPACE, ch.isspace()),
        (ID_START, ch.isidentifier()),
        (ID_CONTINUE, ("a" + ch).isidentifier()),
        (LOWER, ch.islower()),
        (UPPER, ch.isupper()),
        (TITLE, ucd.category(ch) == "Lt"),
        (IGNORABLE, final and not cased),
        (LINE, len(("a" + ch + "a").splitlines()) == 2),
    ):
        if on:
            flags |= bit
    value = ucd.numeric(ch, None)
    if value is not None:
        flags |= NUMERIC
    key = (
        flags,
        ucd.decimal(ch, 255),
        ucd.digit(ch, 255),
        0 if value is None else 1 + intern(numerics, value),
        mapping(c, ch.lower()),
        mapping(c, ch.upper()),
        mapping(c, ch.title()),
        mapping(c, ch.casefold()),
    )
    assert ch.isnumeric() == (value is not None), hex(c)
    if c == 0:
        intern(kinds, (0, 255, 255, 0, 0, 0, 0, 0))
    kind_index.append(intern(kinds, key))

# --- decompositions --------------------------------------------------------------------------------------------

tags = {"": 0}
decomp_data = [0]
decomp_index = []
seen = {}
for c, ch in enumerate(CHARS):
    d = ucd.decomposition(ch)
    if not d:
        decomp_index.append(0)
        continue
    parts = d.split()
    tag = parts.pop(0)[1:-1] if parts[0][0] == "<" else ""
    key = (intern(tags, tag), *(int(x, 16) for x in parts))
    if key not in seen:
        seen[key] = len(decomp_data)
        decomp_data.append(key[0] << 8 | len(parts))
        decomp_data.extend(key[1:])
    decomp_index.append(seen[key])

# --- what Unicode 3.2 said otherwise ---------------------------------------------------------------------------

olds = {}
old_index = []
corrections = []
for c, ch in enumerate(CHARS):
    was = (
        old.category(ch), old.bidirectional(ch), old.combining(ch), old.east_asian_width(ch), old.mirrored(ch),
        old.decimal(ch, 255), old.digit(ch, 255), old.numeric(ch, None),
    )
    now = (
        ucd.category(ch), ucd.bidirectional(ch), ucd.combining(ch), ucd.east_asian_width(ch), ucd.mirrored(ch),
        ucd.decimal(ch, 255), ucd.digit(ch, 255), ucd.numeric(ch, None),
    )
    if was[0] == "Cn":
        assert old.decomposition(ch) == ""
    elif old.decomposition(ch) != ucd.decomposition(ch):
        corrections.append((c, [int(x, 16) for x in old.decomposition(ch).split()]))
    if was == now:
        old_index.append(0)
    else:
        value = 0 if was[7] is None else 1 + intern(numerics, was[7])
        key = (CATEGORIES.index(was[0]), BIDI.index(was[1]), was[2], WIDTHS.index(was[3]), was[4], was[5], was[6], value)
        old_index.append(1 + intern(olds, key))
print("3.2 corrections", [(hex(c), x) for c, x in corrections])
# Corrections that only the normal forms see.
for c, ch in enumerate(CHARS):
    if old.category(ch) != "Cn":
        a, b = old.normalize("NFD", ch), ucd.normalize("NFD", ch)
        if a != b:
            print("3.2 NFD differs", hex(c), [hex(ord(x)) for x in a], [hex(ord(x)) for x in b])

# --- output of the properties ----------------------------------------------------------------------------------

out.append(f"""//! Unicode {ucd.unidata_version} and the differences of 3.2.0, as tables. Generated by tools/gen_unicode.py: do not edit.

use super::{{Kind, OldProp, Prop}};

pub const VERSION: &str = "{ucd.unidata_version}";
""")
for name, values in (("CATEGORIES", CATEGORIES), ("BIDI", BIDI), ("WIDTHS", WIDTHS), ("TAGS", list(tags))):
    array(name, "&str", [f'"{v}"' for v in values])
array("NUMERICS", "f64", [repr(float(v)) for v in numerics])
array(
    "PROPS", "Prop",
    [f"Prop {{ category: {a}, bidi: {b}, combining: {d}, width: {e}, flags: {f} }}" for a, b, d, e, f in props],
)
two_stage("PROP", prop_index)
array(
    "KINDS", "Kind",
    [
        f"Kind {{ flags: {k[0]}, decimal: {k[1]}, digit: {k[2]}, numeric: {k[3]}, case: [{k[4]}, {k[5]}, {k[6]}, {k[7]}] }}"
        for k in kinds
    ],
)
two_stage("KIND", kind_index)
array("SEQUENCES", "&[u32]", ["&[" + ", ".join(map(number, s)) + "]" for s in sequences])
two_stage("DECOMP", decomp_index)
array("DECOMP_DATA", "u32", [number(v) for v in decomp_data])
pairs = sorted(compose)
array("COMPOSE_FROM", "(u32, u32)", [f"({number(a)}, {number(b)})" for a, b in pairs])
array("COMPOSE_TO", "u32", [number(compose[p]) for p in pairs])
array(
    "OLDS", "OldProp",
    [
        f"OldProp {{ prop: Prop {{ category: {a}, bidi: {b}, combining: {d}, width: {e}, flags: {f} }}, "
        f"decimal: {g}, digit: {h}, numeric: {i} }}"
        for a, b, d, e, f, g, h, i in olds
    ],
)
two_stage("OLD", old_index)
assert not corrections

# --- names -----------------------------------------------------------------------------------------------------

names = {}
ranges = {}
for c, ch in enumerate(CHARS):
    name = ucd.name(ch, None)
    if name is None or 0xAC00 <= c < 0xAC00 + 11172:
        continue
    if name.startswith("CJK UNIFIED IDEOGRAPH-"):
        spans = ranges.setdefault("CJK UNIFIED IDEOGRAPH-", [])
        if spans and spans[-1][1] == c - 1:
            spans[-1][1] = c
        else:
            spans.append([c, c])
        continue
    names[c] = name
array("CJK_RANGES", "(u32, u32)", [f"({number(a)}, {number(b)})" for a, b in ranges["CJK UNIFIED IDEOGRAPH-"]])

entries = [(n, (c,)) for c, n in sorted(names.items())]
for line in open(TOOLS + "/name_aliases.txt"):
    code, name = line.strip().split(";")
    assert ord(ucd.lookup(name)) == int(code, 16), name
    entries.append((name, (int(code, 16),)))
for line in open(TOOLS + "/named_sequences.txt"):
    name, codes = line.strip().split(";")
    codes = tuple(int(x, 16) for x in codes.split())
    assert ucd.lookup(name) == "".join(map(chr, codes)), name
    entries.append((name, codes))


def words_of(name):
    """Words with the space before them; what follows a dash is a word of its own."""
    words = []
    for i, word in enumerate(name.split(" ")):
        word = word if i == 0 else " " + word
        dash = word.rfind("-")
        if dash > 0:
            words += [word[: dash + 1], word[dash + 1 :]]
        else:
            words.append(word)
    return words


SHORT = 190
split = {}
use = collections.Counter()
for name, codes in entries:
    split[name] = [None if w == f"{codes[0]:04X}" else w for w in words_of(name) if w]
    use.update(w for w in split[name] if w)
# Many a name ends in its own code point in hex: one byte stands for that.
OWN_CODE = 255
order = sorted(use, key=lambda w: (-use[w], w))
print(len(entries), "names", len(order), "words")
rank = {w: i for i, w in enumerate(order)}
assert len(order) < SHORT + (OWN_CODE - SHORT) * 256

lexicon = bytearray()
lex_offsets = []
for w in order:
    lex_offsets.append(len(lexicon))
    lexicon += w.encode()
lex_offsets.append(len(lexicon))
coded = []
for name, _ in entries:
    code = bytearray()
    for w in split[name]:
        if w is None:
            code.append(OWN_CODE)
            continue
        i = rank[w]
        if i < SHORT:
            code.append(i)
        else:
            i -= SHORT
            code += bytes([SHORT + (i >> 8), i & 255])
    assert len(code) < 256
    coded.append(bytes([len(code)]) + code)

STEP = 16
body = bytearray()
steps = []
for i, code in enumerate(coded):
    if i % STEP == 0:
        steps.append(len(body))
    body += code
by_name = sorted(range(len(entries)), key=lambda i: entries[i][0])
assert len(entries) < 65536

blob = bytearray()
layout = []


def part(name, data, count):
    while len(blob) % 4:
        blob.append(0)
    layout.append((name, len(blob), count))
    blob.extend(data)


part("WORD_LENGTHS", bytes(len(w) for w in order), len(order))
part("WORD_STEPS", struct.pack(f"<{len(lex_offsets[::STEP])}I", *lex_offsets[::STEP]), len(lex_offsets[::STEP]))
part("WORDS", lexicon, len(lexicon))
part("NAME_STEPS", struct.pack(f"<{len(steps)}I", *steps), len(steps))
part("NAMES", body, len(body))
part("BY_NAME", struct.pack(f"<{len(by_name)}H", *by_name), len(by_name))
open(OUT + "/names.bin", "wb").write(blob)
print("names.bin", len(blob), [(n, o, c) for n, o, c in layout])

for name, offset, count in layout:
    out.append(f"pub const {name}: (usize, usize) = ({offset}, {count});")
out.append(f"pub const NAME_STEP: usize = {STEP};")
out.append(f"pub const WORD_SHORT: usize = {SHORT};")
out.append("")
# Runs of code points with names: first, last, number of the first one's entry.
runs = []
for i, (name, codes) in enumerate(entries[: len(names)]):
    if runs and runs[-1][1] == codes[0] - 1:
        runs[-1][1] = codes[0]
    else:
        runs.append([codes[0], codes[0], i])
array("NAME_RUNS", "(u32, u32, u16)", [f"({number(a)}, {number(b)}, {i})" for a, b, i in runs])
out.append("/// The code points of the entries after the names proper: aliases and named sequences.")
out.append(f"pub const EXTRA_FIRST: usize = {len(names)};")
array("EXTRA", "&[u32]", ["&[" + ", ".join(map(number, c)) + "]" for _, c in entries[len(names) :]])
open(OUT + "/tables.rs", "w").write("\n".join(out).rstrip() + "\n")
