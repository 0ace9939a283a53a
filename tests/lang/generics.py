"""PEP 695 type parameters, aliases, defaults; deferred annotations."""
import annotationlib, typing
class Stack[T]:
    def __init__(self): self.items: list[T] = []
    def push(self, item: T) -> None: self.items.append(item)
    def pop(self) -> T: return self.items.pop()
s = Stack[int](); s.push(1); print(s.pop(), Stack[int], Stack.__type_params__, Stack.__parameters__, Stack.__orig_bases__, Stack.__mro__[1:])
def first[T: (int, str), *Ts, **P, D = int](x: T, *rest: *Ts, f: typing.Callable[P, D] = None) -> T: return x
T, Ts, P, D = first.__type_params__; print(T, Ts, P, D, T.__constraints__, D.__default__, T.has_default(), D.has_default(), T.__infer_variance__, repr(typing.NoDefault), first(1))
class Bound[T: "Later"]: pass
class Later: pass
print(Bound.__type_params__[0].__bound__, type(Bound.__type_params__[0]))
type Pair[A, B = str] = tuple[A, B]
print(Pair, Pair.__value__, Pair.__type_params__, Pair[int, str], Pair[int, str].__args__, type(Pair), Pair.__name__, Pair.__module__)
type Recursive = dict[str, Recursive] | int
print(Recursive.__value__)
type Lazy = undefined_thing
try:
    Lazy.__value__
except NameError as e:
    print(e)
class Child[T](Stack[T], dict): pass
print(Child[str].__origin__.__bases__, Child.__orig_bases__, Child[int]())
class Outer[T]:
    type Alias = list[T]
    def method[U](self, u: U) -> tuple[T, U]: return u
    class Inner[V]: w: V
print(Outer.Alias.__value__, Outer.method.__type_params__, Outer.method.__annotations__, Outer.Inner.__annotations__, Outer.method.__qualname__, Outer.Inner.__qualname__)
class A:
    x: int
    y: "str" = 1
    z: Undefined
    def f(self, p: Undefined2 = 3) -> list[Undefined3]: ...
print(annotationlib.get_annotations(A, format=annotationlib.Format.FORWARDREF)["x"], annotationlib.get_annotations(A, format=annotationlib.Format.STRING), annotationlib.get_annotations(A.f, format=annotationlib.Format.STRING))
try:
    A.__annotations__
except NameError as e:
    print(e)
Undefined = float; print(A.__annotations__, A.__annotate__(1))
fr = annotationlib.get_annotations(A.f, format=annotationlib.Format.FORWARDREF)["p"]; print(fr.__forward_arg__, type(fr).__name__)
def conditional(flag):
    class C:
        if flag: a: int
        else: b: str
    return C.__annotations__
print(conditional(True), conditional(False))
x: int
y: list[int] = []
print(__annotate__(1))
for bad in ("class A[T, T]: pass", "def f[T=int, U](): pass", "type X[*Ts = int, T] = 1", "class A[T: yield]: pass", "type x = (yield)", "def f[T]():\n nonlocal T", "class A[T]: x = (T := 1)", "type X = await y", "def f(x: (yield)): pass", "x: int: str", "(x, y): int", "f(): int", "x: int += 1", "def f():\n global q\n q: int = 1"):
    try:
        compile(bad, "<g>", "exec")
        print("compiles", bad)
    except SyntaxError as e:
        print(e.msg)
for bad in ("Stack[int, str]", "Pair[()]", "Pair[1, 2, 3]", "Stack[int][str]", "first[int]", "list[int]()[0]", "typing.List[int, str]", "typing.Union[()]", "typing.Optional[int, str]", "isinstance(1, list[int])", "class X(typing.Generic): pass", "typing.TypeVar('T', int)", "typing.Literal[[]] == 1", "typing.Any()", "typing.ClassVar[int, int]"):
    try:
        exec(bad)
        print(bad, "ok")
    except Exception as e:
        print(bad, "|", type(e).__name__, e)
from typing import *
class Movie(TypedDict, total=False):
    name: Required[str]
    year: NotRequired[ReadOnly[int]]
print(Movie.__required_keys__, Movie.__optional_keys__, Movie.__readonly_keys__, Movie(name="x"), Movie.__total__)
class Emp(NamedTuple):
    "Doc."
    name: str
    id: int = 3
    def hello(self): return f"hi {self.name}"
print(Emp("a"), Emp("a").hello(), Emp._field_defaults, Emp.__annotations__, Emp.__doc__)
@overload
def ov(x: int) -> int: ...
@overload
def ov(x: str) -> str: ...
def ov(x): return x
print(len(get_overloads(ov)), ov(1)); print(int | str | None, (int | str) == (str | int), int | "fwd" if False else "", list[int] | None, Union[int, str, int], get_args(int | str), (int | str).__args__, Literal[1, 1, "a"], Annotated[Annotated[int, 1], 2], Optional[Optional[int]], Tuple[()], Callable[..., int], Callable[[], None], Type[int], Concatenate, Self, Never, LiteralString, TypeGuard[int], Unpack[tuple[int]], dict[str, T][int] if False else "")
