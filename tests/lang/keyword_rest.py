"""Keyword arguments to functions with **kwargs; short results of %."""


def f(a, b=2, *, c=3, **rest):
    return a, b, c, rest


def g(a, /, b, **rest):
    return a, b, rest


def h(**rest):
    return rest


def s(*args, k=1, **rest):
    return args, k, rest


def t(call):
    try:
        print(call())
    except TypeError as e:
        print("TypeError:", e)


def many(n):
    names = ", ".join(f"p{i}={i}" for i in range(n))
    t(lambda: eval(f"h({names})", {"h": h}))
    t(lambda: eval(f"f(0, {names})", {"f": f}))


t(lambda: f(1))
t(lambda: f(1, c=4))
t(lambda: f(1, x=4))
t(lambda: f(y=1, a=2, x=3, c=4))
t(lambda: f(1, 2, z=5))
t(lambda: f(1, 2, 3, z=5))
t(lambda: f(z=5))
t(lambda: f(1, a=2, z=5))
t(lambda: g(1, b=2, a=3))
t(lambda: g(a=1, b=2))
t(lambda: g(1, c=2))
t(lambda: h(rest=1, a=2))
t(lambda: s(1, 2, k=3, z=4))
t(lambda: f(1, **{"a b": 1, "c": 2, "x": 3}))
t(lambda: h(**{"".join(["o", "dd"]): 1}))
many(14)
many(17)


class C:
    def m(self, a, **rest):
        return a, rest

    def __init__(self, **rest):
        self.rest = rest


t(lambda: C(a=1, b=2).rest)
t(lambda: C().m(1, self=3))
t(lambda: C().m(b=1, a=2))


def gen():
    yield f(1, q=2)
    yield h(q=2)


print(list(gen()))
one = h(a=1)
two = h(a=1)
one["b"] = 2
print(one, two)

print("%s=%s" % ("a", "b"), ' %s="%s"' % ("k", "é\u20ac"), "%d-%s-%r" % (1, -5, 2**62), "%s%%%s" % (1, "x"))
print("%s" % "x" * 3, "%s" % ("y" * 200,) == "y" * 200, "%s:%s" % ("a" * 127, "b" * 5), "%d" % True, "%s" % None)
for bad in [("%s %s", ("a",)), ("%s", ("a", "b")), ("%d", "x"), ("abc", 1), ("%s %z", ("a", 1)), ("%", ()), ("a%s%", "x")]:
    try:
        print(bad[0] % bad[1])
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print("%(a)s %(b)d" % {"a": 1, "b": 2}, "%s" % {"a": 1}, "%s" % [1], "%5s|%-5d|%s" % ("a", 3, "z"))
