"""Comprehension scopes, nesting, conditions, unpacking, errors inside."""
x = "outer"
print([x for x in range(3)], x, {x: y for x, y in zip("ab", range(2))}, {x for x in [1, 1]}, list(x for x in "ab"), x)
print([(i, j, k) for i in range(2) for j in range(i + 1) if j != 1 for k in "z" if i], [[c for c in r] for r in ("ab", "c")], [*(i for i in range(3)), *[9]], {**{"a": 1}, **{k: 2 for k in "b"}})
def closures():
    fs = [lambda: (i, n) for i in range(3) for n in [10]]
    return [f() for f in fs], [(lambda v=i: v)() for i in range(3)]
print(closures())
class C:
    items = [1, 2]; factor = 3
    first = [i for i in items]
    try:
        bad = [i * factor for i in items]
    except NameError as e:
        print(e)
    nested = [len(items) for _ in [0]] if False else "skipped"
    gen = (i for i in items)
print(C.first, list(C.gen))
def walrus():
    total = 0
    parts = [total := total + v for v in range(5)]
    if any((hit := v) > 2 for v in parts): return parts, total, hit
print(walrus())
def gen_locals():
    a = 1
    return [sorted(k for k in locals() if not k.startswith(".")) for b in [2]][0]
print(gen_locals())
try:
    [1 / v for v in (1, 0)]
except ZeroDivisionError as e:
    print(e, e.__traceback__.tb_lineno, e.__traceback__.tb_next)
g = (print("eager iter") or v for v in [1, 2]); print("made"); print(list(g), list(g))
try:
    (v for v in None)
except TypeError as e:
    print(e)
it = iter(range(10)); print([(a, b) for a, b in zip(it, it)], [a for a, *b in [(1, 2, 3), (4,)]], [a.b for a.b in [1, 2]] if False else [], dict([(k, v) for k, v in {"a": 1}.items() if v]), {k: {v: [w for w in range(v)] for v in range(2)} for k in range(2)})
matrix = [[1, 2, 3], [4, 5, 6]]; print([[r[i] for r in matrix] for i in range(3)], sum(v for r in matrix for v in r), max((v, i) for i, r in enumerate(matrix) for v in r), ["fizz" * (not i % 3) + "buzz" * (not i % 5) or i for i in range(1, 16)], sorted({w.lower() for w in "The the CAT cat".split()}))
primes = [n for n in range(2, 50) if all(n % d for d in range(2, int(n ** 0.5) + 1))]; print(primes)
for bad in ("[x := i for i in [x := 1]]", "[i := 0 for i in range(3)]", "class A: [y := 1 for _ in [1]]", "[*a for a in b]", "(x for x in y) = 1", "[a, b for a in c]", "{*a for a in b}", "f(a for a in b, c)", "[yield for a in b]", "def f():\n [(yield) for a in b]", "{a: b, for a in c}", "[for a in b]", "[a for 1 in b]", "[a for a, in b]", "def f(): return [await x for x in y]", "async def f(): return [x async for x in y]"):
    try:
        compile(bad, "<c>", "exec")
        print("compiles:", bad)
    except SyntaxError as e:
        print(bad.replace("\n", ";"), "|", e.msg)
async def agen():
    for i in range(3): yield i
async def use(): return [i async for i in agen() if i], {i: [j async for j in agen()] for i in [1]}, [v for v in [1] if [w async for w in agen()]]
try:
    use().send(None)
except StopIteration as e:
    print(e.value)
def outer():
    v = 1
    return [(lambda: (v, w))() for w in range(2)], [[(lambda: a + b + v)() for a in range(2)] for b in range(2)]
print(outer())
print(eval("[x for _ in [1]]", {"x": 5}), eval("[y for y in z]", {}, {"z": [7]}), (lambda n: [n * m for m in (1, 2)])(3))
