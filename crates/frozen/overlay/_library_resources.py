"""importlib.resources for the packages of the standard library, which lie inside the executable."""

import io
import _frozen_library
from importlib.resources.abc import Traversable, TraversableResources

ROOT = __file__.rpartition('/')[0]


class LibraryPath(Traversable):

    """A file or folder of the library."""

    def __init__(self, path):
        self._path = path

    def __fspath__(self):
        return self._path

    def __str__(self):
        return self._path

    def __repr__(self):
        return f'LibraryPath({self._path!r})'

    def __eq__(self, other):
        return isinstance(other, LibraryPath) and self._path == other._path

    def __hash__(self):
        return hash(self._path)

    @property
    def name(self):
        return self._path.rpartition('/')[2]

    def iterdir(self):
        start = self._path[len(ROOT) + 1:]
        if start:
            start += '/'
        seen = set()
        for path in _frozen_library.paths():
            if path.startswith(start):
                child = path[len(start):].partition('/')[0]
                if child not in seen:
                    seen.add(child)
                    yield LibraryPath(f'{self._path}/{child}')
        if not seen:
            raise NotADirectoryError(20, 'Not a directory', self._path)

    def is_dir(self):
        if self._path == ROOT:
            return True
        start = self._path[len(ROOT) + 1:] + '/'
        return any(path.startswith(start) for path in _frozen_library.paths())

    def is_file(self):
        return self._path[len(ROOT) + 1:] in _frozen_library.paths()

    def joinpath(self, *descendants):
        parts = [part for name in descendants for part in str(name).split('/') if part not in ('', '.')]
        return LibraryPath('/'.join([self._path, *parts]))

    __truediv__ = joinpath

    def open(self, mode='r', *args, **kwargs):
        data = _frozen_library.data(self._path)
        if data is None:
            raise FileNotFoundError(2, 'No such file or directory', self._path)
        stream = io.BytesIO(data)
        return stream if 'b' in mode else io.TextIOWrapper(stream, *args, **kwargs)


class LibraryReader(TraversableResources):

    """Reads the files beside the module at a path."""

    def __init__(self, path):
        self._folder = path.rpartition('/')[0]

    def files(self):
        return LibraryPath(self._folder)
