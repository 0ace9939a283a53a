"""dict and its views, set and frozenset."""
d = {"a": 1, "b": 2, 3: [4], (5, 6): None}
print(d, len(d), d["a"], d.get("zz"), d.get("zz", 0), "a" in d, 9 in d, list(d), list(d.values()), list(d.items()), d.keys(), d.values(), d.items())
d["c"] = 3; d["a"] = 10; del d["b"]; print(d, d.pop("c"), d.pop("none", "default"), d.setdefault("n", []), d.setdefault("a", 5), d.popitem(), d)
d.update({"x": 1}, y=2); d.update([("z", 3)]); print(d, d | {"x": 9, "w": 0}, {"x": 0} | d); d |= {"q": 1}; print(d.copy() == d, dict(a=1, b=2), dict([(1, 2)]), dict({1: 2}, b=3), dict.fromkeys("ab", 0), dict(zip("ab", [1, 2])), {**{"a": 1}, "b": 2, **{"a": 3}}, {k: v for k, v in [(1, 2)]})
print({1: "a", True: "b", 1.0: "c"}, {1: 1} == {1.0: 1}, {"a": 1, "b": 2} == {"b": 2, "a": 1}, list(reversed({"a": 1, "b": 2})), list({"b": 1, "a": 2}.items()), {} == {}, {1: 2} != {1: 3}, bool({}))
k = {"a": 1, "b": 2}.keys(); print(k & {"a", "z"}, sorted(k | {"c"}), k - {"a"}, sorted(k ^ {"a", "q"}), k == {"a", "b"}, k.isdisjoint({"z"}), {"a": 1}.items() & {("a", 1)}, "a" in k, k <= {"a", "b", "c"}, ("a", 1) in {"a": 1}.items(), k.mapping)
class Missing(dict):
    def __missing__(self, key): return f"missing {key}"
print(Missing(a=1)["a"], Missing()["zz"], Missing().get("q"), "q" in Missing())
class K:
    def __init__(self, v): self.v = v
    def __hash__(self): return 1
    def __eq__(self, o): return isinstance(o, K) and self.v == o.v
    def __repr__(self): return f"K{self.v}"
h = {K(i): i for i in range(5)}; print(h, h[K(3)], K(9) in h, len(h)); del h[K(2)]; h[K(2)] = "again"; print(h)
for bad in ("{}['x']", "{1: 2}[3]", "{}[[]]", "{[]: 1}", "{{}: 1}", "del_({})", "{}.pop('x')", "{}.popitem()", "dict(1)", "dict([1])", "dict(['abc'])", "dict(**{1: 2})", "{} < {}", "{} + {}", "{}.update(1)", "{}.foo", "dict([(1, 2, 3)])", "hash({})", "{1}[0]", "{[]}", "set([[]])", "set(1)", "{1}.remove(2)", "set().pop()", "{1} + {2}", "{1} | [2]", "frozenset().add(1)", "hash(set())", "{1} < [1]", "{}.fromkeys(1)", "next({})", "{1: 2}.items()[0]", "{**1}", "dict(a=1, **{'a': 2})", "{}.get()", "set().foo", "{1, 2}.issubset(1)"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
for code in ("for k in d: d[k + 'x'] = 1", "for k in d: del d[k]", "for v in s: s.add(v + 1)", "for k in d: d.clear()"):
    try:
        exec(code, {"d": {"a": 1, "b": 2}, "s": {1}})
    except RuntimeError as e:
        print(e)
dd = {"self": None}; dd["self"] = dd; print(dd); nested = {"a": {"b": {"c": 1}}}; nested["a"]["b"]["c"] += 5; print(nested)
big = {i: i * i for i in range(2000)}
for i in range(0, 2000, 3): del big[i]
print(len(big), big[1], 3 in big, sum(big.values()), list(big)[:5]); big.clear(); print(big)
s = {3, 1, 2}; t = {2, 3, 4}
print(sorted(s | t), sorted(s & t), sorted(s - t), sorted(s ^ t), s < {1, 2, 3, 4}, s <= s, s > {1}, s.issubset([1, 2, 3]), s.issuperset({1}), s.isdisjoint({9}), sorted(s.union([9], (8,))), s.intersection([1], [1, 2]), sorted(s.difference([1])), sorted(s.symmetric_difference([1, 9])), s == {1, 2, 3}, len(s), 1 in s)
s.add(5); s.discard(99); s.remove(1); s.update([7], {8}); print(sorted(s)); s &= {5, 7, 8}; s |= {1}; s -= {7}; s ^= {1, 2}; print(sorted(s)); s.intersection_update([5]); s.difference_update([9]); s.symmetric_difference_update([6]); print(sorted(s), s.pop() in (5, 6), s.copy() == s, s.clear(), s)
f = frozenset("abc"); print(sorted(f), f == set("abc"), hash(f) == hash(frozenset("cba")), {f: 1}[frozenset("abc")], f | {"d"} == frozenset("abcd"), type(f | {"d"}).__name__, type({"d"} | f).__name__, frozenset(), set(), repr({1}), repr(frozenset([1])), f in {f}, {frozenset()} == {frozenset()}, set("a") in {frozenset("a")})
print({x % 3 for x in range(10)} == {0, 1, 2}, {*[1, 2], *(2, 3)} == {1, 2, 3}, sorted({True, 1, 1.0, 0}), len({float("nan"), float("nan")}), set() == frozenset(), [] in [set()], {1, 2} <= {1, 2, 3} < {1, 2, 3, 4}, sorted([{1, 2}, {1}, {1, 2, 3}], key=len))
import types
mp = types.MappingProxyType({"a": 1}); print(mp, mp["a"], len(mp), mp.get("q"), mp | {"b": 2}, list(mp))
try:
    mp["b"] = 1
except TypeError as e:
    print(e)
