"""Slots, descriptors, attribute lookup, __dict__, class assignment, property details."""
class S:
    __slots__ = ("a", "_b", "__c")
    def __init__(self): self.a = 1; self.__c = 3
s = S(); print(s.a, S.a, S.__slots__, hasattr(s, "__dict__"), s._S__c, sorted(n for n in dir(s) if not n.startswith("__")))
for code in ("s._b", "s.z = 1", "del s.a; s.a", "S.a.__get__(5)", "s.__dict__", "class X(S, int): pass", "class X: __slots__ = ('a', 'a b')", "class X: __slots__ = 5", "class X: __slots__ = ('v',); v = 1", "class X(int): __slots__ = ('a',)", "class X(tuple): __slots__ = ('a',)", "import weakref; weakref.ref(s)", "class A: __slots__ = ('x',)\nclass B: __slots__ = ('y',)\nclass C(A, B): pass"):
    try:
        exec(code); print("ok:", code)
    except Exception as e:
        print(code.replace("\n", ";")[:40], "|", type(e).__name__, e)
class T(S): pass
t = T(); t.new = 1; print(t.__dict__, t.a, T.__slots__, T().__class__.__mro__[1].__name__)
class D(S): __slots__ = ("d", "__dict__", "__weakref__")
d = D(); d.d = 4; d.e = 5; print(d.d, d.__dict__)
class Data:
    def __get__(self, o, t): return "data get" if o is not None else self
    def __set__(self, o, v): print("data set", v)
class NonData:
    def __get__(self, o, t): return "nondata get"
class Holder: data, non = Data(), NonData()
h = Holder(); h.__dict__.update(data="inst", non="inst"); print(h.data, h.non, Holder.non, type(Holder.data).__name__); h.data = 5; h.non = 6; print(h.__dict__)
try:
    del h.data
except AttributeError as e:
    print(e)
Holder.data = 7; print(h.data, Holder.__dict__["data"]); del Holder.non; print(h.non)
class P:
    @property
    def ro(self): return 1
    def _get(self): return self._v
    def _set(self, v): self._v = v
    def _del(self): print("deleting"); del self._v
    rw = property(_get, _set, _del, "the doc")
p = P(); p.rw = 5; print(p.rw, P.rw.__doc__, P.rw.fget.__name__, P.ro.__name__, isinstance(P.ro, property), P.ro.fset); del p.rw
for code in ("p.ro = 1", "del p.ro", "p.rw", "P.ro.__set__(p, 1)", "property(5).__get__(1)", "property().__get__(1)"):
    try:
        exec(code); print("ok:", code)
    except Exception as e:
        print(code, "|", type(e).__name__, e)
class A:
    def hi(self): return "A"
class B:
    def hi(self): return "B"
a = A(); a.x = 1; a.__class__ = B; print(a.hi(), a.x, type(a).__name__)
for code in ("a.__class__ = int", "a.__class__ = S", "a.__class__ = 5", "a.__dict__ = 5", "del a.__class__", "int.foo = 1", "A.__name__ = 5", "A.__bases__ = (int,)", "A.__bases__ = ()", "A.__mro__ = 1", "A.__dict__ = {}"):
    try:
        exec(code); print("ok:", code)
    except Exception as e:
        print(code, "|", type(e).__name__, e)
a.__dict__ = {"y": 2}; print(a.y, hasattr(a, "x"), vars(a) is a.__dict__); A.__name__ = "Renamed"; print(A, A.__qualname__)
class Base1: v = 1
class Base2: v = 2
class Sub(Base1): pass
sub = Sub(); print(sub.v); Sub.__bases__ = (Base2,); print(sub.v, Sub.__mro__[1].__name__); Base2.v = 3; print(sub.v); sub.v = 4; print(sub.v, Sub.v); del sub.v; print(sub.v); Base2.late = lambda self: "late"; print(sub.late())
class Sup:
    def m(self): return "Sup"
    @classmethod
    def c(cls): return "Sup " + cls.__name__
    @property
    def p(self): return "Sup prop"
class Mid(Sup):
    def m(self): return "Mid>" + super().m()
    @classmethod
    def c(cls): return "Mid>" + super().c()
    @property
    def p(self): return "Mid>" + super().p
    def nested(self): return [super(Mid, self).m() for _ in range(1)], (lambda: super(Mid, self).m())()
m = Mid(); print(m.m(), Mid.c(), m.p, m.nested(), super(Mid, m).m(), super(Mid, Mid).c(), super(Mid, m).__thisclass__.__name__, repr(super(Mid, m))[:20])
class Cell:
    def f(self): return __class__.__name__
print(Cell().f(), Cell.f.__code__.co_freevars, Cell.__dict__.keys() >= {"f", "__module__", "__firstlineno__", "__static_attributes__"}, P.__static_attributes__)
class WithDict(dict):
    pass
w = WithDict(a=1); w.attr = 2; print(w, w.attr, w.__dict__); 
for base in (int, str, float, list, tuple, set, frozenset, bytes, bytearray, complex, Exception):
    K = type("K", (base,), {"extra": 1}); k = K(); k.attr = 5; print(base.__name__, repr(k), k.attr, k.extra, isinstance(k, base), k == base() if base is not Exception else "-", end="; ")
print()
class GetSet:
    def __getattribute__(self, n):
        if n == "blocked": raise AttributeError("blocked!")
        return object.__getattribute__(self, n)
    def __getattr__(self, n): return "getattr:" + n
print(GetSet().blocked, GetSet().q, getattr(GetSet(), "__class__").__name__)
def f(): pass
f.x = 1; print(f.__dict__, f.__get__(5).__self__, f.__get__(None, int) is f, classmethod(f).__func__ is f, staticmethod(f)() is None, classmethod(f).__get__(None, int).__self__)
