# Calls with stars through attributes, which bind no method, and classes with a Python `__new__`: as by the general way.
import sys


def rest(*args):
    return args


class Base:
    def method(self, *args, **kwargs):
        return type(self).__name__, args, kwargs

    @classmethod
    def of_class(cls, *args):
        return cls.__name__, args

    @staticmethod
    def plain(*args):
        return args


class Derived(Base):
    def __init__(self):
        self.held = rest

    def method(self, *args, **kwargs):
        return super().method(*args, **kwargs)

    @property
    def made(self):
        return lambda *args: ("made", args)


d = Derived()
print(d.method(*(1, 2), **{"k": 3}), d.method(*[4], 5, *"ab"), d.of_class(*(6,)), Derived.of_class(*()))
print(d.plain(*(1, 2)), Derived.plain(*[3]), d.held(*(4,)), d.made(*(5,)), Derived.method(*(d, 6)))
print(", ".join(*(["x", "y"],)), [3, 1, 2].index(*[1]), {}.get(*("k", 7)), str.upper(*["z"]))


def said(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


said(lambda: d.method(*1))
said(lambda: [].append(*1))
said(lambda: [].append(*(1, 2)))
said(lambda: d.method(**{"a": 1}, **{"a": 2}))
said(lambda: "".join(**{"a": 1}, **{"a": 2}))
said(lambda: d.method(**{1: 2}))
said(lambda: d.nothing(*(1,)))
said(lambda: super(Derived, d).nothing(*(1,)))


# What tools are told: the bound method, as of any other call with stars.
def run(a, b, t):
    a.method(*t)
    b.method(*t, **{"k": 1})
    a.of_class(*t)
    rest(*t)
    ",".join(*(["x"],))
    a.method(1)
    print(*t)


mon = sys.monitoring
mon.use_tool_id(2, "test")


def told(name):
    def show(code, offset, callee, first):
        if code is run.__code__:
            shown = "missing" if first is mon.MISSING else type(first).__name__
            print(name, callee.__qualname__, type(callee).__name__, shown)

    return show


for name in ("CALL", "C_RETURN", "C_RAISE"):
    mon.register_callback(2, getattr(mon.events, name), told(name))
mon.set_events(2, mon.events.CALL | mon.events.C_RETURN | mon.events.C_RAISE)
run(Base(), Derived(), (1, 2))
mon.set_events(2, 0)
for events in (mon.events.C_RETURN, mon.events.CALL | mon.events.C_RAISE, -1, 1 << 30):
    said(lambda: mon.set_events(2, events))
    said(lambda: mon.set_local_events(2, run.__code__, events))
mon.free_tool_id(2)


# `__new__`, then `__init__` with the same arguments.
class Both:
    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.new = cls.__name__, args, kwargs
        return self

    def __init__(self, *args, **kwargs):
        self.init = args, kwargs


class More(Both):
    def again(self, *args):
        return type(self)(*args)


for cls in (Both, More):
    for made in (cls(), cls(1, 2), cls(*(3,)), cls(*[4], k=5), cls(**{"k": 6})):
        print(made.new, made.init)
print(More().again(7, 8).new)


class Other:
    def __new__(cls, answer):
        return answer

    def __init__(self, answer):
        print("init", type(answer).__name__)


print(Other(5), type(Other(object.__new__(Other))).__name__)


class Changing:
    def __new__(cls, *args):
        return object.__new__(cls)

    def __init__(self, x):
        pass


def make(n):
    return [type(Changing(k)).__name__ for k in range(n)]


print(make(2))
kept = Changing.__dict__["__new__"]
kept.__init__(lambda cls, x: ("replaced", x))
print(Changing(1))
Changing.__new__ = lambda cls, x: ["set", x]
print(Changing(2))
del Changing.__new__
said(lambda: Changing(3))
Changing.__init__ = lambda self: None
print(type(Changing()).__name__)
Changing.__init__ = lambda self: 1
said(lambda: Changing())


class Meta(type):
    def __getattribute__(cls, name):
        if name == "__new__":
            print("asked for", name)
        return super().__getattribute__(name)


class Asked(metaclass=Meta):
    def __new__(cls, *args):
        return super().__new__(cls)


print(type(Asked(1, 2)).__name__)


class Deep:
    def __new__(cls, n):
        return cls(n + 1)


said(lambda: Deep(0))
said(lambda: Both.__new__())
said(lambda: Other())
said(lambda: Other(1, 2))
