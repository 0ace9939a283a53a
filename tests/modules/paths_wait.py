"""What imports by path is made when it is first wanted: whoever looks finds it as if it had always been there."""

import subprocess
import sys


def run(code, *options):
    p = subprocess.run([sys.executable, '-I', *options, '-c', code], capture_output=True, text=True)
    print(p.stdout + p.stderr[-300:], end='')


# The lists of sys, looked at, set, deleted, emptied.
run('import sys; print(len(sys.path_hooks) > 1, [f.__name__ for f in sys.meta_path], sys.path_importer_cache)')
run('import sys; d = vars(sys); print([f.__name__ for f in d["meta_path"]])')
run('import sys; sys.meta_path = sys.meta_path[:2]\ntry: import json\nexcept ImportError as e: print(e)')
run('import sys; sys.meta_path.clear(); print(sys.meta_path)\ntry: import json\nexcept ImportError as e: print(e)')
run('import sys; del sys.path_hooks; print(hasattr(sys, "path_hooks"), hasattr(sys, "meta_path"))')

# The modules.
run('import zipimport; print(zipimport.zipimporter, zipimport.__spec__.origin, zipimport.__loader__)')
run('import _frozen_importlib_external as e; print(e.PathFinder, e.__spec__.name, e.__name__)')
run('import _frozen_importlib as e; print(e._bootstrap_external.SourceFileLoader)')
run('import _io, _imp, marshal, posix, _signal\nfor m in _io, _imp, marshal, posix, _signal: print(m.__spec__, m.__loader__)')
run('import importlib._bootstrap_external as e, sys; print(e is sys.modules["_frozen_importlib_external"])')
run('import sys; print([n in sys.modules for n in ("_io", "_imp", "posix", "marshal", "zipimport", "_signal")])')

# What a program has done to imports does not reach it, and it is not seen being made.
run('''
import builtins
real = builtins.__import__
def hook(name, *a):
    print('hook', name)
    return real(name, *a)
builtins.__import__ = hook
import colorsys
''')
run('''
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        print('asked', name, path)
sys.meta_path.insert(0, Finder())
import colorsys
''')
run('''
import sys
for name in '_warnings', '_io', 'marshal', 'time', '_imp', 'posix': sys.modules[name] = None
for name in 'zipimport', '_frozen_importlib_external': del sys.modules[name]
import colorsys
print(colorsys.__name__)
''')
run('''
import sys
sys.settrace(lambda frame, event, arg: print('trace', frame.f_code.co_name, event))
sys.addaudithook(lambda name, args: print('audit', name))
sys.meta_path
''')
run('''
import _thread, sys
done = []
def f():
    done.append(len(sys.meta_path))
for i in range(5): _thread.start_new_thread(f, ())
n = len(sys.path_hooks) > 1
import time
while len(done) < 5: time.sleep(0.01)
print(done, n)
''')

# One that fails is made anew; at the end it is too late.
run('''
import sys
sys.setrecursionlimit(60)
def f(n):
    try:
        f(n + 1)
    except RecursionError:
        try:
            import colorsys
        except RecursionError:
            print('too deep')
f(0)
sys.setrecursionlimit(1000)
import colorsys
print(len(sys.meta_path), len(set(sys.path_hooks)) == len(sys.path_hooks), colorsys.__name__)
''')
run('''
class A:
    def __del__(self):
        try:
            import json
            print('imported')
        except ImportError as e:
            print(e)
a = A()
a.a = a
''')
