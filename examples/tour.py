"""A tour of Python, from the source text down to the collector. Run me:

    taipan examples/tour.py

Each section is short and prints what it talks about. Nothing is left behind: files go to a temporary folder.
"""

import collections
import copy
import dis
import gc
import importlib
import io
import itertools
import math
import os
import platform
import py_compile
import random
import sys
import tempfile
import time
import weakref
from decimal import Decimal, localcontext
from fractions import Fraction


def heading(text):
    print()
    print(text)
    print("=" * len(text))


def section(text):
    print()
    print("-- " + text)


# ---------------------------------------------------------------------------------------------------------------------
heading("1. How a program runs")

section("source text")
source = "total = price * 3 + 1"
print("source:      ", source)

section("byte code: what the compiler makes of it")
code = compile(source, "<tour>", "exec")
print("names used:  ", code.co_names)
print("made of:     ", type(code).__name__, "and it holds", type(code.co_code).__name__)
listing = io.StringIO()
dis.dis(code, file=listing)
print(listing.getvalue())
print("the listing has instructions:", len(listing.getvalue().splitlines()) > 2)

section("the virtual machine runs it")
names = {"price": 7}
exec(code, names)
print("price = 7 gives total =", names["total"])

section("functions carry their byte code with them")


def area(width, height=2):
    """Width times height."""
    return width * height


print(area.__code__.co_name, area.__code__.co_varnames, area.__defaults__, area.__doc__)

folder = tempfile.mkdtemp(prefix="tour-")
sys.path.insert(0, folder)

section("a second file, its cache, and the time that the cache saves")
script = os.path.join(folder, "second.py")
with open(script, "w") as file:
    file.write("\n".join(f"def function_{n}(x):\n    return [x + {n} for _ in range(3)]" for n in range(200)))
    file.write("\nGREETING = 'hello from the second file'\n")
cached = py_compile.compile(script)
print("cached in:   ", os.path.basename(os.path.dirname(cached)), "as", os.path.basename(cached).split(".")[0] + ".….pyc")
start = time.perf_counter()
with open(script) as file:
    compile(file.read(), script, "exec")
compiling = time.perf_counter() - start
start = time.perf_counter()
import second
importing = time.perf_counter() - start
print(second.GREETING)
print("compiling took some time:", compiling > 0, "- importing from the cache too:", importing > 0)
print("the module knows its cache:", os.path.basename(second.__cached__) == os.path.basename(cached))

section("reloading a module that has changed")
with open(script, "w") as file:
    file.write("GREETING = 'hello again, after an edit'\n")
importlib.invalidate_caches()
importlib.reload(second)
print(second.GREETING)
print("names of the old text stay:", hasattr(second, "function_0"))

# ---------------------------------------------------------------------------------------------------------------------
heading("2. The shell around the program")

section("os, sys, platform")
print("version:     ", ".".join(map(str, sys.version_info[:2])))
print("path of this:", os.path.basename(__file__), "in", os.path.basename(os.path.dirname(os.path.abspath(__file__))))
print("here:        ", os.path.isabs(os.getcwd()))
print("separator:   ", repr(os.sep), repr(os.linesep))
print("platform:    ", isinstance(platform.system(), str), platform.python_version_tuple()[:2])
print("arguments:   ", len(sys.argv) - 1)
print("modules:     ", "os" in sys.modules, "this one is", __name__)
os.environ["TOUR"] = "on"
print("environment: ", os.environ.get("TOUR"), os.environ.get("NO_SUCH_VARIABLE", "(not set)"))
print("files there: ", sorted(name for name in os.listdir(folder)))

# ---------------------------------------------------------------------------------------------------------------------
heading("3. Objects and their names")

section("names are references")
first = [1, 2, 3]
second_name = first
second_name.append(4)
print(first, "- one list, two names:", first is second_name, id(first) == id(second_name))
other = list(first)
print("a copy is equal:", other == first, "and not the same:", other is first)

section("mutable and immutable")
text = "immutable"
same = text
text += "!"
print(repr(same), repr(text), same is text)
try:
    same[0] = "I"
except TypeError as error:
    print("TypeError:", error)
point = (1, [2])
point[1].append(3)
print("a tuple may hold what changes:", point)


def remember(item, seen=[]):
    seen.append(item)
    return seen


print("a default is made once:", remember("a"), remember("b"))

section("counting references")


class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("   goodbye,", self.name)


thing = Thing("first thing")
before = sys.getrefcount(thing)
alias = thing
print("one more name, one more reference:", sys.getrefcount(thing) - before)
del alias
print("and back:", sys.getrefcount(thing) - before)
print("the last name goes:")
del thing
print("it was destroyed at once")

section("the collector at work")
gc.collect()
left, right = Thing("left"), Thing("right")
left.other, right.other = right, left
watch = weakref.ref(left)
del left, right
print("a cycle keeps itself alive:", watch() is not None)
found = gc.collect()
print("the collector finds it:", found >= 2, watch())
print("it runs by itself:", gc.isenabled())

section("shallow and deep copies")
nested = {"name": "original", "items": [1, [2, 3]]}
shallow, deep = copy.copy(nested), copy.deepcopy(nested)
nested["items"][1].append(4)
nested["name"] = "changed"
print("shallow:", shallow)
print("deep:   ", deep)

# ---------------------------------------------------------------------------------------------------------------------
heading("4. The core types")

section("numbers")
print(42, 0b11, 0o17, 0xFF, 1_000_000, 2**100)
print(7 / 2, 7 // 2, -7 // 2, 7 % 3, -7 % 3, divmod(17, 5), 3.0 == 3)
print(0.1 + 0.2, round(2.5), round(3.14159, 2), 1e3, float("inf"), int("101", 2))
print(3 + 4j, abs(3 + 4j), (3 + 4j) * 1j, (3 + 4j).conjugate())
print(Decimal("0.1") + Decimal("0.2"), Decimal(1) / Decimal(7), Fraction(1, 3) + Fraction(1, 6), Fraction("0.75"))
with localcontext() as context:
    context.prec = 5
    print(Decimal(2).sqrt())
print(math.pi, math.sqrt(2), math.factorial(20), math.gcd(12, 18))
generator = random.Random(2024)
print("random, but repeatable:", generator.random(), generator.randint(1, 6), generator.choice("abc"))
print("random, between 0 and 1:", 0 <= random.random() < 1)

section("strings of each kind")
word = "Taipan"
print(word[0], word[-1], word[1:4], word[::-1], len(word), word.upper(), "pan" in word)
print("it's", 'a "quote"', "tab\tand\\", r"raw \n stays", """three
lines
here""")
print("naïve café", "日本語", "\N{SNAKE}", len("\N{SNAKE}"), "é".encode(), "ß".upper())
print(b"bytes", b"\xff\x00"[0], bytearray(b"abc"), b"caf\xc3\xa9".decode(), bytes([80, 121]))
name, value = "answer", 42
print(f"{name}: {value:>6} {value:08b} {value / 7:.3f} {name!r} {value=}")
print("%s has %d" % (name, value), "{0} and {1}".format("this", "that"), "a,b,c".split(","), "-".join("xyz"))

section("lists and tuples")
numbers = [5, 3, 9, 1]
numbers.append(7)
numbers.sort()
print(numbers, numbers[1:3], numbers[::-1], max(numbers), sum(numbers), numbers.index(9))
numbers[1:3] = ["x", "y", "z"]
print(numbers, numbers.pop(), len(numbers))
print([n * n for n in range(6) if n % 2], sorted("banana", reverse=True))
head, *middle, last = (1, 2, 3, 4)
print(head, middle, last, (1,), ())
Point = collections.namedtuple("Point", "x y")
place = Point(3, y=4)
print(place, place.x, place._replace(x=0), place == (3, 4))

section("dictionaries and sets")
ages = {"ada": 36, "alan": 41}
ages["grace"] = 85
print(ages, ages["ada"], ages.get("nobody", "?"), "alan" in ages, list(ages), sorted(ages.items(), key=lambda pair: -pair[1]))
print({word: len(word) for word in ("one", "three")}, ages | {"ada": 37})
try:
    ages["nobody"]
except KeyError as error:
    print("KeyError:", error)
print(sorted({1, 2, 3} & {2, 3, 4}), sorted({1, 2} | {3}), {1, 2} <= {1, 2, 3}, sorted(set("hello")), frozenset([1]))
print(collections.Counter("mississippi").most_common(2), dict(collections.defaultdict(int, a=1)), collections.deque([1, 2, 3], maxlen=2))

section("files, in text and in binary")
path = os.path.join(folder, "notes.txt")
with open(path, "w", encoding="utf-8") as file:
    print("first line", file=file)
    written = file.write("zweite Zeile: ü\n")
print("written:", written)
with open(path, encoding="utf-8") as file:
    for number, line in enumerate(file, start=1):
        print(number, repr(line))
with open(path, "rb") as file:
    data = file.read()
    file.seek(6)
    print(len(data), data[-3:], file.read(4), file.tell())
with open(path, "a", encoding="utf-8") as file:
    file.write("third\n")
print(open(path, encoding="utf-8").read().count("\n"), os.path.getsize(path), os.path.exists(path + ".nope"))

section("booleans and None")
print(True + True, bool([]), bool("no"), not None, None is None, [] or "default", 0 and "never")
print(type(None).__name__, type(True).__name__, isinstance(True, int))

section("functions, modules, classes: objects like the rest")


def greet(name="world", *rest, punctuation="!", **options):
    return f"hello {name}{punctuation} {rest} {options}"


print(greet(), greet("you", 1, 2, punctuation="?", loud=True))
table = {"sum": sum, "area": area, "max": max}
print(table["sum"]([1, 2]), table["area"](4), type(math).__name__, type(area).__name__, type(Thing).__name__)


class Animal:
    """An animal with a name."""

    count = 0

    def __init__(self, name):
        self.name = name
        Animal.count += 1

    def speak(self):
        return f"{self.name} makes a sound"

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r})"


class Dog(Animal):
    def speak(self):
        return super().speak() + ": woof"

    @property
    def shouted(self):
        return self.name.upper()


pets = [Animal("cat"), Dog("rex")]
print(pets, [pet.speak() for pet in pets], pets[1].shouted, Animal.count)
print([kind.__name__ for kind in Dog.__mro__], isinstance(pets[1], Animal), vars(pets[0]))

# ---------------------------------------------------------------------------------------------------------------------
heading("5. Functions that make and use functions")

section("decorators")


def logged(function):
    def wrapper(*args):
        result = function(*args)
        print(f"   {function.__name__}{args} = {result}")
        return result

    return wrapper


@logged
def power(base, exponent):
    return base**exponent


power(2, 10)
print("and the result is used:", power(3, 2) + 1)

section("iterators")


class Countdown:
    def __init__(self, start):
        self.current = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.current <= 0:
            raise StopIteration
        self.current -= 1
        return self.current + 1


print(list(Countdown(3)), sum(Countdown(4)), 2 in Countdown(5))
steps = iter("ab")
print(next(steps), next(steps), next(steps, "no more"))

section("generators")


def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


print(list(itertools.islice(fibonacci(), 12)))


def averager():
    total = count = 0
    average = None
    while True:
        total += yield average
        count += 1
        average = total / count


running = averager()
next(running)
print([running.send(n) for n in (10, 20, 60)])
print(sum(n * n for n in range(10)), list(zip("ab", itertools.count(1))), list(itertools.chain([1], (2,))))

section("metaprogramming")


class Register(type):
    known = []

    def __new__(meta, name, bases, namespace):
        cls = super().__new__(meta, name, bases, namespace)
        meta.known.append(name)
        cls.shout = lambda self: name.upper()
        return cls


class Plugin(metaclass=Register):
    pass


class Extra(Plugin):
    pass


print(Register.known, Extra().shout(), type(Extra).__name__)
Made = type("Made", (Animal,), {"legs": 4, "describe": lambda self: f"{self.name} has {self.legs} legs"})
print(Made("table").describe())


class Lazy:
    def __getattr__(self, name):
        value = f"made {name}"
        setattr(self, name, value)
        return value


lazy = Lazy()
print(lazy.hello, vars(lazy), getattr(lazy, "hello"))

section("when something goes wrong")
try:
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise ValueError("could not divide") from error
except ValueError as error:
    print(repr(error), "because of", repr(error.__cause__))
finally:
    print("finally, always")

section("match")
for thing in ([1, 2], {"kind": "circle", "r": 2}, Point(0, 5), "word", 7):
    match thing:
        case Point(x=0, y=y):
            print("on the axis at", y)
        case [a, b]:
            print("a pair", a, b)
        case {"kind": kind, **rest}:
            print(kind, rest)
        case str() | int() as simple:
            print("simple:", simple)

# ---------------------------------------------------------------------------------------------------------------------
heading("6. Asking Python itself")

section("dir")
print([name for name in dir(Dog) if not name.startswith("_")])
print([name for name in dir([]) if not name.startswith("_")])

section("help")
help(area)
help(Dog.speak)

# Leave nothing behind.
for parent, folders, files in os.walk(folder, topdown=False):
    for name in files:
        os.remove(os.path.join(parent, name))
    for name in folders:
        os.rmdir(os.path.join(parent, name))
os.rmdir(folder)
sys.path.remove(folder)
print()
print("The tour is over; the folder is gone:", not os.path.exists(folder))
