# Pools of processes: what looks after the workers sleeps while results come in, and wakes for what concerns it.
import multiprocessing
import os
from multiprocessing.pool import Pool


def work(n):
    return n * n


def whoami(n):
    return os.getpid()


waits = 0
wait = Pool._wait_for_updates


def counted(*args):
    global waits
    waits += 1
    wait(*args)


if __name__ == "__main__":
    Pool._wait_for_updates = counted
    for method in "fork", "forkserver":
        context = multiprocessing.get_context(method)
        with Pool(2, context=context) as pool:
            print(sum(pool.imap(work, range(300))), sum(pool.map(work, range(300))))
            print("woken for results:", waits > 20)

    context = multiprocessing.get_context("fork")
    # The last results are waited for after `close`.
    pool = Pool(2, context=context)
    waiting = [pool.apply_async(work, (n,)) for n in range(50)]
    pool.close()
    pool.join()
    print(sum(r.get(0) for r in waiting))

    # Workers that have done their part are replaced.
    with Pool(1, maxtasksperchild=2, context=context) as pool:
        print(len(set(pool.map(whoami, range(6), chunksize=1))))
