"""Where tracebacks point."""
import traceback
def show(f, *args):
    try:
        f(*args)
    except BaseException as e:
        e.__traceback__ = e.__traceback__.tb_next
        print("".join(traceback.format_exception(e)))
def binop(a, b):
    return (a.x + 1) + a.y / b
def index(d):
    return d["a"]["b"]["c"]
def call(f):
    return f(1)(2)[3]
def attr(o):
    return o.first.second.third
def multi(a,
          b):
    return a + (
        b *
        "x" * "y"
    )
def args():
    return foo(1,
               2, bar=3)
def foo(a): ...
def compare(a):
    return 1 < 2 < a < 4
def unpack():
    a, b = 1, 2, 3
def unpack2():
    a, *b, c = [1]
def raise_it():
    raise ValueError("multi\nline")
def comp(xs):
    return [x / 0 for x in xs]
def assertion(v):
    assert v > 3, f"v is {v}"
def iterate():
    for x in 5:
        pass
def neg(s):
    return -s
def in_with():
    with open as f:
        pass
def imp():
    import no_such_module_here
def imp_from():
    from sys import no_such_name
def subscript_assign():
    (1, 2)[0] = 3
def aug(s):
    s += 1
def fstring(v):
    return f"{v.nope} and {v}"
def delete(d):
    del d["zz"]
def star():
    print(*3)
def kw():
    dict(**3)
class Obj: pass
o = Obj(); o.x = 1; o.y = 1; o.first = Obj(); o.first.second = None
for f, *a in ((binop, o, 0), (index, {"a": {"b": 1}}), (index, {"a": {}}), (call, lambda x: (lambda y: None)), (attr, o), (multi, 1, []),
              (args,), (compare, "s"), (unpack,), (unpack2,), (raise_it,), (comp, [1]), (assertion, 2), (iterate,), (neg, "s"),
              (in_with,), (imp,), (imp_from,), (subscript_assign,), (aug, "s"), (fstring, 3), (delete, {}), (star,), (kw,)):
    show(f, *a)
