"""match statements: every kind of pattern."""
from dataclasses import dataclass
from enum import Enum
class Color(Enum):
    RED = 1
    BLUE = 2
@dataclass
class P:
    x: int
    y: int = 0
class Attr:
    __match_args__ = ("first", "second")
    def __init__(self, a, b): self.first, self.second = a, b
def what(v):
    match v:
        case 0 | 1:
            return "small"
        case -1:
            return "minus one"
        case 1.5 | 2+3j:
            return "number"
        case "hi" | b"hi":
            return "greeting"
        case None:
            return "none"
        case True:
            return "true"
        case Color.RED:
            return "red"
        case int(n) if n > 100:
            return f"big {n}"
        case int() | float() as num:
            return f"num {num}"
        case str(s):
            return f"str {s!r}"
        case []:
            return "empty"
        case [x]:
            return f"one {x}"
        case [1, *rest]:
            return f"starts with 1, {rest}"
        case [first, (a, b), *_]:
            return f"nested {first} {a} {b}"
        case (x, y):
            return f"pair {x} {y}"
        case [*_, last]:
            return f"last {last}"
        case {"type": "circle", "r": r}:
            return f"circle {r}"
        case {"k": [a, *b], **rest}:
            return f"map {a} {b} {rest}"
        case {}:
            return f"some mapping"
        case P(0, y=0):
            return "origin"
        case P(x=0, y=y):
            return f"on y axis {y}"
        case P(a, b):
            return f"point {a} {b}"
        case Attr(f, second=[s, *_]):
            return f"attr {f} {s}"
        case Color() as c:
            return f"color {c.name}"
        case _:
            return f"other {type(v).__name__}"
for v in (0, 1, True, False, -1, 1.5, 2+3j, "hi", b"hi", None, Color.RED, Color.BLUE, 101, 50, 2.5, "abc", [], [9], [1, 2, 3],
          (7, (8, 9), 10), (5, 6), [2, 3, 4, 5], {"type": "circle", "r": 3}, {"k": [1, 2, 3], "z": 1}, {"q": 1}, {},
          P(0, 0), P(0, 5), P(2, 3), Attr(1, [2, 3]), Attr(1, 2), object, set(), range(3), bytearray(b"ab")):
    print(what(v))
def guard(v):
    match v:
        case [a, b] if (s := a + b) > 10:
            return s
        case [a, b]:
            return (a, b)
print(guard([6, 7]), guard([1, 2]), guard(3))
match 1, 2:
    case a, b:
        print(a, b)
match = case = type = 5
print(match, case, type)
class Seq:
    def __len__(self): return 1
    def __getitem__(self, i): return i
match Seq():
    case [_]: print("sequence")
    case _: print("not a sequence")
for bad in ("match 1:\n case x: pass\n case 2: pass", "match 1:\n case a, a: pass", "match 1:\n case {**r, 'a': 1}: pass",
            "match 1:\n case [*a, *b]: pass", "match 1:\n case x | 1: pass", "match 1:\n case (a|b): pass"):
    try:
        compile(bad, "<m>", "exec")
    except SyntaxError as e:
        print(e.msg)
try:
    match P(1, 2):
        case P(1, 2, 3): pass
except TypeError as e:
    print(e)
