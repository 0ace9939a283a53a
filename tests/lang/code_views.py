# What code objects, frames and tracing show of a program.
import sys
import types


def lines(f):
    seen = []

    def trace(frame, event, arg):
        seen.append((event, frame.f_lineno - f.__code__.co_firstlineno))
        return trace

    sys.settrace(trace)
    f()
    sys.settrace(None)
    return seen


def only_doc():
    "Nothing else."


def spread():
    [1, 2] and print(
        "spread"
    )
    a = 1


print(lines(only_doc))
print(lines(spread))

# The file does not make code objects different.
a, b = (compile("def f(x):\n    return x + 1", name, "exec") for name in "ab")
print(a == b, hash(a) == hash(b))

# The line table goes out and comes back.
code = spread.__code__
again = code.replace(co_linetable=code.co_linetable)
print(list(again.co_positions()) == list(code.co_positions()), again == code)
print({line for _, _, line in code.replace(co_linetable=b"\xff" * 20).co_lines()} <= {None, code.co_firstlineno})

# Variables of comprehensions that run in the frame of a module or class.
print([sys._getframe().f_locals["v"] for v in [7]], "v" in globals())


class C:
    print([sorted(k for k in sys._getframe().f_locals if k[0] != "_") for v in [7]])


# Comprehensions of code with a namespace of its own look there first.
ns = {"x": 2}
exec("r = [[x for i in range(2)] for j in range(2)]", {}, ns)
print(ns["r"], eval("[x * i for i in range(3)]", {}, {"x": 5}))

# Methods that stand beside a slot of the same name.
for t, n in ((dict, "__getitem__"), (dict, "__contains__"), (list, "__getitem__"), (set, "__contains__")):
    print(type(getattr(t, n)).__name__, end=" ")
print()


class Get(dict):
    __getitem__ = dict.get


class Same(dict):
    __getitem__ = dict.__getitem__


print(Get(a=1)["b"], Get(a=1)["a"], Same(a=1)["a"])

# Every branch that is told is one that the code object lists.
told = []
mon = sys.monitoring
mon.use_tool_id(3, "branches")
for event in (mon.events.BRANCH_LEFT, mon.events.BRANCH_RIGHT):
    mon.register_callback(3, event, lambda code, src, dst: told.append((src, dst)))


def loop(n=0):
    while n < 3:
        if n == 1:
            n += 1
        n += 1


mon.set_local_events(3, loop.__code__, mon.events.BRANCH_LEFT | mon.events.BRANCH_RIGHT)
loop()
mon.set_local_events(3, loop.__code__, 0)
mon.free_tool_id(3)
listed = {(src, dst) for src, *ways in loop.__code__.co_branches() for dst in ways}
print(len(told) > 4, set(told) <= listed)
