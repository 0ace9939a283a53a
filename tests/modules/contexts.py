# Contexts with many variables, and the persistent map behind them.
import contextvars
import random
from _testinternalcapi import hamt


class Key:
    def __init__(self, hash, name):
        self.hash, self.name = hash, name

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return isinstance(other, Key) and (self.hash, self.name) == (other.hash, other.name)


def against_dict():
    r = random.Random(5)
    m, d, kept = hamt(), {}, []
    for i in range(4000):
        spread = [r.randrange(60), r.getrandbits(32), r.randrange(40) << 27, r.randrange(1 << 15) << 17]
        k = Key(r.choice(spread), r.randrange(3))
        if d and r.random() < (.3 if i // 800 % 2 == 0 else .7):
            if r.random() < .5:
                k = next(iter(d))
            m = m.delete(k)
            d.pop(k, None)
        else:
            m = m.set(k, i)
            d[k] = i
        if i % 400 == 0:
            kept.append((m, dict(d)))
    return all(dict(m.items()) == d and len(m) == len(d) and all(m[k] == v for k, v in d.items()) for m, d in kept)


print(against_dict())


class Endless:
    def __hash__(self):
        return 1

    def __eq__(self, other):
        return hamt().set(Endless(), 1).set(Endless(), 1)


try:
    hamt().set(Endless(), 1).set(Endless(), 2)
except RecursionError:
    print("RecursionError")

nested = hamt()
for i in range(20_000):
    nested = nested.set("k", nested)
print(len(nested))
del nested


variables = [contextvars.ContextVar(f"v{i}") for i in range(2000)]
context = contextvars.Context()


def fill():
    tokens = [v.set(i) for i, v in enumerate(variables)]
    print(all(v.get() == i for i, v in enumerate(variables)))
    copy = contextvars.copy_context()
    print(len(copy), copy == context, sum(copy.values()), len(copy.items()))
    for v, t in reversed(list(zip(variables, tokens))):
        v.reset(t)
    print(len(context), len(copy), copy == context)


context.run(fill)
print(list(context), dict(context.items()), type(context.keys()))
