import asyncio, sys, types, gc
log=[]
@types.coroutine
def pause(v):
    return (yield v)
async def ag(n):
    try:
        for i in range(n):
            got = yield i
            log.append(got)
            r = await pause(('p', i))
            log.append(r)
    finally:
        log.append('closed')
async def use():
    out=[]
    async for x in ag(3):
        out.append(x)
    return out
def drive(c, sends=None):
    seen=[]; v=None
    try:
        while True:
            y=c.send(v); seen.append(y); v=('s',y)
    except StopIteration as e:
        return seen, e.value
print(drive(use())); print(log); log.clear()
# asend with values
async def use2():
    g=ag(3)
    print(await g.asend(None))
    print(await g.asend('x'))
    s=g.asend('y')
    print(await s)
    try: await s
    except RuntimeError as e: print(e)
    try: await g.__anext__()
    except StopAsyncIteration as e: print('stop', repr(e))
    try: await g.__anext__()
    except StopAsyncIteration as e: print('stop', repr(e))
    try: await ag(1).asend(5)
    except TypeError as e: print(e)
print(drive(use2())); print(log); log.clear()
# error inside
async def bad():
    yield 1
    raise ValueError('v')
async def use3():
    import traceback
    g=bad()
    try:
        async for x in g: print(x)
    except ValueError as e:
        print([f.name for f in traceback.extract_tb(e.__traceback__)], g.ag_running, g.ag_frame)
    try: await g.__anext__()
    except StopAsyncIteration: print('ended')
    async def stops():
        yield 1
        raise StopAsyncIteration
    try:
        async for x in stops(): pass
    except RuntimeError as e: print(e, repr(e.__cause__))
    async def exits():
        yield 1
        raise GeneratorExit
    g=exits(); await g.__anext__()
    try: await g.__anext__()
    except GeneratorExit: print('ge')
    try: await g.__anext__()
    except StopAsyncIteration: print('ended')
drive(use3())
# running twice
async def use4():
    g=ag(3)
    s=g.__anext__(); 
    print(await s)
    c=use5(g); y=c.send(None); print(y, g.ag_running, g.ag_await is not None)
    try: await g.__anext__()
    except RuntimeError as e: print(e)
    print(c.cr_await is not None)
    c.close()
    print(g.ag_running, log)
async def use5(g):
    return await g.__anext__()
drive(use4()); log.clear()
# throw into a suspended step
async def use6(g):
    try:
        async for x in g: pass
    except KeyError as e:
        return 'caught', e.args
c=use6(ag(2)); print(c.send(None))
try: c.throw(KeyError('k'))
except StopIteration as e: print(e.value, log)
# a step that awaits a step of another, deep recursion of handled exceptions
async def outer(n):
    async for x in ag(n):
        try:
            1/0
        except ZeroDivisionError:
            yield x, sys.exception() is not None
async def use7():
    return [x async for x in outer(2)], sys.exception()
print(drive(use7()))
# monitored
def prof(*a): pass
sys.setprofile(prof); print(drive(use7())); sys.setprofile(None)
# never awaited step
import warnings
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    g=ag(1); s=g.asend(None); del s; gc.collect()
    print([str(x.message) for x in w])
async def rec(n):
    yield n
    if n:
        async for x in rec(n-1): yield x
async def use8():
    return sum([x async for x in rec(100)])
print(drive(use8()))
async def deep(n):
    async for x in deep(n+1): yield x
async def use9():
    try:
        async for x in deep(0): pass
    except RecursionError as e: print(str(e)[:40])
drive(use9())
async def with_break():
    async for x in ag(5):
        if x==1: break
    return 'b'
print(asyncio.run(with_break()) if 0 else drive(with_break()))
