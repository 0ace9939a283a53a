# Attributes of objects whose `__dict__` somebody has asked for: the sites remember that, and see what changes.
class A:
    kind = "class"

    def __init__(self, n):
        self.x = n
        self.y = n + 1

    def method(self):
        return "method", self.x


def read(o):
    return o.x, o.y, o.kind


def call(o):
    return o.method()


def write(o, v):
    o.x = v
    o.new = v


def with_dict(n):
    a = A(n)
    a.__dict__
    return a


both = [A(1), with_dict(2), A(3), with_dict(4), with_dict(5)]
for _ in range(5):
    print([read(o) for o in both], [call(o) for o in both])
for k, o in enumerate(both * 3):
    write(o, k)
print([(o.x, o.new, o.__dict__) for o in both])

d = with_dict(6)
for _ in range(4):
    call(d), read(d)
d.__dict__["method"] = lambda: "hidden"
print(call(d))
del d.__dict__["method"]
print(call(d))
d.kind = "own"
print(read(d))
del d.kind
print(read(d))
del d.__dict__["x"]
try:
    read(d)
except AttributeError as e:
    print(e)
d.__dict__ = {"x": 7, "y": 8, 9: 10}
print(read(d), call(d))


class Loud(dict):
    def __getitem__(self, key):
        return "never"

    def __setitem__(self, key, value):
        print("never")


d.__dict__ = Loud(x=11, y=12)
for _ in range(3):
    write(d, 13)
    print(read(d), call(d), dict.__repr__(d.__dict__))

# The class changes.
d = with_dict(14)
for _ in range(4):
    read(d), call(d), write(d, 15)
A.method = lambda self: "replaced"
print(call(d))
A.x = property(lambda self: "data", lambda self, v: print("set", v))
print(read(d), d.__dict__)
write(d, 16)
del A.x
print(read(d))
A.__getattr__ = lambda self, name: name + "?"
print(read(d), d.other)
del A.__getattr__
A.__setattr__ = lambda self, name, v: print("setattr", name)
write(d, 17)
del A.__setattr__
A.__getattribute__ = lambda self, name: name + "!"
print(read(d))
del A.__getattribute__
print(read(d))


class Key:
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return other == self.name


d.__dict__ = {Key("x"): "by key", "y": 1}
print(read(d))

from functools import cached_property


class Cached:
    @cached_property
    def slow(self):
        print("made")
        return 5

    def use(self):
        return self.slow + self.slow


c = Cached()
print([c.use() for _ in range(3)])
del c.slow
print(c.use())


# Fields of native objects.
def fields(code):
    return code.co_name, code.co_argcount, code.co_filename == __file__


print([fields(f.__code__) for f in (read, call, write)])
def told(f):
    return f.__name__, f.__doc__, f.__defaults__


for f in (read, len, told, A.__init__, print):
    try:
        print(told(f))
    except AttributeError as e:
        print(e)
