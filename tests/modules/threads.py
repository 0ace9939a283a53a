# Threads: their numbers, their stacks (which later threads use again), and who has the turn.
import _thread
import os
import select
import sys
import threading
import time

# The number that starting answers is the thread's own.
seen = []
done = threading.Semaphore(0)


def tell(*args):
    seen.append((threading.get_ident(), args))
    done.release()


for i in range(20):
    n = _thread.start_new_thread(tell, (i,))
    done.acquire()
    assert seen.pop() == (n, (i,)), i
threads = [threading.Thread(target=tell) for _ in range(5)]
for t in threads:
    t.start()
    assert t.ident
    t.join()
print(sorted(t.ident for t in threads) == sorted(n for n, _ in seen))


# A thread that has joined itself, one that was never started, one started twice.
def join_self():
    try:
        threading.current_thread().join()
    except RuntimeError as e:
        print(e)


t = threading.Thread(target=join_self)
try:
    t.join()
except RuntimeError as e:
    print(e)
t.start()
t.join()
try:
    t.start()
except RuntimeError as e:
    print(e)


# Deep threads and shallow ones in turn: what one left on its stacks is not seen by the next.
def deep(n):
    local = [n]
    return local[0] if n == 0 else deep(n - 1) + local[0]


def unbound():
    try:
        return never
        never = 1
    except UnboundLocalError as e:
        return str(e)


def generators():
    def g(n):
        yield n
        if n:
            yield from g(n - 1)

    return sum(g(50))


results = {}
sys.setrecursionlimit(5000)
for k in range(3):
    jobs = [(deep, (2000,)), (deep, (100,)), (unbound, ()), (generators, ())] * 3
    ts = [
        threading.Thread(target=lambda f=f, a=a, i=i: results.__setitem__(i, f(*a)))
        for i, (f, a) in enumerate(jobs)
    ]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    print([results[i] for i in range(4)], all(results[i] == results[i % 4] for i in range(12)))


def too_deep():
    return too_deep()


caught = []


def falls():
    try:
        too_deep()
    except RecursionError:
        caught.append(1)


for _ in range(4):
    t = threading.Thread(target=falls)
    t.start()
    t.join()
print(len(caught))

# One that mostly waits has its turn beside one that computes, and the other way round.
stop = False
loops = 0


def compute():
    global loops
    while not stop:
        for i in range(100):
            pass
        loops += 1


r, w = os.pipe()
r2, w2 = os.pipe()


def echo():
    while data := os.read(r, 10):
        os.write(w2, data)


ts = [threading.Thread(target=compute), threading.Thread(target=echo)]
for t in ts:
    t.start()
for i in range(50):
    os.write(w, b"%d" % i)
    assert os.read(r2, 10) == b"%d" % i
before = loops
end = time.monotonic() + 0.2
while time.monotonic() < end:
    select.select([r2], [], [], 0)
print(loops > before)
stop = True
os.close(w)
for t in ts:
    t.join()

# A process that is forked while others run has one thread, and can start more.
hold = threading.Event()
other = threading.Thread(target=hold.wait)
other.start()
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pid = os.fork()
if pid == 0:
    t = threading.Thread(target=tell)
    t.start()
    t.join()
    os._exit(0 if threading.active_count() == 1 and not other.is_alive() else 1)
print(os.waitpid(pid, 0)[1])
hold.set()
other.join()
print(threading.active_count())

# Threads hand the turn about while the process is forked: the child's own threads go on.
stop = False
sys.setswitchinterval(0.0005)
r, w = os.pipe()


def give_and_take():
    while not stop:
        os.write(w, b"x")
        os.read(r, 1)


ts = [threading.Thread(target=f) for f in (compute, compute, give_and_take)]
for t in ts:
    t.start()
codes = set()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            own = [threading.Thread(target=deep, args=(900,)) for _ in range(3)]
            for t in own:
                t.start()
            for t in own:
                t.join()
            os._exit(any(t.is_alive() for t in ts))
        codes.add(os.waitpid(pid, 0)[1])
print(codes)
stop = True
for t in ts:
    t.join()
