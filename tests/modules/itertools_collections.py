"""itertools, collections, heapq, bisect, operator."""
from itertools import *
import operator as op, heapq, bisect
from collections import *
print(list(accumulate([1, 2, 3, 4])), list(accumulate([1, 2, 3], op.mul, initial=10)), list(batched("abcdefg", 3)), list(chain("ab", [1])), list(chain.from_iterable(["ab", "c"])), list(combinations("abc", 2)), list(combinations_with_replacement("ab", 2)), list(compress("abcd", [1, 0, 1, 0])))
print(list(islice(count(10, -3), 4)), list(islice(cycle("ab"), 5)), list(dropwhile(lambda x: x < 3, [1, 3, 1])), list(takewhile(lambda x: x < 3, [1, 3, 1])), list(filterfalse(lambda x: x % 2, range(5))), [(k, list(g)) for k, g in groupby("aabbbca")], [(k, len(list(g))) for k, g in groupby(range(10), lambda x: x // 4)])
print(list(pairwise("abcd")), list(permutations("abc", 2)), len(list(permutations(range(5)))), list(product("ab", [1, 2])), list(product([0, 1], repeat=3))[3:5], list(repeat("x", 3)), list(starmap(pow, [(2, 3), (3, 2)])), [list(t) for t in tee("ab", 2)], list(zip_longest("abc", [1], fillvalue="-")), list(islice("abcdefg", 1, 6, 2)))
for bad in ("list(islice('a', -1))", "list(batched('a', 0))", "list(combinations('a', -1))", "list(zip('a', 'bc', strict=True))", "count('a')", "next(chain())", "list(accumulate(1))", "repeat()", "list(batched('abc', 2, strict=True))", "list(product('a', repeat=-1))", "groupby()"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(bad, type(e).__name__, e)
print(count(1), repeat("a", 2), repr(count(1.5, 2)), cycle, list(map(None.__class__, [])))
c = Counter("mississippi"); print(c, c["z"], c.most_common(2), sorted(c.elements()), c.total(), c + Counter("ms"), c - Counter("iiii"), c & Counter("iss"), c | Counter("zz"), +Counter(a=-1, b=1), -Counter(a=-1)); c.update("zz"); c.subtract({"i": 9}); print(c, c == Counter(dict(c)), Counter(a=1) <= Counter(a=2), del_ := c.pop("z"))
d = deque([1, 2, 3], maxlen=4); d.append(4); d.append(5); d.appendleft(0); print(d, d.popleft(), d.pop(), len(d), d[1], d.index(3), d.count(3), d.maxlen); d.rotate(1); d.extendleft("ab"); d.insert(1, "i") if len(d) < 4 else None; print(d, list(reversed(d)), d.copy() == d, deque("ab") + deque("c"), deque([1, 2]) < deque([1, 3]), deque("ab") * 2); d.clear(); print(d, deque(range(5), 2)); d.extend([1, 2, 1]); d.remove(1); del d[0]; d[0] = 9; d.reverse(); print(d)
for bad in ("deque().pop()", "deque()[0]", "deque().remove(1)", "deque([1], maxlen=1).insert(0, 2)", "deque(maxlen=-1)", "deque([1]).index(5)", "deque().rotate('a')", "Counter(1)", "OrderedDict().popitem()", "namedtuple('a', 'b b')", "namedtuple('1a', 'b')", "namedtuple('a', '_b')", "ChainMap({})['x']", "defaultdict(1)", "defaultdict()['a']", "heapq.heappop([])"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(bad, type(e).__name__, e)
dd = defaultdict(list); dd["a"].append(1); print(dd, dd["b"], dict(dd), dd.get("q"), dd.default_factory, "zz" in dd, dd | {"x": 1}, dd.copy())
od = OrderedDict(a=1, b=2, c=3); od.move_to_end("a"); print(od, list(od), od.popitem(), od.popitem(last=False)); od.move_to_end("b", last=False) if "b" in od else None; print(od, OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == {"b": 2, "a": 1}, list(reversed(OrderedDict(a=1, b=2))))
cm = ChainMap({"a": 1}, {"a": 2, "b": 3}); print(cm["a"], cm["b"], len(cm), sorted(cm), cm.new_child({"c": 4})["c"], cm.parents, cm.maps, cm); cm["b"] = 9; print(cm.maps)
NT = namedtuple("NT", "x y z", defaults=[7]); n = NT(1, 2); print(n, n._asdict(), n._replace(y=5), NT._fields, NT._field_defaults, NT._make([1, 2, 3]), n == (1, 2, 7), n[0], n.x, NT.__doc__, hash(n) == hash((1, 2, 7)), *n, NT.x.__doc__, namedtuple("R", "a def b", rename=True)._fields)
try:
    NT(1)
except TypeError as e:
    print(e)
try:
    n.x = 5
except AttributeError as e:
    print(e)
h = [5, 1, 8, 3]; heapq.heapify(h); heapq.heappush(h, 0); print(h, heapq.heappop(h), heapq.heappushpop(h, 2), heapq.heapreplace(h, 9), sorted(h), heapq.nlargest(2, h), heapq.nsmallest(2, h, key=lambda x: -x), list(heapq.merge([1, 4], [2, 3], reverse=False)))
a = [1, 3, 3, 5]; print(bisect.bisect(a, 3), bisect.bisect_left(a, 3), bisect.bisect_right(a, 3, 0, 2), bisect.bisect(a, -4, key=lambda x: -x)); bisect.insort(a, 4); print(a)
print(op.itemgetter(1, 0)("ab"), op.attrgetter("real", "imag")(3), op.attrgetter("__class__.__name__")(1), op.methodcaller("split", ",")("a,b"), op.add(1, 2), op.contains([1], 1), op.countOf([1, 1], 1), op.indexOf("abc", "b"), op.concat([1], [2]), op.length_hint(iter([1, 2])), op.truth([]), op.index(True), op.not_(1), op.is_none(None), op.call(len, "ab"), op.itemgetter(slice(1, 3))("abcd"), repr(op.itemgetter(1)), repr(op.attrgetter("a.b")), repr(op.methodcaller("f", 1, k=2)))
class UD(UserDict):
    def __setitem__(self, k, v): super().__setitem__(k.upper(), v)
print(UD(a=1), UserList([3, 1]) + [2], UserString("ab") + "c", UserString("ab").upper())
