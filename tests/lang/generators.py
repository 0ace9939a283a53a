"""Generators, yield from, send, throw, close, coroutines by hand, async generators."""
def count(n):
    for i in range(n):
        got = yield i
        if got:
            print("got", got)
    return "done"
g = count(3)
print(next(g), g.send("hello"), next(g))
try:
    next(g)
except StopIteration as e:
    print("stop", e.value)
print(next(g, "exhausted"))

def delegating():
    result = yield from count(2)
    print("result", result)
    yield from "ab"
    try:
        yield "waiting"
    except ValueError as e:
        print("caught", e)
        yield "recovered"
    finally:
        print("cleanup")
d = delegating()
print([next(d) for _ in range(5)])
print(d.throw(ValueError("boo")))
d.close()
try:
    d.send(1)
except StopIteration:
    print("closed")

def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            print("ignoring exit")
            yield 2
s = stubborn()
next(s)
try:
    s.close()
except RuntimeError as e:
    print(e)

def raises_stop():
    yield 1
    raise StopIteration("inner")
r = raises_stop()
next(r)
try:
    next(r)
except RuntimeError as e:
    print(e, repr(e.__cause__))

def fresh():
    yield 1
f = fresh()
try:
    f.send(1)
except TypeError as e:
    print(e)
def busy():
    yield next(me)
me = busy()
try:
    next(me)
except ValueError as e:
    print(e)

print(list(x * x for x in range(5) if x % 2), sum(range(5)), max((len(w), w) for w in "a bb ccc".split()))
import inspect, types
g = count(1)
print(inspect.getgeneratorstate(g)); next(g); print(inspect.getgeneratorstate(g)); g.close(); print(inspect.getgeneratorstate(g))
print(g.gi_frame, g.gi_code.co_name, g.__name__, type(g))
def infinite():
    n = 0
    while True:
        yield n
        n += 1
from itertools import islice
print(list(islice(infinite(), 3, 10, 3)))
def tree(t):
    if isinstance(t, list):
        for s in t:
            yield from tree(s)
    else:
        yield t
print(list(tree([1, [2, [3, [4]], 5], [[6]]])))

class Awaitable:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return (self.v, got)
async def coro(n):
    a = await Awaitable(n)
    b = await Awaitable(n + 1)
    return a, b
c = coro(1)
print(c.send(None), c.send("x"))
try:
    c.send("y")
except StopIteration as e:
    print(e.value)
async def nested():
    try:
        return await coro(10)
    finally:
        print("async finally")
c = nested()
c.send(None)
try:
    c.throw(KeyError("k"))
except KeyError as e:
    print("out", e)
try:
    c.send(None)
except RuntimeError as e:
    print(e)

def run(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as e:
        return e.value
async def agen(n):
    try:
        for i in range(n):
            await Awaitable(i)
            yield i
    finally:
        print("agen closed")
class ACM:
    async def __aenter__(self):
        await Awaitable("enter")
        return "acm"
    async def __aexit__(self, *exc):
        print("aexit", exc[0] and exc[0].__name__)
        return True
class AIter:
    def __init__(self): self.n = 0
    def __aiter__(self): return self
    async def __anext__(self):
        self.n += 1
        if self.n > 3:
            raise StopAsyncIteration
        return self.n
async def main():
    async with ACM() as name:
        print(name)
        raise ValueError
    out = [x async for x in agen(3)]
    out += [x async for x in AIter() if x != 2]
    async for x in agen(5):
        if x == 1:
            break
    else:
        print("no")
    a = agen(2)
    print(await a.asend(None), await anext(a), await anext(a, "default"))
    gen = (i async for i in agen(1))
    print(type(gen).__name__, [await Awaitable(i) for i in (1, 2)])
    return out
print(run(main()))
@types.coroutine
def old_style():
    v = yield "suspend"
    return v
async def use_old():
    return await old_style()
print(run(use_old()))
async def bad():
    await 3
try:
    run(bad())
except TypeError as e:
    print(e)
def gen_return_finally():
    try:
        yield 1
    finally:
        print("finalised")
def drop():
    g = gen_return_finally()
    next(g)
drop()
print("end")
