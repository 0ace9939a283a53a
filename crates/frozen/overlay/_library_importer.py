"""Finds and loads the standard library's modules, which lie inside the executable.

They stand on sys.path like a folder, sys._stdlib_dir, so that modules of the same name in front of it win as they do
with files. Nothing is at that path on disk: __file__ and tracebacks name it, and get_data, get_source, linecache and
importlib.resources read from the executable what would be there.
"""

import sys
import _frozen_library
from _frozen_importlib_external import SourceFileLoader, spec_from_file_location

# For debuggers and profilers, which tell the machinery of imports by its name.
__name__ = 'importlib._library_importer'

ROOT = sys._stdlib_dir


class LibraryLoader(SourceFileLoader):

    """Loads one module of the library."""

    def __init__(self, fullname, path, origname=None):
        super().__init__(fullname, path)
        self._origname = origname or fullname

    # Native, so it is called without the loader; the module's spec has it.
    exec_module = _frozen_library.exec_module

    def get_code(self, fullname):
        """Return the code object, which was compiled with the executable."""
        if fullname is not None and fullname != self.name:
            raise ImportError(f'loader for {self.name} cannot handle {fullname}', name=fullname)
        return _frozen_library.code(self._origname, self.path)

    def get_data(self, path):
        """Return the bytes of one of the library's files, by its path."""
        data = _frozen_library.data(path)
        if data is None:
            raise FileNotFoundError(2, 'No such file or directory', path)
        return data

    def path_stats(self, path):
        """Return the size; there is no time of change."""
        return {'mtime': 0, 'size': len(self.get_data(path))}

    def set_data(self, path, data, *, _mode=0o666):
        """Do nothing: the library cannot be written."""

    def get_resource_reader(self, module):
        """Return a reader of the files beside a package's modules."""
        from _library_resources import LibraryReader
        return LibraryReader(self.path)


class LibraryFinder:

    """Path entry finder for sys._stdlib_dir and the packages in it."""

    def __init__(self, path):
        if path == ROOT:
            self._prefix = ''
        elif isinstance(path, str) and path.startswith(ROOT + '/'):
            package = path[len(ROOT) + 1:].replace('/', '.')
            if not _frozen_library.find(package):
                raise ImportError('not a package of the library', path=path)
            self._prefix = package + '.'
        else:
            raise ImportError('not in the library', path=path)
        self.path = path

    def find_spec(self, fullname, target=None):
        tail = fullname.rpartition('.')[2]
        origname = self._prefix + tail
        is_package = _frozen_library.find(origname)
        if is_package is None:
            return None
        if not is_package:
            path = f'{self.path}/{tail}.py'
            return spec_from_file_location(fullname, path, loader=LibraryLoader(fullname, path, origname))
        folder = f'{self.path}/{tail}'
        path = folder + '/__init__.py'
        return spec_from_file_location(fullname, path, loader=LibraryLoader(fullname, path, origname),
                                       submodule_search_locations=[folder])

    def invalidate_caches(self):
        """Do nothing: the library does not change."""

    def iter_modules(self, prefix=''):
        """Yield (name, is package) of what lies here, for pkgutil."""
        start = self._prefix
        for name in _frozen_library.names():
            if name.startswith(start) and '.' not in name[len(start):]:
                yield prefix + name[len(start):], _frozen_library.find(name)

    def __repr__(self):
        return f'LibraryFinder({self.path!r})'
