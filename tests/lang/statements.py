"""Each kind of statement at least once."""
import sys

# Assignment: chained, unpacking, starred, augmented, annotated.
a = b = [1]
a.append(2)
print(b, a is b)
x, (y, *z), w = 1, (2, 3, 4), 5
print(x, y, z, w)
*head, tail = "abc"
print(head, tail)
first, *rest = range(4)
print(first, rest)
n = 10
n += 5; n -= 1; n *= 3; n //= 4; n **= 2; n %= 77; n <<= 3; n >>= 1; n |= 1; n &= 0xff; n ^= 3
print(n)
f = 7
f /= 2
print(f)
count: int = 3
label: str
print(count, __annotations__ if False else "annotated")
try:
    label
except NameError as e:
    print(e)

# while / else, break, continue
i = 0
while True:
    i += 1
    if i == 2:
        continue
    if i > 4:
        break
    print("i", i)
else:
    print("not reached")
while i < 6:
    i += 1
else:
    print("else after", i)

for i in range(3):
    if i == 5:
        break
else:
    print("for else")
for i, (p, q) in enumerate([(1, 2), (3, 4)]):
    print(i, p, q)

# del
d = {"k": 1, "l": 2}
del d["k"]
lst = [0, 1, 2, 3, 4]
del lst[1:3]
print(d, lst)
del x
try:
    print(x)
except NameError as e:
    print("NameError:", e)

# pass, assert
pass
try:
    assert 1 == 2, "one is not two"
except AssertionError as e:
    print("AssertionError:", e)
assert True

# global and nonlocal
g = 1
def set_global():
    global g, fresh
    g = 2
    fresh = "made"
set_global()
print(g, fresh)
def outer():
    v = 1
    def inner():
        nonlocal v
        v += 1
        return v
    inner()
    return inner(), v
print(outer())

# conditional, boolean chains, comparisons
def show(v):
    print("eval", v)
    return v
print(show(0) or show("") or show("last"))
print(show(1) and show([]) and show(2))
print(1 < 2 < 3, 1 < 3 < 2, not 0, "yes" if [] else "no")
print(1 < show(5) < 10)

# with
class Manager:
    def __init__(self, name): self.name = name
    def __enter__(self):
        print("enter", self.name)
        return self.name
    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind and kind.__name__)
        return kind is KeyError
with Manager("a") as m, Manager("b"):
    print("in", m)
with (Manager("c") as c, Manager("d") as d2):
    raise KeyError("swallowed")
print("after")

# try / except / else / finally
def flow(n):
    try:
        if n == 1:
            raise ValueError(n)
        if n == 2:
            return "returned"
    except ValueError as e:
        return f"caught {e}"
    else:
        print("else")
    finally:
        print("finally", n)
    return "end"
print([flow(k) for k in range(3)])

def finally_wins():
    for k in range(3):
        try:
            return k
        finally:
            if k < 2:
                continue_ = True
    return "?"
print(finally_wins())

import os.path as osp, math
from math import floor as fl, ceil
print(osp.join("a", "b"), fl(2.7), ceil(2.1), math.trunc(-2.5))
if (length := len("walrus")) > 3:
    print(length)
lambda_ = lambda x, /, y=2, *args, k=3, **kw: (x, y, args, k, kw)
print(lambda_(1), lambda_(1, 5, 6, k=7, z=8))
type Alias[T] = list[T]
print(Alias, Alias.__value__)
print(sys.version_info[:2] == (3, 14))
