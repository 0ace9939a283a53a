"""Sorting stability, comparison mixes, hashing, identity of keys, big containers."""
import random, functools
r = random.Random(7)
data = [(r.randrange(10), i) for i in range(200)]
s = sorted(data, key=lambda p: p[0]); print(all(a[0] < b[0] or a[1] < b[1] for a, b in zip(s, s[1:])), s[:3])
s = sorted(data, key=lambda p: p[0], reverse=True); print(all(a[0] > b[0] or a[1] < b[1] for a, b in zip(s, s[1:])), s[:3])
for n in (0, 1, 2, 3, 10, 31, 32, 33, 63, 64, 65, 100, 257, 1000):
    l = [r.randrange(n + 1) for _ in range(n)]; e = []
    for v in l: e.insert(__import__("bisect").bisect(e, v), v)
    assert sorted(l) == e and sorted(l, reverse=True) == e[::-1] and sorted(map(str, l)) == sorted([str(x) for x in e]), n
    l = list(range(n)); l.reverse(); l.sort(); assert l == list(range(n)); l = [i % 7 for i in range(n)]; l.sort(); assert l == sorted(l)
print("sorts agree")
calls = 0
class Cmp:
    def __init__(self, v): self.v = v
    def __lt__(self, o):
        global calls
        calls += 1
        return self.v < o.v
l = [Cmp(i) for i in range(100)]; l.sort(); print(calls); calls = 0; l.reverse(); l.sort(); print(calls, [c.v for c in l[:3]])
keys = []; sorted([3, 1, 2], key=lambda v: keys.append(v) or v); print(keys)
print(sorted(["b", "A", "a", "B"], key=str.lower), sorted([(1, "a"), (1, "A"), (0, "z")]), sorted([1, 2, 3], key=lambda x: 0), sorted({"b": 1, "a": 2}.items(), key=lambda kv: kv[1]), sorted([0.0, -0.0, 0]), sorted([True, False, 1, 0]), sorted("éaz"), sorted([b"b", b"a"]), sorted([[1], [], [0, 5]]), sorted([float("inf"), -1, float("-inf")]), min([(2, "a"), (1, "z")]), max("ab", "b", key=len), sorted([3, 1, 2], key=functools.cmp_to_key(lambda a, b: (a > b) - (a < b)), reverse=True))
d = {}
for i in range(1000): d[f"k{i}"] = i
for i in range(0, 1000, 2): del d[f"k{i}"]
for i in range(0, 1000, 4): d[f"k{i}"] = -i
print(len(d), list(d)[:3], list(d)[-2:], sum(d.values()), d["k4"], "k2" in d)
d = {i: i for i in range(100)}; d.update({i: -i for i in range(50, 150)}); print(len(d), d[49], d[50], d[149]); e = dict(d); e.pop(0); print(len(d) - len(e), d == {**d}, d != e)
class SameHash:
    def __init__(self, v): self.v = v
    def __hash__(self): return 42
    def __eq__(self, o): return self.v == o.v
c = {SameHash(i): i for i in range(50)}; print(len(c), c[SameHash(30)], SameHash(99) in c); s = {SameHash(i % 5) for i in range(50)}; print(len(s), SameHash(3) in s)
k1, k2 = 1, 1.0; d = {k1: "a"}; d[k2] = "b"; print(d, type(next(iter(d)))); d = {"x": 1}; key = "".join(["x"]); d[key] = 2; print(d)
print(hash(0) == hash(0.0) == hash(False) == hash(0j), hash(10**20) == hash(float(10**20)), hash((1, 2)) == hash((1.0, 2.0)), hash(frozenset([1, 2])) == hash(frozenset([2, 1])), hash("a") == hash("a"), hash(b"a") == hash("a"), hash(range(0)) == hash(range(5, 5)), hash(slice) == hash(slice), hash(1 + 0j) == hash(1), __import__("fractions").Fraction(1, 2) in {0.5}, __import__("decimal").Decimal("0.5") in {0.5})
nan = float("nan"); print(nan in {nan}, {nan: 1}[nan], float("nan") in {nan}, [nan] == [nan], (nan,) == (nan,), nan in (nan,), [nan].index(nan), [nan].count(nan), {1: nan} == {1: nan})
s = set(range(100)); s -= set(range(0, 100, 3)); s |= {1000, -1}; print(len(s), sorted(s)[:4], s >= {1, 2}, s.isdisjoint({0, 3}), len(s & set(range(50))), len(s ^ {1, 3}))
big = list(range(100000)); print(sum(big), big[::20000], big.index(77777), len(set(big)), max(big), big[-1], sum(1 for x in big if x % 2), len(dict.fromkeys(big)), sum(map(len, map(str, big))))
text = "the cat sat on the mat the end"; freq = {}
for w in text.split(): freq[w] = freq.get(w, 0) + 1
print(freq, sorted(freq.items(), key=lambda kv: (-kv[1], kv[0]))[:2], max(freq, key=freq.get)); groups = {}
for w in text.split(): groups.setdefault(len(w), []).append(w)
print(groups, {k: sorted(set(v)) for k, v in groups.items()})
