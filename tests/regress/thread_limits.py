# Where there is no room for a thread's stacks, starting it says so, and the process goes on.
import resource
import threading

resource.setrlimit(resource.RLIMIT_AS, (2000 << 20, 2000 << 20))
end = threading.Event()
started = 0
try:
    for _ in range(200):
        threading.Thread(target=end.wait).start()
        started += 1
except RuntimeError as e:
    print(e, started > 2)
end.set()
for t in threading.enumerate():
    if t is not threading.main_thread():
        t.join()
t = threading.Thread(target=print, args=("again",))
t.start()
t.join()
