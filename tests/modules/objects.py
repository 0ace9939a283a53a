"""copy, pickle, weakref, gc, io, contextlib, abc, typing, warnings, functools, del order, imports from a folder."""
import copy, pickle, weakref, gc, io, contextlib, abc, typing, warnings, os, sys, tempfile, importlib, traceback
class Node:
    def __init__(self, v, nxt=None): self.v, self.nxt = v, nxt
    def __repr__(self): return f"Node({self.v})"
n = Node([1], None); n.nxt = n
s, d = copy.copy(n), copy.deepcopy(n); print(s.v is n.v, s.nxt is n, d.v is n.v, d.nxt is d, copy.copy([1, [2]]), copy.deepcopy({"a": (1, [2])}), copy.copy((1,)), copy.replace(typing.NamedTuple("T", [("a", int)])(1), a=2))
class Cp:
    def __copy__(self): return "copied"
    def __deepcopy__(self, memo): return "deep"
print(copy.copy(Cp()), copy.deepcopy([Cp()]))
class Slots:
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1
class Reduced:
    def __init__(self, v): self.v = v
    def __reduce__(self): return (Reduced, (self.v * 2,))
class State:
    def __init__(self): self.x, self.secret = 1, 2
    def __getstate__(self): return {"x": self.x}
    def __setstate__(self, s): self.__dict__.update(s, restored=True)
for proto in range(6):
    p = lambda o: pickle.loads(pickle.dumps(o, proto))
    data = {"a": [1, 2.5, None, True, "é", b"b", (1,), {3}, frozenset([4]), 10 ** 50, -1, 1j, range(3), ...], "s": slice(1)}
    print(proto, p(data) == data, p(n).nxt.v, p(Reduced(2)).v, vars(p(State())), p(len), p(Node) is Node, p([n, n])[0].v, p(bytearray(b"x")), p(ValueError("a")).args, p(Slots()).a if proto > 1 else "-")
try:
    pickle.dumps(lambda: 0)
except Exception as e:
    print(type(e).__name__, str(e).split(" at ")[0])
for bad in (b"", b"garbage", b"\x80\x05.", b"cos\nnope\n."):
    try:
        pickle.loads(bad)
    except Exception as e:
        print(type(e).__name__, e)
import pickletools; print(pickle.dumps([1, "a"], 0), pickle.dumps((1, 2), 2), len(pickletools.optimize(pickle.dumps([[], []]))))
class W:
    def __init__(self, n): self.n = n
    def __del__(self): print("del", self.n)
w = W(1); r = weakref.ref(w, lambda ref: print("callback", ref() is None)); print(r() is w, weakref.getweakrefcount(w)); del w; print(r())
vd = weakref.WeakValueDictionary(); k = W(2); vd["k"] = k; ks = weakref.WeakSet([k]); kd = weakref.WeakKeyDictionary({k: 1}); print(len(vd), len(ks), len(kd)); k = None; print(len(vd), len(ks), len(kd))
f = weakref.finalize(W(3), print, "finalizer"); pr = W(4); px = weakref.proxy(pr); print(px.n); del pr
try:
    px.n
except ReferenceError as e:
    print(e)
a, b = W("a"), [1]; a.o = b; b.append(a); del a, b; print("collected", gc.collect() >= 2)
def order():
    x = W("x"); y = W("y"); [W("temp")]; print("body"); return 1
order(); l = [W("l1"), W("l2")]; del l[0]; l.clear(); t = (W("t"),); t = None; dct = {1: W("d")}; dct[1] = 2; g = (W("g") for _ in range(1)); del g; W("anon").n; print("rebinding"); v = W("v1"); v = W("v2"); del v
so = io.StringIO("a\nb\r\nc"); print(so.readline(), so.read(), so.seek(0), so.readlines(), so.tell()); so = io.StringIO(newline=None); so.write("x\r\ny"); print(repr(so.getvalue()), so.truncate(1), so.getvalue()); so.close()
bo = io.BytesIO(b"hello"); print(bo.read(2), bo.tell(), bo.seek(-1, 2), bo.read(), bo.getvalue(), bo.getbuffer()[0], bo.write(b"!"), bo.getvalue(), bo.readinto(bytearray(2)), bo.seekable()); tw = io.TextIOWrapper(io.BytesIO(b"\xc3\xa9\n2\n"), "utf-8"); print(tw.readline(), list(tw), tw.encoding, tw.errors)
for bad in ("so.read()", "io.StringIO().write(b'a')", "io.BytesIO().write('a')", "io.StringIO().seek(1, 1)", "io.TextIOWrapper(io.BytesIO(b'\\xff'), 'utf-8').read()", "open('x', 'q')", "open('x', 'rb', encoding='a')", "open(-1)", "io.BytesIO().fileno()"):
    try:
        eval(bad)
    except Exception as e:
        print(bad, type(e).__name__, e)
@contextlib.contextmanager
def cm(tag):
    print("enter", tag)
    try:
        yield tag
    except ValueError as e:
        print("swallow", e)
    finally:
        print("exit", tag)
with cm("a") as x, contextlib.suppress(KeyError): raise ValueError("v")
with contextlib.ExitStack() as st: st.enter_context(cm(1)); st.callback(print, "cb"); st.enter_context(cm(2))
with contextlib.redirect_stdout(io.StringIO()) as o: print("hidden")
print(repr(o.getvalue()), contextlib.nullcontext(5).__enter__())
@cm("deco")
def decorated(): print("in")
decorated()
class A(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
    @property
    @abc.abstractmethod
    def g(self): ...
try:
    A()
except TypeError as e:
    print(e)
class Impl(A): f = g = 1
print(Impl().f, issubclass(Impl, A)); A.register(int); print(isinstance(1, A), A.__abstractmethods__ == {"f", "g"})
from typing import *
T = TypeVar("T")
class Box(Generic[T]):
    x: T
print(Box[int], Box[int].__origin__, Box[int].__args__, list[int], dict[str, list[int]], int | None, Optional[int], Union[int, str], Callable[[int], str], Literal[1, "a"], Annotated[int, "m"], get_type_hints(Box), get_origin(list[int]), get_args(dict[str, int]), Any, T, cast(int, "x"), NamedTuple("NT", [("a", int)])(1), TypedDict("TD", {"a": int})(a=1), Final[int], ClassVar[int], tuple[int, ...], Box[T][str], isinstance(1, int | str), type[int], NewType("UserId", int)(5))
@runtime_checkable
class Proto(Protocol):
    def close(self): ...
print(isinstance(io.StringIO(), Proto), isinstance(1, Proto))
with warnings.catch_warnings(record=True) as rec:
    warnings.simplefilter("always"); warnings.warn("careful"); warnings.warn("old", DeprecationWarning, stacklevel=1); print([(str(x.message), x.category.__name__) for x in rec])
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        warnings.warn("now an error", UserWarning)
    except UserWarning as e:
        print(repr(e))
with tempfile.TemporaryDirectory() as tmp:
    sys.path.insert(0, tmp); os.makedirs(tmp + "/pkg/sub")
    def put(name, text):
        with open(os.path.join(tmp, name), "w") as f: f.write(text)
    put("pkg/__init__.py", "from .a import va\n__all__ = ['a', 'va']\nprint('init pkg', __name__, __package__)\n"); put("pkg/a.py", "va = 1\nfrom . import b\n"); put("pkg/b.py", "from .. import nothing\n" if False else "vb = 2\n"); put("pkg/sub/__init__.py", "from ..b import vb\nfrom ... import x\n" if False else "from ..b import vb\n"); put("bad.py", "x = (\n"); put("boom.py", "1/0\n"); put("lazyattr.py", "def __getattr__(n): return n * 2\n"); put("circ1.py", "import circ2\nx = 1\n"); put("circ2.py", "from circ1 import x\n")
    import pkg.sub, pkg; from pkg import *; from pkg.sub import vb as renamed; import lazyattr
    print(va, renamed, pkg.b.vb, a.__name__, pkg.__path__ == [tmp + "/pkg"], pkg.sub.__spec__.name, lazyattr.foo, sorted(m for m in sys.modules if m.startswith("pkg")), importlib.import_module(".b", "pkg").vb, pkg.__spec__.submodule_search_locations == [tmp + "/pkg"])
    for bad in ("import bad", "import boom", "import pkg.zz", "from pkg import zz", "import circ1", "from . import q", "import pkg.a.q", "from pkg.a import nope", "from .x import y"):
        try:
            exec(bad, {"__name__": "__main__"})
        except Exception as e:
            print(bad, "|", type(e).__name__, str(e).replace(tmp, "TMP"))
    sys.path.remove(tmp)
print("end"); f()
