# What one thread's code remembers of globals is not taken for what another thread made of them. (The output is CPython 3.11's:
# the reference build has no threads.)
import threading

names = {"value": object(), "other": 0}
exec("def read(): return value\ndef touch(): return other", names)
read, touch = names["read"], names["touch"]


def steps(n, check):
    for _ in range(n):
        names["new"] = 1
        del names["new"]
        touch()
        if check:
            seen.append(read() is names["value"])


def in_thread(*args):
    t = threading.Thread(target=steps, args=args)
    t.start()
    t.join()


for n in range(1, 12):
    in_thread(n, False)
    read()
    seen = []
    in_thread(n, True)
    names["value"] = object()
    in_thread(40, True)
    print(n, len(seen), all(seen))
    thread = threading.Thread(target=lambda: (steps(n, False), read()))
    thread.start()
    thread.join()
    names["value"] = object()
    seen = []
    in_thread(40, True)
    print(n, len(seen), all(seen))
