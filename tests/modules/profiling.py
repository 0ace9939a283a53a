# The profiler, and frames of other threads.
import collections
import cProfile
import io
import pstats
import sys
import threading

ticks = 0


def clock():
    global ticks
    return ticks


def work(n):
    global ticks
    ticks += 10
    if n:
        work(n - 1)
    return [].append(n)


def generate():
    yield 1
    work(0)
    yield 2


profile = cProfile.Profile(clock, 0.001)
profile.runcall(work, 2)
with profile:
    list(generate())
    try:
        len(1)
    except TypeError:
        pass
profile.create_stats()
for (file, line, name), (primitive, calls, own, total, callers) in sorted(profile.stats.items(), key=lambda s: s[0][2]):
    who = sorted((f[2], t[:2]) for f, t in callers.items())
    print(name, primitive, calls, round(own, 3), round(total, 3), who)
out = io.StringIO()
pstats.Stats(profile, stream=out).sort_stats("name").print_stats("work")
print("profiling.py" in out.getvalue(), len(profile.getstats()[0]))

other = cProfile.Profile()
profile.enable()
try:
    other.enable()
except ValueError as e:
    print(e)
profile.disable()


# What other threads are at, from the outside inwards.
def outer(ready, go):
    inner(ready, go)


def inner(ready, go):
    ready.set()
    go.wait()


ready, go = threading.Event(), threading.Event()
thread = threading.Thread(target=outer, args=(ready, go))
thread.start()
ready.wait()
frame, names = sys._current_frames()[thread.ident], []
while frame:
    names.append(frame.f_code.co_name)
    frame = frame.f_back
go.set()
thread.join()
print(names[names.index("inner") :][:3])

for bad in (lambda: collections.deque.append(1), lambda: collections.deque.__len__(1)):
    try:
        bad()
    except TypeError as e:
        print(e)
print(collections.deque.append, io.BytesIO.read)
