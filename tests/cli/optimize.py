"""-O takes asserts away, -OO docstrings as well."""
def f():
    "doc"
assert False, "not reached"
print(__debug__, f.__doc__, __doc__)
