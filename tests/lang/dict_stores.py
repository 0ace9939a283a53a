# Stores into dicts, which have a form of their own, and displays whose pairs move in: the same as the general way.


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n

    def __eq__(self, other):
        print("asked", self.n, other)
        return self.n == getattr(other, "n", other)


class Sub(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, [value])


class Text(str):
    def __eq__(self, other):
        print("text asked", other)
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def store(d, k, v):
    d[k] = v
    return d


def temporary(o, k, v):
    o.d[k] = v


class Holder:
    d = {}


# The form is found on a dict; then everything comes by.
for _ in range(3):
    store({}, "a", 1)
    temporary(Holder, "a", 1)
print(store({1: 2}, 1.0, 3), store({1: 2}, True, 3), store({}, (1, 2), 3), store({}, None, 3))
print(store([0, 1], 1, "x"), store(bytearray(b"ab"), 0, 65), store(Sub(), 1, 2))
print({type(k): v for k, v in store({Key(1): 1}, 1, "one").items()})
print(store({Text("a"): 1}, "a", 2), store({"a": 1}, Text("a"), 2))
for k in [[], {}, {1: 2}]:
    try:
        store({}, k, 1)
    except TypeError as e:
        print(e)
for o in [(1, 2), "ab", 5, None]:
    try:
        store(o, 0, 1)
    except TypeError as e:
        print(e)
print(store({}, "b", 2), Holder.d)

# What was there goes at once, after the new value is there.
d = {}
store(d, "k", Loud("first"))
store(d, "k", Loud("second"))
print("between")
store(d, "k", None)
temporary(Holder, "x", Loud("third"))
temporary(Holder, "x", 0)


class Looks:
    def __del__(self):
        print("sees", d["k"])


store(d, "k", Looks())
store(d, "k", "new")

# A dict that only the store holds.
def only():
    {}["x"] = Loud("only")
    dict(a=1)["b"] = Loud("other")
    print("after")


only()

# While it is gone through.
d = {1: 1, 2: 2}
try:
    for k in d:
        d[k + 10] = k
except RuntimeError as e:
    print(e)
d = {1: 1, 2: 2, 3: 3}
for k in d:
    d[k] = k * 2
print(d)

# Growth, and ints beside strings.
d = {}
for i in range(40):
    d[i] = i
    d[str(i)] = i
print(len(d), sum(d.values()), list(d)[:4], d["39"], d[39])


# Displays: repeated keys, keys of other kinds, many of them.
def displays(a, b):
    return [
        {"a": a, "b": b, "a": b}, {"a": a, 1: b, "c": a}, {1: a, True: b, 1.0: a}, {a: 1, b: 2}, {"x": {"y": a}},
        {"a": a, "b": b, "c": 1, "d": 2, "e": 3, "f": 4, "g": 5, "h": 6, "i": 7, "j": 8, "a": 9},
        {**{"a": a}, "b": b, **{"a": b}},
    ]


for pair in [(1, 2), ("x", "x"), ("x", "y"), (None, 1.5)]:
    print(displays(*pair))


def unhashable():
    return {"a": Loud("in a display"), [1]: Loud("beside it")}


try:
    unhashable()
except TypeError as e:
    print(e)
print({"a": Loud("first of two"), "a": Loud("second of two")}.keys())
print(repr("plain"), repr("it's"), repr('say "it"'), repr("both ' and \""), repr("tab\t\x7f\\"), repr("é\ud800"), repr(""))
