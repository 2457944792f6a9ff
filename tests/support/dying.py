"""A registry's directory in which the process dies at a write."""

from __future__ import annotations

import sys

from skillctl_registry.backends.directory import DirectoryBackend


class DiedError(BaseException):
    """The process is gone: nothing that catches errors catches this."""


class Dying(DirectoryBackend):
    """A directory in which the process dies before its so many-th write."""

    left = sys.maxsize
    """Until then; who is dead writes nothing more."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        self._count()
        return super().put_if_absent(key, data)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        self._count()
        return super().compare_and_set(key, expected, new)

    def remove_older(self, key: str, than: float) -> bool:
        self._count()
        return super().remove_older(key, than)

    def _count(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise DiedError
