"""Classes: inheritance, MRO, super, special methods, descriptors, metaclasses."""
class A:
    kind = "a"
    def who(self): return "A"
    def chain(self): return ["A"]
class B(A):
    def who(self): return "B" + super().who()
    def chain(self): return ["B"] + super().chain()
class C(A):
    def chain(self): return ["C"] + super().chain()
class D(B, C):
    def chain(self): return ["D"] + super().chain()
print(D().chain(), [k.__name__ for k in D.__mro__], D().who(), D.kind)
try:
    type("X", (A, B), {})
except TypeError as e:
    print(e)
print(isinstance(D(), C), issubclass(B, C), issubclass(D, (int, C)))
print(D.__name__, D.__qualname__, D.__bases__, D.__module__)

class Point:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f"Point({self.x}, {self.y})"
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y) if isinstance(other, Point) else NotImplemented
    def __hash__(self): return hash((self.x, self.y))
    def __add__(self, other): return Point(self.x + other.x, self.y + other.y)
    def __neg__(self): return Point(-self.x, -self.y)
    def __bool__(self): return bool(self.x or self.y)
    def __len__(self): return 2
    def __getitem__(self, i): return (self.x, self.y)[i]
    def __contains__(self, v): return v in (self.x, self.y)
    def __call__(self, k): return Point(self.x * k, self.y * k)
    def __lt__(self, other): return (self.x, self.y) < (other.x, other.y)
    def __iter__(self): return iter((self.x, self.y))
    def __format__(self, spec): return f"<{self.x:{spec}}|{self.y:{spec}}>"
    def __index__(self): return self.x
p, q = Point(1, 2), Point(3, 4)
print(p + q, -p, p == Point(1, 2), p != q, p == 1, hash(p) == hash(Point(1, 2)), bool(Point(0, 0)))
print(len(p), p[0], p[-1], 2 in p, p(3), sorted([q, p]), list(p), f"{p:>3}", [10, 11, 12][p], max(p, q), {p: 1}[Point(1, 2)])
try:
    p.z = 1
except AttributeError as e:
    print(e)
try:
    p < 3
except AttributeError as e:
    print(e)
for op in (lambda: p + 1, lambda: p - q, lambda: 1 + p, lambda: p * 2, lambda: ~p, lambda: p @ q, lambda: p(1, 2)):
    try:
        print(op())
    except (TypeError, AttributeError) as e:
        print(type(e).__name__, e)

class Reflected:
    def __radd__(self, o): return ("radd", o)
    def __rsub__(self, o): return ("rsub", o)
    def __rpow__(self, o): return ("rpow", o)
    def __iadd__(self, o): return ("iadd", o)
    def __matmul__(self, o): return ("matmul", o)
    def __divmod__(self, o): return ("divmod", o)
    def __round__(self, n=None): return ("round", n)
r = Reflected()
print(1 + r, 2 - r, 2 ** r, r @ 3, divmod(r, 4), round(r), round(r, 2))
r += 5
print(r)

class Verbose:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, obj, owner=None):
        return self if obj is None else obj.__dict__.get(self.name, "unset")
    def __set__(self, obj, value): obj.__dict__[self.name] = value * 2
    def __delete__(self, obj): del obj.__dict__[self.name]
class Owner:
    field = Verbose()
o = Owner()
print(o.field, type(Owner.field).__name__)
o.field = 21
print(o.field, vars(o))
del o.field
print(o.field)

class Temp:
    def __init__(self, c): self._c = c
    @property
    def fahrenheit(self):
        "Degrees."
        return self._c * 9 / 5 + 32
    @fahrenheit.setter
    def fahrenheit(self, f): self._c = (f - 32) * 5 / 9
    @classmethod
    def boiling(cls): return cls(100)
    @staticmethod
    def unit(): return "C"
    @property
    def frozen(self): return self._c < 0
t = Temp.boiling()
print(t.fahrenheit, t.unit(), Temp.fahrenheit.__doc__)
t.fahrenheit = 32
print(t._c)
for bad in ("t.frozen = 1", "del t.frozen", "t.nothing", "Temp.nothing", "t.nothing()"):
    try:
        exec(bad)
    except AttributeError as e:
        print(e)

class Dyn:
    def __getattr__(self, name):
        if name.startswith("dyn_"):
            return name[4:]
        raise AttributeError(name)
    def __setattr__(self, name, value):
        print("set", name)
        object.__setattr__(self, name, value)
    def __delattr__(self, name):
        print("del", name)
        object.__delattr__(self, name)
d = Dyn()
d.a = 1
print(d.a, d.dyn_xyz, getattr(d, "nope", "default"), hasattr(d, "dyn_"), hasattr(d, "no"))
del d.a

class Meta(type):
    @classmethod
    def __prepare__(mcs, name, bases, **kw):
        print("prepare", name, kw)
        return {"injected": 1}
    def __new__(mcs, name, bases, ns, **kw):
        ns["made_by"] = mcs.__name__
        return super().__new__(mcs, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw):
        super().__init__(name, bases, ns)
        cls.kw = kw
    def __call__(cls, *args):
        print("call", cls.__name__, args)
        return super().__call__(*args)
    def __len__(cls): return 99
    def __contains__(cls, v): return v == "in"
    def __instancecheck__(cls, obj): return obj == 7 or super().__instancecheck__(obj)
class M(metaclass=Meta, flag=True):
    def __init__(self, v): self.v = v
m = M(5)
print(M.made_by, M.injected, M.kw, len(M), "in" in M, type(M).__name__, isinstance(7, M), isinstance(8, M), isinstance(m, M))

class Base:
    registry = []
    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        cls.registry.append((cls.__name__, tag))
class S1(Base, tag="x"): pass
class S2(S1): pass
print(Base.registry)
class Gen:
    def __class_getitem__(cls, item): return f"{cls.__name__}[{item}]"
print(Gen[int], Gen["x", 1])
print(type("Made", (Point,), {"extra": lambda self: "extra"})(1, 2).extra())
class New:
    def __new__(cls, v):
        return int(v) if v == "1" else super().__new__(cls)
    def __init__(self, v): print("init", v)
print(New("1"), type(New("2")).__name__)
class Priv:
    def __init__(self): self.__hidden = 1
    def get(self): return self.__hidden
print(Priv().get(), vars(Priv()))
