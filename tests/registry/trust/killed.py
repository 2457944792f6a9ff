"""A backend whose process is killed at its n-th write: before it, or right after."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from skillctl.core.diagnostics import Problem
from skillctl_registry.backends.directory import DirectoryBackend


class Killed(BaseException):
    """The process is gone; nothing catches this."""


class Mortal:
    """A directory backend that dies."""

    def __init__(self, real: DirectoryBackend, *, at: int, after: bool) -> None:
        self._real = real
        self._left = at
        self._after = after

    @property
    def label(self) -> str:
        return self._real.label

    @property
    def problems(self) -> tuple[Problem, ...]:
        return ()

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        return self._real.get(key, max_bytes=max_bytes)

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        self._real.prefetch(keys, max_bytes=max_bytes, then=then)

    def list(self, prefix: str) -> Iterator[str]:
        return self._real.list(prefix)

    def written(self, key: str) -> float | None:
        return self._real.written(key)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        self._die(before=True)
        done = self._real.put_if_absent(key, data)
        self._die(before=False)
        return done

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        self._die(before=True)
        done = self._real.compare_and_set(key, expected, new)
        self._die(before=False)
        return done

    def remove_older(self, key: str, than: float) -> bool:
        self._die(before=True)
        done = self._real.remove_older(key, than)
        self._die(before=False)
        return done

    def _die(self, *, before: bool) -> None:
        if before:
            self._left -= 1
        if self._left == 0 and before is not self._after:
            raise Killed
