"""Code objects put together from their attributes; builtins that are a mapping."""
import types

NAMES = ("argcount posonlyargcount kwonlyargcount nlocals stacksize flags code consts names varnames filename name "
         "qualname firstlineno linetable exceptiontable freevars cellvars").split()


def parts(code):
    return [getattr(code, "co_" + n) for n in NAMES]


def sample(x, *rest, key=3):
    """Text"""
    def inner(y):
        return [x + y for x in range(x) if x != "no"]
    try:
        return inner(key), rest, {key: x}
    except TypeError as e:
        return str(e).split(" ", 2)[0]


def numbers(n):
    while n > 0:
        n -= 1
        got = yield n, "step"
        if got:
            return got


for f in (sample, numbers, lambda: 1, parts):
    code = types.CodeType(*parts(f.__code__))
    print(code == f.__code__, hash(code) == hash(f.__code__), code.co_name, [*code.co_lines()] == [*f.__code__.co_lines()],
          [*code.co_positions()] == [*f.__code__.co_positions()])
again = types.FunctionType(types.CodeType(*parts(sample.__code__)), globals(), "again")
again.__kwdefaults__ = {"key": 2}
print(again(3, 4), again("a"), again.__doc__)
print([*types.FunctionType(types.CodeType(*parts(numbers.__code__)), {})(3)])


def adds(a, b):
    return a + b, "text", 1000000000000


def subs(a, b):
    return a - b, "text", 1000000000000


code = adds.__code__.replace(co_code=subs.__code__.co_code)
print(code == adds.__code__, types.FunctionType(code, {})(7, 3))
consts = tuple("other" if c == "text" else c for c in adds.__code__.co_consts)
code = adds.__code__.replace(co_consts=consts, co_varnames=("first", "second"), co_name="renamed")
print(types.FunctionType(code, {})(first=1, second=2), code == adds.__code__, code.co_name)


class Odd:
    def __repr__(self):
        return "Odd()"


odd = Odd()
code = code.replace(co_consts=tuple(odd if c == "other" else c for c in code.co_consts))
print(types.FunctionType(code, {})(1, 2), code != adds.__code__)
try:
    import marshal
    marshal.dumps(code)
except ValueError as e:
    print("ValueError", e)
for change in ({"co_nlocals": 5}, {"co_varnames": ()}, {"co_names": (1,)}, {"co_code": b"abc"}, {"co_argcount": -1}, {"no": 1},
               {"co_flags": "x"}, {"co_linetable": 3}, {"co_consts": []}):
    try:
        adds.__code__.replace(**change)
        print("replaced")
    except (ValueError, TypeError, SystemError) as e:
        print(type(e).__name__, e)
print([*adds.__code__.replace(co_linetable=b"").co_positions()], adds.__code__.replace(co_linetable=b"").co_linetable)

code = compile("given, 1", "<text>", "eval")
space = {"__builtins__": types.MappingProxyType({"given": 5})}
print(eval(code, space), types.FunctionType(code, space)(), space["__builtins__"])
for builtins in (3, None, [], types.MappingProxyType({})):
    try:
        print(eval(code, {"__builtins__": builtins}))
    except (TypeError, NameError) as e:
        print(type(e).__name__, e)
print(types.FunctionType(compile("a = 1\nb = a + 1", "<text>", "exec"), names := {})(), names["a"], names["b"])
empty = b""
print(empty is bytes(), id(b"abc"[1:2]) == id(b"b"), hash("\xe4") == hash(b"\xe4"))
