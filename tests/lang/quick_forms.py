# Specialised forms of instructions: what they were made for, then something else at the same place, then the first again.
import math
import sys


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


class Num:
    def __init__(self, v):
        self.v = v

    def __add__(self, other):
        return ("add", self.v, other)

    def __rsub__(self, other):
        return ("rsub", self.v, other)

    def __mul__(self, other):
        return NotImplemented


def numbers():
    pairs = [(1.5, 2.25), (1.5, 2.25), (0.0, -0.0), (1, 2.5), (2.5, 1), (True, 0.5), (2**70, 0.5), (0.5, 2**70), (2**53 + 1, 1.0),
             (1e308, 1e308), (-1e308, 1e-320), (float("inf"), 1.0), (3, 4), ("a", 2), ([1], 2), (1.5, 2.25)]
    for f in (add, sub, mul):
        for a, b in pairs:
            try:
                print(f.__name__, repr(a), repr(b), repr(f(a, b)))
            except TypeError as e:
                print(f.__name__, e)
    print(add(1.5, 2.5), add(Num(1), 2.5), sub(2.5, Num(2)), add(1.5, 2.5))
    try:
        mul(Num(1), 2.0)
    except TypeError as e:
        print(e)
    print(math.copysign(1, add(-0.0, -0.0)), math.copysign(1, mul(0.0, -1.5)), math.isnan(sub(float("inf"), float("inf"))))


def mixed(x):
    return x + 1, x - 1, x * 2, x + 0.5, x - 0.5, x * 0.5, x / 2.0, x < 1, x >= 2, x == 1, x != 1


def mixed_numbers():
    for x in (1, 1.0, 0.5, 2**60, -2**62, True, 2.5, float("nan"), 1e300, 7):
        print(mixed(x))
    for a, b in ((7, 2), (7, 0), (2**53 + 1, 2), (7.0, 2), (7, 2.0), (7, 0.0), (1, 3)):
        try:
            print(a / b)
        except ZeroDivisionError as e:
            print(e)
    for x, y in ((2.0, 0.5), (2.0, -1.5), (-8.0, 1 / 3), (0.0, 2.0), (-0.0, 3.0), (-2.0, 3.0), (2.0, 0.0), (2, 0.5)):
        print(x**y)
    for x, y in ((0.0, -1.0), (10.0, 400.0)):
        try:
            print(x**y)
        except (ZeroDivisionError, OverflowError) as e:
            print(type(e).__name__)


class Row:
    def __init__(self, items):
        self.items = items

    def __getitem__(self, key):
        return self.items[key]


class Other:
    def __getitem__(self, key):
        return "other", key


def item(v, k):
    return v[k]


def items():
    import array
    rows = Row([1, 2, 3])
    things = [rows, rows, [4, 5, 6], rows, (7, 8, 9), array.array("d", [1.0, 2.0]), b"abc", "xyz", {0: "zero", 1: "one"}, Other(), rows]
    for v in things:
        print([item(v, k) for k in (0, 1)])
    for k in (5, "x", 1.5, slice(1, None)):
        try:
            print(item(rows, k))
        except (IndexError, TypeError) as e:
            print(type(e).__name__, e)
    Row.__getitem__ = lambda self, key: ("new", key)
    print(item(rows, 0))
    Row.__getitem__ = lambda self, key, more=1: ("more", key, more)
    print(item(rows, 0), item(rows, 1))
    del Row.__getitem__
    try:
        item(rows, 0)
    except TypeError as e:
        print(e)
    Row.__getitem__ = len
    try:
        item(rows, 0)
    except TypeError as e:
        print(e)

    class Deep:
        def __getitem__(self, key):
            return item(self, key + 1)
    try:
        item(Deep(), 0)
    except RecursionError as e:
        print(type(e).__name__)

    def through_generator(v):
        for k in range(3):
            yield v[k]
    Row.__getitem__ = lambda self, key: key * 10
    print(list(through_generator(rows)), item(Row([1])[0:1] * 1 if False else rows, 4))


class Meta(type):
    @property
    def prop(cls):
        return "prop of " + cls.__name__


class Consts(metaclass=Meta):
    A = 1
    B = "b"


class More(Consts):
    A = 2


def attr(v):
    return v.A


def class_attributes():
    class Instance:
        def __init__(self):
            self.A = "instance"

        def __getattr__(self, name):
            return "made " + name
    seen = [attr(Consts), attr(Consts), attr(More), attr(Consts)]
    Consts.A = 10
    seen += [attr(Consts), attr(More)]
    del More.A
    seen += [attr(More), attr(Instance()), attr(Consts)]
    Meta.A = property(lambda cls: "data descriptor")
    seen += [attr(Consts), attr(More)]
    del Meta.A
    seen.append(attr(Consts))
    print(seen, [c.prop for c in (Consts, More, Consts)])
    del Consts.A
    try:
        attr(Consts)
    except AttributeError as e:
        print(e)


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def move(self, d):
        self.x = self.x + d
        return self


class Free:
    def __init__(self, x):
        self.x = x


def get_x(p):
    return p.x


def set_x(p, v):
    p.x = v


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


def slots():
    p, f = Point(1, 2), Free(3)
    print([get_x(o) for o in (p, p, f, p, Free(4), Point("s", 0))])
    for o in (p, p, f, p):
        set_x(o, 9)
    print(p.x, f.x, p.move(1).move(2).x)
    del p.x
    try:
        get_x(p)
    except AttributeError as e:
        print(e)
    set_x(p, Loud("first"))
    set_x(p, Loud("second"))
    print("between")
    set_x(p, None)
    Point.x = 5
    try:
        set_x(p, 1)
    except AttributeError as e:
        print(e)
    print(get_x(p))


def call_module(m, x):
    return m.sqrt(x)


def modules():
    class Fake:
        def sqrt(self, x):
            return "fake", x
    old = math.sqrt
    seen = [call_module(math, 4.0), call_module(math, 9.0), call_module(Fake(), 9.0), call_module(math, 16.0)]
    math.sqrt = lambda x: ("patched", x)
    seen.append(call_module(math, 4.0))
    del math.sqrt
    try:
        call_module(math, 4.0)
    except AttributeError as e:
        seen.append(str(e))
    math.sqrt = old
    seen.append(call_module(math, 25.0))
    print(seen)


def unpacking():
    def three(v):
        a, b, c = v
        return a, b, c
    shared = (1, [2], "3")
    print(three(shared), three(list(shared)), three("xyz"), three(iter(shared)), three({1: 0, 2: 0, 3: 0}))
    for v in ((1, 2), [1, 2, 3, 4], 5):
        try:
            three(v)
        except (ValueError, TypeError) as e:
            print(type(e).__name__, e)
    a = b = c = Loud("old")
    keep = [Loud("new 1"), Loud("new 2"), Loud("new 3")]
    a, b, c = keep
    print("unpacked")
    keep = None
    a = b = c = None
    t = (Loud("t1"), Loud("t2"))
    t = None
    v = [Loud("v1"), Loud("v2"), Loud("v3")]
    v[:2] = []
    print("cut")
    v.clear()
    a, b, c = t = (Loud("x"), Loud("y"), Loud("z"))
    t = None
    x = (1, 2, 3)
    x, y, z = x
    print(x, y, z)
    pairs = [((1, 2), ([3, 4, 5], 6)), ((7, 8), ([9, 10, 11], 12))]
    for (p, q), ([r, s, t], u) in pairs:
        print(p, q, r, s, t, u)


def slices():
    v = list(range(10))
    for a in (None, 0, 3, -3, 20, -20):
        for b in (None, 0, 3, -3, 20, -20):
            assert v[a:b:-1] == [v[i] for i in range(*slice(a, b, -1).indices(10))]
            assert v[a:b:2] == [v[i] for i in range(*slice(a, b, 2).indices(10))]
            assert tuple(v)[a:b:-1] == tuple(v[a:b:-1])
    k = 4
    v[:k + 1] = v[k::-1]
    print(v, v[k:1:-1], v[::-1], "abc"[k - 2::-1], [][k::-1], v[k::-k])
    step = 0
    try:
        v[1:k:step]
    except ValueError as e:
        print(e)

    class Log:
        def __getitem__(self, key):
            return key

        def __index__(self):
            return -1
    print(Log()[k:1:-1], v[k:1:Log()])


def chains(x, lo=0, hi=5):
    seen = []
    if 0 <= x < hi:
        seen.append("in")
    if not lo <= x <= hi:
        seen.append("out")
    if lo < x < hi or x == lo == 0:
        seen.append("or")
    while lo <= x != hi > lo:
        seen.append("while")
        x = hi
    return seen, [v for v in (1, 2, 3) if lo < v <= x]


def comparing():
    for x in (-1, 0, 3, 5, 9, 2.5, float("nan"), True):
        print(x, chains(x))
    try:
        chains("s")
    except TypeError as e:
        print(e)

    class Cmp:
        def __init__(self, log):
            self.log = log

        def __ge__(self, other):
            self.log.append((">=", other))
            return []

        def __lt__(self, other):
            self.log.append(("<", other))
            return [1]
    log = []
    x, hi = Cmp(log), 5
    if 0 <= x < hi:
        print("no")
    print(log)

    def unbound():
        if 0 <= y < 5:
            pass
        y = 1
    try:
        unbound()
    except UnboundLocalError as e:
        print(e)


def containing():
    class Equal:
        def __eq__(self, other):
            return other == 2
    for v in ([1, 2, 3], (1, 2, 3), [1.0, 2.0], [True, False], [Equal()], [1, Equal()], ["1", None], [], [2**70, 2], range(3), {1, 2}):
        print([x in v for x in (1, 2, 5, True, 2.0, 2**70, None)])


class Shapes:
    def __init__(self, first):
        if first:
            self.a = 1
            self.b = 2
        else:
            self.b = 2
            self.a = 1


def shapes():
    total = 0
    many = [Shapes(k % 2) for k in range(6)]
    many[3].c = 3
    many[4].__dict__["d"] = 4
    for _ in range(3):
        for o in many:
            total += o.a + o.b
    print(total)


def traced():
    lines = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name in ("item", "add", "get_x", "<lambda>"):
            lines.append((frame.f_code.co_name, event))
        return tracer
    row = Row([1])
    for k in range(2):
        item(row, 0)
        add(1.5, 2.5)
    sys.settrace(tracer)
    item(row, 0)
    add(1.5, 2.5)
    get_x(Free(1))
    sys.settrace(None)
    print(lines)
    print(item(row, 3), add(1.5, 2.5))


for f in (numbers, mixed_numbers, items, class_attributes, slots, modules, unpacking, slices, comparing, containing, shapes, traced):
    print("--", f.__name__)
    f()


class Colour:
    RED = "red"
    GREEN = "green"


import string as module


def constant():
    return Colour.RED, module.digits, module.capwords("a b")


def globals_and_attributes():
    global Colour, module
    seen = [constant() for _ in range(3)]
    Colour.RED = "crimson"
    seen.append(constant())
    module.digits = "none"
    seen.append(constant())
    old, oldest = module, Colour

    class Colour:
        RED = 1

        def __getattr__(self, name):
            return "made " + name
    seen += [constant(), constant()]
    Colour = Colour()
    seen.append(constant())
    module = Colour
    module.capwords = lambda s: "own " + s
    seen.append(constant())
    Colour, module = oldest, old
    seen += [constant(), constant()]
    del module.digits
    try:
        constant()
    except AttributeError as e:
        seen.append(str(e))
    module.digits = "0123456789"
    del Colour
    try:
        constant()
    except NameError as e:
        seen.append(str(e))
    Colour = oldest
    seen.append(constant())
    for s in seen:
        print(s)
    events = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name == "constant":
            frame.f_trace_opcodes = True
            events.append(event)
        return tracer
    sys.settrace(tracer)
    constant()
    sys.settrace(None)
    print(events.count("opcode") > 5, constant())


print("-- globals_and_attributes")
globals_and_attributes()
