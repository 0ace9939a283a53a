"""Parameters behind `*args`, and what asyncio knows of its tasks."""


def f(a, b=2, *rest, c, d=4, e=5):
    return a, b, rest, c, d, e


def g(*rest, key=None, **more):
    return rest, key, more


def h(x, *rest, sep=" "):
    return x, rest, sep


for call in ("f(1, c=3)", "f(1, 2, c=3)", "f(1, 2, 3, 4, c=3, e=6)", "f(1, 2, e=1, d=2, c=3)", "f(1, 2, 3)", "f(1, 2, c=3, x=1)",
             "f(1, 2, a=1, c=3)", "f(*range(20), c=3)", "f(c=1)", "g(1, key=2)", "g(1, 2, other=3)", "h(1)", "h(1, 2)", "h(1, 2, sep=3)",
             "h(1, sep=3)", "h(sep=3)", "h(1, 2, 3, 4, **{'sep': 5})", "h(1, 2, **{'se' + 'p': 5})", "h(1, 2, sep=1, **{'sep': 5})"):
    try:
        print(call, eval(call))
    except TypeError as error:
        print(call, error)

f.__kwdefaults__ = {"c": 30}
for call in ("f(1, 2, 3)", "f(1, 2, 3, d=1, e=2)"):
    try:
        print(call, eval(call))
    except TypeError as error:
        print(call, error)
f.__kwdefaults__ = None
try:
    f(1, 2, 3, c=1)
except TypeError as error:
    print(error)


class Watched:
    def __del__(self):
        print("gone")


def once(*things, last=Watched()):
    print(len(things))


once(Watched(), Watched(), last=Watched())
once(Watched())
print(list(map(lambda *a, k=1: (a, k), [1, 2], [3, 4])))


def steps(*values, end="."):
    yield from values
    yield end


print(list(steps(1, 2, end="!")), list(steps()))

import asyncio, gc


async def nap(n):
    await asyncio.sleep(n)


async def main():
    tasks = [asyncio.create_task(nap(0)) for _ in range(5)]
    print(len(asyncio.all_tasks()))
    await asyncio.gather(*tasks)
    print(len(asyncio.all_tasks()), [t.done() for t in tasks])
    later = asyncio.create_task(nap(100), name="later")
    await asyncio.sleep(0)
    print(sorted(t.get_name() for t in asyncio.all_tasks() if t is not asyncio.current_task()))
    later.cancel()
    try:
        await later
    except asyncio.CancelledError:
        print("cancelled", len(asyncio.all_tasks()))
    own = asyncio.tasks._PyTask(nap(0), loop=asyncio.get_running_loop())
    print(len(asyncio.all_tasks()))
    await own
    print(len(asyncio.all_tasks()))
    for _ in range(3):
        t = asyncio.create_task(nap(0))
        asyncio.tasks._unregister_task(t)
        print(t in asyncio.all_tasks())
        asyncio.tasks._register_task(t)
        asyncio.tasks._register_task(t)
        print(t in asyncio.all_tasks(), len(asyncio.all_tasks()))
        await t


asyncio.run(main())


class Sub(asyncio.Task):
    pass


async def subclass():
    t = Sub(nap(0))
    print(t in asyncio.all_tasks())
    await t
    print(len(asyncio.all_tasks()))


asyncio.run(subclass())


async def lost():
    gc.collect()
    future = asyncio.get_running_loop().create_future()

    async def forever():
        await future

    t = asyncio.create_task(forever())
    await asyncio.sleep(0)
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: print(context["message"]))
    del t, future, forever
    gc.collect()
    print(len(asyncio.all_tasks()))


asyncio.run(lost())
