"""The standard library inside the executable: files, sources, resources, what stands in front of it."""

import importlib
import importlib.resources
import inspect
import io
import json
import linecache
import os
import pkgutil
import sys
import tempfile
import traceback
import types

print(os.path.basename(json.__file__), json.__path__ == [os.path.dirname(json.__file__)])
print(json.__spec__.origin == json.__file__, type(json.__loader__).__name__)
print(sys._stdlib_dir in sys.path, os.path.dirname(os.__file__) == sys._stdlib_dir)
print(inspect.getsource(json.dumps).partition("(")[0], inspect.getsource(os.makedirs).partition("(")[0])
print(linecache.getline(json.__file__, 1)[:8])
print(sorted(m.name for m in pkgutil.iter_modules(json.__path__)))
print(importlib.resources.files("json").joinpath("scanner.py").read_text()[:16])
print(len(pkgutil.get_data("pydoc_data", "_pydoc.css")) > 100)
try:
    json.loads("{")
except ValueError:
    text = traceback.format_exc()
    print("json/decoder.py" in text, "self.scan_once(s, idx)" in text)

# A module in front of the library on sys.path wins.
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "colorsys.py"), "w") as f:
        f.write("mine = True\n")
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    import colorsys
    print(colorsys.mine)
    sys.path.remove(folder)
    del sys.modules["colorsys"]
    import colorsys
    print(hasattr(colorsys, "mine"))


class M(types.ModuleType):
    pass


m = types.ModuleType("m")
m.x = 1
m.__class__ = M
object.__setattr__(m, "y", 2)
print(m.x, m.__dict__["y"], object.__getattribute__(m, "x"))


# A frame that outlives its run keeps its callers.
def inner():
    return sys._getframe()


def outer():
    return inner()


f = outer()
print(f.f_code.co_name, f.f_back.f_code.co_name, f.f_back.f_back.f_code.co_name)
