# Calls with a star of classes and bound methods, and classes whose metaclass is not type: the loop enters them like
# functions. The same through what it does not enter.
import abc
import gc


class Plain:
    def __init__(self, a, *rest, k=0, **named):
        self.seen = (a, rest, k, named)

    def show(self, *args, **named):
        return self.seen, args, named


class Based(abc.ABC):
    def __init__(self, *args):
        self.args = args


class Child(Based):
    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.n = len(args)


def starred(call, args, named):
    return call(*args, **named)


def each(call, *cases):
    for args, named in cases:
        for _ in range(3):
            try:
                got = starred(call, args, named)
                got = getattr(got, "seen", None) or getattr(got, "args", None) or got
            except TypeError as e:
                got = type(e).__name__, str(e)
        print(got)


each(Plain, ((1,), {}), ([1, 2, 3], {"k": 4}), ((), {"a": 5, "z": 6}), ((), {}), ((1,), {"a": 2}), (iter("ab"), {}))
each(Plain(0).show, ((1, 2), {}), ([], {"x": 1}), ((), {}))
each(Child, ((1, 2), {}), ([], {"no": 1}), ([3], {}))
each(int, (("12",), {}), (("z", 36), {}), ([], {}))
each(Plain.show, ((Plain(7), 1), {}), ((), {}))


class Loud:
    log = []

    def __init__(self, a):
        self.a = a

    def __del__(self):
        Loud.log.append(self.__dict__.get("a", "never begun"))


def make(*args):
    return Loud(*args)


make(1)
for args in ((), (1, 2)):
    try:
        make(*args)
    except TypeError as e:
        print(e)
print(Loud.log)


class Returns:
    def __init__(self, *args):
        return args or None


Returns(*())
try:
    Returns(*(1,))
except TypeError as e:
    print(e)


# A metaclass that comes to call otherwise while the loop runs, and stops again.
class Meta(type):
    pass


class Made(metaclass=Meta):
    def __init__(self, n):
        self.n = n


def made(n):
    return Made(n)


def made_starred(n):
    return Made(*[n])


def instead(cls, *args):
    return "instead", args


out = []
for i in range(12):
    if i == 4:
        Meta.__call__ = instead
    if i == 8:
        del Meta.__call__
    for f in (made, made_starred):
        v = f(i)
        out.append(v.n if isinstance(v, Made) else v)
print(out)


# An abstract class is none that can be made, until it is not abstract any more.
class Shape(metaclass=abc.ABCMeta):
    def __init__(self, n):
        self.n = n

    @abc.abstractmethod
    def area(self): ...


class Square(Shape):
    def area(self):
        return self.n**2


def shape(cls):
    return cls(3)


for cls in (Square, Square, Shape, Square):
    try:
        print(shape(cls).area())
    except TypeError as e:
        print(e)
Shape.__abstractmethods__ = frozenset()
print(shape(Shape).n)


# A class with `__new__`, one whose `__new__` comes later, instances that are called, the recursion limit.
class New:
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.new = args
        return self

    def __init__(self, *args):
        self.init = args


v = New(*(1, 2))
print(v.new, v.init)


class Late:
    def __init__(self, *args):
        self.args = args


def late(*args):
    return Late(*args)


got = [late(1).args, late().args]
Late.__new__ = lambda cls, *args: ("new", args)
got.append(late(1, 2))
print(got)


class Callable:
    def __call__(self, *args, **named):
        return args, named


print(starred(Callable(), (1, 2), {"c": 3}))


class Deep:
    def __init__(self, *args):
        self.below = Deep(*args)


try:
    Deep(1)
except RecursionError as e:
    print(e)


# The list of arguments shrinks while the instance is made.
class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        if arguments:
            del arguments[1:]


arguments = [1, 2, 3]
gc.set_threshold(1)
for i in range(50):
    Cycle()
    arguments[:] = [1, 2, 3]
    Plain(*arguments)
gc.set_threshold(700)
print("alive")
