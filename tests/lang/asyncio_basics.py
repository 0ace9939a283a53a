"""asyncio: tasks, gathering, timeouts, cancellation, queues, groups."""
import asyncio
log = []
async def worker(name, delay, result=None):
    try:
        for i in range(2):
            log.append(f"{name}{i}")
            await asyncio.sleep(delay)
        return result
    except asyncio.CancelledError:
        log.append(f"{name} cancelled")
        raise
    finally:
        log.append(f"{name} end")
async def fail(): await asyncio.sleep(0); raise ValueError("failed")
async def main():
    print(await asyncio.gather(worker("a", 0, 1), worker("b", 0, 2)), log); log.clear()
    t = asyncio.create_task(worker("c", 10), name="task-c"); await asyncio.sleep(0); print(t.get_name(), t.done(), t.cancel())
    try:
        await t
    except asyncio.CancelledError:
        print("cancelled", t.cancelled(), log)
    try:
        await asyncio.wait_for(worker("d", 10), 0.01)
    except TimeoutError as e:
        print("timeout", repr(e))
    print(await asyncio.gather(fail(), worker("e", 0, 5), return_exceptions=True))
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(fail()); tg.create_task(worker("f", 10))
    except* ValueError as eg:
        print(eg.exceptions)
    q = asyncio.Queue(2)
    async def producer():
        for i in range(4): await q.put(i)
        await q.put(None)
    async def consumer():
        got = []
        while (v := await q.get()) is not None: got.append(v)
        return got
    print((await asyncio.gather(producer(), consumer()))[1])
    lock, ev, sem = asyncio.Lock(), asyncio.Event(), asyncio.Semaphore(1)
    async def locked(n):
        async with lock, sem:
            order.append(n); await asyncio.sleep(0); order.append(n)
    order = []; await asyncio.gather(locked(1), locked(2)); print(order)
    asyncio.get_running_loop().call_soon(ev.set); await ev.wait(); print(ev.is_set())
    fut = asyncio.get_running_loop().create_future(); asyncio.get_running_loop().call_later(0.001, fut.set_result, "later"); print(await fut, fut.result())
    done, pending = await asyncio.wait([asyncio.create_task(worker("x", 0)), asyncio.create_task(worker("y", 10))], return_when=asyncio.FIRST_COMPLETED); print(len(done), len(pending)); [p.cancel() for p in pending]; await asyncio.gather(*pending, return_exceptions=True)
    async for i in aiter_range(3): print(i, end=" ")
    print([r async for r in aiter_range(2)], [await f for f in asyncio.as_completed([worker("g", 0, "first")])])
    try:
        async with asyncio.timeout(0.01): await asyncio.sleep(10)
    except TimeoutError: print("timeout block")
    print(asyncio.current_task().get_name() != "", len(asyncio.all_tasks()), await asyncio.shield(worker("h", 0, "shielded")))
    try:
        fut.set_result(1)
    except asyncio.InvalidStateError as e:
        print(e)
    return "main result"
async def aiter_range(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
print(asyncio.run(main()))
