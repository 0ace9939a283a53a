# `for … in range(…)`: the iterator is made without the range, as long as `range` is what it was.
import builtins
import sys


def over(*bounds):
    seen = []
    if len(bounds) == 1:
        stop, = bounds
        for i in range(stop):
            seen.append(i)
            if len(seen) > 5:
                break
    elif len(bounds) == 2:
        start, stop = bounds
        for i in range(start, stop):
            seen.append(i)
            if len(seen) > 5:
                break
    else:
        start, stop, step = bounds
        for i in range(start, stop, step):
            seen.append(i)
            if len(seen) > 5:
                break
    return seen


class Index:
    def __index__(self):
        return 3


for round in range(3):
    for bounds in ((4,), (0,), (-3,), (True,), (Index(),), (2**70,), (1, 4), (4, 1), (-2, 2), (2**61, 2**61 + 2), (2**62, 2**62 + 2), (0, 10, 3),
                   (10, 0, -4), (0, 10, -1), (10, 0, 1), (0, 2**62, 2**61), (2**61, 2**62 - 1, 2**60), (-(2**62), 2**62, 2**61),
                   (0, 1, 2**80), (5, 4, -(2**70))):
        print(bounds[0] if len(bounds) == 1 and not isinstance(bounds[0], Index) else len(bounds), over(*bounds))
    for bad in ((0, 1, 0), ("x",), (1.5,), (1, None)):
        try:
            over(*bad)
        except (TypeError, ValueError) as e:
            print(type(e).__name__, e)


def count(n):
    total = 0
    for i in range(n):
        for j in range(i):
            total += 1
    return total, [k for k in range(n)], {k: 0 for k in range(1, n)}, sum(k for k in range(n))


print(count(5))
keep = range
range = lambda *a: iter("own")
print(over(3), over(1, 2))
del range
builtins.range = lambda *a: [7, 8]
print(over(3), over(1, 2, 3))
builtins.range = keep
print(over(3))


class Sub(list):
    def __iter__(self):
        return iter("sub")


def over_list(v):
    return [x for x in v], [x for x in v if x]


print(over_list([0, 1, 2]), over_list(Sub([1])), over_list((0, 1)), over_list({3: 4}), over_list("ab"))
grown = []
for x in (grown := [1]):
    if len(grown) < 4:
        grown.append(x + 1)
print(grown)
events = []


def tracer(frame, event, arg):
    if frame.f_code.co_name == "over":
        events.append(event)
    return tracer


sys.settrace(tracer)
over(2)
sys.settrace(None)
print(len(events) > 5, over(2))
