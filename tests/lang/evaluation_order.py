"""What is evaluated when, and how often."""
def t(name, value=None):
    print(name, end=" ")
    return value
class Obj:
    def __init__(self, name): self.__dict__["n"] = name
    def __getitem__(self, k): print(f"{self.n}[{k}]", end=" "); return 1
    def __setitem__(self, k, v): print(f"{self.n}[{k}]={v}", end=" ")
    def __delitem__(self, k): print(f"del {self.n}[{k}]", end=" ")
    def __getattr__(self, k): print(f"{self.n}.{k}", end=" "); return 2
    def __setattr__(self, k, v): print(f"{self.n}.{k}={v}", end=" ")
    def __call__(self, *a, **k): print(f"{self.n}{a}{k}", end=" "); return 3
def done(label): print("|", label)
t("a", 1) + t("b", 2) * t("c", 3) - t("d", 4) ** t("e", 2); done("arith")
t("x", Obj("o"))[t("k", 1)] = t("v", 5); done("setitem")
t("x", Obj("o")).attr = t("v", 5); done("setattr")
t("x", Obj("o"))[t("k", 1)] += t("v", 5); done("augitem")
t("x", Obj("o")).attr -= t("v", 5); done("augattr")
t("f", Obj("f"))(t("a", 1), *t("b", [2]), k=t("c", 3), **t("d", {"z": 4})); done("call")
t("o", Obj("o"))[t("1", 1):t("2", 2):t("3", 3)]; done("slice")
{t("k1", 1): t("v1", 2), t("k2", 3): t("v2", 4)}; done("dict")
[t("a"), t("b"), *t("c", [])]; done("list")
t("l", 1) < t("m", 2) < t("r", 3); done("chain true")
t("l", 1) < t("m", 0) < t("r", 3); done("chain false")
t("yes", 1) if t("cond", True) else t("no", 2); done("conditional")
t("a", 0) or t("b", 0) and t("c", 1) or t("d", 5); done("bool")
x = t("rhs", [1, 2]); a, Obj("q")[t("sub", 0)] = x; done("unpack targets")
Obj("a")[t("i", 0)] = Obj("b")[t("j", 1)] = t("v", 7); done("chained assignment")
def deco(n): return t(n, lambda f: t("apply-" + n, f))
@deco("d1")
@deco("d2")
def f(a=t("default1"), *, b: t("never") = t("kwdefault")) -> t("never"): pass
done("def")
@deco("cd")
class K(t("base", object), metaclass=t("meta", type)):
    t("body")
done("class")
lambda a=t("lambda default"): t("never"); done("lambda")
[t("elt", i) for i in t("iter", [1, 2]) if t("if", i)]; done("comprehension")
{t("key", i): t("val", i) for i in t("iter", [1])}; done("dict comprehension")
g = (t("elt", i) for i in t("outer iter", [1]) for j in t("inner iter", [1])); done("genexp made"); list(g); done("genexp run")
f"{t('f1')}{t('f2', 1):{t('spec', '>5')}}"; done("fstring")
del Obj("o")[t("k", 0)], Obj("p")[t("l", 1)]; done("del")
for Obj("t")[t("i", 0)] in t("iter", [1, 2]): t("body")
done("for target")
with t("cm", __import__("contextlib").nullcontext(5)) as Obj("w")[t("k", 0)]: t("body")
done("with target")
assert t("test", 1), t("never"); done("assert")
try:
    raise t("exc", ValueError) from t("cause", None)
except t("catch", ValueError): done("raise")
try:
    t("a", 1) / t("b", 0); t("never")
except (t("c1", KeyError), t("c2", ZeroDivisionError)): done("except tuple")
def gen(): t("start"); y = yield t("yielded", 1); t("got", y); return t("ret", 9)
gg = gen(); done("generator made"); next(gg); done("first")
try: gg.send(5)
except StopIteration as e: done(e.value)
i = 0
def nexti():
    global i
    i += 1
    return i
l = [0] * 5; l[nexti()] = nexti(); print(l); l[nexti()] += nexti(); print(l, i); d = {nexti(): nexti()}; print(d); print(nexti() - nexti() * nexti(), (nexti(), nexti()), [nexti() for _ in range(2)])
x = 5; x, y = x + 1, x; print(x, y); a = [1, 2]; i = 0; i, a[i] = 1, 9; print(i, a); a[0], a[1] = a[1], a[0]; print(a)
print((z := 3) + z, [z := z + 1, z], (lambda: z)())
print(1 if False else 2 if False else 3, not 1 == 2, -2 ** 2, 2 ** -1, 2 ** 3 ** 2, 1 - 1 - 1, 7 // 2 * 2, ~1 + 1, 1 | 2 ^ 3 & 4, 1 << 2 + 1, not True or True, 3 in [3] == True, 1 < 2 == 2, "a" "b" * 2, -1 .real, 5 % -3 * 2)
