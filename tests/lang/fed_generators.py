# Generators whose values go straight to a built-in: whatever can be seen must be as when the built-in asks for each value.
import sys, gc, weakref



def show(*args):
    print(*args)


# Each built-in, with plain values.
xs = list(range(10))
show(list(x * 2 for x in xs), tuple(x * 2 for x in xs), set(x % 3 for x in xs), frozenset(x % 3 for x in xs))
show(any(x > 8 for x in xs), any(x > 9 for x in xs), all(x < 10 for x in xs), all(x < 9 for x in xs))
show(sum(x for x in xs), sum(x * 0.1 for x in xs), sum(x if x % 2 else x / 3 for x in xs))
show(sorted(-x for x in xs), min(x - 5 for x in xs), max(x - 5 for x in xs), ",".join(str(x) for x in xs))
show(min(c for c in "hello"), max(c for c in "hello"), min(x / 2 for x in xs), max(x / 2 for x in xs))
show(list(x for x in ()), tuple(x for x in ()), set(x for x in ()), sum(x for x in ()), any(x for x in ()),
     all(x for x in ()), sorted(x for x in ()), "".join(x for x in ()), frozenset(x for x in ()))
show(sum(0.1 for _ in range(10)), sum(x for x in [0.1] * 10 + [1]), sum(x for x in [1, 2, 0.1] + [0.1] * 9))
show(sum(x for x in [1e308, 1e308, -1e308]), sum(x for x in [1e16, 1.0, -1e16]), sum(x for x in [float("inf"), 1.0]))
show(sum(x for x in [1 << 61, 1 << 61, 1 << 61]), sum(x for x in [1 << 70, 1]), sum(x for x in [1, True, 2.5, 1j]))
show(sum(x for x in [-0.0]), sum(x for x in [-0.0, -0.0]), sum(x for x in [1e-300, 1e-300]), sum(x for x in [True, True]))
show(sorted(set(w for w in "a b a c".split())))
show(sorted(set((x % 2, "s") for x in xs)), sorted(set((x % 2, (x % 3, None)) for x in xs)))
show(any(w for w in ["", (), [], {}, None, 0, 0.0, "x"]), all(w for w in ["x", (1,), [0], {1: 2}, 1, 1.5, True]))
show(any(object() for _ in range(3)), all(object() for _ in range(3)))
nan = float("nan")
show(min(x for x in [nan, 1.0, 0.5]), max(x for x in [1.0, nan, 2.0]), min(x for x in [1, 0.5]), max(x for x in [1, 2.5, 2]))
show(min((x, 1) for x in [2, 1]), max([x] for x in [2, 1]))


# What a generator returns is nobody's; generator functions are taken as well.
def gen(n):
    for k in range(n):
        yield k
    return "ignored"


for f in list, tuple, set, frozenset, sum, any, all, sorted, min, max:
    show(f.__name__, f(gen(5)))
show("-".join(str(x) for x in gen(3)))


# Begun before: the rest is taken.
g = gen(6)
next(g)
show(list(g), list(g), next(g, "end"))
g = gen(6)
show(any(x == 2 for x in g), list(g))


# Errors: from the generator, from the consumer, from both, and where they are reported.
def where(e):
    t, out = e.__traceback__, []
    while t:
        out.append((t.tb_frame.f_code.co_name, t.tb_lineno - base))
        t = t.tb_next
    return out


base = sys._getframe().f_lineno


def attempts(values):
    for f in list, tuple, set, frozenset, sum, any, all, sorted, min, max, "".join:
        try:
            r = f(10 // v if isinstance(v, int) else v for v in values)
            show(f.__name__, r if "set" not in f.__name__ else sorted(map(str, r)))
        except Exception as e:
            show(f.__name__, type(e).__name__, e, where(e))


attempts([1, 2, 0, 3])
attempts([1, [], 2])
attempts([1, "a", 2])
attempts(["a", {}, "b"])
attempts([])


def stops():
    yield 1
    raise StopIteration


for f in list, set, sum:
    try:
        f(stops())
    except RuntimeError as e:
        show(f.__name__, e, type(e.__cause__).__name__)


# Values with hashes, comparisons, truth and addition of their own: called one by one, in turn with the generator.
log = []


class Own:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        log.append(f"hash {self.n}")
        return self.n % 2

    def __eq__(self, other):
        log.append(f"eq {self.n} {other.n}")
        return self.n == other.n

    def __lt__(self, other):
        log.append(f"lt {self.n} {other.n}")
        return self.n < other.n

    def __gt__(self, other):
        log.append(f"gt {self.n} {other.n}")
        return self.n > other.n

    def __bool__(self):
        log.append(f"bool {self.n}")
        return self.n > 2

    def __radd__(self, other):
        log.append(f"radd {self.n} {other}")
        return self.n + other

    def __repr__(self):
        return f"Own({self.n})"


def own(*ns):
    for n in ns:
        log.append(f"make {n}")
        yield Own(n)


for f in list, tuple, set, sorted, min, max, any, all, sum:
    log.clear()
    r = f(x for x in own(3, 1, 3, 2))
    show(f.__name__, r if f is not set else len(r), log)


# Plain values first, then others.
for f in list, set, sum, min, max, any:
    log.clear()
    try:
        r = f(x for x in [0, 0, Own(0), Own(2)])
        show(f.__name__, r if f is not set else len(r), log)
    except Exception as e:
        show(f.__name__, type(e).__name__, e, log)


# The generator is suspended when its consumer runs Python code, and closed when it is left.
class Looks:
    def __hash__(self):
        show("running", the.gi_running, the.gi_suspended, the.gi_frame is not None)
        return 1


def closes():
    try:
        yield 0
        yield Looks()
        yield 1
    finally:
        log.append("closed")


log.clear()
the = closes()
show(len(set(the)), log)
log.clear()
show(any(x is not None and x == 0 for x in closes()), log)
log.clear()
show(any(closes()), log)
log.clear()
show(all(closes()), log)
log.clear()
try:
    set(x for x in [1, [], log])
except TypeError as e:
    show(e, where(e))


def unhashable():
    try:
        yield 1
        yield []
    finally:
        log.append("closed")


log.clear()
try:
    set(unhashable())
except TypeError as e:
    show(e, log)


# While it runs it sees its caller, and is seen running.
def frames():
    f = sys._getframe()
    show(f.f_back.f_code.co_name, me.gi_running, me.gi_frame is f)
    yield 1
    try:
        next(me)
    except ValueError as e:
        show(e)
    yield 2


def caller():
    global me
    me = frames()
    return list(me)


show(caller())


# In a handler, and handling something itself.
def handling():
    try:
        1 / 0
    except ZeroDivisionError:
        yield str(sys.exc_info()[1])
    yield sys.exc_info()[1]


show(list(handling()))
try:
    [].pop()
except IndexError:
    show([str(x) for x in list(handling())], set(str(sys.exc_info()[1]) for _ in range(2)))


# Nested, recursive, and from within a generator.
def walk(t):
    if isinstance(t, list):
        return sum(walk(x) for x in t)
    return t


show(walk([1, [2, [3, 4], 5], [[6]]]))
show(list(tuple(sum(z for z in range(y)) for y in range(x)) for x in range(4)))


def perms(pool):
    if not pool:
        yield ()
    for k in range(len(pool)):
        for rest in perms(tuple(x for i, x in enumerate(pool) if i != k)):
            yield tuple(x for x in (pool[k], *rest))


show(list(perms((1, 2, 3))))


def deep(n):
    return sum(deep(n - 1) for _ in range(1)) if n else 1


show(deep(100))
try:
    deep(100_000)
except RecursionError:
    show("too deep")


# Names that mean something else; a site that sees both.
def at_one_site(f, v):
    return f(x for x in v)


for f in list, sum, (lambda g: next(g)), any, str.upper, dict, len, max, type("L", (list,), {}), type("S", (set,), {}):
    try:
        show(at_one_site(f, [(1, 2)] if f is dict else [1, 2]))
    except TypeError as e:
        show(e)


def once_more(v):
    return list(v), sum(v), any(v), sorted(v)


for v in (x for x in xs), [1, 2], (3,), range(3):
    show(once_more(v))

keep, list = list, lambda g: ("mine", next(g))
show(list(x for x in xs))
list = keep


# Watched from the middle on.
events = []


def watch(frame, event, arg):
    if frame.f_code.co_name in ("watched", "watching"):
        events.append((frame.f_code.co_name, event, frame.f_lineno - base2, arg if event == "return" else None))
        return watch


def watched(n):
    for k in range(n):
        if k == 2:
            sys.settrace(watch)
            sys._getframe().f_trace = watch
        yield k
        if k == 4:
            sys.settrace(None)


base2 = sys._getframe().f_lineno
for f in list, set, tuple, sum, sorted, any, max:
    def watching():
        return f(watched(6))
    events.clear()
    r = watching()
    sys.settrace(None)
    show(f.__name__, r, events if f is not any else len(events))

calls = []
sys.setprofile(lambda frame, event, arg: calls.append((event, getattr(arg, "__name__", None))) if event.startswith("c_") else calls.append((event, frame.f_code.co_name)))
sum(x for x in [1, 2])
sys.setprofile(None)
show(calls)


# What dies meanwhile.
class Dies:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(f"del {self.n}")


log.clear()
show(any(Dies(k) and k == 3 for k in range(5)), log)
log.clear()
show(all(Dies(k) for k in range(3)), log)


def holds():
    d = Dies("local")
    yield 1
    yield 2


log.clear()
show(sum(holds()), log)
g = (x for x in xs)
w = weakref.ref(g)
show(len(set(g)), w() is g)
del g
show(w())


# A collection in the middle, and what it finds.
def collects(n):
    for k in range(n):
        a = []
        a.append(a)
        gc.collect()
        yield (k, a) if k == 1 else (k, None)


show(len(keep(collects(4))), len(set(x[0] for x in collects(4))))

# Often enough that nothing may stay on the native stack.
total = 0
for _ in range(20_000):
    total += sum(x for x in (1, 2)) + len(set(x for x in (1, 1))) + any(x for x in (0, 1)) + len(tuple(x for x in "ab"))
    total += len(keep(x for x in (1, 2))) + max(x for x in (1, 2)) + len("".join(x for x in "ab")) + all(x for x in (1, 0))
show(total)
show(sum(x for x in range(200_000)), len(set(str(x % 7) for x in range(100_000))), len(keep(x for x in range(100_000))))
show(sum(x * 0.5 for x in range(100_000)), any(x < 0 for x in range(100_000)), max(x % 1000 for x in range(100_000)))
