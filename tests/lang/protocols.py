"""The special methods: fallbacks, wrong results, lookup on the type."""
def attempt(*exprs):
    for e in exprs:
        try:
            print(e, "->", eval(e))
        except Exception as x:
            print(e, "!", type(x).__name__, x)
class Bad:
    def __len__(self): return -1
    def __bool__(self): return 5
    def __str__(self): return 5
    def __repr__(self): return None
    def __hash__(self): return "x"
    def __index__(self): return "x"
    def __int__(self): return "x"
    def __float__(self): return 1
    def __complex__(self): return 1
    def __iter__(self): return 5
    def __contains__(self, v): return "yes"
    def __bytes__(self): return "s"
    def __format__(self, s): return 3
    def __dir__(self): return 5
    def __length_hint__(self): return "x"
    def __reversed__(self): return 7
    def __getattribute__(self, n): raise KeyError(n)
b = Bad()
attempt("len(b)", "bool(b)", "str(b)", "repr(b)", "hash(b)", "[1][b]", "int(b)", "float(b)", "complex(b)", "list(b)", "1 in b", "bytes(b)", "f'{b}'", "dir(b)", "reversed(b)", "b.x", "range(b)", "hex(b)", "not b", "iter(b)", "max(b)", "'%s' % b", "'%d' % b", "round(b)", "abs(b)", "divmod(b, 1)", "b + 1", "b < 1", "b == b", "b()", "b[0]", "del_(b)")
class OldIter:
    def __getitem__(self, i):
        if i > 3: raise IndexError
        return i * i
o = OldIter()
attempt("list(o)", "4 in o", "5 in o", "list(reversed(o))", "iter(o)[0]", "len(o)", "next(iter(o))", "[*o]", "max(o)", "dict(zip(o, o))", "sum(o)", "bool(o)")
class InstanceOnly: pass
i = InstanceOnly(); i.__len__ = lambda: 3; i.__call__ = lambda: 1; i.__iter__ = lambda: iter([1]); i.__add__ = lambda o: 1; i.__eq__ = lambda o: True; i.__getattr__ = lambda n: 1
attempt("len(i)", "i()", "list(i)", "i + 1", "i == 5", "i.nope", "i.__len__()")
class Left:
    def __init__(self, r): self.r = r
    def __add__(self, o): print("L.add", end=" "); return self.r
    def __lt__(self, o): print("L.lt", end=" "); return self.r
    def __eq__(self, o): print("L.eq", end=" "); return self.r
    __hash__ = None
class Right(Left):
    def __radd__(self, o): print("R.radd", end=" "); return "radd"
    def __gt__(self, o): print("R.gt", end=" "); return "gt"
    def __eq__(self, o): print("R.eq", end=" "); return "eq"
class Other:
    def __radd__(self, o): print("O.radd", end=" "); return NotImplemented
    def __gt__(self, o): print("O.gt", end=" "); return NotImplemented
N = NotImplemented
attempt("Left(1) + Right(2)", "Left(N) + Other()", "Left(N) + Left(1)", "Left(N) < Right(1)", "Left(N) < Other()", "Left(N) == Right(0)", "Left(N) == Other()", "Left(N) != Left(N)", "Right(N) + Left(1)", "Left(1) >= Right(1)", "hash(Left(1))", "1 + Other()", "Left(N) in [Left(1)]", "[Left(1)] == [Right(1)]")
class Augmented:
    def __init__(self): self.log = []
    def __iadd__(self, o): self.log.append(o); return self
    def __isub__(self, o): return NotImplemented
    def __sub__(self, o): return "sub"
    def __imul__(self, o): return "replaced"
a = Augmented(); a += 1; a += 2; print(a.log); c = a; c -= 1; print(c); c = a; c *= 1; print(c)
try:
    a /= 2
except TypeError as e:
    print(e)
t = ([1],)
try:
    t[0] += [2]
except TypeError as e:
    print(e, t)
class Ctx:
    def __enter__(self): return self
attempt("exec('with Ctx(): pass')", "exec('with 5 as x: pass')", "exec('async def f():\\n async with 5: pass\\nf().send(None)')", "exec('async def f():\\n async for x in 5: pass\\nf().send(None)')", "exec('async def f(): await 5\\nf().send(None)')")
class D:
    def __get__(self, o, t): return (o is not None, t.__name__)
class ND:
    d = D()
    def __getattribute__(self, n):
        if n == "magic": return "from getattribute"
        return super().__getattribute__(n)
    def __getattr__(self, n): return f"fallback {n}"
nd = ND(); nd.__dict__["d"] = "instance"
attempt("nd.d", "ND.d", "nd.magic", "nd.other", "getattr(nd, 'zz', 1)", "hasattr(nd, 'q')", "nd.__class__.__name__", "vars(nd)")
class Hashes:
    def __eq__(self, o): return True
attempt("hash(Hashes())", "{Hashes()}", "hash(object()) != None", "hash(-1)", "hash(-2)", "hash(True)", "hash(1.0) == hash(1)", "hash(2**61 - 1)" if False else "1", "hash(()) == hash(())", "hash(None) == hash(None)")
class Call:
    def __call__(self, *a, **k): return a, k
class Sub(Call):
    __call__ = None
attempt("Call()(1, x=2)", "Sub()()", "callable(Sub())", "callable(Call())")
class Div:
    def __truediv__(self, o): return "truediv"
    def __floordiv__(self, o): return "floordiv"
    def __mod__(self, o): return "mod"
    def __pow__(self, o, m=None): return ("pow", o, m)
    def __lshift__(self, o): return "lshift"
    def __and__(self, o): return "and"
    def __invert__(self): return "invert"
    def __pos__(self): return "pos"
    def __abs__(self): return "abs"
    def __trunc__(self): return "trunc"
    def __floor__(self): return "floor"
    def __ceil__(self): return "ceil"
    def __complex__(self): return 1j
    def __float__(self): return 2.5
    def __int__(self): return 7
import math
attempt("Div() / 1", "Div() // 1", "Div() % 1", "Div() ** 2", "pow(Div(), 2, 3)", "Div() << 1", "Div() & 1", "~Div()", "+Div()", "abs(Div())", "math.trunc(Div())", "math.floor(Div())", "math.ceil(Div())", "complex(Div())", "float(Div())", "int(Div())", "math.sqrt(Div())", "round(Div())", "-Div()", "Div() >> 1", "1 / Div()", "Div() @ 1")
class New:
    def __new__(cls, *a): return super().__new__(cls, *a)
class Init:
    def __init__(self): return 5
attempt("New(1)", "Init()", "object(1)", "type('X', (), {})(1)", "object.__new__(int)", "int.__new__(str)", "object.__init__(1, 2)", "type()", "type(1, 2)", "type('a', 1, {})", "type('a', (1,), {})", "type('a', (), 1)", "type('a', (bool,), {})", "type('a', (type(None),), {})", "super().x", "super(int, 'a')", "super(1)", "type.__call__(int, '5')", "int.__subclasses__() != []", "bool.__base__", "type.__mro__", "isinstance(1, 1)", "issubclass(1, int)", "isinstance(1, (int, 'a'))", "isinstance('a', (int, 'a'))")
