"""A registry's files in a directory: the registry that needs no server and no keys.

Files are written beside their place and renamed into it, so a reader never waits and never sees half a file. Writers
that compare take the registry's one lock, `.lock`, and only for the moment of comparing and renaming.

What is committed lasts: before an index file is renamed into its place, everything written so far (its blob, its own
bytes) is on the disk, and when the call returns the renaming is too. A power cut can therefore lose a publish that has
not returned yet, and never leaves an index line that names a missing or torn blob. The catalog is advisory and spares
itself the waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from skillctl.core.diagnostics import Problem
from skillctl.core.limits import MIB
from skillctl.edges.disk.files import list_names, read_bytes, read_piece, remove_file, write_atomic, write_new
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.look import iterate_directories, modified, size_at
from skillctl.edges.disk.sync import sync_filesystem
from skillctl.edges.disk.trees import move

LOCK = ".lock"
SIGNING_LOCK = ".signing.lock"

_ADVISORY = "catalog/"
_COMPARED = 64 * MIB  # more than any limit lets a registry's file have


class DirectoryBackend:
    """The files of a registry below one directory, which is made with the first of them."""

    def __init__(self, root: Path, *, lock_timeout: float = 60.0) -> None:
        """`lock_timeout` is in seconds: how long a writer waits for other writers."""
        self.root = root
        self._prefix = str(root)
        self._lock_timeout = lock_timeout

    @property
    def label(self) -> str:
        return self._prefix

    @property
    def problems(self) -> tuple[Problem, ...]:
        """None: a directory gives what it has."""
        return ()

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        return read_bytes(f"{self._prefix}/{key}", max_bytes=max_bytes)

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        """Nothing: a disk is as quick without."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return write_new(self._path(key), data)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        path = self._path(key)
        with locked(self.root / LOCK, timeout=self._lock_timeout, purpose="publishing"):
            if read_bytes(path, max_bytes=_COMPARED) != expected:
                return False
            if key.startswith(_ADVISORY):
                write_atomic(path, new)
            else:
                self._replace_durably(path, new)
        return True

    def put_after(self, look: Callable[[], object], key: str, data: bytes) -> bool:
        with self.exclusive():
            look()
            return self.compare_and_set(key, None, data)

    def list(self, prefix: str) -> Iterator[str]:
        return _keys_below(self._path(prefix.removesuffix("/")), prefix)

    def size(self, key: str) -> int | None:
        """Bytes of the file; None if it is not there."""
        return size_at(f"{self._prefix}/{key}")

    def piece(self, key: str, first: int, end: int) -> bytes | None:
        """Its bytes from `first` up to `end`; None if it is not there."""
        return read_piece(f"{self._prefix}/{key}", first, end)

    def written(self, key: str) -> float | None:
        """When the file was written, in seconds since 1970; None if it is not there."""
        return modified(self._path(key))

    def remove_older(self, key: str, than: float) -> bool:
        """Take the file away if it was written before that time; whether it is gone. No writer comes between."""
        path = self._path(key)
        with locked(self.root / LOCK, timeout=self._lock_timeout, purpose="tidying"):
            when = modified(path)
            if when is None or when >= than:
                return False
            remove_file(path)
            return True

    def exclusive(self) -> AbstractContextManager[object]:
        """Holds what makes this the one signer of the registry for a block, or the one who brings a new name."""
        return locked(self.root / SIGNING_LOCK, timeout=self._lock_timeout, purpose="signing")

    def _replace_durably(self, path: Path, new: bytes) -> None:
        staged = path.with_name(f".{path.name}.next")  # the lock is held: nobody else stages here
        write_atomic(staged, new)
        sync_filesystem(self.root)
        move(staged, path)
        sync_filesystem(self.root)

    def _path(self, key: str) -> Path:
        return Path(f"{self._prefix}/{key}")


def _keys_below(directory: Path, prefix: str) -> Iterator[str]:
    directories = frozenset(iterate_directories(directory))
    for name in list_names(directory):
        if name.startswith("."):
            continue
        if name in directories:
            yield from _keys_below(directory / name, f"{prefix}{name}/")
        else:
            yield prefix + name
