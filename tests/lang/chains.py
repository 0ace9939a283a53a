# Generators and coroutines that delegate to each other: they suspend and are resumed as a whole, which nobody may notice.
import gc, sys, weakref


def show(*args):
    print(*args)


class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def tree(r):
    n = len(r)
    return Tree(tree(r[:n // 2]), r[n // 2], tree(r[n // 2 + 1:])) if n else None


t = tree(range(40))
show(list(t), sum(t), [x for x in t], sorted(t, reverse=True)[:3], max(t), any(x > 30 for x in t))
it = iter(t)
show(next(it), next(it), [next(it) for _ in range(5)], sum(it), next(it, "end"))
show([a * b for a, b in zip(t, t)] == [x * x for x in range(40)])


def leaf(n):
    for k in range(n):
        yield k
    return n


def mid(g):
    r = yield from g
    return ("mid", r)


def root(g):
    r = yield from g
    yield r


def chain(depth, n):
    g = leaf(n)
    gs = [g]
    for _ in range(depth):
        g = mid(g)
        gs.append(g)
    gs.append(root(g))
    return gs


# What each looks like while the chain waits.
def states(gs):
    return [(g.gi_running, g.gi_suspended, g.gi_yieldfrom is (gs[k - 1] if k else None),
             g.gi_frame.f_lineno - g.gi_frame.f_code.co_firstlineno, g.gi_frame.f_back) for k, g in enumerate(gs)]


gs = chain(2, 5)
for _ in range(3):
    next(gs[-1])
show(states(gs))
show(next(gs[-1]), states(gs) == [(False, True, True, 2, None)] + [(False, True, True, 1, None)] * 3)
before = [sys.getrefcount(g) for g in gs]
states(gs)
show(before == [sys.getrefcount(g) for g in gs])

# One in the middle is taken from.
gs = chain(3, 10)
show(next(gs[-1]), next(gs[-1]), next(gs[2]), next(gs[-1]), next(gs[0]), next(gs[-1]), list(gs[1]), list(gs[-1]))
gs = chain(3, 10)
show([next(gs[-1]) for _ in range(3)], sum(gs[2]), list(gs[-1]), list(gs[0]))
gs = chain(3, 4)
for x in gs[-1]:
    if x == 2:
        show(next(gs[0]), next(gs[0], "end"))
    show(x)

# A frame object of one in the middle.
frames = []


def looks(n):
    frames.append(sys._getframe())
    frames.append(sys._getframe(1))
    frames.append(sys._getframe(2))
    for k in range(n):
        yield k
    frames.append(sys._getframe(1).f_lineno)


g = root(mid(looks(3)))
show(next(g), next(g))
show([f.f_back for f in frames], [f.f_code.co_name for f in frames], [f.f_lineno - f.f_code.co_firstlineno for f in frames])
show(list(g), frames[-1] - frames[1].f_code.co_firstlineno)
show([f.f_locals.keys() for f in frames[:3]])

# Sent values, thrown exceptions, closing.
log = []


def receives(n):
    try:
        got = []
        for k in range(n):
            try:
                got.append((yield k))
            except KeyError as e:
                got.append(repr(e))
        return got
    finally:
        log.append("leaf closed")


def passes(g):
    try:
        return (yield from g)
    finally:
        log.append("mid closed")


g = root(passes(passes(receives(5))))
show(next(g), next(g), g.send("sent"), g.throw(KeyError("k")), next(g), next(g), log)
log.clear()
g = root(passes(passes(receives(5))))
show(next(g), next(g))
g.close()
show(log)
log.clear()
g = root(passes(passes(receives(5))))
show(next(g), next(g))
del g
show(log)
log.clear()
a = passes(receives(5))
g = root(passes(a))
show(next(g), next(g), next(g))
a.close()
try:
    show(next(g))
except StopIteration as e:
    show("stopped", e.value)
show(log)


# Exceptions out of the leaf, and where they were.
def fails(n):
    yield from range(n)
    raise ValueError("leaf")


def catches(g):
    try:
        yield from g
    except ValueError as e:
        tb, names = e.__traceback__, []
        while tb:
            names.append(tb.tb_frame.f_code.co_name)
            tb = tb.tb_next
        yield names
        yield sys.exc_info()[0]
    yield sys.exc_info()[0]
    yield from leaf(2)


def over(g):
    yield from g


show(list(root(over(over(catches(over(over(fails(3)))))))))
g = root(over(over(catches(over(over(fails(3)))))))
show([x for x in g])
try:
    for x in over(over(fails(2))):
        show(x)
except ValueError as e:
    show(e)
show([x for x in over(over(leaf(3)))])


# Handling an exception while yielding through the chain.
def handles():
    try:
        raise KeyError("inner")
    except KeyError:
        yield 1
        yield repr(sys.exc_info()[1])
    yield sys.exc_info()[1]


g = over(over(handles()))
show(next(g), sys.exc_info()[1])
try:
    raise IndexError("outer")
except IndexError:
    show(next(g), repr(sys.exc_info()[1]), repr(next(g)))
g = over(over(leaf(4)))
show(next(g))
try:
    raise IndexError("outer")
except IndexError:
    show(next(g))
    show(next(g))
show(next(g), next(g, "end"))


# The leaf resumes others, and chains of others, meanwhile.
def busy(n):
    for k in range(n):
        yield k, sum(over(over(leaf(k)))), [x for x in over(leaf(2))]


show(list(over(over(busy(4)))))
show([x for x in over(over(busy(4)))])


# It grows and shrinks at both ends.
def grows(n):
    if n:
        yield n
        yield from grows(n - 1)
        yield -n


show([x for x in grows(4)], list(grows(4)), sum(grows(4)))
g = grows(50)
show(sum(x for x in g))


# Collected while it waits, and as garbage.
class Cycle:
    pass


def keeps(o, n):
    for k in range(n):
        yield k
    del o


c = Cycle()
w = weakref.ref(c)
c.g = over(over(keeps(c, 5)))
show(next(c.g), next(c.g), next(c.g))
gc.collect()
show(next(c.g), w() is c)
del c
gc.collect()
show(w())
g = over(over(keeps([1], 9)))
for x in g:
    gc.collect()
show(x)
gs = [over(over(leaf(5))) for _ in range(100)]
for _ in range(3):
    for g in gs:
        next(g)
found = [o for o in gc.get_objects() if type(o).__name__ == "generator" and o.gi_code is leaf.__code__]
show(len(found), sum(next(g) for g in found[:10]), sum(next(g, 100) for g in gs))
del found


# Recursion limits.
def deep(n):
    if n:
        yield from deep(n - 1)
    else:
        for k in range(5):
            yield k


g = deep(500)
show(next(g), next(g))


def at_depth(n, g):
    return at_depth(n - 1, g) if n else next(g)


show(at_depth(100, g), next(g), next(g), next(g, "end"))


# Watched from the middle on.
events = []


def watch(frame, event, arg):
    if frame.f_code.co_name in ("leaf", "mid", "root") and event != "line":
        events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
    return watch


gs = chain(1, 4)
g = gs[-1]
show(next(g), next(g))
sys.settrace(watch)
next(g)
sys.settrace(None)
show(events)
show(list(g))


# Coroutines.
class Suspend:
    def __await__(self):
        return (yield "suspended")


async def inner(n):
    total = 0
    for k in range(n):
        total += (await Suspend()) or 0
    return total


async def middle(n):
    return await inner(n) + 1


async def outer(n):
    return await middle(n), await middle(1)


c = outer(3)
out = []
try:
    out.append(c.send(None))
    out.append(c.send(None))
    show(c.cr_await.cr_code.co_name, c.cr_await.cr_await.cr_running, c.cr_await.cr_suspended)
    out.append(c.send(5))
    while True:
        out.append(c.send(None))
except StopIteration as e:
    show(out, e.value)
c = outer(3)
c.send(None)
c.send(None)
try:
    c.throw(KeyError("thrown"))
except KeyError as e:
    show(repr(e))
m = middle(3)


async def twice():
    return await m


c = twice()
c.send(None)
c.send(None)
d = twice()
try:
    d.send(None)
except RuntimeError as e:
    show(e)
show(c.send(None))
c.close()

# Async generators in between.
async def agen(n):
    for k in range(n):
        await inner(1)
        yield k


async def loops():
    return [x async for x in agen(3)], [x async for x in agen(2) if await inner(2) == 0]


async def top():
    return await loops()


c = top()
n = 0
try:
    while True:
        c.send(None)
        n += 1
except StopIteration as e:
    show(n, e.value)

# Often enough that nothing may stay on the native stack.
show(sum(x for x in over(over(over(leaf(100_000))))))
n = 0
for x in tree(range(2000)):
    n += x
for x in over(over(leaf(100_000))):
    n += x
show(n, sum(over(over(leaf(100_000)))), len([x for x in over(grows(400))]))
