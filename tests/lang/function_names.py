# Names and docstring of a function are its own, whatever becomes of its code.
def f():
    "doc of f"


def g():
    "doc of g"


f.__code__ = g.__code__
print(f.__name__, f.__qualname__, f.__doc__, f.__code__.co_name)
f.__name__ = "other"
print(f.__name__, f.__qualname__)


class C:
    def m(self):
        def inner():
            yield
        return inner

    async def a(self):
        pass

    async def ag(self):
        yield


inner = C().m()
print(inner.__name__, inner.__qualname__)
it = inner()
print(it.__name__, it.__qualname__)
it.__name__ = "it"
print(it.__name__, it.__qualname__)
inner.__qualname__ = "renamed"
late = inner()
inner.__qualname__ = "again"
print(late.__name__, late.__qualname__, inner.__qualname__)
list(late)
print(late.__name__, late.__qualname__, repr(late).split(" at ")[0])
co = C().a()
print(co.__name__, co.__qualname__)
co.close()
print(C().ag().__qualname__)
print((x for x in ()).__qualname__, (lambda: 0).__qualname__)
f.__code__ = (lambda a: a).__code__
try:
    f()
except TypeError as e:
    print(e)

import textwrap

print(textwrap.dedent.__doc__.split("\n")[0], textwrap.TextWrapper.wrap.__qualname__)
print(textwrap.dedent.__code__.co_filename == textwrap.dedent.__globals__["__file__"])
