"""Micro-benchmarks: one function per cost that matters to a Python program.

Each function takes a count and does its operation that many times. Run by `bench/run`, which starts this file under each
interpreter; by itself, `python bench/micro.py [--budget S] [NAME...]` prints one line of JSON: nanoseconds per operation.
Nothing here needs a package, and nothing newer than Python 3.9.
"""

import sys
from time import process_time

BENCHMARKS = {}


def bench(f):
    BENCHMARKS[f.__name__] = f
    return f


# -- dispatch, arithmetic, branches


@bench
def loop_range(n):
    for _ in range(n):
        pass


@bench
def loop_while(n):
    i = 0
    while i < n:
        i += 1


@bench
def int_arithmetic(n):
    a = 3
    for i in range(n):
        a = (a * 5 + i - 7) & 1023
    return a


@bench
def float_arithmetic(n):
    x = 0.5
    for _ in range(n):
        x = x * 0.999 + 1.5 - x / 3.0
    return x


@bench
def compare_branch(n):
    c = 0
    for i in range(n):
        if i > 100:
            c += 1
        elif i == 50:
            c -= 1
    return c


@bench
def big_int(n):
    a = 1 << 100
    b = 3**70
    for _ in range(n):
        c = (a + b) * 3 - a
    return c


# -- calls


def callee0():
    pass


def callee3(a, b, c):
    return a


def callee_defaults(a, b=2, c=3):
    return a


def callee_star(*args):
    return args


def callee_kw(**kwargs):
    return kwargs


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@bench
def call_none(n):
    f = callee0
    for _ in range(n):
        f()


@bench
def call_positional(n):
    f = callee3
    for i in range(n):
        f(i, 2, 3)


@bench
def call_defaults(n):
    f = callee_defaults
    for i in range(n):
        f(i)


@bench
def call_keyword(n):
    f = callee3
    for i in range(n):
        f(i, c=2, b=3)


@bench
def call_star(n):
    f = callee_star
    t = (1, 2, 3)
    for _ in range(n):
        f(*t)


@bench
def call_double_star(n):
    f = callee_kw
    d = {"a": 1, "b": 2}
    for _ in range(n):
        f(**d)


@bench
def call_recursive(n):
    """Operations are calls: fib(20) makes 21,891."""
    for _ in range(max(1, n // 21891)):
        fib(20)


@bench
def call_native_len(n):
    t = (1, 2, 3)
    for _ in range(n):
        len(t)


@bench
def call_native_isinstance(n):
    for i in range(n):
        isinstance(i, int)


@bench
def call_native_min(n):
    for i in range(n):
        min(i, 5)


@bench
def call_lambda(n):
    f = lambda x: x
    for i in range(n):
        f(i)


@bench
def call_closure(n):
    k = 3

    def f(x):
        return x + k

    for i in range(n):
        f(i)


# -- objects


class Point:
    z = 5

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def method(self):
        return self

    @property
    def prop(self):
        return self.x

    @staticmethod
    def static(x):
        return x

    @classmethod
    def cls(cls, x):
        return x

    def __add__(self, other):
        return self

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return i


class Child(Point):
    def __init__(self, x, y):
        super().__init__(x, y)

    def method(self):
        return self


class Slotted:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


@bench
def attr_read(n):
    p = Point(1, 2)
    for _ in range(n):
        p.x


@bench
def attr_write(n):
    p = Point(1, 2)
    for i in range(n):
        p.x = i


@bench
def attr_class(n):
    p = Point(1, 2)
    for _ in range(n):
        p.z


@bench
def attr_slot(n):
    p = Slotted(1, 2)
    for i in range(n):
        p.x = p.y


@bench
def attr_module(n):
    import math

    for _ in range(n):
        math.pi


@bench
def attr_property(n):
    p = Point(1, 2)
    for _ in range(n):
        p.prop


@bench
def method_call(n):
    p = Point(1, 2)
    for _ in range(n):
        p.method()


@bench
def method_call_polymorphic(n):
    ps = [Point(1, 2), Child(1, 2)]
    for i in range(n):
        ps[i & 1].method()


@bench
def method_static(n):
    p = Point(1, 2)
    for i in range(n):
        p.static(i)


@bench
def method_class(n):
    for i in range(n):
        Point.cls(i)


@bench
def method_bound(n):
    m = Point(1, 2).method
    for _ in range(n):
        m()


@bench
def method_native(n):
    a = []
    append = 0
    for i in range(n):
        a.append(i)
        a.pop()
    return append


@bench
def instantiate(n):
    for i in range(n):
        Point(i, i)


@bench
def instantiate_super(n):
    for i in range(n):
        Child(i, i)


@bench
def instantiate_slots(n):
    for i in range(n):
        Slotted(i, i)


@bench
def operator_overloaded(n):
    p = Point(1, 2)
    for _ in range(n):
        p + p


@bench
def subscript_overloaded(n):
    p = Point(1, 2)
    for i in range(n):
        p[i]


# -- names

GLOBAL = 1


@bench
def global_read(n):
    for _ in range(n):
        GLOBAL


@bench
def global_write(n):
    global GLOBAL
    for i in range(n):
        GLOBAL = i


@bench
def builtin_read(n):
    for _ in range(n):
        len


@bench
def cell_read_write(n):
    c = 0

    def f():
        nonlocal c
        for _ in range(n):
            c += 1

    f()


# -- containers


@bench
def list_build(n):
    for i in range(n):
        [i, 2, 3]


@bench
def tuple_build(n):
    for i in range(n):
        (i, 2, 3)


@bench
def dict_build(n):
    for i in range(n):
        {"a": i, "b": 2}


@bench
def set_build(n):
    for i in range(n):
        {i, 2, 3}


@bench
def list_index(n):
    a = [1, 2, 3, 4]
    for i in range(n):
        a[i & 3]


@bench
def list_store(n):
    a = [1, 2, 3, 4]
    for i in range(n):
        a[i & 3] = i


@bench
def list_nested_index(n):
    a = [[1, 2], [3, 4]]
    for i in range(n):
        a[i & 1][1]


@bench
def list_append(n):
    a = []
    for i in range(n):
        a.append(i)


@bench
def tuple_index(n):
    a = (1, 2, 3, 4)
    for i in range(n):
        a[i & 3]


@bench
def str_index(n):
    a = "abcd"
    for i in range(n):
        a[i & 3]


@bench
def bytes_index(n):
    a = b"abcd"
    for i in range(n):
        a[i & 3]


@bench
def dict_get_str(n):
    d = {"alpha": 1, "beta": 2}
    for _ in range(n):
        d["beta"]


@bench
def dict_get_int(n):
    d = {i: i for i in range(1000)}
    for i in range(n):
        d[i % 1000]


@bench
def dict_get_tuple(n):
    d = {(i, i): i for i in range(10)}
    k = (5, 5)
    for _ in range(n):
        d[k]


@bench
def dict_set_str(n):
    d = {}
    for i in range(n):
        d["beta"] = i


@bench
def dict_set_int(n):
    d = {}
    for i in range(n):
        d[i & 4095] = i


@bench
def dict_contains(n):
    d = {i: i for i in range(1000)}
    for i in range(n):
        i in d


@bench
def dict_method_get(n):
    d = {"alpha": 1, "beta": 2}
    for _ in range(n):
        d.get("beta", 0)


@bench
def set_contains(n):
    s = set(range(1000))
    for i in range(n):
        i in s


@bench
def list_slice(n):
    a = list(range(10))
    for _ in range(n):
        a[2:6]


@bench
def str_slice(n):
    a = "abcdefghij"
    for _ in range(n):
        a[2:6]


@bench
def unpack_pair(n):
    t = (1, 2)
    for _ in range(n):
        a, b = t


@bench
def swap(n):
    a, b = 1, 2
    for _ in range(n):
        a, b = b, a


# -- iteration


@bench
def iter_list(n):
    for _ in [0] * n:
        pass


@bench
def iter_tuple(n):
    for _ in (0,) * n:
        pass


@bench
def iter_dict_items(n):
    d = dict.fromkeys(range(1000), 1)
    for _ in range(max(1, n // 1000)):
        for k, v in d.items():
            pass


@bench
def iter_str(n):
    for _ in "x" * n:
        pass


@bench
def iter_enumerate(n):
    for i, x in enumerate([0] * n):
        pass


@bench
def iter_zip(n):
    a = [0] * n
    for x, y in zip(a, a):
        pass


@bench
def iter_map(n):
    for _ in map(abs, [1] * n):
        pass


@bench
def generator_resume(n):
    def g():
        for i in range(n):
            yield i

    for _ in g():
        pass


@bench
def generator_expression_sum(n):
    return sum(i for i in range(n))


@bench
def generator_send(n):
    def g():
        while True:
            yield 1

    send = g().send
    for _ in range(n):
        send(None)


@bench
def yield_from(n):
    def g():
        for i in range(n):
            yield i

    def h():
        yield from g()

    for _ in h():
        pass


@bench
def comprehension_list(n):
    return [i for i in range(n)]


@bench
def comprehension_filter(n):
    return [i + 1 for i in range(n) if i & 1]


@bench
def comprehension_dict(n):
    return {i: i for i in range(n)}


@bench
def sum_range(n):
    return sum(range(n))


# -- exceptions, with


@bench
def try_no_raise(n):
    for _ in range(n):
        try:
            pass
        except ValueError:
            pass


@bench
def raise_catch(n):
    for _ in range(n):
        try:
            raise ValueError
        except ValueError:
            pass


@bench
def raise_through_call(n):
    def f():
        raise KeyError(1)

    for _ in range(n):
        try:
            f()
        except KeyError as e:
            pass


@bench
def key_error(n):
    d = {}
    for i in range(n):
        try:
            d[i]
        except KeyError:
            pass


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None


@bench
def with_statement(n):
    m = Manager()
    for _ in range(n):
        with m:
            pass


# -- strings


@bench
def str_concat(n):
    a, b = "hello ", "world"
    for _ in range(n):
        a + b


@bench
def str_append(n):
    s = ""
    for _ in range(n):
        s += "x"


@bench
def str_join(n):
    a = ["x"] * 100
    for _ in range(max(1, n // 100)):
        ",".join(a)


@bench
def str_equal(n):
    a, b = "hello world", "hello " + "world"
    for _ in range(n):
        a == b


@bench
def str_fstring(n):
    for i in range(n):
        f"{i}: {i + 1!r}"


@bench
def str_format_percent(n):
    for i in range(n):
        "%d %s" % (i, "x")


@bench
def str_split(n):
    s = "a,b,c,d,e,f,g,h"
    for _ in range(max(1, n // 8)):
        s.split(",")


@bench
def str_replace(n):
    s = "hello world"
    for _ in range(n):
        s.replace("o", "0")


@bench
def str_of_int(n):
    for i in range(n):
        str(i)


@bench
def int_of_str(n):
    for _ in range(n):
        int("1234")


@bench
def str_of_float(n):
    for i in range(n):
        str(i * 0.1)


# -- whole operations


@bench
def sort_ints(n):
    import random

    random.seed(1)
    a = [random.randrange(1 << 30) for _ in range(n)]
    a.sort()


@bench
def sort_key(n):
    a = list(range(n, 0, -1))
    a.sort(key=lambda x: -x)


@bench
def sort_strs(n):
    a = [str(i) for i in range(n)]
    a.sort()


@bench
def deque_rotate(n):
    from collections import deque

    d = deque(range(10))
    for i in range(n):
        d.append(i)
        d.popleft()


@bench
def heap_push_pop(n):
    from heapq import heappush, heappop

    h = list(range(100))
    for i in range(n):
        heappush(h, i)
        heappop(h)


@bench
def struct_unpack(n):
    from struct import unpack

    b = b"\1\0\0\0\2\0\0\0"
    for _ in range(n):
        unpack("<II", b)


@bench
def json_round_trip(n):
    import json

    o = {"a": [1, 2.5, "x"], "b": None, "c": {"d": True}}
    for _ in range(max(1, n // 100)):
        json.loads(json.dumps(o))


@bench
def regex_search(n):
    import re

    p = re.compile(r"(\w+)@(\w+)\.com")
    s = "some text before user@example.com and after"
    for _ in range(max(1, n // 10)):
        p.search(s)


def measure(f, budget):
    """Nanoseconds per operation: the best of several runs of at least a fifth of the budget each."""
    n = 1000
    while True:
        start = process_time()
        f(n)
        t = process_time() - start
        if t >= budget / 10:
            break
        n = n * 10 if t < budget / 100 else n * 2
    best = t / n
    spent = t
    while spent < budget:
        start = process_time()
        f(n)
        t = process_time() - start
        spent += t
        best = min(best, t / n)
    return best * 1e9


def main(args):
    budget = 0.1
    if args and args[0] == "--budget":
        budget = float(args[1])
        args = args[2:]
    out = []
    for name in args or BENCHMARKS:
        out.append('"%s": %.2f' % (name, measure(BENCHMARKS[name], budget)))
    print("{" + ", ".join(out) + "}")


if __name__ == "__main__":
    main(sys.argv[1:])
