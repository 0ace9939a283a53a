# Every kind of instruction runs often enough that the native stack would not do if one left something on it each time.
import asyncio

N = 100_000


def arithmetic():
    a, b, x, y = 3, 5, 1.5, 2.25
    big = 1 << 70
    for k in range(N):
        c = a + b - k * 2; c = c // 3 % 7 << 2 >> 1 & 255 | 8 ^ 3; c = ~c + -c
        c = a << b >> a & b | a ^ b; c = b // a % b; c **= 2
        z = x + y - x * y / x; z = x + 1.5 - 0.5 * z / 2.0; z = -z // 0.7 % 1.3 ** 2
        d = big + k - big; d = big * 2 // 3 % big; d = +d
        s = "ab" + "c"; s += "d"; t = s * 2 + "%d" % k
    return c, z, d, s, t


def comparisons():
    a, b, x, y, s, t, n, f = 3, 5, 1.5, 2.5, "a", "b", None, [1]
    hits = 0
    for k in range(N):
        if a < b <= k or k > a >= b or a == k or a != b: hits += 1
        if k < 10 or k <= 10 or k == 3 or k > 90_000 or k >= 90_000 or k != 5: hits += 1
        if x < y and x <= y and x == x and x != y and y > x and y >= x: hits += 1
        if s < t and s != t and not s == t and s in "abc" and s not in "bcd": hits += 1
        u = a < b, a <= b, a == b, a != b, a > b, a >= b, k < 3, k <= 3, k == 3, k != 3, k > 3, k >= 3
        v = s < t, s == "a", s != "a", s is t, s is not t, n is None, not s, not n, not k, not f
        if n is None and s is not None and n is not s and not (n is s) and f: hits += 1
        w = (f and s) or (n and t) or (n or s)
    return hits, u, v, w


class Base:
    kind = "base"

    def __init__(self, v):
        self.v = v

    def plain(self):
        return self.v

    def more(self, a, b=2, *rest, c=3, **names):
        return a + b + c

    @property
    def prop(self):
        return self.v

    def __getitem__(self, k):
        return k

    def __setitem__(self, k, v):
        self.last = k

    def __call__(self, k):
        return k

    def __enter__(self):
        return self

    def __exit__(self, *what):
        return True


class Derived(Base):
    __slots__ = ("s",)

    def __init__(self, v):
        super().__init__(v)
        self.s = v

    def plain(self):
        return super().plain()


counter = 0


def objects():
    global counter
    o = Base(1)
    for k in range(N):
        d = Derived(k)
        d.v = d.s; d.s = d.kind; o.v = d.plain(); o.new = o.v; del o.new
        m = o.plain; m(); o(k); o[k] = o[k]; o[1] = o[2]; o.prop
        o.more(1); o.more(1, 2); o.more(1, b=3); o.more(1, 2, 3, c=4, z=5); o.more(*(1, 2), **{"c": 3})
        len("abc"); [].append(k); "x".upper(); max(k, 2); int(k)
        counter += 1; counter = counter
        with o as p:
            pass
        with o:
            raise ValueError
    return o.v, counter


def containers():
    for k in range(N):
        l = [k, 1, 2]; t = (k, 1); s = {k, 1}; d = {k: 1, "a": 2}; e = [*l, *t]; g = {**d}; h = {*l}
        l[0] = t[1]; l[k % 3] = l[-1]; d["a"] = d[k]; x = d["a"]; l[0:1] = l[1:2]; l[:] = l[::-1]; del l[0], d["a"]
        a, b = t; a, *b = l; [c, f] = "ab"; a, b = b, a
        u = [i for i in l if i]; v = {i for i in t}; w = {i: i for i in t}; l.append(k)
        y = f"{k}{k!r}{k:>3}"; z = t"{k}"; "abc"[1], b"abc"[1], t[0]; k in d, k not in s
    return u, v, w, y


def closures():
    n = 0

    def step(k):
        nonlocal n
        n += k
        return lambda: n

    for k in range(N):
        f = step(k)
        f()
    x = 1
    del x
    return n


def errors():
    n = 0
    for k in range(N):
        try:
            try:
                if k % 3:
                    raise ValueError(k)
                {}[k]
            except ValueError as e:
                n += 1
                raise KeyError from e
            finally:
                n += 1
        except KeyError:
            n += 1
        try:
            raise ExceptionGroup("g", [ValueError(), TypeError()])
        except* ValueError:
            pass
        except* TypeError:
            n += 1
        try:
            undefined
        except NameError:
            assert n
    return n


def generators():
    def count(n):
        for k in range(n):
            got = yield k

    def outer(n):
        return (yield from count(n))

    total = 0
    for k in count(N): total += k
    for k in outer(N): total += k
    total += sum(k for k in count(N))
    for k in range(N):
        for j in count(1):
            total += j
        match k:
            case 1 | 2: total += 1
            case int(v) if v < 0: total += 1
            case [a, b, *_] | {"a": a, **b}: total += 1
            case Base(v=1): total += 1
            case _: total += 1
    return total


def classes():
    for k in range(N // 50):
        class Local[T](Base):
            x: T = k
            y = x
            def method(self): return __class__
        type Alias = Local[int]
        import sys as s
        from sys import path as p
        exec("from math import *")
    return Local.y


async def coroutines():
    async def one():
        return 1

    async def many(n):
        for k in range(n):
            yield k

    class Manager:
        async def __aenter__(self): return self
        async def __aexit__(self, *what): return False

    total = 0
    for k in range(N):
        total += await one()
    async for k in many(N):
        total += k
    async with Manager():
        total += sum([k async for k in many(N)])
    for k in range(N // 10):
        async with Manager():
            total += 1
    return total


def natives():
    import struct

    total = 0
    box, out = Local(), []
    box.x = 1
    pack, append = struct.pack, out.append
    for k in range(N):
        total += len(pack("<H", k & 255)) + len(struct.pack("<HH", 1, 2)) + getattr(box, "x", 0) + getattr(box, "y", 2)
        total += isinstance(k, int) + len(str(k)) + len(dict(a=k)) + len(tuple(out)) + int("7", base=8) + max(k, 1, 2)
        append(k)
        total += out.pop() + len([*out, k]) + len({**{"a": 1}, "b": 2}) + len(f"{k:>5}{k!r}")
        out[:] = out[1:] + [k][::-1]
    return total


class Local:
    pass


def recursion(n):
    return 0 if n == 0 else 1 + recursion(n - 1)


def many_recursions():
    return sum(recursion(100) for _ in range(N // 50))


for f in arithmetic, comparisons, objects, containers, closures, errors, generators, classes, natives, many_recursions:
    print(f.__name__, f())
print(asyncio.run(coroutines()))
