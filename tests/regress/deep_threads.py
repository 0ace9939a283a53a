# A thread's native stack ends in RecursionError as the main thread's does.
import copy
import pickle
import sys
import threading


def attempt(f, *args):
    try:
        f(*args)
    except (RecursionError, MemoryError, TypeError):
        pass


def down(n):
    return down(n + 1)


class Asks:
    def __getattr__(self, name):
        return getattr(self, name + 'x')

    def __len__(self):
        return len(self)


def work():
    nested = None
    for _ in range(45_000):
        nested = [nested]
    for f in repr, copy.deepcopy, pickle.dumps, lambda v: isinstance(1, (v,)), lambda v: v == [v]:
        attempt(f, nested)
    it = iter([1])
    for _ in range(45_000):
        it = map(str, it)
    attempt(next, it)
    for limit in 1000, 145_000:
        sys.setrecursionlimit(limit)
        attempt(down, 0)
        attempt(getattr, Asks(), 'y')
        attempt(len, Asks())
        attempt(sorted, [1, 2], None)
        attempt(lambda: sorted([1, 2], key=down))
    sys.setrecursionlimit(1000)


t = threading.Thread(target=work)
t.start()
t.join()
print('survived')
