"""Cells, defaults, late binding, scoping rules."""
def counter(start=0):
    n = start
    def step(by=1):
        nonlocal n
        n += by
        return n
    def reset():
        nonlocal n
        n = start
    return step, reset
step, reset = counter(10)
print(step(), step(5), reset(), step())
other, _ = counter()
print(other(), step())
print(step.__code__.co_freevars, len(step.__closure__), step.__closure__[0].cell_contents)

fs = [lambda: i for i in range(3)]
print([f() for f in fs])
fs = [lambda i=i: i for i in range(3)]
print([f() for f in fs])

def default(a, acc=[]):
    acc.append(a)
    return acc
print(default(1), default(2), default.__defaults__)

def kwonly(*, a, b=2):
    return a, b
print(kwonly(a=1), kwonly.__kwdefaults__)
try:
    kwonly(1)
except TypeError as e:
    print(e)
try:
    kwonly()
except TypeError as e:
    print(e)

def unbound():
    def f():
        return late
    try:
        f()
    except NameError as e:
        print(type(e).__name__, e)
    late = 1
    return f()
print(unbound())

def local_before():
    try:
        print(v)
    except UnboundLocalError as e:
        print(e)
    v = 1
local_before()

x = "module"
class C:
    x = "class"
    def method(self):
        return x
    listed = [x for _ in range(1)]
    y = x
print(C().method(), C.listed, C.y)

def nested():
    a = 1
    def one():
        b = 2
        def two():
            c = 3
            def three():
                return a + b + c
            return three
        return two
    return one()()()
print(nested())

def recursive():
    def fact(n):
        return 1 if n < 2 else n * fact(n - 1)
    return fact
print(recursive()(20))

def deleted():
    v = 1
    def f(): return v
    del v
    try:
        f()
    except NameError as e:
        print(e)
deleted()

def args(a, b=2, /, c=3, *d, e, f=6, **g):
    return a, b, c, d, e, f, g
print(args(1, e=5))
print(args(1, 2, 3, 4, 5, e=0, z=9))
print(args(*[1, 2], **{"e": 3, "h": 4}))
for bad in (lambda: args(), lambda: args(1), lambda: args(1, b=2, e=1), lambda: args(1, 2, 3, c=4, e=1),
            lambda: nested(1), lambda: counter(1, 2, 3), lambda: counter(begin=1), lambda: kwonly(a=1, **{"a": 2})):
    try:
        print(bad())
    except TypeError as e:
        print("TypeError:", e)
print((lambda *a, **k: (a, k))(*"ab", *(1,), x=1, **{"y": 2}))
def walrus_scope():
    found = [last := v for v in range(4)]
    return found, last
print(walrus_scope())
print([[j for j in range(i)] for i in range(4)])
print({k: v for k, v in zip("abc", range(3))}, {c for c in "aab"} == {"a", "b"})
print(sum(x * y for x in range(4) for y in range(x) if (x + y) % 2))
def exec_scope():
    ns = {}
    exec("a = 1\ndef f(): return a + 1\nb = f()", ns)
    return ns["b"], eval("a + b", ns), eval("x", {"x": 3}, {"x": 4})
print(exec_scope())
def locals_view(p, q=2):
    r = p + q
    return sorted(locals().items())
print(locals_view(1))
