"""dataclasses and enum."""
from dataclasses import *
import enum
from enum import *
@dataclass(order=True)
class P:
    x: int
    y: int = 0
    tags: list = field(default_factory=list, compare=False, repr=False)
    def __post_init__(self): self.total = self.x + self.y
p = P(1, 2)
print(p, p == P(1, 2), P(1) < P(1, 1), p.total, asdict(p), astuple(p), replace(p, y=9), [f.name for f in fields(P)], P(3).tags is P(3).tags, is_dataclass(P))
@dataclass(frozen=True, slots=True, kw_only=True)
class F:
    a: int
    b: str = "b"
f = F(a=1)
print(f, hash(f) == hash(F(a=1)), F.__slots__, F.__match_args__, {f: 1}[F(a=1)])
for bad in ("f.a = 2", "F(1)", "F()", "P()", "P(1, 2, 3, 4)", "replace(f, q=1)", "asdict(1)"):
    try:
        exec(bad)
    except Exception as e:
        print(type(e).__name__, e)
try:
    @dataclass
    class Bad:
        a: list = []
except ValueError as e:
    print(e)
try:
    @dataclass
    class Bad2:
        a: int = 1
        b: int
except TypeError as e:
    print(e)
@dataclass
class Child(P):
    z: InitVar[int] = 5
    def __post_init__(self, z):
        super().__post_init__()
        self.zz = z
print(Child(1, z=7), Child(1, z=7).zz, make_dataclass("M", [("q", int), ("r", str, "x")])(1))
class Color(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
    @property
    def pretty(self): return self.name.title()
    @classmethod
    def first(cls): return next(iter(cls))
print(Color.RED, repr(Color.RED), Color(2), Color["GREEN"], Color.CRIMSON is Color.RED, list(Color), Color.RED.pretty, Color.first(), len(Color), Color.RED in Color, 1 in Color, Color.__members__, Color.RED.name, Color.RED.value, isinstance(Color.RED, Color), f"{Color.RED}", {Color.RED: 1})
for bad in ("Color(9)", "Color['X']", "Color.RED = 3", "Color.RED < Color.GREEN", "Color()", "Color.NOPE", "class X(Color): pass"):
    try:
        exec(bad)
    except Exception as e:
        print(type(e).__name__, e)
class N(IntEnum):
    A = auto()
    B = auto()
    C = 10
    D = auto()
print(list(N), N.A + 1, N.B == 2, N.C > N.A, sorted([N.D, N.A]), f"{N.A} {N.A:03d}", N.D.value, int(N.B), N(10), range(3)[N.B])
class S(StrEnum):
    ONE = auto()
    TWO = "two!"
print(S.ONE, S.TWO == "two!", S("one"), S.ONE.upper(), repr(S.TWO))
class Perm(Flag):
    R = 4
    W = 2
    X = 1
    RW = R | W
print(Perm.R | Perm.X, Perm.RW, Perm(7), Perm.R in Perm.RW, ~Perm.R, Perm(0), bool(Perm(0)), list(Perm.RW), Perm.RW & Perm.W, Perm.R ^ Perm.RW, repr(Perm.R | Perm.W | Perm.X), len(Perm.RW))
class I(IntFlag):
    A = 1
    B = 2
print(I.A | 4, repr(I.A | I.B), I(3) == 3, I.A + 1)
@unique
class U(Enum):
    X = 1
try:
    @unique
    class V(Enum):
        X = 1
        Y = 1
except ValueError as e:
    print(e)
Planet = Enum("Planet", "EARTH MARS"); print(list(Planet), Planet.MARS.value)
class Auto(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last): return name.lower()
    A = auto()
    B = auto()
    @classmethod
    def _missing_(cls, v): return cls.A if v == "?" else None
print(Auto.B.value, Auto("?"))
class WithInit(Enum):
    E = (5.97, 6.37)
    def __init__(self, mass, radius): self.mass, self.radius = mass, radius
print(WithInit.E.mass, WithInit.E.value, WithInit((5.97, 6.37)))
print(enum.member, enum.nonmember(3).value, enum.global_enum.__name__)
