# Modules whose contents come when they are first asked for look as if all had been there from the start.
import sys

print([name in sys.modules for name in ("abc", "codecs", "encodings", "os", "os.path", "site", "stat", "errno")])

import errno, os, site
print(errno.__spec__.name, errno.__loader__.__name__, errno.__name__, errno.errorcode[errno.EPERM])
print(os.__spec__.name, os.path is sys.modules["posixpath"], callable(os.getcwd))
print(site.ENABLE_USER_SITE in (True, False, None), "main" in vars(site), repr(quit))
import abc
print(abc.__name__, isinstance(abc.ABC, abc.ABCMeta))

# Native: single rows first, then the whole.
import math
sqrt = math.sqrt
print(sqrt(9), math.pi, hasattr(math, "nothing"), math.sqrt is sqrt)
names = [n for n in vars(math) if not n.startswith("_")]
print(math.sqrt is sqrt, vars(math)["sqrt"] is sqrt, "cos" in names, "pi" in names)

# What is set or deleted first stays so.
import _heapq
_heapq.heappush = 5
del _heapq.heappop
print(_heapq.heappush, hasattr(_heapq, "heappop"), "heappop" in dir(_heapq), callable(_heapq.heapify))
import _bisect
print("insort_left" in dir(_bisect), [n for n in ("bisect_left", "zzz") if n in _bisect.__dict__])
try:
    _bisect.zzz
except AttributeError as e:
    print(e, e.name)
import _struct
object.__setattr__(_struct, "extra", 1)
print(object.__getattribute__(_struct, "calcsize")("i"), _struct.extra)
from itertools import *
print(next(count(3)), list(chain("ab")))
