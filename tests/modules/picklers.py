# What a pickler looks up on itself: nothing, something of its class, of the object, of a class above.
import copyreg
import io
import os
import pickle
import select
import socket


class Thing:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return type(other) is Thing and other.n == self.n


def reduce_thing(thing):
    return Thing, (thing.n * 10,)


def round_trip(make):
    b = io.BytesIO()
    p = make(b)
    p.dump([Thing(1), 2])
    return [getattr(v, "n", v) for v in pickle.loads(b.getvalue())]


class OfClass(pickle.Pickler):
    dispatch_table = copyreg.dispatch_table.copy()
    dispatch_table[Thing] = reduce_thing


class Below(OfClass):
    pass


class OfInit(pickle.Pickler):
    def __init__(self, *args):
        super().__init__(*args)
        self.dispatch_table = {Thing: reduce_thing}


class Reducer(pickle.Pickler):
    def reducer_override(self, v):
        return (Thing, (v.n + 5,)) if isinstance(v, Thing) else NotImplemented


class Raising(pickle.Pickler):
    @property
    def dispatch_table(self):
        raise AttributeError("none today")


class Failing(pickle.Pickler):
    @property
    def reducer_override(self):
        raise ValueError("not this way")


class Getattr(pickle.Pickler):
    def __getattr__(self, name):
        if name == "dispatch_table":
            return {Thing: reduce_thing}
        raise AttributeError(name)


for cls in (pickle.Pickler, OfClass, Below, OfInit, Reducer, Raising, Getattr):
    print(cls.__name__, round_trip(cls))
try:
    round_trip(Failing)
except ValueError as e:
    print(e)
p = pickle.Pickler(io.BytesIO())
for name in ("dispatch_table", "reducer_override"):
    try:
        getattr(p, name)
    except AttributeError as e:
        print(e)
p.dispatch_table = {Thing: reduce_thing}
print(list(p.dispatch_table))
del p.dispatch_table
print(hasattr(p, "dispatch_table"))


class Ids(pickle.Pickler):
    def persistent_id(self, v):
        return "id" if isinstance(v, Thing) else None


class FromIds(pickle.Unpickler):
    def persistent_load(self, pid):
        return Thing(99)


b = io.BytesIO()
Ids(b).dump([Thing(1), 2])
print([getattr(v, "n", v) for v in FromIds(io.BytesIO(b.getvalue())).load()])
b = io.BytesIO()
p = pickle.Pickler(b)
p.persistent_id = lambda v: "set" if isinstance(v, Thing) else None
p.dump(Thing(1))
u = pickle.Unpickler(io.BytesIO(b.getvalue()))
u.persistent_load = lambda pid: pid
print(u.load())
print(pickle.dumps(b"\xff", 2))

# Reading: as much as there is, not more than was asked for, onto what is there.
r, w = os.pipe()
os.write(w, b"0123456789")
print(os.read(r, 4), os.read(r, 1 << 20), len(os.read(os.open("/dev/zero", os.O_RDONLY), 200_000)))
room = bytearray(b"....")
os.write(w, b"abc")
print(os.readinto(r, room), room)
print(select.select([r], [], [], 0), len(select.select([], [w], [], 0)[1]))
poll = select.poll()
poll.register(r, select.POLLIN)
print(poll.poll(0), poll.poll(1))
os.close(w)
print(os.read(r, 5), os.read(r, 0))
try:
    os.read(r, -1)
except OSError as e:
    print(e)
a, b = socket.socketpair()
a.send(b"datagram")
print(b.recv(3), b.recv(65536))
a, b = socket.socketpair(type=socket.SOCK_DGRAM)
a.send(b"datagram")
b.setblocking(False)
try:
    b.recv(10)
except BlockingIOError as e:
    print(type(e).__name__)
with open(r"/proc/self/status", "rb") as f:
    print(f.read(5), f.readline()[:1], len(f.read()) > 100, f.read())
