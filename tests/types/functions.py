"""Functions, methods, code objects, attributes, introspection, builtins."""
import inspect, functools, types
def f(a, b: int = 2, /, c=3, *args: str, d, e: "str" = 5, **kw) -> list:
    "Doc of f."
    local = a
    return [local]
print(f.__name__, f.__qualname__, f.__doc__, f.__module__, f.__defaults__, f.__kwdefaults__, f.__annotations__, f.__type_params__, f.__dict__)
c = f.__code__
print(c.co_name, c.co_qualname, c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_varnames, c.co_nlocals, c.co_flags & 0xf, c.co_firstlineno, c.co_cellvars, c.co_freevars, type(c.co_consts))
print(inspect.signature(f), inspect.getdoc(f), list(inspect.signature(f).parameters.values())[1].kind.name, inspect.signature(f).bind(1, d=2).arguments, inspect.getfullargspec(f).args)
f.attr = 1; print(f.attr, f.__dict__, hasattr(f, "nope")); f.__name__ = "renamed"; f.__defaults__ = (9,); print(f.__name__, inspect.signature(f), f.__qualname__)
class C:
    "Doc of C."
    def m(self, x=1): "Doc of m."; return (self.tag, x)
    @classmethod
    def k(cls): return cls.__name__
    @staticmethod
    def s(v): return v
    tag = "t"
o = C(); b = o.m
print(b(5), b.__self__ is o, b.__func__ is C.m, b.__name__, b.__doc__, C.m(o), C.k(), o.k(), o.s(1), C.s(2), b == o.m, b is o.m, hash(b) == hash(o.m), type(b).__name__, type(C.m).__name__, type(C.__dict__["k"]).__name__, C.__dict__["s"](3), inspect.signature(b), inspect.signature(C.m))
def add(a, b, c): return a + b + c
p = functools.partial(add, 1, c=3); print(p(2), p.func is add, p.args, p.keywords, functools.partial(p, 5)(), functools.reduce(lambda a, b: a * b, range(1, 6)), functools.reduce(max, [3, 9, 2], 0))
@functools.lru_cache(maxsize=2)
def cached(n): print("computing", n); return n * n
print(cached(2), cached(2), cached(3), cached(4), cached(2), cached.cache_info()); cached.cache_clear(); print(cached.cache_info())
@functools.cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(90))
def deco(tag):
    def wrap(fn):
        @functools.wraps(fn)
        def inner(*a, **k): return (tag, fn(*a, **k))
        return inner
    return wrap
@deco("outer")
@deco("inner")
def g(x): "Doc g"; return x
print(g(1), g.__name__, g.__doc__, g.__wrapped__.__wrapped__(2), inspect.unwrap(g)(3))
class Counter:
    def __init__(self, fn): functools.update_wrapper(self, fn); self.fn, self.n = fn, 0
    def __call__(self, *a): self.n += 1; return self.fn(*a)
@Counter
def counted(x): return x
print(counted(1), counted(2), counted.n, counted.__name__)
@functools.singledispatch
def show(x): return f"object {x}"
@show.register
def _(x: int): return f"int {x}"
@show.register(list)
@show.register(tuple)
def _(x): return f"seq {len(x)}"
print(show("a"), show(1), show([1, 2]), show((1,)), show(True), show.registry.keys() >= {int, list})
class T:
    @functools.singledispatchmethod
    def m(self, x): return "base"
    @m.register
    def _(self, x: str): return "str"
    @functools.cached_property
    def cp(self): print("once"); return 42
    @functools.partialmethod
    def pm(self): return "pm"
t = T(); print(t.m(1), t.m("a"), t.cp, t.cp, t.__dict__)
@functools.total_ordering
class V:
    def __init__(self, v): self.v = v
    def __eq__(self, o): return self.v == o.v
    def __lt__(self, o): return self.v < o.v
print(V(1) <= V(1), V(2) > V(1), V(1) >= V(2), V(1) != V(2))
print(callable(f), callable(1), callable(C), abs.__name__, abs.__doc__, len.__self__.__name__, type(len).__name__, [].append.__self__, "x".upper.__name__, repr(len), repr(str.upper), repr("".join)[:30], int.__add__(1, 2), type(int.__add__).__name__, (1).__add__(2))
print(getattr(o, "tag"), setattr(o, "z", 1), o.z, delattr(o, "z"), hasattr(o, "z"), vars(o), isinstance(o, C), isinstance(1, int | str), issubclass(bool, int), id(o) == id(o), type(o) is C, dir(o)[-4:], repr(C)[:20], C.__doc__, callable(o))
print(eval("1 + 2"), eval("x", {"x": 3}), compile("1 + 1", "<s>", "eval").co_filename, eval(compile("[i for i in range(3)]", "<s>", "eval")), exec("y = 1") is None, ord("a"), chr(97), bin(3), sorted(globals())[:1], all(map(callable, [print, len])))
ns = types.SimpleNamespace(a=1, b="x"); print(ns, ns.a, ns == types.SimpleNamespace(a=1, b="x")); ns.c = 2; print(ns.__dict__)
fn = types.FunctionType(compile("def q(z): return z * k", "<q>", "exec").co_consts[0], {"k": 4}); print(fn(5), fn.__name__)
m = types.ModuleType("made", "doc"); exec("v = 5", m.__dict__); print(m.v, m.__name__, m.__doc__, repr(m)); print(types.MethodType(lambda s, x: (s, x), 1)(2))
def gen_ann(x: undefined_name) -> also_undefined: ...
try:
    gen_ann.__annotations__
except NameError as e:
    print(e)
import annotationlib
print(annotationlib.get_annotations(gen_ann, format=annotationlib.Format.STRING))
def generic[T: int, *Ts, **P](x: T) -> T: return x
print(generic.__type_params__, generic.__annotations__, generic(3), [type(p).__name__ for p in generic.__type_params__], generic.__type_params__[0].__bound__)
print((lambda: 0).__name__, (lambda *a, b=1, **k: 0).__code__.co_varnames, inspect.isfunction(f), inspect.isgeneratorfunction(f), inspect.iscoroutinefunction(f), inspect.ismethod(b), inspect.isclass(C), inspect.isbuiltin(len))
