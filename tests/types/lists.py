"""list and tuple: methods, slices, sorting, comparison, errors."""
l = [3, 1, 2]
l.append(4); l.extend("ab"); l.insert(0, 0); l.insert(-1, "m"); l.insert(100, "e"); print(l, len(l))
print(l.pop(), l.pop(0), l.index("m"), l.count(1), l.remove("m"), l, l.reverse(), l, l.copy() == l, l.clear(), l)
x = list(range(10)); print(x[2:8:2], x[::-1], x[-3:], x[8:2:-2], x[:0], x[100:], x[slice(1, 3)], x[-100:2], x[5:1])
x[2:4] = ["a", "b", "c"]; print(x); x[::3] = [0] * len(x[::3]); print(x); x[1:1] = [9, 9]; print(x); x[:] = [1, 2, 3]; print(x); del x[0], x[-1]; print(x); x += (7, 8); x *= 2; print(x); x[1:3] = []; print(x)
print([1, 2] + [3], [0] * 3, 3 * [1], [1] * -1, [1, 2] < [1, 3], [1] < [1, 0], [] < [0], [1, 2] == [1, 2.0], [1] != [2], (1, 2) < (1, 2, 3), [[]] * 2, 2 in [1, 2], [2] in [[2]])
words = "the quick brown fox jumps over the lazy dog".split()
print(sorted(words), sorted(words, key=len), sorted(words, key=len, reverse=True), sorted(words, reverse=True), sorted(words, key=lambda w: (-len(w), w)), sorted({3: 1, 1: 2}), sorted("hello"))
pairs = [(i % 3, i) for i in range(12)]; pairs.sort(key=lambda p: p[0]); print(pairs); pairs.sort(key=lambda p: p[0], reverse=True); print(pairs)
import functools
print(sorted([5, 2, 9], key=functools.cmp_to_key(lambda a, b: b - a)), sorted([1.5, 1, True, 0.5, -1]), [3, 1, 2].sort(), sorted([[2], [1, 5], [1]]), sorted([(1, "b"), (1, "a")]))
big = [(i * 7919) % 1009 for i in range(1009)]; big.sort(); print(big[:5], big[-3:], big == list(range(1009)))
class Bad:
    def __lt__(self, o): raise RuntimeError("no order")
lst = [1, 2, 3]
def mutate(v):
    lst.append(v)
    return v
for bad in ("[1, 'a'].sort()", "sorted([Bad(), Bad()])", "lst.sort(key=mutate)", "[][0]", "[1]['a']", "[1][1.0]", "[].pop()", "[1].pop(5)", "[1].remove(2)", "[1].index(2)", "[1] + (2,)", "[1] + 1", "[1] * 'a'", "[1] < 1", "[1] < ['a']", "(1,)[3]", "sorted(1)", "sorted([1], lambda: 0)", "list(1)", "list(1, 2)", "[].foo", "[].append()", "[].append(1, 2)", "[].insert(1)", "hash([])", "{[]: 1}", "[1, 2].index(1, 5)", "tuple(1)", "(1, 2) + [3]", "max([])", "max(1)", "min([1, 'a'])", "sum(['a'])", "sum([[1]])", "[1].extend(2)", "zip([1], [1, 2], strict=True).__next__() and list(zip([1], [1, 2], strict=True))", "[1, 2, 3][::0]", "del_()", "() < 1", "a, b = 1,", "a, b = [1, 2, 3]", "a, *b = []", "[1][0] = 1, 2", "x[5:6:2] = [1, 2]", "(1,)[0] = 2"):
    try:
        print(bad, eval(bad) if " = " not in bad else exec(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
l = [1]; l.append(l); print(l, repr([[]]), [None, ..., NotImplemented], str(["a", 'b"', 1.0]))
t = (1,); print(t, (), (1, 2), tuple("ab"), t + (2,), t * 3, (1, 2, 1).count(1), (1, 2).index(2), hash((1, 2)) == hash((1, 2)), (1, [2])[1], ((1, 2), 3) == ((1, 2), 3), t is tuple(t), len(()))
a, (b, *c), *d = 1, (2, 3, 4), 5, 6; print(a, b, c, d); a, b = b, a; print(a, b); [p, q] = "xy"; print(p, q); (r,) = [9]; print(r)
print([*range(3), *"ab"], (*[1], 2), [i for i in range(20) if i % 2 if i % 3], [(i, j) for i in range(3) for j in range(i)], [[j * i for j in range(3)] for i in range(3)], [y := 5, y ** 2])
it = iter([1, 2, 3]); print(next(it), list(it), next(it, "end")); r = reversed([1, 2, 3]); print(next(r), list(r)); print(list(map(lambda a, b: a + b, [1, 2], [3, 4, 5])), list(filter(None, [0, 1, "", "a"])), list(zip("ab", [1, 2], (3, 4))), list(enumerate("ab", 5)), all([1, 2]), any([0, ""]), all([]), any([]), list(range(5, 0, -2)))
l = [1, 2, 3, 4, 5]
for v in l:
    if v % 2: l.remove(v)
print(l); l = [1, 2]
for v in l:
    if len(l) < 6: l.append(v * 10)
print(l)
r = range(1, 20, 3); print(r, len(r), r[2], r[-1], r[1:4], r[::-1], 7 in r, 8 in r, r.index(7), r.count(7), r == range(1, 21, 3), range(0) == range(5, 5), hash(r) == hash(range(1, 21, 3)), r.start, r.stop, r.step, list(reversed(r)), range(True), list(range(-3)), repr(range(1, 2)), max(r), sum(r))
for bad in ("range(1, 2, 0)", "range('a')", "r[100]", "r.index(8)", "range()", "r[0] = 1", "range(1, 2, 3, 4)"):
    try:
        print(bad, eval(bad) if " = " not in bad else exec(bad))
    except Exception as e:
        print(f"{bad}: {type(e).__name__}: {e}")
class L(list):
    def __getitem__(self, i): return ("got", i)
    def append(self, v): super().append(v * 2)
m = L([1]); m.append(2); print(m, m[0], m[1:2], len(m), list(m), m + [1], type(m + [1]).__name__, m == [1, 4])
s = slice(1, 10, 2); print(s, s.start, s.stop, s.step, s.indices(5), slice(None).indices(3), slice(-1, None, -1).indices(4), s == slice(1, 10, 2), hash(slice(1)) == hash(slice(1)))
