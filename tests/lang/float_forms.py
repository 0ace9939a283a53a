# Products of floats with the sum or difference behind them, sums with constants: the same in loops, where they run in
# forms of their own, as once.
import math
import sys

EDGES = [
    0.0, -0.0, 1.5, -2.25, 5e-324, -5e-324, 2.0**-255, -(2.0**-255), math.nextafter(2.0**-255, 1), 2.0**-256,
    2.0**256, 2.0**257, math.nextafter(2.0**257, 0), -(2.0**257), 1e200, 1e308, math.inf, -math.inf, math.nan, 0.1,
]


def forms(a, b, z):
    return (
        z + a * b, a * b + z, z - a * b, a * b - z, a * 1.5 + z, z - b * 0.25, a * 0.1 + 0.125, a * b + 2.5, a * b - 2.5,
        a * 1e200 - z, a + 0.5, b - 0.1, a * 3.0, z * 0.0, a * -0.0, a / b if b else None, a * b * z, (a + b) * z - a,
    )


def warm(a, b, z):
    for _ in range(3):
        r = forms(a, b, z)
    return r


# The forms are found on common floats; then everything comes by.
warm(1.5, 2.5, 3.5)
digest = 0
for a in EDGES:
    for b in EDGES:
        for z in EDGES:
            r = repr(forms(a, b, z))
            digest = (digest * 31 + sum(map(ord, r)) + len(r)) % (1 << 61)
print(digest)
print(forms(0.0, 1.5, -0.0))
print(forms(2.0**-255, 1.0, 0.0))
print(forms(2.0**257, 1.0, 0.0))


# Ints, bools, strings and objects where floats were.
class N:
    def __init__(self, name):
        self.name = name

    def __mul__(self, other):
        return f"({self.name}*{other!r})"

    def __rmul__(self, other):
        return f"({other!r}*{self.name})"

    def __add__(self, other):
        return f"({self.name}+{other!r})"

    def __radd__(self, other):
        return f"({other!r}+{self.name})"

    def __sub__(self, other):
        return f"({self.name}-{other!r})"

    def __rsub__(self, other):
        return f"({other!r}-{self.name})"


def four(a, b, z):
    return [z + a * b, a * b + z, z - a * b, a * b - z, a * 2.5 + z, z - a * 2.5, a * 2.5 + 1.5]


def attempt(*operands):
    try:
        print(four(*operands))
    except TypeError as e:
        print(type(e).__name__, e, e.__traceback__.tb_next.tb_lineno - four.__code__.co_firstlineno)


for operands in [
    (1.5, 2.0, 3.0), (1.5, 2.0, 3), (1.5, 2.0, True), (2, 3, 4.5), (2, 3.5, 4), (1.5, 2.0, 10**30), (1.5, 2.0, 1j),
    (1.5, 2.0, None), (1.5, None, 2.0), (None, 1.5, 2.0), (1.5, 2.0, "x"), (1.5, 2.0, 3.0), (0.0, 2.0, 3.0),
    (1.5, 2.0, 0.0), (1e308, 10.0, 1.0), (1.5, 2.0, 3.0),
]:
    attempt(*operands)
    attempt(*operands)


def with_objects(a, b, z):
    return [a * b, z + 1.5 * 2.0]


for operands in [(1.5, 2.5, 3.5), (N("a"), 2.5, N("z")), (1.5, N("b"), 3.5)]:
    print(with_objects(*operands))


def plus(z, a, b):
    return z + a * b


def minus(z, a, b):
    return a * b - z, z - a * b


for z in [1.5, 1.5, N("z"), 1.5, 2, N("z"), 1.5]:
    print(plus(z, 1.5, 2.0), minus(z, 1.5, 2.0))


# A sum that begins with an int.
def dot(xs, ys):
    s = 0
    for x, y in zip(xs, ys):
        s += x * y
    return s


print(dot([0.5] * 10, [0.25] * 10), dot([1] * 10, [2] * 10), dot([0.5, 2, 0.5], [2, 3, 4]), dot([0.5] * 10, [0.1] * 10))


# Other ways lead to the sum alone.
def branches(c, a, b, z):
    return z + (a * b if c else a), z - (a if c else a * b), (a if c else a * 0.5) + 2.5, (a * 0.5 if c else z) + 2.5


for k in range(6):
    print(branches(k % 2, 1.5, 2.0, 3.5), branches(k % 3 == 0, 1.5, k, 3.5))


# Somebody looks on from the middle of the loop.
def watched(n):
    y, x, seen = 0.0, 0.5, []
    for i in range(n):
        if i == n // 2:
            sys.settrace(tracer)
            sys._getframe().f_trace = tracer
            sys._getframe().f_trace_opcodes = True
        y = y + x * 1.5 - y * 0.25
        x = x * 0.9999 + 0.125
        z = x * y - x
    sys.settrace(None)
    return y, x, z


events = {}


def tracer(frame, event, arg):
    events[event] = events.get(event, 0) + 1
    return tracer


r = watched(40)
print(r, r == watched(40), events.get("line", 0) > 60, events.get("opcode", 0) > events["line"])


def monitored(n):
    y, x = 0.0, 0.5
    for i in range(n):
        if i == n // 2:
            sys.monitoring.set_local_events(2, monitored.__code__, sys.monitoring.events.INSTRUCTION)
        y = y + x * 1.5 - y * 0.25
        x = x * 0.9999 + 0.125
    sys.monitoring.set_local_events(2, monitored.__code__, 0)
    return y, x


count = 0


def on_instruction(code, offset):
    global count
    count += 1


sys.monitoring.use_tool_id(2, "forms")
sys.monitoring.register_callback(2, sys.monitoring.events.INSTRUCTION, on_instruction)
first = monitored(40)
print(first, first == monitored(40) == monitored(40), count > 600)
sys.monitoring.free_tool_id(2)


# Generators, and locals that are objects when floats are put there.
def running(values):
    total = None
    for v in values:
        total = [1] if total is None else v * 2.5 + 0.5
        yield total


print(list(running([1.5, 2.5, 3.5])))


def truediv(a, b):
    out = []
    for _ in range(3):
        out.append(a / b)
    return out


print(truediv(1.5, 2.0), truediv(1, 3), truediv(1.5, 3), truediv(1.5, 2.5), truediv(1e300, 1e-300))
for zero in 0.0, -0.0, 0:
    try:
        truediv(1.5, zero)
    except ZeroDivisionError as e:
        print(e)
