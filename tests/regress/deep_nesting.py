# Whatever is nested too deep ends in RecursionError, or works; it never ends the process.
import collections
import copy
import functools
import itertools
import json
import marshal
import operator
import pickle
import types

DEEP = 42_000


def attempt(name, f):
    try:
        f()
    except (RecursionError, MemoryError):
        pass
    except ValueError as e:
        # `marshal` has a name of its own for it.
        if 'deep' not in str(e):
            print(f'{name}: {e}')
    except Exception as e:
        print(f'{name}: {type(e).__name__}: {str(e)[:60]}')


def nest(wrap, inner, n=DEEP):
    for _ in range(n):
        inner = wrap(inner)
    return inner


def pair(wrap, inner):
    return nest(wrap, inner), nest(wrap, inner)


containers = {
    'list': lambda x: [x],
    'tuple': lambda x: (x,),
    'dict': lambda x: {1: x},
    'namespace': lambda x: types.SimpleNamespace(a=x),
    'mappingproxy': lambda x: types.MappingProxyType(x),
    'deque': lambda x: collections.deque([x]),
    'slice': lambda x: slice(x),
    'alias': lambda x: list[x],
    'partial': lambda x: functools.partial(print, x),
    'cell': lambda x: types.CellType(x),
    'exception': lambda x: ValueError(x),
    'defaultdict': lambda x: collections.defaultdict(None, {1: x}),
    'ordered': lambda x: collections.OrderedDict({1: x}),
    'values': lambda x: {1: x}.values(),
}
for name, wrap in containers.items():
    inner = {} if name == 'mappingproxy' else 1
    attempt(f'repr of {name}', lambda: repr(nest(wrap, inner)))
    attempt(f'str of {name}', lambda: str(nest(wrap, inner)))
    a, b = pair(wrap, inner)
    attempt(f'{name} == {name}', lambda: a == b)
    if name in ('list', 'tuple', 'deque', 'slice', 'cell'):
        attempt(f'{name} < {name}', lambda: a < b)
    if name in ('tuple', 'alias', 'slice'):
        attempt(f'hash of {name}', lambda: hash(a))
    del a, b

frozen = lambda x: frozenset([x])
a, b = frozenset(), frozenset()
attempt('frozenset', lambda: [repr(nest(frozen, a, 30_000)), hash(nest(frozen, a, 30_000))] and None)
del a, b

iterators = {
    'map': lambda it: map(str, it),
    'filter': lambda it: filter(None, it),
    'zip': lambda it: zip(it),
    'enumerate': lambda it: enumerate(it),
    'chain': lambda it: itertools.chain(it),
    'islice': lambda it: itertools.islice(it, 5),
    'cycle': lambda it: itertools.cycle(it),
    'takewhile': lambda it: itertools.takewhile(bool, it),
    'dropwhile': lambda it: itertools.dropwhile(bool, it),
    'starmap': lambda it: itertools.starmap(print, it),
    'accumulate': lambda it: itertools.accumulate(it),
    'compress': lambda it: itertools.compress(it, [1]),
    'pairwise': lambda it: itertools.pairwise(it),
    'batched': lambda it: itertools.batched(it, 1),
    'zip_longest': lambda it: itertools.zip_longest(it),
    'groupby': lambda it: itertools.groupby(it),
    'filterfalse': lambda it: itertools.filterfalse(bool, it),
    'generator': lambda it: (x for x in it),
    'call': lambda it: iter(it.__next__, 7),
    'tee': lambda it: itertools.tee(it)[0],
}
def outcome(it):
    try:
        return next(it, None)
    except TypeError:
        return None
for name, wrap in iterators.items():
    n = 30_000 if name in ('generator', 'tee') else DEEP
    it = nest(wrap, iter([1, 2, 3]), n)
    attempt(f'next of {name}', lambda: outcome(it))
    attempt(f'length hint of {name}', lambda: operator.length_hint(it))
    del it

def plain():
    return 1

calls = {
    'bound method': lambda f: types.MethodType(f, 1),
    'staticmethod': lambda f: staticmethod(f),
    'partial of partial': lambda f: functools.partial(functools.partial(f), k=1),
    '__call__': lambda f: f.__call__,
    'lru_cache': lambda f: functools.lru_cache(f),
    'alias': lambda f: types.GenericAlias(f, (int,)),
}
def call(f):
    try:
        f()
    except TypeError:
        pass
for name, wrap in calls.items():
    n = 20_000 if name == 'lru_cache' else DEEP
    f = nest(wrap, plain, n)
    attempt(f'call of {name}', lambda: call(f))
    attempt(f'repr of {name}', lambda: repr(f))
    attempt(f'hash of {name}', lambda: hash(f))
    attempt(f'attribute of {name}', lambda: getattr(f, 'nothing', None))
    del f

proxy = nest(types.MappingProxyType, {1: 2})
for name, f in {
    'len': lambda: len(proxy), 'item': lambda: proxy[1], 'in': lambda: 1 in proxy, 'iter': lambda: list(proxy),
    'get': lambda: proxy.get(1), 'or': lambda: proxy | {}, 'hash': lambda: hash(proxy), 'reversed': lambda: list(reversed(proxy)),
}.items():
    def g():
        try:
            f()
        except TypeError:
            pass
    attempt(f'proxy {name}', g)
del proxy

classes = nest(lambda c: (c,), int)
attempt('isinstance', lambda: isinstance(1.5, classes))
attempt('issubclass', lambda: issubclass(float, classes))
def caught():
    try:
        1 / 0
    except classes:
        pass
def catch():
    try:
        caught()
    except (TypeError, ZeroDivisionError):
        pass
attempt('except', catch)
attempt('startswith', lambda: operator.contains(('x',), classes) and None)
del classes

deep = nest(lambda x: [x], 1)
attempt('copy.deepcopy', lambda: copy.deepcopy(deep))
attempt('pickle.dumps', lambda: pickle.dumps(deep))
attempt('marshal.dumps', lambda: marshal.dumps(deep))
attempt('json.dumps', lambda: json.dumps(deep))
attempt('json.loads', lambda: json.loads('[' * DEEP + ']' * DEEP))
attempt('compare key', lambda: sorted([deep, deep, [deep]]))
attempt('format', lambda: f'{deep!r} {deep} {deep!a}')
attempt('percent', lambda: '%s %r' % (deep, deep))
attempt('in', lambda: deep in [nest(lambda x: [x], 2)])
attempt('index', lambda: [deep].index(nest(lambda x: [x], 1)))
attempt('union', lambda: nest(lambda x: x | None, int))
attempt('group', lambda: nest(lambda e: ExceptionGroup('', [e]), ValueError()).split(TypeError))
attempt('group repr', lambda: repr(nest(lambda e: ExceptionGroup('', [e]), ValueError())))
del deep

class Recursive:
    def __repr__(self): return repr(self)
    def __eq__(self, other): return self == other
    def __hash__(self): return hash(self)
    def __getattr__(self, name): return getattr(self, name + 'x')
    def __bool__(self): return bool(self)
    def __len__(self): return len(self)
    def __iter__(self): return iter(self)
    def __call__(self): return self()
    def __index__(self): return operator.index(self)
    def __int__(self): return int(self)
    def __float__(self): return float(self)
    def __contains__(self, x): return x in self
    def __getitem__(self, x): return self[x]
    def __add__(self, x): return self + x
    def __neg__(self): return -self
    def __lt__(self, x): return self < x
    def __format__(self, x): return format(self)
    def __str__(self): return str(self)
    def __dir__(self): return dir(self)
    def __enter__(self):
        with self: pass
    def __exit__(self, *a): pass
    def __copy__(self): return copy.copy(self)
    def __reduce_ex__(self, p): return pickle.dumps(self)
    def __instancecheck__(self, x): return isinstance(x, self)
    def __set_name__(self, owner, name): type('X', (), {'a': self})

r = Recursive()
def enter():
    with r:
        pass
for name, f in {
    'repr': lambda: repr(r), 'eq': lambda: r == 1, 'hash': lambda: hash(r), 'getattr': lambda: r.abc, 'bool': lambda: bool(r),
    'len': lambda: len(r), 'iter': lambda: iter(r), 'call': lambda: r(), 'index': lambda: operator.index(r),
    'int': lambda: int(r), 'float': lambda: float(r), 'contains': lambda: 1 in r, 'getitem': lambda: r[0],
    'add': lambda: r + 1, 'neg': lambda: -r, 'lt': lambda: r < 1, 'format': lambda: format(r), 'str': lambda: str(r),
    'dir': lambda: dir(r), 'enter': enter, 'copy': lambda: copy.copy(r), 'pickle': lambda: pickle.dumps(r),
    'isinstance': lambda: isinstance(1, r), 'set_name': lambda: type('X', (), {'a': r}),
    'in list': lambda: [1].count(r), 'key': lambda: {r: 1}, 'sort': lambda: sorted([r, r]),
    'sum': lambda: sum([r], r), 'max': lambda: max([r, r]), 'print': lambda: str([r]), 'join': lambda: f'{r}',
}.items():
    attempt(f'recursive {name}', f)

def chain():
    first = None
    for _ in range(300_000):
        first = (first,)
    del first
    first = None
    for _ in range(300_000):
        first = [first]
    del first
    class Node: pass
    node = None
    for _ in range(300_000):
        n = Node()
        n.next = node
        node = n
    del node, n
    error = None
    for _ in range(100_000):
        e = ValueError()
        e.__context__ = error
        error = e
    del e, error
    f = None
    for _ in range(100_000):
        f = (lambda g: lambda: g)(f)
    del f

chain()
print('survived')
